/* Views in both dialects: `query`, where a refusal by the contract and a missing key are flat results, and
 * the EXPERIMENTAL methods, where they are errors (near-rpc.md 0.1, 0.2, D.1). */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <json-c/json.h>

#include "common/encoding.h"
#include "contract-sim/rpc/forms.h"
#include "contract-sim/rpc/methods.h"
#include "contract-sim/rpc/params.h"

/* One view under way. */
struct view {
    struct jsonrpc_call *call;
    struct json_object *params;
    bool flat; /* asked through `query` */
    const struct block *block;
    struct account_id account_id;
    const struct account *account; /* NULL when it does not exist */
};

static result_t flat_error(const struct view *view, struct json_object *text)
{
    struct bytes *out = &view->call->result;
    CLEANUP(json_put_ptr) struct json_object *owned = text;
    TRY(bytes_append_text(out, "{\"error\":"));
    TRY(json_write(owned, out));
    TRY(bytes_append_text(out, ",\"logs\":[],"));
    TRY(form_block(view->block, out));
    return bytes_append_text(out, "}");
}

/* Views reach back as far as the worlds are kept; what is older is as unknown as what never was. */
static result_t view_open(struct jsonrpc_call *call, struct json_object *params, bool flat, struct view *view)
{
    const char *account;
    *view = (struct view){.call = call, .params = params, .flat = flat};
    TRY(params_block(call, params, &view->block));
    TRY(params_text(call, params, "account_id", &account));
    TRY(params_account(call, account, view->block, &view->account_id));
    if (!view->block->world) {
        CLEANUP(json_put_ptr) struct json_object *height = json_object_new_uint64(view->block->height);
        return params_unknown_block(call, height);
    }
    view->account = world_account(view->block->world, view->account_id.text);
    return OUTCOME_OK;
}

static result_t unknown_account(const struct view *view, const char *word)
{
    const char *id = view->account_id.text;
    char data[ACCOUNT_ID_LEN_MAX + 64];
    snprintf(data, sizeof data, "%s %s does not exist while viewing", word, id);
    return jsonrpc_fail(view->call, ERROR_UNKNOWN_ACCOUNT,
                        form_block_info("requested_account_id", id, view->block),
                        json_object_new_string(data));
}

/* Text as Rust's {:?} writes it, in quotes. */
static result_t rust_debug(const struct bytes *text, struct bytes *out)
{
    TRY(bytes_append_text(out, "\""));
    for (size_t i = 0; i < text->len; i++) {
        uint8_t byte = text->data[i];
        const char *escape = byte == '"'    ? "\\\""
                             : byte == '\\' ? "\\\\"
                             : byte == '\n' ? "\\n"
                             : byte == '\r' ? "\\r"
                             : byte == '\t' ? "\\t"
                                            : NULL;
        if (escape)
            TRY(bytes_append_text(out, escape));
        else
            TRY(bytes_append_u8(out, byte));
    }
    return bytes_append_text(out, "\"");
}

static struct json_object *object_with(const char *name, struct json_object *value)
{
    struct json_object *object = json_object_new_object();
    if (object)
        json_object_object_add(object, name, value);
    return object;
}

/* Why a view could not answer: nearcore's error as Rust prints it, and as JSON. */
struct vm_error {
    struct bytes text;
    struct json_object *json;
};

static void vm_error_free(struct vm_error *error)
{
    bytes_free(&error->text);
    json_object_put(error->json);
}

static result_t vm_host_error(const char *variant, const char *member, const struct bytes *text,
                              struct vm_error *out)
{
    struct json_object *value = json_object_new_string_len((const char *)text->data, (int)text->len);
    out->json = object_with("HostError", object_with(variant, object_with(member, value)));
    TRY(bytes_append_format(&out->text, "HostError(%s { %s: ", variant, member));
    TRY(rust_debug(text, &out->text));
    return bytes_append_text(&out->text, " })");
}

