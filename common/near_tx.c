#include "common/near_tx.h"

#include <stdlib.h>
#include <string.h>

#include "common/borsh.h"
#include "common/encoding.h"

/* The key types of borsh, and their names in text. */
static const struct key_type {
    const char *prefix;
    size_t key_len;
    size_t signature_len;
} key_types[] = {
    [NEAR_KEY_ED25519] = {"ed25519:", 32, 64},
    [NEAR_KEY_SECP256K1] = {"secp256k1:", 64, 65},
};

/* Writing. */

/* PublicKey = u8 type | 32 or 64 bytes. */
static result_t encode_key(struct bytes *out, const struct near_public_key *key)
{
    TRY(bytes_append_u8(out, (uint8_t)key->type));
    return bytes_append(out, key->bytes, key_types[key->type].key_len);
}

/* AccessKey = nonce u64 | permission: 0 FunctionCall { Option<u128>, string, Vec<string> }, 1 FullAccess. */
static result_t encode_access_key(struct bytes *out, const struct near_access_key *key)
{
    TRY(bytes_append_u64le(out, key->nonce));
    TRY(bytes_append_u8(out, key->full_access));
    if (key->full_access)
        return OUTCOME_OK;
    TRY(bytes_append_u8(out, key->has_allowance));
    if (key->has_allowance)
        TRY(borsh_append_u128(out, key->allowance));
    TRY(borsh_append_text(out, key->receiver_id));
    TRY(bytes_append_u32le(out, (uint32_t)key->method_count));
    for (size_t i = 0; i < key->method_count; i++)
        TRY(borsh_append_text(out, key->method_names[i]));
    return OUTCOME_OK;
}

/* FunctionCall = method_name string | args Vec<u8> | gas u64 | deposit u128. */
static result_t encode_function_call(struct bytes *out, const struct near_action *action)
{
    TRY(borsh_append_text(out, action->method_name));
    TRY(borsh_append_blob(out, action->args, action->args_len));
    TRY(bytes_append_u64le(out, action->gas));
    return borsh_append_u128(out, action->deposit);
}

/* u8 tag | body; the table of near-rpc.md B. */
static result_t encode_action(struct bytes *out, const struct near_action *action)
{
    TRY(bytes_append_u8(out, (uint8_t)action->type));
    switch (action->type) {
    case NEAR_CREATE_ACCOUNT:
        return OUTCOME_OK;
    case NEAR_FUNCTION_CALL:
        return encode_function_call(out, action);
    case NEAR_TRANSFER:
        return borsh_append_u128(out, action->deposit);
    case NEAR_STAKE:
        TRY(borsh_append_u128(out, action->deposit));
        return encode_key(out, &action->public_key);
    case NEAR_ADD_KEY:
        TRY(encode_key(out, &action->public_key));
        return encode_access_key(out, &action->access_key);
    case NEAR_DELETE_KEY:
        return encode_key(out, &action->public_key);
    case NEAR_DELETE_ACCOUNT:
        return borsh_append_text(out, action->beneficiary_id);
    }
    return OUTCOME_INTERNAL;
}

/* Transaction V0 = signer_id | PublicKey | nonce | receiver_id | block_hash |
 * actions, without a version byte. */
static result_t encode(struct bytes *out, const struct near_tx *tx)
{
    TRY(borsh_append_text(out, tx->signer_id));
    TRY(encode_key(out, &tx->public_key));
    TRY(bytes_append_u64le(out, tx->nonce));
    TRY(borsh_append_text(out, tx->receiver_id));
    TRY(bytes_append(out, tx->block_hash, sizeof tx->block_hash));
    TRY(bytes_append_u32le(out, (uint32_t)tx->action_count));
    for (size_t i = 0; i < tx->action_count; i++)
        TRY(encode_action(out, &tx->actions[i]));
    return OUTCOME_OK;
}

result_t near_tx_encode(const struct near_tx *tx, struct bytes *out)
{
    CLEANUP(bytes_free) struct bytes form = {0};
    TRY(encode(&form, tx));
    return bytes_append(out, form.data, form.len);
}

/* SignedTransaction = Transaction | Signature, which is over the SHA-256 of the transaction's bytes. */
result_t near_tx_sign(const struct near_tx *tx, const struct ed25519_keypair *pair, struct bytes *out,
                      uint8_t hash[SHA256_LEN])
{
    CLEANUP(bytes_free) struct bytes form = {0};
    struct ed25519_signature signature;
    TRY(encode(&form, tx));
    sha256(form.data, form.len, hash);
    TRY(ed25519_sign(pair, hash, SHA256_LEN, &signature));
    TRY(bytes_append_u8(&form, NEAR_KEY_ED25519));
    TRY(bytes_append(&form, signature.bytes, sizeof signature.bytes));
    return bytes_append(out, form.data, form.len);
}

/* Reading. */

static result_t decode_key_type(struct borsh *from, enum near_key_type *out)
{
    uint8_t type;
    TRY(borsh_u8(from, "a key type", &type));
    if (type >= ARRAY_LEN(key_types))
        return borsh_fail(from, "key type %u is not known", type);
    *out = (enum near_key_type)type;
    return OUTCOME_OK;
}

