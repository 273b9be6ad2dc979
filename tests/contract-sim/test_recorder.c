/* Recordings: whatever happened on a chain, and wherever the recording began, it replays without a difference. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/os/file.h"
#include "contract-sim/limits.h"
#include "contract-sim/replay/replay.h"
#include "tests/contract-sim/rpc_fixture.h"
#include "tests/support/scenarios.h"
#include "tests/support/support.h"

static void ck_replays_in(const struct scenario *scenario, const char *profile, const char *text)
{
    CLEANUP(replay_result_free) struct replay_result result = {0};
    struct error err = {0};
    ck_assert_ok_err(replay_run(scenario, &(struct replay_options){.profile = profile}, &result, &err), err);
    const struct replay_difference *first = &result.differences[0];
    if (result.difference_count)
        ck_abort_msg("[%s] step %zu, %s: expected %.500s, got %.500s\n%.1500s", profile, first->step,
                     (const char *)first->what.data, (const char *)first->expected.data,
                     (const char *)first->got.data, text);
}

static void read_scenario(const char *text, struct scenario *out)
{
    struct error err = {0};
    result_t parsed = scenario_parse(text, strlen(text), out, &err);
    ck_assert_msg(parsed == OUTCOME_OK, "%s\n%.1500s", err.text, text);
}

/* How many steps the scenario has; it replays in every profile. */
static size_t ck_replays(const char *text)
{
    struct scenario scenario = {0};
    read_scenario(text, &scenario);
    for (size_t i = 0; model_profile_name(i); i++)
        ck_replays_in(&scenario, model_profile_name(i), text);
    size_t steps = scenario.step_count;
    scenario_free(&scenario);
    return steps;
}

/* --- what happens in the scenarios, on a chain, recorded from anywhere in the middle --- */

static struct chain walked;
static struct recorder recorder;
static uint64_t random_state;

/* Blocks come 0.3 to 2.7 seconds after each other, so that some share a second. */
static uint64_t next_ms(void)
{
    return blocks_head(&walked.blocks)->time_ms + 300 + test_random(&random_state) % 2400;
}

static void take_step(const struct scenario_step *step)
{
    CLEANUP(bytes_free) struct bytes args = {0};
    CLEANUP(receipt_outcome_free) struct receipt_outcome outcome = {0};
    struct model_context context = {.signer = step->signer,
                                    .signer_public_key = step->signer_public_key,
                                    .predecessor = step->predecessor,
                                    .deposit = step->deposit};
    if (step->kind == STEP_CALL) {
        ck_assert_ok(json_write(step->args, &args));
        ck_assert_ok(
            chain_seal_call(&walked, next_ms(), &context, step->method, args.data, args.len, &outcome));
    }
    for (uint64_t i = 0; i < step->blocks; i++)
        ck_assert_ok(chain_seal(&walked, next_ms()));
    if (step->seconds)
        ck_assert_ok(chain_seal(&walked, blocks_head(&walked.blocks)->time_ms + step->seconds * 1000));
}

static void open_walked(const struct scenario *scenario, struct model *model)
{
    CLEANUP(world_unref_ptr) struct world *world = world_new();
    struct account *account;
    struct error err = {0};
    ck_assert_ok(world_account_add(world, &scenario->contract_id, &account));
    ck_assert_ok_err(model_genesis(model, scenario->genesis, scenario->block_height, scenario->block_time_s,
                                   &world->contract, &err),
                     err);
    ck_assert_ok(
        chain_init(&walked, model, world, scenario->block_height, scenario->block_time_s * 1000, "seed", 4));
}

