#include "common/encoding.h"
#include "tests/support/support.h"

#include <stdio.h>
#include <string.h>

START_TEST(hex_reads_either_case_and_writes_lower)
{
    uint8_t bytes[4];
    char text[8];
    ck_assert_ok(hex_decode("00fFa9Ae", 8, bytes, 4));
    ck_assert_mem_eq(bytes, "\x00\xff\xa9\xae", 4);
    hex_encode(bytes, 4, text);
    ck_assert_mem_eq(text, "00ffa9ae", 8);
    ck_assert_ok(hex_decode("", 0, bytes, 0));
}
END_TEST

START_TEST(hex_knows_every_byte_and_no_other_digit)
{
    for (unsigned byte = 0; byte < 256; byte++) {
        uint8_t in = (uint8_t)byte, out = 0;
        char text[3] = {0}, expected[3];
        hex_encode(&in, 1, text);
        snprintf(expected, sizeof expected, "%02x", byte);
        ck_assert_str_eq(text, expected);
        ck_assert_ok(hex_decode(text, 2, &out, 1));
        ck_assert_uint_eq(out, byte);

        char odd[2] = {(char)byte, '0'}, even[2] = {'0', (char)byte};
        bool is_digit = byte && strchr("0123456789abcdefABCDEF", (int)byte);
        ck_assert_int_eq(hex_decode(odd, 2, &out, 1) == OUTCOME_OK, is_digit);
        ck_assert_int_eq(hex_decode(even, 2, &out, 1) == OUTCOME_OK, is_digit);
    }
}
END_TEST

START_TEST(hex_of_another_length_is_refused)
{
    uint8_t bytes[2];
    ck_assert_outcome(hex_decode("abc", 3, bytes, 1), OUTCOME_HEX_MALFORMED);
    ck_assert_outcome(hex_decode("abc", 3, bytes, 2), OUTCOME_HEX_MALFORMED);
    ck_assert_outcome(hex_decode("ab", 2, bytes, 2), OUTCOME_HEX_MALFORMED);
    ck_assert_outcome(hex_decode("abcdef", 6, bytes, 2), OUTCOME_HEX_MALFORMED);
    ck_assert_outcome(hex_decode("ab\n", 3, bytes, 1), OUTCOME_HEX_MALFORMED);
    ck_assert_outcome(hex_decode("0xab", 4, bytes, 2), OUTCOME_HEX_MALFORMED);
}
END_TEST

START_TEST(base64_of_rfc_4648_both_ways)
{
    static const char *const pairs[][2] = {{"", ""},
                                           {"f", "Zg=="},
                                           {"fo", "Zm8="},
                                           {"foo", "Zm9v"},
                                           {"foob", "Zm9vYg=="},
                                           {"fooba", "Zm9vYmE="},
                                           {"foobar", "Zm9vYmFy"},
                                           {"\xfb\xff\xfe", "+//+"}};
    for (size_t i = 0; i < ARRAY_LEN(pairs); i++) {
        CLEANUP(bytes_free) struct bytes text = {0}, data = {0};
        ck_assert_ok(base64_encode(pairs[i][0], strlen(pairs[i][0]), &text));
        ck_assert_uint_eq(text.len, strlen(pairs[i][1]));
        ck_assert_mem_eq(text.len ? (char *)text.data : "", pairs[i][1], text.len);
        ck_assert_ok(base64_decode(pairs[i][1], strlen(pairs[i][1]), &data, NULL));
        ck_assert_uint_eq(data.len, strlen(pairs[i][0]));
        ck_assert_mem_eq(data.len ? (char *)data.data : "", pairs[i][0], data.len);
    }
}
END_TEST

