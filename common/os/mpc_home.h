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
#include "common/keyshare_rules.h"
#include "common/os/file.h"
#include "common/outcome.h"
#include "common/secret.h"

/* Bytes of one file: the JSON, its nonce and its tag. */
#define MPC_HOME_FILE_BYTES_MAX (KEYSHARES_JSON_BYTES_MAX + 28u)
/* Files of one folder that are looked at. */
#define MPC_HOME_FILES_MAX 65536
/* A Rust node writes a file of shares in one go, and links it. One that was not touched for so long, by the
 * clock of its file system, is not being written. */
#define MPC_HOME_QUIET_S 60

/* The steps of a store, in order, for a test that wants to stop in between. */
enum mpc_home_step {
    MPC_HOME_WRITTEN,      /* the work file is written and synced */
    MPC_HOME_EPOCH_LINKED, /* ... and linked into permanent_keys */
    MPC_HOME_EPOCH_SYNCED,
    MPC_HOME_KEY_LINKED,  /* a second link waits in the work folder */
    MPC_HOME_KEY_RENAMED, /* `key` is the new set */
    MPC_HOME_KEY_SYNCED,
    MPC_HOME_DISPLACED, /* the file of a superseded `key` is gone from permanent_keys */
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

/* Tells whether `key` is still the file that it was. STORE_IO, NO_MEMORY. */
MUST_USE result_t mpc_home_stamp(const struct mpc_home *home, struct file_stamp *out, struct error *err);

/* Store a set durably and make it `key`, if `terms->rule` lets it. Sets of older epochs stay in
 * permanent_keys, as upstream leaves them. A set that lies under the new file's name, and a `key` of the same
 * or a later epoch that the new one does not contain, are superseded: they are handed to `keep` and leave the
 * home, so that no later store of a Rust node fails for their names. OK, KEYSHARES_UNCHANGED,
 * KEYSHARES_OLDER, KEYSHARES_CONFLICT (also: another program changed `key` meanwhile), KEYSHARES_EMPTY,
 * KEYSHARES_MALFORMED, STORE_CORRUPT (also: half a file under the name, written less than MPC_HOME_QUIET_S
 * ago), STORE_FULL, STORE_IO, and what `keep` returns. */
MUST_USE result_t mpc_home_store(const struct mpc_home *home, const struct keyshares *shares,
                                 const struct keyshares_terms *terms, struct error *err);

/* May this set be `key`? `*fit` says. Anything but OK ends what asks. */
typedef result_t mpc_home_fit(const struct keyshares *set, void *context, bool *fit, struct error *err);

/* Finish what a stopped store left (wire.md 6.1: file written, `key` not it yet; or half a file, whose name
 * no later store could use). Of the files that come after `key`, that are whole and what their names say,
 * that were not touched for MPC_HOME_QUIET_S, that a Rust node's rules let replace `key` and that `fit`
 * allows, the one of the highest epoch, and of that the newest, becomes `key`. Half a file is moved into the
 * work folder, if `key` opens. The log says what was done. Nothing is read where `key` is the last file.
 * STORE_IO, STORE_FULL, LIMIT, NO_MEMORY. */
MUST_USE result_t mpc_home_mend(const struct mpc_home *home, mpc_home_fit *fit, void *context,
                                struct error *err);

/* Take a set out of the home, durably; OK as well when it is not there. Where it is `key`, that becomes the
 * file of the highest epoch that `fit` allows, or is deleted. May be repeated after a crash. As
 * mpc_home_mend. */
MUST_USE result_t mpc_home_remove(const struct mpc_home *home, const struct keyshares *shares,
                                  mpc_home_fit *fit, void *context, struct error *err);

/* Append the temporary share with exactly this id to `out`. STORE_NOT_FOUND, STORE_CORRUPT, STORE_IO. */
MUST_USE result_t mpc_home_load_temporary(const struct mpc_home *home, const struct key_event_id *id,
                                          struct keyshares *out, struct error *err);
/* Delete the temporary files of epochs before `epoch_id`, as upstream does after an import. Names of another
 * form are left. */
MUST_USE result_t mpc_home_drop_temporary(const struct mpc_home *home, uint64_t epoch_id, struct error *err);

/* A file of a whole set. */
struct mpc_home_set {
    const char *path;
    const struct keyshares *shares; /* ascending by domain id; NULL: it cannot be opened */
    const struct error *why;        /* then */
    bool current;                   /* it is `key` */
};
typedef result_t mpc_home_set_visit(const struct mpc_home_set *set, void *context, struct error *err);

/* Calls `visit` with each set of an epoch, or with NULL of all: `key` first, then the other files of
 * permanent_keys, by falling epoch and count of domains. Stops when `visit` does not return OK. LIMIT,
 * STORE_IO, NO_MEMORY. */
MUST_USE result_t mpc_home_each_set(const struct mpc_home *home, const uint64_t *epoch_id,
                                    mpc_home_set_visit *visit, void *context, struct error *err);

/* The set of one epoch: `key`, else of the files of permanent_keys that can be opened the one with the most
 * domains. STORE_NOT_FOUND and as above. */
MUST_USE result_t mpc_home_load_epoch(const struct mpc_home *home, uint64_t epoch_id, struct keyshares *out,
                                      struct error *err);

#endif
