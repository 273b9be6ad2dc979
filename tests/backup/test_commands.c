/* The commands that deal in key shares, as a person runs them, against files in a folder
 * and a real endpoint of a node. */
#include "tests/support/backup_home.h"
#include "tests/support/backup_node.h"
#include "tests/support/endpoint.h"
#include "tests/support/samples.h"
#include "tests/support/stage.h"
#include "tests/support/support.h"
#include "tests/support/tls_server.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "backup/secrets.h"
#include "common/os/file.h"

#define OTHER_KEY     "ff0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
#define NODE_KEY_TEXT "ed25519:1thX6LZfHDZZKUs92febYZhYRcXddmzfzF2NvTkPNE"

static void give_node_shares(uint64_t seed)
{
    CLEANUP(keyshares_free) struct keyshares shares = {0};
    sample_keyshares(&backup_node.keyset, seed, &shares);
    result_t staged = stage_shares(backup_node.store, &backup_node.keyset, &shares, &backup_home_err);
    ck_assert_msg(outcome_ok(staged), "%s", backup_home_err.text);
    result_t imported = store_import(backup_node.store, &backup_node.keyset, 100, &backup_home_err);
    ck_assert_msg(outcome_ok(imported), "%s", backup_home_err.text);
}

START_TEST(generated_keys_are_private_and_never_overwritten)
{
    CLEANUP(bytes_free) struct bytes before = {0};
    CLEANUP(bytes_free) struct bytes after = {0};
    char path[160];
    struct stat info;
    ck_assert_ok_err(backup_home_run("generate-keys"), backup_home_err);
    backup_home_printed("P2P public key");
    ck_assert_int_eq(backup_home_mode("secrets.json"), 0600);
    ck_assert_int_eq(stat(backup_home, &info), 0);
    ck_assert_int_eq(info.st_mode & 07777, 0700);
    snprintf(path, sizeof path, "%s/secrets.json", backup_home);
    ck_assert_ok(file_read(path, 4096, &before, &backup_home_err));
    ck_assert_outcome(backup_home_run("generate-keys"), OUTCOME_FILE_EXISTS);
    ck_assert_ok(file_read(path, 4096, &after, &backup_home_err));
    ck_assert_str_eq((const char *)before.data, (const char *)after.data);
}
END_TEST

START_TEST(shares_fetched_from_a_node_are_stored_and_a_second_time_unchanged)
{
    backup_node_open();
    give_node_shares(1);
    ck_assert_outcome(backup_node_run("get-keyshares"), OUTCOME_KEYSHARES_STORED);
    backup_home_printed("epoch 5, 3 domains, digest ");
    ck_assert_text_has((const char *)backup_home_report.members.data,
                       "\"http_status\":200,\"epoch_id\":5,\"domains\":3");
    ck_assert_int_eq(backup_home_mode("key"), 0600);
    ck_assert_int_eq(backup_home_mode("permanent_keys"), 0700);
    ck_assert_int_eq(backup_home_mode("permanent_keys/epoch_5_with_3_domains"), 0600);
    ck_assert_outcome(backup_node_run("get-keyshares"), OUTCOME_KEYSHARES_UNCHANGED);
    ck_assert_ok_err(backup_home_run("verify"), backup_home_err);
    backup_home_printed("the backup opens");
}
END_TEST

START_TEST(other_shares_of_the_same_keyset_do_not_replace_the_backup)
{
    CLEANUP(bytes_free) struct bytes before = {0};
    CLEANUP(bytes_free) struct bytes after = {0};
    CLEANUP(free_text) char *key_path = NULL;
    backup_node_open();
    key_path = file_path(backup_home, "key");
    give_node_shares(1);
    backup_node_give_home(&backup_node.keyset, 2);
    ck_assert_ok(file_read(key_path, 65536, &before, &backup_home_err));
    ck_assert_outcome(backup_node_run("get-keyshares"), OUTCOME_KEYSHARES_CONFLICT);
    ck_assert_ok(file_read(key_path, 65536, &after, &backup_home_err));
    ck_assert_uint_eq(before.len, after.len);
    ck_assert_mem_eq(before.data, after.data, before.len);
}
END_TEST

