#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "node/http_framing.h"
#include "node/limits.h"
#include "tests/support/support.h"

#define HEAD_MAX 1024

static result_t read_head_of(const char *text, struct http_head *head, size_t *head_len)
{
    struct error err;
    return http_framing_head(text, strlen(text), HEAD_MAX, head, head_len, &err);
}

static result_t verdict(const char *text)
{
    struct http_head head;
    size_t head_len;
    return read_head_of(text, &head, &head_len);
}

/* The request of backup-cli, as wire.md 2.1 has it. */
static const char upstream_get[] = "GET http://example/get_keyshares HTTP/1.1\r\n"
                                   "content-length: 2\r\n"
                                   "\r\n"
                                   "{}";

START_TEST(the_request_of_the_rust_client_is_read)
{
    struct http_head head;
    size_t head_len;
    ck_assert_ok(read_head_of(upstream_get, &head, &head_len));
    ck_assert_uint_eq(head_len, strlen(upstream_get) - 2);
    ck_assert_uint_eq(head.method.len, 3);
    ck_assert_int_eq(strncmp(head.target.at, "http://example/get_keyshares ", head.target.len + 1), 0);
    ck_assert(head.has_length && !head.chunked && !head.close);
    ck_assert_uint_eq(head.content_length, 2);
}
END_TEST

START_TEST(a_head_is_incomplete_until_its_empty_line)
{
    struct http_head head;
    size_t head_len = 1;
    struct error err;
    for (size_t len = 0; len < strlen(upstream_get) - 2; len++) {
        ck_assert_ok(http_framing_head(upstream_get, len, HEAD_MAX, &head, &head_len, &err));
        ck_assert_uint_eq(head_len, 0);
    }
}
END_TEST

START_TEST(empty_lines_before_a_request_are_skipped)
{
    struct http_head head;
    size_t head_len;
    ck_assert_ok(read_head_of("\r\n\r\nGET / HTTP/1.1\r\n\r\n", &head, &head_len));
    ck_assert_uint_eq(head_len, 22);
    ck_assert_uint_eq(head.method.len, 3);
}
END_TEST

START_TEST(ambiguous_framing_is_refused)
{
    static const char *const heads[] = {
        "PUT / HTTP/1.1\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\n",
        "PUT / HTTP/1.1\r\nContent-Length: 5\r\ncontent-length: 6\r\n\r\n",
        "PUT / HTTP/1.1\r\nContent-Length: 5, 5\r\n\r\n",
        "PUT / HTTP/1.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
        "PUT / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n",
        "PUT / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n",
        "PUT / HTTP/1.1\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
        "PUT / HTTP/1.1\r\nTransfer-Encoding: identity\r\n\r\n",
        "PUT / HTTP/1.1\r\nTransfer-Encoding:\r\n\r\n",
        "PUT / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n",
        "PUT / HTTP/1.1\r\nContent-Length: -5\r\n\r\n",
        "PUT / HTTP/1.1\r\nContent-Length: +5\r\n\r\n",
        "PUT / HTTP/1.1\r\nContent-Length: 5x\r\n\r\n",
        "PUT / HTTP/1.1\r\nContent-Length: 0x5\r\n\r\n",
        "PUT / HTTP/1.1\r\nContent-Length:\r\n\r\n",
        "PUT / HTTP/1.1\r\nContent-Length: 18446744073709551616\r\n\r\n",
    };
    for (size_t i = 0; i < ARRAY_LEN(heads); i++)
        ck_assert_msg(verdict(heads[i]) == OUTCOME_FRAMING_AMBIGUOUS, "%s", heads[i]);
}
END_TEST

