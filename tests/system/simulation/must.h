/* What has to work for a simulation to mean anything: where it does not, the process ends and says where. */
#ifndef MPC_TESTS_SIMULATION_MUST_H
#define MPC_TESTS_SIMULATION_MUST_H

#include <stdbool.h>

#include "common/outcome.h"

void must_be_at(bool condition, const char *what, const char *file, int line);

#define must_be(condition) must_be_at((condition), #condition, __FILE__, __LINE__)
#define must(expression)   must_be_at((expression) == OUTCOME_OK, #expression, __FILE__, __LINE__)

#endif
