/* A state written as a genesis, and read back: whatever a contract was brought to, it is the same state again. */
#include <stdio.h>
#include <string.h>

#include <json-c/json.h>

#include "tests/support/contract.h"
#include "tests/support/scenarios.h"

static struct contract c;

static void open_it(void)
{
    contract_open(&c, "v3.14");
}

static void close_it(void)
{
    contract_close(&c);
}

static result_t read_back(const char *text, struct model_state *out, struct error *err)
{
    CLEANUP(json_put_ptr) struct json_object *root = NULL;
    ck_assert_ok_err(json_parse(text, strlen(text), &json_limits_view, &root, err), *err);
    return model_genesis(c.model, root, 7, 8, out, err);
}

/* States of one model are equal when their bytes are. */
static void ck_comes_back(const char *when)
{
    CLEANUP(bytes_free) struct bytes text = {0};
    struct model_state back;
    struct error err = {0};
    ck_assert_ok(bytes_append_text(&text, "{"));
    ck_assert_ok(model_genesis_write(c.model, &c.state, &text));
    ck_assert_ok(bytes_append_text(&text, "}"));
    ck_assert_ok_err(read_back((const char *)text.data, &back, &err), err);
    ck_assert_msg(model_state_equal(&back, &c.state), "%s: %s", when, (const char *)text.data);
}

/* --- after every step of every scenario --- */

static void take_step(const struct scenario_step *step)
{
    CLEANUP(bytes_free) struct bytes args = {0};
    CLEANUP(model_outcome_free) struct model_outcome outcome = {0};
    struct model_context context = {
        step->signer, step->signer_public_key, step->predecessor, step->deposit, c.height, c.time_s};
    if (step->kind == STEP_CALL) {
        ck_assert_ok(json_write(step->args, &args));
        ck_assert_ok(
            model_call(c.model, &c.state, &context, step->method, args.data, args.len, &c.state, &outcome));
    }
    c.time_s += step->seconds;
    for (uint64_t i = 0; i < step->blocks && i < 3; i++)
        contract_block(&c);
}

static void walk_in(const struct scenario *scenario, const char *profile)
{
    struct error err = {0};
    c = (struct contract){.height = scenario->block_height, .time_s = scenario->block_time_s};
    ck_assert_ok_err(model_new(profile, scenario->contract_id.text, &c.model, &err), err);
    for (size_t i = 0; i < scenario->rule_count; i++)
        ck_assert_ok_err(model_rule_set(c.model, scenario->rules[i], &err), err);
    if (scenario->launcher_template)
        ck_assert_ok_err(model_launcher_template_set(c.model, scenario->launcher_template,
                                                     scenario->launcher_template_len, &err),
                         err);
    ck_assert_ok_err(model_genesis(c.model, scenario->genesis, c.height, c.time_s, &c.state, &err), err);
    for (size_t i = 0; i < scenario->step_count; i++) {
        char when[256];
        take_step(&scenario->steps[i]);
        snprintf(when, sizeof when, "%s [%s] after step %zu", scenario->id, profile, i + 1);
        ck_comes_back(when);
    }
    contract_close(&c);
}

static void walk(const struct scenario *scenario)
{
    for (size_t p = 0; !scenario_is_long(scenario) && model_profile_name(p); p++)
        walk_in(scenario, model_profile_name(p));
}

START_TEST(every_state_of_our_scenarios_comes_back)
{
    scenarios_visit_ours(walk);
}
END_TEST

START_TEST(every_state_of_the_reference_scenarios_comes_back)
{
    scenarios_visit_reference(walk);
}
END_TEST

/* --- what scenarios hardly reach --- */

START_TEST(a_contract_that_was_never_initialised_comes_back)
{
    contract_close(&c);
    contract_open_new(&c, "v3.14");
    ck_comes_back("before init");
}
END_TEST

#define ATTEMPT(n) "{'key_event_id':{'epoch_id':6,'domain_id':0,'attempt_id':" #n "}}"

START_TEST(a_key_event_whose_second_attempt_was_aborted_comes_back)
{
    contract_vote_all(&c, "alice bob carol", contract_proposal(6, 3, contract_members, 2));
    contract_ok(&c, "alice/node", "start_reshare_instance", NOTHING, ATTEMPT(0));
    contract_ok(&c, "alice/node", "vote_abort_key_event_instance", NOTHING, ATTEMPT(0));
    contract_ok(&c, "alice/node", "start_reshare_instance", NOTHING, ATTEMPT(1));
    contract_ok(&c, "bob/node", "vote_reshared", NOTHING, ATTEMPT(1));
    ck_comes_back("in the second attempt");
    contract_ok(&c, "alice/node", "vote_abort_key_event_instance", NOTHING, ATTEMPT(1));
    ck_comes_back("after the second attempt");
}
END_TEST

