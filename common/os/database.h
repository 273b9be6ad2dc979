/* A folder with an LMDB environment in it, one owner at a time or many: opened so that a full disk, a
 * folder of another program and a map that another process grew are errors and not signals; written in
 * transactions that run again when the map had to grow. LMDB refuses an environment for good whose head
 * page could not be written: one without named tables is opened anew, so that a fault that passes needs no
 * restart. What a record is, its user says. */
#ifndef MPC_OS_DATABASE_H
#define MPC_OS_DATABASE_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

#include <lmdb.h>

#include "common/outcome.h"

/* The map starts with `start` bytes and doubles when it is full. Above max - reserve only deletions may grow
 * it, so that a full store can always be emptied. Whole pages. */
struct database_size {
    size_t start;
    size_t max;
    size_t reserve;
};

enum database_access {
    DATABASE_READ_WRITE,
    DATABASE_READ_ONLY, /* makes and writes nothing; where there is none, every read finds nothing */
    /* and leaves LMDB's lock file alone: if someone writes meanwhile, it may seem corrupt */
    DATABASE_UNTOUCHED,
};

/* Set by the caller before database_open(). */
struct database_settings {
    const char *what; /* in front of every error: "migration store"; static */
    enum database_access access;
    struct database_size size;
    unsigned tables; /* named ones */
};

struct database {
    bool absent; /* opened for reading, and there is none */
    MDB_env *env;
    char *dir;
    struct database_settings settings;
    unsigned long opened; /* how often */
    /* Read: a transaction is open in this process; write: the map changes its size, or the environment is
     * another one. Of `env` and `opened`. */
    pthread_rwlock_t map_lock;
};

/* One transaction. `handle` is NULL where there is no environment. */
struct database_txn {
    struct database *database;
    MDB_txn *handle;
    bool map_full;
};

/* Open <dir>, which exists, and make what is missing if it may write. STORE_IO, STORE_FULL, STORE_CORRUPT,
 * NO_MEMORY. On failure nothing is left to close. */
MUST_USE result_t database_open(const char *dir, const struct database_settings *settings,
                                struct database *out, struct error *err);
void database_close(struct database *database);

/* Runs inside a transaction. A writing one is committed, and durable, when it returns an outcome of class OK,
 * and may be run again when the map had to grow. */
typedef result_t database_work(struct database_txn *txn, void *context, struct error *err);

MUST_USE result_t database_read(struct database *database, database_work *work, void *context,
                                struct error *err);
MUST_USE result_t database_write(struct database *database, database_work *work, void *context,
                                 struct error *err);
/* For work that only deletes: it may use the reserve. */
MUST_USE result_t database_delete(struct database *database, database_work *work, void *context,
                                  struct error *err);

/* What LMDB answered to a change: noted where it means that the map has to grow. Gives `code` back. */
int database_changed(struct database_txn *txn, int code);
/* "migration store: cannot open: ..." as STORE_IO, STORE_FULL, STORE_CORRUPT or NO_MEMORY. */
MUST_USE result_t database_error(const struct database *database, int code, const char *what,
                                 struct error *err);
/* Bytes as LMDB takes them; it does not write to what it is given. */
MDB_val database_value(const void *data, size_t len);

#endif
