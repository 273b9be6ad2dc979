#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <json-c/linkhash.h>

#include "common/encoding.h"
#include "common/os/rpc_client.h"

/* An error is a chain of variants,
 * {"ActionError":{"kind":{"FunctionCallError":..}}}; none is longer than this. */
#define VARIANTS_MAX 8

static void set_text(struct rpc_tx *tx, const char *text)
{
    snprintf(tx->text, sizeof tx->text, "%s", text);
}

static void set_text_json(struct rpc_tx *tx, struct json_object *value)
{
    CLEANUP(bytes_free) struct bytes text = {0};
    if (json_write(value, &text) == OUTCOME_OK && text.data)
        set_text(tx, (const char *)text.data);
}

/* Variants are in CamelCase, their members are not; a text is prose unless it is one such word. */
static bool is_variant(const char *text)
{
    size_t len = strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789");
    return text[0] >= 'A' && text[0] <= 'Z' && text[len] == 0;
}

/* The member of `value` that is a variant, or for ActionError's {"index":0,"kind":..} the kind. */
static struct json_object *inner_variant(struct json_object *value, const char **name)
{
    json_object_object_foreach(value, key, member)
    {
        if (is_variant(key)) {
            *name = key;
            return member;
        }
        if (strcmp(key, "kind") == 0)
            return member;
    }
    return NULL;
}

/* The innermost variant of an error, and what it carries. */
static struct json_object *name_error(struct json_object *value, struct rpc_tx *tx)
{
    const char *name = "";
    for (int i = 0; i < VARIANTS_MAX; i++) {
        if (json_object_is_type(value, json_type_string) && strcmp(name, "ExecutionError") != 0 &&
            is_variant(json_object_get_string(value)))
            name = json_object_get_string(value);
        if (!json_object_is_type(value, json_type_object))
            break;
        struct json_object *inner = inner_variant(value, &name);
        if (!inner)
            break;
        value = inner;
    }
    snprintf(tx->name, sizeof tx->name, "%s", name);
    return value;
}

static void read_rejection(struct json_object *error, struct rpc_tx *tx)
{
    (void)name_error(error, tx);
    /* A congested shard takes it later (near-rpc.md E.4). */
    bool later = strcmp(tx->name, "ShardCongested") == 0 || strcmp(tx->name, "ShardStuck") == 0;
    tx->fate = later ? RPC_TX_UNCLEAR : RPC_TX_REJECTED;
    set_text_json(tx, error);
}

static void read_failure(struct json_object *failure, struct rpc_tx *tx)
{
    struct json_object *invalid;
    if (json_object_is_type(failure, json_type_object) &&
        json_object_object_get_ex(failure, "InvalidTxError", &invalid)) {
        read_rejection(invalid, tx);
        return;
    }
    tx->fate = RPC_TX_FAILED;
    struct json_object *inner = name_error(failure, tx);
    if (strcmp(tx->name, "ExecutionError") == 0 && json_object_is_type(inner, json_type_string))
        set_text(tx, json_object_get_string(inner));
    else
        set_text_json(tx, failure);
}

static result_t read_outcome(struct json_object *result, struct rpc_tx *tx, struct error *err)
{
    struct json_object *status = NULL, *value;
    if (!json_object_is_type(result, json_type_object))
        return error_set(err, OUTCOME_RPC_MALFORMED, "result is not an object");
    json_object_object_get_ex(result, "status", &status);
    if (json_object_is_type(status, json_type_object) &&
        json_object_object_get_ex(status, "SuccessValue", &value)) {
        tx->fate = RPC_TX_EXECUTED;
    } else if (json_object_is_type(status, json_type_object) &&
               json_object_object_get_ex(status, "Failure", &value)) {
        read_failure(value, tx);
    } else if (json_object_object_get_ex(result, "final_execution_status", &value) ||
               json_object_is_type(status, json_type_string)) {
        /* NONE and INCLUDED have no outcome; "NotStarted" and "Started" are none yet. */
        tx->fate = RPC_TX_PENDING;
    } else {
        return error_set(err, OUTCOME_RPC_MALFORMED, "result is not the outcome of a transaction");
    }
    return OUTCOME_OK;
}

/* {"TxExecutionError":{"InvalidTxError":X}}, as `data` of INVALID_TRANSACTION has it. */
static struct json_object *invalid_tx_error(struct json_object *error)
{
    struct json_object *value = error;
    static const char *const path[] = {"data", "TxExecutionError", "InvalidTxError"};
    for (size_t i = 0; i < ARRAY_LEN(path); i++) {
        if (!json_object_is_type(value, json_type_object) ||
            !json_object_object_get_ex(value, path[i], &value))
            return NULL;
    }
    return value;
}

struct tx_read {
    struct rpc_tx *tx;
    bool sending;
    bool method_missing;
};

static bool has_legacy_code(struct json_object *error, int code)
{
    struct json_object *value;
    return json_object_object_get_ex(error, "code", &value) && json_object_is_type(value, json_type_int) &&
           json_object_get_int(value) == code;
}

