/* What reading and writing a first state share. Inside the model only. */
#ifndef MPC_CONTRACT_SIM_MODEL_GENESIS_H
#define MPC_CONTRACT_SIM_MODEL_GENESIS_H

#include "contract-sim/model/args.h"

/* A participant id that is the name of a member. */
bool genesis_participant_id(struct reader *reader, const struct node *member, uint32_t *out);

/* The members of a genesis that hold what the views `state` and `migration_info` do not show; each that is absent
 * leaves `out` as it was. model.h, model_genesis(), says which. */
bool genesis_rest_read(struct reader *reader, const struct node *root, struct model_state *out);

#endif
