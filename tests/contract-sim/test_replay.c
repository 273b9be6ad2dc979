/* The scenario runner: what it reads, what it refuses, how it tells a difference (contract.md 6, cli.md). */
#include "contract-sim/model/coverage.h"
#include "contract-sim/replay/replay.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "tests/contract-sim/replay_fixture.h"
#include "tests/support/contract.h"

static void run_one(const char *template, const char *profile, struct replay_result *out)
{
    struct scenario scenario;
    struct error err = {0};
    ck_assert_ok_err(replay_fixture_parse(template, &scenario, &err), err);
    ck_assert_ok_err(replay_run(&scenario, &(struct replay_options){.profile = profile}, out, &err), err);
    scenario_free(&scenario);
}

static void ck_passes(const char *template)
{
    CLEANUP(replay_result_free) struct replay_result result = {0};
    run_one(template, "v3.14", &result);
    ck_assert_msg(result.difference_count == 0, "%s: got %s", (const char *)result.differences[0].what.data,
                  (const char *)result.differences[0].got.data);
}

static void ck_differs(const char *template, size_t step, const char *what, const char *expected,
                       const char *got)
{
    CLEANUP(replay_result_free) struct replay_result result = {0};
    run_one(template, "v3.14", &result);
    ck_assert_uint_eq(result.difference_count, 1);
    ck_assert_uint_eq(result.differences[0].step, step);
    ck_assert_str_eq((const char *)result.differences[0].what.data, contract_json("%s", what));
    ck_assert_str_eq((const char *)result.differences[0].expected.data, contract_json("%s", expected));
    ck_assert_str_eq((const char *)result.differences[0].got.data, contract_json("%s", got));
}

START_TEST(what_is_expected_passes)
{
    ck_passes(SCENARIO(
        REGISTER("{'ok':null}") "," VIEW("/alice.near/0", "{'present':true}") ","                   //
        VIEW("/alice.near/1", "{'present':false}") "," VIEW("/alice.near/1", "{'equals':null}") "," //
        VIEW("/bob.near/1", "{'present':false}") "," VIEW("/alice.near/0/public_key", "{'equals':'@backup'}"),
        ",'final':{'v3.14':{'migration_info':{'alice.near':[{'public_key':'@backup'},null]}}}"));
}
END_TEST

START_TEST(a_call_that_comes_out_otherwise_is_told)
{
    ck_differs(SCENARIO(REGISTER("{'ok':7}"), ""), 1, "call register_backup_service by alice.near", "ok 7",
               "ok null");
    ck_differs(SCENARIO(REGISTER("{'error':'sdk:Private','message':'no','match':'exact'}"), ""), 1,
               "call register_backup_service by alice.near", "error sdk:Private \"no\"", "ok null");
    ck_differs(SCENARIO(REGISTER("{'by_profile':{'design':{'ok':null}}}"), ""), 1,
               "call register_backup_service by alice.near", "(nothing is said of this profile)", "ok null");
}
END_TEST

#define PRIVATE(expect)                                                                                      \
    "{'call':'clean_tee_status','signer':'alice.near','signer_public_key':'@a','predecessor':'p.near','"     \
    "args':{},"                                                                                              \
    "'expect':" expect "}"

START_TEST(what_a_call_changed_is_told_with_its_difference)
{
    CLEANUP(replay_result_free) struct replay_result result = {0};
    run_one(SCENARIO(REGISTER("{'error':'sdk:Private','match':'contains'}") "," PRIVATE("{'ok':null}"), ""),
            "v3.14", &result);
    ck_assert_uint_eq(result.difference_count, 2);
    ck_assert_str_eq((const char *)result.differences[0].expected.data, "error sdk:Private");
    ck_assert_str_eq(
        (const char *)result.differences[0].changes.data,
        contract_json("migration_info at /alice.near: (nothing there) -> [{'public_key':'@backup'},null]"));
    ck_assert_uint_eq(result.differences[1].changes.len, 0);
}
END_TEST

