#include "tests/system/simulation/life.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "tests/system/simulation/council.h"
#include "tests/system/simulation/operator.h"

#define SECOND_MS 1000u
#define MINUTE_MS 60000u
#define HOUR_MS   3600000u
#define DAY_MS    86400000u

#define ACTIONS_MIN 2
#define ACTIONS_MAX 7
/* After the last action, before everything is healed. */
#define SUNSET_MS (10 * MINUTE_MS)
/* Before the first one. */
#define SUNRISE_MS MINUTE_MS
/* A refused conclude is left alone for five minutes, a view that fails for as long as a few polls. */
#define FINISH_MS           (30 * MINUTE_MS)
#define FINISH_POLLS        30
#define ALLOWANCE_TOO_SMALL "1000"
#define OUTAGE_MS_MAX       (40 * MINUTE_MS)
#define LIE_MS_MAX          (20 * MINUTE_MS)
#define CLOCK_JUMP_MS_MAX   (2 * HOUR_MS)

static const char *who(const struct simulated *world, size_t account)
{
    (void)world;
    return cast()->accounts[account].name;
}

/* ---- what breaks ---- */

static void on_outage_begins(struct simulated *world)
{
    struct source *source = &world->sources[dice_below(&world->dice, world->plan.sources)];
    source->hangs = dice_chance(&world->dice, 300);
    uint64_t ms = dice_between(&world->dice, 10 * SECOND_MS, OUTAGE_MS_MAX);
    source->down_until_ms = world->schedule.now_ms + ms;
    world_trace(world, source->name, "is away for %" PRIu64 " s", ms / 1000);
}

static struct node *some_node(struct simulated *world)
{
    size_t account = (size_t)dice_below(&world->dice, world->plan.accounts);
    size_t machine = (size_t)dice_below(&world->dice, world->plan.machines);
    return world_node(world, account, machine);
}

static void on_clock_jump(struct simulated *world)
{
    struct node *node = some_node(world);
    uint64_t ms = dice_below(&world->dice, CLOCK_JUMP_MS_MAX);
    bool ahead = dice_chance(&world->dice, 500);
    node->skew_ms = ahead ? (int64_t)ms : -(int64_t)ms;
    world_trace(world, node->cast->name, "has a clock that is %" PRId64 " ms off", node->skew_ms);
}

static void on_crash(struct simulated *world)
{
    struct node *node = some_node(world);
    node_crash(node, "out of the blue");
}

static void on_truth_again(void *context, uint64_t argument)
{
    (void)argument;
    ((struct source *)context)->lies = false;
}

/* With three sources one may lie, and nobody is to notice; fewer cannot outvote it. */
static void on_lie(struct simulated *world)
{
    struct source *source = &world->sources[world->plan.sources - 1];
    if (world->plan.sources < 3)
        return;
    source->lies = true;
    uint64_t ms = dice_below(&world->dice, LIE_MS_MAX);
    schedule_add(&world->schedule, ms, on_truth_again, source, 0);
    world_trace(world, source->name, "lies for %" PRIu64 " s", ms / 1000);
}

static void on_trouble(void *context, uint64_t argument)
{
    static const struct {
        enum fault fault;
        void (*begins)(struct simulated *world);
    } troubles[] = {
        {FAULT_RPC_OUTAGE, on_outage_begins},
        {FAULT_RPC_LIAR, on_lie},
        {FAULT_CRASH, on_crash},
        {FAULT_CLOCK_JUMP, on_clock_jump},
    };
    struct simulated *world = context;
    (void)argument;
    for (size_t i = 0; i < ARRAY_LEN(troubles); i++)
        if (faults_strike(&world->faults, &world->dice, troubles[i].fault))
            troubles[i].begins(world);
}

/* ---- what the members do ---- */

static void on_share(void *context, uint64_t account);

/* Who took part in making new shares has them, sooner or later, in its store. */
static void share_out(struct simulated *world)
{
    for (size_t i = 0; i < world->plan.accounts; i++) {
        uint64_t delay_ms = dice_below(&world->dice, MINUTE_MS);
        schedule_add(&world->schedule, delay_ms, on_share, world, i);
    }
}

