#include "tests/node/crash_scenarios.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/os/file.h"
#include "common/seal.h"
#include "node/records_lmdb.h"
#include "node/store_internal.h"
#include "tests/support/disk_record.h"
#include "tests/support/samples.h"
#include "tests/support/stage.h"
#include "tests/support/support.h"

#define DOMAINS      3 /* where the scenario does not say */
#define BLOCK_HEIGHT 1000
#define NEXT_EPOCH   90 /* later than those of all scenarios */

static uint8_t key_bytes[16] = {0xaa};
static const struct secret key = {.data = key_bytes, .len = sizeof(key_bytes), .cap = sizeof(key_bytes)};

/* ---- steps ------------------------------------------------------------------------------------------- */

static size_t domains; /* of the scenario that runs */

enum what { STAGE, IMPORT, PUT };

static result_t do_attempt(enum what what, uint64_t epoch_id, uint64_t attempt, uint64_t seed,
                           struct store *store, struct error *err)
{
    CLEANUP(keyset_free) struct keyset keyset = {0};
    CLEANUP(keyshares_free) struct keyshares shares = {0};
    sample_keyset(epoch_id, domains, &keyset);
    for (size_t i = 0; i < keyset.count; i++)
        keyset.domains[i].attempt += attempt;
    sample_keyshares(&keyset, seed, &shares);
    if (what == STAGE)
        return stage_shares(store, &keyset, &shares, err);
    return what == IMPORT ? store_import(store, &keyset, BLOCK_HEIGHT, err) : store_put(store, &shares, err);
}

static result_t do_it(enum what what, uint64_t epoch_id, uint64_t seed, struct store *store,
                      struct error *err)
{
    return do_attempt(what, epoch_id, 0, seed, store, err);
}

static result_t open_it(struct store *store, struct error *err)
{
    (void)store, (void)err;
    return OUTCOME_OK;
}

static result_t stage_5(struct store *store, struct error *err)
{
    return do_it(STAGE, 5, 1, store, err);
}

static result_t stage_5_anew(struct store *store, struct error *err)
{
    return do_it(STAGE, 5, 2, store, err);
}

static result_t import_5(struct store *store, struct error *err)
{
    return do_it(IMPORT, 5, 0, store, err);
}

static result_t stage_6(struct store *store, struct error *err)
{
    return do_it(STAGE, 6, 3, store, err);
}

static result_t import_6(struct store *store, struct error *err)
{
    return do_it(IMPORT, 6, 0, store, err);
}

static result_t stage_another_5(struct store *store, struct error *err)
{
    return do_attempt(STAGE, 5, 9, 4, store, err);
}

static result_t import_another_5(struct store *store, struct error *err)
{
    return do_attempt(IMPORT, 5, 9, 0, store, err);
}

static result_t put_4(struct store *store, struct error *err)
{
    return do_it(PUT, 4, 2, store, err);
}

static result_t put_5(struct store *store, struct error *err)
{
    return do_it(PUT, 5, 1, store, err);
}

static result_t put_6(struct store *store, struct error *err)
{
    return do_it(PUT, 6, 3, store, err);
}

/* ---- what a Rust node leaves that is stopped in its store ---- */

static char home_dir[PATH_MAX]; /* of the scenario that runs */

/* Its files were not touched for longer than a store takes. (When a file was changed is not recorded.) */
static void age_files(void)
{
    static const struct timespec long_ago[2] = {{.tv_sec = 1700000000}, {.tv_sec = 1700000000}};
    static const char *const names[] = {"permanent_keys/epoch_5_with_3_domains",
                                        "permanent_keys/epoch_6_with_3_domains"};
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        CLEANUP(free_text) char *path = file_path(home_dir, names[i]);
        if (file_exists(path))
            ck_assert_int_eq(utimensat(AT_FDCWD, path, long_ago, 0), 0);
    }
}

