/* What the rows say in words and sets is true: every call of our scenarios, in every profile, is made once
 * more with each rule turned, and what was seen is compared with what the table says. */
#include "contract-sim/explain/facts.h"
#include "contract-sim/replay/replay.h"
#include "tests/support/scenarios.h"
#include "tests/support/support.h"

#include <stdio.h>

static struct {
    bool edge[METHOD_ROWS_MAX][PROTOCOL_RESHARING + 1][PROTOCOL_RESHARING + 1];
    bool asks[METHOD_ROWS_MAX][RULE_COUNT];
} seen;

/* One scenario on its way. */
struct watch {
    struct model *model;
    struct model_state state;
    uint64_t height;
    uint64_t time_s;
};

static size_t row_of(const char *name)
{
    size_t row = 0;
    while (row < method_count && strcmp(method_table[row].name, name) != 0)
        row++;
    return row;
}

static void call_make(const struct watch *watch, const struct scenario_step *step, struct model_state *after,
                      struct model_outcome *outcome)
{
    CLEANUP(bytes_free) struct bytes args = {0};
    struct model_context context = {.signer = step->signer,
                                    .signer_public_key = step->signer_public_key,
                                    .predecessor = step->predecessor,
                                    .deposit = step->deposit,
                                    .block_height = watch->height,
                                    .block_time_s = watch->time_s};
    if (step->args)
        ck_assert_ok(json_write(step->args, &args));
    ck_assert_ok(
        model_call(watch->model, &watch->state, &context, step->method, args.data, args.len, after, outcome));
}

static void rule_set(struct watch *watch, enum rule rule, uint64_t value)
{
    CLEANUP(bytes_free) struct bytes setting = {0};
    struct error err = {0};
    ck_assert_ok(bytes_append_format(&setting, "%s=", rule_table[rule].name));
    ck_assert_ok(rule_value_write(rule, value, &setting));
    ck_assert_ok_err(model_rule_set(watch->model, (const char *)setting.data, &err), err);
}

static bool same(const struct model_outcome *a, const struct model_outcome *b)
{
    return a->kind == b->kind && strcmp(model_outcome_message(a), model_outcome_message(b)) == 0 &&
           a->has_refund == b->has_refund && u128_compare(a->refund, b->refund) == 0;
}

/* Whether the call would come out otherwise with the rule turned. */
static void rules_turn(struct watch *watch, const struct scenario_step *step, size_t row,
                       const struct model_outcome *outcome, const struct model_state *after)
{
    for (enum rule rule = RULE_ALWAYS + 1; rule < RULE_COUNT; rule++) {
        CLEANUP(model_outcome_free) struct model_outcome other = {0};
        struct model_state state;
        uint64_t value = watch->model->rules.values[rule];
        rule_set(watch, rule, !value);
        call_make(watch, step, &state, &other);
        rule_set(watch, rule, value);
        if (!same(outcome, &other) || !model_state_equal(after, &state))
            seen.asks[row][rule] = true;
    }
}

static void call_watch(struct watch *watch, const struct scenario_step *step)
{
    CLEANUP(model_outcome_free) struct model_outcome outcome = {0};
    struct model_state after;
    size_t row = row_of(step->method);
    call_make(watch, step, &after, &outcome);
    if (row < method_count) {
        rules_turn(watch, step, row, &outcome, &after);
        seen.edge[row][watch->state.phase][after.phase] |= outcome.kind == MODEL_OK;
    }
    watch->state = after;
}

static void advance_watch(struct watch *watch, const struct scenario_step *step)
{
    watch->time_s += step->seconds + step->blocks;
    watch->height += step->blocks;
    if (step->blocks)
        ck_assert_ok(
            model_receipts_run(watch->model, &watch->state, watch->height, watch->time_s, &watch->state));
}

