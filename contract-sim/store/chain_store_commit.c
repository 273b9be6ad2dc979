#include <string.h>

#include "contract-sim/limits.h"
#include "contract-sim/store/chain_store_internal.h"
#include "contract-sim/store/saved.h"

/* One commit under way. */
struct commit {
    struct chain_store *store;
    const struct chain *chain;
    const struct sim_clock *clock;
    struct chain_table_txn txn;
    struct bytes content; /* of the record that is being written */
    bool everything;      /* nothing was saved yet */
    bool rewound;         /* what was saved may not be on the chain any more */
    struct error *err;
};

static result_t put_number(struct commit *commit, enum chain_table table, uint64_t number)
{
    struct chain_table_key key = chain_table_key_number(number);
    return chain_table_put(&commit->txn, table, &key, &commit->content, commit->err);
}

static result_t put_name(struct commit *commit, enum chain_table table, const char *name)
{
    struct chain_table_key key = chain_table_key_name(name);
    return chain_table_put(&commit->txn, table, &key, &commit->content, commit->err);
}

/* An empty buffer for the next record. */
static struct bytes *next_content(struct commit *commit)
{
    bytes_clear(&commit->content);
    return &commit->content;
}

/* The first time the tables are made, and what the chain depends on is said. */
static result_t commit_identity(struct commit *commit)
{
    struct chain_store *store = commit->store;
    if (!commit->everything)
        return OUTCOME_OK;
    TRY(chain_tables_open(commit->txn.base, true, &store->tables, commit->err));
    TRY(bytes_append_text(next_content(commit), CHAIN_STORE_FORMAT));
    TRY(put_name(commit, TABLE_META, META_FORMAT));
    TRY(bytes_append(next_content(commit), store->identity.data, store->identity.len));
    return put_name(commit, TABLE_META, META_IDENTITY);
}

static result_t commit_items(struct commit *commit)
{
    const struct model *model = commit->chain->model;
    size_t count = model_pool_count(model);
    for (size_t i = commit->store->saved.items; i < count; i++) {
        const void *data;
        size_t len;
        model_pool_item(model, i, &data, &len);
        TRY(bytes_append(next_content(commit), data, len));
        TRY(put_number(commit, TABLE_ITEMS, i));
    }
    return OUTCOME_OK;
}

static bool block_is_saved(struct commit *commit, const struct block *block)
{
    struct chain_table_key key = chain_table_key_number(block->height);
    struct block saved;
    const void *data;
    size_t len;
    return chain_table_get(&commit->txn, TABLE_BLOCKS, &key, &data, &len, NULL) == OUTCOME_OK &&
           saved_block_read(data, len, &saved) == OUTCOME_OK &&
           memcmp(saved.hash, block->hash, SHA256_LEN) == 0;
}

/* The first block that is not saved. After a revert both chains begin alike. */
static uint64_t first_unsaved(struct commit *commit)
{
    const struct blocks *blocks = &commit->chain->blocks;
    uint64_t next = commit->everything ? blocks->oldest : commit->store->saved.height + 1;
    if (!commit->rewound)
        return next;
    if (next > blocks->head + 1)
        next = blocks->head + 1;
    while (next > blocks->oldest && !block_is_saved(commit, blocks_at(blocks, next - 1)))
        next--;
    return next;
}

static result_t commit_blocks(struct commit *commit)
{
    const struct blocks *blocks = &commit->chain->blocks;
    uint64_t first = first_unsaved(commit);
    if (commit->rewound)
        TRY(chain_table_delete_from(&commit->txn, TABLE_BLOCKS, first, commit->err));
    TRY(chain_table_delete_below(&commit->txn, TABLE_BLOCKS, blocks->oldest, commit->err));
    for (uint64_t height = first > blocks->oldest ? first : blocks->oldest; height <= blocks->head;
         height++) {
        TRY(saved_block_write(blocks_at(blocks, height), next_content(commit)));
        TRY(put_number(commit, TABLE_BLOCKS, height));
    }
    return OUTCOME_OK;
}

/* Whole at a checkpoint or without a world before it, else what changed, else nothing. */
static result_t commit_world(struct commit *commit, uint64_t height, const struct world *before)
{
    const struct world *world = blocks_at(&commit->chain->blocks, height)->world;
    if (height % SIM_STORE_CHECKPOINT_BLOCKS == 0)
        before = NULL;
    if (world == before)
        return OUTCOME_OK;
    TRY(saved_world_write(before, world, next_content(commit)));
    return put_number(commit, TABLE_WORLDS, height);
}

static result_t commit_worlds(struct commit *commit)
{
    const struct blocks *blocks = &commit->chain->blocks;
    uint64_t oldest = blocks_oldest_with_world(blocks)->height;
    uint64_t first = commit->store->saved.height + 1;
    const struct world *before = NULL;
    if (commit->everything || commit->rewound || first <= oldest) {
        TRY(chain_table_delete_from(&commit->txn, TABLE_WORLDS, 0, commit->err));
        first = oldest;
    } else if (first <= blocks->head) {
        before = blocks_at(blocks, first - 1)->world;
    }
    for (uint64_t height = first; height <= blocks->head; height++) {
        TRY(commit_world(commit, height, before));
        before = blocks_at(blocks, height)->world;
    }
    return OUTCOME_OK;
}

