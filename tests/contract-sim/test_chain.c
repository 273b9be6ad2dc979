/* The chain around the model: near-rpc.md D, cli.md. */
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

static const struct block *head(void)
{
    return blocks_head(&fixture.node.chain.blocks);
}

static struct near_tx register_tx(void)
{
    return fixture_tx(&fixture, "register_backup_service", fixture_register_args);
}

/* The answer of migration_info at a block, or NULL when nothing is registered. */
static bool registered_at(const struct block *block)
{
    CLEANUP(model_outcome_free) struct model_outcome outcome = {0};
    ck_assert_ok(model_view(fixture.model, &block->world->contract, block->height, block->time_ms / 1000,
                            "migration_info", "{}", 2, &outcome));
    return strstr(text_of(&outcome.value), "EEKmKrryV9J8") != NULL;
}

static uint64_t alice_nonce(enum fixture_key key)
{
    struct near_public_key public_key = fixture_public_key(&fixture, key);
    return account_key_find(fixture_account(&fixture, "alice.near"), &public_key)->access.nonce;
}

static void balance_text(const char *id, char out[U128_TEXT_MAX])
{
    u128_format(fixture_account(&fixture, id)->balance, out);
}

START_TEST(a_transaction_runs_in_the_next_block_and_shows_at_final_two_blocks_later)
{
    struct near_tx tx = register_tx();
    ck_assert_ok(fixture_send(&fixture, &tx, ALICE));
    ck_assert_int_eq(fixture_record(&fixture)->stage, TX_POOLED);
    ck_assert_int_eq(chain_tx_level(&fixture.node.chain, fixture_record(&fixture)), LEVEL_NONE);
    fixture_seal(&fixture, 1);
    const struct tx_record *record = fixture_record(&fixture);
    ck_assert_int_eq(record->stage, TX_INCLUDED);
    ck_assert_uint_eq(record->block_height, FIXTURE_HEIGHT + 1);
    ck_assert(record->receipts[0].ok);
    ck_assert_str_eq(text_of(&record->receipts[0].value), "null");
    ck_assert(registered_at(head()));
    ck_assert(!registered_at(blocks_final(&fixture.node.chain.blocks)));
    ck_assert_int_eq(chain_tx_level(&fixture.node.chain, record), LEVEL_EXECUTED_OPTIMISTIC);
    fixture_seal(&fixture, 1);
    ck_assert(registered_at(blocks_near_final(&fixture.node.chain.blocks)));
    ck_assert(!registered_at(blocks_final(&fixture.node.chain.blocks)));
    fixture_seal(&fixture, 1);
    ck_assert(registered_at(blocks_final(&fixture.node.chain.blocks)));
    ck_assert_int_eq(chain_tx_level(&fixture.node.chain, record), LEVEL_FINAL);
}
END_TEST

START_TEST(the_same_bytes_sent_again_run_once)
{
    struct near_tx tx = register_tx();
    CLEANUP(bytes_free) struct bytes signed_tx = {0};
    CLEANUP(bytes_free) struct bytes invalid = {0};
    uint8_t hash[SHA256_LEN];
    struct error err;
    fixture_sign(&fixture, &tx, ALICE, &signed_tx);
    near_tx_free(&tx);
    for (int i = 0; i < 4; i++) {
        ck_assert_ok(chain_submit(&fixture.node.chain, signed_tx.data, signed_tx.len, hash, &invalid, &err));
        if (i % 2)
            fixture_seal(&fixture, 1);
    }
    ck_assert_uint_eq(fixture_record(&fixture)->receipt_count, 1);
    ck_assert_uint_eq(fixture.node.chain.txs.count, 1);
    ck_assert_uint_eq(alice_nonce(ALICE), 8);
    /* With another signature under it, the same transaction is not the one that ran. */
    signed_tx.data[signed_tx.len - 1] ^= 1;
    ck_assert_outcome(chain_submit(&fixture.node.chain, signed_tx.data, signed_tx.len, hash, &invalid, &err),
                      OUTCOME_TX_REJECTED);
    ck_assert_str_eq(text_of(&invalid), "\"InvalidSignature\"");
}
END_TEST

