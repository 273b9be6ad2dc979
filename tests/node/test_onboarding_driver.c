#include "tests/support/support.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "common/os/clock.h"
#include "common/os/log.h"
#include "common/os/rpc.h"
#include "node/metrics.h"
#include "node/onboarding_driver.h"
#include "node/snapshot.h"
#include "node/store.h"
#include "tests/support/fake_rpc.h"
#include "tests/support/memory_records.h"
#include "tests/support/stage.h"
#include "tests/support/story.h"

#define HEIGHT    100000100u
#define HASH_TEXT "$BLOCK"
#define DEADLINE  20000 /* ms, for what has to happen at once */

/* One node: its own store, its own RPC, one contract for all. */
struct node {
    uint8_t key;
    struct fake_rpc *fake;
    struct rpc *rpc;
    struct panel *panel;
    struct memory_records *disk;
    struct store *store;
    struct ed25519_public_key p2p_key;
    struct ed25519_keypair signer;
    struct account_id account_id;
    struct account_id contract_id;
    struct snapshot_cell cell;
    struct onboarding_driver *driver;
    uint64_t max_view_age_ms;
    uint64_t height;
};

static void serve_chain(const struct node *node)
{
    fake_rpc_view(node->fake, "query:get_attestation", "{\"Mock\":\"Valid\"}", HEIGHT, HASH_TEXT);
    fake_rpc_result(
        node->fake, "query:view_access_key",
        "{\"nonce\":7,\"permission\":\"FullAccess\",\"block_height\":100000100,\"block_hash\":\"" HASH_TEXT
        "\"}");
    fake_rpc_result(node->fake, "send_tx",
                    "{\"final_execution_status\":\"FINAL\",\"status\":{\"SuccessValue\":\"\"}}");
    fake_rpc_error(node->fake, "tx", 200,
                   "{\"name\":\"HANDLER_ERROR\",\"cause\":{\"name\":\"UNKNOWN_TRANSACTION\",\"info\":{}},"
                   "\"code\":-32000,\"message\":\"Server error\",\"data\":\"none\"}");
}

static void open_rpc(struct node *node)
{
    struct rpc_config config = {.url = fake_rpc_url(node->fake), .timeout_ms = 20000};
    struct error err;
    ck_assert_ok_err(rpc_open(&config, &node->rpc, &err), err);
    ck_assert_ok_err(panel_open(&node->rpc, 1, false, &node->panel, &err), err);
}

static void set_up(struct node *node, uint8_t key)
{
    CLEANUP(secret_free) struct secret store_key = {0};
    uint8_t seed[ED25519_KEY_LEN];
    struct error err;
    memset(seed, key + 100, sizeof seed);
    *node = (struct node){.key = key, .fake = fake_rpc_start(), .p2p_key = story_key(key), .height = HEIGHT};
    node->account_id = story_account();
    ck_assert(account_id_set(&node->contract_id, STORY_CONTRACT, strlen(STORY_CONTRACT)));
    ck_assert_ok(ed25519_keypair_from_seed(seed, &node->signer));
    ck_assert_ok(secret_make(&store_key, 16));
    node->disk = memory_records_make();
    const struct store_options options = {
        .kind = STORE_LMDB, .key = &store_key, .records = memory_records_of(node->disk)};
    ck_assert_ok_err(store_open(&options, &node->store, &err), err);
    snapshot_cell_init(&node->cell);
    serve_chain(node);
    open_rpc(node);
}

static void start(struct node *node)
{
    struct onboarding_runner_options options = {.account_id = &node->account_id,
                                                .contract_id = &node->contract_id,
                                                .p2p_key = &node->p2p_key,
                                                .signer = &node->signer,
                                                .store = node->store,
                                                .cell = &node->cell,
                                                .panel = node->panel,
                                                .max_view_age_ms = node->max_view_age_ms,
                                                .clock = chain_clock_system};
    struct error err;
    ck_assert_ok_err(onboarding_driver_start(&options, &node->driver, &err), err);
}

static void stop(struct node *node)
{
    onboarding_driver_stop(node->driver);
    node->driver = NULL;
    panel_close(node->panel);
    node->panel = NULL;
    rpc_close(&node->rpc);
}

static void tear_down(struct node *node)
{
    stop(node);
    store_close(node->store);
    memory_records_free(node->disk);
    snapshot_cell_free(&node->cell);
    fake_rpc_stop(&node->fake);
    ed25519_keypair_free(&node->signer);
}

