/* One body over both implementations of the records under the store, then the one in memory as a disk that
 * crashes. */
#include "node/records_lmdb.h"

#include <string.h>

#include "common/os/file.h"
#include "node/store.h"
#include "tests/support/memory_records.h"
#include "tests/support/samples.h"
#include "tests/support/stage.h"
#include "tests/support/support.h"

enum { IN_LMDB, IN_MEMORY, IMPLEMENTATIONS };

static const struct database_size size = {.start = 64 * 4096, .max = 1024 * 4096, .reserve = 16 * 4096};

static char *dir;
static struct memory_records *disk;
static struct records *lmdb;
static struct records *records;
static struct error err;

static void setup(void)
{
    dir = fresh_dir();
    disk = memory_records_make();
}

static void teardown(void)
{
    records_lmdb_close(lmdb);
    lmdb = NULL;
    memory_records_free(disk);
    free_text(&dir);
}

static void open_records(int implementation)
{
    if (implementation == IN_LMDB)
        ck_assert_ok_err(records_lmdb_open(dir, DATABASE_READ_WRITE, &size, &lmdb, &err), err);
    records = implementation == IN_LMDB ? lmdb : memory_records_of(disk);
}

/* --- works --- */

/* "name=value" is put, "-name" deleted; in this order, then `result` is returned. */
struct changes {
    const char *const *steps;
    result_t result;
};

static result_t change_work(struct records_txn *txn, void *context, struct error *error)
{
    const struct changes *changes = context;
    for (const char *const *at = changes->steps; *at; at++) {
        char name[32] = {0};
        const char *value = strchr(*at, '=');
        if (!value) {
            TRY(records->ops->remove(txn, *at + 1, error));
            continue;
        }
        memcpy(name, *at, (size_t)(value - *at));
        TRY(records->ops->put(txn, name, value + 1, strlen(value + 1), error));
    }
    return changes->result;
}

static result_t change(enum records_mode mode, result_t result, const char *const *steps)
{
    struct changes changes = {steps, result};
    return records->ops->run(records, mode, change_work, &changes, &err);
}

#define STEPS(...) ((const char *const[]){__VA_ARGS__, NULL})

static bool visit_name(const void *name, size_t len, void *context)
{
    ck_assert_ok(bytes_append(context, name, len));
    ck_assert_ok(bytes_append_text(context, " "));
    return !(len == 4 && memcmp(name, "stop", 4) == 0);
}

struct listing {
    const char *first;
    struct bytes names;
};

static result_t list_work(struct records_txn *txn, void *context, struct error *error)
{
    struct listing *listing = context;
    return records->ops->list(txn, listing->first, visit_name, &listing->names, error);
}

static void check_names(const char *first, const char *expected)
{
    struct listing listing = {.first = first};
    ck_assert_ok_err(records->ops->run(records, RECORDS_READ, list_work, &listing, &err), err);
    ck_assert_str_eq(listing.names.data ? (const char *)listing.names.data : "", expected);
    bytes_free(&listing.names);
}

struct lookup {
    const char *name;
    struct bytes value;
};

static result_t get_work(struct records_txn *txn, void *context, struct error *error)
{
    struct lookup *lookup = context;
    const void *value;
    size_t len;
    TRY(records->ops->get(txn, lookup->name, &value, &len, error));
    return bytes_append(&lookup->value, value, len);
}

static void check_value(const char *name, const char *expected)
{
    struct lookup lookup = {.name = name};
    ck_assert_ok_err(records->ops->run(records, RECORDS_READ, get_work, &lookup, &err), err);
    ck_assert_str_eq((const char *)lookup.value.data, expected);
    bytes_free(&lookup.value);
}

static void check_missing(const char *name)
{
    struct lookup lookup = {.name = name};
    ck_assert_outcome(records->ops->run(records, RECORDS_READ, get_work, &lookup, &err),
                      OUTCOME_STORE_NOT_FOUND);
}

/* --- both --- */

START_TEST(what_is_put_is_found_until_it_is_replaced_or_deleted)
{
    open_records(_i);
    ck_assert_ok_err(change(RECORDS_WRITE, OUTCOME_OK, STEPS("b=one", "a=two", "b=three")), err);
    check_value("a", "two");
    check_value("b", "three");
    check_missing("ab");
    ck_assert_ok_err(change(RECORDS_DELETE, OUTCOME_OK, STEPS("-a", "-never")), err);
    check_missing("a");
    check_value("b", "three");
}
END_TEST

START_TEST(a_listing_is_ascending_from_the_first_name_on_and_ends_when_told)
{
    open_records(_i);
    check_names("a", "");
    ck_assert_ok_err(change(RECORDS_WRITE, OUTCOME_OK, STEPS("z=", "s/2=", "s/10=", "a=", "stop=")), err);
    check_names("s/", "s/10 s/2 stop ");
    check_names("s/10", "s/10 s/2 stop ");
    check_names("s3", "stop ");
    check_names("sz", "z ");
    check_names("zz", "");
}
END_TEST

