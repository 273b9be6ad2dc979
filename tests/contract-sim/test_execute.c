/* What transactions do: near-rpc.md A.3, D.3. */
#include "tests/contract-sim/fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/support.h"

static struct fixture fixture;

static void setup(void)
{
    fixture_open(&fixture, "design");
}

static void setup_v314(void)
{
    fixture_open(&fixture, "v3.14");
}

static void teardown(void)
{
    fixture_close(&fixture);
}

START_TEST(an_allowance_shrinks_by_what_is_burnt_and_no_more)
{
    struct near_tx tx = fixture_register_tx(&fixture);
    tx.nonce = 1;
    tx.public_key = fixture_public_key(&fixture, LISTED);
    ck_assert_ok(fixture_send(&fixture, &tx, LISTED));
    fixture_seal(&fixture, 1);
    struct near_public_key listed = fixture_public_key(&fixture, LISTED);
    char allowance[U128_TEXT_MAX], balance[U128_TEXT_MAX];
    u128_format(account_key_find(fixture_account(&fixture, "alice.near"), &listed)->access.allowance,
                allowance);
    fixture_balance(&fixture, "alice.near", balance);
    /* 1308124342932 gas at 10^8 */
    ck_assert_str_eq(allowance, "999869187565706800000000");
    ck_assert_str_eq(balance, "999999869187565706800000000");
}
END_TEST

START_TEST(a_refused_call_takes_nonce_and_gas_and_gives_the_deposit_back_in_the_next_block)
{
    struct near_tx tx = fixture_tx(&fixture, "conclude_node_migration", "{\"keyset\":null}");
    tx.actions[0].deposit = (struct u128){.low = 1000000};
    ck_assert_ok(fixture_send(&fixture, &tx, ALICE));
    fixture_seal(&fixture, 1);
    const struct tx_record *record = fixture_record(&fixture);
    ck_assert(!record->receipts[0].ok);
    ck_assert_str_eq(
        text_of(&record->receipts[0].failure),
        "{\"ActionError\":{\"index\":0,\"kind\":{\"FunctionCallError\":{\"ExecutionError\":"
        "\"Smart contract panicked: Method conclude_node_migration doesn't accept deposit\"}}}}");
    ck_assert_uint_eq(fixture_nonce(&fixture, ALICE), 8);
    ck_assert_uint_eq(record->receipts[0].child_count, 1);
    ck_assert_uint_eq(record->receipt_count, 1);
    char before[U128_TEXT_MAX], after[U128_TEXT_MAX];
    fixture_balance(&fixture, "alice.near", before);
    fixture_seal(&fixture, 1);
    fixture_balance(&fixture, "alice.near", after);
    ck_assert_str_eq(before, "999999869187565706799000000");
    ck_assert_str_eq(after, "999999869187565706800000000");
    ck_assert_uint_eq(record->receipt_count, 2);
    ck_assert(record->receipts[1].refund);
    ck_assert_mem_eq(record->receipts[1].id, record->receipts[0].children[0], SHA256_LEN);
    fixture_seal(&fixture, 1);
    ck_assert_int_eq(chain_tx_level(&fixture.node.chain, record), LEVEL_EXECUTED);
    fixture_seal(&fixture, 1);
    ck_assert_int_eq(chain_tx_level(&fixture.node.chain, record), LEVEL_FINAL);
}
END_TEST

START_TEST(the_excess_of_a_deposit_comes_back_from_the_contract)
{
    struct near_tx tx = fixture_register_tx(&fixture);
    tx.actions[0].deposit = (struct u128){.low = 5};
    ck_assert_ok(fixture_send(&fixture, &tx, ALICE));
    fixture_seal(&fixture, 2);
    const struct tx_record *record = fixture_record(&fixture);
    char contract[U128_TEXT_MAX], alice[U128_TEXT_MAX];
    fixture_balance(&fixture, FIXTURE_CONTRACT, contract);
    fixture_balance(&fixture, "alice.near", alice);
    ck_assert_uint_eq(record->receipt_count, 2);
    ck_assert(!record->receipts[1].refund);
    ck_assert_str_eq(contract, "1000000000000000000000000001");
    ck_assert_str_eq(alice, "999999869187565706799999999");
}
END_TEST