START_TEST(what_is_written_beside_a_scenario_is_a_note)
{
    ck_passes(SCENARIO("", ",'note':'n','source':'s'"));
}
END_TEST

START_TEST(a_refusal_is_compared_by_enum_and_text)
{
    ck_passes(
        SCENARIO(PRIVATE("{'error':'sdk:Private','message':'Method clean_tee_status is private'}"), ""));
    ck_passes(SCENARIO(PRIVATE("{'error':'sdk:Private','message':'is private','match':'contains'}"), ""));
    ck_differs(SCENARIO(PRIVATE("{'error':'sdk:Private','message':'is private','match':'exact'}"), ""), 1,
               "call clean_tee_status by alice.near", "error sdk:Private 'is private'",
               "error sdk:Private 'Method clean_tee_status is private'");
    ck_differs(SCENARIO(PRIVATE("{'error':'sdk:NoDeposit','message':'is private','match':'contains'}"), ""),
               1, "call clean_tee_status by alice.near", "error sdk:NoDeposit containing 'is private'",
               "error sdk:Private 'Method clean_tee_status is private'");
}
END_TEST

START_TEST(a_view_that_reads_otherwise_is_told)
{
    ck_differs(SCENARIO(VIEW("", "{'equals':7}"), ""), 1, "view migration_info", "{'equals':7}", "{}");
    ck_differs(SCENARIO(VIEW("/alice.near", "{'present':true}"), ""), 1, "view migration_info at /alice.near",
               "{'present':true}", "(nothing there)");
    ck_differs(SCENARIO(VIEW("", "{'equals':{'alice.near':7}}"), ""), 1, "view migration_info at /alice.near",
               "7", "(nothing there)");
    ck_differs(SCENARIO("{'view':'init','expect':{'present':true}}", ""), 1, "view init", "{'present':true}",
               "error ProhibitedInView 'attached_deposit'");
}
END_TEST

START_TEST(the_final_views_are_compared_place_by_place)
{
    CLEANUP(replay_result_free) struct replay_result result = {0};
    run_one(SCENARIO(REGISTER("{'ok':null}"), ",'final':{'v3.14':{'migration_info':{'alice.near':[{'public_"
                                              "key':'x','a/b~c':1},null,2],'z':{}}}}"),
            "v3.14", &result);
    static const char *const places[][3] = {
        {"final migration_info at /alice.near/0/public_key", "\"x\"", NULL},
        {"final migration_info at /alice.near/0/a~1b~0c", "1", "(nothing there)"},
        {"final migration_info at /alice.near/2", "2", "(nothing there)"},
        {"final migration_info at /z", "{}", "(nothing there)"},
    };
    ck_assert_uint_eq(result.difference_count, ARRAY_LEN(places));
    for (size_t i = 0; i < ARRAY_LEN(places); i++) {
        ck_assert_str_eq((const char *)result.differences[i].what.data, places[i][0]);
        ck_assert_str_eq((const char *)result.differences[i].expected.data, places[i][1]);
        if (places[i][2])
            ck_assert_str_eq((const char *)result.differences[i].got.data, places[i][2]);
    }
}
END_TEST

START_TEST(what_a_final_view_has_too_much_of_is_told)
{
    ck_differs(SCENARIO(REGISTER("{'ok':null}"), ",'final':{'v3.14':{'migration_info':{}}}"), 0,
               "final migration_info at /alice.near", "(nothing there)", "[{'public_key':'@backup'},null]");
    ck_differs(SCENARIO("", ",'final':{'v3.14':{'migration_info':[]}}"), 0, "final migration_info at ''",
               "[]", "{}");
}
END_TEST

