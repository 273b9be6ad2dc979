#include "common/os/log.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <unistd.h>

#include "tests/support/support.h"

static int pipe_fds[2];

static void log_to_pipe(enum log_format format, enum log_level level)
{
    ck_assert_int_eq(pipe(pipe_fds), 0);
    log_init(format, level);
    log_set_fd(pipe_fds[1]);
}

/* What was logged so far, without the time in front; the pipe is closed. */
static const char *logged(void)
{
    static char text[65536];
    log_set_fd(STDERR_FILENO);
    close(pipe_fds[1]);
    size_t len = 0;
    ssize_t got;
    while ((got = read(pipe_fds[0], text + len, sizeof text - 1 - len)) > 0)
        len += (size_t)got;
    close(pipe_fds[0]);
    text[len] = 0;
    return text;
}

START_TEST(plain_lines_have_time_level_code_and_message)
{
    log_to_pipe(LOG_FORMAT_PLAIN, LOG_LEVEL_INFO);
    log_outcome(LOG_LEVEL_WARN, OUTCOME_CLIENT_KEY_MISMATCH, "peer %d", 7);
    const char *text = logged();
    ck_assert_str_eq(text + 24, " warn  [client_key_mismatch] peer 7\n");
    ck_assert_msg(text[10] == 'T' && text[19] == '.' && text[23] == 'Z', "%s", text);
}
END_TEST

START_TEST(json_lines_are_objects_with_a_code_only_where_there_is_an_outcome)
{
    log_to_pipe(LOG_FORMAT_JSON, LOG_LEVEL_INFO);
    log_info("ready");
    log_outcome(LOG_LEVEL_ERROR, OUTCOME_STORE_IO, "a \"b\" \\ c");
    const char *text = logged();
    ck_assert_text_has(text, "Z\",\"level\":\"info\",\"message\":\"ready\"}\n{\"time\":\"");
    ck_assert_text_has(text,
                       "\"level\":\"error\",\"code\":\"store_io\",\"message\":\"a \\\"b\\\" \\\\ c\"}\n");
}
END_TEST

START_TEST(levels_below_the_chosen_one_are_left_out)
{
    log_to_pipe(LOG_FORMAT_PLAIN, LOG_LEVEL_WARN);
    log_info("one");
    log_debug("two");
    log_warn("three");
    log_error("four");
    ck_assert(log_enabled(LOG_LEVEL_WARN) && !log_enabled(LOG_LEVEL_INFO));
    const char *text = logged();
    ck_assert_text_lacks(text, "one");
    ck_assert_text_lacks(text, "two");
    ck_assert_text_has(text, "three");
    ck_assert_text_has(text, "four");
}
END_TEST

START_TEST(a_message_cannot_start_a_line_or_move_the_cursor)
{
    log_to_pipe(LOG_FORMAT_PLAIN, LOG_LEVEL_INFO);
    log_info("%s", "a\nb\r\x1b[2Jc\x7f\xc2\x9b d\xff\xc3\xa9\xe2\x82\xac\xed\xa0\x80");
    const char *text = logged();
    ck_assert_text_has(text, " a\\x0ab\\x0d\\x1b[2Jc\\x7f\\x9b d\\xff\xc3\xa9\xe2\x82\xac\\xed\\xa0\\x80\n");
    ck_assert_ptr_eq(strchr(text, '\n'), text + strlen(text) - 1);
}
END_TEST

START_TEST(json_escapes_controls_and_broken_utf8_so_that_a_line_stays_json)
{
    log_to_pipe(LOG_FORMAT_JSON, LOG_LEVEL_INFO);
    log_info("%s", "a\nb\xf0\x80\x80\x80\xc0\xaf");
    ck_assert_text_has(logged(), "\"a\\u000ab\\u00f0\\u0080\\u0080\\u0080\\u00c0\\u00af\"}\n");
}
END_TEST

START_TEST(a_long_message_is_cut_and_says_so)
{
    static char message[LOG_MESSAGE_MAX * 2];
    memset(message, 1, sizeof message - 1);
    log_to_pipe(LOG_FORMAT_JSON, LOG_LEVEL_INFO);
    log_info("%s", message);
    const char *text = logged();
    size_t len = strlen(text);
    ck_assert_str_eq(text + len - 6, "...\"}\n");
    ck_assert_uint_gt(len, (LOG_MESSAGE_MAX - 4) * 6);
}
END_TEST

START_TEST(logging_keeps_errno_and_survives_a_log_that_cannot_be_written)
{
    log_init(LOG_FORMAT_PLAIN, LOG_LEVEL_INFO);
    log_set_fd(-1);
    errno = ENOSPC;
    log_info("lost");
    int after = errno;
    log_set_fd(STDERR_FILENO);
    ck_assert_int_eq(after, ENOSPC);
}
END_TEST

static void *log_many(void *context)
{
    for (int i = 0; i < 50; i++)
        log_info("%s", (const char *)context);
    return NULL;
}

START_TEST(lines_of_several_threads_do_not_mix)
{
    char a[101], b[101];
    memset(a, 'a', 100), memset(b, 'b', 100);
    a[100] = b[100] = 0;
    log_to_pipe(LOG_FORMAT_PLAIN, LOG_LEVEL_INFO);
    pthread_t one, two;
    ck_assert_int_eq(pthread_create(&one, NULL, log_many, a), 0);
    ck_assert_int_eq(pthread_create(&two, NULL, log_many, b), 0);
    pthread_join(one, NULL);
    pthread_join(two, NULL);
    const char *at = logged();
    int lines = 0;
    for (; *at; at += 132, lines++) {
        ck_assert_msg(at[131] == '\n', "%s", at);
        ck_assert(memcmp(at + 31, a, 100) == 0 || memcmp(at + 31, b, 100) == 0);
    }
    ck_assert_int_eq(lines, 100);
}
END_TEST

int main(void)
{
    SUITE_WITH_CASE(suite, tcase, "os/log");
    tcase_add_test(tcase, plain_lines_have_time_level_code_and_message);
    tcase_add_test(tcase, json_lines_are_objects_with_a_code_only_where_there_is_an_outcome);
    tcase_add_test(tcase, levels_below_the_chosen_one_are_left_out);
    tcase_add_test(tcase, a_message_cannot_start_a_line_or_move_the_cursor);
    tcase_add_test(tcase, json_escapes_controls_and_broken_utf8_so_that_a_line_stays_json);
    tcase_add_test(tcase, a_long_message_is_cut_and_says_so);
    tcase_add_test(tcase, logging_keeps_errno_and_survives_a_log_that_cannot_be_written);
    tcase_add_test(tcase, lines_of_several_threads_do_not_mix);
    return run_suite(suite);
}