static void record_in(const struct scenario *scenario, const char *profile)
{
    CLEANUP(model_free_ptr) struct model *model = NULL;
    CLEANUP(bytes_free) struct bytes text = {0};
    struct error err = {0};
    ck_assert_ok_err(model_new(profile, scenario->contract_id.text, &model, &err), err);
    for (size_t i = 0; i < scenario->rule_count; i++)
        ck_assert_ok_err(model_rule_set(model, scenario->rules[i], &err), err);
    if (scenario->launcher_template)
        ck_assert_ok_err(model_launcher_template_set(model, scenario->launcher_template,
                                                     scenario->launcher_template_len, &err),
                         err);
    open_walked(scenario, model);
    size_t begin = test_random(&random_state) % (scenario->step_count + 1);
    for (size_t i = 0; i < scenario->step_count; i++) {
        if (i == begin)
            ck_assert_ok(recorder_start(&recorder, &walked, profile));
        take_step(&scenario->steps[i]);
    }
    if (recorder.chain) {
        CLEANUP(scenario_free) struct scenario recorded = {0};
        ck_assert_ok(recorder_write(&recorder, scenario->id, &text));
        read_scenario(text_of(&text), &recorded);
        ck_replays_in(&recorded, model_profile_name(test_random(&random_state) % 3), text_of(&text));
    }
    recorder_stop(&recorder);
    chain_free(&walked);
}

static void record(const struct scenario *scenario)
{
    for (size_t i = 0; model_profile_name(i); i++)
        record_in(scenario, model_profile_name(i));
}

START_TEST(what_our_scenarios_do_on_a_chain_replays)
{
    random_state = test_seed();
    scenarios_visit_ours(record);
}
END_TEST

START_TEST(what_the_reference_scenarios_do_on_a_chain_replays)
{
    random_state = test_seed();
    scenarios_visit_reference(record);
}
END_TEST

/* --- over the RPC --- */

/* The result as it was written, not as json-c would: it stands between the first and the last member. */
static const char *result_text(void)
{
    static char *text;
    static const char before[] = "{\"jsonrpc\":\"2.0\",\"result\":";
    const char *reply = text_of(&rpc_reply);
    size_t len = strlen(reply) - strlen(before) - strlen(",\"id\":1}");
    free(text);
    text = strndup(reply + strlen(before), len);
    return text;
}

static const char *stop(void)
{
    const char *text = rpc_call("sim_record_stop", "{}");
    ck_assert_msg(rpc_http_status == 200 && !strstr(text, "\"error\":{\"name\""), "%s", text);
    return result_text();
}

static void begin(void)
{
    ck_assert_text_has(rpc_call("sim_record", "{\"name\":\"demo\"}"), "\"block_height\":");
}

#define SIM_CALL(method, deposit, args)                                                                      \
    "{\"method\":\"" method "\",\"signer\":\"alice.near\",\"signer_public_key\":"                            \
    "\"ed25519:FAe4sisG95oZ42w7buUn5qEE4TAnfTTFPiguZUHmhiF\",\"deposit_yocto\":\"" deposit                   \
    "\",\"args\":" args "}"

START_TEST(transactions_and_direct_calls_are_recorded_with_what_came_of_them)
{
    begin();
    rpc_send("send_tx", register_base64(), NULL);
    rpc_call("sim_call", SIM_CALL("cancel_node_migration", "0", "{}"));
    rpc_call("sim_call", SIM_CALL("no_such_method", "0", "{}"));
    rpc_call("sim_call", SIM_CALL("register_backup_service", "1", "{\"backup_service_info\":7}"));
    rpc_call("sim_advance", "{\"seconds\":90}");
    const char *text = stop();
    ck_assert_text_has(
        text, "{\"call\":\"register_backup_service\",\"signer\":\"alice.near\",\"signer_public_key\":");
    ck_assert_text_has(text, "\"expect\":{\"ok\":null}}");
    ck_assert_text_has(text, "\"error\":\"MethodNotFound\"");
    ck_assert_text_has(text, "\"deposit_yocto\":\"1\"");
    ck_assert_text_has(text, "{\"advance\":{\"seconds\":");
    ck_assert_uint_ge(ck_replays(text), 8);
}
END_TEST

START_TEST(a_recording_begins_with_the_state_that_is_there)
{
    rpc_send("send_tx", register_base64(), NULL);
    begin();
    ck_assert_text_has(stop(), "\"migration_info\":{\"alice.near\":[{\"public_key\":");
    ck_assert_uint_eq(ck_replays(result_text()), 0);
}
END_TEST

