/* Steps as JSON, and what they do to the contract of every profile. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "contract-sim/author/compiler.h"
#include "contract-sim/replay/replay.h"

/* The default of contract.md 6. */
#define HEIGHT    1000u
#define TIME_S    1700000000u
#define EPOCH     5u
#define THRESHOLD 2u
static const struct slice default_members = {"alice,bob,carol", 15};
static const struct slice default_domains = {"CaitSith", 8};

static struct slice setting_or(const struct settings *settings, enum setting setting, struct slice otherwise)
{
    return setting_given(settings, setting) ? settings->values[setting] : otherwise;
}

static result_t members_write(struct compiler *compiler, uint64_t *count, struct bytes *out)
{
    CLEANUP(json_put_ptr) struct json_object *members = json_object_new_array();
    struct slice list = setting_or(&compiler->genesis, SETTING_MEMBERS, default_members);
    struct slice rest = list;
    struct slice word;
    if (!members)
        return OUTCOME_NO_MEMORY;
    *count = 0;
    while (list_next(&rest, &word))
        TRY(actor_add(compiler, word));
    TRY(participants_add(compiler, list, members, count));
    return json_write(members, out);
}

static result_t genesis_domains(struct compiler *compiler, struct bytes *domains, struct bytes *keys)
{
    struct slice list = setting_or(&compiler->genesis, SETTING_DOMAINS, default_domains);
    if (slice_is(list, "none"))
        list = (struct slice){0};
    return domains_write(compiler, list, 0, domains, keys);
}

static uint64_t list_count(const struct bytes *domains)
{
    uint64_t count = 0;
    for (size_t i = 0; i < domains->len; i++)
        count += domains->data[i] == '{';
    return count;
}

static result_t init_running_write(struct compiler *compiler, struct bytes *out)
{
    CLEANUP(bytes_free) struct bytes members = {0};
    CLEANUP(bytes_free) struct bytes domains = {0};
    CLEANUP(bytes_free) struct bytes keys = {0};
    uint64_t count;
    uint64_t epoch = EPOCH;
    TRY(members_write(compiler, &count, &members));
    TRY(genesis_domains(compiler, &domains, &keys));
    uint64_t least = (3 * count + 4) / 5;
    uint64_t threshold = least > THRESHOLD ? least : THRESHOLD;
    TRY(setting_u64(compiler, &compiler->genesis, SETTING_THRESHOLD, &threshold));
    TRY(setting_u64(compiler, &compiler->genesis, SETTING_EPOCH, &epoch));
    TRY(bytes_append_format(out,
                            "{\"domains\":%s,\"next_domain_id\":%" PRIu64 ",\"keyset\":{\"epoch_id\":%" PRIu64
                            ",\"domains\":%s},",
                            (const char *)domains.data, list_count(&domains), epoch,
                            (const char *)keys.data));
    return bytes_append_format(out,
                               "\"parameters\":{\"participants\":{\"next_id\":%" PRIu64
                               ",\"participants\":%s},\"threshold\":%" PRIu64 "},\"init_config\":null}",
                               count, (const char *)members.data, threshold);
}

static result_t number_setting(struct compiler *compiler, enum setting setting, uint64_t *out)
{
    TRY(setting_u64(compiler, &compiler->genesis, setting, out));
    return *out <= SCENARIO_START_MAX
               ? OUTCOME_OK
               : lexer_fail(&compiler->lexer, compiler->genesis.values[setting].text, "%s is at most %llu",
                            setting_names[setting], SCENARIO_START_MAX);
}

