/* A Rust node's key shares as files: storing, reading, and what others left there. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/os/file.h"
#include "common/seal.h"
#include "tests/support/rust_home.h"
#include "tests/support/support.h"

static bool is_one(void)
{
    bool is;
    ck_assert_ok_err(mpc_home_is_one(rust.path, &is, &rust.err), rust.err);
    return is;
}

static result_t ignore_set(const struct mpc_home_set *set, void *context, struct error *error)
{
    (void)set, (void)context, (void)error;
    return OUTCOME_OK;
}

/* ---- storing and reading ----------------------------------------------------------------------------- */

START_TEST(an_empty_home_has_no_set_and_is_not_a_rust_nodes)
{
    CLEANUP(keyshares_free) struct keyshares got = {0};
    ck_assert(!is_one());
    ck_assert_outcome(mpc_home_load(&rust.home, &got, &rust.err), OUTCOME_STORE_NOT_FOUND);
    ck_assert_outcome(mpc_home_load_epoch(&rust.home, 5, &got, &rust.err), OUTCOME_STORE_NOT_FOUND);
    ck_assert_str_eq(rust_home_sets(NULL), "");
    ck_assert_ok(mpc_home_drop_temporary(&rust.home, 5, NULL));
    ck_assert_int_eq(rust_home_entries(rust.path), 0);
}
END_TEST

START_TEST(a_stored_set_is_a_hard_link_of_its_epoch_file_and_nothing_else_lies_about)
{
    CLEANUP(free_text) char *permanent = rust_home_path("permanent_keys");
    CLEANUP(free_text) char *key = rust_home_path("key");
    struct stat info;
    ck_assert_ok_err(rust_home_store(5, 3, 1), rust.err);
    ck_assert(rust_home_key_is(5, 3, 1));
    ck_assert(is_one());
    ck_assert_uint_eq(rust_home_inode("key"), rust_home_inode("permanent_keys/epoch_5_with_3_domains"));
    ck_assert_int_eq(rust_home_entries(permanent), 1);
    ck_assert_int_eq(rust_home_entries(rust.work_path), 0);
    ck_assert_int_eq(stat(key, &info), 0);
    ck_assert_uint_eq(info.st_mode & 0777, 0600);
    ck_assert_uint_eq(info.st_nlink, 2);
}
END_TEST

START_TEST(the_file_is_the_rust_nodes_layout)
{
    CLEANUP(free_text) char *key = rust_home_path("key");
    CLEANUP(bytes_free) struct bytes sealed = {0};
    CLEANUP(secret_free) struct secret text = {0};
    ck_assert_ok_err(rust_home_store(5, 2, 1), rust.err);
    ck_assert_ok(file_read(key, 100000, &sealed, NULL));
    ck_assert_ok(unseal(&rust.home.key, NULL, 0, sealed.data, sealed.len, &text, NULL));
    static const char head[] =
        "{\"epoch_id\":5,\"keyshares\":[{\"key_id\":{\"epoch_id\":5,\"domain_id\":0,\"attempt_id\":";
    ck_assert_uint_gt(text.len, sizeof head);
    ck_assert_mem_eq(text.data, head, sizeof head - 1);
}
END_TEST

START_TEST(a_newer_epoch_and_more_domains_replace_and_older_files_stay)
{
    CLEANUP(free_text) char *permanent = rust_home_path("permanent_keys");
    CLEANUP(keyshares_free) struct keyshares old = {0}, wanted = {0};
    ck_assert_ok_err(rust_home_store(5, 2, 1), rust.err);
    ck_assert_ok_err(rust_home_store(5, 3, 1), rust.err);
    ck_assert_ok_err(rust_home_store(18446744073709551615u, 3, 2), rust.err);
    ck_assert(rust_home_key_is(18446744073709551615u, 3, 2));
    ck_assert_int_eq(rust_home_entries(permanent), 3);
    ck_assert_str_eq(rust_home_sets(NULL), "[18446744073709551615/3] 5/3 5/2 ");
    ck_assert_str_eq(rust_home_sets(&(uint64_t){5}), "5/3 5/2 ");
    ck_assert_ok_err(mpc_home_load_epoch(&rust.home, 5, &old, &rust.err), rust.err);
    rust_home_sample(5, 3, 1, &wanted);
    ck_assert(keyshares_equal(&old, &wanted));
    CLEANUP(keyshares_free) struct keyshares current = {0};
    ck_assert_ok_err(mpc_home_load_epoch(&rust.home, 18446744073709551615u, &current, &rust.err), rust.err);
    ck_assert_uint_eq(current.count, 3);
}
END_TEST

