#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/json.h"
#include "common/os/file.h"
#include "node/cmd.h"
#include "node/identity.h"
#include "node/store_internal.h"
#include "node/telemetry.h"
#include "tests/support/samples.h"
#include "tests/support/support.h"

static uint8_t key_bytes[16] = {0xcc};
static struct secret key = {.data = key_bytes, .len = sizeof(key_bytes), .cap = sizeof(key_bytes)};
static struct cmd_env env;
static char *home;
static char *file; /* a path for input */
static struct keyset keyset;
static struct keyshares shares;
static struct bytes printed;
static struct error err;

static void setup(void)
{
    home = fresh_dir();
    file = file_path(home, "input");
    env = (struct cmd_env){
        .home_dir = home, .store_kind = STORE_AUTO, .secret_store_key = &key, .operand = file};
    env.out = tmpfile();
    ck_assert_ptr_nonnull(env.out);
    sample_keyset(5, 3, &keyset);
    sample_keyshares(&keyset, 1, &shares);
}

static void teardown(void)
{
    fclose(env.out);
    free_text(&file);
    free_text(&home);
    keyset_free(&keyset);
    keyshares_free(&shares);
    bytes_free(&printed);
}

static void write_input(const void *data, size_t len)
{
    ck_assert_ok_err(file_write(file, data, len, &err), err);
}

static void write_shares(const struct keyshares *set)
{
    CLEANUP(secret_free) struct secret text = {0};
    ck_assert_ok(keyshares_write(set, &text));
    write_input(text.data, text.len);
}

/* What was printed since the last call, as a string. */
static const char *output(void)
{
    return read_printed(env.out, &printed);
}

static int exit_code(result_t result)
{
    return outcome_of(result)->exit_code;
}

static void check_no_scalar(const char *text)
{
    for (size_t i = 0; i < shares.count; i++) {
        char hex[2 * KEYSHARE_SCALAR_LEN + 1] = {0};
        for (size_t j = 0; j < KEYSHARE_SCALAR_LEN; j++)
            snprintf(hex + 2 * j, 3, "%02x", keyshare_scalar(&shares, i)[j]);
        ck_assert_text_lacks(text, hex);
    }
}

START_TEST(show_keys_prints_the_public_keys)
{
    CLEANUP(identity_free) struct identity identity = {0};
    char p2p[ED25519_KEY_TEXT_MAX], signer[ED25519_KEY_TEXT_MAX], line[128];
    bool made;
    ck_assert_outcome(cmd_show_keys(&env, &err), OUTCOME_SECRETS_UNREADABLE);
    ck_assert_ok_err(identity_load_or_make(home, &identity, &made, &err), err);
    ed25519_public_key_format(&identity.p2p.public_key, p2p);
    ed25519_public_key_format(&identity.signer.public_key, signer);
    ck_assert_ok_err(cmd_show_keys(&env, &err), err);
    const char *text = output();
    ck_assert_text_has(text, p2p);
    ck_assert_text_has(text, signer);
    env.json = true;
    ck_assert_ok_err(cmd_show_keys(&env, &err), err);
    snprintf(line, sizeof(line), "{\"p2p_public_key\":\"%s\",", p2p);
    ck_assert_int_eq(strncmp(output(), line, strlen(line)), 0);
}
END_TEST

START_TEST(import_list_verify_and_export_go_round)
{
    CLEANUP(keyshares_free) struct keyshares back = {0};
    char digest[KEYSHARES_DIGEST_TEXT_LEN];
    ck_assert_ok(keyshares_digest(&shares, digest));
    write_shares(&shares);
    ck_assert_outcome(cmd_keyshares_import(&env, &err), OUTCOME_KEYSHARES_STORED);
    const char *text = output();
    ck_assert_msg(strstr(text, digest) && strstr(text, "epoch 5"), "%s", text);
    check_no_scalar(text);

    ck_assert_ok_err(cmd_keyshares_list(&env, &err), err);
    text = output();
    ck_assert_msg(strstr(text, "stored: epoch 5, 3 key shares, digest ") && strstr(text, "secp256k1:") &&
                      strstr(text, "attempt 18446744073709551615"),
                  "%s", text);
    check_no_scalar(text);

    ck_assert_ok_err(cmd_keyshares_verify(&env, &err), err);
    text = output();
    ck_assert_text_has(text, "no keyset was given");
    ck_assert_text_lacks(text, "verified");

    ck_assert_ok_err(cmd_keyshares_export(&env, &err), err);
    text = output();
    ck_assert_ok_err(keyshares_parse(text, printed.len, &back, &err), err);
    ck_assert(keyshares_equal(&back, &shares));
}
END_TEST