/* The settings, then what the statement changes in them. */
static result_t genesis_write(struct compiler *compiler, uint64_t *height, uint64_t *time_s,
                              bool *initialised)
{
    CLEANUP(bytes_free) struct bytes text = {0};
    *height = HEIGHT;
    *time_s = TIME_S;
    *initialised = true;
    TRY(number_setting(compiler, SETTING_HEIGHT, height));
    TRY(number_setting(compiler, SETTING_TIME, time_s));
    if (compiler->start)
        return start_write(compiler, height, time_s);
    TRY(setting_yes(compiler, &compiler->genesis, SETTING_INITIALISED, initialised));
    if (compiler->genesis.json.text)
        TRY(value_write(compiler, compiler->genesis.json, &text));
    else
        TRY(init_running_write(compiler, &text));
    TRY(args_patch(compiler, &compiler->genesis, &text, &compiler->init_running));
    TRY(bytes_append_text(&compiler->genesis_json, "{"));
    if (*initialised)
        TRY(bytes_append_format(&compiler->genesis_json, "\"init_running\":%s,",
                                (const char *)compiler->init_running.data));
    else
        TRY(bytes_append_text(&compiler->genesis_json, "\"state\":\"NotInitialized\","));
    return bytes_append_format(&compiler->genesis_json,
                               "\"block_height\":%" PRIu64 ",\"block_time_s\":%" PRIu64 "}", *height,
                               *time_s);
}

static result_t world_rules(struct compiler *compiler, struct world *world)
{
    for (size_t i = 0; i < compiler->rule_count; i++) {
        CLEANUP(bytes_free) struct bytes setting = {0};
        struct error err = {0};
        TRY(bytes_append(&setting, compiler->rules[i].text, compiler->rules[i].len));
        if (model_rule_set(world->model, (const char *)setting.data, &err) != OUTCOME_OK)
            return lexer_fail(&compiler->lexer, compiler->rules[i].text, "%s", err.text);
    }
    return OUTCOME_OK;
}

static result_t world_template(struct compiler *compiler, struct world *world)
{
    CLEANUP(json_put_ptr) struct json_object *text = NULL;
    struct slice slice = compiler->launcher_template;
    struct error err = {0};
    if (!slice.text)
        return OUTCOME_OK;
    TRY(lexer_json(&compiler->lexer, slice, &text));
    const char *content = json_object_get_string(text);
    if (model_launcher_template_set(world->model, content, strlen(content), &err) != OUTCOME_OK)
        return lexer_fail(&compiler->lexer, slice.text, "%s", err.text);
    return OUTCOME_OK;
}

static result_t world_begin(struct compiler *compiler, struct world *world, struct json_object *genesis)
{
    struct error err = {0};
    TRY(model_new(world->profile, REPLAY_CONTRACT_ID, &world->model, &err));
    TRY(world_rules(compiler, world));
    TRY(world_template(compiler, world));
    result_t result = model_genesis(world->model, genesis, world->height, world->time_s, &world->state, &err);
    if (result == OUTCOME_NO_MEMORY || result == OUTCOME_OK)
        return result;
    return lexer_fail(&compiler->lexer, compiler->genesis_at, "genesis: %s", err.text);
}

static result_t members_attest(struct compiler *compiler)
{
    static const struct expectation nothing_said;
    struct slice list = setting_or(&compiler->genesis, SETTING_MEMBERS, default_members);
    struct method_call call = {.method = "submit_participant_info",
                               .form = method_form("submit_participant_info"),
                               .at = compiler->genesis_at};
    struct slice word;
    struct actor actor;
    bool attested = true;
    TRY(setting_yes(compiler, &compiler->genesis, SETTING_ATTESTED, &attested));
    const char *first_step = compiler->at;
    size_t first_line = compiler->line;
    compiler->at = compiler->genesis_at;
    compiler->line = compiler->genesis_line;
    while (attested && list_next(&list, &word)) {
        TRY(actor_read(compiler, word, "node", &actor));
        TRY(call_emit(compiler, &call, &actor, &nothing_said));
    }
    compiler->at = first_step;
    compiler->line = first_line;
    return OUTCOME_OK;
}

