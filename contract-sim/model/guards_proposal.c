/* Guards over parameters and domains: init, init_running, vote_new_parameters and vote_add_domains
 * (contract.md 1.3). */
#include "contract-sim/model/guards.h"

#define THRESHOLD_MIN      2u
#define RECONSTRUCTION_MIN 2u

static const struct member *proposed(const struct call *call, size_t *count)
{
    return members_of(call->pool, call->args.proposal.parameters.participants, count);
}

bool guard_threshold_is_not_above_count(struct call *call)
{
    size_t count;
    proposed(call, &count);
    call->fault.a = u128_of(count);
    call->fault.b = u128_of(call->args.proposal.parameters.threshold);
    return call->args.proposal.parameters.threshold <= count;
}

bool guard_threshold_is_two_or_more(struct call *call)
{
    return call->args.proposal.parameters.threshold >= THRESHOLD_MIN;
}

uint64_t threshold_floor(size_t participants)
{
    return (3 * (uint64_t)participants + 4) / 5;
}

bool guard_threshold_is_three_fifths(struct call *call)
{
    size_t count;
    proposed(call, &count);
    uint64_t required = threshold_floor(count);
    call->fault.a = u128_of(required);
    call->fault.b = u128_of(call->args.proposal.parameters.threshold);
    return call->args.proposal.parameters.threshold >= required;
}

bool guard_ids_are_below_next_id(struct call *call)
{
    size_t count;
    const struct member *members = proposed(call, &count);
    uint32_t next_id = call->args.proposal.parameters.next_id;
    for (size_t i = 0; i < count; i++) {
        if (members[i].id >= next_id) {
            call->fault.a = u128_of(members[i].id);
            call->fault.b = u128_of(next_id);
            return false;
        }
    }
    return true;
}

bool guard_ids_are_unique(struct call *call)
{
    size_t count;
    const struct member *members = proposed(call, &count);
    for (size_t i = 0; i < count; i++) {
        if (member_by_id(call->pool, call->args.proposal.parameters.participants, members[i].id) !=
            &members[i])
            return false;
    }
    return true;
}

bool guard_accounts_are_unique(struct call *call)
{
    size_t count;
    const struct member *members = proposed(call, &count);
    for (size_t i = 0; i < count; i++) {
        if (member_by_account(call->pool, call->args.proposal.parameters.participants, members[i].account) !=
            &members[i])
            return false;
    }
    return true;
}

bool guard_proposed_are_attested(struct call *call)
{
    size_t count;
    const struct member *members = proposed(call, &count);
    for (size_t i = 0; i < count; i++) {
        if (!tls_key_attested(call, members[i].tls_key))
            return false;
    }
    return true;
}

uint64_t epoch_prospective(const struct model_state *state)
{
    if (state->phase == PROTOCOL_RESHARING)
        return state->key_event.epoch_id + 1;
    return (state->running.has_cancelled_epoch ? state->running.cancelled_epoch_id
                                               : state->running.epoch_id) +
           1;
}

bool guard_epoch_is_prospective(struct call *call)
{
    uint64_t expected = epoch_prospective(call->state);
    call->fault.a = u128_of(call->args.epoch_id);
    call->fault.b = u128_of(expected);
    return call->args.epoch_id == expected;
}

/* The first proposed participant that may not be proposed like this decides which of the three guards below
 * refuses: the contract goes through the participants once (contract.md 1.3, "per account"). */
static enum fault_id first_wrong_participant(struct call *call)
{
    handle_t current = call->state->running.parameters.participants;
    size_t count;
    const struct member *members = proposed(call, &count);
    for (size_t i = 0; i < count; i++) {
        const struct member *kept = member_by_account(call->pool, current, members[i].account);
        const struct member *same_id = member_by_id(call->pool, current, members[i].id);
        call->fault.account = members[i].account;
        call->fault.a = u128_of(kept ? kept->id : members[i].id);
        call->fault.b = u128_of(members[i].id);
        if (kept && kept->id != members[i].id)
            return FAULT_ID_CHANGED;
        if (kept && (kept->url != members[i].url || kept->tls_key != members[i].tls_key))
            return FAULT_INFO_CHANGED;
        if (!kept && same_id) {
            call->fault.other = same_id->account;
            return FAULT_REUSES_OLD_ID;
        }
    }
    return FAULT_NONE;
}

bool guard_kept_ids_are_unchanged(struct call *call)
{
    return first_wrong_participant(call) != FAULT_ID_CHANGED;
}

bool guard_kept_infos_are_unchanged(struct call *call)
{
    return first_wrong_participant(call) != FAULT_INFO_CHANGED;
}

