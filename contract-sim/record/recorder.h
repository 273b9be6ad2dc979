/* What happens to the contract on a chain, as a scenario that replays it (contract.md 6): it begins with the state
 * that was there, and holds every call that was executed with what came of it. Texts out; files are the
 * caller's. */
#ifndef MPC_CONTRACT_SIM_RECORD_RECORDER_H
#define MPC_CONTRACT_SIM_RECORD_RECORDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/bytes.h"
#include "common/outcome.h"
#include "contract-sim/chain/chain.h"
#include "contract-sim/chain/listener.h"

/* A place in a recording, and in the run of it. */
struct recorder_place {
    size_t bytes; /* of the steps' text */
    size_t steps;
    uint64_t height;
    uint64_t time_s;
};

/* Zero-initialised is idle. */
struct recorder {
    struct chain_listener listener; /* first, so that it is found again */
    struct chain *chain;            /* NULL: idle */
    const char *profile;            /* static */
    uint64_t first_height;
    struct bytes genesis;
    struct bytes steps;
    struct recorder_place now;
    struct recorder_place settled; /* where the receipt that runs began */
    size_t calls;                  /* of that receipt */
    bool refused;                  /* the last of them was */
    result_t failed;
};

/* Record what happens on `chain` from here on; *recorder is idle and must stay where it is. `profile` is what the
 * final views are filed under; its rules are all named in the scenario. NO_MEMORY, LIMIT. */
MUST_USE result_t recorder_start(struct recorder *recorder, struct chain *chain, const char *profile);

/* The whole scenario so far, appended; the recording goes on. LIMIT when it is longer than replay reads, NO_MEMORY
 * also when that was so at any time since the start. */
MUST_USE result_t recorder_write(struct recorder *recorder, const char *id, struct bytes *out);

/* Stop and forget; the recorder is idle again. */
void recorder_stop(struct recorder *recorder);

#endif
