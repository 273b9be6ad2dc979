/* One body over every implementation of the stored set and of the records: each test runs once per row. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/os/file.h"
#include "node/store.h"
#include "tests/support/memory_records.h"
#include "tests/support/samples.h"
#include "tests/support/stage.h"
#include "tests/support/support.h"

static const struct {
    enum store_kind kind;
    bool in_memory; /* the records */
} kinds[] = {{STORE_LMDB, false}, {STORE_MPC_HOME, false}, {STORE_LMDB, true}};

static uint8_t key_bytes[16] = {0xaa, 1, 2};
static struct secret key = {.data = key_bytes, .len = sizeof(key_bytes), .cap = sizeof(key_bytes)};
static struct store_options options;
static char *home;
static struct memory_records *disk;
static struct store *store;
static struct error err;

static void open_store(void)
{
    ck_assert_ok_err(store_open(&options, &store, &err), err);
    ck_assert_int_eq(store_kind(store), options.kind);
}

static void open_home(int kind)
{
    home = fresh_dir();
    options = (struct store_options){.home_dir = home, .kind = kinds[kind].kind, .key = &key};
    if (kinds[kind].in_memory) {
        disk = memory_records_make();
        options.records = memory_records_of(disk);
    }
    open_store();
}

/* A restart of the daemon. */
static void reopen(void)
{
    store_close(store);
    open_store();
}

static void teardown(void)
{
    store_close(store);
    store = NULL;
    memory_records_free(disk);
    disk = NULL;
    free_text(&home);
}

/* A keyset and its shares, by the seed of their scalars. */
struct set {
    struct keyset keyset;
    struct keyshares shares;
};

static void set_free(struct set *set)
{
    keyset_free(&set->keyset);
    keyshares_free(&set->shares);
}

#define SET CLEANUP(set_free) struct set

static struct set set_of(uint64_t epoch_id, size_t count, uint64_t seed)
{
    struct set set = {0};
    sample_keyset(epoch_id, count, &set.keyset);
    sample_keyshares(&set.keyset, seed, &set.shares);
    return set;
}

static result_t stage(const struct set *set)
{
    return stage_shares(store, &set->keyset, &set->shares, &err);
}

static result_t import(const struct set *set)
{
    return store_import(store, &set->keyset, 100, &err);
}

static result_t put(const struct set *set)
{
    return store_put(store, &set->shares, &err);
}

/* The stored sets, "9/4 5/3 ": epoch and count of domains, and the same of the attempts. */
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

static const char *sets_on(enum store_shelf shelf)
{
    sets_text[0] = 0;
    ck_assert_ok_err(store_each_set(store, note_set, &shelf, &err), err);
    return sets_text;
}

static void check_get(const struct keyset *keyset, result_t expected)
{
    CLEANUP(keyshares_free) struct keyshares shares = {0};
    ck_assert_outcome(store_get(store, keyset, &shares, &err), expected);
}

static void check_served_by(const struct keyset *keyset, const struct keyshares *expected)
{
    CLEANUP(keyshares_free) struct keyshares shares = {0};
    ck_assert_ok_err(store_get(store, keyset, &shares, &err), err);
    ck_assert(keyshares_equal(&shares, expected));
    for (size_t i = 1; i < shares.count; i++)
        ck_assert_uint_lt(shares.items[i - 1].id.domain_id, shares.items[i].id.domain_id);
}

static void check_served(const struct set *set)
{
    check_served_by(&set->keyset, &set->shares);
}

static size_t kept(enum store_shelf shelf)
{
    for (size_t age = 0;; age++) {
        CLEANUP(keyshares_free) struct keyshares shares = {0};
        result_t result = store_load_kept(store, shelf, age, &shares, &err);
        if (result == OUTCOME_STORE_NOT_FOUND)
            return age;
        ck_assert_ok_err(result, err);
    }
}

static void check_kept(enum store_shelf shelf, size_t age, const struct set *set)
{
    CLEANUP(keyshares_free) struct keyshares shares = {0};
    ck_assert_ok_err(store_load_kept(store, shelf, age, &shares, &err), err);
    ck_assert(keyshares_equal(&shares, &set->shares));
}

static size_t receipts(void)
{
    CLEANUP(bytes_free) struct bytes envelope = {0};
    size_t age = 0;
    while (store_load_receipt(store, age, &envelope, &err) == OUTCOME_OK)
        age++;
    ck_assert_outcome(err.code, OUTCOME_STORE_NOT_FOUND);
    return age;
}

/* The receipt of this age, 0 being the newest. */
static void load_receipt(size_t age, struct receipt_signed *out)
{
    CLEANUP(bytes_free) struct bytes envelope = {0};
    ck_assert_ok_err(store_load_receipt(store, age, &envelope, &err), err);
    ck_assert_ok_err(receipt_read((const char *)envelope.data, envelope.len, out, &err), err);
}

START_TEST(an_empty_store_holds_nothing_but_the_empty_keyset)
{
    open_home(_i);
    SET set = set_of(5, 3, 1);
    SET empty = set_of(5, 0, 1);
    CLEANUP(keyshares_free) struct keyshares shares = {0};
    check_get(&set.keyset, OUTCOME_KEYSHARES_NOT_HELD);
    check_get(&empty.keyset, OUTCOME_OK);
    ck_assert_outcome(import(&set), OUTCOME_KEYSHARES_NOT_HELD);
    ck_assert_outcome(import(&empty), OUTCOME_KEYSHARES_UNCHANGED);
    ck_assert_outcome(store_load(store, NULL, &shares, &err), OUTCOME_STORE_NOT_FOUND);
    ck_assert_str_eq(sets_on(STORE_STORED), "");
    ck_assert_uint_eq(kept(STORE_STAGED), 0);
    ck_assert_uint_eq(receipts(), 0);
}
END_TEST

START_TEST(what_was_put_is_served_in_order_after_a_restart_too)
{
    open_home(_i);
    SET set = set_of(5, 7, 1);
    for (size_t i = 0; i < 3; i++) { /* the keyset's order is the contract's, the answer's is by id */
        struct keyset_domain swapped = set.keyset.domains[i];
        set.keyset.domains[i] = set.keyset.domains[6 - i];
        set.keyset.domains[6 - i] = swapped;
    }
    ck_assert_outcome(put(&set), OUTCOME_KEYSHARES_STORED);
    check_served(&set);
    ck_assert_outcome(put(&set), OUTCOME_KEYSHARES_UNCHANGED);
    reopen();
    check_served(&set);
}
END_TEST

