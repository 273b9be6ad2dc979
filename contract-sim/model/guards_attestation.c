/* Guards over attestations and the grants that pay for them (contract.md 3). */
#include "contract-sim/model/guards.h"
#include "contract-sim/model/tee_lists.h"

/* A mock is invalid at the second of its expiry already (contract.md 3.2). */
static bool attestation_unexpired(const struct call *call, const struct attestation *attestation)
{
    return !attestation->has_expiry || call->time_s < attestation->expiry_s;
}

bool attestation_holds(const struct call *call, const struct attestation *attestation)
{
    return (!attestation->image_hash || image_allowed(call, attestation->image_hash)) &&
           (!attestation->compose_hash || compose_allowed(call, attestation->compose_hash)) &&
           attestation_unexpired(call, attestation);
}

bool tls_key_attested(const struct call *call, handle_t tls_key)
{
    size_t index;
    const struct attestation *found =
        attestation_find(call->pool, call->state->attestations, tls_key, &index);
    return found && attestation_holds(call, found);
}

static const struct attestation *attestation_under_argument(const struct call *call)
{
    size_t index;
    return attestation_find(call->pool, call->state->attestations, call->args.attestation.tls_key, &index);
}

bool guard_tls_key_is_not_anothers(struct call *call)
{
    const struct attestation *found = attestation_under_argument(call);
    return !found || found->account == call->signer;
}

static uint32_t grants_held(const struct call *call, handle_t account)
{
    const struct grant *grant = account_map_get(call->pool, call->state->grants, sizeof *grant, account);
    return grant ? grant->count : 0;
}

bool guard_grant_is_available(struct call *call)
{
    return attestation_under_argument(call) || grants_held(call, call->signer) > 0;
}

bool guard_attestation_is_mock(struct call *call)
{
    return call->args.attestation.kind != ATTESTATION_DSTACK;
}

bool guard_mock_is_not_invalid(struct call *call)
{
    return call->args.attestation.kind != ATTESTATION_INVALID;
}

static bool hash_named(struct call *call, handle_t hash)
{
    call->fault.other = hash;
    return hash != 0;
}

bool guard_some_image_is_allowed(struct call *call)
{
    size_t count;
    images_allowed(call, &count);
    return count > 0;
}

bool guard_mock_image_list_is_filled(struct call *call)
{
    size_t count;
    images_allowed(call, &count);
    return count > 0 || call->args.attestation.image_hash == 0;
}

bool guard_mock_image_is_allowed(struct call *call)
{
    handle_t hash = call->args.attestation.image_hash;
    return !hash_named(call, hash) || image_allowed(call, hash);
}

bool guard_mock_compose_list_is_filled(struct call *call)
{
    return compose_list_filled(call) || call->args.attestation.compose_hash == 0;
}

bool guard_mock_compose_is_allowed(struct call *call)
{
    handle_t hash = call->args.attestation.compose_hash;
    return !hash_named(call, hash) || compose_allowed(call, hash);
}

bool guard_mock_is_not_expired(struct call *call)
{
    call->fault.a = u128_of(call->time_s);
    call->fault.b = u128_of(call->args.attestation.expiry_s);
    return attestation_unexpired(call, &call->args.attestation);
}

/* No vote fills the list of measurements. */
bool guard_mock_measurements_are_allowed(struct call *call)
{
    return !call->args.attestation.has_measurements;
}

bool guard_grants_are_positive(struct call *call)
{
    return call->args.grants > 0;
}

/* Grants times the fee, which the configuration gives in thousandths of a NEAR. */
static bool grants_fee(const struct call *call, struct u128 *out)
{
    size_t count;
    const uint64_t *config = numbers_of(call->pool, call->state->config, &count);
    const uint64_t milli_near_in_micro_near = 1000;
    const uint64_t micro_near = 1000000000000000000u;
    return u128_mul_u64(u128_of(config[CONFIG_STORAGE_FEE]), milli_near_in_micro_near, out) &&
           u128_mul_u64(*out, micro_near, out) && u128_mul_u64(*out, call->args.grants, out);
}

bool guard_grants_fee_fits(struct call *call)
{
    struct u128 fee;
    return grants_fee(call, &fee);
}

bool guard_deposit_is_grants_fee(struct call *call)
{
    call->fault.a = call->deposit;
    return grants_fee(call, &call->fault.b) && u128_compare(call->deposit, call->fault.b) == 0;
}

bool guard_grants_total_fits(struct call *call)
{
    return grants_held(call, call->args.account) <= UINT32_MAX - call->args.grants;
}
