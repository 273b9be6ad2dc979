/* The telemetry server: plain HTTP, GET only (cli.md "Telemetry", wire.md 7.2).
 *
 * It knows nothing of the daemon's threads: what it shows are values, asked for with the callbacks of
 * struct telemetry_source, which are called from the server's own thread. */
#ifndef MPC_NODE_TELEMETRY_H
#define MPC_NODE_TELEMETRY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/bytes.h"
#include "common/keys.h"
#include "common/os/address.h"
#include "common/outcome.h"
#include "node/chain_poll.h"

/* What the daemon is and does now. Texts that do not apply are empty. */
struct telemetry_facts {
    bool stopping;

    /* The contract view. */
    bool has_view;
    bool view_stale; /* as chain_snapshot_stale() says; false before the first view */
    uint64_t block_height;
    int64_t view_age_ms;        /* of its block, by the wall clock */
    uint64_t max_view_age_ms;   /* 0: no limit */
    const char *protocol_phase; /* protocol_phase_name(), or "" */
    bool has_keyset;            /* the contract has a current keyset: not so in NotInitialized */
    uint64_t epoch_id;          /* of that keyset */
    size_t domain_count;

    /* How the NEAR RPC was read last. */
    bool polled;
    unsigned poll_failures; /* in a row */
    struct error poll;      /* code OK: it went well */
    size_t rpc_needed;      /* how many have to agree */
    size_t rpc_count;
    struct chain_source rpcs[RPC_URLS_MAX];

    /* This node. */
    const char *account_id;
    const char *node_status; /* "active", "idle", "inactive" (wire.md 8.2), or "" */
    bool has_backup_key;     /* registered in the contract for our account, and fit to be a pin */
    result_t shares; /* of the current keyset: OK, KEYSHARES_NOT_HELD, or why the store could not say */
    const char *keyshare_store; /* store_kind_name() */

    /* The migration, in the words of struct onboarding_status. */
    const char *onboarding_stage;
    const char *onboarding_situation;
    bool migration_active;
    unsigned conclude_rounds;
    char blocked_by[ERROR_TEXT_MAX];
    char contract_error[ERROR_TEXT_MAX];
    struct error store;              /* the last import; code OK: it went well, or there was none */
    struct error conclude;           /* the last round; code OK: it went well, or there was none */
    char transaction[HASH_TEXT_MAX]; /* hash of what waits in the outbox */
    const char *next;                /* what to do next */
};

struct telemetry_source {
    void *context;
    /* Set the gauges of what happens outside of this process. */
    void (*refresh)(void *context);
    /* Fill *out, which is zero on entry. Texts pointed to have to live as long as the source. */
    void (*facts)(void *context, struct telemetry_facts *out);
    /* Append the migration map of the current view (migration_view_write) and give its block height. Height 0
     * and nothing appended before the first view. */
    MUST_USE result_t (*migrations)(void *context, uint64_t *block_height, struct bytes *out);
};

/* What /public_data shows; constant for a process. Borrowed for the server's lifetime. */
struct telemetry_identity {
    struct ed25519_public_key p2p;
    struct ed25519_public_key signer;
    const struct ed25519_public_key *responders;
    size_t responder_count;
};

/* Would a backup be served now? OK, or the first thing that stands against it: SHUTTING_DOWN, VIEW_UNKNOWN,
 * VIEW_STALE, PROTOCOL_NOT_INITIALIZED, NO_BACKUP_KEY, or `shares`. `why` gets a text for people. */
MUST_USE result_t telemetry_ready(const struct telemetry_facts *facts, struct error *why);

struct telemetry;

/* Listen on `address` (port 0: any) and answer until telemetry_stop(). ADDRESS_IN_USE, INTERNAL. On an
 * address that is not loopback only /health, /metrics and /public_data answer. */
MUST_USE result_t telemetry_start(const struct address *address, const struct telemetry_identity *identity,
                                  const struct telemetry_source *source, struct telemetry **out,
                                  struct error *err);
/* The address it listens on, with the real port. */
void telemetry_address(const struct telemetry *telemetry, struct address *out);
/* Stop and release; no callback runs afterwards. NULL-safe. */
void telemetry_stop(struct telemetry *telemetry);

#endif
