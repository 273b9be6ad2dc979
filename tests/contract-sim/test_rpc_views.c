/* Views in both dialects, and blocks: near-rpc.md 0.1, 0.2, A.2, D.1. */
#include "tests/contract-sim/rpc_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <json-c/json.h>

#include "contract-sim/limits.h"
#include "contract-sim/rpc/forms.h"
#include "tests/support/support.h"

#define VIEW "\"finality\":\"optimistic\",\"account_id\":\"v1.signer.test\""

START_TEST(both_dialects_answer_a_view_alike)
{
    static const char expected[] =
        "{\"jsonrpc\":\"2.0\",\"result\":{\"result\":[123,125],\"logs\":[\"migration_info\"],"
        "\"block_height\":1000,\"block_hash\":\"";
    ck_assert_text_has(rpc_call("query", "{\"request_type\":\"call_function\"," VIEW
                                         ",\"method_name\":\"migration_info\","
                                         "\"args_base64\":\"e30=\"}"),
                       expected);
    ck_assert_text_has(rpc_call("EXPERIMENTAL_call_function",
                                "{" VIEW ",\"method_name\":\"migration_info\",\"args_base64\":\"\"}"),
                       expected);
    rpc_call("EXPERIMENTAL_call_function", "{" VIEW ",\"method_name\":\"state\",\"args_base64\":\"\"}");
    ck_assert_text_has(rpc_view_text(), "{\"Running\":{");
}
END_TEST

START_TEST(a_view_that_panics_is_a_result_in_one_dialect_and_an_error_in_the_other)
{
    const char *text = rpc_call("query", "{\"request_type\":\"call_function\"," VIEW
                                         ",\"method_name\":\"public_key\",\"args_base64\":"
                                         "\"eyJkb21haW5faWQiOjd9\"}"); /* {"domain_id":7} */
    ck_assert_text_has(text, "\"result\":{\"error\":\"wasm execution failed with error: "
                             "HostError(GuestPanic { panic_msg: \\\"No such domain.\\\" })\"");
    ck_assert_text_has(text, "\"logs\":[],\"block_height\":1000,\"block_hash\":\"");
    text = rpc_call("query", "{\"request_type\":\"call_function\"," VIEW
                             ",\"method_name\":\"nope\",\"args_base64\":\"\"}");
    ck_assert_text_has(text,
                       "\"error\":\"wasm execution failed with error: MethodResolveError(MethodNotFound)\"");
    text = rpc_call("EXPERIMENTAL_call_function", "{" VIEW ",\"method_name\":\"nope\",\"args_base64\":\"\"}");
    ck_assert_text_has(
        text,
        "\"cause\":{\"name\":\"CONTRACT_EXECUTION_ERROR\",\"info\":{\"vm_error\":{\"MethodResolveError\":"
        "\"MethodNotFound\"},\"block_height\":1000,\"block_hash\":");
    ck_assert_text_has(text,
                       "\"data\":\"Function call returned an error: MethodResolveError(MethodNotFound)\"");
    ck_assert_int_eq(rpc_http_status, 200);
}
END_TEST

START_TEST(a_panic_text_is_quoted_as_rust_quotes_it)
{
    const char *text = rpc_call("query", "{\"request_type\":\"call_function\"," VIEW
                                         ",\"method_name\":\"get_attestation\",\"args_base64\":\"eA==\"}");
    ck_assert_text_has(
        text, "HostError(GuestPanic { panic_msg: \\\"Failed to deserialize input from JSON. Error: `");
    text = rpc_call("EXPERIMENTAL_call_function",
                    "{" VIEW ",\"method_name\":\"get_attestation\",\"args_base64\":\"eA==\"}");
    ck_assert_text_has(
        text, "{\"vm_error\":{\"HostError\":{\"GuestPanic\":{\"panic_msg\":\"Failed to deserialize input");
}
END_TEST

START_TEST(a_call_asked_as_a_view_is_refused_by_the_host)
{
    ck_assert_text_has(rpc_call("query",
                                "{\"request_type\":\"call_function\"," VIEW
                                ",\"method_name\":\"register_backup_service\",\"args_base64\":\"e30=\"}"),
                       "HostError(ProhibitedInView { method_name: ");
}
END_TEST

