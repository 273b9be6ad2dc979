#include <string.h>

#include "contract-sim/store/chain_store_internal.h"
#include "contract-sim/store/saved.h"

/* One load under way. */
struct load {
    const struct chain_store *store;
    struct model *model;
    struct chain *chain;
    struct saved_head head;
    struct chain_table_txn txn;
    size_t items;
    size_t worlds;
    const struct block *last; /* the block that was read last */
    size_t pooled;            /* how many of the pool were found */
};

static result_t damaged(const char *part, struct error *err)
{
    return error_set(err, OUTCOME_STORE_CORRUPT,
                     CHAIN_STORE_WHAT
                     ": the %s does not make sense; put a copy of the folder back, or give an "
                     "empty one for a new chain",
                     part);
}

/* Name the part where a reader said no more than that it is corrupt. */
static result_t of_part(result_t result, const char *part, struct error *err)
{
    return result == OUTCOME_STORE_CORRUPT ? damaged(part, err) : result;
}

/* A new model has a few items already: those that its rules and its name gave it. */
static result_t load_item(const struct chain_table_record *record, void *context, struct error *err)
{
    struct load *load = context;
    const void *known;
    size_t len;
    size_t index = load->items++;
    if (record->number != index)
        return damaged("list of items", err);
    if (index >= model_pool_count(load->model))
        return of_part(model_pool_restore(load->model, record->data, record->len), "list of items", err);
    model_pool_item(load->model, index, &known, &len);
    return len == record->len && memcmp(known, record->data, len) == 0 ? OUTCOME_OK
                                                                       : damaged("list of items", err);
}

static result_t load_genesis(struct load *load, uint64_t oldest, struct error *err)
{
    struct chain_table_key key = chain_table_key_name(META_GENESIS);
    const void *data;
    size_t len;
    struct block genesis;
    TRY(chain_table_get(&load->txn, TABLE_META, &key, &data, &len, err));
    TRY(of_part(saved_genesis_read(data, len, &genesis), "genesis", err));
    result_t result = blocks_restore(&load->chain->blocks, &genesis, oldest, load->head.fork);
    if (result != OUTCOME_OK)
        world_unref(genesis.world);
    return result;
}

/* The world after a block: its own record, or that of the block before. NULL where the blocks are older than
 * the oldest record. */
static result_t load_world(struct load *load, uint64_t height, struct world **out, struct error *err)
{
    struct chain_table_key key = chain_table_key_number(height);
    const void *data;
    size_t len;
    struct world *before = load->last ? load->last->world : NULL;
    result_t result = chain_table_get(&load->txn, TABLE_WORLDS, &key, &data, &len, err);
    if (result == OUTCOME_STORE_NOT_FOUND) {
        *out = before ? world_ref(before) : NULL;
        return OUTCOME_OK;
    }
    TRY(result);
    load->worlds++;
    return of_part(saved_world_read(data, len, saved_world_is_whole(data, len) ? NULL : before, out),
                   "state after a block", err);
}

/* Blocks are numbered without a gap and each names the one before. */
static result_t load_block(const struct chain_table_record *record, void *context, struct error *err)
{
    struct load *load = context;
    struct blocks *blocks = &load->chain->blocks;
    struct block block;
    TRY(of_part(saved_block_read(record->data, record->len, &block), "list of blocks", err));
    if (!load->last)
        TRY(load_genesis(load, block.height, err));
    else if (memcmp(block.prev_hash, load->last->hash, SHA256_LEN) != 0)
        return damaged("list of blocks", err);
    if (block.height != record->number || (load->last && block.height != load->last->height + 1))
        return damaged("list of blocks", err);
    TRY(load_world(load, block.height, &block.world, err));
    blocks_push(blocks, &block);
    load->last = blocks_head(blocks);
    return OUTCOME_OK;
}

