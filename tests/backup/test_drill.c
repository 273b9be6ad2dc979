/* `verify --drill`. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/os/clock.h"
#include "common/os/file.h"
#include "tests/support/backup_node.h"
#include "tests/support/samples.h"
#include "tests/support/support.h"

#define METRIC "mpc_backup_last_drill_success_timestamp_seconds"

static struct keyset keyset;

static void setup(void)
{
    backup_home_setup();
    sample_keyset(5, 3, &keyset);
    ck_assert_ok_err(backup_home_run("generate-keys"), backup_home_err);
}

static void release(void)
{
    keyset_free(&keyset);
    backup_home_release();
}

static void give_backup(void)
{
    backup_node_give_home(&keyset, 1);
    backup_node_write_state("Running", &keyset);
}

static size_t entries(void)
{
    DIR *dir = opendir(backup_home);
    size_t count = 0;
    ck_assert_ptr_nonnull(dir);
    while (readdir(dir))
        count++;
    closedir(dir);
    return count;
}

/* The value of the metric that the last good drill left; 0: there is none. */
static int64_t noted(void)
{
    CLEANUP(bytes_free) struct bytes text = {0};
    CLEANUP(free_text) char *path = file_path(backup_home, "last_drill.prom");
    if (!file_exists(path))
        return 0;
    ck_assert_ok_err(file_read(path, 4096, &text, &backup_home_err), backup_home_err);
    const char *line = strstr((const char *)text.data, "\n" METRIC " ");
    ck_assert_ptr_nonnull(line);
    ck_assert_text_has((const char *)text.data, "# TYPE " METRIC " gauge\n");
    return strtoll(line + sizeof METRIC + 1, NULL, 10);
}

START_TEST(a_drill_restores_the_backup_and_notes_the_time)
{
    CLEANUP(bytes_free) struct bytes before = {0}, after = {0};
    CLEANUP(free_text) char *path = file_path(backup_home, "permanent_keys/epoch_5_with_3_domains");
    int64_t now_s = clock_wall_ms() / 1000;
    give_backup();
    ck_assert_ok_err(file_read(path, 1u << 20, &before, &backup_home_err), backup_home_err);
    size_t count = entries();
    ck_assert_ok_err(backup_home_run("verify --drill"), backup_home_err);
    backup_home_printed("the drill restored it into a scratch folder and read the same back");
    ck_assert_text_has((const char *)backup_home_report.members.data, "\"drill_at\":");
    ck_assert_ok_err(file_read(path, 1u << 20, &after, &backup_home_err), backup_home_err);
    ck_assert_uint_eq(before.len, after.len);
    ck_assert_mem_eq(before.data, after.data, before.len);
    ck_assert_uint_eq(entries(), count + 1); /* the note; the scratch folder is gone */
    ck_assert_int_ge(noted(), now_s);
}
END_TEST

START_TEST(verify_alone_is_no_drill)
{
    give_backup();
    ck_assert_ok_err(backup_home_run("verify"), backup_home_err);
    ck_assert_int_eq(noted(), 0);
}
END_TEST

static void check_failed(result_t expected, const char *step)
{
    char words[64];
    snprintf(words, sizeof words, BACKUP_DRILL_STEP ": ", step);
    ck_assert_outcome(backup_home_run("verify --drill"), expected);
    backup_home_said(words);
    ck_assert_int_eq(noted(), 0);
}

START_TEST(a_home_without_a_backup_is_refused)
{
    backup_node_write_state("Running", &keyset);
    check_failed(OUTCOME_STORE_NOT_FOUND, "verify");
}
END_TEST

START_TEST(a_backup_of_another_keyset_is_refused)
{
    give_backup();
    keyset.domains[2].attempt++;
    backup_node_write_state("Running", &keyset);
    check_failed(OUTCOME_BACKUP_MISMATCH, "verify");
}
END_TEST

START_TEST(a_backup_sealed_with_another_key_is_refused)
{
    CLEANUP(secret_free) struct secret other = {0};
    CLEANUP(keyshares_free) struct keyshares shares = {0};
    ck_assert_ok(secret_make(&other, 16));
    sample_keyshares(&keyset, 1, &shares);
    ck_assert_ok_err(backup_store_shares(backup_home, &other, &shares, &backup_home_err), backup_home_err);
    backup_node_write_state("Running", &keyset);
    check_failed(OUTCOME_STORE_CORRUPT, "verify");
}
END_TEST

START_TEST(a_damaged_backup_is_refused_and_the_last_good_drill_stays)
{
    CLEANUP(bytes_free) struct bytes sealed = {0};
    CLEANUP(free_text) char *path = file_path(backup_home, "key");
    give_backup();
    ck_assert_ok_err(backup_home_run("verify --drill"), backup_home_err);
    int64_t last = noted();
    ck_assert_ok_err(file_read(path, 1u << 20, &sealed, &backup_home_err), backup_home_err);
    sealed.data[sealed.len / 2] ^= 1;
    ck_assert_ok_err(file_write(path, sealed.data, sealed.len, &backup_home_err), backup_home_err);
    ck_assert_outcome(backup_home_run("verify --drill"), OUTCOME_STORE_CORRUPT);
    ck_assert_int_eq(noted(), last);
}
END_TEST

START_TEST(a_note_that_cannot_be_written_is_a_failure_of_that_step)
{
    CLEANUP(free_text) char *path = file_path(backup_home, "last_drill.prom");
    give_backup();
    ck_assert_ok_err(file_make_dir(path, &backup_home_err), backup_home_err);
    ck_assert_outcome(backup_home_run("verify --drill"), OUTCOME_STORE_IO);
    backup_home_said("step note");
}
END_TEST

int main(void)
{
    SUITE_WITH_CASE(suite, tcase, "backup/drill");
    tcase_add_checked_fixture(tcase, setup, release);
    tcase_add_test(tcase, a_drill_restores_the_backup_and_notes_the_time);
    tcase_add_test(tcase, verify_alone_is_no_drill);
    tcase_add_test(tcase, a_home_without_a_backup_is_refused);
    tcase_add_test(tcase, a_backup_of_another_keyset_is_refused);
    tcase_add_test(tcase, a_backup_sealed_with_another_key_is_refused);
    tcase_add_test(tcase, a_damaged_backup_is_refused_and_the_last_good_drill_stays);
    tcase_add_test(tcase, a_note_that_cannot_be_written_is_a_failure_of_that_step);
    return run_suite(suite);
}
