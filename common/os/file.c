#include "common/os/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/encoding.h"
#include "common/os/log.h"

#define FILE_READ_CHUNK 65536
/* Entries of a folder that are looked at for what was left. */
#define FILE_SWEEP_MAX 65536
/* What mkostemp() appends. */
#define FILE_TEMPORARY_LEN 6
#define HEX_KEY_LEN_MAX    64

void free_text(char **text)
{
    free(*text);
    *text = NULL;
}

void close_fd(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

void close_dir(DIR **dir)
{
    if (*dir)
        closedir(*dir);
    *dir = NULL;
}

char *file_path(const char *dir, const char *name)
{
    char *path;
    return asprintf(&path, "%s/%s", dir, name) < 0 ? NULL : path;
}

bool file_exists(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0;
}

result_t file_outcome(int error)
{
    switch (error) {
    case ENOSPC:
    case EDQUOT:
        return OUTCOME_STORE_FULL;
    case ENOMEM:
        return OUTCOME_NO_MEMORY;
    default:
        return OUTCOME_STORE_IO;
    }
}

static result_t file_failed(int error, const char *doing, const char *path, struct error *err)
{
    result_t code = file_outcome(error);
    if (error == ENOENT)
        code = OUTCOME_STORE_NOT_FOUND;
    else if (error == EEXIST)
        code = OUTCOME_FILE_EXISTS;
    return error_set(err, code, "cannot %s %s: %s", doing, path, strerror(error));
}

/* As file_failed, where a missing folder or a taken name is no answer but a fault. */
static result_t file_broken(int error, const char *doing, const char *path, struct error *err)
{
    return error_set(err, file_outcome(error), "cannot %s %s: %s", doing, path, strerror(error));
}

result_t file_look(const char *path, bool *there, struct error *err)
{
    struct stat info;
    *there = stat(path, &info) == 0;
    return *there || errno == ENOENT || errno == ENOTDIR ? OUTCOME_OK
                                                         : file_broken(errno, "look at", path, err);
}

bool file_stamp_equal(const struct file_stamp *a, const struct file_stamp *b)
{
    return a->device == b->device && a->inode == b->inode && a->changed_s == b->changed_s &&
           a->changed_ns == b->changed_ns;
}

result_t file_stamp(const char *path, struct file_stamp *out, struct error *err)
{
    struct stat info;
    *out = (struct file_stamp){0};
    if (stat(path, &info) != 0)
        return errno == ENOENT || errno == ENOTDIR ? OUTCOME_OK : file_broken(errno, "look at", path, err);
    *out = (struct file_stamp){.device = info.st_dev,
                               .inode = info.st_ino,
                               .changed_s = info.st_ctim.tv_sec,
                               .changed_ns = info.st_ctim.tv_nsec};
    return OUTCOME_OK;
}

/* ---- reading ----------------------------------------------------------------------------------------- */

static result_t file_open(const char *path, size_t bytes_max, int *fd, struct stat *info, struct error *err)
{
    /* Not blocking: a FIFO must not hang the start; it is refused below. */
    *fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (*fd < 0)
        return file_failed(errno, "open", path, err);
    if (fstat(*fd, info) != 0)
        return file_broken(errno, "look at", path, err);
    if (!S_ISREG(info->st_mode))
        return error_set(err, OUTCOME_STORE_IO, "%s is not a regular file", path);
    if ((uintmax_t)info->st_size > bytes_max)
        return error_set(err, OUTCOME_LIMIT, "%s is larger than %zu bytes", path, bytes_max);
    return OUTCOME_OK;
}

static ssize_t read_some(int fd, void *out, size_t len)
{
    ssize_t got;
    do {
        got = read(fd, out, len);
    } while (got < 0 && errno == EINTR);
    return got;
}

result_t file_read(const char *path, size_t bytes_max, struct bytes *out, struct error *err)
{
    CLEANUP(close_fd) int fd = -1;
    struct stat info;
    TRY(file_open(path, bytes_max, &fd, &info, err));
    size_t total = 0;
    char chunk[FILE_READ_CHUNK];
    for (;;) {
        ssize_t got = read_some(fd, chunk, sizeof chunk);
        if (got < 0)
            return file_broken(errno, "read", path, err);
        if (got == 0)
            return OUTCOME_OK;
        total += (size_t)got;
        if (total > bytes_max)
            return error_set(err, OUTCOME_LIMIT, "%s is larger than %zu bytes", path, bytes_max);
        TRY(bytes_append(out, chunk, (size_t)got));
    }
}

static result_t check_exposure(const char *path, const struct stat *info, enum file_exposure exposure,
                               struct error *err)
{
    if (!(info->st_mode & (S_IRGRP | S_IWGRP | S_IROTH | S_IWOTH)))
        return OUTCOME_OK;
    if (exposure == FILE_EXPOSED_REFUSE)
        return error_set(err, OUTCOME_KEY_FILE_EXPOSED, "%s is open to others (mode %03o); chmod 600 it",
                         path, (unsigned)info->st_mode & 0777);
    log_outcome(LOG_LEVEL_WARN, OUTCOME_KEY_FILE_EXPOSED, "%s is open to others (mode %03o); chmod 600 it",
                path, (unsigned)info->st_mode & 0777);
    return OUTCOME_OK;
}

result_t file_read_secret(const char *path, size_t bytes_max, enum file_exposure exposure, struct secret *out,
                          struct error *err)
{
    CLEANUP(close_fd) int fd = -1;
    struct stat info;
    TRY(file_open(path, bytes_max, &fd, &info, err));
    TRY(check_exposure(path, &info, exposure, err));
    CLEANUP(secret_free) struct secret content = {0};
    TRY(secret_make(&content, (size_t)info.st_size));
    size_t total = 0;
    while (total < content.len) {
        ssize_t got = read_some(fd, content.data + total, content.len - total);
        if (got < 0)
            return file_broken(errno, "read", path, err);
        if (got == 0)
            return error_set(err, OUTCOME_STORE_IO, "%s became shorter while it was read", path);
        total += (size_t)got;
    }
    *out = content;
    content = (struct secret){0};
    return OUTCOME_OK;
}

result_t hex_key_parse(const void *text, size_t len, size_t key_len, const char *where, struct secret *out,
                       struct error *err)
{
    CLEANUP(secret_free) struct secret key = {0};
    TRY(secret_make(&key, key_len));
    if (hex_decode((const char *)text, len, key.data, key_len) != OUTCOME_OK)
        return error_set(err, OUTCOME_SECRETS_MALFORMED,
                         "%s has to be exactly %zu hexadecimal digits (%zu bytes), and nothing else", where,
                         key_len * 2, key_len);
    *out = key;
    key = (struct secret){0};
    return OUTCOME_OK;
}

static size_t without_newline(const struct secret *text)
{
    size_t len = text->len;
    if (len > 0 && text->data[len - 1] == '\n')
        len--;
    if (len > 0 && len < text->len && text->data[len - 1] == '\r')
        len--;
    return len;
}

result_t file_read_hex_key(const char *path, size_t key_len, enum file_exposure exposure,
                           enum file_newline newline, struct secret *out, struct error *err)
{
    CLEANUP(secret_free) struct secret text = {0};
    result_t result = file_read_secret(path, HEX_KEY_LEN_MAX * 2 + 2, exposure, &text, err);
    if (result == OUTCOME_LIMIT)
        return error_set(err, OUTCOME_SECRETS_MALFORMED, "%s has to be %zu hexadecimal digits and is longer",
                         path, key_len * 2);
    if (result == OUTCOME_STORE_NOT_FOUND || result == OUTCOME_STORE_IO) {
        if (err)
            err->code = OUTCOME_SECRETS_UNREADABLE;
        return OUTCOME_SECRETS_UNREADABLE;
    }
    TRY(result);
    size_t len = newline == FILE_NEWLINE_TOLERATE ? without_newline(&text) : text.len;
    return hex_key_parse(text.data, len, key_len, path, out, err);
}

/* ---- writing ----------------------------------------------------------------------------------------- */

static int write_all(int fd, const void *data, size_t len)
{
    const char *at = (const char *)data;
    while (len > 0) {
        ssize_t put = write(fd, at, len);
        if (put < 0 && errno == EINTR)
            continue;
        if (put < 0)
            return errno;
        at += put;
        len -= (size_t)put;
    }
    return 0;
}

result_t file_write_temporary(const char *dir, const char *prefix, const void *data, size_t len, char **path,
                              struct error *err)
{
    char *name;
    if (asprintf(&name, "%s/%sXXXXXX", dir, prefix) < 0)
        return OUTCOME_NO_MEMORY;
    CLEANUP(close_fd) int fd = mkostemp(name, O_CLOEXEC);
    int error = fd < 0 ? errno : 0;
    if (fd >= 0) {
        error = write_all(fd, data, len);
        if (error == 0 && fsync(fd) != 0)
            error = errno;
        if (error != 0)
            unlink(name);
    }
    *path = name;
    if (error == 0)
        return OUTCOME_OK;
    result_t result = file_broken(error, "write a file in", dir, err);
    free_text(path);
    return result;
}

/* The folder of a path, in new memory. */
static char *file_dir(const char *path)
{
    const char *slash = strrchr(path, '/');
    if (!slash)
        return strdup(".");
    return slash == path ? strdup("/") : strndup(path, (size_t)(slash - path));
}

static const char *file_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

/* rename(2) replaces, link(2) refuses to. */
static result_t file_put(const char *path, const void *data, size_t len, bool replace, struct error *err)
{
    CLEANUP(free_text) char *dir = file_dir(path);
    CLEANUP(free_text) char *temporary = NULL;
    CLEANUP(free_text) char *prefix = NULL;
    if (!dir || asprintf(&prefix, ".%s.", file_name(path)) < 0)
        return OUTCOME_NO_MEMORY;
    TRY(file_write_temporary(dir, prefix, data, len, &temporary, err));
    int error = (replace ? rename(temporary, path) : link(temporary, path)) == 0 ? 0 : errno;
    if (error != 0 || !replace)
        unlink(temporary);
    if (error == EEXIST && !replace)
        return error_set(err, OUTCOME_FILE_EXISTS, "%s exists and is not overwritten", path);
    if (error != 0)
        return file_broken(error, "write", path, err);
    return file_sync_dir(dir, err);
}

/* As file_put() names them: ".NAME.xxxxxx". */
static bool is_temporary(const char *entry, const char *name)
{
    static const char characters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    size_t len = strlen(name);
    if (entry[0] != '.' || strncmp(entry + 1, name, len) != 0 || entry[1 + len] != '.')
        return false;
    const char *suffix = entry + len + 2;
    return strlen(suffix) == FILE_TEMPORARY_LEN && strspn(suffix, characters) == FILE_TEMPORARY_LEN;
}

static result_t sweep_one(const char *dir, const char *entry)
{
    CLEANUP(free_text) char *path = file_path(dir, entry);
    if (!path)
        return OUTCOME_NO_MEMORY;
    if (unlink(path) != 0)
        log_warn("cannot remove %s, which a start that was stopped left: %s", path, strerror(errno));
    return OUTCOME_OK;
}

result_t file_sweep(const char *path, struct error *err)
{
    CLEANUP(free_text) char *dir = file_dir(path);
    CLEANUP(close_dir) DIR *listing = dir ? opendir(dir) : NULL;
    const struct dirent *entry;
    if (!dir)
        return OUTCOME_NO_MEMORY;
    if (!listing)
        return file_broken(errno, "list the folder", dir, err);
    for (size_t seen = 0; seen < FILE_SWEEP_MAX; seen++) {
        errno = 0; /* the end and a fault are told apart by it alone */
        entry = readdir(listing);
        if (!entry)
            return errno ? file_broken(errno, "list the folder", dir, err) : OUTCOME_OK;
        if (entry->d_type == DT_REG && is_temporary(entry->d_name, file_name(path)))
            TRY(sweep_one(dir, entry->d_name));
    }
    return OUTCOME_OK;
}

result_t file_write(const char *path, const void *data, size_t len, struct error *err)
{
    return file_put(path, data, len, true, err);
}

result_t file_create(const char *path, const void *data, size_t len, struct error *err)
{
    return file_put(path, data, len, false, err);
}

result_t file_make_dir(const char *path, struct error *err)
{
    if (mkdir(path, 0700) == 0)
        return OUTCOME_OK;
    int error = errno;
    struct stat info;
    if (error == EEXIST && stat(path, &info) == 0 && S_ISDIR(info.st_mode))
        return OUTCOME_OK;
    return file_broken(error, "make the folder", path, err);
}

int file_lock(int fd, int operation)
{
    int failed;
    do {
        failed = flock(fd, operation);
    } while (failed && errno == EINTR);
    return failed;
}

result_t file_sync_dir(const char *path, struct error *err)
{
    CLEANUP(close_fd) int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0 || fsync(fd) != 0)
        return file_broken(errno, "sync the folder", path, err);
    return OUTCOME_OK;
}

/* ---- environment ------------------------------------------------------------------------------------- */

result_t environment_take_secret(const char *name, struct secret *out, bool *found)
{
    char *value = getenv(name);
    *found = value != NULL;
    if (!value)
        return OUTCOME_OK;
    TRY(secret_copy(out, value, strlen(value)));
    secret_wipe(value, strlen(value));
    unsetenv(name);
    return OUTCOME_OK;
}
