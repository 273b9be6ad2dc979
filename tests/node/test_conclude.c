#include "tests/support/support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/encoding.h"
#include "common/os/log.h"
#include "node/conclude.h"
#include "node/metrics.h"
#include "node/outbox.h"
#include "node/store.h"
#include "tests/support/fake_rpc.h"
#include "tests/support/memory_records.h"
#include "tests/support/story.h"

#define HEIGHT    100000100u
#define KEY_NONCE 100000000000007u
#define MINE      1
#define OTHERS    2

static const uint8_t binding[SHA256_LEN] = {1};
static const uint8_t other_binding[SHA256_LEN] = {2};

struct bench {
    struct fake_rpc *fake;
    struct rpc *rpc;
    struct panel *panel;
    struct memory_records *disk;
    struct store *store;
    struct ed25519_keypair signer;
    struct account_id account_id;
    struct account_id contract_id;
    struct ed25519_public_key p2p_key;
    struct chain_snapshot *snapshot; /* only its record's signer is changed by tests */
    struct conclude conclude;
    uint64_t now_ms;
};

static struct bench *stepped; /* for store steps, which have no context */
static size_t sent_when_written;

static void on_store_step(const char *name)
{
    if (stepped && strcmp(name, "outbox written") == 0)
        sent_when_written = fake_rpc_count(stepped->fake, "send_tx");
}

static void open_store(struct bench *bench)
{
    CLEANUP(secret_free) struct secret key = {0};
    struct error err;
    ck_assert_ok(secret_make(&key, 16));
    bench->disk = memory_records_make();
    struct store_options options = {
        .kind = STORE_LMDB, .key = &key, .records = memory_records_of(bench->disk), .step = on_store_step};
    ck_assert_ok_err(store_open(&options, &bench->store, &err), err);
}

static void reset_conclude(struct bench *bench)
{
    bench->conclude = (struct conclude){.account_id = &bench->account_id,
                                        .contract_id = &bench->contract_id,
                                        .p2p_key = &bench->p2p_key,
                                        .signer = &bench->signer,
                                        .store = bench->store,
                                        .panel = bench->panel};
}

static struct chain_snapshot *snapshot_with(const struct bench *bench, size_t domains)
{
    struct story story = {.phase = PROTOCOL_RUNNING,
                          .epoch_id = 5,
                          .domains = domains,
                          .listed_key = OTHERS,
                          .destination = MINE,
                          .signer = 9};
    struct chain_now seen = {.wall_ms = 1700000000000, .mono_ms = 0};
    const struct chain_snapshot *made = story_snapshot(&story, HEIGHT, seen);
    struct chain_snapshot *snapshot = (struct chain_snapshot *)(uintptr_t)made;
    snapshot->migrations.entries[0].destination.signer_account_pk = bench->signer.public_key;
    return snapshot;
}

/* --- what the chain says --- */

/* Of the snapshot's block: its height's low byte, 32 times. */
#define HASH_TEXT "7ktZK7a28phex41kcsct6YBHQt38MMezsoecq1UuiKFh"

static void serve_attestation(struct bench *bench, const char *text)
{
    fake_rpc_forget(bench->fake, "query:get_attestation");
    fake_rpc_view(bench->fake, "query:get_attestation", text, HEIGHT, HASH_TEXT);
}

static void serve_key(struct bench *bench, uint64_t nonce, const char *permission)
{
    char result[512];
    snprintf(result, sizeof result,
             "{\"nonce\":%llu,\"permission\":%s,\"block_height\":%u,\"block_hash\":\"" HASH_TEXT "\"}",
             (unsigned long long)nonce, permission, HEIGHT);
    fake_rpc_forget(bench->fake, "query:view_access_key");
    fake_rpc_result(bench->fake, "query:view_access_key", result);
}

#define PERMISSION(allowance, receiver, methods)                                                             \
    "{\"FunctionCall\":{\"allowance\":" allowance ",\"receiver_id\":\"" receiver                             \
    "\",\"method_names\":[" methods "]}}"
#define ANY_METHOD PERMISSION("null", STORY_CONTRACT, "")

static void serve_executed(struct bench *bench, const char *method)
{
    fake_rpc_forget(bench->fake, method);
    fake_rpc_result(
        bench->fake, method,
        "{\"final_execution_status\":\"EXECUTED_OPTIMISTIC\",\"status\":{\"SuccessValue\":\"bnVsbA==\"}}");
}

static void serve_panic(struct bench *bench, const char *method, const char *text)
{
    char result[768];
    snprintf(result, sizeof result,
             "{\"final_execution_status\":\"FINAL\",\"status\":{\"Failure\":{\"ActionError\":{\"index\":0,"
             "\"kind\":"
             "{\"FunctionCallError\":{\"ExecutionError\":\"Smart contract panicked: %s\"}}}}}}",
             text);
    fake_rpc_forget(bench->fake, method);
    fake_rpc_result(bench->fake, method, result);
}

