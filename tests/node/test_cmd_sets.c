/* Subcommands over sets beside the stored one: attempts, quarantine, and records that do not open. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "common/os/file.h"
#include "common/seal.h"
#include "node/store_internal.h"
#include "tests/support/cmd_home.h"
#include "tests/support/samples.h"
#include "tests/support/support.h"

/* Three domains of epoch 5 again, generated in other attempts. */
static void other_attempt(uint64_t attempt, uint64_t seed, struct keyset *keyset, struct keyshares *shares)
{
    sample_keyset(5, 3, keyset);
    for (size_t i = 0; i < keyset->count; i++)
        keyset->domains[i].attempt = attempt + i;
    sample_keyshares(keyset, seed, shares);
}

START_TEST(list_shows_attempts_and_quarantine_takes_one_out_and_back)
{
    CLEANUP(keyset_free) struct keyset other_keyset = {0};
    CLEANUP(keyshares_free) struct keyshares other = {0};
    char digest[KEYSHARES_DIGEST_TEXT_LEN];
    const char *text;
    other_attempt(40, 2, &other_keyset, &other);
    ck_assert_ok(keyshares_digest(&other, digest));
    cmd_home_write_shares(&cmd.shares);
    ck_assert_outcome(cmd_keyshares_import(&cmd.env, &cmd.err), OUTCOME_KEYSHARES_STORED);
    cmd_home_write_shares(&other);
    ck_assert_outcome(cmd_keyshares_import(&cmd.env, &cmd.err), OUTCOME_KEYSHARES_KEPT);
    ck_assert_text_has(cmd_home_output(), "kept beside those in use");
    ck_assert_ok_err(cmd_keyshares_list(&cmd.env, &cmd.err), cmd.err);
    text = cmd_home_output();
    ck_assert_msg(strstr(text, "stored: epoch 5, ") && strstr(text, ", current\n") &&
                      strstr(text, "attempt: epoch 5, ") && strstr(text, digest),
                  "%s", text);
    ck_assert_outcome(cmd_keyshares_quarantine(&cmd.env, &cmd.err), OUTCOME_USAGE);
    digest[9] = 0;
    cmd.env.digest = digest;
    ck_assert_ok_err(cmd_keyshares_verify(&cmd.env, &cmd.err), cmd.err);
    ck_assert_text_has(cmd_home_output(), digest);
    cmd.env.digest = "no such";
    ck_assert_outcome(cmd_keyshares_verify(&cmd.env, &cmd.err), OUTCOME_STORE_NOT_FOUND);
    cmd.env.digest = digest;
    ck_assert_ok_err(cmd_keyshares_quarantine(&cmd.env, &cmd.err), cmd.err);
    ck_assert_text_has(cmd_home_output(), "taken out of service, and kept");
    ck_assert_outcome(cmd_keyshares_quarantine(&cmd.env, &cmd.err), OUTCOME_STORE_NOT_FOUND);
    ck_assert_outcome(cmd_keyshares_import(&cmd.env, &cmd.err), OUTCOME_KEYSHARES_QUARANTINED);
    cmd.env.json = true;
    ck_assert_ok_err(cmd_keyshares_list(&cmd.env, &cmd.err), cmd.err);
    text = cmd_home_output();
    ck_assert_text_has(text, "\"shelf\":\"quarantine\"");
    ck_assert_text_has(text, "\"current\":true,\"adopted\":false");
    ck_assert_text_has(text, "],\"adopted\":null}");
    cmd_home_check_no_scalar(text);
    cmd.env.restore = true;
    ck_assert_outcome(cmd_keyshares_quarantine(&cmd.env, &cmd.err), OUTCOME_KEYSHARES_KEPT);
    ck_assert_text_has(cmd_home_output(), "{\"outcome\":\"keyshares_kept\",\"epoch_id\":5,");
}
END_TEST

static void export_is(const struct keyshares *expected)
{
    CLEANUP(keyshares_free) struct keyshares back = {0};
    (void)cmd_home_output();
    ck_assert_ok_err(cmd_keyshares_export(&cmd.env, &cmd.err), cmd.err);
    const char *text = cmd_home_output();
    ck_assert_ok_err(keyshares_parse(text, cmd.printed.len, &back, &cmd.err), cmd.err);
    ck_assert(keyshares_equal(&back, expected));
}

