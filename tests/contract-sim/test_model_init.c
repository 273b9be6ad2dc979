/* init, init_running, and the first state from a genesis (contract.md 1.3, 3.2; cli.md). */
#include "tests/support/contract.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

#define KEY_0                                                                                                \
    "{'domain_id':0,'key':{'Secp256k1':{'near_public_key':'secp256k1:"                                       \
    "3tFRbMqmoa6AAALMrEFAYCEoHcqKxeW38YptwowBVBtXK1v"                                                        \
    "o36HDbUWuR6EZmoK4JcH6HDkNMGGqP1ouV7VZUWya'}},'attempt':0}"

static const char *running_args(const char *domains, unsigned next_domain, const char *keys,
                                unsigned threshold, const char *config)
{
    return contract_json(
        "{'domains':[%s],'next_domain_id':%u,'keyset':{'epoch_id':5,'domains':[%s]},'parameters':"
        "{'participants':{'next_id':3,'participants':[%s]},'threshold':%u},'init_config':%s}",
        domains, next_domain, keys, contract_members, threshold, config);
}

#define DOMAIN(id, protocol, t, purpose)                                                                     \
    "{'id':" #id ",'protocol':'" protocol "','reconstruction_threshold':" #t ",'purpose':'" purpose "'}"

static void running_refused(const char *domains, unsigned next_domain, const char *keys, unsigned threshold,
                            const char *error, const char *text)
{
    contract_refused(&c, "mpc", "init_running", NOTHING,
                     running_args(domains, next_domain, keys, threshold, "null"), error, text);
}

START_TEST(before_init_only_version_answers)
{
    ck_assert_str_eq(contract_view(&c, "version", "{}"), "\"3.14.0\"");
    ck_assert_str_eq(contract_view(&c, "state", "{}"), "(refused)");
    ck_assert_str_eq((const char *)c.outcome.text.data, "Calling default not allowed.");
    contract_refused(&c, "alice", "vote_cancel_resharing", NOTHING, "{}", "sdk:NotInitialized",
                     "Calling default not allowed.");
}
END_TEST

START_TEST(init_makes_a_running_network_without_domains)
{
    const char *args = contract_json(
        "{'parameters':{'participants':{'next_id':3,'participants':[%s]},'threshold':2}}", contract_members);
    contract_refused(&c, "eve", "init", ONE, args, "sdk:NoDeposit", "Method init doesn't accept deposit");
    contract_call(&c, "eve", "init", NOTHING, args);
    ck_assert_int_eq(c.outcome.kind, MODEL_OK);
    ck_assert_uint_eq(c.outcome.value.len, 0);
    ck_view(&c, "state", "/Running/domains", "{'domains':[],'next_domain_id':0}");
    ck_view(&c, "state", "/Running/keyset", "{'epoch_id':0,'domains':[]}");
    ck_view(&c, "state", "/Running/previously_cancelled_resharing_epoch_id", "null");
    ck_view(&c, "config", "/key_event_timeout_blocks", "30");
    contract_refused(&c, "eve", "init", NOTHING, args, "sdk:AlreadyInitialized",
                     "The contract has already been initialized");
    contract_refused(&c, "mpc", "init_running", NOTHING, running_args("", 0, "", 2, "null"),
                     "sdk:AlreadyInitialized", "The contract has already been initialized");
}
END_TEST

