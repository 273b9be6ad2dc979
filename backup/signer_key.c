#include "backup/signer_key.h"

#include <string.h>

#include "common/json.h"
#include "common/json_walk.h"
#include "common/os/file.h"

#define KEY_FILE_BYTES_MAX (16u * 1024)

struct reading {
    const char *account_id;
    struct ed25519_keypair pair;
    struct ed25519_public_key public_key;
    bool has_public_key;
    struct error *err;
};

static void reading_free(struct reading *reading)
{
    ed25519_keypair_free(&reading->pair);
}

static result_t malformed(struct error *err, const char *what)
{
    return error_set(err, OUTCOME_SECRETS_MALFORMED, "%s", what);
}

static result_t parse_private_key(const char *text, size_t len, struct ed25519_keypair *out,
                                  struct error *err)
{
    struct error why = {0};
    result_t result = ed25519_keypair_parse(text, len, out, &why);
    if (result != OUTCOME_KEY_MALFORMED)
        return result;
    return error_set(err, OUTCOME_SECRETS_MALFORMED, "private_key: %s", why.text);
}

static result_t read_account_id(struct json_walk *walk, void *target)
{
    struct reading *reading = target;
    const char *text;
    size_t len;
    if (json_walk_text(walk, &text, &len) && len == strlen(reading->account_id) &&
        memcmp(text, reading->account_id, len) == 0)
        return OUTCOME_OK;
    return malformed(reading->err, "account_id: not the account of --signer-account-id");
}

static result_t read_public_key(struct json_walk *walk, void *target)
{
    struct reading *reading = target;
    const char *text;
    size_t len;
    reading->has_public_key = true;
    if (json_walk_text(walk, &text, &len) &&
        ed25519_public_key_parse(text, len, &reading->public_key, NULL) == OUTCOME_OK)
        return OUTCOME_OK;
    return malformed(reading->err, "public_key: not an ed25519: key");
}

static result_t read_private_key(struct json_walk *walk, void *target)
{
    struct reading *reading = target;
    const char *text;
    size_t len;
    if (!json_walk_text(walk, &text, &len))
        return malformed(reading->err, "private_key: not a text");
    return parse_private_key(text, len, &reading->pair, reading->err);
}

static result_t parse_credentials(const char *text, size_t len, struct reading *reading)
{
    static const struct json_walk_member members[] = {
        {"private_key", read_private_key},
        {"account_id", read_account_id},
        {"public_key", read_public_key},
    };
    struct json_walk walk = json_walk_over(text, len);
    bool is_object;
    size_t missing;
    result_t scanned = json_scan(text, len, &json_limits_small, NULL);
    if (scanned == OUTCOME_NO_MEMORY)
        return scanned;
    if (scanned != OUTCOME_OK)
        return malformed(reading->err, "neither a NEAR credentials file nor an ed25519: key");
    TRY(json_walk_object(&walk, members, ARRAY_LEN(members), reading, &is_object, &missing));
    if (!is_object || missing == 0)
        return malformed(reading->err, "private_key: missing");
    if (reading->has_public_key && !ed25519_public_key_equal(&reading->public_key, &reading->pair.public_key))
        return malformed(reading->err, "public_key: not that of private_key");
    return OUTCOME_OK;
}

result_t signer_key_parse(const char *text, size_t len, const char *account_id, struct ed25519_keypair *out,
                          struct error *err)
{
    CLEANUP(reading_free) struct reading reading = {.account_id = account_id, .err = err};
    while (len > 0 && (text[len - 1] == '\n' || text[len - 1] == '\r'))
        len--;
    if (len > 0 && text[0] == 'e')
        return parse_private_key(text, len, out, err);
    TRY(parse_credentials(text, len, &reading));
    *out = reading.pair;
    reading.pair = (struct ed25519_keypair){0};
    return OUTCOME_OK;
}

result_t signer_key_load(const char *path, const char *account_id, struct ed25519_keypair *out,
                         struct error *err)
{
    CLEANUP(secret_free) struct secret text = {0};
    struct error why = {0};
    result_t result = file_read_secret(path, KEY_FILE_BYTES_MAX, FILE_EXPOSED_REFUSE, &text, &why);
    if (result == OUTCOME_KEY_FILE_EXPOSED || result == OUTCOME_NO_MEMORY)
        return error_set(err, result, "%s", why.text);
    if (result != OUTCOME_OK)
        return error_set(err, OUTCOME_SECRETS_UNREADABLE, "%s", why.text);
    result = signer_key_parse((const char *)text.data, text.len, account_id, out, err);
    return result == OUTCOME_OK ? result : error_prefix(err, result, "%s", path);
}
