/* One body over every implementation of the stored set and of the records: each test runs once per row of
 * store_bench.h. Receipts, attempts of an epoch and the quarantine are in files of their own. */
#include "tests/support/stage.h"
#include "tests/support/store_bench.h"
#include "tests/support/support.h"

START_TEST(an_empty_store_holds_nothing_but_the_empty_keyset)
{
    bench_open(_i);
    SET set = bench_set_of(5, 3, 1);
    SET empty = bench_set_of(5, 0, 1);
    CLEANUP(keyshares_free) struct keyshares shares = {0};
    bench_check_get(&set.keyset, OUTCOME_KEYSHARES_NOT_HELD);
    bench_check_get(&empty.keyset, OUTCOME_OK);
    ck_assert_outcome(bench_import(&set), OUTCOME_KEYSHARES_NOT_HELD);
    ck_assert_outcome(bench_import(&empty), OUTCOME_KEYSHARES_UNCHANGED);
    ck_assert_outcome(store_load(bench.store, NULL, &shares, &bench.err), OUTCOME_STORE_NOT_FOUND);
    ck_assert_str_eq(bench_sets_on(STORE_STORED), "");
    ck_assert_uint_eq(bench_kept(STORE_STAGED), 0);
    ck_assert_uint_eq(bench_receipts(), 0);
}
END_TEST

START_TEST(what_was_put_is_served_in_order_after_a_restart_too)
{
    bench_open(_i);
    SET set = bench_set_of(5, 7, 1);
    for (size_t i = 0; i < 3; i++) { /* the keyset's order is the contract's, the answer's is by id */
        struct keyset_domain swapped = set.keyset.domains[i];
        set.keyset.domains[i] = set.keyset.domains[6 - i];
        set.keyset.domains[6 - i] = swapped;
    }
    ck_assert_outcome(bench_put(&set), OUTCOME_KEYSHARES_STORED);
    bench_check_served(&set);
    ck_assert_outcome(bench_put(&set), OUTCOME_KEYSHARES_UNCHANGED);
    bench_reopen();
    bench_check_served(&set);
}
END_TEST

START_TEST(only_exactly_the_stored_keyset_is_served)
{
    bench_open(_i);
    SET set = bench_set_of(5, 3, 1);
    SET other = bench_set_of(6, 3, 1);
    SET fewer = bench_set_of(5, 2, 1);
    SET more = bench_set_of(5, 4, 1);
    SET empty = bench_set_of(5, 0, 1);
    ck_assert_outcome(bench_put(&set), OUTCOME_KEYSHARES_STORED);
    bench_check_get(&other.keyset, OUTCOME_KEYSHARES_NOT_HELD);
    bench_check_get(&empty.keyset, OUTCOME_OK);
    bench_check_served_by(&fewer.keyset, &fewer.shares);
    bench_check_get(&more.keyset, OUTCOME_KEYSHARES_NOT_HELD);
    ck_assert_text_has(bench.err.text, "domain 3");
    set.keyset.domains[1].attempt = 99;
    bench_check_get(&set.keyset, OUTCOME_KEYSHARES_NOT_HELD);
    ck_assert_text_has(bench.err.text, "domain 1");
    set.keyset.domains[1].attempt = 1;
    set.keyset.domains[2].key.bytes[7] ^= 1;
    bench_check_get(&set.keyset, OUTCOME_KEYSHARES_NOT_HELD);
    ck_assert_text_has(bench.err.text, "domain 2");
}
END_TEST

START_TEST(shares_of_another_keyset_are_not_staged)
{
    bench_open(_i);
    SET set = bench_set_of(5, 3, 1);
    SET other = bench_set_of(6, 3, 1);
    struct keyshares none = {0};
    ck_assert_outcome(stage_shares(bench.store, &set.keyset, &other.shares, &bench.err),
                      OUTCOME_KEYSHARES_MISMATCH);
    ck_assert_outcome(stage_shares(bench.store, &set.keyset, &none, &bench.err), OUTCOME_KEYSHARES_EMPTY);
    set.keyset.domains[1].attempt = 42;
    ck_assert_outcome(bench_stage(&set), OUTCOME_KEYSHARES_MISMATCH);
    ck_assert_text_has(bench.err.text, "domain 1");
    ck_assert_uint_eq(bench_kept(STORE_STAGED), 0);
    ck_assert_uint_eq(bench_receipts(), 0);
}
END_TEST

