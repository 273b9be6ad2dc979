/* The node's keys: <home>/secrets.json (wire.md 6.2). */
#ifndef MPC_NODE_IDENTITY_H
#define MPC_NODE_IDENTITY_H

#include <stdbool.h>
#include <stddef.h>

#include "common/keys.h"
#include "common/outcome.h"
#include "common/secret.h"

#define IDENTITY_RESPONDERS_MAX 128
#define IDENTITY_FILE_BYTES_MAX (64u * 1024)

/* Responder keys are only ever shown, so their private halves are not kept. Zero-initialised is empty. */
struct identity {
    struct ed25519_keypair p2p;
    struct ed25519_keypair signer;
    struct ed25519_public_key responders[IDENTITY_RESPONDERS_MAX];
    size_t responder_count;
};

/* Read the text of secrets.json, compact or pretty-printed, without a copy outside secret memory; unknown
 * members are skipped. SECRETS_MALFORMED with a text that names the member and never quotes a value. */
MUST_USE result_t identity_parse(const char *text, size_t len, struct identity *out, struct error *err);

/* Read <home_dir>/secrets.json. A file that others can read is warned about in the log. SECRETS_UNREADABLE
 * (also when it does not exist), SECRETS_MALFORMED. */
MUST_USE result_t identity_load(const char *home_dir, struct identity *out, struct error *err);

/* As identity_load(); where the file does not exist, it is made first (0600, durable, three fields, one
 * responder key, never overwriting) and *made is true. What a start left that was stopped in that is removed:
 * the caller holds the home's lock. */
MUST_USE result_t identity_load_or_make(const char *home_dir, struct identity *out, bool *made,
                                        struct error *err);

/* Wipe; NULL-safe; fits CLEANUP(). */
void identity_free(struct identity *identity);

#endif
