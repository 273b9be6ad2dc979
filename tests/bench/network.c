/* Writes a network of any size for `make bench`: DIR/keyset.json, DIR/shares.json and DIR/domains.json with N
 * Ed25519 domains. The public keys are arbitrary bytes: nothing here decompresses an Ed25519 point. From a
 * fixed seed, so that runs compare. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/keyshare.h"

#define EPOCH 5

static uint64_t random_state = 20261121;

static uint64_t next_random(void)
{
    uint64_t z = (random_state += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

static void fill(uint8_t out[32])
{
    for (size_t i = 0; i < 32; i += 8) {
        uint64_t value = next_random();
        memcpy(out + i, &value, 8);
    }
}

static int write_file(const char *dir, const char *name, const void *data, size_t len)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", dir, name);
    FILE *file = fopen(path, "wbe");
    int ok = file && fwrite(data, 1, len, file) == len;
    return file && fclose(file) == 0 && ok ? 0 : 1;
}

int main(int argc, char **argv)
{
    size_t count = argc == 3 ? strtoul(argv[1], NULL, 10) : 0;
    if (count == 0 || count > KEYSET_DOMAINS_MAX) {
        fprintf(stderr, "usage: network DOMAINS DIR\n");
        return 2;
    }
    struct keyset keyset = {.epoch_id = EPOCH, .count = count};
    struct keyshares shares = {0};
    struct bytes text = {0}, domains = {0};
    struct secret secret = {0};
    keyset.domains = calloc(count, sizeof *keyset.domains);
    result_t result = keyset.domains ? bytes_append_text(&domains, "[") : OUTCOME_NO_MEMORY;
    for (size_t i = 0; i < count && result == OUTCOME_OK; i++) {
        struct keyset_domain *domain = &keyset.domains[i];
        struct keyshare share = {.id = {EPOCH, i, 0}, .curve = CURVE_ED25519};
        uint8_t scalar[KEYSHARE_SCALAR_LEN];
        *domain = (struct keyset_domain){.domain_id = i, .key = {.curve = CURVE_ED25519}};
        fill(domain->key.bytes);
        memcpy(share.public_key, domain->key.bytes, 32);
        fill(scalar);
        scalar[31] &= 0x0f; /* little-endian, below the group order */
        result = keyshares_add(&shares, &share, scalar);
        if (result == OUTCOME_OK)
            result =
                bytes_append_format(&domains,
                                    "%s{\"id\":%zu,\"protocol\":\"Frost\",\"reconstruction_threshold\":2,"
                                    "\"purpose\":\"Sign\"}",
                                    i ? "," : "", i);
    }
    int failed = result != OUTCOME_OK || bytes_append_text(&domains, "]") != OUTCOME_OK ||
                 keyset_write(&keyset, &text) != OUTCOME_OK ||
                 keyshares_write(&shares, &secret) != OUTCOME_OK ||
                 write_file(argv[2], "keyset.json", text.data, text.len) ||
                 write_file(argv[2], "domains.json", domains.data, domains.len) ||
                 write_file(argv[2], "shares.json", secret.data, secret.len);
    secret_free(&secret);
    keyshares_free(&shares);
    keyset_free(&keyset);
    bytes_free(&text);
    bytes_free(&domains);
    return failed;
}
