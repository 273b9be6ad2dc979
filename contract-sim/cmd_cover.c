/* mpc-contract-sim cover: what scenario files reach of the contract's table (cli.md). */
#include "contract-sim/commands.h"

#include "contract-sim/cover/report.h"
#include "contract-sim/scenario_set.h"

/* A run that fails shows nothing of the contract that anybody vouches for: what it reached does not count. */
static result_t run_cover(const struct scenario_file *file, struct replay_options *how,
                          struct coverage *coverage, struct cover_runs *runs, struct error *err)
{
    CLEANUP(replay_result_free) struct replay_result result = {0};
    CLEANUP(coverage_free_ptr) struct coverage *reached = NULL;
    TRY(coverage_new(&reached));
    how->coverage = reached;
    TRY(replay_run(&file->scenario, how, &result, err));
    runs->runs++;
    if (result.difference_count) {
        runs->failed++;
        coverage_forget(reached);
        log_outcome(LOG_LEVEL_ERROR, OUTCOME_SCENARIO_FAILED, "%s fails in profile %s; replay shows where",
                    file->path, how->profile);
    }
    coverage_merge(coverage, reached);
    return OUTCOME_OK;
}

static result_t runs_cover(struct scenario_set *set, struct coverage *coverage, struct cover_runs *runs,
                           struct error *err)
{
    for (size_t i = 0; i < set->count; i++) {
        for (size_t p = 0; p < set->profile_count; p++) {
            set->how.profile = set->profiles[p];
            if (scenario_is_for(&set->files[i].scenario, set->profiles[p]))
                TRY(run_cover(&set->files[i], &set->how, coverage, runs, err));
        }
    }
    return OUTCOME_OK;
}

static result_t cover(struct scenario_set *set, enum cover_format format, unsigned required, bool *complete,
                      struct error *err)
{
    CLEANUP(bytes_free) struct bytes text = {0};
    CLEANUP(coverage_free_ptr) struct coverage *coverage = NULL;
    struct cover_runs runs = {.scenarios = set->count, .profiles = set->profile_count};
    TRY(coverage_new(&coverage));
    TRY(runs_cover(set, coverage, &runs, err));
    TRY(cover_report_write(coverage, &runs, format, &text));
    fwrite(text.data, 1, text.len, stdout);
    *complete = !runs.failed && cover_reaches(coverage, required);
    return OUTCOME_OK;
}

int cmd_cover(const struct options *options)
{
    static const char *const formats[] = {[COVER_TEXT] = "text", [COVER_JSON] = "json", NULL};
    CLEANUP(scenario_set_free) struct scenario_set set = {0};
    bool complete = false;
    struct error err = {0};
    size_t format;
    result_t result = option_word(options, OPTION_FORMAT, formats, &format, &err);
    if (result != OUTCOME_OK)
        return command_failed(result, &err);
    result = scenario_set_open(options, &set);
    if (result != OUTCOME_OK)
        return outcome_of(result)->exit_code;
    result = cover(&set, (enum cover_format)format, (unsigned)option_u64(options, OPTION_REQUIRE), &complete,
                   &err);
    if (result != OUTCOME_OK)
        return command_failed(result, &err);
    return complete ? 0 : 1;
}
