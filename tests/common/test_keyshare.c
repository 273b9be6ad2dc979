#include "tests/support/samples.h"
#include "tests/support/support.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/keyshare.h"

/* A keyset of `count` domains and its shares. */
static struct keyset keyset;
static struct keyshares shares;
static struct error err;

static void make(size_t count)
{
    sample_keyset(5, count, &keyset);
    sample_keyshares(&keyset, 1, &shares);
}

static void release(void)
{
    keyset_free(&keyset);
    keyshares_free(&shares);
}

/* Swap two shares, scalars along. */
static void swap(struct keyshares *set, size_t i, size_t j)
{
    struct keyshare share = set->items[i];
    set->items[i] = set->items[j];
    set->items[j] = share;
    uint8_t *a = set->scalars.data + KEYSHARE_SCALAR_LEN * i;
    uint8_t *b = set->scalars.data + KEYSHARE_SCALAR_LEN * j;
    for (size_t k = 0; k < KEYSHARE_SCALAR_LEN; k++) {
        uint8_t byte = a[k];
        a[k] = b[k];
        b[k] = byte;
    }
}

START_TEST(shares_match_their_keyset_whatever_the_order)
{
    make(7);
    swap(&shares, 0, 6);
    swap(&shares, 2, 3);
    ck_assert_ok_err(keyshares_match_keyset(&shares, &keyset, &err), err);
}
END_TEST

START_TEST(a_share_of_another_epoch_domain_attempt_or_key_is_named)
{
    static const char *const texts[] = {
        "the share of domain 4 is of epoch 6, the keyset of epoch 5",
        "domain 18446744073709551615 is not in the keyset",
        "the share of domain 4 is of attempt 0, the keyset has attempt 4",
        "the public key of the share of domain 4 is not the keyset's",
        "the public key of the share of domain 4 is not the keyset's",
    };
    make(7);
    struct keyshare *share = &shares.items[4];
    if (_i == 0)
        share->id.epoch_id = 6;
    if (_i == 1)
        share->id.domain_id = UINT64_MAX;
    if (_i == 2)
        share->id.attempt_id = 0;
    if (_i == 3)
        share->public_key[31] ^= 1;
    if (_i == 4)
        share->curve = CURVE_BLS12381;
    ck_assert_outcome(keyshares_match_keyset(&shares, &keyset, &err), OUTCOME_KEYSHARES_MISMATCH);
    ck_assert_str_eq(err.text, texts[_i]);
}
END_TEST

START_TEST(a_secp256k1_key_with_the_other_root_or_on_no_point_does_not_match)
{
    make(1);
    shares.items[0].public_key[0] ^= 1;
    ck_assert_outcome(keyshares_match_keyset(&shares, &keyset, &err), OUTCOME_KEYSHARES_MISMATCH);
    shares.items[0].public_key[0] = 7;
    struct domain_key key;
    ck_assert_outcome(keyshare_domain_key(&shares.items[0], &key), OUTCOME_KEYSHARES_MALFORMED);
    ck_assert_outcome(keyshares_match_keyset(&shares, &keyset, &err), OUTCOME_KEYSHARES_MISMATCH);
}
END_TEST

START_TEST(every_domain_needs_its_share_and_one_only)
{
    make(7);
    struct keyshare extra = shares.items[3];
    uint8_t scalar[KEYSHARE_SCALAR_LEN] = {0};
    ck_assert_ok(keyshares_add(&shares, &extra, scalar));
    ck_assert_outcome(keyshares_match_keyset(&shares, &keyset, &err), OUTCOME_KEYSHARES_MISMATCH);
    ck_assert_str_eq(err.text, "domain 3 has more than one share");
    shares.count = 6;
    ck_assert_outcome(keyshares_match_keyset(&shares, &keyset, &err), OUTCOME_KEYSHARES_MISMATCH);
    ck_assert_str_eq(err.text, "domain 6 of the keyset has no share");
}
END_TEST

START_TEST(a_set_is_of_one_epoch_without_repeated_domains_and_not_empty)
{
    make(3);
    struct keyshares empty = {0};
    ck_assert_outcome(keyshares_check_set(&empty, &err), OUTCOME_KEYSHARES_EMPTY);
    ck_assert_ok_err(keyshares_check_set(&shares, &err), err);
    shares.items[2].id.epoch_id = 4;
    ck_assert_outcome(keyshares_check_set(&shares, &err), OUTCOME_KEYSHARES_MALFORMED);
    ck_assert_str_eq(err.text, "keyshares[2] is of epoch 4, keyshares[0] of epoch 5");
    shares.items[2].id = shares.items[0].id;
    ck_assert_outcome(keyshares_check_set(&shares, &err), OUTCOME_KEYSHARES_MALFORMED);
    ck_assert_str_eq(err.text, "keyshares[0] and [2] are both of domain 0");
}
END_TEST

START_TEST(equal_means_ids_keys_and_scalars_in_any_order)
{
    CLEANUP(keyshares_free) struct keyshares copy = {0};
    make(5);
    ck_assert_ok(keyshares_copy(&shares, &copy));
    ck_assert(keyshares_equal(&shares, &copy));
    swap(&copy, 0, 4);
    ck_assert(keyshares_equal(&shares, &copy));
    copy.scalars.data[KEYSHARE_SCALAR_LEN * 2 + 31] ^= 1;
    ck_assert(!keyshares_equal(&shares, &copy));
    copy.scalars.data[KEYSHARE_SCALAR_LEN * 2 + 31] ^= 1;
    copy.items[1].id.attempt_id ^= 1;
    ck_assert(!keyshares_equal(&shares, &copy));
    copy.items[1].id.attempt_id ^= 1;
    copy.items[1].public_key[0] ^= 1;
    ck_assert(!keyshares_equal(&shares, &copy));
    copy.count = 4;
    ck_assert(!keyshares_equal(&shares, &copy));
}
END_TEST

