/* Moves: what happens next in a search. Most are calls; two make of the passing of time a step of its
 * own, so that heights need not be part of a state. */
#ifndef MPC_CONTRACT_SIM_EXPLORE_MOVE_H
#define MPC_CONTRACT_SIM_EXPLORE_MOVE_H

#include "contract-sim/explore/world.h"

enum move_kind {
    MOVE_CALL,
    MOVE_BLOCK,   /* the next block: the receipts that are pending run */
    MOVE_TIMEOUT, /* so many blocks that a key event's instance is past its end */
};

struct move {
    enum move_kind kind;
    enum world_method method;  /* of a call, as is */
    struct prepared_call call; /* with its arguments as handles */
};

/* Each makes one call ready: who, with which key, and what. False when the rules have no such method. */
bool move_prepay(const struct world *world, const struct actor *actor, struct move *out);
bool move_submit(const struct world *world, const struct actor *actor, handle_t tls_key, handle_t account_key,
                 struct move *out);
bool move_register(const struct world *world, const struct actor *actor, struct move *out);
bool move_start(const struct world *world, const struct actor *actor, handle_t tls_key, struct move *out);
bool move_cancel(const struct world *world, const struct actor *actor, struct move *out);
/* With the keyset {epoch, keys}. */
bool move_conclude(const struct world *world, const struct actor *actor, handle_t signer_key,
                   uint64_t epoch_id, handle_t keys, struct move *out);
bool move_vote_parameters(const struct world *world, const struct actor *actor, uint64_t epoch_id,
                          const struct parameters *proposed, struct move *out);
/* start_reshare_instance, vote_reshared, start_keygen_instance, vote_abort_key_event_instance. */
bool move_key_event(const struct world *world, const struct actor *actor, enum world_method method,
                    handle_t signer_key, const struct key_event_id *id, struct move *out);
bool move_vote_pk(const struct world *world, const struct actor *actor, handle_t signer_key,
                  const struct key_event_id *id, handle_t domain_key, struct move *out);
bool move_cancel_resharing(const struct world *world, const struct actor *actor, struct move *out);
bool move_cancel_keygen(const struct world *world, const struct actor *actor, uint64_t next_domain_id,
                        struct move *out);
/* {id, Frost, reconstruction threshold 2, Sign}. */
bool move_add_domain(const struct world *world, const struct actor *actor, uint64_t domain_id,
                     struct move *out);

/* The arguments of a call, as the JSON that the contract reads. */
MUST_USE result_t move_args_write(const struct world *world, const struct move *move, struct bytes *out);

/* What moves are made of, read from a state. The members that vote: Running's, in Resharing those of the
 * previous running state, in Initializing none. */
const struct member *move_voters(const struct world *world, const struct model_state *state, size_t *count);
/* The id of the key event that is on, with an attempt. */
struct key_event_id move_key_event_id(const struct world *world, const struct model_state *state,
                                      uint64_t attempt_id);
/* The account key that is attested under a TLS key; 0 without one. */
handle_t move_attested_key(const struct world *world, const struct model_state *state, handle_t tls_key);

#endif
