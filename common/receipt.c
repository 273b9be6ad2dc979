#include "common/receipt.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "common/encoding.h"
#include "common/json.h"

/* Names the key that digests of shares are made with, and keeps it apart from what else the backup encryption
 * key may be used for. */
#define DIGEST_KEY_LABEL "mpc-receipt/1 digest of key shares"

static const struct json_limits receipt_limits = {
    .bytes_max = RECEIPT_BYTES_MAX, .depth_max = 3, .nodes_max = KEYSET_DOMAINS_MAX + 128};

result_t receipt_shares_hmac(const struct secret *backup_key, const struct keyshares *shares,
                             uint8_t out[SHA256_LEN])
{
    CLEANUP(secret_free) struct secret key = {0};
    CLEANUP(secret_free) struct secret canonical = {0};
    TRY(secret_make(&key, SHA256_LEN));
    TRY(hmac_sha256(backup_key, DIGEST_KEY_LABEL, sizeof DIGEST_KEY_LABEL - 1, key.data));
    TRY(keyshares_write_canonical(shares, &canonical));
    return hmac_sha256(&key, canonical.data, canonical.len, out);
}

/* The order of domains is no part of which keyset it is: the receiver of a receipt knows the shares alone, and
 * has to come to the same hash. */
static result_t keyset_hash(const struct keyset *keyset, const struct id_index *order,
                            uint8_t out[SHA256_LEN])
{
    CLEANUP(keyset_free) struct keyset sorted = {.epoch_id = keyset->epoch_id, .count = keyset->count};
    CLEANUP(bytes_free) struct bytes text = {0};
    sorted.domains = calloc(keyset->count ? keyset->count : 1, sizeof *sorted.domains);
    if (!sorted.domains)
        return OUTCOME_NO_MEMORY;
    for (size_t i = 0; i < order->count; i++)
        sorted.domains[i] = keyset->domains[order->entries[i].at];
    TRY(keyset_write(&sorted, &text));
    sha256(text.data, text.len, out);
    return OUTCOME_OK;
}

static result_t set_domains(const struct id_index *order, struct receipt *out)
{
    out->domains = calloc(order->count ? order->count : 1, sizeof *out->domains);
    if (!out->domains)
        return OUTCOME_NO_MEMORY;
    out->count = order->count;
    for (size_t i = 0; i < order->count; i++)
        out->domains[i] = order->entries[i].id;
    return OUTCOME_OK;
}

result_t receipt_describe(const struct keyset *keyset, const struct keyshares *shares,
                          const struct secret *backup_key, struct receipt *out)
{
    CLEANUP(id_index_free) struct id_index order = {0};
    CLEANUP(receipt_free) struct receipt receipt = {.epoch_id = keyset->epoch_id};
    *out = (struct receipt){0};
    TRY(keyset_index(keyset, &order));
    TRY(set_domains(&order, &receipt));
    TRY(keyset_hash(keyset, &order, receipt.keyset_sha256));
    if (backup_key)
        TRY(receipt_shares_hmac(backup_key, shares, receipt.shares_hmac));
    *out = receipt;
    receipt = (struct receipt){0};
    return OUTCOME_OK;
}

static result_t write_hash(const char *name, const uint8_t hash[SHA256_LEN], struct bytes *out)
{
    char text[2 * SHA256_LEN];
    hex_encode(hash, SHA256_LEN, text);
    return bytes_append_format(out, ",\"%s\":\"%.*s\"", name, (int)sizeof text, text);
}

static result_t receipt_write(const struct receipt *receipt, struct bytes *out)
{
    TRY(bytes_append_format(out, "{\"number\":%" PRIu64 ",\"epoch_id\":%" PRIu64, receipt->number,
                            receipt->epoch_id));
    TRY(write_hash("keyset_sha256", receipt->keyset_sha256, out));
    TRY(bytes_append_text(out, ",\"domains\":["));
    for (size_t i = 0; i < receipt->count; i++)
        TRY(bytes_append_format(out, "%s%" PRIu64, i ? "," : "", receipt->domains[i]));
    TRY(bytes_append_format(out, "],\"count\":%zu", receipt->count));
    TRY(write_hash("shares_hmac", receipt->shares_hmac, out));
    TRY(write_hash("body_sha256", receipt->body_sha256, out));
    TRY(write_hash("previous", receipt->previous, out));
    return bytes_append_format(out, ",\"durable_at_ms\":%" PRIu64 "}", receipt->durable_at_ms);
}

/* What is signed and hashed; the context's NUL keeps its bytes apart from anything else under this key. */
static result_t receipt_message(const struct receipt *receipt, struct bytes *out)
{
    TRY(bytes_append(out, RECEIPT_CONTEXT, sizeof RECEIPT_CONTEXT));
    return receipt_write(receipt, out);
}

