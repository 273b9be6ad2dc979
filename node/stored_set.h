/* The seam behind which the stored set lies: LMDB, or a Rust node's home. One test body runs over both
 * (tests/node/test_store.c). */
#ifndef MPC_NODE_STORED_SET_H
#define MPC_NODE_STORED_SET_H

#include "common/keyshare.h"
#include "node/store.h"
#include "node/store_db.h"

struct stored_set;

/* Each call is made inside a transaction of the migration store, which only the LMDB
 * implementation uses: its changes become durable with the commit, those of the others at once.
 * Loaded shares are ascending by domain id. */
struct stored_set_ops {
    enum store_kind kind;
    /* The set of an epoch, or with NULL the current one. STORE_NOT_FOUND. */
    result_t (*load)(struct stored_set *set, struct store_txn *txn, const uint64_t *epoch,
                     struct keyshares *out, struct error *err);
    /* As store_epochs(). */
    result_t (*epochs)(struct stored_set *set, struct store_txn *txn, uint64_t *out, size_t max,
                       size_t *count, struct error *err);
    /* Make `shares` the current set; they have passed the rules against the present one. May be repeated. */
    result_t (*replace)(struct stored_set *set, struct store_txn *txn, const struct keyshares *shares,
                        struct error *err);
    /* Append a share that the node holds beside the stored set. STORE_NOT_FOUND. NULL: there are none. */
    result_t (*load_temporary)(struct stored_set *set, const struct key_event_id *id, struct keyshares *out,
                               struct error *err);
    /* After an import of `epoch_id`: drop temporary shares of older epochs. NULL: there are none. */
    result_t (*drop_temporary)(struct stored_set *set, uint64_t epoch_id, struct error *err);
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
