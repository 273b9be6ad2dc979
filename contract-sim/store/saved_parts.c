#include "contract-sim/store/saved_parts.h"

#include <string.h>

/* In place of a length: there is no text. */
#define NO_TEXT UINT32_MAX

result_t saved_put_blob(struct bytes *out, const void *data, size_t len)
{
    TRY(bytes_append_u32le(out, (uint32_t)len));
    return bytes_append(out, data, len);
}

result_t saved_put_text(struct bytes *out, const char *text)
{
    if (!text)
        return bytes_append_u32le(out, NO_TEXT);
    return saved_put_blob(out, text, strlen(text) + 1);
}

result_t saved_put_u128(struct bytes *out, struct u128 value)
{
    TRY(bytes_append_u64le(out, value.low));
    return bytes_append_u64le(out, value.high);
}

result_t saved_put_public_key(struct bytes *out, const struct near_public_key *key)
{
    TRY(bytes_append_u8(out, (uint8_t)key->type));
    return bytes_append(out, key->bytes, sizeof key->bytes);
}

bool saved_take_blob(struct cursor *from, const uint8_t **data, size_t *len)
{
    uint32_t given;
    if (!cursor_u32le(from, &given) || !cursor_take(from, given, data))
        return false;
    *len = given;
    return true;
}

bool saved_take_text(struct cursor *from, const char **out)
{
    const uint8_t *data;
    uint32_t len;
    *out = NULL;
    if (!cursor_u32le(from, &len))
        return false;
    if (len == NO_TEXT)
        return true;
    if (!len || !cursor_take(from, len, &data) || data[len - 1])
        return false;
    *out = (const char *)data;
    return true;
}

bool saved_take_count(struct cursor *from, size_t *out)
{
    uint32_t given;
    if (!cursor_u32le(from, &given) || given > cursor_left(from))
        return false;
    *out = given;
    return true;
}

bool saved_take_copy(struct cursor *from, void *out, size_t len)
{
    const uint8_t *data;
    if (!cursor_take(from, len, &data))
        return false;
    memcpy(out, data, len);
    return true;
}

bool saved_take_bool(struct cursor *from, bool *out)
{
    uint8_t value;
    if (!cursor_u8(from, &value) || value > 1)
        return false;
    *out = value;
    return true;
}

bool saved_take_u128(struct cursor *from, struct u128 *out)
{
    return cursor_u64le(from, &out->low) && cursor_u64le(from, &out->high);
}

bool saved_take_account_id(struct cursor *from, struct account_id *out)
{
    const char *text;
    return saved_take_text(from, &text) && text && account_id_set(out, text, strlen(text));
}

bool saved_take_public_key(struct cursor *from, struct near_public_key *out)
{
    uint8_t type;
    if (!cursor_u8(from, &type) || type > NEAR_KEY_SECP256K1)
        return false;
    out->type = (enum near_key_type)type;
    return saved_take_copy(from, out->bytes, sizeof out->bytes);
}

result_t saved_take_bytes(struct cursor *from, struct bytes *out)
{
    const uint8_t *data;
    size_t len;
    TAKE(saved_take_blob(from, &data, &len));
    return len ? bytes_append(out, data, len) : OUTCOME_OK;
}
