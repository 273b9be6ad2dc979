#include "node/config.h"

#include <string.h>
#include <sched.h>

#include "common/os/rpc.h"
#include "common/seal.h"
#include "node/limits.h"

enum {
    ROW_HOME_DIR,
    ROW_ACCOUNT_ID,
    ROW_CONTRACT_ID,
    ROW_RPC_URL,
    ROW_ALLOW_PLAIN_HTTP,
    ROW_LISTEN,
    ROW_TELEMETRY_LISTEN,
    ROW_KEYSHARE_STORE,
    ROW_SECRET_STORE_KEY,
    ROW_BACKUP_KEY,
    ROW_POLL_INTERVAL,
    ROW_MAX_VIEW_AGE,
    ROW_WORKERS,
    ROW_PORT_FILE,
    ROW_CHECK_CONFIG,
    ROW_KEYSET,
    ROW_DRILL,
    ROW_EPOCH,
    ROW_DIGEST,
    ROW_ADOPTED,
    ROW_RESTORE,
    ROW_SET_ASIDE,
    ROW_UNREADABLE,
    ROW_JSON,
    ROW_COUNT,
};

#define FOR(command) (1u << (command))
#define FOR_RUN      FOR(COMMAND_RUN)
#define FOR_KEYSHARES                                                                                        \
    (FOR(COMMAND_LIST) | FOR(COMMAND_RECEIPTS) | FOR(COMMAND_VERIFY) | FOR(COMMAND_IMPORT) |                 \
     FOR(COMMAND_EXPORT) | FOR(COMMAND_QUARANTINE))

static const struct command_row commands[COMMAND_COUNT] = {
    [COMMAND_RUN] = {.words = "run", .help = "serve backups and take restored key shares (the default)"},
    [COMMAND_SHOW_KEYS] = {.words = "show-keys", .help = "print the node's public keys"},
    [COMMAND_LIST] = {.words = "keyshares list",
                      .help = "print ids and public keys of the stored key shares"},
    [COMMAND_RECEIPTS] = {.words = "keyshares receipts",
                          .help = "print and check the receipts of the key shares that were put"},
    [COMMAND_VERIFY] = {.words = "keyshares verify",
                        .help = "check that stored key shares open and match a keyset"},
    [COMMAND_IMPORT] = {.words = "keyshares import",
                        .operands = "FILE|-",
                        .operands_min = 1,
                        .operands_max = 1,
                        .help = "store a JSON array of key shares"},
    [COMMAND_EXPORT] = {.words = "keyshares export",
                        .help = "print the stored key shares as JSON; they are secret"},
    [COMMAND_QUARANTINE] = {.words = "keyshares quarantine",
                            .help = "take a set of key shares out of service without deleting it"},
    [COMMAND_STATUS] = {.words = "status", .help = "ask the running daemon where the migration is"},
};

/* The order of enum store_kind. */
static const char *const store_kinds[] = {"auto", "lmdb", "mpc-home", NULL};