static void import_as(const struct keyshares *given, result_t expected)
{
    cmd_home_write_shares(given);
    ck_assert_outcome(cmd_keyshares_import(&cmd.env, &cmd.err), expected);
}

static void take_out(const struct keyshares *given)
{
    char digest[KEYSHARES_DIGEST_TEXT_LEN];
    ck_assert_ok(keyshares_digest(given, digest));
    cmd.env.digest = digest;
    ck_assert_ok_err(cmd_keyshares_quarantine(&cmd.env, &cmd.err), cmd.err);
    cmd.env.digest = NULL;
}

static void give_keyset_file(const struct keyset *given)
{
    static char *path;
    CLEANUP(bytes_free) struct bytes text = {0};
    free(path);
    path = file_path(cmd.home, "keyset.json");
    ck_assert_ok(keyset_write(given, &text));
    ck_assert_ok_err(file_write(path, text.data, text.len, &cmd.err), cmd.err);
    cmd.env.keyset_file = path;
}

/* GET serves an attempt when the contract names it, also where nothing is stored. */
START_TEST(shares_that_lie_only_among_the_attempts_are_exported_verified_and_drilled)
{
    CLEANUP(keyset_free) struct keyset others = {0}, thirds = {0};
    CLEANUP(keyshares_free) struct keyshares other = {0}, third = {0};
    other_attempt(40, 2, &others, &other);
    other_attempt(60, 3, &thirds, &third);
    import_as(&cmd.shares, OUTCOME_KEYSHARES_STORED);
    import_as(&other, OUTCOME_KEYSHARES_KEPT);
    give_keyset_file(&others);
    export_is(&other); /* named by its keyset, while another is stored */
    cmd.env.keyset_file = NULL;
    export_is(&cmd.shares);
    take_out(&cmd.shares);
    export_is(&other); /* the only one */
    ck_assert_ok_err(cmd_keyshares_verify(&cmd.env, &cmd.err), cmd.err);
    give_keyset_file(&others);
    cmd.env.drill = true;
    ck_assert_ok_err(cmd_keyshares_verify(&cmd.env, &cmd.err), cmd.err);
    cmd.env.drill = false;
    cmd.env.keyset_file = NULL;

    import_as(&third, OUTCOME_KEYSHARES_STORED); /* nothing was */
    import_as(&cmd.shares, OUTCOME_KEYSHARES_QUARANTINED);
    take_out(&third);
    cmd.env.epoch = &(uint64_t){5};
    export_is(&other);
}
END_TEST

START_TEST(an_export_that_is_refused_says_where_the_sets_lie)
{
    CLEANUP(keyset_free) struct keyset others = {0}, thirds = {0};
    CLEANUP(keyshares_free) struct keyshares other = {0}, third = {0};
    const char *const shelves[] = {"attempt of epoch 5 (digest ", ", quarantine of epoch 5 (digest ",
                                   "keyshares list", "--keyset FILE"};
    ck_assert_outcome(cmd_keyshares_export(&cmd.env, &cmd.err), OUTCOME_STORE_NOT_FOUND);
    ck_assert_text_has(cmd.err.text, "this home holds no key shares");
    other_attempt(40, 2, &others, &other);
    other_attempt(60, 3, &thirds, &third);
    import_as(&cmd.shares, OUTCOME_KEYSHARES_STORED);
    import_as(&other, OUTCOME_KEYSHARES_KEPT);
    import_as(&third, OUTCOME_KEYSHARES_KEPT);
    take_out(&cmd.shares);
    (void)cmd_home_output();
    ck_assert_outcome(cmd_keyshares_export(&cmd.env, &cmd.err), OUTCOME_STORE_NOT_FOUND);
    for (size_t i = 0; i < ARRAY_LEN(shelves); i++)
        ck_assert_text_has(cmd.err.text, shelves[i]);
    ck_assert_str_eq(cmd_home_output(), "");
    give_keyset_file(&cmd.keyset); /* of those that are out of service */
    ck_assert_outcome(cmd_keyshares_export(&cmd.env, &cmd.err), OUTCOME_KEYSHARES_NOT_HELD);
    give_keyset_file(&thirds);
    export_is(&third);
    cmd.env.epoch = &(uint64_t){6};
    ck_assert_outcome(cmd_keyshares_export(&cmd.env, &cmd.err), OUTCOME_USAGE);
    ck_assert_str_eq(cmd_home_output(), "");
}
END_TEST

