/* Every call that a GET, a PUT, an import and the outbox make, failing once in each of its ways
 * (tests/support/sweep.h), over both stores: what was stored before is there afterwards or what was to be
 * stored, whole; what was acknowledged is there; and doing it again succeeds. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <lmdb.h>

#include "common/os/file.h"
#include "common/seal.h"
#include "node/routes.h"
#include "node/store.h"
#include "tests/support/copy_tree.h"
#include "tests/support/endpoint.h"
#include "tests/support/samples.h"
#include "tests/support/support.h"
#include "tests/support/sweep.h"

#define DOMAINS 3

static const enum store_kind kinds[] = {STORE_LMDB, STORE_MPC_HOME};

/* Epoch 4 is stored, epoch 5 is the contract's. */
static enum store_kind kind;
static struct secret seal_key, store_key;
static struct ed25519_keypair p2p_key;
static struct keyset old_keyset, keyset, failed_keyset;
static struct keyshares old_shares, shares, failed_shares; /* the last of an attempt that failed */
static const struct chain_snapshot *snapshot;
static struct route_context context;
static struct bytes asked; /* the body of the GET, and of the PUT */
static struct bytes put_body;

static char *template_home; /* as it is before the operation, closed */
static char *home;
static struct store *store;
static bool told_staged; /* by the last request: onboarding is woken */
static struct error err;

static void open_store_in(const char *dir)
{
    const struct store_options options = {.home_dir = dir, .kind = kind, .key = &store_key};
    ck_assert_ok_err(store_open(&options, &store, &err), err);
}

static void close_store(void)
{
    store_close(store);
    store = NULL;
}

static void seal_request(void)
{
    CLEANUP(secret_free) struct secret json = {0};
    ck_assert_ok(keyshares_write(&shares, &json));
    ck_assert_ok(seal_transport(&seal_key, context.nonce, json.data, json.len, &put_body));
    ck_assert_ok(keyset_write(&keyset, &asked));
}

static void setup(void)
{
    uint8_t key[SEAL_TRANSPORT_KEY_LEN];
    for (size_t i = 0; i < sizeof key; i++)
        key[i] = (uint8_t)i;
    ck_assert_ok(secret_copy(&seal_key, key, sizeof key));
    ck_assert_ok(secret_copy(&store_key, key, SEAL_AT_REST_KEY_LEN));
    sample_keyset(4, DOMAINS, &old_keyset);
    sample_keyshares(&old_keyset, 1, &old_shares);
    sample_keyset(5, DOMAINS, &keyset);
    sample_keyshares(&keyset, 2, &shares);
    snapshot = endpoint_snapshot(PROTOCOL_RUNNING, &keyset, NULL, endpoint_now());
    endpoint_keypair(0x51, &p2p_key);
    context = (struct route_context){
        .snapshot = snapshot, .seal_key = &seal_key, .p2p_key = &p2p_key, .now_ms = 1700000000000};
    sample_keyset_copy(&keyset, &failed_keyset);
    for (size_t i = 0; i < failed_keyset.count; i++)
        failed_keyset.domains[i].attempt = 3;
    sample_keyshares(&failed_keyset, 3, &failed_shares);
    seal_request();
}

static void teardown(void)
{
    free(template_home);
    bytes_free(&asked);
    bytes_free(&put_body);
    chain_snapshot_unref(snapshot);
    keyshares_free(&old_shares);
    keyshares_free(&shares);
    keyshares_free(&failed_shares);
    keyset_free(&failed_keyset);
    keyset_free(&old_keyset);
    keyset_free(&keyset);
    secret_free(&seal_key);
    secret_free(&store_key);
    ed25519_keypair_free(&p2p_key);
}

/* A home with the old shares stored, and what `more` adds. */
static void make_template(enum store_kind of_kind, void (*more)(void))
{
    kind = of_kind;
    template_home = fresh_dir();
    open_store_in(template_home);
    ck_assert_outcome(store_put(store, &old_shares, &err), OUTCOME_KEYSHARES_STORED);
    if (more)
        more();
    close_store();
}

static void prepare(void)
{
    home = fresh_dir();
    copy_tree(template_home, home);
    open_store_in(home);
}

