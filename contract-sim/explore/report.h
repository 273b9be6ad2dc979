/* What an exploration found, for people and for machines. */
#ifndef MPC_CONTRACT_SIM_EXPLORE_REPORT_H
#define MPC_CONTRACT_SIM_EXPLORE_REPORT_H

#include "contract-sim/explore/explore.h"

/* Lines "states N", "calls N" .. and one line per invariant, appended to `out`. `time_us` is what the
 * search took, by the caller's clock. NO_MEMORY. */
MUST_USE result_t explore_report_text(const struct explore *explore, uint64_t time_us, struct bytes *out);
/* One JSON object with the same. */
MUST_USE result_t explore_report_json(const struct explore *explore, uint64_t time_us, struct bytes *out);

#endif
