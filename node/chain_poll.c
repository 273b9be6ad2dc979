#include "node/chain_poll.h"

#include <inttypes.h>
#include <string.h>

#include "common/contract_view.h"
#include "common/os/log.h"
#include "node/chain_rules.h"
#include "node/chain_votes.h"
#include "node/metrics.h"
#include "node/quorum.h"

/* --- what is published --- */

/* Whatever is wrong with its text, a view that cannot be read is one outcome. */
static result_t view_malformed(const char *method, const struct rpc_block *block, const struct error *detail,
                               struct error *err)
{
    return error_set(err, OUTCOME_VIEW_MALFORMED, "%s at block %" PRIu64 ": %s", method, block->height,
                     detail->text);
}

/* Once, until all can be read again. */
static void log_skipped(struct chain_poll *poll, const struct migration_view *migrations)
{
    if (migrations->skipped > 0 && !poll->skips)
        log_outcome(LOG_LEVEL_WARN, migrations->cause.code, "%zu entries of other accounts are skipped: %s",
                    migrations->skipped, migrations->cause.text);
    poll->skips = migrations->skipped > 0;
}

static result_t parse_views(const struct account_id *own, const struct chain_views_job *views,
                            struct protocol_view *protocol, struct migration_view *migrations,
                            struct error *err)
{
    struct error detail = {0};
    const struct bytes *state = &views->state.data;
    const struct bytes *info = &views->migration_info.data;
    if (protocol_view_parse((const char *)state->data, state->len, protocol, &detail) != OUTCOME_OK)
        return view_malformed("state", &views->block, &detail, err);
    if (migration_view_parse((const char *)info->data, info->len, own, migrations, &detail) != OUTCOME_OK)
        return view_malformed("migration_info", &views->block, &detail, err);
    return OUTCOME_OK;
}

static result_t publish(void *context, const struct chain_views_job *views, struct chain_now seen,
                        struct error *err)
{
    CLEANUP(protocol_view_free) struct protocol_view protocol = {0};
    CLEANUP(migration_view_free) struct migration_view migrations = {0};
    struct chain_poll *poll = context;
    const struct chain_snapshot *snapshot = NULL;
    struct chain_block at = {.height = views->block.height,
                             .time_ms = chain_rules_time_ms(&views->block),
                             .seen_mono_ms = seen.mono_ms};
    memcpy(at.hash, views->block.hash, sizeof at.hash);
    TRY(parse_views(poll->options.account_id, views, &protocol, &migrations, err));
    log_skipped(poll, &migrations);
    TRY(chain_snapshot_make(&at, &protocol, &migrations, &snapshot));
    chain_snapshot_unref(poll->current);
    poll->current = chain_snapshot_ref(snapshot);
    metric_set(METRIC_VIEW_BLOCK_HEIGHT, (int64_t)snapshot->height);
    metric_set(METRIC_VIEW_BLOCK_TIMESTAMP, (int64_t)(snapshot->block_time_ms / 1000));
    snapshot_cell_publish(poll->options.cell, snapshot);
    return OUTCOME_OK;
}

/* --- the sources --- */

/* One that failed is left alone for a while, as long as the others are enough and agree. */
static void choose_whom_to_ask(const struct chain_poll *poll, struct chain_vote *votes)
{
    const struct chain_poll_status *status = &poll->status;
    uint64_t now_ms = chain_clock_read(&poll->options.clock).mono_ms;
    size_t due = 0;
    for (size_t i = 0; i < status->source_count; i++) {
        votes[i].asked = now_ms >= status->sources[i].left_alone_until_ms;
        votes[i].say = status->sources[i].say;
        due += votes[i].asked;
    }
    if (due >= quorum_needed(status->source_count) && status->failures == 0)
        return;
    for (size_t i = 0; i < status->source_count; i++)
        votes[i].asked = true;
}

/* Is it worth a line when a source begins or ends to say this? One that is a block behind catches up. */
static bool is_worth_telling(result_t result)
{
    return result != OUTCOME_OK && result != OUTCOME_RPC_WENT_BACK && result != OUTCOME_RPC_NO_MAJORITY &&
           result != OUTCOME_RPC_UNKNOWN_BLOCK;
}

/* Once, until it changes. Of a single source the poll's own line says it. */
static void log_source(const struct chain_poll *poll, const struct chain_source *source,
                       const struct error *now)
{
    if (poll->status.source_count == 1 || now->code == source->say.code)
        return;
    if (is_worth_telling(now->code))
        log_outcome(LOG_LEVEL_WARN, now->code, "a NEAR RPC has no voice: %s", now->text);
    else if (is_worth_telling(source->say.code))
        log_info("NEAR RPC %s has a voice again", source->url);
}