static bool spoil_name(const void *name, size_t len, void *context)
{
    snprintf(context, STORE_DB_NAME_MAX, "%.*s", (int)len, (const char *)name);
    return false;
}

static result_t spoil_work(struct store_txn *txn, void *context, struct error *error)
{
    char name[STORE_DB_NAME_MAX] = "";
    const char *shelf = context;
    const struct records_ops *ops = txn->db->records->ops;
    TRY(ops->list(txn->base, record_name(shelf, 0).text, spoil_name, name, error));
    if (strcmp(shelf, STORE_ADOPTED_LATEST) == 0)
        snprintf(name, sizeof(name), "%s", shelf);
    ck_assert_int_eq(strncmp(name, shelf, strlen(shelf)), 0);
    return ops->put(txn->base, name, "a page of another file", 22, error);
}

/* The oldest record of the shelf, as a disk leaves it that returns other bytes than were written. */
static void spoil(const char *shelf)
{
    struct store *store;
    const struct store_options options = {
        .home_dir = cmd.home, .kind = STORE_LMDB, .key = cmd.env.secret_store_key};
    ck_assert_ok_err(store_open(&options, &store, &cmd.err), cmd.err);
    ck_assert_ok_err(store_db_write(&store->db, spoil_work, (void *)(uintptr_t)shelf, &cmd.err), cmd.err);
    store_close(store);
}

static result_t count_work(struct store_txn *txn, void *context, struct error *error)
{
    return record_numbers(txn, STORE_SHELF_ATTEMPTS "_aside", context, error);
}

static size_t count_aside(void)
{
    struct record_numbers numbers;
    struct store *store;
    const struct store_options options = {
        .home_dir = cmd.home, .kind = STORE_LMDB, .key = cmd.env.secret_store_key};
    ck_assert_ok_err(store_open(&options, &store, &cmd.err), cmd.err);
    ck_assert_ok_err(store_db_read(&store->db, count_work, &numbers, &cmd.err), cmd.err);
    store_close(store);
    return numbers.count;
}

static void move_unreadable(const char *said)
{
    (void)cmd_home_output();
    cmd.env.unreadable = true;
    ck_assert_ok_err(cmd_keyshares_quarantine(&cmd.env, &cmd.err), cmd.err);
    ck_assert_str_eq(cmd_home_output(), said);
    cmd.env.unreadable = false;
}

/* One that does not open stands in the way of all others; the refusal names the command that helps. */
START_TEST(a_record_of_key_shares_that_does_not_open_is_taken_out_of_the_way)
{
    CLEANUP(keyset_free) struct keyset others = {0};
    CLEANUP(keyshares_free) struct keyshares other = {0};
    other_attempt(40, 2, &others, &other);
    import_as(&cmd.shares, OUTCOME_KEYSHARES_STORED);
    import_as(&other, OUTCOME_KEYSHARES_KEPT);
    spoil(STORE_SHELF_ATTEMPTS);
    ck_assert_outcome(cmd_keyshares_list(&cmd.env, &cmd.err), OUTCOME_STORE_CORRUPT);
    ck_assert_text_has(cmd.err.text, "attempt/0000000000000001 does not open");
    ck_assert_text_has(cmd.err.text, "keyshares quarantine --unreadable");
    cmd_home_write_shares(&other);
    ck_assert_outcome(cmd_keyshares_import(&cmd.env, &cmd.err), OUTCOME_STORE_CORRUPT);
    move_unreadable("attempt/0000000000000001 could not be opened: taken out of the way, and kept\n");
    ck_assert_ok_err(cmd_keyshares_list(&cmd.env, &cmd.err), cmd.err);
    import_as(&other, OUTCOME_KEYSHARES_KEPT);

    spoil(STORE_SHELF_ATTEMPTS); /* the same number again: the one that was moved first stays as well */
    cmd.env.json = true;
    move_unreadable("{\"unreadable\":[\"attempt/0000000000000001\"]}\n");
    cmd.env.json = false;
    move_unreadable("every record of key shares can be opened; none was moved\n");
    ck_assert_uint_eq(count_aside(), 2);
    export_is(&cmd.shares);
    cmd.env.unreadable = true;
    cmd.env.digest = "3f";
    ck_assert_outcome(cmd_keyshares_quarantine(&cmd.env, &cmd.err), OUTCOME_USAGE);
}
END_TEST

