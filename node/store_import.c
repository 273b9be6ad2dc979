#include <inttypes.h>

#include "common/id_index.h"
#include "common/keyshare_rules.h"
#include "common/os/log.h"
#include "node/store_internal.h"

/* Judging */

static result_t store_conflict(const struct keyshares *stored, const struct keyshares *shares,
                               const struct error *why, struct error *err)
{
    char stored_digest[KEYSHARES_DIGEST_TEXT_LEN];
    char digest[KEYSHARES_DIGEST_TEXT_LEN];
    TRY(keyshares_digest(stored, stored_digest));
    TRY(keyshares_digest(shares, digest));
    return error_set(err, OUTCOME_KEYSHARES_CONFLICT,
                     "%.200s; stored: %s, given: %s; nothing was overwritten", why->text, stored_digest,
                     digest);
}

/* A temporary share of the same key event has to be the very same one (wire.md 4.5). */
static result_t store_judge_temporary(struct store *store, const struct keyshares *shares, size_t index,
                                      struct error *err)
{
    const struct keyshare *share = &shares->items[index];
    CLEANUP(keyshares_free) struct keyshares found = {0};
    CLEANUP(keyshares_free) struct keyshares given = {0};
    result_t result = store->set->ops->load_temporary(store->set, &share->id, &found, err);
    if (result == OUTCOME_STORE_NOT_FOUND)
        return OUTCOME_OK;
    TRY(result);
    TRY(keyshares_add(&given, share, keyshare_scalar(shares, index)));
    if (keyshares_equal(&found, &given))
        return OUTCOME_OK;
    struct error why;
    error_set(&why, OUTCOME_KEYSHARES_CONFLICT, "domain %" PRIu64 ": temporary_keys holds another key share",
              share->id.domain_id);
    return store_conflict(&found, &given, &why, err);
}

static result_t store_judge_temporaries(struct store *store, const struct keyshares *stored,
                                        const struct keyshares *shares, struct error *err)
{
    if (!store->set->ops->load_temporary)
        return OUTCOME_OK;
    bool same_epoch = stored->count && stored->items[0].id.epoch_id == shares->items[0].id.epoch_id;
    CLEANUP(id_index_free) struct id_index index = {0};
    TRY(keyshares_index(stored, &index));
    for (size_t i = 0; i < shares->count; i++) {
        size_t at;
        if (!same_epoch || !id_index_find(&index, shares->items[i].id.domain_id, &at))
            TRY(store_judge_temporary(store, shares, i, err));
    }
    return OUTCOME_OK;
}

result_t store_judge(struct store *store, struct store_txn *txn, const struct keyshares *shares,
                     struct error *err)
{
    CLEANUP(keyshares_free) struct keyshares stored = {0};
    result_t loaded = store->set->ops->load(store->set, txn, NULL, &stored, err);
    if (loaded != OUTCOME_OK && loaded != OUTCOME_STORE_NOT_FOUND)
        return loaded;
    struct error why = {0};
    result_t verdict = keyshares_may_replace(&stored, shares, &why);
    if (verdict == OUTCOME_KEYSHARES_CONFLICT)
        return store_conflict(&stored, shares, &why, err);
    if (verdict == OUTCOME_OK)
        return store_judge_temporaries(store, &stored, shares, err);
    return outcome_ok(verdict) ? verdict : error_set(err, verdict, "%s", why.text);
}

/* Storing */

struct store_change {
    struct store *store;
    const struct keyset *keyset;
    const struct keyshares *shares;
    uint64_t block_height;
    int64_t now_s;
};

static result_t store_replace(const struct store_change *change, struct store_txn *txn,
                              const struct keyshares *shares, struct error *err)
{
    struct store *store = change->store;
    TRY(store->set->ops->replace(store->set, txn, shares, err));
    store_step(store, "replaced");
    return OUTCOME_OK;
}

/* After the commit; what is left behind does no harm. */
static void store_drop_temporary(struct store *store, uint64_t epoch_id)
{
    struct error err = {0};
    if (!store->set->ops->drop_temporary)
        return;
    result_t result = store->set->ops->drop_temporary(store->set, epoch_id, &err);
    if (result != OUTCOME_OK)
        log_outcome(LOG_LEVEL_WARN, result, "temporary key shares of older epochs stay: %s", err.text);
}

/* Judged inside the transaction that writes: another process may have stored in between. */
static result_t store_put_work(struct store_txn *txn, void *context, struct error *err)
{
    const struct store_change *change = context;
    TRY(store_judge(change->store, txn, change->shares, err));
    TRY(store_replace(change, txn, change->shares, err));
    return OUTCOME_KEYSHARES_STORED;
}

