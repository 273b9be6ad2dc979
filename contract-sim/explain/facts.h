/* What can be told of a row from the table. Inside contract-sim/explain/ only. */
#ifndef MPC_CONTRACT_SIM_EXPLAIN_FACTS_H
#define MPC_CONTRACT_SIM_EXPLAIN_FACTS_H

#include "contract-sim/explain/explain.h"
#include "contract-sim/model/call.h"

#define FACTS_CHECKS_MAX (2 * WRAPPER_GUARDS_MAX + METHOD_GUARDS_MAX + 1)
/* Stands among the guards of a row for the reading of its arguments. */
#define FACTS_ARGUMENTS GUARD_COUNT

struct facts {
    uint8_t checks[FACTS_CHECKS_MAX]; /* enum guard_id or FACTS_ARGUMENTS, in check order */
    size_t check_count;
    uint32_t phases;       /* in which a call is not refused for the phase alone */
    bool asks[RULE_COUNT]; /* the rules that decide over something here */
};

/* All of it. */
struct facts facts_of(const struct method *method);

/* The guard's name, what it asks for, and with what it refuses. */
const char *facts_check_name(uint8_t check);
const char *facts_check_says(uint8_t check);
enum fault_id facts_check_fault(uint8_t check);
/* The rule that switches a check on, or RULE_ALWAYS. */
enum rule facts_check_rule(uint8_t check);

/* "call", "view", ... */
const char *facts_kind(const struct method *method);
const char *facts_deposit(const struct method *method);
const char *facts_returns(const struct method *method);

/* A fault's text on one line: {method} filled in, other {words} as they stand, line breaks as \n. */
MUST_USE result_t facts_fault_write(enum fault_id fault, const struct method *method, struct bytes *out);

/* "Running, Resharing": names of the phases in a set. */
MUST_USE result_t facts_phases_write(uint32_t phases, struct bytes *out);
/* "v3.14, v3.14+cancel": the profiles in which a rule is set. */
MUST_USE result_t facts_profiles_write(enum rule rule, struct bytes *out);

/* The rules under which something is explained. */
struct facts_rules {
    const struct explain_options *options;
    const char *profile; /* NULL: none in particular, and every rule is as good as set */
    struct rules rules;
};

MUST_USE result_t facts_rules_of(const struct explain_options *options, struct facts_rules *out,
                                 struct error *err);
bool facts_is_asked(const struct facts_rules *rules, uint8_t check);
/* Whether a check is asked, and asks who calls. */
bool facts_is_about_caller(const struct facts_rules *rules, uint8_t check);

/* The row of a method, whatever the rules; USAGE with the nearest name. */
MUST_USE result_t facts_method(const char *name, const struct method **out, struct error *err);

#endif