START_TEST(staged_shares_survive_a_restart_and_are_served_once_imported)
{
    bench_open(_i);
    SET set = bench_set_of(5, 3, 1);
    ck_assert_outcome(bench_stage(&set), OUTCOME_KEYSHARES_STAGED);
    bench_check_get(&set.keyset, OUTCOME_KEYSHARES_NOT_HELD);
    bench_reopen();
    bench_check_kept(STORE_STAGED, 0, &set);
    ck_assert_outcome(bench_import(&set), OUTCOME_KEYSHARES_STORED);
    bench_check_served(&set);
    ck_assert_uint_eq(bench_kept(STORE_STAGED), 0);
    ck_assert_uint_eq(bench_kept(STORE_SUPERSEDED), 0);
    ck_assert_outcome(bench_import(&set), OUTCOME_KEYSHARES_UNCHANGED);
    bench_reopen();
    bench_check_served(&set);
}
END_TEST

START_TEST(a_put_of_what_is_stored_changes_nothing_and_has_a_receipt)
{
    bench_open(_i);
    SET set = bench_set_of(5, 3, 1);
    ck_assert_outcome(bench_put(&set), OUTCOME_KEYSHARES_STORED);
    ck_assert_uint_eq(bench_receipts(), 0);
    ck_assert_outcome(bench_stage(&set), OUTCOME_KEYSHARES_UNCHANGED);
    ck_assert_uint_eq(bench_kept(STORE_STAGED), 0);
    ck_assert_uint_eq(bench_receipts(), 1);
}
END_TEST

START_TEST(other_scalars_than_the_stored_ones_are_a_conflict_with_both_digests)
{
    bench_open(_i);
    SET set = bench_set_of(5, 3, 1);
    SET wrong = bench_set_of(5, 3, 2);
    char stored_digest[KEYSHARES_DIGEST_TEXT_LEN], digest[KEYSHARES_DIGEST_TEXT_LEN];
    ck_assert_ok(keyshares_digest(&set.shares, stored_digest));
    ck_assert_ok(keyshares_digest(&wrong.shares, digest));
    ck_assert_outcome(bench_put(&set), OUTCOME_KEYSHARES_STORED);
    ck_assert_outcome(bench_stage(&wrong), OUTCOME_KEYSHARES_CONFLICT);
    ck_assert_msg(strstr(bench.err.text, stored_digest) && strstr(bench.err.text, digest), "%s",
                  bench.err.text);
    ck_assert_outcome(bench_put(&wrong), OUTCOME_KEYSHARES_CONFLICT);
    ck_assert_uint_eq(bench_kept(STORE_STAGED), 0);
    bench_check_served(&set);
}
END_TEST

START_TEST(of_several_staged_sets_the_newest_is_imported_and_the_others_are_superseded)
{
    bench_open(_i);
    SET first = bench_set_of(5, 3, 1);
    SET second = bench_set_of(5, 3, 2);
    SET third = bench_set_of(5, 3, 3);
    ck_assert_outcome(bench_stage(&first), OUTCOME_KEYSHARES_STAGED);
    ck_assert_outcome(bench_stage(&second), OUTCOME_KEYSHARES_STAGED);
    ck_assert_outcome(bench_stage(&third), OUTCOME_KEYSHARES_STAGED);
    bench_check_kept(STORE_STAGED, 0, &third);
    bench_check_kept(STORE_STAGED, 2, &first);
    ck_assert_outcome(bench_import(&third), OUTCOME_KEYSHARES_STORED);
    bench_check_served(&third);
    ck_assert_uint_eq(bench_kept(STORE_STAGED), 0);
    ck_assert_uint_eq(bench_kept(STORE_SUPERSEDED), 2);
    bench_check_kept(STORE_SUPERSEDED, 0, &second);
    bench_check_kept(STORE_SUPERSEDED, 1, &first);
}
END_TEST

START_TEST(staging_again_stages_nothing_more_and_staging_an_older_one_lifts_it)
{
    bench_open(_i);
    SET first = bench_set_of(5, 3, 1);
    SET second = bench_set_of(5, 3, 2);
    ck_assert_outcome(bench_stage(&first), OUTCOME_KEYSHARES_STAGED);
    ck_assert_outcome(bench_stage(&first), OUTCOME_KEYSHARES_STAGED);
    ck_assert_uint_eq(bench_kept(STORE_STAGED), 1);
    ck_assert_uint_eq(bench_receipts(), 2);
    ck_assert_outcome(bench_stage(&second), OUTCOME_KEYSHARES_STAGED);
    ck_assert_outcome(bench_stage(&first), OUTCOME_KEYSHARES_STAGED);
    ck_assert_uint_eq(bench_kept(STORE_STAGED), 2);
    bench_check_kept(STORE_STAGED, 0, &first);
    bench_check_kept(STORE_STAGED, 1, &second);
}
END_TEST

