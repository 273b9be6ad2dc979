/* The time of the chain: cli.md, "Genesis file" and control methods. */
#include "contract-sim/chain/sim_clock.h"

#include "tests/support/support.h"

#define WALL_MS 1800000000000
#define HEAD_MS 1700000000000u

START_TEST(time_runs_with_the_wall_clock_from_where_the_chain_starts)
{
    struct sim_clock clock = sim_clock_start(600, HEAD_MS, WALL_MS);
    ck_assert(sim_clock_running(&clock));
    ck_assert_uint_eq(sim_clock_now(&clock, HEAD_MS, WALL_MS + 250), HEAD_MS + 250);
    ck_assert_uint_eq(sim_clock_next(&clock, HEAD_MS, WALL_MS + 600), HEAD_MS + 600);
}
END_TEST

START_TEST(a_wall_clock_that_is_set_back_never_takes_the_chain_back)
{
    struct sim_clock clock = sim_clock_start(600, HEAD_MS, WALL_MS);
    ck_assert_uint_eq(sim_clock_now(&clock, HEAD_MS, WALL_MS - 5000), HEAD_MS);
}
END_TEST

START_TEST(time_that_was_moved_stays_moved)
{
    struct sim_clock clock = sim_clock_start(600, HEAD_MS, WALL_MS);
    sim_clock_moved(&clock, 3600000);
    ck_assert_uint_eq(sim_clock_now(&clock, HEAD_MS, WALL_MS + 1), HEAD_MS + 3600001);
}
END_TEST

START_TEST(without_a_clock_each_block_adds_one_second)
{
    struct sim_clock clock = sim_clock_start(0, HEAD_MS, WALL_MS);
    ck_assert(!sim_clock_running(&clock));
    ck_assert_uint_eq(sim_clock_now(&clock, HEAD_MS, WALL_MS + 9999), HEAD_MS);
    ck_assert_uint_eq(sim_clock_next(&clock, HEAD_MS, WALL_MS + 9999), HEAD_MS + 1000);
}
END_TEST

START_TEST(a_pause_leaves_the_time_out_that_it_lasted)
{
    struct sim_clock clock = sim_clock_start(600, HEAD_MS, WALL_MS);
    sim_clock_pause(&clock);
    sim_clock_moved(&clock, 1000000);
    ck_assert_uint_eq(sim_clock_next(&clock, HEAD_MS, WALL_MS + 5000), HEAD_MS + 600);
    sim_clock_resume(&clock, HEAD_MS, WALL_MS + 5000);
    ck_assert_uint_eq(sim_clock_now(&clock, HEAD_MS, WALL_MS + 5100), HEAD_MS + 100);
    /* Resuming what runs changes nothing. */
    sim_clock_resume(&clock, HEAD_MS, WALL_MS + 9000);
    ck_assert_uint_eq(sim_clock_now(&clock, HEAD_MS, WALL_MS + 5100), HEAD_MS + 100);
}
END_TEST

/* A process that was killed at the head's time and started again an hour later. */
START_TEST(after_a_restart_the_clock_shows_what_it_would_have_shown)
{
    struct sim_clock before = sim_clock_start(600, HEAD_MS, WALL_MS);
    sim_clock_moved(&before, 5000);
    struct sim_clock clock = sim_clock_continue(&before, 100, HEAD_MS + 5000, WALL_MS + 3600000);
    ck_assert_uint_eq(sim_clock_step(&clock), 100);
    ck_assert_uint_eq(sim_clock_now(&clock, HEAD_MS + 5000, WALL_MS + 3600000), HEAD_MS + 3605000);
}
END_TEST

START_TEST(after_a_restart_a_wall_clock_that_went_back_goes_on_from_the_head)
{
    struct sim_clock before = sim_clock_start(600, HEAD_MS, WALL_MS);
    struct sim_clock clock = sim_clock_continue(&before, 600, HEAD_MS, WALL_MS - 900000);
    ck_assert_uint_eq(sim_clock_now(&clock, HEAD_MS, WALL_MS - 900000), HEAD_MS);
    ck_assert_uint_eq(sim_clock_now(&clock, HEAD_MS, WALL_MS - 899000), HEAD_MS + 1000);
}
END_TEST

START_TEST(after_a_restart_a_clock_that_stood_begins_at_the_head)
{
    struct sim_clock none = sim_clock_start(0, HEAD_MS - 5000000, WALL_MS);
    struct sim_clock clock = sim_clock_continue(&none, 600, HEAD_MS, WALL_MS + 70);
    ck_assert_uint_eq(sim_clock_now(&clock, HEAD_MS, WALL_MS + 75), HEAD_MS + 5);
    struct sim_clock paused = sim_clock_start(600, HEAD_MS, WALL_MS);
    sim_clock_pause(&paused);
    clock = sim_clock_continue(&paused, 600, HEAD_MS, WALL_MS + 3600000);
    ck_assert(!sim_clock_running(&clock));
    sim_clock_resume(&clock, HEAD_MS, WALL_MS + 3600000);
    ck_assert_uint_eq(sim_clock_now(&clock, HEAD_MS, WALL_MS + 3600001), HEAD_MS + 1);
}
END_TEST

int main(void)
{
    SUITE_WITH_CASE(suite, tcase, "sim_clock");
    tcase_add_test(tcase, time_runs_with_the_wall_clock_from_where_the_chain_starts);
    tcase_add_test(tcase, a_wall_clock_that_is_set_back_never_takes_the_chain_back);
    tcase_add_test(tcase, time_that_was_moved_stays_moved);
    tcase_add_test(tcase, without_a_clock_each_block_adds_one_second);
    tcase_add_test(tcase, a_pause_leaves_the_time_out_that_it_lasted);
    tcase_add_test(tcase, after_a_restart_the_clock_shows_what_it_would_have_shown);
    tcase_add_test(tcase, after_a_restart_a_wall_clock_that_went_back_goes_on_from_the_head);
    tcase_add_test(tcase, after_a_restart_a_clock_that_stood_begins_at_the_head);
    return run_suite(suite);
}
