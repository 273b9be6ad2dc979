#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/mpc_cert.h"
#include "common/os/clock.h"
#include "common/os/log.h"
#include "node/tls.h"
#include "tests/support/endpoint.h"
#include "tests/support/support.h"
#include "tests/support/tls_client.h"

static struct endpoint endpoint;

static const char hello[] = "GET http://example/hello HTTP/1.1\r\n\r\n";

static void assert_hello(struct tls_client *client)
{
    CLEANUP(bytes_free) struct bytes head = {0};
    CLEANUP(bytes_free) struct bytes body = {0};
    int status;
    ck_assert(client_send_text(client, hello));
    ck_assert(client_receive(client, &head, &body, &status));
    ck_assert_int_eq(status, 200);
    ck_assert_str_eq((const char *)body.data, "Hello, world!");
}

/* Nobody gets in with these options; the server sends this alert (0: any or none) and counts this outcome. */
static void assert_refused(const struct client_options *options, int alert, result_t outcome)
{
    struct tls_client client;
    CLEANUP(bytes_free) struct bytes head = {0};
    CLEANUP(bytes_free) struct bytes body = {0};
    int status;
    uint64_t before = metric_outcome_count(METRIC_EVENT_HANDSHAKE, outcome);
    if (client_open(&client, &endpoint.address, options)) {
        client_send_text(&client, hello);
        ck_assert(!client_receive(&client, &head, &body, &status));
        ck_assert_uint_eq(head.len, 0);
    }
    endpoint_await(METRIC_EVENT_HANDSHAKE, outcome, before + 1);
    if (alert)
        ck_assert_int_eq(client_alert(&client), alert);
    client_close(&client);
    ck_assert_uint_eq(metric_outcome_count(METRIC_EVENT_HANDSHAKE, OUTCOME_OK), 0);
}

START_TEST(the_registered_key_gets_in_and_sees_the_certificate_of_the_p2p_key)
{
    struct tls_client client;
    uint8_t expected[MPC_CERT_LEN_MAX];
    size_t expected_len;
    CLEANUP(bytes_free) struct bytes shown = {0};
    endpoint_open(&endpoint);
    ck_assert(client_open_as(&client, &endpoint.address, &endpoint.backup));
    assert_hello(&client);
    assert_hello(&client);
    client_peer_certificate(&client, &shown);
    ck_assert_ok(mpc_cert_make_peer(&endpoint.node.public_key, expected, &expected_len));
    ck_assert_uint_eq(shown.len, expected_len);
    ck_assert_mem_eq(shown.data, expected, expected_len);
    client_close(&client);
    endpoint_await(METRIC_EVENT_SESSION_END, OUTCOME_OK, 1);
    ck_assert_uint_eq(metric_outcome_count(METRIC_EVENT_HANDSHAKE, OUTCOME_OK), 1);
    ck_assert_uint_eq(metric_outcome_count(METRIC_EVENT_REQUEST, OUTCOME_OK), 2);
    endpoint_close(&endpoint);
}
END_TEST

#define ALERT_BAD_CERTIFICATE      42
#define ALERT_UNKNOWN_CA           48
#define ALERT_DECRYPT_ERROR        51
#define ALERT_PROTOCOL_VERSION     70
#define ALERT_CERTIFICATE_REQUIRED 116

