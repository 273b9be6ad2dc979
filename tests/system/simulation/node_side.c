#include "tests/system/simulation/node_side.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "node/chain_rules.h"
#include "node/panel.h"
#include "tests/system/simulation/must.h"
#include "tests/system/simulation/world.h"

#define RESTART_MS_MIN 500
#define RESTART_MS_MAX 600000
#define CLEAR_AWAY_MS  100
/* Who waits for an answer has to wait for the end of whatever others began meanwhile: not too much of it. */
#define DEPTH_MAX  2
#define PUT_OFF_MS 50
/* A node that dozes wakes up so many poll intervals before something happens. */
#define DOZE_MARGIN 1
/* And where the polls fail again and again, after so many. */
#define DOZE_FAILURES 6

static const char *name_of(const struct node *node)
{
    return node->cast->name;
}

/* ---- time ---- */

struct chain_now node_now(struct node *node)
{
    int64_t wall_ms = (int64_t)chain_side_now_ms(&node->world->chain) + node->skew_ms;
    return (struct chain_now){.wall_ms = (uint64_t)wall_ms,
                              .mono_ms = 1000000 + node->world->schedule.now_ms};
}

static struct chain_now read_clock(void *context)
{
    return node_now(context);
}

/* The event is for a process that lives. */
static bool is_mine(const struct node *node, uint64_t incarnation)
{
    return node->up && node->incarnation == incarnation;
}

/* ---- onboarding ---- */

static void on_alarm(void *context, uint64_t alarm);

/* It looks again and again for what only others can change. */
static bool waits_for_others(const struct process *process)
{
    enum onboarding_stage stage = process->runner.machine.stage;
    return stage == STAGE_AWAIT_SHARES || stage == STAGE_BLOCKED;
}

/* Wake up when the runner wants to, but while it dozes not for what has no news then. */
static void set_alarm(struct node *node)
{
    struct process *process = &node->process;
    uint64_t wait_ms = onboarding_runner_wait_ms(&process->runner);
    uint64_t due_ms = onboarding_due_ms(&process->runner.machine, node_now(node).mono_ms);
    node->alarm++;
    if (process->dozing)
        wait_ms = waits_for_others(process) ? ONBOARDING_NEVER : due_ms;
    if (wait_ms == ONBOARDING_NEVER)
        return;
    if (due_ms <= wait_ms && !waits_for_others(process))
        schedule_add(&node->world->schedule, wait_ms, on_alarm, node, node->alarm);
    else
        schedule_add_routine(&node->world->schedule, wait_ms, on_alarm, node, node->alarm);
}

static void step_once(struct node *node)
{
    struct process *process = &node->process;
    bool staged = process->staged;
    process->staged = false;
    process->step_again = false;
    onboarding_runner_step(&process->runner, staged);
}

static void tell_stage(struct node *node, enum onboarding_stage before)
{
    const struct onboarding_status *status = &node->process.runner.status;
    if (status->stage != before)
        world_trace(node->world, name_of(node), "is at %s, %s", onboarding_stage_name(status->stage),
                    onboarding_situation_name(status->situation));
}

static void step(struct node *node)
{
    struct process *process = &node->process;
    uint64_t incarnation = node->incarnation;
    enum onboarding_stage before = process->runner.status.stage;
    node->busy++;
    process->stepping = true;
    node->disk.importing = true;
    do
        step_once(node);
    while (is_mine(node, incarnation) && process->step_again);
    node->disk.importing = false;
    process->stepping = false;
    node->busy--;
    if (!is_mine(node, incarnation))
        return;
    tell_stage(node, before);
    ledger_viewed(node->world, node);
    set_alarm(node);
}

void node_wake(struct node *node)
{
    if (!node->up || !node->has_process || node->sabotage == NODE_NEVER_STEPS)
        return;
    if (node->process.stepping)
        node->process.step_again = true;
    else
        step(node);
}

static void on_alarm(void *context, uint64_t alarm)
{
    struct node *node = context;
    if (node->up && node->alarm == alarm)
        node_wake(node);
}

