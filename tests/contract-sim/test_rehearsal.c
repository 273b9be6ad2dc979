/* Starting from saved views: what is read, what is assumed, what a replay makes of it. */
#include <stdio.h>
#include <stdlib.h>

#include "common/os/file.h"
#include "contract-sim/author/author.h"
#include "contract-sim/genesis.h"
#include "contract-sim/limits.h"
#include "contract-sim/scenario_file.h"
#include "tests/support/support.h"

#include "common/json.h"

#define KEY_A "ed25519:EMdhKjdK7msBexMRNXeteqFkZvKsj5daYigG3QdgxssC"
#define KEY_B "ed25519:DcfhvxDw2g5QvwbSLeZ6XfziikxnE4ya97NfoTuVYa47"

#define PARTICIPANTS(field)                                                                                  \
    "{\"participants\":{\"next_id\":2,\"participants\":[[\"alice.near\",0,{\"url\":\"u\",\"" field           \
    "\":\"" KEY_A "\"}],[\"bob.near\",1,{\"url\":\"u\",\"" field "\":\"" KEY_B "\"}]]},\"threshold\":2}"

#define RUNNING(field, more)                                                                                 \
    "{\"domains\":{\"domains\":[],\"next_domain_id\":0},\"keyset\":{\"epoch_id\":5,\"domains\":[]},"         \
    "\"parameters\":" PARTICIPANTS(field) more "}"

#define STATE(field, more) "{\"Running\":" RUNNING(field, more) "}"

#define ALL_MEMBERS                                                                                          \
    ",\"parameters_votes\":{\"proposal_by_account\":{}},\"add_domains_votes\":{\"proposal_by_account\":{}}," \
    "\"previously_cancelled_resharing_epoch_id\":null"

#define INFO "{\"bob.near\":[{\"public_key\":\"" KEY_A "\"},null]}"

/* Two domains, the second being generated; the attempt was started at 4321. */
#define INITIALIZING                                                                                         \
    "{\"Initializing\":{\"domains\":{\"domains\":[{\"id\":0,\"protocol\":\"Frost\","                         \
    "\"reconstruction_threshold\":2,\"purpose\":\"Sign\"}],\"next_domain_id\":1},\"epoch_id\":5,"            \
    "\"generated_keys\":[],\"generating_key\":{\"epoch_id\":5,\"next_attempt_id\":1,"                        \
    "\"parameters\":" PARTICIPANTS(                                                                          \
        "tls_public_key") ",\"instance\":{\"attempt_id\":0,\"started_in\":4321,\"expires_on\":4352,"         \
                          "\"completed\":[],\"public_key\":null}},\"cancel_votes\":[]}}"

static struct genesis genesis;
static struct model *model;
static struct error err;

static void start_over(void)
{
    genesis_free(&genesis);
    model_free(model);
    model = NULL;
}

static result_t parse(const char *state, const char *info)
{
    CLEANUP(bytes_free) struct bytes text = {0};
    CLEANUP(bytes_free) struct bytes more = {0};
    start_over();
    ck_assert_ok(bytes_append_text(&text, state));
    TRY(genesis_parse(&text, &genesis, &err));
    if (!info)
        return OUTCOME_OK;
    ck_assert_ok(bytes_append_text(&more, info));
    return genesis_parse_migration_info(&more, &genesis, &err);
}

static void ck_refused(const char *state, const char *info, result_t expected, const char *part)
{
    ck_assert_outcome(parse(state, info), expected);
    ck_assert_text_has(err.text, part);
}

/* What a view of the contract says that was begun in a profile with what was parsed. */
static const char *view_of(const char *profile, const char *view)
{
    static struct model_outcome outcome;
    struct model_state state;
    model_outcome_free(&outcome);
    model_free(model);
    ck_assert_ok_err(model_new(profile, "mpc.near", &model, &err), err);
    ck_assert_ok_err(model_genesis(model, genesis.contract, 1000, 1700000000, &state, &err), err);
    ck_assert_ok(model_view(model, &state, 1000, 1700000000, view, "{}", 2, &outcome));
    ck_assert_int_eq(outcome.kind, MODEL_OK);
    return (const char *)outcome.value.data;
}

