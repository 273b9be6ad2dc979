/* NEAR transactions, version 0, in borsh, both ways (near-rpc.md B). */
#ifndef MPC_COMMON_NEAR_TX_H
#define MPC_COMMON_NEAR_TX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/bytes.h"
#include "common/keys.h"
#include "common/outcome.h"
#include "common/u128.h"

#define NEAR_ACTIONS_MAX         100
#define NEAR_METHOD_NAME_LEN_MAX 256
#define NEAR_TX_BYTES_MAX        (1536 * 1024)

enum near_key_type { NEAR_KEY_ED25519 = 0, NEAR_KEY_SECP256K1 = 1 };

/* A public key of any type that this chain's keys may have; the text form is "<curve>:<base58>". */
struct near_public_key {
    enum near_key_type type;
    uint8_t bytes[64]; /* 32 used for ed25519, zero behind */
};

struct near_signature {
    enum near_key_type type;
    uint8_t bytes[65]; /* 64 used for ed25519 */
};

enum near_action_type {
    NEAR_CREATE_ACCOUNT = 0,
    NEAR_FUNCTION_CALL = 2,
    NEAR_TRANSFER = 3,
    NEAR_STAKE = 4,
    NEAR_ADD_KEY = 5,
    NEAR_DELETE_KEY = 6,
    NEAR_DELETE_ACCOUNT = 7,
};

/* Texts and arrays are owned by the transaction they are part of. */
struct near_access_key {
    uint64_t nonce;
    bool full_access;
    bool has_allowance; /* false: unlimited */
    struct u128 allowance;
    char *receiver_id;
    char **method_names;
    size_t method_count; /* 0: any method */
};

struct near_action {
    enum near_action_type type;
    char *method_name;
    uint8_t *args;
    size_t args_len;
    uint64_t gas;
    struct u128 deposit; /* of a function call or transfer; the stake of a stake */
    struct near_public_key public_key;
    struct near_access_key access_key;
    char *beneficiary_id;
};

struct near_tx {
    char *signer_id;
    struct near_public_key public_key;
    uint64_t nonce;
    char *receiver_id;
    uint8_t block_hash[SHA256_LEN];
    struct near_action *actions;
    size_t action_count;
};

/* Append the borsh form. Texts that are not UTF-8 or longer than u32 are the caller's bug. NO_MEMORY,
 * LIMIT; `out` is then as it was. */
MUST_USE result_t near_tx_encode(const struct near_tx *tx, struct bytes *out);

/* Decode the unsigned form, which has to fill `len` exactly. TX_MALFORMED: truncated, trailing bytes, unknown
 * tag (deploying code and delegated actions are among them), no more than NEAR_ACTIONS_MAX actions, text that
 * is not UTF-8 or holds a NUL, version 1 (near-rpc.md B). Account ids and the length of a method's name are
 * not validated here. NO_MEMORY. *out is empty on failure, else for near_tx_free(). */
MUST_USE result_t near_tx_decode(const void *data, size_t len, struct near_tx *out, struct error *err);

/* Decode a signed transaction: the unsigned part's length comes back in *tx_len, so that the hash and the
 * signature are checked over the bytes received, never over re-serialised ones. */
MUST_USE result_t near_signed_tx_decode(const void *data, size_t len, struct near_tx *out,
                                        struct near_signature *signature, size_t *tx_len, struct error *err);

/* Sign with `pair`, append the signed borsh form to `out`, and give the transaction's hash
 * (SHA-256 of the unsigned form). */
MUST_USE result_t near_tx_sign(const struct near_tx *tx, const struct ed25519_keypair *pair,
                               struct bytes *out, uint8_t hash[SHA256_LEN]);

/* A transaction with one function call; texts and args are copied. */
MUST_USE result_t near_tx_function_call(const char *signer_id, const struct ed25519_public_key *public_key,
                                        uint64_t nonce, const char *receiver_id,
                                        const uint8_t block_hash[SHA256_LEN], const char *method_name,
                                        const void *args, size_t args_len, uint64_t gas, struct u128 deposit,
                                        struct near_tx *out);
void near_tx_free(struct near_tx *tx);

#define NEAR_PUBLIC_KEY_TEXT_MAX 110
MUST_USE result_t near_public_key_parse(const char *text, size_t len, struct near_public_key *out);
void near_public_key_format(const struct near_public_key *key, char out[NEAR_PUBLIC_KEY_TEXT_MAX]);
bool near_public_key_equal(const struct near_public_key *a, const struct near_public_key *b);
struct near_public_key near_public_key_from_ed25519(const struct ed25519_public_key *key);

#endif
