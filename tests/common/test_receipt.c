#include <stdio.h>
#include <stdlib.h>

#include "common/encoding.h"
#include "common/receipt.h"
#include "common/seal.h"
#include "tests/support/samples.h"
#include "tests/support/support.h"

static struct bytes document;
static struct ed25519_keypair signer;
static struct secret backup_key;
static struct error err;

/* The value of a line `NAME = VALUE` of docs/receipts.md; the caller's. */
static char *vector(const char *name)
{
    CLEANUP(bytes_free) struct bytes line = {0};
    ck_assert_ok(bytes_append_format(&line, "\n%s = ", name));
    const char *at = strstr((const char *)document.data, (const char *)line.data);
    ck_assert_msg(at != NULL, "docs/receipts.md has no %s", name);
    at += line.len;
    return strndup(at, strcspn(at, "\n"));
}

static void free_vector(char **text)
{
    free(*text);
}

#define VECTOR(variable, name) CLEANUP(free_vector) char *variable = vector(name)

static void read_document(void)
{
    char path[512], piece[4096];
    const char *top = getenv("top_srcdir");
    snprintf(path, sizeof path, "%s/docs/receipts.md", top ? top : ".");
    FILE *file = fopen(path, "r");
    ck_assert_msg(file != NULL, "cannot read %s", path);
    for (size_t len; (len = fread(piece, 1, sizeof piece, file)) > 0;)
        ck_assert_ok(bytes_append(&document, piece, len));
    fclose(file);
}

static void setup(void)
{
    uint8_t bytes[32];
    read_document();
    VECTOR(seed, "seed");
    VECTOR(key, "backup_key");
    ck_assert_ok(hex_decode(seed, strlen(seed), bytes, sizeof bytes));
    ck_assert_ok(ed25519_keypair_from_seed(bytes, &signer));
    ck_assert_ok(hex_decode(key, strlen(key), bytes, sizeof bytes));
    ck_assert_ok(secret_copy(&backup_key, bytes, sizeof bytes));
}

static void teardown(void)
{
    bytes_free(&document);
    ed25519_keypair_free(&signer);
    secret_free(&backup_key);
}

static void read_shares(struct keyshares *out)
{
    VECTOR(sent, "sent");
    ck_assert_ok_err(keyshares_parse(sent, strlen(sent), out, &err), err);
}

/* The receipt for the vectors' shares in this body, before it has a number. */
static void describe(const char *body, uint64_t durable_at_ms, struct receipt *out)
{
    CLEANUP(keyshares_free) struct keyshares shares = {0};
    CLEANUP(keyset_free) struct keyset keyset = {0};
    read_shares(&shares);
    ck_assert_ok(keyshares_keyset(&shares, &keyset));
    ck_assert_ok(receipt_describe(&keyset, &shares, &backup_key, out));
    sha256(body, strlen(body), out->body_sha256);
    out->durable_at_ms = durable_at_ms;
}

static void read_envelope(const char *name, struct receipt_signed *out)
{
    VECTOR(envelope, name);
    ck_assert_ok_err(receipt_read(envelope, strlen(envelope), out, &err), err);
}

static void assert_hash(const uint8_t hash[SHA256_LEN], const char *name)
{
    VECTOR(expected, name);
    char text[2 * SHA256_LEN + 1] = {0};
    hex_encode(hash, SHA256_LEN, text);
    ck_assert_str_eq(text, expected);
}

START_TEST(the_vectors_receipts_are_made_to_the_byte)
{
    CLEANUP(receipt_free) struct receipt first = {0}, second = {0};
    CLEANUP(receipt_signed_free) struct receipt_signed before = {0};
    CLEANUP(bytes_free) struct bytes made = {0};
    VECTOR(body1, "body1");
    VECTOR(body2, "body2");
    VECTOR(envelope1, "envelope1");
    VECTOR(envelope2, "envelope2");
    describe(body1, 1767225600000, &first);
    ck_assert_ok(receipt_issue(&first, NULL, &signer, &made));
    ck_assert_str_eq((char *)made.data, envelope1);
    ck_assert_ok_err(receipt_read(envelope1, strlen(envelope1), &before, &err), err);
    bytes_clear(&made);
    describe(body2, 1767225600123, &second);
    ck_assert_ok(receipt_issue(&second, &before, &signer, &made));
    ck_assert_str_eq((char *)made.data, envelope2);
}
END_TEST

