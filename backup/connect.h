/* A TCP connection with a deadline. */
#ifndef MPC_BACKUP_CONNECT_H
#define MPC_BACKUP_CONNECT_H

#include <stdint.h>

#include "common/outcome.h"

/* Wait until `fd` is ready for `events` (poll's). SERVER_TIMEOUT once the monotonic clock passes
 * `deadline_ms`. */
MUST_USE result_t connect_wait(int fd, short events, int64_t deadline_ms, struct error *err);

/* Resolve "host:port" (a name, an IPv4 address or an IPv6 one in brackets) and connect to the first of its
 * addresses that answers. *fd is non-blocking, close-on-exec and the caller's. CONFIG_INVALID for what is no
 * host:port, SERVER_UNREACHABLE, SERVER_TIMEOUT. */
MUST_USE result_t connect_tcp(const char *host_port, int64_t deadline_ms, int *fd, struct error *err);

#endif
