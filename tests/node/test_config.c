#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/os/file.h"
#include "node/config.h"
#include "node/identity.h"
#include "tests/support/support.h"

#define STORE_KEY  "000102030405060708090a0b0c0d0e0f"
#define BACKUP_KEY "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"

static struct options options;
static struct config config;
static struct error err;

static void clean_environment(void)
{
    static const char *const names[] = {
        "MPC_HOME_DIR",
        "MPC_ACCOUNT_ID",
        "MPC_CONTRACT_ID",
        "MPC_NEAR_RPC_URL",
        "MPC_MIGRATION_LISTEN",
        "MPC_TELEMETRY_LISTEN",
        "MPC_KEYSHARE_STORE",
        "MPC_BACKUP_ENCRYPTION_KEY_HEX",
        "MPC_POLL_INTERVAL_MS",
        "MPC_MAX_VIEW_AGE_MS",
        "MPC_ALLOW_PLAIN_HTTP_RPC",
        "MPC_WORKERS",
    };
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        unsetenv(names[i]);
    setenv("MPC_SECRET_STORE_KEY", STORE_KEY, 1);
}

static void teardown(void)
{
    config_free(&config);
    options_free(&options);
}

/* Read a command line of words separated by blanks. */
static result_t read_line(const char *line)
{
    static char words[4096];
    char name[] = "mpc-migrationd";
    char *argv[64] = {name};
    int argc = 1;
    teardown();
    err.text[0] = 0;
    snprintf(words, sizeof words, "%s", line);
    for (char *word = strtok(words, " "); word; word = strtok(NULL, " "))
        argv[argc++] = word;
    TRY(options_parse(&config_program, argc, argv, &options, &err));
    return config_read(&options, &config, &err);
}

#define NEEDED "--home-dir /home --account-id alice.near --contract-id v1.signer "

static void assert_address(const struct address *address, const char *expected)
{
    char text[ADDRESS_TEXT_MAX];
    address_format(address, text);
    ck_assert_str_eq(text, expected);
}

START_TEST(what_is_not_given_has_the_documented_default)
{
    ck_assert_ok_err(read_line(NEEDED), err);
    ck_assert_int_eq(config.command, COMMAND_RUN);
    ck_assert_str_eq(config.home_dir, "/home");
    ck_assert_str_eq(config.account_id.text, "alice.near");
    ck_assert_str_eq(config.contract_id.text, "v1.signer");
    ck_assert_uint_eq(config.rpc_url_count, 1);
    ck_assert_str_eq(config.rpc_urls[0], "http://127.0.0.1:3030");
    assert_address(&config.listen, "0.0.0.0:8079");
    assert_address(&config.telemetry, "127.0.0.1:9079");
    ck_assert_int_eq(config.store_kind, STORE_AUTO);
    ck_assert_uint_eq(config.secret_store_key.len, 16);
    ck_assert_uint_eq(config.backup_encryption_key.len, 0);
    ck_assert_uint_eq(config.poll_interval_ms, 1000);
    ck_assert_uint_eq(config.max_view_age_ms, 60000);
    ck_assert(config.workers >= 1 && config.workers <= 4);
    ck_assert_ptr_null(config.port_file);
    ck_assert(!config.check_only && !config.allow_plain_http_rpc);
}
END_TEST