START_TEST(init_refuses_bad_parameters_and_configuration)
{
#define INIT(next_id, participants, threshold, config)                                                       \
    contract_json("{'parameters':{'participants':{'next_id':%d,'participants':[%s]},'threshold':%d},"        \
                  "'init_config':%s}",                                                                       \
                  next_id, participants, threshold, config)
    contract_refused(&c, "eve", "init", NOTHING, INIT(3, contract_members, 4, "null"),
                     "InvalidThreshold::MaxRequirementFailed",
                     "GovernanceThreshold must not exceed number of participants: max 3, found 4");
    contract_refused(&c, "eve", "init", NOTHING, INIT(2, contract_members, 2, "null"),
                     "InvalidCandidateSet::ParticipantIdNotLessThanNextId",
                     "Participant ID 2 is not less than next_id 2.");
    contract_refused(
        &c, "eve", "init", NOTHING,
        INIT(3, contract_members, 2, "{'launcher_hash_unused_ttl_seconds':604799}"),
        "InvalidParameters::MalformedPayload",
        "Malformed payload: launcher_hash_unused_ttl_seconds must be >= DEFAULT_EXPIRATION_DURATION_SECONDS");
    contract_refused(&c, "eve", "init", NOTHING, INIT(3, contract_members, 2, "{'verifier_tera_gas':'many'}"),
                     "sdk:Deserialize",
                     "Failed to deserialize input from JSON. Error: `invalid type: string \"many\", expected "
                     "u64 at line 1 *");
    contract_call(&c, "eve", "init", NOTHING,
                  INIT(3, contract_members, 2,
                       "{'launcher_hash_unused_ttl_seconds':604800,'key_event_timeout_blocks':7,'verifier_"
                       "tera_gas':null}"));
    ck_view(&c, "config", "/key_event_timeout_blocks", "7");
    ck_view(&c, "config", "/verifier_tera_gas", "200");
    ck_view(&c, "config", "/attestation_storage_fee_millinear", "20");
}
END_TEST

START_TEST(init_running_belongs_to_the_contract_and_is_checked_in_order)
{
    contract_refused(&c, "eve", "init_running", NOTHING, "{}", "sdk:Private",
                     "Method init_running is private");
    running_refused(DOMAIN(0, "Frost", 2, "CKD"), 0, "", 1, "InvalidThreshold::MinAbsRequirementFailed",
                    "GovernanceThreshold does not meet the minimum absolute requirement");
    running_refused(
        DOMAIN(0, "Frost", 9, "CKD"), 0, "", 2, "DomainError::InvalidProtocolPurposeCombination",
        "Invalid protocol-purpose combination: protocol Frost is not compatible with purpose CKD");
    running_refused(
        DOMAIN(0, "ConfidentialKeyDerivation", 9, "Sign"), 0, "", 2,
        "DomainError::InvalidProtocolPurposeCombination",
        "Invalid protocol-purpose combination: protocol ConfidentialKeyDerivation is not compatible with "
        "purpose Sign");
    running_refused(
        DOMAIN(0, "Frost", 9, "ForeignTx"), 0, "", 2, "DomainError::InvalidProtocolPurposeCombination",
        "Invalid protocol-purpose combination: protocol Frost is not compatible with purpose ForeignTx");
    running_refused(DOMAIN(0, "CaitSith", 9, "ForeignTx"), 0, "", 2, "DomainError::InvalidDomains",
                    "Invalid list of domains provided");
    running_refused(DOMAIN(1, "CaitSith", 9, "Sign") "," DOMAIN(1, "Frost", 2, "Sign"), 9, "", 2,
                    "DomainError::InvalidDomains", "Invalid list of domains provided");
    running_refused(DOMAIN(0, "CaitSith", 1, "Sign"), 1, "", 2, "DomainError::ReconstructionThresholdTooLow",
                    "Reconstruction threshold must be at least 2.");
    running_refused(DOMAIN(0, "CaitSith", 4, "Sign"), 1, "", 2,
                    "DomainError::ReconstructionThresholdExceedsParticipants",
                    "Reconstruction threshold 4 exceeds participant count 3.");
    running_refused(DOMAIN(0, "DamgardEtAl", 3, "Sign"), 1, "", 2,
                    "DomainError::InsufficientParticipantsForProtocol",
                    "Protocol DamgardEtAl requires at least 5 participants, found 3.");
    running_refused(DOMAIN(0, "ConfidentialKeyDerivation", 3, "CKD"), 1, "", 2,
                    "InvalidThreshold::BelowReconstructionThreshold",
                    "GovernanceThreshold 2 is below the largest ReconstructionThreshold 3");
    running_refused(DOMAIN(0, "CaitSith", 2, "Sign"), 1, "", 2, "DomainError::DomainsMismatch",
                    "Domains from keyset do not match the provided domains");
    running_refused(DOMAIN(1, "CaitSith", 2, "Sign"), 2, KEY_0, 2, "DomainError::DomainsMismatch",
                    "Domains from keyset do not match the provided domains");
    contract_call(&c, "mpc", "init_running", NOTHING,
                  running_args(DOMAIN(0, "CaitSith", 2, "Sign"), 1, KEY_0, 2, "null"));
    ck_assert_int_eq(c.outcome.kind, MODEL_OK);
    ck_view(&c, "state", "/Running/keyset", contract_json("{'epoch_id':5,'domains':[" KEY_0 "]}"));
    /* The genesis attestation's account key is the TLS key, so no node key passes yet (contract.md 3.2). */
    ck_view(&c, "get_tee_accounts", "/1",
            "{'account_id':'bob.near','tls_public_key':'@bob.tls','account_public_key':'@bob.tls'}");
    ck_assert_str_eq(contract_view(&c, "get_attestation", "{'tls_public_key':'@bob.tls'}"),
                     "{\"Mock\":\"Valid\"}");
}
END_TEST

