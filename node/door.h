/* Who may come in: the one registered backup key, as long as the contract's view is fresh. Pure. */
#ifndef MPC_NODE_DOOR_H
#define MPC_NODE_DOOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/account_id.h"
#include "common/keys.h"
#include "common/outcome.h"
#include "node/snapshot.h"

struct door {
    /* OK: open to `key`; VIEW_UNKNOWN, VIEW_STALE, NO_BACKUP_KEY, BACKUP_KEY_SMALL_ORDER: closed */
    result_t state;
    struct ed25519_public_key key; /* the registered one, where the contract holds one */
};

/* The key that the snapshot has for the account; freshness is not looked at. A small-order key verifies
 * forged signatures and is no pin (tls-http.md 1, pitfall 6). `snapshot` may be NULL. */
struct door door_of(const struct chain_snapshot *snapshot, const struct account_id *account_id);

/* The same door when its snapshot is too old to act on. */
struct door door_aged(struct door door, bool stale);

/* May a client with this chain of certificates come in? `der` is the first of `count`. OK
 * with its key in *out; CLIENT_CERT_COUNT, CERT_MALFORMED, CLIENT_CERT_NOT_ED25519, why the
 * door is closed, or CLIENT_KEY_MISMATCH. The issuer's signature is not looked at: its key is
 * public (design.md, "TLS front"). */
MUST_USE result_t door_judge(const struct door *door, const uint8_t *der, size_t len, size_t count,
                             struct ed25519_public_key *out);

/* May a session that came in with `key` stay? OK, why the door is closed, or BACKUP_KEY_CHANGED. */
MUST_USE result_t door_recheck(const struct door *door, const struct ed25519_public_key *key);

#endif
