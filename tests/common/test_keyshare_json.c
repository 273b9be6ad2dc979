#include "tests/support/samples.h"
#include "tests/support/support.h"

#include <string.h>
#include <time.h>

#include "common/keyshare.h"
#include "common/seal.h"

/* Shares of three curves, in the words of wire.md 4.2. */
#define SECP_SCALAR "add8bea105e6085a3f9d4ee613834280ae277e9516a6d08ba8a1fa88d7ce6225"
#define ED_SCALAR   "4868e82fde014d20fa7316500332a9cad79dee5c7aac79b82e69019da9b1790b"
#define BLS_SCALAR  "a8d9bc9f09e6085c448851e60a980981ceac312b0bf801a510a13eb44c7b5d0e"
#define SECP_KEY    "03aa034760c5846f61bd047a4edd088a2b32bee7473a1163926fcc4b27ebc916f0"
#define ED_KEY      "e291381fe6d842f30412315cb431acdc18a02cbad062165e863f1a060e2ba4b4"
#define BLS_KEY                                                                                              \
    "acede0416bc326a4a52a52f74391b1bbd131a45950bfe4ee7be1cfb18bb0cb8e2abba6fad27658c2c4186244a379e161"       \
    "08f1db1e9168d8763e16774a427e706fa5a51703eb84ff27776758270fcb0dae883c6e5bacbe9a639064c2fd466d8357"

#define SECP_SHARE                                                                                           \
    "{\"key_id\":{\"epoch_id\":5,\"domain_id\":0,\"attempt_id\":240},\"data\":{\"Secp256k1\":{"              \
    "\"private_share\":\"" SECP_SCALAR "\",\"public_key\":\"" SECP_KEY "\"}}}"
#define ED_SHARE                                                                                             \
    "{\"key_id\":{\"epoch_id\":5,\"domain_id\":1,\"attempt_id\":0},\"data\":{\"Ed25519\":{"                  \
    "\"private_share\":\"" ED_SCALAR "\",\"public_key\":\"" ED_KEY "\"}}}"
#define BLS_SHARE                                                                                            \
    "{\"key_id\":{\"epoch_id\":5,\"domain_id\":2,\"attempt_id\":18446744073709551615},\"data\":{"            \
    "\"Bls12381\":{"                                                                                         \
    "\"private_share\":\"" BLS_SCALAR "\",\"public_key\":\"" BLS_KEY "\"}}}"
#define SHARES    "[" SECP_SHARE "," ED_SHARE "," BLS_SHARE "]"
#define PERMANENT "{\"epoch_id\":5,\"keyshares\":" SHARES "}"

static struct keyshares shares;
static struct error err;

static void release(void)
{
    keyshares_free(&shares);
}

static result_t parse(const char *text)
{
    return keyshares_parse(text, strlen(text), &shares, &err);
}

/* `text` with the first `from` in it (which has to be there) replaced by `to`. */
static void replace(const char *text, const char *from, const char *to, struct bytes *out)
{
    const char *at = strstr(text, from);
    ck_assert_msg(at != NULL, "%s is not in the text", from);
    ck_assert_ok(bytes_append(out, text, (size_t)(at - text)));
    ck_assert_ok(bytes_append_text(out, to));
    ck_assert_ok(bytes_append_text(out, at + strlen(from)));
}

static void assert_writes(const char *expected)
{
    CLEANUP(secret_free) struct secret written = {0};
    ck_assert_ok(keyshares_write(&shares, &written));
    ck_assert_uint_eq(written.len, strlen(expected));
    ck_assert_mem_eq(written.data, expected, written.len);
}

START_TEST(shares_of_every_curve_come_back_byte_for_byte)
{
    ck_assert_ok_err(parse(SHARES), err);
    ck_assert_uint_eq(shares.count, 3);
    ck_assert_uint_eq(shares.items[2].id.attempt_id, UINT64_MAX);
    ck_assert_int_eq(shares.items[1].curve, CURVE_ED25519);
    ck_assert_int_eq(keyshare_scalar(&shares, 0)[0], 0xad);
    ck_assert_int_eq(keyshare_scalar(&shares, 2)[31], 0x0e);
    assert_writes(SHARES);
}
END_TEST