START_TEST(every_option_has_its_environment_variable)
{
    setenv("MPC_HOME_DIR", "/elsewhere", 1);
    setenv("MPC_ACCOUNT_ID", "bob.near", 1);
    setenv("MPC_CONTRACT_ID", "v2.signer", 1);
    setenv("MPC_NEAR_RPC_URL", "https://a.example/x,http://c.example:3030", 1);
    setenv("MPC_ALLOW_PLAIN_HTTP_RPC", "1", 1);
    setenv("MPC_MIGRATION_LISTEN", "[::1]:0", 1);
    setenv("MPC_TELEMETRY_LISTEN", "off", 1);
    setenv("MPC_KEYSHARE_STORE", "mpc-home", 1);
    setenv("MPC_BACKUP_ENCRYPTION_KEY_HEX", BACKUP_KEY, 1);
    setenv("MPC_POLL_INTERVAL_MS", "50", 1);
    setenv("MPC_MAX_VIEW_AGE_MS", "0", 1);
    setenv("MPC_WORKERS", "3", 1);
    ck_assert_ok_err(read_line(""), err);
    ck_assert_str_eq(config.home_dir, "/elsewhere");
    ck_assert_str_eq(config.account_id.text, "bob.near");
    ck_assert_str_eq(config.contract_id.text, "v2.signer");
    ck_assert_uint_eq(config.rpc_url_count, 2);
    ck_assert_str_eq(config.rpc_urls[1], "http://c.example:3030");
    ck_assert(config.allow_plain_http_rpc);
    assert_address(&config.listen, "[::1]:0");
    ck_assert_uint_eq(config.telemetry.len, 0);
    ck_assert_int_eq(config.store_kind, STORE_MPC_HOME);
    ck_assert_uint_eq(config.backup_encryption_key.len, 32);
    ck_assert_uint_eq(config.backup_encryption_key.data[31], 0x1f);
    ck_assert_uint_eq(config.poll_interval_ms, 50);
    ck_assert_uint_eq(config.max_view_age_ms, 0);
    ck_assert_uint_eq(config.workers, 3);
    /* Secrets do not stay in the environment of whatever this process starts. */
    ck_assert_ptr_null(getenv("MPC_SECRET_STORE_KEY"));
    ck_assert_ptr_null(getenv("MPC_BACKUP_ENCRYPTION_KEY_HEX"));
}
END_TEST

