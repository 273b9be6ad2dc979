/* The backup encryption key: given, or kept in <home>/backup_encryption_key.hex (wire.md 3.2, 3.3, cli.md).
 */
#ifndef MPC_NODE_BACKUP_KEY_H
#define MPC_NODE_BACKUP_KEY_H

#include <stdbool.h>

#include "common/outcome.h"
#include "common/secret.h"

struct backup_key_options {
    const char *home_dir;
    const struct secret
        *hex; /* value of MPC_BACKUP_ENCRYPTION_KEY_HEX, empty when it is set but empty; NULL: not set */
    const char *file; /* --backup-encryption-key-file, or NULL; wins over `hex` */
    bool make;        /* make the file of the home where no key is given and no file exists */
};

/* 32 bytes into new secret memory. A file may end in one newline. The home's own file is made with 0600 and
 * 64 lower-case digits, and then *made is true; an existing one is never written. CONFIG_INVALID (set but
 * empty, not 64 digits in the environment), SECRETS_UNREADABLE, SECRETS_MALFORMED, KEY_FILE_EXPOSED (the
 * --file option's file is open to others). */
MUST_USE result_t backup_key_load(const struct backup_key_options *options, struct secret *out, bool *made,
                                  struct error *err);

#endif
