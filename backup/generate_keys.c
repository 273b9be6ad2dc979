#include "backup/backup.h"

#include "backup/secrets.h"
#include "common/os/file.h"
#include "common/os/log.h"

/* The folder's name has to last too. A parent that cannot be read is no reason to make no keys. */
static result_t make_home(const char *home_dir, struct error *err)
{
    CLEANUP(free_text) char *parent = file_path(home_dir, "..");
    struct error why = {.text = ""};
    if (!parent)
        return OUTCOME_NO_MEMORY;
    TRY(file_make_dir(home_dir, err));
    result_t result = file_sync_dir(parent, &why);
    if (result != OUTCOME_OK)
        log_outcome(LOG_LEVEL_WARN, result, "a power failure may still take the new folder: %s", why.text);
    return OUTCOME_OK;
}

/* As backup-cli, but never over an existing secrets.json: the keys in it open the shares of this home. */
result_t backup_generate_keys(const struct options *options, struct report *report, struct error *err)
{
    const char *home_dir = option_text(options, BACKUP_HOME_DIR);
    CLEANUP(backup_secrets_free) struct backup_secrets secrets = {0};
    char p2p[ED25519_KEY_TEXT_MAX], signer[ED25519_KEY_TEXT_MAX];
    TRY(backup_secrets_generate(&secrets));
    TRY(make_home(home_dir, err));
    TRY(backup_secrets_save(home_dir, &secrets, err));
    ed25519_public_key_format(&secrets.p2p.public_key, p2p);
    ed25519_public_key_format(&secrets.near_signer.public_key, signer);
    TRY(report_text(report, "p2p_public_key", p2p));
    TRY(report_text(report, "near_signer_public_key", signer));
    TRY(report_line(report, "P2P public key (the one to register): %s", p2p));
    return report_line(report, "NEAR signer public key: %s", signer);
}