/* Around the signed bytes without their context. */
static result_t envelope_write(const struct bytes *message, const struct ed25519_public_key *key,
                               const struct ed25519_signature *signature, struct bytes *out)
{
    char key_text[ED25519_KEY_TEXT_MAX];
    char signature_text[ED25519_SIGNATURE_TEXT_MAX];
    ed25519_public_key_format(key, key_text);
    ed25519_signature_format(signature, signature_text, sizeof signature_text);
    TRY(bytes_append_text(out, "{\"receipt\":"));
    TRY(bytes_append(out, message->data + sizeof RECEIPT_CONTEXT, message->len - sizeof RECEIPT_CONTEXT));
    return bytes_append_format(out, ",\"public_key\":\"%s\",\"signature\":\"%s\"}", key_text, signature_text);
}

result_t receipt_issue(struct receipt *receipt, const struct receipt_signed *before,
                       const struct ed25519_keypair *signer, struct bytes *out)
{
    CLEANUP(bytes_free) struct bytes message = {0};
    struct ed25519_signature signature;
    receipt->number = before ? before->receipt.number + 1 : 1;
    memset(receipt->previous, 0, sizeof receipt->previous);
    if (before)
        memcpy(receipt->previous, before->hash, sizeof receipt->previous);
    TRY(receipt_message(receipt, &message));
    TRY(ed25519_sign(signer, message.data, message.len, &signature));
    return envelope_write(&message, &signer->public_key, &signature, out);
}

static result_t malformed(struct error *err, const char *what)
{
    return error_set(err, OUTCOME_RECEIPT_MALFORMED, "receipt: %s", what);
}

static result_t read_hash(struct json_object *value, const char *name, uint8_t out[SHA256_LEN],
                          struct error *err)
{
    const char *text;
    size_t len;
    TRY(json_member_text(value, name, &text, &len, OUTCOME_RECEIPT_MALFORMED, "receipt", err));
    if (hex_decode(text, len, out, SHA256_LEN) != OUTCOME_OK)
        return error_set(err, OUTCOME_RECEIPT_MALFORMED, "receipt.%s: 64 hex digits expected", name);
    return OUTCOME_OK;
}

static result_t read_domains(struct json_object *value, struct receipt *out, struct error *err)
{
    struct json_object *array;
    TRY(json_member(value, "domains", json_type_array, &array, OUTCOME_RECEIPT_MALFORMED, "receipt", err));
    size_t count = json_object_array_length(array);
    if (count == 0 || count > KEYSET_DOMAINS_MAX)
        return error_set(err, OUTCOME_RECEIPT_MALFORMED, "receipt.domains: 1 to %d ids expected",
                         KEYSET_DOMAINS_MAX);
    out->domains = calloc(count, sizeof *out->domains);
    if (!out->domains)
        return OUTCOME_NO_MEMORY;
    for (; out->count < count; out->count++) {
        uint64_t *id = &out->domains[out->count];
        if (!json_is_u64(json_object_array_get_idx(array, out->count), id) ||
            (out->count > 0 && id[0] <= id[-1]))
            return malformed(err, "domains: ascending ids expected");
    }
    return OUTCOME_OK;
}

static result_t read_receipt(struct json_object *value, struct receipt *out, struct error *err)
{
    static const uint8_t nothing[SHA256_LEN];
    const result_t code = OUTCOME_RECEIPT_MALFORMED;
    TRY(json_member_u64(value, "number", &out->number, code, "receipt", err));
    TRY(json_member_u64(value, "epoch_id", &out->epoch_id, code, "receipt", err));
    TRY(read_hash(value, "keyset_sha256", out->keyset_sha256, err));
    TRY(read_domains(value, out, err));
    TRY(read_hash(value, "shares_hmac", out->shares_hmac, err));
    TRY(read_hash(value, "body_sha256", out->body_sha256, err));
    TRY(read_hash(value, "previous", out->previous, err));
    TRY(json_member_u64(value, "durable_at_ms", &out->durable_at_ms, code, "receipt", err));
    if (out->number == 0)
        return malformed(err, "number: the first one is 1");
    if (out->number == 1 && memcmp(out->previous, nothing, sizeof nothing) != 0)
        return malformed(err, "previous: the first one has none before it");
    return OUTCOME_OK;
}

static result_t read_key_and_signature(struct json_object *value, struct receipt_signed *out,
                                       struct error *err)
{
    const result_t code = OUTCOME_RECEIPT_MALFORMED;
    struct error why = {0};
    const char *text;
    size_t len;
    TRY(json_member_text(value, "public_key", &text, &len, code, "the envelope", err));
    if (ed25519_public_key_parse(text, len, &out->key, &why) != OUTCOME_OK)
        return error_set(err, code, "public_key: %s", why.text);
    TRY(json_member_text(value, "signature", &text, &len, code, "the envelope", err));
    if (ed25519_signature_parse(text, len, &out->signature, &why) != OUTCOME_OK)
        return error_set(err, code, "signature: %s", why.text);
    return OUTCOME_OK;
}

