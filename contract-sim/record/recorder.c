#include "contract-sim/record/recorder.h"

#include <inttypes.h>
#include <string.h>

#include "common/encoding.h"
#include "common/json.h"
#include "common/utf8.h"
#include "contract-sim/replay/scenario.h"

/* Arguments nested deeper are given as bytes: the scenario around them has to be read too. */
static const struct json_limits args_limits = {.bytes_max = SCENARIO_BYTES_MAX, .depth_max = 48};

static struct recorder *recorder_of(struct chain_listener *listener)
{
    return (struct recorder *)listener;
}

static result_t step_begin(struct recorder *recorder)
{
    if (recorder->now.steps == SCENARIO_STEPS_MAX)
        return OUTCOME_LIMIT;
    return bytes_append_text(&recorder->steps, recorder->now.steps++ ? ",\n" : "\n");
}

static result_t step_advance(struct recorder *recorder, const char *unit, uint64_t count)
{
    if (!count)
        return OUTCOME_OK;
    TRY(step_begin(recorder));
    return bytes_append_format(&recorder->steps, "{\"advance\":{\"%s\":%" PRIu64 "}}", unit, count);
}

/* A block takes one second in a scenario. Where blocks came faster they and the seconds are told apart. */
static result_t step_to(struct recorder *recorder, uint64_t height, uint64_t time_s)
{
    uint64_t blocks = height - recorder->now.height;
    uint64_t seconds = time_s - recorder->now.time_s;
    recorder->now.height = height;
    recorder->now.time_s = time_s;
    if (seconds >= blocks) {
        TRY(step_advance(recorder, "seconds", seconds - blocks));
        return step_advance(recorder, "blocks", blocks);
    }
    TRY(step_begin(recorder));
    return bytes_append_format(
        &recorder->steps, "{\"advance\":{\"blocks\":%" PRIu64 ",\"seconds\":%" PRIu64 "}}", blocks, seconds);
}

static result_t text_write(const char *name, const char *text, size_t len, struct bytes *out)
{
    TRY(bytes_append_format(out, ",\"%s\":", name));
    return json_write_text(text, len, out);
}

/* As JSON, for people, where that says all: a refusal to read the arguments names a place in their very bytes. */
static result_t args_write(const void *args, size_t len, const struct model_outcome *outcome,
                           struct bytes *out)
{
    CLEANUP(json_put_ptr) struct json_object *value = NULL;
    CLEANUP(bytes_free) struct bytes compact = {0};
    bool unread = outcome->error && strcmp(outcome->error, "sdk:Deserialize") == 0;
    if (len && json_parse(args, len, &args_limits, &value, NULL) == OUTCOME_OK && value) {
        TRY(json_write(value, &compact));
        if (!unread || (compact.len == len && memcmp(compact.data, args, len) == 0)) {
            TRY(bytes_append_text(out, ",\"args\":"));
            return bytes_append(out, compact.data, compact.len);
        }
    }
    TRY(bytes_append_text(out, ",\"args_base64\":\""));
    TRY(base64_encode(args, len, out));
    return bytes_append_text(out, "\"");
}

/* A text that was cut within a character is matched up to there. */
static result_t expect_write(const struct model_outcome *outcome, struct bytes *out)
{
    TRY(bytes_append_text(out, ",\"expect\":{"));
    if (outcome->kind == MODEL_OK) {
        TRY(bytes_append_text(out, "\"ok\":"));
        TRY(outcome->value.len ? bytes_append(out, outcome->value.data, outcome->value.len)
                               : bytes_append_text(out, "null"));
        return bytes_append_text(out, "}}");
    }
    const char *message = model_outcome_message(outcome);
    size_t len = strlen(message);
    while (!utf8_valid(message, len))
        len--;
    TRY(bytes_append_format(out, "\"error\":\"%s\"", outcome->error));
    TRY(text_write("message", message, len, out));
    return bytes_append_format(out, ",\"match\":\"%s\"}}", message[len] ? "contains" : "exact");
}

