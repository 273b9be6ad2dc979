/* Scenarios as people write them, compiled to mpc-scenario/1 (docs/scenarios.md). Pure: text in, JSON out.
 *
 * Arguments that are left out depend on the state that the call meets, so the compiler plays the scenario in
 * every profile it is for. Where these would need different arguments, it asks for them to be written. */
#ifndef MPC_CONTRACT_SIM_AUTHOR_AUTHOR_H
#define MPC_CONTRACT_SIM_AUTHOR_AUTHOR_H

#include "common/bytes.h"
#include "common/outcome.h"
#include "contract-sim/replay/replay.h"

/* What such a file is called. */
#define AUTHOR_SUFFIX ".scenario"

/* There is nothing that repeats but `all` and the macros: these bound what one file can make. */
#define AUTHOR_BYTES_MAX (1024u * 1024)
#define AUTHOR_STEPS_MAX 10000u

struct authored {
    struct bytes json; /* mpc-scenario/1, a line per step */
    size_t *lines;     /* of the source, by step */
    size_t step_count;
};

/* Compile a file's text; `id` names the scenario. It begins at `start` where that is not NULL, its members being
 * actors, and otherwise where it says itself. SCENARIO_MALFORMED with "line L, column C: what, and what
 * it might be instead", LIMIT, NO_MEMORY. Release with authored_free(). */
MUST_USE result_t author_compile(const char *text, size_t len, const char *id,
                                 const struct replay_start *start, struct authored *out, struct error *err);
void authored_free(struct authored *authored);

#endif
