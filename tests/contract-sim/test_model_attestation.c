/* The attestation store, its grants and its sweep (contract.md 3). */
#include <string.h>

#include "tests/support/contract.h"

#define INVALID      "AttestationSubmissionError::InvalidAttestation"
#define REASON(text) "the submitted attestation failed verification, reason: " text
#define HASH         "'00000000000000000000000000000000000000000000000000000000000000ff'"
#define NOW          1700000000
#define WEEK         604800

static struct contract c;

static void open_deployed(void)
{
    contract_open(&c, "v3.14");
}

static void close_it(void)
{
    contract_close(&c);
}

static const char *mock(const char *form, const char *tls_key)
{
    return contract_json("{'proposed_participant_attestation':{'Mock':%s},'tls_public_key':'@%s'}", form,
                         tls_key);
}

static void submit_refused(const char *who, const char *args, const char *error, const char *text)
{
    contract_refused(&c, who, "submit_participant_info", NOTHING, args, error, text);
}

static void ck_grants(const char *account, const char *expected)
{
    ck_assert_str_eq(
        contract_view(&c, "available_attestation_grants", contract_json("{'account_id':'%s'}", account)),
        expected);
}

static void ck_attestation(const char *tls_key, const char *expected)
{
    const char *args = contract_json("{'tls_public_key':'@%s'}", tls_key);
    ck_assert_str_eq(contract_view(&c, "get_attestation", args), contract_json("%s", expected));
}

START_TEST(submission_checks_in_the_contracts_order)
{
    contract_refused(&c, "dave/node<proxy.near", "submit_participant_info", ONE,
                     mock("'Invalid'", "alice.tls"), "sdk:NoDeposit",
                     "Method submit_participant_info doesn't accept deposit");
    submit_refused(
        "dave/node<proxy.near", mock("'Invalid'", "alice.tls"), "panic:CallerNotSigner",
        "assertion `left == right` failed: Caller must be the signer account (signer: dave.near, *");
    submit_refused(
        "dave/node", mock("'Invalid'", "alice.tls"), "AttestationSubmissionError::TlsKeyOwnedByOtherAccount",
        "TLS public key is already registered to a different account; only the owning account may update it");
    submit_refused(
        "dave/node", mock("'Invalid'", "dave.tls"), "InvalidParameters::NoAttestationStorageGrant",
        "no attestation storage grant available for dave.near; prepay one with prepay_attestation_storage");
    contract_ok(&c, "alice", "prepay_attestation_storage", GRANT_PRICE,
                "{'account_id':'dave.near','grants':1}");
    submit_refused("dave/node", mock("'Invalid'", "dave.tls"), INVALID, REASON("InvalidMockAttestation"));
    submit_refused(
        "dave/node",
        contract_json(
            "{'proposed_participant_attestation':{'Dstack':{'quote':[],'collateral':{},'tcb_info':{}}},"
            "'tls_public_key':'@dave.tls'}"),
        "TeeError::VerifierNotConfigured",
        "No TEE verifier is configured yet. Participants must vote one in via "
        "vote_tee_verifier_change before Dstack attestations can be submitted.");
    ck_grants("dave.near", "1");
    contract_ok(&c, "dave/node", "submit_participant_info", NOTHING, mock("'Valid'", "dave.tls"));
    ck_grants("dave.near", "0");
}
END_TEST

START_TEST(a_secp256k1_signer_is_refused_before_the_store_is_looked_at)
{
    struct model_context context = {.block_height = 1000, .block_time_s = NOW};
    const char *args = mock("'Valid'", "bob.tls");
    ck_assert(account_id_set(&context.signer, "alice.near", 10));
    context.predecessor = context.signer;
    context.signer_public_key.type = NEAR_KEY_SECP256K1;
    context.signer_public_key.bytes[0] = 1;
    model_outcome_free(&c.outcome);
    ck_assert_ok(model_call(c.model, &c.state, &context, "submit_participant_info", args, strlen(args),
                            &c.state, &c.outcome));
    ck_assert_str_eq(c.outcome.error, "InvalidParameters::InvalidTeeRemoteAttestation");
    ck_assert_str_eq(model_outcome_message(&c.outcome),
                     "Invalid TEE Remote Attestation: signer account key must be Ed25519");
    /* And where such a key concludes, the refusal says which curve it is of. */
    contract_ok(&c, "alice", "start_node_migration", ONE, contract_destination("alice", "2"));
    args = contract_keyset_args(&c);
    model_outcome_free(&c.outcome);
    ck_assert_ok(model_call(c.model, &c.state, &context, "conclude_node_migration", args, strlen(args),
                            &c.state, &c.outcome));
    ck_assert_text_has(model_outcome_message(&c.outcome), "Found: PublicKey { data: [1, 1, 0, ");
}
END_TEST

