/* mpc-contract-sim: the MPC contract as a program. */
#include "contract-sim/commands.h"

enum { COMMAND_SERVE, COMMAND_REPLAY, COMMAND_COVER, COMMAND_EXPLAIN, COMMAND_DIAGRAM, COMMAND_COUNT };

#define FOR(command) (1u << (command))

static const struct command_row commands[COMMAND_COUNT] = {
    [COMMAND_SERVE] = {.words = "serve", .help = "a NEAR node with the contract on it, as JSON-RPC"},
    [COMMAND_REPLAY] = {.words = "replay",
                        .operands = "FILE|DIR...",
                        .operands_min = 1,
                        .operands_max = OPTIONS_OPERANDS_MAX,
                        .help = "run mpc-scenario/1 files against the contract"},
    [COMMAND_COVER] = {.words = "cover",
                       .operands = "FILE|DIR...",
                       .operands_min = 1,
                       .operands_max = OPTIONS_OPERANDS_MAX,
                       .help = "which rows, guards and errors of the contract's table scenarios reach"},
    [COMMAND_EXPLAIN] = {.words = "explain",
                         .operands = "[METHOD]",
                         .operands_max = 1,
                         .help = "what a method checks, in which order, and what it does; without one, all"},
    [COMMAND_DIAGRAM] = {.words = "diagram", .help = "the protocol's phases and what leads between them"},
};

static int (*const runs[COMMAND_COUNT])(const struct options *options) = {
    [COMMAND_SERVE] = cmd_serve,     [COMMAND_REPLAY] = cmd_replay,   [COMMAND_COVER] = cmd_cover,
    [COMMAND_EXPLAIN] = cmd_explain, [COMMAND_DIAGRAM] = cmd_diagram,
};

static const struct option_row rows[OPTION_ROWS] = {
    [OPTION_GENESIS] = {.name = "genesis",
                        .kind = OPTION_TEXT,
                        .value_name = "FILE",
                        .required = true,
                        .commands = FOR(COMMAND_SERVE),
                        .help = "mpc-genesis/1, or the output of the contract's state view"},
    [OPTION_ACCOUNTS] = {.name = "accounts",
                         .kind = OPTION_TEXT,
                         .value_name = "FILE",
                         .commands = FOR(COMMAND_SERVE),
                         .help = "more accounts and access keys, as in a genesis file"},
    [OPTION_LISTEN] = {.name = "listen",
                       .kind = OPTION_ADDRESS,
                       .value_name = "ADDR:PORT",
                       .fallback = "127.0.0.1:3030",
                       .commands = FOR(COMMAND_SERVE),
                       .help = "where to answer; port 0 is any"},
    [OPTION_PROFILE] = {.name = "profile",
                        .kind = OPTION_TEXT,
                        .value_name = "NAME",
                        .commands = FOR(COMMAND_SERVE) | FOR(COMMAND_REPLAY) | FOR(COMMAND_COVER) |
                                    FOR(COMMAND_EXPLAIN),
                        .help = "which contract: design (serve's default), v3.14, v3.14+cancel; replay and "
                                "cover also take all, their default; explain's is none in particular"},
    [OPTION_FORMAT] = {.name = "format",
                       .kind = OPTION_TEXT,
                       .value_name = "FORM",
                       .commands = FOR(COMMAND_REPLAY) | FOR(COMMAND_COVER) | FOR(COMMAND_DIAGRAM),
                       .help = "the form of the report on stdout: of replay tap (its default), junit or "
                               "json; of cover text (its default) or json; a diagram is mermaid (its "
                               "default) or dot"},
    [OPTION_REQUIRE] = {.name = "require",
                        .kind = OPTION_U64,
                        .value_name = "PERCENT",
                        .fallback = "0",
                        .max = 100,
                        .commands = FOR(COMMAND_COVER),
                        .help = "fail where less of the rows, guards or errors is reached"},
    [OPTION_RULE] = {.name = "rule",
                     .kind = OPTION_LIST,
                     .value_name = "NAME=VALUE",
                     .commands =
                         FOR(COMMAND_SERVE) | FOR(COMMAND_REPLAY) | FOR(COMMAND_COVER) | FOR(COMMAND_EXPLAIN),
                     .help = "set one rule of the profile"},
    [OPTION_LAUNCHER_TEMPLATE] = {.name = "launcher-template",
                                  .kind = OPTION_TEXT,
                                  .value_name = "FILE",
                                  .commands = FOR(COMMAND_SERVE) | FOR(COMMAND_REPLAY) | FOR(COMMAND_COVER),
                                  .help = "the launcher's compose file, to derive compose hashes from; "
                                          "without one there are none"},
    [OPTION_DATA_DIR] =
        {.name = "data-dir",
         .kind = OPTION_TEXT,
         .value_name = "DIR",
         .commands = FOR(COMMAND_SERVE),
         .help = "keep the chain in this folder and go on from there; without one it is in memory"},
    [OPTION_BLOCK_TIME_MS] = {.name = "block-time-ms",
                              .kind = OPTION_U64,
                              .value_name = "N",
                              .fallback = "600",
                              .max = 3600000,
                              .commands = FOR(COMMAND_SERVE),
                              .help = "time between blocks; 0: no clock, every transaction makes a block"},
    [OPTION_PORT_FILE] = {.name = "port-file",
                          .kind = OPTION_TEXT,
                          .value_name = "FILE",
                          .commands = FOR(COMMAND_SERVE),
                          .help = "written when listening: {\"listen\":\"ADDR:PORT\"}"},
    [OPTION_JSON] = {.name = "json",
                     .kind = OPTION_FLAG,
                     .commands = FOR(COMMAND_EXPLAIN),
                     .help = "as JSON"},
    [OPTION_MARKDOWN] = {.name = "markdown",
                         .kind = OPTION_FLAG,
                         .commands = FOR(COMMAND_EXPLAIN),
                         .help = "all of the table as one page, docs/contract.md"},
};

static const struct program program = {
    .name = "mpc-contract-sim",
    .summary = "The MPC contract as a program: a model of its state machine behind NEAR's JSON-RPC.",
    .commands = commands,
    .command_count = COMMAND_COUNT,
    .default_command = -1,
    .rows = rows,
    .row_count = OPTION_ROWS,
};

int command_failed(result_t result, const struct error *err)
{
    log_outcome(LOG_LEVEL_ERROR, result, "%s", err->text[0] ? err->text : outcome_of(result)->text);
    return outcome_of(result)->exit_code;
}

int main(int argc, char **argv)
{
    struct options options;
    int exit_code;
    if (!options_start(&program, argc, argv, &options, &exit_code))
        return exit_code;
    exit_code = runs[options.command](&options);
    options_free(&options);
    return exit_code;
}
