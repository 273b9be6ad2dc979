#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/encoding.h"
#include "common/os/rpc_client.h"

#define ACCESS_KEY_METHODS_MAX 256

#define NS_PER_MS 1000000u

/* ---- block and status -------------------------------------------------------------------------------- */

struct block_read {
    const uint8_t *wanted_hash; /* NULL: any */
    struct rpc_block block;
};

static result_t read_block(const struct rpc_answer *answer, void *out, struct error *err)
{
    struct block_read *read = (struct block_read *)out;
    struct json_object *header;
    uint64_t time_ns;
    if (answer->error)
        return rpc_answer_error(answer, err);
    struct rpc_block block = {0};
    TRY(json_member(answer->result, "header", json_type_object, &header, OUTCOME_RPC_MALFORMED, "result",
                    err));
    TRY(json_member_u64(header, "height", &block.height, OUTCOME_RPC_MALFORMED, "result.header", err));
    TRY(json_member_u64(header, "timestamp", &time_ns, OUTCOME_RPC_MALFORMED, "result.header", err));
    TRY(rpc_member_hash(header, "hash", block.hash, err));
    TRY(rpc_member_hash(header, "prev_hash", block.prev_hash, err));
    block.time_ms = (int64_t)(time_ns / NS_PER_MS);
    if (read->wanted_hash && memcmp(read->wanted_hash, block.hash, SHA256_LEN) != 0)
        return error_set(err, OUTCOME_RPC_INCONSISTENT, "the answer is another block than the one asked for");
    read->block = block;
    return OUTCOME_OK;
}

static result_t call_block(struct rpc_client *client, const char *params, const uint8_t *hash,
                           struct rpc_block *out, struct error *err)
{
    struct rpc_request request = {.method = "block", .params = params};
    struct block_read read = {.wanted_hash = hash};
    TRY(rpc_call(client, &request, read_block, &read, err));
    *out = read.block;
    return OUTCOME_OK;
}

result_t rpc_client_block(struct rpc *rpc, enum rpc_finality finality, struct rpc_block *out,
                          struct error *err)
{
    static const char *const params[] = {
        [RPC_OPTIMISTIC] = "{\"finality\":\"optimistic\"}",
        [RPC_NEAR_FINAL] = "{\"finality\":\"near-final\"}",
        [RPC_FINAL] = "{\"finality\":\"final\"}",
    };
    return call_block(rpc_client_of(rpc), params[finality], NULL, out, err);
}

result_t rpc_client_block_by_hash(struct rpc *rpc, const uint8_t hash[SHA256_LEN], struct rpc_block *out,
                                  struct error *err)
{
    char text[HASH_TEXT_MAX], params[HASH_TEXT_MAX + 32];
    hash_format(hash, text);
    snprintf(params, sizeof params, "{\"block_id\":\"%s\"}", text);
    return call_block(rpc_client_of(rpc), params, hash, out, err);
}

/* "2026-08-21T10:11:12.123456789Z" in milliseconds; 0 when it is not of this form. */
static int64_t read_time(const char *text)
{
    struct tm utc = {0};
    const char *at = strptime(text, "%Y-%m-%dT%H:%M:%S", &utc);
    if (!at)
        return 0;
    int64_t ms = (int64_t)timegm(&utc) * 1000;
    if (*at != '.')
        return ms;
    for (int weight = 100; weight > 0 && at[1] >= '0' && at[1] <= '9'; weight /= 10)
        ms += (*++at - '0') * weight;
    return ms;
}

static result_t read_status(const struct rpc_answer *answer, void *out, struct error *err)
{
    struct rpc_status *status = (struct rpc_status *)out;
    struct json_object *info, *value;
    if (answer->error)
        return rpc_answer_error(answer, err);
    TRY(json_member(answer->result, "sync_info", json_type_object, &info, OUTCOME_RPC_MALFORMED, "result",
                    err));
    TRY(json_member_u64(info, "latest_block_height", &status->latest_height, OUTCOME_RPC_MALFORMED,
                        "result.sync_info", err));
    TRY(json_member(info, "syncing", json_type_boolean, &value, OUTCOME_RPC_MALFORMED, "result.sync_info",
                    err));
    status->syncing = json_object_get_boolean(value);
    bool has_time = json_object_object_get_ex(info, "latest_block_time", &value) &&
                    json_object_is_type(value, json_type_string);
    status->latest_time_ms = has_time ? read_time(json_object_get_string(value)) : 0;
    return OUTCOME_OK;
}

result_t rpc_client_status(struct rpc *rpc, struct rpc_status *out, struct error *err)
{
    struct rpc_request request = {.method = "status", .params = "[]"};
    return rpc_call(rpc_client_of(rpc), &request, read_status, out, err);
}

/* ---- views ------------------------------------------------------------------------------------------- */

struct view_read {
    const uint8_t *wanted_hash; /* NULL: final, whichever block that is */
    struct rpc_view *view;
};

/* Causes by which the EXPERIMENTAL dialect and some errors of `query` say what the flat form says
 * (near-rpc.md D.1). */