/* The listed node's own shares of the present keyset. True: it has them, or nobody is listed. */
static bool share_with(struct simulated *world, size_t account)
{
    CLEANUP(keyset_free) struct keyset keyset = {0};
    CLEANUP(bytes_free) struct bytes text = {0};
    size_t machine = operator_listed(&world->chain, account);
    const struct truth *truth = chain_side_head_truth(&world->chain);
    if (machine == CAST_NODES || truth->protocol.phase != PROTOCOL_RUNNING ||
        service_copy(&world->services[account], &truth->protocol.keyset))
        return true;
    /* The contract may move on while the store is slow. */
    return keyset_write(&truth->protocol.keyset, &text) == OUTCOME_OK &&
           keyset_parse((const char *)text.data, text.len, &keyset, NULL) == OUTCOME_OK &&
           node_import(world_node(world, account, machine), &keyset);
}

static void on_share(void *context, uint64_t account)
{
    struct simulated *world = context;
    if (share_with(world, (size_t)account))
        return;
    uint64_t delay_ms = dice_between(&world->dice, SECOND_MS, MINUTE_MS);
    schedule_add(&world->schedule, delay_ms, on_share, world, account);
}

static void on_council(void *context, uint64_t argument)
{
    struct simulated *world = context;
    uint64_t mood = dice_below(&world->dice, 100);
    (void)argument;
    if (mood < 6)
        council_cancel(&world->chain);
    else if (mood < 94)
        (void)council_vote(&world->chain);
    const struct protocol_view *view = &chain_side_head_truth(&world->chain)->protocol;
    world_trace(world, "council", "%s, now %s of epoch %" PRIu64, mood < 6 ? "cancels" : "votes",
                protocol_phase_name(view->phase), view->keyset.epoch_id);
    if (view->phase == PROTOCOL_RUNNING) {
        share_out(world);
        return;
    }
    uint64_t delay_ms = mood < 97 ? dice_between(&world->dice, SECOND_MS, MINUTE_MS) : HOUR_MS;
    schedule_add(&world->schedule, delay_ms, on_council, world, 0);
}

static void begin_council(struct simulated *world, const char *what, bool begun)
{
    world_trace(world, "council", "%s: %s", what, begun ? "begins" : "not now");
    if (!begun)
        return;
    uint64_t delay_ms = dice_below(&world->dice, MINUTE_MS);
    schedule_add(&world->schedule, delay_ms, on_council, world, 0);
}

/* ---- what an operator does ---- */

/* A machine that the account may move to: not the listed one. */
static size_t other_machine(struct simulated *world, size_t account)
{
    size_t listed = operator_listed(&world->chain, account);
    size_t machine = (size_t)dice_below(&world->dice, world->plan.machines - 1);
    return machine + (machine >= listed ? 1 : 0);
}

static void act_register(struct simulated *world, size_t account)
{
    size_t key = (size_t)dice_below(&world->dice, CAST_BACKUPS);
    bool done = operator_register(&world->chain, account, key);
    if (done)
        world->services[account].key = key;
    world_trace(world, who(world, account), "registers backup key %zu: %s", key, done ? "done" : "refused");
}

static void on_attest(void *context, uint64_t node)
{
    struct simulated *world = context;
    bool done = operator_attest(&world->chain, node / CAST_NODES, node % CAST_NODES);
    world_trace(world, world->nodes[node].cast->name, "is attested: %s", done ? "done" : "refused");
}

static void on_key_added(void *context, uint64_t node)
{
    struct simulated *world = context;
    const struct cast_account *account = &cast()->accounts[node / CAST_NODES];
    const struct ed25519_public_key *key = &account->nodes[node % CAST_NODES].signer.public_key;
    if (chain_side_key(&world->chain, &account->id, key))
        chain_side_delete_key(&world->chain, account, key);
    chain_side_add_key(&world->chain, account, key, NULL, NULL);
    world_trace(world, world->nodes[node].cast->name, "has an access key");
}

/* Its attestation comes before, at once, or late, and its access key late where there is none. */
static void act_start(struct simulated *world, size_t account)
{
    size_t machine = other_machine(world, account);
    uint64_t when = dice_below(&world->dice, 10);
    uint64_t late_ms = dice_below(&world->dice, HOUR_MS);
    if (when < 8)
        on_attest(world, account * CAST_NODES + machine);
    bool done = operator_start(&world->chain, account, machine);
    if (when >= 8)
        schedule_add(&world->schedule, late_ms, on_attest, world, account * CAST_NODES + machine);
    const struct cast_account *owner = &cast()->accounts[account];
    if (!chain_side_key(&world->chain, &owner->id, &owner->nodes[machine].signer.public_key))
        schedule_add(&world->schedule, late_ms, on_key_added, world, account * CAST_NODES + machine);
    world_trace(world, who(world, account), "starts a migration to %zu: %s", machine,
                done ? "done" : "refused");
}

