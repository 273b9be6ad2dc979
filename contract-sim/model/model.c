/* The public face of the model, and the way of one call through its row. */
#include "contract-sim/model/model.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "contract-sim/model/call.h"
#include "contract-sim/model/tee_lists.h"

const char *model_profile_name(size_t index)
{
    return rules_profile_name(index);
}

void model_free(struct model *model)
{
    if (model) {
        pool_free(model->pool);
        bytes_free(&model->launcher_template);
    }
    free(model);
}

void model_free_ptr(struct model **model)
{
    model_free(*model);
}

result_t model_new(const char *profile, const char *contract_id, struct model **out, struct error *err)
{
    CLEANUP(model_free_ptr) struct model *model = calloc(1, sizeof *model);
    if (!model)
        return error_set(err, OUTCOME_NO_MEMORY, "out of memory");
    TRY(rules_of_profile(profile, &model->rules, err));
    if (!account_id_valid(contract_id, strlen(contract_id)))
        return error_set(err, OUTCOME_ACCOUNT_ID_INVALID, "the contract's account id \"%s\" is not valid",
                         contract_id);
    TRY(pool_new(&model->pool));
    model->contract = pool_intern_text(model->pool, contract_id);
    if (pool_failed(model->pool))
        return error_set(err, OUTCOME_NO_MEMORY, "out of memory");
    *out = model;
    model = NULL;
    return OUTCOME_OK;
}

result_t model_rule_set(struct model *model, const char *setting, struct error *err)
{
    return rules_set(&model->rules, setting, err);
}

result_t model_rules_write(const struct model *model, struct bytes *out)
{
    return rules_write(&model->rules, out);
}

result_t model_launcher_template_set(struct model *model, const void *text, size_t len, struct error *err)
{
    static const char *const words[] = {TEMPLATE_LAUNCHER, TEMPLATE_IMAGE};
    for (size_t i = 0; i < ARRAY_LEN(words); i++) {
        if (!memmem(text, len, words[i], strlen(words[i])))
            return error_set(err, OUTCOME_CONFIG_INVALID, "the launcher template does not name %s", words[i]);
    }
    if (memchr(text, 0, len))
        return error_set(err, OUTCOME_CONFIG_INVALID,
                         "the launcher template is no text: there is a 0 byte in it");
    bytes_clear(&model->launcher_template);
    return bytes_append(&model->launcher_template, text, len);
}

const char *model_launcher_template(const struct model *model, size_t *len)
{
    *len = model->launcher_template.len;
    return (const char *)model->launcher_template.data;
}

const char *model_contract_id(const struct model *model)
{
    return pool_text(model->pool, model->contract);
}

struct model_state model_state_empty(void)
{
    struct model_state state;
    memset(&state, 0, sizeof state);
    return state;
}

bool model_state_equal(const struct model_state *a, const struct model_state *b)
{
    return memcmp(a, b, sizeof *a) == 0;
}

const char *model_outcome_message(const struct model_outcome *outcome)
{
    static const char position[] = "panicked at ";
    const char *text = outcome->text.data ? (const char *)outcome->text.data : "";
    const char *newline = strchr(text, '\n');
    return strncmp(text, position, sizeof position - 1) == 0 && newline ? newline + 1 : text;
}

void model_outcome_free(struct model_outcome *outcome)
{
    bytes_free(&outcome->value);
    bytes_free(&outcome->text);
    for (size_t i = 0; i < MODEL_LOGS_MAX; i++)
        bytes_free(&outcome->logs[i]);
    *outcome = (struct model_outcome){0};
}

static struct bytes *log_next(struct model_outcome *outcome)
{
    return &outcome->logs[outcome->log_count++];
}

static result_t log_call(const struct call *call, struct model_outcome *outcome)
{
    switch (call->method->log) {
    case LOGS_NAME:
        return bytes_append_text(log_next(outcome), call->method->name);
    case LOGS_SIGNER:
        return bytes_append_format(log_next(outcome), "%s: signer=%s", call->method->name,
                                   pool_text(call->pool, call->signer));
    case LOGS_NOTHING:
        break;
    }
    return OUTCOME_OK;
}

