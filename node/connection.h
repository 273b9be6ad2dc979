/* One connection of the migration endpoint, from accept to close, as a table of phases:
 *
 *   HANDSHAKE -> IDLE -> HEAD -> BODY -> RESPONSE -> IDLE ...   and from anywhere -> LINGER -> closed
 *
 * Each phase has one deadline for the whole of it. A connection belongs to its worker's thread alone. */
#ifndef MPC_NODE_CONNECTION_H
#define MPC_NODE_CONNECTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/bytes.h"
#include "common/os/address.h"
#include "common/outcome.h"
#include "node/http_framing.h"
#include "node/http_side.h"
#include "node/routes.h"
#include "node/tls.h"

struct worker;
struct connection;

enum connection_phase {
    PHASE_HANDSHAKE,
    PHASE_IDLE,     /* authenticated, between requests */
    PHASE_HEAD,     /* a request has begun */
    PHASE_BODY,     /* its head is through */
    PHASE_RESPONSE, /* the request is whole; until the last byte of the answer is handed to the kernel */
    PHASE_LINGER,   /* our last word is out; reading on for a moment, so that it is not lost to a reset */
    PHASE_CLOSED,   /* to be released at the end of the worker's round */
};

/* What epoll tells a worker about, and what is asked for at present. */
enum watch_kind { WATCH_LISTEN, WATCH_WAKE, WATCH_HTTP, WATCH_SOCKET, WATCH_PAIR };

struct watch {
    enum watch_kind kind;
    uint32_t events; /* asked for at present */
    bool registered;
    int fd; /* -1: none */
    struct connection *connection;
};

/* Strangers (handshake, and the linger of refused ones) or sessions; the oldest is first. */
struct connection_list {
    struct connection *first;
    struct connection *last;
    size_t count;
};

/* The request under way, for the log and the metrics. */
struct exchange {
    bool active;
    enum route_id id;
    result_t outcome;
    int status;
    uint64_t epoch_id;
    size_t keyshares;
    uint64_t started_ms;
    char detail[ERROR_TEXT_MAX]; /* why it was refused */
};

struct connection {
    struct connection *previous;
    struct connection *next;
    struct connection_list *list;
    struct worker *worker;
    struct address peer;
    struct watch socket;
    struct watch pair;
    enum connection_phase phase;
    uint64_t deadline_ms;
    uint32_t tls_wants; /* epoll events that TLS waits for */
    bool pinned;        /* authenticated: tls.key is whose session this is */
    bool close_after;   /* the response under way is the last one */
    bool ended;         /* its outcome is counted and logged */
    result_t doomed;    /* not OK: found unfit at the start of a request, to be cut for this */
    struct tls_session tls;
    struct http_link *link; /* NULL until the first request */
    struct http_body body;
    size_t reserved;       /* of the worker's budget for bodies */
    struct bytes received; /* a head that is not complete, or what came behind a request */
    struct bytes to_http;  /* what the pair did not take yet */
    struct bytes to_tls;   /* a record that the socket did not take yet */
    size_t lingered;       /* bytes read in PHASE_LINGER */
    struct exchange exchange;
};

/* Take over an accepted socket; it is closed when there is no memory. */
void connection_open(struct worker *worker, int fd, const struct address *peer);

/* Something happened on the socket or on the pair. */
void connection_on_event(struct connection *connection, enum watch_kind kind, uint32_t events);
/* The deadline has passed. */
void connection_on_deadline(struct connection *connection);
/* The service stops: close at once what has no request under way. */
void connection_on_drain(struct connection *connection);

/* End it at once for this reason; what is not sent yet of a response is dropped (design.md, "TLS front"). */
void connection_cut(struct connection *connection, result_t reason);

/* Free a closed connection. */
void connection_release(struct connection *connection);

#endif
