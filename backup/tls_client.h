/* One TLS 1.3 connection to a node, as near/mpc's client makes it (wire.md 1.3): our one certificate, X25519,
 * and a server certificate that is checked by hand and pinned inside the handshake. */
#ifndef MPC_BACKUP_TLS_CLIENT_H
#define MPC_BACKUP_TLS_CLIENT_H

#include <stddef.h>
#include <stdint.h>

#include "common/keys.h"
#include "common/outcome.h"

struct tls_client;

/* Handshake over `fd` (non-blocking; stays the caller's, and open as long as the client). `own` is the backup
 * service's P2P key, `node_key` what the server's certificate has to hold. SERVER_CERT_UNTRUSTED,
 * SERVER_KEY_MISMATCH, HANDSHAKE_FAILED, SERVER_TIMEOUT, CRYPTO_FAILED, NO_MEMORY. */
MUST_USE result_t tls_client_open(int fd, const struct ed25519_keypair *own,
                                  const struct ed25519_public_key *node_key, int64_t deadline_ms,
                                  struct tls_client **out, struct error *err);

/* Write all of it. SERVER_DISCONNECTED, SERVER_TIMEOUT. */
MUST_USE result_t tls_client_write(struct tls_client *client, const void *data, size_t len,
                                   int64_t deadline_ms, struct error *err);
/* Read what is there, at least one byte. SERVER_DISCONNECTED (also at the end of
 * the stream), SERVER_TIMEOUT. */
MUST_USE result_t tls_client_read(struct tls_client *client, void *data, size_t cap, size_t *got,
                                  int64_t deadline_ms, struct error *err);

/* NULL-safe; fits CLEANUP(). */
void tls_client_close(struct tls_client **client);

#endif