START_TEST(calls_to_what_is_not_there_fail_with_the_names_of_the_protocol)
{
    fixture_expect_kind(
        &fixture, fixture_plain_tx(&fixture, "bob.near", NEAR_FUNCTION_CALL),
        "{\"FunctionCallError\":{\"CompilationError\":{\"CodeDoesNotExist\":{\"account_id\":\"bob."
        "near\"}}}}");
    fixture_expect_kind(&fixture, fixture_plain_tx(&fixture, "ghost.near", NEAR_FUNCTION_CALL),
                        "{\"AccountDoesNotExist\":{\"account_id\":\"ghost.near\"}}");
    fixture_expect_kind(&fixture, fixture_plain_tx(&fixture, "ghost.near", NEAR_TRANSFER),
                        "{\"AccountDoesNotExist\":{\"account_id\":\"ghost.near\"}}");
    fixture_expect_kind(&fixture, fixture_tx(&fixture, "no_such_method", "{}"),
                        "{\"FunctionCallError\":{\"MethodResolveError\":\"MethodNotFound\"}}");
}
END_TEST

START_TEST(keys_come_and_go_on_the_own_account_alone)
{
    char key[ED25519_KEY_TEXT_MAX], kind[256];
    fixture_key_text(&fixture, STRANGER, key);
    fixture_expect_kind(&fixture, fixture_plain_tx(&fixture, "alice.near", NEAR_ADD_KEY), NULL);
    ck_assert_uint_eq(fixture_nonce(&fixture, STRANGER), FIXTURE_HEIGHT * 1000000ull);
    snprintf(kind, sizeof kind,
             "{\"AddKeyAlreadyExists\":{\"account_id\":\"alice.near\",\"public_key\":\"%s\"}}", key);
    fixture_expect_kind(&fixture, fixture_plain_tx(&fixture, "alice.near", NEAR_ADD_KEY), kind);
    fixture_expect_kind(&fixture, fixture_plain_tx(&fixture, "alice.near", NEAR_DELETE_KEY), NULL);
    snprintf(kind, sizeof kind,
             "{\"DeleteKeyDoesNotExist\":{\"account_id\":\"alice.near\",\"public_key\":\"%s\"}}", key);
    fixture_expect_kind(&fixture, fixture_plain_tx(&fixture, "alice.near", NEAR_DELETE_KEY), kind);
    fixture_expect_kind(&fixture, fixture_plain_tx(&fixture, "bob.near", NEAR_ADD_KEY),
                        "{\"ActorNoPermission\":{\"account_id\":\"bob.near\",\"actor_id\":\"alice.near\"}}");
    /* Added again, it cannot use the nonces it had. */
    fixture_expect_kind(&fixture, fixture_plain_tx(&fixture, "alice.near", NEAR_ADD_KEY), NULL);
    ck_assert_uint_eq(fixture_nonce(&fixture, STRANGER), (FIXTURE_HEIGHT + 5) * 1000000ull);
}
END_TEST

START_TEST(accounts_are_made_below_ones_own_name)
{
    fixture_expect_kind(&fixture, fixture_plain_tx(&fixture, "alice.near", NEAR_CREATE_ACCOUNT),
                        "{\"AccountAlreadyExists\":{\"account_id\":\"alice.near\"}}");
    fixture_expect_kind(
        &fixture, fixture_plain_tx(&fixture, "new.bob.near", NEAR_CREATE_ACCOUNT),
        "{\"CreateAccountNotAllowed\":{\"account_id\":\"new.bob.near\",\"predecessor_id\":\"alice.near\"}}");
    fixture_expect_kind(
        &fixture, fixture_plain_tx(&fixture, "a.b.alice.near", NEAR_CREATE_ACCOUNT),
        "{\"CreateAccountNotAllowed\":{\"account_id\":\"a.b.alice.near\",\"predecessor_id\":\"alice."
        "near\"}}");
    fixture_expect_kind(
        &fixture, fixture_plain_tx(&fixture, "short", NEAR_CREATE_ACCOUNT),
        "{\"CreateAccountOnlyByRegistrar\":{\"account_id\":\"short\",\"registrar_account_id\":\"registrar\","
        "\"predecessor_id\":\"alice.near\"}}");
    fixture_expect_kind(&fixture, fixture_plain_tx(&fixture, "node.alice.near", NEAR_CREATE_ACCOUNT), NULL);
    ck_assert_ptr_nonnull(fixture_account(&fixture, "node.alice.near"));
}
END_TEST

