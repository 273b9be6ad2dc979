/* A NEAR RPC in memory, behind struct rpc_ops: a chain of one block a second, whose contract says the same
 * (tests/support/story.h) at every block, and which lags, lies, fails and hangs as it is told. For tests of what
 * asks several of them. */
#ifndef MPC_TESTS_FAKE_SOURCE_H
#define MPC_TESTS_FAKE_SOURCE_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/bytes.h"
#include "common/os/rpc.h"
#include "tests/support/story.h"

#define FAKE_SENT_MAX 8

/* How it behaves now; set between two polls, under no lock, where no call hangs. */
struct fake_manner {
    struct story story;
    uint64_t height;        /* of its final block; it knows all before it */
    uint64_t head_height;   /* that it says its final block has, whoever asks; 0: the true one */
    int64_t head_offset_ms; /* that it adds to the time of its final block, not to that of a block by hash */
    uint8_t fork;           /* not 0: its blocks have other hashes */
    bool syncing;
    bool forgets;                 /* it knows its final block by `block`, and no block by hash */
    result_t fails;               /* every call ends so */
    result_t views_fail;          /* every view */
    bool hangs;                   /* every call, until it is released or aborted */
    bool views_hang;              /* every view */
    struct fake_source *releases; /* when it is asked for a view */
    /* Of the signer's key and transaction. */
    struct near_access_key key;
    result_t key_fails;
    const char *attestation;
    struct error send_fails; /* code not OK: it takes nothing that it is sent */
    struct rpc_tx sent;      /* what it says when it is sent something */
    struct rpc_tx status;    /* and when it is asked */
};

struct fake_source {
    struct rpc rpc;
    const char *name;
    struct fake_manner manner;
    pthread_mutex_t lock; /* of all below */
    pthread_cond_t wake;
    bool aborted;
    bool released;
    unsigned calls; /* of `status`, so of polls that asked it */
    unsigned hung;  /* calls that hang now */
    unsigned sent_count;
    struct bytes sent[FAKE_SENT_MAX]; /* the transactions that it was sent */
};

void fake_source_init(struct fake_source *source, const char *name, const struct story *story,
                      uint64_t height);
void fake_source_free(struct fake_source *source);

/* The hash that the block of this height has on a fork; 0 is everybody's. As in story_snapshot(). */
void fake_source_hash(uint64_t height, uint8_t fork, uint8_t out[SHA256_LEN]);
/* The time of a block; those of FAKE_NOW_HEIGHT and before are not in the future. */
#define FAKE_EPOCH_MS       1700000000000u
#define FAKE_NOW_MS(height) (FAKE_EPOCH_MS + 1000u * (height))

/* Calls that hang end with RPC_TIMEOUT, and later ones do not hang. */
void fake_source_release(struct fake_source *source);
/* Wait until a call hangs. */
void fake_source_wait_hung(struct fake_source *source);
unsigned fake_source_calls(struct fake_source *source);

#endif
