#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/os/file.h"
#include "node/identity.h"
#include "tests/support/support.h"

/* wire.md 6.2. */
#define P2P_KEY                                                                                              \
    "ed25519:561CCDGTqnGrfJcsYwcuRgvU6JCiJnt2GGVpKfkkFcH21o1he4NorPPiyQxPp92VNxygmTRDhFcfQchV7RTYsdHh"
#define P2P_PUBLIC "ed25519:ARfPELmYcLeVfKKJQmrR13ReCogu57BVynvpbgUVq6dV"
static const uint8_t p2p_seed[4] = {0xcc, 0x61, 0xf6, 0xde};

#define MEMBER(name, value) "\"" name "\":" value
#define P2P                 MEMBER("p2p_private_key", "\"" P2P_KEY "\"")
#define SIGNER              MEMBER("near_signer_key", "\"" P2P_KEY "\"")
#define RESPONDERS          MEMBER("near_responder_keys", "[\"" P2P_KEY "\"]")

static struct identity identity;
static struct error err;

static result_t parse(const char *text)
{
    memset(&identity, 0, sizeof(identity));
    return identity_parse(text, strlen(text), &identity, &err);
}

static void check_refused(const char *text, const char *part)
{
    ck_assert_outcome(parse(text), OUTCOME_SECRETS_MALFORMED);
    ck_assert_text_has(err.text, part);
    ck_assert_msg(!strstr(err.text, "561CC"), "the text shows a key: %s", err.text);
}

START_TEST(the_vector_is_read)
{
    char text[ED25519_KEY_TEXT_MAX];
    ck_assert_ok_err(parse("{" P2P "," SIGNER "," RESPONDERS "}"), err);
    ed25519_public_key_format(&identity.p2p.public_key, text);
    ck_assert_str_eq(text, P2P_PUBLIC);
    ck_assert_mem_eq(identity.p2p.seed.data, p2p_seed, sizeof(p2p_seed));
    ck_assert_uint_eq(identity.responder_count, 1);
    identity_free(&identity);
}
END_TEST

START_TEST(a_file_made_by_hand_is_read_in_any_order_with_unknown_members)
{
    ck_assert_ok_err(
        parse("\n{\n  \"comment\": {\"a\": [1, \"}\", {\"p2p_private_key\": 1}], \"b\": \"\\\"\"},\n  "
              "\"near_responder_keys\" : [ \"" P2P_KEY "\" ,\n \"" P2P_KEY "\" ],\n" SIGNER ",\"n\":null,"
              "\"x\":-1.5e3 , " P2P "\n}\n"),
        err);
    ck_assert_uint_eq(identity.responder_count, 2);
    identity_free(&identity);
}
END_TEST

START_TEST(what_is_wrong_is_said_with_the_member)
{
    check_refused("{" SIGNER "," RESPONDERS "}", "p2p_private_key: missing");
    check_refused("{" P2P "," RESPONDERS "}", "near_signer_key: missing");
    check_refused("{" P2P "," SIGNER "}", "near_responder_keys: missing");
    check_refused("{" P2P "," SIGNER "," MEMBER("near_responder_keys", "[]") "}", "at least one");
    check_refused("{" P2P "," SIGNER "," MEMBER("near_responder_keys", "[1]") "}", "near_responder_keys");
    check_refused("{" P2P "," SIGNER "," MEMBER("near_responder_keys", "\"" P2P_KEY "\"") "}",
                  "not an array");
    check_refused("{" P2P "," MEMBER("near_signer_key", "[1,2]") "," RESPONDERS "}",
                  "near_signer_key: not a text");
    check_refused("{" P2P "," MEMBER("near_signer_key", "\"ed25519:abc\"") "," RESPONDERS "}",
                  "near_signer_key");
    check_refused("{" P2P "," MEMBER("near_signer_key", "\"" P2P_PUBLIC "\"") "," RESPONDERS "}",
                  "near_signer_key");
}
END_TEST

START_TEST(what_is_not_strict_json_is_refused)
{
    check_refused("", "secrets.json");
    check_refused("[]", "not a JSON object");
    check_refused("\"" P2P_KEY "\"", "not a JSON object");
    check_refused("{" P2P "," P2P "," SIGNER "," RESPONDERS "}", "secrets.json");
    check_refused("{" P2P "," SIGNER "," RESPONDERS "} x", "secrets.json");
    check_refused("{" P2P "," SIGNER "," RESPONDERS, "secrets.json");
}
END_TEST

START_TEST(a_key_whose_halves_do_not_belong_together_is_refused)
{
    /* The vector with its last digit changed. */
    char text[sizeof("{" P2P "," SIGNER "," RESPONDERS "}")] = "{" P2P "," SIGNER "," RESPONDERS "}";
    char *last = strstr(text, "sdHh");
    ck_assert_ptr_nonnull(last);
    last[3] = 'i';
    check_refused(text, "p2p_private_key");
}
END_TEST

