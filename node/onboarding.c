#include "node/onboarding.h"

#include <string.h>

#include "common/keyset.h"

/* --- what the contract says -> the job (wire.md 8.3) --- */

enum condition { NO, YES, ANY };

#define IN(phase)  (1u << (phase))
#define ANY_PHASE  (~0u)
#define KEYS_WHOLE (IN(PROTOCOL_RUNNING) | IN(PROTOCOL_RESHARING))

struct job_row {
    enum node_status status;
    enum condition migration_active;
    unsigned phases;
    enum onboarding_job job;
    enum onboarding_situation situation;
};

/* The first row that fits decides; for every status there is one that always fits. While a key is being
 * generated the keyset is not final, and nothing of it is moved into the stored set. */
static const struct job_row job_rows[] = {
    {NODE_INACTIVE, ANY, ANY_PHASE, ONBOARDING_JOB_WAIT, SITUATION_NOT_A_PARTICIPANT},
    {NODE_ACTIVE, ANY, KEYS_WHOLE, ONBOARDING_JOB_STORE, SITUATION_ACTIVE},
    {NODE_ACTIVE, ANY, ANY_PHASE, ONBOARDING_JOB_WAIT, SITUATION_ACTIVE},
    {NODE_IDLE, NO, ANY_PHASE, ONBOARDING_JOB_WAIT, SITUATION_NO_MIGRATION},
    {NODE_IDLE, YES, IN(PROTOCOL_RUNNING), ONBOARDING_JOB_ONBOARD, SITUATION_ONBOARDING},
    {NODE_IDLE, YES, ANY_PHASE, ONBOARDING_JOB_WAIT, SITUATION_PAUSED},
};

static const struct job_row stale_row = {.job = ONBOARDING_JOB_WAIT, .situation = SITUATION_VIEW_STALE};

static bool job_row_fits(const struct job_row *row, const struct onboarding_view *view)
{
    return row->status == view->status && (row->phases & IN(view->phase)) &&
           (row->migration_active == ANY || (row->migration_active == YES) == view->migration_active);
}

static const struct job_row *job_of(const struct onboarding_view *view)
{
    const struct job_row *row = job_rows;
    if (!view->fresh)
        return &stale_row;
    while (!job_row_fits(row, view))
        row++;
    return row;
}

/* Where a job begins. */
static const struct {
    enum onboarding_stage stage;
    unsigned actions;
} job_begins[] = {
    [ONBOARDING_JOB_WAIT] = {STAGE_WAIT, 0},
    [ONBOARDING_JOB_STORE] = {STAGE_STORING, ACTION_IMPORT},
    [ONBOARDING_JOB_ONBOARD] = {STAGE_IMPORTING, ACTION_IMPORT},
};

/* --- stage x event -> next stage, actions, timer (wire.md 8.4) --- */

enum wait { WAIT_NOTHING, WAIT_OBSERVE, WAIT_BACKOFF, WAIT_RECHECK };

struct stage_row {
    enum onboarding_stage stage;
    enum onboarding_event_kind event;
    enum onboarding_stage next;
    unsigned actions;
    enum wait wait;
};

/* EVENT_VIEW is not here: it chooses the job. What has no row changes nothing. AWAIT_SHARES looks again by
 * itself because shares can also come from `keyshares import` or from the Rust node beside us. */
