#include "node/worker.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/os/clock.h"
#include "common/os/log.h"
#include "common/os/random.h"
#include "common/os/resource.h"
#include "node/connection_internal.h"

#define EVENTS_PER_ROUND 64
/* While there are sessions the age of the view is looked at this often, in case the wall clock jumps. */
#define WALL_CLOCK_CHECK_MS 1000
/* A receipt is logged whole up to this; the log cuts lines of more than LOG_MESSAGE_MAX. */
#define RECEIPT_LOGGED_BYTES_MAX 1800

static const uint64_t never_ms = UINT64_MAX;

void worker_note_deadline(struct worker *worker, uint64_t deadline_ms)
{
    if (deadline_ms < worker->next_deadline_ms)
        worker->next_deadline_ms = deadline_ms;
}

result_t worker_watch(struct worker *worker, struct watch *watch, uint32_t events)
{
    if (watch->fd < 0 || watch->events == events)
        return OUTCOME_OK;
    struct epoll_event event = {.events = events, .data.ptr = watch};
    /* A socket stays registered with nothing asked for, since it has to tell when the peer is gone. */
    bool remove = events == 0 && watch->kind != WATCH_SOCKET;
    int operation = remove ? EPOLL_CTL_DEL : watch->registered ? EPOLL_CTL_MOD : EPOLL_CTL_ADD;
    if (epoll_ctl(worker->epoll_fd, operation, watch->fd, &event) != 0)
        return resource_outcome(errno);
    watch->events = events;
    watch->registered = !remove;
    return OUTCOME_OK;
}

/* ---- the door ---- */

/* A session lives under the key it came in with (design.md, "TLS front"). */
static void enforce_door(struct worker *worker)
{
    struct connection *next;
    for (struct connection *at = worker->sessions.first; at; at = next) {
        next = at->next;
        result_t verdict = door_recheck(&worker->answerer.door, &at->tls.key);
        if (verdict != OUTCOME_OK)
            connection_cut(at, verdict);
    }
}

/* ---- requests ---- */

/* Everybody's receipt, whether asked for or not; of very many domains the ids are left out. */
static void log_receipt(const struct route_response *response)
{
    const char *text = (const char *)response->receipt.data;
    if (!outcome_ok(response->outcome) || response->receipt.len == 0)
        return;
    if (response->receipt.len <= RECEIPT_LOGGED_BYTES_MAX) {
        log_info("receipt: %s", text);
        return;
    }
    const char *ids = strchr(text, '[');
    log_info("receipt: %.*s%zu ids%s", (int)(ids + 1 - text), text, response->keyshares, strchr(ids, ']'));
}

static void note_exchange(struct exchange *exchange, const struct route_response *response)
{
    exchange->id = response->id;
    exchange->outcome = response->outcome;
    exchange->status = response->status;
    exchange->epoch_id = response->epoch_id;
    exchange->keyshares = response->keyshares;
    if (!outcome_ok(response->outcome))
        snprintf(exchange->detail, sizeof exchange->detail, "%s", response->detail.text);
}

static bool keep_answer(size_t bytes, void *context)
{
    struct connection *connection = context;
    return connection_reserve(connection, connection->reserved + bytes);
}

bool worker_answer(void *connection_pointer, const struct route_request *request, struct route_response *out)
{
    struct connection *connection = connection_pointer;
    connection->doomed = answerer_answer(&connection->worker->answerer, &connection->tls.key, request,
                                         keep_answer, connection, out);
    log_receipt(out);
    if (out->status)
        note_exchange(&connection->exchange, out);
    return connection->doomed == OUTCOME_OK;
}

/* ---- the round ---- */

static void watch_listen(struct worker *worker, bool accepting)
{
    /* EPOLLEXCLUSIVE: one connection wakes one worker, and cannot be changed once asked for. */
    if (worker_watch(worker, &worker->listen, accepting ? EPOLLIN | EPOLLEXCLUSIVE : 0) != OUTCOME_OK)
        log_error("cannot wait for connections: %s", strerror(errno));
}

/* Out of descriptors: a stranger has to go, and if there is none, accepting pauses. */
static void make_room(struct worker *worker)
{
    if (worker->strangers.first) {
        connection_cut(worker->strangers.first, OUTCOME_TOO_MANY_CONNECTIONS);
        return;
    }
    log_outcome(LOG_LEVEL_WARN, OUTCOME_TOO_MANY_CONNECTIONS, "no descriptors left for new connections");
    worker->accept_again_ms = worker->now_ms + LIMIT_ACCEPT_PAUSE_MS;
    watch_listen(worker, false);
}