START_TEST(whoever_is_not_the_registered_key_is_refused)
{
    struct ed25519_keypair other;
    endpoint_open(&endpoint);
    endpoint_keypair(0x33, &other);
    const struct {
        struct client_options options;
        int alert;
        result_t outcome;
    } cases[] = {
        {{.certificate = CLIENT_NONE}, ALERT_CERTIFICATE_REQUIRED, OUTCOME_CLIENT_CERT_MISSING},
        {{.certificate = CLIENT_TWO, .key = &endpoint.backup}, 0, OUTCOME_CLIENT_CERT_COUNT},
        {{.certificate = CLIENT_RSA}, ALERT_BAD_CERTIFICATE, OUTCOME_CLIENT_CERT_NOT_ED25519},
        {{.certificate = CLIENT_ECDSA}, ALERT_BAD_CERTIFICATE, OUTCOME_CLIENT_CERT_NOT_ED25519},
        {{.certificate = CLIENT_OWN, .key = &other}, ALERT_BAD_CERTIFICATE, OUTCOME_CLIENT_KEY_MISMATCH},
        {{.certificate = CLIENT_STOLEN, .key = &endpoint.backup, .thief = &other},
         ALERT_DECRYPT_ERROR,
         OUTCOME_HANDSHAKE_FAILED},
        {{.certificate = CLIENT_OWN, .key = &endpoint.backup, .tls_1_2 = true}, 0, OUTCOME_HANDSHAKE_FAILED},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        assert_refused(&cases[i].options, cases[i].alert, cases[i].outcome);
    ed25519_keypair_free(&other);
    endpoint_close(&endpoint);
}
END_TEST

START_TEST(a_resumed_session_has_to_show_its_certificate_again)
{
    struct tls_client first;
    endpoint_open(&endpoint);
    ck_assert(client_open_as(&first, &endpoint.address, &endpoint.backup));
    assert_hello(&first);
    ck_assert(!client_has_ticket(&first));
    metrics_reset();
    assert_refused(&(struct client_options){.certificate = CLIENT_NONE, .resume = &first},
                   ALERT_CERTIFICATE_REQUIRED, OUTCOME_CLIENT_CERT_MISSING);
    client_close(&first);
    endpoint_close(&endpoint);
}
END_TEST

START_TEST(the_door_is_closed_while_the_contract_gives_no_key_to_open_it)
{
    /* The neutral element: any signature of a certain form verifies under it. */
    const struct ed25519_public_key small_order = {.bytes = {1}};
    endpoint_prepare(&endpoint);
    endpoint_start(&endpoint);
    const struct client_options right = {.certificate = CLIENT_OWN, .key = &endpoint.backup};
    assert_refused(&right, ALERT_BAD_CERTIFICATE, OUTCOME_VIEW_UNKNOWN);
    endpoint_publish(&endpoint, NULL);
    assert_refused(&right, ALERT_BAD_CERTIFICATE, OUTCOME_NO_BACKUP_KEY);
    endpoint_publish(&endpoint, &small_order);
    assert_refused(&right, ALERT_BAD_CERTIFICATE, OUTCOME_BACKUP_KEY_SMALL_ORDER);
    struct chain_now old = endpoint_now();
    old.wall_ms -= 61000;
    snapshot_cell_publish(&endpoint.cell, endpoint_snapshot(PROTOCOL_RUNNING, &endpoint.keyset,
                                                            &endpoint.backup.public_key, old));
    assert_refused(&right, ALERT_BAD_CERTIFICATE, OUTCOME_VIEW_STALE);
    endpoint_close(&endpoint);
}
END_TEST

/* Open a session, do what cuts it, and print how long that took. */
static void assert_cut(void (*cause)(void), result_t outcome)
{
    struct tls_client client;
    ck_assert(client_open_as(&client, &endpoint.address, &endpoint.backup));
    assert_hello(&client);
    int64_t start = clock_mono_ms();
    cause();
    ck_assert(client_ended(&client));
    printf("session cut (%s) after %lld ms\n", outcome_of(outcome)->name,
           (long long)(clock_mono_ms() - start));
    endpoint_await(METRIC_EVENT_SESSION_END, outcome, 1);
    client_close(&client);
}

static void rotate_key(void)
{
    const struct ed25519_public_key next = {.bytes = {9, 9, 9}};
    endpoint_publish(&endpoint, &next);
}

static void remove_key(void)
{
    endpoint_publish(&endpoint, NULL);
}

START_TEST(a_session_is_cut_when_another_key_is_registered)
{
    endpoint_open(&endpoint);
    assert_cut(rotate_key, OUTCOME_BACKUP_KEY_CHANGED);
    endpoint_close(&endpoint);
}
END_TEST

START_TEST(a_session_is_cut_when_the_key_is_taken_back)
{
    endpoint_open(&endpoint);
    assert_cut(remove_key, OUTCOME_BACKUP_KEY_CHANGED);
    endpoint_close(&endpoint);
}
END_TEST

static void wait_for_age(void)
{
}

START_TEST(a_session_is_cut_at_the_moment_the_view_grows_stale)
{
    endpoint_prepare(&endpoint);
    endpoint.options.max_view_age_ms = 400;
    endpoint_publish(&endpoint, &endpoint.backup.public_key);
    endpoint_start(&endpoint);
    assert_cut(wait_for_age, OUTCOME_VIEW_STALE);
    endpoint_close(&endpoint);
}
END_TEST

START_TEST(a_new_view_with_the_same_key_cuts_nothing)
{
    struct tls_client client;
    endpoint_open(&endpoint);
    ck_assert(client_open_as(&client, &endpoint.address, &endpoint.backup));
    for (int i = 0; i < 3; i++) {
        endpoint_publish(&endpoint, &endpoint.backup.public_key);
        assert_hello(&client);
    }
    client_close(&client);
    endpoint_close(&endpoint);
}
END_TEST

START_TEST(the_new_key_gets_in_after_a_rotation_and_the_old_one_does_not)
{
    struct tls_client client;
    struct ed25519_keypair next;
    endpoint_open(&endpoint);
    endpoint_keypair(0x44, &next);
    endpoint_publish(&endpoint, &next.public_key);
    assert_refused(&(struct client_options){.certificate = CLIENT_OWN, .key = &endpoint.backup},
                   ALERT_BAD_CERTIFICATE, OUTCOME_CLIENT_KEY_MISMATCH);
    ck_assert(client_open_as(&client, &endpoint.address, &next));
    assert_hello(&client);
    client_close(&client);
    ed25519_keypair_free(&next);
    endpoint_close(&endpoint);
}
END_TEST

START_TEST(a_port_in_use_is_said_so)
{
    struct tls_front *second;
    struct error err;
    endpoint_open(&endpoint);
    struct tls_front_options options = endpoint.options;
    options.listen = endpoint.address;
    ck_assert_outcome(tls_front_start(&options, &second, &err), OUTCOME_ADDRESS_IN_USE);
    ck_assert_text_has(err.text, "another process has this port");
    ck_assert_ptr_null(second);
    endpoint_close(&endpoint);
}
END_TEST

START_TEST(strangers_make_room_for_the_newest_and_the_registered_key_gets_in)
{
    struct tls_client client;
    int strangers[6];
    endpoint_prepare(&endpoint);
    endpoint.options.limits.handshakes_max = 2;
    endpoint_publish(&endpoint, &endpoint.backup.public_key);
    endpoint_start(&endpoint);
    for (size_t i = 0; i < ARRAY_LEN(strangers); i++)
        strangers[i] = client_connect(&endpoint.address);
    ck_assert(client_open_as(&client, &endpoint.address, &endpoint.backup));
    assert_hello(&client);
    char byte;
    ck_assert_int_eq(recv(strangers[0], &byte, 1, 0), 0);
    endpoint_await(METRIC_EVENT_HANDSHAKE, OUTCOME_TOO_MANY_CONNECTIONS, 5);
    for (size_t i = 0; i < ARRAY_LEN(strangers); i++)
        close(strangers[i]);
    client_close(&client);
    endpoint_close(&endpoint);
}
END_TEST

START_TEST(a_session_over_the_cap_is_refused_and_the_others_stay)
{
    struct tls_client first;
    struct tls_client second;
    endpoint_prepare(&endpoint);
    endpoint.options.limits.sessions_max = 1;
    endpoint_publish(&endpoint, &endpoint.backup.public_key);
    endpoint_start(&endpoint);
    ck_assert(client_open_as(&first, &endpoint.address, &endpoint.backup));
    assert_hello(&first);
    if (client_open_as(&second, &endpoint.address, &endpoint.backup))
        ck_assert(client_ended(&second));
    endpoint_await(METRIC_EVENT_HANDSHAKE, OUTCOME_TOO_MANY_CONNECTIONS, 1);
    assert_hello(&first);
    client_close(&second);
    client_close(&first);
    endpoint_close(&endpoint);
}
END_TEST

START_TEST(a_stranger_who_says_nothing_or_garbage_is_dropped)
{
    char byte;
    endpoint_prepare(&endpoint);
    endpoint.options.limits.handshake_ms = 100;
    endpoint_publish(&endpoint, &endpoint.backup.public_key);
    endpoint_start(&endpoint);
    int silent = client_connect(&endpoint.address);
    ck_assert_int_eq(recv(silent, &byte, 1, 0), 0);
    endpoint_await(METRIC_EVENT_HANDSHAKE, OUTCOME_HANDSHAKE_TIMEOUT, 1);
    int plain = client_connect(&endpoint.address);
    ck_assert_int_eq(send(plain, hello, sizeof hello - 1, 0), sizeof hello - 1);
    endpoint_await(METRIC_EVENT_HANDSHAKE, OUTCOME_HANDSHAKE_FAILED, 1);
    close(silent);
    close(plain);
    endpoint_close(&endpoint);
}
END_TEST

static size_t count_lines(FILE *file, const char *part)
{
    char line[1024];
    size_t count = 0;
    rewind(file);
    while (fgets(line, sizeof line, file))
        count += strstr(line, part) != NULL;
    return count;
}

START_TEST(strangers_do_not_fill_the_log)
{
    enum { STRANGERS = 200 };
    FILE *log = tmpfile();
    ck_assert_ptr_nonnull(log);
    endpoint_open(&endpoint);
    log_set_fd(fileno(log));
    int64_t start_ms = clock_mono_ms();
    for (size_t i = 0; i < STRANGERS; i++)
        close(client_connect(&endpoint.address));
    endpoint_await(METRIC_EVENT_HANDSHAKE, OUTCOME_HANDSHAKE_FAILED, STRANGERS);
    size_t seconds = (size_t)(clock_mono_ms() - start_ms) / 1000;
    endpoint_close(&endpoint);
    log_set_fd(STDERR_FILENO);
    size_t lines = count_lines(log, "refused ");
    ck_assert_uint_ge(lines, LIMIT_REFUSALS_TOLD);
    ck_assert_uint_le(lines, (LIMIT_REFUSALS_TOLD + 1) * (seconds + 2));
    fclose(log);
}
END_TEST

START_TEST(stopping_closes_idle_sessions_at_once)
{
    struct tls_client client;
    endpoint_open(&endpoint);
    ck_assert(client_open_as(&client, &endpoint.address, &endpoint.backup));
    assert_hello(&client);
    int64_t start = clock_mono_ms();
    tls_front_drain(endpoint.front, -1);
    ck_assert(client_ended(&client));
    ck_assert_int_lt(clock_mono_ms() - start, LIMIT_DRAIN_MS);
    client_close(&client);
    endpoint_close(&endpoint);
}
END_TEST

START_TEST(stopping_gives_a_request_under_way_its_time_and_no_more)
{
    struct tls_client client;
    endpoint_prepare(&endpoint);
    endpoint.options.limits.drain_ms = 200;
    endpoint_publish(&endpoint, &endpoint.backup.public_key);
    endpoint_start(&endpoint);
    ck_assert(client_open_as(&client, &endpoint.address, &endpoint.backup));
    assert_hello(&client);
    ck_assert(client_send_text(&client, "PUT /set_keyshares HTTP/1.1\r\nContent-Length: 100\r\n\r\nhalf"));
    tls_front_drain(endpoint.front, -1);
    ck_assert(client_ended(&client));
    client_close(&client);
    endpoint_close(&endpoint);
}
END_TEST

#define CROWD_THREADS  6
#define CROWD_SESSIONS 8

static atomic_uint crowd_served;

/* A backup client that comes again and again; counts what it got and asserts
 * nothing, being no test thread. */
static void *crowd_member(void *unused)
{
    for (int i = 0; i < CROWD_SESSIONS; i++) {
        struct tls_client client;
        CLEANUP(bytes_free) struct bytes head = {0};
        CLEANUP(bytes_free) struct bytes body = {0};
        int status;
        if (client_open_as(&client, &endpoint.address, &endpoint.backup) &&
            client_send_text(&client, hello) && client_receive(&client, &head, &body, &status) &&
            status == 200)
            atomic_fetch_add(&crowd_served, 1);
        client_close(&client);
    }
    tls_thread_end();
    return unused;
}

START_TEST(as_many_workers_as_the_limit_can_start)
{
    endpoint_prepare(&endpoint);
    endpoint.options.workers = LIMIT_WORKERS;
    endpoint_start(&endpoint);
    endpoint_close(&endpoint);
}
END_TEST

START_TEST(a_crowd_is_served_by_all_workers_while_views_come_in)
{
    pthread_t threads[CROWD_THREADS];
    endpoint_prepare(&endpoint);
    endpoint.options.workers = 3;
    endpoint_publish(&endpoint, &endpoint.backup.public_key);
    endpoint_start(&endpoint);
    for (size_t i = 0; i < ARRAY_LEN(threads); i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, crowd_member, NULL), 0);
    while (atomic_load(&crowd_served) < CROWD_THREADS * CROWD_SESSIONS / 2)
        endpoint_publish(&endpoint, &endpoint.backup.public_key);
    for (size_t i = 0; i < ARRAY_LEN(threads); i++)
        pthread_join(threads[i], NULL);
    ck_assert_uint_eq(atomic_load(&crowd_served), CROWD_THREADS * CROWD_SESSIONS);
    endpoint_close(&endpoint);
    ck_assert_int_eq(metric_value(METRIC_SESSIONS), 0);
    ck_assert_int_eq(metric_value(METRIC_CONNECTIONS), 0);
}
END_TEST

