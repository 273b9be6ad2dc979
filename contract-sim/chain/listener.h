/* Somebody who is told what the contract is called with while blocks are made. */
#ifndef MPC_CONTRACT_SIM_CHAIN_LISTENER_H
#define MPC_CONTRACT_SIM_CHAIN_LISTENER_H

#include <stdbool.h>
#include <stddef.h>

#include "contract-sim/model/model.h"

struct chain_listener {
    /* A block begins in which receipts of the contract's own run. */
    void (*receipts_run)(struct chain_listener *listener, uint64_t height, uint64_t time_s);
    /* The contract was called, by a transaction or directly. */
    void (*called)(struct chain_listener *listener, const struct model_context *context, const char *method,
                   const void *args, size_t args_len, const struct model_outcome *outcome);
    /* The calls since the last time were one receipt's: what they did stands, or all of it is undone. */
    void (*settled)(struct chain_listener *listener, bool stands);
};

#endif
