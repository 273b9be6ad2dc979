#include "common/keys.h"
#include "common/encoding.h"
#include "tests/support/support.h"

#include <stdio.h>
#include <string.h>

/* near-rpc.md B.1: K1 has the seed 00 01 .. 1f, K2 has 42 x 32. */
#define K1_TEXT "ed25519:FAe4sisG95oZ42w7buUn5qEE4TAnfTTFPiguZUHmhiF"
#define K1_HEX  "03a107bff3ce10be1d70dd18e74bc09967e4d6309ba50d5f1ddc8664125531b8"
#define K1_SECRET                                                                                            \
    "ed25519:1GMkH3brNXiNNs1tiFZHu4yZSRrzJwxi5wB9bHFtMikjwpAW9DMZzU2Pqakc5it8X3N5vPmqdN7KF4CCUpmKhq"
#define K2_TEXT "ed25519:3F5qRPtKg8GhGNnbd3qCj6nVJxWsGxq7pvH84okYLAqf"

static struct ed25519_keypair k1(void)
{
    uint8_t seed[ED25519_KEY_LEN];
    for (size_t i = 0; i < sizeof seed; i++)
        seed[i] = (uint8_t)i;
    struct ed25519_keypair pair;
    ck_assert_ok(ed25519_keypair_from_seed(seed, &pair));
    return pair;
}

static struct ed25519_public_key key_from_hex(const char *hex)
{
    struct ed25519_public_key key;
    ck_assert_ok(hex_decode(hex, strlen(hex), key.bytes, sizeof key.bytes));
    return key;
}

START_TEST(a_public_key_reads_and_writes_its_text)
{
    struct ed25519_public_key key, expected = key_from_hex(K1_HEX);
    ck_assert_ok(ed25519_public_key_parse(K1_TEXT, strlen(K1_TEXT), &key, NULL));
    ck_assert(ed25519_public_key_equal(&key, &expected));
    char text[ED25519_KEY_TEXT_MAX];
    ed25519_public_key_format(&key, text);
    ck_assert_str_eq(text, K1_TEXT);
    key.bytes[31] ^= 1;
    ck_assert(!ed25519_public_key_equal(&key, &expected));
}
END_TEST

START_TEST(the_longest_and_the_shortest_key_text)
{
    struct ed25519_public_key key, back;
    char text[ED25519_KEY_TEXT_MAX];
    memset(key.bytes, 0xff, sizeof key.bytes);
    ed25519_public_key_format(&key, text);
    ck_assert_uint_eq(strlen(text), ED25519_KEY_TEXT_MAX - 1);
    ck_assert_ok(ed25519_public_key_parse(text, strlen(text), &back, NULL));
    ck_assert(ed25519_public_key_equal(&key, &back));
    memset(key.bytes, 0, sizeof key.bytes);
    ed25519_public_key_format(&key, text);
    ck_assert_str_eq(text, "ed25519:11111111111111111111111111111111");
}
END_TEST