START_TEST(importing_the_same_again_is_exit_0_and_others_exit_1)
{
    CLEANUP(keyshares_free) struct keyshares wrong = {0};
    write_shares(&shares);
    ck_assert_int_eq(exit_code(cmd_keyshares_import(&env, &err)), 0);
    result_t again = cmd_keyshares_import(&env, &err);
    ck_assert_outcome(again, OUTCOME_KEYSHARES_UNCHANGED);
    ck_assert_int_eq(exit_code(again), 0);
    sample_keyshares(&keyset, 2, &wrong);
    write_shares(&wrong);
    result_t conflict = cmd_keyshares_import(&env, &err);
    ck_assert_outcome(conflict, OUTCOME_KEYSHARES_CONFLICT);
    ck_assert_int_eq(exit_code(conflict), 1);
}
END_TEST

START_TEST(what_cannot_be_parsed_is_exit_3_and_stores_nothing)
{
    static const char *const bad[] = {"", "[]", "{}", "[1]", "[", "not json"};
    CLEANUP(secret_free) struct secret text = {0};
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        write_input(bad[i], strlen(bad[i]));
        ck_assert_msg(exit_code(cmd_keyshares_import(&env, &err)) == 3, "%s", bad[i]);
    }
    ck_assert_ok(keyshares_write(&shares, &text));
    ck_assert_ok(secret_append_text(&text, " x"));
    write_input(text.data, text.len);
    ck_assert_int_eq(exit_code(cmd_keyshares_import(&env, &err)), 3);
    shares.items[1].id.epoch_id = 6;
    write_shares(&shares);
    ck_assert_int_eq(exit_code(cmd_keyshares_import(&env, &err)), 3);
    ck_assert_ok_err(cmd_keyshares_list(&env, &err), err);
    ck_assert_str_eq(output(), "no key shares\n");
}
END_TEST

START_TEST(a_missing_or_endless_input_is_refused)
{
    env.operand = "/nonexistent/file";
    ck_assert_int_eq(exit_code(cmd_keyshares_import(&env, &err)), 1);
    env.operand = "-";
    env.in = fopen("/dev/zero", "r");
    ck_assert_ptr_nonnull(env.in);
    ck_assert_outcome(cmd_keyshares_import(&env, &err), OUTCOME_JSON_TOO_LARGE);
    fclose(env.in);
}
END_TEST

START_TEST(import_reads_standard_input)
{
    write_shares(&shares);
    env.in = fopen(file, "r");
    env.operand = "-";
    ck_assert_outcome(cmd_keyshares_import(&env, &err), OUTCOME_KEYSHARES_STORED);
    fclose(env.in);
}
END_TEST

static void write_keyset(const struct keyset *set)
{
    CLEANUP(bytes_free) struct bytes text = {0};
    ck_assert_ok(keyset_write(set, &text));
    write_input(text.data, text.len);
    env.keyset_file = file;
}

START_TEST(verify_compares_with_a_keyset)
{
    write_shares(&shares);
    ck_assert_outcome(cmd_keyshares_verify(&env, &err), OUTCOME_STORE_NOT_FOUND);
    ck_assert_outcome(cmd_keyshares_import(&env, &err), OUTCOME_KEYSHARES_STORED);
    output();
    write_keyset(&keyset);
    ck_assert_ok_err(cmd_keyshares_verify(&env, &err), err);
    ck_assert_text_has(output(), "are the keyset's");
    keyset.domains[1].attempt = 8;
    write_keyset(&keyset);
    ck_assert_outcome(cmd_keyshares_verify(&env, &err), OUTCOME_KEYSHARES_MISMATCH);
    ck_assert_text_has(err.text, "domain 1");
    write_input("{\"epoch_id\":1.0}", 16);
    ck_assert_int_eq(exit_code(cmd_keyshares_verify(&env, &err)), 3);
    ck_assert_text_has(err.text, file);
    env.keyset_file = "/nonexistent/keyset";
    ck_assert_int_eq(exit_code(cmd_keyshares_verify(&env, &err)), 1);
}
END_TEST

