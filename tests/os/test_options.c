#include "common/os/options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/os/file.h"
#include "tests/support/support.h"

enum { CMD_RUN, CMD_KEYS_LIST, CMD_KEYS_IMPORT, CMD_COUNT };
enum {
    OPT_HOME,
    OPT_ACCOUNT,
    OPT_URL,
    OPT_PLAIN,
    OPT_LISTEN,
    OPT_TELEMETRY,
    OPT_STORE,
    OPT_KEY,
    OPT_HEX,
    OPT_POLL,
    OPT_EPOCH,
    OPT_PLACE
};

#define ONLY(command) (1u << (command))

static const char *const stores[] = {"auto", "lmdb", "mpc-home", NULL};

static const struct option_row rows[] = {
    [OPT_HOME] = {"home-dir", OPTION_TEXT, .value_name = "DIR", .environment = "T_HOME", .required = true,
                  .help = "the home"},
    [OPT_ACCOUNT] = {"account-id", OPTION_TEXT, .required = true, .commands = ONLY(CMD_RUN), .help = "who"},
    [OPT_URL] = {"near-rpc-url", OPTION_LIST, .environment = "T_URL", .fallback = "http://127.0.0.1:3030",
                 .help = "where", .value_name = "URL", .commands = ONLY(CMD_RUN)},
    [OPT_PLAIN] = {"allow-plain-http-rpc", OPTION_FLAG, .environment = "T_PLAIN", .help = "allow"},
    [OPT_LISTEN] = {"listen", OPTION_ADDRESS, .fallback = "0.0.0.0:8079", .help = "here"},
    [OPT_TELEMETRY] = {"telemetry-listen", OPTION_ADDRESS_OR_OFF, .fallback = "127.0.0.1:9079",
                       .help = "there"},
    [OPT_STORE] = {"keyshare-store", OPTION_CHOICE, .choices = stores, .fallback = "auto", .help = "which"},
    [OPT_KEY] = {"secret-store-key-file", OPTION_SECRET_FILE, .environment = "T_KEY", .help = "key"},
    [OPT_HEX] = {"backup-encryption-key-hex", OPTION_SECRET, .environment = "T_HEX", .help = "key"},
    [OPT_POLL] = {"poll-interval-ms", OPTION_U64, .environment = "T_POLL", .fallback = "1000", .min = 10,
                  .max = 3600000, .help = "n"},
    [OPT_EPOCH] = {"epoch", OPTION_U64, .commands = ONLY(CMD_KEYS_LIST), .help = "n"},
    [OPT_PLACE] = {"place", OPTION_TEXT, .commands = ONLY(CMD_RUN), .help = "w"},
};

static const struct command_row commands[] = {
    [CMD_RUN] = {.words = "run", .help = "the daemon"},
    [CMD_KEYS_LIST] = {.words = "keyshares list", .help = "ids"},
    [CMD_KEYS_IMPORT] = {.words = "keyshares import",
                         .operands = "FILE|-",
                         .operands_min = 1,
                         .operands_max = 1,
                         .help = "in"},
};

static const struct program program = {
    .name = "prog",
    .summary = "A program.",
    .commands = commands,
    .command_count = CMD_COUNT,
    .default_command = CMD_RUN,
    .rows = rows,
    .row_count = ARRAY_LEN(rows),
};

static struct options options;
static struct error err;

#define ARGV_MAX 16

/* Writable copies: secrets are overwritten in place. */
static char words[ARGV_MAX][128];
static char *argv_now[ARGV_MAX + 1];

static result_t parse(const char *const *args)
{
    int argc = 1;
    options_free(&options);
    err.text[0] = 0;
    argv_now[0] = words[0];
    for (; args[argc - 1]; argc++) {
        snprintf(words[argc], sizeof words[argc], "%s", args[argc - 1]);
        argv_now[argc] = words[argc];
    }
    argv_now[argc] = NULL;
    return options_parse(&program, argc, argv_now, &options, &err);
}

#define ARGS(...) ((const char *const[]){__VA_ARGS__, NULL})
#define NEEDED    "--home-dir", "/h", "--account-id", "a.near"

