/* What the files of a connection share: its life (connection.c), its bytes (connection_io.c), its phases
 * (connection_phases.c). */
#ifndef MPC_NODE_CONNECTION_INTERNAL_H
#define MPC_NODE_CONNECTION_INTERNAL_H

#include "node/connection.h"
#include "node/worker.h"

static inline const struct front_limits *connection_limits(const struct connection *connection)
{
    return &connection->worker->options->limits;
}

/* To another list of the worker, as its newest. */
void connection_move_to(struct connection *connection, struct connection_list *list);
/* Into a phase, with its deadline. */
void connection_enter(struct connection *connection, enum connection_phase phase);
/* Reserve room for `bytes` of body in all; false when the worker's budget does not have it. */
bool connection_reserve(struct connection *connection, size_t bytes);

/* The request under way came to this. */
void connection_end_exchange(struct connection *connection, result_t outcome);
/* Count and log the end of the connection, once; with it that of a request under way. */
void connection_end(struct connection *connection, result_t outcome);
/* Our last word is written: end our side and read on for a moment. An immediate close would
 * answer bytes that are still under way with a reset, which makes some clients lose the last
 * word (tls-http.md 1, pitfall 10). */
void connection_linger(struct connection *connection);
/* Close without a word; what waits in the kernel is still sent. */
void connection_close(struct connection *connection);
/* Answer a request that does not reach the HTTP library, and end the connection. `text` may be NULL. */
void connection_refuse_request(struct connection *connection, result_t outcome, const char *text);

/* Send the record that waits, or `data` as a new one. False: it waits now, or the connection has ended. */
bool connection_send_tls(struct connection *connection, const void *data, size_t len);
bool connection_flush_tls(struct connection *connection);
/* Hand bytes of a judged request to the HTTP side; what the pair does not take waits. */
void connection_send_http(struct connection *connection, const void *data, size_t len);
/* False while bytes still wait, or the connection has ended. */
bool connection_flush_http(struct connection *connection);

enum connection_moved {
    MOVED_ALL,     /* there is no more for now */
    MOVED_BLOCKED, /* TLS waits, or the connection has ended */
    MOVED_END,     /* the HTTP side has closed */
};
/* Move what the HTTP side has written to TLS. */
enum connection_moved connection_move_output(struct connection *connection);

#endif
