/* Shares in a Rust node's home that are not permanent yet. */
#include <stdio.h>

#include "common/os/file.h"
#include "tests/support/rust_home.h"
#include "tests/support/support.h"

static void put_temporary(const struct keyshares *shares, size_t index, const char *name)
{
    CLEANUP(keyshares_free) struct keyshares one = {0};
    CLEANUP(secret_free) struct secret text = {0};
    ck_assert_ok(keyshares_add(&one, &shares->items[index], keyshare_scalar(shares, index)));
    ck_assert_ok(keyshares_write(&one, &text));
    text.data[text.len - 1] = 0; /* without the brackets of the array */
    rust_home_put_sealed(name, (const char *)text.data + 1);
}

START_TEST(a_temporary_share_is_found_by_its_exact_id)
{
    CLEANUP(keyshares_free) struct keyshares shares = {0}, got = {0};
    rust_home_make_dir("temporary_keys");
    rust_home_sample(5, 3, 1, &shares);
    struct key_event_id id = shares.items[1].id, other = id;
    char name[128];
    snprintf(name, sizeof name, "temporary_keys/keyshare_5_1_%llu", (unsigned long long)id.attempt_id);
    put_temporary(&shares, 1, name);
    ck_assert_ok_err(mpc_home_load_temporary(&rust.home, &id, &got, &rust.err), rust.err);
    ck_assert_uint_eq(got.count, 1);
    ck_assert(key_event_id_equal(&got.items[0].id, &id));
    ck_assert_mem_eq(keyshare_scalar(&got, 0), keyshare_scalar(&shares, 1), KEYSHARE_SCALAR_LEN);
    other.attempt_id++;
    ck_assert_outcome(mpc_home_load_temporary(&rust.home, &other, &got, &rust.err), OUTCOME_STORE_NOT_FOUND);
    ck_assert_uint_eq(got.count, 1);
}
END_TEST

START_TEST(a_temporary_file_that_is_not_what_its_name_says_is_corrupt)
{
    CLEANUP(keyshares_free) struct keyshares shares = {0}, got = {0};
    struct key_event_id id = {.epoch_id = 5, .domain_id = 7, .attempt_id = 8};
    rust_home_make_dir("temporary_keys");
    rust_home_sample(5, 3, 1, &shares);
    put_temporary(&shares, 1, "temporary_keys/keyshare_5_7_8");
    ck_assert_outcome(mpc_home_load_temporary(&rust.home, &id, &got, &rust.err), OUTCOME_STORE_CORRUPT);
    ck_assert_text_has(rust.err.text, "keyshare_5_7_8");
    rust_home_put_sealed("temporary_keys/keyshare_5_7_8", "{},{}");
    ck_assert_outcome(mpc_home_load_temporary(&rust.home, &id, &got, &rust.err), OUTCOME_STORE_CORRUPT);
    ck_assert_uint_eq(got.count, 0);
}
END_TEST

START_TEST(a_temporary_file_that_cannot_be_deleted_is_named)
{
    rust_home_make_dir("temporary_keys");
    rust_home_make_dir("temporary_keys/keyshare_4_0_0");
    ck_assert_outcome(mpc_home_drop_temporary(&rust.home, 5, &rust.err), OUTCOME_STORE_IO);
    ck_assert_text_has(rust.err.text, "keyshare_4_0_0");
}
END_TEST

START_TEST(temporary_files_of_older_epochs_are_dropped_and_nothing_else)
{
    static const struct {
        const char *name;
        bool stays;
    } files[] = {
        {"temporary_keys/keyshare_4_0_0", false},  {"temporary_keys/started_4_0_0", false},
        {"temporary_keys/keyshare_5_0_0", true},   {"temporary_keys/started_18446744073709551615_0_0", true},
        {"temporary_keys/keyshare_4_0", true},     {"temporary_keys/keyshare_x_0_0", true},
        {"temporary_keys/keyshare_-4_0_0", true},  {"temporary_keys/keyshare_4x_0_0", true},
        {"temporary_keys/keyshare_4_0_0_0", true}, {"temporary_keys/note", true},
    };
    rust_home_make_dir("temporary_keys");
    for (size_t i = 0; i < ARRAY_LEN(files); i++)
        rust_home_put_sealed(files[i].name, "x");
    ck_assert_ok_err(mpc_home_drop_temporary(&rust.home, 5, &rust.err), rust.err);
    for (size_t i = 0; i < ARRAY_LEN(files); i++) {
        CLEANUP(free_text) char *path = rust_home_path(files[i].name);
        ck_assert_msg(file_exists(path) == files[i].stays, "%s", files[i].name);
    }
}
END_TEST

int main(void)
{
    SUITE_WITH_CASE(suite, tcase, "os/mpc_home temporary");
    tcase_add_checked_fixture(tcase, rust_home_open, rust_home_close);
    tcase_add_test(tcase, a_temporary_share_is_found_by_its_exact_id);
    tcase_add_test(tcase, a_temporary_file_that_is_not_what_its_name_says_is_corrupt);
    tcase_add_test(tcase, a_temporary_file_that_cannot_be_deleted_is_named);
    tcase_add_test(tcase, temporary_files_of_older_epochs_are_dropped_and_nothing_else);
    return run_suite(suite);
}
