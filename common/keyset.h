/* Key event ids, domain keys and keysets (wire.md 4.1). */
#ifndef MPC_COMMON_KEYSET_H
#define MPC_COMMON_KEYSET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/bytes.h"
#include "common/json.h"
#include "common/outcome.h"

/* How many domains a keyset, or shares a set, may have. */
#define KEYSET_DOMAINS_MAX 16384

enum curve { CURVE_SECP256K1, CURVE_ED25519, CURVE_BLS12381 };

#define DOMAIN_KEY_LEN_MAX 96

/* A domain's public key as the contract names it: secp256k1 64 bytes x||y, Ed25519 32 bytes, BLS12-381 96 bytes G2. */
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
MUST_USE result_t domain_key_parse_text(const char *text, size_t len, struct domain_key *out, struct error *err);
void domain_key_format_text(const struct domain_key *key, char out[DOMAIN_KEY_TEXT_MAX]);

/* The externally tagged object of wire.md 4.1; an Ed25519 key's `edwards_point` is required and has to be the same bytes.
 * KEYSET_MALFORMED. */
MUST_USE result_t domain_key_from_json(struct json_object *value, const char *where, struct domain_key *out,
                                       struct error *err);
MUST_USE result_t domain_key_write(const struct domain_key *key, struct bytes *out);

/* {epoch, domain, attempt}, each over the full u64 range. */
struct key_event_id {
    uint64_t epoch_id;
    uint64_t domain_id;
    uint64_t attempt_id;
};

bool key_event_id_equal(const struct key_event_id *a, const struct key_event_id *b);
MUST_USE result_t key_event_id_from_json(struct json_object *value, const char *where, struct key_event_id *out,
                                         result_t code, struct error *err);

struct keyset_domain {
    uint64_t domain_id;
    uint64_t attempt;
    struct domain_key key;
};

/* Zero-initialised is the empty keyset of epoch 0. `domains` is owned; its order is part of the keyset's identity
 * (conclude compares it, contract.md 2.2). */
struct keyset {
    uint64_t epoch_id;
    struct keyset_domain *domains;
    size_t count;
};

/* Parse JSON text of at most json_limits_view; unknown members are ignored, known ones are all required. Duplicate domain
 * ids are KEYSET_MALFORMED. KEYSET_MALFORMED, KEYSET_TOO_MANY_DOMAINS, and what json_parse returns. */
MUST_USE result_t keyset_parse(const char *text, size_t len, struct keyset *out, struct error *err);
MUST_USE result_t keyset_from_json(struct json_object *value, const char *where, struct keyset *out, struct error *err);
/* The array of KeyForDomain alone, for generated_keys and reshared_keys (wire.md 5.2); epoch_id is set by the caller. */
MUST_USE result_t keyset_domains_from_json(struct json_object *array, const char *where, struct keyset *out,
                                           struct error *err);

/* Compact JSON, members in the order of wire.md 4.1, domains in their order. */
MUST_USE result_t keyset_write(const struct keyset *keyset, struct bytes *out);

bool keyset_equal(const struct keyset *a, const struct keyset *b);
/* The domain with this id, or NULL. */
const struct keyset_domain *keyset_find(const struct keyset *keyset, uint64_t domain_id);
MUST_USE result_t keyset_copy(const struct keyset *keyset, struct keyset *out);
void keyset_free(struct keyset *keyset);

#endif