static void refused(const char *const *args, result_t expected, const char *text)
{
    ck_assert_outcome(parse(args), expected);
    ck_assert_text_has(err.text, text);
}

START_TEST(defaults_hold_where_nothing_is_given)
{
    ck_assert_ok_err(parse(ARGS(NEEDED)), err);
    ck_assert_uint_eq(options.command, CMD_RUN);
    ck_assert_str_eq(option_text(&options, OPT_HOME), "/h");
    ck_assert_uint_eq(option_u64(&options, OPT_POLL), 1000);
    ck_assert_uint_eq(option_choice(&options, OPT_STORE), 0);
    ck_assert_uint_eq(address_port(option_address(&options, OPT_TELEMETRY)), 9079);
    ck_assert_uint_eq(options.values[OPT_URL].item_count, 1);
    ck_assert(!option_flag(&options, OPT_PLAIN));
    ck_assert(!option_given(&options, OPT_POLL));
    ck_assert_int_eq(options.log_format, LOG_FORMAT_PLAIN);
    ck_assert_int_eq(options.log_level, LOG_LEVEL_INFO);
}
END_TEST

START_TEST(values_stand_behind_a_blank_or_an_equals_sign_anywhere_on_the_line)
{
    ck_assert_ok_err(
        parse(ARGS("--home-dir=/a=b", "keyshares", "--listen", "[::1]:0", "list",
                   "--epoch=18446744073709551615", "--telemetry-listen=off", "--keyshare-store", "mpc-home",
                   "--allow-plain-http-rpc", "--log-format=json", "--log-level", "debug")),
        err);
    ck_assert_uint_eq(options.command, CMD_KEYS_LIST);
    ck_assert_str_eq(option_text(&options, OPT_HOME), "/a=b");
    ck_assert_uint_eq(option_u64(&options, OPT_EPOCH), UINT64_MAX);
    ck_assert_uint_eq(option_address(&options, OPT_TELEMETRY)->len, 0);
    ck_assert(address_is_loopback(option_address(&options, OPT_LISTEN)));
    ck_assert_uint_eq(option_choice(&options, OPT_STORE), 2);
    ck_assert(option_flag(&options, OPT_PLAIN));
    ck_assert_int_eq(options.log_format, LOG_FORMAT_JSON);
    ck_assert_int_eq(options.log_level, LOG_LEVEL_DEBUG);
}
END_TEST

START_TEST(operands_go_to_the_command_and_a_lone_dash_is_one)
{
    ck_assert_ok_err(parse(ARGS("keyshares", "import", "--home-dir", "/h", "-")), err);
    ck_assert_uint_eq(options.command, CMD_KEYS_IMPORT);
    ck_assert_uint_eq(options.operand_count, 1);
    ck_assert_str_eq(options.operands[0], "-");
    ck_assert_ok_err(parse(ARGS("--home-dir", "/h", "keyshares", "import", "--", "--odd-name")), err);
    ck_assert_str_eq(options.operands[0], "--odd-name");
    ck_assert_ok_err(parse(ARGS(NEEDED, "run", "--")), err);
    ck_assert_uint_eq(options.operand_count, 0);
}
END_TEST

START_TEST(a_list_is_repeated_on_the_line_and_comma_separated_in_the_environment)
{
    ck_assert_ok_err(parse(ARGS(NEEDED, "--near-rpc-url", "http://a,b", "--near-rpc-url=http://c")), err);
    ck_assert_uint_eq(options.values[OPT_URL].item_count, 2);
    ck_assert_str_eq(options.values[OPT_URL].items[0], "http://a,b");
    ck_assert_str_eq(options.values[OPT_URL].items[1], "http://c");
    setenv("T_URL", "http://x,http://y", 1);
    ck_assert_ok_err(parse(ARGS(NEEDED)), err);
    ck_assert_uint_eq(options.values[OPT_URL].item_count, 2);
    ck_assert_str_eq(options.values[OPT_URL].items[1], "http://y");
    setenv("T_URL", "http://x,,http://y", 1);
    refused(ARGS(NEEDED), OUTCOME_CONFIG_INVALID, "T_URL");
}
END_TEST

