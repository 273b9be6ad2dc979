/* A node's endpoint for tests of the client: one connection on loopback, any certificate, a scripted answer.
 * It takes every client certificate and keeps what it got. */
#ifndef MPC_TESTS_TLS_SERVER_H
#define MPC_TESTS_TLS_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/bytes.h"
#include "common/keys.h"

enum server_behaviour {
    SERVER_ANSWERS,
    SERVER_CLOSES_AT_ONCE,       /* before the handshake */
    SERVER_CLOSES_AFTER_REQUEST, /* without an answer */
    SERVER_HANGS_AT_ONCE,        /* never says a word, until the client goes */
    SERVER_HANGS_AFTER_REQUEST,
    SERVER_REFUSES_CLIENT, /* with an alert, whatever the certificate */
};

struct server_script {
    enum server_behaviour behaviour;
    const struct ed25519_keypair *key; /* signs the handshake */
    const void *certificate;           /* DER; NULL: near/mpc's of the key */
    size_t certificate_len;
    bool send_twice; /* two certificates */
    bool tls_1_2;
    const void *answer; /* the bytes */
    size_t answer_len;
};

struct tls_server;

/* Listens when it returns; what the script points at stays the caller's. */
struct tls_server *tls_server_start(const struct server_script *script);
/* "127.0.0.1:PORT" */
const char *tls_server_address(const struct tls_server *server);
/* Wait for the connection's end; the request, and the client's certificate, as
 * far as they came. Both borrowed. */
void tls_server_finish(struct tls_server *server, const struct bytes **request,
                       const struct bytes **client_certificate);
void tls_server_free(struct tls_server **server); /* fits CLEANUP() */

#endif
