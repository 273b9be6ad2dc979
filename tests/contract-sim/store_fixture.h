/* The chain of fixture.h with a folder in which it lasts. */
#ifndef MPC_TESTS_CONTRACT_SIM_STORE_FIXTURE_H
#define MPC_TESTS_CONTRACT_SIM_STORE_FIXTURE_H

#include "contract-sim/store/chain_store.h"
#include "tests/contract-sim/fixture.h"

struct stored {
    struct fixture fixture; /* node.store is the open folder */
    char *dir;
    struct error err;
};

/* A fresh folder and the chain of the fixture in it, committed. */
void stored_open(struct stored *stored);
void stored_close(struct stored *stored);

/* Commit what changed. */
void stored_commit(struct stored *stored);
/* Let the folder go, as a process that was killed does, and forget the chain in memory. */
void stored_drop(struct stored *stored);
/* Open the folder as the fixture's identity, and read the chain back: what both say, first failure first. The
 * chain is there only after OK. */
result_t stored_load(struct stored *stored);
/* Drop, load, and expect that this works. */
void stored_reopen(struct stored *stored);

/* The identity that the fixture opens its folder with. */
extern const char stored_identity[];
result_t stored_open_as(struct stored *stored, const char *identity, struct chain_store **out);

/* Both chains are the same: blocks, worlds, transactions, pool, snapshots. */
void chains_are_equal(const struct chain *a, const struct chain *b);

#endif
