/* One process owns the migration of a home (design.md, "Beside a Rust node"). */
#ifndef MPC_NODE_HOME_LOCK_H
#define MPC_NODE_HOME_LOCK_H

#include "common/outcome.h"

/* Set to HOME_LOCK_NONE before anything else. */
struct home_lock {
    int fd;
};
#define HOME_LOCK_NONE ((struct home_lock){-1})

/* Lock <home_dir>/migration-store/owner.lock, making folder and file where they are missing, and write pid
 * and program into it. The lock ends with the process, however that ends. HOME_LOCKED with a text that says
 * who holds it; STORE_IO. */
MUST_USE result_t home_lock_take(const char *home_dir, struct home_lock *out, struct error *err);
/* Fits CLEANUP(). */
void home_lock_release(struct home_lock *lock);

#endif
