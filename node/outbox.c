#include "node/outbox.h"

#include <string.h>

#define RECORD_VERSION 1

result_t outbox_record_write(const struct outbox_record *record, struct bytes *out)
{
    TRY(bytes_append_u8(out, RECORD_VERSION));
    TRY(bytes_append(out, record->binding, sizeof record->binding));
    TRY(bytes_append(out, record->tx.hash, sizeof record->tx.hash));
    TRY(bytes_append_u64le(out, record->tx.nonce));
    TRY(bytes_append_u64le(out, record->tx.block_height));
    TRY(bytes_append_u32le(out, (uint32_t)record->tx.bytes.len));
    return bytes_append(out, record->tx.bytes.data, record->tx.bytes.len);
}

static bool take(struct cursor *cursor, void *out, size_t len)
{
    const uint8_t *from;
    if (!cursor_take(cursor, len, &from))
        return false;
    memcpy(out, from, len);
    return true;
}

result_t outbox_record_read(const void *data, size_t len, struct outbox_record *out, struct error *err)
{
    struct cursor cursor = cursor_over(data, len);
    const uint8_t *bytes = NULL;
    uint8_t version = 0;
    uint32_t size = 0;
    *out = (struct outbox_record){0};
    if (!cursor_u8(&cursor, &version) || version != RECORD_VERSION ||
        !take(&cursor, out->binding, sizeof out->binding) ||
        !take(&cursor, out->tx.hash, sizeof out->tx.hash) || !cursor_u64le(&cursor, &out->tx.nonce) ||
        !cursor_u64le(&cursor, &out->tx.block_height) || !cursor_u32le(&cursor, &size) ||
        !cursor_take(&cursor, size, &bytes) || cursor_left(&cursor) != 0)
        return error_set(err, OUTCOME_STORE_CORRUPT, "the outbox record is not one of this version");
    return bytes_append(&out->tx.bytes, bytes, size);
}

void outbox_record_free(struct outbox_record *record)
{
    tx_signed_free(&record->tx);
    *record = (struct outbox_record){0};
}
