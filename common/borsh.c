#include "common/borsh.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/utf8.h"

result_t borsh_append_u128(struct bytes *out, struct u128 value)
{
    TRY(bytes_append_u64le(out, value.low));
    return bytes_append_u64le(out, value.high);
}

result_t borsh_append_blob(struct bytes *out, const void *data, size_t len)
{
    if (len > UINT32_MAX)
        return OUTCOME_INTERNAL;
    TRY(bytes_append_u32le(out, (uint32_t)len));
    return bytes_append(out, data, len);
}

result_t borsh_append_text(struct bytes *out, const char *text)
{
    return borsh_append_blob(out, text, strlen(text));
}

result_t borsh_fail(struct borsh *from, const char *format, ...)
{
    char problem[ERROR_TEXT_MAX / 2];
    va_list args;
    va_start(args, format);
    vsnprintf(problem, sizeof problem, format, args);
    va_end(args);
    return error_set(from->err, OUTCOME_TX_MALFORMED, "%s, at byte %zu", problem, borsh_offset(from));
}

/* Said of counts and lengths too that point past the end: nothing is allocated for them. */
static result_t cut_short(struct borsh *from, const char *what)
{
    return borsh_fail(from, "the transaction ends within %s", what);
}

result_t borsh_bytes(struct borsh *from, const char *what, uint8_t *out, size_t len)
{
    const uint8_t *data;
    if (!cursor_take(&from->at, len, &data))
        return cut_short(from, what);
    memcpy(out, data, len);
    return OUTCOME_OK;
}

result_t borsh_u8(struct borsh *from, const char *what, uint8_t *out)
{
    return cursor_u8(&from->at, out) ? OUTCOME_OK : cut_short(from, what);
}

result_t borsh_u64(struct borsh *from, const char *what, uint64_t *out)
{
    return cursor_u64le(&from->at, out) ? OUTCOME_OK : cut_short(from, what);
}

/* Low half first, as all of borsh. */
result_t borsh_u128(struct borsh *from, const char *what, struct u128 *out)
{
    TRY(borsh_u64(from, what, &out->low));
    return borsh_u64(from, what, &out->high);
}

result_t borsh_flag(struct borsh *from, const char *what, bool *out)
{
    uint8_t flag;
    TRY(borsh_u8(from, what, &flag));
    if (flag > 1)
        return borsh_fail(from, "%s is marked with %u, not 0 or 1", what, flag);
    *out = flag == 1;
    return OUTCOME_OK;
}

result_t borsh_count(struct borsh *from, const char *what, size_t item_len, uint32_t max, uint32_t *out)
{
    if (!cursor_u32le(&from->at, out))
        return cut_short(from, what);
    if (*out > max)
        return borsh_fail(from, "%s: %u, at most %u are taken", what, *out, max);
    if (*out > cursor_left(&from->at) / item_len)
        return cut_short(from, what);
    return OUTCOME_OK;
}

/* Length and bytes, not copied. */
static result_t take_blob(struct borsh *from, const char *what, const uint8_t **out, uint32_t *len)
{
    if (!cursor_u32le(&from->at, len) || !cursor_take(&from->at, *len, out))
        return cut_short(from, what);
    return OUTCOME_OK;
}

/* With a terminator behind, so that it may be text. */
static uint8_t *copy_of(const uint8_t *data, size_t len)
{
    uint8_t *copy = malloc(len + 1);
    if (!copy)
        return NULL;
    memcpy(copy, data, len);
    copy[len] = 0;
    return copy;
}

result_t borsh_blob(struct borsh *from, const char *what, uint8_t **out, size_t *out_len)
{
    const uint8_t *data;
    uint32_t len;
    TRY(take_blob(from, what, &data, &len));
    *out = copy_of(data, len);
    *out_len = len;
    return *out ? OUTCOME_OK : OUTCOME_NO_MEMORY;
}

/* Texts become C strings, so that a NUL inside one would hide what is behind it. */
result_t borsh_text(struct borsh *from, const char *what, char **out)
{
    const uint8_t *data;
    uint32_t len;
    TRY(take_blob(from, what, &data, &len));
    if (!utf8_valid(data, len) || memchr(data, 0, len))
        return borsh_fail(from, "%s is not UTF-8 text", what);
    *out = (char *)copy_of(data, len);
    return *out ? OUTCOME_OK : OUTCOME_NO_MEMORY;
}

result_t borsh_end(struct borsh *from)
{
    if (cursor_left(&from->at) == 0)
        return OUTCOME_OK;
    return borsh_fail(from, "%zu bytes follow the transaction", cursor_left(&from->at));
}