START_TEST(what_a_peer_can_make_us_keep_is_bounded)
{
    bench_open(_i);
    for (uint64_t seed = 1; seed <= 3 * (STORE_STAGED_MAX + STORE_SUPERSEDED_MAX); seed++) {
        SET set = bench_set_of(5, 3, seed);
        ck_assert_outcome(bench_stage(&set), OUTCOME_KEYSHARES_STAGED);
        bench_check_kept(STORE_STAGED, 0, &set);
    }
    ck_assert_uint_eq(bench_kept(STORE_STAGED), STORE_STAGED_MAX);
    ck_assert_uint_eq(bench_kept(STORE_SUPERSEDED), STORE_SUPERSEDED_MAX);
    SET oldest_kept = bench_set_of(5, 3, 2 * (STORE_STAGED_MAX + STORE_SUPERSEDED_MAX) + 1);
    bench_check_kept(STORE_SUPERSEDED, STORE_SUPERSEDED_MAX - 1, &oldest_kept);
}
END_TEST

START_TEST(staged_shares_of_another_keyset_are_not_imported_and_stay)
{
    bench_open(_i);
    SET set = bench_set_of(5, 3, 1);
    SET next = bench_set_of(6, 3, 2);
    ck_assert_outcome(bench_stage(&set), OUTCOME_KEYSHARES_STAGED);
    ck_assert_outcome(bench_stage(&next), OUTCOME_KEYSHARES_STAGED);
    set.keyset.domains[0].attempt = 7;
    ck_assert_outcome(bench_import(&set), OUTCOME_KEYSHARES_NOT_HELD);
    ck_assert_uint_eq(bench_kept(STORE_STAGED), 2);
    set.keyset.domains[0].attempt = 0;
    ck_assert_outcome(bench_import(&set), OUTCOME_KEYSHARES_STORED);
    ck_assert_uint_eq(bench_kept(STORE_STAGED), 1); /* of the later epoch: not ours to judge yet */
    ck_assert_outcome(bench_import(&next), OUTCOME_KEYSHARES_STORED);
    bench_check_served(&next);
}
END_TEST

START_TEST(shares_stored_by_somebody_else_win_over_staged_ones)
{
    bench_open(_i);
    SET set = bench_set_of(5, 3, 1);
    SET other = bench_set_of(5, 3, 2);
    ck_assert_outcome(bench_stage(&set), OUTCOME_KEYSHARES_STAGED);
    ck_assert_outcome(bench_stage(&other), OUTCOME_KEYSHARES_STAGED);
    ck_assert_outcome(bench_put(&set), OUTCOME_KEYSHARES_STORED);
    ck_assert_outcome(bench_import(&other), OUTCOME_KEYSHARES_UNCHANGED);
    bench_check_served(&set);
    ck_assert_uint_eq(bench_kept(STORE_STAGED), 0);
    ck_assert_uint_eq(bench_kept(STORE_SUPERSEDED), 1);
    bench_check_kept(STORE_SUPERSEDED, 0, &other);
}
END_TEST

START_TEST(a_node_that_comes_back_epochs_later_stores_the_new_epoch_and_keeps_the_old)
{
    bench_open(_i);
    SET old = bench_set_of(5, 3, 1);
    SET new = bench_set_of(9, 4, 2);
    SET other = bench_set_of(5, 3, 1);
    CLEANUP(keyshares_free) struct keyshares shares = {0};
    other.keyset.domains[0].attempt = other.shares.items[0].id.attempt_id = 8;
    ck_assert_outcome(bench_put(&old), OUTCOME_KEYSHARES_STORED);
    ck_assert_outcome(bench_stage(&new), OUTCOME_KEYSHARES_STAGED);
    ck_assert_outcome(bench_import(&new), OUTCOME_KEYSHARES_STORED);
    bench_check_served(&new);
    bench_check_served(&old);
    ck_assert_outcome(bench_stage(&old), OUTCOME_KEYSHARES_UNCHANGED);
    ck_assert_outcome(bench_stage(&other), OUTCOME_KEYSHARES_OLDER);
    ck_assert_outcome(bench_put(&other), OUTCOME_KEYSHARES_OLDER);
    ck_assert_str_eq(bench_sets_on(STORE_STORED), "9/4! 5/3 ");
    ck_assert_ok_err(store_load(bench.store, &(uint64_t){5}, &shares, &bench.err), bench.err);
    ck_assert(keyshares_equal(&shares, &old.shares));
    keyshares_free(&shares);
    ck_assert_outcome(store_load(bench.store, &(uint64_t){6}, &shares, &bench.err), OUTCOME_STORE_NOT_FOUND);
}
END_TEST

