#include "tests/support/memory_records.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/* A name and its value are one block, which a transaction's copy of the table shares. */
struct record {
    unsigned references;
    size_t len;
    const char *name;
    uint8_t data[]; /* the value, then the name with a terminator */
};

/* Ascending by name. */
struct table {
    struct record **at;
    size_t count;
};

struct memory_records {
    struct records base;
    pthread_mutex_t lock; /* held through a transaction */
    struct table committed;
    uint64_t commits;
    bool crash_ordered;
    enum memory_crash crash;
    uint64_t crash_at; /* the commit of this number */
    bool crashed;
};

struct memory_txn {
    struct records_txn base;
    struct table table;
};

static struct table *table_of(struct records_txn *txn)
{
    return &((struct memory_txn *)txn)->table;
}

/* --- tables --- */

static void record_release(struct record *record)
{
    if (--record->references == 0)
        free(record);
}

static struct record *record_make(const char *name, const void *value, size_t len)
{
    size_t name_size = strlen(name) + 1;
    struct record *record = malloc(sizeof *record + len + name_size);
    if (!record)
        return NULL;
    record->references = 1;
    record->len = len;
    memcpy(record->data, value, len);
    record->name = memcpy(record->data + len, name, name_size);
    return record;
}

static void table_free(struct table *table)
{
    for (size_t i = 0; i < table->count; i++)
        record_release(table->at[i]);
    free(table->at);
    *table = (struct table){0};
}

static result_t table_copy(const struct table *from, struct table *out)
{
    *out = (struct table){.at = calloc(from->count + 1, sizeof *out->at)};
    if (!out->at)
        return OUTCOME_NO_MEMORY;
    for (; out->count < from->count; out->count++) {
        out->at[out->count] = from->at[out->count];
        out->at[out->count]->references++;
    }
    return OUTCOME_OK;
}

/* The index of the first name that is not below `name`. */
static size_t table_find(const struct table *table, const char *name, bool *found)
{
    size_t low = 0, high = table->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (strcmp(table->at[middle]->name, name) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    *found = low < table->count && strcmp(table->at[low]->name, name) == 0;
    return low;
}

/* --- inside a transaction --- */

static result_t memory_get(struct records_txn *txn, const char *name, const void **value, size_t *len,
                           struct error *err)
{
    const struct table *table = table_of(txn);
    bool found;
    size_t at = table_find(table, name, &found);
    (void)err;
    if (!found)
        return OUTCOME_STORE_NOT_FOUND;
    *value = table->at[at]->data;
    *len = table->at[at]->len;
    return OUTCOME_OK;
}

static result_t memory_put(struct records_txn *txn, const char *name, const void *value, size_t len,
                           struct error *err)
{
    struct table *table = table_of(txn);
    bool found;
    size_t at = table_find(table, name, &found);
    struct record *made = record_make(name, value, len);
    struct record **longer = made ? realloc(table->at, (table->count + 2) * sizeof(struct record *)) : NULL;
    if (longer)
        table->at = longer;
    if (!longer) {
        free(made);
        return error_set(err, OUTCOME_NO_MEMORY, "no memory for record %s", name);
    }
    if (found) {
        record_release(table->at[at]);
    } else {
        memmove(table->at + at + 1, table->at + at, (table->count - at) * sizeof *table->at);
        table->count++;
    }
    table->at[at] = made;
    return OUTCOME_OK;
}

static result_t memory_remove(struct records_txn *txn, const char *name, struct error *err)
{
    struct table *table = table_of(txn);
    bool found;
    size_t at = table_find(table, name, &found);
    (void)err;
    if (!found)
        return OUTCOME_OK;
    record_release(table->at[at]);
    memmove(table->at + at, table->at + at + 1, (--table->count - at) * sizeof *table->at);
    return OUTCOME_OK;
}

static uint64_t memory_version(struct records_txn *txn)
{
    return ((struct memory_records *)txn->records)->commits;
}

static result_t memory_list(struct records_txn *txn, const char *first, records_visit *visit, void *context,
                            struct error *err)
{
    const struct table *table = table_of(txn);
    bool found;
    (void)err;
    for (size_t i = table_find(table, first, &found); i < table->count; i++)
        if (!visit(table->at[i]->name, strlen(table->at[i]->name), context))
            break;
    return OUTCOME_OK;
}

/* --- transactions --- */

static result_t is_down(struct error *err)
{
    return error_set(err, OUTCOME_STORE_IO, "the machine of this store has crashed");
}

static void swap(struct table *one, struct table *other)
{
    struct table kept = *one;
    *one = *other;
    *other = kept;
}

static result_t commit(struct memory_records *disk, struct table *table, result_t result, struct error *err)
{
    bool crash = disk->crash_ordered && disk->crash_at == disk->commits;
    if (!crash || disk->crash == MEMORY_CRASH_AFTER) {
        swap(&disk->committed, table);
        disk->commits++;
    }
    disk->crashed = crash;
    return crash ? is_down(err) : result;
}

static result_t run_locked(struct memory_records *disk, enum records_mode mode, records_work *work,
                           void *context, struct error *err)
{
    struct memory_txn txn = {.base.records = &disk->base};
    if (disk->crashed)
        return is_down(err);
    TRY(table_copy(&disk->committed, &txn.table));
    result_t result = work(&txn.base, context, err);
    if (outcome_ok(result) && mode != RECORDS_READ)
        result = commit(disk, &txn.table, result, err);
    table_free(&txn.table);
    return result;
}

static result_t memory_run(struct records *records, enum records_mode mode, records_work *work, void *context,
                           struct error *err)
{
    struct memory_records *disk = (struct memory_records *)records;
    pthread_mutex_lock(&disk->lock);
    result_t result = run_locked(disk, mode, work, context, err);
    pthread_mutex_unlock(&disk->lock);
    return result;
}

static const struct records_ops memory_ops = {
    .run = memory_run,
    .get = memory_get,
    .put = memory_put,
    .remove = memory_remove,
    .version = memory_version,
    .list = memory_list,
};

/* --- the disk --- */

struct memory_records *memory_records_make(void)
{
    struct memory_records *disk = calloc(1, sizeof *disk);
    if (!disk)
        abort();
    disk->base.ops = &memory_ops;
    pthread_mutex_init(&disk->lock, NULL);
    return disk;
}

void memory_records_free(struct memory_records *disk)
{
    if (!disk)
        return;
    table_free(&disk->committed);
    pthread_mutex_destroy(&disk->lock);
    free(disk);
}

struct records *memory_records_of(struct memory_records *disk)
{
    return &disk->base;
}

void memory_records_crash(struct memory_records *disk, enum memory_crash when, uint64_t commits)
{
    pthread_mutex_lock(&disk->lock);
    disk->crash_ordered = true;
    disk->crash = when;
    disk->crash_at = disk->commits + commits;
    pthread_mutex_unlock(&disk->lock);
}

bool memory_records_crashed(struct memory_records *disk)
{
    pthread_mutex_lock(&disk->lock);
    bool crashed = disk->crashed;
    pthread_mutex_unlock(&disk->lock);
    return crashed;
}

void memory_records_restart(struct memory_records *disk)
{
    pthread_mutex_lock(&disk->lock);
    disk->crash_ordered = disk->crashed = false;
    pthread_mutex_unlock(&disk->lock);
}

uint64_t memory_records_commits(struct memory_records *disk)
{
    pthread_mutex_lock(&disk->lock);
    uint64_t commits = disk->commits;
    pthread_mutex_unlock(&disk->lock);
    return commits;
}