static void add_rejected(struct bench *bench, const char *invalid_tx_error)
{
    char error[512];
    snprintf(error, sizeof error,
             "{\"name\":\"HANDLER_ERROR\",\"cause\":{\"name\":\"INVALID_TRANSACTION\",\"info\":{}},\"code\":-"
             "32000,"
             "\"message\":\"Server error\",\"data\":{\"TxExecutionError\":{\"InvalidTxError\":%s}}}",
             invalid_tx_error);
    fake_rpc_error(bench->fake, "send_tx", 200, error);
}

static void serve_not_seen(struct bench *bench)
{
    fake_rpc_forget(bench->fake, "tx");
    fake_rpc_error(bench->fake, "tx", 200,
                   "{\"name\":\"HANDLER_ERROR\",\"cause\":{\"name\":\"UNKNOWN_TRANSACTION\",\"info\":{}},"
                   "\"code\":-32000,\"message\":\"Server error\",\"data\":\"Transaction doesn't exist\"}");
}

static void serve_timeout(struct bench *bench)
{
    fake_rpc_forget(bench->fake, "send_tx");
    fake_rpc_error(bench->fake, "send_tx", 408,
                   "{\"name\":\"HANDLER_ERROR\",\"cause\":{\"name\":\"TIMEOUT_ERROR\"},\"code\":-32000,"
                   "\"message\":\"Server error\",\"data\":\"Timeout\"}");
}

/* --- the bench --- */

static void set_up(struct bench *bench)
{
    uint8_t seed[ED25519_KEY_LEN];
    struct error err;
    memset(seed, 0x42, sizeof seed);
    *bench =
        (struct bench){.fake = fake_rpc_start(), .p2p_key = story_key(MINE), .account_id = story_account()};
    struct rpc_config config = {.url = fake_rpc_url(bench->fake), .timeout_ms = 20000};
    ck_assert_ok_err(rpc_open(&config, &bench->rpc, &err), err);
    ck_assert_ok_err(panel_open(&bench->rpc, 1, false, &bench->panel, &err), err);
    ck_assert_ok(ed25519_keypair_from_seed(seed, &bench->signer));
    ck_assert(account_id_set(&bench->contract_id, STORY_CONTRACT, strlen(STORY_CONTRACT)));
    open_store(bench);
    bench->snapshot = snapshot_with(bench, 3);
    reset_conclude(bench);
    metrics_reset();
    serve_attestation(bench, "{\"Mock\":\"Valid\"}");
    serve_key(bench, KEY_NONCE, ANY_METHOD);
    serve_executed(bench, "send_tx");
    serve_not_seen(bench);
    stepped = bench;
}

static void tear_down(struct bench *bench)
{
    stepped = NULL;
    store_close(bench->store);
    memory_records_free(bench->disk);
    panel_close(bench->panel);
    rpc_close(&bench->rpc);
    fake_rpc_stop(&bench->fake);
    chain_snapshot_unref(bench->snapshot);
    ed25519_keypair_free(&bench->signer);
}

static enum conclude_verdict run(struct bench *bench)
{
    bench->now_ms += 12000;
    bench->snapshot->seen_mono_ms = bench->now_ms;
    return conclude_round(&bench->conclude, bench->snapshot, binding, bench->now_ms);
}

#define ck_assert_tried(bench)   ck_assert_int_eq(run(bench), CONCLUDE_TRIED)
#define ck_assert_blocked(bench) ck_assert_int_eq(run(bench), CONCLUDE_BLOCKED)

static size_t sends(const struct bench *bench)
{
    return fake_rpc_count(bench->fake, "send_tx");
}

static bool outbox_is_empty(const struct bench *bench)
{
    CLEANUP(bytes_free) struct bytes stored = {0};
    struct error err;
    result_t result = store_outbox_get(bench->store, &stored, &err);
    ck_assert(result == OUTCOME_OK || result == OUTCOME_STORE_NOT_FOUND);
    return result == OUTCOME_STORE_NOT_FOUND;
}

/* The n-th signed transaction that was sent, as base64. */
static void sent_base64(const struct bench *bench, size_t n, struct bytes *out)
{
    static const char name[] = "\"signed_tx_base64\":\"";
    const char *request = fake_rpc_request(bench->fake, "send_tx", n);
    ck_assert_ptr_nonnull(request);
    const char *start = strstr(request, name);
    ck_assert_ptr_nonnull(start);
    start += sizeof name - 1;
    ck_assert_ok(bytes_append(out, start, strcspn(start, "\"")));
}

