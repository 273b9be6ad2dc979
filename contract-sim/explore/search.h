/* The inside of an exploration, for the files of explore/. */
#ifndef MPC_CONTRACT_SIM_EXPLORE_SEARCH_H
#define MPC_CONTRACT_SIM_EXPLORE_SEARCH_H

#include "contract-sim/explore/alphabet.h"
#include "contract-sim/explore/explore.h"
#include "contract-sim/explore/invariants.h"
#include "contract-sim/explore/seen.h"

/* Different receipts that are kept prepared; a resharing leaves six (contract.md 1.4). */
#define RECEIPTS_KEPT 8

struct known_receipt {
    struct receipt receipt;
    struct prepared_call call;
};

/* Where an invariant broke: from a state, `moves` moves into an action. */
struct breakage {
    bool broken;
    uint32_t from;
    uint32_t action;
    uint32_t moves;
    uint64_t depth;
};

struct explore {
    struct explore_options options;
    unsigned profile; /* its PROFILE_BIT() */
    struct model *model;
    struct world world;
    struct alphabet alphabet;
    struct seen *seen;
    bool checked[INVARIANTS_MAX];
    /* Those that are checked and did not break yet, by what they look at. */
    uint8_t open[INVARIANT_KINDS][INVARIANTS_MAX];
    size_t open_count[INVARIANT_KINDS];
    struct breakage breakages[INVARIANTS_MAX];
    struct explore_figures figures;
    struct known_receipt receipts[RECEIPTS_KEPT];
    size_t receipt_count;
};

/* The numbers of the states on the way to `index`, the start first; owned by the caller. NO_MEMORY. */
MUST_USE result_t search_ancestors(const struct explore *explore, uint32_t index, uint32_t **out,
                                   size_t *count);

#endif
