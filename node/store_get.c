#include <inttypes.h>
#include <stdlib.h>

#include "common/id_index.h"
#include "node/store_internal.h"

/* The shares of a keyset, collected domain by domain from the sets that may have them. Each has to be the
 * keyset's: same epoch, domain, attempt and public key (wire.md 4.4, 2); what a set has besides is of another
 * attempt, and no hindrance. */
struct gather {
    struct store *store;
    const struct keyset *keyset;
    struct id_index index; /* of the keyset's domains */
    bool *have;            /* by position in the keyset */
    size_t missing;
    struct keyshares shares;
    /* The first set that was looked into, to say what is wrong with it. */
    struct keyshares first;
};

static void gather_free(struct gather *gather)
{
    id_index_free(&gather->index);
    free(gather->have);
    keyshares_free(&gather->shares);
    keyshares_free(&gather->first);
}

static result_t gather_begin(struct store *store, const struct keyset *keyset, struct gather *out)
{
    out->store = store;
    out->keyset = keyset;
    out->missing = keyset->count;
    out->have = calloc(keyset->count + 1, sizeof(*out->have));
    return out->have ? keyset_index(keyset, &out->index) : OUTCOME_NO_MEMORY;
}

/* Is it a share that is still missing? */
static bool gather_wants(const struct gather *gather, const struct keyshare *share, size_t *at)
{
    return share->id.epoch_id == gather->keyset->epoch_id &&
           id_index_find(&gather->index, share->id.domain_id, at) && !gather->have[*at] &&
           gather->keyset->domains[*at].attempt == share->id.attempt_id &&
           keyshare_has_key(share, &gather->keyset->domains[*at].key);
}

static void gather_note(struct gather *gather, size_t at)
{
    gather->have[at] = true;
    gather->missing--;
}

static result_t gather_from(struct gather *gather, const struct keyshares *set)
{
    for (size_t i = 0; i < set->count && gather->missing; i++) {
        size_t at;
        if (!gather_wants(gather, &set->items[i], &at))
            continue;
        TRY(keyshares_add(&gather->shares, &set->items[i], keyshare_scalar(set, i)));
        gather_note(gather, at);
    }
    return OUTCOME_OK;
}

/* The set that counts (struct stored_set_ops.current_only). */
static result_t gather_current(struct gather *gather, struct store_txn *txn, struct error *err)
{
    const struct stored_set_ops *ops = gather->store->set->ops;
    const uint64_t *epoch = ops->current_only ? NULL : &gather->keyset->epoch_id;
    CLEANUP(keyshares_free) struct keyshares current = {0};
    bool quarantined;
    result_t result = ops->load(gather->store->set, txn, epoch, &current, err);
    if (result == OUTCOME_STORE_NOT_FOUND)
        return OUTCOME_OK;
    TRY(result);
    TRY(store_quarantine_has(txn, &current, &quarantined, err));
    if (quarantined)
        return OUTCOME_OK;
    TRY(gather_from(gather, &current));
    if (current.items[0].id.epoch_id == gather->keyset->epoch_id) {
        gather->first = current;
        current = (struct keyshares){0};
    }
    return OUTCOME_OK;
}

static result_t gather_held(const struct stored_item *item, void *context, struct error *err)
{
    (void)err;
    return gather_from(context, item->shares);
}

/* Found by its name, which is the id alone: the public key is not compared (wire.md 4.4, 3). */
static result_t gather_temporary(struct gather *gather, struct store_txn *txn, struct error *err)
{
    const struct stored_set_ops *ops = gather->store->set->ops;
    const struct keyset *keyset = gather->keyset;
    for (size_t i = 0; i < keyset->count && ops->load_temporary; i++) {
        struct key_event_id id = {keyset->epoch_id, keyset->domains[i].domain_id, keyset->domains[i].attempt};
        bool quarantined;
        if (gather->have[i])
            continue;
        TRY(store_quarantine_has_event(txn, &id, &quarantined, err));
        if (quarantined)
            continue;
        result_t result = ops->load_temporary(gather->store->set, &id, &gather->shares, err);
        if (result == OUTCOME_STORE_NOT_FOUND)
            continue;
        TRY(result);
        gather_note(gather, i);
    }
    return OUTCOME_OK;
}

/* wire.md 4.4, 3: a domain without a share fails the whole request. The lowest one is named. */
static result_t gather_missing(const struct gather *gather, struct error *err)
{
    const struct keyset *keyset = gather->keyset;
    size_t i = 0;
    while (gather->have[gather->index.entries[i].at])
        i++;
    const struct keyset_domain *domain = &keyset->domains[gather->index.entries[i].at];
    size_t at = 0;
    while (at < gather->first.count && gather->first.items[at].id.domain_id != domain->domain_id)
        at++;
    if (at == gather->first.count)
        return error_set(err, OUTCOME_KEYSHARES_NOT_HELD,
                         "no key share of domain %" PRIu64 " is held for epoch %" PRIu64, domain->domain_id,
                         keyset->epoch_id);
    if (gather->first.items[at].id.attempt_id != domain->attempt)
        return error_set(err, OUTCOME_KEYSHARES_NOT_HELD,
                         "domain %" PRIu64 ": the stored key share is of attempt %" PRIu64
                         ", the keyset's of attempt %" PRIu64,
                         domain->domain_id, gather->first.items[at].id.attempt_id, domain->attempt);
    return error_set(err, OUTCOME_KEYSHARES_NOT_HELD,
                     "domain %" PRIu64 ": the stored key share is of another public key", domain->domain_id);
}

static result_t gather_from_all(struct gather *gather, struct store_txn *txn, enum store_collect from,
                                struct error *err)
{
    TRY(gather_current(gather, txn, err));
    if (gather->missing && (from == STORE_FROM_HELD || from == STORE_FROM_ALL))
        TRY(store_each_held(gather->store, txn, &gather->keyset->epoch_id, gather_held, gather, err));
    if (gather->missing && (from == STORE_FROM_TEMPORARY || from == STORE_FROM_ALL))
        TRY(gather_temporary(gather, txn, err));
    return gather->missing ? gather_missing(gather, err) : keyshares_sort(&gather->shares);
}

result_t store_collect(struct store *store, struct store_txn *txn, const struct keyset *keyset,
                       enum store_collect from, struct keyshares *out, struct error *err)
{
    CLEANUP(gather_free) struct gather gather = {0};
    TRY(gather_begin(store, keyset, &gather));
    TRY(gather_from_all(&gather, txn, from, err));
    *out = gather.shares;
    gather.shares = (struct keyshares){0};
    return OUTCOME_OK;
}

result_t store_covers(const struct keyshares *shares, const struct keyset *keyset, bool *covers)
{
    CLEANUP(gather_free) struct gather gather = {0};
    size_t at;
    TRY(gather_begin(NULL, keyset, &gather));
    for (size_t i = 0; i < shares->count && gather.missing; i++)
        if (gather_wants(&gather, &shares->items[i], &at))
            gather_note(&gather, at);
    *covers = gather.missing == 0;
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
    return store_collect(call->store, txn, call->keyset, STORE_FROM_ALL, call->out, err);
}

result_t store_get(struct store *store, const struct keyset *keyset, struct keyshares *out, struct error *err)
{
    struct store_get_call call = {store, keyset, out};
    return store_db_read(&store->db, store_get_work, &call, err);
}