static void sent_tx(const struct bench *bench, size_t n, struct near_tx *out)
{
    CLEANUP(bytes_free) struct bytes base64 = {0};
    CLEANUP(bytes_free) struct bytes borsh = {0};
    struct near_signature signature;
    struct error err;
    size_t tx_len;
    sent_base64(bench, n, &base64);
    ck_assert_ok_err(base64_decode((const char *)base64.data, base64.len, &borsh, &err), err);
    ck_assert_ok_err(near_signed_tx_decode(borsh.data, borsh.len, out, &signature, &tx_len, &err), err);
}

static bool same_bytes_sent(const struct bench *bench, size_t a, size_t b)
{
    CLEANUP(bytes_free) struct bytes one = {0};
    CLEANUP(bytes_free) struct bytes two = {0};
    sent_base64(bench, a, &one);
    sent_base64(bench, b, &two);
    return strcmp((const char *)one.data, (const char *)two.data) == 0;
}

/* --- sending --- */

START_TEST(the_transaction_is_the_one_of_wire_md_8_5)
{
    struct bench bench;
    set_up(&bench);
    ck_assert_tried(&bench);
    CLEANUP(near_tx_free) struct near_tx tx = {0};
    CLEANUP(bytes_free) struct bytes args = {0};
    sent_tx(&bench, 0, &tx);
    ck_assert_str_eq(tx.signer_id, STORY_ACCOUNT);
    ck_assert_str_eq(tx.receiver_id, STORY_CONTRACT);
    ck_assert_uint_eq(tx.nonce, KEY_NONCE + 1);
    ck_assert_uint_eq(tx.action_count, 1);
    ck_assert_str_eq(tx.actions[0].method_name, "conclude_node_migration");
    ck_assert_uint_eq(tx.actions[0].gas, 300000000000000u);
    ck_assert_uint_eq(tx.actions[0].deposit.low | tx.actions[0].deposit.high, 0);
    ck_assert_ok(conclude_args(&bench.snapshot->protocol.keyset, &args, NULL));
    ck_assert_uint_eq(tx.actions[0].args_len, args.len);
    ck_assert_mem_eq(tx.actions[0].args, args.data, args.len);
    ck_assert_int_eq(metric_value(METRIC_TX_CONCLUDE_SUCCEEDED), 1);
    tear_down(&bench);
}
END_TEST

START_TEST(it_is_durable_before_its_first_byte_is_sent)
{
    struct bench bench;
    set_up(&bench);
    serve_timeout(&bench);
    sent_when_written = 99;
    ck_assert_tried(&bench);
    ck_assert_uint_eq(sent_when_written, 0);
    ck_assert_uint_eq(sends(&bench), 1);

    CLEANUP(bytes_free) struct bytes stored = {0};
    CLEANUP(bytes_free) struct bytes base64 = {0};
    CLEANUP(bytes_free) struct bytes sent = {0};
    CLEANUP(outbox_record_free) struct outbox_record record;
    ck_assert_ok(store_outbox_get(bench.store, &stored, NULL));
    ck_assert_ok(outbox_record_read(stored.data, stored.len, &record, NULL));
    ck_assert_ok(base64_encode(record.tx.bytes.data, record.tx.bytes.len, &base64));
    sent_base64(&bench, 0, &sent);
    ck_assert_str_eq((const char *)base64.data, (const char *)sent.data);
    ck_assert_mem_eq(record.binding, binding, SHA256_LEN);
    ck_assert_int_gt((int)strlen(bench.conclude.report.transaction), 0);
    tear_down(&bench);
}
END_TEST

START_TEST(while_nobody_knows_what_became_of_it_the_same_bytes_are_sent_again)
{
    struct bench bench;
    set_up(&bench);
    serve_timeout(&bench);
    ck_assert_tried(&bench);
    fake_rpc_forget(bench.fake, "send_tx");
    fake_rpc_reply(bench.fake, "send_tx", &(struct fake_reply){.kind = FAKE_CLOSE});
    ck_assert_tried(&bench);
    fake_rpc_forget(bench.fake, "send_tx");
    fake_rpc_reply(bench.fake, "send_tx", &(struct fake_reply){.body = "<html>"});
    reset_conclude(&bench); /* a crash and a restart */
    ck_assert_tried(&bench);
    serve_executed(&bench, "send_tx");
    ck_assert_tried(&bench);
    /* libcurl asks once more by itself where a kept connection was closed. */
    ck_assert_uint_ge(sends(&bench), 4);
    for (size_t i = 1; i < sends(&bench); i++)
        ck_assert(same_bytes_sent(&bench, 0, i));
    ck_assert_int_eq(metric_value(METRIC_TX_CONCLUDE_UNKNOWN), 3);
    tear_down(&bench);
}
END_TEST

