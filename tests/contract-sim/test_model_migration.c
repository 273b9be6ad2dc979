/* The migration methods: their guards in order, what they do, what they
 * leave alone (contract.md 2.2, 2.3). */
#include <string.h>

#include "tests/support/contract.h"

#define NOT_SIGNER                                                                                           \
    "assertion `left == right` failed: Caller must be the signer account (signer: alice.near, predecessor: " \
    "proxy.near)\n  left: AccountId(\"alice.near\")\n right: AccountId(\"proxy.near\")"
#define NO_DEPOSIT_ENOUGH "Attached deposit is lower than required. Attached: 0, required: 1"
#define BACKUP(name)      "{'backup_service_info':{'public_key':'@" name "'}}"

static struct contract c;

static void open_deployed(void)
{
    contract_open(&c, "v3.14");
}

static void close_it(void)
{
    contract_close(&c);
}

/* In Resharing to {alice, bob, carol, dave}. */
static void enter_resharing_with_dave(void)
{
    contract_ok(&c, "dave", "prepay_attestation_storage", GRANT_PRICE,
                "{'account_id':'dave.near','grants':1}");
    contract_ok(&c, "dave/node", "submit_participant_info", NOTHING, contract_attestation("dave.tls"));
    contract_vote_all(&c, "alice bob carol dave", contract_proposal(6, 4, contract_with_dave, 3));
    ck_view(&c, "state", "/Resharing/resharing_key/epoch_id", "6");
}

START_TEST(register_checks_signer_then_membership_then_deposit)
{
    contract_refused(&c, "alice/op<proxy.near", "register_backup_service", NOTHING, BACKUP("backup"),
                     "panic:CallerNotSigner", NOT_SIGNER);
    contract_refused(&c, "dave", "register_backup_service", NOTHING, BACKUP("backup"),
                     "InvalidState::NotParticipant", "Not a participant: dave.near");
    contract_refused(&c, "alice", "register_backup_service", NOTHING, BACKUP("backup"),
                     "InvalidParameters::InsufficientDeposit", NO_DEPOSIT_ENOUGH);
    contract_ok(&c, "alice", "register_backup_service", ONE, BACKUP("backup"));
    ck_view(&c, "migration_info", "", "{'alice.near':[{'public_key':'@backup'},null]}");
}
END_TEST

START_TEST(registering_again_overwrites_the_key_and_leaves_the_record)
{
    contract_ok(&c, "alice", "start_node_migration", ONE, contract_destination("alice", "2"));
    contract_ok(&c, "alice", "register_backup_service", ONE, BACKUP("one"));
    contract_ok(&c, "alice", "register_backup_service", ONE, BACKUP("two"));
    ck_view(&c, "migration_info", "/alice.near/0/public_key", "'@two'");
    ck_view(&c, "migration_info", "/alice.near/1/signer_account_pk", "'@alice.node2'");
}
END_TEST

START_TEST(a_prospective_participant_may_register_during_resharing)
{
    enter_resharing_with_dave();
    contract_ok(&c, "dave", "register_backup_service", ONE, BACKUP("backup"));
    contract_refused(&c, "eve", "register_backup_service", ONE, BACKUP("backup"),
                     "InvalidState::NotParticipant", "Not a participant: eve.near");
}
END_TEST

START_TEST(by_the_design_documents_only_a_current_participant_may_register)
{
    contract_close(&c);
    contract_open(&c, "design");
    enter_resharing_with_dave();
    contract_refused(&c, "dave", "register_backup_service", ONE, BACKUP("backup"),
                     "InvalidState::NotParticipant", "Not a participant: dave.near");
    contract_ok(&c, "alice", "register_backup_service", NOTHING, BACKUP("backup"));
}
END_TEST

