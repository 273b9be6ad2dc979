/* What the conclude outbox asks the NEAR RPCs: each question goes to all of them, and the answer is what a
 * majority of them says (node/agreement.h). What depends on the chain's state is asked at one block. */
#ifndef MPC_NODE_CONCLUDE_JOBS_H
#define MPC_NODE_CONCLUDE_JOBS_H

#include <stddef.h>
#include <stdint.h>

#include "common/account_id.h"
#include "common/bytes.h"
#include "common/keys.h"
#include "common/os/rpc.h"
#include "common/os/tx_sender.h"
#include "common/outcome.h"
#include "node/panel.h"

/* All of them return as well what agreement_reach() does. */

/* A view of the contract with these arguments, appended to `out`. `method` is static. RPC_VIEW_FAILED: it refuses, or there is
 * none. */
MUST_USE result_t conclude_ask_view(struct panel *panel, const struct account_id *contract_id,
                                    const char *method, const char *args,
                                    const uint8_t block_hash[SHA256_LEN], struct bytes *out,
                                    struct error *err);

/* RPC_NO_ACCESS_KEY: the account, or the key on it, does not exist. `out` is released by rpc_access_key_free(),
 * whatever the outcome. */
MUST_USE result_t conclude_ask_access_key(struct panel *panel, const struct account_id *account_id,
                                          const struct ed25519_public_key *key,
                                          const uint8_t block_hash[SHA256_LEN], struct rpc_access_key *out,
                                          struct error *err);

/* What became of a transaction. Answers are equal that mean the same (conclude_rule_of). No majority is
 * RPC_TX_UNCLEAR with OK: it is not known, and out->text is what each of them says. Where there are
 * several, the one that out->text quotes is named in it; there is no control character in it. */
MUST_USE result_t conclude_ask_tx(struct panel *panel, const struct tx_signed *tx,
                                  const struct account_id *signer_id, struct rpc_tx *out, struct error *err);

/* Send it through all of them (in turn: until a majority has answered), and say what a majority says came of
 * it; RPC_TX_UNCLEAR where there is none, or none of them took it, with their words in out->text, as above.
 * SHUTTING_DOWN, NO_MEMORY; everything else is OK. */
MUST_USE result_t conclude_send_tx(struct panel *panel, const struct tx_signed *tx, struct rpc_tx *out,
                                   struct error *err);

/* What an answer says, in the RPC's own words as far as they fit: "unclear: TIMEOUT_ERROR: ..". */
void conclude_tx_words(const struct rpc_tx *tx, char *out, size_t out_cap);

#endif
