#include "contract-sim/rpc/server.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include <netinet/in.h>

#include <microhttpd.h>

#include "common/os/clock.h"
#include "common/os/listen.h"
#include "common/os/log.h"
#include "contract-sim/limits.h"
#include "contract-sim/store/chain_store.h"

#define LISTEN_BACKLOG 128

struct sim_server {
    struct sim_node *node;
    struct MHD_Daemon *daemon;
    pthread_mutex_t lock;    /* around the node and what follows */
    pthread_cond_t new_head; /* or stopping */
    uint8_t head[SHA256_LEN];
    bool stopping;
    result_t failed; /* other than OK: the chain is ahead of what is stored, and nobody may see it */
    struct error failure;
    int failed_fd; /* eventfd */
    char listen[ADDRESS_TEXT_MAX];
};

/* One request while its body comes in. */
struct pending {
    struct bytes body;
    bool failed; /* too large; the rest is read and dropped */
};

struct request_waiter {
    struct waiter waiter;
    struct sim_server *server;
    struct timespec deadline; /* monotonic */
};

/* The head may have changed: wake those who wait for that. With the lock. */
static void announce_head(struct sim_server *server)
{
    const struct block *head = blocks_head(&server->node->chain.blocks);
    if (memcmp(server->head, head->hash, SHA256_LEN) == 0)
        return;
    memcpy(server->head, head->hash, SHA256_LEN);
    pthread_cond_broadcast(&server->new_head);
}

/* From here on nothing is answered. With the lock. */
static result_t fail(struct sim_server *server, result_t result)
{
    server->failed = result;
    server->stopping = true;
    pthread_cond_broadcast(&server->new_head);
    eventfd_write(server->failed_fd, 1);
    return result;
}

/* What changed is stored before anybody can see it: called with the lock, before it opens. */
static result_t publish(struct sim_server *server)
{
    struct sim_node *node = server->node;
    if (server->failed != OUTCOME_OK)
        return server->failed;
    result_t result = node->store
                          ? chain_store_commit(node->store, &node->chain, &node->clock, &server->failure)
                          : OUTCOME_OK;
    if (result != OUTCOME_OK)
        return fail(server, result);
    announce_head(server);
    return OUTCOME_OK;
}

/* Called by a method, so with the lock, which is open while it waits. */
static bool next_block(struct waiter *waiter)
{
    struct request_waiter *self = (struct request_waiter *)waiter;
    struct sim_server *server = self->server;
    uint8_t before[SHA256_LEN];
    if (publish(server) != OUTCOME_OK)
        return false;
    memcpy(before, server->head, SHA256_LEN);
    while (!server->stopping && memcmp(before, server->head, SHA256_LEN) == 0)
        if (pthread_cond_timedwait(&server->new_head, &server->lock, &self->deadline))
            return false;
    return !server->stopping;
}

static struct timespec deadline_in(uint64_t ms)
{
    struct timespec deadline;
    clock_gettime(CLOCK_MONOTONIC, &deadline);
    deadline.tv_sec += (time_t)(ms / 1000);
    deadline.tv_nsec += (long)(ms % 1000) * 1000000;
    if (deadline.tv_nsec >= 1000000000) {
        deadline.tv_sec++;
        deadline.tv_nsec -= 1000000000;
    }
    return deadline;
}

static struct request_waiter waiter_make(struct sim_server *server)
{
    return (struct request_waiter){
        .waiter = {next_block}, .server = server, .deadline = deadline_in(SIM_WAIT_MS)};
}

/* A fault holds the answer back. With the lock, which is open meanwhile. */
static void hold_back(struct sim_server *server, uint64_t ms)
{
    struct timespec deadline = deadline_in(ms);
    while (!server->stopping)
        if (pthread_cond_timedwait(&server->new_head, &server->lock, &deadline))
            return;
}

/* A body that ends before the length that its head promised. */
struct cut_body {
    struct bytes body;
    size_t sent_len;
};

static ssize_t cut_body_read(void *context, uint64_t at, char *out, size_t max)
{
    const struct cut_body *cut = context;
    if (at >= cut->sent_len)
        return MHD_CONTENT_READER_END_WITH_ERROR;
    size_t len = cut->sent_len - (size_t)at < max ? cut->sent_len - (size_t)at : max;
    memcpy(out, cut->body.data + at, len);
    return (ssize_t)len;
}

static void cut_body_free(void *context)
{
    struct cut_body *cut = context;
    bytes_free(&cut->body);
    free(cut);
}

#define CUT_BLOCK_BYTES 4096

/* Takes the reply's body over where a response comes of it. */
static struct MHD_Response *response_make(struct jsonrpc_reply *reply)
{
    const struct bytes body = reply->body;
    struct MHD_Response *response;
    if (reply->sent_len == body.len) {
        response = MHD_create_response_from_buffer(body.len, body.data, MHD_RESPMEM_MUST_FREE);
    } else {
        struct cut_body *cut = malloc(sizeof *cut);
        if (!cut)
            return NULL;
        *cut = (struct cut_body){body, reply->sent_len};
        response =
            MHD_create_response_from_callback(body.len, CUT_BLOCK_BYTES, cut_body_read, cut, cut_body_free);
        if (!response)
            free(cut);
    }
    if (response)
        reply->body = (struct bytes){0};
    return response;
}