static bool loads(const struct keyshares *expected, const uint64_t *epoch)
{
    CLEANUP(keyshares_free) struct keyshares found = {0};
    result_t result = store_load(store, epoch, &found, &err);
    if (result == OUTCOME_STORE_NOT_FOUND)
        return false;
    ck_assert_ok_err(result, err);
    return keyshares_equal(&found, expected);
}

/* Whether the new shares are staged. What is staged is nothing else, and nothing was superseded. */
static bool staged(void)
{
    CLEANUP(keyshares_free) struct keyshares found = {0};
    result_t result = store_load_kept(store, STORE_STAGED, 0, &found, &err);
    if (result == OUTCOME_STORE_NOT_FOUND)
        return false;
    ck_assert_ok_err(result, err);
    ck_assert(keyshares_equal(&found, &shares));
    CLEANUP(keyshares_free) struct keyshares second = {0};
    ck_assert_outcome(store_load_kept(store, STORE_STAGED, 1, &second, &err), OUTCOME_STORE_NOT_FOUND);
    return true;
}

static void nothing_is_lost(void)
{
    CLEANUP(keyshares_free) struct keyshares superseded = {0};
    const uint64_t old_epoch = 4;
    ck_assert(loads(&old_shares, &old_epoch));
    ck_assert(loads(&old_shares, NULL) || loads(&shares, NULL));
    ck_assert_outcome(store_load_kept(store, STORE_SUPERSEDED, 0, &superseded, &err),
                      OUTCOME_STORE_NOT_FOUND);
}

static void reopen(void)
{
    close_store();
    open_store_in(home);
}

static void leave(void)
{
    close_store();
    remove_tree(home);
    free(home);
    home = NULL;
}

/* Every other time what failed is tried again with the same handle before anything else. */
static bool at_once(void)
{
    static unsigned times;
    return ++times % 2;
}

/* ---- get and put ---- */

static result_t ask(const char *method, const char *target, const struct bytes *body, struct error *told)
{
    const struct route_request request = {method, target, (const char *)body->data, body->len, true};
    struct route_response response;
    context.store = store;
    route(&request, &context, &response);
    result_t result = response.outcome;
    told_staged = response.staged;
    bool whole = outcome_ok(result) == (response.status == 200);
    *told = response.detail;
    route_response_free(&response);
    return whole ? result : OUTCOME_INTERNAL;
}

static result_t get(struct error *told)
{
    return ask("GET", "/get_keyshares", &asked, told);
}

static result_t put(struct error *told)
{
    return ask("PUT", "/set_keyshares", &put_body, told);
}

static result_t import(struct error *told)
{
    return store_import(store, &keyset, 100, told);
}

static void put_before(void)
{
    ck_assert_outcome(put(&err), OUTCOME_KEYSHARES_STAGED);
}

static void import_before(void)
{
    put_before();
    ck_assert_outcome(import(&err), OUTCOME_KEYSHARES_STORED);
}

static void after_get(result_t result)
{
    (void)result;
    ck_assert_outcome(get(&err), OUTCOME_KEYSHARES_SERVED);
    nothing_is_lost();
    ck_assert(loads(&shares, NULL));
    leave();
}

/* From memory, and read anew. */
static result_t holds(struct error *told)
{
    TRY(store_holds(store, &keyset, 1, told));
    return store_holds(store, &keyset, 1 + STORE_SEEN_MS, told);
}

static void after_holds(result_t result)
{
    (void)result;
    ck_assert_ok_err(holds(&err), err);
    nothing_is_lost();
    leave();
}

static void after_put(result_t result)
{
    if (at_once())
        ck_assert_outcome(put(&err), OUTCOME_KEYSHARES_STAGED);
    for (int opened = 0; opened < 2; opened++) {
        ck_assert(staged() || result != OUTCOME_KEYSHARES_STAGED);
        ck_assert(told_staged || !staged());
        ck_assert(loads(&old_shares, NULL));
        nothing_is_lost();
        if (opened == 0)
            reopen();
    }
    ck_assert_outcome(put(&err), OUTCOME_KEYSHARES_STAGED);
    ck_assert(staged());
    leave();
}

