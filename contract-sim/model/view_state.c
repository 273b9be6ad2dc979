/* The `state` view (contract.md 4.1). */
#include <inttypes.h>

#include "contract-sim/model/views.h"

static result_t domain_write(const struct domain *domain, struct bytes *out)
{
    return bytes_append_format(out,
                               "{\"id\":%" PRIu64 ",\"protocol\":\"%s\",\"reconstruction_threshold\":%" PRIu64
                               ",\"purpose\":\"%s\"}",
                               domain->id, domain_protocol_names[domain->protocol],
                               domain->reconstruction_threshold, domain_purpose_names[domain->purpose]);
}

result_t view_domains(const struct pool *pool, handle_t domains, struct bytes *out)
{
    size_t count;
    const struct domain *domain = domains_of(pool, domains, &count);
    TRY(bytes_append_text(out, "["));
    for (size_t i = 0; i < count; i++) {
        TRY(bytes_append_text(out, i ? "," : ""));
        TRY(domain_write(&domain[i], out));
    }
    return bytes_append_text(out, "]");
}

static result_t registry_write(const struct pool *pool, const struct running_state *running,
                               struct bytes *out)
{
    TRY(bytes_append_text(out, "{\"domains\":"));
    TRY(view_domains(pool, running->domains, out));
    return bytes_append_format(out, ",\"next_domain_id\":%" PRIu64 "}", running->next_domain_id);
}

static result_t key_write(const struct pool *pool, handle_t key, struct bytes *out)
{
    size_t count;
    const struct domain_key *keys = domain_keys_of(pool, key, &count);
    return count ? domain_key_write(keys, out) : bytes_append_text(out, "null");
}

result_t view_keys(const struct pool *pool, handle_t keys, struct bytes *out)
{
    size_t count;
    const struct domain_key_entry *entries = key_entries_of(pool, keys, &count);
    TRY(bytes_append_text(out, "["));
    for (size_t i = 0; i < count; i++) {
        TRY(bytes_append_format(out, "%s{\"domain_id\":%" PRIu64 ",\"key\":", i ? "," : "",
                                entries[i].domain_id));
        TRY(key_write(pool, entries[i].key, out));
        TRY(bytes_append_format(out, ",\"attempt\":%" PRIu64 "}", entries[i].attempt));
    }
    return bytes_append_text(out, "]");
}

result_t view_parameters(const struct pool *pool, const struct parameters *parameters, struct bytes *out)
{
    size_t count;
    const struct member *members = members_of(pool, parameters->participants, &count);
    TRY(bytes_append_format(out, "{\"participants\":{\"next_id\":%" PRIu32 ",\"participants\":[",
                            parameters->next_id));
    for (size_t i = 0; i < count; i++) {
        TRY(bytes_append_text(out, i ? ",[" : "["));
        TRY(view_text(pool, members[i].account, out));
        TRY(bytes_append_format(out, ",%" PRIu32 ",", members[i].id));
        TRY(view_info(pool, members[i].url, members[i].tls_key, out));
        TRY(bytes_append_text(out, "]"));
    }
    return bytes_append_format(out, "]},\"threshold\":%" PRIu64 "}", parameters->threshold);
}

static result_t thresholds_write(const struct pool *pool, handle_t thresholds, struct bytes *out)
{
    size_t count;
    const struct domain_threshold *threshold = domain_thresholds_of(pool, thresholds, &count);
    TRY(bytes_append_text(out, "{"));
    for (size_t i = 0; i < count; i++)
        TRY(bytes_append_format(out, "%s\"%" PRIu64 "\":%" PRIu64, i ? "," : "", threshold[i].domain_id,
                                threshold[i].threshold));
    return bytes_append_text(out, "}");
}

static result_t parameter_votes_write(const struct pool *pool, handle_t votes, struct bytes *out)
{
    size_t count, one;
    const struct parameter_vote *vote = parameter_votes_of(pool, votes, &count);
    TRY(bytes_append_text(out, "{\"proposal_by_account\":{"));
    for (size_t i = 0; i < count; i++) {
        const struct proposal *proposal = proposals_of(pool, vote[i].proposal, &one);
        TRY(bytes_append_text(out, i ? "," : ""));
        TRY(view_text(pool, vote[i].account, out));
        TRY(bytes_append_text(out, ":{\"parameters\":"));
        TRY(view_parameters(pool, &proposal->parameters, out));
        TRY(bytes_append_text(out, ",\"per_domain_thresholds\":"));
        TRY(thresholds_write(pool, proposal->per_domain_thresholds, out));
        TRY(bytes_append_text(out, "}"));
    }
    return bytes_append_text(out, "}}");
}

static result_t domain_votes_write(const struct pool *pool, handle_t votes, struct bytes *out)
{
    size_t count;
    const struct domain_vote *vote = domain_votes_of(pool, votes, &count);
    TRY(bytes_append_text(out, "{\"proposal_by_account\":{"));
    for (size_t i = 0; i < count; i++) {
        TRY(bytes_append_format(out, "%s\"%" PRIu32 "\":", i ? "," : "", vote[i].participant_id));
        TRY(view_domains(pool, vote[i].domains, out));
    }
    return bytes_append_text(out, "}}");
}