START_TEST(the_command_line_wins_over_the_environment)
{
    setenv("T_HOME", "/env", 1);
    setenv("T_POLL", "50", 1);
    setenv("T_PLAIN", "1", 1);
    ck_assert_ok_err(parse(ARGS("--account-id", "a", "--poll-interval-ms", "60")), err);
    ck_assert_str_eq(option_text(&options, OPT_HOME), "/env");
    ck_assert_uint_eq(option_u64(&options, OPT_POLL), 60);
    ck_assert(option_flag(&options, OPT_PLAIN));
    setenv("T_PLAIN", "0", 1);
    ck_assert_ok_err(parse(ARGS("--account-id", "a")), err);
    ck_assert(!option_flag(&options, OPT_PLAIN));
    setenv("T_PLAIN", "yes", 1);
    refused(ARGS("--account-id", "a"), OUTCOME_CONFIG_INVALID, "T_PLAIN: `yes`");
}
END_TEST

START_TEST(a_variable_that_is_set_but_empty_counts_as_given)
{
    setenv("T_HOME", "", 1);
    refused(ARGS("--account-id", "a"), OUTCOME_CONFIG_INVALID, "T_HOME is empty");
}
END_TEST

START_TEST(numbers_out_of_range_or_not_whole_are_refused_with_the_range)
{
    static const char *const bad[] = {"9",    "3600001", "-1", "1.5", "1e3", "", "18446744073709551616",
                                      "0x20", " 20"};
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        refused(ARGS(NEEDED, "--poll-interval-ms", bad[i]), OUTCOME_CONFIG_INVALID, "from 10 to 3600000");
}
END_TEST

START_TEST(values_of_another_kind_are_refused)
{
    refused(ARGS(NEEDED, "--keyshare-store", "rocks"), OUTCOME_CONFIG_INVALID, "auto, lmdb, mpc-home");
    refused(ARGS(NEEDED, "--listen", "off"), OUTCOME_CONFIG_INVALID, "--listen: `off`");
    refused(ARGS(NEEDED, "--log-format", "xml"), OUTCOME_CONFIG_INVALID, "plain, json");
    refused(ARGS("--home-dir", "", "--account-id", "a"), OUTCOME_CONFIG_INVALID, "--home-dir is empty");
}
END_TEST

START_TEST(a_command_may_have_words_of_its_own_for_an_option)
{
    static const char *const forms[] = {"text", "json", NULL};
    size_t form = 7;
    ck_assert_ok_err(parse(ARGS(NEEDED)), err);
    ck_assert_ok_err(option_word(&options, OPT_PLACE, forms, &form, &err), err);
    ck_assert_uint_eq(form, 0);
    ck_assert_ok_err(parse(ARGS(NEEDED, "--place", "json")), err);
    ck_assert_ok_err(option_word(&options, OPT_PLACE, forms, &form, &err), err);
    ck_assert_uint_eq(form, 1);
    ck_assert_ok_err(parse(ARGS(NEEDED, "--place", "tap")), err);
    ck_assert_outcome(option_word(&options, OPT_PLACE, forms, &form, &err), OUTCOME_CONFIG_INVALID);
    ck_assert_str_eq(err.text, "--place: `tap` is not one of text, json");
}
END_TEST

START_TEST(an_unknown_word_is_refused_with_the_nearest_valid_one)
{
    refused(ARGS(NEEDED, "--home-dri", "x"), OUTCOME_USAGE, "did you mean --home-dir?");
    refused(ARGS(NEEDED, "--home", "x"), OUTCOME_USAGE, "unknown option --home");
    refused(ARGS(NEEDED, "--entirely-else=x"), OUTCOME_USAGE,
            "unknown option --entirely-else; --help lists them");
    refused(ARGS(NEEDED, "-x"), OUTCOME_USAGE, "unknown option -x");
    refused(ARGS(NEEDED, "-xyz"), OUTCOME_USAGE, "unknown option -xyz;");
    refused(ARGS(NEEDED, "-listen"), OUTCOME_USAGE, "unknown option -listen; did you mean --listen?");
    refused(ARGS("rnu", NEEDED), OUTCOME_USAGE, "did you mean `run`?");
    refused(ARGS("keyshares", "lost"), OUTCOME_USAGE, "did you mean `keyshares list`?");
    refused(ARGS("migrate-everything"), OUTCOME_USAGE, "--help lists them");
}
END_TEST

