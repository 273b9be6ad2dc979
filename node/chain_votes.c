#include "node/chain_votes.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "node/chain_rules.h"

/* One poll. Arrays are by the RPC's index. */
struct gathering {
    const struct chain_votes_options *options;
    struct chain_vote *votes;
    size_t count;
    bool ask[RPC_URLS_MAX];      /* this question */
    bool answered[RPC_URLS_MAX]; /* this question */
    struct quorum_head heads[RPC_URLS_MAX];
    bool outvoted[RPC_URLS_MAX]; /* of some block, a majority says otherwise; its height */
    uint64_t outvoted_at[RPC_URLS_MAX];
    bool refuted; /* there was no majority about some block */
    bool shutting_down;

    /* About one block. */
    struct rpc_block block;
    struct chain_now seen; /* when it was chosen */
    struct quorum_ballot ballots[RPC_URLS_MAX];
    struct chain_views_job *kept[RPC_URLS_MAX]; /* one of those with equal digests; views can be large */
    size_t winner;                              /* QUORUM_NONE: there is no majority (yet) */

    bool done;       /* the views of a majority were handed out */
    result_t agreed; /* what was made of them */
    struct error agreed_error;
};

static const char *name_of(const struct gathering *gathering, size_t source)
{
    return panel_name(gathering->options->panel, source);
}

static void note_answer(struct gathering *gathering, const struct panel_job *job)
{
    gathering->answered[job->source] = true;
    gathering->votes[job->source].say = job->error;
    gathering->shutting_down |= job->error.code == OUTCOME_SHUTTING_DOWN;
}

/* Until it answers. */
static void note_asked(struct gathering *gathering, size_t source)
{
    (void)error_set(&gathering->votes[source].say, OUTCOME_RPC_TIMEOUT, "%s: no answer in time",
                    name_of(gathering, source));
}

/* --- the final blocks --- */

/* Without memory for the job it is not asked, and says that. */
static struct panel_job *asked(struct gathering *gathering, size_t source, struct panel_job *job)
{
    if (!job)
        (void)error_set(&gathering->votes[source].say, OUTCOME_NO_MEMORY, "no memory to ask %s",
                        name_of(gathering, source));
    return job;
}

static struct panel_job *make_head(void *context, size_t source)
{
    return asked(context, source, chain_head_job_make());
}

static void judge_head(struct gathering *gathering, size_t source, const struct rpc_block *block)
{
    const struct chain_votes_options *options = gathering->options;
    struct chain_vote *vote = &gathering->votes[source];
    struct quorum_head *head = &gathering->heads[source];
    struct chain_now now = chain_clock_read(&options->clock);
    vote->has_head = true;
    vote->head = *block;
    head->height = block->height;
    memcpy(head->hash, block->hash, SHA256_LEN);
    result_t result =
        chain_rules_judge(options->current, block, now, options->max_view_age_ms, &head->is_new, &vote->say);
    head->heard = result == OUTCOME_OK;
    if (result != OUTCOME_OK)
        (void)error_prefix(&vote->say, result, "%s", name_of(gathering, source));
}

static void take_head(void *context, struct panel_job *job)
{
    struct gathering *gathering = context;
    note_answer(gathering, job);
    if (job->error.code == OUTCOME_OK)
        judge_head(gathering, job->source, &((struct chain_head_job *)job)->block);
    job->release(job);
}

static enum panel_need need_heads(void *context)
{
    const struct gathering *gathering = context;
    if (gathering->shutting_down)
        return PANEL_ENOUGH;
    return quorum_heard(gathering->heads, gathering->count) ? PANEL_SOME : PANEL_MORE;
}

/* Of those who have not said it yet. An answer that is late for one question may come for the next. */
static void gather_heads(struct gathering *gathering, bool done[RPC_URLS_MAX])
{
    const struct panel_question question = {.context = gathering,
                                            .ask = gathering->ask,
                                            .make = make_head,
                                            .take = take_head,
                                            .need = need_heads};
    for (size_t i = 0; i < gathering->count; i++) {
        gathering->ask[i] = gathering->votes[i].asked && !done[i];
        gathering->answered[i] = false;
    }
    panel_gather(gathering->options->panel, &question);
    for (size_t i = 0; i < gathering->count; i++)
        done[i] |= gathering->answered[i];
}

/* --- what they say about a block --- */