START_TEST(a_nonce_has_to_grow_but_may_leap)
{
    struct near_tx tx = register_tx();
    tx.nonce = 7;
    ck_assert_outcome(fixture_send(&fixture, &tx, ALICE), OUTCOME_TX_REJECTED);
    ck_assert_str_eq(text_of(&fixture.invalid), "{\"InvalidNonce\":{\"tx_nonce\":7,\"ak_nonce\":7}}");
    tx = register_tx();
    tx.nonce = 1001000000;
    ck_assert_outcome(fixture_send(&fixture, &tx, ALICE), OUTCOME_TX_REJECTED);
    ck_assert_str_eq(text_of(&fixture.invalid),
                     "{\"NonceTooLarge\":{\"tx_nonce\":1001000000,\"upper_bound\":1001000000}}");
    tx = register_tx();
    tx.nonce = 1000999999;
    ck_assert_ok(fixture_send(&fixture, &tx, ALICE));
    fixture_seal(&fixture, 1);
    ck_assert_uint_eq(alice_nonce(ALICE), 1000999999);
}
END_TEST

START_TEST(transactions_of_one_key_run_in_the_order_of_their_nonces)
{
    struct near_tx tx = register_tx();
    tx.nonce = 20;
    ck_assert_ok(fixture_send(&fixture, &tx, ALICE));
    tx = register_tx();
    tx.nonce = 10;
    ck_assert_ok(fixture_send(&fixture, &tx, ALICE));
    fixture_seal(&fixture, 1);
    ck_assert_int_eq(fixture_record(&fixture)->stage, TX_INCLUDED);
    ck_assert_uint_eq(alice_nonce(ALICE), 20);
}
END_TEST

START_TEST(of_two_transactions_with_one_nonce_the_block_drops_the_second)
{
    struct near_tx tx = register_tx();
    ck_assert_ok(fixture_send(&fixture, &tx, ALICE));
    tx = register_tx();
    tx.actions[0].gas--;
    ck_assert_ok(fixture_send(&fixture, &tx, ALICE));
    fixture_seal(&fixture, 1);
    ck_assert_int_eq(fixture_record(&fixture)->stage, TX_DROPPED);
    ck_assert_str_eq(text_of(&fixture_record(&fixture)->invalid),
                     "{\"InvalidNonce\":{\"tx_nonce\":8,\"ak_nonce\":8}}");
}
END_TEST

/* A transaction that breaks every rule of D.2, and what mends one after the other. */
struct broken {
    struct near_tx tx;
    enum fixture_key signer;
};

static void mend_block(struct broken *broken)
{
    memcpy(broken->tx.block_hash, head()->hash, SHA256_LEN);
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
        ck_assert_msg(!strncmp(text_of(&fixture.invalid), expected, strlen(expected)), "step %zu: %s", i,
                      text_of(&fixture.invalid));
        order_of_checks[i].mend(&broken);
    }
    ck_assert_ok(send_copy(&broken));
    near_tx_free(&broken.tx);
    ck_assert_uint_eq(alice_nonce(POOR), 0);
    ck_assert_uint_eq(fixture.node.chain.pool_count, 1);
}
END_TEST

