#include "contract-sim/replay/scenario.h"

#include <stdlib.h>
#include <string.h>

#include <json-c/linkhash.h>

#include "common/encoding.h"
#include "contract-sim/model/model.h"
#include "contract-sim/replay/replay.h"
#include "contract-sim/replay/words.h"

#define FORMAT "mpc-scenario/1"

static const struct json_limits scenario_limits = {.bytes_max = SCENARIO_BYTES_MAX, .depth_max = 64};

/* What may stand in each kind of step; a member that is not listed is a slip of the pen. */
static const char *const call_members[] = {"call",        "signer",        "signer_public_key",
                                           "predecessor", "deposit_yocto", "args",
                                           "args_base64", "expect",        NULL};
static const char *const view_members[] = {"view", "args", "pointer", "expect", NULL};
static const char *const advance_members[] = {"advance", NULL};
static const char *const step_members[] = {"call", "view", "advance", NULL};
/* And of the scenario. What is written beside them is a note. */
static const char *const scenario_members[] = {"format", "id",    "title",    "note",  "genesis",
                                               "steps",  "final", "profiles", "rules", "launcher_template",
                                               NULL};

static const char *match_word(size_t index)
{
    static const char *const words[] = {"exact", "contains", NULL};
    return words[index];
}

static bool text_member(struct reader *reader, const struct node *object, const char *name, const char **out)
{
    struct node node;
    size_t len;
    return reader_member(reader, object, "an object", name, &node) && reader_text(reader, &node, out, &len);
}

static bool number_member(struct reader *reader, const struct node *object, const char *name, uint64_t max,
                          uint64_t *out)
{
    struct node node;
    return reader_member(reader, object, "an object", name, &node) && reader_u64(reader, &node, out) &&
           (*out <= max ||
            reader_fail(reader, &node, AT_START, "expected at most %llu", (unsigned long long)max));
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

/* What is expected is said once: of two the second would never be looked at. */
static bool one_expected(struct reader *reader, const struct node *outcome, bool view)
{
    static const char *const words[] = {"ok", "error", "equals", "present"};
    size_t count = 0;
    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        count += json_object_object_get_ex(outcome->value, words[i], NULL) ? 1 : 0;
    return count == 1 || reader_fail(reader, outcome, AT_START, "expected one of %s",
                                     view ? "`equals`, `present` and `error`" : "`ok` and `error`");
}

/* The members beside `error`, and the truth of `present`. */
static bool read_details(struct reader *reader, const struct node *outcome)
{
    struct node match, message, present;
    const char *text;
    size_t len;
    if (!reader_optional(reader, outcome, "an object", "match", &match) ||
        !reader_optional(reader, outcome, "an object", "message", &message) ||
        !reader_optional(reader, outcome, "an object", "present", &present))
        return false;
    if (match.value && (!reader_text(reader, &match, &text, &len) ||
                        !word_check(reader, &match, AT_START, "match", text, match_word)))
        return false;
    if (present.value && !json_object_is_type(present.value, json_type_boolean))
        return reader_fail_type(reader, &present, "a boolean");
    return !message.value || reader_text(reader, &message, &text, &len);
}

/* What one profile's contract is expected to do. */
static bool read_outcome(struct reader *reader, const struct node *outcome, bool view)
{
    static const char *const call_words[] = {"ok", "error", "message", "match", NULL};
    static const char *const view_words[] = {"equals", "present", "error", "message", "match", NULL};
    struct node error;
    if (!reader_object(reader, outcome, "an object") ||
        !members_check(reader, outcome, view ? view_words : call_words, false) ||
        !one_expected(reader, outcome, view) ||
        !reader_optional(reader, outcome, "an object", "error", &error))
        return false;
    const char *text;
    size_t len;
    return (!error.value || (reader_text(reader, &error, &text, &len) &&
                             word_check(reader, &error, AT_START, "error", text, model_error_name))) &&
           read_details(reader, outcome);
}

static bool read_outcomes(struct reader *reader, const struct node *by_profile, bool view)
{
    if (!reader_object(reader, by_profile, "an object"))
        return false;
    json_object_object_foreach(by_profile->value, name, value)
    {
        const struct node outcome = {.value = value, .parent = by_profile, .member = name};
        if (!word_check(reader, &outcome, AT_NAME, "profile", name, model_profile_name) ||
            !read_outcome(reader, &outcome, view))
            return false;
    }
    return true;
}

static bool read_expect(struct reader *reader, const struct node *step, struct scenario_step *out)
{
    static const char *const members[] = {"by_profile", NULL};
    struct node expect, by_profile;
    bool view = out->kind == STEP_VIEW;
    if (!reader_member(reader, step, "a step", "expect", &expect) ||
        !reader_optional(reader, &expect, "an object", "by_profile", &by_profile))
        return false;
    out->expect = expect.value;
    if (!by_profile.value)
        return read_outcome(reader, &expect, view);
    return members_check(reader, &expect, members, false) && read_outcomes(reader, &by_profile, view);
}

static bool is_not_found(struct json_object *outcome)
{
    struct json_object *error;
    return json_object_object_get_ex(outcome, "error", &error) &&
           strcmp(json_object_get_string(error), "MethodNotFound") == 0;
}

/* A method that is expected not to be there may be called anything. */
static bool expects_not_found(struct json_object *expect)
{
    struct json_object *by_profile;
    if (!json_object_object_get_ex(expect, "by_profile", &by_profile))
        return is_not_found(expect);
    bool found = false;
    json_object_object_foreach(by_profile, name, outcome)
    {
        (void)name;
        found = found || is_not_found(outcome);
    }
    return found;
}

static bool method_check(struct reader *reader, const struct node *step, const struct scenario_step *out)
{
    bool view = out->kind == STEP_VIEW;
    const struct node method = {.parent = step, .member = view ? "view" : "call"};
    return expects_not_found(out->expect) ||
           word_check(reader, &method, AT_START, view ? "view" : "method", out->method, model_method_name);
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
    if (!members_check(reader, step, call_members, false) ||
        !text_member(reader, step, "call", &out->method) ||
        !reader_member(reader, step, "a step", "signer", &signer) ||
        !account_member(reader, &signer, &out->signer) ||
        !read_signer_key(reader, step, &out->signer_public_key) ||
        !reader_optional(reader, step, "a step", "predecessor", &predecessor) ||
        !read_deposit(reader, step, &out->deposit) || !read_args(reader, step, out))
        return false;
    out->kind = STEP_CALL;
    out->predecessor = out->signer;
    return (!predecessor.value || account_member(reader, &predecessor, &out->predecessor)) &&
           read_expect(reader, step, out) && method_check(reader, step, out);
}

/* At a pointer that is none there would be nothing, which may be what is expected. */
static bool read_pointer(struct reader *reader, const struct node *node, const char **out)
{
    size_t len;
    return reader_text(reader, node, out, &len) &&
           (replay_pointer_is_valid(*out, len) ||
            reader_fail(reader, node, AT_START, "\"%s\" is no JSON pointer: it begins with /", *out));
}

static bool read_view(struct reader *reader, const struct node *step, struct scenario_step *out)
{
    struct node args, pointer;
    if (!members_check(reader, step, view_members, false) ||
        !text_member(reader, step, "view", &out->method) ||
        !reader_optional(reader, step, "a step", "args", &args) ||
        !reader_optional(reader, step, "a step", "pointer", &pointer))
        return false;
    out->kind = STEP_VIEW;
    out->args = args.value;
    out->pointer = "";
    return (!pointer.value || read_pointer(reader, &pointer, &out->pointer)) &&
           read_expect(reader, step, out) && method_check(reader, step, out);
}

static bool read_advance(struct reader *reader, const struct node *step, struct scenario_step *out)
{
    static const char *const members[] = {"blocks", "seconds", NULL};
    struct node advance, seconds;
    if (!members_check(reader, step, advance_members, false) ||
        !reader_member(reader, step, "a step", "advance", &advance) ||
        !reader_optional(reader, &advance, "an object", "seconds", &seconds) ||
        !members_check(reader, &advance, members, false))
        return false;
    out->kind = STEP_ADVANCE;
    int members_given = json_object_object_length(advance.value);
    if (members_given == 0)
        return reader_fail(reader, &advance, AT_START, "expected `blocks`, `seconds` or both");
    out->apart = members_given == 2;
    if (seconds.value && !number_member(reader, &advance, "seconds", SCENARIO_ADVANCE_MAX, &out->seconds))
        return false;
    return (seconds.value && !out->apart) ||
           number_member(reader, &advance, "blocks", SCENARIO_ADVANCE_MAX, &out->blocks);
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
    return members_check(reader, step, step_members, false) &&
           reader_fail(reader, step, AT_START, "expected `call`, `view` or `advance`");
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
        if (!reader_text(reader, &name, &text, &len) ||
            !word_check(reader, &name, AT_START, "profile", text, model_profile_name))
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
        !number_member(reader, &genesis, "block_height", SCENARIO_START_MAX, &out->block_height) ||
        !number_member(reader, &genesis, "block_time_s", SCENARIO_START_MAX, &out->block_time_s) ||
        !reader_optional(reader, &genesis, "a genesis", "contract_id", &contract_id))
        return false;
    out->genesis = genesis.value;
    account_id_set(&out->contract_id, REPLAY_CONTRACT_ID, strlen(REPLAY_CONTRACT_ID));
    return !contract_id.value || account_member(reader, &contract_id, &out->contract_id);
}

