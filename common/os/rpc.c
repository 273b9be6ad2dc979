#include "common/os/rpc.h"

#include <stdlib.h>

result_t rpc_block(struct rpc *rpc, enum rpc_finality finality, struct rpc_block *out, struct error *err)
{
    return rpc->ops->block(rpc, finality, out, err);
}

result_t rpc_block_by_hash(struct rpc *rpc, const uint8_t hash[SHA256_LEN], struct rpc_block *out,
                           struct error *err)
{
    return rpc->ops->block_by_hash(rpc, hash, out, err);
}

result_t rpc_status(struct rpc *rpc, struct rpc_status *out, struct error *err)
{
    return rpc->ops->status(rpc, out, err);
}

result_t rpc_view(struct rpc *rpc, const char *account_id, const char *method, const void *args,
                  size_t args_len, const uint8_t *block_hash, struct rpc_view *out, struct error *err)
{
    return rpc->ops->view(rpc, account_id, method, args, args_len, block_hash, out, err);
}

void rpc_view_free(struct rpc_view *view)
{
    bytes_free(&view->data);
}

result_t rpc_view_access_key(struct rpc *rpc, const char *account_id, const struct ed25519_public_key *key,
                             const uint8_t *block_hash, struct rpc_access_key *out, struct error *err)
{
    return rpc->ops->view_access_key(rpc, account_id, key, block_hash, out, err);
}

void rpc_access_key_free(struct rpc_access_key *key)
{
    for (size_t i = 0; i < key->key.method_count; i++)
        free(key->key.method_names[i]);
    free(key->key.method_names);
    free(key->key.receiver_id);
    *key = (struct rpc_access_key){0};
}

const char *rpc_tx_fate_name(enum rpc_tx_fate fate)
{
    static const char *const names[] = {
        [RPC_TX_UNCLEAR] = "unclear",   [RPC_TX_PENDING] = "pending", [RPC_TX_NOT_SEEN] = "not_seen",
        [RPC_TX_EXECUTED] = "executed", [RPC_TX_FAILED] = "failed",   [RPC_TX_REJECTED] = "rejected",
    };
    return names[fate];
}

result_t rpc_send_tx(struct rpc *rpc, const void *signed_tx, size_t len, enum rpc_wait wait,
                     struct rpc_tx *out, struct error *err)
{
    return rpc->ops->send_tx(rpc, signed_tx, len, wait, out, err);
}

result_t rpc_tx_status(struct rpc *rpc, const uint8_t hash[SHA256_LEN], const char *signer_id,
                       enum rpc_wait wait, struct rpc_tx *out, struct error *err)
{
    return rpc->ops->tx_status(rpc, hash, signer_id, wait, out, err);
}

const char *rpc_name(const struct rpc *rpc)
{
    return rpc->ops->name(rpc);
}

void rpc_abort(struct rpc *rpc)
{
    rpc->ops->abort(rpc);
}

void rpc_close(struct rpc **rpc)
{
    if (*rpc)
        (*rpc)->ops->close(*rpc);
    *rpc = NULL;
}