static void after_import(result_t result)
{
    if (at_once())
        ck_assert_msg(outcome_ok(import(&err)), "%s", err.text);
    for (int opened = 0; opened < 2; opened++) {
        bool stored = loads(&shares, NULL);
        ck_assert(stored || !outcome_ok(result));
        ck_assert(stored || staged());
        nothing_is_lost();
        if (opened == 0)
            reopen();
    }
    ck_assert_msg(outcome_ok(import(&err)), "%s", err.text);
    ck_assert(loads(&shares, NULL));
    ck_assert(!staged());
    leave();
}

/* ---- several attempts, and quarantine ---- */

struct search {
    const struct keyshares *wanted;
    unsigned shelves; /* on which it was found, as bits */
};

static result_t look(const struct store_set *set, void *search_pointer, struct error *told)
{
    struct search *search = search_pointer;
    (void)told;
    if (set->shares && keyshares_equal(set->shares, search->wanted))
        search->shelves |= 1u << set->shelf;
    return OUTCOME_OK;
}

static unsigned shelves_of(const struct keyshares *wanted)
{
    struct search search = {.wanted = wanted};
    ck_assert_ok_err(store_each_set(store, look, &search, &err), err);
    return search.shelves;
}

#define ON(shelf) (1u << (shelf))

/* An attempt of epoch 5 is stored, and another one was put, which is the contract's. */
static void attempt_before(void)
{
    ck_assert_outcome(store_put(store, &failed_shares, &err), OUTCOME_KEYSHARES_STORED);
    put_before();
}

static void after_displacing(result_t result)
{
    if (at_once())
        ck_assert_msg(outcome_ok(import(&err)), "%s", err.text);
    for (int opened = 0; opened < 2; opened++) {
        ck_assert(shelves_of(&shares) != 0);
        ck_assert((shelves_of(&failed_shares) & (ON(STORE_STORED) | ON(STORE_ATTEMPTS))) != 0);
        ck_assert(loads(&shares, NULL) || (!outcome_ok(result) && loads(&failed_shares, NULL)));
        if (opened == 0)
            reopen();
    }
    ck_assert_msg(outcome_ok(import(&err)), "%s", err.text);
    ck_assert(loads(&shares, NULL));
    ck_assert_uint_eq(shelves_of(&failed_shares), ON(STORE_ATTEMPTS));
    leave();
}

static const uint64_t epoch_5 = 5;
static const struct store_choice choice = {.epoch = &epoch_5, .even_adopted = true};

static result_t quarantine(struct error *told)
{
    CLEANUP(keyshares_free) struct keyshares taken = {0};
    return store_quarantine(store, &choice, &taken, told);
}

static result_t restore(struct error *told)
{
    CLEANUP(keyshares_free) struct keyshares taken = {0};
    return store_restore(store, &choice, &taken, told);
}

static void quarantine_before(void)
{
    import_before();
    ck_assert_ok_err(quarantine(&err), err);
}

static void after_quarantine(result_t result)
{
    for (int opened = 0; opened < 2; opened++) {
        ck_assert(shelves_of(&shares) != 0);
        ck_assert(result != OUTCOME_OK || shelves_of(&shares) == ON(STORE_QUARANTINED));
        if (opened == 0)
            reopen();
    }
    if (shelves_of(&shares) != ON(STORE_QUARANTINED))
        ck_assert_ok_err(quarantine(&err), err);
    ck_assert_uint_eq(shelves_of(&shares), ON(STORE_QUARANTINED));
    ck_assert_outcome(get(&err), OUTCOME_KEYSHARES_NOT_HELD);
    leave();
}

static void after_restore(result_t result)
{
    ck_assert(shelves_of(&shares) != 0);
    reopen();
    if (shelves_of(&shares) & ON(STORE_QUARANTINED))
        ck_assert_msg(!outcome_ok(result) && outcome_ok(restore(&err)), "%s", err.text);
    ck_assert_outcome(get(&err), OUTCOME_KEYSHARES_SERVED);
    leave();
}

/* ---- the outbox ---- */

static const char transaction[] = "a signed transaction";

static bool outbox_holds(const char *text)
{
    CLEANUP(bytes_free) struct bytes found = {0};
    result_t result = store_outbox_get(store, &found, &err);
    if (result == OUTCOME_STORE_NOT_FOUND)
        return text == NULL;
    ck_assert_ok_err(result, err);
    return text && found.len == strlen(text) && memcmp(found.data, text, found.len) == 0;
}

