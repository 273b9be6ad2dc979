#include "tests/support/support.h"

#include <string.h>

#include "common/os/clock.h"
#include "common/os/log.h"
#include "node/chain_poll.h"
#include "node/chain_rules.h"
#include "node/metrics.h"
#include "tests/support/fake_source.h"
#include "tests/support/story.h"

#define SOURCES_MAX 5
#define MAX_AGE_MS  60000
#define INTERVAL_MS 1000
/* Of the first final block. */
#define START 100

static const struct story truth = {
    .phase = PROTOCOL_RUNNING, .epoch_id = 5, .domains = 2, .listed_key = 1, .backup_key = 9};
/* Another backup key: what a liar would like to be believed. */
#define LIE                                                                                                  \
    {                                                                                                        \
        .phase = PROTOCOL_RUNNING, .epoch_id = 5, .domains = 2, .listed_key = 1, .backup_key = 66            \
    }
static const struct story lie = LIE;

struct bench {
    size_t count;
    struct fake_source sources[SOURCES_MAX];
    struct panel *panel;
    struct snapshot_cell cell;
    struct account_id contract_id;
    struct chain_now now;
    struct chain_poll poll;
};

static struct chain_now read_bench(void *context)
{
    const struct bench *bench = context;
    return bench->now;
}

static void set_up(struct bench *bench, size_t count, bool threads)
{
    static const char *const names[] = {"https://a/", "https://b/", "https://c/", "https://d/", "https://e/"};
    struct rpc *rpcs[SOURCES_MAX];
    struct error err;
    *bench = (struct bench){.count = count, .now = {.wall_ms = FAKE_NOW_MS(START), .mono_ms = 1000000}};
    for (size_t i = 0; i < count; i++) {
        fake_source_init(&bench->sources[i], names[i], &truth, START);
        rpcs[i] = &bench->sources[i].rpc;
    }
    metrics_reset();
    snapshot_cell_init(&bench->cell);
    ck_assert(account_id_set(&bench->contract_id, STORY_CONTRACT, strlen(STORY_CONTRACT)));
    ck_assert_ok_err(panel_open(rpcs, count, threads, &bench->panel, &err), err);
    const struct chain_poll_options options = {.contract_id = &bench->contract_id,
                                               .panel = bench->panel,
                                               .cell = &bench->cell,
                                               .poll_interval_ms = INTERVAL_MS,
                                               .max_view_age_ms = MAX_AGE_MS,
                                               .clock = {read_bench, bench}};
    chain_poll_init(&bench->poll, &options);
}

static void tear_down(struct bench *bench)
{
    panel_close(bench->panel);
    chain_poll_free(&bench->poll);
    snapshot_cell_free(&bench->cell);
    for (size_t i = 0; i < bench->count; i++)
        fake_source_free(&bench->sources[i]);
}

/* A block later, on every chain. */
static void pass(struct bench *bench)
{
    bench->now.wall_ms += INTERVAL_MS;
    bench->now.mono_ms += INTERVAL_MS;
    for (size_t i = 0; i < bench->count; i++)
        bench->sources[i].manner.height++;
}

static result_t poll_later(struct bench *bench)
{
    pass(bench);
    return chain_poll_once(&bench->poll);
}

static uint64_t published(struct bench *bench)
{
    const struct chain_snapshot *snapshot = snapshot_cell_get(&bench->cell);
    uint64_t height = snapshot ? snapshot->height : 0;
    if (snapshot)
        ck_assert_uint_eq(snapshot->migrations.entries[0].backup_key.bytes[0], truth.backup_key);
    chain_snapshot_unref(snapshot);
    return height;
}

static result_t said(const struct bench *bench, size_t source)
{
    return bench->poll.status.sources[source].say.code;
}

/* --- one of three --- */

struct mischief {
    const char *what;
    struct fake_manner manner; /* added to an honest one; `height` is for how many blocks it is behind */
    result_t said;             /* of it, in the poll after */
};

