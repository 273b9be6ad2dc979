/* Single calls by every account, with arguments from small sets (docs/explore.md). */
#include "contract-sim/explore/alphabet.h"

/* An attempt is 0 or 1: after the second one of a domain no further one can be started. */
#define ATTEMPTS 2u
/* Ids below this can be added. */
#define DOMAIN_IDS 2u

/* With the keyset of the start. */
static size_t conclude_first_moves(const struct alphabet *alphabet, const struct action *action,
                                   const struct model_state *state, struct move out[ALPHABET_MOVES_MAX])
{
    (void)state;
    const struct running_state *first = &alphabet->world->start.running;
    return move_conclude(alphabet->world, action->actor, action->key, first->epoch_id, first->keys, &out[0]);
}

static size_t proposal_moves(const struct alphabet *alphabet, const struct action *action,
                             const struct model_state *state, struct move out[ALPHABET_MOVES_MAX])
{
    struct parameters proposed;
    return action->members(alphabet->world, state, &proposed) &&
           move_vote_parameters(alphabet->world, action->actor, action->value, &proposed, &out[0]);
}

static size_t key_event_moves(const struct alphabet *alphabet, const struct action *action,
                              const struct model_state *state, struct move out[ALPHABET_MOVES_MAX])
{
    if (state->phase == PROTOCOL_RUNNING)
        return 0;
    struct key_event_id id = move_key_event_id(alphabet->world, state, action->value);
    return move_key_event(alphabet->world, action->actor, action->method, action->key, &id, &out[0]);
}

static size_t vote_pk_moves(const struct alphabet *alphabet, const struct action *action,
                            const struct model_state *state, struct move out[ALPHABET_MOVES_MAX])
{
    if (state->phase == PROTOCOL_RUNNING)
        return 0;
    struct key_event_id id = move_key_event_id(alphabet->world, state, action->value);
    return move_vote_pk(alphabet->world, action->actor, action->key, &id, action->domain_key, &out[0]);
}

static size_t cancel_resharing_moves(const struct alphabet *alphabet, const struct action *action,
                                     const struct model_state *state, struct move out[ALPHABET_MOVES_MAX])
{
    (void)state;
    return move_cancel_resharing(alphabet->world, action->actor, &out[0]);
}

static size_t cancel_keygen_moves(const struct alphabet *alphabet, const struct action *action,
                                  const struct model_state *state, struct move out[ALPHABET_MOVES_MAX])
{
    return move_cancel_keygen(alphabet->world, action->actor, state->running.next_domain_id, &out[0]);
}

static size_t add_domain_moves(const struct alphabet *alphabet, const struct action *action,
                               const struct model_state *state, struct move out[ALPHABET_MOVES_MAX])
{
    return state->running.next_domain_id < DOMAIN_IDS &&
           move_add_domain(alphabet->world, action->actor, state->running.next_domain_id, &out[0]);
}

/* Blocks pass, so receipts would have run before: none may be pending. */
static size_t timeout_moves(const struct alphabet *alphabet, const struct action *action,
                            const struct model_state *state, struct move out[ALPHABET_MOVES_MAX])
{
    (void)alphabet;
    (void)action;
    out[0].kind = MOVE_TIMEOUT;
    return state->receipts == 0 && state->key_event.has_instance &&
           state->key_event.expires_on > WORLD_HEIGHT;
}

static const char *name_of(const struct alphabet *alphabet, const struct actor *actor)
{
    return pool_text(alphabet->world->pool, actor->account);
}

static void add_of_actor(struct alphabet *out, moves_fn *moves, const struct actor *actor, const char *what,
                         handle_t key)
{
    struct action *action = alphabet_add(out, moves, "%s %s", name_of(out, actor), what);
    action->actor = actor;
    action->key = key;
}

