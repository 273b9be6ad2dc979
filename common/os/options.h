/* The command line as a table: long options with their environment variables, subcommands, --help made from
 * the table. glibc's getopt_long reads the line.
 *
 * `--name VALUE` and `--name=VALUE`, anywhere on the line whatever POSIXLY_CORRECT says; `--` ends the
 * options. Names are never abbreviated. An option wins over its environment variable, that over the default.
 * --help, --version, --log-format (also MPC_LOG_FORMAT) and --log-level belong to every program (cli.md). */
#ifndef MPC_OS_OPTIONS_H
#define MPC_OS_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "common/os/address.h"
#include "common/os/log.h"
#include "common/outcome.h"
#include "common/secret.h"

enum option_kind {
    OPTION_TEXT,           /* not empty */
    OPTION_FLAG,           /* takes no value; in the environment 1, true, 0 or false */
    OPTION_U64,            /* decimal, min..max */
    OPTION_ADDRESS,        /* ADDR:PORT */
    OPTION_ADDRESS_OR_OFF, /* the same, or the word "off": address.len 0 */
    OPTION_CHOICE,         /* one of `choices` */
    OPTION_LIST,           /* repeatable; in the environment separated by commas */
    OPTION_SECRET_FILE,    /* a file with a hex key; the environment variable holds the key itself (cli.md) */
    OPTION_SECRET, /* the secret itself, for compatibility with backup-cli; overwritten on the command line,
                    * with a warning, and in the environment, without one */
};

struct option_row {
    const char *name; /* without the dashes */
    enum option_kind kind;
    const char *value_name;  /* "DIR", for --help */
    const char *environment; /* or NULL */
    const char *fallback;    /* the default as text, or NULL: not set */
    const char *help;
    bool required;
    uint64_t min, max;          /* of OPTION_U64; max 0 is no limit */
    const char *const *choices; /* of OPTION_CHOICE; ends with NULL */
    uint32_t commands;          /* bit i: belongs to command i; 0: to all */
};

struct command_row {
    const char *words;    /* "run", "keyshares list" */
    const char *operands; /* "FILE|-" for --help, or NULL */
    unsigned operands_min, operands_max;
    const char *help;
};

#define OPTIONS_ROWS_MAX     40
#define OPTIONS_COMMON_ROWS  4
#define OPTIONS_LIST_MAX     64
#define OPTIONS_OPERANDS_MAX 256

/* A program without commands has command_count 0; then options.command is 0 and
 * `operands*` of this struct count. */
struct program {
    const char *name;
    const char *summary;
    const struct command_row *commands;
    size_t command_count;
    int default_command; /* index of the command when none is named, or -1: one is required */
    const struct option_row *rows;
    size_t row_count;
    const char *operands; /* of a program without commands */
    unsigned operands_min, operands_max;
};

struct option_value {
    bool set;   /* given or by default */
    bool given; /* on the command line or in the environment */
    bool flag;
    uint64_t number; /* OPTION_U64; OPTION_CHOICE: the index */
    char *text;      /* owned; also a LIST's and an ADDRESS's text as given */
    char **items;    /* OPTION_LIST; the texts are owned */
    size_t item_count;
    struct address address;
    struct secret secret;
    bool exposed;       /* the secret stood on the command line */
    const char *source; /* "home-dir" or "MPC_HOME_DIR", for error texts; NULL where not given */
};

struct options {
    const struct program *program;
    size_t command; /* index into program->commands; command_count: --help without a command */
    bool help, version;
    enum log_format log_format;
    enum log_level log_level;
    /* One per row, then those of every program. */
    struct option_value values[OPTIONS_ROWS_MAX + OPTIONS_COMMON_ROWS];
    const char *operands[OPTIONS_OPERANDS_MAX]; /* borrowed from argv */
    size_t operand_count;
};

/* Read the command line and the environment by the program's table. A secret is moved out of argv or the
 * environment. May be called again, but not by two threads at once: getopt_long's state is the process's.
 * --help and --version are only noted, and then nothing is required. USAGE (unknown word, missing value,
 * wrong operands; the text suggests the nearest valid word), CONFIG_INVALID (a value that cannot be; a
 * required option that is missing). */
MUST_USE result_t options_parse(const struct program *program, int argc, char **argv, struct options *out,
                                struct error *err);
void options_free(struct options *options);

/* What main() does with it: parse, start the log, print --help or --version on stdout. True: go on, and
 * options_free() at the end. False: *exit_code is what to exit with, and what was wrong has been said. */
bool options_start(const struct program *program, int argc, char **argv, struct options *out, int *exit_code);

/* --help of the program, or of one command. */
void options_print_help(const struct options *options, FILE *out);

/* Values by the row's index. */
static inline bool option_given(const struct options *options, size_t row)
{
    return options->values[row].given;
}
static inline bool option_flag(const struct options *options, size_t row)
{
    return options->values[row].flag;
}
/* NULL when not set. Borrowed. */
static inline const char *option_text(const struct options *options, size_t row)
{
    return options->values[row].text;
}
static inline uint64_t option_u64(const struct options *options, size_t row)
{
    return options->values[row].number;
}
/* The index into the row's choices. */
static inline size_t option_choice(const struct options *options, size_t row)
{
    return (size_t)options->values[row].number;
}
/* The index of an OPTION_TEXT's value in `words`, which end with NULL; 0 when it is not set. For an option
 * whose words differ from command to command. CONFIG_INVALID names the words. */
MUST_USE result_t option_word(const struct options *options, size_t row, const char *const *words,
                              size_t *out, struct error *err);
static inline const struct address *option_address(const struct options *options, size_t row)
{
    return &options->values[row].address;
}

/* The key of an OPTION_SECRET_FILE or OPTION_SECRET row: exactly 2 * key_len hex digits (wire.md 3.2). *found
 * is false, and OK returned, when the row was not given. SECRETS_UNREADABLE, SECRETS_MALFORMED,
 * KEY_FILE_EXPOSED. */
MUST_USE result_t option_hex_key(const struct options *options, size_t row, size_t key_len,
                                 struct secret *out, bool *found, struct error *err);

#endif
