#include "node/metrics.h"

#include <inttypes.h>
#include <stdatomic.h>
#include <string.h>

enum metric_type { COUNTER, GAUGE };

struct metric_row {
    const char *name;
    const char *labels;
    enum metric_type type;
    const char *help;
};

static const struct metric_row metric_rows[] = {
#define METRIC(id, name, labels, type, help) {name, labels, type, help},
#include "node/metrics.def"
#undef METRIC
};

static const char *const event_labels[] = {
#define METRIC_EVENT(id, label) label,
#include "node/metrics.def"
#undef METRIC_EVENT
};

static _Atomic int64_t values[METRIC_COUNT];
static atomic_bool shown[METRIC_COUNT];
static _Atomic uint64_t outcomes[METRIC_EVENT_COUNT][OUTCOME_COUNT];

void metric_add(enum metric metric, int64_t amount)
{
    atomic_fetch_add_explicit(&values[metric], amount, memory_order_relaxed);
    atomic_store_explicit(&shown[metric], true, memory_order_relaxed);
}

void metric_set(enum metric metric, int64_t value)
{
    atomic_store_explicit(&values[metric], value, memory_order_relaxed);
    atomic_store_explicit(&shown[metric], true, memory_order_relaxed);
}

int64_t metric_value(enum metric metric)
{
    return atomic_load_explicit(&values[metric], memory_order_relaxed);
}

void metric_outcome(enum metric_event event, result_t result)
{
    result_t row = result < OUTCOME_COUNT ? result : OUTCOME_INTERNAL;
    atomic_fetch_add_explicit(&outcomes[event][row], 1, memory_order_relaxed);
}

uint64_t metric_outcome_count(enum metric_event event, result_t result)
{
    return atomic_load_explicit(&outcomes[event][result], memory_order_relaxed);
}

void metric_backup_served(uint64_t epoch_id, int64_t now_s)
{
    if (epoch_id > INT64_MAX)
        return;
    metric_set(METRIC_LAST_BACKUP_SERVED_EPOCH, (int64_t)epoch_id);
    metric_set(METRIC_LAST_BACKUP_SERVED_TIMESTAMP, now_s);
}

static result_t metrics_write_head(struct bytes *out, const char *name, enum metric_type type,
                                   const char *help)
{
    return bytes_append_format(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name,
                               type == COUNTER ? "counter" : "gauge");
}

static result_t metrics_write_row(struct bytes *out, enum metric metric)
{
    const struct metric_row *row = &metric_rows[metric];
    if (!row->labels)
        return bytes_append_format(out, "%s %" PRId64 "\n", row->name, metric_value(metric));
    return bytes_append_format(out, "%s{%s} %" PRId64 "\n", row->name, row->labels, metric_value(metric));
}

static result_t metrics_write_outcomes(struct bytes *out)
{
    TRY(metrics_write_head(out, "mpc_migration_outcomes_total", COUNTER,
                           "What was asked for, and what came of it"));
    for (int event = 0; event < METRIC_EVENT_COUNT; event++) {
        for (int result = 0; result < OUTCOME_COUNT; result++) {
            uint64_t count = metric_outcome_count((enum metric_event)event, (result_t)result);
            if (count > 0)
                TRY(bytes_append_format(
                    out, "mpc_migration_outcomes_total{event=\"%s\",code=\"%s\"} %" PRIu64 "\n",
                    event_labels[event], outcome_of((result_t)result)->name, count));
        }
    }
    return OUTCOME_OK;
}

result_t metrics_write(struct bytes *out)
{
    const char *previous = "";
    for (int metric = 0; metric < METRIC_COUNT; metric++) {
        const struct metric_row *row = &metric_rows[metric];
        if (row->type == GAUGE && !atomic_load_explicit(&shown[metric], memory_order_relaxed))
            continue;
        if (strcmp(row->name, previous) != 0)
            TRY(metrics_write_head(out, row->name, row->type, row->help));
        previous = row->name;
        TRY(metrics_write_row(out, (enum metric)metric));
    }
    return metrics_write_outcomes(out);
}

void metrics_reset(void)
{
    for (int metric = 0; metric < METRIC_COUNT; metric++) {
        values[metric] = 0;
        shown[metric] = false;
    }
    for (int event = 0; event < METRIC_EVENT_COUNT; event++)
        for (int result = 0; result < OUTCOME_COUNT; result++)
            outcomes[event][result] = 0;
}
