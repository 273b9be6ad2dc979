/* Back and forth, in virtual time: a migration that everything happens to, at each of its steps. What has to
 * hold is looked at after every event (tests/system/simulation/ledger.h); the stories say how they end.
 *
 * A step is STEP_MS of the story, about what one answer of an RPC takes, so that steps lie between the questions
 * of a poll and of a conclude too. Every STORY_STRIDE-th is disturbed; 1 is all of them. */
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>

#include "common/os/log.h"
#include "tests/support/support.h"
#include "tests/system/simulation/council.h"
#include "tests/system/simulation/operator.h"
#include "tests/system/simulation/script.h"

#define ALICE 0
#define BOB   1
#define A     0
#define B     1
#define C     2

#define STEP_MS        20
#define STRIDE_DEFAULT 31
#define STEPS_MAX      5000
#define TRIPS          10
#define TRIES_MAX      3
#define VOTE_MS        7000

static struct simulated world;

/* In both, a resharing that begins drops the migration records in one and keeps them in the other. */
static const char *const profiles[] = {"design", "v3.14+cancel"};

static void setup(void)
{
    log_init(LOG_FORMAT_PLAIN, LOG_LEVEL_ERROR);
    log_set_fd(open("/dev/null", O_WRONLY | O_CLOEXEC));
}

static void teardown(void)
{
    cast_free();
}

static void assert_whole(const char *story, size_t step)
{
    ck_assert_msg(!world.failed, "%s at step %zu: %s", story, step, world.failure);
}

/* ---- whole stories ---- */

START_TEST(there_and_back_ten_times_in_one_life_of_both_nodes)
{
    script_open(&world, "v3.14+cancel", 1);
    for (size_t trip = 0; trip < TRIPS; trip++) {
        ck_assert(script_start(&world, ALICE, B));
        ck_assert_msg(script_wait(&world, (size_t[]){B}), "trip %zu there: %s", trip, world.trace.last);
        ck_assert(script_start(&world, ALICE, A));
        ck_assert_msg(script_wait(&world, (size_t[]){A}), "trip %zu back: %s", trip, world.trace.last);
    }
    ck_assert_uint_eq(world.concluded, 2 * TRIPS);
    for (size_t i = 0; i < CAST_NODES; i++)
        ck_assert_uint_eq(world_node(&world, ALICE, i)->incarnation, 1);
    assert_whole("there and back", TRIPS);
    world_close(&world);
}
END_TEST

START_TEST(two_accounts_migrate_at_once_and_do_not_touch_each_other)
{
    script_open(&world, "v3.14+cancel", 2);
    ck_assert(script_start(&world, ALICE, B));
    ck_assert(script_start(&world, BOB, C));
    ck_assert_msg(script_wait(&world, (size_t[]){B, C}), "%s", world.trace.last);
    ck_assert(script_start(&world, BOB, A));
    ck_assert(script_start(&world, ALICE, C));
    ck_assert_msg(script_wait(&world, (size_t[]){C, A}), "%s", world.trace.last);
    ck_assert_uint_eq(world.concluded, 4);
    world_close(&world);
}
END_TEST

/* In another order than they were fetched in. */
static void turn_round(struct keyshares *shares)
{
    struct keyshares turned = {0};
    for (size_t i = shares->count; i-- > 0;)
        ck_assert_ok(keyshares_add(&turned, &shares->items[i], keyshare_scalar(shares, i)));
    keyshares_free(shares);
    *shares = turned;
}

static size_t staged_sets(struct node *node)
{
    size_t count = 0;
    for (;; count++) {
        CLEANUP(keyshares_free) struct keyshares shares = {0};
        if (store_load_kept(node->durable, STORE_STAGED, count, &shares, NULL) != OUTCOME_OK)
            return count;
    }
}

START_TEST(the_same_shares_by_two_clients_at_once_and_in_another_order_are_one_set)
{
    script_open(&world, "v3.14+cancel", 1);
    struct backup_service *service = &world.services[ALICE];
    const struct cast_backup *peer = &cast()->accounts[ALICE].backups[0];
    struct node *node = world_node(&world, ALICE, B);
    const struct keyset *keyset = &service->copies[0].keyset;
    service_work(service, 0);
    for (size_t i = 0; i < 4; i++) {
        ck_assert(service_put(service, node->number, keyset, peer));
        turn_round(&service->copies[0].shares);
        ck_assert(service_put(service, node->number, keyset, peer));
    }
    world_run(&world, 60000);
    ck_assert_uint_eq(staged_sets(node), 1);
    ck_assert_uint_eq(service->copies[0].put_to, 1u << B);
    ck_assert(script_start(&world, ALICE, B));
    ck_assert_msg(script_wait(&world, (size_t[]){B}), "%s", world.trace.last);
    ck_assert_uint_eq(staged_sets(node), 0);
    ck_assert_uint_eq(world.concluded, 1);
    world_close(&world);
}
END_TEST