START_TEST(base64_is_refused_with_upstreams_words)
{
    static const char *const cases[][2] = {
        {"Zm9v\n", "Invalid symbol 10, offset 4."},     /* a trailing newline */
        {"Zm9vZg==\n", "Invalid symbol 61, offset 6."}, /* after padding, the padding is what is wrong */
        {"Zm 9", "Invalid symbol 32, offset 2."},
        {"Zm9-Zm9v", "Invalid symbol 45, offset 3."}, /* the URL alphabet */
        {"Zm9vZm9_", "Invalid symbol 95, offset 7."},
        {"Zg==Zm9v", "Invalid symbol 61, offset 2."}, /* padding inside */
        {"Z===", "Invalid symbol 61, offset 1."},
        {"====", "Invalid symbol 61, offset 0."},
        {"Zm=v", "Invalid symbol 61, offset 2."},
        {"Zm9vYm9v\x80===", "Invalid symbol 128, offset 8."},
        {"Z", "Invalid input length: 1"},
        {"Zm9vZ", "Invalid input length: 5"},
        {"Zg", "Invalid padding"}, /* missing padding */
        {"Zg=", "Invalid padding"},
        {"Zm8", "Invalid padding"},
        {"Zh==", "Invalid last symbol 104, offset 1."}, /* spare bits */
        {"Zm9vZm9=", "Invalid last symbol 57, offset 6."},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        CLEANUP(bytes_free) struct bytes out = {0};
        struct error err = {0};
        ck_assert_ok(bytes_append_text(&out, "kept"));
        ck_assert_outcome(base64_decode(cases[i][0], strlen(cases[i][0]), &out, &err),
                          OUTCOME_BASE64_MALFORMED);
        ck_assert_str_eq(err.text, cases[i][1]);
        ck_assert_str_eq((char *)out.data, "kept");
    }
}
END_TEST

START_TEST(base64_of_any_bytes_comes_back)
{
    uint64_t random = test_seed();
    for (size_t len = 0; len < 300; len++) {
        CLEANUP(bytes_free) struct bytes in = {0}, text = {0}, out = {0};
        for (size_t i = 0; i < len; i++)
            ck_assert_ok(bytes_append_u8(&in, (uint8_t)test_random(&random)));
        ck_assert_ok(base64_encode(in.data, len, &text));
        ck_assert_uint_eq(text.len, base64_encoded_len(len));
        ck_assert_ok(base64_decode((char *)text.data, text.len, &out, NULL));
        ck_assert_uint_eq(out.len, len);
        if (len)
            ck_assert_mem_eq(out.data, in.data, len);
    }
}
END_TEST

START_TEST(base64_keeps_to_the_limit_of_the_buffer)
{
    CLEANUP(bytes_free) struct bytes out = {.len_max = 5};
    ck_assert_outcome(base64_encode("abcdef", 6, &out), OUTCOME_LIMIT);
    ck_assert_outcome(base64_encode("", SIZE_MAX - 1, &out), OUTCOME_NO_MEMORY);
    ck_assert_outcome(base64_decode("Zm9vYmFy", 8, &out, NULL), OUTCOME_LIMIT);
    ck_assert_uint_eq(out.len, 0);
}
END_TEST

START_TEST(base58_known_pairs_both_ways)
{
    static const struct {
        const char *hex, *text;
    } pairs[] = {
        {"", ""},
        {"00", "1"},
        {"0000", "11"},
        {"61", "2g"},
        {"626262", "a3gV"},
        {"516b6fcd0f", "ABnLTmg"},
        {"00000000000000000000", "1111111111"},
        {"000111d38e5fc9071ffcd20b4a763cc9ae4f252bb4e48fd66a835e252ada93ff480d6dd43dc62a641155a5",
         "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"},
        {"c205c07b8838b62f7d4c5f5759ec50c9a771c663a8f05ad1e4bd47f3eb82a647",
         "E4PBTjmckqrGHpZ2kB1fE2XHXe4aC7if6uHTzcY5yA78"},
    };
    for (size_t i = 0; i < ARRAY_LEN(pairs); i++) {
        uint8_t bytes[64], back[64];
        char text[BASE58_TEXT_MAX];
        size_t len = strlen(pairs[i].hex) / 2;
        ck_assert_ok(hex_decode(pairs[i].hex, 2 * len, bytes, len));
        ck_assert_ok(base58_encode(bytes, len, text, sizeof text));
        ck_assert_str_eq(text, pairs[i].text);
        ck_assert_ok(base58_decode(text, strlen(text), back, len));
        ck_assert_int_eq(memcmp(back, bytes, len), 0);
    }
}
END_TEST

START_TEST(base58_takes_its_alphabet_alone)
{
    uint8_t out[1];
    for (unsigned c = 0; c < 256; c++) {
        char text = (char)c;
        bool known = c && strchr("123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz", (int)c);
        ck_assert_int_eq(base58_decode(&text, 1, out, 1) == OUTCOME_OK, known);
    }
}
END_TEST

