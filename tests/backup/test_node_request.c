#include "tests/support/samples.h"
#include "tests/support/support.h"
#include "tests/support/tls_server.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "backup/node_request.h"
#include "common/mpc_cert.h"
#include "common/os/clock.h"

#define ANSWER "HTTP/1.1 200 OK\r\ncontent-length: 21\r\ndate: x\r\n\r\nKeyshares received.\r\n"

static struct ed25519_keypair own, node, stranger;
static struct tls_server *server;
static struct http_response response;
static struct error err;

static void make_keypair(uint8_t first, struct ed25519_keypair *out)
{
    uint8_t seed[ED25519_KEY_LEN];
    for (size_t i = 0; i < sizeof seed; i++)
        seed[i] = (uint8_t)(first + i);
    ck_assert_ok(ed25519_keypair_from_seed(seed, out));
}

static void make_keys(void)
{
    make_keypair(100, &own);
    make_keypair(0, &node); /* the one whose certificates are in the reference data */
    make_keypair(50, &stranger);
    response = (struct http_response){0};
    err = (struct error){0};
}

static void release(void)
{
    tls_server_free(&server);
    http_response_free(&response);
    ed25519_keypair_free(&own);
    ed25519_keypair_free(&node);
    ed25519_keypair_free(&stranger);
}

/* A PUT to a server that behaves as the script says. */
static result_t put_to(struct server_script script, int64_t timeout_ms)
{
    CLEANUP(bytes_free) struct bytes request = {0};
    struct bytes body = {.data = (uint8_t *)strdup("c2VhbGVk"), .len = 8};
    if (!script.key)
        script.key = &node;
    if (!script.answer) {
        script.answer = ANSWER;
        script.answer_len = strlen(ANSWER);
    }
    server = tls_server_start(&script);
    const struct node_peer peer = {
        .address = tls_server_address(server), .key = node.public_key, .own = &own, .timeout_ms = timeout_ms};
    ck_assert_ok(node_request_set_keyshares(&body, &request));
    bytes_free(&body);
    return node_request(&peer, &request, &response, &err);
}

START_TEST(the_requests_are_those_of_backup_cli_but_for_the_wish_for_a_receipt)
{
    CLEANUP(bytes_free) struct bytes get = {0};
    CLEANUP(bytes_free) struct bytes put = {0};
    const struct keyset keyset = {.epoch_id = 7};
    uint8_t text[] = "abcd";
    const struct bytes sealed = {.data = text, .len = 4};
    ck_assert_ok(node_request_get_keyshares(&keyset, &get));
    ck_assert_str_eq((const char *)get.data,
                     "GET http://example/get_keyshares HTTP/1.1\r\ncontent-length: 27\r\n\r\n"
                     "{\"epoch_id\":7,\"domains\":[]}");
    ck_assert_ok(node_request_set_keyshares(&sealed, &put));
    ck_assert_str_eq((const char *)put.data, "PUT http://example/set_keyshares HTTP/1.1\r\n"
                                             "content-type: application/json\r\naccept: application/json\r\n"
                                             "content-length: 4\r\n\r\nabcd");
}
END_TEST

START_TEST(a_node_gets_our_certificate_and_request_and_answers)
{
    const struct bytes *request, *certificate;
    uint8_t expected[MPC_CERT_LEN_MAX];
    size_t expected_len;
    ck_assert_ok_err(put_to((struct server_script){0}, 10000), err);
    ck_assert_int_eq(response.status, 200);
    ck_assert_str_eq((const char *)response.body.data, "Keyshares received.\r\n");
    tls_server_finish(server, &request, &certificate);
    ck_assert_str_eq((const char *)request->data,
                     "PUT http://example/set_keyshares HTTP/1.1\r\n"
                     "content-type: application/json\r\naccept: application/json\r\n"
                     "content-length: 8\r\n\r\nc2VhbGVk");
    ck_assert_ok(mpc_cert_make_peer(&own.public_key, expected, &expected_len));
    ck_assert_uint_eq(certificate->len, expected_len);
    ck_assert_mem_eq(certificate->data, expected, expected_len);
}
END_TEST

START_TEST(a_large_answer_comes_through_whole)
{
    CLEANUP(bytes_free) struct bytes answer = {0};
    const size_t len = 3000000;
    ck_assert_ok(bytes_append_format(&answer, "HTTP/1.1 200 OK\r\ncontent-length: %zu\r\n\r\n", len));
    for (size_t i = 0; i < len; i++)
        ck_assert_ok(bytes_append_u8(&answer, (uint8_t)('a' + i % 26)));
    ck_assert_ok_err(put_to((struct server_script){.answer = answer.data, .answer_len = answer.len}, 10000),
                     err);
    ck_assert_uint_eq(response.body.len, len);
    ck_assert_uint_eq(response.body.data[len - 1], 'a' + (len - 1) % 26);
}
END_TEST