START_TEST(a_transaction_that_is_undone_was_never_there)
{
    struct near_tx tx = fixture_tx(&rpc_chain, "register_backup_service", fixture_register_args);
    struct near_tx second = fixture_tx(&rpc_chain, "no_such_method", "{}");
    begin();
    /* Two calls in one transaction: the first is undone with the second. */
    tx.actions = realloc(tx.actions, 2 * sizeof *tx.actions);
    tx.actions[1] = second.actions[0];
    tx.action_count = 2;
    second.action_count = 0;
    near_tx_free(&second);
    ck_assert_text_has(rpc_send("send_tx", signed_base64(tx, ALICE), NULL), "MethodNotFound");
    const char *text = stop();
    ck_assert_text_lacks(text, "\"call\":");
    ck_assert_uint_eq(ck_replays(text), 1);
}
END_TEST

START_TEST(arguments_are_recorded_byte_by_byte_where_that_is_seen)
{
    static const char *const args[] = {"",
                                       "null",
                                       "{\"url\"  :  7}",
                                       "not json",
                                       "{\"a\":1,\"a\":2}",
                                       "\xff",
                                       "{ \"backup_service_info\" : 5 }"};
    begin();
    for (size_t i = 0; i < ARRAY_LEN(args); i++)
        rpc_send("send_tx", signed_base64(fixture_tx(&rpc_chain, "update_participant_url", args[i]), ALICE),
                 NULL);
    rpc_send("send_tx", signed_base64(fixture_tx(&rpc_chain, "vote_cancel_resharing", "garbage"), ALICE),
             NULL);
    const char *text = stop();
    ck_assert_text_has(text, "\"args_base64\":\"eyJ1cmwiICA6ICA3fQ==\"");
    ck_assert_text_has(text, "\"args_base64\":\"\"");
    ck_replays(text);
}
END_TEST

START_TEST(blocks_that_share_a_second_replay_as_they_were)
{
    begin();
    for (int i = 0; i < 5; i++) {
        rpc_call("sim_advance", "{\"blocks\":1}");
        rpc_call("sim_call", SIM_CALL("state", "0", "{}"));
    }
    const char *text = stop();
    ck_assert_text_has(text, "{\"advance\":{\"blocks\":2,\"seconds\":1}}");
    ck_replays(text);
}
END_TEST

/* The receipts of a resharing look at what is attested in their own block; carol's attestation expires later. */
START_TEST(receipts_run_in_the_block_they_ran_in)
{
    begin();
    fixture_reshare_but_for_alice(&rpc_chain, FIXTURE_TIME_S + 60);
    fixture_call_signed(&rpc_chain, "alice.near", ALICE, "vote_reshared", fixture_reshare_vote);
    fixture_seal(&rpc_chain, 1);
    rpc_call("sim_advance", "{\"seconds\":100}");
    rpc_call("sim_call", SIM_CALL("get_tee_accounts", "0", "{}"));
    const char *text = stop();
    ck_assert_text_has(text, "\"expect\":{\"ok\":[");
    ck_replays(text);
}
END_TEST

START_TEST(one_recording_at_a_time_and_no_way_back_meanwhile)
{
    rpc_call("sim_snapshot", "{\"name\":\"clean\"}");
    ck_assert_text_has(rpc_call("sim_record_stop", "{}"), "no recording is under way");
    begin();
    ck_assert_text_has(rpc_call("sim_record", "{\"name\":\"other\"}"), "a recording is under way already");
    ck_assert_text_has(rpc_call("sim_revert", "{\"name\":\"clean\"}"), "a scenario cannot go back");
    stop();
    ck_assert_text_has(rpc_call("sim_revert", "{\"name\":\"clean\"}"), "\"block_height\":1000");
    begin();
    stop();
}
END_TEST

START_TEST(what_is_no_plain_file_name_is_refused)
{
    static const char *const names[] = {"{}",
                                        "{\"name\":7}",
                                        "{\"name\":\"\"}",
                                        "{\"name\":\".hidden\"}",
                                        "{\"name\":\".json\"}",
                                        "{\"name\":\"../up\"}",
                                        "{\"name\":\"a/b\"}",
                                        "{\"name\":\"a b\"}",
                                        "{\"name\":\"\\u00e4\"}",
                                        "{\"name\":\"a\\u0000b\"}"};
    char params[128], name[80];
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        ck_assert_text_has(rpc_call("sim_record", names[i]), "PARSE_ERROR");
        ck_assert_ptr_null(rpc_chain.node.recorder.chain);
    }
    memset(name, 'x', sizeof name);
    snprintf(params, sizeof params, "{\"name\":\"%.65s\"}", name);
    ck_assert_text_has(rpc_call("sim_record", params), "PARSE_ERROR");
    snprintf(params, sizeof params, "{\"name\":\"%.64s\"}", name);
    ck_assert_text_lacks(rpc_call("sim_record", params), "PARSE_ERROR");
}
END_TEST

