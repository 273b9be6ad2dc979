#include "contract-sim/chain/verify.h"

#include <inttypes.h>
#include <string.h>

#include "common/json.h"
#include "contract-sim/chain/protocol.h"
#include "contract-sim/limits.h"

struct check {
    const struct blocks *blocks;
    const struct world *world;
    const struct near_tx *tx;
    const struct signed_bytes *signature;
    struct tx_cost cost;
    const struct account *account; /* from check_signer_account on */
    const struct account_key *key; /* from check_access_key on */
    struct bytes *invalid;
};

#define REJECT(check, ...)                                                                                   \
    (bytes_append_format((check)->invalid, __VA_ARGS__) == OUTCOME_OK ? OUTCOME_TX_REJECTED                  \
                                                                      : OUTCOME_NO_MEMORY)

static struct u128 u128_of(uint64_t value)
{
    return (struct u128){.low = value};
}

static uint64_t action_gas(const struct near_action *action)
{
    return action->type == NEAR_FUNCTION_CALL ? action->gas : PROTOCOL_GAS_ACTION;
}

bool tx_cost_of(const struct near_tx *tx, struct tx_cost *out)
{
    *out = (struct tx_cost){0};
    struct u128 prepaid_gas = u128_of(PROTOCOL_GAS_CONVERT);
    uint64_t burnt_gas = PROTOCOL_GAS_CONVERT + tx->action_count * PROTOCOL_GAS_ACTION;
    for (size_t i = 0; i < tx->action_count; i++) {
        const struct near_action *action = &tx->actions[i];
        uint64_t gas = action_gas(action);
        if (!u128_add(prepaid_gas, u128_of(gas > PROTOCOL_GAS_ACTION ? gas : PROTOCOL_GAS_ACTION),
                      &prepaid_gas))
            return false;
        if ((action->type == NEAR_FUNCTION_CALL || action->type == NEAR_TRANSFER) &&
            !u128_add(out->deposits, action->deposit, &out->deposits))
            return false;
    }
    return u128_mul_u64(u128_of(burnt_gas), PROTOCOL_GAS_PRICE_YOCTO, &out->burnt) &&
           u128_mul_u64(prepaid_gas, PROTOCOL_GAS_PRICE_YOCTO, &out->prepaid);
}

/* A hash that is unknown and one that is too old are the same answer (near-rpc.md D.3). */
static result_t check_block_hash(struct check *check)
{
    const struct block *block = blocks_by_hash(check->blocks, check->tx->block_hash);
    if (!block || blocks_head(check->blocks)->height - block->height > SIM_TX_VALIDITY_BLOCKS)
        return REJECT(check, "\"Expired\"");
    return OUTCOME_OK;
}

static result_t check_ids(struct check *check)
{
    const struct near_tx *tx = check->tx;
    const char *bad = !account_id_valid(tx->signer_id, strlen(tx->signer_id))       ? tx->signer_id
                      : !account_id_valid(tx->receiver_id, strlen(tx->receiver_id)) ? tx->receiver_id
                                                                                    : NULL;
    if (!bad)
        return OUTCOME_OK;
    bool signer = bad == tx->signer_id;
    TRY(bytes_append_format(check->invalid,
                            "{\"%s\":{\"%s\":", signer ? "InvalidSignerId" : "InvalidReceiverId",
                            signer ? "signer_id" : "receiver_id"));
    TRY(json_write_text(bad, strlen(bad), check->invalid));
    return REJECT(check, "}}");
}

static result_t check_function_call(struct check *check, const struct near_action *action)
{
    size_t name_len = strlen(action->method_name);
    if (name_len > NEAR_METHOD_NAME_LEN_MAX)
        return REJECT(check,
                      "{\"ActionsValidation\":{\"FunctionCallMethodNameLengthExceeded\":{\"length\":%zu,"
                      "\"limit\":%d}}}",
                      name_len, NEAR_METHOD_NAME_LEN_MAX);
    if (action->args_len > PROTOCOL_ARGS_BYTES_MAX)
        return REJECT(
            check,
            "{\"ActionsValidation\":{\"FunctionCallArgumentsLengthExceeded\":{\"length\":%zu,\"limit\":%u}}}",
            action->args_len, PROTOCOL_ARGS_BYTES_MAX);
    if (!action->gas)
        return REJECT(check, "{\"ActionsValidation\":\"FunctionCallZeroAttachedGas\"}");
    return OUTCOME_OK;
}

