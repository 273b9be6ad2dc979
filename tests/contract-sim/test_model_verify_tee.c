/* verify_tee: whose attestation fails is voted out by nobody, the contract does it (contract.md 1.3). */
#include "tests/support/contract.h"

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

static void expires_at(const char *who, uint64_t time_s)
{
    contract_ok(&c, contract_json("%s/node", who), "submit_participant_info", NOTHING,
                contract_json("{'proposed_participant_attestation':{'Mock':{'WithConstraints':"
                              "{'expiry_timestamp_seconds':%" PRIu64 "}}},'tls_public_key':'@%s.tls'}",
                              time_s, who));
}

static void ck_verify(const char *who, const char *expected)
{
    contract_call(&c, who, "verify_tee", NOTHING, "{}");
    ck_assert_msg(c.outcome.kind == MODEL_OK, "%s", model_outcome_message(&c.outcome));
    ck_assert_str_eq((const char *)c.outcome.value.data, expected);
}

START_TEST(verify_tee_is_for_members_and_for_a_running_protocol)
{
    contract_refused(
        &c, "eve/op<proxy.near", "verify_tee", NOTHING, "{}", "panic:CallerNotSigner",
        "assertion `left == right` failed: Caller must be the signer account (signer: eve.near, *");
    contract_refused(&c, "eve", "verify_tee", NOTHING, "{}", "panic:NotAVoter",
                     "not a voter, InvalidState(NotParticipant { account_id: AccountId(\"eve.near\") })");
    contract_vote_all(&c, "alice bob", contract_proposal(6, 3, contract_without_carol, 2));
    /* In Resharing the previous members have the vote. */
    contract_refused(&c, "carol", "verify_tee", NOTHING, "{}", "InvalidState::ProtocolStateNotRunning",
                     "The protocol is not Running.");
}
END_TEST

START_TEST(with_all_attested_nothing_changes)
{
    struct model_state before = c.state;
    ck_verify("alice", "true");
    ck_assert(model_state_equal(&before, &c.state));
}
END_TEST

START_TEST(who_is_no_longer_attested_is_reshared_out)
{
    expires_at("carol", c.time_s + 100);
    contract_ok(&c, "alice", "vote_new_parameters", NOTHING, contract_proposal(6, 3, contract_members, 2));
    c.time_s += 99;
    ck_verify("bob", "true");
    ck_view(&c, "state", "/Running/keyset/epoch_id", "5");
    c.time_s++;
    ck_verify("bob", "true");
    ck_view(&c, "state", "/Resharing/resharing_key/epoch_id", "6");
    ck_view(&c, "state", "/Resharing/resharing_key/parameters",
            contract_json("{'participants':{'next_id':3,'participants':[%s]},'threshold':2}",
                          contract_without_carol));
    ck_view(&c, "state", "/Resharing/previous_running_state/parameters_votes", "{'proposal_by_account':{}}");
    ck_view(&c, "state", "/Resharing/per_domain_thresholds", "{}");
}
END_TEST

START_TEST(too_few_attested_members_leave_the_network_as_it_is)
{
    expires_at("carol", c.time_s + 100);
    expires_at("bob", c.time_s + 100);
    struct model_state before = c.state;
    c.time_s += 100;
    ck_verify("alice", "false");
    ck_assert(!model_state_equal(&before, &c.state)); /* it takes no requests now */
    ck_view(&c, "state", "/Running/keyset/epoch_id", "5");
    expires_at("bob", c.time_s + 100);
    expires_at("carol", c.time_s + 100);
    struct model_state refusing = c.state;
    ck_verify("alice", "true");
    ck_assert(!model_state_equal(&refusing, &c.state));
}
END_TEST

START_TEST(a_threshold_below_three_fifths_of_those_left_or_below_a_reconstruction_is_not_kept)
{
    /* A state that no vote leads to: threshold 2 under a domain of 3. */
    static const char state[] =
        "{'state':{'Running':{'domains':{'domains':[{'id':0,'protocol':'CaitSith','reconstruction_threshold':"
        "%d,"
        "'purpose':'Sign'}],'next_domain_id':1},'keyset':{'epoch_id':5,'domains':[{'domain_id':0,'key':"
        "{'Secp256k1':{'near_public_key':'secp256k1:"
        "3tFRbMqmoa6AAALMrEFAYCEoHcqKxeW38YptwowBVBtXK1vo36HDbUWuR6EZmoK4JcH6HDkNMGGqP1ouV7VZUWya'}},"
        "'attempt':0}]},'parameters':{'participants':{'next_id':5,'participants':[%s%s]},'threshold':2}}}}";
    static const struct {
        int reconstruction;
        const char *more;
    } cases[] = {
        {3, ""},
        {2, ",['eve.near',4,{'url':'','tls_public_key':'@eve.tls'}]"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct json_object *genesis = NULL;
        const char *text = contract_json(state, cases[i].reconstruction, contract_with_dave, cases[i].more);
        ck_assert_ok(json_parse(text, strlen(text), &json_limits_view, &genesis, NULL));
        ck_assert_ok(model_genesis(c.model, genesis, c.height, c.time_s, &c.state, NULL));
        json_object_put(genesis);
        expires_at("dave", c.time_s + 1);
        c.time_s++;
        ck_verify("alice", "false");
    }
}
END_TEST

START_TEST(a_network_without_domains_drops_its_unattested_member_at_once)
{
    contract_close(&c);
    contract_open_new(&c, "v3.14");
    contract_call(
        &c, "mpc", "init_running", NOTHING,
        contract_json("{'domains':[],'next_domain_id':4,'keyset':{'epoch_id':5,'domains':[]},'parameters':"
                      "{'participants':{'next_id':3,'participants':[%s]},'threshold':2},'init_config':null}",
                      contract_members));
    expires_at("carol", c.time_s + 1);
    c.time_s++;
    ck_verify("alice", "true");
    ck_view(&c, "state", "/Running/keyset/epoch_id", "6");
    ck_view(&c, "state", "/Running/parameters/participants",
            contract_json("{'next_id':3,'participants':[%s]}", contract_without_carol));
}
END_TEST

int main(void)
{
    SUITE_WITH_CASE(suite, tcase, "model_verify_tee");
    tcase_add_checked_fixture(tcase, open_deployed, close_it);
    tcase_add_test(tcase, verify_tee_is_for_members_and_for_a_running_protocol);
    tcase_add_test(tcase, with_all_attested_nothing_changes);
    tcase_add_test(tcase, who_is_no_longer_attested_is_reshared_out);
    tcase_add_test(tcase, too_few_attested_members_leave_the_network_as_it_is);
    tcase_add_test(tcase, a_threshold_below_three_fifths_of_those_left_or_below_a_reconstruction_is_not_kept);
    tcase_add_test(tcase, a_network_without_domains_drops_its_unattested_member_at_once);
    return run_suite(suite);
}
