/* The store sequence of wire.md 6.1, so that a crash at any point leaves `key` as it was or as it shall be,
 * and leaves nothing that stops the next store (trap 20 of wire.md). */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/os/file.h"
#include "common/os/log.h"
#include "common/os/mpc_home_files.h"
#include "common/os/random.h"
#include "common/seal.h"

/* What of the work folder's content is ours, and may be swept. */
#define WORK_PREFIX   ".keyshares-"
#define WORK_KEY_LINK WORK_PREFIX "key"

/* Half files of one name and time that are kept. */
#define TORN_COPIES_MAX 16

/* Which file `key` is, to see that nobody else has put another one there. */
struct key_file {
    bool there;
    ino_t inode;
    struct timespec changed;
};

/* What lies under the name that the new file is to have. */
enum place {
    PLACE_FREE,
    PLACE_SAME,  /* the same set: left by a crash between its link and `key` */
    PLACE_OTHER, /* another set */
    PLACE_TORN,  /* half a file that nobody is writing any more */
};

struct storing {
    const struct mpc_home *home;
    const struct keyshares_terms *terms;
    char *key;       /* <home>/key */
    char *permanent; /* <home>/permanent_keys */
    char *epoch;     /* <home>/permanent_keys/epoch_E_with_N_domains */
    char *work;      /* the new file, while it has no other name */
    char *key_link;  /* the second link, while it waits */
    struct key_file before;
    struct keyshares stored; /* behind `key` */
    char *stored_path;       /* its name in permanent_keys; NULL: there is no `key` */
    bool supersedes;         /* ... which has to leave the home */
    enum place place;
    struct keyshares other; /* with PLACE_OTHER */
};

static void storing_end(struct storing *storing)
{
    if (storing->work)
        unlink(storing->work);
    if (storing->key_link)
        unlink(storing->key_link);
    free_text(&storing->key);
    free_text(&storing->permanent);
    free_text(&storing->epoch);
    free_text(&storing->work);
    free_text(&storing->key_link);
    free_text(&storing->stored_path);
    keyshares_free(&storing->stored);
    keyshares_free(&storing->other);
}

static result_t storing_begin(const struct mpc_home *home, const struct keyshares *shares,
                              const struct keyshares_terms *terms, struct storing *out)
{
    out->home = home;
    out->terms = terms;
    out->key = file_path(home->path, MPC_HOME_KEY);
    out->permanent = file_path(home->path, MPC_HOME_PERMANENT);
    out->epoch = mpc_home_epoch_path(home, shares);
    return out->key && out->permanent && out->epoch ? OUTCOME_OK : OUTCOME_NO_MEMORY;
}

static void step(const struct mpc_home *home, enum mpc_home_step now)
{
    if (home->step)
        home->step(now, home->step_context);
}

static result_t failed(const char *doing, const char *path, struct error *err)
{
    int error = errno;
    return error_set(err, file_outcome(error), "cannot %s %s: %s", doing, path, strerror(error));
}

/* ---- one at a time ----------------------------------------------------------------------------------- */

static result_t visit_leftover(const char *name, void *context, struct error *err)
{
    (void)err;
    if (strncmp(name, WORK_PREFIX, sizeof WORK_PREFIX - 1) != 0)
        return OUTCOME_OK;
    CLEANUP(free_text) char *path = file_path((const char *)context, name);
    if (path)
        unlink(path); /* what cannot be swept does no harm */
    return OUTCOME_OK;
}

