/* The JSON-RPC envelope, and what the node says of itself and its blocks: near-rpc.md A.1, A.4, D.1. */
#include "tests/contract-sim/rpc_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <json-c/json.h>

#include "contract-sim/limits.h"
#include "tests/support/support.h"

static const char *const ids[] = {
    "0",    "124",  "18446744073709551615", "\"124\"", "\"dontcare\"", "\"a/b\"", "-7", "1.50", "1e3",
    "null", "true", "\"\\u0001\""};

START_TEST(the_id_comes_back_as_it_was_with_its_type)
{
    char body[256], expected[64];
    for (size_t i = 0; i < ARRAY_LEN(ids); i++) {
        snprintf(body, sizeof body,
                 "{\"id\":%s,\"jsonrpc\":\"2.0\",\"method\":\"network_info\",\"params\":[]}", ids[i]);
        snprintf(expected, sizeof expected, ",\"id\":%s}", ids[i]);
        ck_assert_text_has(rpc_ask(body, false), expected);
    }
    ck_assert_text_has(rpc_ask("{\"jsonrpc\":\"2.0\",\"method\":\"network_info\"}", false), ",\"id\":null}");
    ck_assert_text_has(rpc_ask("{\"jsonrpc\":\"2.0\",\"method\":\"nope\",\"id\":\"9\"}", false),
                       ",\"id\":\"9\"}");
}
END_TEST

START_TEST(a_reply_has_three_members_and_never_both_result_and_error)
{
    static const char *const bodies[] = {"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"status\"}",
                                         "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"nope\"}", "[]", "x"};
    for (size_t i = 0; i < ARRAY_LEN(bodies); i++) {
        CLEANUP(json_put_ptr) struct json_object *root = json_tokener_parse(rpc_ask(bodies[i], false));
        ck_assert_int_eq(json_object_object_length(root), 3);
        ck_assert(json_object_object_get_ex(root, "result", NULL) !=
                  json_object_object_get_ex(root, "error", NULL));
        ck_assert(json_object_object_get_ex(root, "id", NULL));
    }
}
END_TEST

static const struct {
    const char *body;
    const char *cause;
    int http_status;
} bad_requests[] = {
    {"", "PARSE_ERROR", 400},
    {"{", "PARSE_ERROR", 400},
    {"<html>", "PARSE_ERROR", 400},
    {"[{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"status\"}]", "PARSE_ERROR", 400},
    {"{\"jsonrpc\":\"1.0\",\"id\":1,\"method\":\"status\"}", "PARSE_ERROR", 400},
    {"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":7}", "PARSE_ERROR", 400},
    {"{\"jsonrpc\":\"2.0\",\"id\":1,\"id\":2,\"method\":\"status\"}", "PARSE_ERROR", 400},
    {"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"Query\"}", "METHOD_NOT_FOUND", 400},
    {"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"query\"}", "PARSE_ERROR", 400},
    {"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"query\",\"params\":{\"finality\":\"final\"}}", "PARSE_ERROR",
     400},
    {"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"query\",\"params\":{\"request_type\":\"view_account\","
     "\"account_id\":"
     "\"alice.near\"}}",
     "PARSE_ERROR", 400},
    {"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"query\",\"params\":{\"request_type\":\"view_account\","
     "\"finality\":"
     "\"soon\",\"account_id\":\"alice.near\"}}",
     "PARSE_ERROR", 400},
    {"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"query\",\"params\":{\"request_type\":\"view_account\","
     "\"finality\":"
     "\"final\",\"account_id\":\"Alice\"}}",
     "INVALID_ACCOUNT", 200},
    {"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"query\",\"params\":{\"request_type\":\"call_function\","
     "\"finality\":"
     "\"final\",\"account_id\":\"v1.signer.test\",\"method_name\":\"state\",\"args_base64\":\"e30\"}}",
     "PARSE_ERROR", 400},
    {"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"query\",\"params\":{\"request_type\":\"call_function\","
     "\"finality\":"
     "\"final\",\"account_id\":\"v1.signer.test\",\"method_name\":\"state\\u0000x\",\"args_base64\":\"\"}}",
     "PARSE_ERROR", 400},
    {"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"send_tx\",\"params\":{\"signed_tx_base64\":\"AAAA\"}}",
     "PARSE_ERROR", 400},
    {"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"send_tx\",\"params\":{\"signed_tx_base64\":\"AAAA\",\"wait_"
     "until\":"
     "\"LATER\"}}",
     "PARSE_ERROR", 400},
    {"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tx\",\"params\":[\"abc\",\"alice.near\"]}", "PARSE_ERROR",
     400},
    {"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"block\",\"params\":{\"block_id\":true}}", "PARSE_ERROR",
     400},
};

START_TEST(bad_requests_get_their_error_and_http_status)
{
    for (size_t i = 0; i < ARRAY_LEN(bad_requests); i++) {
        char cause[64];
        snprintf(cause, sizeof cause, "\"cause\":{\"name\":\"%s\"", bad_requests[i].cause);
        ck_assert_text_has(rpc_ask(bad_requests[i].body, false), cause);
        ck_assert_msg(rpc_http_status == bad_requests[i].http_status, "%s: %d", bad_requests[i].body,
                      rpc_http_status);
    }
}
END_TEST

