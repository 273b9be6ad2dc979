/* Every certificate here is put together from pieces and signed with the dummy key, so that one
 * piece at a time can be another. */
#include "common/encoding.h"
#include "common/mpc_cert.h"
#include "tests/support/support.h"

#include <stdlib.h>
#include <string.h>

#define NOW_S 1800000000

/* Hex of the pieces of wire.md 1.2. */
#define DN        "3021311f301d06035504030c16726367656e2073656c66207369676e65642063657274"
#define ALGORITHM "300506032b6570"
#define VALIDITY  "3020170d3735303130313030303030305a180f34303936303130313030303030305a"
#define KEY       "03a107bff3ce10be1d70dd18e74bc09967e4d6309ba50d5f1ddc8664125531b8"
#define SPKI      "302a300506032b6570032100" KEY
#define SAN       "30100603551d1104093007820564756d6d79"

struct pieces {
    const char *version;
    const char *serial;
    const char *tbs_algorithm;
    const char *issuer;
    const char *validity;
    const char *subject;
    const char *spki;
    const char *unique_id;
    const char *extensions; /* what the SEQUENCE OF holds; NULL: no [3] at all */
    const char *behind;     /* behind the extensions */
    const char *algorithm;
    const char *other_seed; /* hex; signs instead of the dummy key */
};

static const struct pieces usual = {
    .version = "a003020102",
    .serial = "02021234",
    .tbs_algorithm = ALGORITHM,
    .issuer = DN,
    .validity = VALIDITY,
    .subject = DN,
    .spki = SPKI,
    .unique_id = "",
    .extensions = SAN,
    .behind = "",
    .algorithm = ALGORITHM,
};

static void append_hex(struct bytes *out, const char *hex)
{
    uint8_t *at;
    ck_assert_ok(bytes_extend(out, strlen(hex) / 2, &at));
    ck_assert_ok(hex_decode(hex, strlen(hex), at, strlen(hex) / 2));
}

/* Put tag and length in front of what `content` holds. */
static void wrap(struct bytes *content, uint8_t tag)
{
    struct bytes whole = {0};
    ck_assert_ok(bytes_append_u8(&whole, tag));
    if (content->len > 255)
        ck_assert_ok(bytes_append_u8(&whole, 0x82));
    else if (content->len > 127)
        ck_assert_ok(bytes_append_u8(&whole, 0x81));
    if (content->len > 255)
        ck_assert_ok(bytes_append_u8(&whole, (uint8_t)(content->len >> 8)));
    ck_assert_ok(bytes_append_u8(&whole, (uint8_t)content->len));
    ck_assert_ok(bytes_append(&whole, content->data, content->len));
    bytes_free(content);
    *content = whole;
}

static struct bytes tbs_of(const struct pieces *pieces)
{
    struct bytes tbs = {0};
    const char *const fields[] = {pieces->version, pieces->serial,   pieces->tbs_algorithm,
                                  pieces->issuer,  pieces->validity, pieces->subject,
                                  pieces->spki,    pieces->unique_id};
    for (size_t i = 0; i < ARRAY_LEN(fields); i++)
        append_hex(&tbs, fields[i]);
    if (pieces->extensions) {
        CLEANUP(bytes_free) struct bytes extensions = {0};
        append_hex(&extensions, pieces->extensions);
        wrap(&extensions, 0x30);
        wrap(&extensions, 0xa3);
        ck_assert_ok(bytes_append(&tbs, extensions.data, extensions.len));
    }
    append_hex(&tbs, pieces->behind);
    wrap(&tbs, 0x30);
    return tbs;
}

static struct bytes certificate_of(const struct pieces *pieces)
{
    struct bytes certificate = tbs_of(pieces);
    uint8_t seed[ED25519_KEY_LEN];
    memcpy(seed, mpc_dummy_issuer_seed, sizeof seed);
    if (pieces->other_seed)
        ck_assert_ok(hex_decode(pieces->other_seed, 64, seed, sizeof seed));
    CLEANUP(ed25519_keypair_free) struct ed25519_keypair issuer;
    struct ed25519_signature signature;
    ck_assert_ok(ed25519_keypair_from_seed(seed, &issuer));
    ck_assert_ok(ed25519_sign(&issuer, certificate.data, certificate.len, &signature));
    append_hex(&certificate, pieces->algorithm);
    ck_assert_ok(bytes_append(&certificate, "\x03\x41\x00", 3));
    ck_assert_ok(bytes_append(&certificate, signature.bytes, sizeof signature.bytes));
    wrap(&certificate, 0x30);
    return certificate;
}

