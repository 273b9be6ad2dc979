#include "common/os/database.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/os/file.h"

/* At most this often per transaction the size is adopted that another process gave the map, or the
 * environment is opened anew. */
#define REPAIRS_MAX 8

/* LMDB's own codes are negative, the others are of the system. */
static result_t outcome_of_code(int code)
{
    switch (code) {
    case MDB_MAP_FULL:
    case MDB_TXN_FULL:
        return OUTCOME_STORE_FULL;
    case MDB_CORRUPTED:
    case MDB_PAGE_NOTFOUND:
    case MDB_INVALID:
    case MDB_VERSION_MISMATCH:
        return OUTCOME_STORE_CORRUPT;
    case MDB_READERS_FULL:
        return OUTCOME_BUSY;
    default:
        return file_outcome(code);
    }
}

result_t database_error(const struct database *database, int code, const char *what, struct error *err)
{
    return error_set(err, outcome_of_code(code), "%s: cannot %s: %s", database->settings.what, what,
                     mdb_strerror(code));
}

MDB_val database_value(const void *data, size_t len)
{
    union {
        const void *in;
        void *out;
    } unqualified = {.in = data};
    return (MDB_val){.mv_size = len, .mv_data = unqualified.out};
}

/* Opening */

static const unsigned access_flags[] = {
    [DATABASE_READ_WRITE] = 0,
    [DATABASE_READ_ONLY] = MDB_RDONLY,
    [DATABASE_UNTOUCHED] = MDB_RDONLY | MDB_NOLOCK,
};

static int configure_env(const struct database *database)
{
    int code = mdb_env_set_mapsize(database->env, database->settings.size.start);
    return code ? code : mdb_env_set_maxdbs(database->env, database->settings.tables);
}

/* Without it the names in the main table have no order. */
static int open_main(MDB_env *env)
{
    MDB_txn *txn;
    MDB_dbi main_table;
    int code = mdb_txn_begin(env, NULL, MDB_RDONLY, &txn);
    if (code)
        return code;
    code = mdb_dbi_open(txn, NULL, 0, &main_table);
    mdb_txn_abort(txn);
    return code;
}

/* LMDB's two head pages come first, and records behind them. Versions that made the file under its own name
 * could leave half a head when the power failed in the very first start. */
static result_t refused(const struct database *database, int code, struct error *err)
{
    CLEANUP(free_text) char *file = file_path(database->dir, "data.mdb");
    struct stat info;
    if (code != MDB_INVALID || !file || stat(file, &info) != 0 || info.st_size > 2 * sysconf(_SC_PAGESIZE))
        return database_error(database, code, "open", err);
    return error_set(
        err, OUTCOME_STORE_CORRUPT,
        "%s: cannot open: %s is no database, and too short to hold a record. Where nothing was "
        "ever stored, its making was stopped: move it to another folder and start again. Else the "
        "disk lost what was in it: put back a copy",
        database->settings.what, file);
}

static result_t open_env(struct database *database, struct error *err)
{
    enum database_access access = database->settings.access;
    int code = mdb_env_create(&database->env);
    if (code)
        return database_error(database, code, "make the environment", err);
    code = configure_env(database);
    if (!code)
        code = mdb_env_open(database->env, database->dir, MDB_NOTLS | access_flags[access], 0600);
    if (code)
        return refused(database, code, err);
    int fd = -1;
    code = mdb_env_get_fd(database->env, &fd);
    /* LMDB 0.9.24 opens its data file without O_CLOEXEC. */
    if (!code && fcntl(fd, F_SETFD, FD_CLOEXEC))
        code = errno;
    if (code)
        return database_error(database, code, "set up the file", err);
    int dead = 0; /* readers that a killed process left; without this their pages could never be reused */
    if (access == DATABASE_READ_WRITE && (code = mdb_reader_check(database->env, &dead)) != 0)
        return database_error(database, code, "clear the reader table", err);
    code = open_main(database->env);
    return code ? database_error(database, code, "read the main table", err) : OUTCOME_OK;
}

/* LMDB writes to its lock file through a mapping, which on a full disk ends in SIGBUS: there has to be room for
 * it before it begins. */
