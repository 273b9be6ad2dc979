#include <string.h>

#include "contract-sim/store/saved.h"
#include "contract-sim/store/saved_parts.h"

static result_t put_outcome(const struct receipt_outcome *outcome, struct bytes *out)
{
    TRY(bytes_append(out, outcome->id, SHA256_LEN));
    TRY(bytes_append_u64le(out, outcome->block_height));
    TRY(bytes_append(out, outcome->block_hash, SHA256_LEN));
    TRY(saved_put_text(out, outcome->executor.text));
    TRY(bytes_append_u8(out, outcome->refund));
    TRY(saved_put_blob(out, outcome->action.data, outcome->action.len));
    TRY(bytes_append_u8(out, outcome->ok));
    TRY(bytes_append_u64le(out, outcome->gas_burnt));
    TRY(saved_put_blob(out, outcome->value.data, outcome->value.len));
    TRY(saved_put_blob(out, outcome->failure.data, outcome->failure.len));
    TRY(bytes_append_u32le(out, (uint32_t)outcome->log_count));
    for (size_t i = 0; i < outcome->log_count; i++)
        TRY(saved_put_blob(out, outcome->logs[i].data, outcome->logs[i].len));
    TRY(bytes_append_u32le(out, (uint32_t)outcome->child_count));
    for (size_t i = 0; i < outcome->child_count; i++)
        TRY(bytes_append(out, outcome->children[i], SHA256_LEN));
    return OUTCOME_OK;
}

static result_t take_logs(struct cursor *from, struct receipt_outcome *out)
{
    size_t count;
    TAKE(saved_take_count(from, &count));
    for (size_t i = 0; i < count; i++) {
        CLEANUP(bytes_free) struct bytes line = {0};
        TRY(saved_take_bytes(from, &line));
        TRY(receipt_outcome_log(out, &line));
    }
    return OUTCOME_OK;
}

static result_t take_children(struct cursor *from, struct receipt_outcome *out)
{
    uint8_t id[SHA256_LEN];
    size_t count;
    TAKE(saved_take_count(from, &count));
    for (size_t i = 0; i < count; i++) {
        TAKE(saved_take_copy(from, id, sizeof id));
        TRY(receipt_outcome_child(out, id));
    }
    return OUTCOME_OK;
}

static result_t take_outcome(struct cursor *from, struct receipt_outcome *out)
{
    TAKE(saved_take_copy(from, out->id, SHA256_LEN));
    TAKE(cursor_u64le(from, &out->block_height));
    TAKE(saved_take_copy(from, out->block_hash, SHA256_LEN));
    TAKE(saved_take_account_id(from, &out->executor));
    TAKE(saved_take_bool(from, &out->refund));
    TRY(saved_take_bytes(from, &out->action));
    TAKE(saved_take_bool(from, &out->ok));
    TAKE(cursor_u64le(from, &out->gas_burnt));
    TRY(saved_take_bytes(from, &out->value));
    TRY(saved_take_bytes(from, &out->failure));
    TRY(take_logs(from, out));
    return take_children(from, out);
}

/* The transaction again in borsh: its hash is kept beside it, for it was made of the bytes that came. */
static result_t put_tx(const struct tx_record *record, struct bytes *out)
{
    CLEANUP(bytes_free) struct bytes encoded = {0};
    TRY(near_tx_encode(&record->tx, &encoded));
    TRY(saved_put_blob(out, encoded.data, encoded.len));
    TRY(bytes_append_u8(out, (uint8_t)record->signature.type));
    return bytes_append(out, record->signature.bytes, sizeof record->signature.bytes);
}

result_t saved_tx_write(const struct tx_record *record, struct bytes *out)
{
    TRY(bytes_append(out, record->hash, SHA256_LEN));
    TRY(put_tx(record, out));
    TRY(bytes_append_u8(out, (uint8_t)record->stage));
    TRY(saved_put_blob(out, record->invalid.data, record->invalid.len));
    TRY(saved_put_blob(out, record->fail_with.data, record->fail_with.len));
    TRY(bytes_append_u64le(out, record->block_height));
    TRY(bytes_append(out, record->block_hash, SHA256_LEN));
    TRY(bytes_append_u32le(out, (uint32_t)record->receipt_count));
    for (size_t i = 0; i < record->receipt_count; i++)
        TRY(put_outcome(&record->receipts[i], out));
    return OUTCOME_OK;
}

static result_t take_tx(struct cursor *from, uint64_t number, struct tx_store *store, struct tx_record **out)
{
    uint8_t hash[SHA256_LEN];
    struct near_signature signature;
    const uint8_t *encoded;
    size_t len;
    uint8_t type;
    TAKE(saved_take_copy(from, hash, sizeof hash));
    TAKE(saved_take_blob(from, &encoded, &len));
    TAKE(cursor_u8(from, &type) && type <= NEAR_KEY_SECP256K1);
    signature.type = (enum near_key_type)type;
    TAKE(saved_take_copy(from, signature.bytes, sizeof signature.bytes));
    CLEANUP(near_tx_free) struct near_tx tx = {0};
    result_t result = near_tx_decode(encoded, len, &tx, NULL);
    if (result == OUTCOME_TX_MALFORMED)
        return OUTCOME_STORE_CORRUPT;
    TRY(result);
    TRY(tx_store_add(store, hash, &tx, &signature, len + sizeof signature.bytes, out));
    (*out)->number = number;
    return OUTCOME_OK;
}

static result_t take_receipts(struct cursor *from, struct tx_store *store, struct tx_record *record)
{
    size_t count;
    TAKE(saved_take_count(from, &count));
    for (size_t i = 0; i < count; i++) {
        CLEANUP(receipt_outcome_free) struct receipt_outcome outcome = {0};
        TRY(take_outcome(from, &outcome));
        TRY(tx_store_receipt(store, record, &outcome));
    }
    return OUTCOME_OK;
}

result_t saved_tx_read(const void *data, size_t len, uint64_t number, struct tx_store *store,
                       struct tx_record **out)
{
    struct cursor from = cursor_over(data, len);
    uint8_t stage;
    TRY(take_tx(&from, number, store, out));
    struct tx_record *record = *out;
    TAKE(cursor_u8(&from, &stage) && stage <= TX_DROPPED);
    record->stage = (enum tx_stage)stage;
    TRY(saved_take_bytes(&from, &record->invalid));
    TRY(saved_take_bytes(&from, &record->fail_with));
    TAKE(cursor_u64le(&from, &record->block_height));
    TAKE(saved_take_copy(&from, record->block_hash, SHA256_LEN));
    TRY(take_receipts(&from, store, record));
    TAKE(!cursor_left(&from));
    return OUTCOME_OK;
}