START_TEST(sets_of_old_epochs_are_kept_up_to_a_bound_and_the_adopted_ones_longest)
{
    bench_open(_i);
    SET first = bench_set_of(1, 2, 1);
    ck_assert_outcome(bench_put(&first), OUTCOME_KEYSHARES_STORED);
    ck_assert_outcome(bench_import(&first), OUTCOME_KEYSHARES_UNCHANGED);
    for (uint64_t epoch = 2; epoch <= STORE_EPOCHS_MAX + 3; epoch++) {
        SET set = bench_set_of(epoch, 2, epoch);
        ck_assert_outcome(bench_put(&set), OUTCOME_KEYSHARES_STORED);
    }
    /* A Rust node never deletes a file of permanent_keys, and neither do we. */
    ck_assert_str_eq(bench_sets_on(STORE_STORED), bench.options.kind == STORE_MPC_HOME
                                                      ? "11/2 10/2 9/2 8/2 7/2 6/2 5/2 4/2 3/2 2/2 1/2! "
                                                      : "11/2 10/2 9/2 8/2 7/2 6/2 5/2 1/2! ");
}
END_TEST

START_TEST(a_domain_more_in_the_same_epoch_is_stored)
{
    bench_open(_i);
    SET three = bench_set_of(5, 3, 1);
    SET four = bench_set_of(5, 4, 1);
    memcpy(four.shares.scalars.data, three.shares.scalars.data, three.shares.scalars.len);
    ck_assert_outcome(bench_put(&three), OUTCOME_KEYSHARES_STORED);
    ck_assert_outcome(bench_stage(&four), OUTCOME_KEYSHARES_STAGED);
    ck_assert_outcome(bench_import(&four), OUTCOME_KEYSHARES_STORED);
    bench_check_served(&four);
    ck_assert_outcome(bench_put(&three), OUTCOME_KEYSHARES_UNCHANGED);
    bench_check_served(&three);
    four.shares.scalars.data[31] ^= 1;
    ck_assert_outcome(bench_stage(&four), OUTCOME_KEYSHARES_CONFLICT);
}
END_TEST

START_TEST(a_set_that_is_none_is_not_put)
{
    bench_open(_i);
    SET set = bench_set_of(5, 3, 1);
    struct keyshares none = {0};
    ck_assert_outcome(store_put(bench.store, &none, &bench.err), OUTCOME_KEYSHARES_EMPTY);
    set.shares.items[1].id.domain_id = 0;
    ck_assert_outcome(bench_put(&set), OUTCOME_KEYSHARES_MALFORMED);
    set.shares.items[1].id.domain_id = 1;
    set.shares.items[1].id.epoch_id = 6;
    ck_assert_outcome(bench_put(&set), OUTCOME_KEYSHARES_MALFORMED);
}
END_TEST

START_TEST(ids_over_the_full_range_are_stored)
{
    bench_open(_i);
    SET set = bench_set_of(UINT64_MAX, 3, 1);
    set.keyset.domains[2].domain_id = UINT64_MAX;
    set.shares.items[2].id.domain_id = UINT64_MAX;
    ck_assert_outcome(bench_stage(&set), OUTCOME_KEYSHARES_STAGED);
    ck_assert_outcome(bench_import(&set), OUTCOME_KEYSHARES_STORED);
    bench_reopen();
    bench_check_served(&set);
}
END_TEST

static void check_adopted(const struct bench_set *set, uint64_t block_height)
{
    CLEANUP(store_adopted_free) struct store_adopted adopted = {0};
    char digest[KEYSHARES_DIGEST_TEXT_LEN];
    ck_assert_ok_err(store_adopted_get(bench.store, &adopted, &bench.err), bench.err);
    ck_assert_uint_eq(adopted.block_height, block_height);
    ck_assert_ok(keyshares_digest(&set->shares, digest));
    ck_assert_str_eq(adopted.digest, digest);
    ck_assert(keyset_equal(&adopted.keyset, &set->keyset));
}

