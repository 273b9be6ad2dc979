#include "tests/support/support.h"

#include <stdio.h>
#include <string.h>

#include "node/conclude_rules.h"
#include "tests/support/story.h"

/* --- after an answer --- */

/* The texts are those of contract.md 2.4, 2.6 and 5.4, the names those of near-rpc.md D.1. */
static const struct {
    enum rpc_tx_fate fate;
    const char *name;
    const char *text;
    enum conclude_effect effect;
    const char *variant;
} answers[] = {
    {RPC_TX_EXECUTED, "", "", CONCLUDE_WATCH, "Success"},
    {RPC_TX_FAILED, "ExecutionError", "Smart contract panicked: The protocol is not Running.", CONCLUDE_WATCH,
     "ProtocolStateNotRunning"},
    {RPC_TX_FAILED, "ExecutionError",
     "Smart contract panicked: The protocol is not Running.: migration of nodes is only possible while the "
     "protocol is in `Running` state.",
     CONCLUDE_WATCH, "ProtocolStateNotRunning"},
    {RPC_TX_FAILED, "ExecutionError", "Smart contract panicked: Not a participant: alice.near",
     CONCLUDE_WATCH, "NotParticipant"},
    {RPC_TX_FAILED, "ExecutionError",
     "Smart contract panicked: The submitted keyset differs from the expected keyset. Found: Keyset { "
     "epoch_id: "
     "EpochId(5), domains: [] }, expected: Keyset { .. }",
     CONCLUDE_WATCH, "KeysetMismatch"},
    {RPC_TX_FAILED, "ExecutionError",
     "Smart contract panicked: The submitted keyset differs from the expected keyset.: keyset=.., "
     "expected_keyset=..",
     CONCLUDE_WATCH, "KeysetMismatch"},
    {RPC_TX_FAILED, "ExecutionError", "Smart contract panicked: Node does not have an ongoing recovery",
     CONCLUDE_WATCH, "MigrationNotFound"},
    {RPC_TX_FAILED, "ExecutionError", "Smart contract panicked: Node dose not have an ongoing recovery",
     CONCLUDE_WATCH, "MigrationNotFound"},
    {RPC_TX_FAILED, "ExecutionError",
     "Smart contract panicked: The transaction was submitted by a different public key than expected. Found: "
     "PublicKey { data: [0, 1, 2] }, expected: PublicKey { data: [0, 3, 4] }",
     CONCLUDE_BLOCKS, "AccountPublicKeyMismatch"},
    {RPC_TX_FAILED, "ExecutionError",
     "Smart contract panicked: Invalid TEE Remote Attestation: destination node TEE quote is invalid",
     CONCLUDE_BLOCKS, "InvalidTeeRemoteAttestation"},
    {RPC_TX_FAILED, "ExecutionError", "Smart contract panicked: Invalid TEE Remote Attestation.",
     CONCLUDE_BLOCKS, "InvalidTeeRemoteAttestation"},
    {RPC_TX_FAILED, "ExecutionError",
     "Smart contract panicked: Failed to deserialize input from JSON. Error: `missing field `keyset``",
     CONCLUDE_BLOCKS, "InvalidArguments"},
    {RPC_TX_FAILED, "ExecutionError",
     "Smart contract panicked: Method conclude_node_migration doesn't accept deposit", CONCLUDE_BLOCKS,
     "DepositRefused"},
    {RPC_TX_FAILED, "ExecutionError", "Exceeded the prepaid gas.", CONCLUDE_BLOCKS, "ExceededPrepaidGas"},
    {RPC_TX_FAILED, "MethodNotFound", "\"MethodNotFound\"", CONCLUDE_BLOCKS, "MethodNotFound"},
    {RPC_TX_FAILED, "CodeDoesNotExist", "{\"account_id\":\"x\"}", CONCLUDE_BLOCKS, "CodeDoesNotExist"},
    {RPC_TX_FAILED, "AccountDoesNotExist", "{\"account_id\":\"x\"}", CONCLUDE_BLOCKS, "AccountDoesNotExist"},
    {RPC_TX_FAILED, "ExecutionError", "Smart contract panicked: something new", CONCLUDE_AGAIN,
     "contract error"},
    {RPC_TX_REJECTED, "InvalidNonce", "{\"tx_nonce\":1,\"ak_nonce\":2}", CONCLUDE_KEEP, "InvalidNonce"},
    {RPC_TX_REJECTED, "Expired", "\"Expired\"", CONCLUDE_KEEP, "Expired"},
    {RPC_TX_REJECTED, "InvalidChain", "\"InvalidChain\"", CONCLUDE_KEEP, "InvalidChain"},
    {RPC_TX_REJECTED, "ShardCongested", "{}", CONCLUDE_KEEP, "ShardCongested"},
    {RPC_TX_REJECTED, "ShardStuck", "{}", CONCLUDE_KEEP, "ShardStuck"},
    {RPC_TX_REJECTED, "NotEnoughBalance", "{}", CONCLUDE_BLOCKS, "NotEnoughBalance"},
    {RPC_TX_REJECTED, "LackBalanceForState", "{}", CONCLUDE_BLOCKS, "LackBalanceForState"},
    {RPC_TX_REJECTED, "NotEnoughAllowance", "{}", CONCLUDE_BLOCKS, "NotEnoughAllowance"},
    {RPC_TX_REJECTED, "AccessKeyNotFound", "{}", CONCLUDE_BLOCKS, "AccessKeyNotFound"},
    {RPC_TX_REJECTED, "MethodNameMismatch", "{\"method_name\":\"conclude_node_migration\"}", CONCLUDE_BLOCKS,
     "MethodNameMismatch"},
    {RPC_TX_REJECTED, "ReceiverMismatch", "{}", CONCLUDE_BLOCKS, "ReceiverMismatch"},
    {RPC_TX_REJECTED, "RequiresFullAccess", "\"RequiresFullAccess\"", CONCLUDE_DROPS, "RequiresFullAccess"},
    {RPC_TX_REJECTED, "DepositWithFunctionCall", "{}", CONCLUDE_DROPS, "DepositWithFunctionCall"},
    {RPC_TX_REJECTED, "InvalidSignature", "\"InvalidSignature\"", CONCLUDE_DROPS, "InvalidSignature"},
    {RPC_TX_REJECTED, "SignerDoesNotExist", "{}", CONCLUDE_BLOCKS, "SignerDoesNotExist"},
    {RPC_TX_REJECTED, "TransactionSizeExceeded", "{}", CONCLUDE_DROPS, "TransactionSizeExceeded"},
    {RPC_TX_REJECTED, "ActionsValidation", "{}", CONCLUDE_DROPS, "ActionsValidation"},
    {RPC_TX_REJECTED, "ParseError", "Failed to decode transaction", CONCLUDE_DROPS, "ParseError"},
    {RPC_TX_REJECTED, "NonceTooLarge", "{}", CONCLUDE_AGAIN, "invalid transaction"},
    {RPC_TX_UNCLEAR, "TIMEOUT_ERROR", "", CONCLUDE_KEEP, "unknown"},
    {RPC_TX_PENDING, "", "", CONCLUDE_KEEP, "unknown"},
    {RPC_TX_NOT_SEEN, "", "", CONCLUDE_KEEP, "unknown"},
};