static result_t fault_report(const struct call *call, struct model_outcome *outcome)
{
    outcome->kind = MODEL_PANIC;
    return fault_write(call, &outcome->text, &outcome->error);
}

static result_t value_write(const struct call *call, struct bytes *out)
{
    if (call->method->view)
        return call->method->view(call, out);
    switch (call->method->returns) {
    case RETURNS_NULL:
        return bytes_append_text(out, "null");
    case RETURNS_NUMBER:
        return bytes_append_format(out, "%" PRIu64, call->returned);
    case RETURNS_TRUTH:
        return bytes_append_text(out, call->returned ? "true" : "false");
    case RETURNS_NOTHING:
        break;
    }
    return OUTCOME_OK;
}

/* For a text that was an account id when it was interned. */
static struct account_id account_of(const struct pool *pool, handle_t account)
{
    struct account_id id;
    snprintf(id.text, sizeof id.text, "%s", pool_text(pool, account));
    return id;
}

struct model_context contract_context(const struct model *model, uint64_t block_height, uint64_t block_time_s)
{
    struct account_id contract = account_of(model->pool, model->contract);
    return (struct model_context){.signer = contract,
                                  .predecessor = contract,
                                  .block_height = block_height,
                                  .block_time_s = block_time_s};
}

static result_t refund_report(const struct call *call, struct model_outcome *outcome)
{
    if (!call->has_refund)
        return OUTCOME_OK;
    char amount[U128_TEXT_MAX];
    u128_format(call->refund, amount);
    outcome->has_refund = true;
    outcome->refund = call->refund;
    outcome->refund_to = account_of(call->pool, call->predecessor);
    return bytes_append_format(log_next(outcome), "refund %s to %s", amount, outcome->refund_to.text);
}

/* What the chain hears of a call. The contract logs its line before its own checks, and after the wrapper's
 * (contract.md 5.3). */
static result_t call_report(const struct call *call, bool succeeded, struct model_outcome *outcome)
{
    if (call->entered)
        TRY(log_call(call, outcome));
    if (!succeeded)
        return fault_report(call, outcome);
    TRY(refund_report(call, outcome));
    outcome->receipts_scheduled = call->receipts_scheduled;
    return value_write(call, &outcome->value);
}

static result_t not_found(const struct model *model, struct model_outcome *outcome)
{
    if (model->coverage)
        coverage_not_found(model->coverage);
    outcome->kind = MODEL_METHOD_NOT_FOUND;
    outcome->error = "MethodNotFound";
    return bytes_append_text(&outcome->text, "MethodResolveError(MethodNotFound)");
}

/* Apply a prepared call and report it. */
static result_t call_tell(struct model *model, const struct prepared_call *prepared,
                          const struct model_state *before, uint64_t height, uint64_t time_s,
                          struct pool_mark mark, struct model_state *after, struct model_outcome *outcome)
{
    struct model_state next = *before;
    struct call call;
    *outcome = (struct model_outcome){0};
    *after = *before;
    if (!prepared->method)
        return not_found(model, outcome);
    /* No guard looks at arguments that found no memory. */
    if (pool_failed(model->pool)) {
        pool_rollback(model->pool, mark);
        return OUTCOME_NO_MEMORY;
    }
    bool succeeded = call_run(model, prepared, height, time_s, &next, &call);
    result_t result = call_report(&call, succeeded, outcome);
    if (pool_failed(model->pool))
        result = OUTCOME_NO_MEMORY;
    if (result != OUTCOME_OK)
        model_outcome_free(outcome);
    if (result == OUTCOME_OK && succeeded)
        *after = next;
    else
        pool_rollback(model->pool, mark);
    return result;
}

result_t model_call(struct model *model, const struct model_state *before,
                    const struct model_context *context, const char *method, const void *args,
                    size_t args_len, struct model_state *after, struct model_outcome *outcome)
{
    struct pool_mark mark = pool_mark(model->pool);
    struct prepared_call prepared;
    call_prepare(model, context, method, args, args_len, &prepared);
    return call_tell(model, &prepared, before, context->block_height, context->block_time_s, mark, after,
                     outcome);
}

