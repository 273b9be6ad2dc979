/* DER as PEM (RFC 7468), for peers that read files: nginx, curl, openssl. */
#ifndef MPC_TESTS_SUPPORT_PEM_H
#define MPC_TESTS_SUPPORT_PEM_H

#include <stddef.h>

#include "common/bytes.h"
#include "common/outcome.h"

/* Appended to `out`, in lines of 64 characters; `label` is "CERTIFICATE" or
 * "PRIVATE KEY". NO_MEMORY, LIMIT. */
MUST_USE result_t pem_append(const char *label, const void *der, size_t len, struct bytes *out);

#endif
