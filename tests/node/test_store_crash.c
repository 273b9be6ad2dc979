/* After any crash the stored set is exactly the old or exactly the new one, and doing it again is harmless
 * (design.md, "Store"). */
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/os/file.h"
#include "node/store.h"
#include "tests/support/samples.h"
#include "tests/support/stage.h"
#include "tests/support/support.h"

#define STEPS_MAX      32
#define KILLS          8
#define KILL_EPOCHS    400
#define KILL_AFTER_MAX 40

static const enum store_kind kinds[] = {STORE_LMDB, STORE_MPC_HOME};

static uint8_t key_bytes[16] = {0xaa};
static struct secret key = {.data = key_bytes, .len = sizeof(key_bytes), .cap = sizeof(key_bytes)};
static char *home;
static struct store *store;
static struct error err;

static void teardown(void)
{
    store_close(store);
    store = NULL;
    free_text(&home);
}

static void open_store(int kind, void (*step)(const char *name))
{
    struct store_options options = {.home_dir = home, .kind = kinds[kind], .key = &key, .step = step};
    ck_assert_ok_err(store_open(&options, &store, &err), err);
}

static void close_store(void)
{
    store_close(store);
    store = NULL;
}

static void make_set(uint64_t epoch_id, struct keyset *keyset, struct keyshares *shares)
{
    sample_keyset(epoch_id, 3, keyset);
    sample_keyshares(keyset, epoch_id, shares);
}

static int steps_left; /* of the child */

static void die_at_step(const char *name)
{
    (void)name;
    if (steps_left-- == 0)
        _exit(77);
}

/* In a child of its own: import, and die when `step` steps are done. True when it died. */
static bool import_and_die(int kind, int step, const struct keyset *keyset)
{
    int status;
    pid_t pid = fork();
    ck_assert_int_ge(pid, 0);
    if (pid == 0) {
        steps_left = step;
        open_store(kind, die_at_step);
        _exit(store_import(store, keyset, 100, NULL) == OUTCOME_KEYSHARES_STORED ? 0 : 1);
    }
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    ck_assert(WIFEXITED(status) && (WEXITSTATUS(status) == 77 || WEXITSTATUS(status) == 0));
    return WEXITSTATUS(status) == 77;
}

static bool stored_is(const struct keyshares *expected)
{
    CLEANUP(keyshares_free) struct keyshares shares = {0};
    ck_assert_ok_err(store_load(store, NULL, &shares, &err), err);
    return keyshares_equal(&shares, expected);
}

START_TEST(a_crash_after_any_step_of_an_import_leaves_the_old_set_or_the_new)
{
    CLEANUP(keyset_free) struct keyset old_keyset = {0}, new_keyset = {0};
    CLEANUP(keyshares_free) struct keyshares old = {0}, new = {0};
    make_set(5, &old_keyset, &old);
    make_set(6, &new_keyset, &new);
    bool died = true;
    int step = 0;
    for (; died && step < STEPS_MAX; step++) {
        CLEANUP(keyshares_free) struct keyshares kept = {0};
        home = fresh_dir();
        open_store(_i, NULL);
        ck_assert_outcome(store_put(store, &old, &err), OUTCOME_KEYSHARES_STORED);
        ck_assert_outcome(stage_shares(store, &new_keyset, &new, &err), OUTCOME_KEYSHARES_STAGED);
        close_store();
        died = import_and_die(_i, step, &new_keyset);
        open_store(_i, NULL);
        ck_assert(stored_is(&old) || stored_is(&new));
        result_t again = store_import(store, &new_keyset, 100, &err);
        ck_assert_msg(again == OUTCOME_KEYSHARES_STORED || again == OUTCOME_KEYSHARES_UNCHANGED,
                      "step %d: %s: %s", step, outcome_of(again)->name, err.text);
        ck_assert(stored_is(&new));
        ck_assert_outcome(store_import(store, &new_keyset, 100, &err), OUTCOME_KEYSHARES_UNCHANGED);
        ck_assert_outcome(store_load_kept(store, STORE_STAGED, 0, &kept, &err), OUTCOME_STORE_NOT_FOUND);
        ck_assert_ok_err(store_load(store, &(uint64_t){5}, &kept, &err), err);
        close_store();
        free_text(&home);
    }
    ck_assert_msg(!died && step >= 3, "only %d steps", step);
}
END_TEST

/* The newest. */
static void load_receipt(struct receipt_signed *out)
{
    CLEANUP(bytes_free) struct bytes envelope = {0};
    ck_assert_ok_err(store_load_receipt(store, 0, &envelope, &err), err);
    ck_assert_ok_err(receipt_read((char *)envelope.data, envelope.len, out, &err), err);
}

START_TEST(a_crash_after_staging_keeps_the_staged_shares_and_their_receipt)
{
    CLEANUP(keyset_free) struct keyset keyset = {0};
    CLEANUP(keyshares_free) struct keyshares shares = {0}, kept = {0};
    make_set(5, &keyset, &shares);
    home = fresh_dir();
    pid_t pid = fork();
    if (pid == 0) {
        steps_left = 0;
        open_store(_i, die_at_step);
        _exit(stage_shares(store, &keyset, &shares, NULL) == OUTCOME_KEYSHARES_STAGED ? 0 : 1);
    }
    int status;
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    ck_assert_int_eq(WEXITSTATUS(status), 77);
    open_store(_i, NULL);
    ck_assert_ok_err(store_load_kept(store, STORE_STAGED, 0, &kept, &err), err);
    ck_assert(keyshares_equal(&kept, &shares));
    /* Nobody was told of the first receipt; the one for the same shares again follows it. */
    CLEANUP(receipt_signed_free) struct receipt_signed first = {0}, second = {0};
    load_receipt(&first);
    ck_assert_outcome(stage_shares(store, &keyset, &shares, &err), OUTCOME_KEYSHARES_STAGED);
    load_receipt(&second);
    ck_assert_int_eq(receipt_link(&first, &second), RECEIPT_LINKED);
}
END_TEST