static const struct option_row rows[ROW_COUNT] = {
    [ROW_HOME_DIR] = {.name = "home-dir",
                      .kind = OPTION_TEXT,
                      .value_name = "DIR",
                      .environment = "MPC_HOME_DIR",
                      .help = "the node's home (required)"},
    [ROW_ACCOUNT_ID] = {.name = "account-id",
                        .kind = OPTION_TEXT,
                        .value_name = "ID",
                        .environment = "MPC_ACCOUNT_ID",
                        .required = true,
                        .commands = FOR_RUN,
                        .help = "the node's NEAR account"},
    [ROW_CONTRACT_ID] = {.name = "contract-id",
                         .kind = OPTION_TEXT,
                         .value_name = "ID",
                         .environment = "MPC_CONTRACT_ID",
                         .required = true,
                         .commands = FOR_RUN,
                         .help = "the account of the MPC contract"},
    [ROW_RPC_URL] = {.name = "near-rpc-url",
                     .kind = OPTION_LIST,
                     .value_name = "URL",
                     .environment = "MPC_NEAR_RPC_URL",
                     .fallback = "http://127.0.0.1:3030",
                     .commands = FOR_RUN,
                     .help = "NEAR JSON-RPC; of several a majority has to agree, of two both"},
    [ROW_ALLOW_PLAIN_HTTP] =
        {.name = "allow-plain-http-rpc",
         .kind = OPTION_FLAG,
         .environment = "MPC_ALLOW_PLAIN_HTTP_RPC",
         .commands = FOR_RUN,
         .help = "take http URLs to other hosts than this one: whoever is on the way decides "
                 "who gets the backup"},
    [ROW_LISTEN] = {.name = "listen",
                    .kind = OPTION_ADDRESS,
                    .value_name = "ADDR:PORT",
                    .environment = "MPC_MIGRATION_LISTEN",
                    .fallback = "0.0.0.0:8079",
                    .commands = FOR_RUN,
                    .help = "where backup services connect; port 0 is any"},
    [ROW_TELEMETRY_LISTEN] = {.name = "telemetry-listen",
                              .kind = OPTION_ADDRESS_OR_OFF,
                              .value_name = "ADDR:PORT|off",
                              .environment = "MPC_TELEMETRY_LISTEN",
                              .fallback = "127.0.0.1:9079",
                              .commands = FOR_RUN | FOR(COMMAND_STATUS),
                              .help = "health, metrics and status over plain HTTP"},
    [ROW_KEYSHARE_STORE] = {.name = "keyshare-store",
                            .kind = OPTION_CHOICE,
                            .value_name = "KIND",
                            .environment = "MPC_KEYSHARE_STORE",
                            .fallback = "auto",
                            .choices = store_kinds,
                            .commands = FOR_RUN | FOR_KEYSHARES,
                            .help = "auto: mpc-home when the home has `key` or `permanent_keys/`, else lmdb"},
    [ROW_SECRET_STORE_KEY] = {.name = "secret-store-key-file",
                              .kind = OPTION_SECRET_FILE,
                              .value_name = "F",
                              .environment = "MPC_SECRET_STORE_KEY",
                              .required = true,
                              .commands = FOR_RUN | FOR_KEYSHARES,
                              .help = "32 hex digits: what key shares are sealed with at rest"},
    [ROW_BACKUP_KEY] = {.name = "backup-encryption-key-file",
                        .kind = OPTION_SECRET_FILE,
                        .value_name = "F",
                        .environment = "MPC_BACKUP_ENCRYPTION_KEY_HEX",
                        .commands = FOR_RUN,
                        .help = "64 hex digits, shared with the backup service; without it "
                                "backup_encryption_key.hex in the home, made if absent"},
    [ROW_POLL_INTERVAL] = {.name = "poll-interval-ms",
                           .kind = OPTION_U64,
                           .value_name = "N",
                           .environment = "MPC_POLL_INTERVAL_MS",
                           .fallback = "1000",
                           .min = CONFIG_POLL_INTERVAL_MS_MIN,
                           .max = CONFIG_POLL_INTERVAL_MS_MAX,
                           .commands = FOR_RUN,
                           .help = "how often the contract is read"},
    [ROW_MAX_VIEW_AGE] = {.name = "max-view-age-ms",
                          .kind = OPTION_U64,
                          .value_name = "N",
                          .environment = "MPC_MAX_VIEW_AGE_MS",
                          .fallback = "60000",
                          .max = CONFIG_VIEW_AGE_MS_MAX,
                          .commands = FOR_RUN,
                          .help = "older views of the contract close the door; 0: no limit"},
    [ROW_WORKERS] = {.name = "workers",
                     .kind = OPTION_U64,
                     .value_name = "N",
                     .environment = "MPC_WORKERS",
                     .min = 1,
                     .max = LIMIT_WORKERS,
                     .commands = FOR_RUN,
                     .help = "threads of the migration endpoint; by default one per CPU, at most 4"},
    [ROW_PORT_FILE] =
        {.name = "port-file",
         .kind = OPTION_TEXT,
         .value_name = "F",
         .commands = FOR_RUN,
         .help = "written when listening: {\"listen\":\"ADDR:PORT\",\"telemetry\":\"ADDR:PORT\"|null}"},
    [ROW_CHECK_CONFIG] = {.name = "check-config",
                          .kind = OPTION_FLAG,
                          .commands = FOR_RUN,
                          .help = "check everything, touch nothing, and say what would run"},
    [ROW_KEYSET] = {.name = "keyset",
                    .kind = OPTION_TEXT,
                    .value_name = "FILE",
                    .commands = FOR(COMMAND_VERIFY) | FOR(COMMAND_EXPORT),
                    .help = "the keyset to check against, or whose key shares to print, as JSON"},
    [ROW_DRILL] = {.name = "drill",
                   .kind = OPTION_FLAG,
                   .commands = FOR(COMMAND_VERIFY),
                   .help = "restore them into a scratch store too, and compare"},
    [ROW_EPOCH] = {.name = "epoch",
                   .kind = OPTION_U64,
                   .value_name = "N",
                   .commands = FOR(COMMAND_VERIFY) | FOR(COMMAND_EXPORT) | FOR(COMMAND_QUARANTINE),
                   .help = "an epoch; by default the highest that is stored"},
    [ROW_DIGEST] = {.name = "digest",
                    .kind = OPTION_TEXT,
                    .value_name = "HEX",
                    .commands = FOR(COMMAND_VERIFY) | FOR(COMMAND_QUARANTINE),
                    .help = "the set whose digest begins so, as `keyshares list` prints it"},
    [ROW_ADOPTED] = {.name = "adopted",
                     .kind = OPTION_FLAG,
                     .commands = FOR(COMMAND_QUARANTINE),
                     .help = "take out even the set that the contract adopted"},
    [ROW_RESTORE] = {.name = "restore",
                     .kind = OPTION_FLAG,
                     .commands = FOR(COMMAND_QUARANTINE),
                     .help = "take a set out of quarantine again"},
    [ROW_SET_ASIDE] = {.name = "set-aside",
                       .kind = OPTION_FLAG,
                       .commands = FOR(COMMAND_RECEIPTS),
                       .help = "take receipts that cannot be opened out of the chain, and keep them"},
    [ROW_UNREADABLE] = {.name = "unreadable",
                        .kind = OPTION_FLAG,
                        .commands = FOR(COMMAND_QUARANTINE),
                        .help = "take records that cannot be opened out of the way, and keep them"},
    [ROW_JSON] = {.name = "json",
                  .kind = OPTION_FLAG,
                  .commands = FOR_RUN | FOR(COMMAND_SHOW_KEYS) | FOR(COMMAND_LIST) | FOR(COMMAND_RECEIPTS) |
                              FOR(COMMAND_VERIFY) | FOR(COMMAND_IMPORT) | FOR(COMMAND_QUARANTINE) |
                              FOR(COMMAND_STATUS),
                  .help = "results as JSON; of run only with --check-config"},
};

