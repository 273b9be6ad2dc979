/* What mpc_home.c (reading) and mpc_home_store.c (storing) share. */
#ifndef MPC_OS_MPC_HOME_FILES_H
#define MPC_OS_MPC_HOME_FILES_H

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

#endif