START_TEST(the_reference_shares_come_back_and_match_the_reference_keyset)
{
    CLEANUP(bytes_free) struct bytes text = {0};
    CLEANUP(bytes_free) struct bytes keyset_text = {0};
    CLEANUP(keyset_free) struct keyset keyset = {0};
    if (!reference_data("keyshares/keyshares.json", &text) ||
        !reference_data("keyshares/keyset.json", &keyset_text))
        return;
    ck_assert_ok_err(parse((const char *)text.data), err);
    while (text.len && text.data[text.len - 1] == '\n')
        text.data[--text.len] = 0;
    assert_writes((const char *)text.data);
    ck_assert_ok_err(keyset_parse((const char *)keyset_text.data, keyset_text.len, &keyset, &err), err);
    ck_assert_ok_err(keyshares_match_keyset(&shares, &keyset, &err), err);
}
END_TEST

START_TEST(a_set_is_written_into_memory_of_its_length)
{
    CLEANUP(keyset_free) struct keyset keyset = {0};
    CLEANUP(secret_free) struct secret array = {0}, permanent = {0};
    sample_keyset(UINT64_MAX, 999, &keyset);
    sample_keyshares(&keyset, 1, &shares);
    ck_assert_ok(keyshares_write(&shares, &array));
    ck_assert_ok(permanent_keyshares_write(&shares, &permanent));
    ck_assert_uint_lt(array.cap - array.len, 4096);
    ck_assert_uint_lt(permanent.cap - permanent.len, 4096);
}
END_TEST

START_TEST(an_empty_array_is_an_empty_set)
{
    ck_assert_ok_err(parse(" [ ] \n"), err);
    ck_assert_uint_eq(shares.count, 0);
    assert_writes("[]");
}
END_TEST

START_TEST(white_space_order_case_and_unknown_members_do_not_matter)
{
    ck_assert_ok_err(
        parse(" [ {\"new\" : [ { \"a\\\"]\" : [1, -2.5e9, true, null, \"}\\\\\" ] } ] , \"data\" : { "
              "\"Ed25519\" : {\r\n"
              "\"public_key\" : \"E291381FE6D842F30412315CB431ACDC18A02CBAD062165E863F1A060E2BA4B4\",\n"
              "\t\"x\":\"y\",\"private_share\":"
              "\"4868E82FDE014D20FA7316500332A9CAD79DEE5C7AAC79B82E69019DA9B1790B\"} } ,"
              "\"key_id\" : {\"attempt_id\":0 , \"domain_id\":1,\"more\":{}, \"epoch_id\":5 } } ] "),
        err);
    assert_writes("[" ED_SHARE "]");
}
END_TEST

START_TEST(zero_scalars_are_accepted)
{
    CLEANUP(bytes_free) struct bytes text = {0};
    replace(SHARES, ED_SCALAR, "0000000000000000000000000000000000000000000000000000000000000000", &text);
    ck_assert_ok_err(parse((const char *)text.data), err);
}
END_TEST

