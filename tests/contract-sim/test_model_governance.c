/* Parameter votes, key events and what follows a resharing (contract.md 1.2 to 1.4). */
#include "tests/support/contract.h"

#include <stdlib.h>
#include <string.h>

#define NOT_SIGNER                                                                                           \
    "assertion `left == right` failed: Caller must be the signer account (signer: alice.near, predecessor: " \
    "*"
#define EVENT(epoch, domain, attempt)                                                                        \
    "{'key_event_id':{'epoch_id':" #epoch ",'domain_id':" #domain ",'attempt_id':" #attempt "}}"
#define A     "['alice.near',0,{'url':'https://alice.near:80','tls_public_key':'@alice.tls'}]"
#define B     "['bob.near',1,{'url':'https://bob.near:80','tls_public_key':'@bob.tls'}]"
#define C     "['carol.near',2,{'url':'https://carol.near:80','tls_public_key':'@carol.tls'}]"
#define D(id) "['dave.near'," #id ",{'url':'https://dave.near:80','tls_public_key':'@dave.tls'}]"
#define NOT_ATTESTED(what)                                                                                   \
    "assertion failed: `Err(" what ")` does not match `Ok(())`: Caller must be an attested participant"

static struct contract c;

static void open_deployed(void)
{
    contract_open(&c, "v3.14");
}

static void close_it(void)
{
    contract_close(&c);
}

static void attest_dave(void)
{
    contract_ok(&c, "dave", "prepay_attestation_storage", GRANT_PRICE,
                "{'account_id':'dave.near','grants':1}");
    contract_ok(&c, "dave/node", "submit_participant_info", NOTHING, contract_attestation("dave.tls"));
}

static void vote_refused(const char *who, const char *args, const char *error, const char *text)
{
    contract_refused(&c, who, "vote_new_parameters", NOTHING, args, error, text);
}

START_TEST(a_proposals_threshold_is_judged_before_all_else)
{
    vote_refused("alice/op<proxy.near", contract_proposal(99, 3, A, 9), "panic:CallerNotSigner", NOT_SIGNER);
    vote_refused("alice", contract_proposal(99, 3, contract_members, 4),
                 "InvalidThreshold::MaxRequirementFailed",
                 "GovernanceThreshold must not exceed number of participants: max 3, found 4");
    vote_refused("alice", contract_proposal(99, 3, contract_members, 1),
                 "InvalidThreshold::MinAbsRequirementFailed",
                 "GovernanceThreshold does not meet the minimum absolute requirement");
    vote_refused("alice", contract_proposal(99, 4, contract_with_dave, 2),
                 "InvalidThreshold::MinRelRequirementFailed",
                 "GovernanceThreshold is below the minimum required relative to the participant count: "
                 "require at least "
                 "3, found 2");
    vote_refused("alice", contract_proposal(99, 4, contract_with_dave, 3),
                 "InvalidParameters::InvalidTeeRemoteAttestation",
                 "Invalid TEE Remote Attestation: The following participants have invalid TEE status: "
                 "[AccountId(\"dave.near\")]");
    vote_refused("alice", contract_proposal(99, 3, contract_members, 2), "InvalidParameters::EpochMismatch",
                 "Provided Epoch Id, 99, does not match expected, 6.");
}
END_TEST

START_TEST(every_participant_that_is_not_attested_is_named)
{
    vote_refused("alice",
                 contract_proposal(
                     6, 5, A "," B "," D(3) ",['eve.near',4,{'url':'u','tls_public_key':'@eve.tls'}]", 3),
                 "InvalidParameters::InvalidTeeRemoteAttestation",
                 "Invalid TEE Remote Attestation: The following participants have invalid TEE status: "
                 "[AccountId(\"dave.near\"), AccountId(\"eve.near\")]");
    c.time_s += 604800;
    vote_refused("alice", contract_proposal(6, 3, contract_members, 2),
                 "InvalidParameters::InvalidTeeRemoteAttestation",
                 "Invalid TEE Remote Attestation: The following participants have invalid TEE status: "
                 "[AccountId(\"alice.near\"), AccountId(\"bob.near\"), AccountId(\"carol.near\")]");
}
END_TEST

