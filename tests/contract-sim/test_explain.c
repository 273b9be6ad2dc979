/* The table in words: what `explain` and `diagram` print, and docs/contract.md. */
#include "common/os/file.h"
#include "contract-sim/explain/facts.h"
#include "tests/support/support.h"

#include <stdio.h>
#include <stdlib.h>

#include "common/json.h"

#define PAGE_BYTES_MAX (1024 * 1024)

static struct bytes text;

static const char *said(const char *method, const char *profile, const char *rule)
{
    struct explain_options options = {
        .profile = profile, .rules = rule ? &rule : NULL, .rule_count = rule ? 1 : 0};
    struct error err = {0};
    bytes_clear(&text);
    ck_assert_ok_err(explain_text(method, &options, &text, &err), err);
    return (const char *)text.data;
}

/* That the parts stand in the text, one behind the other. */
static void ck_in_order(const char *whole, const char *const *parts, size_t count)
{
    const char *at = whole;
    for (size_t i = 0; i < count; i++) {
        at = strstr(at, parts[i]);
        ck_assert_msg(at != NULL, "\"%s\" is not there, or not behind the one before, in:\n%s", parts[i],
                      whole);
        at += strlen(parts[i]);
    }
}

START_TEST(conclude_is_told_with_its_checks_in_order)
{
    static const char *const parts[] = {
        "conclude_node_migration, in profile v3.14",
        "exists in design, v3.14, v3.14+cancel",
        "phases    Running",
        " 1  deposit_is_zero: no deposit is attached",
        "else sdk:NoDeposit: Method conclude_node_migration doesn't accept deposit",
        " 2  arguments: ",
        " 3  contract_is_initialized: ",
        " 4  signer_is_predecessor: ",
        "else panic:CallerNotSigner: ",
        " 5  protocol_is_running: ",
        "else InvalidState::ProtocolStateNotRunning: The protocol is not Running.",
        " 6  caller_is_participant: ",
        " 7  keyset_is_current: ",
        " 8  migration_is_pending: ",
        "else NodeMigrationError::MigrationNotFound: Node does not have an ongoing recovery",
        " 9  signer_key_is_recorded: ",
        "10  destination_is_attested: ",
        "strict_tls_binding=no",
    };
    ck_in_order(said("conclude_node_migration", "v3.14", NULL), parts, ARRAY_LEN(parts));
    ck_assert_text_lacks((const char *)text.data, "destination_key_is_unclaimed");
}
END_TEST

START_TEST(a_rule_that_is_set_brings_its_checks_and_one_that_is_not_takes_them)
{
    static const char *const strict[] = {"with strict_tls_binding=yes", " 9  signer_key_is_recorded",
                                         "10  destination_key_is_unclaimed", "11  destination_is_attested",
                                         "12  destination_signs_with_attested_key"};
    ck_in_order(said("conclude_node_migration", "v3.14", "strict_tls_binding=yes"), strict,
                ARRAY_LEN(strict));
    ck_assert_text_has(said("register_backup_service", "v3.14", NULL), "(min_node_mgmt_deposit=1)");
    ck_assert_text_lacks(said("register_backup_service", NULL, "min_node_mgmt_deposit=0"),
                         "deposit_covers_management");
}
END_TEST

START_TEST(without_a_profile_every_check_says_where_it_is_asked)
{
    ck_assert_text_has(said("register_backup_service", NULL, NULL),
                       "min_node_mgmt_deposit: v3.14, v3.14+cancel)");
    ck_assert_text_has(said("conclude_node_migration", NULL, NULL), "strict_tls_binding: no profile)");
}
END_TEST

START_TEST(a_method_that_a_profile_lacks_is_told_to_be_missing)
{
    const char *missing = said("cancel_node_migration", "v3.14", NULL);
    ck_assert_text_has(missing, "not here (has_cancel_node_migration=no)");
    ck_assert_text_lacks(missing, "migration_is_pending");
    ck_assert_text_has(said("cancel_node_migration", "v3.14+cancel", NULL), "migration_is_pending");
}
END_TEST

START_TEST(lines_stay_within_a_hundred_columns)
{
    for (const char *line = said(NULL, NULL, NULL); *line;) {
        size_t len = strcspn(line, "\n");
        ck_assert_msg(len <= 100, "%zu columns: %.*s", len, (int)len, line);
        line += len + (line[len] == '\n');
    }
}
END_TEST

START_TEST(every_method_is_told_when_none_is_named)
{
    const char *all = said(NULL, "design", NULL);
    for (const struct method *method = method_table; method->name; method++)
        ck_assert_text_has(all, method->name);
}
END_TEST

static void ck_refused(const char *method, const char *profile, const char *rule, const char *part)
{
    struct explain_options options = {
        .profile = profile, .rules = rule ? &rule : NULL, .rule_count = rule ? 1 : 0};
    CLEANUP(bytes_free) struct bytes out = {0};
    struct error err = {0};
    ck_assert_int_ne(explain_text(method, &options, &out, &err), OUTCOME_OK);
    ck_assert_text_has(err.text, part);
    ck_assert_int_ne(explain_json(method, &options, &out, &err), OUTCOME_OK);
    ck_assert_text_has(err.text, part);
    ck_assert_uint_eq(out.len, 0);
}

