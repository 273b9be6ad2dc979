/* mpc-contract-sim explore: the contract's states, breadth first, and the invariants over them (cli.md). */
#include "contract-sim/commands.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/os/clock.h"
#include "common/os/file.h"
#include "contract-sim/explore/report.h"
#include "contract-sim/model/model.h"

/* `--accounts`, which for `serve` is a file. */
static result_t accounts_read(const struct options *options, size_t *out, struct error *err)
{
    const char *text = option_text(options, OPTION_ACCOUNTS);
    struct u128 number;
    if (!text || !u128_parse(text, strlen(text), &number) || number.high || number.low > EXPLORE_ACCOUNTS_MAX)
        return error_set(err, OUTCOME_USAGE, "--accounts is a number from %u to %u", EXPLORE_ACCOUNTS_MIN,
                         EXPLORE_ACCOUNTS_MAX);
    *out = (size_t)number.low;
    return OUTCOME_OK;
}

static result_t alphabet_choose(const struct options *options, struct explore_options *out, struct error *err)
{
    bool depth = option_given(options, OPTION_DEPTH);
    out->migration = option_given(options, OPTION_ALPHABET);
    out->depth_max = depth ? option_u64(options, OPTION_DEPTH) : UINT64_MAX;
    bool counted = option_given(options, OPTION_ACCOUNTS) || option_given(options, OPTION_EPOCHS);
    if (out->migration == counted)
        return error_set(err, OUTCOME_USAGE,
                         "say --alphabet migration --depth D, or --accounts N --epochs N");
    if (out->migration)
        return depth ? OUTCOME_OK
                     : error_set(err, OUTCOME_USAGE,
                                 "the migration alphabet has no end; say how deep: --depth D");
    if (!option_given(options, OPTION_EPOCHS))
        return error_set(err, OUTCOME_USAGE, "--accounts needs --epochs N");
    out->epochs = option_u64(options, OPTION_EPOCHS);
    return accounts_read(options, &out->accounts, err);
}

static result_t counterexamples_write(const struct explore *explore, const char *dir, const char *profile,
                                      struct error *err)
{
    struct explore_finding finding;
    TRY(file_make_dir(dir, err));
    for (size_t i = 0; explore_finding(explore, i, &finding); i++) {
        CLEANUP(bytes_free) struct bytes text = {0};
        char name[64];
        if (finding.verdict != EXPLORE_KNOWN_BREAK && finding.verdict != EXPLORE_BROKEN)
            continue;
        TRY(explore_counterexample_write(explore, i, &text, err));
        snprintf(name, sizeof name, "%s-%s.json", finding.id, profile);
        char *path = file_path(dir, name);
        if (!path)
            return error_set(err, OUTCOME_NO_MEMORY, "out of memory");
        result_t result = file_write(path, text.data, text.len, err);
        free(path);
        TRY(result);
    }
    return OUTCOME_OK;
}

/* What was seen before a limit ended the search is reported too. */
static result_t profile_explore(const struct options *options, const struct explore_options *how,
                                bool *as_expected, struct error *err)
{
    CLEANUP(explore_free_ptr) struct explore *explore = NULL;
    CLEANUP(bytes_free) struct bytes text = {0};
    const char *dir = option_text(options, OPTION_COUNTEREXAMPLE_DIR);
    TRY(explore_new(how, &explore, err));
    int64_t start_us = clock_mono_us();
    result_t ran = explore_run(explore, err);
    uint64_t time_us = (uint64_t)(clock_mono_us() - start_us);
    if (ran != OUTCOME_OK && ran != OUTCOME_LIMIT)
        return ran;
    TRY(option_flag(options, OPTION_JSON) ? explore_report_json(explore, time_us, &text)
                                          : explore_report_text(explore, time_us, &text));
    puts((const char *)text.data);
    fflush(stdout);
    if (dir)
        TRY(counterexamples_write(explore, dir, how->profile, err));
    *as_expected = *as_expected && explore_as_expected(explore);
    return ran;
}

static result_t profiles_explore(const struct options *options, struct explore_options *how,
                                 bool *as_expected, struct error *err)
{
    const char *named = option_text(options, OPTION_PROFILE);
    if (!named || strcmp(named, "all") != 0) {
        how->profile = named ? named : model_profile_name(0);
        return profile_explore(options, how, as_expected, err);
    }
    for (size_t i = 0; model_profile_name(i); i++) {
        how->profile = model_profile_name(i);
        TRY(profile_explore(options, how, as_expected, err));
    }
    return OUTCOME_OK;
}

int cmd_explore(const struct options *options)
{
    const struct option_value *rules = &options->values[OPTION_RULE];
    const struct option_value *invariants = &options->values[OPTION_INVARIANT];
    struct explore_options how = {
        .rules = (const char *const *)rules->items,
        .rule_count = rules->item_count,
        .invariants = (const char *const *)invariants->items,
        .invariant_count = invariants->item_count,
        .states_max = (size_t)option_u64(options, OPTION_MAX_STATES),
    };
    struct error err = {0};
    bool as_expected = true;
    result_t result = alphabet_choose(options, &how, &err);
    if (result == OUTCOME_OK)
        result = profiles_explore(options, &how, &as_expected, &err);
    if (result != OUTCOME_OK)
        return command_failed(result, &err);
    return as_expected ? 0 : 1;
}
