#include <string.h>

#include "common/keyshare_rules.h"
#include "tests/support/samples.h"
#include "tests/support/support.h"

static struct keyset keyset;
static struct keyshares stored, incoming;
static struct error err;

static void make(uint64_t epoch_id, size_t count, uint64_t seed, struct keyshares *out)
{
    keyset_free(&keyset);
    keyshares_free(out);
    sample_keyset(epoch_id, count, &keyset);
    sample_keyshares(&keyset, seed, out);
}

static void setup(void)
{
    make(5, 3, 1, &stored);
    make(5, 3, 1, &incoming);
}

static void teardown(void)
{
    keyset_free(&keyset);
    keyshares_free(&stored);
    keyshares_free(&incoming);
}

static void check_conflict(const char *part)
{
    ck_assert_outcome(keyshares_may_replace(&stored, &incoming, &err), OUTCOME_KEYSHARES_CONFLICT);
    ck_assert_text_has(err.text, part);
}

START_TEST(anything_may_be_stored_where_nothing_is)
{
    struct keyshares none = {0};
    ck_assert_ok(keyshares_may_replace(NULL, &incoming, &err));
    ck_assert_ok(keyshares_may_replace(&none, &incoming, &err));
}
END_TEST

START_TEST(the_same_set_is_unchanged_in_any_order)
{
    ck_assert_outcome(keyshares_may_replace(&stored, &incoming, &err), OUTCOME_KEYSHARES_UNCHANGED);
    struct keyshares turned = {0};
    for (size_t i = incoming.count; i-- > 0;)
        ck_assert_ok(keyshares_add(&turned, &incoming.items[i], keyshare_scalar(&incoming, i)));
    ck_assert_outcome(keyshares_may_replace(&stored, &turned, &err), OUTCOME_KEYSHARES_UNCHANGED);
    keyshares_free(&turned);
}
END_TEST

START_TEST(an_older_epoch_is_refused)
{
    make(4, 4, 1, &incoming);
    ck_assert_outcome(keyshares_may_replace(&stored, &incoming, &err), OUTCOME_KEYSHARES_OLDER);
}
END_TEST

START_TEST(fewer_domains_are_refused_in_a_newer_epoch_too)
{
    make(5, 2, 1, &incoming);
    check_conflict("domain 2: stored, but missing here");
    make(6, 2, 1, &incoming);
    check_conflict("domain 2: stored, but missing here");
}
END_TEST

START_TEST(a_stored_domain_that_is_missing_is_refused_even_where_there_are_more)
{
    make(6, 5, 1, &incoming);
    incoming.items[1].id.domain_id = 77;
    check_conflict("domain 1: stored, but missing here");
}
END_TEST

START_TEST(more_domains_of_the_same_epoch_may_be_stored_when_the_stored_ones_stay)
{
    make(5, 5, 1, &incoming);
    for (size_t i = 0; i < stored.count; i++)
        memcpy(incoming.scalars.data + KEYSHARE_SCALAR_LEN * i, keyshare_scalar(&stored, i),
               KEYSHARE_SCALAR_LEN);
    ck_assert_ok(keyshares_may_replace(&stored, &incoming, &err));
    incoming.scalars.data[KEYSHARE_SCALAR_LEN * 2 - 1] ^= 1;
    check_conflict("domain 1: stored with another private share");
}
END_TEST

START_TEST(another_attempt_or_private_share_of_the_same_epoch_is_refused)
{
    incoming.items[2].id.attempt_id--;
    check_conflict("domain 2: stored of another attempt");
    make(5, 3, 2, &incoming);
    check_conflict("stored with another private share");
}
END_TEST

START_TEST(a_newer_epoch_has_other_private_shares_and_attempts)
{
    make(6, 3, 2, &incoming);
    incoming.items[0].id.attempt_id = 99;
    ck_assert_ok(keyshares_may_replace(&stored, &incoming, &err));
}
END_TEST

START_TEST(a_changed_public_key_is_refused_across_epochs_too)
{
    make(6, 3, 2, &incoming);
    incoming.items[1].public_key[3] ^= 1;
    check_conflict("domain 1: stored with another public key");
    make(6, 3, 2, &incoming);
    incoming.items[1].curve = CURVE_BLS12381;
    check_conflict("domain 1: stored with another public key");
}
END_TEST

/* --- beside each other --- */

static void check_coexist(result_t expected)
{
    ck_assert_outcome(keyshares_may_coexist(&stored, &incoming, &err), expected);
}

START_TEST(attempts_of_an_epoch_lie_beside_each_other_whatever_differs)
{
    struct keyshares none = {0};
    ck_assert_ok(keyshares_may_coexist(NULL, &incoming, &err));
    ck_assert_ok(keyshares_may_coexist(&none, &incoming, &err));
    incoming.items[2].id.attempt_id--;
    incoming.scalars.data[2 * KEYSHARE_SCALAR_LEN] ^= 1;
    check_coexist(OUTCOME_OK);
    make(5, 3, 1, &incoming);
    incoming.items[1].public_key[3] ^= 1;
    incoming.scalars.data[KEYSHARE_SCALAR_LEN] ^= 1;
    check_coexist(OUTCOME_OK);
    make(6, 2, 2, &incoming);
    check_coexist(OUTCOME_OK);
    make(4, 4, 2, &incoming);
    check_coexist(OUTCOME_OK);
}
END_TEST

START_TEST(a_set_of_which_every_share_is_held_is_unchanged)
{
    check_coexist(OUTCOME_KEYSHARES_UNCHANGED);
    make(5, 2, 1, &incoming);
    memcpy(incoming.scalars.data, stored.scalars.data, incoming.scalars.len);
    check_coexist(OUTCOME_KEYSHARES_UNCHANGED);
    make(5, 4, 1, &incoming);
    memcpy(incoming.scalars.data, stored.scalars.data, stored.scalars.len);
    check_coexist(OUTCOME_OK);
}
END_TEST

START_TEST(one_key_event_has_one_private_share)
{
    incoming.scalars.data[KEYSHARE_SCALAR_LEN + 5] ^= 1;
    incoming.items[2].id.attempt_id--; /* whatever else the set has */
    check_coexist(OUTCOME_KEYSHARES_CONFLICT);
    ck_assert_text_has(err.text, "domain 1: stored with another private share");
}
END_TEST

int main(void)
{
    SUITE_WITH_CASE(suite, tcase, "common/keyshare_rules");
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, anything_may_be_stored_where_nothing_is);
    tcase_add_test(tcase, the_same_set_is_unchanged_in_any_order);
    tcase_add_test(tcase, an_older_epoch_is_refused);
    tcase_add_test(tcase, fewer_domains_are_refused_in_a_newer_epoch_too);
    tcase_add_test(tcase, a_stored_domain_that_is_missing_is_refused_even_where_there_are_more);
    tcase_add_test(tcase, more_domains_of_the_same_epoch_may_be_stored_when_the_stored_ones_stay);
    tcase_add_test(tcase, another_attempt_or_private_share_of_the_same_epoch_is_refused);
    tcase_add_test(tcase, a_newer_epoch_has_other_private_shares_and_attempts);
    tcase_add_test(tcase, a_changed_public_key_is_refused_across_epochs_too);
    tcase_add_test(tcase, attempts_of_an_epoch_lie_beside_each_other_whatever_differs);
    tcase_add_test(tcase, a_set_of_which_every_share_is_held_is_unchanged);
    tcase_add_test(tcase, one_key_event_has_one_private_share);
    return run_suite(suite);
}
