/* The store under several threads and a second process. For the thread sanitizer too. */
#include <pthread.h>
#include <stdatomic.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/os/file.h"
#include "node/store.h"
#include "tests/support/memory_records.h"
#include "tests/support/samples.h"
#include "tests/support/stage.h"
#include "tests/support/support.h"

#define READERS     3
#define EPOCHS      25
#define DOMAINS     4
#define FIRST_EPOCH 100

static const struct {
    enum store_kind kind;
    bool in_memory; /* the records */
} kinds[] = {{STORE_LMDB, false}, {STORE_MPC_HOME, false}, {STORE_LMDB, true}};

static uint8_t key_bytes[16] = {0xbb};
static struct secret key = {.data = key_bytes, .len = sizeof(key_bytes), .cap = sizeof(key_bytes)};
static char *home;
static struct memory_records *disk;
static struct store *store;
static struct keyset keysets[EPOCHS];
static struct keyshares sets[EPOCHS];
static atomic_bool done;
static atomic_int faults;
static atomic_int served;

static void open_store(int kind)
{
    struct error err;
    struct store_options options = {.home_dir = home, .kind = kinds[kind].kind, .key = &key};
    if (kinds[kind].in_memory)
        options.records = memory_records_of(disk);
    ck_assert_ok_err(store_open(&options, &store, &err), err);
}

static void setup(void)
{
    home = fresh_dir();
    disk = memory_records_make();
    done = false;
    for (size_t i = 0; i < EPOCHS; i++) {
        sample_keyset(FIRST_EPOCH + i, DOMAINS, &keysets[i]);
        sample_keyshares(&keysets[i], i, &sets[i]);
    }
}

static void teardown(void)
{
    store_close(store);
    store = NULL;
    memory_records_free(disk);
    free_text(&home);
    for (size_t i = 0; i < EPOCHS; i++) {
        keyset_free(&keysets[i]);
        keyshares_free(&sets[i]);
    }
}

/* Whatever is served is exactly what was put for that keyset. */
static void *read_sets(void *unused)
{
    (void)unused;
    for (size_t i = 0; !done; i = (i + 1) % EPOCHS) {
        struct keyshares shares = {0};
        result_t result = store_get(store, &keysets[i], &shares, NULL);
        if (result == OUTCOME_OK) {
            served++;
            faults += !keyshares_equal(&shares, &sets[i]);
        } else {
            faults += result != OUTCOME_KEYSHARES_NOT_HELD;
        }
        keyshares_free(&shares);
    }
    return NULL;
}

/* As /ready does. */
static void *ask_what_is_held(void *unused)
{
    (void)unused;
    for (size_t i = 0; !done; i++) {
        result_t result = store_holds(store, &keysets[i % EPOCHS], i, NULL);
        faults += result != OUTCOME_OK && result != OUTCOME_KEYSHARES_NOT_HELD;
    }
    return NULL;
}

static void *write_outbox(void *unused)
{
    (void)unused;
    for (uint8_t i = 0; !done; i++) {
        struct bytes found = {0};
        uint8_t data[300] = {i, i};
        faults += store_outbox_put(store, data, sizeof(data), NULL) != OUTCOME_OK;
        faults += store_outbox_get(store, &found, NULL) != OUTCOME_OK || found.len != 300 ||
                  found.data[0] != found.data[1];
        bytes_free(&found);
    }
    return NULL;
}

static void stage_and_import(void)
{
    for (size_t i = 0; i < EPOCHS; i++) {
        ck_assert_outcome(stage_shares(store, &keysets[i], &sets[i], NULL), OUTCOME_KEYSHARES_STAGED);
        ck_assert_outcome(store_import(store, &keysets[i], 100, NULL), OUTCOME_KEYSHARES_STORED);
    }
}

START_TEST(readers_see_whole_sets_while_others_write)
{
    static void *(*const others[])(void *) = {write_outbox, ask_what_is_held, ask_what_is_held};
    pthread_t threads[READERS + ARRAY_LEN(others)];
    open_store(_i);
    for (size_t i = 0; i < ARRAY_LEN(threads); i++)
        ck_assert_int_eq(
            pthread_create(&threads[i], NULL, i < READERS ? read_sets : others[i - READERS], NULL), 0);
    stage_and_import();
    while (!served) /* a reader gets to the last epoch, which stays */
        sched_yield();
    done = true;
    for (size_t i = 0; i < ARRAY_LEN(threads); i++)
        ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
    ck_assert_int_eq(faults, 0);
    ck_assert_outcome(store_holds(store, &keysets[EPOCHS - 1], 0, NULL), OUTCOME_OK);
}
END_TEST

/* `keyshares import` beside the daemon: another process puts the odd epochs
 * while this one puts the even ones. */
START_TEST(two_processes_write_one_home_in_turns)
{
    int status;
    pid_t pid = fork();
    ck_assert_int_ge(pid, 0);
    open_store(_i);
    for (size_t i = pid == 0; i < EPOCHS; i += 2) {
        result_t result = store_put(store, &sets[i], NULL);
        if (result != OUTCOME_KEYSHARES_STORED && result != OUTCOME_KEYSHARES_OLDER) {
            if (pid == 0)
                _exit(1);
            ck_abort_msg("epoch %zu: %s", i, outcome_of(result)->name);
        }
    }
    if (pid == 0)
        _exit(0);
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    ck_assert_int_eq(status, 0);
    CLEANUP(keyshares_free) struct keyshares shares = {0};
    ck_assert_outcome(store_load(store, NULL, &shares, NULL), OUTCOME_OK);
    ck_assert(keyshares_equal(&shares, &sets[EPOCHS - 1]));
}
END_TEST

int main(void)
{
    SUITE_WITH_CASE(suite, tcase, "node/store threads");
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_loop_test(tcase, readers_see_whole_sets_while_others_write, 0, (int)ARRAY_LEN(kinds));
    tcase_add_loop_test(tcase, two_processes_write_one_home_in_turns, 0, 2);
    return run_suite(suite);
}
