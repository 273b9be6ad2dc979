/* The texts of refusals: faults.def with its {words} filled in. */
#include "contract-sim/model/call.h"

#include <inttypes.h>
#include <string.h>

#include "common/encoding.h"
#include "contract-sim/model/guards.h"

static const struct {
    const char *path;
    const char *text;
} fault_table[FAULT_COUNT] = {
#define FAULT(id, path, text) [FAULT_##id] = {path, text},
#include "contract-sim/model/faults.def"
#undef FAULT
};

/* A Rust debug dump of a keyset may be as long as the keyset; readers match its
 * beginning only (contract.md 2.4). */
#define KEYSET_DUMP_DOMAINS_MAX 8

static result_t account_write(const struct call *call, handle_t account, struct bytes *out)
{
    return bytes_append_text(out, pool_text(call->pool, account));
}

static result_t number_write(struct u128 value, struct bytes *out)
{
    char text[U128_TEXT_MAX];
    u128_format(value, text);
    return bytes_append_text(out, text);
}

/* `PublicKey { data: [curve, bytes..] }` as the contract's Rust prints it;
 * curve 0 is ed25519, 1 secp256k1. */
static result_t key_write(const struct call *call, handle_t key, struct bytes *out)
{
    size_t len;
    const uint8_t *data = pool_data(call->pool, key, &len);
    TRY(bytes_append_format(out, "PublicKey { data: [%d", len == ED25519_KEY_LEN ? 0 : 1));
    for (size_t i = 0; i < len; i++)
        TRY(bytes_append_format(out, ", %u", data[i]));
    return bytes_append_text(out, "] }");
}

static result_t keyset_dump(const struct call *call, uint64_t epoch_id, handle_t keys, struct bytes *out)
{
    size_t count;
    const struct domain_key_entry *entries = key_entries_of(call->pool, keys, &count);
    TRY(bytes_append_format(out, "Keyset { epoch_id: EpochId(%" PRIu64 "), domains: [", epoch_id));
    for (size_t i = 0; i < count && i < KEYSET_DUMP_DOMAINS_MAX; i++) {
        size_t one;
        char key[DOMAIN_KEY_TEXT_MAX];
        domain_key_format_text(domain_keys_of(call->pool, entries[i].key, &one), key);
        TRY(bytes_append_format(out,
                                "%sKeyForDomain { domain_id: DomainId(%" PRIu64
                                "), key: %s, attempt: AttemptId(%" PRIu64 ") }",
                                i ? ", " : "", entries[i].domain_id, key, entries[i].attempt));
    }
    return bytes_append_text(out, count > KEYSET_DUMP_DOMAINS_MAX ? ", ..] }" : "] }");
}

static result_t hash_write(const struct call *call, handle_t hash, struct bytes *out)
{
    char text[2 * SHA256_LEN];
    size_t len;
    const uint8_t *data = pool_data(call->pool, hash, &len);
    hex_encode(data, SHA256_LEN, text);
    return bytes_append(out, text, sizeof text);
}

static result_t unattested_write(const struct call *call, struct bytes *out)
{
    size_t count;
    const struct member *members =
        members_of(call->pool, call->args.proposal.parameters.participants, &count);
    const char *separator = "";
    TRY(bytes_append_text(out, "["));
    for (size_t i = 0; i < count; i++) {
        if (tls_key_attested(call, members[i].tls_key))
            continue;
        TRY(bytes_append_format(out, "%sAccountId(\"%s\")", separator,
                                pool_text(call->pool, members[i].account)));
        separator = ", ";
    }
    return bytes_append_text(out, "]");
}

static result_t word_write(const struct call *call, const char *word, size_t len, struct bytes *out)
{
    const struct fault *fault = &call->fault;
#define IS(text) (len == sizeof(text) - 1 && memcmp(word, text, len) == 0)
    if (IS("method"))
        return bytes_append_text(out, call->method->name);
    if (IS("signer"))
        return account_write(call, call->signer, out);
    if (IS("predecessor"))
        return account_write(call, call->predecessor, out);
    if (IS("account"))
        return account_write(call, fault->account, out);
    if (IS("other"))
        return account_write(call, fault->other, out);
    if (IS("detail"))
        return account_write(call, fault->detail, out);
    if (IS("a"))
        return number_write(fault->a, out);
    if (IS("b"))
        return number_write(fault->b, out);
    if (IS("signer_key"))
        return key_write(call, call->signer_key, out);
    if (IS("key"))
        return key_write(call, fault->other, out);
    if (IS("hash"))
        return hash_write(call, fault->other, out);
    if (IS("found_keyset"))
        return keyset_dump(call, call->args.epoch_id, call->args.keys, out);
    if (IS("expected_keyset"))
        return keyset_dump(call, call->state->running.epoch_id, call->state->running.keys, out);
    return unattested_write(call, out);
#undef IS
}

const char *fault_path(enum fault_id fault)
{
    return fault_table[fault].path;
}

const char *fault_text(enum fault_id fault)
{
    return fault_table[fault].text;
}

result_t fault_write(const struct call *call, struct bytes *out, const char **error)
{
    const char *text = fault_text(call->fault.id);
    *error = fault_path(call->fault.id);
    if (*text == '@') {
        size_t position = strcspn(text, " ");
        TRY(bytes_append_format(out, "panicked at %.*s:\n", (int)position - 1, text + 1));
        text += position + 1;
    }
    while (*text) {
        size_t plain = strcspn(text, "{");
        TRY(bytes_append(out, text, plain));
        text += plain;
        if (text[0] == '{' && text[1] == '{') {
            TRY(bytes_append_text(out, "{"));
            text += 2;
        } else if (text[0] == '{') {
            size_t len = strcspn(text, "}") - 1;
            TRY(word_write(call, text + 1, len, out));
            text += len + 2;
        }
    }
    return OUTCOME_OK;
}