START_TEST(what_a_mock_constrains_is_checked_image_first_then_compose_expiry_measurements)
{
    submit_refused("alice/node",
                   mock("{'WithConstraints':{'mpc_docker_image_hash':" HASH
                        ",'launcher_docker_compose_hash':" HASH
                        ",'expiry_timestamp_seconds':1,'expected_measurements':{}}}",
                        "alice.tls"),
                   INVALID, REASON("Custom(\"the allowed mpc image hashes list is empty\")"));
    submit_refused("alice/node",
                   mock("{'WithConstraints':{'launcher_docker_compose_hash':" HASH
                        ",'expiry_timestamp_seconds':1,'expected_measurements':{}}}",
                        "alice.tls"),
                   INVALID, REASON("Custom(\"the allowed mpc launcher compose hashes list is empty\")"));
    submit_refused(
        "alice/node",
        mock("{'WithConstraints':{'expiry_timestamp_seconds':1700000000,'expected_measurements':{}}}",
             "alice.tls"),
        INVALID, REASON("ExpiredCertificate { attestation_time: 1700000000, expiry_time: 1700000000 }"));
    submit_refused(
        "alice/node",
        mock("{'WithConstraints':{'expiry_timestamp_seconds':1700000001,'expected_measurements':{}}}",
             "alice.tls"),
        INVALID, REASON("EmptyMeasurementsList"));
    contract_ok(&c, "alice/node", "submit_participant_info", NOTHING,
                mock("{'WithConstraints':{'expiry_timestamp_seconds':1700000001}}", "alice.tls"));
}
END_TEST

START_TEST(an_accepted_mock_reads_back_with_the_earlier_of_its_expiry_and_a_week)
{
#define STORED(expiry)                                                                                       \
    "{'Mock':{'WithConstraints':{'mpc_docker_image_hash':null,'launcher_docker_compose_hash':null,"          \
    "'expiry_timestamp_seconds':" #expiry ",'expected_measurements':null}}}"
    ck_attestation("alice.tls", STORED(1700604800));
    contract_ok(&c, "alice/node", "submit_participant_info", NOTHING,
                mock("{'WithConstraints':{'expiry_timestamp_seconds':1700000100}}", "alice.tls"));
    ck_attestation("alice.tls", STORED(1700000100));
    contract_ok(&c, "alice/node", "submit_participant_info", NOTHING,
                mock("{'WithConstraints':{'expiry_timestamp_seconds':1900000000}}", "alice.tls"));
    ck_attestation("alice.tls", STORED(1700604800));
    contract_ok(&c, "alice/node", "submit_participant_info", NOTHING,
                mock("{'WithConstraints':{}}", "alice.tls"));
    ck_attestation("alice.tls", STORED(1700604800));
    ck_attestation("dave.tls", "null");
}
END_TEST

START_TEST(submitting_again_costs_no_grant_and_keeps_the_place)
{
    contract_attest_again(&c, "alice", 2);
    contract_ok(&c, "alice/other", "submit_participant_info", NOTHING, contract_attestation("alice.tls"));
    ck_view(
        &c, "get_tee_accounts", "",
        "[{'account_id':'alice.near','tls_public_key':'@alice.tls','account_public_key':'@alice.other'},"
        "{'account_id':'bob.near','tls_public_key':'@bob.tls','account_public_key':'@bob.node'},"
        "{'account_id':'carol.near','tls_public_key':'@carol.tls','account_public_key':'@carol.node'},"
        "{'account_id':'alice.near','tls_public_key':'@alice.tls2','account_public_key':'@alice.node2'}]");
    ck_assert_uint_eq(c.outcome.log_count, 1);
}
END_TEST

