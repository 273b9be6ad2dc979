/* Control methods (cli.md): they steer the chain and have no counterpart on a real node. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <json-c/json.h>

#include "common/compiler.h"
#include "contract-sim/limits.h"
#include "contract-sim/rpc/forms.h"
#include "contract-sim/rpc/methods.h"
#include "contract-sim/rpc/params.h"

static uint64_t head_ms(const struct jsonrpc_call *call)
{
    return blocks_head(&call->node->chain.blocks)->time_ms;
}

result_t control_position(struct jsonrpc_call *call)
{
    const struct block *head = blocks_head(&call->node->chain.blocks);
    char hash[HASH_TEXT_MAX];
    hash_format(head->hash, hash);
    return bytes_append_format(
        &call->result, "{\"block_height\":%" PRIu64 ",\"block_time_s\":%" PRIu64 ",\"block_hash\":\"%s\"}",
        head->height, head->time_ms / 1000, hash);
}

static result_t advance_blocks(struct jsonrpc_call *call, uint64_t blocks)
{
    struct sim_node *node = call->node;
    uint64_t step_ms = sim_clock_step(&node->clock);
    if (blocks > SIM_ADVANCE_BLOCKS_MAX)
        return jsonrpc_refuse(call, "more blocks than sim_advance makes at once (200,000)");
    uint64_t time_ms = sim_clock_now(&node->clock, head_ms(call), call->request->wall_ms);
    for (uint64_t i = 0; i < blocks; i++)
        TRY(chain_seal(&node->chain, time_ms += step_ms));
    sim_clock_moved(&node->clock, blocks * step_ms);
    return control_position(call);
}

static result_t advance_seconds(struct jsonrpc_call *call, uint64_t seconds)
{
    struct sim_node *node = call->node;
    if (seconds > SIM_ADVANCE_SECONDS_MAX)
        return jsonrpc_refuse(call, "more time than sim_advance moves at once (ten years)");
    uint64_t time_ms = sim_clock_now(&node->clock, head_ms(call), call->request->wall_ms);
    TRY(chain_seal(&node->chain, time_ms + seconds * 1000));
    sim_clock_moved(&node->clock, seconds * 1000);
    return control_position(call);
}

result_t method_sim_advance(struct jsonrpc_call *call)
{
    struct json_object *blocks = NULL, *seconds = NULL;
    uint64_t number;
    TRY(params_object(call));
    json_object_object_get_ex(call->params, "blocks", &blocks);
    json_object_object_get_ex(call->params, "seconds", &seconds);
    if (!blocks == !seconds || !json_is_u64(blocks ? blocks : seconds, &number))
        return jsonrpc_fail_parse(call,
                                  "Failed parsing args: one of `blocks` and `seconds`, a number, is needed");
    return blocks ? advance_blocks(call, number) : advance_seconds(call, number);
}

static result_t read_account(struct jsonrpc_call *call, const char *name, const char *fallback,
                             struct account_id *out)
{
    const char *text;
    TRY(params_text_or(call, call->params, name, fallback, &text));
    if (!text)
        return jsonrpc_fail_parse(call, "Failed parsing args: missing field `%s`", name);
    if (account_id_set(out, text, strlen(text)))
        return OUTCOME_OK;
    return jsonrpc_fail_parse(call, "Failed parsing args: `%s` is not an account id", name);
}

static result_t read_context(struct jsonrpc_call *call, struct model_context *out)
{
    const char *key, *deposit;
    TRY(read_account(call, "signer", NULL, &out->signer));
    TRY(read_account(call, "predecessor", out->signer.text, &out->predecessor));
    TRY(params_text(call, call->params, "signer_public_key", &key));
    TRY(params_public_key(call, key, &out->signer_public_key));
    TRY(params_text_or(call, call->params, "deposit_yocto", "0", &deposit));
    if (u128_parse(deposit, strlen(deposit), &out->deposit))
        return OUTCOME_OK;
    return jsonrpc_fail_parse(call,
                              "Failed parsing args: `deposit_yocto` is not a decimal number below 2^128");
}

static result_t call_result(struct jsonrpc_call *call, const struct receipt_outcome *outcome)
{
    struct bytes *out = &call->result;
    TRY(bytes_append_text(out, "{\"status\":"));
    TRY(form_status(outcome, out));
    TRY(bytes_append_text(out, ",\"logs\":"));
    TRY(form_logs(outcome->logs, outcome->log_count, out));
    TRY(bytes_append_text(out, ","));
    TRY(form_block(blocks_head(&call->node->chain.blocks), out));
    return bytes_append_text(out, "}");
}

/* A member that is misspelled would be a call by another account, or without its deposit. */
static result_t sim_call_members(struct jsonrpc_call *call)
{
    static const char *const names[] = {"method",      "signer",        "signer_public_key",
                                        "predecessor", "deposit_yocto", "args"};
    json_object_object_foreach(call->params, name, value)
    {
        size_t i = 0;
        (void)value;
        while (i < ARRAY_LEN(names) && strcmp(name, names[i]) != 0)
            i++;
        if (i == ARRAY_LEN(names))
            return jsonrpc_fail_parse(call, "Failed parsing args: sim_call takes no `%.64s`", name);
    }
    return OUTCOME_OK;
}

/* `args` is the JSON itself; absent, the method gets no input at all. */
result_t method_sim_call(struct jsonrpc_call *call)
{
    struct sim_node *node = call->node;
    struct json_object *args = NULL;
    struct model_context context = {0};
    CLEANUP(bytes_free) struct bytes input = {0};
    CLEANUP(receipt_outcome_free) struct receipt_outcome outcome = {0};
    const char *method;
    TRY(params_object(call));
    TRY(sim_call_members(call));
    TRY(params_text(call, call->params, "method", &method));
    TRY(read_context(call, &context));
    if (json_object_object_get_ex(call->params, "args", &args))
        TRY(json_write(args, &input));
    TRY(chain_seal_call(&node->chain, sim_clock_next(&node->clock, head_ms(call), call->request->wall_ms),
                        &context, method, input.data, input.len, &outcome));
    return call_result(call, &outcome);
}

result_t method_sim_snapshot(struct jsonrpc_call *call)
{
    const char *name;
    TRY(params_object(call));
    TRY(params_text(call, call->params, "name", &name));
    result_t result = chain_snapshot(&call->node->chain, name, call->node->clock.offset_ms);
    if (result == OUTCOME_LIMIT)
        return jsonrpc_refuse(call, "a name has 1 to 64 bytes, and there are at most 64 of them");
    TRY(result);
    return control_position(call);
}

/* The time goes back too: to what the clock would show now, had nobody moved it since the snapshot. */
result_t method_sim_revert(struct jsonrpc_call *call)
{
    struct sim_node *node = call->node;
    const char *name;
    TRY(params_object(call));
    TRY(params_text(call, call->params, "name", &name));
    if (node->recorder.chain)
        return jsonrpc_refuse(call,
                              "a scenario cannot go back: end the recording with sim_record_stop first");
    result_t result = chain_revert(&node->chain, name, &node->clock.offset_ms);
    if (result == OUTCOME_STORE_NOT_FOUND)
        return jsonrpc_refuse(call, "no snapshot has this name");
    TRY(result);
    return control_position(call);
}

result_t method_sim_pause(struct jsonrpc_call *call)
{
    sim_clock_pause(&call->node->clock);
    return control_position(call);
}

result_t method_sim_resume(struct jsonrpc_call *call)
{
    sim_clock_resume(&call->node->clock, head_ms(call), call->request->wall_ms);
    return control_position(call);
}
