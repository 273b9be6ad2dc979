/* Whether a keyset is held, for who asks every few seconds: the set is not read for each of them. */
#include "node/store_internal.h"

result_t store_see(struct store *store, struct store_txn *txn, struct error *err)
{
    struct store_seen *seen = &store->seen;
    const struct stored_set_ops *ops = store->set->ops;
    CLEANUP(keyshares_free) struct keyshares current = {0};
    bool quarantined = false;
    seen->is_seen = false;
    keyshares_free(&seen->shares);
    /* Before the set is read: who changes it meanwhile changes the stamp. */
    if (ops->stamp)
        TRY(ops->stamp(store->set, &seen->stamp, err));
    result_t result = ops->load(store->set, txn, NULL, &current, err);
    if (result != OUTCOME_OK && result != OUTCOME_STORE_NOT_FOUND)
        return result;
    if (current.count)
        TRY(store_quarantine_has(txn, &current, &quarantined, err));
    secret_free(&current.scalars);
    if (!quarantined) {
        seen->shares = current;
        current = (struct keyshares){0};
    }
    seen->version = txn->db->records->ops->version(txn->base);
    seen->since_ms = 0;
    seen->is_seen = true;
    return OUTCOME_OK;
}

static result_t is_as_seen(struct store *store, struct store_txn *txn, uint64_t now_ms, bool *is,
                           struct error *err)
{
    const struct store_seen *seen = &store->seen;
    const struct stored_set_ops *ops = store->set->ops;
    struct file_stamp stamp = seen->stamp;
    if (ops->stamp)
        TRY(ops->stamp(store->set, &stamp, err));
    *is = seen->is_seen && seen->version == txn->db->records->ops->version(txn->base) &&
          file_stamp_equal(&seen->stamp, &stamp) &&
          (seen->since_ms == 0 || now_ms - seen->since_ms < STORE_SEEN_MS);
    return OUTCOME_OK;
}

struct holds_call {
    struct store *store;
    const struct keyset *keyset;
    uint64_t now_ms;
};

static result_t store_holds_work(struct store_txn *txn, void *context, struct error *err)
{
    const struct holds_call *call = context;
    struct store_seen *seen = &call->store->seen;
    CLEANUP(keyshares_free) struct keyshares shares = {0};
    bool is_as_it_was, covers;
    TRY(is_as_seen(call->store, txn, call->now_ms, &is_as_it_was, err));
    if (!is_as_it_was)
        TRY(store_see(call->store, txn, err));
    if (seen->since_ms == 0)
        seen->since_ms = call->now_ms;
    TRY(store_covers(&seen->shares, call->keyset, &covers));
    /* What the set that counts does not have may lie elsewhere. */
    return covers ? OUTCOME_OK : store_collect(call->store, txn, call->keyset, STORE_FROM_ALL, &shares, err);
}

result_t store_holds(struct store *store, const struct keyset *keyset, uint64_t now_ms, struct error *err)
{
    struct holds_call call = {store, keyset, now_ms};
    pthread_mutex_lock(&store->seen.lock);
    result_t result = store_db_read(&store->db, store_holds_work, &call, err);
    pthread_mutex_unlock(&store->seen.lock);
    return result;
}
