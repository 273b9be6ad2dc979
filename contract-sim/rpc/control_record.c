/* sim_record and sim_record_stop: what happens, as a scenario in --record-dir or in the answer. */
#include <stdio.h>
#include <string.h>

#include <json-c/json.h>

#include "common/os/file.h"
#include "contract-sim/limits.h"
#include "contract-sim/rpc/methods.h"
#include "contract-sim/rpc/params.h"

#define SUFFIX     ".json"
#define NAME_CHARS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-"

/* A plain file name, with or without the suffix, which is left away here. */
static result_t read_name(struct jsonrpc_call *call, char out[SIM_RECORD_NAME_MAX + 1])
{
    const char *name;
    TRY(params_text(call, call->params, "name", &name));
    size_t len = strlen(name);
    size_t suffix = strlen(SUFFIX);
    if (len > suffix && strcmp(name + len - suffix, SUFFIX) == 0)
        len -= suffix;
    if (!len || len > SIM_RECORD_NAME_MAX || name[0] == '.' || strspn(name, NAME_CHARS) != strlen(name))
        return jsonrpc_fail_parse(
            call,
            "Failed parsing args: `name` is not a file name of 1 to %d of the characters "
            "A-Z, a-z, 0-9, ., _ and -, the first no dot",
            SIM_RECORD_NAME_MAX);
    memcpy(out, name, len);
    out[len] = 0;
    return OUTCOME_OK;
}

static result_t path_of(const struct jsonrpc_call *call, const char *name, char **out)
{
    char file[SIM_RECORD_NAME_MAX + sizeof SUFFIX];
    snprintf(file, sizeof file, "%s" SUFFIX, name);
    *out = file_path(call->node->record_dir, file);
    return *out ? OUTCOME_OK : OUTCOME_NO_MEMORY;
}

/* Told now rather than when it is over. */
static result_t refuse_existing(struct jsonrpc_call *call, const char *name)
{
    CLEANUP(free_text) char *path = NULL;
    if (!call->node->record_dir)
        return OUTCOME_OK;
    TRY(path_of(call, name, &path));
    return file_exists(path) ? jsonrpc_refuse(call, "a file of this name is there already") : OUTCOME_OK;
}

static result_t too_long(struct jsonrpc_call *call)
{
    return jsonrpc_refuse(call, "the recording is larger than a scenario may be (16 MiB, 100,000 steps)");
}

result_t method_sim_record(struct jsonrpc_call *call)
{
    struct sim_node *node = call->node;
    char name[SIM_RECORD_NAME_MAX + 1];
    TRY(params_object(call));
    TRY(read_name(call, name));
    if (node->recorder.chain)
        return jsonrpc_refuse(call, "a recording is under way already; sim_record_stop ends it");
    TRY(refuse_existing(call, name));
    result_t result = recorder_start(&node->recorder, &node->chain, node->profile);
    if (result == OUTCOME_LIMIT)
        return too_long(call);
    TRY(result);
    memcpy(node->record_name, name, sizeof name);
    return control_position(call);
}

static result_t save(struct jsonrpc_call *call, const char *name, const struct bytes *text)
{
    CLEANUP(free_text) char *path = NULL;
    struct error err;
    TRY(path_of(call, name, &path));
    result_t result = file_create(path, text->data, text->len, &err);
    if (result != OUTCOME_OK)
        return jsonrpc_refuse(call, err.text);
    return bytes_append_format(&call->result, "{\"file\":\"%s" SUFFIX "\",\"steps\":%zu}", name,
                               call->node->recorder.now.steps);
}

/* Under the name given here, or else the one given at the start. When it cannot be saved it goes on. */
result_t method_sim_record_stop(struct jsonrpc_call *call)
{
    struct sim_node *node = call->node;
    CLEANUP(bytes_free) struct bytes text = {0};
    if (!node->recorder.chain)
        return jsonrpc_refuse(call, "no recording is under way; sim_record starts one");
    if (call->params && json_object_object_get_ex(call->params, "name", NULL))
        TRY(read_name(call, node->record_name));
    result_t result = recorder_write(&node->recorder, node->record_name, &text);
    if (result == OUTCOME_LIMIT) {
        recorder_stop(&node->recorder);
        return too_long(call);
    }
    TRY(result);
    TRY(node->record_dir ? save(call, node->record_name, &text)
                         : bytes_append(&call->result, text.data, text.len));
    recorder_stop(&node->recorder);
    return OUTCOME_OK;
}
