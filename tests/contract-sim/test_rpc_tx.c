/* Sending transactions and asking for them: near-rpc.md A.3, D.4. */
#include "tests/contract-sim/rpc_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <json-c/json.h>

#include "contract-sim/limits.h"
#include "tests/support/support.h"

START_TEST(send_tx_waits_for_its_block_and_tells_the_outcome)
{
    const char *text = rpc_send("send_tx", register_base64(), NULL);
    ck_assert_int_eq(rpc_http_status, 200);
    ck_assert_text_has(text, "\"result\":{\"final_execution_status\":\"EXECUTED_OPTIMISTIC\",\"status\":{"
                             "\"SuccessValue\":\"bnVsbA==\"},"
                             "\"transaction\":{\"signer_id\":\"alice.near\",\"public_key\":\"ed25519:");
    ck_assert_text_has(
        text,
        "\"nonce\":8,\"receiver_id\":\"v1.signer.test\",\"actions\":[{\"FunctionCall\":{\"method_name\":"
        "\"register_backup_service\",\"args\":\"eyJiYWNrdXBf");
    ck_assert_text_has(
        text, ",\"gas\":300000000000000,\"deposit\":\"0\"}}],\"priority_fee\":0,\"signature\":\"ed25519:");
    ck_assert_text_has(
        text,
        "\"gas_burnt\":308124342932,\"tokens_burnt\":\"30812434293200000000\",\"executor_id\":\"alice.near\","
        "\"status\":{\"SuccessReceiptId\":\"");
    ck_assert_text_has(
        text, "\"metadata\":{\"version\":1,\"gas_profile\":null}}},\"receipts_outcome\":[{\"proof\":[],"
              "\"block_hash\":\"");
    ck_assert_text_has(
        text, "\"receipt_ids\":[],\"gas_burnt\":1000000000000,\"tokens_burnt\":\"100000000000000000000\","
              "\"executor_id\":"
              "\"v1.signer.test\",\"status\":{\"SuccessValue\":\"bnVsbA==\"},\"metadata\":{\"version\":3,"
              "\"gas_profile\":[]}}}]}");
    ck_assert_uint_eq(rpc_patience, 2);
    char receipt[64];
    snprintf(receipt, sizeof receipt, "%s", rpc_value("/result/transaction_outcome/outcome/receipt_ids/0"));
    ck_assert_str_eq(rpc_value("/result/receipts_outcome/0/id"), receipt);
}
END_TEST

START_TEST(a_panic_of_the_contract_stands_in_both_places_and_is_no_rpc_error)
{
    static const char failure[] =
        "{\"Failure\":{\"ActionError\":{\"index\":0,\"kind\":{\"FunctionCallError\":{\"ExecutionError\":"
        "\"Smart contract panicked: Node does not have an ongoing recovery\"}}}}}";
    char part[512];
    const char *text = rpc_send(
        "send_tx", signed_base64(fixture_tx(&rpc_chain, "cancel_node_migration", "{}"), ALICE), NULL);
    ck_assert_int_eq(rpc_http_status, 200);
    snprintf(part, sizeof part,
             "\"final_execution_status\":\"EXECUTED_OPTIMISTIC\",\"status\":%s,\"transaction\"", failure);
    ck_assert_text_has(text, part);
    snprintf(part, sizeof part, "\"status\":%s,\"metadata\"", failure);
    ck_assert_text_has(text, part);
    ck_assert_text_has(text, "\"status\":{\"SuccessReceiptId\":");
}
END_TEST

START_TEST(every_way_of_sending_gives_one_execution)
{
    char base64[4096];
    snprintf(base64, sizeof base64, "%s", register_base64());
    rpc_send_positional("broadcast_tx_async", base64);
    char hash[HASH_TEXT_MAX];
    hash_format(rpc_chain.last_hash, hash);
    ck_assert_text_has(text_of(&rpc_reply), hash);
    ck_assert_text_has(rpc_send_positional("broadcast_tx_commit", base64), "\"SuccessValue\":\"bnVsbA==\"");
    ck_assert_text_has(rpc_send_positional("send_tx", base64), "\"SuccessValue\":\"bnVsbA==\"");
    ck_assert_text_has(rpc_send("send_tx", base64, "EXECUTED_OPTIMISTIC"), "\"SuccessValue\":\"bnVsbA==\"");
    ck_assert_text_has(rpc_send("broadcast_tx_commit", base64, NULL), "\"SuccessValue\":\"bnVsbA==\"");
    ck_assert_uint_eq(rpc_chain.node.chain.txs.count, 1);
    ck_assert_uint_eq(rpc_patience, 2);
}
END_TEST

