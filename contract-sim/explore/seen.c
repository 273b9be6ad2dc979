#include "contract-sim/explore/seen.h"

#include <stdlib.h>
#include <string.h>

/* The parts that tell states apart (explore.md, "State identity"). Of the rest, grants, hash lists,
 * configuration and the accept-requests flag are as at the start in every state of a search. */
enum part {
    PART_PHASE,
    PART_RUNNING,
    PART_KEY_EVENT,
    PART_RESHARED_KEYS,
    PART_CANCEL_VOTES,
    PART_DOMAIN_THRESHOLDS,
    PART_BACKUPS,
    PART_MIGRATIONS,
    PART_ATTESTATIONS,
    PART_RECEIPTS,
    PART_EPOCHS,
    PARTS
};

struct entry {
    uint32_t parts[PARTS];
    uint32_t parent;
    uint32_t action;
};

#define BLOCK_ENTRIES 8192u
#define SLOTS_INITIAL 4096u

struct seen {
    const struct world *world;
    struct entry **blocks;
    size_t block_count;
    size_t count;
    size_t states_max;
    uint32_t *slots; /* open addressing: the entry's number + 1, 0 is free */
    size_t slot_count;
};

result_t seen_new(const struct world *world, size_t states_max, struct seen **out)
{
    struct seen *seen = calloc(1, sizeof *seen);
    if (!seen)
        return OUTCOME_NO_MEMORY;
    seen->world = world;
    seen->states_max = states_max < SEEN_NONE - 1 ? states_max : SEEN_NONE - 1;
    seen->slot_count = SLOTS_INITIAL;
    seen->slots = calloc(seen->slot_count, sizeof *seen->slots);
    if (!seen->slots) {
        seen_free(seen);
        return OUTCOME_NO_MEMORY;
    }
    *out = seen;
    return OUTCOME_OK;
}

void seen_free(struct seen *seen)
{
    if (!seen)
        return;
    for (size_t i = 0; i < seen->block_count; i++)
        free(seen->blocks[i]);
    free(seen->blocks);
    free(seen->slots);
    free(seen);
}

static struct entry *entry_at(const struct seen *seen, size_t index)
{
    return &seen->blocks[index / BLOCK_ENTRIES][index % BLOCK_ENTRIES];
}

static uint32_t parts_hash(const uint32_t parts[PARTS])
{
    uint64_t hash = 0x9e3779b97f4a7c15u;
    for (size_t i = 0; i < PARTS; i++) {
        hash = (hash ^ parts[i]) * 0xff51afd7ed558ccdu;
        hash ^= hash >> 32;
    }
    return (uint32_t)hash;
}

/* The slot that holds these parts, or the free one where they belong. */
static size_t slot_for(const struct seen *seen, const uint32_t parts[PARTS])
{
    size_t at = parts_hash(parts) & (seen->slot_count - 1);
    while (seen->slots[at] &&
           memcmp(entry_at(seen, seen->slots[at] - 1)->parts, parts, PARTS * sizeof *parts) != 0)
        at = (at + 1) & (seen->slot_count - 1);
    return at;
}

static result_t slots_grow(struct seen *seen)
{
    size_t slot_count = seen->slot_count * 2;
    uint32_t *slots = calloc(slot_count, sizeof *slots);
    if (!slots)
        return OUTCOME_NO_MEMORY;
    free(seen->slots);
    seen->slots = slots;
    seen->slot_count = slot_count;
    for (size_t i = 0; i < seen->count; i++) {
        size_t at = parts_hash(entry_at(seen, i)->parts) & (slot_count - 1);
        while (slots[at])
            at = (at + 1) & (slot_count - 1);
        slots[at] = (uint32_t)i + 1;
    }
    return OUTCOME_OK;
}

