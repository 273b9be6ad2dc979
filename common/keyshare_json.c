/* The reader and writer of key shares. json-c is not used: it leaves copies behind and needs twelve times the memory
 * (design.md, "Errors, ownership, secrets"). json_scan judges the whole text first, so what walks over it here knows that it
 * is JSON without duplicate members, and has only to find what it wants. */
#include "common/keyshare.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/encoding.h"
#include "common/json.h"
#include "common/scalar.h"

/* A share needs 5 levels; unknown members may be nested, within reason. */
static const struct json_limits limits = {.bytes_max = KEYSHARES_JSON_BYTES_MAX, .depth_max = 32};

#define OUTSIDE_SHARES SIZE_MAX

struct reader {
    const char *at;
    const char *end;
    size_t index; /* of the share that is read, or OUTSIDE_SHARES; for the error text */
    struct error *err;
};

/* What a share is read into; the scalar's place is in the set's secret memory. */
struct draft {
    struct keyshare share;
    uint8_t *scalar;
};

/* A member of an object and what reads its value into the object's target. All are required, unknown ones are skipped. */
struct member {
    const char *name;
    const char *path; /* for the error text */
    result_t (*read)(struct reader *reader, const char *path, void *target);
};

static result_t malformed(const struct reader *reader, const char *path, const char *what)
{
    if (reader->index == OUTSIDE_SHARES)
        return error_set(reader->err, OUTCOME_KEYSHARES_MALFORMED, "%s: %s", path, what);
    return error_set(reader->err, OUTCOME_KEYSHARES_MALFORMED, "keyshares[%zu].%s: %s", reader->index, path,
                     what);
}

static bool next_is(const struct reader *reader, char c)
{
    return reader->at < reader->end && *reader->at == c;
}

static void skip_space(struct reader *reader)
{
    while (next_is(reader, ' ') || next_is(reader, '\n') || next_is(reader, '\t') || next_is(reader, '\r'))
        reader->at++;
}

/* Step over the punctuation mark `c` if it is next. */
static bool take(struct reader *reader, char c)
{
    skip_space(reader);
    if (!next_is(reader, c))
        return false;
    reader->at++;
    return true;
}

/* Step over a string if it is next. *text is borrowed: without the quotes, escapes as they stand. Nothing that is looked for
 * here needs an escape, so an escaped name is an unknown one, and an escaped digit is no digit. */
static bool take_string(struct reader *reader, const char **text, size_t *len)
{
    if (!take(reader, '"'))
        return false;
    *text = reader->at;
    while (reader->at < reader->end && *reader->at != '"')
        reader->at += *reader->at == '\\' ? 2 : 1;
    *len = (size_t)(reader->at - *text);
    reader->at++;
    return true;
}

/* Step over a number or a literal. */
static void take_word(struct reader *reader, const char **text, size_t *len)
{
    skip_space(reader);
    *text = reader->at;
    while (reader->at < reader->end && !memchr(" \n\t\r,]}", *reader->at, 7))
        reader->at++;
    *len = (size_t)(reader->at - *text);
}

/* Step over any value. */
static void skip_value(struct reader *reader)
{
    const char *text;
    size_t len, depth = 0;
    do {
        if (take(reader, '[') || take(reader, '{'))
            depth++;
        else if (take(reader, ']') || take(reader, '}'))
            depth--;
        else if (!take(reader, ',') && !take(reader, ':') && !take_string(reader, &text, &len))
            take_word(reader, &text, &len);
    } while (depth > 0 && reader->at < reader->end);
}

static const struct member *find_member(const struct member *members, size_t count, const char *name,
                                        size_t len)
{
    for (size_t i = 0; i < count; i++)
        if (strlen(members[i].name) == len && memcmp(members[i].name, name, len) == 0)
            return &members[i];
    return NULL;
}

static result_t read_object(struct reader *reader, const char *path, const struct member *members,
                            size_t count, void *target)
{
    unsigned seen = 0;
    if (!take(reader, '{'))
        return malformed(reader, path, "an object expected");
    while (!take(reader, '}')) {
        const char *name = NULL;
        size_t len = 0;
        if (!take_string(reader, &name, &len) || !take(reader, ':'))
            return OUTCOME_INTERNAL;
        const struct member *member = find_member(members, count, name, len);
        if (member) {
            TRY(member->read(reader, member->path, target));
            seen |= 1u << (member - members);
        } else {
            skip_value(reader);
        }
        take(reader, ',');
    }
    for (size_t i = 0; i < count; i++)
        if (!(seen >> i & 1))
            return malformed(reader, members[i].path, "missing");
    return OUTCOME_OK;
}

