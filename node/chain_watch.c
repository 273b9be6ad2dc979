#include "node/chain_watch.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "common/os/random.h"
#include "common/os/resource.h"
#include "node/chain_rules.h"

struct chain_watch {
    struct chain_poll poll; /* of the thread */
    int stop_fd;
    pthread_t thread;
    pthread_mutex_t lock; /* of `status` */
    struct chain_poll_status status;
};

/* True when it is time to stop. */
static bool wait_for_stop(const struct chain_watch *watch, uint64_t wait_ms)
{
    struct pollfd stop = {.fd = watch->stop_fd, .events = POLLIN};
    int timeout_ms = wait_ms > INT32_MAX ? INT32_MAX : (int)wait_ms;
    return poll(&stop, 1, timeout_ms) > 0;
}

static void *run(void *argument)
{
    struct chain_watch *watch = argument;
    uint64_t wait_ms = 0;
    while (!wait_for_stop(watch, wait_ms)) {
        uint32_t random = 0;
        if (chain_poll_once(&watch->poll) == OUTCOME_SHUTTING_DOWN)
            break;
        pthread_mutex_lock(&watch->lock);
        watch->status = watch->poll.status;
        pthread_mutex_unlock(&watch->lock);
        /* Without randomness the wait is the whole one. */
        (void)!random_bytes(&random, sizeof random);
        wait_ms =
            chain_rules_delay_ms(watch->poll.options.poll_interval_ms, watch->poll.status.failures, random);
    }
    return NULL;
}

static void watch_free(struct chain_watch *watch)
{
    chain_poll_free(&watch->poll);
    if (watch->stop_fd >= 0)
        close(watch->stop_fd);
    pthread_mutex_destroy(&watch->lock);
    free(watch);
}

result_t chain_watch_start(const struct chain_poll_options *options, struct chain_watch **out,
                           struct error *err)
{
    struct chain_watch *watch = calloc(1, sizeof *watch);
    if (!watch)
        return error_set(err, OUTCOME_NO_MEMORY, "no memory for the chain watch");
    chain_poll_init(&watch->poll, options);
    pthread_mutex_init(&watch->lock, NULL);
    watch->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    int error = watch->stop_fd < 0 ? errno : pthread_create(&watch->thread, NULL, run, watch);
    if (error) {
        watch_free(watch);
        return error_set(err, resource_outcome(error), "the thread of the chain watch cannot be started: %s",
                         strerror(error));
    }
    *out = watch;
    return OUTCOME_OK;
}

void chain_watch_status(struct chain_watch *watch, struct chain_poll_status *out)
{
    pthread_mutex_lock(&watch->lock);
    *out = watch->status;
    pthread_mutex_unlock(&watch->lock);
}

void chain_watch_stop(struct chain_watch *watch)
{
    if (!watch)
        return;
    (void)!eventfd_write(watch->stop_fd, 1);
    panel_abort(watch->poll.options.panel);
    pthread_join(watch->thread, NULL);
    watch_free(watch);
}
