#include "node/onboarding_driver.h"

#include <inttypes.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "common/os/clock.h"
#include "common/os/log.h"
#include "common/os/rpc.h"
#include "node/conclude.h"
#include "node/metrics.h"
#include "node/snapshot.h"
#include "node/store.h"

struct onboarding_driver {
    struct onboarding_driver_options options;
    int wake_fd; /* written by the cell, by onboarding_notify_staged() and to stop */
    atomic_bool staged;
    atomic_bool stop;
    pthread_t thread;
    pthread_mutex_t lock; /* of `status` */
    struct onboarding_status status;

    /* Of the thread alone. */
    const struct chain_snapshot *snapshot;
    uint64_t version;
    struct onboarding machine;
    enum onboarding_stage logged; /* the stage that was last told about */
    struct conclude conclude;
    char store_error[ERROR_TEXT_MAX];
    char backup_key[ED25519_KEY_TEXT_MAX]; /* that was told about last; empty: none */
};

/* --- what is shown --- */

static const char *next_of(const struct onboarding *machine)
{
    const char *text = onboarding_stage_text(machine->stage);
    return text ? text : onboarding_situation_text(machine->situation);
}

static void show(struct onboarding_driver *driver)
{
    const struct onboarding *machine = &driver->machine;
    const struct conclude_report *report = &driver->conclude.report;
    metric_set(METRIC_ONBOARDING_STATE, (int64_t)machine->stage);
    pthread_mutex_lock(&driver->lock);
    struct onboarding_status *status = &driver->status;
    status->stage = machine->stage;
    status->situation = machine->situation;
    status->node_status = machine->view.status;
    status->phase = machine->view.phase;
    status->migration_active = machine->view.migration_active;
    status->epoch_id = driver->snapshot ? driver->snapshot->protocol.keyset.epoch_id : 0;
    status->conclude_rounds = machine->rounds;
    status->next = next_of(machine);
    memcpy(status->blocked_by, report->blocked_by, sizeof status->blocked_by);
    memcpy(status->contract_error, report->contract_error, sizeof status->contract_error);
    memcpy(status->transaction, report->transaction, sizeof status->transaction);
    memcpy(status->store_error, driver->store_error, sizeof status->store_error);
    pthread_mutex_unlock(&driver->lock);
}

/* Messages of wire.md 7.4 where they fit. A stage that the machine comes back to
 * while it waits is told about once. */
static void tell_stage(struct onboarding_driver *driver)
{
    static const char *const messages[STAGE_COUNT] = {
        [STAGE_WAIT] = "waiting for state change",
        [STAGE_AWAIT_SHARES] = "starting import loop: waiting for the key shares of the contract's keyset",
        [STAGE_OBSERVING] = "conclude migration tx submitted; watching the contract",
        [STAGE_BLOCKED] = "the conclude waits until what blocks it is gone",
        [STAGE_BACKOFF] =
            "conclude migration tx submitted but contract has not reflected completion; retrying",
    };
    enum onboarding_stage stage = driver->machine.stage;
    if (!messages[stage] || stage == driver->logged)
        return;
    driver->logged = stage;
    log_info("%s", messages[stage]);
}

static void tell_situation(const struct onboarding_driver *driver, enum onboarding_situation before)
{
    enum onboarding_situation now = driver->machine.situation;
    if (now == before)
        return;
    log_info("my migration state changed: %s: %s", onboarding_situation_name(now),
             onboarding_situation_text(now));
    if (now == SITUATION_ONBOARDING)
        log_info("starting onboarding");
}

/* Who may connect is worth a line whenever it changes. */
static void tell_backup_key(struct onboarding_driver *driver)
{
    const struct ed25519_public_key *key =
        chain_snapshot_backup_key(driver->snapshot, driver->options.account_id);
    char text[ED25519_KEY_TEXT_MAX] = "";
    if (key)
        ed25519_public_key_format(key, text);
    if (strcmp(text, driver->backup_key) == 0)
        return;
    memcpy(driver->backup_key, text, sizeof text);
    if (key)
        log_info("contract migration state changed: the backup service's key is %s", text);
    else
        log_info("contract migration state changed: no backup service is registered");
}

/* --- actions --- */

