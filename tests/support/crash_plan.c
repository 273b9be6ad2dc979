#include "tests/support/crash_plan.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/support.h"

#define MILLION 1000000u
/* Samples that are drawn for one that was not tried before. */
#define DRAWS_MAX 8

/* Hashes of what was tried; open addressing. */
struct tried {
    uint64_t *hashes;
    size_t cap, count;
};

struct planning {
    const struct disk_log *log;
    crash_visit *visit; /* NULL: count only */
    void *context;
    struct crash_counts *counts;
    struct tried tried;
    uint64_t state;      /* of the generator */
    uint64_t prefix_ppm; /* how many of a million prefixes are tried */
    uint64_t subset_ppm; /* ... and subsets */
    size_t samples;      /* at each prefix that has some */
    size_t sampled;      /* prefixes that have */
};

static bool put_hash(struct tried *tried, uint64_t hash)
{
    for (size_t at = hash & (tried->cap - 1);; at = (at + 1) & (tried->cap - 1)) {
        if (tried->hashes[at] == hash)
            return false;
        if (tried->hashes[at] == 0) {
            tried->hashes[at] = hash;
            tried->count++;
            return true;
        }
    }
}

/* False where it is there already. */
static bool is_first(struct tried *tried, uint64_t hash)
{
    if (2 * tried->count >= tried->cap) {
        struct tried old = *tried;
        *tried = (struct tried){.cap = old.cap ? 2 * old.cap : 1024};
        tried->hashes = calloc(tried->cap, sizeof *tried->hashes);
        ck_assert_ptr_nonnull(tried->hashes);
        for (size_t i = 0; i < old.cap; i++) {
            if (old.hashes[i])
                put_hash(tried, old.hashes[i]);
        }
        free(old.hashes);
    }
    return put_hash(tried, hash ? hash : 1);
}

/* FNV-1a */
static uint64_t hash_bytes(uint64_t hash, const void *data, size_t len)
{
    const uint8_t *at = data;
    for (size_t i = 0; i < len; i++)
        hash = (hash ^ at[i]) * 0x100000001b3u;
    return hash;
}

static uint64_t hash_of(const struct disk_log *left, size_t told)
{
    uint64_t hash = hash_bytes(0xcbf29ce484222325u, &told, sizeof told);
    for (size_t i = 0; i < left->count; i++) {
        const struct disk_op *op = &left->ops[i];
        uint64_t numbers[] = {op->kind, op->node, op->folder, op->old_folder, op->offset, op->len};
        hash = hash_bytes(hash, numbers, sizeof numbers);
        hash = hash_bytes(hash, op->name, sizeof op->name);
        hash = hash_bytes(hash, op->data, op->len);
    }
    return hash;
}

/* False where it leaves what another crash has left before. */
static bool try(struct planning *planning, struct disk_crash *crash)
{
    struct disk_log left;
    crash->seed = test_random(&planning->state);
    disk_log_after_power_failure(planning->log, crash, &left);
    bool first = is_first(&planning->tried, hash_of(&left, disk_log_told(planning->log, crash->prefix)));
    planning->counts->images += first;
    if (first && planning->visit)
        planning->visit(planning->log, crash, &left, planning->context);
    disk_log_free(&left);
    return first;
}

/* The last operation, where it is a change, is there in all that is new at this prefix: without it, the crash
 * was tried at the prefix before. After a sync nothing is new but that less can be lost. */
static size_t choices(const struct disk_log *log, const struct disk_crash *crash)
{
    enum disk_kind last = crash->prefix ? log->ops[crash->prefix - 1].kind : DISK_TOLD;
    if (last == DISK_SYNC || crash->count == 0)
        return 0;
    return last == DISK_TOLD ? crash->count : crash->count - 1;
}

static void try_prefix(struct planning *planning, size_t free_count, struct disk_crash *crash)
{
    planning->counts->prefixes++;
    memset(crash->fates, '1', crash->count);
    try(planning, crash);
    memset(crash->fates, '0', free_count);
    try(planning, crash);
}

static void try_subsets(struct planning *planning, size_t free_count, struct disk_crash *crash)
{
    uint32_t end = (1u << free_count) - 1;
    for (uint32_t subset = 1; subset < end; subset++) {
        planning->counts->subsets_in_all++;
        if (test_random(&planning->state) % MILLION >= planning->subset_ppm)
            continue;
        for (size_t i = 0; i < free_count; i++)
            crash->fates[i] = subset >> i & 1 ? '1' : '0';
        planning->counts->subsets++;
        try(planning, crash);
    }
}

