/* What a model's coverage counts: rows, guards both ways, errors, pairs of rows. */
#include "contract-sim/model/coverage.h"
#include "tests/support/contract.h"

#include <stdio.h>
#include <string.h>

static struct contract c;
static struct coverage *coverage;

static void open_recorded(void)
{
    contract_open(&c, "v3.14");
    ck_assert_int_eq(coverage_new(&coverage), OUTCOME_OK);
    model_coverage_set(c.model, coverage);
}

static void close_all(void)
{
    contract_close(&c);
    coverage_free(coverage);
}

/* The reached items of a kind, "name" or "name other", separated by commas, and how many there are in all. */
static const char *reached_of(const struct coverage *of, enum coverage_kind kind, size_t *all)
{
    static char text[4000];
    struct coverage_item item;
    size_t cursor = 0, used = 0;
    text[0] = 0;
    *all = 0;
    while (coverage_next(of, kind, &cursor, &item)) {
        ++*all;
        if (!item.reached)
            continue;
        used += (size_t)snprintf(text + used, sizeof text - used, "%s%s%s%s", used ? ", " : "", item.name,
                                 item.other ? " " : "", item.other ? item.other : "");
        ck_assert_uint_lt(used, sizeof text);
    }
    return text;
}

static void ck_reached(enum coverage_kind kind, const char *expected)
{
    size_t all;
    ck_assert_str_eq(reached_of(coverage, kind, &all), expected);
}

static bool has_item(const struct coverage *of, enum coverage_kind kind, const char *name, const char *other)
{
    struct coverage_item item;
    size_t cursor = 0;
    while (coverage_next(of, kind, &cursor, &item)) {
        if (strcmp(item.name, name) == 0 && (!other || (item.other && strcmp(item.other, other) == 0)))
            return true;
    }
    return false;
}

static size_t item_count(const struct coverage *of, enum coverage_kind kind)
{
    size_t all;
    reached_of(of, kind, &all);
    return all;
}

START_TEST(a_call_that_succeeds_reaches_its_row_and_the_guards_that_held)
{
    contract_ok(&c, "alice", "update_participant_url", ONE, "{'url':'x'}");
    ck_reached(COVERAGE_ROW, "update_participant_url");
    ck_reached(COVERAGE_GUARD_HELD, "contract_is_initialized, signer_is_predecessor, caller_is_participant, "
                                    "deposit_covers_management, protocol_is_running");
    ck_reached(
        COVERAGE_ROW_GUARD_HELD,
        "update_participant_url contract_is_initialized, update_participant_url signer_is_predecessor, "
        "update_participant_url protocol_is_running, update_participant_url caller_is_participant, "
        "update_participant_url deposit_covers_management");
    ck_reached(COVERAGE_GUARD_REFUSED, "");
    ck_reached(COVERAGE_ERROR, "");
    ck_reached(COVERAGE_ROW_PAIR, "");
}
END_TEST

START_TEST(a_refusal_reaches_one_guard_one_error_and_no_row)
{
    contract_refused(&c, "dave", "start_node_migration", ONE, contract_destination("dave", "new"),
                     "InvalidState::NotParticipant", "Not a participant: dave.near");
    ck_reached(COVERAGE_ROW, "");
    ck_reached(COVERAGE_GUARD_HELD, "contract_is_initialized, signer_is_predecessor, protocol_is_running");
    ck_reached(COVERAGE_GUARD_REFUSED, "caller_is_participant");
    ck_reached(COVERAGE_ROW_GUARD_REFUSED, "start_node_migration caller_is_participant");
    ck_reached(COVERAGE_ERROR, "InvalidState::NotParticipant");
}
END_TEST

