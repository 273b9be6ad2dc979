#include "common/os/lock_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "common/os/file.h"

#define LOCK_NAME "owner.lock"

/* "<pid> <program>" of whoever holds the lock. */
#define OWNER_TEXT_MAX 64

static result_t failed(int error, const char *what, const char *path, struct error *err)
{
    return error_set(err, file_outcome(error), "cannot %s %s: %s", what, path, strerror(error));
}

static result_t held(int fd, const char *owned, struct error *err)
{
    char owner[OWNER_TEXT_MAX] = {0};
    ssize_t len = pread(fd, owner, sizeof(owner) - 1, 0);
    unsigned long pid = 0;
    char program[OWNER_TEXT_MAX] = "another program";
    if (len <= 0 || sscanf(owner, "%lu %63[^\n]", &pid, program) < 1)
        return error_set(err, OUTCOME_HOME_LOCKED, "%s is in use by another process", owned);
    return error_set(err, OUTCOME_HOME_LOCKED, "%s is in use by %s, process %lu; stop it first", owned,
                     program, pid);
}

static result_t sign(int fd, const char *path, struct error *err)
{
    char owner[OWNER_TEXT_MAX];
    int len = snprintf(owner, sizeof(owner), "%ld %s\n", (long)getpid(), program_invocation_short_name);
    size_t used = (size_t)len < sizeof(owner) ? (size_t)len : sizeof(owner) - 1;
    ssize_t written = ftruncate(fd, 0) ? -1 : pwrite(fd, owner, used, 0);
    /* So few bytes are written in part only where there is no room for the rest. */
    if (written != (ssize_t)used)
        return failed(written < 0 ? errno : ENOSPC, "write", path, err);
    return OUTCOME_OK;
}

result_t lock_file_take(const char *dir, const char *owned, struct lock_file *out, struct error *err)
{
    CLEANUP(free_text) char *path = file_path(dir, LOCK_NAME);
    if (!path)
        return OUTCOME_NO_MEMORY;
    TRY(file_make_dir(dir, err));
    CLEANUP(close_fd) int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return failed(errno, "open", path, err);
    if (file_lock(fd, LOCK_EX | LOCK_NB))
        return errno == EWOULDBLOCK ? held(fd, owned, err) : failed(errno, "lock", path, err);
    TRY(sign(fd, path, err));
    out->fd = fd;
    fd = -1;
    return OUTCOME_OK;
}

void lock_file_release(struct lock_file *lock)
{
    /* The file stays: removing it would let two processes lock two files of one name. */
    close_fd(&lock->fd);
}
