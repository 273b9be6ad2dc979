/* Faults ordered with sim_fault: what a client sees of each, when they are over, and whom they hit. */
#include "tests/contract-sim/rpc_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "contract-sim/limits.h"
#include "tests/support/support.h"

#define VIEW                                                                                                 \
    "{\"request_type\":\"call_function\",\"finality\":\"final\",\"account_id\":\"v1.signer.test\","          \
    "\"method_name\":\"%s\",\"args_base64\":\"\"}"

/* Order a fault; the answer lists it. */
static void order(const char *params)
{
    rpc_call("sim_fault", params);
    ck_assert_msg(rpc_http_status == 200, "%s: %s", params, text_of(&rpc_reply));
}

static const char *view(const char *contract_method)
{
    char params[256];
    snprintf(params, sizeof params, VIEW, contract_method);
    return rpc_call("query", params);
}

static bool answered(void)
{
    return rpc_http_status == 200 && !rpc_sent.no_answer && rpc_sent.sent_len == rpc_reply.len &&
           strcmp(rpc_sent.content_type, "application/json") == 0 && !rpc_sent.delay_ms;
}

static void expect_faults(const char *list)
{
    rpc_call("sim_faults", "{}");
    ck_assert_str_eq(rpc_value("/result"), list);
}

START_TEST(a_dropped_request_gets_no_answer_and_after_the_last_all_is_as_ever)
{
    order("{\"kind\":\"drop\",\"count\":2}");
    for (int i = 0; i < 2; i++) {
        view("state");
        ck_assert(rpc_sent.no_answer);
    }
    view("state");
    ck_assert(answered());
    expect_faults("[]");
}
END_TEST

START_TEST(a_dropped_transaction_ran_only_where_the_order_says_so)
{
    char base64[4096];
    snprintf(base64, sizeof base64, "%s", register_base64());
    order("{\"kind\":\"drop\",\"method\":\"send_tx\",\"count\":1}");
    rpc_send("send_tx", base64, NULL);
    ck_assert(rpc_sent.no_answer);
    ck_assert_uint_eq(rpc_chain.node.chain.txs.count, 0);
    order("{\"kind\":\"drop\",\"method\":\"send_tx\",\"count\":1,\"executed\":true}");
    rpc_send("send_tx", base64, NULL);
    ck_assert(rpc_sent.no_answer);
    ck_assert_int_eq(fixture_record(&rpc_chain)->stage, TX_INCLUDED);
    ck_assert_text_has(rpc_send("send_tx", base64, NULL), "\"SuccessValue\":\"bnVsbA==\"");
}
END_TEST

START_TEST(a_delayed_answer_is_the_right_one_later)
{
    order("{\"kind\":\"delay\",\"ms\":250,\"count\":1}");
    ck_assert_text_has(view("state"), "\"result\":{\"result\":[");
    ck_assert_uint_eq(rpc_sent.delay_ms, 250);
    view("state");
    ck_assert(answered());
}
END_TEST

START_TEST(a_timeout_after_execution_leaves_the_outcome_for_the_same_bytes)
{
    char base64[4096];
    snprintf(base64, sizeof base64, "%s", register_base64());
    order("{\"kind\":\"timeout_408\",\"count\":1}");
    ck_assert_text_has(rpc_send("send_tx", base64, "EXECUTED_OPTIMISTIC"),
                       "\"error\":{\"name\":\"HANDLER_ERROR\",\"cause\":{\"name\":\"TIMEOUT_ERROR\"},"
                       "\"code\":-32000,\"message\":\"Server error\",\"data\":\"Timeout\"}");
    ck_assert_text_lacks(text_of(&rpc_reply), "\"result\"");
    ck_assert_int_eq(rpc_http_status, 408);
    ck_assert_int_eq(fixture_record(&rpc_chain)->stage, TX_INCLUDED);
    ck_assert_text_has(rpc_send("send_tx", base64, NULL), "\"SuccessValue\":\"bnVsbA==\"");
    ck_assert_uint_eq(rpc_chain.node.chain.txs.count, 1);
}
END_TEST

static const struct {
    const char *kind;
    int status;
} statuses[] = {{"http_429", 429}, {"http_500", 500}, {"http_503", 503}};

