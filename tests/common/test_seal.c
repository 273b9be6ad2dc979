#include "common/seal.h"
#include "tests/support/support.h"

#include <string.h>

/* wire.md 3.1 and 10: key 00 01 .., nonce a0 a1 .. */
static struct secret counting_key(size_t len)
{
    struct secret key;
    ck_assert_ok(secret_make(&key, len));
    for (size_t i = 0; i < len; i++)
        key.data[i] = (uint8_t)i;
    return key;
}

static const uint8_t nonce[SEAL_NONCE_LEN] = {0xa0, 0xa1, 0xa2, 0xa3, 0xa4, 0xa5,
                                              0xa6, 0xa7, 0xa8, 0xa9, 0xaa, 0xab};

#define EMPTY_ARRAY_SEALED "oKGio6SlpqeoqaqrvUVxAWV+LvhlRm0hd0E0r0/o"

START_TEST(the_transport_vector_is_made_and_opened)
{
    CLEANUP(secret_free) struct secret key = counting_key(32), plain = {0};
    CLEANUP(bytes_free) struct bytes text = {0};
    ck_assert_ok(seal_transport(&key, nonce, "[]", 2, &text));
    ck_assert_str_eq((char *)text.data, EMPTY_ARRAY_SEALED);
    ck_assert_ok(unseal_transport(&key, (char *)text.data, text.len, &plain, NULL));
    ck_assert_uint_eq(plain.len, 2);
    ck_assert_mem_eq(plain.data, "[]", 2);
}
END_TEST

START_TEST(the_reference_key_shares_are_opened)
{
    CLEANUP(secret_free) struct secret key = counting_key(32), plain = {0};
    CLEANUP(bytes_free) struct bytes body = {0}, shares = {0}, again = {0};
    if (!reference_data("keyshares/keyshares_body.b64", &body) ||
        !reference_data("keyshares/keyshares.json", &shares))
        return;
    ck_assert_ok(unseal_transport(&key, (char *)body.data, body.len, &plain, NULL));
    ck_assert_uint_eq(plain.data[0], '[');
    ck_assert_uint_eq(plain.len, 872);
    ck_assert_ok(seal_transport(&key, nonce, plain.data, plain.len, &again));
    ck_assert_uint_eq(again.len, body.len);
    ck_assert_mem_eq(again.data, body.data, body.len);
}
END_TEST

START_TEST(a_permanent_file_of_a_rust_node_is_opened)
{
    CLEANUP(secret_free) struct secret key = {0}, plain = {0};
    CLEANUP(bytes_free) struct bytes file = {0};
    if (!reference_data("keyshares/epoch_5_with_3_domains.bin", &file))
        return;
    ck_assert_ok(secret_make(&key, SEAL_AT_REST_KEY_LEN));
    memset(key.data, 0xaa, key.len);
    ck_assert_ok(unseal(&key, NULL, 0, file.data, file.len, &plain, NULL));
    ck_assert_uint_eq(plain.len, 927 - SEAL_NONCE_LEN - SEAL_TAG_LEN);
    ck_assert_mem_eq(plain.data, "{\"epoch_id\":5,", 14);
}
END_TEST

START_TEST(layout_is_nonce_ciphertext_tag_behind_what_was_there)
{
    CLEANUP(secret_free) struct secret key = counting_key(16), plain = {0};
    CLEANUP(bytes_free) struct bytes out = {0};
    ck_assert_ok(bytes_append_text(&out, "head"));
    ck_assert_ok(seal(&key, nonce, "id", 2, "hello", 5, &out));
    ck_assert_uint_eq(out.len, 4 + SEAL_NONCE_LEN + 5 + SEAL_TAG_LEN);
    ck_assert_mem_eq(out.data + 4, nonce, SEAL_NONCE_LEN);
    ck_assert_ok(unseal(&key, "id", 2, out.data + 4, out.len - 4, &plain, NULL));
    ck_assert_mem_eq(plain.data, "hello", 5);
}
END_TEST

START_TEST(nothing_can_be_sealed_too)
{
    CLEANUP(secret_free) struct secret key = counting_key(16), plain = {0};
    CLEANUP(bytes_free) struct bytes out = {0};
    ck_assert_ok(seal(&key, nonce, NULL, 0, NULL, 0, &out));
    ck_assert_uint_eq(out.len, SEAL_NONCE_LEN + SEAL_TAG_LEN);
    ck_assert_ok(unseal(&key, NULL, 0, out.data, out.len, &plain, NULL));
    ck_assert_uint_eq(plain.len, 0);
    out.data[out.len - 1] ^= 1;
    ck_assert_outcome(unseal(&key, NULL, 0, out.data, out.len, &plain, NULL), OUTCOME_UNSEAL_FAILED);
}
END_TEST

