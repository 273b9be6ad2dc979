#include "contract-sim/chain/execute.h"

#include <string.h>

#include "common/encoding.h"
#include "common/json.h"
#include "contract-sim/chain/protocol.h"
#include "contract-sim/chain/verify.h"

/* One receipt while its actions run. */
struct run {
    struct execution *execution;
    struct world *world; /* changed by the actions; dropped when one fails */
    const struct near_tx *tx;
    size_t index;          /* of the action */
    const char *fail_with; /* or NULL */
    const char
        *actor; /* who acts on the receiver: the signer, or the receiver itself once it was created here */
    struct chain_receipt receipt_template; /* of receipts that this one schedules */
    struct receipt_outcome *out;
};

/* Failure of the action: {"ActionError":{"index":…,"kind":…}} (near-rpc.md A.3). The
 * arguments are a format for the kind. */
#define FAIL(run, ...) action_failed((run), bytes_append_format(&(run)->out->failure, __VA_ARGS__))

static result_t failure_open(struct receipt_outcome *out, size_t index)
{
    bytes_clear(&out->failure);
    return bytes_append_format(&out->failure, "{\"ActionError\":{\"index\":%zu,\"kind\":", index);
}

static result_t action_failed(struct run *run, result_t appended)
{
    TRY(appended);
    TRY(bytes_append_text(&run->out->failure, "}}"));
    return OUTCOME_TX_FAILED;
}

static void receipt_id_derive(const uint8_t parent[SHA256_LEN], size_t index, uint8_t out[SHA256_LEN])
{
    uint8_t content[SHA256_LEN + 4];
    memcpy(content, parent, SHA256_LEN);
    for (unsigned i = 0; i < 4; i++)
        content[SHA256_LEN + i] = (uint8_t)(index >> (8 * i));
    sha256(content, sizeof content, out);
}

/* Leave `receipt` for the next block; its id comes from the receipt that scheduled it. */
static result_t schedule(struct world *world, struct chain_receipt receipt, struct receipt_outcome *out)
{
    receipt_id_derive(out->id, out->child_count + 1, receipt.id);
    TRY(receipt_outcome_child(out, receipt.id));
    return world_receipt_add(world, &receipt);
}

/* Credit an account that exists; yocto amounts of one genesis cannot pass 2^128 in
 * practice, and then stay as they were. */
static result_t credit(struct world *world, const char *id, struct u128 amount)
{
    struct account *account = world_account_own(world, id);
    if (!account)
        return OUTCOME_NO_MEMORY;
    struct u128 sum;
    if (u128_add(account->balance, amount, &sum))
        account->balance = sum;
    return OUTCOME_OK;
}

static result_t execution_error(struct run *run, const char *text, size_t len)
{
    struct bytes *failure = &run->out->failure;
    TRY(bytes_append_text(failure, "{\"FunctionCallError\":{\"ExecutionError\":"));
    TRY(json_write_text(text, len, failure));
    return FAIL(run, "}}");
}

static result_t contract_failure(struct run *run, const struct model_outcome *outcome)
{
    if (outcome->kind == MODEL_METHOD_NOT_FOUND)
        return FAIL(run, "{\"FunctionCallError\":{\"MethodResolveError\":\"MethodNotFound\"}}");
    CLEANUP(bytes_free) struct bytes text = {0};
    TRY(bytes_append_text(&text, "Smart contract panicked: "));
    TRY(bytes_append(&text, outcome->text.data, outcome->text.len));
    return execution_error(run, (const char *)text.data, text.len);
}

/* What a call that succeeded leaves behind: the self-calls and the refund of an excess
 * deposit (contract.md 1.4, 2.2). */
static result_t contract_effects(struct run *run, const struct model_outcome *outcome)
{
    struct chain_receipt receipt = run->receipt_template;
    const char *contract = model_contract_id(run->execution->model);
    receipt.kind = RECEIPT_SELF_CALL;
    account_id_set(&receipt.receiver, contract, strlen(contract));
    for (size_t i = 0; i < outcome->receipts_scheduled; i++)
        TRY(schedule(run->world, receipt, run->out));
    if (!outcome->has_refund)
        return OUTCOME_OK;
    struct account *account = world_account_own(run->world, contract);
    if (!account)
        return OUTCOME_NO_MEMORY;
    if (!u128_sub(account->balance, outcome->refund, &account->balance))
        return OUTCOME_OK;
    receipt.kind = RECEIPT_TRANSFER;
    receipt.receiver = outcome->refund_to;
    receipt.amount = outcome->refund;
    return schedule(run->world, receipt, run->out);
}

