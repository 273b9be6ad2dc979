/* Guards that look at who calls and with what. */
#include "contract-sim/model/guards.h"

/* The participants whose attested members may take part in key events: in Resharing the
 * proposed ones (contract.md 1.1). */
static handle_t active_participants(const struct call *call)
{
    return call->state->phase == PROTOCOL_RESHARING ? call->state->key_event.parameters.participants
                                                    : call->state->running.parameters.participants;
}

static const struct member *active_caller(const struct call *call)
{
    return member_by_account(call->pool, active_participants(call), call->signer);
}

static const struct attestation *caller_attestation(const struct call *call)
{
    size_t index;
    return attestation_find(call->pool, call->state->attestations, active_caller(call)->tls_key, &index);
}

bool guard_predecessor_is_contract(struct call *call)
{
    return call->predecessor == call->model->contract;
}

bool guard_deposit_is_zero(struct call *call)
{
    return call->deposit.low == 0 && call->deposit.high == 0;
}

/* [S] of contract.md 1.3: not called by another contract. */
bool guard_signer_is_predecessor(struct call *call)
{
    return call->signer == call->predecessor;
}

bool guard_caller_is_participant(struct call *call)
{
    return member_by_account(call->pool, call->state->running.parameters.participants, call->signer) != NULL;
}

bool account_exists_or_is_prospective(const struct call *call, handle_t account)
{
    const struct model_state *state = call->state;
    return member_by_account(call->pool, state->running.parameters.participants, account) ||
           (state->phase == PROTOCOL_RESHARING &&
            member_by_account(call->pool, state->key_event.parameters.participants, account));
}

/* register_backup_service: in Resharing the previous or the proposed set (contract.md 2.2). */
bool guard_caller_may_register(struct call *call)
{
    return call->rules[RULE_REGISTER_PROSPECTIVE] ? account_exists_or_is_prospective(call, call->signer)
                                                  : guard_caller_is_participant(call);
}

/* The governance set is the current one, in Resharing the previous one (contract.md 1.1). */
bool guard_caller_is_voter(struct call *call)
{
    return guard_caller_is_participant(call);
}

bool guard_caller_is_proposed(struct call *call)
{
    return member_by_account(call->pool, call->args.proposal.parameters.participants, call->signer) != NULL;
}

bool guard_caller_is_leader(struct call *call)
{
    size_t count;
    const struct member *members =
        members_of(call->pool, call->state->key_event.parameters.participants, &count);
    const struct member *leader = &members[0];
    for (size_t i = 1; i < count; i++) {
        if (members[i].id < leader->id)
            leader = &members[i];
    }
    return count > 0 && leader->account == call->signer;
}

/* The four guards of [A] (contract.md 1.3, 2.5): later ones rely on earlier ones having held. */
bool guard_caller_is_active(struct call *call)
{
    return active_caller(call) != NULL;
}

bool guard_caller_has_attestation(struct call *call)
{
    return caller_attestation(call) != NULL;
}

bool guard_caller_owns_attestation(struct call *call)
{
    return caller_attestation(call)->account == call->signer;
}

bool guard_caller_signs_with_attested_key(struct call *call)
{
    return caller_attestation(call)->account_key == call->signer_key;
}

/* InsufficientDeposit names both amounts (contract.md 2.4). */
bool guard_deposit_covers_management(struct call *call)
{
    call->fault.a = call->deposit;
    call->fault.b = u128_of(call->rules[RULE_MIN_DEPOSIT]);
    return u128_compare(call->deposit, call->fault.b) >= 0;
}

bool guard_signer_key_is_ed25519(struct call *call)
{
    size_t len;
    pool_data(call->pool, call->signer_key, &len);
    return len == ED25519_KEY_LEN;
}

bool guard_caller_may_vote_now(struct call *call)
{
    const struct running_state *running = &call->state->running;
    if (guard_caller_is_participant(call))
        return true;
    handle_t proposal;
    if (!pool_find(call->pool, &call->args.proposal, sizeof call->args.proposal, &proposal))
        return false;
    size_t count;
    const struct parameter_vote *votes = parameter_votes_of(call->pool, running->parameter_votes, &count);
    uint64_t same = 0;
    for (size_t i = 0; i < count; i++)
        same += votes[i].proposal == proposal &&
                member_by_account(call->pool, running->parameters.participants, votes[i].account);
    return same >= running->parameters.threshold;
}
