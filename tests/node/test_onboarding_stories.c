/* Onboarding told as stories: back and forth, resharings, cancelled migrations, stale views, crashes. */
#include "tests/support/support.h"
#include "tests/support/virtual_node.h"

START_TEST(a_to_b_to_a_to_b_in_one_process_lifetime)
{
    struct virtual_node a = {.key = 1, .held_epoch = 5};
    struct virtual_node b = {.key = 2};
    struct virtual_node *nodes[] = {&a, &b};
    struct story story = virtual_node_concluded_to(1);
    virtual_node_see(&a, &story);
    virtual_node_see(&b, &story);
    for (unsigned leg = 0; leg < 3; leg++) {
        struct virtual_node *to = nodes[(leg + 1) % 2];
        struct virtual_node *from = nodes[leg % 2];
        unsigned sends_before = from->sends;
        story.destination = to->key;
        virtual_node_see(from, &story);
        virtual_node_see(to, &story);
        ck_assert_stage(from, STAGE_ACTIVE);
        if (leg == 0) {
            ck_assert_stage(to, STAGE_AWAIT_SHARES);
            virtual_node_put(to, 5);
        }
        ck_assert_stage(to, STAGE_OBSERVING);
        virtual_node_pass(to, 3000);
        story = virtual_node_concluded_to(to->key);
        virtual_node_see(to, &story);
        virtual_node_see(from, &story);
        ck_assert_stage(to, STAGE_ACTIVE);
        ck_assert_stage(from, STAGE_WAIT);
        ck_assert_situation(from, SITUATION_NO_MIGRATION);
        ck_assert_uint_eq(from->sends, sends_before);
    }
    ck_assert_uint_eq(b.concluded, 2);
    ck_assert_uint_eq(a.concluded, 1);
}
END_TEST

START_TEST(a_resharing_in_between_pauses_and_asks_for_the_new_shares)
{
    struct virtual_node node = {.key = MINE, .held_epoch = 5};
    struct story story = virtual_node_migrating;
    virtual_node_see(&node, &story);
    virtual_node_pass(&node, 5000);
    story.phase = PROTOCOL_RESHARING;
    virtual_node_see(&node, &story);
    ck_assert_situation(&node, SITUATION_PAUSED);
    virtual_node_pass(&node, 100000);
    ck_assert_uint_eq(node.sends, 1);

    unsigned retired = node.retired;
    story.phase = PROTOCOL_RUNNING;
    story.epoch_id = 6;
    virtual_node_see(&node, &story);
    ck_assert_uint_eq(node.retired, retired + 1);
    ck_assert_stage(&node, STAGE_AWAIT_SHARES);
    virtual_node_put(&node, 6);
    ck_assert_uint_eq(node.sends, 2);
    ck_assert_uint_eq(node.machine.rounds, 1);
}
END_TEST

START_TEST(a_cancelled_resharing_goes_on_where_it_was)
{
    struct virtual_node node = {.key = MINE, .held_epoch = 5};
    struct story story = virtual_node_migrating;
    virtual_node_see(&node, &story);
    unsigned retired = node.retired;
    story.phase = PROTOCOL_RESHARING;
    virtual_node_see(&node, &story);
    story.phase = PROTOCOL_RUNNING;
    virtual_node_see(&node, &story);
    ck_assert_uint_eq(node.retired, retired);
    ck_assert_uint_eq(node.sends, 2);
}
END_TEST

START_TEST(a_cancelled_migration_stops_everything_and_is_not_called_concluded)
{
    struct virtual_node node = {.key = MINE, .held_epoch = 5};
    struct story cancelled = virtual_node_concluded_to(OTHERS);
    virtual_node_see(&node, &virtual_node_migrating);
    virtual_node_see(&node, &cancelled);
    virtual_node_pass(&node, 1000000);
    ck_assert_uint_eq(node.sends, 1);
    ck_assert_uint_eq(node.concluded, 0);
    ck_assert_stage(&node, STAGE_WAIT);
}
END_TEST

START_TEST(a_stale_view_stops_everything_but_obsoletes_nothing)
{
    struct virtual_node node = {.key = MINE, .held_epoch = 5};
    virtual_node_see(&node, &virtual_node_migrating);
    unsigned retired = node.retired;
    virtual_node_loses_sight(&node);
    ck_assert_situation(&node, SITUATION_VIEW_STALE);
    virtual_node_pass(&node, 100000);
    ck_assert_uint_eq(node.sends, 1);
    virtual_node_see(&node, &virtual_node_migrating);
    ck_assert_uint_eq(node.retired, retired);
    ck_assert_uint_eq(node.sends, 2);
    ck_assert_uint_eq(node.machine.rounds, 2);
}
END_TEST

START_TEST(a_conclude_that_landed_while_the_view_was_stale_is_seen)
{
    struct virtual_node node = {.key = MINE, .held_epoch = 5};
    struct story done = virtual_node_concluded_to(MINE);
    virtual_node_see(&node, &virtual_node_migrating);
    virtual_node_loses_sight(&node);
    virtual_node_see(&node, &done);
    ck_assert_uint_eq(node.concluded, 1);
}
END_TEST

/* The process dies after every event of a whole migration in turn; what is durable
 * is what `held` and `staged` say. */
START_TEST(a_crash_at_any_point_loses_nothing)
{
    for (unsigned crash = 0; crash < 5; crash++) {
        struct virtual_node node = {.key = MINE};
        struct story before = virtual_node_concluded_to(OTHERS);
        struct story done = virtual_node_concluded_to(MINE);
        for (unsigned event = 0; event < 5; event++) {
            const struct story *now = event == 0 ? &before : event == 4 ? &done : &virtual_node_migrating;
            if (event == 1)
                virtual_node_put(&node, 5);
            else
                virtual_node_see(&node, now);
            if (event == crash) {
                node.machine = (struct onboarding){0};
                virtual_node_see(&node, now);
            }
            virtual_node_pass(&node, 1000);
        }
        ck_assert_uint_eq(node.held_epoch, 5);
        ck_assert_uint_ge(node.sends, 1);
        ck_assert_stage(&node, STAGE_ACTIVE);
    }
}
END_TEST

int main(void)
{
    SUITE_WITH_CASE(suite, tcase, "onboarding stories");
    tcase_add_test(tcase, a_to_b_to_a_to_b_in_one_process_lifetime);
    tcase_add_test(tcase, a_resharing_in_between_pauses_and_asks_for_the_new_shares);
    tcase_add_test(tcase, a_cancelled_resharing_goes_on_where_it_was);
    tcase_add_test(tcase, a_cancelled_migration_stops_everything_and_is_not_called_concluded);
    tcase_add_test(tcase, a_stale_view_stops_everything_but_obsoletes_nothing);
    tcase_add_test(tcase, a_conclude_that_landed_while_the_view_was_stale_is_seen);
    tcase_add_test(tcase, a_crash_at_any_point_loses_nothing);
    return run_suite(suite);
}
