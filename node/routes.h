/* The migration endpoint's routes as functions: request, what the contract says, store -> response
 * (wire.md 2, with the differences of design.md). Knows no sockets, no HTTP library and no clock. */
#ifndef MPC_NODE_ROUTES_H
#define MPC_NODE_ROUTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/bytes.h"
#include "common/keys.h"
#include "common/outcome.h"
#include "common/seal.h"
#include "common/secret.h"
#include "node/snapshot.h"

struct store;

enum route_id { ROUTE_HELLO, ROUTE_GET_KEYSHARES, ROUTE_SET_KEYSHARES, ROUTE_OTHER };

/* "hello", "get_keyshares", "set_keyshares", "other". */
const char *route_name(enum route_id id);

struct route_request {
    const char *method; /* "GET"; exact */
    const char *target; /* origin or absolute form, as sent; query and fragment are ignored */
    const char *body;   /* borrowed; may be NULL when body_len is 0 */
    size_t body_len;
    bool accepts_json; /* `Accept` asks for application/json */
};

/* Borrowed for the call. */
struct route_context {
    const struct chain_snapshot *snapshot; /* NULL: the contract was not read yet */
    bool stale;                            /* the snapshot is too old to act on */
    struct store *store;
    const struct secret *seal_key;         /* SEAL_TRANSPORT_KEY_LEN bytes */
    uint8_t nonce[SEAL_NONCE_LEN];         /* fresh random bytes for this request alone */
    const struct ed25519_keypair *p2p_key; /* signs the receipt of a PUT */
    uint64_t now_ms;                       /* UNIX time, for the receipt */
};

struct route_response {
    enum route_id id;
    result_t outcome;
    int status;
    const char *content_type; /* NULL: none is sent */
    struct bytes body;        /* owned by the response */
    uint64_t epoch_id;        /* of the keyset asked for or put, once it is known */
    size_t keyshares;         /* how many were served or taken */
    bool staged;              /* a PUT changed what is staged: tell onboarding */
    struct bytes receipt;     /* of a PUT that was taken: its envelope (receipt.h); owned, for the log */
    struct error detail;      /* for the log, where the outcome is a failure */
};

/* Answer one whole request. Never fails: what goes wrong is a response. *out is overwritten. */
void route(const struct route_request *request, const struct route_context *context,
           struct route_response *out);

/* Make `out` the response of a refusal: "<code>: <text>" as text/plain with the outcome's status; `text` NULL
 * is the outcome's own (design.md). */
void route_refusal(result_t outcome, const char *text, struct route_response *out);

void route_response_free(struct route_response *response);

#endif
