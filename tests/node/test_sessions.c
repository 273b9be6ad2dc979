/* HTTP over authenticated connections: framing, limits, deadlines (tls-http.md 3, node/limits.h). */
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/keyset.h"
#include "common/keyshare.h"
#include "common/os/clock.h"
#include "common/os/log.h"
#include "common/seal.h"
#include "tests/support/endpoint.h"
#include "tests/support/samples.h"
#include "tests/support/support.h"
#include "tests/support/tls_client.h"

static struct endpoint endpoint;
static struct tls_client client;
static struct bytes head;
static struct bytes body;
static int status;

static void setup(void)
{
    endpoint_prepare(&endpoint);
    endpoint_publish(&endpoint, &endpoint.backup.public_key);
}

static void teardown(void)
{
    client_close(&client);
    endpoint_close(&endpoint);
    bytes_free(&head);
    bytes_free(&body);
}

static void open_session(void)
{
    if (!endpoint.front)
        endpoint_start(&endpoint);
    ck_assert(client_open_as(&client, &endpoint.address, &endpoint.backup));
}

static void reopen_session(void)
{
    client_close(&client);
    open_session();
}

static void assert_status(int expected)
{
    ck_assert(client_receive(&client, &head, &body, &status));
    ck_assert_msg(status == expected, "%d: %s", status, (const char *)body.data);
}

static const char hello[] = "GET http://example/hello HTTP/1.1\r\n\r\n";

static void assert_hello(void)
{
    ck_assert(client_send_text(&client, hello));
    assert_status(200);
    ck_assert_str_eq((const char *)body.data, "Hello, world!");
}

/* Sent as it is, the request gets this refusal and then the end of the connection. */
static void assert_refused(const char *request, int expected, result_t outcome)
{
    uint64_t before = metric_outcome_count(METRIC_EVENT_REQUEST, outcome);
    client_send_text(&client, request);
    ck_assert_msg(client_receive(&client, &head, &body, &status), "no answer to: %s", request);
    ck_assert_msg(status == expected, "%d for: %s", status, request);
    ck_assert_ptr_nonnull(strcasestr((const char *)head.data, "\r\ncontent-type: text/plain\r\n"));
    ck_assert_ptr_nonnull(strcasestr((const char *)head.data, "\r\nconnection: close\r\n"));
    ck_assert_ptr_nonnull(strcasestr((const char *)head.data, "\r\ndate: "));
    const char *name = outcome_of(outcome)->name;
    ck_assert_msg(strncmp((const char *)body.data, name, strlen(name)) == 0, "%s", (const char *)body.data);
    ck_assert(client_ended(&client));
    endpoint_await(METRIC_EVENT_REQUEST, outcome, before + 1);
}

static void seal_shares(uint64_t seed, struct bytes *out)
{
    CLEANUP(keyshares_free) struct keyshares shares = {0};
    CLEANUP(secret_free) struct secret json = {0};
    const uint8_t nonce[SEAL_NONCE_LEN] = {1};
    sample_keyshares(&endpoint.keyset, seed, &shares);
    ck_assert_ok(keyshares_write(&shares, &json));
    ck_assert_ok(seal_transport(&endpoint.seal_key, nonce, json.data, json.len, out));
}

static void append_request(struct bytes *out, const char *line, const struct bytes *payload)
{
    ck_assert_ok(bytes_append_format(out, "%s HTTP/1.1\r\ncontent-length: %zu\r\n\r\n", line, payload->len));
    ck_assert_ok(bytes_append(out, payload->data, payload->len));
}

static void send_put(uint64_t seed)
{
    CLEANUP(bytes_free) struct bytes sealed = {0};
    CLEANUP(bytes_free) struct bytes request = {0};
    seal_shares(seed, &sealed);
    append_request(&request, "PUT http://example/set_keyshares", &sealed);
    ck_assert(client_send(&client, request.data, request.len));
}

