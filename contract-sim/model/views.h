/* Writers of the views (contract.md 4), in the field order of the deployed
 * contract. Inside the model only. */
#ifndef MPC_CONTRACT_SIM_MODEL_VIEWS_H
#define MPC_CONTRACT_SIM_MODEL_VIEWS_H

#include "contract-sim/model/call.h"

view_fn view_state, view_migration_info, view_get_tee_accounts, view_get_attestation,
    view_available_attestation_grants, view_config, view_public_key;
view_fn view_allowed_docker_image_hashes, view_allowed_launcher_image_hashes,
    view_allowed_launcher_compose_hashes, view_code_hash_votes, view_launcher_hash_votes,
    view_latest_code_hash;
/* What the row says. */
view_fn view_constant;

/* "ed25519:<base58>" in quotes, for 32 interned bytes. */
MUST_USE result_t view_ed25519(const struct pool *pool, handle_t key, struct bytes *out);
/* Hex in quotes, for 32 interned bytes; null for none. */
MUST_USE result_t view_hash(const struct pool *pool, handle_t hash, struct bytes *out);
/* Any interned text in quotes. */
MUST_USE result_t view_text(const struct pool *pool, handle_t text, struct bytes *out);
/* "account_id":..,"tls_public_key":..,"account_public_key":..: whose attestation it is, without the braces. */
MUST_USE result_t view_attested_node(const struct pool *pool, const struct attestation *attestation,
                                     struct bytes *out);
/* {"Mock":..}: a stored attestation as get_attestation shows it. */
MUST_USE result_t view_attestation(const struct pool *pool, const struct attestation *attestation,
                                   struct bytes *out);
/* {"url":..,"tls_public_key":..} */
MUST_USE result_t view_info(const struct pool *pool, handle_t url, handle_t tls_key, struct bytes *out);
/* The parts of the `state` view that arguments have in the same form (contract.md 4.1): a list of domain
 * configurations, the "domains" of a keyset, {"participants":..,"threshold":..}. */
MUST_USE result_t view_domains(const struct pool *pool, handle_t domains, struct bytes *out);
MUST_USE result_t view_keys(const struct pool *pool, handle_t keys, struct bytes *out);
MUST_USE result_t view_parameters(const struct pool *pool, const struct parameters *parameters,
                                  struct bytes *out);

#endif
