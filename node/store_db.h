/* The records of the migration store, sealed. A record has a text name; its value is sealed with the name as
 * additional data, so that records cannot be swapped (design.md, "Store"). A shelf is a prefix under which records are numbered: "staged/0000000000000007". */
#ifndef MPC_NODE_STORE_DB_H
#define MPC_NODE_STORE_DB_H

#include <stddef.h>
#include <stdint.h>

#include "common/keys.h"
#include "common/os/database.h"
#include "common/outcome.h"
#include "common/secret.h"
#include "node/records.h"
#include "node/store.h"

/* Numbered records of one shelf that are looked at. */
#define STORE_DB_SHELF_MAX 128
#define STORE_DB_NAME_MAX  48

extern const struct database_size store_db_size_default;

struct store_db {
    struct records *records;
    struct records *own; /* those that store_db_open() opened */
    struct secret key;
};

/* One transaction. */
struct store_txn {
    struct store_db *db;
    struct records_txn *base;
};

/* Over these records, which stay the caller's; `key` is copied. Only READ_WRITE makes and writes. A store that
 * was made with another key is STORE_CORRUPT. STORE_IO, NO_MEMORY. On failure nothing is left to close. */
MUST_USE result_t store_db_use(struct records *records, const struct secret *key, enum store_access access,
                               struct store_db *out, struct error *err);
/* Over the LMDB environment in <dir>, which exists. As above. */
MUST_USE result_t store_db_open(const char *dir, const struct secret *key, enum store_access access,
                                const struct database_size *size, struct store_db *out, struct error *err);
void store_db_close(struct store_db *db);

/* Runs inside a transaction. A writing one is committed when it returns an outcome of class OK, and may be
 * run a second time (struct records_ops). */
typedef result_t store_db_work(struct store_txn *txn, void *context, struct error *err);

MUST_USE result_t store_db_read(struct store_db *db, store_db_work *work, void *context, struct error *err);
MUST_USE result_t store_db_write(struct store_db *db, store_db_work *work, void *context, struct error *err);
/* For work that only deletes: it may use the reserve. */
MUST_USE result_t store_db_delete(struct store_db *db, store_db_work *work, void *context, struct error *err);

struct record_name {
    char text[STORE_DB_NAME_MAX];
};
/* The name of a numbered record. */
struct record_name record_name(const char *shelf, uint64_t number);

/* STORE_FULL, STORE_IO, CRYPTO_FAILED, NO_MEMORY. */
MUST_USE result_t record_put(struct store_txn *txn, const char *name, const void *data, size_t len,
                             struct error *err);
/* Into new secret memory. STORE_NOT_FOUND; STORE_CORRUPT when it does not open under this name. */
MUST_USE result_t record_get(struct store_txn *txn, const char *name, struct secret *out, struct error *err);
/* OK as well when there is none. */
MUST_USE result_t record_delete(struct store_txn *txn, const char *name, struct error *err);

/* SHA-256 of the record as it lies, sealed. STORE_NOT_FOUND, without a text. */
MUST_USE result_t record_hash(struct store_txn *txn, const char *name, uint8_t out[SHA256_LEN],
                              struct error *err);
/* Put the record as it lies, whether it opens or not, under another name, where it opens no more.
 * STORE_NOT_FOUND, without a text; STORE_FULL, STORE_IO, NO_MEMORY. */
MUST_USE result_t record_move(struct store_txn *txn, const char *from, const char *to, struct error *err);

/* The numbers on a shelf, ascending. LIMIT above STORE_DB_SHELF_MAX. */
struct record_numbers {
    uint64_t at[STORE_DB_SHELF_MAX];
    size_t count;
};
MUST_USE result_t record_numbers(struct store_txn *txn, const char *shelf, struct record_numbers *out,
                                 struct error *err);
/* Put a record behind the last one of the shelf. */
MUST_USE result_t record_push(struct store_txn *txn, const char *shelf, const void *data, size_t len,
                              struct error *err);
/* Delete the lowest numbers until at most `max` are left. */
MUST_USE result_t record_trim(struct store_txn *txn, const char *shelf, size_t max, struct error *err);

#endif
