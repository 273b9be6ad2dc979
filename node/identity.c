#include "node/identity.h"

#include <string.h>

#include "common/json.h"
#include "common/json_walk.h"
#include "common/os/file.h"
#include "common/os/random.h"

#define IDENTITY_FILE_NAME "secrets.json"

/* Reading */

struct identity_reading {
    struct identity *out;
    struct error *err;
};

static result_t identity_malformed(const char *member, const char *what, struct error *err)
{
    return error_set(err, OUTCOME_SECRETS_MALFORMED, "%s: %s: %s", IDENTITY_FILE_NAME, member, what);
}

static result_t identity_take_key(struct json_walk *walk, const char *member, struct ed25519_keypair *out,
                                  struct error *err)
{
    const char *text;
    size_t len;
    struct error why = {0};
    if (!json_walk_text(walk, &text, &len))
        return identity_malformed(member, "not a text", err);
    result_t result = ed25519_keypair_parse(text, len, out, &why);
    return result == OUTCOME_KEY_MALFORMED ? identity_malformed(member, why.text, err) : result;
}

static result_t identity_read_p2p(struct json_walk *walk, void *target)
{
    struct identity_reading *reading = target;
    return identity_take_key(walk, "p2p_private_key", &reading->out->p2p, reading->err);
}

static result_t identity_read_signer(struct json_walk *walk, void *target)
{
    struct identity_reading *reading = target;
    return identity_take_key(walk, "near_signer_key", &reading->out->signer, reading->err);
}

static result_t identity_read_responders(struct json_walk *walk, void *target)
{
    static const char member[] = "near_responder_keys";
    struct identity *out = ((struct identity_reading *)target)->out;
    struct error *err = ((struct identity_reading *)target)->err;
    if (!json_walk_take(walk, '['))
        return identity_malformed(member, "not an array", err);
    do {
        CLEANUP(ed25519_keypair_free) struct ed25519_keypair pair = {0};
        if (out->responder_count == 0 && json_walk_take(walk, ']'))
            return identity_malformed(member, "at least one key is needed", err);
        if (out->responder_count == IDENTITY_RESPONDERS_MAX)
            return identity_malformed(member, "too many keys", err);
        TRY(identity_take_key(walk, member, &pair, err));
        out->responders[out->responder_count++] = pair.public_key;
    } while (json_walk_take(walk, ','));
    return json_walk_take(walk, ']') ? OUTCOME_OK : identity_malformed(member, "not an array of texts", err);
}

static result_t identity_read(struct json_walk *walk, struct identity *out, struct error *err)
{
    /* All three are required (wire.md 6.2). */
    static const struct json_walk_member members[] = {
        {"p2p_private_key", identity_read_p2p},
        {"near_signer_key", identity_read_signer},
        {"near_responder_keys", identity_read_responders},
    };
    struct identity_reading reading = {out, err};
    bool is_object;
    size_t missing;
    TRY(json_walk_object(walk, members, ARRAY_LEN(members), &reading, &is_object, &missing));
    if (!is_object)
        return identity_malformed("the file", "not a JSON object", err);
    return missing == ARRAY_LEN(members) ? OUTCOME_OK
                                         : identity_malformed(members[missing].name, "missing", err);
}

result_t identity_parse(const char *text, size_t len, struct identity *out, struct error *err)
{
    struct error why = {0};
    struct json_walk walk = json_walk_over(text, len);
    CLEANUP(identity_free) struct identity identity = {0};
    result_t scanned = json_scan(text, len, &json_limits_small, &why);
    if (scanned == OUTCOME_NO_MEMORY)
        return scanned;
    if (scanned != OUTCOME_OK)
        return error_set(err, OUTCOME_SECRETS_MALFORMED, "%s: %s", IDENTITY_FILE_NAME, why.text);
    TRY(identity_read(&walk, &identity, err));
    *out = identity;
    identity = (struct identity){0};
    return OUTCOME_OK;
}

static result_t identity_unreadable(result_t result, const struct error *why, struct error *err)
{
    return result == OUTCOME_NO_MEMORY ? result : error_set(err, OUTCOME_SECRETS_UNREADABLE, "%s", why->text);
}

static result_t identity_load_path(const char *path, struct identity *out, struct error *err)
{
    CLEANUP(secret_free) struct secret text = {0};
    struct error why = {0};
    result_t result = file_read_secret(path, IDENTITY_FILE_BYTES_MAX, FILE_EXPOSED_WARN, &text, &why);
    if (result != OUTCOME_OK)
        return identity_unreadable(result, &why, err);
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
    CLEANUP(ed25519_keypair_free) struct ed25519_keypair pair = {0};
    TRY(random_keypair(&pair));
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
    bool there = false;
    struct error why = {0};
    result_t result = file_look(path, &there, &why);
    if (result != OUTCOME_OK)
        return identity_unreadable(result, &why, err);
    *made = !there;
    if (*made)
        TRY(identity_make(path, err));
    TRY(identity_load_path(path, out, err));
    /* Only now: these keys are the ones for ever, and what was left was told to nobody, or is these. */
    return file_sweep(path, err);
}

void identity_free(struct identity *identity)
{
    if (!identity)
        return;
    ed25519_keypair_free(&identity->p2p);
    ed25519_keypair_free(&identity->signer);
    *identity = (struct identity){0};
}
