/* Rounds of node/conclude.h for one node whose record waits for its conclude, against RPCs that a test speaks
 * for: a single one over HTTP (fake_rpc.h), or several in memory (fake_source.h). */
#ifndef MPC_TESTS_ROUNDS_H
#define MPC_TESTS_ROUNDS_H

#include "node/conclude.h"
#include "tests/support/fake_rpc.h"
#include "tests/support/fake_source.h"

#define ROUNDS_SOURCES 3
#define ROUNDS_HEIGHT  100000100u
/* Of the signer's access key, on chain. */
#define ROUNDS_NONCE 100000000000007u
/* Of the snapshot's block, as a text: its height's low byte, 32 times. */
#define ROUNDS_HASH "7ktZK7a28phex41kcsct6YBHQt38MMezsoecq1UuiKFh"

struct rounds {
    struct fake_rpc *fake; /* NULL: there are several RPCs */
    struct rpc *rpc;       /* to it */
    struct fake_source sources[ROUNDS_SOURCES];
    size_t count; /* of them */
    struct panel *panel;
    struct memory_records *disk;
    struct store *store;
    struct ed25519_keypair signer;
    struct account_id account_id;
    struct account_id contract_id;
    struct ed25519_public_key p2p_key;
    struct chain_snapshot *snapshot; /* nobody else's: a test may change it */
    struct conclude conclude;
    size_t sent_when_written; /* transactions, when the outbox was written last; with a single RPC */
    uint64_t now_ms;
};

/* A single RPC, with everything there that a conclude needs: it is taken and executed. */
void rounds_open(struct rounds *rounds);
/* The first `count` of three, named https://a/ and so on, each with everything there. */
void rounds_open_sources(struct rounds *rounds, size_t count, bool threads);
void rounds_close(struct rounds *rounds);

/* A start of the node: nothing is known but what the store holds. */
void rounds_restart(struct rounds *rounds);
/* Another snapshot, whose keyset has this many domains. */
void rounds_view(struct rounds *rounds, size_t domains);
/* 12 s after the round before, for the record rounds_binding. */
enum conclude_verdict rounds_run(struct rounds *rounds);
extern const uint8_t rounds_binding[SHA256_LEN];

#define ck_assert_tried(rounds)   ck_assert_int_eq(rounds_run(rounds), CONCLUDE_TRIED)
#define ck_assert_blocked(rounds) ck_assert_int_eq(rounds_run(rounds), CONCLUDE_BLOCKED)

bool rounds_outbox_is_empty(const struct rounds *rounds);

/* What the single RPC says from now on; JSON in each text. */
void rounds_serve_attestation(struct rounds *rounds, const char *attestation);
void rounds_serve_key(struct rounds *rounds, uint64_t nonce, const char *permission);
#define ROUNDS_PERMISSION(allowance, receiver, methods)                                                      \
    "{\"FunctionCall\":{\"allowance\":" allowance ",\"receiver_id\":\"" receiver                             \
    "\",\"method_names\":[" methods "]}}"
#define ROUNDS_ANY_METHOD ROUNDS_PERMISSION("null", STORY_CONTRACT, "")
/* To the method "send_tx" or "tx". */
void rounds_serve_executed(struct rounds *rounds, const char *method);
void rounds_serve_panic(struct rounds *rounds, const char *method, const char *text);
void rounds_serve_rejected(struct rounds *rounds, const char *invalid_tx_error);
void rounds_serve_timeout(struct rounds *rounds);

/* How often the single RPC was sent a transaction, and the n-th of these. */
size_t rounds_sends(const struct rounds *rounds);
void rounds_sent_base64(const struct rounds *rounds, size_t n, struct bytes *out);
void rounds_sent_tx(const struct rounds *rounds, size_t n, struct near_tx *out);
bool rounds_sent_same(const struct rounds *rounds, size_t a, size_t b);

#endif
