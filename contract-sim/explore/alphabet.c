#include "contract-sim/explore/alphabet.h"

#include <stdarg.h>
#include <stdio.h>

struct action *alphabet_add(struct alphabet *alphabet, moves_fn *moves, const char *format, ...)
{
    struct action *action = &alphabet->actions[alphabet->action_count++];
    va_list list;
    *action = (struct action){.moves = moves};
    va_start(list, format);
    vsnprintf(action->name, sizeof action->name, format, list);
    va_end(list);
    return action;
}

bool alphabet_members_same(const struct world *world, const struct model_state *state, struct parameters *out)
{
    size_t count;
    move_voters(world, state, &count);
    *out = state->running.parameters;
    out->threshold = world->threshold;
    return count > 0;
}

/* Where the last account is among the members; `count` when it is none. */
static size_t last_index(const struct world *world, const struct member *members, size_t count)
{
    handle_t last = world->actors[world->actor_count - 1].account;
    size_t index = 0;
    while (index < count && members[index].account != last)
        index++;
    return index;
}

bool alphabet_members_without_last(const struct world *world, const struct model_state *state,
                                   struct parameters *out)
{
    size_t count;
    const struct member *members = move_voters(world, state, &count);
    size_t index = last_index(world, members, count);
    if (!alphabet_members_same(world, state, out) || index == count)
        return false;
    out->participants = pool_splice(world->pool, out->participants, sizeof *members, index, 1, NULL, 0);
    return true;
}

bool alphabet_members_with_last(const struct world *world, const struct model_state *state,
                                struct parameters *out)
{
    const struct actor *last = &world->actors[world->actor_count - 1];
    size_t count;
    const struct member *members = move_voters(world, state, &count);
    if (!alphabet_members_same(world, state, out) || last_index(world, members, count) < count)
        return false;
    struct member member = {last->account, out->next_id, last->url, last->tls_key};
    out->participants = pool_splice(world->pool, out->participants, sizeof member, count, 0, &member, 1);
    out->next_id++;
    return true;
}

size_t alphabet_start(const struct alphabet *alphabet, const struct action *action,
                      const struct model_state *state, struct move out[ALPHABET_MOVES_MAX])
{
    (void)state;
    return move_start(alphabet->world, action->actor, action->key, &out[0]);
}

size_t alphabet_cancel(const struct alphabet *alphabet, const struct action *action,
                       const struct model_state *state, struct move out[ALPHABET_MOVES_MAX])
{
    (void)state;
    return move_cancel(alphabet->world, action->actor, &out[0]);
}

size_t alphabet_register(const struct alphabet *alphabet, const struct action *action,
                         const struct model_state *state, struct move out[ALPHABET_MOVES_MAX])
{
    (void)state;
    return move_register(alphabet->world, action->actor, &out[0]);
}

size_t alphabet_conclude(const struct alphabet *alphabet, const struct action *action,
                         const struct model_state *state, struct move out[ALPHABET_MOVES_MAX])
{
    return move_conclude(alphabet->world, action->actor, action->key, state->running.epoch_id,
                         state->running.keys, &out[0]);
}

size_t alphabet_block(const struct alphabet *alphabet, const struct action *action,
                      const struct model_state *state, struct move out[ALPHABET_MOVES_MAX])
{
    (void)alphabet;
    (void)action;
    out[0].kind = MOVE_BLOCK;
    return state->receipts != 0;
}
