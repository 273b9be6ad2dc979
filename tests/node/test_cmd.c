#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/json.h"
#include "common/os/file.h"
#include "node/identity.h"
#include "node/telemetry.h"
#include "tests/support/cmd_home.h"
#include "tests/support/samples.h"
#include "tests/support/support.h"

static int exit_code(result_t result)
{
    return outcome_of(result)->exit_code;
}

START_TEST(show_keys_prints_the_public_keys)
{
    CLEANUP(identity_free) struct identity identity = {0};
    char p2p[ED25519_KEY_TEXT_MAX], signer[ED25519_KEY_TEXT_MAX], line[128];
    bool made;
    ck_assert_outcome(cmd_show_keys(&cmd.env, &cmd.err), OUTCOME_SECRETS_UNREADABLE);
    ck_assert_ok_err(identity_load_or_make(cmd.home, &identity, &made, &cmd.err), cmd.err);
    ed25519_public_key_format(&identity.p2p.public_key, p2p);
    ed25519_public_key_format(&identity.signer.public_key, signer);
    ck_assert_ok_err(cmd_show_keys(&cmd.env, &cmd.err), cmd.err);
    const char *text = cmd_home_output();
    ck_assert_text_has(text, p2p);
    ck_assert_text_has(text, signer);
    cmd.env.json = true;
    ck_assert_ok_err(cmd_show_keys(&cmd.env, &cmd.err), cmd.err);
    snprintf(line, sizeof(line), "{\"p2p_public_key\":\"%s\",", p2p);
    ck_assert_int_eq(strncmp(cmd_home_output(), line, strlen(line)), 0);
}
END_TEST

START_TEST(import_list_verify_and_export_go_round)
{
    CLEANUP(keyshares_free) struct keyshares back = {0};
    char digest[KEYSHARES_DIGEST_TEXT_LEN];
    ck_assert_ok(keyshares_digest(&cmd.shares, digest));
    cmd_home_write_shares(&cmd.shares);
    ck_assert_outcome(cmd_keyshares_import(&cmd.env, &cmd.err), OUTCOME_KEYSHARES_STORED);
    const char *text = cmd_home_output();
    ck_assert_msg(strstr(text, digest) && strstr(text, "epoch 5"), "%s", text);
    cmd_home_check_no_scalar(text);

    ck_assert_ok_err(cmd_keyshares_list(&cmd.env, &cmd.err), cmd.err);
    text = cmd_home_output();
    ck_assert_msg(strstr(text, "stored: epoch 5, 3 key shares, digest ") && strstr(text, "secp256k1:") &&
                      strstr(text, "attempt 18446744073709551615"),
                  "%s", text);
    cmd_home_check_no_scalar(text);

    ck_assert_ok_err(cmd_keyshares_verify(&cmd.env, &cmd.err), cmd.err);
    text = cmd_home_output();
    ck_assert_text_has(text, "no keyset was given");
    ck_assert_text_lacks(text, "verified");

    ck_assert_ok_err(cmd_keyshares_export(&cmd.env, &cmd.err), cmd.err);
    text = cmd_home_output();
    ck_assert_ok_err(keyshares_parse(text, cmd.printed.len, &back, &cmd.err), cmd.err);
    ck_assert(keyshares_equal(&back, &cmd.shares));
}
END_TEST

START_TEST(importing_the_same_again_is_exit_0_and_others_exit_1)
{
    CLEANUP(keyshares_free) struct keyshares wrong = {0};
    cmd_home_write_shares(&cmd.shares);
    ck_assert_int_eq(exit_code(cmd_keyshares_import(&cmd.env, &cmd.err)), 0);
    result_t again = cmd_keyshares_import(&cmd.env, &cmd.err);
    ck_assert_outcome(again, OUTCOME_KEYSHARES_UNCHANGED);
    ck_assert_int_eq(exit_code(again), 0);
    sample_keyshares(&cmd.keyset, 2, &wrong);
    cmd_home_write_shares(&wrong);
    result_t conflict = cmd_keyshares_import(&cmd.env, &cmd.err);
    ck_assert_outcome(conflict, OUTCOME_KEYSHARES_CONFLICT);
    ck_assert_int_eq(exit_code(conflict), 1);
}
END_TEST

