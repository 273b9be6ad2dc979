/* Rows of the table for a terminal. */
#include "contract-sim/explain/facts.h"

#include <string.h>

#define WIDTH 100
#define LABEL 12 /* columns of "  phases    " */

/* Words, broken into lines that begin at column `indent`; the cursor stands there already. */
static result_t words_write(const char *text, size_t indent, struct bytes *out)
{
    size_t column = indent;
    while (*text) {
        size_t len = strcspn(text, " ");
        if (column > indent && column + 1 + len > WIDTH) {
            TRY(bytes_append_format(out, "\n%*s", (int)indent, ""));
            column = indent;
        }
        TRY(bytes_append_format(out, "%s%.*s", column > indent ? " " : "", (int)len, text));
        column += len + (column > indent);
        text += len + strspn(text + len, " ");
    }
    return bytes_append_text(out, "\n");
}

static result_t field_write(const char *label, const char *text, struct bytes *out)
{
    TRY(bytes_append_format(out, "  %-*s", LABEL - 2, label));
    return words_write(text, LABEL, out);
}

struct view {
    const struct method *method;
    const struct facts_rules *rules;
    struct facts facts;
};

static result_t profiles_write(const struct view *view, struct bytes *out)
{
    CLEANUP(bytes_free) struct bytes text = {0};
    TRY(facts_profiles_write(view->method->only_with, &text));
    if (view->method->only_with != RULE_ALWAYS)
        TRY(bytes_append_format(&text, " (%s)", rule_table[view->method->only_with].name));
    return field_write("exists in", (const char *)text.data, out);
}

static result_t phases_write(const struct view *view, struct bytes *out)
{
    CLEANUP(bytes_free) struct bytes text = {0};
    TRY(facts_phases_write(view->facts.phases, &text));
    if (view->method->leads_to) {
        TRY(bytes_append_text(&text, "; can lead to "));
        TRY(facts_phases_write(view->method->leads_to, &text));
    }
    return field_write("phases", (const char *)text.data, out);
}

static result_t caller_write(const struct view *view, struct bytes *out)
{
    CLEANUP(bytes_free) struct bytes text = {0};
    for (size_t i = 0; i < view->facts.check_count; i++) {
        uint8_t check = view->facts.checks[i];
        if (facts_is_about_caller(view->rules, check))
            TRY(bytes_append_format(&text, "%s%s", text.len ? "; " : "", guard_table[check].says));
    }
    return field_write("who", text.len ? (const char *)text.data : "anybody", out);
}

/* "NAME=VALUE", or the name alone where no rules in particular are meant. */
static result_t setting_write(const struct view *view, enum rule rule, struct bytes *out)
{
    TRY(bytes_append_text(out, rule_table[rule].name));
    if (!view->rules->profile)
        return OUTCOME_OK;
    TRY(bytes_append_text(out, "="));
    return rule_value_write(rule, view->rules->rules.values[rule], out);
}

static result_t check_rule_write(const struct view *view, enum rule rule, struct bytes *out)
{
    if (rule == RULE_ALWAYS)
        return OUTCOME_OK;
    TRY(bytes_append_text(out, view->rules->profile ? " (" : " (only with "));
    TRY(setting_write(view, rule, out));
    if (!view->rules->profile) {
        TRY(bytes_append_text(out, ": "));
        TRY(facts_profiles_write(rule, out));
    }
    return bytes_append_text(out, ")");
}

static result_t check_write(const struct view *view, size_t number, uint8_t check, struct bytes *out)
{
    CLEANUP(bytes_free) struct bytes says = {0};
    CLEANUP(bytes_free) struct bytes refusal = {0};
    TRY(bytes_append_format(&says, "%s: %s", facts_check_name(check), facts_check_says(check)));
    TRY(check_rule_write(view, facts_check_rule(check), &says));
    TRY(bytes_append_format(&refusal, "%s: ", fault_path(facts_check_fault(check))));
    TRY(facts_fault_write(facts_check_fault(check), view->method, &refusal));
    TRY(bytes_append_format(out, "  %2zu  ", number));
    TRY(words_write((const char *)says.data, 6, out));
    TRY(bytes_append_text(out, "      else "));
    return words_write((const char *)refusal.data, 11, out);
}