START_TEST(a_stored_set_that_does_not_open_is_not_given_up_and_the_way_on_is_said)
{
    import_as(&cmd.shares, OUTCOME_KEYSHARES_STORED);
    spoil(STORE_SHELF_STORED);
    cmd.env.unreadable = true;
    ck_assert_outcome(cmd_keyshares_quarantine(&cmd.env, &cmd.err), OUTCOME_STORE_CORRUPT);
    ck_assert_text_has(cmd.err.text, "stored/0000000000000005 does not open");
    ck_assert_text_has(cmd.err.text, "deliver the key shares again, to an empty home");
}
END_TEST

/* What a Rust node did not finish waits in the home, and looking at it needs the record. */
START_TEST(the_command_that_helps_a_rust_home_is_not_stopped_by_what_it_is_to_take_away)
{
    CLEANUP(keyset_free) struct keyset others = {0}, next_keyset = {0};
    CLEANUP(keyshares_free) struct keyshares other = {0}, next = {0};
    CLEANUP(secret_free) struct secret text = {0};
    CLEANUP(bytes_free) struct bytes sealed = {0};
    CLEANUP(free_text) char *permanent = file_path(cmd.home, "permanent_keys");
    CLEANUP(free_text) char *unlinked = file_path(permanent, "epoch_6_with_3_domains");
    const uint8_t nonce[SEAL_NONCE_LEN] = {2};
    const struct timespec old[2] = {{.tv_sec = 1700000000}, {.tv_sec = 1700000000}};
    other_attempt(40, 2, &others, &other);
    sample_keyset(6, 3, &next_keyset);
    sample_keyshares(&next_keyset, 3, &next);
    cmd.env.store_kind = STORE_MPC_HOME;
    import_as(&cmd.shares, OUTCOME_KEYSHARES_STORED);
    import_as(&other, OUTCOME_KEYSHARES_KEPT);
    ck_assert_ok(permanent_keyshares_write(&next, &text));
    ck_assert_ok(seal(cmd.env.secret_store_key, nonce, NULL, 0, text.data, text.len, &sealed));
    ck_assert_ok_err(file_write(unlinked, sealed.data, sealed.len, &cmd.err), cmd.err);
    ck_assert_int_eq(utimensat(AT_FDCWD, unlinked, old, 0), 0);
    spoil(STORE_SHELF_ATTEMPTS);
    ck_assert_outcome(cmd_keyshares_import(&cmd.env, &cmd.err), OUTCOME_STORE_CORRUPT);
    ck_assert_text_has(cmd.err.text, "keyshares quarantine --unreadable");
    move_unreadable("attempt/0000000000000001 could not be opened: taken out of the way, and kept\n");
    import_as(&next, OUTCOME_KEYSHARES_UNCHANGED);
    export_is(&next);
}
END_TEST

static void adopt(void)
{
    struct store *store;
    const struct store_options options = {
        .home_dir = cmd.home, .kind = STORE_LMDB, .key = cmd.env.secret_store_key};
    ck_assert_ok_err(store_open(&options, &store, &cmd.err), cmd.err);
    ck_assert_outcome(store_import(store, &cmd.keyset, 100, &cmd.err), OUTCOME_KEYSHARES_UNCHANGED);
    store_close(store);
}

/* The contract says it again, so it may be given up, and is written anew with the next import. */
START_TEST(what_the_contract_adopted_is_written_again_where_its_record_does_not_open)
{
    static const char *const spoilt[] = {STORE_SHELF_ADOPTED, STORE_ADOPTED_LATEST};
    static const char *const moved[] = {
        "adopted/0000000000000005 could not be opened: taken out of the way, and kept\n",
        "adopted-latest could not be opened: taken out of the way, and kept\n"};
    import_as(&cmd.shares, OUTCOME_KEYSHARES_STORED);
    adopt();
    for (size_t i = 0; i < 2; i++) {
        spoil(spoilt[i]);
        ck_assert_outcome(cmd_keyshares_list(&cmd.env, &cmd.err), OUTCOME_STORE_CORRUPT);
        ck_assert_text_has(cmd.err.text, "keyshares quarantine --unreadable");
        move_unreadable(moved[i]);
        move_unreadable("every record of key shares can be opened; none was moved\n");
        adopt();
        ck_assert_ok_err(cmd_keyshares_list(&cmd.env, &cmd.err), cmd.err);
        ck_assert_text_has(cmd_home_output(), "adopted by the contract: epoch 5, seen at block 100");
        export_is(&cmd.shares);
    }
}
END_TEST

