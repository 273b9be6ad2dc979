/* The search over the contract's states: what it counts, what it finds, what it writes (docs/explore.md). */
#include "contract-sim/explore/explore.h"
#include "contract-sim/explore/report.h"
#include "contract-sim/replay/replay.h"

#include <stdio.h>
#include <string.h>

#include "tests/support/support.h"

static const char *const profiles[] = {"design", "v3.14", "v3.14+cancel"};

static struct explore_options migration(const char *profile, uint64_t depth)
{
    return (struct explore_options){
        .profile = profile, .migration = true, .depth_max = depth, .states_max = 1000000};
}

static struct explore_options generic(const char *profile, size_t accounts, uint64_t epochs, uint64_t depth)
{
    return (struct explore_options){.profile = profile,
                                    .accounts = accounts,
                                    .epochs = epochs,
                                    .depth_max = depth,
                                    .states_max = 1000000};
}

/* Searched to its end, which must be no error. */
static struct explore *searched(const struct explore_options *options)
{
    struct explore *explore;
    struct error err = {0};
    ck_assert_ok_err(explore_new(options, &explore, &err), err);
    ck_assert_ok_err(explore_run(explore, &err), err);
    return explore;
}

static size_t finding(const struct explore *explore, const char *id, struct explore_finding *out)
{
    for (size_t i = 0; explore_finding(explore, i, out); i++) {
        if (strcmp(out->id, id) == 0)
            return i;
    }
    ck_abort_msg("no invariant %s", id);
}

static void ck_breaks(const struct explore *explore, const char *id, enum explore_verdict verdict,
                      uint64_t depth, const char *path)
{
    CLEANUP(bytes_free) struct bytes text = {0};
    struct explore_finding found;
    size_t index = finding(explore, id, &found);
    ck_assert_msg(found.verdict == verdict, "%s: verdict %d", id, found.verdict);
    ck_assert_uint_eq(found.depth, depth);
    ck_assert_ok(explore_path_write(explore, index, &text));
    ck_assert_str_eq((const char *)text.data, path);
}

static void ck_verdict(const struct explore *explore, const char *id, enum explore_verdict verdict)
{
    struct explore_finding found;
    finding(explore, id, &found);
    ck_assert_msg(found.verdict == verdict, "%s: verdict %d, expected %d", id, found.verdict, verdict);
}

/* The ids with a verdict, as "I3 I4". */
static const char *ids_with(const struct explore *explore, enum explore_verdict verdict)
{
    static char text[256];
    struct explore_finding found;
    text[0] = 0;
    for (size_t i = 0; explore_finding(explore, i, &found); i++) {
        if (found.verdict == verdict)
            snprintf(text + strlen(text), sizeof text - strlen(text), "%s%s", text[0] ? " " : "", found.id);
    }
    return text;
}

/* explore.md, "Search": the numbers that implementations are compared by. */
START_TEST(the_migration_alphabet_has_the_known_number_of_states_at_depth_4)
{
    static const size_t states[] = {317, 466, 466};
    for (size_t i = 0; i < 3; i++) {
        struct explore_options options = migration(profiles[i], 4);
        CLEANUP(explore_free_ptr) struct explore *explore = searched(&options);
        ck_assert_uint_eq(explore_figures(explore).states, states[i]);
        ck_assert_uint_eq(explore_figures(explore).depth, 4);
        ck_assert_int_eq(explore_figures(explore).end, EXPLORE_AT_DEPTH);
    }
}
END_TEST

/* And what docs/explore.md says of depth 8; as known, and nothing else, breaks there. */
START_TEST(to_depth_8_the_known_breaks_are_found_and_no_others)
{
    static const struct {
        size_t states;
        const char *breaks;
    } expected[] = {{7608, "I3 I4 I5a"}, {13950, "I1 I3 I4 I5a I5b I10"}, {13950, "I1 I3 I4 I5a I5b I10"}};
    for (size_t i = 0; i < 3; i++) {
        struct explore_options options = migration(profiles[i], 8);
        CLEANUP(explore_free_ptr) struct explore *explore = searched(&options);
        ck_assert_uint_eq(explore_figures(explore).states, expected[i].states);
        ck_assert_str_eq(ids_with(explore, EXPLORE_KNOWN_BREAK), expected[i].breaks);
        ck_assert_str_eq(ids_with(explore, EXPLORE_BROKEN), "");
        ck_assert_str_eq(ids_with(explore, EXPLORE_MISSED), "");
        ck_assert(explore_as_expected(explore));
    }
}
END_TEST

