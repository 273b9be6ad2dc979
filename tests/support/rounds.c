#include "tests/support/rounds.h"

#include <stdio.h>
#include <string.h>

#include "common/encoding.h"
#include "node/metrics.h"
#include "node/store.h"
#include "tests/support/endpoint.h"
#include "tests/support/memory_records.h"
#include "tests/support/story.h"
#include "tests/support/support.h"

#define MINE     1
#define OTHERS   2
#define ROUND_MS 12000

const uint8_t rounds_binding[SHA256_LEN] = {1};

/* --- the node --- */

static struct rounds *stepped; /* for store steps, which have no context */

static void on_store_step(const char *name)
{
    if (stepped && stepped->fake && strcmp(name, "outbox written") == 0)
        stepped->sent_when_written = rounds_sends(stepped);
}

static void open_store(struct rounds *rounds)
{
    CLEANUP(secret_free) struct secret key = {0};
    struct error err;
    ck_assert_ok(secret_make(&key, 16));
    rounds->disk = memory_records_make();
    struct store_options options = {
        .kind = STORE_LMDB, .key = &key, .records = memory_records_of(rounds->disk), .step = on_store_step};
    ck_assert_ok_err(store_open(&options, &rounds->store, &err), err);
}

void rounds_restart(struct rounds *rounds)
{
    rounds->conclude = (struct conclude){.account_id = &rounds->account_id,
                                         .contract_id = &rounds->contract_id,
                                         .p2p_key = &rounds->p2p_key,
                                         .signer = &rounds->signer,
                                         .store = rounds->store,
                                         .panel = rounds->panel};
}

static struct story story_of(size_t domains)
{
    return (struct story){.phase = PROTOCOL_RUNNING,
                          .epoch_id = 5,
                          .domains = domains,
                          .listed_key = OTHERS,
                          .destination = MINE,
                          .signer = 9};
}

void rounds_view(struct rounds *rounds, size_t domains)
{
    struct story story = story_of(domains);
    struct chain_now seen = {.wall_ms = FAKE_EPOCH_MS};
    chain_snapshot_unref(rounds->snapshot);
    /* Nobody else has it. */
    rounds->snapshot = (struct chain_snapshot *)(uintptr_t)story_snapshot(&story, ROUNDS_HEIGHT, seen);
    rounds->snapshot->migrations.entries[0].destination.signer_account_pk = rounds->signer.public_key;
}

static void open_node(struct rounds *rounds)
{
    rounds->p2p_key = story_key(MINE);
    rounds->account_id = story_account();
    endpoint_keypair(0x42, &rounds->signer);
    ck_assert(account_id_set(&rounds->contract_id, STORY_CONTRACT, strlen(STORY_CONTRACT)));
    open_store(rounds);
    rounds_view(rounds, 3);
    metrics_reset();
    rounds_restart(rounds);
    stepped = rounds;
}

static void serve_not_seen(struct rounds *rounds)
{
    fake_rpc_forget(rounds->fake, "tx");
    fake_rpc_error(rounds->fake, "tx", 200,
                   "{\"name\":\"HANDLER_ERROR\",\"cause\":{\"name\":\"UNKNOWN_TRANSACTION\",\"info\":{}},"
                   "\"code\":-32000,\"message\":\"Server error\",\"data\":\"Transaction doesn't exist\"}");
}

void rounds_open(struct rounds *rounds)
{
    struct error err;
    *rounds = (struct rounds){.fake = fake_rpc_start()};
    struct rpc_config config = {.url = fake_rpc_url(rounds->fake), .timeout_ms = 20000};
    ck_assert_ok_err(rpc_open(&config, &rounds->rpc, &err), err);
    ck_assert_ok_err(panel_open(&rounds->rpc, 1, false, &rounds->panel, &err), err);
    open_node(rounds);
    rounds_serve_attestation(rounds, "{\"Mock\":\"Valid\"}");
    rounds_serve_key(rounds, ROUNDS_NONCE, ROUNDS_ANY_METHOD);
    rounds_serve_executed(rounds, "send_tx");
    serve_not_seen(rounds);
}

void rounds_open_sources(struct rounds *rounds, size_t count, bool threads)
{
    static const char *const names[ROUNDS_SOURCES] = {"https://a/", "https://b/", "https://c/"};
    struct story story = story_of(3);
    struct rpc *rpcs[ROUNDS_SOURCES];
    struct error err;
    *rounds = (struct rounds){.count = count};
    for (size_t i = 0; i < count; i++) {
        fake_source_init(&rounds->sources[i], names[i], &story, ROUNDS_HEIGHT);
        rounds->sources[i].manner.key.nonce = ROUNDS_NONCE;
        rpcs[i] = &rounds->sources[i].rpc;
    }
    ck_assert_ok_err(panel_open(rpcs, count, threads, &rounds->panel, &err), err);
    open_node(rounds);
}

void rounds_close(struct rounds *rounds)
{
    stepped = NULL;
    panel_close(rounds->panel);
    store_close(rounds->store);
    memory_records_free(rounds->disk);
    rpc_close(&rounds->rpc);
    fake_rpc_stop(&rounds->fake);
    for (size_t i = 0; i < rounds->count; i++)
        fake_source_free(&rounds->sources[i]);
    chain_snapshot_unref(rounds->snapshot);
    ed25519_keypair_free(&rounds->signer);
}

