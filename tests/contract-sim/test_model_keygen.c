/* Domain votes, the key events that make their keys, and how either ends (contract.md 1.2, 1.3). */
#include "tests/support/contract.h"

#include <stdio.h>
#include <string.h>

#define FROST(id)   "{'id':" #id ",'protocol':'Frost','reconstruction_threshold':2,'purpose':'Sign'}"
#define ADD(list)   "{'domains':[" list "]}"
#define NEXT(id)    "{'next_domain_id':" #id "}"
#define ID(d, a)    "{'epoch_id':5,'domain_id':" #d ",'attempt_id':" #a "}"
#define EVENT(d, a) "{'key_event_id':" ID(d, a) "}"
/* @root3 and @root5 are points of the curve, @root1 is none. */
#define KEY(d, a, key) "{'key_event_id':" ID(d, a) ",'public_key':'" key "'}"
#define VOTES          "/Running/add_domains_votes/proposal_by_account"
#define NO_INSTANCE    "KeyEventError::NoActiveKeyEvent", "Expected ongoing reshare"
#define VOTED          "VoteError::VoteAlreadySubmitted", "Vote already casted."

static struct contract c;

static void open_deployed(void)
{
    contract_open(&c, "v3.14");
}

static void close_it(void)
{
    contract_close(&c);
}

static void by_all(const char *key, const char *method, const char *args)
{
    static const char *const members[] = {"alice", "bob", "carol"};
    for (size_t i = 0; i < ARRAY_LEN(members); i++) {
        char who[32];
        snprintf(who, sizeof who, "%s%s", members[i], key);
        contract_ok(&c, who, method, NOTHING, args);
    }
}

static void add_refused(const char *who, const char *args, const char *error, const char *text)
{
    contract_refused(&c, who, "vote_add_domains", NOTHING, args, error, text);
}

static void pk_refused(const char *who, const char *args, const char *error, const char *text)
{
    contract_refused(&c, who, "vote_pk", NOTHING, args, error, text);
}

START_TEST(adding_domains_is_checked_in_order)
{
    add_refused("dave/op<proxy.near", ADD(""), "panic:CallerNotSigner",
                "assertion `left == right` failed: Caller must be the signer account (signer: dave.near, *");
    add_refused("dave", ADD(""), "DomainError::AddDomainsMustAddAtLeastOneDomain",
                "vote_add_domains must add at least one domain");
    add_refused("dave", ADD("{'id':9,'protocol':'Frost','reconstruction_threshold':1,'purpose':'CKD'}"),
                "DomainError::InvalidProtocolPurposeCombination",
                "Invalid protocol-purpose combination: protocol Frost is not compatible with purpose CKD");
    add_refused("dave", ADD("{'id':9,'protocol':'Frost','reconstruction_threshold':1,'purpose':'Sign'}"),
                "DomainError::ReconstructionThresholdTooLow", "Reconstruction threshold must be at least 2.");
    add_refused("dave", ADD("{'id':9,'protocol':'Frost','reconstruction_threshold':4,'purpose':'Sign'}"),
                "DomainError::ReconstructionThresholdExceedsParticipants",
                "Reconstruction threshold 4 exceeds participant count 3.");
    add_refused("dave",
                ADD("{'id':9,'protocol':'DamgardEtAl','reconstruction_threshold':3,'purpose':'Sign'}"),
                "DomainError::InsufficientParticipantsForProtocol",
                "Protocol DamgardEtAl requires at least 5 participants, found 3.");
    add_refused("dave", ADD("{'id':9,'protocol':'Frost','reconstruction_threshold':3,'purpose':'Sign'}"),
                "InvalidThreshold::BelowReconstructionThreshold",
                "GovernanceThreshold 2 is below the largest ReconstructionThreshold 3");
    add_refused("dave", ADD(FROST(9)), "InvalidState::NotParticipant", "Not a participant: dave.near");
}
END_TEST

