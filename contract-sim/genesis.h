/* What the chain starts from: an mpc-genesis/1 file or the raw output of the contract's `state` view
 * (cli.md). Texts in, values out; files are the shell's. */
#ifndef MPC_CONTRACT_SIM_GENESIS_H
#define MPC_CONTRACT_SIM_GENESIS_H

#include <stdbool.h>
#include <stdint.h>

#include "common/account_id.h"
#include "common/bytes.h"
#include "common/json.h"
#include "common/outcome.h"
#include "contract-sim/chain/world.h"
#include "contract-sim/model/model.h"

#define GENESIS_FORMAT              "mpc-genesis/1"
#define GENESIS_CONTRACT_ID_DEFAULT "v1.signer.test"
#define GENESIS_HEIGHT_DEFAULT      100000000u

/* Zero-initialised is empty. */
struct genesis {
    struct json_object *contract; /* what model_genesis() reads */
    struct json_object *accounts; /* an array of accounts from the genesis itself, or NULL */
    struct json_object *more;     /* and from the accounts file */
    struct account_id contract_id;
    bool contract_id_given;
    uint64_t block_height;
    bool has_block_time;
    uint64_t block_time_s;
};

/* Read a genesis file, or a raw state; JSON_*, CONFIG_INVALID with the place. Release with
 * genesis_free(), also after a failure. */
MUST_USE result_t genesis_parse(const struct bytes *text, struct genesis *out, struct error *err);
/* Add an accounts file: an array of accounts as in a genesis file, or an
 * object with the member "accounts". */
MUST_USE result_t genesis_parse_accounts(const struct bytes *text, struct genesis *genesis,
                                         struct error *err);
/* NULL-safe; fits CLEANUP(). */
void genesis_free(struct genesis *genesis);

/* The first world: the contract's state, the contract's account, an account for every participant, and those
 * listed, all with 10^27 yoctoNEAR and no keys where the list does not say otherwise. CONFIG_INVALID,
 * VIEW_MALFORMED, NO_MEMORY; *out is the caller's reference. */
MUST_USE result_t genesis_world(const struct genesis *genesis, struct model *model, uint64_t block_time_s,
                                struct world **out, struct error *err);

#endif
