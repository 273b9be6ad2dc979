/* `mpc-migrationd run`: everything that lives as long as the process, started and ended in one order. */
#ifndef MPC_NODE_DAEMON_H
#define MPC_NODE_DAEMON_H

#include <stdatomic.h>
#include <stdbool.h>

#include "common/os/rpc.h"
#include "common/outcome.h"
#include "common/secret.h"
#include "node/chain_watch.h"
#include "node/config.h"
#include "node/home_lock.h"
#include "node/identity.h"
#include "node/onboarding_driver.h"
#include "node/snapshot.h"
#include "node/store.h"
#include "node/telemetry.h"
#include "node/tls_front.h"

/* One client for each NEAR RPC. */
struct rpc_set {
    struct rpc *rpcs[RPC_URLS_MAX];
    size_t count;
    struct panel *panel;
};

struct daemon {
    const struct config *config;
    struct lock_file lock;
    struct identity identity;
    struct secret backup_encryption_key;
    struct store *store;
    struct snapshot_cell cell;
    struct rpc_set watch_rpcs;  /* of the watch */
    struct rpc_set driver_rpcs; /* of the driver */
    struct chain_watch *watch;
    struct onboarding_driver *driver;
    struct tls_front *front;
    struct telemetry_identity public_identity;
    struct telemetry *telemetry;
    atomic_bool stopping;
};

/* Lock the home, read the secrets, open the store, start the threads, listen, write the port file. On failure
 * everything that was started is ended again. HOME_LOCKED, SECRETS_*, STORE_*, ADDRESS_IN_USE, and what the
 * parts return. `config` is borrowed until daemon_stop(). */
MUST_USE result_t daemon_start(const struct config *config, struct daemon *out, struct error *err);

/* Take no more connections and let requests under way finish; returns at once. `done_fd` is written when the
 * endpoint is empty, after LIMIT_DRAIN_MS at the latest. */
void daemon_drain(struct daemon *daemon, int done_fd);

/* End everything, in the opposite order. */
void daemon_stop(struct daemon *daemon);

/* What the telemetry shows of a daemon (node/daemon_facts.c). */
void daemon_refresh_metrics(void *daemon);
void daemon_facts(void *daemon, struct telemetry_facts *out);
MUST_USE result_t daemon_migrations(void *daemon, uint64_t *block_height, struct bytes *out);

/* The whole of `run`: start, wait for a signal, drain, stop. Returns the exit code. */
int daemon_run(const struct config *config);

#endif
