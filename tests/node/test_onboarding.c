#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/support.h"
#include "tests/support/virtual_node.h"

/* --- wire.md 8.3, row by row --- */

START_TEST(the_job_is_that_of_the_table)
{
    static const struct {
        uint8_t listed; /* 0: not a participant */
        uint8_t destination;
        enum protocol_phase phase;
        enum onboarding_stage stage;
        enum onboarding_situation situation;
    } rows[] = {
        {0, 0, PROTOCOL_NOT_INITIALIZED, STAGE_WAIT, SITUATION_NOT_A_PARTICIPANT},
        {0, MINE, PROTOCOL_RUNNING, STAGE_WAIT, SITUATION_NOT_A_PARTICIPANT},
        {MINE, 0, PROTOCOL_RUNNING, STAGE_ACTIVE, SITUATION_ACTIVE},
        {MINE, MINE, PROTOCOL_RUNNING, STAGE_ACTIVE, SITUATION_ACTIVE},
        {MINE, OTHERS, PROTOCOL_RUNNING, STAGE_ACTIVE, SITUATION_ACTIVE},
        {MINE, 0, PROTOCOL_RESHARING, STAGE_ACTIVE, SITUATION_ACTIVE},
        {MINE, 0, PROTOCOL_INITIALIZING, STAGE_WAIT, SITUATION_ACTIVE},
        {OTHERS, 0, PROTOCOL_RUNNING, STAGE_WAIT, SITUATION_NO_MIGRATION},
        {OTHERS, OTHERS, PROTOCOL_RUNNING, STAGE_WAIT, SITUATION_NO_MIGRATION},
        {OTHERS, MINE, PROTOCOL_RUNNING, STAGE_AWAIT_SHARES, SITUATION_ONBOARDING},
        {OTHERS, MINE, PROTOCOL_INITIALIZING, STAGE_WAIT, SITUATION_PAUSED},
        {OTHERS, MINE, PROTOCOL_RESHARING, STAGE_WAIT, SITUATION_PAUSED},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct virtual_node node = {.key = MINE};
        struct story story = virtual_node_migrating;
        story.listed_key = rows[i].listed;
        story.destination = rows[i].destination;
        story.phase = rows[i].phase;
        virtual_node_see(&node, &story);
        ck_assert_stage(&node, rows[i].stage);
        ck_assert_situation(&node, rows[i].situation);
        ck_assert_uint_eq(node.sends, 0);
    }
}
END_TEST

START_TEST(the_binding_names_record_and_keyset)
{
    struct story stories[] = {virtual_node_migrating, virtual_node_migrating, virtual_node_migrating,
                              virtual_node_migrating, virtual_node_migrating};
    struct onboarding_view views[ARRAY_LEN(stories)];
    stories[1].signer = SIGNER + 1;
    stories[2].epoch_id++;
    stories[3].domains--;
    stories[4].destination = 0;
    for (size_t i = 0; i < ARRAY_LEN(stories); i++) {
        struct virtual_node node = {.key = MINE};
        virtual_node_see(&node, &stories[i]);
        views[i] = node.machine.view;
        for (size_t k = 0; k < i; k++)
            ck_assert_int_ne(memcmp(views[i].binding, views[k].binding, SHA256_LEN), 0);
    }
    static const uint8_t none[SHA256_LEN] = {0};
    ck_assert_mem_eq(views[4].binding, none, SHA256_LEN);
}
END_TEST

/* --- wire.md 8.4 --- */

START_TEST(shares_that_are_held_already_are_concluded_without_a_put)
{
    struct virtual_node node = {.key = MINE, .held_epoch = 5};
    virtual_node_see(&node, &virtual_node_migrating);
    ck_assert_uint_eq(node.sends, 1);
    ck_assert_stage(&node, STAGE_OBSERVING);
}
END_TEST

START_TEST(a_keyset_without_domains_is_concluded_without_a_put)
{
    struct virtual_node node = {.key = MINE};
    struct story story = virtual_node_migrating;
    story.domains = 0;
    virtual_node_see(&node, &story);
    ck_assert_uint_eq(node.sends, 1);
}
END_TEST

START_TEST(shares_put_before_the_migration_starts_are_used_when_it_does)
{
    struct virtual_node node = {.key = MINE};
    struct story before = virtual_node_concluded_to(OTHERS);
    virtual_node_see(&node, &before);
    virtual_node_put(&node, 5);
    ck_assert_stage(&node, STAGE_WAIT);
    ck_assert_uint_eq(node.imports, 0);
    virtual_node_see(&node, &virtual_node_migrating);
    ck_assert_uint_eq(node.held_epoch, 5);
    ck_assert_uint_eq(node.sends, 1);
}
END_TEST

