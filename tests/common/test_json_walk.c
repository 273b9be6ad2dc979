#include "tests/support/support.h"

#include <stdio.h>
#include <string.h>

#include "common/json_walk.h"

static struct json_walk over(const char *text)
{
    return json_walk_over(text, strlen(text));
}

START_TEST(strings_keep_their_escapes_and_end_at_the_right_quote)
{
    struct json_walk walk = over(" \"a\\\"\\\\\" , \"\"");
    const char *text;
    size_t len;
    ck_assert(json_walk_text(&walk, &text, &len));
    ck_assert_uint_eq(len, 5);
    ck_assert_int_eq(strncmp(text, "a\\\"\\\\", len), 0);
    ck_assert(!json_walk_text(&walk, &text, &len));
    ck_assert(json_walk_take(&walk, ','));
    ck_assert(json_walk_text(&walk, &text, &len));
    ck_assert_uint_eq(len, 0);
    ck_assert(!json_walk_take(&walk, ','));
}
END_TEST

START_TEST(integers_are_those_of_u64_and_nothing_else)
{
    static const char *const bad[] = {"-1", "1.0", "1e3", "18446744073709551616", "\"1\"", "null", "[1]", ""};
    struct json_walk walk = over("18446744073709551615,0");
    uint64_t value;
    ck_assert(json_walk_u64(&walk, &value));
    ck_assert_uint_eq(value, UINT64_MAX);
    ck_assert(json_walk_take(&walk, ','));
    ck_assert(json_walk_u64(&walk, &value));
    ck_assert_uint_eq(value, 0);
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        walk = over(bad[i]);
        const char *at = walk.at;
        ck_assert_msg(!json_walk_u64(&walk, &value), "%s", bad[i]);
        ck_assert_ptr_eq(walk.at, at);
    }
}
END_TEST

START_TEST(any_value_is_skipped_whole)
{
    static const char *const values[] = {
        "1.5e-3",
        "\"]}\\\"\"",
        "true",
        "[]",
        "{}",
        "[[{\"a\":[1,\"]\",null]},{}],{}]",
        "{\"a\":{\"b\":[ ]} , \"c\":-0}",
    };
    for (size_t i = 0; i < ARRAY_LEN(values); i++) {
        char text[64];
        snprintf(text, sizeof text, " %s , 7", values[i]);
        struct json_walk walk = over(text);
        uint64_t value;
        json_walk_skip(&walk);
        ck_assert_msg(json_walk_take(&walk, ',') && json_walk_u64(&walk, &value) && value == 7, "%s",
                      values[i]);
    }
}
END_TEST

START_TEST(values_of_an_array_are_counted)
{
    ck_assert_uint_eq(json_walk_count(over("[]")), 0);
    ck_assert_uint_eq(json_walk_count(over(" [ 1 , [2,3], {\"a\":[4,5]} ]")), 3);
    ck_assert_uint_eq(json_walk_count(over("{\"a\":1}")), 0);
}
END_TEST

struct pair {
    uint64_t a, b;
};

static result_t read_a(struct json_walk *walk, void *target)
{
    return json_walk_u64(walk, &((struct pair *)target)->a) ? OUTCOME_OK : OUTCOME_JSON_MALFORMED;
}

static result_t read_b(struct json_walk *walk, void *target)
{
    return json_walk_u64(walk, &((struct pair *)target)->b) ? OUTCOME_OK : OUTCOME_JSON_MALFORMED;
}

static const struct json_walk_member members[] = {{"a", read_a}, {"b", read_b}};

START_TEST(members_are_read_in_any_order_and_unknown_ones_skipped)
{
    struct json_walk walk = over("{ \"x\" : [1,{}] , \"b\" : 2, \"ab\":3, \"a\":1 } , 9");
    struct pair pair = {0};
    bool is_object;
    size_t missing;
    uint64_t after;
    ck_assert_ok(json_walk_object(&walk, members, 2, &pair, &is_object, &missing));
    ck_assert(is_object);
    ck_assert_uint_eq(missing, 2);
    ck_assert_uint_eq(pair.a, 1);
    ck_assert_uint_eq(pair.b, 2);
    ck_assert(json_walk_take(&walk, ',') && json_walk_u64(&walk, &after) && after == 9);
}
END_TEST

START_TEST(a_missing_member_or_object_is_told)
{
    struct pair pair = {0};
    bool is_object;
    size_t missing;
    struct json_walk walk = over("{\"a\":1}");
    ck_assert_ok(json_walk_object(&walk, members, 2, &pair, &is_object, &missing));
    ck_assert_uint_eq(missing, 1);
    walk = over("{}");
    ck_assert_ok(json_walk_object(&walk, members, 2, &pair, &is_object, &missing));
    ck_assert_uint_eq(missing, 0);
    walk = over("[1]");
    ck_assert_ok(json_walk_object(&walk, members, 2, &pair, &is_object, &missing));
    ck_assert(!is_object);
    walk = over("{\"a\":1,\"b\":true}");
    ck_assert_outcome(json_walk_object(&walk, members, 2, &pair, &is_object, &missing),
                      OUTCOME_JSON_MALFORMED);
}
END_TEST

int main(void)
{
    SUITE_WITH_CASE(suite, tcase, "json_walk");
    tcase_add_test(tcase, strings_keep_their_escapes_and_end_at_the_right_quote);
    tcase_add_test(tcase, integers_are_those_of_u64_and_nothing_else);
    tcase_add_test(tcase, any_value_is_skipped_whole);
    tcase_add_test(tcase, values_of_an_array_are_counted);
    tcase_add_test(tcase, members_are_read_in_any_order_and_unknown_ones_skipped);
    tcase_add_test(tcase, a_missing_member_or_object_is_told);
    return run_suite(suite);
}
