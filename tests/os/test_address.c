#include "common/os/address.h"

#include <string.h>

#include "tests/support/support.h"

static void same_text(const char *text, bool loopback)
{
    struct address address;
    struct error err;
    char back[ADDRESS_TEXT_MAX];
    ck_assert_ok_err(address_parse(text, &address, &err), err);
    address_format(&address, back);
    ck_assert_str_eq(back, text);
    ck_assert_msg(address_is_loopback(&address) == loopback, "%s", text);
}

START_TEST(addresses_of_both_families_are_read_and_written_back)
{
    same_text("127.0.0.1:8079", true);
    same_text("127.255.0.9:0", true);
    same_text("0.0.0.0:8079", false);
    same_text("[::1]:65535", true);
    same_text("[::]:1", false);
    same_text("[2001:db8::7]:443", false);
    same_text("[::ffff:127.0.0.1]:80", true);
    same_text("[::ffff:10.0.0.1]:80", false);
}
END_TEST

START_TEST(what_is_no_numeric_address_with_a_port_is_refused_with_an_example)
{
    static const char *const bad[] = {
        "",
        ":",
        ":80",
        "127.0.0.1",
        "127.0.0.1:",
        "127.0.0.1:65536",
        "127.0.0.1:100000",
        "::1:80",
        "[::1]",
        "[::1]80",
        "[::1:80",
        "127.0.0.1:8x",
        "127.0.0.1:-1",
        "localhost:80",
        "1.2.3:80",
        "[]:80",
        "[127.0.0.1]:80",
        "1.2.3.4 :80",
        "[::1%nosuchif]:80",
        " 127.0.0.1:80",
        "]:80",
    };
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        struct address address;
        struct error err;
        ck_assert_msg(address_parse(bad[i], &address, &err) == OUTCOME_CONFIG_INVALID, "`%s` was taken",
                      bad[i]);
        ck_assert_text_has(err.text, "[::1]:8079");
    }
}
END_TEST

START_TEST(no_address_has_no_port_and_is_not_loopback)
{
    struct address none = {0};
    char text[ADDRESS_TEXT_MAX];
    address_format(&none, text);
    ck_assert_str_eq(text, "(none)");
    ck_assert_uint_eq(address_port(&none), 0);
    ck_assert(!address_is_loopback(&none));
}
END_TEST

START_TEST(a_host_with_a_port_may_be_a_name_but_needs_a_port)
{
    char host[HOST_TEXT_MAX], overlong[HOST_TEXT_MAX + 8];
    uint16_t port;
    ck_assert_ok(host_port_parse("node.example:8079", host, &port, NULL));
    ck_assert_str_eq(host, "node.example");
    ck_assert_uint_eq(port, 8079);
    ck_assert_ok(host_port_parse("[::1]:1", host, &port, NULL));
    ck_assert_str_eq(host, "::1");
    ck_assert_outcome(host_port_parse("node.example:0", host, &port, NULL), OUTCOME_CONFIG_INVALID);
    ck_assert_outcome(host_port_parse("node.example", host, &port, NULL), OUTCOME_CONFIG_INVALID);
    memset(overlong, 'a', sizeof overlong);
    memcpy(overlong + sizeof overlong - 3, ":1", 3);
    ck_assert_outcome(host_port_parse(overlong, host, &port, NULL), OUTCOME_CONFIG_INVALID);
}
END_TEST

int main(void)
{
    SUITE_WITH_CASE(suite, tcase, "os/address");
    tcase_add_test(tcase, addresses_of_both_families_are_read_and_written_back);
    tcase_add_test(tcase, what_is_no_numeric_address_with_a_port_is_refused_with_an_example);
    tcase_add_test(tcase, no_address_has_no_port_and_is_not_loopback);
    tcase_add_test(tcase, a_host_with_a_port_may_be_a_name_but_needs_a_port);
    return run_suite(suite);
}
