/* Arguments that are not what their method takes: serde's words, at serde's place (contract.md 2.1, 5.1). */
#include "tests/support/contract.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/keyset.h"
#include "common/utf8.h"

static struct contract c;

static void open_deployed(void)
{
    contract_open(&c, "v3.14");
}

static void close_it(void)
{
    contract_close(&c);
}

/* What serde says, without the SDK's frame; "TEXT*" is its beginning. */
static void ck_detail(const char *who, const char *method, const char *args, const char *detail)
{
    char text[600];
    size_t len = strlen(detail);
    bool begins = detail[len - 1] == '*';
    snprintf(text, sizeof text, "Failed to deserialize input from JSON. Error: `%.*s%s", (int)(len - begins),
             detail, begins ? "*" : "`");
    contract_refused(&c, who, method, NOTHING, args, "sdk:Deserialize", text);
}

#define KEYSET(domains) "{'keyset':{'epoch_id':5,'domains':" domains "}}"
#define PROPOSE(participants, thresholds)                                                                    \
    "{'prospective_epoch_id':6,'proposal':{'parameters':{'participants':{'next_id':3,'participants'"         \
    ":" participants "},'threshold':2},'per_domain_thresholds':" thresholds "}}"
#define VOTE_PK(key) "{'key_event_id':{'epoch_id':5,'domain_id':1,'attempt_id':0},'public_key':" key "}"

