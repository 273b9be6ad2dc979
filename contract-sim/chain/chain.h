/* The chain around the contract model: blocks, accounts, transactions, receipts. Single-threaded and without
 * a clock: time comes in with every block. */
#ifndef MPC_CONTRACT_SIM_CHAIN_CHAIN_H
#define MPC_CONTRACT_SIM_CHAIN_CHAIN_H

#include <stddef.h>
#include <stdint.h>

#include "common/bytes.h"
#include "common/outcome.h"
#include "contract-sim/chain/blocks.h"
#include "contract-sim/chain/listener.h"
#include "contract-sim/chain/protocol.h"
#include "contract-sim/chain/tx_store.h"
#include "contract-sim/limits.h"
#include "contract-sim/model/model.h"

struct chain_snapshot_entry {
    char name[SIM_SNAPSHOT_NAME_MAX + 1];
    uint64_t number;                           /* a later one has a higher one */
    int64_t clock_offset_ms;                   /* the caller's, given back by chain_revert() */
    struct block tail[PROTOCOL_FINAL_LAG + 1]; /* the head last, each with a reference to its world */
    size_t tail_count;
};

/* Others read the members and change nothing but the listener; store/ fills them when a chain is read back. */
struct chain {
    struct model *model;             /* borrowed */
    struct chain_listener *listener; /* or NULL */
    struct blocks blocks;
    struct tx_store txs;
    struct tx_record *pool[SIM_POOL_MAX]; /* borrowed from txs; in the order in which they will run */
    size_t pool_count;
    struct chain_snapshot_entry *snapshots;
    size_t snapshot_count;
    uint64_t snapshots_made;
};

/* A chain whose first block holds `world` (a reference is taken). The seed makes the genesis hash.
 * NO_MEMORY. Release with chain_free(). */
MUST_USE result_t chain_init(struct chain *chain, struct model *model, struct world *world, uint64_t height,
                             uint64_t time_ms, const void *seed, size_t seed_len);
void chain_free(struct chain *chain);
/* A snapshot under a name that there is none of yet, empty. NULL without memory. */
struct chain_snapshot_entry *chain_snapshot_new(struct chain *chain, const char *name);

/* Take a signed transaction into the pool, to run in the next block. One that is known already, with the same
 * signature, is OK and runs once (near-rpc.md 0.4). `hash` is set unless it cannot be decoded. TX_MALFORMED,
 * with the text in `err`; TX_REJECTED, with the InvalidTxError as JSON in `invalid`; NO_MEMORY. */
MUST_USE result_t chain_submit(struct chain *chain, const void *signed_tx, size_t len,
                               uint8_t hash[SHA256_LEN], struct bytes *invalid, struct error *err);

/* Let a transaction that is in the pool run without effect: its receipt fails with `message` as an
 * ExecutionError. Nothing where no such one is there. NO_MEMORY. */
MUST_USE result_t chain_let_fail(struct chain *chain, const uint8_t hash[SHA256_LEN], const char *message);

/* Make the next block: the receipts of the one before, then the pool. NO_MEMORY, and then the chain cannot be
 * used any more: what ran is neither done nor undone. */
MUST_USE result_t chain_seal(struct chain *chain, uint64_t time_ms);

/* The same, with one direct call of the contract at the end (cli.md, sim_call).
 * `out` is released by the caller. */
MUST_USE result_t chain_seal_call(struct chain *chain, uint64_t time_ms, const struct model_context *context,
                                  const char *method, const void *args, size_t args_len,
                                  struct receipt_outcome *out);

/* How far a transaction came (near-rpc.md D.4). A transaction and its own receipt run in one block. */
enum tx_level {
    LEVEL_NONE,
    LEVEL_INCLUDED,
    LEVEL_EXECUTED_OPTIMISTIC, /* every receipt but refunds ran */
    LEVEL_INCLUDED_FINAL,      /* its block is final */
    LEVEL_EXECUTED,            /* both */
    LEVEL_FINAL,               /* every receipt ran, refunds too, and all their blocks are final */
};
enum tx_level chain_tx_level(const struct chain *chain, const struct tx_record *record);
/* Whether this level is what was asked for, or beyond it: of the two in the middle neither is beyond the other. */
bool tx_level_reaches(enum tx_level level, enum tx_level asked);

/* Remember the head under a name (which replaces an older one of that name), and go back to it. What happened
 * since is forgotten, transactions too; those in the pool stay there. LIMIT: too many, or a name that is
 * empty or too long; STORE_NOT_FOUND: no such name. */
MUST_USE result_t chain_snapshot(struct chain *chain, const char *name, int64_t clock_offset_ms);
MUST_USE result_t chain_revert(struct chain *chain, const char *name, int64_t *clock_offset_ms);

#endif
