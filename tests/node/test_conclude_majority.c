/* A conclude by several RPCs, of which some lie, differ, are away or hang. */
#include <stdio.h>
#include <string.h>

#include "common/os/log.h"
#include "node/metrics.h"
#include "node/outbox.h"
#include "node/store.h"
#include "tests/support/rounds.h"
#include "tests/support/support.h"

/* How many different transactions anybody was sent. */
static size_t different_sent(const struct rounds *bench)
{
    const struct bytes *seen[ROUNDS_SOURCES * FAKE_SENT_MAX];
    size_t count = 0;
    for (size_t i = 0; i < bench->count; i++)
        for (unsigned n = 0; n < bench->sources[i].sent_count; n++) {
            const struct bytes *sent = &bench->sources[i].sent[n];
            size_t known = 0;
            while (known < count &&
                   (seen[known]->len != sent->len || memcmp(seen[known]->data, sent->data, sent->len) != 0))
                known++;
            if (known == count)
                seen[count++] = sent;
        }
    return count;
}

/* --- sending --- */

START_TEST(the_same_bytes_go_to_all_of_them)
{
    struct rounds bench;
    rounds_open_sources(&bench, 3, true);
    bench.sources[1].manner.sent.fate = RPC_TX_PENDING;
    bench.sources[2].manner.sent.fate = RPC_TX_UNCLEAR;
    ck_assert_tried(&bench);
    ck_assert_uint_eq(different_sent(&bench), 1);
    for (size_t i = 0; i < bench.count; i++)
        ck_assert_uint_eq(bench.sources[i].sent_count, 1);
    ck_assert_int_eq(bench.conclude.report.last.code, OUTCOME_TX_UNKNOWN);
    rounds_close(&bench);
}
END_TEST

/* The operator reads why, of each of them, and by its name. */
START_TEST(sending_that_fails_everywhere_says_what_each_of_them_said)
{
    struct rounds bench;
    rounds_open_sources(&bench, 3, false);
    bench.sources[0].manner.send_fails = (struct error){OUTCOME_RPC_HTTP_STATUS, "HTTP status 429"};
    bench.sources[1].manner.send_fails = (struct error){OUTCOME_RPC_ERROR, "HANDLER_ERROR\x1b[2J: no room"};
    bench.sources[2].manner.send_fails =
        (struct error){OUTCOME_RPC_TIMEOUT, "never asked, for the others decide"};
    ck_assert_tried(&bench);
    const struct error *last = &bench.conclude.report.last;
    ck_assert_int_eq(last->code, OUTCOME_TX_UNKNOWN);
    ck_assert_text_has(last->text, bench.conclude.report.transaction);
    ck_assert_text_has(last->text, "https://a/: HTTP status 429");
    ck_assert_text_has(last->text, "https://b/: HANDLER_ERROR?[2J: no room");
    ck_assert_text_has(last->text, "https://c/: no answer yet");
    ck_assert(!rounds_outbox_is_empty(&bench));
    rounds_close(&bench);
}
END_TEST

START_TEST(where_they_disagree_on_what_became_of_it_each_ones_words_are_told)
{
    struct rounds bench;
    rounds_open_sources(&bench, 3, false);
    bench.sources[0].manner.sent = (struct rpc_tx){.fate = RPC_TX_PENDING};
    bench.sources[1].manner.sent =
        (struct rpc_tx){.fate = RPC_TX_UNCLEAR, .name = "ShardCongested", .text = "{\"shard_id\":3}"};
    bench.sources[2].manner.send_fails = (struct error){OUTCOME_RPC_UNREACHABLE, "connection refused"};
    ck_assert_tried(&bench);
    const struct error *last = &bench.conclude.report.last;
    ck_assert_int_eq(last->code, OUTCOME_TX_UNKNOWN);
    ck_assert_text_has(last->text, "https://a/: pending");
    ck_assert_text_has(last->text, "https://b/: unclear: ShardCongested: {\"shard_id\":3}");
    ck_assert_text_has(last->text, "https://c/: connection refused");
    rounds_close(&bench);
}
END_TEST

