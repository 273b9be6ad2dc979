#include "node/store_db.h"

#include "node/records_lmdb.h"

#define CHECK_NAME "check"
#define CHECK_TEXT "mpc-migration-store/1"

#define MIB (1024u * 1024)

/* A full store holds at most 52 sets of shares of 7 MB each and 8 keysets of 4 MB; the rest is room for
 * copy-on-write. */
const struct database_size store_db_size_default = {
    .start = 16 * MIB, .max = (size_t)1024 * MIB, .reserve = 64 * MIB};

static const enum database_access accesses[] = {
    [STORE_READ_WRITE] = DATABASE_READ_WRITE,
    [STORE_READ_ONLY] = DATABASE_READ_ONLY,
    [STORE_UNTOUCHED] = DATABASE_UNTOUCHED,
};

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

result_t store_db_use(struct records *records, const struct secret *key, enum store_access access,
                      struct store_db *out, struct error *err)
{
    bool make = access == STORE_READ_WRITE;
    *out = (struct store_db){.records = records};
    result_t result = secret_copy(&out->key, key->data, key->len);
    if (result == OUTCOME_OK)
        result = make ? store_db_write(out, store_db_check_key, &make, err)
                      : store_db_read(out, store_db_check_key, &make, err);
    if (result != OUTCOME_OK)
        store_db_close(out);
    return result;
}

result_t store_db_open(const char *dir, const struct secret *key, enum store_access access,
                       const struct database_size *size, struct store_db *out, struct error *err)
{
    struct records *records;
    TRY(records_lmdb_open(dir, accesses[access], size, &records, err));
    result_t result = store_db_use(records, key, access, out, err);
    if (result == OUTCOME_OK)
        out->own = records;
    else
        records_lmdb_close(records);
    return result;
}

void store_db_close(struct store_db *db)
{
    records_lmdb_close(db->own);
    secret_free(&db->key);
}

/* The work of a user of ours inside a transaction of the records. */
struct store_db_call {
    struct store_db *db;
    store_db_work *work;
    void *context;
};

static result_t store_db_run(struct records_txn *base, void *context, struct error *err)
{
    const struct store_db_call *call = context;
    struct store_txn txn = {.db = call->db, .base = base};
    return call->work(&txn, call->context, err);
}

static result_t store_db_in(struct store_db *db, enum records_mode mode, store_db_work *work, void *context,
                            struct error *err)
{
    struct store_db_call call = {db, work, context};
    return db->records->ops->run(db->records, mode, store_db_run, &call, err);
}

result_t store_db_read(struct store_db *db, store_db_work *work, void *context, struct error *err)
{
    return store_db_in(db, RECORDS_READ, work, context, err);
}

result_t store_db_write(struct store_db *db, store_db_work *work, void *context, struct error *err)
{
    return store_db_in(db, RECORDS_WRITE, work, context, err);
}

result_t store_db_delete(struct store_db *db, store_db_work *work, void *context, struct error *err)
{
    return store_db_in(db, RECORDS_DELETE, work, context, err);
}
