/* The onboarding machine: what this node does about a migration (wire.md 8,
 * re-entrant as design.md wants it).
 *
 * Pure: events and the time go in, actions come out; nothing here reads a clock, a file or the chain. Two
 * tables carry it and can be printed: what the contract says -> the job, and stage x event -> next stage and
 * actions. Nothing in it survives the process: it is rebuilt from the store and the first view. */
#ifndef MPC_NODE_ONBOARDING_H
#define MPC_NODE_ONBOARDING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/account_id.h"
#include "common/bytes.h"
#include "common/contract_view.h"
#include "common/keys.h"
#include "common/outcome.h"

/* Times of wire.md 8.4. */
#define ONBOARDING_OBSERVE_MS     10000 /* for the record to go after a conclude was tried */
#define ONBOARDING_BACKOFF_MIN_MS 2000  /* then doubling */
#define ONBOARDING_BACKOFF_MAX_MS 60000
/* How often what blocks a conclude is looked at again; nothing is sent while it still does. The first looks come
 * earlier, after the waits of the back-off: often what is missing is on the chain already, but not yet final. */
#define ONBOARDING_RECHECK_MS 10000

/* No timer. */
#define ONBOARDING_NEVER UINT64_MAX

/* Of this node in the participant set of the view (wire.md 8.2). */
enum node_status { NODE_INACTIVE, NODE_IDLE, NODE_ACTIVE };

/* What there is to do (wire.md 8.3). STORE is upstream's Done, which is not the end here: an active node
 * keeps storing shares that are put, without a conclude. */
enum onboarding_job { ONBOARDING_JOB_WAIT, ONBOARDING_JOB_STORE, ONBOARDING_JOB_ONBOARD };

/* Where this node is, in a word that people see: the rows of the job table, each with
 * what it means and what to do next. */
enum onboarding_situation {
    SITUATION_NO_VIEW,
    SITUATION_VIEW_STALE,
    SITUATION_NOT_A_PARTICIPANT,
    SITUATION_ACTIVE,
    SITUATION_NO_MIGRATION,
    SITUATION_PAUSED,
    SITUATION_ONBOARDING,
};

/* What one view of the contract means for this node. */
struct onboarding_view {
    bool fresh; /* false: too old to act on; the rest is then not looked at */
    enum node_status status;
    bool migration_active; /* a destination is recorded and its TLS key is ours (wire.md 8.1) */
    enum protocol_phase phase;
    /* Names the migration record (all of it) and the keyset; all zero without an active migration. What is
     * bound to another one is obsolete. */
    uint8_t binding[SHA256_LEN];
};

enum onboarding_stage {
    STAGE_START,        /* no view yet */
    STAGE_WAIT,         /* the contract wants nothing of us */
    STAGE_STORING,      /* active: storing what may be staged */
    STAGE_ACTIVE,       /* active: nothing to do until something is put */
    STAGE_IMPORTING,    /* onboarding: storing what may be staged */
    STAGE_AWAIT_SHARES, /* onboarding: waiting for a PUT */
    STAGE_CONCLUDING,   /* a conclude is being checked and sent */
    STAGE_OBSERVING,    /* watching whether the record goes */
    STAGE_BACKOFF,      /* it did not: waiting to send again */
    STAGE_BLOCKED,      /* a conclude would be, or was, refused until somebody acts */
    STAGE_COUNT,
};

enum onboarding_event_kind {
    EVENT_VIEW,           /* a new view, or the old one grew stale */
    EVENT_STAGED,         /* shares were put and are staged */
    EVENT_SHARES_HELD,    /* import: the shares of the keyset are stored now, or were already */
    EVENT_SHARES_MISSING, /* import: nothing stored and nothing staged fits */
    EVENT_STORE_FAILED,   /* import: the store could not say; again later */
    EVENT_TRIED,          /* conclude: sent, or perhaps sent, or not sendable just now */
    EVENT_BLOCKED,        /* conclude: refused until somebody acts */
    EVENT_TIMER,          /* the time of wake_at_ms has come */
    EVENT_COUNT,
};

struct onboarding_event {
    enum onboarding_event_kind kind;
    struct onboarding_view view; /* of EVENT_VIEW */
};

/* Actions, a set of bits. The shell carries them out in this order and answers
 * IMPORT and CONCLUDE with an event. */
enum onboarding_action {
    ACTION_RETIRE = 1 << 0,    /* drop an outbox record that is not bound to machine.view.binding */
    ACTION_CONCLUDED = 1 << 1, /* say so: the contract names this node now, after a conclude of ours */
    ACTION_IMPORT = 1 << 2,    /* move staged shares that fit the keyset into the stored set */
    ACTION_CONCLUDE = 1 << 3,  /* one round of conclude_node_migration */
};

/* Zero-initialised is the start. */
struct onboarding {
    enum onboarding_stage stage;
    struct onboarding_view view; /* the last fresh one */
    enum onboarding_situation situation;
    enum onboarding_job job;
    unsigned rounds;   /* conclude rounds of this job so far */
    unsigned rechecks; /* in a row */
    bool timer_set;
    uint64_t wake_at_ms; /* monotonic, when timer_set */
};

/* Read the views as the node's: status, active migration, binding (wire.md 8.1, 8.2).
 * `fresh` is the caller's judgement. */
MUST_USE result_t onboarding_view_of(const struct protocol_view *protocol,
                                     const struct migration_view *migrations,
                                     const struct account_id *account_id,
                                     const struct ed25519_public_key *p2p_key, bool fresh,
                                     struct onboarding_view *out);

/* One step at `now_ms` (monotonic). Returns the actions, a set of enum onboarding_action. An event that means
 * nothing in this stage changes nothing. */
unsigned onboarding_step(struct onboarding *machine, const struct onboarding_event *event, uint64_t now_ms);

/* Milliseconds from now_ms until EVENT_TIMER is due; ONBOARDING_NEVER when no timer is set. */
uint64_t onboarding_due_ms(const struct onboarding *machine, uint64_t now_ms);

/* Stable words ("await_shares", "paused", "idle"), and for a situation what it means and what to do next. */
const char *onboarding_stage_name(enum onboarding_stage stage);
const char *onboarding_situation_name(enum onboarding_situation situation);
const char *onboarding_situation_text(enum onboarding_situation situation);
const char *onboarding_stage_text(enum onboarding_stage stage);
const char *node_status_name(enum node_status status);

/* Both tables as text, one row a line, for documents and tests. NO_MEMORY. */
MUST_USE result_t onboarding_print_tables(struct bytes *out);

#endif