static const struct stage_row stage_rows[] = {
    {STAGE_STORING, EVENT_SHARES_HELD, STAGE_ACTIVE, 0, WAIT_NOTHING},
    {STAGE_STORING, EVENT_SHARES_MISSING, STAGE_ACTIVE, 0, WAIT_NOTHING},
    {STAGE_STORING, EVENT_STORE_FAILED, STAGE_STORING, 0, WAIT_RECHECK},
    {STAGE_STORING, EVENT_TIMER, STAGE_STORING, ACTION_IMPORT, WAIT_NOTHING},
    {STAGE_STORING, EVENT_STAGED, STAGE_STORING, ACTION_IMPORT, WAIT_NOTHING},
    {STAGE_ACTIVE, EVENT_STAGED, STAGE_STORING, ACTION_IMPORT, WAIT_NOTHING},

    {STAGE_IMPORTING, EVENT_SHARES_HELD, STAGE_CONCLUDING, ACTION_CONCLUDE, WAIT_NOTHING},
    {STAGE_IMPORTING, EVENT_SHARES_MISSING, STAGE_AWAIT_SHARES, 0, WAIT_RECHECK},
    {STAGE_IMPORTING, EVENT_STORE_FAILED, STAGE_IMPORTING, 0, WAIT_RECHECK},
    {STAGE_IMPORTING, EVENT_TIMER, STAGE_IMPORTING, ACTION_IMPORT, WAIT_NOTHING},
    {STAGE_IMPORTING, EVENT_STAGED, STAGE_IMPORTING, ACTION_IMPORT, WAIT_NOTHING},
    {STAGE_AWAIT_SHARES, EVENT_STAGED, STAGE_IMPORTING, ACTION_IMPORT, WAIT_NOTHING},
    {STAGE_AWAIT_SHARES, EVENT_TIMER, STAGE_IMPORTING, ACTION_IMPORT, WAIT_NOTHING},

    {STAGE_CONCLUDING, EVENT_TRIED, STAGE_OBSERVING, 0, WAIT_OBSERVE},
    {STAGE_CONCLUDING, EVENT_BLOCKED, STAGE_BLOCKED, 0, WAIT_RECHECK},
    {STAGE_OBSERVING, EVENT_TIMER, STAGE_BACKOFF, 0, WAIT_BACKOFF},
    {STAGE_BACKOFF, EVENT_TIMER, STAGE_CONCLUDING, ACTION_CONCLUDE, WAIT_NOTHING},
    {STAGE_BLOCKED, EVENT_TIMER, STAGE_CONCLUDING, ACTION_CONCLUDE, WAIT_NOTHING},
};

static const struct stage_row *stage_row_of(enum onboarding_stage stage, enum onboarding_event_kind event)
{
    for (size_t i = 0; i < ARRAY_LEN(stage_rows); i++)
        if (stage_rows[i].stage == stage && stage_rows[i].event == event)
            return &stage_rows[i];
    return NULL;
}

/* 2, 4, 8, 16, 32, ... seconds, and then the longest (wire.md 8.4). */
static uint64_t backoff_ms(unsigned times, uint64_t most_ms)
{
    uint64_t wait_ms = ONBOARDING_BACKOFF_MIN_MS;
    for (unsigned i = 1; i < times && wait_ms < most_ms; i++)
        wait_ms *= 2;
    return wait_ms < most_ms ? wait_ms : most_ms;
}

static void set_timer(struct onboarding *machine, enum wait wait, uint64_t now_ms)
{
    machine->rechecks = wait == WAIT_RECHECK ? machine->rechecks + 1 : machine->rechecks;
    const uint64_t waits_ms[] = {
        [WAIT_NOTHING] = 0,
        [WAIT_OBSERVE] = ONBOARDING_OBSERVE_MS,
        [WAIT_BACKOFF] = backoff_ms(machine->rounds, ONBOARDING_BACKOFF_MAX_MS),
        [WAIT_RECHECK] = backoff_ms(machine->rechecks, ONBOARDING_RECHECK_MS),
    };
    machine->timer_set = wait != WAIT_NOTHING;
    machine->wake_at_ms = now_ms + waits_ms[wait];
}

/* A fresh view: what is bound to another record or keyset is obsolete. */
static unsigned take_binding(struct onboarding *machine, const struct onboarding_view *view)
{
    bool same =
        machine->view.fresh && memcmp(machine->view.binding, view->binding, sizeof view->binding) == 0;
    unsigned actions = same ? 0 : ACTION_RETIRE;
    /* Success is what the views say at final (near-rpc.md E.6): the record is gone and our key is listed. */
    if (!same && machine->rounds > 0 && view->status == NODE_ACTIVE && !view->migration_active)
        actions |= ACTION_CONCLUDED;
    if (!same)
        machine->rounds = 0;
    machine->view = *view;
    return actions;
}

static unsigned take_view(struct onboarding *machine, const struct onboarding_view *view)
{
    const struct job_row *row = job_of(view);
    unsigned actions = view->fresh ? take_binding(machine, view) : 0;
    bool restarts = machine->stage == STAGE_START || row->job != machine->job ||
                    (row->job == ONBOARDING_JOB_ONBOARD && (actions & ACTION_RETIRE));
    machine->situation = row->situation;
    machine->job = row->job;
    if (!restarts)
        return actions;
    machine->stage = job_begins[row->job].stage;
    machine->timer_set = false;
    machine->rechecks = 0;
    return actions | job_begins[row->job].actions;
}

