/* Many seeds, one after the other, and what they came to. */
#ifndef MPC_TESTS_SIMULATION_CAMPAIGN_H
#define MPC_TESTS_SIMULATION_CAMPAIGN_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "tests/system/simulation/faults.h"

/* One seed in so many runs on LMDB instead of memory. Its trace is the same. */
#define CAMPAIGN_LMDB_SHARE 16

enum campaign_store { CAMPAIGN_SHARE, CAMPAIGN_MEMORY, CAMPAIGN_LMDB };

struct campaign {
    uint64_t first;
    uint64_t last;
    enum campaign_store store;
    FILE *trace;   /* NULL: none */
    FILE *digests; /* gets a line for each seed up to `digests_last`: the digest of its trace; NULL: none */
    uint64_t digests_last;
};

struct campaign_totals {
    uint64_t seeds;
    uint64_t on_lmdb;
    uint64_t steps;
    uint64_t simulated_ms;
    uint64_t crashes;
    uint64_t concluded;
    uint64_t audits;
    uint64_t calls; /* of the contract, besides transactions */
    uint64_t struck[FAULT_COUNT];
    double cpu_s;
};

/* Run them; it ends at the first seed that breaks something, having said what, where and how to see it
 * again. False: something is broken. */
bool campaign_run(const struct campaign *campaign, struct campaign_totals *out);
void campaign_report(const struct campaign_totals *totals, FILE *out);

#endif
