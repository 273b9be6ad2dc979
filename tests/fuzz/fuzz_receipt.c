/* A receipt that is read is in the one form it has: its envelope, made again from what was read, is the same text. */
#include "tests/fuzz/fuzz.h"

#include <string.h>

#include "common/receipt.h"

/* The seeds are signed with the key of 32 bytes 0x51. */
static const struct ed25519_keypair *signer(void)
{
    static struct ed25519_keypair pair;
    uint8_t seed[ED25519_KEY_LEN];
    if (pair.seed.len == 0) {
        memset(seed, 0x51, sizeof seed);
        FUZZ_CHECK(ed25519_keypair_from_seed(seed, &pair) == OUTCOME_OK);
    }
    return &pair;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP(receipt_signed_free) struct receipt_signed receipt = {0};
    CLEANUP(bytes_free) struct bytes again = {0};
    struct error err = {0};
    result_t result = receipt_read((const char *)data, size, &receipt, &err);
    FUZZ_CHECK(result == OUTCOME_OK || result == OUTCOME_RECEIPT_MALFORMED ||
               result == OUTCOME_RECEIPT_INVALID);
    if (result != OUTCOME_OK) {
        FUZZ_CHECK(err.text[0] && !receipt.receipt.domains);
        return 0;
    }
    FUZZ_CHECK(ed25519_public_key_equal(&receipt.key, &signer()->public_key));
    struct receipt_signed before = {.receipt = {.number = receipt.receipt.number - 1}};
    memcpy(before.hash, receipt.receipt.previous, sizeof before.hash);
    FUZZ_CHECK(receipt_issue(&receipt.receipt, &before, signer(), &again) == OUTCOME_OK);
    FUZZ_CHECK(again.len == size && memcmp(again.data, data, size) == 0);
    return 0;
}
