/* One poll's questions to all NEAR RPCs, and what comes of them.
 *
 * First the final block of each. Then, by its hash, the header and both views of the highest new block that a
 * majority can have (node/quorum.h); where they do not agree on it, of the next one that any of them named.
 * What an RPC says counts only for the block that it was asked about. */
#ifndef MPC_NODE_CHAIN_VOTES_H
#define MPC_NODE_CHAIN_VOTES_H

#include <stdbool.h>
#include <stddef.h>

#include "common/account_id.h"
#include "common/os/rpc.h"
#include "common/outcome.h"
#include "node/chain_jobs.h"
#include "node/panel.h"
#include "node/quorum.h"
#include "node/snapshot.h"

/* All pointers are borrowed. */
struct chain_votes_options {
    const struct account_id *contract_id;
    struct panel *panel;
    struct chain_clock clock;
    uint64_t max_view_age_ms;             /* 0: no limit */
    const struct chain_snapshot *current; /* NULL: none yet */
    /* A majority has answered so, and `seen` is when its block was chosen. Called once at most, and before
     * those who are slower are waited for. What it returns is the outcome of the poll. */
    result_t (*agreed)(void *context, const struct chain_views_job *views, struct chain_now seen,
                       struct error *err);
    void *context;
};

/* One RPC in this poll. */
struct chain_vote {
    bool asked;    /* set by the caller; the others are left alone this time */
    bool has_head; /* it has said its final block */
    struct rpc_block head;
    bool agrees;      /* it is of a majority that was found in this poll */
    bool about_block; /* `say` is about what it says of a block, not about its final block */
    struct error say; /* code OK: it agrees, or there was nothing to agree on. RPC_OUTVOTED: it says otherwise
                       * than the majority. RPC_WENT_BACK: it is behind. RPC_NO_MAJORITY: it has answered, and
                       * there was no majority. Else why it has no voice */
};

/* Ask those with `asked`, one vote for each RPC of the panel. OK: the majority's views were handed to
 * `agreed`, or there is no new block. Else what `agreed` returned, the outcome that all of them have, or
 * RPC_NO_MAJORITY with what each of them says; SHUTTING_DOWN when the panel was aborted. */
MUST_USE result_t chain_votes_gather(const struct chain_votes_options *options, struct chain_vote *votes,
                                     struct error *err);

#endif
