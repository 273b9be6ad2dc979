/* Secret memory: locked, left out of core dumps, wiped when released, and with no way to print it.
 *
 * Shares, private keys, symmetric keys and the plaintext of a seal live in nothing else. Code that formats
 * text never takes a `struct secret`; the bytes are reached by name, through `data`, where they are used. */
#ifndef MPC_COMMON_SECRET_H
#define MPC_COMMON_SECRET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/outcome.h"

/* Zero-initialised is empty. `data` is owned, page-aligned and zeroed when made; `cap` is what was mapped. */
struct secret {
    uint8_t *data;
    size_t len;
    size_t cap;
};

/* Room for `len` bytes, all zero, len set. NO_MEMORY. A memory lock that the system
 * refuses is counted, not an error. */
MUST_USE result_t secret_make(struct secret *out, size_t len);
MUST_USE result_t secret_copy(struct secret *out, const void *data, size_t len);

/* Room for exactly `extra` more bytes: for output whose length is known, which would else be moved several times,
 * and take up to twice its length. */
MUST_USE result_t secret_reserve(struct secret *secret, size_t extra);

/* Append, growing by moving: the old pages are wiped. For output that is built
 * up, such as JSON of key shares. */
MUST_USE result_t secret_append(struct secret *secret, const void *data, size_t len);
MUST_USE result_t secret_append_text(struct secret *secret, const char *text);

/* Wipe and release; empty afterwards. NULL-safe; fits CLEANUP(). */
void secret_free(struct secret *secret);

/* Compare in time that depends on the lengths alone. */
MUST_USE bool secret_equal(const void *a, size_t a_len, const void *b, size_t b_len);

/* Wipe memory that is not a struct secret (a stack copy, an environment value) so
 * that the compiler cannot drop it. */
void secret_wipe(void *data, size_t len);

/* How often a lock was refused in this process; a shell logs it once (design.md, "a
 * failed lock is logged and goes on"). */
unsigned secret_lock_failures(void);

#endif