static result_t outbox_put(struct error *told)
{
    return store_outbox_put(store, transaction, strlen(transaction), told);
}

static void outbox_before(void)
{
    ck_assert_ok_err(outbox_put(&err), err);
}

static void after_outbox_put(result_t result)
{
    ck_assert(outbox_holds(transaction) || (!outcome_ok(result) && outbox_holds(NULL)));
    ck_assert_ok_err(outbox_put(&err), err);
    reopen();
    ck_assert(outbox_holds(transaction));
    leave();
}

static result_t outbox_clear(struct error *told)
{
    return store_outbox_clear(store, told);
}

static void after_outbox_clear(result_t result)
{
    ck_assert(outbox_holds(NULL) || (!outcome_ok(result) && outbox_holds(transaction)));
    ck_assert_ok_err(outbox_clear(&err), err);
    reopen();
    ck_assert(outbox_holds(NULL));
    leave();
}

/* ---- opening ---- */

static void prepare_to_open(void)
{
    home = fresh_dir();
    copy_tree(template_home, home);
}

static result_t open_home(struct error *told)
{
    const struct store_options options = {.home_dir = home, .kind = STORE_AUTO, .key = &store_key};
    return store_open(&options, &store, told);
}

static void after_open(result_t result)
{
    if (!outcome_ok(result)) {
        ck_assert_ptr_null(store);
        ck_assert_ok_err(open_home(&err), err);
    }
    ck_assert_int_eq(store_kind(store), kind);
    nothing_is_lost();
    leave();
}

/* ---- opening what a Rust node left that was stopped ---- */

#define LONG_AGO 1700000000

static void mend_before(void)
{
    ck_assert_outcome(store_put(store, &shares, &err), OUTCOME_KEYSHARES_STORED);
}

static void make_old(const char *path)
{
    const struct timespec times[2] = {{.tv_sec = LONG_AGO}, {.tv_sec = LONG_AGO}};
    ck_assert_int_eq(utimensat(AT_FDCWD, path, times, 0), 0);
}

static bool home_has(const char *name)
{
    CLEANUP(free_text) char *path = file_path(home, name);
    return file_exists(path);
}

#define OLD_FILE  "permanent_keys/epoch_4_with_3_domains"
#define NEW_FILE  "permanent_keys/epoch_5_with_3_domains"
#define HALF_FILE "permanent_keys/epoch_6_with_3_domains"

/* It was stopped twice: with half a file written, and before that in front of its link. */
static void prepare_to_mend(void)
{
    prepare_to_open();
    CLEANUP(free_text) char *key = file_path(home, "key");
    CLEANUP(free_text) char *old_file = file_path(home, OLD_FILE);
    CLEANUP(free_text) char *new_file = file_path(home, NEW_FILE);
    CLEANUP(free_text) char *half_file = file_path(home, HALF_FILE);
    ck_assert_int_eq(unlink(key), 0);
    ck_assert_int_eq(link(old_file, key), 0);
    ck_assert_ok_err(file_write(half_file, "half a file, and no more of it", 30, &err), err);
    make_old(new_file);
    make_old(half_file);
}

static void after_mend(result_t result)
{
    if (!outcome_ok(result)) {
        ck_assert_ptr_null(store);
        ck_assert_ok_err(open_home(&err), err);
    }
    ck_assert(loads(&shares, NULL));
    nothing_is_lost();
    ck_assert(!home_has(HALF_FILE));
    ck_assert(home_has("migration-store/torn_epoch_6_with_3_domains.1700000000"));
    leave();
}

static void prepare_new(void)
{
    home = fresh_dir();
}

static void after_open_new(result_t result)
{
    if (!outcome_ok(result))
        ck_assert_ok_err(open_home(&err), err);
    ck_assert_outcome(store_put(store, &old_shares, &err), OUTCOME_KEYSHARES_STORED);
    leave();
}

/* ---- the table ---- */

/* When the shares are stored, older temporary ones are dropped; where that fails they stay, and it is
 * logged. */
