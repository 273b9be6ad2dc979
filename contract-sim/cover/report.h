/* What a set of scenarios reached of the contract's table, told to people and to programs. Pure. */
#ifndef MPC_CONTRACT_SIM_COVER_REPORT_H
#define MPC_CONTRACT_SIM_COVER_REPORT_H

#include <stdbool.h>
#include <stddef.h>

#include "common/bytes.h"
#include "common/outcome.h"
#include "contract-sim/model/coverage.h"

enum cover_format { COVER_TEXT, COVER_JSON };

/* What was run to reach it. */
struct cover_runs {
    size_t scenarios;
    size_t profiles;
    size_t runs; /* scenarios in each of the profiles that they are for */
    size_t failed;
};

/* Append the totals per kind and, by name, what was not reached. NO_MEMORY. */
MUST_USE result_t cover_report_write(const struct coverage *coverage, const struct cover_runs *runs,
                                     enum cover_format format, struct bytes *out);

/* Whether rows, guards (held, and refused) and errors were each reached to `percent` (0 to 100) or more. */
bool cover_reaches(const struct coverage *coverage, unsigned percent);

#endif