START_TEST(an_http_error_has_its_status_and_a_body_that_is_no_json)
{
    for (size_t i = 0; i < ARRAY_LEN(statuses); i++) {
        char params[64];
        snprintf(params, sizeof params, "{\"kind\":\"%s\",\"count\":1}", statuses[i].kind);
        order(params);
        ck_assert_text_lacks(view("state"), "{");
        ck_assert_int_eq(rpc_http_status, statuses[i].status);
        ck_assert_str_eq(rpc_sent.content_type, "text/plain");
        view("state");
        ck_assert(answered());
    }
}
END_TEST

START_TEST(an_html_page_comes_with_200_or_any_status_that_is_wanted)
{
    order("{\"kind\":\"html_body\",\"count\":1}");
    ck_assert_text_has(view("state"), "<html>");
    ck_assert_int_eq(rpc_http_status, 200);
    ck_assert_str_eq(rpc_sent.content_type, "text/html");
    order("{\"kind\":\"html_body\",\"count\":1,\"status\":502}");
    ck_assert_text_has(view("state"), "<html>");
    ck_assert_int_eq(rpc_http_status, 502);
}
END_TEST

START_TEST(a_truncated_body_is_the_first_half_of_the_right_one)
{
    order("{\"kind\":\"truncated_body\",\"count\":1}");
    ck_assert_text_has(view("state"), "\"result\":{\"result\":[");
    ck_assert_uint_eq(rpc_sent.sent_len, rpc_reply.len / 2);
    view("state");
    ck_assert(answered());
}
END_TEST

START_TEST(a_stale_final_block_is_older_and_the_head_is_not)
{
    fixture_seal(&rpc_chain, 20);
    order("{\"kind\":\"stale_final\",\"blocks\":5,\"count\":2}");
    rpc_call("block", "{\"finality\":\"optimistic\"}");
    ck_assert_str_eq(rpc_value("/result/header/height"), "1020");
    rpc_call("block", "{\"finality\":\"final\"}");
    ck_assert_str_eq(rpc_value("/result/header/height"), "1013");
    view("state");
    ck_assert_str_eq(rpc_value("/result/block_height"), "1013");
    view("state");
    ck_assert_str_eq(rpc_value("/result/block_height"), "1018");
}
END_TEST

START_TEST(a_height_that_goes_back_does_so_at_every_finality_and_in_the_status)
{
    static const struct {
        const char *method, *params, *pointer;
    } asked[] = {
        {"block", "{\"finality\":\"optimistic\"}", "/result/header/height"},
        {"block", "{\"finality\":\"near-final\"}", "/result/header/height"},
        {"block", "{\"finality\":\"final\"}", "/result/header/height"},
        {"status", "[]", "/result/sync_info/latest_block_height"},
    };
    fixture_seal(&rpc_chain, 20);
    for (size_t i = 0; i < ARRAY_LEN(asked); i++) {
        char before[32];
        rpc_call(asked[i].method, asked[i].params);
        snprintf(before, sizeof before, "%s", rpc_value(asked[i].pointer));
        order("{\"kind\":\"height_back\",\"blocks\":3,\"count\":1}");
        rpc_call(asked[i].method, asked[i].params);
        ck_assert_int_eq(atoi(rpc_value(asked[i].pointer)), atoi(before) - 3);
        rpc_call(asked[i].method, asked[i].params);
        ck_assert_str_eq(rpc_value(asked[i].pointer), before);
    }
}
END_TEST

START_TEST(a_block_that_is_asked_for_by_its_id_is_that_block)
{
    fixture_seal(&rpc_chain, 20);
    order("{\"kind\":\"height_back\",\"blocks\":3}");
    order("{\"kind\":\"stale_final\",\"blocks\":3}");
    rpc_call("block", "[1020]");
    ck_assert_str_eq(rpc_value("/result/header/height"), "1020");
    rpc_call("query", "{\"request_type\":\"view_account\",\"block_id\":1020,\"account_id\":\"alice.near\"}");
    ck_assert_str_eq(rpc_value("/result/block_height"), "1020");
    rpc_call("sim_faults", "{}");
    ck_assert_str_eq(rpc_value("/result/0/hits"), "0");
    view("state");
    ck_assert_str_eq(rpc_value("/result/block_height"), "1012");
}
END_TEST

START_TEST(older_than_the_first_block_is_the_first_block)
{
    fixture_seal(&rpc_chain, 4);
    order("{\"kind\":\"height_back\",\"blocks\":1000}");
    view("state");
    ck_assert_str_eq(rpc_value("/result/block_height"), "1000");
}
END_TEST