static result_t read_u64(struct reader *reader, const char *path, uint64_t *out)
{
    const char *text;
    size_t len;
    take_word(reader, &text, &len);
    uint64_t value = 0;
    for (size_t i = 0; i < len; i++) {
        unsigned digit = (unsigned char)text[i] - (unsigned)'0';
        if (digit > 9 || __builtin_mul_overflow(value, 10u, &value) ||
            __builtin_add_overflow(value, digit, &value))
            return malformed(reader, path, "an integer from 0 to 18446744073709551615 expected");
    }
    if (len == 0)
        return malformed(reader, path, "an integer expected");
    *out = value;
    return OUTCOME_OK;
}

static result_t read_epoch_id(struct reader *reader, const char *path, void *target)
{
    return read_u64(reader, path, &((struct draft *)target)->share.id.epoch_id);
}

static result_t read_domain_id(struct reader *reader, const char *path, void *target)
{
    return read_u64(reader, path, &((struct draft *)target)->share.id.domain_id);
}

static result_t read_attempt_id(struct reader *reader, const char *path, void *target)
{
    return read_u64(reader, path, &((struct draft *)target)->share.id.attempt_id);
}

static result_t read_key_id(struct reader *reader, const char *path, void *target)
{
    static const struct member members[] = {
        {"epoch_id", "key_id.epoch_id", read_epoch_id},
        {"domain_id", "key_id.domain_id", read_domain_id},
        {"attempt_id", "key_id.attempt_id", read_attempt_id},
    };
    return read_object(reader, path, members, ARRAY_LEN(members), target);
}

static result_t read_hex(struct reader *reader, const char *path, uint8_t *out, size_t out_len)
{
    const char *text;
    size_t len;
    if (take_string(reader, &text, &len) && hex_decode(text, len, out, out_len) == OUTCOME_OK)
        return OUTCOME_OK;
    char what[64];
    snprintf(what, sizeof what, "a string of %zu hex digits expected", 2 * out_len);
    return malformed(reader, path, what);
}

static result_t read_private_share(struct reader *reader, const char *path, void *target)
{
    struct draft *draft = target;
    TRY(read_hex(reader, path, draft->scalar, KEYSHARE_SCALAR_LEN));
    if (scalar_in_range(draft->share.curve, draft->scalar))
        return OUTCOME_OK;
    return error_set(reader->err, OUTCOME_KEYSHARE_SCALAR_RANGE,
                     "keyshares[%zu].%s: not below the order of the group of %s", reader->index, path,
                     curve_name(draft->share.curve));
}

static result_t read_public_key(struct reader *reader, const char *path, void *target)
{
    struct keyshare *share = &((struct draft *)target)->share;
    TRY(read_hex(reader, path, share->public_key, keyshare_public_key_len(share->curve)));
    struct domain_key unused;
    result_t result = keyshare_domain_key(share, &unused);
    return result == OUTCOME_KEYSHARES_MALFORMED ? malformed(reader, path, "no point of the curve") : result;
}

static result_t read_data(struct reader *reader, const char *path, void *target)
{
    static const struct member members[] = {
        {"private_share", "data.private_share", read_private_share},
        {"public_key", "data.public_key", read_public_key},
    };
    struct draft *draft = target;
    const char *name;
    size_t len;
    if (!take(reader, '{') || !take_string(reader, &name, &len))
        return malformed(reader, path, "an object with one member, the curve, expected");
    enum curve curve = CURVE_SECP256K1;
    while (strlen(curve_name(curve)) != len || memcmp(curve_name(curve), name, len) != 0)
        if (curve++ == CURVE_BLS12381)
            return malformed(reader, path, "unknown curve; known are Secp256k1, Ed25519, Bls12381");
    draft->share.curve = curve;
    take(reader, ':');
    TRY(read_object(reader, path, members, ARRAY_LEN(members), target));
    return take(reader, '}') ? OUTCOME_OK : malformed(reader, path, "one member, the curve, expected");
}

/* How many values the array has that `reader` (a copy) is at the beginning of. */
static size_t count_values(struct reader reader)
{
    size_t count = 0;
    if (!take(&reader, '[') || take(&reader, ']'))
        return 0;
    do {
        skip_value(&reader);
        count++;
    } while (take(&reader, ','));
    return count;
}

static result_t read_shares(struct reader *reader, const char *path, void *target)
{
    static const struct member members[] = {{"key_id", "key_id", read_key_id}, {"data", "data", read_data}};
    struct keyshares *shares = target;
    size_t count = count_values(*reader);
    if (!take(reader, '['))
        return malformed(reader, path, "an array expected");
    if (count > KEYSET_DOMAINS_MAX)
        return error_set(reader->err, OUTCOME_KEYSET_TOO_MANY_DOMAINS, "%zu key shares; the limit is %d",
                         count, KEYSET_DOMAINS_MAX);
    TRY(keyshares_reserve(shares, count));
    if (count > 0)
        TRY(secret_make(&shares->scalars, count * KEYSHARE_SCALAR_LEN));
    for (; shares->count < count; shares->count++) {
        struct draft draft = {.scalar = shares->scalars.data + KEYSHARE_SCALAR_LEN * shares->count};
        reader->index = shares->count;
        TRY(read_object(reader, "key_id", members, ARRAY_LEN(members), &draft));
        take(reader, ',');
        shares->items[shares->count] = draft.share;
    }
    reader->index = OUTSIDE_SHARES;
    return take(reader, ']') ? OUTCOME_OK : OUTCOME_INTERNAL;
}