static result_t block_add(struct seen *seen)
{
    struct entry **blocks = realloc(seen->blocks, (seen->block_count + 1) * sizeof *blocks);
    if (!blocks)
        return OUTCOME_NO_MEMORY;
    seen->blocks = blocks;
    blocks[seen->block_count] = malloc(BLOCK_ENTRIES * sizeof **blocks);
    if (!blocks[seen->block_count])
        return OUTCOME_NO_MEMORY;
    seen->block_count++;
    return OUTCOME_OK;
}

static void parts_of(const struct seen *seen, const struct model_state *state, handle_t epochs,
                     uint32_t parts[PARTS])
{
    struct pool *pool = seen->world->pool;
    parts[PART_PHASE] = state->phase;
    parts[PART_RUNNING] = pool_intern(pool, &state->running, sizeof state->running);
    parts[PART_KEY_EVENT] = pool_intern(pool, &state->key_event, sizeof state->key_event);
    parts[PART_RESHARED_KEYS] = state->reshared_keys;
    parts[PART_CANCEL_VOTES] = state->cancel_votes;
    parts[PART_DOMAIN_THRESHOLDS] = state->per_domain_thresholds;
    parts[PART_BACKUPS] = state->backups;
    parts[PART_MIGRATIONS] = state->migrations;
    parts[PART_ATTESTATIONS] = state->attestations;
    parts[PART_RECEIPTS] = state->receipts;
    parts[PART_EPOCHS] = epochs;
}

result_t seen_add(struct seen *seen, const struct model_state *state, handle_t epochs, uint32_t parent,
                  uint32_t action, bool *is_new)
{
    struct entry entry = {.parent = parent, .action = action};
    parts_of(seen, state, epochs, entry.parts);
    if (pool_failed(seen->world->pool))
        return OUTCOME_NO_MEMORY;
    size_t slot = slot_for(seen, entry.parts);
    *is_new = seen->slots[slot] == 0;
    if (!*is_new)
        return OUTCOME_OK;
    if (seen->count == seen->states_max)
        return OUTCOME_LIMIT;
    if (seen->count == seen->block_count * BLOCK_ENTRIES)
        TRY(block_add(seen));
    /* At most three quarters of the slots are taken. */
    if (seen->count >= seen->slot_count / 4 * 3) {
        TRY(slots_grow(seen));
        slot = slot_for(seen, entry.parts);
    }
    *entry_at(seen, seen->count) = entry;
    seen->slots[slot] = (uint32_t)++seen->count;
    return OUTCOME_OK;
}

size_t seen_count(const struct seen *seen)
{
    return seen->count;
}

void seen_get(const struct seen *seen, size_t index, struct model_state *state, handle_t *epochs)
{
    const struct entry *entry = entry_at(seen, index);
    const struct pool *pool = seen->world->pool;
    size_t len;
    *state = seen->world->start;
    state->phase = entry->parts[PART_PHASE];
    memcpy(&state->running, pool_data(pool, entry->parts[PART_RUNNING], &len), sizeof state->running);
    memcpy(&state->key_event, pool_data(pool, entry->parts[PART_KEY_EVENT], &len), sizeof state->key_event);
    state->reshared_keys = entry->parts[PART_RESHARED_KEYS];
    state->cancel_votes = entry->parts[PART_CANCEL_VOTES];
    state->per_domain_thresholds = entry->parts[PART_DOMAIN_THRESHOLDS];
    state->backups = entry->parts[PART_BACKUPS];
    state->migrations = entry->parts[PART_MIGRATIONS];
    state->attestations = entry->parts[PART_ATTESTATIONS];
    state->receipts = entry->parts[PART_RECEIPTS];
    *epochs = entry->parts[PART_EPOCHS];
}

void seen_origin(const struct seen *seen, size_t index, uint32_t *parent, uint32_t *action)
{
    const struct entry *entry = entry_at(seen, index);
    *parent = entry->parent;
    *action = entry->action;
}

size_t seen_bytes(const struct seen *seen)
{
    return seen->block_count * (BLOCK_ENTRIES * sizeof(struct entry) + sizeof(struct entry *)) +
           seen->slot_count * sizeof *seen->slots + pool_bytes(seen->world->pool);
}
