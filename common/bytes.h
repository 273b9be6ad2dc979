/* A growable byte buffer with a limit, and a cursor to read bytes with. For what is secret use
 * common/secret.h. */
#ifndef MPC_COMMON_BYTES_H
#define MPC_COMMON_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/outcome.h"

/* Zero-initialised is empty. `data` is owned; data[len] is always 0 once anything was appended, so that text
 * in it can be read as a C string. */
struct bytes {
    uint8_t *data;
    size_t len;
    size_t cap;
    size_t len_max; /* 0: no limit other than memory */
};

/* Append; NO_MEMORY or LIMIT (len_max would be passed), and then the buffer is as it was. */
MUST_USE result_t bytes_append(struct bytes *buffer, const void *data, size_t len);
MUST_USE result_t bytes_append_text(struct bytes *buffer, const char *text);
MUST_USE result_t bytes_append_format(struct bytes *buffer, const char *format, ...) PRINTF_LIKE(2, 3);

/* The digits of `value`; where there are many numbers, a tenth of bytes_append_format()'s work. */
MUST_USE result_t bytes_append_decimal(struct bytes *buffer, uint64_t value);

/* Append `len` bytes that the caller fills in at *out, for what is made in place. */
MUST_USE result_t bytes_extend(struct bytes *buffer, size_t len, uint8_t **out);

/* Little-endian integers, as borsh writes them (near-rpc.md B). */
MUST_USE result_t bytes_append_u8(struct bytes *buffer, uint8_t value);
MUST_USE result_t bytes_append_u32le(struct bytes *buffer, uint32_t value);
MUST_USE result_t bytes_append_u64le(struct bytes *buffer, uint64_t value);

/* Forget the content, keep the memory. */
void bytes_clear(struct bytes *buffer);
/* Release; the buffer is empty afterwards and may be used again. NULL-safe; fits CLEANUP(). */
void bytes_free(struct bytes *buffer);

/* Reads from memory that it does not own. A read past the end fails and leaves the cursor where it was. */
struct cursor {
    const uint8_t *at;
    const uint8_t *end;
};

static inline struct cursor cursor_over(const void *data, size_t len)
{
    const uint8_t *at = data;
    return (struct cursor){at, len ? at + len : at};
}

static inline size_t cursor_left(const struct cursor *cursor)
{
    return (size_t)(cursor->end - cursor->at);
}

MUST_USE bool cursor_take(struct cursor *cursor, size_t len, const uint8_t **out);
MUST_USE bool cursor_u8(struct cursor *cursor, uint8_t *out);
MUST_USE bool cursor_u32le(struct cursor *cursor, uint32_t *out);
MUST_USE bool cursor_u64le(struct cursor *cursor, uint64_t *out);

#endif
