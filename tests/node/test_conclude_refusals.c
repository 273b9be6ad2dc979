/* What stands in the way of a conclude, and what the contract and the chain refuse: by a single RPC. */
#include "common/os/log.h"
#include "node/metrics.h"
#include "tests/support/rounds.h"
#include "tests/support/support.h"

static const uint8_t other_binding[SHA256_LEN] = {2};

/* --- what is found out before sending --- */

static void name_another_signer(struct rounds *bench)
{
    bench->snapshot->migrations.entries[0].destination.signer_account_pk = story_key(77);
}

static void lack_attestation(struct rounds *bench)
{
    rounds_serve_attestation(bench, "null");
}

static void expire_attestation(struct rounds *bench)
{
    rounds_serve_attestation(bench,
                             "{\"Mock\":{\"WithConstraints\":{\"expiry_timestamp_seconds\":1699999999}}}");
}

static void lack_key(struct rounds *bench)
{
    fake_rpc_forget(bench->fake, "query:view_access_key");
    fake_rpc_result(
        bench->fake, "query:view_access_key",
        "{\"error\":\"access key ed25519:x does not exist while viewing\",\"logs\":[],\"block_height\":1,"
        "\"block_hash\":\"" ROUNDS_HASH "\"}");
}

/* The list of document 003 lacks conclude_node_migration (contract.md D12). */
static void lack_method(struct rounds *bench)
{
    rounds_serve_key(bench, ROUNDS_NONCE,
                     ROUNDS_PERMISSION("null", STORY_CONTRACT, "\"respond\",\"vote_pk\""));
}

static void key_of_another_contract(struct rounds *bench)
{
    rounds_serve_key(bench, ROUNDS_NONCE, ROUNDS_PERMISSION("null", "v0.signer.test", ""));
}

static void lack_allowance(struct rounds *bench)
{
    rounds_serve_key(bench, ROUNDS_NONCE, ROUNDS_PERMISSION("\"1000\"", STORY_CONTRACT, ""));
}

static const struct {
    void (*spoil)(struct rounds *bench);
    const char *says;
    result_t outcome;
} obstacles[] = {
    {name_another_signer, "signer_account_pk", OUTCOME_SIGNER_KEY_MISMATCH},
    {lack_attestation, "no attestation", OUTCOME_ATTESTATION_MISSING},
    {expire_attestation, "expired 1 s ago", OUTCOME_ATTESTATION_INVALID},
    {lack_key, "add it as a function-call key for v1.signer.test with an empty method list",
     OUTCOME_RPC_NO_ACCESS_KEY},
    {lack_method, "conclude_node_migration", OUTCOME_TX_REJECTED},
    {key_of_another_contract, "v0.signer.test", OUTCOME_TX_REJECTED},
    {lack_allowance, "allowance is 1000 yoctoNEAR", OUTCOME_ALLOWANCE_TOO_SMALL},
};

START_TEST(what_would_be_refused_is_not_sent_and_says_why)
{
    struct rounds bench;
    rounds_open(&bench);
    obstacles[_i].spoil(&bench);
    ck_assert_blocked(&bench);
    ck_assert_text_has(bench.conclude.report.blocked_by, obstacles[_i].says);
    ck_assert_uint_eq(metric_outcome_count(METRIC_EVENT_CONCLUDE, obstacles[_i].outcome), 1);
    ck_assert_int_eq(bench.conclude.report.last.code, obstacles[_i].outcome);
    ck_assert_uint_eq(rounds_sends(&bench), 0);
    ck_assert(rounds_outbox_is_empty(&bench));

    rounds_view(&bench, 3);
    rounds_serve_attestation(&bench, "{\"Mock\":\"Valid\"}");
    rounds_serve_key(&bench, ROUNDS_NONCE, ROUNDS_ANY_METHOD);
    ck_assert_tried(&bench);
    ck_assert_uint_eq(rounds_sends(&bench), 1);
    ck_assert_str_eq(bench.conclude.report.blocked_by, "");
    ck_assert_int_eq(bench.conclude.report.last.code, OUTCOME_OK);
    rounds_close(&bench);
}
END_TEST

