#include <stdio.h>
#include <string.h>

#include "node/daemon.h"
#include "node/door.h"
#include "node/drill.h"
#include "node/metrics.h"
#include "node/quorum.h"
#include "node/store.h"

static void copy_text(char out[ERROR_TEXT_MAX], const char *text)
{
    snprintf(out, ERROR_TEXT_MAX, "%s", text);
}

static void view_facts(struct daemon *daemon, const struct chain_snapshot *snapshot,
                       struct telemetry_facts *out)
{
    out->protocol_phase = "";
    if (!snapshot)
        return;
    struct chain_now now = chain_now_read();
    out->has_view = true;
    out->view_stale = chain_snapshot_stale(snapshot, now, daemon->config->max_view_age_ms);
    out->block_height = snapshot->height;
    out->view_age_ms =
        now.wall_ms > snapshot->block_time_ms ? (int64_t)(now.wall_ms - snapshot->block_time_ms) : 0;
    out->protocol_phase = protocol_phase_name(snapshot->protocol.phase);
    out->has_keyset = snapshot->protocol.phase != PROTOCOL_NOT_INITIALIZED;
    out->epoch_id = snapshot->protocol.keyset.epoch_id;
    out->domain_count = snapshot->protocol.keyset.count;
    out->has_backup_key = door_of(snapshot, &daemon->config->account_id).state == OUTCOME_OK;
    if (out->has_keyset)
        out->shares = store_holds(daemon->store, &snapshot->protocol.keyset, now.mono_ms, NULL);
}

static void rpc_facts(struct daemon *daemon, struct telemetry_facts *out)
{
    struct chain_poll_status status;
    chain_watch_status(daemon->watch, &status);
    out->polled = status.polled;
    out->poll_failures = status.failures;
    out->poll = status.last;
    out->rpc_needed = quorum_needed(status.source_count);
    out->rpc_count = status.source_count;
    memcpy(out->rpcs, status.sources, sizeof out->rpcs);
}

static void migration_facts(struct daemon *daemon, struct telemetry_facts *out)
{
    struct onboarding_status status;
    onboarding_driver_status(daemon->driver, &status);
    out->node_status = out->has_view ? node_status_name(status.node_status) : "";
    out->onboarding_stage = onboarding_stage_name(status.stage);
    out->onboarding_situation = onboarding_situation_name(status.situation);
    out->migration_active = status.migration_active;
    out->conclude_rounds = status.conclude_rounds;
    copy_text(out->blocked_by, status.blocked_by);
    copy_text(out->contract_error, status.contract_error);
    memcpy(out->transaction, status.transaction, sizeof out->transaction);
    out->store = status.store;
    out->conclude = status.conclude;
    out->next = status.next;
}

void daemon_facts(void *context, struct telemetry_facts *out)
{
    struct daemon *daemon = context;
    CLEANUP(chain_snapshot_unref_ptr)
    const struct chain_snapshot *snapshot = snapshot_cell_get(&daemon->cell);
    out->stopping = atomic_load(&daemon->stopping);
    out->max_view_age_ms = daemon->config->max_view_age_ms;
    out->account_id = daemon->config->account_id.text;
    out->keyshare_store = store_kind_name(store_kind(daemon->store));
    view_facts(daemon, snapshot, out);
    rpc_facts(daemon, out);
    migration_facts(daemon, out);
}

void daemon_refresh_metrics(void *context)
{
    const struct daemon *daemon = context;
    int64_t drill_s;
    if (drill_last(daemon->config->home_dir, &drill_s, NULL) == OUTCOME_OK)
        metric_set(METRIC_LAST_DRILL_SUCCESS, drill_s);
}

result_t daemon_migrations(void *context, uint64_t *block_height, struct bytes *out)
{
    struct daemon *daemon = context;
    CLEANUP(chain_snapshot_unref_ptr)
    const struct chain_snapshot *snapshot = snapshot_cell_get(&daemon->cell);
    *block_height = snapshot ? snapshot->height : 0;
    return snapshot ? migration_view_write(&snapshot->migrations, out) : OUTCOME_OK;
}
