/* Is what a crash left of a scenario as it should be? */
#ifndef MPC_TESTS_CRASH_JUDGE_H
#define MPC_TESTS_CRASH_JUDGE_H

#include "tests/node/crash_scenarios.h"
#include "tests/support/crash_image.h"

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
