/* What the chain holds after one block: every account, the contract's state, and the receipts that
 * run in the next block. A world is shared by all blocks that changed nothing; once a block is
 * sealed its world never changes. */
#ifndef MPC_CONTRACT_SIM_CHAIN_WORLD_H
#define MPC_CONTRACT_SIM_CHAIN_WORLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/keys.h"
#include "contract-sim/chain/account.h"
#include "contract-sim/model/model.h"

enum receipt_kind {
    /* the next of the model's own pending receipts: the order here and there is the same */
    RECEIPT_SELF_CALL,
    RECEIPT_TRANSFER, /* `amount` to `receiver` */
};

struct chain_receipt {
    enum receipt_kind kind;
    bool refund; /* by the system: nobody waits for it (near-rpc.md D.4) */
    bool has_tx; /* false: scheduled by sim_call, its outcome is kept nowhere */
    uint8_t tx_hash[SHA256_LEN];
    uint8_t id[SHA256_LEN];
    struct account_id receiver;
    struct u128 amount; /* yoctoNEAR */
};

struct world {
    unsigned refs;
    struct model_state contract;
    struct account **accounts; /* sorted by id */
    size_t account_count;
    struct chain_receipt *receipts; /* in the order in which they run */
    size_t receipt_count;
};

/* No accounts, the contract not initialised. NULL without memory. */
struct world *world_new(void);
/* A world with one reference that shares its accounts with `world`. NULL without memory. */
struct world *world_fork(const struct world *world);
struct world *world_ref(struct world *world);
/* NULL-safe. */
void world_unref(struct world *world);
/* CLEANUP(world_unref_ptr). */
void world_unref_ptr(struct world **world);

/* The account, for reading; NULL when there is none. */
const struct account *world_account(const struct world *world, const char *id);
/* The account, for writing, made this world's own first; NULL when there is none or no memory. Only
 * of a world with one reference. */
struct account *world_account_own(struct world *world, const char *id);
/* Add an account that is not there yet and give it for writing. NO_MEMORY, LIMIT. */
MUST_USE result_t world_account_add(struct world *world, const struct account_id *id, struct account **out);

/* Put an account, whose reference is taken over, in place of the one with its id, or where it belongs.
 * NO_MEMORY, LIMIT: the reference is then still the caller's. */
MUST_USE result_t world_account_put(struct world *world, struct account *account);

/* Schedule a receipt (copied) for the next block; at most SIM_POOL_MAX transactions of
 * NEAR_ACTIONS_MAX actions each do. NO_MEMORY. */
MUST_USE result_t world_receipt_add(struct world *world, const struct chain_receipt *receipt);
/* Drop the first `count` receipts. */
void world_receipts_drop(struct world *world, size_t count);

#endif