static result_t genesis(const char *template, struct error *err)
{
    struct json_object *root = NULL;
    const char *text = contract_json("%s", template);
    ck_assert_ok(json_parse(text, strlen(text), &json_limits_view, &root, NULL));
    err->text[0] = 0;
    result_t result = model_genesis(c.model, root, c.height, c.time_s, &c.state, err);
    json_object_put(root);
    return result;
}

START_TEST(a_genesis_with_init_running_obeys_the_same_rules)
{
    struct error err;
    char text[4096];
    snprintf(text, sizeof text, "{'init_running':%s,'accounts':[]}",
             running_args(DOMAIN(0, "CaitSith", 2, "Sign"), 1, KEY_0, 2, "null"));
    ck_assert_ok_err(genesis(text, &err), err);
    ck_view(&c, "state", "/Running/keyset/epoch_id", "5");
    snprintf(text, sizeof text, "{'init_running':%s}",
             running_args(DOMAIN(0, "CaitSith", 2, "Sign"), 1, KEY_0, 4, "null"));
    ck_assert_outcome(genesis(text, &err), OUTCOME_CONFIG_INVALID);
    ck_assert_str_eq(err.text, "init_running is refused: GovernanceThreshold must not exceed number of "
                               "participants: max 3, found 4");
    ck_assert_outcome(genesis("{'init_running':{},'state':{}}", &err), OUTCOME_CONFIG_INVALID);
    ck_assert_outcome(genesis("[]", &err), OUTCOME_CONFIG_INVALID);
}
END_TEST

/* The views of a contract, read back as a genesis, have to be written the same again. */
static void ck_round_trip(void)
{
    struct error err;
    char *state = strdup(contract_at(&c, "state", ""));
    char *info = strdup(contract_at(&c, "migration_info", ""));
    size_t size = strlen(state) + strlen(info) + 64;
    char *text = malloc(size);
    snprintf(text, size, "{'state':%s,'migration_info':%s}", state, info);
    ck_assert_ok_err(genesis(text, &err), err);
    ck_assert_str_eq(contract_at(&c, "state", ""), state);
    ck_assert_str_eq(contract_at(&c, "migration_info", ""), info);
    ck_assert_ok_err(genesis(state, &err), err);
    ck_assert_str_eq(contract_at(&c, "state", ""), state);
    ck_view(&c, "migration_info", "", "{}");
    free(state);
    free(info);
    free(text);
}

START_TEST(a_saved_running_state_with_votes_and_records_is_a_genesis)
{
    contract_close(&c);
    contract_open(&c, "v3.14");
    contract_ok(&c, "bob", "vote_new_parameters", NOTHING, contract_proposal(6, 3, contract_members, 3));
    contract_ok(&c, "alice", "vote_new_parameters", NOTHING,
                contract_proposal(6, 3, contract_without_carol, 2));
    contract_ok(&c, "carol", "start_node_migration", ONE, contract_destination("carol", "2"));
    contract_ok(&c, "bob", "register_backup_service", ONE, "{'backup_service_info':{'public_key':'@b'}}");
    ck_round_trip();
    ck_view(&c, "get_tee_accounts", "/0/account_public_key", "'@alice.tls'");
}
END_TEST

