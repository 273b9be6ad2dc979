/* Votes on what nodes may run, the lists they fill, and attestations against them (contract.md 3.5, 3.2). */
#include "tests/support/contract.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NOW  1700000000u
#define WEEK 604800u
#define TTL  1209600u

#define H4(x)          x x x x
#define H32(x)         H4(H4(x)) H4(H4(x))
#define IMAGE_A        H32("aa")
#define IMAGE_B        H32("bb")
#define IMAGE_C        H32("cc")
#define LAUNCHER_1     H32("11")
#define LAUNCHER_2     H32("22")
#define CODE(hash)     "{'code_hash':'" hash "'}"
#define LAUNCHER(hash) "{'launcher_hash':'" hash "'}"

/* SHA-256 of the template below, launcher's and image's digits in it, from another implementation. */
static const char template[] = "launcher {{LAUNCHER_IMAGE_HASH}} runs {{DEFAULT_IMAGE_DIGEST_HASH}}, "
                               "{{LAUNCHER_IMAGE_HASH}}\n";
#define COMPOSE_1A "26d7e835f44dcc638b8a80be4499274d98818c52d9190f114ab70e68659b261e"
#define COMPOSE_1B "c39c30d0978408525c47dfb3f6a8830381204411d4cc1992c3a90c39a7d711b1"
#define COMPOSE_2A "4930707396ee003b3bde0a4192147740e1380b44bdeafed91aa8d08ee55be3d6"
#define COMPOSE_2B "10478d59508d44aa5c85aa58e6a03bf46167b08f51498e29505783a885b2803c"

#define INVALID      "AttestationSubmissionError::InvalidAttestation"
#define REASON(text) "the submitted attestation failed verification, reason: Custom(\"" text "\")"

static struct contract c;

static void open_deployed(void)
{
    contract_open(&c, "v3.14");
    ck_assert_ok(model_launcher_template_set(c.model, template, strlen(template), NULL));
}

static void close_it(void)
{
    contract_close(&c);
}

static void by_two(const char *method, const char *args)
{
    contract_ok(&c, "bob", method, NOTHING, args);
    contract_ok(&c, "carol/any", method, NOTHING, args);
}

static void ck_all(const char *view, const char *expected)
{
    ck_assert_str_eq(contract_view(&c, view, "{}"), contract_json("%s", expected));
}

static const char *mock(const char *tls, const char *constraints)
{
    return contract_json("{'proposed_participant_attestation':{'Mock':{'WithConstraints':{%s}}},"
                         "'tls_public_key':'@%s'}",
                         constraints, tls);
}

START_TEST(hash_votes_are_for_members_in_any_state)
{
    static const char *const methods[] = {"vote_code_hash", "vote_add_launcher_hash",
                                          "vote_remove_launcher_hash"};
    for (size_t i = 0; i < ARRAY_LEN(methods); i++) {
        const char *args = i ? LAUNCHER(LAUNCHER_1) : CODE(IMAGE_A);
        char said[64];
        snprintf(said, sizeof said, "Method %s doesn't accept deposit", methods[i]);
        contract_refused(&c, "alice", methods[i], ONE, args, "sdk:NoDeposit", said);
        contract_refused(&c, "alice", methods[i], NOTHING, "{'code_hash':'0g','launcher_hash':'0g'}",
                         "sdk:Deserialize", "Failed to deserialize input from JSON. Error: `invalid hash, *");
        contract_refused(&c, "eve/op<proxy.near", methods[i], NOTHING, args, "panic:CallerNotSigner",
                         "assertion `left == right` failed: Caller must be the signer account (signer: eve*");
        contract_refused(&c, "eve", methods[i], NOTHING, args, "panic:NotAVoter",
                         "not a voter, InvalidState(NotParticipant { account_id: AccountId(\"eve.near\") })");
    }
    /* In Resharing the previous members vote, those who are on their way out too. */
    contract_vote_all(&c, "alice bob", contract_proposal(6, 3, contract_without_carol, 2));
    by_two("vote_code_hash", CODE(IMAGE_A));
    ck_all("allowed_docker_image_hashes", "[{'image_hash':'" IMAGE_A "','expiry_timestamp_seconds':null}]");
}
END_TEST

