/* The guards, as functions, and what effects need to know besides. Inside the model only. */
#ifndef MPC_CONTRACT_SIM_MODEL_GUARDS_H
#define MPC_CONTRACT_SIM_MODEL_GUARDS_H

#include "contract-sim/model/call.h"

#define GUARD(name, fault, rule, says) guard_fn guard_##name;
#include "contract-sim/model/guards.def"

/* The epoch that vote_new_parameters has to name (contract.md 1.3, "prospective epoch"). */
uint64_t epoch_prospective(const struct model_state *state);

/* A member of the current set, or, in Resharing, of the proposed one. */
bool account_exists_or_is_prospective(const struct call *call, handle_t account);

/* A key other than the one that the attempt's first vote was for. */
bool key_disagrees(const struct call *call);

/* Whether the signer's vote to add these domains is the last one that is needed (contract.md 1.3). */
bool domains_agreed(const struct call *call);

/* The least threshold over so many participants, three fifths of them. */
uint64_t threshold_floor(size_t participants);
/* The largest reconstruction threshold of the registry. */
uint64_t reconstruction_largest(const struct call *call, handle_t domains, handle_t per_domain_thresholds);

/* The key of a domain in the current keyset, in Resharing the previous one; NULL without one. */
const struct domain_key *domain_key_current(const struct call *call, uint64_t domain_id);

/* Whether an attestation still passes when it is verified again at the call's time (contract.md 3.2). */
bool attestation_holds(const struct call *call, const struct attestation *attestation);
/* The same for the one stored under a TLS key; false without one. */
bool tls_key_attested(const struct call *call, handle_t tls_key);

#endif
