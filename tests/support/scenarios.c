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

int scenarios_visit(const char *folder, scenario_visit_fn *visit)
{
    struct dirent **entries;
    int count = scandir(folder, &entries, is_scenario, alphasort);
    for (int i = 0; i < count; i++) {
        CLEANUP(scenario_free) struct scenario scenario = {0};
        char path[8192];
        snprintf(path, sizeof path, "%s/%s", folder, entries[i]->d_name);
        struct error err = {0};
        ck_assert_ok_err(scenario_file_read(path, NULL, &scenario, &err), err);
        visit(&scenario);
        free(entries[i]);
    }
    if (count >= 0)
        free(entries);
    return count;
}

void scenarios_visit_ours(scenario_visit_fn *visit)
{
    char folder[4096];
    const char *top = getenv("top_srcdir");
    snprintf(folder, sizeof folder, "%s/tests/scenarios", top ? top : ".");
    ck_assert_int_ge(scenarios_visit(folder, visit), 28);
}
