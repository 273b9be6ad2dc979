/* Randomness from the kernel, for keys and nonces. CRYPTO_FAILED when it gives none. */
#ifndef MPC_OS_RANDOM_H
#define MPC_OS_RANDOM_H

#include <stddef.h>

#include "common/keys.h"
#include "common/outcome.h"
#include "common/secret.h"

/* Fill `out` with `len` random bytes. */
MUST_USE result_t random_bytes(void *out, size_t len);
/* A fresh key of `len` bytes, in new secret memory; and a fresh key pair. NO_MEMORY. */
MUST_USE result_t random_secret(struct secret *out, size_t len);
MUST_USE result_t random_keypair(struct ed25519_keypair *out);

#endif
