#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/json.h"
#include "node/metrics.h"
#include "node/telemetry_pages.h"
#include "tests/support/support.h"

static struct telemetry_facts facts_now;
static const char *migrations_now;
static uint64_t height_now;
static struct error err;

static void give_facts(void *context, struct telemetry_facts *out)
{
    ck_assert_ptr_eq(context, &facts_now);
    *out = facts_now;
}

static result_t give_migrations(void *context, uint64_t *height, struct bytes *out)
{
    ck_assert_ptr_eq(context, &facts_now);
    *height = height_now;
    return migrations_now ? bytes_append_text(out, migrations_now) : OUTCOME_OK;
}

static void give_metrics(void *context)
{
    ck_assert_ptr_eq(context, &facts_now);
    metric_set(METRIC_LAST_DRILL_SUCCESS, 1700000000);
}

static const struct telemetry_source source = {&facts_now, give_metrics, give_facts, give_migrations};
static struct ed25519_public_key responder = {{7}};
static struct telemetry_identity identity = {.responders = &responder, .responder_count = 1};
static struct telemetry_pages pages = {&identity, &source, true};
static struct telemetry_page page;

/* A node that would serve a backup now. */
static void setup(void)
{
    facts_now = (struct telemetry_facts){
        .has_view = true,
        .block_height = 1000,
        .view_age_ms = 1500,
        .max_view_age_ms = 60000,
        .protocol_phase = "Running",
        .has_keyset = true,
        .epoch_id = UINT64_MAX,
        .domain_count = 3,
        .account_id = "alice.near",
        .node_status = "idle",
        .has_backup_key = true,
        .shares = OUTCOME_OK,
        .keyshare_store = "lmdb",
        .onboarding_stage = "blocked",
        .onboarding_situation = "onboarding",
        .migration_active = true,
        .conclude_rounds = 2,
        .next = "submit an attestation",
    };
    migrations_now = NULL;
    height_now = 0;
    pages.loopback = true;
    metrics_reset();
}

static void teardown(void)
{
    telemetry_page_free(&page);
}

static const char *get(const char *path)
{
    telemetry_page_free(&page);
    telemetry_answer(&pages, "GET", path, "127.0.0.1:9079", &page);
    return page.body.data ? (const char *)page.body.data : "";
}

static void check_not_ready(result_t outcome)
{
    struct error why;
    ck_assert_outcome(telemetry_ready(&facts_now, &why), outcome);
    const char *body = get("/ready");
    ck_assert_int_eq(page.status, 503);
    ck_assert_msg(strncmp(body, outcome_of(outcome)->name, strlen(outcome_of(outcome)->name)) == 0, "%s",
                  body);
}

START_TEST(ready_is_200_only_when_a_backup_would_be_served)
{
    ck_assert_str_eq(get("/ready"), "ready\n");
    ck_assert_int_eq(page.status, 200);
}
END_TEST

START_TEST(each_hindrance_is_503_with_its_code)
{
    facts_now.shares = OUTCOME_KEYSHARES_NOT_HELD;
    check_not_ready(OUTCOME_KEYSHARES_NOT_HELD);
    facts_now.shares = OUTCOME_STORE_CORRUPT;
    check_not_ready(OUTCOME_STORE_CORRUPT);
    facts_now.has_backup_key = false;
    check_not_ready(OUTCOME_NO_BACKUP_KEY);
    facts_now.has_keyset = false;
    check_not_ready(OUTCOME_PROTOCOL_NOT_INITIALIZED);
    facts_now.view_stale = true;
    check_not_ready(OUTCOME_VIEW_STALE);
    facts_now.has_view = false;
    check_not_ready(OUTCOME_VIEW_UNKNOWN);
    facts_now.stopping = true;
    check_not_ready(OUTCOME_SHUTTING_DOWN);
}
END_TEST

START_TEST(a_stale_view_is_shown_with_its_age)
{
    facts_now.view_stale = true;
    facts_now.view_age_ms = 61234;
    ck_assert_text_has(get("/ready"), "61234 ms old, the limit is 60000 ms");
}
END_TEST

START_TEST(a_view_without_an_age_limit_is_shown)
{
    facts_now.max_view_age_ms = 0;
    ck_assert_text_has(get("/ready"), "--max-view-age-ms is 0");
    ck_assert_int_eq(page.status, 200);
    facts_now.has_backup_key = false;
    ck_assert_text_has(get("/ready"), "--max-view-age-ms is 0");
    ck_assert_int_eq(page.status, 503);
}
END_TEST

