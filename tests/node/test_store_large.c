/* Keysets of many domains: every operation of the store grows no faster than linearly. */
#include <stdio.h>
#include <time.h>

#include "common/os/file.h"
#include "node/store.h"
#include "tests/support/samples.h"
#include "tests/support/stage.h"
#include "tests/support/support.h"

#define SMALL 1000
#define LARGE 10000
/* Ten times the domains may cost this many times the time; quadratic work would cost 100. */
#define FACTOR_MAX 25.0

static const enum store_kind kinds[] = {STORE_LMDB, STORE_MPC_HOME};

enum step { STAGE, STAGE_AGAIN, IMPORT, GET, RESTART, STEPS };
static const char *const step_names[] = {"stage", "stage again", "import", "get", "restart"};

static uint8_t key_bytes[16] = {0xdd};
static struct secret key = {.data = key_bytes, .len = sizeof(key_bytes), .cap = sizeof(key_bytes)};
static struct error err;

/* Of this process, so that what else the machine does is left out. */
static double cpu_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static void take(double *into, double *since)
{
    double now = cpu_ms();
    *into = now - *since;
    *since = now;
}

static void run(enum store_kind kind, size_t count, double ms[STEPS])
{
    CLEANUP(free_text) char *home = fresh_dir();
    CLEANUP(keyset_free) struct keyset keyset = {0};
    CLEANUP(keyshares_free) struct keyshares shares = {0}, found = {0};
    struct store *store = NULL;
    struct store_options options = {.home_dir = home, .kind = kind, .key = &key};
    sample_keyset(5, count, &keyset);
    sample_keyshares(&keyset, 1, &shares);
    ck_assert_ok_err(store_open(&options, &store, &err), err);
    double since = cpu_ms();
    ck_assert_outcome(stage_shares(store, &keyset, &shares, &err), OUTCOME_KEYSHARES_STAGED);
    take(&ms[STAGE], &since);
    ck_assert_outcome(stage_shares(store, &keyset, &shares, &err), OUTCOME_KEYSHARES_STAGED);
    take(&ms[STAGE_AGAIN], &since);
    ck_assert_outcome(store_import(store, &keyset, 100, &err), OUTCOME_KEYSHARES_STORED);
    take(&ms[IMPORT], &since);
    ck_assert_ok_err(store_get(store, &keyset, &found, &err), err);
    take(&ms[GET], &since);
    store_close(store);
    ck_assert_ok_err(store_open(&options, &store, &err), err);
    take(&ms[RESTART], &since);
    ck_assert(keyshares_equal(&found, &shares));
    store_close(store);
}

START_TEST(time_grows_no_faster_than_linearly_up_to_10000_domains)
{
    double small[STEPS], large[STEPS];
    run(kinds[_i], SMALL, small);
    run(kinds[_i], LARGE, large);
    for (int step = 0; step < STEPS; step++) {
        printf("%-8s %-11s %d domains %7.1f ms, %d domains %7.1f ms\n", store_kind_name(kinds[_i]),
               step_names[step], SMALL, small[step], LARGE, large[step]);
        ck_assert_msg(large[step] < FACTOR_MAX * (small[step] + 1), "%s", step_names[step]);
    }
}
END_TEST

int main(void)
{
    SUITE_WITH_CASE(suite, tcase, "node/store with many domains");
    tcase_add_loop_test(tcase, time_grows_no_faster_than_linearly_up_to_10000_domains, 0,
                        (int)ARRAY_LEN(kinds));
    return run_suite(suite);
}
