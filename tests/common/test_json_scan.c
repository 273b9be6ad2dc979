#include "common/json.h"
#include "tests/support/support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static result_t scan_text(const char *text, struct error *err)
{
    return json_scan(text, strlen(text), &json_limits_small, err);
}

START_TEST(strict_json_is_taken)
{
    static const char *const valid[] = {
        "0",
        "-1",
        "1.5",
        "-0.0",
        "1e3",
        "1E+3",
        "0.1e-30",
        "true",
        " false ",
        "\r\n\tnull\n",
        "\"\"",
        "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\"",
        "\"\\ud83d\\ude00\\uD83D\\uDE00\"",
        "\"\xf0\x9f\x98\x80 \x7f\"",
        "\"a\\u0000b\"",
        "[]",
        "[ ]",
        "{}",
        "{ }",
        "[1,2, 3 ,[4]]",
        "{\"a\":{\"a\":1},\"b\":[{\"a\":1},{\"a\":2}]}",
        "{\"\":1,\"a\":2,\"A\":3,\"aa\":4}",
        "18446744073709551615",
        "-9223372036854775808",
    };
    for (size_t i = 0; i < ARRAY_LEN(valid); i++) {
        struct error err = {0};
        result_t result = scan_text(valid[i], &err);
        ck_assert_msg(result == OUTCOME_OK, "%s: %s", valid[i], err.text);
    }
}
END_TEST

