/* A node: the poll, the onboarding runner, the store, the door and the routes of mpc-migrationd, in virtual
 * time. What would be threads there are events here; a process that crashes loses all but its disk. */
#ifndef MPC_TESTS_SIMULATION_NODE_SIDE_H
#define MPC_TESTS_SIMULATION_NODE_SIDE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "node/answer.h"
#include "node/chain_poll.h"
#include "node/onboarding_runner.h"
#include "node/routes.h"
#include "node/snapshot.h"
#include "node/store.h"
#include "tests/system/simulation/cast.h"
#include "tests/system/simulation/disk.h"
#include "tests/system/simulation/rpc_side.h"

struct simulated;

#define NODE_WORKERS 2

/* What of a node is gone when it crashes. */
struct process {
    struct store *store;
    struct snapshot_cell cell;
    struct line lines[2][SOURCES_MAX]; /* of the poll, of onboarding */
    struct panel *panels[2];
    struct chain_poll poll;
    struct onboarding_runner runner;
    bool staged;     /* shares were put since the last step */
    bool stepping;   /* a step of the runner is under way */
    bool step_again; /* something came meanwhile */
    bool
        dozing; /* nothing happens anywhere, and the polls are left out until shortly before something does */
    struct answerer workers[NODE_WORKERS];
    bool working[NODE_WORKERS];
};

/* Mistakes that a node must not make: tests see to it that they are found. */
enum node_sabotage {
    NODE_HONEST,
    NODE_DOES_NOT_RECHECK, /* whoever came in once is answered */
    NODE_DROPS_A_SHARE,    /* it stores a part of the shares that it made */
    NODE_NEVER_STEPS,      /* onboarding sleeps */
};

struct node {
    struct simulated *world;
    size_t number; /* account * CAST_NODES + machine */
    size_t account;
    const struct cast_node *cast;
    bool exists; /* false: nothing of it is simulated */
    struct disk disk;
    bool up;
    uint64_t incarnation; /* one more with every crash and start */
    unsigned busy;        /* frames of it on the stack */
    int64_t skew_ms;      /* of its wall clock */
    uint64_t alarm;       /* names the wake-up that counts, and the poll that does */
    uint64_t turn;
    enum node_sabotage sabotage;
    struct process process;
    bool has_process;      /* also after a crash, until it is cleared away */
    struct store *durable; /* read only: what a crash would leave */
};

void node_open(struct node *node, struct simulated *world, size_t number, const char *lmdb_dir);
void node_close(struct node *node);

/* Begin a process over what is on the disk. */
void node_start(struct node *node);
/* The process is gone; it begins again by itself after a while. */
void node_crash(struct node *node, const char *why);
/* Something may be due for onboarding: look at once. */
void node_wake(struct node *node);

/* Poll now, whatever was planned. */
void node_poll(struct node *node);

struct chain_now node_now(struct node *node);

/* Who may come in, as this node sees it now. */
result_t node_judge(struct node *node, const uint8_t *cert, size_t cert_len, struct ed25519_public_key *out);
/* Answer a request of a session with this key, as a worker does; `out` is the caller's in any case. False:
 * no answer comes: the session is cut, all workers are busy, or the machine went down meanwhile. */
bool node_answer(struct node *node, const struct ed25519_public_key *key, const struct route_request *request,
                 struct route_response *out);

/* What the operator's `keyshares import` does beside the process: the shares of a keyset that this node
 * took part in making. False: the store refused, or the machine is down. */
bool node_import(struct node *node, const struct keyset *keyset);

#endif
