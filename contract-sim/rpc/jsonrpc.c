#include "contract-sim/rpc/jsonrpc.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <json-c/json.h>

#include "contract-sim/limits.h"
#include "contract-sim/rpc/methods.h"

/* Every error of near-rpc.md D.1, as it looks on the wire. UNKNOWN_BLOCK is 200 whatever the height: no
 * client gains from 422, and most lose the body. */
static const struct error_row {
    const char *name;
    const char *cause;
    int code;
    const char *message;
    int http_status;
} error_rows[] = {
    [ERROR_PARSE] = {"REQUEST_VALIDATION_ERROR", "PARSE_ERROR", -32700, "Parse error", 400},
    [ERROR_METHOD_NOT_FOUND] = {"REQUEST_VALIDATION_ERROR", "METHOD_NOT_FOUND", -32601, "Method not found",
                                400},
    [ERROR_UNKNOWN_ACCOUNT] = {"HANDLER_ERROR", "UNKNOWN_ACCOUNT", -32000, "Server error", 200},
    [ERROR_INVALID_ACCOUNT] = {"HANDLER_ERROR", "INVALID_ACCOUNT", -32000, "Server error", 200},
    [ERROR_UNKNOWN_ACCESS_KEY] = {"HANDLER_ERROR", "UNKNOWN_ACCESS_KEY", -32000, "Server error", 200},
    [ERROR_CONTRACT_EXECUTION] = {"HANDLER_ERROR", "CONTRACT_EXECUTION_ERROR", -32000, "Server error", 200},
    [ERROR_NO_CONTRACT_CODE] = {"HANDLER_ERROR", "NO_CONTRACT_CODE", -32000, "Server error", 200},
    [ERROR_TOO_LARGE_CONTRACT_STATE] = {"HANDLER_ERROR", "TOO_LARGE_CONTRACT_STATE", -32000, "Server error",
                                        200},
    [ERROR_UNKNOWN_BLOCK] = {"HANDLER_ERROR", "UNKNOWN_BLOCK", -32000, "Server error", 200},
    [ERROR_INVALID_TRANSACTION] = {"HANDLER_ERROR", "INVALID_TRANSACTION", -32000, "Server error", 200},
    [ERROR_UNKNOWN_TRANSACTION] = {"HANDLER_ERROR", "UNKNOWN_TRANSACTION", -32000, "Server error", 200},
    [ERROR_TIMEOUT] = {"HANDLER_ERROR", "TIMEOUT_ERROR", -32000, "Server error", 408},
    [ERROR_CONTROL_REFUSED] = {"REQUEST_VALIDATION_ERROR", "CONTROL_REFUSED", -32600, "Invalid request", 403},
    [ERROR_SIM_REFUSED] = {"HANDLER_ERROR", "SIM_REFUSED", -32000, "Server error", 200},
    [ERROR_INTERNAL] = {"INTERNAL_ERROR", "INTERNAL_ERROR", -32000, "Server error", 500},
};

static const struct method_row {
    const char *name;
    jsonrpc_method *run;
    enum method_class class;
} methods[] = {
    {"query", method_query, METHOD_READ},
    {"EXPERIMENTAL_call_function", method_call_function, METHOD_READ},
    {"EXPERIMENTAL_view_access_key", method_view_access_key, METHOD_READ},
    {"EXPERIMENTAL_view_access_key_list", method_view_access_key_list, METHOD_READ},
    {"EXPERIMENTAL_view_account", method_view_account, METHOD_READ},
    {"block", method_block, METHOD_READ},
    {"status", method_status, METHOD_READ},
    {"gas_price", method_gas_price, METHOD_INFO},
    {"send_tx", method_send_tx, METHOD_SEND},
    {"broadcast_tx_commit", method_broadcast_tx_commit, METHOD_SEND},
    {"broadcast_tx_async", method_broadcast_tx_async, METHOD_SEND},
    {"tx", method_tx, METHOD_ASK},
    {"EXPERIMENTAL_tx_status", method_tx_status, METHOD_ASK},
    {"network_info", method_network_info, METHOD_INFO},
    {"validators", method_validators, METHOD_INFO},
    {"EXPERIMENTAL_protocol_config", method_protocol_config, METHOD_READ},
    {"EXPERIMENTAL_genesis_config", method_genesis_config, METHOD_INFO},
    {"sim_call", method_sim_call, METHOD_CONTROL},
    {"sim_advance", method_sim_advance, METHOD_CONTROL},
    {"sim_snapshot", method_sim_snapshot, METHOD_CONTROL},
    {"sim_revert", method_sim_revert, METHOD_CONTROL},
    {"sim_pause", method_sim_pause, METHOD_CONTROL},
    {"sim_resume", method_sim_resume, METHOD_CONTROL},
    {"sim_fault", method_sim_fault, METHOD_CONTROL},
    {"sim_faults", method_sim_faults, METHOD_CONTROL},
    {"sim_record", method_sim_record, METHOD_CONTROL},
    {"sim_record_stop", method_sim_record_stop, METHOD_CONTROL},
};

