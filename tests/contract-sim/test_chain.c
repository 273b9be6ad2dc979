/* Blocks, the pool, receipts and snapshots around the model: near-rpc.md D, cli.md. */
#include "tests/contract-sim/fixture.h"

#include <stdio.h>
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

/* The answer of migration_info at a block, or NULL when nothing is registered. */
static bool registered_at(const struct block *block)
{
    CLEANUP(model_outcome_free) struct model_outcome outcome = {0};
    ck_assert_ok(model_view(fixture.model, &block->world->contract, block->height, block->time_ms / 1000,
                            "migration_info", "{}", 2, &outcome));
    return strstr(text_of(&outcome.value), "EEKmKrryV9J8") != NULL;
}

START_TEST(a_transaction_runs_in_the_next_block_and_shows_at_final_two_blocks_later)
{
    struct near_tx tx = fixture_register_tx(&fixture);
    ck_assert_ok(fixture_send(&fixture, &tx, ALICE));
    ck_assert_int_eq(fixture_record(&fixture)->stage, TX_POOLED);
    ck_assert_int_eq(chain_tx_level(&fixture.node.chain, fixture_record(&fixture)), LEVEL_NONE);
    fixture_seal(&fixture, 1);
    const struct tx_record *record = fixture_record(&fixture);
    ck_assert_int_eq(record->stage, TX_INCLUDED);
    ck_assert_uint_eq(record->block_height, FIXTURE_HEIGHT + 1);
    ck_assert(record->receipts[0].ok);
    ck_assert_str_eq(text_of(&record->receipts[0].value), "null");
    ck_assert(registered_at(fixture_head(&fixture)));
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
    struct near_tx tx = fixture_register_tx(&fixture);
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
    ck_assert_uint_eq(fixture_nonce(&fixture, ALICE), 8);
    /* With another signature under it, the same transaction is not the one that ran. */
    signed_tx.data[signed_tx.len - 1] ^= 1;
    ck_assert_outcome(chain_submit(&fixture.node.chain, signed_tx.data, signed_tx.len, hash, &invalid, &err),
                      OUTCOME_TX_REJECTED);
    ck_assert_str_eq(text_of(&invalid), "\"InvalidSignature\"");
}
END_TEST

START_TEST(transactions_of_one_key_run_in_the_order_of_their_nonces)
{
    struct near_tx tx = fixture_register_tx(&fixture);
    tx.nonce = 20;
    ck_assert_ok(fixture_send(&fixture, &tx, ALICE));
    tx = fixture_register_tx(&fixture);
    tx.nonce = 10;
    ck_assert_ok(fixture_send(&fixture, &tx, ALICE));
    fixture_seal(&fixture, 1);
    ck_assert_int_eq(fixture_record(&fixture)->stage, TX_INCLUDED);
    ck_assert_uint_eq(fixture_nonce(&fixture, ALICE), 20);
}
END_TEST

START_TEST(of_two_transactions_with_one_nonce_the_block_drops_the_second)
{
    struct near_tx tx = fixture_register_tx(&fixture);
    ck_assert_ok(fixture_send(&fixture, &tx, ALICE));
    tx = fixture_register_tx(&fixture);
    tx.actions[0].gas--;
    ck_assert_ok(fixture_send(&fixture, &tx, ALICE));
    fixture_seal(&fixture, 1);
    ck_assert_int_eq(fixture_record(&fixture)->stage, TX_DROPPED);
    ck_assert_str_eq(text_of(&fixture_record(&fixture)->invalid),
                     "{\"InvalidNonce\":{\"tx_nonce\":8,\"ak_nonce\":8}}");
}
END_TEST

START_TEST(a_failure_ordered_of_a_dropped_transaction_is_over_when_it_is_sent_again)
{
    struct chain *chain = &fixture.node.chain;
    int64_t offset;
    struct near_tx first = fixture_plain_tx(&fixture, "alice.near", NEAR_ADD_KEY);
    struct near_tx second = fixture_register_tx(&fixture);
    struct near_tx again = fixture_register_tx(&fixture);
    ck_assert_ok(chain_snapshot(chain, "before", 0));
    ck_assert_ok(fixture_send(&fixture, &first, ALICE));
    ck_assert_ok(fixture_send(&fixture, &second, ALICE));
    ck_assert_ok(chain_let_fail(chain, fixture_record(&fixture)->hash, "out of gas"));
    fixture_seal(&fixture, 1);
    ck_assert_int_eq(fixture_record(&fixture)->stage, TX_DROPPED);
    ck_assert_ok(chain_revert(chain, "before", &offset));
    ck_assert_ok(fixture_send(&fixture, &again, ALICE));
    fixture_seal(&fixture, 1);
    ck_assert_uint_eq(chain->txs.count, 1); /* the same transaction */
    ck_assert_msg(fixture_record(&fixture)->receipts[0].ok, "%s",
                  text_of(&fixture_record(&fixture)->receipts[0].failure));
}
END_TEST

