/* The scenarios of this repository, and those of the reference data, in every profile. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "contract-sim/model/model.h"
#include "contract-sim/replay/replay.h"
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

static void scenario_check(const struct scenario *scenario, const char *profile)
{
    CLEANUP(replay_result_free) struct replay_result result = {0};
    struct error err = {0};
    ck_assert_ok_err(replay_run(scenario, &(struct replay_options){.profile = profile}, &result, &err), err);
    const struct replay_difference *first = &result.differences[0];
    if (result.difference_count)
        ck_abort_msg("%s [%s] step %zu, %s: expected %s, got %s", scenario->id, profile, first->step,
                     (const char *)first->what.data, (const char *)first->expected.data,
                     (const char *)first->got.data);
}

static int is_json(const struct dirent *entry)
{
    const char *dot = strrchr(entry->d_name, '.');
    return dot && strcmp(dot, ".json") == 0;
}

/* Returns how many there were. */
static int folder_check(const char *folder)
{
    struct dirent **entries;
    int count = scandir(folder, &entries, is_json, alphasort);
    for (int i = 0; i < count; i++) {
        struct scenario scenario = {0};
        char path[8192];
        snprintf(path, sizeof path, "%s/%s", folder, entries[i]->d_name);
        file_load(path, &scenario);
        for (size_t p = 0; model_profile_name(p); p++)
            scenario_check(&scenario, model_profile_name(p));
        scenario_free(&scenario);
        free(entries[i]);
    }
    if (count >= 0)
        free(entries);
    return count;
}

START_TEST(our_scenarios_pass_in_every_profile)
{
    char folder[4096];
    const char *top = getenv("top_srcdir");
    snprintf(folder, sizeof folder, "%s/tests/scenarios", top ? top : ".");
    ck_assert_int_ge(folder_check(folder), 23);
}
END_TEST

START_TEST(the_reference_scenarios_pass_in_every_profile)
{
    char folder[4200];
    const char *data = reference_data_dir();
    if (!data) {
        printf("SKIP: reference data scenarios is not here\n");
        return;
    }
    snprintf(folder, sizeof folder, "%s/scenarios", data);
    ck_assert_int_eq(folder_check(folder), 52);
}
END_TEST

int main(void)
{
    SUITE_WITH_CASE(suite, tcase, "scenarios");
    tcase_add_test(tcase, our_scenarios_pass_in_every_profile);
    tcase_add_test(tcase, the_reference_scenarios_pass_in_every_profile);
    return run_suite(suite);
}
