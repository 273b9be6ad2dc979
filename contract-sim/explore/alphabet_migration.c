/* The alphabet that explore.md fixes, so that implementations can be compared by counting states. */
#include "contract-sim/explore/alphabet.h"

#include "contract-sim/model/guards.h"

enum { ALICE, BOB, CAROL };

/* Everybody who is proposed votes, in the order of the proposal, for the epoch that the contract expects. */
static size_t reshare_moves(const struct alphabet *alphabet, const struct action *action,
                            const struct model_state *state, struct move out[ALPHABET_MOVES_MAX])
{
    const struct world *world = alphabet->world;
    struct parameters proposed;
    size_t count;
    if (!action->members(world, state, &proposed))
        return 0;
    const struct member *members = members_of(world->pool, proposed.participants, &count);
    for (size_t i = 0; i < count; i++)
        move_vote_parameters(world, world_actor(world, members[i].account), epoch_prospective(state),
                             &proposed, &out[i]);
    return count;
}

static const struct member *leader_of(const struct member *members, size_t count)
{
    const struct member *leader = members;
    for (size_t i = 1; i < count; i++) {
        if (members[i].id < leader->id)
            leader = &members[i];
    }
    return leader;
}

/* The leader starts the next attempt, then every participant votes; each signs with the account key that
 * is attested under its TLS key. */
static size_t finish_moves(const struct alphabet *alphabet, const struct action *action,
                           const struct model_state *state, struct move out[ALPHABET_MOVES_MAX])
{
    (void)action;
    const struct world *world = alphabet->world;
    if (state->phase == PROTOCOL_RUNNING)
        return 0;
    bool keygen = state->phase == PROTOCOL_INITIALIZING;
    struct key_event_id id = move_key_event_id(world, state, state->key_event.next_attempt_id);
    size_t count;
    const struct member *members = members_of(world->pool, state->key_event.parameters.participants, &count);
    const struct member *leader = leader_of(members, count);
    move_key_event(world, world_actor(world, leader->account),
                   keygen ? WORLD_START_KEYGEN : WORLD_START_RESHARE,
                   move_attested_key(world, state, leader->tls_key), &id, &out[0]);
    for (size_t i = 0; i < count; i++) {
        const struct actor *actor = world_actor(world, members[i].account);
        handle_t key = move_attested_key(world, state, members[i].tls_key);
        if (keygen)
            move_vote_pk(world, actor, key, &id, world->new_domain_keys[0], &out[i + 1]);
        else
            move_key_event(world, actor, WORLD_VOTE_RESHARED, key, &id, &out[i + 1]);
    }
    return count + 1;
}

static size_t cancel_resharing_moves(const struct alphabet *alphabet, const struct action *action,
                                     const struct model_state *state, struct move out[ALPHABET_MOVES_MAX])
{
    (void)action;
    const struct actor *actors = alphabet->world->actors;
    if (state->phase != PROTOCOL_RESHARING)
        return 0;
    move_cancel_resharing(alphabet->world, &actors[ALICE], &out[0]);
    move_cancel_resharing(alphabet->world, &actors[BOB], &out[1]);
    return 2;
}

static size_t add_domain_moves(const struct alphabet *alphabet, const struct action *action,
                               const struct model_state *state, struct move out[ALPHABET_MOVES_MAX])
{
    (void)action;
    const struct world *world = alphabet->world;
    size_t count;
    const struct member *members = move_voters(world, state, &count);
    if (state->phase != PROTOCOL_RUNNING || state->running.next_domain_id >= 2)
        return 0;
    for (size_t i = 0; i < count; i++)
        move_add_domain(world, world_actor(world, members[i].account), state->running.next_domain_id,
                        &out[i]);
    return count;
}

static size_t cancel_keygen_moves(const struct alphabet *alphabet, const struct action *action,
                                  const struct model_state *state, struct move out[ALPHABET_MOVES_MAX])
{
    (void)action;
    const struct actor *actors = alphabet->world->actors;
    if (state->phase != PROTOCOL_INITIALIZING)
        return 0;
    move_cancel_keygen(alphabet->world, &actors[ALICE], state->running.next_domain_id, &out[0]);
    move_cancel_keygen(alphabet->world, &actors[BOB], state->running.next_domain_id, &out[1]);
    return 2;
}

static void actor_action(struct alphabet *out, moves_fn *moves, const char *name, size_t actor, handle_t key)
{
    struct action *action = alphabet_add(out, moves, "%s", name);
    action->actor = &out->world->actors[actor];
    action->key = key;
}

void alphabet_migration(const struct world *world, struct alphabet *out)
{
    const struct actor *actors = world->actors;
    out->name = "migration";
    out->world = world;
    out->all_epochs = true;
    out->action_count = 0;
    actor_action(out, alphabet_start, "start A>2", ALICE, actors[ALICE].tls2_key);
    actor_action(out, alphabet_start, "start A>B's key", ALICE, actors[BOB].tls_key);
    actor_action(out, alphabet_start, "start C>2", CAROL, actors[CAROL].tls2_key);
    actor_action(out, alphabet_cancel, "cancel A", ALICE, 0);
    actor_action(out, alphabet_conclude, "conclude A", ALICE, actors[ALICE].node2_key);
    actor_action(out, alphabet_conclude, "conclude C", CAROL, actors[CAROL].node2_key);
    actor_action(out, alphabet_register, "register A", ALICE, 0);
    actor_action(out, alphabet_register, "register C", CAROL, 0);
    alphabet_add(out, reshare_moves, "reshare same")->members = alphabet_members_same;
    alphabet_add(out, reshare_moves, "reshare -C")->members = alphabet_members_without_last;
    alphabet_add(out, reshare_moves, "reshare +C")->members = alphabet_members_with_last;
    alphabet_add(out, finish_moves, "finish key event");
    alphabet_add(out, cancel_resharing_moves, "cancel resharing");
    alphabet_add(out, add_domain_moves, "add domain");
    alphabet_add(out, cancel_keygen_moves, "cancel keygen");
    alphabet_add(out, alphabet_block, "next block");
}
