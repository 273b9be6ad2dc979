/* What the node says of itself and of its blocks. There is one validator, which never changes. */
#include "config.h"

#include <inttypes.h>
#include <string.h>

#include <json-c/json.h>

#include "common/os/clock.h"
#include "contract-sim/rpc/forms.h"
#include "contract-sim/rpc/methods.h"
#include "contract-sim/rpc/params.h"

#define ZERO_HASH    "11111111111111111111111111111111"
#define TOTAL_SUPPLY "1000000000000000000000000000000000"
#define BLOCK_AUTHOR "node0"
/* ed25519: and 32 zero bytes: this node signs nothing. */
#define NODE_KEY "ed25519:" ZERO_HASH

/* Hashes that only have to be there and to differ by epoch. */
static void epoch_id(uint64_t height, uint64_t ahead, char out[HASH_TEXT_MAX])
{
    struct {
        uint8_t tag[8];
        uint64_t epoch;
    } content = {"epoch", height / PROTOCOL_EPOCH_BLOCKS + ahead};
    uint8_t hash[SHA256_LEN];
    sha256(&content, sizeof content, hash);
    hash_format(hash, out);
}

static uint64_t epoch_start(const struct sim_node *node, uint64_t height)
{
    uint64_t genesis = node->chain.blocks.genesis.height;
    uint64_t start = height - height % PROTOCOL_EPOCH_BLOCKS;
    return start > genesis ? start : genesis;
}

static uint64_t height_of(const struct sim_node *node, uint64_t height, uint64_t lag)
{
    uint64_t genesis = node->chain.blocks.genesis.height;
    return height - genesis < lag ? genesis : height - lag;
}

static void hash_at(const struct sim_node *node, uint64_t height, char out[HASH_TEXT_MAX])
{
    static const uint8_t zero[SHA256_LEN];
    const struct block *block = blocks_at(&node->chain.blocks, height);
    hash_format(block ? block->hash : zero, out);
}

/* The signature of a block is 64 zero bytes: who asks for it only wants its form. */
static result_t header_rest(struct bytes *out)
{
    struct ed25519_signature none = {0};
    char signature[128];
    ed25519_signature_format(&none, signature, sizeof signature);
    return bytes_append_format(out,
                               "\"next_bp_hash\":\"" ZERO_HASH "\",\"block_merkle_root\":\"" ZERO_HASH
                               "\",\"epoch_sync_data_hash\":null,"
                               "\"approvals\":[],\"signature\":\"%s\",\"latest_protocol_version\":%d}",
                               signature, PROTOCOL_VERSION);
}

static result_t header_roots(struct bytes *out)
{
    return bytes_append_format(
        out,
        "\"prev_state_root\":\"" ZERO_HASH "\",\"chunk_receipts_root\":\"" ZERO_HASH
        "\",\"chunk_headers_root\":\"" ZERO_HASH "\",\"chunk_tx_root\":\"" ZERO_HASH
        "\",\"outcome_root\":\"" ZERO_HASH "\",\"chunks_included\":1,\"challenges_root\":\"" ZERO_HASH
        "\",\"random_value\":\"" ZERO_HASH
        "\",\"validator_proposals\":[],\"chunk_mask\":[true],\"gas_price\":\"%llu\",\"rent_paid\":\"0\","
        "\"validator_reward\":\"0\",\"total_supply\":\"" TOTAL_SUPPLY "\",\"challenges_result\":[],",
        PROTOCOL_GAS_PRICE_YOCTO);
}