START_TEST(more_differences_than_the_limit_are_counted)
{
    CLEANUP(replay_result_free) struct replay_result result = {0};
    CLEANUP(bytes_free) struct bytes steps = {0};
    for (size_t i = 0; i < REPLAY_DIFFERENCES_MAX + 3; i++)
        ck_assert_ok(bytes_append_format(&steps, "%s" VIEW("", "{'equals':1}"), i ? "," : ""));
    CLEANUP(bytes_free) struct bytes text = {0};
    ck_assert_ok(bytes_append_format(&text, SCENARIO("%s", ""), (const char *)steps.data));
    run_one((const char *)text.data, "design", &result);
    ck_assert_uint_eq(result.difference_count, REPLAY_DIFFERENCES_MAX);
    ck_assert_uint_eq(result.more, 3);
}
END_TEST

START_TEST(blocks_and_seconds_move_height_and_clock)
{
    ck_passes(SCENARIO(
        "{'advance':{'seconds':604790}},{'call':'submit_participant_info','signer':'alice.near',"
        "'signer_public_key':'@n','args':{'proposed_participant_attestation':{'Mock':{'WithConstraints':"
        "{'expiry_timestamp_seconds':604800}}},'tls_public_key':'@alice.tls'},'expect':{'ok':null}},"
        "{'advance':{'blocks':1}},{'call':'submit_participant_info','signer':'alice.near',"
        "'signer_public_key':'@n','args':{'proposed_participant_attestation':{'Mock':{'WithConstraints':"
        "{'expiry_timestamp_seconds':604800}}},'tls_public_key':'@alice.tls'},'expect':"
        "{'error':'AttestationSubmissionError::InvalidAttestation','message':"
        "'attestation_time: 604800, expiry_time: 604800','match':'contains'}}",
        ""));
}
END_TEST

#define VIEW_REFUSED(view, error, message)                                                                   \
    "{'view':'" view "','expect':{'error':'" error "','message':'" message "'}}"

START_TEST(a_view_may_be_expected_to_be_refused)
{
    ck_passes(SCENARIO(VIEW_REFUSED("pizza", "MethodNotFound", "MethodResolveError(MethodNotFound)"), ""));
    ck_passes(SCENARIO(VIEW_REFUSED("verify_tee", "ProhibitedInView", "attached_deposit"), ""));
    ck_differs(SCENARIO(VIEW_REFUSED("migration_info", "MethodNotFound", "m"), ""), 1, "view migration_info",
               "error MethodNotFound 'm'", "{}");
}
END_TEST

START_TEST(a_run_tells_its_coverage_what_the_steps_reach_and_not_what_the_genesis_does)
{
    CLEANUP(replay_result_free) struct replay_result result = {0};
    CLEANUP(scenario_free) struct scenario scenario = {0};
    CLEANUP(coverage_free_ptr) struct coverage *coverage = NULL;
    struct error err = {0};
    struct coverage_item item;
    size_t cursor = 0;
    ck_assert_ok(coverage_new(&coverage));
    ck_assert_ok_err(replay_fixture_parse(SCENARIO(REGISTER("{'ok':null}"), ""), &scenario, &err), err);
    ck_assert_ok_err(replay_run(&scenario, &(struct replay_options){.profile = "v3.14", .coverage = coverage},
                                &result, &err),
                     err);
    while (coverage_next(coverage, COVERAGE_ROW, &cursor, &item))
        ck_assert_int_eq(item.reached, strcmp(item.name, "register_backup_service") == 0);
}
END_TEST

#define SUBMIT(expiry, expect)                                                                               \
    "{'call':'submit_participant_info','signer':'alice.near','signer_public_key':'@n','args':{"              \
    "'proposed_participant_attestation':{'Mock':{'WithConstraints':{'expiry_timestamp_seconds':" expiry      \
    "}}},'tls_public_key':'@alice.tls'},'expect':" expect "}"
#define EXPIRED(time, expiry)                                                                                \
    "{'error':'AttestationSubmissionError::InvalidAttestation','message':'attestation_time: " time           \
    ", expiry_time: " expiry "','match':'contains'}"

START_TEST(blocks_may_come_faster_than_one_a_second)
{
    ck_passes(SCENARIO(
        "{'advance':{'blocks':50,'seconds':20}}," SUBMIT(
            "29", EXPIRED("29", "29")) ","
                                       "{'advance':{'blocks':1,'seconds':0}}," SUBMIT(
                                           "29", EXPIRED("29", "29")) "," SUBMIT("30", "{'ok':null}"),
        ""));
}
END_TEST