START_TEST(start_checks_signer_then_state_then_membership_then_deposit)
{
    const char *to = contract_destination("alice", "2");
    contract_refused(&c, "alice/op<proxy.near", "start_node_migration", NOTHING, to, "panic:CallerNotSigner",
                     NOT_SIGNER);
    contract_refused(&c, "dave", "start_node_migration", NOTHING, to, "InvalidState::NotParticipant",
                     "Not a participant: dave.near");
    contract_refused(&c, "alice", "start_node_migration", NOTHING, to,
                     "InvalidParameters::InsufficientDeposit", NO_DEPOSIT_ENOUGH);
    contract_ok(&c, "alice", "start_node_migration", ONE, to);
    ck_view(&c, "migration_info", "",
            "{'alice.near':[null,{'signer_account_pk':'@alice.node2','destination_node_info':"
            "{'url':'http://new2.alice.near:80','tls_public_key':'@alice.tls2'}}]}");
    enter_resharing_with_dave();
    contract_refused(&c, "eve", "start_node_migration", NOTHING, contract_destination("alice", "2"),
                     "InvalidState::ProtocolStateNotRunning", "The protocol is not Running.");
}
END_TEST

START_TEST(starting_again_keeps_the_last_destination_only)
{
    contract_ok(&c, "alice", "start_node_migration", ONE, contract_destination("alice", "2"));
    contract_ok(&c, "alice", "start_node_migration", ONE, contract_destination("alice", "3"));
    ck_view(&c, "migration_info", "/alice.near/1/destination_node_info/tls_public_key", "'@alice.tls3'");
}
END_TEST

START_TEST(what_is_attached_beyond_the_minimum_comes_back)
{
    contract_ok(&c, "alice", "start_node_migration", "340282366920938463463374607431768211455",
                contract_destination("alice", "2"));
    char text[U128_TEXT_MAX];
    u128_format(c.outcome.refund, text);
    ck_assert(c.outcome.has_refund);
    ck_assert_str_eq(text, "340282366920938463463374607431768211454");
    ck_assert_str_eq(c.outcome.refund_to.text, "alice.near");
    ck_assert_uint_eq(c.outcome.log_count, 2);
    ck_assert_str_eq((const char *)c.outcome.logs[0].data, "start_node_migration: signer=alice.near");
    ck_assert_str_eq((const char *)c.outcome.logs[1].data,
                     "refund 340282366920938463463374607431768211454 to alice.near");
    contract_ok(&c, "alice", "register_backup_service", ONE, BACKUP("backup"));
    ck_assert(!c.outcome.has_refund);
    /* A whole multiple of 2^64 is an excess too. */
    contract_ok(&c, "alice", "register_backup_service", "18446744073709551617", BACKUP("backup"));
    u128_format(c.outcome.refund, text);
    ck_assert_str_eq(text, "18446744073709551616");
}
END_TEST

START_TEST(cancel_is_not_found_where_the_contract_has_none)
{
    contract_refused(&c, "alice", "cancel_node_migration", ONE, "{}", "MethodNotFound",
                     "MethodResolveError(MethodNotFound)");
    ck_assert_int_eq(c.outcome.kind, MODEL_METHOD_NOT_FOUND);
}
END_TEST

START_TEST(cancel_checks_signer_then_deposit_then_record_and_ignores_its_arguments)
{
    contract_close(&c);
    contract_open(&c, "v3.14+cancel");
    contract_ok(&c, "alice", "register_backup_service", ONE, BACKUP("backup"));
    contract_refused(&c, "alice/op<proxy.near", "cancel_node_migration", NOTHING, "{}",
                     "panic:CallerNotSigner", NOT_SIGNER);
    contract_refused(&c, "alice", "cancel_node_migration", NOTHING, "{}",
                     "InvalidParameters::InsufficientDeposit", NO_DEPOSIT_ENOUGH);
    contract_refused(&c, "alice", "cancel_node_migration", ONE, "{}", "NodeMigrationError::MigrationNotFound",
                     "Node does not have an ongoing recovery");
    contract_ok(&c, "alice", "start_node_migration", ONE, contract_destination("alice", "2"));
    contract_ok(&c, "bob", "start_node_migration", ONE, contract_destination("bob", "2"));
    contract_ok(&c, "alice", "cancel_node_migration", "3", "not JSON at all");
    ck_assert_uint_eq(c.outcome.refund.low, 2);
    ck_view(&c, "migration_info", "/alice.near", "[{'public_key':'@backup'},null]");
    ck_view(&c, "migration_info", "/bob.near/1/signer_account_pk", "'@bob.node2'");
}
END_TEST

