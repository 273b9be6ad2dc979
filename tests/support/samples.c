#include "tests/support/samples.h"

#include <stdlib.h>
#include <string.h>

#include "common/encoding.h"
#include "tests/support/support.h"

/* secp256k1's generator and its negative. */
#define GENERATOR_X "79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798"
static const char *const secp256k1_points[] = {
    GENERATOR_X "483ada7726a3c4655da4fbfc0e1108a8fd17b448a68554199c47d08ffb10d4b8",
    GENERATOR_X "b7c52588d95c3b9aa25b0403f1eef75702e84bb7597aabe663b82f6f04ef2777",
};

static void sample_domain_key(size_t domain, struct domain_key *out)
{
    *out = (struct domain_key){.curve = (enum curve)(domain % 3)};
    if (out->curve == CURVE_SECP256K1) {
        ck_assert_ok(hex_decode(secp256k1_points[domain / 3 % 2], 128, out->bytes, 64));
        return;
    }
    uint64_t state = domain;
    for (size_t i = 0; i < domain_key_len(out->curve); i++)
        out->bytes[i] = (uint8_t)test_random(&state);
}

void sample_keyset(uint64_t epoch_id, size_t count, struct keyset *out)
{
    *out = (struct keyset){.epoch_id = epoch_id, .count = count};
    out->domains = calloc(count ? count : 1, sizeof *out->domains);
    ck_assert_ptr_nonnull(out->domains);
    for (size_t i = 0; i < count; i++) {
        out->domains[i].domain_id = i;
        out->domains[i].attempt = i % 3 == 2 ? UINT64_MAX : i;
        sample_domain_key(i, &out->domains[i].key);
    }
}

void sample_keyset_copy(const struct keyset *keyset, struct keyset *out)
{
    *out = *keyset;
    out->domains = calloc(keyset->count ? keyset->count : 1, sizeof *out->domains);
    ck_assert_ptr_nonnull(out->domains);
    for (size_t i = 0; i < keyset->count; i++)
        out->domains[i] = keyset->domains[i];
}

void sample_keyshares(const struct keyset *keyset, uint64_t seed, struct keyshares *out)
{
    *out = (struct keyshares){0};
    for (size_t i = 0; i < keyset->count; i++) {
        const struct keyset_domain *domain = &keyset->domains[i];
        struct keyshare share = {.id = {keyset->epoch_id, domain->domain_id, domain->attempt},
                                 .curve = domain->key.curve};
        if (share.curve == CURVE_SECP256K1) {
            share.public_key[0] = domain->key.bytes[63] & 1 ? 0x03 : 0x02;
            memcpy(share.public_key + 1, domain->key.bytes, 32);
        } else {
            memcpy(share.public_key, domain->key.bytes, domain_key_len(share.curve));
        }
        /* Both ends small: in range whatever the curve's byte order. */
        uint8_t scalar[KEYSHARE_SCALAR_LEN] = {0};
        uint64_t state = seed * 1000003 + domain->domain_id;
        for (size_t byte = 1; byte < KEYSHARE_SCALAR_LEN - 1; byte++)
            scalar[byte] = (uint8_t)test_random(&state);
        ck_assert_ok(keyshares_add(out, &share, scalar));
    }
}
