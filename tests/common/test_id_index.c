#include "tests/support/support.h"

#include "common/id_index.h"

START_TEST(an_empty_list_finds_nothing)
{
    struct id_index index = {0};
    size_t at, other;
    ck_assert_ok(id_index_make(NULL, 0, 8, &index));
    ck_assert(!id_index_find(&index, 0, &at));
    ck_assert(!id_index_duplicate(&index, &at, &other));
    id_index_free(&index);
    id_index_free(NULL);
}
END_TEST

START_TEST(ids_of_any_size_are_found_where_they_stand)
{
    const uint64_t ids[] = {UINT64_MAX, 0, 7, UINT64_MAX - 1, 3};
    struct id_index index;
    size_t at, other;
    ck_assert_ok(id_index_make(ids, ARRAY_LEN(ids), sizeof ids[0], &index));
    for (size_t i = 0; i < ARRAY_LEN(ids); i++) {
        ck_assert(id_index_find(&index, ids[i], &at));
        ck_assert_uint_eq(at, i);
    }
    ck_assert(!id_index_find(&index, 1, &at));
    ck_assert(!id_index_find(&index, UINT64_MAX - 2, &at));
    ck_assert(!id_index_duplicate(&index, &at, &other));
    id_index_free(&index);
}
END_TEST

START_TEST(a_repeated_id_is_told_with_its_first_two_places)
{
    const struct {
        char unused[24];
        uint64_t id;
    } items[] = {{"", 9}, {"", 5}, {"", 8}, {"", 5}, {"", 5}};
    struct id_index index;
    size_t first, second;
    ck_assert_ok(id_index_make(&items[0].id, ARRAY_LEN(items), sizeof items[0], &index));
    ck_assert(id_index_duplicate(&index, &first, &second));
    ck_assert_uint_eq(first, 1);
    ck_assert_uint_eq(second, 3);
    ck_assert(id_index_find(&index, 5, &first));
    ck_assert_uint_eq(first, 1);
    id_index_free(&index);
}
END_TEST

int main(void)
{
    SUITE_WITH_CASE(suite, tcase, "id_index");
    tcase_add_test(tcase, an_empty_list_finds_nothing);
    tcase_add_test(tcase, ids_of_any_size_are_found_where_they_stand);
    tcase_add_test(tcase, a_repeated_id_is_told_with_its_first_two_places);
    return run_suite(suite);
}
