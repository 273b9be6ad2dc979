#include "node/chain_poll.h"

#include <inttypes.h>
#include <string.h>

#include "common/contract_view.h"
#include "common/os/log.h"
#include "node/metrics.h"

/* --- decisions --- */

static uint64_t block_time_ms(const struct rpc_block *block)
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
    if (block_time_ms(block) < current->block_time_ms)
        return error_set(err, OUTCOME_RPC_INCONSISTENT,
                         "final block %" PRIu64 " is higher than block %" PRIu64 " but has an earlier time",
                         block->height, current->height);
    return OUTCOME_OK;
}

result_t chain_poll_judge(const struct chain_snapshot *current, const struct rpc_block *block,
                          struct chain_now now, uint64_t max_view_age_ms, bool *is_new, struct error *err)
{
    uint64_t floor_ms = max_view_age_ms ? max_view_age_ms : CHAIN_FLOOR_MS;
    *is_new = false;
    if (block_time_ms(block) > now.wall_ms + CHAIN_FUTURE_MS)
        return error_set(err, OUTCOME_RPC_INCONSISTENT,
                         "the time of final block %" PRIu64 " is %" PRIu64
                         " ms ahead of this machine's clock; check the clock, and the RPC",
                         block->height, block_time_ms(block) - now.wall_ms);
    if (current && block->height == current->height &&
        memcmp(block->hash, current->block_hash, sizeof block->hash) == 0)
        return OUTCOME_OK;
    if (current && !chain_snapshot_stale(current, now, floor_ms))
        TRY(judge_successor(current, block, err));
    *is_new = true;
    return OUTCOME_OK;
}

uint64_t chain_poll_delay_ms(uint64_t poll_interval_ms, unsigned failures, uint32_t random)
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

/* --- one poll --- */

/* A view without arguments at this block. What the answer says about its block has to agree with it. */
static result_t read_view(struct chain_poll *poll, const char *method, const struct rpc_block *block,
                          struct rpc_view *out, struct error *err)
{
    TRY(rpc_view(poll->options.sources[0], poll->options.contract_id->text, method, NULL, 0, block->hash, out,
                 err));
    if (out->height != block->height || memcmp(out->hash, block->hash, sizeof out->hash) != 0)
        return error_set(err, OUTCOME_RPC_INCONSISTENT,
                         "%s was asked at block %" PRIu64 " and is answered for block %" PRIu64, method,
                         block->height, out->height);
    return OUTCOME_OK;
}

/* Whatever is wrong with its text, a view that cannot be read is one outcome. */
static result_t view_malformed(const char *method, const struct rpc_block *block, const struct error *detail,
                               struct error *err)
{
    return error_set(err, OUTCOME_VIEW_MALFORMED, "%s at block %" PRIu64 ": %s", method, block->height,
                     detail->text);
}

static result_t read_views(struct chain_poll *poll, const struct rpc_block *block,
                           struct protocol_view *protocol, struct migration_view *migrations,
                           struct error *err)
{
    CLEANUP(rpc_view_free) struct rpc_view state = {0};
    CLEANUP(rpc_view_free) struct rpc_view info = {0};
    struct error detail = {0};
    TRY(read_view(poll, "state", block, &state, err));
    TRY(read_view(poll, "migration_info", block, &info, err));
    if (protocol_view_parse((const char *)state.data.data, state.data.len, protocol, &detail) != OUTCOME_OK)
        return view_malformed("state", block, &detail, err);
    if (migration_view_parse((const char *)info.data.data, info.data.len, migrations, &detail) != OUTCOME_OK)
        return view_malformed("migration_info", block, &detail, err);
    return OUTCOME_OK;
}

static void publish(struct chain_poll *poll, const struct chain_snapshot *snapshot)
{
    chain_snapshot_unref(poll->current);
    poll->current = chain_snapshot_ref(snapshot);
    metric_set(METRIC_VIEW_BLOCK_HEIGHT, (int64_t)snapshot->height);
    metric_set(METRIC_VIEW_BLOCK_TIMESTAMP, (int64_t)(snapshot->block_time_ms / 1000));
    snapshot_cell_publish(poll->options.cell, snapshot);
}

