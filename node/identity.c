#include "node/identity.h"

#include <string.h>

#include "common/json.h"
#include "common/os/file.h"
#include "common/os/random.h"

#define IDENTITY_FILE_NAME "secrets.json"

/* Reading. json_scan() has seen that the text is strict JSON, so the walk below only has to find its way. */

struct identity_walk {
    const char *at;
    const char *end;
};

static void identity_skip_space(struct identity_walk *walk)
{
    while (walk->at < walk->end && strchr(" \t\r\n", *walk->at))
        walk->at++;
}

/* Whether the next token is `token`, which is then passed. */
static bool identity_take(struct identity_walk *walk, char token)
{
    identity_skip_space(walk);
    if (walk->at == walk->end || *walk->at != token)
        return false;
    walk->at++;
    return true;
}

/* The text between quotes as it stands. Neither the names nor the keys looked for need an escape. */
static bool identity_take_text(struct identity_walk *walk, const char **text, size_t *len)
{
    if (!identity_take(walk, '"'))
        return false;
    *text = walk->at;
    while (*walk->at != '"')
        walk->at += *walk->at == '\\' ? 2 : 1;
    *len = (size_t)(walk->at - *text);
    walk->at++;
    return true;
}

/* Pass one value of any type: up to the comma or bracket that ends it. */
static void identity_skip_value(struct identity_walk *walk)
{
    const char *text;
    size_t len;
    for (size_t depth = 0; walk->at < walk->end;) {
        if (identity_take_text(walk, &text, &len))
            continue;
        char token = *walk->at;
        if (depth == 0 && (token == ',' || token == '}'))
            return;
        depth += token == '{' || token == '[';
        depth -= token == '}' || token == ']';
        walk->at++;
    }
}

static result_t identity_malformed(const char *member, const char *what, struct error *err)
{
    return error_set(err, OUTCOME_SECRETS_MALFORMED, "%s: %s: %s", IDENTITY_FILE_NAME, member, what);
}

static result_t identity_take_key(struct identity_walk *walk, const char *member, struct ed25519_keypair *out,
                                  struct error *err)
{
    const char *text;
    size_t len;
    struct error why = {0};
    if (!identity_take_text(walk, &text, &len))
        return identity_malformed(member, "not a text", err);
    result_t result = ed25519_keypair_parse(text, len, out, &why);
    return result == OUTCOME_KEY_MALFORMED ? identity_malformed(member, why.text, err) : result;
}

static result_t identity_read_p2p(struct identity_walk *walk, struct identity *out, struct error *err)
{
    return identity_take_key(walk, "p2p_private_key", &out->p2p, err);
}

static result_t identity_read_signer(struct identity_walk *walk, struct identity *out, struct error *err)
{
    return identity_take_key(walk, "near_signer_key", &out->signer, err);
}

static result_t identity_read_responders(struct identity_walk *walk, struct identity *out, struct error *err)
{
    static const char member[] = "near_responder_keys";
    if (!identity_take(walk, '['))
        return identity_malformed(member, "not an array", err);
    do {
        CLEANUP(ed25519_keypair_free) struct ed25519_keypair pair = {0};
        if (out->responder_count == 0 && identity_take(walk, ']'))
            return identity_malformed(member, "at least one key is needed", err);
        if (out->responder_count == IDENTITY_RESPONDERS_MAX)
            return identity_malformed(member, "too many keys", err);
        TRY(identity_take_key(walk, member, &pair, err));
        out->responders[out->responder_count++] = pair.public_key;
    } while (identity_take(walk, ','));
    return identity_take(walk, ']') ? OUTCOME_OK : identity_malformed(member, "not an array of texts", err);
}

/* All three are required (wire.md 6.2). */
static const struct identity_member {
    const char *name;
    result_t (*read)(struct identity_walk *walk, struct identity *out, struct error *err);
} identity_members[] = {
    {"p2p_private_key", identity_read_p2p},
    {"near_signer_key", identity_read_signer},
    {"near_responder_keys", identity_read_responders},
};

