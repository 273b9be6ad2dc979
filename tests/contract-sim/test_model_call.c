/* The wrapper around every method, arguments in serde's words, views, and the model's own
 * promises (contract.md 2.1, 5). */
#include "common/utf8.h"
#include "tests/support/contract.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct contract c;

static void open_deployed(void)
{
    contract_open(&c, "v3.14");
}

static void close_it(void)
{
    contract_close(&c);
}

/* What serde says, without the SDK's frame. */
static void ck_detail(const char *method, const char *args, const char *detail)
{
    char text[600];
    snprintf(text, sizeof text, "Failed to deserialize input from JSON. Error: `%s`", detail);
    contract_refused(&c, "alice", method, NOTHING, args, "sdk:Deserialize", text);
}

START_TEST(an_unknown_method_is_not_found_whatever_it_carries)
{
    contract_refused(&c, "alice<proxy.near", "vote_for_pizza", ONE, "[", "MethodNotFound",
                     "MethodResolveError(MethodNotFound)");
    contract_refused(&c, "alice", "", NOTHING, "{}", "MethodNotFound", "MethodResolveError(MethodNotFound)");
    ck_assert_str_eq(contract_view(&c, "vote_for_pizza", "{}"), "(refused)");
    ck_assert_int_eq(c.outcome.kind, MODEL_METHOD_NOT_FOUND);
}
END_TEST

START_TEST(a_deposit_is_refused_before_the_arguments_are_read)
{
    contract_refused(&c, "alice", "vote_new_parameters", ONE, "[", "sdk:NoDeposit",
                     "Method vote_new_parameters doesn't accept deposit");
    contract_refused(&c, "alice", "vote_new_parameters", "18446744073709551616", "[", "sdk:NoDeposit",
                     "Method vote_new_parameters doesn't accept deposit");
}
END_TEST

START_TEST(arguments_are_refused_in_serdes_words_at_serdes_place)
{
    ck_detail("update_participant_url", "", "EOF while parsing a value at line 1 column 0");
    ck_detail("update_participant_url", "{}", "missing field `url` at line 1 column 2");
    ck_detail("update_participant_url", "{\n 'other': 1\n}", "missing field `url` at line 3 column 1");
    ck_detail("update_participant_url", "[1]",
              "invalid type: sequence, expected struct Input at line 1 column 0");
    ck_detail("update_participant_url", "{'url':null}",
              "invalid type: null, expected a string at line 1 column 11");
    ck_detail("update_participant_url", "{'url':true}",
              "invalid type: boolean `true`, expected a string at line 1 column 11");
    ck_detail("update_participant_url", "{'url':1.5}",
              "invalid type: floating point `1.5`, expected a string at line 1 column 10");
    ck_detail("update_participant_url", "{'x':['}',{'y':'\\\\','z':[]}], 'url' : {}}",
              "invalid type: map, expected a string at line 1 column 38");
    ck_detail("prepay_attestation_storage", "{'account_id':'a.near','grants':4294967296}",
              "invalid value: integer `4294967296`, expected u32 at line 1 column 42");
    ck_detail("prepay_attestation_storage", "{'account_id':'a.near','grants':'1'}",
              "invalid type: string \"1\", expected u32 at line 1 column 35");
    ck_detail("prepay_attestation_storage", "{'account_id':'A.near','grants':1}",
              "the account ID is invalid at line 1 column 22");
    ck_detail("vote_reshared", "{'key_event_id':{'epoch_id':-1,'domain_id':0,'attempt_id':0}}",
              "invalid value: integer `-1`, expected u64 at line 1 column 30");
    ck_detail("vote_reshared", "{'key_event_id':{'epoch_id':1,'domain_id':0}}",
              "missing field `attempt_id` at line 1 column 44");
}
END_TEST

START_TEST(a_long_text_in_a_refusal_is_cut_between_characters)
{
    char args[2000] = "{'account_id':'a.near','grants':'x";
    for (size_t i = strlen(args); i < 1900; i += 2)
        memcpy(args + i, "é", 3);
    strcat(args, "'}");
    contract_refused(&c, "alice", "prepay_attestation_storage", ONE, args, "sdk:Deserialize",
                     "Failed to deserialize input from JSON. Error: `invalid type: string \"xéé*");
    ck_assert(utf8_valid(c.outcome.text.data, c.outcome.text.len));
}
END_TEST

