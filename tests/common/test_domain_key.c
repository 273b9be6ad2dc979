#include "tests/support/support.h"

#include <string.h>

#include "common/domain_key.h"

#define SECP_TEXT                                                                                            \
    "secp256k1:3SB8tA9Kbn7FBtT6GWR6AJk73QceudisHaGThPoLCDgC9tan7d3cwZFiDZtrmhSAf8aTynEdQ3N7KXhMm3nWhekP"
#define ED_TEXT  "ed25519:1thX6LZfHDZZKUs92febYZhYRcXddmzfzF2NvTkPNE" /* 0, 1, .. 31 */
#define ED_POINT "[0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31]"
#define BLS_TEXT                                                                                             \
    "bls12381g2:15ZcCXvaS3urSGBx6VcrJeVq6p6LS2N8rmx98mF7zUXP1zxtbncLyRkdKvUj621CGCZipLZQwh9Ttjb43LMDUinGc"   \
    "Y1CohNwc5rLn3tS34rCho7C1C4sc3dvU8hAGvBbvN" /* 0, 1, .. 95 */

static const struct {
    enum curve curve;
    const char *text;
    const char *json;
} forms[] = {
    {CURVE_SECP256K1, SECP_TEXT, "{\"Secp256k1\":{\"near_public_key\":\"" SECP_TEXT "\"}}"},
    {CURVE_ED25519, ED_TEXT,
     "{\"Ed25519\":{\"near_public_key_compressed\":\"" ED_TEXT "\",\"edwards_point\":" ED_POINT "}}"},
    {CURVE_BLS12381, BLS_TEXT, "{\"Bls12381\":{\"public_key\":\"" BLS_TEXT "\"}}"},
};

static result_t from_json(const char *text, struct domain_key *out, struct error *err)
{
    CLEANUP(json_put_ptr) struct json_object *value = NULL;
    ck_assert_ok(json_parse(text, strlen(text), &json_limits_small, &value, err));
    return domain_key_from_json(value, "key", out, err);
}

START_TEST(each_curve_has_its_text_and_json_forms_both_ways)
{
    struct domain_key key, again;
    struct error err = {0};
    char text[DOMAIN_KEY_TEXT_MAX];
    CLEANUP(bytes_free) struct bytes json = {0};
    ck_assert_ok_err(domain_key_parse_text(forms[_i].text, strlen(forms[_i].text), &key, &err), err);
    ck_assert_int_eq(key.curve, forms[_i].curve);
    domain_key_format_text(&key, text);
    ck_assert_str_eq(text, forms[_i].text);
    ck_assert_ok(domain_key_write(&key, &json));
    ck_assert_str_eq((const char *)json.data, forms[_i].json);
    ck_assert_ok_err(from_json(forms[_i].json, &again, &err), err);
    ck_assert(domain_key_equal(&key, &again));
    again.bytes[domain_key_len(again.curve) - 1] ^= 1;
    ck_assert(!domain_key_equal(&key, &again));
}
END_TEST

START_TEST(keys_of_different_curves_are_never_equal)
{
    struct domain_key a = {.curve = CURVE_ED25519}, b = {.curve = CURVE_BLS12381};
    ck_assert(!domain_key_equal(&a, &b));
    ck_assert_str_eq(curve_name(CURVE_SECP256K1), "Secp256k1");
    ck_assert_uint_eq(domain_key_len(CURVE_SECP256K1), 64);
}
END_TEST

