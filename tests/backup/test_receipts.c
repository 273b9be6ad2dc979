/* The receipts of put-keyshares: checked when they come, kept, and checked again by verify. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "backup/receipts.h"
#include "common/os/file.h"
#include "common/receipt.h"
#include "tests/support/backup_node.h"
#include "tests/support/samples.h"
#include "tests/support/stage.h"
#include "tests/support/support.h"
#include "tests/support/tls_server.h"

#define VERIFY_WITH_KEY "verify --backup-encryption-key-hex " BACKUP_NODE_ENCRYPTION_KEY

static char *receipt_path(int place)
{
    char name[32];
    snprintf(name, sizeof name, "receipts/%010d.json", place);
    return file_path(backup_home, name);
}

static void read_kept(int place, struct receipt_signed *out)
{
    CLEANUP(free_text) char *path = receipt_path(place);
    CLEANUP(bytes_free) struct bytes text = {0};
    ck_assert_ok_err(file_read(path, RECEIPT_BYTES_MAX, &text, &backup_home_err), backup_home_err);
    ck_assert_ok_err(receipt_read((char *)text.data, text.len, out, &backup_home_err), backup_home_err);
}

static void drop_kept(int place)
{
    CLEANUP(free_text) char *path = receipt_path(place);
    ck_assert_int_eq(unlink(path), 0);
}

static void put(int times)
{
    for (int i = 0; i < times; i++)
        ck_assert_ok_err(backup_node_run("put-keyshares"), backup_home_err);
}

static void open_and_put(int times)
{
    backup_node_open();
    backup_node_give_home(&backup_node.keyset, 1);
    put(times);
}

static void assert_proof(const char *words)
{
    ck_assert_outcome(backup_home_run("verify"), OUTCOME_RECEIPT_INVALID);
    backup_home_said(words);
    backup_home_said("keep both files");
}

START_TEST(put_keeps_the_receipt_that_the_node_gave)
{
    CLEANUP(receipt_signed_free) struct receipt_signed first = {0}, second = {0};
    open_and_put(1);
    backup_home_printed("the node took the key shares");
    backup_home_printed("its receipt, number 1, holds and is kept as ");
    ck_assert_text_has((const char *)backup_home_report.members.data, "\"receipt_number\":1,\"receipt\":\"/");
    put(1);
    ck_assert_int_eq(backup_home_mode("receipts"), 0700);
    ck_assert_int_eq(backup_home_mode("receipts/0000000002.json"), 0600);
    read_kept(1, &first);
    read_kept(2, &second);
    ck_assert_int_eq(receipt_link(&first, &second), RECEIPT_LINKED);
    ck_assert(ed25519_public_key_equal(&second.key, &backup_node.node.public_key));
}
END_TEST

START_TEST(verify_says_what_the_receipts_show)
{
    open_and_put(2);
    ck_assert_ok_err(backup_home_run(VERIFY_WITH_KEY), backup_home_err);
    backup_home_printed(
        "receipts kept: 2 (nodes: 1, for this keyset: 2); they hold, and do not contradict each other");
    ck_assert_text_has((const char *)backup_home_report.members.data,
                       "\"receipts\":2,\"receipts_of_backup\":2,\"receipts_between\":0");
    ck_assert_text_lacks((const char *)backup_home_report.lines.data, "were not compared");
    ck_assert_ok_err(backup_home_run("verify"), backup_home_err);
    backup_home_printed("digests were not compared");
}
END_TEST

START_TEST(without_receipts_verify_says_so_and_is_fine)
{
    backup_node_open();
    backup_node_give_home(&backup_node.keyset, 1);
    ck_assert_ok_err(backup_home_run("verify"), backup_home_err);
    backup_home_printed("no receipts are kept");
}
END_TEST

/* A Rust node's answer, and what else is no JSON object. */
START_TEST(a_node_that_gives_no_receipts_is_fine_and_said_so)
{
    static const char *const answers[] = {
        "HTTP/1.1 200 OK\r\ncontent-length: 19\r\n\r\nKeyshares received.",
        "HTTP/1.1 204 No Content\r\ncontent-length: 0\r\n\r\n",
    };
    CLEANUP(tls_server_free) struct tls_server *server = NULL;
    CLEANUP(ed25519_keypair_free) struct ed25519_keypair node = {0};
    CLEANUP(keyset_free) struct keyset keyset = {0};
    endpoint_keypair(9, &node);
    sample_keyset(5, 1, &keyset);
    ck_assert_ok_err(backup_home_run("generate-keys"), backup_home_err);
    backup_node_give_home(&keyset, 1);
    server = tls_server_start(
        &(struct server_script){.key = &node, .answer = answers[_i], .answer_len = strlen(answers[_i])});
    ck_assert_ok_err(backup_node_run_at("put-keyshares", tls_server_address(server), &node.public_key),
                     backup_home_err);
    backup_home_printed("the node gives no receipts");
    CLEANUP(free_text) char *dir = file_path(backup_home, "receipts");
    ck_assert(!file_exists(dir));
}
END_TEST

