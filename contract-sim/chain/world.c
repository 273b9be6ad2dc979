#include "contract-sim/chain/world.h"

#include <stdlib.h>
#include <string.h>

#include "contract-sim/limits.h"

struct world *world_new(void)
{
    struct world *world = calloc(1, sizeof *world);
    if (world) {
        world->refs = 1;
        world->contract = model_state_empty();
    }
    return world;
}

struct world *world_fork(const struct world *world)
{
    struct world *fork = calloc(1, sizeof *fork);
    if (!fork)
        return NULL;
    fork->refs = 1;
    fork->contract = world->contract;
    fork->accounts = calloc(world->account_count + 1, sizeof(struct account *));
    fork->receipts = calloc(world->receipt_count + 1, sizeof *fork->receipts);
    if (!fork->accounts || !fork->receipts) {
        world_unref(fork);
        return NULL;
    }
    for (; fork->account_count < world->account_count; fork->account_count++)
        fork->accounts[fork->account_count] = account_ref(world->accounts[fork->account_count]);
    if (world->receipt_count)
        memcpy(fork->receipts, world->receipts, world->receipt_count * sizeof *fork->receipts);
    fork->receipt_count = world->receipt_count;
    return fork;
}

struct world *world_ref(struct world *world)
{
    world->refs++;
    return world;
}

void world_unref(struct world *world)
{
    if (!world || --world->refs)
        return;
    for (size_t i = 0; i < world->account_count; i++)
        account_unref(world->accounts[i]);
    free(world->accounts);
    free(world->receipts);
    free(world);
}

void world_unref_ptr(struct world **world)
{
    world_unref(*world);
    *world = NULL;
}

/* Where the account is, or where it would go. */
static size_t position_of(const struct world *world, const char *id, bool *found)
{
    size_t low = 0;
    size_t high = world->account_count;
    *found = false;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = strcmp(world->accounts[middle]->id.text, id);
        if (!order) {
            *found = true;
            return middle;
        }
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

const struct account *world_account(const struct world *world, const char *id)
{
    bool found;
    size_t at = position_of(world, id, &found);
    return found ? world->accounts[at] : NULL;
}

struct account *world_account_own(struct world *world, const char *id)
{
    bool found;
    size_t at = position_of(world, id, &found);
    if (!found)
        return NULL;
    struct account *account = world->accounts[at];
    if (account->refs == 1)
        return account;
    struct account *copy = account_copy(account);
    if (!copy)
        return NULL;
    account_unref(account);
    world->accounts[at] = copy;
    return copy;
}

static result_t insert_account(struct world *world, size_t at, struct account *account)
{
    if (world->account_count == SIM_ACCOUNTS_MAX)
        return OUTCOME_LIMIT;
    struct account **grown = realloc(world->accounts, (world->account_count + 1) * sizeof(struct account *));
    if (!grown)
        return OUTCOME_NO_MEMORY;
    world->accounts = grown;
    memmove(grown + at + 1, grown + at, (world->account_count - at) * sizeof(struct account *));
    grown[at] = account;
    world->account_count++;
    return OUTCOME_OK;
}

result_t world_account_add(struct world *world, const struct account_id *id, struct account **out)
{
    bool found;
    size_t at = position_of(world, id->text, &found);
    if (found)
        return OUTCOME_LIMIT;
    struct account *account = account_new(id);
    if (!account)
        return OUTCOME_NO_MEMORY;
    result_t result = insert_account(world, at, account);
    if (result != OUTCOME_OK) {
        account_unref(account);
        return result;
    }
    *out = account;
    return OUTCOME_OK;
}

result_t world_account_put(struct world *world, struct account *account)
{
    bool found;
    size_t at = position_of(world, account->id.text, &found);
    if (!found)
        return insert_account(world, at, account);
    account_unref(world->accounts[at]);
    world->accounts[at] = account;
    return OUTCOME_OK;
}

result_t world_receipt_add(struct world *world, const struct chain_receipt *receipt)
{
    struct chain_receipt *grown = realloc(world->receipts, (world->receipt_count + 1) * sizeof *grown);
    if (!grown)
        return OUTCOME_NO_MEMORY;
    world->receipts = grown;
    grown[world->receipt_count++] = *receipt;
    return OUTCOME_OK;
}

void world_receipts_drop(struct world *world, size_t count)
{
    if (!count)
        return;
    world->receipt_count -= count;
    memmove(world->receipts, world->receipts + count, world->receipt_count * sizeof *world->receipts);
}
