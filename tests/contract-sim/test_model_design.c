/* What only the design documents' contract does, and rules that no profile sets (contract.md 0.2, 0.3). */
#include "tests/support/contract.h"

#include <stdio.h>
#include <string.h>

#define H4(x)   x x x x
#define IMAGE_A H4(H4("aa")) H4(H4("aa"))
#define IMAGE_B H4(H4("bb")) H4(H4("bb"))

static struct contract c;

static void open_design(void)
{
    contract_open(&c, "design");
}

static void close_it(void)
{
    contract_close(&c);
}

static const char *bare(const char *threshold)
{
    return contract_json(
        "{'prospective_epoch_id':6,'proposal':{'participants':{'next_id':3,'participants':["
        "['alice.near',0,{'url':'https://alice.near:80','sign_pk':'@alice.tls'}],"
        "['bob.near',1,{'sign_pk':'@bob.tls','url':'https://bob.near:80'}],"
        "['carol.near',2,{'url':'https://carol.near:80','tls_public_key':'@carol.tls'}]]}%s}}",
        threshold);
}

START_TEST(a_bare_proposal_keeps_the_threshold)
{
    contract_ok(&c, "alice", "vote_new_parameters", NOTHING, bare(""));
    contract_ok(&c, "bob", "vote_new_parameters", NOTHING, contract_proposal(6, 3, contract_members, 2));
    contract_ok(&c, "carol", "vote_new_parameters", NOTHING, bare(",'threshold':null"));
    ck_view(&c, "state", "/Resharing/resharing_key/parameters/threshold", "2");
    ck_view(&c, "state", "/Resharing/resharing_key/epoch_id", "6");
}
END_TEST

START_TEST(a_bare_proposal_may_name_thresholds)
{
    contract_vote_all(&c, "alice bob carol", bare(",'threshold':3,'per_domain_thresholds':{'0':3}"));
    ck_view(&c, "state", "/Resharing/resharing_key/parameters/threshold", "3");
    ck_view(&c, "state", "/Resharing/per_domain_thresholds", "{'0':3}");
}
END_TEST

/* Document 003's vote: one more member, the epoch and next_id one higher, no threshold. */
START_TEST(the_vote_of_document_003_admits_a_node_once_it_has_attested)
{
    static const char members[] = "['alice.near',0,{'url':'https://alice.near:80','sign_pk':'@alice.tls'}],"
                                  "['bob.near',1,{'url':'https://bob.near:80','sign_pk':'@bob.tls'}],"
                                  "['carol.near',2,{'url':'https://carol.near:80','sign_pk':'@carol.tls'}],"
                                  "['dave.near',3,{'url':'https://dave.near:80','sign_pk':'@dave.tls'}]";
    contract_close(&c);
    contract_open_new(&c, "design");
    contract_call(&c, "mpc", "init_running", NOTHING,
                  contract_json("{'domains':[],'next_domain_id':0,'keyset':{'epoch_id':10,'domains':[]},"
                                "'parameters':{'participants':{'next_id':12,'participants':[%s]},"
                                "'threshold':3},'init_config':null}",
                                members));
    ck_assert_msg(c.outcome.kind == MODEL_OK, "%s", model_outcome_message(&c.outcome));
    char vote[2048];
    snprintf(vote, sizeof vote,
             "{'prospective_epoch_id':11,'proposal':{'participants':{'next_id':13,'participants':[%s,"
             "['new-node.testnet',12,{'sign_pk':'@new.tls','url':'http://example.org'}]]}}}",
             members);
    /* The document lets nodes in that have not attested; the contract does not (contract.md D20). */
    contract_refused(&c, "alice", "vote_new_parameters", NOTHING, vote,
                     "InvalidParameters::InvalidTeeRemoteAttestation",
                     "Invalid TEE Remote Attestation: The following participants have invalid TEE status: "
                     "[AccountId(\"new-node.testnet\")]");
    contract_ok(&c, "new-node.testnet/node", "submit_participant_info", NOTHING,
                contract_attestation("new.tls"));
    contract_vote_all(&c, "alice bob carol dave new-node.testnet", vote);
    ck_view(&c, "state", "/Running/keyset/epoch_id", "11");
    ck_view(&c, "state", "/Running/parameters/threshold", "3");
    ck_view(&c, "state", "/Running/parameters/participants/participants/4/0", "'new-node.testnet'");
}
END_TEST

