/* What the files of the store share. */
#ifndef MPC_NODE_STORE_INTERNAL_H
#define MPC_NODE_STORE_INTERNAL_H

#include "node/store.h"
#include "node/store_db.h"
#include "node/stored_set.h"

/* The folder of ours in a home, and the shelves in it. */
#define STORE_DIR_NAME         "migration-store"
#define STORE_SHELF_STORED     "stored" /* of the LMDB implementation */
#define STORE_SHELF_STAGED     "staged"
#define STORE_SHELF_SUPERSEDED "superseded"
#define STORE_SHELF_RECEIPTS   "receipts"

struct store {
    struct store_db db;
    struct stored_set *set;
    void (*step)(const char *name);
};

/* The shares of `keyset` (store_get); with `temporary` those beside the stored set too. */
MUST_USE result_t store_collect(struct store *store, struct store_txn *txn, const struct keyset *keyset,
                                bool temporary, struct keyshares *out, struct error *err);

/* May `shares` become the stored set (wire.md 4.5)? OK, KEYSHARES_UNCHANGED, KEYSHARES_CONFLICT with both
 * digests in the text, KEYSHARES_OLDER. */
MUST_USE result_t store_judge(struct store *store, struct store_txn *txn, const struct keyshares *shares,
                              struct error *err);

/* Make `receipt` the next one of the store, signed, and put its envelope in place of what `out` holds. */
MUST_USE result_t store_receipt_push(struct store_txn *txn, struct receipt *receipt,
                                     const struct ed25519_keypair *signer, struct bytes *out,
                                     struct error *err);

/* The contract holds `keyset` at this block, and `shares` are its shares: note it, if that is news. */
MUST_USE result_t store_adopted_note(struct store_txn *txn, const struct keyset *keyset,
                                     const struct keyshares *shares, uint64_t block_height,
                                     struct error *err);
/* What was adopted of an epoch, and the epoch of what was adopted last. STORE_NOT_FOUND, STORE_CORRUPT. */
MUST_USE result_t store_adopted_read(struct store_txn *txn, uint64_t epoch_id, struct store_adopted *out,
                                     struct error *err);
MUST_USE result_t store_adopted_latest(struct store_txn *txn, uint64_t *epoch_id, struct error *err);

/* Tell a crash test that a step is done. */
void store_step(const struct store *store, const char *name);

#endif
