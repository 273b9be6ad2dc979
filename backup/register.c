#include "backup/backup.h"

#include <string.h>

#include "backup/secrets.h"
#include "backup/signer_key.h"
#include "common/account_id.h"
#include "common/contract_view.h"
#include "common/os/rpc.h"
#include "common/os/tx_sender.h"

#define METHOD "register_backup_service"

/* The contract wants at least 1 yoctoNEAR, which takes a full access key (near-rpc.md C.4). */
#define DEPOSIT_YOCTO 1

/* Where the NEAR CLI has its networks' names from; anything else would be quoted by a shell. */
#define NETWORK_CHARACTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_."

struct registration {
    const char *contract_id;
    const char *signer_id;
    struct ed25519_public_key key;
    char key_text[ED25519_KEY_TEXT_MAX];
    struct bytes args; /* JSON */
};

static void registration_free(struct registration *registration)
{
    bytes_free(&registration->args);
}

static result_t check_account(const char *option, const char *text, struct error *err)
{
    if (account_id_valid(text, strlen(text)))
        return OUTCOME_OK;
    return error_set(err, OUTCOME_CONFIG_INVALID, "--%s: `%s` is not a NEAR account id", option, text);
}

static result_t read_registration(const struct options *options, struct registration *out, struct error *err)
{
    CLEANUP(backup_secrets_free) struct backup_secrets secrets = {0};
    out->contract_id = option_text(options, BACKUP_CONTRACT_ID);
    out->signer_id = option_text(options, BACKUP_SIGNER_ID);
    TRY(check_account("mpc-contract-account-id", out->contract_id, err));
    TRY(check_account("signer-account-id", out->signer_id, err));
    TRY(backup_secrets_load(option_text(options, BACKUP_HOME_DIR), &secrets, err));
    out->key = secrets.p2p.public_key;
    ed25519_public_key_format(&out->key, out->key_text);
    return bytes_append_format(&out->args, "{\"backup_service_info\":{\"public_key\":\"%s\"}}",
                               out->key_text);
}

/* The command of the migration guide, with the deposit that today's contract wants. */
static result_t print_command(const struct registration *registration, const char *network,
                              struct report *report, struct error *err)
{
    if (!network || network[strspn(network, NETWORK_CHARACTERS)])
        return error_set(err, OUTCOME_CONFIG_INVALID,
                         "--near-network: the NEAR CLI's name of the network is needed");
    CLEANUP(bytes_free) struct bytes command = {0};
    TRY(bytes_append_format(&command,
                            "near contract call-function as-transaction \\\n"
                            "  %s \\\n"
                            "  " METHOD " \\\n"
                            "  json-args '%s' \\\n"
                            "  prepaid-gas '300.0 Tgas' \\\n"
                            "  attached-deposit '%d yoctoNEAR' \\\n"
                            "  sign-as %s \\\n"
                            "  network-config %s \\\n"
                            "  sign-with-keychain \\\n"
                            "  send",
                            registration->contract_id, (const char *)registration->args.data, DEPOSIT_YOCTO,
                            registration->signer_id, network));
    TRY(report_text(report, "near_command", (const char *)command.data));
    TRY(report_line(report, "Run the following command to register your backup service:\n"));
    return report_line(report, "%s\n", (const char *)command.data);
}

/* What counts is what the contract says at final, not what a receipt says (design.md, "Outbox"). */
static result_t check_registered(struct rpc *rpc, const struct registration *registration, struct error *err)
{
    CLEANUP(rpc_view_free) struct rpc_view view = {0};
    CLEANUP(migration_view_free) struct migration_view migrations = {0};
    struct account_id account;
    TRY(rpc_view(rpc, registration->contract_id, "migration_info", NULL, 0, NULL, &view, err));
    TRY(migration_view_parse((const char *)view.data.data, view.data.len, NULL, &migrations, err));
    if (account_id_set(&account, registration->signer_id, strlen(registration->signer_id))) {
        const struct migration_entry *entry = migration_view_find(&migrations, &account);
        if (entry && entry->has_backup_key &&
            ed25519_public_key_equal(&entry->backup_key, &registration->key))
            return OUTCOME_OK;
    }
    return error_set(
        err, OUTCOME_TX_UNKNOWN,
        "the transaction was executed, but migration_info does not show the key; look again in a moment");
}

static result_t send_call(struct rpc *rpc, const struct registration *registration,
                          const struct ed25519_keypair *signer, struct report *report, struct error *err)
{
    const struct tx_call call = {
        .signer_id = registration->signer_id,
        .signer = signer,
        .receiver_id = registration->contract_id,
        .method = METHOD,
        .args = registration->args.data,
        .args_len = registration->args.len,
        .gas = TX_CALL_GAS,
        .deposit = {.low = DEPOSIT_YOCTO},
    };
    CLEANUP(tx_signed_free) struct tx_signed tx = {0};
    char hash[HASH_TEXT_MAX];
    TRY(tx_prepare(rpc, &call, 0, &tx, err));
    hash_format(tx.hash, hash);
    TRY(report_text(report, "transaction", hash));
    TRY(report_line(report, "transaction %s", hash));
    TRY(tx_send(rpc, &tx, RPC_WAIT_FINAL, NULL, err));
    return check_registered(rpc, registration, err);
}

static result_t send_transaction(const struct options *options, const struct registration *registration,
                                 struct report *report, struct error *err)
{
    CLEANUP(ed25519_keypair_free) struct ed25519_keypair signer = {0};
    CLEANUP(rpc_close) struct rpc *rpc = NULL;
    const char *key_file = option_text(options, BACKUP_SIGNER_KEY_FILE);
    const struct rpc_config config = {.url = option_text(options, BACKUP_RPC_URL),
                                      .allow_plain_http = option_flag(options, BACKUP_ALLOW_PLAIN_HTTP)};
    if (!key_file)
        return error_set(err, OUTCOME_CONFIG_INVALID,
                         "--rpc-url needs --signer-key-file, the key to sign with");
    TRY(signer_key_load(key_file, registration->signer_id, &signer, err));
    TRY(rpc_open(&config, &rpc, err));
    TRY(send_call(rpc, registration, &signer, report, err));
    return report_line(report, "the contract has %s as the backup key of %s", registration->key_text,
                       registration->signer_id);
}

result_t backup_register(const struct options *options, struct report *report, struct error *err)
{
    CLEANUP(registration_free) struct registration registration = {0};
    TRY(read_registration(options, &registration, err));
    TRY(report_text(report, "p2p_public_key", registration.key_text));
    if (option_text(options, BACKUP_RPC_URL))
        return send_transaction(options, &registration, report, err);
    if (option_text(options, BACKUP_SIGNER_KEY_FILE))
        return error_set(err, OUTCOME_CONFIG_INVALID, "--signer-key-file is for sending: give --rpc-url too");
    return print_command(&registration, option_text(options, BACKUP_NEAR_NETWORK), report, err);
}