START_TEST(grants_are_bought_exactly_and_by_anyone)
{
    contract_refused(&c, "eve<proxy.near", "prepay_attestation_storage", NOTHING,
                     "{'account_id':'a1','grants':0}", "InvalidParameters::MalformedPayload",
                     "Malformed payload: grants must be greater than zero");
    contract_refused(
        &c, "eve", "prepay_attestation_storage", "1", "{'account_id':'a1','grants':2}",
        "InvalidParameters::UnexpectedDeposit",
        "attached deposit 1 must be exactly the attestation storage fee times the requested grants, "
        "40000000000000000000000");
    contract_refused(&c, "eve", "prepay_attestation_storage", "40000000000000000000001",
                     "{'account_id':'a1','grants':2}", "InvalidParameters::UnexpectedDeposit",
                     "attached deposit 40000000000000000000001 must be *");
    contract_ok(&c, "eve<proxy.near", "prepay_attestation_storage", "40000000000000000000000",
                "{'account_id':'a1','grants':2}");
    contract_ok(&c, "eve", "prepay_attestation_storage", GRANT_PRICE, "{'account_id':'a1','grants':1}");
    ck_grants("a1", "3");
    ck_grants("eve.near", "0");
    contract_ok(&c, "eve", "prepay_attestation_storage", "85899345840000000000000000000000",
                "{'account_id':'a1','grants':4294967292}");
    contract_refused(&c, "eve", "prepay_attestation_storage", GRANT_PRICE, "{'account_id':'a1','grants':1}",
                     "InvalidParameters::MalformedPayload",
                     "Malformed payload: grant counter would overflow");
}
END_TEST

START_TEST(a_fee_that_no_amount_holds_is_refused)
{
    contract_close(&c);
    contract_open_new(&c, "v3.14");
    contract_call(
        &c, "mpc", "init", NOTHING,
        contract_json("{'parameters':{'participants':{'next_id':3,'participants':[%s]},'threshold':2},"
                      "'init_config':{'attestation_storage_fee_millinear':18446744073709551615}}",
                      contract_members));
    contract_refused(&c, "eve", "prepay_attestation_storage", NOTHING,
                     "{'account_id':'a1','grants':4294967295}", "InvalidParameters::MalformedPayload",
                     "Malformed payload: requested grants overflow the fee calculation");
}
END_TEST

START_TEST(by_the_design_documents_no_grant_is_asked_or_used)
{
    contract_close(&c);
    contract_open(&c, "design");
    contract_ok(&c, "dave/node", "submit_participant_info", NOTHING, contract_attestation("dave.tls"));
    contract_attest_again(&c, "dave", 2);
    ck_grants("dave.near", "1");
}
END_TEST

START_TEST(the_sweep_removes_what_fails_and_moves_the_last_entry_into_the_hole)
{
    contract_ok(&c, "alice/node", "submit_participant_info", NOTHING,
                mock("{'WithConstraints':{'expiry_timestamp_seconds':1700000010}}", "alice.tls"));
    contract_ok(&c, "carol/node", "submit_participant_info", NOTHING,
                mock("{'WithConstraints':{'expiry_timestamp_seconds':1700000010}}", "carol.tls"));
    contract_attest_again(&c, "bob", 2);
    c.time_s = NOW + 10;
    contract_call(&c, "eve", "clean_invalid_attestations", NOTHING, "{'max_scan':2}");
    ck_assert_str_eq((const char *)c.outcome.value.data, "1");
    ck_view(&c, "get_tee_accounts", "/0/tls_public_key", "'@bob.tls2'");
    ck_view(&c, "get_tee_accounts", "/2/tls_public_key", "'@carol.tls'");
    ck_grants("alice.near", "1");
    contract_call(&c, "eve", "clean_invalid_attestations", NOTHING, "{'max_scan':30}");
    ck_assert_str_eq((const char *)c.outcome.value.data, "1");
    ck_view(&c, "get_tee_accounts", "/2", "(nothing)");
    ck_view(&c, "get_tee_accounts", "/1/tls_public_key", "'@bob.tls'");
    ck_grants("carol.near", "1");
    contract_call(&c, "eve", "clean_invalid_attestations", NOTHING, "{'max_scan':30}");
    ck_assert_str_eq((const char *)c.outcome.value.data, "0");
}
END_TEST

