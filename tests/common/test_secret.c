#include "common/secret.h"
#include "tests/support/sanitizer.h"
#include "tests/support/support.h"

#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

/* The sanitizers make mlock() do nothing and say that it went well. */
static const bool locks_are_real = !UNDER_SANITIZER;

START_TEST(made_memory_is_zero_and_has_its_length)
{
    CLEANUP(secret_free) struct secret secret;
    ck_assert_ok(secret_make(&secret, 5000));
    ck_assert_uint_eq(secret.len, 5000);
    ck_assert_uint_ge(secret.cap, 5000);
    for (size_t i = 0; i < secret.len; i++)
        ck_assert_uint_eq(secret.data[i], 0);
}
END_TEST

START_TEST(nothing_is_a_secret_too)
{
    CLEANUP(secret_free) struct secret secret;
    ck_assert_ok(secret_make(&secret, 0));
    ck_assert_uint_eq(secret.len, 0);
    ck_assert_ok(secret_append(&secret, NULL, 0));
    ck_assert_ok(secret_append_text(&secret, ""));
    ck_assert_uint_eq(secret.len, 0);
    secret_free(&secret);
    ck_assert_ok(secret_copy(&secret, "", 0));
    secret_free(&secret);
    secret_free(&secret);
    secret_free(NULL);
}
END_TEST

START_TEST(appending_keeps_what_was_there_while_it_moves)
{
    CLEANUP(secret_free) struct secret secret = {0};
    size_t moves = 0;
    for (unsigned i = 0; i < 20000; i++) {
        const uint8_t *before = secret.data;
        uint8_t byte = (uint8_t)(i * 7);
        ck_assert_ok(secret_append(&secret, &byte, 1));
        moves += before != secret.data;
    }
    ck_assert_uint_eq(secret.len, 20000);
    for (unsigned i = 0; i < 20000; i++)
        ck_assert_uint_eq(secret.data[i], (uint8_t)(i * 7));
    ck_assert_uint_le(moves, 6);
    ck_assert_ok(secret_append_text(&secret, "end"));
    ck_assert_mem_eq(secret.data + 20000, "end", 3);
}
END_TEST

START_TEST(what_is_reserved_is_appended_to_without_moving)
{
    CLEANUP(secret_free) struct secret secret = {0};
    ck_assert_ok(secret_append_text(&secret, "kept"));
    ck_assert_ok(secret_reserve(&secret, 10000));
    ck_assert_uint_ge(secret.cap, secret.len + 10000);
    ck_assert_uint_lt(secret.cap, secret.len + 10000 + 4096);
    const uint8_t *before = secret.data;
    for (int i = 0; i < 10000; i++)
        ck_assert_ok(secret_append_text(&secret, "x"));
    ck_assert_ptr_eq(secret.data, before);
    ck_assert_mem_eq(secret.data, "keptx", 5);
    ck_assert_outcome(secret_reserve(&secret, SIZE_MAX), OUTCOME_NO_MEMORY);
    ck_assert_uint_eq(secret.len, 10004);
}
END_TEST

START_TEST(a_freed_secret_is_empty)
{
    struct secret secret;
    ck_assert_ok(secret_copy(&secret, "hunter2", 7));
    ck_assert_mem_eq(secret.data, "hunter2", 7);
    secret_free(&secret);
    ck_assert_ptr_null(secret.data);
    ck_assert_uint_eq(secret.len, 0);
    ck_assert_uint_eq(secret.cap, 0);
}
END_TEST

/* The flags of the mapping that holds `address`, as the kernel lists them. */
static void mapping_flags(const void *address, char *out, size_t out_cap)
{
    FILE *maps = fopen("/proc/self/smaps", "re");
    ck_assert_ptr_nonnull(maps);
    char line[512];
    bool inside = false;
    out[0] = 0;
    while (fgets(line, sizeof line, maps)) {
        unsigned long from, to;
        if (sscanf(line, "%lx-%lx ", &from, &to) == 2)
            inside = (unsigned long)(uintptr_t)address >= from && (unsigned long)(uintptr_t)address < to;
        if (inside && strncmp(line, "VmFlags:", 8) == 0)
            snprintf(out, out_cap, "%s", line);
    }
    fclose(maps);
}

