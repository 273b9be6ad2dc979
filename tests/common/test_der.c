#include "common/der.h"
#include "tests/support/support.h"

#include <stdio.h>
#include <string.h>

#define OVER(literal) cursor_over(literal, sizeof(literal) - 1)

START_TEST(elements_are_taken_one_after_the_other)
{
    struct cursor from = OVER("\x02\x01\x07\x30\x00\x80\x02hi"), content;
    uint8_t tag;
    ck_assert(der_take(&from, DER_INTEGER, &content));
    ck_assert(der_is(&content, "\x07", 1));
    ck_assert(!der_is(&content, "\x07\x07", 2));
    ck_assert(der_any(&from, &tag, &content));
    ck_assert_uint_eq(tag, DER_SEQUENCE);
    ck_assert(der_is(&content, "", 0));
    ck_assert(der_take(&from, DER_CONTEXT(0), &content));
    ck_assert(der_is(&content, "hi", 2));
    ck_assert_uint_eq(cursor_left(&from), 0);
    ck_assert(!der_any(&from, &tag, &content));
}
END_TEST

START_TEST(lengths_are_read_in_their_shortest_form)
{
    static const size_t lengths[] = {0, 1, 127, 128, 255, 256, 65535};
    for (size_t i = 0; i < ARRAY_LEN(lengths); i++) {
        CLEANUP(bytes_free) struct bytes der = {0};
        size_t len = lengths[i];
        ck_assert_ok(bytes_append_u8(&der, DER_OCTET_STRING));
        if (len > 255)
            ck_assert_ok(bytes_append_u8(&der, 0x82));
        else if (len > 127)
            ck_assert_ok(bytes_append_u8(&der, 0x81));
        if (len > 255)
            ck_assert_ok(bytes_append_u8(&der, (uint8_t)(len >> 8)));
        ck_assert_ok(bytes_append_u8(&der, (uint8_t)len));
        uint8_t *at;
        ck_assert_ok(bytes_extend(&der, len, &at));
        struct cursor from = cursor_over(der.data, der.len), content,
                      shorter = cursor_over(der.data, der.len - 1);
        ck_assert(!der_take(&shorter, DER_OCTET_STRING, &content));
        ck_assert(der_take(&from, DER_OCTET_STRING, &content));
        ck_assert_uint_eq(cursor_left(&content), len);
    }
}
END_TEST

START_TEST(malformed_elements_are_refused_and_leave_the_cursor)
{
    static const struct {
        const char *der;
        size_t len;
    } cases[] = {
        {"", 0},
        {"\x04", 1},                     /* no length */
        {"\x04\x01", 2},                 /* no content */
        {"\x04\x80\x00\x00", 4},         /* the indefinite form */
        {"\x04\x81\x01x", 4},            /* a long form for a short length */
        {"\x04\x82\x00\x01x", 5},        /* the same with two bytes */
        {"\x04\x83\x00\x00\x01x", 6},    /* three bytes */
        {"\x04\x84\xff\xff\xff\xff", 6}, /* four */
        {"\x04\x81", 2},
        {"\x04\x82\x01", 3},
        {"\x1f\x01\x00", 3}, /* a high tag number */
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct cursor from = cursor_over(cases[i].der, cases[i].len), content;
        uint8_t tag;
        ck_assert_msg(!der_any(&from, &tag, &content), "case %zu was taken", i);
        ck_assert_uint_eq(cursor_left(&from), cases[i].len);
        ck_assert(!der_take(&from, DER_OCTET_STRING, &content));
        ck_assert_uint_eq(cursor_left(&from), cases[i].len);
    }
}
END_TEST

START_TEST(an_element_may_be_missing_where_it_is_optional)
{
    struct cursor from = OVER("\x01\x01\xff"), content;
    ck_assert(der_optional(&from, DER_INTEGER, &content));
    ck_assert_ptr_null(content.at);
    ck_assert(der_optional(&from, DER_BOOLEAN, &content));
    ck_assert(der_is(&content, "\xff", 1));
    ck_assert(der_optional(&from, DER_BOOLEAN, &content));
    ck_assert_ptr_null(content.at);
    from = OVER("\x01\x02\xff");
    ck_assert(!der_optional(&from, DER_BOOLEAN, &content));
    from = OVER("\x01\x00");
    ck_assert(der_optional(&from, DER_BOOLEAN, &content));
    ck_assert_ptr_nonnull(content.at);
}
END_TEST