START_TEST(a_keyset_that_no_transaction_holds_is_reported)
{
    struct rounds bench;
    rounds_open(&bench);
    rounds_view(&bench, KEYSET_DOMAINS_MAX);
    ck_assert_blocked(&bench);
    ck_assert_text_has(bench.conclude.report.blocked_by, "16384 domains");
    ck_assert_uint_eq(rounds_sends(&bench), 0);
    rounds_close(&bench);
}
END_TEST

START_TEST(a_contract_that_has_no_view_of_attestations_is_not_held_against_us)
{
    struct rounds bench;
    rounds_open(&bench);
    fake_rpc_forget(bench.fake, "query:get_attestation");
    fake_rpc_result(
        bench.fake, "query:get_attestation",
        "{\"error\":\"wasm execution failed with error: MethodResolveError(MethodNotFound)\",\"logs\":[],"
        "\"block_height\":1,\"block_hash\":\"" ROUNDS_HASH "\"}");
    ck_assert_tried(&bench);
    ck_assert_uint_eq(rounds_sends(&bench), 1);
    rounds_close(&bench);
}
END_TEST

START_TEST(an_rpc_that_is_away_is_no_obstacle_but_nothing_is_signed)
{
    struct rounds bench;
    rounds_open(&bench);
    fake_rpc_forget(bench.fake, "query:view_access_key");
    fake_rpc_reply(bench.fake, "query:view_access_key", &(struct fake_reply){.status = 500, .body = ""});
    ck_assert_tried(&bench);
    ck_assert(rounds_outbox_is_empty(&bench));
    ck_assert_int_eq(metric_value(METRIC_TX_CONCLUDE_LOCAL_ERROR), 1);
    ck_assert_int_eq(bench.conclude.report.last.code, OUTCOME_RPC_HTTP_STATUS);
    rounds_close(&bench);
}
END_TEST

/* --- refusals --- */

START_TEST(a_lasting_refusal_is_left_alone_until_something_changes_or_time_passes)
{
    struct rounds bench;
    rounds_open(&bench);
    rounds_serve_panic(&bench, "send_tx",
                       "Invalid TEE Remote Attestation: destination node TEE quote is invalid");
    ck_assert_blocked(&bench);
    ck_assert_text_has(bench.conclude.report.contract_error, "destination node TEE quote is invalid");
    ck_assert_text_has(bench.conclude.report.blocked_by, "attestation");
    ck_assert_int_eq(metric_value(METRIC_TX_CONCLUDE_FAILED), 1);
    ck_assert_blocked(&bench);
    ck_assert_uint_eq(rounds_sends(&bench), 1);

    rounds_serve_attestation(&bench,
                             "{\"Mock\":{\"WithConstraints\":{\"expiry_timestamp_seconds\":1800000000}}}");
    ck_assert_blocked(&bench);
    ck_assert_uint_eq(rounds_sends(&bench), 2);

    bench.now_ms += CONCLUDE_FAILED_RETRY_MS;
    rounds_serve_executed(&bench, "send_tx");
    ck_assert_tried(&bench);
    ck_assert_uint_eq(rounds_sends(&bench), 3);
    ck_assert_str_eq(bench.conclude.report.blocked_by, "");
    ck_assert_str_eq(bench.conclude.report.contract_error, "");
    rounds_close(&bench);
}
END_TEST

