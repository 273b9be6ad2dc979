/* Sending transactions and asking what became of them (near-rpc.md A.1, D.4). */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <json-c/json.h>

#include "contract-sim/rpc/forms.h"
#include "contract-sim/rpc/methods.h"
#include "contract-sim/rpc/params.h"

struct tx_request {
    struct bytes signed_tx; /* empty when asked by hash */
    uint8_t hash[SHA256_LEN];
    enum tx_level wait_until;
};

static void tx_request_free(struct tx_request *request)
{
    bytes_free(&request->signed_tx);
}

static result_t wait_until(struct jsonrpc_call *call, struct json_object *params, enum tx_level *out)
{
    const char *word;
    TRY(params_text_or(call, params, "wait_until", form_level(LEVEL_EXECUTED_OPTIMISTIC), &word));
    for (*out = LEVEL_NONE; *out <= LEVEL_FINAL; ++*out)
        if (strcmp(form_level(*out), word) == 0)
            return OUTCOME_OK;
    return jsonrpc_fail_parse(call, "Failed parsing args: unknown variant `%.64s` of `wait_until`", word);
}

/* ["<base64>"] or {"signed_tx_base64":…,"wait_until":…}. */
static result_t read_signed(struct jsonrpc_call *call, struct tx_request *out)
{
    const char *text;
    out->wait_until = LEVEL_EXECUTED_OPTIMISTIC;
    if (json_object_is_type(call->params, json_type_array)) {
        TRY(params_positional(call, 0, &text));
    } else {
        TRY(params_object(call));
        TRY(params_text(call, call->params, "signed_tx_base64", &text));
        TRY(wait_until(call, call->params, &out->wait_until));
    }
    return params_base64(call, text, &out->signed_tx);
}

static result_t decode(const struct bytes *signed_tx, struct near_tx *out, uint8_t hash[SHA256_LEN],
                       struct error *err)
{
    struct near_signature signature;
    size_t tx_len;
    TRY(near_signed_tx_decode(signed_tx->data, signed_tx->len, out, &signature, &tx_len, err));
    sha256(signed_tx->data, tx_len, hash);
    return OUTCOME_OK;
}

static result_t rejected(struct jsonrpc_call *call, const struct bytes *invalid)
{
    CLEANUP(bytes_free) struct bytes text = {0};
    TRY(bytes_append_text(&text, "{\"TxExecutionError\":{\"InvalidTxError\":"));
    TRY(bytes_append(&text, invalid->data, invalid->len));
    TRY(bytes_append_text(&text, "}}"));
    struct json_object *data = json_tokener_parse((const char *)text.data);
    return jsonrpc_fail(call, ERROR_INVALID_TRANSACTION, json_object_new_object(), data);
}

static result_t short_reply(struct jsonrpc_call *call, enum tx_level level)
{
    return bytes_append_format(&call->result, "{\"final_execution_status\":\"%s\"}", form_level(level));
}

/* Without a clock no block comes by itself for what the transaction scheduled: its own outcome has to do. */
static bool far_enough(const struct jsonrpc_call *call, enum tx_level level, enum tx_level asked)
{
    if (!call->node->clock.block_time_ms && asked == LEVEL_EXECUTED_OPTIMISTIC)
        asked = LEVEL_INCLUDED;
    return level != LEVEL_NONE && tx_level_reaches(level, asked);
}

/* Wait until the transaction got as far as asked, and tell its outcome. It may be dropped by the block, or
 * forgotten by a revert, while we wait. */
static result_t reply_when_reached(struct jsonrpc_call *call, const struct tx_request *request,
                                   bool with_receipts)
{
    const struct chain *chain = &call->node->chain;
    struct waiter *waiter = call->request->waiter;
    for (;;) {
        const struct tx_record *record = tx_store_find(&chain->txs, request->hash);
        if (record && record->stage == TX_DROPPED)
            return rejected(call, &record->invalid);
        enum tx_level level = record ? chain_tx_level(chain, record) : LEVEL_NONE;
        if (far_enough(call, level, request->wait_until))
            return form_tx_outcome(record, level, with_receipts, &call->result);
        if (!waiter->next_block(waiter))
            return jsonrpc_fail_timeout(call);
    }
}

/* Without a clock every transaction makes its block at once (cli.md). */
static result_t seal_at_once(struct jsonrpc_call *call)
{
    struct sim_node *node = call->node;
    if (node->clock.block_time_ms || node->clock.paused || !node->chain.pool_count)
        return OUTCOME_OK;
    uint64_t head_ms = blocks_head(&node->chain.blocks)->time_ms;
    return chain_seal(&node->chain, sim_clock_next(&node->clock, head_ms, call->request->wall_ms));
}

/* Refuse it as the faults say, whatever it is. */
static result_t submit_refused(const struct sim_fault_plan *plan, struct tx_request *request,
                               struct bytes *invalid, struct error *err)
{
    CLEANUP(near_tx_free) struct near_tx tx = {0};
    TRY(decode(&request->signed_tx, &tx, request->hash, err));
    if (plan->transaction == TRANSACTION_EXPIRED)
        TRY(bytes_append_text(invalid, "\"Expired\""));
    else
        TRY(bytes_append_format(invalid,
                                "{\"InvalidNonce\":{\"tx_nonce\":%" PRIu64 ",\"ak_nonce\":%" PRIu64 "}}",
                                tx.nonce, tx.nonce));
    return OUTCOME_TX_REJECTED;
}

/* Put the transaction into the pool, to fail there if a fault says so. */
static result_t submit_to_pool(struct jsonrpc_call *call, struct tx_request *request, struct bytes *invalid,
                               struct error *err)
{
    struct chain *chain = &call->node->chain;
    TRY(chain_submit(chain, request->signed_tx.data, request->signed_tx.len, request->hash, invalid, err));
    return call->plan.transaction == TRANSACTION_FAILS
               ? chain_let_fail(chain, request->hash, call->plan.message)
               : OUTCOME_OK;
}