static result_t contract_outcome(struct run *run, struct model_outcome *outcome)
{
    for (size_t i = 0; i < outcome->log_count; i++)
        TRY(receipt_outcome_log(run->out, &outcome->logs[i]));
    if (outcome->kind != MODEL_OK)
        return contract_failure(run, outcome);
    bytes_free(&run->out->value);
    run->out->value = outcome->value;
    outcome->value = (struct bytes){0};
    return contract_effects(run, outcome);
}

static result_t contract_call(struct run *run, const struct model_context *given, const char *method,
                              const void *args, size_t args_len)
{
    struct model_context context = *given;
    context.block_height = run->execution->height;
    context.block_time_s = run->execution->time_ms / 1000;
    CLEANUP(model_outcome_free) struct model_outcome outcome = {0};
    TRY(credit(run->world, model_contract_id(run->execution->model), context.deposit));
    TRY(model_call(run->execution->model, &run->world->contract, &context, method, args, args_len,
                   &run->world->contract, &outcome));
    struct chain_listener *listener = run->execution->listener;
    if (listener)
        listener->called(listener, &context, method, args, args_len, &outcome);
    return contract_outcome(run, &outcome);
}

static result_t function_call(struct run *run, const struct near_action *action)
{
    const struct near_tx *tx = run->tx;
    if (strcmp(tx->receiver_id, model_contract_id(run->execution->model)) != 0)
        return FAIL(
            run,
            "{\"FunctionCallError\":{\"CompilationError\":{\"CodeDoesNotExist\":{\"account_id\":\"%s\"}}}}",
            tx->receiver_id);
    struct model_context context = {.signer_public_key = tx->public_key, .deposit = action->deposit};
    account_id_set(&context.signer, tx->signer_id, strlen(tx->signer_id));
    context.predecessor = context.signer;
    return contract_call(run, &context, action->method_name, action->args, action->args_len);
}

static result_t transfer(struct run *run, const struct near_action *action)
{
    return credit(run->world, run->tx->receiver_id, action->deposit);
}

/* This simulator's own limits on accounts and keys look like storage that cannot be paid for. */
static result_t storage_refused(struct run *run)
{
    return FAIL(run, "{\"LackBalanceForState\":{\"account_id\":\"%s\",\"amount\":\"1\"}}",
                run->tx->receiver_id);
}

static bool sub_account_of(const char *id, const char *parent)
{
    size_t len = strlen(id), parent_len = strlen(parent);
    return len > parent_len + 1 && id[len - parent_len - 1] == '.' &&
           strcmp(id + len - parent_len, parent) == 0 && !memchr(id, '.', len - parent_len - 1);
}

static result_t create_account(struct run *run, const struct near_action *action)
{
    (void)action;
    const char *id = run->tx->receiver_id;
    if (world_account(run->world, id))
        return FAIL(run, "{\"AccountAlreadyExists\":{\"account_id\":\"%s\"}}", id);
    bool top_level = !strchr(id, '.');
    if (top_level && strlen(id) < PROTOCOL_TOP_LEVEL_ACCOUNT_LEN_MIN)
        return FAIL(
            run,
            "{\"CreateAccountOnlyByRegistrar\":{\"account_id\":\"%s\",\"registrar_account_id\":\"registrar\","
            "\"predecessor_id\":\"%s\"}}",
            id, run->tx->signer_id);
    if (!top_level && !sub_account_of(id, run->tx->signer_id))
        return FAIL(run, "{\"CreateAccountNotAllowed\":{\"account_id\":\"%s\",\"predecessor_id\":\"%s\"}}",
                    id, run->tx->signer_id);
    struct account_id account_id;
    struct account *account;
    account_id_set(&account_id, id, strlen(id));
    result_t added = world_account_add(run->world, &account_id, &account);
    run->actor = id;
    return added == OUTCOME_LIMIT ? storage_refused(run) : added;
}

static result_t add_key(struct run *run, const struct near_action *action)
{
    struct account *account = world_account_own(run->world, run->tx->receiver_id);
    if (!account)
        return OUTCOME_NO_MEMORY;
    if (account_key_find(account, &action->public_key)) {
        char key[NEAR_PUBLIC_KEY_TEXT_MAX];
        near_public_key_format(&action->public_key, key);
        return FAIL(run, "{\"AddKeyAlreadyExists\":{\"account_id\":\"%s\",\"public_key\":\"%s\"}}",
                    account->id.text, key);
    }
    /* The nonce of the action is ignored (near-rpc.md D.3). */
    struct near_access_key access = action->access_key;
    access.nonce = (run->execution->height - 1) * PROTOCOL_NONCES_PER_BLOCK;
    result_t added = account_key_add(account, &action->public_key, &access);
    return added == OUTCOME_LIMIT ? storage_refused(run) : added;
}