result_t mpc_home_take_turn(const struct mpc_home *home, int *lock, struct error *err)
{
    TRY(file_make_dir(home->work_dir, err));
    *lock = open(home->work_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (*lock < 0)
        return failed("open", home->work_dir, err);
    if (file_lock(*lock, LOCK_EX) != 0)
        return failed("lock", home->work_dir, err);
    return mpc_home_each(home->work_dir, visit_leftover, home->work_dir, err);
}

static result_t look_at_key(const struct storing *storing, struct key_file *out, struct error *err)
{
    struct stat info;
    *out = (struct key_file){.there = stat(storing->key, &info) == 0};
    if (!out->there)
        return errno == ENOENT ? OUTCOME_OK : failed("look at", storing->key, err);
    out->inode = info.st_ino;
    out->changed = info.st_mtim;
    return OUTCOME_OK;
}

static bool key_file_equal(const struct key_file *a, const struct key_file *b)
{
    return a->there == b->there && a->inode == b->inode && a->changed.tv_sec == b->changed.tv_sec &&
           a->changed.tv_nsec == b->changed.tv_nsec;
}

static result_t write_work_file(struct storing *storing, const struct keyshares *shares, struct error *err)
{
    CLEANUP(secret_free) struct secret text = {0};
    CLEANUP(bytes_free) struct bytes sealed = {0};
    uint8_t nonce[SEAL_NONCE_LEN];
    TRY(random_bytes(nonce, sizeof nonce));
    TRY(permanent_keyshares_write(shares, &text));
    TRY(seal(&storing->home->key, nonce, NULL, 0, text.data, text.len, &sealed));
    return file_write_temporary(storing->home->work_dir, WORK_PREFIX, sealed.data, sealed.len, &storing->work,
                                err);
}

static result_t sync_file(const char *path, struct error *err)
{
    CLEANUP(close_fd) int fd = open(path, O_RDONLY | O_CLOEXEC);
    return fd >= 0 && fsync(fd) == 0 ? OUTCOME_OK : failed("sync", path, err);
}

/* ---- what is in the way ------------------------------------------------------------------------------ */

/* Damage, and no file at all, is "no". */
static result_t file_holds(const struct mpc_home *home, const char *path, const struct keyshares *shares,
                           bool *holds, struct error *err)
{
    CLEANUP(keyshares_free) struct keyshares found = {0};
    result_t result = mpc_home_read_set(home, path, &found, err);
    *holds = false;
    if (result == OUTCOME_STORE_NOT_FOUND || result == OUTCOME_STORE_CORRUPT)
        return OUTCOME_OK;
    TRY(result);
    *holds = keyshares_equal(&found, shares);
    return OUTCOME_OK;
}

/* Half a file may be one that a Rust node is writing at this moment, and one that does not open may be sealed
 * with another key than ours: it is torn when it was left alone for a while, and `key` opens. The clock is
 * that of the file system, by the file that was written just now. */
static bool is_torn(const struct storing *storing)
{
    struct stat now, then;
    return storing->stored.count > 0 && stat(storing->work, &now) == 0 && stat(storing->epoch, &then) == 0 &&
           then.st_mtim.tv_sec + MPC_HOME_QUIET_S <= now.st_mtim.tv_sec;
}

static result_t look_at_place(struct storing *storing, const struct keyshares *shares, struct error *err)
{
    struct error why = {.text = ""};
    result_t result = mpc_home_read_set(storing->home, storing->epoch, &storing->other, &why);
    if (result == OUTCOME_STORE_NOT_FOUND) {
        storing->place = PLACE_FREE;
        return OUTCOME_OK;
    }
    if (result == OUTCOME_STORE_CORRUPT && is_torn(storing)) {
        storing->place = PLACE_TORN;
        return OUTCOME_OK;
    }
    if (result != OUTCOME_OK)
        return error_set(err, result, "%.300s; it is in the way of new key shares: move it to another folder",
                         why.text);
    storing->place = keyshares_equal(&storing->other, shares) ? PLACE_SAME : PLACE_OTHER;
    return OUTCOME_OK;
}

/* `key` is of an attempt that did not come to be: of this epoch or a later one, and not a part of the new
 * set. What is of an older epoch stays where it is. */
static result_t look_at_succession(struct storing *storing, const struct keyshares *shares)
{
    if (storing->stored.count == 0)
        return OUTCOME_OK;
    uint64_t stored_epoch = storing->stored.items[0].id.epoch_id;
    uint64_t epoch = shares->items[0].id.epoch_id;
    bool contain = false;
    if (stored_epoch == epoch)
        TRY(keyshares_contain(shares, &storing->stored, &contain));
    storing->supersedes = stored_epoch >= epoch && !contain;
    return OUTCOME_OK;
}

static result_t keep(const struct storing *storing, const struct keyshares *set, const char *path,
                     struct error *err)
{
    if (storing->terms->keep)
        return storing->terms->keep(set, path, storing->terms->context, err);
    return error_set(err, OUTCOME_KEYSHARES_CONFLICT,
                     "%s holds other key shares, and is not the current `key`: move it to another folder "
                     "if they are not needed",
                     path);
}

static result_t keep_superseded(const struct storing *storing, struct error *err)
{
    if (storing->supersedes)
        TRY(keep(storing, &storing->stored, storing->key, err));
    bool same = keyshares_equal(&storing->other, &storing->stored);
    if (storing->place == PLACE_OTHER && !(storing->supersedes && same))
        TRY(keep(storing, &storing->other, storing->epoch, err));
    return OUTCOME_OK;
}

/* A `key` without a second name would be gone with its replacement: it gets the one that it should have. */
static result_t name_key(const struct storing *storing, struct error *err)
{
    bool holds;
    if (storing->stored.count == 0 || storing->supersedes || link(storing->key, storing->stored_path) == 0)
        return OUTCOME_OK;
    if (errno != EEXIST)
        return failed("link", storing->key, err);
    TRY(file_holds(storing->home, storing->stored_path, &storing->stored, &holds, err));
    return holds ? OUTCOME_OK : keep(storing, &storing->stored, storing->key, err);
}

/* ---- the sequence ------------------------------------------------------------------------------------ */

result_t mpc_home_work_file(const struct mpc_home *home, char **path, struct error *err)
{
    return file_write_temporary(home->work_dir, WORK_PREFIX, "", 0, path, err);
}

result_t mpc_home_point_key(const struct mpc_home *home, const char *path, struct error *err)
{
    CLEANUP(free_text) char *key_link = file_path(home->work_dir, WORK_KEY_LINK);
    CLEANUP(free_text) char *key = file_path(home->path, MPC_HOME_KEY);
    CLEANUP(free_text) char *permanent = file_path(home->path, MPC_HOME_PERMANENT);
    if (!key_link || !key || !permanent)
        return OUTCOME_NO_MEMORY;
    /* A Rust node syncs neither. Were the name lost and `key` new, its next store would take the last one. */
    TRY(sync_file(path, err));
    TRY(file_sync_dir(permanent, err));
    if (link(path, key_link) != 0)
        return failed("link", path, err);
    if (rename(key_link, key) != 0)
        return failed("replace", key, err);
    return file_sync_dir(home->path, err);
}

/* A second name of a file. It may be there already: of a move that a crash interrupted. */
static result_t name_again(const char *path, const struct stat *info, const char *to, bool *taken,
                           struct error *err)
{
    struct stat other;
    *taken = false;
    if (link(path, to) == 0)
        return OUTCOME_OK;
    if (errno != EEXIST || stat(to, &other) != 0)
        return failed("make", to, err);
    *taken = other.st_ino != info->st_ino;
    return OUTCOME_OK;
}

/* Not deleted, but moved as it is. The name is taken where a home was put back from a copy. */
static result_t name_torn(const struct mpc_home *home, const char *path, char **to, struct error *err)
{
    struct stat info;
    bool taken = true;
    if (stat(path, &info) != 0)
        return failed("look at", path, err);
    for (unsigned copy = 0; taken && copy < TORN_COPIES_MAX; copy++) {
        char suffix[16] = "";
        free_text(to);
        if (copy > 0)
            snprintf(suffix, sizeof suffix, ".%u", copy);
        if (asprintf(to, "%s/torn_%s.%lld%s", home->work_dir, strrchr(path, '/') + 1,
                     (long long)info.st_mtim.tv_sec, suffix) < 0) {
            *to = NULL;
            return OUTCOME_NO_MEMORY;
        }
        TRY(name_again(path, &info, *to, &taken, err));
    }
    return taken ? error_set(err, OUTCOME_LIMIT,
                             "%s and its like are half files: delete them, or move them away", *to)
                 : OUTCOME_OK;
}

result_t mpc_home_move_torn(const struct mpc_home *home, const char *path, struct error *err)
{
    CLEANUP(free_text) char *to = NULL;
    TRY(name_torn(home, path, &to, err));
    TRY(file_sync_dir(home->work_dir, err));
    if (unlink(path) != 0)
        return failed("delete", path, err);
    log_warn("%s was half a file, and no store of that name could succeed: it is %s now", path, to);
    return OUTCOME_OK;
}

static result_t place_epoch_file(struct storing *storing, struct error *err)
{
    TRY(file_make_dir(storing->permanent, err));
    /* Whoever made it. Were its name lost and `key` new, a Rust node's next store would take the last name of
     * this one. */
    TRY(file_sync_dir(storing->home->path, err));
    TRY(name_key(storing, err));
    switch (storing->place) {
    case PLACE_SAME:
        return sync_file(storing->epoch, err);
    case PLACE_OTHER:
        /* It was kept. No Rust node writes under a name that is taken, so it is still the one that was
         * read. */
        if (rename(storing->work, storing->epoch) != 0)
            return failed("replace", storing->epoch, err);
        free_text(&storing->work);
        return OUTCOME_OK;
    case PLACE_TORN:
        TRY(mpc_home_move_torn(storing->home, storing->epoch, err));
        break;
    case PLACE_FREE:
        break;
    }
    return link(storing->work, storing->epoch) == 0 ? OUTCOME_OK : failed("make", storing->epoch, err);
}

/* rename(2) replaces `key` in one step; unlink and link, as upstream does,
 * would leave a moment without it. */
static result_t replace_key(struct storing *storing, struct error *err)
{
    storing->key_link = file_path(storing->home->work_dir, WORK_KEY_LINK);
    if (!storing->key_link)
        return OUTCOME_NO_MEMORY;
    if (link(storing->epoch, storing->key_link) != 0)
        return failed("link", storing->epoch, err);
    step(storing->home, MPC_HOME_KEY_LINKED);
    struct key_file now;
    TRY(look_at_key(storing, &now, err));
    if (!key_file_equal(&now, &storing->before))
        return error_set(err, OUTCOME_KEYSHARES_CONFLICT,
                         "%s was changed by another program meanwhile; try again", storing->key);
    if (rename(storing->key_link, storing->key) != 0)
        return failed("replace", storing->key, err);
    step(storing->home, MPC_HOME_KEY_RENAMED);
    return file_sync_dir(storing->home->path, err);
}

/* After `key` is another one: a superseded set would stop the Rust node's own store of that name. */
static result_t drop_superseded(const struct storing *storing, struct error *err)
{
    bool holds = false;
    if (storing->supersedes && strcmp(storing->stored_path, storing->epoch) != 0)
        TRY(file_holds(storing->home, storing->stored_path, &storing->stored, &holds, err));
    if (!holds)
        return OUTCOME_OK;
    if (unlink(storing->stored_path) != 0)
        return failed("delete", storing->stored_path, err);
    return file_sync_dir(storing->permanent, err);
}

static result_t look_at_stored(struct storing *storing, struct error *err)
{
    TRY(look_at_key(storing, &storing->before, err));
    result_t result = mpc_home_load(storing->home, &storing->stored, err);
    if (result == OUTCOME_STORE_NOT_FOUND)
        return OUTCOME_OK;
    TRY(result);
    storing->stored_path = mpc_home_epoch_path(storing->home, &storing->stored);
    return storing->stored_path ? OUTCOME_OK : OUTCOME_NO_MEMORY;
}

static result_t store_in_turn(struct storing *storing, const struct keyshares *shares, struct error *err)
{
    TRY(look_at_stored(storing, err));
    result_t result = storing->terms->rule(&storing->stored, shares, err);
    if (result == OUTCOME_KEYSHARES_UNCHANGED)
        TRY(file_sync_dir(storing->home->path, err)); /* a crash may have come before it */
    TRY(result);
    TRY(look_at_succession(storing, shares));

    TRY(write_work_file(storing, shares, err));
    step(storing->home, MPC_HOME_WRITTEN);
    TRY(look_at_place(storing, shares, err));
    TRY(keep_superseded(storing, err));
    TRY(place_epoch_file(storing, err));
    step(storing->home, MPC_HOME_EPOCH_LINKED);
    TRY(file_sync_dir(storing->permanent, err));
    step(storing->home, MPC_HOME_EPOCH_SYNCED);
    TRY(replace_key(storing, err));
    step(storing->home, MPC_HOME_KEY_SYNCED);
    TRY(drop_superseded(storing, err));
    step(storing->home, MPC_HOME_DISPLACED);
    return OUTCOME_OK;
}

result_t mpc_home_store(const struct mpc_home *home, const struct keyshares *shares,
                        const struct keyshares_terms *terms, struct error *err)
{
    CLEANUP(close_fd) int lock = -1;
    CLEANUP(storing_end) struct storing storing = {0};
    TRY(keyshares_check_set(shares, err));
    TRY(mpc_home_take_turn(home, &lock, err));
    TRY(storing_begin(home, shares, terms, &storing));
    return store_in_turn(&storing, shares, err);
}