static void send_get(void)
{
    CLEANUP(bytes_free) struct bytes keyset = {0};
    CLEANUP(bytes_free) struct bytes request = {0};
    ck_assert_ok(keyset_write(&endpoint.keyset, &keyset));
    append_request(&request, "GET http://example/get_keyshares", &keyset);
    ck_assert(client_send(&client, request.data, request.len));
}

static void import(void)
{
    struct error err;
    ck_assert_outcome(store_import(endpoint.store, &endpoint.keyset, 100, &err), OUTCOME_KEYSHARES_STORED);
}

static void use_keyset(size_t domains)
{
    keyset_free(&endpoint.keyset);
    sample_keyset(5, domains, &endpoint.keyset);
    endpoint_publish(&endpoint, &endpoint.backup.public_key);
}

/* What was logged while so many shares were put. */
static void put_and_read_log(size_t domains, struct bytes *out)
{
    char piece[4096];
    FILE *log = tmpfile();
    ck_assert_ptr_nonnull(log);
    use_keyset(domains);
    open_session();
    log_set_fd(fileno(log));
    send_put(1);
    assert_status(200);
    /* After the answer the worker logs on. */
    tls_front_stop(endpoint.front);
    endpoint.front = NULL;
    log_set_fd(STDERR_FILENO);
    rewind(log);
    for (size_t len; (len = fread(piece, 1, sizeof piece, log)) > 0;)
        ck_assert_ok(bytes_append(out, piece, len));
    fclose(log);
}

START_TEST(a_receipt_is_logged_to_the_byte)
{
    CLEANUP(bytes_free) struct bytes log = {0}, receipt = {0};
    struct error err;
    put_and_read_log(3, &log);
    ck_assert_ok_err(store_load_receipt(endpoint.store, 0, &receipt, &err), err);
    ck_assert_text_has((const char *)log.data, (const char *)receipt.data);
}
END_TEST

START_TEST(of_very_many_domains_the_log_has_the_number_and_the_rest_of_the_receipt)
{
    CLEANUP(bytes_free) struct bytes log = {0}, receipt = {0};
    struct error err;
    put_and_read_log(500, &log);
    ck_assert_ok_err(store_load_receipt(endpoint.store, 0, &receipt, &err), err);
    ck_assert_text_has((const char *)log.data, "\"domains\":[500 ids],\"count\":500,");
    ck_assert_text_has((const char *)log.data, strstr((const char *)receipt.data, "],\"count\":500"));
}
END_TEST

START_TEST(shares_go_in_and_come_out_and_the_metrics_say_so)
{
    open_session();
    send_put(1);
    assert_status(200);
    ck_assert_str_eq((const char *)body.data, "Keyshares received.");
    ck_assert_ptr_null(strcasestr((const char *)head.data, "content-type"));
    ck_assert_uint_eq(atomic_load(&endpoint.staged), 1);
    import();
    send_get();
    assert_status(200);
    ck_assert_ptr_nonnull(strcasestr((const char *)head.data, "\r\ncontent-type: application/json\r\n"));
    ck_assert_ptr_nonnull(strcasestr((const char *)head.data, "\r\ndate: "));
    endpoint_await(METRIC_EVENT_SET_KEYSHARES, OUTCOME_KEYSHARES_STAGED, 1);
    endpoint_await(METRIC_EVENT_GET_KEYSHARES, OUTCOME_KEYSHARES_SERVED, 1);
    ck_assert_int_eq(metric_value(METRIC_LAST_BACKUP_SERVED_EPOCH), 5);
    ck_assert_int_ge(metric_value(METRIC_LAST_BACKUP_SERVED_TIMESTAMP), clock_wall_ms() / 1000 - 60);
}
END_TEST