/* NULL when the certificate is trusted, else the reason. */
static const char *verdict_at(const struct bytes *der, int64_t now_s)
{
    static struct error err;
    static const char before[] = "the server's certificate is refused: ";
    struct ed25519_public_key key;
    result_t result = mpc_cert_verify_server(der->data, der->len, now_s, &key, &err);
    if (result == OUTCOME_OK)
        return NULL;
    ck_assert_outcome(result, OUTCOME_SERVER_CERT_UNTRUSTED);
    ck_assert_int_eq(strncmp(err.text, before, strlen(before)), 0);
    return err.text + strlen(before);
}

static void assert_verdict(const struct pieces *pieces, const char *expected, size_t number)
{
    CLEANUP(bytes_free) struct bytes der = certificate_of(pieces);
    const char *got = verdict_at(&der, NOW_S);
    ck_assert_msg(got == expected || (got && expected && strcmp(got, expected) == 0),
                  "case %zu: %s, expected %s", number, got ? got : "trusted",
                  expected ? expected : "trusted");
}

START_TEST(the_usual_certificate_is_trusted_and_gives_its_key)
{
    CLEANUP(bytes_free) struct bytes der = certificate_of(&usual);
    struct ed25519_public_key key, expected;
    ck_assert_ok(hex_decode(KEY, 64, expected.bytes, sizeof expected.bytes));
    ck_assert_ok(mpc_cert_verify_server(der.data, der.len, NOW_S, &key, NULL));
    ck_assert(ed25519_public_key_equal(&key, &expected));
    memset(&key, 0, sizeof key);
    ck_assert_ok(mpc_cert_subject_key(der.data, der.len, &key));
    ck_assert(ed25519_public_key_equal(&key, &expected));
}
END_TEST

