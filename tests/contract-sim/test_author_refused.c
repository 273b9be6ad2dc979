/* What is no scenario, answered with line, column and the nearest word; and the limits. */
#include "contract-sim/author/author.h"

#include <stdio.h>
#include <stdlib.h>

#include "contract-sim/replay/replay.h"
#include "contract-sim/scenario_file.h"
#include "tests/support/scenarios.h"
#include "tests/support/support.h"

static void ck_refused(const char *text, size_t len, const char *expected)
{
    struct authored authored;
    struct error err = {0};
    result_t result = author_compile(text, len, "x", NULL, &authored, &err);
    ck_assert_msg(result == OUTCOME_SCENARIO_MALFORMED, "`%s` is %s", text, outcome_of(result)->name);
    ck_assert_str_eq(err.text, expected);
    ck_assert_ptr_null(authored.json.data);
}

struct refusal {
    const char *text;
    const char *error;
};

static void ck_all_refused(const struct refusal *cases, size_t count)
{
    for (size_t i = 0; i < count; i++)
        ck_refused(cases[i].text, strlen(cases[i].text), cases[i].error);
}

/* The refused line is the second. */
#define LINE(text) "title x\n" text

START_TEST(a_word_that_nobody_knows_is_answered_with_the_nearest)
{
    static const struct refusal cases[] = {
        {LINE("alice conclude_node_migraton"), "line 2, column 7: unknown method \"conclude_node_migraton\"; "
                                               "did you mean conclude_node_migration?"},
        {LINE("alcie verify_tee"),
         "line 2, column 1: unknown statement or actor \"alcie\"; did you mean alice?"},
        {LINE("veiw state expect present"),
         "line 2, column 1: unknown statement or actor \"veiw\"; did you mean view?"},
        {LINE("zebulon verify_tee"), "line 2, column 1: unknown statement or actor \"zebulon\""},
        {LINE("alice,bbo verify_tee"),
         "line 2, column 7: unknown statement or actor \"bbo\"; did you mean bob?"},
        {LINE("alice.noed verify_tee"), "line 2, column 7: unknown key \"noed\"; did you mean node?"},
        {LINE("alice. verify_tee"), "line 2, column 7: unknown key \"\""},
        {LINE("view stat expect present"), "line 2, column 6: unknown view \"stat\"; did you mean state?"},
        {LINE("alice start_node_migration too=node3"),
         "line 2, column 28: unknown setting of start_node_migration \"too\"; did you mean to?"},
        {LINE("alice verify_tee hash=a"), "line 2, column 18: unknown setting of verify_tee \"hash\""},
        {LINE("alice verify_tee expct ok"),
         "line 2, column 18: unknown word \"expct\"; did you mean expect?"},
        {LINE("alice verify_tee expect eror x"),
         "line 2, column 25: unknown expectation of a call \"eror\"; did you mean error?"},
        {LINE("alice verify_tee expect equals 1"),
         "line 2, column 25: unknown expectation of a call \"equals\""},
        {LINE("view state expect presnt"),
         "line 2, column 19: unknown expectation of a view \"presnt\"; did you mean present?"},
        {LINE("alice verify_tee expect error NotParticpant"),
         "line 2, column 31: unknown error \"NotParticpant\"; did you mean NotParticipant?"},
        {LINE("alice verify_tee expect error InvalidState::NotParticpant"),
         "line 2, column 31: unknown error \"InvalidState::NotParticpant\"; did you mean "
         "InvalidState::NotParticipant?"},
        {LINE("alice verify_tee expect v3.14,desing error Private"),
         "line 2, column 31: unknown profile \"desing\"; did you mean design?"},
        {"profiles v3.15\n", "line 1, column 10: unknown profile \"v3.15\"; did you mean v3.14?"},
        {LINE("rule json_dialekt=x"),
         "line 2, column 6: no rule \"json_dialekt\"; did you mean json_dialect?"},
        {LINE("rule json_dialect=x"),
         "line 2, column 6: rule json_dialect is tls_public_key or sign_pk, not \"x\""},
        {LINE("genesis member=alice"),
         "line 2, column 9: unknown setting of genesis \"member\"; did you mean members?"},
        {LINE("genesis domains=Forst"), "line 2, column 17: unknown protocol \"Forst\"; did you mean Frost?"},
        {LINE("keygen domains=Frost,CKD:2:Sing"),
         "line 2, column 28: unknown purpose \"Sing\"; did you mean Sign?"},
        {LINE("advance 3 dyas"), "line 2, column 11: unknown unit of time \"dyas\"; did you mean days?"},
        {LINE("alice start_node_migration to=nood2"),
         "line 2, column 31: unknown key \"nood2\"; did you mean node?"},
        {LINE("alice vote_code_hash {\"code_hash\":\n  [\"@bob.tls\", \"@bob.tsl\"]}"),
         "line 3, column 22: unknown key \"tsl\"; did you mean tls?"},
        {LINE("view state expect equals @alcie.tls"),
         "line 2, column 27: unknown actor \"alcie\"; did you mean alice?"},
    };
    ck_all_refused(cases, ARRAY_LEN(cases));
}
END_TEST

