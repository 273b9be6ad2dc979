/* The home of mpc-backup after the power failed in the making of its keys or while fetched shares are stored:
 * each of them is there as it was told, and what was interrupted is there or not, and can be done again.
 * docs/crash-tests.md tells more. */
#include <dirent.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backup/backup.h"
#include "backup/secrets.h"
#include "common/os/file.h"
#include "common/os/mpc_home_files.h"
#include "tests/support/crash_image.h"
#include "tests/support/crash_plan.h"
#include "tests/support/disk_record.h"
#include "tests/support/samples.h"
#include "tests/support/support.h"

#define IMAGES_DEFAULT 100
#define DOMAINS        3
#define STEPS          4

/* What is fetched, one after the other: into an empty home, over another attempt, of the next epoch. The
 * first step makes the keys. */
static struct keyshares sets[STEPS];
static struct backup_secrets secrets;

static void setup(void)
{
    static const struct {
        uint64_t epoch_id, attempt, seed;
    } fetched[STEPS] = {{0, 0, 0}, {5, 0, 1}, {5, 9, 2}, {6, 0, 3}};
    for (size_t i = 1; i < STEPS; i++) {
        CLEANUP(keyset_free) struct keyset keyset = {0};
        sample_keyset(fetched[i].epoch_id, DOMAINS, &keyset);
        for (size_t at = 0; at < keyset.count; at++)
            keyset.domains[at].attempt += fetched[i].attempt;
        sample_keyshares(&keyset, fetched[i].seed, &sets[i]);
    }
    ck_assert_ok(backup_secrets_generate(&secrets));
}

static void teardown(void)
{
    for (size_t i = 1; i < STEPS; i++)
        keyshares_free(&sets[i]);
    backup_secrets_free(&secrets);
}

static result_t step(const char *home, size_t at, struct error *err)
{
    return at == 0 ? backup_secrets_save(home, &secrets, err)
                   : backup_store_shares(home, &secrets.local_storage_key, &sets[at], err);
}

/* ---- judging ------------------------------------------------------------------------------------------- */

static PRINTF_LIKE(2, 3) bool wrong(char why[CRASH_WHY_MAX], const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(why, CRASH_WHY_MAX, format, args);
    va_end(args);
    return false;
}

static bool wrong_result(char why[CRASH_WHY_MAX], const char *what, result_t result, const struct error *err)
{
    return wrong(why, "%s: %s: %s", what, outcome_of(result)->name, err->text);
}

/* The keys that were told, or none. */
static bool keys_hold(const char *home, size_t told, bool *there, char why[CRASH_WHY_MAX])
{
    CLEANUP(backup_secrets_free) struct backup_secrets found = {0};
    CLEANUP(free_text) char *path = file_path(home, "secrets.json");
    struct error err = {.text = ""};
    *there = file_exists(path);
    if (!*there)
        return told == 0 || wrong(why, "the keys are gone");
    result_t result = backup_secrets_load(home, &found, &err);
    if (result != OUTCOME_OK)
        return wrong_result(why, "the keys", result, &err);
    return secret_equal(found.local_storage_key.data, found.local_storage_key.len,
                        secrets.local_storage_key.data, secrets.local_storage_key.len) ||
           wrong(why, "the keys are other ones");
}

/* `key` is the set of this step; 0: there is none. */
static bool is_key(const char *home, size_t at, struct error *err, result_t *result)
{
    CLEANUP(keyshares_free) struct keyshares found = {0};
    *result = backup_load_shares(home, &secrets.local_storage_key, &found, err);
    if (at == 0)
        return *result == OUTCOME_STORE_NOT_FOUND;
    return *result == OUTCOME_OK && keyshares_equal(&found, &sets[at]);
}

static bool key_is_old_or_new(const char *home, size_t told, char why[CRASH_WHY_MAX])
{
    struct error err = {.text = ""};
    result_t result;
    size_t old = told ? told - 1 : 0;
    return is_key(home, old, &err, &result) ||
           (told > 0 && told < STEPS && is_key(home, told, &err, &result)) ||
           wrong_result(why, "`key` is neither old nor new", result, &err);
}

static bool holds(const struct mpc_home *home, const char *path, const struct keyshares *set)
{
    CLEANUP(keyshares_free) struct keyshares found = {0};
    return mpc_home_read_set(home, path, &found, NULL) == OUTCOME_OK && keyshares_equal(&found, set);
}

/* Every set that was told is there: under its name, or where another attempt took that one, among the
 * superseded. */
static bool is_kept(const char *home_dir, const struct keyshares *set)
{
    CLEANUP(mpc_home_close) struct mpc_home home = {0};
    CLEANUP(free_text) char *aside = NULL;
    char digest[KEYSHARES_DIGEST_TEXT_LEN];
    ck_assert_ok(mpc_home_open(home_dir, home_dir, &secrets.local_storage_key, &home));
    ck_assert_ok(keyshares_digest(set, digest));
    CLEANUP(free_text) char *path = mpc_home_epoch_path(&home, set);
    ck_assert_int_gt(
        asprintf(&aside, "%s/superseded_keys/%s.%.16s", home_dir, strrchr(path, '/') + 1, digest), 0);
    return holds(&home, path, set) || holds(&home, aside, set);
}

static bool sets_are_kept(const char *home, size_t told, char why[CRASH_WHY_MAX])
{
    for (size_t at = 1; at < told; at++)
        if (!is_kept(home, &sets[at]))
            return wrong(why, "what step %zu stored is gone", at);
    return true;
}

static int is_temporary(const struct dirent *entry)
{
    return strncmp(entry->d_name, ".secrets.json.", 14) == 0;
}

