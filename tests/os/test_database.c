#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/os/database.h"
#include "common/os/file.h"
#include "tests/support/support.h"

#define PAGE 4096u

static const struct database_settings small = {
    .what = "little store",
    .size = {.start = 16 * PAGE, .max = 256 * PAGE, .reserve = 64 * PAGE},
};

static char *dir;
static struct database database;
static struct error err;

static void setup(void)
{
    dir = fresh_dir();
    ck_assert_ok_err(database_open(dir, &small, &database, &err), err);
}

static void teardown(void)
{
    database_close(&database);
    free_text(&dir);
}

/* One record: its name, its size, and how often work with it ran. */
struct record {
    const char *name;
    size_t len;
    unsigned runs;
    result_t result; /* of the work, once the record is written */
};

static MDB_dbi table_of(struct database_txn *txn)
{
    MDB_dbi table;
    ck_assert_int_eq(mdb_dbi_open(txn->handle, NULL, 0, &table), 0);
    return table;
}

static result_t put_work(struct database_txn *txn, void *context, struct error *error)
{
    struct record *record = context;
    char *content = calloc(1, record->len);
    ck_assert_ptr_nonnull(content);
    MDB_val key = database_value(record->name, strlen(record->name));
    MDB_val value = database_value(content, record->len);
    record->runs++;
    int code = mdb_put(txn->handle, table_of(txn), &key, &value, 0);
    free(content);
    return database_changed(txn, code) ? database_error(txn->database, code, "write", error) : record->result;
}

static result_t delete_work(struct database_txn *txn, void *context, struct error *error)
{
    const struct record *record = context;
    MDB_val key = database_value(record->name, strlen(record->name));
    int code = mdb_del(txn->handle, table_of(txn), &key, NULL);
    return database_changed(txn, code) ? database_error(txn->database, code, "delete", error) : OUTCOME_OK;
}

static result_t look_work(struct database_txn *txn, void *context, struct error *error)
{
    struct record *record = context;
    MDB_val key = database_value(record->name, strlen(record->name)), value;
    int code = txn->handle ? mdb_get(txn->handle, table_of(txn), &key, &value) : MDB_NOTFOUND;
    record->len = code ? 0 : value.mv_size;
    return code && code != MDB_NOTFOUND ? database_error(txn->database, code, "read", error) : OUTCOME_OK;
}

/* The size of a record; 0 where there is none. */
static size_t size_of(const char *name)
{
    struct record record = {.name = name};
    ck_assert_ok_err(database_read(&database, look_work, &record, &err), err);
    return record.len;
}

START_TEST(what_was_written_is_there_when_it_is_opened_again)
{
    struct record record = {"a", 100, 0, OUTCOME_OK};
    ck_assert_ok_err(database_write(&database, put_work, &record, &err), err);
    database_close(&database);
    ck_assert_ok_err(database_open(dir, &small, &database, &err), err);
    ck_assert_uint_eq(size_of("a"), 100);
    ck_assert_uint_eq(size_of("b"), 0);
}
END_TEST

START_TEST(work_that_fails_writes_nothing)
{
    struct record record = {"a", 100, 0, OUTCOME_LIMIT};
    ck_assert_outcome(database_write(&database, put_work, &record, &err), OUTCOME_LIMIT);
    ck_assert_uint_eq(size_of("a"), 0);
}
END_TEST

START_TEST(a_map_that_is_full_grows_and_the_work_runs_again)
{
    struct record record = {"a", 100 * PAGE, 0, OUTCOME_OK};
    ck_assert_ok_err(database_write(&database, put_work, &record, &err), err);
    ck_assert_uint_gt(record.runs, 1);
    ck_assert_uint_eq(size_of("a"), 100 * PAGE);
}
END_TEST

START_TEST(a_full_store_refuses_and_can_still_be_emptied)
{
    struct record first = {"a", 150 * PAGE, 0, OUTCOME_OK}, second = {"b", 100 * PAGE, 0, OUTCOME_OK};
    ck_assert_ok_err(database_write(&database, put_work, &first, &err), err);
    ck_assert_outcome(database_write(&database, put_work, &second, &err), OUTCOME_STORE_FULL);
    ck_assert_text_has(err.text, "the little store is full");
    ck_assert_uint_eq(size_of("b"), 0);
    ck_assert_ok_err(database_delete(&database, delete_work, &first, &err), err);
    ck_assert_uint_eq(size_of("a"), 0);
    second.len = 10 * PAGE;
    ck_assert_ok_err(database_write(&database, put_work, &second, &err), err);
    ck_assert_uint_eq(size_of("b"), 10 * PAGE);
}
END_TEST

