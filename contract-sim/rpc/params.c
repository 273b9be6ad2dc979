#include "contract-sim/rpc/params.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <json-c/json.h>

#include "common/encoding.h"
#include "contract-sim/rpc/forms.h"

result_t params_object(struct jsonrpc_call *call)
{
    if (json_object_is_type(call->params, json_type_object))
        return OUTCOME_OK;
    return jsonrpc_fail_parse(call, "Failed parsing args: %s takes an object", call->method);
}

/* Zero bytes would cut the text short for everybody behind. */
static bool is_text(struct json_object *value)
{
    return json_object_is_type(value, json_type_string) &&
           strlen(json_object_get_string(value)) == (size_t)json_object_get_string_len(value);
}

result_t params_text_or(struct jsonrpc_call *call, struct json_object *object, const char *name,
                        const char *fallback, const char **out)
{
    struct json_object *value = NULL;
    json_object_object_get_ex(object, name, &value);
    *out = fallback;
    if (!value)
        return OUTCOME_OK;
    if (!is_text(value))
        return jsonrpc_fail_parse(call, "Failed parsing args: `%s` is not a string", name);
    *out = json_object_get_string(value);
    return OUTCOME_OK;
}

result_t params_text(struct jsonrpc_call *call, struct json_object *object, const char *name,
                     const char **out)
{
    TRY(params_text_or(call, object, name, NULL, out));
    return *out ? OUTCOME_OK : jsonrpc_fail_parse(call, "Failed parsing args: missing field `%s`", name);
}

result_t params_positional(struct jsonrpc_call *call, size_t index, const char **out)
{
    struct json_object *value = json_object_array_get_idx(call->params, index);
    if (!is_text(value))
        return jsonrpc_fail_parse(call, "Failed parsing args: parameter %zu is not a string", index);
    *out = json_object_get_string(value);
    return OUTCOME_OK;
}

result_t params_base64(struct jsonrpc_call *call, const char *text, struct bytes *out)
{
    struct error err;
    result_t result = base64_decode(text, strlen(text), out, &err);
    if (result == OUTCOME_BASE64_MALFORMED)
        return jsonrpc_fail_parse(call, "Failed parsing args: not base64: %s", err.text);
    return result;
}

result_t params_public_key(struct jsonrpc_call *call, const char *text, struct near_public_key *out)
{
    if (near_public_key_parse(text, strlen(text), out) == OUTCOME_OK)
        return OUTCOME_OK;
    return jsonrpc_fail_parse(call, "Failed parsing args: %.100s is not a public key", text);
}

result_t params_hash(struct jsonrpc_call *call, const char *text, uint8_t out[SHA256_LEN])
{
    if (hash_parse(text, strlen(text), out) == OUTCOME_OK)
        return OUTCOME_OK;
    return jsonrpc_fail_parse(call, "Failed parsing args: %.100s is not a hash in base58", text);
}

result_t params_account(struct jsonrpc_call *call, const char *text, const struct block *block,
                        struct account_id *out)
{
    if (account_id_set(out, text, strlen(text)))
        return OUTCOME_OK;
    char data[ERROR_TEXT_MAX];
    snprintf(data, sizeof data, "Account ID %s is invalid", text);
    jsonrpc_plain_text(data);
    return jsonrpc_fail(call, ERROR_INVALID_ACCOUNT, form_block_info("requested_account_id", text, block),
                        json_object_new_string(data));
}

result_t params_unknown_block(struct jsonrpc_call *call, struct json_object *block_id)
{
    struct json_object *reference = json_object_new_object();
    struct json_object *info = json_object_new_object();
    if (!reference || !info)
        return OUTCOME_NO_MEMORY;
    json_object_object_add(reference, "block_id", json_object_get(block_id));
    json_object_object_add(info, "block_reference", reference);
    char data[128];
    uint64_t height;
    if (json_is_u64(block_id, &height))
        snprintf(data, sizeof data, "DB Not Found Error: BLOCK HEIGHT: %" PRIu64 " \n Cause: Unknown",
                 height);
    else
        snprintf(data, sizeof data, "DB Not Found Error: BLOCK HEADER: %s", json_object_get_string(block_id));
    return jsonrpc_fail(call, ERROR_UNKNOWN_BLOCK, info, json_object_new_string(data));
}

result_t params_block_id(struct jsonrpc_call *call, struct json_object *block_id, const struct block **out)
{
    const struct blocks *blocks = &call->node->chain.blocks;
    uint64_t height;
    uint8_t hash[SHA256_LEN];
    if (json_is_u64(block_id, &height)) {
        *out = blocks_at(blocks, height);
    } else if (is_text(block_id)) {
        TRY(params_hash(call, json_object_get_string(block_id), hash));
        *out = blocks_by_hash(blocks, hash);
    } else {
        return jsonrpc_fail_parse(call, "Failed parsing args: `block_id` is neither a height nor a hash");
    }
    return *out ? OUTCOME_OK : params_unknown_block(call, block_id);
}

static const struct {
    const char *member;
    const char *word;
    const struct block *(*block)(const struct blocks *blocks);
    bool final;
} named_blocks[] = {
    {"finality", "optimistic", blocks_head, false},
    {"finality", "near-final", blocks_near_final, false},
    {"finality", "final", blocks_final, true},
    {"sync_checkpoint", "genesis", blocks_genesis, false},
    {"sync_checkpoint", "earliest_available", blocks_oldest_with_world, false},
};

const struct block *params_shown(const struct jsonrpc_call *call, const struct block *block, bool final)
{
    uint64_t lag = call->plan.head_lag + (final ? call->plan.final_lag : 0);
    for (; lag > 0; lag--) {
        const struct block *older = blocks_at(&call->node->chain.blocks, block->height - 1);
        if (!older || !older->world)
            break;
        block = older;
    }
    return block;
}

result_t params_block(struct jsonrpc_call *call, struct json_object *object, const struct block **out)
{
    struct json_object *value = NULL;
    if (json_object_object_get_ex(object, "block_id", &value) && value)
        return params_block_id(call, value, out);
    for (size_t i = 0; i < ARRAY_LEN(named_blocks); i++) {
        if (!json_object_object_get_ex(object, named_blocks[i].member, &value) || !is_text(value) ||
            strcmp(json_object_get_string(value), named_blocks[i].word) != 0)
            continue;
        *out = params_shown(call, named_blocks[i].block(&call->node->chain.blocks), named_blocks[i].final);
        return OUTCOME_OK;
    }
    return jsonrpc_fail_parse(call,
                              "Failed parsing args: one of `finality` (optimistic, near-final, final), "
                              "`block_id` and `sync_checkpoint` (genesis, earliest_available) is needed");
}
