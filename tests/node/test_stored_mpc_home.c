/* What is particular to a Rust node's home as the stored set (wire.md 6.1, 4.4, 4.5). The
 * common behaviour is in test_store.c. */
#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/os/file.h"
#include "common/os/log.h"
#include "common/os/random.h"
#include "common/seal.h"
#include "node/store.h"
#include "tests/support/samples.h"
#include "tests/support/stage.h"
#include "tests/support/support.h"

static uint8_t key_bytes[16];
static struct secret key = {.data = key_bytes, .len = sizeof(key_bytes), .cap = sizeof(key_bytes)};
static char *home;
static struct store *store;
static struct keyset keyset;
static struct keyshares shares;
static struct error err;

static void setup(void)
{
    memset(key_bytes, 0xaa, sizeof(key_bytes));
    home = fresh_dir();
    sample_keyset(5, 3, &keyset);
    sample_keyshares(&keyset, 1, &shares);
}

static void teardown(void)
{
    store_close(store);
    store = NULL;
    free_text(&home);
    keyset_free(&keyset);
    keyshares_free(&shares);
}

static void open_store(enum store_kind kind)
{
    struct store_options options = {.home_dir = home, .kind = kind, .key = &key};
    ck_assert_ok_err(store_open(&options, &store, &err), err);
}

static void write_home(const char *name, const void *data, size_t len)
{
    CLEANUP(free_text) char *path = file_path(home, name);
    ck_assert_ok_err(file_write(path, data, len, &err), err);
}

static void make_dir(const char *name)
{
    CLEANUP(free_text) char *path = file_path(home, name);
    ck_assert_ok_err(file_make_dir(path, &err), err);
}

static bool exists(const char *name)
{
    CLEANUP(free_text) char *path = file_path(home, name);
    return file_exists(path);
}

/* As the Rust node keeps a share that is not permanent yet. */
static void write_temporary(const struct keyshares *from, size_t index)
{
    CLEANUP(keyshares_free) struct keyshares one = {0};
    CLEANUP(secret_free) struct secret array = {0};
    CLEANUP(bytes_free) struct bytes sealed = {0};
    const struct key_event_id *id = &from->items[index].id;
    uint8_t nonce[SEAL_NONCE_LEN];
    char name[128];
    ck_assert_ok(keyshares_add(&one, &from->items[index], keyshare_scalar(from, index)));
    ck_assert_ok(keyshares_write(&one, &array));
    ck_assert_ok(random_bytes(nonce, sizeof(nonce)));
    ck_assert_ok(seal(&key, nonce, NULL, 0, array.data + 1, array.len - 2, &sealed)); /* without [ and ] */
    snprintf(name, sizeof(name), "temporary_keys/keyshare_%" PRIu64 "_%" PRIu64 "_%" PRIu64, id->epoch_id,
             id->domain_id, id->attempt_id);
    make_dir("temporary_keys");
    write_home(name, sealed.data, sealed.len);
}

static void check_served(void)
{
    CLEANUP(keyshares_free) struct keyshares found = {0};
    ck_assert_ok_err(store_get(store, &keyset, &found, &err), err);
    ck_assert(keyshares_equal(&found, &shares));
}

START_TEST(auto_is_mpc_home_where_a_rust_node_lives_and_lmdb_elsewhere)
{
    open_store(STORE_AUTO);
    ck_assert_int_eq(store_kind(store), STORE_LMDB);
    store_close(store);
    make_dir("permanent_keys");
    open_store(STORE_AUTO);
    ck_assert_int_eq(store_kind(store), STORE_MPC_HOME);
}
END_TEST

START_TEST(auto_sees_a_key_without_its_folder)
{
    CLEANUP(free_text) char *path = file_path(home, "permanent_keys");
    CLEANUP(free_text) char *elsewhere = file_path(home, "elsewhere");
    open_store(STORE_MPC_HOME);
    ck_assert_outcome(store_put(store, &shares, &err), OUTCOME_KEYSHARES_STORED);
    store_close(store);
    ck_assert_int_eq(rename(path, elsewhere), 0);
    open_store(STORE_AUTO);
    ck_assert_int_eq(store_kind(store), STORE_MPC_HOME);
    check_served();
}
END_TEST

