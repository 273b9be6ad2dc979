#include "tests/system/simulation/script.h"

#include "tests/system/simulation/must.h"
#include "tests/system/simulation/operator.h"

#define POLL_MS     5000
#define VIEW_AGE_MS 60000

static void wait_for_copies(struct simulated *world)
{
    const struct keyset *keyset = &chain_side_head_truth(&world->chain)->protocol.keyset;
    for (size_t i = 0; i < world->plan.accounts; i++)
        while (!world->failed && !service_copy(&world->services[i], keyset))
            world_run(world, POLL_MS);
}

void script_open(struct simulated *world, const char *profile, unsigned accounts)
{
    const struct world_plan plan = {
        .seed = 1,
        .profile = profile,
        .accounts = accounts,
        .machines = CAST_NODES,
        .domains = 2,
        .sources = 1,
        .clients = 1,
        .poll_interval_ms = POLL_MS,
        .max_view_age_ms = VIEW_AGE_MS,
        .calm = true,
    };
    world_open(world, &plan);
    world->awake = true;
    for (size_t i = 0; i < accounts; i++)
        must_be(operator_register(&world->chain, i, 0));
    wait_for_copies(world);
}

bool script_start(struct simulated *world, size_t account, size_t machine)
{
    return operator_attest(&world->chain, account, machine) &&
           operator_start(&world->chain, account, machine);
}

bool script_is_at(struct simulated *world, size_t account, size_t machine)
{
    const struct migration_entry *entry = chain_side_entry(&world->chain, &cast()->accounts[account].id);
    if (operator_listed(&world->chain, account) != machine || (entry && entry->has_destination))
        return false;
    for (size_t i = 0; i < world->plan.machines; i++) {
        const struct node *node = world_node(world, account, i);
        const struct onboarding_status *status = &node->process.runner.status;
        bool active = status->situation == SITUATION_ACTIVE && status->stage == STAGE_ACTIVE;
        if (!node->up || active != (i == machine) || status->transaction[0])
            return false;
    }
    return true;
}

bool script_wait(struct simulated *world, const size_t *machines)
{
    uint64_t until_ms = world->schedule.now_ms + SCRIPT_PATIENCE_MS;
    size_t at = 0;
    while (!world->failed && world->schedule.now_ms < until_ms) {
        for (at = 0; at < world->plan.accounts && script_is_at(world, at, machines[at]);)
            at++;
        if (at == world->plan.accounts)
            return true;
        world_run(world, CHAIN_SIDE_BLOCK_MS);
    }
    return false;
}

void script_share(struct simulated *world)
{
    CLEANUP(keyset_free) struct keyset keyset = {0};
    CLEANUP(bytes_free) struct bytes text = {0};
    must(keyset_write(&chain_side_head_truth(&world->chain)->protocol.keyset, &text));
    must(keyset_parse((const char *)text.data, text.len, &keyset, NULL));
    for (size_t i = 0; i < world->plan.accounts; i++) {
        size_t machine = operator_listed(&world->chain, i);
        if (machine < CAST_NODES)
            (void)node_import(world_node(world, i, machine), &keyset);
    }
}
