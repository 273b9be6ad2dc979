/* Ed25519 keys in NEAR's text form, signing and verifying. */
#ifndef MPC_COMMON_KEYS_H
#define MPC_COMMON_KEYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/outcome.h"
#include "common/secret.h"

#define ED25519_KEY_LEN       32
#define ED25519_SIGNATURE_LEN 64
/* "ed25519:" and at most 44 base58 digits. */
#define ED25519_KEY_TEXT_MAX 53
/* "ed25519:" and at most 88 digits, terminated. */
#define ED25519_SIGNATURE_TEXT_MAX 100
#define SHA256_LEN                 32

struct ed25519_public_key {
    uint8_t bytes[ED25519_KEY_LEN];
};

struct ed25519_signature {
    uint8_t bytes[ED25519_SIGNATURE_LEN];
};

/* "ed25519:" + base58 of exactly 32 bytes (contract.md 5.1). The bytes need not be a curve point.
 * KEY_MALFORMED; the text of `err` is one of: missing ':' separator / wrong prefix / invalid bs58
 * encoding / invalid key length. */
MUST_USE result_t ed25519_public_key_parse(const char *text, size_t len, struct ed25519_public_key *out,
                                           struct error *err);
/* Writes a terminated string of less than ED25519_KEY_TEXT_MAX characters. */
void ed25519_public_key_format(const struct ed25519_public_key *key, char out[ED25519_KEY_TEXT_MAX]);
bool ed25519_public_key_equal(const struct ed25519_public_key *a, const struct ed25519_public_key *b);

/* True for the points of order 1, 2, 4 and 8 in any encoding, canonical or not: such a key verifies forged
 * signatures and must never be a pin (tls-http.md 1, pitfall 6). */
bool ed25519_public_key_small_order(const struct ed25519_public_key *key);

/* Whether the bytes decompress to a point of the curve, whatever its order: what the contract asks of a
 * domain's key (contract.md 1.3, vote_pk). */
bool ed25519_public_key_is_point(const struct ed25519_public_key *key);

/* A key pair. `secret` holds the 32-byte seed. */
struct ed25519_keypair {
    struct secret seed;
    struct ed25519_public_key public_key;
};

/* Derive the public key from a 32-byte seed, which is copied. CRYPTO_FAILED, NO_MEMORY. */
MUST_USE result_t ed25519_keypair_from_seed(const uint8_t seed[ED25519_KEY_LEN], struct ed25519_keypair *out);
/* Read "ed25519:" + base58 of seed || public key, 64 bytes; the halves are checked
 * against each other (wire.md 6.2). */
MUST_USE result_t ed25519_keypair_parse(const char *text, size_t len, struct ed25519_keypair *out,
                                        struct error *err);
/* The same text, appended to secret memory. */
MUST_USE result_t ed25519_keypair_format(const struct ed25519_keypair *pair, struct secret *out);
void ed25519_keypair_free(struct ed25519_keypair *pair);

MUST_USE result_t ed25519_sign(const struct ed25519_keypair *pair, const void *message, size_t len,
                               struct ed25519_signature *out);
/* OK, SIGNATURE_INVALID, or NO_MEMORY: it could not be checked. Never use signature bytes as an identity:
 * they are malleable (tls-http.md 1, pitfall 7). */
MUST_USE result_t ed25519_verify(const struct ed25519_public_key *key, const void *message, size_t len,
                                 const struct ed25519_signature *signature);

/* "ed25519:" + base58 of 64 bytes; out_cap of at least ED25519_SIGNATURE_TEXT_MAX. */
void ed25519_signature_format(const struct ed25519_signature *signature, char *out, size_t out_cap);
/* The same read back; errors as of ed25519_public_key_parse(). */
MUST_USE result_t ed25519_signature_parse(const char *text, size_t len, struct ed25519_signature *out,
                                          struct error *err);

void sha256(const void *data, size_t len, uint8_t out[SHA256_LEN]);
/* RFC 2104 over SHA-256. CRYPTO_FAILED, NO_MEMORY. */
MUST_USE result_t hmac_sha256(const struct secret *key, const void *data, size_t len,
                              uint8_t out[SHA256_LEN]);

/* A hash as NEAR writes it: base58 of 32 bytes, terminated, at most 44 digits. */
#define HASH_TEXT_MAX 45
void hash_format(const uint8_t hash[SHA256_LEN], char out[HASH_TEXT_MAX]);
MUST_USE result_t hash_parse(const char *text, size_t len, uint8_t out[SHA256_LEN]);

#endif
