/* The NEAR RPCs of one user (the chain watch, onboarding), each asked by itself and all at once, so that one
 * that hangs holds nobody up.
 *
 * What one RPC is asked is a job. With threads each RPC has one of its own, which runs its jobs; a job that
 * is not waited for any longer goes on there, and its RPC is asked again when it has ended. In turn, the jobs
 * run in panel_gather() itself, one RPC after the other: for a single RPC, and for tests that own the time. */
#ifndef MPC_NODE_PANEL_H
#define MPC_NODE_PANEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/os/rpc.h"
#include "common/outcome.h"

/* With threads: how long a question waits for answers that it needs, and for more than it needs. */
#define PANEL_PATIENCE_MS 10000
#define PANEL_GRACE_MS    500

/* First member of what an RPC is asked, with the answer behind it. */
struct panel_job {
    void (*run)(struct panel_job *job, struct rpc *rpc); /* sets `error` and the answer; any thread */
    void (*release)(struct panel_job *job);
    size_t source;      /* index of the RPC; set by the panel */
    struct error error; /* code OK: there is an answer */
    uint64_t round;     /* of the panel */
};

/* For `run`: the job ended so, its `error` may have the text already. */
void panel_job_end(struct panel_job *job, result_t result);

enum panel_need {
    PANEL_MORE,   /* more answers are needed */
    PANEL_SOME,   /* enough; those that come in a moment are welcome */
    PANEL_ENOUGH, /* enough */
};

struct panel_question {
    void *context;
    const bool *ask;      /* which RPCs; one flag each */
    uint32_t patience_ms; /* 0: PANEL_PATIENCE_MS */
    /* A new job for this RPC, owned by the panel from now on. NULL: no memory, it is not asked. */
    struct panel_job *(*make)(void *context, size_t source);
    /* A job has ended; it is the callee's now. */
    void (*take)(void *context, struct panel_job *job);
    enum panel_need (*need)(void *context);
};

struct panel; /* opaque */

/* The RPCs, 1 to RPC_URLS_MAX, are borrowed until panel_close() and used by the panel alone. `threads` false:
 * they are asked in turn. NO_MEMORY, INTERNAL. */
MUST_USE result_t panel_open(struct rpc *const *rpcs, size_t count, bool threads, struct panel **out,
                             struct error *err);
size_t panel_count(const struct panel *panel);
/* What may be shown of an RPC's URL. Borrowed. */
const char *panel_name(const struct panel *panel, size_t source);

/* Ask, and take what is answered until nobody is left to wait for, or enough is. One thread at a time. */
void panel_gather(struct panel *panel, const struct panel_question *question);

/* From any thread: the jobs under way and all later ones end at once, with SHUTTING_DOWN. */
void panel_abort(struct panel *panel);
/* Aborts, and waits for the threads. NULL-safe. */
void panel_close(struct panel *panel);

#endif
