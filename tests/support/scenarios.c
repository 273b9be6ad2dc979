#include "tests/support/scenarios.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/support.h"

static void file_load(const char *path, struct scenario *out)
{
    CLEANUP(bytes_free) struct bytes text = {0};
    struct error err = {0};
    char chunk[65536];
    size_t got;
    FILE *file = fopen(path, "rbe");
    ck_assert_msg(file != NULL, "%s", path);
    while ((got = fread(chunk, 1, sizeof chunk, file)) > 0)
        ck_assert_ok(bytes_append(&text, chunk, got));
    fclose(file);
    ck_assert_msg(scenario_parse((const char *)text.data, text.len, out, &err) == OUTCOME_OK, "%s: %s", path,
                  err.text);
}

static int is_json(const struct dirent *entry)
{
    const char *dot = strrchr(entry->d_name, '.');
    return dot && strcmp(dot, ".json") == 0;
}

int scenarios_visit(const char *folder, scenario_visit_fn *visit)
{
    struct dirent **entries;
    int count = scandir(folder, &entries, is_json, alphasort);
    for (int i = 0; i < count; i++) {
        CLEANUP(scenario_free) struct scenario scenario = {0};
        char path[8192];
        snprintf(path, sizeof path, "%s/%s", folder, entries[i]->d_name);
        file_load(path, &scenario);
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
    ck_assert_int_ge(scenarios_visit(folder, visit), 23);
}
