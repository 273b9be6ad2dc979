/* Every contract call and view that documents 000 and 003 show, as they show it: arguments, gas, no deposit;
 * and what becomes of it in each profile (contract.md 0.3: D3, D4, D12 to D14). Their placeholders for keys,
 * accounts and hashes are filled in. */
#include "tests/contract-sim/fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/support.h"

#define TGAS 1000000000000ull

/* Document 003's example of an image hash. */
#define IMAGE "4b08c2745a33aa28503e86e33547cc5a564abbb13ed73755937ded1429358c9d"

#define PANIC(text)                                                                                          \
    "{\"ActionError\":{\"index\":0,\"kind\":{\"FunctionCallError\":{\"ExecutionError\":\"Smart contract "    \
    "panicked: " text
#define NOT_FOUND                                                                                            \
    "{\"ActionError\":{\"index\":0,\"kind\":{\"FunctionCallError\":{\"MethodResolveError\":"                 \
    "\"MethodNotFound\"}}}}"
#define MISSING(field) PANIC("Failed to deserialize input from JSON. Error: `missing field `" field "`")
#define NO_DEPOSIT     PANIC("Attached deposit is lower than required. Attached: 0, required: 1")

/* The destination's keys of document 000's step 6, and the new members' list of document 003. */
#define START                                                                                                \
    "{\"destination_node_info\":{\"signer_account_pk\":\"ed25519:"                                           \
    "EEKmKrryV9J8nsYhNBrbe58xoQiiLCApHagMDp6fxZt2\","                                                        \
    "\"destination_node_info\":{\"url\":\"new-node.example.com:80\",\"sign_pk\":"                            \
    "\"ed25519:FaVdZh7w9QjFswX16QpkF5Eqk9R8cnWjtxVVm5i7Ryiy\"}}}"
#define MEMBER(name, id, key)                                                                                \
    "[\"" name "\"," id ",{\"sign_pk\":\"ed25519:" key "\",\"url\":\"https://" name ":80\"}]"
#define VOTE                                                                                                 \
    "{\"prospective_epoch_id\":6,\"proposal\":{\"participants\":{\"next_id\":3,\"participants\":[" MEMBER(   \
        "alice.near", "0",                                                                                   \
        "EMdhKjdK7msBexMRNXeteqFkZvKsj5daYigG3QdgxssC") "," MEMBER("bob.near", "1",                          \
                                                                   "DcfhvxDw2g5QvwbSLeZ6XfziikxnE4ya97NfoTu" \
                                                                   "VYa47") "," MEMBER("carol.near", "2",    \
                                                                                       "HuMu36PCagGCbgQnKRg" \
                                                                                       "ij1et7zEpBHgDWfLYTk" \
                                                                                       "zXzjGN") "]}}}"

enum { DESIGN, DEPLOYED, WITH_CANCEL, PROFILES };

/* In the order of the documents; each finds what those before it left. `expected` is how the value begins
 * that the call returns, or how its failure does. */
static const struct {
    const char *source;
    const char *method;
    const char *args;
    uint64_t tgas;
    const char *expected[PROFILES];
} transactions[] = {
    {"000, step 2", "register_backup_service", fixture_register_args, 300, {"null", NO_DEPOSIT, NO_DEPOSIT}},
    {"000, step 5",
     "get_tee_accounts",
     "{}",
     300,
     {"[{\"account_id\":\"alice.near\",", "[{\"account_id\":\"alice.near\",",
      "[{\"account_id\":\"alice.near\","}},
    {"000, step 6",
     "start_node_migration",
     START,
     300,
     {"null", MISSING("tls_public_key"), MISSING("tls_public_key")}},
    {"003, latest image, before any vote",
     "latest_code_hash",
     "{}",
     100,
     {PANIC("panicked at "), NOT_FOUND, NOT_FOUND}},
    {"003, voting for the image",
     "vote_code_hash",
     "{\"code_hash\": \"" IMAGE "\"}",
     100,
     {"null", "null", "null"}},
    {"003, latest image, after the vote",
     "latest_code_hash",
     "{}",
     100,
     {"\"" IMAGE "\"", NOT_FOUND, NOT_FOUND}},
    {"003, voting for parameters",
     "vote_new_parameters",
     VOTE,
     100,
     {"null", MISSING("parameters"), MISSING("parameters")}},
};