result_t compiler_begin(struct compiler *compiler)
{
    CLEANUP(json_put_ptr) struct json_object *genesis = NULL;
    uint64_t height, time_s;
    bool initialised;
    if (compiler->begun)
        return OUTCOME_OK;
    compiler->begun = true;
    TRY(genesis_write(compiler, &height, &time_s, &initialised));
    TRY(json_parse((const char *)compiler->genesis_json.data, compiler->genesis_json.len, &json_limits_view,
                   &genesis, NULL));
    for (size_t i = 0; i < compiler->world_count; i++) {
        compiler->worlds[i].height = height;
        compiler->worlds[i].time_s = time_s;
        TRY(world_begin(compiler, &compiler->worlds[i], genesis));
    }
    /* Members that come with keys of their own are left as they are. */
    if (compiler->start || compiler->genesis.json.text)
        return start_actors(compiler);
    return initialised ? members_attest(compiler) : OUTCOME_OK;
}

/* What is expected in one world. */
static const struct bytes *expected_in(const struct expectation *expect, size_t world)
{
    return expect->by_world[world].len ? &expect->by_world[world] : &expect->others;
}

static bool expected_alike(const struct compiler *compiler, const struct expectation *expect)
{
    const struct bytes *first = expected_in(expect, 0);
    for (size_t i = 1; i < compiler->world_count; i++) {
        const struct bytes *other = expected_in(expect, i);
        if (other->len != first->len || (first->len && memcmp(other->data, first->data, first->len) != 0))
            return false;
    }
    return true;
}

static result_t expectation_text(const struct bytes *expected, struct bytes *out)
{
    return expected->len ? bytes_append(out, expected->data, expected->len)
                         : bytes_append_text(out, "{\"ok\":null}");
}

static result_t expectation_write(const struct compiler *compiler, const struct expectation *expect,
                                  struct bytes *out)
{
    TRY(bytes_append_text(out, ",\"expect\":"));
    if (expected_alike(compiler, expect))
        return expectation_text(expected_in(expect, 0), out);
    TRY(bytes_append_text(out, "{\"by_profile\":{"));
    for (size_t i = 0; i < compiler->world_count; i++) {
        TRY(bytes_append_format(out, "%s\"%s\":", i ? "," : "", compiler->worlds[i].profile));
        TRY(expectation_text(expected_in(expect, i), out));
    }
    return bytes_append_text(out, "}}");
}

/* A line of "steps", begun with what every step has. */
static result_t step_begin(struct compiler *compiler, const char *kind)
{
    struct authored *out = compiler->out;
    if (out->step_count == AUTHOR_STEPS_MAX)
        return lexer_fail(&compiler->lexer, compiler->at, "more than %u steps in one scenario",
                          AUTHOR_STEPS_MAX);
    size_t *lines = realloc(out->lines, (out->step_count + 1) * sizeof *lines);
    if (!lines)
        return OUTCOME_NO_MEMORY;
    out->lines = lines;
    lines[out->step_count] = compiler->line;
    return bytes_append_format(&compiler->steps, "%s\n{\"%s\":", out->step_count++ ? "," : "", kind);
}

/* What is attached: nothing unless the method takes something; for so many grants so many times the price. */
static result_t deposit_of(struct compiler *compiler, const struct method_call *call, struct u128 *out)
{
    struct slice given = call->settings.values[SETTING_DEPOSIT];
    const char *usual = call->form->deposit ? call->form->deposit : "0";
    uint64_t grants = 1;
    if (given.text)
        return u128_parse(given.text, given.len, out)
                   ? OUTCOME_OK
                   : lexer_fail(&compiler->lexer, given.text, "\"%.*s\" is no amount of yoctoNEAR",
                                (int)given.len, given.text);
    TRY(setting_u64(compiler, &call->settings, SETTING_GRANTS, &grants));
    bool fits = u128_parse(usual, strlen(usual), out) && u128_mul_u64(*out, grants, out);
    return fits ? OUTCOME_OK
                : lexer_fail(&compiler->lexer, call->at,
                             "the deposit for so many grants is too large: write one");
}

