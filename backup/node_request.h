/* The two requests of the migration endpoint, byte for byte as near/mpc's client sends them (wire.md 2.1), but for
 * the PUT's `accept`: it asks for a receipt, and a Rust node does not look at it. */
#ifndef MPC_BACKUP_NODE_REQUEST_H
#define MPC_BACKUP_NODE_REQUEST_H

#include <stdint.h>

#include "backup/http_response.h"
#include "backup/report.h"
#include "common/bytes.h"
#include "common/keys.h"
#include "common/keyset.h"
#include "common/os/options.h"
#include "common/outcome.h"

/* Append the request: GET /get_keyshares with the keyset as its body; PUT
 * /set_keyshares with sealed shares in base64. */
MUST_USE result_t node_request_get_keyshares(const struct keyset *keyset, struct bytes *out);
MUST_USE result_t node_request_set_keyshares(const struct bytes *sealed, struct bytes *out);

struct node_peer {
    const char *address; /* host:port */
    struct ed25519_public_key key;
    const struct ed25519_keypair *own;
    int64_t timeout_ms; /* for connecting and the request together */
};

/* --mpc-node-address, --mpc-node-p2p-key and --request-timeout-seconds; `own` stays the caller's.
 * CONFIG_INVALID. */
MUST_USE result_t node_peer_from_options(const struct options *options, const struct ed25519_keypair *own,
                                         struct node_peer *out, struct error *err);

/* Connect, send, read the whole answer, close. Any answer with a 2xx status is OK. SERVER_REFUSED for another
 * status, with its words; SERVER_ANSWER_MALFORMED, and what connect_tcp and tls_client_* return. `out` is
 * released by http_response_free, whatever the outcome. */
MUST_USE result_t node_request(const struct node_peer *peer, const struct bytes *request,
                               struct http_response *out, struct error *err);

/* Add the answer's HTTP status and, where its text is "<code>: <text>" as ours is (design.md), that code to
 * the report. Returns `outcome`, which is node_request's, or NO_MEMORY. */
MUST_USE result_t node_request_report(struct report *report, const struct http_response *response,
                                      result_t outcome);

#endif
