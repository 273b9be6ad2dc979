#include "tests/system/simulation/campaign.h"

#include <ftw.h>
#include <inttypes.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "tests/system/simulation/life.h"
#include "tests/system/simulation/must.h"

#define DIR_MAX    128
#define RING_BYTES (1024 * 1024)

/* ---- folders for LMDB ---- */

/* In memory where there is such a place: syncs of a real disk would be most of the time. */
static void make_dir(char dir[DIR_MAX])
{
    const char *wanted = getenv("TMPDIR");
    const char *base = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : wanted ? wanted : "/tmp";
    snprintf(dir, DIR_MAX, "%.90s/mpc-simulate-XXXXXX", base);
    must_be(mkdtemp(dir) != NULL);
}

static int remove_one(const char *path, const struct stat *stat, int flag, struct FTW *walk)
{
    (void)stat, (void)flag, (void)walk;
    return remove(path);
}

static void remove_dir(const char *dir)
{
    must_be(nftw(dir, remove_one, 16, FTW_DEPTH | FTW_PHYS) == 0);
}

/* ---- seeds ---- */

static void add_up(const struct simulated *world, struct campaign_totals *out)
{
    out->seeds++;
    out->on_lmdb += world->plan.lmdb_dir ? 1 : 0;
    out->steps += world->trace.steps;
    out->simulated_ms += world->schedule.now_ms;
    out->crashes += world->crashes;
    out->concluded += world->concluded;
    out->audits += world->ledger.checks;
    out->calls += world->chain.calls;
    for (size_t i = 0; i < FAULT_COUNT; i++)
        out->struck[i] += world->faults.struck[i];
}

static bool is_on_lmdb(const struct campaign *campaign, uint64_t seed)
{
    return campaign->store == CAMPAIGN_LMDB ||
           (campaign->store == CAMPAIGN_SHARE && seed % CAMPAIGN_LMDB_SHARE == 0);
}

static bool run_seed(struct simulated *world, const struct campaign *campaign, uint64_t seed,
                     struct campaign_totals *out)
{
    char dir[DIR_MAX] = "";
    struct world_plan plan = life_plan(seed);
    plan.trace = campaign->trace;
    if (is_on_lmdb(campaign, seed)) {
        make_dir(dir);
        plan.lmdb_dir = dir;
    }
    world_open(world, &plan);
    life_run(world);
    add_up(world, out);
    if (world->failed)
        printf("seed %" PRIu64 ", step %" PRIu64 ": %s\nagain: tests/system/simulate --seed %" PRIu64
               " --trace%s\n",
               seed, world->trace.steps, world->failure, seed, plan.lmdb_dir ? " --store lmdb" : "");
    if (campaign->digests && seed <= campaign->digests_last)
        fprintf(campaign->digests, "%" PRIu64 " %016" PRIx64 "\n", seed, world->trace.digest);
    bool failed = world->failed;
    world_close(world);
    if (dir[0])
        remove_dir(dir);
    return !failed;
}

static double cpu_s(void)
{
    return (double)clock() / CLOCKS_PER_SEC;
}

bool campaign_run(const struct campaign *campaign, struct campaign_totals *out)
{
    struct simulated *world = malloc(sizeof *world);
    double begun_s = cpu_s();
    bool holds = true;
    must_be(world != NULL);
    /* A chain's ring of blocks is large and nearly empty: fresh pages are cheaper than clearing old ones. */
    (void)!mallopt(M_MMAP_THRESHOLD, RING_BYTES);
    *out = (struct campaign_totals){0};
    for (uint64_t seed = campaign->first; seed <= campaign->last && holds; seed++)
        holds = run_seed(world, campaign, seed, out);
    out->cpu_s = cpu_s() - begun_s;
    free(world);
    cast_free();
    return holds;
}

void campaign_report(const struct campaign_totals *totals, FILE *out)
{
    double days = (double)totals->simulated_ms / 86400e3;
    double per_minute = totals->cpu_s > 0 ? days / 365.25 * 60 / totals->cpu_s : 0;
    fprintf(out,
            "%" PRIu64 " seeds, %" PRIu64 " of them on LMDB; %" PRIu64
            " steps; %.0f days in %.1f s of CPU time, "
            "%.0f years in a CPU minute\n",
            totals->seeds, totals->on_lmdb, totals->steps, days, totals->cpu_s, per_minute);
    fprintf(out,
            "%" PRIu64 " migrations concluded, %" PRIu64 " crashes, %" PRIu64
            " looks at what a disk holds, %" PRIu64 " calls of operators and members\n",
            totals->concluded, totals->crashes, totals->audits, totals->calls);
    fputs("faults:", out);
    for (size_t i = 0; i < FAULT_COUNT; i++)
        fprintf(out, "%s %s %" PRIu64, i ? "," : "", fault_name((enum fault)i), totals->struck[i]);
    fputs("\n", out);
}
