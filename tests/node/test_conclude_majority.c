#include "tests/support/support.h"

#include <stdlib.h>
#include <string.h>

#include "common/encoding.h"
#include "common/os/log.h"
#include "node/conclude.h"
#include "node/metrics.h"
#include "node/outbox.h"
#include "node/store.h"
#include "tests/support/fake_source.h"
#include "tests/support/memory_records.h"
#include "tests/support/story.h"

#define SOURCES   3
#define HEIGHT    100000100u
#define KEY_NONCE 100000000000007u
#define ROUND_MS  12000

static const uint8_t binding[SHA256_LEN] = {1};

struct bench {
    struct fake_source sources[SOURCES];
    size_t count;
    struct panel *panel;
    struct memory_records *disk;
    struct store *store;
    struct ed25519_keypair signer;
    struct account_id account_id;
    struct account_id contract_id;
    struct ed25519_public_key p2p_key;
    struct chain_snapshot *snapshot;
    struct conclude conclude;
    uint64_t now_ms;
};

static const struct story story = {
    .phase = PROTOCOL_RUNNING, .epoch_id = 5, .domains = 3, .listed_key = 2, .destination = 1, .signer = 9};

/* A start of the node: nothing is known but what the store holds. */
static void start(struct bench *bench)
{
    bench->conclude = (struct conclude){.account_id = &bench->account_id,
                                        .contract_id = &bench->contract_id,
                                        .p2p_key = &bench->p2p_key,
                                        .signer = &bench->signer,
                                        .store = bench->store,
                                        .panel = bench->panel};
}

static void open_store(struct bench *bench)
{
    CLEANUP(secret_free) struct secret key = {0};
    struct error err;
    ck_assert_ok(secret_make(&key, 16));
    bench->disk = memory_records_make();
    struct store_options options = {
        .kind = STORE_LMDB, .key = &key, .records = memory_records_of(bench->disk)};
    ck_assert_ok_err(store_open(&options, &bench->store, &err), err);
}

static void open_panel(struct bench *bench, bool threads)
{
    static const char *const names[] = {"https://a/", "https://b/", "https://c/"};
    struct rpc *rpcs[SOURCES];
    struct error err;
    for (size_t i = 0; i < bench->count; i++) {
        fake_source_init(&bench->sources[i], names[i], &story, HEIGHT);
        bench->sources[i].manner.key.nonce = KEY_NONCE;
        rpcs[i] = &bench->sources[i].rpc;
    }
    ck_assert_ok_err(panel_open(rpcs, bench->count, threads, &bench->panel, &err), err);
}

static void set_up(struct bench *bench, size_t count, bool threads)
{
    uint8_t seed[ED25519_KEY_LEN];
    struct chain_now seen = {.wall_ms = FAKE_NOW_MS(HEIGHT)};
    memset(seed, 0x42, sizeof seed);
    *bench = (struct bench){.count = count, .p2p_key = story_key(1), .account_id = story_account()};
    ck_assert_ok(ed25519_keypair_from_seed(seed, &bench->signer));
    ck_assert(account_id_set(&bench->contract_id, STORY_CONTRACT, strlen(STORY_CONTRACT)));
    bench->snapshot = (struct chain_snapshot *)(uintptr_t)story_snapshot(&story, HEIGHT, seen);
    bench->snapshot->migrations.entries[0].destination.signer_account_pk = bench->signer.public_key;
    open_store(bench);
    open_panel(bench, threads);
    metrics_reset();
    start(bench);
}

static void tear_down(struct bench *bench)
{
    panel_close(bench->panel);
    store_close(bench->store);
    memory_records_free(bench->disk);
    for (size_t i = 0; i < bench->count; i++)
        fake_source_free(&bench->sources[i]);
    chain_snapshot_unref(bench->snapshot);
    ed25519_keypair_free(&bench->signer);
}

static enum conclude_verdict run(struct bench *bench)
{
    bench->now_ms += ROUND_MS;
    bench->snapshot->seen_mono_ms = bench->now_ms;
    return conclude_round(&bench->conclude, bench->snapshot, binding, bench->now_ms);
}