START_TEST(a_function_call_key_signs_one_call_and_nothing_else)
{
    struct near_tx tx = register_tx();
    tx.nonce = 1;
    tx.public_key = fixture_public_key(&fixture, ANY);
    tx.actions[0].type = NEAR_DELETE_KEY;
    tx.actions[0].public_key = tx.public_key;
    ck_assert_outcome(fixture_send(&fixture, &tx, ANY), OUTCOME_TX_REJECTED);
    ck_assert_str_eq(text_of(&fixture.invalid), "{\"InvalidAccessKeyError\":\"RequiresFullAccess\"}");
    tx = register_tx();
    tx.nonce = 1;
    tx.public_key = fixture_public_key(&fixture, ANY);
    ck_assert_ok(fixture_send(&fixture, &tx, ANY));
    fixture_seal(&fixture, 1);
    ck_assert(fixture_record(&fixture)->receipts[0].ok);
}
END_TEST

START_TEST(an_allowance_shrinks_by_what_is_burnt_and_no_more)
{
    struct near_tx tx = register_tx();
    tx.nonce = 1;
    tx.public_key = fixture_public_key(&fixture, LISTED);
    ck_assert_ok(fixture_send(&fixture, &tx, LISTED));
    fixture_seal(&fixture, 1);
    struct near_public_key listed = fixture_public_key(&fixture, LISTED);
    char allowance[U128_TEXT_MAX], balance[U128_TEXT_MAX];
    u128_format(account_key_find(fixture_account(&fixture, "alice.near"), &listed)->access.allowance,
                allowance);
    balance_text("alice.near", balance);
    /* 1308124342932 gas at 10^8 */
    ck_assert_str_eq(allowance, "999869187565706800000000");
    ck_assert_str_eq(balance, "999999869187565706800000000");
}
END_TEST

START_TEST(a_rejected_transaction_costs_nothing)
{
    struct near_tx tx = register_tx();
    tx.nonce = 3;
    ck_assert_outcome(fixture_send(&fixture, &tx, ALICE), OUTCOME_TX_REJECTED);
    fixture_seal(&fixture, 1);
    char balance[U128_TEXT_MAX];
    balance_text("alice.near", balance);
    ck_assert_str_eq(balance, "1000000000000000000000000000");
    ck_assert_uint_eq(alice_nonce(ALICE), 7);
    ck_assert_uint_eq(fixture.node.chain.txs.count, 0);
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
    ck_assert_uint_eq(alice_nonce(ALICE), 8);
    ck_assert_uint_eq(record->receipts[0].child_count, 1);
    ck_assert_uint_eq(record->receipt_count, 1);
    char before[U128_TEXT_MAX], after[U128_TEXT_MAX];
    balance_text("alice.near", before);
    fixture_seal(&fixture, 1);
    balance_text("alice.near", after);
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
    struct near_tx tx = register_tx();
    tx.actions[0].deposit = (struct u128){.low = 5};
    ck_assert_ok(fixture_send(&fixture, &tx, ALICE));
    fixture_seal(&fixture, 2);
    const struct tx_record *record = fixture_record(&fixture);
    char contract[U128_TEXT_MAX], alice[U128_TEXT_MAX];
    balance_text(FIXTURE_CONTRACT, contract);
    balance_text("alice.near", alice);
    ck_assert_uint_eq(record->receipt_count, 2);
    ck_assert(!record->receipts[1].refund);
    ck_assert_str_eq(contract, "1000000000000000000000000001");
    ck_assert_str_eq(alice, "999999869187565706799999999");
}
END_TEST

static struct near_tx plain_tx(const char *receiver, enum near_action_type type)
{
    struct near_tx tx = fixture_tx(&fixture, "x", "{}");
    free(tx.receiver_id);
    tx.receiver_id = strdup(receiver);
    tx.actions[0].type = type;
    tx.actions[0].public_key = fixture_public_key(&fixture, STRANGER);
    tx.actions[0].access_key.full_access = true;
    return tx;
}

