#include "tests/support/support.h"

#include <string.h>

#include "common/contract_view.h"

#define KEY_A "ed25519:1thX6LZfHDZZKUs92febYZhYRcXddmzfzF2NvTkPNE" /* 0, 1, .. 31 */
#define KEY_B "ed25519:11111111111111111111111111111111"
#define KEYSET_DOMAINS                                                                                       \
    "[{\"domain_id\":0,\"key\":{\"Secp256k1\":{\"near_public_key\":\"secp256k1:3SB8tA9Kbn7FBtT6GWR6AJk73Qce" \
    "udisHaGThPoLCDgC9tan7d3cwZFiDZtrmhSAf8aTynEdQ3N7KXhMm3nWhekP\"}},\"attempt\":18446744073709551615}]"
#define NODE(url, name, key) "{\"url\":\"" url "\",\"" name "\":\"" key "\"}"
#define PARAMETERS(list)                                                                                     \
    "\"parameters\":{\"participants\":{\"next_id\":9,\"participants\":" list "},\"threshold\":2}"
#define ALICE "[\"alice.near\",0," NODE("https://alice", "tls_public_key", KEY_A) "]"
#define BOB   "[\"bob.near\",4294967295," NODE("http://bob:80", "sign_pk", KEY_B) "]"
#define RUNNING_BODY                                                                                         \
    "{\"domains\":{\"domains\":[{\"id\":0,\"curve\":\"Secp256k1\"}],\"next_domain_id\":1},\"keyset\":{"      \
    "\"epoch_id\":5,\"domains\":" KEYSET_DOMAINS "}," PARAMETERS("[" ALICE "," BOB "]") "}"
#define RUNNING "{\"Running\":" RUNNING_BODY "}"
#define RESHARING                                                                                            \
    "{\"Resharing\":{\"previous_running_state\":" RUNNING_BODY ",\"reshared_keys\":[],\"resharing_key\":{"   \
    "\"epoch_id\":6,\"domain\":{}," PARAMETERS("[" ALICE "]") ",\"instance\":null,\"next_attempt_id\":0}}}"
#define INITIALIZING                                                                                         \
    "{\"Initializing\":{\"domains\":{},\"epoch_id\":7,\"generated_keys\":" KEYSET_DOMAINS                    \
    ",\"generating_key\":{"                                                                                  \
    "\"epoch_id\":7," PARAMETERS("[" BOB "]") "},\"cancel_votes\":[]}}"

static struct protocol_view view;
static struct migration_view migrations;
static struct error err;

static void release(void)
{
    protocol_view_free(&view);
    migration_view_free(&migrations);
}

static result_t parse_state(const char *text)
{
    return protocol_view_parse(text, strlen(text), &view, &err);
}

static result_t parse_migrations(const char *text)
{
    return migration_view_parse(text, strlen(text), NULL, &migrations, &err);
}

static const struct participant *participant(const char *name)
{
    struct account_id account;
    ck_assert(account_id_set(&account, name, strlen(name)));
    return protocol_view_participant(&view, &account);
}

/* The text with one character of each of its names written as an escape: no serde does that, and it takes the long
 * way through a tree. */
static void check_long_way(const char *text, const char *name)
{
    CLEANUP(bytes_free) struct bytes other = {0};
    CLEANUP(protocol_view_free) struct protocol_view again = {0};
    const char *at = strstr(text, name);
    ck_assert_ptr_nonnull(at);
    ck_assert_ok(bytes_append(&other, text, (size_t)(at - text)));
    ck_assert_ok(bytes_append_format(&other, "\\u00%02x%s", (unsigned char)*at, at + 1));
    ck_assert_ok_err(parse_state(text), err);
    ck_assert_ok_err(protocol_view_parse((const char *)other.data, other.len, &again, &err), err);
    ck_assert_int_eq(view.phase, again.phase);
    ck_assert(keyset_equal(&view.keyset, &again.keyset));
    ck_assert_uint_eq(view.participant_count, again.participant_count);
    for (size_t i = 0; i < view.participant_count; i++) {
        ck_assert(account_id_equal(&view.participants[i].account_id, &again.participants[i].account_id));
        ck_assert_str_eq(view.participants[i].url, again.participants[i].url);
        ck_assert(ed25519_public_key_equal(&view.participants[i].tls_public_key,
                                           &again.participants[i].tls_public_key));
    }
    protocol_view_free(&view);
}

