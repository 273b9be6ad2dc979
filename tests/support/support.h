/* What every unit test needs: a main, the reference data beside the project, temporary directories, seeds. */
#ifndef MPC_TESTS_SUPPORT_H
#define MPC_TESTS_SUPPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <check.h>

#include "common/bytes.h"
#include "common/outcome.h"

/* Run one suite and return what main() returns. */
int run_suite(Suite *suite);

/* A suite with one case named like it, to which tests are added with tcase_add_test(). */
#define SUITE_WITH_CASE(suite, tcase, name)                                                                  \
    Suite *suite = suite_create(name);                                                                       \
    TCase *tcase = tcase_create(name);                                                                       \
    tcase_set_timeout(tcase, 60);                                                                            \
    suite_add_tcase(suite, tcase)

/* Fail with the outcome's name instead of a number. */
#define ck_assert_outcome(expression, expected)                                                              \
    do {                                                                                                     \
        result_t got_ = (expression);                                                                        \
        ck_assert_msg(got_ == (expected), "%s is %s, expected %s", #expression, outcome_of(got_)->name,      \
                      outcome_of(expected)->name);                                                           \
    } while (0)
#define ck_assert_ok(expression) ck_assert_outcome(expression, OUTCOME_OK)

/* As ck_assert_ok, with the text of `err` where it fails. */
#define ck_assert_ok_err(expression, err)                                                                    \
    do {                                                                                                     \
        (err).text[0] = 0;                                                                                   \
        result_t got_ = (expression);                                                                        \
        ck_assert_msg(got_ == OUTCOME_OK, "%s is %s: %s", #expression, outcome_of(got_)->name, (err).text);  \
    } while (0)

/* The text holds this part, or does not; a failure shows both. */
#define ck_assert_text_has(text, part)                                                                       \
    do {                                                                                                     \
        const char *text_ = (text);                                                                          \
        const char *part_ = (part);                                                                          \
        ck_assert_msg(strstr(text_, part_) != NULL, "`%s` lacks `%s`", text_, part_);                        \
    } while (0)
#define ck_assert_text_lacks(text, part)                                                                     \
    do {                                                                                                     \
        const char *text_ = (text);                                                                          \
        const char *part_ = (part);                                                                          \
        ck_assert_msg(strstr(text_, part_) == NULL, "`%s` has `%s`", text_, part_);                          \
    } while (0)

/* Read a file of the reference data beside the project ("keyshares/keyset.json"). False, after one line on
 * stdout that says what is skipped, when it is not there: the test then returns. */
bool reference_data(const char *name, struct bytes *out);
/* The directory of the reference data, or NULL. MPC_REFERENCE_DATA overrides the place. */
const char *reference_data_dir(void);

/* A fresh directory (0700) that is removed, with all in it, when the process ends; in MPC_TEST_DIR, or /tmp. */
const char *temporary_dir(void);
/* A new, empty directory (0700) in it, for tests that want one each. The caller's, to be freed. */
char *fresh_dir(void);

/* What was printed to a temporary file since the last call, as a string in `out`, which is cleared before; the
 * file is empty afterwards. */
const char *read_printed(FILE *file, struct bytes *out);

/* The seed of this run, printed once; MPC_TEST_SEED repeats a run. */
uint64_t test_seed(void);
/* A small deterministic generator over a state that starts from a seed. */
uint64_t test_random(uint64_t *state);

#endif
