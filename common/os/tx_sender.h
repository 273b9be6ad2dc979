/* One function call as a transaction: prepared from the chain's own words, signed, sent once (near-rpc.md E).
 * Writing it down in between, sending again and judging by state are the caller's. */
#ifndef MPC_OS_TX_SENDER_H
#define MPC_OS_TX_SENDER_H

#include <stddef.h>
#include <stdint.h>

#include "common/bytes.h"
#include "common/keys.h"
#include "common/near_tx.h"
#include "common/os/rpc.h"
#include "common/outcome.h"

/* What clients attach to the calls of a migration (wire.md 5.3). */
#define TX_CALL_GAS 300000000000000u

struct tx_call {
    const char *signer_id;
    const struct ed25519_keypair *signer;
    const char *receiver_id;
    const char *method;
    const void *args; /* JSON */
    size_t args_len;
    uint64_t gas;
    struct u128 deposit;
};

/* A signed transaction and what is needed to follow it. Zero-initialised is empty. */
struct tx_signed {
    struct bytes bytes; /* borsh */
    uint8_t hash[SHA256_LEN];
    uint64_t nonce;
    /* Of the final block it is anchored in; it expires 86,400 blocks later (near-rpc.md D.3). */
    uint64_t block_height;
};

/* May this key sign this call? Full access: yes. Else the receiver has to be the key's, the method
 * in its list (an empty list is any), the deposit 0 (near-rpc.md D.2). Pure. TX_REJECTED, with
 * what the operator has to change. */
MUST_USE result_t tx_check_access_key(const struct near_access_key *key, const struct tx_call *call,
                                      struct error *err);

/* The nonce to use: one above the key's and above the last one used here, and below height * 10^6
 * (near-rpc.md D.3). Pure. TX_REJECTED when there is none. */
MUST_USE result_t tx_choose_nonce(uint64_t key_nonce, uint64_t last_used, uint64_t height, uint64_t *out,
                                  struct error *err);

/* Choose the nonce, as above, and sign over this block's hash. TX_REJECTED. `out` is empty on failure. */
MUST_USE result_t tx_sign(const struct tx_call *call, uint64_t key_nonce, uint64_t last_used_nonce,
                          uint64_t block_height, const uint8_t block_hash[SHA256_LEN], struct tx_signed *out,
                          struct error *err);

/* Read the access key at final, check it, choose the nonce, sign over that final block's hash.
 * RPC_NO_ACCESS_KEY, TX_REJECTED, RPC_*. */
MUST_USE result_t tx_prepare(struct rpc *rpc, const struct tx_call *call, uint64_t last_used_nonce,
                             struct tx_signed *out, struct error *err);
void tx_signed_free(struct tx_signed *tx);

/* Send once and say what came of it: OK (executed), TX_FAILED, TX_REJECTED (the text has the contract's or
 * chain's own words), TX_UNKNOWN (pending, unclear, no answer). `fate` (may be NULL) gets the details. */
MUST_USE result_t tx_send(struct rpc *rpc, const struct tx_signed *tx, enum rpc_wait wait,
                          struct rpc_tx *fate, struct error *err);

/* The outcome that stands for a fate: OK, TX_FAILED, TX_REJECTED or TX_UNKNOWN. */
result_t tx_outcome(enum rpc_tx_fate fate);

#endif
