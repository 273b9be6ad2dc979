/* The operator's access key, as NEAR tools keep it. */
#ifndef MPC_BACKUP_SIGNER_KEY_H
#define MPC_BACKUP_SIGNER_KEY_H

#include <stddef.h>

#include "common/keys.h"
#include "common/outcome.h"

/* Read either a credentials file, {"account_id","public_key","private_key"} of which only the last is
 * required, or the text "ed25519:..." alone. What is there besides the private key has to agree: `account_id`
 * with the file's, the public key with the private one. SECRETS_MALFORMED, NO_MEMORY; never quotes a private
 * key. */
MUST_USE result_t signer_key_parse(const char *text, size_t len, const char *account_id,
                                   struct ed25519_keypair *out, struct error *err);

/* Read the file. KEY_FILE_EXPOSED when group or others may read it; SECRETS_UNREADABLE; SECRETS_MALFORMED;
 * NO_MEMORY. */
MUST_USE result_t signer_key_load(const char *path, const char *account_id, struct ed25519_keypair *out,
                                  struct error *err);

#endif
