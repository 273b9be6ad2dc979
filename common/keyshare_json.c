/* The reader and writer of key shares. json-c is not used: it leaves copies behind and needs twelve times the
 * memory (design.md, "Errors, ownership, secrets"). */
#include "common/keyshare.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/encoding.h"
#include "common/json.h"
#include "common/json_walk.h"
#include "common/scalar.h"

/* A share needs 5 levels; unknown members may be nested, within reason. */
static const struct json_limits limits = {.bytes_max = KEYSHARES_JSON_BYTES_MAX, .depth_max = 32};

/* What a share is read into; the scalar's place is in the set's secret memory. */
struct draft {
    struct keyshare share;
    uint8_t *scalar;
    size_t index; /* of the share in the array, for the error text */
    struct error *err;
};

static result_t malformed(const struct draft *draft, const char *path, const char *what)
{
    return error_set(draft->err, OUTCOME_KEYSHARES_MALFORMED, "keyshares[%zu].%s: %s", draft->index, path,
                     what);
}

/* An object of the share; all `members` are required. `prefix` is put in front of a missing one's name. */
static result_t read_object(struct json_walk *walk, const struct json_walk_member *members, size_t count,
                            const char *path, const char *prefix, struct draft *draft)
{
    bool is_object;
    size_t missing;
    TRY(json_walk_object(walk, members, count, draft, &is_object, &missing));
    if (!is_object)
        return malformed(draft, path, "an object expected");
    if (missing == count)
        return OUTCOME_OK;
    return error_set(draft->err, OUTCOME_KEYSHARES_MALFORMED, "keyshares[%zu].%s%s: missing", draft->index,
                     prefix, members[missing].name);
}

static result_t read_u64(struct json_walk *walk, const struct draft *draft, const char *path, uint64_t *out)
{
    if (json_walk_u64(walk, out))
        return OUTCOME_OK;
    return malformed(draft, path, "an integer from 0 to 18446744073709551615 expected");
}

static result_t read_epoch_id(struct json_walk *walk, void *target)
{
    struct draft *draft = target;
    return read_u64(walk, draft, "key_id.epoch_id", &draft->share.id.epoch_id);
}

static result_t read_domain_id(struct json_walk *walk, void *target)
{
    struct draft *draft = target;
    return read_u64(walk, draft, "key_id.domain_id", &draft->share.id.domain_id);
}

static result_t read_attempt_id(struct json_walk *walk, void *target)
{
    struct draft *draft = target;
    return read_u64(walk, draft, "key_id.attempt_id", &draft->share.id.attempt_id);
}

static result_t read_key_id(struct json_walk *walk, void *target)
{
    static const struct json_walk_member members[] = {
        {"epoch_id", read_epoch_id}, {"domain_id", read_domain_id}, {"attempt_id", read_attempt_id}};
    return read_object(walk, members, ARRAY_LEN(members), "key_id", "key_id.", target);
}

static result_t read_hex(struct json_walk *walk, const struct draft *draft, const char *path, uint8_t *out,
                         size_t out_len)
{
    const char *text;
    size_t len;
    if (json_walk_text(walk, &text, &len) && hex_decode(text, len, out, out_len) == OUTCOME_OK)
        return OUTCOME_OK;
    char what[64];
    snprintf(what, sizeof what, "a string of %zu hex digits expected", 2 * out_len);
    return malformed(draft, path, what);
}

static result_t read_private_share(struct json_walk *walk, void *target)
{
    struct draft *draft = target;
    TRY(read_hex(walk, draft, "data.private_share", draft->scalar, KEYSHARE_SCALAR_LEN));
    if (scalar_in_range(draft->share.curve, draft->scalar))
        return OUTCOME_OK;
    return error_set(draft->err, OUTCOME_KEYSHARE_SCALAR_RANGE,
                     "keyshares[%zu].data.private_share: not below the order of the group of %s",
                     draft->index, curve_name(draft->share.curve));
}

static result_t read_public_key(struct json_walk *walk, void *target)
{
    struct draft *draft = target;
    struct keyshare *share = &draft->share;
    return read_hex(walk, draft, "data.public_key", share->public_key, keyshare_public_key_len(share->curve));
}

