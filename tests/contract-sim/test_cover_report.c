/* The report of `cover`: totals, gaps by name, and when it is enough. */
#include "contract-sim/cover/report.h"
#include "tests/support/contract.h"

#include <stdio.h>
#include <string.h>

#include <json-c/json_pointer.h>

static struct contract c;
static struct coverage *coverage;
static struct bytes report;
static const struct cover_runs runs = {.scenarios = 2, .profiles = 3, .runs = 5, .failed = 1};

static void open_recorded(void)
{
    contract_open(&c, "v3.14+cancel");
    ck_assert_int_eq(coverage_new(&coverage), OUTCOME_OK);
    model_coverage_set(c.model, coverage);
    report = (struct bytes){0};
}

static void close_all(void)
{
    contract_close(&c);
    coverage_free(coverage);
    bytes_free(&report);
}

static const char *text_report(void)
{
    bytes_clear(&report);
    ck_assert_int_eq(cover_report_write(coverage, &runs, COVER_TEXT, &report), OUTCOME_OK);
    return (const char *)report.data;
}

static struct json_object *json_report(void)
{
    struct json_object *root = NULL;
    bytes_clear(&report);
    ck_assert_int_eq(cover_report_write(coverage, &runs, COVER_JSON, &report), OUTCOME_OK);
    ck_assert_int_eq(json_parse((const char *)report.data, report.len, &json_limits_view, &root, NULL),
                     OUTCOME_OK);
    return root;
}

#define ck_says(text, line)   ck_assert_msg(strstr(text, "\n" line "\n"), "no line \"%s\" in\n%s", line, text)
#define ck_silent(text, word) ck_assert_msg(!strstr(text, word), "\"%s\" in\n%s", word, text)

static size_t items(enum coverage_kind kind)
{
    struct coverage_item item;
    size_t cursor = 0, count = 0;
    while (coverage_next(coverage, kind, &cursor, &item))
        count++;
    return count;
}

/* "TITLE  N of ALL" with the table's own ALL. */
static void ck_total(const char *text, const char *title, size_t reached, enum coverage_kind kind)
{
    char line[100];
    snprintf(line, sizeof line, "\n%-18s %4zu of %4zu  ", title, reached, items(kind));
    ck_assert_msg(strstr(text, line), "no line \"%s\" in\n%s", line + 1, text);
}

static void cancel_what_was_started(void)
{
    contract_ok(&c, "alice", "start_node_migration", ONE, contract_destination("alice", "new"));
    contract_refused(&c, "dave", "start_node_migration", ONE, contract_destination("dave", "new"),
                     "InvalidState::NotParticipant", "Not a participant: dave.near");
    contract_ok(&c, "alice", "cancel_node_migration", ONE, "{}");
}

START_TEST(the_totals_count_what_was_reached)
{
    cancel_what_was_started();
    const char *text = text_report();
    static const char head[] = "scenarios 2, profiles 3, runs 5, failed 1\n";
    ck_assert_int_eq(strncmp(text, head, sizeof head - 1), 0);
    ck_total(text, "rows", 2, COVERAGE_ROW);
    ck_total(text, "guards held", 6, COVERAGE_GUARD_HELD);
    ck_total(text, "guards refused", 1, COVERAGE_GUARD_REFUSED);
    ck_total(text, "errors", 1, COVERAGE_ERROR);
    ck_total(text, "arguments refused", 0, COVERAGE_ARGUMENTS_REFUSED);
    ck_total(text, "row guards held", 9, COVERAGE_ROW_GUARD_HELD);
    ck_total(text, "row guards refused", 1, COVERAGE_ROW_GUARD_REFUSED);
    ck_total(text, "row pairs", 1, COVERAGE_ROW_PAIR);
}
END_TEST

START_TEST(what_was_not_reached_is_named_and_what_was_is_not)
{
    cancel_what_was_started();
    const char *text = text_report();
    ck_says(text, "row conclude_node_migration never done");
    ck_silent(text, "row start_node_migration never done");
    ck_says(text, "guard caller_is_leader never held");
    ck_says(text, "guard caller_is_leader never refused");
    ck_silent(text, "\nguard caller_is_participant never");
    ck_says(text, "error KeyEventError::ActiveKeyEvent never raised");
    ck_silent(text, "error InvalidState::NotParticipant");
    ck_says(text, "error InvalidParameters::MalformedPayload (Malformed payload: grants must be greater than "
                  "zero) never raised");
    ck_says(text, "arguments of start_node_migration never refused");
    ck_says(text, "row start_node_migration: guard deposit_covers_management never refused");
    ck_silent(text, "row start_node_migration: guard caller_is_participant");
}
END_TEST

