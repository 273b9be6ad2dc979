#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/os/file.h"
#include "node/records_lmdb.h"
#include "node/store_db.h"
#include "tests/support/support.h"

#define PAGE 4096u

static const struct database_size small = {.start = 16 * PAGE, .max = 256 * PAGE, .reserve = 64 * PAGE};

static uint8_t key_bytes[16] = {1, 2, 3};
static const struct secret key = {.data = key_bytes, .len = sizeof(key_bytes), .cap = sizeof(key_bytes)};
static char *dir;
static struct store_db db;
static struct error err;

static void setup(void)
{
    dir = fresh_dir();
    ck_assert_ok_err(store_db_open(dir, &key, STORE_READ_WRITE, &small, &db, &err), err);
}

static void teardown(void)
{
    store_db_close(&db);
    free_text(&dir);
}

/* One record: what to do with it and with what. */
struct record {
    const char *name;
    const void *data;
    size_t len;
    unsigned runs;
};

static result_t put_work(struct store_txn *txn, void *context, struct error *error)
{
    struct record *record = context;
    record->runs++;
    return record_put(txn, record->name, record->data, record->len, error);
}

static result_t push_work(struct store_txn *txn, void *context, struct error *error)
{
    const struct record *record = context;
    return record_push(txn, record->name, record->data, record->len, error);
}

static result_t delete_work(struct store_txn *txn, void *context, struct error *error)
{
    const struct record *record = context;
    return record_delete(txn, record->name, error);
}

static result_t check_work(struct store_txn *txn, void *context, struct error *error)
{
    const struct record *record = context;
    CLEANUP(secret_free) struct secret found = {0};
    TRY(record_get(txn, record->name, &found, error));
    ck_assert(secret_equal(found.data, found.len, record->data, record->len));
    return OUTCOME_OK;
}

static result_t put(const char *name, const void *data, size_t len)
{
    struct record record = {name, data, len, 0};
    return store_db_write(&db, put_work, &record, &err);
}

static result_t check(const char *name, const void *data, size_t len)
{
    struct record record = {name, data, len, 0};
    return store_db_read(&db, check_work, &record, &err);
}

static result_t drop(const char *name)
{
    struct record record = {.name = name};
    return store_db_delete(&db, delete_work, &record, &err);
}

static size_t map_size(void)
{
    MDB_envinfo info;
    ck_assert_int_eq(mdb_env_info(((struct records_lmdb *)db.records)->database.env, &info), 0);
    return info.me_mapsize;
}

START_TEST(a_record_is_read_back_replaced_and_deleted)
{
    ck_assert_outcome(check("a", "", 0), OUTCOME_STORE_NOT_FOUND);
    ck_assert_ok(put("a", "one", 3));
    ck_assert_ok(put("a", "four", 4));
    ck_assert_ok(check("a", "four", 4));
    ck_assert_ok(put("empty", "", 0));
    ck_assert_ok(check("empty", "", 0));
    ck_assert_ok(drop("a"));
    ck_assert_ok(drop("a"));
    ck_assert_outcome(check("a", "", 0), OUTCOME_STORE_NOT_FOUND);
}
END_TEST

START_TEST(the_files_are_ours_alone)
{
    static const char *const names[] = {"data.mdb", "lock.mdb"};
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        CLEANUP(free_text) char *path = file_path(dir, names[i]);
        struct stat info;
        ck_assert_int_eq(stat(path, &info), 0);
        ck_assert_uint_eq(info.st_mode & 0777, 0600);
    }
}
END_TEST

START_TEST(nothing_is_written_in_the_clear)
{
    static const char text[] = "a text that must not be found in the file";
    CLEANUP(free_text) char *path = file_path(dir, "data.mdb");
    CLEANUP(bytes_free) struct bytes file = {0};
    ck_assert_ok(put("name", text, sizeof(text)));
    ck_assert_ok_err(file_read(path, 1u << 24, &file, &err), err);
    ck_assert_ptr_nonnull(memmem(file.data, file.len, "name", 4));
    ck_assert_ptr_null(memmem(file.data, file.len, text, 8));
}
END_TEST

/* Give record `to` the value of record `from`, as somebody with access to the file could. */
struct copy {
    const char *from;
    const char *to;
    size_t flip; /* this byte of it, unless 0 */
};

static result_t copy_work(struct records_txn *txn, void *context, struct error *error)
{
    const struct copy *copy = context;
    const struct records_ops *ops = txn->records->ops;
    CLEANUP(bytes_free) struct bytes value = {0};
    const void *found;
    size_t len;
    TRY(ops->get(txn, copy->from, &found, &len, error));
    TRY(bytes_append(&value, found, len));
    if (copy->flip)
        value.data[copy->flip] ^= 1;
    return ops->put(txn, copy->to, value.data, value.len, error);
}

