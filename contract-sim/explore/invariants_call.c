/* Invariants of a call and the states before and after it. */
#include "contract-sim/explore/invariants.h"

#include <string.h>

static bool is_migration_call(enum world_method method)
{
    return method == WORLD_REGISTER || method == WORLD_START || method == WORLD_CANCEL ||
           method == WORLD_CONCLUDE || method == WORLD_SWEEP;
}

/* The same accounts with the same ids, in the same order. */
static bool accounts_equal(const struct world *world, handle_t a, handle_t b)
{
    size_t a_count, b_count;
    const struct member *left = members_of(world->pool, a, &a_count);
    const struct member *right = members_of(world->pool, b, &b_count);
    for (size_t i = 0; i < a_count && i < b_count; i++) {
        if (left[i].account != right[i].account || left[i].id != right[i].id)
            return false;
    }
    return a_count == b_count;
}

static bool keyset_equal_in(const struct running_state *a, const struct running_state *b)
{
    return a->epoch_id == b->epoch_id && a->keys == b->keys && a->domains == b->domains &&
           a->next_domain_id == b->next_domain_id;
}

bool invariant_migration_calls_keep_protocol(const struct moment *moment)
{
    const struct running_state *before = &moment->before->running;
    const struct running_state *after = &moment->after->running;
    return !is_migration_call(moment->method) ||
           (moment->before->phase == moment->after->phase && keyset_equal_in(before, after) &&
            before->parameters.next_id == after->parameters.next_id &&
            before->parameters.threshold == after->parameters.threshold &&
            accounts_equal(moment->world, before->parameters.participants, after->parameters.participants));
}

/* Whether the call began a resharing, or began one anew. */
static bool resharing_begun(const struct moment *moment)
{
    const struct model_state *before = moment->before;
    const struct model_state *after = moment->after;
    return after->phase == PROTOCOL_RESHARING &&
           (before->phase != PROTOCOL_RESHARING || before->key_event.epoch_id != after->key_event.epoch_id);
}

bool invariant_epochs_increase(const struct moment *moment)
{
    return !resharing_begun(moment) || moment->after->key_event.epoch_id > moment->epoch_highest;
}

bool invariant_refusal_changes_nothing(const struct moment *moment)
{
    return memcmp(moment->before, moment->after, sizeof *moment->before) == 0;
}

/* Two maps by account are the same but for the entry of one account. */
static bool others_equal(const struct world *world, handle_t a, handle_t b, size_t size, handle_t account)
{
    size_t a_len, b_len;
    const uint8_t *left = pool_data(world->pool, a, &a_len);
    const uint8_t *right = pool_data(world->pool, b, &b_len);
    size_t i = 0, j = 0;
    for (;;) {
        i += i < a_len && memcmp(left + i, &account, sizeof account) == 0 ? size : 0;
        j += j < b_len && memcmp(right + j, &account, sizeof account) == 0 ? size : 0;
        if (i >= a_len || j >= b_len)
            return i >= a_len && j >= b_len;
        if (memcmp(left + i, right + j, size) != 0)
            return false;
        i += size;
        j += size;
    }
}

static const struct migration *record_of(const struct world *world, const struct model_state *state,
                                         handle_t account)
{
    return account_map_get(world->pool, state->migrations, sizeof(struct migration), account);
}

static const struct member *current_member(const struct world *world, const struct model_state *state,
                                           handle_t account)
{
    return member_by_account(world->pool, state->running.parameters.participants, account);
}

/* The entry is there and has not expired. No entry of a search is bound to an image. */
static bool attested(const struct world *world, const struct model_state *state, handle_t tls_key)
{
    size_t index;
    const struct attestation *entry = attestation_find(world->pool, state->attestations, tls_key, &index);
    return entry && (!entry->has_expiry || WORLD_TIME_S < entry->expiry_s);
}

static bool conclude_was_due(const struct moment *moment)
{
    const struct model_state *before = moment->before;
    const struct prepared_call *call = moment->call;
    const struct migration *record = record_of(moment->world, before, call->signer);
    return before->phase == PROTOCOL_RUNNING && current_member(moment->world, before, call->signer) &&
           call->args.epoch_id == before->running.epoch_id && call->args.keys == before->running.keys &&
           record && record->signer_key == call->signer_key &&
           attested(moment->world, before, record->tls_key);
}

