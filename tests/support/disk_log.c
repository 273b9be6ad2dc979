#include "tests/support/disk_log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/support.h"

#define DESCRIPTION_MAX 512

/* ---- the log ----------------------------------------------------------------------------------------- */

void disk_log_free(struct disk_log *log)
{
    for (size_t i = log->borrowed; i < log->count; i++)
        free(log->ops[i].data);
    free(log->ops);
    *log = (struct disk_log){0};
}

uint32_t disk_log_new_node(struct disk_log *log, bool is_folder)
{
    ck_assert_uint_lt(log->nodes + 1, DISK_NODES_MAX);
    log->is_folder[++log->nodes] = is_folder;
    return log->nodes;
}

static struct disk_op *append(struct disk_log *log, const struct disk_op *op)
{
    if (log->count == log->cap) {
        log->cap = log->cap ? 2 * log->cap : 64;
        log->ops = realloc(log->ops, log->cap * sizeof *log->ops);
        ck_assert_ptr_nonnull(log->ops);
    }
    log->ops[log->count] = *op;
    return &log->ops[log->count++];
}

void disk_log_add(struct disk_log *log, const struct disk_op *op)
{
    struct disk_op *added = append(log, op);
    if (op->len == 0)
        return;
    added->data = malloc(op->len);
    ck_assert_ptr_nonnull(added->data);
    memcpy(added->data, op->data, op->len);
}

void disk_log_tell(struct disk_log *log)
{
    disk_log_add(log, &(struct disk_op){.kind = DISK_TOLD});
}

void disk_log_settle(struct disk_log *log)
{
    for (size_t i = 0; i < log->count; i++)
        log->ops[i].settled = true;
}

size_t disk_log_told(const struct disk_log *log, size_t prefix)
{
    size_t told = 0;
    for (size_t i = 0; i < prefix; i++)
        told += log->ops[i].kind == DISK_TOLD;
    return told;
}

/* A name that the node had at some time; a file may have had several. */
static const char *some_name(const struct disk_log *log, uint32_t node)
{
    for (size_t i = 0; i < log->count; i++) {
        if (log->ops[i].kind == DISK_ENTER && log->ops[i].node == node)
            return log->ops[i].name;
    }
    return "the home";
}

const char *disk_log_describe(const struct disk_log *log, size_t index)
{
    static char text[DESCRIPTION_MAX];
    const struct disk_op *op = &log->ops[index];
    const char *node = some_name(log, op->node);
    switch (op->kind) {
    case DISK_WRITE:
        snprintf(text, sizeof text, "%zu write%s %zu at %llu of %s", index, op->durable ? " durably" : "",
                 op->len, (unsigned long long)op->offset, node);
        break;
    case DISK_SIZE:
        snprintf(text, sizeof text, "%zu size %llu of %s", index, (unsigned long long)op->offset, node);
        break;
    case DISK_ENTER:
        snprintf(text, sizeof text, "%zu enter %s in %s", index, op->name, some_name(log, op->folder));
        break;
    case DISK_LEAVE:
        snprintf(text, sizeof text, "%zu remove %s in %s", index, op->name, some_name(log, op->folder));
        break;
    case DISK_MOVE:
        snprintf(text, sizeof text, "%zu rename %s to %s in %s", index, op->old_name, op->name,
                 some_name(log, op->folder));
        break;
    case DISK_SYNC:
        snprintf(text, sizeof text, "%zu sync %s", index, node);
        break;
    case DISK_TOLD:
        snprintf(text, sizeof text, "%zu told", index);
        break;
    }
    return text;
}

/* ---- what is certain --------------------------------------------------------------------------------- */

/* What has to be synced for the operation to be certain. */
static uint32_t needs_sync_of(const struct disk_op *op)
{
    return op->kind == DISK_WRITE || op->kind == DISK_SIZE ? op->node : op->folder;
}

static bool is_change(const struct disk_op *op)
{
    return op->kind != DISK_SYNC && op->kind != DISK_TOLD;
}

