/* What an operator does with the NEAR CLI, as one small program for scripts/demo and the system tests: make a
 * key, call the contract, add and delete access keys, send NEAR. It is not installed, and its keys are throw-away ones. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/os/options.h"
#include "common/os/file.h"
#include "common/os/random.h"
#include "common/os/tx_sender.h"

enum { COMMAND_GENERATE, COMMAND_CALL, COMMAND_ADD_KEY, COMMAND_DELETE_KEY, COMMAND_TRANSFER };

static const struct command_row commands[] = {
    [COMMAND_GENERATE] = {.words = "generate", .help = "print a new key as a NEAR credentials file"},
    [COMMAND_CALL] = {.words = "call",
                      .help = "sign and send one call of the contract, and print what it returned"},
    [COMMAND_ADD_KEY] = {.words = "add-key", .help = "add an access key for every method of the contract"},
    [COMMAND_DELETE_KEY] = {.words = "delete-key", .help = "delete an access key"},
    [COMMAND_TRANSFER] = {.words = "transfer", .help = "send NEAR to another account"},
};

#define IN(command) (1u << (command))
#define IN_KEYS     (IN(COMMAND_ADD_KEY) | IN(COMMAND_DELETE_KEY))
#define IN_SENDING  (IN(COMMAND_CALL) | IN_KEYS | IN(COMMAND_TRANSFER))

enum { ACCOUNT_ID, RPC_URL, SIGNER, KEY_FILE, CONTRACT, METHOD, ARGS, DEPOSIT, PUBLIC_KEY, RECEIVER, AMOUNT };

static const struct option_row rows[] = {
    [ACCOUNT_ID] = {"account-id", OPTION_TEXT, .value_name = "ID", .required = true,
                    .commands = IN(COMMAND_GENERATE)},
    [RPC_URL] = {"rpc-url", OPTION_TEXT, .value_name = "URL", .required = true, .commands = IN_SENDING},
    [SIGNER] = {"signer-account-id", OPTION_TEXT, .value_name = "ID", .required = true,
                .commands = IN_SENDING},
    [KEY_FILE] = {"key-file", OPTION_TEXT, .value_name = "F", .required = true, .commands = IN_SENDING,
                  .help = "NEAR credentials, or a node's secrets.json"},
    [CONTRACT] = {"contract-id", OPTION_TEXT, .value_name = "ID", .required = true,
                  .commands = IN(COMMAND_CALL) | IN(COMMAND_ADD_KEY)},
    [METHOD] = {"method", OPTION_TEXT, .value_name = "NAME", .required = true, .commands = IN(COMMAND_CALL)},
    [ARGS] = {"args", OPTION_TEXT, .value_name = "JSON", .fallback = "{}", .commands = IN(COMMAND_CALL)},
    [DEPOSIT] = {"deposit-yocto", OPTION_TEXT, .value_name = "N", .fallback = "0",
                 .commands = IN(COMMAND_CALL)},
    [PUBLIC_KEY] = {"public-key", OPTION_TEXT, .value_name = "KEY", .required = true, .commands = IN_KEYS},
    [RECEIVER] = {"receiver-id", OPTION_TEXT, .value_name = "ID", .required = true,
                  .commands = IN(COMMAND_TRANSFER)},
    [AMOUNT] = {"amount-yocto", OPTION_TEXT, .value_name = "N", .required = true,
                .commands = IN(COMMAND_TRANSFER)},
};

static const struct program program = {
    .name = "near-send",
    .summary = "signs NEAR transactions for demos and tests",
    .commands = commands,
    .command_count = ARRAY_LEN(commands),
    .default_command = -1,
    .rows = rows,
    .row_count = ARRAY_LEN(rows),
};

static result_t generate(const char *account_id, struct error *err)
{
    uint8_t seed[ED25519_KEY_LEN];
    CLEANUP(ed25519_keypair_free) struct ed25519_keypair pair = {0};
    CLEANUP(secret_free) struct secret text = {0};
    char public_key[ED25519_KEY_TEXT_MAX];
    if (random_bytes(seed, sizeof seed) != OUTCOME_OK ||
        ed25519_keypair_from_seed(seed, &pair) != OUTCOME_OK ||
        ed25519_keypair_format(&pair, &text) != OUTCOME_OK)
        return error_set(err, OUTCOME_CRYPTO_FAILED, "cannot make a key");
    ed25519_public_key_format(&pair.public_key, public_key);
    printf("{\"account_id\":\"%s\",\"public_key\":\"%s\",\"private_key\":\"%.*s\"}\n", account_id, public_key,
           (int)text.len, (const char *)text.data);
    return OUTCOME_OK;
}

/* The private key is the first "ed25519:..." text behind one of these member names. */
static result_t read_key(const char *path, struct ed25519_keypair *out, struct error *err)
{
    static const char *const members[] = {"\"private_key\"", "\"near_signer_key\""};
    CLEANUP(secret_free) struct secret text = {0};
    TRY(file_read_secret(path, 65536, FILE_EXPOSED_WARN, &text, err));
    TRY(secret_append(&text, "", 1));
    for (size_t i = 0; i < ARRAY_LEN(members); i++) {
        const char *member = strstr((const char *)text.data, members[i]);
        const char *start = member ? strstr(member, "ed25519:") : NULL;
        if (start)
            return ed25519_keypair_parse(start, strcspn(start, "\""), out, err);
    }
    return error_set(err, OUTCOME_SECRETS_MALFORMED, "%s holds neither a private_key nor a near_signer_key",
                     path);
}