START_TEST(an_abbreviated_name_is_an_unknown_option)
{
    refused(ARGS(NEEDED, "--epoc=5"), OUTCOME_USAGE, "unknown option --epoc; did you mean --epoch?");
    refused(ARGS(NEEDED, "--epoc", "5"), OUTCOME_USAGE, "unknown option --epoc;");
    refused(ARGS(NEEDED, "--epoc"), OUTCOME_USAGE, "unknown option --epoc;");
    refused(ARGS(NEEDED, "--hel"), OUTCOME_USAGE, "unknown option --hel;");
    refused(ARGS(NEEDED, "--hel=x"), OUTCOME_USAGE, "unknown option --hel;");
    refused(ARGS(NEEDED, "--log"), OUTCOME_USAGE, "unknown option --log;");
    refused(ARGS(NEEDED, "--=x"), OUTCOME_USAGE, "unknown option --;");
}
END_TEST

START_TEST(what_is_behind_an_unknown_option_is_not_repeated)
{
    static const char *const words_with_secrets[] = {"--backup-encryption-key=00ff",
                                                     "-backup-encryption-key-hex=00ff"};
    for (size_t i = 0; i < ARRAY_LEN(words_with_secrets); i++) {
        refused(ARGS(NEEDED, words_with_secrets[i]), OUTCOME_USAGE, "unknown option -");
        ck_assert_text_lacks(err.text, "00ff");
    }
}
END_TEST

START_TEST(a_long_word_where_none_belongs_is_not_repeated)
{
    static const char secret[] = "000102030405060708090a0b0c0d0e0f";
    refused(ARGS(NEEDED, "run", secret), OUTCOME_USAGE, "unexpected argument");
    ck_assert_text_lacks(err.text, "0b0c");
    refused(ARGS(NEEDED, secret), OUTCOME_USAGE, "unknown command");
    ck_assert_text_lacks(err.text, "0b0c");
    refused(ARGS(NEEDED, "keyshares", secret), OUTCOME_USAGE, "unknown command");
    ck_assert_text_lacks(err.text, "0b0c");
}
END_TEST

START_TEST(options_may_stand_behind_operands_whatever_posixly_correct_says)
{
    setenv("POSIXLY_CORRECT", "1", 1);
    ck_assert_ok_err(parse(ARGS("keyshares", "import", "in.json", "--home-dir", "/h")), err);
    ck_assert_str_eq(options.operands[0], "in.json");
    ck_assert_str_eq(option_text(&options, OPT_HOME), "/h");
}
END_TEST

START_TEST(what_is_missing_or_too_much_is_refused)
{
    refused(ARGS("--account-id", "a"), OUTCOME_CONFIG_INVALID,
            "--home-dir (or T_HOME in the environment) is required");
    refused(ARGS("--home-dir", "/h"), OUTCOME_CONFIG_INVALID, "--account-id is required");
    refused(ARGS("--account-id", "a", "--home-dir"), OUTCOME_USAGE, "--home-dir needs a value");
    refused(ARGS("--home-dir", "--account-id", "a"), OUTCOME_USAGE, "--home-dir needs a value");
    refused(ARGS("--account-id", "a", "--home-dir", "--"), OUTCOME_USAGE, "--home-dir needs a value");
    refused(ARGS(NEEDED, "--home-dir", "/i"), OUTCOME_USAGE, "given twice");
    refused(ARGS(NEEDED, "--allow-plain-http-rpc=1"), OUTCOME_USAGE, "takes no value");
    refused(ARGS(NEEDED, "run", "extra"), OUTCOME_USAGE, "unexpected argument `extra`");
    refused(ARGS("keyshares", "import", "--home-dir", "/h"), OUTCOME_USAGE, "keyshares import needs FILE|-");
    refused(ARGS(NEEDED, "--epoch", "5"), OUTCOME_USAGE, "--epoch does not belong to `run`");
}
END_TEST

START_TEST(help_and_version_need_nothing_else)
{
    ck_assert_ok_err(parse(ARGS("--help")), err);
    ck_assert(options.help);
    ck_assert_ok_err(parse(ARGS("keyshares", "import", "--version")), err);
    ck_assert(options.version);
}
END_TEST