START_TEST(arguments_may_be_given_byte_by_byte)
{
    /* {"url"  :  7} and then nothing at all */
    ck_passes(SCENARIO(
        "{'call':'update_participant_url','signer':'alice.near','signer_public_key':'@n',"
        "'deposit_yocto':'1','args_base64':'eyJ1cmwiICA6ICA3fQ==','expect':{'error':'sdk:Deserialize',"
        "'message':'invalid type: integer `7`, expected a string at line 1 column 12','match':'contains'}},"
        "{'call':'update_participant_url','signer':'alice.near','signer_public_key':'@n',"
        "'deposit_yocto':'1','args_base64':'','expect':{'error':'sdk:Deserialize','message':"
        "'EOF while parsing a value at line 1 column 0','match':'contains'}}",
        ""));
}
END_TEST

START_TEST(the_contract_may_live_elsewhere)
{
    ck_passes("{'format':'mpc-scenario/1','id':'T','title':'t','genesis':{'contract_id':'v1.signer','state':"
              "'NotInitialized','block_height':1,'block_time_s':1},'steps':[{'call':'init_running','signer':"
              "'v1.signer','signer_public_key':'@n','args':{},'expect':{'error':'sdk:Deserialize','message':"
              "'missing field `domains`','match':'contains'}}]}");
}
END_TEST

START_TEST(a_genesis_that_the_contract_refuses_is_a_difference)
{
    CLEANUP(replay_result_free) struct replay_result result = {0};
    run_one("{'format':'mpc-scenario/1','id':'T','title':'t','genesis':{'init_running':{},'block_height':1,"
            "'block_time_s':1},'steps':[]}",
            "v3.14", &result);
    ck_assert_str_eq((const char *)result.differences[0].what.data, "genesis");
    ck_assert_text_has((const char *)result.differences[0].got.data, "missing field `domains`");
}
END_TEST

#define CANCEL(expect)                                                                                       \
    "{'call':'cancel_node_migration','signer':'alice.near','signer_public_key':'@a','args':{},'expect'"      \
    ":" expect "}"
#define CANCEL_UNKNOWN "{'error':'MethodNotFound','message':'MethodResolveError(MethodNotFound)'}"
#define CANCEL_NOTHING "{'error':'NodeMigrationError::MigrationNotFound','match':'contains'}"

START_TEST(a_scenario_may_set_rules_of_its_own)
{
    ck_passes(SCENARIO(CANCEL(CANCEL_UNKNOWN), ""));
    ck_passes(SCENARIO(CANCEL(CANCEL_NOTHING),
                       ",'rules':['has_cancel_node_migration=yes','min_node_mgmt_deposit=0']"));
}
END_TEST

START_TEST(the_callers_rules_are_set_after_the_scenarios)
{
    static const char *const rules[] = {"has_cancel_node_migration=no"};
    static const char *const unknown[] = {"has_cancel_node_migratoin=no"};
    struct replay_options how = {.profile = "v3.14", .rules = rules, .rule_count = 1};
    CLEANUP(replay_result_free) struct replay_result result = {0};
    CLEANUP(scenario_free) struct scenario scenario = {0};
    struct error err = {0};
    ck_assert_ok_err(
        replay_fixture_parse(SCENARIO(CANCEL(CANCEL_UNKNOWN), ",'rules':['has_cancel_node_migration=yes']"),
                             &scenario, &err),
        err);
    ck_assert_ok_err(replay_run(&scenario, &how, &result, &err), err);
    ck_assert_uint_eq(result.difference_count, 0);
    how.rules = unknown;
    ck_assert_outcome(replay_run(&scenario, &how, &result, &err), OUTCOME_CONFIG_INVALID);
    ck_assert_str_eq(err.text,
                     "no rule \"has_cancel_node_migratoin\"; did you mean has_cancel_node_migration?");
}
END_TEST