START_TEST(a_state_reads_the_same_in_place_and_by_a_tree)
{
    check_long_way(RUNNING, "Running");
    check_long_way(RUNNING, "keyset");
    check_long_way(RUNNING, "participants");
    check_long_way(RESHARING, "previous_running_state");
    check_long_way(RESHARING, "resharing_key");
}
END_TEST

START_TEST(a_contract_without_state_has_no_keyset_and_no_participants)
{
    ck_assert_ok_err(parse_state("\"NotInitialized\""), err);
    ck_assert_int_eq(view.phase, PROTOCOL_NOT_INITIALIZED);
    ck_assert_uint_eq(view.keyset.count, 0);
    ck_assert_ptr_null(participant("alice.near"));
}
END_TEST

START_TEST(running_gives_its_keyset_and_participants)
{
    ck_assert_ok_err(parse_state(RUNNING), err);
    ck_assert_int_eq(view.phase, PROTOCOL_RUNNING);
    ck_assert_str_eq(protocol_phase_name(view.phase), "Running");
    ck_assert_uint_eq(view.keyset.epoch_id, 5);
    ck_assert_uint_eq(view.keyset.domains[0].attempt, UINT64_MAX);
    ck_assert_uint_eq(view.participant_count, 2);
    ck_assert_str_eq(participant("alice.near")->url, "https://alice");
    ck_assert_uint_eq(participant("alice.near")->tls_public_key.bytes[31], 31);
    ck_assert_uint_eq(participant("bob.near")->id, UINT32_MAX);
    ck_assert_ptr_null(participant("carol.near"));
}
END_TEST

START_TEST(resharing_gives_the_previous_keyset_and_the_prospective_participants)
{
    ck_assert_ok_err(parse_state(RESHARING), err);
    ck_assert_int_eq(view.phase, PROTOCOL_RESHARING);
    ck_assert_uint_eq(view.keyset.epoch_id, 5);
    ck_assert_uint_eq(view.keyset.count, 1);
    ck_assert_uint_eq(view.participant_count, 1);
    ck_assert_ptr_nonnull(participant("alice.near"));
}
END_TEST

START_TEST(initializing_gives_its_epoch_with_the_generated_keys)
{
    ck_assert_ok_err(parse_state(INITIALIZING), err);
    ck_assert_int_eq(view.phase, PROTOCOL_INITIALIZING);
    ck_assert_uint_eq(view.keyset.epoch_id, 7);
    ck_assert_uint_eq(view.keyset.count, 1);
    ck_assert_uint_eq(view.participant_count, 1);
    ck_assert_ptr_nonnull(participant("bob.near"));
}
END_TEST

static const struct {
    const char *file;
    enum protocol_phase phase;
    uint64_t epoch_id;
    size_t domains, participants;
} reference[] = {
    {"contract/mainnet-state.json", PROTOCOL_RUNNING, 4, 2, 10},
    {"contract/state-running.json", PROTOCOL_RUNNING, 5, 1, 3},
    {"contract/state-resharing.json", PROTOCOL_RESHARING, 5, 1, 3},
    {"contract/state-initializing.json", PROTOCOL_INITIALIZING, 5, 1, 3},
};

START_TEST(the_reference_states_are_read)
{
    CLEANUP(bytes_free) struct bytes text = {0};
    if (!reference_data(reference[_i].file, &text))
        return;
    ck_assert_ok_err(parse_state((const char *)text.data), err);
    ck_assert_int_eq(view.phase, reference[_i].phase);
    ck_assert_uint_eq(view.keyset.epoch_id, reference[_i].epoch_id);
    ck_assert_uint_eq(view.keyset.count, reference[_i].domains);
    ck_assert_uint_eq(view.participant_count, reference[_i].participants);
}
END_TEST

