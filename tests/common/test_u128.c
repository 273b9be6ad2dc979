#include "common/u128.h"
#include "tests/support/support.h"

#include <string.h>

static const struct u128 zero = {0, 0}, one = {1, 0}, most = {UINT64_MAX, UINT64_MAX};

static bool equal(struct u128 a, struct u128 b)
{
    return u128_compare(a, b) == 0;
}

START_TEST(text_comes_back_over_the_whole_range)
{
    static const struct {
        const char *text;
        struct u128 value;
    } cases[] = {
        {"0", {0, 0}},
        {"10", {10, 0}},
        {"18446744073709551615", {UINT64_MAX, 0}},
        {"18446744073709551616", {0, 1}},
        {"1000000000000000000000000", {0x1bcecceda1000000, 0xd3c2}},
        {"340282366920938463463374607431768211455", {UINT64_MAX, UINT64_MAX}},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct u128 value;
        char text[U128_TEXT_MAX];
        ck_assert_msg(u128_parse(cases[i].text, strlen(cases[i].text), &value), "%s was refused",
                      cases[i].text);
        ck_assert_msg(equal(value, cases[i].value), "%s is %llx %llx", cases[i].text,
                      (unsigned long long)value.high, (unsigned long long)value.low);
        u128_format(cases[i].value, text);
        ck_assert_str_eq(text, cases[i].text);
    }
    struct u128 value;
    ck_assert(u128_parse("007", 3, &value));
    ck_assert_uint_eq(value.low, 7);
}
END_TEST

START_TEST(what_is_no_amount_is_refused)
{
    static const char *const cases[] = {
        "",
        "-1",
        "+1",
        " 1",
        "1 ",
        "1.0",
        "0x1",
        "1e3",
        "340282366920938463463374607431768211456",
        "340282366920938463463374607431768211460",
        "1000000000000000000000000000000000000000",
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct u128 value;
        ck_assert_msg(!u128_parse(cases[i], strlen(cases[i]), &value), "%s was taken", cases[i]);
    }
}
END_TEST

START_TEST(sums_and_differences_carry_and_report_overflow)
{
    struct u128 out;
    ck_assert(u128_add((struct u128){UINT64_MAX, 0}, one, &out));
    ck_assert(equal(out, (struct u128){0, 1}));
    ck_assert(!u128_add(most, one, &out));
    ck_assert(u128_add(most, zero, &out) && equal(out, most));
    ck_assert(u128_sub((struct u128){0, 1}, one, &out));
    ck_assert(equal(out, (struct u128){UINT64_MAX, 0}));
    ck_assert(!u128_sub(zero, one, &out));
    ck_assert(u128_sub(most, most, &out) && equal(out, zero));
}
END_TEST

START_TEST(products_carry_and_report_overflow)
{
    struct u128 out;
    ck_assert(u128_mul_u64((struct u128){UINT64_MAX, 0}, UINT64_MAX, &out));
    ck_assert(equal(out, (struct u128){1, UINT64_MAX - 1}));
    ck_assert(u128_mul_u64(most, 1, &out) && equal(out, most));
    ck_assert(u128_mul_u64(most, 0, &out) && equal(out, zero));
    ck_assert(!u128_mul_u64(most, 2, &out));
    ck_assert(u128_mul_u64((struct u128){0, 1}, UINT64_MAX, &out));
    ck_assert(equal(out, (struct u128){0, UINT64_MAX}));
    ck_assert(!u128_mul_u64((struct u128){0, 2}, (uint64_t)1 << 63, &out));
}
END_TEST

START_TEST(comparing_looks_at_the_high_half_first)
{
    ck_assert_int_lt(u128_compare(zero, one), 0);
    ck_assert_int_gt(u128_compare((struct u128){0, 1}, (struct u128){UINT64_MAX, 0}), 0);
    ck_assert_int_eq(u128_compare(most, most), 0);
}
END_TEST

int main(void)
{
    SUITE_WITH_CASE(suite, tcase, "u128");
    tcase_add_test(tcase, text_comes_back_over_the_whole_range);
    tcase_add_test(tcase, what_is_no_amount_is_refused);
    tcase_add_test(tcase, sums_and_differences_carry_and_report_overflow);
    tcase_add_test(tcase, products_carry_and_report_overflow);
    tcase_add_test(tcase, comparing_looks_at_the_high_half_first);
    return run_suite(suite);
}
