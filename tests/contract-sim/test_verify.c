/* What may enter a block: near-rpc.md D.2, D.3. */
#include "tests/contract-sim/fixture.h"

#include <stdlib.h>
#include <string.h>

#include "tests/support/support.h"

static struct fixture fixture;

static void setup(void)
{
    fixture_open(&fixture, "design");
}

static void teardown(void)
{
    fixture_close(&fixture);
}

/* A transaction that breaks every rule of D.2, and what mends one after the other. */
struct broken {
    struct near_tx tx;
    enum fixture_key signer;
};

static void mend_block(struct broken *broken)
{
    memcpy(broken->tx.block_hash, fixture_head(&fixture)->hash, SHA256_LEN);
}

static void mend_gas(struct broken *broken)
{
    broken->tx.actions[0].gas = FIXTURE_GAS;
}

static void mend_signature(struct broken *broken)
{
    broken->tx.public_key = fixture_public_key(&fixture, STRANGER);
}

static void mend_signer(struct broken *broken)
{
    strcpy(broken->tx.signer_id, "alice.near");
}

static void mend_key(struct broken *broken)
{
    broken->tx.public_key = fixture_public_key(&fixture, POOR);
    broken->signer = POOR;
}

static void mend_nonce(struct broken *broken)
{
    broken->tx.nonce = 1;
}

static void mend_deposit(struct broken *broken)
{
    broken->tx.actions[0].deposit = (struct u128){.low = 1};
}

static void mend_allowance(struct broken *broken)
{
    broken->tx.public_key = fixture_public_key(&fixture, LISTED);
    broken->signer = LISTED;
}

static void mend_amount(struct broken *broken)
{
    broken->tx.actions[0].deposit = (struct u128){0};
}

static void mend_receiver(struct broken *broken)
{
    strcpy(broken->tx.receiver_id, FIXTURE_CONTRACT);
}

static void mend_method(struct broken *broken)
{
    strcpy(broken->tx.actions[0].method_name, "conclude_node_migration");
}

static const struct {
    const char *error; /* how it begins */
    void (*mend)(struct broken *broken);
} order_of_checks[] = {
    {"\"Expired\"", mend_block},
    {"{\"ActionsValidation\":\"FunctionCallZeroAttachedGas\"}", mend_gas},
    {"\"InvalidSignature\"", mend_signature},
    {"{\"SignerDoesNotExist\":{\"signer_id\":\"ghost.near\"}}", mend_signer},
    {"{\"InvalidAccessKeyError\":{\"AccessKeyNotFound\":{\"account_id\":\"alice.near\",\"public_key\":"
     "\"ed25519:",
     mend_key},
    {"{\"InvalidNonce\":{\"tx_nonce\":0,\"ak_nonce\":0}}", mend_nonce},
    {"{\"NotEnoughBalance\":{\"signer_id\":\"alice.near\",\"balance\":\"1000000000000000000000000000\","
     "\"cost\":\"",
     mend_deposit},
    {"{\"InvalidAccessKeyError\":{\"NotEnoughAllowance\":{\"account_id\":\"alice.near\",\"public_key\":"
     "\"ed25519:",
     mend_allowance},
    {"{\"InvalidAccessKeyError\":\"DepositWithFunctionCall\"}", mend_amount},
    {"{\"InvalidAccessKeyError\":{\"ReceiverMismatch\":{\"tx_receiver\":\"v1.signer.tesx\","
     "\"ak_receiver\":\"v1.signer.test\"}}}",
     mend_receiver},
    {"{\"InvalidAccessKeyError\":{\"MethodNameMismatch\":{\"method_name\":\"conclude_node_migratioX\"}}}",
     mend_method},
};

static result_t send_copy(struct broken *broken)
{
    CLEANUP(bytes_free) struct bytes signed_tx = {0};
    struct error err;
    uint8_t hash[SHA256_LEN];
    fixture_sign(&fixture, &broken->tx, broken->signer, &signed_tx);
    return chain_submit(&fixture.node.chain, signed_tx.data, signed_tx.len, hash, &fixture.invalid, &err);
}

START_TEST(the_checks_come_in_the_order_of_the_protocol)
{
    struct broken broken = {.tx = fixture_tx(&fixture, "conclude_node_migratioX", "{}"), .signer = STRANGER};
    broken.tx.nonce = 0;
    broken.tx.actions[0].gas = 0;
    broken.tx.actions[0].deposit = (struct u128){.high = 1ull << 60};
    memset(broken.tx.block_hash, 9, SHA256_LEN);
    strcpy(broken.tx.receiver_id, "v1.signer.tesx");
    strcpy(broken.tx.signer_id, "ghost.near");
    for (size_t i = 0; i < ARRAY_LEN(order_of_checks); i++) {
        ck_assert_outcome(send_copy(&broken), OUTCOME_TX_REJECTED);
        const char *expected = order_of_checks[i].error;
        ck_assert_msg(strncmp(text_of(&fixture.invalid), expected, strlen(expected)) == 0, "step %zu: %s", i,
                      text_of(&fixture.invalid));
        order_of_checks[i].mend(&broken);
    }
    ck_assert_ok(send_copy(&broken));
    near_tx_free(&broken.tx);
    ck_assert_uint_eq(fixture_nonce(&fixture, POOR), 0);
    ck_assert_uint_eq(fixture.node.chain.pool_count, 1);
}
END_TEST

