/* Every call of a conclude, and of onboarding from the staged shares to the sent transaction, failing once
 * in each of its ways (tests/support/sweep.h), with a chain in memory: what was signed is what is sent,
 * nothing else is ever sent for the same record, and when the failure has passed the migration is
 * concluded by itself. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <lmdb.h>

#include "node/conclude.h"
#include "node/onboarding_runner.h"
#include "node/panel.h"
#include "node/store.h"
#include "tests/support/copy_tree.h"
#include "tests/support/endpoint.h"
#include "tests/support/fake_source.h"
#include "tests/support/stage.h"
#include "tests/support/story.h"
#include "tests/support/support.h"
#include "tests/support/sweep.h"

#define HEIGHT  100
#define MINE    1
#define OTHERS  2
#define DOMAINS 3

/* More steps than a migration takes after a failure. */
#define STEPS_MAX 40

static const uint8_t binding[SHA256_LEN] = {1};
static const uint8_t other_binding[SHA256_LEN] = {2};

/* A chain whose own calls do not fail. */
struct quiet_rpc {
    struct rpc rpc;
    struct fake_source chain;
};

static char *template_home, *home;
static struct secret store_key;
static struct ed25519_keypair signer;
static struct account_id account_id, contract_id;
static struct ed25519_public_key p2p_key;
static struct keyset keyset;
static struct keyshares shares;
static struct quiet_rpc rpc;
static struct panel *panel;
static struct store *store;
static struct snapshot_cell cell;
static const struct chain_snapshot *snapshot;
static uint64_t height; /* of the last view */
static struct chain_now now;
static struct conclude conclude;
static struct onboarding_runner runner;
static struct error err;

/* ---- the chain ---- */

#define QUIET(name, parameters, arguments)                                                                   \
    static result_t quiet_##name parameters                                                                  \
    {                                                                                                        \
        struct rpc *inner = &((struct quiet_rpc *)outer)->chain.rpc;                                         \
        faults_pause();                                                                                      \
        result_t result = inner->ops->name arguments;                                                        \
        faults_go_on();                                                                                      \
        return result;                                                                                       \
    }

QUIET(block, (struct rpc * outer, enum rpc_finality finality, struct rpc_block *out, struct error *told),
      (inner, finality, out, told))
QUIET(block_by_hash,
      (struct rpc * outer, const uint8_t hash[SHA256_LEN], struct rpc_block *out, struct error *told),
      (inner, hash, out, told))
QUIET(status, (struct rpc * outer, struct rpc_status *out, struct error *told), (inner, out, told))
QUIET(view,
      (struct rpc * outer, const char *account, const char *method, const void *args, size_t len,
       const uint8_t *hash, struct rpc_view *out, struct error *told),
      (inner, account, method, args, len, hash, out, told))
QUIET(view_access_key,
      (struct rpc * outer, const char *account, const struct ed25519_public_key *key, const uint8_t *hash,
       struct rpc_access_key *out, struct error *told),
      (inner, account, key, hash, out, told))
QUIET(send_tx,
      (struct rpc * outer, const void *tx, size_t len, enum rpc_wait wait, struct rpc_tx *out,
       struct error *told),
      (inner, tx, len, wait, out, told))
QUIET(tx_status,
      (struct rpc * outer, const uint8_t hash[SHA256_LEN], const char *account, enum rpc_wait wait,
       struct rpc_tx *out, struct error *told),
      (inner, hash, account, wait, out, told))

static const char *quiet_name(const struct rpc *outer)
{
    (void)outer;
    return "chain";
}

static void quiet_abort(struct rpc *outer)
{
    (void)outer;
}

static const struct rpc_ops quiet_ops = {
    .block = quiet_block,
    .block_by_hash = quiet_block_by_hash,
    .status = quiet_status,
    .view = quiet_view,
    .view_access_key = quiet_view_access_key,
    .send_tx = quiet_send_tx,
    .tx_status = quiet_tx_status,
    .name = quiet_name,
    .abort = quiet_abort,
};

static const struct story story = {.phase = PROTOCOL_RUNNING,
                                   .epoch_id = 5,
                                   .domains = DOMAINS,
                                   .listed_key = OTHERS,
                                   .destination = MINE,
                                   .signer = 9};

static struct chain_now read_clock(void *context)
{
    (void)context;
    return now;
}

/* ---- before and after ---- */

static void open_store(const char *dir)
{
    const struct store_options options = {.home_dir = dir, .kind = STORE_LMDB, .key = &store_key};
    ck_assert_ok_err(store_open(&options, &store, &err), err);
}

