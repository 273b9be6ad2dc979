/* The contract as a table: one row is one method, its guards in the order in which the contract checks
 * (contract.md 1.3, 2.2, 3.3). Before a row's guards come those of the SDK's wrapper, which model.c takes
 * from the row's kind (contract.md 2.1). */
#include "contract-sim/model/args.h"
#include "contract-sim/model/effects.h"
#include "contract-sim/model/guards.h"
#include "contract-sim/model/views.h"

#include <string.h>

#define G(name) GUARD_##name

/* [A] of contract.md 1.3. The active set is looked up before the signer is compared, which shows in
 * nothing. */
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
    },
    {
        .name = "init_running",
        .kind = METHOD_PRIVATE_INIT,
        .returns = RETURNS_NOTHING,
        .args = args_init_running,
        .guards = {THRESHOLD_BOUNDS, COHERENT_PARTICIPANTS, G(domain_purposes_match), G(domains_are_ordered),
                   DOMAIN_BOUNDS, G(domains_match_keyset), G(launcher_ttl_is_long_enough)},
        .effect = effect_init_running,
    },

    /* migrations */
    {
        .name = "register_backup_service",
        .log = LOGS_SIGNER,
        .payable = true,
        .args = args_backup_service,
        .guards = {G(signer_is_predecessor), G(caller_may_register), G(deposit_covers_management)},
        .effect = effect_register_backup_service,
    },
    {
        .name = "start_node_migration",
        .log = LOGS_SIGNER,
        .payable = true,
        .args = args_destination,
        .guards = {G(signer_is_predecessor), G(protocol_is_running), G(caller_is_participant),
                   G(deposit_covers_management)},
        .effect = effect_start_node_migration,
    },
    {
        .name = "cancel_node_migration",
        .log = LOGS_SIGNER,
        .payable = true,
        .conditional = true,
        .only_with = RULE_HAS_CANCEL,
        .guards = {G(signer_is_predecessor), G(deposit_covers_management), G(migration_is_pending)},
        .effect = effect_cancel_node_migration,
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
    },
    {
        .name = "update_participant_url",
        .log = LOGS_SIGNER,
        .payable = true,
        .args = args_url,
        .guards = {G(signer_is_predecessor), G(protocol_is_running), G(caller_is_participant),
                   G(deposit_covers_management)},
        .effect = effect_update_participant_url,
    },
    {
        .name = "cleanup_orphaned_node_migrations",
        .kind = METHOD_PRIVATE,
        .effect = effect_cleanup_orphaned_node_migrations,
    },

    /* attestations */
    {
        .name = "submit_participant_info",
        .log = LOGS_SIGNER,
        .args = args_attestation,
        .guards = {G(signer_is_predecessor), G(signer_key_is_ed25519), G(tls_key_is_not_anothers),
                   G(grant_is_available), G(attestation_is_mock), MOCK_PASSES},
        .effect = effect_submit_participant_info,
    },
    {
        .name = "prepay_attestation_storage",
        .payable = true,
        .args = args_prepay,
        .guards = {G(grants_are_positive), G(grants_fee_fits), G(deposit_is_grants_fee),
                   G(grants_total_fits)},
        .effect = effect_prepay_attestation_storage,
    },
    {
        .name = "clean_invalid_attestations",
        .log = LOGS_SIGNER,
        .returns = RETURNS_NUMBER,
        .args = args_max_scan,
        .guards = {G(protocol_is_running)},
        .effect = effect_clean_invalid_attestations,
    },

    /* hashes of what nodes may run */
    {
        .name = "vote_code_hash",
        .log = LOGS_SIGNER,
        .args = args_code_hash,
        .guards = {HASH_VOTE},
        .effect = effect_vote_code_hash,
    },
    {
        .name = "vote_add_launcher_hash",
        .log = LOGS_SIGNER,
        .args = args_launcher_hash,
        .guards = {HASH_VOTE},
        .effect = effect_vote_add_launcher_hash,
    },
    {
        .name = "vote_remove_launcher_hash",
        .log = LOGS_SIGNER,
        .args = args_launcher_hash,
        .guards = {HASH_VOTE},
        .effect = effect_vote_remove_launcher_hash,
    },

    /* Document 003 still sends it as a transaction, which is how it was declared (contract.md D13). */
    {
        .name = "latest_code_hash",
        .conditional = true,
        .only_with = RULE_LATEST_CODE_HASH,
        .log = LOGS_SIGNER,
        .guards = {G(some_image_is_allowed)},
        .view = view_latest_code_hash,
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
    },
    {
        .name = "start_reshare_instance",
        .log = LOGS_SIGNER,
        .args = args_key_event_id,
        .guards = {ATTESTED_CALLER, G(protocol_is_resharing), G(key_event_is_idle), G(key_event_id_is_next),
                   G(caller_is_leader)},
        .effect = effect_start_instance,
    },
    {
        .name = "vote_reshared",
        .log = LOGS_SIGNER,
        .args = args_key_event_id,
        .guards = {ATTESTED_CALLER, G(protocol_is_resharing), G(caller_is_in_key_event),
                   G(key_event_is_active), G(key_event_id_is_current), G(caller_has_not_voted)},
        .effect = effect_vote_reshared,
    },
    {
        .name = "vote_cancel_resharing",
        .log = LOGS_SIGNER,
        .guards = {G(signer_is_predecessor), G(protocol_is_resharing), G(caller_is_participant)},
        .effect = effect_vote_cancel_resharing,
    },
    {
        .name = "vote_abort_key_event_instance",
        .log = LOGS_SIGNER,
        .args = args_key_event_id,
        .guards = {ATTESTED_CALLER, G(protocol_has_key_event), G(caller_is_in_key_event),
                   G(key_event_is_active), G(key_event_id_is_current), G(caller_has_not_voted)},
        .effect = effect_abort_instance,
    },
    {
        .name = "vote_add_domains",
        .log = LOGS_SIGNER,
        .args = args_new_domains,
        .guards = {G(signer_is_predecessor), G(protocol_is_running), G(domains_are_given),
                   G(new_domain_purposes_match), DOMAIN_BOUNDS, G(caller_is_participant),
                   G(agreed_domain_ids_follow_on)},
        .effect = effect_vote_add_domains,
    },
    {
        .name = "start_keygen_instance",
        .log = LOGS_SIGNER,
        .args = args_key_event_id,
        .guards = {ATTESTED_CALLER, G(protocol_is_initializing), G(key_event_is_idle),
                   G(key_event_id_is_next), G(caller_is_leader)},
        .effect = effect_start_instance,
    },
    {
        .name = "vote_pk",
        .log = LOGS_SIGNER,
        .args = args_public_key_vote,
        .guards = {ATTESTED_CALLER, G(key_is_a_point), G(protocol_is_initializing), G(caller_is_in_key_event),
                   G(key_event_is_active), G(key_event_id_is_current), G(caller_has_not_voted_or_disagrees)},
        .effect = effect_vote_pk,
    },
    {
        .name = "vote_cancel_keygen",
        .log = LOGS_SIGNER,
        .args = args_next_domain_id,
        .guards = {G(signer_is_predecessor), G(protocol_is_initializing), G(next_domain_id_is_current),
                   G(caller_is_participant)},
        .effect = effect_vote_cancel_keygen,
    },
    {
        .name = "verify_tee",
        .log = LOGS_SIGNER,
        .returns = RETURNS_TRUTH,
        .guards = {G(signer_is_predecessor), G(caller_is_voter), G(protocol_is_running)},
        .effect = effect_verify_tee,
    },

    /* Receipts after a resharing. Those whose subject (updates, foreign chains, verifier votes) the model
     * does not hold insist on Running like the deployed ones and change nothing (contract.md 1.4). */
    {
        .name = "clean_tee_status",
        .kind = METHOD_PRIVATE,
        .guards = {G(protocol_is_running)},
        .effect = effect_clean_tee_status,
    },
    {
        .name = "remove_non_participant_update_votes",
        .kind = METHOD_PRIVATE,
        .guards = {G(protocol_is_running)},
        .effect = effect_nothing,
    },
    {
        .name = "clean_foreign_chain_data",
        .kind = METHOD_PRIVATE,
        .guards = {G(protocol_is_running)},
        .effect = effect_nothing,
    },
    {
        .name = "remove_non_participant_tee_verifier_votes",
        .kind = METHOD_PRIVATE,
        .guards = {G(protocol_is_running)},
        .effect = effect_nothing,
    },

    /* views */
    {.name = "state", .kind = METHOD_VIEW, .view = view_state},
    {.name = "migration_info", .kind = METHOD_VIEW, .log = LOGS_NAME, .view = view_migration_info},
    {.name = "get_tee_accounts", .kind = METHOD_VIEW, .log = LOGS_NAME, .view = view_get_tee_accounts},
    {.name = "get_attestation", .kind = METHOD_VIEW, .args = args_tls_key, .view = view_get_attestation},
    {.name = "available_attestation_grants",
     .kind = METHOD_VIEW,
     .args = args_account,
     .view = view_available_attestation_grants},
    {.name = "allowed_docker_image_hashes", .kind = METHOD_VIEW, .view = view_allowed_docker_image_hashes},
    {.name = "allowed_launcher_image_hashes",
     .kind = METHOD_VIEW,
     .view = view_allowed_launcher_image_hashes},
    {.name = "allowed_launcher_compose_hashes",
     .kind = METHOD_VIEW,
     .view = view_allowed_launcher_compose_hashes},
    {.name = "code_hash_votes", .kind = METHOD_VIEW, .view = view_code_hash_votes},
    {.name = "launcher_hash_votes", .kind = METHOD_VIEW, .view = view_launcher_hash_votes},
    {.name = "config", .kind = METHOD_VIEW, .view = view_config},
    {.name = "public_key",
     .kind = METHOD_VIEW,
     .args = args_domain_id,
     .guards = {G(protocol_is_running_or_resharing), G(domain_has_a_key)},
     .view = view_public_key},
    /* What near/mpc's main line said when these rules were read (contract.md 4). */
    {.name = "version", .kind = METHOD_STATIC_VIEW, .view = view_constant, .constant = "\"3.14.0\""},

    /* Views of what no method of the model fills: updates, verifiers and OS measurements are not voted
     * here. */
    {.name = "proposed_updates",
     .kind = METHOD_VIEW,
     .view = view_constant,
     .constant = "{\"votes\":{},\"updates\":{}}"},
    {.name = "tee_verifier_account_id", .kind = METHOD_VIEW, .view = view_constant, .constant = "null"},
    {.name = "allowed_os_measurements", .kind = METHOD_VIEW, .view = view_constant, .constant = "[]"},
    {.name = "os_measurement_votes",
     .kind = METHOD_VIEW,
     .view = view_constant,
     .constant = "{\"vote_by_account\":{}}"},
    {0},
};

const size_t method_count = ARRAY_LEN(method_table) - 1;
_Static_assert(ARRAY_LEN(method_table) - 1 <= METHOD_ROWS_MAX, "a set of rows is one word");

const struct method *method_find(const struct model *model, const char *name)
{
    for (const struct method *method = method_table; method->name; method++) {
        if (strcmp(method->name, name) == 0)
            return !method->conditional || model->rules.values[method->only_with] ? method : NULL;
    }
    return NULL;
}
