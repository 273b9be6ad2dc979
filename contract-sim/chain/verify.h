/* May this transaction enter a block? The checks of near-rpc.md D.2, in that order. */
#ifndef MPC_CONTRACT_SIM_CHAIN_VERIFY_H
#define MPC_CONTRACT_SIM_CHAIN_VERIFY_H

#include <stdint.h>

#include "common/bytes.h"
#include "common/near_tx.h"
#include "common/outcome.h"
#include "contract-sim/chain/blocks.h"
#include "contract-sim/chain/world.h"

/* A signature as it came: over these exact bytes (near-rpc.md B). */
struct signed_bytes {
    const uint8_t *data; /* the unsigned part first */
    size_t tx_len;
    size_t signed_len;
    struct near_signature signature;
};

/* What a transaction costs, in yoctoNEAR (protocol.h). */
struct tx_cost {
    struct u128 deposits; /* all that its actions attach or transfer */
    struct u128 burnt;    /* what is taken for gas */
    struct u128 prepaid;  /* what has to be there for gas */
};

/* False where the sums pass 2^128. */
MUST_USE bool tx_cost_of(const struct near_tx *tx, struct tx_cost *out);

/* Check `tx` against `world`, for inclusion in the block after the head. Without `signature` the signature
 * and size are taken as checked before. Secp256k1 keys may be stored but not used: their signatures are
 * InvalidSignature. OK; TX_REJECTED with the InvalidTxError as JSON in `invalid`; NO_MEMORY. */
MUST_USE result_t tx_verify(const struct blocks *blocks, const struct world *world, const struct near_tx *tx,
                            const struct signed_bytes *signature, struct bytes *invalid);

#endif
