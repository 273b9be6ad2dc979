/* After the power failed or the process was killed at any moment, the store is exactly as before or as after
 * what was interrupted, and nothing that was acknowledged is lost (design.md, "Store"). The store's writes,
 * syncs and names are recorded while a scenario runs; what a crash may leave of them is written into a fresh
 * folder, an image, and opened. docs/crash-tests.md tells more. */
#include <stdio.h>
#include <stdlib.h>

#include "tests/node/crash_judge.h"
#include "tests/support/crash_plan.h"
#include "tests/support/support.h"

#define IMAGES_DEFAULT 500
#define TIMEOUT_S      3600
#define SECOND_CRASHES 3 /* for each first one */
#define KILL_SHARE     4 /* of so many images that are wanted, one is for a kill */

static const enum store_kind kinds[] = {STORE_LMDB, STORE_MPC_HOME};

/* CRASH_IMAGES: how many in all, shared by the scenarios of both stores. */
static size_t images_wanted(void)
{
    const char *given = getenv("CRASH_IMAGES");
    size_t all = given ? strtoull(given, NULL, 10) : IMAGES_DEFAULT;
    return 1 + all / (ARRAY_LEN(kinds) * crash_scenarios_count);
}

/* ---- trying ------------------------------------------------------------------------------------------ */

/* What is tried, and what came before it. */
struct trial {
    const struct crash_recording *recording;
    char *home; /* an empty folder for images */
    /* An earlier crash: "16+", a kill; "37:10t1:5eed/", a power failure; or none. */
    char before[CRASH_TEXT_MAX + 2];
    size_t told;          /* before what the log says */
    uint64_t state;       /* of the generator */
    bool failures_wanted; /* the first one does not end the test */
    size_t failures;
    struct crash_counts counts;
};

static void trial_begin(const struct crash_recording *recording, struct trial *out)
{
    *out = (struct trial){.recording = recording, .home = fresh_dir(), .state = test_seed()};
}

static void fail_with(const struct disk_log *log, const struct disk_crash *crash, const struct trial *trial,
                      const char *why)
{
    char text[CRASH_TEXT_MAX];
    char name[3 * CRASH_TEXT_MAX];
    crash_format(crash, text);
    snprintf(name, sizeof name, "%s/%s/%s%s", store_kind_name(trial->recording->kind),
             trial->recording->scenario->name, trial->before, text);
    for (size_t i = 0; i < crash->count; i++)
        printf("  %c %s\n", crash->fates[i], disk_log_describe(log, crash->pending[i]));
    ck_abort_msg("%s: %s; repeat with CRASH_IMAGE=%s tests/node/test_crash_images", name, why, name);
}

static void try_crash(const struct disk_log *log, const struct disk_crash *crash, const struct disk_log *left,
                      void *context)
{
    struct trial *trial = context;
    struct crash_left found = {.recording = trial->recording,
                               .told = trial->told + disk_log_told(log, crash->prefix),
                               .repeats = trial->before[0] != 0};
    char why[CRASH_WHY_MAX];
    if (trial->failures || crash_image_try(left, trial->home, crash_judge_store, &found, why))
        return;
    if (!trial->failures_wanted)
        fail_with(log, crash, trial, why);
    trial->failures++;
}

/* Another process finds what is in `log`, does again what was interrupted, and goes on to the end. */
static void go_on(struct trial *trial, size_t told, struct disk_log *log)
{
    struct crash_left found = {.recording = trial->recording, .told = told};
    char why[CRASH_WHY_MAX];
    crash_image_write(log, trial->home);
    bool good = crash_go_on(&found, trial->home, log, why);
    crash_image_clear(trial->home);
    ck_assert_msg(good, "%s/%s/%s: %s", store_kind_name(trial->recording->kind),
                  trial->recording->scenario->name, trial->before, why);
}