START_TEST(pairs_with_one_first_row_share_a_line)
{
    contract_ok(&c, "alice", "start_node_migration", ONE, contract_destination("alice", "new"));
    contract_ok(&c, "alice", "cancel_node_migration", ONE, "{}");
    const char *text = text_report();
    const char *line = strstr(text, "\npair start_node_migration -> ");
    ck_assert_ptr_nonnull(line);
    ck_assert_ptr_null(strstr(line + 1, "\npair start_node_migration -> "));
    size_t len = strcspn(line + 1, "\n") + 1;
    ck_assert_ptr_nonnull(memmem(line, len, ", conclude_node_migration, ", 27));
    ck_assert_ptr_null(memmem(line, len, "cancel_node_migration", 21));
    /* which the state does not allow: start leaves the protocol Running */
    ck_assert_ptr_null(memmem(line, len, "vote_cancel_keygen", 18));
    ck_assert_int_eq(memcmp(line + len - 11, " never seen", 11), 0);
}
END_TEST

static struct json_object *at(struct json_object *root, const char *pointer)
{
    struct json_object *value = NULL;
    ck_assert_msg(json_pointer_get(root, pointer, &value) == 0, "nothing at %s in %s", pointer,
                  json_object_to_json_string(root));
    return value;
}

static bool is_missing(struct json_object *root, const char *kind, const char *item)
{
    struct json_object *list = at(root, kind);
    for (size_t i = 0; i < json_object_array_length(list); i++) {
        if (strcmp(json_object_to_json_string_ext(json_object_array_get_idx(list, i), JSON_C_TO_STRING_PLAIN),
                   item) == 0)
            return true;
    }
    return false;
}

START_TEST(the_json_report_says_the_same)
{
    cancel_what_was_started();
    CLEANUP(json_put_ptr) struct json_object *root = json_report();
    ck_assert_str_eq(json_object_get_string(at(root, "/format")), "mpc-cover/1");
    ck_assert_int_eq(json_object_get_int(at(root, "/scenarios")), 2);
    ck_assert_int_eq(json_object_get_int(at(root, "/profiles")), 3);
    ck_assert_int_eq(json_object_get_int(at(root, "/runs")), 5);
    ck_assert_int_eq(json_object_get_int(at(root, "/failed")), 1);
    ck_assert_int_eq(json_object_get_int(at(root, "/rows/reached")), 2);
    ck_assert_uint_eq(json_object_get_uint64(at(root, "/rows/of")), items(COVERAGE_ROW));
    ck_assert_uint_eq(json_object_array_length(at(root, "/rows/missing")), items(COVERAGE_ROW) - 2);
    ck_assert(is_missing(root, "/rows/missing", "{\"row\":\"vote_pk\"}"));
    ck_assert(is_missing(root, "/guards_held/missing", "{\"guard\":\"caller_is_leader\"}"));
    ck_assert(is_missing(root, "/guards_refused/missing", "{\"guard\":\"caller_is_leader\"}"));
    ck_assert(is_missing(root, "/errors/missing", "{\"error\":\"MethodNotFound\"}"));
    ck_assert(
        is_missing(root, "/errors/missing",
                   "{\"error\":\"InvalidParameters::MalformedPayload\",\"text\":\"Malformed payload: grant "
                   "counter would overflow\"}"));
    ck_assert(is_missing(root, "/arguments_refused/missing", "{\"row\":\"vote_pk\"}"));
    ck_assert(
        is_missing(root, "/row_guards_held/missing", "{\"row\":\"vote_pk\",\"guard\":\"key_is_a_point\"}"));
    ck_assert(is_missing(root, "/row_guards_refused/missing",
                         "{\"row\":\"start_node_migration\",\"guard\":\"protocol_is_running\"}"));
    ck_assert(is_missing(root, "/row_pairs/missing",
                         "{\"first\":\"start_node_migration\",\"then\":\"start_node_migration\"}"));
    ck_assert(!is_missing(root, "/row_pairs/missing",
                          "{\"first\":\"start_node_migration\",\"then\":\"cancel_node_migration\"}"));
}
END_TEST

START_TEST(a_share_of_rows_guards_and_errors_may_be_required)
{
    ck_assert(cover_reaches(coverage, 0));
    ck_assert(!cover_reaches(coverage, 1));
    cancel_what_was_started();
    ck_assert(cover_reaches(coverage, 1));
    ck_assert(!cover_reaches(coverage, 2));
}
END_TEST

int main(void)
{
    SUITE_WITH_CASE(suite, tcase, "cover report");
    tcase_add_checked_fixture(tcase, open_recorded, close_all);
    tcase_add_test(tcase, the_totals_count_what_was_reached);
    tcase_add_test(tcase, what_was_not_reached_is_named_and_what_was_is_not);
    tcase_add_test(tcase, pairs_with_one_first_row_share_a_line);
    tcase_add_test(tcase, the_json_report_says_the_same);
    tcase_add_test(tcase, a_share_of_rows_guards_and_errors_may_be_required);
    return run_suite(suite);
}
