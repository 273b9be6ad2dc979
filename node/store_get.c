#include <inttypes.h>

#include "common/id_index.h"
#include "node/store_internal.h"

/* wire.md 4.4, 3: a domain without a share fails the whole request. */
static result_t store_missing(uint64_t epoch_id, uint64_t domain_id, struct error *err)
{
    return error_set(err, OUTCOME_KEYSHARES_NOT_HELD,
                     "no key share of domain %" PRIu64 " is held for epoch %" PRIu64, domain_id, epoch_id);
}

/* A stored share of the keyset's epoch has to be the keyset's: same id, same public key (wire.md 4.4, 2). */
static result_t store_check_share(const struct keyshare *share, const struct keyset *keyset,
                                  const struct keyset_domain *domain, struct error *err)
{
    if (!domain || domain->domain_id != share->id.domain_id)
        return error_set(err, OUTCOME_KEYSHARES_NOT_HELD,
                         "a key share of domain %" PRIu64 " is stored for epoch %" PRIu64
                         ", but the keyset has no such domain",
                         share->id.domain_id, keyset->epoch_id);
    if (domain->attempt != share->id.attempt_id)
        return error_set(err, OUTCOME_KEYSHARES_NOT_HELD,
                         "domain %" PRIu64 ": the stored key share is of attempt %" PRIu64
                         ", the keyset's of attempt %" PRIu64,
                         domain->domain_id, share->id.attempt_id, domain->attempt);
    if (!keyshare_has_key(share, &domain->key))
        return error_set(err, OUTCOME_KEYSHARES_NOT_HELD,
                         "domain %" PRIu64 ": the stored key share is of another public key",
                         domain->domain_id);
    return OUTCOME_OK;
}

/* Found by its name, which is the id alone: the public key is not compared (wire.md 4.4, 3). */
static result_t store_collect_temporary(struct store *store, const struct keyset *keyset,
                                        const struct keyset_domain *domain, struct keyshares *out,
                                        struct error *err)
{
    const struct stored_set_ops *ops = store->set->ops;
    struct key_event_id id = {keyset->epoch_id, domain->domain_id, domain->attempt};
    if (!ops->load_temporary)
        return store_missing(id.epoch_id, id.domain_id, err);
    result_t result = ops->load_temporary(store->set, &id, out, err);
    return result == OUTCOME_STORE_NOT_FOUND ? store_missing(id.epoch_id, id.domain_id, err) : result;
}

/* `stored` and `index`, that of the keyset's domains, are ascending by domain id: one walk over both. */
static result_t store_merge(struct store *store, const struct keyshares *stored, const struct keyset *keyset,
                            const struct id_index *index, bool temporary, struct keyshares *out,
                            struct error *err)
{
    size_t next = 0;
    for (size_t i = 0; i < index->count; i++) {
        const struct keyset_domain *domain = &keyset->domains[index->entries[i].at];
        const struct keyshare *share = next < stored->count ? &stored->items[next] : NULL;
        if (share && share->id.domain_id <= domain->domain_id) {
            TRY(store_check_share(share, keyset, domain, err));
            TRY(keyshares_add(out, share, keyshare_scalar(stored, next)));
            next++;
        } else if (temporary) {
            TRY(store_collect_temporary(store, keyset, domain, out, err));
        } else {
            return store_missing(keyset->epoch_id, domain->domain_id, err);
        }
    }
    if (next < stored->count)
        return store_check_share(&stored->items[next], keyset, NULL, err);
    return OUTCOME_OK;
}

result_t store_collect(struct store *store, struct store_txn *txn, const struct keyset *keyset,
                       bool temporary, struct keyshares *out, struct error *err)
{
    CLEANUP(keyshares_free) struct keyshares stored = {0};
    result_t loaded = store->set->ops->load(store->set, txn, NULL, &stored, err);
    if (loaded != OUTCOME_OK && loaded != OUTCOME_STORE_NOT_FOUND)
        return loaded;
    /* Another epoch's set is no answer, and no hindrance (wire.md 4.4, 2). */
    if (stored.count && stored.items[0].id.epoch_id != keyset->epoch_id)
        keyshares_free(&stored);
    CLEANUP(id_index_free) struct id_index index = {0};
    TRY(keyset_index(keyset, &index));
    CLEANUP(keyshares_free) struct keyshares shares = {0};
    TRY(store_merge(store, &stored, keyset, &index, temporary, &shares, err));
    *out = shares;
    shares = (struct keyshares){0};
    return OUTCOME_OK;
}

struct store_get_call {
    struct store *store;
    const struct keyset *keyset;
    struct keyshares *out;
};

static result_t store_get_work(struct store_txn *txn, void *context, struct error *err)
{
    const struct store_get_call *call = context;
    return store_collect(call->store, txn, call->keyset, true, call->out, err);
}

result_t store_get(struct store *store, const struct keyset *keyset, struct keyshares *out, struct error *err)
{
    struct store_get_call call = {store, keyset, out};
    return store_db_read(&store->db, store_get_work, &call, err);
}
