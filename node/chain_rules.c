#include "node/chain_rules.h"

#include <inttypes.h>
#include <string.h>

uint64_t chain_rules_time_ms(const struct rpc_block *block)
{
    return block->time_ms > 0 ? (uint64_t)block->time_ms : 0;
}

/* A block that comes after `current` while `current` still counts. */
static result_t judge_successor(const struct chain_snapshot *current, const struct rpc_block *block,
                                struct error *err)
{
    if (block->height < current->height)
        return error_set(err, OUTCOME_RPC_WENT_BACK,
                         "final block %" PRIu64 " is behind block %" PRIu64 ", seen before", block->height,
                         current->height);
    if (block->height == current->height)
        return error_set(err, OUTCOME_RPC_INCONSISTENT,
                         "final block %" PRIu64 " has another hash than before", block->height);
    if (chain_rules_time_ms(block) < current->block_time_ms)
        return error_set(err, OUTCOME_RPC_INCONSISTENT,
                         "final block %" PRIu64 " is higher than block %" PRIu64 " but has an earlier time",
                         block->height, current->height);
    return OUTCOME_OK;
}

result_t chain_rules_judge(const struct chain_snapshot *current, const struct rpc_block *block,
                           struct chain_now now, uint64_t max_view_age_ms, bool *is_new, struct error *err)
{
    uint64_t floor_ms = max_view_age_ms ? max_view_age_ms : CHAIN_FLOOR_MS;
    *is_new = false;
    if (chain_rules_time_ms(block) > now.wall_ms + CHAIN_FUTURE_MS)
        return error_set(err, OUTCOME_RPC_INCONSISTENT,
                         "the time of final block %" PRIu64 " is %" PRIu64
                         " ms ahead of this machine's clock; check the clock, and the RPC",
                         block->height, chain_rules_time_ms(block) - now.wall_ms);
    if (current && block->height == current->height &&
        memcmp(block->hash, current->block_hash, sizeof block->hash) == 0)
        return OUTCOME_OK;
    if (current && !chain_snapshot_stale(current, now, floor_ms))
        TRY(judge_successor(current, block, err));
    *is_new = true;
    return OUTCOME_OK;
}

uint64_t chain_rules_delay_ms(uint64_t poll_interval_ms, unsigned failures, uint32_t random)
{
    uint64_t most_ms = poll_interval_ms > CHAIN_BACKOFF_MAX_MS ? poll_interval_ms : CHAIN_BACKOFF_MAX_MS;
    uint64_t delay_ms = poll_interval_ms;
    if (failures == 0)
        return poll_interval_ms;
    for (unsigned i = 1; i < failures && delay_ms < most_ms; i++)
        delay_ms *= 2;
    if (delay_ms > most_ms)
        delay_ms = most_ms;
    return delay_ms - (delay_ms / 2 * random >> 32);
}
