/* The node's metrics: one static table (node/metrics.def) of counters and gauges for the whole process.
 *
 * Counting is a relaxed atomic addition; any thread may count at any time. */
#ifndef MPC_NODE_METRICS_H
#define MPC_NODE_METRICS_H

#include <stdbool.h>
#include <stdint.h>

#include "common/bytes.h"
#include "common/outcome.h"

enum metric {
#define METRIC(id, name, labels, type, help) METRIC_##id,
#include "node/metrics.def"
#undef METRIC
    METRIC_COUNT
};

enum metric_event {
#define METRIC_EVENT(id, label) METRIC_EVENT_##id,
#include "node/metrics.def"
#undef METRIC_EVENT
    METRIC_EVENT_COUNT
};

/* Add to a counter, or to a gauge that goes up and down. */
void metric_add(enum metric metric, int64_t amount);
/* Set a gauge. A gauge is absent from the output until it was first set or added to (wire.md 7.3). */
void metric_set(enum metric metric, int64_t value);
/* The value now; 0 when it was never set. */
int64_t metric_value(enum metric metric);

/* Count one outcome: mpc_migration_outcomes_total{event="get_keyshares",code="keyshares_served"}. */
void metric_outcome(enum metric_event event, result_t result);
uint64_t metric_outcome_count(enum metric_event event, result_t result);

/* A backup with at least one share was served. Nothing is set for an epoch above i64 (wire.md 7.3). */
void metric_backup_served(uint64_t epoch_id, int64_t now_s);

/* Append everything in Prometheus' text format 0.0.4. NO_MEMORY, LIMIT. */
MUST_USE result_t metrics_write(struct bytes *out);

/* Back to the state at start; for tests. */
void metrics_reset(void);

#endif
