#include "node/process.h"
#include "tests/support/support.h"

static const struct front_limits production = FRONT_LIMITS_DEFAULT;

START_TEST(enough_descriptors_change_nothing)
{
    struct front_limits limits = production;
    process_fit_connections(256 + 4 * (LIMIT_HANDSHAKES + 3 * LIMIT_SESSIONS), 4, &limits);
    ck_assert_uint_eq(limits.handshakes_max, LIMIT_HANDSHAKES);
    ck_assert_uint_eq(limits.sessions_max, LIMIT_SESSIONS);
}
END_TEST

/* A session takes a socket and the pair to its HTTP side. One more of each is
 * let in, however few there are. */
START_TEST(strangers_never_take_the_descriptors_that_a_session_needs)
{
    static const size_t allowed[] = {64, 256, 1024, 4096};
    for (size_t i = 0; i < ARRAY_LEN(allowed); i++) {
        for (unsigned workers = 1; workers <= 4; workers++) {
            struct front_limits limits = production;
            process_fit_connections(allowed[i], workers, &limits);
            size_t taken = workers * (limits.handshakes_max - 1 + 3 * (limits.sessions_max - 1));
            ck_assert_uint_le(taken, allowed[i] - (allowed[i] < 512 ? allowed[i] / 2 : 256));
            ck_assert_uint_ge(limits.handshakes_max, 1);
            ck_assert_uint_ge(limits.sessions_max, 1);
        }
    }
}
END_TEST

START_TEST(the_limit_of_this_process_is_read)
{
    ck_assert_uint_ge(process_descriptors(), 16);
}
END_TEST

int main(void)
{
    SUITE_WITH_CASE(suite, tcase, "process");
    tcase_add_test(tcase, enough_descriptors_change_nothing);
    tcase_add_test(tcase, strangers_never_take_the_descriptors_that_a_session_needs);
    tcase_add_test(tcase, the_limit_of_this_process_is_read);
    return run_suite(suite);
}
