#include "tests/contract-sim/rpc_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <json-c/json.h>

#include "common/encoding.h"
#include "tests/support/support.h"

struct fixture rpc_chain;
struct bytes rpc_reply;
struct jsonrpc_reply rpc_sent;
int rpc_http_status;
unsigned rpc_patience;

static bool next_block(struct waiter *waiter)
{
    (void)waiter;
    if (!rpc_patience)
        return false;
    rpc_patience--;
    fixture_seal(&rpc_chain, 1);
    return true;
}

void rpc_setup(void)
{
    fixture_open(&rpc_chain, "design");
    rpc_chain.node.clock = sim_clock_start(600, rpc_chain.time_ms, RPC_WALL_MS);
    rpc_patience = 3;
}

void rpc_teardown(void)
{
    bytes_free(&rpc_reply);
    fixture_close(&rpc_chain);
}

const char *rpc_ask(const char *body, bool may_control)
{
    struct waiter waiter = {next_block};
    struct jsonrpc_request request = {.body = body,
                                      .len = strlen(body),
                                      .wall_ms = RPC_WALL_MS,
                                      .may_control = may_control,
                                      .waiter = &waiter};
    bytes_free(&rpc_reply);
    rpc_sent = (struct jsonrpc_reply){0};
    ck_assert_ok(jsonrpc_handle(&rpc_chain.node, &request, &rpc_sent));
    rpc_reply = rpc_sent.body;
    rpc_http_status = rpc_sent.http_status;
    rpc_chain.time_ms = blocks_head(&rpc_chain.node.chain.blocks)->time_ms;
    return text_of(&rpc_reply);
}

const char *rpc_call(const char *method, const char *params)
{
    char *body;
    ck_assert_int_gt(
        asprintf(&body, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"%s\",\"params\":%s}", method, params), 0);
    const char *text = rpc_ask(body, true);
    free(body);
    return text;
}

const char *rpc_value(const char *pointer)
{
    static char text[65536];
    CLEANUP(json_put_ptr) struct json_object *root = json_tokener_parse(text_of(&rpc_reply));
    struct json_object *value = NULL;
    ck_assert_msg(json_pointer_get(root, pointer, &value) == 0, "no %s in %s", pointer, text_of(&rpc_reply));
    snprintf(text, sizeof text, "%s", json_object_to_json_string_ext(value, JSON_C_TO_STRING_NOSLASHESCAPE));
    return text;
}

const char *rpc_view_text(void)
{
    static char text[65536];
    CLEANUP(json_put_ptr) struct json_object *root = json_tokener_parse(text_of(&rpc_reply));
    struct json_object *array = NULL;
    ck_assert_msg(json_pointer_get(root, "/result/result", &array) == 0, "no result in %s",
                  text_of(&rpc_reply));
    size_t len = json_object_array_length(array);
    for (size_t i = 0; i < len; i++)
        text[i] = (char)json_object_get_int(json_object_array_get_idx(array, i));
    text[len] = 0;
    return text;
}

const char *signed_base64(struct near_tx tx, enum fixture_key key)
{
    static struct bytes text;
    CLEANUP(bytes_free) struct bytes data = {0};
    fixture_sign(&rpc_chain, &tx, key, &data);
    near_tx_free(&tx);
    bytes_clear(&text);
    ck_assert_ok(base64_encode(data.data, data.len, &text));
    return text_of(&text);
}

const char *register_base64(void)
{
    return signed_base64(fixture_tx(&rpc_chain, "register_backup_service", fixture_register_args), ALICE);
}

const char *rpc_send(const char *method, const char *base64, const char *wait_until)
{
    char *params;
    ck_assert_int_gt(asprintf(&params, "{\"signed_tx_base64\":\"%s\"%s%s%s}", base64,
                              wait_until ? ",\"wait_until\":\"" : "", wait_until ? wait_until : "",
                              wait_until ? "\"" : ""),
                     0);
    const char *text = rpc_call(method, params);
    free(params);
    return text;
}

const char *rpc_send_positional(const char *method, const char *base64)
{
    char *params;
    ck_assert_int_gt(asprintf(&params, "[\"%s\"]", base64), 0);
    const char *text = rpc_call(method, params);
    free(params);
    return text;
}
