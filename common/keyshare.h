/* Key shares: the array of wire.md 4.2, read into secret memory and written from it. */
#ifndef MPC_COMMON_KEYSHARE_H
#define MPC_COMMON_KEYSHARE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/keyset.h"
#include "common/outcome.h"
#include "common/secret.h"

#define KEYSHARE_SCALAR_LEN 32

/* What is public of a share. The public key is as the share has it: secp256k1 33 bytes
 * compressed, Ed25519 32, BLS 96. */
struct keyshare {
    struct key_event_id id;
    enum curve curve;
    uint8_t public_key[DOMAIN_KEY_LEN_MAX]; /* zero behind the key */
};

/* A set of shares. items[i]'s private scalar is the 32 bytes at scalars.data + 32 * i, in the byte order of
 * the wire (secp256k1 big-endian, the others little-endian). Zero-initialised is empty. */
struct keyshares {
    struct keyshare *items;
    size_t count;
    size_t cap; /* items that there is room for */
    struct secret scalars;
};

/* Bytes of a share's public key of this curve: 33, 32, 96. */
size_t keyshare_public_key_len(enum curve curve);
static inline const uint8_t *keyshare_scalar(const struct keyshares *shares, size_t index)
{
    return shares->scalars.data + KEYSHARE_SCALAR_LEN * index;
}

/* The JSON of a set: KEYSET_DOMAINS_MAX shares of the longest form, and as much again for white space and
 * unknown members. */
#define KEYSHARES_JSON_BYTES_MAX (16u * 1024 * 1024)

/* Read a JSON array of key shares straight into secret memory. Strict as json_scan; unknown members are
 * skipped; nothing but white space may follow the array. Checked: variant, lengths, hex, scalar range of the
 * curve (zero is allowed), a secp256k1 public key's prefix and that it is on the curve. Not checked here: one
 * epoch, unique domains, emptiness. KEYSHARES_MALFORMED, KEYSHARE_SCALAR_RANGE, KEYSET_TOO_MANY_DOMAINS,
 * JSON_*. Error texts never quote the input. */
MUST_USE result_t keyshares_parse(const char *text, size_t len, struct keyshares *out, struct error *err);

/* Compact JSON of the array, members in the order of wire.md 4.2, lower-case hex, appended to `out`. */
MUST_USE result_t keyshares_write(const struct keyshares *shares, struct secret *out);

/* The same in ascending order of domain ids, whatever the order of the set: what `keyshares export` prints, and
 * what a receipt's digest is of. */
MUST_USE result_t keyshares_write_canonical(const struct keyshares *shares, struct secret *out);

/* The file content of a Rust node's permanent_keys: {"epoch_id":E,"keyshares":[..]} (wire.md 6.1); parsing
 * accepts any order, refuses an empty array, other epochs and repeated domains; writing sorts by domain id.
 * Points are not looked at again: such a file was sealed by who had checked them. KEYSHARES_MALFORMED. */
MUST_USE result_t permanent_keyshares_parse(const char *text, size_t len, struct keyshares *out,
                                            struct error *err);
MUST_USE result_t permanent_keyshares_write(const struct keyshares *shares, struct secret *out);

/* The set has shares, all of one epoch, no domain twice. KEYSHARES_EMPTY, KEYSHARES_MALFORMED. */
MUST_USE result_t keyshares_check_set(const struct keyshares *shares, struct error *err);

/* A share's public key as a keyset names it; secp256k1 is decompressed.
 * KEYSHARES_MALFORMED when not on the curve. */
MUST_USE result_t keyshare_domain_key(const struct keyshare *share, struct domain_key *out);

/* The keyset that the shares, which passed keyshares_check_set(), are of, its domains ascending by id.
 * KEYSHARES_MALFORMED as above, NO_MEMORY. */
MUST_USE result_t keyshares_keyset(const struct keyshares *shares, struct keyset *out);

/* Is this the share's public key? Bytes are compared; of a secp256k1 key, which the contract holds
 * uncompressed, x and the parity of y, which name one point. */
bool keyshare_has_key(const struct keyshare *share, const struct domain_key *key);

/* Every share belongs to the keyset (epoch, domain, attempt, public key), and every domain has its share.
 * KEYSHARES_MISMATCH with a text that names the domain (design.md, PUT table). */
MUST_USE result_t keyshares_match_keyset(const struct keyshares *shares, const struct keyset *keyset,
                                         struct error *err);

/* Same ids, public keys and scalars, in any order. Scalars are compared in constant time. False also when
 * memory runs out, so that whoever asks "is it the same?" before doing nothing refuses instead. */
bool keyshares_equal(const struct keyshares *a, const struct keyshares *b);

/* SHA-256 over the canonical form (sorted by domain id, permanent file JSON): names a set of shares in logs
 * and receipts without revealing it. 64 hex digits and a terminator. */
#define KEYSHARES_DIGEST_TEXT_LEN 65
MUST_USE result_t keyshares_digest(const struct keyshares *shares, char out[KEYSHARES_DIGEST_TEXT_LEN]);

/* Sort by domain id, in place, scalars along. */
MUST_USE result_t keyshares_sort(struct keyshares *shares);
/* Make room for `count` shares in all. NO_MEMORY; the set is then as it was. */
MUST_USE result_t keyshares_reserve(struct keyshares *shares, size_t count);
/* Append one share with its 32-byte scalar, which is copied. NO_MEMORY; the set is then as it was. */
MUST_USE result_t keyshares_add(struct keyshares *shares, const struct keyshare *share,
                                const uint8_t scalar[KEYSHARE_SCALAR_LEN]);
MUST_USE result_t keyshares_copy(const struct keyshares *shares, struct keyshares *out);
/* An index over the domain ids, positions being those in `items`. NO_MEMORY. */
MUST_USE result_t keyshares_index(const struct keyshares *shares, struct id_index *out);
void keyshares_free(struct keyshares *shares);

#endif
