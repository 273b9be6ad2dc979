/* An index over ids, so that two lists of domains are matched in O(n log n). */
#ifndef MPC_COMMON_ID_INDEX_H
#define MPC_COMMON_ID_INDEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/outcome.h"

struct id_index_entry {
    uint64_t id;
    size_t at; /* the position in the list that is indexed */
};

/* Zero-initialised is empty. `entries` is owned and sorted by (id, at). */
struct id_index {
    struct id_index_entry *entries;
    size_t count;
};

/* Index `count` ids: the first at `first`, the next `stride` bytes behind it, and so on (so that the id may
 * be a member of a larger item). `first` may be NULL when count is 0. NO_MEMORY. */
MUST_USE result_t id_index_make(const uint64_t *first, size_t count, size_t stride, struct id_index *out);

/* The first position of `id` in the list; false when it is not there. */
bool id_index_find(const struct id_index *index, uint64_t id, size_t *at);

/* True when an id is there twice: *first and *second are its first two positions in the list. */
bool id_index_duplicate(const struct id_index *index, size_t *first, size_t *second);

/* NULL-safe; fits CLEANUP(). */
void id_index_free(struct id_index *index);

#endif
