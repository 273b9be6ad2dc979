#include "tests/contract-sim/store_fixture.h"

#include <stdlib.h>
#include <string.h>

#include "common/os/file.h"
#include "contract-sim/store/saved.h"
#include "tests/support/support.h"

const char stored_identity[] = "profile=design\ngenesis file=abc\nhas_migrations=yes\n";

result_t stored_open_as(struct stored *stored, const char *identity, struct chain_store **out)
{
    CLEANUP(bytes_free) struct bytes text = {0};
    ck_assert_ok(bytes_append_text(&text, identity));
    return chain_store_open(stored->dir, &text, out, &stored->err);
}

void stored_open(struct stored *stored)
{
    *stored = (struct stored){.dir = fresh_dir()};
    fixture_open(&stored->fixture, "design");
    ck_assert_ok_err(stored_open_as(stored, stored_identity, &stored->fixture.node.store), stored->err);
    ck_assert(!chain_store_has_chain(stored->fixture.node.store));
    stored_commit(stored);
}

void stored_commit(struct stored *stored)
{
    struct sim_node *node = &stored->fixture.node;
    ck_assert_ok_err(chain_store_commit(node->store, &node->chain, &node->clock, &stored->err), stored->err);
}

void stored_drop(struct stored *stored)
{
    chain_store_close(stored->fixture.node.store);
    stored->fixture.node.store = NULL;
    chain_free(&stored->fixture.node.chain);
    model_free(stored->fixture.model);
    stored->fixture.model = NULL;
}

result_t stored_load(struct stored *stored)
{
    struct fixture *fixture = &stored->fixture;
    ck_assert_ok(model_new("design", FIXTURE_CONTRACT, &fixture->model, &stored->err));
    TRY(stored_open_as(stored, stored_identity, &fixture->node.store));
    ck_assert(chain_store_has_chain(fixture->node.store));
    return chain_store_load(fixture->node.store, fixture->model, &fixture->node.chain, &fixture->node.clock,
                            &stored->err);
}

void stored_reopen(struct stored *stored)
{
    stored_drop(stored);
    ck_assert_ok_err(stored_load(stored), stored->err);
}

void stored_close(struct stored *stored)
{
    chain_store_close(stored->fixture.node.store);
    fixture_close(&stored->fixture);
    free_text(&stored->dir);
}

static void assert_bytes_equal(const struct bytes *a, const struct bytes *b)
{
    ck_assert_uint_eq(a->len, b->len);
    ck_assert_mem_eq(text_of(a), text_of(b), a->len);
}

static void worlds_are_equal(const struct world *a, const struct world *b)
{
    CLEANUP(bytes_free) struct bytes bytes_a = {0};
    CLEANUP(bytes_free) struct bytes bytes_b = {0};
    ck_assert_int_eq(a == NULL, b == NULL);
    if (!a)
        return;
    ck_assert_ok(saved_world_write(NULL, a, &bytes_a));
    ck_assert_ok(saved_world_write(NULL, b, &bytes_b));
    assert_bytes_equal(&bytes_a, &bytes_b);
}

static void heads_of_blocks_are_equal(const struct block *a, const struct block *b)
{
    ck_assert_uint_eq(a->height, b->height);
    ck_assert_uint_eq(a->time_ms, b->time_ms);
    ck_assert_mem_eq(a->hash, b->hash, SHA256_LEN);
    ck_assert_mem_eq(a->prev_hash, b->prev_hash, SHA256_LEN);
}

/* A world that is that of the block before need not be looked at again. */
static void blocks_are_equal(const struct blocks *a, const struct blocks *b)
{
    const struct world *last = NULL;
    ck_assert_uint_eq(a->oldest, b->oldest);
    ck_assert_uint_eq(a->head, b->head);
    ck_assert_uint_eq(a->fork, b->fork);
    heads_of_blocks_are_equal(&a->genesis, &b->genesis);
    worlds_are_equal(a->genesis.world, b->genesis.world);
    for (uint64_t height = a->oldest; height <= a->head; height++) {
        const struct block *block = blocks_at(a, height), *other = blocks_at(b, height);
        heads_of_blocks_are_equal(block, other);
        if (!block->world || block->world != last)
            worlds_are_equal(block->world, other->world);
        last = block->world;
    }
}

static void records_are_equal(const struct tx_record *a, const struct tx_record *b)
{
    CLEANUP(bytes_free) struct bytes bytes_a = {0};
    CLEANUP(bytes_free) struct bytes bytes_b = {0};
    ck_assert_uint_eq(a->number, b->number);
    ck_assert_uint_eq(a->size, b->size);
    ck_assert_int_eq(a->stage, b->stage);
    ck_assert_ok(saved_tx_write(a, &bytes_a));
    ck_assert_ok(saved_tx_write(b, &bytes_b));
    assert_bytes_equal(&bytes_a, &bytes_b);
}

static void tx_stores_are_equal(const struct tx_store *a, const struct tx_store *b)
{
    const struct tx_record *other = b->oldest;
    ck_assert_uint_eq(a->count, b->count);
    ck_assert_uint_eq(a->bytes, b->bytes);
    for (const struct tx_record *record = a->oldest; record; record = record->newer) {
        records_are_equal(record, other);
        ck_assert_ptr_eq(tx_store_find(b, record->hash), other);
        other = other->newer;
    }
}

static const struct chain_snapshot_entry *snapshot_named(const struct chain *chain, const char *name)
{
    for (size_t i = 0; i < chain->snapshot_count; i++)
        if (strcmp(chain->snapshots[i].name, name) == 0)
            return &chain->snapshots[i];
    ck_abort_msg("no snapshot %s", name);
}

static void snapshots_are_equal(const struct chain *a, const struct chain *b)
{
    ck_assert_uint_eq(a->snapshot_count, b->snapshot_count);
    ck_assert_uint_eq(a->snapshots_made, b->snapshots_made);
    for (size_t i = 0; i < a->snapshot_count; i++) {
        const struct chain_snapshot_entry *entry = &a->snapshots[i], *other = snapshot_named(b, entry->name);
        ck_assert_uint_eq(entry->number, other->number);
        ck_assert_int_eq(entry->clock_offset_ms, other->clock_offset_ms);
        ck_assert_uint_eq(entry->tail_count, other->tail_count);
        for (size_t t = 0; t < entry->tail_count; t++) {
            heads_of_blocks_are_equal(&entry->tail[t], &other->tail[t]);
            worlds_are_equal(entry->tail[t].world, other->tail[t].world);
        }
    }
}

void chains_are_equal(const struct chain *a, const struct chain *b)
{
    blocks_are_equal(&a->blocks, &b->blocks);
    tx_stores_are_equal(&a->txs, &b->txs);
    ck_assert_uint_eq(a->pool_count, b->pool_count);
    for (size_t i = 0; i < a->pool_count; i++)
        ck_assert_uint_eq(a->pool[i]->number, b->pool[i]->number);
    snapshots_are_equal(a, b);
    ck_assert_uint_eq(model_pool_count(a->model), model_pool_count(b->model));
}