static void on_staged(void *context)
{
    struct node *node = context;
    node->process.staged = true;
}

/* ---- the poll ---- */

static void on_poll(void *context, uint64_t turn);

/* What it polled last is how the chain still is; or it does not get to see anything. */
static bool may_doze(struct node *node)
{
    struct simulated *world = node->world;
    const struct chain_poll *poll = &node->process.poll;
    const struct blocks *blocks = &world->chain.chain.blocks;
    if (world->awake || !chain_side_settled(&world->chain))
        return false;
    if (poll->status.failures > 0)
        return poll->status.failures >= DOZE_FAILURES;
    const struct block *seen = blocks_by_hash(blocks, poll->current->block_hash);
    return seen && seen->world == blocks_head(blocks)->world;
}

/* Where nothing but polls would happen for long, all of them but the last are left out. */
static void plan_poll(struct node *node, uint64_t delay_ms)
{
    struct simulated *world = node->world;
    uint64_t margin_ms = DOZE_MARGIN * world->plan.poll_interval_ms;
    uint64_t quiet_ms = schedule_quiet_ms(&world->schedule);
    bool dozes = may_doze(node) && quiet_ms != SCHEDULE_NEVER && quiet_ms > delay_ms + margin_ms;
    node->process.dozing = dozes && node->process.poll.status.failures == 0;
    if (dozes)
        delay_ms = quiet_ms - margin_ms;
    set_alarm(node);
    schedule_add_routine(&world->schedule, delay_ms, on_poll, node, ++node->turn);
}

static void on_poll(void *context, uint64_t turn)
{
    struct node *node = context;
    struct process *process = &node->process;
    uint64_t incarnation = node->incarnation;
    if (!node->up || !node->has_process || node->turn != turn)
        return;
    if (node->world->schedule.depth > DEPTH_MAX) {
        schedule_add_routine(&node->world->schedule, PUT_OFF_MS, on_poll, node, turn);
        return;
    }
    process->dozing = false;
    node->busy++;
    result_t result = chain_poll_once(&process->poll);
    node->busy--;
    if (!is_mine(node, incarnation))
        return;
    const struct chain_snapshot *snapshot = process->poll.current;
    world_trace(node->world, name_of(node), "polls: %s, at %" PRIu64, outcome_of(result)->name,
                snapshot ? snapshot->height : 0);
    node_wake(node);
    if (!is_mine(node, incarnation))
        return;
    uint32_t random = (uint32_t)dice_next(&node->world->dice);
    plan_poll(node, chain_rules_delay_ms(node->world->plan.poll_interval_ms, process->poll.status.failures,
                                         random));
}

void node_poll(struct node *node)
{
    schedule_add_routine(&node->world->schedule, 0, on_poll, node, ++node->turn);
}

/* ---- the process ---- */

static result_t some_bytes(void *out, size_t len)
{
    memset(out, 0x5a, len);
    return OUTCOME_OK;
}

static void open_workers(struct node *node)
{
    const struct answer_options options = {
        .account_id = &cast()->accounts[node->account].id,
        .cell = &node->process.cell,
        .max_view_age_ms = node->world->plan.max_view_age_ms,
        .clock = {read_clock, node},
        .store = node->process.store,
        .seal_key = &node->cast->seal_key,
        .p2p_key = &node->cast->p2p,
        .random = some_bytes,
        .staged = on_staged,
        .staged_context = node,
    };
    for (size_t i = 0; i < NODE_WORKERS; i++)
        answerer_init(&node->process.workers[i], &options);
}

enum panel_user { OF_POLL, OF_ONBOARDING, PANEL_USERS };

static void open_panels(struct node *node)
{
    struct simulated *world = node->world;
    struct process *process = &node->process;
    struct rpc *rpcs[SOURCES_MAX];
    for (size_t user = 0; user < PANEL_USERS; user++) {
        for (size_t i = 0; i < world->plan.sources; i++) {
            line_open(&process->lines[user][i], &world->sources[i], node->number, name_of(node));
            rpcs[i] = &process->lines[user][i].base;
        }
        must(panel_open(rpcs, world->plan.sources, false, &process->panels[user], NULL));
    }
}

