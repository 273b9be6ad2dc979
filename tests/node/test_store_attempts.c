/* Several attempts of one epoch in a store, over every implementation of it (store_bench.h). */
#include <string.h>

#include "tests/support/store_bench.h"
#include "tests/support/support.h"

START_TEST(a_failed_attempt_that_was_imported_does_not_block_the_right_one)
{
    bench_open(_i);
    SET failed = bench_attempt_of(5, 3, 7);
    SET right = bench_attempt_of(5, 3, 9);
    ck_assert_outcome(bench_put(&failed), OUTCOME_KEYSHARES_STORED);
    bench_check_get(&right.keyset, OUTCOME_KEYSHARES_NOT_HELD);
    ck_assert_text_has(bench.err.text, "of attempt 7");
    ck_assert_outcome(bench_stage(&right), OUTCOME_KEYSHARES_STAGED);
    ck_assert_outcome(bench_import(&right), OUTCOME_KEYSHARES_STORED);
    bench_check_served(&right);
    bench_check_served(&failed);
    ck_assert_str_eq(bench_sets_on(STORE_STORED), "5/3! ");
    ck_assert_str_eq(bench_sets_on(STORE_ATTEMPTS), "5/3 ");
    bench_reopen();
    bench_check_served(&right);
    /* The contract goes back to what it had before. */
    ck_assert_outcome(bench_import(&failed), OUTCOME_KEYSHARES_STORED);
    CLEANUP(keyshares_free) struct keyshares current = {0};
    ck_assert_ok_err(store_load(bench.store, NULL, &current, &bench.err), bench.err);
    ck_assert(keyshares_equal(&current, &failed.shares));
    bench_check_kept(STORE_ATTEMPTS, 0, &right);
    ck_assert_outcome(bench_import(&failed), OUTCOME_KEYSHARES_UNCHANGED);
}
END_TEST

START_TEST(an_attempt_that_is_imported_by_hand_lies_beside_the_current_one_until_the_contract_names_it)
{
    bench_open(_i);
    SET first = bench_attempt_of(5, 3, 7);
    SET second = bench_attempt_of(5, 3, 9);
    ck_assert_outcome(bench_put(&first), OUTCOME_KEYSHARES_STORED);
    ck_assert_outcome(bench_put(&second), OUTCOME_KEYSHARES_KEPT);
    ck_assert_outcome(bench_put(&second), OUTCOME_KEYSHARES_UNCHANGED);
    ck_assert_uint_eq(bench_kept(STORE_ATTEMPTS), 1);
    CLEANUP(keyshares_free) struct keyshares current = {0};
    ck_assert_ok_err(store_load(bench.store, NULL, &current, &bench.err), bench.err);
    ck_assert(keyshares_equal(&current, &first.shares));
    ck_assert_outcome(bench_stage(&second), OUTCOME_KEYSHARES_STAGED);
    ck_assert_outcome(bench_import(&second), OUTCOME_KEYSHARES_STORED);
    keyshares_free(&current);
    ck_assert_ok_err(store_load(bench.store, NULL, &current, &bench.err), bench.err);
    ck_assert(keyshares_equal(&current, &second.shares));
    bench_check_kept(STORE_ATTEMPTS, 0, &first);
    ck_assert_uint_eq(bench_kept(STORE_ATTEMPTS), 1);
}
END_TEST

START_TEST(the_same_key_event_with_another_scalar_is_a_conflict_whatever_the_attempt_it_comes_with)
{
    bench_open(_i);
    SET first = bench_attempt_of(5, 3, 7);
    SET second = bench_attempt_of(5, 3, 9);
    SET wrong = bench_attempt_of(5, 3, 11);
    char digest[KEYSHARES_DIGEST_TEXT_LEN];
    wrong.shares.scalars.data[31] ^= 1; /* of domain 0, which all have */
    ck_assert_outcome(bench_put(&first), OUTCOME_KEYSHARES_STORED);
    ck_assert_outcome(bench_put(&second), OUTCOME_KEYSHARES_KEPT);
    ck_assert_outcome(bench_stage(&wrong), OUTCOME_KEYSHARES_CONFLICT);
    ck_assert_text_has(bench.err.text, "domain 0");
    ck_assert_ok(keyshares_digest(&wrong.shares, digest));
    ck_assert_text_has(bench.err.text, digest);
    ck_assert_outcome(bench_put(&wrong), OUTCOME_KEYSHARES_CONFLICT);
    /* Nor does one that is only kept let another of its key events in. */
    second.shares.scalars.data[2 * KEYSHARE_SCALAR_LEN] ^= 1;
    ck_assert_outcome(bench_stage(&second), OUTCOME_KEYSHARES_CONFLICT);
    ck_assert_text_has(bench.err.text, "domain 2");
    ck_assert_uint_eq(bench_kept(STORE_STAGED), 0);
}
END_TEST