static result_t check_add_key(struct check *check, const struct near_action *action)
{
    const struct near_access_key *access = &action->access_key;
    size_t bytes = 0;
    for (size_t i = 0; i < access->method_count; i++)
        bytes += strlen(access->method_names[i]) + 1;
    if (bytes > PROTOCOL_KEY_METHODS_BYTES_MAX)
        return REJECT(check,
                      "{\"ActionsValidation\":{\"AddKeyMethodNamesNumberOfBytesExceeded\":"
                      "{\"total_number_of_bytes\":%zu,\"limit\":%u}}}",
                      bytes, PROTOCOL_KEY_METHODS_BYTES_MAX);
    if (access->full_access || account_id_valid(access->receiver_id, strlen(access->receiver_id)))
        return OUTCOME_OK;
    TRY(bytes_append_text(check->invalid, "{\"ActionsValidation\":{\"InvalidAccountId\":{\"account_id\":"));
    TRY(json_write_text(access->receiver_id, strlen(access->receiver_id), check->invalid));
    return REJECT(check, "}}}");
}

static result_t check_action(struct check *check, const struct near_action *action)
{
    switch (action->type) {
    case NEAR_FUNCTION_CALL:
        return check_function_call(check, action);
    case NEAR_ADD_KEY:
        return check_add_key(check, action);
    case NEAR_CREATE_ACCOUNT:
    case NEAR_TRANSFER:
    case NEAR_DELETE_KEY:
        return OUTCOME_OK;
    case NEAR_STAKE:
    case NEAR_DELETE_ACCOUNT:
        break;
    }
    return REJECT(check,
                  "{\"ActionsValidation\":{\"UnsupportedProtocolFeature\":{\"protocol_feature\":\"%s\","
                  "\"version\":%d}}}",
                  action->type == NEAR_STAKE ? "Stake" : "DeleteAccount", PROTOCOL_VERSION);
}

static result_t check_actions(struct check *check)
{
    struct u128 gas = {0};
    bool fits = true;
    TRY(check_ids(check));
    for (size_t i = 0; i < check->tx->action_count; i++) {
        const struct near_action *action = &check->tx->actions[i];
        TRY(check_action(check, action));
        if (action->type == NEAR_FUNCTION_CALL)
            fits = fits && u128_add(gas, u128_of(action->gas), &gas);
    }
    if (!fits || gas.high || gas.low > PROTOCOL_PREPAID_GAS_MAX) {
        char total[U128_TEXT_MAX];
        u128_format(gas, total);
        return REJECT(
            check,
            "{\"ActionsValidation\":{\"TotalPrepaidGasExceeded\":{\"total_prepaid_gas\":%s,\"limit\":%llu}}}",
            total, PROTOCOL_PREPAID_GAS_MAX);
    }
    if (!tx_cost_of(check->tx, &check->cost))
        return REJECT(check, "\"CostOverflow\"");
    return OUTCOME_OK;
}

static result_t check_signature(struct check *check)
{
    const struct signed_bytes *given = check->signature;
    if (!given)
        return OUTCOME_OK;
    if (given->signed_len > NEAR_TX_BYTES_MAX)
        return REJECT(check, "{\"TransactionSizeExceeded\":{\"size\":%zu,\"limit\":%d}}", given->signed_len,
                      NEAR_TX_BYTES_MAX);
    uint8_t hash[SHA256_LEN];
    sha256(given->data, given->tx_len, hash);
    struct ed25519_public_key key;
    struct ed25519_signature signature;
    memcpy(key.bytes, check->tx->public_key.bytes, sizeof key.bytes);
    memcpy(signature.bytes, given->signature.bytes, sizeof signature.bytes);
    if (check->tx->public_key.type != NEAR_KEY_ED25519 || given->signature.type != NEAR_KEY_ED25519)
        return REJECT(check, "\"InvalidSignature\"");
    result_t result = ed25519_verify(&key, hash, sizeof hash, &signature);
    return result == OUTCOME_SIGNATURE_INVALID ? REJECT(check, "\"InvalidSignature\"") : result;
}

static result_t check_signer_account(struct check *check)
{
    check->account = world_account(check->world, check->tx->signer_id);
    if (!check->account)
        return REJECT(check, "{\"SignerDoesNotExist\":{\"signer_id\":\"%s\"}}", check->tx->signer_id);
    return OUTCOME_OK;
}

static result_t check_access_key(struct check *check)
{
    check->key = account_key_find(check->account, &check->tx->public_key);
    if (check->key)
        return OUTCOME_OK;
    char key[NEAR_PUBLIC_KEY_TEXT_MAX];
    near_public_key_format(&check->tx->public_key, key);
    return REJECT(
        check,
        "{\"InvalidAccessKeyError\":{\"AccessKeyNotFound\":{\"account_id\":\"%s\",\"public_key\":\"%s\"}}}",
        check->tx->signer_id, key);
}

static result_t check_nonce(struct check *check)
{
    uint64_t nonce = check->tx->nonce;
    uint64_t used = check->key->access.nonce;
    if (nonce <= used)
        return REJECT(check, "{\"InvalidNonce\":{\"tx_nonce\":%" PRIu64 ",\"ak_nonce\":%" PRIu64 "}}", nonce,
                      used);
    uint64_t bound = (blocks_head(check->blocks)->height + 1) * PROTOCOL_NONCES_PER_BLOCK;
    if (nonce >= bound)
        return REJECT(check, "{\"NonceTooLarge\":{\"tx_nonce\":%" PRIu64 ",\"upper_bound\":%" PRIu64 "}}",
                      nonce, bound);
    return OUTCOME_OK;
}

