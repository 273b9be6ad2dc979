#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "node/connection_internal.h"
#include "node/worker.h"

bool connection_send_tls(struct connection *connection, const void *data, size_t len)
{
    struct bytes *waiting = &connection->to_tls;
    bool waited = waiting->len > 0;
    switch (tls_session_write(&connection->tls, waited ? waiting->data : data, waited ? waiting->len : len)) {
    case TLS_DONE:
        bytes_free(waiting);
        return true;
    case TLS_WANT_READ:
    case TLS_WANT_WRITE:
        /* wolfSSL wants the same bytes again (tls-http.md 1, pitfall 11). */
        if (waited || bytes_append(waiting, data, len) == OUTCOME_OK)
            return false;
        connection_cut(connection, OUTCOME_NO_MEMORY);
        return false;
    default:
        connection_cut(connection, OUTCOME_RESPONSE_ABORTED);
        return false;
    }
}

bool connection_flush_tls(struct connection *connection)
{
    return connection->to_tls.len == 0 || connection_send_tls(connection, NULL, 0);
}

void connection_send_http(struct connection *connection, const void *data, size_t len)
{
    ssize_t sent = 0;
    if (connection->to_http.len == 0)
        sent = send(connection->pair.fd, data, len, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0 && errno != EAGAIN) {
        connection_cut(connection, OUTCOME_INTERNAL);
        return;
    }
    size_t done = sent > 0 ? (size_t)sent : 0;
    if (done < len && bytes_append(&connection->to_http, (const char *)data + done, len - done) != OUTCOME_OK)
        connection_cut(connection, OUTCOME_NO_MEMORY);
}

bool connection_flush_http(struct connection *connection)
{
    struct bytes *waiting = &connection->to_http;
    if (waiting->len == 0)
        return true;
    ssize_t sent = send(connection->pair.fd, waiting->data, waiting->len, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0 && errno != EAGAIN) {
        connection_cut(connection, OUTCOME_INTERNAL);
        return false;
    }
    if (sent > 0 && (size_t)sent == waiting->len) {
        bytes_free(waiting);
        return true;
    }
    if (sent > 0) {
        waiting->len -= (size_t)sent;
        memmove(waiting->data, waiting->data + sent, waiting->len);
    }
    return false;
}

enum connection_moved connection_move_output(struct connection *connection)
{
    char *scratch = connection->worker->scratch;
    while (connection_flush_tls(connection)) {
        ssize_t got = recv(connection->pair.fd, scratch, LIMIT_RECORD_BYTES, MSG_DONTWAIT);
        if (got < 0 && errno == EAGAIN)
            return MOVED_ALL;
        if (got <= 0)
            return MOVED_END;
        if (!connection_send_tls(connection, scratch, (size_t)got))
            break;
    }
    return MOVED_BLOCKED;
}
