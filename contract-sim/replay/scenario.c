#include "contract-sim/replay/scenario.h"

#include <stdlib.h>
#include <string.h>

#include <json-c/linkhash.h>

#include "common/encoding.h"
#include "common/nearest.h"
#include "contract-sim/model/model.h"
#include "contract-sim/model/reader.h"

#define FORMAT "mpc-scenario/1"

static const struct json_limits scenario_limits = {.bytes_max = SCENARIO_BYTES_MAX, .depth_max = 64};

/* What may stand in each kind of step; a member that is not listed is a slip of the pen. */
static const char *const call_members[] = {"call",        "signer",        "signer_public_key",
                                           "predecessor", "deposit_yocto", "args",
                                           "args_base64", "expect",        NULL};
static const char *const view_members[] = {"view", "args", "pointer", "expect", NULL};
static const char *const advance_members[] = {"advance", NULL};

static bool members_known(struct reader *reader, const struct node *object, const char *const *names)
{
    json_object_object_foreach(object->value, name, value)
    {
        (void)value;
        size_t i = 0;
        while (names[i] && strcmp(names[i], name) != 0)
            i++;
        struct node member = {.parent = object, .member = name};
        if (!names[i])
            return reader_fail(reader, &member, AT_START, "unknown field `%s`", name);
    }
    return true;
}

static bool text_member(struct reader *reader, const struct node *object, const char *name, const char **out)
{
    struct node node;
    size_t len;
    return reader_member(reader, object, "an object", name, &node) && reader_text(reader, &node, out, &len);
}

static bool number_member(struct reader *reader, const struct node *object, const char *name, uint64_t *out)
{
    struct node node;
    return reader_member(reader, object, "an object", name, &node) && reader_u64(reader, &node, out);
}

static bool account_member(struct reader *reader, const struct node *node, struct account_id *out)
{
    const char *text;
    size_t len;
    if (!reader_text(reader, node, &text, &len))
        return false;
    return account_id_set(out, text, len) ||
           reader_fail(reader, node, AT_END, "\"%s\" is no account id", text);
}

/* Every profile of "by_profile" is checked when it is used; here only that there is an object to look at. */
static bool read_expect(struct reader *reader, const struct node *step, struct scenario_step *out)
{
    struct node expect;
    if (!reader_member(reader, step, "a step", "expect", &expect))
        return false;
    out->expect = expect.value;
    return json_object_is_type(expect.value, json_type_object) ||
           reader_fail_type(reader, &expect, "an object");
}

static bool read_deposit(struct reader *reader, const struct node *step, struct u128 *out)
{
    struct node node;
    const char *text;
    size_t len;
    if (!reader_optional(reader, step, "a step", "deposit_yocto", &node))
        return false;
    if (!node.value)
        return true;
    return reader_text(reader, &node, &text, &len) &&
           (u128_parse(text, len, out) ||
            reader_fail(reader, &node, AT_END, "\"%s\" is no amount of yoctoNEAR", text));
}

static bool read_signer_key(struct reader *reader, const struct node *step, struct near_public_key *out)
{
    struct node node;
    const char *text;
    size_t len;
    return reader_member(reader, step, "a step", "signer_public_key", &node) &&
           reader_text(reader, &node, &text, &len) &&
           (near_public_key_parse(text, len, out) == OUTCOME_OK ||
            reader_fail(reader, &node, AT_END, "\"%s\" is no public key", text));
}

/* "args", or the bytes themselves where they are no JSON, or the place of an error in them matters. */
static bool read_args(struct reader *reader, const struct node *step, struct scenario_step *out)
{
    CLEANUP(bytes_free) struct bytes raw = {0};
    struct node args, bytes;
    size_t len;
    if (!reader_optional(reader, step, "a step", "args_base64", &bytes))
        return false;
    if (!bytes.value) {
        if (!reader_member(reader, step, "a step", "args", &args))
            return false;
        out->args = args.value;
        return true;
    }
    return reader_text(reader, &bytes, &out->args_base64, &len) &&
           (base64_decode(out->args_base64, len, &raw, NULL) == OUTCOME_OK ||
            reader_fail(reader, &bytes, AT_END, "not base64"));
}

