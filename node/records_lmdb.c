#include "node/records_lmdb.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct lmdb_txn {
    struct records_txn base;
    struct database_txn *database;
};

static struct records_lmdb *lmdb_of(struct records *records)
{
    return (struct records_lmdb *)records;
}

static MDB_txn *handle_of(struct records_txn *txn)
{
    return ((struct lmdb_txn *)txn)->database->handle;
}

static MDB_dbi dbi_of(struct records_txn *txn)
{
    return lmdb_of(txn->records)->dbi;
}

static MDB_val name_value(const char *name)
{
    return database_value(name, strlen(name));
}

/* Transactions */

struct lmdb_call {
    struct records *records;
    records_work *work;
    void *context;
};

static result_t lmdb_work(struct database_txn *database, void *context, struct error *err)
{
    const struct lmdb_call *call = context;
    struct lmdb_txn txn = {.base.records = call->records, .database = database};
    return call->work(&txn.base, call->context, err);
}

static result_t lmdb_run(struct records *records, enum records_mode mode, records_work *work, void *context,
                         struct error *err)
{
    struct database *database = &lmdb_of(records)->database;
    struct lmdb_call call = {records, work, context};
    if (mode == RECORDS_READ)
        return database_read(database, lmdb_work, &call, err);
    if (mode == RECORDS_DELETE)
        return database_delete(database, lmdb_work, &call, err);
    return database_write(database, lmdb_work, &call, err);
}

/* Records */

static result_t lmdb_error(struct records_txn *txn, int code, const char *what, const char *name,
                           struct error *err)
{
    char doing[64];
    snprintf(doing, sizeof doing, "%s record %s", what, name);
    return database_error(&lmdb_of(txn->records)->database, code, doing, err);
}

static result_t lmdb_changed(struct records_txn *txn, int code, const char *what, const char *name,
                             struct error *err)
{
    code = database_changed(((struct lmdb_txn *)txn)->database, code);
    return code ? lmdb_error(txn, code, what, name, err) : OUTCOME_OK;
}

static result_t lmdb_get(struct records_txn *txn, const char *name, const void **value, size_t *len,
                         struct error *err)
{
    MDB_val key = name_value(name);
    MDB_val found;
    int code = handle_of(txn) ? mdb_get(handle_of(txn), dbi_of(txn), &key, &found) : MDB_NOTFOUND;
    if (code == MDB_NOTFOUND)
        return OUTCOME_STORE_NOT_FOUND;
    if (code)
        return lmdb_error(txn, code, "read", name, err);
    *value = found.mv_data;
    *len = found.mv_size;
    return OUTCOME_OK;
}

static result_t lmdb_put(struct records_txn *txn, const char *name, const void *value, size_t len,
                         struct error *err)
{
    MDB_val key = name_value(name);
    MDB_val data = database_value(value, len);
    return lmdb_changed(txn, mdb_put(handle_of(txn), dbi_of(txn), &key, &data, 0), "write", name, err);
}

static result_t lmdb_remove(struct records_txn *txn, const char *name, struct error *err)
{
    MDB_val key = name_value(name);
    int code = mdb_del(handle_of(txn), dbi_of(txn), &key, NULL);
    return lmdb_changed(txn, code == MDB_NOTFOUND ? 0 : code, "delete", name, err);
}

static uint64_t lmdb_version(struct records_txn *txn)
{
    return handle_of(txn) ? mdb_txn_id(handle_of(txn)) : 0;
}

static int lmdb_walk(MDB_cursor *cursor, const char *first, records_visit *visit, void *context)
{
    MDB_val key = name_value(first);
    MDB_val value;
    int code = mdb_cursor_get(cursor, &key, &value, MDB_SET_RANGE);
    while (!code && visit(key.mv_data, key.mv_size, context))
        code = mdb_cursor_get(cursor, &key, &value, MDB_NEXT);
    return code == MDB_NOTFOUND ? 0 : code;
}

static result_t lmdb_list(struct records_txn *txn, const char *first, records_visit *visit, void *context,
                          struct error *err)
{
    if (!handle_of(txn))
        return OUTCOME_OK;
    MDB_cursor *cursor = NULL;
    int code = mdb_cursor_open(handle_of(txn), dbi_of(txn), &cursor);
    if (code)
        return lmdb_error(txn, code, "list", first, err);
    code = lmdb_walk(cursor, first, visit, context);
    mdb_cursor_close(cursor);
    return code ? lmdb_error(txn, code, "list", first, err) : OUTCOME_OK;
}

/* Opening */

void records_lmdb_close(struct records *records)
{
    if (!records)
        return;
    database_close(&lmdb_of(records)->database);
    free(records);
}

static const struct records_ops lmdb_ops = {
    .run = lmdb_run,
    .get = lmdb_get,
    .put = lmdb_put,
    .remove = lmdb_remove,
    .version = lmdb_version,
    .list = lmdb_list,
};

static result_t open_dbi(struct database_txn *txn, void *context, struct error *err)
{
    struct records_lmdb *self = context;
    int code = txn->handle ? mdb_dbi_open(txn->handle, NULL, 0, &self->dbi) : 0;
    return code ? database_error(&self->database, code, "open the database", err) : OUTCOME_OK;
}

result_t records_lmdb_open(const char *dir, enum database_access access, const struct database_size *size,
                           struct records **out, struct error *err)
{
    const struct database_settings settings = {.what = "migration store", .access = access, .size = *size};
    struct records_lmdb *self = calloc(1, sizeof *self);
    if (!self)
        return OUTCOME_NO_MEMORY;
    self->base.ops = &lmdb_ops;
    result_t result = database_open(dir, &settings, &self->database, err);
    if (result != OUTCOME_OK) {
        free(self);
        return result;
    }
    result = database_read(&self->database, open_dbi, self, err);
    if (result != OUTCOME_OK) {
        records_lmdb_close(&self->base);
        return result;
    }
    *out = &self->base;
    return OUTCOME_OK;
}
