/* What stopped stores leave in a Rust node's home is mended, and a set that is taken out leaves the one
 * before it. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "common/os/file.h"
#include "tests/support/rust_home.h"
#include "tests/support/support.h"

static bool fits;

static result_t fit_all(const struct keyshares *set, void *context, bool *fit, struct error *error)
{
    (void)set, (void)context, (void)error;
    *fit = fits;
    return OUTCOME_OK;
}

static const char *mended(void)
{
    ck_assert_ok_err(mpc_home_mend(&rust.home, fit_all, NULL, &rust.err), rust.err);
    return rust_home_sets(NULL);
}

/* As a Rust node that is stopped before its link: the file is whole, and `key` is still the older one. */
static void leave_unlinked(uint64_t epoch_id, size_t domains, uint64_t seed)
{
    CLEANUP(keyshares_free) struct keyshares shares = {0};
    CLEANUP(secret_free) struct secret text = {0};
    CLEANUP(free_text) char *path = NULL;
    char name[96];
    rust_home_sample(epoch_id, domains, seed, &shares);
    ck_assert_ok(permanent_keyshares_write(&shares, &text));
    ck_assert_ok(secret_append(&text, "", 1));
    snprintf(name, sizeof name, "permanent_keys/epoch_%llu_with_%zu_domains", (unsigned long long)epoch_id,
             domains);
    rust_home_make_dir("permanent_keys");
    rust_home_put_sealed(name, (const char *)text.data);
    path = rust_home_path(name);
    rust_home_make_old(path);
}

START_TEST(a_file_whose_link_is_missing_becomes_key_once_nobody_writes_it)
{
    CLEANUP(free_text) char *file = rust_home_path("permanent_keys/epoch_6_with_3_domains");
    fits = true;
    ck_assert_ok_err(rust_home_store(5, 3, 1), rust.err);
    ck_assert_str_eq(mended(), "[5/3] ");
    leave_unlinked(6, 3, 2);
    ck_assert_int_eq(utimensat(AT_FDCWD, file, NULL, 0), 0);
    ck_assert_str_eq(mended(), "[5/3] 6/3 "); /* a Rust node may be at it */
    rust_home_make_old(file);
    fits = false;
    ck_assert_str_eq(mended(), "[5/3] 6/3 ");
    fits = true;
    ck_assert_str_eq(mended(), "[6/3] 5/3 ");
    ck_assert_uint_eq(rust_home_inode("key"), rust_home_inode("permanent_keys/epoch_6_with_3_domains"));
    ck_assert_int_eq(rust_home_entries(rust.work_path), 0);
    ck_assert_str_eq(mended(), "[6/3] 5/3 ");
}
END_TEST

START_TEST(a_key_that_was_unlinked_and_not_linked_again_comes_back)
{
    CLEANUP(free_text) char *key = rust_home_path("key");
    fits = true;
    leave_unlinked(5, 2, 1);
    leave_unlinked(5, 3, 1);
    leave_unlinked(4, 3, 2);
    ck_assert(!file_exists(key));
    ck_assert_text_has(mended(), "[5/");
    ck_assert(file_exists(key));
}
END_TEST

START_TEST(what_a_rust_node_would_not_store_does_not_become_key)
{
    fits = true;
    ck_assert_ok_err(rust_home_store(5, 3, 1), rust.err);
    leave_unlinked(4, 3, 2); /* older */
    leave_unlinked(6, 2, 2); /* without a stored domain */
    leave_unlinked(5, 4, 2); /* with other private shares */
    ck_assert_text_has(mended(), "[5/3] ");
    ck_assert(rust_home_key_is(5, 3, 1));
}
END_TEST

START_TEST(a_file_that_is_not_what_its_name_says_does_not_become_key)
{
    CLEANUP(free_text) char *named = rust_home_path("permanent_keys/epoch_6_with_3_domains");
    CLEANUP(free_text) char *renamed = rust_home_path("permanent_keys/epoch_7_with_3_domains");
    fits = true;
    ck_assert_ok_err(rust_home_store(5, 3, 1), rust.err);
    leave_unlinked(6, 3, 2);
    ck_assert_int_eq(rename(named, renamed), 0);
    mended();
    ck_assert(rust_home_key_is(5, 3, 1));
}
END_TEST