/* Send, make a block, and compare the failure's kind; NULL for success. */
static void expect_kind(struct near_tx tx, const char *kind)
{
    char expected[512] = "";
    ck_assert_msg(fixture_send(&fixture, &tx, ALICE) == OUTCOME_OK, "%s", text_of(&fixture.invalid));
    fixture_seal(&fixture, 1);
    const struct receipt_outcome *outcome = &fixture_record(&fixture)->receipts[0];
    if (kind)
        snprintf(expected, sizeof expected, "{\"ActionError\":{\"index\":0,\"kind\":%s}}", kind);
    ck_assert_str_eq(text_of(&outcome->failure), expected);
    ck_assert_int_eq(outcome->ok, kind == NULL);
}

START_TEST(calls_to_what_is_not_there_fail_with_the_names_of_the_protocol)
{
    expect_kind(plain_tx("bob.near", NEAR_FUNCTION_CALL),
                "{\"FunctionCallError\":{\"CompilationError\":{\"CodeDoesNotExist\":{\"account_id\":\"bob."
                "near\"}}}}");
    expect_kind(plain_tx("ghost.near", NEAR_FUNCTION_CALL),
                "{\"AccountDoesNotExist\":{\"account_id\":\"ghost.near\"}}");
    expect_kind(plain_tx("ghost.near", NEAR_TRANSFER),
                "{\"AccountDoesNotExist\":{\"account_id\":\"ghost.near\"}}");
    expect_kind(fixture_tx(&fixture, "no_such_method", "{}"),
                "{\"FunctionCallError\":{\"MethodResolveError\":\"MethodNotFound\"}}");
}
END_TEST

START_TEST(keys_come_and_go_on_the_own_account_alone)
{
    char key[ED25519_KEY_TEXT_MAX], kind[256];
    fixture_key_text(&fixture, STRANGER, key);
    expect_kind(plain_tx("alice.near", NEAR_ADD_KEY), NULL);
    ck_assert_uint_eq(alice_nonce(STRANGER), FIXTURE_HEIGHT * 1000000ull);
    snprintf(kind, sizeof kind,
             "{\"AddKeyAlreadyExists\":{\"account_id\":\"alice.near\",\"public_key\":\"%s\"}}", key);
    expect_kind(plain_tx("alice.near", NEAR_ADD_KEY), kind);
    expect_kind(plain_tx("alice.near", NEAR_DELETE_KEY), NULL);
    snprintf(kind, sizeof kind,
             "{\"DeleteKeyDoesNotExist\":{\"account_id\":\"alice.near\",\"public_key\":\"%s\"}}", key);
    expect_kind(plain_tx("alice.near", NEAR_DELETE_KEY), kind);
    expect_kind(plain_tx("bob.near", NEAR_ADD_KEY),
                "{\"ActorNoPermission\":{\"account_id\":\"bob.near\",\"actor_id\":\"alice.near\"}}");
    /* Added again, it cannot use the nonces it had. */
    expect_kind(plain_tx("alice.near", NEAR_ADD_KEY), NULL);
    ck_assert_uint_eq(alice_nonce(STRANGER), (FIXTURE_HEIGHT + 5) * 1000000ull);
}
END_TEST

START_TEST(accounts_are_made_below_ones_own_name)
{
    expect_kind(plain_tx("alice.near", NEAR_CREATE_ACCOUNT),
                "{\"AccountAlreadyExists\":{\"account_id\":\"alice.near\"}}");
    expect_kind(
        plain_tx("new.bob.near", NEAR_CREATE_ACCOUNT),
        "{\"CreateAccountNotAllowed\":{\"account_id\":\"new.bob.near\",\"predecessor_id\":\"alice.near\"}}");
    expect_kind(plain_tx("a.b.alice.near", NEAR_CREATE_ACCOUNT),
                "{\"CreateAccountNotAllowed\":{\"account_id\":\"a.b.alice.near\",\"predecessor_id\":\"alice."
                "near\"}}");
    expect_kind(
        plain_tx("short", NEAR_CREATE_ACCOUNT),
        "{\"CreateAccountOnlyByRegistrar\":{\"account_id\":\"short\",\"registrar_account_id\":\"registrar\","
        "\"predecessor_id\":\"alice.near\"}}");
    expect_kind(plain_tx("node.alice.near", NEAR_CREATE_ACCOUNT), NULL);
    ck_assert_ptr_nonnull(fixture_account(&fixture, "node.alice.near"));
}
END_TEST