#define ck_assert_tried(bench)   ck_assert_int_eq(run(bench), CONCLUDE_TRIED)
#define ck_assert_blocked(bench) ck_assert_int_eq(run(bench), CONCLUDE_BLOCKED)

/* How many different transactions anybody was sent. */
static size_t different_sent(const struct bench *bench)
{
    const struct bytes *seen[SOURCES * FAKE_SENT_MAX];
    size_t count = 0;
    for (size_t i = 0; i < bench->count; i++)
        for (unsigned n = 0; n < bench->sources[i].sent_count; n++) {
            const struct bytes *sent = &bench->sources[i].sent[n];
            size_t known = 0;
            while (known < count &&
                   (seen[known]->len != sent->len || memcmp(seen[known]->data, sent->data, sent->len) != 0))
                known++;
            if (known == count)
                seen[count++] = sent;
        }
    return count;
}

static bool outbox_is_empty(const struct bench *bench)
{
    CLEANUP(bytes_free) struct bytes stored = {0};
    result_t result = store_outbox_get(bench->store, &stored, NULL);
    ck_assert(result == OUTCOME_OK || result == OUTCOME_STORE_NOT_FOUND);
    return result == OUTCOME_STORE_NOT_FOUND;
}

/* --- sending --- */

START_TEST(the_same_bytes_go_to_all_of_them)
{
    struct bench bench;
    set_up(&bench, 3, true);
    bench.sources[1].manner.sent.fate = RPC_TX_PENDING;
    bench.sources[2].manner.sent.fate = RPC_TX_UNCLEAR;
    ck_assert_tried(&bench);
    ck_assert_uint_eq(different_sent(&bench), 1);
    for (size_t i = 0; i < bench.count; i++)
        ck_assert_uint_eq(bench.sources[i].sent_count, 1);
    ck_assert_int_eq(bench.conclude.report.last.code, OUTCOME_TX_UNKNOWN);
    tear_down(&bench);
}
END_TEST

/* The operator reads why, of each of them, and by its name. */
START_TEST(sending_that_fails_everywhere_says_what_each_of_them_said)
{
    struct bench bench;
    set_up(&bench, 3, false);
    bench.sources[0].manner.send_fails = (struct error){OUTCOME_RPC_HTTP_STATUS, "HTTP status 429"};
    bench.sources[1].manner.send_fails = (struct error){OUTCOME_RPC_ERROR, "HANDLER_ERROR\x1b[2J: no room"};
    bench.sources[2].manner.send_fails =
        (struct error){OUTCOME_RPC_TIMEOUT, "never asked, for the others decide"};
    ck_assert_tried(&bench);
    const struct error *last = &bench.conclude.report.last;
    ck_assert_int_eq(last->code, OUTCOME_TX_UNKNOWN);
    ck_assert_text_has(last->text, bench.conclude.report.transaction);
    ck_assert_text_has(last->text, "https://a/: HTTP status 429");
    ck_assert_text_has(last->text, "https://b/: HANDLER_ERROR?[2J: no room");
    ck_assert_text_has(last->text, "https://c/: no answer yet");
    ck_assert(!outbox_is_empty(&bench));
    tear_down(&bench);
}
END_TEST

START_TEST(where_they_disagree_on_what_became_of_it_each_ones_words_are_told)
{
    struct bench bench;
    set_up(&bench, 3, false);
    bench.sources[0].manner.sent = (struct rpc_tx){.fate = RPC_TX_PENDING};
    bench.sources[1].manner.sent =
        (struct rpc_tx){.fate = RPC_TX_UNCLEAR, .name = "ShardCongested", .text = "{\"shard_id\":3}"};
    bench.sources[2].manner.send_fails = (struct error){OUTCOME_RPC_UNREACHABLE, "connection refused"};
    ck_assert_tried(&bench);
    const struct error *last = &bench.conclude.report.last;
    ck_assert_int_eq(last->code, OUTCOME_TX_UNKNOWN);
    ck_assert_text_has(last->text, "https://a/: pending");
    ck_assert_text_has(last->text, "https://b/: unclear: ShardCongested: {\"shard_id\":3}");
    ck_assert_text_has(last->text, "https://c/: connection refused");
    tear_down(&bench);
}
END_TEST

