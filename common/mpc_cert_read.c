/* Reading certificates: the walk, and what near/mpc's client checks of a server (wire.md 1.3). */
#include "common/mpc_cert.h"

#include <string.h>
#include <strings.h>

#include "common/der.h"
#include "common/mpc_cert_form.h"

static const uint8_t oid_ed25519[] = {0x2b, 0x65, 0x70};
static const uint8_t oid_server_auth[] = {0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x01};

/* Tags of the TBS's optional tail. */
#define ISSUER_UNIQUE_ID  DER_CONTEXT(1)
#define SUBJECT_UNIQUE_ID DER_CONTEXT(2)
#define EXTENSIONS        DER_CONTEXT_CONSTRUCTED(3)

/* How many extensions a certificate may have before it is refused. */
#define CERT_EXTENSIONS_MAX 32

/* Where the parts of a certificate are; all of it borrowed from the DER. */
struct certificate {
    struct cursor tbs; /* with tag and length: what is signed */
    struct cursor tbs_algorithm;
    struct cursor issuer;
    struct cursor validity;
    struct cursor key_algorithm;
    struct cursor key_bits; /* the BIT STRING, with tag and length */
    bool has_unique_id;
    struct cursor extensions;
    struct cursor algorithm;
    struct cursor signature; /* the BIT STRING, with tag and length */
};

/* Take one element with its tag and length. */
static bool take_whole(struct cursor *from, uint8_t tag, struct cursor *whole)
{
    const uint8_t *start = from->at;
    struct cursor content;
    if (!der_take(from, tag, &content))
        return false;
    *whole = cursor_over(start, (size_t)(from->at - start));
    return true;
}

/* TBSCertificate of RFC 5280 4.1, version 3. */
static bool walk_tbs(struct cursor tbs, struct certificate *out)
{
    struct cursor version, serial, subject, spki, unique, extensions;
    if (!der_take(&tbs, DER_CONTEXT_CONSTRUCTED(0), &version) || !der_is(&version, "\x02\x01\x02", 3) ||
        !der_take(&tbs, DER_INTEGER, &serial) || cursor_left(&serial) == 0 ||
        !take_whole(&tbs, DER_SEQUENCE, &out->tbs_algorithm) ||
        !take_whole(&tbs, DER_SEQUENCE, &out->issuer) || !der_take(&tbs, DER_SEQUENCE, &out->validity) ||
        !der_take(&tbs, DER_SEQUENCE, &subject) || !der_take(&tbs, DER_SEQUENCE, &spki))
        return false;
    if (!der_take(&spki, DER_SEQUENCE, &out->key_algorithm) ||
        !take_whole(&spki, DER_BIT_STRING, &out->key_bits) || cursor_left(&spki) != 0)
        return false;
    for (uint8_t tag = ISSUER_UNIQUE_ID; tag <= SUBJECT_UNIQUE_ID; tag++) {
        if (!der_optional(&tbs, tag, &unique))
            return false;
        out->has_unique_id = out->has_unique_id || unique.at;
    }
    if (!der_optional(&tbs, EXTENSIONS, &extensions) || cursor_left(&tbs) != 0)
        return false;
    return !extensions.at ||
           (der_take(&extensions, DER_SEQUENCE, &out->extensions) && cursor_left(&extensions) == 0);
}

static bool walk(const uint8_t *der, size_t len, struct certificate *out)
{
    struct cursor all = cursor_over(der, len), certificate, tbs;
    *out = (struct certificate){0};
    if (!der_take(&all, DER_SEQUENCE, &certificate) || cursor_left(&all) != 0 ||
        !take_whole(&certificate, DER_SEQUENCE, &out->tbs) ||
        !take_whole(&certificate, DER_SEQUENCE, &out->algorithm) ||
        !take_whole(&certificate, DER_BIT_STRING, &out->signature) || cursor_left(&certificate) != 0)
        return false;
    struct cursor whole = out->tbs;
    return der_take(&whole, DER_SEQUENCE, &tbs) && walk_tbs(tbs, out);
}

