/* One poll of the contract through NEAR JSON-RPC, as a function: no lock and no clock of its own.
 *
 * Each RPC is asked for its `status` (a syncing node is not believed) and its `block` at final. The highest new
 * block that a majority of them can have (node/quorum.h) is the one whose header and views all are asked for,
 * by its hash, and what a majority answers in equal bytes is published (design.md, "Chain snapshot"). What is
 * believed and when to ask next are pure functions (node/chain_rules.h). The chain watch is a thread around it;
 * tests call it whenever their time says so. */
#ifndef MPC_NODE_CHAIN_POLL_H
#define MPC_NODE_CHAIN_POLL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/account_id.h"
#include "common/os/rpc.h"
#include "common/outcome.h"
#include "node/panel.h"
#include "node/snapshot.h"

/* How often one poll begins anew when the RPCs do not know the block that they just gave. */
#define CHAIN_BLOCK_TRIES_MAX 3

/* All pointers are borrowed until chain_poll_free(). */
struct chain_poll_options {
    const struct account_id *account_id; /* whose entry has to be readable; NULL: everybody's */
    const struct account_id *contract_id;
    struct panel *panel; /* of the poll alone */
    struct snapshot_cell *cell;
    uint64_t poll_interval_ms; /* for how long an RPC that failed is left alone while the others are enough */
    uint64_t max_view_age_ms;  /* 0: no limit */
    struct chain_clock clock;
};

/* One NEAR RPC, as the polls found it. */
struct chain_source {
    const char *url; /* what may be shown of it */
    uint64_t height; /* the last final block that it said; 0: none yet */
    /* Code OK: it agrees; RPC_OUTVOTED, RPC_WENT_BACK (it is behind), or why it has no voice. */
    struct error say;
    bool about_block;  /* `say` is about a block that it was asked about, and holds until it agrees on one */
    unsigned failures; /* to answer, in a row */
    uint64_t left_alone_until_ms; /* monotonic */
};

/* How the polls went so far. */
struct chain_poll_status {
    bool polled;       /* false: no poll has ended yet */
    unsigned failures; /* in a row, until now */
    struct error last; /* code OK and no text after a success */
    uint64_t polls;    /* ended so far */
    size_t source_count;
    struct chain_source sources[RPC_URLS_MAX];
};

/* Of this module; to others `status` alone, between two polls. */
struct chain_poll {
    struct chain_poll_options options;
    const struct chain_snapshot *current; /* what was published last */
    bool skips;                           /* it lacks entries that cannot be read, and that was told */
    struct chain_poll_status status;
};

void chain_poll_init(struct chain_poll *poll, const struct chain_poll_options *options);
/* The snapshots that it has published stay valid. */
void chain_poll_free(struct chain_poll *poll);

/* Poll once: ask, publish what is new into the cell, count, and say in the log where something changed. As
 * status.last.code afterwards; SHUTTING_DOWN, which counts for nothing, when the panel was aborted. Where there
 * is no majority: what all of them fail with, or else RPC_NO_MAJORITY with what each of them says. */
result_t chain_poll_once(struct chain_poll *poll);

#endif
