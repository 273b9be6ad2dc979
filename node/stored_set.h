/* The seam behind which the stored set lies: LMDB, or a Rust node's home. One test body runs over both
 * (tests/support/store_bench.h). */
#ifndef MPC_NODE_STORED_SET_H
#define MPC_NODE_STORED_SET_H

#include "common/keyshare.h"
#include "common/keyshare_rules.h"
#include "common/os/file.h"
#include "node/store.h"
#include "node/store_db.h"

struct stored_set;

/* A set that is found in it. */
struct stored_item {
    const struct keyshares *shares; /* ascending by domain id; NULL: it cannot be opened */
    const struct error *why;        /* then */
    const char *where;              /* its record or file */
    bool current;                   /* the one that load() gives for NULL */
};
typedef result_t stored_visit(const struct stored_item *item, void *context, struct error *err);

/* May the set be the current one? */
typedef result_t stored_fit(const struct keyshares *set, void *context, bool *fit, struct error *err);

/* Each call is made inside a transaction of the migration store, which only the LMDB
 * implementation uses: its changes become durable with the commit, those of the others at once.
 * Loaded shares are ascending by domain id. */
struct stored_set_ops {
    enum store_kind kind;
    /* Its changes become durable at once, not with the commit. */
    bool immediate;
    /* Only the current set counts as held: it is the one file that a Rust node reads (wire.md 6.1). */
    bool current_only;
    /* The set of an epoch, or with NULL the current one. STORE_NOT_FOUND. */
    result_t (*load)(struct stored_set *set, struct store_txn *txn, const uint64_t *epoch,
                     struct keyshares *out, struct error *err);
    /* Calls `visit` with each set of an epoch, or with NULL of all, by falling epoch, the current one first.
     * Stops when it does not return OK. */
    result_t (*each)(struct stored_set *set, struct store_txn *txn, const uint64_t *epoch,
                     stored_visit *visit, void *context, struct error *err);
    /* Make `shares` the current set, or that of its epoch, on these terms (struct keyshares_terms). May be
     * repeated. */
    result_t (*replace)(struct stored_set *set, struct store_txn *txn, const struct keyshares *shares,
                        const struct keyshares_terms *terms, struct error *err);
    /* Take a set out; OK as well when it is not there. `fit` says what may be current in its place. */
    result_t (*remove)(struct stored_set *set, struct store_txn *txn, const struct keyshares *shares,
                       stored_fit *fit, void *context, struct error *err);
    /* Finish what a crash left, when opened for writing. NULL: a crash leaves nothing. */
    result_t (*mend)(struct stored_set *set, stored_fit *fit, void *context, struct error *err);
    /* Append a share that the node holds beside the stored set. STORE_NOT_FOUND. NULL: there are none. */
    result_t (*load_temporary)(struct stored_set *set, const struct key_event_id *id, struct keyshares *out,
                               struct error *err);
    /* After an import of `epoch_id`: drop temporary shares of older epochs. NULL: there are none. */
    result_t (*drop_temporary)(struct stored_set *set, uint64_t epoch_id, struct error *err);
    /* Tells whether the current set is still what it was: its file. NULL: it lies in the records. */
    result_t (*stamp)(struct stored_set *set, struct file_stamp *out, struct error *err);
    void (*close)(struct stored_set *set);
};

/* First member of each implementation. */
struct stored_set {
    const struct stored_set_ops *ops;
};

MUST_USE result_t stored_set_lmdb(struct stored_set **out);
/* `work_dir` is where files are made before they are linked into the home. */
MUST_USE result_t stored_set_mpc_home(const struct store_options *options, const char *work_dir,
                                      struct stored_set **out);

/* The text of permanent_keyshares_write(), read back; STORE_CORRUPT where it is
 * none. `name` is for the error. */
MUST_USE result_t stored_set_parse(const struct secret *text, const char *name, struct keyshares *out,
                                   struct error *err);

#endif