static result_t vm_error_of(const struct model_outcome *outcome, struct vm_error *out)
{
    switch (outcome->kind) {
    case MODEL_PANIC:
        return vm_host_error("GuestPanic", "panic_msg", &outcome->text, out);
    case MODEL_PROHIBITED_IN_VIEW:
        return vm_host_error("ProhibitedInView", "method_name", &outcome->text, out);
    case MODEL_METHOD_NOT_FOUND:
    case MODEL_OK:
        break;
    }
    out->json = object_with("MethodResolveError", json_object_new_string("MethodNotFound"));
    return bytes_append_text(&out->text, "MethodResolveError(MethodNotFound)");
}

static result_t vm_no_code(const char *account_id, struct vm_error *out)
{
    out->json = object_with(
        "CompilationError",
        object_with("CodeDoesNotExist", object_with("account_id", json_object_new_string(account_id))));
    return bytes_append_format(&out->text, "CompilationError(CodeDoesNotExist { account_id: \"%s\" })",
                               account_id);
}

/* "wasm execution failed with error: …" or CONTRACT_EXECUTION_ERROR (near-rpc.md A.2, D.1). */
static result_t view_failed(const struct view *view, struct vm_error *error)
{
    CLEANUP(bytes_free) struct bytes text = {0};
    TRY(bytes_append_text(&text, view->flat ? "wasm execution failed with error: "
                                            : "Function call returned an error: "));
    TRY(bytes_append(&text, error->text.data, error->text.len));
    struct json_object *said = json_object_new_string_len((const char *)text.data, (int)text.len);
    if (view->flat)
        return flat_error(view, said);
    char hash[HASH_TEXT_MAX];
    hash_format(view->block->hash, hash);
    struct json_object *info = object_with("vm_error", error->json);
    error->json = NULL;
    json_object_object_add(info, "block_height", json_object_new_uint64(view->block->height));
    json_object_object_add(info, "block_hash", json_object_new_string(hash));
    return jsonrpc_fail(view->call, ERROR_CONTRACT_EXECUTION, info, said);
}

static result_t view_result(const struct view *view, const struct model_outcome *outcome)
{
    struct bytes *out = &view->call->result;
    TRY(bytes_append_text(out, "{\"result\":"));
    TRY(form_byte_array(&outcome->value, out));
    TRY(bytes_append_text(out, ",\"logs\":"));
    TRY(form_logs(outcome->logs, outcome->log_count, out));
    TRY(bytes_append_text(out, ","));
    TRY(form_block(view->block, out));
    return bytes_append_text(out, "}");
}

static result_t call_function(const struct view *view)
{
    struct model *model = view->call->node->chain.model;
    const char *method, *args_base64;
    CLEANUP(bytes_free) struct bytes args = {0};
    CLEANUP(vm_error_free) struct vm_error error = {0};
    TRY(params_text(view->call, view->params, "method_name", &method));
    TRY(params_text(view->call, view->params, "args_base64", &args_base64));
    TRY(params_base64(view->call, args_base64, &args));
    if (!view->account)
        return unknown_account(view, "account");
    if (strcmp(view->account_id.text, model_contract_id(model)) != 0) {
        TRY(vm_no_code(view->account_id.text, &error));
        return view_failed(view, &error);
    }
    CLEANUP(model_outcome_free) struct model_outcome outcome = {0};
    TRY(model_view(model, &view->block->world->contract, view->block->height, view->block->time_ms / 1000,
                   method, args.data, args.len, &outcome));
    if (outcome.kind == MODEL_OK) {
        TRY(sim_fault_state_view(&view->call->plan, &outcome.value));
        return view_result(view, &outcome);
    }
    TRY(vm_error_of(&outcome, &error));
    return view_failed(view, &error);
}

static result_t unknown_access_key(const struct view *view, const struct near_public_key *public_key)
{
    char key[NEAR_PUBLIC_KEY_TEXT_MAX], text[NEAR_PUBLIC_KEY_TEXT_MAX + 64];
    near_public_key_format(public_key, key);
    if (view->flat) {
        snprintf(text, sizeof text, "access key %s does not exist while viewing", key);
        return flat_error(view, json_object_new_string(text));
    }
    snprintf(text, sizeof text, "Access key for public key %s does not exist while viewing", key);
    return jsonrpc_fail(view->call, ERROR_UNKNOWN_ACCESS_KEY, form_block_info("public_key", key, view->block),
                        json_object_new_string(text));
}

