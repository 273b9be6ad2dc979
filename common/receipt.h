/* Receipts: what a node signs when it has taken key shares (docs/receipts.md).
 *
 * A receipt is compact JSON, its members in a fixed order; what is signed, and hashed, is RECEIPT_CONTEXT with
 * its NUL and those bytes. It travels and is kept in an envelope, {"receipt":{..},"public_key":"ed25519:..",
 * "signature":"ed25519:.."}. There is one text for a receipt: the reader refuses every other spelling, so that
 * bytes and values are the same thing. */
#ifndef MPC_COMMON_RECEIPT_H
#define MPC_COMMON_RECEIPT_H

#include <stddef.h>
#include <stdint.h>

#include "common/bytes.h"
#include "common/keys.h"
#include "common/keyset.h"
#include "common/keyshare.h"
#include "common/outcome.h"
#include "common/secret.h"

#define RECEIPT_CONTEXT "mpc-receipt/1"
/* KEYSET_DOMAINS_MAX ids of 20 digits, and the rest. */
#define RECEIPT_BYTES_MAX (384u * 1024)

/* Zero-initialised is empty. */
struct receipt {
    uint64_t number; /* of those that this store gave; the first is 1 */
    uint64_t epoch_id;
    uint8_t keyset_sha256[SHA256_LEN]; /* of the keyset's JSON with its domains ascending by id */
    uint64_t *domains;                 /* owned; ids, ascending */
    size_t count;
    uint8_t shares_hmac[SHA256_LEN]; /* receipt_shares_hmac() */
    uint8_t body_sha256[SHA256_LEN]; /* of the sealed body, as it was received */
    uint8_t previous[SHA256_LEN];    /* the hash of receipt number - 1; zero in the first one */
    uint64_t durable_at_ms;          /* UNIX time by the node's clock; answered only once it is so */
};

/* One that was signed. */
struct receipt_signed {
    struct receipt receipt;
    struct ed25519_public_key key;
    struct ed25519_signature signature;
    uint8_t hash[SHA256_LEN]; /* SHA-256 of what is signed */
};

/* What a node's receipt needs besides the shares. Borrowed. */
struct receipt_terms {
    const struct ed25519_keypair *signer; /* the node's P2P key */
    const struct secret *backup_key;      /* the backup encryption key, SEAL_TRANSPORT_KEY_LEN bytes */
    const void *body;                     /* of the request, as it was received */
    size_t body_len;
    uint64_t now_ms; /* UNIX time */
};

/* HMAC-SHA256 of the canonical JSON of the shares (keyshares_write_canonical), under a key derived from the
 * backup encryption key: whoever has that key can tell whether shares are the same, nobody else learns
 * anything. CRYPTO_FAILED, NO_MEMORY. */
MUST_USE result_t receipt_shares_hmac(const struct secret *backup_key, const struct keyshares *shares,
                                      uint8_t out[SHA256_LEN]);

/* Fill in what these shares of this keyset say: epoch, keyset, domains, count; and with a backup key their
 * digest, which stays zero with NULL. `out` is released by receipt_free(). CRYPTO_FAILED, NO_MEMORY. */
MUST_USE result_t receipt_describe(const struct keyset *keyset, const struct keyshares *shares,
                                   const struct secret *backup_key, struct receipt *out);

/* Make `receipt`, all but number and previous filled in, the one behind `before` (NULL: the first), sign it
 * and append its envelope to `out`. CRYPTO_FAILED, NO_MEMORY. */
MUST_USE result_t receipt_issue(struct receipt *receipt, const struct receipt_signed *before,
                                const struct ed25519_keypair *signer, struct bytes *out);

/* Read an envelope, whose signature is not looked at: for what the reader itself has signed and kept sealed.
 * RECEIPT_MALFORMED with a text that says where; NO_MEMORY. */
MUST_USE result_t receipt_parse(const char *text, size_t len, struct receipt_signed *out, struct error *err);
/* The same, and check that the signature is that of the key in it; whose key it is, is for the caller to say.
 * RECEIPT_INVALID for the signature; NO_MEMORY. */
MUST_USE result_t receipt_read(const char *text, size_t len, struct receipt_signed *out, struct error *err);

/* Does the receipt say what `expected` (receipt_describe()) does? The digest is compared where
 * `expect_digest`. RECEIPT_INVALID with a text that names what differs. */
MUST_USE result_t receipt_check(const struct receipt *receipt, const struct receipt *expected,
                                bool expect_digest, struct error *err);

/* What two receipts under one key say of each other; `before` has no higher number than `after`. */
enum receipt_link {
    RECEIPT_LINKED,      /* the one follows the other */
    RECEIPT_APART,       /* others lie between them */
    RECEIPT_SAME,        /* the very same receipt */
    RECEIPT_CONTRADICTS, /* one number was given twice, or `after` follows another receipt of that number */
};
enum receipt_link receipt_link(const struct receipt_signed *before, const struct receipt_signed *after);

/* NULL-safe; fit CLEANUP(). */
void receipt_free(struct receipt *receipt);
void receipt_signed_free(struct receipt_signed *receipt);

#endif
