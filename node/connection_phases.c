#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/os/log.h"
#include "node/connection_internal.h"
#include "node/metrics.h"

/* The kernel delays acknowledgements of what we do not answer at once; a client with Nagle's
 * algorithm then stalls for 40 ms behind its Finished (tls-http.md 1, pitfall 9). The option
 * wears off, so it is set again. */
static void acknowledge_quickly(int fd)
{
    int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_QUICKACK, &on, sizeof on);
}

/* The handshake is through: from the strangers to the sessions. */
static bool admit(struct connection *connection)
{
    struct worker *worker = connection->worker;
    result_t verdict = door_recheck(&worker->answerer.door, &connection->tls.key);
    if (verdict == OUTCOME_OK && worker->sessions.count >= connection_limits(connection)->sessions_max)
        verdict = OUTCOME_TOO_MANY_CONNECTIONS;
    if (verdict != OUTCOME_OK) {
        tls_session_close_notify(&connection->tls);
        connection_end(connection, verdict);
        connection_linger(connection);
        return false;
    }
    connection->pinned = true;
    metric_outcome(METRIC_EVENT_HANDSHAKE, OUTCOME_OK);
    connection_move_to(connection, &worker->sessions);
    connection_enter(connection, PHASE_IDLE);
    char peer[ADDRESS_TEXT_MAX];
    address_format(&connection->peer, peer);
    log_info("TLS handshake complete, backup service authenticated and encrypted channel established: %s",
             peer);
    return true;
}

static bool step_handshake(struct connection *connection)
{
    struct tls_session *tls = &connection->tls;
    /* A stranger who says nothing costs no TLS state. */
    if (!tls->ssl && tls_session_open(connection->worker->tls, connection->socket.fd,
                                      &connection->worker->answerer.door, tls) != OUTCOME_OK) {
        connection_cut(connection, OUTCOME_NO_MEMORY);
        return false;
    }
    enum tls_io io = tls_session_accept(tls);
    acknowledge_quickly(connection->socket.fd);
    if (io == TLS_DONE)
        return admit(connection);
    if (io == TLS_WANT_READ || io == TLS_WANT_WRITE) {
        connection->tls_wants = io == TLS_WANT_READ ? EPOLLIN : EPOLLOUT;
        return false;
    }
    connection_end(connection, tls->verdict);
    connection_linger(connection);
    return false;
}

/* A head is read: hand it on, and see what its body will be. */
static void begin_body(struct connection *connection, struct http_head *head)
{
    CLEANUP(bytes_free) struct bytes forward = {0};
    struct worker *worker = connection->worker;
    result_t result =
        http_framing_body(head, connection_limits(connection)->body_bytes_max, &connection->body);
    if (result == OUTCOME_OK && !connection_reserve(connection, (size_t)connection->body.bytes))
        result = OUTCOME_BUSY;
    if (result == OUTCOME_OK && !connection->link)
        result = http_side_open(worker->http, connection, &connection->link, &connection->pair.fd);
    head->close = head->close || worker->draining;
    if (result == OUTCOME_OK)
        result = http_framing_forward(head, &forward);
    if (result != OUTCOME_OK) {
        connection_refuse_request(connection, result, NULL);
        return;
    }
    connection->close_after = head->close;
    connection->link->answered = false;
    connection_enter(connection, connection->body.state == HTTP_BODY_DONE ? PHASE_RESPONSE : PHASE_BODY);
    connection_send_http(connection, forward.data, forward.len);
}

/* Returns how many bytes were the head's; 0 while it is not complete. */
static size_t take_head(struct connection *connection, const char *data, size_t len)
{
    struct http_head head;
    struct error err;
    size_t head_len;
    if (connection->phase == PHASE_IDLE) {
        connection->exchange =
            (struct exchange){.active = true, .id = ROUTE_OTHER, .started_ms = connection->worker->now_ms};
        connection_enter(connection, PHASE_HEAD);
    }
    result_t result =
        http_framing_head(data, len, connection_limits(connection)->head_bytes_max, &head, &head_len, &err);
    if (result != OUTCOME_OK)
        connection_refuse_request(connection, result, err.text);
    else if (head_len > 0)
        begin_body(connection, &head);
    return head_len;
}

