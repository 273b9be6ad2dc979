/* The body of a PUT: base64, then AES-256-GCM under a key the input cannot know. */
#include "tests/fuzz/fuzz.h"

#include <string.h>

#include "common/seal.h"

static const uint8_t nonce[SEAL_NONCE_LEN] = {0xa0, 0xa1, 0xa2, 0xa3, 0xa4, 0xa5,
                                              0xa6, 0xa7, 0xa8, 0xa9, 0xaa, 0xab};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP(secret_free) struct secret key = {0};
    CLEANUP(secret_free) struct secret plain = {0};
    CLEANUP(secret_free) struct secret opened = {0};
    CLEANUP(bytes_free) struct bytes sealed = {0};
    struct error err = {0};
    FUZZ_CHECK(secret_make(&key, SEAL_TRANSPORT_KEY_LEN) == OUTCOME_OK);
    for (size_t i = 0; i < key.len; i++)
        key.data[i] = (uint8_t)i;
    if (unseal_transport(&key, (const char *)data, size, &plain, &err) != OUTCOME_OK)
        FUZZ_CHECK(err.text[0] && !plain.data);
    FUZZ_CHECK(seal_transport(&key, nonce, data, size, &sealed) == OUTCOME_OK);
    FUZZ_CHECK(unseal_transport(&key, (const char *)sealed.data, sealed.len, &opened, &err) == OUTCOME_OK);
    FUZZ_CHECK(opened.len == size && (size == 0 || memcmp(opened.data, data, size) == 0));
    return 0;
}
