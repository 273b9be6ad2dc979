/* One process owns the migration of a home (design.md, "Beside a Rust node"). */
#ifndef MPC_NODE_HOME_LOCK_H
#define MPC_NODE_HOME_LOCK_H

#include "common/os/lock_file.h"

/* Lock <home_dir>/migration-store, making the folder where it is missing (lock_file_take()). */
MUST_USE result_t home_lock_take(const char *home_dir, struct lock_file *out, struct error *err);

#endif
