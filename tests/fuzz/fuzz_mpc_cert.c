/* Certificates as a peer sends them: both readers, and what one accepts as a
 * server the other has to read too. */
#include "tests/fuzz/fuzz.h"

#include <string.h>

#include "common/mpc_cert.h"

#define NOW_S 1800000000

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ed25519_public_key subject = {0}, verified = {0};
    struct error err = {0};
    result_t read = mpc_cert_subject_key(data, size, &subject);
    if (mpc_cert_verify_server(data, size, NOW_S, &verified, &err) != OUTCOME_OK) {
        FUZZ_CHECK(err.text[0]);
        return 0;
    }
    FUZZ_CHECK(read == OUTCOME_OK);
    FUZZ_CHECK(ed25519_public_key_equal(&subject, &verified));
    return 0;
}
