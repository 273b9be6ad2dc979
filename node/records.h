/* The seam under the migration store: named values, changed in transactions. What lies in them is the store's
 * (node/store_db.h). LMDB is behind it in the program; tests have one in memory that can crash
 * (tests/support/memory_records.h). */
#ifndef MPC_NODE_RECORDS_H
#define MPC_NODE_RECORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/outcome.h"

struct records_ops;

/* First member of each implementation. */
struct records {
    const struct records_ops *ops;
};

/* First member of each implementation's transaction. */
struct records_txn {
    struct records *records;
};

enum records_mode {
    RECORDS_READ,
    RECORDS_WRITE,
    RECORDS_DELETE, /* as WRITE, for work that only deletes: it may use a reserve */
};

/* Runs inside a transaction. What it changed is committed, and durable, when it returns an outcome of class
 * OK, else nothing of it is. It may be run again, from the start, when there had to be made room. */
typedef result_t records_work(struct records_txn *txn, void *context, struct error *err);

/* Called with each name of a listing; false ends it. */
typedef bool records_visit(const void *name, size_t len, void *context);

struct records_ops {
    /* The outcome of `work`, or why it was not committed: STORE_IO, STORE_FULL, STORE_CORRUPT, NO_MEMORY. Any
     * number of threads may call it, one transaction a thread. INTERNAL: these are for reading only. */
    result_t (*run)(struct records *records, enum records_mode mode, records_work *work, void *context,
                    struct error *err);
    /* The value goes when the transaction ends or the record is changed. STORE_NOT_FOUND, without a text. */
    result_t (*get)(struct records_txn *txn, const char *name, const void **value, size_t *len,
                    struct error *err);
    /* Both copy what they need. */
    result_t (*put)(struct records_txn *txn, const char *name, const void *value, size_t len,
                    struct error *err);
    /* OK as well when there is none. */
    result_t (*remove)(struct records_txn *txn, const char *name, struct error *err);
    /* What the transaction sees is what was seen when the same number was told, unless it writes itself. */
    uint64_t (*version)(struct records_txn *txn);
    /* The names from `first` on, in ascending order of their bytes. Nothing is changed by `visit`. */
    result_t (*list)(struct records_txn *txn, const char *first, records_visit *visit, void *context,
                     struct error *err);
};

#endif