START_TEST(conclude_is_sent_at_the_times_of_upstream_until_the_record_goes)
{
    static const uint64_t expected_ms[] = {0, 12000, 26000, 44000, 70000, 112000, 182000, 252000};
    struct virtual_node node = {.key = MINE, .held_epoch = 5};
    virtual_node_see(&node, &virtual_node_migrating);
    virtual_node_pass(&node, 252000);
    ck_assert_uint_eq(node.sends, ARRAY_LEN(expected_ms));
    for (size_t i = 0; i < ARRAY_LEN(expected_ms); i++)
        ck_assert_uint_eq(node.sends_ms[i], expected_ms[i]);

    struct story done = virtual_node_concluded_to(MINE);
    virtual_node_see(&node, &done);
    ck_assert_uint_eq(node.concluded, 1);
    ck_assert_stage(&node, STAGE_ACTIVE);
    virtual_node_pass(&node, 1000000);
    ck_assert_uint_eq(node.sends, ARRAY_LEN(expected_ms));
}
END_TEST

START_TEST(views_that_say_the_same_do_not_disturb_the_timing)
{
    struct virtual_node node = {.key = MINE, .held_epoch = 5};
    virtual_node_see(&node, &virtual_node_migrating);
    for (unsigned i = 0; i < 12; i++) {
        ck_assert_uint_eq(node.sends, 1);
        virtual_node_pass(&node, 1000);
        virtual_node_see(&node, &virtual_node_migrating);
    }
    ck_assert_uint_eq(node.sends, 2);
}
END_TEST

START_TEST(a_conclude_that_is_blocked_is_looked_at_again_and_goes_out_once_it_is_free)
{
    struct virtual_node node = {.key = MINE, .held_epoch = 5, .blocked = true};
    virtual_node_see(&node, &virtual_node_migrating);
    ck_assert_stage(&node, STAGE_BLOCKED);
    virtual_node_pass(&node, 2000 + 4000 + 8000);
    ck_assert_uint_eq(node.sends, 4);
    virtual_node_pass(&node, 10 * ONBOARDING_RECHECK_MS);
    ck_assert_uint_eq(node.sends, 14);
    ck_assert_uint_eq(node.machine.rounds, 0);
    node.blocked = false;
    virtual_node_pass(&node, ONBOARDING_RECHECK_MS);
    ck_assert_stage(&node, STAGE_OBSERVING);
    ck_assert_uint_eq(node.machine.rounds, 1);
}
END_TEST

START_TEST(another_record_is_a_new_job_that_starts_at_once)
{
    struct virtual_node node = {.key = MINE, .held_epoch = 5, .blocked = true};
    struct story corrected = virtual_node_migrating;
    corrected.signer = SIGNER + 1;
    virtual_node_see(&node, &virtual_node_migrating);
    unsigned retired = node.retired;
    node.blocked = false;
    virtual_node_see(&node, &corrected);
    ck_assert_uint_eq(node.retired, retired + 1);
    ck_assert_uint_eq(node.sends, 2);
    ck_assert_stage(&node, STAGE_OBSERVING);
}
END_TEST

START_TEST(a_refused_import_waits_for_the_next_put)
{
    struct virtual_node node = {.key = MINE};
    virtual_node_see(&node, &virtual_node_migrating);
    virtual_node_put(&node, 4);
    ck_assert_stage(&node, STAGE_AWAIT_SHARES);
    ck_assert_uint_eq(node.sends, 0);
    virtual_node_put(&node, 5);
    ck_assert_uint_eq(node.sends, 1);
}
END_TEST

START_TEST(shares_that_come_by_another_way_are_found)
{
    struct virtual_node node = {.key = MINE};
    virtual_node_see(&node, &virtual_node_migrating);
    node.held_epoch = 5;
    virtual_node_pass(&node, ONBOARDING_RECHECK_MS);
    ck_assert_uint_eq(node.sends, 1);
}
END_TEST

START_TEST(a_store_that_fails_is_tried_again)
{
    struct virtual_node node = {.key = MINE, .staged_epoch = 5, .store_fails = true};
    virtual_node_see(&node, &virtual_node_migrating);
    ck_assert_stage(&node, STAGE_IMPORTING);
    virtual_node_put(&node, 5);
    ck_assert_uint_eq(node.imports, 2);
    node.store_fails = false;
    virtual_node_pass(&node, ONBOARDING_RECHECK_MS);
    ck_assert_uint_eq(node.sends, 1);
}
END_TEST

