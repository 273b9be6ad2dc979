#include "node/telemetry.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <microhttpd.h>

#include "common/os/listen.h"
#include "common/os/resource.h"
#include "node/telemetry_pages.h"

/* Scrapers and people; what is above waits in the listen queue. */
#define TELEMETRY_CONNECTIONS_MAX 32
#define TELEMETRY_BACKLOG         16
#define TELEMETRY_TIMEOUT_S       10
/* Head and buffers of one connection. */
#define TELEMETRY_MEMORY_BYTES 16384

struct telemetry {
    struct telemetry_pages pages;
    struct telemetry_source source;
    struct telemetry_identity identity;
    struct address address;
    struct MHD_Daemon *daemon;
};

static enum MHD_Result telemetry_send(struct MHD_Connection *connection, struct telemetry_page *page)
{
    struct MHD_Response *response =
        MHD_create_response_from_buffer(page->body.len, page->body.data, MHD_RESPMEM_MUST_COPY);
    if (!response)
        return MHD_NO;
    enum MHD_Result result =
        MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, page->content_type);
    if (result == MHD_YES)
        result = MHD_add_response_header(response, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
    if (result == MHD_YES && page->status == MHD_HTTP_METHOD_NOT_ALLOWED)
        result = MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW, MHD_HTTP_METHOD_GET);
    if (result == MHD_YES)
        result = MHD_queue_response(connection, (unsigned)page->status, response);
    MHD_destroy_response(response);
    return result;
}

static enum MHD_Result telemetry_handle(void *context, struct MHD_Connection *connection, const char *url,
                                        const char *method, const char *version, const char *upload_data,
                                        size_t *upload_data_size, void **request_context)
{
    (void)version;
    (void)upload_data;
    (void)upload_data_size;
    (void)request_context;
    const struct telemetry *telemetry = context;
    const char *host = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_HOST);
    CLEANUP(telemetry_page_free) struct telemetry_page page;
    telemetry_answer(&telemetry->pages, method, url, host, &page);
    return telemetry_send(connection, &page);
}

/* The library closes the socket after some failures of its start and not after others; by then the number
 * may be another thread's. */
static void close_if_still(int fd, const struct stat *socket)
{
    struct stat now;
    if (fstat(fd, &now) == 0 && now.st_dev == socket->st_dev && now.st_ino == socket->st_ino)
        close(fd);
}

result_t telemetry_start(const struct address *address, const struct telemetry_identity *identity,
                         const struct telemetry_source *source, struct telemetry **out, struct error *err)
{
    struct telemetry *telemetry = calloc(1, sizeof(*telemetry));
    if (!telemetry)
        return OUTCOME_NO_MEMORY;
    int fd = -1;
    result_t result = listen_tcp(address, TELEMETRY_BACKLOG, &fd, &telemetry->address, err);
    if (result != OUTCOME_OK) {
        free(telemetry);
        return result;
    }
    struct stat socket = {0};
    (void)!fstat(fd, &socket);
    telemetry->source = *source;
    telemetry->identity = *identity;
    telemetry->pages = (struct telemetry_pages){&telemetry->identity, &telemetry->source,
                                                address_is_loopback(&telemetry->address)};
    telemetry->daemon = MHD_start_daemon(
        MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_EPOLL, 0, NULL, NULL, telemetry_handle, telemetry,
        MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_CONNECTION_LIMIT, (unsigned)TELEMETRY_CONNECTIONS_MAX,
        MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)TELEMETRY_TIMEOUT_S, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
        (size_t)TELEMETRY_MEMORY_BYTES, MHD_OPTION_END);
    if (!telemetry->daemon) {
        result = resource_outcome(errno);
        close_if_still(fd, &socket);
        free(telemetry);
        return error_set(err, result, "the telemetry server cannot be started");
    }
    *out = telemetry;
    return OUTCOME_OK;
}

void telemetry_address(const struct telemetry *telemetry, struct address *out)
{
    *out = telemetry->address;
}

void telemetry_stop(struct telemetry *telemetry)
{
    if (!telemetry)
        return;
    MHD_stop_daemon(telemetry->daemon);
    free(telemetry);
}