static const struct {
    const char *from, *to;
    result_t code;
    const char *text; /* the whole error, or NULL where it is json_scan's */
} edits[] = {
    {"\"epoch_id\":5", "\"epoch_id\":5.0", OUTCOME_KEYSHARES_MALFORMED,
     "keyshares[0].key_id.epoch_id: an integer from 0 to 18446744073709551615 expected"},
    {"\"domain_id\":1", "\"domain_id\":-1", OUTCOME_KEYSHARES_MALFORMED,
     "keyshares[1].key_id.domain_id: an integer from 0 to 18446744073709551615 expected"},
    {"\"attempt_id\":240", "\"attempt_id\":\"240\"", OUTCOME_KEYSHARES_MALFORMED,
     "keyshares[0].key_id.attempt_id: an integer from 0 to 18446744073709551615 expected"},
    {"\"attempt_id\":240", "\"attempt_id\":[]", OUTCOME_KEYSHARES_MALFORMED,
     "keyshares[0].key_id.attempt_id: an integer from 0 to 18446744073709551615 expected"},
    {"\"attempt_id\":18446744073709551615", "\"attempt_id\":18446744073709551616", OUTCOME_JSON_NUMBER_RANGE,
     NULL},
    {"\"attempt_id\"", "\"attempt\"", OUTCOME_KEYSHARES_MALFORMED, "keyshares[0].key_id.attempt_id: missing"},
    {"\"attempt_id\"", "\"domain_id\"", OUTCOME_JSON_DUPLICATE_MEMBER, NULL},
    {"\"key_id\":{", "\"key_id\":null,\"k\":{", OUTCOME_KEYSHARES_MALFORMED,
     "keyshares[0].key_id: an object expected"},
    {"\"key_id\"", "\"key\"", OUTCOME_KEYSHARES_MALFORMED, "keyshares[0].key_id: missing"},
    {"\"data\"", "\"dat\\u0061\"", OUTCOME_KEYSHARES_MALFORMED, "keyshares[0].data: missing"},
    {"\"data\":{", "\"data\":[],\"d\":{", OUTCOME_KEYSHARES_MALFORMED,
     "keyshares[0].data: an object with one member, the curve, expected"},
    {"\"data\":{", "\"data\":{},\"d\":{", OUTCOME_KEYSHARES_MALFORMED,
     "keyshares[0].data: an object with one member, the curve, expected"},
    {"\"Secp256k1\":{", "\"Secp256k1\":1,\"d\":{", OUTCOME_KEYSHARES_MALFORMED,
     "keyshares[0].data: an object expected"},
    {"{\"Secp256k1\":{", "{\"V2Secp256k1\":{", OUTCOME_KEYSHARES_MALFORMED,
     "keyshares[0].data: unknown curve; known are Secp256k1, Ed25519, Bls12381"},
    {SECP_KEY "\"}}", SECP_KEY "\"},\"Ed25519\":{}}", OUTCOME_KEYSHARES_MALFORMED,
     "keyshares[0].data: one member, the curve, expected"},
    {"\"private_share\"", "\"private\"", OUTCOME_KEYSHARES_MALFORMED,
     "keyshares[0].data.private_share: missing"},
    {"\"private_share\":\"add8", "\"private_share\":\"add", OUTCOME_KEYSHARES_MALFORMED,
     "keyshares[0].data.private_share: a string of 64 hex digits expected"},
    {"\"private_share\":\"add8", "\"private_share\":\"0xd8", OUTCOME_KEYSHARES_MALFORMED,
     "keyshares[0].data.private_share: a string of 64 hex digits expected"},
    {"\"private_share\":\"a8d9", "\"private_share\":\"\\u00618d9", OUTCOME_KEYSHARES_MALFORMED,
     "keyshares[2].data.private_share: a string of 64 hex digits expected"},
    {"\"private_share\":\"" SECP_SCALAR "\"", "\"private_share\":7", OUTCOME_KEYSHARES_MALFORMED,
     "keyshares[0].data.private_share: a string of 64 hex digits expected"},
    {SECP_SCALAR, "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141",
     OUTCOME_KEYSHARE_SCALAR_RANGE,
     "keyshares[0].data.private_share: not below the order of the group of Secp256k1"},
    {ED_SCALAR, "edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010",
     OUTCOME_KEYSHARE_SCALAR_RANGE,
     "keyshares[1].data.private_share: not below the order of the group of Ed25519"},
    {BLS_SCALAR, "01000000fffffffffe5bfeff02a4bd5305d8a10908d83933487d9d2953a7ed73",
     OUTCOME_KEYSHARE_SCALAR_RANGE,
     "keyshares[2].data.private_share: not below the order of the group of Bls12381"},
    {"\"public_key\":\"03", "\"public_key\":\"04", OUTCOME_KEYSHARES_MALFORMED,
     "keyshares[0].data.public_key: no point of the curve"},
    {SECP_KEY, ED_KEY, OUTCOME_KEYSHARES_MALFORMED,
     "keyshares[0].data.public_key: a string of 66 hex digits expected"},
    {BLS_KEY, ED_KEY, OUTCOME_KEYSHARES_MALFORMED,
     "keyshares[2].data.public_key: a string of 192 hex digits expected"},
    {"[{", "[7,{", OUTCOME_KEYSHARES_MALFORMED, "keyshares[0].key_id: an object expected"},
    {"[{", "[[],{", OUTCOME_KEYSHARES_MALFORMED, "keyshares[0].key_id: an object expected"},
    {"[{", "{\"a\":[{", OUTCOME_JSON_MALFORMED, NULL},
    {"}}}]", "}}},]", OUTCOME_JSON_MALFORMED, NULL},
    {"}}}]", "}}}] []", OUTCOME_JSON_MALFORMED, NULL},
    {"}}}]", "}}}", OUTCOME_JSON_MALFORMED, NULL},
    {"[{", "['", OUTCOME_JSON_MALFORMED, NULL},
};

