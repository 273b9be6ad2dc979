#include <inttypes.h>

#include "common/id_index.h"
#include "common/keyshare_rules.h"
#include "common/os/log.h"
#include "node/store_internal.h"

struct store_change {
    struct store *store;
    const struct keyset *keyset;
    const struct keyshares *shares;
    uint64_t block_height;
    /* A set that has to be kept, in a transaction of its own, before it is given up. */
    struct keyshares displaced;
};

struct store_keep_call {
    struct store_change *change;
    struct store_txn *txn;
};

/* A set is given up only when its copy on the shelf is durable. Where the stored set changes with our
 * transaction, that is so; where it changes at once, the copy has to be committed before: the change is
 * called off here, and made again when that is done. */
static result_t store_keep(const struct keyshares *set, const char *where, void *context, struct error *err)
{
    const struct store_keep_call *call = context;
    bool kept;
    if (!call->change->store->set->ops->immediate)
        return store_attempt_push(call->txn, set, err);
    TRY(store_kept_has(call->txn, STORE_SHELF_ATTEMPTS, set, &kept, err));
    if (kept)
        return OUTCOME_OK;
    TRY(keyshares_copy(set, &call->change->displaced));
    return error_set(err, OUTCOME_KEYSHARES_CONFLICT, "%s holds other key shares", where);
}

static result_t store_replace(struct store_change *change, struct store_txn *txn,
                              const struct keyshares *shares, keyshares_rule *rule, struct error *err)
{
    struct store *store = change->store;
    struct store_keep_call call = {change, txn};
    const struct keyshares_terms terms = {rule, store_keep, &call};
    result_t result = store->set->ops->replace(store->set, txn, shares, &terms, err);
    if (!outcome_ok(result))
        return result;
    TRY(store_attempts_drop(txn, shares, err));
    store_step(store, "replaced");
    return OUTCOME_OK;
}

static result_t store_keep_displaced(struct store_txn *txn, void *context, struct error *err)
{
    const struct store_change *change = context;
    return store_attempt_push(txn, &change->displaced, err);
}

/* Two sets may be in the way: that behind `key`, and that under the new file's name. */
#define DISPLACED_MAX 2

static result_t store_change_run(struct store_change *change, store_db_work *work, struct error *err)
{
    struct store *store = change->store;
    for (int kept = 0;; kept++) {
        result_t result = store_db_write(&store->db, work, change, err);
        if (change->displaced.count == 0 || kept == DISPLACED_MAX)
            return result;
        TRY(store_db_write(&store->db, store_keep_displaced, change, err));
        store_step(store, "displaced set kept");
        keyshares_free(&change->displaced);
    }
}

static void store_change_end(struct store_change *change)
{
    keyshares_free(&change->displaced);
}

/* After the commit; what is left behind does no harm. */
static void store_drop_temporary(struct store *store, uint64_t epoch_id)
{
    struct error err = {0};
    if (!store->set->ops->drop_temporary)
        return;
    result_t result = store->set->ops->drop_temporary(store->set, epoch_id, &err);
    if (result == OUTCOME_OK)
        return;
    error_complete(&err, result);
    log_outcome(LOG_LEVEL_WARN, result, "temporary key shares of older epochs stay: %s", err.text);
}

/* Put: without the contract's word the rules are a Rust node's, and what they refuse for another attempt's
 * sake is kept beside the current set until the contract names it. */

/* Judged inside the transaction that writes: another process may have stored in between. */
static result_t store_put_work(struct store_txn *txn, void *context, struct error *err)
{
    struct store_change *change = context;
    const struct stored_set_ops *ops = change->store->set->ops;
    CLEANUP(keyshares_free) struct keyshares current = {0};
    keyshares_free(&change->displaced);
    result_t judged = store_judge_attempts(change->store, txn, change->shares, err);
    if (!outcome_ok(judged))
        return judged;
    result_t loaded = ops->load(change->store->set, txn, NULL, &current, err);
    if (loaded != OUTCOME_OK && loaded != OUTCOME_STORE_NOT_FOUND)
        return loaded;
    result_t verdict = keyshares_may_replace(&current, change->shares, err);
    if (verdict == OUTCOME_OK) {
        /* Also what is held already, but is not the current set: a crash may have come before it was. */
        TRY(store_replace(change, txn, change->shares, keyshares_may_replace, err));
        return OUTCOME_KEYSHARES_STORED;
    }
    if (judged == OUTCOME_KEYSHARES_UNCHANGED)
        return judged;
    if (verdict != OUTCOME_KEYSHARES_CONFLICT)
        return verdict;
    TRY(store_attempt_push(txn, change->shares, err));
    return OUTCOME_KEYSHARES_KEPT;
}

result_t store_put(struct store *store, const struct keyshares *shares, struct error *err)
{
    CLEANUP(store_change_end) struct store_change change = {.store = store, .shares = shares};
    TRY(keyshares_check_set(shares, err));
    result_t result = store_change_run(&change, store_put_work, err);
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
        result_t result = record_get(txn, name.text, &text, err);
        if (result == OUTCOME_OK)
            result = stored_set_parse(&text, name.text, &shares, err);
        TRY(store_say_unreadable(result, STORE_SHELF_STAGED, err));
        if (shares.items[0].id.epoch_id > epoch_id)
            continue;
        if (!keyshares_equal(&shares, stored))
            TRY(record_push(txn, STORE_SHELF_SUPERSEDED, text.data, text.len, err));
        TRY(record_delete(txn, name.text, err));
    }
    return record_trim(txn, STORE_SHELF_SUPERSEDED, STORE_SUPERSEDED_MAX, err);
}