static void close_store(void)
{
    store_close(store);
    store = NULL;
}

static void setup(void)
{
    static const uint8_t key[16];
    ck_assert_ok(secret_copy(&store_key, key, sizeof key));
    endpoint_keypair(0x61, &signer);
    account_id = story_account();
    p2p_key = story_key(MINE);
    ck_assert(account_id_set(&contract_id, STORY_CONTRACT, strlen(STORY_CONTRACT)));
    story_keyset(story.epoch_id, DOMAINS, &keyset);
    story_keyshares(story.epoch_id, DOMAINS, 1, &shares);
    template_home = fresh_dir();
    open_store(template_home);
    ck_assert_outcome(stage_shares(store, &keyset, &shares, &err), OUTCOME_KEYSHARES_STAGED);
    close_store();
}

static void teardown(void)
{
    free(template_home);
    keyset_free(&keyset);
    keyshares_free(&shares);
    ed25519_keypair_free(&signer);
    secret_free(&store_key);
}

static const struct chain_snapshot *make_snapshot(const struct story *said, uint64_t at)
{
    const struct chain_snapshot *made = story_snapshot(said, at, now);
    /* Nobody else has it yet. */
    ((struct chain_snapshot *)(uintptr_t)made)->migrations.entries[0].destination.signer_account_pk =
        signer.public_key;
    return made;
}

static void prepare(void)
{
    now = (struct chain_now){.wall_ms = FAKE_NOW_MS(HEIGHT), .mono_ms = 1000000};
    home = fresh_dir();
    copy_tree(template_home, home);
    open_store(home);
    rpc = (struct quiet_rpc){.rpc.ops = &quiet_ops};
    fake_source_init(&rpc.chain, "chain", &story, HEIGHT);
    struct rpc *rpcs[] = {&rpc.rpc};
    ck_assert_ok_err(panel_open(rpcs, 1, false, &panel, &err), err);
    height = HEIGHT;
    snapshot = make_snapshot(&story, height);
}

static bool outbox_is_empty(void)
{
    CLEANUP(bytes_free) struct bytes found = {0};
    result_t result = store_outbox_get(store, &found, &err);
    ck_assert_msg(result == OUTCOME_OK || result == OUTCOME_STORE_NOT_FOUND, "%s", err.text);
    return result == OUTCOME_STORE_NOT_FOUND;
}

static bool outbox_holds_what_was_sent(void)
{
    CLEANUP(bytes_free) struct bytes found = {0};
    const struct bytes *sent = &rpc.chain.sent[0];
    ck_assert_uint_gt(rpc.chain.sent_count, 0);
    ck_assert_ok_err(store_outbox_get(store, &found, &err), err);
    return memmem(found.data, found.len, sent->data, sent->len) != NULL;
}

/* Whatever was sent for one record is the same bytes. */
static void sent_is_one_transaction(void)
{
    ck_assert_uint_gt(rpc.chain.sent_count, 0);
    for (unsigned i = 1; i < rpc.chain.sent_count; i++) {
        ck_assert_uint_eq(rpc.chain.sent[i].len, rpc.chain.sent[0].len);
        ck_assert_mem_eq(rpc.chain.sent[i].data, rpc.chain.sent[0].data, rpc.chain.sent[0].len);
    }
}

static void leave(void)
{
    panel_close(panel);
    fake_source_free(&rpc.chain);
    close_store();
    remove_tree(home);
    free(home);
}

/* ---- a conclude ---- */

static void begin_conclude(void)
{
    conclude = (struct conclude){.account_id = &account_id,
                                 .contract_id = &contract_id,
                                 .p2p_key = &p2p_key,
                                 .signer = &signer,
                                 .store = store,
                                 .panel = panel};
}

static void prepare_conclude(void)
{
    prepare();
    ck_assert_outcome(store_import(store, &keyset, HEIGHT, &err), OUTCOME_KEYSHARES_STORED);
    begin_conclude();
}

static result_t run_conclude(struct error *told)
{
    conclude_round(&conclude, snapshot, binding, now.mono_ms);
    *told = conclude.report.last;
    return conclude.report.last.code;
}

/* Let rounds follow until it is sent, and one more after a restart; then the contract shows that it
 * helped. */
