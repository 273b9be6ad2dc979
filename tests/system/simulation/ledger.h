/* What has to hold, and what has to be remembered to see that it does. Looked at after every event. */
#ifndef MPC_TESTS_SIMULATION_LEDGER_H
#define MPC_TESTS_SIMULATION_LEDGER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/keyset.h"
#include "common/keyshare.h"
#include "node/routes.h"
#include "tests/system/simulation/cast.h"

struct simulated;
struct node;

#define LEDGER_PROMISES 32 /* per node; the oldest is forgotten */
#define LEDGER_VIEWS                                                                                         \
    64 /* contract states of an account of which it is known which node took itself for active */
#define LEDGER_SENT 64

/* A set of shares that was put to a node, or imported there. */
struct promise {
    struct keyset keyset; /* owned */
    char digest[KEYSHARES_DIGEST_TEXT_LEN];
    bool kept; /* it was answered with 200, or the import went well: from then on it has to be there */
};

struct node_ledger {
    struct promise promises[LEDGER_PROMISES];
    size_t promise_count;
    uint64_t audited_commits;
    uint64_t audited_incarnation;
    uint8_t binding[SHA256_LEN]; /* the record and keyset that onboarding is at */
    uint64_t sent_from;          /* what left the node before was for another one, and was dropped */
};

/* Who took itself for the active node of an account at a block. */
struct active_view {
    uint64_t height;
    size_t node;
};

/* A conclude that left a node. */
struct sent_tx {
    size_t node;
    uint8_t hash[SHA256_LEN];
    uint64_t nonce;
};

struct ledger {
    struct node_ledger nodes[CAST_ACCOUNTS * CAST_NODES];
    struct active_view views[CAST_ACCOUNTS][LEDGER_VIEWS];
    size_t view_next[CAST_ACCOUNTS];
    struct sent_tx sent[LEDGER_SENT];
    uint64_t sent_count;
    uint64_t checks;
};

void ledger_free(struct ledger *ledger);

/* After every event. */
void ledger_check(struct simulated *world);

/* A node is given these shares as a whole; and it holds them for good from now on. */
void ledger_offer(struct simulated *world, struct node *node, const struct keyset *keyset,
                  const char digest[KEYSHARES_DIGEST_TEXT_LEN]);
void ledger_promise(struct simulated *world, struct node *node, const struct keyset *keyset,
                    const char digest[KEYSHARES_DIGEST_TEXT_LEN]);
/* Was this node ever given these shares of this keyset? */
bool ledger_promised(const struct simulated *world, size_t node, const struct keyset *keyset,
                     const char digest[KEYSHARES_DIGEST_TEXT_LEN]);
/* An answer leaves a node for a peer with this key. */
void ledger_served(struct simulated *world, struct node *node, const struct ed25519_public_key *key,
                   const struct route_response *response);
/* A transaction leaves a node. */
void ledger_sent(struct simulated *world, struct node *node, const void *signed_tx, size_t len);
/* The runner of a node has taken a view. */
void ledger_viewed(struct simulated *world, struct node *node);

#endif