START_TEST(a_code_hash_is_allowed_at_the_threshold_and_all_votes_are_cleared)
{
    ck_all("allowed_docker_image_hashes", "[]");
    contract_ok(&c, "carol", "vote_code_hash", NOTHING, CODE(IMAGE_A));
    contract_ok(&c, "carol", "vote_code_hash", NOTHING, CODE(IMAGE_A));
    contract_ok(&c, "alice", "vote_code_hash", NOTHING, CODE(IMAGE_B));
    ck_all("code_hash_votes", "{'proposal_by_account':{'0':'" IMAGE_B "','2':'" IMAGE_A "'}}");
    ck_all("allowed_docker_image_hashes", "[]");
    contract_ok(&c, "carol", "vote_code_hash", NOTHING, CODE(IMAGE_B));
    ck_all("code_hash_votes", "{'proposal_by_account':{}}");
    ck_all("allowed_docker_image_hashes", "[{'image_hash':'" IMAGE_B "','expiry_timestamp_seconds':null}]");
    /* Who comes late opens a new round. */
    contract_ok(&c, "bob", "vote_code_hash", NOTHING, CODE(IMAGE_B));
    ck_all("code_hash_votes", "{'proposal_by_account':{'1':'" IMAGE_B "'}}");
}
END_TEST

START_TEST(an_image_lasts_until_a_week_after_the_one_behind_it_and_the_newest_for_ever)
{
    by_two("vote_code_hash", CODE(IMAGE_A));
    c.time_s += 10;
    by_two("vote_code_hash", CODE(IMAGE_B));
    c.time_s += 10;
    by_two("vote_code_hash", CODE(IMAGE_C));
    ck_all("allowed_docker_image_hashes",
           "[{'image_hash':'" IMAGE_C "','expiry_timestamp_seconds':null},"
           "{'image_hash':'" IMAGE_B "','expiry_timestamp_seconds':1700604820},"
           "{'image_hash':'" IMAGE_A "','expiry_timestamp_seconds':1700604810}]");
    c.time_s = NOW + 10 + WEEK;
    ck_view(&c, "allowed_docker_image_hashes", "/2/image_hash", "'" IMAGE_A "'");
    c.time_s++;
    ck_view(&c, "allowed_docker_image_hashes", "/2/image_hash", "(nothing)");
    ck_view(&c, "allowed_docker_image_hashes", "/1/image_hash", "'" IMAGE_B "'");
    c.time_s = NOW + 21 + WEEK;
    ck_all("allowed_docker_image_hashes", "[{'image_hash':'" IMAGE_C "','expiry_timestamp_seconds':null}]");
    c.time_s += 100 * WEEK;
    ck_all("allowed_docker_image_hashes", "[{'image_hash':'" IMAGE_C "','expiry_timestamp_seconds':null}]");
}
END_TEST

/* The views do not show what has expired; it is gone from the state too once another image is allowed. */
START_TEST(an_expired_image_is_dropped_when_another_is_allowed)
{
    CLEANUP(bytes_free) struct bytes before = {0};
    CLEANUP(bytes_free) struct bytes after = {0};
    by_two("vote_code_hash", CODE(IMAGE_A));
    by_two("vote_code_hash", CODE(IMAGE_B));
    c.time_s += WEEK + 1;
    ck_assert_ok(model_genesis_write(c.model, &c.state, &before));
    ck_assert_text_has((const char *)before.data, IMAGE_A);
    by_two("vote_code_hash", CODE(IMAGE_C));
    ck_assert_ok(model_genesis_write(c.model, &c.state, &after));
    ck_assert_text_lacks((const char *)after.data, IMAGE_A);
    ck_assert_text_has((const char *)after.data, IMAGE_B);
}
END_TEST

START_TEST(an_image_voted_again_is_the_newest)
{
    by_two("vote_code_hash", CODE(IMAGE_A));
    by_two("vote_code_hash", CODE(IMAGE_B));
    c.time_s += 5;
    by_two("vote_code_hash", CODE(IMAGE_A));
    ck_all("allowed_docker_image_hashes",
           "[{'image_hash':'" IMAGE_A "','expiry_timestamp_seconds':null},"
           "{'image_hash':'" IMAGE_B "','expiry_timestamp_seconds':1700604805}]");
}
END_TEST

