/* The subcommands of mpc-contract-sim and their options; cli.md. */
#ifndef MPC_CONTRACT_SIM_COMMANDS_H
#define MPC_CONTRACT_SIM_COMMANDS_H

#include "common/os/options.h"

/* Rows of the option table in main.c. */
enum {
    OPTION_GENESIS,
    OPTION_ACCOUNTS,
    OPTION_LISTEN,
    OPTION_PROFILE,
    OPTION_FORMAT,
    OPTION_RULE,
    OPTION_LAUNCHER_TEMPLATE,
    OPTION_DATA_DIR,
    OPTION_BLOCK_TIME_MS,
    OPTION_PORT_FILE,
    OPTION_ROWS,
};

/* Each returns the exit code. */
int cmd_serve(const struct options *options);
int cmd_replay(const struct options *options);

#endif