/* One at a time, so that other workers get their share of a burst. */
static void accept_one(struct worker *worker)
{
    struct address peer = {.len = sizeof peer.storage};
    int fd =
        accept4(worker->listen.fd, (struct sockaddr *)&peer.storage, &peer.len, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) {
        if (errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS)
            make_room(worker);
        return;
    }
    if (worker->strangers.count >= worker->options->limits.handshakes_max)
        connection_cut(worker->strangers.first, OUTCOME_TOO_MANY_CONNECTIONS);
    connection_open(worker, fd, &peer);
}

static void expire_list(struct worker *worker, struct connection_list *list)
{
    struct connection *next;
    for (struct connection *at = list->first; at; at = next) {
        next = at->next;
        if (at->deadline_ms <= worker->now_ms)
            connection_on_deadline(at);
        else
            worker_note_deadline(worker, at->deadline_ms);
    }
}

static void expire(struct worker *worker)
{
    if (worker->accept_again_ms && worker->accept_again_ms <= worker->now_ms) {
        worker->accept_again_ms = 0;
        watch_listen(worker, true);
    }
    if (worker->now_ms < worker->next_deadline_ms)
        return;
    worker->next_deadline_ms = never_ms;
    expire_list(worker, &worker->strangers);
    expire_list(worker, &worker->sessions);
}

static void each(struct connection_list *list, void (*act)(struct connection *))
{
    struct connection *next;
    for (struct connection *at = list->first; at; at = next) {
        next = at->next;
        act(at);
    }
}

static void begin_drain(struct worker *worker)
{
    worker->draining = true;
    worker->drain_until_ms = worker->now_ms + worker->options->limits.drain_ms;
    worker->accept_again_ms = 0;
    watch_listen(worker, false);
    each(&worker->strangers, connection_on_drain);
    each(&worker->sessions, connection_on_drain);
}

static void cut_for_shutdown(struct connection *connection)
{
    connection_cut(connection, OUTCOME_SHUTTING_DOWN);
}

static void cut_all(struct worker *worker)
{
    each(&worker->strangers, cut_for_shutdown);
    each(&worker->sessions, cut_for_shutdown);
}

static int timeout_ms(const struct worker *worker)
{
    uint64_t until = worker->next_deadline_ms;
    if (worker->accept_again_ms && worker->accept_again_ms < until)
        until = worker->accept_again_ms;
    if (worker->draining && worker->drain_until_ms < until)
        until = worker->drain_until_ms;
    uint64_t now = (uint64_t)clock_mono_ms();
    uint64_t wait = until == never_ms ? never_ms : until > now ? until - now : 0;
    if (worker->sessions.count > 0) {
        uint64_t fresh = answerer_fresh_ms(&worker->answerer);
        fresh = fresh < WALL_CLOCK_CHECK_MS ? fresh : WALL_CLOCK_CHECK_MS;
        wait = fresh < wait ? fresh : wait;
    }
    int http = http_side_timeout_ms(worker->http);
    if (http >= 0 && (uint64_t)http < wait)
        return http;
    return wait == never_ms ? -1 : wait > INT_MAX ? INT_MAX : (int)wait;
}

static void on_event(struct worker *worker, struct watch *watch, uint32_t events)
{
    uint64_t count;
    switch (watch->kind) {
    case WATCH_LISTEN:
        accept_one(worker);
        break;
    case WATCH_WAKE:
        if (read(worker->wake.fd, &count, sizeof count) < 0 && errno != EAGAIN)
            log_error("cannot read the wake-up event: %s", strerror(errno));
        break;
    case WATCH_HTTP:
        http_side_run(worker->http);
        break;
    default:
        connection_on_event(watch->connection, watch->kind, events);
    }
}

/* The HTTP side may find a response complete in a later run than the one that wrote its last byte, and
 * then nothing on the pair tells. */
static void finish_responses(struct worker *worker)
{
    struct connection *next;
    if (!worker->responses_pending)
        return;
    worker->responses_pending = false;
    for (struct connection *at = worker->sessions.first; at; at = next) {
        next = at->next;
        if (at->phase == PHASE_RESPONSE && at->link->answered)
            connection_on_event(at, WATCH_PAIR, 0);
        else if (at->phase == PHASE_RESPONSE)
            worker->responses_pending = true;
    }
}

