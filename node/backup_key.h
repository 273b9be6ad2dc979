/* The home's own backup encryption key, <home>/backup_encryption_key.hex (wire.md 3.3). It is used where
 * neither --backup-encryption-key-file nor MPC_BACKUP_ENCRYPTION_KEY_HEX is given (cli.md). */
#ifndef MPC_NODE_BACKUP_KEY_H
#define MPC_NODE_BACKUP_KEY_H

#include <stdbool.h>

#include "common/outcome.h"
#include "common/secret.h"

/* Read the file's 32 bytes into new secret memory. One newline may follow the 64 digits. A
 * file that others can read is warned about in the log. SECRETS_UNREADABLE (also when it does
 * not exist), SECRETS_MALFORMED. */
MUST_USE result_t backup_key_load(const char *home_dir, struct secret *out, struct error *err);

/* The same; where the file does not exist, it is made first (0600, durable, 64 lower-case digits and no
 * newline) and *made is true. What a start left that was stopped in that is removed: the caller holds the
 * home's lock. An existing file is never written: upstream makes a new key on every start. */
MUST_USE result_t backup_key_load_or_make(const char *home_dir, struct secret *out, bool *made,
                                          struct error *err);

#endif