START_TEST(work_that_fails_leaves_everything_as_it_was)
{
    open_records(_i);
    ck_assert_ok_err(change(RECORDS_WRITE, OUTCOME_OK, STEPS("a=old", "b=old")), err);
    ck_assert_outcome(change(RECORDS_WRITE, OUTCOME_KEYSHARES_CONFLICT, STEPS("a=new", "-b", "c=new")),
                      OUTCOME_KEYSHARES_CONFLICT);
    check_value("a", "old");
    check_value("b", "old");
    check_missing("c");
    ck_assert_outcome(change(RECORDS_WRITE, OUTCOME_KEYSHARES_STORED, STEPS("a=new")),
                      OUTCOME_KEYSHARES_STORED);
    check_value("a", "new");
}
END_TEST

/* --- crashes of the disk in memory --- */

START_TEST(a_crash_before_the_commit_loses_it_and_one_after_it_keeps_it)
{
    open_records(IN_MEMORY);
    ck_assert_ok_err(change(RECORDS_WRITE, OUTCOME_OK, STEPS("a=old")), err);
    memory_records_crash(disk, _i ? MEMORY_CRASH_AFTER : MEMORY_CRASH_BEFORE, 1);
    ck_assert_ok_err(change(RECORDS_WRITE, OUTCOME_OK, STEPS("b=one more")), err);
    ck_assert_outcome(change(RECORDS_WRITE, OUTCOME_OK, STEPS("a=new", "-b")), OUTCOME_STORE_IO);
    ck_assert(memory_records_crashed(disk));
    ck_assert_outcome(change(RECORDS_WRITE, OUTCOME_OK, STEPS("c=late")), OUTCOME_STORE_IO);
    ck_assert_outcome(change(RECORDS_READ, OUTCOME_OK, STEPS("-b")), OUTCOME_STORE_IO);

    memory_records_restart(disk);
    ck_assert(!memory_records_crashed(disk));
    check_value("a", _i ? "new" : "old");
    check_names("a", _i ? "a " : "a b ");
    ck_assert_uint_eq(memory_records_commits(disk), _i ? 3 : 2);
}
END_TEST

START_TEST(staged_shares_outlive_a_crash_after_their_commit_and_the_import_is_finished_then)
{
    uint8_t key_bytes[16] = {1};
    const struct secret key = {.data = key_bytes, .len = sizeof key_bytes, .cap = sizeof key_bytes};
    const struct store_options options = {
        .kind = STORE_LMDB, .key = &key, .records = memory_records_of(disk)};
    CLEANUP(keyset_free) struct keyset keyset = {0};
    CLEANUP(keyshares_free) struct keyshares shares = {0}, found = {0};
    struct store *store;
    sample_keyset(5, 2, &keyset);
    sample_keyshares(&keyset, 1, &shares);
    ck_assert_ok_err(store_open(&options, &store, &err), err);
    memory_records_crash(disk, MEMORY_CRASH_AFTER, 0);
    ck_assert_outcome(stage_shares(store, &keyset, &shares, &err), OUTCOME_STORE_IO);
    ck_assert_outcome(store_import(store, &keyset, 100, &err), OUTCOME_STORE_IO);
    store_close(store);
    ck_assert_outcome(store_open(&options, &store, &err), OUTCOME_STORE_IO);

    memory_records_restart(disk);
    ck_assert_ok_err(store_open(&options, &store, &err), err);
    ck_assert_outcome(store_import(store, &keyset, 100, &err), OUTCOME_KEYSHARES_STORED);
    ck_assert_ok_err(store_get(store, &keyset, &found, &err), err);
    ck_assert(keyshares_equal(&found, &shares));
    store_close(store);
}
END_TEST

int main(void)
{
    SUITE_WITH_CASE(suite, tcase, "node/records");
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_loop_test(tcase, what_is_put_is_found_until_it_is_replaced_or_deleted, 0, IMPLEMENTATIONS);
    tcase_add_loop_test(tcase, a_listing_is_ascending_from_the_first_name_on_and_ends_when_told, 0,
                        IMPLEMENTATIONS);
    tcase_add_loop_test(tcase, work_that_fails_leaves_everything_as_it_was, 0, IMPLEMENTATIONS);
    tcase_add_loop_test(tcase, a_crash_before_the_commit_loses_it_and_one_after_it_keeps_it, 0, 2);
    tcase_add_test(tcase, staged_shares_outlive_a_crash_after_their_commit_and_the_import_is_finished_then);
    return run_suite(suite);
}