static void release_closed(struct worker *worker)
{
    while (worker->closed.first)
        connection_release(worker->closed.first);
}

static void round_of(struct worker *worker)
{
    struct epoll_event events[EVENTS_PER_ROUND];
    int timeout = timeout_ms(worker);
    int count = epoll_wait(worker->epoll_fd, events, EVENTS_PER_ROUND, timeout);
    worker->now_ms = (uint64_t)clock_mono_ms();
    answerer_refresh(&worker->answerer);
    enforce_door(worker);
    for (int i = 0; i < count; i++)
        on_event(worker, events[i].data.ptr, events[i].events);
    if (http_side_timeout_ms(worker->http) == 0)
        http_side_run(worker->http);
    finish_responses(worker);
    expire(worker);
    if (!worker->draining && atomic_load(&worker->stop))
        begin_drain(worker);
    if (worker->draining && worker->now_ms >= worker->drain_until_ms)
        cut_all(worker);
    release_closed(worker);
}

static void *worker_main(void *argument)
{
    struct worker *worker = argument;
    while (!worker->draining || worker->strangers.count + worker->sessions.count > 0)
        round_of(worker);
    /* The daemon's thread is this one: it lets go of its last links here. */
    http_side_stop(worker->http);
    worker->http = NULL;
    tls_thread_end();
    worker->ended(worker->ended_context);
    return NULL;
}

static void close_fd_of(struct watch *watch)
{
    if (watch->fd >= 0)
        close(watch->fd);
    watch->fd = -1;
}

static void release(struct worker *worker)
{
    http_side_stop(worker->http);
    snapshot_cell_unlisten(worker->options->cell, worker->wake.fd);
    answerer_free(&worker->answerer);
    close_fd_of(&worker->wake);
    if (worker->epoll_fd >= 0)
        close(worker->epoll_fd);
}

static void open_answerer(struct worker *worker)
{
    const struct tls_front_options *options = worker->options;
    const struct answer_options answers = {
        .account_id = options->account_id,
        .cell = options->cell,
        .max_view_age_ms = options->max_view_age_ms,
        .clock = chain_clock_system,
        .store = options->store,
        .seal_key = options->backup_encryption_key,
        .p2p_key = options->p2p_key,
        .random = random_bytes,
        .staged = options->staged,
        .staged_context = options->staged_context,
    };
    answerer_init(&worker->answerer, &answers);
}

static result_t prepare(struct worker *worker, int listen_fd)
{
    worker->wake = (struct watch){.kind = WATCH_WAKE, .fd = -1};
    worker->listen = (struct watch){.kind = WATCH_LISTEN, .fd = listen_fd};
    worker->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    if (worker->epoll_fd >= 0)
        worker->wake.fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    int error = errno;
    worker->next_deadline_ms = never_ms;
    worker->now_ms = (uint64_t)clock_mono_ms();
    open_answerer(worker);
    if (worker->wake.fd < 0)
        return resource_outcome(error);
    /* Links that were let go live until the daemon has noticed, so it has room
     * for more than there are sessions. */
    TRY(http_side_start(2 * worker->options->limits.sessions_max + 16, worker_answer, &worker->http));
    worker->http_watch = (struct watch){.kind = WATCH_HTTP, .fd = http_side_fd(worker->http)};
    TRY(snapshot_cell_listen(worker->options->cell, worker->wake.fd));
    TRY(worker_watch(worker, &worker->wake, EPOLLIN));
    TRY(worker_watch(worker, &worker->http_watch, EPOLLIN));
    return worker_watch(worker, &worker->listen, EPOLLIN | EPOLLEXCLUSIVE);
}

result_t worker_start(struct worker *worker, int listen_fd, struct error *err)
{
    result_t result = prepare(worker, listen_fd);
    int error = result == OUTCOME_OK ? pthread_create(&worker->thread, NULL, worker_main, worker) : 0;
    if (error)
        result = resource_outcome(error);
    if (result == OUTCOME_OK)
        return OUTCOME_OK;
    release(worker);
    return error_set(err, result, "cannot start a worker: %s",
                     error ? strerror(error) : outcome_of(result)->text);
}

void worker_stop(struct worker *worker)
{
    const uint64_t one = 1;
    atomic_store(&worker->stop, true);
    if (write(worker->wake.fd, &one, sizeof one) < 0)
        log_debug("a worker's wake-up event is full already");
}

void worker_join(struct worker *worker)
{
    pthread_join(worker->thread, NULL);
    release(worker);
}