START_TEST(only_exactly_the_stored_keyset_is_served)
{
    open_home(_i);
    SET set = set_of(5, 3, 1);
    SET other = set_of(6, 3, 1);
    SET fewer = set_of(5, 2, 1);
    SET more = set_of(5, 4, 1);
    SET empty = set_of(5, 0, 1);
    ck_assert_outcome(put(&set), OUTCOME_KEYSHARES_STORED);
    check_get(&other.keyset, OUTCOME_KEYSHARES_NOT_HELD);
    check_get(&empty.keyset, OUTCOME_OK);
    check_served_by(&fewer.keyset, &fewer.shares);
    check_get(&more.keyset, OUTCOME_KEYSHARES_NOT_HELD);
    ck_assert_text_has(err.text, "domain 3");
    set.keyset.domains[1].attempt = 99;
    check_get(&set.keyset, OUTCOME_KEYSHARES_NOT_HELD);
    ck_assert_text_has(err.text, "domain 1");
    set.keyset.domains[1].attempt = 1;
    set.keyset.domains[2].key.bytes[7] ^= 1;
    check_get(&set.keyset, OUTCOME_KEYSHARES_NOT_HELD);
    ck_assert_text_has(err.text, "domain 2");
}
END_TEST

START_TEST(shares_of_another_keyset_are_not_staged)
{
    open_home(_i);
    SET set = set_of(5, 3, 1);
    SET other = set_of(6, 3, 1);
    struct keyshares none = {0};
    ck_assert_outcome(stage_shares(store, &set.keyset, &other.shares, &err), OUTCOME_KEYSHARES_MISMATCH);
    ck_assert_outcome(stage_shares(store, &set.keyset, &none, &err), OUTCOME_KEYSHARES_EMPTY);
    set.keyset.domains[1].attempt = 42;
    ck_assert_outcome(stage(&set), OUTCOME_KEYSHARES_MISMATCH);
    ck_assert_text_has(err.text, "domain 1");
    ck_assert_uint_eq(kept(STORE_STAGED), 0);
    ck_assert_uint_eq(receipts(), 0);
}
END_TEST

START_TEST(staged_shares_survive_a_restart_and_are_served_once_imported)
{
    open_home(_i);
    SET set = set_of(5, 3, 1);
    ck_assert_outcome(stage(&set), OUTCOME_KEYSHARES_STAGED);
    check_get(&set.keyset, OUTCOME_KEYSHARES_NOT_HELD);
    reopen();
    check_kept(STORE_STAGED, 0, &set);
    ck_assert_outcome(import(&set), OUTCOME_KEYSHARES_STORED);
    check_served(&set);
    ck_assert_uint_eq(kept(STORE_STAGED), 0);
    ck_assert_uint_eq(kept(STORE_SUPERSEDED), 0);
    ck_assert_outcome(import(&set), OUTCOME_KEYSHARES_UNCHANGED);
    reopen();
    check_served(&set);
}
END_TEST

START_TEST(a_put_of_what_is_stored_changes_nothing_and_has_a_receipt)
{
    open_home(_i);
    SET set = set_of(5, 3, 1);
    ck_assert_outcome(put(&set), OUTCOME_KEYSHARES_STORED);
    ck_assert_uint_eq(receipts(), 0);
    ck_assert_outcome(stage(&set), OUTCOME_KEYSHARES_UNCHANGED);
    ck_assert_uint_eq(kept(STORE_STAGED), 0);
    ck_assert_uint_eq(receipts(), 1);
}
END_TEST

START_TEST(other_scalars_than_the_stored_ones_are_a_conflict_with_both_digests)
{
    open_home(_i);
    SET set = set_of(5, 3, 1);
    SET wrong = set_of(5, 3, 2);
    char stored_digest[KEYSHARES_DIGEST_TEXT_LEN], digest[KEYSHARES_DIGEST_TEXT_LEN];
    ck_assert_ok(keyshares_digest(&set.shares, stored_digest));
    ck_assert_ok(keyshares_digest(&wrong.shares, digest));
    ck_assert_outcome(put(&set), OUTCOME_KEYSHARES_STORED);
    ck_assert_outcome(stage(&wrong), OUTCOME_KEYSHARES_CONFLICT);
    ck_assert_msg(strstr(err.text, stored_digest) && strstr(err.text, digest), "%s", err.text);
    ck_assert_outcome(put(&wrong), OUTCOME_KEYSHARES_CONFLICT);
    ck_assert_uint_eq(kept(STORE_STAGED), 0);
    check_served(&set);
}
END_TEST

START_TEST(of_several_staged_sets_the_newest_is_imported_and_the_others_are_superseded)
{
    open_home(_i);
    SET first = set_of(5, 3, 1);
    SET second = set_of(5, 3, 2);
    SET third = set_of(5, 3, 3);
    ck_assert_outcome(stage(&first), OUTCOME_KEYSHARES_STAGED);
    ck_assert_outcome(stage(&second), OUTCOME_KEYSHARES_STAGED);
    ck_assert_outcome(stage(&third), OUTCOME_KEYSHARES_STAGED);
    check_kept(STORE_STAGED, 0, &third);
    check_kept(STORE_STAGED, 2, &first);
    ck_assert_outcome(import(&third), OUTCOME_KEYSHARES_STORED);
    check_served(&third);
    ck_assert_uint_eq(kept(STORE_STAGED), 0);
    ck_assert_uint_eq(kept(STORE_SUPERSEDED), 2);
    check_kept(STORE_SUPERSEDED, 0, &second);
    check_kept(STORE_SUPERSEDED, 1, &first);
}
END_TEST

START_TEST(staging_again_stages_nothing_more_and_staging_an_older_one_lifts_it)
{
    open_home(_i);
    SET first = set_of(5, 3, 1);
    SET second = set_of(5, 3, 2);
    ck_assert_outcome(stage(&first), OUTCOME_KEYSHARES_STAGED);
    ck_assert_outcome(stage(&first), OUTCOME_KEYSHARES_STAGED);
    ck_assert_uint_eq(kept(STORE_STAGED), 1);
    ck_assert_uint_eq(receipts(), 2);
    ck_assert_outcome(stage(&second), OUTCOME_KEYSHARES_STAGED);
    ck_assert_outcome(stage(&first), OUTCOME_KEYSHARES_STAGED);
    ck_assert_uint_eq(kept(STORE_STAGED), 2);
    check_kept(STORE_STAGED, 0, &first);
    check_kept(STORE_STAGED, 1, &second);
}
END_TEST