static result_t delete_key(struct run *run, const struct near_action *action)
{
    struct account *account = world_account_own(run->world, run->tx->receiver_id);
    if (!account)
        return OUTCOME_NO_MEMORY;
    struct account_key *key = account_key_find(account, &action->public_key);
    if (key) {
        account_key_remove(account, key);
        return OUTCOME_OK;
    }
    char text[NEAR_PUBLIC_KEY_TEXT_MAX];
    near_public_key_format(&action->public_key, text);
    return FAIL(run, "{\"DeleteKeyDoesNotExist\":{\"account_id\":\"%s\",\"public_key\":\"%s\"}}",
                account->id.text, text);
}

/* What each action does; tx_verify() lets no others through. */
static const struct action_row {
    enum near_action_type type;
    bool creates;    /* the receiver need not exist */
    bool owner_only; /* the actor has to be the receiver */
    result_t (*run)(struct run *run, const struct near_action *action);
} action_rows[] = {
    {NEAR_CREATE_ACCOUNT, true, false, create_account},
    {NEAR_FUNCTION_CALL, false, false, function_call},
    {NEAR_TRANSFER, false, false, transfer},
    {NEAR_ADD_KEY, false, true, add_key},
    {NEAR_DELETE_KEY, false, true, delete_key},
};

static const struct action_row *action_row(enum near_action_type type)
{
    for (size_t i = 0; i < ARRAY_LEN(action_rows); i++)
        if (action_rows[i].type == type)
            return &action_rows[i];
    return NULL;
}

static result_t run_action(struct run *run)
{
    const struct near_action *action = &run->tx->actions[run->index];
    const char *receiver = run->tx->receiver_id;
    const struct action_row *row = action_row(action->type);
    if (!row)
        return OUTCOME_INTERNAL;
    TRY(failure_open(run->out, run->index));
    if (run->fail_with)
        return execution_error(run, run->fail_with, strlen(run->fail_with));
    if (!row->creates && !world_account(run->world, receiver))
        return FAIL(run, "{\"AccountDoesNotExist\":{\"account_id\":\"%s\"}}", receiver);
    if (row->owner_only && strcmp(run->actor, receiver) != 0)
        return FAIL(run, "{\"ActorNoPermission\":{\"account_id\":\"%s\",\"actor_id\":\"%s\"}}", receiver,
                    run->actor);
    bytes_clear(&run->out->value);
    return row->run(run, action);
}

static result_t run_actions(struct run *run)
{
    for (run->index = 0; run->index < run->tx->action_count; run->index++)
        TRY(run_action(run));
    return OUTCOME_OK;
}

/* Settle what `body` did in a fork of the world: keep the fork, or drop it and what it scheduled. */
static result_t settle(struct run *run, result_t result)
{
    struct chain_listener *listener = run->execution->listener;
    run->out->ok = result == OUTCOME_OK;
    if (listener)
        listener->settled(listener, run->out->ok);
    if (run->out->ok) {
        bytes_clear(&run->out->failure);
        world_unref(run->execution->world);
        run->execution->world = run->world;
        return OUTCOME_OK;
    }
    world_unref(run->world);
    bytes_clear(&run->out->value);
    run->out->child_count = 0;
    return result == OUTCOME_TX_FAILED ? OUTCOME_OK : result;
}

static result_t charge(struct execution *execution, const struct near_tx *tx, const struct tx_cost *cost)
{
    struct account *signer = world_account_own(execution->world, tx->signer_id);
    if (!signer)
        return OUTCOME_NO_MEMORY;
    struct near_access_key *access = &account_key_find(signer, &tx->public_key)->access;
    access->nonce = tx->nonce;
    if (!u128_sub(signer->balance, cost->deposits, &signer->balance) ||
        !u128_sub(signer->balance, cost->burnt, &signer->balance))
        return OUTCOME_INTERNAL;
    if (!access->full_access && access->has_allowance &&
        !u128_sub(access->allowance, cost->burnt, &access->allowance))
        return OUTCOME_INTERNAL;
    return OUTCOME_OK;
}

static void outcome_start(const struct execution *execution, const char *executor,
                          struct receipt_outcome *out)
{
    out->block_height = execution->height;
    memcpy(out->block_hash, execution->block_hash, SHA256_LEN);
    account_id_set(&out->executor, executor, strlen(executor));
}

static result_t refund(struct execution *execution, const struct run *run, const struct tx_cost *cost)
{
    struct chain_receipt receipt = run->receipt_template;
    if (run->out->ok || (!cost->deposits.low && !cost->deposits.high))
        return OUTCOME_OK;
    receipt.kind = RECEIPT_TRANSFER;
    receipt.refund = true;
    receipt.amount = cost->deposits;
    account_id_set(&receipt.receiver, run->tx->signer_id, strlen(run->tx->signer_id));
    return schedule(execution->world, receipt, run->out);
}

