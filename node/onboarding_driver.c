#include "node/onboarding_driver.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "common/os/resource.h"
#include "common/os/rpc.h"

struct onboarding_driver {
    int wake_fd; /* written by the cell, by onboarding_notify_staged() and to stop */
    atomic_bool staged;
    atomic_bool stop;
    pthread_t thread;
    pthread_mutex_t lock; /* of `status` */
    struct onboarding_status status;
    struct onboarding_runner runner; /* of the thread, once it runs */
};

static void keep_status(const struct onboarding_status *status, void *context)
{
    struct onboarding_driver *driver = context;
    pthread_mutex_lock(&driver->lock);
    driver->status = *status;
    pthread_mutex_unlock(&driver->lock);
}

static void wait_for_event(struct onboarding_driver *driver)
{
    struct pollfd wake = {.fd = driver->wake_fd, .events = POLLIN};
    uint64_t wait_ms = onboarding_runner_wait_ms(&driver->runner);
    eventfd_t count;
    poll(&wake, 1, wait_ms > INT32_MAX ? -1 : (int)wait_ms);
    (void)!eventfd_read(driver->wake_fd, &count);
}

static void *run(void *argument)
{
    struct onboarding_driver *driver = argument;
    while (!atomic_load(&driver->stop)) {
        onboarding_runner_step(&driver->runner, atomic_exchange(&driver->staged, false));
        if (!atomic_load(&driver->stop))
            wait_for_event(driver);
    }
    return NULL;
}

static void driver_free(struct onboarding_driver *driver)
{
    if (driver->wake_fd >= 0) {
        snapshot_cell_unlisten(driver->runner.options.cell, driver->wake_fd);
        close(driver->wake_fd);
    }
    onboarding_runner_free(&driver->runner);
    pthread_mutex_destroy(&driver->lock);
    free(driver);
}

static struct onboarding_driver *driver_make(const struct onboarding_runner_options *options)
{
    struct onboarding_driver *driver = calloc(1, sizeof *driver);
    if (!driver)
        return NULL;
    atomic_init(&driver->staged, false);
    atomic_init(&driver->stop, false);
    pthread_mutex_init(&driver->lock, NULL);
    driver->wake_fd = -1;
    onboarding_runner_init(&driver->runner, options, keep_status, driver);
    return driver;
}

static result_t start_thread(struct onboarding_driver *driver, struct error *err)
{
    driver->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    int error = driver->wake_fd < 0 ? errno : 0;
    if (!error && snapshot_cell_listen(driver->runner.options.cell, driver->wake_fd) != OUTCOME_OK)
        return error_set(err, OUTCOME_LIMIT, "too many wait for the contract's next view");
    if (!error)
        error = pthread_create(&driver->thread, NULL, run, driver);
    return error ? error_set(err, resource_outcome(error), "the thread of onboarding cannot be started: %s",
                             strerror(error))
                 : OUTCOME_OK;
}

result_t onboarding_driver_start(const struct onboarding_runner_options *options,
                                 struct onboarding_driver **out, struct error *err)
{
    struct onboarding_driver *driver = driver_make(options);
    if (!driver)
        return error_set(err, OUTCOME_NO_MEMORY, "no memory for onboarding");
    result_t result = start_thread(driver, err);
    if (result == OUTCOME_OK)
        *out = driver;
    else
        driver_free(driver);
    return result;
}

void onboarding_notify_staged(struct onboarding_driver *driver)
{
    if (!driver)
        return;
    atomic_store(&driver->staged, true);
    (void)!eventfd_write(driver->wake_fd, 1);
}

void onboarding_driver_status(struct onboarding_driver *driver, struct onboarding_status *out)
{
    pthread_mutex_lock(&driver->lock);
    *out = driver->status;
    pthread_mutex_unlock(&driver->lock);
}

void onboarding_driver_stop(struct onboarding_driver *driver)
{
    if (!driver)
        return;
    atomic_store(&driver->stop, true);
    (void)!eventfd_write(driver->wake_fd, 1);
    panel_abort(driver->runner.options.panel);
    pthread_join(driver->thread, NULL);
    driver_free(driver);
}
