#include "common/mpc_cert.h"

#include <string.h>

#include "common/der.h"
#include "common/mpc_cert_form.h"

const uint8_t mpc_dummy_issuer_seed[ED25519_KEY_LEN] = {
    0x69, 0x0c, 0x3d, 0x01, 0x1b, 0xd0, 0x65, 0xf1, 0x80, 0x55, 0xdb, 0x82, 0x88, 0xcb, 0x79, 0xb9,
    0x87, 0x9c, 0x25, 0x29, 0x4b, 0x74, 0x18, 0xa8, 0x9a, 0xd8, 0x71, 0xfc, 0x85, 0xa8, 0x7b, 0x56};

const struct ed25519_public_key mpc_dummy_issuer_public_key = {
    {0x01, 0xb7, 0x42, 0xf0, 0xa0, 0xe9, 0x0d, 0x93, 0xea, 0x65, 0xa9, 0x4a, 0x9d, 0xd2, 0x66, 0xd8,
     0xde, 0x84, 0x5e, 0x7f, 0x9c, 0x37, 0x12, 0x1b, 0xda, 0x04, 0x5a, 0xdb, 0x53, 0xf9, 0x99, 0xcb}};

/* The pieces of wire.md 1.2 that never change. */
#define VERSION_3 "\xa0\x03\x02\x01\x02"
/* Octal, because hex escapes would run on into the digits: UTCTime of 13
 * characters, GeneralizedTime of 15. */
#define VALIDITY  "\060\040\027\015750101000000Z\030\01740960101000000Z"
#define SPKI_HEAD "\x30\x2a" MPC_CERT_ALGORITHM "\x03\x21\x00"
#define SAN_OID   "\x06\x03\x55\x1d\x11"

#define SERIAL_LEN_MAX 20

/* Bytes without the terminator of a string literal. */
#define APPEND(out, literal) TRY(bytes_append(out, literal, sizeof(literal) - 1))

/* The first 20 bytes of the key's hash as a positive INTEGER of the fewest bytes. */
static result_t append_serial(struct bytes *out, const struct ed25519_public_key *key)
{
    uint8_t hash[SHA256_LEN];
    sha256(key->bytes, sizeof key->bytes, hash);
    hash[0] &= 0x7f;
    size_t start = 0;
    while (start + 1 < SERIAL_LEN_MAX && hash[start] == 0 && hash[start + 1] < 0x80)
        start++;
    TRY(bytes_append_u8(out, DER_INTEGER));
    TRY(bytes_append_u8(out, (uint8_t)(SERIAL_LEN_MAX - start)));
    return bytes_append(out, hash + start, SERIAL_LEN_MAX - start);
}

/* The one extension: subjectAltName with one dNSName. Every length is below 128. */
static result_t append_san(struct bytes *out, const char *name)
{
    uint8_t len = (uint8_t)strlen(name);
    const uint8_t head[] = {0xa3, (uint8_t)(len + 15), 0x30, (uint8_t)(len + 13), 0x30, (uint8_t)(len + 11)};
    const uint8_t tail[] = {0x04, (uint8_t)(len + 4), 0x30, (uint8_t)(len + 2), 0x82, len};
    TRY(bytes_append(out, head, sizeof head));
    APPEND(out, SAN_OID);
    TRY(bytes_append(out, tail, sizeof tail));
    return bytes_append_text(out, name);
}

/* Between 185 and 204 bytes whatever the serial, so that its length always takes the 81 form. */
static result_t append_tbs(struct bytes *out, const struct ed25519_public_key *key, const char *name)
{
    CLEANUP(bytes_free) struct bytes body = {0};
    APPEND(&body, VERSION_3);
    TRY(append_serial(&body, key));
    APPEND(&body, MPC_CERT_ALGORITHM MPC_CERT_DN VALIDITY MPC_CERT_DN SPKI_HEAD);
    TRY(bytes_append(&body, key->bytes, sizeof key->bytes));
    TRY(append_san(&body, name));
    const uint8_t head[] = {DER_SEQUENCE, 0x81, (uint8_t)body.len};
    TRY(bytes_append(out, head, sizeof head));
    return bytes_append(out, body.data, body.len);
}

/* Between 266 and 285 bytes, the 82 form. Ed25519 signatures have no
 * randomness: one key has one certificate. */
static result_t make(const struct ed25519_public_key *key, const char *name, uint8_t out[MPC_CERT_LEN_MAX],
                     size_t *out_len)
{
    CLEANUP(ed25519_keypair_free) struct ed25519_keypair issuer = {0};
    CLEANUP(bytes_free) struct bytes body = {0};
    struct ed25519_signature signature;
    TRY(ed25519_keypair_from_seed(mpc_dummy_issuer_seed, &issuer));
    TRY(append_tbs(&body, key, name));
    TRY(ed25519_sign(&issuer, body.data, body.len, &signature));
    APPEND(&body, MPC_CERT_ALGORITHM "\x03\x41\x00");
    TRY(bytes_append(&body, signature.bytes, sizeof signature.bytes));
    if (body.len + 4 > MPC_CERT_LEN_MAX)
        return OUTCOME_INTERNAL;
    const uint8_t head[] = {DER_SEQUENCE, 0x82, (uint8_t)(body.len >> 8), (uint8_t)body.len};
    memcpy(out, head, sizeof head);
    memcpy(out + sizeof head, body.data, body.len);
    *out_len = sizeof head + body.len;
    return OUTCOME_OK;
}

result_t mpc_cert_make_peer(const struct ed25519_public_key *key, uint8_t out[MPC_CERT_LEN_MAX],
                            size_t *out_len)
{
    return make(key, "dummy", out, out_len);
}

result_t mpc_cert_make_root(uint8_t out[MPC_CERT_LEN_MAX], size_t *out_len)
{
    return make(&mpc_dummy_issuer_public_key, "root", out, out_len);
}

void mpc_key_pkcs8_v1(const uint8_t seed[ED25519_KEY_LEN], uint8_t out[MPC_PKCS8_V1_LEN])
{
    static const uint8_t head[MPC_PKCS8_V1_LEN - ED25519_KEY_LEN] = {
        0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20};
    memcpy(out, head, sizeof head);
    memcpy(out + sizeof head, seed, ED25519_KEY_LEN);
}
