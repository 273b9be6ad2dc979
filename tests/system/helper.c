/* What the system tests ask of our own code where a shell has no words for it: the text of keys,
 * certificates, key shares for a keyset, sealed bodies. Results on stdout; exit code 1 says that the
 * input was not what it should be.
 *
 *   helper key SEED             the public key of a seed in hex, ed25519:...
 *   helper public HEX           the text of a public key
 *   helper raw KEY              the hex of a public key's text
 *   helper pem SEED             near/mpc's certificate of a seed, and its private key
 *   helper keyset               the keyset in a `state` view on stdin, every digit kept
 *   helper shares NUMBER        key shares for a keyset on stdin; another number, other scalars
 *   helper seal KEY             what is on stdin as the body of a request or a response
 *   helper unseal KEY           the other way
 *   helper txs COUNT            as many signed transactions in base64, one a line: alice.near registers one
 *                               backup key after the other, with the key of seed 01..01 and the nonces
 *                               1, 2, ..; the hash of the block to bind them to is on stdin */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/contract_view.h"
#include "common/encoding.h"
#include "common/keyshare.h"
#include "common/mpc_cert.h"
#include "common/near_tx.h"
#include "common/os/random.h"
#include "common/seal.h"
#include "tests/support/pem.h"

#define INPUT_MAX (32u << 20)

static result_t read_input(struct bytes *out)
{
    char piece[65536];
    size_t got;
    while ((got = fread(piece, 1, sizeof piece, stdin)) > 0 && out->len < INPUT_MAX)
        TRY(bytes_append(out, piece, got));
    return OUTCOME_OK;
}

static result_t print_key(const struct ed25519_public_key *key)
{
    char text[ED25519_KEY_TEXT_MAX];
    ed25519_public_key_format(key, text);
    puts(text);
    return OUTCOME_OK;
}

static result_t helper_key(const char *argument)
{
    uint8_t seed[ED25519_KEY_LEN];
    CLEANUP(ed25519_keypair_free) struct ed25519_keypair pair = {0};
    TRY(hex_decode(argument, strlen(argument), seed, sizeof seed));
    TRY(ed25519_keypair_from_seed(seed, &pair));
    return print_key(&pair.public_key);
}

static result_t helper_public(const char *argument)
{
    struct ed25519_public_key key;
    TRY(hex_decode(argument, strlen(argument), key.bytes, sizeof key.bytes));
    return print_key(&key);
}

static result_t helper_raw(const char *argument)
{
    struct error err;
    struct ed25519_public_key key;
    char text[2 * ED25519_KEY_LEN + 1] = "";
    TRY(ed25519_public_key_parse(argument, strlen(argument), &key, &err));
    hex_encode(key.bytes, sizeof key.bytes, text);
    puts(text);
    return OUTCOME_OK;
}

static result_t helper_pem(const char *argument)
{
    uint8_t seed[ED25519_KEY_LEN], cert[MPC_CERT_LEN_MAX], key[MPC_PKCS8_V1_LEN];
    size_t cert_len;
    CLEANUP(ed25519_keypair_free) struct ed25519_keypair pair = {0};
    CLEANUP(bytes_free) struct bytes pem = {0};
    TRY(hex_decode(argument, strlen(argument), seed, sizeof seed));
    TRY(ed25519_keypair_from_seed(seed, &pair));
    TRY(mpc_cert_make_peer(&pair.public_key, cert, &cert_len));
    mpc_key_pkcs8_v1(seed, key);
    TRY(pem_append("CERTIFICATE", cert, cert_len, &pem));
    TRY(pem_append("PRIVATE KEY", key, sizeof key, &pem));
    fputs((const char *)pem.data, stdout);
    return OUTCOME_OK;
}

static result_t helper_keyset(const char *argument)
{
    (void)argument;
    struct error err;
    CLEANUP(bytes_free) struct bytes input = {0};
    CLEANUP(bytes_free) struct bytes out = {0};
    CLEANUP(protocol_view_free) struct protocol_view view = {0};
    TRY(read_input(&input));
    TRY(protocol_view_parse((const char *)input.data, input.len, &view, &err));
    TRY(keyset_write(&view.keyset, &out));
    fwrite(out.data, 1, out.len, stdout);
    return OUTCOME_OK;
}

/* Both ends of the scalar stay 0, so that it is in range whatever the curve's byte order. */
static result_t add_share(const struct keyset *keyset, size_t i, uint8_t number, struct keyshares *out)
{
    const struct keyset_domain *domain = &keyset->domains[i];
    const uint8_t *key = domain->key.bytes;
    uint8_t scalar[KEYSHARE_SCALAR_LEN] = {0, number, (uint8_t)i};
    struct keyshare share = {.id = {keyset->epoch_id, domain->domain_id, domain->attempt},
                             .curve = domain->key.curve};
    if (share.curve == CURVE_SECP256K1) {
        share.public_key[0] = key[63] & 1 ? 0x03 : 0x02; /* SEC 1: compressed, by the parity of y */
        memcpy(share.public_key + 1, key, 32);
    } else {
        memcpy(share.public_key, key, domain_key_len(share.curve));
    }
    return keyshares_add(out, &share, scalar);
}

