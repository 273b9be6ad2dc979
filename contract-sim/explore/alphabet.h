/* Alphabets: the actions of a search. docs/explore.md defines them to the last detail. */
#ifndef MPC_CONTRACT_SIM_EXPLORE_ALPHABET_H
#define MPC_CONTRACT_SIM_EXPLORE_ALPHABET_H

#include "contract-sim/explore/move.h"

/* An action's moves: a key event is started and then voted on by each of its participants. */
#define ALPHABET_MOVES_MAX (EXPLORE_ACCOUNTS_MAX + 1)
/* The generic alphabet of four accounts and eight epochs has 220. */
#define ALPHABET_ACTIONS_MAX 256
#define ALPHABET_NAME_MAX    96

struct alphabet;
struct action;

/* The moves of an action from a state, all of which must succeed; 0: the action is not there. */
typedef size_t moves_fn(const struct alphabet *alphabet, const struct action *action,
                        const struct model_state *state, struct move out[ALPHABET_MOVES_MAX]);

/* Which members an alphabet proposes; false when it cannot from this state. */
typedef bool members_fn(const struct world *world, const struct model_state *state, struct parameters *out);

struct action {
    moves_fn *moves;
    char name[ALPHABET_NAME_MAX]; /* "start A>2", "bob votes vote_reshared, attempt 1" */
    /* What `moves` looks at, as far as it does. */
    const struct actor *actor;
    members_fn *members;
    enum world_method method;
    handle_t key;        /* the signer's, or what the action names */
    handle_t domain_key; /* that is voted for */
    uint64_t value;      /* an epoch or attempt */
};

struct alphabet {
    const char *name;
    const struct world *world; /* borrowed */
    /* Of the epochs that were proposed so far, which are part of a state's identity: all of them, or the
     * highest. */
    bool all_epochs;
    struct action actions[ALPHABET_ACTIONS_MAX];
    size_t action_count;
};

/* The 16 actions of explore.md. The world has three accounts. */
void alphabet_migration(const struct world *world, struct alphabet *out);
/* Single calls by every account, over `epochs` epochs after the first. */
void alphabet_generic(const struct world *world, uint64_t epochs, struct alphabet *out);

/* Append an action. */
struct action *alphabet_add(struct alphabet *alphabet, moves_fn *moves, const char *format, ...)
    PRINTF_LIKE(3, 4);

/* What both alphabets have. */
moves_fn alphabet_start, alphabet_cancel, alphabet_register, alphabet_block;
/* With the current keyset. */
moves_fn alphabet_conclude;

members_fn alphabet_members_same, alphabet_members_without_last, alphabet_members_with_last;

#endif
