/* A transaction that decodes has to encode to the very bytes it came from. */
#include "tests/fuzz/fuzz.h"

#include <string.h>

#include "common/near_tx.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP(near_tx_free) struct near_tx tx = {0};
    CLEANUP(bytes_free) struct bytes encoded = {0};
    struct near_signature signature;
    size_t tx_len = 0;
    struct error err = {0};
    if (near_signed_tx_decode(data, size, &tx, &signature, &tx_len, &err) != OUTCOME_OK) {
        FUZZ_CHECK(err.text[0]);
        return 0;
    }
    FUZZ_CHECK(tx_len < size);
    FUZZ_CHECK(near_tx_encode(&tx, &encoded) == OUTCOME_OK);
    FUZZ_CHECK(encoded.len == tx_len && memcmp(encoded.data, data, tx_len) == 0);
    return 0;
}