START_TEST(every_answer_has_its_meaning)
{
    for (size_t i = 0; i < ARRAY_LEN(answers); i++) {
        struct rpc_tx tx = {.fate = answers[i].fate};
        snprintf(tx.name, sizeof tx.name, "%s", answers[i].name);
        snprintf(tx.text, sizeof tx.text, "%s", answers[i].text);
        const struct conclude_rule *rule = conclude_rule_of(&tx);
        ck_assert_msg(rule->effect == answers[i].effect, "%s %s: effect %d", tx.name, tx.text,
                      (int)rule->effect);
        ck_assert_str_eq(rule->variant, answers[i].variant);
        ck_assert_int_eq(rule->advice != NULL,
                         (rule->effect == CONCLUDE_BLOCKS || rule->effect == CONCLUDE_DROPS));
    }
}
END_TEST

/* --- before it is sent --- */

START_TEST(the_arguments_keep_the_order_of_the_domains)
{
    CLEANUP(keyset_free) struct keyset keyset;
    CLEANUP(bytes_free) struct bytes args = {0};
    struct error err;
    story_keyset(5, 3, &keyset);
    struct keyset_domain first = keyset.domains[0];
    keyset.domains[0] = keyset.domains[2];
    keyset.domains[2] = first;
    ck_assert_ok_err(conclude_args(&keyset, &args, &err), err);
    const char *text = (const char *)args.data;
    static const char start[] = "{\"keyset\":{\"epoch_id\":5,\"domains\":[{\"domain_id\":2,";
    ck_assert_int_eq(strncmp(text, start, sizeof start - 1), 0);
    ck_assert(strstr(text, "\"domain_id\":1,") < strstr(text, "\"domain_id\":0,"));
    ck_assert_str_eq(text + args.len - 3, "]}}");
}
END_TEST

