#include "common/bytes.h"
#include "tests/support/support.h"

#include <string.h>

START_TEST(appending_grows_and_terminates)
{
    CLEANUP(bytes_free) struct bytes buffer = {0};
    for (unsigned i = 0; i < 10000; i++) {
        ck_assert_ok(bytes_append_u8(&buffer, (uint8_t)('a' + i % 26)));
        ck_assert_uint_eq(buffer.data[buffer.len], 0);
    }
    ck_assert_uint_eq(buffer.len, 10000);
    ck_assert_mem_eq(buffer.data, "abcdefghijklmnopqrstuvwxyzab", 28);
    bytes_clear(&buffer);
    ck_assert_uint_eq(buffer.len, 0);
    ck_assert_str_eq((char *)buffer.data, "");
    ck_assert_ok(bytes_append(&buffer, NULL, 0));
    ck_assert_ok(bytes_append_text(&buffer, "x"));
    ck_assert_ok(bytes_append_format(&buffer, "-%d-%s", 42, "y"));
    ck_assert_str_eq((char *)buffer.data, "x-42-y");
}
END_TEST

START_TEST(integers_are_little_endian)
{
    CLEANUP(bytes_free) struct bytes buffer = {0};
    ck_assert_ok(bytes_append_u8(&buffer, 0xfe));
    ck_assert_ok(bytes_append_u32le(&buffer, 0x01020304));
    ck_assert_ok(bytes_append_u64le(&buffer, 0x1112131415161718));
    ck_assert_uint_eq(buffer.len, 13);
    ck_assert_mem_eq(buffer.data, "\xfe\4\3\2\1\x18\x17\x16\x15\x14\x13\x12\x11", 13);

    struct cursor cursor = cursor_over(buffer.data, buffer.len);
    uint8_t u8;
    uint32_t u32;
    uint64_t u64;
    ck_assert(cursor_u8(&cursor, &u8) && u8 == 0xfe);
    ck_assert(cursor_u32le(&cursor, &u32) && u32 == 0x01020304);
    ck_assert(cursor_u64le(&cursor, &u64) && u64 == 0x1112131415161718);
    ck_assert_uint_eq(cursor_left(&cursor), 0);
}
END_TEST

START_TEST(a_read_past_the_end_leaves_the_cursor)
{
    struct cursor cursor = cursor_over("\1\2\3", 3);
    uint32_t u32;
    uint64_t u64;
    uint8_t u8;
    const uint8_t *at;
    ck_assert(!cursor_u32le(&cursor, &u32));
    ck_assert(!cursor_u64le(&cursor, &u64));
    ck_assert(!cursor_take(&cursor, 4, &at));
    ck_assert_uint_eq(cursor_left(&cursor), 3);
    ck_assert(cursor_take(&cursor, 3, &at));
    ck_assert_mem_eq(at, "\1\2\3", 3);
    ck_assert(!cursor_u8(&cursor, &u8));
    ck_assert(cursor_take(&cursor, 0, &at));
}
END_TEST

START_TEST(the_limit_holds_and_the_buffer_is_as_it_was)
{
    CLEANUP(bytes_free) struct bytes buffer = {.len_max = 10};
    ck_assert_ok(bytes_append_text(&buffer, "0123456789"));
    ck_assert_outcome(bytes_append_u8(&buffer, 'x'), OUTCOME_LIMIT);
    ck_assert_outcome(bytes_append_format(&buffer, "%d", 1), OUTCOME_LIMIT);
    uint8_t *at;
    ck_assert_outcome(bytes_extend(&buffer, 1, &at), OUTCOME_LIMIT);
    ck_assert_str_eq((char *)buffer.data, "0123456789");
    bytes_free(&buffer);
    ck_assert_uint_eq(buffer.len_max, 10);
    ck_assert_ptr_null(buffer.data);
}
END_TEST

START_TEST(no_memory_is_reported)
{
    CLEANUP(bytes_free) struct bytes buffer = {0};
    uint8_t *at;
    ck_assert_outcome(bytes_extend(&buffer, SIZE_MAX, &at), OUTCOME_NO_MEMORY);
    bytes_clear(&buffer);
    ck_assert_ptr_null(buffer.data);
    bytes_free(NULL);
}
END_TEST

START_TEST(extending_gives_room_to_fill_in)
{
    CLEANUP(bytes_free) struct bytes buffer = {0};
    uint8_t *at;
    ck_assert_ok(bytes_append_text(&buffer, "ab"));
    ck_assert_ok(bytes_extend(&buffer, 100, &at));
    memset(at, 'c', 100);
    ck_assert_uint_eq(buffer.len, 102);
    ck_assert_uint_eq(strlen((char *)buffer.data), 102);
}
END_TEST

int main(void)
{
    SUITE_WITH_CASE(suite, tcase, "bytes");
    tcase_add_test(tcase, appending_grows_and_terminates);
    tcase_add_test(tcase, integers_are_little_endian);
    tcase_add_test(tcase, a_read_past_the_end_leaves_the_cursor);
    tcase_add_test(tcase, the_limit_holds_and_the_buffer_is_as_it_was);
    tcase_add_test(tcase, no_memory_is_reported);
    tcase_add_test(tcase, extending_gives_room_to_fill_in);
    return run_suite(suite);
}
