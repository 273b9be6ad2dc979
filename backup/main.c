#include <signal.h>
#include <stdio.h>

#include "backup/backup.h"

static int print(const struct report *report, const struct options *options, result_t result,
                 const struct error *err)
{
    const char *command = options->program->commands[options->command].words;
    bool json = option_flag(options, BACKUP_JSON);
    CLEANUP(bytes_free) struct bytes text = {0};
    if (!outcome_ok(result))
        log_outcome(LOG_LEVEL_ERROR, result, "%s", err->text[0] ? err->text : outcome_of(result)->text);
    if (report_print(report, json, command, result, err, &text) != OUTCOME_OK)
        return outcome_of(OUTCOME_NO_MEMORY)->exit_code;
    /* What cannot be written is lost, but the files and the node are as the exit code says. */
    if (fwrite(text.data, 1, text.len, stdout) != text.len || fflush(stdout) != 0)
        log_warn("the result cannot be written to stdout");
    return outcome_of(result)->exit_code;
}

int main(int argc, char **argv)
{
    CLEANUP(options_free) struct options options = {0};
    CLEANUP(report_free) struct report report = {0};
    struct error err = {0};
    int exit_code;
    signal(SIGPIPE, SIG_IGN);
    if (!options_start(&backup_program, argc, argv, &options, &exit_code))
        return exit_code;
    result_t result = backup_run(&options, &report, &err);
    return print(&report, &options, result, &err);
}