static const char *assumed(void)
{
    static struct bytes lines;
    bytes_clear(&lines);
    ck_assert_ok(bytes_append_text(&lines, ""));
    ck_assert_ok(genesis_contract_defaults(&genesis, &lines));
    return (const char *)lines.data;
}

static const char *assumed_of_the_chain(void)
{
    static struct bytes lines;
    bytes_clear(&lines);
    ck_assert_ok(bytes_append_text(&lines, ""));
    ck_assert_ok(genesis_chain_defaults(&genesis, &lines));
    return (const char *)lines.data;
}

START_TEST(printed_forms_of_the_two_views_make_the_same_contract)
{
    static const char *const printed[] = {
        STATE("tls_public_key", ALL_MEMBERS),
        "Function execution return value (printed to stdout):\n" STATE(
            "tls_public_key", ALL_MEMBERS) "\n\n"
                                           "Here is your console command:\n    near contract call-function "
                                           "as-read-only c state json-args {}\n",
        "View call: v1.signer.state({})\n{ Running: " RUNNING("tls_public_key", ALL_MEMBERS) " }\n",
    };
    for (size_t i = 0; i < ARRAY_LEN(printed); i++) {
        ck_assert_ok_err(parse(printed[i], "View call: v1.signer.migration_info({})\n" INFO), err);
        ck_assert_str_eq(view_of("v3.14", "state"), STATE("tls_public_key", ALL_MEMBERS));
        ck_assert_str_eq(view_of("v3.14", "migration_info"), INFO);
    }
}
END_TEST

START_TEST(an_older_state_is_read_in_every_profile)
{
    ck_assert_ok_err(parse(STATE("sign_pk", ""), NULL), err);
    for (size_t i = 0; model_profile_name(i); i++)
        ck_assert_str_eq(view_of(model_profile_name(i), "state"), STATE("tls_public_key", ALL_MEMBERS));
}
END_TEST

START_TEST(each_part_that_is_missing_is_named_and_no_other)
{
    static const char *const always[] = {"attestations: every",
                                         "attestation_grants: nobody",
                                         "config: the",
                                         "code_hash_votes: none",
                                         "launcher_hash_votes: none",
                                         "allowed_images: none",
                                         "allowed_launchers: none",
                                         "receipts: none",
                                         "accepts_requests: true"};
    static const char *const sometimes[] = {"parameters_votes: nobody", "add_domains_votes: nobody",
                                            "previously_cancelled_resharing_epoch_id: no",
                                            "migration_info: nobody"};
    ck_assert_ok_err(parse(STATE("tls_public_key", ""), NULL), err);
    for (size_t i = 0; i < ARRAY_LEN(sometimes); i++)
        ck_assert_text_has(assumed(), sometimes[i]);
    ck_assert_ok_err(parse(STATE("tls_public_key", ALL_MEMBERS), INFO), err);
    for (size_t i = 0; i < ARRAY_LEN(sometimes); i++)
        ck_assert_text_lacks(assumed(), sometimes[i]);
    for (size_t i = 0; i < ARRAY_LEN(always); i++)
        ck_assert_text_has(assumed(), always[i]);
}
END_TEST

START_TEST(what_a_genesis_file_gives_is_not_assumed)
{
    ck_assert_ok_err(parse("{\"format\":\"mpc-genesis/1\",\"contract_id\":\"v1.signer\",\"block_height\":7,"
                           "\"block_time_s\":9,\"accounts\":[],\"state\":" STATE(
                               "tls_public_key", ALL_MEMBERS) ",\"attestation_grants\":{},\"receipts\":[]}",
                           NULL),
                     err);
    ck_assert_str_eq(assumed_of_the_chain(), "");
    ck_assert_text_lacks(assumed(), "attestation_grants");
    ck_assert_text_lacks(assumed(), "receipts");
    ck_assert_text_has(assumed(), "attestations");
}
END_TEST

