#include "node/http_side.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <microhttpd.h>

#include "common/bytes.h"
#include "common/os/resource.h"
#include "node/limits.h"

/* Per connection: a forwarded head, and the head of a response. */
#define HTTP_POOL_BYTES (LIMIT_HEAD_BYTES + 12288)
/* How often the daemon is run while it says that it could go on at once. */
#define HTTP_RUNS_MAX 8

struct http_side {
    struct MHD_Daemon *daemon;
    http_answer answer;
    struct http_link *opening; /* the link that MHD_add_connection() is about */
};

/* A request while its body comes in. */
struct http_request {
    struct bytes body;
};

static struct http_link *link_of(struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    return info ? info->socket_context : NULL;
}

static void on_connection(void *cls, struct MHD_Connection *connection, void **socket_context,
                          enum MHD_ConnectionNotificationCode code)
{
    (void)connection;
    struct http_side *side = cls;
    if (code == MHD_CONNECTION_NOTIFY_STARTED) {
        *socket_context = side->opening;
        return;
    }
    struct http_link *link = *socket_context;
    if (!link)
        return;
    link->closed = true;
    if (!link->connection)
        free(link);
}

static void on_completed(void *cls, struct MHD_Connection *connection, void **req_cls,
                         enum MHD_RequestTerminationCode code)
{
    (void)cls;
    struct http_request *request = *req_cls;
    struct http_link *link = link_of(connection);
    if (link)
        link->answered = code == MHD_REQUEST_TERMINATED_COMPLETED_OK;
    if (request)
        bytes_free(&request->body);
    free(request);
    *req_cls = NULL;
}

/* Paths are compared as they were sent, as hyper does; and `%00` must not cut one short. */
static size_t keep_escapes(void *cls, struct MHD_Connection *connection, char *text)
{
    (void)cls, (void)connection;
    return strlen(text);
}

/* The daemon sends and frees the body. */
static enum MHD_Result queue_response(struct MHD_Connection *connection, struct route_response *response)
{
    static char empty[1];
    void *data = empty;
    enum MHD_ResponseMemoryMode mode = MHD_RESPMEM_PERSISTENT;
    if (response->body.len) {
        data = response->body.data;
        mode = MHD_RESPMEM_MUST_FREE;
    }
    struct MHD_Response *sent = MHD_create_response_from_buffer(response->body.len, data, mode);
    if (!sent)
        return MHD_NO;
    if (response->body.len)
        response->body = (struct bytes){0};
    enum MHD_Result result = MHD_YES;
    if (response->content_type)
        result = MHD_add_response_header(sent, MHD_HTTP_HEADER_CONTENT_TYPE, response->content_type);
    if (result == MHD_YES)
        result = MHD_queue_response(connection, (unsigned)response->status, sent);
    MHD_destroy_response(sent);
    return result;
}

static enum MHD_Result answer_request(struct http_side *side, struct MHD_Connection *connection,
                                      const struct route_request *request)
{
    CLEANUP(route_response_free) struct route_response response = {.status = 0};
    struct http_link *link = link_of(connection);
    if (!link || !link->connection || !side->answer(link->connection, request, &response))
        return MHD_NO;
    return queue_response(connection, &response);
}

static enum MHD_Result on_request(void *cls, struct MHD_Connection *connection, const char *url,
                                  const char *method, const char *version, const char *upload_data,
                                  size_t *upload_data_size, void **req_cls)
{
    (void)version;
    if (!*req_cls) {
        *req_cls = calloc(1, sizeof(struct http_request));
        return *req_cls ? MHD_YES : MHD_NO;
    }
    struct http_request *request = *req_cls;
    if (*upload_data_size > 0) {
        if (bytes_append(&request->body, upload_data, *upload_data_size) != OUTCOME_OK)
            return MHD_NO;
        *upload_data_size = 0;
        return MHD_YES;
    }
    const struct route_request whole = {
        .method = method,
        .target = url,
        .body = (const char *)request->body.data,
        .body_len = request->body.len,
        .accepts_json = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "Accept") != NULL,
    };
    return answer_request(cls, connection, &whole);
}

