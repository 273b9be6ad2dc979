/* The keys that a first start makes (secrets.json, backup_encryption_key.hex) are whole or not there after a
 * power failure, and the same ones for ever once they were told. docs/crash-tests.md tells more. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "node/backup_key.h"
#include "node/identity.h"
#include "node/store.h"
#include "tests/support/crash_image.h"
#include "tests/support/crash_plan.h"
#include "tests/support/disk_record.h"
#include "tests/support/support.h"

#define IMAGES_MAX 200

/* In the order of a start. */
enum { NO_KEY, IDENTITY, BACKUP_KEY };

struct keys {
    int told; /* so many of them have been told */
    struct ed25519_public_key p2p, signer;
    uint8_t backup[32];
};

static bool wrong(char why[CRASH_WHY_MAX], const char *what, const struct error *err)
{
    snprintf(why, CRASH_WHY_MAX, "%s %s", what, err->text);
    return false;
}

static bool same_key(const struct ed25519_public_key *a, const struct ed25519_public_key *b)
{
    return memcmp(a, b, sizeof *a) == 0;
}

/* A start: what it makes is told into `log`, where there is one. */
static bool start(const char *home, struct disk_log *log, struct keys *out, char why[CRASH_WHY_MAX])
{
    CLEANUP(identity_free) struct identity identity = {0};
    CLEANUP(secret_free) struct secret backup = {0};
    struct error err = {.text = ""};
    bool made;
    if (identity_load_or_make(home, &identity, &made, &err) != OUTCOME_OK)
        return wrong(why, "the node's keys:", &err);
    if (log)
        disk_log_tell(log);
    if (backup_key_load_or_make(home, &backup, &made, &err) != OUTCOME_OK)
        return wrong(why, "the backup key:", &err);
    if (log)
        disk_log_tell(log);
    *out = (struct keys){BACKUP_KEY, identity.p2p.public_key, identity.signer.public_key, {0}};
    memcpy(out->backup, backup.data, sizeof out->backup);
    return true;
}

static int is_temporary(const struct dirent *entry)
{
    return strncmp(entry->d_name, ".secrets.json.", 14) == 0 ||
           strncmp(entry->d_name, ".backup_encryption_key.hex.", 27) == 0;
}

/* A second name of the keys, or keys of a start that was stopped: no secret lies about. */
static bool left_behind(const char *home)
{
    struct dirent **found;
    int count = scandir(home, &found, is_temporary, NULL);
    for (int i = 0; i < count; i++)
        free(found[i]);
    free(found);
    return count != 0;
}

static bool judge(const char *home, const void *context, char why[CRASH_WHY_MAX])
{
    const struct keys *expected = context;
    const struct error none = {.text = ""};
    struct keys found, later;
    if (!start(home, NULL, &found, why) || !start(home, NULL, &later, why))
        return false;
    if (!same_key(&found.p2p, &later.p2p) || memcmp(found.backup, later.backup, sizeof found.backup) != 0)
        return wrong(why, "the next start has other keys", &none);
    if (left_behind(home))
        return wrong(why, "a key is left under another name", &none);
    if (expected->told >= IDENTITY &&
        (!same_key(&found.p2p, &expected->p2p) || !same_key(&found.signer, &expected->signer)))
        return wrong(why, "the node's keys are other ones than those that were told", &none);
    if (expected->told >= BACKUP_KEY && memcmp(found.backup, expected->backup, sizeof found.backup) != 0)
        return wrong(why, "the backup key is another one than the one that was told", &none);
    return true;
}

struct trial {
    struct keys keys;
    int told_before;
    char *home;
};

static void try_crash(const struct disk_log *log, const struct disk_crash *crash, const struct disk_log *left,
                      void *context)
{
    const struct trial *trial = context;
    struct keys expected = trial->keys;
    char why[CRASH_WHY_MAX];
    char text[CRASH_TEXT_MAX];
    expected.told = trial->told_before + (int)disk_log_told(log, crash->prefix);
    if (crash_image_try(left, trial->home, judge, &expected, why))
        return;
    crash_format(crash, text);
    for (size_t i = 0; i < crash->count; i++)
        printf("  %c %s\n", crash->fates[i], disk_log_describe(log, crash->pending[i]));
    ck_abort_msg("crash %s: %s", text, why);
}

static void record_first_start(struct disk_log *log, struct keys *keys)
{
    char *home = fresh_dir();
    char why[CRASH_WHY_MAX] = "";
    disk_record_begin(log, home);
    bool good = start(home, log, keys, why);
    disk_record_end();
    ck_assert_msg(good, "%s", why);
    free(home);
}

START_TEST(keys_that_were_told_are_there_after_a_power_failure)
{
    struct disk_log log = {0};
    struct crash_counts counts = {0};
    struct trial trial = {.home = fresh_dir()};
    struct crash_plan plan = {.images = IMAGES_MAX, .seed = test_seed()};
    record_first_start(&log, &trial.keys);
    crash_plan_run(&log, 0, &plan, try_crash, &trial, &counts);
    printf("keys: %zu images: %zu prefixes, %zu of %zu subsets, %zu samples\n", counts.images,
           counts.prefixes, counts.subsets, counts.subsets_in_all, counts.samples);
    ck_assert_uint_eq(counts.subsets, counts.subsets_in_all);
    disk_log_free(&log);
    free(trial.home);
}
END_TEST

/* The second start ends with the store open, which is when a node begins to answer. */
static void start_again(struct trial *trial, struct disk_log *log)
{
    static uint8_t bytes[16];
    const struct secret key = {.data = bytes, .len = sizeof bytes, .cap = sizeof bytes};
    struct store_options options = {.home_dir = trial->home, .kind = STORE_LMDB, .key = &key};
    struct store *store = NULL;
    struct error err = {.text = ""};
    char why[CRASH_WHY_MAX] = "";
    crash_image_write(log, trial->home);
    disk_record_begin(log, trial->home);
    bool good = start(trial->home, NULL, &trial->keys, why);
    result_t result = store_open(&options, &store, &err);
    store_close(store);
    disk_record_end();
    crash_image_clear(trial->home);
    ck_assert_msg(good, "%s", why);
    ck_assert_ok_err(result, err);
}

START_TEST(keys_of_a_start_that_was_killed_are_lost_before_they_are_told_or_never)
{
    struct disk_log log = {0};
    struct keys keys;
    record_first_start(&log, &keys);
    for (size_t killed = 0; killed <= log.count; killed++) {
        struct disk_log went_on;
        struct crash_counts counts = {0};
        struct trial trial = {.home = fresh_dir()};
        struct crash_plan plan = {.images = 10, .seed = test_seed()};
        disk_log_after_kill(&log, killed, &went_on);
        start_again(&trial, &went_on);
        trial.told_before = BACKUP_KEY;
        crash_plan_run(&went_on, went_on.count, &plan, try_crash, &trial, &counts);
        disk_log_free(&went_on);
        free(trial.home);
    }
    disk_log_free(&log);
}
END_TEST

int main(void)
{
    SUITE_WITH_CASE(suite, tcase, "node/keys after a power failure");
    tcase_add_test(tcase, keys_that_were_told_are_there_after_a_power_failure);
    tcase_add_test(tcase, keys_of_a_start_that_was_killed_are_lost_before_they_are_told_or_never);
    return run_suite(suite);
}