START_TEST(a_backup_delivered_to_a_node_can_be_fetched_from_it_again)
{
    CLEANUP(keyshares_free) struct keyshares expected = {0};
    CLEANUP(keyshares_free) struct keyshares held = {0};
    backup_node_open();
    backup_node_give_home(&backup_node.keyset, 3);
    ck_assert_ok_err(backup_node_run("put-keyshares"), backup_home_err);
    backup_home_printed("the node took the key shares");
    result_t imported = store_import(backup_node.store, &backup_node.keyset, 100, &backup_home_err);
    ck_assert_msg(outcome_ok(imported), "%s", backup_home_err.text);
    sample_keyshares(&backup_node.keyset, 3, &expected);
    ck_assert_ok_err(store_get(backup_node.store, &backup_node.keyset, &held, &backup_home_err),
                     backup_home_err);
    ck_assert(keyshares_equal(&expected, &held));
    ck_assert_outcome(backup_node_run("get-keyshares"), OUTCOME_KEYSHARES_UNCHANGED);
}
END_TEST

START_TEST(a_node_without_shares_refuses_with_its_own_code)
{
    backup_node_open();
    ck_assert_outcome(backup_node_run("get-keyshares"), OUTCOME_SERVER_REFUSED);
    backup_home_said("404");
    ck_assert_text_has((const char *)backup_home_report.members.data,
                       "\"http_status\":404,\"server_outcome\":\"keyshares_not_held\"");
}
END_TEST

START_TEST(shares_of_another_attempt_take_the_place_of_those_before_which_are_kept)
{
    CLEANUP(keyset_free) struct keyset before = {0};
    CLEANUP(free_text) char *kept = NULL;
    CLEANUP(keyshares_free) struct keyshares first = {0};
    char digest[KEYSHARES_DIGEST_TEXT_LEN];
    backup_node_open();
    sample_keyset_copy(&backup_node.keyset, &before);
    for (size_t i = 0; i < before.count; i++)
        before.domains[i].attempt += 7;
    sample_keyshares(&before, 3, &first);
    ck_assert_ok(keyshares_digest(&first, digest));
    backup_node_give_home(&before, 3);
    give_node_shares(1);
    ck_assert_outcome(backup_node_run("get-keyshares"), OUTCOME_KEYSHARES_STORED);
    ck_assert_outcome(backup_node_run("get-keyshares"), OUTCOME_KEYSHARES_UNCHANGED);
    ck_assert_int_gt(asprintf(&kept, "%s/superseded_keys/epoch_%llu_with_%zu_domains.%.16s", backup_home,
                              (unsigned long long)before.epoch_id, before.count, digest),
                     0);
    ck_assert_msg(file_exists(kept), "%s", kept);
}
END_TEST

/* As a fetch leaves the home that is stopped after its file, and before `key` is it. */
static void stop_before_link(const struct keyset *before)
{
    CLEANUP(free_text) char *key = file_path(backup_home, "key");
    CLEANUP(free_text) char *old = file_path(backup_home, "old-key");
    if (before)
        backup_node_give_home(before, 2);
    if (before)
        ck_assert_int_eq(link(key, old), 0);
    backup_node_give_home(&backup_node.keyset, 3);
    ck_assert_int_eq(before ? rename(old, key) : unlink(key), 0);
}

START_TEST(a_fetch_that_was_stopped_before_its_link_can_be_delivered)
{
    CLEANUP(keyset_free) struct keyset before = {0};
    backup_node_open();
    sample_keyset(backup_node.keyset.epoch_id - 1, backup_node.keyset.count, &before);
    stop_before_link(_i ? &before : NULL);
    ck_assert_ok_err(backup_home_run("verify"), backup_home_err);
    ck_assert_ok_err(backup_node_run("put-keyshares"), backup_home_err);
    backup_home_printed("the node took the key shares");
}
END_TEST

START_TEST(an_older_file_than_key_is_not_delivered_for_an_old_contract_state)
{
    CLEANUP(keyset_free) struct keyset next = {0};
    backup_node_open();
    backup_node_give_home(&backup_node.keyset, 3);
    sample_keyset(backup_node.keyset.epoch_id + 1, backup_node.keyset.count, &next);
    backup_node_give_home(&next, 2);
    ck_assert_outcome(backup_home_run("verify"), OUTCOME_BACKUP_MISMATCH);
    ck_assert_outcome(backup_node_run("put-keyshares"), OUTCOME_SERVER_REFUSED);
    backup_home_said("422: keyshares_mismatch: ");
}
END_TEST

/* A domain came, and an old contract_state.json was put back. */
START_TEST(a_file_of_fewer_domains_than_key_is_not_delivered_for_an_old_contract_state)
{
    CLEANUP(keyset_free) struct keyset more = {0};
    backup_node_open();
    sample_keyset(backup_node.keyset.epoch_id, backup_node.keyset.count + 1, &more);
    backup_node_give_home(&backup_node.keyset, 3);
    backup_node_give_home(&more, 3);
    ck_assert_outcome(backup_home_run("verify"), OUTCOME_BACKUP_MISMATCH);
    ck_assert_outcome(backup_node_run("put-keyshares"), OUTCOME_SERVER_REFUSED);
    backup_home_said("422: keyshares_mismatch: ");
}
END_TEST