START_TEST(the_same_again_changes_nothing)
{
    ck_assert_ok_err(rust_home_store(5, 3, 1), rust.err);
    ino_t before = rust_home_inode("key");
    ck_assert_outcome(rust_home_store(5, 3, 1), OUTCOME_KEYSHARES_UNCHANGED);
    ck_assert_uint_eq(rust_home_inode("key"), before);
    ck_assert_int_eq(rust_home_entries(rust.work_path), 0);
}
END_TEST

START_TEST(what_the_rules_refuse_leaves_the_home_as_it_was)
{
    CLEANUP(free_text) char *permanent = rust_home_path("permanent_keys");
    CLEANUP(keyshares_free) struct keyshares none = {0};
    ck_assert_ok_err(rust_home_store(5, 3, 1), rust.err);
    ck_assert_outcome(rust_home_store(4, 3, 1), OUTCOME_KEYSHARES_OLDER);
    ck_assert_outcome(rust_home_store(5, 2, 1), OUTCOME_KEYSHARES_CONFLICT);
    ck_assert_outcome(rust_home_store(5, 3, 2), OUTCOME_KEYSHARES_CONFLICT);
    ck_assert_outcome(mpc_home_store(&rust.home, &none, &rust_home_terms, &rust.err),
                      OUTCOME_KEYSHARES_EMPTY);
    ck_assert(rust_home_key_is(5, 3, 1));
    ck_assert_int_eq(rust_home_entries(permanent), 1);
    ck_assert_int_eq(rust_home_entries(rust.work_path), 0);
}
END_TEST

START_TEST(the_home_itself_may_be_the_work_folder)
{
    CLEANUP(free_text) char *stranger = rust_home_path(".keyshares-of-somebody");
    free_text(&rust.home.work_dir);
    rust.home.work_dir = strdup(rust.path);
    ck_assert_ok(file_write(stranger, "left by a crash", 15, NULL));
    ck_assert_ok_err(rust_home_store(5, 3, 1), rust.err);
    ck_assert(rust_home_key_is(5, 3, 1));
    ck_assert_int_eq(rust_home_entries(rust.path), 2);
}
END_TEST

/* ---- what others left there -------------------------------------------------------------------------- */

START_TEST(another_key_opens_nothing_and_overwrites_nothing)
{
    CLEANUP(keyshares_free) struct keyshares got = {0};
    ck_assert_ok_err(rust_home_store(5, 3, 1), rust.err);
    rust.home.key.data[0] ^= 1;
    ck_assert_outcome(mpc_home_load(&rust.home, &got, &rust.err), OUTCOME_STORE_CORRUPT);
    ck_assert_text_has(rust.err.text, "sealed with another key");
    ck_assert_outcome(rust_home_store(6, 3, 1), OUTCOME_STORE_CORRUPT);
    rust.home.key.data[0] ^= 1;
    ck_assert(rust_home_key_is(5, 3, 1));
}
END_TEST

START_TEST(a_damaged_or_strange_key_file_is_named_and_kept)
{
    static const char *const strange[] = {"", "{}", "[]", "{\"epoch_id\":5,\"keyshares\":[]}", "not json"};
    CLEANUP(free_text) char *key = rust_home_path("key");
    CLEANUP(keyshares_free) struct keyshares got = {0};
    for (size_t i = 0; i < ARRAY_LEN(strange); i++) {
        rust_home_put_sealed("key", strange[i]);
        ck_assert_outcome(mpc_home_load(&rust.home, &got, &rust.err), OUTCOME_STORE_CORRUPT);
        ck_assert_int_eq(rust.err.code, OUTCOME_STORE_CORRUPT);
        ck_assert_text_has(rust.err.text, key);
        ck_assert_outcome(rust_home_store(6, 3, 1), OUTCOME_STORE_CORRUPT);
    }
    ck_assert_ok(file_write(key, "short", 5, NULL));
    ck_assert_outcome(mpc_home_load(&rust.home, &got, &rust.err), OUTCOME_STORE_CORRUPT);
}
END_TEST

