/* Effects of the migration methods (contract.md 2.2). */
#include "contract-sim/model/effects.h"
#include "contract-sim/model/guards.h"

/* What was sent above the minimum goes back to the caller (contract.md 2.2). */
static void excess_refund(struct call *call)
{
    struct u128 excess;
    if (u128_sub(call->deposit, u128_of(call->rules[RULE_MIN_DEPOSIT]), &excess) &&
        (excess.low || excess.high)) {
        call->has_refund = true;
        call->refund = excess;
    }
}

/* Overwrites; a pending migration is not touched (contract.md 2.2). */
void effect_register_backup_service(struct call *call)
{
    struct backup entry = {call->signer, call->args.key};
    excess_refund(call);
    call->state->backups = account_map_put(call->pool, call->state->backups, sizeof entry, &entry);
}

/* Overwrites. Nobody looks at the url, the keys, or whether a backup service exists (contract.md 2.2). */
void effect_start_node_migration(struct call *call)
{
    struct migration entry = call->args.destination;
    entry.account = call->signer;
    excess_refund(call);
    call->state->migrations = account_map_put(call->pool, call->state->migrations, sizeof entry, &entry);
}

static void migration_drop(struct call *call, handle_t account)
{
    call->state->migrations =
        account_map_remove(call->pool, call->state->migrations, sizeof(struct migration), account);
}

void effect_cancel_node_migration(struct call *call)
{
    excess_refund(call);
    migration_drop(call, call->signer);
}

/* Replace the caller's {url, tls key}, keeping account, id and place. */
static void caller_info_set(struct call *call, handle_t url, handle_t tls_key)
{
    handle_t *participants = &call->state->running.parameters.participants;
    size_t count;
    const struct member *members = members_of(call->pool, *participants, &count);
    const struct member *caller = member_by_account(call->pool, *participants, call->signer);
    struct member changed = {caller->account, caller->id, url, tls_key};
    *participants =
        pool_splice(call->pool, *participants, sizeof changed, (size_t)(caller - members), 1, &changed, 1);
}

/* The record goes, the backup registration stays (contract.md 2.2, step 10). */
void effect_conclude_node_migration(struct call *call)
{
    const struct migration *record =
        account_map_get(call->pool, call->state->migrations, sizeof *record, call->signer);
    caller_info_set(call, record->url, record->tls_key);
    migration_drop(call, call->signer);
}

/* A pending record is not touched: a later conclude overwrites this url (contract.md 2.2). */
void effect_update_participant_url(struct call *call)
{
    const struct member *caller =
        member_by_account(call->pool, call->state->running.parameters.participants, call->signer);
    excess_refund(call);
    caller_info_set(call, call->args.url, caller->tls_key);
}

/* Visits the accounts of backup registrations only: a migration record without one is
 * never found (contract.md D17). */
void effect_cleanup_orphaned_node_migrations(struct call *call)
{
    size_t count;
    const struct backup *backups = backups_of(call->pool, call->state->backups, &count);
    for (size_t i = 0; i < count; i++) {
        if (account_exists_or_is_prospective(call, backups[i].account))
            continue;
        migration_drop(call, backups[i].account);
        call->state->backups =
            account_map_remove(call->pool, call->state->backups, sizeof *backups, backups[i].account);
    }
}