/* Create an account, give it money and a key, in one transaction; with `again`, the key twice. */
static struct near_tx batch_tx(bool again)
{
    struct near_tx tx = plain_tx("node.alice.near", NEAR_CREATE_ACCOUNT);
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
    ck_assert_ptr_nonnull(strstr(text_of(&fixture_record(&fixture)->receipts[0].failure), "{\"index\":3,"));
    ck_assert_ptr_null(fixture_account(&fixture, "node.alice.near"));
    tx = batch_tx(false);
    ck_assert_ok(fixture_send(&fixture, &tx, ALICE));
    fixture_seal(&fixture, 1);
    ck_assert(fixture_record(&fixture)->receipts[0].ok);
    ck_assert_uint_eq(fixture_account(&fixture, "node.alice.near")->key_count, 1);
    ck_assert_uint_eq(fixture_account(&fixture, "node.alice.near")->balance.low, 1000);
}
END_TEST

START_TEST(an_action_that_is_not_modelled_is_refused_before_it_costs_anything)
{
    struct near_tx tx = plain_tx("alice.near", NEAR_STAKE);
    ck_assert_outcome(fixture_send(&fixture, &tx, ALICE), OUTCOME_TX_REJECTED);
    ck_assert_str_eq(text_of(&fixture.invalid), "{\"ActionsValidation\":{\"UnsupportedProtocolFeature\":{"
                                                "\"protocol_feature\":\"Stake\",\"version\":84}}}");
}
END_TEST

START_TEST(more_gas_than_the_protocol_allows_is_refused)
{
    struct near_tx tx = register_tx();
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
    struct near_tx early = register_tx(), late = register_tx();
    fixture_seal(&fixture, SIM_TX_VALIDITY_BLOCKS);
    ck_assert_ok(fixture_send(&fixture, &early, ALICE));
    fixture_seal(&fixture, 1);
    late.nonce++;
    ck_assert_outcome(fixture_send(&fixture, &late, ALICE), OUTCOME_TX_REJECTED);
    ck_assert_str_eq(text_of(&fixture.invalid), "\"Expired\"");
}
END_TEST

START_TEST(views_reach_back_a_thousand_blocks_and_more)
{
    struct near_tx tx = register_tx();
    ck_assert_ok(fixture_send(&fixture, &tx, ALICE));
    fixture_seal(&fixture, 1);
    fixture_seal(&fixture, 1000);
    ck_assert(!registered_at(blocks_at(&fixture.node.chain.blocks, FIXTURE_HEIGHT)));
    ck_assert(registered_at(blocks_at(&fixture.node.chain.blocks, FIXTURE_HEIGHT + 1)));
    fixture_seal(&fixture, SIM_WORLDS_KEPT);
    ck_assert_ptr_null(blocks_at(&fixture.node.chain.blocks, FIXTURE_HEIGHT + 1)->world);
    ck_assert_ptr_nonnull(blocks_genesis(&fixture.node.chain.blocks)->world);
}
END_TEST

START_TEST(blocks_in_which_nothing_happens_share_one_world)
{
    const struct world *before = head()->world;
    fixture_seal(&fixture, 100);
    ck_assert_ptr_eq(head()->world, before);
    ck_assert_mem_ne(head()->hash, blocks_near_final(&fixture.node.chain.blocks)->hash, SHA256_LEN);
}
END_TEST

