/* The node's durable key shares, and beside them what a migration needs to survive a crash.
 *
 * Two things lie under one handle:
 *   - the *stored set*: the shares this node would serve and sign with. One implementation is chosen at
 *     open: LMDB, or a Rust node's home directory (wire.md 6.1).
 *   - the *migration store*, always LMDB at <home>/migration-store: staged shares, attempts, superseded and
 *     quarantined shares, adopted keysets, receipts, the outbox.
 *
 * Everything at rest is sealed with AES-128-GCM under the secret store key; in LMDB the
 * record's key is the additional data. After any crash the stored set is exactly the old or
 * exactly the new one (design.md, "Store").
 *
 * All functions may be called from any thread; other processes may open the same home at the same time. */
#ifndef MPC_NODE_STORE_H
#define MPC_NODE_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/bytes.h"
#include "common/keyset.h"
#include "common/keyshare.h"
#include "common/outcome.h"
#include "common/receipt.h"
#include "common/secret.h"

/* What a peer or a long life can make us keep. */
#define STORE_STAGED_MAX     4 /* sets of shares that wait for their import */
#define STORE_SUPERSEDED_MAX 8 /* staged sets that another one took the place of */
#define STORE_EPOCHS_MAX     8 /* stored sets, one per epoch; a Rust node's home keeps all of its files */
#define STORE_ATTEMPTS_MAX   4 /* sets of one epoch beside its stored one, that the contract may yet name */
/* ... and of all epochs; those that the contract never adopted go first, the oldest before the others */
#define STORE_ATTEMPTS_TOTAL_MAX 16
#define STORE_QUARANTINED_MAX    16 /* sets out of service; none is ever dropped for another */
#define STORE_RECEIPTS_MAX       64 /* of PUTs; the oldest goes */
#define STORE_ASIDE_MAX          64 /* records of a shelf that were set aside; none is ever dropped */
#define STORE_OUTBOX_BYTES_MAX   (2u * 1024 * 1024)

#define STORE_SEEN_MS 60000 /* how long store_holds() remembers */

struct store;
struct records;

enum store_kind { STORE_AUTO, STORE_LMDB, STORE_MPC_HOME };

/* "auto", "lmdb", "mpc-home". */
const char *store_kind_name(enum store_kind kind);

enum store_access {
    STORE_READ_WRITE,
    STORE_READ_ONLY, /* makes and writes nothing; a home without a migration store reads as an empty one */
    /* and leaves LMDB's lock file alone: if someone writes meanwhile, this may seem corrupt */
    STORE_UNTOUCHED,
};

struct store_options {
    const char *home_dir;
    /* AUTO: mpc-home when the home has `key` or `permanent_keys/`, else lmdb (cli.md) */
    enum store_kind kind;
    const struct secret *key; /* 16 bytes, the secret store key; copied */
    enum store_access access;
    /* A Rust node's home is left as it is: for who takes away the record that its mending stumbles over. */
    bool unmended;
    /* NULL: LMDB in the home. Else the migration store, and with it the stored set of kind LMDB, is in these,
     * which stay the caller's; only a Rust node's home is still needed then. */
    struct records *records;
    /* Called by name after each durable step of a change; for crash tests, else NULL. */
    void (*step)(const char *name);
};

/* Open, and make what is missing (folder 0700, files 0600) if it may write. *out is the caller's, for
 * store_close(). CONFIG_INVALID without a home; STORE_IO; STORE_CORRUPT when the secret store key is another
 * one than the store was made with; NO_MEMORY. */
MUST_USE result_t store_open(const struct store_options *options, struct store **out, struct error *err);
/* NULL-safe. */
void store_close(struct store *store);
/* The kind in use; never AUTO. */
enum store_kind store_kind(const struct store *store);

/* GET: the shares of exactly this keyset, ascending by domain id (wire.md 4.4), each of the keyset's epoch,
 * domain, attempt and public key: from the stored set, else from another set of the epoch (STORE_STORED,
 * STORE_ATTEMPTS), else, with mpc-home, from temporary_keys. What those sets have besides is no hindrance.
 * That the keyset is the contract's current one is the caller's check. An empty keyset gives an empty set.
 * KEYSHARES_NOT_HELD with a text that names the domain; STORE_IO, STORE_CORRUPT, NO_MEMORY. */
MUST_USE result_t store_get(struct store *store, const struct keyset *keyset, struct keyshares *out,
                            struct error *err);

/* Would store_get() serve the keyset? For those who ask often: what is public of the set that counts is
 * remembered from the opening on, and is read again when the store was written to, by anybody, or after
 * STORE_SEEN_MS by the monotonic clock `now_ms`, so that damage on the disk shows too. The outcomes of
 * store_get(). */