START_TEST(the_four_reference_examples_are_read)
{
    static const enum protocol_phase phases[] = {PROTOCOL_NOT_INITIALIZED, PROTOCOL_INITIALIZING,
                                                 PROTOCOL_RUNNING, PROTOCOL_RESHARING};
    CLEANUP(bytes_free) struct bytes text = {0};
    CLEANUP(json_put_ptr) struct json_object *all = NULL;
    if (!reference_data("contract/states.json", &text))
        return;
    ck_assert_ok_err(json_parse((const char *)text.data, text.len, &json_limits_view, &all, &err), err);
    for (size_t i = 0; i < ARRAY_LEN(phases); i++) {
        CLEANUP(bytes_free) struct bytes one = {0};
        struct json_object *state;
        ck_assert(json_object_object_get_ex(all, protocol_phase_name(phases[i]), &state));
        ck_assert_ok(json_write(state, &one));
        ck_assert_ok_err(parse_state((const char *)one.data), err);
        ck_assert_int_eq(view.phase, phases[i]);
        protocol_view_free(&view);
    }
}
END_TEST

static const struct {
    const char *text;
    result_t code;
    const char *error;
} bad_states[] = {
    {"", OUTCOME_JSON_MALFORMED, ""},
    {"null", OUTCOME_VIEW_MALFORMED, "state: "},
    {"\"Running\"", OUTCOME_VIEW_MALFORMED, "state: "},
    {"{}", OUTCOME_VIEW_MALFORMED, "state: "},
    {"{\"Paused\":{}}", OUTCOME_VIEW_MALFORMED, "state: "},
    {"{\"Running\":null}", OUTCOME_VIEW_MALFORMED, "state: "},
    {"{\"Running\":" RUNNING_BODY ",\"Resharing\":{}}", OUTCOME_VIEW_MALFORMED, "state: "},
    {"{\"Running\":{}}", OUTCOME_VIEW_MALFORMED, "Running"},
    {"{\"Running\":{\"keyset\":{\"epoch_id\":5,\"domains\":[{}]}}}", OUTCOME_KEYSET_MALFORMED,
     "Running.keyset.domains[0]"},
    {"{\"Running\":{\"keyset\":{\"epoch_id\":5,\"domains\":[]}}}", OUTCOME_VIEW_MALFORMED, "Running"},
    {"{\"Resharing\":{}}", OUTCOME_VIEW_MALFORMED, "Resharing"},
    {"{\"Resharing\":{\"previous_running_state\":" RUNNING_BODY "}}", OUTCOME_VIEW_MALFORMED, "Resharing"},
    {"{\"Resharing\":{\"previous_running_state\":{}}}", OUTCOME_VIEW_MALFORMED,
     "Resharing.previous_running_state"},
    {"{\"Initializing\":{\"epoch_id\":5}}", OUTCOME_VIEW_MALFORMED, "Initializing"},
    {"{\"Initializing\":{\"epoch_id\":5,\"generated_keys\":[]}}", OUTCOME_VIEW_MALFORMED, "Initializing"},
    {"{\"Initializing\":{\"epoch_id\":-5,\"generated_keys\":[]}}", OUTCOME_VIEW_MALFORMED, "Initializing"},
};

START_TEST(what_is_no_state_is_refused_and_named)
{
    ck_assert_outcome(parse_state(bad_states[_i].text), bad_states[_i].code);
    ck_assert_msg(strncmp(err.text, bad_states[_i].error, strlen(bad_states[_i].error)) == 0, "%s", err.text);
    ck_assert_ptr_null(view.participants);
    ck_assert_ptr_null(view.keyset.domains);
}
END_TEST