static bool is_refusal(const char *cause)
{
    static const char *const refusals[] = {"CONTRACT_EXECUTION_ERROR", "UNKNOWN_ACCOUNT", "INVALID_ACCOUNT",
                                           "NO_CONTRACT_CODE", "TOO_LARGE_CONTRACT_STATE"};
    for (size_t i = 0; i < ARRAY_LEN(refusals); i++) {
        if (strcmp(cause, refusals[i]) == 0)
            return true;
    }
    return false;
}

/* A refusal inside a result (near-rpc.md 0.2), or NULL. */
static const char *flat_error(const struct rpc_answer *answer)
{
    struct json_object *value;
    if (!answer->result || !json_object_object_get_ex(answer->result, "error", &value) ||
        !json_object_is_type(value, json_type_string))
        return NULL;
    return json_object_get_string(value);
}

static result_t read_block_of_view(const struct rpc_answer *answer, uint64_t *height,
                                   uint8_t hash[SHA256_LEN], struct error *err)
{
    TRY(json_member_u64(answer->result, "block_height", height, OUTCOME_RPC_MALFORMED, "result", err));
    return rpc_member_hash(answer->result, "block_hash", hash, err);
}

static result_t read_view(const struct rpc_answer *answer, void *out, struct error *err)
{
    struct view_read *read = (struct view_read *)out;
    if (answer->error && is_refusal(answer->cause)) {
        result_t refused = rpc_answer_error(answer, err);
        if (err)
            err->code = OUTCOME_RPC_VIEW_FAILED;
        return refused == OUTCOME_RPC_ERROR ? OUTCOME_RPC_VIEW_FAILED : refused;
    }
    if (answer->error)
        return rpc_answer_error(answer, err);
    if (!json_object_is_type(answer->result, json_type_object))
        return error_set(err, OUTCOME_RPC_MALFORMED, "result is not an object");
    const char *refusal = flat_error(answer);
    if (refusal)
        return error_set(err, OUTCOME_RPC_VIEW_FAILED, "%s", refusal);
    if (!answer->view)
        return error_set(err, OUTCOME_RPC_MALFORMED, "result.result is not an array of bytes");
    TRY(read_block_of_view(answer, &read->view->height, read->view->hash, err));
    if (read->wanted_hash && memcmp(read->wanted_hash, read->view->hash, SHA256_LEN) != 0)
        return error_set(err, OUTCOME_RPC_INCONSISTENT,
                         "the view is of another block than the one asked for");
    read->view->data = *answer->view;
    *answer->view = (struct bytes){0};
    return OUTCOME_OK;
}

/* The last member of a query's parameters: this block, or final with NULL. */
static result_t append_block(const uint8_t *block_hash, struct bytes *out)
{
    char hash[HASH_TEXT_MAX];
    if (!block_hash)
        return bytes_append_text(out, "\"finality\":\"final\"}");
    hash_format(block_hash, hash);
    return bytes_append_format(out, "\"block_id\":\"%s\"}", hash);
}

static result_t view_params(const char *account_id, const char *method, const void *args, size_t args_len,
                            const uint8_t *block_hash, struct bytes *out)
{
    TRY(bytes_append_text(out, "{\"request_type\":\"call_function\",\"account_id\":"));
    TRY(json_write_text(account_id, strlen(account_id), out));
    TRY(bytes_append_text(out, ",\"method_name\":"));
    TRY(json_write_text(method, strlen(method), out));
    TRY(bytes_append_text(out, ",\"args_base64\":\""));
    TRY(base64_encode(args, args_len, out));
    TRY(bytes_append_text(out, "\","));
    return append_block(block_hash, out);
}

result_t rpc_client_view(struct rpc *rpc, const char *account_id, const char *method, const void *args,
                         size_t args_len, const uint8_t *block_hash, struct rpc_view *out, struct error *err)
{
    CLEANUP(bytes_free) struct bytes params = {0};
    *out = (struct rpc_view){0};
    TRY(view_params(account_id, method, args, args_len, block_hash, &params));
    struct rpc_request request = {.method = "query", .params = (const char *)params.data};
    struct view_read read = {.wanted_hash = block_hash, .view = out};
    result_t result = rpc_call(rpc_client_of(rpc), &request, read_view, &read, err);
    return result == OUTCOME_OK ? result : error_prefix(err, result, "%s of %s", method, account_id);
}

/* ---- access keys ------------------------------------------------------------------------------------- */