bool invariant_conclude_sound(const struct moment *moment)
{
    if (moment->method != WORLD_CONCLUDE)
        return true;
    const struct world *world = moment->world;
    handle_t account = moment->call->signer;
    const struct migration *record = record_of(world, moment->before, account);
    const struct member *old = current_member(world, moment->before, account);
    const struct member *new = current_member(world, moment->after, account);
    size_t old_count, new_count;
    const struct member *old_members =
        members_of(world->pool, moment->before->running.parameters.participants, &old_count);
    const struct member *new_members =
        members_of(world->pool, moment->after->running.parameters.participants, &new_count);
    if (!conclude_was_due(moment) || !new || old_count != new_count || new->id != old->id ||
        new->url != record->url || new->tls_key != record->tls_key ||
        record_of(world, moment->after, account) || moment->before->backups != moment->after->backups)
        return false;
    for (size_t i = 0; i < old_count; i++) {
        if (&old_members[i] != old && memcmp(&old_members[i], &new_members[i], sizeof *old) != 0)
            return false;
    }
    return true;
}

bool invariant_start_records_last(const struct moment *moment)
{
    const struct world *world = moment->world;
    handle_t account = moment->call ? moment->call->signer : 0;
    if (moment->method == WORLD_START) {
        const struct migration *record = record_of(world, moment->after, account);
        const struct migration *sent = &moment->call->args.destination;
        if (!record || record->signer_key != sent->signer_key || record->url != sent->url ||
            record->tls_key != sent->tls_key)
            return false;
    }
    return moment->method == WORLD_SWEEP || !is_migration_call(moment->method) ||
           (others_equal(world, moment->before->migrations, moment->after->migrations,
                         sizeof(struct migration), account) &&
            others_equal(world, moment->before->backups, moment->after->backups, sizeof(struct backup),
                         account));
}

bool invariant_register_apart(const struct moment *moment)
{
    if (moment->method == WORLD_REGISTER) {
        const struct backup *entry =
            account_map_get(moment->world->pool, moment->after->backups, sizeof *entry, moment->call->signer);
        return entry && entry->key == moment->call->args.key &&
               moment->before->migrations == moment->after->migrations;
    }
    return moment->method == WORLD_SWEEP || !is_migration_call(moment->method) ||
           moment->before->backups == moment->after->backups;
}

bool invariant_leaving_clears(const struct moment *moment)
{
    return moment->before->phase == moment->after->phase || moment->after->migrations == 0;
}

bool invariant_records_change_by_known_calls(const struct moment *moment)
{
    return moment->before->migrations == moment->after->migrations ||
           (is_migration_call(moment->method) && moment->method != WORLD_REGISTER);
}

bool invariant_records_leave_by_known_calls(const struct moment *moment)
{
    size_t count;
    const struct migration *records = migrations_of(moment->world->pool, moment->before->migrations, &count);
    if (moment->before->migrations == moment->after->migrations)
        return true;
    for (size_t i = 0; i < count; i++) {
        bool left = !record_of(moment->world, moment->after, records[i].account);
        bool concluded = moment->method == WORLD_CONCLUDE && records[i].account == moment->call->signer;
        if (left && !concluded && moment->method != WORLD_SWEEP)
            return false;
    }
    return true;
}

bool invariant_keyset_grows(const struct moment *moment)
{
    const struct running_state *before = &moment->before->running;
    const struct running_state *after = &moment->after->running;
    size_t before_len, after_len;
    const void *old = pool_data(moment->world->pool, before->keys, &before_len);
    const void *new = pool_data(moment->world->pool, after->keys, &after_len);
    if (before->epoch_id != after->epoch_id)
        return before->epoch_id < after->epoch_id;
    return memcmp(old, new, before_len < after_len ? before_len : after_len) == 0;
}

static bool is_start_of_instance(enum world_method method)
{
    return method == WORLD_START_RESHARE || method == WORLD_START_KEYGEN;
}

