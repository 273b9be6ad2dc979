#include "node/panel.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/os/clock.h"
#include "common/os/resource.h"

/* Where the job of an RPC is. */
enum lane_state { LANE_IDLE, LANE_UNDER_WAY, LANE_ENDED };

struct lane {
    struct panel *panel;
    struct rpc *rpc;
    struct panel_job *job; /* unless idle */
    enum lane_state state;
    bool has_thread;
    pthread_t thread;
    pthread_cond_t work; /* a job is there, or it is time to stop */
};

struct panel {
    size_t count;
    bool threads;
    uint64_t round;
    pthread_mutex_t lock; /* of all below, and of every lane's job and state */
    pthread_cond_t ended; /* a job has ended */
    bool stop;
    struct lane lanes[RPC_URLS_MAX];
};

void panel_job_end(struct panel_job *job, result_t result)
{
    if (result == OUTCOME_OK)
        job->error = (struct error){.code = OUTCOME_OK};
    else if (job->error.code != result)
        (void)error_set(&job->error, result, "%s", outcome_of(result)->text);
}

/* --- the thread of an RPC --- */

static void *run(void *argument)
{
    struct lane *lane = argument;
    struct panel *panel = lane->panel;
    pthread_mutex_lock(&panel->lock);
    while (!panel->stop) {
        if (lane->state != LANE_UNDER_WAY) {
            pthread_cond_wait(&lane->work, &panel->lock);
            continue;
        }
        pthread_mutex_unlock(&panel->lock);
        lane->job->run(lane->job, lane->rpc);
        pthread_mutex_lock(&panel->lock);
        lane->state = LANE_ENDED;
        pthread_cond_signal(&panel->ended);
    }
    pthread_mutex_unlock(&panel->lock);
    return NULL;
}

/* --- one question --- */

/* An RPC that is to be asked and was not yet, and is free; NULL: there is none. */
static struct lane *next_to_ask(struct panel *panel, const bool *open)
{
    for (size_t i = 0; i < panel->count; i++)
        if (open[i] && panel->lanes[i].state == LANE_IDLE)
            return &panel->lanes[i];
    return NULL;
}

static void start(struct panel *panel, struct lane *lane, const struct panel_question *question)
{
    size_t source = (size_t)(lane - panel->lanes);
    struct panel_job *job = question->make(question->context, source);
    if (!job)
        return;
    job->source = source;
    job->round = panel->round;
    lane->job = job;
    lane->state = LANE_UNDER_WAY;
    if (panel->threads) {
        pthread_cond_signal(&lane->work);
    } else {
        job->run(job, lane->rpc);
        lane->state = LANE_ENDED;
    }
}

/* In turn the next RPC is asked only when the answer before has been taken: it may have been enough. */
static void start_what_can_be(struct panel *panel, const struct panel_question *question, bool *open)
{
    struct lane *lane;
    pthread_mutex_lock(&panel->lock);
    while ((lane = next_to_ask(panel, open))) {
        open[lane - panel->lanes] = false;
        start(panel, lane, question);
        if (!panel->threads && lane->state == LANE_ENDED)
            break;
    }
    pthread_mutex_unlock(&panel->lock);
}

static struct panel_job *take_ended(struct panel *panel)
{
    for (size_t i = 0; i < panel->count; i++) {
        struct lane *lane = &panel->lanes[i];
        if (lane->state != LANE_ENDED)
            continue;
        lane->state = LANE_IDLE;
        return lane->job;
    }
    return NULL;
}

/* Is an RPC that this question asks under way, be it with an older one? Who was late for that gets no grace. */
static bool worth_waiting(const struct panel *panel, const bool *ask, bool grace)
{
    for (size_t i = 0; i < panel->count; i++) {
        const struct lane *lane = &panel->lanes[i];
        if (ask[i] && lane->state == LANE_UNDER_WAY && (!grace || lane->job->round == panel->round))
            return true;
    }
    return false;
}

