/* The contract as a table: one row is one method, its guards in the order in which the contract checks
 * (contract.md 1.3, 2.2, 3.3), and what it does, in code and in words. Around the reading of a row's
 * arguments, and before its guards, come those of the SDK's wrapper for methods of its kind. */
#include "contract-sim/model/args.h"
#include "contract-sim/model/effects.h"
#include "contract-sim/model/guards.h"
#include "contract-sim/model/views.h"

#include <string.h>

#define G(name) GUARD_##name
#define R(name) RULE_##name

/* [A] of contract.md 1.3. The active set is looked up before the signer is compared, which shows in
 * nothing. In Resharing and Initializing the active set is the key event's: the NotParticipant with which the
 * contract looks there again later in its checks cannot come any more, so that no row has it. */
#define ATTESTED_CALLER                                                                                      \
    G(signer_is_predecessor), G(caller_is_active), G(caller_has_attestation), G(caller_owns_attestation),    \
        G(caller_signs_with_attested_key)

#define THRESHOLD_BOUNDS                                                                                     \
    G(threshold_is_not_above_count), G(threshold_is_two_or_more), G(threshold_is_three_fifths)

#define COHERENT_PARTICIPANTS G(ids_are_below_next_id), G(ids_are_unique), G(accounts_are_unique)

#define DOMAIN_BOUNDS                                                                                        \
    G(reconstruction_is_two_or_more), G(reconstruction_is_not_above_count),                                  \
        G(protocol_has_enough_participants), G(threshold_covers_reconstruction)

/* A member vote on parameters, over the current or, in Resharing, the previous running ones. */
#define PROPOSAL_FITS                                                                                        \
    COHERENT_PARTICIPANTS, G(kept_ids_are_unchanged), G(kept_infos_are_unchanged), G(new_ids_are_unused),    \
        G(enough_members_are_kept), G(new_ids_are_contiguous), G(next_id_follows_new_ids),                   \
        G(proposed_domains_exist), DOMAIN_BOUNDS

#define MOCK_PASSES                                                                                          \
    G(mock_is_not_invalid), G(mock_image_list_is_filled), G(mock_image_is_allowed),                          \
        G(mock_compose_list_is_filled), G(mock_compose_is_allowed), G(mock_is_not_expired),                  \
        G(mock_measurements_are_allowed)

/* Any state; one live vote per member (contract.md 3.5). */
#define HASH_VOTE G(signer_is_predecessor), G(caller_is_voter)