START_TEST(a_keyset_that_no_transaction_holds_is_refused_with_its_size)
{
    CLEANUP(keyset_free) struct keyset keyset;
    CLEANUP(bytes_free) struct bytes args = {0};
    struct error err;
    story_keyset(5, KEYSET_DOMAINS_MAX, &keyset);
    ck_assert_outcome(conclude_args(&keyset, &args, &err), OUTCOME_TX_TOO_LARGE);
    ck_assert_text_has(err.text, "16384 domains");
}
END_TEST

START_TEST(a_record_for_another_signer_key_is_refused_before_sending)
{
    struct destination_node destination = {.signer_account_pk = story_key(3)};
    struct ed25519_public_key ours = story_key(3);
    struct ed25519_public_key other = story_key(4);
    char text[ED25519_KEY_TEXT_MAX];
    struct error err;
    ck_assert_ok_err(conclude_check_signer(&destination, &ours, &err), err);
    ck_assert_outcome(conclude_check_signer(&destination, &other, &err), OUTCOME_SIGNER_KEY_MISMATCH);
    ed25519_public_key_format(&ours, text);
    ck_assert_text_has(err.text, text);
    ed25519_public_key_format(&other, text);
    ck_assert_text_has(err.text, text);
}
END_TEST

#define NOW_S 1700000000

START_TEST(the_attestation_is_judged_as_the_contract_does)
{
    static const struct {
        const char *text;
        result_t expected;
    } rows[] = {
        {"null", OUTCOME_ATTESTATION_MISSING},
        {"{\"Mock\":\"Valid\"}", OUTCOME_OK},
        {"{\"Mock\":\"Invalid\"}", OUTCOME_ATTESTATION_INVALID},
        {"{\"Mock\":{\"WithConstraints\":{}}}", OUTCOME_OK},
        {"{\"Mock\":{\"WithConstraints\":{\"expiry_timestamp_seconds\":null}}}", OUTCOME_OK},
        {"{\"Mock\":{\"WithConstraints\":{\"expiry_timestamp_seconds\":1700000001}}}", OUTCOME_OK},
        {"{\"Mock\":{\"WithConstraints\":{\"expiry_timestamp_seconds\":1700000000}}}",
         OUTCOME_ATTESTATION_INVALID},
        {"{\"Dstack\":{\"expiry_timestamp_seconds\":1700000000}}", OUTCOME_OK},
        {"{\"Dstack\":{\"expiry_timestamp_seconds\":1699999999}}", OUTCOME_ATTESTATION_INVALID},
        {"{\"Dstack\":{\"quote\":\"..\"}}", OUTCOME_OK},
        {"{\"SomethingNew\":{}}", OUTCOME_OK},
        {"\"text\"", OUTCOME_OK},
        {"[1]", OUTCOME_OK},
        {"{", OUTCOME_VIEW_MALFORMED},
        {"", OUTCOME_VIEW_MALFORMED},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct error err = {0};
        result_t got = conclude_check_attestation(rows[i].text, strlen(rows[i].text), NOW_S, &err);
        ck_assert_msg(got == rows[i].expected, "%s: %s", rows[i].text, outcome_of(got)->name);
        ck_assert_int_eq(err.text[0] != 0, got != OUTCOME_OK);
    }
}
END_TEST

