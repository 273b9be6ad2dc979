/* After the power failed or the process was killed at any moment, the store is exactly as before or as after
 * what was interrupted, and nothing that was acknowledged is lost (design.md, "Store"). The store's writes,
 * syncs and names are recorded while a scenario runs; what a crash may leave of them is written into a fresh
 * folder, an image, and opened. docs/crash-tests.md tells more. */
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/os/file.h"
#include "tests/node/crash_scenarios.h"
#include "tests/support/crash_plan.h"
#include "tests/support/disk_record.h"
#include "tests/support/support.h"

#define IMAGES_DEFAULT 500
#define TIMEOUT_S      3600

static const enum store_kind kinds[] = {STORE_LMDB, STORE_MPC_HOME};

/* CRASH_IMAGES: how many in all, shared by the scenarios of both stores. */
static size_t images_wanted(void)
{
    const char *given = getenv("CRASH_IMAGES");
    size_t all = given ? strtoull(given, NULL, 10) : IMAGES_DEFAULT;
    return all / (ARRAY_LEN(kinds) * crash_scenarios_count);
}

/* ---- one image --------------------------------------------------------------------------------------- */

static int remove_one(const char *path, const struct stat *info, int kind, struct FTW *walk)
{
    (void)info, (void)kind;
    return walk->level ? remove(path) : 0;
}

static void empty_folder(const char *path)
{
    ck_assert_int_eq(nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS), 0);
}

static void write_image(const struct disk_log *log, const char *home)
{
    struct disk_tree tree;
    disk_tree_make(log, &tree);
    disk_tree_write(&tree, home);
    disk_tree_free(&tree);
}

