/* The migration endpoint: mutual TLS 1.3 in front of the routes (tls-http.md, architecture B).
 *
 * N worker threads share one listening socket. Each owns its connections from accept to close:
 * TLS by wolfSSL, and, behind the handshake, HTTP by a libmicrohttpd daemon without threads. Who
 * gets in is decided inside the handshake: one certificate, Ed25519, equal to the registered
 * backup key of the current snapshot. */
#ifndef MPC_NODE_TLS_FRONT_H
#define MPC_NODE_TLS_FRONT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/account_id.h"
#include "common/keys.h"
#include "common/os/address.h"
#include "common/outcome.h"
#include "common/secret.h"
#include "node/limits.h"
#include "node/snapshot.h"

struct store;
struct tls_front; /* opaque */

/* All pointers are borrowed until tls_front_stop() has returned. */
struct tls_front_options {
    struct address listen; /* port 0: any */
    unsigned workers;
    const struct account_id *account_id;
    const struct ed25519_keypair *p2p_key;
    const struct secret *backup_encryption_key; /* SEAL_TRANSPORT_KEY_LEN bytes */
    struct snapshot_cell *cell;
    struct store *store;
    uint64_t max_view_age_ms; /* 0: no limit */
    struct front_limits limits;
    void (*staged)(
        void *context); /* shares were put and are staged; called by a worker, must not block; may be NULL */
    void *staged_context;
};

/* Listen and start the workers; connections are taken when it returns. ADDRESS_IN_USE, CONFIG_INVALID (an
 * address that is not ours), CRYPTO_FAILED, NO_MEMORY, LIMIT, INTERNAL. */
MUST_USE result_t tls_front_start(const struct tls_front_options *options, struct tls_front **out,
                                  struct error *err);

/* The address it listens on, with the port that port 0 became. */
void tls_front_address(const struct tls_front *front, struct address *out);

/* Begin to stop: no new connection, idle ones are closed, requests under way get limits.drain_ms. Returns at
 * once; `done_fd` (an eventfd, or -1) is written when the last worker has ended. */
void tls_front_drain(struct tls_front *front, int done_fd);

/* Drain, wait for the workers and release. NULL-safe. */
void tls_front_stop(struct tls_front *front);

#endif
