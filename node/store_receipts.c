#include <string.h>

#include "common/bytes.h"
#include "node/store_internal.h"

#define DIGEST_LEN (KEYSHARES_DIGEST_TEXT_LEN - 1)

/* time, epoch, count as 64-bit little-endian integers; the digest; the outcome's name. */
static result_t store_receipt_encode(const struct store_receipt *receipt, struct bytes *out)
{
    TRY(bytes_append_u64le(out, (uint64_t)receipt->time_s));
    TRY(bytes_append_u64le(out, receipt->epoch_id));
    TRY(bytes_append_u64le(out, receipt->count));
    TRY(bytes_append(out, receipt->digest, DIGEST_LEN));
    return bytes_append_text(out, outcome_of(receipt->result)->name);
}

static bool store_receipt_decode(const struct secret *data, struct store_receipt *out)
{
    struct cursor cursor = cursor_over(data->data, data->len);
    uint64_t time_s;
    const uint8_t *digest;
    const uint8_t *name;
    char text[64] = {0};
    size_t name_len;
    *out = (struct store_receipt){0};
    if (!cursor_u64le(&cursor, &time_s) || !cursor_u64le(&cursor, &out->epoch_id) ||
        !cursor_u64le(&cursor, &out->count) || !cursor_take(&cursor, DIGEST_LEN, &digest))
        return false;
    name_len = cursor_left(&cursor);
    if (name_len >= sizeof(text) || !cursor_take(&cursor, name_len, &name))
        return false;
    memcpy(text, name, name_len);
    memcpy(out->digest, digest, DIGEST_LEN);
    out->time_s = (int64_t)time_s;
    out->result = outcome_by_name(text);
    return out->result != OUTCOME_COUNT;
}

result_t store_receipt_push(struct store_txn *txn, const struct keyshares *shares, result_t result,
                            int64_t now_s, struct error *err)
{
    struct store_receipt receipt = {
        .time_s = now_s, .result = result, .epoch_id = shares->items[0].id.epoch_id, .count = shares->count};
    CLEANUP(bytes_free) struct bytes data = {0};
    TRY(keyshares_digest(shares, receipt.digest));
    TRY(store_receipt_encode(&receipt, &data));
    TRY(record_push(txn, STORE_SHELF_RECEIPTS, data.data, data.len, err));
    return record_trim(txn, STORE_SHELF_RECEIPTS, STORE_RECEIPTS_MAX, err);
}

struct store_receipts_call {
    struct store_receipt *out;
    size_t max;
    size_t *count;
};

static result_t store_receipts_work(struct store_txn *txn, void *context, struct error *err)
{
    const struct store_receipts_call *call = context;
    struct record_numbers numbers;
    TRY(record_numbers(txn, STORE_SHELF_RECEIPTS, &numbers, err));
    *call->count = 0;
    for (size_t i = numbers.count; i-- > 0 && *call->count < call->max;) {
        struct record_name name = record_name(STORE_SHELF_RECEIPTS, numbers.at[i]);
        CLEANUP(secret_free) struct secret data = {0};
        TRY(record_get(txn, name.text, &data, err));
        if (!store_receipt_decode(&data, &call->out[*call->count]))
            return error_set(err, OUTCOME_STORE_CORRUPT, "migration store: %s is no receipt", name.text);
        (*call->count)++;
    }
    return OUTCOME_OK;
}

result_t store_receipts(struct store *store, struct store_receipt *out, size_t max, size_t *count,
                        struct error *err)
{
    struct store_receipts_call call = {out, max, count};
    return store_db_read(&store->db, store_receipts_work, &call, err);
}
