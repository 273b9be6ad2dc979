/* What goes wrong, how often, and how often it did. Each run has weather of its own: most kinds of fault
 * stay away, the others come rarely or all the time, so that in many runs every mixture comes about. */
#ifndef MPC_TESTS_SIMULATION_FAULTS_H
#define MPC_TESTS_SIMULATION_FAULTS_H

#include <stdbool.h>
#include <stdint.h>

#include "tests/system/simulation/dice.h"

enum fault {
    /* an RPC source, per call */
    FAULT_RPC_UNREACHABLE,
    FAULT_RPC_TIMEOUT,
    FAULT_RPC_HTTP_STATUS,
    FAULT_RPC_MALFORMED,
    FAULT_RPC_SYNCING,
    FAULT_RPC_UNKNOWN_BLOCK,
    FAULT_RPC_WENT_BACK, /* it lags from now on for a while */
    /* an RPC source, per hour */
    FAULT_RPC_OUTAGE,
    FAULT_RPC_LIAR,
    /* a transaction that is sent */
    FAULT_TX_LOST,
    FAULT_TX_NO_ANSWER, /* it runs, and nobody hears of it */
    FAULT_TX_DELAYED,
    FAULT_TX_CONGESTED,
    FAULT_TX_NONCE_USED, /* somebody else signs with the node's key meanwhile */
    FAULT_TX_EXPIRED,    /* refused by a source that does not know the block it is anchored in */
    FAULT_TX_REPEATED,   /* one that ran is refused for its nonce when it is sent again (near-rpc.md E.4) */
    /* the network between backup service and node, per request */
    FAULT_NET_REQUEST_LOST,
    FAULT_NET_ANSWER_LOST,
    FAULT_NET_TWICE,
    FAULT_NET_CUT,
    FAULT_NET_SLOW,
    /* a node */
    FAULT_CRASH,               /* per hour */
    FAULT_CRASH_BEFORE_COMMIT, /* per commit */
    FAULT_CRASH_AFTER_COMMIT,
    FAULT_DISK_SLOW, /* per transaction of the store: others run meanwhile */
    FAULT_DISK_REFUSES,
    FAULT_CLOCK_JUMP, /* per hour */
    FAULT_COUNT,
};

const char *fault_name(enum fault fault);

struct faults {
    bool over; /* none comes any more */
    unsigned per_mille[FAULT_COUNT];
    uint64_t struck[FAULT_COUNT];
};

/* The weather of a run. */
void faults_roll(struct faults *faults, struct dice *dice);
/* Does it happen now? Counts it. */
bool faults_strike(struct faults *faults, struct dice *dice, enum fault fault);

#endif
