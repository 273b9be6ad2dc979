/* Saved views as a genesis: every part of them, and what is wrong with each (cli.md, "Genesis file"). */
#include "tests/support/contract.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <json-c/json_pointer.h>
#include <json-c/json_tokener.h>

static struct contract c;

static void open_new(void)
{
    contract_open_new(&c, "v3.14");
}

static void close_it(void)
{
    contract_close(&c);
}

#define DOMAIN(id) "{'id':" #id ",'protocol':'CaitSith','reconstruction_threshold':2,'purpose':'Sign'}"
#define KEY                                                                                                  \
    "{'Secp256k1':{'near_public_key':'secp256k1:"                                                            \
    "3tFRbMqmoa6AAALMrEFAYCEoHcqKxeW38YptwowBVBtXK1vo36HDbUWuR6EZmoK4JcH6HDkNMGGqP1ouV7VZUWya'}}"
#define KEY_OF(id) "{'domain_id':" #id ",'key':" KEY ",'attempt':" #id "}"
#define REGISTRY   "'domains':{'domains':[" DOMAIN(0) "," DOMAIN(1) "],'next_domain_id':2}"
#define MEMBER     "['alice.near',0,{'url':'u','tls_public_key':'@alice.tls'}]"
#define OTHER      "['bob.near',3,{'url':'u','tls_public_key':'@bob.tls'}]"
#define PARAMETERS "{'participants':{'next_id':4,'participants':[" MEMBER "," OTHER "]},'threshold':2}"
#define PROPOSAL   "{'parameters':" PARAMETERS ",'per_domain_thresholds':{'0':2,'1':2}}"
#define RUNNING                                                                                              \
    "{" REGISTRY ",'keyset':{'epoch_id':5,'domains':[" KEY_OF(0) "," KEY_OF(                                 \
        1) "]},'parameters':" PARAMETERS                                                                     \
           ",'parameters_votes':{'proposal_by_account':{'alice.near':" PROPOSAL "}},"                        \
           "'add_domains_votes':{'proposal_by_account':{'0':[" DOMAIN(                                       \
               2) "]}},"                                                                                     \
                  "'previously_cancelled_resharing_epoch_id':6}"
#define EVENT(epoch, id)                                                                                     \
    "{'epoch_id':" #epoch                                                                                    \
    ",'domain':" DOMAIN(id) ",'parameters':" PARAMETERS ",'instance':{'attempt_id':1,"                       \
                            "'started_in':9,'expires_on':40,'completed':[0,3],'public_key':" KEY             \
                            "},'next_attempt_id':2}"

static const char running[] = "{'Running':" RUNNING "}";
static const char resharing[] =
    "{'Resharing':{'previous_running_state':" RUNNING
    ",'reshared_keys':[" KEY_OF(0) "],'resharing_key':" EVENT(
        7, 1) ",'cancellation_requests':['alice.near','bob.near'],'per_domain_thresholds':{'0':2,'1':2}}}";
static const char initializing[] =
    "{'Initializing':{" REGISTRY
    ",'epoch_id':5,'generated_keys':[" KEY_OF(0) "],'generating_key':" EVENT(5, 1) ",'cancel_votes':[0,3]}}";

static struct json_object *parsed(const char *template)
{
    struct json_object *root = json_tokener_parse(contract_json("%s", template));
    ck_assert_ptr_nonnull(root);
    return root;
}

/* Take a member away, or put a value in its place. */
static void change(struct json_object *state, const char *pointer, const char *value)
{
    char parent[256];
    struct json_object *place;
    const char *name = strrchr(pointer, '/');
    snprintf(parent, sizeof parent, "%.*s", (int)(name - pointer), pointer);
    ck_assert_int_eq(json_pointer_get(state, parent, &place), 0);
    if (value)
        ck_assert_int_eq(json_pointer_set(&state, pointer, parsed(value)), 0);
    else
        json_object_object_del(place, name + 1);
}

