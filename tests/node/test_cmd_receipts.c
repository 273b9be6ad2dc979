/* `keyshares receipts`: what it prints of the chain, and what it finds missing in it. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/json.h"
#include "common/os/file.h"
#include "node/cmd.h"
#include "node/identity.h"
#include "node/store_internal.h"
#include "tests/support/samples.h"
#include "tests/support/stage.h"
#include "tests/support/support.h"

static uint8_t key_bytes[16] = {0xcc};
static struct secret key = {.data = key_bytes, .len = sizeof(key_bytes), .cap = sizeof(key_bytes)};
static struct cmd_env env;
static char *home;
static struct identity identity;
static struct store *store;
static struct bytes printed;
static struct error err;

static void setup(void)
{
    bool made;
    home = fresh_dir();
    env = (struct cmd_env){
        .home_dir = home, .store_kind = STORE_AUTO, .secret_store_key = &key, .out = tmpfile()};
    ck_assert_ptr_nonnull(env.out);
    ck_assert_ok_err(identity_load_or_make(home, &identity, &made, &err), err);
    const struct store_options options = {.home_dir = home, .kind = STORE_LMDB, .key = &key};
    ck_assert_ok_err(store_open(&options, &store, &err), err);
}

static void teardown(void)
{
    store_close(store);
    identity_free(&identity);
    fclose(env.out);
    free_text(&home);
    bytes_free(&printed);
}

/* As many PUTs, signed with this key. */
static void put(size_t times, const struct ed25519_keypair *signer)
{
    CLEANUP(keyset_free) struct keyset keyset = {0};
    CLEANUP(keyshares_free) struct keyshares shares = {0};
    CLEANUP(bytes_free) struct bytes receipt = {0};
    struct receipt_terms terms = *stage_terms();
    terms.signer = signer;
    sample_keyset(5, 3, &keyset);
    sample_keyshares(&keyset, 1, &shares);
    for (size_t i = 0; i < times; i++)
        ck_assert_outcome(store_stage(store, &keyset, &shares, &terms, &receipt, &err),
                          OUTCOME_KEYSHARES_STAGED);
}

static result_t delete_work(struct store_txn *txn, void *context, struct error *error)
{
    struct record_name name = record_name(STORE_SHELF_RECEIPTS, *(const uint64_t *)context);
    return record_delete(txn, name.text, error);
}

static void lose(uint64_t number)
{
    ck_assert_ok_err(store_db_delete(&store->db, delete_work, &number, &err), err);
}

static result_t spoil_work(struct store_txn *txn, void *context, struct error *error)
{
    struct record_name name = record_name(STORE_SHELF_RECEIPTS, *(const uint64_t *)context);
    return txn->db->records->ops->put(txn->base, name.text, "a page of another file", 22, error);
}

/* As a disk does that returns other bytes than were written. */
static void spoil(uint64_t number)
{
    ck_assert_ok_err(store_db_write(&store->db, spoil_work, &number, &err), err);
}

static void load(size_t age, struct receipt_signed *out)
{
    CLEANUP(bytes_free) struct bytes envelope = {0};
    ck_assert_ok_err(store_load_receipt(store, age, &envelope, &err), err);
    ck_assert_ok_err(receipt_read((const char *)envelope.data, envelope.len, out, &err), err);
}

/* What was printed since the last call, as a string. */
static const char *output(void)
{
    return read_printed(env.out, &printed);
}

static void set_aside(const char *said)
{
    (void)output();
    env.set_aside = true;
    ck_assert_ok_err(cmd_keyshares_receipts(&env, &err), err);
    ck_assert_str_eq(output(), said);
    env.set_aside = false;
}

static void assert_problem(const char *words)
{
    ck_assert_outcome(cmd_keyshares_receipts(&env, &err), OUTCOME_RECEIPT_INVALID);
    ck_assert_text_has(err.text, words);
}

START_TEST(a_home_without_receipts_has_none_and_needs_no_keys)
{
    CLEANUP(free_text) char *secrets = file_path(home, "secrets.json");
    ck_assert_int_eq(unlink(secrets), 0);
    ck_assert_ok_err(cmd_keyshares_receipts(&env, &err), err);
    ck_assert_str_eq(output(), "no receipts\n");
    env.json = true;
    ck_assert_ok_err(cmd_keyshares_receipts(&env, &err), err);
    ck_assert_str_eq(output(), "{\"receipts\":[]}\n");
}
END_TEST