START_TEST(half_a_file_is_moved_aside_at_the_start_and_the_next_store_of_a_rust_node_works)
{
    CLEANUP(free_text) char *half = rust_home_path("permanent_keys/epoch_6_with_3_domains");
    CLEANUP(free_text) char *aside = rust_home_path("migration-store/torn_epoch_6_with_3_domains.1700000000");
    fits = true;
    ck_assert_ok_err(rust_home_store(5, 3, 1), rust.err);
    ck_assert_ok(file_write(half, "half a file, and no more of it", 30, NULL));
    mended();
    ck_assert(file_exists(half));
    rust_home_make_old(half);
    ck_assert_str_eq(mended(), "[5/3] ");
    ck_assert(!file_exists(half) && file_exists(aside));
    rust.home.key.data[0] ^= 1; /* nothing opens: then nothing shows that it is torn */
    ck_assert_ok(file_write(half, "half a file, and no more of it", 30, NULL));
    rust_home_make_old(half);
    ck_assert_ok_err(mpc_home_mend(&rust.home, fit_all, NULL, &rust.err), rust.err);
    ck_assert(file_exists(half));
    rust.home.key.data[0] ^= 1;
}
END_TEST

/* As after a home was put back from a copy that had the half file too. */
START_TEST(half_a_file_that_comes_back_is_moved_aside_again_beside_the_first)
{
    CLEANUP(free_text) char *half = rust_home_path("permanent_keys/epoch_6_with_3_domains");
    CLEANUP(free_text) char *first = rust_home_path("migration-store/torn_epoch_6_with_3_domains.1700000000");
    CLEANUP(free_text)
    char *second = rust_home_path("migration-store/torn_epoch_6_with_3_domains.1700000000.1");
    fits = true;
    ck_assert_ok_err(rust_home_store(5, 3, 1), rust.err);
    for (int times = 0; times < 2; times++) {
        ck_assert_ok(file_write(half, "half a file, and no more of it", 30, NULL));
        rust_home_make_old(half);
        ck_assert_str_eq(mended(), "[5/3] ");
        ck_assert(!file_exists(half));
    }
    ck_assert(file_exists(first) && file_exists(second));
}
END_TEST

static void remove_set(uint64_t epoch_id, size_t domains, uint64_t seed)
{
    CLEANUP(keyshares_free) struct keyshares shares = {0};
    rust_home_sample(epoch_id, domains, seed, &shares);
    ck_assert_ok_err(mpc_home_remove(&rust.home, &shares, fit_all, NULL, &rust.err), rust.err);
}

START_TEST(a_set_that_is_taken_out_leaves_the_one_before_it_as_key)
{
    fits = true;
    ck_assert_ok_err(rust_home_store(5, 3, 1), rust.err);
    ck_assert_ok_err(rust_home_store(6, 3, 2), rust.err);
    remove_set(6, 3, 7); /* others of that name are not meant */
    ck_assert_str_eq(rust_home_sets(NULL), "[6/3] 5/3 ");
    remove_set(6, 3, 2);
    ck_assert_str_eq(rust_home_sets(NULL), "[5/3] ");
    remove_set(6, 3, 2);
    ck_assert_uint_eq(rust_home_inode("key"), rust_home_inode("permanent_keys/epoch_5_with_3_domains"));
    remove_set(5, 3, 1);
    ck_assert_str_eq(rust_home_sets(NULL), "");
    ck_assert_int_eq(rust_home_entries(rust.work_path), 0);
}
END_TEST

START_TEST(a_set_that_may_not_be_key_does_not_take_its_place)
{
    CLEANUP(free_text) char *key = rust_home_path("key");
    fits = false;
    ck_assert_ok_err(rust_home_store(5, 3, 1), rust.err);
    ck_assert_ok_err(rust_home_store(6, 3, 2), rust.err);
    remove_set(6, 3, 2);
    ck_assert_str_eq(rust_home_sets(NULL), "5/3 ");
    ck_assert(!file_exists(key));
}
END_TEST

int main(void)
{
    SUITE_WITH_CASE(suite, tcase, "os/mpc_home mend");
    tcase_add_checked_fixture(tcase, rust_home_open, rust_home_close);
    tcase_add_test(tcase, a_file_whose_link_is_missing_becomes_key_once_nobody_writes_it);
    tcase_add_test(tcase, a_key_that_was_unlinked_and_not_linked_again_comes_back);
    tcase_add_test(tcase, what_a_rust_node_would_not_store_does_not_become_key);
    tcase_add_test(tcase, a_file_that_is_not_what_its_name_says_does_not_become_key);
    tcase_add_test(tcase, half_a_file_is_moved_aside_at_the_start_and_the_next_store_of_a_rust_node_works);
    tcase_add_test(tcase, half_a_file_that_comes_back_is_moved_aside_again_beside_the_first);
    tcase_add_test(tcase, a_set_that_is_taken_out_leaves_the_one_before_it_as_key);
    tcase_add_test(tcase, a_set_that_may_not_be_key_does_not_take_its_place);
    return run_suite(suite);
}
