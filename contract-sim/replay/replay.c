#include "contract-sim/replay/replay.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "contract-sim/model/coverage.h"
#include "common/encoding.h"
#include "contract-sim/model/model.h"

/* One run on its way. */
struct run {
    const struct scenario *scenario;
    const char *profile;
    struct model *model;
    struct model_state state;
    uint64_t height;
    uint64_t time_s;
    struct replay_result *result;
};

struct replay_difference *replay_difference_add(struct replay_result *result, size_t step)
{
    if (result->difference_count == REPLAY_DIFFERENCES_MAX) {
        result->more++;
        return NULL;
    }
    struct replay_difference *difference = &result->differences[result->difference_count++];
    difference->step = step;
    return difference;
}

void replay_result_free(struct replay_result *result)
{
    for (size_t i = 0; i < result->difference_count; i++) {
        bytes_free(&result->differences[i].what);
        bytes_free(&result->differences[i].expected);
        bytes_free(&result->differences[i].got);
        bytes_free(&result->differences[i].changes);
    }
    *result = (struct replay_result){0};
}

static result_t value_parse(const struct model_outcome *outcome, struct json_object **out)
{
    *out = NULL; /* no bytes at all, as init returns, read as null */
    return outcome->value.len ? json_parse((const char *)outcome->value.data, outcome->value.len,
                                           &json_limits_view, out, NULL)
                              : OUTCOME_OK;
}

/* "ok null", or "error ENUM "TEXT"". */
static result_t outcome_write(const struct model_outcome *outcome, struct bytes *out)
{
    if (outcome->kind != MODEL_OK)
        return bytes_append_format(out, "error %s \"%s\"", outcome->error, model_outcome_message(outcome));
    TRY(bytes_append_text(out, "ok "));
    return outcome->value.len ? bytes_append(out, outcome->value.data, outcome->value.len)
                              : bytes_append_text(out, "null");
}

static const char *text_of(struct json_object *object, const char *name, const char *otherwise)
{
    struct json_object *value;
    return json_object_object_get_ex(object, name, &value) && json_object_is_type(value, json_type_string)
               ? json_object_get_string(value)
               : otherwise;
}

static bool refusal_matches(struct json_object *expect, const struct model_outcome *outcome)
{
    const char *message = text_of(expect, "message", "");
    const char *got = model_outcome_message(outcome);
    bool contains = strcmp(text_of(expect, "match", "exact"), "contains") == 0;
    return outcome->kind != MODEL_OK && strcmp(text_of(expect, "error", ""), outcome->error) == 0 &&
           (contains ? strstr(got, message) != NULL : strcmp(got, message) == 0);
}

static result_t call_matches(struct json_object *expect, const struct model_outcome *outcome, bool *matches)
{
    struct json_object *ok;
    if (!json_object_object_get_ex(expect, "ok", &ok)) {
        *matches = refusal_matches(expect, outcome);
        return OUTCOME_OK;
    }
    CLEANUP(json_put_ptr) struct json_object *value = NULL;
    TRY(value_parse(outcome, &value));
    *matches = outcome->kind == MODEL_OK && json_object_equal(ok, value);
    return OUTCOME_OK;
}

static result_t expectation_write(struct json_object *expect, struct bytes *out)
{
    struct json_object *ok;
    if (!expect)
        return bytes_append_text(out, "(nothing is said of this profile)");
    if (json_object_object_get_ex(expect, "ok", &ok)) {
        TRY(bytes_append_text(out, "ok "));
        return json_write(ok, out);
    }
    if (!json_object_object_get_ex(expect, "error", NULL))
        return json_write(expect, out);
    bool contains = strcmp(text_of(expect, "match", "exact"), "contains") == 0;
    const char *message = text_of(expect, "message", "");
    if (contains && !message[0])
        return bytes_append_format(out, "error %s", text_of(expect, "error", "?"));
    return bytes_append_format(out, "error %s%s \"%s\"", text_of(expect, "error", "?"),
                               contains ? " containing" : "", message);
}

/* "VIEW at POINTER: BEFORE -> AFTER" */
static result_t changes_write(const struct replay_result *changes, struct bytes *out)
{
    size_t shown =
        changes->difference_count < REPLAY_CHANGES_MAX ? changes->difference_count : REPLAY_CHANGES_MAX;
    for (size_t i = 0; i < shown; i++) {
        const struct replay_difference *change = &changes->differences[i];
        TRY(bytes_append_format(out, "%s%s: %s -> %s", i ? "\n" : "", (const char *)change->what.data,
                                (const char *)change->expected.data, (const char *)change->got.data));
    }
    size_t more = changes->difference_count - shown + changes->more;
    return more ? bytes_append_format(out, "\nand %zu more places", more) : OUTCOME_OK;
}

static result_t view_take(struct run *run, const struct model_state *state, const char *view,
                          struct json_object **out)
{
    CLEANUP(model_outcome_free) struct model_outcome outcome = {0};
    TRY(model_view(run->model, state, run->height, run->time_s, view, "{}", 2, &outcome));
    return value_parse(&outcome, out);
}

