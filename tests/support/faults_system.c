/* The calls of the operating system that may fail on a test's word (tests/support/faults.h). Being defined
 * by the program itself they are found before the C library's, also by the libraries: LMDB's writes come
 * here too. What the C library does inside of itself (fopen) does not. */
#undef _FORTIFY_SOURCE /* its inline functions have these names */
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "tests/support/faults.h"

/* The next one of this name, once it was looked for. dlsym() gives a function as an object. */
#define REAL(name)                                                                                           \
    static union {                                                                                           \
        void *symbol;                                                                                        \
        __typeof__(&name) call;                                                                              \
    } real;                                                                                                  \
    if (!real.symbol)                                                                                        \
    real.symbol = dlsym(RTLD_NEXT, #name)

/* `failed` is what a failing call does and gives; errors are in the order in which they are tried. */
#define MAY_FAIL(class, type, name, parameters, arguments, failed, ...)                                      \
    type name parameters                                                                                     \
    {                                                                                                        \
        static const int errors[] = {__VA_ARGS__, 0};                                                        \
        REAL(name);                                                                                          \
        int error = faults_next(FAULT_##class, #name, errors);                                               \
        return error ? failed : real.call arguments;                                                         \
    }

/* -1 and errno, as most do. */
#define FAILS (errno = error, -1)
/* Some of the bytes are taken, and the rest is not. */
#define FAILS_OR_SHORTENS(some) error == FAULT_SHORT ? real.call some : FAILS

/* Opening. What makes nothing asks for no room. */
static const int open_errors[] = {EACCES, EMFILE, EIO, ENOMEM, 0};
static const int create_errors[] = {EACCES, EMFILE, EIO, ENOMEM, ENOSPC, EROFS, 0};

int open(const char *path, int flags, ...)
{
    va_list list;
    va_start(list, flags);
    mode_t mode = flags & O_CREAT ? va_arg(list, mode_t) : 0;
    va_end(list);
    REAL(open);
    int error = faults_next(FAULT_SYSTEM, "open", flags & O_CREAT ? create_errors : open_errors);
    return error ? FAILS : real.call(path, flags & ~O_SYNC, mode);
}

MAY_FAIL(SYSTEM, int, mkostemp, (char *path, int flags), (path, flags), FAILS, EACCES, EMFILE, EIO, ENOMEM,
         ENOSPC, EROFS)
MAY_FAIL(SYSTEM, DIR *, opendir, (const char *path), (path), (errno = error, (DIR *)NULL), EACCES, EMFILE,
         EIO, ENOMEM)
MAY_FAIL(SYSTEM, struct dirent *, readdir, (DIR * dir), (dir), (errno = error, (struct dirent *)NULL), EIO)

/* Reading and writing. */
MAY_FAIL(SYSTEM, ssize_t, read, (int fd, void *out, size_t len), (fd, out, len),
         FAILS_OR_SHORTENS((fd, out, len > 1 ? len / 2 : len)), EIO, EINTR, FAULT_SHORT)
static const int write_errors[] = {EIO, ENOSPC, EINTR, FAULT_SHORT, 0};

/* Not of the log: there is nobody to tell. */
ssize_t write(int fd, const void *data, size_t len)
{
    REAL(write);
    int error = fd > STDERR_FILENO ? faults_next(FAULT_SYSTEM, "write", write_errors) : 0;
    return error ? FAILS_OR_SHORTENS((fd, data, len > 1 ? len / 2 : len)) : real.call(fd, data, len);
}

MAY_FAIL(SYSTEM, ssize_t, pread, (int fd, void *out, size_t len, off_t at), (fd, out, len, at), FAILS, EIO)
MAY_FAIL(SYSTEM, ssize_t, pwrite, (int fd, const void *data, size_t len, off_t at), (fd, data, len, at),
         FAILS_OR_SHORTENS((fd, data, len / 2, at)), EIO, ENOSPC, FAULT_SHORT)
MAY_FAIL(SYSTEM, ssize_t, writev, (int fd, const struct iovec *parts, int count), (fd, parts, count), FAILS,
         EIO, ENOSPC)
/* No sweep cuts the power: what succeeds is not waited for. */
#define SYNC(name)                                                                                           \
    int name(int fd)                                                                                         \
    {                                                                                                        \
        static const int errors[] = {EIO, ENOSPC, 0};                                                        \
        (void)fd;                                                                                            \
        int error = faults_next(FAULT_SYSTEM, #name, errors);                                                \
        return error ? FAILS : 0;                                                                            \
    }

SYNC(fsync)
SYNC(fdatasync)
MAY_FAIL(SYSTEM, int, msync, (void *at, size_t len, int flags), (at, len, flags), FAILS, EIO)
MAY_FAIL(SYSTEM, int, truncate, (const char *path, off_t len), (path, len), FAILS, EIO, EROFS)
MAY_FAIL(SYSTEM, int, ftruncate, (int fd, off_t len), (fd, len), FAILS, EIO, ENOSPC)
MAY_FAIL(SYSTEM, int, fallocate, (int fd, int mode, off_t from, off_t len), (fd, mode, from, len), FAILS,
         ENOSPC, EOPNOTSUPP)

/* Names. */
MAY_FAIL(SYSTEM, int, mkdir, (const char *path, mode_t mode), (path, mode), FAILS, EACCES, EIO, ENOSPC, EROFS)
MAY_FAIL(SYSTEM, int, link, (const char *from, const char *to), (from, to), FAILS, EACCES, EIO, EMLINK,
         ENOSPC, EROFS, EXDEV)
MAY_FAIL(SYSTEM, int, rename, (const char *from, const char *to), (from, to), FAILS, EACCES, EIO, ENOSPC,
         EROFS)
MAY_FAIL(SYSTEM, int, unlink, (const char *path), (path), FAILS, EACCES, EIO, EROFS)
MAY_FAIL(SYSTEM, int, stat, (const char *restrict path, struct stat *restrict out), (path, out), FAILS,
         EACCES, EIO)
MAY_FAIL(SYSTEM, int, statx,
         (int folder, const char *restrict path, int flags, unsigned mask, struct statx *restrict out),
         (folder, path, flags, mask, out), FAILS, EACCES, EIO)
MAY_FAIL(SYSTEM, int, fstat, (int fd, struct stat *out), (fd, out), FAILS, EIO)
MAY_FAIL(SYSTEM, int, fstatfs, (int fd, struct statfs *out), (fd, out), FAILS, ENOSYS)
MAY_FAIL(SYSTEM, int, access, (const char *path, int mode), (path, mode), FAILS, EACCES, EIO)
MAY_FAIL(SYSTEM, int, flock, (int fd, int operation), (fd, operation), FAILS, EINTR, ENOLCK)

/* The descriptor is gone all the same. */
MAY_FAIL(SYSTEM, int, close, (int fd), (fd), (real.call(fd), errno = error, -1), EDQUOT, EINTR)

/* Of the commands those that lock; setting a flag does not fail. */
static const int lock_errors[] = {ENOLCK, 0};

int fcntl(int fd, int command, ...)
{
    va_list list;
    va_start(list, command);
    void *argument = va_arg(list, void *);
    va_end(list);
    REAL(fcntl);
    bool locks = command == F_SETLK || command == F_SETLKW;
    int error = locks ? faults_next(FAULT_SYSTEM, "fcntl", lock_errors) : 0;
    return error ? FAILS : real.call(fd, command, argument);
}

/* What a server starts with. */
MAY_FAIL(SYSTEM, int, socket, (int domain, int type, int protocol), (domain, type, protocol), FAILS, EMFILE,
         ENOMEM, EAFNOSUPPORT)
MAY_FAIL(SYSTEM, int, socketpair, (int domain, int type, int protocol, int pair[2]),
         (domain, type, protocol, pair), FAILS, EMFILE, ENOMEM)
MAY_FAIL(SYSTEM, int, setsockopt, (int fd, int level, int name, const void *value, socklen_t len),
         (fd, level, name, value, len), FAILS, ENOMEM)
MAY_FAIL(SYSTEM, int, bind, (int fd, const struct sockaddr *address, socklen_t len), (fd, address, len),
         FAILS, EADDRINUSE, EADDRNOTAVAIL, EACCES)
MAY_FAIL(SYSTEM, int, listen, (int fd, int backlog), (fd, backlog), FAILS, EADDRINUSE)
MAY_FAIL(SYSTEM, int, getsockname, (int fd, struct sockaddr *restrict address, socklen_t *restrict len),
         (fd, address, len), FAILS, ENOBUFS)
MAY_FAIL(SYSTEM, int, epoll_create1, (int flags), (flags), FAILS, EMFILE, ENOMEM)
/* Only what is new needs memory. */
int epoll_ctl(int epoll, int operation, int fd, struct epoll_event *event)
{
    static const int errors[] = {ENOMEM, ENOSPC, 0};
    REAL(epoll_ctl);
    int error = operation == EPOLL_CTL_ADD ? faults_next(FAULT_SYSTEM, "epoll_ctl", errors) : 0;
    return error ? FAILS : real.call(epoll, operation, fd, event);
}

MAY_FAIL(SYSTEM, int, eventfd, (unsigned count, int flags), (count, flags), FAILS, EMFILE, ENOMEM)
MAY_FAIL(SYSTEM, int, pthread_create,
         (pthread_t *restrict out, const pthread_attr_t *restrict attributes, void *(*run)(void *),
          void *restrict argument),
         (out, attributes, run, argument), error, EAGAIN)

/* Memory that is asked of the kernel. A lock that is refused is only logged (secret.h). */
MAY_FAIL(MEMORY, void *, mmap, (void *at, size_t len, int protection, int flags, int fd, off_t from),
         (at, len, protection, flags, fd, from), (errno = error, MAP_FAILED), ENOMEM)
MAY_FAIL(MEMORY, int, mlock, (const void *at, size_t len), (at, len), FAILS, EAGAIN, EPERM)

/* The kernel's random numbers are a matter of cryptography. */
MAY_FAIL(CRYPTO, ssize_t, getrandom, (void *out, size_t len, unsigned flags), (out, len, flags),
         FAILS_OR_SHORTENS((out, len > 1 ? len / 2 : len, flags)), ENOSYS, EINTR, FAULT_SHORT)
