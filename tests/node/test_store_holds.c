/* store_holds(): what /ready says is what GET would do, though the set is read as rarely as that allows. One
 * body over every implementation. */
#include <stdio.h>

#include "common/os/file.h"
#include "node/records.h"
#include "tests/support/samples.h"
#include "tests/support/store_bench.h"
#include "tests/support/support.h"

#define NOW_MS 1000

/* Of BENCH_KINDS. */
enum { RUST_HOME = 1, IN_MEMORY = 2 };

static struct bench_set set;

/* A store that holds `set`. */
static void begin(int kind)
{
    bench_open(kind);
    set = bench_set_of(5, 3, 1);
    ck_assert_outcome(bench_put(&set), OUTCOME_KEYSHARES_STORED);
}

static void teardown(void)
{
    bench_set_free(&set);
    set = (struct bench_set){0};
    bench_close();
}

static void assert_holds(uint64_t now_ms, result_t expected)
{
    ck_assert_outcome(store_holds(bench.store, &set.keyset, now_ms, &bench.err), expected);
}

START_TEST(what_get_would_serve_is_held)
{
    begin(_i);
    assert_holds(NOW_MS, OUTCOME_OK);
    bench_reopen();
    assert_holds(NOW_MS, OUTCOME_OK);
}
END_TEST

START_TEST(another_attempt_epoch_key_or_domain_is_not_held)
{
    begin(_i);
    assert_holds(NOW_MS, OUTCOME_OK);
    set.keyset.domains[1].attempt++;
    assert_holds(NOW_MS, OUTCOME_KEYSHARES_NOT_HELD);
    set.keyset.domains[1].attempt--;
    set.keyset.epoch_id++;
    assert_holds(NOW_MS, OUTCOME_KEYSHARES_NOT_HELD);
    set.keyset.epoch_id--;
    set.keyset.domains[2].key.bytes[4] ^= 1;
    assert_holds(NOW_MS, OUTCOME_KEYSHARES_NOT_HELD);
    set.keyset.domains[2].key.bytes[4] ^= 1;
    set.keyset.domains[0].domain_id = 99;
    assert_holds(NOW_MS, OUTCOME_KEYSHARES_NOT_HELD);
}
END_TEST

START_TEST(a_part_of_what_is_stored_is_held)
{
    begin(_i);
    set.keyset.count--;
    assert_holds(NOW_MS, OUTCOME_OK);
}
END_TEST

START_TEST(what_another_process_quarantines_is_not_held_from_then_on_and_is_when_it_is_back)
{
    begin(_i);
    CLEANUP(keyshares_free) struct keyshares taken = {0}, back = {0};
    const struct store_choice choice = {.even_adopted = true};
    assert_holds(NOW_MS, OUTCOME_OK);
    struct store *other = NULL;
    ck_assert_ok_err(store_open(&bench.options, &other, &bench.err), bench.err);
    ck_assert_ok_err(store_quarantine(other, &choice, &taken, &bench.err), bench.err);
    assert_holds(NOW_MS + 1, OUTCOME_KEYSHARES_NOT_HELD);
    ck_assert_outcome(store_restore(other, &choice, &back, &bench.err), OUTCOME_KEYSHARES_STORED);
    store_close(other);
    assert_holds(NOW_MS + 2, OUTCOME_OK);
}
END_TEST

START_TEST(a_keyset_that_lies_among_the_attempts_is_held)
{
    begin(_i);
    SET next = {0};
    sample_keyset(5, 3, &next.keyset);
    for (size_t i = 0; i < next.keyset.count; i++)
        next.keyset.domains[i].attempt++;
    sample_keyshares(&next.keyset, 2, &next.shares);
    ck_assert_outcome(bench_put(&next), OUTCOME_KEYSHARES_KEPT);
    assert_holds(NOW_MS, OUTCOME_OK);
    ck_assert_ok_err(store_holds(bench.store, &next.keyset, NOW_MS, &bench.err), bench.err);
}
END_TEST

/* Counts what is read of the records in memory. */
static unsigned reads;
static struct records_ops counting;
static const struct records_ops *counted;

static result_t count_get(struct records_txn *txn, const char *name, const void **value, size_t *len,
                          struct error *why)
{
    reads++;
    return counted->get(txn, name, value, len, why);
}

static void count_reads(void)
{
    counted = bench.options.records->ops;
    counting = *counted;
    counting.get = count_get;
    bench.options.records->ops = &counting;
}

START_TEST(nothing_is_read_again_until_something_was_written_or_a_minute_is_over)
{
    begin(IN_MEMORY);
    bench_reopen();
    count_reads();
    assert_holds(NOW_MS, OUTCOME_OK);
    assert_holds(NOW_MS + STORE_SEEN_MS - 1, OUTCOME_OK);
    ck_assert_uint_eq(reads, 0);
    assert_holds(NOW_MS + STORE_SEEN_MS, OUTCOME_OK);
    ck_assert_uint_gt(reads, 0);
    reads = 0;
    assert_holds(NOW_MS + STORE_SEEN_MS + 1, OUTCOME_OK);
    ck_assert_uint_eq(reads, 0);
    ck_assert_ok_err(store_outbox_put(bench.store, "x", 1, &bench.err), bench.err);
    assert_holds(NOW_MS + STORE_SEEN_MS + 2, OUTCOME_OK);
    ck_assert_uint_gt(reads, 0);
}
END_TEST

START_TEST(a_key_file_that_was_damaged_is_told_at_once)
{
    begin(RUST_HOME);
    assert_holds(NOW_MS, OUTCOME_OK);
    CLEANUP(free_text) char *path = file_path(bench.home, "key");
    FILE *file = fopen(path, "r+");
    ck_assert_ptr_nonnull(file);
    fputs("no key shares", file);
    fclose(file);
    assert_holds(NOW_MS + 1, OUTCOME_STORE_CORRUPT);
}
END_TEST

#define EACH_KIND(test) tcase_add_loop_test(tcase, test, 0, BENCH_KINDS)

int main(void)
{
    SUITE_WITH_CASE(suite, tcase, "node/store_holds");
    tcase_add_checked_fixture(tcase, NULL, teardown);
    EACH_KIND(what_get_would_serve_is_held);
    EACH_KIND(another_attempt_epoch_key_or_domain_is_not_held);
    EACH_KIND(a_part_of_what_is_stored_is_held);
    EACH_KIND(what_another_process_quarantines_is_not_held_from_then_on_and_is_when_it_is_back);
    EACH_KIND(a_keyset_that_lies_among_the_attempts_is_held);
    tcase_add_test(tcase, nothing_is_read_again_until_something_was_written_or_a_minute_is_over);
    tcase_add_test(tcase, a_key_file_that_was_damaged_is_told_at_once);
    return run_suite(suite);
}