START_TEST(the_reference_variants_are_judged_as_webpki_does)
{
    static const struct {
        const char *name, *verdict;
    } cases[] = {
        {"tls/peer_seed_00_1f.der", NULL},
        {"tls/v_printable_issuer.der", "its issuer is not near/mpc's"},
        {"tls/v_wrong_signer.der", "its signature is not by near/mpc's key"},
        {"tls/v_nosan.der", "it has no subjectAltName (dummy is expected)"},
        {"tls/v_rootsan.der", "it is not for the name dummy"},
        {"tls/v_ca_true.der", "it is a CA's (basicConstraints cA)"},
        {"tls/v_ca_false.der", NULL},
        {"tls/v_ca_false_explicit.der", NULL},
        {"tls/v_ku.der", NULL},
        {"tls/v_eku_client.der", "its extendedKeyUsage does not allow servers"},
        {"tls/v_eku_both.der", NULL},
        {"tls/v_ski_aki.der", NULL},
        {"tls/v_other_subject.der", NULL},
        {"tls/v_empty_subject.der", NULL},
        {"tls/dummy_root.der", "it is not for the name dummy"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        CLEANUP(bytes_free) struct bytes der = {0};
        if (!reference_data(cases[i].name, &der))
            return;
        const char *got = verdict_at(&der, NOW_S);
        ck_assert_msg(got == cases[i].verdict ||
                          (got && cases[i].verdict && strcmp(got, cases[i].verdict) == 0),
                      "%s: %s", cases[i].name, got ? got : "trusted");
    }
}
END_TEST

START_TEST(each_piece_that_differs_is_judged_by_itself)
{
    static const char malformed[] = "it is not a version 3 certificate in DER";
    static const char no_extension[] = "an extension cannot be read";
    const struct {
        struct pieces pieces;
        const char *verdict;
    } cases[] = {
#define WITH(member, value, verdict) {{.member = value}, verdict}
        WITH(version, "a003020101", malformed),
        WITH(version, "", malformed),
        WITH(serial, "0200", malformed),
        WITH(serial, "0214ff112233445566778899aabbccddeeff00112233", NULL),
        WITH(tbs_algorithm, "300706032b65700500", "it is not signed with Ed25519"),
        WITH(algorithm, "300706032b65700500", "it is not signed with Ed25519"),
        WITH(algorithm, "300506032b6571", "it is not signed with Ed25519"),
        WITH(issuer, "3000", "its issuer is not near/mpc's"),
        WITH(subject, "3000", NULL),
        WITH(subject, "0500", malformed),
        WITH(validity, "301e170d3735303130313030303030305a170d3236303130313030303030305a", "it has expired"),
        WITH(validity, "301e170d3237303631353030303030305a170d3238303130313030303030305a",
             "it is not valid yet (is this machine's clock right?)"),
        WITH(validity, "3000", "its validity cannot be read"),
        WITH(validity, "301e170d3735303130313030303030305a170d36393031303130303030305a5a",
             "its validity cannot be read"),
        WITH(spki, "302a300506032b6571032100" KEY, "its key is not Ed25519"),
        WITH(spki, "302c300706032b65700500032100" KEY, "its key is not Ed25519"),
        WITH(spki,
             "3029300506032b6570032000"
             "a107bff3ce10be1d70dd18e74bc09967e4d6309ba50d5f1ddc8664125531b8",
             "its key is not Ed25519"),
        WITH(spki, "302a300506032b6570032101" KEY, "its key is not Ed25519"),
        WITH(spki, "3000", malformed),
        WITH(spki, "302c300506032b6570032100" KEY "0500", malformed),
        WITH(unique_id, "81020000", "it has a unique id"),
        WITH(unique_id, "82020000", "it has a unique id"),
        WITH(unique_id, "8105", malformed),
        WITH(behind, "0500", malformed),
        WITH(extensions, "", "it has no subjectAltName (dummy is expected)"),
        WITH(extensions, SAN "0500", "its extensions cannot be read"),
        WITH(extensions, SAN SAN, "it has an extension twice"),
        /* SAN: DUMMY; an IP address before it; other names alone; not a sequence; something behind */
        WITH(extensions,
             "30100603551d110409300782054455"
             "4d4d59",
             NULL),
        WITH(extensions, "30160603551d11040f300d87047f000001820564756d6d79", NULL),
        WITH(extensions, "30110603551d11040a3008820664756d6d7973", "it is not for the name dummy"),
        WITH(extensions, "30100603551d1104093007810564756d6d79", "it is not for the name dummy"),
        WITH(extensions, "30100603551d1104093107820564756d6d79", "its subjectAltName cannot be read"),
        WITH(extensions, "30120603551d11040b3007820564756d6d790500", "its subjectAltName cannot be read"),
        /* an unknown extension: not critical, explicitly not, critical */
        WITH(extensions, SAN "300a0603551d6304030101ff", NULL),
        WITH(extensions, SAN "300a0603551d630101000400", NULL),
        WITH(extensions, SAN "300a0603551d630101ff0400", "it has an unknown critical extension"),
        WITH(extensions, SAN "300b0603551d63010200ff0400", no_extension),
        WITH(extensions, SAN "30050603551d63", no_extension),
        WITH(extensions, SAN "30090603551d6304000500", no_extension),
        WITH(extensions,
             SAN "3002"
                 "0500",
             no_extension),
        /* known ones that mean nothing here */
        WITH(extensions,
             SAN "30090603551d0f04020500"
                 "30090603551d1e04020500"
                 "30090603551d1f04020500",
             NULL),
        /* basicConstraints: empty, with a path length, cA, not a sequence, more in it */
        WITH(extensions, SAN "30090603551d1304023000", NULL),
        WITH(extensions, SAN "300c0603551d1304053003020100", NULL),
        WITH(extensions,
             SAN "300c0603551d1304053003"
                 "0101ff",
             "it is a CA's (basicConstraints cA)"),
        WITH(extensions, SAN "30090603551d1304020500", "its basicConstraints cannot be read"),
        WITH(extensions, SAN "300b0603551d13040430020500", "its basicConstraints cannot be read"),
        /* extendedKeyUsage: serverAuth, clientAuth, both, none, not a sequence */
        WITH(extensions, SAN "30130603551d25040c300a06082b06010505070301", NULL),
        WITH(extensions, SAN "30130603551d25040c300a06082b06010505070302",
             "its extendedKeyUsage does not allow servers"),
        WITH(extensions, SAN "301d0603551d250416301406082b0601050507030206082b06010505070301", NULL),
        WITH(extensions, SAN "30090603551d2504023000", "its extendedKeyUsage does not allow servers"),
        WITH(extensions, SAN "30090603551d2504020500", "its extendedKeyUsage cannot be read"),
        WITH(other_seed, "4242424242424242424242424242424242424242424242424242424242424242",
             "its signature is not by near/mpc's key"),
#undef WITH
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        /* What a case does not name is as usual; every member is a text. */
        struct pieces pieces = usual;
        const char *const *given = (const char *const *)&cases[i].pieces;
        const char **used = (const char **)&pieces;
        for (size_t k = 0; k < sizeof pieces / sizeof *used; k++)
            used[k] = given[k] ? given[k] : used[k];
        assert_verdict(&pieces, cases[i].verdict, i);
    }
    struct pieces pieces = usual;
    pieces.extensions = NULL;
    assert_verdict(&pieces, "it has no subjectAltName (dummy is expected)", 0);
}
END_TEST

START_TEST(extensions_are_read_up_to_a_number)
{
    CLEANUP(bytes_free) struct bytes hex = {0};
    ck_assert_ok(bytes_append_text(&hex, SAN));
    for (unsigned i = 0; i < 31; i++)
        ck_assert_ok(bytes_append_text(&hex, "30070603551d630400"));
    struct pieces pieces = usual;
    pieces.extensions = (char *)hex.data;
    assert_verdict(&pieces, NULL, 0);
    ck_assert_ok(bytes_append_text(&hex, "30070603551d630400"));
    pieces.extensions = (char *)hex.data;
    assert_verdict(&pieces, "it has too many extensions", 0);
}
END_TEST

START_TEST(validity_includes_its_first_and_last_second)
{
    struct pieces pieces = usual;
    pieces.validity =
        "301e170d3237303131353038303030305a170d3237303131353038303030315a"; /* 1800000000, one more */
    CLEANUP(bytes_free) struct bytes der = certificate_of(&pieces);
    ck_assert_ptr_nonnull(verdict_at(&der, NOW_S - 1));
    ck_assert_ptr_null(verdict_at(&der, NOW_S));
    ck_assert_ptr_null(verdict_at(&der, NOW_S + 1));
    ck_assert_ptr_nonnull(verdict_at(&der, NOW_S + 2));
}
END_TEST

START_TEST(keys_of_another_kind_are_told_from_malformed_certificates)
{
    struct ed25519_public_key key;
    static const struct {
        const char *spki;
        result_t result;
    } cases[] = {
        {"302a300506032b6571032100" KEY, OUTCOME_CLIENT_CERT_NOT_ED25519}, /* Ed448's OID */
        {"301a300d06092a864886f70d01010105000309003006020103020103",
         OUTCOME_CLIENT_CERT_NOT_ED25519}, /* RSA */
        {"302c300706032b65700500032100" KEY, OUTCOME_CERT_MALFORMED},
        {"302a300506032b6570032101" KEY, OUTCOME_CERT_MALFORMED},
        {"302730020500032100" KEY, OUTCOME_CERT_MALFORMED},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct pieces pieces = usual;
        pieces.spki = cases[i].spki;
        CLEANUP(bytes_free) struct bytes der = certificate_of(&pieces);
        ck_assert_outcome(mpc_cert_subject_key(der.data, der.len, &key), cases[i].result);
    }
}
END_TEST

START_TEST(every_truncation_and_anything_behind_is_refused)
{
    CLEANUP(bytes_free) struct bytes der = certificate_of(&usual);
    struct ed25519_public_key key;
    for (size_t len = 0; len < der.len; len++) {
        uint8_t *copy = malloc(len + !len);
        ck_assert_ptr_nonnull(copy);
        memcpy(copy, der.data, len);
        ck_assert_outcome(mpc_cert_subject_key(copy, len, &key), OUTCOME_CERT_MALFORMED);
        ck_assert_outcome(mpc_cert_verify_server(copy, len, NOW_S, &key, NULL),
                          OUTCOME_SERVER_CERT_UNTRUSTED);
        free(copy);
    }
    ck_assert_ok(bytes_append_u8(&der, 0));
    ck_assert_outcome(mpc_cert_subject_key(der.data, der.len, &key), OUTCOME_CERT_MALFORMED);
}
END_TEST

START_TEST(no_changed_byte_is_trusted)
{
    CLEANUP(bytes_free) struct bytes der = certificate_of(&usual);
    struct ed25519_public_key key;
    for (size_t i = 0; i < der.len; i++) {
        for (unsigned bit = 0; bit < 8; bit++) {
            der.data[i] ^= (uint8_t)(1u << bit);
            ck_assert_outcome(mpc_cert_verify_server(der.data, der.len, NOW_S, &key, NULL),
                              OUTCOME_SERVER_CERT_UNTRUSTED);
            (void)!mpc_cert_subject_key(der.data, der.len, &key);
            der.data[i] ^= (uint8_t)(1u << bit);
        }
    }
}
END_TEST

int main(void)
{
    SUITE_WITH_CASE(suite, tcase, "mpc_cert_read");
    tcase_add_test(tcase, the_usual_certificate_is_trusted_and_gives_its_key);
    tcase_add_test(tcase, the_reference_variants_are_judged_as_webpki_does);
    tcase_add_test(tcase, each_piece_that_differs_is_judged_by_itself);
    tcase_add_test(tcase, extensions_are_read_up_to_a_number);
    tcase_add_test(tcase, validity_includes_its_first_and_last_second);
    tcase_add_test(tcase, keys_of_another_kind_are_told_from_malformed_certificates);
    tcase_add_test(tcase, every_truncation_and_anything_behind_is_refused);
    tcase_add_test(tcase, no_changed_byte_is_trusted);
    return run_suite(suite);
}
