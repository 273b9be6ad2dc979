/* A chain that lasts: what is committed is there after the process was killed, to the byte. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/os/file.h"
#include "contract-sim/store/saved.h"
#include "tests/contract-sim/store_fixture.h"
#include "tests/support/support.h"

static struct stored stored;
static struct fixture twin; /* the same chain, never stored */

static void setup(void)
{
    stored_open(&stored);
    fixture_open(&twin, "design");
}

static void teardown(void)
{
    fixture_close(&twin);
    stored_close(&stored);
}

static void expect_equal_to_twin(void)
{
    chains_are_equal(&twin.node.chain, &stored.fixture.node.chain);
}

/* What a test does, to one chain. */
typedef void act_on(struct fixture *fixture, uint64_t choice);

static void act(act_on *action, uint64_t choice)
{
    action(&stored.fixture, choice);
    action(&twin, choice);
}

static void seal_some(struct fixture *fixture, uint64_t count)
{
    fixture_seal(fixture, (unsigned)count);
}

/* One transaction of alice's into the pool: some succeed, some fail and leave a refund, some are refused by
 * the block when they come twice. */
static void send_one(struct fixture *fixture, uint64_t choice)
{
    static const enum near_action_type types[] = {NEAR_ADD_KEY, NEAR_DELETE_KEY, NEAR_TRANSFER,
                                                  NEAR_CREATE_ACCOUNT};
    static const char *const receivers[] = {"alice.near", "sub.alice.near", "bob.near", "nobody.near"};
    bool calls = choice % 3 == 0;
    struct near_tx tx = calls ? fixture_register_tx(fixture)
                              : fixture_plain_tx(fixture, receivers[choice / 3 % ARRAY_LEN(receivers)],
                                                 types[choice / 12 % ARRAY_LEN(types)]);
    tx.nonce += choice / 50 % 3;
    tx.actions[0].deposit.low = choice % 7;
    result_t result = fixture_send(fixture, &tx, ALICE);
    ck_assert_msg(result == OUTCOME_OK, "%s", text_of(&fixture->invalid));
}

static void call_directly(struct fixture *fixture, uint64_t choice)
{
    CLEANUP(receipt_outcome_free) struct receipt_outcome outcome = {0};
    struct model_context context = {.signer_public_key = fixture_public_key(fixture, STRANGER),
                                    .deposit = {.low = 1}};
    char args[160];
    ck_assert(account_id_set(&context.signer, "bob.near", strlen("bob.near")));
    context.predecessor = context.signer;
    snprintf(args, sizeof args, "{\"new_url\":\"https://bob.near:%u\"}", (unsigned)(choice % 50000) + 1);
    ck_assert_ok(chain_seal_call(&fixture->node.chain, fixture->time_ms += 1000, &context,
                                 "update_participant_url", args, strlen(args), &outcome));
}

static void take_snapshot(struct fixture *fixture, uint64_t choice)
{
    char name[] = {(char)('a' + choice % 3), 0};
    ck_assert_ok(chain_snapshot(&fixture->node.chain, name, (int64_t)choice));
}

static void revert(struct fixture *fixture, uint64_t choice)
{
    char name[] = {(char)('a' + choice % 3), 0};
    int64_t offset_ms;
    result_t result = chain_revert(&fixture->node.chain, name, &offset_ms);
    ck_assert(result == OUTCOME_OK || result == OUTCOME_STORE_NOT_FOUND);
}

START_TEST(a_new_chain_comes_back_as_it_was)
{
    stored_reopen(&stored);
    expect_equal_to_twin();
}
END_TEST

START_TEST(pool_outcomes_refunds_and_snapshots_come_back)
{
    act(send_one, 1 + 3 * 3 + 12 * 2); /* a transfer to nobody: it fails, and a refund follows */
    ck_assert_uint_gt(fixture_record(&twin)->tx.actions[0].deposit.low, 0);
    act(seal_some, 1);
    act(take_snapshot, 0);
    act(send_one, 0);
    act(call_directly, 1);
    act(send_one, 3);
    stored_commit(&stored);
    stored_reopen(&stored);
    expect_equal_to_twin();
    ck_assert_uint_eq(stored.fixture.node.chain.pool_count, 1);
    act(seal_some, 3);
    expect_equal_to_twin();
    ck_assert_int_eq(fixture_record(&stored.fixture)->stage, TX_INCLUDED);
}
END_TEST

static void let_it_fail(struct fixture *fixture, uint64_t choice)
{
    (void)choice;
    ck_assert_ok(chain_let_fail(&fixture->node.chain, fixture_record(fixture)->hash, "out of gas"));
}

START_TEST(a_failure_ordered_of_a_transaction_that_waits_already_comes_back)
{
    act(send_one, 0);
    stored_commit(&stored);
    act(let_it_fail, 0);
    stored_commit(&stored);
    stored_reopen(&stored);
    act(seal_some, 1);
    ck_assert_text_has(text_of(&fixture_record(&stored.fixture)->receipts[0].failure), "out of gas");
    expect_equal_to_twin();
}
END_TEST

