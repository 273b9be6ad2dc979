#include "node/snapshot.h"

#include <stdlib.h>
#include <sys/eventfd.h>

#include "common/os/clock.h"

/* The count, and what is made of the value later, are the parts of an immutable value that change. */
static struct chain_snapshot *counted(const struct chain_snapshot *snapshot)
{
    return (struct chain_snapshot *)(uintptr_t)snapshot;
}

static void keyset_text_free(struct bytes *text)
{
    if (text)
        bytes_free(text);
    free(text);
}

result_t chain_snapshot_make(const struct chain_block *block, struct protocol_view *protocol,
                             struct migration_view *migrations, const struct chain_snapshot **out)
{
    struct chain_snapshot *made = calloc(1, sizeof *made);
    if (!made) {
        protocol_view_free(protocol);
        migration_view_free(migrations);
        return OUTCOME_NO_MEMORY;
    }
    atomic_init(&made->references, 1);
    made->height = block->height;
    made->block_time_ms = block->time_ms;
    made->seen_mono_ms = block->seen_mono_ms;
    for (size_t i = 0; i < SHA256_LEN; i++)
        made->block_hash[i] = block->hash[i];
    made->protocol = *protocol;
    made->migrations = *migrations;
    *protocol = (struct protocol_view){0};
    *migrations = (struct migration_view){0};
    atomic_init(&made->keyset_text, NULL);
    *out = made;
    return OUTCOME_OK;
}

const struct chain_snapshot *chain_snapshot_ref(const struct chain_snapshot *snapshot)
{
    if (snapshot)
        atomic_fetch_add_explicit(&counted(snapshot)->references, 1, memory_order_relaxed);
    return snapshot;
}

void chain_snapshot_unref(const struct chain_snapshot *snapshot)
{
    if (!snapshot || atomic_fetch_sub_explicit(&counted(snapshot)->references, 1, memory_order_acq_rel) != 1)
        return;
    struct chain_snapshot *last = counted(snapshot);
    protocol_view_free(&last->protocol);
    migration_view_free(&last->migrations);
    keyset_text_free(atomic_load(&last->keyset_text));
    free(last);
}

void chain_snapshot_unref_ptr(const struct chain_snapshot **snapshot)
{
    chain_snapshot_unref(*snapshot);
    *snapshot = NULL;
}

const struct bytes *chain_snapshot_keyset_text(const struct chain_snapshot *snapshot)
{
    struct bytes *text = atomic_load(&counted(snapshot)->keyset_text);
    if (text)
        return text;
    struct bytes *made = calloc(1, sizeof *made);
    if (!made || keyset_write(&snapshot->protocol.keyset, made) != OUTCOME_OK) {
        keyset_text_free(made);
        return NULL;
    }
    if (atomic_compare_exchange_strong(&counted(snapshot)->keyset_text, &text, made))
        return made;
    keyset_text_free(made); /* another thread was faster */
    return text;
}

struct chain_now chain_now_read(void)
{
    int64_t wall_ms = clock_wall_ms();
    int64_t mono_ms = clock_mono_ms();
    return (struct chain_now){wall_ms > 0 ? (uint64_t)wall_ms : 0, mono_ms > 0 ? (uint64_t)mono_ms : 0};
}

static struct chain_now read_system(void *context)
{
    (void)context;
    return chain_now_read();
}

const struct chain_clock chain_clock_system = {.read = read_system};

struct chain_now chain_clock_read(const struct chain_clock *clock)
{
    return clock->read(clock->context);
}

static uint64_t elapsed(uint64_t since, uint64_t now)
{
    return now > since ? now - since : 0;
}

/* By both clocks, whichever is worse: the wall clock may jump, and blocks may stop coming (design.md). */
uint64_t chain_snapshot_age_ms(const struct chain_snapshot *snapshot, struct chain_now now)
{
    if (!snapshot)
        return UINT64_MAX;
    uint64_t by_block = elapsed(snapshot->block_time_ms, now.wall_ms);
    uint64_t by_arrival = elapsed(snapshot->seen_mono_ms, now.mono_ms);
    return by_block > by_arrival ? by_block : by_arrival;
}

