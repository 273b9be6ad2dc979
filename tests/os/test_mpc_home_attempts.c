/* Attempts that the contract superseded, in a Rust node's home: they make room, and none is lost. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/os/file.h"
#include "tests/support/rust_home.h"
#include "tests/support/support.h"

/* What was handed over, "5/3 5/3 ", and whether it is taken. */
static char kept_text[64];
static bool keeps;

static result_t note_kept(const struct keyshares *set, const char *path, void *context, struct error *error)
{
    (void)path, (void)context;
    size_t at = strlen(kept_text);
    snprintf(kept_text + at, sizeof kept_text - at, "%llu/%zu ",
             (unsigned long long)set->items[0].id.epoch_id, set->count);
    return keeps ? OUTCOME_OK : error_set(error, OUTCOME_STORE_FULL, "nothing more is kept");
}

/* Another attempt of the last domain, as the contract names it now. */
static void sample_attempt(uint64_t epoch_id, size_t domains, uint64_t attempt, struct keyshares *out)
{
    rust_home_sample(epoch_id, domains, 1, out);
    out->items[domains - 1].id.attempt_id = attempt;
    out->scalars.data[(domains - 1) * KEYSHARE_SCALAR_LEN + 7] ^= (uint8_t)attempt;
}

static result_t store_attempt(uint64_t epoch_id, size_t domains, uint64_t attempt)
{
    const struct keyshares_terms named = {.rule = keyshares_may_coexist, .keep = note_kept};
    CLEANUP(keyshares_free) struct keyshares shares = {0};
    sample_attempt(epoch_id, domains, attempt, &shares);
    kept_text[0] = 0;
    return mpc_home_store(&rust.home, &shares, &named, &rust.err);
}

static bool key_is_attempt(uint64_t epoch_id, size_t domains, uint64_t attempt)
{
    CLEANUP(keyshares_free) struct keyshares wanted = {0}, got = {0};
    sample_attempt(epoch_id, domains, attempt, &wanted);
    ck_assert_ok_err(mpc_home_load(&rust.home, &got, &rust.err), rust.err);
    return keyshares_equal(&wanted, &got);
}

START_TEST(another_attempt_takes_the_name_once_the_superseded_one_is_kept)
{
    ck_assert_ok_err(store_attempt(5, 3, 7), rust.err);
    keeps = false;
    ck_assert_outcome(store_attempt(5, 3, 9), OUTCOME_STORE_FULL);
    ck_assert(key_is_attempt(5, 3, 7));
    ck_assert_str_eq(rust_home_sets(NULL), "[5/3] ");
    keeps = true;
    ck_assert_ok_err(store_attempt(5, 3, 9), rust.err);
    ck_assert_str_eq(kept_text, "5/3 ");
    ck_assert(key_is_attempt(5, 3, 9));
    ck_assert_uint_eq(rust_home_inode("key"), rust_home_inode("permanent_keys/epoch_5_with_3_domains"));
    ck_assert_str_eq(rust_home_sets(NULL), "[5/3] ");
    ck_assert_int_eq(rust_home_entries(rust.work_path), 0);
}
END_TEST

START_TEST(a_superseded_key_of_another_size_leaves_its_name_free)
{
    keeps = true;
    ck_assert_ok_err(rust_home_store(4, 2, 1), rust.err);
    ck_assert_ok_err(store_attempt(5, 4, 7), rust.err);
    ck_assert_str_eq(kept_text, "");
    ck_assert_ok_err(store_attempt(5, 3, 9), rust.err);
    ck_assert_str_eq(kept_text, "5/4 ");
    ck_assert_str_eq(rust_home_sets(NULL), "[5/3] 4/2 ");
    /* One of a later epoch came to nothing, the contract is at this one. */
    ck_assert_ok_err(rust_home_store(6, 3, 1), rust.err);
    ck_assert_ok_err(store_attempt(5, 3, 11), rust.err);
    ck_assert_str_eq(kept_text, "6/3 5/3 ");
    ck_assert_str_eq(rust_home_sets(NULL), "[5/3] 4/2 ");
    ck_assert(key_is_attempt(5, 3, 11));
}
END_TEST

