/* The search itself: level by level, every action from every state. */
#include "contract-sim/explore/search.h"

#include <stdlib.h>
#include <string.h>

/* What an expansion looks at, and how far into it we are. */
struct expansion {
    struct explore *explore;
    uint32_t from; /* SEEN_NONE while the start is looked at */
    uint32_t action;
    uint32_t moves; /* that are done or under way */
    uint64_t depth; /* of what is reached by it */
    uint64_t epoch_highest;
};

/* The search goes by distance, so the first break of an invariant is a shortest one; it is not looked for
 * again. */
static void check(const struct expansion *at, enum invariant_kind kind, const struct moment *moment)
{
    struct explore *explore = at->explore;
    uint8_t *open = explore->open[kind];
    for (size_t i = 0; i < explore->open_count[kind];) {
        uint8_t index = open[i];
        if (invariant_table[index].holds(moment)) {
            i++;
            continue;
        }
        explore->breakages[index] = (struct breakage){
            .broken = true, .from = at->from, .action = at->action, .moves = at->moves, .depth = at->depth};
        open[i] = open[--explore->open_count[kind]];
    }
}

static bool call_make(const struct expansion *at, const struct prepared_call *call, enum world_method method,
                      struct model_state *state)
{
    struct explore *explore = at->explore;
    const struct model_state before = *state;
    const struct moment moment = {.world = &explore->world,
                                  .before = &before,
                                  .after = state,
                                  .method = method,
                                  .call = call,
                                  .epoch_highest = at->epoch_highest};
    if (method != WORLD_METHODS && call->signer != explore->world.model->contract)
        check(at, INVARIANT_OF_ATTEMPT, &moment);
    bool succeeded = call_apply(explore->model, call, &before, WORLD_HEIGHT, WORLD_TIME_S, state);
    explore->figures.calls++;
    check(at, succeeded ? INVARIANT_OF_SUCCESS : INVARIANT_OF_REFUSAL, &moment);
    return succeeded;
}

/* A receipt, ready to be applied. */
static const struct prepared_call *receipt_call(struct explore *explore, const struct receipt *receipt)
{
    struct known_receipt *known = explore->receipts;
    size_t i = 0;
    while (i < explore->receipt_count && memcmp(&known[i].receipt, receipt, sizeof *receipt) != 0)
        i++;
    if (i < explore->receipt_count)
        return &known[i].call;
    i = explore->receipt_count < RECEIPTS_KEPT ? explore->receipt_count++ : 0;
    known[i].receipt = *receipt;
    receipt_prepare(explore->model, receipt, &known[i].call);
    return &known[i].call;
}

/* The receipts that are pending now, one after the other; one that is refused is gone all the same. */
static void block_make(const struct expansion *at, struct model_state *state)
{
    const struct world *world = &at->explore->world;
    size_t count;
    const struct receipt *receipts = receipts_of(world->pool, state->receipts, &count);
    for (size_t i = 0; i < count; i++) {
        const struct prepared_call *call = receipt_call(at->explore, &receipts[i]);
        bool sweep = call->method == world->methods[WORLD_SWEEP];
        state->receipts = pool_splice(world->pool, state->receipts, sizeof *receipts, 0, 1, NULL, 0);
        call_make(at, call, sweep ? WORLD_SWEEP : WORLD_METHODS, state);
    }
}

static bool move_make(const struct expansion *at, const struct move *move, struct model_state *state)
{
    switch (move->kind) {
    case MOVE_BLOCK:
        block_make(at, state);
        return true;
    case MOVE_TIMEOUT:
        state->key_event.started_in = WORLD_HEIGHT - (state->key_event.expires_on - WORLD_HEIGHT);
        state->key_event.expires_on = WORLD_HEIGHT;
        return true;
    case MOVE_CALL:
        break;
    }
    return call_make(at, &move->call, move->method, state);
}

static uint64_t epoch_highest(const struct world *world, handle_t epochs)
{
    size_t count;
    const uint64_t *epoch = numbers_of(world->pool, epochs, &count);
    uint64_t highest = 0;
    for (size_t i = 0; i < count; i++)
        highest = epoch[i] > highest ? epoch[i] : highest;
    return highest;
}

