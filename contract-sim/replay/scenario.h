/* Files of the exact format mpc-scenario/1 (contract.md 6), parsed and checked in form. */
#ifndef MPC_CONTRACT_SIM_REPLAY_SCENARIO_H
#define MPC_CONTRACT_SIM_REPLAY_SCENARIO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/account_id.h"
#include "common/json.h"
#include "common/near_tx.h"
#include "common/outcome.h"

/* The contract's account in scenarios (contract.md 6). */
#define REPLAY_CONTRACT_ID "mpc.near"

#define SCENARIO_BYTES_MAX (16u * 1024 * 1024)
#define SCENARIO_STEPS_MAX 100000u
/* Blocks or seconds of one step: all steps together stay far below 2^64. */
#define SCENARIO_ADVANCE_MAX  1000000000000ull
#define SCENARIO_RULES_MAX    32u
#define SCENARIO_PROFILES_MAX 8u
/* A height, or a time in seconds, to begin with: all advances together stay below 2^64. */
#define SCENARIO_START_MAX 1000000000000000000ull

enum step_kind { STEP_CALL, STEP_VIEW, STEP_ADVANCE };

/* Texts and JSON values are borrowed from the scenario. */
struct scenario_step {
    enum step_kind kind;
    size_t line;        /* of the authored source, for reports; 0: there is none */
    const char *method; /* of a call or view */
    struct json_object *args;
    struct json_object *expect; /* an object; with "by_profile", one object per profile */
    /* of a call */
    struct account_id signer;
    struct account_id predecessor;
    struct near_public_key signer_public_key;
    struct u128 deposit;
    const char *args_base64; /* the very bytes of the arguments, in place of `args`; or NULL */
    /* of a view; "" is the whole value */
    const char *pointer;
    /* of an advance: one of them is 0; or `apart`: the clock moves by `seconds`, and the blocks take no time */
    uint64_t blocks;
    uint64_t seconds;
    bool apart;
};

struct scenario {
    struct json_object *root; /* owned */
    const char *id;
    const char *title;
    struct json_object *genesis;
    uint64_t block_height;
    uint64_t block_time_s;
    /* What is ours alone. In the genesis: "contract_id" (by default REPLAY_CONTRACT_ID), and whatever
     * model_genesis() takes. Beside it: "profiles", those that the scenario is for; "rules", a list of "NAME=VALUE" to set on top of the profile, and
     * "launcher_template", the text of the launcher's compose file (contract.md 0.2, 3.5). In steps: of a call
     * "args_base64"; an "advance" with both "blocks" and "seconds". */
    struct account_id contract_id;
    struct json_object *profiles; /* an array of names, or NULL: all */
    const char *rules[SCENARIO_RULES_MAX];
    size_t rule_count;
    const char *launcher_template; /* NULL: none */
    size_t launcher_template_len;
    struct scenario_step *steps; /* owned */
    size_t step_count;
    struct json_object *final; /* "final" or NULL: per profile {"migration_info":..,"state":..} */
};

/* Read a scenario from the text of a file, which need not outlive the call. What json_parse() returns, and
 * SCENARIO_MALFORMED where the form is wrong; `err` names line and column. Release with scenario_free(). */
MUST_USE result_t scenario_parse(const char *text, size_t len, struct scenario *out, struct error *err);
void scenario_free(struct scenario *scenario);

/* Whether the scenario is for the profile. */
bool scenario_is_for(const struct scenario *scenario, const char *profile);

/* The expectation for a profile: `expect`, or its entry under "by_profile"; NULL when
 * it says nothing of this profile. */
struct json_object *scenario_expectation(struct json_object *expect, const char *profile);

#endif
