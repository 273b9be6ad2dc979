/* Keysets and key shares made up for tests, of any size, the same for the same arguments. */
#ifndef MPC_TESTS_SAMPLES_H
#define MPC_TESTS_SAMPLES_H

#include <stddef.h>
#include <stdint.h>

#include "common/keyset.h"
#include "common/keyshare.h"

/* Domains 0 .. count-1 of secp256k1, Ed25519, BLS12-381 in turn; attempt
 * 18446744073709551615 for every third. */
void sample_keyset(uint64_t epoch_id, size_t count, struct keyset *out);

/* A copy, to be changed. */
void sample_keyset_copy(const struct keyset *keyset, struct keyset *out);

/* The shares that match the keyset; `seed` chooses the scalars. */
void sample_keyshares(const struct keyset *keyset, uint64_t seed, struct keyshares *out);

#endif
