/* The subcommands other than run. They need no RPC and work with the daemon stopped or running (cli.md). */
#ifndef MPC_NODE_CMD_H
#define MPC_NODE_CMD_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "common/os/address.h"
#include "common/outcome.h"
#include "common/secret.h"
#include "node/store.h"

/* What main() has read from the command line before it calls one. Borrowed. */
struct cmd_env {
    const char *home_dir;
    enum store_kind store_kind;
    const struct secret *secret_store_key; /* 16 bytes; NULL for show-keys and status, which need none */
    const struct address *telemetry;       /* --telemetry-listen; len 0: off */
    const char *operand;                   /* FILE or "-" of import */
    const char *keyset_file;               /* --keyset of verify and export, or NULL */
    const uint64_t *epoch;                 /* --epoch of verify and export, or NULL: the highest */
    bool drill;                            /* --drill of verify */
    const char *digest;                    /* --digest of quarantine, or NULL */
    bool even_adopted;                     /* its --adopted */
    bool restore;                          /* its --restore */
    bool unreadable;                       /* --unreadable of quarantine */
    bool set_aside;                        /* --set-aside of receipts */
    bool json;
    FILE *in;  /* for "-" */
    FILE *out; /* results */
};

/* Do it and write the result to env->out. The outcome's row has the exit code, those of class OK being
 * success; failures have their text in `err`, for the caller to log. */
MUST_USE result_t cmd_show_keys(const struct cmd_env *env, struct error *err);
MUST_USE result_t cmd_keyshares_receipts(const struct cmd_env *env, struct error *err);
MUST_USE result_t cmd_keyshares_list(const struct cmd_env *env, struct error *err);
MUST_USE result_t cmd_keyshares_verify(const struct cmd_env *env, struct error *err);
MUST_USE result_t cmd_keyshares_drill(const struct cmd_env *env, struct error *err);
MUST_USE result_t cmd_keyshares_import(const struct cmd_env *env, struct error *err);
MUST_USE result_t cmd_keyshares_export(const struct cmd_env *env, struct error *err);
MUST_USE result_t cmd_keyshares_quarantine(const struct cmd_env *env, struct error *err);
MUST_USE result_t cmd_status(const struct cmd_env *env, struct error *err);

#endif
