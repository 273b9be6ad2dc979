#include "node/home_lock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "common/os/file.h"
#include "node/store_internal.h"

#define HOME_LOCK_NAME "owner.lock"

/* "<pid> <program>" of whoever holds the lock. */
#define HOME_LOCK_TEXT_MAX 64

static result_t home_lock_failed(const char *what, const char *path, struct error *err)
{
    return error_set(err, OUTCOME_STORE_IO, "cannot %s %s: %s", what, path, strerror(errno));
}

static result_t home_lock_held(int fd, const char *home_dir, struct error *err)
{
    char owner[HOME_LOCK_TEXT_MAX] = {0};
    ssize_t len = pread(fd, owner, sizeof(owner) - 1, 0);
    unsigned long pid = 0;
    char program[HOME_LOCK_TEXT_MAX] = "another program";
    if (len <= 0 || sscanf(owner, "%lu %63[^\n]", &pid, program) < 1)
        return error_set(err, OUTCOME_HOME_LOCKED, "%s is in use by another process", home_dir);
    return error_set(err, OUTCOME_HOME_LOCKED, "%s is in use by %s, process %lu; stop it first", home_dir,
                     program, pid);
}

static result_t home_lock_sign(int fd, const char *path, struct error *err)
{
    char owner[HOME_LOCK_TEXT_MAX];
    int len = snprintf(owner, sizeof(owner), "%ld %s\n", (long)getpid(), program_invocation_short_name);
    size_t used = (size_t)len < sizeof(owner) ? (size_t)len : sizeof(owner) - 1;
    if (ftruncate(fd, 0) || pwrite(fd, owner, used, 0) != (ssize_t)used)
        return home_lock_failed("write", path, err);
    return OUTCOME_OK;
}

result_t home_lock_take(const char *home_dir, struct home_lock *out, struct error *err)
{
    CLEANUP(free_text) char *dir = file_path(home_dir, STORE_DIR_NAME);
    CLEANUP(free_text) char *path = dir ? file_path(dir, HOME_LOCK_NAME) : NULL;
    if (!path)
        return OUTCOME_NO_MEMORY;
    TRY(file_make_dir(dir, err));
    CLEANUP(close_fd) int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return home_lock_failed("open", path, err);
    if (flock(fd, LOCK_EX | LOCK_NB)) {
        if (errno == EWOULDBLOCK)
            return home_lock_held(fd, home_dir, err);
        return home_lock_failed("lock", path, err);
    }
    TRY(home_lock_sign(fd, path, err));
    out->fd = fd;
    fd = -1;
    return OUTCOME_OK;
}

void home_lock_release(struct home_lock *lock)
{
    /* The file stays: removing it would let two processes lock two files of one name. */
    close_fd(&lock->fd);
}
