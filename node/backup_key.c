#include "node/backup_key.h"

#include "common/encoding.h"
#include "common/os/file.h"
#include "common/os/random.h"
#include "common/seal.h"

#define BACKUP_KEY_FILE_NAME "backup_encryption_key.hex"

static result_t backup_key_read(const char *path, struct secret *out, struct error *err)
{
    return file_read_hex_key(path, SEAL_TRANSPORT_KEY_LEN, FILE_EXPOSED_WARN, FILE_NEWLINE_TOLERATE, out,
                             err);
}

static result_t backup_key_make(const char *path, struct error *err)
{
    CLEANUP(secret_free) struct secret key = {0};
    CLEANUP(secret_free) struct secret text = {0};
    TRY(random_secret(&key, SEAL_TRANSPORT_KEY_LEN));
    TRY(secret_make(&text, 2 * SEAL_TRANSPORT_KEY_LEN));
    hex_encode(key.data, key.len, (char *)text.data);
    return file_create(path, text.data, text.len, err);
}

result_t backup_key_load(const char *home_dir, struct secret *out, struct error *err)
{
    CLEANUP(free_text) char *path = file_path(home_dir, BACKUP_KEY_FILE_NAME);
    return path ? backup_key_read(path, out, err) : OUTCOME_NO_MEMORY;
}

result_t backup_key_load_or_make(const char *home_dir, struct secret *out, bool *made, struct error *err)
{
    CLEANUP(free_text) char *path = file_path(home_dir, BACKUP_KEY_FILE_NAME);
    if (!path)
        return OUTCOME_NO_MEMORY;
    bool there = false;
    struct error why = {0};
    result_t result = file_look(path, &there, &why);
    if (result != OUTCOME_OK)
        return result == OUTCOME_NO_MEMORY ? result
                                           : error_set(err, OUTCOME_SECRETS_UNREADABLE, "%s", why.text);
    *made = !there;
    if (*made)
        TRY(backup_key_make(path, err));
    TRY(backup_key_read(path, out, err));
    return file_sweep(path, err);
}