/* The final block, and where it is a new one its views. */
static result_t read_block(struct chain_poll *poll, struct error *err)
{
    CLEANUP(protocol_view_free) struct protocol_view protocol = {0};
    CLEANUP(migration_view_free) struct migration_view migrations = {0};
    const struct chain_snapshot *snapshot = NULL;
    struct rpc_block block;
    bool is_new = false;
    TRY(rpc_block(poll->options.sources[0], RPC_FINAL, &block, err));
    struct chain_now now = chain_clock_read(&poll->options.clock);
    TRY(chain_poll_judge(poll->current, &block, now, poll->options.max_view_age_ms, &is_new, err));
    if (!is_new)
        return OUTCOME_OK;
    TRY(read_views(poll, &block, &protocol, &migrations, err));
    struct chain_block at = {
        .height = block.height, .time_ms = block_time_ms(&block), .seen_mono_ms = now.mono_ms};
    memcpy(at.hash, block.hash, sizeof at.hash);
    TRY(chain_snapshot_make(&at, &protocol, &migrations, &snapshot));
    publish(poll, snapshot);
    return OUTCOME_OK;
}

static result_t ask(struct chain_poll *poll, struct error *err)
{
    struct rpc_status status;
    TRY(rpc_status(poll->options.sources[0], &status, err));
    if (status.syncing)
        return error_set(err, OUTCOME_RPC_SYNCING,
                         "the node behind %s is still syncing (at block %" PRIu64 ")",
                         rpc_current(poll->options.sources[0]), status.latest_height);
    /* Behind a load balancer the next answer can come from a node that does not have the block yet. */
    result_t result = OUTCOME_RPC_UNKNOWN_BLOCK;
    for (unsigned i = 0; i < CHAIN_BLOCK_TRIES_MAX && result == OUTCOME_RPC_UNKNOWN_BLOCK; i++)
        result = read_block(poll, err);
    return result;
}

/* --- what came of it --- */

/* A failure is told once, until it changes (document 002); so is that it is over. */
static void log_change(const struct chain_poll *poll, const struct error *now)
{
    const struct error *before = &poll->status.last;
    bool first = !poll->status.polled;
    if (now->code == OUTCOME_OK && (first || before->code != OUTCOME_OK))
        log_info("reading the contract through %s", rpc_current(poll->options.sources[0]));
    else if (now->code == OUTCOME_VIEW_MALFORMED && before->code != now->code)
        log_outcome(LOG_LEVEL_ERROR, now->code, "a view of the contract is skipped: %s", now->text);
    else if (now->code != OUTCOME_OK && (first || before->code != now->code))
        log_outcome(LOG_LEVEL_WARN, now->code, "cannot read the contract: %s", now->text);
}

static void settle(struct chain_poll *poll, const struct error *outcome)
{
    metric_outcome(METRIC_EVENT_CHAIN_POLL, outcome->code);
    log_change(poll, outcome);
    poll->status.polled = true;
    poll->status.polls++;
    poll->status.failures = outcome->code == OUTCOME_OK ? 0 : poll->status.failures + 1;
    poll->status.last = *outcome;
}

/* The RPC answered, but not so that it can be believed: another one may do better. */
static bool is_unbelievable(result_t result)
{
    return result == OUTCOME_RPC_SYNCING || result == OUTCOME_RPC_WENT_BACK ||
           result == OUTCOME_RPC_INCONSISTENT || result == OUTCOME_RPC_UNKNOWN_BLOCK ||
           result == OUTCOME_VIEW_MALFORMED;
}

void chain_poll_init(struct chain_poll *poll, const struct chain_poll_options *options)
{
    *poll = (struct chain_poll){.options = *options};
}

void chain_poll_free(struct chain_poll *poll)
{
    chain_snapshot_unref(poll->current);
    *poll = (struct chain_poll){0};
}

result_t chain_poll_once(struct chain_poll *poll)
{
    struct error outcome = {.code = OUTCOME_OK};
    result_t result = ask(poll, &outcome);
    if (result == OUTCOME_SHUTTING_DOWN)
        return result;
    if (result == OUTCOME_OK)
        outcome = (struct error){.code = OUTCOME_OK};
    else if (outcome.code != result)
        (void)error_set(&outcome, result, "%s", outcome_of(result)->text);
    if (is_unbelievable(result))
        rpc_distrust(poll->options.sources[0]);
    settle(poll, &outcome);
    return result;
}