START_TEST(responses_are_upstreams_to_the_byte_where_they_are_good)
{
    open_session();
    assert_hello();
    ck_assert_ptr_null(strcasestr((const char *)head.data, "content-type"));
    ck_assert_ptr_nonnull(strcasestr((const char *)head.data, "\r\ncontent-length: 13\r\n"));
    ck_assert(client_send_text(&client, "GET http://example/favicon.ico HTTP/1.1\r\n\r\n"));
    assert_status(404);
    ck_assert_str_eq((const char *)body.data, "Not Found");
    ck_assert_ptr_null(strcasestr((const char *)head.data, "content-type"));
    ck_assert(client_send_text(&client, "GET /hello%00x HTTP/1.1\r\n\r\n"));
    assert_status(404);
}
END_TEST

START_TEST(a_refusal_by_a_route_keeps_the_session)
{
    open_session();
    ck_assert(client_send_text(&client, "GET /get_keyshares HTTP/1.1\r\nContent-Length: 8\r\n\r\nnot json"));
    assert_status(400);
    ck_assert_ptr_nonnull(strcasestr((const char *)head.data, "\r\ncontent-type: text/plain\r\n"));
    ck_assert_int_eq(strncmp((const char *)body.data, "json_malformed: ", 16), 0);
    assert_hello();
}
END_TEST

START_TEST(ambiguous_and_malformed_requests_are_refused_and_end_the_session)
{
    static const struct {
        const char *request;
        int status;
        result_t outcome;
    } cases[] = {
        {"PUT /set_keyshares HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\nx", 400,
         OUTCOME_FRAMING_AMBIGUOUS},
        {"PUT /set_keyshares HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nx", 400,
         OUTCOME_FRAMING_AMBIGUOUS},
        {"PUT /set_keyshares HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
         400, OUTCOME_FRAMING_AMBIGUOUS},
        {"PUT /set_keyshares HTTP/1.1\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 400,
         OUTCOME_FRAMING_AMBIGUOUS},
        {"garbage\r\n\r\n", 400, OUTCOME_REQUEST_MALFORMED},
        {"GET ?query HTTP/1.1\r\n\r\n", 400, OUTCOME_REQUEST_MALFORMED},
        {"GET /hello HTTP/1.1\nX: 1\n\r\n\r\n", 400, OUTCOME_REQUEST_MALFORMED},
        {"PUT /set_keyshares HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", 400,
         OUTCOME_REQUEST_MALFORMED},
    };
    endpoint_start(&endpoint);
    open_session();
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        assert_refused(cases[i].request, cases[i].status, cases[i].outcome);
        reopen_session();
    }
}
END_TEST

START_TEST(a_head_or_body_over_its_cap_is_refused)
{
    CLEANUP(bytes_free) struct bytes request = {0};
    endpoint.options.limits.head_bytes_max = 512;
    endpoint.options.limits.body_bytes_max = 1000;
    open_session();
    ck_assert_ok(bytes_append_format(&request, "GET /hello HTTP/1.1\r\nX: %600d\r\n\r\n", 1));
    assert_refused((const char *)request.data, 431, OUTCOME_HEAD_TOO_LARGE);
    reopen_session();
    assert_refused("PUT /set_keyshares HTTP/1.1\r\nContent-Length: 1001\r\n\r\n", 413,
                   OUTCOME_BODY_TOO_LARGE);
    reopen_session();
    assert_refused("PUT /set_keyshares HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3E9\r\n", 413,
                   OUTCOME_BODY_TOO_LARGE);
    reopen_session();
    bytes_clear(&request);
    ck_assert_ok(bytes_append_format(&request,
                                     "PUT /set_keyshares HTTP/1.1\r\nContent-Length: 1000\r\n\r\n%1000d", 1));
    ck_assert(client_send(&client, request.data, request.len));
    assert_status(400); /* read whole, and then no base64 */
}
END_TEST