START_TEST(an_import_notes_the_contracts_keyset_once_its_shares_are_held)
{
    bench_open(_i);
    SET set = bench_set_of(5, 3, 1);
    SET next = bench_set_of(6, 3, 2);
    struct store_adopted none;
    ck_assert_outcome(store_import(bench.store, &set.keyset, 100, &bench.err), OUTCOME_KEYSHARES_NOT_HELD);
    ck_assert_outcome(bench_put(&set), OUTCOME_KEYSHARES_STORED);
    ck_assert_outcome(store_adopted_get(bench.store, &none, &bench.err), OUTCOME_STORE_NOT_FOUND);
    ck_assert_outcome(store_import(bench.store, &set.keyset, 200, &bench.err), OUTCOME_KEYSHARES_UNCHANGED);
    check_adopted(&set, 200);
    ck_assert_outcome(store_import(bench.store, &set.keyset, 300, &bench.err), OUTCOME_KEYSHARES_UNCHANGED);
    check_adopted(&set, 200); /* it was known: nothing was written */
    ck_assert_outcome(bench_stage(&next), OUTCOME_KEYSHARES_STAGED);
    ck_assert_outcome(store_import(bench.store, &next.keyset, 400, &bench.err), OUTCOME_KEYSHARES_STORED);
    bench_reopen();
    check_adopted(&next, 400);
}
END_TEST

START_TEST(what_was_adopted_is_kept_for_as_many_epochs_as_sets_are)
{
    bench_open(_i);
    for (uint64_t epoch = 1; epoch <= STORE_EPOCHS_MAX + 3; epoch++) {
        SET set = bench_set_of(epoch, 2, epoch);
        ck_assert_outcome(bench_put(&set), OUTCOME_KEYSHARES_STORED);
        ck_assert_outcome(store_import(bench.store, &set.keyset, epoch, &bench.err),
                          OUTCOME_KEYSHARES_UNCHANGED);
        check_adopted(&set, epoch);
    }
}
END_TEST

START_TEST(the_outbox_holds_one_record)
{
    bench_open(_i);
    static uint8_t large[STORE_OUTBOX_BYTES_MAX + 1];
    CLEANUP(bytes_free) struct bytes found = {0};
    ck_assert_outcome(store_outbox_get(bench.store, &found, &bench.err), OUTCOME_STORE_NOT_FOUND);
    ck_assert_ok_err(store_outbox_clear(bench.store, &bench.err), bench.err);
    ck_assert_ok_err(store_outbox_put(bench.store, "first", 5, &bench.err), bench.err);
    ck_assert_ok_err(store_outbox_put(bench.store, "second\0", 8, &bench.err), bench.err);
    bench_reopen();
    ck_assert_ok_err(store_outbox_get(bench.store, &found, &bench.err), bench.err);
    ck_assert_uint_eq(found.len, 8);
    ck_assert_mem_eq(found.data, "second\0", 8);
    ck_assert_outcome(store_outbox_put(bench.store, large, sizeof(large), &bench.err), OUTCOME_LIMIT);
    ck_assert_ok_err(store_outbox_put(bench.store, large, sizeof(large) - 1, &bench.err), bench.err);
    bytes_clear(&found);
    ck_assert_ok_err(store_outbox_get(bench.store, &found, &bench.err), bench.err);
    ck_assert_uint_eq(found.len, STORE_OUTBOX_BYTES_MAX);
    ck_assert_ok_err(store_outbox_clear(bench.store, &bench.err), bench.err);
    ck_assert_outcome(store_outbox_get(bench.store, &found, &bench.err), OUTCOME_STORE_NOT_FOUND);
}
END_TEST

START_TEST(another_secret_store_key_is_refused_at_the_start)
{
    bench_open(_i);
    SET set = bench_set_of(5, 3, 1);
    ck_assert_outcome(bench_put(&set), OUTCOME_KEYSHARES_STORED);
    store_close(bench.store);
    bench.store = NULL;
    bench.options.key->data[15] ^= 1;
    ck_assert_outcome(store_open(&bench.options, &bench.store, &bench.err), OUTCOME_STORE_CORRUPT);
    ck_assert_text_has(bench.err.text, "secret store key");
    bench.options.access = STORE_READ_ONLY;
    ck_assert_outcome(store_open(&bench.options, &bench.store, &bench.err), OUTCOME_STORE_CORRUPT);
    bench.options.key->data[15] ^= 1;
}
END_TEST

