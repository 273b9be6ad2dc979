#include "node/agreement.h"

#include <stdlib.h>
#include <string.h>

#include "node/quorum.h"

/* Arrays are by the RPC's index. */
struct agreement {
    const struct agreement_job *question;
    size_t size;
    size_t count;
    bool answered[RPC_URLS_MAX];
    bool shutting_down;
    struct quorum_ballot ballots[RPC_URLS_MAX];
    struct agreement_job *jobs[RPC_URLS_MAX]; /* of those with an answer */
    struct error said[RPC_URLS_MAX];
};

static struct panel_job *make_job(void *context, size_t source)
{
    struct agreement *agreement = context;
    struct agreement_job *copy = malloc(agreement->size);
    if (!copy) {
        (void)error_set(&agreement->said[source], OUTCOME_NO_MEMORY, "no memory to ask a NEAR RPC");
        return NULL;
    }
    memcpy(copy, agreement->question, agreement->size);
    return &copy->job;
}

static void take_job(void *context, struct panel_job *job)
{
    struct agreement *agreement = context;
    size_t i = job->source;
    struct quorum_ballot *ballot = &agreement->ballots[i];
    agreement->answered[i] = true;
    agreement->said[i] = job->error;
    agreement->shutting_down |= job->error.code == OUTCOME_SHUTTING_DOWN;
    if (job->error.code != OUTCOME_OK) {
        job->release(job);
        return;
    }
    agreement->jobs[i] = (struct agreement_job *)job;
    ballot->cast = true;
    memcpy(ballot->digest, agreement->jobs[i]->digest, SHA256_LEN);
}

static enum panel_need need_jobs(void *context)
{
    const struct agreement *agreement = context;
    bool decided = quorum_is_decided(agreement->ballots, agreement->answered, agreement->count);
    return decided || agreement->shutting_down ? PANEL_ENOUGH : PANEL_MORE;
}

static void name_the_opinions(struct agreement *agreement, const struct panel *panel)
{
    for (size_t i = 0; i < agreement->count; i++) {
        const struct agreement_job *job = agreement->jobs[i];
        if (job && job->words[0])
            (void)error_set(&agreement->said[i], OUTCOME_RPC_NO_MAJORITY, "%s: %s", panel_name(panel, i),
                            job->words);
        else if (job)
            quorum_opinion(&agreement->ballots[i], panel_name(panel, i), "answers", &agreement->said[i]);
    }
}

static result_t reach(struct agreement *agreement, struct panel *panel, struct agreement_job **out,
                      struct error *err)
{
    size_t winner = quorum_winner(agreement->ballots, agreement->count);
    if (agreement->shutting_down)
        return error_set(err, OUTCOME_SHUTTING_DOWN, "the NEAR RPCs are not asked any more");
    if (winner == QUORUM_NONE) {
        name_the_opinions(agreement, panel);
        return quorum_refusal(agreement->said, agreement->count, err);
    }
    *out = agreement->jobs[winner];
    agreement->jobs[winner] = NULL;
    return OUTCOME_OK;
}

result_t agreement_reach(struct panel *panel, const struct agreement_job *question, size_t size,
                         uint32_t patience_ms, struct agreement_job **out, struct error *err)
{
    struct agreement agreement = {.question = question, .size = size, .count = panel_count(panel)};
    bool ask[RPC_URLS_MAX];
    const struct panel_question asking = {.context = &agreement,
                                          .ask = ask,
                                          .patience_ms = patience_ms,
                                          .make = make_job,
                                          .take = take_job,
                                          .need = need_jobs};
    for (size_t i = 0; i < agreement.count; i++) {
        ask[i] = true;
        (void)error_set(&agreement.said[i], OUTCOME_RPC_TIMEOUT, "%s: no answer yet", panel_name(panel, i));
    }
    panel_gather(panel, &asking);
    result_t result = reach(&agreement, panel, out, err);
    for (size_t i = 0; i < agreement.count; i++)
        if (agreement.jobs[i])
            agreement.jobs[i]->job.release(&agreement.jobs[i]->job);
    return result;
}
