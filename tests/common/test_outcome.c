#include "tests/support/support.h"

#include <string.h>

START_TEST(every_code_is_named_once_and_found_by_name)
{
    for (unsigned i = 0; i < OUTCOME_COUNT; i++) {
        const struct outcome *row = outcome_of((result_t)i);
        ck_assert_uint_eq(outcome_by_name(row->name), i);
        ck_assert_int_gt((int)strlen(row->text), 0);
    }
    ck_assert_uint_eq(outcome_by_name("no such code"), OUTCOME_COUNT);
}
END_TEST

START_TEST(an_unknown_value_reads_as_internal)
{
    ck_assert_str_eq(outcome_of((result_t)9999)->name, "internal");
}
END_TEST

START_TEST(success_exits_0_and_failure_never_does)
{
    for (unsigned i = 0; i < OUTCOME_COUNT; i++) {
        const struct outcome *row = outcome_of((result_t)i);
        ck_assert_int_eq(row->exit_code == 0, row->class == CLASS_OK);
        ck_assert_int_eq(row->http_status == 200, row->class == CLASS_OK);
        ck_assert_int_eq(outcome_ok((result_t)i), row->class == CLASS_OK);
    }
}
END_TEST

START_TEST(texts_are_cut_not_overrun)
{
    struct error err = {0};
    char wide[2 * ERROR_TEXT_MAX];
    memset(wide, 'x', sizeof wide - 1);
    wide[sizeof wide - 1] = 0;
    ck_assert_outcome(error_set(&err, OUTCOME_USAGE, "%s", wide), OUTCOME_USAGE);
    ck_assert_uint_eq(strlen(err.text), ERROR_TEXT_MAX - 1);
    ck_assert_outcome(error_prefix(&err, OUTCOME_USAGE, "in %s", "here"), OUTCOME_USAGE);
    ck_assert_uint_eq(strlen(err.text), ERROR_TEXT_MAX - 1);
    ck_assert_int_eq(strncmp(err.text, "in here: xxx", 12), 0);
    ck_assert_outcome(error_prefix(&err, OUTCOME_USAGE, "%s", wide), OUTCOME_USAGE);
    ck_assert_outcome(error_set(NULL, OUTCOME_LIMIT, "x"), OUTCOME_LIMIT);
    ck_assert_outcome(error_prefix(NULL, OUTCOME_LIMIT, "x"), OUTCOME_LIMIT);
}
END_TEST

/* As when memory ran out below somebody who prefixes. */
START_TEST(a_failure_without_a_text_of_its_own_stays_a_failure_and_gets_the_outcomes)
{
    struct error err = {0};
    ck_assert_outcome(error_prefix(&err, OUTCOME_NO_MEMORY, "the file"), OUTCOME_NO_MEMORY);
    ck_assert_int_eq(err.code, OUTCOME_NO_MEMORY);
    ck_assert_str_eq(err.text, "the file: out of memory");
    error_set(&err, OUTCOME_LIMIT, "an older text");
    ck_assert_outcome(error_prefix(&err, OUTCOME_STORE_IO, "the file"), OUTCOME_STORE_IO);
    ck_assert_str_eq(err.text, "the file: the store cannot be read or written");
    err = (struct error){.code = OUTCOME_OK};
    error_complete(&err, OUTCOME_NO_MEMORY);
    ck_assert_int_eq(err.code, OUTCOME_NO_MEMORY);
    ck_assert_str_eq(err.text, "out of memory");
    error_set(&err, OUTCOME_LIMIT, "its own");
    error_complete(&err, OUTCOME_LIMIT);
    ck_assert_str_eq(err.text, "its own");
    error_complete(NULL, OUTCOME_LIMIT);
}
END_TEST

int main(void)
{
    SUITE_WITH_CASE(suite, tcase, "outcome");
    tcase_add_test(tcase, every_code_is_named_once_and_found_by_name);
    tcase_add_test(tcase, an_unknown_value_reads_as_internal);
    tcase_add_test(tcase, success_exits_0_and_failure_never_does);
    tcase_add_test(tcase, texts_are_cut_not_overrun);
    tcase_add_test(tcase, a_failure_without_a_text_of_its_own_stays_a_failure_and_gets_the_outcomes);
    return run_suite(suite);
}