/* What was taken out of service is not forgotten, and what is stored can still be carried elsewhere. */
START_TEST(a_record_in_quarantine_that_does_not_open_stops_all_but_an_export)
{
    static const enum store_kind kinds[] = {STORE_LMDB, STORE_MPC_HOME};
    CLEANUP(keyset_free) struct keyset others = {0};
    CLEANUP(keyshares_free) struct keyshares other = {0};
    other_attempt(40, 2, &others, &other);
    cmd.env.store_kind = kinds[_i];
    import_as(&cmd.shares, OUTCOME_KEYSHARES_STORED);
    import_as(&other, OUTCOME_KEYSHARES_KEPT);
    take_out(&other);
    spoil(STORE_SHELF_QUARANTINED);
    ck_assert_outcome(cmd_keyshares_import(&cmd.env, &cmd.err), OUTCOME_STORE_CORRUPT);
    ck_assert_text_has(cmd.err.text, "quarantine/0000000000000001 does not open");
    ck_assert_text_has(cmd.err.text, "`keyshares export` what is stored and `keyshares import` it");
    cmd.env.unreadable = true;
    ck_assert_outcome(cmd_keyshares_quarantine(&cmd.env, &cmd.err), OUTCOME_STORE_CORRUPT);
    ck_assert_text_has(cmd.err.text, "`keyshares export` what is stored and `keyshares import` it");
    (void)cmd_home_output();
    export_is(&cmd.shares);
}
END_TEST

START_TEST(verify_tells_of_any_set_that_does_not_open)
{
    CLEANUP(free_text) char *half = file_path(cmd.home, "permanent_keys/epoch_4_with_2_domains");
    uint64_t five = 5;
    cmd.env.store_kind = STORE_MPC_HOME;
    cmd_home_write_shares(&cmd.shares);
    ck_assert_outcome(cmd_keyshares_import(&cmd.env, &cmd.err), OUTCOME_KEYSHARES_STORED);
    ck_assert_ok_err(cmd_keyshares_verify(&cmd.env, &cmd.err), cmd.err);
    ck_assert_ok_err(file_write(half, "half a file, and no more of it", 30, &cmd.err), cmd.err);
    ck_assert_outcome(cmd_keyshares_verify(&cmd.env, &cmd.err), OUTCOME_STORE_CORRUPT);
    ck_assert_text_has(cmd.err.text, half);
    cmd.env.epoch = &five;
    ck_assert_ok_err(cmd_keyshares_verify(&cmd.env, &cmd.err), cmd.err);
}
END_TEST

int main(void)
{
    SUITE_WITH_CASE(suite, tcase, "node/cmd sets");
    tcase_add_checked_fixture(tcase, cmd_home_open, cmd_home_close);
    tcase_add_test(tcase, list_shows_attempts_and_quarantine_takes_one_out_and_back);
    tcase_add_test(tcase, shares_that_lie_only_among_the_attempts_are_exported_verified_and_drilled);
    tcase_add_test(tcase, an_export_that_is_refused_says_where_the_sets_lie);
    tcase_add_test(tcase, a_record_of_key_shares_that_does_not_open_is_taken_out_of_the_way);
    tcase_add_test(tcase, a_stored_set_that_does_not_open_is_not_given_up_and_the_way_on_is_said);
    tcase_add_test(tcase, the_command_that_helps_a_rust_home_is_not_stopped_by_what_it_is_to_take_away);
    tcase_add_test(tcase, what_the_contract_adopted_is_written_again_where_its_record_does_not_open);
    tcase_add_loop_test(tcase, a_record_in_quarantine_that_does_not_open_stops_all_but_an_export, 0, 2);
    tcase_add_test(tcase, verify_tells_of_any_set_that_does_not_open);
    return run_suite(suite);
}