START_TEST(cancel_works_in_any_state)
{
    contract_close(&c);
    contract_open(&c, "v3.14+cancel");
    contract_ok(&c, "alice", "start_node_migration", ONE, contract_destination("alice", "2"));
    enter_resharing_with_dave();
    contract_ok(&c, "alice", "cancel_node_migration", ONE, "{}");
    ck_view(&c, "migration_info", "", "{}");
}
END_TEST

#define STALE_KEYSET "{'keyset':{'epoch_id':4,'domains':[]}}"

START_TEST(conclude_checks_in_the_contracts_order)
{
    contract_refused(&c, "alice/node2<proxy.near", "conclude_node_migration", ONE, "{}", "sdk:NoDeposit",
                     "Method conclude_node_migration doesn't accept deposit");
    contract_refused(
        &c, "alice/node2<proxy.near", "conclude_node_migration", NOTHING, "{}", "sdk:Deserialize",
        "Failed to deserialize input from JSON. Error: `missing field `keyset` at line 1 column 2`");
    contract_refused(&c, "alice/node2<proxy.near", "conclude_node_migration", NOTHING, STALE_KEYSET,
                     "panic:CallerNotSigner", NOT_SIGNER);
    contract_refused(&c, "dave/node2", "conclude_node_migration", NOTHING, STALE_KEYSET,
                     "InvalidState::NotParticipant", "Not a participant: dave.near");
    contract_refused(
        &c, "alice/wrong", "conclude_node_migration", NOTHING, STALE_KEYSET,
        "NodeMigrationError::KeysetMismatch",
        "The submitted keyset differs from the expected keyset. Found: Keyset { epoch_id: EpochId(4), "
        "domains: [] }, expected: Keyset { epoch_id: EpochId(5), domains: [KeyForDomain { domain_id: "
        "DomainId(0), key: secp256k1:3tFRb*");
    contract_refused(&c, "alice/wrong", "conclude_node_migration", NOTHING, contract_keyset_args(&c),
                     "NodeMigrationError::MigrationNotFound", "Node does not have an ongoing recovery");
    contract_ok(&c, "alice", "start_node_migration", ONE, contract_destination("alice", "2"));
    contract_refused(
        &c, "alice/wrong", "conclude_node_migration", NOTHING, contract_keyset_args(&c),
        "NodeMigrationError::AccountPublicKeyMismatch",
        "The transaction was submitted by a different public key than expected. Found: PublicKey { data: "
        "[0, *");
    contract_refused(&c, "alice/node2", "conclude_node_migration", NOTHING, contract_keyset_args(&c),
                     "InvalidParameters::InvalidTeeRemoteAttestation",
                     "Invalid TEE Remote Attestation: destination node TEE quote is invalid");
    contract_attest_again(&c, "alice", 2);
    enter_resharing_with_dave();
    contract_refused(&c, "eve", "conclude_node_migration", NOTHING, STALE_KEYSET,
                     "InvalidState::ProtocolStateNotRunning", "The protocol is not Running.");
}
END_TEST

START_TEST(conclude_replaces_url_and_tls_key_and_nothing_else)
{
    contract_ok(&c, "bob", "register_backup_service", ONE, BACKUP("backup"));
    contract_ok(&c, "alice", "start_node_migration", ONE, contract_destination("alice", "2"));
    contract_ok(&c, "bob", "start_node_migration", ONE, contract_destination("bob", "2"));
    contract_attest_again(&c, "bob", 2);
    contract_ok(&c, "bob/node2", "conclude_node_migration", NOTHING, contract_keyset_args(&c));
    ck_view(
        &c, "state", "/Running/parameters",
        "{'participants':{'next_id':3,'participants':["
        "['alice.near',0,{'url':'https://alice.near:80','tls_public_key':'@alice.tls'}],"
        "['bob.near',1,{'url':'http://new2.bob.near:80','tls_public_key':'@bob.tls2'}],"
        "['carol.near',2,{'url':'https://carol.near:80','tls_public_key':'@carol.tls'}]]},'threshold':2}");
    ck_view(&c, "state", "/Running/keyset/epoch_id", "5");
    ck_view(&c, "migration_info", "/bob.near", "[{'public_key':'@backup'},null]");
    ck_view(&c, "migration_info", "/alice.near/1/signer_account_pk", "'@alice.node2'");
    contract_refused(&c, "bob/node2", "conclude_node_migration", NOTHING, contract_keyset_args(&c),
                     "NodeMigrationError::MigrationNotFound", "Node does not have an ongoing recovery");
}
END_TEST

