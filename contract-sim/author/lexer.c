#include "contract-sim/author/lexer.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "common/utf8.h"

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

bool slice_is(struct slice slice, const char *word)
{
    return slice.len == strlen(word) && memcmp(slice.text, word, slice.len) == 0;
}

/* Both from 1, columns in bytes. */
static void place_of(const struct lexer *lexer, const char *at, size_t *line, size_t *column)
{
    *line = 1;
    *column = 1;
    for (const char *c = lexer->text; c < at; c++) {
        *line += *c == '\n';
        *column = *c == '\n' ? 1 : *column + 1;
    }
}

result_t lexer_fail(const struct lexer *lexer, const char *at, const char *format, ...)
{
    char what[ERROR_TEXT_MAX];
    size_t line, column;
    va_list list;
    va_start(list, format);
    vsnprintf(what, sizeof what, format, list);
    va_end(list);
    place_of(lexer, at, &line, &column);
    return error_set(lexer->err, OUTCOME_SCENARIO_MALFORMED, "line %zu, column %zu: %s", line, column, what);
}

result_t lexer_check(const struct lexer *lexer)
{
    for (size_t at = 0; at < lexer->len;) {
        const char *c = lexer->text + at;
        size_t len = utf8_character_len(c, lexer->len - at);
        if (len == 0)
            return lexer_fail(lexer, c, "this is not UTF-8");
        if (len == 1 && ((unsigned char)*c < ' ' || *c == 0x7f) && !is_blank(*c) && *c != '\n')
            return lexer_fail(lexer, c, "a control character (0x%02x)", (unsigned)*c);
        at += len;
    }
    return OUTCOME_OK;
}

/* Over blanks and a comment, to the line's end at most. */
static void blanks_skip(struct lexer *lexer)
{
    while (lexer->at < lexer->len && is_blank(lexer->text[lexer->at]))
        lexer->at++;
    if (lexer->at < lexer->len && lexer->text[lexer->at] == '#') {
        while (lexer->at < lexer->len && lexer->text[lexer->at] != '\n')
            lexer->at++;
    }
}

/* Over everything that is empty: to the first character of a statement or of a line that goes on with one. */
static void lines_skip(struct lexer *lexer)
{
    blanks_skip(lexer);
    while (lexer->at < lexer->len && lexer->text[lexer->at] == '\n') {
        lexer->at++;
        blanks_skip(lexer);
    }
}

static bool at_line_start(const struct lexer *lexer)
{
    return lexer->at == 0 || lexer->text[lexer->at - 1] == '\n';
}

result_t lexer_statement(struct lexer *lexer, bool *found)
{
    lines_skip(lexer);
    *found = lexer->at < lexer->len;
    lexer->statement = lexer->at;
    if (*found && !at_line_start(lexer))
        return lexer_fail(lexer, lexer->text + lexer->at,
                          "an indented line goes on with the statement above it, and there is none");
    return OUTCOME_OK;
}

/* Behind the text in quotes that begins at `at`; the source's end when its own is missing. */
static size_t quotes_skip(const struct lexer *lexer, size_t at)
{
    for (at++; at < lexer->len && lexer->text[at] != '"'; at++) {
        if (lexer->text[at] == '\\')
            at++;
    }
    return at < lexer->len ? at + 1 : lexer->len;
}

static bool is_json_start(char c)
{
    return c == '{' || c == '[' || c == '"';
}

/* By the brackets alone: whether it is JSON is another question. */
static result_t json_skip(struct lexer *lexer)
{
    size_t start = lexer->at;
    size_t depth = 0;
    do {
        char c = lexer->text[lexer->at];
        depth += c == '{' || c == '[';
        depth -= c == '}' || c == ']';
        lexer->at = c == '"' ? quotes_skip(lexer, lexer->at) : lexer->at + 1;
    } while (depth > 0 && lexer->at < lexer->len);
    bool closed = depth == 0 &&
                  (lexer->text[start] != '"' || (lexer->at - start > 1 && lexer->text[lexer->at - 1] == '"'));
    return closed ? OUTCOME_OK : lexer_fail(lexer, lexer->text + start, "the end of this is missing");
}

static struct slice slice_from(const struct lexer *lexer, size_t start)
{
    return (struct slice){lexer->text + start, lexer->at - start};
}

/* A word, up to a blank or, in a setting, the sign. */
static void word_skip(struct lexer *lexer, bool setting)
{
    while (lexer->at < lexer->len && !is_blank(lexer->text[lexer->at]) && lexer->text[lexer->at] != '\n' &&
           (!setting || lexer->text[lexer->at] != '='))
        lexer->at++;
}