START_TEST(proposed_participants_have_to_be_coherent)
{
    attest_dave();
    vote_refused("alice", contract_proposal(6, 2, contract_members, 2),
                 "InvalidCandidateSet::ParticipantIdNotLessThanNextId",
                 "Participant ID 2 is not less than next_id 2.");
    vote_refused("alice", contract_proposal(6, 4, A "," B "," C "," D(1), 3),
                 "InvalidCandidateSet::DuplicateParticipantIds", "Duplicate participant IDs found.");
    vote_refused(
        "alice",
        contract_proposal(6, 4, A "," B "," C ",['alice.near',3,{'url':'','tls_public_key':'@bob.tls'}]", 3),
        "InvalidCandidateSet::DuplicateAccountIds", "Duplicate account IDs found.");
}
END_TEST

START_TEST(kept_participants_keep_id_and_info_and_newcomers_take_no_old_id)
{
    attest_dave();
    vote_refused(
        "alice", contract_proposal(6, 4, A ",['bob.near',3,{'url':'x','tls_public_key':'@bob.tls'}]", 2),
        "InvalidCandidateSet::ParticipantIdChanged", "Existing participant bob.near changed ID from 1 to 3.");
    vote_refused("alice",
                 contract_proposal(6, 3, A ",['bob.near',1,{'url':'x','tls_public_key':'@bob.tls'}]", 2),
                 "InvalidCandidateSet::ParticipantInfoChanged",
                 "Existing participant bob.near changed info (url or tls_public_key).");
    vote_refused("alice",
                 contract_proposal(
                     6, 3, A ",['bob.near',1,{'url':'https://bob.near:80','tls_public_key':'@dave.tls'}]", 2),
                 "InvalidCandidateSet::ParticipantInfoChanged",
                 "Existing participant bob.near changed info (url or tls_public_key).");
    vote_refused(
        "alice", contract_proposal(6, 3, A "," B "," D(2), 2),
        "InvalidCandidateSet::NewParticipantReusesOldId",
        "New participant dave.near reuses ID 2 already assigned to existing participant carol.near.");
    /* The first wrong participant decides, whatever is wrong with it. */
    vote_refused("alice",
                 contract_proposal(6, 4,
                                   "['alice.near',0,{'url':'x','tls_public_key':'@alice.tls'}],"
                                   "['bob.near',3,{'url':'x','tls_public_key':'@bob.tls'}]",
                                   2),
                 "InvalidCandidateSet::ParticipantInfoChanged",
                 "Existing participant alice.near changed info (url or tls_public_key).");
}
END_TEST

START_TEST(enough_old_participants_stay_and_new_ids_follow_on)
{
    attest_dave();
    contract_ok(&c, "eve", "prepay_attestation_storage", GRANT_PRICE, "{'account_id':'eve.near','grants':1}");
    contract_ok(&c, "eve/node", "submit_participant_info", NOTHING, contract_attestation("eve.tls"));
#define E(id) "['eve.near'," #id ",{'url':'https://eve.near:80','tls_public_key':'@eve.tls'}]"
    vote_refused("alice", contract_proposal(6, 5, A "," D(3) "," E(4), 2),
                 "InvalidCandidateSet::InsufficientOldParticipants",
                 "Set of proposed participants must contain at least `threshold` old participants.");
    vote_refused("alice", contract_proposal(6, 6, A "," B "," D(3) "," E(5), 3),
                 "InvalidCandidateSet::NewParticipantIdsNotContiguous",
                 "New Participant ids need to be unique and contiguous.");
    vote_refused("alice", contract_proposal(6, 6, A "," B "," D(4) "," E(5), 3),
                 "InvalidCandidateSet::NewParticipantIdsNotContiguous",
                 "New Participant ids need to be unique and contiguous.");
    vote_refused("alice", contract_proposal(6, 6, A "," B "," D(3) "," E(4), 3),
                 "InvalidCandidateSet::NewParticipantIdsTooHigh",
                 "New Participant ids need to not skip any unused participant ids.");
    contract_ok(&c, "alice", "vote_new_parameters", NOTHING,
                contract_proposal(6, 5, A "," B "," E(4) "," D(3), 3));
}
END_TEST