/* A story whose record names this node's real signer key. */
static void see(struct node *node, const struct story *story)
{
    struct chain_now now = chain_now_read();
    const struct chain_snapshot *snapshot = story_snapshot(story, node->height++, now);
    for (size_t i = 0; i < snapshot->migrations.count; i++)
        snapshot->migrations.entries[i].destination.signer_account_pk = node->signer.public_key;
    snapshot_cell_publish(&node->cell, snapshot);
}

static void put(struct node *node, uint64_t epoch_id, uint8_t scalar)
{
    CLEANUP(keyset_free) struct keyset keyset;
    CLEANUP(keyshares_free) struct keyshares shares;
    struct error err;
    story_keyset(epoch_id, 2, &keyset);
    story_keyshares(epoch_id, 2, scalar, &shares);
    ck_assert_outcome(stage_shares(node->store, &keyset, &shares, &err), OUTCOME_KEYSHARES_STAGED);
    onboarding_notify_staged(node->driver);
}

/* Wait until the status is as wanted; it has no event of its own. */
static struct onboarding_status wait_for_stage(struct node *node, enum onboarding_stage stage)
{
    struct onboarding_status status;
    int64_t deadline_ms = clock_mono_ms() + DEADLINE;
    for (onboarding_driver_status(node->driver, &status); status.stage != stage;
         onboarding_driver_status(node->driver, &status)) {
        ck_assert_msg(clock_mono_ms() < deadline_ms, "stage %s, expected %s",
                      onboarding_stage_name(status.stage), onboarding_stage_name(stage));
        poll(NULL, 0, 1);
    }
    return status;
}

static bool holds(struct node *node, uint64_t epoch_id)
{
    CLEANUP(keyset_free) struct keyset keyset;
    CLEANUP(keyshares_free) struct keyshares shares = {0};
    struct error err;
    story_keyset(epoch_id, 2, &keyset);
    return store_get(node->store, &keyset, &shares, &err) == OUTCOME_OK;
}

static void wait_until_held(struct node *node, uint64_t epoch_id)
{
    int64_t deadline_ms = clock_mono_ms() + DEADLINE;
    while (!holds(node, epoch_id)) {
        ck_assert_msg(clock_mono_ms() < deadline_ms, "the shares were not stored");
        poll(NULL, 0, 1);
    }
}

static size_t sends(const struct node *node)
{
    return fake_rpc_count(node->fake, "send_tx");
}

static const struct story at_1 = {.phase = PROTOCOL_RUNNING, .epoch_id = 5, .domains = 2, .listed_key = 1};

static struct story moving(uint8_t from, uint8_t to)
{
    struct story story = at_1;
    story.listed_key = from;
    story.destination = to;
    story.signer = 1;
    return story;
}

static struct story settled(uint8_t at)
{
    struct story story = at_1;
    story.listed_key = at;
    return story;
}

/* --- stories --- */

START_TEST(a_migration_from_the_first_view_to_the_last)
{
    struct node node;
    set_up(&node, 2);
    metrics_reset();
    start(&node);
    struct onboarding_status status;
    onboarding_driver_status(node.driver, &status);
    ck_assert_int_eq(status.situation, SITUATION_NO_VIEW);
    ck_assert_ptr_nonnull(status.next);

    see(&node, &at_1);
    status = wait_for_stage(&node, STAGE_WAIT);
    ck_assert_int_eq(status.situation, SITUATION_NO_MIGRATION);
    ck_assert_int_eq(status.node_status, NODE_IDLE);

    struct story story = moving(1, 2);
    see(&node, &story);
    status = wait_for_stage(&node, STAGE_AWAIT_SHARES);
    ck_assert(status.migration_active);
    ck_assert_text_has(status.next, "put-keyshares");
    ck_assert_uint_eq(sends(&node), 0);

    put(&node, 5, 3);
    status = wait_for_stage(&node, STAGE_OBSERVING);
    ck_assert(holds(&node, 5));
    ck_assert_uint_eq(sends(&node), 1);
    ck_assert_uint_eq(status.conclude_rounds, 1);

    story = settled(2);
    see(&node, &story);
    status = wait_for_stage(&node, STAGE_ACTIVE);
    ck_assert_int_eq(status.node_status, NODE_ACTIVE);
    ck_assert(!status.migration_active);
    ck_assert_uint_eq(status.epoch_id, 5);
    ck_assert_uint_eq(sends(&node), 1);
    ck_assert_int_eq(metric_value(METRIC_CURRENT_EPOCH_ID), 5);
    ck_assert_int_eq(metric_value(METRIC_ONBOARDING_STATE), STAGE_ACTIVE);
    ck_assert_uint_eq(metric_outcome_count(METRIC_EVENT_IMPORT, OUTCOME_KEYSHARES_STORED), 1);
    tear_down(&node);
}
END_TEST

