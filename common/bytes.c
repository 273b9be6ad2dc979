#include "common/bytes.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Room for `extra` more bytes and the terminator. */
static result_t reserve(struct bytes *buffer, size_t extra)
{
    if (extra > SIZE_MAX - buffer->len - 1)
        return OUTCOME_NO_MEMORY;
    size_t needed = buffer->len + extra;
    if (buffer->len_max && needed > buffer->len_max)
        return OUTCOME_LIMIT;
    if (needed < buffer->cap)
        return OUTCOME_OK;
    size_t cap = buffer->cap ? buffer->cap : 64;
    while (cap <= needed)
        cap = cap > SIZE_MAX / 2 ? needed + 1 : cap * 2;
    uint8_t *data = realloc(buffer->data, cap);
    if (!data)
        return OUTCOME_NO_MEMORY;
    buffer->data = data;
    buffer->cap = cap;
    return OUTCOME_OK;
}

result_t bytes_extend(struct bytes *buffer, size_t len, uint8_t **out)
{
    TRY(reserve(buffer, len));
    *out = buffer->data + buffer->len;
    buffer->len += len;
    buffer->data[buffer->len] = 0;
    return OUTCOME_OK;
}

result_t bytes_append(struct bytes *buffer, const void *data, size_t len)
{
    uint8_t *at;
    TRY(bytes_extend(buffer, len, &at));
    if (len)
        memcpy(at, data, len);
    return OUTCOME_OK;
}

result_t bytes_append_text(struct bytes *buffer, const char *text)
{
    return bytes_append(buffer, text, strlen(text));
}

result_t bytes_append_format(struct bytes *buffer, const char *format, ...)
{
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int len = vsnprintf(NULL, 0, format, args);
    va_end(args);
    result_t result = len < 0 ? OUTCOME_INTERNAL : reserve(buffer, (size_t)len);
    if (result == OUTCOME_OK) {
        vsnprintf((char *)buffer->data + buffer->len, (size_t)len + 1, format, again);
        buffer->len += (size_t)len;
    }
    va_end(again);
    return result;
}

result_t bytes_append_decimal(struct bytes *buffer, uint64_t value)
{
    char digits[20]; /* of 2^64-1 */
    size_t at = sizeof digits;
    do {
        digits[--at] = (char)('0' + value % 10);
        value /= 10;
    } while (value > 0);
    return bytes_append(buffer, digits + at, sizeof digits - at);
}

static result_t append_le(struct bytes *buffer, uint64_t value, size_t len)
{
    uint8_t out[8];
    for (size_t i = 0; i < len; i++)
        out[i] = (uint8_t)(value >> (8 * i));
    return bytes_append(buffer, out, len);
}

result_t bytes_append_u8(struct bytes *buffer, uint8_t value)
{
    return append_le(buffer, value, 1);
}

result_t bytes_append_u32le(struct bytes *buffer, uint32_t value)
{
    return append_le(buffer, value, 4);
}

result_t bytes_append_u64le(struct bytes *buffer, uint64_t value)
{
    return append_le(buffer, value, 8);
}

void bytes_clear(struct bytes *buffer)
{
    buffer->len = 0;
    if (buffer->data)
        buffer->data[0] = 0;
}

void bytes_free(struct bytes *buffer)
{
    if (!buffer)
        return;
    free(buffer->data);
    *buffer = (struct bytes){.len_max = buffer->len_max};
}

bool cursor_take(struct cursor *cursor, size_t len, const uint8_t **out)
{
    if (cursor_left(cursor) < len)
        return false;
    *out = cursor->at;
    cursor->at += len;
    return true;
}

/* An unsigned integer of `len` bytes, at most 8. */
static bool take_le(struct cursor *cursor, size_t len, uint64_t *out)
{
    const uint8_t *data;
    if (!cursor_take(cursor, len, &data))
        return false;
    *out = 0;
    for (size_t i = len; i-- > 0;)
        *out = *out << 8 | data[i];
    return true;
}

bool cursor_u8(struct cursor *cursor, uint8_t *out)
{
    uint64_t value;
    if (!take_le(cursor, 1, &value))
        return false;
    *out = (uint8_t)value;
    return true;
}

bool cursor_u32le(struct cursor *cursor, uint32_t *out)
{
    uint64_t value;
    if (!take_le(cursor, 4, &value))
        return false;
    *out = (uint32_t)value;
    return true;
}

bool cursor_u64le(struct cursor *cursor, uint64_t *out)
{
    return take_le(cursor, 8, out);
}