static const char *with_thresholds(const char *thresholds)
{
    return contract_json(
        "{'prospective_epoch_id':6,'proposal':{'parameters':{'participants':{'next_id':3,'participants':"
        "[%s]},'threshold':2},'per_domain_thresholds':%s}}",
        contract_members, thresholds);
}

START_TEST(per_domain_thresholds_are_bounded_and_name_known_domains)
{
    vote_refused("alice", with_thresholds("{'9':2,'0':2,'7':3}"), "DomainError::UnknownDomainInProposal",
                 "Resharing proposal references domain ID 7, which is not in the current registry.");
    vote_refused("alice", with_thresholds("{'0':1}"), "DomainError::ReconstructionThresholdTooLow",
                 "Reconstruction threshold must be at least 2.");
    vote_refused("alice", with_thresholds("{'0':4}"),
                 "DomainError::ReconstructionThresholdExceedsParticipants",
                 "Reconstruction threshold 4 exceeds participant count 3.");
    vote_refused("alice", with_thresholds("{'0':3}"), "InvalidThreshold::BelowReconstructionThreshold",
                 "GovernanceThreshold 2 is below the largest ReconstructionThreshold 3");
    vote_refused("alice", with_thresholds("{'x':3}"), "sdk:Deserialize",
                 "Failed to deserialize input from JSON. Error: `invalid value: string \"x\", expected u64 "
                 "at line 1 *");
}
END_TEST

START_TEST(per_domain_thresholds_come_into_force_when_the_resharing_is_done)
{
    const char *proposal = contract_json("{'prospective_epoch_id':6,'proposal':{'parameters':{'participants':"
                                         "{'next_id':3,'participants':[%s]},"
                                         "'threshold':3},'per_domain_thresholds':{'0':3}}}",
                                         contract_members);
    contract_vote_all(&c, "alice bob carol", proposal);
    ck_view(&c, "state", "/Resharing/per_domain_thresholds", "{'0':3}");
    ck_view(&c, "state", "/Resharing/resharing_key/domain/reconstruction_threshold", "2");
    contract_reshare(&c, "alice bob carol", 6);
    ck_view(&c, "state", "/Running/domains/domains/0/reconstruction_threshold", "3");
    ck_view(&c, "state", "/Running/parameters/threshold", "3");
}
END_TEST

START_TEST(an_outsider_has_no_vote_and_a_newcomer_waits_for_the_members)
{
    attest_dave();
    const char *with_dave = contract_proposal(6, 4, contract_with_dave, 3);
    vote_refused("eve", with_dave, "InvalidState::NotParticipant", "Not a participant: eve.near");
    vote_refused("carol", contract_proposal(6, 3, contract_without_carol, 2), "InvalidState::NotParticipant",
                 "Not a participant: carol.near");
    vote_refused("dave", with_dave, "VoteError::VoterPending",
                 "Candidates can only cast a vote after `threshold` participants casted one to admit them");
    contract_ok(&c, "alice", "vote_new_parameters", NOTHING, with_dave);
    contract_ok(&c, "bob", "vote_new_parameters", NOTHING, contract_proposal(6, 3, contract_members, 2));
    vote_refused("dave", with_dave, "VoteError::VoterPending",
                 "Candidates can only cast a vote after `threshold` participants casted one to admit them");
    contract_ok(&c, "bob", "vote_new_parameters", NOTHING, with_dave);
    contract_ok(&c, "dave", "vote_new_parameters", NOTHING, with_dave);
    ck_view(&c, "state", "/Running/keyset/epoch_id", "5");
    contract_ok(&c, "carol", "vote_new_parameters", NOTHING, with_dave);
    ck_view(&c, "state", "/Resharing/resharing_key/parameters/threshold", "3");
}
END_TEST