START_TEST(nesting_that_never_ends_is_a_parse_error)
{
    CLEANUP(bytes_free) struct bytes body = {0};
    for (int i = 0; i < 10000; i++)
        ck_assert_ok(bytes_append_text(&body, "["));
    ck_assert_text_has(rpc_ask(text_of(&body), false), "PARSE_ERROR");
    ck_assert_int_eq(rpc_http_status, 400);
}
END_TEST

START_TEST(a_text_that_is_quoted_in_an_error_is_never_cut_inside_a_character)
{
    /* 63 letters and then two bytes for one */
    ck_assert_text_has(
        rpc_call(
            "query",
            "{\"request_type\":\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\u00e9\","
            "\"finality\":\"final\"}"),
        "aaa?`\"");
}
END_TEST

START_TEST(an_unknown_method_is_named)
{
    ck_assert_text_has(
        rpc_call("tx_status", "[]"),
        "{\"jsonrpc\":\"2.0\",\"error\":{\"name\":\"REQUEST_VALIDATION_ERROR\",\"cause\":{\"name\":"
        "\"METHOD_NOT_FOUND\",\"info\":{\"method_name\":\"tx_status\"}},\"code\":-32601,\"message\":"
        "\"Method not found\",\"data\":\"tx_status\"},\"id\":1}");
}
END_TEST

START_TEST(status_and_the_like_have_the_members_that_strict_clients_want)
{
    static const char *const pointers[] = {"/result/chain_id",
                                           "/result/genesis_hash",
                                           "/result/latest_protocol_version",
                                           "/result/protocol_version",
                                           "/result/version/version",
                                           "/result/version/build",
                                           "/result/version/commit",
                                           "/result/node_public_key",
                                           "/result/validators",
                                           "/result/uptime_sec",
                                           "/result/sync_info/latest_block_hash",
                                           "/result/sync_info/latest_block_height",
                                           "/result/sync_info/latest_state_root",
                                           "/result/sync_info/latest_block_time",
                                           "/result/sync_info/syncing",
                                           "/result/rpc_addr",
                                           "/result/node_key",
                                           "/result/validator_account_id",
                                           "/result/validator_public_key"};
    rpc_call("status", "[]");
    for (size_t i = 0; i < ARRAY_LEN(pointers); i++)
        rpc_value(pointers[i]);
    ck_assert_str_eq(rpc_value("/result/sync_info/syncing"), "false");
    ck_assert_str_eq(rpc_value("/result/sync_info/latest_block_time"), "\"2023-11-14T22:13:20.000Z\"");
}
END_TEST

START_TEST(every_form_of_parameters_of_the_small_methods_is_taken)
{
    static const struct {
        const char *method;
        const char *params;
        const char *part;
    } calls[] = {
        {"status", "null", "\"chain_id\""},
        {"network_info", "null", "\"known_producers\":[]"},
        {"network_info", "[]", "\"active_peers\":[]"},
        {"gas_price", "[null]", "{\"gas_price\":\"100000000\"}"},
        {"gas_price", "[1000]", "{\"gas_price\":\"100000000\"}"},
        {"gas_price", "{\"block_id\":null}", "{\"gas_price\":\"100000000\"}"},
        {"gas_price", "[7]", "UNKNOWN_BLOCK"},
        {"validators", "[null]", "\"current_proposals\":[]"},
        {"validators", "\"latest\"", "\"epoch_start_height\":1000"},
        {"validators", "{\"block_id\":1000}", "\"prev_epoch_kickout\":[]"},
        {"validators", "{\"epoch_id\":\"11111111111111111111111111111111\"}", "\"epoch_height\":0"},
        {"EXPERIMENTAL_protocol_config", "{\"finality\":\"final\"}",
         "\"runtime_config\":{\"storage_amount_per_byte\":\"10000000000000000000\"}"},
        {"EXPERIMENTAL_protocol_config", "{\"finality\":\"optimistic\"}",
         "\"transaction_validity_period\":86400"},
        {"EXPERIMENTAL_genesis_config", "null", "\"num_block_producer_seats\":1"},
    };
    for (size_t i = 0; i < ARRAY_LEN(calls); i++)
        ck_assert_text_has(rpc_call(calls[i].method, calls[i].params), calls[i].part);
}
END_TEST

int main(void)
{
    SUITE_WITH_CASE(suite, tcase, "rpc");
    tcase_add_checked_fixture(tcase, rpc_setup, rpc_teardown);
    tcase_add_test(tcase, the_id_comes_back_as_it_was_with_its_type);
    tcase_add_test(tcase, a_reply_has_three_members_and_never_both_result_and_error);
    tcase_add_test(tcase, bad_requests_get_their_error_and_http_status);
    tcase_add_test(tcase, nesting_that_never_ends_is_a_parse_error);
    tcase_add_test(tcase, a_text_that_is_quoted_in_an_error_is_never_cut_inside_a_character);
    tcase_add_test(tcase, an_unknown_method_is_named);
    tcase_add_test(tcase, status_and_the_like_have_the_members_that_strict_clients_want);
    tcase_add_test(tcase, every_form_of_parameters_of_the_small_methods_is_taken);
    return run_suite(suite);
}
