#include "common/utf8.h"
#include "tests/support/support.h"

#include <stdio.h>
#include <string.h>

START_TEST(every_code_point_comes_back)
{
    for (uint32_t code_point = 0; code_point <= 0x10ffff; code_point++) {
        if (code_point >= 0xd800 && code_point <= 0xdfff)
            continue;
        uint8_t text[UTF8_LEN_MAX + 1] = {0};
        size_t len = utf8_encode(code_point, text);
        if (utf8_character_len(text, len) != len || utf8_character_len(text, len + 1) != len ||
            utf8_character_len(text, len - 1) != 0)
            ck_abort_msg("U+%04X takes %zu bytes", code_point, len);
    }
}
END_TEST

START_TEST(what_rfc_3629_forbids_is_refused)
{
    static const char *const refused[] = {
        "\x80",             /* no lead byte */
        "\xbf",             /* nor here */
        "\xc0\x80",         /* overlong */
        "\xc1\xbf",         /* overlong, 2 bytes */
        "\xe0\x9f\xbf",     /* overlong, 3 bytes */
        "\xf0\x8f\xbf\xbf", /* overlong, 4 bytes */
        "\xed\xa0\x80",     /* surrogates */
        "\xed\xbf\xbf",     /* the last surrogate */
        "\xf4\x90\x80\x80", /* above U+10FFFF */
        "\xf5\x80\x80\x80", /* lead bytes that never occur */
        "\xff",             /* the same */
        "\xc3(",            /* no continuation */
        "\xe2\x82(",        /* cut short after two */
        "\xf0\x9f\x98(",    /* cut short after three */
    };
    for (size_t i = 0; i < ARRAY_LEN(refused); i++) {
        char text[16];
        int len = snprintf(text, sizeof text, "ok %s.", refused[i]);
        ck_assert_msg(!utf8_valid(text, (size_t)len), "case %zu was taken", i);
        ck_assert(!utf8_valid(refused[i], strlen(refused[i])));
    }
}
END_TEST

START_TEST(text_is_valid_as_a_whole_or_not)
{
    ck_assert(utf8_valid("", 0));
    ck_assert(utf8_valid("a\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80", 10));
    ck_assert(utf8_valid("a\0b", 3));
    for (size_t len = 8; len < 10; len++)
        ck_assert(!utf8_valid("a\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80", len));
}
END_TEST

START_TEST(what_a_terminal_would_act_on_is_made_visible)
{
    static const struct {
        const char *text;
        const char *shown;
    } rows[] = {
        {"", ""},
        {"plain \xc3\xa9 \xe2\x82\xac", "plain \xc3\xa9 \xe2\x82\xac"},
        {"\x1b[2J\r\n\t\x7f", "?[2J????"},
        {"\xc2\x9b"
         "2J\xc2\xa0",
         "??2J\xc2\xa0"},
        {"cut \xe2\x82", "cut ??"},
        {"\xff(", "?("},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char text[32];
        snprintf(text, sizeof text, "%s", rows[i].text);
        utf8_make_printable(text);
        ck_assert_str_eq(text, rows[i].shown);
    }
}
END_TEST

int main(void)
{
    SUITE_WITH_CASE(suite, tcase, "utf8");
    tcase_add_test(tcase, every_code_point_comes_back);
    tcase_add_test(tcase, what_rfc_3629_forbids_is_refused);
    tcase_add_test(tcase, text_is_valid_as_a_whole_or_not);
    tcase_add_test(tcase, what_a_terminal_would_act_on_is_made_visible);
    return run_suite(suite);
}
