/* What becomes of a transaction that a node sends, and what it is told when it asks. */
#include <stdio.h>
#include <string.h>

#include "common/json.h"
#include "tests/system/simulation/must.h"
#include "tests/system/simulation/rpc_side.h"

#define EXECUTION_MS 1500
#define DELAY_MS_MAX 600000
#define FOREIGN_GAS  30000000000000u

/* ---- outcomes, as an RPC answers them ---- */

/* The first word in quotes from `text` on. */
static const char *word_of(const char *text, char *out, size_t out_cap)
{
    const char *begin = strchr(text, '"');
    size_t len = begin ? strcspn(begin + 1, "\"") : 0;
    snprintf(out, out_cap, "%.*s", (int)len, begin ? begin + 1 : "");
    return begin ? begin + 1 + len + 1 : text;
}

/* "Expired", {"InvalidNonce":{..}}, {"InvalidAccessKeyError":{"AccessKeyNotFound":{..}}} */
static void write_rejection(const struct bytes *invalid, struct rpc_tx *out)
{
    const char *text = (const char *)invalid->data;
    out->fate = RPC_TX_REJECTED;
    const char *rest = word_of(text, out->name, sizeof out->name);
    if (strcmp(out->name, "InvalidAccessKeyError") == 0)
        word_of(rest, out->name, sizeof out->name);
    snprintf(out->text, sizeof out->text, "%s", text);
}

/* {"ActionError":{"index":0,"kind":{"FunctionCallError":{"ExecutionError":"TEXT"}}}} */
static void write_failure(const struct bytes *failure, struct rpc_tx *out)
{
    static const char mark[] = "\"ExecutionError\":";
    const char *text = (const char *)failure->data;
    const char *said = strstr(text, mark);
    out->fate = RPC_TX_FAILED;
    snprintf(out->name, sizeof out->name, "%s", said ? "ExecutionError" : "ActionError");
    snprintf(out->text, sizeof out->text, "%s", said ? said + sizeof mark - 1 : text);
}

static void write_record(const struct tx_record *record, struct rpc_tx *out)
{
    if (!record) {
        out->fate = RPC_TX_NOT_SEEN;
    } else if (record->stage == TX_DROPPED) {
        write_rejection(&record->invalid, out);
    } else if (record->stage == TX_POOLED) {
        out->fate = RPC_TX_PENDING;
    } else if (record->receipts[0].ok) {
        out->fate = RPC_TX_EXECUTED;
    } else {
        write_failure(&record->receipts[0].failure, out);
    }
}

/* ---- what happens to the bytes ---- */

static bool submit(struct source *source, const void *bytes, size_t len, uint8_t hash[SHA256_LEN],
                   struct bytes *invalid)
{
    struct chain_side *chain = source->world->chain;
    chain_side_look(chain);
    result_t result = chain_submit(&chain->chain, bytes, len, hash, invalid, NULL);
    must_be(result == OUTCOME_OK || result == OUTCOME_TX_REJECTED);
    return result == OUTCOME_OK;
}

static void hand_on(void *context, uint64_t place)
{
    struct source *source = context;
    struct held_tx *held = &source->held[place];
    CLEANUP(bytes_free) struct bytes invalid = {0};
    uint8_t hash[SHA256_LEN];
    bool taken = submit(source, held->bytes.data, held->bytes.len, hash, &invalid);
    trace_line(source->world->trace, source->world->schedule->now_ms, source->name,
               "hands on a transaction it held: %s", taken ? "taken" : (const char *)invalid.data);
    bytes_free(&held->bytes);
}

/* Its nonce; and in `hash`, unless NULL, its hash. */
static uint64_t read_tx(const void *signed_tx, size_t len, uint8_t *hash)
{
    CLEANUP(near_tx_free) struct near_tx tx = {0};
    struct near_signature signature;
    size_t tx_len;
    must(near_signed_tx_decode(signed_tx, len, &tx, &signature, &tx_len, NULL));
    if (hash)
        sha256(signed_tx, tx_len, hash);
    return tx.nonce;
}

/* Keep the bytes back and hand them on later; what there is no room for is lost. */
static void hold(struct source *source, const void *bytes, size_t len)
{
    struct rpc_world *world = source->world;
    uint64_t delay_ms = dice_below(world->dice, DELAY_MS_MAX);
    for (size_t i = 0; i < SOURCE_HELD_MAX; i++) {
        if (source->held[i].bytes.len)
            continue;
        must(bytes_append(&source->held[i].bytes, bytes, len));
        (void)read_tx(bytes, len, source->held[i].hash);
        schedule_add(world->schedule, delay_ms, hand_on, source, i);
        return;
    }
}

/* Another program of the operator's signs with the node's key and takes the nonce. */
static void use_nonce_up(struct source *source, size_t node, uint64_t nonce)
{
    CLEANUP(near_tx_free) struct near_tx tx = {0};
    CLEANUP(bytes_free) struct bytes bytes = {0};
    CLEANUP(bytes_free) struct bytes invalid = {0};
    uint8_t hash[SHA256_LEN];
    const struct cast_account *account = &cast()->accounts[node / CAST_NODES];
    const struct ed25519_keypair *signer = &account->nodes[node % CAST_NODES].signer;
    must(near_tx_function_call(account->id.text, &signer->public_key, nonce, CAST_CONTRACT,
                               chain_side_final(source->world->chain)->hash, "state", "{}", 2, FOREIGN_GAS,
                               (struct u128){0}, &tx));
    must(near_tx_sign(&tx, signer, &bytes, hash));
    (void)submit(source, bytes.data, bytes.len, hash, &invalid);
}