bool guard_new_ids_are_unused(struct call *call)
{
    return first_wrong_participant(call) != FAULT_REUSES_OLD_ID;
}

struct newcomers {
    uint64_t count;
    uint64_t kept;
    uint32_t id_min;
    uint32_t id_max;
};

static struct newcomers newcomers_of(const struct call *call)
{
    struct newcomers found = {.id_min = UINT32_MAX};
    size_t count;
    const struct member *members = proposed(call, &count);
    for (size_t i = 0; i < count; i++) {
        if (member_by_account(call->pool, call->state->running.parameters.participants, members[i].account)) {
            found.kept++;
            continue;
        }
        found.count++;
        found.id_min = members[i].id < found.id_min ? members[i].id : found.id_min;
        found.id_max = members[i].id > found.id_max ? members[i].id : found.id_max;
    }
    return found;
}

bool guard_enough_members_are_kept(struct call *call)
{
    return newcomers_of(call).kept >= call->state->running.parameters.threshold;
}

/* Ids are unique by now, so the span says whether there is a gap; and they continue the current next_id. */
bool guard_new_ids_are_contiguous(struct call *call)
{
    struct newcomers found = newcomers_of(call);
    return found.count == 0 || (found.id_max - found.id_min + 1u == found.count &&
                                found.id_min == call->state->running.parameters.next_id);
}

bool guard_next_id_follows_new_ids(struct call *call)
{
    struct newcomers found = newcomers_of(call);
    return found.count == 0 || found.id_max + 1u == call->args.proposal.parameters.next_id;
}

/* What the domain guards below look at: the domains of the arguments, else the registry; */
static handle_t domain_list_judged(const struct call *call)
{
    return call->args.domains ? call->args.domains : call->state->running.domains;
}

static const struct domain *domains_judged(const struct call *call, size_t *count)
{
    return domains_of(call->pool, domain_list_judged(call), count);
}

/* under the parameters of the arguments, else the current ones. */
static const struct parameters *parameters_judged(const struct call *call)
{
    const struct parameters *given = &call->args.proposal.parameters;
    return given->participants ? given : &call->state->running.parameters;
}

static uint64_t threshold_judged(const struct call *call, const struct domain *domain)
{
    return domain_effective_threshold(call->pool, domain, call->args.proposal.per_domain_thresholds);
}

bool guard_proposed_domains_exist(struct call *call)
{
    size_t count, domain_count;
    const struct domain_threshold *thresholds =
        domain_thresholds_of(call->pool, call->args.proposal.per_domain_thresholds, &count);
    const struct domain *domains = domains_of(call->pool, call->state->running.domains, &domain_count);
    for (size_t i = 0; i < count; i++) {
        size_t at = 0;
        while (at < domain_count && domains[at].id != thresholds[i].domain_id)
            at++;
        if (at == domain_count) {
            call->fault.a = u128_of(thresholds[i].domain_id);
            return false;
        }
    }
    return true;
}

static bool purpose_matches(const struct domain *domain)
{
    switch ((enum domain_purpose)domain->purpose) {
    case PURPOSE_SIGN:
        return domain->protocol != PROTOCOL_CKD;
    case PURPOSE_FOREIGN_TX:
        return domain->protocol == PROTOCOL_CAIT_SITH;
    case PURPOSE_CKD:
    case DOMAIN_PURPOSES:
        break;
    }
    return domain->protocol == PROTOCOL_CKD;
}

static bool purpose_accepted(struct call *call, const struct domain *domain)
{
    if (purpose_matches(domain))
        return true;
    call->fault.detail = pool_intern_text(call->pool, domain_protocol_names[domain->protocol]);
    call->fault.other = pool_intern_text(call->pool, domain_purpose_names[domain->purpose]);
    return false;
}

bool guard_domain_purposes_match(struct call *call)
{
    size_t count;
    const struct domain *domains = domains_judged(call, &count);
    for (size_t i = 0; i < count; i++) {
        if (!purpose_accepted(call, &domains[i]))
            return false;
    }
    return true;
}

bool guard_domains_are_ordered(struct call *call)
{
    size_t count;
    const struct domain *domains = domains_judged(call, &count);
    for (size_t i = 0; i < count; i++) {
        uint64_t above = i + 1 < count ? domains[i + 1].id : call->args.next_domain_id;
        if (domains[i].id >= above)
            return false;
    }
    return true;
}

/* The domain's reconstruction threshold t has to fit n participants: 2 <= t <= n,
 * and for DamgardEtAl 2t - 1 <= n. */