static void act_cancel(struct simulated *world, size_t account)
{
    bool done = operator_cancel(&world->chain, account);
    world_trace(world, who(world, account), "cancels: %s", done ? "done" : "refused");
}

/* The access key is missing, of another method, or poor, and made good later. */
static void act_spoil_key(struct simulated *world, size_t account)
{
    size_t machine = (size_t)dice_below(&world->dice, world->plan.machines);
    uint64_t how = dice_below(&world->dice, 3);
    uint64_t late_ms = dice_below(&world->dice, 2 * HOUR_MS);
    const struct cast_account *owner = &cast()->accounts[account];
    const struct ed25519_public_key *key = &owner->nodes[machine].signer.public_key;
    if (chain_side_key(&world->chain, &owner->id, key))
        chain_side_delete_key(&world->chain, owner, key);
    if (how == 1)
        chain_side_add_key(&world->chain, owner, key, "vote_reshared", NULL);
    else if (how == 2)
        chain_side_add_key(&world->chain, owner, key, NULL, ALLOWANCE_TOO_SMALL);
    schedule_add(&world->schedule, late_ms, on_key_added, world, account * CAST_NODES + machine);
    world_trace(world, who(world, account), "spoils the access key of %zu", machine);
}

static void act_reshare(struct simulated *world, size_t account)
{
    unsigned members = council_members(&world->chain);
    (void)account;
    begin_council(world, "resharing", council_reshare(&world->chain, members, 0));
}

static void act_keygen(struct simulated *world, size_t account)
{
    (void)account;
    begin_council(world, "key generation", council_keygen(&world->chain));
}

/* Out, and where it is out already, in again. */
static void act_kick(struct simulated *world, size_t account)
{
    unsigned members = council_members(&world->chain) ^ 1u << account;
    size_t machine = (size_t)dice_below(&world->dice, world->plan.machines);
    bool comes_in = members >> account & 1;
    begin_council(world, comes_in ? "re-admission" : "kick-out",
                  (comes_in || members == (COUNCIL_ALL ^ 1u << account)) &&
                      council_reshare(&world->chain, members, machine));
}

static const struct {
    void (*act)(struct simulated *world, size_t account);
    uint64_t weight;
} actions[] = {
    {act_start, 40},   {act_register, 14}, {act_cancel, 8}, {act_spoil_key, 8},
    {act_reshare, 12}, {act_keygen, 8},    {act_kick, 10},
};

static void act(struct simulated *world, size_t account)
{
    uint64_t total = 0;
    for (size_t i = 0; i < ARRAY_LEN(actions); i++)
        total += actions[i].weight;
    uint64_t draw = dice_below(&world->dice, total);
    size_t which = 0;
    while (draw >= actions[which].weight)
        draw -= actions[which++].weight;
    actions[which].act(world, account);
}

/* Soon, later, or much later. */
static uint64_t next_pause_ms(struct simulated *world)
{
    uint64_t kind = dice_below(&world->dice, 10);
    uint64_t most_ms = kind < 6 ? 3 * MINUTE_MS : kind < 8 ? 2 * HOUR_MS : 10 * DAY_MS;
    return dice_between(&world->dice, SECOND_MS, most_ms);
}

static void on_sunset(void *context, uint64_t argument)
{
    (void)argument;
    ((struct simulated *)context)->living = false;
}

static void on_action(void *context, uint64_t left)
{
    struct simulated *world = context;
    size_t account = (size_t)dice_below(&world->dice, world->plan.accounts);
    act(world, account);
    uint64_t trouble_ms = dice_below(&world->dice, 10 * MINUTE_MS);
    schedule_add(&world->schedule, trouble_ms, on_trouble, world, 0);
    uint64_t pause_ms = next_pause_ms(world);
    if (left > 0)
        schedule_add(&world->schedule, pause_ms, on_action, world, left - 1);
    else
        schedule_add(&world->schedule, SUNSET_MS, on_sunset, world, 0);
}

static void live(struct simulated *world)
{
    uint64_t count = dice_between(&world->dice, ACTIONS_MIN, ACTIONS_MAX);
    world->living = true;
    schedule_add(&world->schedule, SUNRISE_MS, on_action, world, count - 1);
    while (world->living && !world->failed)
        world_run(world, MINUTE_MS);
}

