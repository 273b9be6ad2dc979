/* The restore drill: could the stored key shares be restored? Proved by restoring them, as a backup service
 * would, into a store of the drill's own, which is made for it and removed again.
 *
 * The scratch store lies beside the migration store, on the disk that it is about, and is sealed with a key that
 * never leaves the memory of this process: what a killed drill leaves behind can be opened by nobody. */
#ifndef MPC_NODE_DRILL_H
#define MPC_NODE_DRILL_H

#include <stdint.h>

#include "common/keyset.h"
#include "common/keyshare.h"
#include "common/outcome.h"
#include "node/store.h"

struct drill_options {
    const char *home_dir;
    enum store_kind kind;           /* of the scratch store: that of the live one */
    const struct keyshares *shares; /* as they were read from the live store */
    const struct keyset *keyset;    /* the contract's */
    uint64_t now_ms;                /* UNIX time */
};

/* In front of the error text of a step that failed. */
#define DRILL_STEP "restore drill, step %s"

/* The steps, each named (DRILL_STEP) where it fails: match (the shares are the keyset's), prepare (the
 * scratch store), seal, put, import, reopen, get, compare (in constant time). KEYSHARES_MISMATCH; STORE_CORRUPT: what
 * came back is something else; STORE_IO, STORE_FULL, CRYPTO_FAILED, NO_MEMORY, and what the routes answer. */
MUST_USE result_t drill_run(const struct drill_options *options, struct error *err);

/* When a drill of this home last went well, in UNIX seconds: a file in the migration store's folder, which the
 * daemon shows as a metric. STORE_IO, STORE_FULL; STORE_NOT_FOUND, STORE_CORRUPT. */
MUST_USE result_t drill_note(const char *home_dir, int64_t now_s, struct error *err);
MUST_USE result_t drill_last(const char *home_dir, int64_t *out_s, struct error *err);

#endif
