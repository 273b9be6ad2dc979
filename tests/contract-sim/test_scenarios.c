/* The scenarios of this repository, and those of the reference data, in every profile. */
#include <stdio.h>

#include "contract-sim/model/model.h"
#include "contract-sim/replay/replay.h"
#include "tests/support/scenarios.h"
#include "tests/support/support.h"

static void scenario_check(const struct scenario *scenario, const char *profile)
{
    CLEANUP(replay_result_free) struct replay_result result = {0};
    struct error err = {0};
    ck_assert_ok_err(replay_run(scenario, &(struct replay_options){.profile = profile}, &result, &err), err);
    const struct replay_difference *first = &result.differences[0];
    if (result.difference_count)
        ck_abort_msg("%s [%s] step %zu, %s: expected %s, got %s", scenario->id, profile, first->step,
                     (const char *)first->what.data, (const char *)first->expected.data,
                     (const char *)first->got.data);
}

static void check_in_every_profile(const struct scenario *scenario)
{
    for (size_t p = 0; model_profile_name(p); p++) {
        if (scenario_is_for(scenario, model_profile_name(p)))
            scenario_check(scenario, model_profile_name(p));
    }
}

START_TEST(our_scenarios_pass_in_every_profile)
{
    scenarios_visit_ours(check_in_every_profile);
}
END_TEST

START_TEST(the_reference_scenarios_pass_in_every_profile)
{
    scenarios_visit_reference(check_in_every_profile);
}
END_TEST

int main(void)
{
    SUITE_WITH_CASE(suite, tcase, "scenarios");
    tcase_add_test(tcase, our_scenarios_pass_in_every_profile);
    tcase_add_test(tcase, the_reference_scenarios_pass_in_every_profile);
    return run_suite(suite);
}