/* As a Rust node writes it: under its name, in one go, and without a sync. */
static void write_unlinked(const struct keyshares *shares)
{
    CLEANUP(free_text) char *path = file_path(home_dir, "permanent_keys/epoch_6_with_3_domains");
    CLEANUP(secret_free) struct secret text = {0};
    CLEANUP(bytes_free) struct bytes sealed = {0};
    static const uint8_t nonce[SEAL_NONCE_LEN] = {6};
    ck_assert_ok(permanent_keyshares_write(shares, &text));
    ck_assert_ok(seal(&key, nonce, NULL, 0, text.data, text.len, &sealed));
    CLEANUP(close_fd) int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd >= 0)
        ck_assert_int_eq(write(fd, sealed.data, sealed.len), (ssize_t)sealed.len);
}

/* What store_open() does first. */
static result_t mend_6(struct store *store, struct error *err)
{
    CLEANUP(keyset_free) struct keyset keyset = {0};
    CLEANUP(keyshares_free) struct keyshares shares = {0};
    sample_keyset(6, domains, &keyset);
    sample_keyshares(&keyset, 3, &shares);
    write_unlinked(&shares);
    age_files();
    return store_mend(store, err);
}

/* Done again it finds nothing in service any more. */
static result_t quarantine_5(struct store *store, struct error *err)
{
    CLEANUP(keyshares_free) struct keyshares out = {0};
    uint64_t epoch_id = 5;
    const struct store_choice choice = {.epoch = &epoch_id};
    result_t result = store_quarantine(store, &choice, &out, err);
    return result == OUTCOME_STORE_NOT_FOUND ? store_load_kept(store, STORE_QUARANTINED, 0, &out, err)
                                             : result;
}

static result_t outbox_one(struct store *store, struct error *err)
{
    return store_outbox_put(store, "one", 3, err);
}

static result_t outbox_two(struct store *store, struct error *err)
{
    return store_outbox_put(store, "two", 3, err);
}

static result_t outbox_clear(struct store *store, struct error *err)
{
    return store_outbox_clear(store, err);
}

const struct crash_scenario crash_scenarios[] = {
    {.name = "first-open", .steps = {open_it}},
    {.name = "stage", .steps = {open_it, stage_5}, .settled = 1},
    {.name = "stage-other-shares", .steps = {open_it, stage_5, stage_5_anew}, .settled = 2},
    {.name = "import", .steps = {open_it, stage_5, import_5}, .settled = 2},
    {.name = "import-of-the-newest", .steps = {open_it, stage_5, stage_5_anew, import_5}, .settled = 3},
    {.name = "import-on-an-older-epoch",
     .steps = {open_it, stage_5, import_5, stage_6, import_6},
     .settled = 4},
    {.name = "import-of-16-domains",
     .steps = {open_it, stage_5, import_5, stage_6, import_6},
     .settled = 3,
     .domains = 16},
    {.name = "growth-of-the-map",
     .steps = {open_it, put_5, stage_6, import_6},
     .settled = 1,
     .domains = 16,
     .grows = true},
    {.name = "import-over-another-attempt",
     .steps = {open_it, stage_5, import_5, stage_another_5, import_another_5},
     .settled = 4},
    {.name = "import-back-to-an-attempt",
     .steps = {open_it, stage_5, import_5, stage_another_5, import_another_5, import_5, import_another_5},
     .settled = 5},
    {.name = "keyshares-import", .steps = {open_it, put_5}, .settled = 1},
    {.name = "keyshares-import-on-an-older-epoch", .steps = {open_it, put_5, put_6}, .settled = 2},
    {.name = "quarantine", .steps = {open_it, put_5, quarantine_5}, .settled = 2},
    {.name = "quarantine-of-the-current-of-two",
     .steps = {open_it, put_4, put_5, quarantine_5},
     .settled = 3},
    {.name = "mending", .steps = {open_it, put_5, mend_6}, .settled = 2, .mends = true},
    {.name = "outbox", .steps = {open_it, outbox_one, outbox_two, outbox_clear}, .settled = 1},
    {.name = "migration", .steps = {open_it, stage_5, import_5, outbox_one, outbox_clear, stage_6, import_6}},
};
const size_t crash_scenarios_count = ARRAY_LEN(crash_scenarios);