START_TEST(a_nonce_has_to_grow_but_may_leap)
{
    struct near_tx tx = fixture_register_tx(&fixture);
    tx.nonce = 7;
    ck_assert_outcome(fixture_send(&fixture, &tx, ALICE), OUTCOME_TX_REJECTED);
    ck_assert_str_eq(text_of(&fixture.invalid), "{\"InvalidNonce\":{\"tx_nonce\":7,\"ak_nonce\":7}}");
    tx = fixture_register_tx(&fixture);
    tx.nonce = 1001000000;
    ck_assert_outcome(fixture_send(&fixture, &tx, ALICE), OUTCOME_TX_REJECTED);
    ck_assert_str_eq(text_of(&fixture.invalid),
                     "{\"NonceTooLarge\":{\"tx_nonce\":1001000000,\"upper_bound\":1001000000}}");
    tx = fixture_register_tx(&fixture);
    tx.nonce = 1000999999;
    ck_assert_ok(fixture_send(&fixture, &tx, ALICE));
    fixture_seal(&fixture, 1);
    ck_assert_uint_eq(fixture_nonce(&fixture, ALICE), 1000999999);
}
END_TEST

START_TEST(a_function_call_key_signs_one_call_and_nothing_else)
{
    struct near_tx tx = fixture_register_tx(&fixture);
    tx.nonce = 1;
    tx.public_key = fixture_public_key(&fixture, ANY);
    tx.actions[0].type = NEAR_DELETE_KEY;
    tx.actions[0].public_key = tx.public_key;
    ck_assert_outcome(fixture_send(&fixture, &tx, ANY), OUTCOME_TX_REJECTED);
    ck_assert_str_eq(text_of(&fixture.invalid), "{\"InvalidAccessKeyError\":\"RequiresFullAccess\"}");
    tx = fixture_register_tx(&fixture);
    tx.nonce = 1;
    tx.public_key = fixture_public_key(&fixture, ANY);
    ck_assert_ok(fixture_send(&fixture, &tx, ANY));
    fixture_seal(&fixture, 1);
    ck_assert(fixture_record(&fixture)->receipts[0].ok);
}
END_TEST

START_TEST(a_rejected_transaction_costs_nothing)
{
    struct near_tx tx = fixture_register_tx(&fixture);
    tx.nonce = 3;
    ck_assert_outcome(fixture_send(&fixture, &tx, ALICE), OUTCOME_TX_REJECTED);
    fixture_seal(&fixture, 1);
    char balance[U128_TEXT_MAX];
    fixture_balance(&fixture, "alice.near", balance);
    ck_assert_str_eq(balance, "1000000000000000000000000000");
    ck_assert_uint_eq(fixture_nonce(&fixture, ALICE), 7);
    ck_assert_uint_eq(fixture.node.chain.txs.count, 0);
}
END_TEST

START_TEST(an_action_that_is_not_modelled_is_refused_before_it_costs_anything)
{
    struct near_tx tx = fixture_plain_tx(&fixture, "alice.near", NEAR_STAKE);
    ck_assert_outcome(fixture_send(&fixture, &tx, ALICE), OUTCOME_TX_REJECTED);
    ck_assert_str_eq(text_of(&fixture.invalid), "{\"ActionsValidation\":{\"UnsupportedProtocolFeature\":{"
                                                "\"protocol_feature\":\"Stake\",\"version\":84}}}");
}
END_TEST

START_TEST(more_gas_than_the_protocol_allows_is_refused)
{
    struct near_tx tx = fixture_register_tx(&fixture);
    tx.actions[0].gas = 1000000000000001;
    ck_assert_outcome(fixture_send(&fixture, &tx, ALICE), OUTCOME_TX_REJECTED);
    ck_assert_str_eq(
        text_of(&fixture.invalid),
        "{\"ActionsValidation\":{\"TotalPrepaidGasExceeded\":{\"total_prepaid_gas\":1000000000000001,"
        "\"limit\":1000000000000000}}}");
}
END_TEST

START_TEST(an_account_without_the_prepaid_gas_is_refused)
{
    struct near_tx tx = fixture_tx(&fixture, "x", "{}");
    free(tx.signer_id);
    tx.signer_id = strdup("dave.near");
    tx.public_key = fixture_public_key(&fixture, DAVE);
    ck_assert_outcome(fixture_send(&fixture, &tx, DAVE), OUTCOME_TX_REJECTED);
    ck_assert_str_eq(
        text_of(&fixture.invalid),
        "{\"NotEnoughBalance\":{\"signer_id\":\"dave.near\",\"balance\":\"10000000000000000000000\","
        "\"cost\":\"30030812434293200000000\"}}");
}
END_TEST

START_TEST(a_block_hash_serves_for_86400_blocks)
{
    struct near_tx early = fixture_register_tx(&fixture), late = fixture_register_tx(&fixture);
    fixture_seal(&fixture, SIM_TX_VALIDITY_BLOCKS);
    ck_assert_ok(fixture_send(&fixture, &early, ALICE));
    fixture_seal(&fixture, 1);
    late.nonce++;
    ck_assert_outcome(fixture_send(&fixture, &late, ALICE), OUTCOME_TX_REJECTED);
    ck_assert_str_eq(text_of(&fixture.invalid), "\"Expired\"");
}
END_TEST

int main(void)
{
    SUITE_WITH_CASE(suite, tcase, "verify");
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, the_checks_come_in_the_order_of_the_protocol);
    tcase_add_test(tcase, a_nonce_has_to_grow_but_may_leap);
    tcase_add_test(tcase, a_function_call_key_signs_one_call_and_nothing_else);
    tcase_add_test(tcase, a_rejected_transaction_costs_nothing);
    tcase_add_test(tcase, an_action_that_is_not_modelled_is_refused_before_it_costs_anything);
    tcase_add_test(tcase, more_gas_than_the_protocol_allows_is_refused);
    tcase_add_test(tcase, an_account_without_the_prepaid_gas_is_refused);
    tcase_add_test(tcase, a_block_hash_serves_for_86400_blocks);
    return run_suite(suite);
}