START_TEST(every_part_of_a_saved_state_is_written_back)
{
    static const char *const states[] = {running, resharing, initializing};
    for (size_t i = 0; i < ARRAY_LEN(states); i++) {
        struct error err = {0};
        struct json_object *state = parsed(states[i]);
        ck_assert_ok_err(model_genesis(c.model, state, c.height, c.time_s, &c.state, &err), err);
        ck_view(&c, "state", "", states[i]);
        json_object_put(state);
    }
}
END_TEST

/* What the views do not tell is assumed. */
START_TEST(a_saved_state_accepts_requests)
{
    CLEANUP(bytes_free) struct bytes written = {0};
    struct error err = {0};
    struct json_object *state = parsed(running);
    ck_assert_ok_err(model_genesis(c.model, state, c.height, c.time_s, &c.state, &err), err);
    ck_assert_ok(model_genesis_write(c.model, &c.state, &written));
    ck_assert_text_has((const char *)written.data, "\"accepts_requests\":true");
    json_object_put(state);
}
END_TEST

START_TEST(thresholds_and_votes_come_in_the_order_of_ids)
{
    struct error err = {0};
    struct json_object *state = parsed(resharing);
    change(state, "/Resharing/per_domain_thresholds", "{'1':3,'0':2}");
    ck_assert_ok_err(model_genesis(c.model, state, c.height, c.time_s, &c.state, &err), err);
    ck_assert_text_has(contract_view(&c, "state", "{}"), "\"per_domain_thresholds\":{\"0\":2,\"1\":3}");
    json_object_put(state);
}
END_TEST

struct change_case {
    const char *pointer;
    const char *value; /* NULL: without it */
    const char *text;  /* what is said behind the path to it */
};

static void ck_changes_refused(const char *from, const struct change_case *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct error err = {0};
        struct json_object *state = parsed(from);
        change(state, cases[i].pointer, cases[i].value);
        ck_assert_outcome(model_genesis(c.model, state, c.height, c.time_s, &c.state, &err),
                          OUTCOME_VIEW_MALFORMED);
        ck_assert_str_eq(err.text, contract_json("%s", cases[i].text));
        json_object_put(state);
    }
}

/* A view may be of an older contract than the one that goes on from it. */
START_TEST(an_older_view_says_sign_pk)
{
    struct error err = {0};
    struct json_object *state = parsed(running);
    change(state, "/Running/parameters/participants/participants/0/2", "{'url':'u','sign_pk':'@alice.tls'}");
    ck_assert_ok_err(model_genesis(c.model, state, c.height, c.time_s, &c.state, &err), err);
    ck_view(&c, "state", "", running);
    json_object_put(state);
}
END_TEST

START_TEST(a_vote_may_be_of_the_largest_id)
{
    struct error err = {0};
    struct json_object *state = parsed(running);
    change(state, "/Running/add_domains_votes/proposal_by_account", "{'4294967295':[]}");
    ck_assert_ok_err(model_genesis(c.model, state, c.height, c.time_s, &c.state, &err), err);
    ck_view(&c, "state", "/Running/add_domains_votes/proposal_by_account", "{'4294967295':[]}");
    json_object_put(state);
    state = parsed("{'state':'Running'}");
    ck_assert_outcome(model_genesis(c.model, state, c.height, c.time_s, &c.state, &err),
                      OUTCOME_VIEW_MALFORMED);
    ck_assert_str_eq(err.text, "state: invalid type: string \"Running\", expected a state");
    json_object_put(state);
}
END_TEST

