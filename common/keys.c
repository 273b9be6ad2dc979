#include "common/keys.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <wolfssl/options.h>
#include <wolfssl/wolfcrypt/ed25519.h>
#include <wolfssl/wolfcrypt/error-crypt.h>
#include <wolfssl/wolfcrypt/hmac.h>
#include <wolfssl/wolfcrypt/sha256.h>

#include "common/crypto.h"
#include "common/encoding.h"

static const char prefix[] = "ed25519:";
#define PREFIX_LEN (sizeof prefix - 1)

#define KEYPAIR_LEN (2 * ED25519_KEY_LEN)

/* The part behind "ed25519:", as `out_len` bytes. */
static result_t decode_text(const char *text, size_t len, uint8_t *out, size_t out_len, struct error *err)
{
    if (!memchr(text, ':', len))
        return error_set(err, OUTCOME_KEY_MALFORMED, "missing ':' separator");
    if (len < PREFIX_LEN || memcmp(text, prefix, PREFIX_LEN) != 0)
        return error_set(err, OUTCOME_KEY_MALFORMED, "wrong prefix");
    size_t got = 0;
    result_t result = base58_decode_some(text + PREFIX_LEN, len - PREFIX_LEN, out, out_len, &got);
    if (result == OUTCOME_BASE58_MALFORMED)
        return error_set(err, OUTCOME_KEY_MALFORMED, "invalid bs58 encoding");
    if (result != OUTCOME_OK || got != out_len)
        return error_set(err, OUTCOME_KEY_MALFORMED, "invalid key length");
    return OUTCOME_OK;
}

/* Every caller's buffer holds the longest text of `len` bytes, so that only a
 * bug of ours can make this fail. */
static void encode_text(const char *before, const uint8_t *data, size_t len, char *out, size_t out_cap)
{
    size_t used = strlen(before);
    if (used >= out_cap || base58_encode(data, len, out + used, out_cap - used) != OUTCOME_OK)
        abort();
    memcpy(out, before, used);
}

result_t ed25519_public_key_parse(const char *text, size_t len, struct ed25519_public_key *out,
                                  struct error *err)
{
    return decode_text(text, len, out->bytes, sizeof out->bytes, err);
}

void ed25519_public_key_format(const struct ed25519_public_key *key, char out[ED25519_KEY_TEXT_MAX])
{
    encode_text(prefix, key->bytes, sizeof key->bytes, out, ED25519_KEY_TEXT_MAX);
}

bool ed25519_public_key_equal(const struct ed25519_public_key *a, const struct ed25519_public_key *b)
{
    return memcmp(a->bytes, b->bytes, sizeof a->bytes) == 0;
}

/* The y coordinates, little-endian, of the points of order 1, 2, 4 and 8, and those of them that have
 * a second encoding as y + p below 2^255. The sign bit is apart: with it set each of them is
 * small-order too, or no point at all. */
static const uint8_t small_order_y[][ED25519_KEY_LEN] = {
    /* 1, the identity */
    {1},
    /* 0, order 4 */
    {0},
    /* order 8, and its negative */
    {0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4, 0x89, 0xf2, 0xef, 0x98, 0xf0,
     0xd5, 0xdf, 0xac, 0x05, 0xd3, 0xc6, 0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53, 0xfc, 0x05},
    {0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b, 0x76, 0x0d, 0x10, 0x67, 0x0f,
     0x2a, 0x20, 0x53, 0xfa, 0x2c, 0x39, 0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac, 0x03, 0x7a},
    /* p - 1, order 2 */
    {0xec, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
     0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f},
    /* p, which is 0 again */
    {0xed, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
     0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f},
    /* p + 1, which is 1 again */
    {0xee, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
     0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f},
};

bool ed25519_public_key_small_order(const struct ed25519_public_key *key)
{
    struct ed25519_public_key y = *key;
    y.bytes[ED25519_KEY_LEN - 1] &= 0x7f;
    for (size_t i = 0; i < ARRAY_LEN(small_order_y); i++)
        if (memcmp(y.bytes, small_order_y[i], sizeof y.bytes) == 0)
            return true;
    return false;
}

/* The library's key object holds a copy of the private key. */
static void release_key(ed25519_key *key)
{
    wc_ed25519_free(key);
    secret_wipe(key, sizeof *key);
}

/* The public key is made again from the seed and never believed from elsewhere. */
static result_t public_key_of(const uint8_t *seed, struct ed25519_public_key *out)
{
    CLEANUP(release_key) ed25519_key key = {0};
    TRY(crypto_outcome(wc_ed25519_init(&key)));
    TRY(crypto_outcome(wc_ed25519_import_private_only(seed, ED25519_KEY_LEN, &key)));
    return crypto_outcome(wc_ed25519_make_public(&key, out->bytes, sizeof out->bytes));
}

result_t ed25519_keypair_from_seed(const uint8_t seed[ED25519_KEY_LEN], struct ed25519_keypair *out)
{
    *out = (struct ed25519_keypair){0};
    TRY(public_key_of(seed, &out->public_key));
    return secret_copy(&out->seed, seed, ED25519_KEY_LEN);
}

result_t ed25519_keypair_parse(const char *text, size_t len, struct ed25519_keypair *out, struct error *err)
{
    *out = (struct ed25519_keypair){0};
    CLEANUP(secret_free) struct secret both = {0};
    TRY(secret_make(&both, KEYPAIR_LEN));
    TRY(decode_text(text, len, both.data, both.len, err));
    TRY(ed25519_keypair_from_seed(both.data, out));
    if (memcmp(out->public_key.bytes, both.data + ED25519_KEY_LEN, ED25519_KEY_LEN) != 0) {
        ed25519_keypair_free(out);
        return error_set(err, OUTCOME_KEY_MALFORMED, "the public half is not the key of the private half");
    }
    return OUTCOME_OK;
}

