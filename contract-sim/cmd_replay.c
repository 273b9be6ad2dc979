/* mpc-contract-sim replay: scenario files in, a report on stdout (cli.md). */
#include "contract-sim/commands.h"

#include "contract-sim/scenario_file.h"
#include "contract-sim/scenario_set.h"

static result_t runs_report(struct scenario_set *set, struct replay_report *report, struct error *err)
{
    TRY(replay_report_begin(report));
    for (size_t i = 0; i < set->count; i++) {
        const struct scenario_file *file = &set->files[i];
        for (size_t p = 0; p < set->profile_count; p++) {
            if (!scenario_is_for(&file->scenario, set->profiles[p]))
                continue;
            CLEANUP(replay_result_free) struct replay_result result = {0};
            set->how.profile = set->profiles[p];
            TRY(replay_run(&file->scenario, &set->how, &result, err));
            TRY(replay_report_run(report, file->path, &file->scenario, set->profiles[p], &result));
        }
    }
    return replay_report_end(report);
}

/* A scenario may be for some profiles only. */
static size_t runs_count(const struct scenario_set *set)
{
    size_t count = 0;
    for (size_t i = 0; i < set->count; i++) {
        for (size_t p = 0; p < set->profile_count; p++)
            count += scenario_is_for(&set->files[i].scenario, set->profiles[p]);
    }
    return count;
}

/* --compile: one file's mpc-scenario/1 form on stdout. */
static int compile(const struct options *options)
{
    CLEANUP(bytes_free) struct bytes text = {0};
    struct error err = {0};
    bool alone = options->operand_count == 1 && !option_given(options, OPTION_FROM);
    result_t result = alone ? scenario_file_compile(options->operands[0], &text, &err)
                            : error_set(&err, OUTCOME_USAGE, "--compile stands alone, with one file");
    if (result != OUTCOME_OK)
        return command_failed(result, &err);
    fwrite(text.data, 1, text.len, stdout);
    return 0;
}

int cmd_replay(const struct options *options)
{
    static const char *const formats[] = {
        [REPLAY_TAP] = "tap", [REPLAY_JUNIT] = "junit", [REPLAY_JSON] = "json", NULL};
    CLEANUP(scenario_set_free) struct scenario_set set = {0};
    CLEANUP(bytes_free) struct bytes text = {0};
    struct replay_report report = {.out = &text};
    struct error err = {0};
    size_t format;
    if (option_flag(options, OPTION_COMPILE))
        return compile(options);
    result_t result = option_word(options, OPTION_FORMAT, formats, &format, &err);
    if (result != OUTCOME_OK)
        return command_failed(result, &err);
    report.format = (enum replay_format)format;
    result = scenario_set_open(options, &set);
    if (result != OUTCOME_OK)
        return outcome_of(result)->exit_code;
    report.planned = runs_count(&set);
    result = runs_report(&set, &report, &err);
    bytes_free(&report.cases);
    if (result != OUTCOME_OK)
        return command_failed(result, &err);
    fwrite(text.data, 1, text.len, stdout);
    return report.failed ? 1 : 0;
}
