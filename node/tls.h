/* The TLS 1.3 server side of a connection, over wolfSSL (tls-http.md 1): mutual, X25519 and Ed25519 only, no
 * tickets and no resumption, since a resumed session would come in without showing its certificate. The
 * client's certificate is judged by the door inside the handshake. */
#ifndef MPC_NODE_TLS_H
#define MPC_NODE_TLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/keys.h"
#include "common/outcome.h"
#include "node/door.h"

/* Read from a socket at once: a client's whole flight, or a request. */
#define TLS_AHEAD_BYTES 4096

/* What all connections of a server share; may be used by several threads. */
struct tls_context; /* opaque */

/* With the one certificate of the P2P key (wire.md 1.2), which is borrowed: the library never sees its
 * private half. CRYPTO_FAILED, NO_MEMORY. */
MUST_USE result_t tls_context_make(const struct ed25519_keypair *p2p_key, struct tls_context **out,
                                   struct error *err);
void tls_context_free(struct tls_context *context);

/* One connection's TLS. Zero-initialised is none. */
struct tls_session {
    void *ssl; /* WOLFSSL, owned */
    int fd;
    bool drained; /* the socket had no more when it was last read */
    size_t ahead_at;
    size_t ahead_len;
    uint8_t ahead[TLS_AHEAD_BYTES]; /* read, and not yet taken by the library */
    const struct door *door;        /* borrowed; as it is when the certificate comes */
    bool judged;                    /* the client showed a certificate */
    bool proven;                    /* and has its private key */
    result_t verdict;               /* why the handshake was refused */
    struct ed25519_public_key key;  /* of the client, once it was let in */
};

enum tls_io {
    TLS_DONE,
    TLS_WANT_READ,
    TLS_WANT_WRITE,
    TLS_CLOSED, /* the peer ended its side: close_notify or end of stream */
    TLS_FAILED,
};

/* Begin on a connected, non-blocking socket, which stays the caller's. NO_MEMORY. */
MUST_USE result_t tls_session_open(struct tls_context *context, int fd, const struct door *door,
                                   struct tls_session *out);
/* The kernel says that the socket can be read. Until then, after a short read, it is not tried. */
void tls_session_readable(struct tls_session *session);
/* Is there something to read that the kernel does not know of any more? */
bool tls_session_has_ahead(const struct tls_session *session);
/* Go on with the handshake. TLS_DONE: through, and the key is that of the door; TLS_FAILED: `verdict` says
 * why, and the alert was sent where there is one. */
enum tls_io tls_session_accept(struct tls_session *session);
/* TLS_DONE: *got is at least 1. */
enum tls_io tls_session_read(struct tls_session *session, void *out, size_t cap, size_t *got);
/* At most LIMIT_RECORD_BYTES, all of them or none: after TLS_WANT_WRITE call again with the same bytes. */
enum tls_io tls_session_write(struct tls_session *session, const void *data, size_t len);
/* Say that nothing more will be sent; best effort. */
void tls_session_close_notify(struct tls_session *session);
void tls_session_free(struct tls_session *session);

/* What a thread that used TLS or signatures does before it ends. */
void tls_thread_end(void);

#endif
