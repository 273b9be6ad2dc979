/* A wall clock that is set forward or back, by an hour or by years, while a node runs: nobody is let in by
 * a view of which nobody can say how old it is, what was put is kept with its receipts in order, and it
 * heals when the clocks agree again. */
#include <stdlib.h>
#include <string.h>

#include "common/receipt.h"
#include "common/seal.h"
#include "node/answer.h"
#include "node/chain_poll.h"
#include "node/store.h"
#include "tests/support/endpoint.h"
#include "tests/support/fake_source.h"
#include "tests/support/samples.h"
#include "tests/support/support.h"

#define MAX_AGE_MS 60000
#define HOUR_MS    3600000ull
#define YEAR_MS    (8766 * HOUR_MS)
#define BACKUP     0x22 /* of the story, and of the endpoint */

static struct endpoint endpoint; /* its front is never started */
static struct fake_source chain;
static struct panel *panel;
static struct chain_poll chain_poll;
static struct answerer answerer;
static struct chain_now now;
static struct ed25519_public_key client;
static struct error err;

static const uint64_t forward[] = {2 * MAX_AGE_MS, HOUR_MS, YEAR_MS, 100 * YEAR_MS, INT64_MAX / 2};
static const uint64_t back[] = {2 * MAX_AGE_MS, HOUR_MS, YEAR_MS, 50 * YEAR_MS,
                                UINT64_MAX}; /* at most to 1970 */

static struct chain_now read_clock(void *context)
{
    return *(struct chain_now *)context;
}

static result_t give_random(void *out, size_t len)
{
    memset(out, 7, len);
    return OUTCOME_OK;
}

/* One second, and one block, later. */
static result_t next_block(void)
{
    now.wall_ms += 1000;
    now.mono_ms += 1000;
    chain.manner.height++;
    return chain_poll_once(&chain_poll);
}

static void setup(void)
{
    const struct story story = {
        .phase = PROTOCOL_RUNNING, .epoch_id = 5, .domains = 2, .listed_key = 1, .backup_key = BACKUP};
    endpoint_prepare(&endpoint);
    client = story_key(BACKUP);
    fake_source_init(&chain, "chain", &story, 100);
    now = (struct chain_now){.wall_ms = FAKE_NOW_MS(100), .mono_ms = 5000};
    struct rpc *rpcs[] = {&chain.rpc};
    ck_assert_ok_err(panel_open(rpcs, 1, false, &panel, &err), err);
    const struct chain_clock clock = {.read = read_clock, .context = &now};
    static struct account_id contract_id;
    ck_assert(account_id_set(&contract_id, STORY_CONTRACT, strlen(STORY_CONTRACT)));
    const struct chain_poll_options polls = {.contract_id = &contract_id,
                                             .panel = panel,
                                             .cell = &endpoint.cell,
                                             .poll_interval_ms = 1000,
                                             .max_view_age_ms = MAX_AGE_MS,
                                             .clock = clock};
    chain_poll_init(&chain_poll, &polls);
    const struct answer_options answers = {.account_id = &endpoint.account,
                                           .cell = &endpoint.cell,
                                           .max_view_age_ms = MAX_AGE_MS,
                                           .clock = clock,
                                           .store = endpoint.store,
                                           .seal_key = &endpoint.seal_key,
                                           .p2p_key = &endpoint.node,
                                           .random = give_random};
    answerer_init(&answerer, &answers);
    ck_assert_ok(chain_poll_once(&chain_poll));
}

static void teardown(void)
{
    answerer_free(&answerer);
    chain_poll_free(&chain_poll);
    panel_close(panel);
    fake_source_free(&chain);
    endpoint_close(&endpoint);
}

static result_t ask(const struct route_request *request, int *status)
{
    struct route_response response;
    result_t result = answerer_answer(&answerer, &client, request, NULL, NULL, &response);
    *status = response.status;
    route_response_free(&response);
    return result;
}

static result_t hello(void)
{
    int status;
    return ask(&(struct route_request){.method = "GET", .target = "/hello"}, &status);
}