/* One for these very shares, but signed with another key, or for another body. */
static void make_receipt(const struct keyset *keyset, const struct ed25519_keypair *signer, struct bytes *out)
{
    CLEANUP(keyshares_free) struct keyshares shares = {0};
    CLEANUP(receipt_free) struct receipt receipt = {0};
    sample_keyshares(keyset, 1, &shares);
    ck_assert_ok(receipt_describe(keyset, &shares, stage_terms()->backup_key, &receipt));
    ck_assert_ok(receipt_issue(&receipt, NULL, signer, out));
}

START_TEST(a_receipt_that_does_not_hold_is_an_error_although_the_node_said_200)
{
    static const char *const words[] = {"another key than --mpc-node-p2p-key", "another body than was sent",
                                        "receipt.number: missing", "signature is not that"};
    CLEANUP(tls_server_free) struct tls_server *server = NULL;
    CLEANUP(ed25519_keypair_free) struct ed25519_keypair node = {0}, other = {0};
    CLEANUP(keyset_free) struct keyset keyset = {0};
    CLEANUP(bytes_free) struct bytes receipt = {0}, answer = {0};
    endpoint_keypair(9, &node);
    endpoint_keypair(10, &other);
    sample_keyset(5, 1, &keyset);
    ck_assert_ok_err(backup_home_run("generate-keys"), backup_home_err);
    backup_node_give_home(&keyset, 1);
    if (_i == 2)
        ck_assert_ok(bytes_append_text(&receipt, "{\"receipt\":{}}"));
    else
        make_receipt(&keyset, _i == 0 ? &other : &node, &receipt);
    if (_i == 3)
        receipt.data[strcspn((char *)receipt.data, "5")] = '6';
    ck_assert_ok(bytes_append_format(
        &answer, "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %zu\r\n\r\n%s",
        receipt.len, (char *)receipt.data));
    server = tls_server_start(
        &(struct server_script){.key = &node, .answer = answer.data, .answer_len = answer.len});
    ck_assert_outcome(backup_node_run_at("put-keyshares", tls_server_address(server), &node.public_key),
                      OUTCOME_RECEIPT_INVALID);
    backup_home_said("the node answered 200, but its receipt does not hold");
    backup_home_said(words[_i]);
    CLEANUP(free_text) char *dir = file_path(backup_home, "receipts");
    ck_assert(!file_exists(dir));
}
END_TEST

START_TEST(a_receipt_that_cannot_be_kept_is_an_error_that_says_what_was_done)
{
    backup_node_open();
    backup_node_give_home(&backup_node.keyset, 1);
    backup_home_write("receipts", "a file where the folder should be");
    ck_assert_outcome(backup_node_run("put-keyshares"), OUTCOME_STORE_IO);
    backup_home_said("the node took the key shares, but its receipt cannot be kept: ");
}
END_TEST