static result_t decode_key(struct borsh *from, struct near_public_key *out)
{
    TRY(decode_key_type(from, &out->type));
    return borsh_bytes(from, "a public key", out->bytes, key_types[out->type].key_len);
}

static result_t decode_methods(struct borsh *from, struct near_access_key *out)
{
    uint32_t count;
    /* A name takes its length's four bytes at least, which bounds what is allocated by what was received. */
    TRY(borsh_count(from, "the method names", 4, UINT32_MAX, &count));
    if (count == 0)
        return OUTCOME_OK;
    out->method_names = calloc(count, sizeof *out->method_names);
    if (!out->method_names)
        return OUTCOME_NO_MEMORY;
    for (; out->method_count < count; out->method_count++)
        TRY(borsh_text(from, "a method name", &out->method_names[out->method_count]));
    return OUTCOME_OK;
}

static result_t decode_access_key(struct borsh *from, struct near_access_key *out)
{
    uint8_t permission;
    TRY(borsh_u64(from, "an access key's nonce", &out->nonce));
    TRY(borsh_u8(from, "an access key's permission", &permission));
    if (permission > 1)
        return borsh_fail(from, "access key permission %u is not known", permission);
    out->full_access = permission == 1;
    if (out->full_access)
        return OUTCOME_OK;
    TRY(borsh_flag(from, "an allowance", &out->has_allowance));
    if (out->has_allowance)
        TRY(borsh_u128(from, "an allowance", &out->allowance));
    TRY(borsh_text(from, "an access key's receiver", &out->receiver_id));
    return decode_methods(from, out);
}

static result_t decode_function_call(struct borsh *from, struct near_action *out)
{
    TRY(borsh_text(from, "a method name", &out->method_name));
    TRY(borsh_blob(from, "the arguments", &out->args, &out->args_len));
    TRY(borsh_u64(from, "the gas", &out->gas));
    return borsh_u128(from, "the deposit", &out->deposit);
}

static result_t decode_action(struct borsh *from, struct near_action *out)
{
    uint8_t type;
    TRY(borsh_u8(from, "an action", &type));
    out->type = (enum near_action_type)type;
    switch (type) {
    case NEAR_CREATE_ACCOUNT:
        return OUTCOME_OK;
    case NEAR_FUNCTION_CALL:
        return decode_function_call(from, out);
    case NEAR_TRANSFER:
        return borsh_u128(from, "the deposit", &out->deposit);
    case NEAR_STAKE:
        TRY(borsh_u128(from, "the stake", &out->deposit));
        return decode_key(from, &out->public_key);
    case NEAR_ADD_KEY:
        TRY(decode_key(from, &out->public_key));
        return decode_access_key(from, &out->access_key);
    case NEAR_DELETE_KEY:
        return decode_key(from, &out->public_key);
    case NEAR_DELETE_ACCOUNT:
        return borsh_text(from, "the beneficiary", &out->beneficiary_id);
    }
    return borsh_fail(from, "actions of type %u are not supported", type);
}

static result_t decode_actions(struct borsh *from, struct near_tx *out)
{
    uint32_t count;
    TRY(borsh_count(from, "the actions", 1, NEAR_ACTIONS_MAX, &count));
    if (count == 0)
        return OUTCOME_OK;
    /* At most NEAR_ACTIONS_MAX of them; each is counted before it is read, so that a
     * half-read one is released too. */
    out->actions = calloc(count, sizeof *out->actions);
    if (!out->actions)
        return OUTCOME_NO_MEMORY;
    for (uint32_t i = 0; i < count; i++) {
        out->action_count++;
        TRY(decode_action(from, &out->actions[i]));
    }
    return OUTCOME_OK;
}

static result_t decode(struct borsh *from, struct near_tx *out)
{
    /* Version 0 begins with the length of the signer's id, below 256; version 1 has its 0x01
     * in front of it (near-rpc.md B). */
    if (cursor_left(&from->at) >= 2 && from->at.at[0] == 1 && from->at.at[1] != 0)
        return borsh_fail(from, "transactions of version 1 are not supported, send version 0");
    TRY(borsh_text(from, "the signer's id", &out->signer_id));
    TRY(decode_key(from, &out->public_key));
    TRY(borsh_u64(from, "the nonce", &out->nonce));
    TRY(borsh_text(from, "the receiver's id", &out->receiver_id));
    TRY(borsh_bytes(from, "the block hash", out->block_hash, sizeof out->block_hash));
    return decode_actions(from, out);
}

static result_t decode_signature(struct borsh *from, struct near_signature *out)
{
    *out = (struct near_signature){0};
    TRY(decode_key_type(from, &out->type));
    return borsh_bytes(from, "the signature", out->bytes, key_types[out->type].signature_len);
}

