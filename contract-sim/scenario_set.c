#include "contract-sim/scenario_set.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "common/os/file.h"
#include "contract-sim/genesis_file.h"
#include "contract-sim/commands.h"
#include "contract-sim/limits.h"
#include "contract-sim/model/model.h"
#include "contract-sim/scenario_file.h"

void scenario_set_free(struct scenario_set *set)
{
    for (size_t i = 0; i < set->count; i++) {
        free(set->files[i].path);
        scenario_free(&set->files[i].scenario);
    }
    free(set->files);
    bytes_free(&set->launcher_template);
    genesis_free(&set->from);
}

/* Takes the path over. */
static result_t file_add(struct scenario_set *set, char *path, struct error *err)
{
    if (path && set->count == SCENARIO_FILES_MAX) {
        free(path);
        return error_set(err, OUTCOME_LIMIT, "more than %d scenario files", SCENARIO_FILES_MAX);
    }
    struct scenario_file *files = path ? realloc(set->files, (set->count + 1) * sizeof *files) : NULL;
    if (!files) {
        free(path);
        return error_set(err, OUTCOME_NO_MEMORY, "out of memory");
    }
    set->files = files;
    files[set->count++] = (struct scenario_file){.path = path};
    return OUTCOME_OK;
}

static int is_scenario_name(const struct dirent *entry)
{
    return scenario_file_is_name(entry->d_name);
}

/* Every scenario of the folder itself, in either form, by name. */
static result_t folder_add(struct scenario_set *set, const char *path, struct error *err)
{
    struct dirent **entries;
    int count = scandir(path, &entries, is_scenario_name, alphasort);
    if (count < 0)
        return error_set(err, OUTCOME_USAGE, "%s: %m", path);
    result_t result =
        count ? OUTCOME_OK : error_set(err, OUTCOME_USAGE, "%s: no *.scenario or *.json files here", path);
    for (int i = 0; i < count; i++) {
        if (result == OUTCOME_OK)
            result = file_add(set, file_path(path, entries[i]->d_name), err);
        free(entries[i]);
    }
    free(entries);
    return result;
}

static result_t operands_collect(const struct options *options, struct scenario_set *set, struct error *err)
{
    for (size_t i = 0; i < options->operand_count; i++) {
        const char *path = options->operands[i];
        struct stat info;
        if (stat(path, &info) != 0)
            return error_set(err, OUTCOME_USAGE, "%s: %m", path);
        if (S_ISDIR(info.st_mode))
            TRY(folder_add(set, path, err));
        else
            TRY(file_add(set, strdup(path), err));
    }
    return OUTCOME_OK;
}

/* The profiles to run: the one named, or all. */
static result_t profiles_choose(const char *named, struct scenario_set *set, struct error *err)
{
    for (size_t i = 0; model_profile_name(i); i++) {
        if (!named || strcmp(named, "all") == 0 || strcmp(named, model_profile_name(i)) == 0)
            set->profiles[set->profile_count++] = model_profile_name(i);
    }
    return set->profile_count
               ? OUTCOME_OK
               : error_set(err, OUTCOME_USAGE,
                           "no profile \"%s\"; there are all, design, v3.14, v3.14+cancel", named);
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

/* All files are read before any is run, and every one that cannot be is named. */
static result_t files_parse(struct scenario_set *set)
{
    result_t worst = OUTCOME_OK;
    for (size_t i = 0; i < set->count; i++) {
        struct error err = {0};
        result_t result =
            scenario_file_read(set->files[i].path, set->how.start, &set->files[i].scenario, &err);
        if (result != OUTCOME_OK) {
            log_outcome(LOG_LEVEL_ERROR, result, "%s", err.text);
            worst = result;
        }
    }
    return worst;
}

/* What cannot be started from is told once, and not by every run. */
static result_t start_try(const struct scenario_set *set, const char *path, struct error *err)
{
    CLEANUP(model_free_ptr) struct model *model = NULL;
    struct model_state state;
    TRY(model_new(set->profiles[0], set->from.contract_id.text, &model, err));
    result_t result =
        model_genesis(model, set->from.contract, set->from.block_height, set->from.block_time_s, &state, err);
    return result == OUTCOME_OK ? OUTCOME_OK : error_prefix(err, result, "%s", path);
}

/* --from, with what the saved views leave open told as warnings. */
static result_t start_read(const struct options *options, struct scenario_set *set, struct error *err)
{
    CLEANUP(bytes_free) struct bytes text = {0};
    CLEANUP(bytes_free) struct bytes info = {0};
    const char *path = option_text(options, OPTION_FROM);
    const char *info_path = option_text(options, OPTION_MIGRATION_INFO);
    if (!path)
        return info_path ? error_set(err, OUTCOME_USAGE, "--migration-info goes beside --from") : OUTCOME_OK;
    TRY(genesis_file_read(path, genesis_parse, &text, &set->from, err));
    TRY(genesis_file_read(info_path, genesis_parse_migration_info, &info, &set->from, err));
    set->start = (struct replay_start){.contract = set->from.contract,
                                       .has_block_height = set->from.has_block_height,
                                       .block_height = set->from.block_height,
                                       .has_block_time = set->from.has_block_time,
                                       .block_time_s = set->from.block_time_s};
    set->how.start = &set->start;
    TRY(start_try(set, path, err));
    return genesis_file_warn(path, &set->from, genesis_contract_defaults);
}

result_t scenario_set_open(const struct options *options, struct scenario_set *out)
{
    const struct option_value *rules = &options->values[OPTION_RULE];
    struct error err = {0};
    *out = (struct scenario_set){0};
    result_t result = profiles_choose(option_text(options, OPTION_PROFILE), out, &err);
    if (result == OUTCOME_OK)
        result = operands_collect(options, out, &err);
    if (result == OUTCOME_OK)
        result = launcher_template_read(options, &out->launcher_template, &err);
    out->how = (struct replay_options){.rules = (const char *const *)rules->items,
                                       .rule_count = rules->item_count,
                                       .launcher_template = (const char *)out->launcher_template.data,
                                       .launcher_template_len = out->launcher_template.len};
    if (result == OUTCOME_OK)
        result = start_read(options, out, &err);
    if (result != OUTCOME_OK) {
        command_failed(result, &err);
        return result;
    }
    return files_parse(out);
}
