/* Which crashes of a log are tried: after every operation, with everything there and with nothing that is not
 * certain; all subsets where at most CRASH_SUBSET_MAX operations are pending; and seeded samples beyond, with
 * torn and hollow writes. Where the budget has no room for all of the first or the second, the seed chooses. */
#ifndef MPC_TESTS_SUPPORT_CRASH_PLAN_H
#define MPC_TESTS_SUPPORT_CRASH_PLAN_H

#include "tests/support/disk_log.h"

#define CRASH_SUBSET_MAX 6

struct crash_plan {
    size_t images;     /* so many are wanted, about */
    bool every_prefix; /* however few are wanted */
    uint64_t seed;
};

struct crash_counts {
    size_t images;
    size_t prefixes;
    size_t subsets; /* of those below */
    size_t subsets_in_all;
    size_t samples;
};

/* `left` is what there is after the crash. */
typedef void crash_visit(const struct disk_log *log, const struct disk_crash *crash,
                         const struct disk_log *left, void *context);

/* Visit crashes after `from` operations or more, no two of which leave the same when the same was told. Adds to
 * `counts`. */
void crash_plan_run(const struct disk_log *log, size_t from, const struct crash_plan *plan,
                    crash_visit *visit, void *context, struct crash_counts *counts);

/* Visit `plan->images` crashes at prefixes and with fates that the seed draws; the same one may come twice. */
void crash_plan_sample(const struct disk_log *log, size_t from, const struct crash_plan *plan,
                       crash_visit *visit, void *context, struct crash_counts *counts);

/* "37:10t1:5eed" and back: the crash after 37 operations, what became of each pending one, and the seed. False
 * where the log has no such crash. */
#define CRASH_TEXT_MAX (DISK_PENDING_MAX + 48)
void crash_format(const struct disk_crash *crash, char out[CRASH_TEXT_MAX]);
bool crash_parse(const char *text, const struct disk_log *log, struct disk_crash *out);

#endif
