#include "tests/support/support.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "backup/signer_key.h"
#include "common/os/file.h"
#include "tests/support/sweep.h"

/* Vector of wire.md 6.2. */
#define PRIVATE                                                                                              \
    "ed25519:561CCDGTqnGrfJcsYwcuRgvU6JCiJnt2GGVpKfkkFcH21o1he4NorPPiyQxPp92VNxygmTRDhFcfQchV7RTYsdHh"
#define PUBLIC "ed25519:ARfPELmYcLeVfKKJQmrR13ReCogu57BVynvpbgUVq6dV"
#define OTHER  "ed25519:1thX6LZfHDZZKUs92febYZhYRcXddmzfzF2NvTkPNE"

static struct ed25519_keypair pair;
static struct error err;

static void release(void)
{
    ed25519_keypair_free(&pair);
}

static result_t parse(const char *text)
{
    return signer_key_parse(text, strlen(text), "alice.near", &pair, &err);
}

static const char *const good[] = {
    PRIVATE,
    PRIVATE "\n",
    "{\"account_id\":\"alice.near\",\"public_key\":\"" PUBLIC "\",\"private_key\":\"" PRIVATE "\"}\n",
    "{\"private_key\":\"" PRIVATE "\"}",
    " {\n \"seed_phrase_hd_path\":\"m/44'/397'/0'\", \"private_key\" : \"" PRIVATE
    "\", \"public_key\" : \"" PUBLIC "\" }",
};

START_TEST(credentials_files_and_bare_keys_are_read)
{
    char text[ED25519_KEY_TEXT_MAX];
    ck_assert_ok_err(parse(good[_i]), err);
    ed25519_public_key_format(&pair.public_key, text);
    ck_assert_str_eq(text, PUBLIC);
}
END_TEST

static const struct {
    const char *text;
    const char *error;
} bad[] = {
    {"", "neither a NEAR credentials file nor an ed25519: key"},
    {"secp256k1:abc", "neither a NEAR credentials file nor an ed25519: key"},
    {"{", "neither a NEAR credentials file nor an ed25519: key"},
    {"[]", "private_key: missing"},
    {"{}", "private_key: missing"},
    {"{\"account_id\":\"alice.near\"}", "private_key: missing"},
    {"{\"account_id\":\"bob.near\",\"private_key\":\"" PRIVATE "\"}",
     "account_id: not the account of --signer-account-id"},
    {"{\"public_key\":\"" OTHER "\",\"private_key\":\"" PRIVATE "\"}", "public_key: not that of private_key"},
    {"{\"public_key\":7,\"private_key\":\"" PRIVATE "\"}", "public_key: not an ed25519: key"},
    {"{\"private_key\":7}", "private_key: not a text"},
    {"{\"private_key\":\"" PUBLIC "\"}", "private_key: "},
    {PUBLIC, "private_key: "},
};

START_TEST(what_is_no_key_is_refused_and_never_quoted)
{
    ck_assert_outcome(parse(bad[_i].text), OUTCOME_SECRETS_MALFORMED);
    ck_assert_msg(strncmp(err.text, bad[_i].error, strlen(bad[_i].error)) == 0, "%s", err.text);
    ck_assert_text_lacks(err.text, "561CCD");
    ck_assert_ptr_null(pair.seed.data);
}
END_TEST

START_TEST(a_file_that_others_may_read_is_refused)
{
    CLEANUP(free_text) char *path = file_path(temporary_dir(), "key.json");
    ck_assert_ok_err(file_create(path, good[2], strlen(good[2]), &err), err);
    ck_assert_ok_err(signer_key_load(path, "alice.near", &pair, &err), err);
    release();
    ck_assert_outcome(signer_key_load(path, "bob.near", &pair, &err), OUTCOME_SECRETS_MALFORMED);
    ck_assert_msg(strncmp(err.text, path, strlen(path)) == 0, "%s", err.text);
    ck_assert_int_eq(chmod(path, 0644), 0);
    ck_assert_outcome(signer_key_load(path, "alice.near", &pair, &err), OUTCOME_KEY_FILE_EXPOSED);
}
END_TEST

START_TEST(a_missing_file_is_refused)
{
    CLEANUP(free_text) char *path = file_path(temporary_dir(), "none.json");
    ck_assert_outcome(signer_key_load(path, "alice.near", &pair, &err), OUTCOME_SECRETS_UNREADABLE);
}
END_TEST

static char *swept_path;

static result_t load_swept(struct error *why)
{
    return signer_key_load(swept_path, "alice.near", &pair, why);
}

static void loaded_or_not(result_t result)
{
    ck_assert_int_eq(result == OUTCOME_OK, pair.seed.data != NULL);
    release();
}

START_TEST(a_key_that_cannot_be_read_for_want_of_memory_is_not_called_malformed)
{
    const struct sweep sweep = {"signer_key_load", release, load_swept, loaded_or_not, NULL, false};
    CLEANUP(free_text) char *path = file_path(temporary_dir(), "swept.json");
    swept_path = path;
    ck_assert_ok_err(file_create(path, good[2], strlen(good[2]), &err), err);
    ck_assert_uint_ge(sweep_run(&sweep, FAULT_MEMORY).calls, 2);
    ck_assert_uint_gt(sweep_run(&sweep, FAULT_CRYPTO).calls, 0);
}
END_TEST

int main(void)
{
    SUITE_WITH_CASE(suite, tcase, "signer key");
    tcase_add_checked_fixture(tcase, NULL, release);
    tcase_add_loop_test(tcase, credentials_files_and_bare_keys_are_read, 0, ARRAY_LEN(good));
    tcase_add_loop_test(tcase, what_is_no_key_is_refused_and_never_quoted, 0, ARRAY_LEN(bad));
    tcase_add_test(tcase, a_file_that_others_may_read_is_refused);
    tcase_add_test(tcase, a_missing_file_is_refused);
    tcase_add_test(tcase, a_key_that_cannot_be_read_for_want_of_memory_is_not_called_malformed);
    return run_suite(suite);
}