unsigned onboarding_step(struct onboarding *machine, const struct onboarding_event *event, uint64_t now_ms)
{
    if (event->kind == EVENT_VIEW)
        return take_view(machine, &event->view);
    if (event->kind == EVENT_TIMER && onboarding_due_ms(machine, now_ms) != 0)
        return 0;
    const struct stage_row *row = stage_row_of(machine->stage, event->kind);
    if (!row)
        return 0;
    if (event->kind == EVENT_TRIED)
        machine->rounds++;
    if (event->kind == EVENT_TRIED || event->kind == EVENT_STAGED)
        machine->rechecks = 0;
    machine->stage = row->next;
    set_timer(machine, row->wait, now_ms);
    return row->actions;
}

uint64_t onboarding_due_ms(const struct onboarding *machine, uint64_t now_ms)
{
    if (!machine->timer_set)
        return ONBOARDING_NEVER;
    return machine->wake_at_ms > now_ms ? machine->wake_at_ms - now_ms : 0;
}

/* --- reading the views --- */

/* Account in the set with our key: active; with another key: idle; not in the set: inactive (wire.md 8.2). */
static enum node_status status_of(const struct protocol_view *protocol, const struct account_id *account_id,
                                  const struct ed25519_public_key *p2p_key)
{
    const struct participant *participant = protocol_view_participant(protocol, account_id);
    if (!participant)
        return NODE_INACTIVE;
    return ed25519_public_key_equal(&participant->tls_public_key, p2p_key) ? NODE_ACTIVE : NODE_IDLE;
}

static result_t binding_of(const struct migration_entry *entry, const struct keyset *keyset,
                           uint8_t out[SHA256_LEN])
{
    CLEANUP(bytes_free) struct bytes text = {0};
    const struct destination_node *destination = &entry->destination;
    TRY(bytes_append_text(&text, entry->account_id.text));
    TRY(bytes_append_u8(&text, 0));
    TRY(bytes_append(&text, destination->signer_account_pk.bytes, ED25519_KEY_LEN));
    TRY(bytes_append(&text, destination->tls_public_key.bytes, ED25519_KEY_LEN));
    TRY(bytes_append_text(&text, destination->url));
    TRY(bytes_append_u8(&text, 0));
    TRY(keyset_write(keyset, &text));
    sha256(text.data, text.len, out);
    return OUTCOME_OK;
}

result_t onboarding_view_of(const struct protocol_view *protocol, const struct migration_view *migrations,
                            const struct account_id *account_id, const struct ed25519_public_key *p2p_key,
                            bool fresh, struct onboarding_view *out)
{
    const struct migration_entry *entry = migration_view_find(migrations, account_id);
    *out = (struct onboarding_view){
        .fresh = fresh,
        .status = status_of(protocol, account_id, p2p_key),
        .migration_active = entry && entry->has_destination &&
                            ed25519_public_key_equal(&entry->destination.tls_public_key, p2p_key),
        .phase = protocol->phase,
    };
    if (!out->migration_active)
        return OUTCOME_OK;
    return binding_of(entry, &protocol->keyset, out->binding);
}

/* --- words --- */

static const struct {
    const char *name;
    const char *text; /* what it is and what to do next */
} situations[] = {
    [SITUATION_NO_VIEW] = {"no_view", "the contract has not been read yet; check the NEAR RPC if this lasts"},
    [SITUATION_VIEW_STALE] = {"view_stale",
                              "the view of the contract is too old to act on; check the NEAR RPC"},
    [SITUATION_NOT_A_PARTICIPANT] =
        {"not_a_participant",
         "the account is not in the contract's participant set; check --account-id, or wait until it is"},
    [SITUATION_ACTIVE] = {"active", "the contract names this node for the account; nothing to do"},
    [SITUATION_NO_MIGRATION] = {"no_migration",
                                "the contract names another node and no migration to this one is "
                                "started; call start_node_migration with this node's keys to start it"},
    [SITUATION_PAUSED] =
        {"paused", "a migration to this node is recorded, but the contract is not Running; it goes on, "
                   "or has to be started again, when Running is back"},
    [SITUATION_ONBOARDING] = {"onboarding", "a migration to this node is under way"},
};

