/* The receipts that a store gives, over every implementation of it (store_bench.h). */
#include "tests/support/stage.h"
#include "tests/support/store_bench.h"
#include "tests/support/support.h"

START_TEST(each_receipt_follows_the_one_before_across_a_restart)
{
    bench_open(_i);
    SET first = bench_set_of(5, 3, 1);
    SET second = bench_set_of(5, 3, 2);
    CLEANUP(receipt_signed_free) struct receipt_signed older = {0}, newer = {0};
    CLEANUP(receipt_free) struct receipt expected = {0};
    ck_assert_outcome(bench_stage(&first), OUTCOME_KEYSHARES_STAGED);
    bench_reopen();
    ck_assert_outcome(bench_stage(&second), OUTCOME_KEYSHARES_STAGED);
    bench_load_receipt(1, &older);
    bench_load_receipt(0, &newer);
    ck_assert_uint_eq(older.receipt.number, 1);
    ck_assert_int_eq(receipt_link(&older, &newer), RECEIPT_LINKED);
    ck_assert(ed25519_public_key_equal(&newer.key, &stage_terms()->signer->public_key));
    ck_assert_uint_eq(newer.receipt.durable_at_ms, stage_terms()->now_ms);
    ck_assert_ok(receipt_describe(&second.keyset, &second.shares, stage_terms()->backup_key, &expected));
    ck_assert_ok_err(receipt_check(&newer.receipt, &expected, true, &bench.err), bench.err);
    ck_assert_outcome(receipt_check(&older.receipt, &expected, true, &bench.err), OUTCOME_RECEIPT_INVALID);
}
END_TEST

START_TEST(an_import_gives_no_receipt_and_a_refused_put_neither)
{
    bench_open(_i);
    SET set = bench_set_of(5, 3, 1);
    SET wrong = bench_set_of(5, 3, 2);
    ck_assert_outcome(bench_stage(&set), OUTCOME_KEYSHARES_STAGED);
    ck_assert_outcome(bench_import(&set), OUTCOME_KEYSHARES_STORED);
    ck_assert_outcome(bench_stage(&wrong), OUTCOME_KEYSHARES_CONFLICT);
    ck_assert_uint_eq(bench_receipts(), 1);
}
END_TEST

START_TEST(receipts_are_bounded_and_the_chain_goes_on_behind_those_that_went)
{
    bench_open(_i);
    SET set = bench_set_of(UINT64_MAX, 2, 1);
    CLEANUP(receipt_signed_free) struct receipt_signed oldest = {0}, newest = {0};
    for (size_t i = 0; i < STORE_RECEIPTS_MAX + 3; i++)
        ck_assert_outcome(bench_stage(&set), OUTCOME_KEYSHARES_STAGED);
    ck_assert_uint_eq(bench_receipts(), STORE_RECEIPTS_MAX);
    bench_load_receipt(0, &newest);
    bench_load_receipt(STORE_RECEIPTS_MAX - 1, &oldest);
    ck_assert_uint_eq(newest.receipt.number, STORE_RECEIPTS_MAX + 3);
    ck_assert_uint_eq(oldest.receipt.number, 4);
}
END_TEST

struct walk {
    struct bench_set *set;
    size_t count;
    uint64_t number; /* of the receipt seen last */
};

/* Another delivery comes while the receipts are walked. */
static result_t walk_and_stage(const struct bytes *envelope, void *context, struct error *why)
{
    CLEANUP(receipt_signed_free) struct receipt_signed receipt = {0};
    struct walk *walk = context;
    TRY(receipt_read((const char *)envelope->data, envelope->len, &receipt, why));
    ck_assert(walk->count++ == 0 || receipt.receipt.number + 1 == walk->number);
    walk->number = receipt.receipt.number;
    ck_assert_outcome(bench_stage(walk->set), OUTCOME_KEYSHARES_STAGED);
    return OUTCOME_OK;
}

START_TEST(receipts_are_walked_as_they_are_at_one_moment)
{
    bench_open(_i);
    SET set = bench_set_of(5, 3, 1);
    struct walk walk = {.set = &set};
    for (int i = 0; i < 3; i++)
        ck_assert_outcome(bench_stage(&set), OUTCOME_KEYSHARES_STAGED);
    ck_assert_ok_err(store_each_receipt(bench.store, walk_and_stage, &walk, &bench.err), bench.err);
    ck_assert_uint_eq(walk.count, 3);
    ck_assert_uint_eq(walk.number, 1);
}
END_TEST

int main(void)
{
    SUITE_WITH_CASE(suite, tcase, "node/store receipts");
    tcase_add_checked_fixture(tcase, NULL, bench_close);
    tcase_add_loop_test(tcase, each_receipt_follows_the_one_before_across_a_restart, 0, BENCH_KINDS);
    tcase_add_loop_test(tcase, an_import_gives_no_receipt_and_a_refused_put_neither, 0, BENCH_KINDS);
    tcase_add_loop_test(tcase, receipts_are_bounded_and_the_chain_goes_on_behind_those_that_went, 0,
                        BENCH_KINDS);
    /* With LMDB, who reads holds nobody up who writes. */
    tcase_add_loop_test(tcase, receipts_are_walked_as_they_are_at_one_moment, 0, BENCH_HOME_KINDS);
    return run_suite(suite);
}
