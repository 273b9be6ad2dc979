/* Running what is in a block: transactions, the receipts they leave for the next block, and direct calls. */
#ifndef MPC_CONTRACT_SIM_CHAIN_EXECUTE_H
#define MPC_CONTRACT_SIM_CHAIN_EXECUTE_H

#include "common/near_tx.h"
#include "common/outcome.h"
#include "contract-sim/chain/blocks.h"
#include "contract-sim/chain/listener.h"
#include "contract-sim/chain/tx_store.h"
#include "contract-sim/model/model.h"

/* The block that is being built. `world` has one reference and is replaced or changed by what runs. */
struct execution {
    struct model *model;
    struct chain_listener *listener; /* or NULL */
    uint64_t height;
    uint64_t time_ms;
    uint8_t block_hash[SHA256_LEN];
    struct world *world;
};

/* Run a transaction that tx_verify() let through: charge its signer (protocol.h), take the nonce, and
 * run its actions as one receipt, all or nothing. When they fail, the deposits go back by a refund
 * receipt in the next block. With `fail_with` (NULL: as it comes) the first action fails with this text
 * as an ExecutionError. NO_MEMORY. */
MUST_USE result_t execute_tx(struct execution *execution, const struct near_tx *tx,
                             const uint8_t tx_hash[SHA256_LEN], const char *fail_with,
                             struct receipt_outcome *out);

/* Run one receipt of an earlier block, the first that is pending of its kind. NO_MEMORY. */
MUST_USE result_t execute_receipt(struct execution *execution, const struct chain_receipt *receipt,
                                  struct receipt_outcome *out);

/* Call the contract with no key, signature or balance check (cli.md, sim_call). The context's height and time
 * are filled in here. NO_MEMORY. */
MUST_USE result_t execute_call(struct execution *execution, const struct model_context *context,
                               const char *method, const void *args, size_t args_len,
                               struct receipt_outcome *out);

#endif
