/* store_holds(): what /ready says is what GET would do, though the set is read as rarely as that allows. One
 * body over every implementation. */
#include <stdio.h>

#include "common/os/file.h"
#include "node/records.h"
#include "node/store.h"
#include "tests/support/memory_records.h"
#include "tests/support/samples.h"
#include "tests/support/support.h"

#define NOW_MS 1000

enum { LMDB, RUST_HOME, IN_MEMORY };

static const struct {
    enum store_kind kind;
    bool in_memory; /* the records */
} kinds[] = {
    [LMDB] = {STORE_LMDB, false}, [RUST_HOME] = {STORE_MPC_HOME, false}, [IN_MEMORY] = {STORE_LMDB, true}};

static uint8_t key_bytes[16] = {0xaa, 1, 2};
static struct secret key = {.data = key_bytes, .len = sizeof key_bytes, .cap = sizeof key_bytes};
static struct store_options options;
static char *home;
static struct memory_records *disk;
static struct store *store;
static struct keyset keyset;
static struct keyshares shares;
static struct error err;

static struct store *open_store(void)
{
    struct store *opened = NULL;
    ck_assert_ok_err(store_open(&options, &opened, &err), err);
    return opened;
}

/* A store that holds the shares of `keyset`. */
static void begin(int kind)
{
    home = fresh_dir();
    options = (struct store_options){.home_dir = home, .kind = kinds[kind].kind, .key = &key};
    if (kinds[kind].in_memory) {
        disk = memory_records_make();
        options.records = memory_records_of(disk);
    }
    sample_keyset(5, 3, &keyset);
    sample_keyshares(&keyset, 1, &shares);
    store = open_store();
    ck_assert_outcome(store_put(store, &shares, &err), OUTCOME_KEYSHARES_STORED);
}

static void teardown(void)
{
    store_close(store);
    store = NULL;
    memory_records_free(disk);
    disk = NULL;
    keyset_free(&keyset);
    keyshares_free(&shares);
    free_text(&home);
}

static void assert_holds(uint64_t now_ms, result_t expected)
{
    ck_assert_outcome(store_holds(store, &keyset, now_ms, &err), expected);
}

START_TEST(what_get_would_serve_is_held)
{
    begin(_i);
    assert_holds(NOW_MS, OUTCOME_OK);
    store_close(store);
    store = open_store();
    assert_holds(NOW_MS, OUTCOME_OK);
}
END_TEST

START_TEST(another_attempt_epoch_key_or_domain_is_not_held)
{
    begin(_i);
    assert_holds(NOW_MS, OUTCOME_OK);
    keyset.domains[1].attempt++;
    assert_holds(NOW_MS, OUTCOME_KEYSHARES_NOT_HELD);
    keyset.domains[1].attempt--;
    keyset.epoch_id++;
    assert_holds(NOW_MS, OUTCOME_KEYSHARES_NOT_HELD);
    keyset.epoch_id--;
    keyset.domains[2].key.bytes[4] ^= 1;
    assert_holds(NOW_MS, OUTCOME_KEYSHARES_NOT_HELD);
    keyset.domains[2].key.bytes[4] ^= 1;
    keyset.domains[0].domain_id = 99;
    assert_holds(NOW_MS, OUTCOME_KEYSHARES_NOT_HELD);
}
END_TEST

START_TEST(a_part_of_what_is_stored_is_held)
{
    begin(_i);
    keyset.count--;
    assert_holds(NOW_MS, OUTCOME_OK);
}
END_TEST

START_TEST(what_another_process_quarantines_is_not_held_from_then_on_and_is_when_it_is_back)
{
    begin(_i);
    CLEANUP(keyshares_free) struct keyshares taken = {0}, back = {0};
    const struct store_choice choice = {.even_adopted = true};
    assert_holds(NOW_MS, OUTCOME_OK);
    struct store *other = open_store();
    ck_assert_ok_err(store_quarantine(other, &choice, &taken, &err), err);
    assert_holds(NOW_MS + 1, OUTCOME_KEYSHARES_NOT_HELD);
    ck_assert_outcome(store_restore(other, &choice, &back, &err), OUTCOME_KEYSHARES_STORED);
    store_close(other);
    assert_holds(NOW_MS + 2, OUTCOME_OK);
}
END_TEST

START_TEST(a_keyset_that_lies_among_the_attempts_is_held)
{
    begin(_i);
    CLEANUP(keyset_free) struct keyset next = {0};
    CLEANUP(keyshares_free) struct keyshares of_next = {0};
    sample_keyset(5, 3, &next);
    for (size_t i = 0; i < next.count; i++)
        next.domains[i].attempt++;
    sample_keyshares(&next, 2, &of_next);
    ck_assert_outcome(store_put(store, &of_next, &err), OUTCOME_KEYSHARES_KEPT);
    assert_holds(NOW_MS, OUTCOME_OK);
    ck_assert_ok_err(store_holds(store, &next, NOW_MS, &err), err);
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
    counted = options.records->ops;
    counting = *counted;
    counting.get = count_get;
    options.records->ops = &counting;
}

START_TEST(nothing_is_read_again_until_something_was_written_or_a_minute_is_over)
{
    begin(IN_MEMORY);
    store_close(store);
    store = open_store();
    count_reads();
    assert_holds(NOW_MS, OUTCOME_OK);
    assert_holds(NOW_MS + STORE_SEEN_MS - 1, OUTCOME_OK);
    ck_assert_uint_eq(reads, 0);
    assert_holds(NOW_MS + STORE_SEEN_MS, OUTCOME_OK);
    ck_assert_uint_gt(reads, 0);
    reads = 0;
    assert_holds(NOW_MS + STORE_SEEN_MS + 1, OUTCOME_OK);
    ck_assert_uint_eq(reads, 0);
    ck_assert_ok_err(store_outbox_put(store, "x", 1, &err), err);
    assert_holds(NOW_MS + STORE_SEEN_MS + 2, OUTCOME_OK);
    ck_assert_uint_gt(reads, 0);
}
END_TEST

START_TEST(a_key_file_that_was_damaged_is_told_at_once)
{
    begin(RUST_HOME);
    assert_holds(NOW_MS, OUTCOME_OK);
    CLEANUP(free_text) char *path = file_path(home, "key");
    FILE *file = fopen(path, "r+");
    ck_assert_ptr_nonnull(file);
    fputs("no key shares", file);
    fclose(file);
    assert_holds(NOW_MS + 1, OUTCOME_STORE_CORRUPT);
}
END_TEST

#define EACH_KIND(test) tcase_add_loop_test(tcase, test, 0, (int)ARRAY_LEN(kinds))

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
