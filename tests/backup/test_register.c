#include "tests/support/backup_home.h"
#include "tests/support/fake_rpc.h"
#include "tests/support/support.h"

#include <stdio.h>
#include <string.h>

#include "backup/secrets.h"

#define NODE_KEY_TEXT "ed25519:1thX6LZfHDZZKUs92febYZhYRcXddmzfzF2NvTkPNE"

START_TEST(register_prints_the_command_of_the_guide)
{
    ck_assert_ok_err(backup_home_run("generate-keys"), backup_home_err);
    ck_assert_ok_err(backup_home_run("register --mpc-contract-account-id v1.signer --near-network testnet "
                                     "--signer-account-id alice.near"),
                     backup_home_err);
    backup_home_printed(
        "near contract call-function as-transaction \\\n  v1.signer \\\n  register_backup_service \\\n"
        "  json-args '{\"backup_service_info\":{\"public_key\":\"ed25519:");
    backup_home_printed(
        "\"}}' \\\n  prepaid-gas '300.0 Tgas' \\\n  attached-deposit '1 yoctoNEAR' \\\n  sign-as "
        "alice.near \\\n"
        "  network-config testnet \\\n  sign-with-keychain \\\n  send\n");
    ck_assert_text_has((const char *)backup_home_report.members.data, "\"near_command\":\"near contract");
}
END_TEST

#define REGISTER "register --mpc-contract-account-id c.near --signer-account-id a.near "

static const struct {
    const char *words;
    result_t outcome;
} misuse[] = {
    {REGISTER, OUTCOME_CONFIG_INVALID},
    {REGISTER "--near-network x;y", OUTCOME_CONFIG_INVALID},
    {REGISTER "--near-network testnet --signer-key-file /dev/null", OUTCOME_CONFIG_INVALID},
    {REGISTER "--rpc-url http://127.0.0.1:1", OUTCOME_CONFIG_INVALID},
    {REGISTER "--rpc-url http://127.0.0.1:1 --signer-key-file /nowhere", OUTCOME_SECRETS_UNREADABLE},
    {"register --mpc-contract-account-id C.near --signer-account-id a.near --near-network testnet",
     OUTCOME_CONFIG_INVALID},
    {"register --mpc-contract-account-id c.near --signer-account-id a'b --near-network testnet",
     OUTCOME_CONFIG_INVALID},
    {"register --signer-account-id a.near --near-network testnet", OUTCOME_CONFIG_INVALID},
    {"", OUTCOME_USAGE},
    {"restore", OUTCOME_USAGE},
    {"verify --mpc-node-address 127.0.0.1:1", OUTCOME_USAGE},
};

START_TEST(a_wrong_command_line_is_refused)
{
    ck_assert_ok_err(backup_home_run("generate-keys"), backup_home_err);
    ck_assert_outcome(backup_home_run(misuse[_i].words), misuse[_i].outcome);
    ck_assert_int_gt((int)strlen(backup_home_err.text), 0);
}
END_TEST

/* ---- register by transaction ------------------------------------------------------------------------ */

#define HASH "C72RUqoxaQUCVPB9UGX5jUFTnvE5LKqoXtjSGB9i9Vn9"
#define FULL_KEY                                                                                             \
    "{\"nonce\":5,\"permission\":\"FullAccess\",\"block_height\":100000000,\"block_hash\":\"" HASH "\"}"
#define PRIVATE_KEY                                                                                          \
    "ed25519:561CCDGTqnGrfJcsYwcuRgvU6JCiJnt2GGVpKfkkFcH21o1he4NorPPiyQxPp92VNxygmTRDhFcfQchV7RTYsdHh"

/* `register` through `fake`, whose contract then shows `key` (NULL: the home's own) for a.near. */
static result_t register_through(struct fake_rpc *fake, const char *key)
{
    CLEANUP(backup_secrets_free) struct backup_secrets secrets = {0};
    char words[512], view[256], own[ED25519_KEY_TEXT_MAX];
    ck_assert_ok_err(backup_home_run("generate-keys"), backup_home_err);
    ck_assert_ok_err(backup_secrets_load(backup_home, &secrets, &backup_home_err), backup_home_err);
    ed25519_public_key_format(&secrets.p2p.public_key, own);
    snprintf(view, sizeof view, "{\"a.near\":[{\"public_key\":\"%s\"},null]}", key ? key : own);
    fake_rpc_view(fake, "query:migration_info", view, 100000003, HASH);
    fake_rpc_result(fake, "query:view_access_key", FULL_KEY);
    backup_home_write("operator.key", PRIVATE_KEY);
    snprintf(words, sizeof words, REGISTER "--rpc-url %s --signer-key-file %s/operator.key",
             fake_rpc_url(fake), backup_home);
    return backup_home_run(words);
}

START_TEST(register_sends_the_transaction_and_looks_at_the_contract)
{
    CLEANUP(fake_rpc_stop) struct fake_rpc *fake = fake_rpc_start();
    fake_rpc_result(fake, "send_tx",
                    "{\"final_execution_status\":\"FINAL\",\"status\":{\"SuccessValue\":\"\"}}");
    ck_assert_ok_err(register_through(fake, NULL), backup_home_err);
    backup_home_printed("as the backup key of a.near");
    ck_assert_text_has((const char *)backup_home_report.members.data, "\"transaction\":\"");
    ck_assert_uint_eq(fake_rpc_count(fake, "send_tx"), 1);
}
END_TEST

START_TEST(register_is_not_done_until_the_contract_shows_the_key)
{
    CLEANUP(fake_rpc_stop) struct fake_rpc *fake = fake_rpc_start();
    fake_rpc_result(fake, "send_tx",
                    "{\"final_execution_status\":\"FINAL\",\"status\":{\"SuccessValue\":\"\"}}");
    ck_assert_outcome(register_through(fake, NODE_KEY_TEXT), OUTCOME_TX_UNKNOWN);
    backup_home_said("migration_info");
}
END_TEST

START_TEST(a_refusal_by_the_contract_is_told_in_its_own_words)
{
    CLEANUP(fake_rpc_stop) struct fake_rpc *fake = fake_rpc_start();
    fake_rpc_result(fake, "send_tx",
                    "{\"final_execution_status\":\"FINAL\",\"status\":{\"Failure\":{\"ActionError\":{"
                    "\"index\":0,\"kind\":{"
                    "\"FunctionCallError\":{\"ExecutionError\":\"Smart contract panicked: Not a participant: "
                    "a.near\"}}}}}}");
    ck_assert_outcome(register_through(fake, NULL), OUTCOME_TX_FAILED);
    backup_home_said("Not a participant");
}
END_TEST

int main(void)
{
    SUITE_WITH_CASE(suite, tcase, "backup register");
    tcase_add_checked_fixture(tcase, backup_home_setup, backup_home_release);
    tcase_add_test(tcase, register_prints_the_command_of_the_guide);
    tcase_add_loop_test(tcase, a_wrong_command_line_is_refused, 0, ARRAY_LEN(misuse));
    tcase_add_test(tcase, register_sends_the_transaction_and_looks_at_the_contract);
    tcase_add_test(tcase, register_is_not_done_until_the_contract_shows_the_key);
    tcase_add_test(tcase, a_refusal_by_the_contract_is_told_in_its_own_words);
    return run_suite(suite);
}