START_TEST(each_new_domains_purpose_and_bounds_are_judged_together)
{
#define UNFIT "{'id':1,'protocol':'Frost','reconstruction_threshold':1,'purpose':'Sign'}"
#define ODD   "{'id':2,'protocol':'CaitSith','reconstruction_threshold':2,'purpose':'CKD'}"
    add_refused("alice", ADD(UNFIT "," ODD), "DomainError::ReconstructionThresholdTooLow",
                "Reconstruction threshold must be at least 2.");
    add_refused("alice", ADD(ODD "," UNFIT), "DomainError::InvalidProtocolPurposeCombination",
                "Invalid protocol-purpose combination: protocol CaitSith is not compatible with purpose CKD");
}
END_TEST

START_TEST(a_domain_vote_replaces_the_one_before_and_takes_every_member)
{
    contract_ok(&c, "carol", "vote_add_domains", NOTHING, ADD(FROST(7)));
    contract_ok(&c, "alice", "vote_add_domains", NOTHING, ADD(FROST(7)));
    ck_view(&c, "state", VOTES, "{'0':[" FROST(7) "],'2':[" FROST(7) "]}");
    contract_ok(&c, "carol", "vote_add_domains", NOTHING, ADD(FROST(1)));
    contract_ok(&c, "carol", "vote_add_domains", NOTHING, ADD(FROST(1)));
    contract_ok(&c, "bob", "vote_add_domains", NOTHING, ADD(FROST(1)));
    ck_view(&c, "state", VOTES, "{'0':[" FROST(7) "],'1':[" FROST(1) "],'2':[" FROST(1) "]}");
    contract_ok(&c, "alice", "vote_add_domains", NOTHING, ADD(FROST(1)));
    ck_view(&c, "state", "/Initializing/domains/next_domain_id", "2");
    ck_view(&c, "state", "/Initializing/generating_key/domain", FROST(1));
    ck_view(&c, "state", "/Initializing/generating_key/instance", "null");
    ck_view(&c, "state", "/Initializing/generated_keys/0/domain_id", "0");
}
END_TEST

START_TEST(ids_are_looked_at_with_the_last_vote_only)
{
    const char *gap = ADD(FROST(1) "," FROST(3));
    contract_ok(&c, "alice", "vote_add_domains", NOTHING, gap);
    contract_ok(&c, "bob", "vote_add_domains", NOTHING, gap);
    add_refused("carol", gap, "DomainError::NewDomainIdsNotContiguous",
                "Newly proposed domain IDs are not contiguous. Expected id: 2");
    contract_ok(&c, "carol", "vote_add_domains", NOTHING, ADD(FROST(0)));
    contract_ok(&c, "bob", "vote_add_domains", NOTHING, ADD(FROST(0)));
    add_refused("alice", ADD(FROST(0)), "DomainError::NewDomainIdsNotContiguous",
                "Newly proposed domain IDs are not contiguous. Expected id: 1");
}
END_TEST

START_TEST(domain_votes_need_a_running_protocol)
{
    by_all("", "vote_add_domains", ADD(FROST(1)));
    add_refused("dave", ADD(""), "InvalidState::ProtocolStateNotRunning", "The protocol is not Running.");
}
END_TEST

START_TEST(migration_records_are_dropped_on_the_way_to_initializing_in_the_design_alone)
{
    for (size_t i = 0; model_profile_name(i); i++) {
        contract_close(&c);
        contract_open(&c, model_profile_name(i));
        contract_ok(&c, "bob", "start_node_migration", ONE, contract_destination("bob", "2"));
        contract_ok(&c, "bob", "register_backup_service", ONE,
                    "{'backup_service_info':{'public_key':'@bob.backup'}}");
        by_all("", "vote_add_domains", ADD(FROST(1)));
        ck_assert(strcmp(contract_at(&c, "migration_info", "/bob.near/0"), "null") != 0);
        ck_assert_int_eq(strcmp(contract_at(&c, "migration_info", "/bob.near/1"), "null") == 0,
                         strcmp(model_profile_name(i), "design") == 0);
    }
}
END_TEST

