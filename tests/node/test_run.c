/* The daemon as a process: start, port file, signals, and what it does with a real chain watch behind it. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "common/os/clock.h"
#include "common/os/file.h"
#include "common/os/listen.h"
#include "node/limits.h"
#include "tests/support/endpoint.h"
#include "tests/support/fake_rpc.h"
#include "tests/support/story.h"
#include "tests/support/support.h"
#include "tests/support/tls_client.h"

#define WAIT_MS          10000
#define POLL_INTERVAL_MS 50

static const struct story running = {.phase = PROTOCOL_RUNNING, .epoch_id = 5, .domains = 1, .listed_key = 1};

static struct fake_rpc *fake;
static struct ed25519_keypair backup;
static const char *home; /* named before any fork: each process has a temporary folder of its own */
static char port_file[256];
static char log_file[256];
static char pid_file[256];
static pid_t daemon_pid;
static struct error err;

static void setup(void)
{
    fake = fake_rpc_start();
    endpoint_keypair(0x22, &backup);
    home = temporary_dir();
    snprintf(port_file, sizeof port_file, "%s/port", home);
    snprintf(log_file, sizeof log_file, "%s/log", home);
    snprintf(pid_file, sizeof pid_file, "%s/pid", home);
    setenv("MPC_SECRET_STORE_KEY", "000102030405060708090a0b0c0d0e0f", 1);
}

static void teardown(void)
{
    if (daemon_pid > 0) {
        kill(daemon_pid, SIGKILL);
        waitpid(daemon_pid, NULL, 0);
    }
    ed25519_keypair_free(&backup);
    fake_rpc_stop(&fake);
}

static void pause_briefly(void)
{
    nanosleep(&(struct timespec){.tv_nsec = 500000}, NULL);
}

/* Let the contract say that this key is registered, from this height on. */
static void serve_key(const struct ed25519_public_key *key, uint64_t height)
{
    uint8_t hash[SHA256_LEN];
    char hash_text[HASH_TEXT_MAX];
    char key_text[ED25519_KEY_TEXT_MAX];
    char text[256];
    memset(hash, (int)height, sizeof hash);
    hash_format(hash, hash_text);
    ed25519_public_key_format(key, key_text);
    snprintf(text, sizeof text, "{\"" STORY_ACCOUNT "\":[{\"public_key\":\"%s\"},null]}", key_text);
    story_serve_status(fake, false);
    story_serve_views(&running, fake, height);
    fake_rpc_forget(fake, "query:migration_info");
    fake_rpc_view(fake, "query:migration_info", text, height, hash_text);
    story_serve_block(fake, height, (uint64_t)clock_wall_ms());
}

static void exec_daemon(const char *listen, bool as_pid_1)
{
    char path[4096];
    int log = open(log_file, O_CREAT | O_WRONLY | O_APPEND | O_CLOEXEC, 0600);
    snprintf(path, sizeof path, "%s/mpc-migrationd", getenv("top_builddir"));
    dup2(log, STDERR_FILENO);
    if (as_pid_1) {
        /* The first child of the new namespace is its PID 1. */
        if (unshare(CLONE_NEWPID) != 0)
            _exit(77);
        pid_t child = fork();
        int status = 0;
        if (child > 0) {
            FILE *file = fopen(pid_file, "w");
            fprintf(file, "%d", (int)child);
            fclose(file);
            waitpid(child, &status, 0);
            _exit(WIFEXITED(status) ? WEXITSTATUS(status) : 99);
        }
    }
    execl(path, "mpc-migrationd", "run", "--home-dir", home, "--account-id", STORY_ACCOUNT, "--contract-id",
          STORY_CONTRACT, "--near-rpc-url", fake_rpc_url(fake), "--listen", listen, "--telemetry-listen",
          "127.0.0.1:0", "--poll-interval-ms", "50", "--workers", "2", "--port-file", port_file,
          (char *)NULL);
    _exit(98);
}

static void spawn(const char *listen, bool as_pid_1)
{
    fflush(NULL);
    daemon_pid = fork();
    ck_assert_int_ge(daemon_pid, 0);
    if (daemon_pid == 0)
        exec_daemon(listen, as_pid_1);
}

