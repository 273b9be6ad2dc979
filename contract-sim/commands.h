/* The subcommands of mpc-contract-sim and their options; cli.md. */
#ifndef MPC_CONTRACT_SIM_COMMANDS_H
#define MPC_CONTRACT_SIM_COMMANDS_H

#include "common/os/options.h"

/* Rows of the option table in main.c. */
enum {
    OPTION_GENESIS,
    OPTION_FROM,
    OPTION_MIGRATION_INFO,
    OPTION_ACCOUNTS,
    OPTION_LISTEN,
    OPTION_PROFILE,
    OPTION_FORMAT,
    OPTION_COMPILE,
    OPTION_REQUIRE,
    OPTION_RULE,
    OPTION_LAUNCHER_TEMPLATE,
    OPTION_DATA_DIR,
    OPTION_RECORD_DIR,
    OPTION_BLOCK_TIME_MS,
    OPTION_PORT_FILE,
    OPTION_MARKDOWN,
    OPTION_ALPHABET,
    OPTION_DEPTH,
    OPTION_EPOCHS,
    OPTION_INVARIANT,
    OPTION_MAX_STATES,
    OPTION_COUNTEREXAMPLE_DIR,
    OPTION_JSON,
    OPTION_ROWS,
};

/* What every command ends with when it cannot go on: the outcome in the log, its exit code as the answer. */
int command_failed(result_t result, const struct error *err);

/* Each returns the exit code. */
int cmd_serve(const struct options *options);
int cmd_replay(const struct options *options);
int cmd_cover(const struct options *options);
int cmd_explain(const struct options *options);
int cmd_diagram(const struct options *options);
int cmd_explore(const struct options *options);

#endif