static const char *const bad_participants[] = {
    "{}",
    "[[]]",
    "[[1,2,3]]",
    "[[\"alice.near\",0,5]]",
    "[[\"alice.near\",-1," NODE("x", "tls_public_key", KEY_A) "]]",
    "[[\"alice.near\",4294967296," NODE("x", "tls_public_key", KEY_A) "]]",
    "[[\"Alice\",0," NODE("x", "tls_public_key", KEY_A) "]]",
    "[" ALICE ",[\"bob.near\",0," NODE("x", "key", KEY_A) "]]",
    "[[\"alice.near\",0," NODE("x", "tls_public_key", "ed25519:111") "]]",
    "[[\"alice.near\",0,{\"tls_public_key\":\"" KEY_A "\"}]]",
};

START_TEST(a_participant_that_is_none_is_refused)
{
    CLEANUP(bytes_free) struct bytes text = {0};
    ck_assert_ok(bytes_append_format(
        &text, "{\"Running\":{\"keyset\":{\"epoch_id\":5,\"domains\":[]}," PARAMETERS("%s") "}}",
        bad_participants[_i]));
    ck_assert_outcome(parse_state((const char *)text.data), OUTCOME_VIEW_MALFORMED);
    ck_assert_msg(strncmp(err.text, "Running", 7) == 0, "%s", err.text);
}
END_TEST

START_TEST(more_participants_than_the_limit_are_refused)
{
    CLEANUP(bytes_free) struct bytes list = {0};
    CLEANUP(bytes_free) struct bytes text = {0};
    ck_assert_ok(bytes_append_text(&list, "[0"));
    for (size_t i = 0; i < CONTRACT_PARTICIPANTS_MAX; i++)
        ck_assert_ok(bytes_append_text(&list, ",0"));
    ck_assert_ok(bytes_append_format(
        &text, "{\"Running\":{\"keyset\":{\"epoch_id\":5,\"domains\":[]}," PARAMETERS("%s]") "}}",
        (const char *)list.data));
    ck_assert_outcome(parse_state((const char *)text.data), OUTCOME_VIEW_MALFORMED);
    ck_assert_text_has(err.text, "4097 participants");
}
END_TEST

START_TEST(a_long_url_blinds_nobody)
{
    CLEANUP(bytes_free) struct bytes url = {0};
    CLEANUP(bytes_free) struct bytes text = {0};
    for (int i = 0; i < 10000; i++)
        ck_assert_ok(bytes_append_text(&url, "/"));
    ck_assert_ok(bytes_append_format(&text,
                                     "{\"Running\":{\"keyset\":{\"epoch_id\":5,\"domains\":[]}," PARAMETERS(
                                         "[[\"bob.near\",0," NODE("%s", "tls_public_key", KEY_A) "]]") "}}",
                                     (const char *)url.data));
    ck_assert_ok_err(parse_state((const char *)text.data), err);
    ck_assert_uint_eq(strlen(participant("bob.near")->url), 10000);
}
END_TEST

#define MIGRATIONS                                                                                           \
    "{\"alice.near\":[{\"public_key\":\"" KEY_A                                                              \
    "\"},null],\"bob.near\":[null,{\"signer_account_pk\":\"" KEY_B                                           \
    "\",\"destination_node_info\":{\"url\":\"http://new/\\\"x\\\"\",\"tls_public_key\":\"" KEY_A             \
    "\"}}],\"carol.near\":[{\"public_key\":\"" KEY_B "\"},{\"signer_account_pk\":\"" KEY_A                   \
    "\",\"destination_node_info\":{\"url\":\"\",\"tls_public_key\":\"" KEY_B "\"}}]}"

static const struct migration_entry *entry(const char *name)
{
    struct account_id account;
    ck_assert(account_id_set(&account, name, strlen(name)));
    return migration_view_find(&migrations, &account);
}

START_TEST(migration_info_is_read_and_written_exactly)
{
    CLEANUP(bytes_free) struct bytes text = {0};
    ck_assert_ok_err(parse_migrations(MIGRATIONS), err);
    ck_assert_uint_eq(migrations.count, 3);
    ck_assert(entry("alice.near")->has_backup_key && !entry("alice.near")->has_destination);
    ck_assert(!entry("bob.near")->has_backup_key && entry("bob.near")->has_destination);
    ck_assert_str_eq(entry("bob.near")->destination.url, "http://new/\"x\"");
    ck_assert_uint_eq(entry("bob.near")->destination.tls_public_key.bytes[1], 1);
    ck_assert_ptr_null(entry("dora.near"));
    ck_assert_ok(migration_view_write(&migrations, &text));
    ck_assert_str_eq((const char *)text.data, MIGRATIONS);
}
END_TEST