START_TEST(what_cannot_be_parsed_is_exit_3_and_stores_nothing)
{
    static const char *const bad[] = {"", "[]", "{}", "[1]", "[", "not json"};
    CLEANUP(secret_free) struct secret text = {0};
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        cmd_home_write(bad[i], strlen(bad[i]));
        ck_assert_msg(exit_code(cmd_keyshares_import(&cmd.env, &cmd.err)) == 3, "%s", bad[i]);
    }
    ck_assert_ok(keyshares_write(&cmd.shares, &text));
    ck_assert_ok(secret_append_text(&text, " x"));
    cmd_home_write(text.data, text.len);
    ck_assert_int_eq(exit_code(cmd_keyshares_import(&cmd.env, &cmd.err)), 3);
    cmd.shares.items[1].id.epoch_id = 6;
    cmd_home_write_shares(&cmd.shares);
    ck_assert_int_eq(exit_code(cmd_keyshares_import(&cmd.env, &cmd.err)), 3);
    ck_assert_ok_err(cmd_keyshares_list(&cmd.env, &cmd.err), cmd.err);
    ck_assert_str_eq(cmd_home_output(), "no key shares\n");
}
END_TEST

START_TEST(a_missing_or_endless_input_is_refused)
{
    cmd.env.operand = "/nonexistent/file";
    ck_assert_int_eq(exit_code(cmd_keyshares_import(&cmd.env, &cmd.err)), 1);
    cmd.env.operand = "-";
    cmd.env.in = fopen("/dev/zero", "r");
    ck_assert_ptr_nonnull(cmd.env.in);
    ck_assert_outcome(cmd_keyshares_import(&cmd.env, &cmd.err), OUTCOME_JSON_TOO_LARGE);
    fclose(cmd.env.in);
}
END_TEST

START_TEST(import_reads_standard_input)
{
    cmd_home_write_shares(&cmd.shares);
    cmd.env.in = fopen(cmd.file, "r");
    cmd.env.operand = "-";
    ck_assert_outcome(cmd_keyshares_import(&cmd.env, &cmd.err), OUTCOME_KEYSHARES_STORED);
    fclose(cmd.env.in);
}
END_TEST

static void write_keyset(const struct keyset *set)
{
    CLEANUP(bytes_free) struct bytes text = {0};
    ck_assert_ok(keyset_write(set, &text));
    cmd_home_write(text.data, text.len);
    cmd.env.keyset_file = cmd.file;
}

START_TEST(verify_compares_with_a_keyset)
{
    cmd_home_write_shares(&cmd.shares);
    ck_assert_outcome(cmd_keyshares_verify(&cmd.env, &cmd.err), OUTCOME_STORE_NOT_FOUND);
    ck_assert_outcome(cmd_keyshares_import(&cmd.env, &cmd.err), OUTCOME_KEYSHARES_STORED);
    cmd_home_output();
    write_keyset(&cmd.keyset);
    ck_assert_ok_err(cmd_keyshares_verify(&cmd.env, &cmd.err), cmd.err);
    ck_assert_text_has(cmd_home_output(), "are the keyset's");
    cmd.keyset.domains[1].attempt = 8;
    write_keyset(&cmd.keyset);
    ck_assert_outcome(cmd_keyshares_verify(&cmd.env, &cmd.err), OUTCOME_KEYSHARES_MISMATCH);
    ck_assert_text_has(cmd.err.text, "domain 1");
    cmd_home_write("{\"epoch_id\":1.0}", 16);
    ck_assert_int_eq(exit_code(cmd_keyshares_verify(&cmd.env, &cmd.err)), 3);
    ck_assert_text_has(cmd.err.text, cmd.file);
    cmd.env.keyset_file = "/nonexistent/keyset";
    ck_assert_int_eq(exit_code(cmd_keyshares_verify(&cmd.env, &cmd.err)), 1);
}
END_TEST