START_TEST(an_epoch_can_be_chosen)
{
    CLEANUP(keyset_free) struct keyset next = {0};
    CLEANUP(keyshares_free) struct keyshares newer = {0}, back = {0};
    uint64_t five = 5, seven = 7;
    const char *text;
    sample_keyset(6, 3, &next);
    sample_keyshares(&next, 2, &newer);
    write_shares(&shares);
    ck_assert_outcome(cmd_keyshares_import(&env, &err), OUTCOME_KEYSHARES_STORED);
    write_shares(&newer);
    ck_assert_outcome(cmd_keyshares_import(&env, &err), OUTCOME_KEYSHARES_STORED);
    output();
    ck_assert_ok_err(cmd_keyshares_export(&env, &err), err);
    text = output();
    ck_assert_ok_err(keyshares_parse(text, printed.len, &back, &err), err);
    ck_assert(keyshares_equal(&back, &newer));
    keyshares_free(&back);
    env.epoch = &five;
    ck_assert_ok_err(cmd_keyshares_export(&env, &err), err);
    text = output();
    ck_assert_ok_err(keyshares_parse(text, printed.len, &back, &err), err);
    ck_assert(keyshares_equal(&back, &shares));
    env.epoch = &seven;
    ck_assert_int_eq(exit_code(cmd_keyshares_export(&env, &err)), 1);
    ck_assert_str_eq(output(), "");
}
END_TEST

START_TEST(export_refuses_a_terminal)
{
    int terminal = posix_openpt(O_RDWR | O_NOCTTY);
    if (terminal < 0 || grantpt(terminal) || unlockpt(terminal))
        return; /* no pseudo terminals here */
    FILE *saved = env.out;
    env.out = fopen(ptsname(terminal), "w");
    ck_assert_ptr_nonnull(env.out);
    ck_assert_outcome(cmd_keyshares_export(&env, &err), OUTCOME_USAGE);
    ck_assert_text_has(err.text, "terminal");
    fclose(env.out);
    env.out = saved;
    close(terminal);
}
END_TEST

START_TEST(list_is_json_on_request)
{
    struct json_object *value = NULL, *sets, *set;
    env.json = true;
    write_shares(&shares);
    ck_assert_outcome(cmd_keyshares_import(&env, &err), OUTCOME_KEYSHARES_STORED);
    ck_assert_text_has(output(), "{\"outcome\":\"keyshares_stored\",\"epoch_id\":5,\"keyshares\":3,");
    ck_assert_ok_err(cmd_keyshares_list(&env, &err), err);
    const char *text = output();
    check_no_scalar(text);
    ck_assert_ok_err(json_parse(text, printed.len, &json_limits_small, &value, &err), err);
    sets = json_object_object_get(value, "sets");
    ck_assert_uint_eq(json_object_array_length(sets), 1);
    set = json_object_array_get_idx(sets, 0);
    ck_assert_str_eq(json_object_get_string(json_object_object_get(set, "shelf")), "stored");
    ck_assert_uint_eq(json_object_array_length(json_object_object_get(set, "keyshares")), 3);
    json_object_put(value);
}
END_TEST