START_TEST(the_single_key_form_of_before_2025_is_refused_with_what_to_do)
{
    CLEANUP(keyshares_free) struct keyshares got = {0};
    rust_home_put_sealed("key", "{\"epoch\":3,\"private_share\":\"00\",\"public_key\":\"00\"}");
    ck_assert_outcome(mpc_home_load(&rust.home, &got, &rust.err), OUTCOME_STORE_CORRUPT);
    ck_assert_text_has(rust.err.text, "start the Rust node once");
}
END_TEST

START_TEST(a_file_under_the_epochs_name_with_other_shares_is_never_overwritten)
{
    CLEANUP(free_text) char *key = rust_home_path("key");
    ck_assert_ok_err(rust_home_store(5, 3, 1), rust.err);
    ck_assert_int_eq(unlink(key), 0);
    ck_assert_outcome(rust_home_store(5, 3, 2), OUTCOME_KEYSHARES_CONFLICT);
    ck_assert_text_has(rust.err.text, "permanent_keys/epoch_5_with_3_domains");
    ck_assert(!file_exists(key));
    ck_assert_ok_err(rust_home_store(5, 3, 1), rust.err);
    ck_assert(rust_home_key_is(5, 3, 1));
}
END_TEST

START_TEST(half_a_file_that_the_rust_node_left_is_named_and_never_overwritten)
{
    CLEANUP(free_text) char *half = rust_home_path("permanent_keys/epoch_5_with_3_domains");
    CLEANUP(free_text) char *key = rust_home_path("key");
    rust_home_make_dir("permanent_keys");
    ck_assert_ok(file_write(half, "half a file, and no more of it", 30, NULL));
    ck_assert_outcome(rust_home_store(5, 3, 1), OUTCOME_STORE_CORRUPT);
    ck_assert_text_has(rust.err.text, half);
    ck_assert_text_has(rust.err.text, "move it to another folder");
    ck_assert(!file_exists(key));
    ck_assert_int_eq(unlink(half), 0);
    ck_assert_ok_err(rust_home_store(5, 3, 1), rust.err);
}
END_TEST

/* ---- what goes wrong, and who else is there ------------------------------------------------------------ */

static void put_another_key(enum mpc_home_step now, void *context)
{
    if (now == MPC_HOME_KEY_LINKED)
        rust_home_put_sealed("key", (const char *)context);
}

START_TEST(a_key_that_another_program_replaced_meanwhile_is_not_overwritten)
{
    static char other[] = "the Rust node's";
    ck_assert_ok_err(rust_home_store(5, 2, 1), rust.err);
    rust.home.step = put_another_key;
    rust.home.step_context = other;
    ck_assert_outcome(rust_home_store(5, 3, 1), OUTCOME_KEYSHARES_CONFLICT);
    ck_assert_text_has(rust.err.text, "changed by another program");
    ck_assert_uint_ne(rust_home_inode("key"), rust_home_inode("permanent_keys/epoch_5_with_3_domains"));
}
END_TEST

START_TEST(a_home_that_cannot_be_written_is_an_io_error)
{
    CLEANUP(free_text) char *file = rust_home_path("permanent_keys");
    ck_assert_ok(file_write(file, "a file", 6, NULL));
    ck_assert_outcome(rust_home_store(5, 3, 1), OUTCOME_STORE_IO);
    ck_assert_text_has(rust.err.text, "permanent_keys");
    ck_assert_outcome(mpc_home_each_set(&rust.home, NULL, ignore_set, NULL, &rust.err), OUTCOME_STORE_IO);
    free_text(&rust.home.work_dir);
    rust.home.work_dir = strdup("/nonexistent/work");
    ck_assert_outcome(rust_home_store(5, 3, 1), OUTCOME_STORE_IO);
}
END_TEST

START_TEST(a_work_folder_on_another_file_system_is_refused_with_nothing_changed)
{
    char other[] = "/dev/shm/mpc-test-XXXXXX";
    struct stat here, there;
    if (!mkdtemp(other) || stat(other, &there) != 0 || stat(rust.path, &here) != 0 ||
        here.st_dev == there.st_dev) {
        printf("SKIP: there is no second file system here\n");
        return;
    }
    CLEANUP(free_text) char *key = rust_home_path("key");
    free_text(&rust.home.work_dir);
    rust.home.work_dir = strdup(other);
    ck_assert_outcome(rust_home_store(5, 3, 1), OUTCOME_STORE_IO);
    ck_assert_text_has(rust.err.text, "epoch_5_with_3_domains");
    ck_assert(!file_exists(key));
    ck_assert_int_eq(rust_home_entries(other), 0);
    rmdir(other);
}
END_TEST