static const char *help_text(void)
{
    static char text[16384];
    FILE *out = fmemopen(text, sizeof text, "w");
    options_print_help(&options, out);
    fclose(out);
    return text;
}

START_TEST(help_names_every_command_and_option_with_variables_and_defaults)
{
    ck_assert_ok_err(parse(ARGS("--help")), err);
    const char *text = help_text();
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        ck_assert_msg(strstr(text, rows[i].name) != NULL, "%s is missing", rows[i].name);
    ck_assert_text_has(text, "usage: prog [run] [OPTIONS]");
    ck_assert_text_has(text, "usage: prog keyshares import [OPTIONS] FILE|-");
    ck_assert_text_has(text, "--home-dir DIR\n        the home [T_HOME] (required)");
    ck_assert_text_has(text, "--keyshare-store auto|lmdb|mpc-home\n        which (default auto)");
    ck_assert_text_has(text, "--log-level error|warn|info|debug");
}
END_TEST

START_TEST(help_of_a_command_shows_only_its_own)
{
    ck_assert_ok_err(parse(ARGS("keyshares", "list", "--help")), err);
    const char *text = help_text();
    ck_assert_text_has(text, "--epoch");
    ck_assert_text_lacks(text, "--account-id");
    ck_assert_text_lacks(text, "import");
}
END_TEST

START_TEST(a_secret_on_the_command_line_is_taken_and_overwritten)
{
    CLEANUP(secret_free) struct secret key = {0};
    bool found;
    ck_assert_ok_err(parse(ARGS(NEEDED, "--backup-encryption-key-hex", "00ff")), err);
    ck_assert_mem_eq(words[6], "\0\0\0\0", 4);
    ck_assert(options.values[OPT_HEX].exposed);
    ck_assert_ok_err(option_hex_key(&options, OPT_HEX, 2, &key, &found, &err), err);
    ck_assert(found);
    ck_assert_uint_eq(key.data[1], 0xff);
    ck_assert_ok_err(parse(ARGS(NEEDED, "--backup-encryption-key-hex=00fe")), err);
    ck_assert_str_eq(words[5], "--backup-encryption-key-hex=");
    ck_assert_mem_eq(words[5] + 28, "\0\0\0\0", 4);
}
END_TEST

START_TEST(a_secret_in_the_environment_is_taken_out_of_it_even_where_the_line_wins)
{
    CLEANUP(secret_free) struct secret key = {0}, other = {0};
    bool found;
    setenv("T_HEX", "0102", 1);
    ck_assert_ok_err(parse(ARGS(NEEDED)), err);
    ck_assert_ptr_null(getenv("T_HEX"));
    ck_assert(!options.values[OPT_HEX].exposed);
    ck_assert_ok_err(option_hex_key(&options, OPT_HEX, 2, &key, &found, &err), err);
    ck_assert_uint_eq(key.data[0], 1);

    setenv("T_HEX", "0102", 1);
    ck_assert_ok_err(parse(ARGS(NEEDED, "--backup-encryption-key-hex", "0304")), err);
    ck_assert_ptr_null(getenv("T_HEX"));
    ck_assert_ok_err(option_hex_key(&options, OPT_HEX, 2, &other, &found, &err), err);
    ck_assert_uint_eq(other.data[0], 3);
}
END_TEST

START_TEST(a_key_comes_from_its_file_or_the_variable_and_bad_ones_are_named)
{
    CLEANUP(secret_free) struct secret key = {0}, none = {0};
    CLEANUP(free_text) char *path = file_path(temporary_dir(), "key");
    bool found;
    ck_assert_ok(file_write(path, "a1b2\n", 5, NULL));
    ck_assert_ok_err(parse(ARGS(NEEDED, "--secret-store-key-file", path)), err);
    ck_assert_ok_err(option_hex_key(&options, OPT_KEY, 2, &key, &found, &err), err);
    ck_assert_uint_eq(key.data[0], 0xa1);
    ck_assert_int_eq(chmod(path, 0644), 0);
    ck_assert_outcome(option_hex_key(&options, OPT_KEY, 2, &none, &found, &err), OUTCOME_KEY_FILE_EXPOSED);

    setenv("T_KEY", "", 1);
    ck_assert_ok_err(parse(ARGS(NEEDED)), err);
    ck_assert_outcome(option_hex_key(&options, OPT_KEY, 2, &none, &found, &err), OUTCOME_SECRETS_MALFORMED);
    ck_assert_text_has(err.text, "T_KEY has to be exactly 4");
    ck_assert_ok_err(parse(ARGS(NEEDED)), err);
    ck_assert_ok_err(option_hex_key(&options, OPT_KEY, 2, &none, &found, &err), err);
    ck_assert(!found);
}
END_TEST