START_TEST(unknown_words_are_refused_with_the_nearest)
{
    ck_refused("conclude_node_migrations", NULL, NULL, "did you mean conclude_node_migration?");
    ck_refused("sing", NULL, NULL, "no method \"sing\"");
    ck_refused("state", "v3", NULL, "no profile \"v3\"");
    ck_refused("state", "v3.14", "strict_tls_bindings=yes", "did you mean strict_tls_binding?");
}
END_TEST

static struct json_object *json_of(const char *method, const char *profile)
{
    struct explain_options options = {.profile = profile};
    struct json_object *value = NULL;
    struct error err = {0};
    bytes_clear(&text);
    ck_assert_ok_err(explain_json(method, &options, &text, &err), err);
    ck_assert_ok_err(json_parse((const char *)text.data, text.len, &json_limits_view, &value, &err), err);
    return value;
}

static const char *member_text(struct json_object *object, const char *name)
{
    struct json_object *value = NULL;
    json_object_object_get_ex(object, name, &value);
    return value ? json_object_get_string(value) : NULL;
}

static void ck_checks_of(struct json_object *row, const struct method *method)
{
    const struct facts facts = facts_of(method);
    struct json_object *checks = NULL;
    json_object_object_get_ex(row, "checks", &checks);
    ck_assert_uint_eq(json_object_array_length(checks), facts.check_count);
    for (size_t i = 0; i < facts.check_count; i++) {
        const char *guard = member_text(json_object_array_get_idx(checks, i), "guard");
        if (facts.checks[i] == FACTS_ARGUMENTS)
            ck_assert_ptr_null(guard);
        else
            ck_assert_str_eq(guard, guard_table[facts.checks[i]].name);
    }
}

START_TEST(json_has_every_row_with_its_guards)
{
    CLEANUP(json_put_ptr) struct json_object *rows = json_of(NULL, NULL);
    ck_assert_uint_eq(json_object_array_length(rows), method_count);
    for (size_t i = 0; i < method_count; i++) {
        struct json_object *row = json_object_array_get_idx(rows, i);
        ck_assert_str_eq(member_text(row, "method"), method_table[i].name);
        ck_checks_of(row, &method_table[i]);
    }
}
END_TEST

START_TEST(json_tells_what_a_profile_asks)
{
    CLEANUP(json_put_ptr) struct json_object *rows = json_of("cancel_node_migration", "v3.14");
    struct json_object *row = json_object_array_get_idx(rows, 0);
    ck_assert_str_eq(member_text(row, "exists"), "false");
    ck_assert_str_eq(member_text(row, "profiles"), "[ \"design\", \"v3.14+cancel\" ]");
    ck_assert_text_has((const char *)text.data,
                       "{\"name\":\"has_cancel_node_migration\",\"value\":\"no\",\"says\":");
}
END_TEST

START_TEST(the_diagram_has_an_edge_per_row_that_changes_the_phase)
{
    CLEANUP(bytes_free) struct bytes mermaid = {0};
    CLEANUP(bytes_free) struct bytes dot = {0};
    ck_assert_ok(diagram_write(DIAGRAM_MERMAID, &mermaid));
    ck_assert_ok(diagram_write(DIAGRAM_DOT, &dot));
    ck_assert_text_has((const char *)mermaid.data, "stateDiagram-v2\n    [*] --> NotInitialized\n");
    ck_assert_text_has((const char *)mermaid.data, "    Running --> Resharing : vote_new_parameters\n");
    ck_assert_text_has((const char *)dot.data,
                       "    Initializing -> Running [label=\"vote_cancel_keygen\"];\n");
    for (const struct method *method = method_table; method->name; method++) {
        if (method->leads_to) {
            ck_assert_text_has((const char *)mermaid.data, method->name);
            ck_assert_text_has((const char *)dot.data, method->name);
        }
    }
    ck_assert_text_lacks((const char *)dot.data, "start_node_migration");
}
END_TEST

START_TEST(the_page_in_docs_is_what_the_table_says)
{
    CLEANUP(bytes_free) struct bytes page = {0};
    CLEANUP(bytes_free) struct bytes file = {0};
    char path[4096];
    struct error err = {0};
    const char *top = getenv("top_srcdir");
    snprintf(path, sizeof path, "%s/docs/contract.md", top ? top : ".");
    ck_assert_ok(explain_page(&page));
    ck_assert_ok_err(file_read(path, PAGE_BYTES_MAX, &file, &err), err);
    ck_assert_msg(page.len == file.len && memcmp(page.data, file.data, page.len) == 0,
                  "docs/contract.md is not what the table says; run `make docs`");
}
END_TEST

int main(void)
{
    SUITE_WITH_CASE(suite, tcase, "explain");
    tcase_add_test(tcase, conclude_is_told_with_its_checks_in_order);
    tcase_add_test(tcase, a_rule_that_is_set_brings_its_checks_and_one_that_is_not_takes_them);
    tcase_add_test(tcase, without_a_profile_every_check_says_where_it_is_asked);
    tcase_add_test(tcase, a_method_that_a_profile_lacks_is_told_to_be_missing);
    tcase_add_test(tcase, lines_stay_within_a_hundred_columns);
    tcase_add_test(tcase, every_method_is_told_when_none_is_named);
    tcase_add_test(tcase, unknown_words_are_refused_with_the_nearest);
    tcase_add_test(tcase, json_has_every_row_with_its_guards);
    tcase_add_test(tcase, json_tells_what_a_profile_asks);
    tcase_add_test(tcase, the_diagram_has_an_edge_per_row_that_changes_the_phase);
    tcase_add_test(tcase, the_page_in_docs_is_what_the_table_says);
    return run_suite(suite);
}