/* Refusals are told once: the same staged shares are looked at again and again. */
static void import_failed(struct onboarding_driver *driver, result_t result, const struct error *err)
{
    if (strcmp(driver->store_error, err->text) == 0)
        return;
    memcpy(driver->store_error, err->text, sizeof driver->store_error);
    metric_outcome(METRIC_EVENT_IMPORT, result);
    log_outcome(LOG_LEVEL_ERROR, result, "keyshare import failed: %s", err->text);
}

static enum onboarding_event_kind import(struct onboarding_driver *driver)
{
    const struct keyset *keyset = &driver->snapshot->protocol.keyset;
    struct error err = {0};
    if (keyset->count == 0)
        return EVENT_SHARES_HELD;
    result_t result = store_import(driver->options.store, keyset, clock_wall_ms() / 1000, &err);
    switch (result) {
    case OUTCOME_KEYSHARES_STORED:
        metric_outcome(METRIC_EVENT_IMPORT, result);
        log_outcome(LOG_LEVEL_INFO, result, "imported keyshares of epoch %" PRIu64 " (%zu domains)",
                    keyset->epoch_id, keyset->count);
        /* fall through */
    case OUTCOME_KEYSHARES_UNCHANGED:
        driver->store_error[0] = 0;
        return EVENT_SHARES_HELD;
    case OUTCOME_KEYSHARES_NOT_HELD:
        return EVENT_SHARES_MISSING;
    case OUTCOME_KEYSHARES_CONFLICT:
    case OUTCOME_KEYSHARES_OLDER:
    case OUTCOME_KEYSHARES_MISMATCH:
        import_failed(driver, result, &err);
        return EVENT_SHARES_MISSING;
    default:
        import_failed(driver, result, &err);
        return EVENT_STORE_FAILED;
    }
}

static enum onboarding_event_kind conclude(struct onboarding_driver *driver)
{
    uint64_t now_ms = chain_now_read().mono_ms;
    enum conclude_verdict verdict =
        conclude_round(&driver->conclude, driver->snapshot, driver->machine.view.binding, now_ms);
    return verdict == CONCLUDE_BLOCKED ? EVENT_BLOCKED : EVENT_TRIED;
}

/* True when there is an answer for the machine, in `event`. */
static bool carry_out(struct onboarding_driver *driver, unsigned actions, struct onboarding_event *event)
{
    if (actions & ACTION_RETIRE)
        conclude_retire(&driver->conclude, driver->machine.view.binding);
    if (actions & ACTION_CONCLUDED)
        log_info("done onboarding: the contract names this node for %s now",
                 driver->options.account_id->text);
    if (actions & ACTION_IMPORT)
        event->kind = import(driver);
    else if (actions & ACTION_CONCLUDE)
        event->kind = conclude(driver);
    return actions & (ACTION_IMPORT | ACTION_CONCLUDE);
}

static void dispatch(struct onboarding_driver *driver, struct onboarding_event event)
{
    unsigned actions;
    do {
        enum onboarding_situation before = driver->machine.situation;
        actions = onboarding_step(&driver->machine, &event, chain_now_read().mono_ms);
        show(driver); /* before it is told: who reads the line finds the status so */
        tell_situation(driver, before);
        tell_stage(driver);
    } while (carry_out(driver, actions, &event));
    show(driver);
}

/* --- events --- */

static bool is_stale(const struct onboarding_driver *driver)
{
    return chain_snapshot_stale(driver->snapshot, chain_now_read(), driver->options.max_view_age_ms);
}

static void take_view(struct onboarding_driver *driver)
{
    bool changed = snapshot_cell_refresh(driver->options.cell, &driver->version, &driver->snapshot);
    const struct chain_snapshot *snapshot = driver->snapshot;
    if (!snapshot)
        return;
    struct onboarding_event event = {.kind = EVENT_VIEW};
    bool stale = is_stale(driver);
    if (!changed && stale == (driver->machine.situation == SITUATION_VIEW_STALE))
        return;
    result_t result =
        onboarding_view_of(&snapshot->protocol, &snapshot->migrations, driver->options.account_id,
                           driver->options.p2p_key, !stale, &event.view);
    if (result != OUTCOME_OK) {
        log_outcome(LOG_LEVEL_ERROR, result, "a view of the contract is skipped by onboarding");
        return;
    }
    tell_backup_key(driver);
    if (snapshot->protocol.phase != PROTOCOL_NOT_INITIALIZED &&
        snapshot->protocol.keyset.epoch_id <= INT64_MAX)
        metric_set(METRIC_CURRENT_EPOCH_ID, (int64_t)snapshot->protocol.keyset.epoch_id);
    dispatch(driver, event);
}