static const struct mischief mischiefs[] = {
    {"lies about the contract", {.story = LIE}, OUTCOME_RPC_OUTVOTED},
    {"lies about the time of blocks", {.head_offset_ms = -500}, OUTCOME_RPC_OUTVOTED},
    {"is on a fork", {.fork = 7}, OUTCOME_RPC_OUTVOTED},
    {"is behind", {.height = 3}, OUTCOME_RPC_WENT_BACK},
    {"is syncing", {.syncing = true}, OUTCOME_RPC_SYNCING},
    {"is away", {.fails = OUTCOME_RPC_UNREACHABLE}, OUTCOME_RPC_UNREACHABLE},
    {"refuses views", {.views_fail = OUTCOME_RPC_VIEW_FAILED}, OUTCOME_RPC_VIEW_FAILED},
    {"forgets blocks", {.forgets = true}, OUTCOME_RPC_UNKNOWN_BLOCK},
    {"forges a height", {.head_height = 999999}, OUTCOME_RPC_OUTVOTED},
    {"is in the future", {.head_offset_ms = 10 * CHAIN_FUTURE_MS}, OUTCOME_RPC_INCONSISTENT},
};

static void misbehave(struct fake_source *source, const struct mischief *mischief)
{
    struct fake_manner manner = mischief->manner;
    manner.height = source->manner.height - mischief->manner.height;
    if (manner.story.epoch_id == 0)
        manner.story = truth;
    source->manner = manner;
}

START_TEST(one_of_three_that_misbehaves_is_noticed_and_changes_nothing)
{
    const struct mischief *mischief = &mischiefs[(size_t)_i / 3];
    size_t bad = (size_t)_i % 3;
    struct bench bench;
    set_up(&bench, 3, false);
    ck_assert_ok(chain_poll_once(&bench.poll));
    ck_assert_uint_eq(published(&bench), START);
    struct fake_manner honest = bench.sources[bad].manner;
    misbehave(&bench.sources[bad], mischief);
    for (unsigned polls = 1; polls <= 5; polls++) {
        result_t got = poll_later(&bench);
        ck_assert_msg(got == OUTCOME_OK, "%s: %s", mischief->what, bench.poll.status.last.text);
        ck_assert_msg(published(&bench) == START + polls, "%s", mischief->what);
        for (size_t i = 0; i < 3; i++)
            ck_assert_msg(said(&bench, i) == (i == bad ? mischief->said : OUTCOME_OK), "%s: %s says %s: %s",
                          mischief->what, bench.sources[i].name, outcome_of(said(&bench, i))->name,
                          bench.poll.status.sources[i].say.text);
    }
    ck_assert_uint_ge(metric_outcome_count(METRIC_EVENT_RPC_SOURCE, mischief->said), 1);

    honest.height = bench.sources[(bad + 1) % 3].manner.height;
    bench.sources[bad].manner = honest;
    bench.now.mono_ms += CHAIN_BACKOFF_MAX_MS;
    ck_assert_ok(poll_later(&bench));
    ck_assert_msg(said(&bench, bad) == OUTCOME_OK, "%s", bench.poll.status.sources[bad].say.text);
    tear_down(&bench);
}
END_TEST

START_TEST(two_of_three_that_misbehave_stop_the_view_and_no_lie_is_believed)
{
    const struct mischief *mischief = &mischiefs[_i];
    struct bench bench;
    set_up(&bench, 3, false);
    ck_assert_ok(chain_poll_once(&bench.poll));
    misbehave(&bench.sources[0], mischief);
    misbehave(&bench.sources[2], mischief);
    /* Two that lie alike are a majority: here they lie apart. */
    bench.sources[2].manner.story.backup_key++;
    bench.sources[2].manner.head_offset_ms *= 2;
    bench.sources[2].manner.fork *= 2;
    ck_assert_outcome(poll_later(&bench), OUTCOME_RPC_NO_MAJORITY);
    ck_assert_text_has(bench.poll.status.last.text, "2 of 3 NEAR RPCs have to agree; https://a/: ");
    ck_assert_text_has(bench.poll.status.last.text, "; https://b/: ");
    ck_assert_text_has(bench.poll.status.last.text, "; https://c/: ");
    ck_assert_uint_eq(published(&bench), START);
    tear_down(&bench);
}
END_TEST