static void reshare_up_to_the_last_vote(void)
{
    static const char *const members[] = {"alice.near", "bob.near", "carol.near"};
    static const char *const tls_keys[] = {"EMdhKjdK7msBexMRNXeteqFkZvKsj5daYigG3QdgxssC",
                                           "DcfhvxDw2g5QvwbSLeZ6XfziikxnE4ya97NfoTuVYa47",
                                           "HuMu36PCagGCbgQnKRgij1et7zEpBHgDWfLYTkzXzjGN"};
    char args[2048];
    for (size_t i = 0; i < 3; i++) {
        snprintf(
            args, sizeof args,
            "{\"proposed_participant_attestation\":{\"Mock\":\"Valid\"},\"tls_public_key\":\"ed25519:%s\"}",
            tls_keys[i]);
        fixture_call(&fixture, members[i], "submit_participant_info", args);
    }
    snprintf(args, sizeof args,
             "{\"prospective_epoch_id\":6,\"proposal\":{\"parameters\":{\"participants\":%s,\"threshold\":2},"
             "\"per_domain_thresholds\":{}}}",
             fixture_participants);
    for (size_t i = 0; i < 3; i++)
        fixture_call(&fixture, members[i], "vote_new_parameters", args);
    snprintf(args, sizeof args, "{\"key_event_id\":{\"epoch_id\":6,\"domain_id\":0,\"attempt_id\":0}}");
    fixture_call(&fixture, "alice.near", "start_reshare_instance", args);
    fixture_call(&fixture, "bob.near", "vote_reshared", args);
    fixture_call(&fixture, "carol.near", "vote_reshared", args);
}

START_TEST(receipts_of_the_last_vote_run_in_a_later_block_and_belong_to_its_transaction)
{
    reshare_up_to_the_last_vote();
    /* alice's attestation is under the stranger's key: she gets it as an access key. */
    expect_kind(plain_tx("alice.near", NEAR_ADD_KEY), NULL);
    struct near_tx tx = fixture_tx(&fixture, "vote_reshared",
                                   "{\"key_event_id\":{\"epoch_id\":6,\"domain_id\":0,\"attempt_id\":0}}");
    tx.public_key = fixture_public_key(&fixture, STRANGER);
    tx.nonce = alice_nonce(STRANGER) + 1;
    ck_assert_ok(fixture_send(&fixture, &tx, STRANGER));
    fixture_seal(&fixture, 1);
    const struct tx_record *record = fixture_record(&fixture);
    ck_assert_msg(record->receipts[0].ok, "%s", text_of(&record->receipts[0].failure));
    ck_assert_uint_eq(record->receipt_count, 1);
    size_t scheduled = record->receipts[0].child_count;
    ck_assert_uint_ge(scheduled, 1);
    ck_assert_uint_eq(model_receipts_pending(fixture.model, &head()->world->contract), scheduled);
    ck_assert_uint_eq(head()->world->receipt_count, scheduled);
    fixture_seal(&fixture, 1);
    ck_assert_uint_eq(record->receipt_count, 1 + scheduled);
    ck_assert_uint_eq(record->receipts[1].block_height, record->block_height + 1);
    ck_assert_str_eq(record->receipts[1].executor.text, FIXTURE_CONTRACT);
    ck_assert_uint_eq(model_receipts_pending(fixture.model, &head()->world->contract), 0);
    ck_assert_uint_eq(head()->world->receipt_count, 0);
}
END_TEST