result_t ed25519_keypair_format(const struct ed25519_keypair *pair, struct secret *out)
{
    CLEANUP(secret_free) struct secret both = {0}, text = {0};
    TRY(secret_copy(&both, pair->seed.data, pair->seed.len));
    TRY(secret_append(&both, pair->public_key.bytes, sizeof pair->public_key.bytes));
    TRY(secret_make(&text, BASE58_TEXT_MAX));
    encode_text(prefix, both.data, both.len, (char *)text.data, text.len);
    return secret_append_text(out, (char *)text.data);
}

void ed25519_keypair_free(struct ed25519_keypair *pair)
{
    if (pair)
        secret_free(&pair->seed);
}

result_t ed25519_sign(const struct ed25519_keypair *pair, const void *message, size_t len,
                      struct ed25519_signature *out)
{
    CLEANUP(release_key) ed25519_key key = {0};
    word32 out_len = sizeof out->bytes;
    if (len > UINT32_MAX)
        return OUTCOME_CRYPTO_FAILED;
    TRY(crypto_outcome(wc_ed25519_init(&key)));
    /* Trusted: the halves were checked against each other when the pair was made, and checking them again
     * would double the cost of a signature. */
    TRY(crypto_outcome(wc_ed25519_import_private_key_ex(pair->seed.data, (word32)pair->seed.len,
                                                        pair->public_key.bytes, ED25519_KEY_LEN, &key, 1)));
    return crypto_outcome(wc_ed25519_sign_msg(message, (word32)len, out->bytes, &out_len, &key));
}

static int verify_code(const struct ed25519_public_key *public_key, const void *message, word32 len,
                       const struct ed25519_signature *signature, int *valid)
{
    CLEANUP(release_key) ed25519_key key = {0};
    int code = wc_ed25519_init(&key);
    if (code == 0)
        code = wc_ed25519_import_public(public_key->bytes, ED25519_KEY_LEN, &key);
    if (code == 0)
        code = wc_ed25519_verify_msg(signature->bytes, ED25519_SIGNATURE_LEN, message, len, valid, &key);
    return code;
}

/* A key that is no point on the curve fails here too, as a signature that does not belong to it. */
result_t ed25519_verify(const struct ed25519_public_key *public_key, const void *message, size_t len,
                        const struct ed25519_signature *signature)
{
    int valid = 0;
    if (len > UINT32_MAX)
        return OUTCOME_SIGNATURE_INVALID;
    result_t result = crypto_outcome(verify_code(public_key, message, (word32)len, signature, &valid));
    if (result == OUTCOME_NO_MEMORY)
        return result;
    return result == OUTCOME_OK && valid == 1 ? OUTCOME_OK : OUTCOME_SIGNATURE_INVALID;
}

bool ed25519_public_key_is_point(const struct ed25519_public_key *public_key)
{
    /* The library decompresses inside of verifying only, and tells a key that is no point from a signature
     * that does not hold. */
    static const uint8_t signature[ED25519_SIGNATURE_LEN];
    CLEANUP(release_key) ed25519_key key = {0};
    int valid = 0;
    return wc_ed25519_init(&key) == 0 &&
           wc_ed25519_import_public(public_key->bytes, ED25519_KEY_LEN, &key) == 0 &&
           wc_ed25519_verify_msg(signature, sizeof signature, signature, sizeof signature, &valid, &key) !=
               BAD_FUNC_ARG;
}

void ed25519_signature_format(const struct ed25519_signature *signature, char *out, size_t out_cap)
{
    encode_text(prefix, signature->bytes, sizeof signature->bytes, out, out_cap);
}

result_t ed25519_signature_parse(const char *text, size_t len, struct ed25519_signature *out,
                                 struct error *err)
{
    return decode_text(text, len, out->bytes, sizeof out->bytes, err);
}

void sha256(const void *data, size_t len, uint8_t out[SHA256_LEN])
{
    wc_Sha256 hash;
    const uint8_t *at = data;
    /* wolfCrypt's lengths are 32 bits. It can only fail on arguments that are never passed here. */
    bool done = wc_InitSha256(&hash) == 0;
    while (done && len) {
        word32 part = len > INT32_MAX ? INT32_MAX : (word32)len;
        done = wc_Sha256Update(&hash, at, part) == 0;
        at += part;
        len -= part;
    }
    if (!done || wc_Sha256Final(&hash, out) != 0)
        abort();
    wc_Sha256Free(&hash);
    secret_wipe(&hash, sizeof hash);
}

static void release_hmac(Hmac *hmac)
{
    wc_HmacFree(hmac);
    secret_wipe(hmac, sizeof *hmac);
}

result_t hmac_sha256(const struct secret *key, const void *data, size_t len, uint8_t out[SHA256_LEN])
{
    CLEANUP(release_hmac) Hmac hmac = {0};
    if (len > UINT32_MAX)
        return OUTCOME_CRYPTO_FAILED;
    TRY(crypto_outcome(wc_HmacInit(&hmac, NULL, INVALID_DEVID)));
    TRY(crypto_outcome(wc_HmacSetKey(&hmac, WC_SHA256, key->data, (word32)key->len)));
    TRY(crypto_outcome(wc_HmacUpdate(&hmac, data, (word32)len)));
    return crypto_outcome(wc_HmacFinal(&hmac, out));
}

void hash_format(const uint8_t hash[SHA256_LEN], char out[HASH_TEXT_MAX])
{
    encode_text("", hash, SHA256_LEN, out, HASH_TEXT_MAX);
}

result_t hash_parse(const char *text, size_t len, uint8_t out[SHA256_LEN])
{
    return base58_decode(text, len, out, SHA256_LEN);
}
