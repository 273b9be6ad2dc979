/* The HTTP server with real connections: what faults look like on the wire, and many clients at once. */
#include "contract-sim/rpc/server.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <unistd.h>

#include "common/encoding.h"
#include "common/os/clock.h"
#include "tests/contract-sim/fixture.h"
#include "tests/support/support.h"

static struct fixture chain;
static struct sim_server *server;
static struct address bound;

static void open_server(void)
{
    struct address any;
    struct error err = {0};
    fixture_open(&chain, "design");
    ck_assert_ok_err(address_parse("127.0.0.1:0", &any, &err), err);
    ck_assert_ok_err(sim_server_start(&chain.node, &any, &server, &bound, &err), err);
}

static void close_server(void)
{
    sim_server_stop(server);
    fixture_close(&chain);
}

/* Everything that comes back until the connection is closed; empty when nothing does. Check's assertions are not for
 * threads: what cannot be is an abort. */
static void ask(const char *body, struct bytes *out)
{
    char head[256], piece[4096];
    ssize_t got;
    int fd = socket(bound.storage.ss_family, SOCK_STREAM, 0);
    int head_len =
        snprintf(head, sizeof head,
                 "POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\n"
                 "Content-Length: %zu\r\n\r\n",
                 strlen(body));
    bytes_free(out);
    if (fd < 0 || connect(fd, (const struct sockaddr *)&bound.storage, bound.len) != 0)
        abort();
    if (send(fd, head, (size_t)head_len, MSG_NOSIGNAL) != head_len ||
        send(fd, body, strlen(body), MSG_NOSIGNAL) != (ssize_t)strlen(body))
        abort();
    while ((got = recv(fd, piece, sizeof piece, 0)) > 0)
        if (bytes_append(out, piece, (size_t)got) != OUTCOME_OK)
            abort();
    close(fd);
}

static void call(const char *method, const char *params, struct bytes *out)
{
    char body[8192];
    snprintf(body, sizeof body, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"%s\",\"params\":%s}", method,
             params);
    ask(body, out);
}

#define STATE                                                                                                \
    "{\"request_type\":\"call_function\",\"finality\":\"final\",\"account_id\":\"v1.signer.test\","          \
    "\"method_name\":\"state\",\"args_base64\":\"\"}"

static struct bytes answer;

static const char *fault_then_state(const char *params)
{
    call("sim_fault", params, &answer);
    ck_assert_text_has(text_of(&answer), "\"kind\":");
    call("query", STATE, &answer);
    return text_of(&answer);
}

static void ck_all_is_well(void)
{
    call("query", STATE, &answer);
    ck_assert_text_has(text_of(&answer), "HTTP/1.1 200 OK\r\n");
    ck_assert_text_has(text_of(&answer), "\"result\":{\"result\":[");
}

START_TEST(a_drop_is_a_connection_closed_without_a_byte)
{
    ck_assert_str_eq(fault_then_state("{\"kind\":\"drop\",\"count\":1}"), "");
    ck_all_is_well();
}
END_TEST

START_TEST(a_truncated_body_is_shorter_than_its_head_promised)
{
    fault_then_state("{\"kind\":\"truncated_body\",\"count\":1}");
    const char *length = strstr(text_of(&answer), "Content-Length: ");
    const char *body = strstr(text_of(&answer), "\r\n\r\n");
    ck_assert_msg(length && body, "%s", text_of(&answer));
    ck_assert_uint_eq(strlen(body + 4), strtoul(length + 16, NULL, 10) / 2);
    ck_assert_text_has(body, "{\"jsonrpc\":\"2.0\",\"result\":{\"result\":[");
    ck_all_is_well();
}
END_TEST

START_TEST(an_html_page_and_a_status_come_with_their_type)
{
    fault_then_state("{\"kind\":\"html_body\",\"count\":1,\"status\":502}");
    ck_assert_text_has(text_of(&answer), "HTTP/1.1 502 ");
    ck_assert_text_has(text_of(&answer), "Content-Type: text/html\r\n");
    fault_then_state("{\"kind\":\"http_503\",\"count\":1}");
    ck_assert_text_has(text_of(&answer), "HTTP/1.1 503 ");
    ck_assert_text_has(text_of(&answer), "Content-Type: text/plain\r\n");
    ck_all_is_well();
}
END_TEST

START_TEST(a_delay_holds_one_answer_back)
{
    int64_t start_ms = clock_mono_ms();
    fault_then_state("{\"kind\":\"delay\",\"ms\":120,\"count\":1}");
    ck_assert_int_ge(clock_mono_ms() - start_ms, 120);
    ck_assert_text_has(text_of(&answer), "\"result\":{\"result\":[");
    ck_all_is_well();
}
END_TEST

static void *ask_state(void *context)
{
    struct bytes *out = context;
    call("query", STATE, out);
    return NULL;
}

static bool no_fault_left(void)
{
    call("sim_faults", "{}", &answer);
    return strstr(text_of(&answer), "\"result\":[]") != NULL;
}

START_TEST(neither_another_request_nor_the_end_of_the_server_waits_for_a_delay)
{
    CLEANUP(bytes_free) struct bytes late = {0};
    pthread_t client;
    call("sim_fault", "{\"kind\":\"delay\",\"ms\":60000,\"count\":1}", &answer);
    ck_assert_int_eq(pthread_create(&client, NULL, ask_state, &late), 0);
    while (!no_fault_left())
        sched_yield();
    ck_all_is_well();
    sim_server_stop(server);
    server = NULL;
    pthread_join(client, NULL);
}
END_TEST

