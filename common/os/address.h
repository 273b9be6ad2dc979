/* ADDR:PORT as text and as a socket address. */
#ifndef MPC_OS_ADDRESS_H
#define MPC_OS_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <sys/socket.h>

#include "common/outcome.h"

struct address {
    struct sockaddr_storage storage;
    socklen_t len; /* 0: none */
};

/* "[" + an IPv6 address with its scope + "]:65535" + terminator. */
#define ADDRESS_TEXT_MAX 80

/* A numeric "127.0.0.1:8079" or "[::1]:8079"; no names, port 0 to 65535. CONFIG_INVALID. */
MUST_USE result_t address_parse(const char *text, struct address *out, struct error *err);
/* "(none)" for an empty one. */
void address_format(const struct address *address, char out[ADDRESS_TEXT_MAX]);
uint16_t address_port(const struct address *address);
/* 127.0.0.0/8, ::1 and ::ffff:127.0.0.0/104. */
bool address_is_loopback(const struct address *address);

/* Split "host:port" or "[v6]:port" without resolving: `host` gets the host without brackets. CONFIG_INVALID:
 * no port, a port that is not 1 to 65535, an empty or overlong host. */
#define HOST_TEXT_MAX 256
MUST_USE result_t host_port_parse(const char *text, char host[HOST_TEXT_MAX], uint16_t *port,
                                  struct error *err);

#endif
