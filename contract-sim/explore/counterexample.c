/* A broken invariant as an mpc-scenario/1 file: the way there, made again on real models with real
 * heights, one per profile, and what each answered as what is expected. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "contract-sim/explore/search.h"
#include "contract-sim/model/views.h"

#define PROFILES_MAX 8

/* One profile's contract on the way. */
struct walker {
    const char *profile;
    struct model *model;
    struct model_state state;
    uint64_t height;
    uint64_t time_s;
    struct bytes answer; /* of the last call, as an expectation */
};

struct walk {
    const struct explore *explore;
    struct walker walkers[PROFILES_MAX];
    size_t count;
    struct move *moves; /* from the start to the break */
    size_t move_count;
    struct bytes *out;
};

static void walk_free(struct walk *walk)
{
    for (size_t i = 0; i < walk->count; i++) {
        model_free(walk->walkers[i].model);
        bytes_free(&walk->walkers[i].answer);
    }
    free(walk->moves);
}

/* The moves of the first `limit` of an action from a state, behind those that are there. */
static result_t moves_add(struct walk *walk, uint32_t from, uint32_t action_index, size_t limit)
{
    const struct alphabet *alphabet = &walk->explore->alphabet;
    const struct action *action = &alphabet->actions[action_index];
    struct model_state state;
    handle_t epochs;
    struct move *moves = realloc(walk->moves, (walk->move_count + ALPHABET_MOVES_MAX) * sizeof *moves);
    if (!moves)
        return OUTCOME_NO_MEMORY;
    walk->moves = moves;
    seen_get(walk->explore->seen, from, &state, &epochs);
    size_t count = action->moves(alphabet, action, &state, moves + walk->move_count);
    walk->move_count += count < limit ? count : limit;
    return OUTCOME_OK;
}

static result_t moves_collect(struct walk *walk, const struct breakage *breakage)
{
    uint32_t *states;
    size_t count;
    if (breakage->from == SEEN_NONE)
        return OUTCOME_OK;
    TRY(search_ancestors(walk->explore, breakage->from, &states, &count));
    result_t result = OUTCOME_OK;
    for (size_t i = 1; result == OUTCOME_OK && i < count; i++) {
        uint32_t parent, action;
        seen_origin(walk->explore->seen, states[i], &parent, &action);
        result = moves_add(walk, parent, action, ALPHABET_MOVES_MAX);
    }
    free(states);
    return result == OUTCOME_OK ? moves_add(walk, breakage->from, breakage->action, breakage->moves) : result;
}

static result_t walker_begin(const struct walk *walk, const char *profile, struct walker *out,
                             struct error *err)
{
    const struct explore_options *options = &walk->explore->options;
    struct world world;
    *out = (struct walker){.profile = profile, .height = WORLD_HEIGHT, .time_s = WORLD_TIME_S};
    TRY(model_new(profile, WORLD_CONTRACT, &out->model, err));
    for (size_t i = 0; i < options->rule_count; i++)
        TRY(model_rule_set(out->model, options->rules[i], err));
    TRY(world_genesis(out->model, walk->explore->world.actor_count, &world, err));
    out->state = world.start;
    return OUTCOME_OK;
}

static result_t walk_begin(struct walk *walk, struct error *err)
{
    for (size_t i = 0; i < PROFILES_MAX && model_profile_name(i); i++) {
        walk->count++;
        TRY(walker_begin(walk, model_profile_name(i), &walk->walkers[i], err));
    }
    return OUTCOME_OK;
}

/* {"ok":VALUE} or {"error":..,"message":..,"match":"exact"} */
static result_t answer_write(const struct model_outcome *outcome, struct bytes *out)
{
    const char *message = model_outcome_message(outcome);
    bytes_clear(out);
    if (outcome->kind == MODEL_OK) {
        TRY(bytes_append_text(out, "{\"ok\":"));
        TRY(bytes_append(out, outcome->value.data, outcome->value.len));
        return bytes_append_text(out, "}");
    }
    TRY(bytes_append_format(out, "{\"error\":\"%s\",\"message\":", outcome->error));
    TRY(json_write_text(message, strlen(message), out));
    return bytes_append_text(out, ",\"match\":\"exact\"}");
}