START_TEST(a_bare_proposal_is_read_strictly)
{
    contract_refused(
        &c, "alice", "vote_new_parameters", NOTHING, "{'prospective_epoch_id':6,'proposal':{}}",
        "sdk:Deserialize",
        "Failed to deserialize input from JSON. Error: `missing field `participants` at line 1 *");
    contract_refused(&c, "alice", "vote_new_parameters", NOTHING, "{'prospective_epoch_id':6,'proposal':[]}",
                     "sdk:Deserialize", "Failed to deserialize input from JSON. Error: `invalid *");
    contract_refused(&c, "alice", "vote_new_parameters", NOTHING, bare(",'threshold':'2'"), "sdk:Deserialize",
                     "Failed to deserialize input from JSON. Error: `invalid type: *");
    contract_close(&c);
    contract_open(&c, "v3.14");
    contract_refused(&c, "alice", "vote_new_parameters", NOTHING, bare(",'threshold':2"), "sdk:Deserialize",
                     "Failed to deserialize input from JSON. Error: `missing field `parameters` at line 1 *");
}
END_TEST

START_TEST(latest_code_hash_is_a_call_that_gives_the_newest)
{
    contract_refused(&c, "eve", "latest_code_hash", NOTHING, "", "panic:NoAllowedCodeHash",
                     "there must be at least one allowed code hash");
    ck_assert_int_eq(strncmp((const char *)c.outcome.text.data, "panicked at ", 12), 0);
    static const char *const hashes[] = {IMAGE_A, IMAGE_B};
    for (size_t i = 0; i < ARRAY_LEN(hashes); i++) {
        const char *vote = contract_json("{'code_hash':'%s'}", hashes[i]);
        contract_ok(&c, "alice", "vote_code_hash", NOTHING, vote);
        contract_ok(&c, "bob", "vote_code_hash", NOTHING, vote);
        contract_call(&c, "eve", "latest_code_hash", NOTHING, "{}");
        ck_assert_int_eq(c.outcome.kind, MODEL_OK);
        ck_assert_str_eq((const char *)c.outcome.value.data, contract_json("'%s'", hashes[i]));
    }
    contract_refused(&c, "eve", "latest_code_hash", ONE, "{}", "sdk:NoDeposit", "Method latest_code_hash *");
    contract_view(&c, "latest_code_hash", "{}");
    ck_assert_int_eq(c.outcome.kind, MODEL_PROHIBITED_IN_VIEW);
    ck_assert_ok(model_rule_set(c.model, "latest_code_hash_served=no", NULL));
    contract_refused(&c, "eve", "latest_code_hash", NOTHING, "{}", "MethodNotFound",
                     "MethodResolveError(MethodNotFound)");
}
END_TEST

START_TEST(strict_binding_wants_a_tls_key_that_is_nobody_elses)
{
    /* dave is no member; carol's key is a member's, and attested by her. */
    contract_ok(&c, "dave/node", "submit_participant_info", NOTHING, contract_attestation("dave.tls"));
    static const char *const claimed[] = {"carol.tls", "dave.tls"};
    struct model_state start = c.state;
    for (size_t i = 0; i < ARRAY_LEN(claimed); i++) {
        c.state = start;
        ck_assert_ok(model_rule_set(c.model, "strict_tls_binding=yes", NULL));
        contract_ok(&c, "bob", "start_node_migration", NOTHING,
                    contract_json("{'destination_node_info':{'signer_account_pk':'@bob.node2',"
                                  "'destination_node_info':{'url':'u','tls_public_key':'@%s'}}}",
                                  claimed[i]));
        contract_refused(
            &c, "bob/node2", "conclude_node_migration", NOTHING, contract_keyset_args(&c),
            "AttestationSubmissionError::TlsKeyOwnedByOtherAccount",
            "TLS public key is already registered to a different account; only the owning account may update "
            "it");
        ck_assert_ok(model_rule_set(c.model, "strict_tls_binding=no", NULL));
        contract_ok(&c, "bob/node2", "conclude_node_migration", NOTHING, contract_keyset_args(&c));
    }
    /* A member's key that nobody attested is claimed all the same. */
    c.state = start;
    c.time_s += 604800;
    contract_call(&c, "eve", "clean_invalid_attestations", NOTHING, "{'max_scan':9}");
    ck_assert_ok(model_rule_set(c.model, "strict_tls_binding=yes", NULL));
    contract_ok(&c, "bob", "start_node_migration", NOTHING,
                "{'destination_node_info':{'signer_account_pk':'@bob.node2','destination_node_info':"
                "{'url':'u','tls_public_key':'@carol.tls'}}}");
    contract_refused(&c, "bob/node2", "conclude_node_migration", NOTHING, contract_keyset_args(&c),
                     "AttestationSubmissionError::TlsKeyOwnedByOtherAccount", "TLS public key is *");
}
END_TEST