static const struct sweep_row import_rows[] = {
    {FAULT_MEMORY, "asprintf", 0, true, {OUTCOME_NO_MEMORY}},
    {FAULT_SYSTEM, "opendir", ENOMEM, true, {OUTCOME_NO_MEMORY}},
    {FAULT_SYSTEM, "opendir", 0, true, {OUTCOME_STORE_IO}},
    {FAULT_SYSTEM, "readdir", 0, true, {OUTCOME_STORE_IO}},
    SWEEP_ROWS_END,
};

/* Of all sets: one that cannot be opened is passed over, for `keyshares verify` tells of it; and a keyset
 * that finds no memory to be read in place is read as a tree. */
static const struct sweep_row all_sets_rows[] = {
    {FAULT_MEMORY, "calloc", 0, true, {OUTCOME_NO_MEMORY}},
    {FAULT_LMDB, "mdb_get", MDB_CORRUPTED, true, {OUTCOME_STORE_CORRUPT, OUTCOME_STORE_NOT_FOUND}},
    {FAULT_LMDB, "mdb_get", MDB_PAGE_NOTFOUND, true, {OUTCOME_STORE_CORRUPT, OUTCOME_STORE_NOT_FOUND}},
    {FAULT_MEMORY, "asprintf", 0, true, {OUTCOME_NO_MEMORY}},
    {FAULT_SYSTEM, "opendir", ENOMEM, true, {OUTCOME_NO_MEMORY}},
    {FAULT_SYSTEM, "opendir", 0, true, {OUTCOME_STORE_IO}},
    {FAULT_SYSTEM, "readdir", 0, true, {OUTCOME_STORE_IO}},
    SWEEP_ROWS_END,
};

static const struct operation {
    struct sweep sweep;
    void (*more)(void); /* in the home before */
} operations[] = {
    {{"get", prepare, get, after_get, NULL, false}, import_before},
    {{"holds", prepare, holds, after_holds, NULL, false}, import_before},
    {{"put", prepare, put, after_put, NULL, false}, NULL},
    {{"import", prepare, import, after_import, import_rows, false}, put_before},
    {{"import over an attempt", prepare, import, after_displacing, all_sets_rows, false}, attempt_before},
    {{"quarantine", prepare, quarantine, after_quarantine, all_sets_rows, false}, import_before},
    {{"restore", prepare, restore, after_restore, all_sets_rows, false}, quarantine_before},
    {{"outbox put", prepare, outbox_put, after_outbox_put, NULL, false}, NULL},
    {{"outbox clear", prepare, outbox_clear, after_outbox_clear, NULL, false}, outbox_before},
    {{"open", prepare_to_open, open_home, after_open, NULL, false}, NULL},
    {{"open a new home", prepare_new, open_home, after_open_new, NULL, false}, NULL},
};

/* Each operation over each store, in each class. */
START_TEST(whatever_fails_once_is_told_and_nothing_is_lost)
{
    unsigned at = (unsigned)_i;
    enum fault_class class = at % SWEEP_CLASSES;
    const struct operation *operation = &operations[at / SWEEP_CLASSES % ARRAY_LEN(operations)];
    make_template(kinds[at / SWEEP_CLASSES / ARRAY_LEN(operations)], operation->more);
    printf("%s, ", store_kind_name(kind));
    sweep_run(&operation->sweep, class);
}
END_TEST

/* Only a Rust node's home is mended. */
START_TEST(a_mending_that_fails_once_is_told_and_the_next_open_mends)
{
    static const struct sweep mending = {
        "open and mend", prepare_to_mend, open_home, after_mend, NULL, false};
    make_template(STORE_MPC_HOME, mend_before);
    printf("%s, ", store_kind_name(kind));
    sweep_run(&mending, (enum fault_class)_i);
}
END_TEST

int main(void)
{
    sweep_in_memory();
    SUITE_WITH_CASE(suite, tcase, "node/failures/store");
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_loop_test(tcase, whatever_fails_once_is_told_and_nothing_is_lost, 0,
                        (int)(ARRAY_LEN(kinds) * ARRAY_LEN(operations) * SWEEP_CLASSES));
    tcase_add_loop_test(tcase, a_mending_that_fails_once_is_told_and_the_next_open_mends, 0, SWEEP_CLASSES);
    return run_suite(suite);
}