START_TEST(a_deadline_beyond_all_numbers_never_comes)
{
    contract_close(&c);
    contract_open_new(&c, "v3.14");
    contract_call(&c, "mpc", "init", NOTHING,
                  contract_json("{'parameters':{'participants':{'next_id':3,'participants':[%s]},"
                                "'threshold':2},'init_config':{'tee_upgrade_deadline_duration_seconds':"
                                "18446744073709551615,'launcher_hash_unused_ttl_seconds':"
                                "18446744073709551615}}",
                                contract_members));
    by_two("vote_code_hash", CODE(IMAGE_A));
    by_two("vote_code_hash", CODE(IMAGE_B));
    by_two("vote_add_launcher_hash", LAUNCHER(LAUNCHER_1));
    by_two("vote_add_launcher_hash", LAUNCHER(LAUNCHER_2));
    c.time_s += 1000 * WEEK;
    ck_view(&c, "allowed_docker_image_hashes", "/1/image_hash", "'" IMAGE_A "'");
    ck_view(&c, "allowed_docker_image_hashes", "/1/expiry_timestamp_seconds", "null");
    ck_all("allowed_launcher_image_hashes", "['" LAUNCHER_1 "','" LAUNCHER_2 "']");
}
END_TEST

START_TEST(launchers_are_added_by_the_threshold_and_removed_by_all)
{
    contract_ok(&c, "carol", "vote_remove_launcher_hash", NOTHING, LAUNCHER(LAUNCHER_1));
    contract_ok(&c, "alice", "vote_add_launcher_hash", NOTHING, LAUNCHER(LAUNCHER_1));
    ck_all("launcher_hash_votes",
           "{'vote_by_account':{'0':{'Add':'" LAUNCHER_1 "'},'2':{'Remove':'" LAUNCHER_1 "'}}}");
    ck_all("allowed_launcher_image_hashes", "[]");
    contract_ok(&c, "bob", "vote_add_launcher_hash", NOTHING, LAUNCHER(LAUNCHER_1));
    ck_all("allowed_launcher_image_hashes", "['" LAUNCHER_1 "']");
    ck_all("launcher_hash_votes", "{'vote_by_account':{}}");
    by_two("vote_add_launcher_hash", LAUNCHER(LAUNCHER_2));
    by_two("vote_remove_launcher_hash", LAUNCHER(LAUNCHER_1));
    ck_all("allowed_launcher_image_hashes", "['" LAUNCHER_1 "','" LAUNCHER_2 "']");
    contract_ok(&c, "alice", "vote_remove_launcher_hash", NOTHING, LAUNCHER(LAUNCHER_1));
    ck_all("allowed_launcher_image_hashes", "['" LAUNCHER_2 "']");
    ck_all("launcher_hash_votes", "{'vote_by_account':{}}");
    /* What is not there is removed without a word; the last one stays. */
    static const char *const hashes[] = {LAUNCHER(LAUNCHER_1), LAUNCHER(LAUNCHER_2)};
    for (size_t i = 0; i < ARRAY_LEN(hashes); i++) {
        by_two("vote_remove_launcher_hash", hashes[i]);
        contract_ok(&c, "alice", "vote_remove_launcher_hash", NOTHING, hashes[i]);
        ck_all("allowed_launcher_image_hashes", "['" LAUNCHER_2 "']");
        ck_all("launcher_hash_votes", "{'vote_by_account':{}}");
    }
}
END_TEST