START_TEST(strict_binding_stands_without_the_check_of_the_attestation)
{
    ck_assert_ok(model_rule_set(c.model, "strict_tls_binding=yes", NULL));
    ck_assert_ok(model_rule_set(c.model, "conclude_checks_attestation=no", NULL));
    contract_ok(&c, "bob", "start_node_migration", NOTHING, contract_destination("bob", "2"));
    contract_refused(&c, "bob/node2", "conclude_node_migration", NOTHING, contract_keyset_args(&c),
                     "InvalidParameters::InvalidTeeRemoteAttestation",
                     "Invalid TEE Remote Attestation: destination node TEE quote is invalid");
    ck_assert_ok(model_rule_set(c.model, "strict_tls_binding=no", NULL));
    contract_ok(&c, "bob/node2", "conclude_node_migration", NOTHING, contract_keyset_args(&c));
}
END_TEST

START_TEST(strict_binding_wants_the_attested_account_key)
{
    ck_assert_ok(model_rule_set(c.model, "strict_tls_binding=yes", NULL));
    contract_ok(&c, "bob/other", "submit_participant_info", NOTHING, contract_attestation("bob.tls2"));
    contract_ok(&c, "bob", "start_node_migration", NOTHING, contract_destination("bob", "2"));
    contract_refused(&c, "bob/node2", "conclude_node_migration", NOTHING, contract_keyset_args(&c),
                     "InvalidParameters::InvalidTeeRemoteAttestation",
                     "Invalid TEE Remote Attestation: destination node TEE quote is invalid");
    contract_ok(&c, "bob/node2", "submit_participant_info", NOTHING, contract_attestation("bob.tls2"));
    contract_ok(&c, "bob/node2", "conclude_node_migration", NOTHING, contract_keyset_args(&c));
    ck_view(&c, "migration_info", "", "{}");
    /* To stay where one is claims nobody's key. */
    contract_ok(&c, "bob", "start_node_migration", NOTHING, contract_destination("bob", "2"));
    contract_ok(&c, "bob/node2", "conclude_node_migration", NOTHING, contract_keyset_args(&c));
}
END_TEST

int main(void)
{
    SUITE_WITH_CASE(suite, tcase, "model_design");
    tcase_add_checked_fixture(tcase, open_design, close_it);
    tcase_add_test(tcase, a_bare_proposal_keeps_the_threshold);
    tcase_add_test(tcase, a_bare_proposal_may_name_thresholds);
    tcase_add_test(tcase, the_vote_of_document_003_admits_a_node_once_it_has_attested);
    tcase_add_test(tcase, a_bare_proposal_is_read_strictly);
    tcase_add_test(tcase, latest_code_hash_is_a_call_that_gives_the_newest);
    tcase_add_test(tcase, strict_binding_wants_a_tls_key_that_is_nobody_elses);
    tcase_add_test(tcase, strict_binding_stands_without_the_check_of_the_attestation);
    tcase_add_test(tcase, strict_binding_wants_the_attested_account_key);
    return run_suite(suite);
}