START_TEST(base58_of_another_length_is_refused)
{
    uint8_t out[BASE58_BYTES_MAX + 1];
    size_t len;
    ck_assert_outcome(base58_decode("2g", 2, out, 2), OUTCOME_BASE58_MALFORMED);
    ck_assert_outcome(base58_decode("a3gV", 4, out, 2), OUTCOME_BASE58_MALFORMED);
    ck_assert_outcome(base58_decode("111", 3, out, 2), OUTCOME_BASE58_MALFORMED);
    ck_assert_outcome(base58_decode_some("111", 3, out, 2, &len), OUTCOME_LIMIT);
    ck_assert_ok(base58_decode_some("a3gV", 4, out, sizeof out, &len));
    ck_assert_uint_eq(len, 3);

    char wide[BASE58_TEXT_MAX + 1];
    memset(wide, 'z', sizeof wide);
    ck_assert_outcome(base58_decode_some(wide, sizeof wide, out, sizeof out, &len), OUTCOME_LIMIT);
    ck_assert_outcome(base58_decode_some(wide, sizeof wide - 1, out, sizeof out, &len), OUTCOME_LIMIT);
    wide[sizeof wide - 1] = '0';
    ck_assert_outcome(base58_decode_some(wide, sizeof wide, out, sizeof out, &len), OUTCOME_BASE58_MALFORMED);
}
END_TEST

START_TEST(base58_of_every_length_comes_back)
{
    uint64_t random = test_seed();
    for (size_t len = 0; len <= BASE58_BYTES_MAX; len++) {
        uint8_t bytes[BASE58_BYTES_MAX], back[BASE58_BYTES_MAX];
        char text[BASE58_TEXT_MAX];
        for (size_t i = 0; i < len; i++)
            bytes[i] = (uint8_t)test_random(&random);
        ck_assert_ok(base58_encode(bytes, len, text, sizeof text));
        ck_assert_ok(base58_decode(text, strlen(text), back, len));
        ck_assert_msg(len == 0 || memcmp(back, bytes, len) == 0, "%zu bytes: %s", len, text);
    }
}
END_TEST

START_TEST(base58_of_the_longest_fits_its_buffer)
{
    uint8_t bytes[BASE58_BYTES_MAX + 1], back[BASE58_BYTES_MAX];
    char text[BASE58_TEXT_MAX];
    memset(bytes, 0xff, sizeof bytes);
    ck_assert_ok(base58_encode(bytes, BASE58_BYTES_MAX, text, sizeof text));
    ck_assert_ok(base58_decode(text, strlen(text), back, sizeof back));
    ck_assert_mem_eq(bytes, back, sizeof back);
    ck_assert_outcome(base58_encode(bytes, BASE58_BYTES_MAX, text, strlen(text)), OUTCOME_LIMIT);
    ck_assert_outcome(base58_encode(bytes, sizeof bytes, text, sizeof text), OUTCOME_LIMIT);
    memset(bytes, 0, sizeof bytes);
    ck_assert_ok(base58_encode(bytes, BASE58_BYTES_MAX, text, sizeof text));
    ck_assert_uint_eq(strlen(text), BASE58_BYTES_MAX);
    ck_assert_ok(base58_decode(text, strlen(text), back, sizeof back));
}
END_TEST

int main(void)
{
    SUITE_WITH_CASE(suite, tcase, "encoding");
    tcase_add_test(tcase, hex_reads_either_case_and_writes_lower);
    tcase_add_test(tcase, hex_knows_every_byte_and_no_other_digit);
    tcase_add_test(tcase, hex_of_another_length_is_refused);
    tcase_add_test(tcase, base64_of_rfc_4648_both_ways);
    tcase_add_test(tcase, base64_is_refused_with_upstreams_words);
    tcase_add_test(tcase, base64_of_any_bytes_comes_back);
    tcase_add_test(tcase, base64_keeps_to_the_limit_of_the_buffer);
    tcase_add_test(tcase, base58_known_pairs_both_ways);
    tcase_add_test(tcase, base58_takes_its_alphabet_alone);
    tcase_add_test(tcase, base58_of_another_length_is_refused);
    tcase_add_test(tcase, base58_of_every_length_comes_back);
    tcase_add_test(tcase, base58_of_the_longest_fits_its_buffer);
    return run_suite(suite);
}