static void open_poll(struct node *node)
{
    struct simulated *world = node->world;
    struct process *process = &node->process;
    const struct chain_poll_options options = {
        .contract_id = &cast()->contract_id,
        .panel = process->panels[OF_POLL],
        .cell = &process->cell,
        .poll_interval_ms = world->plan.poll_interval_ms,
        .max_view_age_ms = world->plan.max_view_age_ms,
        .clock = {read_clock, node},
    };
    chain_poll_init(&process->poll, &options);
}

static void open_runner(struct node *node)
{
    struct simulated *world = node->world;
    struct process *process = &node->process;
    const struct onboarding_runner_options options = {
        .account_id = &cast()->accounts[node->account].id,
        .contract_id = &cast()->contract_id,
        .p2p_key = &node->cast->p2p.public_key,
        .signer = &node->cast->signer,
        .store = process->store,
        .cell = &process->cell,
        .panel = process->panels[OF_ONBOARDING],
        .max_view_age_ms = world->plan.max_view_age_ms,
        .clock = {read_clock, node},
    };
    onboarding_runner_init(&process->runner, &options, NULL, NULL);
}

static result_t open_store(struct records *records, enum store_access access, struct store **out)
{
    const struct store_options options = {
        .kind = STORE_LMDB, .key = &cast()->store_key, .access = access, .records = records};
    return store_open(&options, out, NULL);
}

static void on_start(void *context, uint64_t incarnation);

static void start_again(struct node *node, uint64_t delay_ms)
{
    schedule_add(&node->world->schedule, delay_ms, on_start, node, node->incarnation);
}

/* After a crash, once nothing of the process is on the stack any more. */
static void clear_away(struct node *node)
{
    struct process *process = &node->process;
    if (!node->has_process)
        return;
    for (size_t i = 0; i < NODE_WORKERS; i++)
        answerer_free(&process->workers[i]);
    onboarding_runner_free(&process->runner);
    chain_poll_free(&process->poll);
    for (size_t user = 0; user < PANEL_USERS; user++)
        panel_close(process->panels[user]);
    snapshot_cell_free(&process->cell);
    store_close(process->store);
    *process = (struct process){0};
    node->has_process = false;
}

void node_start(struct node *node)
{
    clear_away(node);
    disk_restart(&node->disk);
    node->incarnation++;
    node->up = true;
    uint64_t incarnation = node->incarnation;
    struct store *store = NULL;
    node->busy++;
    result_t result = open_store(&node->disk.base, STORE_READ_WRITE, &store);
    node->busy--;
    if (!is_mine(node, incarnation)) {
        store_close(store);
        return;
    }
    if (result != OUTCOME_OK) {
        world_trace(node->world, name_of(node), "does not start: %s", outcome_of(result)->name);
        node->up = false;
        start_again(node, RESTART_MS_MIN);
        return;
    }
    node->process.store = store;
    snapshot_cell_init(&node->process.cell);
    open_workers(node);
    open_panels(node);
    open_poll(node);
    open_runner(node);
    node->has_process = true;
    world_trace(node->world, name_of(node), "starts");
    node_poll(node);
}

static void on_start(void *context, uint64_t incarnation)
{
    struct node *node = context;
    if (node->up || node->incarnation != incarnation)
        return;
    if (node->busy > 0)
        start_again(node, CLEAR_AWAY_MS);
    else
        node_start(node);
}

void node_crash(struct node *node, const char *why)
{
    struct process *process = &node->process;
    if (!node->up)
        return;
    node->up = false;
    node->incarnation++;
    node->turn++;
    node->alarm++;
    node->world->crashes++;
    disk_crash(&node->disk);
    for (size_t i = 0; i < SOURCES_MAX; i++)
        process->lines[OF_POLL][i].aborted = process->lines[OF_ONBOARDING][i].aborted = true;
    world_trace(node->world, name_of(node), "crashes: %s", why);
    uint64_t delay_ms = dice_between(&node->world->dice, RESTART_MS_MIN, RESTART_MS_MAX);
    start_again(node, delay_ms);
}

