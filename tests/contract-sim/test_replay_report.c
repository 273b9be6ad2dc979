/* What the scenario runner reports, as TAP, JUnit and JSON (cli.md). */
#include "common/json.h"
#include "tests/contract-sim/replay_fixture.h"
#include "tests/support/contract.h"

static void report_one(enum replay_format format, struct bytes *out)
{
    struct scenario scenario;
    struct error err = {0};
    struct replay_report report = {.format = format, .out = out, .planned = 2};
    ck_assert_ok(replay_fixture_parse(SCENARIO(VIEW("", "{'equals':'two\\nlines'}"), ""), &scenario, &err));
    ck_assert_ok(replay_report_begin(&report));
    CLEANUP(replay_result_free) struct replay_result bad = {0};
    struct replay_result good = {0};
    ck_assert_ok(replay_run(&scenario, &(struct replay_options){.profile = "design"}, &bad, &err));
    ck_assert_ok(replay_report_run(&report, "f.json", &scenario, "v3.14", &good));
    bad.more = 2;
    ck_assert_ok(replay_report_run(&report, "f.json", &scenario, "design", &bad));
    ck_assert_ok(replay_report_end(&report));
    bytes_free(&report.cases);
    ck_assert_uint_eq(report.failed, 1);
    scenario_free(&scenario);
}

START_TEST(tap_has_one_line_per_run_and_comments_for_differences)
{
    CLEANUP(bytes_free) struct bytes out = {0};
    report_one(REPLAY_TAP, &out);
    ck_assert_str_eq((const char *)out.data, "1..2\n"
                                             "ok 1 - T [v3.14] a <title> & more\n"
                                             "not ok 2 - T [design] a <title> & more\n"
                                             "# step 1, view migration_info\n"
                                             "#   expected: {\"equals\":\"two\\nlines\"}\n"
                                             "#   got:      {}\n"
                                             "# and 2 more differences\n"
                                             "# 1 of 2 passed\n");
}
END_TEST

/* A scenario that was authored: a call that came out otherwise and changed something. */
static void report_authored(enum replay_format format, struct bytes *out)
{
    struct scenario scenario;
    struct error err = {0};
    struct replay_report report = {.format = format, .out = out, .planned = 1};
    CLEANUP(replay_result_free) struct replay_result result = {0};
    ck_assert_ok_err(
        replay_fixture_parse(SCENARIO(REGISTER("{'error':'sdk:Private','match':'contains'}"), ""), &scenario,
                             &err),
        err);
    scenario.steps[0].line = 7;
    ck_assert_ok(replay_run(&scenario, &(struct replay_options){.profile = "design"}, &result, &err));
    ck_assert_ok(replay_report_begin(&report));
    ck_assert_ok(replay_report_run(&report, "f.scenario", &scenario, "design", &result));
    ck_assert_ok(replay_report_end(&report));
    bytes_free(&report.cases);
    scenario_free(&scenario);
}

START_TEST(a_report_names_the_line_of_the_source_and_what_the_call_changed)
{
    CLEANUP(bytes_free) struct bytes tap = {0};
    CLEANUP(bytes_free) struct bytes junit = {0};
    CLEANUP(bytes_free) struct bytes json = {0};
    report_authored(REPLAY_TAP, &tap);
    ck_assert_text_has((const char *)tap.data,
                       contract_json("# line 7 (step 1), call register_backup_service by alice.near\n"
                                     "#   expected: error sdk:Private\n"
                                     "#   got:      ok null\n"
                                     "#   changed:  migration_info at /alice.near: (nothing there) -> "
                                     "[{'public_key':'@backup'},null]\n"));
    report_authored(REPLAY_JUNIT, &junit);
    ck_assert_text_has((const char *)junit.data,
                       "\n  got:      ok null\n  changed:  migration_info at /alice.near");
    report_authored(REPLAY_JSON, &json);
    ck_assert_text_has((const char *)json.data,
                       "{\"step\":1,\"line\":7,\"what\":\"call register_backup_service");
    ck_assert_text_has((const char *)json.data,
                       "\"changes\":\"migration_info at /alice.near: (nothing there) -> ");
}
END_TEST

START_TEST(junit_is_escaped_and_counts)
{
    CLEANUP(bytes_free) struct bytes out = {0};
    report_one(REPLAY_JUNIT, &out);
    const char *text = (const char *)out.data;
    ck_assert_text_has(text, "tests=\"2\" failures=\"1\"");
    ck_assert_text_has(
        text, "<testcase classname=\"v3.14\" name=\"T a &lt;title&gt; &amp; more\" file=\"f.json\"/>\n");
    ck_assert_text_has(text, "<failure message=\"3 differences\">step 1, view migration_info\n"
                             "  expected: {&quot;equals&quot;:&quot;two\\nlines&quot;}\n");
    ck_assert_text_has(text, "</testsuite>\n</testsuites>\n");
}
END_TEST

START_TEST(json_is_json)
{
    CLEANUP(bytes_free) struct bytes out = {0};
    CLEANUP(json_put_ptr) struct json_object *root = NULL;
    struct json_object *value;
    struct error err = {0};
    report_one(REPLAY_JSON, &out);
    ck_assert_ok_err(json_parse((const char *)out.data, out.len, &json_limits_view, &root, &err), err);
    ck_assert(replay_pointer_get(root, "/runs/1/differences/0/what", &value));
    ck_assert_str_eq(json_object_get_string(value), "view migration_info");
    ck_assert(replay_pointer_get(root, "/failed", &value));
    ck_assert_int_eq(json_object_get_int(value), 1);
    ck_assert(!replay_pointer_get(root, "/runs/2", &value));
    ck_assert(!replay_pointer_get(root, "/runs/x", &value));
    ck_assert(!replay_pointer_get(root, "/failed/x", &value));
}
END_TEST

int main(void)
{
    SUITE_WITH_CASE(suite, tcase, "replay report");
    tcase_add_test(tcase, tap_has_one_line_per_run_and_comments_for_differences);
    tcase_add_test(tcase, a_report_names_the_line_of_the_source_and_what_the_call_changed);
    tcase_add_test(tcase, junit_is_escaped_and_counts);
    tcase_add_test(tcase, json_is_json);
    return run_suite(suite);
}