static result_t checks_write(const struct view *view, struct bytes *out)
{
    size_t number = 0;
    if (!view->facts.check_count)
        return OUTCOME_OK;
    TRY(bytes_append_text(out,
                          "\n  Checks, in this order; the first that fails refuses the call, and nothing "
                          "has changed:\n\n"));
    for (size_t i = 0; i < view->facts.check_count; i++) {
        if (facts_is_asked(view->rules, view->facts.checks[i]))
            TRY(check_write(view, ++number, view->facts.checks[i], out));
    }
    return OUTCOME_OK;
}

static result_t rule_write(const struct view *view, enum rule rule, struct bytes *out)
{
    CLEANUP(bytes_free) struct bytes text = {0};
    TRY(setting_write(view, rule, &text));
    TRY(bytes_append_format(&text, ": %s", rule_table[rule].meaning));
    TRY(bytes_append_text(out, "    "));
    return words_write((const char *)text.data, 6, out);
}

static result_t rules_list_write(const struct view *view, struct bytes *out)
{
    bool any = false;
    for (enum rule rule = RULE_ALWAYS + 1; rule < RULE_COUNT; rule++) {
        if (!view->facts.asks[rule])
            continue;
        if (!any)
            TRY(bytes_append_text(out, "\n  Rules that bear on it:\n\n"));
        any = true;
        TRY(rule_write(view, rule, out));
    }
    return OUTCOME_OK;
}

static result_t heading_write(const struct view *view, struct bytes *out)
{
    TRY(bytes_append_text(out, view->method->name));
    if (view->rules->profile)
        TRY(bytes_append_format(out, ", in profile %s", view->rules->profile));
    for (size_t i = 0; i < view->rules->options->rule_count; i++)
        TRY(bytes_append_format(out, "%s%s", i ? ", " : " with ", view->rules->options->rules[i]));
    return bytes_append_text(out, "\n\n");
}

static result_t missing_write(const struct view *view, struct bytes *out)
{
    CLEANUP(bytes_free) struct bytes text = {0};
    TRY(bytes_append_text(&text, "not here ("));
    TRY(setting_write(view, view->method->only_with, &text));
    TRY(bytes_append_text(&text, "): a call gets MethodNotFound; it is in "));
    TRY(facts_profiles_write(view->method->only_with, &text));
    return field_write("exists", (const char *)text.data, out);
}

static result_t row_write(const struct view *view, struct bytes *out)
{
    TRY(heading_write(view, out));
    if (!view->rules->rules.values[view->method->only_with])
        return missing_write(view, out);
    TRY(field_write("kind", facts_kind(view->method), out));
    TRY(field_write("deposit", facts_deposit(view->method), out));
    TRY(field_write("returns", facts_returns(view->method), out));
    TRY(profiles_write(view, out));
    TRY(phases_write(view, out));
    TRY(caller_write(view, out));
    TRY(field_write("effect", view->method->does, out));
    TRY(checks_write(view, out));
    return rules_list_write(view, out);
}

result_t explain_text(const char *method, const struct explain_options *options, struct bytes *out,
                      struct error *err)
{
    const struct method *row = method_table;
    struct facts_rules rules;
    TRY(facts_rules_of(options, &rules, err));
    if (method)
        TRY(facts_method(method, &row, err));
    for (; row->name; row++) {
        struct view view = {.method = row, .rules = &rules, .facts = facts_of(row)};
        TRY(row_write(&view, out));
        if (method)
            break;
        TRY(bytes_append_text(out, row[1].name ? "\n" : ""));
    }
    return OUTCOME_OK;
}
