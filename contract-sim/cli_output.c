#include "contract-sim/cli_output.h"

#include <stdbool.h>
#include <string.h>

#include "common/json.h"

#define DEPTH_MAX 64

/* Where the value stands in the text. */
struct value {
    size_t begin;
    size_t end; /* with the rest of its last line */
    size_t line;
};

static size_t line_end(const char *text, size_t len, size_t at)
{
    const char *newline = memchr(text + at, '\n', len - at);
    return newline ? (size_t)(newline - text) : len;
}

static size_t blanks_skip(const char *text, size_t len, size_t at)
{
    while (at < len && (text[at] == ' ' || text[at] == '\t' || text[at] == '\r'))
        at++;
    return at;
}

/* Behind the quotation mark that ends the string which begins here; `len` without one. */
static size_t string_end(const char *text, size_t len, size_t at)
{
    char mark = text[at++];
    while (at < len && text[at] != mark)
        at += text[at] == '\\' ? 2 : 1;
    return at < len ? at + 1 : len;
}

/* Behind the bracket that closes the object which begins here; `len` without one. */
static size_t object_end(const char *text, size_t len, size_t at)
{
    size_t depth = 0;
    while (at < len) {
        char c = text[at];
        if (c == '"' || c == '\'') {
            at = string_end(text, len, at);
            continue;
        }
        at++;
        if (c == '{' || c == '[')
            depth++;
        if ((c == '}' || c == ']') && --depth == 0)
            return at;
    }
    return len;
}

/* A value begins its line: an object, or a text that is the line's all. What else there is in the last line
 * is left to the JSON reader to refuse. */
static bool value_begins(const char *text, size_t len, size_t at, size_t *end)
{
    char c = at < len ? text[at] : 0;
    if (c == '{') {
        *end = line_end(text, len, object_end(text, len, at));
        return true;
    }
    *end = line_end(text, len, at);
    return (c == '"' || c == '\'') && blanks_skip(text, *end, string_end(text, *end, at)) == *end;
}

static result_t value_find(const char *text, size_t len, struct value *out, struct error *err)
{
    size_t line = 1;
    *out = (struct value){0};
    for (size_t at = 0; at < len; at++, line++) {
        size_t begin = blanks_skip(text, len, at);
        size_t end;
        at = line_end(text, len, at);
        if (!value_begins(text, len, begin, &end))
            continue;
        if (out->line)
            return error_set(err, OUTCOME_JSON_MALFORMED,
                             "line %zu: a second value after that of line %zu; keep the one that is meant",
                             line, out->line);
        *out = (struct value){.begin = begin, .end = end, .line = line};
        for (; at < end; at++)
            line += text[at] == '\n';
    }
    return out->line ? OUTCOME_OK
                     : error_set(err, OUTCOME_JSON_MALFORMED,
                                 "line 1: there is no value here, nor in the lines behind it: none begins "
                                 "with { or is a text in quotation marks");
}

/* 'it\'s "so"' as "it's \"so\"" */
static result_t string_write(const char *text, size_t begin, size_t end, struct bytes *out)
{
    if (text[begin] == '"' || end < begin + 2)
        return bytes_append(out, text + begin, end - begin);
    TRY(bytes_append_text(out, "\""));
    for (size_t at = begin + 1; at < end - 1; at++) {
        if (text[at] == '\\' && text[at + 1] == '\'')
            continue;
        if (text[at] == '"')
            TRY(bytes_append_text(out, "\\"));
        TRY(bytes_append(out, text + at, 1));
        if (text[at] == '\\')
            TRY(bytes_append(out, text + ++at, 1));
    }
    return bytes_append_text(out, "\"");
}

static bool is_word(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '$';
}

static bool is_literal(const char *word, size_t len)
{
    static const char *const literals[] = {"null", "true", "false"};
    for (size_t i = 0; i < ARRAY_LEN(literals); i++) {
        if (strlen(literals[i]) == len && memcmp(literals[i], word, len) == 0)
            return true;
    }
    return false;
}

/* A member's name without quotation marks gets them. Any other word but JSON's own is what util.inspect()
 * prints in place of what it leaves out: [Array], [Object]. */
static result_t word_write(const char *text, size_t begin, size_t end, size_t text_end, size_t line,
                           struct bytes *out, struct error *err)
{
    size_t len = end - begin;
    size_t after = blanks_skip(text, text_end, end);
    bool is_name = after < text_end && text[after] == ':';
    if (is_name)
        return bytes_append_format(out, "\"%.*s\"", (int)len, text + begin);
    if (is_literal(text + begin, len) || (text[begin] >= '0' && text[begin] <= '9'))
        return bytes_append(out, text + begin, len);
    return error_set(err, OUTCOME_JSON_MALFORMED,
                     "line %zu: \"%.*s\" is no value; was a part of the output left out in print?", line,
                     (int)(len < 64 ? len : 64), text + begin);
}

static result_t value_write(const char *text, const struct value *value, struct bytes *out, struct error *err)
{
    size_t line = value->line;
    for (size_t at = value->begin; at < value->end;) {
        size_t end = at + 1;
        if (text[at] == '"' || text[at] == '\'') {
            end = string_end(text, value->end, at);
            TRY(string_write(text, at, end, out));
        } else if (is_word(text[at])) {
            while (end < value->end && is_word(text[end]))
                end++;
            TRY(word_write(text, at, end, value->end, line, out, err));
        } else {
            line += text[at] == '\n';
            TRY(bytes_append(out, text + at, 1));
        }
        at = end;
    }
    return OUTCOME_OK;
}

result_t cli_output_json(const char *text, size_t len, struct bytes *out, struct error *err)
{
    const struct json_limits limits = {.bytes_max = len, .depth_max = DEPTH_MAX};
    struct value value;
    if (json_scan(text, len, &limits, NULL) == OUTCOME_OK)
        return bytes_append(out, text, len);
    TRY(value_find(text, len, &value, err));
    for (size_t line = 1; line < value.line; line++)
        TRY(bytes_append_text(out, "\n"));
    return value_write(text, &value, out, err);
}
