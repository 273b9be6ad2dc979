/* Interned content: one handle per content, whatever its size, and back to a mark. */
#include "contract-sim/model/pool.h"

#include <stdlib.h>
#include <string.h>

#include "tests/support/support.h"

static struct pool *pool;

static void open_pool(void)
{
    ck_assert_ok(pool_new(&pool));
}

static void close_pool(void)
{
    pool_free(pool);
}

START_TEST(equal_content_has_one_handle_and_stays_where_it_is)
{
    enum { MANY = 5000 };
    static const char *where[MANY];
    static handle_t handles[MANY];
    for (size_t i = 0; i < MANY; i++) {
        uint64_t content[2] = {i * 7919, i};
        handles[i] = pool_intern(pool, content, sizeof content);
        where[i] = pool_text(pool, handles[i]);
    }
    ck_assert_uint_eq(pool_count(pool), MANY);
    for (size_t i = 0; i < MANY; i++) {
        uint64_t content[2] = {i * 7919, i};
        size_t len;
        ck_assert_uint_eq(pool_intern(pool, content, sizeof content), handles[i]);
        ck_assert_ptr_eq(pool_data(pool, handles[i], &len), where[i]);
        ck_assert_mem_eq(where[i], content, sizeof content);
        ck_assert_uint_eq((uintptr_t)where[i] % 16, 0);
    }
    ck_assert_uint_eq(pool_count(pool), MANY);
}
END_TEST

START_TEST(what_a_pool_takes_is_told)
{
    size_t empty = pool_bytes(pool);
    ck_assert_uint_ge(empty, 256 * (16 + 4));
    pool_intern_text(pool, "a chunk");
    ck_assert_uint_ge(pool_bytes(pool), empty + 65536);
    ck_assert_uint_lt(pool_bytes(pool), empty + 70000);
    pool_intern_text(pool, "in the same chunk");
    ck_assert_uint_lt(pool_bytes(pool), empty + 70000);
    uint64_t list[100] = {0};
    ck_assert_uint_ne(pool_splice(pool, 0, sizeof list[0], 0, 0, list, ARRAY_LEN(list)), 0);
    ck_assert_uint_ge(pool_bytes(pool), empty + 65536 + sizeof list);
}
END_TEST

START_TEST(the_empty_content_is_handle_0)
{
    handle_t found;
    ck_assert_uint_eq(pool_intern(pool, "", 0), 0);
    ck_assert(pool_find(pool, "", 0, &found));
    ck_assert_str_eq(pool_text(pool, 0), "");
    ck_assert_str_eq(pool_text(pool, 77), "");
    ck_assert(!pool_find(pool, "new", 3, &found));
    handle_t handle = pool_intern_text(pool, "new");
    ck_assert(pool_find(pool, "new", 3, &found));
    ck_assert_uint_eq(found, handle);
}
END_TEST

START_TEST(content_larger_than_a_chunk_is_kept_whole)
{
    size_t len = 300000;
    char *large = malloc(len);
    memset(large, 'x', len);
    handle_t handle = pool_intern(pool, large, len);
    size_t stored;
    ck_assert_mem_eq(pool_data(pool, handle, &stored), large, len);
    ck_assert_uint_eq(stored, len);
    free(large);
}
END_TEST

START_TEST(a_rollback_forgets_what_is_new_and_nothing_else)
{
    handle_t old = pool_intern_text(pool, "old");
    struct pool_mark mark = pool_mark(pool);
    for (uint32_t i = 0; i < 30000; i++)
        pool_intern(pool, &i, sizeof i);
    handle_t found;
    uint32_t one = 17;
    pool_rollback(pool, mark);
    ck_assert_uint_eq(pool_count(pool), 1);
    ck_assert(!pool_find(pool, &one, sizeof one, &found));
    ck_assert_uint_eq(pool_intern_text(pool, "old"), old);
    ck_assert_uint_eq(pool_intern_text(pool, "next"), old + 1);
    ck_assert_str_eq(pool_text(pool, old), "old");
}
END_TEST

START_TEST(a_rollback_to_the_beginning_leaves_a_pool_to_work_with)
{
    struct pool_mark mark = pool_mark(pool);
    pool_intern_text(pool, "a");
    pool_rollback(pool, mark);
    ck_assert_uint_eq(pool_count(pool), 0);
    ck_assert_uint_eq(pool_intern_text(pool, "b"), 1);
}
END_TEST

START_TEST(a_splice_inserts_replaces_and_removes)
{
    const uint32_t begin[] = {1, 2, 3};
    const uint32_t two[] = {8, 9};
    handle_t list = pool_intern(pool, begin, sizeof begin);
    handle_t changed = pool_splice(pool, list, sizeof *begin, 1, 1, two, 2);
    const uint32_t expected[] = {1, 8, 9, 3};
    size_t len;
    ck_assert_mem_eq(pool_data(pool, changed, &len), expected, sizeof expected);
    ck_assert_uint_eq(len, sizeof expected);
    ck_assert_uint_eq(pool_splice(pool, list, sizeof *begin, 0, 3, NULL, 0), 0);
    ck_assert_uint_eq(pool_splice(pool, 0, sizeof *begin, 0, 0, begin, 3), list);
    ck_assert(!pool_failed(pool));
}
END_TEST

int main(void)
{
    SUITE_WITH_CASE(suite, tcase, "model_pool");
    tcase_add_checked_fixture(tcase, open_pool, close_pool);
    tcase_add_test(tcase, equal_content_has_one_handle_and_stays_where_it_is);
    tcase_add_test(tcase, what_a_pool_takes_is_told);
    tcase_add_test(tcase, the_empty_content_is_handle_0);
    tcase_add_test(tcase, content_larger_than_a_chunk_is_kept_whole);
    tcase_add_test(tcase, a_rollback_forgets_what_is_new_and_nothing_else);
    tcase_add_test(tcase, a_rollback_to_the_beginning_leaves_a_pool_to_work_with);
    tcase_add_test(tcase, a_splice_inserts_replaces_and_removes);
    return run_suite(suite);
}