START_TEST(views_reach_back_a_thousand_blocks_and_more)
{
    struct near_tx tx = fixture_register_tx(&fixture);
    ck_assert_ok(fixture_send(&fixture, &tx, ALICE));
    fixture_seal(&fixture, 1);
    fixture_seal(&fixture, 1000);
    ck_assert(!registered_at(blocks_at(&fixture.node.chain.blocks, FIXTURE_HEIGHT)));
    ck_assert(registered_at(blocks_at(&fixture.node.chain.blocks, FIXTURE_HEIGHT + 1)));
    fixture_seal(&fixture, SIM_WORLDS_KEPT);
    ck_assert_ptr_null(blocks_at(&fixture.node.chain.blocks, FIXTURE_HEIGHT + 1)->world);
    ck_assert(!registered_at(blocks_at(&fixture.node.chain.blocks, FIXTURE_HEIGHT)));
    ck_assert(!registered_at(
        blocks_by_hash(&fixture.node.chain.blocks, blocks_genesis(&fixture.node.chain.blocks)->hash)));
}
END_TEST

START_TEST(blocks_in_which_nothing_happens_share_one_world)
{
    const struct world *before = fixture_head(&fixture)->world;
    fixture_seal(&fixture, 100);
    ck_assert_ptr_eq(fixture_head(&fixture)->world, before);
    ck_assert_mem_ne(fixture_head(&fixture)->hash, blocks_near_final(&fixture.node.chain.blocks)->hash,
                     SHA256_LEN);
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
    fixture_expect_kind(&fixture, fixture_plain_tx(&fixture, "alice.near", NEAR_ADD_KEY), NULL);
    struct near_tx tx = fixture_tx(&fixture, "vote_reshared",
                                   "{\"key_event_id\":{\"epoch_id\":6,\"domain_id\":0,\"attempt_id\":0}}");
    tx.public_key = fixture_public_key(&fixture, STRANGER);
    tx.nonce = fixture_nonce(&fixture, STRANGER) + 1;
    ck_assert_ok(fixture_send(&fixture, &tx, STRANGER));
    fixture_seal(&fixture, 1);
    const struct tx_record *record = fixture_record(&fixture);
    ck_assert_msg(record->receipts[0].ok, "%s", text_of(&record->receipts[0].failure));
    ck_assert_uint_eq(record->receipt_count, 1);
    size_t scheduled = record->receipts[0].child_count;
    ck_assert_uint_ge(scheduled, 1);
    ck_assert_uint_eq(model_receipts_pending(fixture.model, &fixture_head(&fixture)->world->contract),
                      scheduled);
    ck_assert_uint_eq(fixture_head(&fixture)->world->receipt_count, scheduled);
    fixture_seal(&fixture, 1);
    ck_assert_uint_eq(record->receipt_count, 1 + scheduled);
    ck_assert_uint_eq(record->receipts[1].block_height, record->block_height + 1);
    ck_assert_str_eq(record->receipts[1].executor.text, FIXTURE_CONTRACT);
    ck_assert_uint_eq(model_receipts_pending(fixture.model, &fixture_head(&fixture)->world->contract), 0);
    ck_assert_uint_eq(fixture_head(&fixture)->world->receipt_count, 0);
}
END_TEST