START_TEST(what_cannot_be_is_refused_and_the_text_names_the_option)
{
    static const struct {
        const char *line;
        result_t outcome;
        const char *words;
    } cases[] = {
        {"--account-id alice.near --contract-id v1.signer", OUTCOME_CONFIG_INVALID, "MPC_HOME_DIR"},
        {"--home-dir /home --contract-id v1.signer", OUTCOME_CONFIG_INVALID, "MPC_ACCOUNT_ID"},
        {"--home-dir /home --account-id alice.near", OUTCOME_CONFIG_INVALID, "MPC_CONTRACT_ID"},
        {NEEDED "--near-rpc-url http://rpc.example", OUTCOME_CONFIG_INVALID, "--near-rpc-url"},
        {NEEDED "--near-rpc-url ftp://rpc.example", OUTCOME_CONFIG_INVALID, "--near-rpc-url"},
        {NEEDED "--near-rpc-url https://a.example --near-rpc-url https://A.example:443/?key=2",
         OUTCOME_CONFIG_INVALID, "https://A.example:443/ is given twice"},
        {NEEDED "--listen 127.0.0.1", OUTCOME_CONFIG_INVALID, "--listen"},
        {NEEDED "--listen localhost:1", OUTCOME_CONFIG_INVALID, "--listen"},
        {NEEDED "--keyshare-store memory", OUTCOME_CONFIG_INVALID, "--keyshare-store"},
        {NEEDED "--workers 0", OUTCOME_CONFIG_INVALID, "--workers"},
        {NEEDED "--workers 65", OUTCOME_CONFIG_INVALID, "--workers"},
        {NEEDED "--poll-interval-ms 9", OUTCOME_CONFIG_INVALID, "--poll-interval-ms"},
        {NEEDED "--max-view-age-ms -1", OUTCOME_CONFIG_INVALID, "--max-view-age-ms"},
        {NEEDED "--secret-store-key-file /nowhere", OUTCOME_SECRETS_UNREADABLE, "/nowhere"},
        {NEEDED "--frobnicate", OUTCOME_USAGE, "--frobnicate"},
        {NEEDED "--epoch 5", OUTCOME_USAGE, "--epoch"},
        {"--home-dir /home --account-id Alice --contract-id v1.signer", OUTCOME_CONFIG_INVALID,
         "--account-id"},
        {"fly", OUTCOME_USAGE, "fly"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        clean_environment();
        result_t got = read_line(cases[i].line);
        ck_assert_msg(got == cases[i].outcome, "%s: %s", cases[i].line, outcome_of(got)->name);
        ck_assert_msg(strstr(err.text, cases[i].words), "%s: %s", cases[i].line, err.text);
    }
}
END_TEST

START_TEST(a_secret_store_key_is_required_and_has_to_be_32_digits)
{
    unsetenv("MPC_SECRET_STORE_KEY");
    ck_assert_outcome(read_line(NEEDED), OUTCOME_CONFIG_INVALID);
    setenv("MPC_SECRET_STORE_KEY", "", 1);
    ck_assert_outcome(read_line(NEEDED), OUTCOME_SECRETS_MALFORMED);
    setenv("MPC_SECRET_STORE_KEY", STORE_KEY "00", 1);
    ck_assert_outcome(read_line(NEEDED), OUTCOME_SECRETS_MALFORMED);
    ck_assert_text_lacks(err.text, "0102");
}
END_TEST

START_TEST(the_other_subcommands_need_no_contract)
{
    static const struct {
        const char *line;
        enum config_command command;
    } cases[] = {
        {"show-keys --home-dir /home --json", COMMAND_SHOW_KEYS},
        {"keyshares list --home-dir /home", COMMAND_LIST},
        {"keyshares verify --home-dir /home --keyset f --epoch 5", COMMAND_VERIFY},
        {"keyshares import --home-dir /home -", COMMAND_IMPORT},
        {"keyshares export --home-dir /home --epoch 0", COMMAND_EXPORT},
        {"status", COMMAND_STATUS},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        clean_environment();
        ck_assert_ok_err(read_line(cases[i].line), err);
        ck_assert_int_eq(config.command, cases[i].command);
    }
}
END_TEST

static char *check(result_t expected)
{
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    ck_assert_outcome(config_check(&config, out, &err), expected);
    fclose(out);
    return text;
}

START_TEST(check_config_makes_nothing_and_says_what_would_run)
{
    char line[512];
    snprintf(line, sizeof line,
             "--account-id a.near --contract-id b.near --home-dir %s --near-rpc-url "
             "https://u:p@rpc.example/x?key=hidden",
             temporary_dir());
    ck_assert_ok_err(read_line(line), err);
    char *text = check(OUTCOME_OK);
    ck_assert_text_has(text, "secrets.json     would be made");
    ck_assert_text_has(text, "key share store  lmdb");
    ck_assert_text_has(text, "https://rpc.example");
    ck_assert_text_lacks(text, "hidden");
    ck_assert_text_lacks(text, "u:p");
    free(text);
    ck_assert_int_eq(rmdir(temporary_dir()), 0); /* it is still empty */
    free(check(OUTCOME_CONFIG_INVALID));
}
END_TEST

START_TEST(check_config_finds_a_broken_secrets_file)
{
    char line[512];
    char path[256];
    snprintf(path, sizeof path, "%s/secrets.json", temporary_dir());
    ck_assert_ok_err(file_write(path, "{}", 2, &err), err);
    snprintf(line, sizeof line, "--account-id a.near --contract-id b.near --home-dir %s", temporary_dir());
    ck_assert_ok_err(read_line(line), err);
    free(check(OUTCOME_SECRETS_MALFORMED));
    ck_assert_text_has(err.text, "secrets.json");
}
END_TEST

int main(void)
{
    SUITE_WITH_CASE(suite, tcase, "config");
    tcase_add_checked_fixture(tcase, clean_environment, teardown);
    tcase_add_test(tcase, what_is_not_given_has_the_documented_default);
    tcase_add_test(tcase, every_option_has_its_environment_variable);
    tcase_add_test(tcase, what_cannot_be_is_refused_and_the_text_names_the_option);
    tcase_add_test(tcase, a_secret_store_key_is_required_and_has_to_be_32_digits);
    tcase_add_test(tcase, the_other_subcommands_need_no_contract);
    tcase_add_test(tcase, check_config_makes_nothing_and_says_what_would_run);
    tcase_add_test(tcase, check_config_finds_a_broken_secrets_file);
    return run_suite(suite);
}