START_TEST(another_key_than_the_pinned_one_is_refused_inside_the_handshake)
{
    const struct bytes *request;
    ck_assert_outcome(put_to((struct server_script){.key = &stranger}, 10000), OUTCOME_SERVER_KEY_MISMATCH);
    ck_assert_text_has(err.text, "the server's P2P key is ed25519:");
    tls_server_finish(server, &request, NULL);
    ck_assert_uint_eq(request->len, 0);
}
END_TEST

START_TEST(the_pinned_certificate_without_its_private_key_is_refused)
{
    uint8_t certificate[MPC_CERT_LEN_MAX];
    size_t len;
    const struct bytes *request;
    ck_assert_ok(mpc_cert_make_peer(&node.public_key, certificate, &len));
    ck_assert_outcome(
        put_to((struct server_script){.key = &stranger, .certificate = certificate, .certificate_len = len},
               10000),
        OUTCOME_HANDSHAKE_FAILED);
    tls_server_finish(server, &request, NULL);
    ck_assert_uint_eq(request->len, 0);
}
END_TEST

START_TEST(two_certificates_are_refused)
{
    ck_assert_outcome(put_to((struct server_script){.send_twice = true}, 10000),
                      OUTCOME_SERVER_CERT_UNTRUSTED);
    ck_assert_str_eq(err.text, "the server sent 2 certificates; exactly one is expected");
}
END_TEST

/* The table of wire.md 1.3; all hold the pinned key. */
static const struct {
    const char *file;
    result_t outcome;
} variants[] = {
    {"tls/peer_seed_00_1f.der", OUTCOME_OK},
    {"tls/v_ca_false.der", OUTCOME_OK},
    {"tls/v_ca_false_explicit.der", OUTCOME_OK},
    {"tls/v_eku_both.der", OUTCOME_OK},
    {"tls/v_ku.der", OUTCOME_OK},
    {"tls/v_ski_aki.der", OUTCOME_OK},
    {"tls/v_other_subject.der", OUTCOME_OK},
    {"tls/v_empty_subject.der", OUTCOME_OK},
    {"tls/v_ca_true.der", OUTCOME_SERVER_CERT_UNTRUSTED},
    {"tls/v_eku_client.der", OUTCOME_SERVER_CERT_UNTRUSTED},
    {"tls/v_nosan.der", OUTCOME_SERVER_CERT_UNTRUSTED},
    {"tls/v_rootsan.der", OUTCOME_SERVER_CERT_UNTRUSTED},
    {"tls/v_printable_issuer.der", OUTCOME_SERVER_CERT_UNTRUSTED},
    {"tls/v_wrong_signer.der", OUTCOME_SERVER_CERT_UNTRUSTED},
};

START_TEST(servers_are_verified_as_by_the_rust_client)
{
    CLEANUP(bytes_free) struct bytes der = {0};
    if (!reference_data(variants[_i].file, &der))
        return;
    struct server_script script = {.certificate = der.data, .certificate_len = der.len};
    result_t got = put_to(script, 10000);
    ck_assert_msg(got == variants[_i].outcome, "%s: %s: %s", variants[_i].file, outcome_of(got)->name,
                  err.text);
}
END_TEST

START_TEST(tls_1_2_is_refused)
{
    ck_assert_outcome(put_to((struct server_script){.tls_1_2 = true}, 10000), OUTCOME_HANDSHAKE_FAILED);
}
END_TEST

START_TEST(a_refusal_by_alert_names_the_key_to_register)
{
    char text[ED25519_KEY_TEXT_MAX];
    ed25519_public_key_format(&own.public_key, text);
    ck_assert_outcome(put_to((struct server_script){.behaviour = SERVER_REFUSES_CLIENT}, 10000),
                      OUTCOME_HANDSHAKE_FAILED);
    ck_assert_msg(strstr(err.text, text) && strstr(err.text, "TLS alert"), "%s", err.text);
}
END_TEST

START_TEST(a_server_that_closes_gives_no_answer)
{
    ck_assert_outcome(put_to((struct server_script){.behaviour = SERVER_CLOSES_AT_ONCE}, 10000),
                      OUTCOME_HANDSHAKE_FAILED);
    tls_server_free(&server);
    ck_assert_outcome(put_to((struct server_script){.behaviour = SERVER_CLOSES_AFTER_REQUEST}, 10000),
                      OUTCOME_SERVER_DISCONNECTED);
    ck_assert_text_has(err.text, "registered");
    tls_server_free(&server);
    ck_assert_outcome(
        put_to((struct server_script){.answer = ANSWER, .answer_len = strlen(ANSWER) - 3}, 10000),
        OUTCOME_SERVER_DISCONNECTED);
}
END_TEST