/* {"<curve>": {private_share, public_key}}; the curve says how to read the rest. */
static result_t read_data(struct json_walk *walk, void *target)
{
    static const struct json_walk_member members[] = {{"private_share", read_private_share},
                                                      {"public_key", read_public_key}};
    struct draft *draft = target;
    const char *name;
    size_t len;
    if (!json_walk_take(walk, '{') || !json_walk_text(walk, &name, &len) || !json_walk_take(walk, ':'))
        return malformed(draft, "data", "an object with one member, the curve, expected");
    enum curve curve = CURVE_SECP256K1;
    while (strlen(curve_name(curve)) != len || memcmp(curve_name(curve), name, len) != 0)
        if (curve++ == CURVE_BLS12381)
            return malformed(draft, "data", "unknown curve; known are Secp256k1, Ed25519, Bls12381");
    draft->share.curve = curve;
    TRY(read_object(walk, members, ARRAY_LEN(members), "data", "data.", draft));
    return json_walk_take(walk, '}') ? OUTCOME_OK
                                     : malformed(draft, "data", "one member, the curve, expected");
}

static result_t read_shares(struct json_walk *walk, struct keyshares *shares, struct error *err)
{
    static const struct json_walk_member members[] = {{"key_id", read_key_id}, {"data", read_data}};
    size_t count = json_walk_count(*walk);
    if (!json_walk_take(walk, '['))
        return error_set(err, OUTCOME_KEYSHARES_MALFORMED, "keyshares: an array expected");
    if (count > KEYSET_DOMAINS_MAX)
        return error_set(err, OUTCOME_KEYSET_TOO_MANY_DOMAINS, "%zu key shares; the limit is %d", count,
                         KEYSET_DOMAINS_MAX);
    TRY(keyshares_reserve(shares, count));
    if (count > 0)
        TRY(secret_make(&shares->scalars, count * KEYSHARE_SCALAR_LEN));
    for (; shares->count < count; shares->count++) {
        uint8_t *scalar = shares->scalars.data + KEYSHARE_SCALAR_LEN * shares->count;
        struct draft draft = {.scalar = scalar, .index = shares->count, .err = err};
        TRY(read_object(walk, members, ARRAY_LEN(members), "key_id", "", &draft));
        json_walk_take(walk, ',');
        shares->items[shares->count] = draft.share;
    }
    json_walk_take(walk, ']');
    return OUTCOME_OK;
}

static result_t check_points(const struct keyshares *shares, struct error *err)
{
    for (size_t i = 0; i < shares->count; i++) {
        struct domain_key unused;
        result_t result = keyshare_domain_key(&shares->items[i], &unused);
        if (result == OUTCOME_KEYSHARES_MALFORMED)
            return error_set(err, result, "keyshares[%zu].data.public_key: no point of the curve", i);
        TRY(result);
    }
    return OUTCOME_OK;
}

result_t keyshares_parse(const char *text, size_t len, struct keyshares *out, struct error *err)
{
    CLEANUP(keyshares_free) struct keyshares shares = {0};
    struct json_walk walk = json_walk_over(text, len);
    *out = shares;
    TRY(json_scan(text, len, &limits, err));
    TRY(read_shares(&walk, &shares, err));
    TRY(check_points(&shares, err));
    *out = shares;
    shares = (struct keyshares){0};
    return OUTCOME_OK;
}

struct permanent {
    uint64_t epoch_id;
    struct keyshares shares;
    struct error *err;
};

static result_t read_permanent_epoch(struct json_walk *walk, void *target)
{
    struct permanent *permanent = target;
    if (json_walk_u64(walk, &permanent->epoch_id))
        return OUTCOME_OK;
    return error_set(permanent->err, OUTCOME_KEYSHARES_MALFORMED, "epoch_id: an integer expected");
}

static result_t read_permanent_shares(struct json_walk *walk, void *target)
{
    struct permanent *permanent = target;
    return read_shares(walk, &permanent->shares, permanent->err);
}

static void permanent_free(struct permanent *permanent)
{
    keyshares_free(&permanent->shares);
}

