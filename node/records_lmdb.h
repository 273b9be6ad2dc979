/* The records of the program: an LMDB environment. */
#ifndef MPC_NODE_RECORDS_LMDB_H
#define MPC_NODE_RECORDS_LMDB_H

#include "common/os/database.h"
#include "node/records.h"

/* Of this module; tests look at the map's size. */
struct records_lmdb {
    struct records base;
    struct database database;
    MDB_dbi dbi;
};

/* Open the environment in <dir>, which exists, and make it if `access` is to write. *out is released by
 * records_lmdb_close(). STORE_IO, STORE_FULL, STORE_CORRUPT, NO_MEMORY. */
MUST_USE result_t records_lmdb_open(const char *dir, enum database_access access,
                                    const struct database_size *size, struct records **out,
                                    struct error *err);
/* NULL-safe. */
void records_lmdb_close(struct records *records);

#endif
