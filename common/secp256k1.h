/* The one thing this project needs of secp256k1's arithmetic: shares name a public key compressed, keysets
 * uncompressed (wire.md 4.2). Public data alone, so time may depend on it. */
#ifndef MPC_COMMON_SECP256K1_H
#define MPC_COMMON_SECP256K1_H

#include <stdint.h>

#include "common/outcome.h"

#define SECP256K1_COMPRESSED_LEN   33
#define SECP256K1_UNCOMPRESSED_LEN 64

/* SEC1 compressed (02 or 03, then x) to x||y without a prefix. KEY_MALFORMED for another prefix, an x that is
 * not below the field's prime, or one that is on no point of the curve; NO_MEMORY. */
MUST_USE result_t secp256k1_decompress(const uint8_t in[SECP256K1_COMPRESSED_LEN],
                                       uint8_t out[SECP256K1_UNCOMPRESSED_LEN]);

#endif