START_TEST(of_a_majority_one_is_quoted_by_name)
{
    struct bench bench;
    set_up(&bench, 3, false);
    for (size_t i = 0; i < SOURCES; i++)
        bench.sources[i].manner.sent =
            (struct rpc_tx){.fate = RPC_TX_UNCLEAR, .name = "TIMEOUT_ERROR", .text = "not in time"};
    ck_assert_tried(&bench);
    ck_assert_text_has(bench.conclude.report.last.text, "(unclear: TIMEOUT_ERROR: https://a/: not in time)");
    tear_down(&bench);
}
END_TEST

START_TEST(what_is_signed_is_anchored_in_the_block_of_the_views)
{
    struct bench bench;
    CLEANUP(bytes_free) struct bytes stored = {0};
    CLEANUP(outbox_record_free) struct outbox_record record = {0};
    CLEANUP(near_tx_free) struct near_tx tx = {0};
    struct near_signature signature;
    struct error err;
    size_t len;
    set_up(&bench, 3, false);
    ck_assert_tried(&bench);
    ck_assert_ok_err(store_outbox_get(bench.store, &stored, &err), err);
    ck_assert_ok_err(outbox_record_read(stored.data, stored.len, &record, &err), err);
    ck_assert_uint_eq(record.tx.block_height, HEIGHT);
    ck_assert_uint_eq(record.tx.nonce, KEY_NONCE + 1);
    ck_assert_ok_err(
        near_signed_tx_decode(record.tx.bytes.data, record.tx.bytes.len, &tx, &signature, &len, &err), err);
    ck_assert_mem_eq(tx.block_hash, bench.snapshot->block_hash, SHA256_LEN);
    tear_down(&bench);
}
END_TEST

/* --- one of three lies about a transaction in flight --- */

#define SAYS(fate_, name_)                                                                                   \
    {                                                                                                        \
        .fate = RPC_TX_##fate_, .name = name_                                                                \
    }

static const struct rpc_tx answers[] = {
    SAYS(EXECUTED, ""),
    SAYS(FAILED, "ExecutionError"),
    SAYS(PENDING, ""),
    SAYS(NOT_SEEN, ""),
    SAYS(UNCLEAR, "TIMEOUT_ERROR"),
    SAYS(REJECTED, "InvalidNonce"),
    SAYS(REJECTED, "Expired"),
    SAYS(REJECTED, "NotEnoughBalance"),
    SAYS(REJECTED, "InvalidSignature"),
    SAYS(REJECTED, "AccessKeyNotFound"),
};

static unsigned honest_sends(const struct bench *bench, size_t liar)
{
    return bench->sources[(liar + 1) % SOURCES].sent_count + bench->sources[(liar + 2) % SOURCES].sent_count;
}

/* Whatever one of them says, to whatever it is asked, and at whatever restart: there is one transaction, sent
 * until the majority calls it executed, and then no more. */