START_TEST(a_saved_resharing_state_is_a_genesis)
{
    contract_close(&c);
    contract_open(&c, "v3.14");
    contract_ok(&c, "dave", "prepay_attestation_storage", GRANT_PRICE,
                "{'account_id':'dave.near','grants':1}");
    contract_ok(&c, "dave/node", "submit_participant_info", NOTHING, contract_attestation("dave.tls"));
    contract_vote_all(&c, "alice bob carol dave", contract_proposal(6, 4, contract_with_dave, 3));
    contract_ok(&c, "bob", "vote_cancel_resharing", NOTHING, "{}");
    ck_round_trip();
    ck_view(&c, "get_tee_accounts", "/3/account_id", "'dave.near'");
    contract_close(&c);
    contract_open(&c, "v3.14");
    contract_vote_all(&c, "alice bob carol", contract_proposal(6, 3, contract_members, 2));
    contract_ok(&c, "alice/node", "start_reshare_instance", NOTHING,
                "{'key_event_id':{'epoch_id':6,'domain_id':0,'attempt_id':0}}");
    contract_ok(&c, "carol/node", "vote_reshared", NOTHING,
                "{'key_event_id':{'epoch_id':6,'domain_id':0,'attempt_id':0}}");
    ck_round_trip();
    contract_ok(&c, "alice", "vote_cancel_resharing", NOTHING, "{}");
    contract_ok(&c, "bob", "vote_cancel_resharing", NOTHING, "{}");
    ck_round_trip();
}
END_TEST

#define INITIALIZING(generated)                                                                              \
    "{'Initializing':{'domains':{'domains':[" DOMAIN(0, "CaitSith", 2, "Sign") "," DOMAIN(                   \
        1, "Frost", 2,                                                                                       \
        "Sign") "],'next_domain_id':2},'epoch_id':5,'generated_keys':[" generated                            \
                "],'generating_key':{'epoch_id':5,'domain':" DOMAIN(                                         \
                    1, "Frost", 2,                                                                           \
                    "Sign") ",'parameters':{'participants':{'next_id':1,'participants':[['alice.near',0,"    \
                            "{'url':'u','tls_public_key':'@alice.tls'}]]},'threshold':1},'instance':{'"      \
                            "attempt_id':0,'started_in':9,"                                                  \
                            "'expires_on':40,'completed':[0,2],'public_key':null},'next_attempt_id':1},'"    \
                            "cancel_votes':[1]}}"

START_TEST(a_saved_initializing_state_is_a_genesis)
{
    struct error err;
    ck_assert_ok_err(genesis(INITIALIZING(KEY_0), &err), err);
    ck_view(&c, "state", "", INITIALIZING(KEY_0));
    ck_view(&c, "get_tee_accounts", "/0/account_id", "'alice.near'");
    ck_assert_outcome(genesis(INITIALIZING(KEY_0 "," KEY_0), &err), OUTCOME_VIEW_MALFORMED);
    ck_assert_str_eq(err.text, "state.Initializing.generating_key: all 2 domains have their keys already");
}
END_TEST