START_TEST(there_is_a_compose_hash_for_every_launcher_with_every_image_allowed)
{
    by_two("vote_add_launcher_hash", LAUNCHER(LAUNCHER_1));
    ck_all("allowed_launcher_compose_hashes", "[]");
    by_two("vote_code_hash", CODE(IMAGE_A));
    by_two("vote_code_hash", CODE(IMAGE_A));
    ck_all("allowed_launcher_compose_hashes", "['" COMPOSE_1A "']");
    by_two("vote_code_hash", CODE(IMAGE_B));
    by_two("vote_add_launcher_hash", LAUNCHER(LAUNCHER_2));
    ck_all("allowed_launcher_compose_hashes",
           "['" COMPOSE_1A "','" COMPOSE_1B "','" COMPOSE_2A "','" COMPOSE_2B "']");
    /* Of an image that has expired none is derived any more, but what there is stays. */
    contract_ok(&c, "alice", "vote_remove_launcher_hash", NOTHING, LAUNCHER(LAUNCHER_2));
    by_two("vote_remove_launcher_hash", LAUNCHER(LAUNCHER_2));
    c.time_s += WEEK + 1;
    by_two("vote_add_launcher_hash", LAUNCHER(LAUNCHER_2));
    ck_all("allowed_launcher_compose_hashes", "['" COMPOSE_1A "','" COMPOSE_1B "','" COMPOSE_2B "']");
}
END_TEST

START_TEST(without_a_template_no_compose_hash_is_derived)
{
    contract_close(&c);
    contract_open(&c, "v3.14");
    by_two("vote_add_launcher_hash", LAUNCHER(LAUNCHER_1));
    by_two("vote_code_hash", CODE(IMAGE_A));
    ck_all("allowed_launcher_image_hashes", "['" LAUNCHER_1 "']");
    ck_all("allowed_launcher_compose_hashes", "[]");
}
END_TEST

