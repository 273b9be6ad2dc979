/* Folders that are not this chain's, and files that something happened to: a clear error, never a crash, and
 * never another chain than the one that was stored. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/os/file.h"
#include "contract-sim/store/chain_store_internal.h"
#include "tests/contract-sim/store_fixture.h"
#include "tests/support/support.h"

#define FILE_BYTES_MAX (64u << 20)
/* LMDB's own two pages, of which it takes the newer one that looks right. */
#define HEAD_BYTES (2 * 4096u)

static struct stored stored;
static struct fixture twin;
static char *path;          /* of data.mdb */
static struct bytes intact; /* what is in it */

static void live_a_little(struct fixture *fixture)
{
    for (unsigned i = 0; i < 40; i++) {
        struct near_tx tx =
            i % 2 ? fixture_register_tx(fixture) : fixture_plain_tx(fixture, "alice.near", NEAR_DELETE_KEY);
        ck_assert_ok(fixture_send(fixture, &tx, ALICE));
        fixture_seal(fixture, 1 + i % 3);
    }
    ck_assert_ok(chain_snapshot(&fixture->node.chain, "s", 5));
    fixture_seal(fixture, 300);
}

/* The chain in the folder and in the twin; no chain in memory, and the file at hand. */
static void setup(void)
{
    stored_open(&stored);
    fixture_open(&twin, "design");
    live_a_little(&stored.fixture);
    live_a_little(&twin);
    stored_commit(&stored);
    stored_drop(&stored);
    path = file_path(stored.dir, "data.mdb");
    ck_assert_ok(file_read(path, FILE_BYTES_MAX, &intact, &stored.err));
}

static void teardown(void)
{
    free_text(&path);
    bytes_free(&intact);
    fixture_close(&twin);
    stored_close(&stored);
}

static void put_file(const struct bytes *content, size_t len)
{
    FILE *file = fopen(path, "w");
    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fwrite(content->data, 1, len, file), len);
    ck_assert_int_eq(fclose(file), 0);
}

/* Open it; true when the chain is whole. Otherwise there is an error that says what to look at. */
static bool opens(bool has_to_be_equal)
{
    result_t result = stored_load(&stored);
    if (result == OUTCOME_OK && has_to_be_equal)
        chains_are_equal(&twin.node.chain, &stored.fixture.node.chain);
    if (result != OUTCOME_OK) {
        ck_assert_msg(outcome_of(result)->class == CLASS_STORE || result == OUTCOME_NO_MEMORY ||
                          result == OUTCOME_CONFIG_INVALID,
                      "%s", outcome_of(result)->name);
        ck_assert_uint_gt(strlen(stored.err.text), 10);
    }
    stored_drop(&stored);
    return result == OUTCOME_OK;
}

START_TEST(a_flipped_bit_is_noticed_or_changes_nothing)
{
    uint64_t random = test_seed();
    unsigned refused = 0;
    for (int i = 0; i < 120; i++) {
        size_t at = test_random(&random) % intact.len;
        uint8_t bit = (uint8_t)(1u << test_random(&random) % 8);
        intact.data[at] ^= bit;
        put_file(&intact, intact.len);
        refused += !opens(at >= HEAD_BYTES);
        intact.data[at] ^= bit;
    }
    ck_assert_uint_gt(refused, 5);
    put_file(&intact, intact.len);
    ck_assert(opens(true));
}
END_TEST

START_TEST(a_page_of_zeros_is_noticed_or_changes_nothing)
{
    unsigned refused = 0;
    for (size_t at = HEAD_BYTES; at < intact.len; at += 4096) {
        uint8_t page[4096];
        memcpy(page, intact.data + at, sizeof page);
        memset(intact.data + at, 0, sizeof page);
        put_file(&intact, intact.len);
        refused += !opens(true);
        memcpy(intact.data + at, page, sizeof page);
    }
    ck_assert_uint_gt(refused, 5);
}
END_TEST

START_TEST(a_file_that_was_cut_is_refused)
{
    uint64_t random = test_seed();
    for (int i = 0; i < 30; i++) {
        size_t len = 1 + test_random(&random) % (intact.len / 2);
        put_file(&intact, len);
        ck_assert_msg(!opens(true), "cut to %zu bytes", len);
    }
}
END_TEST

START_TEST(a_damaged_file_is_said_to_be_damaged)
{
    uint8_t *hash = memmem(intact.data, intact.len, fixture_head(&twin)->hash, SHA256_LEN);
    ck_assert_ptr_nonnull(hash);
    hash[3] ^= 1;
    put_file(&intact, intact.len);
    ck_assert_outcome(stored_load(&stored), OUTCOME_STORE_CORRUPT);
    ck_assert_text_has(stored.err.text, stored.dir);
    ck_assert_text_has(stored.err.text, "damaged");
    ck_assert_text_has(stored.err.text, "put a copy of the folder back");
    stored_drop(&stored);
}
END_TEST

START_TEST(another_identity_is_refused_with_what_differs)
{
    struct chain_store *store;
    ck_assert_outcome(
        stored_open_as(&stored, "profile=v3.14\ngenesis file=abc\nhas_migrations=yes\n", &store),
        OUTCOME_CONFIG_INVALID);
    ck_assert_text_has(stored.err.text, "made with profile=design, and this is profile=v3.14");
    ck_assert_outcome(
        stored_open_as(&stored, "profile=design\ngenesis file=ab\nhas_migrations=yes\n", &store),
        OUTCOME_CONFIG_INVALID);
    ck_assert_text_has(stored.err.text, "made with genesis file=abc, and this is genesis file=ab;");
    ck_assert_outcome(stored_open_as(&stored, "profile=design\ngenesis file=abc\n", &store),
                      OUTCOME_CONFIG_INVALID);
    ck_assert_text_has(stored.err.text, "made with has_migrations=yes, and this is fewer rules");
    ck_assert(opens(true));
}
END_TEST