START_TEST(the_vectors_are_what_the_document_says_of_them)
{
    CLEANUP(keyshares_free) struct keyshares shares = {0};
    CLEANUP(keyset_free) struct keyset keyset = {0};
    CLEANUP(secret_free) struct secret canonical = {0}, plain = {0};
    CLEANUP(bytes_free) struct bytes text = {0};
    CLEANUP(receipt_signed_free) struct receipt_signed receipt = {0};
    VECTOR(body1, "body1");
    VECTOR(sent, "sent");
    VECTOR(expected, "canonical");
    VECTOR(expected_keyset, "keyset");
    VECTOR(public_key, "public_key");
    VECTOR(receipt1, "receipt1");
    VECTOR(envelope1, "envelope1");
    ck_assert_ok_err(unseal_transport(&backup_key, body1, strlen(body1), &plain, &err), err);
    ck_assert_uint_eq(plain.len, strlen(sent));
    ck_assert_mem_eq(plain.data, sent, plain.len);
    read_shares(&shares);
    ck_assert_ok(keyshares_write_canonical(&shares, &canonical));
    ck_assert_uint_eq(canonical.len, strlen(expected));
    ck_assert_mem_eq(canonical.data, expected, canonical.len);
    ck_assert_ok(keyshares_keyset(&shares, &keyset));
    ck_assert_ok(keyset_write(&keyset, &text));
    ck_assert_str_eq((char *)text.data, expected_keyset);
    read_envelope("envelope1", &receipt);
    char key_text[ED25519_KEY_TEXT_MAX];
    ed25519_public_key_format(&receipt.key, key_text);
    ck_assert_str_eq(key_text, public_key);
    ck_assert_text_has(envelope1, receipt1);
    assert_hash(receipt.hash, "hash1");
}
END_TEST

START_TEST(the_second_receipt_follows_the_first)
{
    CLEANUP(receipt_signed_free) struct receipt_signed first = {0}, second = {0};
    read_envelope("envelope1", &first);
    read_envelope("envelope2", &second);
    ck_assert_int_eq(receipt_link(&first, &second), RECEIPT_LINKED);
    ck_assert_int_eq(receipt_link(&first, &first), RECEIPT_SAME);
    assert_hash(second.receipt.previous, "hash1");
    second.receipt.number = 3;
    ck_assert_int_eq(receipt_link(&first, &second), RECEIPT_APART);
    second.receipt.number = 1;
    ck_assert_int_eq(receipt_link(&first, &second), RECEIPT_CONTRADICTS);
    second.receipt.number = 2;
    second.receipt.previous[31] ^= 1;
    ck_assert_int_eq(receipt_link(&first, &second), RECEIPT_CONTRADICTS);
}
END_TEST

START_TEST(the_digest_depends_on_shares_and_key_and_not_on_their_order)
{
    CLEANUP(keyset_free) struct keyset keyset = {0};
    CLEANUP(keyshares_free) struct keyshares shares = {0}, turned = {0};
    CLEANUP(secret_free) struct secret other_key = {0};
    uint8_t digest[SHA256_LEN], again[SHA256_LEN];
    sample_keyset(5, 5, &keyset);
    sample_keyshares(&keyset, 1, &shares);
    for (size_t i = shares.count; i-- > 0;)
        ck_assert_ok(keyshares_add(&turned, &shares.items[i], keyshare_scalar(&shares, i)));
    ck_assert_ok(receipt_shares_hmac(&backup_key, &shares, digest));
    ck_assert_ok(receipt_shares_hmac(&backup_key, &turned, again));
    ck_assert_mem_eq(digest, again, sizeof digest);
    turned.scalars.data[31] ^= 1;
    ck_assert_ok(receipt_shares_hmac(&backup_key, &turned, again));
    ck_assert_mem_ne(digest, again, sizeof digest);
    ck_assert_ok(secret_copy(&other_key, backup_key.data, backup_key.len));
    other_key.data[0] ^= 1;
    ck_assert_ok(receipt_shares_hmac(&other_key, &shares, again));
    ck_assert_mem_ne(digest, again, sizeof digest);
}
END_TEST