result_t store_put(struct store *store, const struct keyshares *shares, int64_t now_s, struct error *err)
{
    struct store_change change = {.store = store, .shares = shares, .now_s = now_s};
    TRY(keyshares_check_set(shares, err));
    result_t result = store_db_write(&store->db, store_put_work, &change, err);
    if (result == OUTCOME_KEYSHARES_STORED)
        store_drop_temporary(store, shares->items[0].id.epoch_id);
    return result;
}

/* Import */

/* Clear the staged shelf up to the keyset's epoch: what was stored is dropped, what was not is superseded. */
static result_t store_clear_staged(struct store_txn *txn, const struct keyshares *stored, uint64_t epoch_id,
                                   struct error *err)
{
    struct record_numbers numbers;
    TRY(record_numbers(txn, STORE_SHELF_STAGED, &numbers, err));
    for (size_t i = 0; i < numbers.count; i++) {
        struct record_name name = record_name(STORE_SHELF_STAGED, numbers.at[i]);
        CLEANUP(secret_free) struct secret text = {0};
        CLEANUP(keyshares_free) struct keyshares shares = {0};
        TRY(record_get(txn, name.text, &text, err));
        TRY(stored_set_parse(&text, name.text, &shares, err));
        if (shares.items[0].id.epoch_id > epoch_id)
            continue;
        if (!keyshares_equal(&shares, stored))
            TRY(record_push(txn, STORE_SHELF_SUPERSEDED, text.data, text.len, err));
        TRY(record_delete(txn, name.text, err));
    }
    return record_trim(txn, STORE_SHELF_SUPERSEDED, STORE_SUPERSEDED_MAX, err);
}

/* The newest staged shares that are the keyset's. KEYSHARES_NOT_HELD. */
static result_t store_find_staged(struct store_txn *txn, const struct keyset *keyset, struct keyshares *out,
                                  struct error *err)
{
    struct record_numbers numbers;
    TRY(record_numbers(txn, STORE_SHELF_STAGED, &numbers, err));
    for (size_t i = numbers.count; i-- > 0;) {
        struct record_name name = record_name(STORE_SHELF_STAGED, numbers.at[i]);
        CLEANUP(secret_free) struct secret text = {0};
        CLEANUP(keyshares_free) struct keyshares shares = {0};
        TRY(record_get(txn, name.text, &text, err));
        TRY(stored_set_parse(&text, name.text, &shares, err));
        result_t match = keyshares_match_keyset(&shares, keyset, NULL);
        if (match == OUTCOME_NO_MEMORY)
            return match;
        if (match != OUTCOME_OK)
            continue;
        *out = shares;
        shares = (struct keyshares){0};
        return OUTCOME_OK;
    }
    return error_set(err, OUTCOME_KEYSHARES_NOT_HELD, "no key shares of epoch %" PRIu64 " are staged",
                     keyset->epoch_id);
}

/* Held already comes first, so that an import repeated after a crash changes nothing; staged shares come
 * before a Rust node's temporary ones, because they are what the operator sent. */
static result_t store_import_work(struct store_txn *txn, void *context, struct error *err)
{
    const struct store_change *change = context;
    CLEANUP(keyshares_free) struct keyshares held = {0};
    CLEANUP(keyshares_free) struct keyshares staged = {0};
    result_t result = store_collect(change->store, txn, change->keyset, false, &held, err);
    if (result == OUTCOME_OK) {
        TRY(store_clear_staged(txn, &held, change->keyset->epoch_id, err));
        TRY(store_adopted_note(txn, change->keyset, &held, change->block_height, err));
        return OUTCOME_KEYSHARES_UNCHANGED;
    }
    if (result != OUTCOME_KEYSHARES_NOT_HELD)
        return result;
    result = store_find_staged(txn, change->keyset, &staged, err);
    if (result == OUTCOME_KEYSHARES_NOT_HELD) {
        TRY(store_collect(change->store, txn, change->keyset, true, &held, err));
        TRY(store_adopted_note(txn, change->keyset, &held, change->block_height, err));
        return OUTCOME_KEYSHARES_UNCHANGED;
    }
    TRY(result);
    TRY(store_judge(change->store, txn, &staged, err));
    TRY(store_replace(change, txn, &staged, err));
    TRY(store_clear_staged(txn, &staged, change->keyset->epoch_id, err));
    TRY(store_adopted_note(txn, change->keyset, &staged, change->block_height, err));
    return OUTCOME_KEYSHARES_STORED;
}

result_t store_import(struct store *store, const struct keyset *keyset, uint64_t block_height, int64_t now_s,
                      struct error *err)
{
    struct store_change change = {
        .store = store, .keyset = keyset, .block_height = block_height, .now_s = now_s};
    result_t result = store_db_write(&store->db, store_import_work, &change, err);
    if (result == OUTCOME_KEYSHARES_STORED) {
        store_step(store, "imported");
        store_drop_temporary(store, keyset->epoch_id);
    }
    return result;
}