/* Keys that exist are refused to be made again; what was left of their making goes. */
static bool keys_come_again(const char *home, bool keys_are_there, char why[CRASH_WHY_MAX])
{
    struct error err = {.text = ""};
    struct dirent **found;
    result_t result = step(home, 0, &err);
    if (result != (keys_are_there ? OUTCOME_FILE_EXISTS : OUTCOME_OK))
        return wrong_result(why, "the keys again", result, &err);
    int left = scandir(home, &found, is_temporary, NULL);
    for (int i = 0; i < left; i++)
        free(found[i]);
    free(found);
    return left == 0 || wrong(why, "keys are left under another name");
}

static bool can_go_on(const char *home, size_t told, char why[CRASH_WHY_MAX])
{
    struct error err = {.text = ""};
    for (size_t at = told ? told : 1; at < STEPS; at++) {
        result_t result = step(home, at, &err);
        if (!outcome_ok(result))
            return wrong_result(why, "cannot be done again", result, &err);
    }
    result_t result;
    return is_key(home, STEPS - 1, &err, &result) || wrong_result(why, "`key` in the end", result, &err);
}

static bool judge(const char *home, const void *context, char why[CRASH_WHY_MAX])
{
    size_t told = *(const size_t *)context;
    bool keys_are_there;
    return keys_hold(home, told, &keys_are_there, why) && key_is_old_or_new(home, told, why) &&
           sets_are_kept(home, told, why) && keys_come_again(home, keys_are_there, why) &&
           can_go_on(home, told, why) && sets_are_kept(home, STEPS, why);
}

/* ---- crashes ------------------------------------------------------------------------------------------- */

struct trial {
    char *home;
    bool failures_wanted;
    size_t failures;
};

static void try_crash(const struct disk_log *log, const struct disk_crash *crash, const struct disk_log *left,
                      void *context)
{
    struct trial *trial = context;
    size_t told = disk_log_told(log, crash->prefix);
    char why[CRASH_WHY_MAX];
    char text[CRASH_TEXT_MAX];
    if (trial->failures || crash_image_try(left, trial->home, judge, &told, why))
        return;
    trial->failures++;
    if (trial->failures_wanted)
        return;
    crash_format(crash, text);
    for (size_t i = 0; i < crash->count; i++)
        printf("  %c %s\n", crash->fates[i], disk_log_describe(log, crash->pending[i]));
    ck_abort_msg("crash %s: %s", text, why);
}

static void record(struct disk_log *log)
{
    CLEANUP(free_text) char *home = fresh_dir();
    struct error err = {.text = ""};
    disk_record_begin(log, home);
    for (size_t at = 0; at < STEPS; at++) {
        ck_assert_ok_err(step(home, at, &err), err);
        disk_log_tell(log);
    }
    disk_record_end();
}

/* CRASH_IMAGES: how many, as for the node's store. */
static size_t images_wanted(void)
{
    const char *given = getenv("CRASH_IMAGES");
    return given ? strtoull(given, NULL, 10) / 10 + 1 : IMAGES_DEFAULT;
}

START_TEST(after_a_power_failure_a_backup_is_old_or_new_and_what_was_told_is_there)
{
    struct disk_log log = {0};
    struct crash_counts counts = {0};
    struct trial trial = {.home = fresh_dir()};
    struct crash_plan plan = {.images = images_wanted(), .every_prefix = true, .seed = test_seed()};
    record(&log);
    crash_plan_run(&log, 0, &plan, try_crash, &trial, &counts);
    printf("backup home: %zu images: %zu prefixes, %zu of %zu subsets, %zu samples\n", counts.images,
           counts.prefixes, counts.subsets, counts.subsets_in_all, counts.samples);
    disk_log_free(&log);
    free(trial.home);
}
END_TEST

/* As if the program had forgotten to sync one file or folder: does an image show it? */
static bool notices_without(const struct disk_log *log, uint32_t node, char *home)
{
    struct crash_counts counts = {0};
    struct trial trial = {.home = home, .failures_wanted = true};
    struct crash_plan plan = {.every_prefix = true, .seed = test_seed()};
    struct disk_log without;
    disk_log_after_kill(log, log->count, &without);
    for (size_t i = 0; i < without.count; i++)
        if (without.ops[i].kind == DISK_SYNC && without.ops[i].node == node)
            without.ops[i].node = DISK_NONE;
    crash_plan_run(&without, 0, &plan, try_crash, &trial, &counts);
    disk_log_free(&without);
    return trial.failures > 0;
}

/* A single sync may be forgotten where the next one of that folder comes early enough. */
START_TEST(a_file_or_folder_that_is_never_synced_is_noticed)
{
    CLEANUP(free_text) char *home = fresh_dir();
    struct disk_log log = {0};
    bool is_done[DISK_NODES_MAX] = {false};
    size_t synced = 0;
    record(&log);
    for (size_t i = 0; i < log.count; i++) {
        if (log.ops[i].kind != DISK_SYNC || is_done[log.ops[i].node])
            continue;
        is_done[log.ops[i].node] = true;
        synced++;
        ck_assert_msg(notices_without(&log, log.ops[i].node, home), "nobody misses this: %s",
                      disk_log_describe(&log, i));
    }
    ck_assert_uint_ge(synced, 7);
    disk_log_free(&log);
}
END_TEST

int main(void)
{
    SUITE_WITH_CASE(suite, tcase, "backup/home after a power failure");
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_set_timeout(tcase, 3600);
    tcase_add_test(tcase, after_a_power_failure_a_backup_is_old_or_new_and_what_was_told_is_there);
    tcase_add_test(tcase, a_file_or_folder_that_is_never_synced_is_noticed);
    return run_suite(suite);
}