START_TEST(receipts_that_wait_come_back_and_run_in_the_next_block)
{
    contract_ok(&c, "carol", "register_backup_service", ONE, "{'backup_service_info':{'public_key':'@b'}}");
    contract_ok(&c, "carol", "start_node_migration", ONE, contract_destination("carol", "2"));
    contract_vote_all(&c, "alice bob", contract_proposal(6, 3, contract_without_carol, 2));
    contract_reshare(&c, "alice bob", 6);
    ck_assert_uint_eq(model_receipts_pending(c.model, &c.state), 6);
    ck_comes_back("after a resharing");
    ck_view(&c, "migration_info", "/carol.near/0/public_key", "'@b'");
    contract_block(&c);
    ck_view(&c, "migration_info", "", "{}");
}
END_TEST

#define RUNNING                                                                                              \
    "'state':{'Running':{'domains':{'domains':[],'next_domain_id':0},'keyset':{'epoch_id':1,'domains':[]},"  \
    "'parameters':{'participants':{'next_id':0,'participants':[]},'threshold':0}}}"
#define HASH         "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define KEYS         "'account_id':'a.near','tls_public_key':'@a','account_public_key':'@b'"
#define VALID        "'attestation':{'Mock':'Valid'}"
#define LAUNCHER     "'launcher_hash':'" HASH "','expires_s':5"
#define VOTES_OF(id) "{'vote_by_account':{'" id "':{'Add':'" HASH "'}}}"

START_TEST(what_is_given_stands_in_place_of_what_a_genesis_assumes)
{
    struct error err = {0};
    const char *text = contract_json(
        "{" RUNNING ",'attestations':[{" KEYS "," VALID "}],'attestation_grants':{'b.near':2},"
        "'config':{'key_event_timeout_blocks':31},'code_hash_votes':{'proposal_by_account':{'4':'" HASH "'}},"
        "'launcher_hash_votes':" VOTES_OF("4") ",'allowed_images':[{'image_hash':'" HASH "','added_s':3}],"
                                               "'allowed_launchers':[{" LAUNCHER ",'compose_hashes':['" HASH
                                               "']}],'accepts_requests':false}");
    ck_assert_ok_err(read_back(text, &c.state, &err), err);
    ck_view(&c, "get_tee_accounts", "",
            "[{'account_id':'a.near','tls_public_key':'@a','account_public_key':'@b'}]");
    ck_assert_str_eq(contract_view(&c, "available_attestation_grants", "{'account_id':'b.near'}"), "2");
    ck_view(&c, "config", "/key_event_timeout_blocks", "31");
    ck_view(&c, "config", "/tee_upgrade_deadline_duration_seconds", "604800");
    ck_view(&c, "code_hash_votes", "", "{'proposal_by_account':{'4':'" HASH "'}}");
    ck_view(&c, "launcher_hash_votes", "", VOTES_OF("4"));
    ck_view(&c, "allowed_docker_image_hashes", "/0/image_hash", "'" HASH "'");
    ck_view(&c, "allowed_launcher_compose_hashes", "", "['" HASH "']");
    ck_comes_back("as given");
}
END_TEST

