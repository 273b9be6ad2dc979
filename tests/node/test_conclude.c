/* What is sent to conclude a migration, and when: by a single RPC. Obstacles and refusals are in
 * test_conclude_refusals.c. */
#include <string.h>

#include "common/encoding.h"
#include "common/os/log.h"
#include "node/metrics.h"
#include "node/outbox.h"
#include "node/store.h"
#include "tests/support/rounds.h"
#include "tests/support/support.h"

static const uint8_t other_binding[SHA256_LEN] = {2};

/* --- sending --- */

START_TEST(the_transaction_is_the_one_of_wire_md_8_5)
{
    struct rounds bench;
    rounds_open(&bench);
    ck_assert_tried(&bench);
    CLEANUP(near_tx_free) struct near_tx tx = {0};
    CLEANUP(bytes_free) struct bytes args = {0};
    rounds_sent_tx(&bench, 0, &tx);
    ck_assert_str_eq(tx.signer_id, STORY_ACCOUNT);
    ck_assert_str_eq(tx.receiver_id, STORY_CONTRACT);
    ck_assert_uint_eq(tx.nonce, ROUNDS_NONCE + 1);
    ck_assert_uint_eq(tx.action_count, 1);
    ck_assert_str_eq(tx.actions[0].method_name, "conclude_node_migration");
    ck_assert_uint_eq(tx.actions[0].gas, 300000000000000u);
    ck_assert_uint_eq(tx.actions[0].deposit.low | tx.actions[0].deposit.high, 0);
    ck_assert_ok(conclude_args(&bench.snapshot->protocol.keyset, &args, NULL));
    ck_assert_uint_eq(tx.actions[0].args_len, args.len);
    ck_assert_mem_eq(tx.actions[0].args, args.data, args.len);
    ck_assert_int_eq(metric_value(METRIC_TX_CONCLUDE_SUCCEEDED), 1);
    rounds_close(&bench);
}
END_TEST

START_TEST(it_is_durable_before_its_first_byte_is_sent)
{
    struct rounds bench;
    rounds_open(&bench);
    rounds_serve_timeout(&bench);
    bench.sent_when_written = 99;
    ck_assert_tried(&bench);
    ck_assert_uint_eq(bench.sent_when_written, 0);
    ck_assert_uint_eq(rounds_sends(&bench), 1);

    CLEANUP(bytes_free) struct bytes stored = {0};
    CLEANUP(bytes_free) struct bytes base64 = {0};
    CLEANUP(bytes_free) struct bytes sent = {0};
    CLEANUP(outbox_record_free) struct outbox_record record;
    ck_assert_ok(store_outbox_get(bench.store, &stored, NULL));
    ck_assert_ok(outbox_record_read(stored.data, stored.len, &record, NULL));
    ck_assert_ok(base64_encode(record.tx.bytes.data, record.tx.bytes.len, &base64));
    rounds_sent_base64(&bench, 0, &sent);
    ck_assert_str_eq((const char *)base64.data, (const char *)sent.data);
    ck_assert_mem_eq(record.binding, rounds_binding, SHA256_LEN);
    ck_assert_int_gt((int)strlen(bench.conclude.report.transaction), 0);
    rounds_close(&bench);
}
END_TEST

START_TEST(while_nobody_knows_what_became_of_it_the_same_bytes_are_sent_again)
{
    struct rounds bench;
    rounds_open(&bench);
    rounds_serve_timeout(&bench);
    ck_assert_tried(&bench);
    fake_rpc_forget(bench.fake, "send_tx");
    fake_rpc_reply(bench.fake, "send_tx", &(struct fake_reply){.kind = FAKE_CLOSE});
    ck_assert_tried(&bench);
    fake_rpc_forget(bench.fake, "send_tx");
    fake_rpc_reply(bench.fake, "send_tx", &(struct fake_reply){.body = "<html>"});
    rounds_restart(&bench); /* a crash and a restart */
    ck_assert_tried(&bench);
    rounds_serve_executed(&bench, "send_tx");
    ck_assert_tried(&bench);
    /* libcurl asks once more by itself where a kept connection was closed. */
    ck_assert_uint_ge(rounds_sends(&bench), 4);
    for (size_t i = 1; i < rounds_sends(&bench); i++)
        ck_assert(rounds_sent_same(&bench, 0, i));
    ck_assert_int_eq(metric_value(METRIC_TX_CONCLUDE_UNKNOWN), 3);
    rounds_close(&bench);
}
END_TEST