START_TEST(going_back_to_a_snapshot_forgets_what_happened_since)
{
    int64_t offset = 0;
    struct near_tx tx = register_tx();
    fixture_seal(&fixture, 5);
    struct block before = *head();
    ck_assert_ok(chain_snapshot(&fixture.node.chain, "clean", 42));
    ck_assert_ok(fixture_send(&fixture, &tx, ALICE));
    fixture_seal(&fixture, 3);
    uint8_t other_future[SHA256_LEN];
    memcpy(other_future, head()->hash, SHA256_LEN);
    ck_assert_ok(chain_revert(&fixture.node.chain, "clean", &offset));
    ck_assert_int_eq(offset, 42);
    ck_assert_uint_eq(head()->height, before.height);
    ck_assert_mem_eq(head()->hash, before.hash, SHA256_LEN);
    ck_assert(!registered_at(head()));
    ck_assert_uint_eq(alice_nonce(ALICE), 7);
    ck_assert_ptr_null(tx_store_find(&fixture.node.chain.txs, fixture.last_hash));
    fixture.time_ms -= 3000;
    fixture_seal(&fixture, 3);
    ck_assert_mem_ne(head()->hash, other_future, SHA256_LEN);
    ck_assert_ptr_null(blocks_by_hash(&fixture.node.chain.blocks, other_future));
    ck_assert_outcome(chain_revert(&fixture.node.chain, "unknown", &offset), OUTCOME_STORE_NOT_FOUND);
    ck_assert_outcome(chain_snapshot(&fixture.node.chain, "", 0), OUTCOME_LIMIT);
}
END_TEST

START_TEST(a_snapshot_serves_when_its_block_was_forgotten_long_ago)
{
    int64_t offset;
    fixture_seal(&fixture, 5);
    struct block before = *head();
    ck_assert_ok(chain_snapshot(&fixture.node.chain, "old", 0));
    fixture_seal(&fixture, SIM_BLOCKS_KEPT + 10);
    ck_assert_ptr_null(blocks_at(&fixture.node.chain.blocks, before.height));
    ck_assert_ok(chain_revert(&fixture.node.chain, "old", &offset));
    ck_assert_mem_eq(head()->hash, before.hash, SHA256_LEN);
    ck_assert_uint_eq(blocks_final(&fixture.node.chain.blocks)->height, before.height - 2);
    ck_assert_ptr_nonnull(blocks_final(&fixture.node.chain.blocks)->world);
    fixture_seal(&fixture, 1);
    ck_assert_uint_eq(head()->height, before.height + 1);
}
END_TEST

START_TEST(a_full_pool_says_that_the_shard_is_congested)
{
    for (unsigned i = 0; i <= SIM_POOL_MAX; i++) {
        struct near_tx tx = register_tx();
        tx.nonce = 100 + i;
        ck_assert_outcome(fixture_send(&fixture, &tx, ALICE),
                          i < SIM_POOL_MAX ? OUTCOME_OK : OUTCOME_TX_REJECTED);
    }
    ck_assert_ptr_nonnull(strstr(text_of(&fixture.invalid), "ShardCongested"));
    fixture_seal(&fixture, 1);
    ck_assert_uint_eq(alice_nonce(ALICE), 100 + SIM_POOL_MAX - 1);
}
END_TEST

START_TEST(bytes_that_are_no_transaction_change_nothing)
{
    struct near_tx tx = register_tx();
    CLEANUP(bytes_free) struct bytes signed_tx = {0};
    CLEANUP(bytes_free) struct bytes invalid = {0};
    uint8_t hash[SHA256_LEN];
    struct error err;
    fixture_sign(&fixture, &tx, ALICE, &signed_tx);
    near_tx_free(&tx);
    for (size_t len = 0; len < signed_tx.len; len++)
        ck_assert_outcome(chain_submit(&fixture.node.chain, signed_tx.data, len, hash, &invalid, &err),
                          OUTCOME_TX_MALFORMED);
    ck_assert_ok(bytes_append_u8(&signed_tx, 0));
    ck_assert_outcome(chain_submit(&fixture.node.chain, signed_tx.data, signed_tx.len, hash, &invalid, &err),
                      OUTCOME_TX_MALFORMED);
    ck_assert_uint_eq(fixture.node.chain.pool_count, 0);
}
END_TEST

