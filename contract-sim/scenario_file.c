#include "contract-sim/scenario_file.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "common/os/file.h"
#include "contract-sim/author/author.h"

static bool ends_with(const char *name, const char *suffix)
{
    size_t len = strlen(name);
    return len > strlen(suffix) && strcmp(name + len - strlen(suffix), suffix) == 0;
}

bool scenario_file_is_name(const char *name)
{
    return name[0] != '.' && (ends_with(name, ".json") || ends_with(name, AUTHOR_SUFFIX));
}

/* An authored scenario is called what its file is called, without folder and suffix. */
static result_t compile(const char *path, const struct replay_start *start, const struct bytes *text,
                        struct authored *out, struct error *err)
{
    char id[NAME_MAX + 1];
    const char *slash = strrchr(path, '/');
    const char *name = slash ? slash + 1 : path;
    snprintf(id, sizeof id, "%.*s", (int)(strlen(name) - strlen(AUTHOR_SUFFIX)), name);
    return author_compile((const char *)text->data, text->len, id, start, out, err);
}

/* The lines of the source go with the steps, for reports. */
static result_t authored_parse(const struct authored *authored, struct scenario *out, struct error *err)
{
    TRY(scenario_parse((const char *)authored->json.data, authored->json.len, out, err));
    for (size_t i = 0; i < out->step_count; i++)
        out->steps[i].line = authored->lines[i];
    return OUTCOME_OK;
}

/* *json is the file's mpc-scenario/1 form. */
static result_t read_both(const char *path, const struct replay_start *start, struct scenario *out,
                          struct bytes *json, struct error *err)
{
    CLEANUP(authored_free) struct authored authored = {0};
    CLEANUP(bytes_free) struct bytes text = {0};
    TRY(file_read(path, SCENARIO_BYTES_MAX, &text, err));
    TRY(bytes_append(&text, "", 0)); /* an empty file has no bytes at all */
    bool is_authored = ends_with(path, AUTHOR_SUFFIX);
    result_t result = is_authored ? compile(path, start, &text, &authored, err) : OUTCOME_OK;
    if (result == OUTCOME_OK)
        result = is_authored ? authored_parse(&authored, out, err)
                             : scenario_parse((const char *)text.data, text.len, out, err);
    if (result != OUTCOME_OK)
        return error_prefix(err, result, "%s", path);
    const struct bytes *form = is_authored ? &authored.json : &text;
    return bytes_append(json, form->data, form->len);
}

result_t scenario_file_read(const char *path, const struct replay_start *start, struct scenario *out,
                            struct error *err)
{
    CLEANUP(bytes_free) struct bytes json = {0};
    return read_both(path, start, out, &json, err);
}

result_t scenario_file_compile(const char *path, struct bytes *out, struct error *err)
{
    CLEANUP(scenario_free) struct scenario scenario = {0};
    return read_both(path, NULL, &scenario, out, err);
}
