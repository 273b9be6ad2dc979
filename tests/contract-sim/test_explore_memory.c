/* A search with too little memory: wherever it runs out, the outcome says so and nothing is lost or read that is
 * not there. */
#include "contract-sim/explore/explore.h"
#include "contract-sim/explore/report.h"

#include <stdlib.h>

#include "tests/support/short_memory.h"
#include "tests/support/support.h"

/* Enough for a search and what is written of it. */
#define WANTS_MAX 100000

static result_t search(const struct explore_options *options, struct bytes *report, struct bytes *scenario)
{
    CLEANUP(explore_free_ptr) struct explore *explore = NULL;
    TRY(explore_new(options, &explore, NULL));
    TRY(explore_run(explore, NULL));
    TRY(explore_report_text(explore, 1, report));
    TRY(explore_report_json(explore, 1, report));
    return explore_counterexample_write(explore, 0, scenario, NULL);
}

/* More memory each time, in ever larger steps, until it is enough. */
static void ck_survives(const struct explore_options *options)
{
    result_t result = OUTCOME_NO_MEMORY;
    for (size_t wants = 1; result != OUTCOME_OK; wants += 1 + wants / 10) {
        struct bytes report = {0}, scenario = {0};
        memory_shorten(wants);
        result = search(options, &report, &scenario);
        memory_shorten(SIZE_MAX);
        bytes_free(&report);
        bytes_free(&scenario);
        ck_assert_msg(result == OUTCOME_OK || result == OUTCOME_NO_MEMORY, "%s with memory for %zu",
                      outcome_of(result)->name, wants);
        ck_assert_uint_lt(wants, WANTS_MAX);
    }
}

START_TEST(a_search_short_of_memory_says_so)
{
    const struct explore_options migration = {
        .profile = "v3.14", .migration = true, .depth_max = 4, .states_max = 100000};
    const struct explore_options generic = {
        .profile = "v3.14", .accounts = 3, .epochs = 1, .depth_max = 4, .states_max = 100000};
    ck_survives(&migration);
    ck_survives(&generic);
}
END_TEST

int main(void)
{
    SUITE_WITH_CASE(suite, tcase, "explore_memory");
    tcase_set_timeout(tcase, 300);
    tcase_add_test(tcase, a_search_short_of_memory_says_so);
    return run_suite(suite);
}