START_TEST(none_is_dropped_for_another_and_what_to_do_when_there_are_many_is_said)
{
    open_and_put(1);
    for (int place = 2; place <= RECEIPTS_KEPT_MAX; place++) {
        CLEANUP(free_text) char *path = receipt_path(place);
        int fd = open(path, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600);
        ck_assert_int_ge(fd, 0);
        close(fd);
    }
    ck_assert_outcome(backup_node_run("put-keyshares"), OUTCOME_LIMIT);
    backup_home_said("the node took the key shares, but its receipt cannot be kept: ");
    backup_home_said(
        "holds 4096 receipts, as many as are kept, and none is dropped for another; move the oldest");
    drop_kept(1);
    put(1);
    CLEANUP(receipt_signed_free) struct receipt_signed kept = {0};
    read_kept(RECEIPTS_KEPT_MAX + 1, &kept);
    ck_assert_uint_eq(kept.receipt.number, 3);
}
END_TEST

/* The way on after a break that was dealt with (docs/operator-guide.md, "Receipts"). */
START_TEST(the_files_from_before_a_break_may_be_moved_away)
{
    open_and_put(2);
    backup_node_replace();
    put(1);
    assert_proof("receipt");
    drop_kept(1);
    drop_kept(2);
    ck_assert_ok_err(backup_home_run("verify"), backup_home_err);
    backup_home_printed("receipts kept: 1 ");
}
END_TEST

START_TEST(receipts_for_others_in_between_prove_nothing)
{
    open_and_put(3);
    drop_kept(2);
    ck_assert_ok_err(backup_home_run("verify"), backup_home_err);
    backup_home_printed("given between them and not kept here: 1,");
}
END_TEST

START_TEST(a_number_given_twice_proves_that_the_node_lost_receipts)
{
    open_and_put(2);
    backup_node_replace();
    put(1);
    assert_proof("(receipt 1)");
}
END_TEST

START_TEST(a_receipt_that_does_not_follow_the_one_we_hold_proves_it_too)
{
    open_and_put(1);
    backup_node_replace();
    put(2);
    drop_kept(2);
    assert_proof("do not belong to one chain");
}
END_TEST

/* Keep one that the node could have signed: of this number, at this time. */
static void keep_made(int place, uint64_t number, uint64_t durable_at_ms)
{
    CLEANUP(keyshares_free) struct keyshares shares = {0};
    CLEANUP(receipt_free) struct receipt receipt = {0};
    CLEANUP(bytes_free) struct bytes envelope = {0};
    CLEANUP(free_text) char *dir = file_path(backup_home, "receipts");
    CLEANUP(free_text) char *path = receipt_path(place);
    const struct receipt_signed before = {.receipt = {.number = number - 1}};
    sample_keyshares(&backup_node.keyset, 1, &shares);
    ck_assert_ok(receipt_describe(&backup_node.keyset, &shares, stage_terms()->backup_key, &receipt));
    receipt.durable_at_ms = durable_at_ms;
    ck_assert_ok(receipt_issue(&receipt, &before, &backup_node.node, &envelope));
    ck_assert_ok_err(file_make_dir(dir, &backup_home_err), backup_home_err);
    ck_assert_ok_err(file_create(path, envelope.data, envelope.len, &backup_home_err), backup_home_err);
}

START_TEST(a_lower_number_at_a_later_time_proves_it_too)
{
    open_and_put(0);
    keep_made(1, 9, 1700000000000);
    keep_made(2, 6, 1700000300000);
    keep_made(3, 4, 1700000600001);
    assert_proof("the later one has the lower number");
}
END_TEST

/* Two workers may write their deliveries in another order than they looked at the clock; and a clock may be set back. */
START_TEST(a_lower_number_at_about_the_same_or_an_earlier_time_proves_nothing)
{
    open_and_put(0);
    keep_made(1, 9, 1700000000000);
    keep_made(2, 7, 1700000600000);
    keep_made(3, 5, 1600000000000);
    keep_made(4, 11, 1500000000000);
    ck_assert_ok_err(backup_home_run("verify"), backup_home_err);
}
END_TEST

