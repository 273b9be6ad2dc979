#include "contract-sim/chain/chain.h"

#include <stdlib.h>
#include <string.h>

#include "contract-sim/chain/execute.h"
#include "contract-sim/chain/verify.h"

result_t chain_init(struct chain *chain, struct model *model, struct world *world, uint64_t height,
                    uint64_t time_ms, const void *seed, size_t seed_len)
{
    *chain = (struct chain){.model = model};
    return blocks_init(&chain->blocks, seed, seed_len, height, time_ms, world);
}

static void snapshot_clear(struct chain_snapshot_entry *entry)
{
    for (size_t i = 0; i < entry->tail_count; i++)
        world_unref(entry->tail[i].world);
    entry->tail_count = 0;
}

void chain_free(struct chain *chain)
{
    for (size_t i = 0; i < chain->snapshot_count; i++)
        snapshot_clear(&chain->snapshots[i]);
    free(chain->snapshots);
    tx_store_free(&chain->txs);
    blocks_free(&chain->blocks);
    *chain = (struct chain){0};
}

static bool same_key(const struct near_tx *a, const struct near_tx *b)
{
    return strcmp(a->signer_id, b->signer_id) == 0 && near_public_key_equal(&a->public_key, &b->public_key);
}

/* Transactions of one key run in the order of their nonces, whichever came first. What made one fail that was
 * dropped is over when it is sent again. */
static void pool_insert(struct chain *chain, struct tx_record *record)
{
    size_t at = chain->pool_count;
    for (size_t i = 0; i < chain->pool_count && at == chain->pool_count; i++)
        if (same_key(&chain->pool[i]->tx, &record->tx) && chain->pool[i]->tx.nonce > record->tx.nonce)
            at = i;
    memmove(chain->pool + at + 1, chain->pool + at, (chain->pool_count - at) * sizeof(struct tx_record *));
    chain->pool[at] = record;
    chain->pool_count++;
    bytes_clear(&record->fail_with);
    record->stage = TX_POOLED;
    tx_store_changed(&chain->txs, record);
}

static bool same_signature(const struct near_signature *a, const struct near_signature *b)
{
    return a->type == b->type && memcmp(a->bytes, b->bytes, sizeof a->bytes) == 0;
}

/* Verify what is new, and put it into the pool. `known` is a record of the same hash, or NULL. */
static result_t submit_new(struct chain *chain, struct tx_record *known, const uint8_t hash[SHA256_LEN],
                           struct near_tx *tx, const struct signed_bytes *bytes, struct bytes *invalid)
{
    const struct block *head = blocks_head(&chain->blocks);
    TRY(tx_verify(&chain->blocks, head->world, tx, bytes, invalid));
    if (known && known->stage != TX_DROPPED)
        return OUTCOME_OK;
    if (chain->pool_count == SIM_POOL_MAX) {
        TRY(bytes_append_text(invalid, "{\"ShardCongested\":{\"shard_id\":0,\"congestion_level\":1.0}}"));
        return OUTCOME_TX_REJECTED;
    }
    struct tx_record *record = known;
    if (!record)
        TRY(tx_store_add(&chain->txs, hash, tx, &bytes->signature, bytes->signed_len, &record));
    pool_insert(chain, record);
    return OUTCOME_OK;
}

result_t chain_submit(struct chain *chain, const void *signed_tx, size_t len, uint8_t hash[SHA256_LEN],
                      struct bytes *invalid, struct error *err)
{
    CLEANUP(near_tx_free) struct near_tx tx = {0};
    struct signed_bytes bytes = {.data = signed_tx, .signed_len = len};
    TRY(near_signed_tx_decode(signed_tx, len, &tx, &bytes.signature, &bytes.tx_len, err));
    sha256(signed_tx, bytes.tx_len, hash);
    struct tx_record *known = tx_store_find(&chain->txs, hash);
    if (known && known->stage != TX_DROPPED && same_signature(&known->signature, &bytes.signature))
        return OUTCOME_OK;
    return submit_new(chain, known, hash, &tx, &bytes, invalid);
}