START_TEST(a_nonce_refused_once_is_taken_the_second_time)
{
    char base64[4096];
    snprintf(base64, sizeof base64, "%s", register_base64());
    order("{\"kind\":\"invalid_nonce\",\"count\":1}");
    ck_assert_text_has(rpc_send("send_tx", base64, NULL),
                       "\"data\":{\"TxExecutionError\":{\"InvalidTxError\":{\"InvalidNonce\":{\"tx_nonce\":8,"
                       "\"ak_nonce\":8}}}}");
    ck_assert_uint_eq(rpc_chain.node.chain.txs.count, 0);
    ck_assert_uint_eq(fixture_nonce(&rpc_chain, ALICE), 7);
    ck_assert_text_has(rpc_send("send_tx", base64, NULL), "\"SuccessValue\":\"bnVsbA==\"");
}
END_TEST

START_TEST(an_expired_transaction_was_not_sent)
{
    order("{\"kind\":\"expired\",\"count\":2}");
    ck_assert_text_has(rpc_send_positional("broadcast_tx_commit", register_base64()),
                       "\"data\":{\"TxExecutionError\":{\"InvalidTxError\":\"Expired\"}}");
    /* As with a real one, who does not wait gets the hash. */
    ck_assert_text_has(rpc_send_positional("broadcast_tx_async", register_base64()), "\"result\":\"");
    ck_assert_uint_eq(rpc_chain.node.chain.txs.count, 0);
    ck_assert_text_has(rpc_send_positional("broadcast_tx_commit", register_base64()), "\"SuccessValue\"");
}
END_TEST

START_TEST(a_receipt_that_fails_costs_nonce_and_gas_and_changes_nothing_else)
{
    char part[256], before[U128_TEXT_MAX], after[U128_TEXT_MAX];
    static const char failure[] =
        "{\"Failure\":{\"ActionError\":{\"index\":0,\"kind\":{\"FunctionCallError\":"
        "{\"ExecutionError\":\"Exceeded the prepaid gas.\"}}}}}";
    struct near_tx tx = fixture_tx(&rpc_chain, "register_backup_service", fixture_register_args);
    tx.actions[0].deposit = (struct u128){.low = 1};
    order("{\"kind\":\"failed_receipt\",\"contract_method\":\"register_backup_service\",\"count\":1}");
    fixture_balance(&rpc_chain, "v1.signer.test", before);
    rpc_patience = 5; /* the deposit goes back in the block behind */
    rpc_send("send_tx", signed_base64(tx, ALICE), "FINAL");
    snprintf(part, sizeof part, "\"FINAL\",\"status\":%s,\"transaction\"", failure);
    ck_assert_text_has(text_of(&rpc_reply), part);
    snprintf(part, sizeof part, "\"status\":%s,\"metadata\"", failure);
    ck_assert_text_has(text_of(&rpc_reply), part);
    ck_assert_uint_eq(fixture_nonce(&rpc_chain, ALICE), 8);
    fixture_balance(&rpc_chain, "v1.signer.test", after);
    ck_assert_str_eq(before, after);
    view("migration_info");
    ck_assert_str_eq(rpc_view_text(), "{}");
    ck_assert_text_has(rpc_send("send_tx", register_base64(), NULL), "\"SuccessValue\":\"bnVsbA==\"");
}
END_TEST

START_TEST(a_failed_receipt_says_what_the_order_says)
{
    order("{\"kind\":\"failed_receipt\",\"count\":1,\"message\":\"Smart contract panicked: \\\"x\\\"\"}");
    ck_assert_text_has(rpc_send("send_tx", register_base64(), NULL),
                       "{\"ExecutionError\":\"Smart contract panicked: \\\"x\\\"\"}");
}
END_TEST

START_TEST(the_state_view_names_another_attempt_and_only_it_does)
{
    order("{\"kind\":\"superseded_attempt\",\"attempt\":7,\"count\":1}");
    view("migration_info");
    ck_assert_text_lacks(rpc_view_text(), "attempt");
    view("state");
    ck_assert_text_has(rpc_view_text(), "},\"attempt\":7}]}");
    view("state");
    ck_assert_text_has(rpc_view_text(), "},\"attempt\":0}]}");
    order("{\"kind\":\"superseded_attempt\",\"attempt\":7,\"domain_id\":1,\"count\":1}");
    rpc_call(
        "EXPERIMENTAL_call_function",
        "{\"finality\":\"final\",\"account_id\":\"v1.signer.test\",\"method_name\":\"state\",\"args_base64\":"
        "\"\"}");
    ck_assert_text_has(rpc_view_text(), "},\"attempt\":0}]}");
    expect_faults("[]");
}
END_TEST

