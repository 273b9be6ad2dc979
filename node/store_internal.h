/* What the files of the store share. */
#ifndef MPC_NODE_STORE_INTERNAL_H
#define MPC_NODE_STORE_INTERNAL_H

#include <pthread.h>

#include "common/os/file.h"
#include "node/store.h"
#include "node/store_db.h"
#include "node/stored_set.h"

/* The folder of ours in a home, and the shelves in it. */
#define STORE_DIR_NAME          "migration-store"
#define STORE_SHELF_STORED      "stored" /* of the LMDB implementation */
#define STORE_SHELF_ATTEMPTS    "attempt"
#define STORE_SHELF_STAGED      "staged"
#define STORE_SHELF_SUPERSEDED  "superseded"
#define STORE_SHELF_QUARANTINED "quarantine"
#define STORE_SHELF_RECEIPTS    "receipts"
#define STORE_SHELF_ADOPTED     "adopted"
#define STORE_ADOPTED_LATEST    "adopted-latest" /* no shelf: one record */
#define STORE_SHELF_ASIDE       "receipts_aside" /* as they lay, under their numbers; never opened again */

/* What store_holds() remembers, under `lock`. */
struct store_seen {
    pthread_mutex_t lock;
    bool is_seen;
    uint64_t version;        /* of the records */
    struct file_stamp stamp; /* of the file the set lies in */
    uint64_t since_ms;       /* 0: nobody asked yet */
    struct keyshares shares; /* the set that counts, but its scalars; empty where it is not served */
};

struct store {
    struct store_db db;
    struct stored_set *set;
    struct store_seen seen;
    void (*step)(const char *name);
};

/* Read the set that counts, for store_holds(). */
MUST_USE result_t store_see(struct store *store, struct store_txn *txn, struct error *err);

/* Where the shares of a keyset are looked for: always in the set that counts (struct stored_set_ops), and
 * beyond it */
enum store_collect {
    STORE_FROM_CURRENT,   /* nowhere */
    STORE_FROM_HELD,      /* in the other sets of the epoch, stored or attempts */
    STORE_FROM_TEMPORARY, /* in temporary shares */
    STORE_FROM_ALL,
};
/* The shares of `keyset` (store_get). KEYSHARES_NOT_HELD. */
MUST_USE result_t store_collect(struct store *store, struct store_txn *txn, const struct keyset *keyset,
                                enum store_collect from, struct keyshares *out, struct error *err);
/* Has the set every share of the keyset, and perhaps more? Its scalars are not looked at. */
MUST_USE result_t store_covers(const struct keyshares *shares, const struct keyset *keyset, bool *covers);

/* May the contract's `shares` be staged, or become the stored set (wire.md 4.5, design.md "PUT")? OK,
 * KEYSHARES_UNCHANGED (they are held), KEYSHARES_CONFLICT with both digests in the text, KEYSHARES_OLDER,
 * KEYSHARES_QUARANTINED. */
MUST_USE result_t store_judge(struct store *store, struct store_txn *txn, const struct keyshares *shares,
                              struct error *err);
/* The part of it that is about the current set, of another epoch. */
MUST_USE result_t store_judge_succession(struct store *store, struct store_txn *txn,
                                         const struct keyshares *shares, struct error *err);
/* The part of it that is about shares of the same epoch: stored, attempts and temporary ones. */
MUST_USE result_t store_judge_attempts(struct store *store, struct store_txn *txn,
                                       const struct keyshares *shares, struct error *err);
/* KEYSHARES_CONFLICT with the domain of `why` and both digests. */
MUST_USE result_t store_conflict(const struct keyshares *stored, const struct keyshares *shares,
                                 const struct error *why, struct error *err);

/* Calls `visit` with each set of an epoch that may be served: stored ones, then attempts, newest first. */
MUST_USE result_t store_each_held(struct store *store, struct store_txn *txn, const uint64_t *epoch,
                                  stored_visit *visit, void *context, struct error *err);
/* Calls `visit` with each set on a shelf of the migration store, newest first; it may delete the record
 * `item->where`. */
MUST_USE result_t store_each_kept(struct store_txn *txn, const char *shelf, stored_visit *visit,
                                  void *context, struct error *err);
/* Is the very same set on a shelf? */
MUST_USE result_t store_kept_has(struct store_txn *txn, const char *shelf, const struct keyshares *shares,
                                 bool *has, struct error *err);

/* store_each_set() inside a transaction. */
MUST_USE result_t store_each_set_in(struct store *store, struct store_txn *txn, store_visit *visit,
                                    void *context, struct error *err);
/* When opened for writing: finish what a crash left in a Rust node's home, by others or by us. */
MUST_USE result_t store_mend(struct store *store, struct error *err);

/* Return `result`; where it says that a record of key shares does not open, add to the text what helps. */
result_t store_say_unreadable(result_t result, const char *shelf, struct error *err);

/* Keep a set beside the stored one of its epoch, within the bounds; OK as well when it is kept already. */
MUST_USE result_t store_attempt_push(struct store_txn *txn, const struct keyshares *shares,
                                     struct error *err);
/* Drop the attempts of which every share is in the current set. */
MUST_USE result_t store_attempts_drop(struct store_txn *txn, const struct keyshares *current,
                                      struct error *err);

/* Was the set taken out of service? And any set with a share of this key event, or with those of a keyset? */
MUST_USE result_t store_quarantine_has(struct store_txn *txn, const struct keyshares *shares, bool *has,
                                       struct error *err);
MUST_USE result_t store_quarantine_has_event(struct store_txn *txn, const struct key_event_id *id, bool *has,
                                             struct error *err);
MUST_USE result_t store_quarantine_has_keyset(struct store_txn *txn, const struct keyset *keyset, bool *has,
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
/* Is there one of this epoch? */
MUST_USE result_t store_adopted_has(struct store_txn *txn, uint64_t epoch_id, bool *has, struct error *err);
/* Has the set the shares that the contract adopted of its epoch? */
MUST_USE result_t store_set_adopted(struct store_txn *txn, const struct keyshares *shares, bool *is_adopted,
                                    struct error *err);

/* Tell a crash test that a step is done. */
void store_step(const struct store *store, const char *name);

#endif
