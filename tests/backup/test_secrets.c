#include "tests/support/support.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "backup/secrets.h"
#include "common/os/file.h"
#include "common/seal.h"

#define COUNT_32  "0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31"
#define COUNT_16  "0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,255"
#define P2P       "\"p2p_private_key\":[" COUNT_32 "]"
#define SIGNER    "\"near_signer_key\":[" COUNT_32 "]"
#define AES       "\"local_storage_aes_key\":[" COUNT_16 "]"
#define FILE_TEXT "{" P2P "," SIGNER "," AES "}"

static struct backup_secrets secrets;
static struct error err;

static void release(void)
{
    backup_secrets_free(&secrets);
}

static result_t parse(const char *text)
{
    return backup_secrets_parse(text, strlen(text), &secrets, &err);
}

START_TEST(the_number_arrays_of_backup_cli_come_back_byte_for_byte)
{
    CLEANUP(secret_free) struct secret text = {0};
    char key[ED25519_KEY_TEXT_MAX];
    ck_assert_ok_err(parse(FILE_TEXT), err);
    ed25519_public_key_format(&secrets.p2p.public_key, key);
    /* the peer key of seed 00 01 .. 1f is 03a107bf.. (wire.md 1.2) */
    ck_assert_uint_eq(secrets.p2p.public_key.bytes[0], 0x03);
    ck_assert_uint_eq(secrets.p2p.public_key.bytes[31], 0xb8);
    ck_assert_uint_eq(secrets.local_storage_key.data[15], 255);
    ck_assert_ok(backup_secrets_write(&secrets, &text));
    ck_assert_uint_eq(text.len, strlen(FILE_TEXT));
    ck_assert_mem_eq(text.data, FILE_TEXT, text.len);
}
END_TEST

START_TEST(order_white_space_and_unknown_members_do_not_matter)
{
    ck_assert_ok_err(parse("{ " AES ",\n\"new\":{\"a\":[1]},\n " SIGNER ", " P2P " }\n"), err);
}
END_TEST

static const struct {
    const char *text;
    const char *error;
} bad[] = {
    {"", "secrets.json: "},
    {"[]", "secrets.json: the file: an object expected"},
    {"{" P2P "," SIGNER "}", "secrets.json: local_storage_aes_key: missing"},
    {"{" P2P "," AES "}", "secrets.json: near_signer_key: missing"},
    {"{" P2P "," P2P "," AES "}", "secrets.json: "},
    {"{\"p2p_private_key\":[1,2,3]," SIGNER "," AES "}",
     "secrets.json: p2p_private_key: an array of 32 numbers from 0 to 255 expected"},
    {"{\"p2p_private_key\":[" COUNT_32 ",32]," SIGNER "," AES "}",
     "secrets.json: p2p_private_key: an array of 32 numbers from 0 to 255 expected"},
    {"{\"p2p_private_key\":[256,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,"
     "29,30,31]}",
     "secrets.json: p2p_private_key: an array of 32 numbers from 0 to 255 expected"},
    {"{\"local_storage_aes_key\":[" COUNT_32 "]}",
     "secrets.json: local_storage_aes_key: an array of 16 numbers from 0 to 255 expected"},
    /* the node's file of the same name */
    {"{\"p2p_private_key\":\"ed25519:x\",\"near_signer_key\":\"ed25519:x\",\"near_responder_keys\":[]}",
     "secrets.json: p2p_private_key: an array of 32 numbers from 0 to 255 expected"},
};

START_TEST(what_is_no_such_file_is_refused_and_never_quoted)
{
    ck_assert_outcome(parse(bad[_i].text), OUTCOME_SECRETS_MALFORMED);
    ck_assert_msg(strncmp(err.text, bad[_i].error, strlen(bad[_i].error)) == 0, "%s", err.text);
    ck_assert_ptr_null(secrets.p2p.seed.data);
}
END_TEST

START_TEST(a_saved_file_is_private_and_loads_again)
{
    CLEANUP(backup_secrets_free) struct backup_secrets again = {0};
    CLEANUP(free_text) char *path = file_path(temporary_dir(), "secrets.json");
    struct stat info;
    ck_assert_ok(backup_secrets_generate(&secrets));
    ck_assert_ok_err(backup_secrets_save(temporary_dir(), &secrets, &err), err);
    ck_assert_int_eq(stat(path, &info), 0);
    ck_assert_int_eq(info.st_mode & 07777, 0600);
    ck_assert_ok_err(backup_secrets_load(temporary_dir(), &again, &err), err);
    ck_assert(ed25519_public_key_equal(&again.p2p.public_key, &secrets.p2p.public_key));
    ck_assert(ed25519_public_key_equal(&again.near_signer.public_key, &secrets.near_signer.public_key));
    ck_assert_mem_eq(again.local_storage_key.data, secrets.local_storage_key.data, SEAL_AT_REST_KEY_LEN);
    ck_assert_outcome(backup_secrets_save(temporary_dir(), &secrets, &err), OUTCOME_FILE_EXISTS);
}
END_TEST

START_TEST(two_homes_never_get_the_same_keys)
{
    CLEANUP(backup_secrets_free) struct backup_secrets other = {0};
    ck_assert_ok(backup_secrets_generate(&secrets));
    ck_assert_ok(backup_secrets_generate(&other));
    ck_assert(!ed25519_public_key_equal(&other.p2p.public_key, &secrets.p2p.public_key));
    ck_assert(!ed25519_public_key_equal(&secrets.near_signer.public_key, &secrets.p2p.public_key));
}
END_TEST

START_TEST(a_file_that_others_may_read_is_read_with_a_warning)
{
    CLEANUP(free_text) char *path = file_path(temporary_dir(), "secrets.json");
    ck_assert_ok_err(file_create(path, FILE_TEXT, strlen(FILE_TEXT), &err), err);
    ck_assert_int_eq(chmod(path, 0644), 0);
    ck_assert_ok_err(backup_secrets_load(temporary_dir(), &secrets, &err), err);
}
END_TEST

START_TEST(a_missing_file_says_what_makes_it)
{
    ck_assert_outcome(backup_secrets_load(temporary_dir(), &secrets, &err), OUTCOME_SECRETS_UNREADABLE);
    ck_assert_text_has(err.text, "generate-keys");
    ck_assert_outcome(backup_secrets_load("/dev/null", &secrets, &err), OUTCOME_SECRETS_UNREADABLE);
    backup_secrets_free(NULL);
}
END_TEST

int main(void)
{
    SUITE_WITH_CASE(suite, tcase, "backup secrets");
    tcase_add_checked_fixture(tcase, NULL, release);
    tcase_add_test(tcase, the_number_arrays_of_backup_cli_come_back_byte_for_byte);
    tcase_add_test(tcase, order_white_space_and_unknown_members_do_not_matter);
    tcase_add_loop_test(tcase, what_is_no_such_file_is_refused_and_never_quoted, 0, ARRAY_LEN(bad));
    tcase_add_test(tcase, a_saved_file_is_private_and_loads_again);
    tcase_add_test(tcase, two_homes_never_get_the_same_keys);
    tcase_add_test(tcase, a_file_that_others_may_read_is_read_with_a_warning);
    tcase_add_test(tcase, a_missing_file_says_what_makes_it);
    return run_suite(suite);
}