START_TEST(sorting_takes_the_scalars_along)
{
    CLEANUP(keyshares_free) struct keyshares sorted = {0};
    make(6);
    ck_assert_ok(keyshares_copy(&shares, &sorted));
    swap(&sorted, 0, 5);
    swap(&sorted, 1, 3);
    ck_assert_ok(keyshares_sort(&sorted));
    ck_assert_uint_eq(sorted.count, 6);
    for (size_t i = 0; i < sorted.count; i++) {
        ck_assert_uint_eq(sorted.items[i].id.domain_id, i);
        ck_assert_mem_eq(keyshare_scalar(&sorted, i), keyshare_scalar(&shares, i), KEYSHARE_SCALAR_LEN);
    }
}
END_TEST

START_TEST(the_digest_names_the_set_and_not_its_order)
{
    char digest[KEYSHARES_DIGEST_TEXT_LEN], other[KEYSHARES_DIGEST_TEXT_LEN];
    make(4);
    ck_assert_ok(keyshares_digest(&shares, digest));
    ck_assert_uint_eq(strlen(digest), 64);
    swap(&shares, 1, 2);
    ck_assert_ok(keyshares_digest(&shares, other));
    ck_assert_str_eq(digest, other);
    shares.scalars.data[40] ^= 1;
    ck_assert_ok(keyshares_digest(&shares, other));
    ck_assert_str_ne(digest, other);
}
END_TEST

START_TEST(an_empty_set_can_be_copied_sorted_and_compared)
{
    struct keyshares empty = {0}, copy;
    ck_assert_ok(keyshares_copy(&empty, &copy));
    ck_assert_ok(keyshares_sort(&copy));
    ck_assert(keyshares_equal(&empty, &copy));
    sample_keyset(5, 0, &keyset);
    ck_assert_ok(keyshares_match_keyset(&empty, &keyset, &err));
    keyshares_free(&copy);
    keyshares_free(NULL);
}
END_TEST

static double seconds_to_match(size_t count)
{
    make(count);
    clock_t start = clock();
    ck_assert_ok_err(keyshares_match_keyset(&shares, &keyset, &err), err);
    ck_assert(keyshares_equal(&shares, &shares));
    double seconds = (double)(clock() - start) / CLOCKS_PER_SEC;
    release();
    return seconds;
}

START_TEST(time_grows_with_the_domains_and_not_with_their_square)
{
    double small = seconds_to_match(1000);
    double large = seconds_to_match(10000);
    ck_assert_msg(large < 40 * small + 0.1, "1000 domains: %f s, 10000: %f s", small, large);
}
END_TEST

START_TEST(the_keyset_of_shares_is_theirs_by_id_whatever_their_order)
{
    CLEANUP(keyshares_free) struct keyshares turned = {0};
    CLEANUP(keyset_free) struct keyset made = {0};
    make(6);
    for (size_t i = shares.count; i-- > 0;)
        ck_assert_ok(keyshares_add(&turned, &shares.items[i], keyshare_scalar(&shares, i)));
    ck_assert_ok(keyshares_keyset(&turned, &made));
    ck_assert(keyset_equal(&made, &keyset));
}
END_TEST

START_TEST(the_keyset_of_a_share_on_no_point_is_refused)
{
    CLEANUP(keyset_free) struct keyset made = {0};
    make(1);
    memset(shares.items[0].public_key + 1, 0xff, 32);
    ck_assert_outcome(keyshares_keyset(&shares, &made), OUTCOME_KEYSHARES_MALFORMED);
    ck_assert_ptr_null(made.domains);
}
END_TEST

int main(void)
{
    SUITE_WITH_CASE(suite, tcase, "keyshare");
    tcase_add_checked_fixture(tcase, NULL, release);
    tcase_add_test(tcase, shares_match_their_keyset_whatever_the_order);
    tcase_add_loop_test(tcase, a_share_of_another_epoch_domain_attempt_or_key_is_named, 0, 5);
    tcase_add_test(tcase, a_secp256k1_key_with_the_other_root_or_on_no_point_does_not_match);
    tcase_add_test(tcase, the_keyset_of_shares_is_theirs_by_id_whatever_their_order);
    tcase_add_test(tcase, the_keyset_of_a_share_on_no_point_is_refused);
    tcase_add_test(tcase, every_domain_needs_its_share_and_one_only);
    tcase_add_test(tcase, a_set_is_of_one_epoch_without_repeated_domains_and_not_empty);
    tcase_add_test(tcase, equal_means_ids_keys_and_scalars_in_any_order);
    tcase_add_test(tcase, sorting_takes_the_scalars_along);
    tcase_add_test(tcase, the_digest_names_the_set_and_not_its_order);
    tcase_add_test(tcase, an_empty_set_can_be_copied_sorted_and_compared);
    tcase_add_test(tcase, time_grows_with_the_domains_and_not_with_their_square);
    return run_suite(suite);
}