START_TEST(an_account_without_code_and_one_that_is_not_there_differ)
{
    const char *text =
        rpc_call("query", "{\"request_type\":\"call_function\",\"finality\":\"final\",\"account_id\":"
                          "\"bob.near\",\"method_name\":\"state\",\"args_base64\":\"\"}");
    ck_assert_text_has(text, "CompilationError(CodeDoesNotExist { account_id: \\\"bob.near\\\" })");
    text = rpc_call("EXPERIMENTAL_call_function",
                    "{\"finality\":\"final\",\"account_id\":\"bob.near\",\"method_name\":"
                    "\"state\",\"args_base64\":\"\"}");
    ck_assert_text_has(
        text, "{\"vm_error\":{\"CompilationError\":{\"CodeDoesNotExist\":{\"account_id\":\"bob.near\"}}}");
    text = rpc_call(
        "query", "{\"request_type\":\"call_function\",\"finality\":\"final\",\"account_id\":\"ghost.near\","
                 "\"method_name\":\"state\",\"args_base64\":\"\"}");
    ck_assert_text_has(
        text, "\"cause\":{\"name\":\"UNKNOWN_ACCOUNT\",\"info\":{\"requested_account_id\":\"ghost.near\","
              "\"block_height\":1000,\"block_hash\":\"");
    ck_assert_text_has(text, "\"data\":\"account ghost.near does not exist while viewing\"");
}
END_TEST

START_TEST(an_access_key_shows_nonce_and_permission)
{
    char key[ED25519_KEY_TEXT_MAX], params[256];
    fixture_key_text(&rpc_chain, LISTED, key);
    snprintf(
        params, sizeof params,
        "{\"request_type\":\"view_access_key\",\"finality\":\"optimistic\",\"account_id\":\"alice.near\","
        "\"public_key\":\"%s\"}",
        key);
    ck_assert_text_has(rpc_call("query", params),
                       "\"result\":{\"nonce\":0,\"permission\":{\"FunctionCall\":{\"allowance\":"
                       "\"1000000000000000000000000\","
                       "\"receiver_id\":\"v1.signer.test\",\"method_names\":[\"conclude_node_migration\","
                       "\"register_backup_service\"]}},\"block_height\":1000,\"block_hash\":\"");
    ck_assert_text_has(rpc_call("EXPERIMENTAL_view_access_key", params),
                       "\"result\":{\"nonce\":0,\"permission\":{\"FunctionCall\":");
    fixture_key_text(&rpc_chain, ALICE, key);
    snprintf(params, sizeof params,
             "{\"finality\":\"final\",\"account_id\":\"alice.near\",\"public_key\":\"%s\"}", key);
    ck_assert_text_has(rpc_call("EXPERIMENTAL_view_access_key", params),
                       "{\"nonce\":7,\"permission\":\"FullAccess\",\"block_height\":");
}
END_TEST

START_TEST(a_missing_access_key_is_flat_in_query_and_an_error_elsewhere)
{
    char key[ED25519_KEY_TEXT_MAX], params[256], expected[256];
    fixture_key_text(&rpc_chain, STRANGER, key);
    snprintf(params, sizeof params,
             "{\"request_type\":\"view_access_key\",\"finality\":\"final\",\"account_id\":\"alice.near\","
             "\"public_key\":\"%s\"}",
             key);
    snprintf(expected, sizeof expected,
             "\"result\":{\"error\":\"access key %s does not exist while "
             "viewing\",\"logs\":[],\"block_height\":1000,",
             key);
    ck_assert_text_has(rpc_call("query", params), expected);
    snprintf(expected, sizeof expected,
             "\"data\":\"Access key for public key %s does not exist while viewing\"", key);
    ck_assert_text_has(rpc_call("EXPERIMENTAL_view_access_key", params), expected);
    snprintf(expected, sizeof expected, "{\"name\":\"UNKNOWN_ACCESS_KEY\",\"info\":{\"public_key\":\"%s\",",
             key);
    ck_assert_text_has(text_of(&rpc_reply), expected);
}
END_TEST

START_TEST(an_account_lists_its_keys_and_what_it_owns)
{
    rpc_call(
        "query",
        "{\"request_type\":\"view_access_key_list\",\"finality\":\"final\",\"account_id\":\"alice.near\"}");
    ck_assert_str_eq(rpc_value("/result/keys/0/access_key"), "{\"nonce\":7,\"permission\":\"FullAccess\"}");
    rpc_value("/result/keys/3/public_key");
    ck_assert_text_has(
        rpc_call("EXPERIMENTAL_view_access_key_list", "{\"finality\":\"final\",\"account_id\":\"bob.near\"}"),
        "\"result\":{\"keys\":[],\"block_height\":1000,");
    ck_assert_text_has(
        rpc_call("query",
                 "{\"request_type\":\"view_account\",\"finality\":\"final\",\"account_id\":\"bob.near\"}"),
        "\"result\":{\"amount\":\"1000000000000000000000000000\",\"locked\":\"0\",\"code_hash\":"
        "\"11111111111111111111111111111111\",\"storage_usage\":100,\"storage_paid_at\":0,\"block_"
        "height\":1000,");
    rpc_call("EXPERIMENTAL_view_account", "{\"finality\":\"final\",\"account_id\":\"v1.signer.test\"}");
    ck_assert_str_ne(rpc_value("/result/code_hash"), "\"11111111111111111111111111111111\"");
}
END_TEST