static bool strikes(const struct line *line, enum fault fault)
{
    struct rpc_world *world = line->source->world;
    return faults_strike(world->faults, world->dice, fault);
}

static result_t unclear(struct rpc_tx *out, const char *name)
{
    out->fate = RPC_TX_UNCLEAR;
    snprintf(out->name, sizeof out->name, "%s", name);
    return OUTCOME_OK;
}

static result_t refused(struct rpc_tx *out, const char *invalid)
{
    CLEANUP(bytes_free) struct bytes text = {0};
    must(bytes_append_text(&text, invalid));
    write_rejection(&text, out);
    return OUTCOME_OK;
}

static bool has_run(const struct line *line, const void *signed_tx, size_t len)
{
    uint8_t hash[SHA256_LEN];
    (void)read_tx(signed_tx, len, hash);
    const struct tx_record *record = tx_store_find(&line->source->world->chain->chain.txs, hash);
    return record && record->stage == TX_INCLUDED;
}

static result_t refused_for_its_nonce(struct rpc_tx *out, uint64_t nonce)
{
    char invalid[128];
    snprintf(invalid, sizeof invalid,
             "{\"InvalidNonce\":{\"tx_nonce\":%" PRIu64 ",\"ak_nonce\":%" PRIu64 "}}", nonce, nonce);
    return refused(out, invalid);
}

static result_t submit_and_wait(struct line *line, const void *bytes, size_t len, struct rpc_tx *out,
                                struct error *err)
{
    struct chain_side *chain = line->source->world->chain;
    CLEANUP(bytes_free) struct bytes invalid = {0};
    uint8_t hash[SHA256_LEN];
    if (!submit(line->source, bytes, len, hash, &invalid)) {
        write_rejection(&invalid, out);
        return OUTCOME_OK;
    }
    TRY(line_wait(line, EXECUTION_MS, err));
    chain_side_look(chain);
    if (strikes(line, FAULT_TX_NO_ANSWER))
        return unclear(out, "TIMEOUT_ERROR");
    write_record(tx_store_find(&chain->chain.txs, hash), out);
    return OUTCOME_OK;
}

result_t line_send_tx(struct rpc *rpc, const void *signed_tx, size_t len, enum rpc_wait wait,
                      struct rpc_tx *out, struct error *err)
{
    struct line *line = (struct line *)rpc;
    struct rpc_world *world = line->source->world;
    (void)wait;
    *out = (struct rpc_tx){.fate = RPC_TX_UNCLEAR};
    world->leaves(world->context, line->node, signed_tx, len);
    TRY(line_pass(line, err));
    if (strikes(line, FAULT_TX_LOST)) {
        TRY(line_wait(line, RPC_SEND_TIMEOUT_MS, err));
        return error_set(err, OUTCOME_RPC_TIMEOUT, "%s: no answer", line->source->name);
    }
    if (strikes(line, FAULT_TX_CONGESTED))
        return unclear(out, "ShardCongested");
    if (strikes(line, FAULT_TX_EXPIRED))
        return refused(out, "\"Expired\"");
    if (has_run(line, signed_tx, len) && strikes(line, FAULT_TX_REPEATED))
        return refused_for_its_nonce(out, read_tx(signed_tx, len, NULL));
    if (strikes(line, FAULT_TX_DELAYED)) {
        hold(line->source, signed_tx, len);
        out->fate = RPC_TX_PENDING;
        return OUTCOME_OK;
    }
    if (strikes(line, FAULT_TX_NONCE_USED))
        use_nonce_up(line->source, line->node, read_tx(signed_tx, len, NULL));
    return submit_and_wait(line, signed_tx, len, out, err);
}

result_t line_tx_status(struct rpc *rpc, const uint8_t hash[SHA256_LEN], const char *signer_id,
                        enum rpc_wait wait, struct rpc_tx *out, struct error *err)
{
    struct line *line = (struct line *)rpc;
    struct chain_side *chain = line->source->world->chain;
    (void)signer_id, (void)wait;
    *out = (struct rpc_tx){.fate = RPC_TX_UNCLEAR};
    TRY(line_pass(line, err));
    chain_side_look(chain);
    const struct tx_record *record = tx_store_find(&chain->chain.txs, hash);
    /* A source that lags has not seen what is newer than its blocks. */
    bool lags = line->source->lags_until_ms > line->source->world->schedule->now_ms;
    bool unseen = lags && record && record->stage == TX_INCLUDED &&
                  record->block_height + line->source->lag > blocks_head(&chain->chain.blocks)->height;
    /* Nobody remembers what no block took. */
    bool dropped = record && record->stage == TX_DROPPED;
    write_record(unseen || dropped ? NULL : record, out);
    return OUTCOME_OK;
}