START_TEST(public_data_has_the_rust_nodes_form)
{
    identity.p2p.bytes[0] = 1;
    const char *body = get("/public_data");
    char key[ED25519_KEY_TEXT_MAX], expected[512];
    char signer[ED25519_KEY_TEXT_MAX], third[ED25519_KEY_TEXT_MAX];
    ed25519_public_key_format(&identity.p2p, key);
    ed25519_public_key_format(&identity.signer, signer);
    ed25519_public_key_format(&responder, third);
    snprintf(
        expected, sizeof(expected),
        "{\"near_signer_public_key\":\"%s\",\"near_p2p_public_key\":\"%s\",\"near_responder_public_keys\":"
        "[\"%s\"],\"tee_participant_info\":null}",
        signer, key, third);
    ck_assert_str_eq(body, expected);
    ck_assert_str_eq(page.content_type, "application/json");
}
END_TEST

START_TEST(migrations_are_an_array_of_height_and_map)
{
    ck_assert_str_eq(get("/debug/migrations"), "[0,{}]");
    height_now = 186000000;
    migrations_now = "{\"alice.near\":[null,null]}";
    ck_assert_str_eq(get("/debug/migrations"), "[186000000,{\"alice.near\":[null,null]}]");
}
END_TEST

static struct json_object *status_json(void)
{
    struct json_object *value = NULL;
    const char *body = get("/status");
    ck_assert_ok_err(json_parse(body, page.body.len, &json_limits_small, &value, &err), err);
    return value;
}

START_TEST(status_says_where_the_node_is_and_what_to_do)
{
    snprintf(facts_now.blocked_by, ERROR_TEXT_MAX, "no attestation under \"the\" destination key\n");
    CLEANUP(json_put_ptr) struct json_object *status = status_json();
    struct json_object *migration = json_object_object_get(status, "migration");
    struct json_object *view = json_object_object_get(status, "view");
    ck_assert(json_object_get_boolean(json_object_object_get(status, "ready")));
    ck_assert_str_eq(json_object_get_string(json_object_object_get(status, "next")), "submit an attestation");
    ck_assert_str_eq(json_object_get_string(json_object_object_get(migration, "stage")), "blocked");
    ck_assert_str_eq(json_object_get_string(json_object_object_get(migration, "blocked_by")),
                     facts_now.blocked_by);
    ck_assert_ptr_null(json_object_object_get(migration, "last_contract_error"));
    ck_assert_uint_eq(json_object_get_uint64(json_object_object_get(view, "epoch_id")), UINT64_MAX);
    ck_assert_int_eq(json_object_get_int(json_object_object_get(view, "age_ms")), 1500);
}
END_TEST

START_TEST(status_says_with_its_code_what_is_wrong_with_the_rpc_and_with_the_conclude)
{
    facts_now.polled = true;
    CLEANUP(json_put_ptr) struct json_object *well = status_json();
    struct json_object *rpc = json_object_object_get(well, "rpc");
    ck_assert_int_eq(json_object_get_int(json_object_object_get(rpc, "failures")), 0);
    ck_assert_ptr_null(json_object_object_get(rpc, "error_code"));
    ck_assert_ptr_null(json_object_object_get(json_object_object_get(well, "migration"), "conclude_code"));
    facts_now.poll_failures = 3;
    facts_now.poll = (struct error){OUTCOME_RPC_HTTP_STATUS, "http://rpc.example: HTTP status 429"};
    facts_now.conclude = (struct error){OUTCOME_TX_UNKNOWN, "it is not known yet what became of it"};
    CLEANUP(json_put_ptr) struct json_object *ill = status_json();
    struct json_object *migration = json_object_object_get(ill, "migration");
    rpc = json_object_object_get(ill, "rpc");
    ck_assert_int_eq(json_object_get_int(json_object_object_get(rpc, "failures")), 3);
    ck_assert_str_eq(json_object_get_string(json_object_object_get(rpc, "error_code")), "rpc_http_status");
    ck_assert_str_eq(json_object_get_string(json_object_object_get(rpc, "error_text")), facts_now.poll.text);
    ck_assert_str_eq(json_object_get_string(json_object_object_get(migration, "conclude_code")),
                     "tx_unknown");
    ck_assert_str_eq(json_object_get_string(json_object_object_get(migration, "conclude_text")),
                     facts_now.conclude.text);
}
END_TEST

START_TEST(status_says_by_code_and_in_words_why_an_import_failed)
{
    CLEANUP(json_put_ptr) struct json_object *well = status_json();
    struct json_object *migration = json_object_object_get(well, "migration");
    ck_assert(json_object_object_get_ex(migration, "store_error_code", NULL));
    ck_assert_ptr_null(json_object_object_get(migration, "store_error_code"));
    ck_assert_ptr_null(json_object_object_get(migration, "store_error"));
    facts_now.store = (struct error){OUTCOME_KEYSHARES_CONFLICT, "domain 0: other key shares are stored"};
    CLEANUP(json_put_ptr) struct json_object *ill = status_json();
    migration = json_object_object_get(ill, "migration");
    ck_assert_str_eq(json_object_get_string(json_object_object_get(migration, "store_error_code")),
                     "keyshares_conflict");
    ck_assert_str_eq(json_object_get_string(json_object_object_get(migration, "store_error")),
                     facts_now.store.text);
}
END_TEST