static result_t load_blocks(struct load *load, struct error *err)
{
    size_t worlds;
    TRY(chain_table_count(&load->txn, TABLE_WORLDS, &worlds, err));
    TRY(chain_table_each(&load->txn, TABLE_BLOCKS, load_block, load, err));
    /* One that is missing would look as if its block had changed nothing. */
    if (load->worlds != worlds)
        return damaged("list of states", err);
    if (!load->last || load->last->height != load->head.height || !load->last->world)
        return damaged("list of blocks", err);
    return OUTCOME_OK;
}

static void load_pooled(struct load *load, struct tx_record *record)
{
    for (size_t i = 0; i < load->head.pool_count; i++) {
        if (load->head.pool[i] != record->number || load->chain->pool[i])
            continue;
        load->chain->pool[i] = record;
        load->pooled++;
    }
}

static result_t load_tx(const struct chain_table_record *record, void *context, struct error *err)
{
    struct load *load = context;
    struct tx_record *tx;
    TRY(of_part(saved_tx_read(record->data, record->len, record->number, &load->chain->txs, &tx),
                "list of transactions", err));
    if (tx->stage == TX_POOLED)
        load_pooled(load, tx);
    return OUTCOME_OK;
}

static result_t load_txs(struct load *load, struct error *err)
{
    TRY(chain_table_each(&load->txn, TABLE_TXS, load_tx, load, err));
    load->chain->txs.last_number = load->head.last_tx_number;
    tx_store_saved(&load->chain->txs);
    if (load->pooled != load->head.pool_count)
        return damaged("list of transactions", err);
    load->chain->pool_count = load->pooled;
    return OUTCOME_OK;
}

static result_t load_snapshot(const struct chain_table_record *record, void *context, struct error *err)
{
    struct chain *chain = ((struct load *)context)->chain;
    char name[SIM_SNAPSHOT_NAME_MAX + 1] = {0};
    if (record->key_len > SIM_SNAPSHOT_NAME_MAX || chain->snapshot_count == SIM_SNAPSHOTS_MAX)
        return damaged("list of snapshots", err);
    memcpy(name, record->key, record->key_len);
    struct chain_snapshot_entry *entry = chain_snapshot_new(chain, name);
    if (!entry)
        return OUTCOME_NO_MEMORY;
    TRY(of_part(saved_snapshot_read(record->data, record->len, entry), "list of snapshots", err));
    if (entry->number > chain->snapshots_made)
        chain->snapshots_made = entry->number;
    return OUTCOME_OK;
}

static result_t load_head(struct load *load, struct error *err)
{
    struct chain_table_key key = chain_table_key_name(META_HEAD);
    const void *data;
    size_t len;
    TRY(chain_table_get(&load->txn, TABLE_META, &key, &data, &len, err));
    return of_part(saved_head_read(data, len, &load->head), "record of the head", err);
}

static result_t load_work(struct database_txn *base, void *context, struct error *err)
{
    struct load *load = context;
    load->txn = (struct chain_table_txn){.tables = &load->store->tables, .base = base};
    TRY(load_head(load, err));
    TRY(chain_table_each(&load->txn, TABLE_ITEMS, load_item, load, err));
    TRY(load_blocks(load, err));
    TRY(load_txs(load, err));
    return chain_table_each(&load->txn, TABLE_SNAPSHOTS, load_snapshot, load, err);
}

result_t chain_store_load(struct chain_store *store, struct model *model, struct chain *chain,
                          struct sim_clock *clock, struct error *err)
{
    struct load load = {.store = store, .model = model, .chain = chain};
    *chain = (struct chain){.model = model};
    result_t result = database_read(&store->database, load_work, &load, err);
    if (result == OUTCOME_NO_MEMORY)
        error_set(err, result, CHAIN_STORE_WHAT ": no memory for the chain");
    /* What is missing was deleted by somebody else. */
    if (result == OUTCOME_STORE_NOT_FOUND)
        result = OUTCOME_STORE_CORRUPT;
    if (result != OUTCOME_OK) {
        chain_free(chain);
        return result;
    }
    *clock = load.head.clock;
    store->saved = chain_store_mark(chain, clock);
    return OUTCOME_OK;
}
