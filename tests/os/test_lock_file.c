#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/os/lock_file.h"
#include "tests/support/support.h"

static struct error err;

/* A child that holds the lock until its pipe is closed or it is killed. */
static pid_t hold(const char *dir, int *release_fd)
{
    int ready[2], release[2];
    char byte = 0;
    ck_assert_int_eq(pipe(ready), 0);
    ck_assert_int_eq(pipe(release), 0);
    pid_t pid = fork();
    ck_assert_int_ge(pid, 0);
    if (pid == 0) {
        struct lock_file lock = LOCK_FILE_NONE;
        close(release[1]);
        byte = lock_file_take(dir, "the folder", &lock, NULL) == OUTCOME_OK ? 'y' : 'n';
        _exit(write(ready[1], &byte, 1) == 1 && read(release[0], &byte, 1) == 0 ? 0 : 1);
    }
    close(ready[1]);
    close(release[0]);
    ck_assert_int_eq(read(ready[0], &byte, 1), 1);
    ck_assert_int_eq(byte, 'y');
    close(ready[0]);
    *release_fd = release[1];
    return pid;
}

START_TEST(the_second_process_is_told_who_holds_it)
{
    const char *dir = temporary_dir();
    struct lock_file lock = LOCK_FILE_NONE;
    char pid_text[32];
    int release_fd;
    pid_t pid = hold(dir, &release_fd);
    ck_assert_outcome(lock_file_take(dir, "the folder", &lock, &err), OUTCOME_HOME_LOCKED);
    snprintf(pid_text, sizeof(pid_text), "process %ld", (long)pid);
    ck_assert_text_has(err.text, pid_text);
    ck_assert_text_has(err.text, "the folder is in use by test_lock_file");
    ck_assert_int_eq(lock.fd, -1);
    close(release_fd);
    ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
    ck_assert_ok_err(lock_file_take(dir, "the folder", &lock, &err), err);
    lock_file_release(&lock);
}
END_TEST

START_TEST(the_lock_of_a_killed_process_is_free)
{
    const char *dir = temporary_dir();
    CLEANUP(lock_file_release) struct lock_file lock = LOCK_FILE_NONE;
    int release_fd;
    pid_t pid = hold(dir, &release_fd);
    ck_assert_int_eq(kill(pid, SIGKILL), 0);
    ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
    ck_assert_ok_err(lock_file_take(dir, "the folder", &lock, &err), err);
    close(release_fd);
}
END_TEST

START_TEST(a_released_lock_can_be_taken_again)
{
    const char *dir = temporary_dir();
    struct lock_file lock = LOCK_FILE_NONE;
    for (int i = 0; i < 3; i++) {
        ck_assert_ok_err(lock_file_take(dir, "the folder", &lock, &err), err);
        lock_file_release(&lock);
        ck_assert_int_eq(lock.fd, -1);
    }
}
END_TEST

START_TEST(a_folder_that_cannot_be_made_is_an_error)
{
    struct lock_file lock = LOCK_FILE_NONE;
    char dir[4200];
    snprintf(dir, sizeof(dir), "%s/no/such", temporary_dir());
    ck_assert_outcome(lock_file_take(dir, "the folder", &lock, &err), OUTCOME_STORE_IO);
}
END_TEST

int main(void)
{
    SUITE_WITH_CASE(suite, tcase, "os/lock_file");
    tcase_add_test(tcase, the_second_process_is_told_who_holds_it);
    tcase_add_test(tcase, the_lock_of_a_killed_process_is_free);
    tcase_add_test(tcase, a_released_lock_can_be_taken_again);
    tcase_add_test(tcase, a_folder_that_cannot_be_made_is_an_error);
    return run_suite(suite);
}