START_TEST(a_value_of_another_type_is_named_with_the_type_that_is_wanted)
{
    static const struct {
        const char *method;
        const char *args;
        const char *detail;
    } cases[] = {
        {"prepay_attestation_storage", "{'account_id':7,'grants':1}",
         "invalid type: integer `7`, expected a string at line 1 column 15"},
        {"register_backup_service", "{'backup_service_info':{'public_key':7}}",
         "invalid type: integer `7`, expected a string at line 1 column 38"},
        {"vote_code_hash", "{'code_hash':[]}",
         "invalid type: sequence, expected a string at line 1 column 13"},
        {"vote_pk", VOTE_PK("7"), "invalid type: integer `7`, expected a string at line 1 column 74"},
        {"submit_participant_info", "{'proposed_participant_attestation':'Mock'}",
         "invalid type: string \"Mock\", expected enum Attestation at line 1 column 42"},
        {"vote_new_parameters", PROPOSE("[7]", "{}"),
         "invalid type: integer `7`, expected a sequence at line 1 column 97"},
        {"vote_new_parameters", PROPOSE("[['a.near',0,{'url':7}]]", "{}"),
         "invalid type: integer `7`, expected a string at line 1 column 116"},
        {"vote_add_domains", "{'domains':[{'id':1,'protocol':7}]}",
         "invalid type: integer `7`, expected a string at line 1 column 32"},
        {"vote_add_domains",
         "{'domains':[{'id':1,'protocol':'Frost','reconstruction_threshold':2,'purpose':'Signs'}]}",
         "unknown variant `Signs`, expected one of `Sign`, `ForeignTx`, `CKD` at line 1 column 85"},
        {"conclude_node_migration", KEYSET("[7]"),
         "invalid type: integer `7`, expected struct KeyForDomain at line 1 column 36"},
        {"conclude_node_migration", KEYSET("[{'domain_id':0,'key':{'Secp256k1':7}}]"), "key*"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        ck_detail("alice", cases[i].method, cases[i].args, cases[i].detail);
}
END_TEST

START_TEST(a_configuration_is_an_object_of_numbers)
{
    char args[1024];
    static const char *const configs[][2] = {
        {"7", "invalid type: integer `7`, expected struct InitConfig at *"},
        {"{'key_event_timeout_blocks':'x'}", "invalid type: string \"x\", expected u64 at *"},
    };
    contract_close(&c);
    contract_open_new(&c, "v3.14");
    for (size_t i = 0; i < ARRAY_LEN(configs); i++) {
        snprintf(args, sizeof args,
                 "{'parameters':{'participants':{'next_id':0,'participants':[]},'threshold':2},'init_config'"
                 ":%s}",
                 configs[i][0]);
        ck_detail("mpc", "init", args, configs[i][1]);
    }
}
END_TEST

START_TEST(thresholds_are_keyed_by_ids_that_fit)
{
    static const char *const names[] = {"18446744073709551616", "x", "", "-1"};
    char args[512];
    char detail[128];
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        snprintf(args, sizeof args, PROPOSE("[]", "{'%s':2}"), names[i]);
        snprintf(detail, sizeof detail, "invalid value: string \"%s\", expected u64 at *", names[i]);
        ck_detail("alice", "vote_new_parameters", args, detail);
    }
    ck_detail("alice", "vote_new_parameters", PROPOSE("[]", "{'1':2,'x':3,'2':'y'}"),
              "invalid value: string \"x\", expected u64 at *");
    ck_detail("alice", "vote_new_parameters", PROPOSE("[]", "{'1':'x'}"),
              "invalid type: string \"x\", expected u64 at *");
}
END_TEST

START_TEST(more_thresholds_than_there_can_be_domains_are_refused)
{
    CLEANUP(bytes_free) struct bytes args = {0};
    char text[100];
    ck_assert_ok(bytes_append_text(
        &args, "{'prospective_epoch_id':6,'proposal':{'parameters':{'participants':{'next_id':3,"
               "'participants':[]},'threshold':2},'per_domain_thresholds':{"));
    for (int i = 0; i < KEYSET_DOMAINS_MAX; i++)
        ck_assert_ok(bytes_append_format(&args, "'%d':2,", i));
    ck_assert_ok(bytes_append_format(&args, "'%d':2}}}", KEYSET_DOMAINS_MAX));
    snprintf(text, sizeof text, "invalid length %d, expected at most %d elements at *",
             KEYSET_DOMAINS_MAX + 1, KEYSET_DOMAINS_MAX);
    ck_detail("alice", "vote_new_parameters", (const char *)args.data, text);
}
END_TEST

START_TEST(places_are_counted_over_all_white_space)
{
    ck_detail("alice", "update_participant_url",
              "\t\r\n { \t'more' : [ 1 , {'x' : -2.5e3} ] ,\r\n\t'url'\t:\r 7 }",
              "invalid type: integer `7`, expected a string at line 3 column 11");
    ck_detail("alice", "update_participant_url", "7",
              "invalid type: integer `7`, expected struct Input at *");
    ck_detail("alice", "vote_reshared", "{'more':'\\\\\\\\','key_event_id':[1,2]}",
              "invalid type: sequence, expected struct KeyEventId at line 1 column 30");
}
END_TEST

/* Such a name is not looked for in the text: the place is then its end. */
START_TEST(what_is_in_a_member_named_with_escapes_is_placed_at_the_end)
{
    ck_detail("alice", "vote_reshared",
              "{'key_e\\u0076ent_id':{'epoch_id':1,'domain_id':'x'},'other':[[{}]]}",
              "invalid type: string \"x\", expected u64 at line 1 column 67");
    ck_detail("alice", "vote_reshared", "{'key_event_id':{'epoch_id':1,'domain_\\u0069d':'x'},'other':{}}",
              "invalid type: string \"x\", expected u64 at line 1 column 63");
}
END_TEST

/* Wherever the cut falls: before a character of two bytes, or in the middle of one. */
START_TEST(a_text_that_is_no_variant_is_cut_between_characters)
{
    for (int extra = 1; extra <= 2; extra++) {
        char args[2000] = "{'domains':[{'id':1,'protocol':'xx";
        char *at = args + strlen("{'domains':[{'id':1,'protocol':'") + extra;
        for (int i = 0; i < 900; i++)
            memcpy(at + 2 * i, "é", 3);
        strcat(args, "'}]}");
        ck_detail("alice", "vote_add_domains", args, "unknown variant `x*");
        ck_assert(utf8_valid(c.outcome.text.data, c.outcome.text.len));
        ck_assert_text_has((const char *)c.outcome.text.data, "é at line 1 column 1");
    }
}
END_TEST

START_TEST(a_keyset_that_differs_in_many_domains_is_dumped_to_the_eighth)
{
    CLEANUP(bytes_free) struct bytes args = {0};
    ck_assert_ok(bytes_append_text(&args, "{'keyset':{'epoch_id':5,'domains':["));
    for (int i = 0; i < 9; i++)
        ck_assert_ok(bytes_append_format(
            &args,
            "%s{'domain_id':%d,'key':{'Secp256k1':{'near_public_key':'secp256k1:"
            "3tFRbMqmoa6AAALMrEFAYCEoHcqKxeW38YptwowBVBtXK1vo36HDbUWuR6EZmoK4JcH6HDkNMGGqP1ouV7VZUWya'}},"
            "'attempt':0}",
            i ? "," : "", i));
    ck_assert_ok(bytes_append_text(&args, "]}}"));
    contract_refused(&c, "alice", "conclude_node_migration", NOTHING, (const char *)args.data,
                     "NodeMigrationError::KeysetMismatch",
                     "The submitted keyset differs from the expected keyset. Found: Keyset { epoch_id: *");
    const char *text = (const char *)c.outcome.text.data;
    ck_assert_text_has(text, "KeyForDomain { domain_id: DomainId(7), ");
    ck_assert_text_has(text, "attempt: AttemptId(0) }, ..] }, expected: Keyset { epoch_id: EpochId(5), ");
    ck_assert_text_lacks(text, "DomainId(8)");
}
END_TEST

int main(void)
{
    SUITE_WITH_CASE(suite, tcase, "model_arguments");
    tcase_add_checked_fixture(tcase, open_deployed, close_it);
    tcase_add_test(tcase, a_value_of_another_type_is_named_with_the_type_that_is_wanted);
    tcase_add_test(tcase, a_configuration_is_an_object_of_numbers);
    tcase_add_test(tcase, thresholds_are_keyed_by_ids_that_fit);
    tcase_add_test(tcase, more_thresholds_than_there_can_be_domains_are_refused);
    tcase_add_test(tcase, places_are_counted_over_all_white_space);
    tcase_add_test(tcase, what_is_in_a_member_named_with_escapes_is_placed_at_the_end);
    tcase_add_test(tcase, a_text_that_is_no_variant_is_cut_between_characters);
    tcase_add_test(tcase, a_keyset_that_differs_in_many_domains_is_dumped_to_the_eighth);
    return run_suite(suite);
}
