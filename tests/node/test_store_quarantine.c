/* Sets that are taken out of use, over every implementation of the store (store_bench.h). */
#include "tests/support/store_bench.h"
#include "tests/support/support.h"

static result_t quarantine(const struct bench_set *set, bool even_adopted)
{
    CLEANUP(keyshares_free) struct keyshares out = {0};
    char digest[KEYSHARES_DIGEST_TEXT_LEN];
    ck_assert_ok(keyshares_digest(&set->shares, digest));
    digest[12] = 0;
    const struct store_choice choice = {.digest = digest, .even_adopted = even_adopted};
    result_t result = store_quarantine(bench.store, &choice, &out, &bench.err);
    ck_assert(result != OUTCOME_OK || keyshares_equal(&out, &set->shares));
    return result;
}

static result_t restore(const struct bench_set *set)
{
    CLEANUP(keyshares_free) struct keyshares out = {0};
    const struct store_choice choice = {.epoch = &set->shares.items[0].id.epoch_id};
    return store_restore(bench.store, &choice, &out, &bench.err);
}

START_TEST(a_set_in_quarantine_is_not_served_imported_or_taken_again_until_it_is_restored)
{
    bench_open(_i);
    SET set = bench_set_of(5, 3, 1);
    ck_assert_outcome(quarantine(&set, false), OUTCOME_STORE_NOT_FOUND);
    ck_assert_outcome(bench_put(&set), OUTCOME_KEYSHARES_STORED);
    ck_assert_outcome(quarantine(&set, false), OUTCOME_OK);
    for (int restarted = 0; restarted < 2; restarted++) {
        bench_check_get(&set.keyset, OUTCOME_KEYSHARES_NOT_HELD);
        ck_assert_outcome(bench_import(&set), OUTCOME_KEYSHARES_NOT_HELD);
        ck_assert_outcome(bench_stage(&set), OUTCOME_KEYSHARES_QUARANTINED);
        ck_assert_text_has(bench.err.text, "--restore");
        ck_assert_outcome(bench_put(&set), OUTCOME_KEYSHARES_QUARANTINED);
        ck_assert_str_eq(bench_sets_on(STORE_STORED), "");
        bench_check_kept(STORE_QUARANTINED, 0, &set);
        bench_reopen();
    }
    ck_assert_outcome(quarantine(&set, false), OUTCOME_STORE_NOT_FOUND);
    ck_assert_outcome(restore(&set), OUTCOME_KEYSHARES_STORED);
    ck_assert_outcome(restore(&set), OUTCOME_STORE_NOT_FOUND);
    bench_check_served(&set);
    ck_assert_outcome(bench_import(&set), OUTCOME_KEYSHARES_UNCHANGED);
    ck_assert_str_eq(bench_sets_on(STORE_STORED), "5/3! ");
    ck_assert_uint_eq(bench_kept(STORE_ATTEMPTS), 0);
}
END_TEST

START_TEST(a_restored_set_is_the_stored_one_again_only_where_the_contract_adopted_it)
{
    bench_open(_i);
    SET adopted = bench_set_of(5, 3, 1);
    SET failed = bench_set_of(5, 3, 1);
    failed.shares.items[0].id.attempt_id++;
    ck_assert_outcome(bench_put(&adopted), OUTCOME_KEYSHARES_STORED);
    ck_assert_outcome(bench_import(&adopted), OUTCOME_KEYSHARES_UNCHANGED);
    ck_assert_outcome(bench_put(&failed), OUTCOME_KEYSHARES_KEPT);
    ck_assert_outcome(quarantine(&failed, false), OUTCOME_OK);
    ck_assert_outcome(restore(&failed), OUTCOME_KEYSHARES_KEPT);
    ck_assert_uint_eq(bench_kept(STORE_ATTEMPTS), 1);
    bench_check_served(&adopted);
    ck_assert_outcome(quarantine(&adopted, true), OUTCOME_OK);
    ck_assert_outcome(restore(&adopted), OUTCOME_KEYSHARES_STORED);
    ck_assert_str_eq(bench_sets_on(STORE_STORED), "5/3! ");
    ck_assert_uint_eq(bench_kept(STORE_ATTEMPTS), 1);
    bench_check_served(&adopted);
}
END_TEST

START_TEST(the_adopted_set_goes_to_quarantine_only_when_that_is_said)
{
    bench_open(_i);
    SET set = bench_set_of(5, 3, 1);
    SET other = bench_set_of(5, 3, 2);
    ck_assert_outcome(bench_put(&set), OUTCOME_KEYSHARES_STORED);
    ck_assert_outcome(bench_import(&set), OUTCOME_KEYSHARES_UNCHANGED);
    ck_assert_outcome(quarantine(&set, false), OUTCOME_KEYSHARES_ADOPTED);
    ck_assert_text_has(bench.err.text, "--adopted");
    bench_check_served(&set);
    ck_assert_outcome(quarantine(&set, true), OUTCOME_OK);
    bench_check_get(&set.keyset, OUTCOME_KEYSHARES_NOT_HELD);
    /* Then other private shares of the same key events may come, and the old ones may not come back beside
     * them. */
    ck_assert_outcome(bench_stage(&other), OUTCOME_KEYSHARES_STAGED);
    ck_assert_outcome(bench_import(&other), OUTCOME_KEYSHARES_STORED);
    bench_check_served(&other);
    ck_assert_outcome(restore(&set), OUTCOME_KEYSHARES_CONFLICT);
    bench_check_kept(STORE_QUARANTINED, 0, &set);
}
END_TEST