START_TEST(of_a_majority_one_is_quoted_by_name)
{
    struct rounds bench;
    rounds_open_sources(&bench, 3, false);
    for (size_t i = 0; i < ROUNDS_SOURCES; i++)
        bench.sources[i].manner.sent =
            (struct rpc_tx){.fate = RPC_TX_UNCLEAR, .name = "TIMEOUT_ERROR", .text = "not in time"};
    ck_assert_tried(&bench);
    ck_assert_text_has(bench.conclude.report.last.text, "(unclear: TIMEOUT_ERROR: https://a/: not in time)");
    rounds_close(&bench);
}
END_TEST

/* The words that decide may come late in a text. */
START_TEST(a_long_refusal_is_understood_whoever_is_quoted)
{
    struct rounds bench;
    struct rpc_tx refused = {.fate = RPC_TX_FAILED, .name = "ExecutionError"};
    snprintf(refused.text, sizeof refused.text, "%0*d Exceeded the prepaid gas.", RPC_TX_TEXT_MAX * 3 / 4, 0);
    rounds_open_sources(&bench, 3, false);
    for (size_t i = 0; i < ROUNDS_SOURCES; i++)
        bench.sources[i].manner.sent = refused;
    ck_assert_blocked(&bench);
    ck_assert_text_has(bench.conclude.report.last.text, "ExceededPrepaidGas");
    rounds_close(&bench);
}
END_TEST

START_TEST(what_is_signed_is_anchored_in_the_block_of_the_views)
{
    struct rounds bench;
    CLEANUP(bytes_free) struct bytes stored = {0};
    CLEANUP(outbox_record_free) struct outbox_record record = {0};
    CLEANUP(near_tx_free) struct near_tx tx = {0};
    struct near_signature signature;
    struct error err;
    size_t len;
    rounds_open_sources(&bench, 3, false);
    ck_assert_tried(&bench);
    ck_assert_ok_err(store_outbox_get(bench.store, &stored, &err), err);
    ck_assert_ok_err(outbox_record_read(stored.data, stored.len, &record, &err), err);
    ck_assert_uint_eq(record.tx.block_height, ROUNDS_HEIGHT);
    ck_assert_uint_eq(record.tx.nonce, ROUNDS_NONCE + 1);
    ck_assert_ok_err(
        near_signed_tx_decode(record.tx.bytes.data, record.tx.bytes.len, &tx, &signature, &len, &err), err);
    ck_assert_mem_eq(tx.block_hash, bench.snapshot->block_hash, SHA256_LEN);
    rounds_close(&bench);
}
END_TEST

/* --- one of three lies about a transaction in flight --- */

#define SAYS(fate_, name_)                                                                                   \
    {                                                                                                        \
        .fate = RPC_TX_##fate_, .name = name_                                                                \
    }

static const struct rpc_tx answers[] = {
    SAYS(EXECUTED, ""),
    SAYS(FAILED, "ExecutionError"),
    SAYS(PENDING, ""),
    SAYS(NOT_SEEN, ""),
    SAYS(UNCLEAR, "TIMEOUT_ERROR"),
    SAYS(REJECTED, "InvalidNonce"),
    SAYS(REJECTED, "Expired"),
    SAYS(REJECTED, "NotEnoughBalance"),
    SAYS(REJECTED, "InvalidSignature"),
    SAYS(REJECTED, "AccessKeyNotFound"),
};

static unsigned honest_sends(const struct rounds *bench, size_t liar)
{
    return bench->sources[(liar + 1) % ROUNDS_SOURCES].sent_count +
           bench->sources[(liar + 2) % ROUNDS_SOURCES].sent_count;
}

/* Whatever one of them says, to whatever it is asked, and at whatever restart: there is one transaction, sent
 * until the majority calls it executed, and then no more. */