START_TEST(domain_votes_of_a_saved_state_come_in_the_order_of_ids)
{
    struct error err;
    contract_close(&c);
    contract_open(&c, "v3.14");
    struct json_object *root = NULL;
    struct json_object *place = NULL;
    const char *state = contract_view(&c, "state", "{}");
    ck_assert_ok(json_parse(state, strlen(state), &json_limits_view, &root, NULL));
    json_object_object_get_ex(root, "Running", &place);
    const char *votes =
        contract_json("{'proposal_by_account':{'10':[" DOMAIN(1, "Frost", 2, "Sign") "],'2':[]}}");
    json_object_object_add(place, "add_domains_votes", json_tokener_parse(votes));
    ck_assert_ok_err(model_genesis(c.model, root, 1, 1, &c.state, &err), err);
    ck_view(&c, "state", "/Running/add_domains_votes",
            "{'proposal_by_account':{'2':[],'10':[" DOMAIN(1, "Frost", 2, "Sign") "]}}");
    /* And those of members who leave go with the resharing; those who stay keep theirs. */
    votes = contract_json("{'proposal_by_account':{'0':[],'2':[]}}");
    json_object_object_add(place, "add_domains_votes", json_tokener_parse(votes));
    ck_assert_ok_err(model_genesis(c.model, root, 1, 1, &c.state, &err), err);
    contract_ok(&c, "alice/node", "submit_participant_info", NOTHING, contract_attestation("alice.tls"));
    contract_ok(&c, "bob/node", "submit_participant_info", NOTHING, contract_attestation("bob.tls"));
    contract_vote_all(&c, "alice bob", contract_proposal(6, 3, contract_without_carol, 2));
    ck_view(&c, "state", "/Resharing/previous_running_state/add_domains_votes",
            "{'proposal_by_account':{'0':[],'2':[]}}");
    contract_reshare(&c, "alice bob", 6);
    ck_view(&c, "state", "/Running/add_domains_votes", "{'proposal_by_account':{'0':[]}}");
    votes = contract_json("{'proposal_by_account':{'4294967296':[]}}");
    json_object_object_add(place, "add_domains_votes", json_tokener_parse(votes));
    ck_assert_outcome(model_genesis(c.model, root, 1, 1, &c.state, &err), OUTCOME_VIEW_MALFORMED);
    json_object_put(root);
}
END_TEST

START_TEST(what_is_wrong_with_a_saved_view_is_told_with_its_place)
{
    static const struct {
        const char *genesis;
        const char *text;
    } cases[] = {
        {"{'state':{'Walking':{}}}", "state: none of Running, Initializing, Resharing"},
        {"{'state':7}", "state: invalid type: integer `7`, expected a state"},
        {"{'state':{'Running':{}}}", "state.Running: missing field `domains`"},
        {"{'state':{'Running':{'domains':{'domains':[],'next_domain_id':-1}}}}",
         "state.Running.domains.next_domain_id: invalid value: integer `-1`, expected u64"},
        {"{'state':{'Running':{'domains':{'domains':[" DOMAIN(
             0, "Frost", 2, "Sign") "],'next_domain_id':1},"
                                    "'keyset':{'epoch_id':1,'domains':[]}}}}",
         "state.Running.keyset.domains: 0 keys for 1 domains"},
        {"{'state':{'Running':{'domains':{'domains':[{'id':0,'protocol':'Frosty'}],'next_domain_id':1}}}}",
         "state.Running.domains.domains[0].protocol: unknown variant `Frosty`, expected one of `CaitSith`, "
         "`Frost`, "
         "`ConfidentialKeyDerivation`, `DamgardEtAl`"},
    };
    struct error err;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        ck_assert_outcome(genesis(cases[i].genesis, &err), OUTCOME_VIEW_MALFORMED);
        ck_assert_str_eq(err.text, cases[i].text);
    }
    ck_assert_ok(genesis("{'state':'NotInitialized'}", &err));
    ck_assert_str_eq(contract_view(&c, "state", "{}"), "(refused)");
}
END_TEST

START_TEST(a_malformed_migration_info_is_refused)
{
#define EMPTY_RUNNING                                                                                        \
    "'state':{'Running':{'domains':{'domains':[],'next_domain_id':0},'keyset':{'epoch_id':1,'domains':[]},"  \
    "'parameters':{'participants':{'next_id':0,'participants':[]},'threshold':0}}}"
    static const char *const infos[] = {"[]",
                                        "{'Not An Account':[null,null]}",
                                        "{'alice.near':[null,null,null]}",
                                        "{'alice.near':[{},null]}",
                                        "{'alice.near':[null,{'signer_account_pk':'ed25519:x'}]}",
                                        "{'alice.near':7}"};
    struct error err;
    char text[1024];
    for (size_t i = 0; i < ARRAY_LEN(infos); i++) {
        snprintf(text, sizeof text, "{" EMPTY_RUNNING ",'migration_info':%s}", infos[i]);
        ck_assert_outcome(genesis(text, &err), OUTCOME_VIEW_MALFORMED);
        ck_assert_text_has(err.text, "migration_info");
    }
    ck_assert_ok_err(genesis("{" EMPTY_RUNNING "}", &err), err);
    ck_assert_ptr_null(model_participant_account(c.model, &c.state, 0));
}
END_TEST

