/* The parts of a chain as bytes, and back: little-endian, lengths before what they count, texts with a 0
 * behind. Pure. What is read has to fit exactly: anything else is STORE_CORRUPT. The contract's states are
 * written as they lie in memory (model.h, "Persistence"). */
#ifndef MPC_CONTRACT_SIM_STORE_SAVED_H
#define MPC_CONTRACT_SIM_STORE_SAVED_H

#include "common/bytes.h"
#include "common/outcome.h"
#include "contract-sim/chain/chain.h"
#include "contract-sim/chain/sim_clock.h"

/* Where a chain stands, beside its blocks, transactions and snapshots. */
struct saved_head {
    uint64_t height;
    uint64_t fork;
    uint64_t last_tx_number;
    struct sim_clock clock;
    uint64_t pool[SIM_POOL_MAX]; /* numbers of transactions, in the order in which they will run */
    size_t pool_count;
};

/* Writers append; NO_MEMORY. Readers: STORE_CORRUPT, NO_MEMORY, and what they give is the caller's. */

MUST_USE result_t saved_head_write(const struct chain *chain, const struct sim_clock *clock,
                                   struct bytes *out);
MUST_USE result_t saved_head_read(const void *data, size_t len, struct saved_head *out);

/* A block without its world. */
MUST_USE result_t saved_block_write(const struct block *block, struct bytes *out);
MUST_USE result_t saved_block_read(const void *data, size_t len, struct block *out);

/* A world: with `since` only what is another than there, which is what reading it needs. */
MUST_USE result_t saved_world_write(const struct world *since, const struct world *world, struct bytes *out);
MUST_USE result_t saved_world_read(const void *data, size_t len, const struct world *since,
                                   struct world **out);
/* Whether it was written without `since`. */
bool saved_world_is_whole(const void *data, size_t len);

/* The genesis block with its world. */
MUST_USE result_t saved_genesis_write(const struct block *genesis, struct bytes *out);
MUST_USE result_t saved_genesis_read(const void *data, size_t len, struct block *out);

/* A transaction with all that became of it; read as the newest record of `store`. */
MUST_USE result_t saved_tx_write(const struct tx_record *record, struct bytes *out);
MUST_USE result_t saved_tx_read(const void *data, size_t len, uint64_t number, struct tx_store *store,
                                struct tx_record **out);

/* A snapshot without its name; read into an empty one. */
MUST_USE result_t saved_snapshot_write(const struct chain_snapshot_entry *entry, struct bytes *out);
MUST_USE result_t saved_snapshot_read(const void *data, size_t len, struct chain_snapshot_entry *entry);

#endif
