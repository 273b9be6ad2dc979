/* The subcommands other than run. They need no RPC and work with the daemon stopped or running (cli.md). */
#ifndef MPC_NODE_CMD_H
#define MPC_NODE_CMD_H

#include <stdbool.h>
#include <stdio.h>

#include "common/outcome.h"
#include "common/secret.h"
#include "node/store.h"

/* What main() has read from the options before it calls one. */
struct cmd_env {
    const char *home_dir;
    enum store_kind store_kind;
    const struct secret *secret_store_key; /* 16 bytes; empty for show-keys and status, which need none */
    const char *telemetry_listen;          /* "ADDR:PORT" or "off" */
    bool json;
    FILE *in;  /* for "-" */
    FILE *out; /* results */
};

/* `argc` and `argv` are what stands behind the subcommand's words; each reads its own options. The outcome's
 * row has the exit code; failures have their text in `err`, for the caller to log. USAGE where arguments are
 * wrong. */
MUST_USE result_t cmd_show_keys(const struct cmd_env *env, int argc, char **argv, struct error *err);
MUST_USE result_t cmd_keyshares_list(const struct cmd_env *env, int argc, char **argv, struct error *err);
MUST_USE result_t cmd_keyshares_verify(const struct cmd_env *env, int argc, char **argv, struct error *err);
MUST_USE result_t cmd_keyshares_import(const struct cmd_env *env, int argc, char **argv, struct error *err);
MUST_USE result_t cmd_keyshares_export(const struct cmd_env *env, int argc, char **argv, struct error *err);
MUST_USE result_t cmd_status(const struct cmd_env *env, int argc, char **argv, struct error *err);

#endif
