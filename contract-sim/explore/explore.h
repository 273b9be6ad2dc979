/* Breadth-first search over the contract's states, with the invariants of contract.md 7 checked on the
 * way. Reads no clock and no file. */
#ifndef MPC_CONTRACT_SIM_EXPLORE_EXPLORE_H
#define MPC_CONTRACT_SIM_EXPLORE_EXPLORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/bytes.h"
#include "common/outcome.h"

#define EXPLORE_ACCOUNTS_MIN 2u
#define EXPLORE_ACCOUNTS_MAX 4u
#define EXPLORE_EPOCHS_MAX   8u

struct explore_options {
    const char *profile;
    const char *const *rules; /* "NAME=VALUE" each, set on top of the profile */
    size_t rule_count;
    /* The alphabet: `migration` of explore.md, or the generic one of docs/explore.md over so many
     * accounts and epochs. */
    bool migration;
    size_t accounts;
    uint64_t epochs;
    uint64_t depth_max;            /* UINT64_MAX: until there is no new state */
    size_t states_max;             /* the search gives up beyond */
    const char *const *invariants; /* ids or names; none: all but those that are only checked by name */
    size_t invariant_count;
};

/* Why a search is over. */
enum explore_end {
    EXPLORE_AT_DEPTH, /* all that is reached by so many actions was found */
    EXPLORE_AT_END,   /* and there is nothing more, whatever the depth */
    EXPLORE_GAVE_UP,  /* at states_max, in the middle of a level */
};

/* What a search did. */
struct explore_figures {
    size_t states;  /* the start included */
    uint64_t calls; /* contract calls of the alphabet, receipts included, refused ones too */
    uint64_t depth; /* of the last state that was found */
    enum explore_end end;
    size_t memory_bytes; /* of states and the pool behind them */
};

/* What came out for one invariant. */
enum explore_verdict {
    EXPLORE_NOT_CHECKED, /* not asked for, or not claimed for the profile */
    EXPLORE_HOLDS,       /* in all that was seen */
    EXPLORE_KNOWN_BREAK, /* breaks, as contract.md 7 says of the profile */
    EXPLORE_BROKEN,      /* breaks, and nobody knew; or on a shorter way than the one that is known */
    EXPLORE_MISSED,      /* should have broken within this depth, and did not */
};

struct explore_finding {
    const char *id; /* static, like the other texts */
    const char *name;
    const char *sentence;
    enum explore_verdict verdict;
    uint64_t depth; /* where it broke, in actions */
};

struct explore;

/* The texts of the options are borrowed. CONFIG_INVALID (profile, rule), USAGE (an unknown invariant, or
 * numbers out of range), NO_MEMORY; release with explore_free(). */
MUST_USE result_t explore_new(const struct explore_options *options, struct explore **out, struct error *err);
void explore_free(struct explore *explore);
/* CLEANUP(explore_free_ptr). */
void explore_free_ptr(struct explore **explore);

/* Search. LIMIT where states_max was reached: figures and findings are then of what was seen. NO_MEMORY. */
MUST_USE result_t explore_run(struct explore *explore, struct error *err);

struct explore_figures explore_figures(const struct explore *explore);
/* The finding of an invariant, by number; false past the last. */
bool explore_finding(const struct explore *explore, size_t invariant, struct explore_finding *out);
/* Whether all is as contract.md 7 says: nothing BROKEN, nothing MISSED. */
bool explore_as_expected(const struct explore *explore);

/* For an invariant that broke. The shortest way there, as names of actions separated by "; ". NO_MEMORY. */
MUST_USE result_t explore_path_write(const struct explore *explore, size_t invariant, struct bytes *out);
/* The same as an mpc-scenario/1 file that `replay` runs green in all profiles, each with its own outcomes.
 * NO_MEMORY. */
MUST_USE result_t explore_counterexample_write(const struct explore *explore, size_t invariant,
                                               struct bytes *out, struct error *err);

#endif
