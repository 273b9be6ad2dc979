/* Effects of votes on parameters and of a resharing (contract.md 1.3, 1.4). */
#include <stdlib.h>
#include <string.h>

#include "contract-sim/model/effects.h"
#include "contract-sim/model/guards.h"
#include "contract-sim/model/tee_lists.h"

/* What a Running state loses whenever a new one is made of it. */
static void running_renew(struct call *call)
{
    struct running_state *running = &call->state->running;
    running->parameter_votes = 0;
    running->has_cancelled_epoch = 0;
    running->cancelled_epoch_id = 0;
    running->domain_votes = id_map_keep_members(call->pool, running->domain_votes, sizeof(struct domain_vote),
                                                running->parameters.participants);
}

static void resharing_enter(struct call *call, const struct proposal *proposal)
{
    struct model_state *state = call->state;
    uint64_t epoch_id = epoch_prospective(state);
    if (call->rules[RULE_CLEAR_ON_LEAVING_RUNNING])
        state->migrations = 0;
    running_renew(call);
    state->phase = PROTOCOL_RESHARING;
    state->reshared_keys = 0;
    state->cancel_votes = 0;
    state->per_domain_thresholds = proposal->per_domain_thresholds;
    key_event_begin(call, &proposal->parameters, epoch_id, 0);
}

static void resharing_leave(struct call *call)
{
    struct model_state *state = call->state;
    state->phase = PROTOCOL_RUNNING;
    state->reshared_keys = 0;
    state->cancel_votes = 0;
    state->per_domain_thresholds = 0;
    memset(&state->key_event, 0, sizeof state->key_event);
}

static void proposal_accept(struct call *call, const struct proposal *proposal)
{
    struct running_state *running = &call->state->running;
    if (running->domains) {
        resharing_enter(call, proposal);
        return;
    }
    /* Without domains there is nothing to reshare: the new parameters stand at once,
     * no receipts (contract.md 1.3). */
    running->parameters = proposal->parameters;
    running->epoch_id++;
    running_renew(call);
}

void effect_vote_new_parameters(struct call *call)
{
    handle_t proposal = pool_intern(call->pool, &call->args.proposal, sizeof call->args.proposal);
    struct parameter_vote vote = {call->signer, proposal};
    handle_t *votes = &call->state->running.parameter_votes;
    *votes = account_map_put(call->pool, *votes, sizeof vote, &vote);
    size_t count;
    size_t same = 0;
    const struct parameter_vote *cast = parameter_votes_of(call->pool, *votes, &count);
    for (size_t i = 0; i < count; i++)
        same += cast[i].proposal == proposal;
    if (same == member_count(call->pool, call->args.proposal.parameters.participants))
        proposal_accept(call, &call->args.proposal);
}

/* The current members whose attestation passes when it is verified again, in their order. */
static handle_t members_attested(struct call *call)
{
    handle_t kept = call->state->running.parameters.participants;
    size_t count;
    size_t at = 0;
    const struct member *members = members_of(call->pool, kept, &count);
    for (size_t i = 0; i < count; i++) {
        if (tls_key_attested(call, members[i].tls_key))
            at++;
        else
            kept = pool_splice(call->pool, kept, sizeof *members, at, 1, NULL, 0);
    }
    return kept;
}

/* Whether the threshold may stay as it is over these fewer participants (contract.md 1.3, verify_tee). */
static bool threshold_stands(const struct call *call, const struct parameters *parameters)
{
    size_t participants = member_count(call->pool, parameters->participants);
    return parameters->threshold <= participants && parameters->threshold >= threshold_floor(participants) &&
           parameters->threshold >= reconstruction_largest(call, call->state->running.domains, 0);
}

void effect_verify_tee(struct call *call)
{
    const struct parameters *current = &call->state->running.parameters;
    struct proposal proposal = {.parameters = *current};
    tee_lists_tidy(call);
    proposal.parameters.participants = members_attested(call);
    bool all = proposal.parameters.participants == current->participants;
    bool stands = all || threshold_stands(call, &proposal.parameters);
    call->state->accepts_requests = stands;
    call->returned = stands;
    if (stands && !all)
        proposal_accept(call, &proposal);
}

static void receipt_schedule(struct call *call, const char *method, const char *args)
{
    struct receipt receipt = {pool_intern_text(call->pool, method), pool_intern_text(call->pool, args)};
    size_t count;
    receipts_of(call->pool, call->state->receipts, &count);
    call->state->receipts =
        pool_splice(call->pool, call->state->receipts, sizeof receipt, count, 0, &receipt, 1);
    call->receipts_scheduled++;
}

/* The registry with the per-domain thresholds of the proposal in force: put
 * together once, for it may be long. */
static void domain_thresholds_apply(struct call *call)
{
    handle_t *registry = &call->state->running.domains;
    size_t count;
    const struct domain *domains = domains_of(call->pool, *registry, &count);
    struct domain *changed = malloc(count * sizeof *changed);
    if (!changed) {
        pool_fail(call->pool);
        return;
    }
    for (size_t i = 0; i < count; i++) {
        changed[i] = domains[i];
        changed[i].reconstruction_threshold =
            domain_effective_threshold(call->pool, &domains[i], call->state->per_domain_thresholds);
    }
    *registry = pool_intern(call->pool, changed, count * sizeof *changed);
    free(changed);
}

static void resharing_finish(struct call *call)
{
    struct model_state *state = call->state;
    state->running.parameters = state->key_event.parameters;
    state->running.epoch_id = state->key_event.epoch_id;
    state->running.keys = state->reshared_keys;
    domain_thresholds_apply(call);
    running_renew(call);
    resharing_leave(call);
    /* contract.md 1.4, in this order */
    receipt_schedule(call, "remove_non_participant_update_votes", "{}");
    receipt_schedule(call, "clean_tee_status", "{}");
    receipt_schedule(call, "clean_invalid_attestations", "{\"max_scan\":30}");
    receipt_schedule(call, "cleanup_orphaned_node_migrations", "{}");
    receipt_schedule(call, "clean_foreign_chain_data", "{}");
    receipt_schedule(call, "remove_non_participant_tee_verifier_votes", "{}");
}

void effect_vote_reshared(struct call *call)
{
    struct model_state *state = call->state;
    struct key_event *event = &state->key_event;
    size_t key_count, domain_count;
    const struct domain_key_entry *keys = key_entries_of(call->pool, state->running.keys, &key_count);
    struct domain_key_entry key = keys[event->domain_index];
    event->public_key = key.key;
    if (!key_event_vote(call))
        return;
    key.attempt = event->attempt_id;
    state->reshared_keys =
        pool_splice(call->pool, state->reshared_keys, sizeof key, event->domain_index, 0, &key, 1);
    domains_of(call->pool, state->running.domains, &domain_count);
    struct parameters parameters = event->parameters;
    if (event->domain_index + 1 < domain_count)
        key_event_begin(call, &parameters, event->epoch_id, event->domain_index + 1);
    else
        resharing_finish(call);
}

void effect_vote_cancel_resharing(struct call *call)
{
    struct model_state *state = call->state;
    size_t count;
    state->cancel_votes = account_set_add(call->pool, state->cancel_votes, call->signer);
    handles_of(call->pool, state->cancel_votes, &count);
    if (count < state->running.parameters.threshold)
        return;
    state->running.has_cancelled_epoch = 1;
    state->running.cancelled_epoch_id = state->key_event.epoch_id;
    resharing_leave(call);
}

void effect_nothing(struct call *call)
{
    (void)call;
}
