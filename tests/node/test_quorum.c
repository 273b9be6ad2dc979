#include "tests/support/support.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "node/quorum.h"

START_TEST(of_one_source_it_takes_the_one_of_two_both_of_more_more_than_half)
{
    static const size_t needed[] = {0, 1, 2, 2, 3, 3, 4, 4, 5};
    for (size_t count = 1; count < ARRAY_LEN(needed); count++)
        ck_assert_uint_eq(quorum_needed(count), needed[count]);
}
END_TEST

/* --- which block --- */

/* A final block in short: its height, and a letter for its hash. Of a small letter's block the views are known
 * already, and one with '!' was asked about in vain. "" says nothing. */
static struct quorum_head head_of(const char *text)
{
    struct quorum_head head = {.heard = text[0] != 0};
    char letter = 'A';
    char mark = 0;
    if (head.heard)
        (void)sscanf(text, "%" SCNu64 "%c%c", &head.height, &letter, &mark);
    head.is_new = letter >= 'A' && letter <= 'Z';
    head.refuted = mark == '!';
    memset(head.hash, letter | 0x20, sizeof head.hash);
    return head;
}

#define HEADS_MAX 5

static const struct {
    const char *heads[HEADS_MAX]; /* NULL ends them */
    size_t chosen;
    bool heard; /* enough of them said one */
    bool quiet; /* and too few a new one */
} choices[] = {
    /* one */
    {{"105A"}, 0, true, false},
    {{"105a"}, QUORUM_NONE, true, true},
    {{""}, QUORUM_NONE, false, false},
    /* two: the lower of both */
    {{"105A", "105A"}, 0, true, false},
    {{"105B", "104A"}, 1, true, false},
    {{"104A", "105B"}, 0, true, false},
    {{"105B", "104a"}, QUORUM_NONE, true, true},
    {{"105A", ""}, QUORUM_NONE, false, false},
    {{"105A", "105B"}, QUORUM_NONE, true, false},
    /* three: the second highest, unless it is refuted */
    {{"107C", "105A", "106B"}, 2, true, false},
    {{"107C", "105A", "106B!"}, 1, true, false},
    {{"107C", "105A!", "106B!"}, QUORUM_NONE, true, false},
    {{"", "105A", "106B"}, 1, true, false},
    {{"", "", "106B"}, QUORUM_NONE, false, false},
    /* a forged height supports what is below it, and is not chosen itself */
    {{"999Z", "105A", "105A"}, 1, true, false},
    {{"999Z", "106B", "105A"}, 1, true, false},
    /* a fork: the hash that more of them name, then the first */
    {{"105Z", "105A", "105A"}, 1, true, false},
    {{"105A", "105Z", "105A"}, 0, true, false},
    {{"105A", "105Y", "105Z"}, QUORUM_NONE, true, false},
    {{"105Y", "105Z", "106A"}, 0, true, false},
    {{"105Y!", "105Z", "106A"}, 1, true, false},
    /* a source at a known block supports nothing above it */
    {{"105A", "104a", "104a"}, QUORUM_NONE, true, true},
    {{"105A", "104a", "106B"}, 0, true, false},
    /* five: the third highest */
    {{"101A", "109D", "105B", "107C", "109D"}, 3, true, false},
    {{"101A", "109D", "105B", "107C!", "109D"}, 2, true, false},
    {{"101A", "109D", "", "", "109D"}, 0, true, false},
    {{"101A", "", "", "", "109D"}, QUORUM_NONE, false, false},
};

START_TEST(the_block_to_ask_about_is_the_highest_that_enough_of_them_can_have)
{
    for (size_t i = 0; i < ARRAY_LEN(choices); i++) {
        struct quorum_head heads[HEADS_MAX];
        size_t count = 0;
        while (count < HEADS_MAX && choices[i].heads[count]) {
            heads[count] = head_of(choices[i].heads[count]);
            count++;
        }
        size_t chosen = quorum_choose(heads, count);
        ck_assert_msg(chosen == choices[i].chosen, "row %zu: %zu", i, chosen);
        ck_assert_msg(quorum_heard(heads, count) == choices[i].heard, "row %zu", i);
        ck_assert_msg(quorum_is_quiet(heads, count) == choices[i].quiet, "row %zu", i);
    }
}
END_TEST

/* --- which answer --- */

