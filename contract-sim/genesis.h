/* What the chain starts from: an mpc-genesis/1 file or the saved output of the contract's `state` view, with
 * that of `migration_info` beside it (cli.md). Texts in, values out; files are the shell's. */
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
    bool has_block_height; /* from the file, or from a key event's attempt that is under way in its state */
    uint64_t block_height;
    bool has_block_time;
    uint64_t block_time_s;
};

/* Read a genesis file, or a raw state, each also with what a NEAR command line prints around it
 * (cli_output.h); JSON_*, CONFIG_INVALID with the place. Release with genesis_free(), also after a
 * failure. */
MUST_USE result_t genesis_parse(const struct bytes *text, struct genesis *out, struct error *err);
/* Add an accounts file: an array of accounts as in a genesis file, or an
 * object with the member "accounts". */
MUST_USE result_t genesis_parse_accounts(const struct bytes *text, struct genesis *genesis,
                                         struct error *err);
/* Add the saved output of `migration_info`. CONFIG_INVALID when the genesis has one already. */
MUST_USE result_t genesis_parse_migration_info(const struct bytes *text, struct genesis *genesis,
                                               struct error *err);
/* NULL-safe; fits CLEANUP(). */
void genesis_free(struct genesis *genesis);

/* The first world: the contract's state, the contract's account, an account for every participant, and those
 * listed, all with 10^27 yoctoNEAR and no keys where the list does not say otherwise. CONFIG_INVALID,
 * VIEW_MALFORMED, NO_MEMORY; *out is the caller's reference. */
MUST_USE result_t genesis_world(const struct genesis *genesis, struct model *model, uint64_t block_time_s,
                                struct world **out, struct error *err);

/* Append a line for each part of the contract that saved views leave open, with what stands there instead:
 * absent members, and all that no view tells. Nothing for an `init_running`, which says it all. NO_MEMORY. */
MUST_USE result_t genesis_contract_defaults(const struct genesis *genesis, struct bytes *out);
/* The same of the chain around it: contract id, height, time, accounts. */
MUST_USE result_t genesis_chain_defaults(const struct genesis *genesis, struct bytes *out);

#endif