START_TEST(the_sweep_gives_no_grant_where_none_are_asked_for_and_none_beyond_the_counter)
{
    c.time_s = NOW;
    contract_ok(&c, "eve", "prepay_attestation_storage", "85899345900000000000000000000000",
                "{'account_id':'alice.near','grants':4294967295}");
    contract_ok(&c, "eve", "prepay_attestation_storage", GRANT_PRICE, "{'account_id':'bob.near','grants':1}");
    c.time_s = NOW + 604800;
    contract_call(&c, "eve", "clean_invalid_attestations", NOTHING, "{'max_scan':30}");
    ck_assert_str_eq((const char *)c.outcome.value.data, "3");
    ck_grants("alice.near", "4294967295");
    ck_grants("bob.near", "2");
    ck_grants("carol.near", "1");
    contract_close(&c);
    contract_open(&c, "design");
    c.time_s += 604800;
    contract_call(&c, "eve", "clean_invalid_attestations", NOTHING, "{'max_scan':30}");
    ck_assert_str_eq((const char *)c.outcome.value.data, "3");
    ck_grants("alice.near", "0");
}
END_TEST

START_TEST(the_sweep_needs_running)
{
    contract_vote_all(&c, "alice bob carol", contract_proposal(6, 3, contract_members, 2));
    contract_refused(&c, "eve", "clean_invalid_attestations", NOTHING, "{'max_scan':2}",
                     "InvalidState::ProtocolStateNotRunning", "The protocol is not Running.");
}
END_TEST

START_TEST(after_a_resharing_the_sweep_takes_lapsed_members_too_and_they_come_back_with_their_grant)
{
    contract_vote_all(&c, "alice bob carol", contract_proposal(6, 3, contract_members, 2));
    c.time_s = NOW + WEEK;
    contract_reshare(&c, "alice bob carol", 6);
    contract_block(&c);
    ck_view(&c, "get_tee_accounts", "", "[]");
    ck_grants("bob.near", "1");
    contract_ok(&c, "bob/node", "submit_participant_info", NOTHING, contract_attestation("bob.tls"));
    ck_grants("bob.near", "0");
}
END_TEST

int main(void)
{
    SUITE_WITH_CASE(suite, tcase, "model_attestation");
    tcase_add_checked_fixture(tcase, open_deployed, close_it);
    tcase_add_test(tcase, submission_checks_in_the_contracts_order);
    tcase_add_test(tcase, a_secp256k1_signer_is_refused_before_the_store_is_looked_at);
    tcase_add_test(tcase, what_a_mock_constrains_is_checked_image_first_then_compose_expiry_measurements);
    tcase_add_test(tcase, an_accepted_mock_reads_back_with_the_earlier_of_its_expiry_and_a_week);
    tcase_add_test(tcase, submitting_again_costs_no_grant_and_keeps_the_place);
    tcase_add_test(tcase, grants_are_bought_exactly_and_by_anyone);
    tcase_add_test(tcase, a_fee_that_no_amount_holds_is_refused);
    tcase_add_test(tcase, by_the_design_documents_no_grant_is_asked_or_used);
    tcase_add_test(tcase, the_sweep_removes_what_fails_and_moves_the_last_entry_into_the_hole);
    tcase_add_test(tcase, the_sweep_gives_no_grant_where_none_are_asked_for_and_none_beyond_the_counter);
    tcase_add_test(tcase, the_sweep_needs_running);
    tcase_add_test(tcase,
                   after_a_resharing_the_sweep_takes_lapsed_members_too_and_they_come_back_with_their_grant);
    return run_suite(suite);
}
