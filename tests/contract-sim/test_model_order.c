/* The order of a method's checks (contract.md 1.3, 2.2, 3.3): each call below fails two checks that follow each
 * other, and the earlier one answers. Where two cannot fail together their order shows in nothing. */
#include "tests/support/contract.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct contract c;

static void close_it(void)
{
    contract_close(&c);
}

/* A call by "WHO", "WHO/KEY" or "WHO<PROXY", and the refusal it meets: the enum path, and the text where others
 * share the path. */
struct refusal {
    const char *who;
    const char *method;
    const char *deposit;
    const char *args;
    const char *error;
    const char *text; /* NULL: any */
};

static void ck_refusals(const struct refusal *refusals, size_t count)
{
    for (size_t i = 0; i < count; i++)
        contract_refused(&c, refusals[i].who, refusals[i].method, refusals[i].deposit, refusals[i].args,
                         refusals[i].error, refusals[i].text ? refusals[i].text : "*");
}
#define ck_refused(...)                                                                                      \
    ck_refusals((const struct refusal[]){__VA_ARGS__},                                                       \
                sizeof((const struct refusal[]){__VA_ARGS__}) / sizeof(struct refusal))

#define NOT_SIGNER      "panic:CallerNotSigner"
#define NOT_PARTICIPANT "InvalidState::NotParticipant"
#define NOT_A_VOTER     "panic:NotAVoter"
#define NOT_RUNNING     "InvalidState::ProtocolStateNotRunning"
#define NOT_RESHARING   "InvalidState::ProtocolStateNotResharing"
#define NOT_GENERATING  "InvalidState::ProtocolStateNotInitializing"
#define NOT_ATTESTED    "panic:NotAttested:"
#define INACTIVE        "KeyEventError::NoActiveKeyEvent"
#define ACTIVE          "KeyEventError::ActiveKeyEvent"
#define WRONG_ID        "KeyEventError::KeyEventIdMismatch"
#define TOO_LITTLE      "InvalidParameters::InsufficientDeposit"

#define H4(x)  x x x x
#define H32(x) H4(H4(x)) H4(H4(x))
#define EVENT(epoch, domain, attempt)                                                                        \
    "'key_event_id':{'epoch_id':" #epoch ",'domain_id':" #domain ",'attempt_id':" #attempt "}"
#define RESHARE(attempt)      "{" EVENT(6, 0, attempt) "}"
#define KEYGEN(attempt)       "{" EVENT(5, 1, attempt) "}"
#define VOTE_PK(attempt, key) "{" EVENT(5, 1, attempt) ",'public_key':'" key "'}"
/* Of the test's keys, which are hashes of their names, half are points of the curve. */
#define NO_POINT "@root1"
#define POINT    "@root3"
#define DOMAIN(id, protocol, t, purpose)                                                                     \
    "{'id':" #id ",'protocol':'" protocol "','reconstruction_threshold':" #t ",'purpose':'" purpose "'}"
#define ADD(domains) "{'domains':[" domains "]}"

static void open_running(void)
{
    contract_open(&c, "v3.14+cancel");
}

static void begin_resharing(void)
{
    contract_vote_all(&c, "alice bob carol", contract_proposal(6, 3, contract_members, 2));
}

static void begin_keygen(void)
{
    static const char *const members[] = {"alice", "bob", "carol"};
    for (size_t i = 0; i < ARRAY_LEN(members); i++)
        contract_ok(&c, members[i], "vote_add_domains", NOTHING, ADD(DOMAIN(1, "Frost", 2, "Sign")));
}

/* --- the parts that methods share --- */

