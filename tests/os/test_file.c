#include "common/os/file.h"

#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/os/log.h"
#include "tests/support/support.h"

#define KEY_HEX "000102030405060708090a0b0c0d0e0F"

static char *in_dir(const char *name)
{
    char *path = file_path(temporary_dir(), name);
    ck_assert_ptr_nonnull(path);
    return path;
}

static void put(const char *path, const char *text, mode_t mode)
{
    FILE *file = fopen(path, "we");
    ck_assert_ptr_nonnull(file);
    fputs(text, file);
    fclose(file);
    ck_assert_int_eq(chmod(path, mode), 0);
}

static int entries(const char *dir)
{
    DIR *listing = opendir(dir);
    int count = -2; /* . and .. */
    while (readdir(listing))
        count++;
    closedir(listing);
    return count;
}

static unsigned mode_of(const char *path)
{
    struct stat info;
    ck_assert_int_eq(stat(path, &info), 0);
    return (unsigned)info.st_mode & 07777;
}

START_TEST(a_file_is_read_whole_up_to_its_limit)
{
    CLEANUP(free_text) char *path = in_dir("f");
    CLEANUP(bytes_free) struct bytes got = {0};
    struct error err;
    put(path, "twelve bytes", 0600);
    ck_assert_ok(file_read(path, 12, &got, &err));
    ck_assert_str_eq((const char *)got.data, "twelve bytes");
    ck_assert_outcome(file_read(path, 11, &got, &err), OUTCOME_LIMIT);
    ck_assert_text_has(err.text, path);
}
END_TEST

START_TEST(what_is_not_there_or_not_a_file_is_refused_by_name)
{
    CLEANUP(free_text) char *none = in_dir("none");
    CLEANUP(free_text) char *fifo = in_dir("fifo");
    CLEANUP(bytes_free) struct bytes got = {0};
    struct error err;
    ck_assert_outcome(file_read(none, 10, &got, &err), OUTCOME_STORE_NOT_FOUND);
    ck_assert_text_has(err.text, none);
    ck_assert_outcome(file_read(temporary_dir(), 100000, &got, &err), OUTCOME_STORE_IO);
    ck_assert_int_eq(mkfifo(fifo, 0600), 0);
    ck_assert_outcome(file_read(fifo, 10, &got, &err), OUTCOME_STORE_IO);
    ck_assert_text_has(err.text, "not a regular file");
}
END_TEST

START_TEST(writing_replaces_the_content_and_leaves_nothing_else_behind)
{
    CLEANUP(free_text) char *path = in_dir("w");
    CLEANUP(bytes_free) struct bytes got = {0};
    put(path, "old", 0644);
    ck_assert_ok(file_write(path, "new\0er", 6, NULL));
    ck_assert_ok(file_read(path, 100, &got, NULL));
    ck_assert_uint_eq(got.len, 6);
    ck_assert_mem_eq(got.data, "new\0er", 6);
    ck_assert_uint_eq(mode_of(path), 0600);
    ck_assert_int_eq(entries(temporary_dir()), 1);
}
END_TEST

START_TEST(creating_never_overwrites)
{
    CLEANUP(free_text) char *path = in_dir("c");
    CLEANUP(bytes_free) struct bytes got = {0};
    struct error err;
    ck_assert_ok(file_create(path, "first", 5, &err));
    ck_assert_outcome(file_create(path, "second", 6, &err), OUTCOME_FILE_EXISTS);
    ck_assert_text_has(err.text, path);
    ck_assert_ok(file_read(path, 100, &got, NULL));
    ck_assert_str_eq((const char *)got.data, "first");
    ck_assert_uint_eq(mode_of(path), 0600);
    ck_assert_int_eq(entries(temporary_dir()), 1);
}
END_TEST