/* `act` in the odds in which a session has them: much sending, few reverts. */
static void act_at_random(uint64_t *random)
{
    uint64_t kind = test_random(random) % 32, choice = test_random(random);
    if (kind < 12)
        act(send_one, choice);
    else if (kind < 24)
        act(seal_some, 1 + choice % 3);
    else if (kind < 27)
        act(call_directly, choice);
    else if (kind == 27)
        act(seal_some, 400 + choice % 900);
    else if (kind < 30)
        act(take_snapshot, choice);
    else
        act(revert, choice);
}

START_TEST(a_chain_that_is_reopened_again_and_again_is_the_one_that_never_was)
{
    uint64_t random = test_seed();
    for (int step = 0; step < 300; step++) {
        act_at_random(&random);
        if (test_random(&random) % 4)
            stored_commit(&stored);
        if (test_random(&random) % 16)
            continue;
        stored_commit(&stored);
        stored_reopen(&stored);
        expect_equal_to_twin();
    }
}
END_TEST

START_TEST(what_was_not_committed_is_as_if_it_had_not_happened)
{
    act(seal_some, 2);
    stored_commit(&stored);
    send_one(&stored.fixture, 0);
    seal_some(&stored.fixture, 3);
    stored_reopen(&stored);
    expect_equal_to_twin();
}
END_TEST

/* Whether alice's backup key is there at a block. */
static bool registered_at(uint64_t height)
{
    CLEANUP(model_outcome_free) struct model_outcome outcome = {0};
    const struct block *block = blocks_at(&stored.fixture.node.chain.blocks, height);
    ck_assert_ok(model_view(stored.fixture.model, &block->world->contract, height, block->time_ms / 1000,
                            "migration_info", "{}", 2, &outcome));
    return strstr(text_of(&outcome.value), "EEKmKrryV9J8") != NULL;
}

START_TEST(views_reach_back_as_far_as_before)
{
    act(seal_some, 2500);
    act(send_one, 0);
    act(seal_some, 1);
    uint64_t height = fixture_head(&stored.fixture)->height;
    for (int i = 0; i < 3; i++) {
        stored_commit(&stored);
        stored_reopen(&stored);
        expect_equal_to_twin();
        ck_assert(registered_at(height));
        ck_assert(!registered_at(height - 1));
        act(seal_some, 650);
    }
    act(seal_some, SIM_WORLDS_KEPT);
    stored_commit(&stored);
    stored_reopen(&stored);
    expect_equal_to_twin();
    ck_assert_ptr_null(blocks_at(&stored.fixture.node.chain.blocks, height)->world);
    ck_assert(!registered_at(FIXTURE_HEIGHT));
}
END_TEST

START_TEST(more_blocks_at_once_than_are_kept_make_one_commit)
{
    act(seal_some, 10);
    act(take_snapshot, 0);
    stored_commit(&stored);
    act(seal_some, SIM_BLOCKS_KEPT + 5000);
    stored_commit(&stored);
    stored_reopen(&stored);
    expect_equal_to_twin();
    act(revert, 0);
    stored_commit(&stored);
    stored_reopen(&stored);
    expect_equal_to_twin();
}
END_TEST

START_TEST(a_transaction_of_before_is_known_and_does_not_run_again)
{
    struct fixture *fixture = &stored.fixture;
    CLEANUP(bytes_free) struct bytes signed_tx = {0};
    CLEANUP(bytes_free) struct bytes invalid = {0};
    uint8_t hash[SHA256_LEN];
    struct near_tx tx = fixture_register_tx(fixture);
    fixture_sign(fixture, &tx, ALICE, &signed_tx);
    near_tx_free(&tx);
    ck_assert_ok(
        chain_submit(&fixture->node.chain, signed_tx.data, signed_tx.len, hash, &invalid, &stored.err));
    fixture_seal(fixture, 1);
    stored_commit(&stored);
    stored_reopen(&stored);
    ck_assert_uint_eq(fixture_nonce(fixture, ALICE), 8);
    ck_assert_ok(
        chain_submit(&fixture->node.chain, signed_tx.data, signed_tx.len, hash, &invalid, &stored.err));
    ck_assert_uint_eq(fixture->node.chain.pool_count, 0);
    ck_assert_uint_eq(fixture->node.chain.txs.count, 1);
    ck_assert_str_eq(text_of(&fixture_record(fixture)->receipts[0].value), "null");
    fixture_seal(fixture, 2);
    ck_assert_int_eq(chain_tx_level(&fixture->node.chain, fixture_record(fixture)), LEVEL_FINAL);
    tx = fixture_register_tx(fixture);
    tx.nonce = 8;
    ck_assert_outcome(fixture_send(fixture, &tx, ALICE), OUTCOME_TX_REJECTED);
    ck_assert_str_eq(text_of(&fixture->invalid), "{\"InvalidNonce\":{\"tx_nonce\":8,\"ak_nonce\":8}}");
}
END_TEST