START_TEST(an_empty_map_is_read_and_written)
{
    CLEANUP(bytes_free) struct bytes text = {0};
    ck_assert_ok_err(parse_migrations(" {} "), err);
    ck_assert_uint_eq(migrations.count, 0);
    ck_assert_ok(migration_view_write(&migrations, &text));
    ck_assert_str_eq((const char *)text.data, "{}");
}
END_TEST

START_TEST(the_old_name_of_the_tls_key_and_unknown_members_are_read)
{
    ck_assert_ok_err(
        parse_migrations("{\"a.near\":[{\"public_key\":\"" KEY_A
                         "\",\"url\":\"x\"},{\"signer_account_pk\":\"" KEY_B
                         "\",\"destination_node_info\":" NODE("u", "sign_pk", KEY_A) ",\"new\":1}]}"),
        err);
    ck_assert_uint_eq(entry("a.near")->destination.tls_public_key.bytes[31], 31);
}
END_TEST

START_TEST(the_reference_migration_info_is_read_and_written_compactly)
{
    CLEANUP(bytes_free) struct bytes text = {0};
    CLEANUP(bytes_free) struct bytes expected = {0};
    CLEANUP(bytes_free) struct bytes written = {0};
    CLEANUP(json_put_ptr) struct json_object *value = NULL;
    if (!reference_data("contract/migration_info.json", &text))
        return;
    ck_assert_ok_err(parse_migrations((const char *)text.data), err);
    ck_assert_uint_eq(migrations.count, 2);
    ck_assert_ok(migration_view_write(&migrations, &written));
    ck_assert_ok(json_parse((const char *)text.data, text.len, &json_limits_view, &value, &err));
    ck_assert_ok(json_write(value, &expected));
    ck_assert_str_eq((const char *)written.data, (const char *)expected.data);
}
END_TEST

static const char *const bad_migrations[] = {
    "[]",
    "{\"Alice\":[null,null]}",
    "{\"a.near\":null}",
    /* the one-element form of the old guide */
    "{\"a.near\":[{\"public_key\":\"" KEY_A "\"}]}",
    "{\"a.near\":[5,null]}",
    "{\"a.near\":[null,[]]}",
    "{\"a.near\":[{},null]}",
    "{\"a.near\":[{\"public_key\":\"secp256k1:1\"},null]}",
    "{\"a.near\":[null,{\"signer_account_pk\":\"" KEY_A "\"}]}",
    "{\"a.near\":[null,{\"destination_node_info\":" NODE("u", "tls_public_key", KEY_A) "}]}",
    "{\"b.near\":[null,null],\"a.near\":[null,{\"signer_account_pk\":\"" KEY_A
    "\",\"destination_node_info\":{\"url\":\"u\"}}]}",
};

START_TEST(what_is_no_migration_info_is_refused)
{
    ck_assert_outcome(parse_migrations(bad_migrations[_i]), OUTCOME_VIEW_MALFORMED);
    ck_assert_msg(strncmp(err.text, "migration_info", 14) == 0, "%s", err.text);
    ck_assert_uint_eq(migrations.count, 0);
    ck_assert_outcome(parse_migrations("{"), OUTCOME_JSON_MALFORMED);
}
END_TEST

