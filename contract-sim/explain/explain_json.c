/* Rows of the table for programs. */
#include "contract-sim/explain/facts.h"

#include <string.h>

#include "common/json.h"

static result_t text_write(const char *text, struct bytes *out)
{
    return json_write_text(text, strlen(text), out);
}

static result_t member_write(const char *name, const char *text, struct bytes *out)
{
    TRY(bytes_append_format(out, ",\"%s\":", name));
    return text_write(text, out);
}

static result_t phases_write(const char *name, uint32_t phases, struct bytes *out)
{
    const char *separator = "";
    TRY(bytes_append_format(out, ",\"%s\":[", name));
    for (enum protocol_phase phase = PROTOCOL_NOT_INITIALIZED; phase <= PROTOCOL_RESHARING; phase++) {
        if (!(phases >> phase & 1u))
            continue;
        TRY(bytes_append_text(out, separator));
        TRY(text_write(protocol_phase_name(phase), out));
        separator = ",";
    }
    return bytes_append_text(out, "]");
}

static result_t profiles_write(enum rule rule, struct bytes *out)
{
    const char *separator = "";
    TRY(bytes_append_text(out, ",\"profiles\":["));
    for (size_t i = 0; i < PROFILES; i++) {
        if (!rule_table[rule].values[i])
            continue;
        TRY(bytes_append_text(out, separator));
        TRY(text_write(rules_profile_name(i), out));
        separator = ",";
    }
    return bytes_append_text(out, "]");
}

static result_t check_write(const struct method *method, uint8_t check, const struct facts_rules *rules,
                            struct bytes *out)
{
    CLEANUP(bytes_free) struct bytes text = {0};
    enum rule rule = facts_check_rule(check);
    TRY(facts_fault_write(facts_check_fault(check), method, &text));
    TRY(bytes_append_text(out, "{\"guard\":"));
    TRY(check == FACTS_ARGUMENTS ? bytes_append_text(out, "null") : text_write(guard_table[check].name, out));
    TRY(member_write("says", facts_check_says(check), out));
    TRY(bytes_append_format(out, ",\"asked\":%s,\"rule\":", facts_is_asked(rules, check) ? "true" : "false"));
    TRY(rule == RULE_ALWAYS ? bytes_append_text(out, "null") : text_write(rule_table[rule].name, out));
    TRY(member_write("error", fault_path(facts_check_fault(check)), out));
    TRY(member_write("text", (const char *)text.data, out));
    return bytes_append_text(out, "}");
}

static result_t caller_write(const struct facts *facts, const struct facts_rules *rules, struct bytes *out)
{
    const char *separator = "";
    TRY(bytes_append_text(out, ",\"caller\":["));
    for (size_t i = 0; i < facts->check_count; i++) {
        uint8_t check = facts->checks[i];
        if (!facts_is_about_caller(rules, check))
            continue;
        TRY(bytes_append_text(out, separator));
        TRY(text_write(guard_table[check].says, out));
        separator = ",";
    }
    return bytes_append_text(out, "]");
}

static result_t rules_list_write(const struct facts *facts, const struct facts_rules *rules,
                                 struct bytes *out)
{
    const char *separator = "";
    TRY(bytes_append_text(out, ",\"rules\":["));
    for (enum rule rule = RULE_ALWAYS + 1; rule < RULE_COUNT; rule++) {
        if (!facts->asks[rule])
            continue;
        CLEANUP(bytes_free) struct bytes value = {0};
        TRY(rule_value_write(rule, rules->rules.values[rule], &value));
        TRY(bytes_append_format(out, "%s{\"name\":", separator));
        TRY(text_write(rule_table[rule].name, out));
        TRY(bytes_append_text(out, ",\"value\":"));
        TRY(rules->profile ? text_write((const char *)value.data, out) : bytes_append_text(out, "null"));
        TRY(member_write("says", rule_table[rule].meaning, out));
        TRY(bytes_append_text(out, "}"));
        separator = ",";
    }
    return bytes_append_text(out, "]");
}

static result_t row_write(const struct method *method, const struct facts_rules *rules, struct bytes *out)
{
    const struct facts facts = facts_of(method);
    TRY(bytes_append_text(out, "{\"method\":"));
    TRY(text_write(method->name, out));
    TRY(bytes_append_format(out, ",\"exists\":%s",
                            rules->rules.values[method->only_with] ? "true" : "false"));
    TRY(member_write("kind", facts_kind(method), out));
    TRY(bytes_append_format(out, ",\"payable\":%s", method->payable ? "true" : "false"));
    TRY(member_write("does", method->does, out));
    TRY(member_write("returns", facts_returns(method), out));
    TRY(phases_write("phases", facts.phases, out));
    TRY(phases_write("leads_to", method->leads_to, out));
    TRY(profiles_write(method->only_with, out));
    TRY(caller_write(&facts, rules, out));
    TRY(bytes_append_text(out, ",\"checks\":["));
    for (size_t i = 0; i < facts.check_count; i++) {
        TRY(bytes_append_text(out, i ? "," : ""));
        TRY(check_write(method, facts.checks[i], rules, out));
    }
    TRY(bytes_append_text(out, "]"));
    TRY(rules_list_write(&facts, rules, out));
    return bytes_append_text(out, "}");
}

result_t explain_json(const char *method, const struct explain_options *options, struct bytes *out,
                      struct error *err)
{
    const struct method *row = method_table;
    struct facts_rules rules;
    TRY(facts_rules_of(options, &rules, err));
    if (method)
        TRY(facts_method(method, &row, err));
    TRY(bytes_append_text(out, "["));
    for (; row->name; row++) {
        TRY(row_write(row, &rules, out));
        if (method)
            break;
        TRY(bytes_append_text(out, row[1].name ? ",\n" : ""));
    }
    return bytes_append_text(out, "]\n");
}
