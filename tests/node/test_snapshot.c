#include "tests/support/support.h"

#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "node/snapshot.h"
#include "tests/support/story.h"

static const struct story running = {
    .phase = PROTOCOL_RUNNING, .epoch_id = 5, .domains = 2, .listed_key = 1, .backup_key = 9};
static const struct chain_now seen = {.wall_ms = 1000000, .mono_ms = 5000};

static struct chain_now later(uint64_t wall_ms, uint64_t mono_ms)
{
    return (struct chain_now){seen.wall_ms + wall_ms, seen.mono_ms + mono_ms};
}

START_TEST(a_view_grows_stale_by_its_block_s_time)
{
    const struct chain_snapshot *snapshot = story_snapshot(&running, 1, seen);
    ck_assert_uint_eq(chain_snapshot_fresh_ms(snapshot, seen, 60000), 60000);
    ck_assert_uint_eq(chain_snapshot_fresh_ms(snapshot, later(59999, 0), 60000), 1);
    ck_assert(!chain_snapshot_stale(snapshot, later(59999, 0), 60000));
    ck_assert(chain_snapshot_stale(snapshot, later(60000, 0), 60000));
    ck_assert_uint_eq(chain_snapshot_age_ms(snapshot, later(60000, 3)), 60000);
    chain_snapshot_unref(snapshot);
}
END_TEST

START_TEST(a_view_grows_stale_by_the_monotonic_clock_when_the_wall_clock_is_set_back)
{
    const struct chain_snapshot *snapshot = story_snapshot(&running, 1, seen);
    struct chain_now set_back = {.wall_ms = 10, .mono_ms = seen.mono_ms + 60000};
    ck_assert(chain_snapshot_stale(snapshot, set_back, 60000));
    set_back.mono_ms--;
    ck_assert_uint_eq(chain_snapshot_fresh_ms(snapshot, set_back, 60000), 1);
    chain_snapshot_unref(snapshot);
}
END_TEST

START_TEST(without_a_limit_nothing_is_stale_but_no_view_at_all)
{
    const struct chain_snapshot *snapshot = story_snapshot(&running, 1, seen);
    ck_assert_uint_eq(chain_snapshot_fresh_ms(snapshot, later(1u << 30, 1u << 30), 0),
                      SNAPSHOT_FRESH_FOR_EVER);
    ck_assert(chain_snapshot_stale(NULL, seen, 0));
    ck_assert_uint_eq(chain_snapshot_age_ms(NULL, seen), UINT64_MAX);
    chain_snapshot_unref(snapshot);
}
END_TEST

START_TEST(the_backup_key_is_that_of_the_account)
{
    const struct chain_snapshot *snapshot = story_snapshot(&running, 1, seen);
    struct account_id account = story_account();
    struct account_id other;
    struct ed25519_public_key expected = story_key(9);
    ck_assert(account_id_set(&other, "bob.near", 8));
    ck_assert(ed25519_public_key_equal(chain_snapshot_backup_key(snapshot, &account), &expected));
    ck_assert_ptr_null(chain_snapshot_backup_key(snapshot, &other));
    ck_assert_ptr_null(chain_snapshot_backup_key(NULL, &account));
    chain_snapshot_unref(snapshot);
}
END_TEST

START_TEST(an_account_without_a_registration_has_no_backup_key)
{
    struct story story = running;
    struct account_id account = story_account();
    story.backup_key = 0;
    story.destination = 2;
    const struct chain_snapshot *snapshot = story_snapshot(&story, 1, seen);
    ck_assert_ptr_null(chain_snapshot_backup_key(snapshot, &account));
    chain_snapshot_unref(snapshot);
}
END_TEST