#define VOTE(method, hash)                                                                                   \
    "{'call':'" method "','signer':'alice.near','signer_public_key':'@a','args':{'" hash "':'" ZEROS         \
    "'},'expect':{'ok':null}},"                                                                              \
    "{'call':'" method "','signer':'bob.near','signer_public_key':'@a','args':{'" hash "':'" ZEROS           \
    "'},'expect':{'ok':null}}"
#define ZEROS "0000000000000000000000000000000000000000000000000000000000000000"
#define COMPOSES(place, present)                                                                             \
    "{'view':'allowed_launcher_compose_hashes','pointer':'" place "','expect':{'present':" present "}}"
#define LAUNCHERS VOTE("vote_add_launcher_hash", "launcher_hash") "," VOTE("vote_code_hash", "code_hash")
#define TEMPLATE  "{{LAUNCHER_IMAGE_HASH}} {{DEFAULT_IMAGE_DIGEST_HASH}}"

START_TEST(a_launcher_template_comes_with_the_scenario_or_from_the_caller)
{
    ck_passes(SCENARIO(LAUNCHERS "," COMPOSES("/0", "false"), ""));
    ck_passes(SCENARIO(LAUNCHERS "," COMPOSES("/0", "true"), ",'launcher_template':'" TEMPLATE "'"));
    struct replay_options how = {
        .profile = "v3.14", .launcher_template = TEMPLATE, .launcher_template_len = strlen(TEMPLATE)};
    CLEANUP(replay_result_free) struct replay_result result = {0};
    CLEANUP(scenario_free) struct scenario scenario = {0};
    struct error err = {0};
    ck_assert_ok_err(
        replay_fixture_parse(SCENARIO(LAUNCHERS "," COMPOSES("/0", "true"), ",'launcher_template':'x'"),
                             &scenario, &err),
        err);
    ck_assert_ok_err(replay_run(&scenario, &how, &result, &err), err);
    ck_assert_uint_eq(result.difference_count, 0);
    how.launcher_template = NULL;
    ck_assert_outcome(replay_run(&scenario, &how, &result, &err), OUTCOME_CONFIG_INVALID);
    ck_assert_str_eq(err.text, "the launcher template does not name {{LAUNCHER_IMAGE_HASH}}");
}
END_TEST

START_TEST(an_unknown_profile_is_an_error)
{
    struct scenario scenario;
    CLEANUP(replay_result_free) struct replay_result result = {0};
    struct error err = {0};
    ck_assert_ok(replay_fixture_parse(SCENARIO("", ""), &scenario, &err));
    ck_assert_outcome(replay_run(&scenario, &(struct replay_options){.profile = "v9"}, &result, &err),
                      OUTCOME_CONFIG_INVALID);
    scenario_free(&scenario);
}
END_TEST

/* The method begins in line 2, column 9; the expectation in line 3, column 11. */
#define CALLED(method, expect)                                                                               \
    SCENARIO("\n{'call':'" method "','signer':'aa','signer_public_key':'@k','args':{},\n 'expect':" expect   \
             "}",                                                                                            \
             "")