START_TEST(writing_where_there_is_no_folder_fails_as_io)
{
    CLEANUP(free_text) char *path = in_dir("no/such/file");
    struct error err;
    ck_assert_outcome(file_write(path, "x", 1, &err), OUTCOME_STORE_IO);
    ck_assert_outcome(file_create(path, "x", 1, &err), OUTCOME_STORE_IO);
    ck_assert_outcome(file_sync_dir(path, &err), OUTCOME_STORE_IO);
    ck_assert_outcome(file_make_dir(path, &err), OUTCOME_STORE_IO);
    ck_assert_text_has(err.text, path);
}
END_TEST

START_TEST(a_write_that_fails_half_way_leaves_the_old_content_and_nothing_else)
{
    static char large[8192];
    CLEANUP(free_text) char *path = in_dir("w");
    CLEANUP(bytes_free) struct bytes got = {0};
    struct error err;
    struct rlimit before, small;
    ck_assert_ok(file_write(path, "old", 3, NULL));
    ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &before), 0);
    small = before;
    small.rlim_cur = 4096;
    signal(SIGXFSZ, SIG_IGN);
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &small), 0);
    result_t result = file_write(path, large, sizeof large, &err);
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &before), 0);
    ck_assert_outcome(result, OUTCOME_STORE_IO);
    ck_assert_ok(file_read(path, 100, &got, NULL));
    ck_assert_str_eq((const char *)got.data, "old");
    ck_assert_int_eq(entries(temporary_dir()), 1);
}
END_TEST

START_TEST(a_file_cannot_take_the_place_of_a_folder)
{
    CLEANUP(free_text) char *path = in_dir("d");
    struct error err;
    ck_assert_ok(file_make_dir(path, NULL));
    ck_assert_outcome(file_write(path, "x", 1, &err), OUTCOME_STORE_IO);
    ck_assert_outcome(file_create(path, "x", 1, &err), OUTCOME_FILE_EXISTS);
    ck_assert_int_eq(entries(temporary_dir()), 1);
}
END_TEST

START_TEST(a_path_without_a_folder_is_in_the_present_one)
{
    CLEANUP(bytes_free) struct bytes got = {0};
    ck_assert_int_eq(chdir(temporary_dir()), 0);
    ck_assert_ok(file_write("here", "x", 1, NULL));
    ck_assert_ok(file_read("here", 1, &got, NULL));
}
END_TEST

START_TEST(folders_are_made_once_and_closed_to_others)
{
    CLEANUP(free_text) char *dir = in_dir("d");
    CLEANUP(free_text) char *file = in_dir("file");
    ck_assert_ok(file_make_dir(dir, NULL));
    ck_assert_uint_eq(mode_of(dir), 0700);
    ck_assert_ok(file_make_dir(dir, NULL));
    put(file, "", 0600);
    ck_assert_outcome(file_make_dir(file, NULL), OUTCOME_STORE_IO);
    ck_assert(file_exists(dir) && file_exists(file));
}
END_TEST

START_TEST(a_hex_key_is_exactly_its_digits_in_either_case)
{
    CLEANUP(free_text) char *path = in_dir("key");
    CLEANUP(secret_free) struct secret key = {0};
    put(path, KEY_HEX, 0600);
    ck_assert_ok(file_read_hex_key(path, 16, FILE_EXPOSED_REFUSE, FILE_NEWLINE_REFUSE, &key, NULL));
    ck_assert_uint_eq(key.len, 16);
    ck_assert_uint_eq(key.data[15], 15);
}
END_TEST