static void see_both(struct node *a, struct node *b, struct story story)
{
    see(a, &story);
    see(b, &story);
}

START_TEST(a_to_b_to_a_without_a_restart_and_without_a_second_put)
{
    struct node a;
    struct node b;
    set_up(&a, 1);
    set_up(&b, 2);
    start(&a);
    start(&b);
    see_both(&a, &b, at_1);
    wait_for_stage(&a, STAGE_ACTIVE);
    put(&a, 5, 3);
    wait_until_held(&a, 5);
    see_both(&a, &b, moving(1, 2));
    wait_for_stage(&b, STAGE_AWAIT_SHARES);
    put(&b, 5, 3);
    wait_for_stage(&b, STAGE_OBSERVING);
    see_both(&a, &b, settled(2));
    wait_for_stage(&a, STAGE_WAIT);
    wait_for_stage(&b, STAGE_ACTIVE);
    ck_assert_uint_eq(sends(&a), 0);

    see_both(&a, &b, moving(2, 1));
    wait_for_stage(&a, STAGE_OBSERVING);
    ck_assert_uint_eq(sends(&a), 1);
    see_both(&a, &b, settled(1));
    wait_for_stage(&a, STAGE_ACTIVE);
    wait_for_stage(&b, STAGE_WAIT);
    ck_assert_uint_eq(sends(&b), 1);
    tear_down(&a);
    tear_down(&b);
}
END_TEST

START_TEST(an_active_node_stores_what_is_put_and_sends_nothing)
{
    struct node node;
    set_up(&node, 1);
    start(&node);
    see(&node, &at_1);
    wait_for_stage(&node, STAGE_ACTIVE);
    ck_assert(!holds(&node, 5));
    put(&node, 5, 3);
    wait_until_held(&node, 5);
    ck_assert_uint_eq(sends(&node), 0);
    tear_down(&node);
}
END_TEST

static void wait_until_adopted(struct node *node, uint64_t epoch_id)
{
    int64_t deadline_ms = clock_mono_ms() + DEADLINE;
    uint64_t seen = 0;
    while (seen != epoch_id) {
        CLEANUP(store_adopted_free) struct store_adopted adopted = {0};
        struct error err;
        ck_assert_msg(clock_mono_ms() < deadline_ms, "epoch %" PRIu64 " was not noted as adopted", epoch_id);
        if (store_adopted_get(node->store, &adopted, &err) == OUTCOME_OK)
            seen = adopted.keyset.epoch_id;
        poll(NULL, 0, 1);
    }
}

/* As a Rust node stores its shares after a resharing, before or after the view shows it. */
START_TEST(shares_that_did_not_come_by_put_are_found_by_an_active_node)
{
    struct node node;
    set_up(&node, 1);
    struct story active = at_1;
    start(&node);
    for (uint64_t epoch_id = 5; epoch_id <= 7; epoch_id++) {
        CLEANUP(keyshares_free) struct keyshares shares;
        struct error err;
        active.epoch_id = epoch_id;
        if (epoch_id == 7) {
            see(&node, &active);
            wait_for_stage(&node, STAGE_ACTIVE);
        }
        story_keyshares(epoch_id, 2, 1, &shares);
        ck_assert_outcome(store_put(node.store, &shares, &err), OUTCOME_KEYSHARES_STORED);
        see(&node, &active);
        wait_until_adopted(&node, epoch_id);
    }
    tear_down(&node);
}
END_TEST

START_TEST(a_keyset_without_domains_is_concluded_at_once)
{
    struct node node;
    struct story story = moving(1, 2);
    story.domains = 0;
    set_up(&node, 2);
    start(&node);
    see(&node, &story);
    wait_for_stage(&node, STAGE_OBSERVING);
    ck_assert_uint_eq(sends(&node), 1);
    tear_down(&node);
}
END_TEST