START_TEST(shares_of_another_attempt_are_refused_by_the_node)
{
    CLEANUP(keyset_free) struct keyset other = {0};
    backup_node_open();
    sample_keyset_copy(&backup_node.keyset, &other);
    other.domains[1].attempt = 99;
    backup_node_give_home(&other, 1);
    ck_assert_outcome(backup_node_run("put-keyshares"), OUTCOME_SERVER_REFUSED);
    backup_home_said("422: keyshares_mismatch: ");
}
END_TEST

START_TEST(a_backup_key_that_was_rotated_away_is_refused)
{
    backup_node_open();
    give_node_shares(1);
    endpoint_publish(&backup_node, &backup_node.backup.public_key);
    ck_assert_outcome(backup_node_run("get-keyshares"), OUTCOME_HANDSHAKE_FAILED);
    backup_home_said("registered in the contract");
}
END_TEST

START_TEST(another_encryption_key_than_the_nodes_opens_nothing)
{
    char words[1024], address[ADDRESS_TEXT_MAX], key[ED25519_KEY_TEXT_MAX];
    backup_node_open();
    give_node_shares(1);
    address_format(&backup_node.address, address);
    ed25519_public_key_format(&backup_node.node.public_key, key);
    snprintf(
        words, sizeof words,
        "get-keyshares --mpc-node-address %s --mpc-node-p2p-key %s --backup-encryption-key-hex " OTHER_KEY,
        address, key);
    ck_assert_outcome(backup_home_run(words), OUTCOME_UNSEAL_FAILED);
    backup_home_said("another backup encryption key");
    ck_assert_outcome(backup_home_run("verify"), OUTCOME_STORE_NOT_FOUND);
}
END_TEST

START_TEST(an_answer_that_is_not_what_was_asked_for_is_not_stored)
{
    static const char *const answers[] = {
        "HTTP/1.1 200 OK\r\ncontent-length: 42\r\n\r\ninternal error serializing or encrypting k",
        "HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nAAEC",
        /* sealed `[]` (wire.md 3.1) */
        "HTTP/1.1 200 OK\r\ncontent-length: 40\r\n\r\noKGio6SlpqeoqaqrvUVxAWV+LvhlRm0hd0E0r0/o",
    };
    static const result_t outcomes[] = {OUTCOME_BASE64_MALFORMED, OUTCOME_NONCE_TRUNCATED,
                                        OUTCOME_KEYSHARES_MISMATCH};
    CLEANUP(tls_server_free) struct tls_server *server = NULL;
    CLEANUP(ed25519_keypair_free) struct ed25519_keypair node = {0};
    CLEANUP(keyset_free) struct keyset keyset = {0};
    endpoint_keypair(9, &node);
    sample_keyset(5, 1, &keyset);
    ck_assert_ok_err(backup_home_run("generate-keys"), backup_home_err);
    backup_node_write_state("Resharing", &keyset);
    server = tls_server_start(
        &(struct server_script){.key = &node, .answer = answers[_i], .answer_len = strlen(answers[_i])});
    ck_assert_outcome(backup_node_run_at("get-keyshares", tls_server_address(server), &node.public_key),
                      outcomes[_i]);
    ck_assert_outcome(backup_home_run("verify"), OUTCOME_STORE_NOT_FOUND);
}
END_TEST

START_TEST(with_nothing_to_send_no_connection_is_made)
{
    CLEANUP(tls_server_free) struct tls_server *server = NULL;
    CLEANUP(ed25519_keypair_free) struct ed25519_keypair node = {0};
    const struct bytes *certificate;
    endpoint_keypair(9, &node);
    ck_assert_ok_err(backup_home_run("generate-keys"), backup_home_err);
    server = tls_server_start(&(struct server_script){.key = &node});
    ck_assert_outcome(backup_node_run_at("put-keyshares", tls_server_address(server), &node.public_key),
                      OUTCOME_NOTHING_TO_SEND);
    backup_home_said("get-keyshares");
    tls_server_finish(server, NULL, &certificate);
    ck_assert_uint_eq(certificate->len, 0);
}
END_TEST

