/* Every call that a worker makes for one session, from its connection to the answer of a PUT, failing once
 * in each of its ways: the client is answered or its connection ends, what was answered with 200 is
 * staged, and the next session is served. The worker is a thread, and what it reads at once depends on the
 * moment: so it is not always the same call that is the Nth, and the end is where two runs in a row did
 * not come as far. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/seal.h"
#include "tests/support/copy_tree.h"
#include "tests/support/endpoint.h"
#include "tests/support/faults.h"
#include "tests/support/samples.h"
#include "tests/support/support.h"
#include "tests/support/sweep.h"
#include "tests/support/tls_client.h"

static struct endpoint endpoint;
static struct store *store; /* on a disk, as in the program */
static char *home;
static struct bytes request;
static struct keyshares shares;
static struct error err;

static void setup(void)
{
    CLEANUP(keyset_free) struct keyset keyset = {0};
    CLEANUP(secret_free) struct secret json = {0}, key = {0};
    CLEANUP(bytes_free) struct bytes sealed = {0};
    uint8_t bytes[SEAL_TRANSPORT_KEY_LEN];
    const uint8_t nonce[SEAL_NONCE_LEN] = {1};
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)i;
    ck_assert_ok(secret_copy(&key, bytes, sizeof bytes));
    sample_keyset(5, 3, &keyset); /* the endpoint's */
    sample_keyshares(&keyset, 1, &shares);
    ck_assert_ok(keyshares_write(&shares, &json));
    ck_assert_ok(seal_transport(&key, nonce, json.data, json.len, &sealed));
    ck_assert_ok(bytes_append_format(&request, "PUT /set_keyshares HTTP/1.1\r\ncontent-length: %zu\r\n\r\n%s",
                                     sealed.len, (const char *)sealed.data));
}

static void teardown(void)
{
    keyshares_free(&shares);
    bytes_free(&request);
}

static void begin(void)
{
    CLEANUP(secret_free) struct secret key = {0};
    ck_assert_ok(secret_make(&key, SEAL_AT_REST_KEY_LEN));
    home = fresh_dir();
    const struct store_options options = {.home_dir = home, .kind = STORE_LMDB, .key = &key};
    ck_assert_ok_err(store_open(&options, &store, &err), err);
    endpoint_prepare(&endpoint);
    endpoint.options.store = store;
    endpoint_publish(&endpoint, &endpoint.backup.public_key);
    endpoint_start(&endpoint);
}

static void end(void)
{
    endpoint_close(&endpoint);
    store_close(store);
    remove_tree(home);
    free(home);
}

/* One session with one PUT. Its status; 0: the connection ended without an answer. */
static int put(void)
{
    CLEANUP(bytes_free) struct bytes head = {0}, body = {0};
    struct tls_client client = {.fd = -1};
    int status = 0;
    if (client_open_as(&client, &endpoint.address, &endpoint.backup) &&
        client_send(&client, request.data, request.len))
        (void)client_receive(&client, &head, &body, &status);
    client_close(&client);
    return status;
}

static bool is_staged(void)
{
    CLEANUP(keyshares_free) struct keyshares found = {0};
    return store_load_kept(store, STORE_STAGED, 0, &found, &err) == OUTCOME_OK &&
           keyshares_equal(&found, &shares);
}

static size_t descriptors(void)
{
    DIR *dir = opendir("/proc/self/fd");
    size_t count = 0;
    while (readdir(dir))
        count++;
    closedir(dir);
    return count;
}

static struct fault run_once(const struct fault_plan *plan)
{
    size_t before = descriptors();
    begin();
    faults_begin_elsewhere(plan);
    int status = put();
    struct fault fault = faults_end_elsewhere();
    if (getenv("MPC_FAULTS_TRACE"))
        fprintf(stderr, "%s call %zu (%s: %s) -> %d\n", fault_class_name(plan->class), plan->nth,
                fault.function ? fault.function : "none", fault.error ? fault_error_text(&fault) : "",
                status);
    ck_assert_msg(fault.error || status == 200, "status %d though nothing failed", status);
    ck_assert(status == 0 || status == 200 || status >= 500);
    ck_assert(status != 200 || is_staged());
    ck_assert_int_eq(put(), 200);
    ck_assert(is_staged());
    end();
    ck_assert_uint_eq(descriptors(), before);
    return fault;
}

START_TEST(whatever_fails_once_the_client_is_answered_or_let_go_and_the_next_is_served)
{
    enum fault_class class = (enum fault_class)_i;
    const struct fault_plan nothing = {.class = class};
    size_t reached = 0, failures = 0;
    size_t calls = run_once(&nothing).calls;
    for (size_t nth = 1, missed = 0; missed < 2; nth++) {
        size_t ways = 1;
        for (size_t way = 0; way < ways; way++) {
            const struct fault_plan plan = {class, nth, way, false};
            struct fault fault = run_once(&plan);
            ways = fault.ways;
            failures += fault.error != 0;
        }
        missed = ways ? 0 : missed + 1;
        reached += ways != 0;
    }
    ck_assert_uint_gt(reached, 0);
    printf("session: %zu %s calls, %zu of them failed, %zu failures\n", calls, fault_class_name(class),
           reached, failures);
}
END_TEST

int main(void)
{
    sweep_in_memory();
    SUITE_WITH_CASE(suite, tcase, "node/failures/session");
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_loop_test(tcase, whatever_fails_once_the_client_is_answered_or_let_go_and_the_next_is_served, 0,
                        FAULT_CLASSES);
    return run_suite(suite);
}