START_TEST(an_allowance_comes_back_as_it_was_left)
{
    struct fixture *fixture = &stored.fixture;
    struct near_public_key listed = fixture_public_key(fixture, LISTED);
    struct near_tx tx = fixture_register_tx(fixture);
    tx.public_key = listed;
    tx.nonce = 1;
    ck_assert_ok(fixture_send(fixture, &tx, LISTED));
    fixture_seal(fixture, 1);
    stored_commit(&stored);
    const struct account_key *key = account_key_find(fixture_account(fixture, "alice.near"), &listed);
    struct u128 left = key->access.allowance;
    ck_assert_uint_ne(left.low, 2003764205206896640u); /* of 10^24 */
    stored_reopen(&stored);
    key = account_key_find(fixture_account(fixture, "alice.near"), &listed);
    ck_assert(u128_compare(key->access.allowance, left) == 0);
    ck_assert_uint_eq(key->access.method_count, 2);
    ck_assert_str_eq(key->access.method_names[1], "register_backup_service");
}
END_TEST

START_TEST(a_pause_and_a_moved_clock_come_back)
{
    struct sim_node *node = &stored.fixture.node;
    node->clock = sim_clock_start(600, 5000000, 1000000);
    sim_clock_moved(&node->clock, 777);
    sim_clock_pause(&node->clock);
    stored_commit(&stored);
    node->clock = (struct sim_clock){0};
    stored_reopen(&stored);
    ck_assert(node->clock.paused);
    ck_assert_uint_eq(node->clock.block_time_ms, 600);
    ck_assert_int_eq(node->clock.offset_ms, 4000777);
}
END_TEST

/* 1.4 MB each: more than the map had at first. */
START_TEST(the_map_grows_with_what_is_in_it)
{
    struct fixture *fixture = &stored.fixture;
    for (int i = 0; i < 16; i++) {
        struct near_tx tx = fixture_register_tx(fixture);
        size_t len = 1400 * 1024;
        tx.actions[0].args = realloc(tx.actions[0].args, len);
        memset(tx.actions[0].args, 'x', len);
        tx.actions[0].args_len = len;
        ck_assert_ok(fixture_send(fixture, &tx, ALICE));
        fixture_seal(fixture, 1);
        stored_commit(&stored);
    }
    stored_reopen(&stored);
    ck_assert_uint_eq(fixture->node.chain.txs.count, 16);
    ck_assert_uint_eq(fixture_record(fixture)->tx.actions[0].args_len, 1400 * 1024);
}
END_TEST

START_TEST(nothing_to_write_writes_nothing)
{
    CLEANUP(free_text) char *path = file_path(stored.dir, "data.mdb");
    struct stat before, after;
    ck_assert_int_eq(stat(path, &before), 0);
    for (int i = 0; i < 100; i++)
        stored_commit(&stored);
    ck_assert_int_eq(stat(path, &after), 0);
    ck_assert_int_eq(after.st_mtim.tv_sec, before.st_mtim.tv_sec);
    ck_assert_int_eq(after.st_mtim.tv_nsec, before.st_mtim.tv_nsec);
}
END_TEST

/* The folder does not grow with the life of a chain in which nothing happens. */
START_TEST(a_long_life_does_not_need_more_room)
{
    CLEANUP(free_text) char *path = file_path(stored.dir, "data.mdb");
    struct stat early, late;
    for (int i = 0; i < 40; i++) {
        fixture_seal(&stored.fixture, 100);
        call_directly(&stored.fixture, (uint64_t)i % 2);
        stored_commit(&stored);
    }
    ck_assert_int_eq(stat(path, &early), 0);
    for (int i = 0; i < 200; i++) {
        fixture_seal(&stored.fixture, 100);
        call_directly(&stored.fixture, (uint64_t)i % 2);
        stored_commit(&stored);
    }
    ck_assert_int_eq(stat(path, &late), 0);
    /* 20,000 blocks more, at 88 bytes and their share of a page. */
    ck_assert_int_lt(late.st_size, early.st_size + 20000 * 200);
}
END_TEST

int main(void)
{
    SUITE_WITH_CASE(suite, tcase, "contract-sim/store/chain_store");
    tcase_set_timeout(tcase, 120);
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, a_new_chain_comes_back_as_it_was);
    tcase_add_test(tcase, pool_outcomes_refunds_and_snapshots_come_back);
    tcase_add_test(tcase, a_failure_ordered_of_a_transaction_that_waits_already_comes_back);
    tcase_add_test(tcase, a_chain_that_is_reopened_again_and_again_is_the_one_that_never_was);
    tcase_add_test(tcase, what_was_not_committed_is_as_if_it_had_not_happened);
    tcase_add_test(tcase, views_reach_back_as_far_as_before);
    tcase_add_test(tcase, more_blocks_at_once_than_are_kept_make_one_commit);
    tcase_add_test(tcase, a_transaction_of_before_is_known_and_does_not_run_again);
    tcase_add_test(tcase, an_allowance_comes_back_as_it_was_left);
    tcase_add_test(tcase, a_pause_and_a_moved_clock_come_back);
    tcase_add_test(tcase, the_map_grows_with_what_is_in_it);
    tcase_add_test(tcase, nothing_to_write_writes_nothing);
    tcase_add_test(tcase, a_long_life_does_not_need_more_room);
    return run_suite(suite);
}