result_t chain_let_fail(struct chain *chain, const uint8_t hash[SHA256_LEN], const char *message)
{
    struct tx_record *record = tx_store_find(&chain->txs, hash);
    if (!record || record->stage != TX_POOLED)
        return OUTCOME_OK;
    bytes_clear(&record->fail_with);
    tx_store_changed(&chain->txs, record);
    return bytes_append_text(&record->fail_with, message);
}

/* A call that comes with no transaction. */
struct direct_call {
    const struct model_context *context;
    const char *method;
    const void *args;
    size_t args_len;
    struct receipt_outcome *out;
};

static result_t run_pending_receipts(struct chain *chain, struct execution *execution)
{
    size_t count = execution->world->receipt_count;
    if (chain->listener && model_receipts_pending(chain->model, &execution->world->contract))
        chain->listener->receipts_run(chain->listener, execution->height, execution->time_ms / 1000);
    for (size_t i = 0; i < count; i++) {
        struct chain_receipt receipt = execution->world->receipts[i];
        CLEANUP(receipt_outcome_free) struct receipt_outcome outcome = {0};
        TRY(execute_receipt(execution, &receipt, &outcome));
        struct tx_record *record = receipt.has_tx ? tx_store_find(&chain->txs, receipt.tx_hash) : NULL;
        if (record)
            TRY(tx_store_receipt(&chain->txs, record, &outcome));
    }
    world_receipts_drop(execution->world, count);
    return OUTCOME_OK;
}

/* Verified again: what ran before it in this block, or since it was sent, may
 * have used its nonce or its money. */
static result_t run_pooled(struct chain *chain, struct execution *execution, struct tx_record *record)
{
    result_t verdict = tx_verify(&chain->blocks, execution->world, &record->tx, NULL, &record->invalid);
    if (verdict == OUTCOME_TX_REJECTED) {
        record->stage = TX_DROPPED;
        tx_store_changed(&chain->txs, record);
        return OUTCOME_OK;
    }
    TRY(verdict);
    CLEANUP(receipt_outcome_free) struct receipt_outcome outcome = {0};
    const char *fail_with = record->fail_with.len ? (const char *)record->fail_with.data : NULL;
    TRY(execute_tx(execution, &record->tx, record->hash, fail_with, &outcome));
    record->stage = TX_INCLUDED;
    record->block_height = execution->height;
    memcpy(record->block_hash, execution->block_hash, SHA256_LEN);
    return tx_store_receipt(&chain->txs, record, &outcome);
}

static result_t run_block(struct chain *chain, struct execution *execution, const struct direct_call *call)
{
    TRY(run_pending_receipts(chain, execution));
    for (size_t i = 0; i < chain->pool_count; i++)
        TRY(run_pooled(chain, execution, chain->pool[i]));
    chain->pool_count = 0;
    if (!call)
        return OUTCOME_OK;
    return execute_call(execution, call->context, call->method, call->args, call->args_len, call->out);
}

static result_t seal(struct chain *chain, uint64_t time_ms, const struct direct_call *call)
{
    struct world *before = blocks_head(&chain->blocks)->world;
    struct block block = blocks_next(&chain->blocks, time_ms);
    if (!call && !chain->pool_count && !before->receipt_count) {
        block.world = world_ref(before);
        blocks_push(&chain->blocks, &block);
        return OUTCOME_OK;
    }
    struct execution execution = {
        .model = chain->model, .listener = chain->listener, .height = block.height, .time_ms = block.time_ms};
    memcpy(execution.block_hash, block.hash, SHA256_LEN);
    execution.world = world_fork(before);
    if (!execution.world)
        return OUTCOME_NO_MEMORY;
    result_t result = run_block(chain, &execution, call);
    if (result != OUTCOME_OK) {
        world_unref(execution.world);
        return result;
    }
    block.world = execution.world;
    blocks_push(&chain->blocks, &block);
    return OUTCOME_OK;
}

result_t chain_seal(struct chain *chain, uint64_t time_ms)
{
    return seal(chain, time_ms, NULL);
}

result_t chain_seal_call(struct chain *chain, uint64_t time_ms, const struct model_context *context,
                         const char *method, const void *args, size_t args_len, struct receipt_outcome *out)
{
    struct direct_call call = {
        .context = context, .method = method, .args = args, .args_len = args_len, .out = out};
    return seal(chain, time_ms, &call);
}