/* --- which block --- */

START_TEST(sources_that_are_apart_are_asked_about_a_block_that_most_of_them_have)
{
    struct bench bench;
    set_up(&bench, 5, false);
    static const uint64_t ahead[] = {4, 0, 9, 2, 1};
    for (size_t i = 0; i < bench.count; i++)
        bench.sources[i].manner.height += ahead[i];
    bench.now.wall_ms += 9000;
    ck_assert_ok(chain_poll_once(&bench.poll));
    ck_assert_uint_eq(published(&bench), START + 2);
    for (size_t i = 0; i < bench.count; i++)
        ck_assert_uint_eq(bench.poll.status.sources[i].height, START + ahead[i]);
    tear_down(&bench);
}
END_TEST

START_TEST(a_block_that_only_one_of_them_knows_is_given_up_for_the_next)
{
    struct bench bench;
    set_up(&bench, 3, false);
    bench.sources[0].manner.fork = 7;
    bench.sources[0].manner.height = START + 1;
    bench.sources[1].manner.height = START + 2;
    bench.now.wall_ms += 2000;
    ck_assert_ok(chain_poll_once(&bench.poll));
    ck_assert_uint_eq(published(&bench), START);
    tear_down(&bench);
}
END_TEST

/* A liar calls a block that all of them know by a height that is new. One that is late, so that its final block
 * is not known, is asked about it too, and then the hash has a majority. */
START_TEST(an_old_block_under_a_forged_height_is_not_believed_again)
{
    struct bench bench;
    set_up(&bench, 3, true);
    ck_assert_ok(chain_poll_once(&bench.poll));
    ck_assert_ok(poll_later(&bench));
    bench.sources[0].manner.height = START;
    bench.sources[0].manner.head_height = START + 2;
    bench.sources[0].manner.head_offset_ms = 2000;
    bench.sources[1].manner.height = START + 3;
    bench.sources[1].manner.releases = &bench.sources[2];
    bench.sources[2].manner.hangs = true;
    bench.now.wall_ms += 3000;
    ck_assert_outcome(chain_poll_once(&bench.poll), OUTCOME_RPC_NO_MAJORITY);
    ck_assert_uint_eq(published(&bench), START + 1);
    ck_assert_outcome(said(&bench, 0), OUTCOME_RPC_OUTVOTED);
    tear_down(&bench);
}
END_TEST

START_TEST(nothing_new_is_no_failure)
{
    struct bench bench;
    set_up(&bench, 3, false);
    ck_assert_ok(chain_poll_once(&bench.poll));
    bench.sources[1].manner.height++; /* one alone is ahead */
    ck_assert_ok(chain_poll_once(&bench.poll));
    ck_assert_uint_eq(published(&bench), START);
    ck_assert_uint_eq(bench.poll.status.failures, 0);
    tear_down(&bench);
}
END_TEST

START_TEST(when_the_view_is_stale_even_a_lower_block_is_believed_again_if_most_of_them_have_it)
{
    struct bench bench;
    set_up(&bench, 3, false);
    ck_assert_ok(chain_poll_once(&bench.poll));
    for (size_t i = 0; i < bench.count; i++)
        bench.sources[i].manner.height = START - 20;
    ck_assert_outcome(chain_poll_once(&bench.poll), OUTCOME_RPC_WENT_BACK);
    bench.now.mono_ms += MAX_AGE_MS;
    ck_assert_ok(chain_poll_once(&bench.poll));
    ck_assert_uint_eq(published(&bench), START - 20);
    tear_down(&bench);
}
END_TEST