static result_t caller_write(const struct model_context *context, struct bytes *out)
{
    char key[NEAR_PUBLIC_KEY_TEXT_MAX], deposit[U128_TEXT_MAX];
    near_public_key_format(&context->signer_public_key, key);
    u128_format(context->deposit, deposit);
    TRY(bytes_append_format(out, ",\"signer\":\"%s\",\"signer_public_key\":\"%s\"", context->signer.text,
                            key));
    if (strcmp(context->predecessor.text, context->signer.text) != 0)
        TRY(bytes_append_format(out, ",\"predecessor\":\"%s\"", context->predecessor.text));
    return strcmp(deposit, "0") ? bytes_append_format(out, ",\"deposit_yocto\":\"%s\"", deposit) : OUTCOME_OK;
}

static result_t step_call(struct recorder *recorder, const struct model_context *context, const char *method,
                          const void *args, size_t args_len, const struct model_outcome *outcome)
{
    struct bytes *out = &recorder->steps;
    TRY(step_to(recorder, context->block_height, context->block_time_s));
    TRY(step_begin(recorder));
    TRY(bytes_append_text(out, "{\"call\":"));
    TRY(json_write_text(method, strlen(method), out));
    TRY(caller_write(context, out));
    TRY(args_write(args, args_len, outcome, out));
    return expect_write(outcome, out);
}

static void receipts_run(struct chain_listener *listener, uint64_t height, uint64_t time_s)
{
    struct recorder *recorder = recorder_of(listener);
    if (recorder->failed == OUTCOME_OK)
        recorder->failed = step_to(recorder, height, time_s);
    recorder->now.bytes = recorder->steps.len;
    recorder->settled = recorder->now;
}

static void called(struct chain_listener *listener, const struct model_context *context, const char *method,
                   const void *args, size_t args_len, const struct model_outcome *outcome)
{
    struct recorder *recorder = recorder_of(listener);
    recorder->calls++;
    recorder->refused = outcome->kind != MODEL_OK;
    if (recorder->failed == OUTCOME_OK)
        recorder->failed = step_call(recorder, context, method, args, args_len, outcome);
    recorder->now.bytes = recorder->steps.len;
}

static void go_back(struct recorder *recorder, const struct recorder_place *place)
{
    recorder->now = *place;
    recorder->steps.len = place->bytes;
    if (recorder->steps.data)
        recorder->steps.data[place->bytes] = 0;
}

/* A scenario cannot undo a call. When a receipt of several fails, none of them was there; when its only call was
 * refused, there is nothing to undo. */
static void settled(struct chain_listener *listener, bool stands)
{
    struct recorder *recorder = recorder_of(listener);
    if (!stands && (recorder->calls != 1 || !recorder->refused))
        go_back(recorder, &recorder->settled);
    recorder->settled = recorder->now;
    recorder->calls = 0;
}

static result_t start(struct recorder *recorder)
{
    struct chain *chain = recorder->chain;
    const struct block *head = blocks_head(&chain->blocks);
    recorder->now.height = head->height;
    recorder->now.time_s = head->time_ms / 1000;
    recorder->first_height = head->height;
    TRY(bytes_append_format(&recorder->genesis,
                            "{\"format\":\"mpc-genesis/1\",\"contract_id\":\"%s\",\"block_height\":%" PRIu64
                            ",\"block_time_s\":%" PRIu64 ",",
                            model_contract_id(chain->model), recorder->now.height, recorder->now.time_s));
    TRY(model_genesis_write(chain->model, &head->world->contract, &recorder->genesis));
    return bytes_append_text(&recorder->genesis, "}");
}

result_t recorder_start(struct recorder *recorder, struct chain *chain, const char *profile)
{
    *recorder =
        (struct recorder){.listener = {receipts_run, called, settled}, .chain = chain, .profile = profile};
    recorder->steps.len_max = recorder->genesis.len_max = SCENARIO_BYTES_MAX;
    result_t result = start(recorder);
    recorder->settled = recorder->now;
    chain->listener = &recorder->listener;
    if (result != OUTCOME_OK)
        recorder_stop(recorder);
    return result;
}

