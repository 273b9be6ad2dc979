/* May these shares be kept, beside what is held already? */
#include <inttypes.h>

#include "common/id_index.h"
#include "common/keyshare_rules.h"
#include "node/store_internal.h"

result_t store_conflict(const struct keyshares *stored, const struct keyshares *shares,
                        const struct error *why, struct error *err)
{
    char stored_digest[KEYSHARES_DIGEST_TEXT_LEN];
    char digest[KEYSHARES_DIGEST_TEXT_LEN];
    TRY(keyshares_digest(stored, stored_digest));
    TRY(keyshares_digest(shares, digest));
    return error_set(
        err, OUTCOME_KEYSHARES_CONFLICT,
        "%.200s; stored: %s, given: %s; nothing was overwritten; where the stored ones are wrong, `keyshares "
        "quarantine --digest` takes them out",
        why->text, stored_digest, digest);
}

/* Attempts of the same epoch */

struct judge_call {
    const struct keyshares *shares;
    bool held;
};

static result_t judge_held(const struct stored_item *item, void *context, struct error *err)
{
    struct judge_call *call = context;
    struct error why = {.text = ""};
    result_t verdict = keyshares_may_coexist(item->shares, call->shares, &why);
    if (verdict == OUTCOME_KEYSHARES_CONFLICT)
        return store_conflict(item->shares, call->shares, &why, err);
    call->held |= verdict == OUTCOME_KEYSHARES_UNCHANGED;
    return outcome_ok(verdict) ? OUTCOME_OK : verdict;
}

/* A temporary share of the same key event has to be the very same one (wire.md 4.5). */
static result_t judge_temporary(struct store *store, const struct keyshares *shares, size_t index,
                                struct error *err)
{
    const struct keyshare *share = &shares->items[index];
    CLEANUP(keyshares_free) struct keyshares found = {0};
    CLEANUP(keyshares_free) struct keyshares given = {0};
    result_t result = store->set->ops->load_temporary(store->set, &share->id, &found, err);
    if (result == OUTCOME_STORE_NOT_FOUND)
        return OUTCOME_OK;
    TRY(result);
    TRY(keyshares_add(&given, share, keyshare_scalar(shares, index)));
    if (keyshares_equal(&found, &given))
        return OUTCOME_OK;
    struct error why;
    error_set(&why, OUTCOME_KEYSHARES_CONFLICT, "domain %" PRIu64 ": temporary_keys holds another key share",
              share->id.domain_id);
    return store_conflict(&found, &given, &why, err);
}

result_t store_judge_attempts(struct store *store, struct store_txn *txn, const struct keyshares *shares,
                              struct error *err)
{
    struct judge_call call = {.shares = shares};
    bool quarantined;
    TRY(store_quarantine_has(txn, shares, &quarantined, err));
    if (quarantined)
        return error_set(err, OUTCOME_KEYSHARES_QUARANTINED,
                         "these key shares of epoch %" PRIu64
                         " were taken out of service; `keyshares quarantine --restore` takes them back",
                         shares->items[0].id.epoch_id);
    TRY(store_each_held(store, txn, &shares->items[0].id.epoch_id, judge_held, &call, err));
    if (call.held)
        return OUTCOME_KEYSHARES_UNCHANGED;
    for (size_t i = 0; i < shares->count && store->set->ops->load_temporary; i++)
        TRY(judge_temporary(store, shares, i, err));
    return OUTCOME_OK;
}

/* Another epoch before or after */

static result_t judge_older(const struct keyshares *current, const struct keyshares *shares,
                            struct error *err)
{
    return error_set(
        err, OUTCOME_KEYSHARES_OLDER,
        "epoch %" PRIu64 " is older than the stored epoch %" PRIu64
        ", which the contract adopted: look at the NEAR RPC; where the contract did go back, `keyshares "
        "quarantine --epoch %" PRIu64 " --adopted` takes the newer ones out",
        shares->items[0].id.epoch_id, current->items[0].id.epoch_id, current->items[0].id.epoch_id);
}

/* A domain keeps its public key from epoch to epoch (wire.md 4.5). */
static result_t judge_same_keys(const struct keyshares *current, const struct keyshares *shares,
                                struct error *err)
{
    CLEANUP(id_index_free) struct id_index index = {0};
    TRY(keyshares_index(current, &index));
    for (size_t i = 0; i < shares->count; i++) {
        const struct keyshare *share = &shares->items[i];
        struct domain_key key;
        size_t at;
        if (!id_index_find(&index, share->id.domain_id, &at))
            continue;
        TRY(keyshare_domain_key(share, &key));
        if (keyshare_has_key(&current->items[at], &key))
            continue;
        struct error why;
        error_set(&why, OUTCOME_KEYSHARES_CONFLICT,
                  "domain %" PRIu64 ": stored with another public key, which the contract adopted",
                  share->id.domain_id);
        return store_conflict(current, shares, &why, err);
    }
    return OUTCOME_OK;
}

result_t store_judge_succession(struct store *store, struct store_txn *txn, const struct keyshares *shares,
                                struct error *err)
{
    CLEANUP(keyshares_free) struct keyshares current = {0};
    bool adopted;
    result_t result = store->set->ops->load(store->set, txn, NULL, &current, err);
    if (result == OUTCOME_STORE_NOT_FOUND)
        return OUTCOME_OK;
    TRY(result);
    uint64_t epoch_id = shares->items[0].id.epoch_id;
    uint64_t current_epoch_id = current.items[0].id.epoch_id;
    if (current_epoch_id == epoch_id)
        return OUTCOME_OK;
    /* What the contract never adopted came to nothing, and is in nobody's way. */
    TRY(store_set_adopted(txn, &current, &adopted, err));
    if (!adopted)
        return OUTCOME_OK;
    return current_epoch_id > epoch_id ? judge_older(&current, shares, err)
                                       : judge_same_keys(&current, shares, err);
}

result_t store_judge(struct store *store, struct store_txn *txn, const struct keyshares *shares,
                     struct error *err)
{
    result_t verdict = store_judge_attempts(store, txn, shares, err);
    return verdict == OUTCOME_OK ? store_judge_succession(store, txn, shares, err) : verdict;
}
