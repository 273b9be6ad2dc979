#include "common/os/scratch_dir.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/os/file.h"
#include "tests/support/support.h"

static char *parent;
static struct error err;

static void setup(void)
{
    parent = fresh_dir();
}

static void teardown(void)
{
    free_text(&parent);
}

static void fill(const char *dir)
{
    CLEANUP(free_text) char *inner = file_path(dir, "inner");
    CLEANUP(free_text) char *file = file_path(inner, "file");
    ck_assert_ok_err(file_make_dir(inner, &err), err);
    ck_assert_ok_err(file_write(file, "x", 1, &err), err);
}

START_TEST(it_is_new_private_and_gone_afterwards_with_all_that_is_in_it)
{
    struct scratch_dir dir = SCRATCH_DIR_NONE;
    struct stat info;
    CLEANUP(free_text) char *missing = file_path(parent, "missing");
    ck_assert_ok_err(scratch_dir_make(missing, "drill-", &dir, &err), err);
    ck_assert_int_eq(stat(dir.path, &info), 0);
    ck_assert_uint_eq(info.st_mode & 07777, 0700);
    ck_assert_int_eq(stat(dir.outer, &info), 0);
    ck_assert_uint_eq(info.st_mode & 07777, 0700);
    CLEANUP(free_text) char *outer = strdup(dir.outer);
    fill(dir.path);
    scratch_dir_remove(&dir);
    ck_assert(!file_exists(outer));
    ck_assert(file_exists(missing));
    scratch_dir_remove(&dir); /* a second time does nothing */
}
END_TEST

/* A child that makes one, fills it and is killed; its path in `out`. */
static void leave_one_behind(char out[256])
{
    int ends[2], status;
    ck_assert_int_eq(pipe(ends), 0);
    pid_t pid = fork();
    ck_assert_int_ge(pid, 0);
    if (pid == 0) {
        struct scratch_dir dir = SCRATCH_DIR_NONE;
        if (scratch_dir_make(parent, "drill-", &dir, NULL) != OUTCOME_OK)
            _exit(1);
        fill(dir.path);
        (void)!write(ends[1], dir.outer, strlen(dir.outer) + 1);
        _exit(0); /* nothing is cleaned up */
    }
    close(ends[1]);
    ck_assert_int_gt(read(ends[0], out, 256), 0);
    close(ends[0]);
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    ck_assert_int_eq(status, 0);
    ck_assert(file_exists(out));
}

START_TEST(what_a_killed_process_left_goes_when_the_next_one_is_made)
{
    struct scratch_dir dir = SCRATCH_DIR_NONE;
    CLEANUP(free_text) char *other = file_path(parent, "something-else");
    char left[256];
    leave_one_behind(left);
    fill(parent);
    ck_assert_ok_err(file_make_dir(other, &err), err);
    ck_assert_ok_err(scratch_dir_make(parent, "drill-", &dir, &err), err);
    ck_assert(!file_exists(left));
    ck_assert(file_exists(other));
    scratch_dir_remove(&dir);
}
END_TEST

START_TEST(one_that_is_in_use_stays)
{
    struct scratch_dir first = SCRATCH_DIR_NONE, second = SCRATCH_DIR_NONE;
    ck_assert_ok_err(scratch_dir_make(parent, "drill-", &first, &err), err);
    ck_assert_ok_err(scratch_dir_make(parent, "drill-", &second, &err), err);
    ck_assert(file_exists(first.path));
    /* Its user may lock it, as the store of a Rust node's home does. */
    CLEANUP(close_fd) int fd = open(first.path, O_RDONLY | O_DIRECTORY);
    ck_assert_int_eq(flock(fd, LOCK_EX | LOCK_NB), 0);
    ck_assert_str_ne(first.path, second.path);
    scratch_dir_remove(&first);
    scratch_dir_remove(&second);
}
END_TEST

START_TEST(a_link_that_looks_like_one_is_not_followed)
{
    struct scratch_dir dir = SCRATCH_DIR_NONE;
    CLEANUP(free_text) char *target = file_path(parent, "target");
    CLEANUP(free_text) char *link = file_path(parent, "drill-link");
    ck_assert_ok_err(file_make_dir(target, &err), err);
    fill(target);
    ck_assert_int_eq(symlink(target, link), 0);
    ck_assert_ok_err(scratch_dir_make(parent, "drill-", &dir, &err), err);
    CLEANUP(free_text) char *inner = file_path(target, "inner");
    ck_assert(file_exists(inner));
    scratch_dir_remove(&dir);
}
END_TEST

START_TEST(a_parent_that_is_no_folder_is_an_error)
{
    struct scratch_dir dir = SCRATCH_DIR_NONE;
    CLEANUP(free_text) char *file = file_path(parent, "file");
    ck_assert_ok_err(file_write(file, "x", 1, &err), err);
    ck_assert_outcome(scratch_dir_make(file, "drill-", &dir, &err), OUTCOME_STORE_IO);
    ck_assert_text_has(err.text, file);
    scratch_dir_remove(&dir);
}
END_TEST

int main(void)
{
    SUITE_WITH_CASE(suite, tcase, "os/scratch_dir");
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, it_is_new_private_and_gone_afterwards_with_all_that_is_in_it);
    tcase_add_test(tcase, what_a_killed_process_left_goes_when_the_next_one_is_made);
    tcase_add_test(tcase, one_that_is_in_use_stays);
    tcase_add_test(tcase, a_link_that_looks_like_one_is_not_followed);
    tcase_add_test(tcase, a_parent_that_is_no_folder_is_an_error);
    return run_suite(suite);
}