START_TEST(keys_are_refused_with_the_reason)
{
    static const struct {
        const char *key;
        const char *reason;
    } cases[] = {
        {"x", "missing ':' separator"},
        {"secp256k1:11111111111111111111111111111111", "wrong prefix"},
        {"ed25519:0OIl", "invalid bs58 encoding"},
        {"ed25519:1111", "invalid key length"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        char args[200];
        char detail[200];
        snprintf(args, sizeof args, "{'backup_service_info':{'public_key':'%s'}}", cases[i].key);
        snprintf(detail, sizeof detail, "%s at line 1 column %zu", cases[i].reason, strlen(args) - 2);
        ck_detail("register_backup_service", args, detail);
    }
}
END_TEST

START_TEST(participants_are_read_strictly)
{
#define PROPOSE(participants)                                                                                \
    "{'prospective_epoch_id':6,'proposal':{'parameters':{'participants':{'next_id':3,'participants'"         \
    ":" participants "},'threshold':2}}}"
    ck_detail("vote_new_parameters", PROPOSE("[['a.near',0]]"),
              "invalid length 2, expected a tuple of size 3 at line 1 column 108");
    ck_detail("vote_new_parameters", PROPOSE("{}"),
              "invalid type: map, expected a sequence at line 1 column 95");
    ck_detail("vote_new_parameters", PROPOSE("[['a.near',0,{'url':'u'}]]"),
              "missing field `tls_public_key` at line 1 column 119");
    ck_detail("vote_new_parameters", "{'prospective_epoch_id':6,'proposal':{'threshold':2}}",
              "missing field `parameters` at line 1 column 52");
    ck_detail(
        "vote_new_parameters",
        "{'prospective_epoch_id':6,'proposal':{'parameters':{'participants':{'next_id':0,'participants':[]},"
        "'threshold':0},'per_domain_thresholds':[]}}",
        "invalid type: sequence, expected a map at line 1 column 138");
}
END_TEST

START_TEST(sign_pk_is_read_where_the_design_documents_rule)
{
#define START_WITH(name)                                                                                     \
    "{'destination_node_info':{'signer_account_pk':'@a','destination_node_info':{'url':'u','" name "':'@b'}" \
    "}}"
    contract_refused(
        &c, "alice", "start_node_migration", ONE, START_WITH("sign_pk"), "sdk:Deserialize",
        "Failed to deserialize input from JSON. Error: `missing field `tls_public_key` at line 1 *");
    contract_ok(&c, "alice", "start_node_migration", ONE, START_WITH("tls_public_key"));
    contract_close(&c);
    contract_open(&c, "design");
    contract_ok(&c, "alice", "start_node_migration", NOTHING, START_WITH("sign_pk"));
    ck_view(&c, "migration_info", "/alice.near/1/destination_node_info", "{'url':'u','tls_public_key':'@b'}");
    contract_ok(&c, "alice", "start_node_migration", NOTHING, START_WITH("tls_public_key"));
}
END_TEST

START_TEST(attestations_are_read_strictly)
{
#define SUBMIT(form) "{'proposed_participant_attestation':" form ",'tls_public_key':'@t'}"
    ck_detail(
        "submit_participant_info", SUBMIT("{'Mock':'Maybe'}"),
        "unknown variant `Maybe`, expected one of `Valid`, `Invalid`, `WithConstraints` at line 1 column 51");
    ck_detail("submit_participant_info", SUBMIT("{'Mock':{}}"),
              "unknown variant, expected one of `Valid`, `Invalid`, `WithConstraints` at line 1 column 46");
    ck_detail("submit_participant_info", SUBMIT("{'Mock':7}"),
              "invalid type: integer `7`, expected enum MockAttestation at line 1 column 45");
    ck_detail("submit_participant_info", SUBMIT("{'Real':{}}"),
              "unknown variant, expected `Dstack` or `Mock` at line 1 column 47");
    ck_detail("submit_participant_info", SUBMIT("{'Mock':'Valid','Dstack':{}}"),
              "an object with one member, the variant, expected at line 1 column 64");
    ck_detail("submit_participant_info", SUBMIT("{'Mock':{'WithConstraints':{},'Valid':{}}}"),
              "an object with one member, the variant, expected at line 1 column 77");
    ck_detail("submit_participant_info",
              SUBMIT("{'Mock':{'WithConstraints':{'mpc_docker_image_hash':'ff'}}}"),
              "invalid hash, expected 64 hexadecimal digits at line 1 column 92");
    ck_detail("submit_participant_info", SUBMIT("{'Mock':{'WithConstraints':7}}"),
              "invalid type: integer `7`, expected struct variant MockAttestation::WithConstraints at line 1 "
              "column 64");
}
END_TEST

START_TEST(json_that_is_none_never_gets_in)
{
    static const char *const bad[] = {"{", "{'url':'x'} extra", "{'url':NaN}", "{'url':'x','url':'y'}",
                                      "{url:1}"};
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        contract_refused(&c, "alice", "update_participant_url", ONE, bad[i], "sdk:Deserialize",
                         "Failed to deserialize input from JSON. Error: `*");
    char deep[300];
    memset(deep, '[', sizeof deep - 1);
    deep[sizeof deep - 1] = 0;
    contract_refused(&c, "alice", "update_participant_url", ONE, deep, "sdk:Deserialize",
                     "Failed to deserialize input from JSON. Error: `*");
}
END_TEST

START_TEST(a_member_named_with_escapes_is_found_all_the_same)
{
    contract_refused(
        &c, "alice", "update_participant_url", ONE, "{'u\\u0072l':7}", "sdk:Deserialize",
        "Failed to deserialize input from JSON. Error: `invalid type: integer `7`, expected a string at *");
    contract_ok(&c, "alice", "update_participant_url", ONE, "{'u\\u0072l':'http://x'}");
}
END_TEST

START_TEST(unknown_members_and_missing_options_are_fine)
{
    contract_ok(&c, "alice", "update_participant_url", ONE, "{'more':{'of':['that']},'url':'http://y/é'}");
    ck_view(&c, "state", "/Running/parameters/participants/participants/0/2/url", "'http://y/é'");
}
END_TEST

START_TEST(a_call_asked_as_a_view_is_prohibited)
{
    static const struct {
        const char *method;
        const char *host_function;
    } cases[] = {
        {"conclude_node_migration", "attached_deposit"},
        {"register_backup_service", "signer_account_id"},
        {"cleanup_orphaned_node_migrations", "predecessor_account_id"},
        {"init_running", "predecessor_account_id"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        contract_view(&c, cases[i].method, "{}");
        ck_assert_int_eq(c.outcome.kind, MODEL_PROHIBITED_IN_VIEW);
        ck_assert_str_eq(c.outcome.error, "ProhibitedInView");
        ck_assert_str_eq((const char *)c.outcome.text.data, cases[i].host_function);
    }
}
END_TEST

START_TEST(a_view_called_in_a_transaction_answers_and_takes_any_deposit)
{
    struct model_state before = c.state;
    contract_call(&c, "eve<proxy.near", "version", ONE, "ignored");
    ck_assert_int_eq(c.outcome.kind, MODEL_OK);
    ck_assert_str_eq((const char *)c.outcome.value.data, "\"3.14.0\"");
    ck_assert(model_state_equal(&before, &c.state));
}
END_TEST

START_TEST(a_view_with_bad_arguments_panics)
{
    contract_view(&c, "get_attestation", "{}");
    ck_assert_int_eq(c.outcome.kind, MODEL_PANIC);
    ck_assert_str_eq(
        (const char *)c.outcome.text.data,
        "Failed to deserialize input from JSON. Error: `missing field `tls_public_key` at line 1 column 2`");
}
END_TEST

START_TEST(config_has_every_number_in_order)
{
    ck_assert_str_eq(
        contract_view(&c, "config", "{}"),
        contract_json("{'key_event_timeout_blocks':30,'tee_upgrade_deadline_duration_seconds':604800,"
                      "'contract_upgrade_deposit_tera_gas':50,"
                      "'sign_call_gas_attachment_requirement_tera_gas':15,"
                      "'ckd_call_gas_attachment_requirement_tera_gas':15,"
                      "'return_signature_and_clean_state_on_success_call_tera_gas':7,"
                      "'return_ck_and_clean_state_on_success_call_tera_gas':7,"
                      "'fail_on_timeout_tera_gas':2,'fail_attestation_submission_tera_gas':2,"
                      "'clean_tee_status_tera_gas':10,'clean_invalid_attestations_tera_gas':15,"
                      "'cleanup_orphaned_node_migrations_tera_gas':4,"
                      "'remove_non_participant_update_votes_tera_gas':5,"
                      "'clean_foreign_chain_data_tera_gas':5,"
                      "'remove_non_participant_tee_verifier_votes_tera_gas':5,'verifier_tera_gas':200,"
                      "'resolve_verification_tera_gas':60,'launcher_hash_unused_ttl_seconds':1209600,"
                      "'attestation_storage_fee_millinear':20}"));
}
END_TEST

START_TEST(what_nothing_here_fills_is_shown_empty)
{
    ck_assert_str_eq(contract_view(&c, "proposed_updates", "{}"), "{\"votes\":{},\"updates\":{}}");
    ck_assert_str_eq(contract_view(&c, "tee_verifier_account_id", "{}"), "null");
    ck_assert_str_eq(contract_view(&c, "allowed_os_measurements", "{}"), "[]");
    ck_assert_str_eq(contract_view(&c, "os_measurement_votes", "{}"), "{\"vote_by_account\":{}}");
    contract_close(&c);
    contract_open_new(&c, "v3.14");
    ck_assert_str_eq(contract_view(&c, "proposed_updates", "{}"), "(refused)");
    ck_assert_str_eq(contract_view(&c, "version", "{}"), "\"3.14.0\"");
}
END_TEST

START_TEST(profiles_and_rules_are_named)
{
    struct error err = {0};
    struct model *model = NULL;
    ck_assert_str_eq(model_profile_name(0), "design");
    ck_assert_str_eq(model_profile_name(1), "v3.14");
    ck_assert_str_eq(model_profile_name(2), "v3.14+cancel");
    ck_assert_ptr_null(model_profile_name(3));
    ck_assert_outcome(model_new("v3", "mpc.near", &model, &err), OUTCOME_CONFIG_INVALID);
    ck_assert_str_eq(err.text, "no profile \"v3\"; there are design, v3.14, v3.14+cancel");
    ck_assert_outcome(model_new("design", "MPC", &model, &err), OUTCOME_ACCOUNT_ID_INVALID);
    ck_assert_str_eq(model_contract_id(c.model), "mpc.near");
}
END_TEST

/* contract.md 0.2, column by column. */
START_TEST(each_profile_has_its_rules)
{
    static const char *const profiles[][2] = {
        {"design",
         "clear_migrations_on_leaving_running=yes\nhas_cancel_node_migration=yes\nmin_node_mgmt_deposit=0\n"
         "register_allows_prospective=no\nconclude_checks_signer_key=yes\n"
         "conclude_checks_attestation=yes\nattestation_grants_required=no\njson_dialect=sign_pk\n"
         "proposal_without_wrapper=yes\nlatest_code_hash_served=yes\nstrict_tls_binding=no\n"},
        {"v3.14",
         "clear_migrations_on_leaving_running=no\nhas_cancel_node_migration=no\nmin_node_mgmt_deposit=1\n"
         "register_allows_prospective=yes\nconclude_checks_signer_key=yes\n"
         "conclude_checks_attestation=yes\nattestation_grants_required=yes\njson_dialect=tls_public_key\n"
         "proposal_without_wrapper=no\nlatest_code_hash_served=no\nstrict_tls_binding=no\n"},
        {"v3.14+cancel",
         "clear_migrations_on_leaving_running=no\nhas_cancel_node_migration=yes\nmin_node_mgmt_deposit=1\n"
         "register_allows_prospective=yes\nconclude_checks_signer_key=yes\n"
         "conclude_checks_attestation=yes\nattestation_grants_required=yes\njson_dialect=tls_public_key\n"
         "proposal_without_wrapper=no\nlatest_code_hash_served=no\nstrict_tls_binding=no\n"},
    };
    for (size_t i = 0; i < ARRAY_LEN(profiles); i++) {
        CLEANUP(bytes_free) struct bytes rules = {0};
        CLEANUP(model_free_ptr) struct model *model = NULL;
        ck_assert_ok(model_new(profiles[i][0], "mpc.near", &model, NULL));
        ck_assert_ok(model_rules_write(model, &rules));
        ck_assert_str_eq((const char *)rules.data, profiles[i][1]);
    }
}
END_TEST

START_TEST(a_panic_of_rust_says_where)
{
    contract_refused(
        &c, "alice<proxy.near", "vote_cancel_resharing", NOTHING, "{}", "panic:CallerNotSigner",
        "assertion `left == right` failed: Caller must be the signer account (signer: alice.near, "
        "predecessor: proxy.near)\n  left: AccountId(\"alice.near\")\n right: "
        "AccountId(\"proxy.near\")");
    ck_assert_text_has((const char *)c.outcome.text.data,
                       "panicked at crates/contract/src/api/authorization.rs:85:9:\nassertion `left");
}
END_TEST

START_TEST(a_rule_that_cannot_be_set_says_what_can)
{
    struct error err = {0};
    ck_assert_outcome(model_rule_set(c.model, "has_cancel_node_migration", &err), OUTCOME_CONFIG_INVALID);
    ck_assert_str_eq(err.text, "rule \"has_cancel_node_migration\" is not NAME=VALUE");
    ck_assert_outcome(model_rule_set(c.model, "has_cancel_node_migration=maybe", &err),
                      OUTCOME_CONFIG_INVALID);
    ck_assert_str_eq(err.text, "rule has_cancel_node_migration is no or yes, not \"maybe\"");
    ck_assert_outcome(model_rule_set(c.model, "min_node_mgmt_deposit=18446744073709551616", &err),
                      OUTCOME_CONFIG_INVALID);
    ck_assert_text_has(err.text, "below 2^64");
    ck_assert_outcome(model_rule_set(c.model, "pizza=yes", &err), OUTCOME_CONFIG_INVALID);
    ck_assert_text_has(err.text,
                       "no rule \"pizza\"; there are clear_migrations_on_leaving_running has_cancel");
    ck_assert_text_has(err.text, "json_dialect");
    ck_assert_outcome(model_rule_set(c.model, "jason_dialect=sign_pk", &err), OUTCOME_CONFIG_INVALID);
    ck_assert_str_eq(err.text, "no rule \"jason_dialect\"; did you mean json_dialect?");
    ck_assert_outcome(model_rule_set(c.model, "clear_migration_on_leaving_running=no", &err),
                      OUTCOME_CONFIG_INVALID);
    ck_assert_text_has(err.text, "did you mean clear_migrations_on_leaving_running?");
}
END_TEST

START_TEST(the_words_of_the_table_are_listed)
{
    size_t methods = 0, views = 0, errors = 0;
    for (; model_method_name(methods); methods++)
        views += model_method_is_view(methods);
    while (model_error_name(errors))
        errors++;
    ck_assert_str_eq(model_method_name(0), "init");
    ck_assert(!model_method_is_view(0));
    ck_assert_str_eq(model_method_name(methods - 1), "os_measurement_votes");
    ck_assert(model_method_is_view(methods - 1));
    ck_assert_str_eq(model_error_name(0), "sdk:Private");
    ck_assert_str_eq(model_error_name(errors - 1), "ProhibitedInView");
    ck_assert_uint_ge(methods, 45);
    ck_assert_uint_ge(views, 16);
}
END_TEST

START_TEST(each_rule_stands_alone)
{
    ck_assert_ok(model_rule_set(c.model, "has_cancel_node_migration=yes", NULL));
    ck_assert_ok(model_rule_set(c.model, "min_node_mgmt_deposit=7", NULL));
    contract_refused(&c, "alice", "cancel_node_migration", "6", "{}",
                     "InvalidParameters::InsufficientDeposit",
                     "Attached deposit is lower than required. Attached: 6, required: 7");
    ck_assert_ok(model_rule_set(c.model, "attestation_grants_required=no", NULL));
    contract_ok(&c, "dave/node", "submit_participant_info", NOTHING, contract_attestation("dave.tls"));
    ck_assert_ok(model_rule_set(c.model, "has_cancel_node_migration=no", NULL));
    contract_refused(&c, "alice", "cancel_node_migration", "7", "{}", "MethodNotFound",
                     "MethodResolveError(MethodNotFound)");
    ck_assert_ok(model_rule_set(c.model, "json_dialect=sign_pk", NULL));
    ck_assert_ok(model_rule_set(c.model, "min_node_mgmt_deposit=0", NULL));
    contract_ok(&c, "alice", "start_node_migration", NOTHING,
                "{'destination_node_info':{'signer_account_pk':'@alice.node2','destination_node_info':"
                "{'url':'u','sign_pk':'@alice.tls2'}}}");
    contract_refused(&c, "alice", "vote_new_parameters", NOTHING, "{'prospective_epoch_id':6,'proposal':{}}",
                     "sdk:Deserialize",
                     "Failed to deserialize input from JSON. Error: `missing field `parameters` at line 1 *");
}
END_TEST

START_TEST(equal_ways_lead_to_equal_states)
{
    struct model_state start = c.state;
    contract_ok(&c, "alice", "register_backup_service", ONE, "{'backup_service_info':{'public_key':'@a'}}");
    contract_ok(&c, "bob", "start_node_migration", ONE, contract_destination("bob", "2"));
    struct model_state one = c.state;
    c.state = start;
    contract_ok(&c, "bob", "start_node_migration", ONE, contract_destination("bob", "2"));
    ck_assert(!model_state_equal(&one, &c.state));
    contract_ok(&c, "alice", "register_backup_service", ONE, "{'backup_service_info':{'public_key':'@a'}}");
    ck_assert(model_state_equal(&one, &c.state));
}
END_TEST

START_TEST(a_state_and_the_pools_items_are_all_that_has_to_be_stored)
{
    struct model *other = NULL;
    struct error err = {0};
    contract_ok(&c, "bob", "start_node_migration", ONE, contract_destination("bob", "2"));
    char *written = strdup(contract_view(&c, "state", "{}"));
    char *info = strdup(contract_view(&c, "migration_info", "{}"));
    ck_assert_ok_err(model_new("v3.14", "mpc.near", &other, &err), err);
    /* A new model knows its own contract id already; the items behind that are given back in order. */
    const void *data;
    size_t len;
    for (size_t i = model_pool_count(other); i < model_pool_count(c.model); i++) {
        model_pool_item(c.model, i, &data, &len);
        ck_assert_ok(model_pool_restore(other, data, len));
    }
    ck_assert_outcome(model_pool_restore(other, data, len), OUTCOME_STORE_CORRUPT);
    model_free(c.model);
    c.model = other;
    ck_assert_str_eq(contract_view(&c, "state", "{}"), written);
    ck_assert_str_eq(contract_view(&c, "migration_info", "{}"), info);
    free(written);
    free(info);
}
END_TEST

START_TEST(handles_of_another_pool_name_nothing)
{
    struct model_state foreign;
    memset(&foreign, 0xff, sizeof foreign);
    ck_assert_uint_eq(model_receipts_pending(c.model, &foreign), 0);
    ck_assert_ptr_null(model_participant_account(c.model, &foreign, 0));
}
END_TEST

int main(void)
{
    SUITE_WITH_CASE(suite, tcase, "model_call");
    tcase_add_checked_fixture(tcase, open_deployed, close_it);
    tcase_add_test(tcase, an_unknown_method_is_not_found_whatever_it_carries);
    tcase_add_test(tcase, a_deposit_is_refused_before_the_arguments_are_read);
    tcase_add_test(tcase, arguments_are_refused_in_serdes_words_at_serdes_place);
    tcase_add_test(tcase, a_long_text_in_a_refusal_is_cut_between_characters);
    tcase_add_test(tcase, keys_are_refused_with_the_reason);
    tcase_add_test(tcase, participants_are_read_strictly);
    tcase_add_test(tcase, sign_pk_is_read_where_the_design_documents_rule);
    tcase_add_test(tcase, attestations_are_read_strictly);
    tcase_add_test(tcase, json_that_is_none_never_gets_in);
    tcase_add_test(tcase, a_member_named_with_escapes_is_found_all_the_same);
    tcase_add_test(tcase, unknown_members_and_missing_options_are_fine);
    tcase_add_test(tcase, a_call_asked_as_a_view_is_prohibited);
    tcase_add_test(tcase, a_view_called_in_a_transaction_answers_and_takes_any_deposit);
    tcase_add_test(tcase, a_view_with_bad_arguments_panics);
    tcase_add_test(tcase, config_has_every_number_in_order);
    tcase_add_test(tcase, what_nothing_here_fills_is_shown_empty);
    tcase_add_test(tcase, profiles_and_rules_are_named);
    tcase_add_test(tcase, each_profile_has_its_rules);
    tcase_add_test(tcase, a_panic_of_rust_says_where);
    tcase_add_test(tcase, a_rule_that_cannot_be_set_says_what_can);
    tcase_add_test(tcase, the_words_of_the_table_are_listed);
    tcase_add_test(tcase, each_rule_stands_alone);
    tcase_add_test(tcase, equal_ways_lead_to_equal_states);
    tcase_add_test(tcase, a_state_and_the_pools_items_are_all_that_has_to_be_stored);
    tcase_add_test(tcase, handles_of_another_pool_name_nothing);
    return run_suite(suite);
}