START_TEST(arguments_that_cannot_be_read_are_counted_by_row)
{
    size_t with_arguments;
    contract_refused(&c, "alice", "vote_pk", NOTHING, "[]", "sdk:Deserialize",
                     "Failed to deserialize input from JSON. Error: *");
    ck_assert_str_eq(reached_of(coverage, COVERAGE_ARGUMENTS_REFUSED, &with_arguments), "vote_pk");
    ck_assert_uint_lt(with_arguments, item_count(coverage, COVERAGE_ROW));
    ck_reached(COVERAGE_ERROR, "sdk:Deserialize");
    ck_reached(COVERAGE_GUARD_HELD, "deposit_is_zero");
    ck_assert(!has_item(coverage, COVERAGE_ARGUMENTS_REFUSED, "verify_tee", NULL));
}
END_TEST

START_TEST(what_never_comes_to_a_row_is_an_error_too)
{
    contract_refused(&c, "alice", "vote_for_pizza", NOTHING, "{}", "MethodNotFound",
                     "MethodResolveError(MethodNotFound)");
    ck_reached(COVERAGE_ERROR, "MethodNotFound");
    ck_assert_str_eq(contract_view(&c, "verify_tee", "{}"), "(refused)");
    ck_reached(COVERAGE_ERROR, "MethodNotFound, ProhibitedInView");
    ck_reached(COVERAGE_ROW, "");
}
END_TEST

START_TEST(a_pair_is_two_successful_calls_with_neither_refusals_nor_views_between_counting)
{
    contract_ok(&c, "alice", "update_participant_url", ONE, "{'url':'x'}");
    contract_view(&c, "state", "{}");
    contract_refused(&c, "dave", "update_participant_url", ONE, "{'url':'x'}", "InvalidState::NotParticipant",
                     "Not a participant: dave.near");
    contract_ok(&c, "alice", "start_node_migration", ONE, contract_destination("alice", "new"));
    contract_ok(&c, "bob", "start_node_migration", ONE, contract_destination("bob", "new"));
    ck_reached(COVERAGE_ROW_PAIR, "start_node_migration start_node_migration, "
                                  "update_participant_url start_node_migration");
    ck_reached(COVERAGE_ROW, "start_node_migration, update_participant_url, state");
}
END_TEST

START_TEST(a_sequence_begins_where_the_recording_does)
{
    contract_ok(&c, "alice", "update_participant_url", ONE, "{'url':'x'}");
    model_coverage_set(c.model, NULL);
    contract_ok(&c, "alice", "start_node_migration", ONE, contract_destination("alice", "new"));
    model_coverage_set(c.model, coverage);
    contract_ok(&c, "alice", "update_participant_url", ONE, "{'url':'y'}");
    ck_reached(COVERAGE_ROW, "update_participant_url");
    ck_reached(COVERAGE_ROW_PAIR, "");
}
END_TEST

START_TEST(receipts_are_calls_like_any_other)
{
    contract_vote_all(&c, "alice bob carol", contract_proposal(6, 3, contract_members, 2));
    contract_reshare(&c, "alice bob carol", 6);
    contract_block(&c);
    ck_reached(COVERAGE_ROW_PAIR,
               "cleanup_orphaned_node_migrations clean_foreign_chain_data, "
               "clean_invalid_attestations cleanup_orphaned_node_migrations, "
               "vote_new_parameters vote_new_parameters, vote_new_parameters start_reshare_instance, "
               "start_reshare_instance vote_reshared, vote_reshared vote_reshared, "
               "vote_reshared remove_non_participant_update_votes, "
               "clean_tee_status clean_invalid_attestations, "
               "remove_non_participant_update_votes clean_tee_status, "
               "clean_foreign_chain_data remove_non_participant_tee_verifier_votes");
}
END_TEST

