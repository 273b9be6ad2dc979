/* What a poll asks one NEAR RPC, as jobs of a panel: its final block, and then both views at a block.
 * design.md, "Chain snapshot". */
#ifndef MPC_NODE_CHAIN_JOBS_H
#define MPC_NODE_CHAIN_JOBS_H

#include <stdbool.h>
#include <stdint.h>

#include "common/account_id.h"
#include "common/os/rpc.h"
#include "node/panel.h"

/* `status` (RPC_SYNCING: a syncing node is not believed), then `block` at final. */
struct chain_head_job {
    struct panel_job job;
    struct rpc_block block; /* the answer */
};

/* NULL: no memory. */
struct panel_job *chain_head_job_make(void);

/* The header of a block, and both views at it. An RPC that says of them that they are of another block
 * contradicts itself: RPC_INCONSISTENT. */
struct chain_views_job {
    struct panel_job job;
    const struct account_id *contract_id;
    bool ask_header;
    bool alone;
    struct rpc_block block; /* its hash is what is asked for; the rest is the answer where ask_header */
    struct rpc_view state, migration_info;
    uint8_t digest[SHA256_LEN]; /* of header and views: of equal answers it is equal; zero where alone */
};

/* `block`: as this RPC gave it itself, or with `ask_header` just its hash. `alone`: there is no other RPC, so
 * that nothing is compared. `contract_id` is borrowed for as long as the panel lives. NULL: no memory. */
struct panel_job *chain_views_job_make(const struct account_id *contract_id, const struct rpc_block *block,
                                       bool ask_header, bool alone);
/* Give the bytes of the views back; the digest stays. */
void chain_views_job_drop(struct chain_views_job *job);

#endif