/* One member; its bit is set in *found when it is one of ours. */
static result_t identity_read_member(struct identity_walk *walk, const char *name, size_t len,
                                     struct identity *out, unsigned *found, struct error *err)
{
    for (unsigned i = 0; i < ARRAY_LEN(identity_members); i++) {
        const struct identity_member *member = &identity_members[i];
        if (len != strlen(member->name) || memcmp(name, member->name, len) != 0)
            continue;
        *found |= 1u << i;
        return member->read(walk, out, err);
    }
    identity_skip_value(walk);
    return OUTCOME_OK;
}

static result_t identity_read(struct identity_walk *walk, struct identity *out, struct error *err)
{
    const char *name;
    size_t len;
    unsigned found = 0;
    if (!identity_take(walk, '{'))
        return identity_malformed("the file", "not a JSON object", err);
    while (identity_take_text(walk, &name, &len)) {
        if (!identity_take(walk, ':'))
            break;
        TRY(identity_read_member(walk, name, len, out, &found, err));
        if (!identity_take(walk, ','))
            break;
    }
    for (unsigned i = 0; i < ARRAY_LEN(identity_members); i++)
        if (!(found & 1u << i))
            return identity_malformed(identity_members[i].name, "missing", err);
    return OUTCOME_OK;
}

result_t identity_parse(const char *text, size_t len, struct identity *out, struct error *err)
{
    struct error why = {0};
    struct identity_walk walk = {text, text + len};
    CLEANUP(identity_free) struct identity identity = {0};
    result_t scanned = json_scan(text, len, &json_limits_small, &why);
    if (scanned != OUTCOME_OK)
        return error_set(err, OUTCOME_SECRETS_MALFORMED, "%s: %s", IDENTITY_FILE_NAME, why.text);
    TRY(identity_read(&walk, &identity, err));
    *out = identity;
    identity = (struct identity){0};
    return OUTCOME_OK;
}

static result_t identity_load_path(const char *path, struct identity *out, struct error *err)
{
    CLEANUP(secret_free) struct secret text = {0};
    struct error why = {0};
    result_t result = file_read_secret(path, IDENTITY_FILE_BYTES_MAX, FILE_EXPOSED_WARN, &text, &why);
    if (result != OUTCOME_OK)
        return error_set(err, OUTCOME_SECRETS_UNREADABLE, "%s", why.text);
    return identity_parse((const char *)text.data, text.len, out, err);
}

result_t identity_load(const char *home_dir, struct identity *out, struct error *err)
{
    CLEANUP(free_text) char *path = file_path(home_dir, IDENTITY_FILE_NAME);
    return path ? identity_load_path(path, out, err) : OUTCOME_NO_MEMORY;
}

/* Making */

static result_t identity_append_fresh_key(struct secret *text)
{
    uint8_t seed[ED25519_KEY_LEN];
    CLEANUP(ed25519_keypair_free) struct ed25519_keypair pair = {0};
    TRY(random_bytes(seed, sizeof(seed)));
    result_t result = ed25519_keypair_from_seed(seed, &pair);
    secret_wipe(seed, sizeof(seed));
    TRY(result);
    return ed25519_keypair_format(&pair, text);
}

static result_t identity_make(const char *path, struct error *err)
{
    CLEANUP(secret_free) struct secret text = {0};
    TRY(secret_append_text(&text, "{\"p2p_private_key\":\""));
    TRY(identity_append_fresh_key(&text));
    TRY(secret_append_text(&text, "\",\"near_signer_key\":\""));
    TRY(identity_append_fresh_key(&text));
    TRY(secret_append_text(&text, "\",\"near_responder_keys\":[\""));
    TRY(identity_append_fresh_key(&text));
    TRY(secret_append_text(&text, "\"]}"));
    return file_create(path, text.data, text.len, err);
}

result_t identity_load_or_make(const char *home_dir, struct identity *out, bool *made, struct error *err)
{
    CLEANUP(free_text) char *path = file_path(home_dir, IDENTITY_FILE_NAME);
    if (!path)
        return OUTCOME_NO_MEMORY;
    *made = !file_exists(path);
    if (*made)
        TRY(identity_make(path, err));
    return identity_load_path(path, out, err);
}

void identity_free(struct identity *identity)
{
    if (!identity)
        return;
    ed25519_keypair_free(&identity->p2p);
    ed25519_keypair_free(&identity->signer);
    *identity = (struct identity){0};
}
