/* The command line of mpc-backup (cli.md) and what its subcommands share. */
#ifndef MPC_BACKUP_BACKUP_H
#define MPC_BACKUP_BACKUP_H

#include "backup/report.h"
#include "common/keyset.h"
#include "common/keyshare.h"
#include "common/os/options.h"
#include "common/outcome.h"
#include "common/secret.h"

enum backup_command {
    BACKUP_GENERATE_KEYS,
    BACKUP_REGISTER,
    BACKUP_GET_KEYSHARES,
    BACKUP_PUT_KEYSHARES,
    BACKUP_VERIFY,
};

enum backup_option {
    BACKUP_HOME_DIR,
    BACKUP_JSON,
    BACKUP_CONTRACT_ID,
    BACKUP_NEAR_NETWORK,
    BACKUP_SIGNER_ID,
    BACKUP_RPC_URL,
    BACKUP_ALLOW_PLAIN_HTTP,
    BACKUP_SIGNER_KEY_FILE,
    BACKUP_NODE_ADDRESS,
    BACKUP_NODE_KEY,
    BACKUP_ENCRYPTION_KEY_HEX,
    BACKUP_ENCRYPTION_KEY_FILE,
    BACKUP_TIMEOUT_SECONDS,
    BACKUP_DRILL,
    BACKUP_OPTION_COUNT
};

/* The table that options.h reads. */
extern const struct program backup_program;

/* Run the command of `options`. Fills `report`; prints nothing. */
MUST_USE result_t backup_run(const struct options *options, struct report *report, struct error *err);

/* One file each. Their errors are said in `err`. */
MUST_USE result_t backup_generate_keys(const struct options *options, struct report *report,
                                       struct error *err);
MUST_USE result_t backup_register(const struct options *options, struct report *report, struct error *err);
MUST_USE result_t backup_get_keyshares(const struct options *options, struct report *report,
                                       struct error *err);
MUST_USE result_t backup_put_keyshares(const struct options *options, struct report *report,
                                       struct error *err);
MUST_USE result_t backup_verify(const struct options *options, struct report *report, struct error *err);

/* The body of a PUT: the shares, sealed with the node's backup encryption key under a fresh nonce, appended to
 * `out`. CRYPTO_FAILED, NO_MEMORY. */
MUST_USE result_t backup_seal_shares(const struct secret *key, const struct keyshares *shares,
                                     struct bytes *out);

/* In front of the error text of a drill's step that failed. */
#define BACKUP_DRILL_STEP "restore drill, step %s"

/* The restore drill of `verify --drill`: these shares, which are the home's and of this keyset, are sealed as
 * for a node, opened and read as a node does, stored in a scratch folder of the home under a key that only this
 * process has, read back and compared. Then the time goes into <home>/last_drill.prom. The step that failed is
 * named in `err`. */
MUST_USE result_t backup_drill(const char *home_dir, const struct keyshares *shares,
                               const struct keyset *keyset, struct report *report, struct error *err);

/* The keyset of <home>/contract_state.json: Running's, or in Resharing the previous one (wire.md 6.3).
 * NOTHING_TO_BACK_UP in any other state and for an empty keyset; CONTRACT_STATE_MISSING; else what
 * protocol_view_parse returns. */
MUST_USE result_t backup_load_keyset(const char *home_dir, struct keyset *out, struct error *err);

/* The shares in the home, sealed with its local storage key (wire.md 6.3), and storing them. As mpc_home_load
 * and mpc_home_store. */
MUST_USE result_t backup_load_shares(const char *home_dir, const struct secret *key, struct keyshares *out,
                                     struct error *err);
MUST_USE result_t backup_store_shares(const char *home_dir, const struct secret *key,
                                      const struct keyshares *shares, struct error *err);

/* What of the home is to be delivered: the shares behind `key`; where these are not contract_state.json's,
 * a file in permanent_keys that has exactly those, and of no earlier epoch. A fetch that was stopped
 * before its link leaves it so (wire.md 6.1), and the node it came from may be gone. Changes nothing. As
 * mpc_home_load and mpc_home_each_set. */
MUST_USE result_t backup_find_shares(const char *home_dir, const struct secret *key, struct keyshares *out,
                                     struct error *err);

/* The key of --backup-encryption-key-file, else of --backup-encryption-key-hex or its variable. What
 * option_hex_key returns; without any of them CONFIG_INVALID, or *given is false. */
MUST_USE result_t backup_encryption_key(const struct options *options, struct secret *out, struct error *err);
MUST_USE result_t backup_encryption_key_if_given(const struct options *options, struct secret *out,
                                                 bool *given, struct error *err);

/* Epoch, number of domains and digest of a set, for the report. */
MUST_USE result_t backup_report_shares(struct report *report, const struct keyshares *shares);

#endif