bool invariant_attempts_increase(const struct moment *moment)
{
    const struct key_event *before = &moment->before->key_event;
    const struct key_event *after = &moment->after->key_event;
    if (is_start_of_instance(moment->method))
        return after->attempt_id == before->next_attempt_id &&
               after->next_attempt_id == before->next_attempt_id + 1;
    if (moment->method == WORLD_VOTE_RESHARED || moment->method == WORLD_VOTE_PK)
        return before->has_instance && WORLD_HEIGHT < before->expires_on &&
               moment->call->args.key_event_id.attempt_id == before->attempt_id;
    bool same_event = moment->before->phase == moment->after->phase && before->epoch_id == after->epoch_id &&
                      before->domain_index == after->domain_index;
    return !same_event || after->next_attempt_id >= before->next_attempt_id;
}

static bool all_domains_reshared(const struct moment *moment)
{
    const struct model_state *before = moment->before;
    const struct key_event *event = &before->key_event;
    size_t voted, domain_count;
    const uint32_t *ids = handles_of(moment->world->pool, event->completed, &voted);
    const struct member *caller =
        member_by_account(moment->world->pool, event->parameters.participants, moment->call->signer);
    domains_of(moment->world->pool, before->running.domains, &domain_count);
    for (size_t i = 0; i < voted; i++) {
        if (caller && ids[i] == caller->id)
            return false;
    }
    return caller && event->domain_index + 1 == domain_count &&
           voted + 1 == member_count(moment->world->pool, event->parameters.participants);
}

static bool enough_cancelled(const struct moment *moment)
{
    const struct model_state *before = moment->before;
    size_t count;
    const handle_t *accounts = handles_of(moment->world->pool, before->cancel_votes, &count);
    uint64_t votes = 1;
    for (size_t i = 0; i < count; i++)
        votes += accounts[i] != moment->call->signer && current_member(moment->world, before, accounts[i]);
    return current_member(moment->world, before, moment->call->signer) &&
           votes >= before->running.parameters.threshold;
}

static bool all_proposed_again(const struct moment *moment)
{
    const struct pool *pool = moment->world->pool;
    const struct proposal *proposal = &moment->call->args.proposal;
    size_t count, one;
    const struct parameter_vote *votes =
        parameter_votes_of(pool, moment->before->running.parameter_votes, &count);
    size_t same = 1;
    for (size_t i = 0; i < count; i++)
        same += votes[i].account != moment->call->signer &&
                memcmp(proposals_of(pool, votes[i].proposal, &one), proposal, sizeof *proposal) == 0;
    return same == member_count(pool, proposal->parameters.participants);
}

bool invariant_resharing_ends_by_vote(const struct moment *moment)
{
    if (moment->before->phase != PROTOCOL_RESHARING ||
        (moment->after->phase == PROTOCOL_RESHARING && !resharing_begun(moment)))
        return true;
    if (moment->method == WORLD_VOTE_RESHARED)
        return all_domains_reshared(moment);
    if (moment->method == WORLD_CANCEL_RESHARING)
        return enough_cancelled(moment);
    return moment->method == WORLD_VOTE_PARAMETERS && all_proposed_again(moment);
}

/* What was running stays as it is on the way into a resharing, during it, and out of it by cancelling: so
 * it is exactly what it was. */
bool invariant_cancel_restores(const struct moment *moment)
{
    const struct running_state *before = &moment->before->running;
    const struct running_state *after = &moment->after->running;
    if (moment->after->phase != PROTOCOL_RESHARING && moment->method != WORLD_CANCEL_RESHARING)
        return true;
    return keyset_equal_in(before, after) &&
           memcmp(&before->parameters, &after->parameters, sizeof before->parameters) == 0;
}

bool invariant_entries_keep_owner(const struct moment *moment)
{
    size_t count, index;
    const struct attestation *entries =
        attestations_of(moment->world->pool, moment->before->attestations, &count);
    if (moment->before->attestations == moment->after->attestations)
        return true;
    for (size_t i = 0; i < count; i++) {
        const struct attestation *now =
            attestation_find(moment->world->pool, moment->after->attestations, entries[i].tls_key, &index);
        if (now && now->account != entries[i].account)
            return false;
    }
    return true;
}