START_TEST(reading_where_there_is_nothing_makes_nothing)
{
    CLEANUP(free_text) char *empty = fresh_dir();
    CLEANUP(free_text) char *path = file_path(empty, "data.mdb");
    struct database_settings settings = small;
    struct record record = {.name = "a"};
    struct database other;
    settings.access = DATABASE_READ_ONLY;
    ck_assert_ok_err(database_open(empty, &settings, &other, &err), err);
    ck_assert_ok_err(database_read(&other, look_work, &record, &err), err);
    ck_assert_outcome(database_write(&other, put_work, &record, &err), OUTCOME_INTERNAL);
    database_close(&other);
    ck_assert(!file_exists(path));
}
END_TEST

/* By now under a name of its own; an empty data.mdb is what earlier versions left. */
START_TEST(what_a_crash_left_of_a_new_file_is_made_anew)
{
    CLEANUP(free_text) char *other_dir = fresh_dir();
    CLEANUP(free_text) char *half = file_path(other_dir, "data.mdb.new");
    CLEANUP(free_text) char *none = file_path(other_dir, "data.mdb");
    struct database other;
    ck_assert_ok_err(file_write(half, "half a head", 11, &err), err);
    ck_assert_ok_err(file_write(none, "", 0, &err), err);
    ck_assert_ok_err(database_open(other_dir, &small, &other, &err), err);
    database_close(&other);
    ck_assert(!file_exists(half));
}
END_TEST

START_TEST(a_file_that_is_no_database_is_said_to_be_damaged)
{
    CLEANUP(free_text) char *other_dir = fresh_dir();
    CLEANUP(free_text) char *path = file_path(other_dir, "data.mdb");
    char text[2 * PAGE];
    struct database other;
    memset(text, 'x', sizeof text);
    ck_assert_ok_err(file_write(path, text, sizeof text, &err), err);
    ck_assert_outcome(database_open(other_dir, &small, &other, &err), OUTCOME_STORE_CORRUPT);
    ck_assert_text_has(err.text, "little store: cannot open: ");
}
END_TEST

/* What an older version could leave of its very first start, and what is damage. */
START_TEST(half_a_head_is_told_as_what_it_is_and_stays)
{
    static const struct {
        size_t len;
        bool empty;
    } files[] = {{1, true}, {PAGE, true}, {2 * PAGE, true}, {3 * PAGE, false}};
    static const char zeros[3 * PAGE];
    for (size_t i = 0; i < ARRAY_LEN(files); i++) {
        CLEANUP(free_text) char *other_dir = fresh_dir();
        CLEANUP(free_text) char *file = file_path(other_dir, "data.mdb");
        CLEANUP(bytes_free) struct bytes found = {0};
        struct database other;
        ck_assert_ok_err(file_write(file, zeros, files[i].len, &err), err);
        ck_assert_outcome(database_open(other_dir, &small, &other, &err), OUTCOME_STORE_CORRUPT);
        ck_assert_msg((strstr(err.text, "move it to another folder") != NULL) == files[i].empty, "%s",
                      err.text);
        ck_assert_ok_err(file_read(file, sizeof zeros, &found, &err), err);
        ck_assert_uint_eq(found.len, files[i].len);
        ck_assert_int_eq(unlink(file), 0);
        ck_assert_ok_err(database_open(other_dir, &small, &other, &err), err);
        database_close(&other);
    }
}
END_TEST

int main(void)
{
    SUITE_WITH_CASE(suite, tcase, "os/database");
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, what_was_written_is_there_when_it_is_opened_again);
    tcase_add_test(tcase, work_that_fails_writes_nothing);
    tcase_add_test(tcase, a_map_that_is_full_grows_and_the_work_runs_again);
    tcase_add_test(tcase, a_full_store_refuses_and_can_still_be_emptied);
    tcase_add_test(tcase, reading_where_there_is_nothing_makes_nothing);
    tcase_add_test(tcase, what_a_crash_left_of_a_new_file_is_made_anew);
    tcase_add_test(tcase, a_file_that_is_no_database_is_said_to_be_damaged);
    tcase_add_test(tcase, half_a_head_is_told_as_what_it_is_and_stays);
    return run_suite(suite);
}