START_TEST(what_is_written_wrongly_is_answered_with_its_place)
{
    static const struct refusal cases[] = {
        {"", "line 1, column 1: there is no title"},
        {"# nothing\n", "line 1, column 1: there is no title"},
        {"alice verify_tee expect ok true\n", "line 1, column 1: there is no title"},
        {"title\n", "line 1, column 6: a title says what the scenario is about"},
        {" title x\n",
         "line 1, column 2: an indented line goes on with the statement above it, and there is none"},
        {LINE("{}"), "line 2, column 1: expected a statement or who calls"},
        {LINE("verify_tee"), "line 2, column 1: who calls? A call is \"alice verify_tee\""},
        {LINE("alice"), "line 2, column 6: expected a method"},
        {LINE("alice {}"), "line 2, column 7: expected a method"},
        {LINE("alice \"a\\u0062\""), "line 2, column 7: a method's name has at most 64 plain characters"},
        {LINE("alice \"pizza\""),
         "line 2, column 7: no contract has a method \"pizza\": all to expect is error MethodNotFound"},
        {LINE("alice start_node_migration \"text"), "line 2, column 28: the end of this is missing"},
        {LINE("alice start_node_migration {\"a\": [1}"), "line 2, column 28: the end of this is missing"},
        {LINE("alice start_node_migration {\"a\":\n  [1,]}"), "line 3, column 6: not a JSON value"},
        {LINE("alice start_node_migration {\"a\":1,\"a\":2}"),
         "line 2, column 35: a member that the object has already"},
        {LINE("alice start_node_migration {} {}"), "line 2, column 31: unknown word \"{}\""},
        {LINE("alice start_node_migration to=node3 to=node4"), "line 2, column 37: to is given twice"},
        {LINE("alice start_node_migration to="), "line 2, column 31: to= has no value"},
        {LINE("alice start_node_migration {} to=node2"),
         "line 2, column 34: to has no meaning where the arguments are written as JSON"},
        {LINE("alice start_node_migration deposit=many"),
         "line 2, column 36: \"many\" is no amount of yoctoNEAR"},
        {LINE("alice vote_reshared attempt=18446744073709551616"),
         "line 2, column 29: attempt is a number below 2^64, not \"18446744073709551616\""},
        {LINE("alice conclude_node_migration /keyset/nothing/epoch_id=1"),
         "line 2, column 31: the arguments have no place /keyset/nothing/epoch_id"},
        {LINE("alice conclude_node_migration /keyset/domains/2=1"),
         "line 2, column 31: the arguments have no place /keyset/domains/2"},
        {LINE("alice conclude_node_migration /keyset/domains/x=1"),
         "line 2, column 31: the arguments have no place /keyset/domains/x"},
        {LINE("alice conclude_node_migration /keyset/epoch_id/x=1"),
         "line 2, column 31: the arguments have no place /keyset/epoch_id/x"},
        {LINE("alice cancel_node_migration /x=[1,]"), "line 2, column 35: not a JSON value"},
        {LINE("alice verify_tee"), "line 2, column 7: verify_tee returns a value: say what is expected of it "
                                   "in design (expect ok VALUE)"},
        {LINE("alice verify_tee expect v3.14 ok true"), "line 2, column 7: verify_tee returns a value: say "
                                                        "what is expected of it in design (expect ok VALUE)"},
        {LINE("view state"), "line 2, column 6: state returns a value: say what is expected of it in design "
                             "(expect equals VALUE, present, absent or error ENUM)"},
        {LINE("reshare without=alice,bob,carol"), "line 2, column 1: there are no members"},
        {LINE("view state /a~2 expect absent"),
         "line 2, column 12: no JSON pointer: ~ in a name is written ~0, / ~1"},
        {LINE("view get_attestation expect present"), "line 2, column 6: get_attestation needs tls=VALUE"},
        {LINE("view available_attestation_grants expect present"),
         "line 2, column 6: available_attestation_grants needs for=VALUE"},
        {LINE("view state deposit=1 expect present"),
         "line 2, column 12: unknown setting of state \"deposit\""},
        {LINE("alice verify_tee expect"), "line 2, column 24: expected ok or error"},
        {LINE("alice verify_tee expect v3.14"), "line 2, column 30: expected ok or error"},
        {LINE("alice verify_tee expect error"), "line 2, column 30: expected the name of an error"},
        {LINE("alice verify_tee expect error Private contains"), "line 2, column 47: expected a value"},
        {LINE("alice verify_tee expect ok expect ok"), "line 2, column 35: this is expected twice"},
        {LINE("alice verify_tee expect v3.14 ok expect v3.14 ok"),
         "line 2, column 41: v3.14 is expected something twice"},
        {"profiles design\ntitle x\nalice verify_tee expect v3.14 ok",
         "line 3, column 25: the scenario is not for v3.14"},
        {"profiles\n", "line 1, column 9: expected the name of a profile"},
        {"profiles design design\n", "line 1, column 17: design is named twice"},
        {"title x\ntitle y\n", "line 2, column 1: title comes once"},
        {LINE("rule x"), "line 2, column 6: expected NAME=VALUE"},
        {LINE("rule x=1 y=2"), "line 2, column 10: nothing more was expected in this statement"},
        {LINE("launcher_template x"), "line 2, column 19: expected a text in quotes"},
        {LINE("launcher_template \"x\""),
         "line 2, column 19: the launcher template does not name {{LAUNCHER_IMAGE_HASH}}"},
        {LINE("actors zoe a.b"),
         "line 2, column 12: \"a.b\" is no name for an actor: one part of an account id, without .near"},
        {LINE("actors all"),
         "line 2, column 8: \"all\" is no name for an actor: one part of an account id, without .near"},
        {LINE("actors hash"),
         "line 2, column 8: \"hash\" is no name for an actor: one part of an account id, without .near"},
        {LINE("actors {}"), "line 2, column 8: expected an actor's name"},
        {LINE("genesis alice"), "line 2, column 9: expected a setting of genesis, as in name=value"},
        {LINE("genesis attested=maybe"), "line 2, column 18: attested is yes or no, not \"maybe\""},
        {LINE("genesis height=1000000000000000001"),
         "line 2, column 16: height is at most 1000000000000000000"},
        {LINE("genesis time=1000000000000000001"), "line 2, column 14: time is at most 1000000000000000000"},
        {LINE("alice start_node_migration {\"b\":\"@alice\\u002enode\"}"),
         "line 2, column 28: \"@alice.node\" is written with an escape; write it plainly"},
        {LINE("genesis threshold=4"),
         "line 2, column 1: genesis: init_running is refused: "
         "GovernanceThreshold must not exceed number of participants: max 3, found 4"},
        {LINE("genesis members=alice,ALICE"),
         "line 2, column 23: \"ALICE\" is no name for an actor: one part of an account id, without .near"},
        {LINE("advance 1 block\nrule json_dialect=sign_pk"),
         "line 3, column 1: rule comes before the first step"},
        {LINE("advance"), "line 2, column 8: expected a number"},
        {LINE("advance x days"), "line 2, column 9: time is a number below 2^64, not \"x\""},
        {LINE("advance 0 days"), "line 2, column 9: expected 1 to 100000000"},
        {LINE("advance 100000001 days"), "line 2, column 9: expected 1 to 100000000"},
        {LINE("advance 1"), "line 2, column 10: expected blocks, seconds, minutes, hours or days"},
        {LINE("advance 1 days ago"), "line 2, column 16: nothing more was expected in this statement"},
        {LINE("reshare {}"), "line 2, column 9: expected a setting of reshare, as in name=value"},
        {LINE("reshare without=dave"), "line 2, column 17: dave.near is no participant"},
        {LINE("attest"), "line 2, column 7: expected who attests"},
        {LINE("view get_attestation tls=hash.x expect absent"), "line 2, column 26: unknown actor \"hash\""},
        {LINE("view state expect equals @alice"), "line 2, column 27: @alice names no key: @alice.node"},
        {"title x\ngenesis initialised=no\nall vote_cancel_resharing\n",
         "line 3, column 1: there are no members"},
        {LINE("erin prepay_attestation_storage grants=18446744073709551615"),
         "line 2, column 6: the deposit for so many grants is too large: write one"},
    };
    ck_all_refused(cases, ARRAY_LEN(cases));
}
END_TEST