static struct panel_job *make_views(void *context, size_t source)
{
    struct gathering *gathering = context;
    const struct chain_vote *vote = &gathering->votes[source];
    bool is_own = vote->has_head && memcmp(vote->head.hash, gathering->block.hash, SHA256_LEN) == 0;
    const struct rpc_block *block = is_own ? &vote->head : &gathering->block;
    return asked(
        gathering, source,
        chain_views_job_make(gathering->options->contract_id, block, !is_own, gathering->count == 1));
}

static void keep_views(struct gathering *gathering, struct chain_views_job *views)
{
    for (size_t i = 0; i < gathering->count; i++) {
        if (!gathering->kept[i]) {
            gathering->kept[i] = views;
            return;
        }
        if (memcmp(gathering->kept[i]->digest, views->digest, SHA256_LEN) == 0)
            break;
    }
    views->job.release(&views->job);
}

static void drop_views(struct gathering *gathering)
{
    for (size_t i = 0; i < gathering->count; i++) {
        if (gathering->kept[i])
            gathering->kept[i]->job.release(&gathering->kept[i]->job);
        gathering->kept[i] = NULL;
    }
}

/* The first of those with the majority's digest. */
static const struct chain_views_job *majority_views(const struct gathering *gathering)
{
    size_t i = 0;
    while (memcmp(gathering->kept[i]->digest, gathering->ballots[gathering->winner].digest, SHA256_LEN) != 0)
        i++;
    return gathering->kept[i];
}

/* Who named the block may have lied about its height or time: what the majority says of it is judged again. */
static void look_for_majority(struct gathering *gathering)
{
    const struct chain_votes_options *options = gathering->options;
    struct chain_now now = chain_clock_read(&options->clock);
    bool is_new = false;
    gathering->winner = quorum_winner(gathering->ballots, gathering->count);
    if (gathering->winner == QUORUM_NONE)
        return;
    const struct chain_views_job *views = majority_views(gathering);
    gathering->done = chain_rules_judge(options->current, &views->block, now, options->max_view_age_ms,
                                        &is_new, NULL) == OUTCOME_OK &&
                      is_new;
    if (gathering->done)
        gathering->agreed =
            options->agreed(options->context, views, gathering->seen, &gathering->agreed_error);
    drop_views(gathering);
}

/* Views can be large: once there is a majority, the digests are enough to compare with. */
static void take_views(void *context, struct panel_job *job)
{
    struct gathering *gathering = context;
    struct chain_views_job *views = (struct chain_views_job *)job;
    struct quorum_ballot *ballot = &gathering->ballots[job->source];
    note_answer(gathering, job);
    gathering->votes[job->source].about_block = true;
    ballot->cast = job->error.code == OUTCOME_OK;
    memcpy(ballot->digest, views->digest, SHA256_LEN);
    if (!ballot->cast || gathering->winner != QUORUM_NONE) {
        job->release(job);
        return;
    }
    keep_views(gathering, views);
    look_for_majority(gathering);
}

static enum panel_need need_views(void *context)
{
    const struct gathering *gathering = context;
    bool decided = quorum_is_decided(gathering->ballots, gathering->answered, gathering->count);
    if (gathering->shutting_down)
        return PANEL_ENOUGH;
    if (gathering->winner != QUORUM_NONE)
        return PANEL_SOME;
    return decided ? PANEL_ENOUGH : PANEL_MORE;
}

static bool says_otherwise(const struct gathering *gathering, size_t source)
{
    const struct quorum_ballot *ballot = &gathering->ballots[source];
    const struct chain_vote *vote = &gathering->votes[source];
    if (ballot->cast)
        return memcmp(ballot->digest, gathering->ballots[gathering->winner].digest, SHA256_LEN) != 0;
    return vote->has_head && vote->head.height == gathering->block.height &&
           memcmp(vote->head.hash, gathering->block.hash, SHA256_LEN) != 0;
}

/* After all have been asked about a block. */
static void settle_block(struct gathering *gathering)
{
    for (size_t i = 0; i < gathering->count; i++) {
        gathering->heads[i].refuted |=
            memcmp(gathering->heads[i].hash, gathering->block.hash, SHA256_LEN) == 0;
        if (gathering->winner == QUORUM_NONE)
            continue;
        gathering->votes[i].agrees = gathering->ballots[i].cast && !says_otherwise(gathering, i);
        if (!says_otherwise(gathering, i))
            continue;
        gathering->outvoted[i] = true;
        gathering->votes[i].about_block = true;
        gathering->outvoted_at[i] = gathering->block.height;
    }
    gathering->refuted |= !gathering->done;
}

