/* The simulation itself: that it is the same again for the same seed, and that each of its invariants finds
 * a part that breaks it. The parts are the simulation's own; the product has no switch for any of this. */
#include <fcntl.h>
#include <stdlib.h>

#include "common/os/log.h"
#include "tests/support/support.h"
#include "tests/system/simulation/life.h"

/* In so many seeds at most a mistake has to be found. */
#define SEEDS_MAX 100

static struct simulated world;

static void setup(void)
{
    log_init(LOG_FORMAT_PLAIN, LOG_LEVEL_ERROR);
    log_set_fd(open("/dev/null", O_WRONLY | O_CLOEXEC));
}

static void teardown(void)
{
    cast_free();
}

static uint64_t run(const struct world_plan *plan)
{
    world_open(&world, plan);
    life_run(&world);
    uint64_t digest = world.trace.digest;
    world_close(&world);
    return digest;
}

/* ---- the same seed ---- */

START_TEST(the_same_seed_gives_the_same_trace)
{
    for (uint64_t seed = 1; seed <= 5; seed++) {
        const struct world_plan plan = life_plan(seed);
        uint64_t first = run(&plan);
        uint64_t second = run(&plan);
        ck_assert_uint_eq(first, second);
    }
}
END_TEST

START_TEST(another_seed_gives_another_trace)
{
    const struct world_plan one = life_plan(1), other = life_plan(2);
    uint64_t first = run(&one);
    uint64_t second = run(&other);
    ck_assert_uint_ne(first, second);
}
END_TEST

START_TEST(it_does_not_show_in_the_trace_whether_stores_are_in_memory_or_in_lmdb)
{
    for (uint64_t seed = 1; seed <= 3; seed++) {
        char *dir = fresh_dir();
        struct world_plan plan = life_plan(seed);
        uint64_t in_memory = run(&plan);
        plan.lmdb_dir = dir;
        uint64_t in_lmdb = run(&plan);
        ck_assert_uint_eq(in_memory, in_lmdb);
        free(dir);
    }
}
END_TEST

/* ---- each invariant can break ---- */

/* The first invariant that breaks in one of the seeds, as they are or with what `spoil` does to them. */
static void breaks(void (*spoil)(struct world_plan *plan), const char *invariant)
{
    for (uint64_t seed = 1; seed <= SEEDS_MAX; seed++) {
        struct world_plan plan = life_plan(seed);
        spoil(&plan);
        (void)run(&plan);
        if (world.failed) {
            ck_assert_text_has(world.failure, invariant);
            return;
        }
    }
    ck_abort_msg("nothing was found in %d seeds", SEEDS_MAX);
}

static void disk_drops_commits(struct world_plan *plan)
{
    plan->disk_sabotage = DISK_LOSES_COMMITS;
}

START_TEST(a_disk_that_drops_what_it_called_durable_is_found)
{
    breaks(disk_drops_commits, "a share acknowledged with 200 is in the store or staged");
}
END_TEST

static void share_is_dropped(struct world_plan *plan)
{
    plan->node_sabotage = NODE_DROPS_A_SHARE;
    plan->domains = 3;
}

START_TEST(a_node_that_stores_a_part_of_a_keyset_is_found)
{
    breaks(share_is_dropped, "the store is exactly the old or the new keyset");
}
END_TEST

static void imports_are_forgotten(struct world_plan *plan)
{
    plan->disk_sabotage = DISK_FORGETS_IMPORTS;
}

START_TEST(a_conclude_before_the_import_is_durable_is_found)
{
    breaks(imports_are_forgotten, "conclude is sent only for shares that are durable");
}
END_TEST

static void door_is_not_rechecked(struct world_plan *plan)
{
    plan->node_sabotage = NODE_DOES_NOT_RECHECK;
}

START_TEST(a_door_that_is_not_looked_at_again_is_found)
{
    breaks(door_is_not_rechecked, "nothing is served to a peer whose key is not the registered one");
}
END_TEST

static void only_source_flatters(struct world_plan *plan)
{
    plan->sources = 1;
    plan->flattered = true;
}

START_TEST(two_nodes_that_both_believe_themselves_active_are_found)
{
    breaks(only_source_flatters, "exactly one node believes itself active");
}
END_TEST

START_TEST(two_honest_sources_outvote_one_that_flatters)
{
    for (uint64_t seed = 1; seed <= 5; seed++) {
        struct world_plan plan = life_plan(seed);
        plan.sources = 3;
        plan.flattered = true;
        (void)run(&plan);
        ck_assert_msg(!world.failed, "seed %d: %s", (int)seed, world.failure);
    }
}
END_TEST

static void onboarding_sleeps(struct world_plan *plan)
{
    plan->node_sabotage = NODE_NEVER_STEPS;
}

START_TEST(a_node_that_never_does_anything_is_found)
{
    breaks(onboarding_sleeps, "every run that the faults leave alone ends concluded");
}
END_TEST

int main(void)
{
    SUITE_WITH_CASE(suite, tcase, "simulation");
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, the_same_seed_gives_the_same_trace);
    tcase_add_test(tcase, another_seed_gives_another_trace);
    tcase_add_test(tcase, it_does_not_show_in_the_trace_whether_stores_are_in_memory_or_in_lmdb);
    tcase_add_test(tcase, a_disk_that_drops_what_it_called_durable_is_found);
    tcase_add_test(tcase, a_node_that_stores_a_part_of_a_keyset_is_found);
    tcase_add_test(tcase, a_conclude_before_the_import_is_durable_is_found);
    tcase_add_test(tcase, a_door_that_is_not_looked_at_again_is_found);
    tcase_add_test(tcase, two_nodes_that_both_believe_themselves_active_are_found);
    tcase_add_test(tcase, two_honest_sources_outvote_one_that_flatters);
    tcase_add_test(tcase, a_node_that_never_does_anything_is_found);
    return run_suite(suite);
}
