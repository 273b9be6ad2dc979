#include "common/seal.h"

#include <wolfssl/options.h>
#include <wolfssl/wolfcrypt/aes.h>
#include <wolfssl/wolfcrypt/error-crypt.h>

#include "common/crypto.h"
#include "common/encoding.h"

static void release_aes(Aes *aes)
{
    wc_AesFree(aes);
    secret_wipe(aes, sizeof *aes);
}

/* A key of either length; `len` and `aad_len` have to fit wolfCrypt's 32 bits. */
static result_t start(Aes *aes, const struct secret *key, size_t len, size_t aad_len)
{
    if (key->len != SEAL_TRANSPORT_KEY_LEN && key->len != SEAL_AT_REST_KEY_LEN)
        return OUTCOME_CRYPTO_FAILED;
    if (len > UINT32_MAX - SEAL_NONCE_LEN - SEAL_TAG_LEN || aad_len > UINT32_MAX)
        return OUTCOME_CRYPTO_FAILED;
    TRY(crypto_outcome(wc_AesInit(aes, NULL, INVALID_DEVID)));
    return crypto_outcome(wc_AesGcmSetKey(aes, key->data, (word32)key->len));
}

/* nonce || ciphertext || tag, encrypted in place behind the nonce; no copy of the plaintext is made. */
result_t seal(const struct secret *key, const uint8_t nonce[SEAL_NONCE_LEN], const void *aad, size_t aad_len,
              const void *plaintext, size_t len, struct bytes *out)
{
    CLEANUP(release_aes) Aes aes = {0};
    TRY(start(&aes, key, len, aad_len));
    size_t before = out->len;
    uint8_t *at;
    TRY(bytes_append(out, nonce, SEAL_NONCE_LEN));
    result_t result = bytes_extend(out, len + SEAL_TAG_LEN, &at);
    if (result == OUTCOME_OK)
        result = crypto_outcome(wc_AesGcmEncrypt(&aes, at, plaintext, (word32)len, nonce, SEAL_NONCE_LEN,
                                                 at + len, SEAL_TAG_LEN, aad, (word32)aad_len));
    if (result != OUTCOME_OK)
        out->len = before;
    return result;
}

result_t unseal(const struct secret *key, const void *aad, size_t aad_len, const void *sealed, size_t len,
                struct secret *out, struct error *err)
{
    *out = (struct secret){0};
    const uint8_t *nonce = sealed;
    if (len < SEAL_NONCE_LEN)
        return error_set(err, OUTCOME_NONCE_TRUNCATED, "ciphertext too short: missing nonce");
    /* 12 to 27 bytes fail as decryption does (wire.md 3.1). */
    if (len < SEAL_NONCE_LEN + SEAL_TAG_LEN)
        return error_set(err, OUTCOME_UNSEAL_FAILED, "decryption failed: aead::Error");
    size_t plain_len = len - SEAL_NONCE_LEN - SEAL_TAG_LEN;
    CLEANUP(release_aes) Aes aes = {0};
    CLEANUP(secret_free) struct secret plain = {0};
    result_t result = start(&aes, key, plain_len, aad_len);
    if (result != OUTCOME_OK)
        return error_set(err, result, "AES-GCM cannot be used with this key or length");
    TRY(secret_make(&plain, plain_len));
    /* wolfCrypt compares the tag in constant time, and `plain` goes when it does not match. */
    int code =
        wc_AesGcmDecrypt(&aes, plain.data, nonce + SEAL_NONCE_LEN, (word32)plain_len, nonce, SEAL_NONCE_LEN,
                         nonce + SEAL_NONCE_LEN + plain_len, SEAL_TAG_LEN, aad, (word32)aad_len);
    if (code == AES_GCM_AUTH_E)
        return error_set(err, OUTCOME_UNSEAL_FAILED, "decryption failed: aead::Error");
    if (code)
        return error_set(err, crypto_outcome(code), "decryption was not possible");
    *out = plain;
    plain = (struct secret){0};
    return OUTCOME_OK;
}

result_t seal_transport(const struct secret *key, const uint8_t nonce[SEAL_NONCE_LEN], const void *plaintext,
                        size_t len, struct bytes *out)
{
    CLEANUP(bytes_free) struct bytes sealed = {0};
    if (key->len != SEAL_TRANSPORT_KEY_LEN)
        return OUTCOME_CRYPTO_FAILED;
    TRY(seal(key, nonce, NULL, 0, plaintext, len, &sealed));
    return base64_encode(sealed.data, sealed.len, out);
}

result_t unseal_transport(const struct secret *key, const char *text, size_t len, struct secret *out,
                          struct error *err)
{
    *out = (struct secret){0};
    CLEANUP(bytes_free) struct bytes sealed = {0};
    if (key->len != SEAL_TRANSPORT_KEY_LEN)
        return error_set(err, OUTCOME_CRYPTO_FAILED, "the transport key has to have %d bytes",
                         SEAL_TRANSPORT_KEY_LEN);
    TRY(base64_decode(text, len, &sealed, err));
    return unseal(key, NULL, 0, sealed.data, sealed.len, out, err);
}
