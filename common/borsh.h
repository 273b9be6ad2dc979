/* Borsh, as NEAR transactions use it (near-rpc.md B): little-endian, u32 lengths and counts, no padding. */
#ifndef MPC_COMMON_BORSH_H
#define MPC_COMMON_BORSH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/bytes.h"
#include "common/outcome.h"
#include "common/u128.h"

/* Append; NO_MEMORY, LIMIT. A text or blob is its length (below 2^32, or INTERNAL) and its bytes. */
MUST_USE result_t borsh_append_u128(struct bytes *out, struct u128 value);
MUST_USE result_t borsh_append_blob(struct bytes *out, const void *data, size_t len);
MUST_USE result_t borsh_append_text(struct bytes *out, const char *text);

/* Reading: where it is, where the data began, and where errors go (may be NULL). */
struct borsh {
    struct cursor at;
    const uint8_t *start;
    struct error *err;
};

static inline size_t borsh_offset(const struct borsh *from)
{
    return (size_t)(from->at.at - from->start);
}

/* Each fails with TX_MALFORMED and a text that says what was read (`what`) and at which byte. */
result_t borsh_fail(struct borsh *from, const char *format, ...) PRINTF_LIKE(2, 3);
MUST_USE result_t borsh_bytes(struct borsh *from, const char *what, uint8_t *out, size_t len);
MUST_USE result_t borsh_u8(struct borsh *from, const char *what, uint8_t *out);
MUST_USE result_t borsh_u64(struct borsh *from, const char *what, uint64_t *out);
MUST_USE result_t borsh_u128(struct borsh *from, const char *what, struct u128 *out);
/* A byte of 0 or 1. */
MUST_USE result_t borsh_flag(struct borsh *from, const char *what, bool *out);
/* A count of items of at least `item_len` bytes each: more than `max`, or than
 * what is left can hold, is refused. */
MUST_USE result_t borsh_count(struct borsh *from, const char *what, size_t item_len, uint32_t max,
                              uint32_t *out);
/* A copy of the bytes, never NULL, for free(). NO_MEMORY. */
MUST_USE result_t borsh_blob(struct borsh *from, const char *what, uint8_t **out, size_t *out_len);
/* The same of UTF-8 without a NUL, terminated. */
MUST_USE result_t borsh_text(struct borsh *from, const char *what, char **out);
/* Nothing may be left. */
MUST_USE result_t borsh_end(struct borsh *from);

#endif