START_TEST(get_keyshares_needs_a_state_with_a_keyset)
{
    const struct keyset empty = {.epoch_id = 5};
    ck_assert_ok_err(backup_home_run("generate-keys"), backup_home_err);
    ck_assert_outcome(backup_node_run_at("get-keyshares", "127.0.0.1:1", &(struct ed25519_public_key){{1}}),
                      OUTCOME_CONTRACT_STATE_MISSING);
    backup_home_said("contract_state.json does not exist");
    backup_home_write("contract_state.json", "\"NotInitialized\"");
    ck_assert_outcome(backup_node_run_at("get-keyshares", "127.0.0.1:1", &(struct ed25519_public_key){{1}}),
                      OUTCOME_NOTHING_TO_BACK_UP);
    backup_home_said("the contract is in NotInitialized");
    backup_node_write_state("Running", &empty);
    ck_assert_outcome(backup_node_run_at("get-keyshares", "127.0.0.1:1", &(struct ed25519_public_key){{1}}),
                      OUTCOME_NOTHING_TO_BACK_UP);
    backup_home_write("contract_state.json", "{\"Running\":{}}");
    ck_assert_outcome(backup_node_run_at("get-keyshares", "127.0.0.1:1", &(struct ed25519_public_key){{1}}),
                      OUTCOME_VIEW_MALFORMED);
    backup_home_said("contract_state.json: ");
}
END_TEST

START_TEST(verify_tells_a_backup_of_another_keyset)
{
    CLEANUP(keyset_free) struct keyset keyset = {0};
    sample_keyset(5, 3, &keyset);
    ck_assert_ok_err(backup_home_run("generate-keys"), backup_home_err);
    backup_node_give_home(&keyset, 1);
    ck_assert_outcome(backup_home_run("verify"), OUTCOME_CONTRACT_STATE_MISSING);
    backup_node_write_state("Running", &keyset);
    ck_assert_ok_err(backup_home_run("verify"), backup_home_err);
    keyset.epoch_id = 6;
    backup_node_write_state("Running", &keyset);
    ck_assert_outcome(backup_home_run("verify"), OUTCOME_BACKUP_MISMATCH);
    backup_home_said("epoch 5, the keyset of epoch 6");
}
END_TEST

START_TEST(verify_tells_a_backup_that_does_not_open)
{
    CLEANUP(keyset_free) struct keyset keyset = {0};
    sample_keyset(5, 3, &keyset);
    ck_assert_ok_err(backup_home_run("generate-keys"), backup_home_err);
    backup_node_give_home(&keyset, 1);
    backup_node_write_state("Running", &keyset);
    CLEANUP(free_text) char *path = file_path(backup_home, "key");
    ck_assert_ok_err(file_write(path, "0123456789012345678901234567890123456789", 40, &backup_home_err),
                     backup_home_err);
    ck_assert_outcome(backup_home_run("verify"), OUTCOME_STORE_CORRUPT);
}
END_TEST

START_TEST(the_reference_backup_of_a_rust_home_is_read)
{
    CLEANUP(bytes_free) struct bytes sealed = {0};
    CLEANUP(bytes_free) struct bytes keyset_text = {0};
    CLEANUP(bytes_free) struct bytes text = {0};
    CLEANUP(keyset_free) struct keyset keyset = {0};
    if (!reference_data("keyshares/epoch_5_with_3_domains.bin", &sealed) ||
        !reference_data("keyshares/keyset.json", &keyset_text))
        return;
    ck_assert_int_eq(mkdir(backup_home, 0755), 0);
    for (int i = 0; i < 3; i++) {
        static const char *const names[] = {"{\"p2p_private_key\":[", "],\"near_signer_key\":[",
                                            "],\"local_storage_aes_key\":["};
        ck_assert_ok(bytes_append_text(&text, names[i]));
        for (int n = 0; n < (i == 2 ? 16 : 32); n++)
            ck_assert_ok(bytes_append_text(&text, n ? ",170" : "170"));
    }
    ck_assert_ok(bytes_append_text(&text, "]}"));
    backup_home_write("secrets.json", (const char *)text.data);
    CLEANUP(free_text) char *path = file_path(backup_home, "key");
    ck_assert_ok_err(file_create(path, sealed.data, sealed.len, &backup_home_err), backup_home_err);
    ck_assert_ok_err(keyset_parse((const char *)keyset_text.data, keyset_text.len, &keyset, &backup_home_err),
                     backup_home_err);
    backup_node_write_state("Running", &keyset);
    ck_assert_ok_err(backup_home_run("verify"), backup_home_err);
    backup_home_printed("epoch 5, 3 domains");
}
END_TEST

