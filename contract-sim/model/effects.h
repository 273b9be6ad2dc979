/* The effects of methods: run when all guards hold, on a copy of the state. Inside the model only. */
#ifndef MPC_CONTRACT_SIM_MODEL_EFFECTS_H
#define MPC_CONTRACT_SIM_MODEL_EFFECTS_H

#include "contract-sim/model/call.h"

effect_fn effect_init, effect_init_running;
effect_fn effect_register_backup_service, effect_start_node_migration, effect_cancel_node_migration,
    effect_conclude_node_migration, effect_update_participant_url, effect_cleanup_orphaned_node_migrations;
effect_fn effect_vote_new_parameters, effect_verify_tee, effect_vote_reshared, effect_vote_cancel_resharing;
effect_fn effect_start_instance, effect_abort_instance;
effect_fn effect_vote_add_domains, effect_vote_pk, effect_vote_cancel_keygen;
effect_fn effect_submit_participant_info, effect_prepay_attestation_storage,
    effect_clean_invalid_attestations;
effect_fn effect_vote_code_hash, effect_vote_add_launcher_hash, effect_vote_remove_launcher_hash,
    effect_clean_tee_status;
/* For the private methods that tidy what the model does not hold. */
effect_fn effect_nothing;

/* A key event without an instance yet. */
void key_event_begin(struct call *call, const struct parameters *parameters, uint64_t epoch_id,
                     uint32_t domain_index);
/* Count the signer's vote in the instance; true when all of the event's participants voted. */
bool key_event_vote(struct call *call);

/* Give every participant the attestation that genesis gives (contract.md 3.2). */
handle_t attestations_of_genesis(struct pool *pool, handle_t participants);

#endif
