/* docs/contract.md: the whole table as Markdown. */
#include "contract-sim/explain/facts.h"

static const char head[] = "# The contract, as the simulator has it\n"
                           "\n"
                           "Made by `make docs` from the table in `contract-sim/model/`; changes go there. "
                           "`mpc-contract-sim explain METHOD` says the\n"
                           "same of one method, under the rules of one profile if `--profile` names it.\n";

static result_t diagram_section(struct bytes *out)
{
    TRY(bytes_append_text(
        out, "\n## The protocol's phases\n\n"
             "One edge per method that can lead from one phase to another. No other call changes the "
             "phase.\n\n```mermaid\n"));
    TRY(diagram_write(DIAGRAM_MERMAID, out));
    return bytes_append_text(out, "```\n");
}

static result_t rules_section(struct bytes *out)
{
    TRY(bytes_append_text(out, "\n## Rules\n\nEach can also be set alone: `--rule NAME=VALUE`.\n\n| rule |"));
    for (size_t i = 0; i < PROFILES; i++)
        TRY(bytes_append_format(out, " %s |", rules_profile_name(i)));
    TRY(bytes_append_text(out, " what it says |\n|---|---|---|---|---|\n"));
    for (enum rule rule = RULE_ALWAYS + 1; rule < RULE_COUNT; rule++) {
        TRY(bytes_append_format(out, "| `%s` |", rule_table[rule].name));
        for (size_t i = 0; i < PROFILES; i++) {
            TRY(bytes_append_text(out, " "));
            TRY(rule_value_write(rule, rule_table[rule].values[i], out));
            TRY(bytes_append_text(out, " |"));
        }
        TRY(bytes_append_format(out, " %s |\n", rule_table[rule].meaning));
    }
    return OUTCOME_OK;
}

static result_t checks_table(const struct facts *facts, struct bytes *out)
{
    if (!facts->check_count)
        return OUTCOME_OK;
    TRY(bytes_append_text(out, "\n| | check | asks that | else |\n|---|---|---|---|\n"));
    for (size_t i = 0; i < facts->check_count; i++) {
        uint8_t check = facts->checks[i];
        enum rule rule = facts_check_rule(check);
        TRY(bytes_append_format(out, "| %zu | %s | %s", i + 1, facts_check_name(check),
                                facts_check_says(check)));
        if (rule != RULE_ALWAYS) {
            TRY(bytes_append_format(out, " (only with `%s`: ", rule_table[rule].name));
            TRY(facts_profiles_write(rule, out));
            TRY(bytes_append_text(out, ")"));
        }
        TRY(bytes_append_format(out, " | `%s` |\n", fault_path(facts_check_fault(check))));
    }
    return OUTCOME_OK;
}

static result_t method_rules(const struct facts *facts, struct bytes *out)
{
    const char *before = "\nRules that bear on it: ";
    bool any = false;
    for (enum rule rule = RULE_ALWAYS + 1; rule < RULE_COUNT; rule++) {
        if (!facts->asks[rule])
            continue;
        TRY(bytes_append_format(out, "%s`%s`", any ? ", " : before, rule_table[rule].name));
        any = true;
    }
    return bytes_append_text(out, any ? ".\n" : "");
}

static result_t method_section(const struct method *method, struct bytes *out)
{
    const struct facts facts = facts_of(method);
    TRY(bytes_append_format(
        out, "\n### %s\n\nIt %s.\n\n- kind: %s\n- deposit: %s\n- returns: %s\n- exists in: ", method->name,
        method->does, facts_kind(method), facts_deposit(method), facts_returns(method)));
    TRY(facts_profiles_write(method->only_with, out));
    TRY(bytes_append_text(out, "\n- phases: "));
    TRY(facts_phases_write(facts.phases, out));
    if (method->leads_to) {
        TRY(bytes_append_text(out, "; can lead to "));
        TRY(facts_phases_write(method->leads_to, out));
    }
    TRY(bytes_append_text(out, "\n"));
    TRY(checks_table(&facts, out));
    return method_rules(&facts, out);
}

static result_t methods_section(struct bytes *out)
{
    TRY(bytes_append_text(out,
                          "\n## Methods\n\nChecks are made in the order of the tables; the first that fails "
                          "refuses the call, and nothing has changed.\n"));
    for (const struct method *method = method_table; method->name; method++)
        TRY(method_section(method, out));
    return OUTCOME_OK;
}

static result_t raisers_write(enum fault_id fault, struct bytes *out)
{
    const char *separator = "";
    if (fault == FAULT_DESERIALIZE)
        return bytes_append_text(out, facts_check_name(FACTS_ARGUMENTS));
    for (uint8_t guard = GUARD_END + 1; guard < GUARD_COUNT; guard++) {
        if (guard_table[guard].fault != fault)
            continue;
        TRY(bytes_append_format(out, "%s%s", separator, guard_table[guard].name));
        separator = ", ";
    }
    return OUTCOME_OK;
}

static result_t errors_section(struct bytes *out)
{
    TRY(bytes_append_text(
        out, "\n## Errors\n\nThe text stands behind `Smart contract panicked: `; words in braces are "
             "filled in. What begins with `panic:` has a line with the place in the source before it.\n\n"
             "| error | text | raised by |\n|---|---|---|\n"));
    for (enum fault_id fault = FAULT_NONE + 1; fault < FAULT_COUNT; fault++) {
        TRY(bytes_append_format(out, "| `%s` | ", fault_path(fault)));
        TRY(facts_fault_write(fault, NULL, out));
        TRY(bytes_append_text(out, " | "));
        TRY(raisers_write(fault, out));
        TRY(bytes_append_text(out, " |\n"));
    }
    return bytes_append_text(out,
                             "| `MethodNotFound` | MethodResolveError(MethodNotFound) | a method that does "
                             "not exist |\n");
}

result_t explain_page(struct bytes *out)
{
    TRY(bytes_append_text(out, head));
    TRY(diagram_section(out));
    TRY(rules_section(out));
    TRY(methods_section(out));
    return errors_section(out);
}