/* What the process ended with, at most WAIT_MS from now; -1 when a signal ended it. */
static int exit_code(void)
{
    int status = 0;
    int64_t until = clock_mono_ms() + WAIT_MS;
    while (waitpid(daemon_pid, &status, WNOHANG) == 0) {
        ck_assert_msg(clock_mono_ms() < until, "the daemon does not end");
        pause_briefly();
    }
    daemon_pid = 0;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void read_log(struct bytes *out)
{
    bytes_clear(out);
    ck_assert_ok_err(file_read(log_file, 1 << 20, out, &err), err);
}

/* Wait for the port file and read the address from it. */
static void wait_until_ready(struct address *address)
{
    CLEANUP(bytes_free) struct bytes text = {0};
    char listen[ADDRESS_TEXT_MAX];
    int64_t until = clock_mono_ms() + WAIT_MS;
    while (!file_exists(port_file)) {
        if (clock_mono_ms() > until) {
            read_log(&text);
            ck_abort_msg("no port file; log: %s", (const char *)text.data);
        }
        pause_briefly();
    }
    ck_assert_ok_err(file_read(port_file, 1024, &text, &err), err);
    ck_assert_int_eq(sscanf((const char *)text.data, "{\"listen\":\"%79[^\"]\"", listen), 1);
    ck_assert_ok_err(address_parse(listen, address, &err), err);
}

/* Wait until the registered key gets in. */
static void wait_for_session(struct tls_client *client, const struct address *address)
{
    CLEANUP(bytes_free) struct bytes head = {0};
    CLEANUP(bytes_free) struct bytes body = {0};
    int status = 0;
    int64_t until = clock_mono_ms() + WAIT_MS;
    while (clock_mono_ms() < until) {
        if (client_open_as(client, address, &backup) &&
            client_send_text(client, "GET /hello HTTP/1.1\r\n\r\n") &&
            client_receive(client, &head, &body, &status) && status == 200)
            return;
        client_close(client);
        pause_briefly();
    }
    ck_abort_msg("the registered key does not get in");
}

static void wait_until_refused(const struct address *address)
{
    int64_t until = clock_mono_ms() + WAIT_MS;
    int result = 0;
    while (result == 0 && clock_mono_ms() < until) {
        int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        result = connect(fd, (const struct sockaddr *)&address->storage, address->len);
        close(fd);
        pause_briefly();
    }
    ck_assert_int_ne(result, 0);
}

START_TEST(it_listens_without_waiting_for_the_rpc_and_stops_on_a_signal)
{
    static const int signals[] = {SIGTERM, SIGINT};
    struct address address;
    CLEANUP(bytes_free) struct bytes log = {0};
    fake_rpc_reply(fake, "status", &(struct fake_reply){.kind = FAKE_HANG});
    for (size_t i = 0; i < ARRAY_LEN(signals); i++) {
        int64_t start = clock_mono_ms();
        spawn("127.0.0.1:0", false);
        wait_until_ready(&address);
        printf("listening %lld ms after start\n", (long long)(clock_mono_ms() - start));
        close(client_connect(&address));
        kill(daemon_pid, signals[i]);
        ck_assert_int_eq(exit_code(), 0);
        unlink(port_file);
    }
    read_log(&log);
    ck_assert_text_has((const char *)log.data, "ready: listening on 127.0.0.1:");
    ck_assert_text_has((const char *)log.data, "made ");
}
END_TEST

START_TEST(it_stops_on_sigterm_as_pid_1)
{
    CLEANUP(bytes_free) struct bytes text = {0};
    struct address address;
    spawn("127.0.0.1:0", true);
    int status;
    pause_briefly();
    if (waitpid(daemon_pid, &status, WNOHANG) == daemon_pid && WIFEXITED(status) &&
        WEXITSTATUS(status) == 77) {
        daemon_pid = 0;
        printf("SKIP: no right to make a PID namespace\n");
        return;
    }
    wait_until_ready(&address);
    ck_assert_ok_err(file_read(pid_file, 64, &text, &err), err);
    kill((pid_t)atoi((const char *)text.data), SIGTERM);
    ck_assert_int_eq(exit_code(), 0);
}
END_TEST

START_TEST(a_port_in_use_ends_the_start_with_a_clear_text)
{
    struct address any;
    struct address taken;
    CLEANUP(bytes_free) struct bytes log = {0};
    char listen[ADDRESS_TEXT_MAX];
    CLEANUP(close_fd) int fd = -1;
    ck_assert_ok_err(address_parse("127.0.0.1:0", &any, &err), err);
    ck_assert_ok_err(listen_tcp(&any, 1, &fd, &taken, &err), err);
    address_format(&taken, listen);
    spawn(listen, false);
    ck_assert_int_eq(exit_code(), 2);
    read_log(&log);
    ck_assert_text_has((const char *)log.data, "[address_in_use]");
    ck_assert_text_has((const char *)log.data, listen);
    ck_assert(!file_exists(port_file));
}
END_TEST

START_TEST(a_request_under_way_may_finish_after_sigterm)
{
    struct address address;
    struct tls_client client;
    CLEANUP(bytes_free) struct bytes head = {0};
    CLEANUP(bytes_free) struct bytes body = {0};
    int status;
    serve_key(&backup.public_key, 100);
    spawn("127.0.0.1:0", false);
    wait_until_ready(&address);
    wait_for_session(&client, &address);
    ck_assert(client_send_text(
        &client, "PUT /set_keyshares HTTP/1.1\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n"));
    ck_assert(client_receive(&client, &head, &body, &status)); /* 100: it is under way */
    kill(daemon_pid, SIGTERM);
    wait_until_refused(&address);
    ck_assert(client_send_text(&client, "oKGi"));
    ck_assert(client_receive(&client, &head, &body, &status));
    ck_assert_int_eq(status, 400);
    ck_assert_int_eq(exit_code(), 0);
    client_close(&client);
}
END_TEST

START_TEST(a_second_signal_ends_it_at_once)
{
    struct address address;
    struct tls_client client;
    CLEANUP(bytes_free) struct bytes head = {0};
    CLEANUP(bytes_free) struct bytes body = {0};
    int status;
    serve_key(&backup.public_key, 100);
    spawn("127.0.0.1:0", false);
    wait_until_ready(&address);
    wait_for_session(&client, &address);
    ck_assert(client_send_text(
        &client, "PUT /set_keyshares HTTP/1.1\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n"));
    ck_assert(client_receive(&client, &head, &body, &status));
    int64_t start = clock_mono_ms();
    kill(daemon_pid, SIGTERM);
    wait_until_refused(&address);
    kill(daemon_pid, SIGTERM);
    ck_assert_int_eq(exit_code(), 1);
    ck_assert_int_lt(clock_mono_ms() - start, LIMIT_DRAIN_MS);
    client_close(&client);
}
END_TEST

START_TEST(a_rotation_on_chain_cuts_the_session_of_the_old_key)
{
    const struct ed25519_public_key next = {.bytes = {7, 7, 7}};
    struct address address;
    struct tls_client client;
    serve_key(&backup.public_key, 100);
    spawn("127.0.0.1:0", false);
    wait_until_ready(&address);
    wait_for_session(&client, &address);
    serve_key(&next, 101);
    int64_t start = clock_mono_ms();
    ck_assert(client_ended(&client));
    printf("session cut %lld ms after the rotation was final, poll interval %d ms\n",
           (long long)(clock_mono_ms() - start), POLL_INTERVAL_MS);
    client_close(&client);
}
END_TEST

START_TEST(a_second_daemon_on_the_same_home_is_refused)
{
    struct address address;
    CLEANUP(bytes_free) struct bytes log = {0};
    spawn("127.0.0.1:0", false);
    wait_until_ready(&address);
    pid_t first = daemon_pid;
    spawn("127.0.0.1:0", false);
    ck_assert_int_eq(exit_code(), 2);
    daemon_pid = first;
    read_log(&log);
    ck_assert_text_has((const char *)log.data, "[home_locked]");
}
END_TEST

int main(void)
{
    if (!getenv("top_builddir")) {
        printf("SKIP: run by make check, which says where mpc-migrationd was built\n");
        return 77;
    }
    SUITE_WITH_CASE(suite, tcase, "run");
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, it_listens_without_waiting_for_the_rpc_and_stops_on_a_signal);
    tcase_add_test(tcase, it_stops_on_sigterm_as_pid_1);
    tcase_add_test(tcase, a_port_in_use_ends_the_start_with_a_clear_text);
    tcase_add_test(tcase, a_request_under_way_may_finish_after_sigterm);
    tcase_add_test(tcase, a_second_signal_ends_it_at_once);
    tcase_add_test(tcase, a_rotation_on_chain_cuts_the_session_of_the_old_key);
    tcase_add_test(tcase, a_second_daemon_on_the_same_home_is_refused);
    return run_suite(suite);
}