START_TEST(the_order_of_a_keysets_domains_does_not_change_what_it_is)
{
    CLEANUP(keyset_free) struct keyset keyset = {0}, turned = {0};
    CLEANUP(keyshares_free) struct keyshares shares = {0};
    CLEANUP(receipt_free) struct receipt one = {0}, other = {0};
    sample_keyset(5, 4, &keyset);
    sample_keyset_copy(&keyset, &turned);
    sample_keyshares(&keyset, 1, &shares);
    for (size_t i = 0; i < keyset.count; i++)
        turned.domains[i] = keyset.domains[keyset.count - 1 - i];
    ck_assert_ok(receipt_describe(&keyset, &shares, &backup_key, &one));
    ck_assert_ok(receipt_describe(&turned, &shares, &backup_key, &other));
    ck_assert_ok_err(receipt_check(&one, &other, true, &err), err);
}
END_TEST

START_TEST(a_receipt_for_something_else_is_told_by_what_differs)
{
    CLEANUP(keyset_free) struct keyset keyset = {0}, other = {0};
    CLEANUP(keyshares_free) struct keyshares shares = {0}, wrong = {0};
    CLEANUP(receipt_free) struct receipt expected = {0};
    sample_keyset(5, 3, &keyset);
    sample_keyshares(&keyset, 1, &shares);
    sample_keyshares(&keyset, 2, &wrong);
    ck_assert_ok(receipt_describe(&keyset, &shares, &backup_key, &expected));
    for (int i = 0; i < 4; i++) {
        static const char *const words[] = {"for epoch 6", "other domains", "another keyset", "digest"};
        CLEANUP(receipt_free) struct receipt receipt = {0};
        sample_keyset_copy(&keyset, &other);
        other.epoch_id += i == 0;
        other.count -= i == 1;
        other.domains[0].attempt += i == 2;
        ck_assert_ok(receipt_describe(&other, i == 3 ? &wrong : &shares, &backup_key, &receipt));
        ck_assert_outcome(receipt_check(&receipt, &expected, true, &err), OUTCOME_RECEIPT_INVALID);
        ck_assert_text_has(err.text, words[i]);
        if (i == 3)
            ck_assert_ok(receipt_check(&receipt, &expected, false, &err));
        keyset_free(&other);
    }
}
END_TEST

START_TEST(a_receipt_of_every_domain_there_may_be_is_within_its_limit)
{
    CLEANUP(receipt_free) struct receipt receipt = {.epoch_id = UINT64_MAX, .count = KEYSET_DOMAINS_MAX};
    CLEANUP(receipt_signed_free) struct receipt_signed back = {0};
    CLEANUP(bytes_free) struct bytes made = {0};
    receipt.domains = calloc(receipt.count, sizeof *receipt.domains);
    for (size_t i = 0; i < receipt.count; i++)
        receipt.domains[i] = UINT64_MAX - receipt.count + 1 + i;
    receipt.durable_at_ms = UINT64_MAX;
    const struct receipt_signed before = {.receipt = {.number = UINT64_MAX - 1}};
    ck_assert_ok(receipt_issue(&receipt, &before, &signer, &made));
    ck_assert_uint_le(made.len, RECEIPT_BYTES_MAX);
    ck_assert_ok_err(receipt_read((char *)made.data, made.len, &back, &err), err);
    ck_assert_uint_eq(back.receipt.number, UINT64_MAX);
    ck_assert_uint_eq(back.receipt.domains[KEYSET_DOMAINS_MAX - 1], UINT64_MAX);
}
END_TEST

/* The first vector with `from` replaced by `to` wherever it stands. */
static result_t read_changed(const char *from, const char *to)
{
    CLEANUP(bytes_free) struct bytes text = {0};
    CLEANUP(receipt_signed_free) struct receipt_signed out = {0};
    VECTOR(envelope, "envelope1");
    const char *at = strstr(envelope, from);
    ck_assert_msg(at != NULL, "%s", from);
    ck_assert_ok(bytes_append(&text, envelope, (size_t)(at - envelope)));
    ck_assert_ok(bytes_append_text(&text, to));
    ck_assert_ok(bytes_append_text(&text, at + strlen(from)));
    result_t result = receipt_read((char *)text.data, text.len, &out, &err);
    ck_assert_msg(result == OUTCOME_OK || (err.text[0] && !out.receipt.domains), "%s", to);
    return result;
}

