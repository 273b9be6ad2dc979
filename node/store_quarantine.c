/* Sets that were taken out of service: never served, imported or overwritten. */
#include <inttypes.h>
#include <string.h>

#include "node/store_internal.h"

result_t store_quarantine_has(struct store_txn *txn, const struct keyshares *shares, bool *has,
                              struct error *err)
{
    return store_kept_has(txn, STORE_SHELF_QUARANTINED, shares, has, err);
}

struct event_call {
    const struct key_event_id *id;
    bool found;
};

static result_t visit_event(const struct stored_item *item, void *context, struct error *err)
{
    (void)err;
    struct event_call *call = context;
    for (size_t i = 0; i < item->shares->count; i++)
        call->found |= key_event_id_equal(&item->shares->items[i].id, call->id);
    return OUTCOME_OK;
}

result_t store_quarantine_has_event(struct store_txn *txn, const struct key_event_id *id, bool *has,
                                    struct error *err)
{
    struct event_call call = {.id = id};
    TRY(store_each_kept(txn, STORE_SHELF_QUARANTINED, visit_event, &call, err));
    *has = call.found;
    return OUTCOME_OK;
}

struct keyset_call {
    const struct keyset *keyset;
    bool found;
};

static result_t visit_keyset(const struct stored_item *item, void *context, struct error *err)
{
    (void)err;
    struct keyset_call *call = context;
    bool covers;
    TRY(store_covers(item->shares, call->keyset, &covers));
    call->found |= covers;
    return OUTCOME_OK;
}

result_t store_quarantine_has_keyset(struct store_txn *txn, const struct keyset *keyset, bool *has,
                                     struct error *err)
{
    struct keyset_call call = {.keyset = keyset};
    TRY(store_each_kept(txn, STORE_SHELF_QUARANTINED, visit_keyset, &call, err));
    *has = call.found;
    return OUTCOME_OK;
}

/* --- what may be current in its place, and what crashes left --- */

struct fit_call {
    struct store *store;
    struct store_txn *txn;
};

/* Not what was taken out, not what was superseded, and where the contract adopted a keyset of that epoch,
 * exactly its shares. */
static result_t store_fit(const struct keyshares *set, void *context, bool *fit, struct error *err)
{
    const struct fit_call *call = context;
    CLEANUP(store_adopted_free) struct store_adopted adopted = {0};
    bool quarantined, superseded, covers;
    TRY(store_quarantine_has(call->txn, set, &quarantined, err));
    TRY(store_kept_has(call->txn, STORE_SHELF_ATTEMPTS, set, &superseded, err));
    *fit = !quarantined && !superseded;
    result_t result = store_adopted_read(call->txn, set->items[0].id.epoch_id, &adopted, err);
    if (result == OUTCOME_STORE_NOT_FOUND)
        return OUTCOME_OK;
    TRY(result);
    TRY(store_covers(set, &adopted.keyset, &covers));
    *fit &= covers && set->count == adopted.keyset.count;
    return OUTCOME_OK;
}

static result_t visit_take_out(const struct stored_item *item, void *context, struct error *err)
{
    struct fit_call *call = context;
    return call->store->set->ops->remove(call->store->set, call->txn, item->shares, store_fit, call, err);
}

static result_t store_mend_work(struct store_txn *txn, void *context, struct error *err)
{
    struct fit_call call = {context, txn};
    const struct stored_set_ops *ops = call.store->set->ops;
    TRY(store_each_kept(txn, STORE_SHELF_QUARANTINED, visit_take_out, &call, err));
    return ops->mend(call.store->set, store_fit, &call, err);
}

result_t store_mend(struct store *store, struct error *err)
{
    return store->set->ops->mend ? store_db_read(&store->db, store_mend_work, store, err) : OUTCOME_OK;
}

/* --- taking out and back --- */

struct choose_call {
    const struct store_choice *choice;
    bool quarantined; /* among those, or among all others */
    struct keyshares chosen;
    char digest[KEYSHARES_DIGEST_TEXT_LEN];
    bool several;
    bool adopted;
};

static result_t visit_choose(const struct store_set *set, void *context, struct error *err)
{
    (void)err;
    struct choose_call *call = context;
    const struct store_choice *choice = call->choice;
    char digest[KEYSHARES_DIGEST_TEXT_LEN];
    if (!set->shares || (set->shelf == STORE_QUARANTINED) != call->quarantined ||
        (choice->epoch && set->shares->items[0].id.epoch_id != *choice->epoch))
        return OUTCOME_OK;
    TRY(keyshares_digest(set->shares, digest));
    if (choice->digest && strncmp(digest, choice->digest, strlen(choice->digest)) != 0)
        return OUTCOME_OK;
    if (call->chosen.count) {
        call->several |= strcmp(digest, call->digest) != 0;
        call->adopted |= set->adopted;
        return OUTCOME_OK;
    }
    memcpy(call->digest, digest, sizeof(digest));
    call->adopted = set->adopted;
    return keyshares_copy(set->shares, &call->chosen);
}

static result_t store_choose(struct store *store, struct store_txn *txn, struct choose_call *call,
                             struct error *err)
{
    TRY(store_each_set_in(store, txn, visit_choose, call, err));
    if (call->several)
        return error_set(err, OUTCOME_USAGE,
                         "more than one set of key shares fits: say which with --digest (`keyshares list`)");
    return call->chosen.count ? OUTCOME_OK
                              : error_set(err, OUTCOME_STORE_NOT_FOUND, "no such set of key shares is %s",
                                          call->quarantined ? "in quarantine" : "in service");
}