/* With one RPC too: what it said, or why it said nothing, is what the operator reads. */
START_TEST(what_the_rpc_said_of_a_transaction_that_it_did_not_take_is_told)
{
    struct bench bench;
    set_up(&bench);
    serve_timeout(&bench);
    ck_assert_tried(&bench);
    ck_assert_text_has(bench.conclude.report.last.text, bench.conclude.report.transaction);
    ck_assert_text_has(bench.conclude.report.last.text, "(unclear: HANDLER_ERROR TIMEOUT_ERROR: ");
    fake_rpc_forget(bench.fake, "send_tx");
    fake_rpc_error(
        bench.fake, "send_tx", 200,
        "{\"name\":\"HANDLER_ERROR\",\"cause\":{\"name\":\"DOES_NOT_TRACK_SHARD\"},\"code\":-32000,"
        "\"message\":\"Server error\",\"data\":\"the \\u001b[31mshard\\n\"}");
    ck_assert_tried(&bench);
    ck_assert_text_has(bench.conclude.report.last.text, fake_rpc_url(bench.fake));
    ck_assert_text_has(bench.conclude.report.last.text, "DOES_NOT_TRACK_SHARD");
    ck_assert_ptr_null(strpbrk(bench.conclude.report.last.text, "\x1b\n"));
    fake_rpc_forget(bench.fake, "send_tx");
    fake_rpc_reply(bench.fake, "send_tx", &(struct fake_reply){.status = 503, .body = "away"});
    ck_assert_tried(&bench);
    ck_assert_text_has(bench.conclude.report.last.text, "HTTP status 503");
    ck_assert_int_eq(bench.conclude.report.last.code, OUTCOME_TX_UNKNOWN);
    tear_down(&bench);
}
END_TEST

START_TEST(a_refusal_in_words_with_control_characters_is_told_without_them)
{
    struct bench bench;
    set_up(&bench);
    serve_panic(&bench, "send_tx", "\\u001b]0;owned\\u0007 \\u009b2J");
    ck_assert_tried(&bench);
    ck_assert_text_has(bench.conclude.report.contract_error, "?]0;owned? ??2J");
    tear_down(&bench);
}
END_TEST

START_TEST(one_that_has_been_executed_after_all_is_not_sent_again)
{
    struct bench bench;
    set_up(&bench);
    serve_timeout(&bench);
    ck_assert_tried(&bench);
    serve_executed(&bench, "tx");
    reset_conclude(&bench);
    ck_assert_tried(&bench);
    ck_assert_tried(&bench);
    ck_assert_uint_eq(sends(&bench), 1);
    ck_assert_int_eq(metric_value(METRIC_TX_CONCLUDE_SUCCEEDED), 1);
    conclude_retire(&bench.conclude, HEIGHT, other_binding);
    ck_assert(outbox_is_empty(&bench));
    ck_assert_str_eq(bench.conclude.report.transaction, "");
    tear_down(&bench);
}
END_TEST

/* It is believed only when the nonce is used and a younger view still wants a conclude. */
START_TEST(one_that_is_said_to_be_executed_is_not_followed_by_another_before_the_chain_shows_it)
{
    struct bench bench;
    set_up(&bench);
    for (unsigned i = 0; i < 5; i++) {
        serve_executed(&bench, "tx");
        ck_assert_tried(&bench);
    }
    ck_assert_uint_eq(sends(&bench), 1);
    serve_key(&bench, KEY_NONCE + 1, ANY_METHOD);
    ck_assert_tried(&bench);
    ck_assert_uint_eq(sends(&bench), 2);
    ck_assert(!same_bytes_sent(&bench, 0, 1));
    tear_down(&bench);
}
END_TEST

START_TEST(one_that_is_under_way_is_left_alone)
{
    struct bench bench;
    set_up(&bench);
    serve_timeout(&bench);
    ck_assert_tried(&bench);
    fake_rpc_forget(bench.fake, "tx");
    fake_rpc_result(bench.fake, "tx", "{\"final_execution_status\":\"INCLUDED\"}");
    ck_assert_tried(&bench);
    ck_assert_uint_eq(sends(&bench), 1);
    ck_assert(!outbox_is_empty(&bench));
    tear_down(&bench);
}
END_TEST

START_TEST(one_whose_nonce_was_used_by_another_is_signed_anew)
{
    struct bench bench;
    set_up(&bench);
    serve_timeout(&bench);
    ck_assert_tried(&bench);
    serve_key(&bench, KEY_NONCE + 5, ANY_METHOD);
    ck_assert_tried(&bench);
    ck_assert(same_bytes_sent(&bench, 0, 1));
    ck_assert_tried(&bench);
    CLEANUP(near_tx_free) struct near_tx tx = {0};
    sent_tx(&bench, 2, &tx);
    ck_assert_uint_eq(tx.nonce, KEY_NONCE + 6);
    tear_down(&bench);
}
END_TEST