static enum MHD_Result respond(struct MHD_Connection *connection, struct jsonrpc_reply *reply)
{
    if (reply->no_answer)
        return MHD_NO;
    struct MHD_Response *response = response_make(reply);
    if (!response)
        return MHD_NO;
    MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, reply->content_type);
    enum MHD_Result result = MHD_queue_response(connection, (unsigned)reply->http_status, response);
    MHD_destroy_response(response);
    return result;
}

static enum MHD_Result respond_empty(struct MHD_Connection *connection, unsigned status)
{
    struct MHD_Response *response = MHD_create_response_from_buffer(0, NULL, MHD_RESPMEM_PERSISTENT);
    enum MHD_Result result = response ? MHD_queue_response(connection, status, response) : MHD_NO;
    MHD_destroy_response(response);
    return result;
}

static enum MHD_Result respond_wrong_method(struct MHD_Connection *connection)
{
    struct MHD_Response *response = MHD_create_response_from_buffer(0, NULL, MHD_RESPMEM_PERSISTENT);
    if (!response)
        return MHD_NO;
    MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW, "GET, POST");
    enum MHD_Result result = MHD_queue_response(connection, MHD_HTTP_METHOD_NOT_ALLOWED, response);
    MHD_destroy_response(response);
    return result;
}

static bool from_loopback(struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    struct address peer = {0};
    if (!info || !info->client_addr)
        return false;
    peer.len =
        info->client_addr->sa_family == AF_INET6 ? sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in);
    memcpy(&peer.storage, info->client_addr, peer.len);
    return address_is_loopback(&peer);
}

/* A web page can send application/json only after asking first, which nobody answers here; and its browser
 * always says where the page is from, even where a name was rebound to loopback. */
static bool may_control(struct MHD_Connection *connection)
{
    static const char json[] = "application/json";
    const char *type = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_CONTENT_TYPE);
    const char *origin = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_ORIGIN);
    if (!type || origin || strncasecmp(type, json, sizeof json - 1) != 0)
        return false;
    char next = type[sizeof json - 1];
    return (!next || next == ';' || next == ' ') && from_loopback(connection);
}

static void reply_free(struct jsonrpc_reply *reply)
{
    bytes_free(&reply->body);
}

/* With the lock. */
static result_t handle_and_publish(struct sim_server *server, const struct jsonrpc_request *request,
                                   struct jsonrpc_reply *reply)
{
    if (server->failed != OUTCOME_OK)
        return server->failed;
    result_t result = jsonrpc_handle(server->node, request, reply);
    /* A block may have been left half-way through (chain_seal()). */
    if (result != OUTCOME_OK)
        return fail(server, error_set(&server->failure, result, "no memory for a request"));
    return publish(server);
}

static enum MHD_Result answer(struct sim_server *server, struct MHD_Connection *connection, const char *body,
                              size_t len)
{
    CLEANUP(reply_free) struct jsonrpc_reply reply = {0};
    struct request_waiter waiter = waiter_make(server);
    struct jsonrpc_request request = {.body = body,
                                      .len = len,
                                      .wall_ms = clock_wall_ms(),
                                      .may_control = may_control(connection),
                                      .waiter = &waiter.waiter};
    pthread_mutex_lock(&server->lock);
    result_t result = handle_and_publish(server, &request, &reply);
    if (result == OUTCOME_OK && reply.delay_ms)
        hold_back(server, reply.delay_ms);
    pthread_mutex_unlock(&server->lock);
    return result == OUTCOME_OK ? respond(connection, &reply) : MHD_NO;
}

static enum MHD_Result answer_get(struct sim_server *server, struct MHD_Connection *connection,
                                  const char *url)
{
    static const char status[] = "{\"jsonrpc\":\"2.0\",\"method\":\"status\",\"id\":null}";
    if (strcmp(url, "/status") == 0)
        return answer(server, connection, status, sizeof status - 1);
    return respond_empty(connection, strcmp(url, "/health") ? MHD_HTTP_NOT_FOUND : MHD_HTTP_OK);
}

static enum MHD_Result answer_post(struct sim_server *server, struct MHD_Connection *connection,
                                   const struct pending *pending)
{
    CLEANUP(reply_free) struct jsonrpc_reply reply = {0};
    if (!pending->failed)
        return answer(server, connection, pending->body.len ? (const char *)pending->body.data : "",
                      pending->body.len);
    return jsonrpc_refuse_body(&reply) == OUTCOME_OK ? respond(connection, &reply) : MHD_NO;
}