START_TEST(real_views_are_read_and_written_back)
{
    static const char *const files[] = {"contract/state-running.json", "contract/state-resharing.json",
                                        "contract/state-initializing.json"};
    for (size_t i = 0; i < ARRAY_LEN(files); i++) {
        CLEANUP(bytes_free) struct bytes text = {0};
        CLEANUP(json_put_ptr) struct json_object *root = NULL;
        CLEANUP(json_put_ptr) struct json_object *back = NULL;
        struct error err = {0};
        if (!reference_data(files[i], &text))
            return;
        ck_assert_ok(json_parse((const char *)text.data, text.len, &json_limits_view, &root, NULL));
        ck_assert_ok_err(model_genesis(c.model, root, 1000, 1700000000, &c.state, &err), err);
        const char *written = contract_view(&c, "state", "{}");
        ck_assert_ok(json_parse(written, strlen(written), &json_limits_view, &back, NULL));
        ck_assert_msg(json_object_equal(root, back), "%s: %s", files[i], written);
    }
}
END_TEST

START_TEST(the_saved_mainnet_state_is_a_genesis)
{
    CLEANUP(bytes_free) struct bytes text = {0};
    CLEANUP(json_put_ptr) struct json_object *root = NULL;
    struct error err = {0};
    if (!reference_data("contract/mainnet-state.json", &text))
        return;
    ck_assert_ok(json_parse((const char *)text.data, text.len, &json_limits_view, &root, NULL));
    ck_assert_ok_err(model_genesis(c.model, root, 1000, 1700000000, &c.state, &err), err);
    ck_view(&c, "state", "/Running/keyset/epoch_id", "4");
    ck_view(&c, "state", "/Running/keyset/domains/0/attempt", "240");
    ck_view(&c, "state", "/Running/parameters/participants/next_id", "12");
    ck_view(&c, "get_tee_accounts", "/9/account_id", "'stakin-mpc.near'");
    ck_assert_str_eq(model_participant_account(c.model, &c.state, 1), "lifted-mainnet.near");
    contract_ok(&c, "everstake-mpc-1.near", "register_backup_service", ONE,
                "{'backup_service_info':{'public_key':'@b'}}");
}
END_TEST

int main(void)
{
    SUITE_WITH_CASE(suite, tcase, "model_init");
    tcase_add_checked_fixture(tcase, open_new, close_it);
    tcase_add_test(tcase, before_init_only_version_answers);
    tcase_add_test(tcase, init_makes_a_running_network_without_domains);
    tcase_add_test(tcase, init_refuses_bad_parameters_and_configuration);
    tcase_add_test(tcase, init_running_belongs_to_the_contract_and_is_checked_in_order);
    tcase_add_test(tcase, a_genesis_with_init_running_obeys_the_same_rules);
    tcase_add_test(tcase, a_saved_running_state_with_votes_and_records_is_a_genesis);
    tcase_add_test(tcase, a_saved_resharing_state_is_a_genesis);
    tcase_add_test(tcase, a_saved_initializing_state_is_a_genesis);
    tcase_add_test(tcase, domain_votes_of_a_saved_state_come_in_the_order_of_ids);
    tcase_add_test(tcase, what_is_wrong_with_a_saved_view_is_told_with_its_place);
    tcase_add_test(tcase, a_malformed_migration_info_is_refused);
    tcase_add_test(tcase, real_views_are_read_and_written_back);
    tcase_add_test(tcase, the_saved_mainnet_state_is_a_genesis);
    return run_suite(suite);
}
