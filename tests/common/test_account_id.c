#include "common/account_id.h"
#include "tests/support/support.h"

#include <string.h>

START_TEST(ids_of_every_kind_are_taken)
{
    static const char *const valid[] = {
        "ok",
        "bek",
        "ek-bek",
        "node0.testnet",
        "v1.signer-prod.testnet",
        "a_b-c.d_e.near",
        "100-24",
        "0o0ooo00oo00o",
        "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
    };
    for (size_t i = 0; i < ARRAY_LEN(valid); i++) {
        struct account_id id;
        ck_assert_msg(account_id_set(&id, valid[i], strlen(valid[i])), "%s was refused", valid[i]);
        ck_assert_str_eq(id.text, valid[i]);
    }
}
END_TEST

START_TEST(what_is_no_id_is_refused_and_leaves_nothing)
{
    static const char *const invalid[] = {
        "",        "a",
        "Near",    "a b",
        ".near",   "near.",
        "a..near", "-near",
        "near-",   "_near",
        "near_",   "a--b",
        "a-_b",    "a.-b",
        "a-.b",    "caf\xc3\xa9",
        "a@b",     "x0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
    };
    for (size_t i = 0; i < ARRAY_LEN(invalid); i++) {
        struct account_id id = {"old"};
        ck_assert_msg(!account_id_set(&id, invalid[i], strlen(invalid[i])), "%s was taken", invalid[i]);
        ck_assert_str_eq(id.text, "");
    }
    ck_assert(!account_id_valid("a\0b", 3));
}
END_TEST

START_TEST(ids_are_equal_by_text)
{
    struct account_id a, b;
    ck_assert(account_id_set(&a, "alice.near and more", 10));
    ck_assert(account_id_set(&b, "alice.near", 10));
    ck_assert(account_id_equal(&a, &b));
    ck_assert(account_id_set(&b, "alice.nea", 9));
    ck_assert(!account_id_equal(&a, &b));
}
END_TEST

int main(void)
{
    SUITE_WITH_CASE(suite, tcase, "account_id");
    tcase_add_test(tcase, ids_of_every_kind_are_taken);
    tcase_add_test(tcase, what_is_no_id_is_refused_and_leaves_nothing);
    tcase_add_test(tcase, ids_are_equal_by_text);
    return run_suite(suite);
}