START_TEST(what_a_peer_can_make_us_keep_is_bounded)
{
    open_home(_i);
    for (uint64_t seed = 1; seed <= 3 * (STORE_STAGED_MAX + STORE_SUPERSEDED_MAX); seed++) {
        SET set = set_of(5, 3, seed);
        ck_assert_outcome(stage(&set), OUTCOME_KEYSHARES_STAGED);
        check_kept(STORE_STAGED, 0, &set);
    }
    ck_assert_uint_eq(kept(STORE_STAGED), STORE_STAGED_MAX);
    ck_assert_uint_eq(kept(STORE_SUPERSEDED), STORE_SUPERSEDED_MAX);
    SET oldest_kept = set_of(5, 3, 2 * (STORE_STAGED_MAX + STORE_SUPERSEDED_MAX) + 1);
    check_kept(STORE_SUPERSEDED, STORE_SUPERSEDED_MAX - 1, &oldest_kept);
}
END_TEST

START_TEST(each_receipt_follows_the_one_before_across_a_restart)
{
    open_home(_i);
    SET first = set_of(5, 3, 1);
    SET second = set_of(5, 3, 2);
    CLEANUP(receipt_signed_free) struct receipt_signed older = {0}, newer = {0};
    CLEANUP(receipt_free) struct receipt expected = {0};
    ck_assert_outcome(stage(&first), OUTCOME_KEYSHARES_STAGED);
    reopen();
    ck_assert_outcome(stage(&second), OUTCOME_KEYSHARES_STAGED);
    load_receipt(1, &older);
    load_receipt(0, &newer);
    ck_assert_uint_eq(older.receipt.number, 1);
    ck_assert_int_eq(receipt_link(&older, &newer), RECEIPT_LINKED);
    ck_assert(ed25519_public_key_equal(&newer.key, &stage_terms()->signer->public_key));
    ck_assert_uint_eq(newer.receipt.durable_at_ms, stage_terms()->now_ms);
    ck_assert_ok(receipt_describe(&second.keyset, &second.shares, stage_terms()->backup_key, &expected));
    ck_assert_ok_err(receipt_check(&newer.receipt, &expected, true, &err), err);
    ck_assert_outcome(receipt_check(&older.receipt, &expected, true, &err), OUTCOME_RECEIPT_INVALID);
}
END_TEST

START_TEST(an_import_gives_no_receipt_and_a_refused_put_neither)
{
    open_home(_i);
    SET set = set_of(5, 3, 1);
    SET wrong = set_of(5, 3, 2);
    ck_assert_outcome(stage(&set), OUTCOME_KEYSHARES_STAGED);
    ck_assert_outcome(import(&set), OUTCOME_KEYSHARES_STORED);
    ck_assert_outcome(stage(&wrong), OUTCOME_KEYSHARES_CONFLICT);
    ck_assert_uint_eq(receipts(), 1);
}
END_TEST

START_TEST(receipts_are_bounded_and_the_chain_goes_on_behind_those_that_went)
{
    open_home(_i);
    SET set = set_of(UINT64_MAX, 2, 1);
    CLEANUP(receipt_signed_free) struct receipt_signed oldest = {0}, newest = {0};
    for (size_t i = 0; i < STORE_RECEIPTS_MAX + 3; i++)
        ck_assert_outcome(stage(&set), OUTCOME_KEYSHARES_STAGED);
    ck_assert_uint_eq(receipts(), STORE_RECEIPTS_MAX);
    load_receipt(0, &newest);
    load_receipt(STORE_RECEIPTS_MAX - 1, &oldest);
    ck_assert_uint_eq(newest.receipt.number, STORE_RECEIPTS_MAX + 3);
    ck_assert_uint_eq(oldest.receipt.number, 4);
}
END_TEST

START_TEST(staged_shares_of_another_keyset_are_not_imported_and_stay)
{
    open_home(_i);
    SET set = set_of(5, 3, 1);
    SET next = set_of(6, 3, 2);
    ck_assert_outcome(stage(&set), OUTCOME_KEYSHARES_STAGED);
    ck_assert_outcome(stage(&next), OUTCOME_KEYSHARES_STAGED);
    set.keyset.domains[0].attempt = 7;
    ck_assert_outcome(import(&set), OUTCOME_KEYSHARES_NOT_HELD);
    ck_assert_uint_eq(kept(STORE_STAGED), 2);
    set.keyset.domains[0].attempt = 0;
    ck_assert_outcome(import(&set), OUTCOME_KEYSHARES_STORED);
    ck_assert_uint_eq(kept(STORE_STAGED), 1); /* of the later epoch: not ours to judge yet */
    ck_assert_outcome(import(&next), OUTCOME_KEYSHARES_STORED);
    check_served(&next);
}
END_TEST

START_TEST(shares_stored_by_somebody_else_win_over_staged_ones)
{
    open_home(_i);
    SET set = set_of(5, 3, 1);
    SET other = set_of(5, 3, 2);
    ck_assert_outcome(stage(&set), OUTCOME_KEYSHARES_STAGED);
    ck_assert_outcome(stage(&other), OUTCOME_KEYSHARES_STAGED);
    ck_assert_outcome(put(&set), OUTCOME_KEYSHARES_STORED);
    ck_assert_outcome(import(&other), OUTCOME_KEYSHARES_UNCHANGED);
    check_served(&set);
    ck_assert_uint_eq(kept(STORE_STAGED), 0);
    ck_assert_uint_eq(kept(STORE_SUPERSEDED), 1);
    check_kept(STORE_SUPERSEDED, 0, &other);
}
END_TEST

START_TEST(a_node_that_comes_back_epochs_later_stores_the_new_epoch_and_keeps_the_old)
{
    open_home(_i);
    SET old = set_of(5, 3, 1);
    SET new = set_of(9, 4, 2);
    SET other = set_of(5, 3, 1);
    CLEANUP(keyshares_free) struct keyshares shares = {0};
    other.keyset.domains[0].attempt = other.shares.items[0].id.attempt_id = 8;
    ck_assert_outcome(put(&old), OUTCOME_KEYSHARES_STORED);
    ck_assert_outcome(stage(&new), OUTCOME_KEYSHARES_STAGED);
    ck_assert_outcome(import(&new), OUTCOME_KEYSHARES_STORED);
    check_served(&new);
    check_served(&old);
    ck_assert_outcome(stage(&old), OUTCOME_KEYSHARES_UNCHANGED);
    ck_assert_outcome(stage(&other), OUTCOME_KEYSHARES_OLDER);
    ck_assert_outcome(put(&other), OUTCOME_KEYSHARES_OLDER);
    ck_assert_str_eq(sets_on(STORE_STORED), "9/4! 5/3 ");
    ck_assert_ok_err(store_load(store, &(uint64_t){5}, &shares, &err), err);
    ck_assert(keyshares_equal(&shares, &old.shares));
    keyshares_free(&shares);
    ck_assert_outcome(store_load(store, &(uint64_t){6}, &shares, &err), OUTCOME_STORE_NOT_FOUND);
}
END_TEST

