/* Content that is too large or too variable for a state, each once: equal bytes have equal handles, and what
 * a handle names never moves or changes. The empty content is handle 0. */
#ifndef MPC_CONTRACT_SIM_MODEL_POOL_H
#define MPC_CONTRACT_SIM_MODEL_POOL_H

#include <stdbool.h>
#include <stddef.h>

#include "common/outcome.h"
#include "contract-sim/model/state.h"

struct pool;

/* NO_MEMORY. Release with pool_free(). */
MUST_USE result_t pool_new(struct pool **out);
void pool_free(struct pool *pool);

/* The handle of `data`, which is copied where it is new. Out of memory gives 0 and sets pool_failed():
 * effects need not look after every step, the caller looks once at the end. */
handle_t pool_intern(struct pool *pool, const void *data, size_t len);
handle_t pool_intern_text(struct pool *pool, const char *text);
/* The handle of content that is known already; false when it is not, and then nothing changed. */
bool pool_find(const struct pool *pool, const void *data, size_t len, handle_t *out);

/* What `handle` names, aligned for any type and followed by a 0 byte; "" and 0 for
 * handle 0 or one of another pool. */
const void *pool_data(const struct pool *pool, handle_t handle, size_t *len);
/* The same for text. */
const char *pool_text(const struct pool *pool, handle_t handle);

/* Handles 1 .. count are in use. */
size_t pool_count(const struct pool *pool);
/* The memory it holds. */
size_t pool_bytes(const struct pool *pool);

/* Where the pool ends now, and back to there: what was interned since is gone, its handles name nothing. */
struct pool_mark {
    size_t count;
    const void *chunk;
    size_t used;
};
struct pool_mark pool_mark(const struct pool *pool);
void pool_rollback(struct pool *pool, struct pool_mark mark);

/* True, once, after an intern failed for want of memory, or pool_fail() said so of something else. */
bool pool_failed(struct pool *pool);
/* What pool_failed() is going to say. */
bool pool_is_short(const struct pool *pool);
void pool_fail(struct pool *pool);

/* A copy of the list `handle`, whose elements are `size` bytes each, with `removed` of them replaced from
 * `index` on by the `inserted` elements at `elements`. `index` + `removed` are within the list. */
handle_t pool_splice(struct pool *pool, handle_t handle, size_t size, size_t index, size_t removed,
                     const void *elements, size_t inserted);

#endif
