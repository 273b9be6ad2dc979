/* Scenario files, for tests that go through all of them. */
#ifndef MPC_TESTS_SUPPORT_SCENARIOS_H
#define MPC_TESTS_SUPPORT_SCENARIOS_H

#include "contract-sim/replay/scenario.h"

typedef void scenario_visit_fn(const struct scenario *scenario);

/* Parse every scenario of this repository, in the order of file names, and visit it. A file that does not parse
 * fails the test, and so do too few of them. */
void scenarios_visit_ours(scenario_visit_fn *visit);
/* The same for the 52 of the reference data, where that is; otherwise it says so. */
void scenarios_visit_reference(scenario_visit_fn *visit);

/* The same with the files themselves. */
typedef void scenario_file_visit_fn(const char *path);
void scenario_files_visit_ours(scenario_file_visit_fn *visit);

/* Whether a scenario makes the calls that others make, only in every order (any-order-*): what looks closely at
 * each step need not look at these. */
bool scenario_is_long(const struct scenario *scenario);

#endif