/* An included call runs some blocks later: until then its nonce is used and the record is still there. */
START_TEST(an_rpc_that_forgets_what_it_took_gets_no_other_bytes_while_they_may_be_running)
{
    struct bench bench;
    set_up(&bench);
    serve_timeout(&bench);
    ck_assert_tried(&bench);
    serve_key(&bench, KEY_NONCE + 1, ANY_METHOD);
    fake_rpc_forget(bench.fake, "send_tx");
    add_rejected(&bench, "{\"InvalidNonce\":{\"tx_nonce\":100000000000008,\"ak_nonce\":100000000000008}}");
    reset_conclude(&bench); /* a crash and a restart */
    bench.now_ms += 1;
    ck_assert_tried(&bench);
    ck_assert_uint_eq(sends(&bench), 2);
    ck_assert(same_bytes_sent(&bench, 0, 1));
    ck_assert(!outbox_is_empty(&bench));
    tear_down(&bench);
}
END_TEST

START_TEST(a_transaction_for_another_record_or_keyset_is_dropped)
{
    struct bench bench;
    set_up(&bench);
    serve_timeout(&bench);
    ck_assert_tried(&bench);
    conclude_retire(&bench.conclude, bench.snapshot->height, binding);
    ck_assert(!outbox_is_empty(&bench));
    ck_assert_int_eq(conclude_round(&bench.conclude, bench.snapshot, other_binding, bench.now_ms),
                     CONCLUDE_TRIED);
    ck_assert_uint_eq(sends(&bench), 2);
    ck_assert(!same_bytes_sent(&bench, 0, 1));
    CLEANUP(near_tx_free) struct near_tx tx = {0};
    sent_tx(&bench, 1, &tx);
    ck_assert_uint_eq(tx.nonce, KEY_NONCE + 2);
    conclude_retire(&bench.conclude, bench.snapshot->height, binding);
    ck_assert(outbox_is_empty(&bench));
    ck_assert_str_eq(bench.conclude.report.transaction, "");
    tear_down(&bench);
}
END_TEST

START_TEST(a_view_from_before_the_transaction_was_signed_neither_drops_it_nor_signs_another)
{
    struct bench bench;
    set_up(&bench);
    serve_timeout(&bench);
    ck_assert_tried(&bench);
    reset_conclude(&bench);
    bench.snapshot->height = HEIGHT - 1;
    conclude_retire(&bench.conclude, HEIGHT - 1, other_binding);
    ck_assert(!outbox_is_empty(&bench));
    ck_assert_str_eq(bench.conclude.report.transaction, "");
    ck_assert_int_eq(conclude_round(&bench.conclude, bench.snapshot, other_binding, bench.now_ms),
                     CONCLUDE_TRIED);
    ck_assert_int_eq(bench.conclude.report.last.code, OUTCOME_RPC_WENT_BACK);
    ck_assert_uint_eq(sends(&bench), 1);
    bench.snapshot->height = HEIGHT;
    ck_assert_tried(&bench);
    ck_assert_uint_eq(sends(&bench), 2);
    ck_assert(same_bytes_sent(&bench, 0, 1));
    tear_down(&bench);
}
END_TEST

START_TEST(an_outbox_that_cannot_be_read_is_dropped_and_the_conclude_goes_on)
{
    struct bench bench;
    set_up(&bench);
    ck_assert_ok(store_outbox_put(bench.store, "nonsense", 8, NULL));
    ck_assert_tried(&bench);
    ck_assert_uint_eq(sends(&bench), 1);
    tear_down(&bench);
}
END_TEST

/* --- near-rpc.md E.4 --- */

/* A node that lags says so too of bytes that another one has taken. */
START_TEST(one_that_is_called_outdated_is_kept_until_its_nonce_is_used)
{
    static const char *const errors[] = {
        "{\"InvalidNonce\":{\"tx_nonce\":100000000000008,\"ak_nonce\":100000000000020}}", "\"Expired\"",
        "\"InvalidChain\""};
    struct bench bench;
    set_up(&bench);
    fake_rpc_forget(bench.fake, "send_tx");
    add_rejected(&bench, errors[_i]);
    ck_assert_tried(&bench);
    ck_assert_tried(&bench);
    ck_assert_uint_eq(sends(&bench), 2);
    ck_assert(same_bytes_sent(&bench, 0, 1));
    ck_assert_int_eq(bench.conclude.report.last.code, OUTCOME_TX_UNKNOWN);

    serve_key(&bench, KEY_NONCE + 13, ANY_METHOD);
    serve_executed(&bench, "send_tx");
    while (sends(&bench) < 3 || same_bytes_sent(&bench, 0, sends(&bench) - 1))
        ck_assert_tried(&bench);
    CLEANUP(near_tx_free) struct near_tx tx = {0};
    sent_tx(&bench, sends(&bench) - 1, &tx);
    ck_assert_uint_eq(tx.nonce, KEY_NONCE + 14);
    tear_down(&bench);
}
END_TEST