MUST_USE result_t store_holds(struct store *store, const struct keyset *keyset, uint64_t now_ms,
                              struct error *err);

/* PUT: judge shares against `keyset`, the contract's current one, and against what is stored, and keep them
 * durably (design.md, "PUT" table), in one transaction with a receipt made of `terms`, whose envelope
 * (receipt.h) takes the place of what `receipt` holds.
 *
 *   KEYSHARES_STAGED     durable; now the newest for its keyset (putting a staged set again is the same)
 *   KEYSHARES_UNCHANGED  the same shares are held; nothing but the receipt was written
 *   KEYSHARES_EMPTY, KEYSHARES_MALFORMED, KEYSHARES_MISMATCH  not the shares of that keyset
 *   KEYSHARES_CONFLICT   another private share of the same key event is held, or another public key of a
 *                        domain that the contract adopted; both digests are in the text, nothing was
 *                        overwritten
 *   KEYSHARES_OLDER      a newer epoch is stored, and the contract adopted it
 *   KEYSHARES_QUARANTINED  these shares were taken out of service
 *   STORE_FULL, STORE_IO, STORE_CORRUPT, CRYPTO_FAILED, NO_MEMORY */
MUST_USE result_t store_stage(struct store *store, const struct keyset *keyset,
                              const struct keyshares *shares, const struct receipt_terms *terms,
                              struct bytes *receipt, struct error *err);

/* Make the shares of `keyset`, the contract's current one at the final block of `block_height`, the stored
 * set: an attempt that is held, else the newest shares that were put. What was stored of its epoch becomes an
 * attempt. Where the shares are held then, the same transaction notes the keyset as adopted
 * (store_adopted_get). May be repeated after a crash.
 *
 *   KEYSHARES_STORED     they are the stored set now; other staged sets of this epoch or older are superseded
 *   KEYSHARES_UNCHANGED  they were already
 *   KEYSHARES_NOT_HELD   neither held nor put
 *   KEYSHARES_CONFLICT, KEYSHARES_OLDER  refused as by store_stage(); the staged shares stay where they are
 *   STORE_FULL, STORE_IO, STORE_CORRUPT, NO_MEMORY */
MUST_USE result_t store_import(struct store *store, const struct keyset *keyset, uint64_t block_height,
                               struct error *err);

/* The keyset that the contract held when this node last held its shares. Written only when it changes. */
struct store_adopted {
    uint64_t block_height;                  /* of the block at which it was first seen to be so */
    char digest[KEYSHARES_DIGEST_TEXT_LEN]; /* of the shares, keyshares_digest() */
    struct keyset keyset;                   /* owned: store_adopted_free() */
};
/* STORE_NOT_FOUND: no import found the shares of a contract's keyset yet. STORE_IO, STORE_CORRUPT,
 * NO_MEMORY. */
MUST_USE result_t store_adopted_get(struct store *store, struct store_adopted *out, struct error *err);
void store_adopted_free(struct store_adopted *adopted);

/* Store shares without a contract to judge them by, for the operator's `keyshares import`: one epoch, unique
 * domains, and the rules of wire.md 4.5 against what is stored. KEYSHARES_STORED, KEYSHARES_UNCHANGED;
 * KEYSHARES_KEPT: those rules refuse them, so that they are an attempt until the contract names them;
 * KEYSHARES_CONFLICT: another private share of the same key event; the other failures of store_stage(). */
MUST_USE result_t store_put(struct store *store, const struct keyshares *shares, struct error *err);

/* The stored set of an epoch, or of the highest one when `epoch` is NULL, ascending by domain id.
 * STORE_NOT_FOUND when there is none. */
MUST_USE result_t store_load(struct store *store, const uint64_t *epoch, struct keyshares *out,
                             struct error *err);
/* Where a set lies. */
enum store_shelf {
    STORE_STORED,
    STORE_ATTEMPTS,    /* of an epoch, beside its stored set: served or imported when the contract names it */
    STORE_STAGED,      /* put, waiting for the contract */
    STORE_SUPERSEDED,  /* put, and followed by others before they were stored */
    STORE_QUARANTINED, /* out of service */
};
/* "stored", "attempt", "staged", "superseded", "quarantine". */
const char *store_shelf_name(enum store_shelf shelf);

struct store_set {
    enum store_shelf shelf;
    bool current; /* of the stored ones, the one that counts: a Rust node's `key`, else the highest epoch */
    bool adopted; /* it has all shares of the keyset that the contract was last seen to have in its epoch */
    const char *where;              /* its record or file */
    const struct keyshares *shares; /* ascending by domain id; NULL: it cannot be opened */
    const struct error *why;        /* then */
};
typedef result_t store_visit(const struct store_set *set, void *context, struct error *err);
/* Calls `visit` with every set there is, shelf by shelf, the newest first; a set may lie on more than one.
 * Stops when `visit` does not return OK. STORE_IO, STORE_CORRUPT, NO_MEMORY. */
