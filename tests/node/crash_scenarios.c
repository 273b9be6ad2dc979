#include "tests/node/crash_scenarios.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/os/file.h"
#include "common/os/log.h"
#include "common/receipt.h"
#include "node/records_lmdb.h"
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

static result_t put_5(struct store *store, struct error *err)
{
    return do_it(PUT, 5, 1, store, err);
}

static result_t put_6(struct store *store, struct error *err)
{
    return do_it(PUT, 6, 3, store, err);
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
    {.name = "import-of-60-domains",
     .steps = {open_it, stage_5, import_5, stage_6, import_6},
     .settled = 3,
     .domains = 60},
    {.name = "growth-of-the-map",
     .steps = {open_it, put_5, stage_6, import_6},
     .settled = 1,
     .domains = 60,
     .grows = true},
    {.name = "import-over-another-attempt",
     .steps = {open_it, stage_5, import_5, stage_another_5, import_another_5},
     .settled = 4},
    {.name = "import-back-to-an-attempt",
     .steps = {open_it, stage_5, import_5, stage_another_5, import_another_5, import_5, import_another_5},
     .settled = 5},
    {.name = "keyshares-import", .steps = {open_it, put_5}, .settled = 1},
    {.name = "keyshares-import-on-an-older-epoch", .steps = {open_it, put_5, put_6}, .settled = 2},
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

/* ---- what the store says ----------------------------------------------------------------------------- */

static PRINTF_LIKE(2, 3) void say(struct bytes *out, const char *format, ...)
{
    char line[256];
    va_list args;
    va_start(args, format);
    vsnprintf(line, sizeof line, format, args);
    va_end(args);
    ck_assert_ok(bytes_append_text(out, line));
}

static void say_set(struct bytes *out, const struct keyshares *shares)
{
    char digest[KEYSHARES_DIGEST_TEXT_LEN];
    ck_assert_ok(keyshares_digest(shares, digest));
    say(out, "%" PRIu64 " %s\n", shares->items[0].id.epoch_id, digest);
}

static result_t say_stored(struct store *store, struct bytes *out, struct error *err)
{
    CLEANUP(keyshares_free) struct keyshares shares = {0};
    result_t result = store_load(store, NULL, &shares, err);
    if (result == OUTCOME_STORE_NOT_FOUND)
        return OUTCOME_OK;
    TRY(result);
    say_set(out, &shares);
    return OUTCOME_OK;
}

struct epochs {
    uint64_t ids[STORE_EPOCHS_MAX];
    size_t count;
};

/* Ascending and unique. */
static result_t visit_stored(const struct store_set *set, void *context, struct error *err)
{
    (void)err;
    struct epochs *epochs = (struct epochs *)context;
    size_t at = epochs->count;
    if (set->shelf != STORE_STORED)
        return OUTCOME_OK;
    uint64_t epoch_id = set->shares->items[0].id.epoch_id;
    while (at > 0 && epochs->ids[at - 1] > epoch_id)
        at--;
    if (at > 0 && epochs->ids[at - 1] == epoch_id)
        return OUTCOME_OK;
    ck_assert_uint_lt(epochs->count, ARRAY_LEN(epochs->ids));
    memmove(epochs->ids + at + 1, epochs->ids + at, (epochs->count++ - at) * sizeof epochs->ids[0]);
    epochs->ids[at] = epoch_id;
    return OUTCOME_OK;
}

static result_t say_epochs(struct store *store, struct bytes *out, struct error *err)
{
    struct epochs epochs = {.count = 0};
    TRY(store_each_set(store, visit_stored, &epochs, err));
    for (size_t i = 0; i < epochs.count; i++) {
        CLEANUP(keyshares_free) struct keyshares shares = {0};
        TRY(store_load(store, &epochs.ids[i], &shares, err));
        say_set(out, &shares);
    }
    return OUTCOME_OK;
}

struct attempts {
    struct bytes *out;
    struct keyshares current;
    bool key_is_kept;
};

/* An attempt is kept before the stored set changes: until then it is there twice. */
static result_t visit_attempt(const struct store_set *set, void *context, struct error *err)
{
    (void)err;
    struct attempts *attempts = (struct attempts *)context;
    if (set->shelf == STORE_STORED && set->current)
        return keyshares_copy(set->shares, &attempts->current);
    if (set->shelf == STORE_ATTEMPTS && !keyshares_equal(set->shares, &attempts->current))
        say_set(attempts->out, set->shares);
    return OUTCOME_OK;
}

static result_t say_attempts(struct store *store, struct bytes *out, struct error *err)
{
    struct attempts attempts = {.out = out};
    result_t result = store_each_set(store, visit_attempt, &attempts, err);
    keyshares_free(&attempts.current);
    return result;
}

static result_t say_shelf(struct store *store, enum store_shelf shelf, struct bytes *out, struct error *err)
{
    say(out, "shelf %d\n", (int)shelf);
    for (size_t age = 0;; age++) {
        CLEANUP(keyshares_free) struct keyshares shares = {0};
        result_t result = store_load_kept(store, shelf, age, &shares, err);
        if (result == OUTCOME_STORE_NOT_FOUND)
            return OUTCOME_OK;
        TRY(result);
        say_set(out, &shares);
    }
}

static result_t say_adopted(struct store *store, struct bytes *out, struct error *err)
{
    CLEANUP(store_adopted_free) struct store_adopted adopted = {0};
    result_t result = store_adopted_get(store, &adopted, err);
    if (result == OUTCOME_STORE_NOT_FOUND)
        return OUTCOME_OK;
    TRY(result);
    say(out, "adopted %" PRIu64 " %s %" PRIu64 "\n", adopted.keyset.epoch_id, adopted.digest,
        adopted.block_height);
    return OUTCOME_OK;
}

static result_t say_kept(struct store *store, struct bytes *out, struct error *err)
{
    TRY(say_shelf(store, STORE_STAGED, out, err));
    TRY(say_shelf(store, STORE_SUPERSEDED, out, err));
    TRY(say_adopted(store, out, err));
    say(out, "outbox ");
    result_t result = store_outbox_get(store, out, err);
    return result == OUTCOME_STORE_NOT_FOUND ? OUTCOME_OK : result;
}

/* The oldest first, so that one more is at the end. */
static result_t say_receipts(struct store *store, struct bytes *out, struct error *err)
{
    CLEANUP(bytes_free) struct bytes receipt = {0};
    size_t count = 0;
    result_t result;
    while ((result = store_load_receipt(store, count, &receipt, err)) == OUTCOME_OK)
        count++;
    if (result != OUTCOME_STORE_NOT_FOUND)
        return result;
    CLEANUP(receipt_signed_free) struct receipt_signed before = {0};
    for (size_t age = count; age-- > 0;) {
        CLEANUP(receipt_signed_free) struct receipt_signed this = {0};
        TRY(store_load_receipt(store, age, &receipt, err));
        TRY(receipt_read((const char *)receipt.data, receipt.len, &this, err));
        if (age + 1 < count && receipt_link(&before, &this) != RECEIPT_LINKED)
            return error_set(err, OUTCOME_RECEIPT_INVALID, "a receipt does not follow the one before");
        receipt_signed_free(&before);
        before = this;
        this = (struct receipt_signed){0};
        ck_assert_ok(bytes_append(out, receipt.data, receipt.len));
        say(out, "\n");
    }
    return OUTCOME_OK;
}

static const struct {
    const char *name;
    result_t (*say)(struct store *store, struct bytes *out, struct error *err);
} parts[CRASH_PARTS] = {
    [CRASH_STORED] = {"the stored set", say_stored},
    [CRASH_EPOCHS] = {"the epochs", say_epochs},
    [CRASH_ATTEMPTS] = {"the attempts", say_attempts},
    [CRASH_KEPT] = {"staged, superseded, adopted and outbox", say_kept},
    [CRASH_RECEIPTS] = {"the receipts", say_receipts},
};

static void state_free(struct crash_state *state)
{
    for (size_t i = 0; i < CRASH_PARTS; i++)
        bytes_free(&state->parts[i]);
}

static result_t state_take(struct store *store, struct crash_state *out, struct error *err)
{
    for (size_t i = 0; i < CRASH_PARTS; i++)
        TRY(parts[i].say(store, &out->parts[i], err));
    return OUTCOME_OK;
}

static bool part_is(const struct crash_state *a, const struct crash_state *b, enum crash_part part)
{
    return a->parts[part].len == b->parts[part].len &&
           (a->parts[part].len == 0 ||
            memcmp(a->parts[part].data, b->parts[part].data, a->parts[part].len) == 0);
}

static size_t lines_of(const struct bytes *text)
{
    size_t lines = 0;
    for (size_t i = 0; i < text->len; i++)
        lines += text->data[i] == '\n';
    return lines;
}

/* A delivery that is repeated gets one more receipt; those after it follow that one. */
static bool receipts_are(const struct crash_state *found, const struct crash_state *expected, size_t repeats)
{
    size_t count = lines_of(&found->parts[CRASH_RECEIPTS]);
    size_t wanted = lines_of(&expected->parts[CRASH_RECEIPTS]);
    return part_is(found, expected, CRASH_RECEIPTS) ||
           (repeats > 0 && count >= wanted && count <= wanted + repeats);
}

static bool part_may_be(const struct crash_state *found, const struct crash_state *expected,
                        enum crash_part part, size_t repeats)
{
    return part == CRASH_RECEIPTS ? receipts_are(found, expected, repeats) : part_is(found, expected, part);
}

static const char *part_text(const struct crash_state *state, enum crash_part part)
{
    return state->parts[part].len ? (const char *)state->parts[part].data : "nothing\n";
}

/* ---- recording --------------------------------------------------------------------------------------- */

/* A store, and where it has a map of its own size, its records. */
struct opened {
    struct records *records;
    struct store *store;
};

static void opened_close(struct opened *opened)
{
    store_close(opened->store);
    records_lmdb_close(opened->records);
    *opened = (struct opened){0};
}

static const struct database_size small = {.start = 64 << 10, .max = 64 << 20, .reserve = 1 << 20};

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

static result_t open_store(const struct crash_recording *recording, const char *home, struct opened *out,
                           struct error *err)
{
    struct store_options options = {.home_dir = home, .kind = recording->kind, .key = &key};
    *out = (struct opened){0};
    domains = recording->scenario->domains ? recording->scenario->domains : DOMAINS;
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
    ck_assert_ok_err(state_take(store, &recording->states[step + 1], &err), err);
    if (step == 0)
        ck_assert_ok_err(state_take(store, &recording->states[0], &err), err);
    if (step + 1 == recording->scenario->settled) {
        disk_log_settle(&recording->log);
        recording->from = recording->log.count;
    }
}

void crash_record(const struct crash_scenario *scenario, enum store_kind kind, struct crash_recording *out)
{
    CLEANUP(free_text) char *home = fresh_dir();
    struct opened opened;
    struct error err = {.text = ""};
    struct disk_tree tree;
    *out = (struct crash_recording){.scenario = scenario, .kind = kind};
    disk_record_begin(&out->log, home);
    ck_assert_ok_err(open_store(out, home, &opened, &err), err);
    for (; scenario->steps[out->steps]; out->steps++)
        record_step(out, out->steps, opened.store);
    ck_assert(!scenario->grows || map_grew(opened.records));
    opened_close(&opened);
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
        state_free(&recording->states[i]);
}

/* ---- judging ----------------------------------------------------------------------------------------- */

struct judging {
    const struct crash_recording *recording;
    struct crash_left left;
    const char *home;
    struct opened opened;
    struct disk_log *log; /* of what goes on */
    int complaints;
    char *why;
};

static PRINTF_LIKE(2, 3) bool wrong(struct judging *judging, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(judging->why, CRASH_WHY_MAX, format, args);
    va_end(args);
    return false;
}

static bool open_again(struct judging *judging)
{
    char complaint[256] = {0};
    struct error err = {.text = ""};
    opened_close(&judging->opened);
    result_t result = open_store(judging->recording, judging->home, &judging->opened, &err);
    if (result != OUTCOME_OK)
        return wrong(judging, "it does not open: %s: %s", outcome_of(result)->name, err.text);
    if (pread(judging->complaints, complaint, sizeof complaint - 1, 0) > 0)
        return wrong(judging, "it complains: %s", complaint);
    return true;
}

static bool take(struct judging *judging, struct crash_state *out)
{
    struct error err = {.text = ""};
    result_t result = state_take(judging->opened.store, out, &err);
    return result == OUTCOME_OK ||
           wrong(judging, "cannot be read: %s: %s", outcome_of(result)->name, err.text);
}

/* A part is as before the interrupted step, as after it, both, or (-1) neither. */
struct found {
    bool old, new;
};

static struct found look(const struct judging *judging, const struct crash_state *state, enum crash_part part)
{
    const struct crash_recording *recording = judging->recording;
    const struct crash_state *old = &recording->states[judging->left.told];
    struct found found = {.old = part_may_be(state, old, part, judging->left.repeats)};
    if (judging->left.told < recording->steps)
        found.new = part_may_be(state, old + 1, part, judging->left.repeats);
    return found;
}

/* With LMDB all parts move in one transaction. In a Rust node's home the file of the epoch comes first, then
 * `key`, then the records of ours: none is new before the one in front of it. */
static bool is_old_or_new(struct judging *judging, const struct crash_state *state)
{
    static const enum crash_part order[] = {CRASH_EPOCHS, CRASH_STORED, CRASH_ATTEMPTS, CRASH_KEPT,
                                            CRASH_RECEIPTS};
    bool steps = judging->recording->kind == STORE_MPC_HOME;
    bool may_be_new = true, all_old = true, all_new = true;
    for (size_t i = 0; i < ARRAY_LEN(order); i++) {
        struct found found = look(judging, state, order[i]);
        if (!found.old && !found.new)
            return wrong(judging, "%s is neither old nor new, but\n%s", parts[order[i]].name,
                         part_text(state, order[i]));
        if (!found.old && !may_be_new)
            return wrong(judging, "%s is new too early", parts[order[i]].name);
        may_be_new = may_be_new && (found.new || order[i] == CRASH_EPOCHS);
        all_old = all_old && found.old;
        all_new = all_new && found.new;
    }
    return steps || all_old || all_new || wrong(judging, "a part is old and another one is new");
}

static bool is_new(struct judging *judging, const struct crash_state *state, const char *when)
{
    bool again = judging->left.told < judging->recording->steps;
    const struct crash_state *new = &judging->recording->states[judging->left.told + again];
    for (enum crash_part part = 0; part < CRASH_PARTS; part++) {
        if (part_may_be(state, new, part, judging->left.repeats + again))
            continue;
        return wrong(judging, "%s: %s: not\n%sbut\n%s", when, parts[part].name, part_text(new, part),
                     part_text(state, part));
    }
    return true;
}

static bool do_again(struct judging *judging)
{
    struct error err = {.text = ""};
    if (judging->left.told == judging->recording->steps)
        return true;
    result_t result = judging->recording->scenario->steps[judging->left.told](judging->opened.store, &err);
    return outcome_ok(result) ||
           wrong(judging, "cannot be done again: %s: %s", outcome_of(result)->name, err.text);
}

/* What is stored stays readable under its epoch when a newer one takes its place. */
static bool outlives_the_next(struct judging *judging)
{
    CLEANUP(state_free) struct crash_state before = {0}, after = {0};
    struct error err = {.text = ""};
    if (!take(judging, &before))
        return false;
    result_t result = do_it(PUT, NEXT_EPOCH, 4, judging->opened.store, &err);
    if (!outcome_ok(result))
        return wrong(judging, "newer key shares are refused: %s: %s", outcome_of(result)->name, err.text);
    if (!take(judging, &after))
        return false;
    const struct bytes *old = &before.parts[CRASH_EPOCHS], *new = &after.parts[CRASH_EPOCHS];
    return (new->len >= old->len && (old->len == 0 || memcmp(new->data, old->data, old->len) == 0)) ||
           wrong(judging, "newer key shares took the place of\n%s", part_text(&before, CRASH_EPOCHS));
}

static result_t visit_kept_key(const struct store_set *set, void *context, struct error *err)
{
    (void)err;
    struct attempts *attempts = (struct attempts *)context;
    if (set->shelf == STORE_STORED && set->current)
        return keyshares_copy(set->shares, &attempts->current);
    attempts->key_is_kept |= set->shelf == STORE_ATTEMPTS && keyshares_equal(set->shares, &attempts->current);
    return OUTCOME_OK;
}

/* A Rust node's next store begins with the deletion of `key`: its set has to lie elsewhere too. */
static bool key_may_go(struct judging *judging)
{
    CLEANUP(free_text) char *key_path = file_path(judging->home, "key");
    struct attempts attempts = {.key_is_kept = false};
    struct error err = {.text = ""};
    struct stat info;
    if (judging->recording->kind != STORE_MPC_HOME || stat(key_path, &info) != 0 || info.st_nlink > 1)
        return true;
    result_t result = store_each_set(judging->opened.store, visit_kept_key, &attempts, &err);
    keyshares_free(&attempts.current);
    return (result == OUTCOME_OK && attempts.key_is_kept) || wrong(judging, "`key` has no other name");
}

static bool judge_in(struct judging *judging)
{
    CLEANUP(state_free) struct crash_state found = {0}, again = {0}, later = {0};
    return open_again(judging) && take(judging, &found) && is_old_or_new(judging, &found) &&
           key_may_go(judging) && do_again(judging) && take(judging, &again) &&
           is_new(judging, &again, "done again") && open_again(judging) && take(judging, &later) &&
           is_new(judging, &later, "opened again") && outlives_the_next(judging);
}

static bool with_complaints(struct judging *judging, bool (*what)(struct judging *judging))
{
    judging->complaints = memfd_create("complaints", MFD_CLOEXEC);
    ck_assert_int_ge(judging->complaints, 0);
    log_init(LOG_FORMAT_PLAIN, LOG_LEVEL_WARN);
    log_set_fd(judging->complaints);
    bool good = what(judging);
    opened_close(&judging->opened);
    log_set_fd(STDERR_FILENO);
    close(judging->complaints);
    return good;
}

bool crash_judge_store(const char *home, const void *context, char why[CRASH_WHY_MAX])
{
    const struct crash_left *left = context;
    struct judging judging = {.recording = left->recording, .left = *left, .home = home, .why = why};
    return with_complaints(&judging, judge_in);
}

static bool go_on_in(struct judging *judging)
{
    if (!open_again(judging))
        return false;
    for (; judging->left.told < judging->recording->steps; judging->left.told++) {
        if (!do_again(judging))
            return false;
        disk_log_tell(judging->log);
    }
    return true;
}

bool crash_go_on(const struct crash_left *left, const char *home, struct disk_log *log,
                 char why[CRASH_WHY_MAX])
{
    struct judging judging = {
        .recording = left->recording, .left = *left, .home = home, .log = log, .why = why};
    disk_record_begin(log, home);
    bool good = with_complaints(&judging, go_on_in);
    disk_record_end();
    return good;
}
