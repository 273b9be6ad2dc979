/* One store at a time, for tests that hold for every implementation of the stored set and of the records:
 * a test is a loop test over BENCH_KINDS and begins with bench_open(_i). All of it fails the test where
 * something fails that the caller does not ask about. */
#ifndef MPC_TESTS_STORE_BENCH_H
#define MPC_TESTS_STORE_BENCH_H

#include "common/receipt.h"
#include "node/store.h"

/* LMDB, a Rust node's home, and LMDB with the records in memory. */
#define BENCH_KINDS 3
/* Of these, those whose records are in the home: the first ones. */
#define BENCH_HOME_KINDS 2

struct store_bench {
    struct store_options options;
    struct store *store;
    char *home;
    struct memory_records *disk; /* NULL: the records are in the home */
    struct error err;            /* of the last call */
};

extern struct store_bench bench;

/* A store in a fresh home. */
void bench_open(int kind);
/* What a store of this kind in this home is opened with; its records are in the home. */
struct store_options bench_options(int kind, const char *home);
/* A restart of the daemon. */
void bench_reopen(void);
/* Also after a test that has failed or opened nothing: for tcase_add_checked_fixture(). */
void bench_close(void);

/* A keyset and its shares, by the seed of their scalars. */
struct bench_set {
    struct keyset keyset;
    struct keyshares shares;
};

#define SET CLEANUP(bench_set_free) struct bench_set
struct bench_set bench_set_of(uint64_t epoch_id, size_t count, uint64_t seed);
/* The same epoch and domains as bench_set_of(epoch_id, count, 1), generated again: another attempt and
 * another share of the last domain. */
struct bench_set bench_attempt_of(uint64_t epoch_id, size_t count, uint64_t attempt);
void bench_set_free(struct bench_set *set);

/* As the functions of node/store.h of these names; the import is of block 100. */
result_t bench_stage(const struct bench_set *set);
result_t bench_import(const struct bench_set *set);
result_t bench_put(const struct bench_set *set);

/* What store_get() says. */
void bench_check_get(const struct keyset *keyset, result_t expected);
/* Exactly these are served, in the order of their domains' ids. */
void bench_check_served_by(const struct keyset *keyset, const struct keyshares *expected);
void bench_check_served(const struct bench_set *set);

/* The sets on this shelf, "9/4! 5/3 ": epoch, count of domains, "!" where the contract adopted it. Until the
 * next call. */
const char *bench_sets_on(enum store_shelf shelf);
/* How many store_load_kept() finds. */
size_t bench_kept(enum store_shelf shelf);
/* The one of this age is this set, 0 being the newest. */
void bench_check_kept(enum store_shelf shelf, size_t age, const struct bench_set *set);

size_t bench_receipts(void);
/* The receipt of this age, 0 being the newest. */
void bench_load_receipt(size_t age, struct receipt_signed *out);

#endif