/* ---- a migration from A to B, disturbed at each step ---- */

struct disturbance {
    void (*begins)(void);  /* in the middle of whatever is under way; takes no time */
    void (*goes_on)(void); /* after that, and may wait; NULL: nothing more */
    size_t ends_at;        /* the machine that is listed in the end */
};

static size_t stride(void)
{
    const char *text = getenv("STORY_STRIDE");
    size_t number = text ? strtoul(text, NULL, 10) : STRIDE_DEFAULT;
    return number > 0 ? number : STRIDE_DEFAULT;
}

static size_t steps_of_the_undisturbed(const char *profile)
{
    size_t steps = 0;
    script_open(&world, profile, 1);
    ck_assert(script_start(&world, ALICE, B));
    for (; steps < STEPS_MAX && !script_is_at(&world, ALICE, B); steps++)
        world_run(&world, STEP_MS);
    assert_whole("undisturbed", steps);
    ck_assert_uint_lt(steps, STEPS_MAX);
    world_close(&world);
    return steps;
}

/* What took the record away or led it elsewhere is answered by another start, as an operator would. */
static void go_on(size_t machine, const char *profile, size_t step)
{
    for (size_t tries = 0; tries < TRIES_MAX; tries++) {
        const struct migration_entry *entry = chain_side_entry(&world.chain, &cast()->accounts[ALICE].id);
        size_t destination = entry && entry->has_destination
                                 ? operator_node_of(ALICE, &entry->destination.tls_public_key)
                                 : CAST_NODES;
        if (operator_listed(&world.chain, ALICE) != machine && destination != machine)
            ck_assert_msg(script_start(&world, ALICE, machine), "%s", world.chain.refusal);
        if (script_wait(&world, (size_t[]){machine}))
            return;
        assert_whole(profile, step);
    }
    ck_abort_msg("%s, step %zu: it does not end: %s", profile, step, world.trace.last);
}

static void on_disturbance(void *context, uint64_t argument)
{
    const struct disturbance *disturbance = context;
    (void)argument;
    disturbance->begins();
}

static void disturb(const char *profile, size_t step, struct disturbance *disturbance)
{
    script_open(&world, profile, 1);
    ck_assert(script_start(&world, ALICE, B));
    schedule_add(&world.schedule, step * STEP_MS, on_disturbance, disturbance, 0);
    world_run(&world, step * STEP_MS);
    assert_whole(profile, step);
    if (disturbance->goes_on)
        disturbance->goes_on();
    assert_whole(profile, step);
    go_on(disturbance->ends_at, profile, step);
    assert_whole(profile, step);
    world_close(&world);
}

static void disturb_each_step(void (*begins)(void), void (*goes_on)(void), size_t ends_at)
{
    struct disturbance disturbance = {begins, goes_on, ends_at};
    for (size_t i = 0; i < ARRAY_LEN(profiles); i++) {
        size_t steps = steps_of_the_undisturbed(profiles[i]);
        for (size_t step = 0; step <= steps; step += stride())
            disturb(profiles[i], step, &disturbance);
    }
}

/* Either the cancel came in time, and A stays, or too late, be it by one transaction, and then it is refused. */
static void cancel(void)
{
    bool done = operator_cancel(&world.chain, ALICE);
    ck_assert(done == (operator_listed(&world.chain, ALICE) == A));
}

static void nothing_is_left_of_it(void)
{
    size_t listed = operator_listed(&world.chain, ALICE);
    ck_assert_msg(script_wait(&world, &listed), "%s", world.trace.last);
    ck_assert_uint_eq(operator_listed(&world.chain, ALICE), listed);
}

START_TEST(cancel_at_every_step_leaves_one_node_active_and_nothing_in_an_outbox)
{
    disturb_each_step(cancel, nothing_is_left_of_it, B);
}
END_TEST