enum conclude_verdict rounds_run(struct rounds *rounds)
{
    rounds->now_ms += ROUND_MS;
    rounds->snapshot->seen_mono_ms = rounds->now_ms;
    return conclude_round(&rounds->conclude, rounds->snapshot, rounds_binding, rounds->now_ms);
}

bool rounds_outbox_is_empty(const struct rounds *rounds)
{
    CLEANUP(bytes_free) struct bytes stored = {0};
    result_t result = store_outbox_get(rounds->store, &stored, NULL);
    ck_assert(result == OUTCOME_OK || result == OUTCOME_STORE_NOT_FOUND);
    return result == OUTCOME_STORE_NOT_FOUND;
}

/* --- what the single RPC says --- */

void rounds_serve_attestation(struct rounds *rounds, const char *text)
{
    fake_rpc_forget(rounds->fake, "query:get_attestation");
    fake_rpc_view(rounds->fake, "query:get_attestation", text, ROUNDS_HEIGHT, ROUNDS_HASH);
}

void rounds_serve_key(struct rounds *rounds, uint64_t nonce, const char *permission)
{
    char result[512];
    snprintf(result, sizeof result,
             "{\"nonce\":%llu,\"permission\":%s,\"block_height\":%u,\"block_hash\":\"" ROUNDS_HASH "\"}",
             (unsigned long long)nonce, permission, ROUNDS_HEIGHT);
    fake_rpc_forget(rounds->fake, "query:view_access_key");
    fake_rpc_result(rounds->fake, "query:view_access_key", result);
}

void rounds_serve_executed(struct rounds *rounds, const char *method)
{
    fake_rpc_forget(rounds->fake, method);
    fake_rpc_result(
        rounds->fake, method,
        "{\"final_execution_status\":\"EXECUTED_OPTIMISTIC\",\"status\":{\"SuccessValue\":\"bnVsbA==\"}}");
}

void rounds_serve_panic(struct rounds *rounds, const char *method, const char *text)
{
    char result[768];
    snprintf(result, sizeof result,
             "{\"final_execution_status\":\"FINAL\",\"status\":{\"Failure\":{\"ActionError\":{\"index\":0,"
             "\"kind\":"
             "{\"FunctionCallError\":{\"ExecutionError\":\"Smart contract panicked: %s\"}}}}}}",
             text);
    fake_rpc_forget(rounds->fake, method);
    fake_rpc_result(rounds->fake, method, result);
}

void rounds_serve_rejected(struct rounds *rounds, const char *invalid_tx_error)
{
    char error[512];
    snprintf(error, sizeof error,
             "{\"name\":\"HANDLER_ERROR\",\"cause\":{\"name\":\"INVALID_TRANSACTION\",\"info\":{}},\"code\":-"
             "32000,"
             "\"message\":\"Server error\",\"data\":{\"TxExecutionError\":{\"InvalidTxError\":%s}}}",
             invalid_tx_error);
    fake_rpc_forget(rounds->fake, "send_tx");
    fake_rpc_error(rounds->fake, "send_tx", 200, error);
}

void rounds_serve_timeout(struct rounds *rounds)
{
    fake_rpc_forget(rounds->fake, "send_tx");
    fake_rpc_error(rounds->fake, "send_tx", 408,
                   "{\"name\":\"HANDLER_ERROR\",\"cause\":{\"name\":\"TIMEOUT_ERROR\"},\"code\":-32000,"
                   "\"message\":\"Server error\",\"data\":\"Timeout\"}");
}

/* --- what it was sent --- */

size_t rounds_sends(const struct rounds *rounds)
{
    return fake_rpc_count(rounds->fake, "send_tx");
}

void rounds_sent_base64(const struct rounds *rounds, size_t n, struct bytes *out)
{
    static const char name[] = "\"signed_tx_base64\":\"";
    const char *request = fake_rpc_request(rounds->fake, "send_tx", n);
    ck_assert_ptr_nonnull(request);
    const char *start = strstr(request, name);
    ck_assert_ptr_nonnull(start);
    start += sizeof name - 1;
    ck_assert_ok(bytes_append(out, start, strcspn(start, "\"")));
}

void rounds_sent_tx(const struct rounds *rounds, size_t n, struct near_tx *out)
{
    CLEANUP(bytes_free) struct bytes base64 = {0};
    CLEANUP(bytes_free) struct bytes borsh = {0};
    struct near_signature signature;
    struct error err;
    size_t tx_len;
    rounds_sent_base64(rounds, n, &base64);
    ck_assert_ok_err(base64_decode((const char *)base64.data, base64.len, &borsh, &err), err);
    ck_assert_ok_err(near_signed_tx_decode(borsh.data, borsh.len, out, &signature, &tx_len, &err), err);
}

bool rounds_sent_same(const struct rounds *rounds, size_t a, size_t b)
{
    CLEANUP(bytes_free) struct bytes one = {0};
    CLEANUP(bytes_free) struct bytes two = {0};
    rounds_sent_base64(rounds, a, &one);
    rounds_sent_base64(rounds, b, &two);
    return strcmp((const char *)one.data, (const char *)two.data) == 0;
}
