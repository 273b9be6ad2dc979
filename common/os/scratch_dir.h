/* A folder for what must not stay: new, empty, 0700, and removed with all that is in it. What a process that
 * was killed left behind is removed when the next one is made in the same place. */
#ifndef MPC_OS_SCRATCH_DIR_H
#define MPC_OS_SCRATCH_DIR_H

#include "common/outcome.h"

/* Set to SCRATCH_DIR_NONE before anything else. */
struct scratch_dir {
    char *path;  /* the folder to use; nothing is locked in it */
    char *outer; /* the one around it, which is this module's */
    int lock_fd; /* of that one; says that its owner lives */
};
#define SCRATCH_DIR_NONE ((struct scratch_dir){NULL, NULL, -1})

/* Make <parent>/<prefix>xxxxxx with the folder in it, and the parent (0700) where it is missing. STORE_IO,
 * STORE_FULL, NO_MEMORY. */
MUST_USE result_t scratch_dir_make(const char *parent, const char *prefix, struct scratch_dir *out,
                                   struct error *err);
/* Fits CLEANUP(). What cannot be removed stays for the next scratch_dir_make(). */
void scratch_dir_remove(struct scratch_dir *dir);

#endif