START_TEST(a_rejection_by_the_chain_says_what_to_do)
{
    struct rounds bench;
    rounds_open(&bench);
    rounds_serve_rejected(
        &bench,
        "{\"InvalidAccessKeyError\":{\"MethodNameMismatch\":{\"method_name\":\"conclude_node_migration\"}}}");
    ck_assert_blocked(&bench);
    ck_assert_text_has(bench.conclude.report.blocked_by, "MethodNameMismatch");
    ck_assert_text_has(bench.conclude.report.blocked_by, "empty method list");
    ck_assert_int_eq(metric_value(METRIC_TX_CONCLUDE_REJECTED), 1);
    ck_assert_blocked(&bench);
    ck_assert_int_eq(bench.conclude.report.last.code, OUTCOME_TX_REJECTED);
    ck_assert_int_eq(metric_value(METRIC_TX_CONCLUDE_REJECTED), 1);
    ck_assert_uint_eq(rounds_sends(&bench), 1);
    bench.now_ms += CONCLUDE_REJECTED_RETRY_MS;
    rounds_serve_executed(&bench, "send_tx");
    ck_assert_tried(&bench);
    ck_assert(rounds_sent_same(&bench, 0, 1));
    rounds_close(&bench);
}
END_TEST

START_TEST(a_refusal_that_the_views_will_explain_is_no_obstacle)
{
    static const char *const texts[] = {"Node does not have an ongoing recovery",
                                        "The protocol is not Running.", "something nobody knows"};
    struct rounds bench;
    rounds_open(&bench);
    rounds_serve_panic(&bench, "send_tx", texts[_i]);
    ck_assert_tried(&bench);
    ck_assert_text_has(bench.conclude.report.contract_error, texts[_i]);
    rounds_serve_panic(&bench, "tx", texts[_i]);
    rounds_serve_key(&bench, ROUNDS_NONCE + 1, ROUNDS_ANY_METHOD);
    ck_assert_tried(&bench);
    ck_assert_uint_eq(rounds_sends(&bench), 2);
    ck_assert(!rounds_sent_same(&bench, 0, 1));
    conclude_retire(&bench.conclude, bench.snapshot->height, other_binding);
    ck_assert_str_eq(bench.conclude.report.contract_error, "");
    rounds_close(&bench);
}
END_TEST

START_TEST(a_refusal_found_out_after_a_restart_counts)
{
    struct rounds bench;
    rounds_open(&bench);
    rounds_serve_timeout(&bench);
    ck_assert_tried(&bench);
    rounds_restart(&bench);
    rounds_serve_panic(&bench, "tx",
                       "The transaction was submitted by a different public key than expected.");
    ck_assert_blocked(&bench);
    ck_assert_uint_eq(rounds_sends(&bench), 1);
    rounds_serve_key(&bench, ROUNDS_NONCE + 1, ROUNDS_ANY_METHOD);
    ck_assert_blocked(&bench);
    ck_assert(rounds_outbox_is_empty(&bench));
    ck_assert_text_has(bench.conclude.report.blocked_by, "start_node_migration");
    ck_assert_uint_eq(rounds_sends(&bench), 1);
    rounds_close(&bench);
}
END_TEST

int main(void)
{
    SUITE_WITH_CASE(suite, tcase, "conclude refusals");
    log_init(LOG_FORMAT_PLAIN, LOG_LEVEL_ERROR);
    tcase_add_loop_test(tcase, what_would_be_refused_is_not_sent_and_says_why, 0, (int)ARRAY_LEN(obstacles));
    tcase_add_test(tcase, a_keyset_that_no_transaction_holds_is_reported);
    tcase_add_test(tcase, a_contract_that_has_no_view_of_attestations_is_not_held_against_us);
    tcase_add_test(tcase, an_rpc_that_is_away_is_no_obstacle_but_nothing_is_signed);
    tcase_add_test(tcase, a_lasting_refusal_is_left_alone_until_something_changes_or_time_passes);
    tcase_add_test(tcase, a_rejection_by_the_chain_says_what_to_do);
    tcase_add_loop_test(tcase, a_refusal_that_the_views_will_explain_is_no_obstacle, 0, 3);
    tcase_add_test(tcase, a_refusal_found_out_after_a_restart_counts);
    return run_suite(suite);
}