START_TEST(a_whole_chain_is_printed_newest_first)
{
    put(3, &identity.p2p);
    ck_assert_ok_err(cmd_keyshares_receipts(&env, &err), err);
    const char *text = output();
    ck_assert_int_eq(strncmp(text, "receipt 3: 2023-11-14T22:13:20.000Z, epoch 5, 3 key shares, hash ", 65),
                     0);
    ck_assert_text_has(text, "\nreceipt 1: ");
    ck_assert_text_has(text, "\n3 receipts: ");
}
END_TEST

START_TEST(with_json_the_envelopes_are_printed_as_they_were_given)
{
    CLEANUP(json_put_ptr) struct json_object *value = NULL;
    CLEANUP(bytes_free) struct bytes newest = {0};
    struct json_object *receipts;
    put(2, &identity.p2p);
    ck_assert_ok_err(store_load_receipt(store, 0, &newest, &err), err);
    env.json = true;
    ck_assert_ok_err(cmd_keyshares_receipts(&env, &err), err);
    const char *text = output();
    ck_assert_text_has(text, (const char *)newest.data);
    ck_assert_ok_err(json_parse(text, printed.len, &json_limits_small, &value, &err), err);
    ck_assert_ok(
        json_member(value, "receipts", json_type_array, &receipts, OUTCOME_INTERNAL, "output", &err));
    ck_assert_uint_eq(json_object_array_length(receipts), 2);
}
END_TEST

START_TEST(a_chain_that_was_trimmed_is_whole)
{
    put(STORE_RECEIPTS_MAX + 5, &identity.p2p);
    ck_assert_ok_err(cmd_keyshares_receipts(&env, &err), err);
    ck_assert_text_has(output(), "\nreceipt 6: ");
}
END_TEST

START_TEST(a_receipt_missing_in_the_middle_is_found_and_the_others_are_shown)
{
    put(5, &identity.p2p);
    lose(3);
    assert_problem("between 2 and 4");
    ck_assert_text_has(output(), "receipt 5: ");
    env.json = true;
    assert_problem("between 2 and 4");
    ck_assert_str_eq(output(), "");
}
END_TEST

START_TEST(receipts_missing_at_the_old_end_are_found_where_they_were_not_trimmed)
{
    put(5, &identity.p2p);
    lose(1);
    assert_problem("before number 2");
}
END_TEST

START_TEST(a_receipt_of_another_key_is_not_this_nodes)
{
    put(1, &identity.signer);
    put(1, &identity.p2p);
    assert_problem("receipt 1 is signed with another key");
}
END_TEST

/* A PUT names what helps, the command makes room, and whoever holds the lost receipt sees the break. */
START_TEST(a_newest_receipt_that_cannot_be_opened_is_set_aside_and_the_chain_shows_the_break)
{
    CLEANUP(receipt_signed_free) struct receipt_signed lost = {0}, next = {0};
    CLEANUP(keyset_free) struct keyset keyset = {0};
    CLEANUP(keyshares_free) struct keyshares shares = {0};
    CLEANUP(bytes_free) struct bytes receipt = {0};
    uint8_t kept[SHA256_LEN];
    put(3, &identity.p2p);
    load(0, &lost);
    spoil(3);
    sample_keyset(5, 3, &keyset);
    sample_keyshares(&keyset, 1, &shares);
    ck_assert_outcome(store_stage(store, &keyset, &shares, stage_terms(), &receipt, &err),
                      OUTCOME_STORE_CORRUPT);
    ck_assert_text_has(err.text, "receipts/0000000000000003");
    ck_assert_text_has(err.text, "keyshares receipts --set-aside");
    ck_assert_outcome(cmd_keyshares_receipts(&env, &err), OUTCOME_STORE_CORRUPT);
    ck_assert_text_has(err.text, "--set-aside");

    set_aside("receipt 3 could not be opened: set aside, and kept\n");
    assert_problem("receipt 3 is missing: its record could not be opened, and was set aside");
    put(1, &identity.p2p);
    load(0, &next);
    ck_assert_uint_eq(next.receipt.number, 4);
    sha256("a page of another file", 22, kept);
    ck_assert_mem_eq(next.receipt.previous, kept, SHA256_LEN);
    ck_assert_int_eq(receipt_link(&lost, &next), RECEIPT_CONTRADICTS);
    assert_problem("receipt 3 is missing: its record could not be opened, and was set aside");
    put(1, &identity.p2p);
    set_aside("every receipt can be opened; nothing was set aside\n");
    assert_problem("receipt 3 is missing: its record could not be opened, and was set aside");
}
END_TEST