START_TEST(a_liar_is_one_until_it_agrees_on_a_block)
{
    struct bench bench;
    set_up(&bench, 3, false);
    bench.sources[1].manner.story = lie;
    ck_assert_ok(chain_poll_once(&bench.poll));
    ck_assert_outcome(said(&bench, 1), OUTCOME_RPC_OUTVOTED);
    bench.sources[1].manner.story = truth;
    ck_assert_ok(chain_poll_once(&bench.poll)); /* nothing new, and nobody is asked */
    ck_assert_outcome(said(&bench, 1), OUTCOME_RPC_OUTVOTED);
    ck_assert_ok(poll_later(&bench));
    ck_assert_ok(said(&bench, 1));
    tear_down(&bench);
}
END_TEST

/* --- two --- */

START_TEST(of_two_both_have_to_agree)
{
    struct bench bench;
    set_up(&bench, 2, false);
    ck_assert_ok(chain_poll_once(&bench.poll));
    ck_assert_uint_eq(published(&bench), START);
    bench.sources[1].manner.story = lie;
    ck_assert_outcome(poll_later(&bench), OUTCOME_RPC_NO_MAJORITY);
    ck_assert_outcome(said(&bench, 0), OUTCOME_RPC_NO_MAJORITY);
    ck_assert_outcome(said(&bench, 1), OUTCOME_RPC_NO_MAJORITY);
    ck_assert_text_has(bench.poll.status.last.text, "https://a/: at block 101 answers ");
    ck_assert_text_has(bench.poll.status.last.text, "https://b/: at block 101 answers ");
    ck_assert_uint_eq(published(&bench), START);
    bench.sources[1].manner.story = truth;
    bench.sources[0].manner.fails = OUTCOME_RPC_UNREACHABLE;
    ck_assert_outcome(poll_later(&bench), OUTCOME_RPC_NO_MAJORITY);
    bench.sources[0].manner.fails = OUTCOME_OK;
    ck_assert_ok(poll_later(&bench));
    ck_assert_uint_eq(published(&bench), START + 3);
    tear_down(&bench);
}
END_TEST

START_TEST(what_all_of_them_say_is_the_outcome)
{
    static const result_t outcomes[] = {OUTCOME_RPC_UNREACHABLE, OUTCOME_RPC_TIMEOUT,
                                        OUTCOME_RPC_HTTP_STATUS};
    for (size_t count = 1; count <= 3; count++) {
        for (size_t i = 0; i < ARRAY_LEN(outcomes); i++) {
            struct bench bench;
            set_up(&bench, count, false);
            for (size_t source = 0; source < count; source++)
                bench.sources[source].manner.fails = outcomes[i];
            ck_assert_outcome(chain_poll_once(&bench.poll), outcomes[i]);
            ck_assert_text_has(bench.poll.status.last.text, "https://a/: ");
            tear_down(&bench);
        }
    }
}
END_TEST

START_TEST(views_that_cannot_be_read_are_one_outcome_however_many_agree_on_them)
{
    struct bench bench;
    set_up(&bench, 3, false);
    for (size_t i = 0; i < bench.count; i++)
        bench.sources[i].manner.story.phase = (enum protocol_phase)99; /* an empty text */
    ck_assert_outcome(chain_poll_once(&bench.poll), OUTCOME_VIEW_MALFORMED);
    tear_down(&bench);
}
END_TEST

/* --- who is left alone --- */

START_TEST(one_that_fails_is_left_alone_for_a_while_unless_it_is_needed)
{
    struct bench bench;
    set_up(&bench, 3, false);
    bench.sources[2].manner.fails = OUTCOME_RPC_UNREACHABLE;
    for (unsigned i = 0; i < 60; i++)
        ck_assert_ok(poll_later(&bench));
    /* After 1, 2, 4, 8, 15, 15 .. s. */
    unsigned alone = fake_source_calls(&bench.sources[2]);
    ck_assert_uint_ge(alone, 6);
    ck_assert_uint_le(alone, 9);
    bench.sources[1].manner.fails = OUTCOME_RPC_UNREACHABLE;
    ck_assert_outcome(poll_later(&bench), OUTCOME_RPC_NO_MAJORITY);
    bench.sources[2].manner.fails = OUTCOME_OK;
    ck_assert_ok(poll_later(&bench));
    tear_down(&bench);
}
END_TEST

/* --- at once --- */

