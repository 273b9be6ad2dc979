#include "tests/support/support.h"

#include "backup/report.h"

static struct report report;
static struct error err;

static void release(void)
{
    report_free(&report);
}

START_TEST(a_result_prints_as_lines_or_as_one_json_object)
{
    CLEANUP(bytes_free) struct bytes text = {0};
    CLEANUP(bytes_free) struct bytes json = {0};
    ck_assert_ok(report_line(&report, "two \"words\""));
    ck_assert_ok(report_text(&report, "said", "two \"words\""));
    ck_assert_ok(report_u64(&report, "count", UINT64_MAX));
    ck_assert_ok(report_print(&report, false, "verify", OUTCOME_OK, &err, &text));
    ck_assert_str_eq((const char *)text.data, "two \"words\"\nok: done\n");
    ck_assert_ok(report_print(&report, true, "verify", OUTCOME_OK, &err, &json));
    ck_assert_str_eq((const char *)json.data,
                     "{\"command\":\"verify\",\"outcome\":\"ok\",\"text\":\"done\","
                     "\"said\":\"two \\\"words\\\"\",\"count\":18446744073709551615}\n");
}
END_TEST

START_TEST(a_failure_prints_its_code_for_machines_and_its_lines_for_people)
{
    CLEANUP(bytes_free) struct bytes text = {0};
    CLEANUP(bytes_free) struct bytes json = {0};
    ck_assert_ok(report_line(&report, "so far"));
    error_set(&err, OUTCOME_BACKUP_MISMATCH, "domain 3 is missing");
    ck_assert_ok(report_print(&report, false, "verify", OUTCOME_BACKUP_MISMATCH, &err, &text));
    ck_assert_str_eq((const char *)text.data, "so far\n");
    ck_assert_ok(report_print(&report, true, "verify", OUTCOME_BACKUP_MISMATCH, &err, &json));
    ck_assert_str_eq(
        (const char *)json.data,
        "{\"command\":\"verify\",\"outcome\":\"backup_mismatch\",\"text\":\"domain 3 is missing\"}\n");
}
END_TEST

int main(void)
{
    SUITE_WITH_CASE(suite, tcase, "backup report");
    tcase_add_checked_fixture(tcase, NULL, release);
    tcase_add_test(tcase, a_result_prints_as_lines_or_as_one_json_object);
    tcase_add_test(tcase, a_failure_prints_its_code_for_machines_and_its_lines_for_people);
    return run_suite(suite);
}
