#include "common/nearest.h"
#include "tests/support/support.h"

static const char *const words[] = {"replay", "serve", "explain", "explore", NULL};

static const char *nearest_of(const char *given)
{
    struct nearest nearest = {.given = given, .given_len = strlen(given)};
    for (size_t i = 0; words[i]; i++)
        nearest_try(&nearest, words[i]);
    return nearest.word;
}

START_TEST(a_slip_of_the_keyboard_finds_the_word_that_was_meant)
{
    ck_assert_str_eq(nearest_of("replya"), "replay");
    ck_assert_str_eq(nearest_of("sreve"), "serve");
    ck_assert_str_eq(nearest_of("xplain"), "explain");
    ck_assert_str_eq(nearest_of("explore"), "explore");
}
END_TEST

START_TEST(another_word_finds_none)
{
    ck_assert_ptr_null(nearest_of("migration"));
    ck_assert_ptr_null(nearest_of(""));
    ck_assert_ptr_null(nearest_of("a word that is far too long to be any of the words which are valid here"));
}
END_TEST

START_TEST(of_two_equally_near_words_the_first_stays)
{
    ck_assert_str_eq(nearest_of("explaie"), "explain");
}
END_TEST

int main(void)
{
    SUITE_WITH_CASE(suite, tcase, "nearest");
    tcase_add_test(tcase, a_slip_of_the_keyboard_finds_the_word_that_was_meant);
    tcase_add_test(tcase, another_word_finds_none);
    tcase_add_test(tcase, of_two_equally_near_words_the_first_stays);
    return run_suite(suite);
}
