/* The commands that deal in key shares, as a person runs them, against files in a folder
 * and a real endpoint of a node. */
#include "tests/support/backup_home.h"
#include "tests/support/endpoint.h"
#include "tests/support/samples.h"
#include "tests/support/stage.h"
#include "tests/support/support.h"
#include "tests/support/tls_server.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backup/secrets.h"
#include "common/os/file.h"

#define ENCRYPTION_KEY "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
#define OTHER_KEY      "ff0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
#define NODE_KEY_TEXT  "ed25519:1thX6LZfHDZZKUs92febYZhYRcXddmzfzF2NvTkPNE"

static struct endpoint endpoint;
static bool endpoint_is_open;

static void setup(void)
{
    backup_home_setup();
    endpoint_is_open = false;
}

static void release(void)
{
    backup_home_release();
    if (endpoint_is_open)
        endpoint_close(&endpoint);
}

/* `command` towards the endpoint, or an address, with its P2P key and the right encryption key. */
static result_t run_towards(const char *command, const char *address, const struct ed25519_public_key *key)
{
    char words[1024], text[ED25519_KEY_TEXT_MAX];
    ed25519_public_key_format(key, text);
    snprintf(words, sizeof words,
             "%s --mpc-node-address %s --mpc-node-p2p-key %s --backup-encryption-key-hex " ENCRYPTION_KEY
             " --request-timeout-seconds 10",
             command, address, text);
    return backup_home_run(words);
}

static result_t run_at_node(const char *command)
{
    char address[ADDRESS_TEXT_MAX];
    address_format(&endpoint.address, address);
    return run_towards(command, address, &endpoint.node.public_key);
}

/* A contract_state.json in `phase` with this keyset. */
static void write_state(const char *phase, const struct keyset *keyset)
{
    static const char participants[] = "\"parameters\":{\"participants\":{\"participants\":[]}}";
    CLEANUP(bytes_free) struct bytes text = {0};
    ck_assert_ok(bytes_append_format(&text, "{\"%s\":{%s\"keyset\":", phase,
                                     strcmp(phase, "Resharing") ? "" : "\"previous_running_state\":{"));
    ck_assert_ok(keyset_write(keyset, &text));
    ck_assert_ok(bytes_append_format(
        &text, strcmp(phase, "Resharing") ? ",%s}}" : "},\"resharing_key\":{%s}}}", participants));
    backup_home_write("contract_state.json", (const char *)text.data);
}

/* Keys in the home, a node on loopback that lets them in, and its keyset as the contract's state. */
static void open_home_and_node(void)
{
    CLEANUP(backup_secrets_free) struct backup_secrets secrets = {0};
    ck_assert_ok_err(backup_home_run("generate-keys"), backup_home_err);
    ck_assert_ok_err(backup_secrets_load(backup_home, &secrets, &backup_home_err), backup_home_err);
    endpoint_prepare(&endpoint);
    endpoint_publish(&endpoint, &secrets.p2p.public_key);
    endpoint_start(&endpoint);
    endpoint_is_open = true;
    write_state("Running", &endpoint.keyset);
}

static void give_node_shares(uint64_t seed)
{
    CLEANUP(keyshares_free) struct keyshares shares = {0};
    sample_keyshares(&endpoint.keyset, seed, &shares);
    result_t staged = stage_shares(endpoint.store, &endpoint.keyset, &shares, &backup_home_err);
    ck_assert_msg(outcome_ok(staged), "%s", backup_home_err.text);
    result_t imported = store_import(endpoint.store, &endpoint.keyset, 100, 1, &backup_home_err);
    ck_assert_msg(outcome_ok(imported), "%s", backup_home_err.text);
}

