/* The thread that owns the onboarding machine: it feeds it views, staged shares and timers, and carries its
 * actions out through the store and the conclude outbox. */
#ifndef MPC_NODE_ONBOARDING_DRIVER_H
#define MPC_NODE_ONBOARDING_DRIVER_H

#include <stdbool.h>
#include <stdint.h>

#include "common/account_id.h"
#include "common/keys.h"
#include "common/outcome.h"
#include "node/onboarding.h"

struct store;
struct snapshot_cell;
struct rpc;

struct onboarding_driver; /* opaque */

/* All pointers are borrowed until onboarding_driver_stop() has returned. `rpc` is
 * used by the driver's thread alone. */
struct onboarding_driver_options {
    const struct account_id *account_id;
    const struct account_id *contract_id;
    const struct ed25519_public_key *p2p_key; /* the node's TLS key, as the contract names it */
    const struct ed25519_keypair *signer;     /* near_signer_key of secrets.json */
    struct store *store;
    struct snapshot_cell *cell;
    struct rpc *rpc;
    uint64_t max_view_age_ms; /* 0: no limit */
};

/* Where this node is in the migration, for /status and `mpc-migrationd status`
 * (cli.md). Texts are terminated. */
struct onboarding_status {
    enum onboarding_stage stage;
    enum onboarding_situation situation;
    enum node_status node_status; /* of the last fresh view */
    enum protocol_phase phase;
    bool migration_active;
    uint64_t epoch_id;
    unsigned conclude_rounds;            /* of this migration so far */
    char blocked_by[ERROR_TEXT_MAX];     /* what a conclude would be refused for; empty: nothing known */
    char contract_error[ERROR_TEXT_MAX]; /* the contract's last refusal of a conclude; empty: none */
    char store_error[ERROR_TEXT_MAX];    /* the last failed import; empty: none */
    char transaction[HASH_TEXT_MAX];     /* hash of the transaction that waits in the outbox; empty: none */
    const char *next;                    /* what to do next, a sentence */
};

/* Start the thread. NO_MEMORY, LIMIT (listeners of the cell), INTERNAL. */
MUST_USE result_t onboarding_driver_start(const struct onboarding_driver_options *options,
                                          struct onboarding_driver **out, struct error *err);

/* Shares were staged by a PUT. From any thread, never blocks. NULL-safe. */
void onboarding_notify_staged(struct onboarding_driver *driver);

/* The state as it is now. From any thread. */
void onboarding_driver_status(struct onboarding_driver *driver, struct onboarding_status *out);

/* Stop the thread and wait for it; an RPC call under way is aborted. NULL-safe. */
void onboarding_driver_stop(struct onboarding_driver *driver);

#endif