START_TEST(bodies_that_are_received_at_once_share_a_budget)
{
    struct tls_client other;
    endpoint.options.limits.bodies_bytes_max = 1000;
    open_session();
    ck_assert(client_send_text(&client, "PUT /set_keyshares HTTP/1.1\r\nContent-Length: 900\r\n\r\nx"));
    /* The session is in its body when the second one asks; one worker takes them in order. */
    ck_assert(client_open_as(&other, &endpoint.address, &endpoint.backup));
    struct tls_client first = client;
    client = other;
    assert_refused("PUT /set_keyshares HTTP/1.1\r\nContent-Length: 200\r\n\r\n", 503, OUTCOME_BUSY);
    client_close(&first);
    endpoint_await(METRIC_EVENT_SESSION_END, OUTCOME_BODY_TRUNCATED, 1);
    reopen_session();
    ck_assert(client_send_text(&client, "PUT /set_keyshares HTTP/1.1\r\nContent-Length: 4\r\n\r\noKGi"));
    assert_status(400);
}
END_TEST

START_TEST(a_response_counts_in_the_budget_until_it_is_sent)
{
    CLEANUP(bytes_free) struct bytes keyset = {0};
    ck_assert_ok(keyset_write(&endpoint.keyset, &keyset));
    open_session();
    send_put(1);
    assert_status(200);
    import();
    tls_front_stop(endpoint.front);
    endpoint.front = NULL;
    endpoint.options.limits.bodies_bytes_max = keyset.len + 100;
    reopen_session();
    send_get();
    assert_status(503);
    ck_assert(strncmp((const char *)body.data, "busy: ", 6) == 0);
    assert_hello();
    endpoint_await(METRIC_EVENT_GET_KEYSHARES, OUTCOME_BUSY, 1);
}
END_TEST

static void rotate_key(void *context)
{
    (void)context;
    endpoint_publish(&endpoint, &endpoint.node.public_key);
}

START_TEST(a_key_that_changes_while_a_request_is_answered_gets_no_answer)
{
    endpoint.options.staged = rotate_key;
    open_session();
    send_put(1);
    ck_assert(!client_receive(&client, &head, &body, &status));
    endpoint_await(METRIC_EVENT_SESSION_END, OUTCOME_BACKUP_KEY_CHANGED, 1);
}
END_TEST

START_TEST(pipelined_requests_are_answered_in_order)
{
    CLEANUP(bytes_free) struct bytes many = {0};
    open_session();
    for (int i = 0; i < 20; i++)
        ck_assert_ok(
            bytes_append_text(&many, i % 2 ? hello : "GET /nothing HTTP/1.1\r\nContent-Length: 2\r\n\r\nhi"));
    ck_assert(client_send(&client, many.data, many.len));
    for (int i = 0; i < 20; i++)
        assert_status(i % 2 ? 200 : 404);
    assert_hello();
}
END_TEST

START_TEST(requests_in_records_that_arrive_together_are_all_answered)
{
    int on = 1;
    int off = 0;
    open_session();
    assert_hello();
    setsockopt(client.fd, IPPROTO_TCP, TCP_CORK, &on, sizeof on);
    for (int i = 0; i < 5; i++)
        ck_assert(client_send_text(&client, hello));
    setsockopt(client.fd, IPPROTO_TCP, TCP_CORK, &off, sizeof off);
    for (int i = 0; i < 5; i++)
        assert_status(200);
    assert_hello();
}
END_TEST

START_TEST(a_request_in_single_bytes_is_taken_as_well)
{
    open_session();
    for (size_t i = 0; i < strlen(hello); i++)
        ck_assert(client_send(&client, hello + i, 1));
    assert_status(200);
    assert_hello();
}
END_TEST

START_TEST(a_chunked_body_is_taken)
{
    CLEANUP(bytes_free) struct bytes sealed = {0};
    CLEANUP(bytes_free) struct bytes request = {0};
    open_session();
    seal_shares(1, &sealed);
    ck_assert_ok(
        bytes_append_text(&request, "PUT /set_keyshares HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"));
    for (size_t at = 0; at < sealed.len; at += 100) {
        size_t part = sealed.len - at < 100 ? sealed.len - at : 100;
        ck_assert_ok(bytes_append_format(&request, "%zx\r\n%.*s\r\n", part, (int)part,
                                         (const char *)sealed.data + at));
    }
    ck_assert_ok(bytes_append_format(&request, "0\r\n\r\n%s", hello));
    ck_assert(client_send(&client, request.data, request.len));
    assert_status(200);
    ck_assert_str_eq((const char *)body.data, "Keyshares received.");
    assert_status(200);
    ck_assert_str_eq((const char *)body.data, "Hello, world!");
}
END_TEST

