/* The tables of a chain in LMDB. A record carries a sum over its key and its content, since LMDB itself has
 * none: one that was damaged on the disk is STORE_CORRUPT and not something else. */
#ifndef MPC_CONTRACT_SIM_STORE_CHAIN_TABLE_H
#define MPC_CONTRACT_SIM_STORE_CHAIN_TABLE_H

#include <stdint.h>

#include "common/bytes.h"
#include "common/os/database.h"
#include "common/outcome.h"

enum chain_table {
    TABLE_META,   /* by name: what there is one of */
    TABLE_ITEMS,  /* the model's pool, from 0 */
    TABLE_BLOCKS, /* by height */
    TABLE_WORLDS, /* by height: what a block changed, or all there was after it */
    TABLE_TXS,    /* by number */
    TABLE_SNAPSHOTS,
    CHAIN_TABLES,
};

struct chain_tables {
    MDB_dbi at[CHAIN_TABLES];
};

/* Open all of them. Where there is nothing yet they are made with `make`, and STORE_NOT_FOUND without.
 * CONFIG_INVALID: the database is another program's. */
MUST_USE result_t chain_tables_open(struct database_txn *txn, bool make, struct chain_tables *out,
                                    struct error *err);

/* Tables of one transaction. */
struct chain_table_txn {
    const struct chain_tables *tables;
    struct database_txn *base;
};

/* A key: a number, so that the order of keys is that of numbers, or a name. */
struct chain_table_key {
    uint8_t bytes[72];
    size_t len;
};
struct chain_table_key chain_table_key_number(uint64_t number);
struct chain_table_key chain_table_key_name(const char *name);

/* Put in place of what is there. STORE_FULL, STORE_IO, NO_MEMORY. */
MUST_USE result_t chain_table_put(const struct chain_table_txn *txn, enum chain_table table,
                                  const struct chain_table_key *key, const struct bytes *content,
                                  struct error *err);
/* Borrowed until the transaction ends. STORE_NOT_FOUND, STORE_CORRUPT, STORE_IO. */
MUST_USE result_t chain_table_get(const struct chain_table_txn *txn, enum chain_table table,
                                  const struct chain_table_key *key, const void **data, size_t *len,
                                  struct error *err);

/* Whether there is one of that key; it is not looked at. STORE_IO. */
MUST_USE result_t chain_table_has(const struct chain_table_txn *txn, enum chain_table table,
                                  const struct chain_table_key *key, bool *out, struct error *err);

/* One record that chain_table_each() shows; `number` where its key is one. */
struct chain_table_record {
    const uint8_t *key;
    size_t key_len;
    uint64_t number;
    const void *data;
    size_t len;
};
typedef result_t chain_table_visit(const struct chain_table_record *record, void *context, struct error *err);
/* How many records there are. */
MUST_USE result_t chain_table_count(const struct chain_table_txn *txn, enum chain_table table, size_t *out,
                                    struct error *err);
/* Show every record, by key. What `visit` returns other than OK ends it. STORE_CORRUPT: a record is damaged,
 * or there are fewer or more than there should be. */
MUST_USE result_t chain_table_each(const struct chain_table_txn *txn, enum chain_table table,
                                   chain_table_visit *visit, void *context, struct error *err);

/* Delete the numbers below `number`, or from it on. */
MUST_USE result_t chain_table_delete_below(const struct chain_table_txn *txn, enum chain_table table,
                                           uint64_t number, struct error *err);
MUST_USE result_t chain_table_delete_from(const struct chain_table_txn *txn, enum chain_table table,
                                          uint64_t number, struct error *err);
/* Delete the numbers that `keep` does not want; they come in order. */
MUST_USE result_t chain_table_delete_unless(const struct chain_table_txn *txn, enum chain_table table,
                                            bool (*keep)(uint64_t number, void *context), void *context,
                                            struct error *err);

#endif
