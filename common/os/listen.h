/* A listening TCP socket. */
#ifndef MPC_OS_LISTEN_H
#define MPC_OS_LISTEN_H

#include "common/os/address.h"
#include "common/outcome.h"

/* Bind and listen: non-blocking, close-on-exec. *fd is the caller's, -1 on failure; *bound has the real port
 * where `address` says 0. ADDRESS_IN_USE; CONFIG_INVALID for an address this machine does not have or a port
 * we may not take; INTERNAL. The text names the address. */
MUST_USE result_t listen_tcp(const struct address *address, int backlog, int *fd, struct address *bound,
                             struct error *err);

#endif