/* contract.md 7, "shortest counterexample". */
START_TEST(the_shortest_ways_to_the_known_breaks_are_those_of_the_table)
{
    struct explore_options options = migration("v3.14", 6);
    CLEANUP(explore_free_ptr) struct explore *explore = searched(&options);
    ck_breaks(explore, "I1", EXPLORE_KNOWN_BREAK, 2, "start A>2; reshare same");
    ck_breaks(explore, "I3", EXPLORE_KNOWN_BREAK, 2, "start A>B's key; conclude A");
    ck_breaks(explore, "I4", EXPLORE_KNOWN_BREAK, 5,
              "reshare same; cancel resharing; add domain; finish key event; reshare same");
    ck_breaks(explore, "I5a", EXPLORE_KNOWN_BREAK, 6,
              "register C; reshare -C; finish key event; reshare +C; next block; cancel resharing");
    ck_breaks(explore, "I5b", EXPLORE_KNOWN_BREAK, 4, "start C>2; reshare -C; finish key event; next block");
    ck_breaks(explore, "I10", EXPLORE_KNOWN_BREAK, 3, "start C>2; reshare -C; finish key event");
}
END_TEST

START_TEST(an_invariant_is_checked_only_where_it_is_claimed)
{
    struct explore_options options = migration("design", 2);
    CLEANUP(explore_free_ptr) struct explore *design = searched(&options);
    options.profile = "v3.14";
    CLEANUP(explore_free_ptr) struct explore *deployed = searched(&options);
    ck_verdict(design, "I15", EXPLORE_HOLDS);
    ck_verdict(deployed, "I15", EXPLORE_NOT_CHECKED);
    ck_verdict(design, "I16", EXPLORE_NOT_CHECKED);
    ck_verdict(deployed, "I16", EXPLORE_HOLDS);
    ck_verdict(deployed, "I24", EXPLORE_NOT_CHECKED);
}
END_TEST

START_TEST(one_invariant_alone_is_checked_by_id_or_by_name)
{
    static const char *const words[] = {"i24", "tls-keys-unique"};
    struct explore_options options = migration("v3.14", 3);
    options.invariants = words;
    options.invariant_count = 2;
    CLEANUP(explore_free_ptr) struct explore *explore = searched(&options);
    ck_verdict(explore, "I24", EXPLORE_HOLDS);
    ck_verdict(explore, "I3", EXPLORE_KNOWN_BREAK);
    ck_verdict(explore, "I1", EXPLORE_NOT_CHECKED);
    ck_assert(explore_as_expected(explore));
}
END_TEST

START_TEST(a_rule_that_breaks_an_invariant_is_caught)
{
    static const struct {
        const char *profile, *rule, *id, *path;
        uint64_t depth;
    } cases[] = {
        {"design", "clear_migrations_on_leaving_running=no", "I15", "start A>2; reshare same", 2},
        {"design", "clear_migrations_on_leaving_running=no", "L3",
         "start A>2; reshare same; finish key event", 3},
        {"design", "clear_migrations_on_leaving_running=no", "I1", "start A>2; reshare same", 2},
        {"v3.14", "has_cancel_node_migration=yes", "L4", "start A>2; cancel A", 2},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct explore_options options = migration(cases[i].profile, 4);
        options.rules = &cases[i].rule;
        options.rule_count = 1;
        CLEANUP(explore_free_ptr) struct explore *explore = searched(&options);
        ck_breaks(explore, cases[i].id, EXPLORE_BROKEN, cases[i].depth, cases[i].path);
        ck_assert(!explore_as_expected(explore));
    }
}
END_TEST

