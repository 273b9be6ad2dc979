#include "contract-sim/model/pool.h"

#include <stdalign.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define CHUNK_BYTES   65536u
#define SLOTS_INITIAL 256u

struct item {
    const uint8_t *data;
    uint32_t len;
    uint32_t hash;
};

/* Chunks hold the bytes; a content larger than a chunk has one of its own. */
struct chunk {
    struct chunk *next;
    size_t used;
    size_t size;
    alignas(max_align_t) uint8_t bytes[];
};

struct pool {
    struct chunk *chunks;
    struct item *items; /* items[handle]; items[0] is the empty content */
    size_t count;       /* items in use, items[0] included */
    size_t cap;
    uint32_t *slots; /* open addressing: handles, 0 is free */
    size_t slot_count;
    uint8_t *scratch; /* where pool_splice() puts the new list together */
    size_t scratch_cap;
    bool failed;
};

/* What handle 0 names: no bytes, aligned and with a 0 behind, like every content. */
static const max_align_t nothing;

result_t pool_new(struct pool **out)
{
    struct pool *pool = calloc(1, sizeof *pool);
    if (!pool)
        return OUTCOME_NO_MEMORY;
    pool->items = calloc(SLOTS_INITIAL, sizeof *pool->items);
    pool->slots = calloc(SLOTS_INITIAL, sizeof *pool->slots);
    if (!pool->items || !pool->slots) {
        pool_free(pool);
        return OUTCOME_NO_MEMORY;
    }
    pool->items[0].data = (const uint8_t *)&nothing;
    pool->count = 1;
    pool->cap = SLOTS_INITIAL;
    pool->slot_count = SLOTS_INITIAL;
    *out = pool;
    return OUTCOME_OK;
}

void pool_free(struct pool *pool)
{
    if (!pool)
        return;
    while (pool->chunks) {
        struct chunk *next = pool->chunks->next;
        free(pool->chunks);
        pool->chunks = next;
    }
    free(pool->items);
    free(pool->slots);
    free(pool->scratch);
    free(pool);
}

/* Word by word, multiplied and folded; the last word is filled up with zeros, so the length goes in first. */
static uint32_t content_hash(const uint8_t *data, size_t len)
{
    uint64_t hash = 0x9e3779b97f4a7c15u ^ len;
    uint64_t word = 0;
    while (len >= sizeof word) {
        memcpy(&word, data, sizeof word);
        hash = (hash ^ word) * 0xff51afd7ed558ccdu;
        hash ^= hash >> 32;
        data += sizeof word;
        len -= sizeof word;
    }
    word = 0;
    memcpy(&word, data, len);
    hash = (hash ^ word) * 0xff51afd7ed558ccdu;
    return (uint32_t)(hash ^ hash >> 32);
}

/* The slot that holds this content, or the free one where it belongs. */
static size_t slot_for(const struct pool *pool, const void *data, size_t len, uint32_t hash)
{
    size_t at = hash & (pool->slot_count - 1);
    while (pool->slots[at]) {
        const struct item *item = &pool->items[pool->slots[at]];
        if (item->hash == hash && item->len == len && memcmp(item->data, data, len) == 0)
            break;
        at = (at + 1) & (pool->slot_count - 1);
    }
    return at;
}

static bool grow(struct pool *pool)
{
    if (pool->count >= UINT32_MAX / 4) /* no test: a billion contents take more memory than a test may */
        return false;
    size_t cap = pool->cap * 2;
    struct item *items = realloc(pool->items, cap * sizeof *items);
    if (!items)
        return false;
    pool->items = items;
    pool->cap = cap;
    uint32_t *slots = calloc(cap * 2, sizeof *slots);
    if (!slots)
        return false;
    free(pool->slots);
    pool->slots = slots;
    pool->slot_count = cap * 2;
    for (size_t i = 1; i < pool->count; i++) {
        size_t at = pool->items[i].hash & (pool->slot_count - 1);
        while (pool->slots[at])
            at = (at + 1) & (pool->slot_count - 1);
        pool->slots[at] = (uint32_t)i;
    }
    return true;
}

static const uint8_t *store(struct pool *pool, const void *data, size_t len)
{
    size_t size = (len + 1 + alignof(max_align_t) - 1) / alignof(max_align_t) * alignof(max_align_t);
    struct chunk *chunk = pool->chunks;
    if (!chunk || chunk->size - chunk->used < size) {
        size_t chunk_size = size > CHUNK_BYTES ? size : CHUNK_BYTES;
        chunk = malloc(sizeof *chunk + chunk_size);
        if (!chunk)
            return NULL;
        *chunk = (struct chunk){.next = pool->chunks, .size = chunk_size};
        pool->chunks = chunk;
    }
    uint8_t *at = chunk->bytes + chunk->used;
    memcpy(at, data, len);
    at[len] = 0;
    chunk->used += size;
    return at;
}