START_TEST(list_shows_attempts_and_quarantine_takes_one_out_and_back)
{
    CLEANUP(keyset_free) struct keyset other_keyset = {0};
    CLEANUP(keyshares_free) struct keyshares other = {0};
    char digest[KEYSHARES_DIGEST_TEXT_LEN];
    const char *text;
    sample_keyset(5, 3, &other_keyset);
    for (size_t i = 0; i < other_keyset.count; i++)
        other_keyset.domains[i].attempt = 40 + i;
    sample_keyshares(&other_keyset, 2, &other);
    ck_assert_ok(keyshares_digest(&other, digest));
    write_shares(&shares);
    ck_assert_outcome(cmd_keyshares_import(&env, &err), OUTCOME_KEYSHARES_STORED);
    write_shares(&other);
    ck_assert_outcome(cmd_keyshares_import(&env, &err), OUTCOME_KEYSHARES_KEPT);
    ck_assert_text_has(output(), "kept beside those in use");
    ck_assert_ok_err(cmd_keyshares_list(&env, &err), err);
    text = output();
    ck_assert_msg(strstr(text, "stored: epoch 5, ") && strstr(text, ", current\n") &&
                      strstr(text, "attempt: epoch 5, ") && strstr(text, digest),
                  "%s", text);
    ck_assert_outcome(cmd_keyshares_quarantine(&env, &err), OUTCOME_USAGE);
    digest[9] = 0;
    env.digest = digest;
    ck_assert_ok_err(cmd_keyshares_verify(&env, &err), err);
    ck_assert_text_has(output(), digest);
    env.digest = "no such";
    ck_assert_outcome(cmd_keyshares_verify(&env, &err), OUTCOME_STORE_NOT_FOUND);
    env.digest = digest;
    ck_assert_ok_err(cmd_keyshares_quarantine(&env, &err), err);
    ck_assert_text_has(output(), "taken out of service, and kept");
    ck_assert_outcome(cmd_keyshares_quarantine(&env, &err), OUTCOME_STORE_NOT_FOUND);
    ck_assert_outcome(cmd_keyshares_import(&env, &err), OUTCOME_KEYSHARES_QUARANTINED);
    env.json = true;
    ck_assert_ok_err(cmd_keyshares_list(&env, &err), err);
    text = output();
    ck_assert_text_has(text, "\"shelf\":\"quarantine\"");
    ck_assert_text_has(text, "\"current\":true,\"adopted\":false");
    ck_assert_text_has(text, "],\"adopted\":null}");
    check_no_scalar(text);
    env.restore = true;
    ck_assert_outcome(cmd_keyshares_quarantine(&env, &err), OUTCOME_KEYSHARES_KEPT);
    ck_assert_text_has(output(), "{\"outcome\":\"keyshares_kept\",\"epoch_id\":5,");
}
END_TEST

static void export_is(const struct keyshares *expected)
{
    CLEANUP(keyshares_free) struct keyshares back = {0};
    (void)output();
    ck_assert_ok_err(cmd_keyshares_export(&env, &err), err);
    const char *text = output();
    ck_assert_ok_err(keyshares_parse(text, printed.len, &back, &err), err);
    ck_assert(keyshares_equal(&back, expected));
}

static void import_as(const struct keyshares *given, result_t expected)
{
    write_shares(given);
    ck_assert_outcome(cmd_keyshares_import(&env, &err), expected);
}

static void take_out(const struct keyshares *given)
{
    char digest[KEYSHARES_DIGEST_TEXT_LEN];
    ck_assert_ok(keyshares_digest(given, digest));
    env.digest = digest;
    ck_assert_ok_err(cmd_keyshares_quarantine(&env, &err), err);
    env.digest = NULL;
}

static void give_keyset_file(const struct keyset *given)
{
    static char *path;
    CLEANUP(bytes_free) struct bytes text = {0};
    free(path);
    path = file_path(home, "keyset.json");
    ck_assert_ok(keyset_write(given, &text));
    ck_assert_ok_err(file_write(path, text.data, text.len, &err), err);
    env.keyset_file = path;
}