/* What one account has in the contract, by a version that we do not know, blinds no other. */
START_TEST(an_entry_of_somebody_else_that_cannot_be_read_is_skipped)
{
    static const char *const strange[] = {"7",
                                          "[null]",
                                          "[null,null,null]",
                                          "[{\"public_key\":\"secp256k1:x\"},null]",
                                          "[null,{\"signer_account_pk\":\"ed25519:x\"}]",
                                          "[null,{}]"};
    struct account_id mine;
    ck_assert(account_id_set(&mine, "mine.near", 9));
    for (size_t i = 0; i < ARRAY_LEN(strange); i++) {
        CLEANUP(bytes_free) struct bytes text = {0};
        ck_assert_ok(bytes_append_format(
            &text,
            "{\"a.near\":%s,\"mine.near\":[null,null],\"NOT AN ACCOUNT\":[null,null],\"z.near\":[null,null]}",
            strange[i]));
        const char *all = (const char *)text.data;
        ck_assert_outcome(parse_migrations(all), OUTCOME_VIEW_MALFORMED);
        ck_assert_ok_err(migration_view_parse(all, text.len, &mine, &migrations, &err), err);
        ck_assert_uint_eq(migrations.count, 2);
        ck_assert_uint_eq(migrations.skipped, 2);
        ck_assert_text_has(migrations.cause.text, "migration_info.a.near");
        ck_assert_ptr_nonnull(migration_view_find(&migrations, &mine));
        migration_view_free(&migrations);

        ck_assert(account_id_set(&mine, "a.near", 6));
        ck_assert_outcome(migration_view_parse(all, text.len, &mine, &migrations, &err),
                          OUTCOME_VIEW_MALFORMED);
        ck_assert_text_has(err.text, "migration_info.a.near");
        ck_assert(account_id_set(&mine, "mine.near", 9));
    }
}
END_TEST

START_TEST(more_accounts_than_the_limit_are_refused)
{
    CLEANUP(bytes_free) struct bytes text = {0};
    for (int i = 0; i <= MIGRATION_ACCOUNTS_MAX; i++)
        ck_assert_ok(bytes_append_format(&text, "%s\"%d\":0", i ? "," : "{", i));
    ck_assert_ok(bytes_append_text(&text, "}"));
    ck_assert_outcome(parse_migrations((const char *)text.data), OUTCOME_VIEW_MALFORMED);
    ck_assert_text_has(err.text, "16385 accounts");
    protocol_view_free(NULL);
    migration_view_free(NULL);
}
END_TEST

int main(void)
{
    SUITE_WITH_CASE(suite, tcase, "contract_view");
    tcase_add_checked_fixture(tcase, NULL, release);
    tcase_add_test(tcase, a_state_reads_the_same_in_place_and_by_a_tree);
    tcase_add_test(tcase, a_contract_without_state_has_no_keyset_and_no_participants);
    tcase_add_test(tcase, running_gives_its_keyset_and_participants);
    tcase_add_test(tcase, resharing_gives_the_previous_keyset_and_the_prospective_participants);
    tcase_add_test(tcase, initializing_gives_its_epoch_with_the_generated_keys);
    tcase_add_loop_test(tcase, the_reference_states_are_read, 0, ARRAY_LEN(reference));
    tcase_add_test(tcase, the_four_reference_examples_are_read);
    tcase_add_loop_test(tcase, what_is_no_state_is_refused_and_named, 0, ARRAY_LEN(bad_states));
    tcase_add_loop_test(tcase, a_participant_that_is_none_is_refused, 0, ARRAY_LEN(bad_participants));
    tcase_add_test(tcase, more_participants_than_the_limit_are_refused);
    tcase_add_test(tcase, a_long_url_blinds_nobody);
    tcase_add_test(tcase, migration_info_is_read_and_written_exactly);
    tcase_add_test(tcase, an_empty_map_is_read_and_written);
    tcase_add_test(tcase, the_old_name_of_the_tls_key_and_unknown_members_are_read);
    tcase_add_test(tcase, the_reference_migration_info_is_read_and_written_compactly);
    tcase_add_loop_test(tcase, what_is_no_migration_info_is_refused, 0, ARRAY_LEN(bad_migrations));
    tcase_add_test(tcase, an_entry_of_somebody_else_that_cannot_be_read_is_skipped);
    tcase_add_test(tcase, more_accounts_than_the_limit_are_refused);
    return run_suite(suite);
}
