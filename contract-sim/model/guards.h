/* The guards, as functions, and what effects need to know besides. Inside the model only. */
#ifndef MPC_CONTRACT_SIM_MODEL_GUARDS_H
#define MPC_CONTRACT_SIM_MODEL_GUARDS_H

#include "contract-sim/model/call.h"

#define GUARD(name, fault) guard_fn guard_##name;
#include "contract-sim/model/guards.def"
#undef GUARD

/* The epoch that vote_new_parameters has to name (contract.md 1.3, "prospective epoch"). */
uint64_t epoch_prospective(const struct model_state *state);

/* A member of the current set, or, in Resharing, of the proposed one. */
bool account_exists_or_is_prospective(const struct call *call, handle_t account);

/* True while the instance counts votes (contract.md 1.2). */
bool key_event_active(const struct call *call);

/* Whether an attestation still passes when it is verified again at the call's time (contract.md 3.2). */
bool attestation_holds(const struct call *call, const struct attestation *attestation);
/* The same for the one stored under a TLS key; false without one. */
bool tls_key_attested(const struct call *call, handle_t tls_key);

#endif