handle_t pool_intern(struct pool *pool, const void *data, size_t len)
{
    if (len == 0)
        return 0;
    uint32_t hash = content_hash(data, len);
    size_t slot = slot_for(pool, data, len, hash);
    if (pool->slots[slot])
        return pool->slots[slot];
    if (pool->count == pool->cap) {
        if (!grow(pool)) {
            pool->failed = true;
            return 0;
        }
        slot = slot_for(pool, data, len, hash);
    }
    const uint8_t *stored = len < UINT32_MAX ? store(pool, data, len) : NULL;
    if (!stored) {
        pool->failed = true;
        return 0;
    }
    pool->items[pool->count] = (struct item){.data = stored, .len = (uint32_t)len, .hash = hash};
    pool->slots[slot] = (uint32_t)pool->count;
    return (handle_t)pool->count++;
}

handle_t pool_intern_text(struct pool *pool, const char *text)
{
    return pool_intern(pool, text, strlen(text));
}

bool pool_find(const struct pool *pool, const void *data, size_t len, handle_t *out)
{
    *out = len == 0 ? 0 : pool->slots[slot_for(pool, data, len, content_hash(data, len))];
    return len == 0 || *out != 0;
}

const void *pool_data(const struct pool *pool, handle_t handle, size_t *len)
{
    const struct item *item = &pool->items[handle < pool->count ? handle : 0];
    *len = item->len;
    return item->data;
}

const char *pool_text(const struct pool *pool, handle_t handle)
{
    size_t len;
    return pool_data(pool, handle, &len);
}

size_t pool_count(const struct pool *pool)
{
    return pool->count - 1;
}

size_t pool_bytes(const struct pool *pool)
{
    size_t bytes =
        pool->cap * sizeof *pool->items + pool->slot_count * sizeof *pool->slots + pool->scratch_cap;
    for (const struct chunk *chunk = pool->chunks; chunk; chunk = chunk->next)
        bytes += sizeof *chunk + chunk->size;
    return bytes;
}

struct pool_mark pool_mark(const struct pool *pool)
{
    const struct chunk *chunk = pool->chunks;
    return (struct pool_mark){.count = pool->count, .chunk = chunk, .used = chunk ? chunk->used : 0};
}

/* Newest first: without what came last an open-addressing table is as it was before. */
void pool_rollback(struct pool *pool, struct pool_mark mark)
{
    while (pool->count > mark.count) {
        uint32_t handle = (uint32_t)--pool->count;
        size_t at = pool->items[handle].hash & (pool->slot_count - 1);
        while (pool->slots[at] != handle)
            at = (at + 1) & (pool->slot_count - 1);
        pool->slots[at] = 0;
    }
    while (pool->chunks != mark.chunk) {
        struct chunk *next = pool->chunks->next;
        free(pool->chunks);
        pool->chunks = next;
    }
    if (pool->chunks)
        pool->chunks->used = mark.used;
}

bool pool_failed(struct pool *pool)
{
    bool failed = pool->failed;
    pool->failed = false;
    return failed;
}

bool pool_is_short(const struct pool *pool)
{
    return pool->failed;
}

void pool_fail(struct pool *pool)
{
    pool->failed = true;
}

handle_t pool_splice(struct pool *pool, handle_t handle, size_t size, size_t index, size_t removed,
                     const void *elements, size_t inserted)
{
    size_t len;
    const uint8_t *old = pool_data(pool, handle, &len);
    size_t head = index * size;
    size_t tail = len - head - removed * size;
    size_t total = head + inserted * size + tail;
    if (total > pool->scratch_cap) {
        uint8_t *scratch = realloc(pool->scratch, total);
        if (!scratch) {
            pool->failed = true;
            return 0;
        }
        pool->scratch = scratch;
        pool->scratch_cap = total;
    }
    if (total == 0)
        return 0;
    memcpy(pool->scratch, old, head);
    if (inserted)
        memcpy(pool->scratch + head, elements, inserted * size);
    memcpy(pool->scratch + head + inserted * size, old + len - tail, tail);
    return pool_intern(pool, pool->scratch, total);
}
