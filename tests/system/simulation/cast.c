#include "tests/system/simulation/cast.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/encoding.h"
#include "tests/system/simulation/must.h"

static struct cast *everybody;

static void seed_of(const char *who, const char *what, size_t number, uint8_t seed[SHA256_LEN])
{
    char text[64];
    int len = snprintf(text, sizeof text, "%s %s %zu", who, what, number);
    sha256(text, (size_t)len, seed);
}

static void make_pair(const char *who, const char *what, size_t number, struct ed25519_keypair *out)
{
    uint8_t seed[SHA256_LEN];
    seed_of(who, what, number, seed);
    must(ed25519_keypair_from_seed(seed, out));
}

static void make_node(const char *account, size_t number, struct cast_node *node)
{
    uint8_t seed[SHA256_LEN];
    snprintf(node->name, sizeof node->name, "%s-%zu", account, number);
    snprintf(node->url, sizeof node->url, "http://%s.test:80", node->name);
    make_pair(node->name, "p2p", 0, &node->p2p);
    make_pair(node->name, "signer", 0, &node->signer);
    ed25519_public_key_format(&node->p2p.public_key, node->p2p_text);
    ed25519_public_key_format(&node->signer.public_key, node->signer_text);
    seed_of(node->name, "seal", 0, seed);
    must(secret_copy(&node->seal_key, seed, sizeof seed));
}

static void make_backup(const char *account, size_t number, struct cast_backup *backup)
{
    CLEANUP(ed25519_keypair_free) struct ed25519_keypair pair = {0};
    make_pair(account, "backup", number, &pair);
    backup->key = pair.public_key;
    ed25519_public_key_format(&backup->key, backup->text);
    must(mpc_cert_make_peer(&backup->key, backup->cert, &backup->cert_len));
}

static void make_account(const char *name, struct cast_account *account)
{
    char id[32];
    snprintf(account->name, sizeof account->name, "%s", name);
    int len = snprintf(id, sizeof id, "%s.near", name);
    must_be(account_id_set(&account->id, id, (size_t)len));
    make_pair(name, "operator", 0, &account->operator);
    for (size_t i = 0; i < CAST_NODES; i++)
        make_node(name, i, &account->nodes[i]);
    for (size_t i = 0; i < CAST_BACKUPS; i++)
        make_backup(name, i, &account->backups[i]);
}

const struct cast *cast(void)
{
    static const char *const names[CAST_ACCOUNTS] = {"alice", "bob", "carol"};
    if (everybody)
        return everybody;
    everybody = calloc(1, sizeof *everybody);
    must_be(everybody != NULL);
    must_be(account_id_set(&everybody->contract_id, CAST_CONTRACT, strlen(CAST_CONTRACT)));
    for (size_t i = 0; i < CAST_ACCOUNTS; i++)
        make_account(names[i], &everybody->accounts[i]);
    make_backup("stranger", 0, &everybody->stranger);
    must(secret_copy(&everybody->store_key, "0123456789abcdef", 16));
    return everybody;
}

void cast_free(void)
{
    if (!everybody)
        return;
    for (size_t i = 0; i < CAST_ACCOUNTS; i++) {
        ed25519_keypair_free(&everybody->accounts[i].operator);
        for (size_t j = 0; j < CAST_NODES; j++) {
            struct cast_node *node = &everybody->accounts[i].nodes[j];
            ed25519_keypair_free(&node->p2p);
            ed25519_keypair_free(&node->signer);
            secret_free(&node->seal_key);
        }
    }
    secret_free(&everybody->store_key);
    free(everybody);
    everybody = NULL;
}

/* secp256k1's generator and its negative: two points that are known to be on the curve. */
static const char *const secp256k1_points[] = {
    "79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798"
    "483ada7726a3c4655da4fbfc0e1108a8fd17b448a68554199c47d08ffb10d4b8",
    "79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798"
    "b7c52588d95c3b9aa25b0403f1eef75702e84bb7597aabe663b82f6f04ef2777",
};

struct domain_key cast_domain_key(uint64_t domain_id)
{
    static const enum curve curves[] = {CURVE_SECP256K1, CURVE_BLS12381, CURVE_ED25519};
    struct domain_key key = {.curve = curves[domain_id % ARRAY_LEN(curves)]};
    if (key.curve == CURVE_SECP256K1) {
        must(hex_decode(secp256k1_points[domain_id / 3 % 2], 128, key.bytes, 64));
    } else if (key.curve == CURVE_ED25519) {
        /* The contract wants a point of the curve. */
        CLEANUP(ed25519_keypair_free) struct ed25519_keypair pair = {0};
        make_pair("domain", "key", domain_id, &pair);
        memcpy(key.bytes, pair.public_key.bytes, ED25519_KEY_LEN);
    } else {
        for (size_t i = 0; i < domain_key_len(key.curve); i += SHA256_LEN)
            seed_of("domain", "key", (size_t)domain_id * 3 + i, key.bytes + i);
    }
    return key;
}

/* Its public key as shares have it: secp256k1 compressed. */
static struct keyshare share_of(uint64_t epoch_id, const struct keyset_domain *domain)
{
    struct keyshare share = {.id = {epoch_id, domain->domain_id, domain->attempt},
                             .curve = domain->key.curve};
    if (share.curve != CURVE_SECP256K1) {
        memcpy(share.public_key, domain->key.bytes, domain_key_len(share.curve));
        return share;
    }
    share.public_key[0] = domain->key.bytes[63] & 1 ? 0x03 : 0x02;
    memcpy(share.public_key + 1, domain->key.bytes, 32);
    return share;
}

void cast_keyshares(size_t account, const struct keyset *keyset, unsigned variant, struct keyshares *out)
{
    *out = (struct keyshares){0};
    for (size_t i = 0; i < keyset->count; i++) {
        const struct keyset_domain *domain = &keyset->domains[i];
        struct keyshare share = share_of(keyset->epoch_id, domain);
        uint8_t scalar[KEYSHARE_SCALAR_LEN];
        char what[64];
        snprintf(what, sizeof what, "%" PRIu64 " %" PRIu64 " %" PRIu64 " %u", keyset->epoch_id,
                 domain->domain_id, domain->attempt, variant);
        seed_of(cast()->accounts[account].name, what, 0, scalar);
        /* Both ends small: in range whatever the curve's byte order. */
        scalar[0] = 0;
        scalar[KEYSHARE_SCALAR_LEN - 1] = 0;
        must(keyshares_add(out, &share, scalar));
    }
}