START_TEST(sets_of_old_epochs_are_kept_up_to_a_bound_and_the_adopted_ones_longest)
{
    open_home(_i);
    SET first = set_of(1, 2, 1);
    ck_assert_outcome(put(&first), OUTCOME_KEYSHARES_STORED);
    ck_assert_outcome(import(&first), OUTCOME_KEYSHARES_UNCHANGED);
    for (uint64_t epoch = 2; epoch <= STORE_EPOCHS_MAX + 3; epoch++) {
        SET set = set_of(epoch, 2, epoch);
        ck_assert_outcome(put(&set), OUTCOME_KEYSHARES_STORED);
    }
    /* A Rust node never deletes a file of permanent_keys, and neither do we. */
    ck_assert_str_eq(sets_on(STORE_STORED), options.kind == STORE_MPC_HOME
                                                ? "11/2 10/2 9/2 8/2 7/2 6/2 5/2 4/2 3/2 2/2 1/2! "
                                                : "11/2 10/2 9/2 8/2 7/2 6/2 5/2 1/2! ");
}
END_TEST

START_TEST(a_domain_more_in_the_same_epoch_is_stored)
{
    open_home(_i);
    SET three = set_of(5, 3, 1);
    SET four = set_of(5, 4, 1);
    memcpy(four.shares.scalars.data, three.shares.scalars.data, three.shares.scalars.len);
    ck_assert_outcome(put(&three), OUTCOME_KEYSHARES_STORED);
    ck_assert_outcome(stage(&four), OUTCOME_KEYSHARES_STAGED);
    ck_assert_outcome(import(&four), OUTCOME_KEYSHARES_STORED);
    check_served(&four);
    ck_assert_outcome(put(&three), OUTCOME_KEYSHARES_UNCHANGED);
    check_served(&three);
    four.shares.scalars.data[31] ^= 1;
    ck_assert_outcome(stage(&four), OUTCOME_KEYSHARES_CONFLICT);
}
END_TEST

/* --- attempts of one epoch --- */

/* The same epoch and domains, generated again: another attempt and another public key of the last domain. */
static struct set attempt_of(uint64_t epoch_id, size_t count, uint64_t attempt)
{
    struct set set = {0};
    sample_keyset(epoch_id, count, &set.keyset);
    set.keyset.domains[count - 1].attempt = attempt;
    sample_keyshares(&set.keyset, attempt, &set.shares);
    /* What was generated before stays as it was. */
    CLEANUP(set_free) struct set before = set_of(epoch_id, count, 1);
    memcpy(set.shares.scalars.data, before.shares.scalars.data, (count - 1) * KEYSHARE_SCALAR_LEN);
    return set;
}

START_TEST(a_failed_attempt_that_was_imported_does_not_block_the_right_one)
{
    open_home(_i);
    SET failed = attempt_of(5, 3, 7);
    SET right = attempt_of(5, 3, 9);
    ck_assert_outcome(put(&failed), OUTCOME_KEYSHARES_STORED);
    check_get(&right.keyset, OUTCOME_KEYSHARES_NOT_HELD);
    ck_assert_text_has(err.text, "of attempt 7");
    ck_assert_outcome(stage(&right), OUTCOME_KEYSHARES_STAGED);
    ck_assert_outcome(import(&right), OUTCOME_KEYSHARES_STORED);
    check_served(&right);
    check_served(&failed);
    ck_assert_str_eq(sets_on(STORE_STORED), "5/3! ");
    ck_assert_str_eq(sets_on(STORE_ATTEMPTS), "5/3 ");
    reopen();
    check_served(&right);
    /* The contract goes back to what it had before. */
    ck_assert_outcome(import(&failed), OUTCOME_KEYSHARES_STORED);
    CLEANUP(keyshares_free) struct keyshares current = {0};
    ck_assert_ok_err(store_load(store, NULL, &current, &err), err);
    ck_assert(keyshares_equal(&current, &failed.shares));
    check_kept(STORE_ATTEMPTS, 0, &right);
    ck_assert_outcome(import(&failed), OUTCOME_KEYSHARES_UNCHANGED);
}
END_TEST

START_TEST(an_attempt_that_is_imported_by_hand_lies_beside_the_current_one_until_the_contract_names_it)
{
    open_home(_i);
    SET first = attempt_of(5, 3, 7);
    SET second = attempt_of(5, 3, 9);
    ck_assert_outcome(put(&first), OUTCOME_KEYSHARES_STORED);
    ck_assert_outcome(put(&second), OUTCOME_KEYSHARES_KEPT);
    ck_assert_outcome(put(&second), OUTCOME_KEYSHARES_UNCHANGED);
    ck_assert_uint_eq(kept(STORE_ATTEMPTS), 1);
    CLEANUP(keyshares_free) struct keyshares current = {0};
    ck_assert_ok_err(store_load(store, NULL, &current, &err), err);
    ck_assert(keyshares_equal(&current, &first.shares));
    ck_assert_outcome(stage(&second), OUTCOME_KEYSHARES_STAGED);
    ck_assert_outcome(import(&second), OUTCOME_KEYSHARES_STORED);
    keyshares_free(&current);
    ck_assert_ok_err(store_load(store, NULL, &current, &err), err);
    ck_assert(keyshares_equal(&current, &second.shares));
    check_kept(STORE_ATTEMPTS, 0, &first);
    ck_assert_uint_eq(kept(STORE_ATTEMPTS), 1);
}
END_TEST

START_TEST(the_same_key_event_with_another_scalar_is_a_conflict_whatever_the_attempt_it_comes_with)
{
    open_home(_i);
    SET first = attempt_of(5, 3, 7);
    SET second = attempt_of(5, 3, 9);
    SET wrong = attempt_of(5, 3, 11);
    char digest[KEYSHARES_DIGEST_TEXT_LEN];
    wrong.shares.scalars.data[31] ^= 1; /* of domain 0, which all have */
    ck_assert_outcome(put(&first), OUTCOME_KEYSHARES_STORED);
    ck_assert_outcome(put(&second), OUTCOME_KEYSHARES_KEPT);
    ck_assert_outcome(stage(&wrong), OUTCOME_KEYSHARES_CONFLICT);
    ck_assert_text_has(err.text, "domain 0");
    ck_assert_ok(keyshares_digest(&wrong.shares, digest));
    ck_assert_text_has(err.text, digest);
    ck_assert_outcome(put(&wrong), OUTCOME_KEYSHARES_CONFLICT);
    /* Nor does one that is only kept let another of its key events in. */
    second.shares.scalars.data[2 * KEYSHARE_SCALAR_LEN] ^= 1;
    ck_assert_outcome(stage(&second), OUTCOME_KEYSHARES_CONFLICT);
    ck_assert_text_has(err.text, "domain 2");
    ck_assert_uint_eq(kept(STORE_STAGED), 0);
}
END_TEST

