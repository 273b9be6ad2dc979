#include <unistd.h>

#include "common/os/file.h"
#include "node/home_lock.h"
#include "tests/support/support.h"

static struct error err;

/* Nothing of ours lies anywhere else in a home that a Rust node uses too. */
START_TEST(the_lock_lies_with_the_migration_store)
{
    const char *home = temporary_dir();
    CLEANUP(lock_file_release) struct lock_file lock = LOCK_FILE_NONE;
    CLEANUP(free_text) char *path = file_path(home, "migration-store/owner.lock");
    ck_assert_ok_err(home_lock_take(home, &lock, &err), err);
    ck_assert(file_exists(path));
}
END_TEST

/* A lock is of the open file, so that even one process cannot take it twice. */
START_TEST(a_home_that_is_held_is_named)
{
    const char *home = temporary_dir();
    CLEANUP(lock_file_release) struct lock_file lock = LOCK_FILE_NONE;
    struct lock_file second = LOCK_FILE_NONE;
    ck_assert_ok_err(home_lock_take(home, &lock, &err), err);
    ck_assert_outcome(home_lock_take(home, &second, &err), OUTCOME_HOME_LOCKED);
    ck_assert_text_has(err.text, home);
    ck_assert_text_has(err.text, "stop it first");
}
END_TEST

START_TEST(a_home_that_is_not_there_is_an_error)
{
    struct lock_file lock = LOCK_FILE_NONE;
    CLEANUP(free_text) char *home = file_path(temporary_dir(), "no/such");
    ck_assert_outcome(home_lock_take(home, &lock, &err), OUTCOME_STORE_IO);
}
END_TEST

int main(void)
{
    SUITE_WITH_CASE(suite, tcase, "node/home_lock");
    tcase_add_test(tcase, the_lock_lies_with_the_migration_store);
    tcase_add_test(tcase, a_home_that_is_held_is_named);
    tcase_add_test(tcase, a_home_that_is_not_there_is_an_error);
    return run_suite(suite);
}
