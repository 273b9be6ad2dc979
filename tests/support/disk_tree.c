#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/os/file.h"
#include "tests/support/disk_log.h"
#include "tests/support/support.h"

#define FOLDER_DEPTH_MAX 8

/* ---- in memory --------------------------------------------------------------------------------------- */

static struct disk_entry *entry_of(const struct disk_tree *tree, uint32_t folder, const char *name)
{
    struct disk_node *node = &tree->nodes[folder];
    for (size_t i = 0; i < node->entries_count; i++) {
        if (strcmp(node->entries[i].name, name) == 0)
            return &node->entries[i];
    }
    return NULL;
}

uint32_t disk_tree_find(const struct disk_tree *tree, uint32_t folder, const char *name)
{
    const struct disk_entry *entry = entry_of(tree, folder, name);
    return entry ? entry->node : DISK_NONE;
}

static void enter(struct disk_tree *tree, uint32_t folder, const char *name, uint32_t what)
{
    struct disk_entry *entry = entry_of(tree, folder, name);
    if (!entry) {
        struct disk_node *node = &tree->nodes[folder];
        node->entries = realloc(node->entries, (node->entries_count + 1) * sizeof *node->entries);
        ck_assert_ptr_nonnull(node->entries);
        entry = &node->entries[node->entries_count++];
        memcpy(entry->name, name, DISK_NAME_MAX);
    }
    entry->node = what;
}

/* Another file may have taken the name, where the operation that took this one off it was lost. */
static void leave(struct disk_tree *tree, uint32_t folder, const char *name, uint32_t what)
{
    struct disk_entry *entry = entry_of(tree, folder, name);
    struct disk_node *node = &tree->nodes[folder];
    if (entry && entry->node == what)
        *entry = node->entries[--node->entries_count];
}

static void set_size(struct bytes *content, size_t size)
{
    uint8_t *added;
    if (size <= content->len) {
        content->len = size;
        return;
    }
    size_t more = size - content->len;
    ck_assert_ok(bytes_extend(content, more, &added));
    memset(added, 0, more);
}

static void write_at(struct bytes *content, const struct disk_op *op)
{
    if (content->len < op->offset + op->len)
        set_size(content, op->offset + op->len);
    if (op->len)
        memcpy(content->data + op->offset, op->data, op->len);
}

void disk_tree_apply(struct disk_tree *tree, const struct disk_op *op)
{
    switch (op->kind) {
    case DISK_WRITE:
        write_at(&tree->nodes[op->node].content, op);
        break;
    case DISK_SIZE:
        set_size(&tree->nodes[op->node].content, op->offset);
        break;
    case DISK_MOVE:
        leave(tree, op->old_folder, op->old_name, op->node);
        enter(tree, op->folder, op->name, op->node);
        break;
    case DISK_ENTER:
        enter(tree, op->folder, op->name, op->node);
        break;
    case DISK_LEAVE:
        leave(tree, op->folder, op->name, op->node);
        break;
    case DISK_SYNC:
    case DISK_TOLD:
        break;
    }
}

void disk_tree_make(const struct disk_log *log, struct disk_tree *out)
{
    *out = (struct disk_tree){.log = log, .nodes = calloc(DISK_NODES_MAX, sizeof *out->nodes)};
    ck_assert_ptr_nonnull(out->nodes);
    for (size_t i = 0; i < log->count; i++)
        disk_tree_apply(out, &log->ops[i]);
}

void disk_tree_free(struct disk_tree *tree)
{
    for (size_t i = 0; tree->nodes && i < DISK_NODES_MAX; i++) {
        bytes_free(&tree->nodes[i].content);
        free(tree->nodes[i].entries);
    }
    free(tree->nodes);
    *tree = (struct disk_tree){0};
}

/* ---- on the disk ------------------------------------------------------------------------------------- */

struct writing {
    const struct disk_tree *tree;
    char *first_path[DISK_NODES_MAX]; /* of a file that has a name already */
};

static void write_file(const struct bytes *content, const char *path)
{
    CLEANUP(close_fd) int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    ck_assert_msg(fd >= 0, "cannot make %s", path);
    for (size_t at = 0; at < content->len;) {
        ssize_t put = write(fd, content->data + at, content->len - at);
        ck_assert_int_gt(put, 0);
        at += (size_t)put;
    }
}

static void write_folder(struct writing *writing, uint32_t folder, const char *path, int depth)
{
    const struct disk_node *node = &writing->tree->nodes[folder];
    ck_assert_int_lt(depth, FOLDER_DEPTH_MAX);
    for (size_t i = 0; i < node->entries_count; i++) {
        uint32_t what = node->entries[i].node;
        char *name = file_path(path, node->entries[i].name);
        ck_assert_ptr_nonnull(name);
        if (writing->tree->log->is_folder[what]) {
            ck_assert_int_eq(mkdir(name, 0700), 0);
            write_folder(writing, what, name, depth + 1);
        } else if (writing->first_path[what]) {
            ck_assert_int_eq(link(writing->first_path[what], name), 0);
        } else {
            write_file(&writing->tree->nodes[what].content, name);
            writing->first_path[what] = name;
            continue;
        }
        free(name);
    }
}

void disk_tree_write(const struct disk_tree *tree, const char *path)
{
    struct writing writing = {.tree = tree};
    write_folder(&writing, DISK_ROOT, path, 0);
    for (size_t i = 0; i < DISK_NODES_MAX; i++)
        free(writing.first_path[i]);
}

static bool file_is(const struct bytes *content, const char *path, bool length_alone)
{
    CLEANUP(bytes_free) struct bytes found = {0};
    ck_assert_ok(file_read(path, SIZE_MAX, &found, NULL));
    return found.len == content->len &&
           (length_alone || found.len == 0 || memcmp(found.data, content->data, found.len) == 0);
}

static size_t names_in(const char *path)
{
    size_t count = 0;
    DIR *dir = opendir(path);
    ck_assert_ptr_nonnull(dir);
    const struct dirent *entry;
    while ((entry = readdir(dir)) != NULL)
        count += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
    closedir(dir);
    return count;
}

static bool same_in(const struct disk_tree *tree, uint32_t folder, const char *path, const char *mapped,
                    char *differs);

static bool same_entry(const struct disk_tree *tree, const struct disk_entry *entry, const char *path,
                       const char *mapped, char *differs)
{
    CLEANUP(free_text) char *name = file_path(path, entry->name);
    ck_assert_ptr_nonnull(name);
    if (tree->log->is_folder[entry->node])
        return same_in(tree, entry->node, name, mapped, differs);
    if (file_exists(name) &&
        file_is(&tree->nodes[entry->node].content, name, strcmp(entry->name, mapped) == 0))
        return true;
    snprintf(differs, PATH_MAX, "%s", name);
    return false;
}

static bool same_in(const struct disk_tree *tree, uint32_t folder, const char *path, const char *mapped,
                    char *differs)
{
    const struct disk_node *node = &tree->nodes[folder];
    for (size_t i = 0; i < node->entries_count; i++) {
        if (!same_entry(tree, &node->entries[i], path, mapped, differs))
            return false;
    }
    snprintf(differs, PATH_MAX, "%s", path);
    return names_in(path) == node->entries_count;
}

const char *disk_tree_compare(const struct disk_tree *tree, const char *path, const char *mapped)
{
    static char differs[PATH_MAX];
    return same_in(tree, DISK_ROOT, path, mapped, differs) ? NULL : differs;
}
