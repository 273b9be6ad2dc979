#include "node/chain_jobs.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "common/bytes.h"
#include "common/keys.h"

/* --- the final block --- */

static result_t ask_head(struct rpc *rpc, struct rpc_block *out, struct error *err)
{
    struct rpc_status status;
    TRY(rpc_status(rpc, &status, err));
    if (status.syncing)
        return error_set(err, OUTCOME_RPC_SYNCING,
                         "%s: the node behind it is still syncing (at block %" PRIu64 ")", rpc_name(rpc),
                         status.latest_height);
    return rpc_block(rpc, RPC_FINAL, out, err);
}

static void head_run(struct panel_job *job, struct rpc *rpc)
{
    struct chain_head_job *head = (struct chain_head_job *)job;
    panel_job_end(job, ask_head(rpc, &head->block, &job->error));
}

static void head_release(struct panel_job *job)
{
    free(job);
}

struct panel_job *chain_head_job_make(void)
{
    struct chain_head_job *head = calloc(1, sizeof *head);
    if (!head)
        return NULL;
    head->job = (struct panel_job){.run = head_run, .release = head_release};
    return &head->job;
}

/* --- the views at a block --- */

/* A view without arguments at this block. What the answer says about its block has to agree with it. */
static result_t ask_view(const struct chain_views_job *views, struct rpc *rpc, const char *method,
                         struct rpc_view *out, struct error *err)
{
    const struct rpc_block *block = &views->block;
    struct error why = {0};
    result_t result = rpc_view(rpc, views->contract_id->text, method, NULL, 0, block->hash, out, &why);
    if (result == OUTCOME_RPC_VIEW_FAILED)
        return error_set(err, result,
                         "%.300s; check that --contract-id %s is the MPC contract of this network", why.text,
                         views->contract_id->text);
    if (result != OUTCOME_OK) {
        error_complete(&why, result);
        return error_set(err, result, "%s", why.text);
    }
    if (out->height != block->height || memcmp(out->hash, block->hash, sizeof out->hash) != 0)
        return error_set(err, OUTCOME_RPC_INCONSISTENT,
                         "%s: %s was asked at block %" PRIu64 " and is answered for block %" PRIu64,
                         rpc_name(rpc), method, block->height, out->height);
    return OUTCOME_OK;
}

static result_t digest(const struct chain_views_job *views, uint8_t out[SHA256_LEN])
{
    CLEANUP(bytes_free) struct bytes all = {0};
    uint8_t part[SHA256_LEN];
    TRY(bytes_append_u64le(&all, views->block.height));
    TRY(bytes_append_u64le(&all, (uint64_t)views->block.time_ms));
    TRY(bytes_append(&all, views->block.hash, SHA256_LEN));
    sha256(views->state.data.data, views->state.data.len, part);
    TRY(bytes_append(&all, part, sizeof part));
    sha256(views->migration_info.data.data, views->migration_info.data.len, part);
    TRY(bytes_append(&all, part, sizeof part));
    sha256(all.data, all.len, out);
    return OUTCOME_OK;
}

static result_t ask_views(struct chain_views_job *views, struct rpc *rpc, struct error *err)
{
    uint8_t hash[SHA256_LEN];
    memcpy(hash, views->block.hash, sizeof hash);
    if (views->ask_header)
        TRY(rpc_block_by_hash(rpc, hash, &views->block, err));
    TRY(ask_view(views, rpc, "state", &views->state, err));
    TRY(ask_view(views, rpc, "migration_info", &views->migration_info, err));
    return views->alone ? OUTCOME_OK : digest(views, views->digest);
}

static void views_run(struct panel_job *job, struct rpc *rpc)
{
    panel_job_end(job, ask_views((struct chain_views_job *)job, rpc, &job->error));
}

void chain_views_job_drop(struct chain_views_job *views)
{
    rpc_view_free(&views->state);
    rpc_view_free(&views->migration_info);
}

static void views_release(struct panel_job *job)
{
    chain_views_job_drop((struct chain_views_job *)job);
    free(job);
}

struct panel_job *chain_views_job_make(const struct account_id *contract_id, const struct rpc_block *block,
                                       bool ask_header, bool alone)
{
    struct chain_views_job *views = calloc(1, sizeof *views);
    if (!views)
        return NULL;
    views->job = (struct panel_job){.run = views_run, .release = views_release};
    views->contract_id = contract_id;
    views->ask_header = ask_header;
    views->alone = alone;
    views->block = *block;
    return &views->job;
}