static const struct {
    const char *before;
    const char *after;
} states[] = {
    {"{\"Running\":{\"keyset\":{\"domains\":[{\"domain_id\":0,\"attempt\":3},{\"domain_id\":1,\"attempt\":0}]"
     "}}}",
     "{\"Running\":{\"keyset\":{\"domains\":[{\"domain_id\":0,\"attempt\":2},{\"domain_id\":1,\"attempt\":0}]"
     "}}}"},
    {"{\"Resharing\":{\"previous_running_state\":{\"keyset\":{\"domains\":[{\"domain_id\":0,\"attempt\":1}]}}"
     "}}",
     "{\"Resharing\":{\"previous_running_state\":{\"keyset\":{\"domains\":[{\"domain_id\":0,\"attempt\":0}]}}"
     "}}"},
    {"{\"Initializing\":{\"generated_keys\":[{\"domain_id\":0,\"attempt\":18446744073709551615}]}}",
     "{\"Initializing\":{\"generated_keys\":[{\"domain_id\":0,\"attempt\":18446744073709551614}]}}"},
    {"\"NotInitialized\"", "\"NotInitialized\""},
};

START_TEST(the_attempt_before_is_named_in_every_phase_that_has_keys)
{
    struct sim_fault_plan plan = {
        .old_attempt = true, .domain_id = SIM_FAULT_NONE, .attempt = SIM_FAULT_NONE};
    for (size_t i = 0; i < ARRAY_LEN(states); i++) {
        CLEANUP(bytes_free) struct bytes text = {0};
        ck_assert_ok(bytes_append_text(&text, states[i].before));
        ck_assert_ok(sim_fault_state_view(&plan, &text));
        ck_assert_str_eq(text_of(&text), states[i].after);
    }
}
END_TEST

START_TEST(a_filter_lets_everything_else_through)
{
    order("{\"kind\":\"http_503\",\"method\":\"query\",\"contract_method\":\"state\"}");
    view("migration_info");
    ck_assert(answered());
    rpc_call(
        "EXPERIMENTAL_call_function",
        "{\"finality\":\"final\",\"account_id\":\"v1.signer.test\",\"method_name\":\"state\",\"args_base64\":"
        "\"\"}");
    ck_assert(answered());
    rpc_call("block", "{\"finality\":\"final\"}");
    ck_assert(answered());
    rpc_call("query", "[\"call/v1.signer.test/migration_info\",\"\"]");
    ck_assert(answered());
    rpc_call("query", "[\"call/v1.signer.test/state\",\"\"]");
    ck_assert_int_eq(rpc_http_status, 503);
    view("state");
    ck_assert_int_eq(rpc_http_status, 503);
    order("{\"kind\":\"expired\",\"contract_method\":\"conclude_node_migration\"}");
    ck_assert_text_has(rpc_send_positional("send_tx", register_base64()), "\"SuccessValue\"");
    struct near_tx tx = fixture_tx(&rpc_chain, "conclude_node_migration", "{}");
    ck_assert_text_has(rpc_send_positional("send_tx", signed_base64(tx, ALICE)), "\"Expired\"");
    expect_faults("[{\"id\":1,\"kind\":\"http_503\",\"method\":\"query\",\"contract_method\":\"state\","
                  "\"executed\":false,\"left\":null,\"hits\":2},{\"id\":2,\"kind\":\"expired\","
                  "\"contract_method\":\"conclude_node_migration\",\"left\":null,\"hits\":1}]");
}
END_TEST

START_TEST(faults_add_up_and_the_older_of_two_alike_comes_first)
{
    order("{\"kind\":\"delay\",\"ms\":5}");
    order("{\"kind\":\"http_500\",\"count\":1}");
    order("{\"kind\":\"http_429\",\"count\":2}");
    view("state");
    ck_assert_int_eq(rpc_http_status, 500);
    ck_assert_uint_eq(rpc_sent.delay_ms, 5);
    view("state");
    ck_assert_int_eq(rpc_http_status, 429);
    view("state");
    ck_assert_int_eq(rpc_http_status, 429);
    view("state");
    ck_assert_int_eq(rpc_http_status, 200);
    expect_faults("[{\"id\":1,\"kind\":\"delay\",\"ms\":5,\"left\":null,\"hits\":4}]");
}
END_TEST