static result_t read_method_names(struct json_object *array, struct near_access_key *key, struct error *err)
{
    size_t count = json_object_array_length(array);
    if (count > ACCESS_KEY_METHODS_MAX)
        return error_set(err, OUTCOME_RPC_MALFORMED, "an access key with more than %d methods",
                         ACCESS_KEY_METHODS_MAX);
    key->method_names = (char **)calloc(count + 1, sizeof *key->method_names);
    if (!key->method_names)
        return OUTCOME_NO_MEMORY;
    for (; key->method_count < count; key->method_count++) {
        struct json_object *name = json_object_array_get_idx(array, key->method_count);
        if (!json_object_is_type(name, json_type_string))
            return error_set(err, OUTCOME_RPC_MALFORMED,
                             "permission.FunctionCall.method_names holds what is no text");
        char *copy = strdup(json_object_get_string(name));
        if (!copy)
            return OUTCOME_NO_MEMORY;
        key->method_names[key->method_count] = copy;
    }
    return OUTCOME_OK;
}

static result_t read_allowance(struct json_object *permission, struct near_access_key *key, struct error *err)
{
    struct json_object *value = NULL;
    if (!json_object_object_get_ex(permission, "allowance", &value) || !value)
        return OUTCOME_OK;
    key->has_allowance = true;
    if (!json_object_is_type(value, json_type_string) ||
        !u128_parse(json_object_get_string(value), (size_t)json_object_get_string_len(value),
                    &key->allowance))
        return error_set(err, OUTCOME_RPC_MALFORMED, "permission.FunctionCall.allowance is not an amount");
    return OUTCOME_OK;
}

static result_t read_permission(struct json_object *result, struct near_access_key *key, struct error *err)
{
    const char *where = "result.permission.FunctionCall", *receiver;
    struct json_object *permission = NULL, *call, *methods;
    size_t len;
    json_object_object_get_ex(result, "permission", &permission);
    if (json_object_is_type(permission, json_type_string) &&
        strcmp(json_object_get_string(permission), "FullAccess") == 0) {
        key->full_access = true;
        return OUTCOME_OK;
    }
    TRY(json_member(permission, "FunctionCall", json_type_object, &call, OUTCOME_RPC_MALFORMED,
                    "result.permission", err));
    TRY(json_member_text(call, "receiver_id", &receiver, &len, OUTCOME_RPC_MALFORMED, where, err));
    TRY(json_member(call, "method_names", json_type_array, &methods, OUTCOME_RPC_MALFORMED, where, err));
    key->receiver_id = strdup(receiver);
    if (!key->receiver_id)
        return OUTCOME_NO_MEMORY;
    TRY(read_allowance(call, key, err));
    return read_method_names(methods, key, err);
}

struct access_key_read {
    const uint8_t *wanted_hash; /* NULL: final, whichever block that is */
    struct rpc_access_key *key;
};

static result_t read_access_key(const struct rpc_answer *answer, void *out, struct error *err)
{
    struct access_key_read *read = (struct access_key_read *)out;
    struct rpc_access_key *key = read->key;
    bool unknown =
        strcmp(answer->cause, "UNKNOWN_ACCESS_KEY") == 0 || strcmp(answer->cause, "UNKNOWN_ACCOUNT") == 0;
    if (answer->error) {
        result_t result = rpc_answer_error(answer, err);
        if (unknown && err)
            err->code = OUTCOME_RPC_NO_ACCESS_KEY;
        return unknown ? OUTCOME_RPC_NO_ACCESS_KEY : result;
    }
    if (!json_object_is_type(answer->result, json_type_object))
        return error_set(err, OUTCOME_RPC_MALFORMED, "result is not an object");
    const char *refusal = flat_error(answer);
    if (refusal)
        return error_set(err,
                         strstr(refusal, "does not exist") ? OUTCOME_RPC_NO_ACCESS_KEY : OUTCOME_RPC_ERROR,
                         "%s", refusal);
    TRY(json_member_u64(answer->result, "nonce", &key->key.nonce, OUTCOME_RPC_MALFORMED, "result", err));
    TRY(read_block_of_view(answer, &key->height, key->hash, err));
    if (read->wanted_hash && memcmp(read->wanted_hash, key->hash, SHA256_LEN) != 0)
        return error_set(err, OUTCOME_RPC_INCONSISTENT,
                         "the access key is of another block than the one asked for");
    return read_permission(answer->result, &key->key, err);
}

result_t rpc_client_view_access_key(struct rpc *rpc, const char *account_id,
                                    const struct ed25519_public_key *key, const uint8_t *block_hash,
                                    struct rpc_access_key *out, struct error *err)
{
    CLEANUP(bytes_free) struct bytes params = {0};
    char text[ED25519_KEY_TEXT_MAX];
    ed25519_public_key_format(key, text);
    *out = (struct rpc_access_key){0};
    TRY(bytes_append_text(&params, "{\"request_type\":\"view_access_key\",\"account_id\":"));
    TRY(json_write_text(account_id, strlen(account_id), &params));
    TRY(bytes_append_format(&params, ",\"public_key\":\"%s\",", text));
    TRY(append_block(block_hash, &params));
    struct rpc_request request = {.method = "query", .params = (const char *)params.data};
    struct access_key_read read = {.wanted_hash = block_hash, .key = out};
    result_t result = rpc_call(rpc_client_of(rpc), &request, read_access_key, &read, err);
    if (result != OUTCOME_OK)
        rpc_access_key_free(out);
    return result;
}
