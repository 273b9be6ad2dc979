#include "tests/support/support.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "common/os/clock.h"
#include "common/os/log.h"
#include "node/chain_rules.h"
#include "node/chain_watch.h"
#include "tests/support/fake_rpc.h"
#include "tests/support/story.h"

static const struct story running = {
    .phase = PROTOCOL_RUNNING, .epoch_id = 5, .domains = 2, .listed_key = 1, .backup_key = 9};

/* --- what is believed --- */

#define MAX_AGE_MS 60000

static const struct chain_now seen = {.wall_ms = 1000000000, .mono_ms = 5000};

static struct rpc_block block_of(uint64_t height, uint8_t hash, int64_t time_ms)
{
    struct rpc_block block = {.height = height, .time_ms = time_ms};
    memset(block.hash, hash, sizeof block.hash);
    return block;
}

static result_t judge(const struct chain_snapshot *current, struct rpc_block block, uint64_t later_ms,
                      bool *is_new)
{
    struct chain_now now = {seen.wall_ms + later_ms, seen.mono_ms + later_ms};
    struct error err;
    return chain_rules_judge(current, &block, now, MAX_AGE_MS, is_new, &err);
}

START_TEST(a_block_is_believed_by_its_height_hash_and_time)
{
    static const struct {
        uint64_t height;
        uint8_t hash;
        int64_t time_ms; /* relative to the current block's */
        uint64_t later_ms;
        result_t expected;
        bool is_new;
    } rows[] = {
        {101, 101, 600, 600, OUTCOME_OK, true},
        {101, 101, 0, 600, OUTCOME_OK, true},
        {100, 100, 0, 600, OUTCOME_OK, false},
        {100, 77, 0, 600, OUTCOME_RPC_INCONSISTENT, false},
        {99, 99, -600, 600, OUTCOME_RPC_WENT_BACK, false},
        {101, 101, -1, 600, OUTCOME_RPC_INCONSISTENT, false},
        {101, 101, CHAIN_FUTURE_MS + 600, 600, OUTCOME_OK, true},
        {101, 101, CHAIN_FUTURE_MS + 601, 600, OUTCOME_RPC_INCONSISTENT, false},
        /* A stale view holds nothing down. */
        {99, 99, MAX_AGE_MS, MAX_AGE_MS, OUTCOME_OK, true},
        {99, 99, -600, MAX_AGE_MS, OUTCOME_OK, true},
        {100, 77, MAX_AGE_MS, MAX_AGE_MS, OUTCOME_OK, true},
        {100, 100, 0, MAX_AGE_MS, OUTCOME_OK, false},
        {99, 99, MAX_AGE_MS - 1, MAX_AGE_MS - 1, OUTCOME_RPC_WENT_BACK, false},
        {99, 99, MAX_AGE_MS + CHAIN_FUTURE_MS + 1, MAX_AGE_MS, OUTCOME_RPC_INCONSISTENT, false},
    };
    const struct chain_snapshot *current = story_snapshot(&running, 100, seen);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        bool is_new = !rows[i].is_new;
        struct rpc_block block =
            block_of(rows[i].height, rows[i].hash, (int64_t)seen.wall_ms + rows[i].time_ms);
        result_t got = judge(current, block, rows[i].later_ms, &is_new);
        ck_assert_msg(got == rows[i].expected, "row %zu: %s", i, outcome_of(got)->name);
        ck_assert_int_eq(is_new, rows[i].is_new);
    }
    chain_snapshot_unref(current);
}
END_TEST

START_TEST(the_first_block_may_be_any_but_not_one_of_the_future)
{
    bool is_new = false;
    ck_assert_ok(judge(NULL, block_of(1, 1, 0), 0, &is_new));
    ck_assert(is_new);
    ck_assert_ok(judge(NULL, block_of(1, 1, -5), 0, &is_new));
    int64_t future_ms = (int64_t)seen.wall_ms + CHAIN_FUTURE_MS + 1;
    ck_assert_outcome(judge(NULL, block_of(1, 1, future_ms), 0, &is_new), OUTCOME_RPC_INCONSISTENT);
    ck_assert(!is_new);
}
END_TEST