START_TEST(an_invalid_nonce_that_is_our_own_earlier_send_is_success)
{
    struct bench bench;
    set_up(&bench);
    fake_rpc_forget(bench.fake, "send_tx");
    add_rejected(&bench, "{\"InvalidNonce\":{\"tx_nonce\":100000000000008,\"ak_nonce\":100000000000008}}");
    ck_assert_tried(&bench);
    serve_executed(&bench, "tx");
    ck_assert_tried(&bench);
    ck_assert_uint_eq(sends(&bench), 1);
    ck_assert_int_eq(metric_value(METRIC_TX_CONCLUDE_SUCCEEDED), 1);
    tear_down(&bench);
}
END_TEST

START_TEST(one_that_has_expired_is_signed_anew)
{
    struct bench bench;
    set_up(&bench);
    serve_timeout(&bench);
    ck_assert_tried(&bench);
    bench.snapshot->height = HEIGHT + CONCLUDE_VALIDITY_BLOCKS;
    ck_assert_tried(&bench);
    ck_assert(same_bytes_sent(&bench, 0, 1));
    bench.snapshot->height++;
    ck_assert_tried(&bench);
    ck_assert(!same_bytes_sent(&bench, 0, 2));
    tear_down(&bench);
}
END_TEST

START_TEST(bytes_that_nobody_will_ever_take_are_dropped)
{
    struct bench bench;
    set_up(&bench);
    fake_rpc_forget(bench.fake, "send_tx");
    add_rejected(&bench, "\"InvalidSignature\"");
    ck_assert_blocked(&bench);
    ck_assert_text_has(bench.conclude.report.blocked_by, "near_signer_key");
    ck_assert(outbox_is_empty(&bench));
    tear_down(&bench);
}
END_TEST

/* --- what is found out before sending --- */

static void name_another_signer(struct bench *bench)
{
    bench->snapshot->migrations.entries[0].destination.signer_account_pk = story_key(77);
}

static void lack_attestation(struct bench *bench)
{
    serve_attestation(bench, "null");
}

static void expire_attestation(struct bench *bench)
{
    serve_attestation(bench, "{\"Mock\":{\"WithConstraints\":{\"expiry_timestamp_seconds\":1699999999}}}");
}

static void lack_key(struct bench *bench)
{
    fake_rpc_forget(bench->fake, "query:view_access_key");
    fake_rpc_result(
        bench->fake, "query:view_access_key",
        "{\"error\":\"access key ed25519:x does not exist while viewing\",\"logs\":[],\"block_height\":1,"
        "\"block_hash\":\"" HASH_TEXT "\"}");
}

/* The list of document 003 lacks conclude_node_migration (contract.md D12). */
static void lack_method(struct bench *bench)
{
    serve_key(bench, KEY_NONCE, PERMISSION("null", STORY_CONTRACT, "\"respond\",\"vote_pk\""));
}

static void key_of_another_contract(struct bench *bench)
{
    serve_key(bench, KEY_NONCE, PERMISSION("null", "v0.signer.test", ""));
}

static void lack_allowance(struct bench *bench)
{
    serve_key(bench, KEY_NONCE, PERMISSION("\"1000\"", STORY_CONTRACT, ""));
}

static const struct {
    void (*spoil)(struct bench *bench);
    const char *says;
    result_t outcome;
} obstacles[] = {
    {name_another_signer, "signer_account_pk", OUTCOME_SIGNER_KEY_MISMATCH},
    {lack_attestation, "no attestation", OUTCOME_ATTESTATION_MISSING},
    {expire_attestation, "expired 1 s ago", OUTCOME_ATTESTATION_INVALID},
    {lack_key, "add it as a function-call key for v1.signer.test with an empty method list",
     OUTCOME_RPC_NO_ACCESS_KEY},
    {lack_method, "conclude_node_migration", OUTCOME_TX_REJECTED},
    {key_of_another_contract, "v0.signer.test", OUTCOME_TX_REJECTED},
    {lack_allowance, "allowance is 1000 yoctoNEAR", OUTCOME_ALLOWANCE_TOO_SMALL},
};

START_TEST(what_would_be_refused_is_not_sent_and_says_why)
{
    struct bench bench;
    set_up(&bench);
    obstacles[_i].spoil(&bench);
    ck_assert_blocked(&bench);
    ck_assert_text_has(bench.conclude.report.blocked_by, obstacles[_i].says);
    ck_assert_uint_eq(metric_outcome_count(METRIC_EVENT_CONCLUDE, obstacles[_i].outcome), 1);
    ck_assert_int_eq(bench.conclude.report.last.code, obstacles[_i].outcome);
    ck_assert_uint_eq(sends(&bench), 0);
    ck_assert(outbox_is_empty(&bench));

    chain_snapshot_unref(bench.snapshot);
    bench.snapshot = snapshot_with(&bench, 3);
    serve_attestation(&bench, "{\"Mock\":\"Valid\"}");
    serve_key(&bench, KEY_NONCE, ANY_METHOD);
    ck_assert_tried(&bench);
    ck_assert_uint_eq(sends(&bench), 1);
    ck_assert_str_eq(bench.conclude.report.blocked_by, "");
    ck_assert_int_eq(bench.conclude.report.last.code, OUTCOME_OK);
    tear_down(&bench);
}
END_TEST