/* With one RPC too: what it said, or why it said nothing, is what the operator reads. */
START_TEST(what_the_rpc_said_of_a_transaction_that_it_did_not_take_is_told)
{
    struct rounds bench;
    rounds_open(&bench);
    rounds_serve_timeout(&bench);
    ck_assert_tried(&bench);
    ck_assert_text_has(bench.conclude.report.last.text, bench.conclude.report.transaction);
    ck_assert_text_has(bench.conclude.report.last.text, "(unclear: HANDLER_ERROR TIMEOUT_ERROR: ");
    fake_rpc_forget(bench.fake, "send_tx");
    fake_rpc_error(
        bench.fake, "send_tx", 200,
        "{\"name\":\"HANDLER_ERROR\",\"cause\":{\"name\":\"DOES_NOT_TRACK_SHARD\"},\"code\":-32000,"
        "\"message\":\"Server error\",\"data\":\"the \\u001b[31mshard\\n\"}");
    ck_assert_tried(&bench);
    ck_assert_text_has(bench.conclude.report.last.text, fake_rpc_url(bench.fake));
    ck_assert_text_has(bench.conclude.report.last.text, "DOES_NOT_TRACK_SHARD");
    ck_assert_ptr_null(strpbrk(bench.conclude.report.last.text, "\x1b\n"));
    fake_rpc_forget(bench.fake, "send_tx");
    fake_rpc_reply(bench.fake, "send_tx", &(struct fake_reply){.status = 503, .body = "away"});
    ck_assert_tried(&bench);
    ck_assert_text_has(bench.conclude.report.last.text, "HTTP status 503");
    ck_assert_int_eq(bench.conclude.report.last.code, OUTCOME_TX_UNKNOWN);
    rounds_close(&bench);
}
END_TEST

START_TEST(a_refusal_in_words_with_control_characters_is_told_without_them)
{
    struct rounds bench;
    rounds_open(&bench);
    rounds_serve_panic(&bench, "send_tx", "\\u001b]0;owned\\u0007 \\u009b2J");
    ck_assert_tried(&bench);
    ck_assert_text_has(bench.conclude.report.contract_error, "?]0;owned? ??2J");
    rounds_close(&bench);
}
END_TEST

START_TEST(one_that_has_been_executed_after_all_is_not_sent_again)
{
    struct rounds bench;
    rounds_open(&bench);
    rounds_serve_timeout(&bench);
    ck_assert_tried(&bench);
    rounds_serve_executed(&bench, "tx");
    rounds_restart(&bench);
    ck_assert_tried(&bench);
    ck_assert_tried(&bench);
    ck_assert_uint_eq(rounds_sends(&bench), 1);
    ck_assert_int_eq(metric_value(METRIC_TX_CONCLUDE_SUCCEEDED), 1);
    conclude_retire(&bench.conclude, ROUNDS_HEIGHT, other_binding);
    ck_assert(rounds_outbox_is_empty(&bench));
    ck_assert_str_eq(bench.conclude.report.transaction, "");
    rounds_close(&bench);
}
END_TEST

/* It is believed only when the nonce is used and a younger view still wants a conclude. */
START_TEST(one_that_is_said_to_be_executed_is_not_followed_by_another_before_the_chain_shows_it)
{
    struct rounds bench;
    rounds_open(&bench);
    for (unsigned i = 0; i < 5; i++) {
        rounds_serve_executed(&bench, "tx");
        ck_assert_tried(&bench);
    }
    ck_assert_uint_eq(rounds_sends(&bench), 1);
    rounds_serve_key(&bench, ROUNDS_NONCE + 1, ROUNDS_ANY_METHOD);
    ck_assert_tried(&bench);
    ck_assert_uint_eq(rounds_sends(&bench), 2);
    ck_assert(!rounds_sent_same(&bench, 0, 1));
    rounds_close(&bench);
}
END_TEST

START_TEST(one_that_is_under_way_is_left_alone)
{
    struct rounds bench;
    rounds_open(&bench);
    rounds_serve_timeout(&bench);
    ck_assert_tried(&bench);
    fake_rpc_forget(bench.fake, "tx");
    fake_rpc_result(bench.fake, "tx", "{\"final_execution_status\":\"INCLUDED\"}");
    ck_assert_tried(&bench);
    ck_assert_uint_eq(rounds_sends(&bench), 1);
    ck_assert(!rounds_outbox_is_empty(&bench));
    rounds_close(&bench);
}
END_TEST

START_TEST(one_whose_nonce_was_used_by_another_is_signed_anew)
{
    struct rounds bench;
    rounds_open(&bench);
    rounds_serve_timeout(&bench);
    ck_assert_tried(&bench);
    rounds_serve_key(&bench, ROUNDS_NONCE + 5, ROUNDS_ANY_METHOD);
    ck_assert_tried(&bench);
    ck_assert(rounds_sent_same(&bench, 0, 1));
    ck_assert_tried(&bench);
    CLEANUP(near_tx_free) struct near_tx tx = {0};
    rounds_sent_tx(&bench, 2, &tx);
    ck_assert_uint_eq(tx.nonce, ROUNDS_NONCE + 6);
    rounds_close(&bench);
}
END_TEST