static result_t reserve_lock(const struct database *database, const char *dir, struct error *err)
{
    CLEANUP(free_text) char *path = file_path(dir, "lock.mdb");
    if (!path)
        return OUTCOME_NO_MEMORY;
    CLEANUP(close_fd) int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0)
        return database_error(database, errno, "make its files", err);
    /* A file system that cannot reserve refuses with another error, and goes on without. */
    if (fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, 2 * sysconf(_SC_PAGESIZE)) != 0 &&
        (errno == ENOSPC || errno == EDQUOT))
        return database_error(database, errno, "make its files", err);
    return OUTCOME_OK;
}

/* An empty one is what a start on a full disk could leave: there is nothing in it. */
static result_t look_for(const struct database *database, const char *file, bool *found, struct error *err)
{
    struct stat info;
    bool there = stat(file, &info) == 0;
    if (!there && errno != ENOENT)
        return database_error(database, errno, "look at its file", err);
    *found = there && info.st_size > 0;
    return OUTCOME_OK;
}

/* A data file without records, on the disk. */
static result_t make_head(const struct database *database, const char *path, struct error *err)
{
    MDB_env *env;
    int code = mdb_env_create(&env);
    if (code)
        return database_error(database, code, "make the environment", err);
    code = mdb_env_set_mapsize(env, database->settings.size.start);
    if (!code)
        code = mdb_env_open(env, path, MDB_NOSUBDIR | MDB_NOLOCK, 0600);
    if (!code)
        code = mdb_env_sync(env, 1);
    mdb_env_close(env);
    return code ? database_error(database, code, "make its files", err) : OUTCOME_OK;
}

/* LMDB syncs what it makes with the first commit only. If the power failed before, half a head would be left,
 * which can never be opened again: so the file has another name until it is whole. */