static void on_disk_crash(void *context)
{
    node_crash(context, "at a commit");
}

void node_open(struct node *node, struct simulated *world, size_t number, const char *lmdb_dir)
{
    node->world = world;
    node->number = number;
    node->account = number / CAST_NODES;
    node->cast = &cast()->accounts[node->account].nodes[number % CAST_NODES];
    node->exists = true;
    node->disk.schedule = &world->schedule;
    node->disk.dice = &world->dice;
    node->disk.faults = &world->faults;
    node->disk.crashed = on_disk_crash;
    node->disk.context = node;
    disk_open(&node->disk, lmdb_dir);
    must(open_store(&node->disk.durable, STORE_READ_ONLY, &node->durable));
}

void node_close(struct node *node)
{
    if (!node->exists)
        return;
    clear_away(node);
    store_close(node->durable);
    disk_close(&node->disk);
    node->exists = false;
}

/* ---- the endpoint ---- */

result_t node_judge(struct node *node, const uint8_t *cert, size_t cert_len, struct ed25519_public_key *out)
{
    struct answerer *worker = &node->process.workers[0];
    if (!node->process.working[0])
        answerer_refresh(worker);
    return door_judge(&worker->door, cert, cert_len, 1, out);
}

/* As a worker would that asks who comes in once, and never again. */
static result_t answer_without_recheck(struct answerer *worker, const struct route_request *request,
                                       struct route_response *out)
{
    const struct route_context context = {.snapshot = worker->snapshot,
                                          .store = worker->options.store,
                                          .seal_key = worker->options.seal_key,
                                          .p2p_key = worker->options.p2p_key};
    route(request, &context, out);
    return OUTCOME_OK;
}

bool node_answer(struct node *node, const struct ed25519_public_key *key, const struct route_request *request,
                 struct route_response *out)
{
    struct process *process = &node->process;
    uint64_t incarnation = node->incarnation;
    size_t free_worker = 0;
    *out = (struct route_response){0};
    while (free_worker < NODE_WORKERS && process->working[free_worker])
        free_worker++;
    if (free_worker == NODE_WORKERS)
        return false;
    struct answerer *worker = &process->workers[free_worker];
    process->working[free_worker] = true;
    node->busy++;
    result_t result = node->sabotage == NODE_DOES_NOT_RECHECK
                          ? answer_without_recheck(worker, request, out)
                          : answerer_answer(worker, key, request, NULL, NULL, out);
    node->busy--;
    process->working[free_worker] = false;
    if (!is_mine(node, incarnation))
        return false;
    if (result == OUTCOME_OK)
        ledger_served(node->world, node, key, out);
    return result == OUTCOME_OK;
}

/* ---- beside the process ---- */

static void drop_first(struct keyshares *shares)
{
    CLEANUP(keyshares_free) struct keyshares whole = *shares;
    *shares = (struct keyshares){0};
    for (size_t i = whole.count > 1 ? 1 : 0; i < whole.count; i++)
        must(keyshares_add(shares, &whole.items[i], keyshare_scalar(&whole, i)));
}

bool node_import(struct node *node, const struct keyset *keyset)
{
    CLEANUP(keyshares_free) struct keyshares shares = {0};
    char digest[KEYSHARES_DIGEST_TEXT_LEN];
    uint64_t incarnation = node->incarnation;
    if (!node->up || !node->has_process)
        return false;
    cast_keyshares(node->account, keyset, 0, &shares);
    must(keyshares_digest(&shares, digest));
    ledger_offer(node->world, node, keyset, digest);
    if (node->sabotage == NODE_DROPS_A_SHARE)
        drop_first(&shares);
    node->busy++;
    result_t result = store_put(node->process.store, &shares, NULL);
    node->busy--;
    if (!is_mine(node, incarnation))
        return false;
    world_trace(node->world, name_of(node), "imports epoch %" PRIu64 " of %zu: %s", keyset->epoch_id,
                keyset->count, outcome_of(result)->name);
    if (outcome_ok(result))
        ledger_promise(node->world, node, keyset, digest);
    return outcome_ok(result);
}