static void give_home_shares(const struct keyset *keyset, uint64_t seed)
{
    CLEANUP(backup_secrets_free) struct backup_secrets secrets = {0};
    CLEANUP(keyshares_free) struct keyshares shares = {0};
    ck_assert_ok_err(backup_secrets_load(backup_home, &secrets, &backup_home_err), backup_home_err);
    sample_keyshares(keyset, seed, &shares);
    ck_assert_ok_err(backup_store_shares(backup_home, &secrets.local_storage_key, &shares, &backup_home_err),
                     backup_home_err);
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
    open_home_and_node();
    give_node_shares(1);
    ck_assert_outcome(run_at_node("get-keyshares"), OUTCOME_KEYSHARES_STORED);
    backup_home_printed("epoch 5, 3 domains, digest ");
    ck_assert_text_has((const char *)backup_home_report.members.data,
                       "\"http_status\":200,\"epoch_id\":5,\"domains\":3");
    ck_assert_int_eq(backup_home_mode("key"), 0600);
    ck_assert_int_eq(backup_home_mode("permanent_keys"), 0700);
    ck_assert_int_eq(backup_home_mode("permanent_keys/epoch_5_with_3_domains"), 0600);
    ck_assert_outcome(run_at_node("get-keyshares"), OUTCOME_KEYSHARES_UNCHANGED);
    ck_assert_ok_err(backup_home_run("verify"), backup_home_err);
    backup_home_printed("the backup opens");
}
END_TEST

START_TEST(other_shares_of_the_same_keyset_do_not_replace_the_backup)
{
    CLEANUP(bytes_free) struct bytes before = {0};
    CLEANUP(bytes_free) struct bytes after = {0};
    CLEANUP(free_text) char *key_path = NULL;
    open_home_and_node();
    key_path = file_path(backup_home, "key");
    give_node_shares(1);
    give_home_shares(&endpoint.keyset, 2);
    ck_assert_ok(file_read(key_path, 65536, &before, &backup_home_err));
    ck_assert_outcome(run_at_node("get-keyshares"), OUTCOME_KEYSHARES_CONFLICT);
    ck_assert_ok(file_read(key_path, 65536, &after, &backup_home_err));
    ck_assert_uint_eq(before.len, after.len);
    ck_assert_mem_eq(before.data, after.data, before.len);
}
END_TEST

START_TEST(a_backup_delivered_to_a_node_can_be_fetched_from_it_again)
{
    CLEANUP(keyshares_free) struct keyshares expected = {0};
    CLEANUP(keyshares_free) struct keyshares held = {0};
    open_home_and_node();
    give_home_shares(&endpoint.keyset, 3);
    ck_assert_ok_err(run_at_node("put-keyshares"), backup_home_err);
    backup_home_printed("the node took the key shares");
    result_t imported = store_import(endpoint.store, &endpoint.keyset, 100, 1, &backup_home_err);
    ck_assert_msg(outcome_ok(imported), "%s", backup_home_err.text);
    sample_keyshares(&endpoint.keyset, 3, &expected);
    ck_assert_ok_err(store_get(endpoint.store, &endpoint.keyset, &held, &backup_home_err), backup_home_err);
    ck_assert(keyshares_equal(&expected, &held));
    ck_assert_outcome(run_at_node("get-keyshares"), OUTCOME_KEYSHARES_UNCHANGED);
}
END_TEST

START_TEST(a_node_without_shares_refuses_with_its_own_code)
{
    open_home_and_node();
    ck_assert_outcome(run_at_node("get-keyshares"), OUTCOME_SERVER_REFUSED);
    backup_home_said("404");
    ck_assert_text_has((const char *)backup_home_report.members.data,
                       "\"http_status\":404,\"server_outcome\":\"keyshares_not_held\"");
}
END_TEST

START_TEST(shares_of_another_attempt_are_refused_by_the_node)
{
    CLEANUP(keyset_free) struct keyset other = {0};
    open_home_and_node();
    sample_keyset_copy(&endpoint.keyset, &other);
    other.domains[1].attempt = 99;
    give_home_shares(&other, 1);
    ck_assert_outcome(run_at_node("put-keyshares"), OUTCOME_SERVER_REFUSED);
    backup_home_said("422: keyshares_mismatch: ");
}
END_TEST

START_TEST(a_backup_key_that_was_rotated_away_is_refused)
{
    open_home_and_node();
    give_node_shares(1);
    endpoint_publish(&endpoint, &endpoint.backup.public_key);
    ck_assert_outcome(run_at_node("get-keyshares"), OUTCOME_HANDSHAKE_FAILED);
    backup_home_said("registered in the contract");
}
END_TEST