START_TEST(a_fault_waits_for_its_turn_when_another_has_the_request)
{
    char base64[4096];
    snprintf(base64, sizeof base64, "%s", register_base64());
    order("{\"kind\":\"drop\",\"method\":\"send_tx\",\"count\":1}");
    order("{\"kind\":\"invalid_nonce\",\"count\":1}");
    order("{\"kind\":\"expired\",\"count\":1}");
    order("{\"kind\":\"http_503\",\"method\":\"send_tx\",\"count\":1}");
    order("{\"kind\":\"failed_receipt\",\"count\":1}");
    order("{\"kind\":\"timeout_408\",\"count\":1}");
    rpc_send("send_tx", base64, NULL);
    ck_assert(rpc_sent.no_answer);
    ck_assert_text_has(rpc_send("send_tx", base64, NULL), "\"InvalidNonce\"");
    ck_assert_text_has(rpc_send("send_tx", base64, NULL), "\"Expired\"");
    rpc_send("send_tx", base64, NULL);
    ck_assert_int_eq(rpc_http_status, 503);
    /* The last two go together: it ran and failed, and nobody was told. */
    ck_assert_text_has(rpc_send("send_tx", base64, NULL), "TIMEOUT_ERROR");
    expect_faults("[]");
    ck_assert_text_has(rpc_send("send_tx", base64, NULL), "Exceeded the prepaid gas.");
}
END_TEST

START_TEST(a_fault_is_cleared_by_its_id_and_all_by_one_word)
{
    order("{\"kind\":\"drop\"}");
    order("{\"kind\":\"delay\",\"ms\":5,\"count\":3}");
    order("{\"clear\":1}");
    ck_assert_str_eq(rpc_value("/result"), "[{\"id\":2,\"kind\":\"delay\",\"ms\":5,\"left\":3,\"hits\":0}]");
    ck_assert_text_has(rpc_call("sim_fault", "{\"clear\":1}"), "SIM_REFUSED");
    order("{\"kind\":\"drop\"}");
    ck_assert_str_eq(rpc_value("/result/1/id"), "3");
    order("{\"clear\":\"all\"}");
    ck_assert_str_eq(rpc_value("/result"), "[]");
    view("state");
    ck_assert(answered());
}
END_TEST

START_TEST(no_fault_ever_hits_a_control_method)
{
    order("{\"kind\":\"drop\"}");
    order("{\"kind\":\"delay\"}");
    rpc_call("sim_advance", "{\"blocks\":1}");
    ck_assert(answered());
    rpc_call("sim_faults", "null");
    ck_assert(answered());
    ck_assert_str_eq(rpc_value("/result/0/hits"), "0");
}
END_TEST

static const struct {
    const char *params;
    const char *text;
} wrong[] = {
    {"[]", "sim_fault takes an object"},
    {"{}", "`kind` is not one of drop, delay, timeout_408, http_429, http_500, http_503, html_body, "
           "truncated_body, stale_final, height_back, invalid_nonce, expired, failed_receipt, "
           "superseded_attempt"},
    {"{\"kind\":\"dorp\"}", "`kind` is not one of drop"},
    {"{\"kind\":7}", "`kind` is not one of drop"},
    {"{\"kind\":\"drop\",\"count\":0}", "`count` is not a number from 1 to 1000000; leave it out for no end"},
    {"{\"kind\":\"drop\",\"count\":null}", "`count` is not a number"},
    {"{\"kind\":\"drop\",\"count\":18446744073709551615}", "`count` is not a number"},
    {"{\"kind\":\"drop\",\"executed\":1}", "`executed` is not true or false"},
    {"{\"kind\":\"drop\",\"ms\":1}", "drop takes no `ms`"},
    {"{\"kind\":\"drop\",\"nonsense\":1}", "drop takes no `nonsense`"},
    {"{\"kind\":\"delay\",\"ms\":60001}", "`ms` is not a number from 1 to 60000"},
    {"{\"kind\":\"delay\",\"ms\":-1}", "`ms` is not a number from 1 to 60000"},
    {"{\"kind\":\"stale_final\",\"blocks\":0}", "`blocks` is not a number from 1 to 1000"},
    {"{\"kind\":\"html_body\",\"status\":99}", "`status` is not a number from 200 to 599"},
    {"{\"kind\":\"drop\",\"method\":\"quory\"}", "`method`: there is no method quory"},
    {"{\"kind\":\"drop\",\"method\":\"\"}", "`method` is not a text of 1 to 63 bytes"},
    {"{\"kind\":\"drop\",\"method\":\"sim_call\"}", "`method`: no fault ever hits sim_call"},
    {"{\"kind\":\"invalid_nonce\",\"method\":\"query\"}", "`method`: invalid_nonce does nothing to query"},
    {"{\"kind\":\"drop\",\"contract_method\":[]}", "`contract_method` is not a text of 1 to 256 bytes"},
    {"{\"kind\":\"drop\",\"contract_method\":\"conclude_node_migraton\"}",
     "`contract_method`: the contract has no method conclude_node_migraton; did you mean "
     "conclude_node_migration"},
    {"{\"kind\":\"drop\",\"contract_method\":\"pizza\"}", "the contract has no method pizza\""},
    {"{\"kind\":\"superseded_attempt\",\"contract_method\":\"state\"}",
     "superseded_attempt takes no `contract_method`"},
    {"{\"kind\":\"failed_receipt\",\"message\":\"a\\u0000b\"}", "`message` is not a text of 1 to 255 bytes"},
    {"{\"clear\":\"some\"}", "`clear` is neither an id nor \\\"all\\\""},
    {"{\"clear\":1,\"kind\":\"drop\"}", "`clear` stands alone"},
};

