#include "common/keyshare_rules.h"

#include <inttypes.h>
#include <string.h>

#include "common/id_index.h"

static result_t rules_conflict(uint64_t domain_id, const char *what, struct error *err)
{
    return error_set(err, OUTCOME_KEYSHARES_CONFLICT, "domain %" PRIu64 ": %s", domain_id, what);
}

static bool rules_same_key(const struct keyshare *a, const struct keyshare *b)
{
    return a->curve == b->curve && memcmp(a->public_key, b->public_key, sizeof a->public_key) == 0;
}

static bool rules_same_scalar(const struct keyshares *a, size_t i, const struct keyshares *b, size_t j)
{
    return secret_equal(keyshare_scalar(a, i), KEYSHARE_SCALAR_LEN, keyshare_scalar(b, j),
                        KEYSHARE_SCALAR_LEN);
}

/* A domain that is stored, and the share that would take its place. */
static result_t rules_check_domain(const struct keyshares *stored, size_t stored_at,
                                   const struct keyshares *incoming, size_t incoming_at, struct error *err)
{
    const struct keyshare *old = &stored->items[stored_at];
    const struct keyshare *new = &incoming->items[incoming_at];
    uint64_t domain_id = old->id.domain_id;
    if (!rules_same_key(old, new))
        return rules_conflict(domain_id, "stored with another public key", err);
    if (old->id.epoch_id != new->id.epoch_id)
        return OUTCOME_OK;
    if (old->id.attempt_id != new->id.attempt_id)
        return rules_conflict(domain_id, "stored of another attempt", err);
    if (!rules_same_scalar(stored, stored_at, incoming, incoming_at))
        return rules_conflict(domain_id, "stored with another private share", err);
    return OUTCOME_OK;
}

result_t keyshares_may_replace(const struct keyshares *stored, const struct keyshares *incoming,
                               struct error *err)
{
    if (!stored || stored->count == 0)
        return OUTCOME_OK;
    uint64_t stored_epoch = stored->items[0].id.epoch_id;
    uint64_t epoch = incoming->items[0].id.epoch_id;
    if (epoch < stored_epoch)
        return error_set(err, OUTCOME_KEYSHARES_OLDER,
                         "epoch %" PRIu64 " is older than the stored epoch %" PRIu64, epoch, stored_epoch);
    CLEANUP(id_index_free) struct id_index index = {0};
    TRY(keyshares_index(incoming, &index));
    for (size_t i = 0; i < stored->count; i++) {
        size_t at;
        /* Fewer domains than are stored are found here too: ids are unique on both sides. */
        if (!id_index_find(&index, stored->items[i].id.domain_id, &at))
            return rules_conflict(stored->items[i].id.domain_id, "stored, but missing here", err);
        TRY(rules_check_domain(stored, i, incoming, at, err));
    }
    /* Every stored domain is there; in the same epoch, then, it is the very
     * same set unless there are more. */
    return epoch == stored_epoch && incoming->count == stored->count ? OUTCOME_KEYSHARES_UNCHANGED
                                                                     : OUTCOME_OK;
}

result_t keyshares_may_coexist(const struct keyshares *held, const struct keyshares *incoming,
                               struct error *err)
{
    if (!held || held->count == 0)
        return OUTCOME_OK;
    CLEANUP(id_index_free) struct id_index index = {0};
    TRY(keyshares_index(held, &index));
    size_t same = 0;
    for (size_t i = 0; i < incoming->count; i++) {
        const struct keyshare *share = &incoming->items[i];
        size_t at;
        if (!id_index_find(&index, share->id.domain_id, &at) ||
            !key_event_id_equal(&held->items[at].id, &share->id) || !rules_same_key(&held->items[at], share))
            continue;
        if (!rules_same_scalar(held, at, incoming, i))
            return rules_conflict(share->id.domain_id, "stored with another private share", err);
        same++;
    }
    return same == incoming->count ? OUTCOME_KEYSHARES_UNCHANGED : OUTCOME_OK;
}

result_t keyshares_contain(const struct keyshares *whole, const struct keyshares *part, bool *contain)
{
    result_t verdict = keyshares_may_coexist(whole, part, NULL);
    *contain = verdict == OUTCOME_KEYSHARES_UNCHANGED;
    return verdict == OUTCOME_NO_MEMORY ? verdict : OUTCOME_OK;
}
