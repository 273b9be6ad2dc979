#include "tests/node/crash_judge.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/os/file.h"
#include "common/os/log.h"
#include "tests/support/disk_record.h"
#include "tests/support/support.h"

struct judging {
    const struct crash_recording *recording;
    struct crash_left left;
    const char *home;
    struct crash_opened opened;
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

/* Half a file of a Rust node's is told of when it is moved aside. */
static bool may_be_told(const struct judging *judging, const char *complaint)
{
    return judging->recording->scenario->mends && strstr(complaint, " was half a file") &&
           strchr(complaint, '\n') == strrchr(complaint, '\n');
}

static bool open_again(struct judging *judging)
{
    char complaint[1024] = {0};
    struct error err = {.text = ""};
    crash_close(&judging->opened);
    result_t result = crash_open(judging->recording, judging->home, &judging->opened, &err);
    if (result != OUTCOME_OK)
        return wrong(judging, "it does not open: %s: %s", outcome_of(result)->name, err.text);
    if (pread(judging->complaints, complaint, sizeof complaint - 1, 0) > 0 &&
        !may_be_told(judging, complaint))
        return wrong(judging, "it complains: %s", complaint);
    return true;
}

static bool take(struct judging *judging, struct crash_state *out)
{
    struct error err = {.text = ""};
    result_t result = crash_state_take(judging->opened.store, out, &err);
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
    struct found found = {.old = crash_state_is(state, old, part, judging->left.repeats)};
    if (judging->left.told < recording->steps)
        found.new = crash_state_is(state, old + 1, part, judging->left.repeats);
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
            return wrong(judging, "%s is neither old nor new, but\n%s", crash_part_name(order[i]),
                         crash_state_text(state, order[i]));
        if (!found.old && !may_be_new)
            return wrong(judging, "%s is new too early", crash_part_name(order[i]));
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
        if (crash_state_is(state, new, part, judging->left.repeats + again))
            continue;
        return wrong(judging, "%s: %s: not\n%sbut\n%s", when, crash_part_name(part),
                     crash_state_text(new, part), crash_state_text(state, part));
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
static bool outlives_the_next(struct judging *judging, const struct crash_state *before)
{
    CLEANUP(crash_state_free) struct crash_state after = {0};
    struct error err = {.text = ""};
    result_t result = crash_put_next(judging->opened.store, &err);
    if (!outcome_ok(result))
        return wrong(judging, "newer key shares are refused: %s: %s", outcome_of(result)->name, err.text);
    if (!take(judging, &after))
        return false;
    const struct bytes *old = &before->parts[CRASH_EPOCHS], *new = &after.parts[CRASH_EPOCHS];
    return (new->len >= old->len && (old->len == 0 || memcmp(new->data, old->data, old->len) == 0)) ||
           wrong(judging, "newer key shares took the place of\n%s", crash_state_text(before, CRASH_EPOCHS));
}

struct key_set {
    struct keyshares shares;
    bool is_kept; /* beside `key` */
};

static result_t visit_key_set(const struct store_set *set, void *context, struct error *err)
{
    (void)err;
    struct key_set *key = context;
    if (set->shelf == STORE_STORED && set->current)
        return keyshares_copy(set->shares, &key->shares);
    key->is_kept |= set->shelf == STORE_ATTEMPTS && keyshares_equal(set->shares, &key->shares);
    return OUTCOME_OK;
}

/* A Rust node's next store begins with the deletion of `key`: its set has to lie elsewhere too. */
static bool key_may_go(struct judging *judging)
{
    CLEANUP(free_text) char *path = file_path(judging->home, "key");
    struct key_set key = {.is_kept = false};
    struct error err = {.text = ""};
    struct stat info;
    if (judging->recording->kind != STORE_MPC_HOME || stat(path, &info) != 0 || info.st_nlink > 1)
        return true;
    result_t result = store_each_set(judging->opened.store, visit_key_set, &key, &err);
    keyshares_free(&key.shares);
    return (result == OUTCOME_OK && key.is_kept) || wrong(judging, "`key` has no other name");
}

static bool judge_in(struct judging *judging)
{
    CLEANUP(crash_state_free) struct crash_state found = {0}, again = {0}, later = {0};
    return open_again(judging) && take(judging, &found) && is_old_or_new(judging, &found) &&
           key_may_go(judging) && do_again(judging) && take(judging, &again) &&
           is_new(judging, &again, "done again") && open_again(judging) && take(judging, &later) &&
           is_new(judging, &later, "opened again") && outlives_the_next(judging, &later);
}

static bool with_complaints(struct judging *judging, bool (*what)(struct judging *judging))
{
    judging->complaints = memfd_create("complaints", MFD_CLOEXEC);
    ck_assert_int_ge(judging->complaints, 0);
    log_init(LOG_FORMAT_PLAIN, LOG_LEVEL_WARN);
    log_set_fd(judging->complaints);
    bool good = what(judging);
    crash_close(&judging->opened);
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
