#include "tests/system/simulation/faults.h"

#include <stddef.h>

#include "common/compiler.h"

/* Rare and frequent, in thousandths. */
static const struct {
    const char *name;
    unsigned rare;
    unsigned frequent;
} kinds[FAULT_COUNT] = {
    [FAULT_RPC_UNREACHABLE] = {"rpc-unreachable", 10, 120},
    [FAULT_RPC_TIMEOUT] = {"rpc-timeout", 10, 80},
    [FAULT_RPC_HTTP_STATUS] = {"rpc-http-status", 10, 100},
    [FAULT_RPC_MALFORMED] = {"rpc-malformed", 10, 60},
    [FAULT_RPC_SYNCING] = {"rpc-syncing", 10, 150},
    [FAULT_RPC_UNKNOWN_BLOCK] = {"rpc-unknown-block", 20, 300},
    [FAULT_RPC_WENT_BACK] = {"rpc-went-back", 10, 100},
    [FAULT_RPC_OUTAGE] = {"rpc-outage", 20, 150},
    [FAULT_RPC_LIAR] = {"rpc-liar", 50, 300},
    [FAULT_TX_LOST] = {"tx-lost", 100, 500},
    [FAULT_TX_NO_ANSWER] = {"tx-no-answer", 100, 500},
    [FAULT_TX_DELAYED] = {"tx-delayed", 100, 500},
    [FAULT_TX_CONGESTED] = {"tx-congested", 100, 400},
    [FAULT_TX_NONCE_USED] = {"tx-nonce-used", 100, 400},
    [FAULT_TX_EXPIRED] = {"tx-expired", 100, 400},
    [FAULT_TX_REPEATED] = {"tx-repeated", 300, 900},
    [FAULT_NET_REQUEST_LOST] = {"net-request-lost", 50, 400},
    [FAULT_NET_ANSWER_LOST] = {"net-answer-lost", 50, 400},
    [FAULT_NET_TWICE] = {"net-twice", 50, 400},
    [FAULT_NET_CUT] = {"net-cut", 50, 300},
    [FAULT_NET_SLOW] = {"net-slow", 50, 400},
    [FAULT_CRASH] = {"crash", 20, 200},
    [FAULT_CRASH_BEFORE_COMMIT] = {"crash-before-commit", 20, 200},
    [FAULT_CRASH_AFTER_COMMIT] = {"crash-after-commit", 20, 200},
    [FAULT_DISK_SLOW] = {"disk-slow", 50, 300},
    [FAULT_DISK_REFUSES] = {"disk-refuses", 20, 200},
    [FAULT_CLOCK_JUMP] = {"clock-jump", 20, 100},
};

const char *fault_name(enum fault fault)
{
    return kinds[fault].name;
}

void faults_roll(struct faults *faults, struct dice *dice)
{
    *faults = (struct faults){0};
    for (size_t i = 0; i < FAULT_COUNT; i++) {
        uint64_t weather = dice_below(dice, 10);
        if (weather >= 5)
            faults->per_mille[i] = weather < 8 ? kinds[i].rare : kinds[i].frequent;
    }
}

bool faults_strike(struct faults *faults, struct dice *dice, enum fault fault)
{
    if (faults->over || faults->per_mille[fault] == 0)
        return false;
    bool strikes = dice_chance(dice, faults->per_mille[fault]);
    faults->struck[fault] += strikes ? 1 : 0;
    return strikes;
}