/* --- design.md: active is not the end --- */

START_TEST(an_active_node_stores_what_is_put_without_a_conclude)
{
    struct virtual_node node = {.key = MINE};
    struct story active = virtual_node_concluded_to(MINE);
    virtual_node_see(&node, &active);
    ck_assert_stage(&node, STAGE_ACTIVE);
    node.store_fails = true;
    virtual_node_put(&node, 5);
    ck_assert_stage(&node, STAGE_STORING);
    virtual_node_put(&node, 5);
    node.store_fails = false;
    virtual_node_pass(&node, ONBOARDING_RECHECK_MS);
    ck_assert_uint_eq(node.held_epoch, 5);
    ck_assert_stage(&node, STAGE_ACTIVE);
    ck_assert_uint_eq(node.sends, 0);
    ck_assert_uint_eq(node.concluded, 0);
}
END_TEST

START_TEST(while_keys_are_generated_nothing_is_moved)
{
    struct virtual_node node = {.key = MINE};
    struct story initializing = virtual_node_concluded_to(MINE);
    initializing.phase = PROTOCOL_INITIALIZING;
    virtual_node_see(&node, &initializing);
    virtual_node_put(&node, 5);
    ck_assert_uint_eq(node.imports, 0);
    struct story active = virtual_node_concluded_to(MINE);
    virtual_node_see(&node, &active);
    ck_assert_uint_eq(node.held_epoch, 5);
}
END_TEST

/* --- the machine itself --- */

START_TEST(events_without_a_row_change_nothing)
{
    for (unsigned kind = EVENT_STAGED; kind < EVENT_COUNT; kind++) {
        struct onboarding machine = {0};
        struct onboarding_event event = {.kind = (enum onboarding_event_kind)kind};
        ck_assert_uint_eq(onboarding_step(&machine, &event, 7), 0);
        ck_assert_int_eq(machine.stage, STAGE_START);
    }
}
END_TEST

START_TEST(a_timer_that_is_early_does_nothing)
{
    struct virtual_node node = {.key = MINE, .held_epoch = 5};
    virtual_node_see(&node, &virtual_node_migrating);
    node.now_ms = ONBOARDING_OBSERVE_MS - 1;
    virtual_node_step(&node, EVENT_TIMER, NULL);
    ck_assert_stage(&node, STAGE_OBSERVING);
    ck_assert_uint_eq(onboarding_due_ms(&node.machine, node.now_ms), 1);
}
END_TEST

/* Whatever happens in whatever order, nothing is sent unless the contract
 * wants it and the shares are held. */
START_TEST(no_sequence_of_events_sends_a_conclude_that_is_not_due)
{
    uint64_t random = test_seed();
    struct virtual_node node = {.key = MINE};
    for (unsigned i = 0; i < 20000; i++) {
        unsigned sends = node.sends = 0;
        uint64_t choice = test_random(&random) % 8;
        uint64_t detail = test_random(&random);
        struct story story = virtual_node_migrating;
        story.listed_key = (uint8_t)(detail % 3);
        story.destination = (uint8_t)(detail / 3 % 3);
        story.phase = (enum protocol_phase)(detail / 9 % 4);
        story.epoch_id = 5 + detail / 36 % 2;
        node.blocked = detail / 72 % 2;
        node.store_fails = detail / 144 % 2;
        if (choice < 4)
            virtual_node_see(&node, &story);
        else if (choice == 4)
            virtual_node_put(&node, story.epoch_id);
        else if (choice == 5)
            virtual_node_pass(&node, detail % 30000);
        else if (choice == 6)
            virtual_node_loses_sight(&node);
        else
            node.held_epoch = story.epoch_id;
        if (node.sends == sends)
            continue;
        ck_assert_int_eq(node.story.phase, PROTOCOL_RUNNING);
        ck_assert_uint_eq(node.story.destination, MINE);
        ck_assert_uint_eq(node.story.listed_key, OTHERS);
        ck_assert_situation(&node, SITUATION_ONBOARDING);
    }
}
END_TEST