static const struct {
    const char *wait_until;
    const char *status;
    unsigned blocks; /* it takes */
} levels[] = {
    {"NONE", "NONE", 0},
    {"INCLUDED", "EXECUTED_OPTIMISTIC", 1},
    {"EXECUTED_OPTIMISTIC", "EXECUTED_OPTIMISTIC", 1},
    {"INCLUDED_FINAL", "FINAL", 3},
    {"EXECUTED", "FINAL", 3},
    {"FINAL", "FINAL", 3},
};

START_TEST(each_wait_until_is_answered_at_its_level)
{
    for (size_t i = 0; i < ARRAY_LEN(levels); i++) {
        char expected[64];
        rpc_patience = 3;
        rpc_send("send_tx", register_base64(), levels[i].wait_until);
        snprintf(expected, sizeof expected, "\"%s\"", levels[i].status);
        ck_assert_str_eq(rpc_value("/result/final_execution_status"), expected);
        ck_assert_uint_eq(rpc_patience, 3 - levels[i].blocks);
        fixture_seal(&rpc_chain, 1);
    }
}
END_TEST

START_TEST(what_does_not_get_there_in_time_is_a_timeout_and_runs_all_the_same)
{
    rpc_patience = 0;
    const char *text = rpc_send("send_tx", register_base64(), "FINAL");
    ck_assert_int_eq(rpc_http_status, 408);
    ck_assert_text_has(
        text, "\"error\":{\"name\":\"HANDLER_ERROR\",\"cause\":{\"name\":\"TIMEOUT_ERROR\"},\"code\":-32000,"
              "\"message\":\"Server error\",\"data\":\"Timeout\"}");
    fixture_seal(&rpc_chain, 3);
    ck_assert_int_eq(fixture_record(&rpc_chain)->stage, TX_INCLUDED);
}
END_TEST

START_TEST(a_refused_transaction_is_an_error_with_an_empty_info_and_the_reason_as_data)
{
    struct near_tx tx = fixture_tx(&rpc_chain, "register_backup_service", fixture_register_args);
    tx.nonce = 3;
    ck_assert_text_has(
        rpc_send("send_tx", signed_base64(tx, ALICE), NULL),
        "\"error\":{\"name\":\"HANDLER_ERROR\",\"cause\":{\"name\":\"INVALID_TRANSACTION\",\"info\":{}},"
        "\"code\":-32000,"
        "\"message\":\"Server error\",\"data\":{\"TxExecutionError\":{\"InvalidTxError\":{\"InvalidNonce\":{"
        "\"tx_nonce\":3,\"ak_nonce\":7}}}}}");
    ck_assert_int_eq(rpc_http_status, 200);
    ck_assert_uint_eq(rpc_patience, 3);
    tx = fixture_tx(&rpc_chain, "register_backup_service", fixture_register_args);
    tx.nonce = 3;
    ck_assert_text_has(rpc_send_positional("broadcast_tx_async", signed_base64(tx, ALICE)), "\"result\":\"");
    tx = fixture_tx(&rpc_chain, "register_backup_service", fixture_register_args);
    tx.nonce = 3;
    ck_assert_text_has(rpc_send("send_tx", signed_base64(tx, ALICE), "NONE"),
                       "\"result\":{\"final_execution_status\":\"NONE\"}");
}
END_TEST

START_TEST(tx_finds_a_transaction_by_hash_whoever_is_said_to_have_sent_it)
{
    char base64[4096], hash[HASH_TEXT_MAX], params[4200];
    snprintf(base64, sizeof base64, "%s", register_base64());
    rpc_send("send_tx", base64, NULL);
    hash_format(rpc_chain.last_hash, hash);
    snprintf(params, sizeof params, "[\"%s\",\"near\"]", hash);
    ck_assert_text_has(rpc_call("tx", params), "\"SuccessValue\"");
    ck_assert_text_lacks(text_of(&rpc_reply), "\"receipts\":");
    snprintf(params, sizeof params,
             "{\"tx_hash\":\"%s\",\"sender_account_id\":\"near\",\"wait_until\":\"FINAL\"}", hash);
    ck_assert_text_has(rpc_call("EXPERIMENTAL_tx_status", params), "],\"receipts\":[{");
    ck_assert_str_eq(rpc_value("/result/final_execution_status"), "\"FINAL\"");
    snprintf(params, sizeof params, "{\"signed_tx_base64\":\"%s\",\"wait_until\":\"NONE\"}", base64);
    ck_assert_text_has(rpc_call("tx", params), "\"final_execution_status\":\"FINAL\"");
    snprintf(params, sizeof params, "[\"%s\"]", base64);
    ck_assert_text_has(rpc_call("tx", params), "\"final_execution_status\":\"FINAL\"");
}
END_TEST

