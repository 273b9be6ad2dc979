#include "node/connection.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/os/clock.h"
#include "common/os/log.h"
#include "node/connection_internal.h"
#include "node/metrics.h"
#include "node/worker.h"

#define REFUSALS_PERIOD_MS 1000

/* The list keeps the order of entry: its first is its oldest. */
static void list_add(struct connection_list *list, struct connection *connection)
{
    connection->list = list;
    connection->previous = list->last;
    connection->next = NULL;
    *(list->last ? &list->last->next : &list->first) = connection;
    list->last = connection;
    list->count++;
}

static void list_remove(struct connection *connection)
{
    struct connection_list *list = connection->list;
    *(connection->previous ? &connection->previous->next : &list->first) = connection->next;
    *(connection->next ? &connection->next->previous : &list->last) = connection->previous;
    list->count--;
    connection->list = NULL;
}

void connection_move_to(struct connection *connection, struct connection_list *list)
{
    struct worker *worker = connection->worker;
    struct connection_list *from = connection->list;
    if (from) {
        metric_add(from == &worker->sessions ? METRIC_SESSIONS : METRIC_CONNECTIONS, -1);
        list_remove(connection);
    }
    if (list != &worker->closed)
        metric_add(list == &worker->sessions ? METRIC_SESSIONS : METRIC_CONNECTIONS, 1);
    list_add(list, connection);
}

static uint64_t phase_ms(const struct front_limits *limits, enum connection_phase phase)
{
    switch (phase) {
    case PHASE_HANDSHAKE:
        return limits->handshake_ms;
    case PHASE_HEAD:
        return limits->head_ms;
    case PHASE_BODY:
        return limits->body_ms;
    case PHASE_RESPONSE:
        return limits->response_ms;
    case PHASE_LINGER:
        return limits->linger_ms;
    default:
        return limits->idle_ms;
    }
}

void connection_enter(struct connection *connection, enum connection_phase phase)
{
    connection->phase = phase;
    connection->deadline_ms = connection->worker->now_ms + phase_ms(connection_limits(connection), phase);
    worker_note_deadline(connection->worker, connection->deadline_ms);
}

bool connection_reserve(struct connection *connection, size_t bytes)
{
    struct worker *worker = connection->worker;
    size_t others = worker->bodies_bytes - connection->reserved;
    if (bytes > 0 && others + bytes > connection_limits(connection)->bodies_bytes_max)
        return false;
    worker->bodies_bytes = others + bytes;
    connection->reserved = bytes;
    return true;
}

void connection_end_exchange(struct connection *connection, result_t outcome)
{
    static const enum metric_event events[] = {
        [ROUTE_HELLO] = METRIC_EVENT_REQUEST,
        [ROUTE_GET_KEYSHARES] = METRIC_EVENT_GET_KEYSHARES,
        [ROUTE_SET_KEYSHARES] = METRIC_EVENT_SET_KEYSHARES,
        [ROUTE_OTHER] = METRIC_EVENT_REQUEST,
    };
    struct exchange *exchange = &connection->exchange;
    metric_outcome(events[exchange->id], outcome);
    if (outcome == OUTCOME_KEYSHARES_SERVED && exchange->keyshares > 0)
        metric_backup_served(exchange->epoch_id, clock_wall_ms() / 1000);
    char peer[ADDRESS_TEXT_MAX];
    char what[64] = "";
    address_format(&connection->peer, peer);
    if (exchange->keyshares > 0)
        snprintf(what, sizeof what, ", %zu key shares of epoch %llu", exchange->keyshares,
                 (unsigned long long)exchange->epoch_id);
    log_outcome(LOG_LEVEL_INFO, outcome, "%s from %s: status %d%s, %llu ms%s%s", route_name(exchange->id),
                peer, exchange->status, what,
                (unsigned long long)(connection->worker->now_ms - exchange->started_ms),
                exchange->detail[0] ? ": " : "", exchange->detail);
    exchange->active = false;
    connection_reserve(connection, 0);
}