/* SubjectPublicKeyInfo. A key of another kind is told from a malformed one, because
 * it says what a client did wrong. */
static result_t subject_key(const struct certificate *certificate, struct ed25519_public_key *out)
{
    struct cursor algorithm = certificate->key_algorithm, bits = certificate->key_bits, oid;
    const uint8_t *key;
    if (!der_take(&algorithm, DER_OID, &oid))
        return OUTCOME_CERT_MALFORMED;
    if (!der_is(&oid, oid_ed25519, sizeof oid_ed25519))
        return OUTCOME_CLIENT_CERT_NOT_ED25519;
    /* RFC 8410 3: the parameters are absent. */
    if (cursor_left(&algorithm) != 0 || !der_bits(&bits, ED25519_KEY_LEN, &key))
        return OUTCOME_CERT_MALFORMED;
    memcpy(out->bytes, key, sizeof out->bytes);
    return OUTCOME_OK;
}

result_t mpc_cert_subject_key(const uint8_t *der, size_t len, struct ed25519_public_key *out)
{
    struct certificate certificate;
    if (!walk(der, len, &certificate))
        return OUTCOME_CERT_MALFORMED;
    return subject_key(&certificate, out);
}

/* Over the bytes received, never over anything written again. */
static result_t check_signature(const struct certificate *certificate)
{
    struct cursor bits = certificate->signature;
    struct ed25519_signature signature;
    const uint8_t *at;
    if (!der_bits(&bits, ED25519_SIGNATURE_LEN, &at))
        return OUTCOME_SIGNATURE_INVALID;
    memcpy(signature.bytes, at, sizeof signature.bytes);
    return ed25519_verify(&mpc_dummy_issuer_public_key, certificate->tbs.at, cursor_left(&certificate->tbs),
                          &signature);
}

/* What is wrong with the validity, or NULL. */
static const char *check_validity(struct cursor validity, int64_t now_s)
{
    int64_t not_before, not_after;
    if (!der_time(&validity, &not_before) || !der_time(&validity, &not_after) || cursor_left(&validity) != 0)
        return "its validity cannot be read";
    if (now_s < not_before)
        return "it is not valid yet (is this machine's clock right?)";
    return now_s > not_after ? "it has expired" : NULL;
}

/* The checks of the extensions' contents: what is wrong, or NULL. */
static const char *check_basic_constraints(struct cursor value)
{
    /* cA=FALSE is accepted whether left out, as DER wants it, or written. */
    struct cursor constraints, ca, path_len;
    if (!der_take(&value, DER_SEQUENCE, &constraints) || cursor_left(&value) != 0 ||
        !der_optional(&constraints, DER_BOOLEAN, &ca) ||
        !der_optional(&constraints, DER_INTEGER, &path_len) || cursor_left(&constraints) != 0)
        return "its basicConstraints cannot be read";
    return ca.at && !der_is(&ca, "\0", 1) ? "it is a CA's (basicConstraints cA)" : NULL;
}

static const char *check_extended_key_usage(struct cursor value)
{
    struct cursor usages, oid;
    if (!der_take(&value, DER_SEQUENCE, &usages) || cursor_left(&value) != 0)
        return "its extendedKeyUsage cannot be read";
    while (der_take(&usages, DER_OID, &oid))
        if (der_is(&oid, oid_server_auth, sizeof oid_server_auth))
            return NULL;
    return "its extendedKeyUsage does not allow servers";
}

/* DNS names are compared without regard to case (RFC 4343). */
static bool is_dummy(const struct cursor *name)
{
    return cursor_left(name) == 5 && strncasecmp((const char *)name->at, "dummy", 5) == 0;
}

static const char *check_subject_alt_name(struct cursor value)
{
    struct cursor names, name;
    uint8_t tag;
    if (!der_take(&value, DER_SEQUENCE, &names) || cursor_left(&value) != 0)
        return "its subjectAltName cannot be read";
    while (der_any(&names, &tag, &name))
        if (tag == DER_CONTEXT(2) && is_dummy(&name))
            return NULL;
    return "it is not for the name dummy";
}