START_TEST(no_answer_of_one_of_three_leads_to_other_bytes_or_ends_the_sending)
{
    struct rpc_tx sent = answers[(size_t)_i / ARRAY_LEN(answers)];
    struct rpc_tx status = answers[(size_t)_i % ARRAY_LEN(answers)];
    for (size_t liar = 0; liar < SOURCES; liar++) {
        struct bench bench;
        set_up(&bench, 3, false);
        for (size_t i = 0; i < SOURCES; i++)
            bench.sources[i].manner.sent = (struct rpc_tx)SAYS(UNCLEAR, "TIMEOUT_ERROR");
        bench.sources[liar].manner.sent = sent;
        bench.sources[liar].manner.status = status;
        for (unsigned round = 0; round < 4; round++) {
            ck_assert_tried(&bench);
            ck_assert_int_eq(bench.conclude.report.last.code, OUTCOME_TX_UNKNOWN);
            ck_assert(!outbox_is_empty(&bench));
            if (round == 1)
                start(&bench);
        }
        unsigned sends = honest_sends(&bench, liar);
        ck_assert_uint_ge(sends, 4);
        ck_assert_uint_eq(different_sent(&bench), 1);
        for (size_t i = 0; i < SOURCES; i++)
            if (i != liar)
                bench.sources[i].manner.status = answers[0];
        for (unsigned round = 0; round < 4; round++)
            ck_assert_tried(&bench);
        ck_assert_int_eq(bench.conclude.report.last.code, OUTCOME_OK);
        ck_assert_uint_eq(honest_sends(&bench, liar), sends);
        ck_assert_int_eq(metric_value(METRIC_TX_CONCLUDE_SUCCEEDED), 1);
        tear_down(&bench);
    }
}
END_TEST

START_TEST(a_nonce_that_one_of_three_calls_used_is_not)
{
    struct bench bench;
    set_up(&bench, 3, false);
    for (size_t i = 0; i < SOURCES; i++)
        bench.sources[i].manner.sent = (struct rpc_tx)SAYS(UNCLEAR, "");
    ck_assert_tried(&bench);
    bench.sources[0].manner.key.nonce = KEY_NONCE + 10;
    for (unsigned round = 0; round < 4; round++)
        ck_assert_tried(&bench);
    ck_assert_uint_eq(different_sent(&bench), 1);
    /* Two say so: another transaction of this key took its place, and the views still want a conclude. */
    bench.sources[1].manner.key.nonce = KEY_NONCE + 10;
    ck_assert_tried(&bench);
    ck_assert_uint_eq(different_sent(&bench), 1);
    ck_assert_tried(&bench);
    ck_assert_uint_eq(different_sent(&bench), 2);
    tear_down(&bench);
}
END_TEST

/* --- what has to be known before --- */

struct obstacle {
    const char *what;
    void (*spoil)(struct fake_manner *manner);
    result_t outcome; /* when all of them say so */
};

static void lack_attestation(struct fake_manner *manner)
{
    manner->attestation = "null";
}

static void lack_key(struct fake_manner *manner)
{
    manner->key_fails = OUTCOME_RPC_NO_ACCESS_KEY;
}

static void lack_method(struct fake_manner *manner)
{
    static char receiver[] = STORY_CONTRACT;
    static char method[] = "respond";
    static char *methods[] = {method};
    manner->key = (struct near_access_key){
        .nonce = KEY_NONCE, .receiver_id = receiver, .method_names = methods, .method_count = 1};
}

static const struct obstacle obstacles[] = {
    {"no attestation", lack_attestation, OUTCOME_ATTESTATION_MISSING},
    {"no access key", lack_key, OUTCOME_RPC_NO_ACCESS_KEY},
    {"a key that may not", lack_method, OUTCOME_TX_REJECTED},
};

START_TEST(an_obstacle_that_one_of_three_invents_is_none)
{
    const struct obstacle *obstacle = &obstacles[(size_t)_i / SOURCES];
    struct bench bench;
    set_up(&bench, 3, false);
    obstacle->spoil(&bench.sources[(size_t)_i % SOURCES].manner);
    ck_assert_tried(&bench);
    ck_assert_msg(different_sent(&bench) == 1, "%s", obstacle->what);
    tear_down(&bench);
}
END_TEST

START_TEST(an_obstacle_that_one_of_three_denies_is_one)
{
    const struct obstacle *obstacle = &obstacles[(size_t)_i / SOURCES];
    struct bench bench;
    set_up(&bench, 3, false);
    for (size_t i = 0; i < SOURCES; i++)
        if (i != (size_t)_i % SOURCES)
            obstacle->spoil(&bench.sources[i].manner);
    ck_assert_blocked(&bench);
    ck_assert_int_eq(bench.conclude.report.last.code, obstacle->outcome);
    ck_assert_uint_eq(different_sent(&bench), 0);
    tear_down(&bench);
}
END_TEST