START_TEST(what_is_no_share_is_refused_and_the_input_never_quoted)
{
    CLEANUP(bytes_free) struct bytes text = {0};
    replace(SHARES, edits[_i].from, edits[_i].to, &text);
    ck_assert_outcome(parse((const char *)text.data), edits[_i].code);
    ck_assert_int_eq(err.code, edits[_i].code);
    if (edits[_i].text)
        ck_assert_str_eq(err.text, edits[_i].text);
    ck_assert_text_lacks(err.text, "add");
    ck_assert_text_lacks(err.text, "8d9");
    ck_assert_uint_eq(shares.count, 0);
    ck_assert_ptr_null(shares.scalars.data);
}
END_TEST

START_TEST(what_is_no_array_is_refused)
{
    static const char *const texts[] = {"{}", "null", "5", "\"x\"", "", "[" SECP_SHARE "]]"};
    static const result_t codes[] = {OUTCOME_KEYSHARES_MALFORMED, OUTCOME_KEYSHARES_MALFORMED,
                                     OUTCOME_KEYSHARES_MALFORMED, OUTCOME_KEYSHARES_MALFORMED,
                                     OUTCOME_JSON_MALFORMED,      OUTCOME_JSON_MALFORMED};
    ck_assert_outcome(parse(texts[_i]), codes[_i]);
}
END_TEST

START_TEST(members_nested_too_deeply_are_refused)
{
    CLEANUP(bytes_free) struct bytes text = {0};
    ck_assert_ok(bytes_append_text(&text, "[{\"new\":"));
    for (int i = 0; i < 40; i++)
        ck_assert_ok(bytes_append_text(&text, "["));
    ck_assert_outcome(parse((const char *)text.data), OUTCOME_JSON_TOO_DEEP);
}
END_TEST

START_TEST(more_shares_than_the_limit_are_refused)
{
    CLEANUP(bytes_free) struct bytes text = {0};
    ck_assert_ok(bytes_append_text(&text, "[{}"));
    for (size_t i = 0; i < KEYSET_DOMAINS_MAX; i++)
        ck_assert_ok(bytes_append_text(&text, ",{}"));
    ck_assert_ok(bytes_append_text(&text, "]"));
    ck_assert_outcome(parse((const char *)text.data), OUTCOME_KEYSET_TOO_MANY_DOMAINS);
    ck_assert_str_eq(err.text, "16385 key shares; the limit is 16384");
}
END_TEST

static double seconds_to_parse(size_t count)
{
    CLEANUP(keyset_free) struct keyset keyset;
    CLEANUP(keyshares_free) struct keyshares parsed;
    CLEANUP(secret_free) struct secret text = {0};
    sample_keyset(5, count, &keyset);
    sample_keyshares(&keyset, 1, &shares);
    ck_assert_ok(keyshares_write(&shares, &text));
    clock_t start = clock();
    ck_assert_ok_err(keyshares_parse((const char *)text.data, text.len, &parsed, &err), err);
    double seconds = (double)(clock() - start) / CLOCKS_PER_SEC;
    ck_assert(keyshares_equal(&shares, &parsed));
    release();
    return seconds;
}

START_TEST(time_grows_with_the_shares_and_not_with_their_square)
{
    double small = seconds_to_parse(1000);
    double large = seconds_to_parse(10000);
    ck_assert_msg(large < 40 * small + 0.1, "1000 shares: %f s, 10000: %f s", small, large);
}
END_TEST

static result_t parse_permanent(const char *text)
{
    return permanent_keyshares_parse(text, strlen(text), &shares, &err);
}

START_TEST(a_permanent_file_reads_in_any_order_and_is_written_sorted)
{
    CLEANUP(secret_free) struct secret written = {0};
    ck_assert_ok_err(
        parse_permanent("{\"keyshares\":[" BLS_SHARE "," SECP_SHARE "," ED_SHARE "],\"epoch_id\":5}"), err);
    ck_assert_uint_eq(shares.items[0].id.domain_id, 2);
    ck_assert_ok(permanent_keyshares_write(&shares, &written));
    ck_assert_uint_eq(written.len, strlen(PERMANENT));
    ck_assert_mem_eq(written.data, PERMANENT, written.len);
}
END_TEST