static size_t take_body(struct connection *connection, const char *data, size_t len)
{
    size_t used;
    result_t result = http_framing_take(&connection->body, data, len, &used);
    if (result == OUTCOME_OK && !connection_reserve(connection, (size_t)connection->body.bytes))
        result = OUTCOME_BUSY;
    if (result != OUTCOME_OK) {
        connection_refuse_request(connection, result, NULL);
        return 0;
    }
    if (connection->body.state == HTTP_BODY_DONE)
        connection_enter(connection, PHASE_RESPONSE);
    connection_send_http(connection, data, used);
    return used;
}

static bool is_receiving(const struct connection *connection)
{
    return connection->phase == PHASE_IDLE || connection->phase == PHASE_HEAD ||
           connection->phase == PHASE_BODY;
}

/* Take bytes of requests. What belongs to an incomplete head, or to a request behind the one that is now
 * whole, waits in `received`: at most a head and a record. */
static void take(struct connection *connection, const char *data, size_t len)
{
    CLEANUP(bytes_free) struct bytes waited = connection->received;
    connection->received = (struct bytes){0};
    if (waited.len > 0) {
        if (bytes_append(&waited, data, len) != OUTCOME_OK) {
            connection_cut(connection, OUTCOME_NO_MEMORY);
            return;
        }
        data = (const char *)waited.data;
        len = waited.len;
    }
    size_t at = 0;
    size_t used = 1;
    while (at < len && used > 0 && is_receiving(connection)) {
        used = connection->phase == PHASE_BODY ? take_body(connection, data + at, len - at)
                                               : take_head(connection, data + at, len - at);
        at += used;
    }
    bool waits = connection->phase == PHASE_HEAD || connection->phase == PHASE_RESPONSE;
    if (at < len && waits && bytes_append(&connection->received, data + at, len - at) != OUTCOME_OK)
        connection_cut(connection, OUTCOME_NO_MEMORY);
}

static void peer_left(struct connection *connection)
{
    if (connection->phase != PHASE_IDLE) {
        connection_refuse_request(connection, OUTCOME_BODY_TRUNCATED, NULL);
        return;
    }
    connection_end(connection, OUTCOME_OK);
    tls_session_close_notify(&connection->tls);
    connection_close(connection);
}

static bool step_receive(struct connection *connection)
{
    if (!connection_flush_tls(connection) || !connection_flush_http(connection))
        return false;
    if (connection->phase == PHASE_IDLE && connection->received.len > 0) {
        take(connection, NULL, 0);
        return true;
    }
    size_t got;
    switch (tls_session_read(&connection->tls, connection->worker->scratch, LIMIT_RECORD_BYTES, &got)) {
    case TLS_DONE:
        take(connection, connection->worker->scratch, got);
        return true;
    case TLS_WANT_READ:
        connection->tls_wants = EPOLLIN;
        return false;
    case TLS_WANT_WRITE:
        connection->tls_wants = EPOLLOUT;
        return false;
    case TLS_CLOSED:
        peer_left(connection);
        return false;
    default:
        connection_cut(connection, connection->phase == PHASE_IDLE ? OUTCOME_OK : OUTCOME_BODY_TRUNCATED);
        return false;
    }
}

/* The last byte of the response is the kernel's. */
static bool finish_response(struct connection *connection)
{
    connection_end_exchange(connection, connection->exchange.outcome);
    if (!connection->close_after && !connection->worker->draining) {
        connection_enter(connection, PHASE_IDLE);
        return connection->received.len > 0 || tls_session_has_ahead(&connection->tls);
    }
    connection_end(connection, OUTCOME_OK);
    tls_session_close_notify(&connection->tls);
    connection_linger(connection);
    return false;
}

static bool step_respond(struct connection *connection)
{
    if (!connection_flush_http(connection))
        return false;
    http_side_run(connection->worker->http);
    enum connection_moved moved = connection_move_output(connection);
    if (moved == MOVED_BLOCKED)
        return false;
    if (moved == MOVED_END)
        connection->close_after = true;
    if (connection->link->answered)
        return finish_response(connection);
    if (moved == MOVED_END)
        connection_cut(connection, connection->doomed != OUTCOME_OK ? connection->doomed : OUTCOME_INTERNAL);
    else
        connection->worker->responses_pending = true;
    return false;
}

static bool step_linger(struct connection *connection)
{
    ssize_t got = 1;
    while (got > 0 && connection->lingered < LIMIT_LINGER_BYTES) {
        got = recv(connection->socket.fd, connection->worker->scratch, LIMIT_RECORD_BYTES, MSG_DONTWAIT);
        if (got > 0)
            connection->lingered += (size_t)got;
    }
    if (got >= 0 || errno != EAGAIN)
        connection_close(connection);
    return false;
}