START_TEST(what_is_wrong_in_a_running_state_is_told_with_its_place)
{
    static const struct change_case cases[] = {
        {"/Running/parameters_votes", "5",
         "state.Running.parameters_votes: invalid type: integer `5`, expected a genesis"},
        {"/Running/parameters_votes/proposal_by_account/alice.near", "5",
         "state.Running.parameters_votes.proposal_by_account.alice.near: invalid type: integer `5`, expected "
         "struct ProposedGovernanceThresholdParameters"},
        {"/Running/add_domains_votes", "5",
         "state.Running.add_domains_votes: invalid type: integer `5`, expected a genesis"},
        {"/Running/add_domains_votes/proposal_by_account/x", "[]",
         "state.Running.add_domains_votes.proposal_by_account.x: not a participant id"},
        {"/Running/add_domains_votes/proposal_by_account/18446744073709551616", "[]",
         "state.Running.add_domains_votes.proposal_by_account.18446744073709551616: not a participant id"},
        {"/Running/add_domains_votes/proposal_by_account/0", "7",
         "state.Running.add_domains_votes.proposal_by_account.0: invalid type: integer `7`, expected a "
         "sequence"},
        {"/Running/keyset", NULL, "state.Running: missing field `keyset`"},
        {"/Running/keyset/domains", "7",
         "state.Running.keyset.domains: invalid type: integer `7`, expected a sequence"},
        {"/Running/keyset/domains/1/attempt", "true",
         "state.Running.keyset.domains[1].attempt: invalid type: boolean `true`, expected u64"},
        {"/Running/previously_cancelled_resharing_epoch_id", "[]",
         "state.Running.previously_cancelled_resharing_epoch_id: invalid type: sequence, expected u64"},
        {"/Running/parameters/participants/participants/1/0", "'alice.near'",
         "state.Running.parameters: alice.near is there twice"},
        {"/Running/parameters/participants/participants/1/1", "0",
         "state.Running.parameters: the id of bob.near is there twice"},
        {"/Running/parameters/participants/next_id", "3",
         "state.Running.parameters: the id of bob.near is not below next_id"},
        {"/Running/parameters/threshold", "3",
         "state.Running.parameters: the threshold is above the number of participants"},
        {"/Running/parameters/threshold", "1.5",
         "state.Running.parameters.threshold: invalid type: floating point `1.5`, expected u64"},
    };
    ck_changes_refused(running, cases, ARRAY_LEN(cases));
}
END_TEST

START_TEST(what_is_wrong_in_a_key_event_is_told_with_its_place)
{
    static const struct change_case cases[] = {
        {"/Resharing/resharing_key", NULL, "state.Resharing: missing field `resharing_key`"},
        {"/Resharing/resharing_key", "7",
         "state.Resharing.resharing_key: invalid type: integer `7`, expected a genesis"},
        {"/Resharing/resharing_key/instance", "7",
         "state.Resharing.resharing_key.instance: invalid type: integer `7`, expected a genesis"},
        {"/Resharing/resharing_key/instance/completed", "{}",
         "state.Resharing.resharing_key.instance.completed: invalid type: map, expected a sequence"},
        {"/Resharing/resharing_key/instance/completed/1", "-1",
         "state.Resharing.resharing_key.instance.completed[1]: invalid value: integer `-1`, expected u32"},
        {"/Resharing/resharing_key/parameters/threshold", "3",
         "state.Resharing.resharing_key.parameters: the threshold is above the number of participants"},
        {"/Resharing/per_domain_thresholds", "[]",
         "state.Resharing.per_domain_thresholds: invalid type: sequence, expected a map"},
        {"/Resharing/cancellation_requests", NULL, "state.Resharing: missing field `cancellation_requests`"},
        {"/Resharing/cancellation_requests", "{}",
         "state.Resharing.cancellation_requests: invalid type: map, expected a sequence"},
        {"/Resharing/cancellation_requests/1", "'Bad Id'",
         "state.Resharing.cancellation_requests[1]: the account ID is invalid"},
    };
    static const struct change_case keygen_cases[] = {
        {"/Initializing/generating_key", NULL, "state.Initializing: missing field `generating_key`"},
        {"/Initializing/cancel_votes", "['x']",
         "state.Initializing.cancel_votes[0]: invalid type: string 'x', expected u32"},
        {"/Initializing/generated_keys", "'x'",
         "state.Initializing.generated_keys: invalid type: string 'x', expected a sequence"},
    };
    ck_changes_refused(resharing, cases, ARRAY_LEN(cases));
    ck_changes_refused(initializing, keygen_cases, ARRAY_LEN(keygen_cases));
}
END_TEST