/* An included call runs some blocks later: until then its nonce is used and the record is still there. */
START_TEST(an_rpc_that_forgets_what_it_took_gets_no_other_bytes_while_they_may_be_running)
{
    struct rounds bench;
    rounds_open(&bench);
    rounds_serve_timeout(&bench);
    ck_assert_tried(&bench);
    rounds_serve_key(&bench, ROUNDS_NONCE + 1, ROUNDS_ANY_METHOD);
    rounds_serve_rejected(&bench,
                          "{\"InvalidNonce\":{\"tx_nonce\":100000000000008,\"ak_nonce\":100000000000008}}");
    rounds_restart(&bench); /* a crash and a restart */
    bench.now_ms += 1;
    ck_assert_tried(&bench);
    ck_assert_uint_eq(rounds_sends(&bench), 2);
    ck_assert(rounds_sent_same(&bench, 0, 1));
    ck_assert(!rounds_outbox_is_empty(&bench));
    rounds_close(&bench);
}
END_TEST

START_TEST(a_transaction_for_another_record_or_keyset_is_dropped)
{
    struct rounds bench;
    rounds_open(&bench);
    rounds_serve_timeout(&bench);
    ck_assert_tried(&bench);
    conclude_retire(&bench.conclude, bench.snapshot->height, rounds_binding);
    ck_assert(!rounds_outbox_is_empty(&bench));
    ck_assert_int_eq(conclude_round(&bench.conclude, bench.snapshot, other_binding, bench.now_ms),
                     CONCLUDE_TRIED);
    ck_assert_uint_eq(rounds_sends(&bench), 2);
    ck_assert(!rounds_sent_same(&bench, 0, 1));
    CLEANUP(near_tx_free) struct near_tx tx = {0};
    rounds_sent_tx(&bench, 1, &tx);
    ck_assert_uint_eq(tx.nonce, ROUNDS_NONCE + 2);
    conclude_retire(&bench.conclude, bench.snapshot->height, rounds_binding);
    ck_assert(rounds_outbox_is_empty(&bench));
    ck_assert_str_eq(bench.conclude.report.transaction, "");
    rounds_close(&bench);
}
END_TEST

START_TEST(a_view_from_before_the_transaction_was_signed_neither_drops_it_nor_signs_another)
{
    struct rounds bench;
    rounds_open(&bench);
    rounds_serve_timeout(&bench);
    ck_assert_tried(&bench);
    rounds_restart(&bench);
    bench.snapshot->height = ROUNDS_HEIGHT - 1;
    conclude_retire(&bench.conclude, ROUNDS_HEIGHT - 1, other_binding);
    ck_assert(!rounds_outbox_is_empty(&bench));
    ck_assert_str_eq(bench.conclude.report.transaction, "");
    ck_assert_int_eq(conclude_round(&bench.conclude, bench.snapshot, other_binding, bench.now_ms),
                     CONCLUDE_TRIED);
    ck_assert_int_eq(bench.conclude.report.last.code, OUTCOME_RPC_WENT_BACK);
    ck_assert_uint_eq(rounds_sends(&bench), 1);
    bench.snapshot->height = ROUNDS_HEIGHT;
    ck_assert_tried(&bench);
    ck_assert_uint_eq(rounds_sends(&bench), 2);
    ck_assert(rounds_sent_same(&bench, 0, 1));
    rounds_close(&bench);
}
END_TEST

START_TEST(an_outbox_that_cannot_be_read_is_dropped_and_the_conclude_goes_on)
{
    struct rounds bench;
    rounds_open(&bench);
    ck_assert_ok(store_outbox_put(bench.store, "nonsense", 8, NULL));
    ck_assert_tried(&bench);
    ck_assert_uint_eq(rounds_sends(&bench), 1);
    rounds_close(&bench);
}
END_TEST

/* --- near-rpc.md E.4 --- */

