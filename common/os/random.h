/* Randomness from the kernel, for keys and nonces. */
#ifndef MPC_OS_RANDOM_H
#define MPC_OS_RANDOM_H

#include <stddef.h>

#include "common/outcome.h"

/* Fill `out` with `len` random bytes. CRYPTO_FAILED when the kernel gives none. */
MUST_USE result_t random_bytes(void *out, size_t len);

#endif