static bool read_call(struct reader *reader, const struct node *step, struct scenario_step *out)
{
    struct node signer, predecessor;
    if (!members_known(reader, step, call_members) || !text_member(reader, step, "call", &out->method) ||
        !reader_member(reader, step, "a step", "signer", &signer) ||
        !account_member(reader, &signer, &out->signer) ||
        !read_signer_key(reader, step, &out->signer_public_key) ||
        !reader_optional(reader, step, "a step", "predecessor", &predecessor) ||
        !read_deposit(reader, step, &out->deposit) || !read_args(reader, step, out))
        return false;
    out->kind = STEP_CALL;
    out->predecessor = out->signer;
    return (!predecessor.value || account_member(reader, &predecessor, &out->predecessor)) &&
           read_expect(reader, step, out);
}

static bool read_view(struct reader *reader, const struct node *step, struct scenario_step *out)
{
    struct node args, pointer;
    size_t len;
    if (!members_known(reader, step, view_members) || !text_member(reader, step, "view", &out->method) ||
        !reader_optional(reader, step, "a step", "args", &args) ||
        !reader_optional(reader, step, "a step", "pointer", &pointer))
        return false;
    out->kind = STEP_VIEW;
    out->args = args.value;
    out->pointer = "";
    return (!pointer.value || reader_text(reader, &pointer, &out->pointer, &len)) &&
           read_expect(reader, step, out);
}

static bool read_advance(struct reader *reader, const struct node *step, struct scenario_step *out)
{
    static const char *const members[] = {"blocks", "seconds", NULL};
    struct node advance, seconds;
    if (!members_known(reader, step, advance_members) ||
        !reader_member(reader, step, "a step", "advance", &advance) ||
        !reader_optional(reader, &advance, "an object", "seconds", &seconds) ||
        !members_known(reader, &advance, members))
        return false;
    out->kind = STEP_ADVANCE;
    int members_given = json_object_object_length(advance.value);
    if (members_given == 0)
        return reader_fail(reader, &advance, AT_START, "expected `blocks`, `seconds` or both");
    out->apart = members_given == 2;
    if (seconds.value && !reader_u64(reader, &seconds, &out->seconds))
        return false;
    return (seconds.value && !out->apart) || number_member(reader, &advance, "blocks", &out->blocks);
}

static bool read_step(struct reader *reader, const struct node *step, struct scenario_step *out)
{
    struct node call, view, advance;
    if (!reader_optional(reader, step, "a step", "call", &call) ||
        !reader_optional(reader, step, "a step", "view", &view) ||
        !reader_optional(reader, step, "a step", "advance", &advance))
        return false;
    if (call.value)
        return read_call(reader, step, out);
    if (view.value)
        return read_view(reader, step, out);
    if (advance.value)
        return read_advance(reader, step, out);
    return reader_fail(reader, step, AT_START, "expected `call`, `view` or `advance`");
}

static bool read_steps(struct reader *reader, const struct node *root, struct scenario *out)
{
    struct node steps;
    if (!reader_member(reader, root, "a scenario", "steps", &steps) ||
        !reader_array(reader, &steps, SCENARIO_STEPS_MAX, &out->step_count))
        return false;
    out->steps = calloc(out->step_count + 1, sizeof *out->steps);
    if (!out->steps)
        return reader_fail(reader, &steps, AT_START, "out of memory");
    for (size_t i = 0; i < out->step_count; i++) {
        struct node step = reader_element(&steps, i);
        if (!read_step(reader, &step, &out->steps[i]))
            return false;
    }
    return true;
}

static bool profile_known(struct reader *reader, const struct node *node, const char *name)
{
    struct nearest nearest = {.given = name, .given_len = strlen(name)};
    for (size_t i = 0; model_profile_name(i); i++) {
        if (strcmp(model_profile_name(i), name) == 0)
            return true;
        nearest_try(&nearest, model_profile_name(i));
    }
    return nearest.word ? reader_fail(reader, node, AT_START, "unknown profile \"%s\"; did you mean %s?",
                                      name, nearest.word)
                        : reader_fail(reader, node, AT_START, "unknown profile \"%s\"", name);
}

/* Set on the rules of some profile: whether a rule is one does not depend on which. */
static bool read_rules(struct reader *reader, const struct node *root, struct scenario *out)
{
    struct node list;
    struct rules rules;
    struct error err = {0};
    if (!reader_optional(reader, root, "a scenario", "rules", &list))
        return false;
    if (list.value && !reader_array(reader, &list, SCENARIO_RULES_MAX, &out->rule_count))
        return false;
    if (rules_of_profile(rules_profile_name(0), &rules, &err) != OUTCOME_OK)
        return reader_fail(reader, &list, AT_START, "%s", err.text);
    for (size_t i = 0; i < out->rule_count; i++) {
        struct node rule = reader_element(&list, i);
        size_t len;
        if (!reader_text(reader, &rule, &out->rules[i], &len))
            return false;
        if (rules_set(&rules, out->rules[i], &err) != OUTCOME_OK)
            return reader_fail(reader, &rule, AT_START, "%s", err.text);
    }
    return true;
}