/* Stage and import one epoch after the other, writing a byte to `fd` when one is stored. */
static void child_imports(int kind, uint64_t first, int fd)
{
    open_store(kind, NULL);
    for (uint64_t epoch = first; epoch < first + KILL_EPOCHS; epoch++) {
        struct keyset keyset = {0};
        struct keyshares shares = {0};
        make_set(epoch, &keyset, &shares);
        if (stage_shares(store, &keyset, &shares, NULL) != OUTCOME_KEYSHARES_STAGED ||
            store_import(store, &keyset, 100, NULL) != OUTCOME_KEYSHARES_STORED || write(fd, "x", 1) != 1)
            _exit(1);
        keyset_free(&keyset);
        keyshares_free(&shares);
    }
    _exit(0);
}

/* Let a child import until `count` epochs are acknowledged, kill it, and return how many were in the end. */
static uint64_t kill_after(int kind, uint64_t first, uint64_t count)
{
    int pipe_fds[2];
    char byte;
    uint64_t acknowledged = 0;
    ck_assert_int_eq(pipe(pipe_fds), 0);
    pid_t pid = fork();
    ck_assert_int_ge(pid, 0);
    if (pid == 0) {
        close(pipe_fds[0]);
        child_imports(kind, first, pipe_fds[1]);
    }
    close(pipe_fds[1]);
    while (acknowledged < count && read(pipe_fds[0], &byte, 1) == 1)
        acknowledged++;
    kill(pid, SIGKILL);
    while (read(pipe_fds[0], &byte, 1) == 1)
        acknowledged++;
    close(pipe_fds[0]);
    ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
    return acknowledged;
}

START_TEST(kill_9_at_any_time_loses_nothing_that_was_acknowledged)
{
    uint64_t state = test_seed();
    uint64_t next = 1;
    home = fresh_dir();
    for (int round = 0; round < KILLS; round++) {
        CLEANUP(keyset_free) struct keyset keyset = {0};
        CLEANUP(keyshares_free) struct keyshares shares = {0}, expected = {0};
        uint64_t count = 1 + test_random(&state) % KILL_AFTER_MAX;
        uint64_t acknowledged = kill_after(_i, next, count);
        ck_assert_uint_ge(acknowledged, count);
        open_store(_i, NULL);
        ck_assert_ok_err(store_load(store, NULL, &shares, &err), err);
        uint64_t epoch = shares.items[0].id.epoch_id;
        ck_assert_uint_ge(epoch, next + acknowledged - 1);
        ck_assert_uint_le(epoch, next + acknowledged);
        make_set(epoch, &keyset, &expected);
        ck_assert(keyshares_equal(&shares, &expected));
        close_store();
        next = epoch + 1;
    }
}
END_TEST

START_TEST(a_disk_that_takes_no_more_leaves_the_old_set)
{
    CLEANUP(keyset_free) struct keyset old_keyset = {0}, new_keyset = {0};
    CLEANUP(keyshares_free) struct keyshares old = {0}, new = {0};
    const struct rlimit none = {4096, RLIM_INFINITY}, all = {RLIM_INFINITY, RLIM_INFINITY};
    make_set(5, &old_keyset, &old);
    make_set(6, &new_keyset, &new);
    home = fresh_dir();
    open_store(_i, NULL);
    ck_assert_outcome(store_put(store, &old, &err), OUTCOME_KEYSHARES_STORED);
    signal(SIGXFSZ, SIG_IGN);
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &none), 0);
    result_t staged = stage_shares(store, &new_keyset, &new, &err);
    result_t put = store_put(store, &new, &err);
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &all), 0);
    ck_assert_msg(outcome_of(staged)->class == CLASS_STORE, "%s", outcome_of(staged)->name);
    /* The limit is one of each file: a Rust node's is small enough, and the migration store is not written. */
    bool stores = kinds[_i] == STORE_MPC_HOME;
    ck_assert_msg(stores ? put == OUTCOME_KEYSHARES_STORED : outcome_of(put)->class == CLASS_STORE, "%s",
                  outcome_of(put)->name);
    ck_assert(stored_is(stores ? &new : &old));
    close_store();
    open_store(_i, NULL);
    result_t again = store_put(store, &new, &err);
    ck_assert_msg(outcome_ok(again), "%s: %s", outcome_of(again)->name, err.text);
    ck_assert(stored_is(&new));
}
END_TEST

#define EACH_KIND(test) tcase_add_loop_test(tcase, test, 0, (int)ARRAY_LEN(kinds))

int main(void)
{
    SUITE_WITH_CASE(suite, tcase, "node/store after a crash");
    tcase_add_checked_fixture(tcase, NULL, teardown);
    EACH_KIND(a_crash_after_any_step_of_an_import_leaves_the_old_set_or_the_new);
    EACH_KIND(a_crash_after_staging_keeps_the_staged_shares_and_their_receipt);
    EACH_KIND(a_disk_that_takes_no_more_leaves_the_old_set);
    EACH_KIND(kill_9_at_any_time_loses_nothing_that_was_acknowledged);
    return run_suite(suite);
}