START_TEST(domains_of_a_cancelled_key_generation_are_in_nobodys_way)
{
    bench_open(_i);
    SET cancelled = bench_set_of(5, 4, 1);
    SET two = bench_set_of(5, 2, 1);
    SET next = bench_set_of(6, 2, 2);
    SET fresh = bench_set_of(5, 2, 3);
    ck_assert_outcome(bench_put(&cancelled), OUTCOME_KEYSHARES_STORED);
    bench_check_served(&two);
    ck_assert_outcome(bench_stage(&two), OUTCOME_KEYSHARES_UNCHANGED);
    ck_assert_outcome(bench_import(&two), OUTCOME_KEYSHARES_UNCHANGED);
    ck_assert_outcome(bench_stage(&fresh), OUTCOME_KEYSHARES_CONFLICT);
    /* The next epoch has fewer domains than are stored. */
    ck_assert_outcome(bench_stage(&next), OUTCOME_KEYSHARES_STAGED);
    ck_assert_outcome(bench_import(&next), OUTCOME_KEYSHARES_STORED);
    bench_check_served(&next);
    bench_check_served(&two);
}
END_TEST

START_TEST(a_later_epoch_that_the_contract_never_adopted_does_not_block_an_older_one)
{
    bench_open(_i);
    SET failed = bench_set_of(6, 3, 2);
    SET right = bench_set_of(5, 3, 1);
    ck_assert_outcome(bench_put(&failed), OUTCOME_KEYSHARES_STORED);
    ck_assert_outcome(bench_stage(&right), OUTCOME_KEYSHARES_STAGED);
    ck_assert_outcome(bench_import(&right), OUTCOME_KEYSHARES_STORED);
    bench_check_served(&right);
    bench_check_served(&failed);
    ck_assert_outcome(bench_import(&right), OUTCOME_KEYSHARES_UNCHANGED);
    bench_reopen();
    bench_check_served(&right);
    /* It did adopt it after all. */
    result_t result = bench_import(&failed);
    ck_assert_msg(outcome_ok(result), "%s: %s", outcome_of(result)->name, bench.err.text);
    bench_check_served(&failed);
}
END_TEST

START_TEST(another_public_key_of_an_adopted_domain_is_a_conflict_and_of_one_that_was_never_adopted_is_none)
{
    bench_open(_i);
    SET old = bench_set_of(5, 3, 1);
    SET new = bench_set_of(6, 3, 2);
    new.keyset.domains[1].key.bytes[3] ^= 1;
    new.shares.items[1].public_key[3] ^= 1;
    ck_assert_outcome(bench_put(&old), OUTCOME_KEYSHARES_STORED);
    ck_assert_outcome(bench_stage(&new), OUTCOME_KEYSHARES_STAGED);
    ck_assert_outcome(bench_import(&old), OUTCOME_KEYSHARES_UNCHANGED);
    ck_assert_outcome(bench_import(&new), OUTCOME_KEYSHARES_CONFLICT);
    ck_assert_text_has(bench.err.text, "domain 1");
    bench_check_kept(STORE_STAGED, 0, &new);
}
END_TEST

START_TEST(what_was_put_before_the_contract_changed_its_mind_is_found_again)
{
    bench_open(_i);
    SET first = bench_attempt_of(5, 3, 7);
    SET second = bench_attempt_of(5, 3, 9);
    ck_assert_outcome(bench_stage(&first), OUTCOME_KEYSHARES_STAGED);
    ck_assert_outcome(bench_stage(&second), OUTCOME_KEYSHARES_STAGED);
    ck_assert_outcome(bench_import(&second), OUTCOME_KEYSHARES_STORED);
    ck_assert_uint_eq(bench_kept(STORE_STAGED), 0);
    bench_check_kept(STORE_SUPERSEDED, 0, &first);
    ck_assert_outcome(bench_import(&first), OUTCOME_KEYSHARES_STORED);
    bench_check_served(&first);
    bench_check_served(&second);
}
END_TEST