int main(void)
{
    SUITE_WITH_CASE(suite, tcase, "tls_front");
    tcase_add_test(tcase, the_registered_key_gets_in_and_sees_the_certificate_of_the_p2p_key);
    tcase_add_test(tcase, whoever_is_not_the_registered_key_is_refused);
    tcase_add_test(tcase, a_resumed_session_has_to_show_its_certificate_again);
    tcase_add_test(tcase, the_door_is_closed_while_the_contract_gives_no_key_to_open_it);
    tcase_add_test(tcase, a_session_is_cut_when_another_key_is_registered);
    tcase_add_test(tcase, a_session_is_cut_when_the_key_is_taken_back);
    tcase_add_test(tcase, a_session_is_cut_at_the_moment_the_view_grows_stale);
    tcase_add_test(tcase, a_new_view_with_the_same_key_cuts_nothing);
    tcase_add_test(tcase, the_new_key_gets_in_after_a_rotation_and_the_old_one_does_not);
    tcase_add_test(tcase, a_port_in_use_is_said_so);
    tcase_add_test(tcase, strangers_make_room_for_the_newest_and_the_registered_key_gets_in);
    tcase_add_test(tcase, a_session_over_the_cap_is_refused_and_the_others_stay);
    tcase_add_test(tcase, a_stranger_who_says_nothing_or_garbage_is_dropped);
    tcase_add_test(tcase, strangers_do_not_fill_the_log);
    tcase_add_test(tcase, stopping_closes_idle_sessions_at_once);
    tcase_add_test(tcase, stopping_gives_a_request_under_way_its_time_and_no_more);
    tcase_add_test(tcase, as_many_workers_as_the_limit_can_start);
    tcase_add_test(tcase, a_crowd_is_served_by_all_workers_while_views_come_in);
    return run_suite(suite);
}
