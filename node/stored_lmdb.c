#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "node/store_internal.h"

/* One record per epoch; the highest number is the current set. */
#define SHELF STORE_SHELF_STORED

struct stored_lmdb {
    struct stored_set base;
};

static result_t stored_lmdb_load(struct stored_set *set, struct store_txn *txn, const uint64_t *epoch,
                                 struct keyshares *out, struct error *err)
{
    (void)set;
    struct record_numbers numbers;
    TRY(record_numbers(txn, SHELF, &numbers, err));
    if (!epoch && numbers.count == 0)
        return error_set(err, OUTCOME_STORE_NOT_FOUND, "no key shares are stored");
    uint64_t number = epoch ? *epoch : numbers.at[numbers.count - 1];
    struct record_name name = record_name(SHELF, number);
    CLEANUP(secret_free) struct secret text = {0};
    result_t result = record_get(txn, name.text, &text, err);
    if (result == OUTCOME_STORE_NOT_FOUND)
        return error_set(err, result, "no key shares of epoch %" PRIu64 " are stored", number);
    TRY(result);
    return stored_set_parse(&text, name.text, out, err);
}

static result_t stored_lmdb_epochs(struct stored_set *set, struct store_txn *txn, uint64_t *out, size_t max,
                                   size_t *count, struct error *err)
{
    (void)set;
    struct record_numbers numbers;
    TRY(record_numbers(txn, SHELF, &numbers, err));
    *count = numbers.count < max ? numbers.count : max;
    if (*count)
        memcpy(out, numbers.at + numbers.count - *count, *count * sizeof(*out));
    return OUTCOME_OK;
}

static result_t stored_lmdb_replace(struct stored_set *set, struct store_txn *txn,
                                    const struct keyshares *shares, struct error *err)
{
    (void)set;
    CLEANUP(secret_free) struct secret text = {0};
    TRY(permanent_keyshares_write(shares, &text));
    struct record_name name = record_name(SHELF, shares->items[0].id.epoch_id);
    TRY(record_put(txn, name.text, text.data, text.len, err));
    return record_trim(txn, SHELF, STORE_EPOCHS_MAX, err);
}

static void stored_lmdb_close(struct stored_set *set)
{
    free(set);
}

static const struct stored_set_ops stored_lmdb_ops = {
    .kind = STORE_LMDB,
    .load = stored_lmdb_load,
    .epochs = stored_lmdb_epochs,
    .replace = stored_lmdb_replace,
    .close = stored_lmdb_close,
};

result_t stored_set_lmdb(struct stored_set **out)
{
    struct stored_lmdb *set = calloc(1, sizeof(*set));
    if (!set)
        return OUTCOME_NO_MEMORY;
    set->base.ops = &stored_lmdb_ops;
    *out = &set->base;
    return OUTCOME_OK;
}