const struct crash_scenario *crash_scenario(const char *name)
{
    size_t i = 0;
    while (i < ARRAY_LEN(crash_scenarios) && strcmp(crash_scenarios[i].name, name) != 0)
        i++;
    ck_assert_uint_lt(i, ARRAY_LEN(crash_scenarios));
    return &crash_scenarios[i];
}

result_t crash_put_next(struct store *store, struct error *err)
{
    return do_it(PUT, NEXT_EPOCH, 4, store, err);
}

/* ---- recording --------------------------------------------------------------------------------------- */

void crash_close(struct crash_opened *opened)
{
    store_close(opened->store);
    records_lmdb_close(opened->records);
    *opened = (struct crash_opened){0};
}

static const struct database_size small = {.start = 32 << 10, .max = 64 << 20, .reserve = 1 << 20};

static bool map_grew(struct records *records)
{
    MDB_envinfo info;
    ck_assert_int_eq(mdb_env_info(((struct records_lmdb *)records)->database.env, &info), 0);
    return info.me_mapsize > small.start;
}

/* As store_open() does it, but for the size of the map. */
static result_t open_records(const char *home, struct records **out, struct error *err)
{
    CLEANUP(free_text) char *dir = file_path(home, "migration-store");
    ck_assert_ptr_nonnull(dir);
    TRY(file_make_dir(dir, err));
    TRY(file_sync_dir(home, err));
    return records_lmdb_open(dir, DATABASE_READ_WRITE, &small, out, err);
}

result_t crash_open(const struct crash_recording *recording, const char *home, struct crash_opened *out,
                    struct error *err)
{
    struct store_options options = {.home_dir = home, .kind = recording->kind, .key = &key};
    *out = (struct crash_opened){0};
    domains = recording->scenario->domains ? recording->scenario->domains : DOMAINS;
    snprintf(home_dir, sizeof home_dir, "%s", home);
    if (recording->scenario->mends)
        age_files();
    if (recording->scenario->grows) {
        TRY(open_records(home, &out->records, err));
        options.records = out->records;
    }
    return store_open(&options, &out->store, err);
}

static void record_step(struct crash_recording *recording, size_t step, struct store *store)
{
    struct error err = {.text = ""};
    result_t result = recording->scenario->steps[step](store, &err);
    ck_assert_msg(outcome_ok(result), "%s: step %zu: %s: %s", recording->scenario->name, step,
                  outcome_of(result)->name, err.text);
    disk_log_tell(&recording->log);
    ck_assert_ok_err(crash_state_take(store, &recording->states[step + 1], &err), err);
    if (step == 0)
        ck_assert_ok_err(crash_state_take(store, &recording->states[0], &err), err);
    if (step + 1 == recording->scenario->settled) {
        disk_log_settle(&recording->log);
        recording->from = recording->log.count;
    }
}

void crash_record(const struct crash_scenario *scenario, enum store_kind kind, struct crash_recording *out)
{
    CLEANUP(free_text) char *home = fresh_dir();
    struct crash_opened opened;
    struct error err = {.text = ""};
    struct disk_tree tree;
    *out = (struct crash_recording){.scenario = scenario, .kind = kind};
    disk_record_begin(&out->log, home);
    ck_assert_ok_err(crash_open(out, home, &opened, &err), err);
    for (; scenario->steps[out->steps]; out->steps++)
        record_step(out, out->steps, opened.store);
    ck_assert(!scenario->grows || map_grew(opened.records));
    crash_close(&opened);
    disk_record_end();
    ck_assert_str_eq(disk_record_mapped(), "lock.mdb");
    disk_tree_make(&out->log, &tree);
    const char *differs = disk_tree_compare(&tree, home, "lock.mdb");
    ck_assert_msg(!differs, "%s is not as it was recorded", differs);
    disk_tree_free(&tree);
}

void crash_recording_free(struct crash_recording *recording)
{
    disk_log_free(&recording->log);
    for (size_t i = 0; i <= CRASH_STEPS_MAX; i++)
        crash_state_free(&recording->states[i]);
}
