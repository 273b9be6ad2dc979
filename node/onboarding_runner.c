#include "node/onboarding_runner.h"

#include <inttypes.h>
#include <string.h>

#include "common/os/log.h"
#include "node/metrics.h"
#include "node/store.h"

static struct chain_now now_of(const struct onboarding_runner *runner)
{
    return chain_clock_read(&runner->options.clock);
}

/* --- what is shown --- */

static const char *next_of(const struct onboarding *machine)
{
    const char *text = onboarding_stage_text(machine->stage);
    return text ? text : onboarding_situation_text(machine->situation);
}

static void show(struct onboarding_runner *runner)
{
    const struct onboarding *machine = &runner->machine;
    const struct conclude_report *report = &runner->conclude.report;
    metric_set(METRIC_ONBOARDING_STATE, (int64_t)machine->stage);
    struct onboarding_status *status = &runner->status;
    status->stage = machine->stage;
    status->situation = machine->situation;
    status->node_status = machine->view.status;
    status->phase = machine->view.phase;
    status->migration_active = machine->view.migration_active;
    status->epoch_id = runner->snapshot ? runner->snapshot->protocol.keyset.epoch_id : 0;
    status->conclude_rounds = machine->rounds;
    status->next = next_of(machine);
    memcpy(status->blocked_by, report->blocked_by, sizeof status->blocked_by);
    memcpy(status->contract_error, report->contract_error, sizeof status->contract_error);
    memcpy(status->transaction, report->transaction, sizeof status->transaction);
    status->conclude = report->last;
    status->store = runner->import_error;
    if (runner->shown)
        runner->shown(status, runner->shown_context);
}

/* Messages of wire.md 7.4 where they fit. A stage that the machine comes back to
 * while it waits is told about once. */
static void tell_stage(struct onboarding_runner *runner)
{
    static const char *const messages[STAGE_COUNT] = {
        [STAGE_WAIT] = "waiting for state change",
        [STAGE_AWAIT_SHARES] = "starting import loop: waiting for the key shares of the contract's keyset",
        [STAGE_OBSERVING] = "conclude migration tx submitted; watching the contract",
        [STAGE_BLOCKED] = "the conclude waits until what blocks it is gone",
        [STAGE_BACKOFF] =
            "conclude migration tx submitted but contract has not reflected completion; retrying",
    };
    enum onboarding_stage stage = runner->machine.stage;
    if (!messages[stage] || stage == runner->logged)
        return;
    runner->logged = stage;
    log_info("%s", messages[stage]);
}

static void tell_situation(const struct onboarding_runner *runner, enum onboarding_situation before)
{
    enum onboarding_situation now = runner->machine.situation;
    if (now == before)
        return;
    if (now == SITUATION_VIEW_STALE)
        log_outcome(LOG_LEVEL_WARN, OUTCOME_VIEW_STALE, "my migration state changed: %s",
                    onboarding_situation_text(now));
    else
        log_info("my migration state changed: %s: %s", onboarding_situation_name(now),
                 onboarding_situation_text(now));
    if (now == SITUATION_ONBOARDING)
        log_info("starting onboarding");
}

/* Who may connect is worth a line whenever it changes. */
static void tell_backup_key(struct onboarding_runner *runner)
{
    const struct ed25519_public_key *key =
        chain_snapshot_backup_key(runner->snapshot, runner->options.account_id);
    char text[ED25519_KEY_TEXT_MAX] = "";
    if (key)
        ed25519_public_key_format(key, text);
    if (strcmp(text, runner->backup_key) == 0)
        return;
    memcpy(runner->backup_key, text, sizeof text);
    if (key)
        log_info("contract migration state changed: the backup service's key is %s", text);
    else
        log_info("contract migration state changed: no backup service is registered");
}

/* --- actions --- */

/* Refusals are told once: the same staged shares are looked at again and again. */
static void import_failed(struct onboarding_runner *runner, result_t result, struct error *err)
{
    error_complete(err, result);
    if (runner->import_error.code == result && strcmp(runner->import_error.text, err->text) == 0)
        return;
    runner->import_error = *err;
    metric_outcome(METRIC_EVENT_IMPORT, result);
    log_outcome(LOG_LEVEL_ERROR, result, "keyshare import failed: %s", err->text);
}

static enum onboarding_event_kind import(struct onboarding_runner *runner)
{
    const struct keyset *keyset = &runner->snapshot->protocol.keyset;
    struct error err = {0};
    if (keyset->count == 0)
        return EVENT_SHARES_HELD;
    result_t result = store_import(runner->options.store, keyset, runner->snapshot->height, &err);
    switch (result) {
    case OUTCOME_KEYSHARES_STORED:
        metric_outcome(METRIC_EVENT_IMPORT, result);
        log_outcome(LOG_LEVEL_INFO, result, "imported keyshares of epoch %" PRIu64 " (%zu domains)",
                    keyset->epoch_id, keyset->count);
        /* fall through */
    case OUTCOME_KEYSHARES_UNCHANGED:
        runner->import_error = (struct error){.code = OUTCOME_OK};
        runner->held_epoch_id = keyset->epoch_id;
        runner->held_domains = keyset->count;
        return EVENT_SHARES_HELD;
    case OUTCOME_KEYSHARES_NOT_HELD: /* the store could say so, and nothing is refused any more */
        runner->import_error = (struct error){.code = OUTCOME_OK};
        return EVENT_SHARES_MISSING;
    case OUTCOME_KEYSHARES_CONFLICT:
    case OUTCOME_KEYSHARES_OLDER:
    case OUTCOME_KEYSHARES_MISMATCH:
    case OUTCOME_KEYSHARES_QUARANTINED:
        import_failed(runner, result, &err);
        return EVENT_SHARES_MISSING;
    default:
        import_failed(runner, result, &err);
        return EVENT_STORE_FAILED;
    }
}

