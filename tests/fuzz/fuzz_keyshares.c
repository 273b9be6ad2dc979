/* Both readers of key shares; what they read has to come back the same from its own text. */
#include "tests/fuzz/fuzz.h"

#include "common/keyshare.h"

static void check_array(const char *text, size_t len)
{
    CLEANUP(keyshares_free) struct keyshares shares = {0};
    CLEANUP(keyshares_free) struct keyshares again = {0};
    CLEANUP(secret_free) struct secret written = {0};
    struct error err = {0};
    if (keyshares_parse(text, len, &shares, &err) != OUTCOME_OK) {
        FUZZ_CHECK(err.text[0] && !shares.items && !shares.scalars.data);
        return;
    }
    FUZZ_CHECK(keyshares_write(&shares, &written) == OUTCOME_OK);
    FUZZ_CHECK(keyshares_parse((const char *)written.data, written.len, &again, &err) == OUTCOME_OK);
    FUZZ_CHECK(keyshares_check_set(&shares, &err) != OUTCOME_OK || keyshares_equal(&shares, &again));
}

static void check_permanent(const char *text, size_t len)
{
    CLEANUP(keyshares_free) struct keyshares shares = {0};
    CLEANUP(keyshares_free) struct keyshares again = {0};
    CLEANUP(secret_free) struct secret written = {0};
    struct error err = {0};
    if (permanent_keyshares_parse(text, len, &shares, &err) != OUTCOME_OK)
        return;
    FUZZ_CHECK(keyshares_check_set(&shares, &err) == OUTCOME_OK);
    FUZZ_CHECK(permanent_keyshares_write(&shares, &written) == OUTCOME_OK);
    FUZZ_CHECK(permanent_keyshares_parse((const char *)written.data, written.len, &again, &err) ==
               OUTCOME_OK);
    FUZZ_CHECK(keyshares_equal(&shares, &again));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    check_array((const char *)data, size);
    check_permanent((const char *)data, size);
    return 0;
}
