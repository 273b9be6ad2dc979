/* Sealing: AES-GCM with the nonce in front and the tag behind.
 *
 * Transport: AES-256-GCM, no additional data, then base64 (wire.md 3.1). At rest: AES-128-GCM, raw (wire.md
 * 6.1), with no additional data in the Rust node's files and the record's key as additional data in LMDB. */
#ifndef MPC_COMMON_SEAL_H
#define MPC_COMMON_SEAL_H

#include <stddef.h>
#include <stdint.h>

#include "common/bytes.h"
#include "common/outcome.h"
#include "common/secret.h"

#define SEAL_NONCE_LEN         12
#define SEAL_TAG_LEN           16
#define SEAL_TRANSPORT_KEY_LEN 32
#define SEAL_AT_REST_KEY_LEN   16

/* Append nonce || ciphertext || tag to `out`. key->len chooses AES-128 or AES-256. `nonce` is SEAL_NONCE_LEN
 * fresh random bytes, from the caller. `aad` may be NULL with length 0. CRYPTO_FAILED, NO_MEMORY. */
MUST_USE result_t seal(const struct secret *key, const uint8_t nonce[SEAL_NONCE_LEN], const void *aad,
                       size_t aad_len, const void *plaintext, size_t len, struct bytes *out);

/* Open what seal() made, into new secret memory. NONCE_TRUNCATED below 12 bytes, UNSEAL_FAILED otherwise
 * (wire.md 2.2 has the texts: "ciphertext too short: missing nonce", "decryption failed: aead::Error"). */
MUST_USE result_t unseal(const struct secret *key, const void *aad, size_t aad_len, const void *sealed,
                         size_t len, struct secret *out, struct error *err);

/* The two transport layers together: seal + base64 text appended to `out`; strict base64 + unseal. */
MUST_USE result_t seal_transport(const struct secret *key, const uint8_t nonce[SEAL_NONCE_LEN],
                                 const void *plaintext, size_t len, struct bytes *out);
MUST_USE result_t unseal_transport(const struct secret *key, const char *text, size_t len, struct secret *out,
                                   struct error *err);

#endif