START_TEST(without_a_limit_on_the_age_a_forged_height_does_not_hold_for_ever_either)
{
    const struct chain_snapshot *current = story_snapshot(&running, 100, seen);
    struct rpc_block block = block_of(99, 99, (int64_t)seen.wall_ms);
    struct chain_now now = {seen.wall_ms, seen.mono_ms + CHAIN_FLOOR_MS - 1};
    bool is_new;
    ck_assert_outcome(chain_rules_judge(current, &block, now, 0, &is_new, NULL), OUTCOME_RPC_WENT_BACK);
    now.mono_ms++;
    ck_assert_ok(chain_rules_judge(current, &block, now, 0, &is_new, NULL));
    ck_assert(is_new);
    chain_snapshot_unref(current);
}
END_TEST

START_TEST(failures_are_waited_out_longer_and_longer_and_never_in_step)
{
    ck_assert_uint_eq(chain_rules_delay_ms(1000, 0, UINT32_MAX), 1000);
    ck_assert_uint_eq(chain_rules_delay_ms(1000, 1, 0), 1000);
    ck_assert_uint_eq(chain_rules_delay_ms(1000, 2, 0), 2000);
    ck_assert_uint_eq(chain_rules_delay_ms(1000, 3, 0), 4000);
    ck_assert_uint_eq(chain_rules_delay_ms(1000, 5, 0), CHAIN_BACKOFF_MAX_MS);
    ck_assert_uint_eq(chain_rules_delay_ms(1000, UINT32_MAX, 0), CHAIN_BACKOFF_MAX_MS);
    ck_assert_uint_eq(chain_rules_delay_ms(60000, 9, 0), 60000);
    uint64_t random = test_seed();
    for (unsigned i = 0; i < 1000; i++) {
        uint64_t delay_ms = chain_rules_delay_ms(1000, 2, (uint32_t)test_random(&random));
        ck_assert_uint_gt(delay_ms, 1000);
        ck_assert_uint_le(delay_ms, 2000);
    }
}
END_TEST

/* --- the thread, against a scripted RPC --- */

#define POLL_MS 5

struct bench {
    struct fake_rpc *fake;
    struct rpc *rpc;
    struct panel *panel;
    struct snapshot_cell cell;
    int published; /* eventfd */
    struct account_id contract_id;
    struct chain_watch *watch;
    uint64_t now_ms;
};

static void set_up(struct bench *bench)
{
    *bench = (struct bench){.fake = fake_rpc_start(), .now_ms = (uint64_t)clock_wall_ms()};
    snapshot_cell_init(&bench->cell);
    bench->published = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    ck_assert_ok(snapshot_cell_listen(&bench->cell, bench->published));
    ck_assert(account_id_set(&bench->contract_id, STORY_CONTRACT, strlen(STORY_CONTRACT)));
}

static void start_polling(struct bench *bench, uint64_t poll_interval_ms, uint64_t max_view_age_ms)
{
    struct rpc_config config = {.url = fake_rpc_url(bench->fake), .timeout_ms = 20000};
    struct error err;
    ck_assert_ok_err(rpc_open(&config, &bench->rpc, &err), err);
    ck_assert_ok_err(panel_open(&bench->rpc, 1, false, &bench->panel, &err), err);
    struct chain_poll_options options = {.contract_id = &bench->contract_id,
                                         .panel = bench->panel,
                                         .cell = &bench->cell,
                                         .poll_interval_ms = poll_interval_ms,
                                         .max_view_age_ms = max_view_age_ms,
                                         .clock = chain_clock_system};
    ck_assert_ok_err(chain_watch_start(&options, &bench->watch, &err), err);
}

static void start(struct bench *bench, uint64_t max_view_age_ms)
{
    start_polling(bench, POLL_MS, max_view_age_ms);
}

static void tear_down(struct bench *bench)
{
    chain_watch_stop(bench->watch);
    panel_close(bench->panel);
    rpc_close(&bench->rpc);
    fake_rpc_stop(&bench->fake);
    snapshot_cell_free(&bench->cell);
    close(bench->published);
}