START_TEST(the_last_vote_opens_a_resharing_with_everything_fresh)
{
    contract_vote_all(&c, "alice bob", contract_proposal(6, 3, contract_members, 2));
    ck_view(&c, "state", "/Running/parameters_votes/proposal_by_account/bob.near/parameters/threshold", "2");
    contract_ok(&c, "carol", "vote_new_parameters", NOTHING, contract_proposal(6, 3, contract_members, 2));
    ck_view(&c, "state", "/Resharing/previous_running_state/parameters_votes", "{'proposal_by_account':{}}");
    ck_view(&c, "state", "/Resharing/reshared_keys", "[]");
    ck_view(&c, "state", "/Resharing/cancellation_requests", "[]");
    ck_view(&c, "state", "/Resharing/resharing_key/instance", "null");
    ck_view(&c, "state", "/Resharing/resharing_key/next_attempt_id", "0");
    ck_view(&c, "state", "/Resharing/resharing_key/epoch_id", "6");
}
END_TEST

START_TEST(a_re_proposal_takes_the_next_epoch_and_is_judged_by_the_previous_running_state)
{
    contract_vote_all(&c, "alice bob", contract_proposal(6, 3, contract_without_carol, 2));
    contract_ok(&c, "alice/node", "start_reshare_instance", NOTHING, EVENT(6, 0, 0));
    contract_ok(&c, "carol", "vote_cancel_resharing", NOTHING, "{}");
    vote_refused("alice", contract_proposal(6, 3, contract_members, 2), "InvalidParameters::EpochMismatch",
                 "Provided Epoch Id, 6, does not match expected, 7.");
    contract_vote_all(&c, "carol bob", contract_proposal(7, 3, contract_members, 2));
    ck_view(&c, "state",
            "/Resharing/previous_running_state/parameters_votes/proposal_by_account/carol.near/"
            "parameters/threshold",
            "2");
    contract_ok(&c, "alice", "vote_new_parameters", NOTHING, contract_proposal(7, 3, contract_members, 2));
    ck_view(&c, "state", "/Resharing/resharing_key/epoch_id", "7");
    ck_view(&c, "state", "/Resharing/resharing_key/instance", "null");
    ck_view(&c, "state", "/Resharing/cancellation_requests", "[]");
    ck_view(&c, "state", "/Resharing/previous_running_state/keyset/epoch_id", "5");
}
END_TEST

START_TEST(a_network_without_domains_changes_its_parameters_at_once)
{
    contract_close(&c);
    contract_open_new(&c, "v3.14");
    contract_call(
        &c, "mpc", "init_running", NOTHING,
        contract_json("{'domains':[],'next_domain_id':4,'keyset':{'epoch_id':5,'domains':[]},'parameters':"
                      "{'participants':{'next_id':3,'participants':[%s]},'threshold':2},'init_config':null}",
                      contract_members));
    contract_vote_all(&c, "alice bob", contract_proposal(6, 3, contract_without_carol, 2));
    ck_view(&c, "state", "/Running/keyset/epoch_id", "6");
    ck_view(&c, "state", "/Running/parameters/participants/participants/2", "(nothing)");
    ck_view(&c, "state", "/Running/parameters_votes", "{'proposal_by_account':{}}");
    ck_assert_uint_eq(model_receipts_pending(c.model, &c.state), 0);
}
END_TEST

START_TEST(only_an_attested_caller_takes_part_in_a_key_event)
{
    attest_dave();
    contract_vote_all(&c, "alice bob carol dave", contract_proposal(6, 4, contract_with_dave, 3));
    const char *event = contract_json(EVENT(6, 0, 7));
    contract_refused(&c, "alice/wrong<proxy.near", "start_reshare_instance", NOTHING, event,
                     "panic:CallerNotSigner", NOT_SIGNER);
    contract_refused(&c, "eve", "start_reshare_instance", NOTHING, event,
                     "panic:NotAttested:CallerNotParticipant", NOT_ATTESTED("CallerNotParticipant"));
    contract_refused(&c, "alice/wrong", "start_reshare_instance", NOTHING, event,
                     "panic:NotAttested:AttestationKeyMismatch", NOT_ATTESTED("AttestationKeyMismatch"));
    ck_assert_text_has((const char *)c.outcome.text.data, "panicked at ");
    /* A newcomer is active during its own resharing. */
    contract_refused(&c, "dave/node", "start_reshare_instance", NOTHING, contract_json(EVENT(6, 0, 0)),
                     "VoteError::VoterNotLeader",
                     "Voting account is not the leader of the current reshare or keygen instance.");
}
END_TEST

