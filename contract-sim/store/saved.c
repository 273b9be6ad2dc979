#include "contract-sim/store/saved.h"

#include "contract-sim/store/saved_parts.h"

static result_t put_clock(const struct sim_clock *clock, struct bytes *out)
{
    TRY(bytes_append_u64le(out, clock->block_time_ms));
    TRY(bytes_append_u8(out, clock->paused));
    return bytes_append_u64le(out, (uint64_t)clock->offset_ms);
}

static result_t take_clock(struct cursor *from, struct sim_clock *out)
{
    uint64_t offset_ms;
    TAKE(cursor_u64le(from, &out->block_time_ms));
    TAKE(saved_take_bool(from, &out->paused));
    TAKE(cursor_u64le(from, &offset_ms));
    out->offset_ms = (int64_t)offset_ms;
    return OUTCOME_OK;
}

result_t saved_head_write(const struct chain *chain, const struct sim_clock *clock, struct bytes *out)
{
    TRY(bytes_append_u64le(out, chain->blocks.head));
    TRY(bytes_append_u64le(out, chain->blocks.fork));
    TRY(bytes_append_u64le(out, chain->txs.last_number));
    TRY(put_clock(clock, out));
    TRY(bytes_append_u32le(out, (uint32_t)chain->pool_count));
    for (size_t i = 0; i < chain->pool_count; i++)
        TRY(bytes_append_u64le(out, chain->pool[i]->number));
    return OUTCOME_OK;
}

result_t saved_head_read(const void *data, size_t len, struct saved_head *out)
{
    struct cursor from = cursor_over(data, len);
    TAKE(cursor_u64le(&from, &out->height));
    TAKE(cursor_u64le(&from, &out->fork));
    TAKE(cursor_u64le(&from, &out->last_tx_number));
    TRY(take_clock(&from, &out->clock));
    TAKE(saved_take_count(&from, &out->pool_count) && out->pool_count <= SIM_POOL_MAX);
    for (size_t i = 0; i < out->pool_count; i++)
        TAKE(cursor_u64le(&from, &out->pool[i]));
    TAKE(!cursor_left(&from));
    return OUTCOME_OK;
}

result_t saved_block_write(const struct block *block, struct bytes *out)
{
    TRY(bytes_append_u64le(out, block->height));
    TRY(bytes_append_u64le(out, block->time_ms));
    TRY(bytes_append(out, block->hash, SHA256_LEN));
    return bytes_append(out, block->prev_hash, SHA256_LEN);
}

result_t saved_block_read(const void *data, size_t len, struct block *out)
{
    struct cursor from = cursor_over(data, len);
    *out = (struct block){0};
    TAKE(cursor_u64le(&from, &out->height));
    TAKE(cursor_u64le(&from, &out->time_ms));
    TAKE(saved_take_copy(&from, out->hash, SHA256_LEN));
    TAKE(saved_take_copy(&from, out->prev_hash, SHA256_LEN));
    TAKE(!cursor_left(&from));
    return OUTCOME_OK;
}

/* A block and its world, each with its length, so that several can follow each other. */
static result_t put_whole_block(const struct block *block, const struct world *since, struct bytes *out)
{
    CLEANUP(bytes_free) struct bytes part = {0};
    TRY(saved_block_write(block, &part));
    TRY(saved_put_blob(out, part.data, part.len));
    bytes_clear(&part);
    TRY(saved_world_write(since, block->world, &part));
    return saved_put_blob(out, part.data, part.len);
}

static result_t take_whole_block(struct cursor *from, const struct world *since, struct block *out)
{
    const uint8_t *block, *world;
    size_t block_len, world_len;
    TAKE(saved_take_blob(from, &block, &block_len));
    TAKE(saved_take_blob(from, &world, &world_len));
    TRY(saved_block_read(block, block_len, out));
    return saved_world_read(world, world_len, since, &out->world);
}

result_t saved_genesis_write(const struct block *genesis, struct bytes *out)
{
    return put_whole_block(genesis, NULL, out);
}

result_t saved_genesis_read(const void *data, size_t len, struct block *out)
{
    struct cursor from = cursor_over(data, len);
    return take_whole_block(&from, NULL, out);
}

result_t saved_snapshot_write(const struct chain_snapshot_entry *entry, struct bytes *out)
{
    TRY(bytes_append_u64le(out, entry->number));
    TRY(bytes_append_u64le(out, (uint64_t)entry->clock_offset_ms));
    TRY(bytes_append_u32le(out, (uint32_t)entry->tail_count));
    for (size_t i = 0; i < entry->tail_count; i++)
        TRY(put_whole_block(&entry->tail[i], i ? entry->tail[i - 1].world : NULL, out));
    return OUTCOME_OK;
}

result_t saved_snapshot_read(const void *data, size_t len, struct chain_snapshot_entry *entry)
{
    struct cursor from = cursor_over(data, len);
    uint64_t offset_ms;
    size_t count;
    TAKE(cursor_u64le(&from, &entry->number));
    TAKE(cursor_u64le(&from, &offset_ms));
    entry->clock_offset_ms = (int64_t)offset_ms;
    TAKE(saved_take_count(&from, &count) && count <= ARRAY_LEN(entry->tail));
    for (size_t i = 0; i < count; i++) {
        TRY(take_whole_block(&from, i ? entry->tail[i - 1].world : NULL, &entry->tail[i]));
        entry->tail_count++;
    }
    TAKE(!cursor_left(&from));
    return OUTCOME_OK;
}
