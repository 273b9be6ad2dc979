/* mpc-contract-sim replay: scenario files in, a report on stdout (cli.md). */
#include "contract-sim/commands.h"

#include "contract-sim/scenario_set.h"

static result_t runs_report(struct scenario_set *set, struct replay_report *report, struct error *err)
{
    TRY(replay_report_begin(report));
    for (size_t i = 0; i < set->count; i++) {
        const struct scenario_file *file = &set->files[i];
        for (size_t p = 0; p < set->profile_count; p++) {
            CLEANUP(replay_result_free) struct replay_result result = {0};
            set->how.profile = set->profiles[p];
            TRY(replay_run(&file->scenario, &set->how, &result, err));
            TRY(replay_report_run(report, file->path, &file->scenario, set->profiles[p], &result));
        }
    }
    return replay_report_end(report);
}

int cmd_replay(const struct options *options)
{
    CLEANUP(scenario_set_free) struct scenario_set set;
    CLEANUP(bytes_free) struct bytes text = {0};
    struct replay_report report = {.format = (enum replay_format)option_choice(options, OPTION_FORMAT),
                                   .out = &text};
    struct error err = {0};
    result_t result = scenario_set_open(options, &set);
    if (result != OUTCOME_OK)
        return outcome_of(result)->exit_code;
    report.planned = set.count * set.profile_count;
    result = runs_report(&set, &report, &err);
    bytes_free(&report.cases);
    if (result != OUTCOME_OK) {
        log_outcome(LOG_LEVEL_ERROR, result, "%s", err.text[0] ? err.text : outcome_of(result)->text);
        return outcome_of(result)->exit_code;
    }
    fwrite(text.data, 1, text.len, stdout);
    return report.failed ? 1 : 0;
}