START_TEST(an_epoch_can_be_chosen)
{
    CLEANUP(keyset_free) struct keyset next = {0};
    CLEANUP(keyshares_free) struct keyshares newer = {0}, back = {0};
    uint64_t five = 5, seven = 7;
    const char *text;
    sample_keyset(6, 3, &next);
    sample_keyshares(&next, 2, &newer);
    cmd_home_write_shares(&cmd.shares);
    ck_assert_outcome(cmd_keyshares_import(&cmd.env, &cmd.err), OUTCOME_KEYSHARES_STORED);
    cmd_home_write_shares(&newer);
    ck_assert_outcome(cmd_keyshares_import(&cmd.env, &cmd.err), OUTCOME_KEYSHARES_STORED);
    cmd_home_output();
    ck_assert_ok_err(cmd_keyshares_export(&cmd.env, &cmd.err), cmd.err);
    text = cmd_home_output();
    ck_assert_ok_err(keyshares_parse(text, cmd.printed.len, &back, &cmd.err), cmd.err);
    ck_assert(keyshares_equal(&back, &newer));
    keyshares_free(&back);
    cmd.env.epoch = &five;
    ck_assert_ok_err(cmd_keyshares_export(&cmd.env, &cmd.err), cmd.err);
    text = cmd_home_output();
    ck_assert_ok_err(keyshares_parse(text, cmd.printed.len, &back, &cmd.err), cmd.err);
    ck_assert(keyshares_equal(&back, &cmd.shares));
    cmd.env.epoch = &seven;
    ck_assert_int_eq(exit_code(cmd_keyshares_export(&cmd.env, &cmd.err)), 1);
    ck_assert_str_eq(cmd_home_output(), "");
}
END_TEST

START_TEST(export_refuses_a_terminal)
{
    int terminal = posix_openpt(O_RDWR | O_NOCTTY);
    if (terminal < 0 || grantpt(terminal) || unlockpt(terminal))
        return; /* no pseudo terminals here */
    FILE *saved = cmd.env.out;
    cmd.env.out = fopen(ptsname(terminal), "w");
    ck_assert_ptr_nonnull(cmd.env.out);
    ck_assert_outcome(cmd_keyshares_export(&cmd.env, &cmd.err), OUTCOME_USAGE);
    ck_assert_text_has(cmd.err.text, "terminal");
    fclose(cmd.env.out);
    cmd.env.out = saved;
    close(terminal);
}
END_TEST

START_TEST(list_is_json_on_request)
{
    struct json_object *value = NULL, *sets, *set;
    cmd.env.json = true;
    cmd_home_write_shares(&cmd.shares);
    ck_assert_outcome(cmd_keyshares_import(&cmd.env, &cmd.err), OUTCOME_KEYSHARES_STORED);
    ck_assert_text_has(cmd_home_output(),
                       "{\"outcome\":\"keyshares_stored\",\"epoch_id\":5,\"keyshares\":3,");
    ck_assert_ok_err(cmd_keyshares_list(&cmd.env, &cmd.err), cmd.err);
    const char *text = cmd_home_output();
    cmd_home_check_no_scalar(text);
    ck_assert_ok_err(json_parse(text, cmd.printed.len, &json_limits_small, &value, &cmd.err), cmd.err);
    sets = json_object_object_get(value, "sets");
    ck_assert_uint_eq(json_object_array_length(sets), 1);
    set = json_object_array_get_idx(sets, 0);
    ck_assert_str_eq(json_object_get_string(json_object_object_get(set, "shelf")), "stored");
    ck_assert_uint_eq(json_object_array_length(json_object_object_get(set, "keyshares")), 3);
    json_object_put(value);
}
END_TEST

START_TEST(reading_subcommands_make_nothing_in_a_home)
{
    CLEANUP(free_text) char *path = file_path(cmd.home, "migration-store");
    ck_assert_ok_err(cmd_keyshares_list(&cmd.env, &cmd.err), cmd.err);
    ck_assert_outcome(cmd_keyshares_export(&cmd.env, &cmd.err), OUTCOME_STORE_NOT_FOUND);
    ck_assert(!file_exists(path));
}
END_TEST