START_TEST(a_swept_or_foreign_attestation_locks_its_member_out_of_key_events)
{
    ck_assert_ok(model_rule_set(c.model, "conclude_checks_attestation=no", NULL));
    contract_ok(&c, "alice", "start_node_migration", ONE, contract_destination("alice", "2"));
    contract_ok(&c, "alice/node2", "conclude_node_migration", NOTHING, contract_keyset_args(&c));
    contract_refused(&c, "alice/node2", "start_reshare_instance", NOTHING, EVENT(6, 0, 0),
                     "panic:NotAttested:AttestationNotFound", NOT_ATTESTED("AttestationNotFound"));
    contract_ok(&c, "bob", "start_node_migration", ONE,
                "{'destination_node_info':{'signer_account_pk':'@bob.node','destination_node_info':"
                "{'url':'u','tls_public_key':'@carol.tls'}}}");
    contract_ok(&c, "bob/node", "conclude_node_migration", NOTHING, contract_keyset_args(&c));
    contract_refused(&c, "bob/node", "start_reshare_instance", NOTHING, EVENT(6, 0, 0),
                     "panic:NotAttested:AttestationOwnerMismatch", NOT_ATTESTED("AttestationOwnerMismatch"));
}
END_TEST

static void enter_resharing(void)
{
    contract_vote_all(&c, "alice bob carol", contract_proposal(6, 3, contract_members, 2));
}

START_TEST(starting_an_instance_is_checked_in_order)
{
    contract_refused(&c, "alice/node", "start_reshare_instance", NOTHING, EVENT(6, 0, 0),
                     "InvalidState::ProtocolStateNotResharing", "Protocol state is not resharing.");
    enter_resharing();
    const char *wrong[] = {EVENT(5, 0, 0), EVENT(6, 1, 0), EVENT(6, 0, 1)};
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++)
        contract_refused(&c, "bob/node", "start_reshare_instance", NOTHING, wrong[i],
                         "KeyEventError::KeyEventIdMismatch", "Key event Id mismatch");
    contract_refused(&c, "bob/node", "start_reshare_instance", NOTHING, EVENT(6, 0, 0),
                     "VoteError::VoterNotLeader",
                     "Voting account is not the leader of the current reshare or keygen instance.");
    contract_ok(&c, "alice/node", "start_reshare_instance", NOTHING, EVENT(6, 0, 0));
    ck_view(&c, "state", "/Resharing/resharing_key/instance",
            "{'attempt_id':0,'started_in':1000,'expires_on':1031,'completed':[],'public_key':null}");
    contract_refused(
        &c, "bob/node", "start_reshare_instance", NOTHING, EVENT(6, 0, 9), "KeyEventError::ActiveKeyEvent",
        "Can not start a new reshare or keygen instance while the current instance is still active.");
}
END_TEST

START_TEST(the_leader_is_the_lowest_id_wherever_it_stands)
{
    contract_vote_all(&c, "alice bob carol", contract_proposal(6, 3, C "," A "," B, 2));
    contract_refused(&c, "carol/node", "start_reshare_instance", NOTHING, EVENT(6, 0, 0),
                     "VoteError::VoterNotLeader",
                     "Voting account is not the leader of the current reshare or keygen instance.");
    contract_ok(&c, "alice/node", "start_reshare_instance", NOTHING, EVENT(6, 0, 0));
}
END_TEST