/* What each phase waits for on the socket; bytes that wait for TLS or for the pair come first. */
static uint32_t socket_events(const struct connection *connection)
{
    if (connection->phase == PHASE_LINGER)
        return EPOLLIN;
    if (connection->phase == PHASE_HANDSHAKE)
        return connection->tls_wants;
    if (connection->to_tls.len > 0)
        return EPOLLOUT;
    if (connection->to_http.len > 0 || connection->phase == PHASE_RESPONSE)
        return 0;
    return connection->tls_wants;
}

static uint32_t pair_events(const struct connection *connection)
{
    if (connection->pair.fd < 0)
        return 0;
    if (connection->to_http.len > 0)
        return EPOLLOUT;
    bool output = connection->phase == PHASE_RESPONSE || connection->phase == PHASE_BODY;
    return output && connection->to_tls.len == 0 ? EPOLLIN : 0;
}

/* Go on as far as it goes without waiting. */
static void advance(struct connection *connection)
{
    static bool (*const steps[])(struct connection *) = {
        [PHASE_HANDSHAKE] = step_handshake, [PHASE_IDLE] = step_receive,     [PHASE_HEAD] = step_receive,
        [PHASE_BODY] = step_receive,        [PHASE_RESPONSE] = step_respond, [PHASE_LINGER] = step_linger,
    };
    while (connection->phase != PHASE_CLOSED && steps[connection->phase](connection))
        ;
    if (connection->phase == PHASE_CLOSED)
        return;
    struct worker *worker = connection->worker;
    if (worker_watch(worker, &connection->socket, socket_events(connection)) != OUTCOME_OK ||
        worker_watch(worker, &connection->pair, pair_events(connection)) != OUTCOME_OK)
        connection_cut(connection, OUTCOME_INTERNAL);
}

void connection_open(struct worker *worker, int fd, const struct address *peer)
{
    struct connection *connection = calloc(1, sizeof *connection);
    if (!connection) {
        close(fd);
        return;
    }
    int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    acknowledge_quickly(fd);
    connection->worker = worker;
    connection->peer = *peer;
    connection->socket = (struct watch){.kind = WATCH_SOCKET, .fd = fd, .connection = connection};
    connection->pair = (struct watch){.kind = WATCH_PAIR, .fd = -1, .connection = connection};
    connection->tls_wants = EPOLLIN;
    connection_move_to(connection, &worker->strangers);
    connection_enter(connection, PHASE_HANDSHAKE);
    if (worker_watch(worker, &connection->socket, EPOLLIN) != OUTCOME_OK)
        connection_cut(connection, OUTCOME_INTERNAL);
}

void connection_on_event(struct connection *connection, enum watch_kind kind, uint32_t events)
{
    if (connection->phase == PHASE_CLOSED)
        return;
    if (kind == WATCH_SOCKET)
        tls_session_readable(&connection->tls);
    if (kind == WATCH_SOCKET && connection->phase == PHASE_RESPONSE && (events & (EPOLLHUP | EPOLLERR))) {
        connection_cut(connection, OUTCOME_RESPONSE_ABORTED);
        return;
    }
    /* `100 Continue`, while the body still comes in. */
    if (kind == WATCH_PAIR && connection->phase == PHASE_BODY &&
        connection_move_output(connection) == MOVED_END) {
        connection_cut(connection, OUTCOME_INTERNAL);
        return;
    }
    advance(connection);
}

void connection_on_deadline(struct connection *connection)
{
    switch (connection->phase) {
    case PHASE_HANDSHAKE:
        connection_cut(connection, OUTCOME_HANDSHAKE_TIMEOUT);
        break;
    case PHASE_IDLE:
        connection_cut(connection, OUTCOME_IDLE_TIMEOUT);
        break;
    case PHASE_HEAD:
    case PHASE_BODY:
        connection_refuse_request(connection, OUTCOME_REQUEST_TIMEOUT, NULL);
        advance(connection);
        break;
    case PHASE_RESPONSE:
        connection_cut(connection, OUTCOME_RESPONSE_TIMEOUT);
        break;
    default:
        connection_close(connection);
    }
}

void connection_on_drain(struct connection *connection)
{
    if (connection->phase == PHASE_LINGER)
        connection_close(connection);
    else if (connection->phase == PHASE_HANDSHAKE || connection->phase == PHASE_IDLE)
        connection_cut(connection, OUTCOME_SHUTTING_DOWN);
}
