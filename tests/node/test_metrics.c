#include <string.h>

#include "node/metrics.h"
#include "tests/support/support.h"

static const char *written(struct bytes *out)
{
    bytes_clear(out);
    ck_assert_ok(metrics_write(out));
    return (const char *)out->data;
}

START_TEST(a_gauge_is_absent_until_it_is_first_set)
{
    CLEANUP(bytes_free) struct bytes out = {0};
    ck_assert_text_lacks(written(&out), "mpc_last_backup_served_epoch");
    metric_backup_served(0, 1700000000);
    ck_assert_text_has(written(&out), "\nmpc_last_backup_served_epoch 0\n");
    ck_assert_text_has(written(&out), "\nmpc_last_backup_served_timestamp_seconds 1700000000\n");
}
END_TEST

START_TEST(an_epoch_above_i64_sets_neither_backup_metric)
{
    CLEANUP(bytes_free) struct bytes out = {0};
    metric_backup_served(UINT64_MAX, 1700000000);
    ck_assert_text_lacks(written(&out), "mpc_last_backup_served");
}
END_TEST

START_TEST(outcomes_are_counted_by_event_and_code)
{
    CLEANUP(bytes_free) struct bytes out = {0};
    metric_outcome(METRIC_EVENT_GET_KEYSHARES, OUTCOME_KEYSHARES_SERVED);
    metric_outcome(METRIC_EVENT_GET_KEYSHARES, OUTCOME_KEYSHARES_SERVED);
    metric_outcome(METRIC_EVENT_HANDSHAKE, OUTCOME_CLIENT_KEY_MISMATCH);
    ck_assert_uint_eq(metric_outcome_count(METRIC_EVENT_GET_KEYSHARES, OUTCOME_KEYSHARES_SERVED), 2);
    const char *text = written(&out);
    ck_assert_text_has(
        text, "\nmpc_migration_outcomes_total{event=\"get_keyshares\",code=\"keyshares_served\"} 2\n");
    ck_assert_text_has(
        text, "\nmpc_migration_outcomes_total{event=\"handshake\",code=\"client_key_mismatch\"} 1\n");
    ck_assert_text_lacks(text, "event=\"conclude\"");
}
END_TEST

START_TEST(a_value_outside_the_table_of_outcomes_counts_as_internal)
{
    metric_outcome(METRIC_EVENT_REQUEST, OUTCOME_COUNT);
    ck_assert_uint_eq(metric_outcome_count(METRIC_EVENT_REQUEST, OUTCOME_INTERNAL), 1);
}
END_TEST

START_TEST(rows_of_one_name_have_one_head_and_counters_start_at_zero)
{
    CLEANUP(bytes_free) struct bytes out = {0};
    metric_add(METRIC_TX_CONCLUDE_LOCAL_ERROR, 1);
    const char *text = written(&out);
    const char *head = "# TYPE mpc_outgoing_transaction_outcomes counter\n";
    const char *first = strstr(text, head);
    ck_assert_ptr_nonnull(first);
    ck_assert_text_lacks(first + 1, head);
    ck_assert_text_has(text, "mpc_outgoing_transaction_outcomes{type=\"conclude_node_migration\","
                             "outcome=\"unknown\"} 0\n");
    ck_assert_text_has(text, "mpc_outgoing_transaction_outcomes{type=\"conclude_node_migration\","
                             "outcome=\"local_error\"} 1\n");
}
END_TEST

START_TEST(a_gauge_goes_up_and_down)
{
    metric_add(METRIC_SESSIONS, 3);
    metric_add(METRIC_SESSIONS, -1);
    ck_assert_int_eq(metric_value(METRIC_SESSIONS), 2);
    metrics_reset();
    ck_assert_int_eq(metric_value(METRIC_SESSIONS), 0);
}
END_TEST

START_TEST(every_line_is_a_comment_or_a_name_with_a_number)
{
    CLEANUP(bytes_free) struct bytes out = {0};
    for (int metric = 0; metric < METRIC_COUNT; metric++)
        metric_add((enum metric)metric, -7);
    written(&out);
    ck_assert_uint_eq(out.data[out.len - 1], '\n');
    size_t lines = 0;
    for (char *line = strtok((char *)out.data, "\n"); line; line = strtok(NULL, "\n"), lines++) {
        if (line[0] == '#')
            continue;
        const char *space = strrchr(line, ' ');
        ck_assert_msg(space && strspn(space + 1, "-0123456789") == strlen(space + 1), "%s", line);
        ck_assert_msg(strncmp(line, "mpc_", 4) == 0, "%s", line);
    }
    ck_assert_uint_gt(lines, METRIC_COUNT);
}
END_TEST

int main(void)
{
    SUITE_WITH_CASE(suite, tcase, "node/metrics");
    tcase_add_checked_fixture(tcase, metrics_reset, NULL);
    tcase_add_test(tcase, a_gauge_is_absent_until_it_is_first_set);
    tcase_add_test(tcase, an_epoch_above_i64_sets_neither_backup_metric);
    tcase_add_test(tcase, outcomes_are_counted_by_event_and_code);
    tcase_add_test(tcase, a_value_outside_the_table_of_outcomes_counts_as_internal);
    tcase_add_test(tcase, rows_of_one_name_have_one_head_and_counters_start_at_zero);
    tcase_add_test(tcase, a_gauge_goes_up_and_down);
    tcase_add_test(tcase, every_line_is_a_comment_or_a_name_with_a_number);
    return run_suite(suite);
}