static void start_elsewhere(void)
{
    ck_assert(script_start(&world, ALICE, C));
}

START_TEST(a_second_start_to_another_destination_wins_at_every_step)
{
    disturb_each_step(start_elsewhere, NULL, C);
}
END_TEST

static void begin_resharing(void)
{
    ck_assert(council_reshare(&world.chain, COUNCIL_ALL, A));
}

static void begin_keygen(void)
{
    ck_assert(council_keygen(&world.chain));
}

/* Votes come while nodes look. */
static void vote_to_the_end(void)
{
    do
        world_run(&world, VOTE_MS);
    while (council_vote(&world.chain));
    script_share(&world);
}

static void vote_in_vain(void)
{
    world_run(&world, VOTE_MS);
    ck_assert(council_vote(&world.chain));
    world_run(&world, VOTE_MS);
    council_cancel(&world.chain);
}

START_TEST(a_resharing_at_every_step_is_followed_by_a_conclude_of_the_new_keyset)
{
    disturb_each_step(begin_resharing, vote_to_the_end, B);
}
END_TEST

START_TEST(a_resharing_that_is_cancelled_delays_a_migration_and_no_more)
{
    disturb_each_step(begin_resharing, vote_in_vain, B);
}
END_TEST

START_TEST(a_key_generation_at_every_step_is_followed_by_a_conclude_of_all_keys)
{
    disturb_each_step(begin_keygen, vote_to_the_end, B);
}
END_TEST

START_TEST(a_key_generation_that_is_cancelled_delays_a_migration_and_no_more)
{
    disturb_each_step(begin_keygen, vote_in_vain, B);
}
END_TEST

static void begin_kick_out(void)
{
    ck_assert(council_reshare(&world.chain, COUNCIL_ALL ^ 1u << ALICE, A));
}

/* In again on machine A, whichever was listed. */
static void let_in_again(void)
{
    council_finish(&world.chain);
    world_run(&world, VOTE_MS);
    ck_assert(council_reshare(&world.chain, COUNCIL_ALL, A));
    vote_to_the_end();
    ck_assert(operator_register(&world.chain, ALICE, 0));
}

START_TEST(an_account_that_is_kicked_out_and_let_in_again_migrates_all_the_same)
{
    disturb_each_step(begin_kick_out, let_in_again, B);
}
END_TEST

static void register_another(void)
{
    ck_assert(operator_register(&world.chain, ALICE, 1));
    world.services[ALICE].key = 1;
}

START_TEST(a_new_backup_key_at_every_step_is_the_one_that_goes_on)
{
    disturb_each_step(register_another, NULL, B);
}
END_TEST

static void both_crash(void)
{
    node_crash(world_node(&world, ALICE, A), "the story says so");
    node_crash(world_node(&world, ALICE, B), "the story says so");
}

START_TEST(a_crash_of_both_nodes_at_every_step_is_slept_off)
{
    disturb_each_step(both_crash, NULL, B);
}
END_TEST

int main(void)
{
    SUITE_WITH_CASE(suite, tcase, "stories");
    tcase_set_timeout(tcase, 600);
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, there_and_back_ten_times_in_one_life_of_both_nodes);
    tcase_add_test(tcase, two_accounts_migrate_at_once_and_do_not_touch_each_other);
    tcase_add_test(tcase, the_same_shares_by_two_clients_at_once_and_in_another_order_are_one_set);
    tcase_add_test(tcase, cancel_at_every_step_leaves_one_node_active_and_nothing_in_an_outbox);
    tcase_add_test(tcase, a_second_start_to_another_destination_wins_at_every_step);
    tcase_add_test(tcase, a_resharing_at_every_step_is_followed_by_a_conclude_of_the_new_keyset);
    tcase_add_test(tcase, a_resharing_that_is_cancelled_delays_a_migration_and_no_more);
    tcase_add_test(tcase, a_key_generation_at_every_step_is_followed_by_a_conclude_of_all_keys);
    tcase_add_test(tcase, a_key_generation_that_is_cancelled_delays_a_migration_and_no_more);
    tcase_add_test(tcase, an_account_that_is_kicked_out_and_let_in_again_migrates_all_the_same);
    tcase_add_test(tcase, a_new_backup_key_at_every_step_is_the_one_that_goes_on);
    tcase_add_test(tcase, a_crash_of_both_nodes_at_every_step_is_slept_off);
    return run_suite(suite);
}