START_TEST(what_is_put_and_lies_beside_the_stored_set_is_staged_and_imported)
{
    bench_open(_i);
    SET now = bench_attempt_of(5, 3, 200);
    SET other = bench_attempt_of(5, 3, 100);
    ck_assert_outcome(bench_put(&now), OUTCOME_KEYSHARES_STORED);
    ck_assert_outcome(bench_put(&other), OUTCOME_KEYSHARES_KEPT);
    ck_assert_outcome(bench_stage(&other), OUTCOME_KEYSHARES_STAGED);
    for (uint64_t attempt = 1; attempt <= STORE_ATTEMPTS_MAX; attempt++) {
        SET set = bench_attempt_of(5, 3, attempt);
        ck_assert_outcome(bench_put(&set), OUTCOME_KEYSHARES_KEPT);
    }
    ck_assert_outcome(bench_import(&other), OUTCOME_KEYSHARES_STORED);
    ck_assert_uint_eq(bench_kept(STORE_STAGED), 0);
    bench_check_served(&other);
    ck_assert_outcome(bench_stage(&other), OUTCOME_KEYSHARES_UNCHANGED);
}
END_TEST

START_TEST(attempts_are_bounded_and_the_adopted_one_is_never_dropped_for_others)
{
    bench_open(_i);
    SET adopted = bench_attempt_of(5, 3, 100);
    SET now = bench_attempt_of(5, 3, 200);
    ck_assert_outcome(bench_put(&now), OUTCOME_KEYSHARES_STORED);
    ck_assert_outcome(bench_put(&adopted), OUTCOME_KEYSHARES_KEPT);
    ck_assert_outcome(bench_import(&adopted), OUTCOME_KEYSHARES_STORED);
    /* Somebody else makes another one current, so that the adopted one is one of many. */
    ck_assert_outcome(bench_import(&now), OUTCOME_KEYSHARES_STORED);
    ck_assert_outcome(bench_import(&adopted), OUTCOME_KEYSHARES_STORED);
    for (uint64_t attempt = 1; attempt <= 3 * STORE_ATTEMPTS_MAX; attempt++) {
        SET set = bench_attempt_of(5, 3, attempt);
        ck_assert_outcome(bench_put(&set), OUTCOME_KEYSHARES_KEPT);
        bench_check_kept(STORE_ATTEMPTS, 0, &set);
    }
    ck_assert_uint_eq(bench_kept(STORE_ATTEMPTS), STORE_ATTEMPTS_MAX);
    bench_check_served(&adopted);
    ck_assert_str_eq(bench_sets_on(STORE_STORED), "5/3! ");
    for (uint64_t epoch = 6; epoch <= 6 + STORE_ATTEMPTS_TOTAL_MAX; epoch++) {
        SET set = bench_attempt_of(epoch, 3, 1);
        SET other = bench_attempt_of(epoch, 3, 2);
        ck_assert_outcome(bench_put(&set), OUTCOME_KEYSHARES_STORED);
        ck_assert_outcome(bench_put(&other), OUTCOME_KEYSHARES_KEPT);
    }
    ck_assert_uint_eq(bench_kept(STORE_ATTEMPTS), STORE_ATTEMPTS_TOTAL_MAX);
    bench_check_served(&adopted);
}
END_TEST

int main(void)
{
    SUITE_WITH_CASE(suite, tcase, "node/store attempts");
    tcase_add_checked_fixture(tcase, NULL, bench_close);
    tcase_add_loop_test(tcase, a_failed_attempt_that_was_imported_does_not_block_the_right_one, 0,
                        BENCH_KINDS);
    tcase_add_loop_test(
        tcase, an_attempt_that_is_imported_by_hand_lies_beside_the_current_one_until_the_contract_names_it, 0,
        BENCH_KINDS);
    tcase_add_loop_test(
        tcase, the_same_key_event_with_another_scalar_is_a_conflict_whatever_the_attempt_it_comes_with, 0,
        BENCH_KINDS);
    tcase_add_loop_test(tcase, domains_of_a_cancelled_key_generation_are_in_nobodys_way, 0, BENCH_KINDS);
    tcase_add_loop_test(tcase, a_later_epoch_that_the_contract_never_adopted_does_not_block_an_older_one, 0,
                        BENCH_KINDS);
    tcase_add_loop_test(
        tcase,
        another_public_key_of_an_adopted_domain_is_a_conflict_and_of_one_that_was_never_adopted_is_none, 0,
        BENCH_KINDS);
    tcase_add_loop_test(tcase, what_was_put_before_the_contract_changed_its_mind_is_found_again, 0,
                        BENCH_KINDS);
    tcase_add_loop_test(tcase, what_is_put_and_lies_beside_the_stored_set_is_staged_and_imported, 0,
                        BENCH_KINDS);
    tcase_add_loop_test(tcase, attempts_are_bounded_and_the_adopted_one_is_never_dropped_for_others, 0,
                        BENCH_KINDS);
    return run_suite(suite);
}