START_TEST(an_order_that_makes_no_sense_is_refused_and_says_why)
{
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
        ck_assert_text_has(rpc_call("sim_fault", wrong[i].params), wrong[i].text);
        ck_assert_text_has(text_of(&rpc_reply), "PARSE_ERROR");
        ck_assert_int_eq(rpc_http_status, 400);
    }
    expect_faults("[]");
}
END_TEST

START_TEST(there_is_an_end_to_how_many_can_be_active)
{
    for (int i = 0; i < SIM_FAULTS_MAX; i++)
        order("{\"kind\":\"expired\"}");
    ck_assert_text_has(rpc_call("sim_fault", "{\"kind\":\"drop\"}"), "SIM_REFUSED");
    ck_assert_text_has(text_of(&rpc_reply), "64 faults are active");
    order("{\"clear\":64}");
    order("{\"kind\":\"drop\"}");
}
END_TEST

int main(void)
{
    SUITE_WITH_CASE(suite, tcase, "sim_faults");
    tcase_add_checked_fixture(tcase, rpc_setup, rpc_teardown);
    tcase_add_test(tcase, a_dropped_request_gets_no_answer_and_after_the_last_all_is_as_ever);
    tcase_add_test(tcase, a_dropped_transaction_ran_only_where_the_order_says_so);
    tcase_add_test(tcase, a_delayed_answer_is_the_right_one_later);
    tcase_add_test(tcase, a_timeout_after_execution_leaves_the_outcome_for_the_same_bytes);
    tcase_add_test(tcase, an_http_error_has_its_status_and_a_body_that_is_no_json);
    tcase_add_test(tcase, an_html_page_comes_with_200_or_any_status_that_is_wanted);
    tcase_add_test(tcase, a_truncated_body_is_the_first_half_of_the_right_one);
    tcase_add_test(tcase, a_stale_final_block_is_older_and_the_head_is_not);
    tcase_add_test(tcase, a_height_that_goes_back_does_so_at_every_finality_and_in_the_status);
    tcase_add_test(tcase, a_block_that_is_asked_for_by_its_id_is_that_block);
    tcase_add_test(tcase, older_than_the_first_block_is_the_first_block);
    tcase_add_test(tcase, a_nonce_refused_once_is_taken_the_second_time);
    tcase_add_test(tcase, an_expired_transaction_was_not_sent);
    tcase_add_test(tcase, a_receipt_that_fails_costs_nonce_and_gas_and_changes_nothing_else);
    tcase_add_test(tcase, a_failed_receipt_says_what_the_order_says);
    tcase_add_test(tcase, the_state_view_names_another_attempt_and_only_it_does);
    tcase_add_test(tcase, the_attempt_before_is_named_in_every_phase_that_has_keys);
    tcase_add_test(tcase, a_filter_lets_everything_else_through);
    tcase_add_test(tcase, faults_add_up_and_the_older_of_two_alike_comes_first);
    tcase_add_test(tcase, a_fault_waits_for_its_turn_when_another_has_the_request);
    tcase_add_test(tcase, a_fault_is_cleared_by_its_id_and_all_by_one_word);
    tcase_add_test(tcase, no_fault_ever_hits_a_control_method);
    tcase_add_test(tcase, an_order_that_makes_no_sense_is_refused_and_says_why);
    tcase_add_test(tcase, there_is_an_end_to_how_many_can_be_active);
    return run_suite(suite);
}
