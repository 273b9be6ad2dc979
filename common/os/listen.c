#include "common/os/listen.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/os/resource.h"

static result_t listen_failed(int error, const struct address *address, struct error *err)
{
    char text[ADDRESS_TEXT_MAX];
    address_format(address, text);
    switch (error) {
    case EADDRINUSE:
        return error_set(err, OUTCOME_ADDRESS_IN_USE,
                         "cannot listen on %s: another process has this port; stop it or choose another port",
                         text);
    case EADDRNOTAVAIL:
    case EAFNOSUPPORT:
        return error_set(err, OUTCOME_CONFIG_INVALID, "cannot listen on %s: this machine has no such address",
                         text);
    case EACCES:
        return error_set(err, OUTCOME_CONFIG_INVALID, "cannot listen on %s: no permission for this port",
                         text);
    default:
        return error_set(err, resource_outcome(error), "cannot listen on %s: %s", text, strerror(error));
    }
}

/* 0 or an errno. */
static int bind_and_listen(int fd, const struct address *address, int backlog, struct address *bound)
{
    int on = 1;
    /* Lingering connections of a predecessor must not keep the port from us. */
    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
        bind(fd, (const struct sockaddr *)&address->storage, address->len) != 0 || listen(fd, backlog) != 0)
        return errno;
    *bound = (struct address){.len = sizeof bound->storage};
    return getsockname(fd, (struct sockaddr *)&bound->storage, &bound->len) == 0 ? 0 : errno;
}

result_t listen_tcp(const struct address *address, int backlog, int *fd, struct address *bound,
                    struct error *err)
{
    *fd = socket(address->storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (*fd < 0)
        return listen_failed(errno, address, err);
    int error = bind_and_listen(*fd, address, backlog, bound);
    if (error == 0)
        return OUTCOME_OK;
    close(*fd);
    *fd = -1;
    return listen_failed(error, address, err);
}