START_TEST(what_was_staged_before_a_crash_is_imported_after_it)
{
    struct node node;
    set_up(&node, 2);
    start(&node);
    put(&node, 5, 3);
    stop(&node);
    open_rpc(&node);
    struct story story = moving(1, 2);
    see(&node, &story);
    start(&node);
    wait_for_stage(&node, STAGE_OBSERVING);
    ck_assert(holds(&node, 5));
    tear_down(&node);
}
END_TEST

START_TEST(a_conclude_that_was_under_way_in_a_crash_is_asked_about_and_not_signed_again)
{
    struct node node;
    struct story story = moving(1, 2);
    set_up(&node, 2);
    fake_rpc_forget(node.fake, "send_tx");
    fake_rpc_reply(node.fake, "send_tx", &(struct fake_reply){.kind = FAKE_HANG});
    put(&node, 5, 3);
    start(&node);
    see(&node, &story);
    fake_rpc_wait(node.fake, "send_tx", 1);
    stop(&node);

    fake_rpc_forget(node.fake, "tx");
    fake_rpc_result(node.fake, "tx",
                    "{\"final_execution_status\":\"FINAL\",\"status\":{\"SuccessValue\":\"\"}}");
    open_rpc(&node);
    start(&node);
    wait_for_stage(&node, STAGE_OBSERVING);
    ck_assert_uint_eq(fake_rpc_count(node.fake, "tx"), 1);
    ck_assert_uint_eq(sends(&node), 1);
    tear_down(&node);
}
END_TEST

/* --- what holds it up --- */

START_TEST(a_stale_view_is_not_acted_on)
{
    struct node node;
    struct story story = moving(1, 2);
    set_up(&node, 2);
    node.max_view_age_ms = 60000;
    put(&node, 5, 3);
    struct chain_now long_ago = chain_now_read();
    long_ago.wall_ms -= 60000;
    snapshot_cell_publish(&node.cell, story_snapshot(&story, HEIGHT, long_ago));
    start(&node);
    struct onboarding_status status = wait_for_stage(&node, STAGE_WAIT);
    ck_assert_int_eq(status.situation, SITUATION_VIEW_STALE);
    ck_assert_uint_eq(sends(&node), 0);
    see(&node, &story);
    wait_for_stage(&node, STAGE_OBSERVING);
    tear_down(&node);
}
END_TEST

START_TEST(a_view_that_grows_stale_stops_the_work_without_a_new_one)
{
    struct node node;
    set_up(&node, 2);
    node.max_view_age_ms = 300;
    start(&node);
    struct story story = moving(1, 2);
    see(&node, &story);
    struct onboarding_status status = wait_for_stage(&node, STAGE_WAIT);
    ck_assert_int_eq(status.situation, SITUATION_VIEW_STALE);
    tear_down(&node);
}
END_TEST

START_TEST(what_blocks_a_conclude_is_shown)
{
    struct node node;
    struct story story = moving(1, 2);
    set_up(&node, 2);
    fake_rpc_forget(node.fake, "query:get_attestation");
    fake_rpc_view(node.fake, "query:get_attestation", "null", HEIGHT, HASH_TEXT);
    put(&node, 5, 3);
    start(&node);
    see(&node, &story);
    struct onboarding_status status = wait_for_stage(&node, STAGE_BLOCKED);
    ck_assert_text_has(status.blocked_by, "no attestation");
    ck_assert_uint_eq(sends(&node), 0);
    tear_down(&node);
}
END_TEST

START_TEST(the_contract_s_refusal_is_shown)
{
    struct node node;
    struct story story = moving(1, 2);
    set_up(&node, 2);
    fake_rpc_forget(node.fake, "send_tx");
    fake_rpc_result(
        node.fake, "send_tx",
        "{\"status\":{\"Failure\":{\"ActionError\":{\"index\":0,\"kind\":{\"FunctionCallError\":"
        "{\"ExecutionError\":\"Smart contract panicked: Invalid TEE Remote Attestation: destination node "
        "TEE quote is invalid\"}}}}}}");
    put(&node, 5, 3);
    start(&node);
    see(&node, &story);
    struct onboarding_status status = wait_for_stage(&node, STAGE_BLOCKED);
    ck_assert_text_has(status.contract_error, "TEE quote is invalid");
    story = settled(1);
    see(&node, &story);
    status = wait_for_stage(&node, STAGE_WAIT);
    int64_t deadline_ms = clock_mono_ms() + DEADLINE;
    while (status.contract_error[0]) {
        ck_assert_int_lt(clock_mono_ms(), deadline_ms);
        onboarding_driver_status(node.driver, &status);
    }
    tear_down(&node);
}
END_TEST