static result_t access_key(const struct view *view)
{
    struct bytes *out = &view->call->result;
    const char *text;
    struct near_public_key public_key;
    TRY(params_text(view->call, view->params, "public_key", &text));
    TRY(params_public_key(view->call, text, &public_key));
    if (!view->account)
        return unknown_account(view, view->flat ? "account" : "Account");
    const struct account_key *key = account_key_find(view->account, &public_key);
    if (!key)
        return unknown_access_key(view, &public_key);
    TRY(bytes_append_text(out, "{"));
    TRY(form_access_key(&key->access, out));
    TRY(bytes_append_text(out, ","));
    TRY(form_block(view->block, out));
    return bytes_append_text(out, "}");
}

static result_t access_key_list(const struct view *view)
{
    struct bytes *out = &view->call->result;
    if (!view->account)
        return unknown_account(view, "account");
    TRY(bytes_append_text(out, "{\"keys\":["));
    for (size_t i = 0; i < view->account->key_count; i++) {
        char key[NEAR_PUBLIC_KEY_TEXT_MAX];
        near_public_key_format(&view->account->keys[i].public_key, key);
        TRY(bytes_append_format(out, "%s{\"public_key\":\"%s\",\"access_key\":{", i ? "," : "", key));
        TRY(form_access_key(&view->account->keys[i].access, out));
        TRY(bytes_append_text(out, "}}"));
    }
    TRY(bytes_append_text(out, "],"));
    TRY(form_block(view->block, out));
    return bytes_append_text(out, "}");
}

static bool is_contract(const struct view *view)
{
    return strcmp(view->account_id.text, model_contract_id(view->call->node->chain.model)) == 0;
}

/* There is no wasm here. The contract's account shows that it has code by a hash of its own: of its name. */
static result_t account(const struct view *view)
{
    struct bytes *out = &view->call->result;
    if (!view->account)
        return unknown_account(view, "account");
    uint8_t code_hash[SHA256_LEN] = {0};
    char code[HASH_TEXT_MAX], amount[U128_TEXT_MAX];
    if (is_contract(view))
        sha256("mpc-contract-sim", strlen("mpc-contract-sim"), code_hash);
    hash_format(code_hash, code);
    u128_format(view->account->balance, amount);
    TRY(bytes_append_format(
        out,
        "{\"amount\":\"%s\",\"locked\":\"0\",\"code_hash\":\"%s\",\"storage_usage\":%" PRIu64
        ",\"storage_paid_at\":0,",
        amount, code, account_storage_bytes(view->account)));
    TRY(form_block(view->block, out));
    return bytes_append_text(out, "}");
}

static result_t code(const struct view *view)
{
    char data[ACCOUNT_ID_LEN_MAX + 96];
    if (!view->account)
        return unknown_account(view, "account");
    snprintf(data, sizeof data, "Contract code for contract ID #%s has never been observed on the node",
             view->account_id.text);
    return jsonrpc_fail(view->call, ERROR_NO_CONTRACT_CODE,
                        form_block_info("contract_account_id", view->account_id.text, view->block),
                        json_object_new_string(data));
}

/* The contract's key-value pairs are not modelled; the real contract's are too many to be viewed as well. */
static result_t state(const struct view *view)
{
    struct bytes *out = &view->call->result;
    const char *prefix;
    char data[ACCOUNT_ID_LEN_MAX + 64];
    TRY(params_text_or(view->call, view->params, "prefix_base64", "", &prefix));
    if (!view->account)
        return unknown_account(view, "account");
    if (is_contract(view)) {
        snprintf(data, sizeof data, "State of contract %s is too large to be viewed", view->account_id.text);
        return jsonrpc_fail(view->call, ERROR_TOO_LARGE_CONTRACT_STATE,
                            form_block_info("contract_account_id", view->account_id.text, view->block),
                            json_object_new_string(data));
    }
    TRY(bytes_append_text(out, "{\"values\":[],\"proof\":[],"));
    TRY(form_block(view->block, out));
    return bytes_append_text(out, "}");
}