/* What became of the state that a call met. */
static result_t changes_tell(struct run *run, const struct model_state *before, struct bytes *out)
{
    static const char *const views[] = {"state", "migration_info"};
    CLEANUP(replay_result_free) struct replay_result changes = {0};
    for (size_t i = 0; i < ARRAY_LEN(views); i++) {
        CLEANUP(json_put_ptr) struct json_object *was = NULL;
        CLEANUP(json_put_ptr) struct json_object *is = NULL;
        TRY(view_take(run, before, views[i], &was));
        TRY(view_take(run, &run->state, views[i], &is));
        TRY(replay_compare_json(&changes, 0, views[i], "", was, is));
    }
    return changes_write(&changes, out);
}

static result_t difference_tell(struct run *run, size_t step, const char *what, const char *method,
                                const char *detail, struct json_object *expect, const struct bytes *got,
                                const struct bytes *changes)
{
    struct replay_difference *difference = replay_difference_add(run->result, step);
    if (!difference)
        return OUTCOME_OK;
    TRY(bytes_append_format(&difference->what, "%s %s%s", what, method, detail));
    TRY(expectation_write(expect, &difference->expected));
    TRY(bytes_append(&difference->got, got->data, got->len));
    return bytes_append(&difference->changes, changes->data, changes->len);
}

static result_t args_write(struct json_object *args, struct bytes *out)
{
    return args ? json_write(args, out) : bytes_append_text(out, "{}");
}

static result_t call_run(struct run *run, size_t number, const struct scenario_step *step)
{
    CLEANUP(bytes_free) struct bytes args = {0};
    CLEANUP(bytes_free) struct bytes got = {0};
    CLEANUP(bytes_free) struct bytes changes = {0};
    CLEANUP(model_outcome_free) struct model_outcome outcome = {0};
    const struct model_state before = run->state;
    struct model_context context = {
        .signer = step->signer,
        .signer_public_key = step->signer_public_key,
        .predecessor = step->predecessor,
        .deposit = step->deposit,
        .block_height = run->height,
        .block_time_s = run->time_s,
    };
    struct json_object *expect = scenario_expectation(step->expect, run->profile);
    bool matches = false;
    if (step->args_base64)
        TRY(base64_decode(step->args_base64, strlen(step->args_base64), &args, NULL));
    else
        TRY(args_write(step->args, &args));
    TRY(model_call(run->model, &before, &context, step->method, args.data, args.len, &run->state, &outcome));
    if (expect)
        TRY(call_matches(expect, &outcome, &matches));
    if (matches)
        return OUTCOME_OK;
    char by[ACCOUNT_ID_LEN_MAX + 8];
    snprintf(by, sizeof by, " by %s", step->signer.text);
    TRY(outcome_write(&outcome, &got));
    TRY(changes_tell(run, &before, &changes));
    return difference_tell(run, number, "call", step->method, by, expect, &got, &changes);
}

/* {"equals": X} or {"present": true|false}: present is anything but null (contract.md 6). A view that is to be
 * refused has the expectation of a call; the format leaves that open. */
static bool place_matches(struct json_object *expect, bool found, struct json_object *place)
{
    struct json_object *value;
    if (json_object_object_get_ex(expect, "equals", &value))
        return found && json_object_equal(value, place);
    return json_object_object_get_ex(expect, "present", &value) &&
           json_object_is_type(value, json_type_boolean) &&
           (bool)json_object_get_boolean(value) == (found && place != NULL);
}

/* A place that should be equal and is not, and is large: it is gone through. */
static bool places_comparable(struct json_object *expect, struct json_object *place,
                              struct json_object **wanted)
{
    if (!json_object_object_get_ex(expect, "equals", wanted))
        return false;
    enum json_type type = json_object_get_type(place);
    return (type == json_type_object || type == json_type_array) && json_object_is_type(*wanted, type);
}

static result_t view_differs(struct run *run, size_t number, const struct scenario_step *step,
                             const struct model_outcome *outcome, bool found, struct json_object *place)
{
    CLEANUP(bytes_free) struct bytes got = {0};
    const struct bytes no_changes = {0};
    struct json_object *expect = scenario_expectation(step->expect, run->profile);
    struct json_object *wanted;
    char what[256];
    if (found && places_comparable(expect, place, &wanted)) {
        snprintf(what, sizeof what, "view %s", step->method);
        return replay_compare_json(run->result, number, what, step->pointer, wanted, place);
    }
    snprintf(what, sizeof what, "%s%.240s", step->pointer[0] ? " at " : "", step->pointer);
    if (outcome->kind != MODEL_OK)
        TRY(outcome_write(outcome, &got));
    else if (found)
        TRY(json_write(place, &got));
    else
        TRY(bytes_append_text(&got, "(nothing there)"));
    return difference_tell(run, number, "view", step->method, what, expect, &got, &no_changes);
}