START_TEST(a_file_of_a_rust_node_is_served)
{
    CLEANUP(bytes_free) struct bytes file = {0};
    CLEANUP(bytes_free) struct bytes keyset_text = {0};
    CLEANUP(bytes_free) struct bytes expected_text = {0};
    CLEANUP(keyshares_free) struct keyshares found = {0}, expected = {0};
    CLEANUP(keyset_free) struct keyset asked = {0};
    if (!reference_data("keyshares/epoch_5_with_3_domains.bin", &file) ||
        !reference_data("keyshares/keyset.json", &keyset_text) ||
        !reference_data("keyshares/keyshares.json", &expected_text))
        return;
    make_dir("permanent_keys");
    write_home("permanent_keys/epoch_5_with_3_domains", file.data, file.len);
    write_home("key", file.data, file.len);
    ck_assert_ok_err(keyset_parse((const char *)keyset_text.data, keyset_text.len, &asked, &err), err);
    ck_assert_ok_err(keyshares_parse((const char *)expected_text.data, expected_text.len, &expected, &err),
                     err);
    open_store(STORE_AUTO);
    ck_assert_ok_err(store_get(store, &asked, &found, &err), err);
    ck_assert(keyshares_equal(&found, &expected));
}
END_TEST

START_TEST(nothing_of_ours_lies_in_the_rust_nodes_folders)
{
    open_store(STORE_MPC_HOME);
    ck_assert_outcome(stage_shares(store, &keyset, &shares, &err), OUTCOME_KEYSHARES_STAGED);
    ck_assert_outcome(store_import(store, &keyset, 100, &err), OUTCOME_KEYSHARES_STORED);
    CLEANUP(free_text) char *permanent = file_path(home, "permanent_keys");
    DIR *dir = opendir(permanent);
    ck_assert_ptr_nonnull(dir);
    for (struct dirent *entry; (entry = readdir(dir));)
        ck_assert_msg(entry->d_name[0] == '.' || strcmp(entry->d_name, "epoch_5_with_3_domains") == 0, "%s",
                      entry->d_name);
    closedir(dir);
    dir = opendir(home);
    for (struct dirent *entry; (entry = readdir(dir));)
        ck_assert_msg(
            strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0 ||
                strcmp(entry->d_name, "key") == 0 || strcmp(entry->d_name, "migration-store") == 0 ||
                strcmp(entry->d_name, "permanent_keys") == 0 || strcmp(entry->d_name, "temporary_keys") == 0,
            "%s", entry->d_name);
    closedir(dir);
    CLEANUP(free_text) char *key_path = file_path(home, "key");
    CLEANUP(free_text) char *epoch_path = file_path(home, "permanent_keys/epoch_5_with_3_domains");
    struct stat key_info, epoch_info;
    ck_assert_int_eq(stat(key_path, &key_info), 0);
    ck_assert_int_eq(stat(epoch_path, &epoch_info), 0);
    ck_assert_uint_eq(key_info.st_ino, epoch_info.st_ino);
}
END_TEST

START_TEST(a_domain_that_is_only_temporary_is_served_from_there)
{
    CLEANUP(keyset_free) struct keyset two = {0};
    CLEANUP(keyshares_free) struct keyshares stored = {0};
    sample_keyset(5, 2, &two);
    for (size_t i = 0; i < 2; i++)
        ck_assert_ok(keyshares_add(&stored, &shares.items[i], keyshare_scalar(&shares, i)));
    open_store(STORE_MPC_HOME);
    ck_assert_outcome(store_put(store, &stored, &err), OUTCOME_KEYSHARES_STORED);
    CLEANUP(keyshares_free) struct keyshares found = {0};
    ck_assert_outcome(store_get(store, &keyset, &found, &err), OUTCOME_KEYSHARES_NOT_HELD);
    write_temporary(&shares, 2);
    check_served();
    /* Nothing is staged, and nothing has to be: the node has them all. */
    ck_assert_outcome(store_import(store, &keyset, 100, &err), OUTCOME_KEYSHARES_UNCHANGED);
}
END_TEST

