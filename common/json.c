#include "common/json.h"

#include <stdio.h>
#include <string.h>

#include <json-c/json_tokener.h>

#include "common/utf8.h"

static void tokener_release(struct json_tokener **tokener)
{
    if (*tokener)
        json_tokener_free(*tokener);
}

result_t json_parse(const char *text, size_t len, const struct json_limits *limits, struct json_object **out,
                    struct error *err)
{
    *out = NULL;
    TRY(json_scan(text, len, limits, err));
    /* The scan has held the depth; json-c counts one more for the innermost value and stops one early. */
    CLEANUP(tokener_release) struct json_tokener *tokener = json_tokener_new_ex(JSON_DEPTH_CAP + 2);
    /* json-c counts in int. */
    if (!tokener || len > INT32_MAX)
        return OUTCOME_NO_MEMORY;
    *out = json_tokener_parse_ex(tokener, text, (int)len);
    /* A number at the top ends only where the text does. */
    if (json_tokener_get_error(tokener) == json_tokener_continue)
        *out = json_tokener_parse_ex(tokener, "", 1);
    enum json_tokener_error failure = json_tokener_get_error(tokener);
    if (failure != json_tokener_success)
        return error_set(err, OUTCOME_JSON_MALFORMED, "%s", json_tokener_error_desc(failure));
    return OUTCOME_OK;
}

void json_put_ptr(struct json_object **object)
{
    json_object_put(*object);
    *object = NULL;
}

static result_t member_error(result_t code, const char *where, const char *name, struct error *err,
                             const char *problem)
{
    bool inside = where && *where;
    return error_set(err, code, "%s%s%s: %s", inside ? where : "", inside ? "." : "", name, problem);
}

static const char *type_name(enum json_type type)
{
    switch (type) {
    case json_type_null:
        return "null";
    case json_type_boolean:
        return "a boolean";
    case json_type_double:
        return "a number with a fraction or an exponent";
    case json_type_int:
        return "an integer";
    case json_type_object:
        return "an object";
    case json_type_array:
        return "an array";
    case json_type_string:
        return "a string";
    }
    return "something else";
}

static result_t type_error(result_t code, const char *where, const char *name, struct error *err,
                           const char *expected, struct json_object *value)
{
    char problem[128];
    snprintf(problem, sizeof problem, "expected %s, found %s", expected,
             type_name(json_object_get_type(value)));
    return member_error(code, where, name, err, problem);
}

static result_t find_member(struct json_object *object, const char *name, struct json_object **out,
                            result_t code, const char *where, struct error *err)
{
    if (!json_object_is_type(object, json_type_object))
        return error_set(err, code, "%s: expected an object, found %s", where && *where ? where : "the value",
                         type_name(json_object_get_type(object)));
    if (!json_object_object_get_ex(object, name, out))
        return member_error(code, where, name, err, "missing");
    return OUTCOME_OK;
}

result_t json_member(struct json_object *object, const char *name, enum json_type type,
                     struct json_object **out, result_t code, const char *where, struct error *err)
{
    TRY(find_member(object, name, out, code, where, err));
    if (!json_object_is_type(*out, type))
        return type_error(code, where, name, err, type_name(type), *out);
    return OUTCOME_OK;
}

result_t json_member_u64(struct json_object *object, const char *name, uint64_t *out, result_t code,
                         const char *where, struct error *err)
{
    struct json_object *value;
    TRY(find_member(object, name, &value, code, where, err));
    if (json_is_u64(value, out))
        return OUTCOME_OK;
    if (json_object_is_type(value, json_type_int))
        return member_error(code, where, name, err, "expected an integer of 0 or more, found a negative one");
    return type_error(code, where, name, err, "an integer of 0 or more", value);
}

result_t json_member_text(struct json_object *object, const char *name, const char **out, size_t *out_len,
                          result_t code, const char *where, struct error *err)
{
    struct json_object *value;
    TRY(json_member(object, name, json_type_string, &value, code, where, err));
    *out = json_object_get_string(value);
    *out_len = (size_t)json_object_get_string_len(value);
    return OUTCOME_OK;
}

bool json_is_u64(struct json_object *value, uint64_t *out)
{
    /* Above 2^63 - 1 json-c gives that as the signed value, which is positive too. */
    if (!json_object_is_type(value, json_type_int) || json_object_get_int64(value) < 0)
        return false;
    *out = json_object_get_uint64(value);
    return true;
}

/* JSON_C_TO_STRING_PLAIN alone would write "/" as "\/", which no serde writes. */
result_t json_write(struct json_object *value, struct bytes *out)
{
    size_t len = 0;
    const char *text = json_object_to_json_string_length(
        value, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE, &len);
    return text ? bytes_append(out, text, len) : OUTCOME_NO_MEMORY;
}

/* The escape of a byte, as serde_json writes it, or NULL where it stands for itself. */
static const char *escape_of(uint8_t c, char hex[7])
{
    switch (c) {
    case '"':
        return "\\\"";
    case '\\':
        return "\\\\";
    case '\b':
        return "\\b";
    case '\f':
        return "\\f";
    case '\n':
        return "\\n";
    case '\r':
        return "\\r";
    case '\t':
        return "\\t";
    }
    if (c >= 0x20)
        return NULL;
    snprintf(hex, 7, "\\u%04x", c);
    return hex;
}

/* `len` is 0 for a byte that is not UTF-8: U+FFFD stands in for it. */
static result_t write_character(const char *text, size_t len, struct bytes *out)
{
    char hex[7];
    if (len == 0)
        return bytes_append_text(out, "\xef\xbf\xbd");
    const char *escape = len == 1 ? escape_of((uint8_t)*text, hex) : NULL;
    return escape ? bytes_append_text(out, escape) : bytes_append(out, text, len);
}

result_t json_write_text(const char *text, size_t len, struct bytes *out)
{
    TRY(bytes_append_u8(out, '"'));
    for (size_t i = 0; i < len;) {
        size_t character = utf8_character_len(text + i, len - i);
        TRY(write_character(text + i, character, out));
        i += character ? character : 1;
    }
    return bytes_append_u8(out, '"');
}
