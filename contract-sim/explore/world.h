/* Where an exploration begins: a contract with a few participants who have attested their nodes, and the
 * names of all that its calls may name, interned once. */
#ifndef MPC_CONTRACT_SIM_EXPLORE_WORLD_H
#define MPC_CONTRACT_SIM_EXPLORE_WORLD_H

#include "contract-sim/explore/explore.h"
#include "contract-sim/model/call.h"

#define WORLD_CONTRACT "mpc.near"
#define WORLD_EPOCH    5u
/* Every call of a search is made then: what depends on height or time is a move of its own (move.h). */
#define WORLD_HEIGHT 1000u
#define WORLD_TIME_S 1700000000u

/* Methods that a search calls. */
enum world_method {
    WORLD_PREPAY,
    WORLD_SUBMIT,
    WORLD_REGISTER,
    WORLD_START,
    WORLD_CANCEL,
    WORLD_CONCLUDE,
    WORLD_VOTE_PARAMETERS,
    WORLD_START_RESHARE,
    WORLD_VOTE_RESHARED,
    WORLD_CANCEL_RESHARING,
    WORLD_ABORT,
    WORLD_ADD_DOMAINS,
    WORLD_START_KEYGEN,
    WORLD_VOTE_PK,
    WORLD_CANCEL_KEYGEN,
    WORLD_SWEEP,
    WORLD_METHODS
};

/* An account and its keys, 32 bytes each. */
struct actor {
    handle_t account;
    handle_t url;
    handle_t operator_key; /* signs what the operator sends */
    handle_t node_key;     /* X.node: the account key of the first node */
    handle_t node2_key;    /* X.node2: that of the node that it may migrate to */
    handle_t tls_key;      /* X.tls */
    handle_t tls2_key;     /* X.tls2 */
    handle_t backup_key;
    bool moves;             /* has a second node, attested */
    uint32_t entries_owned; /* attestation entries: of the genesis, and bought */
};

struct world {
    struct model *model; /* borrowed */
    struct pool *pool;
    struct actor actors[EXPLORE_ACCOUNTS_MAX];
    size_t actor_count;
    uint64_t threshold;
    handle_t move_url;           /* of every destination node */
    handle_t outsider;           /* an account that is nobody's */
    handle_t unattested_key;     /* a TLS key that nobody attests */
    handle_t new_domain_keys[2]; /* struct domain_key: two points that vote_pk may name */
    /* The rows; NULL for a method that the rules do not have. */
    const struct method *methods[WORLD_METHODS];
    struct model_state start;
};

extern const char *const world_method_names[WORLD_METHODS];

/* The first `accounts` of alice, bob, carol and dave after init_running. The model is new, with its rules
 * set. NO_MEMORY. */
MUST_USE result_t world_genesis(struct model *model, size_t accounts, struct world *out, struct error *err);
/* The same, and then each submits Mock Valid for its TLS key, and the first and the last prepay one grant
 * and submit it for their second one (explore.md, "Start"). INTERNAL when the rules refuse that. */
MUST_USE result_t world_begin(struct model *model, size_t accounts, struct world *out, struct error *err);

/* The arguments of init_running that world_begin() used, as JSON. */
MUST_USE result_t world_genesis_write(const struct world *world, struct bytes *out);

/* The actor of an account; NULL for an account that is none's. */
const struct actor *world_actor(const struct world *world, handle_t account);

struct move;
/* One call of the beginning, after the genesis; false past the last. */
bool world_setup_move(const struct world *world, size_t index, struct move *out);

#endif
