/* What the node's store may be doing when the machine stops, recorded from the real store in a real folder, and
 * the judgement of what is found afterwards. */
#ifndef MPC_TESTS_CRASH_SCENARIOS_H
#define MPC_TESTS_CRASH_SCENARIOS_H

#include "node/store.h"
#include "tests/support/crash_image.h"

#define CRASH_STEPS_MAX 12

/* One operation of the store, which may be done again. */
typedef result_t crash_step(struct store *store, struct error *err);

struct crash_scenario {
    const char *name;
    /* The first one opens the store, in an empty home. */
    crash_step *steps[CRASH_STEPS_MAX + 1];
    size_t settled; /* steps that are long ago: what they did is certain */
    size_t domains; /* of each keyset; 0: three */
    bool grows;     /* the map of the migration store begins so small that it has to grow */
};
extern const struct crash_scenario crash_scenarios[];
extern const size_t crash_scenarios_count;
const struct crash_scenario *crash_scenario(const char *name);

/* What the store has to say, part by part. */
enum crash_part { CRASH_STORED, CRASH_EPOCHS, CRASH_ATTEMPTS, CRASH_KEPT, CRASH_RECEIPTS, CRASH_PARTS };
struct crash_state {
    struct bytes parts[CRASH_PARTS];
};

/* A scenario as it ran. The log tells the end of each step; states[n] is after n steps. */
struct crash_recording {
    const struct crash_scenario *scenario;
    enum store_kind kind;
    size_t steps;
    size_t from; /* operations of the steps that are settled */
    struct disk_log log;
    struct crash_state states[CRASH_STEPS_MAX + 1];
};
void crash_record(const struct crash_scenario *scenario, enum store_kind kind, struct crash_recording *out);
void crash_recording_free(struct crash_recording *recording);

/* What a crash left: how many steps had been told by then. */
struct crash_left {
    const struct crash_recording *recording;
    size_t told;
    size_t repeats; /* a step may have been done so many times more, each delivery with a receipt */
};

/* Open the home, do the step again that was interrupted, and those behind it, recording into `log` (what it
 * holds is what the log says), which tells the end of each. False with the reason in `why`. */
bool crash_go_on(const struct crash_left *left, const char *home, struct disk_log *log,
                 char why[CRASH_WHY_MAX]);

/* A crash_judge; the context is a struct crash_left. The home opens without complaint, holds what was told, and
 * of the interrupted step nothing or all; that step can be done again; and what it stored stays when newer key
 * shares come. */
bool crash_judge_store(const char *home, const void *left, char why[CRASH_WHY_MAX]);

#endif