START_TEST(a_home_that_does_not_exist_is_an_error)
{
    bench.options = bench_options(_i, "/nonexistent/home");
    ck_assert_outcome(store_open(&bench.options, &bench.store, &bench.err), OUTCOME_CONFIG_INVALID);
    ck_assert_text_has(bench.err.text, "/nonexistent/home");
}
END_TEST

START_TEST(read_only_reads_and_refuses_to_write)
{
    bench_open(_i);
    SET set = bench_set_of(5, 3, 1);
    SET next = bench_set_of(6, 3, 1);
    ck_assert_outcome(bench_put(&set), OUTCOME_KEYSHARES_STORED);
    bench.options.access = STORE_READ_ONLY;
    bench_reopen();
    bench_check_served(&set);
    ck_assert_outcome(bench_stage(&next), OUTCOME_INTERNAL);
    ck_assert_outcome(store_outbox_put(bench.store, "x", 1, &bench.err), OUTCOME_INTERNAL);
}
END_TEST

int main(void)
{
    SUITE_WITH_CASE(suite, tcase, "node/store");
    tcase_add_checked_fixture(tcase, NULL, bench_close);
    tcase_add_loop_test(tcase, an_empty_store_holds_nothing_but_the_empty_keyset, 0, BENCH_KINDS);
    tcase_add_loop_test(tcase, what_was_put_is_served_in_order_after_a_restart_too, 0, BENCH_KINDS);
    tcase_add_loop_test(tcase, only_exactly_the_stored_keyset_is_served, 0, BENCH_KINDS);
    tcase_add_loop_test(tcase, shares_of_another_keyset_are_not_staged, 0, BENCH_KINDS);
    tcase_add_loop_test(tcase, staged_shares_survive_a_restart_and_are_served_once_imported, 0, BENCH_KINDS);
    tcase_add_loop_test(tcase, a_put_of_what_is_stored_changes_nothing_and_has_a_receipt, 0, BENCH_KINDS);
    tcase_add_loop_test(tcase, other_scalars_than_the_stored_ones_are_a_conflict_with_both_digests, 0,
                        BENCH_KINDS);
    tcase_add_loop_test(tcase, of_several_staged_sets_the_newest_is_imported_and_the_others_are_superseded, 0,
                        BENCH_KINDS);
    tcase_add_loop_test(tcase, staging_again_stages_nothing_more_and_staging_an_older_one_lifts_it, 0,
                        BENCH_KINDS);
    tcase_add_loop_test(tcase, what_a_peer_can_make_us_keep_is_bounded, 0, BENCH_KINDS);
    tcase_add_loop_test(tcase, staged_shares_of_another_keyset_are_not_imported_and_stay, 0, BENCH_KINDS);
    tcase_add_loop_test(tcase, shares_stored_by_somebody_else_win_over_staged_ones, 0, BENCH_KINDS);
    tcase_add_loop_test(tcase, a_node_that_comes_back_epochs_later_stores_the_new_epoch_and_keeps_the_old, 0,
                        BENCH_KINDS);
    tcase_add_loop_test(tcase, sets_of_old_epochs_are_kept_up_to_a_bound_and_the_adopted_ones_longest, 0,
                        BENCH_KINDS);
    tcase_add_loop_test(tcase, a_domain_more_in_the_same_epoch_is_stored, 0, BENCH_KINDS);
    tcase_add_loop_test(tcase, a_set_that_is_none_is_not_put, 0, BENCH_KINDS);
    tcase_add_loop_test(tcase, ids_over_the_full_range_are_stored, 0, BENCH_KINDS);
    tcase_add_loop_test(tcase, an_import_notes_the_contracts_keyset_once_its_shares_are_held, 0, BENCH_KINDS);
    tcase_add_loop_test(tcase, what_was_adopted_is_kept_for_as_many_epochs_as_sets_are, 0, BENCH_KINDS);
    tcase_add_loop_test(tcase, the_outbox_holds_one_record, 0, BENCH_KINDS);
    tcase_add_loop_test(tcase, another_secret_store_key_is_refused_at_the_start, 0, BENCH_KINDS);
    tcase_add_loop_test(tcase, a_home_that_does_not_exist_is_an_error, 0, BENCH_HOME_KINDS);
    tcase_add_loop_test(tcase, read_only_reads_and_refuses_to_write, 0, BENCH_HOME_KINDS);
    return run_suite(suite);
}
