/* What is believed of a final block, and when to ask again. Pure. */
#ifndef MPC_NODE_CHAIN_RULES_H
#define MPC_NODE_CHAIN_RULES_H

#include <stdbool.h>
#include <stdint.h>

#include "common/os/rpc.h"
#include "common/outcome.h"
#include "node/snapshot.h"

/* A block further ahead of this machine's clock is not believed. */
#define CHAIN_FUTURE_MS 30000
/* The longest wait between polls after failures, unless the poll interval itself is longer. */
#define CHAIN_BACKOFF_MAX_MS 15000
/* With no limit on a view's age, the age at which the height floor is dropped all the same. */
#define CHAIN_FLOOR_MS 60000

/* Is this final block to be believed after `current` (NULL: none yet), and is it a new one, whose views are
 * to be read? RPC_WENT_BACK: lower than `current`. RPC_INCONSISTENT: the same height with another hash, a
 * higher block with an earlier time, or a time more than CHAIN_FUTURE_MS ahead of now.wall_ms.
 * A stale `current` holds nothing down any more: one forged height must not lock the node out for good. */
MUST_USE result_t chain_rules_judge(const struct chain_snapshot *current, const struct rpc_block *block,
                                    struct chain_now now, uint64_t max_view_age_ms, bool *is_new,
                                    struct error *err);

/* The block's time as snapshots have it: 0 for one before 1970. */
uint64_t chain_rules_time_ms(const struct rpc_block *block);

/* Milliseconds to wait before the next poll. After n > 0 failures in a row: interval * 2^(n-1), at most
 * CHAIN_BACKOFF_MAX_MS or the interval, of which `random` (any 32 bits) takes off up to a half. */
uint64_t chain_rules_delay_ms(uint64_t poll_interval_ms, unsigned failures, uint32_t random);

#endif
