#include "common/domain_key.h"

#include <stdio.h>
#include <string.h>

#include "common/encoding.h"

static const struct form {
    const char *variant; /* the tag of the JSON object */
    const char *member;  /* where it has the text form */
    const char *prefix;
    size_t len;
} forms[] = {
    [CURVE_SECP256K1] = {"Secp256k1", "near_public_key", "secp256k1:", 64},
    [CURVE_ED25519] = {"Ed25519", "near_public_key_compressed", "ed25519:", 32},
    [CURVE_BLS12381] = {"Bls12381", "public_key", "bls12381g2:", 96},
};

size_t domain_key_len(enum curve curve)
{
    return forms[curve].len;
}

const char *curve_name(enum curve curve)
{
    return forms[curve].variant;
}

bool domain_key_equal(const struct domain_key *a, const struct domain_key *b)
{
    return a->curve == b->curve && memcmp(a->bytes, b->bytes, forms[a->curve].len) == 0;
}

/* The text form of this one curve. */
static result_t parse_form(enum curve curve, const char *text, size_t len, struct domain_key *out,
                           struct error *err)
{
    const struct form *form = &forms[curve];
    size_t prefix_len = strlen(form->prefix);
    if (len < prefix_len || memcmp(text, form->prefix, prefix_len) != 0)
        return error_set(err, OUTCOME_KEY_MALFORMED, "a %s key begins with \"%s\"", form->variant,
                         form->prefix);
    *out = (struct domain_key){.curve = curve};
    if (base58_decode(text + prefix_len, len - prefix_len, out->bytes, form->len) != OUTCOME_OK)
        return error_set(err, OUTCOME_KEY_MALFORMED, "\"%s\" has to be followed by base58 of %zu bytes",
                         form->prefix, form->len);
    return OUTCOME_OK;
}

result_t domain_key_parse_text(const char *text, size_t len, struct domain_key *out, struct error *err)
{
    for (size_t i = 0; i < ARRAY_LEN(forms); i++) {
        size_t prefix_len = strlen(forms[i].prefix);
        if (len >= prefix_len && memcmp(text, forms[i].prefix, prefix_len) == 0)
            return parse_form((enum curve)i, text, len, out, err);
    }
    return error_set(err, OUTCOME_KEY_MALFORMED, "a key begins with secp256k1:, ed25519: or bls12381g2:");
}

void domain_key_format_text(const struct domain_key *key, char out[DOMAIN_KEY_TEXT_MAX])
{
    const struct form *form = &forms[key->curve];
    size_t prefix_len = strlen(form->prefix);
    memcpy(out, form->prefix, prefix_len + 1);
    /* DOMAIN_KEY_TEXT_MAX holds the longest key, so this cannot fail. */
    if (base58_encode(key->bytes, form->len, out + prefix_len, DOMAIN_KEY_TEXT_MAX - prefix_len) !=
        OUTCOME_OK)
        out[prefix_len] = 0;
}

/* "edwards_point" has to be the bytes of `key`, as numbers. */
static result_t check_edwards_point(struct json_object *body, const char *where, const struct domain_key *key,
                                    struct error *err)
{
    struct json_object *point;
    TRY(json_member(body, "edwards_point", json_type_array, &point, OUTCOME_KEYSET_MALFORMED, where, err));
    if (json_object_array_length(point) != forms[CURVE_ED25519].len)
        return error_set(err, OUTCOME_KEYSET_MALFORMED, "%s.edwards_point: 32 numbers expected, not %zu",
                         where, json_object_array_length(point));
    for (size_t i = 0; i < forms[CURVE_ED25519].len; i++) {
        uint64_t value;
        if (!json_is_u64(json_object_array_get_idx(point, i), &value) || value > UINT8_MAX)
            return error_set(err, OUTCOME_KEYSET_MALFORMED,
                             "%s.edwards_point[%zu]: a number from 0 to 255 expected", where, i);
        if (value != key->bytes[i])
            return error_set(err, OUTCOME_KEYSET_MALFORMED,
                             "%s.edwards_point[%zu]: differs from near_public_key_compressed", where, i);
    }
    return OUTCOME_OK;
}

/* The one variant of an externally tagged object, and what is behind the tag. */
static result_t find_variant(struct json_object *value, const char *where, enum curve *curve,
                             struct json_object **body, struct error *err)
{
    if (!json_object_is_type(value, json_type_object) || json_object_object_length(value) != 1)
        return error_set(err, OUTCOME_KEYSET_MALFORMED, "%s: an object with one member, the curve, expected",
                         where);
    for (size_t i = 0; i < ARRAY_LEN(forms); i++) {
        if (json_object_object_get_ex(value, forms[i].variant, body)) {
            *curve = (enum curve)i;
            return OUTCOME_OK;
        }
    }
    return error_set(err, OUTCOME_KEYSET_MALFORMED,
                     "%s: unknown curve; known are Secp256k1, Ed25519, Bls12381", where);
}

