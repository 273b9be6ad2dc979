#include "tests/system/simulation/world.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "node/conclude_rules.h"
#include "tests/system/simulation/must.h"

/* So many blocks come within the age that a view may have, while nothing happens on the chain. */
#define IDLE_BLOCKS 2

void world_trace(struct simulated *world, const char *who, const char *format, ...)
{
    char what[TRACE_LINE_MAX];
    va_list list;
    va_start(list, format);
    vsnprintf(what, sizeof what, format, list);
    va_end(list);
    trace_line(&world->trace, world->schedule.now_ms, who, "%s", what);
}

void world_fail(struct simulated *world, const char *invariant, const char *format, ...)
{
    char what[WORLD_FAILURE_MAX / 2];
    va_list list;
    if (world->failed)
        return;
    va_start(list, format);
    vsnprintf(what, sizeof what, format, list);
    va_end(list);
    world->failed = true;
    world->schedule.stopped = true;
    snprintf(world->failure, sizeof world->failure, "broken: %s: %s", invariant, what);
    world_trace(world, "ledger", "%s", world->failure);
}

struct node *world_node(struct simulated *world, size_t account, size_t machine)
{
    return &world->nodes[account * CAST_NODES + machine];
}

static void on_leaving(void *context, size_t node, const void *signed_tx, size_t len)
{
    struct simulated *world = context;
    ledger_sent(world, &world->nodes[node], signed_tx, len);
}

static void after_event(void *context)
{
    struct simulated *world = context;
    if (!world->failed)
        ledger_check(world);
}

/* ---- who is told of the contract's calls ---- */

static void on_receipts(struct chain_listener *listener, uint64_t height, uint64_t time_s)
{
    (void)listener, (void)height, (void)time_s;
}

static void on_called(struct chain_listener *listener, const struct model_context *context,
                      const char *method, const void *args, size_t args_len,
                      const struct model_outcome *outcome)
{
    struct simulated *world = (struct simulated *)((char *)listener - offsetof(struct simulated, listener));
    (void)args, (void)args_len;
    if (strcmp(method, CONCLUDE_METHOD) != 0)
        return;
    world->concluded += outcome->kind == MODEL_OK ? 1 : 0;
    world_trace(world, "contract", "conclude by %s: %s", context->signer.text,
                outcome->kind == MODEL_OK ? "done" : outcome->error);
}

static void on_settled(struct chain_listener *listener, bool stands)
{
    (void)listener, (void)stands;
}

/* ---- beginning and end ---- */

static void open_chain(struct simulated *world)
{
    const struct chain_side_start start = {.profile = world->plan.profile,
                                           .domains = world->plan.domains,
                                           .missing_keys = world->plan.missing_keys,
                                           .idle_block_ms = world->plan.max_view_age_ms / IDLE_BLOCKS};
    chain_side_open(&world->chain, &world->schedule, &start);
    world->listener =
        (struct chain_listener){.receipts_run = on_receipts, .called = on_called, .settled = on_settled};
    world->chain.chain.listener = &world->listener;
    world->rpc = (struct rpc_world){.chain = &world->chain,
                                    .schedule = &world->schedule,
                                    .dice = &world->dice,
                                    .faults = &world->faults,
                                    .trace = &world->trace,
                                    .leaves = on_leaving,
                                    .context = world};
    for (size_t i = 0; i < world->plan.sources; i++)
        source_init(&world->sources[i], &world->rpc, i);
    world->sources[world->plan.sources - 1].flatters = world->plan.flattered;
}

static const char *lmdb_dir_of(struct simulated *world, size_t node)
{
    char *dir = world->lmdb_dirs[node];
    if (!world->plan.lmdb_dir)
        return NULL;
    snprintf(dir, WORLD_DIR_MAX, "%s/%zu", world->plan.lmdb_dir, node);
    must_be(mkdir(dir, 0700) == 0);
    return dir;
}

/* Node 0 of an account has the shares from the beginning. */
static void open_account(struct simulated *world, size_t account)
{
    const struct keyset *keyset = &chain_side_head_truth(&world->chain)->protocol.keyset;
    for (size_t i = 0; i < world->plan.machines; i++) {
        struct node *node = world_node(world, account, i);
        size_t number = account * CAST_NODES + i;
        node->sabotage = world->plan.node_sabotage;
        node->disk.sabotage = world->plan.disk_sabotage;
        node_open(node, world, number, lmdb_dir_of(world, number));
        node_start(node);
    }
    must_be(node_import(world_node(world, account, 0), keyset) || world->plan.node_sabotage ||
            world->plan.disk_sabotage);
    service_open(&world->services[account], world, account);
    service_work(&world->services[account], world->plan.clients);
}

void world_open(struct simulated *world, const struct world_plan *plan)
{
    memset(world, 0, sizeof *world);
    world->plan = *plan;
    world->dice = dice_of(plan->seed);
    world->trace = (struct trace){.out = plan->trace, .digest = TRACE_DIGEST_START};
    world->schedule.after = after_event;
    world->schedule.after_context = world;
    open_chain(world);
    world->faults.over = true;
    for (size_t i = 0; i < plan->accounts; i++)
        open_account(world, i);
    faults_roll(&world->faults, &world->dice);
    world->faults.over = plan->calm;
}

void world_close(struct simulated *world)
{
    for (size_t i = 0; i < WORLD_NODES; i++)
        node_close(&world->nodes[i]);
    for (size_t i = 0; i < world->plan.accounts; i++)
        service_close(&world->services[i]);
    for (size_t i = 0; i < EXCHANGES_MAX; i++)
        exchange_clear(&world->exchanges[i]);
    for (size_t i = 0; i < world->plan.sources; i++)
        source_free(&world->sources[i]);
    ledger_free(&world->ledger);
    chain_side_close(&world->chain);
}

void world_run(struct simulated *world, uint64_t ms)
{
    schedule_pass(&world->schedule, ms);
}

void world_heal(struct simulated *world)
{
    world->faults.over = true;
    for (size_t i = 0; i < world->plan.sources; i++)
        source_heal(&world->sources[i]);
    world->awake = true;
    for (size_t i = 0; i < world->plan.accounts; i++)
        service_work(&world->services[i], world->plan.clients);
    for (size_t i = 0; i < WORLD_NODES; i++) {
        world->nodes[i].skew_ms = 0;
        if (world->nodes[i].up && !world->nodes[i].busy)
            node_poll(&world->nodes[i]);
    }
}
