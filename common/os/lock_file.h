/* A file that one process at a time holds, and that says which. */
#ifndef MPC_OS_LOCK_FILE_H
#define MPC_OS_LOCK_FILE_H

#include "common/outcome.h"

/* Set to LOCK_FILE_NONE before anything else. */
struct lock_file {
    int fd;
};
#define LOCK_FILE_NONE ((struct lock_file){-1})

/* Lock <dir>/owner.lock, making the folder and the file where they are missing, and write pid and program
 * into it. The lock ends with the process, however that ends. HOME_LOCKED with a text that says who holds
 * `owned` (what is being locked, as a person knows it); STORE_IO. */
MUST_USE result_t lock_file_take(const char *dir, const char *owned, struct lock_file *out,
                                 struct error *err);
/* Fits CLEANUP(). */
void lock_file_release(struct lock_file *lock);

#endif