static result_t read_tx_error(const struct rpc_answer *answer, struct tx_read *read, struct error *err)
{
    struct rpc_tx *tx = read->tx;
    struct error why = {.text = ""};
    struct json_object *invalid = invalid_tx_error(answer->error);
    result_t result = rpc_answer_error(answer, &why);
    set_text(tx, why.text);
    snprintf(tx->name, sizeof tx->name, "%s", answer->cause);
    if (invalid) {
        read_rejection(invalid, tx);
    } else if (strcmp(answer->cause, "UNKNOWN_TRANSACTION") == 0) {
        tx->fate = RPC_TX_NOT_SEEN;
    } else if (strcmp(answer->cause, "METHOD_NOT_FOUND") == 0 || has_legacy_code(answer->error, -32601)) {
        read->method_missing = true;
        return error_set(err, result, "%s", why.text);
    } else if (read->sending && strcmp(answer->cause, "PARSE_ERROR") == 0) {
        tx->fate = RPC_TX_REJECTED;
        snprintf(tx->name, sizeof tx->name, "ParseError");
    } else if (read->sending && strcmp(answer->cause, "INVALID_TRANSACTION") == 0) {
        tx->fate = RPC_TX_REJECTED;
        snprintf(tx->name, sizeof tx->name, "InvalidTransaction");
    } else if (strcmp(answer->cause, "TIMEOUT_ERROR") != 0) {
        /* Whatever else this node says, it says nothing of the transaction. */
        return error_set(err, result, "%s", why.text);
    }
    return OUTCOME_OK;
}

static result_t read_tx(const struct rpc_answer *answer, void *out, struct error *err)
{
    struct tx_read *read = (struct tx_read *)out;
    *read->tx = (struct rpc_tx){.fate = RPC_TX_UNCLEAR};
    if (answer->error)
        return read_tx_error(answer, read, err);
    return read_outcome(answer->result, read->tx, err);
}

static const char *const wait_names[] = {
    [RPC_WAIT_NONE] = "NONE",
    [RPC_WAIT_INCLUDED] = "INCLUDED",
    [RPC_WAIT_EXECUTED_OPTIMISTIC] = "EXECUTED_OPTIMISTIC",
    [RPC_WAIT_FINAL] = "FINAL",
};

static result_t call_tx(struct rpc_client *client, const char *method, const struct bytes *params,
                        struct tx_read *read, struct error *err)
{
    struct rpc_request request = {
        .method = method,
        .params = (const char *)params->data,
        .timeout_ms = client->config.timeout_ms ? 0 : RPC_SEND_TIMEOUT_MS,
    };
    return rpc_call(client, &request, read_tx, read, err);
}

static result_t broadcast(struct rpc_client *client, const void *signed_tx, size_t len, struct tx_read *read,
                          struct error *err)
{
    CLEANUP(bytes_free) struct bytes params = {0};
    TRY(bytes_append_text(&params, "[\""));
    TRY(base64_encode(signed_tx, len, &params));
    TRY(bytes_append_text(&params, "\"]"));
    return call_tx(client, "broadcast_tx_commit", &params, read, err);
}

result_t rpc_client_send_tx(struct rpc *rpc, const void *signed_tx, size_t len, enum rpc_wait wait,
                            struct rpc_tx *out, struct error *err)
{
    CLEANUP(bytes_free) struct bytes params = {0};
    struct tx_read read = {.tx = out, .sending = true};
    *out = (struct rpc_tx){.fate = RPC_TX_UNCLEAR};
    TRY(bytes_append_text(&params, "{\"signed_tx_base64\":\""));
    TRY(base64_encode(signed_tx, len, &params));
    TRY(bytes_append_format(&params, "\",\"wait_until\":\"%s\"}", wait_names[wait]));
    result_t result = call_tx(rpc_client_of(rpc), "send_tx", &params, &read, err);
    if (result == OUTCOME_OK || !read.method_missing)
        return result;
    /* near-rpc.md E.3 */
    return broadcast(rpc_client_of(rpc), signed_tx, len, &read, err);
}

result_t rpc_client_tx_status(struct rpc *rpc, const uint8_t hash[SHA256_LEN], const char *signer_id,
                              enum rpc_wait wait, struct rpc_tx *out, struct error *err)
{
    CLEANUP(bytes_free) struct bytes params = {0};
    struct tx_read read = {.tx = out};
    char text[HASH_TEXT_MAX];
    hash_format(hash, text);
    *out = (struct rpc_tx){.fate = RPC_TX_UNCLEAR};
    TRY(bytes_append_format(&params, "{\"tx_hash\":\"%s\",\"sender_account_id\":", text));
    TRY(json_write_text(signer_id, strlen(signer_id), &params));
    TRY(bytes_append_format(&params, ",\"wait_until\":\"%s\"}", wait_names[wait]));
    return call_tx(rpc_client_of(rpc), "tx", &params, &read, err);
}