START_TEST(pages_are_locked_and_left_out_of_core_dumps)
{
    CLEANUP(secret_free) struct secret secret;
    unsigned failures = secret_lock_failures();
    ck_assert_ok(secret_make(&secret, 32));
    char flags[512];
    mapping_flags(secret.data, flags, sizeof flags);
    ck_assert_msg(strstr(flags, " dd"), "no dd (do not dump) in: %s", flags);
    if (locks_are_real && secret_lock_failures() == failures)
        ck_assert_msg(strstr(flags, " lo"), "no lo (locked) in: %s", flags);
}
END_TEST

START_TEST(a_refused_lock_is_counted_and_no_error)
{
    if (!locks_are_real)
        return;
    /* Privileges would go past the limit. */
    uid_t user = geteuid();
    struct rlimit none = {0}, before_limit;
    ck_assert_int_eq(getrlimit(RLIMIT_MEMLOCK, &before_limit), 0);
    none.rlim_max = before_limit.rlim_max;
    ck_assert_int_eq(setrlimit(RLIMIT_MEMLOCK, &none), 0);
    if (user == 0)
        ck_assert_int_eq(seteuid(65534), 0);
    unsigned before = secret_lock_failures();
    CLEANUP(secret_free) struct secret secret;
    /* More than a page: a spare one would be locked already. */
    ck_assert_ok(secret_make(&secret, 8192));
    ck_assert_uint_eq(secret_lock_failures(), before + 1);
    if (user == 0)
        ck_assert_int_eq(seteuid(0), 0);
    ck_assert_int_eq(setrlimit(RLIMIT_MEMLOCK, &before_limit), 0);
}
END_TEST

START_TEST(no_memory_is_reported_and_nothing_is_lost)
{
    CLEANUP(secret_free) struct secret secret;
    ck_assert_outcome(secret_make(&secret, SIZE_MAX), OUTCOME_NO_MEMORY);
    ck_assert_outcome(secret_copy(&secret, "", SIZE_MAX / 2), OUTCOME_NO_MEMORY);
    ck_assert_ptr_null(secret.data);
    ck_assert_ok(secret_append_text(&secret, "kept"));
    ck_assert_outcome(secret_append(&secret, "", SIZE_MAX - 2), OUTCOME_NO_MEMORY);
    ck_assert_outcome(secret_append(&secret, "", SIZE_MAX / 4), OUTCOME_NO_MEMORY);
    ck_assert_uint_eq(secret.len, 4);
    ck_assert_mem_eq(secret.data, "kept", 4);
}
END_TEST

START_TEST(comparing_sees_any_byte_and_the_length)
{
    uint8_t a[33], b[33];
    for (size_t i = 0; i < sizeof a; i++)
        a[i] = b[i] = (uint8_t)i;
    ck_assert(secret_equal(a, sizeof a, b, sizeof b));
    ck_assert(!secret_equal(a, 32, b, 33));
    ck_assert(secret_equal(NULL, 0, NULL, 0));
    for (size_t i = 0; i < sizeof a; i++) {
        b[i] ^= 0x80;
        ck_assert(!secret_equal(a, sizeof a, b, sizeof b));
        b[i] ^= 0x80;
    }
}
END_TEST

START_TEST(wiping_leaves_zeroes)
{
    char copy[] = "a key on the stack";
    secret_wipe(copy, sizeof copy);
    for (size_t i = 0; i < sizeof copy; i++)
        ck_assert_int_eq(copy[i], 0);
}
END_TEST

int main(void)
{
    SUITE_WITH_CASE(suite, tcase, "secret");
    tcase_add_test(tcase, made_memory_is_zero_and_has_its_length);
    tcase_add_test(tcase, nothing_is_a_secret_too);
    tcase_add_test(tcase, appending_keeps_what_was_there_while_it_moves);
    tcase_add_test(tcase, what_is_reserved_is_appended_to_without_moving);
    tcase_add_test(tcase, a_freed_secret_is_empty);
    tcase_add_test(tcase, pages_are_locked_and_left_out_of_core_dumps);
    tcase_add_test(tcase, a_refused_lock_is_counted_and_no_error);
    tcase_add_test(tcase, no_memory_is_reported_and_nothing_is_lost);
    tcase_add_test(tcase, comparing_sees_any_byte_and_the_length);
    tcase_add_test(tcase, wiping_leaves_zeroes);
    return run_suite(suite);
}