START_TEST(callers_of_key_events_are_looked_at_in_order)
{
    static const char *const methods[][2] = {{"start_reshare_instance", RESHARE(9)},
                                             {"vote_reshared", RESHARE(9)},
                                             {"vote_abort_key_event_instance", RESHARE(9)},
                                             {"start_keygen_instance", RESHARE(9)},
                                             {"vote_pk", VOTE_PK(9, NO_POINT)}};
    /* bob's entry becomes dave's, carol's goes. */
    contract_ok(&c, "carol/node", "submit_participant_info", NOTHING,
                "{'proposed_participant_attestation':{'Mock':{'WithConstraints':{'expiry_timestamp_seconds':"
                "1700000001}}},'tls_public_key':'@carol.tls'}");
    contract_ok(&c, "bob/node", "submit_participant_info", NOTHING,
                "{'proposed_participant_attestation':{'Mock':{'WithConstraints':{'expiry_timestamp_seconds':"
                "1700000001}}},'tls_public_key':'@bob.tls'}");
    c.time_s += 1;
    contract_call(&c, "eve", "clean_invalid_attestations", NOTHING, "{'max_scan':30}");
    contract_ok(&c, "eve", "prepay_attestation_storage", GRANT_PRICE,
                "{'account_id':'dave.near','grants':1}");
    contract_ok(&c, "dave/node", "submit_participant_info", NOTHING, contract_attestation("bob.tls"));
    for (size_t i = 0; i < ARRAY_LEN(methods); i++) {
        const char *method = methods[i][0];
        const char *args = methods[i][1];
        ck_refused({"eve<proxy.near", method, NOTHING, args, NOT_SIGNER, NULL},
                   {"alice/node<proxy.near", method, NOTHING, args, NOT_SIGNER, NULL},
                   {"eve", method, NOTHING, args, NOT_ATTESTED "CallerNotParticipant", NULL},
                   {"carol", method, NOTHING, args, NOT_ATTESTED "AttestationNotFound", NULL},
                   {"bob", method, NOTHING, args, NOT_ATTESTED "AttestationOwnerMismatch", NULL},
                   {"alice", method, NOTHING, args, NOT_ATTESTED "AttestationKeyMismatch", NULL});
    }
}
END_TEST

/* `before` are the members in front of the parameters; the configuration behind them is refused last. */
static const char *init_args(const char *before, const char *next_id, const char *participants,
                             const char *threshold)
{
    return contract_json("{%s'parameters':{'participants':{'next_id':%s,'participants':[%s]},'threshold':%s},"
                         "'init_config':{'launcher_hash_unused_ttl_seconds':604799}}",
                         before, next_id, participants, threshold);
}