struct store_find_call {
    const struct keyset *keyset;
    struct keyshares *out;
};

static result_t store_find_visit(const struct stored_item *item, void *context, struct error *err)
{
    (void)err;
    const struct store_find_call *call = context;
    if (call->out->count)
        return OUTCOME_OK;
    result_t match = keyshares_match_keyset(item->shares, call->keyset, NULL);
    if (match == OUTCOME_KEYSHARES_MISMATCH)
        return OUTCOME_OK;
    return match == OUTCOME_OK ? keyshares_copy(item->shares, call->out) : match;
}

/* The newest shares of the keyset that were put: staged ones, or such that others took the place of while the
 * contract had another keyset. Where the shares of this very keyset were taken out of service, though, none
 * that were put before them slip in instead. */
static result_t store_find_put(struct store_txn *txn, const struct keyset *keyset, struct keyshares *out,
                               struct error *err)
{
    struct store_find_call call = {keyset, out};
    bool quarantined;
    TRY(store_each_kept(txn, STORE_SHELF_STAGED, store_find_visit, &call, err));
    TRY(store_quarantine_has_keyset(txn, keyset, &quarantined, err));
    if (out->count == 0 && !quarantined)
        TRY(store_each_kept(txn, STORE_SHELF_SUPERSEDED, store_find_visit, &call, err));
    return out->count ? OUTCOME_OK
                      : error_set(err, OUTCOME_KEYSHARES_NOT_HELD,
                                  "no key shares of epoch %" PRIu64 " are staged", keyset->epoch_id);
}

static result_t store_settle(const struct store_change *change, struct store_txn *txn,
                             const struct keyshares *held, struct error *err)
{
    TRY(store_clear_staged(txn, held, change->keyset->epoch_id, err));
    return store_adopted_note(txn, change->keyset, held, change->block_height, err);
}

/* In a Rust node's home `key` is what that node signs with, and it sees a new epoch before our view does:
 * what lies in an older file never takes the place of a newer `key`. Such shares are served from where they
 * are. */
static result_t store_judge_current(struct store *store, struct store_txn *txn, uint64_t epoch_id,
                                    struct error *err)
{
    CLEANUP(keyshares_free) struct keyshares current = {0};
    if (!store->set->ops->current_only)
        return OUTCOME_OK;
    result_t result = store->set->ops->load(store->set, txn, NULL, &current, err);
    if (result == OUTCOME_STORE_NOT_FOUND)
        return OUTCOME_OK;
    TRY(result);
    if (current.items[0].id.epoch_id <= epoch_id)
        return OUTCOME_OK;
    return error_set(err, OUTCOME_KEYSHARES_OLDER,
                     "the view of the contract is of epoch %" PRIu64 ", and `key` of epoch %" PRIu64
                     " already; it stays, and this passes when the view follows",
                     epoch_id, current.items[0].id.epoch_id);
}

/* What makes the import more than a look: an attempt that the contract names now, or what was put. */
static result_t store_find_new(const struct store_change *change, struct store_txn *txn,
                               struct keyshares *out, struct error *err)
{
    result_t result = store_collect(change->store, txn, change->keyset, STORE_FROM_HELD, out, err);
    if (result == OUTCOME_OK) {
        TRY(store_judge_current(change->store, txn, change->keyset->epoch_id, err));
        return store_judge_succession(change->store, txn, out, err);
    }
    if (result != OUTCOME_KEYSHARES_NOT_HELD)
        return result;
    TRY(store_find_put(txn, change->keyset, out, err));
    return store_judge(change->store, txn, out, err);
}

/* Held already comes first, so that an import repeated after a crash changes nothing; what was put comes
 * before a Rust node's temporary shares, because it is what the operator sent. */
static result_t store_import_work(struct store_txn *txn, void *context, struct error *err)
{
    struct store_change *change = context;
    CLEANUP(keyshares_free) struct keyshares held = {0};
    CLEANUP(keyshares_free) struct keyshares found = {0};
    keyshares_free(&change->displaced);
    result_t result = store_collect(change->store, txn, change->keyset, STORE_FROM_CURRENT, &held, err);
    if (result == OUTCOME_KEYSHARES_NOT_HELD) {
        result = store_find_new(change, txn, &found, err);
        if (result == OUTCOME_OK) {
            TRY(store_replace(change, txn, &found, keyshares_may_coexist, err));
            TRY(store_settle(change, txn, &found, err));
            return OUTCOME_KEYSHARES_STORED;
        }
        if (result == OUTCOME_KEYSHARES_NOT_HELD)
            result = store_collect(change->store, txn, change->keyset, STORE_FROM_TEMPORARY, &held, err);
    }
    TRY(result);
    TRY(store_settle(change, txn, &held, err));
    return OUTCOME_KEYSHARES_UNCHANGED;
}

result_t store_import(struct store *store, const struct keyset *keyset, uint64_t block_height,
                      struct error *err)
{
    CLEANUP(store_change_end)
    struct store_change change = {.store = store, .keyset = keyset, .block_height = block_height};
    result_t result = store_change_run(&change, store_import_work, err);
    if (result == OUTCOME_KEYSHARES_STORED) {
        store_step(store, "imported");
        store_drop_temporary(store, keyset->epoch_id);
    }
    return result;
}
