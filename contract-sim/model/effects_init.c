/* Effects of init and init_running (contract.md 1.3). */
#include "contract-sim/model/effects.h"

handle_t attestations_of_genesis(struct pool *pool, handle_t participants)
{
    size_t count;
    const struct member *members = members_of(pool, participants, &count);
    handle_t store = 0;
    for (size_t i = 0; i < count; i++) {
        /* The account key equals the TLS key, so no real node key passes until its node submits again. */
        struct attestation entry = {
            .tls_key = members[i].tls_key,
            .account = members[i].account,
            .account_key = members[i].tls_key,
            .kind = ATTESTATION_VALID,
        };
        size_t index;
        size_t stored;
        attestations_of(pool, store, &stored);
        bool again = attestation_find(pool, store, entry.tls_key, &index) != NULL;
        store = pool_splice(pool, store, sizeof entry, again ? index : stored, again ? 1 : 0, &entry, 1);
    }
    return store;
}

void effect_init(struct call *call)
{
    struct model_state *state = call->state;
    state->phase = PROTOCOL_RUNNING;
    state->accepts_requests = 1;
    state->running.parameters = call->args.proposal.parameters;
    state->attestations = attestations_of_genesis(call->pool, state->running.parameters.participants);
    state->config = call->args.config;
}

void effect_init_running(struct call *call)
{
    effect_init(call);
    call->state->running.epoch_id = call->args.epoch_id;
    call->state->running.keys = call->args.keys;
    call->state->running.domains = call->args.domains;
    call->state->running.next_domain_id = call->args.next_domain_id;
}
