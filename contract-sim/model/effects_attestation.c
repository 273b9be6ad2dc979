/* Effects on the attestation store and its grants (contract.md 3). */
#include "contract-sim/model/effects.h"
#include "contract-sim/model/guards.h"
#include "contract-sim/model/tee_lists.h"

/* Add to an account's grants, or take one; a row of 0 is deleted. The guards keep it in range. */
static void grants_change(struct call *call, handle_t account, int64_t change)
{
    handle_t *grants = &call->state->grants;
    const struct grant *held = account_map_get(call->pool, *grants, sizeof *held, account);
    struct grant changed = {account, (uint32_t)((held ? held->count : 0) + change)};
    *grants = changed.count ? account_map_put(call->pool, *grants, sizeof changed, &changed)
                            : account_map_remove(call->pool, *grants, sizeof changed, account);
}

void effect_prepay_attestation_storage(struct call *call)
{
    grants_change(call, call->args.account, call->args.grants);
}

void effect_submit_participant_info(struct call *call)
{
    handle_t *store = &call->state->attestations;
    struct attestation entry = call->args.attestation;
    uint64_t latest = call->time_s + ATTESTATION_VALIDITY_S;
    entry.account = call->signer;
    entry.account_key = call->signer_key;
    entry.kind = ATTESTATION_CONSTRAINED;
    entry.expiry_s = entry.has_expiry && entry.expiry_s < latest ? entry.expiry_s : latest;
    entry.has_expiry = 1;
    if (entry.compose_hash && guard_caller_is_voter(call))
        launcher_refresh(call, entry.compose_hash);
    size_t index, count;
    attestations_of(call->pool, *store, &count);
    if (attestation_find(call->pool, *store, entry.tls_key, &index)) {
        *store = pool_splice(call->pool, *store, sizeof entry, index, 1, &entry, 1);
        return;
    }
    *store = pool_splice(call->pool, *store, sizeof entry, count, 0, &entry, 1);
    if (call->rules[RULE_GRANTS_REQUIRED])
        grants_change(call, call->signer, -1);
}

/* The last entry moves into the hole, as near-sdk's IterableMap does (contract.md 3.1). The store is empty when
 * dropping the entry before found no memory. */
static void attestation_drop(struct call *call, handle_t tls_key)
{
    handle_t *store = &call->state->attestations;
    size_t index, count;
    const struct attestation *entries = attestations_of(call->pool, *store, &count);
    if (!attestation_find(call->pool, *store, tls_key, &index))
        return;
    struct attestation last = entries[count - 1];
    *store = pool_splice(call->pool, *store, sizeof last, index, 1, &last, 1);
    *store = pool_splice(call->pool, *store, sizeof last, count - 1, 1, NULL, 0);
}

void effect_clean_invalid_attestations(struct call *call)
{
    size_t count;
    const struct attestation *entries = attestations_of(call->pool, call->state->attestations, &count);
    for (size_t i = 0; i < count && i < call->args.max_scan; i++) {
        if (attestation_holds(call, &entries[i]))
            continue;
        attestation_drop(call, entries[i].tls_key);
        const struct grant *held =
            account_map_get(call->pool, call->state->grants, sizeof *held, entries[i].account);
        /* At the counter's end upstream drops the grant rather than wrap. */
        if (call->rules[RULE_GRANTS_REQUIRED] && (!held || held->count < UINT32_MAX))
            grants_change(call, entries[i].account, 1);
        call->returned++;
    }
}