START_TEST(only_what_exists_under_the_rules_is_there_to_be_reached)
{
    ck_assert(!has_item(coverage, COVERAGE_ROW, "cancel_node_migration", NULL));
    ck_assert(!has_item(coverage, COVERAGE_ROW, "latest_code_hash", NULL));
    ck_assert(!has_item(coverage, COVERAGE_GUARD_HELD, "some_image_is_allowed", NULL));
    ck_assert(!has_item(coverage, COVERAGE_ERROR, "panic:NoAllowedCodeHash", NULL));
    size_t rows = item_count(coverage, COVERAGE_ROW);
    ck_assert_int_eq(model_rule_set(c.model, "latest_code_hash_served=yes", NULL), OUTCOME_OK);
    model_coverage_set(c.model, coverage);
    ck_assert(has_item(coverage, COVERAGE_ROW, "latest_code_hash", NULL));
    ck_assert(has_item(coverage, COVERAGE_GUARD_HELD, "some_image_is_allowed", NULL));
    ck_assert(has_item(coverage, COVERAGE_ERROR, "panic:NoAllowedCodeHash", NULL));
    ck_assert_uint_eq(item_count(coverage, COVERAGE_ROW), rows + 1);
}
END_TEST

START_TEST(a_payable_row_has_no_guard_against_deposits)
{
    ck_assert(has_item(coverage, COVERAGE_ROW_GUARD_HELD, "verify_tee", "deposit_is_zero"));
    ck_assert(!has_item(coverage, COVERAGE_ROW_GUARD_HELD, "start_node_migration", "deposit_is_zero"));
    ck_assert(has_item(coverage, COVERAGE_ROW_GUARD_HELD, "clean_tee_status", "predecessor_is_contract"));
    ck_assert(!has_item(coverage, COVERAGE_ROW_GUARD_HELD, "version", "contract_is_initialized"));
}
END_TEST

static bool is_pair(const char *first, const char *second)
{
    return has_item(coverage, COVERAGE_ROW_PAIR, first, second);
}

START_TEST(a_pair_is_there_to_be_reached_where_the_first_may_leave_a_phase_the_second_runs_in)
{
    ck_assert(is_pair("start_node_migration", "vote_add_domains"));
    ck_assert(!is_pair("start_node_migration", "vote_pk"));
    ck_assert(is_pair("vote_add_domains", "vote_cancel_keygen"));
    ck_assert(is_pair("vote_pk", "start_node_migration"));
    ck_assert(!is_pair("start_keygen_instance", "start_node_migration"));
    ck_assert(is_pair("register_backup_service", "vote_reshared"));
    ck_assert(is_pair("vote_abort_key_event_instance", "vote_reshared"));
    ck_assert(is_pair("init", "verify_tee"));
    ck_assert(!is_pair("init", "init_running"));
    ck_assert(!is_pair("prepay_attestation_storage", "init"));
}
END_TEST

START_TEST(views_are_in_no_pair)
{
    ck_assert(!is_pair("verify_tee", "state"));
    ck_assert(!is_pair("state", "verify_tee"));
}
END_TEST

START_TEST(errors_with_one_path_are_told_apart_by_their_text)
{
    ck_assert(has_item(coverage, COVERAGE_ERROR, "InvalidParameters::MalformedPayload",
                       "Malformed payload: grants must be greater than zero"));
    ck_assert(has_item(coverage, COVERAGE_ERROR, "InvalidParameters::MalformedPayload",
                       "Malformed payload: grant counter would overflow"));
    size_t cursor = 0;
    struct coverage_item first;
    ck_assert(coverage_next(coverage, COVERAGE_ERROR, &cursor, &first));
    ck_assert_str_eq(first.name, "sdk:Private");
    ck_assert_ptr_null(first.other);
}
END_TEST

