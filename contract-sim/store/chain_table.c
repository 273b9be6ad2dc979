#include "contract-sim/store/chain_table.h"

#include <string.h>

#define SUM_LEN    8
#define NUMBER_LEN 8

static const char *const table_names[CHAIN_TABLES] = {"meta",   "items", "blocks",
                                                      "worlds", "txs",   "snapshots"};

static result_t count_tables(struct database_txn *txn, size_t *out, struct error *err)
{
    MDB_dbi names;
    MDB_stat info;
    int code = mdb_dbi_open(txn->handle, NULL, 0, &names);
    if (!code)
        code = mdb_stat(txn->handle, names, &info);
    *out = code ? 0 : info.ms_entries;
    return code ? database_error(txn->database, code, "read", err) : OUTCOME_OK;
}

static result_t open_table(struct database_txn *txn, size_t table, unsigned flags, struct chain_tables *out,
                           struct error *err)
{
    int code = mdb_dbi_open(txn->handle, table_names[table], flags, &out->at[table]);
    if (database_changed(txn, code) == MDB_NOTFOUND)
        return error_set(
            err, OUTCOME_CONFIG_INVALID,
            "its data.mdb is not one of this program, or damaged; give a folder of its own to the "
            "chain");
    return code ? database_error(txn->database, code, "open a table", err) : OUTCOME_OK;
}

/* All of them were made at once. */
result_t chain_tables_open(struct database_txn *txn, bool make, struct chain_tables *out, struct error *err)
{
    size_t count = 0;
    if (txn->handle)
        TRY(count_tables(txn, &count, err));
    if (!count && !make)
        return error_set(err, OUTCOME_STORE_NOT_FOUND, "there are no tables");
    for (size_t i = 0; i < CHAIN_TABLES; i++)
        TRY(open_table(txn, i, count ? 0 : MDB_CREATE, out, err));
    return OUTCOME_OK;
}

struct chain_table_key chain_table_key_number(uint64_t number)
{
    struct chain_table_key key = {.len = NUMBER_LEN};
    for (unsigned i = 0; i < NUMBER_LEN; i++)
        key.bytes[i] = (uint8_t)(number >> (8 * (NUMBER_LEN - 1 - i)));
    return key;
}

struct chain_table_key chain_table_key_name(const char *name)
{
    struct chain_table_key key = {.len = strlen(name)};
    memcpy(key.bytes, name, key.len < sizeof key.bytes ? key.len : sizeof key.bytes);
    return key;
}

static uint64_t number_of(const MDB_val *key)
{
    const uint8_t *bytes = key->mv_data;
    uint64_t number = 0;
    for (size_t i = 0; i < NUMBER_LEN && i < key->mv_size; i++)
        number = number << 8 | bytes[i];
    return number;
}

/* FNV-1a over 64 bits: against damage, not against forgers. */
static uint64_t sum_more(uint64_t sum, const void *data, size_t len)
{
    const uint8_t *bytes = data;
    for (size_t i = 0; i < len; i++)
        sum = (sum ^ bytes[i]) * 1099511628211u;
    return sum;
}

static uint64_t sum_of(const void *key, size_t key_len, const void *data, size_t len)
{
    return sum_more(sum_more(14695981039346656037u, key, key_len), data, len);
}

static result_t record_check(const struct database_txn *txn, enum chain_table table, const MDB_val *key,
                             const MDB_val *value, struct error *err)
{
    uint64_t sum;
    if (value->mv_size >= SUM_LEN) {
        size_t len = value->mv_size - SUM_LEN;
        memcpy(&sum, (const uint8_t *)value->mv_data + len, SUM_LEN);
        if (sum == sum_of(key->mv_data, key->mv_size, value->mv_data, len))
            return OUTCOME_OK;
    }
    return error_set(err, OUTCOME_STORE_CORRUPT, "%s: a record of the table %s is damaged",
                     txn->database->settings.what, table_names[table]);
}

result_t chain_table_put(const struct chain_table_txn *txn, enum chain_table table,
                         const struct chain_table_key *key, const struct bytes *content, struct error *err)
{
    uint64_t sum = sum_of(key->bytes, key->len, content->data, content->len);
    MDB_val name = database_value(key->bytes, key->len);
    MDB_val value = {.mv_size = content->len + SUM_LEN};
    int code = mdb_put(txn->base->handle, txn->tables->at[table], &name, &value, MDB_RESERVE);
    if (database_changed(txn->base, code))
        return database_error(txn->base->database, code, "write", err);
    memcpy(value.mv_data, content->data, content->len);
    memcpy((uint8_t *)value.mv_data + content->len, &sum, SUM_LEN);
    return OUTCOME_OK;
}

result_t chain_table_get(const struct chain_table_txn *txn, enum chain_table table,
                         const struct chain_table_key *key, const void **data, size_t *len, struct error *err)
{
    MDB_val name = database_value(key->bytes, key->len);
    MDB_val value;
    int code = mdb_get(txn->base->handle, txn->tables->at[table], &name, &value);
    if (code == MDB_NOTFOUND)
        return error_set(err, OUTCOME_STORE_NOT_FOUND, "%s: a record of the table %s is missing",
                         txn->base->database->settings.what, table_names[table]);
    if (code)
        return database_error(txn->base->database, code, "read", err);
    TRY(record_check(txn->base, table, &name, &value, err));
    *data = value.mv_data;
    *len = value.mv_size - SUM_LEN;
    return OUTCOME_OK;
}

