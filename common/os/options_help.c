#include <string.h>

#include "common/os/options_table.h"
#include "config.h"

/* Words longer than this are never suggested. */
#define WORD_LEN_MAX 48

/* Insertions, deletions and replacements between two words (Levenshtein). */
static size_t distance(const char *a, size_t a_len, const char *b, size_t b_len)
{
    size_t row[WORD_LEN_MAX + 1];
    if (a_len > WORD_LEN_MAX || b_len > WORD_LEN_MAX)
        return WORD_LEN_MAX;
    for (size_t j = 0; j <= b_len; j++)
        row[j] = j;
    for (size_t i = 1; i <= a_len; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= b_len; j++) {
            size_t replaced = diagonal + (a[i - 1] != b[j - 1]);
            size_t other = (row[j] < row[j - 1] ? row[j] : row[j - 1]) + 1;
            diagonal = row[j];
            row[j] = replaced < other ? replaced : other;
        }
    }
    return row[b_len];
}

struct nearest {
    const char *given;
    size_t given_len;
    const char *word;
    size_t distance;
};

static void nearest_try(struct nearest *nearest, const char *word)
{
    size_t now = distance(nearest->given, nearest->given_len, word, strlen(word));
    /* Further than a third of the word is another word. */
    if (now <= 1 + strlen(word) / 3 && (!nearest->word || now < nearest->distance)) {
        nearest->word = word;
        nearest->distance = now;
    }
}

result_t options_unknown_option(const struct program *program, const char *word, struct error *err)
{
    size_t len = strcspn(word, "=");
    size_t dashes = strspn(word, "-");
    int shown = len > WORD_LEN_MAX ? WORD_LEN_MAX : (int)len;
    struct nearest nearest = {.given = word + dashes, .given_len = len - dashes};
    for (size_t i = 0; i < options_row_count(program); i++)
        nearest_try(&nearest, options_row(program, i)->name);
    if (nearest.word)
        return error_set(err, OUTCOME_USAGE, "unknown option %.*s; did you mean --%s?", shown, word,
                         nearest.word);
    return error_set(err, OUTCOME_USAGE, "unknown option %.*s; --help lists them", shown, word);
}

result_t options_unknown_command(const struct program *program, const char *const *words, size_t count,
                                 struct error *err)
{
    if (count == 0)
        return error_set(err, OUTCOME_USAGE, "a command is needed; --help lists them");
    char given[WORD_LEN_MAX * 2 + 2];
    snprintf(given, sizeof given, "%.*s%s%.*s", WORD_LEN_MAX, words[0], count > 1 ? " " : "", WORD_LEN_MAX,
             count > 1 ? words[1] : "");
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
