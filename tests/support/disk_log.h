/* What a program asked of the files in one folder, in order, and what a crash may leave of it.
 *
 * The rules are those of no file system in particular, but what POSIX leaves all of them free to do:
 *   - A write is certain after the next fsync or fdatasync of its file. Until then each one may be there or
 *     not, in any combination; also some of its sectors alone, or only the length that it gave the file.
 *   - A write through a descriptor with O_DSYNC is certain when it returns, and makes nothing else certain.
 *   - A name (made, gone, or moved) is certain after the next fsync of its folder. A rename is one step, and
 *     is certain with the folder that it moves to.
 *   - When only the process dies, nothing that it asked for is lost.
 * Errors are failures of the test. */
#ifndef MPC_TESTS_SUPPORT_DISK_LOG_H
#define MPC_TESTS_SUPPORT_DISK_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/bytes.h"

#define DISK_NODES_MAX   256
#define DISK_NAME_MAX    64
#define DISK_PENDING_MAX 128
#define DISK_ROOT        0u
#define DISK_NONE        UINT32_MAX

enum disk_kind {
    DISK_WRITE, /* `data` at `offset` of the file `node` */
    DISK_SIZE,  /* the file `node` is `offset` bytes long */
    DISK_ENTER, /* `node` is `name` in `folder`: created, linked */
    DISK_LEAVE, /* `name` in `folder` is gone */
    DISK_MOVE,  /* `node` is `name` in `folder`, and no longer `old_name` in `old_folder` */
    DISK_SYNC,  /* the file or folder `node` */
    DISK_TOLD,  /* the program told somebody that what it was doing is done */
};

struct disk_op {
    enum disk_kind kind;
    uint32_t node;
    uint32_t folder, old_folder;
    char name[DISK_NAME_MAX], old_name[DISK_NAME_MAX];
    uint64_t offset;
    uint8_t *data;
    size_t len;
    bool durable; /* of DISK_WRITE: through O_DSYNC */
    bool settled; /* certain, whatever was synced */
};

/* Zero-initialised is an empty folder. */
struct disk_log {
    struct disk_op *ops;
    size_t count, cap;
    size_t borrowed; /* the data of so many ops is that of another log, which has to live longer */
    uint32_t nodes;  /* without the root */
    bool is_folder[DISK_NODES_MAX];
};

void disk_log_free(struct disk_log *log);
/* A new file or folder, which has no name yet. */
uint32_t disk_log_new_node(struct disk_log *log, bool is_folder);
/* Append; the data is copied. */
void disk_log_add(struct disk_log *log, const struct disk_op *op);
/* Append DISK_TOLD. */
void disk_log_tell(struct disk_log *log);
/* As if the machine had been left alone for a while: all there is is certain. */
void disk_log_settle(struct disk_log *log);
/* How often it was told before `prefix`. */
size_t disk_log_told(const struct disk_log *log, size_t prefix);
/* "7 write 4096 at 8192 of migration-store/data.mdb", for people; static memory. */
const char *disk_log_describe(const struct disk_log *log, size_t index);

/* A crash: how far the program had come, and what became of that which was not certain. */
struct disk_crash {
    size_t prefix;                    /* so many operations were asked for; the last one may be under way */
    size_t count;                     /* of the pending ones */
    size_t pending[DISK_PENDING_MAX]; /* indices, ascending */
    /* One for each: '1' there, '0' lost, 't' torn (some sectors are there), 'h' hollow (the length is there,
     * with zeros). A text. */
    char fates[DISK_PENDING_MAX + 1];
    uint64_t seed; /* decides which sectors are there */
};

/* The crash after `prefix` operations that loses nothing. */
void disk_crash_at(const struct disk_log *log, size_t prefix, struct disk_crash *out);

/* What a power failure leaves, as a log of its own in which all is settled. It borrows from `log`. */
void disk_log_after_power_failure(const struct disk_log *log, const struct disk_crash *crash,
                                  struct disk_log *out);
/* What the end of the process leaves: all that was asked for, as certain or not as it was. It borrows. */
void disk_log_after_kill(const struct disk_log *log, size_t prefix, struct disk_log *out);

/* The files of a log, in memory. */
struct disk_entry {
    char name[DISK_NAME_MAX];
    uint32_t node;
};
struct disk_node {
    struct bytes content;
    struct disk_entry *entries;
    size_t entries_count;
};
struct disk_tree {
    const struct disk_log *log;
    struct disk_node *nodes; /* DISK_NODES_MAX of them */
};
void disk_tree_make(const struct disk_log *log, struct disk_tree *out);
void disk_tree_apply(struct disk_tree *tree, const struct disk_op *op);
void disk_tree_free(struct disk_tree *tree);
/* The node of a name in a folder, or DISK_NONE. */
uint32_t disk_tree_find(const struct disk_tree *tree, uint32_t folder, const char *name);
/* Write all of it into an empty folder; what has several names has several links. */
void disk_tree_write(const struct disk_tree *tree, const char *path);
/* The folder holds exactly this: NULL, or the path of what differs (static memory). Of files with the name
 * `mapped` only the length is compared. */
const char *disk_tree_compare(const struct disk_tree *tree, const char *path, const char *mapped);

#endif