START_TEST(domains_of_a_cancelled_key_generation_are_in_nobodys_way)
{
    open_home(_i);
    SET cancelled = set_of(5, 4, 1);
    SET two = set_of(5, 2, 1);
    SET next = set_of(6, 2, 2);
    SET fresh = set_of(5, 2, 3);
    ck_assert_outcome(put(&cancelled), OUTCOME_KEYSHARES_STORED);
    check_served(&two);
    ck_assert_outcome(stage(&two), OUTCOME_KEYSHARES_UNCHANGED);
    ck_assert_outcome(import(&two), OUTCOME_KEYSHARES_UNCHANGED);
    ck_assert_outcome(stage(&fresh), OUTCOME_KEYSHARES_CONFLICT);
    /* The next epoch has fewer domains than are stored. */
    ck_assert_outcome(stage(&next), OUTCOME_KEYSHARES_STAGED);
    ck_assert_outcome(import(&next), OUTCOME_KEYSHARES_STORED);
    check_served(&next);
    check_served(&two);
}
END_TEST

START_TEST(a_later_epoch_that_the_contract_never_adopted_does_not_block_an_older_one)
{
    open_home(_i);
    SET failed = set_of(6, 3, 2);
    SET right = set_of(5, 3, 1);
    ck_assert_outcome(put(&failed), OUTCOME_KEYSHARES_STORED);
    ck_assert_outcome(stage(&right), OUTCOME_KEYSHARES_STAGED);
    ck_assert_outcome(import(&right), OUTCOME_KEYSHARES_STORED);
    check_served(&right);
    check_served(&failed);
    ck_assert_outcome(import(&right), OUTCOME_KEYSHARES_UNCHANGED);
    reopen();
    check_served(&right);
    /* It did adopt it after all. */
    result_t result = import(&failed);
    ck_assert_msg(outcome_ok(result), "%s: %s", outcome_of(result)->name, err.text);
    check_served(&failed);
}
END_TEST

START_TEST(another_public_key_of_an_adopted_domain_is_a_conflict_and_of_one_that_was_never_adopted_is_none)
{
    open_home(_i);
    SET old = set_of(5, 3, 1);
    SET new = set_of(6, 3, 2);
    new.keyset.domains[1].key.bytes[3] ^= 1;
    new.shares.items[1].public_key[3] ^= 1;
    ck_assert_outcome(put(&old), OUTCOME_KEYSHARES_STORED);
    ck_assert_outcome(stage(&new), OUTCOME_KEYSHARES_STAGED);
    ck_assert_outcome(import(&old), OUTCOME_KEYSHARES_UNCHANGED);
    ck_assert_outcome(import(&new), OUTCOME_KEYSHARES_CONFLICT);
    ck_assert_text_has(err.text, "domain 1");
    check_kept(STORE_STAGED, 0, &new);
}
END_TEST

START_TEST(what_was_put_before_the_contract_changed_its_mind_is_found_again)
{
    open_home(_i);
    SET first = attempt_of(5, 3, 7);
    SET second = attempt_of(5, 3, 9);
    ck_assert_outcome(stage(&first), OUTCOME_KEYSHARES_STAGED);
    ck_assert_outcome(stage(&second), OUTCOME_KEYSHARES_STAGED);
    ck_assert_outcome(import(&second), OUTCOME_KEYSHARES_STORED);
    ck_assert_uint_eq(kept(STORE_STAGED), 0);
    check_kept(STORE_SUPERSEDED, 0, &first);
    ck_assert_outcome(import(&first), OUTCOME_KEYSHARES_STORED);
    check_served(&first);
    check_served(&second);
}
END_TEST

struct walk {
    struct set *set;
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
    ck_assert_outcome(stage(walk->set), OUTCOME_KEYSHARES_STAGED);
    return OUTCOME_OK;
}

START_TEST(receipts_are_walked_as_they_are_at_one_moment)
{
    open_home(_i);
    SET set = set_of(5, 3, 1);
    struct walk walk = {.set = &set};
    for (int i = 0; i < 3; i++)
        ck_assert_outcome(stage(&set), OUTCOME_KEYSHARES_STAGED);
    ck_assert_ok_err(store_each_receipt(store, walk_and_stage, &walk, &err), err);
    ck_assert_uint_eq(walk.count, 3);
    ck_assert_uint_eq(walk.number, 1);
}
END_TEST

START_TEST(what_is_put_and_lies_beside_the_stored_set_is_staged_and_imported)
{
    open_home(_i);
    SET now = attempt_of(5, 3, 200);
    SET other = attempt_of(5, 3, 100);
    ck_assert_outcome(put(&now), OUTCOME_KEYSHARES_STORED);
    ck_assert_outcome(put(&other), OUTCOME_KEYSHARES_KEPT);
    ck_assert_outcome(stage(&other), OUTCOME_KEYSHARES_STAGED);
    for (uint64_t attempt = 1; attempt <= STORE_ATTEMPTS_MAX; attempt++) {
        SET set = attempt_of(5, 3, attempt);
        ck_assert_outcome(put(&set), OUTCOME_KEYSHARES_KEPT);
    }
    ck_assert_outcome(import(&other), OUTCOME_KEYSHARES_STORED);
    ck_assert_uint_eq(kept(STORE_STAGED), 0);
    check_served(&other);
    ck_assert_outcome(stage(&other), OUTCOME_KEYSHARES_UNCHANGED);
}
END_TEST

START_TEST(attempts_are_bounded_and_the_adopted_one_is_never_dropped_for_others)
{
    open_home(_i);
    SET adopted = attempt_of(5, 3, 100);
    SET now = attempt_of(5, 3, 200);
    ck_assert_outcome(put(&now), OUTCOME_KEYSHARES_STORED);
    ck_assert_outcome(put(&adopted), OUTCOME_KEYSHARES_KEPT);
    ck_assert_outcome(import(&adopted), OUTCOME_KEYSHARES_STORED);
    /* Somebody else makes another one current, so that the adopted one is one of many. */
    ck_assert_outcome(import(&now), OUTCOME_KEYSHARES_STORED);
    ck_assert_outcome(import(&adopted), OUTCOME_KEYSHARES_STORED);
    for (uint64_t attempt = 1; attempt <= 3 * STORE_ATTEMPTS_MAX; attempt++) {
        SET set = attempt_of(5, 3, attempt);
        ck_assert_outcome(put(&set), OUTCOME_KEYSHARES_KEPT);
        check_kept(STORE_ATTEMPTS, 0, &set);
    }
    ck_assert_uint_eq(kept(STORE_ATTEMPTS), STORE_ATTEMPTS_MAX);
    check_served(&adopted);
    ck_assert_str_eq(sets_on(STORE_STORED), "5/3! ");
    for (uint64_t epoch = 6; epoch <= 6 + STORE_ATTEMPTS_TOTAL_MAX; epoch++) {
        SET set = attempt_of(epoch, 3, 1);
        SET other = attempt_of(epoch, 3, 2);
        ck_assert_outcome(put(&set), OUTCOME_KEYSHARES_STORED);
        ck_assert_outcome(put(&other), OUTCOME_KEYSHARES_KEPT);
    }
    ck_assert_uint_eq(kept(STORE_ATTEMPTS), STORE_ATTEMPTS_TOTAL_MAX);
    check_served(&adopted);
}
END_TEST

