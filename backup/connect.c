#include "backup/connect.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/os/address.h"
#include "common/os/clock.h"
#include "common/os/file.h"

static int64_t left_ms(int64_t deadline_ms)
{
    int64_t left = deadline_ms - clock_mono_ms();
    return left > 0 ? left : 0;
}

static result_t timed_out(struct error *err, const char *what)
{
    return error_set(err, OUTCOME_SERVER_TIMEOUT, "%s took longer than --request-timeout-seconds", what);
}

result_t connect_wait(int fd, short events, int64_t deadline_ms, struct error *err)
{
    struct pollfd poll_fd = {.fd = fd, .events = events};
    for (;;) {
        int64_t left = left_ms(deadline_ms);
        int ready = poll(&poll_fd, 1, left > INT32_MAX ? INT32_MAX : (int)left);
        if (ready > 0)
            return OUTCOME_OK;
        if (ready < 0 && errno != EINTR)
            return error_set(err, OUTCOME_SERVER_UNREACHABLE, "poll: %s", strerror(errno));
        if (ready == 0 && left == 0)
            return timed_out(err, "the server");
    }
}

/* A lookup that is under way writes here, whoever waits for it. */
struct lookup {
    struct gaicb request;
    struct addrinfo hints;
    char host[HOST_TEXT_MAX];
    char port[8];
};

/* getaddrinfo() has no deadline of its own; glibc's asynchronous form has. */
static int lookup_wait(struct lookup *lookup, int64_t deadline_ms)
{
    struct gaicb *requests[] = {&lookup->request};
    const struct gaicb *waited[] = {&lookup->request};
    int failed = getaddrinfo_a(GAI_NOWAIT, requests, 1, NULL);
    while (!failed && gai_error(&lookup->request) == EAI_INPROGRESS && left_ms(deadline_ms) > 0) {
        int64_t left = left_ms(deadline_ms);
        struct timespec wait = {.tv_sec = left / 1000, .tv_nsec = left % 1000 * 1000000};
        gai_suspend(waited, 1, &wait);
    }
    return failed ? failed : gai_error(&lookup->request);
}

static result_t resolve(const char *host, uint16_t port, int64_t deadline_ms, struct addrinfo **out,
                        struct error *err)
{
    struct lookup *lookup = calloc(1, sizeof *lookup);
    if (!lookup)
        return OUTCOME_NO_MEMORY;
    snprintf(lookup->host, sizeof lookup->host, "%s", host);
    snprintf(lookup->port, sizeof lookup->port, "%u", port);
    lookup->hints = (struct addrinfo){.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV};
    lookup->request =
        (struct gaicb){.ar_name = lookup->host, .ar_service = lookup->port, .ar_request = &lookup->hints};
    int failed = lookup_wait(lookup, deadline_ms);
    /* One that is still under way cannot be stopped: what it writes to is left
     * to it until the process ends. */
    if (failed == EAI_INPROGRESS && gai_cancel(&lookup->request) != EAI_CANCELED)
        return timed_out(err, "resolving the server's name");
    *out = lookup->request.ar_result;
    free(lookup);
    if (failed == EAI_INPROGRESS)
        return timed_out(err, "resolving the server's name");
    return failed ? error_set(err, OUTCOME_SERVER_UNREACHABLE, "%s: %s", host, gai_strerror(failed))
                  : OUTCOME_OK;
}

static result_t connect_one(const struct addrinfo *info, const char *name, int64_t deadline_ms, int *out,
                            struct error *err)
{
    CLEANUP(close_fd) int fd = socket(info->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    int no_delay = 1, failed = 0;
    socklen_t failed_len = sizeof failed;
    if (fd < 0)
        return error_set(err, OUTCOME_SERVER_UNREACHABLE, "%s: %s", name, strerror(errno));
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &no_delay, sizeof no_delay);
    if (connect(fd, info->ai_addr, info->ai_addrlen) != 0) {
        failed = errno;
        if (failed == EINPROGRESS) {
            TRY(connect_wait(fd, POLLOUT, deadline_ms, err));
            getsockopt(fd, SOL_SOCKET, SO_ERROR, &failed, &failed_len);
        }
    }
    if (failed)
        return error_set(err, OUTCOME_SERVER_UNREACHABLE, "%s: %s", name, strerror(failed));
    *out = fd;
    fd = -1;
    return OUTCOME_OK;
}

static void free_addresses(struct addrinfo **list)
{
    if (*list)
        freeaddrinfo(*list);
}

result_t connect_tcp(const char *host_port, int64_t deadline_ms, int *fd, struct error *err)
{
    CLEANUP(free_addresses) struct addrinfo *list = NULL;
    char host[HOST_TEXT_MAX];
    uint16_t port;
    *fd = -1;
    TRY(host_port_parse(host_port, host, &port, err));
    TRY(resolve(host, port, deadline_ms, &list, err));
    result_t result = error_set(err, OUTCOME_SERVER_UNREACHABLE, "%s: no address", host);
    for (const struct addrinfo *info = list; info && *fd < 0; info = info->ai_next) {
        result = connect_one(info, host_port, deadline_ms, fd, err);
        if (result == OUTCOME_SERVER_TIMEOUT)
            break;
    }
    return result;
}