/* GET serves an attempt when the contract names it, also where nothing is stored. */
START_TEST(shares_that_lie_only_among_the_attempts_are_exported_verified_and_drilled)
{
    CLEANUP(keyset_free) struct keyset others = {0}, thirds = {0};
    CLEANUP(keyshares_free) struct keyshares other = {0}, third = {0};
    sample_keyset(5, 3, &others);
    sample_keyset(5, 3, &thirds);
    for (size_t i = 0; i < others.count; i++) {
        others.domains[i].attempt = 40 + i;
        thirds.domains[i].attempt = 60 + i;
    }
    sample_keyshares(&others, 2, &other);
    sample_keyshares(&thirds, 3, &third);
    import_as(&shares, OUTCOME_KEYSHARES_STORED);
    import_as(&other, OUTCOME_KEYSHARES_KEPT);
    give_keyset_file(&others);
    export_is(&other); /* named by its keyset, while another is stored */
    env.keyset_file = NULL;
    export_is(&shares);
    take_out(&shares);
    export_is(&other); /* the only one */
    ck_assert_ok_err(cmd_keyshares_verify(&env, &err), err);
    give_keyset_file(&others);
    env.drill = true;
    ck_assert_ok_err(cmd_keyshares_verify(&env, &err), err);
    env.drill = false;
    env.keyset_file = NULL;

    import_as(&third, OUTCOME_KEYSHARES_STORED); /* nothing was */
    import_as(&shares, OUTCOME_KEYSHARES_QUARANTINED);
    take_out(&third);
    env.epoch = &(uint64_t){5};
    export_is(&other);
}
END_TEST

START_TEST(an_export_that_is_refused_says_where_the_sets_lie)
{
    CLEANUP(keyset_free) struct keyset others = {0}, thirds = {0};
    CLEANUP(keyshares_free) struct keyshares other = {0}, third = {0};
    const char *const shelves[] = {"attempt of epoch 5 (digest ", ", quarantine of epoch 5 (digest ",
                                   "keyshares list", "--keyset FILE"};
    ck_assert_outcome(cmd_keyshares_export(&env, &err), OUTCOME_STORE_NOT_FOUND);
    ck_assert_text_has(err.text, "this home holds no key shares");
    sample_keyset(5, 3, &others);
    sample_keyset(5, 3, &thirds);
    for (size_t i = 0; i < others.count; i++) {
        others.domains[i].attempt = 40 + i;
        thirds.domains[i].attempt = 60 + i;
    }
    sample_keyshares(&others, 2, &other);
    sample_keyshares(&thirds, 3, &third);
    import_as(&shares, OUTCOME_KEYSHARES_STORED);
    import_as(&other, OUTCOME_KEYSHARES_KEPT);
    import_as(&third, OUTCOME_KEYSHARES_KEPT);
    take_out(&shares);
    (void)output();
    ck_assert_outcome(cmd_keyshares_export(&env, &err), OUTCOME_STORE_NOT_FOUND);
    for (size_t i = 0; i < ARRAY_LEN(shelves); i++)
        ck_assert_text_has(err.text, shelves[i]);
    ck_assert_str_eq(output(), "");
    give_keyset_file(&keyset); /* of those that are out of service */
    ck_assert_outcome(cmd_keyshares_export(&env, &err), OUTCOME_KEYSHARES_NOT_HELD);
    give_keyset_file(&thirds);
    export_is(&third);
    env.epoch = &(uint64_t){6};
    ck_assert_outcome(cmd_keyshares_export(&env, &err), OUTCOME_USAGE);
    ck_assert_str_eq(output(), "");
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
    ck_assert_int_eq(strncmp(name, shelf, strlen(shelf)), 0);
    return ops->put(txn->base, name, "a page of another file", 22, error);
}

/* The oldest record of the shelf, as a disk leaves it that returns other bytes than were written. */
static void spoil(const char *shelf)
{
    struct store *store;
    const struct store_options options = {.home_dir = home, .kind = STORE_LMDB, .key = env.secret_store_key};
    ck_assert_ok_err(store_open(&options, &store, &err), err);
    ck_assert_ok_err(store_db_write(&store->db, spoil_work, (void *)(uintptr_t)shelf, &err), err);
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
    const struct store_options options = {.home_dir = home, .kind = STORE_LMDB, .key = env.secret_store_key};
    ck_assert_ok_err(store_open(&options, &store, &err), err);
    ck_assert_ok_err(store_db_read(&store->db, count_work, &numbers, &err), err);
    store_close(store);
    return numbers.count;
}

