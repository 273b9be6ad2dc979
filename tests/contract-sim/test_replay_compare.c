/* Places in JSON values: JSON pointers, and differences told by them. */
#include <string.h>

#include "common/json.h"
#include "contract-sim/replay/replay.h"
#include "tests/support/support.h"

static struct json_object *value_of(const char *text)
{
    struct json_object *value = NULL;
    ck_assert_ok(json_parse(text, strlen(text), &json_limits_view, &value, NULL));
    return value;
}

/* What is at the pointer, as JSON text; "(nothing)" where nothing is. */
static void ck_place(struct json_object *root, const char *pointer, const char *expected)
{
    CLEANUP(bytes_free) struct bytes text = {0};
    struct json_object *place = NULL;
    if (replay_pointer_get(root, pointer, &place))
        ck_assert_ok(json_write(place, &text));
    else
        ck_assert_ok(bytes_append_text(&text, "(nothing)"));
    ck_assert_msg(strcmp((char *)text.data, expected) == 0, "%s: `%s`, not `%s`", pointer, text.data,
                  expected);
}

START_TEST(a_pointer_finds_members_elements_escaped_names_and_nulls)
{
    CLEANUP(json_put_ptr)
    struct json_object *root =
        value_of("{\"a.near\":[null,{\"url\":\"u\"}],\"x/y\":{\"m~n\":1},\"none\":null,\"\":2}");
    ck_place(root, "/a.near/1/url", "\"u\"");
    ck_place(root, "/a.near/0", "null");
    ck_place(root, "/none", "null");
    ck_place(root, "/x~1y/m~0n", "1");
    ck_place(root, "/", "2");
    ck_place(root, "/x~1y", "{\"m~n\":1}");
    ck_place(NULL, "", "null");
}
END_TEST

START_TEST(a_pointer_that_leads_nowhere_finds_nothing)
{
    static const char *const pointers[] = {"/a.near/2", "/a.near/-",   "/a.near/x", "/a.near/",
                                           "/b.near",   "/a.near/0/x", "a.near",    "/a.near/1/url/0"};
    CLEANUP(json_put_ptr) struct json_object *root = value_of("{\"a.near\":[null,{\"url\":\"u\"}]}");
    for (size_t i = 0; i < ARRAY_LEN(pointers); i++)
        ck_place(root, pointers[i], "(nothing)");
    ck_place(NULL, "/x", "(nothing)");
}
END_TEST

START_TEST(every_place_that_differs_is_told_by_its_pointer)
{
    static struct replay_result result;
    CLEANUP(json_put_ptr) struct json_object *wanted = value_of("{\"a/b\":[1,null],\"c\":3,\"same\":{}}");
    CLEANUP(json_put_ptr) struct json_object *got = value_of("{\"same\":{},\"a/b\":[2],\"d\":null,\"c\":3}");
    static const char *const told[][3] = {{"view at /a~1b/0", "1", "2"},
                                          {"view at /a~1b/1", "null", "(nothing there)"},
                                          {"view at /d", "(nothing there)", "null"}};
    ck_assert_ok(replay_compare_json(&result, 1, "view", "", wanted, got));
    ck_assert_uint_eq(result.difference_count, ARRAY_LEN(told));
    for (size_t i = 0; i < ARRAY_LEN(told); i++) {
        ck_assert_str_eq((char *)result.differences[i].what.data, told[i][0]);
        ck_assert_str_eq((char *)result.differences[i].expected.data, told[i][1]);
        ck_assert_str_eq((char *)result.differences[i].got.data, told[i][2]);
    }
    replay_result_free(&result);
}
END_TEST

int main(void)
{
    SUITE_WITH_CASE(suite, tcase, "contract-sim/replay/compare");
    tcase_add_test(tcase, a_pointer_finds_members_elements_escaped_names_and_nulls);
    tcase_add_test(tcase, a_pointer_that_leads_nowhere_finds_nothing);
    tcase_add_test(tcase, every_place_that_differs_is_told_by_its_pointer);
    return run_suite(suite);
}
