#include "node/store_internal.h"

/* A receipt's number is that of its record. */
static result_t store_receipt_last(struct store_txn *txn, struct receipt_signed *out, struct error *err)
{
    struct record_numbers numbers;
    CLEANUP(secret_free) struct secret text = {0};
    struct error why = {0};
    TRY(record_numbers(txn, STORE_SHELF_RECEIPTS, &numbers, err));
    if (numbers.count == 0)
        return OUTCOME_STORE_NOT_FOUND;
    struct record_name name = record_name(STORE_SHELF_RECEIPTS, numbers.at[numbers.count - 1]);
    TRY(record_get(txn, name.text, &text, err));
    result_t result = receipt_parse((const char *)text.data, text.len, out, &why);
    if (result == OUTCOME_NO_MEMORY)
        return result;
    if (result != OUTCOME_OK)
        return error_set(err, OUTCOME_STORE_CORRUPT, "migration store: %s: %s", name.text, why.text);
    return OUTCOME_OK;
}

result_t store_receipt_push(struct store_txn *txn, struct receipt *receipt,
                            const struct ed25519_keypair *signer, struct bytes *out, struct error *err)
{
    CLEANUP(receipt_signed_free) struct receipt_signed last = {0};
    result_t found = store_receipt_last(txn, &last, err);
    if (found != OUTCOME_OK && found != OUTCOME_STORE_NOT_FOUND)
        return found;
    bytes_clear(out);
    TRY(receipt_issue(receipt, found == OUTCOME_OK ? &last : NULL, signer, out));
    struct record_name name = record_name(STORE_SHELF_RECEIPTS, receipt->number);
    TRY(record_put(txn, name.text, out->data, out->len, err));
    return record_trim(txn, STORE_SHELF_RECEIPTS, STORE_RECEIPTS_MAX, err);
}

static result_t store_receipt_at(struct store_txn *txn, uint64_t number, struct bytes *out, struct error *err)
{
    CLEANUP(secret_free) struct secret text = {0};
    struct record_name name = record_name(STORE_SHELF_RECEIPTS, number);
    TRY(record_get(txn, name.text, &text, err));
    bytes_clear(out);
    return bytes_append(out, text.data, text.len);
}

struct store_receipt_call {
    size_t age;
    struct bytes *out;
};

static result_t store_receipt_work(struct store_txn *txn, void *context, struct error *err)
{
    const struct store_receipt_call *call = context;
    struct record_numbers numbers;
    TRY(record_numbers(txn, STORE_SHELF_RECEIPTS, &numbers, err));
    if (call->age >= numbers.count)
        return error_set(err, OUTCOME_STORE_NOT_FOUND, "there are no more receipts");
    return store_receipt_at(txn, numbers.at[numbers.count - 1 - call->age], call->out, err);
}

result_t store_load_receipt(struct store *store, size_t age, struct bytes *out, struct error *err)
{
    struct store_receipt_call call = {age, out};
    return store_db_read(&store->db, store_receipt_work, &call, err);
}

struct store_receipts_call {
    store_receipt_visit *visit;
    void *context;
};

static result_t store_receipts_work(struct store_txn *txn, void *context, struct error *err)
{
    const struct store_receipts_call *call = context;
    CLEANUP(bytes_free) struct bytes envelope = {0};
    struct record_numbers numbers;
    TRY(record_numbers(txn, STORE_SHELF_RECEIPTS, &numbers, err));
    for (size_t i = numbers.count; i-- > 0;) {
        TRY(store_receipt_at(txn, numbers.at[i], &envelope, err));
        TRY(call->visit(&envelope, call->context, err));
    }
    return OUTCOME_OK;
}

result_t store_each_receipt(struct store *store, store_receipt_visit *visit, void *context, struct error *err)
{
    struct store_receipts_call call = {visit, context};
    return store_db_read(&store->db, store_receipts_work, &call, err);
}
