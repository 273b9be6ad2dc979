#include "node/store_db.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/os/file.h"

/* A process that grew the map is adopted at most this often per transaction. */
#define STORE_DB_ADOPTIONS_MAX 8

#define CHECK_NAME "check"
#define CHECK_TEXT "mpc-migration-store/1"

#define MIB (1024u * 1024)

/* A full store holds at most 21 sets of shares of 7 MB each; the rest is room for copy-on-write. */
const struct store_db_size store_db_size_default = {
    .start = 16 * MIB, .max = (size_t)1024 * MIB, .reserve = 64 * MIB};

static result_t store_db_error(int code, const char *what, struct error *err)
{
    result_t result = OUTCOME_STORE_IO;
    if (code == MDB_MAP_FULL || code == ENOSPC || code == EDQUOT)
        result = OUTCOME_STORE_FULL;
    else if (code == MDB_CORRUPTED || code == MDB_PAGE_NOTFOUND || code == MDB_INVALID || code == MDB_PANIC ||
             code == MDB_VERSION_MISMATCH)
        result = OUTCOME_STORE_CORRUPT;
    else if (code == ENOMEM)
        result = OUTCOME_NO_MEMORY;
    return error_set(err, result, "migration store: cannot %s: %s", what, mdb_strerror(code));
}

/* Opening */

static const unsigned access_flags[] = {
    [STORE_READ_WRITE] = 0,
    [STORE_READ_ONLY] = MDB_RDONLY,
    [STORE_UNTOUCHED] = MDB_RDONLY | MDB_NOLOCK,
};

static result_t store_db_open_env(struct store_db *db, const char *dir, struct error *err)
{
    int code = mdb_env_create(&db->env);
    if (code)
        return store_db_error(code, "make the environment", err);
    code = mdb_env_set_mapsize(db->env, db->size.start);
    if (!code)
        code = mdb_env_open(db->env, dir, MDB_NOTLS | access_flags[db->access], 0600);
    if (code)
        return store_db_error(code, "open", err);
    int fd = -1;
    code = mdb_env_get_fd(db->env, &fd);
    /* LMDB 0.9.24 opens its data file without O_CLOEXEC. */
    if (!code && fcntl(fd, F_SETFD, FD_CLOEXEC))
        code = errno;
    if (code)
        return store_db_error(code, "set up the file", err);
    int dead = 0; /* readers that a killed process left; without this their pages could never be reused */
    if (db->access == STORE_READ_WRITE && (code = mdb_reader_check(db->env, &dead)) != 0)
        return store_db_error(code, "clear the reader table", err);
    return OUTCOME_OK;
}

/* LMDB writes to its lock file through a mapping, which on a full disk ends in SIGBUS, and half a header of a
 * data file could never be opened again: there has to be room for both before it begins. */
static result_t store_db_reserve(const char *dir, const char *name, struct error *err)
{
    CLEANUP(free_text) char *path = file_path(dir, name);
    if (!path)
        return OUTCOME_NO_MEMORY;
    CLEANUP(close_fd) int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0)
        return store_db_error(errno, "make its files", err);
    /* A file system that cannot reserve refuses with another error, and goes on without. */
    if (fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, 2 * sysconf(_SC_PAGESIZE)) != 0 &&
        (errno == ENOSPC || errno == EDQUOT))
        return store_db_error(errno, "make its files", err);
    return OUTCOME_OK;
}

static result_t store_db_open_dbi(struct store_db *db, struct error *err)
{
    MDB_txn *txn = NULL;
    int code = mdb_txn_begin(db->env, NULL, MDB_RDONLY, &txn);
    if (code)
        return store_db_error(code, "begin a transaction", err);
    code = mdb_dbi_open(txn, NULL, 0, &db->dbi);
    if (code) {
        mdb_txn_abort(txn);
        return store_db_error(code, "open the database", err);
    }
    code = mdb_txn_commit(txn);
    return code ? store_db_error(code, "open the database", err) : OUTCOME_OK;
}

static result_t store_db_check_key(struct store_txn *txn, void *context, struct error *err)
{
    bool make = *(const bool *)context;
    CLEANUP(secret_free) struct secret found = {0};
    result_t result = record_get(txn, CHECK_NAME, &found, err);
    if (result == OUTCOME_STORE_NOT_FOUND)
        return make ? record_put(txn, CHECK_NAME, CHECK_TEXT, sizeof(CHECK_TEXT) - 1, err) : OUTCOME_OK;
    if (result == OUTCOME_STORE_CORRUPT)
        return error_set(
            err, result,
            "the secret store key is not the one the migration store was made with: give the old "
            "key in MPC_SECRET_STORE_KEY or --secret-store-key-file");
    TRY(result);
    if (!secret_equal(found.data, found.len, CHECK_TEXT, sizeof(CHECK_TEXT) - 1))
        return error_set(err, OUTCOME_STORE_CORRUPT,
                         "the migration store has a format this version does not know");
    return OUTCOME_OK;
}

