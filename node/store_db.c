#include "node/store_db.h"

#define CHECK_NAME "check"
#define CHECK_TEXT "mpc-migration-store/1"

#define MIB (1024u * 1024)

/* A full store holds at most 21 sets of shares of 7 MB each; the rest is room for copy-on-write. */
const struct database_size store_db_size_default = {
    .start = 16 * MIB, .max = (size_t)1024 * MIB, .reserve = 64 * MIB};

static const enum database_access accesses[] = {
    [STORE_READ_WRITE] = DATABASE_READ_WRITE,
    [STORE_READ_ONLY] = DATABASE_READ_ONLY,
    [STORE_UNTOUCHED] = DATABASE_UNTOUCHED,
};

static result_t store_db_open_dbi(struct database_txn *txn, void *context, struct error *err)
{
    struct store_db *db = context;
    int code = txn->handle ? mdb_dbi_open(txn->handle, NULL, 0, &db->dbi) : 0;
    return code ? database_error(&db->database, code, "open the database", err) : OUTCOME_OK;
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

static result_t store_db_open_steps(struct store_db *db, struct error *err)
{
    TRY(database_read(&db->database, store_db_open_dbi, db, err));
    bool make = db->database.settings.access == DATABASE_READ_WRITE;
    if (!make)
        return store_db_read(db, store_db_check_key, &make, err);
    return store_db_write(db, store_db_check_key, &make, err);
}

result_t store_db_open(const char *dir, const struct secret *key, enum store_access access,
                       const struct database_size *size, struct store_db *out, struct error *err)
{
    struct database_settings settings = {
        .what = "migration store", .access = accesses[access], .size = *size};
    *out = (struct store_db){0};
    TRY(secret_copy(&out->key, key->data, key->len));
    result_t result = database_open(dir, &settings, &out->database, err);
    if (result != OUTCOME_OK) {
        secret_free(&out->key);
        return result;
    }
    result = store_db_open_steps(out, err);
    if (result != OUTCOME_OK)
        store_db_close(out);
    return result;
}

void store_db_close(struct store_db *db)
{
    database_close(&db->database);
    secret_free(&db->key);
}

/* The work of a user of ours inside a transaction of the database. */
struct store_db_call {
    struct store_db *db;
    store_db_work *work;
    void *context;
};

static result_t store_db_run(struct database_txn *base, void *context, struct error *err)
{
    const struct store_db_call *call = context;
    struct store_txn txn = {.db = call->db, .base = base};
    return call->work(&txn, call->context, err);
}

result_t store_db_read(struct store_db *db, store_db_work *work, void *context, struct error *err)
{
    struct store_db_call call = {db, work, context};
    return database_read(&db->database, store_db_run, &call, err);
}

result_t store_db_write(struct store_db *db, store_db_work *work, void *context, struct error *err)
{
    struct store_db_call call = {db, work, context};
    return database_write(&db->database, store_db_run, &call, err);
}

result_t store_db_delete(struct store_db *db, store_db_work *work, void *context, struct error *err)
{
    struct store_db_call call = {db, work, context};
    return database_delete(&db->database, store_db_run, &call, err);
}
