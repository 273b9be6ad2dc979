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

static const struct records_ops *ops_of(const struct store_txn *txn)
{
    return txn->db->records->ops;
}

result_t record_put(struct store_txn *txn, const char *name, const void *data, size_t len, struct error *err)
{
    uint8_t nonce[SEAL_NONCE_LEN];
    CLEANUP(bytes_free) struct bytes sealed = {0};
    TRY(random_bytes(nonce, sizeof(nonce)));
    TRY(seal(&txn->db->key, nonce, name, strlen(name), data, len, &sealed));
    return ops_of(txn)->put(txn->base, name, sealed.data, sealed.len, err);
}

result_t record_get(struct store_txn *txn, const char *name, struct secret *out, struct error *err)
{
    const void *sealed;
    size_t len;
    result_t result = ops_of(txn)->get(txn->base, name, &sealed, &len, err);
    if (result == OUTCOME_STORE_NOT_FOUND)
        return error_set(err, result, "migration store: there is no record %s", name);
    TRY(result);
    result = unseal(&txn->db->key, name, strlen(name), sealed, len, out, NULL);
    if (result == OUTCOME_UNSEAL_FAILED || result == OUTCOME_NONCE_TRUNCATED)
        return error_set(err, OUTCOME_STORE_CORRUPT,
                         "migration store: record %s does not open with this secret store key", name);
    return result;
}

result_t record_delete(struct store_txn *txn, const char *name, struct error *err)
{
    return ops_of(txn)->remove(txn->base, name, err);
}

result_t record_hash(struct store_txn *txn, const char *name, uint8_t out[SHA256_LEN], struct error *err)
{
    const void *sealed;
    size_t len;
    TRY(ops_of(txn)->get(txn->base, name, &sealed, &len, err));
    sha256(sealed, len, out);
    return OUTCOME_OK;
}

result_t record_move(struct store_txn *txn, const char *from, const char *to, struct error *err)
{
    CLEANUP(bytes_free) struct bytes copy = {0};
    const void *sealed;
    size_t len;
    TRY(ops_of(txn)->get(txn->base, from, &sealed, &len, err));
    TRY(bytes_append(&copy, sealed, len));
    TRY(ops_of(txn)->put(txn->base, to, copy.data, copy.len, err));
    return ops_of(txn)->remove(txn->base, from, err);
}

/* Whether `name` is SHELF/NUMBER, and its number. */
static bool record_number_of(const void *name, size_t len, const char *shelf, uint64_t *number)
{
    size_t prefix_len = strlen(shelf) + 1;
    if (len != prefix_len + NUMBER_DIGITS)
        return false;
    char text[STORE_DB_NAME_MAX] = {0};
    memcpy(text, name, len);
    if (strncmp(text, shelf, prefix_len - 1) != 0 || text[prefix_len - 1] != '/')
        return false;
    *number = strtoull(text + prefix_len, NULL, 16);
    return true;
}

struct numbers_call {
    const char *shelf;
    struct record_numbers *out;
    bool too_many;
};

static bool record_numbers_add(const void *name, size_t len, void *context)
{
    struct numbers_call *call = context;
    uint64_t number;
    if (!record_number_of(name, len, call->shelf, &number))
        return false;
    call->too_many = call->out->count == STORE_DB_SHELF_MAX;
    if (!call->too_many)
        call->out->at[call->out->count++] = number;
    return !call->too_many;
}

result_t record_numbers(struct store_txn *txn, const char *shelf, struct record_numbers *out,
                        struct error *err)
{
    struct numbers_call call = {.shelf = shelf, .out = out};
    out->count = 0;
    TRY(ops_of(txn)->list(txn->base, record_name(shelf, 0).text, record_numbers_add, &call, err));
    if (call.too_many)
        return error_set(err, OUTCOME_LIMIT, "migration store: more than %d records of %s",
                         STORE_DB_SHELF_MAX, shelf);
    return OUTCOME_OK;
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
