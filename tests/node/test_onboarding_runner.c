/* A node's onboarding without a thread: time is what the test says, and passes at once. */
#include "node/onboarding_runner.h"

#include <string.h>

#include "common/os/rpc.h"
#include "node/store.h"
#include "tests/support/memory_records.h"
#include "tests/support/stage.h"
#include "tests/support/story.h"
#include "tests/support/support.h"

#define MAX_AGE_MS 60000
#define HEIGHT     100000100u
#define MINE       2
#define OTHERS     1

/* --- a chain behind struct rpc_ops that executes whatever it is sent --- */

static struct {
    bool away;
    unsigned sends;
    bool seen; /* the transaction that was sent is known */
} chain;

static result_t away(struct error *err)
{
    return error_set(err, OUTCOME_RPC_UNREACHABLE, "nobody answers");
}

static result_t give_view(struct rpc *rpc, const char *account_id, const char *method, const void *args,
                          size_t args_len, const uint8_t *block_hash, struct rpc_view *out, struct error *err)
{
    (void)rpc, (void)account_id, (void)args, (void)args_len, (void)block_hash;
    *out = (struct rpc_view){.height = HEIGHT};
    if (chain.away)
        return away(err);
    ck_assert_str_eq(method, "get_attestation");
    return bytes_append_text(&out->data, "{\"Mock\":\"Valid\"}");
}

static result_t give_access_key(struct rpc *rpc, const char *account_id, const struct ed25519_public_key *key,
                                const uint8_t *block_hash, struct rpc_access_key *out, struct error *err)
{
    (void)rpc, (void)account_id, (void)key, (void)block_hash;
    *out = (struct rpc_access_key){.key = {.nonce = 7, .full_access = true}, .height = HEIGHT};
    return chain.away ? away(err) : OUTCOME_OK;
}

static result_t give_block(struct rpc *rpc, enum rpc_finality finality, struct rpc_block *out,
                           struct error *err)
{
    (void)rpc, (void)finality;
    *out = (struct rpc_block){.height = HEIGHT};
    return chain.away ? away(err) : OUTCOME_OK;
}

static result_t give_block_by_hash(struct rpc *rpc, const uint8_t hash[SHA256_LEN], struct rpc_block *out,
                                   struct error *err)
{
    TRY(give_block(rpc, RPC_FINAL, out, err));
    memcpy(out->hash, hash, SHA256_LEN);
    return OUTCOME_OK;
}

static result_t give_status(struct rpc *rpc, struct rpc_status *out, struct error *err)
{
    (void)rpc;
    *out = (struct rpc_status){.latest_height = HEIGHT};
    return chain.away ? away(err) : OUTCOME_OK;
}

static result_t take_tx(struct rpc *rpc, const void *signed_tx, size_t len, enum rpc_wait wait,
                        struct rpc_tx *out, struct error *err)
{
    (void)rpc, (void)signed_tx, (void)len, (void)wait;
    *out = (struct rpc_tx){.fate = RPC_TX_UNCLEAR};
    if (chain.away)
        return away(err);
    chain.sends++;
    chain.seen = true;
    out->fate = RPC_TX_EXECUTED;
    return OUTCOME_OK;
}

static result_t tell_tx(struct rpc *rpc, const uint8_t hash[SHA256_LEN], const char *signer_id,
                        enum rpc_wait wait, struct rpc_tx *out, struct error *err)
{
    (void)rpc, (void)hash, (void)signer_id, (void)wait;
    *out = (struct rpc_tx){.fate = chain.seen ? RPC_TX_EXECUTED : RPC_TX_NOT_SEEN};
    return chain.away ? away(err) : OUTCOME_OK;
}

static void nothing(struct rpc *rpc)
{
    (void)rpc;
}

static const char *name_chain(const struct rpc *rpc)
{
    (void)rpc;
    return "chain";
}

static const struct rpc_ops ops = {
    .block = give_block,
    .block_by_hash = give_block_by_hash,
    .status = give_status,
    .view = give_view,
    .view_access_key = give_access_key,
    .send_tx = take_tx,
    .tx_status = tell_tx,
    .name = name_chain,
    .abort = nothing,
    .close = nothing,
};

/* --- one node --- */

static struct rpc rpc = {.ops = &ops};
static struct panel *panel;
static struct memory_records *disk;
static struct store *store;
static struct snapshot_cell cell;
static struct account_id account_id, contract_id;
static struct ed25519_public_key p2p_key;
static struct ed25519_keypair signer;
static struct chain_now now;
static struct onboarding_runner runner;
static uint64_t height;

static struct chain_now read_clock(void *context)
{
    return *(struct chain_now *)context;
}

static void pass(uint64_t ms)
{
    now.wall_ms += ms;
    now.mono_ms += ms;
}