START_TEST(starting_keygen_is_checked_in_order)
{
    contract_refused(
        &c, "dave", "start_keygen_instance", NOTHING, EVENT(1, 0), "panic:NotAttested:CallerNotParticipant",
        "assertion failed: `Err(CallerNotParticipant)` does not match `Ok(())`: Caller must be an "
        "attested participant");
    contract_refused(&c, "bob/node", "start_keygen_instance", NOTHING, EVENT(1, 0),
                     "InvalidState::ProtocolStateNotInitializing", "Protocol state is not initializing.");
    by_all("", "vote_add_domains", ADD(FROST(1)));
    contract_refused(&c, "bob/node", "start_keygen_instance", NOTHING, EVENT(0, 0),
                     "KeyEventError::KeyEventIdMismatch", "Key event Id mismatch");
    contract_refused(&c, "bob/node", "start_keygen_instance", NOTHING, EVENT(1, 0),
                     "VoteError::VoterNotLeader",
                     "Voting account is not the leader of the current reshare or keygen instance.");
    contract_refused(&c, "alice/node", "start_reshare_instance", NOTHING, EVENT(1, 0),
                     "InvalidState::ProtocolStateNotResharing", "Protocol state is not resharing.");
    contract_ok(&c, "alice/node", "start_keygen_instance", NOTHING, EVENT(1, 0));
    ck_view(&c, "state", "/Initializing/generating_key/instance",
            "{'attempt_id':0,'started_in':1000,'expires_on':1031,'completed':[],'public_key':null}");
    contract_refused(
        &c, "bob/node", "start_keygen_instance", NOTHING, EVENT(1, 1), "KeyEventError::ActiveKeyEvent",
        "Can not start a new reshare or keygen instance while the current instance is still active.");
}
END_TEST

START_TEST(voting_for_a_key_is_checked_in_order)
{
    pk_refused("alice/node", KEY(1, 0, "ed25519"), "sdk:Deserialize",
               "Failed to deserialize input from JSON. Error: `*");
    pk_refused("alice/node", KEY(1, 0, "ed25519:11111"), "sdk:Deserialize",
               "Failed to deserialize input from JSON. Error: `*");
    pk_refused("alice/wrong", KEY(1, 0, "@root1"), "panic:NotAttested:AttestationKeyMismatch", "*");
    pk_refused("alice/node", KEY(1, 0, "@root1"), "InvalidParameters::MalformedPayload",
               "Malformed payload: The provided compressed key can not be decompressed to an edwards point.");
    pk_refused("alice/node", KEY(1, 0, "@root3"), "InvalidState::ProtocolStateNotInitializing",
               "Protocol state is not initializing.");
    by_all("", "vote_add_domains", ADD(FROST(1)));
    pk_refused("alice/node", KEY(0, 9, "@root3"), NO_INSTANCE);
    contract_ok(&c, "alice/node", "start_keygen_instance", NOTHING, EVENT(1, 0));
    pk_refused("alice/node", KEY(1, 1, "@root3"), "KeyEventError::KeyEventIdMismatch",
               "Key event Id mismatch");
    contract_ok(&c, "bob/node", "vote_pk", NOTHING, KEY(1, 0, "@root3"));
    pk_refused("bob/node", KEY(1, 0, "@root3"), VOTED);
    c.height = 1031;
    pk_refused("alice/node", KEY(1, 0, "@root3"), NO_INSTANCE);
}
END_TEST

START_TEST(a_key_that_is_no_ed25519_key_is_taken_as_it_is)
{
    by_all("", "vote_add_domains", ADD(FROST(1)));
    contract_ok(&c, "alice/node", "start_keygen_instance", NOTHING, EVENT(1, 0));
    const char *key = KEY(1, 0,
                          "secp256k1:3tFRbMqmoa6AAALMrEFAYCEoHcqKxeW38YptwowBVBtXK1vo36HDbUWuR6EZmoK4JcH6HDk"
                          "NMGGqP1ouV7VZUWya");
    by_all("/node", "vote_pk", key);
    ck_view(&c, "state", "/Running/keyset/domains/1/key",
            "{'Secp256k1':{'near_public_key':'secp256k1:"
            "3tFRbMqmoa6AAALMrEFAYCEoHcqKxeW38YptwowBVBtXK1vo36HDbUWuR6EZmoK4JcH6HDkNMGGqP1ouV7VZUWya'}}");
}
END_TEST