START_TEST(a_template_names_both_hashes)
{
    static const struct {
        const char *text;
        size_t len;
        const char *said;
    } cases[] = {
        {"", 0, "the launcher template does not name {{LAUNCHER_IMAGE_HASH}}"},
        {"{{LAUNCHER_IMAGE_HASH}}", 23, "the launcher template does not name {{DEFAULT_IMAGE_DIGEST_HASH}}"},
        {"{{LAUNCHER_IMAGE_HASH}}{{DEFAULT_IMAGE_DIGEST_HASH}}", 53,
         "the launcher template is no text: there is a 0 byte in it"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct error err = {0};
        ck_assert_outcome(model_launcher_template_set(c.model, cases[i].text, cases[i].len, &err),
                          OUTCOME_CONFIG_INVALID);
        ck_assert_str_eq(err.text, cases[i].said);
    }
}
END_TEST

START_TEST(a_template_set_again_stands_in_place_of_the_first)
{
    static const char other[] = "{{LAUNCHER_IMAGE_HASH}} {{DEFAULT_IMAGE_DIGEST_HASH}} other";
    char first[200];
    by_two("vote_code_hash", CODE(IMAGE_A));
    by_two("vote_add_launcher_hash", LAUNCHER(LAUNCHER_1));
    snprintf(first, sizeof first, "%s", contract_view(&c, "allowed_launcher_compose_hashes", "{}"));
    contract_close(&c);
    contract_open(&c, "v3.14");
    ck_assert_ok(model_launcher_template_set(c.model, other, sizeof other - 1, NULL));
    by_two("vote_code_hash", CODE(IMAGE_A));
    by_two("vote_add_launcher_hash", LAUNCHER(LAUNCHER_1));
    char *alone = strdup(contract_view(&c, "allowed_launcher_compose_hashes", "{}"));
    ck_assert_str_ne(alone, first);
    close_it();
    open_deployed();
    ck_assert_ok(model_launcher_template_set(c.model, other, sizeof other - 1, NULL));
    by_two("vote_code_hash", CODE(IMAGE_A));
    by_two("vote_add_launcher_hash", LAUNCHER(LAUNCHER_1));
    ck_assert_str_eq(contract_view(&c, "allowed_launcher_compose_hashes", "{}"), alone);
    free(alone);
}
END_TEST

START_TEST(a_launcher_lives_on_while_members_attest_that_they_run_it)
{
    by_two("vote_code_hash", CODE(IMAGE_A));
    by_two("vote_add_launcher_hash", LAUNCHER(LAUNCHER_1));
    by_two("vote_add_launcher_hash", LAUNCHER(LAUNCHER_2));
    contract_ok(&c, "eve", "prepay_attestation_storage", GRANT_PRICE, "{'account_id':'eve.near','grants':1}");
    c.time_s += TTL;
    contract_ok(&c, "eve/node", "submit_participant_info", NOTHING,
                mock("eve.tls", "'launcher_docker_compose_hash':'" COMPOSE_1A "'"));
    contract_ok(&c, "carol/node", "submit_participant_info", NOTHING,
                mock("carol.tls", "'launcher_docker_compose_hash':'" COMPOSE_2A "'"));
    ck_all("allowed_launcher_image_hashes", "['" LAUNCHER_1 "','" LAUNCHER_2 "']");
    c.time_s++;
    ck_all("allowed_launcher_image_hashes", "['" LAUNCHER_2 "']");
    ck_all("allowed_launcher_compose_hashes", "['" COMPOSE_2A "']");
    /* Voted again it is alive again, in its old place. */
    by_two("vote_add_launcher_hash", LAUNCHER(LAUNCHER_1));
    ck_all("allowed_launcher_image_hashes", "['" LAUNCHER_1 "','" LAUNCHER_2 "']");
    c.time_s += TTL + 1;
    ck_all("allowed_launcher_image_hashes", "['" LAUNCHER_1 "']");
    c.time_s += 100 * TTL;
    ck_all("allowed_launcher_image_hashes", "['" LAUNCHER_1 "']");
    ck_all("allowed_launcher_compose_hashes", "['" COMPOSE_1A "']");
}
END_TEST

START_TEST(of_launchers_that_expired_together_the_last_counts)
{
    by_two("vote_add_launcher_hash", LAUNCHER(LAUNCHER_1));
    by_two("vote_add_launcher_hash", LAUNCHER(LAUNCHER_2));
    c.time_s += TTL + 1;
    ck_all("allowed_launcher_image_hashes", "['" LAUNCHER_2 "']");
    ck_all("allowed_launcher_compose_hashes", "[]");
}
END_TEST

START_TEST(a_mock_is_checked_against_the_lists_when_it_is_submitted)
{
#define BOTH(image, compose)                                                                                 \
    "'mpc_docker_image_hash':'" image "','launcher_docker_compose_hash':'" compose "','expiry_timestamp_"    \
    "seconds':1"
    contract_refused(&c, "bob/node", "submit_participant_info", NOTHING,
                     mock("bob.tls", BOTH(IMAGE_B, COMPOSE_2A)), INVALID,
                     REASON("the allowed mpc image hashes list is empty"));
    by_two("vote_code_hash", CODE(IMAGE_A));
    contract_refused(&c, "bob/node", "submit_participant_info", NOTHING,
                     mock("bob.tls", BOTH(IMAGE_B, COMPOSE_2A)), INVALID,
                     REASON("MPC image hash " IMAGE_B " is not in the allowed hashes list"));
    contract_refused(&c, "bob/node", "submit_participant_info", NOTHING,
                     mock("bob.tls", BOTH(IMAGE_A, COMPOSE_2A)), INVALID,
                     REASON("the allowed mpc launcher compose hashes list is empty"));
    by_two("vote_add_launcher_hash", LAUNCHER(LAUNCHER_1));
    contract_refused(&c, "bob/node", "submit_participant_info", NOTHING,
                     mock("bob.tls", BOTH(IMAGE_A, COMPOSE_2A)), INVALID,
                     REASON("launcher compose hash " COMPOSE_2A " is not in the allowed hashes list"));
    contract_refused(&c, "bob/node", "submit_participant_info", NOTHING,
                     mock("bob.tls", BOTH(IMAGE_A, COMPOSE_1A)), INVALID,
                     "the submitted attestation failed verification, reason: ExpiredCertificate { "
                     "attestation_time: 1700000000, expiry_time: 1 }");
    contract_ok(&c, "bob/node", "submit_participant_info", NOTHING,
                mock("bob.tls", "'mpc_docker_image_hash':'" IMAGE_A
                                "','launcher_docker_compose_hash':'" COMPOSE_1A "'"));
    ck_assert_str_eq(
        contract_view(&c, "get_attestation", contract_json("{'tls_public_key':'@bob.tls'}")),
        contract_json("{'Mock':{'WithConstraints':{'mpc_docker_image_hash':'" IMAGE_A
                      "','launcher_docker_compose_hash':'" COMPOSE_1A
                      "','expiry_timestamp_seconds':1700604800,'expected_measurements':null}}}"));
}
END_TEST

START_TEST(an_attestation_falls_with_its_image_or_launcher)
{
    by_two("vote_code_hash", CODE(IMAGE_A));
    by_two("vote_add_launcher_hash", LAUNCHER(LAUNCHER_1));
    by_two("vote_add_launcher_hash", LAUNCHER(LAUNCHER_2));
    contract_ok(&c, "bob/node", "submit_participant_info", NOTHING,
                mock("bob.tls", "'launcher_docker_compose_hash':'" COMPOSE_1A "'"));
    contract_call(&c, "alice", "verify_tee", NOTHING, "{}");
    ck_view(&c, "state", "/Running/keyset/epoch_id", "5");
    by_two("vote_remove_launcher_hash", LAUNCHER(LAUNCHER_1));
    contract_ok(&c, "alice", "vote_remove_launcher_hash", NOTHING, LAUNCHER(LAUNCHER_1));
    contract_call(&c, "alice", "verify_tee", NOTHING, "{}");
    ck_view(&c, "state", "/Resharing/resharing_key/parameters/participants/participants/1/0", "'carol.near'");
}
END_TEST

START_TEST(what_an_expired_launcher_runs_is_not_attested)
{
    by_two("vote_code_hash", CODE(IMAGE_A));
    by_two("vote_add_launcher_hash", LAUNCHER(LAUNCHER_1));
    c.time_s += 100;
    by_two("vote_add_launcher_hash", LAUNCHER(LAUNCHER_2));
    c.time_s = NOW + TTL + 1;
    const char *of_launcher_1 = mock("bob.tls", "'launcher_docker_compose_hash':'" COMPOSE_1A "'");
    contract_refused(&c, "bob/node", "submit_participant_info", NOTHING, of_launcher_1, INVALID,
                     REASON("launcher compose hash " COMPOSE_1A " is not in the allowed hashes list"));
    /* When all have expired the last one still counts. */
    c.time_s += 1000;
    contract_ok(&c, "bob/node", "submit_participant_info", NOTHING,
                mock("bob.tls", "'launcher_docker_compose_hash':'" COMPOSE_2A "'"));
}
END_TEST

START_TEST(an_old_image_leaves_a_member_out_after_its_deadline)
{
    by_two("vote_code_hash", CODE(IMAGE_A));
    c.time_s += 100;
    contract_ok(&c, "bob/node", "submit_participant_info", NOTHING,
                mock("bob.tls", "'mpc_docker_image_hash':'" IMAGE_A "'"));
    by_two("vote_code_hash", CODE(IMAGE_B));
    c.time_s += WEEK - 10;
    contract_ok(&c, "alice/node", "submit_participant_info", NOTHING, contract_attestation("alice.tls"));
    contract_ok(&c, "carol/node", "submit_participant_info", NOTHING, contract_attestation("carol.tls"));
    contract_ok(&c, "bob/node", "submit_participant_info", NOTHING,
                mock("bob.tls", "'mpc_docker_image_hash':'" IMAGE_A "'"));
    c.time_s += 11;
    contract_refused(&c, "alice", "vote_new_parameters", NOTHING,
                     contract_proposal(6, 3, contract_members, 2),
                     "InvalidParameters::InvalidTeeRemoteAttestation",
                     "Invalid TEE Remote Attestation: The following participants have invalid TEE status: "
                     "[AccountId(\"bob.near\")]");
    contract_refused(&c, "bob/node", "submit_participant_info", NOTHING,
                     mock("bob.tls", "'mpc_docker_image_hash':'" IMAGE_A "'"), INVALID,
                     REASON("MPC image hash " IMAGE_A " is not in the allowed hashes list"));
}
END_TEST

START_TEST(verify_tee_forgets_what_has_expired)
{
    by_two("vote_code_hash", CODE(IMAGE_A));
    by_two("vote_add_launcher_hash", LAUNCHER(LAUNCHER_1));
    c.time_s += 10;
    by_two("vote_code_hash", CODE(IMAGE_B));
    by_two("vote_add_launcher_hash", LAUNCHER(LAUNCHER_2));
    c.time_s = NOW + TTL + 5;
    struct model_state before = c.state;
    contract_call(&c, "alice", "verify_tee", NOTHING, "{}");
    ck_assert(!model_state_equal(&before, &c.state));
    ck_all("allowed_launcher_image_hashes", "['" LAUNCHER_2 "']");
    c.time_s = NOW + TTL + 20;
    by_two("vote_add_launcher_hash", LAUNCHER(LAUNCHER_1));
    /* It was forgotten: it is the last now, and knows nothing of the old image. */
    ck_all("allowed_launcher_compose_hashes", "['" COMPOSE_1B "']");
}
END_TEST

START_TEST(a_resharing_is_followed_by_forgetting_the_votes_of_those_who_left)
{
    contract_ok(&c, "carol", "vote_code_hash", NOTHING, CODE(IMAGE_A));
    contract_ok(&c, "carol", "vote_add_launcher_hash", NOTHING, LAUNCHER(LAUNCHER_1));
    contract_ok(&c, "bob", "vote_code_hash", NOTHING, CODE(IMAGE_B));
    contract_vote_all(&c, "alice bob", contract_proposal(6, 3, contract_without_carol, 2));
    contract_reshare(&c, "alice bob", 6);
    ck_all("code_hash_votes", "{'proposal_by_account':{'1':'" IMAGE_B "','2':'" IMAGE_A "'}}");
    contract_block(&c);
    ck_all("code_hash_votes", "{'proposal_by_account':{'1':'" IMAGE_B "'}}");
    ck_all("launcher_hash_votes", "{'vote_by_account':{}}");
}
END_TEST

START_TEST(lists_that_are_empty_again_are_no_different_from_before)
{
    struct model_state before = c.state;
    contract_ok(&c, "carol", "vote_code_hash", NOTHING, CODE(IMAGE_A));
    ck_assert(!model_state_equal(&before, &c.state));
    contract_vote_all(&c, "alice bob", contract_proposal(6, 3, contract_without_carol, 2));
    contract_reshare(&c, "alice bob", 6);
    contract_block(&c);
    ck_assert_uint_eq(c.state.tee, before.tee);
}
END_TEST

int main(void)
{
    SUITE_WITH_CASE(suite, tcase, "model_hashes");
    tcase_add_checked_fixture(tcase, open_deployed, close_it);
    tcase_add_test(tcase, hash_votes_are_for_members_in_any_state);
    tcase_add_test(tcase, a_code_hash_is_allowed_at_the_threshold_and_all_votes_are_cleared);
    tcase_add_test(tcase, an_image_lasts_until_a_week_after_the_one_behind_it_and_the_newest_for_ever);
    tcase_add_test(tcase, an_expired_image_is_dropped_when_another_is_allowed);
    tcase_add_test(tcase, an_image_voted_again_is_the_newest);
    tcase_add_test(tcase, a_deadline_beyond_all_numbers_never_comes);
    tcase_add_test(tcase, launchers_are_added_by_the_threshold_and_removed_by_all);
    tcase_add_test(tcase, there_is_a_compose_hash_for_every_launcher_with_every_image_allowed);
    tcase_add_test(tcase, without_a_template_no_compose_hash_is_derived);
    tcase_add_test(tcase, a_template_names_both_hashes);
    tcase_add_test(tcase, a_template_set_again_stands_in_place_of_the_first);
    tcase_add_test(tcase, a_launcher_lives_on_while_members_attest_that_they_run_it);
    tcase_add_test(tcase, of_launchers_that_expired_together_the_last_counts);
    tcase_add_test(tcase, a_mock_is_checked_against_the_lists_when_it_is_submitted);
    tcase_add_test(tcase, an_attestation_falls_with_its_image_or_launcher);
    tcase_add_test(tcase, what_an_expired_launcher_runs_is_not_attested);
    tcase_add_test(tcase, an_old_image_leaves_a_member_out_after_its_deadline);
    tcase_add_test(tcase, verify_tee_forgets_what_has_expired);
    tcase_add_test(tcase, a_resharing_is_followed_by_forgetting_the_votes_of_those_who_left);
    tcase_add_test(tcase, lists_that_are_empty_again_are_no_different_from_before);
    return run_suite(suite);
}