/* Its deadline is far beyond what this test takes. */
START_TEST(one_that_hangs_holds_nobody_up)
{
    struct bench bench;
    set_up(&bench, 3, true);
    ck_assert_ok(chain_poll_once(&bench.poll));
    if (_i == 0)
        bench.sources[1].manner.hangs = true;
    else
        bench.sources[1].manner.views_hang = true;
    int64_t before_ms = clock_mono_ms();
    ck_assert_ok(poll_later(&bench));
    fake_source_wait_hung(&bench.sources[1]);
    ck_assert_outcome(said(&bench, 1), OUTCOME_RPC_TIMEOUT);
    for (unsigned polls = 2; polls <= 20; polls++) {
        ck_assert_ok(poll_later(&bench));
        ck_assert_uint_eq(published(&bench), START + polls);
    }
    ck_assert_int_lt(clock_mono_ms() - before_ms, PANEL_PATIENCE_MS);
    bench.sources[1].manner.hangs = bench.sources[1].manner.views_hang = false;
    fake_source_release(&bench.sources[1]);
    bench.now.mono_ms += CHAIN_BACKOFF_MAX_MS;
    while (said(&bench, 1) != OUTCOME_OK)
        ck_assert_ok(poll_later(&bench));
    tear_down(&bench);
}
END_TEST

START_TEST(closing_does_not_wait_for_one_that_hangs)
{
    struct bench bench;
    set_up(&bench, 3, true);
    bench.sources[0].manner.hangs = true;
    ck_assert_ok(chain_poll_once(&bench.poll));
    fake_source_wait_hung(&bench.sources[0]);
    int64_t before_ms = clock_mono_ms();
    tear_down(&bench);
    ck_assert_int_lt(clock_mono_ms() - before_ms, 2000);
}
END_TEST

START_TEST(an_aborted_panel_ends_the_poll_and_counts_for_nothing)
{
    struct bench bench;
    set_up(&bench, (size_t)_i, _i > 1);
    panel_abort(bench.panel);
    ck_assert_outcome(chain_poll_once(&bench.poll), OUTCOME_SHUTTING_DOWN);
    ck_assert(!bench.poll.status.polled);
    tear_down(&bench);
}
END_TEST

int main(void)
{
    SUITE_WITH_CASE(suite, tcase, "chain_poll");
    log_init(LOG_FORMAT_PLAIN, LOG_LEVEL_ERROR);
    int kinds = (int)ARRAY_LEN(mischiefs);
    tcase_add_loop_test(tcase, one_of_three_that_misbehaves_is_noticed_and_changes_nothing, 0, 3 * kinds);
    tcase_add_loop_test(tcase, two_of_three_that_misbehave_stop_the_view_and_no_lie_is_believed, 0, kinds);
    tcase_add_test(tcase, sources_that_are_apart_are_asked_about_a_block_that_most_of_them_have);
    tcase_add_test(tcase, a_block_that_only_one_of_them_knows_is_given_up_for_the_next);
    tcase_add_test(tcase, an_old_block_under_a_forged_height_is_not_believed_again);
    tcase_add_test(tcase, nothing_new_is_no_failure);
    tcase_add_test(tcase,
                   when_the_view_is_stale_even_a_lower_block_is_believed_again_if_most_of_them_have_it);
    tcase_add_test(tcase, a_liar_is_one_until_it_agrees_on_a_block);
    tcase_add_test(tcase, of_two_both_have_to_agree);
    tcase_add_test(tcase, what_all_of_them_say_is_the_outcome);
    tcase_add_test(tcase, views_that_cannot_be_read_are_one_outcome_however_many_agree_on_them);
    tcase_add_test(tcase, one_that_fails_is_left_alone_for_a_while_unless_it_is_needed);
    tcase_add_loop_test(tcase, one_that_hangs_holds_nobody_up, 0, 2);
    tcase_add_test(tcase, closing_does_not_wait_for_one_that_hangs);
    tcase_add_loop_test(tcase, an_aborted_panel_ends_the_poll_and_counts_for_nothing, 1, 4);
    return run_suite(suite);
}