START_TEST(two_domains_get_their_keys_one_after_the_other)
{
    contract_ok(&c, "alice", "vote_new_parameters", NOTHING, contract_proposal(6, 3, contract_members, 2));
    by_all("", "vote_add_domains", ADD(FROST(1) "," FROST(2)));
    contract_ok(&c, "alice/node", "start_keygen_instance", NOTHING, EVENT(1, 0));
    contract_ok(&c, "carol/node", "vote_abort_key_event_instance", NOTHING, EVENT(1, 0));
    contract_ok(&c, "alice/node", "start_keygen_instance", NOTHING, EVENT(1, 1));
    by_all("/node", "vote_pk", KEY(1, 1, "@root3"));
    ck_view(&c, "state", "/Initializing/generated_keys/1/attempt", "1");
    ck_view(&c, "state", "/Initializing/generating_key/domain", FROST(2));
    ck_view(&c, "state", "/Initializing/generating_key/next_attempt_id", "0");
    contract_ok(&c, "alice/node", "start_keygen_instance", NOTHING, EVENT(2, 0));
    by_all("/node", "vote_pk", KEY(2, 0, "@root5"));
    ck_view(&c, "state", "/Running/keyset/epoch_id", "5");
    ck_view(&c, "state", "/Running/keyset/domains/2/domain_id", "2");
    ck_view(&c, "state", "/Running/keyset/domains/2/key/Ed25519/near_public_key_compressed", "'@root5'");
    ck_view(&c, "state", "/Running/domains/next_domain_id", "3");
    ck_view(&c, "state", "/Running/parameters_votes", "{'proposal_by_account':{}}");
    ck_view(&c, "state", VOTES, "{}");
    ck_assert_uint_eq(model_receipts_pending(c.model, &c.state), 0);
}
END_TEST

START_TEST(a_key_that_disagrees_ends_the_attempt_even_from_a_member_that_voted)
{
    by_all("", "vote_add_domains", ADD(FROST(1)));
    contract_ok(&c, "alice/node", "start_keygen_instance", NOTHING, EVENT(1, 0));
    contract_ok(&c, "alice/node", "vote_pk", NOTHING, KEY(1, 0, "@root3"));
    contract_ok(&c, "alice/node", "vote_pk", NOTHING, KEY(1, 0, "@root5"));
    ck_view(&c, "state", "/Initializing/generating_key/instance", "null");
    pk_refused("bob/node", KEY(1, 0, "@root3"), NO_INSTANCE);
    contract_ok(&c, "alice/node", "start_keygen_instance", NOTHING, EVENT(1, 1));
    contract_ok(&c, "bob/node", "vote_pk", NOTHING, KEY(1, 1, "@root5"));
    ck_view(&c, "state", "/Initializing/generating_key/instance/completed", "[1]");
    ck_view(&c, "state",
            "/Initializing/generating_key/instance/public_key/Ed25519/near_public_key_compressed",
            "'@root5'");
}
END_TEST