START_TEST(both_tables_can_be_printed_and_everything_has_a_name)
{
    CLEANUP(bytes_free) struct bytes text = {0};
    ck_assert_ok(onboarding_print_tables(&text));
    ck_assert_text_has((const char *)text.data, "| idle | yes | Running | onboard | onboarding |");
    ck_assert_text_has((const char *)text.data, "| observing | timer | backoff |  | back off |");
    for (unsigned i = 0; i < STAGE_COUNT; i++)
        ck_assert_int_gt((int)strlen(onboarding_stage_name((enum onboarding_stage)i)), 0);
    for (unsigned i = SITUATION_NO_VIEW; i <= SITUATION_ONBOARDING; i++)
        ck_assert_int_gt((int)strlen(onboarding_situation_text((enum onboarding_situation)i)), 0);
    ck_assert_str_eq(node_status_name(NODE_IDLE), "idle");
    ck_assert_ptr_nonnull(onboarding_stage_text(STAGE_BLOCKED));
    text.len_max = text.len;
    for (size_t room = 0; room < text.len; room += 97) {
        CLEANUP(bytes_free) struct bytes small = {.len_max = room + 1};
        ck_assert_outcome(onboarding_print_tables(&small), OUTCOME_LIMIT);
    }
}
END_TEST

/* docs/onboarding.md shows both tables. */
START_TEST(the_page_about_onboarding_shows_the_tables_as_they_are)
{
    CLEANUP(bytes_free) struct bytes tables = {0};
    CLEANUP(bytes_free) struct bytes page = {0};
    char path[512];
    char buffer[4096];
    const char *top = getenv("top_srcdir");
    snprintf(path, sizeof path, "%s/docs/onboarding.md", top ? top : ".");
    FILE *file = fopen(path, "r");
    ck_assert_msg(file != NULL, "%s cannot be read", path);
    for (size_t len; (len = fread(buffer, 1, sizeof buffer, file)) > 0;)
        ck_assert_ok(bytes_append(&page, buffer, len));
    fclose(file);
    ck_assert_ok(onboarding_print_tables(&tables));
    char *second = strstr((char *)tables.data, "\n\n");
    ck_assert_ptr_nonnull(second);
    *second = 0;
    ck_assert_text_has((const char *)page.data, (const char *)tables.data);
    ck_assert_text_has((const char *)page.data, second + 2);
}
END_TEST

/* Where the machine stays for as long as something fails, the status says where the reason is told. */
START_TEST(every_stage_that_can_last_says_what_to_look_at)
{
    static const struct {
        enum onboarding_stage stage;
        const char *words;
    } rows[] = {
        {STAGE_STORING, "store error"},        {STAGE_IMPORTING, "store error"},
        {STAGE_AWAIT_SHARES, "put-keyshares"}, {STAGE_AWAIT_SHARES, "store error"},
        {STAGE_BACKOFF, "conclude's error"},   {STAGE_BLOCKED, "what blocks it"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        ck_assert_text_has(onboarding_stage_text(rows[i].stage), rows[i].words);
}
END_TEST

int main(void)
{
    SUITE_WITH_CASE(suite, tcase, "onboarding");
    tcase_add_test(tcase, the_job_is_that_of_the_table);
    tcase_add_test(tcase, the_binding_names_record_and_keyset);
    tcase_add_test(tcase, shares_that_are_held_already_are_concluded_without_a_put);
    tcase_add_test(tcase, a_keyset_without_domains_is_concluded_without_a_put);
    tcase_add_test(tcase, shares_put_before_the_migration_starts_are_used_when_it_does);
    tcase_add_test(tcase, conclude_is_sent_at_the_times_of_upstream_until_the_record_goes);
    tcase_add_test(tcase, views_that_say_the_same_do_not_disturb_the_timing);
    tcase_add_test(tcase, a_conclude_that_is_blocked_is_looked_at_again_and_goes_out_once_it_is_free);
    tcase_add_test(tcase, another_record_is_a_new_job_that_starts_at_once);
    tcase_add_test(tcase, a_refused_import_waits_for_the_next_put);
    tcase_add_test(tcase, shares_that_come_by_another_way_are_found);
    tcase_add_test(tcase, a_store_that_fails_is_tried_again);
    tcase_add_test(tcase, an_active_node_stores_what_is_put_without_a_conclude);
    tcase_add_test(tcase, while_keys_are_generated_nothing_is_moved);
    tcase_add_test(tcase, events_without_a_row_change_nothing);
    tcase_add_test(tcase, a_timer_that_is_early_does_nothing);
    tcase_add_test(tcase, no_sequence_of_events_sends_a_conclude_that_is_not_due);
    tcase_add_test(tcase, both_tables_can_be_printed_and_everything_has_a_name);
    tcase_add_test(tcase, the_page_about_onboarding_shows_the_tables_as_they_are);
    tcase_add_test(tcase, every_stage_that_can_last_says_what_to_look_at);
    return run_suite(suite);
}
