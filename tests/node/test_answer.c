/* Who is answered, by a clock that only the test moves. */
#include "node/answer.h"

#include <string.h>

#include "common/seal.h"
#include "node/store.h"
#include "tests/support/endpoint.h"
#include "tests/support/memory_records.h"
#include "tests/support/samples.h"
#include "tests/support/support.h"

#define MAX_AGE_MS 60000

static struct endpoint endpoint; /* its front is never started */
static struct chain_now now;
static struct answerer answerer;
static struct route_response response;
static unsigned staged;
static const struct ed25519_public_key *key_after_staging; /* published when shares are staged; NULL: none */
static bool no_randomness;

static struct chain_now read_clock(void *context)
{
    return *(struct chain_now *)context;
}

static result_t give_random(void *out, size_t len)
{
    memset(out, 7, len);
    return no_randomness ? OUTCOME_CRYPTO_FAILED : OUTCOME_OK;
}

static void publish(const struct ed25519_public_key *key)
{
    snapshot_cell_publish(&endpoint.cell, endpoint_snapshot(PROTOCOL_RUNNING, &endpoint.keyset, key, now));
}

static void on_staged(void *context)
{
    ck_assert_ptr_eq(context, &staged);
    staged++;
    if (key_after_staging)
        publish(key_after_staging);
}

static void setup(void)
{
    endpoint_prepare(&endpoint);
    now = (struct chain_now){.wall_ms = 1700000000000, .mono_ms = 5000};
    const struct answer_options options = {
        .account_id = &endpoint.account,
        .cell = &endpoint.cell,
        .max_view_age_ms = MAX_AGE_MS,
        .clock = {.read = read_clock, .context = &now},
        .store = endpoint.store,
        .seal_key = &endpoint.seal_key,
        .p2p_key = &endpoint.node,
        .random = give_random,
        .staged = on_staged,
        .staged_context = &staged,
    };
    answerer_init(&answerer, &options);
}

static void teardown(void)
{
    route_response_free(&response);
    answerer_free(&answerer);
    endpoint_close(&endpoint);
}

static result_t ask(const char *method, const char *target, const struct bytes *body)
{
    const struct route_request request = {
        .method = method, .target = target, .body = (const char *)body->data, .body_len = body->len};
    route_response_free(&response);
    return answerer_answer(&answerer, &endpoint.backup.public_key, &request, NULL, NULL, &response);
}

static result_t hello(void)
{
    return ask("GET", "/hello", &(struct bytes){0});
}

static result_t put(void)
{
    CLEANUP(keyshares_free) struct keyshares shares = {0};
    CLEANUP(secret_free) struct secret json = {0};
    CLEANUP(bytes_free) struct bytes body = {0};
    const uint8_t nonce[SEAL_NONCE_LEN] = {1};
    sample_keyshares(&endpoint.keyset, 1, &shares);
    ck_assert_ok(keyshares_write(&shares, &json));
    ck_assert_ok(seal_transport(&endpoint.seal_key, nonce, json.data, json.len, &body));
    return ask("PUT", "/set_keyshares", &body);
}

START_TEST(without_a_view_nothing_is_answered_and_no_route_is_asked)
{
    ck_assert_outcome(hello(), OUTCOME_VIEW_UNKNOWN);
    ck_assert_int_eq(response.status, 0);
}
END_TEST

START_TEST(the_registered_key_is_answered)
{
    publish(&endpoint.backup.public_key);
    ck_assert_outcome(hello(), OUTCOME_OK);
    ck_assert_int_eq(response.status, 200);
}
END_TEST

START_TEST(a_key_that_is_replaced_is_not_answered_any_more)
{
    publish(&endpoint.backup.public_key);
    ck_assert_outcome(hello(), OUTCOME_OK);
    publish(&endpoint.node.public_key);
    ck_assert_outcome(hello(), OUTCOME_BACKUP_KEY_CHANGED);
    ck_assert_int_eq(response.status, 0);
    publish(NULL);
    ck_assert_outcome(hello(), OUTCOME_BACKUP_KEY_CHANGED);
}
END_TEST

START_TEST(a_key_that_is_replaced_while_the_route_runs_gets_no_answer_but_the_shares_stay)
{
    publish(&endpoint.backup.public_key);
    key_after_staging = &endpoint.node.public_key;
    ck_assert_outcome(put(), OUTCOME_BACKUP_KEY_CHANGED);
    ck_assert_int_eq(response.status, 200); /* what the log is to say the route did */
    ck_assert_uint_eq(staged, 1);
    CLEANUP(keyshares_free) struct keyshares kept = {0};
    ck_assert_ok(store_load_kept(endpoint.store, STORE_STAGED, 0, &kept, NULL));
}
END_TEST

START_TEST(a_view_that_grows_old_ends_the_session_until_a_new_one_comes)
{
    publish(&endpoint.backup.public_key);
    now.wall_ms += MAX_AGE_MS - 1;
    now.mono_ms += MAX_AGE_MS - 1;
    ck_assert_outcome(hello(), OUTCOME_OK);
    ck_assert_uint_eq(answerer_fresh_ms(&answerer), 1);
    now.wall_ms++;
    ck_assert_outcome(hello(), OUTCOME_VIEW_STALE);
    ck_assert_int_eq(response.status, 0);
    publish(&endpoint.backup.public_key);
    ck_assert_outcome(hello(), OUTCOME_OK);
}
END_TEST

static bool keep_nothing(size_t bytes, void *context)
{
    *(size_t *)context = bytes;
    return false;
}

START_TEST(an_answer_there_is_no_room_for_is_busy)
{
    CLEANUP(bytes_free) struct bytes body = {0};
    size_t asked_for = 0;
    publish(&endpoint.backup.public_key);
    ck_assert_outcome(put(), OUTCOME_OK);
    ck_assert_outcome(store_import(endpoint.store, &endpoint.keyset, 100, NULL), OUTCOME_KEYSHARES_STORED);
    ck_assert_ok(keyset_write(&endpoint.keyset, &body));
    const struct route_request request = {
        .method = "GET", .target = "/get_keyshares", .body = (const char *)body.data, .body_len = body.len};
    route_response_free(&response);
    ck_assert_outcome(answerer_answer(&answerer, &endpoint.backup.public_key, &request, keep_nothing,
                                      &asked_for, &response),
                      OUTCOME_OK);
    ck_assert_int_eq(response.status, 503);
    ck_assert_uint_eq(response.keyshares, 0);
    ck_assert_uint_gt(asked_for, 100);
}
END_TEST

START_TEST(without_random_bytes_for_its_nonce_no_route_is_asked)
{
    publish(&endpoint.backup.public_key);
    no_randomness = true;
    ck_assert_outcome(put(), OUTCOME_OK);
    ck_assert_int_eq(response.status, 500);
    ck_assert_uint_eq(staged, 0);
}
END_TEST

int main(void)
{
    SUITE_WITH_CASE(suite, tcase, "node/answer");
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, without_a_view_nothing_is_answered_and_no_route_is_asked);
    tcase_add_test(tcase, the_registered_key_is_answered);
    tcase_add_test(tcase, a_key_that_is_replaced_is_not_answered_any_more);
    tcase_add_test(tcase, a_key_that_is_replaced_while_the_route_runs_gets_no_answer_but_the_shares_stay);
    tcase_add_test(tcase, a_view_that_grows_old_ends_the_session_until_a_new_one_comes);
    tcase_add_test(tcase, an_answer_there_is_no_room_for_is_busy);
    tcase_add_test(tcase, without_random_bytes_for_its_nonce_no_route_is_asked);
    return run_suite(suite);
}