MUST_USE result_t store_each_set(struct store *store, store_visit *visit, void *context, struct error *err);

/* Which set: the one that fits. */
struct store_choice {
    const uint64_t *epoch; /* NULL: of any */
    const char *digest;    /* the first digits of its digest; NULL: any */
    bool even_adopted;     /* take out the one that the contract adopted too */
};
/* Take a set out of service, wherever it lies, without deleting it: it is never served, imported or
 * overwritten from then on. In a Rust node's home `key` becomes another set, or goes. A copy of the set is in
 * *out, the caller's. STORE_NOT_FOUND; USAGE: several fit; KEYSHARES_ADOPTED; STORE_FULL:
 * STORE_QUARANTINED_MAX; STORE_IO, STORE_CORRUPT, NO_MEMORY. */
MUST_USE result_t store_quarantine(struct store *store, const struct store_choice *choice,
                                   struct keyshares *out, struct error *err);
/* The way back. KEYSHARES_STORED: it is the stored set again, because the contract adopted it or there is no
 * other; KEYSHARES_KEPT: among the attempts, to be served or stored when the contract names it;
 * KEYSHARES_UNCHANGED (it is held as well), STORE_NOT_FOUND, USAGE, KEYSHARES_CONFLICT: other shares of the
 * same key event were stored meanwhile. */
MUST_USE result_t store_restore(struct store *store, const struct store_choice *choice, struct keyshares *out,
                                struct error *err);

/* The records that were moved, by their names. */
#define STORE_UNREADABLE_MAX 64
struct store_unreadable {
    char records[STORE_UNREADABLE_MAX][48];
    size_t count;
};
/* Take each attempt, staged or superseded set, and each adopted keyset, whose record cannot be opened off its
 * shelf, where it is in the way of GET, PUT and import, and keep the record as it lies. Until the next import
 * a set counts as never adopted whose keyset was moved. For a store opened `unmended`. STORE_CORRUPT: one in
 * quarantine does not open, and nothing is moved; STORE_FULL: STORE_ASIDE_MAX are kept of a shelf; STORE_IO,
 * NO_MEMORY. */
MUST_USE result_t store_set_unreadable_aside(struct store *store, struct store_unreadable *out,
                                             struct error *err);

/* The set on one of the last four shelves by age, 0 being the newest. STORE_NOT_FOUND past the oldest. */
MUST_USE result_t store_load_kept(struct store *store, enum store_shelf shelf, size_t age,
                                  struct keyshares *out, struct error *err);

/* The envelope of the receipt by age, 0 being the newest, in place of what `out` holds. STORE_NOT_FOUND past
 * the oldest. */
MUST_USE result_t store_load_receipt(struct store *store, size_t age, struct bytes *out, struct error *err);
typedef result_t store_receipt_visit(const struct bytes *envelope, void *context, struct error *err);
/* Calls `visit` with the envelope of every receipt, the newest first, as they are at one moment: others may be given
 * meanwhile. Stops when `visit` does not return OK. STORE_IO, STORE_CORRUPT, NO_MEMORY. */
MUST_USE result_t store_each_receipt(struct store *store, store_receipt_visit *visit, void *context,
                                     struct error *err);

/* Numbers of receipts, ascending. */
struct store_receipt_numbers {
    uint64_t at[STORE_ASIDE_MAX];
    size_t count;
};
/* Take each receipt whose record cannot be opened out of the chain, and keep the record as it lies; `out`
 * says which. The receipt after the newest of them follows the hash of its record (docs/receipts.md), so
 * that whoever holds it sees the break. STORE_FULL: STORE_ASIDE_MAX; STORE_IO, NO_MEMORY. */
MUST_USE result_t store_set_receipts_aside(struct store *store, struct store_receipt_numbers *out,
                                           struct error *err);
/* Those that were set aside, at any time. */
MUST_USE result_t store_receipts_aside(struct store *store, struct store_receipt_numbers *out,
                                       struct error *err);

/* The one outbox record: opaque to the store, sealed at rest, replaced as a whole, durable when the call
 * returns. LIMIT above STORE_OUTBOX_BYTES_MAX. */
MUST_USE result_t store_outbox_put(struct store *store, const void *data, size_t len, struct error *err);
/* Appended to `out`. STORE_NOT_FOUND when there is none. */
MUST_USE result_t store_outbox_get(struct store *store, struct bytes *out, struct error *err);
/* OK as well when there is none. */
MUST_USE result_t store_outbox_clear(struct store *store, struct error *err);

#endif
