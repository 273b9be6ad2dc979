/* The way of one call through its row: what stays the same for every state is prepared once, guards and
 * effect are applied to each. */
#include <string.h>

#include "contract-sim/model/args.h"
#include "contract-sim/model/call.h"

static void arguments_prepare(struct model *model, const void *args, size_t args_len,
                              struct prepared_call *out)
{
    struct reader reader = {
        .text = args ? args : "", .len = args_len, .pool = model->pool, .rules = model->rules.values};
    out->args_refused = !args_read(&reader, out->method->args, &out->args);
    if (out->args_refused)
        out->refusal = pool_intern_text(model->pool, reader.detail);
}

void call_prepare(struct model *model, const struct model_context *context, const char *method,
                  const void *args, size_t args_len, struct prepared_call *out)
{
    size_t key_len = context->signer_public_key.type == NEAR_KEY_ED25519
                         ? ED25519_KEY_LEN
                         : sizeof context->signer_public_key.bytes;
    *out = (struct prepared_call){.method = method_find(model, method)};
    if (!out->method)
        return;
    out->signer = pool_intern_text(model->pool, context->signer.text);
    out->predecessor = pool_intern_text(model->pool, context->predecessor.text);
    out->signer_key = pool_intern(model->pool, context->signer_public_key.bytes, key_len);
    out->deposit = context->deposit;
    if (out->method->args)
        arguments_prepare(model, args, args_len, out);
}

void receipt_prepare(struct model *model, const struct receipt *receipt, struct prepared_call *out)
{
    const struct model_context context = contract_context(model, 0, 0);
    size_t args_len;
    const void *args = pool_data(model->pool, receipt->args, &args_len);
    call_prepare(model, &context, pool_text(model->pool, receipt->method), args, args_len, out);
}

static bool guards_hold(struct call *call, const uint8_t *guards)
{
    for (; *guards != GUARD_END; guards++) {
        const struct guard *guard = &guard_table[*guards];
        if (!call->rules[guard->rule] || !guard_stands(call->method, *guards))
            continue;
        bool holds = guard->holds(call);
        if (call->model->coverage)
            coverage_guard(call->model->coverage, call->method, *guards, holds);
        if (!holds) {
            call->fault.id = guard->fault;
            return false;
        }
    }
    return true;
}

static bool arguments_hold(struct call *call, const struct prepared_call *prepared)
{
    if (call->args.threshold_stands)
        call->args.proposal.parameters.threshold = call->state->running.parameters.threshold;
    if (prepared->args_refused)
        call->fault = (struct fault){.id = FAULT_DESERIALIZE, .detail = prepared->refusal};
    return !prepared->args_refused;
}

/* The wrapper around every method (contract.md 2.1), then the method's own guards. */
static bool call_admitted(struct call *call, const struct prepared_call *prepared)
{
    const struct wrapper *wrapper = &wrapper_table[call->method->kind];
    call->entered = guards_hold(call, wrapper->before) && arguments_hold(call, prepared) &&
                    guards_hold(call, wrapper->after);
    return call->entered && guards_hold(call, call->method->guards);
}

bool call_run(struct model *model, const struct prepared_call *prepared, uint64_t height, uint64_t time_s,
              struct model_state *state, struct call *call)
{
    struct coverage *coverage = model->coverage;
    *call = (struct call){
        .model = model,
        .pool = model->pool,
        .rules = model->rules.values,
        .method = prepared->method,
        .state = state,
        .signer = prepared->signer,
        .predecessor = prepared->predecessor,
        .signer_key = prepared->signer_key,
        .deposit = prepared->deposit,
        .height = height,
        .time_s = time_s,
        .args = prepared->args,
    };
    if (!call_admitted(call, prepared)) {
        if (coverage)
            coverage_refused(coverage, call->method, call->fault.id);
        return false;
    }
    if (call->method->effect)
        call->method->effect(call);
    if (coverage)
        coverage_done(coverage, call->method);
    return true;
}

bool call_apply(struct model *model, const struct prepared_call *prepared, const struct model_state *before,
                uint64_t height, uint64_t time_s, struct model_state *after)
{
    struct pool_mark mark = pool_mark(model->pool);
    struct call call;
    *after = *before;
    if (call_run(model, prepared, height, time_s, after, &call) && !pool_is_short(model->pool))
        return true;
    *after = *before;
    pool_rollback(model->pool, mark);
    return false;
}