static result_t read_permanent(struct json_walk *walk, struct permanent *permanent)
{
    static const struct json_walk_member members[] = {{"epoch_id", read_permanent_epoch},
                                                      {"keyshares", read_permanent_shares}};
    bool is_object;
    size_t missing;
    TRY(json_walk_object(walk, members, ARRAY_LEN(members), permanent, &is_object, &missing));
    if (!is_object)
        return error_set(permanent->err, OUTCOME_KEYSHARES_MALFORMED,
                         "permanent key shares: an object expected");
    if (missing < ARRAY_LEN(members))
        return error_set(permanent->err, OUTCOME_KEYSHARES_MALFORMED, "%s: missing", members[missing].name);
    if (permanent->shares.count == 0)
        return error_set(permanent->err, OUTCOME_KEYSHARES_MALFORMED,
                         "keyshares: a permanent file is never empty");
    return OUTCOME_OK;
}

result_t permanent_keyshares_parse(const char *text, size_t len, struct keyshares *out, struct error *err)
{
    CLEANUP(permanent_free) struct permanent permanent = {.err = err};
    struct json_walk walk = json_walk_over(text, len);
    *out = (struct keyshares){0};
    TRY(json_scan(text, len, &limits, err));
    TRY(read_permanent(&walk, &permanent));
    TRY(keyshares_check_set(&permanent.shares, err));
    uint64_t epoch_id = permanent.shares.items[0].id.epoch_id;
    if (epoch_id != permanent.epoch_id)
        return error_set(err, OUTCOME_KEYSHARES_MALFORMED,
                         "epoch_id: %" PRIu64 ", but the shares are of epoch %" PRIu64, permanent.epoch_id,
                         epoch_id);
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

static size_t decimal_len(uint64_t value)
{
    size_t len = 1;
    for (; value > 9; value /= 10)
        len++;
    return len;
}

/* What write_share() writes, with a comma. */
static size_t share_len(const struct keyshare *share)
{
    static const char frame[] = "{\"key_id\":{\"epoch_id\":,\"domain_id\":,\"attempt_id\":},"
                                "\"data\":{\"\":{\"private_share\":\"\",\"public_key\":\"\"}}},";
    return sizeof frame - 1 + decimal_len(share->id.epoch_id) + decimal_len(share->id.domain_id) +
           decimal_len(share->id.attempt_id) + strlen(curve_name(share->curve)) + 2 * KEYSHARE_SCALAR_LEN +
           2 * keyshare_public_key_len(share->curve);
}

/* Room for all of it at once: secret memory is locked, used or not. `extra` is for what stands around it. */
static result_t reserve_array(const struct keyshares *shares, size_t extra, struct secret *out)
{
    size_t len = 2 + extra;
    for (size_t i = 0; i < shares->count; i++)
        len += share_len(&shares->items[i]);
    return secret_reserve(out, len);
}

result_t keyshares_write(const struct keyshares *shares, struct secret *out)
{
    TRY(reserve_array(shares, 0, out));
    TRY(secret_append_text(out, "["));
    for (size_t i = 0; i < shares->count; i++) {
        if (i > 0)
            TRY(secret_append_text(out, ","));
        TRY(write_share(shares, i, out));
    }
    return secret_append_text(out, "]");
}

result_t keyshares_write_canonical(const struct keyshares *shares, struct secret *out)
{
    CLEANUP(id_index_free) struct id_index order = {0};
    TRY(keyshares_index(shares, &order));
    TRY(reserve_array(shares, 1, out));
    TRY(secret_append_text(out, "["));
    for (size_t i = 0; i < order.count; i++) {
        if (i > 0)
            TRY(secret_append_text(out, ","));
        TRY(write_share(shares, order.entries[i].at, out));
    }
    return secret_append_text(out, "]");
}

result_t permanent_keyshares_write(const struct keyshares *shares, struct secret *out)
{
    char head[64];
    snprintf(head, sizeof head,
             "{\"epoch_id\":%" PRIu64 ",\"keyshares\":", shares->count ? shares->items[0].id.epoch_id : 0);
    TRY(reserve_array(shares, sizeof head + 1, out));
    TRY(secret_append_text(out, head));
    TRY(keyshares_write_canonical(shares, out));
    return secret_append_text(out, "}");
}