START_TEST(bad_hex_keys_are_refused_without_being_shown)
{
    static const char *const bad[] = {
        "",
        "00",
        KEY_HEX "0",
        KEY_HEX "00",
        "0x0102030405060708090a0b0c0d0e0f",
        " 00102030405060708090a0b0c0d0e0f",
        KEY_HEX KEY_HEX KEY_HEX KEY_HEX KEY_HEX,
        KEY_HEX "\n\n",
        KEY_HEX "\n ",
        KEY_HEX "\r",
        "g00102030405060708090a0b0c0d0e0f",
    };
    CLEANUP(free_text) char *path = in_dir("key");
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        CLEANUP(secret_free) struct secret key = {0};
        struct error err;
        put(path, bad[i], 0600);
        ck_assert_outcome(file_read_hex_key(path, 16, FILE_EXPOSED_REFUSE, FILE_NEWLINE_TOLERATE, &key, &err),
                          OUTCOME_SECRETS_MALFORMED);
        ck_assert_text_has(err.text, "32 hexadecimal digits");
        ck_assert_text_lacks(err.text, "0102030405");
        ck_assert_ptr_null(key.data);
    }
}
END_TEST

START_TEST(a_newline_behind_a_key_is_tolerated_only_where_asked)
{
    CLEANUP(free_text) char *path = in_dir("key");
    CLEANUP(secret_free) struct secret unix_key = {0}, dos_key = {0}, none = {0};
    put(path, KEY_HEX "\n", 0600);
    ck_assert_ok(file_read_hex_key(path, 16, FILE_EXPOSED_REFUSE, FILE_NEWLINE_TOLERATE, &unix_key, NULL));
    ck_assert_outcome(file_read_hex_key(path, 16, FILE_EXPOSED_REFUSE, FILE_NEWLINE_REFUSE, &none, NULL),
                      OUTCOME_SECRETS_MALFORMED);
    put(path, KEY_HEX "\r\n", 0600);
    ck_assert_ok(file_read_hex_key(path, 16, FILE_EXPOSED_REFUSE, FILE_NEWLINE_TOLERATE, &dos_key, NULL));
    ck_assert_uint_eq(dos_key.len, 16);
}
END_TEST

START_TEST(a_key_file_that_is_not_there_cannot_be_read)
{
    CLEANUP(free_text) char *path = in_dir("none");
    CLEANUP(secret_free) struct secret key = {0};
    struct error err;
    ck_assert_outcome(file_read_hex_key(path, 16, FILE_EXPOSED_REFUSE, FILE_NEWLINE_REFUSE, &key, &err),
                      OUTCOME_SECRETS_UNREADABLE);
    ck_assert_int_eq(err.code, OUTCOME_SECRETS_UNREADABLE);
    ck_assert_text_has(err.text, path);
}
END_TEST

START_TEST(a_key_file_open_to_others_is_refused_or_read_with_a_warning)
{
    static const mode_t open_modes[] = {0640, 0604, 0620, 0602, 0644};
    CLEANUP(free_text) char *path = in_dir("key");
    log_set_fd(-1);
    for (size_t i = 0; i < ARRAY_LEN(open_modes); i++) {
        CLEANUP(secret_free) struct secret key = {0};
        struct error err;
        put(path, KEY_HEX, open_modes[i]);
        ck_assert_outcome(file_read_hex_key(path, 16, FILE_EXPOSED_REFUSE, FILE_NEWLINE_REFUSE, &key, &err),
                          OUTCOME_KEY_FILE_EXPOSED);
        ck_assert_text_has(err.text, "chmod 600");
        ck_assert_ok(file_read_hex_key(path, 16, FILE_EXPOSED_WARN, FILE_NEWLINE_REFUSE, &key, &err));
    }
    log_set_fd(STDERR_FILENO);
}
END_TEST

