#include "common/os/clock.h"
#include "common/os/random.h"

#include <string.h>

#include "tests/support/support.h"

START_TEST(times_are_written_as_rfc3339_in_utc_with_milliseconds)
{
    char text[CLOCK_TEXT_LEN];
    clock_format(1767225599123, text);
    ck_assert_str_eq(text, "2025-12-31T23:59:59.123Z");
    clock_format(0, text);
    ck_assert_str_eq(text, "1970-01-01T00:00:00.000Z");
    clock_format(-1, text);
    ck_assert_str_eq(text, "1969-12-31T23:59:59.999Z");
}
END_TEST

START_TEST(times_that_no_calendar_holds_still_give_a_text_of_the_same_form)
{
    char text[CLOCK_TEXT_LEN];
    clock_format(INT64_MAX, text);
    ck_assert_uint_eq(strlen(text), CLOCK_TEXT_LEN - 1);
    clock_format(INT64_MIN, text);
    ck_assert_uint_eq(strlen(text), CLOCK_TEXT_LEN - 1);
}
END_TEST

START_TEST(the_monotonic_clock_does_not_go_back)
{
    int64_t before = clock_mono_ms();
    for (int i = 0; i < 1000; i++) {
        int64_t now = clock_mono_ms();
        ck_assert_int_ge(now, before);
        before = now;
    }
    ck_assert_int_gt(clock_wall_ms(), 1700000000000);
}
END_TEST

START_TEST(random_bytes_fill_what_they_are_asked_to_and_differ)
{
    uint8_t a[64] = {0}, b[64] = {0}, zero[64] = {0};
    ck_assert_ok(random_bytes(a, 32));
    ck_assert_ok(random_bytes(b, 32));
    ck_assert_mem_ne(a, b, 32);
    ck_assert_mem_eq(a + 32, zero, 32);
    ck_assert_ok(random_bytes(NULL, 0));
}
END_TEST

int main(void)
{
    SUITE_WITH_CASE(suite, tcase, "os/clock");
    tcase_add_test(tcase, times_are_written_as_rfc3339_in_utc_with_milliseconds);
    tcase_add_test(tcase, times_that_no_calendar_holds_still_give_a_text_of_the_same_form);
    tcase_add_test(tcase, the_monotonic_clock_does_not_go_back);
    tcase_add_test(tcase, random_bytes_fill_what_they_are_asked_to_and_differ);
    return run_suite(suite);
}