START_TEST(text_that_is_none_is_refused)
{
    ck_refused(LINE("alice \0"), 15, "line 2, column 7: a control character (0x00)");
    ck_refused(LINE("alice \x7f"), 15, "line 2, column 7: a control character (0x7f)");
    ck_refused(LINE("alice \xff"), 15, "line 2, column 7: this is not UTF-8");
}
END_TEST

/* `count` times a piece of text behind a beginning. */
static char *repeated(const char *begin, const char *piece, size_t count)
{
    struct bytes text = {0};
    ck_assert_ok(bytes_append_text(&text, begin));
    for (size_t i = 0; i < count; i++)
        ck_assert_ok(bytes_append_text(&text, piece));
    return (char *)text.data;
}

static void ck_repeated_refused(const char *begin, const char *piece, size_t count, const char *error)
{
    char *text = repeated(begin, piece, count);
    ck_refused(text, strlen(text), error);
    free(text);
}

START_TEST(whatever_can_be_much_has_a_limit)
{
    ck_repeated_refused("title x\n", "advance 1 block\n", AUTHOR_STEPS_MAX,
                        "line 9999, column 1: more than 10000 steps in one scenario");
    ck_repeated_refused("title x\nalice verify_tee", " /x=1", 17,
                        "line 2, column 98: more than 16 changes of the arguments");
    ck_repeated_refused("title x\n", "rule json_dialect=sign_pk\n", 33,
                        "line 34, column 6: more than 32 rules");
    char *text = repeated("title x\n", "# much\n", AUTHOR_BYTES_MAX / 7);
    struct authored authored;
    struct error err = {0};
    ck_assert_outcome(author_compile(text, strlen(text), "x", NULL, &authored, &err), OUTCOME_LIMIT);
    ck_assert_str_eq(err.text, "a scenario has at most 1048576 bytes");
    free(text);
}
END_TEST