START_TEST(the_deployed_contract_wants_one_yocto_which_a_restricted_key_cannot_send)
{
    struct near_tx tx = register_tx();
    ck_assert_ok(fixture_send(&fixture, &tx, ALICE));
    fixture_seal(&fixture, 1);
    ck_assert_ptr_nonnull(strstr(text_of(&fixture_record(&fixture)->receipts[0].failure),
                                 "Smart contract panicked: Attached deposit is lower than required"));
    tx = register_tx();
    tx.nonce = 1;
    tx.public_key = fixture_public_key(&fixture, ANY);
    tx.actions[0].deposit = (struct u128){.low = 1};
    ck_assert_outcome(fixture_send(&fixture, &tx, ANY), OUTCOME_TX_REJECTED);
    ck_assert_str_eq(text_of(&fixture.invalid), "{\"InvalidAccessKeyError\":\"DepositWithFunctionCall\"}");
    tx = register_tx();
    tx.actions[0].deposit = (struct u128){.low = 1};
    ck_assert_ok(fixture_send(&fixture, &tx, ALICE));
    fixture_seal(&fixture, 1);
    ck_assert(fixture_record(&fixture)->receipts[0].ok);
}
END_TEST

int main(void)
{
    SUITE_WITH_CASE(suite, tcase, "chain");
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, a_transaction_runs_in_the_next_block_and_shows_at_final_two_blocks_later);
    tcase_add_test(tcase, the_same_bytes_sent_again_run_once);
    tcase_add_test(tcase, a_nonce_has_to_grow_but_may_leap);
    tcase_add_test(tcase, transactions_of_one_key_run_in_the_order_of_their_nonces);
    tcase_add_test(tcase, of_two_transactions_with_one_nonce_the_block_drops_the_second);
    tcase_add_test(tcase, the_checks_come_in_the_order_of_the_protocol);
    tcase_add_test(tcase, a_function_call_key_signs_one_call_and_nothing_else);
    tcase_add_test(tcase, an_allowance_shrinks_by_what_is_burnt_and_no_more);
    tcase_add_test(tcase, a_rejected_transaction_costs_nothing);
    tcase_add_test(tcase, a_refused_call_takes_nonce_and_gas_and_gives_the_deposit_back_in_the_next_block);
    tcase_add_test(tcase, calls_to_what_is_not_there_fail_with_the_names_of_the_protocol);
    tcase_add_test(tcase, keys_come_and_go_on_the_own_account_alone);
    tcase_add_test(tcase, accounts_are_made_below_ones_own_name);
    tcase_add_test(tcase, the_actions_of_a_transaction_happen_all_or_none);
    tcase_add_test(tcase, an_action_that_is_not_modelled_is_refused_before_it_costs_anything);
    tcase_add_test(tcase, more_gas_than_the_protocol_allows_is_refused);
    tcase_add_test(tcase, an_account_without_the_prepaid_gas_is_refused);
    tcase_add_test(tcase, a_block_hash_serves_for_86400_blocks);
    tcase_add_test(tcase, views_reach_back_a_thousand_blocks_and_more);
    tcase_add_test(tcase, blocks_in_which_nothing_happens_share_one_world);
    tcase_add_test(tcase, receipts_of_the_last_vote_run_in_a_later_block_and_belong_to_its_transaction);
    tcase_add_test(tcase, going_back_to_a_snapshot_forgets_what_happened_since);
    tcase_add_test(tcase, a_snapshot_serves_when_its_block_was_forgotten_long_ago);
    tcase_add_test(tcase, a_full_pool_says_that_the_shard_is_congested);
    tcase_add_test(tcase, bytes_that_are_no_transaction_change_nothing);
    TCase *deployed = tcase_create("v3.14");
    tcase_add_checked_fixture(deployed, setup_v314, teardown);
    tcase_add_test(deployed, the_deployed_contract_wants_one_yocto_which_a_restricted_key_cannot_send);
    tcase_add_test(deployed, the_excess_of_a_deposit_comes_back_from_the_contract);
    suite_add_tcase(suite, deployed);
    return run_suite(suite);
}
