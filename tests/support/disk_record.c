#include "tests/support/disk_record.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "tests/support/support.h"

#define DESCRIPTORS_MAX 1024

static struct disk_log *recorded; /* NULL: nothing is recorded */
static struct disk_tree tree;
static char root[PATH_MAX];
static char mapped[DISK_NAME_MAX];

/* What is open, of what is under the folder. */
static struct {
    bool used;
    bool durable; /* O_DSYNC */
    uint32_t node;
} descriptors[DESCRIPTORS_MAX];

void disk_record_begin(struct disk_log *log, const char *folder)
{
    ck_assert_ptr_null(recorded);
    snprintf(root, sizeof root, "%s", folder);
    memset(descriptors, 0, sizeof descriptors);
    mapped[0] = 0;
    disk_tree_make(log, &tree);
    recorded = log;
}

void disk_record_end(void)
{
    disk_tree_free(&tree);
    recorded = NULL;
}

const char *disk_record_mapped(void)
{
    return mapped;
}

/* ---- noting ------------------------------------------------------------------------------------------ */

static void note(const struct disk_op *op)
{
    disk_log_add(recorded, op);
    disk_tree_apply(&tree, &recorded->ops[recorded->count - 1]);
}

/* Where a path leads: the folder, the name in it, and the node of that name. False: not to our folder. */
struct place {
    uint32_t folder;
    char name[DISK_NAME_MAX];
    uint32_t node;
};

static bool place_of(int at, const char *path, struct place *out)
{
    size_t len = strlen(root);
    if (!recorded || strncmp(path, root, len) != 0 || (path[len] != '/' && path[len] != 0))
        return false;
    ck_assert_msg(at == AT_FDCWD || path[0] == '/', "a path of a kind that is not recorded: %s", path);
    *out = (struct place){.node = DISK_ROOT};
    for (const char *from = path + len; *from;) {
        from += strspn(from, "/");
        size_t part = strcspn(from, "/");
        if (part == 0)
            break;
        ck_assert_uint_lt(part, DISK_NAME_MAX);
        if (out->node == DISK_NONE) /* a folder that is not there: the call fails */
            return false;
        out->folder = out->node;
        memset(out->name, 0, sizeof out->name);
        memcpy(out->name, from, part);
        out->node = disk_tree_find(&tree, out->folder, out->name);
        from += part;
    }
    return true;
}

static void note_place(enum disk_kind kind, const struct place *place, uint32_t node)
{
    struct disk_op op = {.kind = kind, .node = node, .folder = place->folder};
    memcpy(op.name, place->name, sizeof op.name);
    note(&op);
}

static bool is_recorded(int fd)
{
    return recorded && fd >= 0 && fd < DESCRIPTORS_MAX && descriptors[fd].used;
}

static void note_write(int fd, const void *data, ssize_t len, off_t offset)
{
    union {
        const void *in;
        void *out;
    } unqualified = {.in = data};
    if (!is_recorded(fd) || len <= 0)
        return;
    note(&(struct disk_op){.kind = DISK_WRITE,
                           .node = descriptors[fd].node,
                           .offset = (uint64_t)offset,
                           .data = unqualified.out,
                           .len = (size_t)len,
                           .durable = descriptors[fd].durable});
}

/* One call, one write: the parts lie behind each other in the file. */
static void note_parts(int fd, const struct iovec *parts, int count, ssize_t len, off_t offset)
{
    CLEANUP(bytes_free) struct bytes whole = {0};
    if (!is_recorded(fd) || len <= 0)
        return;
    for (int i = 0; i < count; i++)
        ck_assert_ok(bytes_append(&whole, parts[i].iov_base, parts[i].iov_len));
    note_write(fd, whole.data, len, offset);
}

static void note_size(int fd, off_t size)
{
    if (is_recorded(fd))
        note(&(struct disk_op){.kind = DISK_SIZE, .node = descriptors[fd].node, .offset = (uint64_t)size});
}

static void note_sync(int fd)
{
    if (is_recorded(fd))
        note(&(struct disk_op){.kind = DISK_SYNC, .node = descriptors[fd].node});
}

static void note_open(int fd, int flags, const struct place *place)
{
    uint32_t node = place->node;
    ck_assert_int_lt(fd, DESCRIPTORS_MAX);
    ck_assert_msg((flags & O_APPEND) == 0, "%s: appending is not recorded", place->name);
    if (node == DISK_NONE) {
        node = disk_log_new_node(recorded, false);
        note_place(DISK_ENTER, place, node);
    }
    descriptors[fd].used = true;
    descriptors[fd].durable = (flags & O_DSYNC) != 0;
    descriptors[fd].node = node;
    if (flags & O_TRUNC)
        note_size(fd, 0);
}

/* ---- in place of libc's ------------------------------------------------------------------------------ */

/* They go to the kernel by themselves: what comes next by name may be a sanitizer's, or not there yet. */

static off_t position(int fd)
{
    return (off_t)syscall(SYS_lseek, fd, 0, SEEK_CUR);
}

static int open_and_note(int at, const char *path, int flags, mode_t mode)
{
    struct place place;
    bool ours = place_of(at, path, &place);
    int fd = (int)syscall(SYS_openat, at, path, flags & ~O_SYNC, mode);
    if (fd >= 0 && ours)
        note_open(fd, flags, &place);
    return fd;
}

static mode_t mode_of(int flags, va_list args)
{
    return flags & (O_CREAT | O_TMPFILE) ? va_arg(args, mode_t) : 0;
}