START_TEST(a_temporary_share_with_another_scalar_is_a_conflict)
{
    CLEANUP(keyshares_free) struct keyshares wrong = {0};
    sample_keyshares(&keyset, 2, &wrong);
    open_store(STORE_MPC_HOME);
    write_temporary(&wrong, 1);
    ck_assert_outcome(stage_shares(store, &keyset, &shares, &err), OUTCOME_KEYSHARES_CONFLICT);
    ck_assert_text_has(err.text, "domain 1");
    write_temporary(&shares, 1);
    ck_assert_outcome(stage_shares(store, &keyset, &shares, &err), OUTCOME_KEYSHARES_STAGED);
    ck_assert_outcome(store_import(store, &keyset, 100, &err), OUTCOME_KEYSHARES_STORED);
    check_served();
}
END_TEST

START_TEST(an_import_drops_temporary_files_of_older_epochs_alone)
{
    CLEANUP(keyset_free) struct keyset old_keyset = {0};
    CLEANUP(keyshares_free) struct keyshares old = {0};
    sample_keyset(4, 1, &old_keyset);
    sample_keyshares(&old_keyset, 1, &old);
    open_store(STORE_MPC_HOME);
    write_temporary(&old, 0);
    write_temporary(&shares, 0);
    write_home("temporary_keys/started_4_0_7", "", 0);
    ck_assert_outcome(store_put(store, &shares, &err), OUTCOME_KEYSHARES_STORED);
    ck_assert(!exists("temporary_keys/keyshare_4_0_0"));
    ck_assert(!exists("temporary_keys/started_4_0_7"));
    ck_assert(exists("temporary_keys/keyshare_5_0_0"));
}
END_TEST

START_TEST(a_new_epoch_of_the_rust_node_is_served_without_a_restart)
{
    CLEANUP(keyshares_free) struct keyshares found = {0};
    open_store(STORE_MPC_HOME);
    ck_assert_outcome(store_get(store, &keyset, &found, &err), OUTCOME_KEYSHARES_NOT_HELD);
    CLEANUP(secret_free) struct secret text = {0};
    CLEANUP(bytes_free) struct bytes sealed = {0};
    uint8_t nonce[SEAL_NONCE_LEN] = {1};
    ck_assert_ok(permanent_keyshares_write(&shares, &text));
    ck_assert_ok(seal(&key, nonce, NULL, 0, text.data, text.len, &sealed));
    write_home("key", sealed.data, sealed.len);
    check_served();
}
END_TEST

/* After a resharing that node has its new `key` before the RPC's final view, or one that lags, shows the
 * epoch. */
START_TEST(a_view_that_is_behind_does_not_take_the_rust_nodes_new_key_away)
{
    CLEANUP(keyset_free) struct keyset next = {0};
    CLEANUP(keyshares_free) struct keyshares next_shares = {0};
    CLEANUP(keyshares_free) struct keyshares found = {0};
    sample_keyset(6, 3, &next);
    sample_keyshares(&next, 1, &next_shares);
    open_store(STORE_MPC_HOME);
    ck_assert_outcome(store_put(store, &shares, &err), OUTCOME_KEYSHARES_STORED);
    ck_assert_outcome(store_put(store, &next_shares, &err), OUTCOME_KEYSHARES_STORED);

    ck_assert_outcome(store_import(store, &keyset, 100, &err), OUTCOME_KEYSHARES_OLDER);
    ck_assert_text_has(err.text, "`key` of epoch 6");
    ck_assert_ok_err(store_load(store, NULL, &found, &err), err);
    ck_assert(keyshares_equal(&found, &next_shares));
    ck_assert(exists("permanent_keys/epoch_6_with_3_domains"));
    check_served();
    ck_assert_outcome(store_import(store, &next, 101, &err), OUTCOME_KEYSHARES_UNCHANGED);
}
END_TEST