START_TEST(an_import_that_is_refused_is_shown_and_a_better_put_helps)
{
    struct node node;
    set_up(&node, 2);
    start(&node);
    put(&node, 5, 3);
    CLEANUP(keyshares_free) struct keyshares newer;
    struct error err;
    story_keyshares(6, 2, 3, &newer);
    ck_assert_outcome(store_put(node.store, &newer, &err), OUTCOME_KEYSHARES_STORED);
    CLEANUP(keyset_free) struct keyset adopted = {0}; /* by the contract, once */
    story_keyset(6, 2, &adopted);
    ck_assert_outcome(store_import(node.store, &adopted, 1, &err), OUTCOME_KEYSHARES_UNCHANGED);
    struct story story = moving(1, 2);
    see(&node, &story);
    struct onboarding_status status = wait_for_stage(&node, STAGE_AWAIT_SHARES);
    ck_assert_outcome(status.store.code, OUTCOME_KEYSHARES_OLDER);
    ck_assert_text_has(status.store.text, "epoch 5 is older than the stored epoch 6");
    ck_assert_text_has(status.store.text, "keyshares quarantine --epoch 6 --adopted");
    story.epoch_id = 6;
    see(&node, &story);
    status = wait_for_stage(&node, STAGE_OBSERVING);
    ck_assert_outcome(status.store.code, OUTCOME_OK);
    tear_down(&node);
}
END_TEST

START_TEST(stopping_does_not_wait_for_an_rpc_that_hangs)
{
    struct node node;
    struct story story = moving(1, 2);
    story.domains = 0;
    set_up(&node, 2);
    fake_rpc_forget(node.fake, "query:view_access_key");
    fake_rpc_reply(node.fake, "query:view_access_key", &(struct fake_reply){.kind = FAKE_HANG});
    start(&node);
    see(&node, &story);
    fake_rpc_wait(node.fake, "query:view_access_key", 1);
    int64_t before_ms = clock_mono_ms();
    stop(&node);
    ck_assert_int_lt(clock_mono_ms() - before_ms, 2000);
    tear_down(&node);
    onboarding_notify_staged(NULL);
}
END_TEST

START_TEST(a_cell_with_too_many_listeners_refuses_the_start)
{
    struct node node;
    struct error err;
    set_up(&node, 2);
    for (int i = 0; i < SNAPSHOT_LISTENERS_MAX; i++)
        ck_assert_ok(snapshot_cell_listen(&node.cell, i));
    struct onboarding_runner_options options = {.cell = &node.cell, .clock = chain_clock_system};
    struct onboarding_driver *driver = NULL;
    ck_assert_outcome(onboarding_driver_start(&options, &driver, &err), OUTCOME_LIMIT);
    ck_assert_ptr_null(driver);
    tear_down(&node);
}
END_TEST

int main(void)
{
    SUITE_WITH_CASE(suite, tcase, "onboarding_driver");
    log_init(LOG_FORMAT_PLAIN, LOG_LEVEL_ERROR);
    tcase_add_test(tcase, a_migration_from_the_first_view_to_the_last);
    tcase_add_test(tcase, a_to_b_to_a_without_a_restart_and_without_a_second_put);
    tcase_add_test(tcase, an_active_node_stores_what_is_put_and_sends_nothing);
    tcase_add_test(tcase, shares_that_did_not_come_by_put_are_found_by_an_active_node);
    tcase_add_test(tcase, a_keyset_without_domains_is_concluded_at_once);
    tcase_add_test(tcase, what_was_staged_before_a_crash_is_imported_after_it);
    tcase_add_test(tcase, a_conclude_that_was_under_way_in_a_crash_is_asked_about_and_not_signed_again);
    tcase_add_test(tcase, a_stale_view_is_not_acted_on);
    tcase_add_test(tcase, a_view_that_grows_stale_stops_the_work_without_a_new_one);
    tcase_add_test(tcase, what_blocks_a_conclude_is_shown);
    tcase_add_test(tcase, the_contract_s_refusal_is_shown);
    tcase_add_test(tcase, an_import_that_is_refused_is_shown_and_a_better_put_helps);
    tcase_add_test(tcase, stopping_does_not_wait_for_an_rpc_that_hangs);
    tcase_add_test(tcase, a_cell_with_too_many_listeners_refuses_the_start);
    return run_suite(suite);
}