static bool read_profiles(struct reader *reader, const struct node *root, struct scenario *out)
{
    struct node list;
    size_t count, len;
    if (!reader_optional(reader, root, "a scenario", "profiles", &list))
        return false;
    out->profiles = list.value;
    if (list.value && !reader_array(reader, &list, SCENARIO_PROFILES_MAX, &count))
        return false;
    for (size_t i = 0; list.value && i < count; i++) {
        struct node name = reader_element(&list, i);
        const char *text;
        if (!reader_text(reader, &name, &text, &len) || !profile_known(reader, &name, text))
            return false;
    }
    return true;
}

static bool read_launcher_template(struct reader *reader, const struct node *root, struct scenario *out)
{
    struct node node;
    return reader_optional(reader, root, "a scenario", "launcher_template", &node) &&
           (!node.value || reader_text(reader, &node, &out->launcher_template, &out->launcher_template_len));
}

static bool read_genesis(struct reader *reader, const struct node *root, struct scenario *out)
{
    struct node genesis, contract_id;
    if (!reader_member(reader, root, "a scenario", "genesis", &genesis) ||
        !number_member(reader, &genesis, "block_height", &out->block_height) ||
        !number_member(reader, &genesis, "block_time_s", &out->block_time_s) ||
        !reader_optional(reader, &genesis, "a genesis", "contract_id", &contract_id))
        return false;
    out->genesis = genesis.value;
    account_id_set(&out->contract_id, REPLAY_CONTRACT_ID, strlen(REPLAY_CONTRACT_ID));
    return !contract_id.value || account_member(reader, &contract_id, &out->contract_id);
}

static bool read_scenario(struct reader *reader, const struct node *root, struct scenario *out)
{
    struct node final, format_node = {.parent = root, .member = "format"};
    const char *format;
    if (!text_member(reader, root, "format", &format))
        return false;
    if (strcmp(format, FORMAT) != 0)
        return reader_fail(reader, &format_node, AT_END, "format is \"%s\", expected \"" FORMAT "\"", format);
    if (!text_member(reader, root, "id", &out->id) || !text_member(reader, root, "title", &out->title) ||
        !read_genesis(reader, root, out) || !read_profiles(reader, root, out) ||
        !read_rules(reader, root, out) || !read_launcher_template(reader, root, out) ||
        !read_steps(reader, root, out) || !reader_optional(reader, root, "a scenario", "final", &final))
        return false;
    out->final = final.value;
    return !final.value || json_object_is_type(final.value, json_type_object) ||
           reader_fail_type(reader, &final, "an object");
}

result_t scenario_parse(const char *text, size_t len, struct scenario *out, struct error *err)
{
    *out = (struct scenario){0};
    TRY(json_parse(text, len, &scenario_limits, &out->root, err));
    struct reader reader = {.text = text, .len = len};
    const struct node root = {.value = out->root};
    if (read_scenario(&reader, &root, out))
        return OUTCOME_OK;
    scenario_free(out);
    return error_set(err, OUTCOME_SCENARIO_MALFORMED, "%s", reader.detail);
}

void scenario_free(struct scenario *scenario)
{
    json_object_put(scenario->root);
    free(scenario->steps);
    *scenario = (struct scenario){0};
}

bool scenario_is_for(const struct scenario *scenario, const char *profile)
{
    size_t count = scenario->profiles ? json_object_array_length(scenario->profiles) : 0;
    for (size_t i = 0; i < count; i++) {
        if (strcmp(json_object_get_string(json_object_array_get_idx(scenario->profiles, i)), profile) == 0)
            return true;
    }
    return !scenario->profiles;
}

struct json_object *scenario_expectation(struct json_object *expect, const char *profile)
{
    struct json_object *by_profile;
    if (!json_object_object_get_ex(expect, "by_profile", &by_profile))
        return expect;
    struct json_object *mine = NULL;
    json_object_object_get_ex(by_profile, profile, &mine);
    return json_object_is_type(mine, json_type_object) ? mine : NULL;
}