uint64_t chain_snapshot_fresh_ms(const struct chain_snapshot *snapshot, struct chain_now now,
                                 uint64_t max_age_ms)
{
    if (!snapshot)
        return 0;
    if (max_age_ms == 0)
        return SNAPSHOT_FRESH_FOR_EVER;
    return elapsed(chain_snapshot_age_ms(snapshot, now), max_age_ms);
}

bool chain_snapshot_stale(const struct chain_snapshot *snapshot, struct chain_now now, uint64_t max_age_ms)
{
    return chain_snapshot_fresh_ms(snapshot, now, max_age_ms) == 0;
}

const struct ed25519_public_key *chain_snapshot_backup_key(const struct chain_snapshot *snapshot,
                                                           const struct account_id *account_id)
{
    if (!snapshot)
        return NULL;
    const struct migration_entry *entry = migration_view_find(&snapshot->migrations, account_id);
    return entry && entry->has_backup_key ? &entry->backup_key : NULL;
}

void snapshot_cell_init(struct snapshot_cell *cell)
{
    *cell = (struct snapshot_cell){.lock = PTHREAD_MUTEX_INITIALIZER};
    atomic_init(&cell->version, 0);
}

void snapshot_cell_free(struct snapshot_cell *cell)
{
    chain_snapshot_unref_ptr(&cell->current);
    cell->listener_count = 0;
    pthread_mutex_destroy(&cell->lock);
}

/* The old one is released outside the lock: it may be the last reference to a large map. */
void snapshot_cell_publish(struct snapshot_cell *cell, const struct chain_snapshot *snapshot)
{
    pthread_mutex_lock(&cell->lock);
    const struct chain_snapshot *old = cell->current;
    cell->current = snapshot;
    atomic_fetch_add_explicit(&cell->version, 1, memory_order_release);
    /* An eventfd refuses only when its count is full, and then its reader is awake already. */
    for (size_t i = 0; i < cell->listener_count; i++)
        (void)!eventfd_write(cell->listeners[i], 1);
    pthread_mutex_unlock(&cell->lock);
    chain_snapshot_unref(old);
}

const struct chain_snapshot *snapshot_cell_get(struct snapshot_cell *cell)
{
    pthread_mutex_lock(&cell->lock);
    const struct chain_snapshot *current = chain_snapshot_ref(cell->current);
    pthread_mutex_unlock(&cell->lock);
    return current;
}

/* Readers pay for the lock only when something new is there. */
bool snapshot_cell_refresh(struct snapshot_cell *cell, uint64_t *version, const struct chain_snapshot **mine)
{
    if (atomic_load_explicit(&cell->version, memory_order_acquire) == *version)
        return false;
    chain_snapshot_unref(*mine);
    pthread_mutex_lock(&cell->lock);
    *mine = chain_snapshot_ref(cell->current);
    *version = atomic_load_explicit(&cell->version, memory_order_relaxed);
    pthread_mutex_unlock(&cell->lock);
    return true;
}

result_t snapshot_cell_listen(struct snapshot_cell *cell, int event_fd)
{
    result_t result = OUTCOME_LIMIT;
    pthread_mutex_lock(&cell->lock);
    if (cell->listener_count < SNAPSHOT_LISTENERS_MAX) {
        cell->listeners[cell->listener_count++] = event_fd;
        result = OUTCOME_OK;
    }
    pthread_mutex_unlock(&cell->lock);
    return result;
}

void snapshot_cell_unlisten(struct snapshot_cell *cell, int event_fd)
{
    pthread_mutex_lock(&cell->lock);
    for (size_t i = 0; i < cell->listener_count; i++)
        if (cell->listeners[i] == event_fd) {
            cell->listeners[i] = cell->listeners[--cell->listener_count];
            break;
        }
    pthread_mutex_unlock(&cell->lock);
}