START_TEST(bit_strings_have_whole_bytes)
{
    struct cursor from = OVER("\x03\x03\x00xy");
    const uint8_t *bits;
    ck_assert(der_bits(&from, 2, &bits));
    ck_assert_mem_eq(bits, "xy", 2);
    from = OVER("\x03\x03\x00xy");
    ck_assert(!der_bits(&from, 3, &bits));
    from = OVER("\x03\x03\x01xy");
    ck_assert(!der_bits(&from, 2, &bits));
    from = OVER("\x03\x00");
    ck_assert(!der_bits(&from, 0, &bits));
    from = OVER("\x04\x01\x00");
    ck_assert(!der_bits(&from, 0, &bits));
}
END_TEST

static bool read_time(uint8_t tag, const char *text, int64_t *out)
{
    char der[64];
    int len = snprintf(der, sizeof der, "%c%c%s", tag, (char)strlen(text), text);
    struct cursor from = cursor_over(der, (size_t)len);
    return der_time(&from, out);
}

START_TEST(times_are_seconds_since_1970)
{
    static const struct {
        uint8_t tag;
        const char *text;
        int64_t seconds;
    } cases[] = {
        {DER_UTC_TIME, "700101000000Z", 0},
        {DER_UTC_TIME, "750101000000Z", 157766400},
        {DER_UTC_TIME, "991231235959Z", 946684799},
        {DER_UTC_TIME, "000101000000Z", 946684800},
        {DER_UTC_TIME, "000229000000Z", 951782400},
        {DER_UTC_TIME, "491231235959Z", 2524607999},
        {DER_GENERALIZED_TIME, "20380119031408Z", 2147483648},
        {DER_GENERALIZED_TIME, "21000301000000Z", 4107542400},
        {DER_GENERALIZED_TIME, "40960101000000Z", 67090118400},
        {DER_GENERALIZED_TIME, "99991231235959Z", 253402300799},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        int64_t seconds = -1;
        ck_assert_msg(read_time(cases[i].tag, cases[i].text, &seconds), "%s was refused", cases[i].text);
        ck_assert_msg(seconds == cases[i].seconds, "%s read as %lld", cases[i].text, (long long)seconds);
    }
}
END_TEST

START_TEST(times_of_another_form_are_refused)
{
    static const struct {
        uint8_t tag;
        const char *text;
    } cases[] = {
        {DER_UTC_TIME, "690101000000Z"},     /* before 1970 */
        {DER_UTC_TIME, "7501010000Z"},       /* no seconds */
        {DER_UTC_TIME, "750101000000"},      /* no zone */
        {DER_UTC_TIME, "750101000000+0000"}, /* another zone */
        {DER_UTC_TIME, "750101000000ZZ"},
        {DER_UTC_TIME, "751301000000Z"},
        {DER_UTC_TIME, "750001000000Z"},
        {DER_UTC_TIME, "750100000000Z"},
        {DER_UTC_TIME, "750229000000Z"},
        {DER_UTC_TIME, "750431000000Z"},
        {DER_UTC_TIME, "750101240000Z"},
        {DER_UTC_TIME, "750101006000Z"},
        {DER_UTC_TIME, "750101000060Z"},
        {DER_UTC_TIME, "75010100000xZ"},
        {DER_UTC_TIME, "75010100000/Z"},
        {DER_UTC_TIME, "x50101000000Z"},
        {DER_UTC_TIME, ""},
        {DER_GENERALIZED_TIME, "20"},
        {DER_GENERALIZED_TIME, "x0380119031408Z"},
        {DER_GENERALIZED_TIME, "20380119031408.5Z"},
        {DER_GENERALIZED_TIME, "19690101000000Z"},
        {DER_GENERALIZED_TIME, "00000101000000Z"},
        {DER_GENERALIZED_TIME, "21000229000000Z"},
        {DER_OCTET_STRING, "750101000000Z"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        int64_t seconds;
        ck_assert_msg(!read_time(cases[i].tag, cases[i].text, &seconds), "%s was taken", cases[i].text);
    }
}
END_TEST

int main(void)
{
    SUITE_WITH_CASE(suite, tcase, "der");
    tcase_add_test(tcase, elements_are_taken_one_after_the_other);
    tcase_add_test(tcase, lengths_are_read_in_their_shortest_form);
    tcase_add_test(tcase, malformed_elements_are_refused_and_leave_the_cursor);
    tcase_add_test(tcase, an_element_may_be_missing_where_it_is_optional);
    tcase_add_test(tcase, bit_strings_have_whole_bytes);
    tcase_add_test(tcase, times_are_seconds_since_1970);
    tcase_add_test(tcase, times_of_another_form_are_refused);
    return run_suite(suite);
}
