/* The owner of the onboarding machine: feeds it views, staged shares and timers, and carries its actions out
 * through the store and the conclude outbox.
 *
 * It has no thread, no lock and no clock of its own: somebody calls onboarding_runner_step() whenever
 * something may be due. That is the driver's thread in the program, and in tests whoever owns the time. */
#ifndef MPC_NODE_ONBOARDING_RUNNER_H
#define MPC_NODE_ONBOARDING_RUNNER_H

#include <stdbool.h>
#include <stdint.h>

#include "common/account_id.h"
#include "common/keys.h"
#include "common/outcome.h"
#include "node/conclude.h"
#include "node/onboarding.h"
#include "node/snapshot.h"

struct store;
struct panel;

/* All pointers are borrowed for as long as the runner, or the driver, lives. */
struct onboarding_runner_options {
    const struct account_id *account_id;
    const struct account_id *contract_id;
    const struct ed25519_public_key *p2p_key; /* the node's TLS key, as the contract names it */
    const struct ed25519_keypair *signer;     /* near_signer_key of secrets.json */
    struct store *store;
    struct snapshot_cell *cell;
    struct panel *panel;      /* of the runner alone */
    uint64_t max_view_age_ms; /* 0: no limit */
    struct chain_clock clock;
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
    char transaction[HASH_TEXT_MAX];     /* hash of the transaction that waits in the outbox; empty: none */
    struct error store;                  /* the last import; code OK: it went well, or none was needed */
    struct error conclude; /* the last conclude round; code OK: it went well, or none was made */
    const char *next;      /* what to do next, a sentence */
};

/* Of this module; to others all of it is read-only. */
struct onboarding_runner {
    struct onboarding_runner_options options;
    void (*shown)(const struct onboarding_status *status, void *context);
    void *shown_context;
    const struct chain_snapshot *snapshot; /* the one the machine was told of last */
    uint64_t version;
    struct onboarding machine;
    enum onboarding_stage logged; /* the stage that was last told about */
    struct conclude conclude;
    struct onboarding_status status;
    struct error import_error;             /* of the last one; code OK: none */
    uint64_t held_epoch_id;                /* of the contract's keyset whose shares were found last */
    size_t held_domains;                   /* ... and how many it has; 0: none yet */
    char backup_key[ED25519_KEY_TEXT_MAX]; /* that was told about last; empty: none */
};

/* `shown`, unless NULL, is called with the status here and then each time it may be another one, before
 * anything about it is in the log. */
void onboarding_runner_init(struct onboarding_runner *runner, const struct onboarding_runner_options *options,
                            void (*shown)(const struct onboarding_status *status, void *context),
                            void *context);
void onboarding_runner_free(struct onboarding_runner *runner);

/* Take what is due: a new snapshot in the cell, the age of the last one, shares that were staged since the
 * last step, the machine's timer. Returns when the machine has nothing more to do; a conclude asks and sends
 * through the RPC meanwhile. */
void onboarding_runner_step(struct onboarding_runner *runner, bool staged);

/* Milliseconds until a step is due even if nothing happens; ONBOARDING_NEVER: none is. */
uint64_t onboarding_runner_wait_ms(const struct onboarding_runner *runner);

#endif
