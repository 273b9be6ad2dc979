/* A chain that lasts: the chain in memory, and the same in LMDB.
 *
 * The shell calls chain_store_commit() after whatever may have changed the chain and before anybody is told;
 * what it wrote is on the disk when it returns. Reading happens once, at the start. One process owns a
 * folder. */
#ifndef MPC_CONTRACT_SIM_STORE_CHAIN_STORE_H
#define MPC_CONTRACT_SIM_STORE_CHAIN_STORE_H

#include <stdbool.h>

#include "common/bytes.h"
#include "common/outcome.h"
#include "contract-sim/chain/chain.h"
#include "contract-sim/chain/sim_clock.h"

struct chain_store;

/* Open <dir>, made where it is missing (its parent has to be there), and lock it. `identity` is what the
 * chain depends on beside itself, as lines NAME=VALUE: a folder that was made with other ones is refused.
 * HOME_LOCKED; CONFIG_INVALID: another identity, with the line that differs, or made by a version with
 * another format; STORE_CORRUPT; STORE_IO; STORE_FULL; NO_MEMORY. *out is the caller's, for
 * chain_store_close(). */
MUST_USE result_t chain_store_open(const char *dir, const struct bytes *identity, struct chain_store **out,
                                   struct error *err);
/* NULL-safe. */
void chain_store_close(struct chain_store *store);

/* Whether there is a chain in it. */
bool chain_store_has_chain(const struct chain_store *store);

/* Read the chain into `chain`, which is not initialised, and how the clock stood. `model` is new, with the
 * rules of the identity. STORE_CORRUPT, STORE_IO, NO_MEMORY, and then *chain is empty and the model of
 * no use. Release with chain_free(). */
MUST_USE result_t chain_store_load(struct chain_store *store, struct model *model, struct chain *chain,
                                   struct sim_clock *clock, struct error *err);

/* Write all that changed since the last commit (the first time: everything) in one transaction. Nothing to
 * write costs nothing. After a failure (STORE_FULL, STORE_IO, NO_MEMORY) the folder holds the last commit,
 * and the chain in memory must not be shown to anybody any more. */
MUST_USE result_t chain_store_commit(struct chain_store *store, struct chain *chain,
                                     const struct sim_clock *clock, struct error *err);

#endif