static result_t put_later_format(struct database_txn *base, void *context, struct error *err)
{
    struct chain_tables tables;
    struct chain_table_txn txn = {.tables = &tables, .base = base};
    struct chain_table_key key = chain_table_key_name(META_FORMAT);
    TRY(chain_tables_open(base, false, &tables, err));
    return chain_table_put(&txn, TABLE_META, &key, context, err);
}

START_TEST(a_chain_of_another_version_is_refused)
{
    CLEANUP(bytes_free) struct bytes format = {0};
    struct database_settings settings = chain_store_settings(DATABASE_READ_WRITE);
    struct database database;
    struct chain_store *store;
    ck_assert_ok(bytes_append_text(&format, "mpc-contract-sim-chain/77"));
    ck_assert_ok_err(database_open(stored.dir, &settings, &database, &stored.err), stored.err);
    ck_assert_ok_err(database_write(&database, put_later_format, &format, &stored.err), stored.err);
    database_close(&database);
    ck_assert_outcome(stored_open_as(&stored, stored_identity, &store), OUTCOME_CONFIG_INVALID);
    ck_assert_text_has(stored.err.text, "the format mpc-contract-sim-chain/77");
}
END_TEST

static result_t put_foreign(struct database_txn *txn, void *context, struct error *err)
{
    MDB_dbi dbi;
    MDB_val key = database_value("check", 5), value = database_value("mine", 4);
    (void)context;
    ck_assert_int_eq(mdb_dbi_open(txn->handle, NULL, 0, &dbi), 0);
    int code = mdb_put(txn->handle, dbi, &key, &value, 0);
    return database_changed(txn, code) ? database_error(txn->database, code, "write", err) : OUTCOME_OK;
}

START_TEST(the_database_of_another_program_is_left_alone)
{
    struct database_settings settings = chain_store_settings(DATABASE_READ_WRITE);
    struct database database;
    struct chain_store *store;
    CLEANUP(bytes_free) struct bytes before = {0};
    CLEANUP(bytes_free) struct bytes after = {0};
    ck_assert_int_eq(unlink(path), 0);
    ck_assert_ok_err(database_open(stored.dir, &settings, &database, &stored.err), stored.err);
    ck_assert_ok_err(database_write(&database, put_foreign, NULL, &stored.err), stored.err);
    database_close(&database);
    ck_assert_ok(file_read(path, FILE_BYTES_MAX, &before, &stored.err));
    ck_assert_outcome(stored_open_as(&stored, stored_identity, &store), OUTCOME_CONFIG_INVALID);
    ck_assert_text_has(stored.err.text, "not one of this program");
    ck_assert_ok(file_read(path, FILE_BYTES_MAX, &after, &stored.err));
    ck_assert_uint_eq(before.len, after.len);
    ck_assert_mem_eq(before.data, after.data, before.len);
}
END_TEST

/* A chain that never got as far as its first commit binds nobody. */
START_TEST(a_folder_without_a_chain_takes_any_identity)
{
    struct chain_store *store;
    ck_assert_int_eq(unlink(path), 0);
    ck_assert_ok_err(stored_open_as(&stored, "profile=v3.14\n", &store), stored.err);
    chain_store_close(store);
    ck_assert_ok_err(stored_open_as(&stored, stored_identity, &store), stored.err);
    ck_assert(!chain_store_has_chain(store));
    chain_store_close(store);
}
END_TEST

START_TEST(a_second_process_is_told_who_owns_the_folder)
{
    ck_assert_ok_err(stored_load(&stored), stored.err);
    pid_t child = fork();
    ck_assert_int_ge(child, 0);
    if (!child) {
        char pid[32];
        struct chain_store *store;
        snprintf(pid, sizeof pid, "process %ld", (long)getppid());
        bool told = stored_open_as(&stored, stored_identity, &store) == OUTCOME_HOME_LOCKED &&
                    strstr(stored.err.text, pid) && strstr(stored.err.text, stored.dir);
        _exit(told ? 0 : 1);
    }
    int status;
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_int_eq(status, 0);
}
END_TEST

START_TEST(a_folder_that_cannot_be_made_is_named)
{
    struct chain_store *store;
    free_text(&stored.dir);
    stored.dir = strdup("/dev/null/chain");
    ck_assert_outcome(stored_open_as(&stored, stored_identity, &store), OUTCOME_STORE_IO);
    ck_assert_text_has(stored.err.text, "/dev/null/chain");
}
END_TEST

int main(void)
{
    SUITE_WITH_CASE(suite, tcase, "contract-sim/store/refusals");
    tcase_set_timeout(tcase, 120);
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, a_flipped_bit_is_noticed_or_changes_nothing);
    tcase_add_test(tcase, a_page_of_zeros_is_noticed_or_changes_nothing);
    tcase_add_test(tcase, a_file_that_was_cut_is_refused);
    tcase_add_test(tcase, a_damaged_file_is_said_to_be_damaged);
    tcase_add_test(tcase, another_identity_is_refused_with_what_differs);
    tcase_add_test(tcase, a_chain_of_another_version_is_refused);
    tcase_add_test(tcase, the_database_of_another_program_is_left_alone);
    tcase_add_test(tcase, a_folder_without_a_chain_takes_any_identity);
    tcase_add_test(tcase, a_second_process_is_told_who_owns_the_folder);
    tcase_add_test(tcase, a_folder_that_cannot_be_made_is_named);
    return run_suite(suite);
}