START_TEST(a_text_that_is_no_key_is_refused)
{
    static const char *const bad[] = {
        "",
        "ed25519",
        "ed25519:",
        "ED25519:1thX6LZfHDZZKUs92febYZhYRcXddmzfzF2NvTkPNE",
        "ed25519:1CiMQsCUhqABwwLyCFeX2iPnBZX3s28dUUCBrirhs", /* 31 bytes */
        "ed25519:0OIl",
        "secp256k1:1thX6LZfHDZZKUs92febYZhYRcXddmzfzF2NvTkPNE",
        "bls12381g1:1thX6LZfHDZZKUs92febYZhYRcXddmzfzF2NvTkPNE",
    };
    struct domain_key key;
    struct error err = {0};
    ck_assert_outcome(domain_key_parse_text(bad[_i], strlen(bad[_i]), &key, &err), OUTCOME_KEY_MALFORMED);
    ck_assert_int_gt((int)strlen(err.text), 0);
}
END_TEST

static const struct {
    const char *json;
    const char *text; /* what the error begins with */
} bad_json[] = {
    {"[]", "key: "},
    {"{}", "key: "},
    {"{\"Ed448\":{}}", "key: unknown curve"},
    {"{\"Secp256k1\":\"x\"}", "key.Secp256k1: "},
    {"{\"Secp256k1\":{}}", "key.Secp256k1"},
    {"{\"Secp256k1\":{\"near_public_key\":5}}", "key.Secp256k1"},
    {"{\"Secp256k1\":{\"near_public_key\":\"secp256k1:1\"}}", "key.Secp256k1.near_public_key: "},
    {"{\"Bls12381\":{\"public_key\":\"" ED_TEXT "\"}}", "key.Bls12381.public_key: "},
    {"{\"Secp256k1\":{\"near_public_key\":\"" SECP_TEXT "\"},\"Bls12381\":{}}", "key: "},
    {"{\"Ed25519\":{\"near_public_key_compressed\":\"" ED_TEXT "\"}}", "key.Ed25519"},
    {"{\"Ed25519\":{\"near_public_key_compressed\":\"" ED_TEXT "\",\"edwards_point\":[0,1]}}",
     "key.Ed25519.edwards_point: 32 numbers expected, not 2"},
    {"{\"Ed25519\":{\"near_public_key_compressed\":\"" ED_TEXT
     "\",\"edwards_point\":[0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,"
     "30,30]}}",
     "key.Ed25519.edwards_point[31]: differs"},
    {"{\"Ed25519\":{\"near_public_key_compressed\":\"" ED_TEXT
     "\",\"edwards_point\":[0,1,256,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,"
     "29,30,31]}}",
     "key.Ed25519.edwards_point[2]: a number from 0 to 255"},
    {"{\"Ed25519\":{\"near_public_key_compressed\":\"" ED_TEXT
     "\",\"edwards_point\":[0,1.0,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,"
     "29,30,31]}}",
     "key.Ed25519.edwards_point[1]: a number from 0 to 255"},
};

START_TEST(a_json_key_that_is_none_is_refused_with_its_path)
{
    struct domain_key key;
    struct error err = {0};
    ck_assert_outcome(from_json(bad_json[_i].json, &key, &err), OUTCOME_KEYSET_MALFORMED);
    ck_assert_msg(strncmp(err.text, bad_json[_i].text, strlen(bad_json[_i].text)) == 0, "%s", err.text);
}
END_TEST

START_TEST(unknown_members_are_ignored)
{
    struct domain_key key;
    struct error err = {0};
    ck_assert_ok_err(
        from_json("{\"Secp256k1\":{\"new\":[{}],\"near_public_key\":\"" SECP_TEXT "\"}}", &key, &err), err);
}
END_TEST

int main(void)
{
    SUITE_WITH_CASE(suite, tcase, "domain_key");
    tcase_add_loop_test(tcase, each_curve_has_its_text_and_json_forms_both_ways, 0, ARRAY_LEN(forms));
    tcase_add_test(tcase, keys_of_different_curves_are_never_equal);
    tcase_add_loop_test(tcase, a_text_that_is_no_key_is_refused, 0, 8);
    tcase_add_loop_test(tcase, a_json_key_that_is_none_is_refused_with_its_path, 0, ARRAY_LEN(bad_json));
    tcase_add_test(tcase, unknown_members_are_ignored);
    return run_suite(suite);
}