START_TEST(a_malformed_public_key_is_refused_with_the_reason)
{
    static const char *const cases[][2] = {
        {"", "missing ':' separator"},
        {"FAe4sisG95oZ42w7buUn5qEE4TAnfTTFPiguZUHmhiF", "missing ':' separator"},
        {"ed25519", "missing ':' separator"},
        {"ed:25519", "wrong prefix"},
        {":", "wrong prefix"},
        {"secp256k1:FAe4sisG95oZ42w7buUn5qEE4TAnfTTFPiguZUHmhiF", "wrong prefix"},
        {"ED25519:FAe4sisG95oZ42w7buUn5qEE4TAnfTTFPiguZUHmhiF", "wrong prefix"},
        {" ed25519:FAe4sisG95oZ42w7buUn5qEE4TAnfTTFPiguZUHmhiF", "wrong prefix"},
        {"ed25519:0Ae4sisG95oZ42w7buUn5qEE4TAnfTTFPiguZUHmhiF", "invalid bs58 encoding"},
        {"ed25519:FAe4sisG95oZ42w7buUn5qEE4TAnfTTFPiguZUHmhiF\n", "invalid bs58 encoding"},
        {"ed25519:", "invalid key length"},
        {"ed25519:FAe4sisG95oZ42w7buUn5qEE4TAnfTTFPiguZUHmh", "invalid key length"},
        {K1_TEXT "1234", "invalid key length"},
        {K1_SECRET, "invalid key length"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct ed25519_public_key key;
        struct error err = {0};
        ck_assert_outcome(ed25519_public_key_parse(cases[i][0], strlen(cases[i][0]), &key, &err),
                          OUTCOME_KEY_MALFORMED);
        ck_assert_str_eq(err.text, cases[i][1]);
    }
}
END_TEST

/* y of every encoding of the points of order 1, 2, 4 and 8; each with the sign bit clear and set. */
static const char *const small_order_hex[] = {
    "0100000000000000000000000000000000000000000000000000000000000000",
    "0000000000000000000000000000000000000000000000000000000000000000",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
};

/* A signature that nobody made: R the identity, S zero. It verifies where hash * A is the identity, which for
 * a point of order n is one message in n. */
static bool takes_a_forged_signature(const struct ed25519_public_key *key)
{
    struct ed25519_signature forged = {{1}};
    for (unsigned message = 0; message < 200; message++)
        if (ed25519_verify(key, &message, sizeof message, &forged) == OUTCOME_OK)
            return true;
    return false;
}

START_TEST(small_order_keys_are_known_in_every_encoding_and_take_forged_signatures)
{
    for (size_t i = 0; i < ARRAY_LEN(small_order_hex); i++) {
        for (unsigned sign = 0; sign < 2; sign++) {
            struct ed25519_public_key key = key_from_hex(small_order_hex[i]);
            key.bytes[31] |= (uint8_t)(sign << 7);
            ck_assert(ed25519_public_key_small_order(&key));
            ck_assert_msg(takes_a_forged_signature(&key), "%s, sign %u, is no small-order point",
                          small_order_hex[i], sign);
        }
    }
}
END_TEST

START_TEST(half_of_all_encodings_are_points)
{
    static const bool is_point[] = {true, true, false, true, true, true, true, false, false};
    for (uint8_t y = 0; y < ARRAY_LEN(is_point); y++) {
        struct ed25519_public_key key = {{y}};
        ck_assert_int_eq(ed25519_public_key_is_point(&key), is_point[y]);
        key.bytes[31] = 0x80;
        ck_assert_int_eq(ed25519_public_key_is_point(&key), is_point[y]);
    }
    CLEANUP(ed25519_keypair_free) struct ed25519_keypair pair = k1();
    ck_assert(ed25519_public_key_is_point(&pair.public_key));
    uint64_t random = test_seed();
    unsigned points = 0;
    for (unsigned i = 0; i < 200; i++) {
        struct ed25519_public_key key;
        for (size_t k = 0; k < sizeof key.bytes; k++)
            key.bytes[k] = (uint8_t)test_random(&random);
        points += ed25519_public_key_is_point(&key);
    }
    ck_assert_uint_gt(points, 50);
    ck_assert_uint_lt(points, 150);
}
END_TEST

START_TEST(other_keys_are_not_small_order)
{
    CLEANUP(ed25519_keypair_free) struct ed25519_keypair pair = k1();
    ck_assert(!ed25519_public_key_small_order(&pair.public_key));
    ck_assert(!takes_a_forged_signature(&pair.public_key));
    uint64_t random = test_seed();
    for (unsigned i = 0; i < 1000; i++) {
        struct ed25519_public_key key;
        for (size_t k = 0; k < sizeof key.bytes; k++)
            key.bytes[k] = (uint8_t)test_random(&random);
        ck_assert(!ed25519_public_key_small_order(&key));
    }
    for (size_t i = 0; i < ARRAY_LEN(small_order_hex); i++) {
        struct ed25519_public_key key = key_from_hex(small_order_hex[i]);
        key.bytes[1] ^= 0x10;
        ck_assert(!ed25519_public_key_small_order(&key));
    }
}
END_TEST

START_TEST(a_keypair_reads_and_writes_its_text)
{
    CLEANUP(ed25519_keypair_free) struct ed25519_keypair pair;
    CLEANUP(secret_free) struct secret text = {0};
    char public_text[ED25519_KEY_TEXT_MAX];
    ck_assert_ok(ed25519_keypair_parse(K1_SECRET, strlen(K1_SECRET), &pair, NULL));
    ck_assert_uint_eq(pair.seed.len, ED25519_KEY_LEN);
    for (size_t i = 0; i < pair.seed.len; i++)
        ck_assert_uint_eq(pair.seed.data[i], i);
    ed25519_public_key_format(&pair.public_key, public_text);
    ck_assert_str_eq(public_text, K1_TEXT);
    ck_assert_ok(secret_append_text(&text, "\""));
    ck_assert_ok(ed25519_keypair_format(&pair, &text));
    ck_assert_uint_eq(text.len, strlen(K1_SECRET) + 1);
    ck_assert_mem_eq(text.data, "\"" K1_SECRET, text.len);
}
END_TEST

START_TEST(the_p2p_key_of_a_rust_node_is_read)
{
    /* wire.md 6.2 */
    static const char text[] =
        "ed25519:561CCDGTqnGrfJcsYwcuRgvU6JCiJnt2GGVpKfkkFcH21o1he4NorPPiyQxPp92VNxygmTRDhFcfQchV7RTYsdHh";
    CLEANUP(ed25519_keypair_free) struct ed25519_keypair pair;
    ck_assert_ok(ed25519_keypair_parse(text, strlen(text), &pair, NULL));
    char hex[65] = {0}, public_text[ED25519_KEY_TEXT_MAX];
    hex_encode(pair.seed.data, pair.seed.len, hex);
    ck_assert_str_eq(hex, "cc61f6de03ebaed8922ae664f97b27f762f900bc858150df8b14d36ce5c5410a");
    ed25519_public_key_format(&pair.public_key, public_text);
    ck_assert_str_eq(public_text, "ed25519:ARfPELmYcLeVfKKJQmrR13ReCogu57BVynvpbgUVq6dV");
}
END_TEST

START_TEST(a_keypair_whose_halves_do_not_belong_together_is_refused)
{
    struct ed25519_keypair pair;
    struct error err = {0};
    uint8_t both[64] = {0};
    char text[8 + BASE58_TEXT_MAX] = "ed25519:";
    ck_assert_ok(base58_encode(both, sizeof both, text + 8, sizeof text - 8));
    ck_assert_outcome(ed25519_keypair_parse(text, strlen(text), &pair, &err), OUTCOME_KEY_MALFORMED);
    ck_assert_text_has(err.text, "public half");
    ck_assert_ptr_null(pair.seed.data);
    ck_assert_outcome(ed25519_keypair_parse(K1_TEXT, strlen(K1_TEXT), &pair, &err), OUTCOME_KEY_MALFORMED);
    ck_assert_str_eq(err.text, "invalid key length");
    ed25519_keypair_free(NULL);
}
END_TEST

START_TEST(signatures_are_those_of_rfc_8032)
{
    static const struct {
        const char *seed, *key, *message, *signature;
    } cases[] = {
        {"9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
         "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
         "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25"
         "bf5f059"
         "5bbe24655141438e7a100b"},
        {"4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
         "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
         "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387"
         "b2eaeb4"
         "302aeeb00d291612bb0c00"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        uint8_t seed[32], message[1];
        size_t len = strlen(cases[i].message) / 2;
        char hex[129] = {0};
        ck_assert_ok(hex_decode(cases[i].seed, 64, seed, 32));
        ck_assert_ok(hex_decode(cases[i].message, 2 * len, message, len));
        CLEANUP(ed25519_keypair_free) struct ed25519_keypair pair;
        struct ed25519_signature signature;
        ck_assert_ok(ed25519_keypair_from_seed(seed, &pair));
        struct ed25519_public_key expected = key_from_hex(cases[i].key);
        ck_assert(ed25519_public_key_equal(&pair.public_key, &expected));
        ck_assert_ok(ed25519_sign(&pair, message, len, &signature));
        hex_encode(signature.bytes, sizeof signature.bytes, hex);
        ck_assert_str_eq(hex, cases[i].signature);
        ck_assert_ok(ed25519_verify(&pair.public_key, message, len, &signature));
    }
}
END_TEST

START_TEST(any_change_makes_a_signature_invalid)
{
    CLEANUP(ed25519_keypair_free) struct ed25519_keypair pair = k1();
    struct ed25519_signature signature;
    char message[] = "conclude";
    ck_assert_ok(ed25519_sign(&pair, message, 8, &signature));
    for (size_t i = 0; i < sizeof signature.bytes; i++) {
        struct ed25519_signature changed = signature;
        changed.bytes[i] ^= 4;
        ck_assert_outcome(ed25519_verify(&pair.public_key, message, 8, &changed), OUTCOME_SIGNATURE_INVALID);
    }
    ck_assert_outcome(ed25519_verify(&pair.public_key, message, 7, &signature), OUTCOME_SIGNATURE_INVALID);
    message[0] ^= 1;
    ck_assert_outcome(ed25519_verify(&pair.public_key, message, 8, &signature), OUTCOME_SIGNATURE_INVALID);
    message[0] ^= 1;
    struct ed25519_public_key other;
    ck_assert_ok(ed25519_public_key_parse(K2_TEXT, strlen(K2_TEXT), &other, NULL));
    ck_assert_outcome(ed25519_verify(&other, message, 8, &signature), OUTCOME_SIGNATURE_INVALID);
}
END_TEST

START_TEST(an_empty_pair_cannot_sign)
{
    struct ed25519_keypair empty = {0};
    struct ed25519_signature signature;
    ck_assert_outcome(ed25519_sign(&empty, "x", 1, &signature), OUTCOME_CRYPTO_FAILED);
}
END_TEST

START_TEST(a_signature_has_nears_text)
{
    struct ed25519_signature signature;
    char text[100];
    ck_assert_ok(hex_decode("93c22d8303723b7bca84a3e1f42b81ae156b5f7586604bdf2a86ca1e408de203"
                            "8c0fba1ba810b5702ba77e5181f4647ad7e6ea5c2b2bb547a7131e62a603890d",
                            128, signature.bytes, 64));
    ed25519_signature_format(&signature, text, sizeof text);
    ck_assert_str_eq(
        text, "ed25519:"
              "3xLpCfaPyRimHU4u9QPca2sV2SGL6xyten5JUXqV95cMqsaJe9dCmLMZeD4qbxHhR3B23hAG7PxrXa8wqNmjNR5W");
}
END_TEST

START_TEST(sha256_of_known_texts)
{
    uint8_t hash[SHA256_LEN];
    char hex[65] = {0}, a[1000];
    sha256("abc", 3, hash);
    hex_encode(hash, sizeof hash, hex);
    ck_assert_str_eq(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    sha256(NULL, 0, hash);
    hex_encode(hash, sizeof hash, hex);
    ck_assert_str_eq(hex, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    memset(a, 'a', sizeof a);
    sha256(a, sizeof a, hash);
    hex_encode(hash, sizeof hash, hex);
    ck_assert_str_eq(hex, "41edece42d63e8d9bf515a9ba6932e1c20cbc9f5a5d134645adb5db1b9737ea3");
}
END_TEST

START_TEST(a_hash_reads_and_writes_its_text)
{
    static const char text[] = "E4PBTjmckqrGHpZ2kB1fE2XHXe4aC7if6uHTzcY5yA78";
    uint8_t hash[SHA256_LEN];
    char back[HASH_TEXT_MAX];
    ck_assert_ok(hash_parse(text, strlen(text), hash));
    ck_assert_uint_eq(hash[0], 0xc2);
    hash_format(hash, back);
    ck_assert_str_eq(back, text);
    memset(hash, 0xff, sizeof hash);
    hash_format(hash, back);
    ck_assert_uint_eq(strlen(back), HASH_TEXT_MAX - 1);
    ck_assert_outcome(hash_parse(text, strlen(text) - 3, hash), OUTCOME_BASE58_MALFORMED);
    ck_assert_outcome(hash_parse("", 0, hash), OUTCOME_BASE58_MALFORMED);
}
END_TEST

/* RFC 4231, test cases 1 and 6: a key shorter than a block, and one that is longer. */
START_TEST(hmacs_are_those_of_rfc_4231)
{
    static const struct {
        const char *key;
        size_t key_len; /* the key's character, as often as that */
        const char *data;
        const char *hmac;
    } vectors[] = {
        {"\x0b", 20, "Hi There", "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"},
        {"\xaa", 131, "Test Using Larger Than Block-Size Key - Hash Key First",
         "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"},
    };
    for (size_t i = 0; i < ARRAY_LEN(vectors); i++) {
        CLEANUP(secret_free) struct secret key = {0};
        uint8_t hmac[SHA256_LEN];
        char text[2 * SHA256_LEN + 1] = {0};
        ck_assert_ok(secret_make(&key, vectors[i].key_len));
        memset(key.data, vectors[i].key[0], key.len);
        ck_assert_ok(hmac_sha256(&key, vectors[i].data, strlen(vectors[i].data), hmac));
        hex_encode(hmac, sizeof hmac, text);
        ck_assert_str_eq(text, vectors[i].hmac);
    }
}
END_TEST

START_TEST(a_signatures_text_reads_back)
{
    struct ed25519_signature signature, back;
    char text[ED25519_SIGNATURE_TEXT_MAX];
    struct error err;
    for (size_t i = 0; i < sizeof signature.bytes; i++)
        signature.bytes[i] = (uint8_t)(i * 7);
    ed25519_signature_format(&signature, text, sizeof text);
    ck_assert_ok_err(ed25519_signature_parse(text, strlen(text), &back, &err), err);
    ck_assert_mem_eq(back.bytes, signature.bytes, sizeof back.bytes);
    ck_assert_outcome(ed25519_signature_parse(text, strlen(text) - 1, &back, &err), OUTCOME_KEY_MALFORMED);
    ck_assert_outcome(ed25519_signature_parse(text + 1, strlen(text) - 1, &back, &err),
                      OUTCOME_KEY_MALFORMED);
    ck_assert_outcome(ed25519_signature_parse("", 0, &back, &err), OUTCOME_KEY_MALFORMED);
}
END_TEST

int main(void)
{
    SUITE_WITH_CASE(suite, tcase, "keys");
    tcase_add_test(tcase, a_public_key_reads_and_writes_its_text);
    tcase_add_test(tcase, the_longest_and_the_shortest_key_text);
    tcase_add_test(tcase, a_malformed_public_key_is_refused_with_the_reason);
    tcase_add_test(tcase, small_order_keys_are_known_in_every_encoding_and_take_forged_signatures);
    tcase_add_test(tcase, half_of_all_encodings_are_points);
    tcase_add_test(tcase, other_keys_are_not_small_order);
    tcase_add_test(tcase, a_keypair_reads_and_writes_its_text);
    tcase_add_test(tcase, the_p2p_key_of_a_rust_node_is_read);
    tcase_add_test(tcase, a_keypair_whose_halves_do_not_belong_together_is_refused);
    tcase_add_test(tcase, signatures_are_those_of_rfc_8032);
    tcase_add_test(tcase, any_change_makes_a_signature_invalid);
    tcase_add_test(tcase, an_empty_pair_cannot_sign);
    tcase_add_test(tcase, a_signature_has_nears_text);
    tcase_add_test(tcase, a_signatures_text_reads_back);
    tcase_add_test(tcase, sha256_of_known_texts);
    tcase_add_test(tcase, hmacs_are_those_of_rfc_4231);
    tcase_add_test(tcase, a_hash_reads_and_writes_its_text);
    return run_suite(suite);
}