static void move_unreadable(const char *said)
{
    (void)output();
    env.unreadable = true;
    ck_assert_ok_err(cmd_keyshares_quarantine(&env, &err), err);
    ck_assert_str_eq(output(), said);
    env.unreadable = false;
}

/* One that does not open stands in the way of all others; the refusal names the command that helps. */
START_TEST(a_record_of_key_shares_that_does_not_open_is_taken_out_of_the_way)
{
    CLEANUP(keyset_free) struct keyset others = {0};
    CLEANUP(keyshares_free) struct keyshares other = {0};
    sample_keyset(5, 3, &others);
    for (size_t i = 0; i < others.count; i++)
        others.domains[i].attempt = 40 + i;
    sample_keyshares(&others, 2, &other);
    import_as(&shares, OUTCOME_KEYSHARES_STORED);
    import_as(&other, OUTCOME_KEYSHARES_KEPT);
    spoil(STORE_SHELF_ATTEMPTS);
    ck_assert_outcome(cmd_keyshares_list(&env, &err), OUTCOME_STORE_CORRUPT);
    ck_assert_text_has(err.text, "attempt/0000000000000001 does not open");
    ck_assert_text_has(err.text, "keyshares quarantine --unreadable");
    write_shares(&other);
    ck_assert_outcome(cmd_keyshares_import(&env, &err), OUTCOME_STORE_CORRUPT);
    move_unreadable("attempt/0000000000000001 could not be opened: taken out of the way, and kept\n");
    ck_assert_ok_err(cmd_keyshares_list(&env, &err), err);
    import_as(&other, OUTCOME_KEYSHARES_KEPT);

    spoil(STORE_SHELF_ATTEMPTS); /* the same number again: the one that was moved first stays as well */
    env.json = true;
    move_unreadable("{\"unreadable\":[\"attempt/0000000000000001\"]}\n");
    env.json = false;
    move_unreadable("every record of key shares can be opened; none was moved\n");
    ck_assert_uint_eq(count_aside(), 2);
    export_is(&shares);
    env.unreadable = true;
    env.digest = "3f";
    ck_assert_outcome(cmd_keyshares_quarantine(&env, &err), OUTCOME_USAGE);
}
END_TEST

START_TEST(a_stored_set_that_does_not_open_is_not_given_up_and_the_way_on_is_said)
{
    import_as(&shares, OUTCOME_KEYSHARES_STORED);
    spoil(STORE_SHELF_STORED);
    env.unreadable = true;
    ck_assert_outcome(cmd_keyshares_quarantine(&env, &err), OUTCOME_STORE_CORRUPT);
    ck_assert_text_has(err.text, "stored/0000000000000005 does not open");
    ck_assert_text_has(err.text, "deliver the key shares again, to an empty home");
}
END_TEST

START_TEST(verify_tells_of_any_set_that_does_not_open)
{
    CLEANUP(free_text) char *half = file_path(home, "permanent_keys/epoch_4_with_2_domains");
    uint64_t five = 5;
    env.store_kind = STORE_MPC_HOME;
    write_shares(&shares);
    ck_assert_outcome(cmd_keyshares_import(&env, &err), OUTCOME_KEYSHARES_STORED);
    ck_assert_ok_err(cmd_keyshares_verify(&env, &err), err);
    ck_assert_ok_err(file_write(half, "half a file, and no more of it", 30, &err), err);
    ck_assert_outcome(cmd_keyshares_verify(&env, &err), OUTCOME_STORE_CORRUPT);
    ck_assert_text_has(err.text, half);
    env.epoch = &five;
    ck_assert_ok_err(cmd_keyshares_verify(&env, &err), err);
}
END_TEST

START_TEST(reading_subcommands_make_nothing_in_a_home)
{
    CLEANUP(free_text) char *path = file_path(home, "migration-store");
    ck_assert_ok_err(cmd_keyshares_list(&env, &err), err);
    ck_assert_outcome(cmd_keyshares_export(&env, &err), OUTCOME_STORE_NOT_FOUND);
    ck_assert(!file_exists(path));
}
END_TEST