START_TEST(older_copies_do_not_slip_in_for_the_shares_that_were_taken_out)
{
    bench_open(_i);
    SET older = bench_set_of(5, 3, 1);
    SET newer = bench_set_of(5, 3, 2);
    ck_assert_outcome(bench_stage(&older), OUTCOME_KEYSHARES_STAGED);
    ck_assert_outcome(bench_stage(&newer), OUTCOME_KEYSHARES_STAGED);
    ck_assert_outcome(bench_import(&newer), OUTCOME_KEYSHARES_STORED);
    bench_check_kept(STORE_SUPERSEDED, 0, &older);
    ck_assert_outcome(quarantine(&newer, true), OUTCOME_OK);
    ck_assert_outcome(bench_import(&newer), OUTCOME_KEYSHARES_NOT_HELD);
    /* Put once more they are meant. */
    ck_assert_outcome(bench_stage(&older), OUTCOME_KEYSHARES_STAGED);
    ck_assert_outcome(bench_import(&older), OUTCOME_KEYSHARES_STORED);
    bench_check_served(&older);
}
END_TEST

START_TEST(what_is_staged_or_kept_can_go_to_quarantine_too)
{
    bench_open(_i);
    SET current = bench_attempt_of(5, 3, 7);
    SET beside = bench_attempt_of(5, 3, 9);
    SET staged = bench_attempt_of(5, 3, 11);
    uint64_t epoch = 5;
    CLEANUP(keyshares_free) struct keyshares out = {0};
    ck_assert_outcome(bench_put(&current), OUTCOME_KEYSHARES_STORED);
    ck_assert_outcome(bench_put(&beside), OUTCOME_KEYSHARES_KEPT);
    ck_assert_outcome(bench_stage(&staged), OUTCOME_KEYSHARES_STAGED);
    ck_assert_outcome(
        store_quarantine(bench.store, &(struct store_choice){.epoch = &epoch}, &out, &bench.err),
        OUTCOME_USAGE);
    ck_assert_text_has(bench.err.text, "--digest");
    ck_assert_outcome(quarantine(&staged, false), OUTCOME_OK);
    ck_assert_outcome(quarantine(&beside, false), OUTCOME_OK);
    ck_assert_uint_eq(bench_kept(STORE_STAGED), 0);
    ck_assert_uint_eq(bench_kept(STORE_ATTEMPTS), 0);
    ck_assert_uint_eq(bench_kept(STORE_QUARANTINED), 2);
    bench_check_served(&current);
    bench_check_get(&beside.keyset, OUTCOME_KEYSHARES_NOT_HELD);
    ck_assert_outcome(bench_import(&staged), OUTCOME_KEYSHARES_NOT_HELD);
}
END_TEST

START_TEST(no_set_in_quarantine_is_dropped_for_another)
{
    bench_open(_i);
    for (uint64_t epoch = 1; epoch <= STORE_QUARANTINED_MAX + 1; epoch++) {
        SET set = bench_set_of(epoch, 2, epoch);
        ck_assert_outcome(bench_put(&set), OUTCOME_KEYSHARES_STORED);
        ck_assert_outcome(quarantine(&set, false),
                          epoch <= STORE_QUARANTINED_MAX ? OUTCOME_OK : OUTCOME_STORE_FULL);
    }
    ck_assert_uint_eq(bench_kept(STORE_QUARANTINED), STORE_QUARANTINED_MAX);
    ck_assert_str_eq(bench_sets_on(STORE_STORED), "17/2 ");
}
END_TEST

int main(void)
{
    SUITE_WITH_CASE(suite, tcase, "node/store quarantine");
    tcase_add_checked_fixture(tcase, NULL, bench_close);
    tcase_add_loop_test(tcase, a_set_in_quarantine_is_not_served_imported_or_taken_again_until_it_is_restored,
                        0, BENCH_KINDS);
    tcase_add_loop_test(tcase, a_restored_set_is_the_stored_one_again_only_where_the_contract_adopted_it, 0,
                        BENCH_KINDS);
    tcase_add_loop_test(tcase, the_adopted_set_goes_to_quarantine_only_when_that_is_said, 0, BENCH_KINDS);
    tcase_add_loop_test(tcase, older_copies_do_not_slip_in_for_the_shares_that_were_taken_out, 0,
                        BENCH_KINDS);
    tcase_add_loop_test(tcase, what_is_staged_or_kept_can_go_to_quarantine_too, 0, BENCH_KINDS);
    tcase_add_loop_test(tcase, no_set_in_quarantine_is_dropped_for_another, 0, BENCH_KINDS);
    return run_suite(suite);
}