/* The next job that ended; NULL: none until then (monotonic), or none is to be waited for. */
static struct panel_job *wait_for_job(struct panel *panel, const bool *ask, bool grace, int64_t until_ms)
{
    struct timespec until = {.tv_sec = until_ms / 1000, .tv_nsec = until_ms % 1000 * 1000000};
    pthread_mutex_lock(&panel->lock);
    struct panel_job *job = take_ended(panel);
    int timed_out = 0;
    while (!job && !timed_out && worth_waiting(panel, ask, grace)) {
        timed_out = pthread_cond_timedwait(&panel->ended, &panel->lock, &until);
        job = take_ended(panel);
    }
    pthread_mutex_unlock(&panel->lock);
    return job;
}

void panel_gather(struct panel *panel, const struct panel_question *question)
{
    bool open[RPC_URLS_MAX];
    uint32_t patience_ms = question->patience_ms ? question->patience_ms : PANEL_PATIENCE_MS;
    int64_t until_ms = clock_mono_ms() + patience_ms;
    bool grace = false;
    for (size_t i = 0; i < panel->count; i++)
        open[i] = question->ask[i];
    panel->round++;
    for (;;) {
        enum panel_need need = question->need(question->context);
        if (need == PANEL_ENOUGH)
            return;
        if (need == PANEL_SOME && !grace) {
            grace = true;
            until_ms = clock_mono_ms() + PANEL_GRACE_MS;
        }
        start_what_can_be(panel, question, open);
        struct panel_job *job = wait_for_job(panel, question->ask, grace, until_ms);
        if (!job)
            return;
        if (job->round == panel->round)
            question->take(question->context, job);
        else
            job->release(job);
    }
}

/* --- opening and closing --- */

size_t panel_count(const struct panel *panel)
{
    return panel->count;
}

const char *panel_name(const struct panel *panel, size_t source)
{
    return rpc_name(panel->lanes[source].rpc);
}

static void init(struct panel *panel, struct rpc *const *rpcs, size_t count)
{
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_mutex_init(&panel->lock, NULL);
    pthread_cond_init(&panel->ended, &monotonic);
    pthread_condattr_destroy(&monotonic);
    panel->count = count;
    for (size_t i = 0; i < count; i++) {
        panel->lanes[i] = (struct lane){.panel = panel, .rpc = rpcs[i]};
        pthread_cond_init(&panel->lanes[i].work, NULL);
    }
}

result_t panel_open(struct rpc *const *rpcs, size_t count, bool threads, struct panel **out,
                    struct error *err)
{
    struct panel *panel = calloc(1, sizeof *panel);
    if (!panel)
        return error_set(err, OUTCOME_NO_MEMORY, "no memory for the NEAR RPCs");
    init(panel, rpcs, count);
    panel->threads = threads;
    for (size_t i = 0; threads && i < count; i++) {
        struct lane *lane = &panel->lanes[i];
        int error = pthread_create(&lane->thread, NULL, run, lane);
        lane->has_thread = error == 0;
        if (error) {
            panel_close(panel);
            return error_set(err, resource_outcome(error), "the thread of a NEAR RPC cannot be started: %s",
                             strerror(error));
        }
    }
    *out = panel;
    return OUTCOME_OK;
}

void panel_abort(struct panel *panel)
{
    for (size_t i = 0; i < panel->count; i++)
        rpc_abort(panel->lanes[i].rpc);
}

static void lane_end(struct panel *panel, struct lane *lane)
{
    if (lane->has_thread) {
        pthread_mutex_lock(&panel->lock);
        panel->stop = true;
        pthread_cond_signal(&lane->work);
        pthread_mutex_unlock(&panel->lock);
        pthread_join(lane->thread, NULL);
    }
    if (lane->state != LANE_IDLE)
        lane->job->release(lane->job);
    pthread_cond_destroy(&lane->work);
}

void panel_close(struct panel *panel)
{
    if (!panel)
        return;
    panel_abort(panel);
    for (size_t i = 0; i < panel->count; i++)
        lane_end(panel, &panel->lanes[i]);
    pthread_cond_destroy(&panel->ended);
    pthread_mutex_destroy(&panel->lock);
    free(panel);
}