/* ---- the end ---- */

/* Nothing stands in the way of this account's migration, and there is one. */
static void make_way(struct simulated *world, size_t account)
{
    const struct migration_entry *entry = chain_side_entry(&world->chain, &cast()->accounts[account].id);
    size_t machine = entry && entry->has_destination
                         ? operator_node_of(account, &entry->destination.tls_public_key)
                         : CAST_NODES;
    size_t listed = operator_listed(&world->chain, account);
    bool begun = machine < CAST_NODES && machine != listed;
    act_register(world, account);
    if (!begun)
        machine = other_machine(world, account);
    on_key_added(world, account * CAST_NODES + machine);
    on_attest(world, account * CAST_NODES + machine);
    if (!begun)
        (void)operator_start(&world->chain, account, machine);
    world_trace(world, who(world, account), "goes on to %zu from %zu", machine, listed);
}

static void let_in_again(struct simulated *world)
{
    council_finish(&world->chain);
    while (council_members(&world->chain) != COUNCIL_ALL && council_reshare(&world->chain, COUNCIL_ALL, 0))
        council_finish(&world->chain);
    share_out(world);
}

static bool is_done(struct simulated *world, size_t account)
{
    const struct migration_entry *entry = chain_side_entry(&world->chain, &cast()->accounts[account].id);
    size_t listed = operator_listed(&world->chain, account);
    if (listed == CAST_NODES || (entry && entry->has_destination))
        return false;
    for (size_t i = 0; i < world->plan.machines; i++) {
        const struct node *node = world_node(world, account, i);
        const struct onboarding_status *status = &node->process.runner.status;
        bool active = status->situation == SITUATION_ACTIVE && status->stage == STAGE_ACTIVE;
        if (!node->up || active != (i == listed) || status->transaction[0])
            return false;
    }
    return true;
}

static bool all_done(struct simulated *world)
{
    for (size_t i = 0; i < world->plan.accounts; i++)
        if (!is_done(world, i))
            return false;
    return true;
}

static void finish(struct simulated *world)
{
    uint64_t until_ms = world->schedule.now_ms + FINISH_MS + FINISH_POLLS * world->plan.poll_interval_ms;
    let_in_again(world);
    for (size_t i = 0; i < world->plan.accounts; i++)
        make_way(world, i);
    while (!world->failed && !all_done(world)) {
        if (world->schedule.now_ms >= until_ms)
            world_fail(world, "every run that the faults leave alone ends concluded",
                       "a migration is not concluded %" PRIu64 " s after the last fault",
                       (FINISH_MS + FINISH_POLLS * world->plan.poll_interval_ms) / 1000);
        else
            world_run(world, SECOND_MS);
    }
    world_trace(world, "life", "ends after %" PRIu64 " concludes", world->concluded);
}

void life_run(struct simulated *world)
{
    for (size_t i = 0; i < world->plan.accounts; i++)
        act_register(world, i);
    live(world);
    if (world->failed)
        return;
    world_heal(world);
    finish(world);
}

struct world_plan life_plan(uint64_t seed)
{
    static const uint64_t intervals_ms[] = {1000, 5000, 10000, 10000, 30000, 30000, 60000, 60000};
    struct dice dice = dice_of(seed ^ 0x6c696665);
    struct world_plan plan = {.seed = seed};
    plan.profile = model_profile_name(dice_below(&dice, 3));
    plan.accounts = 1 + (dice_chance(&dice, 150) ? 1 : 0);
    plan.machines = dice_chance(&dice, 300) ? CAST_NODES : 2;
    plan.domains = dice_chance(&dice, 750) ? 1 : (size_t)dice_between(&dice, 2, 3);
    plan.sources = dice_chance(&dice, 250) ? 3 : (size_t)dice_between(&dice, 1, 2);
    plan.clients = dice_chance(&dice, 300) ? 2 : 1;
    plan.poll_interval_ms = intervals_ms[dice_below(&dice, ARRAY_LEN(intervals_ms))];
    plan.max_view_age_ms = plan.poll_interval_ms < 10000 ? 60000 : 6 * plan.poll_interval_ms;
    plan.calm = dice_chance(&dice, 50);
    plan.missing_keys = dice_chance(&dice, 200) ? (unsigned)dice_below(&dice, 1u << CAST_NODES) : 0;
    return plan;
}