static result_t report(const struct rpc_tx *tx, const char *what, struct error *err)
{
    if (tx->fate == RPC_TX_EXECUTED) {
        printf("%s: done\n", what);
        return OUTCOME_OK;
    }
    return error_set(err, tx_outcome(tx->fate), "%s: %s %s", what, tx->name, tx->text);
}

static result_t call(const struct options *options, struct rpc *rpc, const struct ed25519_keypair *pair,
                     struct error *err)
{
    const char *args = option_text(options, ARGS), *method = option_text(options, METHOD);
    const char *deposit = option_text(options, DEPOSIT);
    struct tx_call call = {.signer_id = option_text(options, SIGNER),
                           .signer = pair,
                           .receiver_id = option_text(options, CONTRACT),
                           .method = method,
                           .args = args,
                           .args_len = strlen(args),
                           .gas = TX_CALL_GAS};
    if (!u128_parse(deposit, strlen(deposit), &call.deposit))
        return error_set(err, OUTCOME_USAGE, "--deposit-yocto is not a number: %s", deposit);
    CLEANUP(tx_signed_free) struct tx_signed tx = {0};
    TRY(tx_prepare(rpc, &call, 0, &tx, err));
    struct rpc_tx fate = {0};
    if (rpc_send_tx(rpc, tx.bytes.data, tx.bytes.len, RPC_WAIT_FINAL, &fate, err) != OUTCOME_OK)
        return OUTCOME_TX_UNKNOWN;
    return report(&fate, method, err);
}

/* One transaction with one action. */
static result_t act(const struct options *options, struct rpc *rpc, const struct ed25519_keypair *pair,
                    const char *receiver_id, struct near_action *action, struct error *err)
{
    CLEANUP(free_text) char *signer = strdup(option_text(options, SIGNER));
    CLEANUP(free_text) char *receiver = strdup(receiver_id);
    CLEANUP(rpc_access_key_free) struct rpc_access_key key = {0};
    TRY(rpc_view_access_key(rpc, signer, &pair->public_key, NULL, &key, err));
    struct near_tx tx = {.signer_id = signer,
                         .receiver_id = receiver,
                         .actions = action,
                         .action_count = 1,
                         .public_key = near_public_key_from_ed25519(&pair->public_key)};
    memcpy(tx.block_hash, key.hash, sizeof tx.block_hash);
    TRY(tx_choose_nonce(key.key.nonce, 0, key.height, &tx.nonce, err));
    CLEANUP(bytes_free) struct bytes encoded = {0};
    uint8_t hash[SHA256_LEN];
    struct rpc_tx fate = {0};
    TRY(near_tx_sign(&tx, pair, &encoded, hash));
    if (rpc_send_tx(rpc, encoded.data, encoded.len, RPC_WAIT_FINAL, &fate, err) != OUTCOME_OK)
        return OUTCOME_TX_UNKNOWN;
    return report(&fate, commands[options->command].words, err);
}

static result_t change_key(const struct options *options, struct rpc *rpc, const struct ed25519_keypair *pair,
                           struct error *err)
{
    const char *key = option_text(options, PUBLIC_KEY);
    bool adds = options->command == COMMAND_ADD_KEY;
    struct near_action action = {.type = adds ? NEAR_ADD_KEY : NEAR_DELETE_KEY};
    if (near_public_key_parse(key, strlen(key), &action.public_key) != OUTCOME_OK)
        return error_set(err, OUTCOME_KEY_MALFORMED, "--public-key is no NEAR key: %s", key);
    CLEANUP(free_text) char *contract = adds ? strdup(option_text(options, CONTRACT)) : NULL;
    action.access_key.receiver_id = contract;
    return act(options, rpc, pair, option_text(options, SIGNER), &action, err);
}

static result_t transfer(const struct options *options, struct rpc *rpc, const struct ed25519_keypair *pair,
                         struct error *err)
{
    const char *amount = option_text(options, AMOUNT);
    struct near_action action = {.type = NEAR_TRANSFER};
    if (!u128_parse(amount, strlen(amount), &action.deposit))
        return error_set(err, OUTCOME_USAGE, "--amount-yocto is not a number: %s", amount);
    return act(options, rpc, pair, option_text(options, RECEIVER), &action, err);
}

static result_t run(const struct options *options, struct error *err)
{
    if (options->command == COMMAND_GENERATE)
        return generate(option_text(options, ACCOUNT_ID), err);
    const struct rpc_config config = {.url = option_text(options, RPC_URL)};
    CLEANUP(ed25519_keypair_free) struct ed25519_keypair pair = {0};
    CLEANUP(rpc_close) struct rpc *rpc = NULL;
    TRY(read_key(option_text(options, KEY_FILE), &pair, err));
    TRY(rpc_open(&config, &rpc, err));
    if (options->command == COMMAND_CALL)
        return call(options, rpc, &pair, err);
    if (options->command == COMMAND_TRANSFER)
        return transfer(options, rpc, &pair, err);
    return change_key(options, rpc, &pair, err);
}

int main(int argc, char **argv)
{
    static struct options options;
    struct error err = {0};
    int exit_code;
    if (!options_start(&program, argc, argv, &options, &exit_code))
        return exit_code;
    result_t result = run(&options, &err);
    if (result != OUTCOME_OK)
        log_outcome(LOG_LEVEL_ERROR, result, "%s", err.text);
    options_free(&options);
    return outcome_of(result)->exit_code;
}
