/* What the contract says, as one immutable value, and the cell through which it is handed out.
 *
 * A snapshot is made from both views at one final block and replaced as a whole (design.md, "Chain
 * snapshot"). Readers hold a reference; reading takes no lock. Whether a snapshot is still fresh enough to
 * act on is the reader's question. */
#ifndef MPC_NODE_SNAPSHOT_H
#define MPC_NODE_SNAPSHOT_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/account_id.h"
#include "common/bytes.h"
#include "common/contract_view.h"
#include "common/keys.h"
#include "common/outcome.h"
#include "node/limits.h"

/* How many eventfds one cell can tell about a new snapshot: those of the workers, and of onboarding. */
#define SNAPSHOT_LISTENERS_MAX (LIMIT_WORKERS + 1)

/* chain_snapshot_fresh_ms() of a snapshot that never grows stale. */
#define SNAPSHOT_FRESH_FOR_EVER UINT64_MAX

struct chain_snapshot {
    atomic_uint references; /* of this module alone */
    uint64_t height;
    uint8_t block_hash[SHA256_LEN];
    uint64_t block_time_ms; /* wall clock, Unix, from the block's header */
    uint64_t seen_mono_ms;  /* monotonic clock, when this height was first seen */
    struct protocol_view protocol;
    struct migration_view migrations;
    _Atomic(struct bytes *) keyset_text; /* of this module alone */
};

/* Where the snapshot comes from: the header of its block, and when it was first seen. */
struct chain_block {
    uint64_t height;
    uint8_t hash[SHA256_LEN];
    uint64_t time_ms;
    uint64_t seen_mono_ms;
};

/* A snapshot with one reference, the caller's. Both views move into it and are left
 * empty, also on failure. NO_MEMORY. */
MUST_USE result_t chain_snapshot_make(const struct chain_block *block, struct protocol_view *protocol,
                                      struct migration_view *migrations, const struct chain_snapshot **out);

/* One more reference to the same value; NULL stays NULL. */
const struct chain_snapshot *chain_snapshot_ref(const struct chain_snapshot *snapshot);
/* Give a reference back; the last one releases the value. NULL-safe. */
void chain_snapshot_unref(const struct chain_snapshot *snapshot);
/* CLEANUP(chain_snapshot_unref_ptr) for a const struct chain_snapshot *. */
void chain_snapshot_unref_ptr(const struct chain_snapshot **snapshot);

/* The keyset as keyset_write() writes it, made when it is first asked for; borrowed from the snapshot.
 * NULL without memory. */
const struct bytes *chain_snapshot_keyset_text(const struct chain_snapshot *snapshot);

/* The two clocks, in milliseconds. */
struct chain_now {
    uint64_t wall_ms;
    uint64_t mono_ms;
};

/* Both as they are now; for shells. */
struct chain_now chain_now_read(void);

/* Where somebody who waits and acts by himself reads the time; tests hand in another one than the system's. */
struct chain_clock {
    struct chain_now (*read)(void *context);
    void *context;
};

/* chain_now_read() as a clock. */
extern const struct chain_clock chain_clock_system;

struct chain_now chain_clock_read(const struct chain_clock *clock);

/* Milliseconds until the snapshot is stale: its block is older than max_age_ms by the wall clock, or
 * no higher final block has come for that long by the monotonic clock, whichever is first
 * (design.md). 0: it is stale, or NULL. SNAPSHOT_FRESH_FOR_EVER: max_age_ms is 0, no limit. A block
 * time in the future has age 0. */
uint64_t chain_snapshot_fresh_ms(const struct chain_snapshot *snapshot, struct chain_now now,
                                 uint64_t max_age_ms);
/* chain_snapshot_fresh_ms() == 0. */
bool chain_snapshot_stale(const struct chain_snapshot *snapshot, struct chain_now now, uint64_t max_age_ms);
/* The larger of both ages, for people and metrics; UINT64_MAX for NULL. */
uint64_t chain_snapshot_age_ms(const struct chain_snapshot *snapshot, struct chain_now now);

/* The backup key the contract holds for the account; NULL when there is none, or no
 * snapshot. Borrowed from the snapshot. */
const struct ed25519_public_key *chain_snapshot_backup_key(const struct chain_snapshot *snapshot,
                                                           const struct account_id *account_id);

/* One writer, many readers. */
struct snapshot_cell {
    pthread_mutex_t lock; /* of `current` and the listeners */
    const struct chain_snapshot *current;
    atomic_uint_fast64_t version; /* 0 until the first publish, then one more with each */
    int listeners[SNAPSHOT_LISTENERS_MAX];
    size_t listener_count;
};

void snapshot_cell_init(struct snapshot_cell *cell);
/* No reader or writer may use the cell any more; snapshots that readers hold stay valid. */
void snapshot_cell_free(struct snapshot_cell *cell);

/* Make `snapshot` the current one and write 1 to every listener. Takes over the caller's reference. */
void snapshot_cell_publish(struct snapshot_cell *cell, const struct chain_snapshot *snapshot);

/* A reference to the current snapshot, to be given back; NULL before the first. */
const struct chain_snapshot *snapshot_cell_get(struct snapshot_cell *cell);

/* Bring a reader's own reference up to date. *version starts as 0 and *mine as NULL; while the version has
 * not changed this is one atomic load. True when *mine was replaced (the old reference was given back). */
bool snapshot_cell_refresh(struct snapshot_cell *cell, uint64_t *version, const struct chain_snapshot **mine);

/* Write to this eventfd (the caller's, non-blocking) at each publish, from now on. LIMIT. */
MUST_USE result_t snapshot_cell_listen(struct snapshot_cell *cell, int event_fd);
/* After it returns the eventfd is not written any more and may be closed. */
void snapshot_cell_unlisten(struct snapshot_cell *cell, int event_fd);

#endif