result_t http_side_start(size_t connections_max, http_answer answer, struct http_side **out)
{
    *out = calloc(1, sizeof **out);
    if (!*out)
        return OUTCOME_NO_MEMORY;
    struct http_side *side = *out;
    side->answer = answer;
    /* Without MHD_USE_ERROR_LOG: it has three lines for each response about
     * options that a socket pair lacks. */
    side->daemon = MHD_start_daemon(
        MHD_USE_EPOLL | MHD_USE_NO_LISTEN_SOCKET | MHD_USE_TURBO, 0, NULL, NULL, on_request, side,
        MHD_OPTION_NOTIFY_CONNECTION, on_connection, side, MHD_OPTION_NOTIFY_COMPLETED, on_completed, side,
        MHD_OPTION_UNESCAPE_CALLBACK, keep_escapes, side, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
        (size_t)HTTP_POOL_BYTES, MHD_OPTION_CONNECTION_LIMIT, (unsigned)connections_max, MHD_OPTION_END);
    if (side->daemon)
        return OUTCOME_OK;
    result_t result = resource_outcome(errno);
    free(side);
    *out = NULL;
    return result;
}

void http_side_stop(struct http_side *side)
{
    if (!side)
        return;
    MHD_stop_daemon(side->daemon);
    free(side);
}

int http_side_fd(const struct http_side *side)
{
    const union MHD_DaemonInfo *info = MHD_get_daemon_info(side->daemon, MHD_DAEMON_INFO_EPOLL_FD);
    return info ? info->epoll_fd : -1;
}

int http_side_timeout_ms(const struct http_side *side)
{
    MHD_UNSIGNED_LONG_LONG timeout;
    if (MHD_get_timeout(side->daemon, &timeout) != MHD_YES)
        return -1;
    return timeout > INT32_MAX ? INT32_MAX : (int)timeout;
}

void http_side_run(struct http_side *side)
{
    for (int i = 0; i < HTTP_RUNS_MAX; i++) {
        MHD_run(side->daemon);
        if (http_side_timeout_ms(side) != 0)
            return;
    }
}

result_t http_side_open(struct http_side *side, void *connection, struct http_link **out, int *fd)
{
    int pair[2];
    *out = NULL;
    *fd = -1;
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair) != 0)
        return OUTCOME_BUSY;
    struct http_link *link = calloc(1, sizeof *link);
    const struct sockaddr_storage nobody = {.ss_family = AF_UNIX};
    side->opening = link;
    /* The daemon owns pair[1] from here on, also when it refuses. */
    if (link)
        link->connection = connection;
    if (!link || MHD_add_connection(side->daemon, pair[1], (const struct sockaddr *)&nobody, sizeof nobody) !=
                     MHD_YES) {
        close(pair[0]);
        if (!link)
            close(pair[1]);
        free(link);
        return OUTCOME_BUSY;
    }
    *out = link;
    *fd = pair[0];
    return OUTCOME_OK;
}

result_t http_side_refusal(result_t outcome, const char *text, int64_t now_s, struct bytes *out)
{
    CLEANUP(route_response_free) struct route_response response = {.status = 0};
    route_refusal(outcome, text, &response);
    char date[40];
    time_t now = (time_t)now_s;
    struct tm utc;
    strftime(date, sizeof date, "%a, %d %b %Y %H:%M:%S GMT", gmtime_r(&now, &utc));
    TRY(bytes_append_format(out,
                            "HTTP/1.1 %d %s\r\nDate: %s\r\nConnection: close\r\nContent-Type: %s\r\n"
                            "Content-Length: %zu\r\n\r\n",
                            response.status, MHD_get_reason_phrase_for((unsigned)response.status), date,
                            response.content_type, response.body.len));
    return bytes_append(out, response.body.data, response.body.len);
}

void http_link_release(struct http_link *link)
{
    link->connection = NULL;
    if (link->closed)
        free(link);
}