START_TEST(merging_adds_what_the_other_reached_and_what_was_there_to_be_reached)
{
    struct contract design;
    CLEANUP(coverage_free_ptr) struct coverage *other = NULL;
    contract_open(&design, "design");
    ck_assert_int_eq(coverage_new(&other), OUTCOME_OK);
    model_coverage_set(design.model, other);
    contract_ok(&design, "bob", "start_node_migration", NOTHING, contract_destination("bob", "new"));
    contract_ok(&design, "bob", "cancel_node_migration", NOTHING, "{}");
    contract_refused(&design, "bob", "cancel_node_migration", NOTHING, "{}",
                     "NodeMigrationError::MigrationNotFound", "Node does not have an ongoing recovery");
    contract_ok(&c, "alice", "update_participant_url", ONE, "{'url':'x'}");
    contract_refused(&c, "alice", "cancel_node_migration", ONE, "{}", "MethodNotFound",
                     "MethodResolveError(MethodNotFound)");
    coverage_merge(coverage, other);
    ck_reached(COVERAGE_ROW, "start_node_migration, cancel_node_migration, update_participant_url");
    ck_reached(COVERAGE_ROW_PAIR, "start_node_migration cancel_node_migration");
    ck_reached(COVERAGE_ERROR, "NodeMigrationError::MigrationNotFound, MethodNotFound");
    ck_reached(COVERAGE_GUARD_REFUSED, "migration_is_pending");
    ck_assert(has_item(coverage, COVERAGE_ROW, "latest_code_hash", NULL));
    coverage_merge(coverage, other);
    ck_reached(COVERAGE_ROW, "start_node_migration, cancel_node_migration, update_participant_url");
    contract_close(&design);
}
END_TEST

START_TEST(what_was_reached_can_be_forgotten_and_what_is_there_is_not)
{
    size_t rows = item_count(coverage, COVERAGE_ROW);
    contract_ok(&c, "alice", "start_node_migration", ONE, contract_destination("alice", "new"));
    contract_ok(&c, "bob", "start_node_migration", ONE, contract_destination("bob", "new"));
    coverage_forget(coverage);
    ck_reached(COVERAGE_ROW, "");
    ck_reached(COVERAGE_GUARD_HELD, "");
    ck_reached(COVERAGE_ROW_PAIR, "");
    ck_assert_uint_eq(item_count(coverage, COVERAGE_ROW), rows);
}
END_TEST

START_TEST(a_coverage_no_model_was_given_has_nothing_to_reach_but_the_errors_of_every_contract)
{
    CLEANUP(coverage_free_ptr) struct coverage *fresh = NULL;
    ck_assert_int_eq(coverage_new(&fresh), OUTCOME_OK);
    ck_assert_uint_eq(item_count(fresh, COVERAGE_ROW), 0);
    ck_assert_uint_eq(item_count(fresh, COVERAGE_GUARD_HELD), 0);
    ck_assert_uint_eq(item_count(fresh, COVERAGE_ROW_PAIR), 0);
    ck_assert_uint_eq(item_count(fresh, COVERAGE_ERROR), 3);
}
END_TEST

int main(void)
{
    SUITE_WITH_CASE(suite, tcase, "coverage");
    tcase_add_checked_fixture(tcase, open_recorded, close_all);
    tcase_add_test(tcase, a_call_that_succeeds_reaches_its_row_and_the_guards_that_held);
    tcase_add_test(tcase, a_refusal_reaches_one_guard_one_error_and_no_row);
    tcase_add_test(tcase, arguments_that_cannot_be_read_are_counted_by_row);
    tcase_add_test(tcase, what_never_comes_to_a_row_is_an_error_too);
    tcase_add_test(tcase, a_pair_is_two_successful_calls_with_neither_refusals_nor_views_between_counting);
    tcase_add_test(tcase, a_sequence_begins_where_the_recording_does);
    tcase_add_test(tcase, receipts_are_calls_like_any_other);
    tcase_add_test(tcase, only_what_exists_under_the_rules_is_there_to_be_reached);
    tcase_add_test(tcase, a_payable_row_has_no_guard_against_deposits);
    tcase_add_test(tcase, a_pair_is_there_to_be_reached_where_the_first_may_leave_a_phase_the_second_runs_in);
    tcase_add_test(tcase, views_are_in_no_pair);
    tcase_add_test(tcase, errors_with_one_path_are_told_apart_by_their_text);
    tcase_add_test(tcase, merging_adds_what_the_other_reached_and_what_was_there_to_be_reached);
    tcase_add_test(tcase, what_was_reached_can_be_forgotten_and_what_is_there_is_not);
    tcase_add_test(tcase,
                   a_coverage_no_model_was_given_has_nothing_to_reach_but_the_errors_of_every_contract);
    return run_suite(suite);
}