/* Create an account, give it money and a key, in one transaction; with `again`, the key twice. */
static struct near_tx batch_tx(bool again)
{
    struct near_tx tx = fixture_plain_tx(&fixture, "node.alice.near", NEAR_CREATE_ACCOUNT);
    size_t count = again ? 4 : 3;
    tx.actions = realloc(tx.actions, count * sizeof *tx.actions);
    ck_assert_ptr_nonnull(tx.actions);
    memset(tx.actions + 1, 0, (count - 1) * sizeof *tx.actions);
    tx.actions[1].type = NEAR_TRANSFER;
    tx.actions[1].deposit = (struct u128){.low = 1000};
    for (size_t i = 2; i < count; i++) {
        tx.actions[i].type = NEAR_ADD_KEY;
        tx.actions[i].public_key = fixture_public_key(&fixture, STRANGER);
        tx.actions[i].access_key.full_access = true;
    }
    tx.action_count = count;
    return tx;
}

START_TEST(the_actions_of_a_transaction_happen_all_or_none)
{
    struct near_tx tx = batch_tx(true);
    ck_assert_ok(fixture_send(&fixture, &tx, ALICE));
    fixture_seal(&fixture, 1);
    ck_assert_text_has(text_of(&fixture_record(&fixture)->receipts[0].failure), "{\"index\":3,");
    ck_assert_ptr_null(fixture_account(&fixture, "node.alice.near"));
    tx = batch_tx(false);
    ck_assert_ok(fixture_send(&fixture, &tx, ALICE));
    fixture_seal(&fixture, 1);
    ck_assert(fixture_record(&fixture)->receipts[0].ok);
    ck_assert_uint_eq(fixture_account(&fixture, "node.alice.near")->key_count, 1);
    ck_assert_uint_eq(fixture_account(&fixture, "node.alice.near")->balance.low, 1000);
}
END_TEST

/* A call that the contract takes, and one behind it that it refuses, each with a deposit. */
START_TEST(a_call_that_succeeded_is_undone_with_the_one_that_fails_behind_it)
{
    struct model_state before = fixture_head(&fixture)->world->contract;
    char balance[U128_TEXT_MAX], contract[U128_TEXT_MAX];
    struct near_tx tx = fixture_register_tx(&fixture);
    struct near_tx refused = fixture_tx(&fixture, "no_such_method", "{}");
    tx.actions = realloc(tx.actions, 2 * sizeof *tx.actions);
    ck_assert_ptr_nonnull(tx.actions);
    tx.actions[1] = refused.actions[0];
    tx.action_count = 2;
    refused.action_count = 0;
    near_tx_free(&refused);
    tx.actions[0].deposit.low = tx.actions[1].deposit.low = 5;
    ck_assert_ok(fixture_send(&fixture, &tx, ALICE));
    fixture_seal(&fixture, 2);
    const struct tx_record *record = fixture_record(&fixture);
    ck_assert_str_eq(text_of(&record->receipts[0].failure),
                     "{\"ActionError\":{\"index\":1,\"kind\":{\"FunctionCallError\":{\"MethodResolveError\":"
                     "\"MethodNotFound\"}}}}");
    ck_assert(model_state_equal(&fixture_head(&fixture)->world->contract, &before));
    ck_assert_uint_eq(fixture_nonce(&fixture, ALICE), 8);
    /* Both deposits come back with one refund, and the excess of the first is not sent as well. */
    ck_assert_uint_eq(record->receipt_count, 2);
    ck_assert(record->receipts[1].refund);
    fixture_balance(&fixture, FIXTURE_CONTRACT, contract);
    fixture_balance(&fixture, "alice.near", balance);
    ck_assert_str_eq(contract, "1000000000000000000000000000");
    /* 2308124342932 gas at 10^8 */
    ck_assert_str_eq(balance, "999999769187565706800000000");
}
END_TEST