static const struct {
    const char *name;
    const char *text; /* what to do next; NULL: what the situation says */
} stages[STAGE_COUNT] = {
    [STAGE_START] = {"start", NULL},
    [STAGE_WAIT] = {"wait", NULL},
    [STAGE_STORING] = {"storing", "key shares are being stored; see the store error if this lasts"},
    [STAGE_ACTIVE] = {"active", NULL},
    [STAGE_IMPORTING] = {"importing", "key shares are being stored; see the store error if this lasts"},
    [STAGE_AWAIT_SHARES] =
        {"await_shares",
         "send the key shares of the contract's keyset with put-keyshares; see the store error "
         "where some were refused"},
    [STAGE_CONCLUDING] = {"concluding", "the key shares are stored; conclude_node_migration is being sent"},
    [STAGE_OBSERVING] = {"observing",
                         "conclude_node_migration was sent; waiting for the contract to show it"},
    [STAGE_BACKOFF] = {"backoff",
                       "conclude_node_migration has not shown in the contract; it will be tried again, and "
                       "the conclude's error says why where that is known"},
    [STAGE_BLOCKED] = {"blocked",
                       "conclude_node_migration would be refused; remove what blocks it, as the status says"},
};

static const char *const events[EVENT_COUNT] = {
    [EVENT_VIEW] = "view",
    [EVENT_STAGED] = "staged",
    [EVENT_SHARES_HELD] = "shares_held",
    [EVENT_SHARES_MISSING] = "shares_missing",
    [EVENT_STORE_FAILED] = "store_failed",
    [EVENT_TRIED] = "tried",
    [EVENT_BLOCKED] = "blocked",
    [EVENT_TIMER] = "timer",
};

static const char *const statuses[] = {
    [NODE_INACTIVE] = "inactive", [NODE_IDLE] = "idle", [NODE_ACTIVE] = "active"};
static const char *const jobs[] = {"wait", "store", "onboard"};
static const char *const conditions[] = {[NO] = "no", [YES] = "yes", [ANY] = "any"};
static const char *const waits[] = {
    [WAIT_NOTHING] = "", [WAIT_OBSERVE] = "observe", [WAIT_BACKOFF] = "back off", [WAIT_RECHECK] = "recheck"};

const char *onboarding_stage_name(enum onboarding_stage stage)
{
    return stages[stage].name;
}

const char *onboarding_stage_text(enum onboarding_stage stage)
{
    return stages[stage].text;
}

const char *onboarding_situation_name(enum onboarding_situation situation)
{
    return situations[situation].name;
}

const char *onboarding_situation_text(enum onboarding_situation situation)
{
    return situations[situation].text;
}

const char *node_status_name(enum node_status status)
{
    return statuses[status];
}

static result_t print_phases(unsigned phases, struct bytes *out)
{
    if (phases == ANY_PHASE)
        return bytes_append_text(out, " any");
    for (unsigned phase = 0; phase <= PROTOCOL_RESHARING; phase++)
        if (phases & IN(phase))
            TRY(bytes_append_format(out, " %s", protocol_phase_name((enum protocol_phase)phase)));
    return OUTCOME_OK;
}

static result_t print_job_row(const struct job_row *row, struct bytes *out)
{
    TRY(bytes_append_format(out, "| %s | %s |", statuses[row->status], conditions[row->migration_active]));
    TRY(print_phases(row->phases, out));
    return bytes_append_format(out, " | %s | %s |\n", jobs[row->job], situations[row->situation].name);
}

static result_t print_stage_row(const struct stage_row *row, struct bytes *out)
{
    return bytes_append_format(out, "| %s | %s | %s | %s%s | %s |\n", stages[row->stage].name,
                               events[row->event], stages[row->next].name,
                               row->actions & ACTION_IMPORT ? "import" : "",
                               row->actions & ACTION_CONCLUDE ? "conclude" : "", waits[row->wait]);
}

result_t onboarding_print_tables(struct bytes *out)
{
    TRY(bytes_append_text(
        out, "| status | migration active | phase | job | situation |\n|---|---|---|---|---|\n"));
    for (size_t i = 0; i < ARRAY_LEN(job_rows); i++)
        TRY(print_job_row(&job_rows[i], out));
    TRY(bytes_append_text(out, "\n| stage | event | next | action | timer |\n|---|---|---|---|---|\n"));
    for (size_t i = 0; i < ARRAY_LEN(stage_rows); i++)
        TRY(print_stage_row(&stage_rows[i], out));
    return OUTCOME_OK;
}
