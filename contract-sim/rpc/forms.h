/* Values in the JSON forms that NEAR's RPC gives them. The writers append to a result. */
#ifndef MPC_CONTRACT_SIM_RPC_FORMS_H
#define MPC_CONTRACT_SIM_RPC_FORMS_H

#include "common/near_tx.h"
#include "contract-sim/chain/tx_store.h"
#include "contract-sim/rpc/jsonrpc.h"

/* "block_height":H,"block_hash":"…": the end of every view's answer. */
MUST_USE result_t form_block(const struct block *block, struct bytes *out);
/* {NAME: text, block_height, block_hash}: the info of most error causes. New; NULL without memory. */
struct json_object *form_block_info(const char *name, const char *text, const struct block *block);

/* {"nonce":N,"permission":…}, without the braces. */
MUST_USE result_t form_access_key(const struct near_access_key *key, struct bytes *out);
/* [123,34,…] */
MUST_USE result_t form_byte_array(const struct bytes *data, struct bytes *out);
/* ["…","…"] */
MUST_USE result_t form_logs(const struct bytes *logs, size_t count, struct bytes *out);
/* {"SuccessValue":"…"} or {"Failure":{"ActionError":…}} */
MUST_USE result_t form_status(const struct receipt_outcome *outcome, struct bytes *out);
/* A whole final execution outcome (near-rpc.md A.3) of a transaction that is in a block, at the level it
 * reached; `with_receipts` adds the member that EXPERIMENTAL_tx_status has. */
MUST_USE result_t form_tx_outcome(const struct tx_record *record, enum tx_level level, bool with_receipts,
                                  struct bytes *out);
/* "FINAL", "NONE", … */
const char *form_level(enum tx_level level);

#endif
