/* The control methods of cli.md. */
#include "tests/contract-sim/rpc_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <json-c/json.h>

#include "contract-sim/limits.h"
#include "tests/support/support.h"

#define VIEW "\"finality\":\"optimistic\",\"account_id\":\"v1.signer.test\""

START_TEST(control_methods_are_refused_where_a_web_page_could_ask)
{
    static const char *const control[] = {"sim_call",   "sim_advance",    "sim_snapshot", "sim_revert",
                                          "sim_pause",  "sim_resume",     "sim_fault",    "sim_faults",
                                          "sim_record", "sim_record_stop"};
    for (size_t i = 0; i < ARRAY_LEN(control); i++) {
        char body[128];
        snprintf(body, sizeof body,
                 "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"%s\",\"params\":{\"blocks\":1}}", control[i]);
        ck_assert_text_has(rpc_ask(body, false), "\"cause\":{\"name\":\"CONTROL_REFUSED\"}");
        ck_assert_int_eq(rpc_http_status, 403);
    }
    ck_assert_uint_eq(rpc_chain.node.chain.blocks.head, FIXTURE_HEIGHT);
}
END_TEST

START_TEST(a_direct_call_needs_no_signature_and_a_refusal_is_a_result)
{
    char params[1024];
    snprintf(params, sizeof params,
             "{\"method\":\"register_backup_service\",\"signer\":\"bob.near\",\"signer_public_key\":"
             "\"ed25519:FAe4sisG95oZ42w7buUn5qEE4TAnfTTFPiguZUHmhiF\",\"args\":%s}",
             fixture_register_args);
    ck_assert_text_has(rpc_call("sim_call", params),
                       "\"result\":{\"status\":{\"SuccessValue\":\"bnVsbA==\"},\"logs\":[");
    ck_assert_str_eq(rpc_value("/result/block_height"), "1001");
    snprintf(params, sizeof params,
             "{\"method\":\"register_backup_service\",\"signer\":\"dave.near\",\"signer_public_key\":"
             "\"ed25519:FAe4sisG95oZ42w7buUn5qEE4TAnfTTFPiguZUHmhiF\",\"deposit_yocto\":\"1\",\"args\":%s}",
             fixture_register_args);
    ck_assert_text_has(
        rpc_call("sim_call", params),
        "\"result\":{\"status\":{\"Failure\":{\"ActionError\":{\"index\":0,\"kind\":{\"FunctionCallError\":{"
        "\"ExecutionError\":\"Smart contract panicked: Not a participant: dave.near\"}}}}}");
    ck_assert_str_eq(rpc_value("/result/block_height"), "1002");
    ck_assert_text_has(rpc_call("sim_call", "{\"method\":\"state\",\"signer\":\"dave.near\"}"),
                       "missing field `signer_public_key`");
}
END_TEST

START_TEST(a_member_that_no_direct_call_has_is_refused_and_nothing_is_called)
{
    char params[512];
    snprintf(params, sizeof params,
             "{\"method\":\"register_backup_service\",\"signer\":\"bob.near\",\"signer_public_key\":"
             "\"ed25519:FAe4sisG95oZ42w7buUn5qEE4TAnfTTFPiguZUHmhiF\",\"deposit\":\"1\",\"args\":%s}",
             fixture_register_args);
    ck_assert_text_has(rpc_call("sim_call", params), "sim_call takes no `deposit`");
    ck_assert_int_eq(rpc_http_status, 400);
    ck_assert_uint_eq(rpc_chain.node.chain.blocks.head, FIXTURE_HEIGHT);
}
END_TEST

START_TEST(a_direct_call_can_come_from_the_contract_itself)
{
    static const char params[] = "{\"method\":\"cleanup_orphaned_node_migrations\",\"signer\":\"dave.near\","
                                 "\"predecessor\":\"%s\",\"signer_public_key\":"
                                 "\"ed25519:FAe4sisG95oZ42w7buUn5qEE4TAnfTTFPiguZUHmhiF\",\"args\":{}}";
    char text[512];
    snprintf(text, sizeof text, params, "dave.near");
    ck_assert_text_has(rpc_call("sim_call", text), "Method cleanup_orphaned_node_migrations is private");
    snprintf(text, sizeof text, params, FIXTURE_CONTRACT);
    ck_assert_text_has(rpc_call("sim_call", text), "\"SuccessValue\"");
}
END_TEST