START_TEST(a_scenario_has_so_many_actors_and_callers)
{
    char text[4096] = "title x\nactors";
    for (int i = 0; i < 57; i++)
        snprintf(text + strlen(text), sizeof text - strlen(text), " a%d", i);
    ck_refused(text, strlen(text), "line 2, column 222: more than 64 actors");
    char *calls = repeated("title x\nalice", ",bob", 64);
    struct bytes whole = {0};
    ck_assert_ok(bytes_append_format(&whole, "%s verify_tee expect ok true\n", calls));
    ck_refused((const char *)whole.data, whole.len,
               "line 2, column 1: more than 64 callers in one statement");
    bytes_free(&whole);
    free(calls);
}
END_TEST

/* --- the scenarios of this repository ------------------------------------------------------------------- */

static void ck_same_run(const struct scenario *scenario, const struct scenario *again, const char *profile)
{
    CLEANUP(replay_result_free) struct replay_result first = {0};
    CLEANUP(replay_result_free) struct replay_result second = {0};
    struct replay_options how = {.profile = profile};
    struct error err = {0};
    ck_assert_ok_err(replay_run(scenario, &how, &first, &err), err);
    ck_assert_ok_err(replay_run(again, &how, &second, &err), err);
    ck_assert_uint_eq(first.difference_count, 0);
    ck_assert_uint_eq(second.difference_count, 0);
}

/* What --compile prints, as a file of its own. */
static void ck_compiles_to_itself(const char *path)
{
    CLEANUP(bytes_free) struct bytes json = {0};
    CLEANUP(bytes_free) struct bytes twice = {0};
    CLEANUP(scenario_free) struct scenario scenario = {0};
    CLEANUP(scenario_free) struct scenario again = {0};
    struct error err = {0};
    ck_assert_ok_err(scenario_file_compile(path, &json, &err), err);
    ck_assert_ok_err(scenario_file_compile(path, &twice, &err), err);
    ck_assert_str_eq((const char *)json.data, (const char *)twice.data);
    ck_assert_ok_err(scenario_file_read(path, NULL, &scenario, &err), err);
    ck_assert_ok_err(scenario_parse((const char *)json.data, json.len, &again, &err), err);
    ck_assert_uint_eq(scenario.step_count, again.step_count);
    for (size_t i = 0; model_profile_name(i); i++) {
        ck_assert_int_eq(scenario_is_for(&scenario, model_profile_name(i)),
                         scenario_is_for(&again, model_profile_name(i)));
        if (scenario_is_for(&scenario, model_profile_name(i)))
            ck_same_run(&scenario, &again, model_profile_name(i));
    }
}

START_TEST(each_of_our_scenarios_runs_as_its_compiled_form_does)
{
    scenario_files_visit_ours(ck_compiles_to_itself);
}
END_TEST

int main(void)
{
    SUITE_WITH_CASE(suite, tcase, "author, refused");
    tcase_add_test(tcase, a_word_that_nobody_knows_is_answered_with_the_nearest);
    tcase_add_test(tcase, what_is_written_wrongly_is_answered_with_its_place);
    tcase_add_test(tcase, text_that_is_none_is_refused);
    tcase_add_test(tcase, whatever_can_be_much_has_a_limit);
    tcase_add_test(tcase, a_scenario_has_so_many_actors_and_callers);
    tcase_add_test(tcase, each_of_our_scenarios_runs_as_its_compiled_form_does);
    return run_suite(suite);
}