START_TEST(of_the_chain_height_time_accounts_and_the_contracts_name_are_assumed)
{
    ck_assert_ok_err(parse(STATE("tls_public_key", ""), NULL), err);
    ck_assert_text_has(assumed_of_the_chain(), "contract_id: v1.signer.test\n");
    ck_assert_text_has(assumed_of_the_chain(), "block_height: 100000000\n");
    ck_assert_text_has(assumed_of_the_chain(), "block_time_s: ");
    ck_assert_text_has(assumed_of_the_chain(), "accounts: ");
}
END_TEST

START_TEST(an_attempt_under_way_goes_on_at_its_height)
{
    ck_assert_ok_err(parse(INITIALIZING, NULL), err);
    ck_assert(genesis.has_block_height);
    ck_assert_uint_eq(genesis.block_height, 4321);
    ck_assert_text_has(assumed_of_the_chain(),
                       "block_height: 4321, where the attempt under way was started\n");
}
END_TEST

START_TEST(nothing_is_assumed_of_a_contract_that_nobody_has_initialised)
{
    ck_assert_ok_err(parse("View call: v1.signer.state({})\n'NotInitialized'\n", NULL), err);
    ck_assert_str_eq(assumed(), "");
}
END_TEST

START_TEST(files_that_are_not_what_they_should_be_are_refused)
{
    ck_refused(INFO, NULL, OUTCOME_CONFIG_INVALID, "output of the `migration_info` view");
    ck_refused(STATE("tls_public_key", ""), STATE("tls_public_key", ""), OUTCOME_CONFIG_INVALID,
               "not the output of the `migration_info` view");
    ck_refused(STATE("tls_public_key", ""), "[]", OUTCOME_CONFIG_INVALID, "not the output of");
    ck_refused("{\"format\":\"mpc-genesis/1\",\"migration_info\":{}}", INFO, OUTCOME_CONFIG_INVALID,
               "has a \"migration_info\" of its own");
    ck_refused("{ Running: [Object] }", NULL, OUTCOME_JSON_MALFORMED, "line 1: \"Object\" is no value");
    ck_refused("\n\n{\"Running\":{}, }", NULL, OUTCOME_JSON_MALFORMED, "at line 3 column 16");
}
END_TEST

static const char *path_of(const char *name)
{
    static char path[4096];
    const char *top = getenv("top_srcdir");
    snprintf(path, sizeof path, "%s/tests/rehearsal/%s", top ? top : ".", name);
    return path;
}

/* Play one of our plans from `start` in a profile. */
static void plan_play(const char *plan, const struct replay_start *start, const char *profile,
                      struct replay_result *result)
{
    CLEANUP(scenario_free) struct scenario scenario = {0};
    struct replay_options how = {.profile = profile, .start = start};
    ck_assert_ok_err(scenario_file_read(path_of(plan), start, &scenario, &err), err);
    ck_assert_ok_err(replay_run(&scenario, &how, result, &err), err);
}

static void saved_read(const char *name,
                       result_t (*parse_it)(const struct bytes *, struct genesis *, struct error *))
{
    CLEANUP(bytes_free) struct bytes text = {0};
    ck_assert_ok_err(file_read(path_of(name), SIM_GENESIS_BYTES_MAX, &text, &err), err);
    ck_assert_ok_err(parse_it(&text, &genesis, &err), err);
}

START_TEST(a_plan_is_played_from_the_saved_state)
{
    static const char *const plans[] = {"plan.scenario", "resharing.scenario"};
    start_over();
    saved_read("state.txt", genesis_parse);
    saved_read("migration_info.txt", genesis_parse_migration_info);
    const struct replay_start start = {.contract = genesis.contract};
    for (size_t i = 0; i < ARRAY_LEN(plans); i++) {
        for (size_t p = 0; model_profile_name(p); p++) {
            CLEANUP(replay_result_free) struct replay_result result = {0};
            plan_play(plans[i], &start, model_profile_name(p), &result);
            ck_assert_msg(result.difference_count == 0, "%s [%s]: %s", plans[i], model_profile_name(p),
                          result.difference_count ? (const char *)result.differences[0].got.data : "");
        }
    }
}
END_TEST