const struct program config_program = {
    .name = "mpc-migrationd",
    .summary = "The migration endpoint of a NEAR MPC node: hands its encrypted key shares to the registered "
               "backup service, and takes them back on a new machine.",
    .commands = commands,
    .command_count = COMMAND_COUNT,
    .default_command = COMMAND_RUN,
    .rows = rows,
    .row_count = ROW_COUNT,
};

static result_t read_account(const struct options *options, size_t row, struct account_id *out,
                             struct error *err)
{
    const char *text = option_text(options, row);
    if (account_id_set(out, text, strlen(text)))
        return OUTCOME_OK;
    return error_set(err, OUTCOME_CONFIG_INVALID, "--%s: `%s` is not a NEAR account id", rows[row].name,
                     text);
}

/* Each has one voice. */
static result_t check_urls_differ(const struct option_value *urls, struct error *err)
{
    char shown[RPC_URL_LEN_MAX];
    for (size_t i = 0; i < urls->item_count; i++)
        for (size_t other = 0; other < i; other++) {
            if (!rpc_url_same(urls->items[i], urls->items[other]))
                continue;
            rpc_url_display(urls->items[i], shown, sizeof shown);
            return error_set(err, OUTCOME_CONFIG_INVALID,
                             "--near-rpc-url: %.300s is given twice; each NEAR RPC has one voice", shown);
        }
    return OUTCOME_OK;
}

