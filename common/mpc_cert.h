/* near/mpc's certificates: made byte for byte as rcgen makes them, and read with
 * a strict DER walk (wire.md 1). */
#ifndef MPC_COMMON_MPC_CERT_H
#define MPC_COMMON_MPC_CERT_H

#include <stddef.h>
#include <stdint.h>

#include "common/keys.h"
#include "common/outcome.h"

/* A peer certificate is 285 bytes; a serial with leading zero bytes makes it shorter. */
#define MPC_CERT_LEN_MAX 288

/* The published key that signs every certificate of the network; it is no secret (wire.md 1.1). */
extern const uint8_t mpc_dummy_issuer_seed[ED25519_KEY_LEN];
extern const struct ed25519_public_key mpc_dummy_issuer_public_key;

/* The one certificate of a P2P key (SAN `dummy`). CRYPTO_FAILED. */
MUST_USE result_t mpc_cert_make_peer(const struct ed25519_public_key *key, uint8_t out[MPC_CERT_LEN_MAX],
                                     size_t *out_len);
/* The root (SAN `root`), which is the trust anchor of a client. */
MUST_USE result_t mpc_cert_make_root(uint8_t out[MPC_CERT_LEN_MAX], size_t *out_len);

/* The Ed25519 subject key of any X.509 v3 certificate, by a strict DER walk. CERT_MALFORMED when the DER is
 * not that; CLIENT_CERT_NOT_ED25519 when the key is of another kind. */
MUST_USE result_t mpc_cert_subject_key(const uint8_t *der, size_t len, struct ed25519_public_key *out);

/* What near/mpc's client checks of a server certificate (wire.md 1.3): v3, issuer the 35 bytes of the DN,
 * algorithm Ed25519 without parameters in both places, dummy key's signature, validity around `now_s` (UNIX
 * seconds), SAN dNSName `dummy`, no cA=TRUE, an EKU that allows server auth where there is one, no unknown
 * critical extension. *out is the subject key. SERVER_CERT_UNTRUSTED with the reason;
 * NO_MEMORY. */
MUST_USE result_t mpc_cert_verify_server(const uint8_t *der, size_t len, int64_t now_s,
                                         struct ed25519_public_key *out, struct error *err);

/* The PKCS#8 v2 form in which rustls is handed the key (83 bytes), and the plain
 * v1 form (48 bytes) for wolfSSL. */
#define MPC_PKCS8_V1_LEN 48
void mpc_key_pkcs8_v1(const uint8_t seed[ED25519_KEY_LEN], uint8_t out[MPC_PKCS8_V1_LEN]);

#endif