/* A first start before the Rust node's: the home was empty, and auto meant lmdb. */
START_TEST(shares_that_lie_in_lmdb_are_told_about_when_the_home_becomes_a_rust_nodes)
{
    CLEANUP(free_text) char *path = file_path(home, "log");
    CLEANUP(bytes_free) struct bytes text = {0};
    open_store(STORE_AUTO);
    ck_assert_outcome(store_put(store, &shares, &err), OUTCOME_KEYSHARES_STORED);
    store_close(store);
    make_dir("permanent_keys");
    FILE *log = fopen(path, "w");
    ck_assert_ptr_nonnull(log);
    log_set_fd(fileno(log));
    open_store(STORE_AUTO);
    ck_assert_ok(file_read(path, 4096, &text, &err));
    ck_assert_text_has((const char *)text.data,
                       "key shares of epoch 5 were stored with --keyshare-store lmdb");

    /* Once they are handed over there is nothing to tell. */
    ck_assert_outcome(store_put(store, &shares, &err), OUTCOME_KEYSHARES_STORED);
    store_close(store);
    bytes_clear(&text);
    ck_assert_int_eq(ftruncate(fileno(log), 0), 0);
    open_store(STORE_AUTO);
    log_set_fd(STDERR_FILENO);
    fclose(log);
    ck_assert_ok(file_read(path, 4096, &text, &err));
    ck_assert_uint_eq(text.len, 0);
}
END_TEST

/* What a Rust node leaves that is stopped in its own store: the file, an hour old, and no link to it. */
static void leave_unlinked(const struct keyshares *set, const char *name)
{
    CLEANUP(secret_free) struct secret text = {0};
    CLEANUP(bytes_free) struct bytes sealed = {0};
    CLEANUP(free_text) char *path = file_path(home, name);
    const uint8_t nonce[SEAL_NONCE_LEN] = {2};
    const struct timespec old[2] = {{.tv_sec = 1700000000}, {.tv_sec = 1700000000}};
    ck_assert_ok(permanent_keyshares_write(set, &text));
    ck_assert_ok(seal(&key, nonce, NULL, 0, text.data, text.len, &sealed));
    make_dir("permanent_keys");
    write_home(name, sealed.data, sealed.len);
    ck_assert_int_eq(utimensat(AT_FDCWD, path, old, 0), 0);
}

START_TEST(a_store_that_a_rust_node_did_not_finish_is_finished_at_the_start_and_not_when_only_reading)
{
    CLEANUP(keyset_free) struct keyset next_keyset = {0};
    CLEANUP(keyshares_free) struct keyshares next = {0}, found = {0};
    struct store_options reading = {
        .home_dir = home, .kind = STORE_AUTO, .key = &key, .access = STORE_READ_ONLY};
    sample_keyset(6, 3, &next_keyset);
    sample_keyshares(&next_keyset, 2, &next);
    open_store(STORE_MPC_HOME);
    ck_assert_outcome(store_put(store, &shares, &err), OUTCOME_KEYSHARES_STORED);
    store_close(store);
    leave_unlinked(&next, "permanent_keys/epoch_6_with_3_domains");
    ck_assert_ok_err(store_open(&reading, &store, &err), err);
    ck_assert_ok_err(store_load(store, NULL, &found, &err), err);
    ck_assert(keyshares_equal(&found, &shares));
    store_close(store);
    open_store(STORE_AUTO);
    keyshares_free(&found);
    ck_assert_ok_err(store_load(store, NULL, &found, &err), err);
    ck_assert(keyshares_equal(&found, &next));
}
END_TEST

