#include "backup/backup.h"

#include "common/seal.h"

#define BIT(command)  (1u << (command))
#define NODE_COMMANDS (BIT(BACKUP_GET_KEYSHARES) | BIT(BACKUP_PUT_KEYSHARES))
#define KEY_COMMANDS  (NODE_COMMANDS | BIT(BACKUP_VERIFY))

#define TIMEOUT_SECONDS_MAX 86400

static const struct command_row commands[] = {
    [BACKUP_GENERATE_KEYS] = {.words = "generate-keys",
                              .help = "make the keys of a new home; never overwrites any"},
    [BACKUP_REGISTER] = {.words = "register",
                         .help = "print the command that registers the backup key, or send the transaction"},
    [BACKUP_GET_KEYSHARES] = {.words = "get-keyshares",
                              .help = "fetch the key shares of contract_state.json's keyset from a node"},
    [BACKUP_PUT_KEYSHARES] = {.words = "put-keyshares", .help = "deliver the stored key shares to a node"},
    [BACKUP_VERIFY] =
        {.words = "verify",
         .help = "prove that the stored backup opens and matches contract_state.json and the receipts"},
};

static const struct option_row rows[BACKUP_OPTION_COUNT] = {
    [BACKUP_HOME_DIR] = {.name = "home-dir",
                         .kind = OPTION_TEXT,
                         .value_name = "DIR",
                         .environment = "BACKUP_HOME_DIR",
                         .required = true,
                         .help = "where the keys and the backup are"},
    [BACKUP_JSON] = {.name = "json", .kind = OPTION_FLAG, .help = "print the result as one JSON object"},
    [BACKUP_CONTRACT_ID] = {.name = "mpc-contract-account-id",
                            .kind = OPTION_TEXT,
                            .value_name = "ID",
                            .required = true,
                            .help = "the account of the MPC contract",
                            .commands = BIT(BACKUP_REGISTER)},
    [BACKUP_NEAR_NETWORK] =
        {.name = "near-network",
         .kind = OPTION_TEXT,
         .value_name = "NAME",
         .help = "the NEAR CLI's name of the network: mainnet, testnet; not needed with --rpc-url",
         .commands = BIT(BACKUP_REGISTER)},
    [BACKUP_SIGNER_ID] = {.name = "signer-account-id",
                          .kind = OPTION_TEXT,
                          .value_name = "ID",
                          .required = true,
                          .help = "the operator's account, a participant",
                          .commands = BIT(BACKUP_REGISTER)},
    [BACKUP_RPC_URL] = {.name = "rpc-url",
                        .kind = OPTION_TEXT,
                        .value_name = "URL",
                        .help = "send the transaction to this NEAR RPC instead of printing a command",
                        .commands = BIT(BACKUP_REGISTER)},
    [BACKUP_ALLOW_PLAIN_HTTP] = {.name = "allow-plain-http-rpc",
                                 .kind = OPTION_FLAG,
                                 .environment = "MPC_ALLOW_PLAIN_HTTP_RPC",
                                 .help = "allow http to an RPC that is not on loopback",
                                 .commands = BIT(BACKUP_REGISTER)},
    [BACKUP_SIGNER_KEY_FILE] =
        {.name = "signer-key-file",
         .kind = OPTION_TEXT,
         .value_name = "FILE",
         .help = "the full access key to sign with: a NEAR credentials file or its private key alone",
         .commands = BIT(BACKUP_REGISTER)},
    [BACKUP_NODE_ADDRESS] = {.name = "mpc-node-address",
                             .kind = OPTION_TEXT,
                             .value_name = "HOST:PORT",
                             .environment = "MPC_NODE_ADDRESS",
                             .required = true,
                             .help = "the node's migration endpoint",
                             .commands = NODE_COMMANDS},
    [BACKUP_NODE_KEY] = {.name = "mpc-node-p2p-key",
                         .kind = OPTION_TEXT,
                         .value_name = "KEY",
                         .environment = "MPC_NODE_P2P_KEY",
                         .required = true,
                         .help = "the node's P2P public key, ed25519:...",
                         .commands = NODE_COMMANDS},
    [BACKUP_ENCRYPTION_KEY_HEX] =
        {.name = "backup-encryption-key-hex",
         .kind = OPTION_SECRET,
         .value_name = "HEX",
         .environment = "BACKUP_ENCRYPTION_KEY_HEX",
         .help = "the node's backup encryption key, 64 hex digits; other users see it on a command "
                 "line, prefer the variable or the file",
         .commands = KEY_COMMANDS},
    [BACKUP_ENCRYPTION_KEY_FILE] = {.name = "backup-encryption-key-file",
                                    .kind = OPTION_SECRET_FILE,
                                    .value_name = "FILE",
                                    .help = "a file with that key; wins over the other two",
                                    .commands = KEY_COMMANDS},
    [BACKUP_TIMEOUT_SECONDS] = {.name = "request-timeout-seconds",
                                .kind = OPTION_U64,
                                .value_name = "N",
                                .fallback = "30",
                                .min = 1,
                                .max = TIMEOUT_SECONDS_MAX,
                                .help = "for connecting and the request together",
                                .commands = NODE_COMMANDS},
    [BACKUP_DRILL] = {.name = "drill",
                      .kind = OPTION_FLAG,
                      .help = "restore the backup into a scratch folder too, and compare",
                      .commands = BIT(BACKUP_VERIFY)},
};

const struct program backup_program = {
    .name = "mpc-backup",
    .summary = "Back up and restore the key shares of a NEAR MPC node.",
    .commands = commands,
    .command_count = ARRAY_LEN(commands),
    .default_command = -1,
    .rows = rows,
    .row_count = BACKUP_OPTION_COUNT,
};

result_t backup_run(const struct options *options, struct report *report, struct error *err)
{
    static result_t (*const run[])(const struct options *, struct report *, struct error *) = {
        [BACKUP_GENERATE_KEYS] = backup_generate_keys,
        [BACKUP_REGISTER] = backup_register,
        [BACKUP_GET_KEYSHARES] = backup_get_keyshares,
        [BACKUP_PUT_KEYSHARES] = backup_put_keyshares,
        [BACKUP_VERIFY] = backup_verify,
    };
    return run[options->command](options, report, err);
}

result_t backup_encryption_key_if_given(const struct options *options, struct secret *out, bool *given,
                                        struct error *err)
{
    TRY(option_hex_key(options, BACKUP_ENCRYPTION_KEY_FILE, SEAL_TRANSPORT_KEY_LEN, out, given, err));
    if (*given)
        return OUTCOME_OK;
    return option_hex_key(options, BACKUP_ENCRYPTION_KEY_HEX, SEAL_TRANSPORT_KEY_LEN, out, given, err);
}

result_t backup_encryption_key(const struct options *options, struct secret *out, struct error *err)
{
    bool given;
    TRY(backup_encryption_key_if_given(options, out, &given, err));
    if (given)
        return OUTCOME_OK;
    return error_set(err, OUTCOME_CONFIG_INVALID,
                     "the backup encryption key is missing: give --backup-encryption-key-file or set "
                     "BACKUP_ENCRYPTION_KEY_HEX");
}