START_TEST(conclude_with_a_stale_keyset_is_refused_and_the_record_stays)
{
    contract_attest_again(&c, "alice", 2);
    contract_ok(&c, "alice", "start_node_migration", ONE, contract_destination("alice", "2"));
    contract_refused(&c, "alice/node2", "conclude_node_migration", NOTHING,
                     contract_json("{'keyset':{'epoch_id':6,'domains':%s}}",
                                   contract_at(&c, "state", "/Running/keyset/domains")),
                     "NodeMigrationError::KeysetMismatch", "The submitted keyset differs*");
    contract_refused(&c, "alice/node2", "conclude_node_migration", NOTHING,
                     "{'keyset':{'epoch_id':5,'domains':[]}}", "NodeMigrationError::KeysetMismatch",
                     "The submitted keyset differs*");
    contract_refused(
        &c, "alice/node2", "conclude_node_migration", NOTHING,
        "{'keyset':{'epoch_id':5,'domains':[{'domain_id':0,'key':{'Ed25519':{"
        "'near_public_key_compressed':'ed25519:11111111111111111111111111111111','edwards_point':"
        "[0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0]}},'attempt':0}]}}",
        "NodeMigrationError::KeysetMismatch", "The submitted keyset differs*");
    ck_view(&c, "migration_info", "/alice.near/1/signer_account_pk", "'@alice.node2'");
}
END_TEST

START_TEST(an_expired_destination_attestation_stops_conclude_at_the_second_it_ends)
{
    contract_attest_again(&c, "alice", 2);
    contract_ok(&c, "alice", "start_node_migration", ONE, contract_destination("alice", "2"));
    c.time_s += 604800;
    contract_refused(&c, "alice/node2", "conclude_node_migration", NOTHING, contract_keyset_args(&c),
                     "InvalidParameters::InvalidTeeRemoteAttestation",
                     "Invalid TEE Remote Attestation: destination node TEE quote is invalid");
    c.time_s -= 1;
    contract_ok(&c, "alice/node2", "conclude_node_migration", NOTHING, contract_keyset_args(&c));
}
END_TEST

START_TEST(concludes_own_checks_can_be_switched_off_one_by_one)
{
    contract_ok(&c, "alice", "start_node_migration", ONE, contract_destination("alice", "2"));
    ck_assert_ok(model_rule_set(c.model, "conclude_checks_signer_key=no", NULL));
    contract_refused(&c, "alice/wrong", "conclude_node_migration", NOTHING, contract_keyset_args(&c),
                     "InvalidParameters::InvalidTeeRemoteAttestation",
                     "Invalid TEE Remote Attestation: destination node TEE quote is invalid");
    ck_assert_ok(model_rule_set(c.model, "conclude_checks_attestation=no", NULL));
    contract_ok(&c, "alice/wrong", "conclude_node_migration", NOTHING, contract_keyset_args(&c));
}
END_TEST

