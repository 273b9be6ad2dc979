/* RPC sources over the simulated chain, and a node's lines to them. A call takes time, in which everybody
 * else goes on, and comes to grief as the weather has it. */
#ifndef MPC_TESTS_SIMULATION_RPC_SIDE_H
#define MPC_TESTS_SIMULATION_RPC_SIDE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/os/rpc.h"
#include "tests/system/simulation/chain_side.h"
#include "tests/system/simulation/dice.h"
#include "tests/system/simulation/faults.h"
#include "tests/system/simulation/trace.h"

#define SOURCES_MAX 3
/* Bytes that a source took and has not handed on yet. */
#define SOURCE_HELD_MAX 16

/* What all sources have in common. */
struct rpc_world {
    struct chain_side *chain;
    struct schedule *schedule;
    struct dice *dice;
    struct faults *faults;
    struct trace *trace;
    /* A transaction leaves a node, whatever becomes of it. */
    void (*leaves)(void *context, size_t node, const void *signed_tx, size_t len);
    void *context;
};

struct source;

struct held_tx {
    struct bytes bytes;
    uint8_t hash[SHA256_LEN];
};

struct source {
    struct rpc_world *world;
    char name[16];
    uint64_t down_until_ms;
    bool hangs; /* while it is down it lets callers wait */
    uint64_t lags_until_ms;
    unsigned lag;  /* blocks behind the others */
    bool lies;     /* for now: other keys stand in migration_info */
    bool flatters; /* tells every node that it is the listed one */
    struct held_tx held[SOURCE_HELD_MAX];
};

/* One thread's client. The base comes first. */
struct line {
    struct rpc base;
    struct source *source;
    size_t node; /* whose it is, for `leaves` */
    const char *who;
    bool aborted;
    bool *busy; /* set while a call is under way; NULL: nobody asks */
};

void source_init(struct source *source, struct rpc_world *world, size_t number);
void source_free(struct source *source);
/* Nothing is wrong with it any more. */
void source_heal(struct source *source);

void line_open(struct line *line, struct source *source, size_t node, const char *who);

/* ---- for rpc_send.c ---- */

/* Let a call take its time. RPC_* where it comes to grief; SHUTTING_DOWN when the line was aborted
 * meanwhile. */
MUST_USE result_t line_pass(struct line *line, struct error *err);
MUST_USE result_t line_wait(struct line *line, uint64_t ms, struct error *err);
result_t line_send_tx(struct rpc *rpc, const void *signed_tx, size_t len, enum rpc_wait wait,
                      struct rpc_tx *out, struct error *err);
result_t line_tx_status(struct rpc *rpc, const uint8_t hash[SHA256_LEN], const char *signer_id,
                        enum rpc_wait wait, struct rpc_tx *out, struct error *err);

#endif