static void after_conclude(result_t result)
{
    if (result == OUTCOME_OK)
        ck_assert_uint_eq(rpc.chain.sent_count, 1);
    for (int i = 0; i < STEPS_MAX && rpc.chain.sent_count == 0; i++)
        ck_assert_ok_err(run_conclude(&err), err);
    ck_assert(outbox_holds_what_was_sent());
    begin_conclude();
    rpc.chain.manner.status.fate = RPC_TX_EXECUTED;
    ck_assert_ok_err(run_conclude(&err), err);
    sent_is_one_transaction();
    conclude_retire(&conclude, HEIGHT + 1, other_binding);
    ck_assert(outbox_is_empty());
    chain_snapshot_unref(snapshot);
    leave();
}

/* ---- onboarding ---- */

static void prepare_onboarding(void)
{
    const struct onboarding_runner_options options = {
        .account_id = &account_id,
        .contract_id = &contract_id,
        .p2p_key = &p2p_key,
        .signer = &signer,
        .store = NULL,
        .cell = &cell,
        .clock = {.read = read_clock},
    };
    prepare();
    snapshot_cell_init(&cell);
    struct onboarding_runner_options filled = options;
    filled.store = store;
    filled.panel = panel;
    onboarding_runner_init(&runner, &filled, NULL, NULL);
    snapshot_cell_publish(&cell, snapshot);
}

static result_t onboard(struct error *told)
{
    onboarding_runner_step(&runner, true);
    *told = runner.status.conclude;
    return OUTCOME_OK;
}

/* A view that could not be read is not waited for again: the next block brings one. */
static void wait_and_step(void)
{
    uint64_t wait_ms = onboarding_runner_wait_ms(&runner);
    if (wait_ms == ONBOARDING_NEVER)
        snapshot_cell_publish(&cell, make_snapshot(&story, rpc.chain.manner.height = ++height));
    else
        now.mono_ms += wait_ms;
    onboarding_runner_step(&runner, false);
}

/* A view in which the contract lists this node, and no record. */
static void publish_concluded(void)
{
    struct story concluded = story;
    concluded.listed_key = MINE;
    concluded.destination = 0;
    snapshot_cell_publish(&cell, make_snapshot(&concluded, ++height));
}

static void after_onboarding(result_t result)
{
    CLEANUP(keyshares_free) struct keyshares stored = {0};
    (void)result;
    for (int i = 0; i < STEPS_MAX && rpc.chain.sent_count == 0; i++)
        wait_and_step();
    ck_assert(outbox_holds_what_was_sent());
    rpc.chain.manner.status.fate = RPC_TX_EXECUTED;
    wait_and_step();
    sent_is_one_transaction();
    publish_concluded();
    onboarding_runner_step(&runner, false);
    ck_assert(outbox_is_empty());
    ck_assert_int_eq(runner.status.situation, SITUATION_ACTIVE);
    ck_assert_ok_err(store_load(store, NULL, &stored, &err), err);
    ck_assert(keyshares_equal(&stored, &shares));
    onboarding_runner_free(&runner);
    snapshot_cell_free(&cell);
    leave();
}

/* ---- the table ---- */

/* What is sent is remembered by the chain too: an outbox record that cannot be opened is dropped. */
static const struct sweep_row conclude_rows[] = {
    {FAULT_LMDB, "mdb_get", MDB_CORRUPTED, true, {OUTCOME_STORE_CORRUPT}},
    {FAULT_LMDB, "mdb_get", MDB_PAGE_NOTFOUND, true, {OUTCOME_STORE_CORRUPT}},
    SWEEP_ROWS_END,
};

/* A step always ends; what it could not do is in the status, and is done later. */
static const struct sweep_row onboarding_rows[] = {
    {FAULT_MEMORY, NULL, 0, true, {OUTCOME_OK}},
    {FAULT_SYSTEM, NULL, 0, true, {OUTCOME_OK}},
    {FAULT_LMDB, NULL, 0, true, {OUTCOME_OK}},
    {FAULT_CRYPTO, NULL, 0, true, {OUTCOME_OK}},
    SWEEP_ROWS_END,
};

static const struct sweep operations[] = {
    {"conclude", prepare_conclude, run_conclude, after_conclude, conclude_rows, false},
    {"onboarding", prepare_onboarding, onboard, after_onboarding, onboarding_rows, false},
};

START_TEST(whatever_fails_once_the_migration_is_concluded_with_one_transaction)
{
    sweep_run(&operations[_i / SWEEP_CLASSES], (enum fault_class)(_i % SWEEP_CLASSES));
}
END_TEST

int main(void)
{
    sweep_in_memory();
    SUITE_WITH_CASE(suite, tcase, "node/failures/conclude");
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_loop_test(tcase, whatever_fails_once_the_migration_is_concluded_with_one_transaction, 0,
                        (int)(ARRAY_LEN(operations) * SWEEP_CLASSES));
    return run_suite(suite);
}