START_TEST(an_instance_may_be_missing_and_may_have_no_key_yet)
{
    static const char *const pointers[] = {"/Resharing/resharing_key/instance",
                                           "/Resharing/resharing_key/instance/public_key"};
    for (size_t i = 0; i < ARRAY_LEN(pointers); i++) {
        struct error err = {0};
        struct json_object *state = parsed(resharing);
        change(state, pointers[i], NULL);
        ck_assert_ok_err(model_genesis(c.model, state, c.height, c.time_s, &c.state, &err), err);
        ck_view(&c, "state", pointers[i], "null");
        json_object_put(state);
    }
}
END_TEST

START_TEST(a_place_with_a_long_name_is_cut)
{
    char name[201];
    char pointer[300];
    struct error err = {0};
    struct json_object *state = parsed(running);
    memset(name, 'x', sizeof name - 1);
    name[sizeof name - 1] = 0;
    snprintf(pointer, sizeof pointer, "/Running/parameters_votes/proposal_by_account/%s", name);
    change(state, pointer, "{'parameters':7}");
    ck_assert_outcome(model_genesis(c.model, state, c.height, c.time_s, &c.state, &err),
                      OUTCOME_VIEW_MALFORMED);
    ck_assert_text_has(err.text, "state.Running.parameters_votes.proposal_by_account.xxxxx");
    ck_assert_text_has(err.text, "xxx: invalid type: integer `7`, expected struct Governance");
    json_object_put(state);
}
END_TEST

START_TEST(a_malformed_migration_info_beside_init_running_is_refused)
{
    struct error err = {0};
    struct json_object *root =
        parsed("{'init_running':{"
               "'domains':[" DOMAIN(0) "],'next_domain_id':1,'keyset':{'epoch_id':5,'domains':[" KEY_OF(
                   0) "]},'parameters':{'participants':{'next_id':4,'participants':[" MEMBER "," OTHER
                      "]},'threshold':2}},'migration_info':{'alice.near':7}}");
    ck_assert_outcome(model_genesis(c.model, root, c.height, c.time_s, &c.state, &err),
                      OUTCOME_VIEW_MALFORMED);
    ck_assert_str_eq(err.text, "migration_info.alice.near: invalid type: integer `7`, expected a sequence");
    json_object_put(root);
}
END_TEST

/* Nothing forbids it (contract.md 7, I3); the store of attestations has one entry for each key. */
START_TEST(members_with_one_tls_key_share_one_genesis_attestation)
{
    struct error err = {0};
    struct json_object *state = parsed(running);
    change(state, "/Running/parameters/participants/participants/1/2/tls_public_key", "'@alice.tls'");
    ck_assert_ok_err(model_genesis(c.model, state, c.height, c.time_s, &c.state, &err), err);
    ck_view(&c, "get_tee_accounts", "/0/account_id", "'bob.near'");
    ck_view(&c, "get_tee_accounts", "/1", "(nothing)");
    json_object_put(state);
}
END_TEST

int main(void)
{
    SUITE_WITH_CASE(suite, tcase, "model_saved_state");
    tcase_add_checked_fixture(tcase, open_new, close_it);
    tcase_add_test(tcase, every_part_of_a_saved_state_is_written_back);
    tcase_add_test(tcase, a_saved_state_accepts_requests);
    tcase_add_test(tcase, thresholds_and_votes_come_in_the_order_of_ids);
    tcase_add_test(tcase, an_older_view_says_sign_pk);
    tcase_add_test(tcase, a_vote_may_be_of_the_largest_id);
    tcase_add_test(tcase, what_is_wrong_in_a_running_state_is_told_with_its_place);
    tcase_add_test(tcase, what_is_wrong_in_a_key_event_is_told_with_its_place);
    tcase_add_test(tcase, an_instance_may_be_missing_and_may_have_no_key_yet);
    tcase_add_test(tcase, a_place_with_a_long_name_is_cut);
    tcase_add_test(tcase, a_malformed_migration_info_beside_init_running_is_refused);
    tcase_add_test(tcase, members_with_one_tls_key_share_one_genesis_attestation);
    return run_suite(suite);
}