static bool is_certain(const struct disk_log *log, size_t index, size_t prefix)
{
    const struct disk_op *op = &log->ops[index];
    if (op->settled || !is_change(op))
        return true;
    /* The last one may be under way. */
    if (op->durable && index + 1 < prefix)
        return true;
    for (size_t i = index + 1; i < prefix; i++) {
        if (log->ops[i].kind == DISK_SYNC && log->ops[i].node == needs_sync_of(op))
            return true;
    }
    return false;
}

void disk_crash_at(const struct disk_log *log, size_t prefix, struct disk_crash *out)
{
    *out = (struct disk_crash){.prefix = prefix};
    for (size_t i = 0; i < prefix; i++) {
        if (is_certain(log, i, prefix))
            continue;
        ck_assert_uint_lt(out->count, DISK_PENDING_MAX);
        out->fates[out->count] = '1';
        out->pending[out->count++] = i;
    }
}

/* ---- what is left ------------------------------------------------------------------------------------ */

static void borrow(struct disk_log *out, const struct disk_op *op)
{
    struct disk_op *kept = append(out, op);
    out->borrowed = out->count;
    kept->settled = true;
}

/* Some of the sectors of a write: of 512 bytes, or of 4096. */
static void borrow_sectors(struct disk_log *out, const struct disk_op *op, uint64_t seed)
{
    uint64_t sector = test_random(&seed) % 2 ? 512 : 4096;
    for (size_t at = 0; at < op->len;) {
        size_t len = sector - (op->offset + at) % sector;
        if (len > op->len - at)
            len = op->len - at;
        struct disk_op part = *op;
        part.offset = op->offset + at;
        part.data = op->data + at;
        part.len = len;
        if (test_random(&seed) % 2)
            borrow(out, &part);
        at += len;
    }
}

static uint64_t size_before(const struct disk_tree *tree, const struct disk_op *op)
{
    return tree->nodes[op->node].content.len;
}

/* Only what the write made the file longer by. */
static void borrow_hollow(struct disk_log *out, const struct disk_op *op, const struct disk_tree *tree)
{
    uint64_t end = op->offset + op->len;
    if (end > size_before(tree, op))
        borrow(out, &(struct disk_op){.kind = DISK_SIZE, .node = op->node, .offset = end});
}

static void borrow_as_fated(struct disk_log *out, const struct disk_op *op, char fate, uint64_t seed,
                            const struct disk_tree *tree)
{
    if (fate == 't' && op->kind == DISK_WRITE)
        borrow_sectors(out, op, seed);
    else if (fate == 'h' && op->kind == DISK_WRITE)
        borrow_hollow(out, op, tree);
    else if (fate != '0')
        borrow(out, op);
}

static void copy_nodes(const struct disk_log *log, struct disk_log *out)
{
    *out = (struct disk_log){.nodes = log->nodes};
    memcpy(out->is_folder, log->is_folder, sizeof out->is_folder);
}

void disk_log_after_power_failure(const struct disk_log *log, const struct disk_crash *crash,
                                  struct disk_log *out)
{
    struct disk_tree tree;
    size_t next = 0;
    copy_nodes(log, out);
    disk_tree_make(out, &tree);
    for (size_t i = 0; i < crash->prefix; i++) {
        bool pending = next < crash->count && crash->pending[next] == i;
        char fate = pending ? crash->fates[next++] : '1';
        size_t from = out->count;
        if (is_change(&log->ops[i]))
            borrow_as_fated(out, &log->ops[i], fate, crash->seed + i, &tree);
        for (; from < out->count; from++)
            disk_tree_apply(&tree, &out->ops[from]);
    }
    disk_tree_free(&tree);
}

void disk_log_after_kill(const struct disk_log *log, size_t prefix, struct disk_log *out)
{
    copy_nodes(log, out);
    for (size_t i = 0; i < prefix; i++)
        append(out, &log->ops[i]);
    out->borrowed = out->count;
}
