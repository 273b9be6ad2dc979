/* The conclude outbox: gets one conclude_node_migration onto the chain, and never two where one is enough
 * (near-rpc.md E). Signed and written down before its first byte is sent; the same bytes again while nobody
 * knows what became of them; whether it helped is for the contract's views to say, never for a receipt.
 *
 * What the NEAR RPCs say of a transaction can delay the next one, no more. Other bytes are signed only when a
 * block whose views a majority of them agrees on shows that the earlier ones can do nothing any more. */
#ifndef MPC_NODE_CONCLUDE_H
#define MPC_NODE_CONCLUDE_H

#include <stdint.h>

#include "common/account_id.h"
#include "common/keys.h"
#include "common/outcome.h"
#include "node/conclude_rules.h"
#include "node/panel.h"
#include "node/snapshot.h"

struct store;

/* For people; texts are terminated, an empty one does not apply. */
struct conclude_report {
    char blocked_by[ERROR_TEXT_MAX];     /* what a conclude would be, or was, refused for, and what to do */
    char contract_error[ERROR_TEXT_MAX]; /* the last refusal by the contract or the chain, in its own words */
    char transaction[HASH_TEXT_MAX];     /* what waits in the outbox */
    struct error last; /* how the last round went; code OK: well, or there was none for this record */
};

/* Everything is borrowed. Used by one thread. */
struct conclude {
    const struct account_id *account_id;
    const struct account_id *contract_id;
    const struct ed25519_public_key *p2p_key;
    const struct ed25519_keypair *signer;
    struct store *store;
    struct panel *panel;
    /* Of this module; zero at first. */
    uint64_t last_nonce;
    struct conclude_track track;
    struct conclude_refusal refusal;
    struct conclude_report report;
};

enum conclude_verdict {
    CONCLUDE_TRIED,   /* sent, perhaps sent, or not sendable just now: watch the views, then try again */
    CONCLUDE_BLOCKED, /* it would be refused until somebody acts; report.blocked_by says why */
};

/* One round for the migration record and keyset of `snapshot`, which `binding` names: find out what became of
 * an earlier transaction, ask the views that would refuse a new one, sign, write down, send. `now_ms` is
 * monotonic. What goes wrong is in the log, the metrics and the report. */
enum conclude_verdict conclude_round(struct conclude *conclude, const struct chain_snapshot *snapshot,
                                     const uint8_t binding[SHA256_LEN], uint64_t now_ms);

/* The record or the keyset is another one at the view of block `height`: drop what is not bound to `binding`,
 * the memory of refusals included; but not a transaction that was signed at a later block. */
void conclude_retire(struct conclude *conclude, uint64_t height, const uint8_t binding[SHA256_LEN]);

#endif