/* Two commands at once may keep their receipts in either order. */
START_TEST(receipts_kept_in_another_order_than_given_are_fine)
{
    CLEANUP(free_text) char *first = receipt_path(1);
    CLEANUP(free_text) char *third = receipt_path(3);
    open_and_put(2);
    ck_assert_int_eq(rename(first, third), 0);
    ck_assert_ok_err(backup_home_run("verify"), backup_home_err);
}
END_TEST

START_TEST(two_nodes_have_two_chains)
{
    CLEANUP(ed25519_keypair_free) struct ed25519_keypair other = {0};
    CLEANUP(bytes_free) struct bytes receipt = {0};
    CLEANUP(free_text) char *path = receipt_path(7);
    endpoint_keypair(10, &other);
    open_and_put(2);
    make_receipt(&backup_node.keyset, &other, &receipt);
    ck_assert_ok_err(file_create(path, receipt.data, receipt.len, &backup_home_err), backup_home_err);
    ck_assert_ok_err(backup_home_run(VERIFY_WITH_KEY), backup_home_err);
    backup_home_printed("receipts kept: 3 (nodes: 2, for this keyset: 3)");
    put(1);
    ck_assert_int_eq(backup_home_mode("receipts/0000000008.json"), 0600);
}
END_TEST

START_TEST(receipts_of_another_epoch_are_kept_and_not_compared)
{
    CLEANUP(keyset_free) struct keyset next = {0};
    open_and_put(1);
    sample_keyset_copy(&backup_node.keyset, &next);
    next.epoch_id = 6;
    backup_node_give_home(&next, 2);
    backup_node_write_state("Running", &next);
    ck_assert_ok_err(backup_home_run(VERIFY_WITH_KEY), backup_home_err);
    backup_home_printed("for this keyset: 0");
}
END_TEST

START_TEST(other_shares_than_those_the_receipt_is_for_are_told_where_the_key_is_given)
{
    CLEANUP(keyshares_free) struct keyshares shares = {0};
    CLEANUP(receipt_free) struct receipt receipt = {0};
    CLEANUP(bytes_free) struct bytes envelope = {0};
    CLEANUP(receipt_signed_free) struct receipt_signed first = {0};
    CLEANUP(free_text) char *path = receipt_path(2);
    open_and_put(1);
    read_kept(1, &first);
    sample_keyshares(&backup_node.keyset, 2, &shares);
    ck_assert_ok(receipt_describe(&backup_node.keyset, &shares, stage_terms()->backup_key, &receipt));
    ck_assert_ok(receipt_issue(&receipt, &first, &backup_node.node, &envelope));
    ck_assert_ok_err(file_create(path, envelope.data, envelope.len, &backup_home_err), backup_home_err);
    ck_assert_ok_err(backup_home_run("verify"), backup_home_err);
    ck_assert_outcome(backup_home_run(VERIFY_WITH_KEY), OUTCOME_RECEIPT_INVALID);
    backup_home_said("receipts/0000000002.json: the receipt's digest is not that of the key shares");
    ck_assert_outcome(backup_home_run("verify --backup-encryption-key-hex 00"), OUTCOME_SECRETS_MALFORMED);
}
END_TEST

/* A receipt for the shares of the backup from this node, which has the backup encryption key `key`. */
static void keep_under(int place, const struct secret *key, const struct ed25519_keypair *signer)
{
    CLEANUP(keyshares_free) struct keyshares shares = {0};
    CLEANUP(receipt_free) struct receipt receipt = {0};
    CLEANUP(bytes_free) struct bytes envelope = {0};
    CLEANUP(free_text) char *path = receipt_path(place);
    sample_keyshares(&backup_node.keyset, 1, &shares);
    ck_assert_ok(receipt_describe(&backup_node.keyset, &shares, key, &receipt));
    ck_assert_ok(receipt_issue(&receipt, NULL, signer, &envelope));
    ck_assert_ok_err(file_create(path, envelope.data, envelope.len, &backup_home_err), backup_home_err);
}