START_TEST(any_changed_bit_key_or_additional_data_is_refused)
{
    CLEANUP(secret_free) struct secret key = counting_key(32), other = counting_key(32);
    CLEANUP(bytes_free) struct bytes out = {0};
    struct secret plain;
    struct error err = {0};
    ck_assert_ok(seal(&key, nonce, "id", 2, "hello", 5, &out));
    for (size_t bit = 0; bit < 8 * out.len; bit++) {
        out.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
        ck_assert_outcome(unseal(&key, "id", 2, out.data, out.len, &plain, &err), OUTCOME_UNSEAL_FAILED);
        ck_assert_ptr_null(plain.data);
        out.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    ck_assert_str_eq(err.text, "decryption failed: aead::Error");
    ck_assert_outcome(unseal(&key, "ie", 2, out.data, out.len, &plain, NULL), OUTCOME_UNSEAL_FAILED);
    ck_assert_outcome(unseal(&key, NULL, 0, out.data, out.len, &plain, NULL), OUTCOME_UNSEAL_FAILED);
    other.data[31] ^= 1;
    ck_assert_outcome(unseal(&other, "id", 2, out.data, out.len, &plain, NULL), OUTCOME_UNSEAL_FAILED);
    other.len = 16;
    ck_assert_outcome(unseal(&other, "id", 2, out.data, out.len, &plain, NULL), OUTCOME_UNSEAL_FAILED);
}
END_TEST

START_TEST(what_is_cut_short_is_told_apart_at_the_nonce)
{
    CLEANUP(secret_free) struct secret key = counting_key(32);
    CLEANUP(bytes_free) struct bytes out = {0};
    struct secret plain;
    ck_assert_ok(seal(&key, nonce, NULL, 0, "hello", 5, &out));
    for (size_t len = 0; len < out.len; len++) {
        struct error err = {0};
        bool no_nonce = len < SEAL_NONCE_LEN;
        ck_assert_outcome(unseal(&key, NULL, 0, out.data, len, &plain, &err),
                          no_nonce ? OUTCOME_NONCE_TRUNCATED : OUTCOME_UNSEAL_FAILED);
        ck_assert_str_eq(err.text,
                         no_nonce ? "ciphertext too short: missing nonce" : "decryption failed: aead::Error");
    }
}
END_TEST

START_TEST(transport_text_has_to_be_strict_base64)
{
    CLEANUP(secret_free) struct secret key = counting_key(32);
    struct secret plain;
    struct error err = {0};
    static const char newline[] = EMPTY_ARRAY_SEALED "\n";
    ck_assert_outcome(unseal_transport(&key, newline, strlen(newline), &plain, &err),
                      OUTCOME_BASE64_MALFORMED);
    ck_assert_str_eq(err.text, "Invalid symbol 10, offset 40.");
    ck_assert_outcome(unseal_transport(&key, "", 0, &plain, &err), OUTCOME_NONCE_TRUNCATED);
    ck_assert_outcome(unseal_transport(&key, "oKGio6SlpqeoqaqrvUVx", 20, &plain, &err),
                      OUTCOME_UNSEAL_FAILED);
    ck_assert_ptr_null(plain.data);
}
END_TEST

START_TEST(keys_of_another_length_are_refused)
{
    CLEANUP(secret_free) struct secret odd = counting_key(24), at_rest = counting_key(16), none = {0};
    CLEANUP(bytes_free) struct bytes out = {0};
    struct secret plain;
    struct error err = {0};
    uint8_t sealed[40] = {0};
    ck_assert_outcome(seal(&odd, nonce, NULL, 0, "x", 1, &out), OUTCOME_CRYPTO_FAILED);
    ck_assert_outcome(seal(&none, nonce, NULL, 0, "x", 1, &out), OUTCOME_CRYPTO_FAILED);
    ck_assert_outcome(unseal(&odd, NULL, 0, sealed, sizeof sealed, &plain, &err), OUTCOME_CRYPTO_FAILED);
    ck_assert_outcome(seal_transport(&at_rest, nonce, "x", 1, &out), OUTCOME_CRYPTO_FAILED);
    ck_assert_outcome(unseal_transport(&at_rest, EMPTY_ARRAY_SEALED, 40, &plain, &err),
                      OUTCOME_CRYPTO_FAILED);
    ck_assert_uint_eq(out.len, 0);
}
END_TEST

START_TEST(lengths_beyond_32_bits_and_limits_are_refused_before_anything_is_written)
{
    CLEANUP(secret_free) struct secret key = counting_key(32);
    CLEANUP(bytes_free) struct bytes narrow = {.len_max = 20};
    ck_assert_outcome(seal(&key, nonce, NULL, 0, "x", (size_t)UINT32_MAX, &narrow), OUTCOME_CRYPTO_FAILED);
    ck_assert_outcome(seal(&key, nonce, "x", (size_t)UINT32_MAX + 1, "x", 1, &narrow), OUTCOME_CRYPTO_FAILED);
    ck_assert_outcome(seal(&key, nonce, NULL, 0, "hello", 5, &narrow), OUTCOME_LIMIT);
    ck_assert_outcome(seal_transport(&key, nonce, "hello", 5, &narrow), OUTCOME_LIMIT);
    ck_assert_uint_eq(narrow.len, 0);
}
END_TEST

int main(void)
{
    SUITE_WITH_CASE(suite, tcase, "seal");
    tcase_add_test(tcase, the_transport_vector_is_made_and_opened);
    tcase_add_test(tcase, the_reference_key_shares_are_opened);
    tcase_add_test(tcase, a_permanent_file_of_a_rust_node_is_opened);
    tcase_add_test(tcase, layout_is_nonce_ciphertext_tag_behind_what_was_there);
    tcase_add_test(tcase, nothing_can_be_sealed_too);
    tcase_add_test(tcase, any_changed_bit_key_or_additional_data_is_refused);
    tcase_add_test(tcase, what_is_cut_short_is_told_apart_at_the_nonce);
    tcase_add_test(tcase, transport_text_has_to_be_strict_base64);
    tcase_add_test(tcase, keys_of_another_length_are_refused);
    tcase_add_test(tcase, lengths_beyond_32_bits_and_limits_are_refused_before_anything_is_written);
    return run_suite(suite);
}