START_TEST(update_url_checks_signer_state_membership_deposit_and_keeps_the_tls_key)
{
    contract_refused(&c, "alice/op<proxy.near", "update_participant_url", NOTHING, "{'url':'http://x'}",
                     "panic:CallerNotSigner", NOT_SIGNER);
    contract_refused(&c, "dave", "update_participant_url", NOTHING, "{'url':'http://x'}",
                     "InvalidState::NotParticipant", "Not a participant: dave.near");
    contract_refused(&c, "alice", "update_participant_url", NOTHING, "{'url':'http://x'}",
                     "InvalidParameters::InsufficientDeposit", NO_DEPOSIT_ENOUGH);
    contract_ok(&c, "alice", "update_participant_url", ONE, "{'url':'http://x'}");
    ck_view(&c, "state", "/Running/parameters/participants/participants/0",
            "['alice.near',0,{'url':'http://x','tls_public_key':'@alice.tls'}]");
    contract_vote_all(
        &c, "alice bob",
        contract_proposal(6, 3,
                          "['alice.near',0,{'url':'http://x','tls_public_key':'@alice.tls'}],"
                          "['bob.near',1,{'url':'https://bob.near:80','tls_public_key':'@bob.tls'}]",
                          2));
    contract_refused(&c, "eve", "update_participant_url", NOTHING, "{'url':'http://x'}",
                     "InvalidState::ProtocolStateNotRunning", "The protocol is not Running.");
}
END_TEST

START_TEST(entering_resharing_clears_records_only_by_the_design_documents)
{
    static const struct {
        const char *profile;
        const char *record;
    } cases[] = {{"design", "null"}, {"v3.14", "'@alice.node2'"}, {"v3.14+cancel", "'@alice.node2'"}};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        contract_close(&c);
        contract_open(&c, cases[i].profile);
        contract_ok(&c, "alice", "register_backup_service", ONE, BACKUP("backup"));
        contract_ok(&c, "alice", "start_node_migration", ONE, contract_destination("alice", "2"));
        contract_vote_all(&c, "alice bob carol", contract_proposal(6, 3, contract_members, 2));
        ck_view(&c, "migration_info", "/alice.near/0/public_key", "'@backup'");
        ck_view(&c, "migration_info", i == 0 ? "/alice.near/1" : "/alice.near/1/signer_account_pk",
                cases[i].record);
        contract_ok(&c, "alice", "vote_cancel_resharing", NOTHING, "{}");
        contract_ok(&c, "bob", "vote_cancel_resharing", NOTHING, "{}");
        ck_view(&c, "migration_info", i == 0 ? "/alice.near/1" : "/alice.near/1/signer_account_pk",
                cases[i].record);
    }
}
END_TEST

START_TEST(the_sweep_drops_both_entries_of_who_left_but_finds_only_registered_accounts)
{
    contract_ok(&c, "carol", "register_backup_service", ONE, BACKUP("backup"));
    contract_ok(&c, "carol", "start_node_migration", ONE, contract_destination("carol", "2"));
    contract_ok(&c, "alice", "register_backup_service", ONE, BACKUP("backup"));
    contract_vote_all(&c, "alice bob", contract_proposal(6, 3, contract_without_carol, 2));
    contract_reshare(&c, "alice bob", 6);
    ck_assert_uint_eq(c.outcome.receipts_scheduled, 6);
    ck_view(&c, "migration_info", "/carol.near/0/public_key", "'@backup'");
    contract_block(&c);
    ck_view(&c, "migration_info", "", "{'alice.near':[{'public_key':'@backup'},null]}");
}
END_TEST

START_TEST(the_sweep_never_finds_a_record_without_a_registration)
{
    contract_ok(&c, "carol", "start_node_migration", ONE, contract_destination("carol", "2"));
    contract_vote_all(&c, "alice bob", contract_proposal(6, 3, contract_without_carol, 2));
    contract_reshare(&c, "alice bob", 6);
    contract_block(&c);
    ck_view(&c, "migration_info", "/carol.near/1/signer_account_pk", "'@carol.node2'");
}
END_TEST

START_TEST(the_sweep_spares_a_prospective_account)
{
    contract_ok(&c, "carol", "register_backup_service", ONE, BACKUP("backup"));
    contract_vote_all(&c, "alice bob", contract_proposal(6, 3, contract_without_carol, 2));
    contract_reshare(&c, "alice bob", 6);
    contract_vote_all(
        &c, "alice bob carol",
        contract_proposal(7, 4,
                          "['alice.near',0,{'url':'https://alice.near:80','tls_public_key':'@alice.tls'}],"
                          "['bob.near',1,{'url':'https://bob.near:80','tls_public_key':'@bob.tls'}],"
                          "['carol.near',3,{'url':'https://carol.near:80','tls_public_key':'@carol.tls'}]",
                          2));
    contract_block(&c);
    ck_view(&c, "migration_info", "/carol.near/0/public_key", "'@backup'");
    ck_assert_uint_eq(model_receipts_pending(c.model, &c.state), 0);
}
END_TEST