static enum MHD_Result handle(void *context, struct MHD_Connection *connection, const char *url,
                              const char *method, const char *version, const char *upload, size_t *upload_len,
                              void **state)
{
    struct sim_server *server = context;
    struct pending *pending = *state;
    (void)version;
    if (!pending) {
        *state = pending = calloc(1, sizeof *pending);
        if (pending)
            pending->body.len_max = SIM_BODY_BYTES_MAX;
        return pending ? MHD_YES : MHD_NO;
    }
    if (*upload_len) {
        if (!pending->failed && bytes_append(&pending->body, upload, *upload_len) != OUTCOME_OK) {
            pending->failed = true;
            bytes_free(&pending->body);
        }
        *upload_len = 0;
        return MHD_YES;
    }
    if (strcmp(method, MHD_HTTP_METHOD_POST) == 0)
        return answer_post(server, connection, pending);
    if (strcmp(method, MHD_HTTP_METHOD_GET) == 0)
        return answer_get(server, connection, url);
    return respond_wrong_method(connection);
}

static void completed(void *context, struct MHD_Connection *connection, void **state,
                      enum MHD_RequestTerminationCode code)
{
    struct pending *pending = *state;
    (void)context, (void)connection, (void)code;
    if (pending)
        bytes_free(&pending->body);
    free(pending);
    *state = NULL;
}

PRINTF_LIKE(2, 0)
static void http_log(void *context, const char *format, va_list args)
{
    char line[512];
    (void)context;
    int len = vsnprintf(line, sizeof line, format, args);
    if (len > 0 && (size_t)len < sizeof line && line[len - 1] == '\n')
        line[len - 1] = 0;
    log_debug("http: %s", line);
}

static result_t server_make(struct sim_node *node, struct sim_server **out)
{
    struct sim_server *server = calloc(1, sizeof *server);
    pthread_condattr_t attributes;
    if (!server)
        return OUTCOME_NO_MEMORY;
    server->failed_fd = eventfd(0, EFD_CLOEXEC);
    if (server->failed_fd < 0) {
        free(server);
        return OUTCOME_NO_MEMORY;
    }
    server->node = node;
    pthread_mutex_init(&server->lock, NULL);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&server->new_head, &attributes);
    pthread_condattr_destroy(&attributes);
    *out = server;
    return OUTCOME_OK;
}

result_t sim_server_start(struct sim_node *node, const struct address *address, struct sim_server **out,
                          struct address *bound, struct error *err)
{
    int fd;
    TRY(listen_tcp(address, LISTEN_BACKLOG, &fd, bound, err));
    struct sim_server *server = NULL;
    if (server_make(node, &server) != OUTCOME_OK) {
        close(fd);
        return error_set(err, OUTCOME_NO_MEMORY, "no memory for the server");
    }
    address_format(bound, server->listen);
    node->listen = server->listen;
    announce_head(server);
    unsigned flags = MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_THREAD_PER_CONNECTION | MHD_USE_POLL |
                     MHD_USE_ITC | MHD_USE_ERROR_LOG;
    server->daemon = MHD_start_daemon(
        flags, 0, NULL, NULL, handle, server, MHD_OPTION_EXTERNAL_LOGGER, http_log, NULL,
        MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_NOTIFY_COMPLETED, completed, NULL,
        MHD_OPTION_CONNECTION_LIMIT, SIM_CONNECTIONS_MAX, MHD_OPTION_CONNECTION_TIMEOUT,
        SIM_CONNECTION_IDLE_S, MHD_OPTION_THREAD_STACK_SIZE, (size_t)SIM_THREAD_STACK, MHD_OPTION_END);
    if (!server->daemon) {
        close(fd);
        sim_server_stop(server);
        return error_set(err, OUTCOME_INTERNAL, "the HTTP server does not start");
    }
    *out = server;
    return OUTCOME_OK;
}

/* With the lock. A block that failed half-way through cannot be stored. */
static result_t seal_and_publish(struct sim_server *server)
{
    struct sim_node *node = server->node;
    if (server->failed != OUTCOME_OK || !sim_clock_running(&node->clock))
        return server->failed;
    uint64_t head_ms = blocks_head(&node->chain.blocks)->time_ms;
    result_t result = chain_seal(&node->chain, sim_clock_next(&node->clock, head_ms, clock_wall_ms()));
    if (result != OUTCOME_OK)
        return fail(server, error_set(&server->failure, result, "no memory for the next block"));
    return publish(server);
}

result_t sim_server_tick(struct sim_server *server, struct error *err)
{
    pthread_mutex_lock(&server->lock);
    result_t result = seal_and_publish(server);
    if (result != OUTCOME_OK)
        *err = server->failure;
    pthread_mutex_unlock(&server->lock);
    return result;
}

int sim_server_failed_fd(const struct sim_server *server)
{
    return server->failed_fd;
}

void sim_server_stop(struct sim_server *server)
{
    if (!server)
        return;
    pthread_mutex_lock(&server->lock);
    server->stopping = true;
    pthread_cond_broadcast(&server->new_head);
    pthread_mutex_unlock(&server->lock);
    if (server->daemon)
        MHD_stop_daemon(server->daemon);
    pthread_cond_destroy(&server->new_head);
    pthread_mutex_destroy(&server->lock);
    close(server->failed_fd);
    free(server);
}
