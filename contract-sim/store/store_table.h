/* The tables of a chain in LMDB. A record carries a sum over its key and its content, since LMDB itself has
 * none: one that was damaged on the disk is STORE_CORRUPT and not something else. */
#ifndef MPC_CONTRACT_SIM_STORE_STORE_TABLE_H
#define MPC_CONTRACT_SIM_STORE_STORE_TABLE_H

#include <stdint.h>

#include "common/bytes.h"
#include "common/os/database.h"
#include "common/outcome.h"

enum store_table {
    TABLE_META,   /* by name: what there is one of */
    TABLE_ITEMS,  /* the model's pool, from 0 */
    TABLE_BLOCKS, /* by height */
    TABLE_WORLDS, /* by height: what a block changed, or all there was after it */
    TABLE_TXS,    /* by number */
    TABLE_SNAPSHOTS,
    STORE_TABLES,
};

struct store_tables {
    MDB_dbi at[STORE_TABLES];
};

/* Open all of them, and with `make` make them. STORE_NOT_FOUND: there is none of that name. */
MUST_USE result_t store_tables_open(struct database_txn *txn, bool make, struct store_tables *out,
                                    struct error *err);

/* Tables of one transaction. */
struct store_txn {
    const struct store_tables *tables;
    struct database_txn *base;
};

/* A key: a number, so that the order of keys is that of numbers, or a name. */
struct store_key {
    uint8_t bytes[72];
    size_t len;
};
struct store_key store_key_number(uint64_t number);
struct store_key store_key_name(const char *name);

/* Put in place of what is there. STORE_FULL, STORE_IO, NO_MEMORY. */
MUST_USE result_t store_put(const struct store_txn *txn, enum store_table table, const struct store_key *key,
                            const struct bytes *content, struct error *err);
/* Borrowed until the transaction ends. STORE_NOT_FOUND, STORE_CORRUPT, STORE_IO. */
MUST_USE result_t store_get(const struct store_txn *txn, enum store_table table, const struct store_key *key,
                            const void **data, size_t *len, struct error *err);

/* Whether there is one of that key; it is not looked at. STORE_IO. */
MUST_USE result_t store_has(const struct store_txn *txn, enum store_table table, const struct store_key *key,
                            bool *out, struct error *err);

/* One record that store_each() shows; `number` where its key is one. */
struct store_record {
    const uint8_t *key;
    size_t key_len;
    uint64_t number;
    const void *data;
    size_t len;
};
typedef result_t store_visit(const struct store_record *record, void *context, struct error *err);
/* Show every record, by key. What `visit` returns other than OK ends it. */
MUST_USE result_t store_each(const struct store_txn *txn, enum store_table table, store_visit *visit,
                             void *context, struct error *err);

/* Delete the numbers below `number`, or from it on. */
MUST_USE result_t store_delete_below(const struct store_txn *txn, enum store_table table, uint64_t number,
                                     struct error *err);
MUST_USE result_t store_delete_from(const struct store_txn *txn, enum store_table table, uint64_t number,
                                    struct error *err);
/* Delete the numbers that `keep` does not want; they come in order. */
MUST_USE result_t store_delete_unless(const struct store_txn *txn, enum store_table table,
                                      bool (*keep)(uint64_t number, void *context), void *context,
                                      struct error *err);

#endif
