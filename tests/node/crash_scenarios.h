/* What the node's store may be doing when the machine stops, recorded from the real store in a real folder. */
#ifndef MPC_TESTS_CRASH_SCENARIOS_H
#define MPC_TESTS_CRASH_SCENARIOS_H

#include "tests/node/crash_state.h"
#include "tests/support/disk_log.h"

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
    bool mends;     /* only a Rust node's home: what that node left is old enough to be mended, and told of */
};
extern const struct crash_scenario crash_scenarios[];
extern const size_t crash_scenarios_count;
const struct crash_scenario *crash_scenario(const char *name);

/* A store, and where its map has a size of its own, its records. */
struct crash_opened {
    struct records *records;
    struct store *store;
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

/* Open the store of a home as the scenario does. */
MUST_USE result_t crash_open(const struct crash_recording *recording, const char *home,
                             struct crash_opened *out, struct error *err);
void crash_close(struct crash_opened *opened);

/* Key shares that are newer than those of all scenarios. */
MUST_USE result_t crash_put_next(struct store *store, struct error *err);

#endif
