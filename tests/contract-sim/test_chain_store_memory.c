/* Memory that runs out at the Nth time that some is wanted, for every N: opening, reading and writing a chain
 * either succeed or say NO_MEMORY, and what lies in the folder is the last commit. */
#include <stdlib.h>

#include "tests/contract-sim/store_fixture.h"
#include "tests/support/short_memory.h"
#include "tests/support/support.h"

/* Enough for any of the calls below. */
#define WANTS_MAX 5000

static struct stored stored;
static struct fixture twin;

static void live_a_little(struct fixture *fixture)
{
    for (unsigned i = 0; i < 6; i++) {
        struct near_tx tx = fixture_register_tx(fixture);
        tx.actions[0].deposit.low = i % 3;
        ck_assert_ok(fixture_send(fixture, &tx, ALICE));
        fixture_seal(fixture, i % 2);
    }
    ck_assert_ok(chain_snapshot(&fixture->node.chain, "s", 5));
}

static void setup(void)
{
    stored_open(&stored);
    fixture_open(&twin, "design");
}

static void teardown(void)
{
    fixture_close(&twin);
    stored_close(&stored);
}

/* `call` with the Nth want unmet, for N from 1 on until it succeeds; what it needs is freed by `undo` after a
 * failure. The number of failures. */
static size_t fail_every_want(result_t (*call)(void), void (*undo)(void))
{
    for (size_t n = 1; n < WANTS_MAX; n++) {
        memory_shorten(n);
        result_t result = call();
        memory_shorten(SIZE_MAX);
        if (result == OUTCOME_OK)
            return n - 1;
        ck_assert_outcome(result, OUTCOME_NO_MEMORY);
        undo();
    }
    ck_abort_msg("it never succeeded");
}

static result_t commit(void)
{
    struct sim_node *node = &stored.fixture.node;
    return chain_store_commit(node->store, &node->chain, &node->clock, &stored.err);
}

static void leave(void)
{
}

START_TEST(a_commit_without_memory_writes_nothing_and_may_be_tried_again)
{
    live_a_little(&stored.fixture);
    ck_assert_uint_gt(fail_every_want(commit, leave), 3);
    live_a_little(&twin);
    stored_reopen(&stored);
    chains_are_equal(&twin.node.chain, &stored.fixture.node.chain);
}
END_TEST

START_TEST(after_a_commit_that_failed_the_one_before_is_there)
{
    live_a_little(&stored.fixture);
    memory_shorten(2);
    result_t result = commit();
    memory_shorten(SIZE_MAX);
    ck_assert_outcome(result, OUTCOME_NO_MEMORY);
    stored_reopen(&stored);
    chains_are_equal(&twin.node.chain, &stored.fixture.node.chain);
}
END_TEST

static result_t load(void)
{
    struct sim_node *node = &stored.fixture.node;
    return chain_store_load(node->store, stored.fixture.model, &node->chain, &node->clock, &stored.err);
}

/* A load that failed has filled the model partly: the next one begins with another. */
static void new_model(void)
{
    struct fixture *fixture = &stored.fixture;
    model_free(fixture->model);
    ck_assert_ok(model_new("design", FIXTURE_CONTRACT, &fixture->model, &stored.err));
}

START_TEST(a_load_without_memory_leaves_nothing_behind)
{
    live_a_little(&stored.fixture);
    live_a_little(&twin);
    stored_commit(&stored);
    stored_drop(&stored);
    new_model();
    ck_assert_ok_err(stored_open_as(&stored, stored_identity, &stored.fixture.node.store), stored.err);
    ck_assert_uint_gt(fail_every_want(load, new_model), 50);
    chains_are_equal(&twin.node.chain, &stored.fixture.node.chain);
}
END_TEST

static result_t open_folder(void)
{
    CLEANUP(bytes_free) struct bytes identity = {0};
    TRY(bytes_append_text(&identity, stored_identity));
    return chain_store_open(stored.dir, &identity, &stored.fixture.node.store, &stored.err);
}

START_TEST(an_open_without_memory_lets_the_folder_go)
{
    stored_drop(&stored);
    ck_assert_uint_gt(fail_every_want(open_folder, leave), 3);
    new_model();
    ck_assert_ok_err(load(), stored.err);
    chains_are_equal(&twin.node.chain, &stored.fixture.node.chain);
}
END_TEST

int main(void)
{
    SUITE_WITH_CASE(suite, tcase, "contract-sim/store/memory");
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, a_commit_without_memory_writes_nothing_and_may_be_tried_again);
    tcase_add_test(tcase, after_a_commit_that_failed_the_one_before_is_there);
    tcase_add_test(tcase, a_load_without_memory_leaves_nothing_behind);
    tcase_add_test(tcase, an_open_without_memory_lets_the_folder_go);
    return run_suite(suite);
}
