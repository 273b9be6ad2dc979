#include "contract-sim/explain/facts.h"

#include <string.h>

#include "common/nearest.h"

static void checks_add(struct facts *facts, const struct method *method, const uint8_t *guards)
{
    for (; *guards != GUARD_END; guards++) {
        if (!guard_stands(method, *guards))
            continue;
        facts->checks[facts->check_count++] = *guards;
        facts->asks[guard_table[*guards].rule] = true;
        if (guard_table[*guards].rule == RULE_ALWAYS)
            facts->phases &= guard_table[*guards].phases;
    }
}

struct facts facts_of(const struct method *method)
{
    struct facts facts = {.phases = ANY_PHASE};
    checks_add(&facts, method, wrapper_table[method->kind].before);
    if (method->args)
        facts.checks[facts.check_count++] = FACTS_ARGUMENTS;
    checks_add(&facts, method, wrapper_table[method->kind].after);
    checks_add(&facts, method, method->guards);
    facts.asks[method->only_with] = true;
    for (size_t i = 0; method->rules[i] != RULE_ALWAYS; i++)
        facts.asks[method->rules[i]] = true;
    facts.asks[RULE_ALWAYS] = false;
    return facts;
}

const char *facts_check_name(uint8_t check)
{
    return check == FACTS_ARGUMENTS ? "arguments" : guard_table[check].name;
}

const char *facts_check_says(uint8_t check)
{
    return check == FACTS_ARGUMENTS ? "the arguments can be read" : guard_table[check].says;
}

enum fault_id facts_check_fault(uint8_t check)
{
    return check == FACTS_ARGUMENTS ? FAULT_DESERIALIZE : guard_table[check].fault;
}

enum rule facts_check_rule(uint8_t check)
{
    return check == FACTS_ARGUMENTS ? RULE_ALWAYS : guard_table[check].rule;
}

const char *facts_kind(const struct method *method)
{
    static const char *const kinds[METHOD_KINDS] = {
        [METHOD_CALL] = "call",
        [METHOD_VIEW] = "view",
        [METHOD_STATIC_VIEW] = "view, also before the contract is initialised",
        [METHOD_PRIVATE] = "private call, by the contract to itself",
        [METHOD_INIT] = "initialisation",
        [METHOD_PRIVATE_INIT] = "initialisation by the contract itself",
    };
    return kinds[method->kind];
}

const char *facts_deposit(const struct method *method)
{
    if (method->kind == METHOD_VIEW || method->kind == METHOD_STATIC_VIEW)
        return "none is needed, one is not looked at";
    return method->payable ? "may be attached; what has to be is among the checks"
                           : "none; one that is attached is refused";
}

const char *facts_returns(const struct method *method)
{
    static const char *const returns[] = {[RETURNS_NULL] = "null",
                                          [RETURNS_NUMBER] = "a number",
                                          [RETURNS_TRUTH] = "true or false",
                                          [RETURNS_NOTHING] = "nothing"};
    return method->view ? "JSON" : returns[method->returns];
}

result_t facts_fault_write(enum fault_id fault, const struct method *method, struct bytes *out)
{
    static const char method_word[] = "{method}";
    const char *text = fault_text(fault);
    if (*text == '@')
        text += strcspn(text, " ") + 1;
    while (*text) {
        size_t plain = strcspn(text, "{\n");
        TRY(bytes_append(out, text, plain));
        text += plain;
        if (method && strncmp(text, method_word, sizeof method_word - 1) == 0) {
            TRY(bytes_append_text(out, method->name));
            text += sizeof method_word - 1;
        } else if (*text) {
            TRY(bytes_append_text(out, *text == '\n' ? "\\n" : "{"));
            text += strncmp(text, "{{", 2) == 0 ? 2 : 1;
        }
    }
    return OUTCOME_OK;
}

static result_t name_append(const char *name, bool *first, struct bytes *out)
{
    TRY(bytes_append_text(out, *first ? "" : ", "));
    *first = false;
    return bytes_append_text(out, name);
}

result_t facts_phases_write(uint32_t phases, struct bytes *out)
{
    bool first = true;
    for (enum protocol_phase phase = PROTOCOL_NOT_INITIALIZED; phase <= PROTOCOL_RESHARING; phase++) {
        if (phases >> phase & 1u)
            TRY(name_append(protocol_phase_name(phase), &first, out));
    }
    return OUTCOME_OK;
}

result_t facts_profiles_write(enum rule rule, struct bytes *out)
{
    bool first = true;
    for (size_t i = 0; i < PROFILES; i++) {
        if (rule_table[rule].values[i])
            TRY(name_append(rules_profile_name(i), &first, out));
    }
    return first ? bytes_append_text(out, "no profile") : OUTCOME_OK;
}

result_t facts_rules_of(const struct explain_options *options, struct facts_rules *out, struct error *err)
{
    *out = (struct facts_rules){.options = options, .profile = options->profile};
    if (!options->profile && !options->rule_count) {
        for (enum rule rule = RULE_ALWAYS; rule < RULE_COUNT; rule++)
            out->rules.values[rule] = 1;
        return OUTCOME_OK;
    }
    if (!out->profile)
        out->profile = rules_profile_name(PROFILE_DESIGN);
    TRY(rules_of_profile(out->profile, &out->rules, err));
    for (size_t i = 0; i < options->rule_count; i++)
        TRY(rules_set(&out->rules, options->rules[i], err));
    return OUTCOME_OK;
}

bool facts_is_asked(const struct facts_rules *rules, uint8_t check)
{
    return rules->rules.values[facts_check_rule(check)];
}

bool facts_is_about_caller(const struct facts_rules *rules, uint8_t check)
{
    return check != FACTS_ARGUMENTS && guard_table[check].is_about_caller && facts_is_asked(rules, check);
}

result_t facts_method(const char *name, const struct method **out, struct error *err)
{
    struct nearest nearest = {.given = name, .given_len = strlen(name)};
    for (const struct method *method = method_table; method->name; method++) {
        *out = method;
        if (strcmp(method->name, name) == 0)
            return OUTCOME_OK;
        nearest_try(&nearest, method->name);
    }
    if (nearest.word)
        return error_set(err, OUTCOME_USAGE, "no method \"%.64s\"; did you mean %s?", name, nearest.word);
    return error_set(err, OUTCOME_USAGE, "no method \"%.64s\"; explain without a name lists all", name);
}
