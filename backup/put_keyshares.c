#include "backup/backup.h"

#include "backup/node_request.h"
#include "backup/receipts.h"
#include "backup/secrets.h"
#include "common/os/file.h"
#include "common/os/random.h"
#include "common/receipt.h"
#include "common/seal.h"

/* What is sent, and the key it is sealed with. */
struct delivery {
    struct secret key;
    struct keyshares shares;
    struct bytes sealed; /* the body */
};

static void delivery_free(struct delivery *delivery)
{
    secret_free(&delivery->key);
    keyshares_free(&delivery->shares);
    bytes_free(&delivery->sealed);
}

result_t backup_seal_shares(const struct secret *key, const struct keyshares *shares, struct bytes *out)
{
    CLEANUP(secret_free) struct secret plain = {0};
    uint8_t nonce[SEAL_NONCE_LEN];
    TRY(keyshares_write(shares, &plain));
    TRY(random_bytes(nonce, sizeof nonce));
    return seal_transport(key, nonce, plain.data, plain.len, out);
}

/* With nothing to send it ends before it connects; backup-cli sends `[]`, which means nothing (wire.md 6.3). */
static result_t load_shares(const char *home_dir, const struct backup_secrets *secrets, struct keyshares *out,
                            struct error *err)
{
    struct error why = {0};
    result_t loaded = backup_find_shares(home_dir, &secrets->local_storage_key, out, &why);
    if (loaded == OUTCOME_OK)
        return loaded;
    return error_set(err, loaded == OUTCOME_STORE_NOT_FOUND ? OUTCOME_NOTHING_TO_SEND : loaded, "%s",
                     why.text);
}

/* A receipt for what we sent, from the node we sent it to. */
static result_t check_receipt(const struct receipt_signed *receipt, const struct node_peer *peer,
                              const struct delivery *delivery, struct error *err)
{
    CLEANUP(keyset_free) struct keyset keyset = {0};
    CLEANUP(receipt_free) struct receipt expected = {0};
    uint8_t body_sha256[SHA256_LEN];
    if (!ed25519_public_key_equal(&receipt->key, &peer->key))
        return error_set(err, OUTCOME_RECEIPT_INVALID,
                         "it is signed with another key than --mpc-node-p2p-key");
    sha256(delivery->sealed.data, delivery->sealed.len, body_sha256);
    if (!secret_equal(receipt->receipt.body_sha256, SHA256_LEN, body_sha256, SHA256_LEN))
        return error_set(err, OUTCOME_RECEIPT_INVALID, "it is for another body than was sent");
    TRY(keyshares_keyset(&delivery->shares, &keyset));
    TRY(receipt_describe(&keyset, &delivery->shares, &delivery->key, &expected));
    return receipt_check(&receipt->receipt, &expected, true, err);
}

static result_t read_receipt(const struct bytes *body, const struct node_peer *peer,
                             const struct delivery *delivery, struct receipt_signed *out, struct error *err)
{
    struct error why = {0};
    result_t result = receipt_read((const char *)body->data, body->len, out, &why);
    if (result == OUTCOME_OK)
        result = check_receipt(out, peer, delivery, &why);
    if (result != OUTCOME_RECEIPT_MALFORMED && result != OUTCOME_RECEIPT_INVALID)
        return result;
    return error_set(err, OUTCOME_RECEIPT_INVALID,
                     "the node answered 200, but its receipt does not hold: %s; do not rely on this delivery",
                     why.text);
}

/* A Rust node, and one of ours of before there were receipts, answers upstream's words. */
static result_t take_receipt(const char *home_dir, const struct bytes *body, const struct node_peer *peer,
                             const struct delivery *delivery, struct report *report, struct error *err)
{
    CLEANUP(receipt_signed_free) struct receipt_signed receipt = {0};
    CLEANUP(free_text) char *path = NULL;
    if (body->len == 0 || body->data[0] != '{')
        return report_line(report, "the node gives no receipts");
    TRY(read_receipt(body, peer, delivery, &receipt, err));
    TRY(report_u64(report, "receipt_number", receipt.receipt.number));
    result_t kept = receipts_keep(home_dir, body, &path, err);
    if (kept != OUTCOME_OK)
        return error_prefix(err, kept, "the node took the key shares, but its receipt cannot be kept");
    TRY(report_text(report, "receipt", path));
    return report_line(report, "its receipt, number %llu, holds and is kept as %s",
                       (unsigned long long)receipt.receipt.number, path);
}

result_t backup_put_keyshares(const struct options *options, struct report *report, struct error *err)
{
    const char *home_dir = option_text(options, BACKUP_HOME_DIR);
    CLEANUP(backup_secrets_free) struct backup_secrets secrets = {0};
    CLEANUP(delivery_free) struct delivery delivery = {0};
    CLEANUP(bytes_free) struct bytes request = {0};
    CLEANUP(http_response_free) struct http_response response = {0};
    struct node_peer peer;
    TRY(backup_secrets_load(home_dir, &secrets, err));
    TRY(load_shares(home_dir, &secrets, &delivery.shares, err));
    TRY(backup_report_shares(report, &delivery.shares));
    TRY(node_peer_from_options(options, &secrets.p2p, &peer, err));
    TRY(backup_encryption_key(options, &delivery.key, err));
    TRY(backup_seal_shares(&delivery.key, &delivery.shares, &delivery.sealed));
    TRY(node_request_set_keyshares(&delivery.sealed, &request));
    TRY(node_request_report(report, &response, node_request(&peer, &request, &response, err)));
    TRY(report_line(report, "the node took the key shares"));
    return take_receipt(home_dir, &response.body, &peer, &delivery, report, err);
}
