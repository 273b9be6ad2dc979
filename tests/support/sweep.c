#include "tests/support/sweep.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <lmdb.h>
#include <wolfssl/options.h>
#include <wolfssl/wolfcrypt/error-crypt.h>
#include <wolfssl/wolfcrypt/integer.h>

#include "tests/support/support.h"

/* More calls than any operation makes. */
#define CALLS_MAX 20000
/* A second, a millisecond each. */
#define THREAD_WAITS_MAX 1000

/* The one table of what a failure is told as. */
static const struct sweep_row rows_for_all[] = {
    {FAULT_MEMORY, "mlock", 0, true, {OUTCOME_OK}}, /* a secret that cannot be locked is logged */
    {FAULT_MEMORY, NULL, 0, false, {OUTCOME_NO_MEMORY}},

    {FAULT_SYSTEM, NULL, EINTR, true, {OUTCOME_OK}},
    {FAULT_SYSTEM, "close", 0, true, {OUTCOME_OK}},        /* what was to last was synced before */
    {FAULT_SYSTEM, "unlink", 0, true, {OUTCOME_STORE_IO}}, /* of what is swept the next time */
    /* LMDB asks what kind of file system it is, and believes in a local one. */
    {FAULT_SYSTEM, "fstatfs", 0, true, {OUTCOME_OK}},
    {FAULT_SYSTEM, NULL, ENOMEM, false, {OUTCOME_NO_MEMORY}},
    {FAULT_SYSTEM, NULL, ENOSPC, false, {OUTCOME_STORE_FULL}},
    /* A file system that cannot reserve: LMDB finds out itself whether there is room. */
    {FAULT_SYSTEM, "fallocate", EOPNOTSUPP, true, {OUTCOME_OK}},
    /* LMDB takes a page of which half was written for a broken disk, and half a first head for a full one. */
    {FAULT_SYSTEM, "pwrite", FAULT_SHORT, false, {OUTCOME_STORE_IO, OUTCOME_STORE_FULL}},
    {FAULT_SYSTEM, NULL, FAULT_SHORT, true, {OUTCOME_OK}},
    {FAULT_SYSTEM, NULL, 0, false, {OUTCOME_STORE_IO}},

    {FAULT_LMDB, NULL, ENOMEM, false, {OUTCOME_NO_MEMORY}},
    {FAULT_LMDB, NULL, ENOSPC, false, {OUTCOME_STORE_FULL}},
    {FAULT_LMDB, NULL, MDB_MAP_FULL, true, {OUTCOME_STORE_FULL}},  /* it grows */
    {FAULT_LMDB, NULL, MDB_MAP_RESIZED, true, {OUTCOME_STORE_IO}}, /* another process grew it */
    {FAULT_LMDB, NULL, MDB_PANIC, true, {OUTCOME_STORE_IO}},       /* it is opened anew */
    {FAULT_LMDB, NULL, MDB_READERS_FULL, false, {OUTCOME_BUSY}},
    {FAULT_LMDB, NULL, MDB_TXN_FULL, false, {OUTCOME_STORE_FULL}},
    {FAULT_LMDB, NULL, MDB_CORRUPTED, false, {OUTCOME_STORE_CORRUPT}},
    {FAULT_LMDB, NULL, MDB_PAGE_NOTFOUND, false, {OUTCOME_STORE_CORRUPT}},
    {FAULT_LMDB, NULL, MDB_INVALID, false, {OUTCOME_STORE_CORRUPT}},
    {FAULT_LMDB, NULL, MDB_VERSION_MISMATCH, false, {OUTCOME_STORE_CORRUPT}},
    {FAULT_LMDB, NULL, 0, false, {OUTCOME_STORE_IO}},

    {FAULT_CRYPTO, NULL, EINTR, true, {OUTCOME_OK}},
    {FAULT_CRYPTO, NULL, FAULT_SHORT, true, {OUTCOME_OK}},
    {FAULT_CRYPTO, NULL, MEMORY_E, false, {OUTCOME_NO_MEMORY}},
    {FAULT_CRYPTO, NULL, MP_MEM, false, {OUTCOME_NO_MEMORY}},
    {FAULT_CRYPTO, NULL, 0, false, {OUTCOME_CRYPTO_FAILED}},
    SWEEP_ROWS_END,
};

static const struct sweep_row *row_among(const struct sweep_row *rows, const struct fault *fault)
{
    for (; rows && rows->class != FAULT_CLASSES; rows++)
        if (rows->class == fault->class &&
            (!rows->function || strcmp(rows->function, fault->function) == 0) &&
            (!rows->error || rows->error == fault->error))
            return rows;
    return NULL;
}

static size_t entries(const char *path)
{
    DIR *dir = opendir(path);
    ck_assert_ptr_nonnull(dir);
    size_t count = 0;
    while (readdir(dir))
        count++;
    closedir(dir);
    return count;
}

/* What must be the same before and after. */
struct belongings {
    size_t descriptors;
    size_t threads;
    long memory;
};

static struct belongings belongings_now(void)
{
    return (struct belongings){entries("/proc/self/fd"), entries("/proc/self/task"), faults_living()};
}