START_TEST(advancing_moves_blocks_or_time)
{
    ck_assert_text_has(rpc_call("sim_advance", "{\"blocks\":10}"),
                       "{\"block_height\":1010,\"block_time_s\":1700000006,\"block_hash\":\"");
    ck_assert_text_has(rpc_call("sim_advance", "{\"seconds\":3600}"),
                       "{\"block_height\":1011,\"block_time_s\":1700003606,");
    ck_assert_text_has(rpc_call("sim_advance", "{\"seconds\":1,\"blocks\":1}"), "PARSE_ERROR");
    ck_assert_text_has(rpc_call("sim_advance", "{\"blocks\":-1}"), "PARSE_ERROR");
    ck_assert_text_has(rpc_call("sim_advance", "{}"), "PARSE_ERROR");
    ck_assert_text_has(rpc_call("sim_advance", "[5]"), "PARSE_ERROR");
    ck_assert_text_has(rpc_call("sim_advance", "{\"blocks\":200001}"), "SIM_REFUSED");
    ck_assert_text_has(rpc_call("sim_advance", "{\"seconds\":18446744073709551615}"), "SIM_REFUSED");
    ck_assert_uint_eq(rpc_chain.node.chain.blocks.head, 1011);
}
END_TEST

START_TEST(a_pause_stops_the_time_and_resuming_goes_on_from_there)
{
    ck_assert_text_has(rpc_call("sim_pause", "{}"), "{\"block_height\":1000,\"block_time_s\":1700000000,");
    ck_assert(!sim_clock_running(&rpc_chain.node.clock));
    ck_assert_text_has(rpc_call("sim_advance", "{\"blocks\":1}"),
                       "{\"block_height\":1001,\"block_time_s\":1700000000,");
    rpc_chain.node.clock.offset_ms = 12345;
    ck_assert_text_has(rpc_call("sim_resume", "{}"), "{\"block_height\":1001,");
    ck_assert(sim_clock_running(&rpc_chain.node.clock));
    ck_assert_uint_eq(sim_clock_now(&rpc_chain.node.clock, 0, RPC_WALL_MS), rpc_chain.time_ms);
}
END_TEST

START_TEST(a_snapshot_brings_back_state_height_and_time)
{
    ck_assert_text_has(rpc_call("sim_snapshot", "{\"name\":\"clean\"}"), "{\"block_height\":1000,");
    int64_t offset = rpc_chain.node.clock.offset_ms;
    rpc_call("sim_advance", "{\"seconds\":86400}");
    rpc_send("send_tx", register_base64(), NULL);
    ck_assert_text_has(rpc_call("sim_revert", "{\"name\":\"clean\"}"),
                       "{\"block_height\":1000,\"block_time_s\":1700000000,");
    ck_assert_int_eq(rpc_chain.node.clock.offset_ms, offset);
    rpc_call("EXPERIMENTAL_call_function",
             "{" VIEW ",\"method_name\":\"migration_info\",\"args_base64\":\"\"}");
    ck_assert_str_eq(rpc_view_text(), "{}");
    ck_assert_text_has(rpc_call("sim_revert", "{\"name\":\"dirty\"}"), "SIM_REFUSED");
    ck_assert_text_has(rpc_call("sim_snapshot", "{\"name\":\"\"}"), "SIM_REFUSED");
    ck_assert_text_has(rpc_call("sim_snapshot", "{}"), "missing field `name`");
}
END_TEST

int main(void)
{
    SUITE_WITH_CASE(suite, tcase, "rpc_control");
    tcase_add_checked_fixture(tcase, rpc_setup, rpc_teardown);
    tcase_add_test(tcase, control_methods_are_refused_where_a_web_page_could_ask);
    tcase_add_test(tcase, a_direct_call_needs_no_signature_and_a_refusal_is_a_result);
    tcase_add_test(tcase, a_member_that_no_direct_call_has_is_refused_and_nothing_is_called);
    tcase_add_test(tcase, a_direct_call_can_come_from_the_contract_itself);
    tcase_add_test(tcase, advancing_moves_blocks_or_time);
    tcase_add_test(tcase, a_pause_stops_the_time_and_resuming_goes_on_from_there);
    tcase_add_test(tcase, a_snapshot_brings_back_state_height_and_time);
    return run_suite(suite);
}