START_TEST(what_is_no_scenario_is_refused_with_line_and_column)
{
    static const struct {
        const char *text;
        const char *error;
    } cases[] = {
        {"{\n'format':'mpc-scenario/2'}",
         "line 2, column 10: format is \"mpc-scenario/2\", expected \"mpc-scenario/1\""},
        {"[]", "line 1, column 1: invalid type: sequence, expected an object"},
        {"{'format':'mpc-scenario/1','id':'x'}", "line 1, column 1: missing field `title`"},
        {"{'format':'mpc-scenario/1','id':'x','title':'x','steps':[],'genesis':\n"
         "{'block_height':1000000000000000001}}",
         "line 2, column 17: expected at most 1000000000000000000"},
        {"{'format':'mpc-scenario/1','id':'x',\n 'titel':'x'}",
         "line 2, column 2: unknown member \"titel\"; did you mean title?"},
        {SCENARIO("\n{'cal':'x'}", ""), "line 2, column 2: unknown member \"cal\"; did you mean call?"},
        {SCENARIO("\n{}", ""), "line 2, column 1: expected `call`, `view` or `advance`"},
        {SCENARIO("\n{'view':'state','expect':{},'points':''}", ""),
         "line 2, column 29: unknown member \"points\"; did you mean pointer?"},
        {SCENARIO("\n{'view':'state','expect':{},'zzz':''}", ""),
         "line 2, column 29: unknown member \"zzz\""},
        {SCENARIO("\n{'view':'state'}", ""), "line 2, column 1: missing field `expect`"},
        {SCENARIO("\n{'view':'state','expect':7}", ""),
         "line 2, column 26: invalid type: integer `7`, expected an object"},
        {SCENARIO("\n{'view':'state','expect':{'equal':7}}", ""),
         "line 2, column 27: unknown member \"equal\"; did you mean equals?"},
        {SCENARIO("\n{'view':'state','expect':{}}", ""),
         "line 2, column 26: expected one of `equals`, `present` and `error`"},
        {SCENARIO("\n{'view':'state','expect':{'error':'sdk:Private','present':true}}", ""),
         "line 2, column 26: expected one of `equals`, `present` and `error`"},
        {SCENARIO("\n{'view':'state','expect':{'present':'yes'}}", ""),
         "line 2, column 37: invalid type: string \"yes\", expected a boolean"},
        {SCENARIO("\n{'view':'state','pointer':'Running','expect':{'present':false}}", ""),
         "line 2, column 27: \"Running\" is no JSON pointer: it begins with /"},
        {SCENARIO("\n{'view':'state','pointer':'/a~2','expect':{'present':false}}", ""), NULL},
        {SCENARIO("\n{'view':'state','pointer':'/a~','expect':{'present':false}}", ""), NULL},
        {SCENARIO("\n{'view':'stat','expect':{'equals':7}}", ""),
         "line 2, column 9: unknown view \"stat\"; did you mean state?"},
        {SCENARIO("\n{'advance':{}}", ""), "line 2, column 12: expected `blocks`, `seconds` or both"},
        {SCENARIO("\n{'advance':{'blocks':1000000000001}}", ""),
         "line 2, column 22: expected at most 1000000000000"},
        {SCENARIO("\n{'advance':{'seconds':18446744073709551615}}", ""), NULL},
        {SCENARIO("\n{'advance':{'hours':1}}", ""), "line 2, column 13: unknown member \"hours\""},
        {SCENARIO("\n{'advance':{'block':1}}", ""),
         "line 2, column 13: unknown member \"block\"; did you mean blocks?"},
        {SCENARIO("\n{'advance':{'blocks':-1}}", ""),
         "line 2, column 22: invalid value: integer `-1`, expected u64"},
        {SCENARIO("\n{'call':'x','signer':'A','signer_public_key':'k','args':{},'expect':{}}", ""),
         "line 2, column 22: \"A\" is no account id"},
        {SCENARIO("\n{'call':'x','signer':'aa','signer_public_key':'k','args':{},'expect':{}}", ""),
         "line 2, column 47: \"k\" is no public key"},
        {CALLED("conclude_node_migraton", "{'ok':null}"),
         "line 2, column 9: unknown method \"conclude_node_migraton\"; did you mean "
         "conclude_node_migration?"},
        {CALLED("pizza", "{'ok':null}"), "line 2, column 9: unknown method \"pizza\""},
        {CALLED("state", "{'okay':null}"), "line 3, column 12: unknown member \"okay\""},
        {CALLED("state", "{}"), "line 3, column 11: expected one of `ok` and `error`"},
        {CALLED("state", "{'ok':null,'error':'sdk:Private'}"), NULL},
        {CALLED("state", "{'by_profile':{'v3.14':{'match':'exact'}}}"), NULL},
        {CALLED("state", "{'error':'sdk:Private','message':7}"), NULL},
        {CALLED("state", "{'error':'InvalidState::NotParticipent','message':''}"),
         "line 3, column 20: unknown error \"InvalidState::NotParticipent\"; did you mean "
         "InvalidState::NotParticipant?"},
        {CALLED("state", "{'error':'sdk:Private','match':'contain'}"),
         "line 3, column 42: unknown match \"contain\"; did you mean contains?"},
        {CALLED("state", "{'by_profile':{'v3.14':{'ok':null},'v3.14+cancle':{'ok':null}}}"),
         "line 3, column 46: unknown profile \"v3.14+cancle\"; did you mean v3.14+cancel?"},
        {CALLED("state", "{'by_profile':{'v3.14':{'ko':null}}}"), "line 3, column 35: unknown member \"ko\""},
        {CALLED("state", "{'by_profile':[]}"),
         "line 3, column 25: invalid type: sequence, expected an object"},
        {CALLED("state", "{'by_profile':{},'ok':null}"), "line 3, column 28: unknown member \"ok\""},
        {CALLED("state", "{'error':7}"), "line 3, column 20: invalid type: integer `7`, expected a string"},
        {SCENARIO("\n{'call':'x','signer':'aa','signer_public_key':'@k','deposit_yocto':'-1','args':{},'"
                  "expect':{}}",
                  ""),
         NULL},
        {SCENARIO("\n{'advance':{'seconds':1,'blocks':true}}", ""), NULL},
        {SCENARIO("\n{'call':'x','signer':'aa','signer_public_key':'@k','args_base64':'e','expect':{}}", ""),
         NULL},
        {SCENARIO("\n{'call':'x','signer':'aa','signer_public_key':'@k','args_base64':7,'expect':{}}", ""),
         NULL},
        {SCENARIO("", ",'final':7"), NULL},
        {SCENARIO("", ",\n'final':{'desing':{}}"),
         "line 2, column 10: unknown profile \"desing\"; did you mean design?"},
        {SCENARIO("", ",\n'final':{'design':{'migration_inf':{}}}"),
         "line 2, column 20: unknown member \"migration_inf\"; did you mean migration_info?"},
        {SCENARIO("", ",'rules':'x=y'"), NULL},
        {SCENARIO("", ",'rules':[7]"), NULL},
        {SCENARIO("", ",\n'rules':['json_dialekt=x']"),
         "line 2, column 10: no rule \"json_dialekt\"; did you mean json_dialect?"},
        {SCENARIO("", ",\n'rules':['json_dialect=x']"),
         "line 2, column 10: rule json_dialect is tls_public_key or sign_pk, not \"x\""},
        {SCENARIO("", ",'launcher_template':7"), NULL},
        {SCENARIO("", ",'profiles':7"), NULL},
        {SCENARIO("", ",'profiles':[7]"), NULL},
        {SCENARIO("", ",\n'profiles':['v3.15']"),
         "line 2, column 13: unknown profile \"v3.15\"; did you mean v3.14?"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct scenario scenario;
        struct error err = {0};
        ck_assert_outcome(replay_fixture_parse(cases[i].text, &scenario, &err), OUTCOME_SCENARIO_MALFORMED);
        if (cases[i].error)
            ck_assert_str_eq(err.text, cases[i].error);
    }
    struct scenario scenario;
    struct error err = {0};
    ck_assert_outcome(replay_fixture_parse("{'format':", &scenario, &err), OUTCOME_JSON_MALFORMED);
}
END_TEST

/* The program itself: its exit code. */
static int replay_command(const char *arguments)
{
    char command[1024];
    const char *build = getenv("top_builddir");
    snprintf(command, sizeof command, "%s/mpc-contract-sim replay %s >/dev/null 2>&1", build ? build : ".",
             arguments);
    int status = system(command);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static const char *scenario_file(const char *name, const char *template)
{
    static char path[4096];
    snprintf(path, sizeof path, "%s/%s", temporary_dir(), name);
    FILE *file = fopen(path, "we");
    ck_assert_ptr_nonnull(file);
    fputs(contract_json("%s", template), file);
    fclose(file);
    return path;
}

START_TEST(the_exit_code_says_what_happened)
{
    char arguments[8192];
    const char *good = scenario_file("good.json", SCENARIO(REGISTER("{'ok':null}"), ""));
    ck_assert_int_eq(replay_command(good), 0);
    snprintf(arguments, sizeof arguments, "%s --profile v3.14 --format json", temporary_dir());
    ck_assert_int_eq(replay_command(arguments), 0);
    snprintf(arguments, sizeof arguments, "%s --profile v4", temporary_dir());
    ck_assert_int_eq(replay_command(arguments), 2);
    snprintf(arguments, sizeof arguments, "%s %s --compile", good, good);
    ck_assert_int_eq(replay_command(arguments), 2);
    snprintf(arguments, sizeof arguments, "%s --compile", good);
    ck_assert_int_eq(replay_command(arguments), 0);
    snprintf(arguments, sizeof arguments, "%s/missing.json", temporary_dir());
    ck_assert_int_eq(replay_command(arguments), 2);
    ck_assert_int_eq(replay_command(""), 2);
    const char *bad = scenario_file("bad.json", SCENARIO(REGISTER("{'ok':1}"), ""));
    ck_assert_int_eq(replay_command(bad), 1);
    ck_assert_int_eq(replay_command(temporary_dir()), 1);
    const char *broken = scenario_file("broken.json", "{");
    ck_assert_int_eq(replay_command(broken), 3);
    ck_assert_int_eq(replay_command(temporary_dir()), 3);
}
END_TEST

START_TEST(a_folder_without_scenarios_is_a_usage_error)
{
    char folder[4096];
    snprintf(folder, sizeof folder, "%s/empty", temporary_dir());
    ck_assert_int_eq(mkdir(folder, 0700), 0);
    ck_assert_int_eq(replay_command(folder), 2);
}
END_TEST

int main(void)
{
    SUITE_WITH_CASE(suite, tcase, "replay");
    tcase_add_test(tcase, what_is_expected_passes);
    tcase_add_test(tcase, a_call_that_comes_out_otherwise_is_told);
    tcase_add_test(tcase, what_a_call_changed_is_told_with_its_difference);
    tcase_add_test(tcase, what_is_written_beside_a_scenario_is_a_note);
    tcase_add_test(tcase, a_refusal_is_compared_by_enum_and_text);
    tcase_add_test(tcase, a_view_that_reads_otherwise_is_told);
    tcase_add_test(tcase, the_final_views_are_compared_place_by_place);
    tcase_add_test(tcase, what_a_final_view_has_too_much_of_is_told);
    tcase_add_test(tcase, more_differences_than_the_limit_are_counted);
    tcase_add_test(tcase, blocks_and_seconds_move_height_and_clock);
    tcase_add_test(tcase, a_view_may_be_expected_to_be_refused);
    tcase_add_test(tcase, a_run_tells_its_coverage_what_the_steps_reach_and_not_what_the_genesis_does);
    tcase_add_test(tcase, blocks_may_come_faster_than_one_a_second);
    tcase_add_test(tcase, arguments_may_be_given_byte_by_byte);
    tcase_add_test(tcase, the_contract_may_live_elsewhere);
    tcase_add_test(tcase, a_genesis_that_the_contract_refuses_is_a_difference);
    tcase_add_test(tcase, a_scenario_may_set_rules_of_its_own);
    tcase_add_test(tcase, the_callers_rules_are_set_after_the_scenarios);
    tcase_add_test(tcase, a_launcher_template_comes_with_the_scenario_or_from_the_caller);
    tcase_add_test(tcase, an_unknown_profile_is_an_error);
    tcase_add_test(tcase, what_is_no_scenario_is_refused_with_line_and_column);
    tcase_add_test(tcase, the_exit_code_says_what_happened);
    tcase_add_test(tcase, a_folder_without_scenarios_is_a_usage_error);
    return run_suite(suite);
}
