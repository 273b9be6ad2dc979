#include "common/id_index.h"

#include <stdlib.h>

/* By id, ties by position, so that the order never depends on the sort. */
static int compare(const void *a, const void *b)
{
    const struct id_index_entry *left = a;
    const struct id_index_entry *right = b;
    if (left->id != right->id)
        return left->id < right->id ? -1 : 1;
    return left->at < right->at ? -1 : left->at > right->at;
}

result_t id_index_make(const uint64_t *first, size_t count, size_t stride, struct id_index *out)
{
    *out = (struct id_index){0};
    if (count == 0)
        return OUTCOME_OK;
    out->entries = calloc(count, sizeof *out->entries);
    if (!out->entries)
        return OUTCOME_NO_MEMORY;
    out->count = count;
    const char *item = (const char *)first;
    bool ascends = true; /* as lists of domains nearly always do */
    for (size_t i = 0; i < count; i++, item += stride) {
        out->entries[i] = (struct id_index_entry){*(const uint64_t *)(const void *)item, i};
        ascends &= i == 0 || out->entries[i - 1].id <= out->entries[i].id;
    }
    if (!ascends)
        qsort(out->entries, count, sizeof *out->entries, compare);
    return OUTCOME_OK;
}

bool id_index_find(const struct id_index *index, uint64_t id, size_t *at)
{
    size_t low = 0, high = index->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (index->entries[middle].id < id)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == index->count || index->entries[low].id != id)
        return false;
    *at = index->entries[low].at;
    return true;
}

bool id_index_duplicate(const struct id_index *index, size_t *first, size_t *second)
{
    for (size_t i = 1; i < index->count; i++) {
        if (index->entries[i - 1].id == index->entries[i].id) {
            *first = index->entries[i - 1].at;
            *second = index->entries[i].at;
            return true;
        }
    }
    return false;
}

void id_index_free(struct id_index *index)
{
    if (!index)
        return;
    free(index->entries);
    *index = (struct id_index){0};
}