static result_t header(const struct sim_node *node, const struct block *block, struct bytes *out)
{
    char hash[HASH_TEXT_MAX], prev[HASH_TEXT_MAX], epoch[HASH_TEXT_MAX], next_epoch[HASH_TEXT_MAX];
    char final[HASH_TEXT_MAX], ds_final[HASH_TEXT_MAX];
    hash_format(block->hash, hash);
    hash_format(block->prev_hash, prev);
    epoch_id(block->height, 0, epoch);
    epoch_id(block->height, 1, next_epoch);
    hash_at(node, height_of(node, block->height, PROTOCOL_FINAL_LAG), final);
    hash_at(node, height_of(node, block->height, PROTOCOL_NEAR_FINAL_LAG), ds_final);
    TRY(bytes_append_format(
        out,
        "{\"height\":%" PRIu64 ",\"prev_height\":%" PRIu64
        ",\"epoch_id\":\"%s\",\"next_epoch_id\":\"%s\",\"hash\":\"%s\",\"prev_hash\":\"%s\",",
        block->height, height_of(node, block->height, 1), epoch, next_epoch, hash, prev));
    TRY(header_roots(out));
    TRY(bytes_append_format(out,
                            "\"timestamp\":%" PRIu64 "000000,\"timestamp_nanosec\":\"%" PRIu64
                            "000000\",\"block_ordinal\":%" PRIu64
                            ",\"last_final_block\":\"%s\",\"last_ds_final_block\":\"%s\",",
                            block->time_ms, block->time_ms, block->height, final, ds_final));
    return header_rest(out);
}

/* [height or hash], {"finality"}, {"block_id"}, {"sync_checkpoint"}. */
result_t method_block(struct jsonrpc_call *call)
{
    const struct block *block;
    if (json_object_is_type(call->params, json_type_array)) {
        TRY(params_block_id(call, json_object_array_get_idx(call->params, 0), &block));
    } else {
        TRY(params_object(call));
        TRY(params_block(call, call->params, &block));
    }
    TRY(bytes_append_text(&call->result, "{\"author\":\"" BLOCK_AUTHOR "\",\"header\":"));
    TRY(header(call->node, block, &call->result));
    return bytes_append_text(&call->result, ",\"chunks\":[]}");
}

static result_t sync_info(struct jsonrpc_call *call)
{
    const struct sim_node *node = call->node;
    const struct block *head = params_shown(call, blocks_head(&node->chain.blocks), false);
    const struct block *oldest = blocks_oldest_with_world(&node->chain.blocks);
    char head_hash[HASH_TEXT_MAX], oldest_hash[HASH_TEXT_MAX], epoch[HASH_TEXT_MAX];
    char head_time[CLOCK_TEXT_LEN], oldest_time[CLOCK_TEXT_LEN];
    hash_format(head->hash, head_hash);
    hash_format(oldest->hash, oldest_hash);
    epoch_id(head->height, 0, epoch);
    clock_format((int64_t)head->time_ms, head_time);
    clock_format((int64_t)oldest->time_ms, oldest_time);
    return bytes_append_format(
        &call->result,
        "\"sync_info\":{\"latest_block_hash\":\"%s\",\"latest_block_height\":%" PRIu64
        ",\"latest_state_root\":\"" ZERO_HASH "\",\"latest_block_time\":\"%s\",\"syncing\":false,"
        "\"earliest_block_hash\":\"%s\",\"earliest_block_height\":%" PRIu64
        ",\"earliest_block_time\":\"%s\",\"epoch_id\":\"%s\",\"epoch_start_height\":%" PRIu64 "}",
        head_hash, head->height, head_time, oldest_hash, oldest->height, oldest_time, epoch,
        epoch_start(node, head->height));
}

result_t method_status(struct jsonrpc_call *call)
{
    const struct sim_node *node = call->node;
    char genesis[HASH_TEXT_MAX];
    hash_format(node->chain.blocks.genesis.hash, genesis);
    int64_t uptime_s = (call->request->wall_ms - node->started_wall_ms) / 1000;
    TRY(bytes_append_format(
        &call->result,
        "{\"chain_id\":\"" JSONRPC_CHAIN_ID "\",\"genesis_hash\":\"%s\",\"latest_protocol_version\":%d,"
        "\"protocol_version\":%d,\"version\":{\"version\":\"%s\",\"build\":\"mpc-contract-sim\",\"commit\":"
        "\"none\","
        "\"rustc_version\":\"none\"},\"rpc_addr\":\"%s\",\"node_public_key\":\"" NODE_KEY
        "\",\"node_key\":null,\"validator_account_id\":null,\"validator_public_key\":null,\"validators\":[],"
        "\"uptime_sec\":%" PRId64 ",\"detailed_debug_status\":null,",
        genesis, PROTOCOL_VERSION, PROTOCOL_VERSION, MPC_VERSION, node->listen, uptime_s > 0 ? uptime_s : 0));
    TRY(sync_info(call));
    return bytes_append_text(&call->result, "}");
}