/* In a process of its own, for LMDB trusts its file: one that makes no sense may crash it. */
static bool judge_apart(const struct crash_recording *recording, const struct crash_left *left,
                        char why[CRASH_WHY_MAX])
{
    int pipe_fds[2];
    int status;
    ck_assert_int_eq(pipe(pipe_fds), 0);
    fflush(stdout);
    pid_t pid = fork();
    ck_assert_int_ge(pid, 0);
    if (pid == 0) {
        bool good = crash_judge(recording, left, why);
        _exit(good || write(pipe_fds[1], why, strlen(why)) < 0 ? 0 : 1);
    }
    close(pipe_fds[1]);
    ssize_t len = read(pipe_fds[0], why, CRASH_WHY_MAX - 1);
    why[len > 0 ? len : 0] = 0;
    close(pipe_fds[0]);
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    if (WIFSIGNALED(status))
        snprintf(why, CRASH_WHY_MAX, "signal %d", WTERMSIG(status));
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/* What is judged, and where. */
struct trial {
    const struct crash_recording *recording;
    char *home;           /* an empty folder for images */
    size_t killed;        /* the process was killed after so many operations before; 0: it was not */
    bool failures_wanted; /* they are counted, else the first one ends the test */
    size_t failures;
};

static struct trial trial_begin(const struct crash_recording *recording)
{
    return (struct trial){.recording = recording, .home = fresh_dir()};
}

/* store/scenario/crash, or store/scenario/killed+crash. */
static void name_crash(const struct trial *trial, const struct disk_crash *crash, char *out, size_t len)
{
    char text[CRASH_TEXT_MAX];
    char killed[32] = "";
    crash_format(crash, text);
    if (trial->killed)
        snprintf(killed, sizeof killed, "%zu+", trial->killed);
    snprintf(out, len, "%s/%s/%s%s", store_kind_name(trial->recording->kind),
             trial->recording->scenario->name, killed, text);
}

static void fail_with(const struct disk_log *log, const struct disk_crash *crash, const struct trial *trial,
                      const char *why)
{
    char name[2 * CRASH_TEXT_MAX];
    name_crash(trial, crash, name, sizeof name);
    for (size_t i = 0; i < crash->count; i++)
        printf("  %c %s\n", crash->fates[i], disk_log_describe(log, crash->pending[i]));
    ck_abort_msg("%s: %s; repeat with CRASH_IMAGE=%s tests/node/test_crash_images", name, why, name);
}

static void try_crash(const struct disk_log *log, const struct disk_crash *crash, const struct disk_log *left,
                      void *context)
{
    struct trial *trial = context;
    struct crash_left found = {trial->home, disk_log_told(log, crash->prefix), trial->killed > 0};
    char why[CRASH_WHY_MAX];
    if (trial->failures)
        return;
    write_image(left, trial->home);
    bool good = judge_apart(trial->recording, &found, why);
    if (!good && !trial->failures_wanted)
        fail_with(log, crash, trial, why);
    trial->failures += !good;
    empty_folder(trial->home);
}

/* The process is killed after so many operations, another one does again what was interrupted, and tells. */
static void kill_and_go_on(struct trial *trial, size_t killed, struct disk_log *out)
{
    const struct disk_log *log = &trial->recording->log;
    struct crash_left found = {.home = trial->home, .told = disk_log_told(log, killed)};
    char why[CRASH_WHY_MAX];
    disk_log_after_kill(log, killed, out);
    write_image(out, trial->home);
    trial->killed = killed;
    ck_assert_msg(crash_go_on(trial->recording, &found, out, why), "%s/%s killed after %zu: %s",
                  store_kind_name(trial->recording->kind), trial->recording->scenario->name, killed, why);
    empty_folder(trial->home);
}

/* CRASH_IMAGE=store/scenario/crash tries that one alone. True where the variable is set. */
static bool try_given(struct trial *trial)
{
    char name[128];
    char *at;
    struct disk_crash crash;
    struct disk_log left, went_on = {0};
    const struct disk_log *log = &trial->recording->log;
    const char *given = getenv("CRASH_IMAGE");
    if (!given)
        return false;
    int len = snprintf(name, sizeof name, "%s/%s/", store_kind_name(trial->recording->kind),
                       trial->recording->scenario->name);
    if (strncmp(given, name, (size_t)len) != 0)
        return true;
    given += len;
    size_t killed = strtoull(given, &at, 10);
    if (*at == '+') {
        given = at + 1;
        kill_and_go_on(trial, killed, &went_on);
        log = &went_on;
    }
    ck_assert_msg(crash_parse(given, log, &crash), "no such crash: %s", given);
    disk_log_after_power_failure(log, &crash, &left);
    try_crash(log, &crash, &left, trial);
    disk_log_free(&left);
    disk_log_free(&went_on);
    return true;
}

/* ---- tests ------------------------------------------------------------------------------------------- */

static void record(int index, struct crash_recording *out)
{
    crash_record(&crash_scenarios[(size_t)index / ARRAY_LEN(kinds)], kinds[(size_t)index % ARRAY_LEN(kinds)],
                 out);
}

static void print_counts(const struct trial *trial, const char *what, const struct crash_counts *counts)
{
    printf("%-8s %-34s %s: %zu images: %zu prefixes, %zu of %zu subsets, %zu samples\n",
           store_kind_name(trial->recording->kind), trial->recording->scenario->name, what, counts->images,
           counts->prefixes, counts->subsets, counts->subsets_in_all, counts->samples);
}

START_TEST(after_a_power_failure_the_store_is_old_or_new)
{
    struct crash_recording recording;
    struct crash_counts counts = {0};
    record(_i, &recording);
    struct trial trial = trial_begin(&recording);
    struct crash_plan plan = {.images = images_wanted(), .seed = test_seed()};
    if (!try_given(&trial)) {
        crash_plan_run(&recording.log, recording.from, &plan, try_crash, &trial, &counts);
        print_counts(&trial, "power", &counts);
    }
    free(trial.home);
    crash_recording_free(&recording);
}
END_TEST

/* What the killed process had not synced is there for the next one, which must not take it for certain. */
START_TEST(what_is_told_after_a_kill_survives_a_power_failure)
{
    struct crash_recording recording;
    struct crash_counts counts = {0};
    record(_i, &recording);
    struct trial trial = trial_begin(&recording);
    size_t kills = recording.log.count - recording.from + 1;
    struct crash_plan plan = {.images = images_wanted() / kills, .seed = test_seed()};
    for (size_t killed = recording.from; !getenv("CRASH_IMAGE") && killed <= recording.log.count; killed++) {
        struct disk_log went_on;
        kill_and_go_on(&trial, killed, &went_on);
        crash_plan_run(&went_on, went_on.count, &plan, try_crash, &trial, &counts);
        disk_log_free(&went_on);
    }
    print_counts(&trial, "kill, then power", &counts);
    free(trial.home);
    crash_recording_free(&recording);
}
END_TEST

/* As if the program had forgotten one sync: does an image show it? */
static bool notices_without(const struct crash_recording *recording, size_t sync)
{
    struct trial trial = trial_begin(recording);
    struct crash_plan plan = {.seed = test_seed()};
    struct crash_counts counts = {0};
    struct disk_log log;
    disk_log_after_kill(&recording->log, recording->log.count, &log);
    log.ops[sync].durable = false;
    log.ops[sync].node = log.ops[sync].kind == DISK_SYNC ? DISK_NONE : log.ops[sync].node;
    trial.failures_wanted = true;
    crash_plan_run(&log, recording->from, &plan, try_crash, &trial, &counts);
    disk_log_free(&log);
    free(trial.home);
    return trial.failures > 0;
}

START_TEST(a_forgotten_sync_is_noticed)
{
    static const char *const scenarios[] = {"stage", "import", "keyshares-import"};
    struct crash_recording recording;
    size_t syncs = 0;
    crash_record(crash_scenario(scenarios[(size_t)_i / ARRAY_LEN(kinds)]),
                 kinds[(size_t)_i % ARRAY_LEN(kinds)], &recording);
    for (size_t i = recording.from; i < recording.log.count; i++) {
        if (recording.log.ops[i].kind != DISK_SYNC && !recording.log.ops[i].durable)
            continue;
        syncs++;
        ck_assert_msg(notices_without(&recording, i), "nobody misses this: %s",
                      disk_log_describe(&recording.log, i));
    }
    printf("%-8s %-34s without one of %zu syncs: noticed, each\n", store_kind_name(recording.kind),
           recording.scenario->name, syncs);
    ck_assert_uint_ge(syncs, 2);
    crash_recording_free(&recording);
}
END_TEST

int main(void)
{
    SUITE_WITH_CASE(suite, tcase, "node/store after a power failure");
    int recordings = (int)(ARRAY_LEN(kinds) * crash_scenarios_count);
    tcase_set_timeout(tcase, TIMEOUT_S);
    tcase_add_loop_test(tcase, after_a_power_failure_the_store_is_old_or_new, 0, recordings);
    tcase_add_loop_test(tcase, what_is_told_after_a_kill_survives_a_power_failure, 0, recordings);
    tcase_add_loop_test(tcase, a_forgotten_sync_is_noticed, 0, (int)ARRAY_LEN(kinds) * 3);
    return run_suite(suite);
}
