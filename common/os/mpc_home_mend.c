/* What crashes left and what people take out: `key` is pointed at another file of permanent_keys. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/os/file.h"
#include "common/os/log.h"
#include "common/os/mpc_home_files.h"

struct mending {
    const struct mpc_home *home;
    mpc_home_fit *fit;
    void *context;
    char *key;
    struct mpc_home_list list;
    struct keyshares stored;    /* behind `key`; empty: there is none */
    ino_t key_inode;            /* 0: there is none */
    struct timespec now;        /* by the file system's clock */
    const struct keyshares *of; /* mpc_home_remove(): the set to remove; NULL: mending */
    const struct mpc_home_file *best;
};

static void mending_end(struct mending *mending)
{
    free_text(&mending->key);
    mpc_home_list_free(&mending->list);
    keyshares_free(&mending->stored);
}

static result_t mending_begin(const struct mpc_home *home, mpc_home_fit *fit, void *context,
                              struct mending *out, struct error *err)
{
    struct stat info;
    out->home = home;
    out->fit = fit;
    out->context = context;
    out->key = file_path(home->path, MPC_HOME_KEY);
    if (!out->key)
        return OUTCOME_NO_MEMORY;
    if (stat(out->key, &info) == 0)
        out->key_inode = info.st_ino;
    else if (errno != ENOENT)
        return error_set(err, file_outcome(errno), "cannot look at %s: %s", out->key, strerror(errno));
    return mpc_home_list_files(home, NULL, &out->list, err);
}

/* What of the list comes after `key` in the order of stores: a later epoch, or more domains of the same.
 * Where `key` is none of the files, all do. The list falls, so they are its head. */
static size_t later_than_key(const struct mending *mending)
{
    size_t later = 0;
    while (later < mending->list.count && mending->list.files[later].inode != mending->key_inode)
        later++;
    return later;
}

/* A file that was not touched for so long is not being written. A clock that went back makes us wait. */
static bool is_quiet(const struct mending *mending, const struct mpc_home_file *file)
{
    return file->changed.tv_sec + MPC_HOME_QUIET_S <= mending->now.tv_sec;
}

static bool is_later(const struct mpc_home_file *file, const struct mpc_home_file *than)
{
    if (!than || file->epoch_id != than->epoch_id)
        return !than || file->epoch_id > than->epoch_id;
    return file->changed.tv_sec != than->changed.tv_sec ? file->changed.tv_sec > than->changed.tv_sec
                                                        : file->changed.tv_nsec > than->changed.tv_nsec;
}

/* It is torn when `key` opens, which shows that the key we have is the right one. */
static result_t mend_torn(const struct mending *mending, const struct mpc_home_file *file, struct error *err)
{
    if (mending->of || mending->stored.count == 0 || !is_quiet(mending, file))
        return OUTCOME_OK;
    return mpc_home_move_torn(mending->home, file->path, err);
}

/* May this file be `key`? A Rust node would have made it so had it not been stopped: it is whole and what its
 * name says, and the rules of its store let it (wire.md 4.5). */
static result_t mend_consider(struct mending *mending, const struct mpc_home_file *file, struct error *err)
{
    CLEANUP(keyshares_free) struct keyshares found = {0};
    result_t result = mpc_home_read_set(mending->home, file->path, &found, err);
    if (result == OUTCOME_STORE_CORRUPT)
        return mend_torn(mending, file, err);
    TRY(result);
    if (found.items[0].id.epoch_id != file->epoch_id || found.count != file->domains ||
        !is_later(file, mending->best))
        return OUTCOME_OK;
    if (mending->of ? keyshares_equal(&found, mending->of) : !is_quiet(mending, file))
        return OUTCOME_OK;
    const struct keyshares *stored = mending->of ? NULL : &mending->stored;
    result = keyshares_may_replace(stored, &found, NULL);
    if (result != OUTCOME_OK)
        return result == OUTCOME_NO_MEMORY ? result : OUTCOME_OK;
    bool fit;
    TRY(mending->fit(&found, mending->context, &fit, err));
    if (fit)
        mending->best = file;
    return OUTCOME_OK;
}