START_TEST(no_answer_of_one_of_three_leads_to_other_bytes_or_ends_the_sending)
{
    struct rpc_tx sent = answers[(size_t)_i / ARRAY_LEN(answers)];
    struct rpc_tx status = answers[(size_t)_i % ARRAY_LEN(answers)];
    for (size_t liar = 0; liar < ROUNDS_SOURCES; liar++) {
        struct rounds bench;
        rounds_open_sources(&bench, 3, false);
        for (size_t i = 0; i < ROUNDS_SOURCES; i++)
            bench.sources[i].manner.sent = (struct rpc_tx)SAYS(UNCLEAR, "TIMEOUT_ERROR");
        bench.sources[liar].manner.sent = sent;
        bench.sources[liar].manner.status = status;
        for (unsigned round = 0; round < 4; round++) {
            ck_assert_tried(&bench);
            ck_assert_int_eq(bench.conclude.report.last.code, OUTCOME_TX_UNKNOWN);
            ck_assert(!rounds_outbox_is_empty(&bench));
            if (round == 1)
                rounds_restart(&bench);
        }
        unsigned sends = honest_sends(&bench, liar);
        ck_assert_uint_ge(sends, 4);
        ck_assert_uint_eq(different_sent(&bench), 1);
        for (size_t i = 0; i < ROUNDS_SOURCES; i++)
            if (i != liar)
                bench.sources[i].manner.status = answers[0];
        for (unsigned round = 0; round < 4; round++)
            ck_assert_tried(&bench);
        ck_assert_int_eq(bench.conclude.report.last.code, OUTCOME_OK);
        ck_assert_uint_eq(honest_sends(&bench, liar), sends);
        ck_assert_int_eq(metric_value(METRIC_TX_CONCLUDE_SUCCEEDED), 1);
        rounds_close(&bench);
    }
}
END_TEST

START_TEST(a_nonce_that_one_of_three_calls_used_is_not)
{
    struct rounds bench;
    rounds_open_sources(&bench, 3, false);
    for (size_t i = 0; i < ROUNDS_SOURCES; i++)
        bench.sources[i].manner.sent = (struct rpc_tx)SAYS(UNCLEAR, "");
    ck_assert_tried(&bench);
    bench.sources[0].manner.key.nonce = ROUNDS_NONCE + 10;
    for (unsigned round = 0; round < 4; round++)
        ck_assert_tried(&bench);
    ck_assert_uint_eq(different_sent(&bench), 1);
    /* Two say so: another transaction of this key took its place, and the views still want a conclude. */
    bench.sources[1].manner.key.nonce = ROUNDS_NONCE + 10;
    ck_assert_tried(&bench);
    ck_assert_uint_eq(different_sent(&bench), 1);
    ck_assert_tried(&bench);
    ck_assert_uint_eq(different_sent(&bench), 2);
    rounds_close(&bench);
}
END_TEST

/* --- what has to be known before --- */

struct obstacle {
    const char *what;
    void (*spoil)(struct fake_manner *manner);
    result_t outcome; /* when all of them say so */
};

static void lack_attestation(struct fake_manner *manner)
{
    manner->attestation = "null";
}

static void lack_key(struct fake_manner *manner)
{
    manner->key_fails = OUTCOME_RPC_NO_ACCESS_KEY;
}

static void lack_method(struct fake_manner *manner)
{
    static char receiver[] = STORY_CONTRACT;
    static char method[] = "respond";
    static char *methods[] = {method};
    manner->key = (struct near_access_key){
        .nonce = ROUNDS_NONCE, .receiver_id = receiver, .method_names = methods, .method_count = 1};
}

static const struct obstacle obstacles[] = {
    {"no attestation", lack_attestation, OUTCOME_ATTESTATION_MISSING},
    {"no access key", lack_key, OUTCOME_RPC_NO_ACCESS_KEY},
    {"a key that may not", lack_method, OUTCOME_TX_REJECTED},
};

START_TEST(an_obstacle_that_one_of_three_invents_is_none)
{
    const struct obstacle *obstacle = &obstacles[(size_t)_i / ROUNDS_SOURCES];
    struct rounds bench;
    rounds_open_sources(&bench, 3, false);
    obstacle->spoil(&bench.sources[(size_t)_i % ROUNDS_SOURCES].manner);
    ck_assert_tried(&bench);
    ck_assert_msg(different_sent(&bench) == 1, "%s", obstacle->what);
    rounds_close(&bench);
}
END_TEST

START_TEST(an_obstacle_that_one_of_three_denies_is_one)
{
    const struct obstacle *obstacle = &obstacles[(size_t)_i / ROUNDS_SOURCES];
    struct rounds bench;
    rounds_open_sources(&bench, 3, false);
    for (size_t i = 0; i < ROUNDS_SOURCES; i++)
        if (i != (size_t)_i % ROUNDS_SOURCES)
            obstacle->spoil(&bench.sources[i].manner);
    ck_assert_blocked(&bench);
    ck_assert_int_eq(bench.conclude.report.last.code, obstacle->outcome);
    ck_assert_uint_eq(different_sent(&bench), 0);
    rounds_close(&bench);
}
END_TEST

