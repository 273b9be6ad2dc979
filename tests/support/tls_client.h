/* A TLS client for tests, which can also do what an honest one would not. */
#ifndef MPC_TESTS_TLS_CLIENT_H
#define MPC_TESTS_TLS_CLIENT_H

#include <stdbool.h>
#include <stddef.h>

#include "common/bytes.h"
#include "common/keys.h"
#include "common/os/address.h"

enum client_certificate {
    CLIENT_OWN, /* near/mpc's, of the key */
    CLIENT_NONE,
    CLIENT_TWO,    /* the own one, twice */
    CLIENT_RSA,    /* self-signed, 2048 bits */
    CLIENT_ECDSA,  /* self-signed, P-256 */
    CLIENT_STOLEN, /* the own one, but `thief` signs */
};

struct client_options {
    enum client_certificate certificate;
    const struct ed25519_keypair *key;   /* of the own certificate */
    const struct ed25519_keypair *thief; /* CLIENT_STOLEN */
    bool tls_1_2;
    struct tls_client *resume; /* offer the session of this one */
};

struct tls_client {
    int fd;
    void *ctx;
    void *ssl;
};

/* A TCP connection alone. */
int client_connect(const struct address *address);
/* Connect and shake hands. False when the handshake fails here; with TLS 1.3 a refusal shows at the first
 * read. Reading gives up after ten seconds. */
bool client_open(struct tls_client *client, const struct address *address,
                 const struct client_options *options);
/* With near/mpc's certificate of this key. */
bool client_open_as(struct tls_client *client, const struct address *address,
                    const struct ed25519_keypair *key);
void client_close(struct tls_client *client);

/* False when the connection is gone. */
bool client_send(struct tls_client *client, const void *data, size_t len);
bool client_send_text(struct tls_client *client, const char *text);
/* Read one response with a Content-Length; false, with what there was, when the connection ends before. The
 * status is 0 then. */
bool client_receive(struct tls_client *client, struct bytes *head, struct bytes *body, int *status);
/* Wait for the end of the connection; false when more data comes instead. */
bool client_ended(struct tls_client *client);
/* The last alert that the server sent; 0: none. */
int client_alert(const struct tls_client *client);
/* Was a session ticket received? */
bool client_has_ticket(const struct tls_client *client);
/* The server's certificate, DER. */
void client_peer_certificate(const struct tls_client *client, struct bytes *out);

#endif
