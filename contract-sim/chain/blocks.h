/* The blocks of one chain: hashes, times and worlds, in a ring that forgets the oldest. */
#ifndef MPC_CONTRACT_SIM_CHAIN_BLOCKS_H
#define MPC_CONTRACT_SIM_CHAIN_BLOCKS_H

#include <stddef.h>
#include <stdint.h>

#include "common/keys.h"
#include "common/outcome.h"
#include "contract-sim/chain/world.h"

struct block {
    uint64_t height;
    uint64_t time_ms; /* since 1970; greater than the one before */
    uint8_t hash[SHA256_LEN];
    uint8_t prev_hash[SHA256_LEN];
    struct world *world; /* after this block; NULL where it is more than SIM_WORLDS_KEPT blocks back */
};

/* Pointers to blocks that the functions give stay valid until the next change. */
struct blocks {
    struct block *ring; /* SIM_BLOCKS_KEPT of them, by height */
    uint64_t oldest;    /* heights, both in the ring */
    uint64_t head;
    struct block genesis; /* kept for good */
    uint64_t fork;        /* counts rewinds, so that two blocks of one height never share a hash */
};

/* A chain of one block. `seed` makes its hash; `world` is borrowed (a reference is taken). NO_MEMORY. */
MUST_USE result_t blocks_init(struct blocks *blocks, const void *seed, size_t seed_len, uint64_t height,
                              uint64_t time_ms, struct world *world);
/* The same, to be filled again: `genesis` (its world's reference is taken over), then blocks_push() with every
 * block from `oldest` on. NO_MEMORY. */
MUST_USE result_t blocks_restore(struct blocks *blocks, const struct block *genesis, uint64_t oldest,
                                 uint64_t fork);
void blocks_free(struct blocks *blocks);

/* The block that would follow the head at `time_ms` (moved on where it is not after
 * the head's), without a world yet. */
struct block blocks_next(const struct blocks *blocks, uint64_t time_ms);
/* Make it the head; its world's reference passes to the ring. */
void blocks_push(struct blocks *blocks, const struct block *block);

const struct block *blocks_head(const struct blocks *blocks);
const struct block *blocks_genesis(const struct blocks *blocks);
const struct block *blocks_near_final(const struct blocks *blocks); /* max(genesis, head - 1) */
const struct block *blocks_final(const struct blocks *blocks);      /* max(genesis, head - 2) */
const struct block *blocks_oldest_with_world(const struct blocks *blocks);
/* NULL when it is not remembered; the genesis block always is. */
const struct block *blocks_at(const struct blocks *blocks, uint64_t height);
const struct block *blocks_by_hash(const struct blocks *blocks, const uint8_t hash[SHA256_LEN]);

/* Go back: `tail` (`count` blocks that followed each other, each with its world, whose references stay the
 * caller's) becomes the end of the chain. What is older stays where it is the same history. */
void blocks_rewind(struct blocks *blocks, const struct block *tail, size_t count);

#endif
