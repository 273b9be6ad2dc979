#include "backup/secrets.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>

#include "common/json.h"
#include "common/json_walk.h"
#include "common/os/file.h"
#include "common/os/random.h"
#include "common/seal.h"

#define SECRETS_FILE_NAME      "secrets.json"
#define SECRETS_FILE_BYTES_MAX (64u * 1024)

result_t backup_secrets_generate(struct backup_secrets *out)
{
    CLEANUP(backup_secrets_free) struct backup_secrets secrets = {0};
    TRY(random_keypair(&secrets.p2p));
    TRY(random_keypair(&secrets.near_signer));
    TRY(random_secret(&secrets.local_storage_key, SEAL_AT_REST_KEY_LEN));
    *out = secrets;
    secrets = (struct backup_secrets){0};
    return OUTCOME_OK;
}

struct reading {
    struct backup_secrets secrets;
    struct error *err;
};

static result_t malformed(struct error *err, const char *member, const char *what)
{
    return error_set(err, OUTCOME_SECRETS_MALFORMED, SECRETS_FILE_NAME ": %s: %s", member, what);
}

/* An array of `len` numbers from 0 to 255, into new secret memory. */
static result_t read_bytes(struct json_walk *walk, const char *member, size_t len, struct secret *out,
                           struct error *err)
{
    uint64_t byte = 0;
    TRY(secret_make(out, len));
    bool good = json_walk_count(*walk) == len && json_walk_take(walk, '[');
    for (size_t i = 0; i < len && good; i++) {
        good = json_walk_u64(walk, &byte) && byte <= UINT8_MAX;
        json_walk_take(walk, ',');
        out->data[i] = (uint8_t)byte;
    }
    secret_wipe(&byte, sizeof byte);
    if (good && json_walk_take(walk, ']'))
        return OUTCOME_OK;
    char what[64];
    snprintf(what, sizeof what, "an array of %zu numbers from 0 to 255 expected", len);
    return malformed(err, member, what);
}

static result_t read_keypair(struct json_walk *walk, const char *member, struct ed25519_keypair *out,
                             struct error *err)
{
    CLEANUP(secret_free) struct secret seed = {0};
    TRY(read_bytes(walk, member, ED25519_KEY_LEN, &seed, err));
    return ed25519_keypair_from_seed(seed.data, out);
}

static result_t read_p2p(struct json_walk *walk, void *target)
{
    struct reading *reading = target;
    return read_keypair(walk, "p2p_private_key", &reading->secrets.p2p, reading->err);
}

static result_t read_near_signer(struct json_walk *walk, void *target)
{
    struct reading *reading = target;
    return read_keypair(walk, "near_signer_key", &reading->secrets.near_signer, reading->err);
}

static result_t read_local_storage_key(struct json_walk *walk, void *target)
{
    struct reading *reading = target;
    return read_bytes(walk, "local_storage_aes_key", SEAL_AT_REST_KEY_LEN,
                      &reading->secrets.local_storage_key, reading->err);
}

static void reading_free(struct reading *reading)
{
    backup_secrets_free(&reading->secrets);
}

result_t backup_secrets_parse(const char *text, size_t len, struct backup_secrets *out, struct error *err)
{
    static const struct json_walk_member members[] = {
        {"p2p_private_key", read_p2p},
        {"near_signer_key", read_near_signer},
        {"local_storage_aes_key", read_local_storage_key},
    };
    CLEANUP(reading_free) struct reading reading = {.err = err};
    struct json_walk walk = json_walk_over(text, len);
    struct error why = {0};
    bool is_object;
    size_t missing;
    result_t scanned = json_scan(text, len, &json_limits_small, &why);
    if (scanned == OUTCOME_NO_MEMORY)
        return scanned;
    if (scanned != OUTCOME_OK)
        return error_set(err, OUTCOME_SECRETS_MALFORMED, SECRETS_FILE_NAME ": %s", why.text);
    TRY(json_walk_object(&walk, members, ARRAY_LEN(members), &reading, &is_object, &missing));
    if (!is_object)
        return malformed(err, "the file", "an object expected");
    if (missing < ARRAY_LEN(members))
        return malformed(err, members[missing].name, "missing");
    *out = reading.secrets;
    reading.secrets = (struct backup_secrets){0};
    return OUTCOME_OK;
}

static result_t write_bytes(const char *name, const struct secret *bytes, struct secret *out)
{
    char text[8];
    TRY(secret_append_text(out, name));
    for (size_t i = 0; i < bytes->len; i++) {
        snprintf(text, sizeof text, "%s%u", i ? "," : "[", bytes->data[i]);
        TRY(secret_append_text(out, text));
    }
    secret_wipe(text, sizeof text);
    return secret_append_text(out, "]");
}

result_t backup_secrets_write(const struct backup_secrets *secrets, struct secret *out)
{
    TRY(write_bytes("{\"p2p_private_key\":", &secrets->p2p.seed, out));
    TRY(write_bytes(",\"near_signer_key\":", &secrets->near_signer.seed, out));
    TRY(write_bytes(",\"local_storage_aes_key\":", &secrets->local_storage_key, out));
    return secret_append_text(out, "}");
}

result_t backup_secrets_load(const char *home_dir, struct backup_secrets *out, struct error *err)
{
    CLEANUP(free_text) char *path = file_path(home_dir, SECRETS_FILE_NAME);
    CLEANUP(secret_free) struct secret text = {0};
    struct error why = {0};
    if (!path)
        return OUTCOME_NO_MEMORY;
    result_t result = file_read_secret(path, SECRETS_FILE_BYTES_MAX, FILE_EXPOSED_WARN, &text, &why);
    if (result == OUTCOME_STORE_NOT_FOUND)
        return error_set(err, OUTCOME_SECRETS_UNREADABLE, "%s does not exist; `generate-keys` makes it",
                         path);
    if (result != OUTCOME_OK)
        return error_set(err, OUTCOME_SECRETS_UNREADABLE, "%s", why.text);
    return backup_secrets_parse((const char *)text.data, text.len, out, err);
}

result_t backup_secrets_save(const char *home_dir, const struct backup_secrets *secrets, struct error *err)
{
    CLEANUP(free_text) char *path = file_path(home_dir, SECRETS_FILE_NAME);
    CLEANUP(secret_free) struct secret text = {0};
    if (!path)
        return OUTCOME_NO_MEMORY;
    TRY(backup_secrets_write(secrets, &text));
    CLEANUP(close_fd) int turn = open(home_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (turn < 0 || file_lock(turn, LOCK_EX) != 0)
        return error_set(err, file_outcome(errno), "cannot lock %s: %s", home_dir, strerror(errno));
    result_t result = file_create(path, text.data, text.len, err);
    /* The keys are there now, whoever made them: what was left of others was told to nobody. */
    if (result == OUTCOME_OK || result == OUTCOME_FILE_EXISTS)
        TRY(file_sweep(path, err));
    return result;
}

void backup_secrets_free(struct backup_secrets *secrets)
{
    if (!secrets)
        return;
    ed25519_keypair_free(&secrets->p2p);
    ed25519_keypair_free(&secrets->near_signer);
    secret_free(&secrets->local_storage_key);
}
