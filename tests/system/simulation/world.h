/* One simulated world: the chain and its RPC sources, the nodes of every account, the backup services, the
 * operators, and what has to hold. All of it follows from one seed. */
#ifndef MPC_TESTS_SIMULATION_WORLD_H
#define MPC_TESTS_SIMULATION_WORLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "tests/system/simulation/chain_side.h"
#include "tests/system/simulation/client_side.h"
#include "tests/system/simulation/dice.h"
#include "tests/system/simulation/faults.h"
#include "tests/system/simulation/ledger.h"
#include "tests/system/simulation/node_side.h"
#include "tests/system/simulation/rpc_side.h"
#include "tests/system/simulation/schedule.h"
#include "tests/system/simulation/trace.h"

#define WORLD_NODES       (CAST_ACCOUNTS * CAST_NODES)
#define WORLD_FAILURE_MAX 512
#define WORLD_DIR_MAX     256

/* How a world begins. */
struct world_plan {
    uint64_t seed;
    const char *profile;       /* of the contract */
    unsigned accounts;         /* the first so many have simulated nodes and may migrate */
    size_t machines;           /* of such an account; at least 2 */
    size_t domains;            /* keys at the beginning */
    size_t sources;            /* RPC sources that every node asks */
    size_t clients;            /* backup services of an account that work at the same time */
    uint64_t poll_interval_ms; /* of every node */
    uint64_t max_view_age_ms;
    unsigned missing_keys; /* struct chain_side_start */
    const char *lmdb_dir;  /* an empty folder: the stores are LMDB in it; NULL: in memory */
    bool calm;             /* no faults, whatever the dice say */
    enum node_sabotage node_sabotage;
    enum disk_sabotage disk_sabotage;
    bool flattered; /* the last source tells every node that it is the listed one */
    FILE *trace;    /* NULL: only its digest is kept */
};

struct simulated {
    struct world_plan plan;
    struct schedule schedule;
    struct dice dice;
    struct trace trace;
    struct faults faults;
    struct chain_side chain;
    struct chain_listener listener;
    struct rpc_world rpc;
    struct source sources[SOURCES_MAX];
    struct node nodes[WORLD_NODES]; /* by account * CAST_NODES + machine */
    struct backup_service services[CAST_ACCOUNTS];
    struct exchange exchanges[EXCHANGES_MAX];
    struct ledger ledger;
    char lmdb_dirs[WORLD_NODES][WORLD_DIR_MAX];
    bool living; /* there is more to come */
    bool awake;  /* no poll is left out */
    uint64_t crashes;
    uint64_t concluded; /* migrations that the contract concluded */
    bool failed;
    char failure[WORLD_FAILURE_MAX]; /* which invariant, and how */
};

void world_open(struct simulated *world, const struct world_plan *plan);
void world_close(struct simulated *world);

/* Let so much time pass, or until something is broken. */
void world_run(struct simulated *world, uint64_t ms);
/* From now on nothing goes wrong any more; what is down comes back. */
void world_heal(struct simulated *world);

/* One line of the trace. */
void world_trace(struct simulated *world, const char *who, const char *format, ...) PRINTF_LIKE(3, 4);
/* An invariant does not hold: the first one is kept, and nothing more happens. */
void world_fail(struct simulated *world, const char *invariant, const char *format, ...) PRINTF_LIKE(3, 4);

struct node *world_node(struct simulated *world, size_t account, size_t machine);

#endif
