/* The options of `mpc-migrationd` and their environment variables (cli.md, "mpc-migrationd"). */
#ifndef MPC_NODE_CONFIG_H
#define MPC_NODE_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "common/account_id.h"
#include "common/os/address.h"
#include "common/os/options.h"
#include "common/outcome.h"
#include "common/secret.h"
#include "node/store.h"

#define CONFIG_POLL_INTERVAL_MS_MIN 10
#define CONFIG_POLL_INTERVAL_MS_MAX 3600000
#define CONFIG_VIEW_AGE_MS_MAX      86400000
#define CONFIG_WORKERS_DEFAULT_MAX  4

enum config_command {
    COMMAND_RUN,
    COMMAND_SHOW_KEYS,
    COMMAND_LIST,
    COMMAND_RECEIPTS,
    COMMAND_VERIFY,
    COMMAND_IMPORT,
    COMMAND_EXPORT,
    COMMAND_QUARANTINE,
    COMMAND_STATUS,
    COMMAND_COUNT,
};

/* The table of options, for options_start(). */
extern const struct program config_program;

/* What the options mean. Texts are borrowed from the options, which have to live as long; keys are owned.
 * Zero-initialised is empty. */
struct config {
    enum config_command command;
    const char *home_dir; /* NULL only for status */
    struct account_id account_id;
    struct account_id contract_id;
    const char *const *rpc_urls;
    size_t rpc_url_count;
    bool allow_plain_http_rpc;
    struct address listen;
    struct address telemetry; /* len 0: off */
    enum store_kind store_kind;
    struct secret secret_store_key;      /* 16 bytes; empty for show-keys and status */
    struct secret backup_encryption_key; /* 32 bytes; empty: the one in the home (node/backup_key.h) */
    uint64_t poll_interval_ms;
    uint64_t max_view_age_ms; /* 0: no limit */
    unsigned workers;
    const char *port_file; /* NULL: none */
    bool check_only;

    /* Of the other subcommands. */
    const char *operand; /* NULL: none */
    bool drill;
    const char *digest; /* NULL: none */
    bool even_adopted;
    bool restore;
    bool set_aside;
    bool unreadable;
    const char *keyset_file;
    uint64_t epoch;
    bool has_epoch;
    bool json;
};

/* Check and convert what the table alone cannot: account ids, URLs, keys. Reads key files. CONFIG_INVALID,
 * SECRETS_UNREADABLE, SECRETS_MALFORMED, KEY_FILE_EXPOSED, NO_MEMORY. */
MUST_USE result_t config_read(const struct options *options, struct config *out, struct error *err);
void config_free(struct config *config);

/* Is the home a directory that this process may write to? CONFIG_INVALID. */
MUST_USE result_t config_check_home(const struct config *config, struct error *err);

/* --check-config: look at everything that a start would read (the home, secrets, keys, key shares) and make
 * nothing; on success say on `out` what would run. As config_read(), and SECRETS_*, STORE_*. */
MUST_USE result_t config_check(const struct config *config, FILE *out, struct error *err);

#endif