/* alice.testnet, with bob.nodes.testnet and another bob. */
START_TEST(members_are_named_by_what_stands_before_the_first_dot)
{
    static const char plan[] = "title names\n"
                               "bob register_backup_service\n"
                               "view migration_info /bob.nodes.testnet/0 expect present\n"
                               "alice.op register_backup_service\n"
                               "view migration_info /alice.testnet/0 expect present\n"
                               "all vote_add_domains\n"
                               "view state /Initializing expect present\n";
    static const char state[] =
        "{\"Running\":{\"domains\":{\"domains\":[],\"next_domain_id\":0},\"keyset\":{\"epoch_id\":5,"
        "\"domains\":[]},"
        "\"parameters\":{\"participants\":{\"next_id\":3,\"participants\":["
        "[\"alice.testnet\",0,{\"url\":\"u\",\"tls_public_key\":\"" KEY_A "\"}],"
        "[\"bob.nodes.testnet\",1,{\"url\":\"u\",\"tls_public_key\":\"" KEY_B "\"}],"
        "[\"bob.testnet\",2,{\"url\":\"u\",\"tls_public_key\":\"" KEY_B "\"}]]},\"threshold\":2}}}";
    CLEANUP(authored_free) struct authored authored = {0};
    CLEANUP(scenario_free) struct scenario scenario = {0};
    CLEANUP(replay_result_free) struct replay_result result = {0};
    ck_assert_ok_err(parse(state, NULL), err);
    const struct replay_start start = {.contract = genesis.contract};
    struct replay_options how = {.profile = "v3.14", .start = &start};
    ck_assert_ok_err(author_compile(plan, sizeof plan - 1, "names", &start, &authored, &err), err);
    ck_assert_ok_err(scenario_parse((const char *)authored.json.data, authored.json.len, &scenario, &err),
                     err);
    ck_assert_ok_err(replay_run(&scenario, &how, &result, &err), err);
    ck_assert_uint_eq(result.difference_count, 0);
}
END_TEST

START_TEST(without_the_saved_migrations_the_plan_shows_what_is_missing)
{
    CLEANUP(replay_result_free) struct replay_result result = {0};
    start_over();
    saved_read("state.txt", genesis_parse);
    const struct replay_start start = {.contract = genesis.contract};
    plan_play("plan.scenario", &start, "v3.14", &result);
    ck_assert_uint_eq(result.difference_count, 1);
    ck_assert_str_eq((const char *)result.differences[0].what.data, "view migration_info at /south.near/1");
}
END_TEST

/* The attempt of INITIALIZING is live at 4321, and an attestation that ends at 10 is good at 9. */
#define PLAN_OF_ALICE                                                                                        \
    "{\"format\":\"mpc-scenario/1\",\"id\":\"i\",\"title\":\"t\",\"genesis\":{\"state\":"                    \
    "\"NotInitialized\",\"block_height\":100000,\"block_time_s\":1700000000},\"steps\":["                    \
    "{\"call\":\"submit_participant_info\",\"signer\":\"alice.near\",\"signer_public_key\":\"" KEY_A         \
    "\",\"args\":{\"tls_public_key\":\"" KEY_A "\",\"proposed_participant_attestation\":"                    \
    "{\"Mock\":{\"WithConstraints\":{\"expiry_timestamp_seconds\":10}}}},\"expect\":{\"ok\":null}},"         \
    "{\"call\":\"vote_abort_key_event_instance\",\"signer\":\"alice.near\",\"signer_public_key\":\"" KEY_A   \
    "\",\"args\":{\"key_event_id\":{\"epoch_id\":5,\"domain_id\":0,\"attempt_id\":0}},"                      \
    "\"expect\":{\"ok\":null}}]}"

