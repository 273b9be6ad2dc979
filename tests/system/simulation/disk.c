#include "tests/system/simulation/disk.h"

#include <stddef.h>

#include "node/records_lmdb.h"
#include "node/store_db.h"
#include "tests/support/memory_records.h"
#include "tests/system/simulation/must.h"

#define SLOW_MS_MAX 3000

static struct records *on_disk(struct disk *disk)
{
    return disk->dir ? disk->lmdb : memory_records_of(disk->memory);
}

/* What its machine sees. */
static struct records *inner(struct disk *disk)
{
    return disk->cache ? memory_records_of(disk->cache) : on_disk(disk);
}

/* Work that is done and then not committed, whatever came of it. */
struct dropped_work {
    records_work *work;
    void *context;
    result_t result;
};

static result_t drop(struct records_txn *txn, void *context, struct error *err)
{
    struct dropped_work *dropped = context;
    dropped->result = dropped->work(txn, dropped->context, err);
    return OUTCOME_STORE_IO;
}

static result_t run_and_drop(struct disk *disk, enum records_mode mode, records_work *work, void *context,
                             struct error *err)
{
    struct dropped_work dropped = {.work = work, .context = context};
    (void)!inner(disk)->ops->run(inner(disk), mode, drop, &dropped, err);
    return dropped.result;
}

static result_t is_down(struct error *err)
{
    return error_set(err, OUTCOME_STORE_IO, "the machine is down");
}

static bool strikes(struct disk *disk, enum fault fault)
{
    return !disk->undisturbed && faults_strike(disk->faults, disk->dice, fault);
}

static result_t crash_now(struct disk *disk, struct error *err)
{
    disk_crash(disk);
    disk->crashed(disk->context);
    return is_down(err);
}

static result_t write(struct disk *disk, enum records_mode mode, records_work *work, void *context,
                      struct error *err)
{
    if (strikes(disk, FAULT_DISK_REFUSES))
        return error_set(err, OUTCOME_STORE_FULL, "no space left on device");
    if (strikes(disk, FAULT_CRASH_BEFORE_COMMIT)) {
        (void)!run_and_drop(disk, mode, work, context, err);
        return crash_now(disk, err);
    }
    if (disk->sabotage == DISK_LOSES_COMMITS)
        return run_and_drop(disk, mode, work, context, err);
    if (disk->cache && !disk->importing)
        (void)!on_disk(disk)->ops->run(on_disk(disk), mode, work, context, NULL);
    result_t result = inner(disk)->ops->run(inner(disk), mode, work, context, err);
    if (!outcome_ok(result))
        return result;
    disk->commits++;
    return strikes(disk, FAULT_CRASH_AFTER_COMMIT) ? crash_now(disk, err) : result;
}

static result_t disk_run(struct records *records, enum records_mode mode, records_work *work, void *context,
                         struct error *err)
{
    struct disk *disk = (struct disk *)records;
    if (!disk->down && strikes(disk, FAULT_DISK_SLOW)) {
        uint64_t slow_ms = dice_below(disk->dice, SLOW_MS_MAX);
        schedule_pass(disk->schedule, slow_ms);
    }
    if (disk->down)
        return is_down(err);
    if (mode == RECORDS_READ)
        return inner(disk)->ops->run(inner(disk), mode, work, context, err);
    return write(disk, mode, work, context, err);
}

static result_t durable_run(struct records *records, enum records_mode mode, records_work *work,
                            void *context, struct error *err)
{
    struct disk *disk = (struct disk *)((char *)records - offsetof(struct disk, durable));
    if (mode != RECORDS_READ)
        return error_set(err, OUTCOME_INTERNAL, "who looks at what is durable writes nothing");
    return on_disk(disk)->ops->run(on_disk(disk), mode, work, context, err);
}

/* Inside a transaction it is the inner records' own. */

static result_t inner_get(struct records_txn *txn, const char *name, const void **value, size_t *len,
                          struct error *err)
{
    return txn->records->ops->get(txn, name, value, len, err);
}

static result_t inner_put(struct records_txn *txn, const char *name, const void *value, size_t len,
                          struct error *err)
{
    return txn->records->ops->put(txn, name, value, len, err);
}

static result_t inner_remove(struct records_txn *txn, const char *name, struct error *err)
{
    return txn->records->ops->remove(txn, name, err);
}

static result_t inner_list(struct records_txn *txn, const char *first, records_visit *visit, void *context,
                           struct error *err)
{
    return txn->records->ops->list(txn, first, visit, context, err);
}

static uint64_t inner_version(struct records_txn *txn)
{
    return txn->records->ops->version(txn);
}

static const struct records_ops disk_ops = {.run = disk_run,
                                            .get = inner_get,
                                            .put = inner_put,
                                            .remove = inner_remove,
                                            .version = inner_version,
                                            .list = inner_list};
static const struct records_ops durable_ops = {.run = durable_run,
                                               .get = inner_get,
                                               .put = inner_put,
                                               .remove = inner_remove,
                                               .version = inner_version,
                                               .list = inner_list};

static void open_lmdb(struct disk *disk)
{
    must(records_lmdb_open(disk->dir, DATABASE_READ_WRITE, &store_db_size_default, &disk->lmdb, NULL));
}

void disk_open(struct disk *disk, const char *dir)
{
    disk->base.ops = &disk_ops;
    disk->durable.ops = &durable_ops;
    disk->dir = dir;
    if (disk->sabotage == DISK_FORGETS_IMPORTS)
        disk->cache = memory_records_make();
    if (dir)
        open_lmdb(disk);
    else
        disk->memory = memory_records_make();
}

void disk_close(struct disk *disk)
{
    records_lmdb_close(disk->lmdb);
    memory_records_free(disk->memory);
    memory_records_free(disk->cache);
    disk->lmdb = NULL;
    disk->memory = disk->cache = NULL;
}

void disk_crash(struct disk *disk)
{
    disk->down = true;
}

void disk_restart(struct disk *disk)
{
    if (disk->dir) {
        records_lmdb_close(disk->lmdb);
        open_lmdb(disk);
    }
    disk->down = false;
}