void recorder_stop(struct recorder *recorder)
{
    if (recorder->chain)
        recorder->chain->listener = NULL;
    bytes_free(&recorder->genesis);
    bytes_free(&recorder->steps);
    *recorder = (struct recorder){0};
}

/* Every rule, so that the scenario says the same in every profile. */
static result_t rules_write(const struct model *model, struct bytes *out)
{
    CLEANUP(bytes_free) struct bytes lines = {0};
    TRY(model_rules_write(model, &lines));
    char *rest = (char *)lines.data;
    const char *separator = ",\"rules\":[";
    for (const char *line; (line = strsep(&rest, "\n")) && *line; separator = ",") {
        TRY(bytes_append_text(out, separator));
        TRY(json_write_text(line, strlen(line), out));
    }
    return bytes_append_text(out, "]");
}

static result_t template_write(const struct model *model, struct bytes *out)
{
    size_t len;
    const char *text = model_launcher_template(model, &len);
    return text ? text_write("launcher_template", text, len, out) : OUTCOME_OK;
}

/* A contract that was never initialised has no views to compare. */
static result_t finals_write(const struct recorder *recorder, struct bytes *out)
{
    static const char *const views[] = {"migration_info", "state"};
    const struct world *world = blocks_head(&recorder->chain->blocks)->world;
    TRY(bytes_append_format(out, ",\n\"final\":{\"%s\":{", recorder->profile));
    const char *separator = "";
    for (size_t i = 0; i < ARRAY_LEN(views); i++) {
        CLEANUP(model_outcome_free) struct model_outcome outcome = {0};
        TRY(model_view(recorder->chain->model, &world->contract, recorder->now.height, recorder->now.time_s,
                       views[i], "{}", 2, &outcome));
        if (outcome.kind != MODEL_OK)
            continue;
        TRY(bytes_append_format(out, "%s\n\"%s\":", separator, views[i]));
        TRY(bytes_append(out, outcome.value.data, outcome.value.len));
        separator = ",";
    }
    return bytes_append_text(out, "}}");
}

static result_t head_write(const struct recorder *recorder, const char *id, struct bytes *out)
{
    TRY(bytes_append_text(out, "{\"format\":\"mpc-scenario/1\""));
    TRY(text_write("id", id, strlen(id), out));
    return bytes_append_format(out, ",\"title\":\"recorded from block %" PRIu64 " to %" PRIu64 "\"",
                               recorder->first_height, recorder->now.height);
}

static result_t scenario_write(const struct recorder *recorder, const char *id, struct bytes *out)
{
    TRY(head_write(recorder, id, out));
    TRY(rules_write(recorder->chain->model, out));
    TRY(template_write(recorder->chain->model, out));
    TRY(bytes_append_text(out, ",\n\"genesis\":"));
    TRY(bytes_append(out, recorder->genesis.data, recorder->genesis.len));
    TRY(bytes_append_text(out, ",\n\"steps\":["));
    TRY(bytes_append(out, recorder->steps.data, recorder->steps.len));
    TRY(bytes_append_text(out, "]"));
    TRY(finals_write(recorder, out));
    return bytes_append_text(out, "}\n");
}

result_t recorder_write(struct recorder *recorder, const char *id, struct bytes *out)
{
    CLEANUP(bytes_free) struct bytes text = {.len_max = SCENARIO_BYTES_MAX};
    const struct block *head = blocks_head(&recorder->chain->blocks);
    if (recorder->failed == OUTCOME_OK)
        recorder->failed = step_to(recorder, head->height, head->time_ms / 1000);
    recorder->now.bytes = recorder->steps.len;
    recorder->settled = recorder->now;
    TRY(recorder->failed);
    TRY(scenario_write(recorder, id, &text));
    return bytes_append(out, text.data, text.len);
}
