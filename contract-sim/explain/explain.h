/* The contract's table in words and pictures. All of it is read from the rows, guards, faults and rules of
 * the model (contract-sim/model/), nothing is kept here. Texts are appended to `out`; NO_MEMORY. */
#ifndef MPC_CONTRACT_SIM_EXPLAIN_EXPLAIN_H
#define MPC_CONTRACT_SIM_EXPLAIN_EXPLAIN_H

#include <stddef.h>

#include "common/bytes.h"
#include "common/outcome.h"

/* Under which rules the table is explained. */
struct explain_options {
    const char *profile;      /* NULL: under none in particular; what a rule decides is said as such */
    const char *const *rules; /* "NAME=VALUE", over those of the profile, which is then design if NULL */
    size_t rule_count;
};

/* One method, or all of them where `method` is NULL, for a terminal. CONFIG_INVALID for an unknown profile or
 * rule; USAGE for an unknown method, with the nearest name. */
MUST_USE result_t explain_text(const char *method, const struct explain_options *options, struct bytes *out,
                               struct error *err);
/* The same as JSON: an array with an object per method,
 * {"method","exists","kind","payable","does","returns",
 * "phases","leads_to","profiles","caller","checks":[{"guard","says","asked","rule","error","text"}],
 * "rules":[{"name","value","says"}]}. The check without a guard is the reading of the arguments; a rule's
 * value is null without a profile. */
MUST_USE result_t explain_json(const char *method, const struct explain_options *options, struct bytes *out,
                               struct error *err);
/* docs/contract.md: the state machine, the rules of the profiles, all methods and the errors, as Markdown. */
MUST_USE result_t explain_page(struct bytes *out);

/* The phases of the protocol with an edge per row that leads from one to another. */
enum diagram_format { DIAGRAM_MERMAID, DIAGRAM_DOT };
MUST_USE result_t diagram_write(enum diagram_format format, struct bytes *out);

#endif