START_TEST(an_allowance_has_to_pay_for_the_gas)
{
    const uint64_t gas = 300000000000000u;
    struct near_access_key key = {.full_access = true};
    struct error err;
    ck_assert_ok_err(conclude_check_allowance(&key, gas, &err), err);
    key = (struct near_access_key){0};
    ck_assert_ok_err(conclude_check_allowance(&key, gas, &err), err);
    key.has_allowance = true;
    ck_assert(u128_parse("30000000000000000000000", 23, &key.allowance));
    ck_assert_ok_err(conclude_check_allowance(&key, gas, &err), err);
    ck_assert(u128_parse("29999999999999999999999", 23, &key.allowance));
    ck_assert_outcome(conclude_check_allowance(&key, gas, &err), OUTCOME_ALLOWANCE_TOO_SMALL);
    ck_assert_text_has(err.text, "29999999999999999999999");
}
END_TEST

/* --- when to send --- */

START_TEST(a_transaction_is_void_some_time_after_its_nonce_was_used_or_when_it_expired)
{
    static const struct {
        bool used;
        uint64_t used_ms, key_nonce, height, seen_ms;
        bool is_void;
    } rows[] = {
        {false, 0, 10, 1000, 90000, false},
        {true, 5000, 10, 1000, 90000, false}, /* said to be used, but it is not */
        {false, 0, 11, 1000, 90000, false},
        {true, 5000, 11, 1000, 4999, false},
        {true, 5000, 11, 1000, 4999 + CONCLUDE_SETTLE_MS, false},
        {true, 5000, 11, 1000, 5000 + CONCLUDE_SETTLE_MS, true},
        {true, 5000, 12, 1000, 5000 + CONCLUDE_SETTLE_MS, true},
        {false, 0, 10, 1000 + CONCLUDE_VALIDITY_BLOCKS, 0, false},
        {false, 0, 10, 1001 + CONCLUDE_VALIDITY_BLOCKS, 0, true},
        {false, 0, 10, 900, 0, false},
    };
    const struct tx_signed tx = {.nonce = 11, .block_height = 1000};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct conclude_track track = {.used = rows[i].used, .used_ms = rows[i].used_ms};
        bool got = conclude_is_void(&tx, &track, rows[i].key_nonce, rows[i].height, rows[i].seen_ms);
        ck_assert_msg(got == rows[i].is_void, "row %zu", i);
    }
}
END_TEST

START_TEST(a_refusal_is_left_alone_while_nothing_changed_and_not_for_ever)
{
    static const uint8_t before[SHA256_LEN] = {1};
    static const uint8_t after[SHA256_LEN] = {2};
    struct conclude_refusal refusal = {0};
    ck_assert(conclude_may_send(&refusal, before, 1000));
    refusal = (struct conclude_refusal){.outcome = OUTCOME_TX_FAILED, .at_ms = 1000, .circumstances = {1}};
    ck_assert(!conclude_may_send(&refusal, before, 1000));
    ck_assert(conclude_may_send(&refusal, after, 1000));
    ck_assert(!conclude_may_send(&refusal, before, 999 + CONCLUDE_FAILED_RETRY_MS));
    ck_assert(conclude_may_send(&refusal, before, 1000 + CONCLUDE_FAILED_RETRY_MS));
    refusal.outcome = OUTCOME_TX_REJECTED;
    ck_assert(!conclude_may_send(&refusal, before, 999 + CONCLUDE_REJECTED_RETRY_MS));
    ck_assert(conclude_may_send(&refusal, before, 1000 + CONCLUDE_REJECTED_RETRY_MS));
}
END_TEST

int main(void)
{
    SUITE_WITH_CASE(suite, tcase, "conclude_rules");
    tcase_add_test(tcase, every_answer_has_its_meaning);
    tcase_add_test(tcase, the_arguments_keep_the_order_of_the_domains);
    tcase_add_test(tcase, a_keyset_that_no_transaction_holds_is_refused_with_its_size);
    tcase_add_test(tcase, a_record_for_another_signer_key_is_refused_before_sending);
    tcase_add_test(tcase, the_attestation_is_judged_as_the_contract_does);
    tcase_add_test(tcase, an_allowance_has_to_pay_for_the_gas);
    tcase_add_test(tcase, a_transaction_is_void_some_time_after_its_nonce_was_used_or_when_it_expired);
    tcase_add_test(tcase, a_refusal_is_left_alone_while_nothing_changed_and_not_for_ever);
    return run_suite(suite);
}