static result_t read_envelope(const char *text, size_t len, struct receipt_signed *out, struct error *err)
{
    CLEANUP(json_put_ptr) struct json_object *value = NULL;
    struct json_object *receipt;
    struct error why = {0};
    result_t parsed = json_parse(text, len, &receipt_limits, &value, &why);
    if (parsed == OUTCOME_NO_MEMORY)
        return parsed;
    if (parsed != OUTCOME_OK)
        return malformed(err, why.text);
    TRY(json_member(value, "receipt", json_type_object, &receipt, OUTCOME_RECEIPT_MALFORMED, "the envelope",
                    err));
    TRY(read_receipt(receipt, &out->receipt, err));
    return read_key_and_signature(value, out, err);
}

/* Written again it has to be the same bytes: no unknown member, other order, white space or escape. */
static result_t check_spelling(const struct receipt_signed *read, const struct bytes *message,
                               const char *text, size_t len, struct error *err)
{
    CLEANUP(bytes_free) struct bytes again = {0};
    TRY(envelope_write(message, &read->key, &read->signature, &again));
    if (again.len != len || memcmp(again.data, text, len) != 0)
        return malformed(err, "not in the one form that a receipt has (docs/receipts.md)");
    return OUTCOME_OK;
}

static result_t parse(const char *text, size_t len, struct receipt_signed *out, struct bytes *message,
                      struct error *err)
{
    CLEANUP(receipt_signed_free) struct receipt_signed read = {0};
    *out = (struct receipt_signed){0};
    TRY(read_envelope(text, len, &read, err));
    TRY(receipt_message(&read.receipt, message));
    TRY(check_spelling(&read, message, text, len, err));
    sha256(message->data, message->len, read.hash);
    *out = read;
    read = (struct receipt_signed){0};
    return OUTCOME_OK;
}

result_t receipt_parse(const char *text, size_t len, struct receipt_signed *out, struct error *err)
{
    CLEANUP(bytes_free) struct bytes message = {0};
    return parse(text, len, out, &message, err);
}

result_t receipt_read(const char *text, size_t len, struct receipt_signed *out, struct error *err)
{
    CLEANUP(receipt_signed_free) struct receipt_signed read = {0};
    CLEANUP(bytes_free) struct bytes message = {0};
    *out = (struct receipt_signed){0};
    TRY(parse(text, len, &read, &message, err));
    result_t verified = ed25519_verify(&read.key, message.data, message.len, &read.signature);
    if (verified == OUTCOME_NO_MEMORY)
        return verified;
    if (verified != OUTCOME_OK)
        return error_set(err, OUTCOME_RECEIPT_INVALID,
                         "receipt: the signature is not that of its public_key");
    *out = read;
    read = (struct receipt_signed){0};
    return OUTCOME_OK;
}

static bool hashes_differ(const uint8_t a[SHA256_LEN], const uint8_t b[SHA256_LEN])
{
    return memcmp(a, b, SHA256_LEN) != 0;
}

result_t receipt_check(const struct receipt *receipt, const struct receipt *expected, bool expect_digest,
                       struct error *err)
{
    if (receipt->epoch_id != expected->epoch_id)
        return error_set(err, OUTCOME_RECEIPT_INVALID,
                         "the receipt is for epoch %" PRIu64 ", the key shares are of epoch %" PRIu64,
                         receipt->epoch_id, expected->epoch_id);
    if (receipt->count != expected->count ||
        memcmp(receipt->domains, expected->domains, expected->count * sizeof *expected->domains) != 0)
        return error_set(err, OUTCOME_RECEIPT_INVALID,
                         "the receipt names other domains than the key shares have");
    if (hashes_differ(receipt->keyset_sha256, expected->keyset_sha256))
        return error_set(err, OUTCOME_RECEIPT_INVALID,
                         "the receipt is for another keyset of epoch %" PRIu64 " than the key shares",
                         receipt->epoch_id);
    if (expect_digest && hashes_differ(receipt->shares_hmac, expected->shares_hmac))
        return error_set(
            err, OUTCOME_RECEIPT_INVALID,
            "the receipt's digest is not that of the key shares: they are others, or the node had "
            "another backup encryption key");
    return OUTCOME_OK;
}

enum receipt_link receipt_link(const struct receipt_signed *before, const struct receipt_signed *after)
{
    if (before->receipt.number == after->receipt.number)
        return hashes_differ(before->hash, after->hash) ? RECEIPT_CONTRADICTS : RECEIPT_SAME;
    if (before->receipt.number + 1 != after->receipt.number)
        return RECEIPT_APART;
    return hashes_differ(before->hash, after->receipt.previous) ? RECEIPT_CONTRADICTS : RECEIPT_LINKED;
}

void receipt_free(struct receipt *receipt)
{
    if (!receipt)
        return;
    free(receipt->domains);
    *receipt = (struct receipt){0};
}

void receipt_signed_free(struct receipt_signed *receipt)
{
    if (receipt)
        receipt_free(&receipt->receipt);
}