static void setup(void)
{
    struct rpc *rpcs[] = {&rpc};
    uint8_t bytes[16] = {1}, seed[ED25519_KEY_LEN] = {102};
    const struct secret key = {.data = bytes, .len = sizeof bytes, .cap = sizeof bytes};
    struct error err;
    memset(&chain, 0, sizeof chain);
    now = (struct chain_now){.wall_ms = 1700000000000, .mono_ms = 1000};
    height = HEIGHT;
    disk = memory_records_make();
    const struct store_options store_options = {
        .kind = STORE_LMDB, .key = &key, .records = memory_records_of(disk)};
    ck_assert_ok_err(store_open(&store_options, &store, &err), err);
    ck_assert_ok_err(panel_open(rpcs, 1, false, &panel, &err), err);
    snapshot_cell_init(&cell);
    account_id = story_account();
    ck_assert(account_id_set(&contract_id, STORY_CONTRACT, strlen(STORY_CONTRACT)));
    p2p_key = story_key(MINE);
    ck_assert_ok(ed25519_keypair_from_seed(seed, &signer));
    const struct onboarding_runner_options options = {
        .account_id = &account_id,
        .contract_id = &contract_id,
        .p2p_key = &p2p_key,
        .signer = &signer,
        .store = store,
        .cell = &cell,
        .panel = panel,
        .max_view_age_ms = MAX_AGE_MS,
        .clock = {.read = read_clock, .context = &now},
    };
    onboarding_runner_init(&runner, &options, NULL, NULL);
}

static void teardown(void)
{
    onboarding_runner_free(&runner);
    panel_close(panel);
    snapshot_cell_free(&cell);
    store_close(store);
    memory_records_free(disk);
    ed25519_keypair_free(&signer);
}

/* A view of now: the account is listed with one key, and moves to mine or not. */
static void see(uint8_t listed, uint8_t destination)
{
    const struct story story = {.phase = PROTOCOL_RUNNING,
                                .epoch_id = 5,
                                .domains = 2,
                                .listed_key = listed,
                                .destination = destination,
                                .signer = 1};
    const struct chain_snapshot *snapshot = story_snapshot(&story, height++, now);
    for (size_t i = 0; i < snapshot->migrations.count; i++)
        snapshot->migrations.entries[i].destination.signer_account_pk = signer.public_key;
    snapshot_cell_publish(&cell, snapshot);
}

static void put(void)
{
    CLEANUP(keyset_free) struct keyset keyset = {0};
    CLEANUP(keyshares_free) struct keyshares shares = {0};
    struct error err;
    story_keyset(5, 2, &keyset);
    story_keyshares(5, 2, 9, &shares);
    ck_assert_outcome(stage_shares(store, &keyset, &shares, &err), OUTCOME_KEYSHARES_STAGED);
}

START_TEST(a_migration_runs_to_its_end_in_the_steps_that_it_is_given)
{
    ck_assert_uint_eq(onboarding_runner_wait_ms(&runner), ONBOARDING_NEVER);
    see(OTHERS, MINE);
    onboarding_runner_step(&runner, false);
    ck_assert_int_eq(runner.status.stage, STAGE_AWAIT_SHARES);
    put();
    onboarding_runner_step(&runner, true);
    ck_assert_int_eq(runner.status.stage, STAGE_OBSERVING);
    ck_assert_uint_eq(chain.sends, 1);
    ck_assert_uint_eq(onboarding_runner_wait_ms(&runner), ONBOARDING_OBSERVE_MS);
    see(MINE, 0);
    onboarding_runner_step(&runner, false);
    ck_assert_int_eq(runner.status.node_status, NODE_ACTIVE);
    ck_assert_uint_eq(chain.sends, 1);
}
END_TEST

START_TEST(without_an_rpc_the_conclude_waits_and_goes_out_when_it_is_back)
{
    chain.away = true;
    see(OTHERS, MINE);
    put();
    onboarding_runner_step(&runner, true);
    ck_assert_uint_eq(chain.sends, 0);
    for (int i = 0; i < 20; i++) {
        uint64_t wait_ms = onboarding_runner_wait_ms(&runner);
        ck_assert_uint_le(wait_ms, ONBOARDING_BACKOFF_MAX_MS);
        pass(wait_ms);
        see(OTHERS, MINE);
        onboarding_runner_step(&runner, false);
    }
    ck_assert_uint_eq(chain.sends, 0);
    ck_assert_uint_gt(runner.status.conclude_rounds, 5);
    chain.away = false;
    while (chain.sends == 0) {
        pass(onboarding_runner_wait_ms(&runner));
        see(OTHERS, MINE);
        onboarding_runner_step(&runner, false);
        ck_assert_uint_lt(now.mono_ms, 4 * 3600 * 1000);
    }
    ck_assert_uint_eq(chain.sends, 1);
}
END_TEST

START_TEST(a_view_that_grows_old_is_told_when_its_time_has_come)
{
    see(MINE, 0);
    onboarding_runner_step(&runner, false);
    ck_assert_uint_eq(onboarding_runner_wait_ms(&runner), MAX_AGE_MS);
    pass(MAX_AGE_MS);
    onboarding_runner_step(&runner, false);
    ck_assert_int_eq(runner.status.situation, SITUATION_VIEW_STALE);
    ck_assert_uint_eq(onboarding_runner_wait_ms(&runner), ONBOARDING_NEVER);
    see(MINE, 0);
    onboarding_runner_step(&runner, false);
    ck_assert_int_ne(runner.status.situation, SITUATION_VIEW_STALE);
}
END_TEST

int main(void)
{
    SUITE_WITH_CASE(suite, tcase, "node/onboarding_runner");
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, a_migration_runs_to_its_end_in_the_steps_that_it_is_given);
    tcase_add_test(tcase, without_an_rpc_the_conclude_waits_and_goes_out_when_it_is_back);
    tcase_add_test(tcase, a_view_that_grows_old_is_told_when_its_time_has_come);
    return run_suite(suite);
}