static enum fault_id domain_bounds_fault(struct call *call, const struct domain *domain)
{
    uint64_t t = threshold_judged(call, domain);
    uint64_t participants = member_count(call->pool, parameters_judged(call)->participants);
    call->fault.a = u128_of(t);
    call->fault.b = u128_of(participants);
    if (t < RECONSTRUCTION_MIN)
        return FAULT_RECONSTRUCTION_TOO_LOW;
    if (t > participants)
        return FAULT_RECONSTRUCTION_TOO_HIGH;
    call->fault.a = u128_of(2 * t - 1);
    if (domain->protocol == PROTOCOL_DAMGARD_ET_AL && 2 * t - 1 > participants)
        return FAULT_TOO_FEW_FOR_PROTOCOL;
    return FAULT_NONE;
}

/* The first domain that does not fit decides which of the three guards below refuses. */
static enum fault_id first_wrong_domain(struct call *call)
{
    size_t count;
    const struct domain *domains = domains_judged(call, &count);
    enum fault_id fault = FAULT_NONE;
    for (size_t i = 0; i < count && fault == FAULT_NONE; i++)
        fault = domain_bounds_fault(call, &domains[i]);
    return fault;
}

bool guard_reconstruction_is_two_or_more(struct call *call)
{
    return first_wrong_domain(call) != FAULT_RECONSTRUCTION_TOO_LOW;
}

bool guard_reconstruction_is_not_above_count(struct call *call)
{
    return first_wrong_domain(call) != FAULT_RECONSTRUCTION_TOO_HIGH;
}

bool guard_protocol_has_enough_participants(struct call *call)
{
    return first_wrong_domain(call) != FAULT_TOO_FEW_FOR_PROTOCOL;
}

/* vote_add_domains goes through the domains once, purpose and bounds of each together: one that is out of
 * bounds is refused before a later one's purpose. */
bool guard_new_domain_purposes_match(struct call *call)
{
    size_t count;
    const struct domain *domains = domains_judged(call, &count);
    for (size_t i = 0; i < count; i++) {
        if (!purpose_accepted(call, &domains[i]))
            return false;
        if (domain_bounds_fault(call, &domains[i]) != FAULT_NONE)
            break;
    }
    return true;
}

uint64_t reconstruction_largest(const struct call *call, handle_t domains, handle_t per_domain_thresholds)
{
    size_t count;
    const struct domain *domain = domains_of(call->pool, domains, &count);
    uint64_t largest = 0;
    for (size_t i = 0; i < count; i++) {
        uint64_t t = domain_effective_threshold(call->pool, &domain[i], per_domain_thresholds);
        largest = t > largest ? t : largest;
    }
    return largest;
}

bool guard_threshold_covers_reconstruction(struct call *call)
{
    uint64_t threshold = parameters_judged(call)->threshold;
    uint64_t largest =
        reconstruction_largest(call, domain_list_judged(call), call->args.proposal.per_domain_thresholds);
    call->fault.a = u128_of(threshold);
    call->fault.b = u128_of(largest);
    return threshold >= largest;
}

bool guard_domains_are_given(struct call *call)
{
    return call->args.domains != 0;
}

bool domains_agreed(const struct call *call)
{
    const struct running_state *running = &call->state->running;
    size_t count;
    const struct domain_vote *votes = domain_votes_of(call->pool, running->domain_votes, &count);
    const struct member *caller =
        member_by_account(call->pool, running->parameters.participants, call->signer);
    size_t same = 1;
    for (size_t i = 0; i < count; i++)
        same += votes[i].domains == call->args.domains && votes[i].participant_id != caller->id;
    return same == member_count(call->pool, running->parameters.participants);
}

/* Ids are looked at only when everybody agrees on them (contract.md 1.3). */
bool guard_agreed_domain_ids_follow_on(struct call *call)
{
    size_t count;
    const struct domain *domains = domains_judged(call, &count);
    if (!domains_agreed(call))
        return true;
    for (size_t i = 0; i < count; i++) {
        uint64_t expected = call->state->running.next_domain_id + i;
        call->fault.a = u128_of(expected);
        if (domains[i].id != expected)
            return false;
    }
    return true;
}

bool guard_domains_match_keyset(struct call *call)
{
    size_t count, key_count;
    const struct domain *domains = domains_judged(call, &count);
    const struct domain_key_entry *keys = key_entries_of(call->pool, call->args.keys, &key_count);
    if (count != key_count)
        return false;
    for (size_t i = 0; i < count; i++) {
        if (domains[i].id != keys[i].domain_id)
            return false;
    }
    return true;
}

bool guard_launcher_ttl_is_long_enough(struct call *call)
{
    size_t count;
    const uint64_t *config = numbers_of(call->pool, call->args.config, &count);
    return config[CONFIG_LAUNCHER_TTL] >= ATTESTATION_VALIDITY_S;
}