/* --- quarantine --- */

static result_t quarantine(const struct set *set, bool even_adopted)
{
    CLEANUP(keyshares_free) struct keyshares out = {0};
    char digest[KEYSHARES_DIGEST_TEXT_LEN];
    ck_assert_ok(keyshares_digest(&set->shares, digest));
    digest[12] = 0;
    const struct store_choice choice = {.digest = digest, .even_adopted = even_adopted};
    result_t result = store_quarantine(store, &choice, &out, &err);
    ck_assert(result != OUTCOME_OK || keyshares_equal(&out, &set->shares));
    return result;
}

static result_t restore(const struct set *set)
{
    CLEANUP(keyshares_free) struct keyshares out = {0};
    const struct store_choice choice = {.epoch = &set->shares.items[0].id.epoch_id};
    return store_restore(store, &choice, &out, &err);
}

START_TEST(a_set_in_quarantine_is_not_served_imported_or_taken_again_until_it_is_restored)
{
    open_home(_i);
    SET set = set_of(5, 3, 1);
    ck_assert_outcome(quarantine(&set, false), OUTCOME_STORE_NOT_FOUND);
    ck_assert_outcome(put(&set), OUTCOME_KEYSHARES_STORED);
    ck_assert_outcome(quarantine(&set, false), OUTCOME_OK);
    for (int restarted = 0; restarted < 2; restarted++) {
        check_get(&set.keyset, OUTCOME_KEYSHARES_NOT_HELD);
        ck_assert_outcome(import(&set), OUTCOME_KEYSHARES_NOT_HELD);
        ck_assert_outcome(stage(&set), OUTCOME_KEYSHARES_QUARANTINED);
        ck_assert_text_has(err.text, "--restore");
        ck_assert_outcome(put(&set), OUTCOME_KEYSHARES_QUARANTINED);
        ck_assert_str_eq(sets_on(STORE_STORED), "");
        check_kept(STORE_QUARANTINED, 0, &set);
        reopen();
    }
    ck_assert_outcome(quarantine(&set, false), OUTCOME_STORE_NOT_FOUND);
    ck_assert_outcome(restore(&set), OUTCOME_KEYSHARES_STORED);
    ck_assert_outcome(restore(&set), OUTCOME_STORE_NOT_FOUND);
    check_served(&set);
    ck_assert_outcome(import(&set), OUTCOME_KEYSHARES_UNCHANGED);
    ck_assert_str_eq(sets_on(STORE_STORED), "5/3! ");
    ck_assert_uint_eq(kept(STORE_ATTEMPTS), 0);
}
END_TEST

START_TEST(a_restored_set_is_the_stored_one_again_only_where_the_contract_adopted_it)
{
    open_home(_i);
    SET adopted = set_of(5, 3, 1);
    SET failed = set_of(5, 3, 1);
    failed.shares.items[0].id.attempt_id++;
    ck_assert_outcome(put(&adopted), OUTCOME_KEYSHARES_STORED);
    ck_assert_outcome(import(&adopted), OUTCOME_KEYSHARES_UNCHANGED);
    ck_assert_outcome(put(&failed), OUTCOME_KEYSHARES_KEPT);
    ck_assert_outcome(quarantine(&failed, false), OUTCOME_OK);
    ck_assert_outcome(restore(&failed), OUTCOME_KEYSHARES_KEPT);
    ck_assert_uint_eq(kept(STORE_ATTEMPTS), 1);
    check_served(&adopted);
    ck_assert_outcome(quarantine(&adopted, true), OUTCOME_OK);
    ck_assert_outcome(restore(&adopted), OUTCOME_KEYSHARES_STORED);
    ck_assert_str_eq(sets_on(STORE_STORED), "5/3! ");
    ck_assert_uint_eq(kept(STORE_ATTEMPTS), 1);
    check_served(&adopted);
}
END_TEST

START_TEST(the_adopted_set_goes_to_quarantine_only_when_that_is_said)
{
    open_home(_i);
    SET set = set_of(5, 3, 1);
    SET other = set_of(5, 3, 2);
    ck_assert_outcome(put(&set), OUTCOME_KEYSHARES_STORED);
    ck_assert_outcome(import(&set), OUTCOME_KEYSHARES_UNCHANGED);
    ck_assert_outcome(quarantine(&set, false), OUTCOME_KEYSHARES_ADOPTED);
    ck_assert_text_has(err.text, "--adopted");
    check_served(&set);
    ck_assert_outcome(quarantine(&set, true), OUTCOME_OK);
    check_get(&set.keyset, OUTCOME_KEYSHARES_NOT_HELD);
    /* Then other private shares of the same key events may come, and the old ones may not come back beside
     * them. */
    ck_assert_outcome(stage(&other), OUTCOME_KEYSHARES_STAGED);
    ck_assert_outcome(import(&other), OUTCOME_KEYSHARES_STORED);
    check_served(&other);
    ck_assert_outcome(restore(&set), OUTCOME_KEYSHARES_CONFLICT);
    check_kept(STORE_QUARANTINED, 0, &set);
}
END_TEST

START_TEST(older_copies_do_not_slip_in_for_the_shares_that_were_taken_out)
{
    open_home(_i);
    SET older = set_of(5, 3, 1);
    SET newer = set_of(5, 3, 2);
    ck_assert_outcome(stage(&older), OUTCOME_KEYSHARES_STAGED);
    ck_assert_outcome(stage(&newer), OUTCOME_KEYSHARES_STAGED);
    ck_assert_outcome(import(&newer), OUTCOME_KEYSHARES_STORED);
    check_kept(STORE_SUPERSEDED, 0, &older);
    ck_assert_outcome(quarantine(&newer, true), OUTCOME_OK);
    ck_assert_outcome(import(&newer), OUTCOME_KEYSHARES_NOT_HELD);
    /* Put once more they are meant. */
    ck_assert_outcome(stage(&older), OUTCOME_KEYSHARES_STAGED);
    ck_assert_outcome(import(&older), OUTCOME_KEYSHARES_STORED);
    check_served(&older);
}
END_TEST