static struct fixture fixture;

static void teardown(void)
{
    fixture_close(&fixture);
}

static void setup(void)
{
    fixture_open(&fixture, model_profile_name(DESIGN));
}

static const struct receipt_outcome *send_shown(size_t index)
{
    struct near_tx tx = fixture_tx(&fixture, transactions[index].method, transactions[index].args);
    tx.actions[0].gas = transactions[index].tgas * TGAS;
    ck_assert_msg(fixture_send(&fixture, &tx, ALICE) == OUTCOME_OK, "%s: %s", transactions[index].source,
                  text_of(&fixture.invalid));
    fixture_seal(&fixture, 1);
    return &fixture_record(&fixture)->receipts[0];
}

/* What a view answers to {} at the head. */
static void view(const char *method, struct model_outcome *outcome)
{
    const struct block *head = fixture_head(&fixture);
    ck_assert_ok(model_view(fixture.model, &head->world->contract, head->height, head->time_ms / 1000, method,
                            "{}", 2, outcome));
    ck_assert_int_eq(outcome->kind, MODEL_OK);
}

static void ck_view(const char *method, const char *expected)
{
    CLEANUP(model_outcome_free) struct model_outcome outcome = {0};
    view(method, &outcome);
    ck_assert_msg(strncmp(text_of(&outcome.value), expected, strlen(expected)) == 0, "%s: %s", method,
                  text_of(&outcome.value));
}

static void play(size_t profile)
{
    for (size_t i = 0; i < ARRAY_LEN(transactions); i++) {
        const struct receipt_outcome *outcome = send_shown(i);
        const char *expected = transactions[i].expected[profile];
        const char *got = text_of(outcome->ok ? &outcome->value : &outcome->failure);
        ck_assert_msg(strncmp(got, expected, strlen(expected)) == 0, "document %s, %s: %s, expected %s",
                      transactions[i].source, model_profile_name(profile), got, expected);
        if (strcmp(transactions[i].method, "vote_code_hash") == 0)
            fixture_call(&fixture, "bob.near", "vote_code_hash", transactions[i].args);
    }
}

START_TEST(the_transactions_of_the_documents_go_through_in_the_design_and_else_fail_as_they_do_on_chain)
{
    for (size_t profile = 0; profile < PROFILES; profile++) {
        fixture_close(&fixture);
        fixture_open(&fixture, model_profile_name(profile));
        play(profile);
    }
    ck_assert_ptr_null(model_profile_name(PROFILES));
}
END_TEST

START_TEST(the_views_of_document_000_show_each_step)
{
    ck_view("migration_info", "{}");
    send_shown(0);
    ck_view("migration_info", "{\"alice.near\":[{\"public_key\":\"ed25519:"
                              "EEKmKrryV9J8nsYhNBrbe58xoQiiLCApHagMDp6fxZt2\"},null]}");
    send_shown(2);
    ck_view("migration_info",
            "{\"alice.near\":[{\"public_key\":\"ed25519:EEKmKrryV9J8nsYhNBrbe58xoQiiLCApHagMDp6fxZt2\"},"
            "{\"signer_account_pk\":\"ed25519:EEKmKrryV9J8nsYhNBrbe58xoQiiLCApHagMDp6fxZt2\","
            "\"destination_node_info\":{\"url\":\"new-node.example.com:80\",\"tls_public_key\":"
            "\"ed25519:FaVdZh7w9QjFswX16QpkF5Eqk9R8cnWjtxVVm5i7Ryiy\"}}]}");
}
END_TEST

START_TEST(the_state_that_both_documents_save_is_answered_in_every_profile)
{
    for (size_t profile = 0; profile < PROFILES; profile++) {
        fixture_close(&fixture);
        fixture_open(&fixture, model_profile_name(profile));
        ck_view("state", "{\"Running\":{\"domains\":{\"domains\":[{\"id\":0,");
        ck_view("migration_info", "{}");
    }
}
END_TEST

