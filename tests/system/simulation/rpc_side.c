#include "tests/system/simulation/rpc_side.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/system/simulation/must.h"

#define ANSWER_MS_MIN  1
#define ANSWER_MS_MAX  60
#define TIMEOUT_MS     RPC_TIMEOUT_MS
#define LAG_BLOCKS_MAX 20
#define LAG_MS_MAX     120000

static struct line *line_of(struct rpc *rpc)
{
    return (struct line *)rpc;
}

/* ---- time and trouble ---- */

result_t line_wait(struct line *line, uint64_t ms, struct error *err)
{
    schedule_pass(line->source->world->schedule, ms);
    if (line->aborted || line->source->world->schedule->stopped)
        return error_set(err, OUTCOME_SHUTTING_DOWN, "aborted");
    return OUTCOME_OK;
}

static bool strikes(struct line *line, enum fault fault)
{
    struct rpc_world *world = line->source->world;
    return faults_strike(world->faults, world->dice, fault);
}

static result_t is_down(struct line *line, struct error *err)
{
    if (!line->source->hangs)
        return error_set(err, OUTCOME_RPC_UNREACHABLE, "%s: connection refused", line->source->name);
    TRY(line_wait(line, TIMEOUT_MS, err));
    return error_set(err, OUTCOME_RPC_TIMEOUT, "%s: no answer", line->source->name);
}

/* It answers from an older block for a while. */
static void begin_to_lag(struct source *source)
{
    struct rpc_world *world = source->world;
    source->lag = (unsigned)dice_between(world->dice, 1, LAG_BLOCKS_MAX);
    source->lags_until_ms = world->schedule->now_ms + dice_below(world->dice, LAG_MS_MAX);
}

result_t line_pass(struct line *line, struct error *err)
{
    struct source *source = line->source;
    struct rpc_world *world = source->world;
    uint64_t answer_ms = dice_between(world->dice, ANSWER_MS_MIN, ANSWER_MS_MAX);
    TRY(line_wait(line, answer_ms, err));
    if (source->down_until_ms > world->schedule->now_ms)
        return is_down(line, err);
    if (strikes(line, FAULT_RPC_UNREACHABLE))
        return error_set(err, OUTCOME_RPC_UNREACHABLE, "%s: connection reset", source->name);
    if (strikes(line, FAULT_RPC_TIMEOUT)) {
        TRY(line_wait(line, TIMEOUT_MS, err));
        return error_set(err, OUTCOME_RPC_TIMEOUT, "%s: no answer", source->name);
    }
    if (strikes(line, FAULT_RPC_HTTP_STATUS))
        return error_set(err, OUTCOME_RPC_HTTP_STATUS, "%s: HTTP 503", source->name);
    if (strikes(line, FAULT_RPC_MALFORMED))
        return error_set(err, OUTCOME_RPC_MALFORMED, "%s: not JSON", source->name);
    if (strikes(line, FAULT_RPC_WENT_BACK))
        begin_to_lag(source);
    return OUTCOME_OK;
}

/* ---- blocks ---- */

/* What this source holds for final. */
static const struct block *final_of(struct source *source)
{
    struct chain_side *chain = source->world->chain;
    const struct block *final = chain_side_final(chain);
    uint64_t oldest = blocks_genesis(&chain->chain.blocks)->height;
    uint64_t lag = source->lags_until_ms > source->world->schedule->now_ms ? source->lag : 0;
    uint64_t height = final->height > oldest + lag ? final->height - lag : oldest;
    return blocks_at(&chain->chain.blocks, height);
}

static void block_write(const struct block *block, struct rpc_block *out)
{
    *out = (struct rpc_block){.height = block->height, .time_ms = (int64_t)block->time_ms};
    memcpy(out->hash, block->hash, SHA256_LEN);
    memcpy(out->prev_hash, block->prev_hash, SHA256_LEN);
}

static result_t line_block(struct rpc *rpc, enum rpc_finality finality, struct rpc_block *out,
                           struct error *err)
{
    struct line *line = line_of(rpc);
    (void)finality;
    TRY(line_pass(line, err));
    block_write(final_of(line->source), out);
    return OUTCOME_OK;
}

/* A block that this source knows and still has the state of; NULL asks for final. */
static result_t find_block(struct line *line, const uint8_t *hash, const struct block **out,
                           struct error *err)
{
    struct source *source = line->source;
    const struct block *final = final_of(source);
    *out = final;
    if (!hash)
        return OUTCOME_OK;
    *out = blocks_by_hash(&source->world->chain->chain.blocks, hash);
    if (!*out || !(*out)->world || (*out)->height > final->height + PROTOCOL_FINAL_LAG ||
        strikes(line, FAULT_RPC_UNKNOWN_BLOCK))
        return error_set(err, OUTCOME_RPC_UNKNOWN_BLOCK, "%s does not know the block", source->name);
    return OUTCOME_OK;
}

static result_t line_block_by_hash(struct rpc *rpc, const uint8_t hash[SHA256_LEN], struct rpc_block *out,
                                   struct error *err)
{
    struct line *line = line_of(rpc);
    const struct block *block;
    TRY(line_pass(line, err));
    TRY(find_block(line, hash, &block, err));
    block_write(block, out);
    return OUTCOME_OK;
}