START_TEST(sets_come_by_falling_epoch_and_size_and_strange_names_are_left_out)
{
    static const char *const strange[] = {
        "permanent_keys/epoch_08_with_1_domains",
        "permanent_keys/epoch_6_with_1_domains.tmp",
        "permanent_keys/other",
    };
    ck_assert_ok_err(rust_home_store(5, 1, 1), rust.err);
    ck_assert_ok_err(rust_home_store(5, 2, 1), rust.err);
    ck_assert_ok_err(rust_home_store(7, 2, 1), rust.err);
    for (size_t i = 0; i < ARRAY_LEN(strange); i++)
        rust_home_put_sealed(strange[i], "x");
    rust_home_put_sealed("permanent_keys/epoch_9_with_1_domains", "x");
    rust_home_put_sealed("permanent_keys/epoch_5_with_3_domains", "x");
    ck_assert_str_eq(rust_home_sets(NULL), "[7/2] ?epoch_9_with_1_domains ?epoch_5_with_3_domains 5/2 5/1 ");
    /* One that cannot be opened does not hide the others of its epoch. */
    CLEANUP(keyshares_free) struct keyshares got = {0};
    ck_assert_ok_err(mpc_home_load_epoch(&rust.home, 5, &got, &rust.err), rust.err);
    ck_assert_uint_eq(got.count, 2);
    CLEANUP(keyshares_free) struct keyshares none = {0};
    ck_assert_outcome(mpc_home_load_epoch(&rust.home, 9, &none, &rust.err), OUTCOME_STORE_CORRUPT);
}
END_TEST

START_TEST(stores_of_two_processes_take_turns)
{
    pid_t children[2];
    for (int i = 0; i < 2; i++) {
        children[i] = fork();
        ck_assert_int_ge(children[i], 0);
        if (children[i] == 0) {
            result_t result = rust_home_store(i == 0 ? 5 : 6, 2, 1);
            _exit(result == OUTCOME_OK || (i == 0 && result == OUTCOME_KEYSHARES_OLDER) ? 0 : 1);
        }
    }
    for (int i = 0; i < 2; i++) {
        int status;
        ck_assert_int_eq(waitpid(children[i], &status, 0), children[i]);
        ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    }
    ck_assert(rust_home_key_is(6, 2, 1));
    ck_assert_int_eq(rust_home_entries(rust.work_path), 0);
}
END_TEST

/* ---- crashes ----------------------------------------------------------------------------------------- */

static void die_at(enum mpc_home_step now, void *context)
{
    if (now == *(const enum mpc_home_step *)context)
        _exit(42);
}

static void store_and_die(enum mpc_home_step at, size_t domains)
{
    pid_t child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0) {
        rust.home.step = die_at;
        rust.home.step_context = &at;
        result_t result = rust_home_store(5, domains, 1);
        _exit(result == OUTCOME_OK ? 0 : 1);
    }
    int status;
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert(WIFEXITED(status));
    ck_assert_int_eq(WEXITSTATUS(status), 42);
}

START_TEST(a_crash_at_any_step_leaves_the_old_set_or_the_new_one_and_the_next_store_works)
{
    enum mpc_home_step at = (enum mpc_home_step)_i;
    CLEANUP(free_text) char *permanent = rust_home_path("permanent_keys");
    ck_assert_ok_err(rust_home_store(5, 2, 1), rust.err);
    store_and_die(at, 3);
    ck_assert(rust_home_key_is(5, at >= MPC_HOME_KEY_RENAMED ? 3 : 2, 1));
    ck_assert_outcome(rust_home_store(5, 3, 1),
                      at >= MPC_HOME_KEY_RENAMED ? OUTCOME_KEYSHARES_UNCHANGED : OUTCOME_OK);
    ck_assert(rust_home_key_is(5, 3, 1));
    ck_assert_uint_eq(rust_home_inode("key"), rust_home_inode("permanent_keys/epoch_5_with_3_domains"));
    ck_assert_int_eq(rust_home_entries(permanent), 2);
    ck_assert_int_eq(rust_home_entries(rust.work_path), 0);
    ck_assert_ok_err(rust_home_store(6, 3, 3), rust.err);
}
END_TEST

