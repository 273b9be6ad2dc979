/* Sets that were taken out of service: never served, imported or overwritten. */
#include "common/id_index.h"
#include "node/store_internal.h"

result_t store_quarantine_has(struct store_txn *txn, const struct keyshares *shares, bool *has,
                              struct error *err)
{
    return store_kept_has(txn, STORE_SHELF_QUARANTINED, shares, has, err);
}

struct event_call {
    const struct key_event_id *id;
    bool found;
};

static result_t visit_event(const struct stored_item *item, void *context, struct error *err)
{
    (void)err;
    struct event_call *call = context;
    for (size_t i = 0; i < item->shares->count; i++)
        call->found |= key_event_id_equal(&item->shares->items[i].id, call->id);
    return OUTCOME_OK;
}

result_t store_quarantine_has_event(struct store_txn *txn, const struct key_event_id *id, bool *has,
                                    struct error *err)
{
    struct event_call call = {.id = id};
    TRY(store_each_kept(txn, STORE_SHELF_QUARANTINED, visit_event, &call, err));
    *has = call.found;
    return OUTCOME_OK;
}