START_TEST(a_reader_keeps_its_own_view_while_another_is_published)
{
    struct snapshot_cell cell;
    const struct chain_snapshot *mine = NULL;
    uint64_t version = 0;
    snapshot_cell_init(&cell);
    ck_assert_ptr_null(snapshot_cell_get(&cell));
    ck_assert(!snapshot_cell_refresh(&cell, &version, &mine));

    snapshot_cell_publish(&cell, story_snapshot(&running, 1, seen));
    ck_assert(snapshot_cell_refresh(&cell, &version, &mine));
    ck_assert(!snapshot_cell_refresh(&cell, &version, &mine));
    snapshot_cell_publish(&cell, story_snapshot(&running, 2, seen));
    ck_assert_uint_eq(mine->height, 1);
    ck_assert_uint_eq(mine->protocol.keyset.count, 2);
    ck_assert(snapshot_cell_refresh(&cell, &version, &mine));
    ck_assert_uint_eq(mine->height, 2);

    snapshot_cell_free(&cell);
    ck_assert_uint_eq(mine->height, 2);
    chain_snapshot_unref(mine);
}
END_TEST

static bool is_written(int fd)
{
    struct pollfd poll_fd = {.fd = fd, .events = POLLIN};
    return poll(&poll_fd, 1, 0) == 1;
}

START_TEST(listeners_are_told_until_they_leave)
{
    struct snapshot_cell cell;
    int fds[SNAPSHOT_LISTENERS_MAX];
    snapshot_cell_init(&cell);
    for (size_t i = 0; i < SNAPSHOT_LISTENERS_MAX; i++) {
        fds[i] = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
        ck_assert_ok(snapshot_cell_listen(&cell, fds[i]));
    }
    ck_assert_outcome(snapshot_cell_listen(&cell, fds[0]), OUTCOME_LIMIT);
    snapshot_cell_unlisten(&cell, fds[1]);
    snapshot_cell_unlisten(&cell, fds[1]);
    snapshot_cell_publish(&cell, story_snapshot(&running, 1, seen));
    for (size_t i = 0; i < SNAPSHOT_LISTENERS_MAX; i++) {
        ck_assert_int_eq(is_written(fds[i]), i != 1);
        close(fds[i]);
    }
    snapshot_cell_free(&cell);
}
END_TEST

#define ROUNDS 500

static void *read_until_last(void *argument)
{
    struct snapshot_cell *cell = argument;
    const struct chain_snapshot *mine = NULL;
    uint64_t version = 0;
    uint64_t before = 0;
    do {
        if (!snapshot_cell_refresh(cell, &version, &mine))
            continue;
        ck_assert_uint_gt(mine->height, before);
        ck_assert_uint_eq(mine->protocol.keyset.epoch_id, mine->height);
        before = mine->height;
    } while (before < ROUNDS);
    chain_snapshot_unref(mine);
    return NULL;
}

START_TEST(readers_of_many_threads_see_whole_views_in_order)
{
    struct snapshot_cell cell;
    pthread_t readers[3];
    snapshot_cell_init(&cell);
    for (size_t i = 0; i < ARRAY_LEN(readers); i++)
        ck_assert_int_eq(pthread_create(&readers[i], NULL, read_until_last, &cell), 0);
    for (uint64_t height = 1; height <= ROUNDS; height++) {
        struct story story = running;
        story.epoch_id = height;
        snapshot_cell_publish(&cell, story_snapshot(&story, height, seen));
    }
    for (size_t i = 0; i < ARRAY_LEN(readers); i++)
        pthread_join(readers[i], NULL);
    snapshot_cell_free(&cell);
}
END_TEST

int main(void)
{
    SUITE_WITH_CASE(suite, tcase, "snapshot");
    tcase_add_test(tcase, a_view_grows_stale_by_its_block_s_time);
    tcase_add_test(tcase, a_view_grows_stale_by_the_monotonic_clock_when_the_wall_clock_is_set_back);
    tcase_add_test(tcase, without_a_limit_nothing_is_stale_but_no_view_at_all);
    tcase_add_test(tcase, the_backup_key_is_that_of_the_account);
    tcase_add_test(tcase, an_account_without_a_registration_has_no_backup_key);
    tcase_add_test(tcase, a_reader_keeps_its_own_view_while_another_is_published);
    tcase_add_test(tcase, listeners_are_told_until_they_leave);
    tcase_add_test(tcase, readers_of_many_threads_see_whole_views_in_order);
    return run_suite(suite);
}