static enum onboarding_event_kind conclude(struct onboarding_runner *runner)
{
    uint64_t now_ms = now_of(runner).mono_ms;
    enum conclude_verdict verdict =
        conclude_round(&runner->conclude, runner->snapshot, runner->machine.view.binding, now_ms);
    return verdict == CONCLUDE_BLOCKED ? EVENT_BLOCKED : EVENT_TRIED;
}

/* True when there is an answer for the machine, in `event`. */
static bool carry_out(struct onboarding_runner *runner, unsigned actions, struct onboarding_event *event)
{
    if (actions & ACTION_RETIRE)
        conclude_retire(&runner->conclude, runner->snapshot->height, runner->machine.view.binding);
    if (actions & ACTION_CONCLUDED)
        log_info("done onboarding: the contract names this node for %s now",
                 runner->options.account_id->text);
    if (actions & ACTION_IMPORT)
        event->kind = import(runner);
    else if (actions & ACTION_CONCLUDE)
        event->kind = conclude(runner);
    return actions & (ACTION_IMPORT | ACTION_CONCLUDE);
}

static void dispatch(struct onboarding_runner *runner, struct onboarding_event event)
{
    unsigned actions;
    do {
        enum onboarding_situation before = runner->machine.situation;
        actions = onboarding_step(&runner->machine, &event, now_of(runner).mono_ms);
        show(runner); /* before it is told: who reads the line finds the status so */
        tell_situation(runner, before);
        tell_stage(runner);
    } while (carry_out(runner, actions, &event));
    show(runner);
}

/* --- events --- */

static bool is_stale(const struct onboarding_runner *runner)
{
    return chain_snapshot_stale(runner->snapshot, now_of(runner), runner->options.max_view_age_ms);
}

/* The shares of a new keyset need not come by PUT: a Rust node stores its own, and an operator may import some. That
 * the contract adopted them is noted when they are looked for. */
static bool holds_the_keyset(const struct onboarding_runner *runner)
{
    const struct keyset *keyset = &runner->snapshot->protocol.keyset;
    return keyset->count == 0 ||
           (runner->held_epoch_id == keyset->epoch_id && runner->held_domains == keyset->count);
}

static void take_view(struct onboarding_runner *runner)
{
    bool changed = snapshot_cell_refresh(runner->options.cell, &runner->version, &runner->snapshot);
    const struct chain_snapshot *snapshot = runner->snapshot;
    if (!snapshot)
        return;
    struct onboarding_event event = {.kind = EVENT_VIEW};
    bool stale = is_stale(runner);
    if (!changed && stale == (runner->machine.situation == SITUATION_VIEW_STALE))
        return;
    result_t result =
        onboarding_view_of(&snapshot->protocol, &snapshot->migrations, runner->options.account_id,
                           runner->options.p2p_key, !stale, &event.view);
    if (result != OUTCOME_OK) {
        log_outcome(LOG_LEVEL_ERROR, result, "a view of the contract is skipped by onboarding");
        return;
    }
    tell_backup_key(runner);
    if (snapshot->protocol.phase != PROTOCOL_NOT_INITIALIZED &&
        snapshot->protocol.keyset.epoch_id <= INT64_MAX)
        metric_set(METRIC_CURRENT_EPOCH_ID, (int64_t)snapshot->protocol.keyset.epoch_id);
    bool was_active = runner->machine.stage == STAGE_ACTIVE;
    dispatch(runner, event);
    if (was_active && runner->machine.stage == STAGE_ACTIVE && !holds_the_keyset(runner))
        dispatch(runner, (struct onboarding_event){.kind = EVENT_STAGED});
}

void onboarding_runner_step(struct onboarding_runner *runner, bool staged)
{
    take_view(runner);
    if (staged)
        dispatch(runner, (struct onboarding_event){.kind = EVENT_STAGED});
    if (onboarding_due_ms(&runner->machine, now_of(runner).mono_ms) == 0)
        dispatch(runner, (struct onboarding_event){.kind = EVENT_TIMER});
}

uint64_t onboarding_runner_wait_ms(const struct onboarding_runner *runner)
{
    struct chain_now now = now_of(runner);
    uint64_t wait_ms = onboarding_due_ms(&runner->machine, now.mono_ms);
    uint64_t fresh_ms = chain_snapshot_fresh_ms(runner->snapshot, now, runner->options.max_view_age_ms);
    /* Told once that the view is stale, the machine waits for a new one. */
    bool watches_age =
        runner->machine.situation != SITUATION_NO_VIEW && runner->machine.situation != SITUATION_VIEW_STALE;
    return watches_age && fresh_ms < wait_ms ? fresh_ms : wait_ms;
}

void onboarding_runner_init(struct onboarding_runner *runner, const struct onboarding_runner_options *options,
                            void (*shown)(const struct onboarding_status *status, void *context),
                            void *context)
{
    *runner = (struct onboarding_runner){.options = *options, .shown = shown, .shown_context = context};
    runner->conclude = (struct conclude){.account_id = options->account_id,
                                         .contract_id = options->contract_id,
                                         .p2p_key = options->p2p_key,
                                         .signer = options->signer,
                                         .store = options->store,
                                         .panel = options->panel};
    show(runner);
}

void onboarding_runner_free(struct onboarding_runner *runner)
{
    chain_snapshot_unref_ptr(&runner->snapshot);
}
