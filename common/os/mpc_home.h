/* The key directory of a Rust node, or of backup-cli, as files (wire.md 6.1):
 *
 *   key                                         hard link to the current file below; the one that is read
 *   permanent_keys/epoch_<E>_with_<N>_domains   nonce || AES-128-GCM || tag of
 *                                               {"epoch_id":E,"keyshares":[..]}
 *   temporary_keys/keyshare_<E>_<D>_<A>         one sealed key share
 *
 * Nothing of ours lies in those folders: new files are written in a work folder of the caller's and linked
 * into place whole, and `key` is replaced by a rename, so that after any crash it is exactly the old set or
 * exactly the new one. Storing the same set again repairs what a crash left. Stores of several processes take
 * turns (a lock on the work folder). */
#ifndef MPC_OS_MPC_HOME_H
#define MPC_OS_MPC_HOME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/keyshare.h"
#include "common/outcome.h"
#include "common/secret.h"

/* Bytes of one file: the JSON, its nonce and its tag. */
#define MPC_HOME_FILE_BYTES_MAX (KEYSHARES_JSON_BYTES_MAX + 28u)
/* Files of one folder that are looked at. */
#define MPC_HOME_FILES_MAX 65536

/* The steps of a store, in order, for a test that wants to stop in between. */
enum mpc_home_step {
    MPC_HOME_WRITTEN,      /* the work file is written and synced */
    MPC_HOME_EPOCH_LINKED, /* ... and linked into permanent_keys */
    MPC_HOME_EPOCH_SYNCED,
    MPC_HOME_KEY_LINKED,  /* a second link waits in the work folder */
    MPC_HOME_KEY_RENAMED, /* `key` is the new set */
    MPC_HOME_KEY_SYNCED,
    MPC_HOME_STEPS
};

struct mpc_home {
    char *path;
    char *work_dir;
    struct secret key;                                    /* SEAL_AT_REST_KEY_LEN bytes */
    void (*step)(enum mpc_home_step step, void *context); /* NULL outside tests */
    void *step_context;
};

/* Looks at nothing and makes nothing. `work_dir` is on the same file system as the home (the home itself will
 * do); `key` is copied. Safe to use from several threads afterwards. NO_MEMORY. */
MUST_USE result_t mpc_home_open(const char *path, const char *work_dir, const struct secret *key,
                                struct mpc_home *out);
void mpc_home_close(struct mpc_home *home);

/* True when the folder is one that a Rust node keeps its shares in: it has `key` or
 * `permanent_keys` (cli.md, auto). STORE_IO where that cannot be seen. */
MUST_USE result_t mpc_home_is_one(const char *path, bool *is_one, struct error *err);

/* The set behind `key`. STORE_NOT_FOUND (there is none), STORE_CORRUPT (another key, or damaged; also the
 * single-key form of before 2025, which the Rust node rewrites), STORE_IO. */
MUST_USE result_t mpc_home_load(const struct mpc_home *home, struct keyshares *out, struct error *err);

/* Store a set durably and make it `key`, under keyshares_may_replace. OK, KEYSHARES_UNCHANGED,
 * KEYSHARES_OLDER, KEYSHARES_CONFLICT (also: the file name is taken by another set; the text names it),
 * KEYSHARES_EMPTY, KEYSHARES_MALFORMED, STORE_CORRUPT, STORE_FULL, STORE_IO. */
MUST_USE result_t mpc_home_store(const struct mpc_home *home, const struct keyshares *shares,
                                 struct error *err);

/* Append the temporary share with exactly this id to `out`. STORE_NOT_FOUND, STORE_CORRUPT, STORE_IO. */
MUST_USE result_t mpc_home_load_temporary(const struct mpc_home *home, const struct key_event_id *id,
                                          struct keyshares *out, struct error *err);
/* Delete the temporary files of epochs before `epoch_id`, as upstream does after an import. Names of another
 * form are left. */
MUST_USE result_t mpc_home_drop_temporary(const struct mpc_home *home, uint64_t epoch_id, struct error *err);

/* The epochs that permanent_keys or `key` has a set of, ascending; the highest `max` of them. */
MUST_USE result_t mpc_home_epochs(const struct mpc_home *home, uint64_t *out, size_t max, size_t *count,
                                  struct error *err);

/* The set of one epoch in permanent_keys, the one with the most domains, `key` or
 * not. STORE_NOT_FOUND and as above. */
MUST_USE result_t mpc_home_load_epoch(const struct mpc_home *home, uint64_t epoch_id, struct keyshares *out,
                                      struct error *err);

#endif