static void copy_value(const char *from, const char *to, size_t flip)
{
    struct copy copy = {from, to, flip};
    ck_assert_ok_err(db.records->ops->run(db.records, RECORDS_WRITE, copy_work, &copy, &err), err);
}

START_TEST(a_record_put_in_the_place_of_another_does_not_open)
{
    ck_assert_ok(put("stored/1", "old shares", 10));
    ck_assert_ok(put("stored/2", "new shares", 10));
    copy_value("stored/1", "stored/2", 0);
    ck_assert_ok(check("stored/1", "old shares", 10));
    ck_assert_outcome(check("stored/2", "", 0), OUTCOME_STORE_CORRUPT);
    ck_assert_text_has(err.text, "stored/2");
}
END_TEST

START_TEST(a_damaged_record_does_not_open)
{
    ck_assert_ok(put("stored/1", "shares", 6));
    copy_value("stored/1", "stored/1", 15);
    ck_assert_outcome(check("stored/1", "", 0), OUTCOME_STORE_CORRUPT);
}
END_TEST

START_TEST(another_key_does_not_open_the_store)
{
    uint8_t other_bytes[16] = {9};
    struct secret other = {.data = other_bytes, .len = sizeof(other_bytes)};
    store_db_close(&db);
    struct store_db second;
    ck_assert_outcome(store_db_open(dir, &other, STORE_READ_WRITE, &small, &second, &err),
                      OUTCOME_STORE_CORRUPT);
    ck_assert_text_has(err.text, "MPC_SECRET_STORE_KEY");
    ck_assert_outcome(store_db_open(dir, &other, STORE_READ_ONLY, &small, &second, &err),
                      OUTCOME_STORE_CORRUPT);
    ck_assert_ok_err(store_db_open(dir, &key, STORE_READ_WRITE, &small, &db, &err), err);
}
END_TEST

START_TEST(a_full_map_grows_and_the_work_runs_again)
{
    static uint8_t data[40 * PAGE];
    struct record record = {"large", data, sizeof(data), 0};
    size_t before = map_size();
    ck_assert_ok_err(store_db_write(&db, put_work, &record, &err), err);
    ck_assert_uint_gt(record.runs, 1);
    ck_assert_uint_gt(map_size(), before);
    ck_assert_ok(check("large", data, sizeof(data)));
}
END_TEST

START_TEST(a_store_that_is_full_says_so_loses_nothing_and_can_be_emptied)
{
    static uint8_t data[10 * PAGE];
    char name[32];
    unsigned count = 0;
    result_t result = OUTCOME_OK;
    while (result == OUTCOME_OK && count < 100) {
        data[0] = (uint8_t)count;
        snprintf(name, sizeof(name), "record %02u", count);
        result = put(name, data, sizeof(data));
        count += result == OUTCOME_OK;
    }
    ck_assert_outcome(result, OUTCOME_STORE_FULL);
    ck_assert_uint_ge(count, 15);
    ck_assert_uint_le(map_size(), small.max - small.reserve);
    for (unsigned i = 0; i < count; i++) {
        data[0] = (uint8_t)i;
        snprintf(name, sizeof(name), "record %02u", i);
        ck_assert_ok_err(check(name, data, sizeof(data)), err);
        ck_assert_ok_err(drop(name), err);
    }
    ck_assert_ok_err(put("room again", data, sizeof(data)), err);
}
END_TEST

START_TEST(a_map_that_another_process_grew_is_followed)
{
    static uint8_t data[40 * PAGE];
    size_t before = map_size();
    pid_t pid = fork();
    ck_assert_int_ge(pid, 0);
    if (pid == 0) {
        struct record record = {"large", data, sizeof(data), 0};
        struct store_db other;
        result_t result = store_db_open(dir, &key, STORE_READ_WRITE, &small, &other, NULL);
        if (result == OUTCOME_OK)
            result = store_db_write(&other, put_work, &record, NULL);
        _exit(result == OUTCOME_OK ? 0 : 1);
    }
    int status;
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    ck_assert_int_eq(status, 0);
    ck_assert_ok_err(check("large", data, sizeof(data)), err);
    ck_assert_uint_gt(map_size(), before);
    ck_assert_ok_err(put("small", data, 100), err);
}
END_TEST

static result_t numbers_work(struct store_txn *txn, void *context, struct error *error)
{
    return record_numbers(txn, "shelf", context, error);
}