result_t chain_table_has(const struct chain_table_txn *txn, enum chain_table table,
                         const struct chain_table_key *key, bool *out, struct error *err)
{
    MDB_val name = database_value(key->bytes, key->len);
    MDB_val value;
    int code = mdb_get(txn->base->handle, txn->tables->at[table], &name, &value);
    *out = !code;
    return !code || code == MDB_NOTFOUND ? OUTCOME_OK
                                         : database_error(txn->base->database, code, "read", err);
}

static void cursor_close(MDB_cursor **cursor)
{
    if (*cursor)
        mdb_cursor_close(*cursor);
}

static result_t cursor_open(const struct chain_table_txn *txn, enum chain_table table, MDB_cursor **out,
                            struct error *err)
{
    int code = mdb_cursor_open(txn->base->handle, txn->tables->at[table], out);
    return code ? database_error(txn->base->database, code, "read", err) : OUTCOME_OK;
}

result_t chain_table_count(const struct chain_table_txn *txn, enum chain_table table, size_t *out,
                           struct error *err)
{
    MDB_stat info;
    int code = mdb_stat(txn->base->handle, txn->tables->at[table], &info);
    *out = code ? 0 : info.ms_entries;
    return code ? database_error(txn->base->database, code, "read", err) : OUTCOME_OK;
}

static result_t table_damaged(const struct chain_table_txn *txn, enum chain_table table, struct error *err)
{
    return error_set(err, OUTCOME_STORE_CORRUPT, "%s: the table %s is damaged",
                     txn->base->database->settings.what, table_names[table]);
}

static struct chain_table_record record_of(const MDB_val *key, const MDB_val *value)
{
    return (struct chain_table_record){.key = key->mv_data,
                                       .key_len = key->mv_size,
                                       .number = number_of(key),
                                       .data = value->mv_data,
                                       .len = value->mv_size - SUM_LEN};
}

/* Pages carry no sum: one that lost a record, or shows another one twice, is known by the order and the
 * number of what it shows. */
result_t chain_table_each(const struct chain_table_txn *txn, enum chain_table table, chain_table_visit *visit,
                          void *context, struct error *err)
{
    CLEANUP(cursor_close) MDB_cursor *cursor = NULL;
    MDB_val key, value, last = {0};
    size_t expected, count = 0;
    int code;
    TRY(chain_table_count(txn, table, &expected, err));
    TRY(cursor_open(txn, table, &cursor, err));
    while ((code = mdb_cursor_get(cursor, &key, &value, MDB_NEXT)) == 0) {
        TRY(record_check(txn->base, table, &key, &value, err));
        if (count++ && mdb_cmp(txn->base->handle, txn->tables->at[table], &last, &key) >= 0)
            return table_damaged(txn, table, err);
        struct chain_table_record record = record_of(&key, &value);
        TRY(visit(&record, context, err));
        last = key;
    }
    if (code != MDB_NOTFOUND)
        return database_error(txn->base->database, code, "read", err);
    return count == expected ? OUTCOME_OK : table_damaged(txn, table, err);
}

static result_t delete_at(const struct chain_table_txn *txn, MDB_cursor *cursor, struct error *err)
{
    int code = mdb_cursor_del(cursor, 0);
    return database_changed(txn->base, code) ? database_error(txn->base->database, code, "delete", err)
                                             : OUTCOME_OK;
}

/* After a deletion the cursor stands on what followed. */
result_t chain_table_delete_unless(const struct chain_table_txn *txn, enum chain_table table,
                                   bool (*keep)(uint64_t number, void *context), void *context,
                                   struct error *err)
{
    CLEANUP(cursor_close) MDB_cursor *cursor = NULL;
    MDB_val key, value;
    int code;
    TRY(cursor_open(txn, table, &cursor, err));
    while ((code = mdb_cursor_get(cursor, &key, &value, MDB_NEXT)) == 0)
        if (!keep(number_of(&key), context))
            TRY(delete_at(txn, cursor, err));
    return code == MDB_NOTFOUND ? OUTCOME_OK : database_error(txn->base->database, code, "read", err);
}

/* From that end of the table while the numbers are within. */
static result_t delete_range(const struct chain_table_txn *txn, enum chain_table table, MDB_cursor_op end,
                             uint64_t lowest, uint64_t highest, struct error *err)
{
    CLEANUP(cursor_close) MDB_cursor *cursor = NULL;
    MDB_val key, value;
    int code;
    TRY(cursor_open(txn, table, &cursor, err));
    while ((code = mdb_cursor_get(cursor, &key, &value, end)) == 0) {
        uint64_t number = number_of(&key);
        if (number < lowest || number > highest)
            return OUTCOME_OK;
        TRY(delete_at(txn, cursor, err));
    }
    return code == MDB_NOTFOUND ? OUTCOME_OK : database_error(txn->base->database, code, "read", err);
}

result_t chain_table_delete_below(const struct chain_table_txn *txn, enum chain_table table, uint64_t number,
                                  struct error *err)
{
    return number ? delete_range(txn, table, MDB_FIRST, 0, number - 1, err) : OUTCOME_OK;
}

result_t chain_table_delete_from(const struct chain_table_txn *txn, enum chain_table table, uint64_t number,
                                 struct error *err)
{
    return delete_range(txn, table, MDB_LAST, number, UINT64_MAX, err);
}
