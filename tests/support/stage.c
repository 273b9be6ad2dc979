#include "tests/support/stage.h"

#include <string.h>

#include "common/seal.h"
#include "tests/support/support.h"

const struct receipt_terms *stage_terms(void)
{
    static struct ed25519_keypair signer;
    static struct secret backup_key;
    static const struct receipt_terms terms = {.signer = &signer,
                                               .backup_key = &backup_key,
                                               .body = "sealed",
                                               .body_len = 6,
                                               .now_ms = 1700000000000};
    if (!backup_key.data) {
        uint8_t bytes[ED25519_KEY_LEN];
        memset(bytes, 0x51, sizeof bytes);
        ck_assert_ok(ed25519_keypair_from_seed(bytes, &signer));
        for (size_t i = 0; i < sizeof bytes; i++)
            bytes[i] = (uint8_t)i;
        ck_assert_ok(secret_copy(&backup_key, bytes, SEAL_TRANSPORT_KEY_LEN));
    }
    return &terms;
}

result_t stage_shares(struct store *store, const struct keyset *keyset, const struct keyshares *shares,
                      struct error *err)
{
    CLEANUP(bytes_free) struct bytes receipt = {0};
    return store_stage(store, keyset, shares, stage_terms(), &receipt, err);
}