static result_t trim_work(struct store_txn *txn, void *context, struct error *error)
{
    return record_trim(txn, "shelf", *(const size_t *)context, error);
}

START_TEST(a_shelf_counts_up_and_is_trimmed_from_below)
{
    struct record_numbers numbers;
    struct record shelf = {"shelf", "x", 1, 0};
    struct record longer = {"shelf2", "x", 1, 0};
    ck_assert_ok(store_db_read(&db, numbers_work, &numbers, &err));
    ck_assert_uint_eq(numbers.count, 0);
    for (int i = 0; i < 5; i++)
        ck_assert_ok(store_db_write(&db, push_work, &shelf, &err));
    ck_assert_ok(store_db_write(&db, push_work, &longer, &err));
    ck_assert_ok(put("shelf/not a number", "x", 1));
    ck_assert_ok(store_db_write(&db, trim_work, &(size_t){2}, &err));
    ck_assert_ok(store_db_read(&db, numbers_work, &numbers, &err));
    ck_assert_uint_eq(numbers.count, 2);
    ck_assert_uint_eq(numbers.at[0], 4);
    ck_assert_uint_eq(numbers.at[1], 5);
    ck_assert_ok(store_db_write(&db, push_work, &shelf, &err));
    ck_assert_ok(check("shelf/0000000000000006", "x", 1));
}
END_TEST

static result_t failing_work(struct store_txn *txn, void *context, struct error *error)
{
    struct record record = {"half", "x", 1, 0};
    ck_assert_ok(put_work(txn, &record, error));
    return *(const result_t *)context;
}

START_TEST(only_work_that_ends_well_is_committed)
{
    result_t refused = OUTCOME_KEYSHARES_CONFLICT;
    result_t done = OUTCOME_KEYSHARES_STORED;
    ck_assert_outcome(store_db_write(&db, failing_work, &refused, &err), refused);
    ck_assert_outcome(check("half", "", 0), OUTCOME_STORE_NOT_FOUND);
    ck_assert_outcome(store_db_write(&db, failing_work, &done, &err), done);
    ck_assert_ok(check("half", "x", 1));
}
END_TEST

START_TEST(read_only_makes_nothing_where_there_is_no_store)
{
    struct store_db empty;
    CLEANUP(free_text) char *other = fresh_dir();
    CLEANUP(free_text) char *path = file_path(other, "data.mdb");
    ck_assert_ok_err(store_db_open(other, &key, STORE_READ_ONLY, &small, &empty, &err), err);
    struct record record = {"a", "", 0, 0};
    ck_assert_outcome(store_db_read(&empty, check_work, &record, &err), OUTCOME_STORE_NOT_FOUND);
    ck_assert_outcome(store_db_write(&empty, put_work, &record, &err), OUTCOME_INTERNAL);
    store_db_close(&empty);
    ck_assert(!file_exists(path));
}
END_TEST

START_TEST(a_file_that_is_no_store_is_refused)
{
    struct store_db other_db;
    CLEANUP(free_text) char *other = fresh_dir();
    CLEANUP(free_text) char *path = file_path(other, "data.mdb");
    char noise[3 * PAGE];
    memset(noise, 'x', sizeof(noise));
    ck_assert_ok_err(file_write(path, noise, sizeof(noise), &err), err);
    ck_assert_outcome(store_db_open(other, &key, STORE_READ_WRITE, &small, &other_db, &err),
                      OUTCOME_STORE_CORRUPT);
}
END_TEST

int main(void)
{
    SUITE_WITH_CASE(suite, tcase, "node/store_db");
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, a_record_is_read_back_replaced_and_deleted);
    tcase_add_test(tcase, the_files_are_ours_alone);
    tcase_add_test(tcase, nothing_is_written_in_the_clear);
    tcase_add_test(tcase, a_record_put_in_the_place_of_another_does_not_open);
    tcase_add_test(tcase, a_damaged_record_does_not_open);
    tcase_add_test(tcase, another_key_does_not_open_the_store);
    tcase_add_test(tcase, a_full_map_grows_and_the_work_runs_again);
    tcase_add_test(tcase, a_store_that_is_full_says_so_loses_nothing_and_can_be_emptied);
    tcase_add_test(tcase, a_map_that_another_process_grew_is_followed);
    tcase_add_test(tcase, a_shelf_counts_up_and_is_trimmed_from_below);
    tcase_add_test(tcase, only_work_that_ends_well_is_committed);
    tcase_add_test(tcase, read_only_makes_nothing_where_there_is_no_store);
    tcase_add_test(tcase, a_file_that_is_no_store_is_refused);
    return run_suite(suite);
}
