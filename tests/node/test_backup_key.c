#include <ctype.h>
#include <string.h>
#include <sys/stat.h>

#include "common/os/file.h"
#include "node/backup_key.h"
#include "tests/support/support.h"

#define DIGITS "000102030405060708090a0b0c0d0e0f101112131415161718191A1B1C1D1E1F"

static const char *home;
static char *path;
static struct secret key;
static struct error err;

static void setup(void)
{
    home = temporary_dir();
    path = file_path(home, "backup_encryption_key.hex");
}

static void teardown(void)
{
    free_text(&path);
    secret_free(&key);
}

static void write_file(const char *text)
{
    ck_assert_ok_err(file_write(path, text, strlen(text), &err), err);
}

START_TEST(the_first_start_makes_the_file_as_the_rust_node_writes_it)
{
    CLEANUP(bytes_free) struct bytes text = {0};
    struct stat info;
    bool made = false;
    ck_assert_outcome(backup_key_load(home, &key, &err), OUTCOME_SECRETS_UNREADABLE);
    ck_assert_ok_err(backup_key_load_or_make(home, &key, &made, &err), err);
    ck_assert(made);
    ck_assert_uint_eq(key.len, 32);
    ck_assert_int_eq(stat(path, &info), 0);
    ck_assert_uint_eq(info.st_mode & 0777, 0600);
    ck_assert_ok_err(file_read(path, 100, &text, &err), err);
    ck_assert_uint_eq(text.len, 64);
    for (size_t i = 0; i < text.len; i++)
        ck_assert(isdigit(text.data[i]) || (text.data[i] >= 'a' && text.data[i] <= 'f'));
}
END_TEST

START_TEST(the_second_start_reads_the_same_key_and_writes_nothing)
{
    CLEANUP(secret_free) struct secret again = {0};
    struct stat before, after;
    bool made;
    ck_assert_ok_err(backup_key_load_or_make(home, &key, &made, &err), err);
    ck_assert_int_eq(stat(path, &before), 0);
    ck_assert_ok_err(backup_key_load_or_make(home, &again, &made, &err), err);
    ck_assert(!made);
    ck_assert(secret_equal(key.data, key.len, again.data, again.len));
    ck_assert_int_eq(stat(path, &after), 0);
    ck_assert_uint_eq(before.st_ino, after.st_ino);
    ck_assert_int_eq(before.st_mtim.tv_nsec, after.st_mtim.tv_nsec);
}
END_TEST

START_TEST(one_newline_and_either_case_are_tolerated)
{
    write_file(DIGITS "\n");
    ck_assert_ok_err(backup_key_load(home, &key, &err), err);
    for (size_t i = 0; i < key.len; i++)
        ck_assert_uint_eq(key.data[i], i);
}
END_TEST

START_TEST(a_bad_file_stops_the_start_and_stays)
{
    static const char *const bad[] = {"",
                                      "00",
                                      DIGITS "00",
                                      DIGITS "\n\n",
                                      " " DIGITS,
                                      "0x" DIGITS,
                                      DIGITS " \n",
                                      "zz0102030405060708090a0b0c0d0e0f1011"
                                      "12131415161718191a1b1c1d1e1f"};
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        CLEANUP(bytes_free) struct bytes text = {0};
        bool made;
        write_file(bad[i]);
        ck_assert_outcome(backup_key_load_or_make(home, &key, &made, &err), OUTCOME_SECRETS_MALFORMED);
        ck_assert(!made);
        ck_assert_text_has(err.text, path);
        ck_assert_ok_err(file_read(path, 100, &text, &err), err);
        ck_assert_uint_eq(text.len, strlen(bad[i]));
    }
}
END_TEST

START_TEST(a_file_that_others_can_read_is_read_all_the_same)
{
    write_file(DIGITS);
    ck_assert_int_eq(chmod(path, 0644), 0);
    ck_assert_ok_err(backup_key_load(home, &key, &err), err);
}
END_TEST

int main(void)
{
    SUITE_WITH_CASE(suite, tcase, "node/backup_key");
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, the_first_start_makes_the_file_as_the_rust_node_writes_it);
    tcase_add_test(tcase, the_second_start_reads_the_same_key_and_writes_nothing);
    tcase_add_test(tcase, one_newline_and_either_case_are_tolerated);
    tcase_add_test(tcase, a_bad_file_stops_the_start_and_stays);
    tcase_add_test(tcase, a_file_that_others_can_read_is_read_all_the_same);
    return run_suite(suite);
}