START_TEST(code_and_state_that_are_not_modelled_say_so)
{
    ck_assert_text_has(
        rpc_call("query", "{\"request_type\":\"view_code\"," VIEW "}"),
        "{\"name\":\"NO_CONTRACT_CODE\",\"info\":{\"contract_account_id\":\"v1.signer.test\",");
    ck_assert_text_has(rpc_call("query", "{\"request_type\":\"view_state\"," VIEW ",\"prefix_base64\":\"\"}"),
                       "TOO_LARGE_CONTRACT_STATE");
    ck_assert_text_has(
        rpc_call("query",
                 "{\"request_type\":\"view_state\",\"finality\":\"final\",\"account_id\":\"bob.near\","
                 "\"prefix_base64\":\"\"}"),
        "\"result\":{\"values\":[],\"proof\":[],");
}
END_TEST

START_TEST(the_old_path_form_of_query_still_works)
{
    rpc_call("query", "[\"call/v1.signer.test/migration_info\",\"\"]");
    ck_assert_str_eq(rpc_view_text(), "{}");
    /* base58 of {} */
    rpc_call("query", "[\"call/v1.signer.test/migration_info\",\"FSQ\"]");
    ck_assert_str_eq(rpc_view_text(), "{}");
    ck_assert_text_has(rpc_call("query", "[\"account/bob.near\",\"\"]"),
                       "\"amount\":\"1000000000000000000000000000\"");
    ck_assert_text_has(rpc_call("query", "[\"access_key/bob.near\",\"\"]"), "\"keys\":[]");
    ck_assert_text_has(rpc_call("query", "[\"validator/bob.near\",\"\"]"), "PARSE_ERROR");
}
END_TEST

static void head_hash(char out[HASH_TEXT_MAX])
{
    hash_format(blocks_head(&rpc_chain.node.chain.blocks)->hash, out);
}

START_TEST(a_block_is_found_by_finality_height_hash_and_checkpoint)
{
    char hash[HASH_TEXT_MAX], params[128], expected[128];
    fixture_seal(&rpc_chain, 5);
    static const struct {
        const char *params;
        const char *height;
    } forms[] = {
        {"{\"finality\":\"optimistic\"}", "1005"},
        {"{\"finality\":\"near-final\"}", "1004"},
        {"{\"finality\":\"final\"}", "1003"},
        {"{\"block_id\":1002}", "1002"},
        {"[1001]", "1001"},
        {"{\"sync_checkpoint\":\"genesis\"}", "1000"},
        {"{\"sync_checkpoint\":\"earliest_available\"}", "1000"},
    };
    for (size_t i = 0; i < ARRAY_LEN(forms); i++) {
        rpc_call("block", forms[i].params);
        ck_assert_str_eq(rpc_value("/result/header/height"), forms[i].height);
    }
    head_hash(hash);
    snprintf(params, sizeof params, "{\"block_id\":\"%s\"}", hash);
    snprintf(expected, sizeof expected, "\"hash\":\"%s\"", hash);
    ck_assert_text_has(rpc_call("block", params), expected);
}
END_TEST

static const char *const header_members[] = {"height",
                                             "epoch_id",
                                             "next_epoch_id",
                                             "hash",
                                             "prev_hash",
                                             "prev_state_root",
                                             "chunk_receipts_root",
                                             "chunk_headers_root",
                                             "chunk_tx_root",
                                             "outcome_root",
                                             "chunks_included",
                                             "challenges_root",
                                             "timestamp",
                                             "timestamp_nanosec",
                                             "random_value",
                                             "validator_proposals",
                                             "chunk_mask",
                                             "gas_price",
                                             "total_supply",
                                             "challenges_result",
                                             "last_final_block",
                                             "last_ds_final_block",
                                             "next_bp_hash",
                                             "block_merkle_root",
                                             "approvals",
                                             "signature",
                                             "latest_protocol_version",
                                             "rent_paid",
                                             "validator_reward"};