static const struct json_limits request_limits = {.bytes_max = SIM_BODY_BYTES_MAX,
                                                  .depth_max = SIM_JSON_DEPTH_MAX};

static struct json_object *text_object(const char *name, struct json_object *value)
{
    struct json_object *object = json_object_new_object();
    if (object)
        json_object_object_add(object, name, value);
    else
        json_object_put(value);
    return object;
}

result_t jsonrpc_fail(struct jsonrpc_call *call, enum jsonrpc_error error, struct json_object *info,
                      struct json_object *data)
{
    const struct error_row *row = &error_rows[error];
    struct json_object *cause = text_object("name", json_object_new_string(row->cause));
    struct json_object *object = text_object("name", json_object_new_string(row->name));
    if (!cause || !object) {
        json_object_put(cause);
        json_object_put(object);
        json_object_put(info);
        json_object_put(data);
        return OUTCOME_NO_MEMORY;
    }
    if (info)
        json_object_object_add(cause, "info", info);
    json_object_object_add(object, "cause", cause);
    json_object_object_add(object, "code", json_object_new_int(row->code));
    json_object_object_add(object, "message", json_object_new_string(row->message));
    json_object_object_add(object, "data", data);
    json_object_put(call->error);
    call->error = object;
    call->http_status = row->http_status;
    return OUTCOME_RPC_ERROR;
}

result_t jsonrpc_refuse(struct jsonrpc_call *call, const char *text)
{
    return jsonrpc_fail(call, ERROR_SIM_REFUSED, NULL, json_object_new_string(text));
}

void jsonrpc_plain_text(char *text)
{
    for (; *text; text++)
        if (*text < ' ' || *text > '~')
            *text = '?';
}

result_t jsonrpc_fail_parse(struct jsonrpc_call *call, const char *format, ...)
{
    char text[ERROR_TEXT_MAX];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    jsonrpc_plain_text(text);
    return jsonrpc_fail(call, ERROR_PARSE, text_object("error_message", json_object_new_string(text)),
                        json_object_new_string(text));
}

result_t jsonrpc_fail_timeout(struct jsonrpc_call *call)
{
    /* Without info: older strict clients refuse a map there (near-rpc.md C.2). */
    return jsonrpc_fail(call, ERROR_TIMEOUT, NULL, json_object_new_string("Timeout"));
}

static const struct method_row *method_row(const char *name)
{
    for (size_t i = 0; i < ARRAY_LEN(methods); i++)
        if (strcmp(methods[i].name, name) == 0)
            return &methods[i];
    return NULL;
}

bool jsonrpc_method_class(const char *method, enum method_class *out)
{
    const struct method_row *row = method_row(method);
    if (row)
        *out = row->class;
    return row;
}

/* Between the faults that come before the method, and the one that comes after it. */
static result_t run(struct jsonrpc_call *call, const struct method_row *row)
{
    call_meets_faults(call, row->class);
    if (call->plan.skip_method)
        return OUTCOME_OK;
    result_t result = row->run(call);
    return call->plan.answer == ANSWER_TIMEOUT ? jsonrpc_fail_timeout(call) : result;
}

static result_t dispatch(struct jsonrpc_call *call)
{
    const struct method_row *row = method_row(call->method);
    if (!row)
        return jsonrpc_fail(call, ERROR_METHOD_NOT_FOUND,
                            text_object("method_name", json_object_new_string(call->method)),
                            json_object_new_string(call->method));
    if (row->class == METHOD_CONTROL && !call->request->may_control)
        return jsonrpc_fail(call, ERROR_CONTROL_REFUSED, NULL,
                            json_object_new_string("control methods answer only to application/json from "
                                                   "loopback, and not to web pages"));
    return run(call, row);
}