START_TEST(a_crash_in_the_first_store_leaves_no_set_or_the_whole_one)
{
    enum mpc_home_step at = (enum mpc_home_step)_i;
    CLEANUP(keyshares_free) struct keyshares got = {0};
    store_and_die(at, 3);
    ck_assert_outcome(mpc_home_load(&rust.home, &got, &rust.err),
                      at >= MPC_HOME_KEY_RENAMED ? OUTCOME_OK : OUTCOME_STORE_NOT_FOUND);
    ck_assert_outcome(rust_home_store(5, 3, 1),
                      at >= MPC_HOME_KEY_RENAMED ? OUTCOME_KEYSHARES_UNCHANGED : OUTCOME_OK);
    ck_assert(rust_home_key_is(5, 3, 1));
}
END_TEST

/* ---- the reference file ------------------------------------------------------------------------------ */

START_TEST(the_reference_permanent_file_opens_as_key)
{
    CLEANUP(bytes_free) struct bytes file = {0}, json = {0};
    CLEANUP(keyshares_free) struct keyshares got = {0}, wanted = {0};
    CLEANUP(free_text) char *key = rust_home_path("key");
    if (!reference_data("keyshares/epoch_5_with_3_domains.bin", &file) ||
        !reference_data("keyshares/keyshares.json", &json))
        return;
    ck_assert_ok(file_write(key, file.data, file.len, NULL));
    ck_assert_ok_err(mpc_home_load(&rust.home, &got, &rust.err), rust.err);
    ck_assert_ok_err(keyshares_parse((const char *)json.data, json.len, &wanted, &rust.err), rust.err);
    ck_assert(keyshares_equal(&got, &wanted));
    ck_assert_outcome(mpc_home_store(&rust.home, &wanted, &rust_home_terms, &rust.err),
                      OUTCOME_KEYSHARES_UNCHANGED);
}
END_TEST

int main(void)
{
    SUITE_WITH_CASE(suite, tcase, "os/mpc_home");
    tcase_add_checked_fixture(tcase, rust_home_open, rust_home_close);
    tcase_add_test(tcase, an_empty_home_has_no_set_and_is_not_a_rust_nodes);
    tcase_add_test(tcase, a_stored_set_is_a_hard_link_of_its_epoch_file_and_nothing_else_lies_about);
    tcase_add_test(tcase, the_file_is_the_rust_nodes_layout);
    tcase_add_test(tcase, a_newer_epoch_and_more_domains_replace_and_older_files_stay);
    tcase_add_test(tcase, the_same_again_changes_nothing);
    tcase_add_test(tcase, what_the_rules_refuse_leaves_the_home_as_it_was);
    tcase_add_test(tcase, the_home_itself_may_be_the_work_folder);
    tcase_add_test(tcase, another_key_opens_nothing_and_overwrites_nothing);
    tcase_add_test(tcase, a_damaged_or_strange_key_file_is_named_and_kept);
    tcase_add_test(tcase, the_single_key_form_of_before_2025_is_refused_with_what_to_do);
    tcase_add_test(tcase, a_file_under_the_epochs_name_with_other_shares_is_never_overwritten);
    tcase_add_test(tcase, half_a_file_that_the_rust_node_left_is_named_and_never_overwritten);
    tcase_add_test(tcase, a_key_that_another_program_replaced_meanwhile_is_not_overwritten);
    tcase_add_test(tcase, a_home_that_cannot_be_written_is_an_io_error);
    tcase_add_test(tcase, a_work_folder_on_another_file_system_is_refused_with_nothing_changed);
    tcase_add_test(tcase, sets_come_by_falling_epoch_and_size_and_strange_names_are_left_out);
    tcase_add_test(tcase, stores_of_two_processes_take_turns);
    tcase_add_loop_test(tcase, a_crash_at_any_step_leaves_the_old_set_or_the_new_one_and_the_next_store_works,
                        0, MPC_HOME_STEPS);
    tcase_add_loop_test(tcase, a_crash_in_the_first_store_leaves_no_set_or_the_whole_one, 0, MPC_HOME_STEPS);
    tcase_add_test(tcase, the_reference_permanent_file_opens_as_key);
    return run_suite(suite);
}
