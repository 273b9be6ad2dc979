/* Guards that look at the protocol's state, migrations and attestations; and the catalogue itself. */
#include "contract-sim/model/guards.h"

#include <string.h>

#define ROW(id, id_fault, ...)                                                                               \
    [GUARD_##id] = {.name = #id, .holds = guard_##id, .fault = FAULT_##id_fault, __VA_ARGS__}
#define GUARD(id, fault, only_with, text)                                                                    \
    ROW(id, fault, .rule = RULE_##only_with, .phases = ANY_PHASE, .says = text),
#define CALLER_GUARD(id, fault, only_with, text)                                                             \
    ROW(id, fault, .rule = RULE_##only_with, .phases = ANY_PHASE, .is_about_caller = true, .says = text),
#define PHASE_GUARD(id, fault, in, text) ROW(id, fault, .phases = (in), .says = text),
const struct guard guard_table[GUARD_COUNT] = {
#include "contract-sim/model/guards.def"
};

/* The guards that ask for nothing but the phase. */
#define GUARD(name, fault, rule, says)
#define PHASE_GUARD(name, fault, phases, says)                                                               \
    bool guard_##name(struct call *call)                                                                     \
    {                                                                                                        \
        return (phases) >> call->state->phase & 1u;                                                          \
    }
#include "contract-sim/model/guards.def"

/* True while the instance counts votes. A dead one stays in the state until a call that succeeds replaces it
 * (contract.md 1.2). */
static bool key_event_active(const struct call *call)
{
    const struct key_event *event = &call->state->key_event;
    return event->has_instance && call->height < event->expires_on;
}

bool guard_key_event_is_idle(struct call *call)
{
    return !key_event_active(call);
}

bool guard_key_event_is_active(struct call *call)
{
    return key_event_active(call);
}

/* Exactly {epoch, the domain whose turn it is, attempt} (contract.md 1.3). */
static bool key_event_id_is(const struct call *call, uint64_t attempt_id)
{
    const struct key_event *event = &call->state->key_event;
    size_t count;
    const struct domain *domains = domains_of(call->pool, call->state->running.domains, &count);
    struct key_event_id expected = {event->epoch_id, domains[event->domain_index].id, attempt_id};
    return key_event_id_equal(&call->args.key_event_id, &expected);
}

bool guard_key_event_id_is_next(struct call *call)
{
    return key_event_id_is(call, call->state->key_event.next_attempt_id);
}

bool guard_key_event_id_is_current(struct call *call)
{
    return key_event_id_is(call, call->state->key_event.attempt_id);
}

bool guard_caller_has_not_voted(struct call *call)
{
    const struct key_event *event = &call->state->key_event;
    const struct member *caller = member_by_account(call->pool, event->parameters.participants, call->signer);
    return !id_set_has(call->pool, event->completed, caller->id);
}

/* The keys are compared first: one that differs from the first vote's ends the attempt, whoever sends it
 * (contract.md 1.3). */
bool guard_caller_has_not_voted_or_disagrees(struct call *call)
{
    return key_disagrees(call) || guard_caller_has_not_voted(call);
}

bool key_disagrees(const struct call *call)
{
    handle_t voted = call->state->key_event.public_key;
    return voted != 0 && voted != call->args.domain_key;
}

bool guard_key_is_a_point(struct call *call)
{
    return !call->args.key_is_no_point;
}

const struct domain_key *domain_key_current(const struct call *call, uint64_t domain_id)
{
    size_t count, one;
    const struct domain_key_entry *entries = key_entries_of(call->pool, call->state->running.keys, &count);
    for (size_t i = 0; i < count; i++) {
        if (entries[i].domain_id == domain_id)
            return domain_keys_of(call->pool, entries[i].key, &one);
    }
    return NULL;
}

bool guard_domain_has_a_key(struct call *call)
{
    return domain_key_current(call, call->args.domain_id) != NULL;
}

bool guard_next_domain_id_is_current(struct call *call)
{
    return call->args.next_domain_id == call->state->running.next_domain_id;
}

/* Exact: epoch, order, ids, attempts, keys (contract.md 2.2, step 6); equal content has equal handles. */
bool guard_keyset_is_current(struct call *call)
{
    return call->args.epoch_id == call->state->running.epoch_id &&
           call->args.keys == call->state->running.keys;
}

static const struct migration *caller_migration(const struct call *call)
{
    return account_map_get(call->pool, call->state->migrations, sizeof(struct migration), call->signer);
}

bool guard_migration_is_pending(struct call *call)
{
    return caller_migration(call) != NULL;
}

/* The key that signed the transaction against signer_account_pk (contract.md 2.2, step 8). */
bool guard_signer_key_is_recorded(struct call *call)
{
    call->fault.other = caller_migration(call)->signer_key;
    return call->fault.other == call->signer_key;
}

/* Account and account key are not compared here (contract.md 2.2, step 9). */
bool guard_destination_is_attested(struct call *call)
{
    return tls_key_attested(call, caller_migration(call)->tls_key);
}

/* The two guards of strict_tls_binding. What the later contract says when it refuses is not known: these are
 * the texts of the nearest refusals of today's (contract.md 0.2). */
bool guard_destination_key_is_unclaimed(struct call *call)
{
    handle_t tls_key = caller_migration(call)->tls_key;
    size_t count, index;
    const struct attestation *stored =
        attestation_find(call->pool, call->state->attestations, tls_key, &index);
    const struct member *members =
        members_of(call->pool, call->state->running.parameters.participants, &count);
    for (size_t i = 0; i < count; i++) {
        if (members[i].tls_key == tls_key && members[i].account != call->signer)
            return false;
    }
    return !stored || stored->account == call->signer;
}

bool guard_destination_signs_with_attested_key(struct call *call)
{
    const struct migration *record = caller_migration(call);
    size_t index;
    const struct attestation *stored =
        attestation_find(call->pool, call->state->attestations, record->tls_key, &index);
    return stored && stored->account_key == record->signer_key;
}