START_TEST(a_larger_set_than_the_contract_adopted_is_not_taken_for_an_unfinished_store)
{
    CLEANUP(keyset_free) struct keyset more_keyset = {0};
    CLEANUP(keyshares_free) struct keyshares more = {0}, found = {0};
    sample_keyset(5, 4, &more_keyset);
    sample_keyshares(&more_keyset, 1, &more);
    open_store(STORE_MPC_HOME);
    ck_assert_outcome(store_put(store, &shares, &err), OUTCOME_KEYSHARES_STORED);
    ck_assert_outcome(store_import(store, &keyset, 100, &err), OUTCOME_KEYSHARES_UNCHANGED);
    store_close(store);
    leave_unlinked(&more, "permanent_keys/epoch_5_with_4_domains");
    open_store(STORE_AUTO);
    ck_assert_ok_err(store_load(store, NULL, &found, &err), err);
    ck_assert(keyshares_equal(&found, &shares));
    /* When the contract names them, they are there. */
    ck_assert_outcome(store_import(store, &more_keyset, 101, &err), OUTCOME_KEYSHARES_STORED);
    keyshares_free(&found);
    ck_assert_ok_err(store_load(store, NULL, &found, &err), err);
    ck_assert(keyshares_equal(&found, &more));
}
END_TEST

START_TEST(a_set_in_quarantine_leaves_the_home_and_stays_out_when_its_file_comes_back)
{
    CLEANUP(keyshares_free) struct keyshares out = {0}, found = {0};
    const struct store_choice choice = {.epoch = &keyset.epoch_id};
    open_store(STORE_MPC_HOME);
    ck_assert_outcome(store_put(store, &shares, &err), OUTCOME_KEYSHARES_STORED);
    ck_assert_ok_err(store_quarantine(store, &choice, &out, &err), err);
    ck_assert(!exists("key") && !exists("permanent_keys/epoch_5_with_3_domains"));
    leave_unlinked(&shares, "permanent_keys/epoch_5_with_3_domains");
    write_temporary(&shares, 0);
    ck_assert_outcome(store_get(store, &keyset, &found, &err), OUTCOME_KEYSHARES_NOT_HELD);
    store_close(store);
    open_store(STORE_AUTO);
    ck_assert(!exists("key") && !exists("permanent_keys/epoch_5_with_3_domains"));
    ck_assert_outcome(store_get(store, &keyset, &found, &err), OUTCOME_KEYSHARES_NOT_HELD);
}
END_TEST

START_TEST(a_damaged_key_stops_the_start)
{
    struct store_options options = {.home_dir = home, .kind = STORE_AUTO, .key = &key};
    char noise[200] = {1, 2, 3};
    write_home("key", noise, sizeof(noise));
    ck_assert_outcome(store_open(&options, &store, &err), OUTCOME_STORE_CORRUPT);
    ck_assert_text_has(err.text, "/key");
    write_home("key", noise, 3);
    ck_assert_outcome(store_open(&options, &store, &err), OUTCOME_STORE_CORRUPT);
}
END_TEST

int main(void)
{
    SUITE_WITH_CASE(suite, tcase, "node/stored_mpc_home");
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, auto_is_mpc_home_where_a_rust_node_lives_and_lmdb_elsewhere);
    tcase_add_test(tcase, auto_sees_a_key_without_its_folder);
    tcase_add_test(tcase, a_file_of_a_rust_node_is_served);
    tcase_add_test(tcase, nothing_of_ours_lies_in_the_rust_nodes_folders);
    tcase_add_test(tcase, a_domain_that_is_only_temporary_is_served_from_there);
    tcase_add_test(tcase, a_temporary_share_with_another_scalar_is_a_conflict);
    tcase_add_test(tcase, an_import_drops_temporary_files_of_older_epochs_alone);
    tcase_add_test(tcase, a_new_epoch_of_the_rust_node_is_served_without_a_restart);
    tcase_add_test(tcase, a_view_that_is_behind_does_not_take_the_rust_nodes_new_key_away);
    tcase_add_test(tcase, shares_that_lie_in_lmdb_are_told_about_when_the_home_becomes_a_rust_nodes);
    tcase_add_test(
        tcase, a_store_that_a_rust_node_did_not_finish_is_finished_at_the_start_and_not_when_only_reading);
    tcase_add_test(tcase, a_larger_set_than_the_contract_adopted_is_not_taken_for_an_unfinished_store);
    tcase_add_test(tcase, a_set_in_quarantine_leaves_the_home_and_stays_out_when_its_file_comes_back);
    tcase_add_test(tcase, a_damaged_key_stops_the_start);
    return run_suite(suite);
}
