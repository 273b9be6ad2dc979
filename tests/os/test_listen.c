#include "common/os/listen.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/os/file.h"
#include "tests/support/support.h"

static struct address address_of(const char *text)
{
    struct address address;
    ck_assert_ok(address_parse(text, &address, NULL));
    return address;
}

START_TEST(port_0_becomes_a_real_port_that_takes_connections)
{
    CLEANUP(close_fd) int fd = -1;
    CLEANUP(close_fd) int client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct address any = address_of("127.0.0.1:0"), bound;
    struct error err;
    ck_assert_ok_err(listen_tcp(&any, 8, &fd, &bound, &err), err);
    ck_assert_uint_ne(address_port(&bound), 0);
    ck_assert(address_is_loopback(&bound));
    ck_assert_int_eq(connect(client, (const struct sockaddr *)&bound.storage, bound.len), 0);
    CLEANUP(close_fd) int peer = accept4(fd, NULL, NULL, SOCK_CLOEXEC);
    ck_assert_int_ge(peer, 0);
    ck_assert_int_eq(accept4(fd, NULL, NULL, SOCK_CLOEXEC), -1);
    ck_assert_int_eq(errno, EAGAIN);
}
END_TEST

START_TEST(a_port_in_use_is_named)
{
    CLEANUP(close_fd) int first = -1;
    int second = 0;
    struct address any = address_of("127.0.0.1:0"), bound, none;
    struct error err;
    char text[ADDRESS_TEXT_MAX];
    ck_assert_ok_err(listen_tcp(&any, 8, &first, &bound, &err), err);
    ck_assert_outcome(listen_tcp(&bound, 8, &second, &none, &err), OUTCOME_ADDRESS_IN_USE);
    ck_assert_int_eq(second, -1);
    address_format(&bound, text);
    ck_assert_text_has(err.text, text);
}
END_TEST

START_TEST(an_address_of_another_machine_is_refused)
{
    int fd = 0;
    struct address away = address_of("192.0.2.1:0"), bound;
    struct error err;
    ck_assert_outcome(listen_tcp(&away, 8, &fd, &bound, &err), OUTCOME_CONFIG_INVALID);
    ck_assert_int_eq(fd, -1);
    ck_assert_text_has(err.text, "192.0.2.1:0");
}
END_TEST

int main(void)
{
    SUITE_WITH_CASE(suite, tcase, "os/listen");
    tcase_add_test(tcase, port_0_becomes_a_real_port_that_takes_connections);
    tcase_add_test(tcase, a_port_in_use_is_named);
    tcase_add_test(tcase, an_address_of_another_machine_is_refused);
    return run_suite(suite);
}
