/* The thread of the onboarding runner: it wakes it for views, staged shares and timers. */
#ifndef MPC_NODE_ONBOARDING_DRIVER_H
#define MPC_NODE_ONBOARDING_DRIVER_H

#include "common/outcome.h"
#include "node/onboarding_runner.h"

struct onboarding_driver; /* opaque */

/* Start the thread. What `options` points to is borrowed until onboarding_driver_stop() has returned. NO_MEMORY,
 * LIMIT (listeners of the cell), INTERNAL. */
MUST_USE result_t onboarding_driver_start(const struct onboarding_runner_options *options,
                                          struct onboarding_driver **out, struct error *err);

/* Shares were staged by a PUT. From any thread, never blocks. NULL-safe. */
void onboarding_notify_staged(struct onboarding_driver *driver);

/* The state as it is now. From any thread. */
void onboarding_driver_status(struct onboarding_driver *driver, struct onboarding_status *out);

/* Stop the thread and wait for it; an RPC call under way is aborted. NULL-safe. */
void onboarding_driver_stop(struct onboarding_driver *driver);

#endif
