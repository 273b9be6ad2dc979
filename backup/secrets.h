/* <home>/secrets.json of backup-cli: arrays of numbers, not the node's file of
 * the same name (wire.md 6.3). */
#ifndef MPC_BACKUP_SECRETS_H
#define MPC_BACKUP_SECRETS_H

#include <stddef.h>

#include "common/keys.h"
#include "common/outcome.h"
#include "common/secret.h"

/* Zero-initialised is empty. */
struct backup_secrets {
    struct ed25519_keypair p2p;
    struct ed25519_keypair near_signer;
    struct secret local_storage_key; /* SEAL_AT_REST_KEY_LEN bytes */
};

/* Fresh keys from the kernel. CRYPTO_FAILED, NO_MEMORY. */
MUST_USE result_t backup_secrets_generate(struct backup_secrets *out);

/* Read the text of the file without a copy outside secret memory; unknown members are skipped.
 * SECRETS_MALFORMED with a text that names the member and never quotes a value. */
MUST_USE result_t backup_secrets_parse(const char *text, size_t len, struct backup_secrets *out,
                                       struct error *err);
/* Compact JSON as backup-cli writes it, appended to `out`. */
MUST_USE result_t backup_secrets_write(const struct backup_secrets *secrets, struct secret *out);

/* Read <home_dir>/secrets.json; one that others may read is warned about in the log, as backup-cli makes
 * such. SECRETS_UNREADABLE (also when it does not exist), SECRETS_MALFORMED. */
MUST_USE result_t backup_secrets_load(const char *home_dir, struct backup_secrets *out, struct error *err);
/* Write it (0600), never over an existing one: FILE_EXISTS. STORE_IO, STORE_FULL. */
MUST_USE result_t backup_secrets_save(const char *home_dir, const struct backup_secrets *secrets,
                                      struct error *err);

/* Wipe; NULL-safe; fits CLEANUP(). */
void backup_secrets_free(struct backup_secrets *secrets);

#endif