static void wait_for_event(struct onboarding_driver *driver)
{
    struct pollfd wake = {.fd = driver->wake_fd, .events = POLLIN};
    struct chain_now now = chain_now_read();
    uint64_t wait_ms = onboarding_due_ms(&driver->machine, now.mono_ms);
    uint64_t fresh_ms = chain_snapshot_fresh_ms(driver->snapshot, now, driver->options.max_view_age_ms);
    eventfd_t count;
    /* Told once that the view is stale, the machine waits for a new one. */
    bool watches_age =
        driver->machine.situation != SITUATION_NO_VIEW && driver->machine.situation != SITUATION_VIEW_STALE;
    if (watches_age && fresh_ms < wait_ms)
        wait_ms = fresh_ms;
    poll(&wake, 1, wait_ms > INT32_MAX ? -1 : (int)wait_ms);
    (void)!eventfd_read(driver->wake_fd, &count);
}

static void *run(void *argument)
{
    struct onboarding_driver *driver = argument;
    while (!atomic_load(&driver->stop)) {
        take_view(driver);
        if (atomic_exchange(&driver->staged, false))
            dispatch(driver, (struct onboarding_event){.kind = EVENT_STAGED});
        if (onboarding_due_ms(&driver->machine, chain_now_read().mono_ms) == 0)
            dispatch(driver, (struct onboarding_event){.kind = EVENT_TIMER});
        if (!atomic_load(&driver->stop))
            wait_for_event(driver);
    }
    return NULL;
}

/* --- from outside --- */

static void driver_free(struct onboarding_driver *driver)
{
    if (driver->wake_fd >= 0) {
        snapshot_cell_unlisten(driver->options.cell, driver->wake_fd);
        close(driver->wake_fd);
    }
    chain_snapshot_unref(driver->snapshot);
    pthread_mutex_destroy(&driver->lock);
    free(driver);
}

static struct onboarding_driver *driver_make(const struct onboarding_driver_options *options)
{
    struct onboarding_driver *driver = calloc(1, sizeof *driver);
    if (!driver)
        return NULL;
    driver->options = *options;
    driver->conclude = (struct conclude){.account_id = options->account_id,
                                         .contract_id = options->contract_id,
                                         .p2p_key = options->p2p_key,
                                         .signer = options->signer,
                                         .store = options->store,
                                         .rpc = options->rpc};
    atomic_init(&driver->staged, false);
    atomic_init(&driver->stop, false);
    pthread_mutex_init(&driver->lock, NULL);
    driver->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    show(driver);
    return driver;
}

result_t onboarding_driver_start(const struct onboarding_driver_options *options,
                                 struct onboarding_driver **out, struct error *err)
{
    struct onboarding_driver *driver = driver_make(options);
    if (!driver)
        return error_set(err, OUTCOME_NO_MEMORY, "no memory for onboarding");
    result_t result =
        driver->wake_fd < 0 ? OUTCOME_INTERNAL : snapshot_cell_listen(options->cell, driver->wake_fd);
    if (result == OUTCOME_OK && pthread_create(&driver->thread, NULL, run, driver) != 0)
        result = OUTCOME_INTERNAL;
    if (result != OUTCOME_OK) {
        driver_free(driver);
        return error_set(err, result, "the thread of onboarding cannot be started");
    }
    *out = driver;
    return OUTCOME_OK;
}

void onboarding_notify_staged(struct onboarding_driver *driver)
{
    if (!driver)
        return;
    atomic_store(&driver->staged, true);
    (void)!eventfd_write(driver->wake_fd, 1);
}

void onboarding_driver_status(struct onboarding_driver *driver, struct onboarding_status *out)
{
    pthread_mutex_lock(&driver->lock);
    *out = driver->status;
    pthread_mutex_unlock(&driver->lock);
}

void onboarding_driver_stop(struct onboarding_driver *driver)
{
    if (!driver)
        return;
    atomic_store(&driver->stop, true);
    (void)!eventfd_write(driver->wake_fd, 1);
    rpc_abort(driver->options.rpc);
    pthread_join(driver->thread, NULL);
    driver_free(driver);
}
