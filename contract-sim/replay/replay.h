/* Running scenarios against the contract model, and telling what came out. */
#ifndef MPC_CONTRACT_SIM_REPLAY_REPLAY_H
#define MPC_CONTRACT_SIM_REPLAY_REPLAY_H

#include <stdbool.h>
#include <stddef.h>

#include "common/bytes.h"
#include "common/outcome.h"
#include "contract-sim/model/model.h"
#include "contract-sim/replay/scenario.h"

/* How many differences of one run are told. */
#define REPLAY_DIFFERENCES_MAX 50
/* And how many places that a call has changed. */
#define REPLAY_CHANGES_MAX 10
/* How many blocks with pending receipts one `advance` may run. */
#define REPLAY_BLOCKS_MAX 100000

/* One thing that came out other than the scenario says. The texts are owned by the result. */
struct replay_difference {
    size_t step; /* counted from 1, as an index into "steps" plus 1; 0 for the genesis and the final views */
    size_t line; /* of the authored source; 0: there is none */
    struct bytes what; /* "call conclude_node_migration by alice.near", "final state at /Running/keyset" */
    struct bytes expected; /* in words or JSON */
    struct bytes got;
    /* Of a call: what it changed in `state` and `migration_info`, a line "VIEW at POINTER: BEFORE -> AFTER" for
     * each place; empty when it changed nothing. */
    struct bytes changes;
};

/* Zero-initialised is a run that passed. */
struct replay_result {
    struct replay_difference differences[REPLAY_DIFFERENCES_MAX];
    size_t difference_count;
    size_t more; /* differences that are only counted */
};

struct coverage;

/* What scenarios start from in place of their own genesis. */
struct replay_start {
    struct json_object *contract; /* as model_genesis() reads it */
    bool has_block_height;        /* else the scenario's height */
    uint64_t block_height;
    bool has_block_time; /* else the scenario's time */
    uint64_t block_time_s;
};

/* How to run scenarios; all is borrowed. Only `profile` is needed, the rest may be 0. */
struct replay_options {
    const char *profile;
    const char *const *rules; /* "NAME=VALUE" each, set after the scenario's own */
    size_t rule_count;
    const char *launcher_template; /* in place of the scenario's; NULL: the scenario's, or none */
    size_t launcher_template_len;
    const struct replay_start *start; /* NULL: each scenario's genesis */
    struct coverage *coverage;        /* to be told what the run reaches; NULL: none */
};

/* Run all steps in a profile, going on after a difference, and compare the final views. CONFIG_INVALID for an
 * unknown profile or rule or a template that is none, NO_MEMORY; differences are no error. Release with
 * replay_result_free(). */
MUST_USE result_t replay_run(const struct scenario *scenario, const struct replay_options *options,
                             struct replay_result *out, struct error *err);
void replay_result_free(struct replay_result *result);

/* What a step `advance` does: a block adds 1 to height and clock and runs the receipts that are pending then;
 * seconds move the clock alone (contract.md 6). NO_MEMORY. */
MUST_USE result_t replay_advance(struct model *model, struct model_state *state, uint64_t *height,
                                 uint64_t *time_s, const struct scenario_step *step);

/* Add a difference; NULL past the limit, and then it is counted. */
struct replay_difference *replay_difference_add(struct replay_result *result, size_t step);

/* Whether this is a JSON pointer (RFC 6901): "", or names that each have a / before them, and ~ as ~0 or ~1. */
bool replay_pointer_is_valid(const char *text, size_t len);

/* The value at a JSON pointer (RFC 6901), which may be null; "" is the whole. False when nothing is there. */
bool replay_pointer_get(struct json_object *root, const char *pointer, struct json_object **out);

/* Compare two JSON values that are at `pointer` of something, member order aside: one difference per place,
 * "WHAT at POINTER". */
MUST_USE result_t replay_compare_json(struct replay_result *result, size_t step, const char *what,
                                      const char *pointer, struct json_object *expected,
                                      struct json_object *got);

/* A report of several runs, appended to `out` piece by piece: begin, once per run, end. The caller sets
 * format, out and planned, and releases `cases` with bytes_free(). */
enum replay_format { REPLAY_TAP, REPLAY_JUNIT, REPLAY_JSON };

struct replay_report {
    enum replay_format format;
    struct bytes *out;
    size_t planned;     /* runs */
    struct bytes cases; /* of JUnit, whose head counts what follows */
    size_t ran;
    size_t failed;
};

MUST_USE result_t replay_report_begin(struct replay_report *report);
MUST_USE result_t replay_report_run(struct replay_report *report, const char *file,
                                    const struct scenario *scenario, const char *profile,
                                    const struct replay_result *result);
MUST_USE result_t replay_report_end(struct replay_report *report);

#endif
