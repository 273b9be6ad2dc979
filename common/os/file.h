/* Files: read whole with a limit, written so that a crash leaves the old content or the new, secrets straight
 * into secret memory. Files are made 0600 and folders 0700 (design.md, "Errors, ownership, secrets"). */
#ifndef MPC_OS_FILE_H
#define MPC_OS_FILE_H

#include <dirent.h>
#include <stdbool.h>
#include <stddef.h>

#include "common/bytes.h"
#include "common/outcome.h"
#include "common/secret.h"

/* Read a whole regular file of at most `bytes_max` bytes, appended to `out`. STORE_NOT_FOUND when there is
 * none, LIMIT, STORE_IO. The path is in the text. */
MUST_USE result_t file_read(const char *path, size_t bytes_max, struct bytes *out, struct error *err);

/* What to do when group or others may read a secret file. */
enum file_exposure {
    FILE_EXPOSED_REFUSE, /* KEY_FILE_EXPOSED: files named by a --*-key-file option */
    FILE_EXPOSED_WARN,   /* a warning in the log: files that upstream made */
};

/* The same, straight into new secret memory. */
MUST_USE result_t file_read_secret(const char *path, size_t bytes_max, enum file_exposure exposure,
                                   struct secret *out, struct error *err);

enum file_newline { FILE_NEWLINE_REFUSE, FILE_NEWLINE_TOLERATE };

/* A file of exactly 2 * key_len hex digits; with FILE_NEWLINE_TOLERATE one newline (or CR LF) may follow.
 * SECRETS_UNREADABLE (also: not there), SECRETS_MALFORMED, KEY_FILE_EXPOSED. */
MUST_USE result_t file_read_hex_key(const char *path, size_t key_len, enum file_exposure exposure,
                                    enum file_newline newline, struct secret *out, struct error *err);
/* The digits themselves, wherever they are from; `where` names the place in the error. SECRETS_MALFORMED. */
MUST_USE result_t hex_key_parse(const void *text, size_t len, size_t key_len, const char *where,
                                struct secret *out, struct error *err);

/* Put `data` in place of `path`, durably: a temporary file in the same folder, fsync, rename, fsync of the
 * folder. STORE_FULL, STORE_IO. */
MUST_USE result_t file_write(const char *path, const void *data, size_t len, struct error *err);
/* The same, but refuse to replace: FILE_EXISTS, and the name never holds half a file. */
MUST_USE result_t file_create(const char *path, const void *data, size_t len, struct error *err);

/* A new file `dir`/PREFIXxxxxxx with `data`, synced; its path (owned by the caller) in *path. For sequences
 * that link(2) it into place themselves. */
MUST_USE result_t file_write_temporary(const char *dir, const char *prefix, const void *data, size_t len,
                                       char **path, struct error *err);

/* Remove what a file_create() or file_write() of `path` left beside it that was stopped: regular files of the
 * name that theirs have. The caller sees to it that nobody else writes `path` meanwhile. What cannot be
 * removed stays, with a warning. STORE_IO and NO_MEMORY where the folder cannot be listed. */
MUST_USE result_t file_sweep(const char *path, struct error *err);

/* Make one folder (0700); one that is there already is fine. STORE_IO. */
MUST_USE result_t file_make_dir(const char *path, struct error *err);
/* Make a folder's entries durable. STORE_IO. */
MUST_USE result_t file_sync_dir(const char *path, struct error *err);
/* flock(2), which signals do not interrupt. 0, or -1 with errno. */
int file_lock(int fd, int operation);
bool file_exists(const char *path);
/* The same, where a fault must not be taken for "no": a folder that cannot be searched, a disk that does
 * not answer. STORE_IO, NO_MEMORY. */
MUST_USE result_t file_look(const char *path, bool *there, struct error *err);
/* Tells a file from another one under its name, and from itself after a change. All zero: there is none. */
struct file_stamp {
    uint64_t device, inode;
    int64_t changed_s, changed_ns;
};
bool file_stamp_equal(const struct file_stamp *a, const struct file_stamp *b);
/* STORE_IO, NO_MEMORY. */
MUST_USE result_t file_stamp(const char *path, struct file_stamp *out, struct error *err);
/* What the errno of a file operation is told as, where nothing else is known of it: STORE_FULL, NO_MEMORY,
 * STORE_IO. */
result_t file_outcome(int error);

/* "a/b" of its parts, in new memory; NULL without memory. */
char *file_path(const char *dir, const char *name);

/* Move the value of an environment variable into secret memory, overwrite it in place and unset it. *found is
 * false when it is not set; set but empty is found, with length 0. NO_MEMORY. */
MUST_USE result_t environment_take_secret(const char *name, struct secret *out, bool *found);

/* CLEANUP() of what malloc gave, of a descriptor (-1: none) and of a folder that is listed (or NULL). */
void free_text(char **text);
void close_fd(int *fd);
void close_dir(DIR **dir);

#endif
