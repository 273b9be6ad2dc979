#include "contract-sim/chain/blocks.h"

#include <stdlib.h>
#include <string.h>

#include "contract-sim/chain/protocol.h"
#include "contract-sim/limits.h"

static struct block *slot(const struct blocks *blocks, uint64_t height)
{
    return &blocks->ring[height % SIM_BLOCKS_KEPT];
}

static void world_drop(struct block *block)
{
    world_unref(block->world);
    block->world = NULL;
}

result_t blocks_init(struct blocks *blocks, const void *seed, size_t seed_len, uint64_t height,
                     uint64_t time_ms, struct world *world)
{
    *blocks = (struct blocks){.oldest = height, .head = height};
    blocks->ring = calloc(SIM_BLOCKS_KEPT, sizeof *blocks->ring);
    if (!blocks->ring)
        return OUTCOME_NO_MEMORY;
    struct block block = {.height = height, .time_ms = time_ms, .world = world_ref(world)};
    sha256(seed, seed_len, block.hash);
    *slot(blocks, height) = block;
    blocks->genesis = block;
    world_ref(world);
    return OUTCOME_OK;
}

result_t blocks_restore(struct blocks *blocks, const struct block *genesis, uint64_t oldest, uint64_t fork)
{
    *blocks = (struct blocks){.oldest = oldest, .head = oldest, .fork = fork};
    blocks->ring = calloc(SIM_BLOCKS_KEPT, sizeof *blocks->ring);
    if (!blocks->ring)
        return OUTCOME_NO_MEMORY;
    blocks->genesis = *genesis;
    return OUTCOME_OK;
}

void blocks_free(struct blocks *blocks)
{
    if (!blocks->ring)
        return;
    for (uint64_t height = blocks->oldest; height <= blocks->head; height++)
        world_drop(slot(blocks, height));
    world_drop(&blocks->genesis);
    free(blocks->ring);
    blocks->ring = NULL;
}

struct block blocks_next(const struct blocks *blocks, uint64_t time_ms)
{
    const struct block *head = blocks_head(blocks);
    struct block next = {.height = head->height + 1,
                         .time_ms = time_ms > head->time_ms ? time_ms : head->time_ms + 1};
    memcpy(next.prev_hash, head->hash, SHA256_LEN);
    struct {
        uint8_t prev_hash[SHA256_LEN];
        uint64_t height;
        uint64_t time_ms;
        uint64_t fork;
    } content = {.height = next.height, .time_ms = next.time_ms, .fork = blocks->fork};
    memcpy(content.prev_hash, head->hash, SHA256_LEN);
    sha256(&content, sizeof content, next.hash);
    return next;
}

void blocks_push(struct blocks *blocks, const struct block *block)
{
    if (block->height - blocks->oldest == SIM_BLOCKS_KEPT)
        world_drop(slot(blocks, blocks->oldest++));
    if (block->height >= blocks->oldest + SIM_WORLDS_KEPT)
        world_drop(slot(blocks, block->height - SIM_WORLDS_KEPT));
    *slot(blocks, block->height) = *block;
    blocks->head = block->height;
}

const struct block *blocks_head(const struct blocks *blocks)
{
    return slot(blocks, blocks->head);
}

const struct block *blocks_genesis(const struct blocks *blocks)
{
    return &blocks->genesis;
}

static const struct block *behind_head(const struct blocks *blocks, uint64_t lag)
{
    uint64_t depth = blocks->head - blocks->genesis.height;
    return slot(blocks, blocks->head - (depth < lag ? depth : lag));
}

const struct block *blocks_near_final(const struct blocks *blocks)
{
    return behind_head(blocks, PROTOCOL_NEAR_FINAL_LAG);
}

const struct block *blocks_final(const struct blocks *blocks)
{
    return behind_head(blocks, PROTOCOL_FINAL_LAG);
}

const struct block *blocks_oldest_with_world(const struct blocks *blocks)
{
    uint64_t height = blocks->head;
    while (height > blocks->oldest && slot(blocks, height - 1)->world)
        height--;
    return slot(blocks, height);
}

const struct block *blocks_at(const struct blocks *blocks, uint64_t height)
{
    if (height == blocks->genesis.height)
        return &blocks->genesis;
    return height >= blocks->oldest && height <= blocks->head ? slot(blocks, height) : NULL;
}

/* From the newest back: what is asked for is nearly always a few blocks old. */
const struct block *blocks_by_hash(const struct blocks *blocks, const uint8_t hash[SHA256_LEN])
{
    if (memcmp(blocks->genesis.hash, hash, SHA256_LEN) == 0)
        return &blocks->genesis;
    for (uint64_t back = 0; back <= blocks->head - blocks->oldest; back++) {
        const struct block *block = slot(blocks, blocks->head - back);
        if (memcmp(block->hash, hash, SHA256_LEN) == 0)
            return block;
    }
    return NULL;
}

void blocks_rewind(struct blocks *blocks, const struct block *tail, size_t count)
{
    const struct block *before = blocks_at(blocks, tail->height - 1);
    bool same_history = before && memcmp(before->hash, tail->prev_hash, SHA256_LEN) == 0;
    uint64_t keep_below = same_history ? tail->height : blocks->oldest;
    for (uint64_t height = blocks->oldest; height <= blocks->head; height++)
        if (height >= keep_below)
            world_drop(slot(blocks, height));
    if (!same_history || before == &blocks->genesis)
        blocks->oldest = tail->height;
    for (size_t i = 0; i < count; i++) {
        struct block block = tail[i];
        world_ref(block.world);
        blocks_push(blocks, &block);
    }
    blocks->fork++;
}