/* From A to B and back: each node makes a backup encryption key of its own at its first start. */
START_TEST(a_node_with_another_backup_key_does_not_make_the_digests_of_this_one_wrong)
{
    CLEANUP(ed25519_keypair_free) struct ed25519_keypair other = {0};
    uint8_t bytes[32] = {7};
    struct secret key = {.data = bytes, .len = sizeof bytes, .cap = sizeof bytes};
    endpoint_keypair(10, &other);
    open_and_put(1);
    keep_under(2, &key, &other);
    ck_assert_ok_err(backup_home_run(VERIFY_WITH_KEY), backup_home_err);
    backup_home_printed("receipts kept: 2 (nodes: 2, for this keyset: 2)");
    backup_home_printed("whose digest is another one: 1");
    drop_kept(1);
    ck_assert_outcome(backup_home_run(VERIFY_WITH_KEY), OUTCOME_RECEIPT_INVALID);
    backup_home_said("receipts/0000000002.json: the receipt's digest is not that of the key shares");
}
END_TEST

START_TEST(a_kept_file_that_was_damaged_is_named)
{
    CLEANUP(free_text) char *path = receipt_path(1);
    open_and_put(1);
    ck_assert_ok_err(file_write(path, "{}", 2, &backup_home_err), backup_home_err);
    ck_assert_outcome(backup_home_run("verify"), OUTCOME_RECEIPT_MALFORMED);
    backup_home_said("receipts/0000000001.json: ");
}
END_TEST

START_TEST(files_of_other_names_are_left_alone)
{
    open_and_put(1);
    backup_home_write("receipts/notes.txt", "mine");
    backup_home_write("receipts/1.json", "{}");
    backup_home_write("receipts/.0000000002.json.Ab12Cd", "{");
    ck_assert_ok_err(backup_home_run("verify"), backup_home_err);
    backup_home_printed("receipts kept: 1 (nodes: 1, ");
}
END_TEST

static void add_chain_tests(TCase *tcase)
{
    tcase_add_test(tcase, receipts_for_others_in_between_prove_nothing);
    tcase_add_test(tcase, a_number_given_twice_proves_that_the_node_lost_receipts);
    tcase_add_test(tcase, a_receipt_that_does_not_follow_the_one_we_hold_proves_it_too);
    tcase_add_test(tcase, a_lower_number_at_a_later_time_proves_it_too);
    tcase_add_test(tcase, the_files_from_before_a_break_may_be_moved_away);
    tcase_add_test(tcase, a_lower_number_at_about_the_same_or_an_earlier_time_proves_nothing);
    tcase_add_test(tcase, receipts_kept_in_another_order_than_given_are_fine);
    tcase_add_test(tcase, two_nodes_have_two_chains);
    tcase_add_test(tcase, receipts_of_another_epoch_are_kept_and_not_compared);
    tcase_add_test(tcase, other_shares_than_those_the_receipt_is_for_are_told_where_the_key_is_given);
    tcase_add_test(tcase, a_node_with_another_backup_key_does_not_make_the_digests_of_this_one_wrong);
    tcase_add_test(tcase, a_kept_file_that_was_damaged_is_named);
    tcase_add_test(tcase, files_of_other_names_are_left_alone);
}

int main(void)
{
    SUITE_WITH_CASE(suite, tcase, "backup receipts");
    tcase_add_checked_fixture(tcase, backup_node_setup, backup_node_release);
    tcase_add_test(tcase, put_keeps_the_receipt_that_the_node_gave);
    tcase_add_test(tcase, verify_says_what_the_receipts_show);
    tcase_add_test(tcase, without_receipts_verify_says_so_and_is_fine);
    tcase_add_loop_test(tcase, a_node_that_gives_no_receipts_is_fine_and_said_so, 0, 2);
    tcase_add_loop_test(tcase, a_receipt_that_does_not_hold_is_an_error_although_the_node_said_200, 0, 4);
    tcase_add_test(tcase, a_receipt_that_cannot_be_kept_is_an_error_that_says_what_was_done);
    tcase_add_test(tcase, none_is_dropped_for_another_and_what_to_do_when_there_are_many_is_said);
    add_chain_tests(tcase);
    return run_suite(suite);
}
