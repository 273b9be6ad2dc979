/* What the calls against a model reached of the table in rows.c. Fixed-size bitmaps, derived from the table:
 * whoever wants to know hands one to a model, and reads it or adds it to another afterwards. */
#ifndef MPC_CONTRACT_SIM_MODEL_COVERAGE_H
#define MPC_CONTRACT_SIM_MODEL_COVERAGE_H

#include <stdbool.h>
#include <stddef.h>

#include "common/outcome.h"

struct model;
struct coverage;

/* What is counted. A row is a method; it is reached when a call of it succeeds. */
enum coverage_kind {
    COVERAGE_ROW,
    COVERAGE_GUARD_HELD,    /* in any row */
    COVERAGE_GUARD_REFUSED, /* in any row */
    COVERAGE_ERROR,         /* every fault of faults.def, MethodNotFound and ProhibitedInView */
    COVERAGE_ARGUMENTS_REFUSED,
    COVERAGE_ROW_GUARD_HELD,
    COVERAGE_ROW_GUARD_REFUSED,
    COVERAGE_ROW_PAIR, /* one call and the next, both successful */
    COVERAGE_KINDS
};

/* One thing to reach. The texts are static. */
struct coverage_item {
    const char *name;  /* the row, the guard, or the error's enum path; of a pair the first row */
    const char *other; /* the guard in a row, a pair's second row, an error's text; else NULL */
    bool reached;
};

/* Nothing reached. NO_MEMORY; release with coverage_free(). */
MUST_USE result_t coverage_new(struct coverage **out);
void coverage_free(struct coverage *coverage);
/* CLEANUP(coverage_free_ptr). */
void coverage_free_ptr(struct coverage **coverage);

/* Have every call and view of `model` recorded in `coverage` from now on, as a sequence of its own: the first
 * row makes no pair with what was called before. Set the rules first: the rows that exist under them are
 * there to be reached. NULL ends the recording. The coverage is borrowed and outlives the model or the
 * recording. */
void model_coverage_set(struct model *model, struct coverage *coverage);

/* Forget what was reached, and keep what there is to be reached. */
void coverage_forget(struct coverage *coverage);
/* Add what `other` reached, and what was there to be reached for it. */
void coverage_merge(struct coverage *into, const struct coverage *other);

/* The items of a kind, in the order of the table, one per call: *cursor begins at 0 and is the caller's to
 * keep. False past the last.
 *
 * Only rows that exist under the rules of one of the recorded models count, the guards that stand in such a
 * row, and the errors of those guards. Of pairs those count whose second row may run in a phase of the
 * protocol in which the first can leave it; views change nothing, are in no pair and do not come between two
 * calls. */
bool coverage_next(const struct coverage *coverage, enum coverage_kind kind, size_t *cursor,
                   struct coverage_item *out);

#endif