/* Wait until a view of this height is published, and return it. */
static const struct chain_snapshot *wait_for_height(struct bench *bench, uint64_t height)
{
    for (;;) {
        const struct chain_snapshot *snapshot = snapshot_cell_get(&bench->cell);
        if (snapshot && snapshot->height == height)
            return snapshot;
        chain_snapshot_unref(snapshot);
        struct pollfd wake = {.fd = bench->published, .events = POLLIN};
        eventfd_t count;
        ck_assert_msg(poll(&wake, 1, 20000) == 1, "no view of height %llu came", (unsigned long long)height);
        (void)!eventfd_read(bench->published, &count);
    }
}

static void expect_height(struct bench *bench, uint64_t height)
{
    chain_snapshot_unref(wait_for_height(bench, height));
}

/* Wait until a whole poll has begun and ended from now on, and return its outcome. */
static result_t next_outcome(struct bench *bench)
{
    struct chain_poll_status status;
    chain_watch_status(bench->watch, &status);
    uint64_t wanted = status.polls + 2;
    while (status.polls < wanted) {
        fake_rpc_wait(bench->fake, "status", fake_rpc_count(bench->fake, "status") + 1);
        chain_watch_status(bench->watch, &status);
    }
    return status.last.code;
}

START_TEST(both_views_are_read_at_the_hash_of_the_final_block)
{
    struct bench bench;
    set_up(&bench);
    story_serve(&running, bench.fake, 100, bench.now_ms);
    start(&bench, MAX_AGE_MS);
    const struct chain_snapshot *snapshot = wait_for_height(&bench, 100);
    char hash[HASH_TEXT_MAX];
    char wanted[96];
    hash_format(snapshot->block_hash, hash);
    snprintf(wanted, sizeof wanted, "\"block_id\":\"%s\"", hash);
    ck_assert_text_has(fake_rpc_request(bench.fake, "query:state", 0), wanted);
    ck_assert_text_has(fake_rpc_request(bench.fake, "query:migration_info", 0), wanted);
    ck_assert_text_has(fake_rpc_request(bench.fake, "query:state", 0), "\"args_base64\":\"\"");
    ck_assert_text_has(fake_rpc_request(bench.fake, "block", 0), "\"final\"");
    ck_assert_uint_eq(snapshot->block_time_ms, bench.now_ms);
    ck_assert_uint_eq(snapshot->protocol.keyset.epoch_id, 5);
    ck_assert_uint_eq(snapshot->migrations.count, 1);
    chain_snapshot_unref(snapshot);
    tear_down(&bench);
}
END_TEST

START_TEST(a_new_block_replaces_the_view_and_the_same_block_is_not_read_again)
{
    struct bench bench;
    set_up(&bench);
    story_serve(&running, bench.fake, 100, bench.now_ms);
    start(&bench, MAX_AGE_MS);
    const struct chain_snapshot *first = wait_for_height(&bench, 100);
    ck_assert_ok(next_outcome(&bench));
    ck_assert_uint_eq(fake_rpc_count(bench.fake, "query:state"), 1);
    const struct chain_snapshot *same = wait_for_height(&bench, 100);
    ck_assert_ptr_eq(same, first);

    struct story next = running;
    next.epoch_id = 6;
    story_serve(&next, bench.fake, 101, bench.now_ms + 1);
    const struct chain_snapshot *second = wait_for_height(&bench, 101);
    ck_assert_uint_eq(second->protocol.keyset.epoch_id, 6);
    chain_snapshot_unref(first);
    chain_snapshot_unref(same);
    chain_snapshot_unref(second);
    tear_down(&bench);
}
END_TEST

/* What an RPC may do wrong after a first good view; nothing of it replaces
 * that view, and all of it passes. */
struct mischief {
    const char *what;
    void (*play)(struct bench *bench);
    result_t outcome;
};

static void play_syncing(struct bench *bench)
{
    story_serve_status(bench->fake, true);
}

static void play_back(struct bench *bench)
{
    story_serve(&running, bench->fake, 99, bench->now_ms);
}

static void play_lie(struct bench *bench)
{
    story_serve_views(&running, bench->fake, 102);
    story_serve_block(bench->fake, 101, bench->now_ms);
}

static void play_future(struct bench *bench)
{
    story_serve(&running, bench->fake, 101, bench->now_ms + 10 * CHAIN_FUTURE_MS);
}

