/* What the files of mpc_home share. */
#ifndef MPC_OS_MPC_HOME_FILES_H
#define MPC_OS_MPC_HOME_FILES_H

#include <sys/stat.h>
#include <time.h>

#include "common/os/mpc_home.h"

#define MPC_HOME_KEY       "key"
#define MPC_HOME_PERMANENT "permanent_keys"
#define MPC_HOME_TEMPORARY "temporary_keys"

/* Open one sealed file of a whole set. STORE_NOT_FOUND, STORE_CORRUPT, STORE_IO. */
MUST_USE result_t mpc_home_read_set(const struct mpc_home *home, const char *path, struct keyshares *out,
                                    struct error *err);

/* Calls `visit` for every name in a folder, at most MPC_HOME_FILES_MAX; a folder that is not there has
 * none. Stops at the first failure. STORE_IO, LIMIT. */
typedef result_t mpc_home_visit(const char *name, void *context, struct error *err);
MUST_USE result_t mpc_home_each(const char *dir, mpc_home_visit *visit, void *context, struct error *err);

/* A file of permanent_keys, by its name. */
struct mpc_home_file {
    uint64_t epoch_id;
    uint64_t domains;
    char *path; /* owned by the list */
    ino_t inode;
    struct timespec changed;
};

/* By falling epoch and count of domains. Zero-initialised is empty. */
struct mpc_home_list {
    struct mpc_home_file *files;
    size_t count;
};

/* The files of an epoch, or with NULL all. Names of another form are left out. STORE_IO, LIMIT, NO_MEMORY. */
MUST_USE result_t mpc_home_list_files(const struct mpc_home *home, const uint64_t *epoch_id,
                                      struct mpc_home_list *out, struct error *err);
void mpc_home_list_free(struct mpc_home_list *list);

/* Wait for other processes' stores to end, and sweep what a crash left of them; *lock is the caller's. */
MUST_USE result_t mpc_home_take_turn(const struct mpc_home *home, int *lock, struct error *err);
/* The following only in turn. An empty file of the work folder; *path is the caller's. */
MUST_USE result_t mpc_home_work_file(const struct mpc_home *home, char **path, struct error *err);
/* Replace `key` by a second link of a file, in one step, durably. */
MUST_USE result_t mpc_home_point_key(const struct mpc_home *home, const char *path, struct error *err);
/* Move half a file out of the way, into the work folder, and tell of it. */
MUST_USE result_t mpc_home_move_torn(const struct mpc_home *home, const char *path, struct error *err);

/* The path that a set has in permanent_keys, in new memory; NULL without memory. */
char *mpc_home_epoch_path(const struct mpc_home *home, const struct keyshares *shares);

#endif