static result_t read_urls(const struct options *options, struct config *out, struct error *err)
{
    const struct option_value *urls = &options->values[ROW_RPC_URL];
    out->rpc_urls = (const char *const *)urls->items;
    out->rpc_url_count = urls->item_count;
    out->allow_plain_http_rpc = option_flag(options, ROW_ALLOW_PLAIN_HTTP);
    if (urls->item_count > RPC_URLS_MAX)
        return error_set(err, OUTCOME_CONFIG_INVALID, "--near-rpc-url: more than %d URLs", RPC_URLS_MAX);
    for (size_t i = 0; i < urls->item_count; i++) {
        result_t result = rpc_url_check(urls->items[i], out->allow_plain_http_rpc, err);
        if (result != OUTCOME_OK)
            return error_prefix(err, result, "--near-rpc-url");
    }
    return check_urls_differ(urls, err);
}

static unsigned default_workers(void)
{
    cpu_set_t cpus;
    if (sched_getaffinity(0, sizeof cpus, &cpus) != 0)
        return 1;
    int count = CPU_COUNT(&cpus);
    return count < CONFIG_WORKERS_DEFAULT_MAX ? (unsigned)count : CONFIG_WORKERS_DEFAULT_MAX;
}

static result_t read_run(const struct options *options, struct config *out, struct error *err)
{
    bool found;
    TRY(read_account(options, ROW_ACCOUNT_ID, &out->account_id, err));
    TRY(read_account(options, ROW_CONTRACT_ID, &out->contract_id, err));
    TRY(read_urls(options, out, err));
    TRY(option_hex_key(options, ROW_BACKUP_KEY, SEAL_TRANSPORT_KEY_LEN, &out->backup_encryption_key, &found,
                       err));
    out->listen = *option_address(options, ROW_LISTEN);
    out->poll_interval_ms = option_u64(options, ROW_POLL_INTERVAL);
    out->max_view_age_ms = option_u64(options, ROW_MAX_VIEW_AGE);
    out->workers =
        option_given(options, ROW_WORKERS) ? (unsigned)option_u64(options, ROW_WORKERS) : default_workers();
    out->port_file = option_text(options, ROW_PORT_FILE);
    out->check_only = option_flag(options, ROW_CHECK_CONFIG);
    if (out->json && !out->check_only)
        return error_set(err, OUTCOME_CONFIG_INVALID,
                         "--json: run has no result; did you mean --log-format json?");
    return OUTCOME_OK;
}

static result_t read_all(const struct options *options, struct config *out, struct error *err)
{
    bool found;
    out->command = (enum config_command)options->command;
    out->home_dir = option_text(options, ROW_HOME_DIR);
    if (!out->home_dir && out->command != COMMAND_STATUS)
        return error_set(err, OUTCOME_CONFIG_INVALID,
                         "--home-dir (or MPC_HOME_DIR in the environment) is required");
    out->telemetry = *option_address(options, ROW_TELEMETRY_LISTEN);
    out->store_kind = (enum store_kind)option_choice(options, ROW_KEYSHARE_STORE);
    TRY(option_hex_key(options, ROW_SECRET_STORE_KEY, SEAL_AT_REST_KEY_LEN, &out->secret_store_key, &found,
                       err));
    out->operand = options->operand_count > 0 ? options->operands[0] : NULL;
    out->drill = option_flag(options, ROW_DRILL);
    out->digest = option_text(options, ROW_DIGEST);
    out->even_adopted = option_flag(options, ROW_ADOPTED);
    out->restore = option_flag(options, ROW_RESTORE);
    out->unreadable = option_flag(options, ROW_UNREADABLE);
    out->set_aside = option_flag(options, ROW_SET_ASIDE);
    out->keyset_file = option_text(options, ROW_KEYSET);
    out->has_epoch = option_given(options, ROW_EPOCH);
    out->epoch = option_u64(options, ROW_EPOCH);
    out->json = option_flag(options, ROW_JSON);
    return out->command == COMMAND_RUN ? read_run(options, out, err) : OUTCOME_OK;
}

result_t config_read(const struct options *options, struct config *out, struct error *err)
{
    *out = (struct config){.command = COMMAND_RUN};
    result_t result = read_all(options, out, err);
    if (result != OUTCOME_OK)
        config_free(out);
    return result;
}

void config_free(struct config *config)
{
    secret_free(&config->secret_store_key);
    secret_free(&config->backup_encryption_key);
    *config = (struct config){.command = COMMAND_RUN};
}
