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

result_t random_secret(struct secret *out, size_t len)
{
    CLEANUP(secret_free) struct secret key = {0};
    TRY(secret_make(&key, len));
    TRY(random_bytes(key.data, key.len));
    *out = key;
    key = (struct secret){0};
    return OUTCOME_OK;
}

result_t random_keypair(struct ed25519_keypair *out)
{
    CLEANUP(secret_free) struct secret seed = {0};
    TRY(random_secret(&seed, ED25519_KEY_LEN));
    return ed25519_keypair_from_seed(seed.data, out);
}