static bool may_tear(const struct disk_log *log, const struct disk_crash *crash)
{
    for (size_t i = 0; i < crash->count; i++) {
        const struct disk_op *op = &log->ops[crash->pending[i]];
        if (op->kind == DISK_WRITE && op->len > 512)
            return true;
    }
    return false;
}

static void draw(struct planning *planning, struct disk_crash *crash)
{
    static const char of_write[] = "10ttth";
    for (size_t i = 0; i < crash->count; i++) {
        bool write = planning->log->ops[crash->pending[i]].kind == DISK_WRITE;
        uint64_t drawn = test_random(&planning->state);
        crash->fates[i] = write ? of_write[drawn % (sizeof of_write - 1)] : (char)('0' + drawn % 2);
    }
}

static void try_samples(struct planning *planning, struct disk_crash *crash)
{
    for (size_t i = 0; i < planning->samples; i++) {
        bool first = false;
        for (int draws = 0; !first && draws < DRAWS_MAX; draws++) {
            draw(planning, crash);
            first = try(planning, crash);
        }
        planning->counts->samples += first;
    }
}

static void plan_at(struct planning *planning, size_t prefix)
{
    struct disk_crash crash;
    disk_crash_at(planning->log, prefix, &crash);
    size_t free_count = choices(planning->log, &crash);
    bool synced = prefix > 0 && planning->log->ops[prefix - 1].kind == DISK_SYNC;
    try_prefix(planning, free_count, &crash);
    memset(crash.fates, '1', crash.count);
    if (free_count > 0 && free_count <= CRASH_SUBSET_MAX)
        try_subsets(planning, free_count, &crash);
    if (synced || (free_count <= CRASH_SUBSET_MAX && !may_tear(planning->log, &crash)))
        return;
    planning->sampled++;
    try_samples(planning, &crash);
}

static void plan_all(struct planning *planning, size_t from)
{
    for (size_t prefix = from; prefix <= planning->log->count; prefix++) {
        if (test_random(&planning->state) % MILLION < planning->prefix_ppm)
            plan_at(planning, prefix);
    }
}

void crash_plan_run(const struct disk_log *log, size_t from, const struct crash_plan *plan,
                    crash_visit *visit, void *context, struct crash_counts *counts)
{
    struct crash_counts possible = {0};
    struct planning counting = {.log = log, .counts = &possible, .state = plan->seed, .prefix_ppm = MILLION};
    struct planning trying = counting;
    trying.visit = visit;
    trying.context = context;
    trying.counts = counts;
    plan_all(&counting, from);
    if (plan->images < possible.images && !plan->every_prefix)
        trying.prefix_ppm = plan->images * MILLION / possible.images;
    size_t room = plan->images > possible.images ? plan->images - possible.images : 0;
    /* A quarter is for what no subset shows, and so is what the subsets leave of the rest. */
    size_t subsets = counting.sampled ? room - room / 4 : room;
    if (subsets > possible.subsets_in_all)
        subsets = possible.subsets_in_all;
    if (possible.subsets_in_all)
        trying.subset_ppm = subsets * MILLION / possible.subsets_in_all;
    if (counting.sampled && room > 0)
        trying.samples = (room - subsets) / counting.sampled + 1;
    plan_all(&trying, from);
    free(counting.tried.hashes);
    free(trying.tried.hashes);
}

void crash_plan_sample(const struct disk_log *log, size_t from, const struct crash_plan *plan,
                       crash_visit *visit, void *context, struct crash_counts *counts)
{
    struct planning planning = {
        .log = log, .visit = visit, .context = context, .counts = counts, .state = plan->seed};
    for (size_t i = 0; i < plan->images; i++) {
        struct disk_crash crash;
        disk_crash_at(log, from + test_random(&planning.state) % (log->count + 1 - from), &crash);
        draw(&planning, &crash);
        counts->samples += try(&planning, &crash);
    }
    free(planning.tried.hashes);
}

void crash_format(const struct disk_crash *crash, char out[CRASH_TEXT_MAX])
{
    snprintf(out, CRASH_TEXT_MAX, "%zu:%.*s:%" PRIx64, crash->prefix, (int)crash->count, crash->fates,
             crash->seed);
}

bool crash_parse(const char *text, const struct disk_log *log, struct disk_crash *out)
{
    char *fates, *end;
    size_t prefix = strtoull(text, &fates, 10);
    if (*fates != ':' || prefix > log->count)
        return false;
    disk_crash_at(log, prefix, out);
    size_t count = strspn(++fates, "01th");
    if (count != out->count || fates[count] != ':')
        return false;
    memcpy(out->fates, fates, count);
    out->seed = strtoull(fates + count + 1, &end, 16);
    return *end == 0;
}