START_TEST(what_is_not_http_is_refused)
{
    static const char *const heads[] = {
        "garbage\r\n\r\n",
        "GET /\r\n\r\n",
        "GET / HTTP/2.0\r\n\r\n",
        "GET / http/1.1\r\n\r\n",
        "GET / HTTP/1.10\r\n\r\n",
        "GET  / HTTP/1.1\r\n\r\n",
        "GET / x HTTP/1.1\r\n\r\n",
        " GET / HTTP/1.1\r\n\r\n",
        "G(T / HTTP/1.1\r\n\r\n",
        "GETGETGETGETGETGETGETGETGETGETGETGET / HTTP/1.1\r\n\r\n",
        "GET /\xc3\xa9 HTTP/1.1\r\n\r\n",
        "GET /\t HTTP/1.1\r\n\r\n",
        "GET / HTTP/1.1\nHost: x\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: x\n\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: x\rY: z\r\n\r\n",
        "GET / HTTP/1.1\r\nno colon\r\n\r\n",
        "GET / HTTP/1.1\r\n: no name\r\n\r\n",
        "GET / HTTP/1.1\r\nContent-Length : 5\r\n\r\n",
        "GET / HTTP/1.1\r\nX: 1\r\n folded: 2\r\n\r\n",
        "GET / HTTP/1.1\r\nX: \x01\r\n\r\n",
        "\x16\x03\x01\x02\r\n\r\n",
    };
    for (size_t i = 0; i < ARRAY_LEN(heads); i++)
        ck_assert_msg(verdict(heads[i]) == OUTCOME_REQUEST_MALFORMED, "%s: %s", heads[i],
                      outcome_of(verdict(heads[i]))->name);
}
END_TEST

START_TEST(a_zero_byte_in_a_head_is_refused)
{
    static const char head_text[] = "GET / HTTP/1.1\r\nX: a\0b\r\n\r\n";
    struct http_head head;
    size_t head_len;
    ck_assert_outcome(http_framing_head(head_text, sizeof head_text - 1, HEAD_MAX, &head, &head_len, NULL),
                      OUTCOME_REQUEST_MALFORMED);
}
END_TEST

START_TEST(a_head_over_the_limit_is_refused_complete_or_not)
{
    char *text = calloc(1, HEAD_MAX + 64);
    memset(text, 'a', HEAD_MAX);
    ck_assert_outcome(verdict(text), OUTCOME_HEAD_TOO_LARGE);
    text[HEAD_MAX - 1] = 0;
    ck_assert_ok(verdict(text));
    int used = snprintf(text, HEAD_MAX + 64, "GET / HTTP/1.1\r\nX: %*d", HEAD_MAX - 22, 1);
    ck_assert_int_gt(used, 0);
    strcat(text, "\r\n\r\n");
    ck_assert_outcome(verdict(text), OUTCOME_HEAD_TOO_LARGE);
    free(text);
}
END_TEST

START_TEST(more_headers_than_the_limit_are_refused)
{
    CLEANUP(bytes_free) struct bytes text = {0};
    struct http_head head;
    size_t head_len;
    for (int extra = 0; extra < 2; extra++) {
        bytes_clear(&text);
        ck_assert_ok(bytes_append_text(&text, "GET / HTTP/1.1\r\n"));
        for (int i = 0; i < LIMIT_HEADERS + extra; i++)
            ck_assert_ok(bytes_append_text(&text, "X: 1\r\n"));
        ck_assert_ok(bytes_append_text(&text, "\r\n"));
        ck_assert_outcome(http_framing_head((const char *)text.data, text.len, 65536, &head, &head_len, NULL),
                          extra ? OUTCOME_HEAD_TOO_LARGE : OUTCOME_OK);
    }
}
END_TEST

static void assert_forward(const char *text, const char *expected)
{
    struct http_head head;
    size_t head_len;
    CLEANUP(bytes_free) struct bytes out = {0};
    ck_assert_ok(read_head_of(text, &head, &head_len));
    ck_assert_ok(http_framing_forward(&head, &out));
    ck_assert_str_eq((const char *)out.data, expected);
}

START_TEST(only_what_framing_needs_goes_on_to_the_library)
{
    assert_forward("GET /a?b&c&d HTTP/1.1\r\nCookie: a;b;c\r\nHost: x\r\ncontent-LENGTH:  007 \r\n\r\n",
                   "GET /a HTTP/1.1\r\nContent-Length: 7\r\n\r\n");
    assert_forward("PUT /a%00b HTTP/1.1\r\ntransfer-encoding: Chunked\r\nExpect: 100-Continue\r\n\r\n",
                   "PUT /a%00b HTTP/1.1\r\nTransfer-Encoding: chunked\r\nExpect: 100-continue\r\n\r\n");
    assert_forward("GET / HTTP/1.0\r\n\r\n", "GET / HTTP/1.1\r\nConnection: close\r\n\r\n");
    assert_forward("GET / HTTP/1.1\r\nConnection: te, Close\r\n\r\n",
                   "GET / HTTP/1.1\r\nConnection: close\r\n\r\n");
}
END_TEST