/* Document 003, "Add the Node Account Key to Your Account". */
static struct near_tx add_restricted_key(void)
{
    static const char *const methods[] = {"respond",
                                          "respond_ckd",
                                          "vote_pk",
                                          "start_keygen_instance",
                                          "vote_reshared",
                                          "start_reshare_instance",
                                          "vote_abort_key_event_instance",
                                          "verify_tee",
                                          "submit_participant_info"};
    static const char one_near[] = "1000000000000000000000000";
    struct near_tx tx = fixture_plain_tx(&fixture, "alice.near", NEAR_ADD_KEY);
    struct near_access_key *key = &tx.actions[0].access_key;
    key->full_access = false;
    key->has_allowance = true;
    ck_assert(u128_parse(one_near, sizeof one_near - 1, &key->allowance));
    key->receiver_id = strdup(FIXTURE_CONTRACT);
    key->method_names = calloc(ARRAY_LEN(methods), sizeof *key->method_names);
    key->method_count = ARRAY_LEN(methods);
    for (size_t i = 0; i < ARRAY_LEN(methods); i++)
        key->method_names[i] = strdup(methods[i]);
    return tx;
}

static result_t send_restricted(const char *method, const char *args)
{
    struct near_tx tx = fixture_tx(&fixture, method, args);
    tx.public_key = fixture_public_key(&fixture, STRANGER);
    tx.nonce = fixture_nonce(&fixture, STRANGER) + 1;
    return fixture_send(&fixture, &tx, STRANGER);
}

START_TEST(the_key_of_document_003_attests_and_votes_but_cannot_conclude)
{
    static const char *const refused[] = {"conclude_node_migration", "register_backup_service",
                                          "vote_new_parameters"};
    for (size_t profile = 0; profile < PROFILES; profile++) {
        fixture_close(&fixture);
        fixture_open(&fixture, model_profile_name(profile));
        fixture_expect_kind(&fixture, add_restricted_key(), NULL);
        uint64_t nonce = fixture_nonce(&fixture, STRANGER);
        for (size_t i = 0; i < ARRAY_LEN(refused); i++) {
            char expected[128];
            snprintf(expected, sizeof expected,
                     "{\"InvalidAccessKeyError\":{\"MethodNameMismatch\":{\"method_name\":\"%s\"}}}",
                     refused[i]);
            ck_assert_outcome(send_restricted(refused[i], "{}"), OUTCOME_TX_REJECTED);
            ck_assert_str_eq(text_of(&fixture.invalid), expected);
        }
        ck_assert_uint_eq(fixture_nonce(&fixture, STRANGER), nonce);
        ck_assert_ok(send_restricted("submit_participant_info",
                                     "{\"proposed_participant_attestation\":{\"Mock\":\"Valid\"},"
                                     "\"tls_public_key\":"
                                     "\"ed25519:EMdhKjdK7msBexMRNXeteqFkZvKsj5daYigG3QdgxssC\"}"));
        fixture_seal(&fixture, 1);
        ck_assert_str_eq(text_of(&fixture_record(&fixture)->receipts[0].value), "null");
        ck_assert_ok(send_restricted("verify_tee", "{}"));
        fixture_seal(&fixture, 1);
        ck_assert_str_eq(text_of(&fixture_record(&fixture)->receipts[0].value), "true");
    }
}
END_TEST

int main(void)
{
    SUITE_WITH_CASE(suite, tcase, "documents");
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(
        tcase, the_transactions_of_the_documents_go_through_in_the_design_and_else_fail_as_they_do_on_chain);
    tcase_add_test(tcase, the_views_of_document_000_show_each_step);
    tcase_add_test(tcase, the_state_that_both_documents_save_is_answered_in_every_profile);
    tcase_add_test(tcase, the_key_of_document_003_attests_and_votes_but_cannot_conclude);
    return run_suite(suite);
}
