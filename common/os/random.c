#include "common/os/random.h"

#include <errno.h>
#include <stdint.h>
#include <sys/random.h>

result_t random_bytes(void *out, size_t len)
{
    uint8_t *at = (uint8_t *)out;
    while (len > 0) {
        ssize_t got = getrandom(at, len, 0);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return OUTCOME_CRYPTO_FAILED;
        at += got;
        len -= (size_t)got;
    }
    return OUTCOME_OK;
}