/* Whether a receipt of the transaction waits for the next block, other than refunds, or any. */
static bool receipt_waits(const struct chain *chain, const struct tx_record *record, bool refunds_too)
{
    const struct world *world = blocks_head(&chain->blocks)->world;
    for (size_t i = 0; i < world->receipt_count; i++) {
        const struct chain_receipt *receipt = &world->receipts[i];
        if (receipt->has_tx && memcmp(receipt->tx_hash, record->hash, SHA256_LEN) == 0 &&
            (refunds_too || !receipt->refund))
            return true;
    }
    return false;
}

enum tx_level chain_tx_level(const struct chain *chain, const struct tx_record *record)
{
    if (record->stage != TX_INCLUDED)
        return LEVEL_NONE;
    uint64_t final = blocks_final(&chain->blocks)->height;
    bool in_final_block = record->block_height <= final;
    if (receipt_waits(chain, record, false))
        return in_final_block ? LEVEL_INCLUDED_FINAL : LEVEL_INCLUDED;
    if (!in_final_block)
        return LEVEL_EXECUTED_OPTIMISTIC;
    for (size_t i = 0; i < record->receipt_count; i++)
        if (record->receipts[i].block_height > final)
            return LEVEL_EXECUTED;
    return receipt_waits(chain, record, true) ? LEVEL_EXECUTED : LEVEL_FINAL;
}

bool tx_level_reaches(enum tx_level level, enum tx_level asked)
{
    return level >= asked && !(level == LEVEL_INCLUDED_FINAL && asked == LEVEL_EXECUTED_OPTIMISTIC);
}

static struct chain_snapshot_entry *snapshot_find(const struct chain *chain, const char *name)
{
    for (size_t i = 0; i < chain->snapshot_count; i++)
        if (strcmp(chain->snapshots[i].name, name) == 0)
            return &chain->snapshots[i];
    return NULL;
}

struct chain_snapshot_entry *chain_snapshot_new(struct chain *chain, const char *name)
{
    struct chain_snapshot_entry *grown =
        realloc(chain->snapshots, (chain->snapshot_count + 1) * sizeof *chain->snapshots);
    if (!grown)
        return NULL;
    chain->snapshots = grown;
    struct chain_snapshot_entry *entry = &grown[chain->snapshot_count++];
    *entry = (struct chain_snapshot_entry){0};
    memcpy(entry->name, name, strlen(name));
    return entry;
}

result_t chain_snapshot(struct chain *chain, const char *name, int64_t clock_offset_ms)
{
    struct chain_snapshot_entry *entry = snapshot_find(chain, name);
    if (!entry) {
        if (!*name || strlen(name) > SIM_SNAPSHOT_NAME_MAX || chain->snapshot_count == SIM_SNAPSHOTS_MAX)
            return OUTCOME_LIMIT;
        entry = chain_snapshot_new(chain, name);
        if (!entry)
            return OUTCOME_NO_MEMORY;
    }
    snapshot_clear(entry);
    entry->number = ++chain->snapshots_made;
    entry->clock_offset_ms = clock_offset_ms;
    for (uint64_t height = blocks_final(&chain->blocks)->height; height <= chain->blocks.head; height++) {
        struct block block = *blocks_at(&chain->blocks, height);
        world_ref(block.world);
        entry->tail[entry->tail_count++] = block;
    }
    return OUTCOME_OK;
}

static bool not_on_chain(const void *context, uint64_t block_height, const uint8_t block_hash[SHA256_LEN])
{
    const struct chain *chain = context;
    const struct block *block = blocks_at(&chain->blocks, block_height);
    return !block || memcmp(block->hash, block_hash, SHA256_LEN);
}

result_t chain_revert(struct chain *chain, const char *name, int64_t *clock_offset_ms)
{
    struct chain_snapshot_entry *entry = snapshot_find(chain, name);
    if (!entry)
        return OUTCOME_STORE_NOT_FOUND;
    blocks_rewind(&chain->blocks, entry->tail, entry->tail_count);
    tx_store_prune(&chain->txs, not_on_chain, chain);
    *clock_offset_ms = entry->clock_offset_ms;
    return OUTCOME_OK;
}