/* --- many at once --- */

#define CLIENTS  6
#define REQUESTS 120
#define DROPS    50
#define ERRORS   70

static atomic_uint dropped, refused, answered, wrong, running;
static char register_tx[4096];

/* Half of the clients read, half of them send. */
static void *client_asks(void *context)
{
    CLEANUP(bytes_free) struct bytes out = {0};
    const char *index = context;
    for (unsigned i = 0; i < REQUESTS; i++) {
        if (*index % 2)
            call("query", STATE, &out);
        else
            call("send_tx", register_tx, &out);
        const char *text = text_of(&out);
        if (!*text)
            atomic_fetch_add(&dropped, 1);
        else if (strstr(text, "HTTP/1.1 503 "))
            atomic_fetch_add(&refused, 1);
        else if (strstr(text, "\"result\":{\"") || strstr(text, "HTTP/1.1 408 ") ||
                 strstr(text, "InvalidNonce"))
            atomic_fetch_add(&answered, 1);
        else
            atomic_fetch_add(&wrong, 1);
    }
    atomic_fetch_sub(&running, 1);
    return NULL;
}

/* Orders and clears faults, moves the chain and records, as long as clients run. */
static void *tester_meddles(void *context)
{
    static const char *const meddling[][2] = {
        {"sim_fault", "{\"kind\":\"delay\",\"ms\":1,\"count\":3}"},
        {"sim_fault", "{\"kind\":\"stale_final\",\"blocks\":3,\"count\":5}"},
        {"sim_fault", "{\"kind\":\"invalid_nonce\",\"count\":1}"},
        {"sim_fault", "{\"kind\":\"timeout_408\",\"count\":1}"},
        {"sim_fault", "{\"kind\":\"superseded_attempt\",\"attempt\":9,\"count\":2}"},
        {"sim_fault", "{\"kind\":\"failed_receipt\",\"count\":1}"},
        {"sim_fault", "{\"clear\":3}"},
        {"sim_faults", "{}"},
        {"sim_record", "{\"name\":\"x\"}"},
        {"sim_advance", "{\"blocks\":2}"},
        {"sim_record_stop", "{}"},
    };
    CLEANUP(bytes_free) struct bytes out = {0};
    uint64_t *random = context;
    while (atomic_load(&running) > 0) {
        size_t i = test_random(random) % ARRAY_LEN(meddling);
        call(meddling[i][0], meddling[i][1], &out);
        if (!strstr(text_of(&out), "\"result\":") && !strstr(text_of(&out), "SIM_REFUSED"))
            atomic_fetch_add(&wrong, 1);
    }
    return NULL;
}

static void sign_register(void)
{
    CLEANUP(bytes_free) struct bytes signed_tx = {0};
    CLEANUP(bytes_free) struct bytes base64 = {0};
    struct near_tx tx = fixture_register_tx(&chain);
    fixture_sign(&chain, &tx, ALICE, &signed_tx);
    near_tx_free(&tx);
    ck_assert_ok(base64_encode(signed_tx.data, signed_tx.len, &base64));
    snprintf(register_tx, sizeof register_tx, "{\"signed_tx_base64\":\"%s\",\"wait_until\":\"INCLUDED\"}",
             text_of(&base64));
}

static void order_counted(const char *kind, const char *method, unsigned count)
{
    char params[128];
    snprintf(params, sizeof params, "{\"kind\":\"%s\",\"method\":\"%s\",\"count\":%u}", kind, method, count);
    call("sim_fault", params, &answer);
}

START_TEST(counts_are_exact_however_many_clients_there_are_and_whatever_else_goes_on)
{
    pthread_t clients[CLIENTS], tester;
    char numbers[CLIENTS];
    uint64_t random = test_seed();
    sign_register();
    order_counted("drop", "query", DROPS);
    order_counted("http_503", "send_tx", ERRORS);
    atomic_store(&running, CLIENTS);
    for (size_t i = 0; i < CLIENTS; i++) {
        numbers[i] = (char)i;
        ck_assert_int_eq(pthread_create(&clients[i], NULL, client_asks, &numbers[i]), 0);
    }
    ck_assert_int_eq(pthread_create(&tester, NULL, tester_meddles, &random), 0);
    for (size_t i = 0; i < CLIENTS; i++)
        pthread_join(clients[i], NULL);
    pthread_join(tester, NULL);
    ck_assert_uint_eq(atomic_load(&wrong), 0);
    ck_assert_uint_eq(atomic_load(&dropped), DROPS);
    ck_assert_uint_eq(atomic_load(&refused), ERRORS);
    ck_assert_uint_eq(atomic_load(&answered), CLIENTS * REQUESTS - DROPS - ERRORS);
    call("sim_fault", "{\"clear\":\"all\"}", &answer);
    ck_all_is_well();
}
END_TEST

int main(void)
{
    SUITE_WITH_CASE(suite, tcase, "sim_server");
    tcase_add_checked_fixture(tcase, open_server, close_server);
    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, a_drop_is_a_connection_closed_without_a_byte);
    tcase_add_test(tcase, a_truncated_body_is_shorter_than_its_head_promised);
    tcase_add_test(tcase, an_html_page_and_a_status_come_with_their_type);
    tcase_add_test(tcase, a_delay_holds_one_answer_back);
    tcase_add_test(tcase, neither_another_request_nor_the_end_of_the_server_waits_for_a_delay);
    tcase_add_test(tcase, counts_are_exact_however_many_clients_there_are_and_whatever_else_goes_on);
    return run_suite(suite);
}