/* `out` is what was recorded, up to a kill, and what the next process did. */
static void go_on_after_kill(struct trial *trial, size_t killed, struct disk_log *out)
{
    const struct disk_log *log = &trial->recording->log;
    snprintf(trial->before, sizeof trial->before, "%zu+", killed);
    disk_log_after_kill(log, killed, out);
    go_on(trial, disk_log_told(log, killed), out);
}

/* `out` is what a power failure left, and what the next process did. */
static void go_on_after_power_failure(struct trial *trial, const struct disk_crash *crash,
                                      struct disk_log *out)
{
    const struct disk_log *log = &trial->recording->log;
    crash_format(crash, trial->before);
    strcat(trial->before, "/");
    trial->told = disk_log_told(log, crash->prefix);
    disk_log_after_power_failure(log, crash, out);
    go_on(trial, trial->told, out);
}

/* ---- one alone --------------------------------------------------------------------------------------- */

/* `text` is a crash of the recording, or "KILLED+CRASH", or "CRASH/CRASH". */
static void try_text(struct trial *trial, const char *text)
{
    struct disk_log went_on = {0};
    struct disk_log left;
    struct disk_crash crash;
    const struct disk_log *log = &trial->recording->log;
    char first[CRASH_TEXT_MAX] = "";
    size_t len = strcspn(text, "+/");
    if (text[len]) {
        snprintf(first, sizeof first, "%.*s", (int)len, text);
        if (text[len] == '+')
            go_on_after_kill(trial, strtoull(first, NULL, 10), &went_on);
        else if (crash_parse(first, log, &crash))
            go_on_after_power_failure(trial, &crash, &went_on);
        log = &went_on;
        text += len + 1;
    }
    ck_assert_msg(crash_parse(text, log, &crash), "no such crash: %s", text);
    disk_log_after_power_failure(log, &crash, &left);
    try_crash(log, &crash, &left, trial);
    disk_log_free(&left);
    disk_log_free(&went_on);
}

START_TEST(the_image_that_was_asked_for_is_good)
{
    const char *given = getenv("CRASH_IMAGE");
    struct crash_recording recording;
    struct trial trial;
    char scenario[64] = "";
    char crash[600] = "";
    char kind[16] = "";
    ck_assert_msg(sscanf(given, "%15[^/]/%63[^/]/%599s", kind, scenario, crash) == 3,
                  "CRASH_IMAGE is store/scenario/crash");
    bool lmdb = strcmp(kind, store_kind_name(STORE_LMDB)) == 0;
    crash_record(crash_scenario(scenario), lmdb ? STORE_LMDB : STORE_MPC_HOME, &recording);
    trial_begin(&recording, &trial);
    try_text(&trial, crash);
    free(trial.home);
    crash_recording_free(&recording);
}
END_TEST

/* ---- tests ------------------------------------------------------------------------------------------- */

/* False: the scenario is none of this store. */
static bool record(int index, struct crash_recording *out)
{
    const struct crash_scenario *scenario = &crash_scenarios[(size_t)index / ARRAY_LEN(kinds)];
    enum store_kind kind = kinds[(size_t)index % ARRAY_LEN(kinds)];
    if (scenario->mends && kind != STORE_MPC_HOME)
        return false;
    crash_record(scenario, kind, out);
    return true;
}

static void trial_end(struct trial *trial, const char *what)
{
    const struct crash_counts *counts = &trial->counts;
    printf("%-8s %-33s %-13s %5zu images: %3zu prefixes, %4zu of %4zu subsets, %5zu samples\n",
           store_kind_name(trial->recording->kind), trial->recording->scenario->name, what, counts->images,
           counts->prefixes, counts->subsets, counts->subsets_in_all, counts->samples);
    free(trial->home);
}

START_TEST(after_a_power_failure_the_store_is_old_or_new)
{
    struct crash_recording recording;
    struct trial trial;
    if (!record(_i, &recording))
        return;
    trial_begin(&recording, &trial);
    struct crash_plan plan = {.images = images_wanted(), .seed = test_seed()};
    crash_plan_run(&recording.log, recording.from, &plan, try_crash, &trial, &trial.counts);
    trial_end(&trial, "power");
    crash_recording_free(&recording);
}
END_TEST