START_TEST(a_file_in_the_way_that_is_not_the_key_is_kept_and_replaced)
{
    CLEANUP(free_text) char *key = rust_home_path("key");
    keeps = true;
    ck_assert_ok_err(rust_home_store(5, 3, 1), rust.err);
    ck_assert_int_eq(unlink(key), 0);
    ck_assert_ok_err(store_attempt(5, 3, 9), rust.err);
    ck_assert_str_eq(kept_text, "5/3 ");
    ck_assert(key_is_attempt(5, 3, 9));
}
END_TEST

START_TEST(a_larger_key_that_has_all_the_shares_is_left_alone)
{
    ck_assert_ok_err(rust_home_store(5, 4, 1), rust.err);
    CLEANUP(keyshares_free) struct keyshares all = {0}, part = {0};
    rust_home_sample(5, 4, 1, &all);
    for (size_t i = 0; i < 2; i++)
        ck_assert_ok(keyshares_add(&part, &all.items[i], keyshare_scalar(&all, i)));
    const struct keyshares_terms named = {.rule = keyshares_may_coexist};
    ck_assert_outcome(mpc_home_store(&rust.home, &part, &named, &rust.err), OUTCOME_KEYSHARES_UNCHANGED);
    ck_assert_str_eq(rust_home_sets(NULL), "[5/4] ");
}
END_TEST

START_TEST(a_key_without_its_file_gets_one_before_it_is_replaced)
{
    CLEANUP(free_text) char *file = rust_home_path("permanent_keys/epoch_5_with_3_domains");
    ck_assert_ok_err(rust_home_store(5, 3, 1), rust.err);
    ck_assert_int_eq(unlink(file), 0);
    ck_assert_ok_err(rust_home_store(6, 3, 1), rust.err);
    ck_assert_str_eq(rust_home_sets(NULL), "[6/3] 5/3 ");
}
END_TEST

START_TEST(half_a_file_that_nobody_writes_any_more_is_moved_aside)
{
    CLEANUP(free_text) char *half = rust_home_path("permanent_keys/epoch_5_with_3_domains");
    CLEANUP(free_text) char *aside = rust_home_path("migration-store/torn_epoch_5_with_3_domains.1700000000");
    CLEANUP(bytes_free) struct bytes found = {0};
    ck_assert_ok_err(rust_home_store(4, 2, 1), rust.err);
    ck_assert_ok(file_write(half, "half a file, and no more of it", 30, NULL));
    ck_assert_outcome(rust_home_store(5, 3, 1), OUTCOME_STORE_CORRUPT); /* it may be being written just now */
    rust_home_make_old(half);
    ck_assert_ok_err(rust_home_store(5, 3, 1), rust.err);
    ck_assert(rust_home_key_is(5, 3, 1));
    ck_assert_ok_err(file_read(aside, 100, &found, &rust.err), rust.err);
    ck_assert_uint_eq(found.len, 30);
}
END_TEST

START_TEST(a_file_that_does_not_open_stays_where_nothing_shows_that_the_key_is_the_right_one)
{
    CLEANUP(free_text) char *half = rust_home_path("permanent_keys/epoch_5_with_3_domains");
    rust_home_make_dir("permanent_keys");
    ck_assert_ok(file_write(half, "sealed with another key, perhaps", 32, NULL));
    rust_home_make_old(half);
    ck_assert_outcome(rust_home_store(5, 3, 1), OUTCOME_STORE_CORRUPT);
    ck_assert(file_exists(half));
}
END_TEST

int main(void)
{
    SUITE_WITH_CASE(suite, tcase, "os/mpc_home attempts");
    tcase_add_checked_fixture(tcase, rust_home_open, rust_home_close);
    tcase_add_test(tcase, another_attempt_takes_the_name_once_the_superseded_one_is_kept);
    tcase_add_test(tcase, a_superseded_key_of_another_size_leaves_its_name_free);
    tcase_add_test(tcase, a_file_in_the_way_that_is_not_the_key_is_kept_and_replaced);
    tcase_add_test(tcase, a_larger_key_that_has_all_the_shares_is_left_alone);
    tcase_add_test(tcase, a_key_without_its_file_gets_one_before_it_is_replaced);
    tcase_add_test(tcase, half_a_file_that_nobody_writes_any_more_is_moved_aside);
    tcase_add_test(tcase, a_file_that_does_not_open_stays_where_nothing_shows_that_the_key_is_the_right_one);
    return run_suite(suite);
}