static result_t context_make(struct compiler *compiler, const struct method_call *call,
                             const struct actor *signer, struct model_context *out)
{
    struct actor via = *signer;
    *out = (struct model_context){.signer = signer->account};
    if (setting_given(&call->settings, SETTING_VIA))
        TRY(actor_read(compiler, call->settings.values[SETTING_VIA], "op", &via));
    out->predecessor = via.account;
    actor_public_key(signer, &out->signer_public_key);
    return deposit_of(compiler, call, &out->deposit);
}

static result_t call_write(struct compiler *compiler, const char *method, const struct model_context *context,
                           const struct bytes *args, const struct expectation *expect)
{
    struct bytes *out = &compiler->steps;
    char key[NEAR_PUBLIC_KEY_TEXT_MAX], deposit[U128_TEXT_MAX];
    near_public_key_format(&context->signer_public_key, key);
    u128_format(context->deposit, deposit);
    TRY(step_begin(compiler, "call"));
    TRY(json_write_text(method, strlen(method), out));
    TRY(bytes_append_format(out, ",\"signer\":\"%s\",\"signer_public_key\":\"%s\"", context->signer.text,
                            key));
    if (!account_id_equal(&context->signer, &context->predecessor))
        TRY(bytes_append_format(out, ",\"predecessor\":\"%s\"", context->predecessor.text));
    if (context->deposit.low || context->deposit.high)
        TRY(bytes_append_format(out, ",\"deposit_yocto\":\"%s\"", deposit));
    TRY(bytes_append_text(out, ",\"args\":"));
    TRY(bytes_append(out, args->data, args->len));
    TRY(expectation_write(compiler, expect, out));
    return bytes_append_text(out, "}");
}

result_t call_emit(struct compiler *compiler, const struct method_call *call, const struct actor *signer,
                   const struct expectation *expect)
{
    CLEANUP(bytes_free) struct bytes args = {0};
    struct model_context context;
    TRY(method_args(compiler, call, signer, &args));
    TRY(context_make(compiler, call, signer, &context));
    TRY(call_write(compiler, call->method, &context, &args, expect));
    for (size_t i = 0; i < compiler->world_count; i++) {
        CLEANUP(model_outcome_free) struct model_outcome outcome = {0};
        struct world *world = &compiler->worlds[i];
        context.block_height = world->height;
        context.block_time_s = world->time_s;
        TRY(model_call(world->model, &world->state, &context, call->method, args.data, args.len,
                       &world->state, &outcome));
    }
    return OUTCOME_OK;
}

result_t view_emit(struct compiler *compiler, const struct method_call *call, struct slice pointer,
                   const struct expectation *expect)
{
    static const struct actor nobody = {.name = "mpc", .account = {"mpc.near"}, .key = "op"};
    CLEANUP(bytes_free) struct bytes args = {0};
    struct bytes *out = &compiler->steps;
    TRY(method_args(compiler, call, &nobody, &args));
    TRY(step_begin(compiler, "view"));
    TRY(json_write_text(call->method, strlen(call->method), out));
    if (strcmp((const char *)args.data, "{}") != 0)
        TRY(bytes_append_format(out, ",\"args\":%s", (const char *)args.data));
    TRY(bytes_append_text(out, ",\"pointer\":"));
    TRY(json_write_text(pointer.text ? pointer.text : "", pointer.len, out));
    TRY(expectation_write(compiler, expect, out));
    return bytes_append_text(out, "}");
}

result_t advance_emit(struct compiler *compiler, uint64_t blocks, uint64_t seconds)
{
    const struct scenario_step step = {.kind = STEP_ADVANCE, .blocks = blocks, .seconds = seconds};
    TRY(step_begin(compiler, "advance"));
    TRY(bytes_append_format(&compiler->steps, "{\"%s\":%" PRIu64 "}}", seconds ? "seconds" : "blocks",
                            seconds ? seconds : blocks));
    for (size_t i = 0; i < compiler->world_count; i++) {
        struct world *world = &compiler->worlds[i];
        TRY(replay_advance(world->model, &world->state, &world->height, &world->time_s, &step));
    }
    return OUTCOME_OK;
}