/* One letter for each source: equal letters are equal answers, '.' has none, '?' is still to come. */
static const struct {
    const char *says;
    size_t winner;
    bool decided;
} elections[] = {
    {"a", 0, true},
    {".", QUORUM_NONE, true},
    {"?", QUORUM_NONE, false},
    {"aa", 0, true},
    {"ab", QUORUM_NONE, true},
    {"a.", QUORUM_NONE, true},
    {"a?", QUORUM_NONE, false},
    {"aab", 0, true},
    {"baa", 1, true},
    {"a?a", 0, true},
    {"ab?", QUORUM_NONE, false},
    {"abc", QUORUM_NONE, true},
    {"a..", QUORUM_NONE, true},
    {".b.", QUORUM_NONE, true},
    {"a.?", QUORUM_NONE, false},
    {"aabb", QUORUM_NONE, true},
    {"aaab", 0, true},
    {"ababb", 1, true},
    {"abbaa", 0, true},
    {"ab?ab", QUORUM_NONE, false},
    {"abc?a", QUORUM_NONE, false},
    {"abcda", QUORUM_NONE, true},
};

START_TEST(a_majority_of_equal_answers_wins_and_it_is_known_when_there_can_be_none)
{
    for (size_t i = 0; i < ARRAY_LEN(elections); i++) {
        struct quorum_ballot ballots[HEADS_MAX] = {0};
        bool answered[HEADS_MAX];
        size_t count = strlen(elections[i].says);
        for (size_t source = 0; source < count; source++) {
            char letter = elections[i].says[source];
            answered[source] = letter != '?';
            ballots[source].cast = letter != '.' && letter != '?';
            memset(ballots[source].digest, letter, SHA256_LEN);
        }
        ck_assert_msg(quorum_winner(ballots, count) == elections[i].winner, "%s", elections[i].says);
        ck_assert_msg(quorum_is_decided(ballots, answered, count) == elections[i].decided, "%s",
                      elections[i].says);
    }
}
END_TEST

/* --- for people --- */

START_TEST(without_a_majority_each_is_quoted_unless_all_fail_alike)
{
    struct error said[16];
    struct error err;
    for (size_t i = 0; i < ARRAY_LEN(said); i++)
        (void)error_set(&said[i], OUTCOME_RPC_UNREACHABLE, "https://rpc%02zu.example/: no route", i);
    ck_assert_outcome(quorum_refusal(said, 1, &err), OUTCOME_RPC_UNREACHABLE);
    ck_assert_str_eq(err.text, "https://rpc00.example/: no route");
    ck_assert_outcome(quorum_refusal(said, 3, &err), OUTCOME_RPC_UNREACHABLE);
    ck_assert_text_has(err.text, "; the other NEAR RPCs fail alike");

    said[1].code = OUTCOME_RPC_TIMEOUT;
    ck_assert_outcome(quorum_refusal(said, 3, &err), OUTCOME_RPC_NO_MAJORITY);
    ck_assert_text_has(err.text,
                       "2 of 3 NEAR RPCs have to agree; https://rpc00.example/: no route; https://rpc01");
    ck_assert_text_has(err.text, "rpc02.example/: no route");

    ck_assert_outcome(quorum_refusal(said, ARRAY_LEN(said), &err), OUTCOME_RPC_NO_MAJORITY);
    ck_assert_text_has(err.text, "9 of 16");
    ck_assert_text_has(err.text, "https://rpc15");
}
END_TEST

START_TEST(answers_without_a_majority_are_shown_so_that_they_can_be_compared)
{
    struct quorum_ballot ballot = {.cast = true, .digest = {0xab, 0xcd, 0x01, 0x02, 0xff}};
    struct error said[2];
    struct error err;
    quorum_opinion(&ballot, "https://a/", "at block 7 answers", &said[0]);
    ballot.digest[0] = 0;
    quorum_opinion(&ballot, "https://b/", "at block 7 answers", &said[1]);
    ck_assert_outcome(quorum_refusal(said, 2, &err), OUTCOME_RPC_NO_MAJORITY);
    ck_assert_str_eq(err.text, "2 of 2 NEAR RPCs have to agree; https://a/: at block 7 answers abcd0102; "
                               "https://b/: at block 7 answers 00cd0102");
}
END_TEST

int main(void)
{
    SUITE_WITH_CASE(suite, tcase, "quorum");
    tcase_add_test(tcase, of_one_source_it_takes_the_one_of_two_both_of_more_more_than_half);
    tcase_add_test(tcase, the_block_to_ask_about_is_the_highest_that_enough_of_them_can_have);
    tcase_add_test(tcase, a_majority_of_equal_answers_wins_and_it_is_known_when_there_can_be_none);
    tcase_add_test(tcase, without_a_majority_each_is_quoted_unless_all_fail_alike);
    tcase_add_test(tcase, answers_without_a_majority_are_shown_so_that_they_can_be_compared);
    return run_suite(suite);
}
