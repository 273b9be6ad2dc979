/* Whether files can be linked and renamed between two folders. */
#ifndef MPC_OS_MOUNT_H
#define MPC_OS_MOUNT_H

#include <stdbool.h>

#include "common/outcome.h"

/* *same: both are on one file system, mounted once: link(2) and rename(2) refuse to go from one mount to
 * another even where the file system behind is the same. STORE_IO. */
MUST_USE result_t mount_is_same(const char *a, const char *b, bool *same, struct error *err);

#endif
