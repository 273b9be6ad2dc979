/* Every call of the daemon's start and stop, failing once in each of its ways (tests/support/sweep.h): a
 * start either is one or says why and leaves nothing behind, and the next one finds the same keys and the
 * same shares. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "common/os/file.h"
#include "node/daemon.h"
#include "tests/support/copy_tree.h"
#include "tests/support/samples.h"
#include "tests/support/support.h"
#include "tests/support/sweep.h"

#define STORE_KEY  "000102030405060708090a0b0c0d0e0f"
#define BACKUP_KEY "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"

static char *home;
static char *template_home; /* that of a node which has run before; NULL: a new one */
static char *port_file;
static struct ed25519_public_key p2p_key; /* of the template */
static struct options options;
static struct config config;
static struct daemon node;
static bool running;
static struct error err;

/* ---- the command line ---- */

static void set_environment(void)
{
    /* In place, for what setenv(3) allocates stays. They were overwritten when they were read. */
    static char store_key[128], backup_key[128];
    snprintf(store_key, sizeof store_key, "MPC_SECRET_STORE_KEY=%s", STORE_KEY);
    snprintf(backup_key, sizeof backup_key, "MPC_BACKUP_ENCRYPTION_KEY_HEX=%s", BACKUP_KEY);
    putenv(store_key);
    putenv(backup_key);
}

static result_t read_config(struct error *told)
{
    static char line[1024];
    char *words[32];
    int count = 0;
    snprintf(line, sizeof line,
             "mpc-migrationd --home-dir %s --account-id alice.near --contract-id v1.signer.test"
             " --near-rpc-url http://127.0.0.1:1 --near-rpc-url http://127.0.0.1:2 --near-rpc-url "
             "http://127.0.0.1:3"
             " --listen 127.0.0.1:0 --telemetry-listen 127.0.0.1:0 --workers 2 --port-file %s",
             home, port_file);
    for (char *word = strtok(line, " "); word; word = strtok(NULL, " "))
        words[count++] = word;
    TRY(options_parse(&config_program, count, words, &options, told));
    return config_read(&options, &config, told);
}

static void free_config(void)
{
    config_free(&config);
    options_free(&options);
}

static void prepare_config(void)
{
    set_environment();
}

static void after_config(result_t result)
{
    (void)result;
    free_config();
    set_environment();
    ck_assert_ok_err(read_config(&err), err);
    ck_assert_str_eq(config.home_dir, home);
    ck_assert_uint_eq(config.rpc_url_count, 3);
    free_config();
}

/* ---- start and stop ---- */

static result_t start(struct error *told)
{
    result_t result = daemon_start(&config, &node, told);
    running = result == OUTCOME_OK;
    return result;
}

static void stop(void)
{
    daemon_stop(&node);
    running = false;
}

static void prepare_home(void)
{
    home = fresh_dir();
    if (template_home)
        copy_tree(template_home, home);
    ck_assert_int_gt(asprintf(&port_file, "%s/ports", home), 0);
    set_environment();
    ck_assert_ok_err(read_config(&err), err);
}

static void check_running(void)
{
    CLEANUP(bytes_free) struct bytes ports = {0};
    CLEANUP(keyshares_free) struct keyshares shares = {0};
    ck_assert_ok_err(file_read(port_file, 1024, &ports, &err), err);
    ck_assert_text_has((const char *)ports.data, "\"telemetry\":\"127.0.0.1:");
    if (!template_home)
        return;
    ck_assert(ed25519_public_key_equal(&node.identity.p2p.public_key, &p2p_key));
    ck_assert_ok_err(store_load(node.store, NULL, &shares, &err), err);
    ck_assert_uint_eq(shares.count, 3);
}

static void leave(void)
{
    free_config();
    remove_tree(home);
    free_text(&home);
    free_text(&port_file);
}

static void after_start(result_t result)
{
    ck_assert_int_eq(running, result == OUTCOME_OK);
    if (running) {
        check_running();
        stop();
    }
    ck_assert_ok_err(start(&err), err);
    check_running();
    stop();
    leave();
}

/* What a node leaves that has run, with shares of epoch 5 stored. */
static void make_template(void)
{
    CLEANUP(keyset_free) struct keyset keyset = {0};
    CLEANUP(keyshares_free) struct keyshares shares = {0};
    prepare_home();
    ck_assert_ok_err(start(&err), err);
    p2p_key = node.identity.p2p.public_key;
    sample_keyset(5, 3, &keyset);
    sample_keyshares(&keyset, 1, &shares);
    ck_assert(outcome_ok(store_put(node.store, &shares, &err)));
    stop();
    free_config();
    unlink(port_file);
    free_text(&port_file);
    template_home = home;
    home = NULL;
}

static void prepare_running(void)
{
    prepare_home();
    ck_assert_ok_err(start(&err), err);
}

/* As on a signal (node/run.c). */
static result_t drain_and_stop(struct error *told)
{
    (void)told;
    uint64_t count;
    int done = eventfd(0, EFD_CLOEXEC);
    daemon_drain(&node, done);
    int told_all = done < 0 ? 0 : eventfd_read(done, &count);
    stop();
    close(done);
    return told_all == 0 ? OUTCOME_OK : OUTCOME_INTERNAL;
}

static void after_stop(result_t result)
{
    after_start(result == OUTCOME_OK ? OUTCOME_SHUTTING_DOWN : result);
}

/* ---- the table ---- */