static void ck_file_replays(const char *dir, const char *name)
{
    CLEANUP(bytes_free) struct bytes text = {0};
    CLEANUP(free_text) char *path = file_path(dir, name);
    ck_assert_ok(file_read(path, SCENARIO_BYTES_MAX, &text, NULL));
    ck_replays(text_of(&text));
}

START_TEST(with_a_folder_the_scenario_is_a_file_there_that_nothing_overwrites)
{
    CLEANUP(free_text) char *dir = fresh_dir();
    rpc_chain.node.record_dir = dir;
    ck_assert_text_has(rpc_call("sim_record", "{\"name\":\"first\"}"), "\"block_height\":");
    rpc_send("send_tx", register_base64(), NULL);
    ck_assert_text_has(rpc_call("sim_record_stop", "{}"), "\"result\":{\"file\":\"first.json\",\"steps\":");
    ck_file_replays(dir, "first.json");
    ck_assert_text_has(rpc_call("sim_record", "{\"name\":\"first.json\"}"),
                       "a file of this name is there already");
    begin();
    ck_assert_text_has(rpc_call("sim_record_stop", "{\"name\":\"first\"}"), "first.json");
    ck_assert_text_has(text_of(&rpc_reply), "SIM_REFUSED");
    ck_assert_text_has(rpc_call("sim_record_stop", "{\"name\":\"second\"}"), "{\"file\":\"second.json\"");
    ck_file_replays(dir, "second.json");
}
END_TEST

START_TEST(a_recording_longer_than_a_scenario_may_be_is_given_up_with_a_word)
{
    CLEANUP(receipt_outcome_free) struct receipt_outcome outcome = {0};
    const struct model_context context = {0};
    size_t len = 5u << 20;
    char *garbage = calloc(1, len);
    begin();
    for (int i = 0; i < 3; i++) {
        ck_assert_ok(chain_seal_call(&rpc_chain.node.chain, rpc_chain.time_ms += 1000, &context, "state",
                                     garbage, len, &outcome));
        receipt_outcome_free(&outcome);
    }
    free(garbage);
    ck_assert_text_has(rpc_call("sim_record_stop", "{}"), "larger than a scenario may be");
    begin();
    ck_replays(stop());
}
END_TEST

int main(void)
{
    SUITE_WITH_CASE(suite, tcase, "recorder");
    TCase *walks = tcase_create("walks");
    tcase_add_checked_fixture(tcase, rpc_setup, rpc_teardown);
    tcase_add_test(tcase, transactions_and_direct_calls_are_recorded_with_what_came_of_them);
    tcase_add_test(tcase, a_recording_begins_with_the_state_that_is_there);
    tcase_add_test(tcase, a_transaction_that_is_undone_was_never_there);
    tcase_add_test(tcase, arguments_are_recorded_byte_by_byte_where_that_is_seen);
    tcase_add_test(tcase, blocks_that_share_a_second_replay_as_they_were);
    tcase_add_test(tcase, receipts_run_in_the_block_they_ran_in);
    tcase_add_test(tcase, one_recording_at_a_time_and_no_way_back_meanwhile);
    tcase_add_test(tcase, what_is_no_plain_file_name_is_refused);
    tcase_add_test(tcase, with_a_folder_the_scenario_is_a_file_there_that_nothing_overwrites);
    tcase_add_test(tcase, a_recording_longer_than_a_scenario_may_be_is_given_up_with_a_word);
    tcase_add_test(walks, what_our_scenarios_do_on_a_chain_replays);
    tcase_add_test(walks, what_the_reference_scenarios_do_on_a_chain_replays);
    tcase_set_timeout(walks, 120);
    suite_add_tcase(suite, walks);
    return run_suite(suite);
}
