#include "common/mpc_cert.h"
#include "common/encoding.h"
#include "tests/support/support.h"

#include <string.h>

/* wire.md 1.2: both are what rcgen 0.13.2 makes; the peer's key has the seed 00 01 .. 1f. */
static const char root_hex[] =
    "308201183081cba0030201020214468118ed956da60e694499acc7f8b7526dfa775c300506032b65703021311f301d06035504"
    "030c16726367656e2073656c66207369676e656420636572743020170d3735303130313030303030305a180f34303936303130"
    "313030303030305a3021311f301d06035504030c16726367656e2073656c66207369676e65642063657274302a300506032b65"
    "7003210001b742f0a0e90d93ea65a94a9dd266d8de845e7f9c37121bda045adb53f999cba3133011300f0603551d1104083006"
    "8204726f6f74300506032b6570034100fbfee2c9aa051df3b340aa959d0c25182fd5295f223e8c3b07b8fae7ac0ebd5a43e884"
    "23fbb56ccb3e461bd560f29e852ee444300c38ac28789047ae7aad2608";
static const char peer_hex[] =
    "308201193081cca003020102021456475aa75463474c0285df5dbf2bcab73da65135300506032b65703021311f301d06035504"
    "030c16726367656e2073656c66207369676e656420636572743020170d3735303130313030303030305a180f34303936303130"
    "313030303030305a3021311f301d06035504030c16726367656e2073656c66207369676e65642063657274302a300506032b65"
    "7003210003a107bff3ce10be1d70dd18e74bc09967e4d6309ba50d5f1ddc8664125531b8a314301230100603551d1104093007"
    "820564756d6d79300506032b65700341003fccafc5bcacff522c4cb2c47222dcd8be0a3fee3d2d1441ed53195221a4143ac7f0"
    "cf0f4545264b1ec3aa2e3d2fe2864d178fde729530e719f4a1e3af60aa08";

static struct ed25519_public_key peer_key(void)
{
    struct ed25519_public_key key;
    static const char hex[] = "03a107bff3ce10be1d70dd18e74bc09967e4d6309ba50d5f1ddc8664125531b8";
    ck_assert_ok(hex_decode(hex, strlen(hex), key.bytes, sizeof key.bytes));
    return key;
}

static void assert_is_hex(const uint8_t *der, size_t len, const char *expected)
{
    char hex[2 * MPC_CERT_LEN_MAX + 1] = {0};
    hex_encode(der, len, hex);
    ck_assert_str_eq(hex, expected);
}

START_TEST(the_peer_certificate_is_rcgens_byte_for_byte)
{
    struct ed25519_public_key key = peer_key();
    uint8_t der[MPC_CERT_LEN_MAX];
    size_t len;
    ck_assert_ok(mpc_cert_make_peer(&key, der, &len));
    assert_is_hex(der, len, peer_hex);
    CLEANUP(bytes_free) struct bytes reference = {0};
    if (!reference_data("tls/peer_seed_00_1f.der", &reference))
        return;
    ck_assert_uint_eq(len, reference.len);
    ck_assert_mem_eq(der, reference.data, len);
}
END_TEST

START_TEST(the_root_certificate_is_rcgens_byte_for_byte)
{
    uint8_t der[MPC_CERT_LEN_MAX];
    size_t len;
    ck_assert_ok(mpc_cert_make_root(der, &len));
    assert_is_hex(der, len, root_hex);
    CLEANUP(bytes_free) struct bytes reference = {0};
    if (!reference_data("tls/dummy_root.der", &reference))
        return;
    ck_assert_uint_eq(len, reference.len);
    ck_assert_mem_eq(der, reference.data, len);
}
END_TEST

START_TEST(the_dummy_seed_makes_the_dummy_key)
{
    CLEANUP(ed25519_keypair_free) struct ed25519_keypair pair;
    ck_assert_ok(ed25519_keypair_from_seed(mpc_dummy_issuer_seed, &pair));
    ck_assert(ed25519_public_key_equal(&pair.public_key, &mpc_dummy_issuer_public_key));
}
END_TEST

/* How many bytes the serial of this key has by the rule of wire.md 1.2: of 20 bytes with the top bit cleared,
 * leading zero bytes go, unless the number would turn negative. */
static size_t serial_len(const struct ed25519_public_key *key)
{
    uint8_t hash[SHA256_LEN];
    sha256(key->bytes, sizeof key->bytes, hash);
    if (hash[0] & 0x7f)
        return 20;
    size_t zeros = 1;
    while (hash[zeros] == 0)
        zeros++;
    return 20 - zeros + (hash[zeros] >> 7);
}

START_TEST(a_serial_has_no_leading_zero_byte_unless_its_sign_needs_it)
{
    bool shorter = false, kept = false;
    for (uint32_t i = 0; i < 100000 && !(shorter && kept); i++) {
        struct ed25519_public_key key = {{0}};
        memcpy(key.bytes, &i, sizeof i);
        uint8_t hash[SHA256_LEN];
        sha256(key.bytes, sizeof key.bytes, hash);
        if ((hash[0] & 0x7f) != 0)
            continue;
        uint8_t der[MPC_CERT_LEN_MAX];
        size_t len, expected = serial_len(&key);
        ck_assert_ok(mpc_cert_make_peer(&key, der, &len));
        ck_assert_uint_eq(len, 265 + expected);
        ck_assert_uint_eq(der[12], 0x02);
        ck_assert_uint_eq(der[13], expected);
        ck_assert_mem_eq(der + 14 + (expected == 20), hash + 20 - expected + (expected == 20),
                         expected - (expected == 20));
        ck_assert_uint_lt(der[14], 0x80);

        struct ed25519_public_key back;
        struct error err = {0};
        ck_assert_ok_err(mpc_cert_verify_server(der, len, 1700000000, &back, &err), err);
        ck_assert(ed25519_public_key_equal(&key, &back));
        shorter = shorter || expected < 20;
        kept = kept || expected == 20;
    }
    ck_assert(shorter && kept);
}
END_TEST

START_TEST(the_private_key_has_the_pkcs8_form_of_rfc_8410)
{
    uint8_t seed[ED25519_KEY_LEN], der[MPC_PKCS8_V1_LEN];
    for (size_t i = 0; i < sizeof seed; i++)
        seed[i] = (uint8_t)i;
    mpc_key_pkcs8_v1(seed, der);
    assert_is_hex(
        der, sizeof der,
        "302e020100300506032b657004220420000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f");
}
END_TEST

int main(void)
{
    SUITE_WITH_CASE(suite, tcase, "mpc_cert");
    tcase_add_test(tcase, the_peer_certificate_is_rcgens_byte_for_byte);
    tcase_add_test(tcase, the_root_certificate_is_rcgens_byte_for_byte);
    tcase_add_test(tcase, the_dummy_seed_makes_the_dummy_key);
    tcase_add_test(tcase, a_serial_has_no_leading_zero_byte_unless_its_sign_needs_it);
    tcase_add_test(tcase, the_private_key_has_the_pkcs8_form_of_rfc_8410);
    return run_suite(suite);
}