START_TEST(aborting_an_instance_is_checked_in_order_and_takes_one_vote)
{
    contract_refused(&c, "eve", "vote_abort_key_event_instance", NOTHING, EVENT(1, 0),
                     "panic:NotAttested:CallerNotParticipant", "*");
    contract_refused(&c, "bob/node", "vote_abort_key_event_instance", NOTHING, EVENT(1, 0),
                     "InvalidState::ProtocolStateNotRunningNorResharing",
                     "Protocol state is not running, nor resharing.");
    contract_vote_all(&c, "alice bob carol", contract_proposal(6, 3, contract_members, 2));
#define RESHARE(a) "{'key_event_id':{'epoch_id':6,'domain_id':0,'attempt_id':" #a "}}"
    contract_refused(&c, "bob/node", "vote_abort_key_event_instance", NOTHING, RESHARE(9), NO_INSTANCE);
    contract_ok(&c, "alice/node", "start_reshare_instance", NOTHING, RESHARE(0));
    contract_refused(&c, "bob/node", "vote_abort_key_event_instance", NOTHING, RESHARE(9),
                     "KeyEventError::KeyEventIdMismatch", "Key event Id mismatch");
    contract_ok(&c, "bob/node", "vote_reshared", NOTHING, RESHARE(0));
    contract_refused(&c, "bob/node", "vote_abort_key_event_instance", NOTHING, RESHARE(0), VOTED);
    contract_ok(&c, "carol/node", "vote_abort_key_event_instance", NOTHING, RESHARE(0));
    ck_view(&c, "state", "/Resharing/resharing_key/instance", "null");
    ck_view(&c, "state", "/Resharing/resharing_key/next_attempt_id", "1");
}
END_TEST

START_TEST(cancelling_keygen_is_checked_in_order)
{
    contract_refused(&c, "dave/op<proxy.near", "vote_cancel_keygen", NOTHING, NEXT(9),
                     "panic:CallerNotSigner", "*");
    contract_refused(&c, "dave", "vote_cancel_keygen", NOTHING, NEXT(9),
                     "InvalidState::ProtocolStateNotInitializing", "Protocol state is not initializing.");
    by_all("", "vote_add_domains", ADD(FROST(1)));
    contract_refused(&c, "dave", "vote_cancel_keygen", NOTHING, NEXT(1),
                     "InvalidParameters::NextDomainIdMismatch", "Next domain ID mismatch");
    contract_refused(&c, "dave", "vote_cancel_keygen", NOTHING, NEXT(2), "InvalidState::NotParticipant",
                     "Not a participant: dave.near");
    contract_refused(
        &c, "alice", "vote_cancel_keygen", NOTHING, "{}", "sdk:Deserialize",
        "Failed to deserialize input from JSON. Error: `missing field `next_domain_id` at line 1 *");
}
END_TEST

START_TEST(a_cancelled_keygen_keeps_the_keys_it_made_and_uses_up_the_ids)
{
    contract_vote_all(&c, "alice bob carol", contract_proposal(6, 3, contract_members, 2));
    contract_ok(&c, "alice", "vote_cancel_resharing", NOTHING, "{}");
    contract_ok(&c, "bob", "vote_cancel_resharing", NOTHING, "{}");
    ck_view(&c, "state", "/Running/previously_cancelled_resharing_epoch_id", "6");
    by_all("", "vote_add_domains", ADD(FROST(1) "," FROST(2)));
    contract_ok(&c, "alice/node", "start_keygen_instance", NOTHING, EVENT(1, 0));
    by_all("/node", "vote_pk", KEY(1, 0, "@root3"));
    contract_ok(&c, "carol", "vote_cancel_keygen", NOTHING, NEXT(3));
    contract_ok(&c, "carol", "vote_cancel_keygen", NOTHING, NEXT(3));
    ck_view(&c, "state", "/Initializing/cancel_votes", "[2]");
    contract_ok(&c, "bob/other", "vote_cancel_keygen", NOTHING, NEXT(3));
    ck_view(&c, "state", "/Running/domains/domains/1", FROST(1));
    ck_view(&c, "state", "/Running/domains/domains/2", "(nothing)");
    ck_view(&c, "state", "/Running/domains/next_domain_id", "3");
    ck_view(&c, "state", "/Running/keyset/domains/1/domain_id", "1");
    ck_view(&c, "state", "/Running/keyset/domains/2", "(nothing)");
    /* The cancelled epoch is forgotten on the way (contract.md D16), and its id used again. */
    ck_view(&c, "state", "/Running/previously_cancelled_resharing_epoch_id", "null");
    contract_ok(&c, "alice", "vote_new_parameters", NOTHING, contract_proposal(6, 3, contract_members, 2));
}
END_TEST

