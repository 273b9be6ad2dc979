/* sim_fault and sim_faults, and what a call looks like to the faults. */
#include <string.h>

#include <json-c/json.h>

#include "common/encoding.h"
#include "contract-sim/rpc/methods.h"
#include "contract-sim/rpc/params.h"

static const char *text_member(struct json_object *object, const char *name)
{
    struct json_object *value = NULL;
    json_object_object_get_ex(object, name, &value);
    return json_object_is_type(value, json_type_string) ? json_object_get_string(value) : NULL;
}

static const char *text_element(struct json_object *array, size_t index)
{
    struct json_object *value = json_object_array_get_idx(array, index);
    return json_object_is_type(value, json_type_string) ? json_object_get_string(value) : NULL;
}

static bool is_array(const struct jsonrpc_call *call)
{
    return json_object_is_type(call->params, json_type_array);
}

/* "method_name", or the last part of the legacy path "call/ACCOUNT/METHOD". */
static const char *method_of_view(const struct jsonrpc_call *call)
{
    if (!is_array(call))
        return text_member(call->params, "method_name");
    const char *path = text_element(call->params, 0);
    const char *last = path && strncmp(path, "call/", 5) == 0 ? strchr(path + 5, '/') : NULL;
    return last ? last + 1 : NULL;
}

/* The first function call of a transaction, decoded into `tx`. */
static const char *method_of_transaction(const struct jsonrpc_call *call, struct near_tx *tx)
{
    CLEANUP(bytes_free) struct bytes data = {0};
    struct near_signature signature;
    size_t tx_len;
    const char *text =
        is_array(call) ? text_element(call->params, 0) : text_member(call->params, "signed_tx_base64");
    if (!text || base64_decode(text, strlen(text), &data, NULL) != OUTCOME_OK ||
        near_signed_tx_decode(data.data, data.len, tx, &signature, &tx_len, NULL) != OUTCOME_OK)
        return NULL;
    for (size_t i = 0; i < tx->action_count; i++)
        if (tx->actions[i].type == NEAR_FUNCTION_CALL)
            return tx->actions[i].method_name;
    return NULL;
}

static enum sim_fault_reading reading_of(const struct jsonrpc_call *call)
{
    struct json_object *block_id = NULL;
    const char *finality = text_member(call->params, "finality");
    json_object_object_get_ex(call->params, "block_id", &block_id);
    if (block_id || (is_array(call) && strcmp(call->method, "block") == 0))
        return READS_BY_ID;
    return finality && strcmp(finality, "final") == 0 ? READS_FINAL : READS_BY_NAME;
}

void call_meets_faults(struct jsonrpc_call *call, enum method_class class)
{
    CLEANUP(near_tx_free) struct near_tx tx = {0};
    struct sim_fault_target target = {.method = call->method, .class = class};
    if (class == METHOD_CONTROL || !call->node->faults.count)
        return;
    target.reading = reading_of(call);
    if (class == METHOD_READ)
        target.contract_method = method_of_view(call);
    else if (class == METHOD_SEND)
        target.contract_method = method_of_transaction(call, &tx);
    sim_faults_plan(&call->node->faults, &target, &call->plan);
}

static result_t clear(struct jsonrpc_call *call, struct json_object *which)
{
    uint64_t id;
    if (json_object_object_length(call->params) != 1)
        return jsonrpc_fail_parse(call, "Failed parsing args: `clear` stands alone");
    if (json_object_is_type(which, json_type_string) && strcmp(json_object_get_string(which), "all") == 0) {
        sim_faults_clear_all(&call->node->faults);
        return OUTCOME_OK;
    }
    if (!json_is_u64(which, &id))
        return jsonrpc_fail_parse(call, "Failed parsing args: `clear` is neither an id nor \"all\"");
    result_t result = sim_faults_clear(&call->node->faults, id);
    if (result == OUTCOME_STORE_NOT_FOUND)
        return jsonrpc_refuse(call, "no active fault has this id; sim_faults lists them");
    return result;
}

static result_t order(struct jsonrpc_call *call)
{
    struct error err;
    result_t result = sim_faults_order(&call->node->faults, call->params, jsonrpc_method_class, &err);
    if (result == OUTCOME_LIMIT)
        return jsonrpc_refuse(call, err.text);
    if (result == OUTCOME_CONFIG_INVALID)
        return jsonrpc_fail_parse(call, "Failed parsing args: %s", err.text);
    return result;
}

/* {"kind":…} orders one, {"clear":ID|"all"} ends them; the answer is the list of those that are active. */
result_t method_sim_fault(struct jsonrpc_call *call)
{
    struct json_object *which;
    TRY(params_object(call));
    if (json_object_object_get_ex(call->params, "clear", &which))
        TRY(clear(call, which));
    else
        TRY(order(call));
    return sim_faults_write(&call->node->faults, &call->result);
}

result_t method_sim_faults(struct jsonrpc_call *call)
{
    return sim_faults_write(&call->node->faults, &call->result);
}