START_TEST(status_says_of_each_rpc_whether_it_agrees)
{
    facts_now.polled = true;
    facts_now.rpc_needed = 2;
    facts_now.rpc_count = 3;
    for (size_t i = 0; i < facts_now.rpc_count; i++)
        facts_now.rpcs[i] = (struct chain_source){.url = "http://rpc.example/", .height = 100 + i};
    facts_now.rpcs[1].say = (struct error){OUTCOME_RPC_OUTVOTED, "it says otherwise"};
    CLEANUP(json_put_ptr) struct json_object *status = status_json();
    struct json_object *rpc = json_object_object_get(status, "rpc");
    ck_assert_int_eq(json_object_get_int(json_object_object_get(rpc, "needed")), 2);
    struct json_object *urls = json_object_object_get(rpc, "urls");
    ck_assert_uint_eq(json_object_array_length(urls), 3);
    struct json_object *first = json_object_array_get_idx(urls, 0);
    struct json_object *liar = json_object_array_get_idx(urls, 1);
    ck_assert_str_eq(json_object_get_string(json_object_object_get(first, "url")), "http://rpc.example/");
    ck_assert_str_eq(json_object_get_string(json_object_object_get(first, "code")), "ok");
    ck_assert_int_eq(json_object_get_int(json_object_object_get(first, "block_height")), 100);
    ck_assert_ptr_null(json_object_object_get(first, "text"));
    ck_assert_str_eq(json_object_get_string(json_object_object_get(liar, "code")), "rpc_outvoted");
    ck_assert_str_eq(json_object_get_string(json_object_object_get(liar, "text")), "it says otherwise");
}
END_TEST

START_TEST(ready_names_the_cause_of_an_old_view)
{
    facts_now.view_stale = true;
    facts_now.poll = (struct error){OUTCOME_RPC_UNREACHABLE, "http://rpc.example: connection refused"};
    ck_assert_text_has(get("/ready"), "; rpc_unreachable: http://rpc.example: connection refused\n");
    facts_now.poll = (struct error){.code = OUTCOME_OK};
    ck_assert_text_has(get("/ready"), "ms\n");
}
END_TEST

START_TEST(status_before_the_first_view_is_json_too)
{
    facts_now = (struct telemetry_facts){0};
    CLEANUP(json_put_ptr) struct json_object *status = status_json();
    ck_assert(!json_object_get_boolean(json_object_object_get(status, "ready")));
    ck_assert_str_eq(json_object_get_string(json_object_object_get(status, "ready_code")), "view_unknown");
    ck_assert_ptr_null(json_object_object_get(status, "view"));
    ck_assert_ptr_null(json_object_object_get(status, "keyshares"));
}
END_TEST

START_TEST(a_public_address_gives_only_the_public_pages)
{
    static const char *const open[] = {"/health", "/metrics", "/public_data"};
    static const char *const closed[] = {"/ready", "/status", "/debug/migrations"};
    pages.loopback = false;
    for (size_t i = 0; i < ARRAY_LEN(open); i++) {
        get(open[i]);
        ck_assert_msg(page.status == 200, "%s", open[i]);
        get(closed[i]);
        ck_assert_msg(page.status == 404, "%s", closed[i]);
    }
}
END_TEST

static int status_of(const char *method, const char *path, const char *host)
{
    telemetry_page_free(&page);
    telemetry_answer(&pages, method, path, host, &page);
    return page.status;
}

START_TEST(only_get_is_answered)
{
    static const char *const methods[] = {"POST", "HEAD", "OPTIONS", "PUT", "DELETE", "get"};
    for (size_t i = 0; i < ARRAY_LEN(methods); i++)
        ck_assert_int_eq(status_of(methods[i], "/health", "127.0.0.1"), 405);
    ck_assert_int_eq(status_of("GET", "/nothing", NULL), 404);
    ck_assert_int_eq(status_of("GET", "/health/", NULL), 404);
}
END_TEST

