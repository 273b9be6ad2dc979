/* The chain watch: a thread that reads the contract through NEAR JSON-RPC and publishes snapshots.
 *
 * One poll is: `status` (a syncing node is not believed), `block` at final, then both views at that block's
 * hash (design.md, "Chain snapshot"). What is believed and when to ask next are pure functions; the thread
 * only asks, and says so in the log where an outcome changes. */
#ifndef MPC_NODE_CHAIN_WATCH_H
#define MPC_NODE_CHAIN_WATCH_H

#include <stdbool.h>
#include <stdint.h>

#include "common/account_id.h"
#include "common/os/rpc.h"
#include "common/outcome.h"
#include "node/snapshot.h"

/* A block further ahead of this machine's clock is not believed. */
#define CHAIN_FUTURE_MS 30000
/* The longest wait between polls after failures, unless the poll interval itself is longer. */
#define CHAIN_BACKOFF_MAX_MS 15000
/* With no limit on a view's age, the age at which the height floor is dropped all the same. */
#define CHAIN_FLOOR_MS 60000
/* Blocks asked for in one poll when the RPC does not know the one it just gave. */
#define CHAIN_BLOCK_TRIES_MAX 3

/* Is this final block to be believed after `current` (NULL: none yet), and is it a new one, whose views are
 * to be read? Pure. RPC_WENT_BACK: lower than `current`. RPC_INCONSISTENT: the same height with another hash,
 * a higher block with an earlier time, or a time more than CHAIN_FUTURE_MS ahead of now.wall_ms.
 * A stale `current` holds nothing down any more: one forged height must not lock the node out for good. */
MUST_USE result_t chain_watch_judge(const struct chain_snapshot *current, const struct rpc_block *block,
                                    struct chain_now now, uint64_t max_view_age_ms, bool *is_new,
                                    struct error *err);

/* Milliseconds to wait before the next poll. Pure. After n > 0 failures in a row: interval * 2^(n-1), at most
 * CHAIN_BACKOFF_MAX_MS or the interval, of which `random` (any 32 bits) takes off up to a half. */
uint64_t chain_watch_delay_ms(uint64_t poll_interval_ms, unsigned failures, uint32_t random);

struct chain_watch; /* opaque */

/* All pointers are borrowed until chain_watch_stop() has returned. `rpc` is of the watch's thread alone. */
struct chain_watch_options {
    const struct account_id *contract_id;
    struct rpc *rpc;
    struct snapshot_cell *cell;
    uint64_t poll_interval_ms;
    uint64_t max_view_age_ms; /* 0: no limit */
};

/* Start the thread; the first poll begins at once. NO_MEMORY, INTERNAL. */
MUST_USE result_t chain_watch_start(const struct chain_watch_options *options, struct chain_watch **out,
                                    struct error *err);

/* How the last poll went. */
struct chain_watch_status {
    bool polled;       /* false: no poll has ended yet */
    unsigned failures; /* in a row, until now */
    struct error last; /* code OK and no text after a success */
    uint64_t polls;    /* ended so far */
};

/* From any thread. */
void chain_watch_status(struct chain_watch *watch, struct chain_watch_status *out);

/* Stop the thread and wait for it; a call that hangs is aborted, and `rpc` is
 * of no use afterwards. NULL-safe. */
void chain_watch_stop(struct chain_watch *watch);

#endif