struct quarantine_call {
    struct store *store;
    const struct store_choice *choice;
    struct keyshares *out;
    bool stored_again; /* of a restore: the set was the stored one before, as far as one can tell */
};

struct clear_call {
    struct store_txn *txn;
    const struct keyshares *shares;
};

static result_t visit_clear(const struct stored_item *item, void *context, struct error *err)
{
    const struct clear_call *call = context;
    return keyshares_equal(item->shares, call->shares) ? record_delete(call->txn, item->where, err)
                                                       : OUTCOME_OK;
}

static result_t quarantine_push(struct store_txn *txn, const struct keyshares *shares, struct error *err)
{
    CLEANUP(secret_free) struct secret text = {0};
    struct record_numbers numbers;
    TRY(record_numbers(txn, STORE_SHELF_QUARANTINED, &numbers, err));
    if (numbers.count >= STORE_QUARANTINED_MAX)
        return error_set(err, OUTCOME_STORE_FULL,
                         "%d sets of key shares are in quarantine, and none is dropped for another",
                         STORE_QUARANTINED_MAX);
    TRY(permanent_keyshares_write(shares, &text));
    return record_push(txn, STORE_SHELF_QUARANTINED, text.data, text.len, err);
}

/* The copy in quarantine is durable before a set leaves a home; with LMDB both are one transaction. */
static result_t store_quarantine_work(struct store_txn *txn, void *context, struct error *err)
{
    static const char *const shelves[] = {STORE_SHELF_ATTEMPTS, STORE_SHELF_STAGED, STORE_SHELF_SUPERSEDED};
    const struct quarantine_call *call = context;
    struct choose_call choice = {.choice = call->choice};
    result_t result = store_choose(call->store, txn, &choice, err);
    keyshares_free(call->out);
    *call->out = choice.chosen;
    TRY(result);
    if (choice.adopted && !call->choice->even_adopted)
        return error_set(err, OUTCOME_KEYSHARES_ADOPTED,
                         "these key shares of epoch %" PRIu64
                         " are the ones that the contract adopted; --adopted takes them out all the same",
                         call->out->items[0].id.epoch_id);
    TRY(quarantine_push(txn, call->out, err));
    struct clear_call clear = {txn, call->out};
    for (size_t i = 0; i < sizeof(shelves) / sizeof(*shelves); i++)
        TRY(store_each_kept(txn, shelves[i], visit_clear, &clear, err));
    struct fit_call fit = {call->store, txn};
    return call->store->set->ops->immediate
               ? OUTCOME_OK
               : call->store->set->ops->remove(call->store->set, txn, call->out, store_fit, &fit, err);
}

/* What the contract adopted, or the only set there is, belongs behind the stored name again and not on a shelf
 * whose oldest sets are dropped. */
static result_t was_stored(struct store *store, struct store_txn *txn, const struct keyshares *shares,
                           bool *was, struct error *err)
{
    CLEANUP(keyshares_free) struct keyshares current = {0};
    result_t result = store->set->ops->load(store->set, txn, NULL, &current, err);
    *was = result == OUTCOME_STORE_NOT_FOUND;
    if (*was)
        return OUTCOME_OK;
    TRY(result);
    return store_set_adopted(txn, shares, was, err);
}

static result_t store_restore_work(struct store_txn *txn, void *context, struct error *err)
{
    struct quarantine_call *call = context;
    struct choose_call choice = {.choice = call->choice, .quarantined = true};
    result_t result = store_choose(call->store, txn, &choice, err);
    keyshares_free(call->out);
    *call->out = choice.chosen;
    TRY(result);
    struct clear_call clear = {txn, call->out};
    TRY(store_each_kept(txn, STORE_SHELF_QUARANTINED, visit_clear, &clear, err));
    result = store_judge_attempts(call->store, txn, call->out, err);
    if (result != OUTCOME_OK)
        return result;
    TRY(was_stored(call->store, txn, call->out, &call->stored_again, err));
    return store_attempt_push(txn, call->out, err);
}

static result_t store_quarantine_run(struct quarantine_call *call, store_db_work *work, struct error *err)
{
    result_t result = store_db_write(&call->store->db, work, call, err);
    if (!outcome_ok(result))
        keyshares_free(call->out);
    return result;
}

result_t store_quarantine(struct store *store, const struct store_choice *choice, struct keyshares *out,
                          struct error *err)
{
    struct quarantine_call call = {.store = store, .choice = choice, .out = out};
    TRY(store_quarantine_run(&call, store_quarantine_work, err));
    store_step(store, "quarantined");
    return store->set->ops->immediate ? store_mend(store, err) : OUTCOME_OK;
}

result_t store_restore(struct store *store, const struct store_choice *choice, struct keyshares *out,
                       struct error *err)
{
    struct quarantine_call call = {.store = store, .choice = choice, .out = out};
    result_t result = store_quarantine_run(&call, store_restore_work, err);
    if (result != OUTCOME_OK)
        return result;
    if (call.stored_again)
        result = store_put(store, out, err);
    if (!outcome_ok(result) && result != OUTCOME_KEYSHARES_OLDER) {
        keyshares_free(out);
        return result;
    }
    return result == OUTCOME_KEYSHARES_STORED ? result : OUTCOME_KEYSHARES_KEPT;
}