static result_t running_write(const struct pool *pool, const struct running_state *running, struct bytes *out)
{
    TRY(bytes_append_text(out, "{\"domains\":"));
    TRY(registry_write(pool, running, out));
    TRY(bytes_append_format(out, ",\"keyset\":{\"epoch_id\":%" PRIu64 ",\"domains\":", running->epoch_id));
    TRY(view_keys(pool, running->keys, out));
    TRY(bytes_append_text(out, "},\"parameters\":"));
    TRY(view_parameters(pool, &running->parameters, out));
    TRY(bytes_append_text(out, ",\"parameters_votes\":"));
    TRY(parameter_votes_write(pool, running->parameter_votes, out));
    TRY(bytes_append_text(out, ",\"add_domains_votes\":"));
    TRY(domain_votes_write(pool, running->domain_votes, out));
    TRY(bytes_append_text(out, ",\"previously_cancelled_resharing_epoch_id\":"));
    if (running->has_cancelled_epoch)
        return bytes_append_format(out, "%" PRIu64 "}", running->cancelled_epoch_id);
    return bytes_append_text(out, "null}");
}

static result_t ids_write(const struct pool *pool, handle_t ids, struct bytes *out)
{
    size_t count;
    const uint32_t *id = handles_of(pool, ids, &count);
    TRY(bytes_append_text(out, "["));
    for (size_t i = 0; i < count; i++)
        TRY(bytes_append_format(out, "%s%" PRIu32, i ? "," : "", id[i]));
    return bytes_append_text(out, "]");
}

static result_t instance_write(const struct pool *pool, const struct key_event *event, struct bytes *out)
{
    if (!event->has_instance)
        return bytes_append_text(out, "null");
    TRY(bytes_append_format(out,
                            "{\"attempt_id\":%" PRIu64 ",\"started_in\":%" PRIu64 ",\"expires_on\":%" PRIu64
                            ",\"completed\":",
                            event->attempt_id, event->started_in, event->expires_on));
    TRY(ids_write(pool, event->completed, out));
    TRY(bytes_append_text(out, ",\"public_key\":"));
    TRY(key_write(pool, event->public_key, out));
    return bytes_append_text(out, "}");
}

static result_t key_event_write(const struct pool *pool, const struct model_state *state, struct bytes *out)
{
    const struct key_event *event = &state->key_event;
    size_t count;
    const struct domain *domains = domains_of(pool, state->running.domains, &count);
    TRY(bytes_append_format(out, "{\"epoch_id\":%" PRIu64 ",\"domain\":", event->epoch_id));
    TRY(domain_write(&domains[event->domain_index], out));
    TRY(bytes_append_text(out, ",\"parameters\":"));
    TRY(view_parameters(pool, &event->parameters, out));
    TRY(bytes_append_text(out, ",\"instance\":"));
    TRY(instance_write(pool, event, out));
    return bytes_append_format(out, ",\"next_attempt_id\":%" PRIu64 "}", event->next_attempt_id);
}

static result_t resharing_write(const struct pool *pool, const struct model_state *state, struct bytes *out)
{
    size_t count;
    const handle_t *accounts = handles_of(pool, state->cancel_votes, &count);
    TRY(bytes_append_text(out, "{\"previous_running_state\":"));
    TRY(running_write(pool, &state->running, out));
    TRY(bytes_append_text(out, ",\"reshared_keys\":"));
    TRY(view_keys(pool, state->reshared_keys, out));
    TRY(bytes_append_text(out, ",\"resharing_key\":"));
    TRY(key_event_write(pool, state, out));
    TRY(bytes_append_text(out, ",\"cancellation_requests\":["));
    for (size_t i = 0; i < count; i++) {
        TRY(bytes_append_text(out, i ? "," : ""));
        TRY(view_text(pool, accounts[i], out));
    }
    TRY(bytes_append_text(out, "],\"per_domain_thresholds\":"));
    TRY(thresholds_write(pool, state->per_domain_thresholds, out));
    return bytes_append_text(out, "}");
}

static result_t initializing_write(const struct pool *pool, const struct model_state *state,
                                   struct bytes *out)
{
    TRY(bytes_append_text(out, "{\"domains\":"));
    TRY(registry_write(pool, &state->running, out));
    TRY(bytes_append_format(out, ",\"epoch_id\":%" PRIu64 ",\"generated_keys\":", state->running.epoch_id));
    TRY(view_keys(pool, state->running.keys, out));
    TRY(bytes_append_text(out, ",\"generating_key\":"));
    TRY(key_event_write(pool, state, out));
    TRY(bytes_append_text(out, ",\"cancel_votes\":"));
    TRY(ids_write(pool, state->cancel_votes, out));
    return bytes_append_text(out, "}");
}

result_t view_state(const struct call *call, struct bytes *out)
{
    enum protocol_phase phase = call->state->phase;
    TRY(bytes_append_format(out, "{\"%s\":", protocol_phase_name(phase)));
    if (phase == PROTOCOL_RUNNING)
        TRY(running_write(call->pool, &call->state->running, out));
    else if (phase == PROTOCOL_RESHARING)
        TRY(resharing_write(call->pool, call->state, out));
    else
        TRY(initializing_write(call->pool, call->state, out));
    return bytes_append_text(out, "}");
}