result_t keyshares_parse(const char *text, size_t len, struct keyshares *out, struct error *err)
{
    CLEANUP(keyshares_free) struct keyshares shares = {0};
    *out = shares;
    TRY(json_scan(text, len, &limits, err));
    struct reader reader = {.at = text, .end = text + len, .index = OUTSIDE_SHARES, .err = err};
    TRY(read_shares(&reader, "keyshares", &shares));
    *out = shares;
    shares = (struct keyshares){0};
    return OUTCOME_OK;
}

struct permanent {
    uint64_t epoch_id;
    struct keyshares shares;
};

static result_t read_permanent_epoch(struct reader *reader, const char *path, void *target)
{
    return read_u64(reader, path, &((struct permanent *)target)->epoch_id);
}

static result_t read_permanent_shares(struct reader *reader, const char *path, void *target)
{
    return read_shares(reader, path, &((struct permanent *)target)->shares);
}

static void permanent_free(struct permanent *permanent)
{
    keyshares_free(&permanent->shares);
}

result_t permanent_keyshares_parse(const char *text, size_t len, struct keyshares *out, struct error *err)
{
    static const struct member members[] = {{"epoch_id", "epoch_id", read_permanent_epoch},
                                            {"keyshares", "keyshares", read_permanent_shares}};
    CLEANUP(permanent_free) struct permanent permanent = {0};
    *out = (struct keyshares){0};
    TRY(json_scan(text, len, &limits, err));
    struct reader reader = {.at = text, .end = text + len, .index = OUTSIDE_SHARES, .err = err};
    TRY(read_object(&reader, "permanent key shares", members, ARRAY_LEN(members), &permanent));
    if (permanent.shares.count == 0)
        return error_set(err, OUTCOME_KEYSHARES_MALFORMED, "keyshares: a permanent file is never empty");
    TRY(keyshares_check_set(&permanent.shares, err));
    if (permanent.shares.items[0].id.epoch_id != permanent.epoch_id)
        return error_set(err, OUTCOME_KEYSHARES_MALFORMED,
                         "epoch_id: %" PRIu64 ", but the shares are of epoch %" PRIu64, permanent.epoch_id,
                         permanent.shares.items[0].id.epoch_id);
    *out = permanent.shares;
    permanent.shares = (struct keyshares){0};
    return OUTCOME_OK;
}

static result_t write_share(const struct keyshares *shares, size_t at, struct secret *out)
{
    const struct keyshare *share = &shares->items[at];
    char head[192], public_key[2 * DOMAIN_KEY_LEN_MAX], private_share[2 * KEYSHARE_SCALAR_LEN];
    size_t public_key_len = keyshare_public_key_len(share->curve);
    snprintf(head, sizeof head,
             "{\"key_id\":{\"epoch_id\":%" PRIu64 ",\"domain_id\":%" PRIu64 ",\"attempt_id\":%" PRIu64
             "},\"data\":{\"%s\":{\"private_share\":\"",
             share->id.epoch_id, share->id.domain_id, share->id.attempt_id, curve_name(share->curve));
    hex_encode(share->public_key, public_key_len, public_key);
    TRY(secret_append_text(out, head));
    hex_encode(keyshare_scalar(shares, at), KEYSHARE_SCALAR_LEN, private_share);
    result_t result = secret_append(out, private_share, sizeof private_share);
    secret_wipe(private_share, sizeof private_share);
    TRY(result);
    TRY(secret_append_text(out, "\",\"public_key\":\""));
    TRY(secret_append(out, public_key, 2 * public_key_len));
    return secret_append_text(out, "\"}}}");
}

result_t keyshares_write(const struct keyshares *shares, struct secret *out)
{
    TRY(secret_append_text(out, "["));
    for (size_t i = 0; i < shares->count; i++) {
        if (i > 0)
            TRY(secret_append_text(out, ","));
        TRY(write_share(shares, i, out));
    }
    return secret_append_text(out, "]");
}

result_t permanent_keyshares_write(const struct keyshares *shares, struct secret *out)
{
    CLEANUP(id_index_free) struct id_index order = {0};
    TRY(keyshares_index(shares, &order));
    char head[64];
    snprintf(head, sizeof head, "{\"epoch_id\":%" PRIu64 ",\"keyshares\":[",
             shares->count ? shares->items[0].id.epoch_id : 0);
    TRY(secret_append_text(out, head));
    for (size_t i = 0; i < order.count; i++) {
        if (i > 0)
            TRY(secret_append_text(out, ","));
        TRY(write_share(shares, order.entries[i].at, out));
    }
    return secret_append_text(out, "]}");
}