static result_t store_db_open_steps(struct store_db *db, const char *dir, struct error *err)
{
    CLEANUP(free_text) char *file = file_path(dir, "data.mdb");
    if (!file)
        return OUTCOME_NO_MEMORY;
    /* An empty one is what a start on a full disk leaves: there is no store in it yet. */
    struct stat info;
    bool found = stat(file, &info) == 0 && info.st_size > 0;
    if (db->access != STORE_READ_WRITE && !found)
        return OUTCOME_OK;
    if (db->access == STORE_READ_WRITE)
        TRY(store_db_reserve(dir, "lock.mdb", err));
    if (!found)
        TRY(store_db_reserve(dir, "data.mdb", err));
    TRY(store_db_open_env(db, dir, err));
    /* LMDB syncs its file, not the folder that names it (tls-http.md 4). */
    if (!found)
        TRY(file_sync_dir(dir, err));
    TRY(store_db_open_dbi(db, err));
    bool make = db->access == STORE_READ_WRITE;
    if (!make)
        return store_db_read(db, store_db_check_key, &make, err);
    return store_db_write(db, store_db_check_key, &make, err);
}

result_t store_db_open(const char *dir, const struct secret *key, enum store_access access,
                       const struct store_db_size *size, struct store_db *out, struct error *err)
{
    *out = (struct store_db){.size = *size, .access = access};
    TRY(secret_copy(&out->key, key->data, key->len));
    if (pthread_rwlock_init(&out->map_lock, NULL)) {
        secret_free(&out->key);
        return OUTCOME_NO_MEMORY;
    }
    result_t result = store_db_open_steps(out, dir, err);
    if (result != OUTCOME_OK)
        store_db_close(out);
    return result;
}

void store_db_close(struct store_db *db)
{
    if (db->env)
        mdb_env_close(db->env);
    db->env = NULL;
    pthread_rwlock_destroy(&db->map_lock);
    secret_free(&db->key);
}

/* Transactions */

/* `size` 0: take over the size that another process gave the map. */
static result_t store_db_resize(struct store_db *db, size_t size, struct error *err)
{
    pthread_rwlock_wrlock(&db->map_lock);
    int code = mdb_env_set_mapsize(db->env, size);
    pthread_rwlock_unlock(&db->map_lock);
    return code ? store_db_error(code, "change the size of the map", err) : OUTCOME_OK;
}

static result_t store_db_grow(struct store_db *db, size_t max, struct error *err)
{
    MDB_envinfo info;
    int code = mdb_env_info(db->env, &info);
    if (code)
        return store_db_error(code, "read its size", err);
    if (info.me_mapsize >= max)
        return error_set(err, OUTCOME_STORE_FULL, "the migration store is full: %zu bytes", info.me_mapsize);
    size_t doubled = info.me_mapsize * 2;
    return store_db_resize(db, doubled < max ? doubled : max, err);
}

/* With the map lock held for reading on success. */
static result_t store_db_begin(struct store_db *db, unsigned flags, MDB_txn **out, struct error *err)
{
    for (int adoptions = 0;; adoptions++) {
        pthread_rwlock_rdlock(&db->map_lock);
        int code = mdb_txn_begin(db->env, NULL, flags, out);
        if (!code)
            return OUTCOME_OK;
        pthread_rwlock_unlock(&db->map_lock);
        if (code != MDB_MAP_RESIZED || adoptions == STORE_DB_ADOPTIONS_MAX)
            return store_db_error(code, "begin a transaction", err);
        TRY(store_db_resize(db, 0, err));
    }
}

result_t store_db_read(struct store_db *db, store_db_work *work, void *context, struct error *err)
{
    struct store_txn txn = {.db = db};
    if (!db->env)
        return work(&txn, context, err);
    TRY(store_db_begin(db, MDB_RDONLY, &txn.handle, err));
    result_t result = work(&txn, context, err);
    mdb_txn_abort(txn.handle);
    pthread_rwlock_unlock(&db->map_lock);
    return result;
}

static result_t store_db_write_once(struct store_db *db, store_db_work *work, void *context, bool *map_full,
                                    struct error *err)
{
    struct store_txn txn = {.db = db};
    TRY(store_db_begin(db, 0, &txn.handle, err));
    result_t result = work(&txn, context, err);
    int code = 0;
    if (outcome_ok(result) && !txn.map_full)
        code = mdb_txn_commit(txn.handle);
    else
        mdb_txn_abort(txn.handle);
    pthread_rwlock_unlock(&db->map_lock);
    *map_full = txn.map_full || code == MDB_MAP_FULL;
    return code ? store_db_error(code, "commit", err) : result;
}

static result_t store_db_write_up_to(struct store_db *db, size_t max, store_db_work *work, void *context,
                                     struct error *err)
{
    if (db->access != STORE_READ_WRITE)
        return error_set(err, OUTCOME_INTERNAL, "the store was opened for reading");
    for (;;) { /* ends: the map doubles each time, up to `max` */
        bool map_full = false;
        result_t result = store_db_write_once(db, work, context, &map_full, err);
        if (!map_full)
            return result;
        TRY(store_db_grow(db, max, err));
    }
}

result_t store_db_write(struct store_db *db, store_db_work *work, void *context, struct error *err)
{
    return store_db_write_up_to(db, db->size.max - db->size.reserve, work, context, err);
}

result_t store_db_delete(struct store_db *db, store_db_work *work, void *context, struct error *err)
{
    return store_db_write_up_to(db, db->size.max, work, context, err);
}
