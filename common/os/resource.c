#include "common/os/resource.h"

#include <errno.h>

result_t resource_outcome(int error)
{
    switch (error) {
    case EMFILE:
    case ENFILE:
    case EAGAIN: /* pthread_create(3) */
    case ENOSPC: /* epoll_ctl(2) */
        return OUTCOME_LIMIT;
    case ENOMEM:
    case ENOBUFS:
        return OUTCOME_NO_MEMORY;
    default:
        return OUTCOME_INTERNAL;
    }
}