static result_t view_run(struct run *run, size_t number, const struct scenario_step *step)
{
    CLEANUP(bytes_free) struct bytes args = {0};
    CLEANUP(model_outcome_free) struct model_outcome outcome = {0};
    CLEANUP(json_put_ptr) struct json_object *value = NULL;
    struct json_object *expect = scenario_expectation(step->expect, run->profile);
    struct json_object *place = NULL;
    TRY(args_write(step->args, &args));
    TRY(model_view(run->model, &run->state, run->height, run->time_s, step->method, args.data, args.len,
                   &outcome));
    TRY(value_parse(&outcome, &value));
    bool found = outcome.kind == MODEL_OK && replay_pointer_get(value, step->pointer, &place);
    bool matches = expect && (outcome.kind == MODEL_OK ? place_matches(expect, found, place)
                                                       : refusal_matches(expect, &outcome));
    return matches ? OUTCOME_OK : view_differs(run, number, step, &outcome, found, place);
}

/* Blocks in which no receipts are pending differ in nothing but height and time and are counted at once. */
result_t replay_advance(struct model *model, struct model_state *state, uint64_t *height, uint64_t *time_s,
                        const struct scenario_step *step)
{
    uint64_t left = step->blocks;
    *time_s += step->seconds;
    for (size_t i = 0; left > 0 && i < REPLAY_BLOCKS_MAX && model_receipts_pending(model, state); i++) {
        ++*height;
        *time_s += step->apart ? 0 : 1;
        left--;
        TRY(model_receipts_run(model, state, *height, *time_s, state));
    }
    *height += left;
    *time_s += step->apart ? 0 : left;
    return OUTCOME_OK;
}

static result_t final_compare(struct run *run, struct json_object *expected, const char *view)
{
    CLEANUP(json_put_ptr) struct json_object *got = NULL;
    struct json_object *wanted;
    char what[64];
    if (!json_object_object_get_ex(expected, view, &wanted))
        return OUTCOME_OK;
    TRY(view_take(run, &run->state, view, &got));
    snprintf(what, sizeof what, "final %s", view);
    return replay_compare_json(run->result, 0, what, "", wanted, got);
}

static result_t finals_compare(struct run *run)
{
    struct json_object *expected;
    if (!run->scenario->final || !json_object_object_get_ex(run->scenario->final, run->profile, &expected))
        return OUTCOME_OK;
    TRY(final_compare(run, expected, "migration_info"));
    return final_compare(run, expected, "state");
}

static result_t step_run(struct run *run, size_t number, const struct scenario_step *step)
{
    switch (step->kind) {
    case STEP_CALL:
        return call_run(run, number, step);
    case STEP_VIEW:
        return view_run(run, number, step);
    case STEP_ADVANCE:
        break;
    }
    return replay_advance(run->model, &run->state, &run->height, &run->time_s, step);
}

static result_t steps_run(struct run *run)
{
    for (size_t i = 0; i < run->scenario->step_count; i++) {
        const struct scenario_step *step = &run->scenario->steps[i];
        size_t told = run->result->difference_count;
        TRY(step_run(run, i + 1, step));
        while (told < run->result->difference_count)
            run->result->differences[told++].line = step->line;
    }
    return finals_compare(run);
}

static void model_free_of(struct run *run)
{
    model_free(run->model);
}

/* The profile, then what the scenario changes in it, then what the caller does. */
static result_t model_make(const struct scenario *scenario, const struct replay_options *options,
                           struct model **out, struct error *err)
{
    const char *text = scenario->launcher_template;
    size_t len = scenario->launcher_template_len;
    if (options->launcher_template) {
        text = options->launcher_template;
        len = options->launcher_template_len;
    }
    TRY(model_new(options->profile, scenario->contract_id.text, out, err));
    for (size_t i = 0; i < scenario->rule_count; i++)
        TRY(model_rule_set(*out, scenario->rules[i], err));
    for (size_t i = 0; i < options->rule_count; i++)
        TRY(model_rule_set(*out, options->rules[i], err));
    return text ? model_launcher_template_set(*out, text, len, err) : OUTCOME_OK;
}

result_t replay_run(const struct scenario *scenario, const struct replay_options *options,
                    struct replay_result *out, struct error *err)
{
    CLEANUP(model_free_of)
    struct run run = {
        .scenario = scenario,
        .profile = options->profile,
        .height = scenario->block_height,
        .time_s = scenario->block_time_s,
        .result = out,
    };
    const struct replay_start *start = options->start;
    struct error refused = {0};
    *out = (struct replay_result){0};
    if (start && start->has_block_height)
        run.height = start->block_height;
    if (start && start->has_block_time)
        run.time_s = start->block_time_s;
    TRY(model_make(scenario, options, &run.model, err));
    result_t made = model_genesis(run.model, start ? start->contract : scenario->genesis, run.height,
                                  run.time_s, &run.state, &refused);
    if (made == OUTCOME_NO_MEMORY)
        return made;
    /* What the genesis calls is no step of the scenario. */
    if (made == OUTCOME_OK && options->coverage)
        model_coverage_set(run.model, options->coverage);
    if (made == OUTCOME_OK)
        return steps_run(&run);
    struct replay_difference *difference = replay_difference_add(out, 0);
    TRY(bytes_append_text(&difference->what, "genesis"));
    TRY(bytes_append_text(&difference->expected, "a contract to begin with"));
    return bytes_append_text(&difference->got, refused.text);
}
