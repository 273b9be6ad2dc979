/* The whole system in virtual time: old node, new node, backup service, operators and contract in one
 * process, all from one seed (docs/simulation.md).
 *
 *   simulate                       as many seeds as SIMULATION_SEEDS says
 *   simulate --seeds FIRST..LAST   these
 *   simulate --seed N              one; with --trace a line for each step, with --log what the programs log
 *   --store share|memory|lmdb      where stores lie: in memory but for one seed in sixteen, or all one way
 *   --digests FILE                 the digest of each seed's trace, a line each */
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "common/os/log.h"
#include "tests/system/simulation/campaign.h"

#define SEEDS_DEFAULT 1000
/* What a run without arguments leaves behind for other builds to compare with. */
#define DIGEST_FILE  "tests/system/simulation.digests"
#define DIGEST_SEEDS 20

static int usage(void)
{
    fputs("usage: simulate [--seed N [--trace] [--log] | --seeds FIRST..LAST] [--store share|memory|lmdb] "
          "[--digests FILE]\n",
          stderr);
    return 2;
}

static bool read_number(const char *text, uint64_t *out)
{
    char *end;
    *out = strtoull(text, &end, 10);
    return *text && !*end;
}

static bool read_range(char *text, struct campaign *out)
{
    char *dots = strstr(text, "..");
    if (!dots)
        return false;
    *dots = 0;
    return read_number(text, &out->first) && read_number(dots + 2, &out->last) && out->first <= out->last;
}

static bool read_store(const char *text, enum campaign_store *out)
{
    static const char *const words[] = {
        [CAMPAIGN_SHARE] = "share", [CAMPAIGN_MEMORY] = "memory", [CAMPAIGN_LMDB] = "lmdb"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcmp(words[i], text) == 0) {
            *out = (enum campaign_store)i;
            return true;
        }
    return false;
}

static bool read_option(int option, struct campaign *campaign, bool *log)
{
    switch (option) {
    case 's':
        campaign->last = 0;
        if (!read_number(optarg, &campaign->first))
            return false;
        campaign->last = campaign->first;
        return true;
    case 'r':
        return read_range(optarg, campaign);
    case 't':
        campaign->trace = stdout;
        return true;
    case 'l':
        *log = true;
        return true;
    case 'o':
        return read_store(optarg, &campaign->store);
    case 'd':
        campaign->digests = fopen(optarg, "w");
        return campaign->digests != NULL;
    default:
        return false;
    }
}

static FILE *open_digests(void)
{
    char path[PATH_MAX];
    const char *dir = getenv("top_builddir");
    snprintf(path, sizeof path, "%s/" DIGEST_FILE, dir ? dir : ".");
    return dir ? fopen(path, "w") : NULL;
}

/* The programs' log, with the real time in it, is no part of a trace. */
static void open_log(bool shown)
{
    log_init(LOG_FORMAT_PLAIN, shown ? LOG_LEVEL_DEBUG : LOG_LEVEL_ERROR);
    if (!shown)
        log_set_fd(open("/dev/null", O_WRONLY | O_CLOEXEC));
}

int main(int argc, char **argv)
{
    static const struct option options[] = {{"seed", required_argument, NULL, 's'},
                                            {"seeds", required_argument, NULL, 'r'},
                                            {"trace", no_argument, NULL, 't'},
                                            {"log", no_argument, NULL, 'l'},
                                            {"store", required_argument, NULL, 'o'},
                                            {"digests", required_argument, NULL, 'd'},
                                            {0}};
    struct campaign campaign = {.first = 1, .last = SEEDS_DEFAULT, .digests_last = UINT64_MAX};
    struct campaign_totals totals;
    const char *wanted = getenv("SIMULATION_SEEDS");
    bool log = false;
    int option;
    if (wanted && !read_number(wanted, &campaign.last))
        return usage();
    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1)
        if (!read_option(option, &campaign, &log))
            return usage();
    if (optind < argc)
        return usage();
    if (argc == 1) {
        campaign.digests = open_digests();
        campaign.digests_last = DIGEST_SEEDS;
    }
    open_log(log);
    bool holds = campaign_run(&campaign, &totals);
    campaign_report(&totals, stdout);
    if (campaign.digests && fclose(campaign.digests) != 0)
        return 1;
    return holds ? 0 : 1;
}
