#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>

#include "node/stored_set.h"

struct stored_memory {
    struct stored_set base;
    pthread_mutex_t lock;
    struct keyshares sets[STORE_EPOCHS_MAX]; /* ascending by epoch */
    size_t count;
};

static struct stored_memory *stored_memory_of(struct stored_set *set)
{
    return (struct stored_memory *)set;
}

static uint64_t stored_memory_epoch(const struct stored_memory *memory, size_t index)
{
    return memory->sets[index].items[0].id.epoch_id;
}

static result_t stored_memory_load(struct stored_set *set, struct store_txn *txn, const uint64_t *epoch,
                                   struct keyshares *out, struct error *err)
{
    (void)txn;
    struct stored_memory *memory = stored_memory_of(set);
    result_t result = error_set(err, OUTCOME_STORE_NOT_FOUND, "no key shares are stored");
    pthread_mutex_lock(&memory->lock);
    for (size_t i = memory->count; i-- > 0;) {
        if (epoch && stored_memory_epoch(memory, i) != *epoch)
            continue;
        result = keyshares_copy(&memory->sets[i], out);
        break;
    }
    pthread_mutex_unlock(&memory->lock);
    return result;
}

static result_t stored_memory_epochs(struct stored_set *set, struct store_txn *txn, uint64_t *out, size_t max,
                                     size_t *count, struct error *err)
{
    (void)txn;
    (void)err;
    struct stored_memory *memory = stored_memory_of(set);
    pthread_mutex_lock(&memory->lock);
    *count = memory->count < max ? memory->count : max;
    for (size_t i = 0; i < *count; i++)
        out[i] = stored_memory_epoch(memory, memory->count - *count + i);
    pthread_mutex_unlock(&memory->lock);
    return OUTCOME_OK;
}

/* The rules let only the highest epoch be replaced, or a higher one be added. */
static void stored_memory_push(struct stored_memory *memory, struct keyshares *shares)
{
    uint64_t epoch = shares->items[0].id.epoch_id;
    if (memory->count && stored_memory_epoch(memory, memory->count - 1) == epoch)
        keyshares_free(&memory->sets[--memory->count]);
    if (memory->count == STORE_EPOCHS_MAX) {
        keyshares_free(&memory->sets[0]);
        for (size_t i = 1; i < memory->count; i++)
            memory->sets[i - 1] = memory->sets[i];
        memory->count--;
    }
    memory->sets[memory->count++] = *shares;
}

static result_t stored_memory_replace(struct stored_set *set, struct store_txn *txn,
                                      const struct keyshares *shares, struct error *err)
{
    (void)txn;
    (void)err;
    struct stored_memory *memory = stored_memory_of(set);
    CLEANUP(keyshares_free) struct keyshares copy = {0};
    TRY(keyshares_copy(shares, &copy));
    TRY(keyshares_sort(&copy));
    pthread_mutex_lock(&memory->lock);
    stored_memory_push(memory, &copy);
    pthread_mutex_unlock(&memory->lock);
    copy = (struct keyshares){0};
    return OUTCOME_OK;
}

static void stored_memory_close(struct stored_set *set)
{
    struct stored_memory *memory = stored_memory_of(set);
    for (size_t i = 0; i < memory->count; i++)
        keyshares_free(&memory->sets[i]);
    pthread_mutex_destroy(&memory->lock);
    free(memory);
}

static const struct stored_set_ops stored_memory_ops = {
    .kind = STORE_MEMORY,
    .load = stored_memory_load,
    .epochs = stored_memory_epochs,
    .replace = stored_memory_replace,
    .close = stored_memory_close,
};

result_t stored_set_memory(struct stored_set **out)
{
    struct stored_memory *memory = calloc(1, sizeof(*memory));
    if (!memory)
        return OUTCOME_NO_MEMORY;
    if (pthread_mutex_init(&memory->lock, NULL)) {
        free(memory);
        return OUTCOME_NO_MEMORY;
    }
    memory->base.ops = &stored_memory_ops;
    *out = &memory->base;
    return OUTCOME_OK;
}