static void ck_parameters_in_order(const char *who, const char *method, const char *before)
{
    static const struct {
        const char *next_id;
        const char *participants;
        const char *threshold;
        const char *error;
    } cases[] = {
        {"0", "", "1", "InvalidThreshold::MaxRequirementFailed"},
        {"3", "['a1',0,@],['a2',1,@],['a3',2,@]", "1", "InvalidThreshold::MinAbsRequirementFailed"},
        {"0", "['a1',0,@],['a2',1,@],['a3',2,@],['a4',3,@]", "2",
         "InvalidThreshold::MinRelRequirementFailed"},
        {"1", "['a1',0,@],['a2',1,@],['a3',1,@]", "2", "InvalidCandidateSet::ParticipantIdNotLessThanNextId"},
        {"3", "['a1',0,@],['a1',0,@],['a3',2,@]", "2", "InvalidCandidateSet::DuplicateParticipantIds"},
        {"3", "['a1',0,@],['a1',1,@],['a3',2,@]", "2", "InvalidCandidateSet::DuplicateAccountIds"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        char participants[1024] = "";
        char *out = participants;
        for (const char *at = cases[i].participants; *at; at++)
            out += sprintf(out, *at == '@' ? "{'url':'u','tls_public_key':'@t'}" : "%c", *at);
        contract_refused(&c, who, method, NOTHING,
                         init_args(before, cases[i].next_id, participants, cases[i].threshold),
                         cases[i].error, "*");
    }
}

START_TEST(init_is_checked_in_order)
{
    contract_close(&c);
    contract_open_new(&c, "v3.14");
    ck_parameters_in_order("eve", "init", "");
    ck_refused({"eve", "init", NOTHING, init_args("", "3", contract_members, "2"),
                "InvalidParameters::MalformedPayload", "Malformed payload: launcher_hash_unused_ttl_*"});
}
END_TEST

#define BEFORE(domains, next_id)                                                                             \
    "'domains':[" domains "],'next_domain_id':" #next_id ",'keyset':{'epoch_id':5,'domains':[]},"

START_TEST(init_running_is_checked_in_order)
{
    static const struct {
        const char *before;
        const char *error;
    } cases[] = {
        {BEFORE(DOMAIN(0, "CaitSith", 1, "CKD"), 0), "DomainError::InvalidProtocolPurposeCombination"},
        {BEFORE(DOMAIN(0, "CaitSith", 1, "Sign"), 0), "DomainError::InvalidDomains"},
        {BEFORE(DOMAIN(0, "DamgardEtAl", 3, "Sign"), 1), "DomainError::InsufficientParticipantsForProtocol"},
        {BEFORE(DOMAIN(0, "CaitSith", 4, "Sign"), 1),
         "DomainError::ReconstructionThresholdExceedsParticipants"},
        {BEFORE(DOMAIN(0, "CaitSith", 1, "Sign"), 1), "DomainError::ReconstructionThresholdTooLow"},
        {BEFORE(DOMAIN(0, "CaitSith", 3, "Sign"), 1), "InvalidThreshold::BelowReconstructionThreshold"},
        {BEFORE(DOMAIN(0, "CaitSith", 2, "Sign"), 1), "DomainError::DomainsMismatch"},
        {BEFORE("", 0), "InvalidParameters::MalformedPayload"},
    };
    contract_close(&c);
    contract_open_new(&c, "v3.14");
    ck_parameters_in_order("mpc", "init_running", BEFORE(DOMAIN(0, "CaitSith", 2, "CKD"), 1));
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        contract_refused(&c, "mpc", "init_running", NOTHING,
                         init_args(cases[i].before, "3", contract_members, "2"), cases[i].error, "*");
}
END_TEST

/* --- migrations --- */

START_TEST(migration_methods_are_checked_in_order)
{
    const char *to = contract_destination("eve", "2");
    const char *stale = "{'keyset':{'epoch_id':4,'domains':[]}}";
    char *keyset = strdup(contract_keyset_args(&c));
    ck_refused(
        {"eve<proxy.near", "register_backup_service", NOTHING, "{'backup_service_info':{'public_key':'@b'}}",
         NOT_SIGNER, NULL},
        {"eve", "register_backup_service", NOTHING, "{'backup_service_info':{'public_key':'@b'}}",
         NOT_PARTICIPANT, NULL},
        {"eve", "start_node_migration", NOTHING, to, NOT_PARTICIPANT, NULL},
        {"eve", "update_participant_url", NOTHING, "{'url':'u'}", NOT_PARTICIPANT, NULL},
        {"alice<proxy.near", "cancel_node_migration", NOTHING, "{}", NOT_SIGNER, NULL},
        {"alice", "cancel_node_migration", NOTHING, "{}", TOO_LITTLE, NULL},
        {"eve", "conclude_node_migration", NOTHING, stale, NOT_PARTICIPANT, NULL},
        {"alice", "conclude_node_migration", NOTHING, stale, "NodeMigrationError::KeysetMismatch", NULL},
        {"alice", "conclude_node_migration", NOTHING, keyset, "NodeMigrationError::MigrationNotFound", NULL});
    /* Not attested, and by the strict rule bob's key. */
    ck_assert_ok(model_rule_set(c.model, "strict_tls_binding=yes", NULL));
    contract_ok(&c, "alice", "start_node_migration", ONE,
                "{'destination_node_info':{'signer_account_pk':'@alice.node2','destination_node_info':{'url':"
                "'u','tls_public_key':'@bob.tls'}}}");
    c.time_s += 604800;
    ck_refused({"alice", "conclude_node_migration", NOTHING, keyset,
                "NodeMigrationError::AccountPublicKeyMismatch", NULL},
               {"alice/node2", "conclude_node_migration", NOTHING, keyset,
                "AttestationSubmissionError::TlsKeyOwnedByOtherAccount", NULL});
    begin_keygen();
    ck_refused({"eve<proxy.near", "start_node_migration", NOTHING, to, NOT_SIGNER, NULL},
               {"eve", "start_node_migration", NOTHING, to, NOT_RUNNING, NULL},
               {"eve<proxy.near", "update_participant_url", NOTHING, "{'url':'u'}", NOT_SIGNER, NULL},
               {"eve", "update_participant_url", NOTHING, "{'url':'u'}", NOT_RUNNING, NULL},
               {"eve<proxy.near", "conclude_node_migration", NOTHING, stale, NOT_SIGNER, NULL},
               {"eve", "conclude_node_migration", NOTHING, stale, NOT_RUNNING, NULL});
    free(keyset);
}
END_TEST

/* --- attestations and hashes --- */

#define SUBMIT(attestation, key)                                                                             \
    "{'proposed_participant_attestation':" attestation ",'tls_public_key':'@" key "'}"
#define MOCK(constraints) "{'Mock':{'WithConstraints':{" constraints "}}}"
#define IMAGE             "'mpc_docker_image_hash':'" H32("ab") "'"
#define COMPOSE           "'launcher_docker_compose_hash':'" H32("cd") "'"
#define EXPIRED           "'expiry_timestamp_seconds':1"
#define MEASURED          "'expected_measurements':{}"
#define FAILED            "the submitted attestation failed verification, reason: "

/* Checked against lists in which there is something else. */
static void fill_the_lists(void)
{
    static const char template[] = "{{LAUNCHER_IMAGE_HASH}} {{DEFAULT_IMAGE_DIGEST_HASH}}";
    ck_assert_ok(model_launcher_template_set(c.model, template, sizeof template - 1, NULL));
    static const char *const voters[] = {"alice", "bob"};
    for (size_t i = 0; i < ARRAY_LEN(voters); i++) {
        contract_ok(&c, voters[i], "vote_code_hash", NOTHING, "{'code_hash':'" H32("11") "'}");
        contract_ok(&c, voters[i], "vote_add_launcher_hash", NOTHING, "{'launcher_hash':'" H32("22") "'}");
    }
}

START_TEST(a_submission_is_checked_in_order)
{
    static const char error[] = "AttestationSubmissionError::InvalidAttestation";
    struct model_context context = {.block_height = c.height, .block_time_s = c.time_s};
    const char *args = contract_json("%s", SUBMIT("{'Dstack':{}}", "bob.tls"));
    ck_assert(account_id_set(&context.signer, "eve.near", 8));
    ck_assert(account_id_set(&context.predecessor, "proxy.near", 10));
    context.signer_public_key.type = NEAR_KEY_SECP256K1;
    model_outcome_free(&c.outcome);
    ck_assert_ok(model_call(c.model, &c.state, &context, "submit_participant_info", args, strlen(args),
                            &c.state, &c.outcome));
    ck_assert_str_eq(c.outcome.error, NOT_SIGNER);
    ck_refused({"eve", "submit_participant_info", NOTHING, SUBMIT("{'Dstack':{}}", "bob.tls"),
                "AttestationSubmissionError::TlsKeyOwnedByOtherAccount", NULL},
               {"eve", "submit_participant_info", NOTHING, SUBMIT("{'Dstack':{}}", "eve.tls"),
                "InvalidParameters::NoAttestationStorageGrant", NULL},
               {"bob", "submit_participant_info", NOTHING,
                SUBMIT(MOCK(IMAGE "," COMPOSE "," EXPIRED "," MEASURED), "bob.tls"), error,
                FAILED "Custom(\"the allowed mpc image hashes list is empty*"},
               {"bob", "submit_participant_info", NOTHING,
                SUBMIT(MOCK(COMPOSE "," EXPIRED "," MEASURED), "bob.tls"), error,
                FAILED "Custom(\"the allowed mpc launcher compose hashes list is empty*"},
               {"bob", "submit_participant_info", NOTHING, SUBMIT(MOCK(EXPIRED "," MEASURED), "bob.tls"),
                error, FAILED "ExpiredCertificate*"},
               {"bob", "submit_participant_info", NOTHING, SUBMIT(MOCK(MEASURED), "bob.tls"), error,
                FAILED "EmptyMeasurementsList"});
    contract_ok(&c, "alice", "vote_code_hash", NOTHING, "{'code_hash':'" H32("11") "'}");
    contract_ok(&c, "bob", "vote_code_hash", NOTHING, "{'code_hash':'" H32("11") "'}");
    ck_refused({"bob", "submit_participant_info", NOTHING, SUBMIT(MOCK(IMAGE "," COMPOSE), "bob.tls"), error,
                FAILED "Custom(\"MPC image hash *"});
    fill_the_lists();
    ck_refused({"bob", "submit_participant_info", NOTHING, SUBMIT(MOCK(COMPOSE "," EXPIRED), "bob.tls"),
                error, FAILED "Custom(\"launcher compose hash *"});
}
END_TEST

START_TEST(hash_votes_grants_and_sweeps_are_checked_in_order)
{
    static const char *const votes[][2] = {
        {"vote_code_hash", "{'code_hash':'" H32("11") "'}"},
        {"vote_add_launcher_hash", "{'launcher_hash':'" H32("11") "'}"},
        {"vote_remove_launcher_hash", "{'launcher_hash':'" H32("11") "'}"},
        {"verify_tee", "{}"},
    };
    for (size_t i = 0; i < ARRAY_LEN(votes); i++)
        ck_refused({"eve<proxy.near", votes[i][0], NOTHING, votes[i][1], NOT_SIGNER, NULL},
                   {"alice<proxy.near", votes[i][0], NOTHING, votes[i][1], NOT_SIGNER, NULL},
                   {"eve", votes[i][0], NOTHING, votes[i][1], NOT_A_VOTER, NULL});
    ck_refused({"eve", "prepay_attestation_storage", ONE, "{'account_id':'a1','grants':0}",
                "InvalidParameters::MalformedPayload",
                "Malformed payload: grants must be greater than zero"});
    contract_ok(&c, "eve", "prepay_attestation_storage", GRANT_PRICE, "{'account_id':'a1','grants':1}");
    ck_refused({"eve", "prepay_attestation_storage", ONE, "{'account_id':'a1','grants':4294967295}",
                "InvalidParameters::UnexpectedDeposit", NULL});
    begin_resharing();
    ck_refused({"eve", "verify_tee", NOTHING, "{}", NOT_A_VOTER, NULL},
               {"alice", "verify_tee", NOTHING, "{}", NOT_RUNNING, NULL});
}
END_TEST

/* --- governance and key events --- */

#define TO(thresholds, participants, next_id, threshold, epoch)                                              \
    "{'prospective_epoch_id':" #epoch ",'proposal':{'parameters':{'participants':{'next_id':" #next_id       \
    ",'participants':[" participants "]},'threshold':" #threshold "},'per_domain_thresholds':" thresholds    \
    "}}"
#define MEMBER(who, id)                                                                                      \
    "['" who ".near'," #id ",{'url':'https://" who ".near:80','tls_public_key':'@" who ".tls'}]"
#define MOVED(who, id) "['" who ".near'," #id ",{'url':'moved','tls_public_key':'@" who ".tls'}]"
#define ALICE          MEMBER("alice", 0)
#define BOB            MEMBER("bob", 1)
#define CAROL          MEMBER("carol", 2)

START_TEST(a_proposal_is_checked_in_order)
{
    contract_ok(&c, "eve", "prepay_attestation_storage", GRANT_PRICE,
                "{'account_id':'dave.near','grants':1}");
    contract_ok(&c, "dave/node", "submit_participant_info", NOTHING, contract_attestation("dave.tls"));
    static const struct {
        const char *args;
        const char *error;
    } cases[] = {
        {TO("{}", "", 0, 1, 9), "InvalidThreshold::MaxRequirementFailed"},
        {TO("{}", ALICE "," BOB "," CAROL, 3, 1, 9), "InvalidThreshold::MinAbsRequirementFailed"},
        {TO("{}", ALICE "," BOB "," CAROL "," MEMBER("dan", 3), 4, 2, 9),
         "InvalidThreshold::MinRelRequirementFailed"},
        {TO("{}", ALICE "," BOB "," MEMBER("dan", 3), 4, 2, 9),
         "InvalidParameters::InvalidTeeRemoteAttestation"},
        {TO("{}", ALICE "," BOB "," CAROL, 1, 2, 9), "InvalidParameters::EpochMismatch"},
        {TO("{}", ALICE "," MEMBER("bob", 2) "," CAROL, 2, 2, 6),
         "InvalidCandidateSet::ParticipantIdNotLessThanNextId"},
        {TO("{}", ALICE "," ALICE "," CAROL, 3, 2, 6), "InvalidCandidateSet::DuplicateParticipantIds"},
        {TO("{}", ALICE "," MEMBER("alice", 1) "," CAROL, 3, 2, 6),
         "InvalidCandidateSet::DuplicateAccountIds"},
        {TO("{}", MOVED("alice", 1) "," CAROL, 3, 2, 6), "InvalidCandidateSet::ParticipantIdChanged"},
        {TO("{}", MOVED("alice", 0) "," MEMBER("dave", 1), 3, 2, 6),
         "InvalidCandidateSet::ParticipantInfoChanged"},
        {TO("{}", ALICE "," MEMBER("dave", 1), 3, 2, 6), "InvalidCandidateSet::NewParticipantReusesOldId"},
        {TO("{}", ALICE "," MEMBER("dave", 4), 5, 2, 6), "InvalidCandidateSet::InsufficientOldParticipants"},
        {TO("{}", ALICE "," BOB "," MEMBER("dave", 4), 9, 2, 6),
         "InvalidCandidateSet::NewParticipantIdsNotContiguous"},
        {TO("{'7':2}", ALICE "," BOB "," MEMBER("dave", 3), 9, 2, 6),
         "InvalidCandidateSet::NewParticipantIdsTooHigh"},
        {TO("{'0':1,'7':2}", ALICE "," BOB "," CAROL, 3, 2, 6), "DomainError::UnknownDomainInProposal"},
        {TO("{'0':1}", ALICE "," BOB "," CAROL, 3, 2, 6), "DomainError::ReconstructionThresholdTooLow"},
        {TO("{'0':4}", ALICE "," BOB "," CAROL, 3, 2, 6),
         "DomainError::ReconstructionThresholdExceedsParticipants"},
        {TO("{'0':3}", ALICE "," BOB "," CAROL, 3, 2, 6), "InvalidThreshold::BelowReconstructionThreshold"},
        {TO("{}", ALICE "," BOB "," CAROL, 3, 2, 6), NOT_PARTICIPANT},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        contract_refused(&c, "eve", "vote_new_parameters", NOTHING, cases[i].args, cases[i].error, "*");
        contract_refused(&c, "eve<proxy.near", "vote_new_parameters", NOTHING, cases[i].args, NOT_SIGNER,
                         "*");
    }
    begin_keygen();
    ck_refused({"eve", "vote_new_parameters", NOTHING, TO("{}", ALICE "," BOB "," MEMBER("dan", 3), 4, 2, 9),
                "InvalidParameters::InvalidTeeRemoteAttestation", NULL},
               {"eve", "vote_new_parameters", NOTHING, TO("{}", ALICE "," BOB "," CAROL, 3, 2, 9),
                "InvalidState::ProtocolStateNotRunningNorResharing", NULL},
               {"eve", "public_key", NOTHING, "{'domain_id':7}",
                "InvalidState::ProtocolStateNotRunningNorResharing", NULL});
}
END_TEST

START_TEST(key_event_methods_are_checked_in_order_while_running)
{
    ck_refused(
        {"alice", "start_reshare_instance", NOTHING, RESHARE(9), NOT_ATTESTED "AttestationKeyMismatch", NULL},
        {"bob/node", "start_reshare_instance", NOTHING, RESHARE(9), NOT_RESHARING, NULL},
        {"bob/node", "vote_reshared", NOTHING, RESHARE(9), NOT_RESHARING, NULL},
        {"bob/node", "vote_abort_key_event_instance", NOTHING, RESHARE(9),
         "InvalidState::ProtocolStateNotRunningNorResharing", NULL},
        {"bob/node", "start_keygen_instance", NOTHING, KEYGEN(9), NOT_GENERATING, NULL},
        {"bob/node", "vote_pk", NOTHING, VOTE_PK(9, NO_POINT), "InvalidParameters::MalformedPayload", NULL},
        {"bob/node", "vote_pk", NOTHING, VOTE_PK(9, POINT), NOT_GENERATING, NULL},
        {"eve<proxy.near", "vote_cancel_resharing", NOTHING, "{}", NOT_SIGNER, NULL},
        {"eve", "vote_cancel_resharing", NOTHING, "{}", NOT_RESHARING, NULL},
        {"eve<proxy.near", "vote_cancel_keygen", NOTHING, "{'next_domain_id':9}", NOT_SIGNER, NULL},
        {"eve", "vote_cancel_keygen", NOTHING, "{'next_domain_id':9}", NOT_GENERATING, NULL});
}
END_TEST

START_TEST(key_event_methods_are_checked_in_order_while_resharing)
{
    begin_resharing();
    ck_refused({"bob/node", "start_reshare_instance", NOTHING, RESHARE(9), WRONG_ID, NULL},
               {"bob/node", "vote_reshared", NOTHING, RESHARE(9), INACTIVE, NULL},
               {"bob/node", "vote_abort_key_event_instance", NOTHING, RESHARE(9), INACTIVE, NULL},
               {"eve", "vote_cancel_resharing", NOTHING, "{}", NOT_PARTICIPANT, NULL},
               {"eve<proxy.near", "vote_add_domains", NOTHING, ADD(""), NOT_SIGNER, NULL},
               {"eve", "vote_add_domains", NOTHING, ADD(""), NOT_RUNNING, NULL});
    contract_ok(&c, "alice/node", "start_reshare_instance", NOTHING, RESHARE(0));
    contract_ok(&c, "bob/node", "vote_reshared", NOTHING, RESHARE(0));
    ck_refused({"bob/node", "start_reshare_instance", NOTHING, RESHARE(9), ACTIVE, NULL},
               {"bob/node", "start_keygen_instance", NOTHING, RESHARE(9), NOT_GENERATING, NULL},
               {"bob/node", "vote_reshared", NOTHING, RESHARE(9), WRONG_ID, NULL},
               {"bob/node", "vote_abort_key_event_instance", NOTHING, RESHARE(9), WRONG_ID, NULL},
               {"bob/node", "vote_reshared", NOTHING, RESHARE(0), "VoteError::VoteAlreadySubmitted", NULL});
}
END_TEST

START_TEST(key_event_methods_are_checked_in_order_while_keys_are_generated)
{
    begin_keygen();
    ck_refused({"bob/node", "start_keygen_instance", NOTHING, KEYGEN(9), WRONG_ID, NULL},
               {"bob/node", "vote_pk", NOTHING, VOTE_PK(9, POINT), INACTIVE, NULL},
               {"eve", "vote_cancel_keygen", NOTHING, "{'next_domain_id':9}",
                "InvalidParameters::NextDomainIdMismatch", NULL},
               {"eve", "vote_cancel_keygen", NOTHING, "{'next_domain_id':2}", NOT_PARTICIPANT, NULL});
    contract_ok(&c, "alice/node", "start_keygen_instance", NOTHING, KEYGEN(0));
    contract_ok(&c, "bob/node", "vote_pk", NOTHING, VOTE_PK(0, POINT));
    ck_refused({"bob/node", "start_keygen_instance", NOTHING, KEYGEN(9), ACTIVE, NULL},
               {"bob/node", "start_reshare_instance", NOTHING, KEYGEN(9), NOT_RESHARING, NULL},
               {"bob/node", "vote_reshared", NOTHING, KEYGEN(9), NOT_RESHARING, NULL},
               {"bob/node", "vote_pk", NOTHING, VOTE_PK(9, POINT), WRONG_ID, NULL},
               {"bob/node", "vote_pk", NOTHING, VOTE_PK(0, POINT), "VoteError::VoteAlreadySubmitted", NULL});
}
END_TEST

START_TEST(new_domains_are_checked_in_order)
{
    ck_refused(
        {"eve", "vote_add_domains", NOTHING, ADD(""), "DomainError::AddDomainsMustAddAtLeastOneDomain", NULL},
        {"eve", "vote_add_domains", NOTHING, ADD(DOMAIN(9, "CaitSith", 1, "CKD")),
         "DomainError::InvalidProtocolPurposeCombination", NULL},
        {"eve", "vote_add_domains", NOTHING, ADD(DOMAIN(9, "CaitSith", 1, "Sign")),
         "DomainError::ReconstructionThresholdTooLow", NULL},
        {"eve", "vote_add_domains", NOTHING, ADD(DOMAIN(9, "CaitSith", 4, "Sign")),
         "DomainError::ReconstructionThresholdExceedsParticipants", NULL},
        {"eve", "vote_add_domains", NOTHING, ADD(DOMAIN(9, "DamgardEtAl", 3, "Sign")),
         "DomainError::InsufficientParticipantsForProtocol", NULL},
        {"eve", "vote_add_domains", NOTHING, ADD(DOMAIN(9, "CaitSith", 3, "Sign")),
         "InvalidThreshold::BelowReconstructionThreshold", NULL},
        {"eve", "vote_add_domains", NOTHING, ADD(DOMAIN(9, "CaitSith", 2, "Sign")), NOT_PARTICIPANT, NULL});
}
END_TEST

/* What the contract alone may call refuses that first, then the deposit, then the phase. */
START_TEST(private_methods_are_checked_in_order)
{
    static const char *const methods[] = {
        "cleanup_orphaned_node_migrations",          "clean_tee_status",
        "remove_non_participant_update_votes",       "clean_foreign_chain_data",
        "remove_non_participant_tee_verifier_votes",
    };
    begin_resharing();
    for (size_t i = 0; i < ARRAY_LEN(methods); i++) {
        ck_refused({"alice", methods[i], ONE, "{}", "sdk:Private", NULL},
                   {"mpc", methods[i], ONE, "{}", "sdk:NoDeposit", NULL});
        if (i > 0)
            ck_refused({"mpc", methods[i], NOTHING, "{}", NOT_RUNNING, NULL});
    }
    ck_refused({"alice", "clean_invalid_attestations", NOTHING, "{'max_scan':1}", NOT_RUNNING, NULL});
}
END_TEST

int main(void)
{
    SUITE_WITH_CASE(suite, tcase, "model_order");
    tcase_add_checked_fixture(tcase, open_running, close_it);
    tcase_add_test(tcase, callers_of_key_events_are_looked_at_in_order);
    tcase_add_test(tcase, init_is_checked_in_order);
    tcase_add_test(tcase, init_running_is_checked_in_order);
    tcase_add_test(tcase, migration_methods_are_checked_in_order);
    tcase_add_test(tcase, a_submission_is_checked_in_order);
    tcase_add_test(tcase, hash_votes_grants_and_sweeps_are_checked_in_order);
    tcase_add_test(tcase, a_proposal_is_checked_in_order);
    tcase_add_test(tcase, key_event_methods_are_checked_in_order_while_running);
    tcase_add_test(tcase, key_event_methods_are_checked_in_order_while_resharing);
    tcase_add_test(tcase, key_event_methods_are_checked_in_order_while_keys_are_generated);
    tcase_add_test(tcase, new_domains_are_checked_in_order);
    tcase_add_test(tcase, private_methods_are_checked_in_order);
    return run_suite(suite);
}