START_TEST(a_program_without_commands_counts_operands_itself)
{
    static const struct program plain = {.name = "plain",
                                         .summary = "s",
                                         .default_command = -1,
                                         .operands = "FILE...",
                                         .operands_min = 1,
                                         .operands_max = 2};
    static char name[] = "plain", one[] = "one", two[] = "two", three[] = "three";
    char *argv[] = {name, one, two, three, NULL};
    ck_assert_ok_err(options_parse(&plain, 3, argv, &options, &err), err);
    ck_assert_uint_eq(options.operand_count, 2);
    options_free(&options);
    ck_assert_outcome(options_parse(&plain, 4, argv, &options, &err), OUTCOME_USAGE);
    options_free(&options);
    ck_assert_outcome(options_parse(&plain, 1, argv, &options, &err), OUTCOME_USAGE);
    ck_assert_text_has(err.text, "FILE...");
    ck_assert_text_has(help_text(), "usage: plain [OPTIONS] FILE...");
}
END_TEST

/* What options_start printed on stdout and stderr, and its exit code. */
static bool start(int argc, char **argv, char *out, size_t cap, int *exit_code)
{
    FILE *saved = stdout, *log = tmpfile();
    FILE *printed = fmemopen(out, cap, "w");
    stdout = printed;
    log_set_fd(fileno(log));
    bool go_on = options_start(&program, argc, argv, &options, exit_code);
    log_set_fd(STDERR_FILENO);
    stdout = saved;
    fclose(printed);
    rewind(log);
    size_t len = strlen(out);
    out[len + fread(out + len, 1, cap - 1 - len, log)] = 0;
    fclose(log);
    return go_on;
}

START_TEST(help_and_version_go_to_stdout_and_exit_with_0)
{
    static char text[16384], name[] = "prog", help[] = "--help", version[] = "--version";
    char *ask_help[] = {name, help, NULL}, *ask_version[] = {name, version, NULL};
    int exit_code = -1;
    ck_assert(!start(2, ask_help, text, sizeof text, &exit_code));
    ck_assert_int_eq(exit_code, 0);
    ck_assert_text_has(text, "A program.");
    options_free(&options);
    memset(text, 0, sizeof text);
    ck_assert(!start(2, ask_version, text, sizeof text, &exit_code));
    ck_assert_int_eq(exit_code, 0);
    ck_assert_text_has(text, "prog 0.");
}
END_TEST

START_TEST(a_secret_on_the_command_line_is_warned_of_and_not_shown)
{
    static char text[4096], name[] = "prog", home[] = "--home-dir=/h", account[] = "--account-id=a",
                            hex[] = "--backup-encryption-key-hex=abcdef";
    char *argv[] = {name, home, account, hex, NULL};
    int exit_code = -1;
    ck_assert(start(4, argv, text, sizeof text, &exit_code));
    ck_assert_text_has(text, "warn  --backup-encryption-key-hex: a secret on the command line");
    ck_assert_text_lacks(text, "abcdef");
}
END_TEST

START_TEST(more_items_or_arguments_than_the_limit_are_refused)
{
    static char name[] = "prog", url[] = "--near-rpc-url=http://u", word[] = "x";
    static char *argv[OPTIONS_OPERANDS_MAX + 3];
    argv[0] = name;
    for (int i = 1; i <= OPTIONS_LIST_MAX + 1; i++)
        argv[i] = url;
    ck_assert_outcome(options_parse(&program, OPTIONS_LIST_MAX + 2, argv, &options, &err),
                      OUTCOME_CONFIG_INVALID);
    options_free(&options);
    for (int i = 1; i <= OPTIONS_OPERANDS_MAX + 1; i++)
        argv[i] = word;
    ck_assert_outcome(options_parse(&program, OPTIONS_OPERANDS_MAX + 2, argv, &options, &err), OUTCOME_USAGE);
}
END_TEST