static const char *check_nothing(struct cursor value)
{
    (void)value;
    return NULL;
}

/* The extensions that webpki knows, all below 2.5.29 (wire.md 1.3). */
static const struct known_extension {
    uint8_t id;
    const char *(*check)(struct cursor value);
} known_extensions[] = {
    {15, check_nothing}, /* keyUsage is ignored */
    {17, check_subject_alt_name},
    {19, check_basic_constraints},
    {30, check_nothing}, /* nameConstraints of an end entity mean nothing */
    {31, check_nothing}, /* cRLDistributionPoints */
    {37, check_extended_key_usage},
};

#define SUBJECT_ALT_NAME_BIT (1u << 1)

/* One extension; *seen has a bit for each known one. */
static const char *check_extension(struct cursor extension, unsigned *seen)
{
    struct cursor oid, critical, value;
    if (!der_take(&extension, DER_OID, &oid) || !der_optional(&extension, DER_BOOLEAN, &critical) ||
        (critical.at && cursor_left(&critical) != 1) || !der_take(&extension, DER_OCTET_STRING, &value) ||
        cursor_left(&extension) != 0)
        return "an extension cannot be read";
    for (unsigned i = 0; i < ARRAY_LEN(known_extensions); i++) {
        const uint8_t id[] = {0x55, 0x1d, known_extensions[i].id};
        if (!der_is(&oid, id, sizeof id))
            continue;
        if (*seen & 1u << i)
            return "it has an extension twice";
        *seen |= 1u << i;
        return known_extensions[i].check(value);
    }
    return critical.at && *critical.at ? "it has an unknown critical extension" : NULL;
}

static const char *check_extensions(struct cursor extensions)
{
    unsigned seen = 0;
    for (unsigned i = 0; i < CERT_EXTENSIONS_MAX && cursor_left(&extensions); i++) {
        struct cursor extension;
        if (!der_take(&extensions, DER_SEQUENCE, &extension))
            return "its extensions cannot be read";
        const char *problem = check_extension(extension, &seen);
        if (problem)
            return problem;
    }
    if (cursor_left(&extensions) != 0)
        return "it has too many extensions";
    return seen & SUBJECT_ALT_NAME_BIT ? NULL : "it has no subjectAltName (dummy is expected)";
}

static const char *check_server(const struct certificate *certificate, int64_t now_s)
{
    /* webpki knows no unique ids, and compares issuer and algorithms as bytes: a PrintableString of the same
     * text is another issuer. The subject does not matter. */
    if (certificate->has_unique_id)
        return "it has a unique id";
    if (!der_is(&certificate->issuer, MPC_CERT_DN, sizeof MPC_CERT_DN - 1))
        return "its issuer is not near/mpc's";
    if (!der_is(&certificate->tbs_algorithm, MPC_CERT_ALGORITHM, sizeof MPC_CERT_ALGORITHM - 1) ||
        !der_is(&certificate->algorithm, MPC_CERT_ALGORITHM, sizeof MPC_CERT_ALGORITHM - 1))
        return "it is not signed with Ed25519";
    const char *problem = check_validity(certificate->validity, now_s);
    return problem ? problem : check_extensions(certificate->extensions);
}

result_t mpc_cert_verify_server(const uint8_t *der, size_t len, int64_t now_s, struct ed25519_public_key *out,
                                struct error *err)
{
    struct certificate certificate;
    result_t signature = OUTCOME_OK;
    const char *problem = "it is not a version 3 certificate in DER";
    if (walk(der, len, &certificate))
        problem = check_server(&certificate, now_s);
    if (!problem)
        signature = check_signature(&certificate);
    if (signature == OUTCOME_NO_MEMORY)
        return signature;
    if (signature != OUTCOME_OK)
        problem = "its signature is not by near/mpc's key";
    if (!problem && subject_key(&certificate, out) != OUTCOME_OK)
        problem = "its key is not Ed25519";
    if (problem)
        return error_set(err, OUTCOME_SERVER_CERT_UNTRUSTED, "the server's certificate is refused: %s",
                         problem);
    return OUTCOME_OK;
}