/* Feed `text` in steps of `step` bytes; returns what came out, and how much
 * of the text belongs to the body. */
static result_t feed(struct http_body *body, const char *text, size_t step, size_t *total)
{
    size_t len = strlen(text);
    *total = 0;
    while (*total < len && body->state != HTTP_BODY_DONE) {
        size_t used;
        size_t part = len - *total < step ? len - *total : step;
        TRY(http_framing_take(body, text + *total, part, &used));
        *total += used;
    }
    return OUTCOME_OK;
}

static struct http_body chunked_body(size_t bytes_max)
{
    struct http_body body;
    ck_assert_ok(http_framing_body(&(struct http_head){.chunked = true}, bytes_max, &body));
    return body;
}

START_TEST(a_body_ends_where_its_length_says)
{
    struct http_body body;
    size_t total;
    ck_assert_ok(http_framing_body(&(struct http_head){.has_length = true, .content_length = 5}, 5, &body));
    ck_assert_ok(feed(&body, "12345GET /next", 64, &total));
    ck_assert_uint_eq(total, 5);
    ck_assert_int_eq(body.state, HTTP_BODY_DONE);
    ck_assert_ok(http_framing_body(&(struct http_head){.has_length = false}, 5, &body));
    ck_assert_int_eq(body.state, HTTP_BODY_DONE);
}
END_TEST

START_TEST(a_chunked_body_ends_after_its_last_chunk_however_it_is_cut)
{
    static const char text[] = "5\r\nhello\r\nA\r\n0123456789\r\n0\r\n\r\n";
    static const char next[] = "5\r\nhello\r\nA\r\n0123456789\r\n0\r\n\r\nGET /next";
    for (size_t step = 1; step < sizeof next; step++) {
        struct http_body body = chunked_body(15);
        size_t total;
        ck_assert_ok(feed(&body, next, step, &total));
        ck_assert_uint_eq(total, strlen(text));
        ck_assert_int_eq(body.state, HTTP_BODY_DONE);
    }
}
END_TEST

START_TEST(a_body_over_the_limit_is_refused_as_soon_as_it_is_known)
{
    struct http_body body;
    size_t total;
    ck_assert_outcome(
        http_framing_body(&(struct http_head){.has_length = true, .content_length = 6}, 5, &body),
        OUTCOME_BODY_TOO_LARGE);
    body = chunked_body(5);
    ck_assert_outcome(feed(&body, "3\r\nabc\r\n3\r\n", 64, &total), OUTCOME_BODY_TOO_LARGE);
}
END_TEST

START_TEST(malformed_chunks_are_refused)
{
    static const char *const bodies[] = {
        "\r\n",          "x\r\n",  "5;ext=1\r\nhello", "5\nhello", "5\r\nhelloX", "0\r\nTrailer: 1\r\n\r\n",
        "123456789\r\n", "-1\r\n",
    };
    for (size_t i = 0; i < ARRAY_LEN(bodies); i++) {
        struct http_body body = chunked_body(1 << 20);
        size_t total;
        ck_assert_msg(feed(&body, bodies[i], 64, &total) == OUTCOME_REQUEST_MALFORMED, "%s", bodies[i]);
    }
}
END_TEST

static bool json_is_asked_for(const char *accept)
{
    char text[256];
    struct http_head head;
    size_t head_len;
    snprintf(text, sizeof text, "PUT / HTTP/1.1\r\n%s\r\n", accept);
    ck_assert_ok(read_head_of(text, &head, &head_len));
    return http_accept_json(&head);
}

