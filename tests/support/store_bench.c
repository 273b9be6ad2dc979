#include "tests/support/store_bench.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/os/file.h"
#include "tests/support/memory_records.h"
#include "tests/support/samples.h"
#include "tests/support/stage.h"
#include "tests/support/support.h"

static const struct {
    enum store_kind kind;
    bool in_memory; /* the records */
} kinds[BENCH_KINDS] = {{STORE_LMDB, false}, {STORE_MPC_HOME, false}, {STORE_LMDB, true}};

static uint8_t key_bytes[16] = {0xaa, 1, 2};
static struct secret key = {.data = key_bytes, .len = sizeof(key_bytes), .cap = sizeof(key_bytes)};

struct store_bench bench;

static void open_store(void)
{
    ck_assert_ok_err(store_open(&bench.options, &bench.store, &bench.err), bench.err);
    ck_assert_int_eq(store_kind(bench.store), bench.options.kind);
}

struct store_options bench_options(int kind, const char *home)
{
    return (struct store_options){.home_dir = home, .kind = kinds[kind].kind, .key = &key};
}

void bench_open(int kind)
{
    bench.home = fresh_dir();
    bench.options = bench_options(kind, bench.home);
    if (kinds[kind].in_memory) {
        bench.disk = memory_records_make();
        bench.options.records = memory_records_of(bench.disk);
    }
    open_store();
}

void bench_reopen(void)
{
    store_close(bench.store);
    open_store();
}

void bench_close(void)
{
    store_close(bench.store);
    bench.store = NULL;
    memory_records_free(bench.disk);
    bench.disk = NULL;
    free_text(&bench.home);
}

void bench_set_free(struct bench_set *set)
{
    keyset_free(&set->keyset);
    keyshares_free(&set->shares);
}

struct bench_set bench_set_of(uint64_t epoch_id, size_t count, uint64_t seed)
{
    struct bench_set set = {0};
    sample_keyset(epoch_id, count, &set.keyset);
    sample_keyshares(&set.keyset, seed, &set.shares);
    return set;
}

struct bench_set bench_attempt_of(uint64_t epoch_id, size_t count, uint64_t attempt)
{
    struct bench_set set = {0};
    sample_keyset(epoch_id, count, &set.keyset);
    set.keyset.domains[count - 1].attempt = attempt;
    sample_keyshares(&set.keyset, attempt, &set.shares);
    /* What was generated before stays as it was. */
    SET before = bench_set_of(epoch_id, count, 1);
    memcpy(set.shares.scalars.data, before.shares.scalars.data, (count - 1) * KEYSHARE_SCALAR_LEN);
    return set;
}

result_t bench_stage(const struct bench_set *set)
{
    return stage_shares(bench.store, &set->keyset, &set->shares, &bench.err);
}

result_t bench_import(const struct bench_set *set)
{
    return store_import(bench.store, &set->keyset, 100, &bench.err);
}

result_t bench_put(const struct bench_set *set)
{
    return store_put(bench.store, &set->shares, &bench.err);
}

static char sets_text[512];

static result_t note_set(const struct store_set *set, void *context, struct error *error)
{
    (void)error;
    size_t at = strlen(sets_text);
    if (set->shelf == *(const enum store_shelf *)context)
        snprintf(sets_text + at, sizeof(sets_text) - at, "%" PRIu64 "/%zu%s ",
                 set->shares->items[0].id.epoch_id, set->shares->count, set->adopted ? "!" : "");
    return OUTCOME_OK;
}

const char *bench_sets_on(enum store_shelf shelf)
{
    sets_text[0] = 0;
    ck_assert_ok_err(store_each_set(bench.store, note_set, &shelf, &bench.err), bench.err);
    return sets_text;
}

void bench_check_get(const struct keyset *keyset, result_t expected)
{
    CLEANUP(keyshares_free) struct keyshares shares = {0};
    ck_assert_outcome(store_get(bench.store, keyset, &shares, &bench.err), expected);
}

void bench_check_served_by(const struct keyset *keyset, const struct keyshares *expected)
{
    CLEANUP(keyshares_free) struct keyshares shares = {0};
    ck_assert_ok_err(store_get(bench.store, keyset, &shares, &bench.err), bench.err);
    ck_assert(keyshares_equal(&shares, expected));
    for (size_t i = 1; i < shares.count; i++)
        ck_assert_uint_lt(shares.items[i - 1].id.domain_id, shares.items[i].id.domain_id);
}

void bench_check_served(const struct bench_set *set)
{
    bench_check_served_by(&set->keyset, &set->shares);
}

size_t bench_kept(enum store_shelf shelf)
{
    for (size_t age = 0;; age++) {
        CLEANUP(keyshares_free) struct keyshares shares = {0};
        result_t result = store_load_kept(bench.store, shelf, age, &shares, &bench.err);
        if (result == OUTCOME_STORE_NOT_FOUND)
            return age;
        ck_assert_ok_err(result, bench.err);
    }
}

void bench_check_kept(enum store_shelf shelf, size_t age, const struct bench_set *set)
{
    CLEANUP(keyshares_free) struct keyshares shares = {0};
    ck_assert_ok_err(store_load_kept(bench.store, shelf, age, &shares, &bench.err), bench.err);
    ck_assert(keyshares_equal(&shares, &set->shares));
}

size_t bench_receipts(void)
{
    CLEANUP(bytes_free) struct bytes envelope = {0};
    size_t age = 0;
    while (store_load_receipt(bench.store, age, &envelope, &bench.err) == OUTCOME_OK)
        age++;
    ck_assert_outcome(bench.err.code, OUTCOME_STORE_NOT_FOUND);
    return age;
}

void bench_load_receipt(size_t age, struct receipt_signed *out)
{
    CLEANUP(bytes_free) struct bytes envelope = {0};
    ck_assert_ok_err(store_load_receipt(bench.store, age, &envelope, &bench.err), bench.err);
    ck_assert_ok_err(receipt_read((const char *)envelope.data, envelope.len, out, &bench.err), bench.err);
}