static result_t check_balance(struct check *check)
{
    struct u128 total;
    if (!u128_add(check->cost.deposits, check->cost.prepaid, &total))
        return REJECT(check, "\"CostOverflow\"");
    if (u128_compare(check->account->balance, total) >= 0)
        return OUTCOME_OK;
    char balance[U128_TEXT_MAX], cost[U128_TEXT_MAX];
    u128_format(check->account->balance, balance);
    u128_format(total, cost);
    return REJECT(check, "{\"NotEnoughBalance\":{\"signer_id\":\"%s\",\"balance\":\"%s\",\"cost\":\"%s\"}}",
                  check->tx->signer_id, balance, cost);
}

static result_t check_allowance(struct check *check)
{
    const struct near_access_key *access = &check->key->access;
    if (access->full_access || !access->has_allowance ||
        u128_compare(access->allowance, check->cost.prepaid) >= 0)
        return OUTCOME_OK;
    char key[NEAR_PUBLIC_KEY_TEXT_MAX], allowance[U128_TEXT_MAX], cost[U128_TEXT_MAX];
    near_public_key_format(&check->tx->public_key, key);
    u128_format(access->allowance, allowance);
    u128_format(check->cost.prepaid, cost);
    return REJECT(
        check,
        "{\"InvalidAccessKeyError\":{\"NotEnoughAllowance\":{\"account_id\":\"%s\",\"public_key\":\"%s\","
        "\"allowance\":\"%s\",\"cost\":\"%s\"}}}",
        check->tx->signer_id, key, allowance, cost);
}

/* After the transaction the account still has to own what its storage costs. */
static result_t check_storage(struct check *check)
{
    uint64_t bytes = account_storage_bytes(check->account);
    struct u128 needed, left, missing;
    if (bytes <= PROTOCOL_STORAGE_FREE_BYTES ||
        !u128_mul_u64(u128_of(bytes), PROTOCOL_STORAGE_PRICE_YOCTO, &needed))
        return OUTCOME_OK;
    if (!u128_sub(check->account->balance, check->cost.deposits, &left) ||
        !u128_sub(left, check->cost.prepaid, &left) || !u128_sub(needed, left, &missing) ||
        (!missing.low && !missing.high))
        return OUTCOME_OK;
    char amount[U128_TEXT_MAX];
    u128_format(missing, amount);
    return REJECT(check, "{\"LackBalanceForState\":{\"signer_id\":\"%s\",\"amount\":\"%s\"}}",
                  check->tx->signer_id, amount);
}

static bool method_listed(const struct near_access_key *access, const char *method)
{
    for (size_t i = 0; i < access->method_count; i++)
        if (strcmp(access->method_names[i], method) == 0)
            return true;
    return !access->method_count;
}

static result_t check_permission(struct check *check)
{
    const struct near_access_key *access = &check->key->access;
    const struct near_tx *tx = check->tx;
    if (access->full_access)
        return OUTCOME_OK;
    if (tx->action_count != 1 || tx->actions[0].type != NEAR_FUNCTION_CALL)
        return REJECT(check, "{\"InvalidAccessKeyError\":\"RequiresFullAccess\"}");
    if (tx->actions[0].deposit.low || tx->actions[0].deposit.high)
        return REJECT(check, "{\"InvalidAccessKeyError\":\"DepositWithFunctionCall\"}");
    if (strcmp(tx->receiver_id, access->receiver_id) != 0)
        return REJECT(check,
                      "{\"InvalidAccessKeyError\":{\"ReceiverMismatch\":{\"tx_receiver\":\"%s\",\"ak_"
                      "receiver\":\"%s\"}}}",
                      tx->receiver_id, access->receiver_id);
    const char *method = tx->actions[0].method_name;
    if (method_listed(access, method))
        return OUTCOME_OK;
    TRY(bytes_append_text(check->invalid,
                          "{\"InvalidAccessKeyError\":{\"MethodNameMismatch\":{\"method_name\":"));
    TRY(json_write_text(method, strlen(method), check->invalid));
    return REJECT(check, "}}}");
}

/* near-rpc.md D.2, 1 to 10. */
static result_t (*const checks_in_order[])(struct check *) = {
    check_block_hash, check_actions, check_signature, check_signer_account, check_access_key,
    check_nonce,      check_balance, check_allowance, check_storage,        check_permission,
};

result_t tx_verify(const struct blocks *blocks, const struct world *world, const struct near_tx *tx,
                   const struct signed_bytes *signature, struct bytes *invalid)
{
    struct check check = {
        .blocks = blocks, .world = world, .tx = tx, .signature = signature, .invalid = invalid};
    bytes_clear(invalid);
    for (size_t i = 0; i < ARRAY_LEN(checks_in_order); i++)
        TRY(checks_in_order[i](&check));
    return OUTCOME_OK;
}