/* The first host function of a call that a view may not use. */
static result_t prohibited(const struct model *model, const struct method *method,
                           struct model_outcome *outcome)
{
    if (model->coverage)
        coverage_prohibited(model->coverage);
    bool is_private = method->kind == METHOD_PRIVATE || method->kind == METHOD_PRIVATE_INIT;
    outcome->kind = MODEL_PROHIBITED_IN_VIEW;
    outcome->error = "ProhibitedInView";
    return bytes_append_text(&outcome->text, is_private         ? "predecessor_account_id"
                                             : !method->payable ? "attached_deposit"
                                                                : "signer_account_id");
}

result_t model_view(struct model *model, const struct model_state *state, uint64_t block_height,
                    uint64_t block_time_s, const char *method, const void *args, size_t args_len,
                    struct model_outcome *outcome)
{
    struct model_context context = {.block_height = block_height, .block_time_s = block_time_s};
    struct model_state unchanged;
    struct pool_mark mark = pool_mark(model->pool);
    const struct method *row = method_find(model, method);
    if (row && row->kind != METHOD_VIEW && row->kind != METHOD_STATIC_VIEW) {
        *outcome = (struct model_outcome){0};
        return prohibited(model, row, outcome);
    }
    result_t result = model_call(model, state, &context, method, args, args_len, &unchanged, outcome);
    pool_rollback(model->pool, mark);
    return result;
}

size_t model_receipts_pending(const struct model *model, const struct model_state *state)
{
    size_t count;
    receipts_of(model->pool, state->receipts, &count);
    return count;
}

const char *model_receipt_method(const struct model *model, const struct model_state *state)
{
    size_t count;
    const struct receipt *receipts = receipts_of(model->pool, state->receipts, &count);
    return count ? pool_text(model->pool, receipts[0].method) : NULL;
}

const void *model_receipt_args(const struct model *model, const struct model_state *state, size_t *len)
{
    size_t count;
    const struct receipt *receipts = receipts_of(model->pool, state->receipts, &count);
    return pool_data(model->pool, receipts[0].args, len);
}

result_t model_receipt_run(struct model *model, const struct model_state *before, uint64_t block_height,
                           uint64_t block_time_s, struct model_state *after, struct model_outcome *outcome)
{
    struct model_state waiting = *before;
    struct model_state next = *before;
    struct prepared_call prepared;
    size_t count;
    const struct receipt receipt = receipts_of(model->pool, before->receipts, &count)[0];
    *after = *before;
    next.receipts = pool_splice(model->pool, before->receipts, sizeof receipt, 0, 1, NULL, 0);
    if (pool_failed(model->pool))
        return OUTCOME_NO_MEMORY;
    struct pool_mark mark = pool_mark(model->pool);
    receipt_prepare(model, &receipt, &prepared);
    result_t result = call_tell(model, &prepared, &next, block_height, block_time_s, mark, &next, outcome);
    *after = result == OUTCOME_OK ? next : waiting;
    return result;
}

result_t model_receipts_run(struct model *model, const struct model_state *before, uint64_t block_height,
                            uint64_t block_time_s, struct model_state *after)
{
    struct model_state next = *before;
    for (size_t left = model_receipts_pending(model, before); left > 0; left--) {
        struct model_outcome outcome;
        TRY(model_receipt_run(model, &next, block_height, block_time_s, &next, &outcome));
        model_outcome_free(&outcome);
    }
    *after = next;
    return OUTCOME_OK;
}

const char *model_participant_account(const struct model *model, const struct model_state *state,
                                      size_t index)
{
    size_t count;
    const struct member *members = members_of(model->pool, state->running.parameters.participants, &count);
    return index < count ? pool_text(model->pool, members[index].account) : NULL;
}

size_t model_pool_count(const struct model *model)
{
    return pool_count(model->pool);
}

void model_pool_item(const struct model *model, size_t index, const void **data, size_t *len)
{
    *data = pool_data(model->pool, (handle_t)(index + 1), len);
}

result_t model_pool_restore(struct model *model, const void *data, size_t len)
{
    size_t expected = pool_count(model->pool) + 1;
    handle_t handle = pool_intern(model->pool, data, len);
    if (pool_failed(model->pool))
        return OUTCOME_NO_MEMORY;
    return handle == expected ? OUTCOME_OK : OUTCOME_STORE_CORRUPT;
}
