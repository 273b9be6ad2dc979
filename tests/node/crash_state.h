/* What the node's store has to say, as texts that are compared before and after a crash. */
#ifndef MPC_TESTS_CRASH_STATE_H
#define MPC_TESTS_CRASH_STATE_H

#include "node/store.h"

/* What the store has to say, part by part. */
enum crash_part { CRASH_STORED, CRASH_EPOCHS, CRASH_ATTEMPTS, CRASH_KEPT, CRASH_RECEIPTS, CRASH_PARTS };
struct crash_state {
    struct bytes parts[CRASH_PARTS];
};

/* Ask the store. What it answers where something cannot be read; and a chain of receipts that is broken is
 * RECEIPT_INVALID. */
MUST_USE result_t crash_state_take(struct store *store, struct crash_state *out, struct error *err);
void crash_state_free(struct crash_state *state);

/* The part is as expected. Of receipts there may be `repeats` more, for deliveries that were repeated. */
bool crash_state_is(const struct crash_state *found, const struct crash_state *expected, enum crash_part part,
                    size_t repeats);
/* For people. */
const char *crash_state_text(const struct crash_state *state, enum crash_part part);
const char *crash_part_name(enum crash_part part);

#endif