START_TEST(a_server_that_hangs_is_left_when_the_time_is_over)
{
    static const enum server_behaviour hanging[] = {SERVER_HANGS_AT_ONCE, SERVER_HANGS_AFTER_REQUEST};
    int64_t start_ms = clock_mono_ms();
    ck_assert_outcome(put_to((struct server_script){.behaviour = hanging[_i]}, 300), OUTCOME_SERVER_TIMEOUT);
    ck_assert_int_ge(clock_mono_ms() - start_ms, 300);
    ck_assert_int_lt(clock_mono_ms() - start_ms, 8000);
}
END_TEST

START_TEST(a_refusal_is_reported_with_the_nodes_own_words_and_code)
{
    static const char refusal[] =
        "HTTP/1.1 422 X\r\ncontent-length: 30\r\n\r\nkeyshares_mismatch: domain\n\x01"
        "7.";
    CLEANUP(report_free) struct report report = {0};
    result_t got = put_to((struct server_script){.answer = refusal, .answer_len = sizeof refusal - 1}, 10000);
    ck_assert_outcome(got, OUTCOME_SERVER_REFUSED);
    ck_assert_str_eq(err.text, "the server answered 422: keyshares_mismatch: domain??7.");
    ck_assert_outcome(node_request_report(&report, &response, got), OUTCOME_SERVER_REFUSED);
    ck_assert_str_eq((const char *)report.members.data,
                     ",\"http_status\":422,\"server_outcome\":\"keyshares_mismatch\"");
}
END_TEST

START_TEST(words_that_are_no_code_are_not_reported_as_one)
{
    static const char refusal[] = "HTTP/1.1 400 X\r\ncontent-length: 17\r\n\r\nInvalid keyset: x";
    CLEANUP(report_free) struct report report = {0};
    CLEANUP(report_free) struct report none = {0};
    struct http_response nothing = {0};
    result_t got = put_to((struct server_script){.answer = refusal, .answer_len = sizeof refusal - 1}, 10000);
    ck_assert_outcome(node_request_report(&report, &response, got), OUTCOME_SERVER_REFUSED);
    ck_assert_str_eq((const char *)report.members.data, ",\"http_status\":400");
    ck_assert_outcome(node_request_report(&none, &nothing, OUTCOME_SERVER_TIMEOUT), OUTCOME_SERVER_TIMEOUT);
    ck_assert_uint_eq(none.members.len, 0);
}
END_TEST

START_TEST(nobody_there_is_unreachable)
{
    static const char *const addresses[] = {"127.0.0.1:1", "localhost:1", "no-such-host.invalid:8079"};
    CLEANUP(bytes_free) struct bytes request = {0};
    const struct node_peer peer = {
        .address = addresses[_i], .key = node.public_key, .own = &own, .timeout_ms = 20000};
    ck_assert_ok(bytes_append_text(&request, "x"));
    ck_assert_outcome(node_request(&peer, &request, &response, &err), OUTCOME_SERVER_UNREACHABLE);
}
END_TEST

START_TEST(what_is_no_address_is_refused)
{
    static const char *const addresses[] = {"127.0.0.1", "127.0.0.1:0", ":8079", "http://127.0.0.1:8079",
                                            "a:70000"};
    CLEANUP(bytes_free) struct bytes request = {0};
    const struct node_peer peer = {
        .address = addresses[_i], .key = node.public_key, .own = &own, .timeout_ms = 20000};
    ck_assert_ok(bytes_append_text(&request, "x"));
    ck_assert_outcome(node_request(&peer, &request, &response, &err), OUTCOME_CONFIG_INVALID);
}
END_TEST

int main(void)
{
    SUITE_WITH_CASE(suite, tcase, "node request");
    tcase_add_checked_fixture(tcase, make_keys, release);
    tcase_add_test(tcase, the_requests_are_those_of_backup_cli_but_for_the_wish_for_a_receipt);
    tcase_add_test(tcase, a_node_gets_our_certificate_and_request_and_answers);
    tcase_add_test(tcase, a_large_answer_comes_through_whole);
    tcase_add_test(tcase, another_key_than_the_pinned_one_is_refused_inside_the_handshake);
    tcase_add_test(tcase, the_pinned_certificate_without_its_private_key_is_refused);
    tcase_add_test(tcase, two_certificates_are_refused);
    tcase_add_loop_test(tcase, servers_are_verified_as_by_the_rust_client, 0, ARRAY_LEN(variants));
    tcase_add_test(tcase, tls_1_2_is_refused);
    tcase_add_test(tcase, a_refusal_by_alert_names_the_key_to_register);
    tcase_add_test(tcase, a_server_that_closes_gives_no_answer);
    tcase_add_loop_test(tcase, a_server_that_hangs_is_left_when_the_time_is_over, 0, 2);
    tcase_add_test(tcase, a_refusal_is_reported_with_the_nodes_own_words_and_code);
    tcase_add_test(tcase, words_that_are_no_code_are_not_reported_as_one);
    tcase_add_loop_test(tcase, nobody_there_is_unreachable, 0, 3);
    tcase_add_loop_test(tcase, what_is_no_address_is_refused, 0, 5);
    return run_suite(suite);
}