static result_t mend_clock(struct mending *mending, struct error *err)
{
    CLEANUP(free_text) char *path = NULL;
    struct stat info;
    TRY(mpc_home_work_file(mending->home, &path, err));
    int error = stat(path, &info) == 0 ? 0 : errno;
    unlink(path);
    if (error)
        return error_set(err, file_outcome(error), "cannot look at %s: %s", path, strerror(error));
    mending->now = info.st_mtim;
    return OUTCOME_OK;
}

static result_t mend_in_turn(struct mending *mending, struct error *err)
{
    result_t result = mpc_home_load(mending->home, &mending->stored, err);
    if (result == OUTCOME_STORE_CORRUPT) /* said by whoever reads it */
        return OUTCOME_OK;
    if (result != OUTCOME_OK && result != OUTCOME_STORE_NOT_FOUND)
        return result;
    TRY(mend_clock(mending, err));
    size_t later = later_than_key(mending);
    for (size_t i = 0; i < later; i++)
        TRY(mend_consider(mending, &mending->list.files[i], err));
    if (!mending->best)
        return OUTCOME_OK;
    TRY(mpc_home_point_key(mending->home, mending->best->path, err));
    log_info("%s was whole, but not `key`: a store was stopped in between; `key` is it now",
             mending->best->path);
    return OUTCOME_OK;
}

result_t mpc_home_mend(const struct mpc_home *home, mpc_home_fit *fit, void *context, struct error *err)
{
    CLEANUP(mending_end) struct mending look = {0};
    TRY(mending_begin(home, fit, context, &look, err));
    if (later_than_key(&look) == 0)
        return OUTCOME_OK;
    CLEANUP(close_fd) int lock = -1;
    CLEANUP(mending_end) struct mending mending = {0};
    TRY(mpc_home_take_turn(home, &lock, err));
    TRY(mending_begin(home, fit, context, &mending, err));
    return mend_in_turn(&mending, err);
}

/* ---- taking a set out -------------------------------------------------------------------------------- */

static result_t remove_key(struct mending *mending, struct error *err)
{
    for (size_t i = 0; i < mending->list.count; i++)
        TRY(mend_consider(mending, &mending->list.files[i], err));
    if (mending->best)
        return mpc_home_point_key(mending->home, mending->best->path, err);
    if (unlink(mending->key) != 0)
        return error_set(err, file_outcome(errno), "cannot delete %s: %s", mending->key, strerror(errno));
    return file_sync_dir(mending->home->path, err);
}

static result_t remove_file(const struct mending *mending, const struct mpc_home_file *file,
                            struct error *err)
{
    CLEANUP(keyshares_free) struct keyshares found = {0};
    CLEANUP(free_text) char *dir = file_path(mending->home->path, MPC_HOME_PERMANENT);
    if (!dir)
        return OUTCOME_NO_MEMORY;
    if (file->epoch_id != mending->of->items[0].id.epoch_id || file->domains != mending->of->count)
        return OUTCOME_OK;
    result_t result = mpc_home_read_set(mending->home, file->path, &found, err);
    if (result == OUTCOME_STORE_CORRUPT)
        return OUTCOME_OK;
    TRY(result);
    if (!keyshares_equal(&found, mending->of))
        return OUTCOME_OK;
    if (unlink(file->path) != 0)
        return error_set(err, file_outcome(errno), "cannot delete %s: %s", file->path, strerror(errno));
    return file_sync_dir(dir, err);
}

result_t mpc_home_remove(const struct mpc_home *home, const struct keyshares *shares, mpc_home_fit *fit,
                         void *context, struct error *err)
{
    CLEANUP(close_fd) int lock = -1;
    CLEANUP(mending_end) struct mending mending = {.of = shares};
    TRY(mpc_home_take_turn(home, &lock, err));
    TRY(mending_begin(home, fit, context, &mending, err));
    result_t result = mpc_home_load(home, &mending.stored, err);
    if (result != OUTCOME_OK && result != OUTCOME_STORE_NOT_FOUND && result != OUTCOME_STORE_CORRUPT)
        return result;
    if (keyshares_equal(&mending.stored, shares))
        TRY(remove_key(&mending, err));
    for (size_t i = 0; i < mending.list.count; i++)
        TRY(remove_file(&mending, &mending.list.files[i], err));
    return OUTCOME_OK;
}
