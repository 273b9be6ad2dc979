#include "common/os/options.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "common/os/file.h"
#include "common/os/options_table.h"

static const char *const log_formats[] = {
    [LOG_FORMAT_PLAIN] = "plain",
    [LOG_FORMAT_JSON] = "json",
    NULL,
};
static const char *const log_levels[] = {
    [LOG_LEVEL_ERROR] = "error",
    [LOG_LEVEL_WARN] = "warn",
    [LOG_LEVEL_INFO] = "info",
    [LOG_LEVEL_DEBUG] = "debug",
    NULL,
};

static const struct option_row common_rows[OPTIONS_COMMON_ROWS] = {
    [COMMON_HELP] = {.name = "help", .kind = OPTION_FLAG, .help = "print this and exit"},
    [COMMON_VERSION] = {.name = "version", .kind = OPTION_FLAG, .help = "print the version and exit"},
    [COMMON_LOG_FORMAT] = {.name = "log-format",
                           .kind = OPTION_CHOICE,
                           .environment = "MPC_LOG_FORMAT",
                           .fallback = "plain",
                           .help = "the form of log lines on stderr",
                           .choices = log_formats},
    [COMMON_LOG_LEVEL] = {.name = "log-level",
                          .kind = OPTION_CHOICE,
                          .fallback = "info",
                          .help = "how much to log",
                          .choices = log_levels},
};

const struct option_row *options_row(const struct program *program, size_t index)
{
    return index < program->row_count ? &program->rows[index] : &common_rows[index - program->row_count];
}

/* ---- one value --------------------------------------------------------------------------------------- */

static result_t value_u64(const struct option_row *row, const char *text, const char *source,
                          struct option_value *out, struct error *err)
{
    uint64_t max = row->max ? row->max : UINT64_MAX;
    uint64_t value = 0;
    bool fits = *text != 0;
    for (const char *at = text; *at && fits; at++) {
        fits = *at >= '0' && *at <= '9' && !__builtin_mul_overflow(value, 10, &value) &&
               !__builtin_add_overflow(value, (uint64_t)(*at - '0'), &value);
    }
    if (!fits || value < row->min || value > max)
        return error_set(err, OUTCOME_CONFIG_INVALID, "%s: `%s` is not a whole number from %llu to %llu",
                         source, text, (unsigned long long)row->min, (unsigned long long)max);
    out->number = value;
    return OUTCOME_OK;
}

static result_t word_find(const char *const *words, const char *text, const char *source, size_t *out,
                          struct error *err)
{
    char list[ERROR_TEXT_MAX / 2] = "";
    for (size_t i = 0; words[i]; i++) {
        if (strcmp(words[i], text) == 0) {
            *out = i;
            return OUTCOME_OK;
        }
        size_t len = strlen(list);
        snprintf(list + len, sizeof list - len, "%s%s", i ? ", " : "", words[i]);
    }
    return error_set(err, OUTCOME_CONFIG_INVALID, "%s: `%s` is not one of %s", source, text, list);
}

static result_t value_choice(const struct option_row *row, const char *text, const char *source,
                             struct option_value *out, struct error *err)
{
    size_t index = 0;
    TRY(word_find(row->choices, text, source, &index, err));
    out->number = index;
    return OUTCOME_OK;
}

result_t option_word(const struct options *options, size_t row, const char *const *words, size_t *out,
                     struct error *err)
{
    const struct option_value *value = &options->values[row];
    char source[64];
    *out = 0;
    if (!value->text)
        return OUTCOME_OK;
    snprintf(source, sizeof source, "--%s", options_row(options->program, row)->name);
    return word_find(words, value->text, source, out, err);
}

static result_t value_flag(const char *text, const char *source, struct option_value *out, struct error *err)
{
    out->flag = strcmp(text, "1") == 0 || strcmp(text, "true") == 0;
    if (!out->flag && strcmp(text, "0") != 0 && strcmp(text, "false") != 0)
        return error_set(err, OUTCOME_CONFIG_INVALID, "%s: `%s` is not 1, true, 0 or false", source, text);
    return OUTCOME_OK;
}