static result_t setting_next(struct lexer *lexer, size_t start, struct token *out)
{
    out->kind = TOKEN_SETTING;
    out->name = slice_from(lexer, start);
    size_t value = ++lexer->at;
    if (value < lexer->len && is_json_start(lexer->text[value]))
        TRY(json_skip(lexer));
    else
        word_skip(lexer, false);
    out->value = slice_from(lexer, value);
    return OUTCOME_OK;
}

result_t lexer_next(struct lexer *lexer, struct token *out)
{
    /* What is missing is missing behind the last word, not before the next statement. */
    *out = (struct token){.text = {lexer->text + lexer->at, 0}};
    lines_skip(lexer);
    size_t start = lexer->at;
    if (start == lexer->len || (at_line_start(lexer) && start != lexer->statement))
        return OUTCOME_OK;
    if (is_json_start(lexer->text[start])) {
        out->kind = TOKEN_JSON;
        TRY(json_skip(lexer));
    } else {
        out->kind = TOKEN_WORD;
        word_skip(lexer, true);
        if (lexer->at > start && lexer->at < lexer->len && lexer->text[lexer->at] == '=')
            TRY(setting_next(lexer, start, out));
        else
            word_skip(lexer, false);
    }
    out->text = slice_from(lexer, start);
    return OUTCOME_OK;
}

result_t lexer_peek(struct lexer *lexer, struct token *out)
{
    size_t at = lexer->at;
    TRY(lexer_next(lexer, out));
    lexer->at = at;
    return OUTCOME_OK;
}

result_t lexer_word(struct lexer *lexer, const char *wanted, struct slice *out)
{
    struct token token;
    TRY(lexer_next(lexer, &token));
    *out = token.text;
    return token.kind == TOKEN_WORD ? OUTCOME_OK : lexer_fail(lexer, token.text.text, "expected %s", wanted);
}

result_t lexer_end(struct lexer *lexer)
{
    struct token token;
    TRY(lexer_next(lexer, &token));
    return token.kind == TOKEN_END
               ? OUTCOME_OK
               : lexer_fail(lexer, token.text.text, "nothing more was expected in this statement");
}

struct slice lexer_line(struct lexer *lexer)
{
    while (lexer->at < lexer->len && is_blank(lexer->text[lexer->at]))
        lexer->at++;
    size_t start = lexer->at;
    while (lexer->at < lexer->len && lexer->text[lexer->at] != '\n' &&
           !(lexer->text[lexer->at] == '#' && is_blank(lexer->text[lexer->at - 1])))
        lexer->at++;
    struct slice line = slice_from(lexer, start);
    while (line.len > 0 && is_blank(line.text[line.len - 1]))
        line.len--;
    return line;
}

/* The scan names a place in what it is given, "WHAT at line L column C": blanks in place of all that comes
 * before make that the place in the file. */
static result_t json_complain(const struct lexer *lexer, struct slice slice)
{
    CLEANUP(bytes_free) struct bytes padded = {0};
    struct error err = {0};
    size_t before = (size_t)(slice.text - lexer->text);
    size_t line, column;
    uint8_t *room;
    TRY(bytes_extend(&padded, before + slice.len, &room));
    for (size_t i = 0; i < before; i++)
        room[i] = lexer->text[i] == '\n' ? '\n' : ' ';
    memcpy(room + before, slice.text, slice.len);
    TRY(json_scan((const char *)padded.data, padded.len, &json_limits_view, &err) == OUTCOME_NO_MEMORY
            ? OUTCOME_NO_MEMORY
            : OUTCOME_OK);
    char *place = strstr(err.text, " at line ");
    if (!place || sscanf(place, " at line %zu column %zu", &line, &column) != 2)
        return error_set(lexer->err, OUTCOME_SCENARIO_MALFORMED, "%s", err.text);
    return error_set(lexer->err, OUTCOME_SCENARIO_MALFORMED, "line %zu, column %zu: %.*s", line, column,
                     (int)(place - err.text), err.text);
}

result_t lexer_json(const struct lexer *lexer, struct slice slice, struct json_object **out)
{
    result_t result = json_parse(slice.text, slice.len, &json_limits_view, out, NULL);
    return result == OUTCOME_OK || result == OUTCOME_NO_MEMORY ? result : json_complain(lexer, slice);
}