result_t execute_tx(struct execution *execution, const struct near_tx *tx, const uint8_t tx_hash[SHA256_LEN],
                    const char *fail_with, struct receipt_outcome *out)
{
    struct tx_cost cost;
    if (!tx_cost_of(tx, &cost))
        return OUTCOME_INTERNAL;
    TRY(charge(execution, tx, &cost));
    outcome_start(execution, tx->receiver_id, out);
    receipt_id_derive(tx_hash, 0, out->id);
    out->gas_burnt = tx->action_count * PROTOCOL_GAS_ACTION;
    struct run run = {.execution = execution, .world = world_fork(execution->world), .tx = tx, .out = out};
    if (!run.world)
        return OUTCOME_NO_MEMORY;
    run.actor = tx->signer_id;
    run.fail_with = fail_with;
    run.receipt_template.has_tx = true;
    memcpy(run.receipt_template.tx_hash, tx_hash, SHA256_LEN);
    TRY(settle(&run, run_actions(&run)));
    return refund(execution, &run, &cost);
}

static result_t run_self_call(struct run *run)
{
    struct execution *execution = run->execution;
    CLEANUP(model_outcome_free) struct model_outcome outcome = {0};
    /* The model takes the receipt off its own list, whether it fails or not. */
    TRY(model_receipt_run(execution->model, &run->world->contract, execution->height,
                          execution->time_ms / 1000, &run->world->contract, &outcome));
    if (outcome.kind != MODEL_OK)
        execution->world->contract = run->world->contract;
    return contract_outcome(run, &outcome);
}

static result_t run_transfer(struct run *run, const struct chain_receipt *receipt)
{
    if (!world_account(run->world, receipt->receiver.text))
        return FAIL(run, "{\"AccountDoesNotExist\":{\"account_id\":\"%s\"}}", receipt->receiver.text);
    return credit(run->world, receipt->receiver.text, receipt->amount);
}

/* The one action of a receipt, as JSON (near-rpc.md A.3). */
static result_t action_write(const struct execution *execution, const struct chain_receipt *receipt,
                             struct bytes *out)
{
    const struct model_state *state = &execution->world->contract;
    char amount[U128_TEXT_MAX];
    size_t args_len = 0;
    u128_format(receipt->amount, amount);
    if (receipt->kind == RECEIPT_TRANSFER)
        return bytes_append_format(out, "{\"Transfer\":{\"deposit\":\"%s\"}}", amount);
    const char *method = model_receipt_method(execution->model, state);
    const void *args = model_receipt_args(execution->model, state, &args_len);
    TRY(bytes_append_text(out, "{\"FunctionCall\":{\"method_name\":"));
    TRY(json_write_text(method, strlen(method), out));
    TRY(bytes_append_text(out, ",\"args\":\""));
    TRY(base64_encode(args, args_len, out));
    return bytes_append_format(out, "\",\"gas\":%llu,\"deposit\":\"0\"}}", PROTOCOL_GAS_ACTION);
}

result_t execute_receipt(struct execution *execution, const struct chain_receipt *receipt,
                         struct receipt_outcome *out)
{
    outcome_start(execution, receipt->receiver.text, out);
    memcpy(out->id, receipt->id, SHA256_LEN);
    out->refund = receipt->refund;
    TRY(action_write(execution, receipt, &out->action));
    out->gas_burnt = receipt->refund ? 0 : PROTOCOL_GAS_ACTION;
    struct run run = {.execution = execution, .world = world_fork(execution->world), .out = out};
    if (!run.world)
        return OUTCOME_NO_MEMORY;
    run.receipt_template.has_tx = receipt->has_tx;
    memcpy(run.receipt_template.tx_hash, receipt->tx_hash, SHA256_LEN);
    result_t result = failure_open(out, 0);
    if (result == OUTCOME_OK)
        result = receipt->kind == RECEIPT_SELF_CALL ? run_self_call(&run) : run_transfer(&run, receipt);
    return settle(&run, result);
}

result_t execute_call(struct execution *execution, const struct model_context *context, const char *method,
                      const void *args, size_t args_len, struct receipt_outcome *out)
{
    outcome_start(execution, model_contract_id(execution->model), out);
    receipt_id_derive(execution->block_hash, 0, out->id);
    out->gas_burnt = PROTOCOL_GAS_ACTION;
    struct run run = {.execution = execution, .world = world_fork(execution->world), .out = out};
    if (!run.world)
        return OUTCOME_NO_MEMORY;
    result_t result = failure_open(out, 0);
    if (result == OUTCOME_OK)
        result = contract_call(&run, context, method, args, args_len);
    return settle(&run, result);
}