/* `signature` and `tx_len` are NULL for an unsigned transaction. */
static result_t decode_all(const void *data, size_t len, struct near_tx *out,
                           struct near_signature *signature, size_t *tx_len, struct error *err)
{
    struct borsh from = {cursor_over(data, len), data, err};
    *out = (struct near_tx){0};
    if (len > NEAR_TX_BYTES_MAX)
        return borsh_fail(&from, "%zu bytes are more than a transaction may have", len);
    CLEANUP(near_tx_free) struct near_tx tx = {0};
    TRY(decode(&from, &tx));
    if (signature) {
        *tx_len = borsh_offset(&from);
        TRY(decode_signature(&from, signature));
    }
    TRY(borsh_end(&from));
    *out = tx;
    tx = (struct near_tx){0};
    return OUTCOME_OK;
}

result_t near_tx_decode(const void *data, size_t len, struct near_tx *out, struct error *err)
{
    return decode_all(data, len, out, NULL, NULL, err);
}

result_t near_signed_tx_decode(const void *data, size_t len, struct near_tx *out,
                               struct near_signature *signature, size_t *tx_len, struct error *err)
{
    return decode_all(data, len, out, signature, tx_len, err);
}

/* Making and releasing. */

/* What was allocated before a failure belongs to the action, and goes with its transaction. */
static result_t fill_function_call(struct near_action *action, const char *method_name, const void *args,
                                   size_t args_len)
{
    action->type = NEAR_FUNCTION_CALL;
    action->method_name = strdup(method_name);
    action->args = malloc(args_len + !args_len);
    if (!action->method_name || !action->args)
        return OUTCOME_NO_MEMORY;
    if (args_len)
        memcpy(action->args, args, args_len);
    action->args_len = args_len;
    return OUTCOME_OK;
}

result_t near_tx_function_call(const char *signer_id, const struct ed25519_public_key *public_key,
                               uint64_t nonce, const char *receiver_id, const uint8_t block_hash[SHA256_LEN],
                               const char *method_name, const void *args, size_t args_len, uint64_t gas,
                               struct u128 deposit, struct near_tx *out)
{
    *out = (struct near_tx){0};
    CLEANUP(near_tx_free)
    struct near_tx tx = {
        .signer_id = strdup(signer_id),
        .public_key = near_public_key_from_ed25519(public_key),
        .nonce = nonce,
        .receiver_id = strdup(receiver_id),
        .actions = calloc(1, sizeof *tx.actions),
    };
    if (!tx.signer_id || !tx.receiver_id || !tx.actions)
        return OUTCOME_NO_MEMORY;
    memcpy(tx.block_hash, block_hash, sizeof tx.block_hash);
    tx.action_count = 1;
    TRY(fill_function_call(tx.actions, method_name, args, args_len));
    tx.actions->gas = gas;
    tx.actions->deposit = deposit;
    *out = tx;
    tx = (struct near_tx){0};
    return OUTCOME_OK;
}

static void free_action(struct near_action *action)
{
    free(action->method_name);
    free(action->args);
    free(action->beneficiary_id);
    free(action->access_key.receiver_id);
    for (size_t i = 0; i < action->access_key.method_count; i++)
        free(action->access_key.method_names[i]);
    free(action->access_key.method_names);
}

void near_tx_free(struct near_tx *tx)
{
    if (!tx)
        return;
    for (size_t i = 0; i < tx->action_count; i++)
        free_action(&tx->actions[i]);
    free(tx->actions);
    free(tx->signer_id);
    free(tx->receiver_id);
    *tx = (struct near_tx){0};
}

/* Keys as text. */

result_t near_public_key_parse(const char *text, size_t len, struct near_public_key *out)
{
    *out = (struct near_public_key){0};
    for (unsigned type = 0; type < ARRAY_LEN(key_types); type++) {
        size_t prefix_len = strlen(key_types[type].prefix);
        if (len < prefix_len || memcmp(text, key_types[type].prefix, prefix_len) != 0)
            continue;
        out->type = (enum near_key_type)type;
        result_t result =
            base58_decode(text + prefix_len, len - prefix_len, out->bytes, key_types[type].key_len);
        return result == OUTCOME_OK ? OUTCOME_OK : OUTCOME_KEY_MALFORMED;
    }
    return OUTCOME_KEY_MALFORMED;
}

void near_public_key_format(const struct near_public_key *key, char out[NEAR_PUBLIC_KEY_TEXT_MAX])
{
    const struct key_type *type = &key_types[key->type];
    size_t prefix_len = strlen(type->prefix);
    memcpy(out, type->prefix, prefix_len);
    /* 64 bytes are 88 digits at most, so that this cannot fail. */
    if (base58_encode(key->bytes, type->key_len, out + prefix_len, NEAR_PUBLIC_KEY_TEXT_MAX - prefix_len) !=
        OUTCOME_OK)
        abort();
}

bool near_public_key_equal(const struct near_public_key *a, const struct near_public_key *b)
{
    return a->type == b->type && memcmp(a->bytes, b->bytes, key_types[a->type].key_len) == 0;
}

struct near_public_key near_public_key_from_ed25519(const struct ed25519_public_key *key)
{
    struct near_public_key out = {.type = NEAR_KEY_ED25519};
    memcpy(out.bytes, key->bytes, sizeof key->bytes);
    return out;
}