static void no_metrics(void *context)
{
    (void)context;
}

static void no_facts(void *context, struct telemetry_facts *out)
{
    (void)context;
    out->next = "register a backup service";
    out->store = (struct error){OUTCOME_STORE_IO, "the store: \x1b[31mred"};
    out->onboarding_stage = "start";
}

static result_t no_migrations(void *context, uint64_t *height, struct bytes *out)
{
    (void)context;
    *height = 0;
    return bytes_append_text(out, "{}");
}

START_TEST(status_asks_the_running_daemon)
{
    const struct telemetry_source source = {NULL, no_metrics, no_facts, no_migrations};
    const struct telemetry_identity identity = {.responder_count = 0};
    struct telemetry *telemetry = NULL;
    struct address address;
    env.telemetry = &address;
    ck_assert_ok(address_parse("127.0.0.1:0", &address, &err));
    ck_assert_ok_err(telemetry_start(&address, &identity, &source, &telemetry, &err), err);
    telemetry_address(telemetry, &address);
    ck_assert_ok_err(cmd_status(&env, &err), err);
    const char *text = output();
    ck_assert_msg(strstr(text, "register a backup service") && strstr(text, "migration stage"), "%s", text);
    ck_assert_text_has(text, "migration store_error_code     store_io\n");
    ck_assert_text_has(text, "migration store_error          the store: ?[31mred\n");
    env.json = true;
    ck_assert_ok_err(cmd_status(&env, &err), err);
    ck_assert_int_eq(strncmp(output(), "{\"ready\":false,\"ready_code\":\"view_unknown\"", 41), 0);
    telemetry_stop(telemetry);
    ck_assert_outcome(cmd_status(&env, &err), OUTCOME_SERVER_UNREACHABLE);
    ck_assert_text_has(err.text, "is the daemon running?");
}
END_TEST

START_TEST(status_without_a_port_to_ask_says_why)
{
    struct address off = {0}, outside;
    env.telemetry = &off;
    ck_assert_outcome(cmd_status(&env, &err), OUTCOME_CONFIG_INVALID);
    ck_assert_ok(address_parse("0.0.0.0:9079", &outside, &err));
    env.telemetry = &outside;
    ck_assert_outcome(cmd_status(&env, &err), OUTCOME_CONFIG_INVALID);
    ck_assert_text_has(err.text, "loopback");
}
END_TEST

int main(void)
{
    SUITE_WITH_CASE(suite, tcase, "node/cmd");
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, show_keys_prints_the_public_keys);
    tcase_add_test(tcase, import_list_verify_and_export_go_round);
    tcase_add_test(tcase, importing_the_same_again_is_exit_0_and_others_exit_1);
    tcase_add_test(tcase, what_cannot_be_parsed_is_exit_3_and_stores_nothing);
    tcase_add_test(tcase, a_missing_or_endless_input_is_refused);
    tcase_add_test(tcase, import_reads_standard_input);
    tcase_add_test(tcase, verify_compares_with_a_keyset);
    tcase_add_test(tcase, an_epoch_can_be_chosen);
    tcase_add_test(tcase, export_refuses_a_terminal);
    tcase_add_test(tcase, list_is_json_on_request);
    tcase_add_test(tcase, list_shows_attempts_and_quarantine_takes_one_out_and_back);
    tcase_add_test(tcase, shares_that_lie_only_among_the_attempts_are_exported_verified_and_drilled);
    tcase_add_test(tcase, an_export_that_is_refused_says_where_the_sets_lie);
    tcase_add_test(tcase, a_record_of_key_shares_that_does_not_open_is_taken_out_of_the_way);
    tcase_add_test(tcase, a_stored_set_that_does_not_open_is_not_given_up_and_the_way_on_is_said);
    tcase_add_test(tcase, verify_tells_of_any_set_that_does_not_open);
    tcase_add_test(tcase, reading_subcommands_make_nothing_in_a_home);
    tcase_add_test(tcase, status_asks_the_running_daemon);
    tcase_add_test(tcase, status_without_a_port_to_ask_says_why);
    return run_suite(suite);
}