START_TEST(more_responders_than_the_limit_are_refused)
{
    CLEANUP(bytes_free) struct bytes text = {0};
    ck_assert_ok(bytes_append_text(&text, "{" P2P "," SIGNER ",\"near_responder_keys\":[\"" P2P_KEY "\""));
    for (int i = 0; i < IDENTITY_RESPONDERS_MAX; i++)
        ck_assert_ok(bytes_append_text(&text, ",\"" P2P_KEY "\""));
    ck_assert_ok(bytes_append_text(&text, "]}"));
    check_refused((const char *)text.data, "too many");
}
END_TEST

START_TEST(the_first_start_makes_a_file_and_the_second_reads_it)
{
    const char *home = temporary_dir();
    CLEANUP(free_text) char *path = file_path(home, "secrets.json");
    CLEANUP(bytes_free) struct bytes text = {0};
    CLEANUP(bytes_free) struct bytes again = {0};
    CLEANUP(identity_free) struct identity first = {0};
    CLEANUP(identity_free) struct identity second = {0};
    struct stat info;
    bool made = false;
    ck_assert_outcome(identity_load(home, &first, &err), OUTCOME_SECRETS_UNREADABLE);
    ck_assert_text_has(err.text, "secrets.json");
    ck_assert_ok_err(identity_load_or_make(home, &first, &made, &err), err);
    ck_assert(made);
    ck_assert_int_eq(stat(path, &info), 0);
    ck_assert_uint_eq(info.st_mode & 0777, 0600);
    ck_assert_ok_err(file_read(path, IDENTITY_FILE_BYTES_MAX, &text, &err), err);
    ck_assert_int_eq(strncmp((const char *)text.data, "{\"p2p_private_key\":\"ed25519:", 27), 0);
    ck_assert_ptr_null(strpbrk((const char *)text.data, " \n"));

    ck_assert_ok_err(identity_load_or_make(home, &second, &made, &err), err);
    ck_assert(!made);
    ck_assert(ed25519_public_key_equal(&first.p2p.public_key, &second.p2p.public_key));
    ck_assert(ed25519_public_key_equal(&first.signer.public_key, &second.signer.public_key));
    ck_assert(!ed25519_public_key_equal(&first.p2p.public_key, &first.signer.public_key));
    ck_assert(!ed25519_public_key_equal(&first.p2p.public_key, &first.responders[0]));
    ck_assert_ok_err(file_read(path, IDENTITY_FILE_BYTES_MAX, &again, &err), err);
    ck_assert_uint_eq(text.len, again.len);
    ck_assert_mem_eq(text.data, again.data, text.len);
}
END_TEST

START_TEST(a_bad_file_is_never_overwritten)
{
    const char *home = temporary_dir();
    CLEANUP(free_text) char *path = file_path(home, "secrets.json");
    CLEANUP(bytes_free) struct bytes text = {0};
    bool made;
    ck_assert_ok_err(file_create(path, "{}", 2, &err), err);
    ck_assert_outcome(identity_load_or_make(home, &identity, &made, &err), OUTCOME_SECRETS_MALFORMED);
    ck_assert_ok_err(file_read(path, 100, &text, &err), err);
    ck_assert_str_eq((const char *)text.data, "{}");
    unlink(path);
    ck_assert_int_eq(mkdir(path, 0700), 0);
    ck_assert_outcome(identity_load_or_make(home, &identity, &made, &err), OUTCOME_SECRETS_UNREADABLE);
}
END_TEST

START_TEST(a_file_that_others_can_read_is_read_all_the_same)
{
    const char *home = temporary_dir();
    CLEANUP(free_text) char *path = file_path(home, "secrets.json");
    bool made;
    ck_assert_ok_err(identity_load_or_make(home, &identity, &made, &err), err);
    identity_free(&identity);
    ck_assert_int_eq(chmod(path, 0644), 0);
    ck_assert_ok_err(identity_load_or_make(home, &identity, &made, &err), err);
    ck_assert(!made);
    identity_free(&identity);
}
END_TEST

int main(void)
{
    SUITE_WITH_CASE(suite, tcase, "node/identity");
    tcase_add_test(tcase, the_vector_is_read);
    tcase_add_test(tcase, a_file_made_by_hand_is_read_in_any_order_with_unknown_members);
    tcase_add_test(tcase, what_is_wrong_is_said_with_the_member);
    tcase_add_test(tcase, what_is_not_strict_json_is_refused);
    tcase_add_test(tcase, a_key_whose_halves_do_not_belong_together_is_refused);
    tcase_add_test(tcase, more_responders_than_the_limit_are_refused);
    tcase_add_test(tcase, the_first_start_makes_a_file_and_the_second_reads_it);
    tcase_add_test(tcase, a_bad_file_is_never_overwritten);
    tcase_add_test(tcase, a_file_that_others_can_read_is_read_all_the_same);
    return run_suite(suite);
}