START_TEST(two_that_differ_are_no_reason_to_sign_and_no_reason_not_to_try_again)
{
    const struct obstacle *obstacle = &obstacles[_i];
    struct rounds bench;
    rounds_open_sources(&bench, 2, false);
    struct fake_manner honest = bench.sources[1].manner;
    obstacle->spoil(&bench.sources[1].manner);
    ck_assert_tried(&bench);
    ck_assert_int_eq(bench.conclude.report.last.code, OUTCOME_RPC_NO_MAJORITY);
    ck_assert_text_has(bench.conclude.report.last.text,
                       "2 of 2 NEAR RPCs have to agree; https://a/: answers ");
    ck_assert(rounds_outbox_is_empty(&bench));
    bench.sources[1].manner = honest;
    ck_assert_tried(&bench);
    ck_assert_uint_eq(different_sent(&bench), 1);
    rounds_close(&bench);
}
END_TEST

/* --- one that is away or hangs --- */

START_TEST(one_of_three_that_is_away_or_hangs_is_not_needed)
{
    struct rounds bench;
    rounds_open_sources(&bench, 3, true);
    if (_i == 0)
        bench.sources[0].manner.fails = OUTCOME_RPC_UNREACHABLE;
    else
        bench.sources[0].manner.hangs = true;
    ck_assert_tried(&bench);
    ck_assert_int_eq(bench.conclude.report.last.code, OUTCOME_OK);
    ck_assert_int_eq(metric_value(METRIC_TX_CONCLUDE_SUCCEEDED), 1);
    rounds_close(&bench);
}
END_TEST

START_TEST(when_the_panel_is_aborted_the_round_ends_and_nothing_is_dropped)
{
    struct rounds bench;
    rounds_open_sources(&bench, 3, true);
    for (size_t i = 0; i < ROUNDS_SOURCES; i++)
        bench.sources[i].manner.sent = (struct rpc_tx)SAYS(UNCLEAR, "");
    ck_assert_tried(&bench);
    panel_abort(bench.panel);
    ck_assert_tried(&bench);
    ck_assert_int_eq(bench.conclude.report.last.code, OUTCOME_SHUTTING_DOWN);
    ck_assert(!rounds_outbox_is_empty(&bench));
    rounds_close(&bench);
}
END_TEST

int main(void)
{
    SUITE_WITH_CASE(suite, tcase, "conclude_majority");
    log_init(LOG_FORMAT_PLAIN, LOG_LEVEL_ERROR);
    int pairs = (int)(ARRAY_LEN(answers) * ARRAY_LEN(answers));
    int kinds = (int)ARRAY_LEN(obstacles);
    tcase_add_test(tcase, the_same_bytes_go_to_all_of_them);
    tcase_add_test(tcase, sending_that_fails_everywhere_says_what_each_of_them_said);
    tcase_add_test(tcase, where_they_disagree_on_what_became_of_it_each_ones_words_are_told);
    tcase_add_test(tcase, of_a_majority_one_is_quoted_by_name);
    tcase_add_test(tcase, a_long_refusal_is_understood_whoever_is_quoted);
    tcase_add_test(tcase, what_is_signed_is_anchored_in_the_block_of_the_views);
    tcase_add_loop_test(tcase, no_answer_of_one_of_three_leads_to_other_bytes_or_ends_the_sending, 0, pairs);
    tcase_add_test(tcase, a_nonce_that_one_of_three_calls_used_is_not);
    tcase_add_loop_test(tcase, an_obstacle_that_one_of_three_invents_is_none, 0, ROUNDS_SOURCES * kinds);
    tcase_add_loop_test(tcase, an_obstacle_that_one_of_three_denies_is_one, 0, ROUNDS_SOURCES * kinds);
    tcase_add_loop_test(tcase, two_that_differ_are_no_reason_to_sign_and_no_reason_not_to_try_again, 0,
                        kinds);
    tcase_add_loop_test(tcase, one_of_three_that_is_away_or_hangs_is_not_needed, 0, 2);
    tcase_add_test(tcase, when_the_panel_is_aborted_the_round_ends_and_nothing_is_dropped);
    return run_suite(suite);
}