/* The block that gas_price and validators may name: [id], {"block_id": id}; null,
 * absent or anything else is the head. */
static result_t optional_block(struct jsonrpc_call *call)
{
    struct json_object *id = NULL;
    const struct block *block;
    if (json_object_is_type(call->params, json_type_array))
        id = json_object_array_get_idx(call->params, 0);
    else if (json_object_is_type(call->params, json_type_object))
        json_object_object_get_ex(call->params, "block_id", &id);
    return id ? params_block_id(call, id, &block) : OUTCOME_OK;
}

result_t method_gas_price(struct jsonrpc_call *call)
{
    TRY(optional_block(call));
    return bytes_append_format(&call->result, "{\"gas_price\":\"%llu\"}", PROTOCOL_GAS_PRICE_YOCTO);
}

result_t method_network_info(struct jsonrpc_call *call)
{
    return bytes_append_text(&call->result,
                             "{\"active_peers\":[],\"num_active_peers\":0,\"peer_max_count\":0,"
                             "\"sent_bytes_per_sec\":0,\"received_bytes_per_sec\":0,\"known_producers\":[]}");
}

result_t method_validators(struct jsonrpc_call *call)
{
    uint64_t head = call->node->chain.blocks.head;
    TRY(optional_block(call));
    return bytes_append_format(&call->result,
                               "{\"current_validators\":[],\"next_validators\":[],\"current_fishermen\":[],"
                               "\"next_fishermen\":[],\"current_proposals\":[],\"prev_epoch_kickout\":[],"
                               "\"epoch_start_height\":%" PRIu64 ",\"epoch_height\":%" PRIu64 "}",
                               epoch_start(call->node, head), head / PROTOCOL_EPOCH_BLOCKS);
}

/* What both configurations have in common, without braces. */
static result_t config_common(const struct sim_node *node, struct bytes *out)
{
    const struct block *genesis = blocks_genesis(&node->chain.blocks);
    char time[CLOCK_TEXT_LEN];
    clock_format((int64_t)genesis->time_ms, time);
    return bytes_append_format(out,
                               "\"protocol_version\":%d,\"genesis_time\":\"%s\",\"genesis_height\":%" PRIu64
                               ",\"chain_id\":\"" JSONRPC_CHAIN_ID
                               "\",\"epoch_length\":%d,\"transaction_validity_period\":%d,"
                               "\"num_block_producer_seats\":1,\"num_block_producer_seats_per_shard\":[1],"
                               "\"avg_hidden_validator_seats_per_shard\":[0],\"minimum_stake_ratio\":[1,6250]"
                               ",\"min_gas_price\":\"%llu\","
                               "\"max_gas_price\":\"%llu\"",
                               PROTOCOL_VERSION, time, genesis->height, PROTOCOL_EPOCH_BLOCKS,
                               SIM_TX_VALIDITY_BLOCKS, PROTOCOL_GAS_PRICE_YOCTO, PROTOCOL_GAS_PRICE_YOCTO);
}

result_t method_protocol_config(struct jsonrpc_call *call)
{
    const struct block *block;
    TRY(params_object(call));
    TRY(params_block(call, call->params, &block));
    TRY(bytes_append_text(&call->result, "{"));
    TRY(config_common(call->node, &call->result));
    return bytes_append_format(&call->result, ",\"runtime_config\":{\"storage_amount_per_byte\":\"%llu\"}}",
                               PROTOCOL_STORAGE_PRICE_YOCTO);
}

result_t method_genesis_config(struct jsonrpc_call *call)
{
    TRY(bytes_append_text(&call->result, "{"));
    TRY(config_common(call->node, &call->result));
    return bytes_append_text(&call->result, ",\"total_supply\":\"" TOTAL_SUPPLY "\",\"validators\":[]}");
}
