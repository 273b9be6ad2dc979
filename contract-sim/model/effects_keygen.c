/* Effects of key events in general, and of generating the keys of new domains (contract.md 1.2, 1.3). */
#include <string.h>

#include "contract-sim/model/effects.h"
#include "contract-sim/model/guards.h"

void key_event_begin(struct call *call, const struct parameters *parameters, uint64_t epoch_id,
                     uint32_t domain_index)
{
    call->state->key_event =
        (struct key_event){.parameters = *parameters, .epoch_id = epoch_id, .domain_index = domain_index};
}

bool key_event_vote(struct call *call)
{
    struct key_event *event = &call->state->key_event;
    handle_t participants = event->parameters.participants;
    size_t voted;
    event->completed = id_set_add(call->pool, event->completed,
                                  member_by_account(call->pool, participants, call->signer)->id);
    handles_of(call->pool, event->completed, &voted);
    return voted == member_count(call->pool, participants);
}

static void key_event_drop_instance(struct key_event *event)
{
    event->has_instance = 0;
    event->attempt_id = 0;
    event->started_in = 0;
    event->expires_on = 0;
    event->completed = 0;
    event->public_key = 0;
}

void effect_start_instance(struct call *call)
{
    struct key_event *event = &call->state->key_event;
    size_t count;
    const uint64_t *config = numbers_of(call->pool, call->state->config, &count);
    event->has_instance = 1;
    event->attempt_id = event->next_attempt_id++;
    event->started_in = call->height;
    event->expires_on = call->height + 1 + config[CONFIG_KEY_EVENT_TIMEOUT];
    event->completed = 0;
    event->public_key = 0;
}

/* One vote is enough (contract.md 1.3). */
void effect_abort_instance(struct call *call)
{
    key_event_drop_instance(&call->state->key_event);
}

/* Initializing holds no votes and no cancelled epoch, so that the Running state after it has none either. */
static void initializing_enter(struct call *call)
{
    struct model_state *state = call->state;
    struct running_state *running = &state->running;
    size_t old_count, new_count;
    const struct domain *domains = domains_of(call->pool, call->args.domains, &new_count);
    domains_of(call->pool, running->domains, &old_count);
    if (call->rules[RULE_CLEAR_ON_LEAVING_RUNNING])
        state->migrations = 0;
    state->phase = PROTOCOL_INITIALIZING;
    state->cancel_votes = 0;
    running->parameter_votes = 0;
    running->domain_votes = 0;
    running->has_cancelled_epoch = 0;
    running->cancelled_epoch_id = 0;
    running->domains =
        pool_splice(call->pool, running->domains, sizeof *domains, old_count, 0, domains, new_count);
    running->next_domain_id += new_count;
    key_event_begin(call, &running->parameters, running->epoch_id, (uint32_t)old_count);
}

static void initializing_leave(struct call *call)
{
    call->state->phase = PROTOCOL_RUNNING;
    call->state->cancel_votes = 0;
    memset(&call->state->key_event, 0, sizeof call->state->key_event);
}

void effect_vote_add_domains(struct call *call)
{
    struct running_state *running = &call->state->running;
    struct domain_vote vote = {
        member_by_account(call->pool, running->parameters.participants, call->signer)->id,
        call->args.domains};
    if (domains_agreed(call)) {
        initializing_enter(call);
        return;
    }
    running->domain_votes = id_map_put(call->pool, running->domain_votes, sizeof vote, &vote);
}

static void domain_key_done(struct call *call)
{
    struct running_state *running = &call->state->running;
    struct key_event *event = &call->state->key_event;
    size_t domain_count;
    const struct domain *domains = domains_of(call->pool, running->domains, &domain_count);
    struct domain_key_entry entry = {
        .domain_id = domains[event->domain_index].id, .attempt = event->attempt_id, .key = event->public_key};
    running->keys = pool_splice(call->pool, running->keys, sizeof entry, event->domain_index, 0, &entry, 1);
    if (event->domain_index + 1 < domain_count)
        key_event_begin(call, &running->parameters, running->epoch_id, event->domain_index + 1);
    else
        initializing_leave(call);
}

void effect_vote_pk(struct call *call)
{
    struct key_event *event = &call->state->key_event;
    if (key_disagrees(call)) {
        key_event_drop_instance(event);
        return;
    }
    event->public_key = call->args.domain_key;
    if (key_event_vote(call))
        domain_key_done(call);
}

/* The domains that have their keys stay; the ids of the others are not used again. */
void effect_vote_cancel_keygen(struct call *call)
{
    struct running_state *running = &call->state->running;
    handle_t *votes = &call->state->cancel_votes;
    size_t count, key_count, domain_count;
    *votes = id_set_add(call->pool, *votes,
                        member_by_account(call->pool, running->parameters.participants, call->signer)->id);
    handles_of(call->pool, *votes, &count);
    if (count < running->parameters.threshold)
        return;
    key_entries_of(call->pool, running->keys, &key_count);
    domains_of(call->pool, running->domains, &domain_count);
    running->domains = pool_splice(call->pool, running->domains, sizeof(struct domain), key_count,
                                   domain_count - key_count, NULL, 0);
    initializing_leave(call);
}