/* `wrong_key` is a destination that should not be: another's TLS key, or one that nobody attested. */
static void add_migration_calls(struct alphabet *out, const struct actor *actor, handle_t wrong_key)
{
    add_of_actor(out, alphabet_register, actor, "register", 0);
    add_of_actor(out, alphabet_start, actor, "start >2", actor->tls2_key);
    add_of_actor(out, alphabet_start, actor, "start >wrong key", wrong_key);
    add_of_actor(out, alphabet_cancel, actor, "cancel", 0);
    add_of_actor(out, alphabet_conclude, actor, "conclude", actor->node2_key);
    add_of_actor(out, alphabet_conclude, actor, "conclude by node 1", actor->node_key);
    add_of_actor(out, conclude_first_moves, actor, "conclude with the first keyset", actor->node2_key);
}

static void add_proposals(struct alphabet *out, const struct actor *actor, uint64_t epochs)
{
    static const struct {
        members_fn *members;
        const char *what;
        size_t accounts_min;
    } kinds[] = {{alphabet_members_same, "same", 0},
                 {alphabet_members_without_last, "-last", 3},
                 {alphabet_members_with_last, "+last", 3}};
    for (uint64_t epoch = WORLD_EPOCH + 1; epoch <= WORLD_EPOCH + epochs; epoch++) {
        for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
            if (out->world->actor_count < kinds[i].accounts_min)
                continue;
            struct action *action = alphabet_add(out, proposal_moves, "%s vote_new_parameters %s, epoch %d",
                                                 name_of(out, actor), kinds[i].what, (int)epoch);
            action->actor = actor;
            action->members = kinds[i].members;
            action->value = epoch;
        }
    }
}

static struct action *add_key_event_call(struct alphabet *out, moves_fn *moves, enum world_method method,
                                         const struct actor *actor, handle_t key, unsigned attempt,
                                         const char *what)
{
    struct action *action =
        alphabet_add(out, moves, "%s %s%s, attempt %u%s", name_of(out, actor), world_method_names[method],
                     what, attempt, key == actor->node2_key ? ", node 2" : "");
    action->actor = actor;
    action->key = key;
    action->value = attempt;
    action->method = method;
    return action;
}

/* The last account alone may vote for another key, so that no attempt ends with it: its vote, or the next
 * one, ends the attempt. */
static void add_key_event_calls(struct alphabet *out, const struct actor *actor, handle_t key)
{
    static const enum world_method methods[] = {WORLD_START_RESHARE, WORLD_VOTE_RESHARED, WORLD_START_KEYGEN,
                                                WORLD_ABORT};
    const handle_t *keys = out->world->new_domain_keys;
    bool last = actor == &out->world->actors[out->world->actor_count - 1];
    for (unsigned attempt = 0; attempt < ATTEMPTS; attempt++) {
        for (size_t i = 0; i < ARRAY_LEN(methods); i++)
            add_key_event_call(out, key_event_moves, methods[i], actor, key, attempt, "");
        add_key_event_call(out, vote_pk_moves, WORLD_VOTE_PK, actor, key, attempt, "")->domain_key = keys[0];
        if (last)
            add_key_event_call(out, vote_pk_moves, WORLD_VOTE_PK, actor, key, attempt, " of another key")
                ->domain_key = keys[1];
    }
}

void alphabet_generic(const struct world *world, uint64_t epochs, struct alphabet *out)
{
    const struct actor *first = &world->actors[0];
    const struct actor *last = &world->actors[world->actor_count - 1];
    out->name = "generic";
    out->world = world;
    out->all_epochs = false;
    out->action_count = 0;
    add_migration_calls(out, first, last->tls_key);
    add_migration_calls(out, last, world->unattested_key);
    for (const struct actor *actor = first; actor <= last; actor++) {
        add_proposals(out, actor, epochs);
        add_key_event_calls(out, actor, actor->node_key);
        if (actor->moves)
            add_key_event_calls(out, actor, actor->node2_key);
        add_of_actor(out, cancel_resharing_moves, actor, "vote_cancel_resharing", 0);
        add_of_actor(out, add_domain_moves, actor, "vote_add_domains", 0);
        add_of_actor(out, cancel_keygen_moves, actor, "vote_cancel_keygen", 0);
    }
    alphabet_add(out, alphabet_block, "next block");
    alphabet_add(out, timeout_moves, "timeout");
}