START_TEST(the_reference_permanent_file_opens_and_is_written_as_it_was)
{
    CLEANUP(bytes_free) struct bytes sealed = {0};
    CLEANUP(secret_free) struct secret key = {0};
    CLEANUP(secret_free) struct secret plain = {0};
    CLEANUP(secret_free) struct secret written = {0};
    if (!reference_data("keyshares/epoch_5_with_3_domains.bin", &sealed))
        return;
    ck_assert_ok(secret_make(&key, SEAL_AT_REST_KEY_LEN));
    memset(key.data, 0xaa, key.len);
    ck_assert_ok_err(unseal(&key, NULL, 0, sealed.data, sealed.len, &plain, &err), err);
    ck_assert_ok_err(permanent_keyshares_parse((const char *)plain.data, plain.len, &shares, &err), err);
    ck_assert_uint_eq(shares.count, 3);
    ck_assert_ok(permanent_keyshares_write(&shares, &written));
    ck_assert_uint_eq(written.len, plain.len);
    ck_assert_mem_eq(written.data, plain.data, plain.len);
}
END_TEST

static const struct {
    const char *text;
    const char *error;
} bad_permanent[] = {
    {"[]", "permanent key shares: an object expected"},
    {"{\"epoch_id\":5}", "keyshares: missing"},
    {"{\"keyshares\":[" SECP_SHARE "]}", "epoch_id: missing"},
    {"{\"epoch_id\":5,\"keyshares\":{}}", "keyshares: an array expected"},
    {"{\"epoch_id\":5,\"keyshares\":[]}", "keyshares: a permanent file is never empty"},
    {"{\"epoch_id\":4,\"keyshares\":[" SECP_SHARE "]}", "epoch_id: 4, but the shares are of epoch 5"},
    {"{\"epoch_id\":5,\"keyshares\":[" ED_SHARE "," ED_SHARE "]}",
     "keyshares[0] and [1] are both of domain 1"},
    /* the single-key form of before 2025 */
    {"{\"epoch\":5,\"private_share\":\"00\",\"public_key\":\"02\"}", "epoch_id: missing"},
};

START_TEST(what_is_no_permanent_file_is_refused)
{
    ck_assert_outcome(parse_permanent(bad_permanent[_i].text), OUTCOME_KEYSHARES_MALFORMED);
    ck_assert_str_eq(err.text, bad_permanent[_i].error);
    ck_assert_outcome(parse_permanent("{"), OUTCOME_JSON_MALFORMED);
}
END_TEST

int main(void)
{
    SUITE_WITH_CASE(suite, tcase, "keyshare_json");
    tcase_add_checked_fixture(tcase, NULL, release);
    tcase_add_test(tcase, shares_of_every_curve_come_back_byte_for_byte);
    tcase_add_test(tcase, the_reference_shares_come_back_and_match_the_reference_keyset);
    tcase_add_test(tcase, a_set_is_written_into_memory_of_its_length);
    tcase_add_test(tcase, an_empty_array_is_an_empty_set);
    tcase_add_test(tcase, white_space_order_case_and_unknown_members_do_not_matter);
    tcase_add_test(tcase, zero_scalars_are_accepted);
    tcase_add_loop_test(tcase, what_is_no_share_is_refused_and_the_input_never_quoted, 0, ARRAY_LEN(edits));
    tcase_add_loop_test(tcase, what_is_no_array_is_refused, 0, 6);
    tcase_add_test(tcase, members_nested_too_deeply_are_refused);
    tcase_add_test(tcase, more_shares_than_the_limit_are_refused);
    tcase_add_test(tcase, time_grows_with_the_shares_and_not_with_their_square);
    tcase_add_test(tcase, a_permanent_file_reads_in_any_order_and_is_written_sorted);
    tcase_add_test(tcase, the_reference_permanent_file_opens_and_is_written_as_it_was);
    tcase_add_loop_test(tcase, what_is_no_permanent_file_is_refused, 0, ARRAY_LEN(bad_permanent));
    return run_suite(suite);
}
