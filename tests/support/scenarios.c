#include "tests/support/scenarios.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "contract-sim/scenario_file.h"
#include "tests/support/support.h"

static int is_scenario(const struct dirent *entry)
{
    return scenario_file_is_name(entry->d_name);
}

/* How many there were; -1 without the folder. */
static int scenario_files_visit(const char *folder, scenario_file_visit_fn *visit)
{
    struct dirent **entries;
    int count = scandir(folder, &entries, is_scenario, alphasort);
    for (int i = 0; i < count; i++) {
        char path[8192];
        snprintf(path, sizeof path, "%s/%s", folder, entries[i]->d_name);
        visit(path);
        free(entries[i]);
    }
    if (count >= 0)
        free(entries);
    return count;
}

static scenario_visit_fn *visitor;

static void file_visit(const char *path)
{
    CLEANUP(scenario_free) struct scenario scenario = {0};
    struct error err = {0};
    ck_assert_ok_err(scenario_file_read(path, NULL, &scenario, &err), err);
    visitor(&scenario);
}

#define LONG_STEPS 100

bool scenario_is_long(const struct scenario *scenario)
{
    return scenario->step_count > LONG_STEPS;
}

static int scenarios_visit(const char *folder, scenario_visit_fn *visit)
{
    visitor = visit;
    return scenario_files_visit(folder, file_visit);
}

static const char *our_folder(void)
{
    static char folder[4096];
    const char *top = getenv("top_srcdir");
    snprintf(folder, sizeof folder, "%s/tests/scenarios", top ? top : ".");
    return folder;
}

#define OURS_MIN 40

void scenarios_visit_ours(scenario_visit_fn *visit)
{
    ck_assert_int_ge(scenarios_visit(our_folder(), visit), OURS_MIN);
}

void scenarios_visit_reference(scenario_visit_fn *visit)
{
    char folder[4200];
    const char *data = reference_data_dir();
    if (!data) {
        printf("SKIP: reference data scenarios is not here\n");
        return;
    }
    snprintf(folder, sizeof folder, "%s/scenarios", data);
    ck_assert_int_eq(scenarios_visit(folder, visit), 52);
}

void scenario_files_visit_ours(scenario_file_visit_fn *visit)
{
    ck_assert_int_ge(scenario_files_visit(our_folder(), visit), OURS_MIN);
}