START_TEST(voting_reshared_is_checked_in_order)
{
    contract_refused(&c, "alice/node", "vote_reshared", NOTHING, EVENT(6, 0, 0),
                     "InvalidState::ProtocolStateNotResharing", "Protocol state is not resharing.");
    enter_resharing();
    contract_refused(&c, "alice/node", "vote_reshared", NOTHING, EVENT(6, 0, 9),
                     "KeyEventError::NoActiveKeyEvent", "Expected ongoing reshare");
    contract_ok(&c, "alice/node", "start_reshare_instance", NOTHING, EVENT(6, 0, 0));
    contract_refused(&c, "alice/node", "vote_reshared", NOTHING, EVENT(6, 0, 1),
                     "KeyEventError::KeyEventIdMismatch", "Key event Id mismatch");
    contract_ok(&c, "carol/node", "vote_reshared", NOTHING, EVENT(6, 0, 0));
    contract_ok(&c, "alice/node", "vote_reshared", NOTHING, EVENT(6, 0, 0));
    contract_refused(&c, "carol/node", "vote_reshared", NOTHING, EVENT(6, 0, 0),
                     "VoteError::VoteAlreadySubmitted", "Vote already casted.");
    ck_view(&c, "state", "/Resharing/resharing_key/instance/completed", "[0,2]");
    contract_ok(&c, "bob/node", "vote_reshared", NOTHING, EVENT(6, 0, 0));
    ck_view(&c, "state", "/Running/keyset/epoch_id", "6");
}
END_TEST

START_TEST(an_attempt_lives_to_its_last_block_and_stays_visible_until_the_next)
{
    enter_resharing();
    contract_ok(&c, "alice/node", "start_reshare_instance", NOTHING, EVENT(6, 0, 0));
    c.height = 1030;
    contract_ok(&c, "alice/node", "vote_reshared", NOTHING, EVENT(6, 0, 0));
    c.height = 1031;
    contract_refused(&c, "bob/node", "vote_reshared", NOTHING, EVENT(6, 0, 0),
                     "KeyEventError::NoActiveKeyEvent", "Expected ongoing reshare");
    ck_view(&c, "state", "/Resharing/resharing_key/instance/completed", "[0]");
    contract_ok(&c, "alice/node", "start_reshare_instance", NOTHING, EVENT(6, 0, 1));
    ck_view(&c, "state", "/Resharing/resharing_key/instance",
            "{'attempt_id':1,'started_in':1031,'expires_on':1062,'completed':[],'public_key':null}");
    ck_view(&c, "state", "/Resharing/resharing_key/next_attempt_id", "2");
}
END_TEST

