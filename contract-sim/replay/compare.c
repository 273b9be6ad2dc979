/* Two JSON values, place by place. */
#include "contract-sim/replay/replay.h"

#include <stdio.h>
#include <string.h>

#include <json-c/json_pointer.h>
#include <json-c/linkhash.h>

#define POINTER_MAX 512

/* json-c's pointers do not find a null that is an element of an array: in
 * migration_info, a missing backup. */
static bool element_is_null(struct json_object *root, const char *pointer)
{
    const char *last = strrchr(pointer, '/');
    struct json_object *array = NULL;
    struct u128 index;
    return last && json_pointer_getf(root, &array, "%.*s", (int)(last - pointer), pointer) == 0 &&
           json_object_is_type(array, json_type_array) && u128_parse(last + 1, strlen(last + 1), &index) &&
           !index.high && index.low < json_object_array_length(array) &&
           !json_object_array_get_idx(array, index.low);
}

bool replay_pointer_is_valid(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        bool escaped = i + 1 < len && (text[i + 1] == '0' || text[i + 1] == '1');
        if (text[i] == '~' && !escaped)
            return false;
    }
    return len == 0 || text[0] == '/';
}

bool replay_pointer_get(struct json_object *root, const char *pointer, struct json_object **out)
{
    *out = *pointer ? NULL : root;
    return !*pointer || json_pointer_get(root, pointer, out) == 0 || element_is_null(root, pointer);
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

/* Append "/name" with ~ and / escaped (RFC 6901); a name that no longer fits is
 * cut. Returns the length before. */
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

result_t replay_compare_json(struct replay_result *result, size_t step, const char *what, const char *pointer,
                             struct json_object *expected, struct json_object *got)
{
    struct comparison at = {.result = result, .step = step, .what = what};
    snprintf(at.pointer, sizeof at.pointer, "%s", pointer);
    return compare(&at, expected, got);
}