START_TEST(a_client_that_waits_for_100_continue_gets_it)
{
    open_session();
    ck_assert(client_send_text(
        &client, "PUT /set_keyshares HTTP/1.1\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n"));
    assert_status(100);
    ck_assert(client_send_text(&client, "oKGi"));
    assert_status(400);
    assert_hello();
}
END_TEST

START_TEST(connection_close_and_http_1_0_end_the_session_after_the_response)
{
    static const char *const requests[] = {
        "GET /hello HTTP/1.1\r\nConnection: close\r\n\r\n",
        "GET /hello HTTP/1.0\r\n\r\n",
    };
    for (size_t i = 0; i < ARRAY_LEN(requests); i++) {
        open_session();
        ck_assert(client_send_text(&client, requests[i]));
        assert_status(200);
        ck_assert_ptr_nonnull(strcasestr((const char *)head.data, "\r\nconnection: close\r\n"));
        ck_assert(client_ended(&client));
        client_close(&client);
    }
    open_session();
}
END_TEST

START_TEST(a_head_that_does_not_end_in_time_is_refused)
{
    endpoint.options.limits.head_ms = 150;
    open_session();
    int64_t start = clock_mono_ms();
    /* A few bytes now and then do not help: the deadline is of the whole head. */
    ck_assert(client_send_text(&client, "GET /hello"));
    for (int i = 0; i < 5; i++) {
        usleep(20000);
        client_send_text(&client, "x");
    }
    assert_refused("", 408, OUTCOME_REQUEST_TIMEOUT);
    ck_assert_int_lt(clock_mono_ms() - start, 5000);
}
END_TEST

START_TEST(a_body_that_does_not_end_in_time_is_refused)
{
    endpoint.options.limits.body_ms = 100;
    open_session();
    assert_refused("PUT /set_keyshares HTTP/1.1\r\nContent-Length: 10\r\n\r\nhalf", 408,
                   OUTCOME_REQUEST_TIMEOUT);
}
END_TEST

START_TEST(an_idle_session_is_closed)
{
    endpoint.options.limits.idle_ms = 100;
    open_session();
    assert_hello();
    ck_assert(client_ended(&client));
    endpoint_await(METRIC_EVENT_SESSION_END, OUTCOME_IDLE_TIMEOUT, 1);
}
END_TEST

START_TEST(a_client_that_leaves_in_its_body_is_counted)
{
    open_session();
    ck_assert(client_send_text(&client, "PUT /set_keyshares HTTP/1.1\r\nContent-Length: 10\r\n\r\nhalf"));
    client_close(&client);
    endpoint_await(METRIC_EVENT_SESSION_END, OUTCOME_BODY_TRUNCATED, 1);
    open_session();
    assert_hello();
}
END_TEST

static void hold_large_shares(void)
{
    CLEANUP(keyshares_free) struct keyshares shares = {0};
    struct error err;
    sample_keyshares(&endpoint.keyset, 1, &shares);
    ck_assert_outcome(store_put(endpoint.store, &shares, &err), OUTCOME_KEYSHARES_STORED);
}

/* A session whose client takes so little at once that the response does not fit what the kernel holds. */
static void open_narrow_session(void)
{
    int bytes = 4096;
    open_session();
    ck_assert_int_eq(setsockopt(client.fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes), 0);
}

START_TEST(thousands_of_shares_go_in_and_come_out)
{
    use_keyset(4000);
    open_session();
    send_put(1);
    assert_status(200);
    import();
    send_get();
    assert_status(200);
    ck_assert_uint_gt(body.len, 1u << 20);
    assert_hello();
}
END_TEST