static const struct sweep_row start_rows[] = {
#ifdef FAULTS_EVERYWHERE
    /* pthread_create() has one word for all it lacks, and wolfSSL none for why it does not take a
     * certificate. */
    {FAULT_MEMORY, NULL, 0, false, {OUTCOME_NO_MEMORY, OUTCOME_LIMIT, OUTCOME_CRYPTO_FAILED}},
#endif
    /* libcurl goes without what wakes it, and looks up every second. */
    {FAULT_SYSTEM, "socketpair", 0, true, {OUTCOME_LIMIT, OUTCOME_NO_MEMORY}},
    {FAULT_SYSTEM, "open", ENOMEM, true, {OUTCOME_NO_MEMORY, OUTCOME_CRYPTO_FAILED}},
    {FAULT_SYSTEM, "setsockopt", 0, true, {OUTCOME_NO_MEMORY}}, /* of a buffer's size */
    {FAULT_SYSTEM, NULL, ENOMEM, false, {OUTCOME_NO_MEMORY}},
    /* Whose file it is decides who has to act. */
    {FAULT_SYSTEM, "stat", 0, false, {OUTCOME_STORE_IO, OUTCOME_CONFIG_INVALID, OUTCOME_SECRETS_UNREADABLE}},
    /* wolfSSL reads /dev/urandom, or /dev/random where that cannot be opened. */
    {FAULT_SYSTEM,
     "open",
     EACCES,
     true,
     {OUTCOME_STORE_IO, OUTCOME_SECRETS_UNREADABLE, OUTCOME_CRYPTO_FAILED}},
    {FAULT_SYSTEM,
     "open",
     EMFILE,
     true,
     {OUTCOME_STORE_IO, OUTCOME_SECRETS_UNREADABLE, OUTCOME_CRYPTO_FAILED}},
    {FAULT_SYSTEM, "open", EIO, true, {OUTCOME_STORE_IO, OUTCOME_SECRETS_UNREADABLE, OUTCOME_CRYPTO_FAILED}},
    {FAULT_SYSTEM, "fstat", 0, true, {OUTCOME_STORE_IO, OUTCOME_SECRETS_UNREADABLE}},
    /* It does not read again; the kernel gives so few random bytes whole and uninterrupted. */
    {FAULT_SYSTEM, "read", EINTR, true, {OUTCOME_CRYPTO_FAILED}},
    {FAULT_SYSTEM, "read", FAULT_SHORT, true, {OUTCOME_CRYPTO_FAILED}},
    {FAULT_SYSTEM, "read", EIO, false, {OUTCOME_STORE_IO, OUTCOME_SECRETS_UNREADABLE, OUTCOME_CRYPTO_FAILED}},
    /* What a server needs of the system. */
    {FAULT_SYSTEM, "bind", EADDRINUSE, false, {OUTCOME_ADDRESS_IN_USE}},
    {FAULT_SYSTEM, "listen", EADDRINUSE, false, {OUTCOME_ADDRESS_IN_USE}},
    {FAULT_SYSTEM, "bind", 0, false, {OUTCOME_CONFIG_INVALID}},
    {FAULT_SYSTEM, "socket", EAFNOSUPPORT, false, {OUTCOME_CONFIG_INVALID}},
    {FAULT_SYSTEM, "socket", 0, false, {OUTCOME_LIMIT}},
    {FAULT_SYSTEM, "eventfd", 0, false, {OUTCOME_LIMIT}},
    {FAULT_SYSTEM, "epoll_create1", 0, false, {OUTCOME_LIMIT}},
    {FAULT_SYSTEM, "epoll_ctl", 0, false, {OUTCOME_LIMIT}},
    {FAULT_SYSTEM, "pthread_create", 0, false, {OUTCOME_LIMIT}},
    {FAULT_SYSTEM, "getsockname", 0, true, {OUTCOME_NO_MEMORY}},
    {FAULT_SYSTEM, "access", EACCES, false, {OUTCOME_CONFIG_INVALID}},
    SWEEP_ROWS_END,
};

/* A stop does what it can and always ends. */
static const struct sweep_row stop_rows[] = {
    {FAULT_MEMORY, NULL, 0, true, {OUTCOME_OK}},
    {FAULT_SYSTEM, NULL, 0, true, {OUTCOME_OK}},
    {FAULT_LMDB, NULL, 0, true, {OUTCOME_OK}},
    {FAULT_CRYPTO, NULL, 0, true, {OUTCOME_OK}},
    SWEEP_ROWS_END,
};

static const struct operation {
    struct sweep sweep;
    bool has_run; /* the node has run before */
} operations[] = {
    {{"configure", prepare_config, read_config, after_config, NULL, false}, false},
    {{"start in a new home", prepare_home, start, after_start, start_rows, true}, false},
    {{"start", prepare_home, start, after_start, start_rows, true}, true},
    {{"stop", prepare_running, drain_and_stop, after_stop, stop_rows, true}, true},
};

START_TEST(whatever_fails_once_is_told_and_the_next_start_is_one)
{
    unsigned at = (unsigned)_i;
    const struct operation *operation = &operations[at / SWEEP_CLASSES];
    if (operation->has_run)
        make_template();
    if (operation->sweep.act == read_config) {
        home = fresh_dir();
        port_file = strdup("/ports");
    }
    sweep_run(&operation->sweep, at % SWEEP_CLASSES);
    free_text(&home);
    free_text(&port_file);
    free_text(&template_home);
}
END_TEST

int main(void)
{
    sweep_in_memory();
    SUITE_WITH_CASE(suite, tcase, "node/failures/daemon");
    tcase_add_loop_test(tcase, whatever_fails_once_is_told_and_the_next_start_is_one, 0,
                        (int)(ARRAY_LEN(operations) * SWEEP_CLASSES));
    return run_suite(suite);
}
