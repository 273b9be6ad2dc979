/* mpc-contract-sim replay: scenario files in, a report on stdout (cli.md). */
#include "contract-sim/commands.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "common/os/file.h"
#include "contract-sim/limits.h"
#include "contract-sim/model/model.h"
#include "contract-sim/replay/replay.h"

#define REPLAY_FILES_MAX 10000

struct replay_file {
    char *path;
    struct scenario scenario;
};

struct replay_files {
    struct replay_file *files;
    size_t count;
};

static void replay_files_free(struct replay_files *all)
{
    for (size_t i = 0; i < all->count; i++) {
        free(all->files[i].path);
        scenario_free(&all->files[i].scenario);
    }
    free(all->files);
}

/* Takes the path over. */
static result_t file_add(struct replay_files *all, char *path, struct error *err)
{
    if (path && all->count == REPLAY_FILES_MAX) {
        free(path);
        return error_set(err, OUTCOME_LIMIT, "more than %d scenario files", REPLAY_FILES_MAX);
    }
    struct replay_file *files = path ? realloc(all->files, (all->count + 1) * sizeof *files) : NULL;
    if (!files) {
        free(path);
        return error_set(err, OUTCOME_NO_MEMORY, "out of memory");
    }
    all->files = files;
    files[all->count++] = (struct replay_file){.path = path};
    return OUTCOME_OK;
}

static int is_scenario_name(const struct dirent *entry)
{
    size_t len = strlen(entry->d_name);
    return entry->d_name[0] != '.' && len > 5 && strcmp(entry->d_name + len - 5, ".json") == 0;
}

/* Every *.json of the folder itself, by name. */
static result_t folder_add(struct replay_files *all, const char *path, struct error *err)
{
    struct dirent **entries;
    int count = scandir(path, &entries, is_scenario_name, alphasort);
    if (count < 0)
        return error_set(err, OUTCOME_USAGE, "%s: %m", path);
    result_t result = count ? OUTCOME_OK : error_set(err, OUTCOME_USAGE, "%s: no *.json files here", path);
    for (int i = 0; i < count; i++) {
        if (result == OUTCOME_OK)
            result = file_add(all, file_path(path, entries[i]->d_name), err);
        free(entries[i]);
    }
    free(entries);
    return result;
}

static result_t operands_collect(const struct options *options, struct replay_files *all, struct error *err)
{
    for (size_t i = 0; i < options->operand_count; i++) {
        const char *path = options->operands[i];
        struct stat info;
        if (stat(path, &info) != 0)
            return error_set(err, OUTCOME_USAGE, "%s: %m", path);
        if (S_ISDIR(info.st_mode))
            TRY(folder_add(all, path, err));
        else
            TRY(file_add(all, strdup(path), err));
    }
    return OUTCOME_OK;
}

/* All files are read before any is run, and every one that cannot be is named. */
static result_t files_parse(struct replay_files *all)
{
    result_t worst = OUTCOME_OK;
    for (size_t i = 0; i < all->count; i++) {
        CLEANUP(bytes_free) struct bytes text = {0};
        struct error err = {0};
        result_t result = file_read(all->files[i].path, SCENARIO_BYTES_MAX, &text, &err);
        if (result == OUTCOME_OK) {
            result = scenario_parse((const char *)text.data, text.len, &all->files[i].scenario, &err);
            error_prefix(&err, result, "%s", all->files[i].path);
        }
        if (result != OUTCOME_OK) {
            log_outcome(LOG_LEVEL_ERROR, result, "%s", err.text);
            worst = result;
        }
    }
    return worst;
}

/* The profiles to run: the one named, or all. */
static result_t profiles_choose(const char *named, const char **out, size_t *count, struct error *err)
{
    *count = 0;
    for (size_t i = 0; model_profile_name(i); i++) {
        if (!named || strcmp(named, "all") == 0 || strcmp(named, model_profile_name(i)) == 0)
            out[(*count)++] = model_profile_name(i);
    }
    return *count ? OUTCOME_OK
                  : error_set(err, OUTCOME_USAGE,
                              "no profile \"%s\"; there are all, design, v3.14, v3.14+cancel", named);
}

#define PROFILES_MAX 8

static result_t runs_report(const struct replay_files *all, const char *const *profiles, size_t profile_count,
                            struct replay_options *how, struct replay_report *report, struct error *err)
{
    TRY(replay_report_begin(report));
    for (size_t i = 0; i < all->count; i++) {
        for (size_t p = 0; p < profile_count; p++) {
            CLEANUP(replay_result_free) struct replay_result result = {0};
            how->profile = profiles[p];
            TRY(replay_run(&all->files[i].scenario, how, &result, err));
            TRY(replay_report_run(report, all->files[i].path, &all->files[i].scenario, profiles[p], &result));
        }
    }
    return replay_report_end(report);
}

/* An empty file is a template too, if a bad one. */
static result_t launcher_template_read(const struct options *options, struct bytes *text, struct error *err)
{
    const char *path = option_text(options, OPTION_LAUNCHER_TEMPLATE);
    if (!path)
        return OUTCOME_OK;
    TRY(file_read(path, SIM_LAUNCHER_TEMPLATE_BYTES_MAX, text, err));
    return bytes_append(text, "", 0);
}

static int failed(result_t result, const struct error *err)
{
    log_outcome(LOG_LEVEL_ERROR, result, "%s", err->text[0] ? err->text : outcome_of(result)->text);
    return outcome_of(result)->exit_code;
}

int cmd_replay(const struct options *options)
{
    CLEANUP(replay_files_free) struct replay_files all = {0};
    CLEANUP(bytes_free) struct bytes text = {0};
    CLEANUP(bytes_free) struct bytes template = {0};
    const struct option_value *rules = &options->values[OPTION_RULE];
    struct replay_report report = {.format = (enum replay_format)option_choice(options, OPTION_FORMAT),
                                   .out = &text};
    const char *profiles[PROFILES_MAX];
    size_t profile_count;
    struct error err = {0};
    result_t result = profiles_choose(option_text(options, OPTION_PROFILE), profiles, &profile_count, &err);
    if (result == OUTCOME_OK)
        result = operands_collect(options, &all, &err);
    if (result == OUTCOME_OK)
        result = launcher_template_read(options, &template, &err);
    if (result != OUTCOME_OK)
        return failed(result, &err);
    result = files_parse(&all);
    if (result != OUTCOME_OK)
        return outcome_of(result)->exit_code;
    report.planned = all.count * profile_count;
    struct replay_options how = {.rules = (const char *const *)rules->items,
                                 .rule_count = rules->item_count,
                                 .launcher_template = (const char *)template.data,
                                 .launcher_template_len = template.len};
    result = runs_report(&all, profiles, profile_count, &how, &report, &err);
    bytes_free(&report.cases);
    if (result != OUTCOME_OK)
        return failed(result, &err);
    fwrite(text.data, 1, text.len, stdout);
    return report.failed ? 1 : 0;
}
