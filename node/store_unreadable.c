/* Records of key shares that do not open any more: they stand in the way of every look at their shelf, and
 * so of GET, PUT and import. */
#include <stdio.h>
#include <string.h>

#include "node/store_internal.h"

/* What may be given up for the rest. Not the stored set: a node that lost it had better stop. Not the
 * quarantine: whoever forgets what was taken out of service may serve it again. */
static const struct {
    const char *shelf;
    const char *aside;
} shelves[] = {
    {STORE_SHELF_ATTEMPTS, STORE_SHELF_ATTEMPTS "_aside"},
    {STORE_SHELF_STAGED, STORE_SHELF_STAGED "_aside"},
    {STORE_SHELF_SUPERSEDED, STORE_SHELF_SUPERSEDED "_aside"},
};

result_t store_say_unreadable(result_t result, const char *shelf, struct error *err)
{
    const char *helps = "this store cannot do without it: deliver the key shares again, to an empty home";
    if (result != OUTCOME_STORE_CORRUPT || !err)
        return result;
    for (size_t i = 0; i < ARRAY_LEN(shelves); i++)
        if (strcmp(shelf, shelves[i].shelf) == 0)
            helps =
                "`mpc-migrationd keyshares quarantine --unreadable` takes it out of the way, and keeps it";
    const struct error why = *err;
    return error_set(err, result, "%s; %s", why.text, helps);
}

static result_t unreadable_read(struct store_txn *txn, const char *name, struct error *err)
{
    CLEANUP(secret_free) struct secret text = {0};
    CLEANUP(keyshares_free) struct keyshares shares = {0};
    TRY(record_get(txn, name, &text, err));
    return stored_set_parse(&text, name, &shares, err);
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
        struct record_name name = record_name(shelf, numbers.at[i]);
        result_t result = unreadable_read(txn, name.text, err);
        if (result == OUTCOME_STORE_CORRUPT)
            result = unreadable_move(txn, name.text, aside, out, err);
        TRY(result);
    }
    return OUTCOME_OK;
}

static result_t unreadable_work(struct store_txn *txn, void *context, struct error *err)
{
    struct store_unreadable *out = context;
    out->count = 0;
    for (size_t i = 0; i < ARRAY_LEN(shelves); i++)
        TRY(unreadable_shelf(txn, shelves[i].shelf, shelves[i].aside, out, err));
    return OUTCOME_OK;
}

result_t store_set_unreadable_aside(struct store *store, struct store_unreadable *out, struct error *err)
{
    return store_db_write(&store->db, unreadable_work, out, err);
}
