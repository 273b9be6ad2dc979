/* Scenario files in both forms: *.scenario as people write them, anything else mpc-scenario/1. Shell. */
#ifndef MPC_CONTRACT_SIM_SCENARIO_FILE_H
#define MPC_CONTRACT_SIM_SCENARIO_FILE_H

#include "contract-sim/replay/replay.h"

/* Whether a file of this name is a scenario: *.json and *.scenario, and not hidden. */
bool scenario_file_is_name(const char *name);

/* Read a file, compiling it first, from `start` on if that is not NULL, where it was authored. What
 * file_read(), author_compile() and scenario_parse() return, with the path in `err`. Release with
 * scenario_free(). */
MUST_USE result_t scenario_file_read(const char *path, const struct replay_start *start, struct scenario *out,
                                     struct error *err);
/* Append the file's mpc-scenario/1 form: what is in it already is checked and left as it is. */
MUST_USE result_t scenario_file_compile(const char *path, struct bytes *out, struct error *err);

#endif
