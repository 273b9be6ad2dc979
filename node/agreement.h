/* One question to all NEAR RPCs of a panel, answered by what a majority of them says in equal words. */
#ifndef MPC_NODE_AGREEMENT_H
#define MPC_NODE_AGREEMENT_H

#include <stddef.h>
#include <stdint.h>

#include "common/keys.h"
#include "common/outcome.h"
#include "node/panel.h"

/* Room for one answer in words; of several RPCs each has its share of an error's text. */
#define AGREEMENT_WORDS_MAX 160

/* First member of a question's job. It is copied for each RPC as the bytes it is made of, so that it may own
 * nothing until it has run. Answers are equal where the digests are. */
struct agreement_job {
    struct panel_job job;
    uint8_t digest[SHA256_LEN]; /* set by the job's `run` with the answer */
    /* ... in words, for people who see that there is no majority; empty: they get the digest */
    char words[AGREEMENT_WORDS_MAX];
};

/* Ask every RPC with a copy of `question`, a job of `size` bytes. For answers that are needed it waits
 * `patience_ms` (0: PANEL_PATIENCE_MS), for others not at all. OK: *out is the first of a majority of equal
 * answers, to be released by the caller. Else what quorum_refusal() says, or SHUTTING_DOWN. */
MUST_USE result_t agreement_reach(struct panel *panel, const struct agreement_job *question, size_t size,
                                  uint32_t patience_ms, struct agreement_job **out, struct error *err);

#endif