/* The epochs that were proposed, after an action that went from `before` to `after`. */
static handle_t epochs_after(const struct explore *explore, handle_t epochs, const struct model_state *before,
                             const struct model_state *after)
{
    struct pool *pool = explore->world.pool;
    uint64_t epoch = after->key_event.epoch_id;
    size_t count;
    numbers_of(pool, epochs, &count);
    if (after->phase != PROTOCOL_RESHARING ||
        (before->phase == PROTOCOL_RESHARING && before->key_event.epoch_id == epoch))
        return epochs;
    if (explore->alphabet.all_epochs)
        return pool_splice(pool, epochs, sizeof epoch, count, 0, &epoch, 1);
    return epoch > epoch_highest(&explore->world, epochs) ? pool_intern(pool, &epoch, sizeof epoch) : epochs;
}

static result_t state_found(const struct expansion *at, const struct model_state *state, handle_t epochs)
{
    struct explore *explore = at->explore;
    bool is_new;
    TRY(seen_add(explore->seen, state, epochs, at->from, at->action, &is_new));
    if (!is_new)
        return OUTCOME_OK;
    explore->figures.states++;
    explore->figures.depth = at->depth;
    const struct moment moment = {.world = &explore->world, .after = state, .method = WORLD_METHODS};
    check(at, INVARIANT_OF_STATE, &moment);
    return OUTCOME_OK;
}

/* An action is an edge when all its calls succeed. */
static result_t action_try(struct expansion *at, const struct model_state *state, handle_t epochs)
{
    const struct alphabet *alphabet = &at->explore->alphabet;
    const struct action *action = &alphabet->actions[at->action];
    struct move moves[ALPHABET_MOVES_MAX];
    struct model_state next = *state;
    size_t count = action->moves(alphabet, action, state, moves);
    for (at->moves = 1; at->moves <= count; at->moves++) {
        if (!move_make(at, &moves[at->moves - 1], &next))
            return OUTCOME_OK;
    }
    at->moves = (uint32_t)count;
    return count ? state_found(at, &next, epochs_after(at->explore, epochs, state, &next)) : OUTCOME_OK;
}

static result_t state_expand(struct explore *explore, uint32_t index, uint64_t depth)
{
    struct model_state state;
    handle_t epochs;
    seen_get(explore->seen, index, &state, &epochs);
    struct expansion at = {.explore = explore,
                           .from = index,
                           .depth = depth,
                           .epoch_highest = epoch_highest(&explore->world, epochs)};
    for (; at.action < explore->alphabet.action_count; at.action++)
        TRY(action_try(&at, &state, epochs));
    return pool_failed(explore->world.pool) ? OUTCOME_NO_MEMORY : OUTCOME_OK;
}

static result_t levels_run(struct explore *explore)
{
    const struct expansion start = {.explore = explore, .from = SEEN_NONE};
    TRY(state_found(&start, &explore->world.start, 0));
    size_t begin = 0;
    for (uint64_t depth = 1; depth <= explore->options.depth_max; depth++) {
        size_t end = seen_count(explore->seen);
        for (size_t i = begin; i < end; i++)
            TRY(state_expand(explore, (uint32_t)i, depth));
        begin = end;
        if (seen_count(explore->seen) == end) {
            explore->figures.end = EXPLORE_AT_END;
            break;
        }
    }
    return OUTCOME_OK;
}

result_t explore_run(struct explore *explore, struct error *err)
{
    result_t result = levels_run(explore);
    explore->figures.memory_bytes = seen_bytes(explore->seen);
    if (result == OUTCOME_LIMIT) {
        explore->figures.end = EXPLORE_GAVE_UP;
        return error_set(err, result, "gave up at %zu states; --max-states allows more",
                         explore->options.states_max);
    }
    return result == OUTCOME_OK ? result : error_set(err, result, "out of memory");
}

result_t search_ancestors(const struct explore *explore, uint32_t index, uint32_t **out, size_t *count)
{
    uint32_t parent, action;
    size_t length = 0;
    for (uint32_t i = index; i != SEEN_NONE; i = parent, length++)
        seen_origin(explore->seen, i, &parent, &action);
    *out = calloc(length + 1, sizeof **out);
    *count = length;
    if (!*out)
        return OUTCOME_NO_MEMORY;
    for (uint32_t i = index; i != SEEN_NONE; i = parent) {
        seen_origin(explore->seen, i, &parent, &action);
        (*out)[--length] = i;
    }
    return OUTCOME_OK;
}