static void play_nonsense_view(struct bench *bench)
{
    char hash[HASH_TEXT_MAX];
    uint8_t bytes[SHA256_LEN];
    memset(bytes, 101, sizeof bytes);
    hash_format(bytes, hash);
    story_serve_views(&running, bench->fake, 101);
    fake_rpc_forget(bench->fake, "query:state");
    fake_rpc_view(bench->fake, "query:state", "{\"Resting\":{}}", 101, hash);
    story_serve_block(bench->fake, 101, bench->now_ms);
}

static void play_reply(struct bench *bench, const char *name, struct fake_reply reply)
{
    fake_rpc_forget(bench->fake, name);
    fake_rpc_reply(bench->fake, name, &reply);
}

static void play_500(struct bench *bench)
{
    play_reply(bench, "block", (struct fake_reply){.status = 500, .body = "{}"});
}

static void play_html(struct bench *bench)
{
    play_reply(bench, "block", (struct fake_reply){.body = "<html><body>Bad Gateway</body></html>"});
}

static void play_close(struct bench *bench)
{
    play_reply(bench, "block", (struct fake_reply){.kind = FAKE_CLOSE});
}

static void play_panic(struct bench *bench)
{
    story_serve_views(&running, bench->fake, 101);
    fake_rpc_forget(bench->fake, "query:migration_info");
    fake_rpc_result(
        bench->fake, "query:migration_info",
        "{\"error\":\"wasm execution failed with error: HostError(GuestPanic { panic_msg: \\\"no\\\" })\","
        "\"logs\":[],\"block_height\":101,\"block_hash\":\"11111111111111111111111111111111\"}");
    story_serve_block(bench->fake, 101, bench->now_ms);
}

static const struct mischief mischiefs[] = {
    {"syncing", play_syncing, OUTCOME_RPC_SYNCING},
    {"goes back", play_back, OUTCOME_RPC_WENT_BACK},
    {"views of another block", play_lie, OUTCOME_RPC_INCONSISTENT},
    {"a block of the future", play_future, OUTCOME_RPC_INCONSISTENT},
    {"a view that does not parse", play_nonsense_view, OUTCOME_VIEW_MALFORMED},
    {"HTTP 500", play_500, OUTCOME_RPC_HTTP_STATUS},
    {"HTML", play_html, OUTCOME_RPC_MALFORMED},
    {"closes", play_close, OUTCOME_RPC_UNREACHABLE},
    {"a panicking view", play_panic, OUTCOME_RPC_VIEW_FAILED},
};

START_TEST(an_rpc_that_misbehaves_changes_nothing_and_is_believed_again_when_it_stops)
{
    const struct mischief *mischief = &mischiefs[_i];
    struct bench bench;
    set_up(&bench);
    story_serve(&running, bench.fake, 100, bench.now_ms);
    start(&bench, MAX_AGE_MS);
    const struct chain_snapshot *before = wait_for_height(&bench, 100);
    mischief->play(&bench);
    result_t got = next_outcome(&bench);
    ck_assert_msg(got == mischief->outcome, "%s: %s", mischief->what, outcome_of(got)->name);
    const struct chain_snapshot *after = snapshot_cell_get(&bench.cell);
    ck_assert_ptr_eq(after, before);
    chain_snapshot_unref(before);
    chain_snapshot_unref(after);
    story_serve(&running, bench.fake, 103, bench.now_ms + 1);
    expect_height(&bench, 103);
    tear_down(&bench);
}
END_TEST

START_TEST(a_block_that_the_views_do_not_know_is_asked_for_again)
{
    struct bench bench;
    set_up(&bench);
    story_serve(&running, bench.fake, 100, bench.now_ms);
    fake_rpc_forget(bench.fake, "query:state");
    fake_rpc_error(
        bench.fake, "query:state", 422,
        "{\"name\":\"HANDLER_ERROR\",\"cause\":{\"name\":\"UNKNOWN_BLOCK\",\"info\":{}},\"code\":-32000,"
        "\"message\":\"Server error\",\"data\":\"DB Not Found Error\"}");
    start(&bench, MAX_AGE_MS);
    ck_assert_outcome(next_outcome(&bench), OUTCOME_RPC_UNKNOWN_BLOCK);
    ck_assert_uint_ge(fake_rpc_count(bench.fake, "block"), CHAIN_BLOCK_TRIES_MAX);
    story_serve(&running, bench.fake, 101, bench.now_ms);
    expect_height(&bench, 101);
    tear_down(&bench);
}
END_TEST