/* What lies before a whole world that is old enough is not needed any more. */
static result_t prune_worlds(struct commit *commit)
{
    uint64_t oldest = blocks_oldest_with_world(&commit->chain->blocks)->height;
    uint64_t checkpoint = oldest - oldest % SIM_STORE_CHECKPOINT_BLOCKS;
    struct chain_table_key key = chain_table_key_number(checkpoint);
    bool found;
    TRY(chain_table_has(&commit->txn, TABLE_WORLDS, &key, &found, commit->err));
    return found ? chain_table_delete_below(&commit->txn, TABLE_WORLDS, checkpoint, commit->err) : OUTCOME_OK;
}

/* `context` walks along the records, which are sorted by number like the table. */
static bool is_remembered(uint64_t number, void *context)
{
    const struct tx_record **record = context;
    while (*record && (*record)->number < number)
        *record = (*record)->newer;
    return *record && (*record)->number == number;
}

static result_t commit_txs(struct commit *commit)
{
    const struct tx_store *txs = &commit->chain->txs;
    const struct tx_record *record, *oldest = txs->oldest;
    if (commit->rewound)
        TRY(chain_table_delete_unless(&commit->txn, TABLE_TXS, is_remembered, &oldest, commit->err));
    else
        TRY(chain_table_delete_below(&commit->txn, TABLE_TXS, oldest ? oldest->number : UINT64_MAX,
                                     commit->err));
    LIST_FOREACH(record, &txs->changed, in_changed)
    {
        TRY(saved_tx_write(record, next_content(commit)));
        TRY(put_number(commit, TABLE_TXS, record->number));
    }
    return OUTCOME_OK;
}

static result_t commit_snapshots(struct commit *commit)
{
    const struct chain *chain = commit->chain;
    for (size_t i = 0; i < chain->snapshot_count; i++) {
        const struct chain_snapshot_entry *entry = &chain->snapshots[i];
        if (entry->number <= commit->store->saved.snapshots)
            continue;
        TRY(saved_snapshot_write(entry, next_content(commit)));
        TRY(put_name(commit, TABLE_SNAPSHOTS, entry->name));
    }
    return OUTCOME_OK;
}

static result_t commit_meta(struct commit *commit)
{
    if (commit->everything) {
        TRY(saved_genesis_write(blocks_genesis(&commit->chain->blocks), next_content(commit)));
        TRY(put_name(commit, TABLE_META, META_GENESIS));
    }
    TRY(saved_head_write(commit->chain, commit->clock, next_content(commit)));
    return put_name(commit, TABLE_META, META_HEAD);
}

static result_t (*const commit_steps[])(struct commit *) = {
    commit_identity, commit_items, commit_blocks,    commit_worlds,
    prune_worlds,    commit_txs,   commit_snapshots, commit_meta,
};

static result_t commit_work(struct database_txn *base, void *context, struct error *err)
{
    struct commit *commit = context;
    commit->txn = (struct chain_table_txn){.tables = &commit->store->tables, .base = base};
    commit->err = err;
    for (size_t i = 0; i < ARRAY_LEN(commit_steps); i++) {
        result_t result = commit_steps[i](commit);
        if (result == OUTCOME_NO_MEMORY)
            return error_set(err, result, CHAIN_STORE_WHAT ": no memory");
        TRY(result);
    }
    return OUTCOME_OK;
}

static bool same_clock(const struct sim_clock *a, const struct sim_clock *b)
{
    return a->block_time_ms == b->block_time_ms && a->paused == b->paused && a->offset_ms == b->offset_ms;
}

static bool nothing_changed(const struct chain_store *store, const struct chain *chain,
                            const struct chain_store_mark *mark)
{
    const struct chain_store_mark *saved = &store->saved;
    return store->has_chain && memcmp(mark->head, saved->head, SHA256_LEN) == 0 &&
           mark->fork == saved->fork && mark->snapshots == saved->snapshots &&
           same_clock(&mark->clock, &saved->clock) && LIST_EMPTY(&chain->txs.changed);
}

result_t chain_store_commit(struct chain_store *store, struct chain *chain, const struct sim_clock *clock,
                            struct error *err)
{
    struct chain_store_mark mark = chain_store_mark(chain, clock);
    if (nothing_changed(store, chain, &mark))
        return OUTCOME_OK;
    struct commit commit = {.store = store,
                            .chain = chain,
                            .clock = clock,
                            .everything = !store->has_chain,
                            .rewound = !store->has_chain || mark.fork != store->saved.fork};
    result_t result = database_write(&store->database, commit_work, &commit, err);
    bytes_free(&commit.content);
    TRY(result);
    store->has_chain = true;
    store->saved = mark;
    tx_store_saved(&chain->txs);
    return OUTCOME_OK;
}