/* Shares whose scalars depend on `seed`; the HTTP status. */
static int put(uint8_t seed)
{
    CLEANUP(keyshares_free) struct keyshares shares = {0};
    CLEANUP(secret_free) struct secret json = {0};
    CLEANUP(bytes_free) struct bytes body = {0};
    const uint8_t nonce[SEAL_NONCE_LEN] = {1};
    int status;
    story_keyshares(5, 2, seed, &shares);
    ck_assert_ok(keyshares_write(&shares, &json));
    ck_assert_ok(seal_transport(&endpoint.seal_key, nonce, json.data, json.len, &body));
    const struct route_request request = {
        .method = "PUT", .target = "/set_keyshares", .body = (const char *)body.data, .body_len = body.len};
    ck_assert_ok(ask(&request, &status));
    return status;
}

static void read_receipt(size_t age, struct receipt_signed *out)
{
    CLEANUP(bytes_free) struct bytes text = {0};
    ck_assert_ok_err(store_load_receipt(endpoint.store, age, &text, &err), err);
    ck_assert_ok_err(receipt_read((const char *)text.data, text.len, out, &err), err);
}

START_TEST(a_clock_set_forward_closes_the_door_until_it_is_right_again)
{
    ck_assert_ok(hello());
    now.wall_ms += forward[_i];
    ck_assert_outcome(hello(), OUTCOME_VIEW_STALE);
    for (int blocks = 0; blocks < 3; blocks++) {
        ck_assert_ok(next_block());
        ck_assert_outcome(hello(), OUTCOME_VIEW_STALE);
    }
    now.wall_ms -= forward[_i];
    ck_assert_ok(next_block());
    ck_assert_ok(hello());
}
END_TEST

START_TEST(a_clock_set_back_believes_no_block_from_the_future_and_says_where_to_look)
{
    uint64_t by = back[_i] < now.wall_ms ? back[_i] : now.wall_ms;
    ck_assert_ok(hello());
    now.wall_ms -= by;
    /* What is known is as old as the other clock says. */
    ck_assert_ok(hello());
    ck_assert_outcome(next_block(), OUTCOME_RPC_INCONSISTENT);
    ck_assert_text_has(chain_poll.status.last.text, "ahead of this machine's clock; check the clock");
    ck_assert_ok(hello());
    now.mono_ms += MAX_AGE_MS;
    ck_assert_outcome(hello(), OUTCOME_VIEW_STALE);
    now.wall_ms += by + MAX_AGE_MS;
    chain.manner.height += MAX_AGE_MS / 1000;
    ck_assert_ok(next_block());
    ck_assert_ok(hello());
}
END_TEST

START_TEST(receipts_stay_in_order_whatever_the_clock_says)
{
    CLEANUP(receipt_signed_free) struct receipt_signed first = {0}, second = {0};
    uint64_t by = back[_i] < now.wall_ms ? back[_i] : now.wall_ms;
    ck_assert_int_eq(put(1), 200);
    now.wall_ms -= by;
    ck_assert_int_eq(put(2), 200);
    read_receipt(1, &first);
    read_receipt(0, &second);
    ck_assert_uint_eq(first.receipt.number, 1);
    ck_assert_uint_eq(second.receipt.number, 2);
    ck_assert_uint_eq(second.receipt.durable_at_ms, now.wall_ms);
    ck_assert_uint_eq(first.receipt.durable_at_ms, now.wall_ms + by);
    ck_assert_int_eq(receipt_link(&first, &second), RECEIPT_LINKED);
}
END_TEST

int main(void)
{
    SUITE_WITH_CASE(suite, tcase, "node/clock_jumps");
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_loop_test(tcase, a_clock_set_forward_closes_the_door_until_it_is_right_again, 0,
                        (int)ARRAY_LEN(forward));
    tcase_add_loop_test(tcase, a_clock_set_back_believes_no_block_from_the_future_and_says_where_to_look, 0,
                        (int)ARRAY_LEN(back));
    tcase_add_loop_test(tcase, receipts_stay_in_order_whatever_the_clock_says, 0, (int)ARRAY_LEN(back));
    return run_suite(suite);
}
