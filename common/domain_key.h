/* The public key of a domain, as the contract names it (wire.md 4.1). */
#ifndef MPC_COMMON_DOMAIN_KEY_H
#define MPC_COMMON_DOMAIN_KEY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/bytes.h"
#include "common/json.h"
#include "common/json_walk.h"
#include "common/outcome.h"

enum curve { CURVE_SECP256K1, CURVE_ED25519, CURVE_BLS12381 };

#define DOMAIN_KEY_LEN_MAX 96

/* A domain's public key as the contract names it: secp256k1 64 bytes x||y, Ed25519
 * 32 bytes, BLS12-381 96 bytes G2. */
struct domain_key {
    enum curve curve;
    uint8_t bytes[DOMAIN_KEY_LEN_MAX]; /* zero behind the key */
};

/* Bytes of a domain key of this curve in a keyset: 64, 32, 96. */
size_t domain_key_len(enum curve curve);
/* "Secp256k1", "Ed25519", "Bls12381": the variant names of the JSON. */
const char *curve_name(enum curve curve);
bool domain_key_equal(const struct domain_key *a, const struct domain_key *b);

/* The plain string form ("secp256k1:..", "ed25519:..", "bls12381g2:.."), as vote_pk sends it. `out_cap` of
 * DOMAIN_KEY_TEXT_MAX is enough. KEY_MALFORMED on parse. */
#define DOMAIN_KEY_TEXT_MAX 160
MUST_USE result_t domain_key_parse_text(const char *text, size_t len, struct domain_key *out,
                                        struct error *err);
void domain_key_format_text(const struct domain_key *key, char out[DOMAIN_KEY_TEXT_MAX]);

/* The externally tagged object of wire.md 4.1: exactly one variant, in it unknown members are ignored. An
 * Ed25519 key's `edwards_point` is required and has to be the same bytes. KEYSET_MALFORMED. */
MUST_USE result_t domain_key_from_json(struct json_object *value, const char *where, struct domain_key *out,
                                       struct error *err);
/* Read the same in place, in the form that domain_key_write() and serde write; members may stand in another order
 * but for `edwards_point`, which comes behind the text. False for anything else, the cursor being anywhere then:
 * domain_key_from_json() reads it, or says what is wrong. The text has passed json_scan. */
bool domain_key_walk(struct json_walk *walk, struct domain_key *out);
MUST_USE result_t domain_key_write(const struct domain_key *key, struct bytes *out);

#endif