static const struct {
    const char *request_type;
    result_t (*run)(const struct view *view);
} request_types[] = {
    {"call_function", call_function},
    {"view_access_key", access_key},
    {"view_access_key_list", access_key_list},
    {"view_account", account},
    {"view_code", code},
    {"view_state", state},
};

static result_t run_view(struct jsonrpc_call *call, struct json_object *params, bool flat,
                         const char *request_type)
{
    for (size_t i = 0; i < ARRAY_LEN(request_types); i++) {
        if (strcmp(request_types[i].request_type, request_type) != 0)
            continue;
        struct view view;
        TRY(view_open(call, params, flat, &view));
        return request_types[i].run(&view);
    }
    return jsonrpc_fail_parse(call, "Failed parsing args: unknown request_type `%.64s`", request_type);
}

/* The base58 arguments of a legacy path, as base64 (near-rpc.md A.1). Their
 * length is not known beforehand. */
static result_t legacy_args(struct jsonrpc_call *call, const char *base58, struct bytes *out)
{
    uint8_t data[BASE58_BYTES_MAX];
    size_t text_len = strlen(base58);
    for (size_t len = 0; len <= sizeof data && len <= text_len; len++)
        if (base58_decode(base58, text_len, data, len) == OUTCOME_OK)
            return base64_encode(data, len, out);
    return jsonrpc_fail_parse(call, "Failed parsing args: not base58 of at most %d bytes", BASE58_BYTES_MAX);
}

/* "call/ACCOUNT/METHOD", "account/ACCOUNT", "access_key/ACCOUNT[/KEY]" as the
 * parameters of the object form. */
static result_t legacy_params(struct jsonrpc_call *call, const char *path, const char *data,
                              struct json_object **params, const char **request_type)
{
    char kind[16] = "", account_id[128] = "", rest[512] = "";
    CLEANUP(bytes_free) struct bytes args = {0};
    int parts = sscanf(path, "%15[^/]/%127[^/]/%511[^/]", kind, account_id, rest);
    if (strcmp(kind, "call") == 0 && parts == 3) {
        *request_type = "call_function";
        TRY(legacy_args(call, data, &args));
        json_object_object_add(*params, "method_name", json_object_new_string(rest));
        json_object_object_add(*params, "args_base64",
                               json_object_new_string_len((char *)args.data, (int)args.len));
    } else if (strcmp(kind, "account") == 0 && parts == 2) {
        *request_type = "view_account";
    } else if (strcmp(kind, "access_key") == 0 && parts >= 2) {
        *request_type = parts == 3 ? "view_access_key" : "view_access_key_list";
        json_object_object_add(*params, "public_key", json_object_new_string(rest));
    } else {
        return jsonrpc_fail_parse(call, "Failed parsing args: unknown query path `%.100s`", path);
    }
    json_object_object_add(*params, "account_id", json_object_new_string(account_id));
    json_object_object_add(*params, "finality", json_object_new_string("optimistic"));
    return OUTCOME_OK;
}

static result_t legacy_query(struct jsonrpc_call *call)
{
    const char *path, *data, *request_type = NULL;
    TRY(params_positional(call, 0, &path));
    TRY(params_positional(call, 1, &data));
    CLEANUP(json_put_ptr) struct json_object *params = json_object_new_object();
    TRY(legacy_params(call, path, data, &params, &request_type));
    return run_view(call, params, true, request_type);
}

result_t method_query(struct jsonrpc_call *call)
{
    const char *request_type;
    if (json_object_is_type(call->params, json_type_array))
        return legacy_query(call);
    TRY(params_object(call));
    TRY(params_text(call, call->params, "request_type", &request_type));
    return run_view(call, call->params, true, request_type);
}

static result_t experimental(struct jsonrpc_call *call, const char *request_type)
{
    TRY(params_object(call));
    return run_view(call, call->params, false, request_type);
}

result_t method_call_function(struct jsonrpc_call *call)
{
    return experimental(call, "call_function");
}

result_t method_view_access_key(struct jsonrpc_call *call)
{
    return experimental(call, "view_access_key");
}

result_t method_view_access_key_list(struct jsonrpc_call *call)
{
    return experimental(call, "view_access_key_list");
}

result_t method_view_account(struct jsonrpc_call *call)
{
    return experimental(call, "view_account");
}
