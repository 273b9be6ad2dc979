#include "common/os/tx_sender.h"

#include <inttypes.h>
#include <string.h>

/* A nonce is below this many times the block's height (near-rpc.md D.3). */
#define NONCES_PER_BLOCK 1000000u

static bool key_allows_method(const struct near_access_key *key, const char *method)
{
    for (size_t i = 0; i < key->method_count; i++) {
        if (strcmp(key->method_names[i], method) == 0)
            return true;
    }
    return key->method_count == 0;
}

result_t tx_check_access_key(const struct near_access_key *key, const struct tx_call *call, struct error *err)
{
    if (key->full_access)
        return OUTCOME_OK;
    if (call->deposit.low || call->deposit.high)
        return error_set(
            err, OUTCOME_TX_REJECTED,
            "%s needs a deposit, which a function-call access key of %s cannot attach; use a full-access key",
            call->method, call->signer_id);
    if (!key->receiver_id || strcmp(key->receiver_id, call->receiver_id) != 0)
        return error_set(
            err, OUTCOME_TX_REJECTED,
            "the access key of %s is for the contract %s, not %s; delete the key and add it again",
            call->signer_id, key->receiver_id ? key->receiver_id : "(none)", call->receiver_id);
    if (!key_allows_method(key, call->method))
        return error_set(
            err, OUTCOME_TX_REJECTED,
            "the access key of %s does not allow the method %s; delete the key and add it again with it, or "
            "with an empty method list",
            call->signer_id, call->method);
    return OUTCOME_OK;
}

result_t tx_choose_nonce(uint64_t key_nonce, uint64_t last_used, uint64_t height, uint64_t *out,
                         struct error *err)
{
    uint64_t floor = key_nonce > last_used ? key_nonce : last_used;
    uint64_t bound;
    if (__builtin_mul_overflow(height, (uint64_t)NONCES_PER_BLOCK, &bound))
        bound = UINT64_MAX;
    if (floor >= UINT64_MAX - 1 || floor + 1 >= bound)
        return error_set(err, OUTCOME_TX_REJECTED,
                         "no nonce is free at height %" PRIu64 ": the last one is %" PRIu64
                         "; delete the access key and add it again",
                         height, floor);
    *out = floor + 1;
    return OUTCOME_OK;
}

void tx_signed_free(struct tx_signed *tx)
{
    bytes_free(&tx->bytes);
    *tx = (struct tx_signed){0};
}

static result_t sign_call(const struct tx_call *call, const uint8_t block_hash[SHA256_LEN],
                          struct tx_signed *out)
{
    CLEANUP(near_tx_free) struct near_tx tx = {0};
    TRY(near_tx_function_call(call->signer_id, &call->signer->public_key, out->nonce, call->receiver_id,
                              block_hash, call->method, call->args, call->args_len, call->gas, call->deposit,
                              &tx));
    return near_tx_sign(&tx, call->signer, &out->bytes, out->hash);
}

result_t tx_sign(const struct tx_call *call, uint64_t key_nonce, uint64_t last_used_nonce,
                 uint64_t block_height, const uint8_t block_hash[SHA256_LEN], struct tx_signed *out,
                 struct error *err)
{
    CLEANUP(tx_signed_free) struct tx_signed tx = {.block_height = block_height};
    TRY(tx_choose_nonce(key_nonce, last_used_nonce, block_height, &tx.nonce, err));
    result_t result = sign_call(call, block_hash, &tx);
    if (result != OUTCOME_OK)
        return error_set(err, result, "the transaction could not be signed");
    *out = tx;
    tx = (struct tx_signed){0};
    return OUTCOME_OK;
}

result_t tx_prepare(struct rpc *rpc, const struct tx_call *call, uint64_t last_used_nonce,
                    struct tx_signed *out, struct error *err)
{
    CLEANUP(rpc_access_key_free) struct rpc_access_key key = {0};
    TRY(rpc_view_access_key(rpc, call->signer_id, &call->signer->public_key, NULL, &key, err));
    TRY(tx_check_access_key(&key.key, call, err));
    return tx_sign(call, key.key.nonce, last_used_nonce, key.height, key.hash, out, err);
}

result_t tx_outcome(enum rpc_tx_fate fate)
{
    switch (fate) {
    case RPC_TX_EXECUTED:
        return OUTCOME_OK;
    case RPC_TX_FAILED:
        return OUTCOME_TX_FAILED;
    case RPC_TX_REJECTED:
        return OUTCOME_TX_REJECTED;
    default:
        return OUTCOME_TX_UNKNOWN;
    }
}

result_t tx_send(struct rpc *rpc, const struct tx_signed *tx, enum rpc_wait wait, struct rpc_tx *fate,
                 struct error *err)
{
    struct rpc_tx own;
    struct rpc_tx *answer = fate ? fate : &own;
    struct error why = {.text = ""};
    result_t sent = rpc_send_tx(rpc, tx->bytes.data, tx->bytes.len, wait, answer, &why);
    if (sent == OUTCOME_NO_MEMORY || sent == OUTCOME_SHUTTING_DOWN)
        return error_set(err, sent, "%s", why.text);
    if (sent != OUTCOME_OK)
        return error_set(err, OUTCOME_TX_UNKNOWN, "%s", why.text);
    result_t result = tx_outcome(answer->fate);
    if (result == OUTCOME_OK)
        return result;
    return error_set(err, result, "%s: %s", answer->name[0] ? answer->name : rpc_tx_fate_name(answer->fate),
                     answer->text);
}