START_TEST(the_sweep_is_private)
{
    contract_refused(&c, "alice", "cleanup_orphaned_node_migrations", NOTHING, "{}", "sdk:Private",
                     "Method cleanup_orphaned_node_migrations is private");
    contract_refused(&c, "mpc", "cleanup_orphaned_node_migrations", ONE, "{}", "sdk:NoDeposit",
                     "Method cleanup_orphaned_node_migrations doesn't accept deposit");
    contract_ok(&c, "mpc", "cleanup_orphaned_node_migrations", NOTHING, "{}");
}
END_TEST

START_TEST(migration_info_is_sorted_by_account_whatever_the_order_of_calls)
{
    contract_ok(&c, "carol", "start_node_migration", ONE, contract_destination("carol", "2"));
    contract_ok(&c, "bob", "register_backup_service", ONE, BACKUP("b"));
    contract_ok(&c, "alice", "start_node_migration", ONE, contract_destination("alice", "2"));
    contract_ok(&c, "carol", "register_backup_service", ONE, BACKUP("c"));
    const char *text = contract_view(&c, "migration_info", "{}");
    ck_assert_ptr_eq(strstr(text, "\"alice.near\""), text + 1);
    ck_assert(strstr(text, "\"bob.near\"") < strstr(text, "\"carol.near\""));
    ck_assert_str_eq((const char *)c.outcome.logs[0].data, "migration_info");
    ck_view(&c, "migration_info", "/alice.near/0", "null");
    ck_view(&c, "migration_info", "/bob.near/1", "null");
}
END_TEST

int main(void)
{
    SUITE_WITH_CASE(suite, tcase, "model_migration");
    tcase_add_checked_fixture(tcase, open_deployed, close_it);
    tcase_add_test(tcase, register_checks_signer_then_membership_then_deposit);
    tcase_add_test(tcase, registering_again_overwrites_the_key_and_leaves_the_record);
    tcase_add_test(tcase, a_prospective_participant_may_register_during_resharing);
    tcase_add_test(tcase, by_the_design_documents_only_a_current_participant_may_register);
    tcase_add_test(tcase, start_checks_signer_then_state_then_membership_then_deposit);
    tcase_add_test(tcase, starting_again_keeps_the_last_destination_only);
    tcase_add_test(tcase, what_is_attached_beyond_the_minimum_comes_back);
    tcase_add_test(tcase, cancel_is_not_found_where_the_contract_has_none);
    tcase_add_test(tcase, cancel_checks_signer_then_deposit_then_record_and_ignores_its_arguments);
    tcase_add_test(tcase, cancel_works_in_any_state);
    tcase_add_test(tcase, conclude_checks_in_the_contracts_order);
    tcase_add_test(tcase, conclude_replaces_url_and_tls_key_and_nothing_else);
    tcase_add_test(tcase, conclude_with_a_stale_keyset_is_refused_and_the_record_stays);
    tcase_add_test(tcase, an_expired_destination_attestation_stops_conclude_at_the_second_it_ends);
    tcase_add_test(tcase, concludes_own_checks_can_be_switched_off_one_by_one);
    tcase_add_test(tcase, update_url_checks_signer_state_membership_deposit_and_keeps_the_tls_key);
    tcase_add_test(tcase, entering_resharing_clears_records_only_by_the_design_documents);
    tcase_add_test(tcase, the_sweep_drops_both_entries_of_who_left_but_finds_only_registered_accounts);
    tcase_add_test(tcase, the_sweep_never_finds_a_record_without_a_registration);
    tcase_add_test(tcase, the_sweep_spares_a_prospective_account);
    tcase_add_test(tcase, the_sweep_is_private);
    tcase_add_test(tcase, migration_info_is_sorted_by_account_whatever_the_order_of_calls);
    return run_suite(suite);
}