/* It did not answer, or nothing that could be read; what it said is another matter. */
static bool is_failure(result_t result)
{
    return result != OUTCOME_RPC_OUTVOTED && is_worth_telling(result);
}

static void settle_source(struct chain_poll *poll, struct chain_source *source, const struct chain_vote *vote)
{
    /* Where there is nothing new, who lied the last time has not taken it back. */
    if (source->say.code != OUTCOME_OK && source->about_block && vote->say.code == OUTCOME_OK &&
        !vote->agrees)
        return;
    source->about_block = vote->about_block;
    metric_outcome(METRIC_EVENT_RPC_SOURCE, vote->say.code);
    log_source(poll, source, &vote->say);
    source->say = vote->say;
    if (vote->has_head)
        source->height = vote->head.height;
    source->failures = is_failure(vote->say.code) ? source->failures + 1 : 0;
    source->left_alone_until_ms = 0;
    if (source->failures > 0)
        source->left_alone_until_ms =
            chain_clock_read(&poll->options.clock).mono_ms +
            chain_rules_delay_ms(poll->options.poll_interval_ms, source->failures, 0);
}

/* --- what came of it --- */

static void log_recovery(const struct chain_poll_status *status)
{
    if (status->source_count == 1)
        log_info("reading the contract through %s", status->sources[0].url);
    else
        log_info("reading the contract through %zu NEAR RPCs, of which %zu have to agree",
                 status->source_count, quorum_needed(status->source_count));
}

/* A failure is told once, until it changes (document 002); so is that it is over. */
static void log_change(const struct chain_poll_status *status, const struct error *now)
{
    const struct error *before = &status->last;
    bool first = !status->polled;
    if (now->code == OUTCOME_OK && (first || before->code != OUTCOME_OK))
        log_recovery(status);
    else if (now->code == OUTCOME_VIEW_MALFORMED && before->code != now->code)
        log_outcome(LOG_LEVEL_ERROR, now->code, "a view of the contract is skipped: %s", now->text);
    else if (now->code != OUTCOME_OK && (first || before->code != now->code))
        log_outcome(LOG_LEVEL_WARN, now->code, "cannot read the contract: %s", now->text);
}

static void settle(struct chain_poll *poll, const struct chain_vote *votes, const struct error *outcome)
{
    struct chain_poll_status *status = &poll->status;
    metric_outcome(METRIC_EVENT_CHAIN_POLL, outcome->code);
    for (size_t i = 0; i < status->source_count; i++)
        if (votes[i].asked)
            settle_source(poll, &status->sources[i], &votes[i]);
    log_change(status, outcome);
    status->polled = true;
    status->polls++;
    status->failures = outcome->code == OUTCOME_OK ? 0 : status->failures + 1;
    status->last = *outcome;
}

/* --- from outside --- */

void chain_poll_init(struct chain_poll *poll, const struct chain_poll_options *options)
{
    *poll = (struct chain_poll){.options = *options};
    poll->status.source_count = panel_count(options->panel);
    for (size_t i = 0; i < poll->status.source_count; i++)
        poll->status.sources[i].url = panel_name(options->panel, i);
}

void chain_poll_free(struct chain_poll *poll)
{
    chain_snapshot_unref(poll->current);
    *poll = (struct chain_poll){0};
}

result_t chain_poll_once(struct chain_poll *poll)
{
    CLEANUP(chain_snapshot_unref_ptr)
    const struct chain_snapshot *current = chain_snapshot_ref(poll->current);
    const struct chain_votes_options options = {
        .contract_id = poll->options.contract_id,
        .panel = poll->options.panel,
        .clock = poll->options.clock,
        .max_view_age_ms = poll->options.max_view_age_ms,
        .current = current,
        .agreed = publish,
        .context = poll,
    };
    struct chain_vote votes[RPC_URLS_MAX] = {0};
    struct error outcome = {.code = OUTCOME_OK};
    result_t result = OUTCOME_RPC_UNKNOWN_BLOCK;
    choose_whom_to_ask(poll, votes);
    /* Behind a load balancer the next answer can come from a node that does not have the block yet. */
    for (unsigned i = 0; i < CHAIN_BLOCK_TRIES_MAX && result == OUTCOME_RPC_UNKNOWN_BLOCK; i++)
        result = chain_votes_gather(&options, votes, &outcome);
    if (result == OUTCOME_SHUTTING_DOWN)
        return result;
    if (result == OUTCOME_OK)
        outcome = (struct error){.code = OUTCOME_OK};
    else if (outcome.code != result)
        (void)error_set(&outcome, result, "%s", outcome_of(result)->text);
    settle(poll, votes, &outcome);
    return result;
}