START_TEST(what_was_changed_is_not_what_was_signed)
{
    static const struct {
        const char *from;
        const char *to;
    } changes[] = {
        {"\"epoch_id\":5", "\"epoch_id\":6"},
        {"[0,3]", "[0,4]"},
        {"\"keyset_sha256\":\"0", "\"keyset_sha256\":\"1"},
        {"\"shares_hmac\":\"d", "\"shares_hmac\":\"e"},
        {"\"body_sha256\":\"c", "\"body_sha256\":\"d"},
        {"\"durable_at_ms\":1", "\"durable_at_ms\":2"},
        {"\"number\":1", "\"number\":2"},
        {"\"ed25519:D", "\"ed25519:E"},
        {"\"signature\":\"ed25519:4z", "\"signature\":\"ed25519:4y"},
    };
    for (size_t i = 0; i < ARRAY_LEN(changes); i++)
        ck_assert_outcome(read_changed(changes[i].from, changes[i].to), OUTCOME_RECEIPT_INVALID);
}
END_TEST

START_TEST(every_other_spelling_is_refused)
{
    static const struct {
        const char *from;
        const char *to;
    } changes[] = {
        {"{\"receipt\"", " {\"receipt\""},
        {"\"number\":1,", "\"number\": 1,"},
        {"\"number\":1,", ""},
        {"\"number\":1,", "\"number\":0,"},
        {"\"number\":1,", "\"number\":1,\"more\":0,"},
        {"\"number\":1,", "\"number\":\"1\","},
        {"\"number\":1,\"epoch_id\":5", "\"epoch_id\":5,\"number\":1"},
        {"\"epoch_id\":5", "\"epoch_id\":5.0"},
        {"\"epoch_id\":5", "\"epoch_id\":18446744073709551616"},
        {"[0,3]", "[3,0]"},
        {"[0,3]", "[0,0]"},
        {"[0,3]", "[]"},
        {"[0,3]", "[0,-3]"},
        {"[0,3]", "{}"},
        {"\"count\":2", "\"count\":3"},
        {"\"shares_hmac\":\"d", "\"shares_hmac\":\"D"},
        {"\"shares_hmac\":\"d", "\"shares_hmac\":\""},
        {"\"shares_hmac\":\"d", "\"shares_hmac\":\"\\u0064"},
        {"\"previous\":\"0", "\"previous\":\"1"},
        {"\"public_key\":\"ed25519:", "\"public_key\":\""},
        {"\"signature\":\"ed25519:", "\"signature\":\"ed25519:1"},
        {"\"signature\":\"ed25519:", "\"signature\":\"ed25519:0"},
        {"\"public_key\"", "\"signature\""},
        {"{\"receipt\":{", "{\"receipt\":[{"},
    };
    for (size_t i = 0; i < ARRAY_LEN(changes); i++)
        ck_assert_msg(read_changed(changes[i].from, changes[i].to) == OUTCOME_RECEIPT_MALFORMED, "%s: %s",
                      changes[i].to, err.text);
}
END_TEST

START_TEST(a_cut_or_empty_text_is_no_receipt)
{
    VECTOR(envelope, "envelope1");
    CLEANUP(receipt_signed_free) struct receipt_signed out = {0};
    for (size_t len = 0; len < strlen(envelope); len++)
        ck_assert_outcome(receipt_read(envelope, len, &out, &err), OUTCOME_RECEIPT_MALFORMED);
}
END_TEST

int main(void)
{
    SUITE_WITH_CASE(suite, tcase, "common/receipt");
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, the_vectors_receipts_are_made_to_the_byte);
    tcase_add_test(tcase, the_vectors_are_what_the_document_says_of_them);
    tcase_add_test(tcase, the_second_receipt_follows_the_first);
    tcase_add_test(tcase, the_digest_depends_on_shares_and_key_and_not_on_their_order);
    tcase_add_test(tcase, the_order_of_a_keysets_domains_does_not_change_what_it_is);
    tcase_add_test(tcase, a_receipt_for_something_else_is_told_by_what_differs);
    tcase_add_test(tcase, a_receipt_of_every_domain_there_may_be_is_within_its_limit);
    tcase_add_test(tcase, what_was_changed_is_not_what_was_signed);
    tcase_add_test(tcase, every_other_spelling_is_refused);
    tcase_add_test(tcase, a_cut_or_empty_text_is_no_receipt);
    return run_suite(suite);
}
