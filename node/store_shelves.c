/* Whole sets of shares, wherever they lie: in the stored set, or numbered on a shelf of the migration
 * store. */
#include <stdio.h>

#include "common/keyshare_rules.h"
#include "node/store_internal.h"

result_t store_each_kept(struct store_txn *txn, const char *shelf, stored_visit *visit, void *context,
                         struct error *err)
{
    struct record_numbers numbers;
    TRY(record_numbers(txn, shelf, &numbers, err));
    for (size_t i = numbers.count; i-- > 0;) {
        struct record_name name = record_name(shelf, numbers.at[i]);
        CLEANUP(secret_free) struct secret text = {0};
        CLEANUP(keyshares_free) struct keyshares shares = {0};
        result_t result = record_get(txn, name.text, &text, err);
        if (result == OUTCOME_OK)
            result = stored_set_parse(&text, name.text, &shares, err);
        TRY(store_say_unreadable(result, shelf, err));
        struct stored_item item = {.shares = &shares, .where = name.text};
        TRY(visit(&item, context, err));
    }
    return OUTCOME_OK;
}

struct held_call {
    struct store_txn *txn;
    const uint64_t *epoch;
    stored_visit *visit;
    void *context;
};

static result_t held_stored(const struct stored_item *item, void *context, struct error *err)
{
    const struct held_call *call = context;
    bool quarantined;
    if (!item->shares) /* half a file of a crash, of which `keyshares verify` tells */
        return OUTCOME_OK;
    TRY(store_quarantine_has(call->txn, item->shares, &quarantined, err));
    return quarantined ? OUTCOME_OK : call->visit(item, call->context, err);
}

static result_t held_attempt(const struct stored_item *item, void *context, struct error *err)
{
    const struct held_call *call = context;
    return item->shares->items[0].id.epoch_id == *call->epoch ? call->visit(item, call->context, err)
                                                              : OUTCOME_OK;
}

result_t store_each_held(struct store *store, struct store_txn *txn, const uint64_t *epoch,
                         stored_visit *visit, void *context, struct error *err)
{
    struct held_call call = {txn, epoch, visit, context};
    TRY(store->set->ops->each(store->set, txn, epoch, held_stored, &call, err));
    return store_each_kept(txn, STORE_SHELF_ATTEMPTS, held_attempt, &call, err);
}

/* Attempts */

struct find_call {
    const struct keyshares *shares;
    bool found;
};

static result_t visit_equal(const struct stored_item *item, void *context, struct error *err)
{
    (void)err;
    struct find_call *call = context;
    call->found |= keyshares_equal(item->shares, call->shares);
    return OUTCOME_OK;
}

result_t store_kept_has(struct store_txn *txn, const char *shelf, const struct keyshares *shares, bool *has,
                        struct error *err)
{
    struct find_call call = {.shares = shares};
    TRY(store_each_kept(txn, shelf, visit_equal, &call, err));
    *has = call.found;
    return OUTCOME_OK;
}

result_t store_set_adopted(struct store_txn *txn, const struct keyshares *shares, bool *is_adopted,
                           struct error *err)
{
    CLEANUP(store_adopted_free) struct store_adopted adopted = {0};
    result_t result = store_adopted_read(txn, shares->items[0].id.epoch_id, &adopted, err);
    *is_adopted = false;
    if (result == OUTCOME_STORE_NOT_FOUND)
        return OUTCOME_OK;
    TRY(result);
    return store_covers(shares, &adopted.keyset, is_adopted);
}

/* What the next one to be dropped is: the oldest that the contract never adopted, else the oldest. */
struct trim_call {
    struct store_txn *txn;
    const uint64_t *epoch; /* NULL: of any */
    size_t count;
    struct record_name oldest;
    struct record_name oldest_idle;
};

static result_t visit_trim(const struct stored_item *item, void *context, struct error *err)
{
    struct trim_call *call = context;
    bool adopted;
    if (call->epoch && item->shares->items[0].id.epoch_id != *call->epoch)
        return OUTCOME_OK;
    if (call->count++ == 0) /* the newest, which is not to be dropped for itself */
        return OUTCOME_OK;
    snprintf(call->oldest.text, sizeof(call->oldest.text), "%s", item->where);
    TRY(store_set_adopted(call->txn, item->shares, &adopted, err));
    if (!adopted)
        call->oldest_idle = call->oldest;
    return OUTCOME_OK;
}