/* TX_REJECTED with the reason in `invalid`. */
static result_t submit(struct jsonrpc_call *call, struct tx_request *request, struct bytes *invalid)
{
    struct error err;
    enum sim_fault_transaction fault = call->plan.transaction;
    result_t result = fault == TRANSACTION_EXPIRED || fault == TRANSACTION_INVALID_NONCE
                          ? submit_refused(&call->plan, request, invalid, &err)
                          : submit_to_pool(call, request, invalid, &err);
    if (result == OUTCOME_TX_MALFORMED)
        return jsonrpc_fail_parse(call, "Failed to decode transaction: %s", err.text);
    TRY(result);
    return seal_at_once(call);
}

static result_t send(struct jsonrpc_call *call, enum tx_level *wait_until_override)
{
    CLEANUP(tx_request_free) struct tx_request request = {0};
    CLEANUP(bytes_free) struct bytes invalid = {0};
    TRY(read_signed(call, &request));
    if (wait_until_override)
        request.wait_until = *wait_until_override;
    result_t result = submit(call, &request, &invalid);
    /* Nothing beyond decoding is checked before the reply to NONE (near-rpc.md D.4). */
    if (request.wait_until == LEVEL_NONE && (result == OUTCOME_OK || result == OUTCOME_TX_REJECTED))
        return short_reply(call, LEVEL_NONE);
    if (result == OUTCOME_TX_REJECTED)
        return rejected(call, &invalid);
    TRY(result);
    return reply_when_reached(call, &request, false);
}

result_t method_send_tx(struct jsonrpc_call *call)
{
    return send(call, NULL);
}

result_t method_broadcast_tx_commit(struct jsonrpc_call *call)
{
    enum tx_level level = LEVEL_EXECUTED_OPTIMISTIC;
    return send(call, &level);
}

/* The hash, also of a transaction that is invalid. */
result_t method_broadcast_tx_async(struct jsonrpc_call *call)
{
    CLEANUP(tx_request_free) struct tx_request request = {0};
    CLEANUP(bytes_free) struct bytes invalid = {0};
    char hash[HASH_TEXT_MAX];
    TRY(read_signed(call, &request));
    result_t result = submit(call, &request, &invalid);
    if (result != OUTCOME_TX_REJECTED)
        TRY(result);
    hash_format(request.hash, hash);
    return bytes_append_format(&call->result, "\"%s\"", hash);
}

/* The hash of a transaction that is given whole: it is only asked for, not sent. */
static result_t hash_of_signed(struct jsonrpc_call *call, const char *text, uint8_t hash[SHA256_LEN])
{
    CLEANUP(bytes_free) struct bytes data = {0};
    CLEANUP(near_tx_free) struct near_tx tx = {0};
    struct error err;
    TRY(params_base64(call, text, &data));
    result_t result = decode(&data, &tx, hash, &err);
    return result == OUTCOME_TX_MALFORMED
               ? jsonrpc_fail_parse(call, "Failed to decode transaction: %s", err.text)
               : result;
}

/* ["<hash>","<sender>"], ["<base64>"], {"tx_hash","sender_account_id","wait_until"} or
 * {"signed_tx_base64","wait_until"}.
 * Any sender will do: near-cli-rs sends a constant (near-rpc.md C.1). */
static result_t read_tx_query(struct jsonrpc_call *call, struct tx_request *out)
{
    const char *text;
    out->wait_until = LEVEL_EXECUTED_OPTIMISTIC;
    if (json_object_is_type(call->params, json_type_array)) {
        TRY(params_positional(call, 0, &text));
        return json_object_array_length(call->params) == 1 ? hash_of_signed(call, text, out->hash)
                                                           : params_hash(call, text, out->hash);
    }
    TRY(params_object(call));
    TRY(wait_until(call, call->params, &out->wait_until));
    TRY(params_text_or(call, call->params, "signed_tx_base64", NULL, &text));
    if (text)
        return hash_of_signed(call, text, out->hash);
    TRY(params_text(call, call->params, "tx_hash", &text));
    return params_hash(call, text, out->hash);
}

static result_t unknown_tx(struct jsonrpc_call *call, const uint8_t hash[SHA256_LEN])
{
    char text[HASH_TEXT_MAX], data[HASH_TEXT_MAX + 32];
    hash_format(hash, text);
    snprintf(data, sizeof data, "Transaction %s doesn't exist", text);
    struct json_object *info = json_object_new_object();
    json_object_object_add(info, "requested_transaction_hash", json_object_new_string(text));
    return jsonrpc_fail(call, ERROR_UNKNOWN_TRANSACTION, info, json_object_new_string(data));
}

static result_t ask(struct jsonrpc_call *call, bool with_receipts)
{
    CLEANUP(tx_request_free) struct tx_request request = {0};
    TRY(read_tx_query(call, &request));
    if (request.wait_until != LEVEL_NONE)
        return reply_when_reached(call, &request, with_receipts);
    const struct chain *chain = &call->node->chain;
    const struct tx_record *record = tx_store_find(&chain->txs, request.hash);
    if (!record || record->stage == TX_DROPPED)
        return unknown_tx(call, request.hash);
    if (record->stage == TX_POOLED)
        return short_reply(call, LEVEL_NONE);
    return form_tx_outcome(record, chain_tx_level(chain, record), with_receipts, &call->result);
}

result_t method_tx(struct jsonrpc_call *call)
{
    return ask(call, false);
}

result_t method_tx_status(struct jsonrpc_call *call)
{
    return ask(call, true);
}