START_TEST(going_back_to_a_snapshot_forgets_what_happened_since)
{
    int64_t offset = 0;
    struct near_tx tx = fixture_register_tx(&fixture);
    fixture_seal(&fixture, 5);
    struct block before = *fixture_head(&fixture);
    ck_assert_ok(chain_snapshot(&fixture.node.chain, "clean", 42));
    ck_assert_ok(fixture_send(&fixture, &tx, ALICE));
    fixture_seal(&fixture, 3);
    uint8_t other_future[SHA256_LEN];
    memcpy(other_future, fixture_head(&fixture)->hash, SHA256_LEN);
    ck_assert_ok(chain_revert(&fixture.node.chain, "clean", &offset));
    ck_assert_int_eq(offset, 42);
    ck_assert_uint_eq(fixture_head(&fixture)->height, before.height);
    ck_assert_mem_eq(fixture_head(&fixture)->hash, before.hash, SHA256_LEN);
    ck_assert(!registered_at(fixture_head(&fixture)));
    ck_assert_uint_eq(fixture_nonce(&fixture, ALICE), 7);
    ck_assert_ptr_null(tx_store_find(&fixture.node.chain.txs, fixture.last_hash));
    fixture.time_ms -= 3000;
    fixture_seal(&fixture, 3);
    ck_assert_mem_ne(fixture_head(&fixture)->hash, other_future, SHA256_LEN);
    ck_assert_ptr_null(blocks_by_hash(&fixture.node.chain.blocks, other_future));
    ck_assert_outcome(chain_revert(&fixture.node.chain, "unknown", &offset), OUTCOME_STORE_NOT_FOUND);
    ck_assert_outcome(chain_snapshot(&fixture.node.chain, "", 0), OUTCOME_LIMIT);
}
END_TEST

START_TEST(a_snapshot_serves_when_its_block_was_forgotten_long_ago)
{
    int64_t offset;
    fixture_seal(&fixture, 5);
    struct block before = *fixture_head(&fixture);
    ck_assert_ok(chain_snapshot(&fixture.node.chain, "old", 0));
    fixture_seal(&fixture, SIM_BLOCKS_KEPT + 10);
    ck_assert_ptr_null(blocks_at(&fixture.node.chain.blocks, before.height));
    ck_assert_ok(chain_revert(&fixture.node.chain, "old", &offset));
    ck_assert_mem_eq(fixture_head(&fixture)->hash, before.hash, SHA256_LEN);
    ck_assert_uint_eq(blocks_final(&fixture.node.chain.blocks)->height, before.height - 2);
    ck_assert_ptr_nonnull(blocks_final(&fixture.node.chain.blocks)->world);
    fixture_seal(&fixture, 1);
    ck_assert_uint_eq(fixture_head(&fixture)->height, before.height + 1);
}
END_TEST

START_TEST(a_full_pool_says_that_the_shard_is_congested)
{
    for (unsigned i = 0; i <= SIM_POOL_MAX; i++) {
        struct near_tx tx = fixture_register_tx(&fixture);
        tx.nonce = 100 + i;
        ck_assert_outcome(fixture_send(&fixture, &tx, ALICE),
                          i < SIM_POOL_MAX ? OUTCOME_OK : OUTCOME_TX_REJECTED);
    }
    ck_assert_text_has(text_of(&fixture.invalid), "ShardCongested");
    fixture_seal(&fixture, 1);
    ck_assert_uint_eq(fixture_nonce(&fixture, ALICE), 100 + SIM_POOL_MAX - 1);
}
END_TEST

START_TEST(bytes_that_are_no_transaction_change_nothing)
{
    struct near_tx tx = fixture_register_tx(&fixture);
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

int main(void)
{
    SUITE_WITH_CASE(suite, tcase, "chain");
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, a_transaction_runs_in_the_next_block_and_shows_at_final_two_blocks_later);
    tcase_add_test(tcase, the_same_bytes_sent_again_run_once);
    tcase_add_test(tcase, transactions_of_one_key_run_in_the_order_of_their_nonces);
    tcase_add_test(tcase, of_two_transactions_with_one_nonce_the_block_drops_the_second);
    tcase_add_test(tcase, a_failure_ordered_of_a_dropped_transaction_is_over_when_it_is_sent_again);
    tcase_add_test(tcase, views_reach_back_a_thousand_blocks_and_more);
    tcase_add_test(tcase, blocks_in_which_nothing_happens_share_one_world);
    tcase_add_test(tcase, receipts_of_the_last_vote_run_in_a_later_block_and_belong_to_its_transaction);
    tcase_add_test(tcase, going_back_to_a_snapshot_forgets_what_happened_since);
    tcase_add_test(tcase, a_snapshot_serves_when_its_block_was_forgotten_long_ago);
    tcase_add_test(tcase, a_full_pool_says_that_the_shard_is_congested);
    tcase_add_test(tcase, bytes_that_are_no_transaction_change_nothing);
    return run_suite(suite);
}
