#include "common/os/rpc_stream.h"

#include <string.h>

#include "tests/support/support.h"

#define FRAME(array)                                                                                         \
    "{\"jsonrpc\":\"2.0\",\"result\":{\"result\":" array ",\"logs\":[\"a\"],\"block_height\":7},\"id\":1}"

static struct rpc_stream stream;

static result_t feed(const char *text, size_t step)
{
    rpc_stream_free(&stream);
    stream = (struct rpc_stream){.text = {.len_max = 4096}, .view = {.len_max = 64}};
    size_t len = strlen(text);
    for (size_t at = 0; at < len; at += step) {
        result_t result = rpc_stream_feed(&stream, text + at, step < len - at ? step : len - at);
        if (result != OUTCOME_OK)
            return result;
    }
    return OUTCOME_OK;
}

static void forget(void)
{
    rpc_stream_free(&stream);
}

START_TEST(the_byte_array_of_a_view_is_decoded_however_the_answer_is_cut)
{
    static const char text[] = FRAME("[123, 0,\n34 ,255,7]");
    for (size_t step = 1; step < sizeof text; step++) {
        ck_assert_ok(feed(text, step));
        ck_assert(stream.view_found);
        ck_assert_uint_eq(stream.view.len, 5);
        ck_assert_mem_eq(stream.view.data, "\x7b\x00\x22\xff\x07", 5);
        ck_assert_str_eq((const char *)stream.text.data, FRAME("[]"));
    }
}
END_TEST

START_TEST(an_empty_view_is_found_and_empty)
{
    ck_assert_ok(feed(FRAME("[ ]"), 1));
    ck_assert(stream.view_found);
    ck_assert_uint_eq(stream.view.len, 0);
    ck_assert_str_eq((const char *)stream.view.data, "");
}
END_TEST

START_TEST(elements_that_are_no_bytes_are_refused)
{
    static const char *const bad[] = {
        FRAME("[256]"),  FRAME("[1000]"), FRAME("[-1]"),   FRAME("[1.0]"), FRAME("[1e1]"), FRAME("[\"1\"]"),
        FRAME("[null]"), FRAME("[[1]]"),  FRAME("[1,]"),   FRAME("[,1]"),  FRAME("[1 2]"), FRAME("[01]"),
        FRAME("[00]"),   FRAME("[1,,2]"), FRAME("[true]"), FRAME("[{}]"),
    };
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        ck_assert_msg(feed(bad[i], 3) == OUTCOME_RPC_MALFORMED, "%s was taken", bad[i]);
}
END_TEST

START_TEST(arrays_elsewhere_are_left_in_the_text)
{
    static const char *const others[] = {
        "{\"result\":[1,2]}",
        "{\"x\":{\"result\":[1,2]}}",
        "{\"result\":{\"x\":[1,2],\"logs\":[\"result\",\":\",[3]]}}",
        "{\"result\":{\"result\":{\"result\":[1,2]}}}",
        "{\"result\":{\"results\":[1,2]},\"x\":{\"esult\":[1]}}",
        "{\"result\":{\"x\":\"result\",\"y\":[1,2]}}",
        "{\"result\":{\"result\":1,\"y\":[1]}}",
        "{\"result\":{\"a\\\"result\":[1]}}",
        "[{\"result\":{\"a\":1}},{\"x\":[1]}]",
    };
    for (size_t i = 0; i < ARRAY_LEN(others); i++) {
        ck_assert_ok(feed(others[i], 2));
        ck_assert_msg(!stream.view_found, "%s", others[i]);
        ck_assert_str_eq((const char *)stream.text.data, others[i]);
    }
}
END_TEST

START_TEST(a_second_view_shows_as_a_second_member_in_the_text)
{
    ck_assert_ok(feed("{\"result\":{\"result\":[1],\"result\":[2]}}", 5));
    ck_assert_str_eq((const char *)stream.text.data, "{\"result\":{\"result\":[],\"result\":[]}}");
}
END_TEST

START_TEST(both_parts_have_limits)
{
    char text[8192] = "{\"result\":{\"result\":[1";
    for (int i = 0; i < 64; i++)
        strcat(text, ",1");
    strcat(text, "]}}");
    ck_assert_outcome(feed(text, 7), OUTCOME_RPC_TOO_LARGE);
    memset(text, ' ', sizeof text - 1);
    text[sizeof text - 1] = 0;
    ck_assert_outcome(feed(text, 100), OUTCOME_RPC_TOO_LARGE);
}
END_TEST

START_TEST(any_bytes_at_all_are_survived)
{
    uint64_t seed = test_seed();
    static const char alphabet[] = "{}[]\",:\\ result0129-x";
    for (int round = 0; round < 2000; round++) {
        char text[200] = "{\"result\":{\"result\":[";
        size_t len = strlen(text) - test_random(&seed) % 8;
        while (len < sizeof text - 1)
            text[len++] = alphabet[test_random(&seed) % (sizeof alphabet - 1)];
        text[len] = 0;
        result_t result = feed(text, 1 + test_random(&seed) % 50);
        ck_assert(result == OUTCOME_OK || result == OUTCOME_RPC_MALFORMED || result == OUTCOME_RPC_TOO_LARGE);
    }
}
END_TEST

int main(void)
{
    SUITE_WITH_CASE(suite, tcase, "os/rpc_stream");
    tcase_add_checked_fixture(tcase, NULL, forget);
    tcase_add_test(tcase, the_byte_array_of_a_view_is_decoded_however_the_answer_is_cut);
    tcase_add_test(tcase, an_empty_view_is_found_and_empty);
    tcase_add_test(tcase, elements_that_are_no_bytes_are_refused);
    tcase_add_test(tcase, arrays_elsewhere_are_left_in_the_text);
    tcase_add_test(tcase, a_second_view_shows_as_a_second_member_in_the_text);
    tcase_add_test(tcase, both_parts_have_limits);
    tcase_add_test(tcase, any_bytes_at_all_are_survived);
    return run_suite(suite);
}
