/* `keyshares verify --drill`, over both kinds of the stored set. */
#include "node/drill.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/os/clock.h"
#include "common/os/file.h"
#include "node/cmd.h"
#include "node/store_internal.h"
#include "tests/support/samples.h"
#include "tests/support/stage.h"
#include "tests/support/support.h"

static const enum store_kind kinds[] = {STORE_LMDB, STORE_MPC_HOME};

static uint8_t key_bytes[16];
static struct secret key = {.data = key_bytes, .len = sizeof key_bytes, .cap = sizeof key_bytes};
static struct cmd_env env;
static char *home;
static char *keyset_file;
static struct keyset keyset;
static struct keyshares shares;
static struct error err;

static void setup(void)
{
    home = fresh_dir();
    keyset_file = file_path(home, "keyset.json");
    memset(key_bytes, 0xdd, sizeof key_bytes);
    env = (struct cmd_env){
        .home_dir = home, .secret_store_key = &key, .drill = true, .out = fopen("/dev/null", "w")};
    sample_keyset(5, 3, &keyset);
    sample_keyshares(&keyset, 1, &shares);
}

static void teardown(void)
{
    fclose(env.out);
    free_text(&home);
    free_text(&keyset_file);
    keyset_free(&keyset);
    keyshares_free(&shares);
}

/* --- a home --- */

static void give_keyset(const struct keyset *given)
{
    CLEANUP(bytes_free) struct bytes text = {0};
    ck_assert_ok(keyset_write(given, &text));
    ck_assert_ok_err(file_write(keyset_file, text.data, text.len, &err), err);
    env.keyset_file = keyset_file;
}

static void open_home(enum store_kind kind, struct store **store)
{
    const struct store_options options = {.home_dir = home, .kind = kind, .key = &key};
    env.store_kind = kind;
    ck_assert_ok_err(store_open(&options, store, &err), err);
}

/* As the operator's import does it: no contract was looked at. */
static void store_shares(enum store_kind kind)
{
    struct store *store;
    open_home(kind, &store);
    ck_assert_outcome(store_put(store, &shares, &err), OUTCOME_KEYSHARES_STORED);
    store_close(store);
}

/* As onboarding does it. */
static void restore_shares(enum store_kind kind)
{
    struct store *store;
    open_home(kind, &store);
    ck_assert_outcome(stage_shares(store, &keyset, &shares, &err), OUTCOME_KEYSHARES_STAGED);
    ck_assert_outcome(store_import(store, &keyset, 100, &err), OUTCOME_KEYSHARES_STORED);
    store_close(store);
}

static result_t drill(void)
{
    err = (struct error){0};
    return cmd_keyshares_verify(&env, &err);
}

static void check_failed(result_t expected, const char *step)
{
    char words[64];
    int64_t last;
    snprintf(words, sizeof words, DRILL_STEP ": ", step);
    ck_assert_outcome(drill(), expected);
    ck_assert_text_has(err.text, words);
    ck_assert_outcome(drill_last(home, &last, NULL), OUTCOME_STORE_NOT_FOUND);
}

/* The file whose bytes are the stored set. */
static char *stored_file(enum store_kind kind)
{
    return file_path(home, kind == STORE_LMDB ? STORE_DIR_NAME "/data.mdb"
                                              : "permanent_keys/epoch_5_with_3_domains");
}

static size_t scratch_dirs(void)
{
    CLEANUP(free_text) char *path = file_path(home, STORE_DIR_NAME);
    DIR *dir = opendir(path);
    const struct dirent *entry;
    size_t count = 0;
    ck_assert_ptr_nonnull(dir);
    while ((entry = readdir(dir)) != NULL)
        count += strncmp(entry->d_name, "drill-", 6) == 0;
    closedir(dir);
    return count;
}

/* --- drills that go well --- */

START_TEST(a_drill_restores_reads_back_and_touches_nothing_live)
{
    CLEANUP(bytes_free) struct bytes before = {0}, after = {0};
    CLEANUP(free_text) char *stored = stored_file(kinds[_i]);
    int64_t last, now_s = clock_wall_ms() / 1000;
    store_shares(kinds[_i]);
    give_keyset(&keyset);
    ck_assert_ok_err(file_read(stored, 1u << 24, &before, &err), err);
    ck_assert_ok_err(drill(), err);
    ck_assert_ok_err(file_read(stored, 1u << 24, &after, &err), err);
    ck_assert_uint_eq(before.len, after.len);
    ck_assert_mem_eq(before.data, after.data, before.len);
    ck_assert_uint_eq(scratch_dirs(), 0);
    ck_assert_ok_err(drill_last(home, &last, &err), err);
    ck_assert_int_ge(last, now_s);
}
END_TEST

START_TEST(without_a_file_the_keyset_is_the_one_the_contract_was_seen_with)
{
    restore_shares(kinds[_i]);
    ck_assert_ok_err(drill(), err);
    env.json = true;
    ck_assert_ok_err(drill(), err);
}
END_TEST

START_TEST(an_older_epoch_is_drilled_by_its_keyset_and_not_as_another_epoch)
{
    store_shares(kinds[_i]);
    CLEANUP(keyset_free) struct keyset later = {0};
    sample_keyset(6, 3, &later);
    keyshares_free(&shares);
    sample_keyshares(&later, 2, &shares);
    store_shares(kinds[_i]);
    uint64_t epoch = 6;
    give_keyset(&keyset);
    ck_assert_ok_err(drill(), err);
    env.epoch = &epoch;
    ck_assert_outcome(drill(), OUTCOME_KEYSHARES_MISMATCH);
    epoch = 5;
    ck_assert_ok_err(drill(), err);
}
END_TEST