START_TEST(a_keyset_that_no_transaction_holds_is_reported)
{
    struct bench bench;
    set_up(&bench);
    chain_snapshot_unref(bench.snapshot);
    bench.snapshot = snapshot_with(&bench, KEYSET_DOMAINS_MAX);
    ck_assert_blocked(&bench);
    ck_assert_text_has(bench.conclude.report.blocked_by, "16384 domains");
    ck_assert_uint_eq(sends(&bench), 0);
    tear_down(&bench);
}
END_TEST

START_TEST(a_contract_that_has_no_view_of_attestations_is_not_held_against_us)
{
    struct bench bench;
    set_up(&bench);
    fake_rpc_forget(bench.fake, "query:get_attestation");
    fake_rpc_result(
        bench.fake, "query:get_attestation",
        "{\"error\":\"wasm execution failed with error: MethodResolveError(MethodNotFound)\",\"logs\":[],"
        "\"block_height\":1,\"block_hash\":\"" HASH_TEXT "\"}");
    ck_assert_tried(&bench);
    ck_assert_uint_eq(sends(&bench), 1);
    tear_down(&bench);
}
END_TEST

START_TEST(an_rpc_that_is_away_is_no_obstacle_but_nothing_is_signed)
{
    struct bench bench;
    set_up(&bench);
    fake_rpc_forget(bench.fake, "query:view_access_key");
    fake_rpc_reply(bench.fake, "query:view_access_key", &(struct fake_reply){.status = 500, .body = ""});
    ck_assert_tried(&bench);
    ck_assert(outbox_is_empty(&bench));
    ck_assert_int_eq(metric_value(METRIC_TX_CONCLUDE_LOCAL_ERROR), 1);
    ck_assert_int_eq(bench.conclude.report.last.code, OUTCOME_RPC_HTTP_STATUS);
    tear_down(&bench);
}
END_TEST

/* --- refusals --- */

START_TEST(a_lasting_refusal_is_left_alone_until_something_changes_or_time_passes)
{
    struct bench bench;
    set_up(&bench);
    serve_panic(&bench, "send_tx", "Invalid TEE Remote Attestation: destination node TEE quote is invalid");
    ck_assert_blocked(&bench);
    ck_assert_text_has(bench.conclude.report.contract_error, "destination node TEE quote is invalid");
    ck_assert_text_has(bench.conclude.report.blocked_by, "attestation");
    ck_assert_int_eq(metric_value(METRIC_TX_CONCLUDE_FAILED), 1);
    ck_assert_blocked(&bench);
    ck_assert_uint_eq(sends(&bench), 1);

    serve_attestation(&bench, "{\"Mock\":{\"WithConstraints\":{\"expiry_timestamp_seconds\":1800000000}}}");
    ck_assert_blocked(&bench);
    ck_assert_uint_eq(sends(&bench), 2);

    bench.now_ms += CONCLUDE_FAILED_RETRY_MS;
    serve_executed(&bench, "send_tx");
    ck_assert_tried(&bench);
    ck_assert_uint_eq(sends(&bench), 3);
    ck_assert_str_eq(bench.conclude.report.blocked_by, "");
    ck_assert_str_eq(bench.conclude.report.contract_error, "");
    tear_down(&bench);
}
END_TEST

START_TEST(a_rejection_by_the_chain_says_what_to_do)
{
    struct bench bench;
    set_up(&bench);
    fake_rpc_forget(bench.fake, "send_tx");
    add_rejected(
        &bench,
        "{\"InvalidAccessKeyError\":{\"MethodNameMismatch\":{\"method_name\":\"conclude_node_migration\"}}}");
    ck_assert_blocked(&bench);
    ck_assert_text_has(bench.conclude.report.blocked_by, "MethodNameMismatch");
    ck_assert_text_has(bench.conclude.report.blocked_by, "empty method list");
    ck_assert_int_eq(metric_value(METRIC_TX_CONCLUDE_REJECTED), 1);
    ck_assert_blocked(&bench);
    ck_assert_int_eq(bench.conclude.report.last.code, OUTCOME_TX_REJECTED);
    ck_assert_int_eq(metric_value(METRIC_TX_CONCLUDE_REJECTED), 1);
    ck_assert_uint_eq(sends(&bench), 1);
    bench.now_ms += CONCLUDE_REJECTED_RETRY_MS;
    serve_executed(&bench, "send_tx");
    ck_assert_tried(&bench);
    ck_assert(same_bytes_sent(&bench, 0, 1));
    tear_down(&bench);
}
END_TEST