static result_t value_add_item(struct option_value *out, const char *text, size_t len, const char *source,
                               struct error *err)
{
    if (len == 0)
        return error_set(err, OUTCOME_CONFIG_INVALID, "%s has an empty item", source);
    if (out->item_count == OPTIONS_LIST_MAX)
        return error_set(err, OUTCOME_CONFIG_INVALID, "%s is given more than %d times", source,
                         OPTIONS_LIST_MAX);
    char **items = (char **)realloc(out->items, (out->item_count + 1) * sizeof *items);
    if (!items)
        return OUTCOME_NO_MEMORY;
    out->items = items;
    items[out->item_count] = strndup(text, len);
    return items[out->item_count] ? (out->item_count++, OUTCOME_OK) : OUTCOME_NO_MEMORY;
}

/* In the environment, and as a default, a list is one text. */
static result_t value_split_items(struct option_value *out, const char *text, const char *source,
                                  struct error *err)
{
    for (;;) {
        size_t len = strcspn(text, ",");
        TRY(value_add_item(out, text, len, source, err));
        if (text[len] == 0)
            return OUTCOME_OK;
        text += len + 1;
    }
}

static result_t value_address(const struct option_row *row, const char *text, const char *source,
                              struct option_value *out, struct error *err)
{
    if (row->kind == OPTION_ADDRESS_OR_OFF && strcmp(text, "off") == 0)
        return OUTCOME_OK;
    result_t result = address_parse(text, &out->address, err);
    return result == OUTCOME_OK ? result : error_prefix(err, result, "%s", source);
}

static result_t value_set(const struct option_row *row, const char *text, const char *source,
                          struct option_value *out, struct error *err)
{
    out->set = true;
    if (row->kind != OPTION_LIST) {
        free_text(&out->text);
        out->text = strdup(text);
        if (!out->text)
            return error_set(err, OUTCOME_NO_MEMORY, "no memory for %s", source);
    }
    switch (row->kind) {
    case OPTION_FLAG:
        return value_flag(text, source, out, err);
    case OPTION_U64:
        return value_u64(row, text, source, out, err);
    case OPTION_CHOICE:
        return value_choice(row, text, source, out, err);
    case OPTION_ADDRESS:
    case OPTION_ADDRESS_OR_OFF:
        return value_address(row, text, source, out, err);
    case OPTION_LIST:
        return value_split_items(out, text, source, err);
    default:
        return *text ? OUTCOME_OK : error_set(err, OUTCOME_CONFIG_INVALID, "%s is empty", source);
    }
}

/* ---- the command line -------------------------------------------------------------------------------- */

/* getopt_long answers ROW_FIRST + i for row i: more than any letter, so that no other answer is a row's. */
#define ROW_FIRST 256

static result_t take_secret(char *text, struct option_value *out)
{
    TRY(secret_copy(&out->secret, text, strlen(text)));
    secret_wipe(text, strlen(text));
    out->exposed = true;
    return OUTCOME_OK;
}

static result_t take_value(const struct option_row *row, char *text, struct option_value *value,
                           struct error *err)
{
    char source[80];
    if (row->kind == OPTION_SECRET)
        return take_secret(text, value);
    snprintf(source, sizeof source, "--%s", row->name);
    if (row->kind != OPTION_LIST)
        return value_set(row, text, source, value, err);
    return value_add_item(value, text, strlen(text), source, err);
}

/* `word` is the argument in which getopt_long found the option. It takes an abbreviation for the name, we do
 * not; where something is wrong with the value ('?', ':') the row is in optopt. */