static result_t helper_shares(const char *argument)
{
    struct error err;
    CLEANUP(bytes_free) struct bytes input = {0};
    CLEANUP(keyset_free) struct keyset keyset = {0};
    CLEANUP(keyshares_free) struct keyshares shares = {0};
    CLEANUP(secret_free) struct secret out = {0};
    TRY(read_input(&input));
    TRY(keyset_parse((const char *)input.data, input.len, &keyset, &err));
    for (size_t i = 0; i < keyset.count; i++)
        TRY(add_share(&keyset, i, (uint8_t)strtoul(argument, NULL, 10), &shares));
    TRY(keyshares_write(&shares, &out));
    fwrite(out.data, 1, out.len, stdout);
    return OUTCOME_OK;
}

static result_t read_seal_key(const char *argument, struct secret *out)
{
    uint8_t key[SEAL_TRANSPORT_KEY_LEN];
    TRY(hex_decode(argument, strlen(argument), key, sizeof key));
    return secret_copy(out, key, sizeof key);
}

static result_t helper_seal(const char *argument)
{
    uint8_t nonce[SEAL_NONCE_LEN];
    CLEANUP(secret_free) struct secret key = {0};
    CLEANUP(bytes_free) struct bytes input = {0};
    CLEANUP(bytes_free) struct bytes out = {0};
    TRY(read_seal_key(argument, &key));
    TRY(read_input(&input));
    TRY(random_bytes(nonce, sizeof nonce));
    TRY(seal_transport(&key, nonce, input.data, input.len, &out));
    fwrite(out.data, 1, out.len, stdout);
    return OUTCOME_OK;
}

static result_t helper_unseal(const char *argument)
{
    struct error err;
    CLEANUP(secret_free) struct secret key = {0};
    CLEANUP(secret_free) struct secret out = {0};
    CLEANUP(bytes_free) struct bytes input = {0};
    TRY(read_seal_key(argument, &key));
    TRY(read_input(&input));
    TRY(unseal_transport(&key, (const char *)input.data, input.len, &out, &err));
    fwrite(out.data, 1, out.len, stdout);
    return OUTCOME_OK;
}

static result_t print_tx(const struct ed25519_keypair *pair, uint64_t nonce,
                         const uint8_t block_hash[SHA256_LEN])
{
    CLEANUP(near_tx_free) struct near_tx tx = {0};
    CLEANUP(bytes_free) struct bytes signed_tx = {0};
    CLEANUP(bytes_free) struct bytes base64 = {0};
    char key[ED25519_KEY_TEXT_MAX], args[ED25519_KEY_TEXT_MAX + 64];
    uint8_t hash[SHA256_LEN];
    struct ed25519_public_key backup = {.bytes = {1}};
    memcpy(backup.bytes + 1, &nonce, sizeof nonce);
    ed25519_public_key_format(&backup, key);
    int len = snprintf(args, sizeof args, "{\"backup_service_info\":{\"public_key\":\"%s\"}}", key);
    TRY(near_tx_function_call("alice.near", &pair->public_key, nonce, "v1.signer.test", block_hash,
                              "register_backup_service", args, (size_t)len, 300000000000000u,
                              (struct u128){.low = 1}, &tx));
    TRY(near_tx_sign(&tx, pair, &signed_tx, hash));
    TRY(base64_encode(signed_tx.data, signed_tx.len, &base64));
    puts((const char *)base64.data);
    return OUTCOME_OK;
}

static result_t helper_txs(const char *argument)
{
    uint8_t seed[ED25519_KEY_LEN], block_hash[SHA256_LEN];
    CLEANUP(ed25519_keypair_free) struct ed25519_keypair pair = {0};
    CLEANUP(bytes_free) struct bytes input = {0};
    memset(seed, 1, sizeof seed);
    TRY(ed25519_keypair_from_seed(seed, &pair));
    TRY(read_input(&input));
    TRY(hash_parse((const char *)input.data, input.len, block_hash));
    uint64_t count = strtoull(argument, NULL, 10);
    for (uint64_t nonce = 1; nonce <= count; nonce++)
        TRY(print_tx(&pair, nonce, block_hash));
    return OUTCOME_OK;
}

static const struct {
    const char *name;
    result_t (*run)(const char *argument);
} commands[] = {
    {"key", helper_key},   {"public", helper_public}, {"raw", helper_raw},
    {"pem", helper_pem},   {"keyset", helper_keyset}, {"shares", helper_shares},
    {"seal", helper_seal}, {"unseal", helper_unseal}, {"txs", helper_txs},
};

int main(int argc, char **argv)
{
    for (size_t i = 0; argc >= 2 && i < ARRAY_LEN(commands); i++) {
        if (strcmp(argv[1], commands[i].name) != 0)
            continue;
        result_t result = commands[i].run(argc > 2 ? argv[2] : "");
        if (result != OUTCOME_OK)
            fprintf(stderr, "%s: %s\n", argv[1], outcome_of(result)->text);
        return result != OUTCOME_OK;
    }
    fprintf(stderr, "usage: helper key|public|raw|pem|keyset|shares|seal|unseal|txs [ARGUMENT]\n");
    return 2;
}