/* Of those who can have the block, or whose final block is not known yet. */
static void gather_views(struct gathering *gathering, size_t chosen, const bool done[RPC_URLS_MAX])
{
    const struct panel_question question = {.context = gathering,
                                            .ask = gathering->ask,
                                            .make = make_views,
                                            .take = take_views,
                                            .need = need_views};
    gathering->block = gathering->votes[chosen].head;
    gathering->seen = chain_clock_read(&gathering->options->clock);
    for (size_t i = 0; i < gathering->count; i++) {
        const struct quorum_head *head = &gathering->heads[i];
        bool can = head->heard && head->height >= gathering->block.height;
        gathering->ask[i] = gathering->votes[i].asked && (can || !done[i]);
        gathering->answered[i] = !gathering->ask[i];
        if (gathering->ask[i])
            note_asked(gathering, i);
        gathering->ballots[i] = (struct quorum_ballot){.cast = false};
    }
    gathering->winner = QUORUM_NONE;
    panel_gather(gathering->options->panel, &question);
    drop_views(gathering);
    settle_block(gathering);
}

/* --- what came of it --- */

static void name_the_outvoted(struct gathering *gathering)
{
    for (size_t i = 0; i < gathering->count; i++)
        if (gathering->outvoted[i])
            (void)error_set(&gathering->votes[i].say, OUTCOME_RPC_OUTVOTED,
                            "%s says otherwise of block %" PRIu64 " than the majority of %zu NEAR RPCs",
                            name_of(gathering, i), gathering->outvoted_at[i], gathering->count);
}

/* What each of those who answered said, so that people can see who is of one mind. */
static void name_the_opinions(struct gathering *gathering)
{
    for (size_t i = 0; i < gathering->count; i++) {
        struct chain_vote *vote = &gathering->votes[i];
        char what[64];
        snprintf(what, sizeof what, "at block %" PRIu64 " answers", gathering->block.height);
        if (gathering->ballots[i].cast && vote->say.code == OUTCOME_OK)
            quorum_opinion(&gathering->ballots[i], name_of(gathering, i), what, &vote->say);
        else if (vote->say.code == OUTCOME_OK)
            (void)error_set(&vote->say, OUTCOME_RPC_NO_MAJORITY, "%s: final block %" PRIu64,
                            name_of(gathering, i), vote->head.height);
    }
}

static result_t no_majority(struct gathering *gathering, struct error *err)
{
    struct error said[RPC_URLS_MAX];
    name_the_opinions(gathering);
    for (size_t i = 0; i < gathering->count; i++)
        said[i] = gathering->votes[i].say;
    return quorum_refusal(said, gathering->count, err);
}

static result_t conclude(struct gathering *gathering, struct error *err)
{
    if (gathering->shutting_down)
        return OUTCOME_SHUTTING_DOWN;
    name_the_outvoted(gathering);
    if (gathering->done) {
        if (gathering->agreed != OUTCOME_OK && err)
            *err = gathering->agreed_error;
        return gathering->agreed;
    }
    if (!gathering->refuted && quorum_is_quiet(gathering->heads, gathering->count))
        return OUTCOME_OK;
    return no_majority(gathering, err);
}

result_t chain_votes_gather(const struct chain_votes_options *options, struct chain_vote *votes,
                            struct error *err)
{
    struct gathering gathering = {
        .options = options, .votes = votes, .count = panel_count(options->panel), .winner = QUORUM_NONE};
    bool done[RPC_URLS_MAX] = {false};
    for (size_t i = 0; i < gathering.count; i++)
        if (votes[i].asked)
            note_asked(&gathering, i);
    /* Each time round, one block that somebody named is refuted. */
    for (size_t i = 0; i < gathering.count && !gathering.done; i++) {
        gather_heads(&gathering, done);
        size_t chosen = quorum_choose(gathering.heads, gathering.count);
        if (chosen == QUORUM_NONE || gathering.shutting_down)
            break;
        gather_views(&gathering, chosen, done);
    }
    return conclude(&gathering, err);
}