START_TEST(no_parameters_are_voted_while_keys_are_generated)
{
    by_all("", "vote_add_domains", ADD(FROST(1)));
    contract_refused(
        &c, "alice", "vote_new_parameters", NOTHING, contract_proposal(6, 3, contract_members, 2),
        "InvalidState::ProtocolStateNotRunningNorResharing", "Protocol state is not running, nor resharing.");
}
END_TEST

static const char *public_key(const char *args)
{
    return contract_view(&c, "public_key", contract_json("%s", args));
}

START_TEST(the_public_key_of_a_domain_is_there_while_its_key_is_in_use)
{
#define SECP256K1                                                                                            \
    "\"secp256k1:3tFRbMqmoa6AAALMrEFAYCEoHcqKxeW38YptwowBVBtXK1vo36HDbUWuR6EZmoK4JcH6HDkNMGGqP1ouV7VZUWya\""
    ck_assert_str_eq(public_key("{}"), SECP256K1);
    ck_assert_str_eq(public_key("{'domain_id':null}"), SECP256K1);
    ck_assert_str_eq(public_key("{'domain_id':0}"), SECP256K1);
    ck_assert_str_eq(public_key("{'domain_id':1}"), "(refused)");
    ck_assert_str_eq(c.outcome.error, "DomainError::NoSuchDomain");
    ck_assert_str_eq((const char *)c.outcome.text.data, "No such domain.");
    by_all("", "vote_add_domains", ADD(FROST(1)));
    ck_assert_str_eq(public_key("{'domain_id':0}"), "(refused)");
    ck_assert_str_eq(c.outcome.error, "InvalidState::ProtocolStateNotRunningNorResharing");
    contract_ok(&c, "alice/node", "start_keygen_instance", NOTHING, EVENT(1, 0));
    by_all("/node", "vote_pk", KEY(1, 0, "@root3"));
    ck_assert_str_eq(public_key("{'domain_id':1}"), contract_json("'@root3'"));
    contract_vote_all(&c, "alice bob carol", contract_proposal(6, 3, contract_members, 2));
    ck_assert_str_eq(public_key("{'domain_id':1}"), contract_json("'@root3'"));
}
END_TEST

int main(void)
{
    SUITE_WITH_CASE(suite, tcase, "model_keygen");
    tcase_add_checked_fixture(tcase, open_deployed, close_it);
    tcase_add_test(tcase, adding_domains_is_checked_in_order);
    tcase_add_test(tcase, each_new_domains_purpose_and_bounds_are_judged_together);
    tcase_add_test(tcase, a_domain_vote_replaces_the_one_before_and_takes_every_member);
    tcase_add_test(tcase, ids_are_looked_at_with_the_last_vote_only);
    tcase_add_test(tcase, domain_votes_need_a_running_protocol);
    tcase_add_test(tcase, migration_records_are_dropped_on_the_way_to_initializing_in_the_design_alone);
    tcase_add_test(tcase, starting_keygen_is_checked_in_order);
    tcase_add_test(tcase, voting_for_a_key_is_checked_in_order);
    tcase_add_test(tcase, a_key_that_is_no_ed25519_key_is_taken_as_it_is);
    tcase_add_test(tcase, two_domains_get_their_keys_one_after_the_other);
    tcase_add_test(tcase, a_key_that_disagrees_ends_the_attempt_even_from_a_member_that_voted);
    tcase_add_test(tcase, aborting_an_instance_is_checked_in_order_and_takes_one_vote);
    tcase_add_test(tcase, cancelling_keygen_is_checked_in_order);
    tcase_add_test(tcase, a_cancelled_keygen_keeps_the_keys_it_made_and_uses_up_the_ids);
    tcase_add_test(tcase, no_parameters_are_voted_while_keys_are_generated);
    tcase_add_test(tcase, the_public_key_of_a_domain_is_there_while_its_key_is_in_use);
    return run_suite(suite);
}