START_TEST(a_key_may_delete_itself_and_is_not_known_from_then_on)
{
    struct near_tx tx = fixture_plain_tx(&fixture, "alice.near", NEAR_DELETE_KEY);
    tx.actions[0].public_key = fixture_public_key(&fixture, ALICE);
    ck_assert_ok(fixture_send(&fixture, &tx, ALICE));
    fixture_seal(&fixture, 1);
    ck_assert(fixture_record(&fixture)->receipts[0].ok);
    tx = fixture_register_tx(&fixture);
    ck_assert_outcome(fixture_send(&fixture, &tx, ALICE), OUTCOME_TX_REJECTED);
    ck_assert_text_has(text_of(&fixture.invalid), "{\"InvalidAccessKeyError\":{\"AccessKeyNotFound\":");
}
END_TEST

START_TEST(the_deployed_contract_wants_one_yocto_which_a_restricted_key_cannot_send)
{
    struct near_tx tx = fixture_register_tx(&fixture);
    ck_assert_ok(fixture_send(&fixture, &tx, ALICE));
    fixture_seal(&fixture, 1);
    ck_assert_text_has(text_of(&fixture_record(&fixture)->receipts[0].failure),
                       "Smart contract panicked: Attached deposit is lower than required");
    tx = fixture_register_tx(&fixture);
    tx.nonce = 1;
    tx.public_key = fixture_public_key(&fixture, ANY);
    tx.actions[0].deposit = (struct u128){.low = 1};
    ck_assert_outcome(fixture_send(&fixture, &tx, ANY), OUTCOME_TX_REJECTED);
    ck_assert_str_eq(text_of(&fixture.invalid), "{\"InvalidAccessKeyError\":\"DepositWithFunctionCall\"}");
    tx = fixture_register_tx(&fixture);
    tx.actions[0].deposit = (struct u128){.low = 1};
    ck_assert_ok(fixture_send(&fixture, &tx, ALICE));
    fixture_seal(&fixture, 1);
    ck_assert(fixture_record(&fixture)->receipts[0].ok);
}
END_TEST

int main(void)
{
    SUITE_WITH_CASE(suite, tcase, "execute");
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, an_allowance_shrinks_by_what_is_burnt_and_no_more);
    tcase_add_test(tcase, a_refused_call_takes_nonce_and_gas_and_gives_the_deposit_back_in_the_next_block);
    tcase_add_test(tcase, calls_to_what_is_not_there_fail_with_the_names_of_the_protocol);
    tcase_add_test(tcase, keys_come_and_go_on_the_own_account_alone);
    tcase_add_test(tcase, accounts_are_made_below_ones_own_name);
    tcase_add_test(tcase, the_actions_of_a_transaction_happen_all_or_none);
    tcase_add_test(tcase, a_call_that_succeeded_is_undone_with_the_one_that_fails_behind_it);
    tcase_add_test(tcase, a_key_may_delete_itself_and_is_not_known_from_then_on);
    TCase *deployed = tcase_create("v3.14");
    tcase_add_checked_fixture(deployed, setup_v314, teardown);
    tcase_add_test(deployed, the_excess_of_a_deposit_comes_back_from_the_contract);
    tcase_add_test(deployed, the_deployed_contract_wants_one_yocto_which_a_restricted_key_cannot_send);
    suite_add_tcase(suite, deployed);
    return run_suite(suite);
}
