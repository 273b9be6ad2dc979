/* How far a transaction came (near-rpc.md D.4), and the receipts that EXPERIMENTAL_tx_status lists. */
#include "tests/contract-sim/rpc_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/support.h"

/* The levels beyond each, from the diamond NONE < INCLUDED < {EXECUTED_OPTIMISTIC, INCLUDED_FINAL} < EXECUTED < FINAL. */
static const char *const beyond[] = {
    [LEVEL_NONE] = "NONE",
    [LEVEL_INCLUDED] = "NONE INCLUDED",
    [LEVEL_EXECUTED_OPTIMISTIC] = "NONE INCLUDED EXECUTED_OPTIMISTIC",
    [LEVEL_INCLUDED_FINAL] = "NONE INCLUDED INCLUDED_FINAL",
    [LEVEL_EXECUTED] = "NONE INCLUDED EXECUTED_OPTIMISTIC INCLUDED_FINAL EXECUTED",
    [LEVEL_FINAL] = "NONE INCLUDED EXECUTED_OPTIMISTIC INCLUDED_FINAL EXECUTED FINAL",
};
static const char *const names[] = {"NONE",           "INCLUDED", "EXECUTED_OPTIMISTIC",
                                    "INCLUDED_FINAL", "EXECUTED", "FINAL"};

START_TEST(the_levels_are_a_diamond)
{
    for (enum tx_level level = LEVEL_NONE; level <= LEVEL_FINAL; level++) {
        char reached[128] = "";
        for (enum tx_level asked = LEVEL_NONE; asked <= LEVEL_FINAL; asked++)
            if (tx_level_reaches(level, asked))
                snprintf(reached + strlen(reached), sizeof reached - strlen(reached), "%s%s",
                         *reached ? " " : "", names[asked]);
        ck_assert_str_eq(reached, beyond[level]);
    }
}
END_TEST

/* The vote that ends a resharing schedules six receipts for the next block. */
static const char *last_vote(void)
{
    fixture_reshare_but_for_alice(&rpc_chain, UINT32_MAX);
    return signed_base64(fixture_tx(&rpc_chain, "vote_reshared", fixture_reshare_vote), ALICE);
}

static const struct {
    const char *wait_until;
    const char *status;
    unsigned blocks; /* it takes */
} waits[] = {
    {"INCLUDED", "\"INCLUDED\"", 1},
    {"EXECUTED_OPTIMISTIC", "\"EXECUTED_OPTIMISTIC\"", 2},
    {"INCLUDED_FINAL", "\"EXECUTED\"", 3},
    {"EXECUTED", "\"EXECUTED\"", 3},
    {"FINAL", "\"FINAL\"", 4},
};

START_TEST(a_transaction_is_executed_when_what_it_scheduled_ran)
{
    char base64[4096];
    snprintf(base64, sizeof base64, "%s", last_vote());
    ck_assert_text_has(rpc_call("sim_snapshot", "{\"name\":\"before\"}"), "block_height");
    for (size_t i = 0; i < ARRAY_LEN(waits); i++) {
        rpc_patience = 9;
        rpc_send("send_tx", base64, waits[i].wait_until);
        ck_assert_str_eq(rpc_value("/result/final_execution_status"), waits[i].status);
        ck_assert_uint_eq(9 - rpc_patience, waits[i].blocks);
        rpc_call("sim_revert", "{\"name\":\"before\"}");
    }
}
END_TEST

START_TEST(without_a_clock_nobody_waits_for_what_was_scheduled)
{
    rpc_chain.node.clock = sim_clock_start(0, rpc_chain.time_ms, RPC_WALL_MS);
    rpc_patience = 0;
    ck_assert_text_has(rpc_send("send_tx", last_vote(), NULL), "\"status\":{\"SuccessValue\":\"");
    ck_assert_str_eq(rpc_value("/result/final_execution_status"), "\"INCLUDED\"");
    rpc_send("send_tx", register_base64(), NULL);
    ck_assert_str_eq(rpc_value("/result/final_execution_status"), "\"EXECUTED_OPTIMISTIC\"");
}
END_TEST