/* Strangers must not fill the disk with log lines. All of them are in the metrics. */
static void tell_refusal(struct connection *connection, result_t outcome)
{
    struct refusals *refusals = &connection->worker->refusals;
    uint64_t now_ms = connection->worker->now_ms;
    if (now_ms - refusals->since_ms >= REFUSALS_PERIOD_MS) {
        if (refusals->untold > 0)
            log_info("refused %u more, which were too many to tell one by one", refusals->untold);
        *refusals = (struct refusals){.since_ms = now_ms};
    }
    if (refusals->told == LIMIT_REFUSALS_TOLD) {
        refusals->untold++;
        return;
    }
    refusals->told++;
    char peer[ADDRESS_TEXT_MAX];
    address_format(&connection->peer, peer);
    log_outcome(LOG_LEVEL_INFO, outcome, "refused %s: %s", peer, outcome_of(outcome)->text);
}

void connection_end(struct connection *connection, result_t outcome)
{
    if (connection->ended)
        return;
    connection->ended = true;
    bool said = connection->exchange.active;
    if (said)
        connection_end_exchange(connection, outcome);
    metric_outcome(connection->pinned ? METRIC_EVENT_SESSION_END : METRIC_EVENT_HANDSHAKE, outcome);
    if (!connection->pinned) {
        tell_refusal(connection, outcome);
        return;
    }
    char peer[ADDRESS_TEXT_MAX];
    address_format(&connection->peer, peer);
    log_outcome(outcome == OUTCOME_OK || said ? LOG_LEVEL_DEBUG : LOG_LEVEL_INFO, outcome,
                "closed the session of %s", peer);
}

static void drop_pair(struct connection *connection)
{
    if (connection->link) {
        http_link_release(connection->link);
        connection->link = NULL;
        close(connection->pair.fd);
        connection->pair.fd = -1;
        connection->pair.events = 0;
        connection->pair.registered = false;
    }
}

void connection_close(struct connection *connection)
{
    if (connection->phase == PHASE_CLOSED)
        return;
    drop_pair(connection);
    tls_session_free(&connection->tls);
    close(connection->socket.fd);
    connection_reserve(connection, 0);
    connection->phase = PHASE_CLOSED;
    connection_move_to(connection, &connection->worker->closed);
}

void connection_linger(struct connection *connection)
{
    drop_pair(connection);
    tls_session_free(&connection->tls);
    shutdown(connection->socket.fd, SHUT_WR);
    connection_enter(connection, PHASE_LINGER);
}

void connection_cut(struct connection *connection, result_t reason)
{
    connection_end(connection, reason);
    if (connection->phase == PHASE_RESPONSE) {
        /* Nothing more of this response may leave, not even what the kernel holds. */
        const struct linger reset = {.l_onoff = 1, .l_linger = 0};
        setsockopt(connection->socket.fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
    } else if (connection->pinned) {
        tls_session_close_notify(&connection->tls);
    }
    connection_close(connection);
}

void connection_refuse_request(struct connection *connection, result_t outcome, const char *text)
{
    CLEANUP(bytes_free) struct bytes response = {0};
    connection->exchange.status = outcome_of(outcome)->http_status;
    if (text)
        snprintf(connection->exchange.detail, sizeof connection->exchange.detail, "%s", text);
    connection_end(connection, outcome);
    /* Where a record is stuck before it, or memory ran out, there is no answer but the end. */
    if (connection->to_tls.len == 0 &&
        http_side_refusal(outcome, text, clock_wall_ms() / 1000, &response) == OUTCOME_OK &&
        tls_session_write(&connection->tls, response.data, response.len) == TLS_DONE)
        tls_session_close_notify(&connection->tls);
    connection_linger(connection);
}

void connection_release(struct connection *connection)
{
    list_remove(connection);
    bytes_free(&connection->received);
    bytes_free(&connection->to_http);
    bytes_free(&connection->to_tls);
    free(connection);
}