START_TEST(receipts_set_aside_anywhere_in_the_chain_are_named)
{
    put(6, &identity.p2p);
    spoil(1);
    spoil(3);
    spoil(4);
    env.json = true;
    set_aside("{\"set_aside\":[1,3,4]}\n");
    env.json = false;
    assert_problem("receipt 4 is missing: its record could not be opened, and was set aside, like others");
    ck_assert_text_has(output(), "receipt 2: ");
    lose(5);
    assert_problem("receipts are missing between 2 and 6");
}
END_TEST

/* Those before it went as they do when there are so many, and nobody lost them. */
START_TEST(the_oldest_of_a_trimmed_chain_is_set_aside_and_no_other_is_called_missing)
{
    put(STORE_RECEIPTS_MAX + 2, &identity.p2p);
    spoil(3);
    set_aside("receipt 3 could not be opened: set aside, and kept\n");
    assert_problem("receipt 3 is missing: its record could not be opened, and was set aside");
    lose(4);
    assert_problem("the receipts before number 5 are missing");
}
END_TEST

START_TEST(where_no_receipt_is_left_the_next_one_is_not_the_first_again)
{
    CLEANUP(receipt_signed_free) struct receipt_signed next = {0};
    put(1, &identity.p2p);
    spoil(1);
    set_aside("receipt 1 could not be opened: set aside, and kept\n");
    assert_problem("receipt 1 is missing");
    put(1, &identity.p2p);
    load(0, &next);
    ck_assert_uint_eq(next.receipt.number, 2);
    assert_problem("receipt 1 is missing");
}
END_TEST

START_TEST(what_was_set_aside_is_bounded_and_none_is_dropped)
{
    struct store_receipt_numbers aside;
    for (uint64_t i = 1; i <= STORE_ASIDE_MAX; i++) {
        put(1, &identity.p2p);
        spoil(i);
        ck_assert_ok_err(store_set_receipts_aside(store, &aside, &err), err);
        ck_assert_uint_eq(aside.count, 1);
    }
    put(1, &identity.p2p);
    spoil(STORE_ASIDE_MAX + 1);
    ck_assert_outcome(store_set_receipts_aside(store, &aside, &err), OUTCOME_STORE_FULL);
    ck_assert_text_has(err.text, "64 receipts were set aside already");
    ck_assert_ok_err(store_receipts_aside(store, &aside, &err), err);
    ck_assert_uint_eq(aside.count, STORE_ASIDE_MAX);
    ck_assert_uint_eq(aside.at[0], 1);
}
END_TEST

START_TEST(a_chain_of_one_says_so_in_words)
{
    put(1, &identity.p2p);
    ck_assert_ok_err(cmd_keyshares_receipts(&env, &err), err);
    ck_assert_text_has(output(), "\n1 receipt: signed by this node, and none is missing\n");
}
END_TEST

int main(void)
{
    SUITE_WITH_CASE(suite, tcase, "node/cmd_keyshares_receipts");
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, a_home_without_receipts_has_none_and_needs_no_keys);
    tcase_add_test(tcase, a_whole_chain_is_printed_newest_first);
    tcase_add_test(tcase, with_json_the_envelopes_are_printed_as_they_were_given);
    tcase_add_test(tcase, a_chain_that_was_trimmed_is_whole);
    tcase_add_test(tcase, a_receipt_missing_in_the_middle_is_found_and_the_others_are_shown);
    tcase_add_test(tcase, receipts_missing_at_the_old_end_are_found_where_they_were_not_trimmed);
    tcase_add_test(tcase, a_receipt_of_another_key_is_not_this_nodes);
    tcase_add_test(tcase, a_newest_receipt_that_cannot_be_opened_is_set_aside_and_the_chain_shows_the_break);
    tcase_add_test(tcase, receipts_set_aside_anywhere_in_the_chain_are_named);
    tcase_add_test(tcase, the_oldest_of_a_trimmed_chain_is_set_aside_and_no_other_is_called_missing);
    tcase_add_test(tcase, where_no_receipt_is_left_the_next_one_is_not_the_first_again);
    tcase_add_test(tcase, what_was_set_aside_is_bounded_and_none_is_dropped);
    tcase_add_test(tcase, a_chain_of_one_says_so_in_words);
    return run_suite(suite);
}