START_TEST(a_program_may_require_a_command)
{
    struct program strict = program;
    static char name[] = "prog";
    char *argv[] = {name, NULL};
    strict.default_command = -1;
    ck_assert_outcome(options_parse(&strict, 1, argv, &options, &err), OUTCOME_USAGE);
    ck_assert_text_has(err.text, "a command is needed");
}
END_TEST

START_TEST(starting_says_what_is_wrong_and_exits_with_2)
{
    static char name[] = "prog", bad[] = "--bad-option";
    char *argv[] = {name, bad, NULL};
    int exit_code = -1, fds[2];
    ck_assert_int_eq(pipe(fds), 0);
    log_set_fd(fds[1]);
    ck_assert(!options_start(&program, 2, argv, &options, &exit_code));
    log_set_fd(STDERR_FILENO);
    char text[512] = {0};
    ck_assert_int_gt(read(fds[0], text, sizeof text - 1), 0);
    ck_assert_int_eq(exit_code, 2);
    ck_assert_text_has(text, "error [usage] prog: unknown option --bad-option");
}
END_TEST

static void forget(void)
{
    options_free(&options);
}

int main(void)
{
    SUITE_WITH_CASE(suite, tcase, "os/options");
    tcase_add_checked_fixture(tcase, NULL, forget);
    tcase_add_test(tcase, defaults_hold_where_nothing_is_given);
    tcase_add_test(tcase, values_stand_behind_a_blank_or_an_equals_sign_anywhere_on_the_line);
    tcase_add_test(tcase, operands_go_to_the_command_and_a_lone_dash_is_one);
    tcase_add_test(tcase, a_list_is_repeated_on_the_line_and_comma_separated_in_the_environment);
    tcase_add_test(tcase, the_command_line_wins_over_the_environment);
    tcase_add_test(tcase, a_variable_that_is_set_but_empty_counts_as_given);
    tcase_add_test(tcase, numbers_out_of_range_or_not_whole_are_refused_with_the_range);
    tcase_add_test(tcase, values_of_another_kind_are_refused);
    tcase_add_test(tcase, a_command_may_have_words_of_its_own_for_an_option);
    tcase_add_test(tcase, an_unknown_word_is_refused_with_the_nearest_valid_one);
    tcase_add_test(tcase, a_long_word_where_none_belongs_is_not_repeated);
    tcase_add_test(tcase, an_abbreviated_name_is_an_unknown_option);
    tcase_add_test(tcase, what_is_behind_an_unknown_option_is_not_repeated);
    tcase_add_test(tcase, options_may_stand_behind_operands_whatever_posixly_correct_says);
    tcase_add_test(tcase, what_is_missing_or_too_much_is_refused);
    tcase_add_test(tcase, help_and_version_need_nothing_else);
    tcase_add_test(tcase, help_names_every_command_and_option_with_variables_and_defaults);
    tcase_add_test(tcase, help_of_a_command_shows_only_its_own);
    tcase_add_test(tcase, a_secret_on_the_command_line_is_taken_and_overwritten);
    tcase_add_test(tcase, a_secret_in_the_environment_is_taken_out_of_it_even_where_the_line_wins);
    tcase_add_test(tcase, a_key_comes_from_its_file_or_the_variable_and_bad_ones_are_named);
    tcase_add_test(tcase, a_program_without_commands_counts_operands_itself);
    tcase_add_test(tcase, help_and_version_go_to_stdout_and_exit_with_0);
    tcase_add_test(tcase, a_secret_on_the_command_line_is_warned_of_and_not_shown);
    tcase_add_test(tcase, more_items_or_arguments_than_the_limit_are_refused);
    tcase_add_test(tcase, a_program_may_require_a_command);
    tcase_add_test(tcase, starting_says_what_is_wrong_and_exits_with_2);
    return run_suite(suite);
}
