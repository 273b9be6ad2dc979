/* The HTTP half of one worker: a libmicrohttpd daemon without threads or sockets of its own, to
 * which each connection is tied by a socket pair. It is fed only heads and bodies that
 * node/http_framing.h has judged. */
#ifndef MPC_NODE_HTTP_SIDE_H
#define MPC_NODE_HTTP_SIDE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/bytes.h"
#include "common/outcome.h"
#include "node/routes.h"

struct http_side; /* opaque */

/* One connection's place in the daemon. */
struct http_link {
    void *connection; /* the caller's; NULL once it has let go */
    bool answered;    /* the response of the present request is written, to its last byte */
    bool closed;      /* the daemon has closed its end */
};

/* Answer one whole request that came over `connection`. False: close the connection without an answer. Called
 * inside http_side_run(). */
typedef bool (*http_answer)(void *connection, const struct route_request *request,
                            struct route_response *out);

/* NO_MEMORY, INTERNAL. */
MUST_USE result_t http_side_start(size_t connections_max, http_answer answer, struct http_side **out);
/* All links must have been let go. NULL-safe. */
void http_side_stop(struct http_side *side);

/* Readable when http_side_run() has something to do. */
int http_side_fd(const struct http_side *side);
/* Do what can be done without waiting. */
void http_side_run(struct http_side *side);
/* Milliseconds until http_side_run() has to be called again whatever happens; -1: none. */
int http_side_timeout_ms(const struct http_side *side);

/* Tie a connection to the daemon. *fd is the caller's end of the pair, non-blocking.
 * BUSY: out of descriptors or memory. */
MUST_USE result_t http_side_open(struct http_side *side, void *connection, struct http_link **out, int *fd);
/* Append a whole response that refuses a request and ends the connection, for requests that never reach the
 * daemon: "<code>: <text>" (design.md). `text` may be NULL, `now_s` is UNIX time. NO_MEMORY. */
MUST_USE result_t http_side_refusal(result_t outcome, const char *text, int64_t now_s, struct bytes *out);

/* Let go; the caller closes its end of the pair. */
void http_link_release(struct http_link *link);

#endif