/* A node that lags says so too of bytes that another one has taken. */
START_TEST(one_that_is_called_outdated_is_kept_until_its_nonce_is_used)
{
    static const char *const errors[] = {
        "{\"InvalidNonce\":{\"tx_nonce\":100000000000008,\"ak_nonce\":100000000000020}}", "\"Expired\"",
        "\"InvalidChain\""};
    struct rounds bench;
    rounds_open(&bench);
    rounds_serve_rejected(&bench, errors[_i]);
    ck_assert_tried(&bench);
    ck_assert_tried(&bench);
    ck_assert_uint_eq(rounds_sends(&bench), 2);
    ck_assert(rounds_sent_same(&bench, 0, 1));
    ck_assert_int_eq(bench.conclude.report.last.code, OUTCOME_TX_UNKNOWN);

    rounds_serve_key(&bench, ROUNDS_NONCE + 13, ROUNDS_ANY_METHOD);
    rounds_serve_executed(&bench, "send_tx");
    while (rounds_sends(&bench) < 3 || rounds_sent_same(&bench, 0, rounds_sends(&bench) - 1))
        ck_assert_tried(&bench);
    CLEANUP(near_tx_free) struct near_tx tx = {0};
    rounds_sent_tx(&bench, rounds_sends(&bench) - 1, &tx);
    ck_assert_uint_eq(tx.nonce, ROUNDS_NONCE + 14);
    rounds_close(&bench);
}
END_TEST

START_TEST(an_invalid_nonce_that_is_our_own_earlier_send_is_success)
{
    struct rounds bench;
    rounds_open(&bench);
    rounds_serve_rejected(&bench,
                          "{\"InvalidNonce\":{\"tx_nonce\":100000000000008,\"ak_nonce\":100000000000008}}");
    ck_assert_tried(&bench);
    rounds_serve_executed(&bench, "tx");
    ck_assert_tried(&bench);
    ck_assert_uint_eq(rounds_sends(&bench), 1);
    ck_assert_int_eq(metric_value(METRIC_TX_CONCLUDE_SUCCEEDED), 1);
    rounds_close(&bench);
}
END_TEST

START_TEST(one_that_has_expired_is_signed_anew)
{
    struct rounds bench;
    rounds_open(&bench);
    rounds_serve_timeout(&bench);
    ck_assert_tried(&bench);
    bench.snapshot->height = ROUNDS_HEIGHT + CONCLUDE_VALIDITY_BLOCKS;
    ck_assert_tried(&bench);
    ck_assert(rounds_sent_same(&bench, 0, 1));
    bench.snapshot->height++;
    ck_assert_tried(&bench);
    ck_assert(!rounds_sent_same(&bench, 0, 2));
    rounds_close(&bench);
}
END_TEST

START_TEST(bytes_that_nobody_will_ever_take_are_dropped)
{
    struct rounds bench;
    rounds_open(&bench);
    rounds_serve_rejected(&bench, "\"InvalidSignature\"");
    ck_assert_blocked(&bench);
    ck_assert_text_has(bench.conclude.report.blocked_by, "near_signer_key");
    ck_assert(rounds_outbox_is_empty(&bench));
    rounds_close(&bench);
}
END_TEST

int main(void)
{
    SUITE_WITH_CASE(suite, tcase, "conclude");
    log_init(LOG_FORMAT_PLAIN, LOG_LEVEL_ERROR);
    tcase_add_test(tcase, the_transaction_is_the_one_of_wire_md_8_5);
    tcase_add_test(tcase, it_is_durable_before_its_first_byte_is_sent);
    tcase_add_test(tcase, while_nobody_knows_what_became_of_it_the_same_bytes_are_sent_again);
    tcase_add_test(tcase, what_the_rpc_said_of_a_transaction_that_it_did_not_take_is_told);
    tcase_add_test(tcase, a_refusal_in_words_with_control_characters_is_told_without_them);
    tcase_add_test(tcase, one_that_has_been_executed_after_all_is_not_sent_again);
    tcase_add_test(tcase, one_that_is_under_way_is_left_alone);
    tcase_add_test(tcase, one_whose_nonce_was_used_by_another_is_signed_anew);
    tcase_add_test(tcase, a_transaction_for_another_record_or_keyset_is_dropped);
    tcase_add_test(tcase, a_view_from_before_the_transaction_was_signed_neither_drops_it_nor_signs_another);
    tcase_add_test(tcase, an_outbox_that_cannot_be_read_is_dropped_and_the_conclude_goes_on);
    tcase_add_test(tcase,
                   one_that_is_said_to_be_executed_is_not_followed_by_another_before_the_chain_shows_it);
    tcase_add_test(tcase, an_rpc_that_forgets_what_it_took_gets_no_other_bytes_while_they_may_be_running);
    tcase_add_loop_test(tcase, one_that_is_called_outdated_is_kept_until_its_nonce_is_used, 0, 3);
    tcase_add_test(tcase, an_invalid_nonce_that_is_our_own_earlier_send_is_success);
    tcase_add_test(tcase, one_that_has_expired_is_signed_anew);
    tcase_add_test(tcase, bytes_that_nobody_will_ever_take_are_dropped);
    return run_suite(suite);
}
