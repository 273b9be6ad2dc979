#include "common/os/scratch_dir.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "common/os/file.h"

/* Folders within folders that are removed with few descriptors. */
#define OPEN_DIRS_MAX 16

#define INNER_NAME "scratch"

static result_t failed(const char *what, const char *path, struct error *err)
{
    int error = errno;
    return error_set(err, file_outcome(error), "cannot %s %s: %s", what, path, strerror(error));
}

static int remove_one(const char *path, const struct stat *info, int kind, struct FTW *place)
{
    (void)info, (void)kind, (void)place;
    (void)!remove(path);
    return 0;
}

static void remove_tree(const char *path)
{
    (void)!nftw(path, remove_one, OPEN_DIRS_MAX, FTW_DEPTH | FTW_PHYS);
}

static int open_dir(const char *path, int flags)
{
    return open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | flags);
}

static void sweep_one(const char *path)
{
    CLEANUP(close_fd) int fd = open_dir(path, O_NOFOLLOW);
    if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0)
        remove_tree(path);
}

/* Those whose owner has ended. */
static void sweep(const char *parent, const char *prefix)
{
    CLEANUP(close_dir) DIR *dir = opendir(parent);
    const struct dirent *entry;
    while (dir && (entry = readdir(dir)) != NULL) {
        CLEANUP(free_text) char *path = NULL;
        if (strncmp(entry->d_name, prefix, strlen(prefix)) != 0)
            continue;
        path = file_path(parent, entry->d_name);
        if (path)
            sweep_one(path);
    }
}

static result_t make_outer(const char *parent, const char *prefix, struct scratch_dir *out, struct error *err)
{
    if (asprintf(&out->outer, "%s/%sXXXXXX", parent, prefix) < 0) {
        out->outer = NULL;
        return OUTCOME_NO_MEMORY;
    }
    if (!mkdtemp(out->outer)) {
        result_t result = failed("make the folder", out->outer, err);
        free_text(&out->outer);
        return result;
    }
    out->lock_fd = open_dir(out->outer, O_NOFOLLOW);
    if (out->lock_fd < 0 || flock(out->lock_fd, LOCK_EX | LOCK_NB) != 0)
        return failed("lock", out->outer, err);
    return OUTCOME_OK;
}

static result_t make_both(const char *parent, const char *prefix, struct scratch_dir *out, struct error *err)
{
    sweep(parent, prefix);
    TRY(make_outer(parent, prefix, out, err));
    out->path = file_path(out->outer, INNER_NAME);
    return out->path ? file_make_dir(out->path, err) : OUTCOME_NO_MEMORY;
}

/* The parent is locked meanwhile, so that nobody sweeps a folder between its making and its locking. */
result_t scratch_dir_make(const char *parent, const char *prefix, struct scratch_dir *out, struct error *err)
{
    TRY(file_make_dir(parent, err));
    CLEANUP(close_fd) int fd = open_dir(parent, 0);
    if (fd < 0)
        return failed("open", parent, err);
    while (flock(fd, LOCK_EX) != 0) {
        if (errno != EINTR)
            return failed("lock", parent, err);
    }
    CLEANUP(scratch_dir_remove) struct scratch_dir made = SCRATCH_DIR_NONE;
    TRY(make_both(parent, prefix, &made, err));
    *out = made;
    made = SCRATCH_DIR_NONE;
    return OUTCOME_OK;
}

void scratch_dir_remove(struct scratch_dir *dir)
{
    if (dir->outer)
        remove_tree(dir->outer);
    free_text(&dir->outer);
    free_text(&dir->path);
    close_fd(&dir->lock_fd);
}
