/* What stands against a conclude_node_migration before it is sent, and what a refusal means. Pure. */
#ifndef MPC_NODE_CONCLUDE_RULES_H
#define MPC_NODE_CONCLUDE_RULES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/bytes.h"
#include "common/contract_view.h"
#include "common/keys.h"
#include "common/keyset.h"
#include "common/near_tx.h"
#include "common/os/rpc.h"
#include "common/os/tx_sender.h"
#include "common/outcome.h"

#define CONCLUDE_METHOD "conclude_node_migration"

/* The lowest price of one unit of gas, in yoctoNEAR: what a call costs at least. */
#define CONCLUDE_GAS_PRICE_MIN 100000000u
/* Room in a transaction for all but the arguments. */
#define CONCLUDE_ENVELOPE_BYTES 1024
/* Blocks after which a transaction that did not land never will (near-rpc.md D.3). */
#define CONCLUDE_VALIDITY_BLOCKS 86400
/* From the use of its nonce until what a transaction did can be seen at final: its call runs some blocks
 * later. */
#define CONCLUDE_SETTLE_MS 10000
/* How long a refusal that cannot change by itself is left alone while nothing changed. A transaction that ran
 * and failed cost the access key's allowance, one that was refused before it ran cost nothing. */
#define CONCLUDE_FAILED_RETRY_MS   300000
#define CONCLUDE_REJECTED_RETRY_MS 30000

/* --- before it is sent; each text says what to change --- */

/* The arguments, {"keyset":..} with the domains in the contract's order (wire.md 5.3), appended to `out`.
 * TX_TOO_LARGE when no transaction could hold them; NO_MEMORY. */
MUST_USE result_t conclude_args(const struct keyset *keyset, struct bytes *out, struct error *err);

/* contract.md 2.2, conclude 8: the record names our signer key. SIGNER_KEY_MISMATCH. */
MUST_USE result_t conclude_check_signer(const struct destination_node *destination,
                                        const struct ed25519_public_key *signer, struct error *err);

/* contract.md 2.2, conclude 9, as far as the `get_attestation` view tells (contract.md 3.2). `block_time_s`
 * is the contract's clock. ATTESTATION_MISSING, ATTESTATION_INVALID (refused or expired), VIEW_MALFORMED. */
MUST_USE result_t conclude_check_attestation(const char *text, size_t len, uint64_t block_time_s,
                                             struct error *err);

/* The key's allowance pays for the call's gas at the lowest price. ALLOWANCE_TOO_SMALL. */
MUST_USE result_t conclude_check_allowance(const struct near_access_key *key, uint64_t gas,
                                           struct error *err);

/* --- after an answer (near-rpc.md E.4, contract.md 2.4) --- */

enum conclude_effect {
    CONCLUDE_WATCH,  /* executed, or refused for what the views are about to show: look at them */
    CONCLUDE_AGAIN,  /* refused, but perhaps not the next time */
    CONCLUDE_KEEP,   /* not known yet: the same bytes again */
    CONCLUDE_BLOCKS, /* refused until somebody acts */
    CONCLUDE_DROPS,  /* likewise, and these bytes will never be taken */
};

struct conclude_rule {
    enum rpc_tx_fate fate;
    const char *name; /* of rpc_tx.name; NULL: any */
    const char *text; /* part of rpc_tx.text; NULL: any */
    enum conclude_effect effect;
    const char *variant; /* the contract's or the chain's name of it, for people */
    const char *advice;  /* what to do; NULL: nothing */
};

/* The first row that fits; never NULL. */
const struct conclude_rule *conclude_rule_of(const struct rpc_tx *tx);

/* What is known of the transaction in the outbox, besides its bytes. Zero-initialised is nothing. */
struct conclude_track {
    uint8_t hash[SHA256_LEN];
    bool told; /* what became of it was told, and it was `fate` */
    enum rpc_tx_fate fate;
    bool used;        /* its nonce is used: it has run or runs, or another one took its place */
    uint64_t used_ms; /* monotonic, when that was seen first */
};

/* `tx` has had its effect, if it ever has one, in a block that was first seen at `seen_ms` (monotonic), and in
 * which the key's nonce is `key_nonce`: its nonce has been used for CONCLUDE_SETTLE_MS, or it has expired. Where
 * the views of that block still want a conclude, another one may be signed (near-rpc.md E.5). */
bool conclude_is_void(const struct tx_signed *tx, const struct conclude_track *track, uint64_t key_nonce,
                      uint64_t height, uint64_t seen_ms);

/* The last refusal, and what it depended on. Zero-initialised is none. */
struct conclude_refusal {
    result_t outcome;                  /* TX_FAILED, TX_REJECTED; OK: nothing was refused */
    uint64_t at_ms;                    /* monotonic */
    uint8_t circumstances[SHA256_LEN]; /* binding, attestation, permission of the access key */
    char advice[ERROR_TEXT_MAX];       /* what was refused, and what to do */
};

/* Nothing was refused, or what it depended on has changed, or its time is over. */
bool conclude_may_send(const struct conclude_refusal *refusal, const uint8_t circumstances[SHA256_LEN],
                       uint64_t now_ms);

#endif