static result_t walker_call(struct walker *walker, const struct model_context *context, const char *method,
                            const struct bytes *args)
{
    CLEANUP(model_outcome_free) struct model_outcome outcome = {0};
    struct model_context now = *context;
    now.block_height = walker->height;
    now.block_time_s = walker->time_s;
    TRY(model_call(walker->model, &walker->state, &now, method, args->data, args->len, &walker->state,
                   &outcome));
    return answer_write(&outcome, &walker->answer);
}

/* What all answer alike, once; else by profile. */
static result_t answers_write(const struct walk *walk)
{
    const struct walker *walkers = walk->walkers;
    bool alike = true;
    for (size_t i = 1; i < walk->count; i++)
        alike = alike && walkers[i].answer.len == walkers[0].answer.len &&
                memcmp(walkers[i].answer.data, walkers[0].answer.data, walkers[0].answer.len) == 0;
    if (alike)
        return bytes_append(walk->out, walkers[0].answer.data, walkers[0].answer.len);
    for (size_t i = 0; i < walk->count; i++) {
        TRY(bytes_append_format(walk->out, "%s\"%s\":", i ? "," : "{\"by_profile\":{", walkers[i].profile));
        TRY(bytes_append(walk->out, walkers[i].answer.data, walkers[i].answer.len));
    }
    return bytes_append_text(walk->out, "}}");
}

static result_t context_of(const struct world *world, const struct prepared_call *call,
                           struct model_context *out)
{
    size_t len;
    const char *account = pool_data(world->pool, call->signer, &len);
    const void *key = pool_data(world->pool, call->signer_key, &len);
    *out = (struct model_context){.deposit = call->deposit};
    out->signer_public_key.type = NEAR_KEY_ED25519;
    memcpy(out->signer_public_key.bytes, key, len);
    if (!account_id_set(&out->signer, account, strlen(account)))
        return OUTCOME_INTERNAL;
    out->predecessor = out->signer;
    return OUTCOME_OK;
}

static result_t call_step(struct walk *walk, const struct move *move)
{
    CLEANUP(bytes_free) struct bytes args = {0};
    const struct world *world = &walk->explore->world;
    struct model_context context;
    char deposit[U128_TEXT_MAX];
    TRY(move_args_write(world, move, &args));
    TRY(context_of(world, &move->call, &context));
    for (size_t i = 0; i < walk->count; i++)
        TRY(walker_call(&walk->walkers[i], &context, world_method_names[move->method], &args));
    u128_format(move->call.deposit, deposit);
    TRY(bytes_append_format(walk->out, "{\"call\":\"%s\",\"signer\":\"%s\",\"signer_public_key\":",
                            world_method_names[move->method], context.signer.text));
    TRY(view_ed25519(world->pool, move->call.signer_key, walk->out));
    TRY(bytes_append_format(walk->out, ",\"deposit_yocto\":\"%s\",\"args\":", deposit));
    TRY(bytes_append(walk->out, args.data, args.len));
    TRY(bytes_append_text(walk->out, ",\"expect\":"));
    TRY(answers_write(walk));
    return bytes_append_text(walk->out, "}");
}

static result_t walker_advance(struct walker *walker, uint64_t blocks)
{
    for (uint64_t i = 0; i < blocks; i++) {
        walker->height++;
        walker->time_s++;
        TRY(model_receipts_run(walker->model, &walker->state, walker->height, walker->time_s,
                               &walker->state));
    }
    return OUTCOME_OK;
}

/* After so many blocks the longest-lived instance is past its end, by the default configuration. */
#define TIMEOUT_BLOCKS 31