START_TEST(what_a_stopped_writer_left_is_swept_and_nothing_else)
{
    static const struct {
        const char *name;
        bool left;
    } files[] = {
        {".secrets.json.aB3xYz", true},   {".secrets.json.000000", true}, {".secrets.json.short", false},
        {".secrets.json.longer1", false}, {"secrets.json", false},        {"secrets.json.aB3xYz", false},
        {".secrets.json.aB3xY~", false},  {".other.json.aB3xYz", false},  {".secrets.jsonxaB3xYz", false},
    };
    CLEANUP(free_text) char *dir = fresh_dir();
    CLEANUP(free_text) char *path = file_path(dir, "secrets.json");
    CLEANUP(free_text) char *folder = file_path(dir, ".secrets.json.folder");
    CLEANUP(free_text) char *link_name = file_path(dir, ".secrets.json.linked");
    struct error err = {.text = ""};
    for (size_t i = 0; i < ARRAY_LEN(files); i++) {
        CLEANUP(free_text) char *file = file_path(dir, files[i].name);
        put(file, "", 0600);
    }
    ck_assert_int_eq(mkdir(folder, 0700), 0);
    ck_assert_int_eq(symlink("secrets.json", link_name), 0);
    ck_assert_ok_err(file_sweep(path, &err), err);
    for (size_t i = 0; i < ARRAY_LEN(files); i++) {
        CLEANUP(free_text) char *file = file_path(dir, files[i].name);
        ck_assert_msg(file_exists(file) != files[i].left, "%s", files[i].name);
    }
    ck_assert(file_exists(folder) && file_exists(link_name));
}
END_TEST

START_TEST(a_secret_is_taken_out_of_the_environment)
{
    CLEANUP(secret_free) struct secret secret = {0};
    bool found;
    ck_assert_int_eq(setenv("MPC_TEST_SECRET", "very secret", 1), 0);
    const char *place = getenv("MPC_TEST_SECRET");
    ck_assert_ok(environment_take_secret("MPC_TEST_SECRET", &secret, &found));
    ck_assert(found);
    ck_assert_uint_eq(secret.len, 11);
    ck_assert_mem_eq(secret.data, "very secret", 11);
    ck_assert_ptr_null(getenv("MPC_TEST_SECRET"));
    ck_assert(place[0] == 0 && place[5] == 0);
}
END_TEST

START_TEST(an_empty_variable_is_found_and_a_missing_one_is_not)
{
    CLEANUP(secret_free) struct secret secret = {0};
    bool found;
    ck_assert_int_eq(setenv("MPC_TEST_SECRET", "", 1), 0);
    ck_assert_ok(environment_take_secret("MPC_TEST_SECRET", &secret, &found));
    ck_assert(found);
    ck_assert_uint_eq(secret.len, 0);
    ck_assert_ok(environment_take_secret("MPC_TEST_SECRET", &secret, &found));
    ck_assert(!found);
}
END_TEST

int main(void)
{
    SUITE_WITH_CASE(suite, tcase, "os/file");
    tcase_add_test(tcase, a_file_is_read_whole_up_to_its_limit);
    tcase_add_test(tcase, what_is_not_there_or_not_a_file_is_refused_by_name);
    tcase_add_test(tcase, writing_replaces_the_content_and_leaves_nothing_else_behind);
    tcase_add_test(tcase, creating_never_overwrites);
    tcase_add_test(tcase, writing_where_there_is_no_folder_fails_as_io);
    tcase_add_test(tcase, a_write_that_fails_half_way_leaves_the_old_content_and_nothing_else);
    tcase_add_test(tcase, a_file_cannot_take_the_place_of_a_folder);
    tcase_add_test(tcase, a_path_without_a_folder_is_in_the_present_one);
    tcase_add_test(tcase, folders_are_made_once_and_closed_to_others);
    tcase_add_test(tcase, a_hex_key_is_exactly_its_digits_in_either_case);
    tcase_add_test(tcase, bad_hex_keys_are_refused_without_being_shown);
    tcase_add_test(tcase, a_newline_behind_a_key_is_tolerated_only_where_asked);
    tcase_add_test(tcase, a_key_file_that_is_not_there_cannot_be_read);
    tcase_add_test(tcase, a_key_file_open_to_others_is_refused_or_read_with_a_warning);
    tcase_add_test(tcase, what_a_stopped_writer_left_is_swept_and_nothing_else);
    tcase_add_test(tcase, a_secret_is_taken_out_of_the_environment);
    tcase_add_test(tcase, an_empty_variable_is_found_and_a_missing_one_is_not);
    return run_suite(suite);
}
