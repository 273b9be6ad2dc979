#include <string.h>

#include "common/nearest.h"
#include "common/os/options_table.h"
#include "config.h"

/* How much of an unknown option is shown. */
#define OPTION_SHOWN_MAX 48

result_t options_unknown_option(const struct program *program, const char *word, struct error *err)
{
    size_t len = strcspn(word, "=");
    size_t dashes = strspn(word, "-");
    int shown = len > OPTION_SHOWN_MAX ? OPTION_SHOWN_MAX : (int)len;
    struct nearest nearest = {.given = word + dashes, .given_len = len - dashes};
    for (size_t i = 0; i < options_row_count(program); i++)
        nearest_try(&nearest, options_row(program, i)->name);
    if (nearest.word)
        return error_set(err, OUTCOME_USAGE, "unknown option %.*s; did you mean --%s?", shown, word,
                         nearest.word);
    return error_set(err, OUTCOME_USAGE, "unknown option %.*s; --help lists them", shown, word);
}

const char *options_shown(const char *word)
{
    return strlen(word) < 32 ? word : "(a long word, not shown: it may be a secret)";
}

result_t options_unknown_command(const struct program *program, const char *const *words, size_t count,
                                 struct error *err)
{
    if (count == 0)
        return error_set(err, OUTCOME_USAGE, "a command is needed; --help lists them");
    char given[NEAREST_WORD_LEN_MAX * 2 + 2];
    snprintf(given, sizeof given, "%s%s%s", options_shown(words[0]), count > 1 ? " " : "",
             count > 1 ? options_shown(words[1]) : "");
    struct nearest nearest = {.given = given, .given_len = strlen(given)};
    for (size_t i = 0; i < program->command_count; i++)
        nearest_try(&nearest, program->commands[i].words);
    nearest.given_len = strcspn(given, " ");
    for (size_t i = 0; i < program->command_count && !nearest.word; i++)
        nearest_try(&nearest, program->commands[i].words);
    if (nearest.word)
        return error_set(err, OUTCOME_USAGE, "unknown command `%s`; did you mean `%s`?", given, nearest.word);
    return error_set(err, OUTCOME_USAGE, "unknown command `%s`; --help lists them", given);
}

static void print_usage(const struct options *options, FILE *out)
{
    const struct program *program = options->program;
    if (program->command_count == 0)
        fprintf(out, "usage: %s [OPTIONS]%s%s\n", program->name, program->operands ? " " : "",
                program->operands ? program->operands : "");
    for (size_t i = 0; i < program->command_count; i++) {
        if (options->command != program->command_count && options->command != i)
            continue;
        const struct command_row *row = &program->commands[i];
        bool optional = program->default_command == (int)i;
        fprintf(out, "usage: %s %s%s%s [OPTIONS]%s%s\n", program->name, optional ? "[" : "", row->words,
                optional ? "]" : "", row->operands ? " " : "", row->operands ? row->operands : "");
        fprintf(out, "         %s\n", row->help);
    }
    fprintf(out, "\n%s\n\noptions:\n", program->summary);
}

static void print_value_name(const struct option_row *row, FILE *out)
{
    fprintf(out, "  --%s", row->name);
    if (row->kind == OPTION_CHOICE) {
        for (size_t i = 0; row->choices[i]; i++)
            fprintf(out, "%s%s", i ? "|" : " ", row->choices[i]);
    } else if (row->kind != OPTION_FLAG) {
        fprintf(out, " %s", row->value_name ? row->value_name : "VALUE");
    }
    fprintf(out, "\n        %s", row->help);
}

static void print_option(const struct option_row *row, FILE *out)
{
    print_value_name(row, out);
    if (row->kind == OPTION_LIST)
        fprintf(out, "; may be repeated");
    if (row->environment)
        fprintf(out, " [%s%s%s]", row->environment, row->kind == OPTION_SECRET_FILE ? ": the key itself" : "",
                row->kind == OPTION_LIST ? ": separated by commas" : "");
    if (row->fallback)
        fprintf(out, " (default %s)", row->fallback);
    fprintf(out, "%s\n", row->required ? " (required)" : "");
}

void options_print_help(const struct options *options, FILE *out)
{
    const struct program *program = options->program;
    print_usage(options, out);
    for (size_t i = 0; i < options_row_count(program); i++) {
        const struct option_row *row = options_row(program, i);
        if (options->command == program->command_count || options_row_applies(row, options->command))
            print_option(row, out);
    }
}

static void warn_of_exposed_secrets(const struct options *options)
{
    for (size_t i = 0; i < options->program->row_count; i++) {
        if (options->values[i].exposed)
            log_warn(
                "--%s: a secret on the command line can be seen by other users until it is overwritten; use "
                "the environment or a file",
                options->program->rows[i].name);
    }
}

bool options_start(const struct program *program, int argc, char **argv, struct options *out, int *exit_code)
{
    struct error err = {.code = OUTCOME_INTERNAL};
    result_t result = options_parse(program, argc, argv, out, &err);
    log_init(out->log_format, out->log_level);
    warn_of_exposed_secrets(out);
    *exit_code = outcome_of(result)->exit_code;
    if (result != OUTCOME_OK) {
        log_outcome(LOG_LEVEL_ERROR, result, "%s: %s", program->name, err.text);
    } else if (out->help) {
        options_print_help(out, stdout);
    } else if (out->version) {
        printf("%s %s\n", program->name, MPC_VERSION);
    } else {
        return true;
    }
    options_free(out);
    return false;
}