START_TEST(what_is_staged_or_kept_can_go_to_quarantine_too)
{
    open_home(_i);
    SET current = attempt_of(5, 3, 7);
    SET beside = attempt_of(5, 3, 9);
    SET staged = attempt_of(5, 3, 11);
    uint64_t epoch = 5;
    CLEANUP(keyshares_free) struct keyshares out = {0};
    ck_assert_outcome(put(&current), OUTCOME_KEYSHARES_STORED);
    ck_assert_outcome(put(&beside), OUTCOME_KEYSHARES_KEPT);
    ck_assert_outcome(stage(&staged), OUTCOME_KEYSHARES_STAGED);
    ck_assert_outcome(store_quarantine(store, &(struct store_choice){.epoch = &epoch}, &out, &err),
                      OUTCOME_USAGE);
    ck_assert_text_has(err.text, "--digest");
    ck_assert_outcome(quarantine(&staged, false), OUTCOME_OK);
    ck_assert_outcome(quarantine(&beside, false), OUTCOME_OK);
    ck_assert_uint_eq(kept(STORE_STAGED), 0);
    ck_assert_uint_eq(kept(STORE_ATTEMPTS), 0);
    ck_assert_uint_eq(kept(STORE_QUARANTINED), 2);
    check_served(&current);
    check_get(&beside.keyset, OUTCOME_KEYSHARES_NOT_HELD);
    ck_assert_outcome(import(&staged), OUTCOME_KEYSHARES_NOT_HELD);
}
END_TEST

START_TEST(no_set_in_quarantine_is_dropped_for_another)
{
    open_home(_i);
    for (uint64_t epoch = 1; epoch <= STORE_QUARANTINED_MAX + 1; epoch++) {
        SET set = set_of(epoch, 2, epoch);
        ck_assert_outcome(put(&set), OUTCOME_KEYSHARES_STORED);
        ck_assert_outcome(quarantine(&set, false),
                          epoch <= STORE_QUARANTINED_MAX ? OUTCOME_OK : OUTCOME_STORE_FULL);
    }
    ck_assert_uint_eq(kept(STORE_QUARANTINED), STORE_QUARANTINED_MAX);
    ck_assert_str_eq(sets_on(STORE_STORED), "17/2 ");
}
END_TEST

START_TEST(a_set_that_is_none_is_not_put)
{
    open_home(_i);
    SET set = set_of(5, 3, 1);
    struct keyshares none = {0};
    ck_assert_outcome(store_put(store, &none, &err), OUTCOME_KEYSHARES_EMPTY);
    set.shares.items[1].id.domain_id = 0;
    ck_assert_outcome(put(&set), OUTCOME_KEYSHARES_MALFORMED);
    set.shares.items[1].id.domain_id = 1;
    set.shares.items[1].id.epoch_id = 6;
    ck_assert_outcome(put(&set), OUTCOME_KEYSHARES_MALFORMED);
}
END_TEST

START_TEST(ids_over_the_full_range_are_stored)
{
    open_home(_i);
    SET set = set_of(UINT64_MAX, 3, 1);
    set.keyset.domains[2].domain_id = UINT64_MAX;
    set.shares.items[2].id.domain_id = UINT64_MAX;
    ck_assert_outcome(stage(&set), OUTCOME_KEYSHARES_STAGED);
    ck_assert_outcome(import(&set), OUTCOME_KEYSHARES_STORED);
    reopen();
    check_served(&set);
}
END_TEST

static void check_adopted(const struct set *set, uint64_t block_height)
{
    CLEANUP(store_adopted_free) struct store_adopted adopted = {0};
    char digest[KEYSHARES_DIGEST_TEXT_LEN];
    ck_assert_ok_err(store_adopted_get(store, &adopted, &err), err);
    ck_assert_uint_eq(adopted.block_height, block_height);
    ck_assert_ok(keyshares_digest(&set->shares, digest));
    ck_assert_str_eq(adopted.digest, digest);
    ck_assert(keyset_equal(&adopted.keyset, &set->keyset));
}

START_TEST(an_import_notes_the_contracts_keyset_once_its_shares_are_held)
{
    open_home(_i);
    SET set = set_of(5, 3, 1);
    SET next = set_of(6, 3, 2);
    struct store_adopted none;
    ck_assert_outcome(store_import(store, &set.keyset, 100, &err), OUTCOME_KEYSHARES_NOT_HELD);
    ck_assert_outcome(put(&set), OUTCOME_KEYSHARES_STORED);
    ck_assert_outcome(store_adopted_get(store, &none, &err), OUTCOME_STORE_NOT_FOUND);
    ck_assert_outcome(store_import(store, &set.keyset, 200, &err), OUTCOME_KEYSHARES_UNCHANGED);
    check_adopted(&set, 200);
    ck_assert_outcome(store_import(store, &set.keyset, 300, &err), OUTCOME_KEYSHARES_UNCHANGED);
    check_adopted(&set, 200); /* it was known: nothing was written */
    ck_assert_outcome(stage(&next), OUTCOME_KEYSHARES_STAGED);
    ck_assert_outcome(store_import(store, &next.keyset, 400, &err), OUTCOME_KEYSHARES_STORED);
    reopen();
    check_adopted(&next, 400);
}
END_TEST

START_TEST(what_was_adopted_is_kept_for_as_many_epochs_as_sets_are)
{
    open_home(_i);
    for (uint64_t epoch = 1; epoch <= STORE_EPOCHS_MAX + 3; epoch++) {
        SET set = set_of(epoch, 2, epoch);
        ck_assert_outcome(put(&set), OUTCOME_KEYSHARES_STORED);
        ck_assert_outcome(store_import(store, &set.keyset, epoch, &err), OUTCOME_KEYSHARES_UNCHANGED);
        check_adopted(&set, epoch);
    }
}
END_TEST

START_TEST(the_outbox_holds_one_record)
{
    open_home(_i);
    static uint8_t large[STORE_OUTBOX_BYTES_MAX + 1];
    CLEANUP(bytes_free) struct bytes found = {0};
    ck_assert_outcome(store_outbox_get(store, &found, &err), OUTCOME_STORE_NOT_FOUND);
    ck_assert_ok_err(store_outbox_clear(store, &err), err);
    ck_assert_ok_err(store_outbox_put(store, "first", 5, &err), err);
    ck_assert_ok_err(store_outbox_put(store, "second\0", 8, &err), err);
    reopen();
    ck_assert_ok_err(store_outbox_get(store, &found, &err), err);
    ck_assert_uint_eq(found.len, 8);
    ck_assert_mem_eq(found.data, "second\0", 8);
    ck_assert_outcome(store_outbox_put(store, large, sizeof(large), &err), OUTCOME_LIMIT);
    ck_assert_ok_err(store_outbox_put(store, large, sizeof(large) - 1, &err), err);
    bytes_clear(&found);
    ck_assert_ok_err(store_outbox_get(store, &found, &err), err);
    ck_assert_uint_eq(found.len, STORE_OUTBOX_BYTES_MAX);
    ck_assert_ok_err(store_outbox_clear(store, &err), err);
    ck_assert_outcome(store_outbox_get(store, &found, &err), OUTCOME_STORE_NOT_FOUND);
}
END_TEST