static void scenario_watch(const struct scenario *scenario, const char *profile)
{
    struct watch watch = {.height = scenario->block_height, .time_s = scenario->block_time_s};
    struct error err = {0};
    ck_assert_ok_err(model_new(profile, REPLAY_CONTRACT_ID, &watch.model, &err), err);
    for (size_t i = 0; i < scenario->rule_count; i++)
        ck_assert_ok_err(model_rule_set(watch.model, scenario->rules[i], &err), err);
    ck_assert_ok_err(
        model_genesis(watch.model, scenario->genesis, watch.height, watch.time_s, &watch.state, &err), err);
    for (size_t i = 0; i < scenario->step_count; i++) {
        const struct scenario_step *step = &scenario->steps[i];
        if (step->kind == STEP_CALL)
            call_watch(&watch, step);
        else if (step->kind == STEP_ADVANCE)
            advance_watch(&watch, step);
    }
    model_free(watch.model);
}

static void every_profile(const struct scenario *scenario)
{
    for (size_t i = 0; model_profile_name(i); i++)
        scenario_watch(scenario, model_profile_name(i));
}

/* Go through the scenarios once for all tests: they run in processes of their own. */
static void watch_all(void)
{
    scenarios_visit_ours(every_profile);
}

static bool table_has_edge(const struct method *method, enum protocol_phase from, enum protocol_phase to)
{
    return facts_of(method).phases >> from & 1u && (from == to || method->leads_to >> to & 1u);
}

START_TEST(a_row_leads_to_the_phases_that_it_names_and_to_no_others)
{
    for (size_t row = 0; row < method_count; row++) {
        const struct method *method = &method_table[row];
        for (enum protocol_phase from = PROTOCOL_NOT_INITIALIZED; from <= PROTOCOL_RESHARING; from++) {
            for (enum protocol_phase to = PROTOCOL_NOT_INITIALIZED; to <= PROTOCOL_RESHARING; to++) {
                bool in_table = table_has_edge(method, from, to);
                ck_assert_msg(in_table || !seen.edge[row][from][to], "%s leads from %s to %s", method->name,
                              protocol_phase_name(from), protocol_phase_name(to));
                ck_assert_msg(from == to || !in_table || seen.edge[row][from][to],
                              "no scenario shows that %s leads from %s to %s", method->name,
                              protocol_phase_name(from), protocol_phase_name(to));
            }
        }
    }
}
END_TEST

START_TEST(a_row_asks_the_rules_that_it_names_and_no_others)
{
    for (size_t row = 0; row < method_count; row++) {
        const struct facts facts = facts_of(&method_table[row]);
        for (enum rule rule = RULE_ALWAYS + 1; rule < RULE_COUNT; rule++) {
            ck_assert_msg(facts.asks[rule] || !seen.asks[row][rule], "%s depends on %s",
                          method_table[row].name, rule_table[rule].name);
            ck_assert_msg(!facts.asks[rule] || seen.asks[row][rule],
                          "no scenario shows that %s depends on %s", method_table[row].name,
                          rule_table[rule].name);
        }
    }
}
END_TEST

START_TEST(every_row_and_every_guard_says_something)
{
    for (size_t row = 0; row < method_count; row++)
        ck_assert_msg(method_table[row].does && *method_table[row].does, "%s", method_table[row].name);
    for (size_t guard = GUARD_END + 1; guard < GUARD_COUNT; guard++)
        ck_assert_msg(*guard_table[guard].says, "%s", guard_table[guard].name);
}
END_TEST

int main(void)
{
    SUITE_WITH_CASE(suite, tcase, "table");
    tcase_add_unchecked_fixture(tcase, watch_all, NULL);
    tcase_add_test(tcase, a_row_leads_to_the_phases_that_it_names_and_to_no_others);
    tcase_add_test(tcase, a_row_asks_the_rules_that_it_names_and_no_others);
    tcase_add_test(tcase, every_row_and_every_guard_says_something);
    return run_suite(suite);
}
