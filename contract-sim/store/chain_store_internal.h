/* What the files of the chain store share. */
#ifndef MPC_CONTRACT_SIM_STORE_CHAIN_STORE_INTERNAL_H
#define MPC_CONTRACT_SIM_STORE_CHAIN_STORE_INTERNAL_H

#include "common/os/lock_file.h"
#include "contract-sim/store/chain_store.h"
#include "contract-sim/store/chain_table.h"

/* Changes with the tables, saved*.c, and what states and the pool's items look like (model.h). */
#define CHAIN_STORE_FORMAT "mpc-contract-sim-chain/1"
/* In front of every error. */
#define CHAIN_STORE_WHAT "chain store"

/* The records of TABLE_META. */
#define META_FORMAT   "format"
#define META_IDENTITY "identity"
#define META_GENESIS  "genesis"
#define META_HEAD     "head"

struct chain_store {
    struct database database;
    struct lock_file lock;
    struct bytes identity;
    struct chain_tables tables;
    bool has_chain; /* otherwise there are no tables yet */
    /* What the last commit wrote. */
    struct chain_store_mark {
        uint64_t height;
        uint8_t head[SHA256_LEN];
        uint64_t fork;
        uint64_t items;
        uint64_t snapshots;
        struct sim_clock clock;
    } saved;
};

/* How far `chain` is. */
struct chain_store_mark chain_store_mark(const struct chain *chain, const struct sim_clock *clock);

/* Read every record of <dir> in a child process, so that a file whose pages make no sense ends that one and
 * not us: LMDB trusts its file. STORE_CORRUPT, STORE_IO. */
MUST_USE result_t chain_store_probe(const char *dir, struct error *err);

/* How every database of ours is opened. */
struct database_settings chain_store_settings(enum database_access access);

#endif
