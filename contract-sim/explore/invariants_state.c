/* Invariants of single states. */
#include "contract-sim/explore/invariants.h"

static const struct member *members_in(const struct moment *moment, handle_t participants, size_t *count)
{
    return members_of(moment->world->pool, participants, count);
}

static bool is_member(const struct moment *moment, handle_t account)
{
    return member_by_account(moment->world->pool, moment->after->running.parameters.participants, account) !=
           NULL;
}

bool invariant_migrations_only_in_running(const struct moment *moment)
{
    return moment->after->migrations == 0 || moment->after->phase == PROTOCOL_RUNNING;
}

static bool tls_keys_differ(const struct moment *moment, handle_t participants)
{
    size_t count;
    const struct member *members = members_in(moment, participants, &count);
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < i; j++) {
            if (members[i].tls_key == members[j].tls_key)
                return false;
        }
    }
    return true;
}

bool invariant_tls_keys_unique(const struct moment *moment)
{
    return tls_keys_differ(moment, moment->after->running.parameters.participants) &&
           tls_keys_differ(moment, moment->after->key_event.parameters.participants);
}

static bool settled(const struct moment *moment)
{
    return moment->after->phase == PROTOCOL_RUNNING && moment->after->receipts == 0;
}

static bool backups_belong(const struct moment *moment)
{
    size_t count;
    const struct backup *backups = backups_of(moment->world->pool, moment->after->backups, &count);
    for (size_t i = 0; i < count; i++) {
        if (!is_member(moment, backups[i].account))
            return false;
    }
    return true;
}

static bool migrations_belong(const struct moment *moment)
{
    size_t count;
    const struct migration *records = migrations_of(moment->world->pool, moment->after->migrations, &count);
    for (size_t i = 0; i < count; i++) {
        if (!is_member(moment, records[i].account))
            return false;
    }
    return true;
}

bool invariant_backups_of_participants(const struct moment *moment)
{
    return !settled(moment) || backups_belong(moment);
}

bool invariant_migrations_of_participants(const struct moment *moment)
{
    return !settled(moment) || migrations_belong(moment);
}

bool invariant_no_record_of_outsider(const struct moment *moment)
{
    return moment->after->phase != PROTOCOL_RUNNING || migrations_belong(moment);
}

bool invariant_kept_members_unchanged(const struct moment *moment)
{
    const struct model_state *state = moment->after;
    size_t count;
    const struct member *proposed = members_in(moment, state->key_event.parameters.participants, &count);
    for (size_t i = 0; state->phase == PROTOCOL_RESHARING && i < count; i++) {
        const struct member *kept = member_by_account(
            moment->world->pool, state->running.parameters.participants, proposed[i].account);
        if (kept && (kept->id != proposed[i].id || kept->url != proposed[i].url ||
                     kept->tls_key != proposed[i].tls_key))
            return false;
    }
    return true;
}

bool invariant_keyset_matches_registry(const struct moment *moment)
{
    const struct model_state *state = moment->after;
    size_t domain_count, key_count;
    const struct domain *domains = domains_of(moment->world->pool, state->running.domains, &domain_count);
    const struct domain_key_entry *keys =
        key_entries_of(moment->world->pool, state->running.keys, &key_count);
    if (state->phase != PROTOCOL_RUNNING)
        return true;
    for (size_t i = 0; i < domain_count && i < key_count; i++) {
        if (domains[i].id != keys[i].domain_id)
            return false;
    }
    return domain_count == key_count;
}

bool invariant_resharing_epoch_above(const struct moment *moment)
{
    const struct model_state *state = moment->after;
    return state->phase != PROTOCOL_RESHARING || state->key_event.epoch_id > state->running.epoch_id;
}

static bool ids_differ(const struct moment *moment, const struct parameters *parameters)
{
    size_t count;
    const struct member *members = members_in(moment, parameters->participants, &count);
    for (size_t i = 0; i < count; i++) {
        if (members[i].id >= parameters->next_id)
            return false;
        for (size_t j = 0; j < i; j++) {
            if (members[i].id == members[j].id)
                return false;
        }
    }
    return true;
}

bool invariant_ids_unique(const struct moment *moment)
{
    return ids_differ(moment, &moment->after->running.parameters) &&
           ids_differ(moment, &moment->after->key_event.parameters);
}

bool invariant_entries_paid(const struct moment *moment)
{
    const struct world *world = moment->world;
    size_t count;
    const struct attestation *entries = attestations_of(world->pool, moment->after->attestations, &count);
    size_t owned[EXPLORE_ACCOUNTS_MAX] = {0};
    for (size_t i = 0; i < count; i++) {
        const struct actor *owner = world_actor(world, entries[i].account);
        if (!owner || ++owned[owner - world->actors] > owner->entries_owned)
            return false;
    }
    return true;
}
