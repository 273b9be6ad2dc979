/* The value in what NEAR's command lines print. */
#include "contract-sim/cli_output.h"
#include "tests/support/support.h"

#include "common/json.h"

static const char *read_out(const char *text)
{
    static struct bytes out;
    struct error err = {0};
    bytes_clear(&out);
    ck_assert_ok_err(cli_output_json(text, strlen(text), &out, &err), err);
    return (const char *)out.data;
}

static void ck_refused(const char *text, const char *part)
{
    CLEANUP(bytes_free) struct bytes out = {0};
    struct error err = {0};
    ck_assert_outcome(cli_output_json(text, strlen(text), &out, &err), OUTCOME_JSON_MALFORMED);
    ck_assert_text_has(err.text, part);
}

START_TEST(json_stays_as_it_is)
{
    static const char *const texts[] = {"{\"a\":[1,\"'\",null]}", "\"NotInitialized\"\n", "[ ]",
                                        "\n {\n} \n"};
    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        ck_assert_str_eq(read_out(texts[i]), texts[i]);
}
END_TEST

START_TEST(lines_around_the_value_are_left_out_and_the_value_keeps_its_place)
{
    ck_assert_str_eq(
        read_out("Function execution logs:\n"
                 "migration_info\n"
                 "Function execution return value (printed to stdout):\n"
                 "{\n"
                 "  \"alice.near\": [null, {\"a\": \"}\"}]\n"
                 "}\n"
                 "\n"
                 "Here is your console command if you need to script it or re-run:\n"
                 "    near contract call-function as-read-only mpc.near state json-args {} now\n"),
        "\n\n\n{\n  \"alice.near\": [null, {\"a\": \"}\"}]\n}");
    ck_assert_str_eq(read_out("View call: mpc.near.state({})\r\n{}\r\n"), "\n{}\r");
    ck_assert_str_eq(read_out("View call: mpc.near.state({})\n'NotInitialized'\n"), "\n\"NotInitialized\"");
}
END_TEST

START_TEST(a_javascript_literal_becomes_json)
{
    ck_assert_str_eq(
        read_out("View call: mpc.near.state({})\n"
                 "{\n"
                 "  Running: {\n"
                 "    'a-b': [ 'it\\'s \"so\"', \"it's\", -1, 2.5, 1e21, true, false, null, '' ],\n"
                 "    $c_1 : { d: '\\\\' }\n"
                 "  }\n"
                 "}\n"),
        "\n"
        "{\n"
        "  \"Running\": {\n"
        "    \"a-b\": [ \"it's \\\"so\\\"\", \"it's\", -1, 2.5, 1e21, true, false, null, \"\" ],\n"
        "    \"$c_1\" : { \"d\": \"\\\\\" }\n"
        "  }\n"
        "}");
}
END_TEST

START_TEST(what_was_left_out_in_print_is_named_with_its_line)
{
    ck_refused("View call: a.b()\n{\n  a: [Array],\n}", "line 3: \"Array\" is no value");
    ck_refused("{\n a: [ 1,\n ... 98 more items ]\n}", "line 3: \"more\" is no value");
    ck_refused("{ a: undefined }", "line 1: \"undefined\" is no value");
}
END_TEST

START_TEST(no_value_and_two_values_are_refused)
{
    ck_refused("", "line 1: there is no value here");
    ck_refused("An error occurred\nstate is not found\n", "there is no value here");
    ck_refused("{\"a\":1}\n{\"b\":2}\n", "line 2: a second value after that of line 1");
    ck_refused("state:\n{\n}\nmigration_info:\n{}\n", "line 5: a second value after that of line 2");
}
END_TEST

START_TEST(what_is_no_json_is_left_to_the_json_reader)
{
    static const char *const texts[] = {"{\"a\":1", "{\"a\":1}}",  "{\"a\":\"b",
                                        "{'a': 'b", "{\"a\":\"\\", "{'"};
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        struct error err = {0};
        struct json_limits limits = {.bytes_max = 1000, .depth_max = 10};
        const char *out = read_out(texts[i]);
        ck_assert_outcome(json_scan(out, strlen(out), &limits, &err), OUTCOME_JSON_MALFORMED);
    }
}
END_TEST

int main(void)
{
    SUITE_WITH_CASE(suite, tcase, "cli_output");
    tcase_add_test(tcase, json_stays_as_it_is);
    tcase_add_test(tcase, lines_around_the_value_are_left_out_and_the_value_keeps_its_place);
    tcase_add_test(tcase, a_javascript_literal_becomes_json);
    tcase_add_test(tcase, what_was_left_out_in_print_is_named_with_its_line);
    tcase_add_test(tcase, no_value_and_two_values_are_refused);
    tcase_add_test(tcase, what_is_no_json_is_left_to_the_json_reader);
    return run_suite(suite);
}