static result_t take_option(int answer, const char *word, struct options *out, struct error *err)
{
    int index = (answer < ROW_FIRST ? optopt : answer) - ROW_FIRST;
    const struct option_row *row = index < 0 ? NULL : options_row(out->program, (size_t)index);
    if (!row || strcspn(word + 2, "=") != strlen(row->name))
        return options_unknown_option(out->program, word, err);
    struct option_value *value = &out->values[index];
    if (value->given && row->kind != OPTION_LIST)
        return error_set(err, OUTCOME_USAGE, "--%s is given twice", row->name);
    if (answer == '?')
        return error_set(err, OUTCOME_USAGE, "--%s takes no value", row->name);
    if (answer == ':' || (optarg && !strchr(word, '=') && strncmp(optarg, "--", 2) == 0))
        return error_set(err, OUTCOME_USAGE, "--%s needs a value (--%s=VALUE where it begins with --)",
                         row->name, row->name);
    value->set = value->given = true;
    value->source = row->name;
    value->flag = row->kind == OPTION_FLAG;
    return value->flag ? OUTCOME_OK : take_value(row, optarg, value, err);
}

static result_t take_operand(const char *word, struct options *out, struct error *err)
{
    if (out->operand_count == OPTIONS_OPERANDS_MAX)
        return error_set(err, OUTCOME_USAGE, "more than %d arguments", OPTIONS_OPERANDS_MAX);
    out->operands[out->operand_count++] = word;
    return OUTCOME_OK;
}

/* All words that are no options become operands. */
static result_t read_line(int argc, char **argv, struct options *out, struct error *err)
{
    struct option table[ARRAY_LEN(out->values) + 1] = {0};
    for (size_t i = 0; i < options_row_count(out->program); i++) {
        const struct option_row *row = options_row(out->program, i);
        int has_value = row->kind == OPTION_FLAG ? no_argument : required_argument;
        table[i] = (struct option){.name = row->name, .has_arg = has_value, .val = ROW_FIRST + (int)i};
    }
    int answer;
    optind = 0; /* glibc: begin anew */
    /* "-": an operand is answered in its place, as 1, whatever POSIXLY_CORRECT says; ":": nothing is printed,
     * and a missing value is ':', not '?'. */
    for (int at = 1; (answer = getopt_long(argc, argv, "-:", table, NULL)) != -1; at = optind)
        TRY(answer == 1 ? take_operand(optarg, out, err) : take_option(answer, argv[at], out, err));
    while (optind < argc)
        TRY(take_operand(argv[optind++], out, err));
    return OUTCOME_OK;
}

/* How many of the words name this command; 0 when they do not. */
static size_t command_match(const char *command, const char *const *words, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        size_t len = strcspn(command, " ");
        if (strlen(words[i]) != len || memcmp(words[i], command, len) != 0)
            return 0;
        if (command[len] == 0)
            return i + 1;
        command += len + 1;
    }
    return 0;
}

/* The words that name the command stop being operands. */
static result_t choose_command(struct options *out, struct error *err)
{
    const struct program *program = out->program;
    size_t used = 0;
    bool by_default = program->default_command >= 0 && out->operand_count == 0 && !out->help;
    out->command = by_default ? (size_t)program->default_command : program->command_count;
    for (size_t i = 0; i < program->command_count; i++) {
        size_t words = command_match(program->commands[i].words, out->operands, out->operand_count);
        if (words > used) {
            used = words;
            out->command = i;
        }
    }
    if (out->command == program->command_count && program->command_count > 0 && !out->help && !out->version)
        return options_unknown_command(program, out->operands, out->operand_count, err);
    out->operand_count -= used;
    memmove(out->operands, out->operands + used, out->operand_count * sizeof *out->operands);
    return OUTCOME_OK;
}

static result_t check_operands(const struct options *out, struct error *err)
{
    const struct program *program = out->program;
    const struct command_row *command = program->command_count ? &program->commands[out->command] : NULL;
    const char *name = command ? command->words : program->name;
    const char *operands = command ? command->operands : program->operands;
    size_t max = command ? command->operands_max : program->operands_max;
    if (out->operand_count > max)
        return error_set(err, OUTCOME_USAGE, "%s: unexpected argument `%s`", name,
                         options_shown(out->operands[max]));
    if (out->operand_count < (command ? command->operands_min : program->operands_min))
        return error_set(err, OUTCOME_USAGE, "%s needs %s", name, operands ? operands : "an argument");
    return OUTCOME_OK;
}

/* ---- environment, defaults, what is required --------------------------------------------------------- */