static void status_of_last(void)
{
    char params[128], hash[HASH_TEXT_MAX];
    hash_format(rpc_chain.last_hash, hash);
    snprintf(params, sizeof params,
             "{\"tx_hash\":\"%s\",\"sender_account_id\":\"x\",\"wait_until\":\"FINAL\"}", hash);
    rpc_patience = 9;
    rpc_call("EXPERIMENTAL_tx_status", params);
}

START_TEST(the_receipts_of_a_call_and_of_what_it_scheduled_are_listed)
{
    rpc_send("send_tx", last_vote(), "INCLUDED");
    status_of_last();
    ck_assert_str_eq(rpc_value("/result/receipts/0/predecessor_id"), "\"alice.near\"");
    ck_assert_str_eq(rpc_value("/result/receipts/0/receiver_id"), "\"v1.signer.test\"");
    ck_assert_str_eq(rpc_value("/result/receipts/0/receipt/Action/actions/0/FunctionCall/method_name"),
                     "\"vote_reshared\"");
    ck_assert_str_eq(rpc_value("/result/receipts/3/predecessor_id"), "\"v1.signer.test\"");
    ck_assert_str_eq(rpc_value("/result/receipts/3/receipt/Action/signer_id"), "\"alice.near\"");
    ck_assert_str_eq(rpc_value("/result/receipts/3/receipt/Action/actions"),
                     "[{\"FunctionCall\":{\"method_name\":\"clean_invalid_attestations\",\"args\":"
                     "\"eyJtYXhfc2NhbiI6MzB9\",\"gas\":1000000000000,\"deposit\":\"0\"}}]");
    char id[80];
    snprintf(id, sizeof id, "%s", rpc_value("/result/receipts_outcome/3/id"));
    ck_assert_str_eq(rpc_value("/result/receipts/3/receipt_id"), id);
    snprintf(id, sizeof id, "%s", rpc_value("/result/receipts_outcome/0/outcome/receipt_ids/2"));
    ck_assert_str_eq(rpc_value("/result/receipts/3/receipt_id"), id);
    ck_assert_text_lacks(text_of(&rpc_reply), "\"receipts\":[]");
}
END_TEST

START_TEST(a_refund_is_a_transfer_by_the_system)
{
    struct near_tx tx = fixture_tx(&rpc_chain, "no_such_method", "{}");
    tx.actions[0].deposit = (struct u128){.low = 12};
    rpc_send("send_tx", signed_base64(tx, ALICE), "INCLUDED");
    status_of_last();
    ck_assert_text_has(
        text_of(&rpc_reply),
        "{\"predecessor_id\":\"system\",\"priority\":0,\"receiver_id\":\"alice.near\",\"receipt_id\":\"");
    ck_assert_str_eq(rpc_value("/result/receipts/1/receipt/Action/actions"),
                     "[{\"Transfer\":{\"deposit\":\"12\"}}]");
    ck_assert_str_eq(rpc_value("/result/receipts/1/receipt/Action/signer_id"), "\"system\"");
    ck_assert_str_eq(rpc_value("/result/receipts/1/receipt/Action/signer_public_key"),
                     "\"ed25519:11111111111111111111111111111111\"");
}
END_TEST

START_TEST(what_an_account_does_to_itself_is_no_receipt)
{
    rpc_send("send_tx", signed_base64(fixture_plain_tx(&rpc_chain, "alice.near", NEAR_ADD_KEY), ALICE),
             "INCLUDED");
    status_of_last();
    ck_assert_text_has(text_of(&rpc_reply), "\"receipts\":[]}");
}
END_TEST

int main(void)
{
    SUITE_WITH_CASE(suite, tcase, "rpc_receipts");
    tcase_add_checked_fixture(tcase, rpc_setup, rpc_teardown);
    tcase_add_test(tcase, the_levels_are_a_diamond);
    tcase_add_test(tcase, a_transaction_is_executed_when_what_it_scheduled_ran);
    tcase_add_test(tcase, without_a_clock_nobody_waits_for_what_was_scheduled);
    tcase_add_test(tcase, the_receipts_of_a_call_and_of_what_it_scheduled_are_listed);
    tcase_add_test(tcase, a_refund_is_a_transfer_by_the_system);
    tcase_add_test(tcase, what_an_account_does_to_itself_is_no_receipt);
    return run_suite(suite);
}
