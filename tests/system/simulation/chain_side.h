/* The chain with the MPC contract on it: contract-sim's own model and chain, in virtual time.
 *
 * Blocks are made when somebody looks. A look that comes long after the last block makes three, so that the
 * final one is as old as it would be had they come all the time; while nothing happens they come seldom. */
#ifndef MPC_TESTS_SIMULATION_CHAIN_SIDE_H
#define MPC_TESTS_SIMULATION_CHAIN_SIDE_H

#include <stdbool.h>
#include <stdint.h>

#include "common/contract_view.h"
#include "contract-sim/chain/chain.h"
#include "tests/system/simulation/cast.h"
#include "tests/system/simulation/schedule.h"

#define CHAIN_SIDE_BLOCK_MS     1000
#define CHAIN_SIDE_START_MS     1700000000000u /* wall clock at virtual time 0 */
#define CHAIN_SIDE_START_HEIGHT 100000000u
#define CHAIN_SIDE_TRUTHS       32
#define CHAIN_SIDE_TEXT_MAX     512

/* What the contract holds after some block, read as a node reads it. */
struct truth {
    struct world *world; /* NULL: an unused place */
    uint64_t used;       /* when it was last asked for, by count */
    struct bytes state;
    struct bytes migration_info;
    struct protocol_view protocol;
    struct migration_view migrations;
};

struct chain_side {
    const struct schedule *schedule;
    struct model *model;
    struct chain chain;
    uint64_t idle_block_ms;
    struct truth truths[CHAIN_SIDE_TRUTHS];
    uint64_t looks;
    uint64_t calls;
    char refusal[CHAIN_SIDE_TEXT_MAX]; /* of the last call that was refused */
};

/* All accounts are members, listed with their node 0; `domains` keys. `missing_keys`: bit account *
 * CAST_NODES + node for each signer key that is not on its account yet. */
struct chain_side_start {
    const char *profile;
    size_t domains;
    unsigned missing_keys;
    uint64_t idle_block_ms; /* between blocks while nothing happens; CHAIN_SIDE_BLOCK_MS otherwise */
};
void chain_side_open(struct chain_side *side, const struct schedule *schedule,
                     const struct chain_side_start *start);
void chain_side_close(struct chain_side *side);

/* The chain's time, as its blocks have it. */
uint64_t chain_side_now_ms(const struct chain_side *side);
/* Make the blocks that came by now. */
void chain_side_look(struct chain_side *side);
const struct block *chain_side_final(struct chain_side *side);
/* Nothing waits for a block, and all that happened is final. */
bool chain_side_settled(const struct chain_side *side);

/* Borrowed until many other blocks were asked for; NULL where the block's world is forgotten. */
const struct truth *chain_side_truth(struct chain_side *side, const struct block *block);
/* The truth after the last block. */
const struct truth *chain_side_head_truth(struct chain_side *side);
/* Of an account, from the truth at the head: the TLS key that the contract lists, or NULL. */
const struct ed25519_public_key *chain_side_listed(struct chain_side *side, const struct account_id *account);
const struct migration_entry *chain_side_entry(struct chain_side *side, const struct account_id *account);

/* Ask a view of a block; false: refused. */
bool chain_side_view(struct chain_side *side, const struct block *block, const char *method, const void *args,
                     size_t args_len, struct bytes *out);

/* Call the contract directly, in a block of its own. False: it refused, and `refusal` says why. */
bool chain_side_call(struct chain_side *side, const struct account_id *signer,
                     const struct ed25519_public_key *key, const char *method, const char *deposit,
                     const char *args);

/* A transaction of the account's operator that adds this key to the account as one for the contract: any
 * method, or with `methods` that one alone; `allowance` NULL is unlimited. Or takes it away. */
void chain_side_add_key(struct chain_side *side, const struct cast_account *account,
                        const struct ed25519_public_key *key, const char *method, const char *allowance);
void chain_side_delete_key(struct chain_side *side, const struct cast_account *account,
                           const struct ed25519_public_key *key);
/* Of the account's key at the head; NULL: there is none. */
const struct near_access_key *chain_side_key(const struct chain_side *side, const struct account_id *account,
                                             const struct ed25519_public_key *key);

#endif