START_TEST(another_encryption_key_than_the_nodes_opens_nothing)
{
    char words[1024], address[ADDRESS_TEXT_MAX], key[ED25519_KEY_TEXT_MAX];
    open_home_and_node();
    give_node_shares(1);
    address_format(&endpoint.address, address);
    ed25519_public_key_format(&endpoint.node.public_key, key);
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
    write_state("Resharing", &keyset);
    server = tls_server_start(
        &(struct server_script){.key = &node, .answer = answers[_i], .answer_len = strlen(answers[_i])});
    ck_assert_outcome(run_towards("get-keyshares", tls_server_address(server), &node.public_key),
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
    ck_assert_outcome(run_towards("put-keyshares", tls_server_address(server), &node.public_key),
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
    ck_assert_outcome(run_towards("get-keyshares", "127.0.0.1:1", &(struct ed25519_public_key){{1}}),
                      OUTCOME_CONTRACT_STATE_MISSING);
    backup_home_said("contract_state.json does not exist");
    backup_home_write("contract_state.json", "\"NotInitialized\"");
    ck_assert_outcome(run_towards("get-keyshares", "127.0.0.1:1", &(struct ed25519_public_key){{1}}),
                      OUTCOME_NOTHING_TO_BACK_UP);
    backup_home_said("the contract is in NotInitialized");
    write_state("Running", &empty);
    ck_assert_outcome(run_towards("get-keyshares", "127.0.0.1:1", &(struct ed25519_public_key){{1}}),
                      OUTCOME_NOTHING_TO_BACK_UP);
    backup_home_write("contract_state.json", "{\"Running\":{}}");
    ck_assert_outcome(run_towards("get-keyshares", "127.0.0.1:1", &(struct ed25519_public_key){{1}}),
                      OUTCOME_VIEW_MALFORMED);
    backup_home_said("contract_state.json: ");
}
END_TEST

START_TEST(verify_tells_a_backup_of_another_keyset)
{
    CLEANUP(keyset_free) struct keyset keyset = {0};
    sample_keyset(5, 3, &keyset);
    ck_assert_ok_err(backup_home_run("generate-keys"), backup_home_err);
    give_home_shares(&keyset, 1);
    ck_assert_outcome(backup_home_run("verify"), OUTCOME_CONTRACT_STATE_MISSING);
    write_state("Running", &keyset);
    ck_assert_ok_err(backup_home_run("verify"), backup_home_err);
    keyset.epoch_id = 6;
    write_state("Running", &keyset);
    ck_assert_outcome(backup_home_run("verify"), OUTCOME_BACKUP_MISMATCH);
    backup_home_said("epoch 5, the keyset of epoch 6");
}
END_TEST

START_TEST(verify_tells_a_backup_that_does_not_open)
{
    CLEANUP(keyset_free) struct keyset keyset = {0};
    sample_keyset(5, 3, &keyset);
    ck_assert_ok_err(backup_home_run("generate-keys"), backup_home_err);
    give_home_shares(&keyset, 1);
    write_state("Running", &keyset);
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
    write_state("Running", &keyset);
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
    give_home_shares(&keyset, 1);
    static const char put[] =
        "put-keyshares --mpc-node-address 127.0.0.1:1 --mpc-node-p2p-key " NODE_KEY_TEXT;
    ck_assert_outcome(backup_home_run(put), OUTCOME_CONFIG_INVALID);
    backup_home_said("--backup-encryption-key-file");
    setenv("BACKUP_ENCRYPTION_KEY_HEX", ENCRYPTION_KEY, 1);
    ck_assert_outcome(backup_home_run(put), OUTCOME_SERVER_UNREACHABLE);
    setenv("BACKUP_ENCRYPTION_KEY_HEX", "0001", 1);
    ck_assert_outcome(backup_home_run(put), OUTCOME_SECRETS_MALFORMED);
    backup_home_write("enc.hex", ENCRYPTION_KEY "\n");
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
    give_home_shares(&keyset, 1);
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
    tcase_add_test(tcase, shares_of_another_attempt_are_refused_by_the_node);
    tcase_add_test(tcase, a_backup_key_that_was_rotated_away_is_refused);
    tcase_add_test(tcase, another_encryption_key_than_the_nodes_opens_nothing);
    tcase_add_loop_test(tcase, an_answer_that_is_not_what_was_asked_for_is_not_stored, 0, 3);
    tcase_add_test(tcase, with_nothing_to_send_no_connection_is_made);
}

int main(void)
{
    SUITE_WITH_CASE(suite, tcase, "backup commands");
    tcase_add_checked_fixture(tcase, setup, release);
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