START_TEST(json_is_asked_for_by_its_name_and_weight)
{
    static const char *const yes[] = {
        "Accept: application/json\r\n",
        "accept:Application/JSON\r\n",
        "Accept: text/html, application/json;q=0.1, */*\r\n",
        "Accept: application/json; charset=utf-8 ; Q=1.000\r\n",
        "Accept: text/plain;q=0.5, application/json;q=0.5\r\n",
        "Accept: text/plain;q=0.4\r\nAccept: application/json;q=0.45\r\n",
        "Accept: application/json;q=0.001\r\n",
        "Accept: application/json;q=0, application/json\r\n",
        "Accept: text/plain;q=0.9.9, application/json;q=0.1\r\n",
    };
    static const char *const no[] = {
        "",
        "Accept:\r\n",
        "Accept: */*\r\n",
        "Accept: application/*\r\n",
        "Accept: application/json;q=0\r\n",
        "Accept: application/json;q=0.000\r\n",
        "Accept: application/json;q=\r\n",
        "Accept: application/json;q=2\r\n",
        "Accept: application/json;q=1.1\r\n",
        "Accept: application/json;q=0.1234\r\n",
        "Accept: application/json;q=-1\r\n",
        "Accept: application/json;q=.5\r\n",
        "Accept: application/json;q=0.x\r\n",
        "Accept: application/json;q=0.5, text/plain\r\n",
        "Accept: application/jsonp\r\n",
        "Accept: application/problem+json\r\n",
        "Accept: application/json/x\r\n",
        "Accept: ;q=1\r\n",
        "Accept: ,;,,;;=,\r\n",
        "X-Accept: application/json\r\n",
        "Content-Type: application/json\r\n",
    };
    for (size_t i = 0; i < ARRAY_LEN(yes); i++)
        ck_assert_msg(json_is_asked_for(yes[i]), "%s", yes[i]);
    for (size_t i = 0; i < ARRAY_LEN(no); i++)
        ck_assert_msg(!json_is_asked_for(no[i]), "%s", no[i]);
}
END_TEST

START_TEST(the_wish_for_json_goes_on_to_the_library_in_one_form)
{
    static const char text[] = "PUT /set_keyshares HTTP/1.1\r\nContent-Length: 1\r\n"
                               "Accept: text/html, application/json;q=0.3\r\n\r\n";
    CLEANUP(bytes_free) struct bytes forward = {0};
    struct http_head head;
    size_t head_len;
    ck_assert_ok(read_head_of(text, &head, &head_len));
    ck_assert_ok(http_framing_forward(&head, &forward));
    ck_assert_str_eq((const char *)forward.data, "PUT /set_keyshares HTTP/1.1\r\nContent-Length: 1\r\n"
                                                 "Accept: application/json\r\n\r\n");
}
END_TEST

START_TEST(random_heads_never_read_past_their_end)
{
    static const char alphabet[] = "GET /:\r\n\r\nHTTP/1.1 Content-Length0123";
    uint64_t state = test_seed();
    for (int round = 0; round < 20000; round++) {
        size_t len = (size_t)(test_random(&state) % 80);
        char *text = malloc(len + 1); /* exact, so that the address sanitizer sees an overrun */
        for (size_t i = 0; i < len; i++)
            text[i] = alphabet[test_random(&state) % (sizeof alphabet - 1)];
        struct http_head head;
        size_t head_len;
        if (http_framing_head(text, len, HEAD_MAX, &head, &head_len, NULL) == OUTCOME_OK)
            ck_assert_uint_le(head_len, len);
        free(text);
    }
}
END_TEST

int main(void)
{
    SUITE_WITH_CASE(suite, tcase, "http_framing");
    tcase_add_test(tcase, the_request_of_the_rust_client_is_read);
    tcase_add_test(tcase, a_head_is_incomplete_until_its_empty_line);
    tcase_add_test(tcase, empty_lines_before_a_request_are_skipped);
    tcase_add_test(tcase, ambiguous_framing_is_refused);
    tcase_add_test(tcase, what_is_not_http_is_refused);
    tcase_add_test(tcase, a_zero_byte_in_a_head_is_refused);
    tcase_add_test(tcase, a_head_over_the_limit_is_refused_complete_or_not);
    tcase_add_test(tcase, more_headers_than_the_limit_are_refused);
    tcase_add_test(tcase, only_what_framing_needs_goes_on_to_the_library);
    tcase_add_test(tcase, a_body_ends_where_its_length_says);
    tcase_add_test(tcase, a_chunked_body_ends_after_its_last_chunk_however_it_is_cut);
    tcase_add_test(tcase, a_body_over_the_limit_is_refused_as_soon_as_it_is_known);
    tcase_add_test(tcase, malformed_chunks_are_refused);
    tcase_add_test(tcase, json_is_asked_for_by_its_name_and_weight);
    tcase_add_test(tcase, the_wish_for_json_goes_on_to_the_library_in_one_form);
    tcase_add_test(tcase, random_heads_never_read_past_their_end);
    return run_suite(suite);
}
