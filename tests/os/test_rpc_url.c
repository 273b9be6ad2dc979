/* Which URLs of NEAR RPCs are taken, and which are the same. */
#include <string.h>

#include "common/os/rpc.h"
#include "tests/support/support.h"

static struct error err;

START_TEST(two_urls_are_the_same_whatever_their_key_and_spelling)
{
    static const struct {
        const char *a, *b;
        bool same;
    } rows[] = {
        {"https://rpc.example", "https://rpc.example/", true},
        {"https://rpc.example/", "https://RPC.example:443", true},
        {"https://rpc.example./v1", "https://rpc.example/v1/", true},
        {"https://rpc.example/v1?key=1", "https://me:secret@rpc.example/v1?key=2#x", true},
        {"http://127.0.0.1:80", "http://127.0.0.1", true},
        {"https://rpc.example/v1", "https://rpc.example/v2", false},
        {"https://rpc.example/v1", "https://rpc.example/V1", false},
        {"https://rpc.example", "http://rpc.example", false},
        {"https://rpc.example", "https://rpc.example:8443", false},
        {"https://a.example", "https://b.example", false},
        {"no URL", "no URL", false},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        ck_assert_msg(rpc_url_same(rows[i].a, rows[i].b) == rows[i].same, "%s %s", rows[i].a, rows[i].b);
        ck_assert_int_eq(rpc_url_same(rows[i].b, rows[i].a), rows[i].same);
    }
}
END_TEST

START_TEST(plain_http_is_for_loopback_unless_allowed)
{
    static const char *const loopback[] = {"http://127.0.0.1:3030", "http://[::1]:3030/x",
                                           "http://localhost/", "http://127.9.9.9"};
    static const char *const away[] = {"http://10.0.0.1:3030",          "http://rpc.example",
                                       "http://localhost.example",      "http://127.0.0.1.example",
                                       "http://127.0.0.1@rpc.example/", "http://[::2]/"};
    for (size_t i = 0; i < ARRAY_LEN(loopback); i++)
        ck_assert_ok_err(rpc_url_check(loopback[i], false, &err), err);
    for (size_t i = 0; i < ARRAY_LEN(away); i++) {
        ck_assert_outcome(rpc_url_check(away[i], false, &err), OUTCOME_CONFIG_INVALID);
        ck_assert_text_has(err.text, "plain http is only for this machine");
        ck_assert_ok(rpc_url_check(away[i], true, NULL));
    }
    ck_assert_ok(rpc_url_check("https://rpc.example/v1?key=1", false, NULL));
}
END_TEST

START_TEST(what_is_no_http_url_is_refused)
{
    static const char *const bad[] = {"",        "rpc.example", "ftp://rpc.example", "file:///etc/passwd",
                                      "http://", "http://a b/", "gopher://x"};
    static char overlong[RPC_URL_LEN_MAX + 10] = "https://rpc.example/";
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        ck_assert_msg(rpc_url_check(bad[i], true, NULL) == OUTCOME_CONFIG_INVALID, "`%s` was taken", bad[i]);
    memset(overlong + 20, 'a', RPC_URL_LEN_MAX - 20);
    ck_assert_outcome(rpc_url_check(overlong, true, NULL), OUTCOME_CONFIG_INVALID);
    struct rpc_config none = {0};
    struct rpc *unopened = NULL;
    ck_assert_outcome(rpc_open(&none, &unopened, &err), OUTCOME_CONFIG_INVALID);
    ck_assert_ptr_null(unopened);
}
END_TEST

int main(void)
{
    SUITE_WITH_CASE(suite, tcase, "os/rpc url");
    tcase_add_test(tcase, two_urls_are_the_same_whatever_their_key_and_spelling);
    tcase_add_test(tcase, plain_http_is_for_loopback_unless_allowed);
    tcase_add_test(tcase, what_is_no_http_url_is_refused);
    return run_suite(suite);
}
