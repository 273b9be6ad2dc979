/* Range checks of private scalars (wire.md 4.2). */
#ifndef MPC_COMMON_SCALAR_H
#define MPC_COMMON_SCALAR_H

#include <stdbool.h>
#include <stdint.h>

#include "common/keyset.h"

#define SCALAR_LEN 32

/* True when the scalar, in the byte order of its curve (secp256k1 big-endian, the others
 * little-endian), is below the order of the curve's group; zero is. Takes the same time and the
 * same branches for every scalar. */
bool scalar_in_range(enum curve curve, const uint8_t scalar[SCALAR_LEN]);

#endif