static bool read_final(struct reader *reader, const struct node *final)
{
    static const char *const views[] = {"migration_info", "state", NULL};
    if (!reader_object(reader, final, "an object"))
        return false;
    json_object_object_foreach(final->value, name, value)
    {
        const struct node mine = {.value = value, .parent = final, .member = name};
        if (!word_check(reader, &mine, AT_NAME, "profile", name, model_profile_name) ||
            !reader_object(reader, &mine, "an object") || !members_check(reader, &mine, views, false))
            return false;
    }
    return true;
}

static bool read_scenario(struct reader *reader, const struct node *root, struct scenario *out)
{
    struct node final, format_node = {.parent = root, .member = "format"};
    const char *format;
    if (!reader_object(reader, root, "an object") || !members_check(reader, root, scenario_members, true) ||
        !text_member(reader, root, "format", &format))
        return false;
    if (strcmp(format, FORMAT) != 0)
        return reader_fail(reader, &format_node, AT_END, "format is \"%s\", expected \"" FORMAT "\"", format);
    if (!text_member(reader, root, "id", &out->id) || !text_member(reader, root, "title", &out->title) ||
        !read_genesis(reader, root, out) || !read_profiles(reader, root, out) ||
        !read_rules(reader, root, out) || !read_launcher_template(reader, root, out) ||
        !read_steps(reader, root, out) || !reader_optional(reader, root, "a scenario", "final", &final))
        return false;
    out->final = final.value;
    return !final.value || read_final(reader, &final);
}

result_t scenario_parse(const char *text, size_t len, struct scenario *out, struct error *err)
{
    *out = (struct scenario){0};
    TRY(json_parse(text, len, &scenario_limits, &out->root, err));
    struct reader reader = {.text = text, .len = len, .for_people = true};
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