START_TEST(a_set_that_holds_more_than_the_keyset_is_restored_as_it_would_be_served)
{
    CLEANUP(keyset_free) struct keyset more = {0};
    sample_keyset(5, 4, &more);
    keyshares_free(&shares);
    sample_keyshares(&more, 1, &shares);
    store_shares(kinds[_i]);
    give_keyset(&keyset);
    ck_assert_ok_err(drill(), err);
}
END_TEST

/* --- and that do not --- */

START_TEST(nothing_stored_is_said_at_the_step_that_reads)
{
    struct store *store;
    open_home(kinds[_i], &store);
    store_close(store);
    check_failed(OUTCOME_STORE_NOT_FOUND, "read");
}
END_TEST

START_TEST(without_any_keyset_there_is_nothing_to_check_against)
{
    store_shares(kinds[_i]);
    check_failed(OUTCOME_STORE_NOT_FOUND, "keyset");
    ck_assert_text_has(err.text, "--keyset");
    env.keyset_file = "/nonexistent/keyset";
    check_failed(OUTCOME_STORE_NOT_FOUND, "keyset");
}
END_TEST

START_TEST(another_secret_store_key_opens_nothing)
{
    store_shares(kinds[_i]);
    give_keyset(&keyset);
    key_bytes[0] ^= 1;
    check_failed(OUTCOME_STORE_CORRUPT, "open");
}
END_TEST

START_TEST(shares_of_another_keyset_are_told_apart)
{
    store_shares(kinds[_i]);
    keyset.domains[1].attempt++;
    give_keyset(&keyset);
    check_failed(OUTCOME_KEYSHARES_MISMATCH, "match");
    ck_assert_uint_eq(scratch_dirs(), 0);
}
END_TEST

/* Change a byte in the middle of the sealed shares of the home: in the file, or in the record's page. */
static void damage_shares(enum store_kind kind)
{
    CLEANUP(free_text) char *path = stored_file(kind);
    CLEANUP(bytes_free) struct bytes bytes = {0};
    ck_assert_ok_err(file_read(path, 1u << 24, &bytes, &err), err);
    const uint8_t *name = kind == STORE_LMDB ? memmem(bytes.data, bytes.len, "stored/", 7) : bytes.data;
    ck_assert_ptr_nonnull(name);
    size_t at = (size_t)(name - bytes.data) + 100;
    CLEANUP(close_fd) int fd = open(path, O_WRONLY);
    ck_assert_int_eq(pwrite(fd, &(uint8_t){(uint8_t)(bytes.data[at] ^ 1)}, 1, (off_t)at), 1);
}

START_TEST(a_share_that_was_damaged_on_the_disk_is_found)
{
    store_shares(kinds[_i]);
    give_keyset(&keyset);
    damage_shares(kinds[_i]);
    check_failed(OUTCOME_STORE_CORRUPT, "open");
}
END_TEST

START_TEST(a_drill_that_fails_leaves_the_time_of_the_last_good_one)
{
    int64_t last;
    restore_shares(kinds[_i]);
    ck_assert_ok_err(drill_note(home, 1700000000, &err), err);
    damage_shares(kinds[_i]);
    ck_assert_outcome(drill(), OUTCOME_STORE_CORRUPT);
    ck_assert_ok_err(drill_last(home, &last, &err), err);
    ck_assert_int_eq(last, 1700000000);
}
END_TEST

START_TEST(a_file_that_holds_no_time_is_said_to_be_none)
{
    static const char *const texts[] = {"",   "\n",    "soon\n",
                                        "12", "12x\n", "99999999999999999999999999999999999\n"};
    CLEANUP(free_text) char *dir = file_path(home, STORE_DIR_NAME);
    CLEANUP(free_text) char *path = file_path(dir, "last-drill");
    int64_t last;
    ck_assert_ok_err(file_make_dir(dir, &err), err);
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        ck_assert_ok_err(file_write(path, texts[i], strlen(texts[i]), &err), err);
        ck_assert_int_ne(drill_last(home, &last, &err), OUTCOME_OK);
    }
}
END_TEST

#define EACH_KIND(test) tcase_add_loop_test(tcase, test, 0, (int)ARRAY_LEN(kinds))

int main(void)
{
    SUITE_WITH_CASE(suite, tcase, "node/drill");
    tcase_add_checked_fixture(tcase, setup, teardown);
    EACH_KIND(a_drill_restores_reads_back_and_touches_nothing_live);
    EACH_KIND(without_a_file_the_keyset_is_the_one_the_contract_was_seen_with);
    EACH_KIND(an_older_epoch_is_drilled_by_its_keyset_and_not_as_another_epoch);
    EACH_KIND(a_set_that_holds_more_than_the_keyset_is_restored_as_it_would_be_served);
    EACH_KIND(nothing_stored_is_said_at_the_step_that_reads);
    EACH_KIND(without_any_keyset_there_is_nothing_to_check_against);
    EACH_KIND(another_secret_store_key_opens_nothing);
    EACH_KIND(shares_of_another_keyset_are_told_apart);
    EACH_KIND(a_share_that_was_damaged_on_the_disk_is_found);
    EACH_KIND(a_drill_that_fails_leaves_the_time_of_the_last_good_one);
    tcase_add_test(tcase, a_file_that_holds_no_time_is_said_to_be_none);
    return run_suite(suite);
}
