#include "tests/support/support.h"

#include <string.h>

#include "backup/http_response.h"

static struct http_response response;
static struct error err;

static void release(void)
{
    http_response_free(&response);
    response = (struct http_response){0};
}

static result_t feed(const char *text, bool *done)
{
    return http_response_feed(&response, text, strlen(text), done, &err);
}

START_TEST(an_answer_is_read_whole)
{
    bool done;
    ck_assert_ok_err(
        feed("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 5\r\n\r\nhello", &done),
        err);
    ck_assert(done);
    ck_assert_int_eq(response.status, 200);
    ck_assert_str_eq((const char *)response.body.data, "hello");
}
END_TEST

START_TEST(an_answer_may_come_byte_by_byte)
{
    const char *text = "HTTP/1.1 422 Unprocessable Entity\r\ndate: x\r\ncontent-length:\t3 \r\n\r\nabc";
    bool done = false;
    for (const char *at = text; *at; at++) {
        ck_assert(!done);
        ck_assert_ok_err(http_response_feed(&response, at, 1, &done, &err), err);
    }
    ck_assert(done);
    ck_assert_int_eq(response.status, 422);
    ck_assert_str_eq((const char *)response.body.data, "abc");
}
END_TEST

START_TEST(an_empty_body_is_complete_with_the_head)
{
    bool done;
    ck_assert_ok_err(feed("HTTP/1.0 500\r\ncontent-length: 0\r\nContent-Length: 0\r\n\r\n", &done), err);
    ck_assert(done);
    ck_assert_int_eq(response.status, 500);
}
END_TEST

static const struct {
    const char *text;
    const char *error;
} bad[] = {
    {"HTTP/2 200\r\n\r\n", "not an HTTP/1.1 status line"},
    {"HTTP/1.1 2x0 OK\r\ncontent-length: 0\r\n\r\n", "not an HTTP/1.1 status line"},
    {"HTTP/1.1 2000\r\ncontent-length: 0\r\n\r\n", "not an HTTP/1.1 status line"},
    {"HTTP/1.1 100 Continue\r\ncontent-length: 0\r\n\r\n", "not an HTTP/1.1 status line"},
    {"<html>\r\n\r\n", "not an HTTP/1.1 status line"},
    {"\r\n\r\n", "not an HTTP/1.1 status line"},
    {"HTTP/1.1 200 OK\r\n\r\n", "no Content-Length"},
    {"HTTP/1.1 200 OK\r\ncontent-length\r\n\r\n", "a header without a colon"},
    {"HTTP/1.1 200 OK\r\ncontent-length: \r\n\r\n", "Content-Length is not a number"},
    {"HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\n", "Content-Length is not a number"},
    {"HTTP/1.1 200 OK\r\ncontent-length: 99999999999\r\n\r\n", "Content-Length is not a number"},
    {"HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n", "two Content-Lengths that differ"},
    {"HTTP/1.1 200 OK\r\ncontent-length: 25165825\r\n\r\n",
     "a body of 25165825 bytes; the limit is 25165824"},
    {"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n",
     "a Transfer-Encoding, where a Content-Length was expected"},
    {"HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\nab", "more bytes than its Content-Length"},
};

START_TEST(what_is_no_such_answer_is_refused)
{
    bool done;
    ck_assert_outcome(feed(bad[_i].text, &done), OUTCOME_SERVER_ANSWER_MALFORMED);
    ck_assert(!done);
    ck_assert_str_eq(err.text + strlen("the server's answer: "), bad[_i].error);
}
END_TEST

START_TEST(a_nul_in_the_head_does_not_hide_the_rest)
{
    static const char text[] = "HTTP/1.1 200 OK\r\nx: \0\r\ncontent-length: 0\r\n\r\n";
    bool done;
    ck_assert_outcome(http_response_feed(&response, text, sizeof text - 1, &done, &err),
                      OUTCOME_SERVER_ANSWER_MALFORMED);
}
END_TEST

START_TEST(a_head_without_end_is_refused_at_the_limit)
{
    char line[1024];
    bool done;
    result_t result = feed("HTTP/1.1 200 OK\r\n", &done);
    memset(line, 'a', sizeof line);
    for (int i = 0; i < 16 && result == OUTCOME_OK; i++)
        result = http_response_feed(&response, line, sizeof line, &done, &err);
    ck_assert_outcome(result, OUTCOME_SERVER_ANSWER_MALFORMED);
    ck_assert_uint_eq(response.head.len, HTTP_HEAD_BYTES_MAX);
}
END_TEST

int main(void)
{
    SUITE_WITH_CASE(suite, tcase, "http_response");
    tcase_add_checked_fixture(tcase, NULL, release);
    tcase_add_test(tcase, an_answer_is_read_whole);
    tcase_add_test(tcase, an_answer_may_come_byte_by_byte);
    tcase_add_test(tcase, an_empty_body_is_complete_with_the_head);
    tcase_add_loop_test(tcase, what_is_no_such_answer_is_refused, 0, ARRAY_LEN(bad));
    tcase_add_test(tcase, a_nul_in_the_head_does_not_hide_the_rest);
    tcase_add_test(tcase, a_head_without_end_is_refused_at_the_limit);
    return run_suite(suite);
}
