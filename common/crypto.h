/* What wolfCrypt's answers mean. */
#ifndef MPC_COMMON_CRYPTO_H
#define MPC_COMMON_CRYPTO_H

#include "common/outcome.h"

/* OK for 0; NO_MEMORY, which may pass; CRYPTO_FAILED for every other code. Those that judge a signature or
 * a tag are not for here. */
MUST_USE result_t crypto_outcome(int code);

#endif