static result_t line_status(struct rpc *rpc, struct rpc_status *out, struct error *err)
{
    struct line *line = line_of(rpc);
    TRY(line_pass(line, err));
    const struct block *final = final_of(line->source);
    *out = (struct rpc_status){.syncing = strikes(line, FAULT_RPC_SYNCING),
                               .latest_height = final->height + PROTOCOL_FINAL_LAG,
                               .latest_time_ms = (int64_t) final->time_ms};
    return OUTCOME_OK;
}

/* ---- views ---- */

/* Both views that nodes poll are kept for as long as the contract does not change. */
static bool answer_view(struct chain_side *chain, const struct block *block, const char *method,
                        const void *args, size_t args_len, struct bytes *out)
{
    const struct truth *truth = chain_side_truth(chain, block);
    const struct bytes *text = strcmp(method, "state") == 0            ? &truth->state
                               : strcmp(method, "migration_info") == 0 ? &truth->migration_info
                                                                       : NULL;
    if (!text)
        return chain_side_view(chain, block, method, args, args_len, out);
    must(bytes_append(out, text->data, text->len));
    return true;
}

/* Put `key` in the place of every other key that is written as long, so that the text stays well-formed. */
static void put_key(struct bytes *text, const char *key)
{
    for (uint8_t *at = text->data; (at = memmem(at, text->len - (size_t)(at - text->data), "ed25519:", 8));
         at += 8)
        if (strcspn((char *)at, "\"") == strlen(key))
            memcpy(at, key, strlen(key));
}

static void tell_lies(const struct line *line, const char *method, struct bytes *text)
{
    const struct cast_node *asks = &cast()->accounts[line->node / CAST_NODES].nodes[line->node % CAST_NODES];
    if (line->source->lies && strcmp(method, "migration_info") == 0)
        put_key(text, cast()->stranger.text);
    if (line->source->flatters && strcmp(method, "state") == 0)
        put_key(text, asks->p2p_text);
}

static result_t line_view(struct rpc *rpc, const char *account_id, const char *method, const void *args,
                          size_t args_len, const uint8_t *block_hash, struct rpc_view *out, struct error *err)
{
    struct line *line = line_of(rpc);
    struct source *source = line->source;
    const struct block *block;
    (void)account_id;
    *out = (struct rpc_view){0};
    TRY(line_pass(line, err));
    TRY(find_block(line, block_hash, &block, err));
    out->height = block->height;
    memcpy(out->hash, block->hash, SHA256_LEN);
    if (!answer_view(source->world->chain, block, method, args, args_len, &out->data))
        return error_set(err, OUTCOME_RPC_VIEW_FAILED, "%s is refused", method);
    tell_lies(line, method, &out->data);
    return OUTCOME_OK;
}

static void copy_key(const struct near_access_key *key, struct near_access_key *out)
{
    *out = *key;
    out->receiver_id = key->receiver_id ? strdup(key->receiver_id) : NULL;
    out->method_names = calloc(key->method_count + 1, sizeof *out->method_names);
    must_be(out->method_names != NULL);
    for (size_t i = 0; i < key->method_count; i++)
        out->method_names[i] = strdup(key->method_names[i]);
}

static result_t line_view_access_key(struct rpc *rpc, const char *account_id,
                                     const struct ed25519_public_key *key, const uint8_t *block_hash,
                                     struct rpc_access_key *out, struct error *err)
{
    struct line *line = line_of(rpc);
    struct near_public_key wanted = near_public_key_from_ed25519(key);
    const struct block *block;
    *out = (struct rpc_access_key){0};
    TRY(line_pass(line, err));
    TRY(find_block(line, block_hash, &block, err));
    const struct account *account = world_account(block->world, account_id);
    const struct account_key *found = account ? account_key_find(account, &wanted) : NULL;
    if (!found)
        return error_set(err, OUTCOME_RPC_NO_ACCESS_KEY, "no such access key");
    copy_key(&found->access, &out->key);
    out->height = block->height;
    memcpy(out->hash, block->hash, SHA256_LEN);
    return OUTCOME_OK;
}

/* ---- the rest ---- */

static const char *line_name(const struct rpc *rpc)
{
    return ((const struct line *)rpc)->source->name;
}

static void line_abort(struct rpc *rpc)
{
    line_of(rpc)->aborted = true;
}

static void line_close(struct rpc *rpc)
{
    (void)rpc;
}

static const struct rpc_ops line_ops = {
    .block = line_block,
    .block_by_hash = line_block_by_hash,
    .status = line_status,
    .view = line_view,
    .view_access_key = line_view_access_key,
    .send_tx = line_send_tx,
    .tx_status = line_tx_status,
    .name = line_name,
    .abort = line_abort,
    .close = line_close,
};

void line_open(struct line *line, struct source *source, size_t node, const char *who)
{
    *line = (struct line){.base = {.ops = &line_ops}, .source = source, .node = node, .who = who};
}

void source_init(struct source *source, struct rpc_world *world, size_t number)
{
    *source = (struct source){.world = world};
    snprintf(source->name, sizeof source->name, "rpc-%zu", number);
}

void source_free(struct source *source)
{
    for (size_t i = 0; i < SOURCE_HELD_MAX; i++)
        bytes_free(&source->held[i].bytes);
}

void source_heal(struct source *source)
{
    source->down_until_ms = 0;
    source->lags_until_ms = 0;
    source->lies = false;
}