START_TEST(a_refusal_that_the_views_will_explain_is_no_obstacle)
{
    static const char *const texts[] = {"Node does not have an ongoing recovery",
                                        "The protocol is not Running.", "something nobody knows"};
    struct bench bench;
    set_up(&bench);
    serve_panic(&bench, "send_tx", texts[_i]);
    ck_assert_tried(&bench);
    ck_assert_text_has(bench.conclude.report.contract_error, texts[_i]);
    serve_panic(&bench, "tx", texts[_i]);
    serve_key(&bench, KEY_NONCE + 1, ANY_METHOD);
    ck_assert_tried(&bench);
    ck_assert_uint_eq(sends(&bench), 2);
    ck_assert(!same_bytes_sent(&bench, 0, 1));
    conclude_retire(&bench.conclude, bench.snapshot->height, other_binding);
    ck_assert_str_eq(bench.conclude.report.contract_error, "");
    tear_down(&bench);
}
END_TEST

START_TEST(a_refusal_found_out_after_a_restart_counts)
{
    struct bench bench;
    set_up(&bench);
    serve_timeout(&bench);
    ck_assert_tried(&bench);
    reset_conclude(&bench);
    serve_panic(&bench, "tx", "The transaction was submitted by a different public key than expected.");
    ck_assert_blocked(&bench);
    ck_assert_uint_eq(sends(&bench), 1);
    serve_key(&bench, KEY_NONCE + 1, ANY_METHOD);
    ck_assert_blocked(&bench);
    ck_assert(outbox_is_empty(&bench));
    ck_assert_text_has(bench.conclude.report.blocked_by, "start_node_migration");
    ck_assert_uint_eq(sends(&bench), 1);
    tear_down(&bench);
}
END_TEST

static void add_sending_tests(TCase *tcase)
{
    tcase_add_test(tcase, the_transaction_is_the_one_of_wire_md_8_5);
    tcase_add_test(tcase, it_is_durable_before_its_first_byte_is_sent);
    tcase_add_test(tcase, while_nobody_knows_what_became_of_it_the_same_bytes_are_sent_again);
    tcase_add_test(tcase, what_the_rpc_said_of_a_transaction_that_it_did_not_take_is_told);
    tcase_add_test(tcase, a_refusal_in_words_with_control_characters_is_told_without_them);
    tcase_add_test(tcase, one_that_has_been_executed_after_all_is_not_sent_again);
    tcase_add_test(tcase, one_that_is_under_way_is_left_alone);
    tcase_add_test(tcase, one_whose_nonce_was_used_by_another_is_signed_anew);
    tcase_add_test(tcase, a_transaction_for_another_record_or_keyset_is_dropped);
    tcase_add_test(tcase, a_view_from_before_the_transaction_was_signed_neither_drops_it_nor_signs_another);
    tcase_add_test(tcase, an_outbox_that_cannot_be_read_is_dropped_and_the_conclude_goes_on);
    tcase_add_test(tcase,
                   one_that_is_said_to_be_executed_is_not_followed_by_another_before_the_chain_shows_it);
    tcase_add_test(tcase, an_rpc_that_forgets_what_it_took_gets_no_other_bytes_while_they_may_be_running);
    tcase_add_loop_test(tcase, one_that_is_called_outdated_is_kept_until_its_nonce_is_used, 0, 3);
    tcase_add_test(tcase, an_invalid_nonce_that_is_our_own_earlier_send_is_success);
    tcase_add_test(tcase, one_that_has_expired_is_signed_anew);
    tcase_add_test(tcase, bytes_that_nobody_will_ever_take_are_dropped);
}

static void add_refusal_tests(TCase *tcase)
{
    tcase_add_loop_test(tcase, what_would_be_refused_is_not_sent_and_says_why, 0, (int)ARRAY_LEN(obstacles));
    tcase_add_test(tcase, a_keyset_that_no_transaction_holds_is_reported);
    tcase_add_test(tcase, a_contract_that_has_no_view_of_attestations_is_not_held_against_us);
    tcase_add_test(tcase, an_rpc_that_is_away_is_no_obstacle_but_nothing_is_signed);
    tcase_add_test(tcase, a_lasting_refusal_is_left_alone_until_something_changes_or_time_passes);
    tcase_add_test(tcase, a_rejection_by_the_chain_says_what_to_do);
    tcase_add_loop_test(tcase, a_refusal_that_the_views_will_explain_is_no_obstacle, 0, 3);
    tcase_add_test(tcase, a_refusal_found_out_after_a_restart_counts);
}

int main(void)
{
    SUITE_WITH_CASE(suite, tcase, "conclude");
    log_init(LOG_FORMAT_PLAIN, LOG_LEVEL_ERROR);
    add_sending_tests(tcase);
    add_refusal_tests(tcase);
    return run_suite(suite);
}
