#include "contract-sim/model/reader.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "common/account_id.h"
#include "common/encoding.h"
#include "common/keys.h"
#include "common/utf8.h"

/* The text was scanned before it was parsed, so walking it needs no checks. */

static size_t space_skip(const struct reader *reader, size_t at)
{
    while (reader->text[at] == ' ' || reader->text[at] == '\t' || reader->text[at] == '\r' ||
           reader->text[at] == '\n')
        at++;
    return at;
}

static size_t string_skip(const struct reader *reader, size_t at)
{
    for (at++; reader->text[at] != '"'; at++) {
        if (reader->text[at] == '\\')
            at++;
    }
    return at + 1;
}

/* A number at the top ends where the text does. */
static size_t word_skip(const struct reader *reader, size_t at)
{
    while (at < reader->len && !strchr(",:]} \t\r\n", reader->text[at]))
        at++;
    return at;
}

/* Behind the value that starts at `at`. */
static size_t value_skip(const struct reader *reader, size_t at)
{
    size_t depth = 0;
    do {
        char c = reader->text[at];
        if (c == '"') {
            at = string_skip(reader, at);
        } else if (strchr("{[", c)) {
            depth++;
            at++;
        } else if (strchr("}]", c)) {
            depth--;
            at++;
        } else if (strchr(",: \t\r\n", c)) {
            at++;
        } else {
            at = word_skip(reader, at);
        }
    } while (depth > 0);
    return at;
}

static bool name_at(const struct reader *reader, size_t at, const char *name)
{
    size_t len = strlen(name);
    return string_skip(reader, at) == at + len + 2 && memcmp(reader->text + at + 1, name, len) == 0;
}

/* Where the node's value begins, or the name before it; the text's end for a member whose name is written with
 * escapes, and for what is in it. */
static size_t node_offset(const struct reader *reader, const struct node *node, bool of_name)
{
    if (!node->parent)
        return space_skip(reader, 0);
    size_t at = node_offset(reader, node->parent, false);
    for (size_t i = 0; at < reader->len; i++) {
        at = space_skip(reader, at + 1); /* the bracket, or the comma */
        bool found = node->member ? name_at(reader, at, node->member) : i == node->index;
        if (found && of_name)
            return at;
        if (node->member) /* the name, the colon */
            at = space_skip(reader, space_skip(reader, string_skip(reader, at)) + 1);
        if (found)
            return at;
        at = space_skip(reader, value_skip(reader, at));
        if (reader->text[at] != ',')
            return reader->len;
    }
    return at;
}

#define PATH_TEXT_MAX 160

/* "state.Running.keyset.domains[0]" */
static size_t path_write(const struct node *node, char *out, size_t cap)
{
    size_t used = node->parent ? path_write(node->parent, out, cap) : 0;
    if (used >= cap)
        return used;
    int wrote = node->member   ? snprintf(out + used, cap - used, "%s%s", used ? "." : "", node->member)
                : node->parent ? snprintf(out + used, cap - used, "[%zu]", node->index)
                               : 0;
    return used + (size_t)wrote;
}

/* A text that was cut to fit may end inside a character. */
static void utf8_end_at_character(char *text)
{
    size_t at = 0;
    size_t len = strlen(text);
    size_t next;
    while (at < len && (next = utf8_character_len(text + at, len - at)) > 0)
        at += next;
    text[at] = 0;
}

bool reader_fail(struct reader *reader, const struct node *node, enum reader_place place, const char *format,
                 ...)
{
    char what[ERROR_TEXT_MAX - PATH_TEXT_MAX - 64];
    va_list list;
    va_start(list, format);
    vsnprintf(what, sizeof what, format, list);
    va_end(list);
    utf8_end_at_character(what);
    if (!reader->text) {
        char path[PATH_TEXT_MAX] = "";
        path_write(node, path, sizeof path);
        snprintf(reader->detail, sizeof reader->detail, "%s: %s", path, what);
        return false;
    }
    size_t offset = node_offset(reader, node, place == AT_NAME);
    if (place == AT_END && offset < reader->len && !reader->for_people)
        offset = value_skip(reader, offset);
    size_t line = 1;
    size_t column = 0;
    for (size_t i = 0; i < offset; i++) {
        bool newline = reader->text[i] == '\n';
        line += newline;
        column = newline ? 0 : column + 1;
    }
    if (reader->for_people)
        snprintf(reader->detail, sizeof reader->detail, "line %zu, column %zu: %s", line, column + 1, what);
    else
        snprintf(reader->detail, sizeof reader->detail, "%s at line %zu column %zu", what, line, column);
    return false;
}