/* The envelope: jsonrpc "2.0", a method name, params of any kind. */
static result_t call_envelope(struct jsonrpc_call *call, struct json_object *envelope)
{
    struct json_object *version, *method;
    if (json_object_is_type(envelope, json_type_array))
        return jsonrpc_fail_parse(call, "batches are not supported: send one request at a time");
    if (!json_object_is_type(envelope, json_type_object))
        return jsonrpc_fail_parse(call, "the request is not a JSON object");
    if (!json_object_object_get_ex(envelope, "jsonrpc", &version) ||
        !json_object_is_type(version, json_type_string) ||
        strcmp(json_object_get_string(version), "2.0") != 0)
        return jsonrpc_fail_parse(call, "the member \"jsonrpc\" has to be \"2.0\"");
    if (!json_object_object_get_ex(envelope, "method", &method) ||
        !json_object_is_type(method, json_type_string))
        return jsonrpc_fail_parse(call, "the member \"method\" has to be a string");
    call->method = json_object_get_string(method);
    json_object_object_get_ex(envelope, "params", &call->params);
    return dispatch(call);
}

/* Exactly jsonrpc, id and one of result and error: some clients refuse anything else (near-rpc.md 0.6). */
static result_t reply_write(const struct jsonrpc_call *call, struct json_object *id, struct bytes *reply)
{
    TRY(bytes_append_text(reply, "{\"jsonrpc\":\"2.0\","));
    if (call->error) {
        TRY(bytes_append_text(reply, "\"error\":"));
        TRY(json_write(call->error, reply));
    } else {
        TRY(bytes_append_text(reply, "\"result\":"));
        TRY(bytes_append(reply, call->result.data, call->result.len));
    }
    TRY(bytes_append_text(reply, ",\"id\":"));
    TRY(json_write(id, reply));
    return bytes_append_text(reply, "}");
}

static void call_free(struct jsonrpc_call *call)
{
    bytes_free(&call->result);
    json_object_put(call->error);
}

static result_t answer_text(struct jsonrpc_reply *reply, int status, const char *type, const char *text)
{
    bytes_clear(&reply->body);
    reply->http_status = status;
    reply->content_type = type;
    return bytes_append_text(&reply->body, text);
}

/* The reply as the faults let it through. */
static result_t reply_meets_faults(const struct sim_fault_plan *plan, struct jsonrpc_reply *reply)
{
    reply->delay_ms = plan->delay_ms;
    reply->no_answer = plan->answer == ANSWER_NOTHING;
    if (plan->answer == ANSWER_STATUS)
        TRY(answer_text(reply, plan->status, "text/plain", "a fault that was ordered with sim_fault\n"));
    if (plan->answer == ANSWER_HTML)
        TRY(answer_text(reply, plan->status, "text/html",
                        "<!DOCTYPE html><html><head><title>Gateway</title></head><body>A fault that was "
                        "ordered with sim_fault.</body></html>\n"));
    reply->sent_len = plan->answer == ANSWER_CUT ? reply->body.len / 2 : reply->body.len;
    return OUTCOME_OK;
}

static result_t reply_finish(const struct jsonrpc_call *call, struct json_object *id,
                             struct jsonrpc_reply *reply)
{
    reply->http_status = call->http_status;
    reply->content_type = "application/json";
    TRY(reply_write(call, id, &reply->body));
    return reply_meets_faults(&call->plan, reply);
}

result_t jsonrpc_handle(struct sim_node *node, const struct jsonrpc_request *request,
                        struct jsonrpc_reply *reply)
{
    CLEANUP(call_free) struct jsonrpc_call call = {.node = node, .request = request, .http_status = 200};
    CLEANUP(json_put_ptr) struct json_object *envelope = NULL;
    struct json_object *id = NULL;
    struct error err;
    result_t result = json_parse(request->body, request->len, &request_limits, &envelope, &err);
    if (result != OUTCOME_OK) {
        result = jsonrpc_fail_parse(&call, "Parse error: %s", err.text);
    } else {
        if (json_object_is_type(envelope, json_type_object))
            json_object_object_get_ex(envelope, "id", &id);
        result = call_envelope(&call, envelope);
    }
    if (result != OUTCOME_OK && result != OUTCOME_RPC_ERROR) {
        const char *text = outcome_of(result)->text;
        result =
            jsonrpc_fail(&call, ERROR_INTERNAL, text_object("error_message", json_object_new_string(text)),
                         json_object_new_string(text));
    }
    return result == OUTCOME_NO_MEMORY ? result : reply_finish(&call, id, reply);
}

result_t jsonrpc_refuse_body(struct jsonrpc_reply *reply)
{
    CLEANUP(call_free) struct jsonrpc_call call = {0};
    if (jsonrpc_fail_parse(&call, "the request is larger than %d bytes", SIM_BODY_BYTES_MAX) !=
        OUTCOME_RPC_ERROR)
        return OUTCOME_NO_MEMORY;
    call.http_status = 413;
    return reply_finish(&call, NULL, reply);
}
