/* The states that a search has seen, each once, with the way to it. A state is kept as the handles of its
 * parts, which are interned in the model's pool: a few dozen bytes, compared exactly. */
#ifndef MPC_CONTRACT_SIM_EXPLORE_SEEN_H
#define MPC_CONTRACT_SIM_EXPLORE_SEEN_H

#include "contract-sim/explore/world.h"

#define SEEN_NONE UINT32_MAX

struct seen;

/* Release with seen_free(). NO_MEMORY. */
MUST_USE result_t seen_new(const struct world *world, size_t states_max, struct seen **out);
void seen_free(struct seen *seen);

/* A state and the prospective epochs so far (a list, interned), reached from state `parent` by `action`.
 * *is_new says whether it was not there yet. NO_MEMORY; LIMIT when it is new and states_max are there
 * already. */
MUST_USE result_t seen_add(struct seen *seen, const struct model_state *state, handle_t epochs,
                           uint32_t parent, uint32_t action, bool *is_new);

/* States have numbers 0 .. count-1, in the order in which they came. */
size_t seen_count(const struct seen *seen);
void seen_get(const struct seen *seen, size_t index, struct model_state *state, handle_t *epochs);
/* How it was reached first; the parent of the start is SEEN_NONE. */
void seen_origin(const struct seen *seen, size_t index, uint32_t *parent, uint32_t *action);

/* The memory that it holds, the pool's included. */
size_t seen_bytes(const struct seen *seen);

#endif