START_TEST(a_web_page_whose_name_resolves_to_us_gets_no_private_page)
{
    static const char *const refused[] = {"evil.example", "evil.example:9079", "127.0.0.1.evil.example:9079",
                                          "", "localhost.evil"};
    static const char *const taken[] = {"localhost", "LOCALHOST:9079", "127.0.0.1", "127.0.0.1:9079",
                                        "[::1]:9079"};
    for (size_t i = 0; i < ARRAY_LEN(refused); i++)
        ck_assert_msg(status_of("GET", "/status", refused[i]) == 403, "%s", refused[i]);
    for (size_t i = 0; i < ARRAY_LEN(taken); i++)
        ck_assert_msg(status_of("GET", "/status", taken[i]) == 200, "%s", taken[i]);
    ck_assert_int_eq(status_of("GET", "/status", NULL), 200);
    ck_assert_int_eq(status_of("GET", "/health", "evil.example"), 200);
}
END_TEST

/* Send `request` to the server and read until it closes. */
static void exchange(const struct telemetry *telemetry, const char *request, struct bytes *out)
{
    struct address address;
    char chunk[512];
    ssize_t len;
    telemetry_address(telemetry, &address);
    int fd = socket(address.storage.ss_family, SOCK_STREAM, 0);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(connect(fd, (const struct sockaddr *)&address.storage, address.len), 0);
    ck_assert_int_eq(write(fd, request, strlen(request)), (ssize_t)strlen(request));
    while ((len = read(fd, chunk, sizeof(chunk))) > 0)
        ck_assert_ok(bytes_append(out, chunk, (size_t)len));
    close(fd);
}

static struct telemetry *start(void)
{
    struct telemetry *telemetry = NULL;
    struct address any;
    ck_assert_ok(address_parse("127.0.0.1:0", &any, &err));
    ck_assert_ok_err(telemetry_start(&any, &identity, &source, &telemetry, &err), err);
    return telemetry;
}

START_TEST(the_server_answers_over_a_socket)
{
    CLEANUP(bytes_free) struct bytes answer = {0};
    struct telemetry *telemetry = start();
    metric_outcome(METRIC_EVENT_IMPORT, OUTCOME_KEYSHARES_STORED);
    exchange(telemetry, "GET /metrics?x=1 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", &answer);
    const char *text = (const char *)answer.data;
    ck_assert_msg(strncmp(text, "HTTP/1.1 200 ", 13) == 0, "%s", text);
    ck_assert_text_has(text, "Content-Type: text/plain; version=0.0.4");
    ck_assert_text_has(text, "event=\"import\",code=\"keyshares_stored\"} 1\n");
    bytes_clear(&answer);
    exchange(telemetry, "GET /status HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n", &answer);
    ck_assert_int_eq(strncmp((const char *)answer.data, "HTTP/1.1 403 ", 13), 0);
    bytes_clear(&answer);
    exchange(telemetry, "POST /status HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\n\r\nbody", &answer);
    ck_assert_int_eq(strncmp((const char *)answer.data, "HTTP/1.1 405 ", 13), 0);
    ck_assert_text_has((const char *)answer.data, "Allow: GET\r\n");
    telemetry_stop(telemetry);
}
END_TEST

START_TEST(a_port_in_use_is_said)
{
    struct telemetry *telemetry = start();
    struct telemetry *second = NULL;
    struct address address;
    telemetry_address(telemetry, &address);
    ck_assert_outcome(telemetry_start(&address, &identity, &source, &second, &err), OUTCOME_ADDRESS_IN_USE);
    telemetry_stop(telemetry);
    telemetry_stop(NULL);
}
END_TEST

int main(void)
{
    SUITE_WITH_CASE(suite, tcase, "node/telemetry");
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, ready_is_200_only_when_a_backup_would_be_served);
    tcase_add_test(tcase, each_hindrance_is_503_with_its_code);
    tcase_add_test(tcase, a_stale_view_is_shown_with_its_age);
    tcase_add_test(tcase, a_view_without_an_age_limit_is_shown);
    tcase_add_test(tcase, public_data_has_the_rust_nodes_form);
    tcase_add_test(tcase, migrations_are_an_array_of_height_and_map);
    tcase_add_test(tcase, status_says_where_the_node_is_and_what_to_do);
    tcase_add_test(tcase, status_says_with_its_code_what_is_wrong_with_the_rpc_and_with_the_conclude);
    tcase_add_test(tcase, status_says_by_code_and_in_words_why_an_import_failed);
    tcase_add_test(tcase, status_says_of_each_rpc_whether_it_agrees);
    tcase_add_test(tcase, ready_names_the_cause_of_an_old_view);
    tcase_add_test(tcase, status_before_the_first_view_is_json_too);
    tcase_add_test(tcase, a_public_address_gives_only_the_public_pages);
    tcase_add_test(tcase, only_get_is_answered);
    tcase_add_test(tcase, a_web_page_whose_name_resolves_to_us_gets_no_private_page);
    tcase_add_test(tcase, the_server_answers_over_a_socket);
    tcase_add_test(tcase, a_port_in_use_is_said);
    return run_suite(suite);
}