START_TEST(anything_else_is_refused_where_it_stands)
{
    static const char *const cases[][2] = {
        {"", "the text ends too early at line 1 column 1"},
        {"  \n ", "the text ends too early at line 2 column 2"},
        {"'a'", "not a JSON value at line 1 column 1"},
        {"NaN", "not a JSON value at line 1 column 1"},
        {"Infinity", "not a JSON value at line 1 column 1"},
        {"-Infinity", "a digit is missing at line 1 column 2"},
        {"True", "not a JSON value at line 1 column 1"},
        {"nul", "not a JSON value at line 1 column 1"},
        {"+1", "not a JSON value at line 1 column 1"},
        {".5", "not a JSON value at line 1 column 1"},
        {"01", "something follows the JSON value at line 1 column 2"},
        {"1.", "the text ends too early at line 1 column 3"},
        {"1.e1", "a digit is missing after the point at line 1 column 3"},
        {"1e+x", "a digit is missing in the exponent at line 1 column 4"},
        {"0x10", "something follows the JSON value at line 1 column 2"},
        {"[1,]", "not a JSON value at line 1 column 4"},
        {"[,1]", "not a JSON value at line 1 column 2"},
        {"[1 2]", "a comma or ] is missing at line 1 column 4"},
        {"[1}", "a comma or ] is missing at line 1 column 3"},
        {"[1", "the text ends too early at line 1 column 3"},
        {"{\"a\":1,}", "a member's name is missing at line 1 column 8"},
        {"{a:1}", "a member's name is missing at line 1 column 2"},
        {"{\"a\" 1}", "a colon is missing at line 1 column 6"},
        {"{\"a\":}", "not a JSON value at line 1 column 6"},
        {"{\"a\":1]", "a comma or } is missing at line 1 column 7"},
        {"{\"a\":1 \"b\":2}", "a comma or } is missing at line 1 column 8"},
        {"{\"a", "the text ends too early at line 1 column 4"},
        {"]", "not a JSON value at line 1 column 1"},
        {"{} {}", "something follows the JSON value at line 1 column 4"},
        {"[]\n/* c */", "something follows the JSON value at line 2 column 1"},
        {"\"a\nb\"", "a control character in a string at line 1 column 3"},
        {"\"\\x\"", "an unknown escape at line 1 column 3"},
        {"\"\\u12g4\"", "not four hex digits after \\u at line 1 column 6"},
        {"\"\\u12", "the text ends too early at line 1 column 6"},
        {"\"\\", "the text ends too early at line 1 column 3"},
        {"\"\\ud83d\"", "a surrogate without its other half at line 1 column 4"},
        {"\"\\ud83d\\n\"", "a surrogate without its other half at line 1 column 4"},
        {"\"\\ud83d\\u0041\"", "a surrogate without its other half at line 1 column 4"},
        {"\"\\ud83d\\u004\"", "not four hex digits after \\u at line 1 column 13"},
        {"\"\\ude00\\ud83d\"", "a surrogate without its other half at line 1 column 4"},
        {"\"\xff\"", "invalid UTF-8 at line 1 column 2"},
        {"\"\xed\xa0\x80\"", "invalid UTF-8 at line 1 column 2"},
        {"\xef\xbb\xbf{}", "not a JSON value at line 1 column 1"},
        {"{\"a\\u0000\":1}", "a NUL in a member's name at line 1 column 4"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct error err = {0};
        result_t result = scan_text(cases[i][0], &err);
        ck_assert_msg(result == OUTCOME_JSON_MALFORMED, "%s: %s", cases[i][0], outcome_of(result)->name);
        ck_assert_str_eq(err.text, cases[i][1]);
    }
    ck_assert_outcome(json_scan("1\0", 2, &json_limits_small, NULL), OUTCOME_JSON_MALFORMED);
    ck_assert_outcome(json_scan("\"\\\0\"", 4, &json_limits_small, NULL), OUTCOME_JSON_MALFORMED);
}
END_TEST

START_TEST(integers_that_do_not_fit_64_bits_are_refused)
{
    static const char *const refused[] = {
        "18446744073709551616", "18446744073709551620",  "28446744073709551615",
        "-9223372036854775809", "100000000000000000000", "-0",
    };
    for (size_t i = 0; i < ARRAY_LEN(refused); i++) {
        char text[64];
        struct error err = {0};
        snprintf(text, sizeof text, "{\"a\":\n [%s]}", refused[i]);
        ck_assert_outcome(scan_text(text, &err), OUTCOME_JSON_NUMBER_RANGE);
        ck_assert_text_has(err.text, "at line 2 column 3");
    }
}
END_TEST

START_TEST(numbers_have_a_longest)
{
    char text[JSON_NUMBER_LEN_MAX + 2] = "0.";
    memset(text + 2, '1', JSON_NUMBER_LEN_MAX - 2);
    ck_assert_ok(scan_text(text, NULL));
    text[JSON_NUMBER_LEN_MAX] = '1';
    ck_assert_outcome(scan_text(text, NULL), OUTCOME_JSON_NUMBER_RANGE);
}
END_TEST

START_TEST(a_member_named_twice_is_refused_however_it_is_written)
{
    static const char *const cases[][2] = {
        {"{\"a\":1,\"a\":1}", "line 1 column 8"},
        {"{\"a\":1,\n\"b\":2,\n\"\\u0061\":3}", "line 3 column 1"},
        {"{\"\\u0061\":1,\"a\":3}", "line 1 column 13"},
        {"{\"\xc3\xa9\":1,\"\\u00E9\":3}", "line 1 column 9"},
        {"{\"\\/\":1,\"/\":3}", "line 1 column 9"},
        {"{\"\":1,\"\":3}", "line 1 column 7"},
        {"[{\"x\":{\"a\":{\"a\":1},\"b\":2,\"a\":3}}]", "line 1 column 26"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct error err = {0};
        ck_assert_outcome(scan_text(cases[i][0], &err), OUTCOME_JSON_DUPLICATE_MEMBER);
        ck_assert_msg(strstr(err.text, cases[i][1]), "%s: %s", cases[i][0], err.text);
    }
}
END_TEST

START_TEST(names_of_one_object_do_not_meet_those_of_another)
{
    ck_assert_ok(scan_text(
        "{\"a\":{\"b\":1,\"a\":{\"a\":0}},\"b\":{\"a\":1,\"b\":2},\"c\":[{\"a\":1},{\"a\":1}]}", NULL));
}
END_TEST

/* `open` and `shut` around a value, `depth` times. */
static void nest(struct bytes *out, const char *open, const char *shut, size_t depth)
{
    for (size_t i = 0; i < depth; i++)
        ck_assert_ok(bytes_append_text(out, open));
    ck_assert_ok(bytes_append_text(out, "0"));
    for (size_t i = 0; i < depth; i++)
        ck_assert_ok(bytes_append_text(out, shut));
}

START_TEST(nesting_is_taken_up_to_the_limit_and_not_one_deeper)
{
    static const size_t depths[] = {1, 2, 32, JSON_DEPTH_CAP, JSON_DEPTH_CAP + 100};
    for (size_t i = 0; i < ARRAY_LEN(depths); i++) {
        struct json_limits limits = {.bytes_max = 1 << 20, .depth_max = depths[i]};
        size_t deepest = depths[i] < JSON_DEPTH_CAP ? depths[i] : JSON_DEPTH_CAP;
        for (unsigned object = 0; object < 2; object++) {
            CLEANUP(bytes_free) struct bytes fits = {0}, deeper = {0};
            nest(&fits, object ? "{\"a\":" : "[", object ? "}" : "]", deepest);
            nest(&deeper, object ? "{\"a\":" : "[", object ? "}" : "]", deepest + 1);
            struct json_object *value = NULL;
            ck_assert_ok(json_parse((char *)fits.data, fits.len, &limits, &value, NULL));
            ck_assert_ptr_nonnull(value);
            json_put_ptr(&value);
            ck_assert_outcome(json_parse((char *)deeper.data, deeper.len, &limits, &value, NULL),
                              OUTCOME_JSON_TOO_DEEP);
        }
    }
}
END_TEST

START_TEST(text_is_taken_up_to_the_limit_and_not_one_byte_longer)
{
    struct json_limits limits = {.bytes_max = 10, .depth_max = 1};
    struct error err = {0};
    ck_assert_ok(json_scan("[1,2,3,4 ]", 10, &limits, NULL));
    ck_assert_outcome(json_scan("[1,2,3,4  ]", 11, &limits, &err), OUTCOME_JSON_TOO_LARGE);
    ck_assert_str_eq(err.text, "11 bytes of JSON where at most 10 are taken");
}
END_TEST

START_TEST(values_are_taken_up_to_the_limit_and_not_one_more)
{
    static const char text[] = "{\"a\":[1,\"b\",null]}";
    const size_t nodes = 2 * JSON_CONTAINER_NODES + 4; /* a name and three values in two containers */
    struct json_limits limits = {.bytes_max = 100, .depth_max = 2, .nodes_max = nodes};
    struct error err = {0};
    ck_assert_ok(json_scan(text, sizeof text - 1, &limits, NULL));
    limits.nodes_max--;
    ck_assert_outcome(json_scan(text, sizeof text - 1, &limits, &err), OUTCOME_JSON_TOO_LARGE);
    ck_assert_str_eq(err.text, "more values than are taken at line 1 column 13");
}
END_TEST

/* CPU time to scan one object of `count` members whose names are alike for long. */
static double seconds_for_members(size_t count)
{
    CLEANUP(bytes_free) struct bytes text = {0};
    for (size_t i = 0; i < count; i++)
        ck_assert_ok(bytes_append_format(&text, "%s\"a rather long name in front %zu\":0", i ? "," : "{", i));
    ck_assert_ok(bytes_append_text(&text, "}"));
    clock_t start = clock();
    ck_assert_ok(json_scan((char *)text.data, text.len, &json_limits_view, NULL));
    return (double)(clock() - start) / CLOCKS_PER_SEC;
}

START_TEST(many_members_take_no_quadratic_time)
{
    double small = seconds_for_members(10000);
    double large = seconds_for_members(320000);
    printf("10000 members: %.4f s, 320000 members: %.4f s\n", small, large);
    /* 32 times the members: about 40 times the time, and 1024 times if each were held against each. */
    ck_assert(large < 300 * (small + 0.001));
}
END_TEST

START_TEST(every_prefix_of_a_text_is_refused)
{
    static const char text[] =
        "{\"a\\u00e9\\ud83d\\ude00\":[1.5e-3,true,null,{\"b\":\"\xe2\x82\xac\"},[]],\"c\":-12}";
    ck_assert_ok(json_scan(text, sizeof text - 1, &json_limits_small, NULL));
    for (size_t len = 0; len < sizeof text - 1; len++) {
        /* Its own memory, so that a sanitizer sees a read past the end. */
        char *copy = malloc(len + !len);
        ck_assert_ptr_nonnull(copy);
        memcpy(copy, text, len);
        ck_assert_outcome(json_scan(copy, len, &json_limits_small, NULL), OUTCOME_JSON_MALFORMED);
        free(copy);
    }
}
END_TEST

START_TEST(what_the_scan_takes_json_c_takes_too)
{
    static const char text[] =
        "{\"a\":[1.5e-3,true,null,{\"b\":\"\xe2\x82\xac\\n\"},[]],\"c\":-12,\"d\":\"\\u0041\"}";
    uint64_t random = test_seed();
    size_t taken = 0;
    for (unsigned round = 0; round < 20000; round++) {
        char changed[sizeof text];
        memcpy(changed, text, sizeof text);
        for (unsigned i = 0; i < 1 + round % 3; i++) {
            size_t at = test_random(&random) % (sizeof text - 1);
            changed[at] = text[test_random(&random) % (sizeof text - 1)];
        }
        struct json_object *value = NULL;
        struct error err = {0};
        result_t scanned = json_scan(changed, sizeof text - 1, &json_limits_small, NULL);
        result_t parsed = json_parse(changed, sizeof text - 1, &json_limits_small, &value, &err);
        ck_assert_msg(scanned == parsed, "%s: scan %s, parse %s %s", changed, outcome_of(scanned)->name,
                      outcome_of(parsed)->name, err.text);
        taken += scanned == OUTCOME_OK;
        json_put_ptr(&value);
    }
    ck_assert_uint_gt(taken, 100);
}
END_TEST

int main(void)
{
    SUITE_WITH_CASE(suite, tcase, "json_scan");
    tcase_add_test(tcase, strict_json_is_taken);
    tcase_add_test(tcase, anything_else_is_refused_where_it_stands);
    tcase_add_test(tcase, integers_that_do_not_fit_64_bits_are_refused);
    tcase_add_test(tcase, numbers_have_a_longest);
    tcase_add_test(tcase, a_member_named_twice_is_refused_however_it_is_written);
    tcase_add_test(tcase, names_of_one_object_do_not_meet_those_of_another);
    tcase_add_test(tcase, nesting_is_taken_up_to_the_limit_and_not_one_deeper);
    tcase_add_test(tcase, text_is_taken_up_to_the_limit_and_not_one_byte_longer);
    tcase_add_test(tcase, values_are_taken_up_to_the_limit_and_not_one_more);
    tcase_add_test(tcase, many_members_take_no_quadratic_time);
    tcase_add_test(tcase, every_prefix_of_a_text_is_refused);
    tcase_add_test(tcase, what_the_scan_takes_json_c_takes_too);
    return run_suite(suite);
}