static result_t make_file(const struct database *database, const char *file, struct error *err)
{
    bool found;
    CLEANUP(free_text) char *fresh = file_path(database->dir, "data.mdb.new");
    if (!fresh)
        return OUTCOME_NO_MEMORY;
    CLEANUP(close_fd) int turn = open(database->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (turn < 0 || file_lock(turn, LOCK_EX) != 0)
        return database_error(database, errno, "lock its folder", err);
    TRY(look_for(database, file, &found, err));
    if (found) /* another process was here first */
        return OUTCOME_OK;
    unlink(fresh); /* of a crash */
    TRY(make_head(database, fresh, err));
    return rename(fresh, file) == 0 ? OUTCOME_OK : database_error(database, errno, "make its files", err);
}

static result_t open_steps(struct database *database, const char *dir, struct error *err)
{
    bool found = false;
    CLEANUP(free_text) char *file = file_path(dir, "data.mdb");
    database->dir = strdup(dir);
    if (!file || !database->dir)
        return OUTCOME_NO_MEMORY;
    TRY(look_for(database, file, &found, err));
    if (database->settings.access != DATABASE_READ_WRITE) {
        database->absent = !found;
        return found ? open_env(database, err) : OUTCOME_OK;
    }
    TRY(reserve_lock(database, dir, err));
    if (!found)
        TRY(make_file(database, file, err));
    TRY(open_env(database, err));
    /* LMDB syncs its file, not the folder that names it (tls-http.md 4). Whoever made it may have been killed
     * before it did. */
    return file_sync_dir(dir, err);
}

result_t database_open(const char *dir, const struct database_settings *settings, struct database *out,
                       struct error *err)
{
    *out = (struct database){.settings = *settings};
    if (pthread_rwlock_init(&out->map_lock, NULL))
        return OUTCOME_NO_MEMORY;
    result_t result = open_steps(out, dir, err);
    if (result != OUTCOME_OK)
        database_close(out);
    return result;
}

static void close_env(struct database *database)
{
    if (database->env)
        mdb_env_close(database->env);
    database->env = NULL;
}

void database_close(struct database *database)
{
    close_env(database);
    free_text(&database->dir);
    pthread_rwlock_destroy(&database->map_lock);
}

/* Transactions */

/* `size` 0: take over the size that another process gave the map. */
static result_t resize(struct database *database, size_t size, struct error *err)
{
    pthread_rwlock_wrlock(&database->map_lock);
    int code = mdb_env_set_mapsize(database->env, size);
    pthread_rwlock_unlock(&database->map_lock);
    return code ? database_error(database, code, "change the size of the map", err) : OUTCOME_OK;
}

static result_t grow(struct database *database, size_t max, struct error *err)
{
    MDB_envinfo info;
    int code = mdb_env_info(database->env, &info);
    if (code)
        return database_error(database, code, "read its size", err);
    if (info.me_mapsize >= max)
        return error_set(err, OUTCOME_STORE_FULL, "the %s is full: %zu bytes", database->settings.what,
                         info.me_mapsize);
    size_t doubled = info.me_mapsize * 2;
    return resize(database, doubled < max ? doubled : max, err);
}

/* Unless another thread has done so since `opened` was read. Handles of named tables would not be valid in
 * the new one. */
static result_t reopen(struct database *database, unsigned long opened, struct error *err)
{
    result_t result = OUTCOME_OK;
    if (database->settings.tables > 0)
        return database_error(database, MDB_PANIC, "begin a transaction", err);
    pthread_rwlock_wrlock(&database->map_lock);
    if (database->opened == opened) {
        close_env(database);
        result = open_env(database, err);
        if (result == OUTCOME_OK)
            database->opened++;
        else
            close_env(database);
    }
    pthread_rwlock_unlock(&database->map_lock);
    return result;
}

/* With the map lock held for reading on success. */
static result_t begin(struct database *database, unsigned flags, MDB_txn **out, struct error *err)
{
    for (int repairs = 0;; repairs++) {
        pthread_rwlock_rdlock(&database->map_lock);
        unsigned long opened = database->opened;
        int code = database->env ? mdb_txn_begin(database->env, NULL, flags, out) : MDB_PANIC;
        if (!code)
            return OUTCOME_OK;
        pthread_rwlock_unlock(&database->map_lock);
        if ((code != MDB_MAP_RESIZED && code != MDB_PANIC) || repairs == REPAIRS_MAX)
            return database_error(database, code, "begin a transaction", err);
        TRY(code == MDB_PANIC ? reopen(database, opened, err) : resize(database, 0, err));
    }
}

result_t database_read(struct database *database, database_work *work, void *context, struct error *err)
{
    struct database_txn txn = {.database = database};
    if (database->absent)
        return work(&txn, context, err);
    TRY(begin(database, MDB_RDONLY, &txn.handle, err));
    result_t result = work(&txn, context, err);
    mdb_txn_abort(txn.handle);
    pthread_rwlock_unlock(&database->map_lock);
    return result;
}

static result_t write_once(struct database *database, database_work *work, void *context, bool *map_full,
                           struct error *err)
{
    struct database_txn txn = {.database = database};
    TRY(begin(database, 0, &txn.handle, err));
    result_t result = work(&txn, context, err);
    int code = 0;
    if (outcome_ok(result) && !txn.map_full)
        code = mdb_txn_commit(txn.handle);
    else
        mdb_txn_abort(txn.handle);
    pthread_rwlock_unlock(&database->map_lock);
    *map_full = txn.map_full || code == MDB_MAP_FULL;
    return code ? database_error(database, code, "commit", err) : result;
}

static result_t write_up_to(struct database *database, size_t max, database_work *work, void *context,
                            struct error *err)
{
    if (database->settings.access != DATABASE_READ_WRITE)
        return error_set(err, OUTCOME_INTERNAL, "the %s was opened for reading", database->settings.what);
    for (;;) { /* ends: the map doubles each time, up to `max` */
        bool map_full = false;
        result_t result = write_once(database, work, context, &map_full, err);
        if (!map_full)
            return result;
        TRY(grow(database, max, err));
    }
}

result_t database_write(struct database *database, database_work *work, void *context, struct error *err)
{
    const struct database_size *size = &database->settings.size;
    return write_up_to(database, size->max - size->reserve, work, context, err);
}

result_t database_delete(struct database *database, database_work *work, void *context, struct error *err)
{
    return write_up_to(database, database->settings.size.max, work, context, err);
}

int database_changed(struct database_txn *txn, int code)
{
    txn->map_full |= code == MDB_MAP_FULL;
    return code;
}
