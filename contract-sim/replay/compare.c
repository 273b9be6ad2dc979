/* Two JSON values, place by place. */
#include "contract-sim/replay/replay.h"

#include <stdio.h>
#include <string.h>

#include <json-c/linkhash.h>

#define POINTER_MAX 512

/* The reference token at *pointer, unescaped; *pointer moves behind it. False when it does not begin with a slash or is too
 * long. */
static bool token_take(const char **pointer, char out[POINTER_MAX])
{
    size_t len = 0;
    const char *at = *pointer;
    if (*at++ != '/')
        return false;
    for (; *at && *at != '/'; at++) {
        if (len + 1 == POINTER_MAX)
            return false;
        out[len++] = at[0] == '~' && at[1] == '0' ? '~' : at[0] == '~' && at[1] == '1' ? '/' : at[0];
        at += at[0] == '~' && (at[1] == '0' || at[1] == '1');
    }
    out[len] = 0;
    *pointer = at;
    return true;
}

static bool child_get(struct json_object *parent, const char *name, struct json_object **out)
{
    if (json_object_is_type(parent, json_type_object))
        return json_object_object_get_ex(parent, name, out);
    struct u128 index;
    if (!json_object_is_type(parent, json_type_array) || !u128_parse(name, strlen(name), &index) ||
        index.high || index.low >= json_object_array_length(parent))
        return false;
    *out = json_object_array_get_idx(parent, index.low);
    return true;
}

bool replay_pointer_get(struct json_object *root, const char *pointer, struct json_object **out)
{
    char name[POINTER_MAX];
    *out = root;
    while (*pointer) {
        if (!token_take(&pointer, name) || !child_get(*out, name, out))
            return false;
    }
    return true;
}

struct comparison {
    struct replay_result *result;
    size_t step;
    const char *what;
    char pointer[POINTER_MAX];
};

static result_t value_write(struct json_object *value, bool present, struct bytes *out)
{
    return present ? json_write(value, out) : bytes_append_text(out, "(nothing there)");
}

static result_t place_differs(const struct comparison *at, struct json_object *expected, bool wanted,
                              struct json_object *got, bool found)
{
    struct replay_difference *difference = replay_difference_add(at->result, at->step);
    if (!difference)
        return OUTCOME_OK;
    TRY(bytes_append_format(&difference->what, "%s at %s", at->what, at->pointer[0] ? at->pointer : "\"\""));
    TRY(value_write(expected, wanted, &difference->expected));
    return value_write(got, found, &difference->got);
}

/* Append "/name" with ~ and / escaped (RFC 6901); a name that no longer fits is cut. Returns the length before. */
static size_t pointer_push(struct comparison *at, const char *name)
{
    size_t before = strlen(at->pointer);
    size_t used = before;
    if (used + 1 < POINTER_MAX)
        at->pointer[used++] = '/';
    for (; *name && used + 2 < POINTER_MAX; name++) {
        if (*name == '~' || *name == '/') {
            at->pointer[used++] = '~';
            at->pointer[used++] = *name == '~' ? '0' : '1';
        } else {
            at->pointer[used++] = *name;
        }
    }
    at->pointer[used] = 0;
    return before;
}

static result_t compare(struct comparison *at, struct json_object *expected, struct json_object *got);

static result_t compare_member(struct comparison *at, const char *name, struct json_object *expected,
                               bool wanted, struct json_object *got, bool found)
{
    size_t before = pointer_push(at, name);
    result_t result =
        wanted && found ? compare(at, expected, got) : place_differs(at, expected, wanted, got, found);
    at->pointer[before] = 0;
    return result;
}

static result_t compare_objects(struct comparison *at, struct json_object *expected, struct json_object *got)
{
    json_object_object_foreach(expected, name, wanted)
    {
        struct json_object *value = NULL;
        bool found = json_object_object_get_ex(got, name, &value);
        TRY(compare_member(at, name, wanted, true, value, found));
    }
    json_object_object_foreach(got, extra, value)
    {
        if (!json_object_object_get_ex(expected, extra, NULL))
            TRY(compare_member(at, extra, NULL, false, value, true));
    }
    return OUTCOME_OK;
}

static result_t compare_arrays(struct comparison *at, struct json_object *expected, struct json_object *got)
{
    size_t wanted = json_object_array_length(expected);
    size_t found = json_object_array_length(got);
    for (size_t i = 0; i < wanted || i < found; i++) {
        char index[24];
        snprintf(index, sizeof index, "%zu", i);
        TRY(compare_member(at, index, json_object_array_get_idx(expected, i), i < wanted,
                           json_object_array_get_idx(got, i), i < found));
    }
    return OUTCOME_OK;
}

/* No deeper than the JSON reader lets values be. */
static result_t compare(struct comparison *at, struct json_object *expected, struct json_object *got)
{
    if (json_object_is_type(expected, json_type_object) && json_object_is_type(got, json_type_object))
        return compare_objects(at, expected, got);
    if (json_object_is_type(expected, json_type_array) && json_object_is_type(got, json_type_array))
        return compare_arrays(at, expected, got);
    return json_object_equal(expected, got) ? OUTCOME_OK : place_differs(at, expected, true, got, true);
}

result_t replay_compare_json(struct replay_result *result, size_t step, const char *what,
                             struct json_object *expected, struct json_object *got)
{
    struct comparison at = {.result = result, .step = step, .what = what};
    return compare(&at, expected, got);
}
