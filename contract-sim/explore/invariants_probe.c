/* Invariants that are tried out: by calls that are made from a state and forgotten. */
#include "contract-sim/explore/invariants.h"

#include <string.h>

static bool try_move(const struct world *world, const struct move *move, const struct model_state *before,
                     struct model_state *after)
{
    return call_apply(world->model, &move->call, before, WORLD_HEIGHT, WORLD_TIME_S, after);
}

/* [A] is asked of a method whose own guards come after it, and that no state of Running passes. */
bool invariant_old_key_refused(const struct moment *moment)
{
    if (moment->method != WORLD_CONCLUDE)
        return true;
    const struct world *world = moment->world;
    const struct actor *actor = world_actor(world, moment->call->signer);
    const struct member *old =
        member_by_account(world->pool, moment->before->running.parameters.participants, moment->call->signer);
    const struct member *new =
        member_by_account(world->pool, moment->after->running.parameters.participants, moment->call->signer);
    handle_t old_key = move_attested_key(world, moment->before, old->tls_key);
    const struct key_event_id id = {0};
    struct model_state state = *moment->after;
    struct move move;
    struct call call;
    if (!old_key || old_key == move_attested_key(world, moment->after, new->tls_key))
        return true;
    move_key_event(world, actor, WORLD_ABORT, old_key, &id, &move);
    return !call_run(world->model, &move.call, WORLD_HEIGHT, WORLD_TIME_S, &state, &call) &&
           (call.fault.id == FAULT_ATTESTED_KEY_MISMATCH || call.fault.id == FAULT_ATTESTED_OWNER_MISMATCH ||
            call.fault.id == FAULT_ATTESTED_NOT_FOUND);
}

bool invariant_foreign_caller_refused(const struct moment *moment)
{
    struct model_state after;
    struct prepared_call foreign = *moment->call;
    foreign.predecessor = moment->world->outsider;
    return !call_apply(moment->world->model, &foreign, moment->before, WORLD_HEIGHT, WORLD_TIME_S, &after) &&
           memcmp(moment->before, &after, sizeof after) == 0;
}

static bool conclude_with(const struct world *world, const struct actor *actor, handle_t key,
                          const struct model_state *before, struct model_state *after)
{
    struct move move;
    move_conclude(world, actor, key, before->running.epoch_id, before->running.keys, &move);
    return try_move(world, &move, before, after);
}

bool invariant_conclude_in_two(const struct moment *moment)
{
    const struct world *world = moment->world;
    for (size_t i = 0; moment->after->phase == PROTOCOL_RUNNING && i < world->actor_count; i++) {
        const struct actor *actor = &world->actors[i];
        struct model_state started, concluded;
        struct move move;
        if (!actor->moves ||
            !member_by_account(world->pool, moment->after->running.parameters.participants, actor->account))
            continue;
        move_start(world, actor, actor->tls2_key, &move);
        if (!try_move(world, &move, moment->after, &started) ||
            !conclude_with(world, actor, actor->node2_key, &started, &concluded))
            return false;
    }
    return true;
}

bool invariant_running_by_cancels(const struct moment *moment)
{
    const struct world *world = moment->world;
    struct model_state state = *moment->after;
    size_t count;
    const struct member *members = members_of(world->pool, state.running.parameters.participants, &count);
    if (state.phase != PROTOCOL_RESHARING)
        return true;
    for (size_t i = 0; i < count && i < moment->after->running.parameters.threshold; i++) {
        struct model_state next;
        struct move move;
        if (state.phase == PROTOCOL_RUNNING)
            return true;
        move_cancel_resharing(world, world_actor(world, members[i].account), &move);
        if (!try_move(world, &move, &state, &next))
            return false;
        state = next;
    }
    return state.phase == PROTOCOL_RUNNING;
}

bool invariant_no_conclude_after_return(const struct moment *moment)
{
    const struct world *world = moment->world;
    if (moment->before->phase == PROTOCOL_RUNNING || moment->after->phase != PROTOCOL_RUNNING)
        return true;
    for (size_t i = 0; i < world->actor_count; i++) {
        const struct actor *actor = &world->actors[i];
        struct model_state after;
        if (conclude_with(world, actor, actor->node_key, moment->after, &after) ||
            conclude_with(world, actor, actor->node2_key, moment->after, &after))
            return false;
    }
    return true;
}

/* Per account: register, start for the second node, start for the next account's key, cancel, conclude. */
#define COMMUTING_MAX (5 * EXPLORE_ACCOUNTS_MAX)

static size_t commuting_moves(const struct world *world, const struct model_state *state,
                              struct move out[COMMUTING_MAX])
{
    size_t count = 0;
    for (size_t i = 0; i < world->actor_count; i++) {
        const struct actor *actor = &world->actors[i];
        const struct actor *next = &world->actors[(i + 1) % world->actor_count];
        if (!actor->moves)
            continue;
        count += move_register(world, actor, &out[count]);
        count += move_start(world, actor, actor->tls2_key, &out[count]);
        count += move_start(world, actor, next->tls_key, &out[count]);
        count += move_cancel(world, actor, &out[count]);
        count += move_conclude(world, actor, actor->node2_key, state->running.epoch_id, state->running.keys,
                               &out[count]);
    }
    return count;
}

/* Both orders end in the same state, with the same calls refused. */
static bool commute(const struct world *world, const struct model_state *state, const struct move *a,
                    const struct move *b)
{
    struct model_state first, ab, ba;
    bool a_first = try_move(world, a, state, &first);
    bool b_second = try_move(world, b, &first, &ab);
    bool b_first = try_move(world, b, state, &first);
    bool a_second = try_move(world, a, &first, &ba);
    return a_first == a_second && b_first == b_second && model_state_equal(&ab, &ba);
}

bool invariant_calls_commute(const struct moment *moment)
{
    const struct world *world = moment->world;
    struct move moves[COMMUTING_MAX];
    size_t count = commuting_moves(world, moment->after, moves);
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < i; j++) {
            bool apart = moves[i].call.signer != moves[j].call.signer ||
                         (moves[i].method == WORLD_REGISTER) != (moves[j].method == WORLD_REGISTER);
            if (apart && !commute(world, moment->after, &moves[i], &moves[j]))
                return false;
        }
    }
    return true;
}
