/* A keyset that is read has to come back the same from its own text. */
#include "tests/fuzz/fuzz.h"

#include "common/keyset.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP(keyset_free) struct keyset keyset = {0};
    CLEANUP(keyset_free) struct keyset again = {0};
    CLEANUP(bytes_free) struct bytes text = {0};
    struct error err = {0};
    if (keyset_parse((const char *)data, size, &keyset, &err) != OUTCOME_OK) {
        FUZZ_CHECK(err.text[0] && !keyset.domains);
        return 0;
    }
    FUZZ_CHECK(keyset_write(&keyset, &text) == OUTCOME_OK);
    FUZZ_CHECK(keyset_parse((const char *)text.data, text.len, &again, &err) == OUTCOME_OK);
    FUZZ_CHECK(keyset_equal(&keyset, &again));
    return 0;
}