START_TEST(two_that_differ_are_no_reason_to_sign_and_no_reason_not_to_try_again)
{
    const struct obstacle *obstacle = &obstacles[_i];
    struct bench bench;
    set_up(&bench, 2, false);
    struct fake_manner honest = bench.sources[1].manner;
    obstacle->spoil(&bench.sources[1].manner);
    ck_assert_tried(&bench);
    ck_assert_int_eq(bench.conclude.report.last.code, OUTCOME_RPC_NO_MAJORITY);
    ck_assert_text_has(bench.conclude.report.last.text,
                       "2 of 2 NEAR RPCs have to agree; https://a/: answers ");
    ck_assert(outbox_is_empty(&bench));
    bench.sources[1].manner = honest;
    ck_assert_tried(&bench);
    ck_assert_uint_eq(different_sent(&bench), 1);
    tear_down(&bench);
}
END_TEST

/* --- one that is away or hangs --- */

START_TEST(one_of_three_that_is_away_or_hangs_is_not_needed)
{
    struct bench bench;
    set_up(&bench, 3, true);
    if (_i == 0)
        bench.sources[0].manner.fails = OUTCOME_RPC_UNREACHABLE;
    else
        bench.sources[0].manner.hangs = true;
    ck_assert_tried(&bench);
    ck_assert_int_eq(bench.conclude.report.last.code, OUTCOME_OK);
    ck_assert_int_eq(metric_value(METRIC_TX_CONCLUDE_SUCCEEDED), 1);
    tear_down(&bench);
}
END_TEST

START_TEST(when_the_panel_is_aborted_the_round_ends_and_nothing_is_dropped)
{
    struct bench bench;
    set_up(&bench, 3, true);
    for (size_t i = 0; i < SOURCES; i++)
        bench.sources[i].manner.sent = (struct rpc_tx)SAYS(UNCLEAR, "");
    ck_assert_tried(&bench);
    panel_abort(bench.panel);
    ck_assert_tried(&bench);
    ck_assert_int_eq(bench.conclude.report.last.code, OUTCOME_SHUTTING_DOWN);
    ck_assert(!outbox_is_empty(&bench));
    tear_down(&bench);
}
END_TEST

int main(void)
{
    SUITE_WITH_CASE(suite, tcase, "conclude_majority");
    log_init(LOG_FORMAT_PLAIN, LOG_LEVEL_ERROR);
    int pairs = (int)(ARRAY_LEN(answers) * ARRAY_LEN(answers));
    int kinds = (int)ARRAY_LEN(obstacles);
    tcase_add_test(tcase, the_same_bytes_go_to_all_of_them);
    tcase_add_test(tcase, sending_that_fails_everywhere_says_what_each_of_them_said);
    tcase_add_test(tcase, where_they_disagree_on_what_became_of_it_each_ones_words_are_told);
    tcase_add_test(tcase, of_a_majority_one_is_quoted_by_name);
    tcase_add_test(tcase, what_is_signed_is_anchored_in_the_block_of_the_views);
    tcase_add_loop_test(tcase, no_answer_of_one_of_three_leads_to_other_bytes_or_ends_the_sending, 0, pairs);
    tcase_add_test(tcase, a_nonce_that_one_of_three_calls_used_is_not);
    tcase_add_loop_test(tcase, an_obstacle_that_one_of_three_invents_is_none, 0, SOURCES * kinds);
    tcase_add_loop_test(tcase, an_obstacle_that_one_of_three_denies_is_one, 0, SOURCES * kinds);
    tcase_add_loop_test(tcase, two_that_differ_are_no_reason_to_sign_and_no_reason_not_to_try_again, 0,
                        kinds);
    tcase_add_loop_test(tcase, one_of_three_that_is_away_or_hangs_is_not_needed, 0, 2);
    tcase_add_test(tcase, when_the_panel_is_aborted_the_round_ends_and_nothing_is_dropped);
    return run_suite(suite);
}
