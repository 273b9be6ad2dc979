/* Who may come in at this moment, and how a request over a session is answered: the one rule that the workers
 * and the simulation of whole nodes share.
 *
 * Knows no sockets, no HTTP library and no thread; the clock and the random bytes are handed in. */
#ifndef MPC_NODE_ANSWER_H
#define MPC_NODE_ANSWER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/account_id.h"
#include "common/keys.h"
#include "common/outcome.h"
#include "common/secret.h"
#include "node/door.h"
#include "node/routes.h"
#include "node/snapshot.h"

struct store;

/* All pointers are borrowed until answerer_free(). */
struct answer_options {
    const struct account_id *account_id;
    struct snapshot_cell *cell;
    uint64_t max_view_age_ms; /* 0: no limit */
    struct chain_clock clock;
    struct store *store;
    const struct secret *seal_key;         /* SEAL_TRANSPORT_KEY_LEN bytes */
    const struct ed25519_keypair *p2p_key; /* signs receipts */
    result_t (*random)(void *out, size_t len);
    void (*staged)(void *context); /* shares were put and are staged; may be NULL */
    void *staged_context;
};

/* Used by one thread. To others than this module all of it is read-only. */
struct answerer {
    struct answer_options options;
    const struct chain_snapshot *snapshot; /* NULL: there was none yet */
    uint64_t version;
    struct door registered; /* of the snapshot, whatever its age */
    struct door door;       /* as of the last answerer_refresh() */
};

/* With a door that is refreshed. */
void answerer_init(struct answerer *answerer, const struct answer_options *options);
void answerer_free(struct answerer *answerer);

/* Look at the cell and the clock again; the door is up to date afterwards. */
void answerer_refresh(struct answerer *answerer);
/* Milliseconds until the snapshot is stale (chain_snapshot_fresh_ms()). */
uint64_t answerer_fresh_ms(const struct answerer *answerer);

/* Answer one whole request of a session that came in with `key`. OK: *out is the response. Else the session
 * has to end without an answer, with this outcome: `key` is not the registered one any more, or the view is
 * too old. That is looked at before the route runs and again before its answer may go (design.md, "TLS
 * front"). In either case *out says what the route did; status 0: it was not asked.
 *
 * `keep` is asked whether there is room for the body of an answer with key shares until it is sent; without it
 * the answer is BUSY. May be NULL. */
MUST_USE result_t answerer_answer(struct answerer *answerer, const struct ed25519_public_key *key,
                                  const struct route_request *request,
                                  bool (*keep)(size_t bytes, void *context), void *keep_context,
                                  struct route_response *out);

#endif
