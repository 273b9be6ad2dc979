/* Reading the parameters of a call. Each function answers the call with the error
 * itself and returns RPC_ERROR then. */
#ifndef MPC_CONTRACT_SIM_RPC_PARAMS_H
#define MPC_CONTRACT_SIM_RPC_PARAMS_H

#include "common/account_id.h"
#include "contract-sim/rpc/jsonrpc.h"

/* The parameters have to be an object. */
MUST_USE result_t params_object(struct jsonrpc_call *call);
/* A member that is a string; the text is borrowed and has no zero bytes. */
MUST_USE result_t params_text(struct jsonrpc_call *call, struct json_object *object, const char *name,
                              const char **out);
/* The same, or `fallback` where it is absent or null. */
MUST_USE result_t params_text_or(struct jsonrpc_call *call, struct json_object *object, const char *name,
                                 const char *fallback, const char **out);
/* Element `index` of positional parameters, a string. */
MUST_USE result_t params_positional(struct jsonrpc_call *call, size_t index, const char **out);
MUST_USE result_t params_base64(struct jsonrpc_call *call, const char *text, struct bytes *out);
MUST_USE result_t params_public_key(struct jsonrpc_call *call, const char *text, struct near_public_key *out);
MUST_USE result_t params_hash(struct jsonrpc_call *call, const char *text, uint8_t out[SHA256_LEN]);
/* An account id; INVALID_ACCOUNT (asked at `block`) where it is none. */
MUST_USE result_t params_account(struct jsonrpc_call *call, const char *text, const struct block *block,
                                 struct account_id *out);

/* A block as the active faults show it: so many blocks older, as far as views reach back. */
const struct block *params_shown(const struct jsonrpc_call *call, const struct block *block, bool final);
/* The block that `finality`, `block_id` or `sync_checkpoint` of `object` names; UNKNOWN_BLOCK. */
MUST_USE result_t params_block(struct jsonrpc_call *call, struct json_object *object,
                               const struct block **out);
/* A height or a hash. */
MUST_USE result_t params_block_id(struct jsonrpc_call *call, struct json_object *block_id,
                                  const struct block **out);
/* UNKNOWN_BLOCK for this height or hash. */
MUST_USE result_t params_unknown_block(struct jsonrpc_call *call, struct json_object *block_id);

#endif