START_TEST(domains_are_reshared_one_after_the_other_and_keep_their_keys)
{
    contract_close(&c);
    contract_open_new(&c, "v3.14");
    contract_call(
        &c, "mpc", "init_running", NOTHING,
        contract_json("{'domains':[{'id':0,'protocol':'Frost','reconstruction_threshold':2,'purpose':'Sign'},"
                      "{'id':3,'protocol':'DamgardEtAl','reconstruction_threshold':2,'purpose':'Sign'}],'"
                      "next_domain_id':4,"
                      "'keyset':{'epoch_id':5,'domains':["
                      "{'domain_id':0,'key':{'Ed25519':{'near_public_key_compressed':'ed25519:"
                      "11111111111111111111111111111111',"
                      "'edwards_point':[0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0]}},'"
                      "attempt':7},"
                      "{'domain_id':3,'key':{'Secp256k1':{'near_public_key':'secp256k1:"
                      "3tFRbMqmoa6AAALMrEFAYCEoHcqKxeW38YptwowBVBtXK1v"
                      "o36HDbUWuR6EZmoK4JcH6HDkNMGGqP1ouV7VZUWya'}},'attempt':0}]},"
                      "'parameters':{'participants':{'next_id':3,'participants':[%s]},'threshold':2}}",
                      contract_members));
    ck_assert_msg(c.outcome.kind == MODEL_OK, "%s", model_outcome_message(&c.outcome));
    contract_ok(&c, "alice/node", "submit_participant_info", NOTHING, contract_attestation("alice.tls"));
    contract_ok(&c, "bob/node", "submit_participant_info", NOTHING, contract_attestation("bob.tls"));
    contract_ok(&c, "carol/node", "submit_participant_info", NOTHING, contract_attestation("carol.tls"));
    enter_resharing();
    contract_reshare(&c, "alice bob carol", 6);
    ck_view(&c, "state", "/Resharing/reshared_keys/0/attempt", "0");
    ck_view(&c, "state", "/Resharing/resharing_key/domain/id", "3");
    ck_view(&c, "state", "/Resharing/resharing_key/next_attempt_id", "0");
    /* A new proposal begins with the first domain again. */
    struct model_state halfway = c.state;
    contract_vote_all(&c, "alice bob carol", contract_proposal(7, 3, contract_members, 2));
    ck_view(&c, "state", "/Resharing/reshared_keys", "[]");
    ck_view(&c, "state", "/Resharing/resharing_key/domain/id", "0");
    c.state = halfway;
    contract_refused(&c, "alice/node", "start_reshare_instance", NOTHING, EVENT(6, 0, 0),
                     "KeyEventError::KeyEventIdMismatch", "Key event Id mismatch");
    contract_ok(&c, "alice/node", "start_reshare_instance", NOTHING, EVENT(6, 3, 0));
    contract_ok(&c, "alice/node", "vote_reshared", NOTHING, EVENT(6, 3, 0));
    contract_ok(&c, "bob/node", "vote_reshared", NOTHING, EVENT(6, 3, 0));
    contract_ok(&c, "carol/node", "vote_reshared", NOTHING, EVENT(6, 3, 0));
    ck_view(&c, "state", "/Running/keyset/epoch_id", "6");
    ck_view(&c, "state", "/Running/keyset/domains/1/domain_id", "3");
    ck_view(&c, "state", "/Running/keyset/domains/0/key/Ed25519/near_public_key_compressed",
            "'ed25519:11111111111111111111111111111111'");
    /* DamgardEtAl with t = 3 wants five participants. */
    vote_refused(
        "alice",
        contract_json("{'prospective_epoch_id':7,'proposal':{'parameters':{'participants':{'next_id':3,"
                      "'participants':[%s]},'threshold':3},'per_domain_thresholds':{'3':3}}}",
                      contract_members),
        "DomainError::InsufficientParticipantsForProtocol",
        "Protocol DamgardEtAl requires at least 5 participants, found 3.");
    /* So does it under a threshold that is too low for it as well. */
    vote_refused(
        "alice",
        contract_json("{'prospective_epoch_id':7,'proposal':{'parameters':{'participants':{'next_id':3,"
                      "'participants':[%s]},'threshold':2},'per_domain_thresholds':{'3':3}}}",
                      contract_members),
        "DomainError::InsufficientParticipantsForProtocol",
        "Protocol DamgardEtAl requires at least 5 participants, found 3.");
}
END_TEST

START_TEST(cancelling_takes_the_previous_threshold_and_returns_the_previous_state)
{
    contract_refused(&c, "alice/op<proxy.near", "vote_cancel_resharing", NOTHING, "{}",
                     "panic:CallerNotSigner", NOT_SIGNER);
    contract_refused(&c, "eve", "vote_cancel_resharing", NOTHING, "{}",
                     "InvalidState::ProtocolStateNotResharing", "Protocol state is not resharing.");
    const char *keyset = contract_at(&c, "state", "/Running/keyset");
    char *before = strdup(keyset);
    enter_resharing();
    contract_refused(&c, "dave", "vote_cancel_resharing", NOTHING, "{}", "InvalidState::NotParticipant",
                     "Not a participant: dave.near");
    contract_ok(&c, "bob", "vote_cancel_resharing", NOTHING, "{}");
    contract_ok(&c, "bob", "vote_cancel_resharing", NOTHING, "{}");
    ck_view(&c, "state", "/Resharing/cancellation_requests", "['bob.near']");
    contract_ok(&c, "alice", "vote_new_parameters", NOTHING, contract_proposal(7, 3, contract_members, 2));
    contract_ok(&c, "alice/anything", "vote_cancel_resharing", NOTHING, "{}");
    ck_view(&c, "state", "/Running/keyset", before);
    ck_view(&c, "state", "/Running/previously_cancelled_resharing_epoch_id", "6");
    ck_view(&c, "state", "/Running/parameters_votes/proposal_by_account/alice.near/parameters/threshold",
            "2");
    vote_refused("alice", contract_proposal(6, 3, contract_members, 2), "InvalidParameters::EpochMismatch",
                 "Provided Epoch Id, 6, does not match expected, 7.");
    free(before);
}
END_TEST

