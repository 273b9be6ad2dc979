/* Transactions by hash, with everything that became of them; the oldest are forgotten (limits.h). */
#ifndef MPC_CONTRACT_SIM_CHAIN_TX_STORE_H
#define MPC_CONTRACT_SIM_CHAIN_TX_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "common/account_id.h"
#include "common/bytes.h"
#include "common/keys.h"
#include "common/near_tx.h"
#include "common/outcome.h"

/* What one receipt did. */
struct receipt_outcome {
    uint8_t id[SHA256_LEN];
    uint64_t block_height;
    uint8_t block_hash[SHA256_LEN];
    struct account_id executor;
    bool refund;
    struct bytes action; /* as JSON; empty where the actions are the transaction's own */
    bool ok;
    struct bytes value;   /* of ok */
    struct bytes failure; /* otherwise: {"ActionError":…} as JSON */
    struct bytes *logs;
    size_t log_count;
    uint8_t (*children)[SHA256_LEN]; /* receipts it scheduled */
    size_t child_count;
    uint64_t gas_burnt;
};

enum tx_stage {
    TX_POOLED,   /* waits for the next block */
    TX_INCLUDED, /* in a block; receipts[0] is its own receipt, the others were scheduled by it */
    TX_DROPPED,  /* the block refused it: `invalid` */
};

struct tx_record {
    enum tx_stage stage;
    uint64_t number; /* by age, from 1 */
    uint8_t hash[SHA256_LEN];
    struct near_tx tx;
    struct near_signature signature;
    struct bytes invalid;   /* InvalidTxError as JSON */
    struct bytes fail_with; /* not empty: it will run without effect and fail with this text */
    uint64_t block_height;
    uint8_t block_hash[SHA256_LEN];
    struct receipt_outcome *receipts;
    size_t receipt_count;
    size_t size; /* bytes it is counted with */
    struct tx_record *next_in_bucket;
    struct tx_record *newer;
    bool is_changed; /* in the list of the store */
    LIST_ENTRY(tx_record) in_changed;
};

#define TX_STORE_BUCKETS 4096

struct tx_store {
    struct tx_record *buckets[TX_STORE_BUCKETS];
    struct tx_record *oldest;
    struct tx_record *newest;
    size_t count;
    size_t bytes;
    uint64_t last_number;
    LIST_HEAD(, tx_record) changed; /* since tx_store_saved() */
};

/* Release what an outcome holds; it is empty afterwards. Fits CLEANUP(). */
void receipt_outcome_free(struct receipt_outcome *outcome);
MUST_USE result_t receipt_outcome_log(struct receipt_outcome *outcome, const struct bytes *line);
MUST_USE result_t receipt_outcome_child(struct receipt_outcome *outcome, const uint8_t id[SHA256_LEN]);

/* The record with this hash, or NULL. */
struct tx_record *tx_store_find(const struct tx_store *store, const uint8_t hash[SHA256_LEN]);
/* Take a decoded transaction over (*tx is empty afterwards) as a new pooled record, `size` bytes long on
 * the wire, and forget the oldest that are in blocks already while a limit is passed. The caller has
 * checked that it is new. NO_MEMORY. */
MUST_USE result_t tx_store_add(struct tx_store *store, const uint8_t hash[SHA256_LEN], struct near_tx *tx,
                               const struct near_signature *signature, size_t size, struct tx_record **out);
/* Append to a record what a receipt did; *outcome is empty afterwards. NO_MEMORY. */
MUST_USE result_t tx_store_receipt(struct tx_store *store, struct tx_record *record,
                                   struct receipt_outcome *outcome);
/* Note that a record became another one (its stage, or what tx_store_receipt() did not do). */
void tx_store_changed(struct tx_store *store, struct tx_record *record);
/* Whoever keeps the records elsewhere has them all as they are now. */
void tx_store_saved(struct tx_store *store);
/* Forget every record, and every receipt of the others, that `gone` says is not on the chain (any more). */
void tx_store_prune(struct tx_store *store,
                    bool (*gone)(const void *context, uint64_t block_height,
                                 const uint8_t block_hash[SHA256_LEN]),
                    const void *context);
void tx_store_free(struct tx_store *store);

#endif