START_TEST(height_and_time_are_the_files_where_it_has_them)
{
    static const char text[] = PLAN_OF_ALICE;
    CLEANUP(scenario_free) struct scenario scenario = {0};
    CLEANUP(replay_result_free) struct replay_result there = {0};
    CLEANUP(replay_result_free) struct replay_result elsewhere = {0};
    ck_assert_ok_err(scenario_parse(text, strlen(text), &scenario, &err), err);
    ck_assert_ok_err(parse(INITIALIZING, NULL), err);
    struct replay_start start = {.contract = genesis.contract,
                                 .has_block_height = genesis.has_block_height,
                                 .block_height = genesis.block_height,
                                 .has_block_time = true,
                                 .block_time_s = 9};
    struct replay_options how = {.profile = "design", .start = &start};
    ck_assert_ok_err(replay_run(&scenario, &how, &there, &err), err);
    ck_assert_uint_eq(there.difference_count, 0);
    start.has_block_height = false;
    start.has_block_time = false;
    ck_assert_ok_err(replay_run(&scenario, &how, &elsewhere, &err), err);
    ck_assert_uint_eq(elsewhere.difference_count, 2);
}
END_TEST

/* The keys that the contract's view adds, and those that it does not know, aside. */
START_TEST(mainnets_state_goes_in_and_comes_out)
{
    CLEANUP(bytes_free) struct bytes text = {0};
    CLEANUP(json_put_ptr) struct json_object *saved = NULL;
    CLEANUP(json_put_ptr) struct json_object *shown = NULL;
    struct json_object *before, *after, *at, *other;
    if (!reference_data("contract/mainnet-state.json", &text))
        return;
    start_over();
    ck_assert_ok_err(genesis_parse(&text, &genesis, &err), err);
    const char *view = view_of("v3.14", "state");
    ck_assert_ok(json_parse(view, strlen(view), &json_limits_view, &shown, &err));
    ck_assert_ok(json_parse((const char *)text.data, text.len, &json_limits_view, &saved, &err));
    ck_assert(json_object_object_get_ex(saved, "Running", &before));
    ck_assert(json_object_object_get_ex(shown, "Running", &after));
    static const char *const members[] = {"keyset", "parameters", "parameters_votes", "add_domains_votes"};
    for (size_t i = 0; i < ARRAY_LEN(members); i++) {
        ck_assert(json_object_object_get_ex(before, members[i], &at));
        ck_assert(json_object_object_get_ex(after, members[i], &other));
        ck_assert_msg(json_object_equal(at, other), "%s", members[i]);
    }
    ck_assert_text_has(assumed(), "previously_cancelled_resharing_epoch_id: no resharing was cancelled");
}
END_TEST

int main(void)
{
    SUITE_WITH_CASE(suite, tcase, "rehearsal");
    tcase_add_test(tcase, printed_forms_of_the_two_views_make_the_same_contract);
    tcase_add_test(tcase, an_older_state_is_read_in_every_profile);
    tcase_add_test(tcase, each_part_that_is_missing_is_named_and_no_other);
    tcase_add_test(tcase, what_a_genesis_file_gives_is_not_assumed);
    tcase_add_test(tcase, of_the_chain_height_time_accounts_and_the_contracts_name_are_assumed);
    tcase_add_test(tcase, an_attempt_under_way_goes_on_at_its_height);
    tcase_add_test(tcase, nothing_is_assumed_of_a_contract_that_nobody_has_initialised);
    tcase_add_test(tcase, files_that_are_not_what_they_should_be_are_refused);
    tcase_add_test(tcase, a_plan_is_played_from_the_saved_state);
    tcase_add_test(tcase, members_are_named_by_what_stands_before_the_first_dot);
    tcase_add_test(tcase, without_the_saved_migrations_the_plan_shows_what_is_missing);
    tcase_add_test(tcase, height_and_time_are_the_files_where_it_has_them);
    tcase_add_test(tcase, mainnets_state_goes_in_and_comes_out);
    return run_suite(suite);
}