START_TEST(another_secret_store_key_is_refused_at_the_start)
{
    open_home(_i);
    SET set = set_of(5, 3, 1);
    ck_assert_outcome(put(&set), OUTCOME_KEYSHARES_STORED);
    store_close(store);
    store = NULL;
    key_bytes[15] ^= 1;
    ck_assert_outcome(store_open(&options, &store, &err), OUTCOME_STORE_CORRUPT);
    ck_assert_text_has(err.text, "secret store key");
    options.access = STORE_READ_ONLY;
    ck_assert_outcome(store_open(&options, &store, &err), OUTCOME_STORE_CORRUPT);
    key_bytes[15] ^= 1;
}
END_TEST

START_TEST(a_home_that_does_not_exist_is_an_error)
{
    options = (struct store_options){.home_dir = "/nonexistent/home", .kind = kinds[_i].kind, .key = &key};
    ck_assert_outcome(store_open(&options, &store, &err), OUTCOME_CONFIG_INVALID);
    ck_assert_text_has(err.text, "/nonexistent/home");
}
END_TEST

START_TEST(read_only_reads_and_refuses_to_write)
{
    open_home(_i);
    SET set = set_of(5, 3, 1);
    SET next = set_of(6, 3, 1);
    ck_assert_outcome(put(&set), OUTCOME_KEYSHARES_STORED);
    options.access = STORE_READ_ONLY;
    reopen();
    check_served(&set);
    ck_assert_outcome(stage(&next), OUTCOME_INTERNAL);
    ck_assert_outcome(store_outbox_put(store, "x", 1, &err), OUTCOME_INTERNAL);
}
END_TEST

#define EACH_KIND(test) tcase_add_loop_test(tcase, test, 0, (int)ARRAY_LEN(kinds))
/* The rows whose records are in the home. */
#define EACH_HOME(test) tcase_add_loop_test(tcase, test, 0, 2)

int main(void)
{
    SUITE_WITH_CASE(suite, tcase, "node/store");
    tcase_add_checked_fixture(tcase, NULL, teardown);
    EACH_KIND(an_empty_store_holds_nothing_but_the_empty_keyset);
    EACH_KIND(what_was_put_is_served_in_order_after_a_restart_too);
    EACH_KIND(only_exactly_the_stored_keyset_is_served);
    EACH_KIND(shares_of_another_keyset_are_not_staged);
    EACH_KIND(staged_shares_survive_a_restart_and_are_served_once_imported);
    EACH_KIND(a_put_of_what_is_stored_changes_nothing_and_has_a_receipt);
    EACH_KIND(other_scalars_than_the_stored_ones_are_a_conflict_with_both_digests);
    EACH_KIND(of_several_staged_sets_the_newest_is_imported_and_the_others_are_superseded);
    EACH_KIND(staging_again_stages_nothing_more_and_staging_an_older_one_lifts_it);
    EACH_KIND(what_a_peer_can_make_us_keep_is_bounded);
    EACH_KIND(each_receipt_follows_the_one_before_across_a_restart);
    EACH_KIND(an_import_gives_no_receipt_and_a_refused_put_neither);
    EACH_KIND(receipts_are_bounded_and_the_chain_goes_on_behind_those_that_went);
    EACH_KIND(staged_shares_of_another_keyset_are_not_imported_and_stay);
    EACH_KIND(shares_stored_by_somebody_else_win_over_staged_ones);
    EACH_KIND(a_node_that_comes_back_epochs_later_stores_the_new_epoch_and_keeps_the_old);
    EACH_KIND(sets_of_old_epochs_are_kept_up_to_a_bound_and_the_adopted_ones_longest);
    EACH_KIND(a_domain_more_in_the_same_epoch_is_stored);
    EACH_KIND(a_failed_attempt_that_was_imported_does_not_block_the_right_one);
    EACH_KIND(an_attempt_that_is_imported_by_hand_lies_beside_the_current_one_until_the_contract_names_it);
    EACH_KIND(the_same_key_event_with_another_scalar_is_a_conflict_whatever_the_attempt_it_comes_with);
    EACH_KIND(domains_of_a_cancelled_key_generation_are_in_nobodys_way);
    EACH_KIND(a_later_epoch_that_the_contract_never_adopted_does_not_block_an_older_one);
    EACH_KIND(
        another_public_key_of_an_adopted_domain_is_a_conflict_and_of_one_that_was_never_adopted_is_none);
    EACH_KIND(what_was_put_before_the_contract_changed_its_mind_is_found_again);
    /* With LMDB, who reads holds nobody up who writes. */
    tcase_add_loop_test(tcase, receipts_are_walked_as_they_are_at_one_moment, 0, 2);
    EACH_KIND(what_is_put_and_lies_beside_the_stored_set_is_staged_and_imported);
    EACH_KIND(attempts_are_bounded_and_the_adopted_one_is_never_dropped_for_others);
    EACH_KIND(a_set_in_quarantine_is_not_served_imported_or_taken_again_until_it_is_restored);
    EACH_KIND(a_restored_set_is_the_stored_one_again_only_where_the_contract_adopted_it);
    EACH_KIND(the_adopted_set_goes_to_quarantine_only_when_that_is_said);
    EACH_KIND(older_copies_do_not_slip_in_for_the_shares_that_were_taken_out);
    EACH_KIND(what_is_staged_or_kept_can_go_to_quarantine_too);
    EACH_KIND(no_set_in_quarantine_is_dropped_for_another);
    EACH_KIND(a_set_that_is_none_is_not_put);
    EACH_KIND(ids_over_the_full_range_are_stored);
    EACH_KIND(an_import_notes_the_contracts_keyset_once_its_shares_are_held);
    EACH_KIND(what_was_adopted_is_kept_for_as_many_epochs_as_sets_are);
    EACH_KIND(the_outbox_holds_one_record);
    EACH_KIND(another_secret_store_key_is_refused_at_the_start);
    EACH_HOME(a_home_that_does_not_exist_is_an_error);
    EACH_HOME(read_only_reads_and_refuses_to_write);
    return run_suite(suite);
}