/* The checks of conclude are rules too; without them single calls get through that should not. */
START_TEST(a_conclude_that_checks_less_is_caught)
{
    static const struct {
        const char *rule, *path;
    } cases[] = {
        {"conclude_checks_signer_key=no", "alice.near start >2; alice.near conclude by node 1"},
        {"conclude_checks_attestation=no", "bob.near start >wrong key; bob.near conclude"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct explore_options options = generic("v3.14", 2, 1, 3);
        options.rules = &cases[i].rule;
        options.rule_count = 1;
        CLEANUP(explore_free_ptr) struct explore *explore = searched(&options);
        ck_breaks(explore, "I12", EXPLORE_BROKEN, 2, cases[i].path);
    }
}
END_TEST

/* What upstream changed later closes I3 (contract.md 0.2): a rule that mends is no failure. */
START_TEST(strict_tls_binding_keeps_tls_keys_unique)
{
    static const char *const rule = "strict_tls_binding=yes";
    struct explore_options options = migration("v3.14", 6);
    options.rules = &rule;
    options.rule_count = 1;
    CLEANUP(explore_free_ptr) struct explore *explore = searched(&options);
    ck_verdict(explore, "I3", EXPLORE_HOLDS);
    ck_verdict(explore, "I1", EXPLORE_KNOWN_BREAK);
    ck_assert(explore_as_expected(explore));
}
END_TEST

START_TEST(the_generic_alphabet_finds_the_known_breaks_by_single_calls)
{
    struct explore_options options = generic("v3.14", 3, 1, 6);
    CLEANUP(explore_free_ptr) struct explore *explore = searched(&options);
    ck_breaks(explore, "I1", EXPLORE_KNOWN_BREAK, 3,
              "alice.near start >2; alice.near vote_new_parameters -last, epoch 6; "
              "bob.near vote_new_parameters -last, epoch 6");
    ck_breaks(explore, "I3", EXPLORE_KNOWN_BREAK, 2, "alice.near start >wrong key; alice.near conclude");
    ck_breaks(explore, "I10", EXPLORE_KNOWN_BREAK, 6,
              "carol.near start >2; alice.near vote_new_parameters -last, epoch 6; "
              "bob.near vote_new_parameters -last, epoch 6; alice.near start_reshare_instance, attempt 0; "
              "alice.near vote_reshared, attempt 0; bob.near vote_reshared, attempt 0");
    ck_assert(explore_as_expected(explore));
}
END_TEST

START_TEST(the_same_search_counts_the_same_again)
{
    struct explore_options options = generic("design", 2, 2, 7);
    CLEANUP(explore_free_ptr) struct explore *first = searched(&options);
    CLEANUP(explore_free_ptr) struct explore *second = searched(&options);
    struct explore_figures a = explore_figures(first);
    struct explore_figures b = explore_figures(second);
    ck_assert_uint_eq(a.states, b.states);
    ck_assert_uint_eq(a.calls, b.calls);
    ck_assert_uint_eq(a.memory_bytes, b.memory_bytes);
}
END_TEST

static void ck_replays_green(const struct explore *explore, const char *id)
{
    CLEANUP(bytes_free) struct bytes text = {0};
    CLEANUP(scenario_free) struct scenario scenario = {0};
    struct explore_finding found;
    struct error err = {0};
    size_t index = finding(explore, id, &found);
    ck_assert_ok_err(explore_counterexample_write(explore, index, &text, &err), err);
    ck_assert_ok_err(scenario_parse((const char *)text.data, text.len, &scenario, &err), err);
    for (size_t i = 0; i < 3; i++) {
        CLEANUP(replay_result_free) struct replay_result result = {0};
        struct replay_options how = {.profile = profiles[i]};
        ck_assert_ok_err(replay_run(&scenario, &how, &result, &err), err);
        ck_assert_msg(result.difference_count == 0, "%s in %s: %s", id, profiles[i],
                      result.difference_count ? (const char *)result.differences[0].what.data : "");
    }
}

START_TEST(counterexamples_replay_green_in_every_profile)
{
    static const char *const ids[] = {"I1", "I3", "I4", "I5a", "I5b", "I10"};
    struct explore_options options = migration("v3.14+cancel", 6);
    CLEANUP(explore_free_ptr) struct explore *explore = searched(&options);
    for (size_t i = 0; i < sizeof ids / sizeof *ids; i++)
        ck_replays_green(explore, ids[i]);
}
END_TEST

START_TEST(a_counterexample_carries_the_rules_it_needs)
{
    static const char *const rule = "clear_migrations_on_leaving_running=no";
    struct explore_options options = migration("design", 3);
    options.rules = &rule;
    options.rule_count = 1;
    CLEANUP(explore_free_ptr) struct explore *explore = searched(&options);
    CLEANUP(bytes_free) struct bytes text = {0};
    struct explore_finding found;
    ck_assert_ok(explore_counterexample_write(explore, finding(explore, "I1", &found), &text, NULL));
    ck_assert_text_has((const char *)text.data, "\"rules\":[\"clear_migrations_on_leaving_running=no\"]");
    ck_replays_green(explore, "I1");
    ck_replays_green(explore, "L3");
}
END_TEST

/* Single calls, and time that runs out, on the way. */
START_TEST(a_generic_counterexample_replays_green)
{
    struct explore_options options = generic("v3.14", 3, 1, 7);
    CLEANUP(explore_free_ptr) struct explore *explore = searched(&options);
    ck_replays_green(explore, "I5b");
    ck_replays_green(explore, "I10");
}
END_TEST

START_TEST(beyond_its_limit_a_search_gives_up_with_what_it_saw)
{
    struct explore_options options = migration("v3.14", 8);
    CLEANUP(explore_free_ptr) struct explore *explore = NULL;
    struct error err = {0};
    options.states_max = 200;
    ck_assert_ok(explore_new(&options, &explore, &err));
    ck_assert_outcome(explore_run(explore, &err), OUTCOME_LIMIT);
    ck_assert_text_has(err.text, "200 states");
    ck_assert_uint_eq(explore_figures(explore).states, 200);
    ck_assert_int_eq(explore_figures(explore).end, EXPLORE_GAVE_UP);
    ck_verdict(explore, "I1", EXPLORE_KNOWN_BREAK);
    ck_verdict(explore, "I5a", EXPLORE_HOLDS);
}
END_TEST

static void ck_refused(const struct explore_options *options, result_t expected, const char *text)
{
    struct explore *explore = NULL;
    struct error err = {0};
    ck_assert_outcome(explore_new(options, &explore, &err), expected);
    ck_assert_text_has(err.text, text);
}

START_TEST(what_cannot_be_asked_is_refused_with_what_can)
{
    const char *word = "tls-key-unique";
    struct explore_options options = migration("v3.15", 2);
    ck_refused(&options, OUTCOME_CONFIG_INVALID, "v3.14+cancel");
    options = migration("v3.14", 2);
    options.invariants = &word;
    options.invariant_count = 1;
    ck_refused(&options, OUTCOME_USAGE, "did you mean tls-keys-unique?");
    word = "I99";
    ck_refused(&options, OUTCOME_USAGE, "I21b");
    options = migration("v3.14", 2);
    word = "no_such_rule=yes";
    options.rules = &word;
    options.rule_count = 1;
    ck_refused(&options, OUTCOME_CONFIG_INVALID, "no_such_rule");
    options = generic("v3.14", 1, 1, 2);
    ck_refused(&options, OUTCOME_USAGE, "2 to 4");
    options = generic("v3.14", 5, 1, 2);
    ck_refused(&options, OUTCOME_USAGE, "2 to 4");
    options = generic("v3.14", 2, 0, 2);
    ck_refused(&options, OUTCOME_USAGE, "1 to 8");
}
END_TEST

START_TEST(the_report_names_figures_and_verdicts)
{
    CLEANUP(bytes_free) struct bytes text = {0};
    CLEANUP(bytes_free) struct bytes json = {0};
    struct explore_options options = migration("v3.14", 4);
    CLEANUP(explore_free_ptr) struct explore *explore = searched(&options);
    ck_assert_ok(explore_report_text(explore, 2000, &text));
    ck_assert_text_has((const char *)text.data, "\nstates 466\n");
    ck_assert_text_has((const char *)text.data, "\ndepth 4\n");
    ck_assert_text_has((const char *)text.data, "\ntime 0.002 s\n");
    ck_assert_text_has((const char *)text.data, "\nI1   known break  migrations-only-in-running");
    ck_assert_text_has((const char *)text.data, "after 2: start A>2; reshare same\n");
    ck_assert_text_has((const char *)text.data, "\nI2   holds ");
    ck_assert_ok(explore_report_json(explore, 2000, &json));
    ck_assert_text_has((const char *)json.data, "\"states\":466,");
    ck_assert_text_has((const char *)json.data, "\"verdict\":\"known break\",\"depth\":2,");
    ck_assert_text_has((const char *)json.data, "\"as_expected\":true}");
}
END_TEST

int main(void)
{
    SUITE_WITH_CASE(suite, tcase, "explore");
    tcase_add_test(tcase, the_migration_alphabet_has_the_known_number_of_states_at_depth_4);
    tcase_add_test(tcase, to_depth_8_the_known_breaks_are_found_and_no_others);
    tcase_add_test(tcase, the_shortest_ways_to_the_known_breaks_are_those_of_the_table);
    tcase_add_test(tcase, an_invariant_is_checked_only_where_it_is_claimed);
    tcase_add_test(tcase, one_invariant_alone_is_checked_by_id_or_by_name);
    tcase_add_test(tcase, a_rule_that_breaks_an_invariant_is_caught);
    tcase_add_test(tcase, a_conclude_that_checks_less_is_caught);
    tcase_add_test(tcase, strict_tls_binding_keeps_tls_keys_unique);
    tcase_add_test(tcase, the_generic_alphabet_finds_the_known_breaks_by_single_calls);
    tcase_add_test(tcase, the_same_search_counts_the_same_again);
    tcase_add_test(tcase, counterexamples_replay_green_in_every_profile);
    tcase_add_test(tcase, a_counterexample_carries_the_rules_it_needs);
    tcase_add_test(tcase, a_generic_counterexample_replays_green);
    tcase_add_test(tcase, beyond_its_limit_a_search_gives_up_with_what_it_saw);
    tcase_add_test(tcase, what_cannot_be_asked_is_refused_with_what_can);
    tcase_add_test(tcase, the_report_names_figures_and_verdicts);
    return run_suite(suite);
}
