#include "node/tls_front.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/os/listen.h"
#include "common/os/log.h"
#include "node/tls.h"
#include "node/worker.h"

struct tls_front {
    struct tls_front_options options;
    struct tls_context *tls;
    int listen_fd;
    struct address address;
    struct worker *workers;
    unsigned started;
    bool stopping;
    atomic_uint running;
    atomic_int done_fd;
};

static void worker_ended(void *context)
{
    struct tls_front *front = context;
    const uint64_t one = 1;
    if (atomic_fetch_sub(&front->running, 1) != 1)
        return;
    int fd = atomic_load(&front->done_fd);
    if (fd >= 0 && write(fd, &one, sizeof one) < 0)
        log_debug("nobody could be told that the last worker has ended");
}

static result_t start_workers(struct tls_front *front, struct error *err)
{
    front->workers = calloc(front->options.workers, sizeof *front->workers);
    if (!front->workers)
        return error_set(err, OUTCOME_NO_MEMORY, "no memory for %u workers", front->options.workers);
    for (; front->started < front->options.workers; front->started++) {
        struct worker *worker = &front->workers[front->started];
        worker->options = &front->options;
        worker->tls = front->tls;
        worker->ended = worker_ended;
        worker->ended_context = front;
        atomic_fetch_add(&front->running, 1);
        result_t result = worker_start(worker, front->listen_fd, err);
        if (result != OUTCOME_OK) {
            atomic_fetch_sub(&front->running, 1);
            return result;
        }
    }
    return OUTCOME_OK;
}

/* Accepted sockets inherit the send buffer's size. A kernel that refuses it only
 * counts responses as served earlier. */
static result_t start_listening(struct tls_front *front, struct error *err)
{
    int bytes = LIMIT_SEND_BUFFER_BYTES;
    TRY(listen_tcp(&front->options.listen, SOMAXCONN, &front->listen_fd, &front->address, err));
    (void)setsockopt(front->listen_fd, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof bytes);
    return OUTCOME_OK;
}

result_t tls_front_start(const struct tls_front_options *options, struct tls_front **out, struct error *err)
{
    *out = NULL;
    struct tls_front *front = calloc(1, sizeof *front);
    if (!front)
        return error_set(err, OUTCOME_NO_MEMORY, "no memory for the TLS front");
    front->options = *options;
    front->listen_fd = -1;
    atomic_store(&front->done_fd, -1);
    result_t result = tls_context_make(options->p2p_key, &front->tls, err);
    if (result == OUTCOME_OK)
        result = start_listening(front, err);
    if (result == OUTCOME_OK)
        result = start_workers(front, err);
    if (result != OUTCOME_OK) {
        tls_front_stop(front);
        return result;
    }
    *out = front;
    return OUTCOME_OK;
}

void tls_front_address(const struct tls_front *front, struct address *out)
{
    *out = front->address;
}

void tls_front_drain(struct tls_front *front, int done_fd)
{
    if (front->stopping)
        return;
    front->stopping = true;
    atomic_store(&front->done_fd, done_fd);
    /* From here on the kernel refuses connections, also those that no worker has taken yet. */
    if (front->listen_fd >= 0)
        shutdown(front->listen_fd, SHUT_RDWR);
    for (unsigned i = 0; i < front->started; i++)
        worker_stop(&front->workers[i]);
}

void tls_front_stop(struct tls_front *front)
{
    if (!front)
        return;
    tls_front_drain(front, -1);
    for (unsigned i = 0; i < front->started; i++)
        worker_join(&front->workers[i]);
    if (front->listen_fd >= 0)
        close(front->listen_fd);
    free(front->workers);
    tls_context_free(front->tls);
    free(front);
}