START_TEST(the_encryption_key_comes_from_a_file_an_option_or_the_environment)
{
    CLEANUP(keyset_free) struct keyset keyset = {0};
    char words[512];
    sample_keyset(5, 1, &keyset);
    ck_assert_ok_err(backup_home_run("generate-keys"), backup_home_err);
    backup_node_give_home(&keyset, 1);
    static const char put[] =
        "put-keyshares --mpc-node-address 127.0.0.1:1 --mpc-node-p2p-key " NODE_KEY_TEXT;
    ck_assert_outcome(backup_home_run(put), OUTCOME_CONFIG_INVALID);
    backup_home_said("--backup-encryption-key-file");
    setenv("BACKUP_ENCRYPTION_KEY_HEX", BACKUP_NODE_ENCRYPTION_KEY, 1);
    ck_assert_outcome(backup_home_run(put), OUTCOME_SERVER_UNREACHABLE);
    setenv("BACKUP_ENCRYPTION_KEY_HEX", "0001", 1);
    ck_assert_outcome(backup_home_run(put), OUTCOME_SECRETS_MALFORMED);
    backup_home_write("enc.hex", BACKUP_NODE_ENCRYPTION_KEY "\n");
    snprintf(words, sizeof words, "%s --backup-encryption-key-file %s/enc.hex", put, backup_home);
    ck_assert_outcome(backup_home_run(words), OUTCOME_SERVER_UNREACHABLE);
    CLEANUP(free_text) char *path = file_path(backup_home, "enc.hex");
    ck_assert_int_eq(chmod(path, 0644), 0);
    ck_assert_outcome(backup_home_run(words), OUTCOME_KEY_FILE_EXPOSED);
}
END_TEST

START_TEST(a_p2p_key_that_is_none_is_refused)
{
    CLEANUP(keyset_free) struct keyset keyset = {0};
    sample_keyset(5, 1, &keyset);
    ck_assert_ok_err(backup_home_run("generate-keys"), backup_home_err);
    backup_node_give_home(&keyset, 1);
    ck_assert_outcome(
        backup_home_run("put-keyshares --mpc-node-address 127.0.0.1:1 --mpc-node-p2p-key ed25519:x"),
        OUTCOME_CONFIG_INVALID);
    backup_home_said("--mpc-node-p2p-key: ");
}
END_TEST

static void add_network_tests(TCase *tcase)
{
    tcase_add_test(tcase, shares_fetched_from_a_node_are_stored_and_a_second_time_unchanged);
    tcase_add_test(tcase, other_shares_of_the_same_keyset_do_not_replace_the_backup);
    tcase_add_test(tcase, a_backup_delivered_to_a_node_can_be_fetched_from_it_again);
    tcase_add_test(tcase, a_node_without_shares_refuses_with_its_own_code);
    tcase_add_test(tcase, shares_of_another_attempt_take_the_place_of_those_before_which_are_kept);
    tcase_add_loop_test(tcase, a_fetch_that_was_stopped_before_its_link_can_be_delivered, 0, 2);
    tcase_add_test(tcase, an_older_file_than_key_is_not_delivered_for_an_old_contract_state);
    tcase_add_test(tcase, a_file_of_fewer_domains_than_key_is_not_delivered_for_an_old_contract_state);
    tcase_add_test(tcase, shares_of_another_attempt_are_refused_by_the_node);
    tcase_add_test(tcase, a_backup_key_that_was_rotated_away_is_refused);
    tcase_add_test(tcase, another_encryption_key_than_the_nodes_opens_nothing);
    tcase_add_loop_test(tcase, an_answer_that_is_not_what_was_asked_for_is_not_stored, 0, 3);
    tcase_add_test(tcase, with_nothing_to_send_no_connection_is_made);
}

int main(void)
{
    SUITE_WITH_CASE(suite, tcase, "backup commands");
    tcase_add_checked_fixture(tcase, backup_node_setup, backup_node_release);
    tcase_add_test(tcase, generated_keys_are_private_and_never_overwritten);
    add_network_tests(tcase);
    tcase_add_test(tcase, get_keyshares_needs_a_state_with_a_keyset);
    tcase_add_test(tcase, verify_tells_a_backup_of_another_keyset);
    tcase_add_test(tcase, verify_tells_a_backup_that_does_not_open);
    tcase_add_test(tcase, the_reference_backup_of_a_rust_home_is_read);
    tcase_add_test(tcase, the_encryption_key_comes_from_a_file_an_option_or_the_environment);
    tcase_add_test(tcase, a_p2p_key_that_is_none_is_refused);
    return run_suite(suite);
}
