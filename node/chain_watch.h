/* The chain watch: a thread that polls the contract (node/chain_poll.h) and so publishes snapshots. */
#ifndef MPC_NODE_CHAIN_WATCH_H
#define MPC_NODE_CHAIN_WATCH_H

#include <stdint.h>

#include "common/outcome.h"
#include "node/chain_poll.h"

struct chain_watch; /* opaque */

/* Start the thread; the first poll begins at once. What `options` points to is borrowed until
 * chain_watch_stop() has returned. NO_MEMORY, INTERNAL. */
MUST_USE result_t chain_watch_start(const struct chain_poll_options *options, struct chain_watch **out,
                                    struct error *err);

/* How the last poll went. From any thread. */
void chain_watch_status(struct chain_watch *watch, struct chain_poll_status *out);

/* Stop the thread and wait for it; calls that hang are aborted, and the
 * panel is of no use afterwards. NULL-safe. */
void chain_watch_stop(struct chain_watch *watch);

#endif