result_t domain_key_from_json(struct json_object *value, const char *where, struct domain_key *out,
                              struct error *err)
{
    enum curve curve = CURVE_SECP256K1;
    struct json_object *body;
    const char *text;
    size_t len;
    TRY(find_variant(value, where, &curve, &body, err));
    char inside[256];
    snprintf(inside, sizeof inside, "%s.%s", where, forms[curve].variant);
    if (!json_object_is_type(body, json_type_object))
        return error_set(err, OUTCOME_KEYSET_MALFORMED, "%s: an object expected", inside);
    TRY(json_member_text(body, forms[curve].member, &text, &len, OUTCOME_KEYSET_MALFORMED, inside, err));
    struct error reason = {0};
    if (parse_form(curve, text, len, out, &reason) != OUTCOME_OK)
        return error_set(err, OUTCOME_KEYSET_MALFORMED, "%s.%s: %s", inside, forms[curve].member,
                         reason.text);
    return curve == CURVE_ED25519 ? check_edwards_point(body, inside, out, err) : OUTCOME_OK;
}

/* --- in place --- */

struct key_draft {
    struct domain_key *key;
    bool has_text;
};

static result_t walk_text(struct json_walk *walk, void *target)
{
    struct key_draft *draft = target;
    const char *text;
    size_t len;
    if (!json_walk_text(walk, &text, &len))
        return OUTCOME_KEYSET_MALFORMED;
    draft->has_text = true;
    return parse_form(draft->key->curve, text, len, draft->key, NULL);
}

static result_t walk_edwards_point(struct json_walk *walk, void *target)
{
    const struct key_draft *draft = target;
    uint64_t value;
    bool good = draft->has_text && json_walk_take(walk, '[');
    for (size_t i = 0; i < forms[CURVE_ED25519].len && good; i++)
        good = (i == 0 || json_walk_take(walk, ',')) && json_walk_u64(walk, &value) &&
               value == draft->key->bytes[i];
    return good && json_walk_take(walk, ']') ? OUTCOME_OK : OUTCOME_KEYSET_MALFORMED;
}

static bool find_form(const char *variant, size_t len, enum curve *out)
{
    for (size_t i = 0; i < ARRAY_LEN(forms); i++) {
        *out = (enum curve)i;
        if (strlen(forms[i].variant) == len && memcmp(forms[i].variant, variant, len) == 0)
            return true;
    }
    return false;
}

bool domain_key_walk(struct json_walk *walk, struct domain_key *out)
{
    struct key_draft draft = {.key = out};
    const char *variant;
    size_t len, missing;
    bool is_object;
    *out = (struct domain_key){.curve = CURVE_SECP256K1};
    if (!json_walk_take(walk, '{') || !json_walk_text(walk, &variant, &len) || !json_walk_take(walk, ':') ||
        !find_form(variant, len, &out->curve))
        return false;
    const struct json_walk_member members[] = {{forms[out->curve].member, walk_text},
                                               {"edwards_point", walk_edwards_point}};
    size_t count = out->curve == CURVE_ED25519 ? 2 : 1;
    return json_walk_object(walk, members, count, &draft, &is_object, &missing) == OUTCOME_OK && is_object &&
           missing == count && json_walk_take(walk, '}');
}

static result_t write_edwards_point(const struct domain_key *key, struct bytes *out)
{
    TRY(bytes_append_text(out, ",\"edwards_point\":["));
    for (size_t i = 0; i < forms[CURVE_ED25519].len; i++) {
        if (i > 0)
            TRY(bytes_append_u8(out, ','));
        TRY(bytes_append_decimal(out, key->bytes[i]));
    }
    return bytes_append_u8(out, ']');
}

/* {"Ed25519":{"near_public_key_compressed":"ed25519:..","edwards_point":[..]}} */
result_t domain_key_write(const struct domain_key *key, struct bytes *out)
{
    const struct form *form = &forms[key->curve];
    const char *const parts[] = {"{\"", form->variant, "\":{\"", form->member, "\":\""};
    char text[DOMAIN_KEY_TEXT_MAX];
    domain_key_format_text(key, text);
    for (size_t i = 0; i < ARRAY_LEN(parts); i++)
        TRY(bytes_append_text(out, parts[i]));
    TRY(bytes_append_text(out, text));
    TRY(bytes_append_u8(out, '"'));
    if (key->curve == CURVE_ED25519)
        TRY(write_edwards_point(key, out));
    return bytes_append_text(out, "}}");
}
