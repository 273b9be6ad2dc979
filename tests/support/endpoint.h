/* The migration endpoint as a test runs it: a snapshot cell that the test publishes to, a store in memory,
 * and the TLS front on a loopback port with limits of the test's choice. */
#ifndef MPC_TESTS_ENDPOINT_H
#define MPC_TESTS_ENDPOINT_H

#include <stdatomic.h>
#include <stdint.h>

#include "common/keys.h"
#include "common/keyset.h"
#include "common/os/address.h"
#include "common/secret.h"
#include "node/metrics.h"
#include "node/snapshot.h"
#include "node/store.h"
#include "node/tls_front.h"
#include "tests/support/memory_records.h"

#define ENDPOINT_ACCOUNT "alice.near"

/* A key pair whose seed is 32 equal bytes. Owned by the caller. */
void endpoint_keypair(uint8_t byte, struct ed25519_keypair *out);

/* A snapshot with this phase and keyset, and this backup key for the account; both may be
 * NULL. One reference, the caller's. */
const struct chain_snapshot *endpoint_snapshot(enum protocol_phase phase, const struct keyset *keyset,
                                               const struct ed25519_public_key *backup_key,
                                               struct chain_now now);
struct chain_now endpoint_now(void);

struct endpoint {
    struct account_id account;
    struct ed25519_keypair node;   /* the P2P key */
    struct ed25519_keypair backup; /* the one that is registered at the start */
    struct secret seal_key;        /* 00 01 .. 1f */
    struct keyset keyset;          /* three domains of epoch 5 */
    struct snapshot_cell cell;
    struct memory_records *disk;
    struct store *store;
    uint64_t height;
    atomic_uint staged; /* how often the front told that shares were staged */
    struct tls_front_options options;
    struct tls_front *front;
    struct address address;
};

/* Everything but the front: the test may change `options` before endpoint_start(). The cell is empty. */
void endpoint_prepare(struct endpoint *endpoint);
void endpoint_start(struct endpoint *endpoint);
/* Both, with `backup` registered. */
void endpoint_open(struct endpoint *endpoint);
/* Publish a view of now in which this is the registered key; NULL: none. */
void endpoint_publish(struct endpoint *endpoint, const struct ed25519_public_key *backup_key);
void endpoint_close(struct endpoint *endpoint);

/* Wait until the outcome was counted `times` times, at most ten seconds, and fail otherwise. */
void endpoint_await(enum metric_event event, result_t outcome, uint64_t times);

#endif