/* What the killed process had not synced is there for the next one, which must not take it for certain. */
START_TEST(what_is_told_after_a_kill_survives_a_power_failure)
{
    struct crash_recording recording;
    struct trial trial;
    if (!record(_i, &recording))
        return;
    trial_begin(&recording, &trial);
    size_t kills = recording.log.count - recording.from + 1;
    struct crash_plan plan = {.images = images_wanted() / kills, .every_prefix = true, .seed = test_seed()};
    for (size_t killed = recording.from; killed <= recording.log.count; killed++) {
        struct disk_log went_on;
        if (test_random(&trial.state) % kills >= images_wanted() / KILL_SHARE)
            continue;
        go_on_after_kill(&trial, killed, &went_on);
        crash_plan_run(&went_on, went_on.count, &plan, try_crash, &trial, &trial.counts);
        disk_log_free(&went_on);
    }
    trial_end(&trial, "kill, power");
    crash_recording_free(&recording);
}
END_TEST

static void crash_again(const struct disk_log *log, const struct disk_crash *crash,
                        const struct disk_log *left, void *context)
{
    (void)log;
    struct trial *trial = context;
    struct disk_log went_on;
    struct crash_plan plan = {.images = SECOND_CRASHES, .seed = crash->seed};
    go_on_after_power_failure(trial, crash, &went_on);
    crash_plan_sample(&went_on, left->count, &plan, try_crash, trial, &trial->counts);
    disk_log_free(&went_on);
}

START_TEST(a_power_failure_while_the_one_before_is_mended_loses_nothing)
{
    struct crash_recording recording;
    struct trial trial;
    struct crash_counts first = {0};
    if (!record(_i, &recording))
        return;
    trial_begin(&recording, &trial);
    struct crash_plan plan = {.images = images_wanted() / (2 * SECOND_CRASHES) + 1, .seed = test_seed()};
    crash_plan_sample(&recording.log, recording.from, &plan, crash_again, &trial, &first);
    trial_end(&trial, "power, power");
    crash_recording_free(&recording);
}
END_TEST

/* As if the program had forgotten one sync: does an image show it? */
static bool notices_without(const struct crash_recording *recording, size_t sync)
{
    struct trial trial;
    struct crash_plan plan = {.every_prefix = true, .seed = test_seed()};
    struct disk_log log;
    trial_begin(recording, &trial);
    disk_log_after_kill(&recording->log, recording->log.count, &log);
    log.ops[sync].durable = false;
    log.ops[sync].node = log.ops[sync].kind == DISK_SYNC ? DISK_NONE : log.ops[sync].node;
    trial.failures_wanted = true;
    crash_plan_run(&log, recording->from, &plan, try_crash, &trial, &trial.counts);
    disk_log_free(&log);
    free(trial.home);
    return trial.failures > 0;
}

static const char *const forgetful[] = {"stage", "import"};

START_TEST(a_forgotten_sync_is_noticed)
{
    struct crash_recording recording;
    size_t syncs = 0;
    crash_record(crash_scenario(forgetful[(size_t)_i / ARRAY_LEN(kinds)]),
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
    if (getenv("CRASH_IMAGE")) {
        tcase_add_test(tcase, the_image_that_was_asked_for_is_good);
        return run_suite(suite);
    }
    tcase_add_loop_test(tcase, after_a_power_failure_the_store_is_old_or_new, 0, recordings);
    tcase_add_loop_test(tcase, what_is_told_after_a_kill_survives_a_power_failure, 0, recordings);
    tcase_add_loop_test(tcase, a_power_failure_while_the_one_before_is_mended_loses_nothing, 0, recordings);
    tcase_add_loop_test(tcase, a_forgotten_sync_is_noticed, 0,
                        (int)(ARRAY_LEN(kinds) * ARRAY_LEN(forgetful)));
    return run_suite(suite);
}
