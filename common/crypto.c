#include "common/crypto.h"

#include <wolfssl/options.h>
#include <wolfssl/wolfcrypt/error-crypt.h>
#include <wolfssl/wolfcrypt/integer.h>

result_t crypto_outcome(int code)
{
    if (code == 0)
        return OUTCOME_OK;
    return code == MEMORY_E || code == MP_MEM ? OUTCOME_NO_MEMORY : OUTCOME_CRYPTO_FAILED;
}