static void no_metrics(void *context)
{
    (void)context;
}

static void no_facts(void *context, struct telemetry_facts *out)
{
    (void)context;
    out->next = "register a backup service";
    out->store = (struct error){OUTCOME_STORE_IO, "the store: \x1b[31mred"};
    out->onboarding_stage = "start";
}

static result_t no_migrations(void *context, uint64_t *height, struct bytes *out)
{
    (void)context;
    *height = 0;
    return bytes_append_text(out, "{}");
}

START_TEST(status_asks_the_running_daemon)
{
    const struct telemetry_source source = {NULL, no_metrics, no_facts, no_migrations};
    const struct telemetry_identity identity = {.responder_count = 0};
    struct telemetry *telemetry = NULL;
    struct address address;
    cmd.env.telemetry = &address;
    ck_assert_ok(address_parse("127.0.0.1:0", &address, &cmd.err));
    ck_assert_ok_err(telemetry_start(&address, &identity, &source, &telemetry, &cmd.err), cmd.err);
    telemetry_address(telemetry, &address);
    ck_assert_ok_err(cmd_status(&cmd.env, &cmd.err), cmd.err);
    const char *text = cmd_home_output();
    ck_assert_msg(strstr(text, "register a backup service") && strstr(text, "migration stage"), "%s", text);
    ck_assert_text_has(text, "migration store_error_code     store_io\n");
    ck_assert_text_has(text, "migration store_error          the store: ?[31mred\n");
    cmd.env.json = true;
    ck_assert_ok_err(cmd_status(&cmd.env, &cmd.err), cmd.err);
    ck_assert_int_eq(strncmp(cmd_home_output(), "{\"ready\":false,\"ready_code\":\"view_unknown\"", 41), 0);
    telemetry_stop(telemetry);
    ck_assert_outcome(cmd_status(&cmd.env, &cmd.err), OUTCOME_SERVER_UNREACHABLE);
    ck_assert_text_has(cmd.err.text, "is the daemon running?");
}
END_TEST

START_TEST(status_without_a_port_to_ask_says_why)
{
    struct address off = {0}, outside;
    cmd.env.telemetry = &off;
    ck_assert_outcome(cmd_status(&cmd.env, &cmd.err), OUTCOME_CONFIG_INVALID);
    ck_assert_ok(address_parse("0.0.0.0:9079", &outside, &cmd.err));
    cmd.env.telemetry = &outside;
    ck_assert_outcome(cmd_status(&cmd.env, &cmd.err), OUTCOME_CONFIG_INVALID);
    ck_assert_text_has(cmd.err.text, "loopback");
}
END_TEST

int main(void)
{
    SUITE_WITH_CASE(suite, tcase, "node/cmd");
    tcase_add_checked_fixture(tcase, cmd_home_open, cmd_home_close);
    tcase_add_test(tcase, show_keys_prints_the_public_keys);
    tcase_add_test(tcase, import_list_verify_and_export_go_round);
    tcase_add_test(tcase, importing_the_same_again_is_exit_0_and_others_exit_1);
    tcase_add_test(tcase, what_cannot_be_parsed_is_exit_3_and_stores_nothing);
    tcase_add_test(tcase, a_missing_or_endless_input_is_refused);
    tcase_add_test(tcase, import_reads_standard_input);
    tcase_add_test(tcase, verify_compares_with_a_keyset);
    tcase_add_test(tcase, an_epoch_can_be_chosen);
    tcase_add_test(tcase, export_refuses_a_terminal);
    tcase_add_test(tcase, list_is_json_on_request);
    tcase_add_test(tcase, reading_subcommands_make_nothing_in_a_home);
    tcase_add_test(tcase, status_asks_the_running_daemon);
    tcase_add_test(tcase, status_without_a_port_to_ask_says_why);
    return run_suite(suite);
}
