/* One thread of the migration endpoint: an epoll over the shared listening socket, its own
 * connections and its own HTTP daemon. It keeps the present view of who may come in (the door of its answerer)
 * and cuts sessions when that changes. */
#ifndef MPC_NODE_WORKER_H
#define MPC_NODE_WORKER_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/outcome.h"
#include "node/answer.h"
#include "node/connection.h"
#include "node/http_side.h"
#include "node/limits.h"
#include "node/snapshot.h"
#include "node/tls.h"
#include "node/tls_front.h"

/* What the log was told of strangers since `since_ms`. */
struct refusals {
    uint64_t since_ms;
    unsigned told;
    unsigned untold;
};

struct worker {
    const struct tls_front_options *options;
    struct tls_context *tls;
    pthread_t thread;
    int epoll_fd;
    struct watch listen;
    struct watch wake; /* eventfd: a new snapshot, or the service stops */
    struct watch http_watch;
    struct http_side *http;

    struct answerer answerer;

    uint64_t now_ms; /* monotonic; taken once a round */
    uint64_t next_deadline_ms;
    uint64_t accept_again_ms; /* 0: accepting */
    uint64_t drain_until_ms;
    bool draining;
    atomic_bool stop;

    bool responses_pending; /* all that was written of some response went on, but it is not complete yet */
    struct connection_list strangers;
    struct connection_list sessions;
    struct connection_list closed;
    struct refusals refusals;
    size_t bodies_bytes; /* reserved by requests that are being received */
    char scratch[LIMIT_RECORD_BYTES];

    void (*ended)(void *context); /* called as the last thing of the thread */
    void *ended_context;
};

/* Prepare and start the thread. `listen_fd` is shared and stays the caller's. INTERNAL, NO_MEMORY, LIMIT. */
MUST_USE result_t worker_start(struct worker *worker, int listen_fd, struct error *err);
/* Ask it to drain; returns at once. */
void worker_stop(struct worker *worker);
/* Wait for the thread and release what the worker holds. */
void worker_join(struct worker *worker);

/* For connections. */

/* Answer a request, unless the session's key is no longer the registered one. As http_answer. */
bool worker_answer(void *connection, const struct route_request *request, struct route_response *out);
/* Note that a deadline was set. */
void worker_note_deadline(struct worker *worker, uint64_t deadline_ms);
/* Ask epoll for `events`; 0 unregisters a pair. INTERNAL. */
MUST_USE result_t worker_watch(struct worker *worker, struct watch *watch, uint32_t events);

#endif