START_TEST(a_transaction_nobody_sent_is_unknown_or_a_timeout)
{
    ck_assert_text_has(
        rpc_call("tx", "{\"tx_hash\":\"11111111111111111111111111111112\",\"sender_account_id\":\"near\","
                       "\"wait_until\":\"NONE\"}"),
        "{\"name\":\"UNKNOWN_TRANSACTION\",\"info\":{\"requested_transaction_hash\":"
        "\"11111111111111111111111111111112\"}}");
    ck_assert_text_has(text_of(&rpc_reply),
                       "\"data\":\"Transaction 11111111111111111111111111111112 doesn't exist\"");
    ck_assert_int_eq(rpc_http_status, 200);
    ck_assert_text_has(rpc_call("tx", "[\"11111111111111111111111111111112\",\"near\"]"), "TIMEOUT_ERROR");
    ck_assert_int_eq(rpc_http_status, 408);
}
END_TEST

START_TEST(without_a_clock_a_transaction_makes_its_block_at_once)
{
    rpc_chain.node.clock = sim_clock_start(0, rpc_chain.time_ms, (int64_t)rpc_chain.time_ms);
    rpc_patience = 0;
    ck_assert_text_has(rpc_send("send_tx", register_base64(), NULL),
                       "\"final_execution_status\":\"EXECUTED_OPTIMISTIC\"");
    ck_assert_uint_eq(rpc_chain.node.chain.blocks.head, FIXTURE_HEIGHT + 1);
    /* One second a block (contract.md 6). */
    ck_assert_text_has(rpc_call("sim_advance", "{\"blocks\":2}"),
                       "{\"block_height\":1003,\"block_time_s\":1700000003,\"block_hash\":\"");
    rpc_call("EXPERIMENTAL_call_function",
             "{\"finality\":\"final\",\"account_id\":\"v1.signer.test\",\"method_"
             "name\":\"migration_info\",\"args_base64\":\"\"}");
    ck_assert_text_has(
        rpc_view_text(),
        "{\"alice.near\":[{\"public_key\":\"ed25519:EEKmKrryV9J8nsYhNBrbe58xoQiiLCApHagMDp6fxZt2\"},null]}");
}
END_TEST

START_TEST(the_other_actions_show_in_an_outcome_too)
{
    struct near_tx tx = fixture_tx(&rpc_chain, "x", "{}");
    free(tx.receiver_id);
    tx.receiver_id = strdup("alice.near");
    tx.actions[0].type = NEAR_ADD_KEY;
    tx.actions[0].public_key = fixture_public_key(&rpc_chain, STRANGER);
    tx.actions[0].access_key =
        (struct near_access_key){.receiver_id = strdup("bob.near"), .has_allowance = true};
    ck_assert_text_has(rpc_send("send_tx", signed_base64(tx, ALICE), NULL),
                       "\"actions\":[{\"AddKey\":{\"public_key\":\"ed25519:");
    ck_assert_text_has(text_of(&rpc_reply),
                       "\"access_key\":{\"nonce\":0,\"permission\":{\"FunctionCall\":{\"allowance\":\"0\","
                       "\"receiver_id\":\"bob.near\",\"method_names\":[]}}}}}]");
    tx = fixture_tx(&rpc_chain, "x", "{}");
    free(tx.receiver_id);
    tx.receiver_id = strdup("bob.near");
    tx.actions[0].type = NEAR_TRANSFER;
    tx.actions[0].deposit = (struct u128){.low = 12};
    ck_assert_text_has(rpc_send("send_tx", signed_base64(tx, ALICE), NULL),
                       "\"actions\":[{\"Transfer\":{\"deposit\":\"12\"}}]");
}
END_TEST

int main(void)
{
    SUITE_WITH_CASE(suite, tcase, "rpc_tx");
    tcase_add_checked_fixture(tcase, rpc_setup, rpc_teardown);
    tcase_add_test(tcase, send_tx_waits_for_its_block_and_tells_the_outcome);
    tcase_add_test(tcase, a_panic_of_the_contract_stands_in_both_places_and_is_no_rpc_error);
    tcase_add_test(tcase, every_way_of_sending_gives_one_execution);
    tcase_add_test(tcase, each_wait_until_is_answered_at_its_level);
    tcase_add_test(tcase, what_does_not_get_there_in_time_is_a_timeout_and_runs_all_the_same);
    tcase_add_test(tcase, a_refused_transaction_is_an_error_with_an_empty_info_and_the_reason_as_data);
    tcase_add_test(tcase, tx_finds_a_transaction_by_hash_whoever_is_said_to_have_sent_it);
    tcase_add_test(tcase, a_transaction_nobody_sent_is_unknown_or_a_timeout);
    tcase_add_test(tcase, without_a_clock_a_transaction_makes_its_block_at_once);
    tcase_add_test(tcase, the_other_actions_show_in_an_outcome_too);
    return run_suite(suite);
}
