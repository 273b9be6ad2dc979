#include "node/store_db.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/bytes.h"
#include "common/os/random.h"
#include "common/seal.h"

#define NUMBER_DIGITS 16

struct record_name record_name(const char *shelf, uint64_t number)
{
    struct record_name name;
    snprintf(name.text, sizeof(name.text), "%s/%016" PRIx64, shelf, number);
    return name;
}

static result_t record_error(int code, const char *what, const char *name, struct error *err)
{
    if (code == MDB_MAP_FULL)
        return error_set(err, OUTCOME_STORE_FULL, "migration store: no room for record %s", name);
    return error_set(err, OUTCOME_STORE_IO, "migration store: cannot %s record %s: %s", what, name,
                     mdb_strerror(code));
}

static result_t record_changed(struct store_txn *txn, int code, const char *what, const char *name,
                               struct error *err)
{
    return database_changed(txn->base, code) ? record_error(code, what, name, err) : OUTCOME_OK;
}

result_t record_put(struct store_txn *txn, const char *name, const void *data, size_t len, struct error *err)
{
    uint8_t nonce[SEAL_NONCE_LEN];
    CLEANUP(bytes_free) struct bytes sealed = {0};
    TRY(random_bytes(nonce, sizeof(nonce)));
    TRY(seal(&txn->db->key, nonce, name, strlen(name), data, len, &sealed));
    MDB_val key = database_value(name, strlen(name));
    MDB_val value = database_value(sealed.data, sealed.len);
    return record_changed(txn, mdb_put(txn->base->handle, txn->db->dbi, &key, &value, 0), "write", name, err);
}

result_t record_get(struct store_txn *txn, const char *name, struct secret *out, struct error *err)
{
    MDB_val key = database_value(name, strlen(name));
    MDB_val value;
    int code = txn->base->handle ? mdb_get(txn->base->handle, txn->db->dbi, &key, &value) : MDB_NOTFOUND;
    if (code == MDB_NOTFOUND)
        return error_set(err, OUTCOME_STORE_NOT_FOUND, "migration store: there is no record %s", name);
    if (code)
        return record_error(code, "read", name, err);
    result_t result = unseal(&txn->db->key, name, strlen(name), value.mv_data, value.mv_size, out, NULL);
    if (result == OUTCOME_UNSEAL_FAILED || result == OUTCOME_NONCE_TRUNCATED)
        return error_set(err, OUTCOME_STORE_CORRUPT,
                         "migration store: record %s does not open with this secret store key", name);
    return result;
}

result_t record_delete(struct store_txn *txn, const char *name, struct error *err)
{
    MDB_val key = database_value(name, strlen(name));
    int code = mdb_del(txn->base->handle, txn->db->dbi, &key, NULL);
    return record_changed(txn, code == MDB_NOTFOUND ? 0 : code, "delete", name, err);
}

/* Whether `key` is SHELF/NUMBER, and its number. */
static bool record_number_of(const MDB_val *key, const char *shelf, uint64_t *number)
{
    size_t prefix_len = strlen(shelf) + 1;
    if (key->mv_size != prefix_len + NUMBER_DIGITS)
        return false;
    char text[STORE_DB_NAME_MAX] = {0};
    memcpy(text, key->mv_data, key->mv_size);
    if (strncmp(text, shelf, prefix_len - 1) != 0 || text[prefix_len - 1] != '/')
        return false;
    *number = strtoull(text + prefix_len, NULL, 16);
    return true;
}

static result_t record_numbers_collect(MDB_cursor *cursor, const char *shelf, struct record_numbers *out,
                                       struct error *err)
{
    struct record_name first = record_name(shelf, 0);
    MDB_val key = database_value(first.text, strlen(first.text));
    MDB_val value;
    int code = mdb_cursor_get(cursor, &key, &value, MDB_SET_RANGE);
    uint64_t number;
    while (!code && record_number_of(&key, shelf, &number)) {
        if (out->count == STORE_DB_SHELF_MAX)
            return error_set(err, OUTCOME_LIMIT, "migration store: more than %d records of %s",
                             STORE_DB_SHELF_MAX, shelf);
        out->at[out->count++] = number;
        code = mdb_cursor_get(cursor, &key, &value, MDB_NEXT);
    }
    return code && code != MDB_NOTFOUND ? record_error(code, "list", shelf, err) : OUTCOME_OK;
}

result_t record_numbers(struct store_txn *txn, const char *shelf, struct record_numbers *out,
                        struct error *err)
{
    out->count = 0;
    if (!txn->base->handle)
        return OUTCOME_OK;
    MDB_cursor *cursor = NULL;
    int code = mdb_cursor_open(txn->base->handle, txn->db->dbi, &cursor);
    if (code)
        return record_error(code, "list", shelf, err);
    result_t result = record_numbers_collect(cursor, shelf, out, err);
    mdb_cursor_close(cursor);
    return result;
}

result_t record_push(struct store_txn *txn, const char *shelf, const void *data, size_t len,
                     struct error *err)
{
    struct record_numbers numbers;
    TRY(record_numbers(txn, shelf, &numbers, err));
    uint64_t last = numbers.count ? numbers.at[numbers.count - 1] : 0;
    struct record_name name = record_name(shelf, last + 1);
    return record_put(txn, name.text, data, len, err);
}

result_t record_trim(struct store_txn *txn, const char *shelf, size_t max, struct error *err)
{
    struct record_numbers numbers;
    TRY(record_numbers(txn, shelf, &numbers, err));
    for (size_t i = 0; i + max < numbers.count; i++) {
        struct record_name name = record_name(shelf, numbers.at[i]);
        TRY(record_delete(txn, name.text, err));
    }
    return OUTCOME_OK;
}