/* serde names what it found; it has not gone past an array or object when it refuses one. */
bool reader_fail_type(struct reader *reader, const struct node *node, const char *expected)
{
    struct json_object *value = node->value;
    switch (json_object_get_type(value)) {
    case json_type_null:
        return reader_fail(reader, node, AT_END, "invalid type: null, expected %s", expected);
    case json_type_boolean:
        return reader_fail(reader, node, AT_END, "invalid type: boolean `%s`, expected %s",
                           json_object_get_boolean(value) ? "true" : "false", expected);
    case json_type_double:
        return reader_fail(reader, node, AT_END, "invalid type: floating point `%s`, expected %s",
                           json_object_get_string(value), expected);
    case json_type_int:
        return reader_fail(reader, node, AT_END, "invalid type: integer `%s`, expected %s",
                           json_object_get_string(value), expected);
    case json_type_string:
        return reader_fail(reader, node, AT_END, "invalid type: string \"%s\", expected %s",
                           json_object_get_string(value), expected);
    case json_type_array:
        return reader_fail(reader, node, AT_START, "invalid type: sequence, expected %s", expected);
    case json_type_object:
        break;
    }
    return reader_fail(reader, node, AT_START, "invalid type: map, expected %s", expected);
}

bool reader_object(struct reader *reader, const struct node *object, const char *expected)
{
    if (!json_object_is_type(object->value, json_type_object))
        return reader_fail_type(reader, object, expected);
    return true;
}

struct node reader_child(const struct node *object, const char *name)
{
    struct node child = {.parent = object, .member = name};
    json_object_object_get_ex(object->value, name, &child.value);
    return child;
}

bool reader_optional(struct reader *reader, const struct node *object, const char *expected, const char *name,
                     struct node *out)
{
    *out = reader_child(object, name);
    return reader_object(reader, object, expected);
}

bool reader_member(struct reader *reader, const struct node *object, const char *expected, const char *name,
                   struct node *out)
{
    if (!reader_optional(reader, object, expected, name, out))
        return false;
    if (!out->value && !json_object_object_get_ex(object->value, name, NULL))
        return reader_fail(reader, object, AT_END, "missing field `%s`", name);
    return true;
}

bool reader_array(struct reader *reader, const struct node *array, size_t max, size_t *count)
{
    if (!json_object_is_type(array->value, json_type_array))
        return reader_fail_type(reader, array, "a sequence");
    *count = json_object_array_length(array->value);
    if (*count > max)
        return reader_fail(reader, array, AT_START, "invalid length %zu, expected at most %zu elements",
                           *count, max);
    return true;
}

struct node reader_element(const struct node *array, size_t index)
{
    return (struct node){
        .value = json_object_array_get_idx(array->value, index), .parent = array, .index = index};
}

bool reader_u64(struct reader *reader, const struct node *node, uint64_t *out)
{
    if (json_is_u64(node->value, out))
        return true;
    if (json_object_is_type(node->value, json_type_int))
        return reader_fail(reader, node, AT_END, "invalid value: integer `%s`, expected u64",
                           json_object_get_string(node->value));
    return reader_fail_type(reader, node, "u64");
}

bool reader_u32(struct reader *reader, const struct node *node, uint32_t *out)
{
    uint64_t value;
    if (json_is_u64(node->value, &value) && value <= UINT32_MAX) {
        *out = (uint32_t)value;
        return true;
    }
    if (json_object_is_type(node->value, json_type_int))
        return reader_fail(reader, node, AT_END, "invalid value: integer `%s`, expected u32",
                           json_object_get_string(node->value));
    return reader_fail_type(reader, node, "u32");
}

bool reader_text(struct reader *reader, const struct node *node, const char **out, size_t *len)
{
    *out = "";
    *len = 0;
    if (!json_object_is_type(node->value, json_type_string))
        return reader_fail_type(reader, node, "a string");
    *out = json_object_get_string(node->value);
    *len = (size_t)json_object_get_string_len(node->value);
    return true;
}

bool reader_string(struct reader *reader, const struct node *node, handle_t *out)
{
    const char *text;
    size_t len;
    if (!reader_text(reader, node, &text, &len))
        return false;
    *out = pool_intern(reader->pool, text, len);
    return true;
}

bool reader_account(struct reader *reader, const struct node *node, handle_t *out)
{
    const char *text;
    size_t len;
    if (!reader_text(reader, node, &text, &len))
        return false;
    if (!account_id_valid(text, len))
        return reader_fail(reader, node, AT_END, "the account ID is invalid");
    *out = pool_intern(reader->pool, text, len);
    return true;
}

bool reader_ed25519(struct reader *reader, const struct node *node, handle_t *out)
{
    const char *text;
    size_t len;
    struct ed25519_public_key key;
    struct error err = {0};
    if (!reader_text(reader, node, &text, &len))
        return false;
    if (ed25519_public_key_parse(text, len, &key, &err) != OUTCOME_OK)
        return reader_fail(reader, node, AT_END, "%s", err.text);
    *out = pool_intern(reader->pool, key.bytes, sizeof key.bytes);
    return true;
}

bool reader_hash(struct reader *reader, const struct node *node, handle_t *out)
{
    const char *text;
    size_t len;
    uint8_t hash[SHA256_LEN];
    if (!reader_text(reader, node, &text, &len))
        return false;
    if (hex_decode(text, len, hash, sizeof hash) != OUTCOME_OK)
        return reader_fail(reader, node, AT_END, "invalid hash, expected %zu hexadecimal digits",
                           2 * sizeof hash);
    *out = pool_intern(reader->pool, hash, sizeof hash);
    return true;
}
