/* What `replay` and `cover` are given on the command line: scenario files and folders, the profiles to run
 * them in, and how. Shell. */
#ifndef MPC_CONTRACT_SIM_SCENARIO_SET_H
#define MPC_CONTRACT_SIM_SCENARIO_SET_H

#include "common/os/options.h"
#include "contract-sim/genesis.h"
#include "contract-sim/replay/replay.h"

#define SCENARIO_FILES_MAX 10000

struct scenario_file {
    char *path;
    struct scenario scenario;
};

struct scenario_set {
    struct scenario_file *files;
    size_t count;
    const char *profiles[SCENARIO_PROFILES_MAX];
    size_t profile_count;
    struct bytes launcher_template;
    struct genesis from;
    struct replay_start start; /* the same, for `how` */
    struct replay_options how; /* the caller sets the profile, run by run */
};

/* Read all operands (a folder stands for the scenario files in it, by name), --profile, --rule,
 * --launcher-template, --from and --migration-info. When the result is not OK, what is wrong has been
 * logged, every wrong file by name. The options outlive the set. Release with scenario_set_free(), in any
 * case. */
MUST_USE result_t scenario_set_open(const struct options *options, struct scenario_set *out);
void scenario_set_free(struct scenario_set *set);

#endif