static const struct {
    const char *members;
    const char *text;
} wrong[] = {
    {"'attestations':{}", "attestations: invalid type: map, expected a sequence"},
    {"'attestations':[{" KEYS "}]", "attestations[0]: missing field `attestation`"},
    {"'attestations':[{" KEYS ",'attestation':{'Dstack':{}}}]",
     "attestations[0].attestation: missing field `Mock`"},
    {"'attestations':[{" KEYS ",'attestation':{'Mock':'Vald'}}]",
     "attestations[0].attestation.Mock: unknown variant `Vald`, expected one of `Valid`, `Invalid`, "
     "`WithConstraints`"},
    {"'attestations':[{" KEYS ",'attestation':{'Mock':'Invalid'}}]",
     "attestations[0].attestation.Mock: the contract stores no invalid attestation"},
    {"'attestations':[{" VALID "}]", "attestations[0]: missing field `tls_public_key`"},
    {"'attestations':[{'tls_public_key':'@a','account_id':'A'," VALID "}]", "attestations[0].account_id: *"},
    {"'attestations':[{'tls_public_key':'@a','account_id':'a.near'," VALID "}]",
     "attestations[0]: missing field `account_public_key`"},
    {"'attestations':[{'tls_public_key':'@a','account_id':'a.near','account_public_key':7," VALID "}]",
     "attestations[0].account_public_key: invalid type: integer `7`, expected a string"},
    {"'attestations':[{'tls_public_key':'@a','account_id':'a.near','account_public_key':'x'," VALID "}]",
     "attestations[0].account_public_key: *"},
    {"'attestation_grants':[]", "attestation_grants: invalid type: sequence, expected a map"},
    {"'attestation_grants':{'A':1}", "attestation_grants.A: not an account id"},
    {"'attestation_grants':{'a.near':-1}", "attestation_grants.a.near: *"},
    {"'config':{'fail_on_timeout_tera_gas':'x'}", "config.fail_on_timeout_tera_gas: *"},
    {"'accepts_requests':1", "accepts_requests: invalid type: integer `1`, expected a boolean"},
    {"'receipts':[{'args':''}]", "receipts[0]: missing field `method`"},
    {"'receipts':[{'method':'x'}]", "receipts[0]: missing field `args`"},
    {"'code_hash_votes':{}", "code_hash_votes: missing field `proposal_by_account`"},
    {"'code_hash_votes':{'proposal_by_account':[]}",
     "code_hash_votes.proposal_by_account: invalid type: sequence, expected a map"},
    {"'code_hash_votes':{'proposal_by_account':{'x':'" HASH "'}}",
     "code_hash_votes.proposal_by_account.x: not a participant id"},
    {"'code_hash_votes':{'proposal_by_account':{'1':'ab'}}", "code_hash_votes.proposal_by_account.1: *"},
    {"'launcher_hash_votes':{'vote_by_account':{'1':7}}", "launcher_hash_votes.vote_by_account.1: *"},
    {"'launcher_hash_votes':{'vote_by_account':{'1':{}}}",
     "launcher_hash_votes.vote_by_account.1: neither `Add` nor `Remove`"},
    {"'launcher_hash_votes':{'vote_by_account':{'1':{'Remove':''}}}",
     "launcher_hash_votes.vote_by_account.1.Remove: *"},
    {"'allowed_images':[{'added_s':1}]", "allowed_images[0]: missing field `image_hash`"},
    {"'allowed_images':[{'image_hash':'x'}]", "allowed_images[0].image_hash: *"},
    {"'allowed_images':[{'image_hash':'" HASH "'}]", "allowed_images[0]: missing field `added_s`"},
    {"'allowed_images':[{'image_hash':'" HASH "','added_s':-1}]", "allowed_images[0].added_s: *"},
    {"'allowed_launchers':[{}]", "allowed_launchers[0]: missing field `launcher_hash`"},
    {"'allowed_launchers':[{'launcher_hash':7}]", "allowed_launchers[0].launcher_hash: *"},
    {"'allowed_launchers':[{'launcher_hash':'" HASH "'}]", "allowed_launchers[0]: missing field `expires_s`"},
    {"'allowed_launchers':[{'launcher_hash':'" HASH "','expires_s':''}]",
     "allowed_launchers[0].expires_s: *"},
    {"'allowed_launchers':[{" LAUNCHER "}]", "allowed_launchers[0]: missing field `compose_hashes`"},
    {"'allowed_launchers':[{" LAUNCHER ",'compose_hashes':['x']}]",
     "allowed_launchers[0].compose_hashes[0]: *"},
};

START_TEST(what_is_wrong_with_them_is_told_with_its_place)
{
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
        struct error err = {0};
        struct model_state state;
        const char *text = contract_json("{" RUNNING ",%s}", wrong[i].members);
        ck_assert_outcome(read_back(text, &state, &err), OUTCOME_VIEW_MALFORMED);
        size_t len = strlen(wrong[i].text);
        bool start_only = wrong[i].text[len - 1] == '*';
        ck_assert_msg(start_only ? strncmp(err.text, wrong[i].text, len - 1) == 0
                                 : strcmp(err.text, wrong[i].text) == 0,
                      "%s: %s", wrong[i].text, err.text);
    }
}
END_TEST

START_TEST(they_stand_beside_init_running_too)
{
    struct error err = {0};
    static const char init[] =
        "'init_running':{'domains':[],'next_domain_id':0,'keyset':{'epoch_id':5,'domains':[]},"
        "'parameters':{'participants':{'next_id':3,'participants':[%s]},'threshold':2}}";
    char genesis[4096];
    snprintf(genesis, sizeof genesis, init, contract_members);
    contract_close(&c);
    contract_open_new(&c, "v3.14");
    ck_assert_ok_err(
        read_back(contract_json("{%s,'attestation_grants':{'b.near':2}}", genesis), &c.state, &err), err);
    ck_assert_str_eq(contract_view(&c, "available_attestation_grants", "{'account_id':'b.near'}"), "2");
    ck_assert_outcome(read_back(contract_json("{%s,'receipts':7}", genesis), &c.state, &err),
                      OUTCOME_VIEW_MALFORMED);
}
END_TEST

int main(void)
{
    SUITE_WITH_CASE(suite, tcase, "model_genesis");
    tcase_set_timeout(tcase, 300);
    TCase *walks = tcase_create("walks");
    tcase_set_timeout(walks, 60);
    tcase_add_checked_fixture(tcase, open_it, close_it);
    tcase_add_test(tcase, a_contract_that_was_never_initialised_comes_back);
    tcase_add_test(tcase, a_key_event_whose_second_attempt_was_aborted_comes_back);
    tcase_add_test(tcase, receipts_that_wait_come_back_and_run_in_the_next_block);
    tcase_add_test(tcase, what_is_given_stands_in_place_of_what_a_genesis_assumes);
    tcase_add_test(tcase, what_is_wrong_with_them_is_told_with_its_place);
    tcase_add_test(tcase, they_stand_beside_init_running_too);
    tcase_add_test(walks, every_state_of_our_scenarios_comes_back);
    tcase_add_test(walks, every_state_of_the_reference_scenarios_comes_back);
    tcase_set_timeout(walks, 120);
    suite_add_tcase(suite, walks);
    return run_suite(suite);
}