static result_t advance_step(struct walk *walk, uint64_t blocks)
{
    for (size_t i = 0; i < walk->count; i++)
        TRY(walker_advance(&walk->walkers[i], blocks));
    return bytes_append_format(walk->out, "{\"advance\":{\"blocks\":%" PRIu64 "}}", blocks);
}

static result_t move_step(struct walk *walk, const struct move *move, const char *separator)
{
    TRY(bytes_append_text(walk->out, separator));
    switch (move->kind) {
    case MOVE_CALL:
        return call_step(walk, move);
    case MOVE_BLOCK:
        return advance_step(walk, 1);
    case MOVE_TIMEOUT:
        break;
    }
    return advance_step(walk, TIMEOUT_BLOCKS);
}

static result_t steps_write(struct walk *walk)
{
    struct move move;
    for (size_t i = 0; world_setup_move(&walk->explore->world, i, &move); i++)
        TRY(move_step(walk, &move, i ? ",\n  " : "\n  "));
    for (size_t i = 0; i < walk->move_count; i++)
        TRY(move_step(walk, &walk->moves[i], ",\n  "));
    return OUTCOME_OK;
}

static result_t view_write(const struct walker *walker, const char *view, struct bytes *out)
{
    CLEANUP(model_outcome_free) struct model_outcome outcome = {0};
    TRY(model_view(walker->model, &walker->state, walker->height, walker->time_s, view, "{}", 2, &outcome));
    TRY(bytes_append_format(out, "\"%s\":", view));
    return bytes_append(out, outcome.value.data, outcome.value.len);
}

static result_t finals_write(const struct walk *walk)
{
    for (size_t i = 0; i < walk->count; i++) {
        TRY(bytes_append_format(walk->out, "%s\n  \"%s\":{", i ? "," : "", walk->walkers[i].profile));
        TRY(view_write(&walk->walkers[i], "migration_info", walk->out));
        TRY(bytes_append_text(walk->out, ","));
        TRY(view_write(&walk->walkers[i], "state", walk->out));
        TRY(bytes_append_text(walk->out, "}"));
    }
    return OUTCOME_OK;
}

static result_t head_write(const struct walk *walk, size_t invariant)
{
    const struct explore *explore = walk->explore;
    const struct explore_options *options = &explore->options;
    CLEANUP(bytes_free) struct bytes title = {0};
    TRY(bytes_append_format(&title, "%s breaks in %s (%s): ", invariant_table[invariant].id, options->profile,
                            invariant_table[invariant].sentence));
    TRY(explore_path_write(explore, invariant, &title));
    TRY(bytes_append_format(walk->out, "{\n \"format\":\"mpc-scenario/1\",\n \"id\":\"%s\",\n \"title\":",
                            invariant_table[invariant].id));
    TRY(json_write_text((const char *)title.data, title.len, walk->out));
    for (size_t i = 0; i < options->rule_count; i++) {
        TRY(bytes_append_text(walk->out, i ? "," : ",\n \"rules\":["));
        TRY(json_write_text(options->rules[i], strlen(options->rules[i]), walk->out));
    }
    TRY(bytes_append_format(walk->out,
                            "%s,\n \"genesis\":{\"block_height\":%u,\"block_time_s\":%u,\"init_running\":",
                            options->rule_count ? "]" : "", WORLD_HEIGHT, WORLD_TIME_S));
    TRY(world_genesis_write(&explore->world, walk->out));
    return bytes_append_text(walk->out, "},\n \"steps\":[");
}

result_t explore_counterexample_write(const struct explore *explore, size_t invariant, struct bytes *out,
                                      struct error *err)
{
    CLEANUP(walk_free) struct walk walk = {.explore = explore, .out = out};
    TRY(walk_begin(&walk, err));
    TRY(moves_collect(&walk, &explore->breakages[invariant]));
    TRY(head_write(&walk, invariant));
    TRY(steps_write(&walk));
    TRY(bytes_append_text(out, "\n ],\n \"final\":{"));
    TRY(finals_write(&walk));
    return bytes_append_text(out, "\n }\n}\n");
}