START_TEST(an_aborted_download_is_not_called_served)
{
    use_keyset(4000);
    hold_large_shares();
    open_narrow_session();
    send_get();
    char some[1];
    ck_assert_int_eq(recv(client.fd, some, 1, 0), 1);
    client_close(&client);
    endpoint_await(METRIC_EVENT_GET_KEYSHARES, OUTCOME_RESPONSE_ABORTED, 1);
    ck_assert_uint_eq(metric_outcome_count(METRIC_EVENT_GET_KEYSHARES, OUTCOME_KEYSHARES_SERVED), 0);
    ck_assert_int_eq(metric_value(METRIC_LAST_BACKUP_SERVED_EPOCH), 0);
    open_session();
}
END_TEST

START_TEST(a_client_that_does_not_read_its_response_is_dropped)
{
    use_keyset(4000);
    hold_large_shares();
    endpoint.options.limits.response_ms = 200;
    open_narrow_session();
    send_get();
    endpoint_await(METRIC_EVENT_GET_KEYSHARES, OUTCOME_RESPONSE_TIMEOUT, 1);
}
END_TEST

START_TEST(a_download_is_cut_when_the_key_changes)
{
    use_keyset(4000);
    hold_large_shares();
    open_narrow_session();
    send_get();
    char some[1];
    ck_assert_int_eq(recv(client.fd, some, 1, MSG_PEEK), 1);
    endpoint_publish(&endpoint, NULL);
    endpoint_await(METRIC_EVENT_GET_KEYSHARES, OUTCOME_BACKUP_KEY_CHANGED, 1);
    ck_assert(!client_receive(&client, &head, &body, &status));
}
END_TEST

int main(void)
{
    SUITE_WITH_CASE(suite, tcase, "sessions");
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, shares_go_in_and_come_out_and_the_metrics_say_so);
    tcase_add_test(tcase, a_receipt_is_logged_to_the_byte);
    tcase_add_test(tcase, of_very_many_domains_the_log_has_the_number_and_the_rest_of_the_receipt);
    tcase_add_test(tcase, responses_are_upstreams_to_the_byte_where_they_are_good);
    tcase_add_test(tcase, a_refusal_by_a_route_keeps_the_session);
    tcase_add_test(tcase, ambiguous_and_malformed_requests_are_refused_and_end_the_session);
    tcase_add_test(tcase, a_head_or_body_over_its_cap_is_refused);
    tcase_add_test(tcase, bodies_that_are_received_at_once_share_a_budget);
    tcase_add_test(tcase, a_response_counts_in_the_budget_until_it_is_sent);
    tcase_add_test(tcase, a_key_that_changes_while_a_request_is_answered_gets_no_answer);
    tcase_add_test(tcase, pipelined_requests_are_answered_in_order);
    tcase_add_test(tcase, requests_in_records_that_arrive_together_are_all_answered);
    tcase_add_test(tcase, a_request_in_single_bytes_is_taken_as_well);
    tcase_add_test(tcase, a_chunked_body_is_taken);
    tcase_add_test(tcase, a_client_that_waits_for_100_continue_gets_it);
    tcase_add_test(tcase, connection_close_and_http_1_0_end_the_session_after_the_response);
    tcase_add_test(tcase, a_head_that_does_not_end_in_time_is_refused);
    tcase_add_test(tcase, a_body_that_does_not_end_in_time_is_refused);
    tcase_add_test(tcase, an_idle_session_is_closed);
    tcase_add_test(tcase, a_client_that_leaves_in_its_body_is_counted);
    tcase_add_test(tcase, thousands_of_shares_go_in_and_come_out);
    tcase_add_test(tcase, an_aborted_download_is_not_called_served);
    tcase_add_test(tcase, a_client_that_does_not_read_its_response_is_dropped);
    tcase_add_test(tcase, a_download_is_cut_when_the_key_changes);
    return run_suite(suite);
}
