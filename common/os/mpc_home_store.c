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

#include "common/keyshare_rules.h"
#include "common/os/file.h"
#include "common/os/mpc_home_files.h"
#include "common/os/random.h"
#include "common/seal.h"

/* What of the work folder's content is ours, and may be swept. */
#define WORK_PREFIX   ".keyshares-"
#define WORK_KEY_LINK WORK_PREFIX "key"

/* Which file `key` is, to see that nobody else has put another one there. */
struct key_file {
    bool there;
    ino_t inode;
    struct timespec changed;
};

struct storing {
    const struct mpc_home *home;
    char *key;       /* <home>/key */
    char *permanent; /* <home>/permanent_keys */
    char *epoch;     /* <home>/permanent_keys/epoch_E_with_N_domains */
    char *work;      /* the new file, while it has no other name */
    char *key_link;  /* the second link, while it waits */
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
}

static result_t storing_begin(const struct mpc_home *home, const struct keyshares *shares,
                              struct storing *out)
{
    out->home = home;
    out->key = file_path(home->path, MPC_HOME_KEY);
    out->permanent = file_path(home->path, MPC_HOME_PERMANENT);
    if (!out->key || !out->permanent)
        return OUTCOME_NO_MEMORY;
    if (asprintf(&out->epoch, "%s/epoch_%" PRIu64 "_with_%zu_domains", out->permanent,
                 shares->items[0].id.epoch_id, shares->count) < 0)
        return OUTCOME_NO_MEMORY;
    return OUTCOME_OK;
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

/* Wait for other processes' stores to end, and sweep what a crash left of them. */
static result_t take_turn(const struct mpc_home *home, int *lock, struct error *err)
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

/* ---- the sequence ------------------------------------------------------------------------------------ */

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

/* The name is taken. What a crash left between its link and `key` is the same set, and is used; anything
 * else is a person's to judge: an epoch file is never overwritten. */
static result_t adopt_epoch_file(const struct storing *storing, const struct keyshares *shares,
                                 struct error *err)
{
    CLEANUP(keyshares_free) struct keyshares left = {0};
    struct error why = {.text = ""};
    result_t result = mpc_home_read_set(storing->home, storing->epoch, &left, &why);
    if (result != OUTCOME_OK)
        return error_set(err, result, "%.300s; it is in the way of new key shares: move it to another folder",
                         why.text);
    if (!keyshares_equal(&left, shares))
        return error_set(err, OUTCOME_KEYSHARES_CONFLICT,
                         "%s holds other key shares, and is not the current `key`: move it to another folder "
                         "if they are not "
                         "needed",
                         storing->epoch);
    return sync_file(storing->epoch, err);
}

static result_t link_epoch_file(const struct storing *storing, const struct keyshares *shares,
                                struct error *err)
{
    TRY(file_make_dir(storing->permanent, err));
    /* Whoever made it. Were its name lost and `key` new, the next set would take the last name of this one. */
    TRY(file_sync_dir(storing->home->path, err));
    if (link(storing->work, storing->epoch) == 0)
        return OUTCOME_OK;
    return errno == EEXIST ? adopt_epoch_file(storing, shares, err) : failed("make", storing->epoch, err);
}

/* rename(2) replaces `key` in one step; unlink and link, as upstream does,
 * would leave a moment without it. */
static result_t replace_key(struct storing *storing, const struct key_file *before, struct error *err)
{
    storing->key_link = file_path(storing->home->work_dir, WORK_KEY_LINK);
    if (!storing->key_link)
        return OUTCOME_NO_MEMORY;
    if (link(storing->epoch, storing->key_link) != 0)
        return failed("link", storing->epoch, err);
    step(storing->home, MPC_HOME_KEY_LINKED);
    struct key_file now;
    TRY(look_at_key(storing, &now, err));
    if (!key_file_equal(&now, before))
        return error_set(err, OUTCOME_KEYSHARES_CONFLICT,
                         "%s was changed by another program meanwhile; try again", storing->key);
    if (rename(storing->key_link, storing->key) != 0)
        return failed("replace", storing->key, err);
    step(storing->home, MPC_HOME_KEY_RENAMED);
    return file_sync_dir(storing->home->path, err);
}

static result_t store_in_turn(struct storing *storing, const struct keyshares *shares, struct error *err)
{
    CLEANUP(keyshares_free) struct keyshares stored = {0};
    struct key_file before;
    TRY(look_at_key(storing, &before, err));
    result_t result = mpc_home_load(storing->home, &stored, err);
    if (result != OUTCOME_OK && result != OUTCOME_STORE_NOT_FOUND)
        return result;
    result = keyshares_may_replace(&stored, shares, err);
    if (result == OUTCOME_KEYSHARES_UNCHANGED)
        TRY(file_sync_dir(storing->home->path, err)); /* a crash may have come before it */
    TRY(result);

    TRY(write_work_file(storing, shares, err));
    step(storing->home, MPC_HOME_WRITTEN);
    TRY(link_epoch_file(storing, shares, err));
    step(storing->home, MPC_HOME_EPOCH_LINKED);
    TRY(file_sync_dir(storing->permanent, err));
    step(storing->home, MPC_HOME_EPOCH_SYNCED);
    TRY(replace_key(storing, &before, err));
    step(storing->home, MPC_HOME_KEY_SYNCED);
    return OUTCOME_OK;
}

result_t mpc_home_store(const struct mpc_home *home, const struct keyshares *shares, struct error *err)
{
    CLEANUP(close_fd) int lock = -1;
    CLEANUP(storing_end) struct storing storing = {0};
    TRY(keyshares_check_set(shares, err));
    TRY(take_turn(home, &lock, err));
    TRY(storing_begin(home, shares, &storing));
    return store_in_turn(&storing, shares, err);
}
