#include <string.h>

#include "common/mpc_cert.h"
#include "node/door.h"
#include "tests/support/endpoint.h"
#include "tests/support/support.h"

static struct ed25519_keypair backup;
static struct ed25519_keypair other;
static uint8_t cert[MPC_CERT_LEN_MAX];
static size_t cert_len;

static void setup(void)
{
    endpoint_keypair(0x22, &backup);
    endpoint_keypair(0x33, &other);
    ck_assert_ok(mpc_cert_make_peer(&backup.public_key, cert, &cert_len));
}

static void teardown(void)
{
    ed25519_keypair_free(&backup);
    ed25519_keypair_free(&other);
}

static struct door door_with(const struct ed25519_public_key *key)
{
    CLEANUP(chain_snapshot_unref_ptr)
    const struct chain_snapshot *snapshot =
        endpoint_snapshot(PROTOCOL_NOT_INITIALIZED, NULL, key, endpoint_now());
    struct account_id account;
    ck_assert(account_id_set(&account, ENDPOINT_ACCOUNT, strlen(ENDPOINT_ACCOUNT)));
    return door_of(snapshot, &account);
}

static result_t judge(struct door door)
{
    struct ed25519_public_key key;
    return door_judge(&door, cert, cert_len, 1, &key);
}

START_TEST(the_registered_key_comes_in)
{
    struct door door = door_with(&backup.public_key);
    struct ed25519_public_key key;
    ck_assert_ok(door_judge(&door, cert, cert_len, 1, &key));
    ck_assert(ed25519_public_key_equal(&key, &backup.public_key));
}
END_TEST

START_TEST(nobody_comes_in_without_a_registered_key_in_a_fresh_view)
{
    struct account_id account = {.text = ENDPOINT_ACCOUNT};
    ck_assert_outcome(judge(door_of(NULL, &account)), OUTCOME_VIEW_UNKNOWN);
    ck_assert_outcome(judge(door_with(NULL)), OUTCOME_NO_BACKUP_KEY);
    ck_assert_outcome(judge(door_aged(door_with(&backup.public_key), true)), OUTCOME_VIEW_STALE);
    ck_assert_outcome(judge(door_aged(door_with(&backup.public_key), false)), OUTCOME_OK);
    ck_assert_outcome(judge(door_aged(door_of(NULL, &account), true)), OUTCOME_VIEW_UNKNOWN);
}
END_TEST

START_TEST(a_small_order_key_is_no_pin_not_even_for_its_own_certificate)
{
    const struct ed25519_public_key neutral = {.bytes = {1}};
    const struct ed25519_public_key zero = {.bytes = {0}}; /* of order 4 */
    ck_assert_ok(mpc_cert_make_peer(&neutral, cert, &cert_len));
    ck_assert_outcome(judge(door_with(&neutral)), OUTCOME_BACKUP_KEY_SMALL_ORDER);
    ck_assert_outcome(judge(door_with(&zero)), OUTCOME_BACKUP_KEY_SMALL_ORDER);
}
END_TEST

START_TEST(the_certificate_is_judged_before_the_key)
{
    struct door door = door_with(&backup.public_key);
    struct ed25519_public_key key;
    ck_assert_outcome(judge(door_with(&other.public_key)), OUTCOME_CLIENT_KEY_MISMATCH);
    ck_assert_outcome(door_judge(&door, cert, cert_len, 0, &key), OUTCOME_CLIENT_CERT_COUNT);
    ck_assert_outcome(door_judge(&door, cert, cert_len, 2, &key), OUTCOME_CLIENT_CERT_COUNT);
    ck_assert_outcome(door_judge(&door, cert, cert_len - 1, 1, &key), OUTCOME_CERT_MALFORMED);
}
END_TEST

START_TEST(a_session_stays_only_while_its_key_is_the_one)
{
    struct account_id account = {.text = ENDPOINT_ACCOUNT};
    const struct ed25519_public_key neutral = {.bytes = {1}};
    const struct {
        struct door door;
        result_t outcome;
    } cases[] = {
        {door_with(&backup.public_key), OUTCOME_OK},
        {door_with(&other.public_key), OUTCOME_BACKUP_KEY_CHANGED},
        {door_with(NULL), OUTCOME_BACKUP_KEY_CHANGED},
        {door_with(&neutral), OUTCOME_BACKUP_KEY_CHANGED},
        {door_aged(door_with(&backup.public_key), true), OUTCOME_VIEW_STALE},
        {door_of(NULL, &account), OUTCOME_VIEW_UNKNOWN},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        ck_assert_outcome(door_recheck(&cases[i].door, &backup.public_key), cases[i].outcome);
}
END_TEST

int main(void)
{
    SUITE_WITH_CASE(suite, tcase, "door");
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, the_registered_key_comes_in);
    tcase_add_test(tcase, nobody_comes_in_without_a_registered_key_in_a_fresh_view);
    tcase_add_test(tcase, a_small_order_key_is_no_pin_not_even_for_its_own_certificate);
    tcase_add_test(tcase, the_certificate_is_judged_before_the_key);
    tcase_add_test(tcase, a_session_stays_only_while_its_key_is_the_one);
    return run_suite(suite);
}