static result_t store_attempts_trim(struct store_txn *txn, const uint64_t *epoch, size_t max,
                                    struct error *err)
{
    struct trim_call call = {.txn = txn, .epoch = epoch};
    TRY(store_each_kept(txn, STORE_SHELF_ATTEMPTS, visit_trim, &call, err));
    if (call.count <= max)
        return OUTCOME_OK;
    const struct record_name *drop = call.oldest_idle.text[0] ? &call.oldest_idle : &call.oldest;
    return record_delete(txn, drop->text, err);
}

result_t store_attempt_push(struct store_txn *txn, const struct keyshares *shares, struct error *err)
{
    CLEANUP(secret_free) struct secret text = {0};
    bool has;
    TRY(store_kept_has(txn, STORE_SHELF_ATTEMPTS, shares, &has, err));
    if (has)
        return OUTCOME_OK;
    TRY(permanent_keyshares_write(shares, &text));
    TRY(record_push(txn, STORE_SHELF_ATTEMPTS, text.data, text.len, err));
    TRY(store_attempts_trim(txn, &shares->items[0].id.epoch_id, STORE_ATTEMPTS_MAX, err));
    return store_attempts_trim(txn, NULL, STORE_ATTEMPTS_TOTAL_MAX, err);
}

struct drop_call {
    struct store_txn *txn;
    const struct keyshares *current;
};

static result_t visit_drop(const struct stored_item *item, void *context, struct error *err)
{
    const struct drop_call *call = context;
    bool contain;
    TRY(keyshares_contain(call->current, item->shares, &contain));
    return contain ? record_delete(call->txn, item->where, err) : OUTCOME_OK;
}

result_t store_attempts_drop(struct store_txn *txn, const struct keyshares *current, struct error *err)
{
    struct drop_call call = {txn, current};
    return store_each_kept(txn, STORE_SHELF_ATTEMPTS, visit_drop, &call, err);
}

/* Every set, for people */

struct each_call {
    struct store *store;
    store_visit *visit;
    void *context;
    struct store_txn *txn;
    enum store_shelf shelf;
};

static result_t each_visit(const struct stored_item *item, void *context, struct error *err)
{
    const struct each_call *call = context;
    struct store_set set = {.shelf = call->shelf,
                            .current = item->current,
                            .where = item->where,
                            .shares = item->shares,
                            .why = item->why};
    if (item->shares && (call->shelf == STORE_STORED || call->shelf == STORE_ATTEMPTS))
        TRY(store_set_adopted(call->txn, item->shares, &set.adopted, err));
    return call->visit(&set, call->context, err);
}

static result_t each_stored(const struct stored_item *item, void *context, struct error *err)
{
    const struct each_call *call = context;
    bool quarantined = false;
    if (item->shares)
        TRY(store_quarantine_has(call->txn, item->shares, &quarantined, err));
    return quarantined ? OUTCOME_OK : each_visit(item, context, err);
}

static const char *const shelf_records[] = {
    [STORE_STORED] = STORE_SHELF_STORED,           [STORE_ATTEMPTS] = STORE_SHELF_ATTEMPTS,
    [STORE_STAGED] = STORE_SHELF_STAGED,           [STORE_SUPERSEDED] = STORE_SHELF_SUPERSEDED,
    [STORE_QUARANTINED] = STORE_SHELF_QUARANTINED,
};

const char *store_shelf_name(enum store_shelf shelf)
{
    return shelf_records[shelf];
}

result_t store_each_set_in(struct store *store, struct store_txn *txn, store_visit *visit, void *context,
                           struct error *err)
{
    struct each_call call = {
        .store = store, .visit = visit, .context = context, .txn = txn, .shelf = STORE_STORED};
    TRY(store->set->ops->each(store->set, txn, NULL, each_stored, &call, err));
    for (call.shelf = STORE_ATTEMPTS; call.shelf <= STORE_QUARANTINED; call.shelf++)
        TRY(store_each_kept(txn, shelf_records[call.shelf], each_visit, &call, err));
    return OUTCOME_OK;
}

static result_t store_each_set_work(struct store_txn *txn, void *context, struct error *err)
{
    const struct each_call *call = context;
    return store_each_set_in(call->store, txn, call->visit, call->context, err);
}

result_t store_each_set(struct store *store, store_visit *visit, void *context, struct error *err)
{
    struct each_call call = {.store = store, .visit = visit, .context = context};
    return store_db_read(&store->db, store_each_set_work, &call, err);
}