int open(const char *path, int flags, ...)
{
    va_list args;
    va_start(args, flags);
    mode_t mode = mode_of(flags, args);
    va_end(args);
    return open_and_note(AT_FDCWD, path, flags, mode);
}

int openat(int at, const char *path, int flags, ...)
{
    va_list args;
    va_start(args, flags);
    mode_t mode = mode_of(flags, args);
    va_end(args);
    return open_and_note(at, path, flags, mode);
}

/* Names are counted, not drawn: two recordings are alike. */
int mkostemp(char *path, int flags)
{
    static unsigned count;
    size_t len = strlen(path);
    for (int tries = 0; tries < TMP_MAX; tries++) {
        snprintf(path + len - 6, 7, "%06u", count++ % 1000000);
        int fd = open_and_note(AT_FDCWD, path, flags | O_RDWR | O_CREAT | O_EXCL, 0600);
        if (fd >= 0 || errno != EEXIST)
            return fd;
    }
    return -1;
}

int close(int fd)
{
    if (fd >= 0 && fd < DESCRIPTORS_MAX)
        descriptors[fd].used = false;
    return (int)syscall(SYS_close, fd);
}

ssize_t write(int fd, const void *data, size_t len)
{
    off_t offset = is_recorded(fd) ? position(fd) : 0;
    ssize_t put = syscall(SYS_write, fd, data, len);
    note_write(fd, data, put, offset);
    return put;
}

ssize_t writev(int fd, const struct iovec *parts, int count)
{
    off_t offset = is_recorded(fd) ? position(fd) : 0;
    ssize_t put = syscall(SYS_writev, fd, parts, count);
    note_parts(fd, parts, count, put, offset);
    return put;
}

ssize_t pwrite(int fd, const void *data, size_t len, off_t offset)
{
    ssize_t put = syscall(SYS_pwrite64, fd, data, len, offset);
    note_write(fd, data, put, offset);
    return put;
}

ssize_t pwritev(int fd, const struct iovec *parts, int count, off_t offset)
{
    ssize_t put = syscall(SYS_pwritev, fd, parts, count, offset, 0);
    note_parts(fd, parts, count, put, offset);
    return put;
}

int ftruncate(int fd, off_t size)
{
    int result = (int)syscall(SYS_ftruncate, fd, size);
    if (result == 0)
        note_size(fd, size);
    return result;
}

/* With KEEP_SIZE nothing changes that a reader can see. */
int fallocate(int fd, int mode, off_t offset, off_t len)
{
    ck_assert_msg(!is_recorded(fd) || mode == FALLOC_FL_KEEP_SIZE, "a fallocate that is not recorded");
    return (int)syscall(SYS_fallocate, fd, mode, offset, len);
}

int fsync(int fd)
{
    note_sync(fd);
    return 0;
}

int fdatasync(int fd)
{
    note_sync(fd);
    return 0;
}

int link(const char *old, const char *new)
{
    struct place from, to;
    bool ours = place_of(AT_FDCWD, old, &from) && place_of(AT_FDCWD, new, &to);
    int result = (int)syscall(SYS_linkat, AT_FDCWD, old, AT_FDCWD, new, 0);
    if (result == 0 && ours)
        note_place(DISK_ENTER, &to, from.node);
    return result;
}

static void note_rename(const struct place *from, const struct place *to)
{
    struct disk_op op = {
        .kind = DISK_MOVE, .node = from->node, .folder = to->folder, .old_folder = from->folder};
    memcpy(op.name, to->name, sizeof op.name);
    memcpy(op.old_name, from->name, sizeof op.old_name);
    note(&op);
}

/* rename(2) of two links of one file does nothing. */
int rename(const char *old, const char *new)
{
    struct place from, to;
    bool ours = place_of(AT_FDCWD, old, &from) && place_of(AT_FDCWD, new, &to);
    int result = (int)syscall(SYS_renameat, AT_FDCWD, old, AT_FDCWD, new);
    if (result == 0 && ours && from.node != to.node)
        note_rename(&from, &to);
    return result;
}

static int remove_and_note(const char *path, int flags)
{
    struct place place;
    bool ours = place_of(AT_FDCWD, path, &place);
    int result = (int)syscall(SYS_unlinkat, AT_FDCWD, path, flags);
    if (result == 0 && ours)
        note_place(DISK_LEAVE, &place, place.node);
    return result;
}

int unlink(const char *path)
{
    return remove_and_note(path, 0);
}

int rmdir(const char *path)
{
    return remove_and_note(path, AT_REMOVEDIR);
}

int mkdir(const char *path, mode_t mode)
{
    struct place place;
    bool ours = place_of(AT_FDCWD, path, &place);
    int result = (int)syscall(SYS_mkdirat, AT_FDCWD, path, mode);
    if (result == 0 && ours)
        note_place(DISK_ENTER, &place, disk_log_new_node(recorded, true));
    return result;
}

static const char *name_of(uint32_t node)
{
    for (size_t i = recorded->count; i-- > 0;) {
        if (recorded->ops[i].kind == DISK_ENTER && recorded->ops[i].node == node)
            return recorded->ops[i].name;
    }
    return "?";
}

void *mmap(void *at, size_t len, int protection, int flags, int fd, off_t offset)
{
    if (is_recorded(fd) && (protection & PROT_WRITE) && (flags & MAP_SHARED))
        snprintf(mapped, sizeof mapped, "%s", name_of(descriptors[fd].node));
    union {
        long number;
        void *address;
    } result = {.number = syscall(SYS_mmap, at, len, protection, flags, fd, offset)};
    return result.address;
}