START_TEST(an_rpc_stuck_at_a_block_does_not_keep_its_view_fresh)
{
    struct bench bench;
    set_up(&bench);
    story_serve(&running, bench.fake, 100, bench.now_ms);
    start(&bench, MAX_AGE_MS);
    const struct chain_snapshot *first = wait_for_height(&bench, 100);
    uint64_t seen_ms = first->seen_mono_ms;
    for (unsigned i = 0; i < 3; i++)
        ck_assert_ok(next_outcome(&bench));
    const struct chain_snapshot *now = snapshot_cell_get(&bench.cell);
    ck_assert_uint_eq(now->seen_mono_ms, seen_ms);
    ck_assert_uint_eq(now->block_time_ms, bench.now_ms);
    chain_snapshot_unref(first);
    chain_snapshot_unref(now);
    tear_down(&bench);
}
END_TEST

START_TEST(a_forged_height_does_not_lock_the_node_out_for_good)
{
    struct bench bench;
    set_up(&bench);
    story_serve(&running, bench.fake, 999999, bench.now_ms);
    start(&bench, 300);
    expect_height(&bench, 999999);
    story_serve(&running, bench.fake, 101, (uint64_t)clock_wall_ms());
    expect_height(&bench, 101);
    tear_down(&bench);
}
END_TEST

START_TEST(stopping_does_not_wait_for_an_rpc_that_hangs)
{
    struct bench bench;
    set_up(&bench);
    play_reply(&bench, "status", (struct fake_reply){.kind = FAKE_HANG});
    start(&bench, MAX_AGE_MS);
    fake_rpc_wait(bench.fake, "status", 1);
    int64_t before_ms = clock_mono_ms();
    tear_down(&bench);
    ck_assert_int_lt(clock_mono_ms() - before_ms, 2000);
}
END_TEST

START_TEST(stopping_does_not_wait_for_the_next_poll)
{
    struct bench bench;
    set_up(&bench);
    story_serve(&running, bench.fake, 100, bench.now_ms);
    start_polling(&bench, 3600000, 0);
    expect_height(&bench, 100);
    int64_t before_ms = clock_mono_ms();
    tear_down(&bench);
    ck_assert_int_lt(clock_mono_ms() - before_ms, 2000);
    chain_watch_stop(NULL);
}
END_TEST

int main(void)
{
    SUITE_WITH_CASE(suite, tcase, "chain_watch");
    log_init(LOG_FORMAT_PLAIN, LOG_LEVEL_ERROR);
    tcase_add_test(tcase, a_block_is_believed_by_its_height_hash_and_time);
    tcase_add_test(tcase, the_first_block_may_be_any_but_not_one_of_the_future);
    tcase_add_test(tcase, without_a_limit_on_the_age_a_forged_height_does_not_hold_for_ever_either);
    tcase_add_test(tcase, failures_are_waited_out_longer_and_longer_and_never_in_step);
    tcase_add_test(tcase, both_views_are_read_at_the_hash_of_the_final_block);
    tcase_add_test(tcase, a_new_block_replaces_the_view_and_the_same_block_is_not_read_again);
    tcase_add_loop_test(tcase, an_rpc_that_misbehaves_changes_nothing_and_is_believed_again_when_it_stops, 0,
                        (int)ARRAY_LEN(mischiefs));
    tcase_add_test(tcase, a_block_that_the_views_do_not_know_is_asked_for_again);
    tcase_add_test(tcase, an_rpc_stuck_at_a_block_does_not_keep_its_view_fresh);
    tcase_add_test(tcase, a_forged_height_does_not_lock_the_node_out_for_good);
    tcase_add_test(tcase, stopping_does_not_wait_for_an_rpc_that_hangs);
    tcase_add_test(tcase, stopping_does_not_wait_for_the_next_poll);
    return run_suite(suite);
}
