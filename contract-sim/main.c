/* mpc-contract-sim: the MPC contract as a program. */
#include "contract-sim/commands.h"

#include <stdio.h>

enum {
    COMMAND_SERVE,
    COMMAND_REPLAY,
    COMMAND_COVER,
    COMMAND_EXPLAIN,
    COMMAND_DIAGRAM,
    COMMAND_EXPLORE,
    COMMAND_COUNT
};

#define FOR(command) (1u << (command))

static const struct command_row commands[COMMAND_COUNT] = {
    [COMMAND_SERVE] = {.words = "serve", .help = "a NEAR node with the contract on it, as JSON-RPC"},
    [COMMAND_REPLAY] = {.words = "replay",
                        .operands = "FILE|DIR...",
                        .operands_min = 1,
                        .operands_max = OPTIONS_OPERANDS_MAX,
                        .help = "run scenarios, authored or mpc-scenario/1, against the contract"},
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
    [COMMAND_EXPLORE] = {.words = "explore",
                         .help = "search the contract's states breadth first, and check its invariants"},
};

static int (*const runs[COMMAND_COUNT])(const struct options *options) = {
    [COMMAND_SERVE] = cmd_serve,     [COMMAND_REPLAY] = cmd_replay,   [COMMAND_COVER] = cmd_cover,
    [COMMAND_EXPLAIN] = cmd_explain, [COMMAND_DIAGRAM] = cmd_diagram, [COMMAND_EXPLORE] = cmd_explore,
};

static const char *const alphabets[] = {"migration", NULL};

static const struct option_row rows[OPTION_ROWS] = {
    [OPTION_GENESIS] = {.name = "genesis",
                        .kind = OPTION_TEXT,
                        .value_name = "FILE",
                        .required = true,
                        .commands = FOR(COMMAND_SERVE),
                        .help = "mpc-genesis/1, or the output of the contract's state view"},
    [OPTION_FROM] = {.name = "from",
                     .kind = OPTION_TEXT,
                     .value_name = "FILE",
                     .commands = FOR(COMMAND_REPLAY),
                     .help =
                         "start every scenario from this file, as of serve --genesis, in place of its own "
                         "genesis"},
    [OPTION_MIGRATION_INFO] = {.name = "migration-info",
                               .kind = OPTION_TEXT,
                               .value_name = "FILE",
                               .commands = FOR(COMMAND_SERVE) | FOR(COMMAND_REPLAY),
                               .help =
                                   "the output of the contract's migration_info view, beside that of state"},
    [OPTION_ACCOUNTS] = {.name = "accounts",
                         .kind = OPTION_TEXT,
                         .value_name = "FILE|N",
                         .commands = FOR(COMMAND_SERVE) | FOR(COMMAND_EXPLORE),
                         .help = "of serve: more accounts and access keys, as in a genesis file; of explore: "
                                 "how many accounts take part, 2 to 4"},
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
                                    FOR(COMMAND_EXPLAIN) | FOR(COMMAND_EXPLORE),
                        .help =
                            "which contract: design (serve's and explore's default), v3.14, v3.14+cancel; "
                            "replay, cover and explore also take all, for replay and cover the default; "
                            "explain's is none in particular"},
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
    [OPTION_COMPILE] = {.name = "compile",
                        .kind = OPTION_FLAG,
                        .commands = FOR(COMMAND_REPLAY),
                        .help = "print the mpc-scenario/1 form of one authored scenario, and run nothing"},
    [OPTION_RULE] = {.name = "rule",
                     .kind = OPTION_LIST,
                     .value_name = "NAME=VALUE",
                     .commands = FOR(COMMAND_SERVE) | FOR(COMMAND_REPLAY) | FOR(COMMAND_COVER) |
                                 FOR(COMMAND_EXPLAIN) | FOR(COMMAND_EXPLORE),
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
    [OPTION_RECORD_DIR] = {.name = "record-dir",
                           .kind = OPTION_TEXT,
                           .value_name = "DIR",
                           .commands = FOR(COMMAND_SERVE),
                           .help = "where sim_record_stop puts scenarios; without one it answers with them"},
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
                     .commands = FOR(COMMAND_EXPLAIN) | FOR(COMMAND_EXPLORE),
                     .help = "as JSON; of explore one line per profile"},
    [OPTION_MARKDOWN] = {.name = "markdown",
                         .kind = OPTION_FLAG,
                         .commands = FOR(COMMAND_EXPLAIN),
                         .help = "all of the table as one page, docs/contract.md"},
    [OPTION_ALPHABET] = {.name = "alphabet",
                         .kind = OPTION_CHOICE,
                         .value_name = "NAME",
                         .choices = alphabets,
                         .commands = FOR(COMMAND_EXPLORE),
                         .help = "migration: three accounts, 16 actions"},
    [OPTION_DEPTH] = {.name = "depth",
                      .kind = OPTION_U64,
                      .value_name = "D",
                      .commands = FOR(COMMAND_EXPLORE),
                      .help = "search no further than so many actions from the start"},
    [OPTION_EPOCHS] = {.name = "epochs",
                       .kind = OPTION_U64,
                       .value_name = "N",
                       .commands = FOR(COMMAND_EXPLORE),
                       .help = "with --accounts: single calls, over so many epochs after the first, 1 to 8"},
    [OPTION_INVARIANT] = {.name = "invariant",
                          .kind = OPTION_LIST,
                          .value_name = "NAME",
                          .commands = FOR(COMMAND_EXPLORE),
                          .help = "check this one, and not all: I1 or migrations-only-in-running"},
    [OPTION_MAX_STATES] = {.name = "max-states",
                           .kind = OPTION_U64,
                           .value_name = "N",
                           .fallback = "50000000",
                           .min = 1,
                           .max = 4000000000,
                           .commands = FOR(COMMAND_EXPLORE),
                           .help = "give up beyond so many states; one takes about 70 bytes"},
    [OPTION_COUNTEREXAMPLE_DIR] = {.name = "counterexample-dir",
                                   .kind = OPTION_TEXT,
                                   .value_name = "DIR",
                                   .commands = FOR(COMMAND_EXPLORE),
                                   .help = "write the shortest way to each break here, as a scenario"},
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

/* A report that nobody got is no success: a full disk behind stdout. */
static int results_flush(int exit_code)
{
    struct error err = {0};
    if (fflush(stdout) == 0 && !ferror(stdout))
        return exit_code;
    error_set(&err, OUTCOME_STORE_IO, "cannot write the result to standard output");
    int failed = command_failed(OUTCOME_STORE_IO, &err);
    return exit_code ? exit_code : failed;
}

int main(int argc, char **argv)
{
    struct options options;
    int exit_code;
    if (!options_start(&program, argc, argv, &options, &exit_code))
        return exit_code;
    exit_code = results_flush(runs[options.command](&options));
    options_free(&options);
    return exit_code;
}
