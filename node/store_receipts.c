#include <string.h>

#include "node/store_internal.h"

/* Until it is out of the way nothing can follow it, and no PUT is taken. */
static result_t store_receipt_unreadable(const char *why, struct error *err)
{
    return error_set(err, OUTCOME_STORE_CORRUPT,
                     "%s; `mpc-migrationd keyshares receipts --set-aside` takes it out of the chain of "
                     "receipts, and keeps it",
                     why);
}

static result_t store_receipt_get(struct store_txn *txn, uint64_t number, struct secret *out,
                                  struct error *err)
{
    struct record_name name = record_name(STORE_SHELF_RECEIPTS, number);
    struct error why = {0};
    result_t result = record_get(txn, name.text, out, &why);
    if (result == OUTCOME_STORE_CORRUPT)
        return store_receipt_unreadable(why.text, err);
    return result == OUTCOME_OK ? result : error_set(err, result, "%s", why.text);
}

/* A receipt's number is that of its record. */
static result_t store_receipt_read(struct store_txn *txn, uint64_t number, struct receipt_signed *out,
                                   struct error *err)
{
    CLEANUP(secret_free) struct secret text = {0};
    struct error why = {0};
    TRY(store_receipt_get(txn, number, &text, err));
    result_t result = receipt_parse((const char *)text.data, text.len, out, &why);
    if (result == OUTCOME_OK || result == OUTCOME_NO_MEMORY)
        return result;
    result =
        error_prefix(&why, result, "migration store: %s", record_name(STORE_SHELF_RECEIPTS, number).text);
    return store_receipt_unreadable(why.text, err);
}

/* One that was set aside counts as before: its number is not given again, and what follows it names the
 * hash of its record, which is that of no receipt. */
static result_t store_receipt_last(struct store_txn *txn, struct receipt_signed *out, struct error *err)
{
    struct record_numbers numbers, aside;
    TRY(record_numbers(txn, STORE_SHELF_RECEIPTS, &numbers, err));
    TRY(record_numbers(txn, STORE_SHELF_ASIDE, &aside, err));
    uint64_t last = numbers.count ? numbers.at[numbers.count - 1] : 0;
    uint64_t last_aside = aside.count ? aside.at[aside.count - 1] : 0;
    if (last == 0 && last_aside == 0)
        return OUTCOME_STORE_NOT_FOUND;
    if (last > last_aside)
        return store_receipt_read(txn, last, out, err);
    out->receipt.number = last_aside;
    return record_hash(txn, record_name(STORE_SHELF_ASIDE, last_aside).text, out->hash, err);
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

/* --- set aside --- */

static result_t store_receipt_set_aside(struct store_txn *txn, uint64_t number, size_t aside,
                                        struct store_receipt_numbers *out, struct error *err)
{
    if (aside + out->count >= STORE_ASIDE_MAX)
        return error_set(
            err, OUTCOME_STORE_FULL,
            "%d receipts were set aside already, and none is dropped: this disk goes on losing what "
            "is written to it; move to another one, with an empty home",
            STORE_ASIDE_MAX);
    TRY(record_move(txn, record_name(STORE_SHELF_RECEIPTS, number).text,
                    record_name(STORE_SHELF_ASIDE, number).text, err));
    out->at[out->count++] = number;
    return OUTCOME_OK;
}

static result_t store_set_aside_work(struct store_txn *txn, void *context, struct error *err)
{
    struct store_receipt_numbers *out = context;
    struct record_numbers numbers, aside;
    out->count = 0;
    TRY(record_numbers(txn, STORE_SHELF_RECEIPTS, &numbers, err));
    TRY(record_numbers(txn, STORE_SHELF_ASIDE, &aside, err));
    for (size_t i = 0; i < numbers.count; i++) {
        CLEANUP(receipt_signed_free) struct receipt_signed receipt = {0};
        result_t result = store_receipt_read(txn, numbers.at[i], &receipt, err);
        if (result == OUTCOME_STORE_CORRUPT)
            result = store_receipt_set_aside(txn, numbers.at[i], aside.count, out, err);
        TRY(result);
    }
    return OUTCOME_OK;
}

result_t store_set_receipts_aside(struct store *store, struct store_receipt_numbers *out, struct error *err)
{
    return store_db_write(&store->db, store_set_aside_work, out, err);
}

static result_t store_aside_work(struct store_txn *txn, void *context, struct error *err)
{
    struct store_receipt_numbers *out = context;
    struct record_numbers numbers;
    TRY(record_numbers(txn, STORE_SHELF_ASIDE, &numbers, err));
    out->count = numbers.count < STORE_ASIDE_MAX ? numbers.count : STORE_ASIDE_MAX;
    memcpy(out->at, numbers.at, out->count * sizeof(*out->at));
    return OUTCOME_OK;
}

result_t store_receipts_aside(struct store *store, struct store_receipt_numbers *out, struct error *err)
{
    return store_db_read(&store->db, store_aside_work, out, err);
}

/* --- read --- */

static result_t store_receipt_at(struct store_txn *txn, uint64_t number, struct bytes *out, struct error *err)
{
    CLEANUP(secret_free) struct secret text = {0};
    TRY(store_receipt_get(txn, number, &text, err));
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
