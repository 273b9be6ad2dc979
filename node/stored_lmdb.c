#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "common/keyshare_rules.h"
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
    if (result == OUTCOME_OK)
        result = stored_set_parse(&text, name.text, out, err);
    return store_say_unreadable(result, SHELF, err);
}

static result_t stored_lmdb_visit(struct store_txn *txn, uint64_t number, bool current, stored_visit *visit,
                                  void *context, struct error *err)
{
    struct record_name name = record_name(SHELF, number);
    CLEANUP(secret_free) struct secret text = {0};
    CLEANUP(keyshares_free) struct keyshares shares = {0};
    struct error why = {.text = ""};
    result_t result = record_get(txn, name.text, &text, &why);
    if (result == OUTCOME_OK)
        result = stored_set_parse(&text, name.text, &shares, &why);
    if (result != OUTCOME_OK && result != OUTCOME_STORE_CORRUPT)
        return error_set(err, result, "%s", why.text);
    struct stored_item item = {
        .shares = result == OUTCOME_OK ? &shares : NULL, .why = &why, .where = name.text, .current = current};
    return visit(&item, context, err);
}

static result_t stored_lmdb_each(struct stored_set *set, struct store_txn *txn, const uint64_t *epoch,
                                 stored_visit *visit, void *context, struct error *err)
{
    (void)set;
    struct record_numbers numbers;
    TRY(record_numbers(txn, SHELF, &numbers, err));
    for (size_t i = numbers.count; i-- > 0;)
        if (!epoch || numbers.at[i] == *epoch)
            TRY(stored_lmdb_visit(txn, numbers.at[i], i + 1 == numbers.count, visit, context, err));
    return OUTCOME_OK;
}

/* Over the bound an epoch goes of which the contract adopted nothing, else the oldest. */
static result_t stored_lmdb_trim(struct store_txn *txn, uint64_t keep, struct error *err)
{
    struct record_numbers numbers;
    TRY(record_numbers(txn, SHELF, &numbers, err));
    if (numbers.count <= STORE_EPOCHS_MAX)
        return OUTCOME_OK;
    uint64_t latest = keep;
    result_t result = store_adopted_latest(txn, &latest, err);
    if (result != OUTCOME_OK && result != OUTCOME_STORE_NOT_FOUND)
        return result;
    size_t drop = numbers.count;
    for (size_t i = 0; i < numbers.count; i++) {
        bool adopted;
        if (numbers.at[i] == keep || numbers.at[i] == latest)
            continue;
        if (drop == numbers.count)
            drop = i;
        TRY(store_adopted_has(txn, numbers.at[i], &adopted, err));
        if (!adopted) {
            drop = i;
            break;
        }
    }
    struct record_name name = record_name(SHELF, numbers.at[drop]);
    return record_delete(txn, name.text, err);
}

/* The set that is there is given up unless the new one contains it. */
static result_t stored_lmdb_replace(struct stored_set *set, struct store_txn *txn,
                                    const struct keyshares *shares, const struct keyshares_terms *terms,
                                    struct error *err)
{
    CLEANUP(secret_free) struct secret text = {0};
    CLEANUP(keyshares_free) struct keyshares before = {0};
    bool contain;
    uint64_t epoch_id = shares->items[0].id.epoch_id;
    struct record_name name = record_name(SHELF, epoch_id);
    result_t result = stored_lmdb_load(set, txn, &epoch_id, &before, err);
    if (result != OUTCOME_OK && result != OUTCOME_STORE_NOT_FOUND)
        return result;
    TRY(terms->rule(&before, shares, err));
    TRY(keyshares_contain(shares, &before, &contain));
    if (!contain)
        TRY(terms->keep(&before, name.text, terms->context, err));
    TRY(permanent_keyshares_write(shares, &text));
    TRY(record_put(txn, name.text, text.data, text.len, err));
    return stored_lmdb_trim(txn, epoch_id, err);
}

static result_t stored_lmdb_remove(struct stored_set *set, struct store_txn *txn,
                                   const struct keyshares *shares, stored_fit *fit, void *context,
                                   struct error *err)
{
    (void)fit, (void)context;
    CLEANUP(keyshares_free) struct keyshares found = {0};
    struct record_name name = record_name(SHELF, shares->items[0].id.epoch_id);
    result_t result = stored_lmdb_load(set, txn, &shares->items[0].id.epoch_id, &found, err);
    if (result == OUTCOME_STORE_NOT_FOUND)
        return OUTCOME_OK;
    TRY(result);
    return keyshares_equal(&found, shares) ? record_delete(txn, name.text, err) : OUTCOME_OK;
}

static void stored_lmdb_close(struct stored_set *set)
{
    free(set);
}

static const struct stored_set_ops stored_lmdb_ops = {
    .kind = STORE_LMDB,
    .load = stored_lmdb_load,
    .each = stored_lmdb_each,
    .replace = stored_lmdb_replace,
    .remove = stored_lmdb_remove,
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