START_TEST(a_block_header_has_every_member_that_strict_clients_want)
{
    fixture_seal(&rpc_chain, 1);
    rpc_call("block", "{\"finality\":\"optimistic\"}");
    for (size_t i = 0; i < ARRAY_LEN(header_members); i++) {
        char pointer[64];
        snprintf(pointer, sizeof pointer, "/result/header/%s", header_members[i]);
        rpc_value(pointer);
    }
    ck_assert_str_eq(rpc_value("/result/header/timestamp_nanosec"), "\"1700000001000000000\"");
    ck_assert_str_eq(rpc_value("/result/header/timestamp"), "1700000001000000000");
    rpc_value("/result/author");
    rpc_value("/result/chunks");
}
END_TEST

START_TEST(a_block_that_is_not_there_is_unknown)
{
    ck_assert_text_has(
        rpc_call("block", "{\"block_id\":5}"),
        "\"cause\":{\"name\":\"UNKNOWN_BLOCK\",\"info\":{\"block_reference\":{\"block_id\":5}}},\"code\":-"
        "32000,"
        "\"message\":\"Server error\",\"data\":\"DB Not Found Error: BLOCK HEIGHT: 5 \\n Cause: Unknown\"");
    ck_assert_int_eq(rpc_http_status, 200);
    ck_assert_text_has(rpc_call("block", "{\"block_id\":\"11111111111111111111111111111112\"}"),
                       "DB Not Found Error: BLOCK HEADER: 11111111111111111111111111111112");
    fixture_seal(&rpc_chain, SIM_WORLDS_KEPT + 1);
    ck_assert_text_has(
        rpc_call("query",
                 "{\"request_type\":\"view_account\",\"block_id\":1001,\"account_id\":\"bob.near\"}"),
        "UNKNOWN_BLOCK");
    ck_assert_text_has(
        rpc_call("query",
                 "{\"request_type\":\"view_account\",\"block_id\":1002,\"account_id\":\"bob.near\"}"),
        "\"block_height\":1002,");
    /* The first block is kept for good. */
    ck_assert_text_has(
        rpc_call("query",
                 "{\"request_type\":\"view_account\",\"block_id\":1000,\"account_id\":\"bob.near\"}"),
        "\"block_height\":1000");
}
END_TEST

START_TEST(every_byte_of_a_long_value_is_a_number)
{
    CLEANUP(bytes_free) struct bytes data = {0};
    CLEANUP(bytes_free) struct bytes text = {0};
    ck_assert_ok(form_byte_array(&data, &text));
    ck_assert_str_eq(text_of(&text), "[]");
    for (size_t i = 0; i < 5000; i++)
        ck_assert_ok(bytes_append_u8(&data, (uint8_t)i));
    bytes_clear(&text);
    ck_assert_ok(form_byte_array(&data, &text));
    CLEANUP(json_put_ptr) struct json_object *array = json_tokener_parse(text_of(&text));
    ck_assert_uint_eq(json_object_array_length(array), data.len);
    for (size_t i = 0; i < data.len; i++)
        ck_assert_int_eq(json_object_get_int(json_object_array_get_idx(array, i)), data.data[i]);
    ck_assert_text_has(text_of(&text), "[0,1,2,3,4,5,6,7,8,9,10,11,12,");
}
END_TEST

int main(void)
{
    SUITE_WITH_CASE(suite, tcase, "rpc_views");
    tcase_add_checked_fixture(tcase, rpc_setup, rpc_teardown);
    tcase_add_test(tcase, both_dialects_answer_a_view_alike);
    tcase_add_test(tcase, a_view_that_panics_is_a_result_in_one_dialect_and_an_error_in_the_other);
    tcase_add_test(tcase, a_panic_text_is_quoted_as_rust_quotes_it);
    tcase_add_test(tcase, a_call_asked_as_a_view_is_refused_by_the_host);
    tcase_add_test(tcase, an_account_without_code_and_one_that_is_not_there_differ);
    tcase_add_test(tcase, an_access_key_shows_nonce_and_permission);
    tcase_add_test(tcase, a_missing_access_key_is_flat_in_query_and_an_error_elsewhere);
    tcase_add_test(tcase, an_account_lists_its_keys_and_what_it_owns);
    tcase_add_test(tcase, code_and_state_that_are_not_modelled_say_so);
    tcase_add_test(tcase, the_old_path_form_of_query_still_works);
    tcase_add_test(tcase, a_block_is_found_by_finality_height_hash_and_checkpoint);
    tcase_add_test(tcase, a_block_header_has_every_member_that_strict_clients_want);
    tcase_add_test(tcase, a_block_that_is_not_there_is_unknown);
    tcase_add_test(tcase, every_byte_of_a_long_value_is_a_number);
    return run_suite(suite);
}