START_TEST(six_receipts_follow_a_resharing_in_order_and_each_runs_alone)
{
    static const char *const methods[] = {"remove_non_participant_update_votes",
                                          "clean_tee_status",
                                          "clean_invalid_attestations",
                                          "cleanup_orphaned_node_migrations",
                                          "clean_foreign_chain_data",
                                          "remove_non_participant_tee_verifier_votes"};
    enter_resharing();
    contract_reshare(&c, "alice bob carol", 6);
    /* The network leaves Running before the receipts run: five of six fail, and are gone all the same. */
    contract_vote_all(&c, "alice bob carol", contract_proposal(7, 3, contract_members, 2));
    for (size_t i = 0; i < ARRAY_LEN(methods); i++) {
        struct model_outcome outcome = {0};
        ck_assert_uint_eq(model_receipts_pending(c.model, &c.state), ARRAY_LEN(methods) - i);
        ck_assert_str_eq(model_receipt_method(c.model, &c.state), methods[i]);
        ck_assert_ok(model_receipt_run(c.model, &c.state, 1001, c.time_s, &c.state, &outcome));
        if (i == 3)
            ck_assert_int_eq(outcome.kind, MODEL_OK);
        else
            ck_assert_str_eq(outcome.error, "InvalidState::ProtocolStateNotRunning");
        model_outcome_free(&outcome);
    }
    ck_assert_ptr_null(model_receipt_method(c.model, &c.state));
}
END_TEST

START_TEST(receipts_change_nothing_more_in_a_network_that_keeps_its_members)
{
    enter_resharing();
    contract_reshare(&c, "alice bob carol", 6);
    struct model_state before = c.state;
    contract_block(&c);
    ck_assert(!model_state_equal(&before, &c.state));
    before.receipts = 0;
    ck_assert(model_state_equal(&before, &c.state));
}
END_TEST

int main(void)
{
    SUITE_WITH_CASE(suite, tcase, "model_governance");
    tcase_add_checked_fixture(tcase, open_deployed, close_it);
    tcase_add_test(tcase, a_proposals_threshold_is_judged_before_all_else);
    tcase_add_test(tcase, every_participant_that_is_not_attested_is_named);
    tcase_add_test(tcase, proposed_participants_have_to_be_coherent);
    tcase_add_test(tcase, kept_participants_keep_id_and_info_and_newcomers_take_no_old_id);
    tcase_add_test(tcase, enough_old_participants_stay_and_new_ids_follow_on);
    tcase_add_test(tcase, per_domain_thresholds_are_bounded_and_name_known_domains);
    tcase_add_test(tcase, per_domain_thresholds_come_into_force_when_the_resharing_is_done);
    tcase_add_test(tcase, an_outsider_has_no_vote_and_a_newcomer_waits_for_the_members);
    tcase_add_test(tcase, the_last_vote_opens_a_resharing_with_everything_fresh);
    tcase_add_test(tcase, a_re_proposal_takes_the_next_epoch_and_is_judged_by_the_previous_running_state);
    tcase_add_test(tcase, a_network_without_domains_changes_its_parameters_at_once);
    tcase_add_test(tcase, only_an_attested_caller_takes_part_in_a_key_event);
    tcase_add_test(tcase, a_swept_or_foreign_attestation_locks_its_member_out_of_key_events);
    tcase_add_test(tcase, starting_an_instance_is_checked_in_order);
    tcase_add_test(tcase, the_leader_is_the_lowest_id_wherever_it_stands);
    tcase_add_test(tcase, voting_reshared_is_checked_in_order);
    tcase_add_test(tcase, an_attempt_lives_to_its_last_block_and_stays_visible_until_the_next);
    tcase_add_test(tcase, domains_are_reshared_one_after_the_other_and_keep_their_keys);
    tcase_add_test(tcase, cancelling_takes_the_previous_threshold_and_returns_the_previous_state);
    tcase_add_test(tcase, six_receipts_follow_a_resharing_in_order_and_each_runs_alone);
    tcase_add_test(tcase, receipts_change_nothing_more_in_a_network_that_keeps_its_members);
    return run_suite(suite);
}