const struct method method_table[] = {
    {
        .name = "init",
        .kind = METHOD_INIT,
        .returns = RETURNS_NOTHING,
        .args = args_init,
        .guards = {THRESHOLD_BOUNDS, COHERENT_PARTICIPANTS, G(launcher_ttl_is_long_enough)},
        .effect = effect_init,
        .does = "makes the contract Running at epoch 0, without domains, and gives every participant a mock "
                "attestation",
        .leads_to = IN(RUNNING),
        .rules = {R(DIALECT)},
    },
    {
        .name = "init_running",
        .kind = METHOD_PRIVATE_INIT,
        .returns = RETURNS_NOTHING,
        .args = args_init_running,
        .guards = {THRESHOLD_BOUNDS, COHERENT_PARTICIPANTS, G(domain_purposes_match), G(domains_are_ordered),
                   DOMAIN_BOUNDS, G(domains_match_keyset), G(launcher_ttl_is_long_enough)},
        .effect = effect_init_running,
        .does = "makes the contract Running with the domains, keyset and parameters given, and gives every "
                "participant a mock attestation",
        .leads_to = IN(RUNNING),
        .rules = {R(DIALECT)},
    },

    /* migrations */
    {
        .name = "register_backup_service",
        .log = LOGS_SIGNER,
        .payable = true,
        .args = args_backup_service,
        .guards = {G(signer_is_predecessor), G(caller_may_register), G(deposit_covers_management)},
        .effect = effect_register_backup_service,
        .does = "stores the caller's backup service key, in place of one that is there; sends back the "
                "deposit's excess; a pending migration stays",
        .rules = {R(REGISTER_PROSPECTIVE), R(MIN_DEPOSIT)},
    },
    {
        .name = "start_node_migration",
        .log = LOGS_SIGNER,
        .payable = true,
        .args = args_destination,
        .guards = {G(signer_is_predecessor), G(protocol_is_running), G(caller_is_participant),
                   G(deposit_covers_management)},
        .effect = effect_start_node_migration,
        .does = "records the caller's destination (its account key, url and TLS key), in place of a record "
                "that is there; sends back the deposit's excess",
        .rules = {R(DIALECT), R(MIN_DEPOSIT)},
    },
    {
        .name = "cancel_node_migration",
        .log = LOGS_SIGNER,
        .payable = true,
        .only_with = R(HAS_CANCEL),
        .guards = {G(signer_is_predecessor), G(deposit_covers_management), G(migration_is_pending)},
        .effect = effect_cancel_node_migration,
        .does = "removes the caller's migration record, in any phase; sends back the deposit's excess",
        .rules = {R(MIN_DEPOSIT)},
    },
    {
        .name = "conclude_node_migration",
        .log = LOGS_SIGNER,
        .args = args_keyset,
        .guards = {G(signer_is_predecessor), G(protocol_is_running), G(caller_is_participant),
                   G(keyset_is_current), G(migration_is_pending), G(signer_key_is_recorded),
                   G(destination_key_is_unclaimed), G(destination_is_attested),
                   G(destination_signs_with_attested_key)},
        .effect = effect_conclude_node_migration,
        .does = "puts the record's url and TLS key in place of the caller's and removes the record; "
                "account, participant id, epoch, keyset and backup registration stay",
    },
    {
        .name = "update_participant_url",
        .log = LOGS_SIGNER,
        .payable = true,
        .args = args_url,
        .guards = {G(signer_is_predecessor), G(protocol_is_running), G(caller_is_participant),
                   G(deposit_covers_management)},
        .effect = effect_update_participant_url,
        .does = "puts the url in place of the caller's; the TLS key and a pending record stay; sends back "
                "the deposit's excess",
        .rules = {R(MIN_DEPOSIT)},
    },
    {
        .name = "cleanup_orphaned_node_migrations",
        .kind = METHOD_PRIVATE,
        .effect = effect_cleanup_orphaned_node_migrations,
        .does = "removes backup registration and migration record of every account with a registration that "
                "is no participant, current or proposed",
    },

    /* attestations */
    {
        .name = "submit_participant_info",
        .log = LOGS_SIGNER,
        .args = args_attestation,
        .guards = {G(signer_is_predecessor), G(signer_key_is_ed25519), G(tls_key_is_not_anothers),
                   G(grant_is_available), G(attestation_is_mock), MOCK_PASSES},
        .effect = effect_submit_participant_info,
        .does = "stores the attestation under its TLS key with the signing key as its account key, to "
                "expire after seven days at the latest; a new entry uses a grant up; a member's starts its "
                "launcher's time to live again",
    },
    {
        .name = "prepay_attestation_storage",
        .payable = true,
        .args = args_prepay,
        .guards = {G(grants_are_positive), G(grants_fee_fits), G(deposit_is_grants_fee),
                   G(grants_total_fits)},
        .effect = effect_prepay_attestation_storage,
        .does = "gives the account named so many more grants for attestation entries",
    },
    {
        .name = "clean_invalid_attestations",
        .log = LOGS_SIGNER,
        .returns = RETURNS_NUMBER,
        .args = args_max_scan,
        .guards = {G(protocol_is_running)},
        .effect = effect_clean_invalid_attestations,
        .does = "removes, among the first max_scan attestations, those that fail when they are verified "
                "again, and gives each owner a grant back; returns how many",
        .rules = {R(GRANTS_REQUIRED)},
    },

    /* hashes of what nodes may run */
    {
        .name = "vote_code_hash",
        .log = LOGS_SIGNER,
        .args = args_code_hash,
        .guards = {HASH_VOTE},
        .effect = effect_vote_code_hash,
        .does = "replaces the caller's vote; with as many votes as the threshold the hash becomes the "
                "newest that is allowed, and all code votes are cleared",
    },
    {
        .name = "vote_add_launcher_hash",
        .log = LOGS_SIGNER,
        .args = args_launcher_hash,
        .guards = {HASH_VOTE},
        .effect = effect_vote_add_launcher_hash,
        .does = "replaces the caller's vote; with as many votes as the threshold the launcher is allowed, "
                "and all launcher votes are cleared",
    },
    {
        .name = "vote_remove_launcher_hash",
        .log = LOGS_SIGNER,
        .args = args_launcher_hash,
        .guards = {HASH_VOTE},
        .effect = effect_vote_remove_launcher_hash,
        .does = "replaces the caller's vote; when all participants agree the launcher is removed, unless it "
                "is the last, and all launcher votes are cleared",
    },

    /* Document 003 still sends it as a transaction, which is how it was declared (contract.md D13). */
    {
        .name = "latest_code_hash",
        .only_with = R(LATEST_CODE_HASH),
        .log = LOGS_SIGNER,
        .guards = {G(some_image_is_allowed)},
        .view = view_latest_code_hash,
        .does = "returns the newest allowed code hash",
    },

    /* governance and key events */
    {
        .name = "vote_new_parameters",
        .log = LOGS_SIGNER,
        .args = args_proposal,
        .guards = {G(signer_is_predecessor), THRESHOLD_BOUNDS, G(proposed_are_attested),
                   G(protocol_is_running_or_resharing), G(epoch_is_prospective), PROPOSAL_FITS,
                   G(caller_is_proposed), G(caller_may_vote_now)},
        .effect = effect_vote_new_parameters,
        .does = "replaces the caller's vote; when all who are proposed have voted for this very proposal, "
                "resharing begins towards it (with no domains it stands at once, and the epoch moves on)",
        .leads_to = IN(RESHARING),
        .rules = {R(DIALECT), R(BARE_PROPOSAL), R(CLEAR_ON_LEAVING_RUNNING)},
    },
    {
        .name = "start_reshare_instance",
        .log = LOGS_SIGNER,
        .args = args_key_event_id,
        .guards = {ATTESTED_CALLER, G(protocol_is_resharing), G(key_event_is_idle), G(key_event_id_is_next),
                   G(caller_is_leader)},
        .effect = effect_start_instance,
        .does = "starts an attempt, live for key_event_timeout_blocks, in place of one that has expired",
    },
    {
        .name = "vote_reshared",
        .log = LOGS_SIGNER,
        .args = args_key_event_id,
        .guards = {ATTESTED_CALLER, G(protocol_is_resharing), G(key_event_is_active),
                   G(key_event_id_is_current), G(caller_has_not_voted)},
        .effect = effect_vote_reshared,
        .does = "counts the caller's success; when all who are proposed have voted the domain is done and "
                "the next one's turn, or after the last the protocol runs with the proposed parameters and "
                "the new epoch, and six clean-up receipts follow",
        .leads_to = IN(RUNNING),
    },
    {
        .name = "vote_cancel_resharing",
        .log = LOGS_SIGNER,
        .guards = {G(signer_is_predecessor), G(protocol_is_resharing), G(caller_is_participant)},
        .effect = effect_vote_cancel_resharing,
        .does = "counts the caller's wish to stop; with as many as the previous threshold the protocol runs "
                "again as before, and remembers the epoch that was cancelled",
        .leads_to = IN(RUNNING),
    },
    {
        .name = "vote_abort_key_event_instance",
        .log = LOGS_SIGNER,
        .args = args_key_event_id,
        .guards = {ATTESTED_CALLER, G(protocol_has_key_event), G(key_event_is_active),
                   G(key_event_id_is_current), G(caller_has_not_voted)},
        .effect = effect_abort_instance,
        .does = "ends the attempt; one vote is enough",
    },
    {
        .name = "vote_add_domains",
        .log = LOGS_SIGNER,
        .args = args_new_domains,
        .guards = {G(signer_is_predecessor), G(protocol_is_running), G(domains_are_given),
                   G(new_domain_purposes_match), DOMAIN_BOUNDS, G(caller_is_participant),
                   G(agreed_domain_ids_follow_on)},
        .effect = effect_vote_add_domains,
        .does = "replaces the caller's vote; when all participants agree the domains join the registry and "
                "their keys are to be generated",
        .leads_to = IN(INITIALIZING),
        .rules = {R(CLEAR_ON_LEAVING_RUNNING)},
    },
    {
        .name = "start_keygen_instance",
        .log = LOGS_SIGNER,
        .args = args_key_event_id,
        .guards = {ATTESTED_CALLER, G(protocol_is_initializing), G(key_event_is_idle),
                   G(key_event_id_is_next), G(caller_is_leader)},
        .effect = effect_start_instance,
        .does = "starts an attempt, live for key_event_timeout_blocks, in place of one that has expired",
    },
    {
        .name = "vote_pk",
        .log = LOGS_SIGNER,
        .args = args_public_key_vote,
        .guards = {ATTESTED_CALLER, G(key_is_a_point), G(protocol_is_initializing), G(key_event_is_active),
                   G(key_event_id_is_current), G(caller_has_not_voted_or_disagrees)},
        .effect = effect_vote_pk,
        .does = "counts the caller's key; one that differs from the first vote's ends the attempt; when all "
                "agree the domain has its key and the next one's turn comes, or after the last the "
                "protocol runs again, at the same epoch",
        .leads_to = IN(RUNNING),
    },
    {
        .name = "vote_cancel_keygen",
        .log = LOGS_SIGNER,
        .args = args_next_domain_id,
        .guards = {G(signer_is_predecessor), G(protocol_is_initializing), G(next_domain_id_is_current),
                   G(caller_is_participant)},
        .effect = effect_vote_cancel_keygen,
        .does = "counts the caller's wish to stop; with as many as the threshold the protocol runs again "
                "with the domains that have their keys; the ids of the others are not used again",
        .leads_to = IN(RUNNING),
    },
    {
        .name = "verify_tee",
        .log = LOGS_SIGNER,
        .returns = RETURNS_TRUTH,
        .guards = {G(signer_is_predecessor), G(caller_is_voter), G(protocol_is_running)},
        .effect = effect_verify_tee,
        .does = "verifies every participant's attestation again; when some fail, resharing begins to those "
                "that pass (with no domains they stand at once), or, if too few would be left, nothing but "
                "signing stops and false is returned",
        .leads_to = IN(RESHARING),
        .rules = {R(CLEAR_ON_LEAVING_RUNNING)},
    },

    /* Receipts after a resharing. Those whose subject (updates, foreign chains, verifier votes) the model
     * does not hold insist on Running like the deployed ones and change nothing (contract.md 1.4). */
    {
        .name = "clean_tee_status",
        .kind = METHOD_PRIVATE,
        .guards = {G(protocol_is_running)},
        .effect = effect_clean_tee_status,
        .does = "drops the votes on code and launcher hashes of those that are participants no more",
    },
    {
        .name = "remove_non_participant_update_votes",
        .kind = METHOD_PRIVATE,
        .guards = {G(protocol_is_running)},
        .effect = effect_nothing,
        .does = "changes nothing here: the model holds no votes on updates",
    },
    {
        .name = "clean_foreign_chain_data",
        .kind = METHOD_PRIVATE,
        .guards = {G(protocol_is_running)},
        .effect = effect_nothing,
        .does = "changes nothing here: the model holds no data of foreign chains",
    },
    {
        .name = "remove_non_participant_tee_verifier_votes",
        .kind = METHOD_PRIVATE,
        .guards = {G(protocol_is_running)},
        .effect = effect_nothing,
        .does = "changes nothing here: the model holds no votes on TEE verifiers",
    },

    /* views */
    {
        .name = "state",
        .kind = METHOD_VIEW,
        .view = view_state,
        .does = "tells the protocol's phase and all that belongs to it",
    },
    {
        .name = "migration_info",
        .kind = METHOD_VIEW,
        .log = LOGS_NAME,
        .view = view_migration_info,
        .does = "tells the backup service key and the migration record of every account that has one",
    },
    {
        .name = "get_tee_accounts",
        .kind = METHOD_VIEW,
        .log = LOGS_NAME,
        .view = view_get_tee_accounts,
        .does = "lists who has an attestation, in storage order",
    },
    {
        .name = "get_attestation",
        .kind = METHOD_VIEW,
        .args = args_tls_key,
        .view = view_get_attestation,
        .does = "tells the attestation stored under a TLS key, or null",
    },
    {
        .name = "available_attestation_grants",
        .kind = METHOD_VIEW,
        .args = args_account,
        .view = view_available_attestation_grants,
        .does = "tells how many attestation entries are prepaid for an account",
    },
    {
        .name = "allowed_docker_image_hashes",
        .kind = METHOD_VIEW,
        .view = view_allowed_docker_image_hashes,
        .does = "lists the allowed code hashes, newest first, with their expiry",
    },
    {
        .name = "allowed_launcher_image_hashes",
        .kind = METHOD_VIEW,
        .view = view_allowed_launcher_image_hashes,
        .does = "lists the allowed launcher hashes",
    },
    {
        .name = "allowed_launcher_compose_hashes",
        .kind = METHOD_VIEW,
        .view = view_allowed_launcher_compose_hashes,
        .does = "lists the compose hashes of the allowed launchers and images",
    },
    {
        .name = "code_hash_votes",
        .kind = METHOD_VIEW,
        .view = view_code_hash_votes,
        .does = "tells who has voted for which code hash",
    },
    {
        .name = "launcher_hash_votes",
        .kind = METHOD_VIEW,
        .view = view_launcher_hash_votes,
        .does = "tells who has voted to add or to remove which launcher hash",
    },
    {
        .name = "config",
        .kind = METHOD_VIEW,
        .view = view_config,
        .does = "tells the contract's configuration",
    },
    {
        .name = "public_key",
        .kind = METHOD_VIEW,
        .args = args_domain_id,
        .guards = {G(protocol_is_running_or_resharing), G(domain_has_a_key)},
        .view = view_public_key,
        .does = "tells a domain's public key; without an argument that of domain 0",
    },
    /* What near/mpc's main line said when these rules were read (contract.md 4). */
    {
        .name = "version",
        .kind = METHOD_STATIC_VIEW,
        .view = view_constant,
        .constant = "\"3.14.0\"",
        .does = "tells the contract's version",
    },

    /* Views of what no method of the model fills: updates, verifiers and OS measurements are not voted
     * here. */
    {
        .name = "proposed_updates",
        .kind = METHOD_VIEW,
        .view = view_constant,
        .constant = "{\"votes\":{},\"updates\":{}}",
        .does = "tells the updates that are voted on: none",
    },
    {
        .name = "tee_verifier_account_id",
        .kind = METHOD_VIEW,
        .view = view_constant,
        .constant = "null",
        .does = "tells the TEE verifier's account: none",
    },
    {
        .name = "allowed_os_measurements",
        .kind = METHOD_VIEW,
        .view = view_constant,
        .constant = "[]",
        .does = "lists the allowed OS measurements: none",
    },
    {
        .name = "os_measurement_votes",
        .kind = METHOD_VIEW,
        .view = view_constant,
        .constant = "{\"vote_by_account\":{}}",
        .does = "tells who has voted for which OS measurement: nobody",
    },
    {0},
};

const size_t method_count = ARRAY_LEN(method_table) - 1;
_Static_assert(ARRAY_LEN(method_table) - 1 <= METHOD_ROWS_MAX, "a set of rows is one word");
/* A method that takes no deposit refuses one before its arguments are read. */
const struct wrapper wrapper_table[METHOD_KINDS] = {
    [METHOD_CALL] = {{G(deposit_is_zero)}, {G(contract_is_initialized)}},
    [METHOD_VIEW] = {{GUARD_END}, {G(contract_is_initialized)}},
    [METHOD_STATIC_VIEW] = {{GUARD_END}, {GUARD_END}},
    [METHOD_PRIVATE] = {{G(predecessor_is_contract), G(deposit_is_zero)}, {G(contract_is_initialized)}},
    [METHOD_INIT] = {{G(deposit_is_zero)}, {G(contract_is_new)}},
    [METHOD_PRIVATE_INIT] = {{G(predecessor_is_contract), G(deposit_is_zero)}, {G(contract_is_new)}},
};

const struct method *method_find(const struct model *model, const char *name)
{
    for (const struct method *method = method_table; method->name; method++) {
        if (strcmp(method->name, name) == 0)
            return model->rules.values[method->only_with] ? method : NULL;
    }
    return NULL;
}
