/* Records that do not open any more: they stand in the way of every look at their shelf, and so of GET, PUT
 * and import. */
#include <stdio.h>
#include <string.h>

#include "node/store_internal.h"

#define ADOPTED_ASIDE STORE_SHELF_ADOPTED "_aside"

/* What may be given up for the rest; what the contract adopted is noted again with the next import. Not the
 * stored set: a node that lost it had better stop. Not the quarantine: whoever forgets what was taken out of
 * service may serve it again. */
static const struct {
    const char *shelf;
    const char *aside;
} shelves[] = {
    {STORE_SHELF_ATTEMPTS, STORE_SHELF_ATTEMPTS "_aside"},
    {STORE_SHELF_STAGED, STORE_SHELF_STAGED "_aside"},
    {STORE_SHELF_SUPERSEDED, STORE_SHELF_SUPERSEDED "_aside"},
    {STORE_SHELF_ADOPTED, ADOPTED_ASIDE},
};

static const char *unreadable_helps(const char *shelf)
{
    for (size_t i = 0; i < ARRAY_LEN(shelves); i++)
        if (strcmp(shelf, shelves[i].shelf) == 0)
            return "`mpc-migrationd keyshares quarantine --unreadable` takes it out of the way, and keeps it";
    if (strcmp(shelf, STORE_SHELF_QUARANTINED) == 0)
        return "what was taken out of service is not forgotten: put back a copy of this folder, or "
               "`keyshares export` what is stored and `keyshares import` it into an empty home";
    return "this store cannot do without it: deliver the key shares again, to an empty home";
}

result_t store_say_unreadable(result_t result, const char *shelf, struct error *err)
{
    if (result != OUTCOME_STORE_CORRUPT || !err)
        return result;
    const struct error why = *err;
    return error_set(err, result, "%s; %s", why.text, unreadable_helps(shelf));
}

static result_t unreadable_read(struct store_txn *txn, const char *shelf, uint64_t number, struct error *err)
{
    CLEANUP(store_adopted_free) struct store_adopted adopted = {0};
    CLEANUP(secret_free) struct secret text = {0};
    CLEANUP(keyshares_free) struct keyshares shares = {0};
    struct record_name name = record_name(shelf, number);
    if (strcmp(shelf, STORE_SHELF_ADOPTED) == 0)
        return store_adopted_read(txn, number, &adopted, err);
    TRY(record_get(txn, name.text, &text, err));
    return stored_set_parse(&text, name.text, &shares, err);
}

static result_t unreadable_move(struct store_txn *txn, const char *name, const char *aside,
                                struct store_unreadable *out, struct error *err)
{
    struct record_numbers kept;
    TRY(record_numbers(txn, aside, &kept, err));
    if (kept.count >= STORE_ASIDE_MAX || out->count >= STORE_UNREADABLE_MAX)
        return error_set(
            err, OUTCOME_STORE_FULL,
            "%zu records are kept in %s already, and none is dropped: this disk goes on losing what is "
            "written to it; move to another one, with an empty home",
            kept.count, aside);
    uint64_t number = kept.count ? kept.at[kept.count - 1] + 1 : 1;
    TRY(record_move(txn, name, record_name(aside, number).text, err));
    snprintf(out->records[out->count++], sizeof out->records[0], "%s", name);
    return OUTCOME_OK;
}

static result_t unreadable_shelf(struct store_txn *txn, const char *shelf, const char *aside,
                                 struct store_unreadable *out, struct error *err)
{
    struct record_numbers numbers;
    TRY(record_numbers(txn, shelf, &numbers, err));
    for (size_t i = 0; i < numbers.count; i++) {
        result_t result = unreadable_read(txn, shelf, numbers.at[i], err);
        if (result == OUTCOME_STORE_CORRUPT)
            result = unreadable_move(txn, record_name(shelf, numbers.at[i]).text, aside, out, err);
        TRY(result);
    }
    return OUTCOME_OK;
}

/* It says of an epoch that it need not be written again, which one has to be that was moved. */
static result_t unreadable_latest(struct store_txn *txn, struct store_unreadable *out, struct error *err)
{
    uint64_t epoch_id;
    bool has;
    result_t result = store_adopted_latest(txn, &epoch_id, err);
    if (result == OUTCOME_STORE_NOT_FOUND)
        return OUTCOME_OK;
    if (result == OUTCOME_STORE_CORRUPT)
        return unreadable_move(txn, STORE_ADOPTED_LATEST, ADOPTED_ASIDE, out, err);
    TRY(result);
    TRY(store_adopted_has(txn, epoch_id, &has, err));
    return has ? OUTCOME_OK : record_delete(txn, STORE_ADOPTED_LATEST, err);
}

static result_t visit_readable(const struct stored_item *item, void *context, struct error *err)
{
    (void)item, (void)context, (void)err;
    return OUTCOME_OK;
}

static result_t unreadable_work(struct store_txn *txn, void *context, struct error *err)
{
    struct store_unreadable *out = context;
    out->count = 0;
    TRY(store_each_kept(txn, STORE_SHELF_QUARANTINED, visit_readable, NULL, err));
    for (size_t i = 0; i < ARRAY_LEN(shelves); i++)
        TRY(unreadable_shelf(txn, shelves[i].shelf, shelves[i].aside, out, err));
    return unreadable_latest(txn, out, err);
}

result_t store_set_unreadable_aside(struct store *store, struct store_unreadable *out, struct error *err)
{
    return store_db_write(&store->db, unreadable_work, out, err);
}