/* Who was joined is seen until the kernel is done with it; who was not, for good. */
static size_t threads_beyond(size_t expected)
{
    const struct timespec wait = {.tv_nsec = 1000000};
    size_t threads = entries("/proc/self/task");
    for (unsigned i = 0; i < THREAD_WAITS_MAX && threads > expected; i++) {
        nanosleep(&wait, NULL);
        threads = entries("/proc/self/task");
    }
    return threads > expected ? threads : expected;
}

static void check_belongings(const struct sweep *sweep, const struct belongings *before, const char *what)
{
    size_t threads = threads_beyond(before->threads);
    struct belongings now = belongings_now();
    ck_assert_msg(now.descriptors == before->descriptors, "%s: %zu descriptors, before %zu", what,
                  now.descriptors, before->descriptors);
    ck_assert_msg(threads == before->threads, "%s: %zu threads, before %zu", what, threads, before->threads);
    bool counted = !sweep->threads || !faults_are_everywhere;
    ck_assert_msg(!counted || now.memory == before->memory, "%s: %ld allocations live, before %ld", what,
                  now.memory, before->memory);
}

static bool is_allowed(const struct sweep_row *row, result_t result)
{
    for (size_t i = 0; i < ARRAY_LEN(row->outcomes) && row->outcomes[i]; i++)
        if (row->outcomes[i] == result)
            return true;
    /* A library may do without: libc's asprintf() keeps the larger buffer. */
    bool or_ok = row->or_ok || (faults_are_everywhere && row->class == FAULT_MEMORY);
    return or_ok && outcome_ok(result);
}

static void check_outcome(const struct sweep *sweep, const struct fault *fault, result_t result,
                          const struct error *err, const char *what)
{
    const struct sweep_row *row = row_among(sweep->rows, fault);
    if (!row)
        row = row_among(rows_for_all, fault);
    result_t expected = row->outcomes[0];
    ck_assert_msg(is_allowed(row, result), "%s: %s%s%s, expected %s", what, outcome_of(result)->name,
                  err->text[0] ? ": " : "", err->text, outcome_of(expected)->name);
}

/* Something may be left behind. */
static bool made_once;

/* One run; whether the call was there, and what became of it. */
static struct fault run_once(const struct sweep *sweep, const struct fault_plan *plan)
{
    struct error err = {.text = ""};
    char what[256];
    struct belongings before = belongings_now();
    sweep->prepare();
    faults_begin(plan);
    result_t result = sweep->act(&err);
    struct fault fault = faults_end();
    snprintf(what, sizeof what, "%s, %s call %zu (%s%s%s%s)", sweep->name, fault_class_name(plan->class),
             plan->nth, fault.function ? fault.function : "none", fault.error ? ": " : "",
             fault.error ? fault_error_text(&fault) : "", plan->lasting ? ", and after it" : "");
    if (getenv("MPC_FAULTS_TRACE"))
        fprintf(stderr, "%s -> %s %s\n", what, outcome_of(result)->name, err.text);
    if (fault.error)
        check_outcome(sweep, &fault, result, &err, what);
    else
        ck_assert_msg(outcome_ok(result), "%s: %s: %s", what, outcome_of(result)->name, err.text);
    sweep->finish(result);
    if (!made_once)
        check_belongings(sweep, &before, what);
    return fault;
}

static size_t fail_in_each_way(const struct sweep *sweep, enum fault_class class, size_t nth)
{
    size_t ways = 1;
    size_t failures = 0;
    for (size_t way = 0; way < ways; way++)
        for (int lasting = 0; lasting < 2; lasting++) {
            const struct fault_plan plan = {class, nth, way, lasting};
            struct fault fault = run_once(sweep, &plan);
            ck_assert_msg(fault.error, "%s: call %zu was not reached", sweep->name, nth);
            ways = fault.ways;
            failures++;
            lasting += !fault_may_last(&fault) || !getenv("MPC_SWEEP_LASTING");
        }
    return failures;
}

void sweep_in_memory(void)
{
    if (access("/dev/shm", R_OK | W_OK | X_OK) == 0)
        setenv("MPC_TEST_DIR", "/dev/shm", 0);
}

/* All of them, unless a slow build asks for some. */
static size_t every(void)
{
    const char *given = getenv("MPC_SWEEP_EVERY");
    return given ? (size_t)strtoul(given, NULL, 10) : 1;
}

struct sweep_figures sweep_run(const struct sweep *sweep, enum fault_class class)
{
    const struct fault_plan nothing = {.class = class};
    tzset();          /* as the first line of a log does */
    made_once = true; /* for a process */
    run_once(sweep, &nothing);
    made_once = false;
    struct sweep_figures figures = {.calls = run_once(sweep, &nothing).calls};
    ck_assert_uint_lt(figures.calls, CALLS_MAX);
    size_t failed = 0;
    for (size_t nth = 1; nth <= figures.calls; nth += every(), failed++)
        figures.failures += fail_in_each_way(sweep, class, nth);
    ck_assert_uint_eq(run_once(sweep, &nothing).calls, figures.calls);
    printf("%s: %zu %s calls, %zu of them failed, %zu failures\n", sweep->name, figures.calls,
           fault_class_name(class), failed, figures.failures);
    return figures;
}
