#include "node/store_internal.h"

/* Look for the very same set on the shelf. It is either on top already, or taken away from below. */
static result_t store_lift_staged(struct store_txn *txn, const struct secret *text, bool *on_top,
                                  struct error *err)
{
    struct record_numbers numbers;
    TRY(record_numbers(txn, STORE_SHELF_STAGED, &numbers, err));
    for (size_t i = 0; i < numbers.count; i++) {
        struct record_name name = record_name(STORE_SHELF_STAGED, numbers.at[i]);
        CLEANUP(secret_free) struct secret found = {0};
        TRY(store_say_unreadable(record_get(txn, name.text, &found, err), STORE_SHELF_STAGED, err));
        if (!secret_equal(found.data, found.len, text->data, text->len))
            continue;
        *on_top = i + 1 == numbers.count;
        return *on_top ? OUTCOME_OK : record_delete(txn, name.text, err);
    }
    return OUTCOME_OK;
}

/* What the staged shelf has no room for is superseded. */
static result_t store_trim_staged(struct store_txn *txn, struct error *err)
{
    struct record_numbers numbers;
    TRY(record_numbers(txn, STORE_SHELF_STAGED, &numbers, err));
    for (size_t i = 0; i + STORE_STAGED_MAX < numbers.count; i++) {
        struct record_name name = record_name(STORE_SHELF_STAGED, numbers.at[i]);
        CLEANUP(secret_free) struct secret text = {0};
        TRY(store_say_unreadable(record_get(txn, name.text, &text, err), STORE_SHELF_STAGED, err));
        TRY(record_push(txn, STORE_SHELF_SUPERSEDED, text.data, text.len, err));
        TRY(record_delete(txn, name.text, err));
    }
    return record_trim(txn, STORE_SHELF_SUPERSEDED, STORE_SUPERSEDED_MAX, err);
}

struct store_stage_call {
    struct store *store;
    const struct keyshares *shares;
    const struct secret *text;
    struct receipt *draft;
    const struct ed25519_keypair *signer;
    struct bytes *receipt;
};

static result_t store_stage_shares(struct store_txn *txn, const struct store_stage_call *call,
                                   struct error *err)
{
    bool on_top = false;
    bool beside = false;
    result_t verdict = store_judge(call->store, txn, call->shares, err);
    /* A set beside the stored one is held within a bound, and nobody is looking for it: what is answered with 200
     * is staged, so that it is imported. */
    if (verdict == OUTCOME_KEYSHARES_UNCHANGED)
        TRY(store_kept_has(txn, STORE_SHELF_ATTEMPTS, call->shares, &beside, err));
    if (!beside)
        TRY(verdict);
    TRY(store_lift_staged(txn, call->text, &on_top, err));
    if (on_top)
        return OUTCOME_KEYSHARES_STAGED;
    TRY(record_push(txn, STORE_SHELF_STAGED, call->text->data, call->text->len, err));
    TRY(store_trim_staged(txn, err));
    return OUTCOME_KEYSHARES_STAGED;
}

/* The receipt is part of what was asked for: where it cannot be written, nothing is. */
static result_t store_stage_work(struct store_txn *txn, void *context, struct error *err)
{
    const struct store_stage_call *call = context;
    result_t result = store_stage_shares(txn, call, err);
    if (!outcome_ok(result))
        return result;
    TRY(store_receipt_push(txn, call->draft, call->signer, call->receipt, err));
    return result;
}

result_t store_stage(struct store *store, const struct keyset *keyset, const struct keyshares *shares,
                     const struct receipt_terms *terms, struct bytes *receipt, struct error *err)
{
    CLEANUP(secret_free) struct secret text = {0};
    CLEANUP(receipt_free) struct receipt draft = {0};
    TRY(keyshares_check_set(shares, err));
    TRY(keyshares_match_keyset(shares, keyset, err));
    TRY(receipt_describe(keyset, shares, terms->backup_key, &draft));
    sha256(terms->body, terms->body_len, draft.body_sha256);
    draft.durable_at_ms = terms->now_ms;
    TRY(permanent_keyshares_write(shares, &text));
    struct store_stage_call call = {store, shares, &text, &draft, terms->signer, receipt};
    result_t result = store_db_write(&store->db, store_stage_work, &call, err);
    if (result == OUTCOME_KEYSHARES_STAGED)
        store_step(store, "staged");
    return result;
}
