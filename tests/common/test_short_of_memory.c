/* What cannot be checked for want of memory is not called bad: people would look for the fault in the wrong
 * place. */
#include "tests/support/support.h"

#include <wolfssl/options.h>
#include <wolfssl/wolfcrypt/error-crypt.h>

#include "common/mpc_cert.h"
#include "common/receipt.h"
#include "tests/support/sweep.h"

#define NOW_S 1800000000

static const char message[] = "conclude";
static struct ed25519_keypair pair;
static struct ed25519_signature signature;
static struct bytes envelope;
static uint8_t certificate[MPC_CERT_LEN_MAX];
static size_t certificate_len;

static void setup(void)
{
    static const uint8_t seed[ED25519_KEY_LEN] = {7};
    uint64_t domain = 0;
    struct receipt receipt = {.epoch_id = 5, .domains = &domain, .count = 1};
    ck_assert_ok(ed25519_keypair_from_seed(seed, &pair));
    ck_assert_ok(ed25519_sign(&pair, message, sizeof message, &signature));
    ck_assert_ok(receipt_issue(&receipt, NULL, &pair, &envelope));
    ck_assert_ok(mpc_cert_make_peer(&pair.public_key, certificate, &certificate_len));
}

static void teardown(void)
{
    bytes_free(&envelope);
    ed25519_keypair_free(&pair);
}

static void nothing(void)
{
}

static void as_said(result_t result)
{
    (void)result;
}

static result_t verify(struct error *err)
{
    (void)err;
    return ed25519_verify(&pair.public_key, message, sizeof message, &signature);
}

static result_t read_receipt(struct error *err)
{
    CLEANUP(receipt_signed_free) struct receipt_signed read = {0};
    return receipt_read((const char *)envelope.data, envelope.len, &read, err);
}

static result_t verify_certificate(struct error *err)
{
    struct ed25519_public_key key;
    return mpc_cert_verify_server(certificate, certificate_len, NOW_S, &key, err);
}

/* Any other failure of the library is as good as a signature that does not hold: nobody may get past it. */
#define REFUSED_AS(outcome)                                                                                  \
    (const struct sweep_row[])                                                                               \
    {                                                                                                        \
        {FAULT_CRYPTO, NULL, BAD_STATE_E, false, {outcome}}, SWEEP_ROWS_END                                  \
    }

START_TEST(a_signature_that_cannot_be_checked_for_want_of_memory_is_not_called_invalid)
{
    const struct sweep sweeps[] = {
        {"ed25519_verify", nothing, verify, as_said, REFUSED_AS(OUTCOME_SIGNATURE_INVALID), false},
        {"receipt_read", nothing, read_receipt, as_said, REFUSED_AS(OUTCOME_RECEIPT_INVALID), false},
        {"mpc_cert_verify_server", nothing, verify_certificate, as_said,
         REFUSED_AS(OUTCOME_SERVER_CERT_UNTRUSTED), false},
    };
    for (size_t i = 0; i < ARRAY_LEN(sweeps); i++)
        ck_assert_uint_ge(sweep_run(&sweeps[i], FAULT_CRYPTO).calls, 3);
}
END_TEST

START_TEST(a_receipt_that_cannot_be_read_for_want_of_memory_is_not_called_malformed)
{
    const struct sweep sweep = {"receipt_read", nothing, read_receipt, as_said, NULL, false};
    ck_assert_uint_gt(sweep_run(&sweep, FAULT_MEMORY).calls, 0);
}
END_TEST

int main(void)
{
    SUITE_WITH_CASE(suite, tcase, "short of memory");
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, a_signature_that_cannot_be_checked_for_want_of_memory_is_not_called_invalid);
    tcase_add_test(tcase, a_receipt_that_cannot_be_read_for_want_of_memory_is_not_called_malformed);
    return run_suite(suite);
}