static result_t read_environment(const struct option_row *row, struct option_value *value, struct error *err)
{
    if (row->kind == OPTION_SECRET_FILE || row->kind == OPTION_SECRET) {
        /* Taken out of the environment even where the command line wins. */
        CLEANUP(secret_free) struct secret secret = {0};
        bool found;
        TRY(environment_take_secret(row->environment, &secret, &found));
        if (!found || value->given)
            return OUTCOME_OK;
        value->secret = secret;
        secret = (struct secret){0};
        value->set = value->given = true;
        value->source = row->environment;
        return OUTCOME_OK;
    }
    const char *text = getenv(row->environment);
    if (!text || value->given)
        return OUTCOME_OK;
    value->given = true;
    value->source = row->environment;
    return value_set(row, text, row->environment, value, err);
}

static result_t require(const struct option_row *row, struct error *err)
{
    if (row->environment)
        return error_set(err, OUTCOME_CONFIG_INVALID, "--%s (or %s in the environment) is required",
                         row->name, row->environment);
    return error_set(err, OUTCOME_CONFIG_INVALID, "--%s is required", row->name);
}

static result_t complete_row(struct options *out, size_t index, struct error *err)
{
    const struct option_row *row = options_row(out->program, index);
    struct option_value *value = &out->values[index];
    if (!options_row_applies(row, out->command))
        return value->given ? error_set(err, OUTCOME_USAGE, "--%s does not belong to `%s`", row->name,
                                        out->program->commands[out->command].words)
                            : OUTCOME_OK;
    if (row->environment)
        TRY(read_environment(row, value, err));
    if (!value->set && row->fallback)
        TRY(value_set(row, row->fallback, "the default", value, err));
    return row->required && !value->given ? require(row, err) : OUTCOME_OK;
}

static result_t parse(int argc, char **argv, struct options *out, struct error *err)
{
    TRY(read_line(argc, argv, out, err));
    const struct option_value *common = &out->values[out->program->row_count];
    out->help = common[COMMON_HELP].flag;
    out->version = common[COMMON_VERSION].flag;
    TRY(choose_command(out, err));
    if (out->help || out->version)
        return OUTCOME_OK;
    TRY(check_operands(out, err));
    /* How to log is needed to say what is wrong with the rest. */
    for (size_t i = options_row_count(out->program); i-- > 0;) {
        TRY(complete_row(out, i, err));
        if (i == out->program->row_count) {
            out->log_format = (enum log_format)common[COMMON_LOG_FORMAT].number;
            out->log_level = (enum log_level)common[COMMON_LOG_LEVEL].number;
        }
    }
    return OUTCOME_OK;
}

result_t options_parse(const struct program *program, int argc, char **argv, struct options *out,
                       struct error *err)
{
    memset(out, 0, sizeof *out);
    out->program = program;
    out->log_level = LOG_LEVEL_INFO;
    if (program->row_count > OPTIONS_ROWS_MAX)
        return error_set(err, OUTCOME_INTERNAL, "the table of options has more than %d rows",
                         OPTIONS_ROWS_MAX);
    result_t result = parse(argc, argv, out, err);
    if (result == OUTCOME_NO_MEMORY)
        return error_set(err, result, "out of memory while reading the command line");
    return result;
}

void options_free(struct options *options)
{
    for (size_t i = 0; i < ARRAY_LEN(options->values); i++) {
        struct option_value *value = &options->values[i];
        for (size_t k = 0; k < value->item_count; k++)
            free(value->items[k]);
        free(value->items);
        free(value->text);
        secret_free(&value->secret);
    }
    memset(options, 0, sizeof *options);
}

result_t option_hex_key(const struct options *options, size_t row, size_t key_len, struct secret *out,
                        bool *found, struct error *err)
{
    const struct option_value *value = &options->values[row];
    *found = value->set;
    if (!value->set)
        return OUTCOME_OK;
    if (value->text)
        return file_read_hex_key(value->text, key_len, FILE_EXPOSED_REFUSE, FILE_NEWLINE_TOLERATE, out, err);
    return hex_key_parse(value->secret.data, value->secret.len, key_len, value->source, out, err);
}
