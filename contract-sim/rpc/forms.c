#include "contract-sim/rpc/forms.h"

#include <inttypes.h>
#include <string.h>

#include <json-c/json.h>

#include "common/encoding.h"

result_t form_block(const struct block *block, struct bytes *out)
{
    char hash[HASH_TEXT_MAX];
    hash_format(block->hash, hash);
    return bytes_append_format(out, "\"block_height\":%" PRIu64 ",\"block_hash\":\"%s\"", block->height,
                               hash);
}

struct json_object *form_block_info(const char *name, const char *text, const struct block *block)
{
    struct json_object *info = json_object_new_object();
    if (!info)
        return NULL;
    char hash[HASH_TEXT_MAX];
    hash_format(block->hash, hash);
    json_object_object_add(info, name, json_object_new_string(text));
    json_object_object_add(info, "block_height", json_object_new_uint64(block->height));
    json_object_object_add(info, "block_hash", json_object_new_string(hash));
    return info;
}

static result_t form_permission(const struct near_access_key *key, struct bytes *out)
{
    if (key->full_access)
        return bytes_append_text(out, "\"FullAccess\"");
    TRY(bytes_append_text(out, "{\"FunctionCall\":{\"allowance\":"));
    if (key->has_allowance) {
        char allowance[U128_TEXT_MAX];
        u128_format(key->allowance, allowance);
        TRY(bytes_append_format(out, "\"%s\"", allowance));
    } else {
        TRY(bytes_append_text(out, "null"));
    }
    TRY(bytes_append_format(out, ",\"receiver_id\":\"%s\",\"method_names\":[", key->receiver_id));
    for (size_t i = 0; i < key->method_count; i++) {
        TRY(bytes_append_text(out, i ? "," : ""));
        TRY(json_write_text(key->method_names[i], strlen(key->method_names[i]), out));
    }
    return bytes_append_text(out, "]}}");
}

result_t form_access_key(const struct near_access_key *key, struct bytes *out)
{
    TRY(bytes_append_format(out, "\"nonce\":%" PRIu64 ",\"permission\":", key->nonce));
    return form_permission(key, out);
}

#define TEN(tens)                                                                                            \
    tens "0,", tens "1,", tens "2,", tens "3,", tens "4,", tens "5,", tens "6,", tens "7,", tens "8,",       \
        tens "9,"

/* Every byte with a comma behind it, since a view that is asked for often is mostly made of these. */
static const char numbers[][5] = {
    TEN(""),   TEN("1"),  TEN("2"),  TEN("3"),  TEN("4"),  TEN("5"),  TEN("6"),  TEN("7"),  TEN("8"),
    TEN("9"),  TEN("10"), TEN("11"), TEN("12"), TEN("13"), TEN("14"), TEN("15"), TEN("16"), TEN("17"),
    TEN("18"), TEN("19"), TEN("20"), TEN("21"), TEN("22"), TEN("23"), TEN("24"), TEN("25"),
};

/* In pieces of a few KiB: a view of 10,000 domains is millions of numbers. */
result_t form_byte_array(const struct bytes *data, struct bytes *out)
{
    char piece[4096];
    size_t len = 0;
    piece[len++] = '[';
    for (size_t i = 0; i < data->len; i++) {
        uint8_t byte = data->data[i];
        if (len > sizeof piece - 5) {
            TRY(bytes_append(out, piece, len));
            len = 0;
        }
        memcpy(piece + len, numbers[byte], 4);
        len += 2u + (byte >= 10) + (byte >= 100);
    }
    if (data->len)
        len--;
    piece[len++] = ']';
    return bytes_append(out, piece, len);
}

result_t form_logs(const struct bytes *logs, size_t count, struct bytes *out)
{
    TRY(bytes_append_text(out, "["));
    for (size_t i = 0; i < count; i++) {
        TRY(bytes_append_text(out, i ? "," : ""));
        TRY(json_write_text((const char *)logs[i].data, logs[i].len, out));
    }
    return bytes_append_text(out, "]");
}

/* Base64 in quotes. */
static result_t form_base64(const void *data, size_t len, struct bytes *out)
{
    TRY(bytes_append_text(out, "\""));
    TRY(base64_encode(data, len, out));
    return bytes_append_text(out, "\"");
}

result_t form_status(const struct receipt_outcome *outcome, struct bytes *out)
{
    if (outcome->ok) {
        TRY(bytes_append_text(out, "{\"SuccessValue\":"));
        TRY(form_base64(outcome->value.data, outcome->value.len, out));
    } else {
        TRY(bytes_append_text(out, "{\"Failure\":"));
        TRY(bytes_append(out, outcome->failure.data, outcome->failure.len));
    }
    return bytes_append_text(out, "}");
}

static result_t form_action(const struct near_action *action, struct bytes *out)
{
    char amount[U128_TEXT_MAX], key[NEAR_PUBLIC_KEY_TEXT_MAX];
    u128_format(action->deposit, amount);
    near_public_key_format(&action->public_key, key);
    switch (action->type) {
    case NEAR_FUNCTION_CALL:
        TRY(bytes_append_text(out, "{\"FunctionCall\":{\"method_name\":"));
        TRY(json_write_text(action->method_name, strlen(action->method_name), out));
        TRY(bytes_append_text(out, ",\"args\":"));
        TRY(form_base64(action->args, action->args_len, out));
        return bytes_append_format(out, ",\"gas\":%" PRIu64 ",\"deposit\":\"%s\"}}", action->gas, amount);
    case NEAR_TRANSFER:
        return bytes_append_format(out, "{\"Transfer\":{\"deposit\":\"%s\"}}", amount);
    case NEAR_ADD_KEY:
        TRY(bytes_append_format(out, "{\"AddKey\":{\"public_key\":\"%s\",\"access_key\":{", key));
        TRY(form_access_key(&action->access_key, out));
        return bytes_append_text(out, "}}}");
    case NEAR_DELETE_KEY:
        return bytes_append_format(out, "{\"DeleteKey\":{\"public_key\":\"%s\"}}", key);
    case NEAR_CREATE_ACCOUNT:
        return bytes_append_text(out, "\"CreateAccount\"");
    case NEAR_STAKE:
    case NEAR_DELETE_ACCOUNT:
        break;
    }
    return OUTCOME_INTERNAL; /* tx_verify() lets no others through */
}

static result_t form_actions(const struct near_tx *tx, struct bytes *out)
{
    TRY(bytes_append_text(out, "["));
    for (size_t i = 0; i < tx->action_count; i++) {
        TRY(bytes_append_text(out, i ? "," : ""));
        TRY(form_action(&tx->actions[i], out));
    }
    return bytes_append_text(out, "]");
}

static result_t form_signature(const struct near_signature *signature, struct bytes *out)
{
    struct ed25519_signature bytes;
    char text[128];
    memcpy(bytes.bytes, signature->bytes, sizeof bytes.bytes);
    ed25519_signature_format(&bytes, text, sizeof text);
    return bytes_append_format(out, "\"%s\"", text);
}

static result_t form_transaction(const struct tx_record *record, struct bytes *out)
{
    const struct near_tx *tx = &record->tx;
    char key[NEAR_PUBLIC_KEY_TEXT_MAX], hash[HASH_TEXT_MAX];
    near_public_key_format(&tx->public_key, key);
    hash_format(record->hash, hash);
    TRY(bytes_append_format(out,
                            "{\"signer_id\":\"%s\",\"public_key\":\"%s\",\"nonce\":%" PRIu64
                            ",\"receiver_id\":\"%s\",\"actions\":",
                            tx->signer_id, key, tx->nonce, tx->receiver_id));
    TRY(form_actions(tx, out));
    TRY(bytes_append_text(out, ",\"priority_fee\":0,\"signature\":"));
    TRY(form_signature(&record->signature, out));
    return bytes_append_format(out, ",\"hash\":\"%s\"}", hash);
}

static result_t form_gas(uint64_t gas, struct bytes *out)
{
    char tokens[U128_TEXT_MAX];
    struct u128 burnt = {0};
    if (!u128_mul_u64((struct u128){.low = gas}, PROTOCOL_GAS_PRICE_YOCTO, &burnt))
        return OUTCOME_INTERNAL;
    u128_format(burnt, tokens);
    return bytes_append_format(out, "\"gas_burnt\":%" PRIu64 ",\"tokens_burnt\":\"%s\"", gas, tokens);
}

/* The outcome of turning the transaction into its receipt. */
static result_t form_transaction_outcome(const struct tx_record *record, struct bytes *out)
{
    char block[HASH_TEXT_MAX], hash[HASH_TEXT_MAX], receipt[HASH_TEXT_MAX];
    hash_format(record->block_hash, block);
    hash_format(record->hash, hash);
    hash_format(record->receipts[0].id, receipt);
    TRY(bytes_append_format(out,
                            "{\"proof\":[],\"block_hash\":\"%s\",\"id\":\"%s\",\"outcome\":{\"logs\":[],"
                            "\"receipt_ids\":[\"%s\"],",
                            block, hash, receipt));
    TRY(form_gas(PROTOCOL_GAS_CONVERT, out));
    return bytes_append_format(out,
                               ",\"executor_id\":\"%s\",\"status\":{\"SuccessReceiptId\":\"%s\"},"
                               "\"metadata\":{\"version\":1,\"gas_profile\":null}}}",
                               record->tx.signer_id, receipt);
}

static result_t form_receipt_outcome(const struct receipt_outcome *outcome, struct bytes *out)
{
    char block[HASH_TEXT_MAX], id[HASH_TEXT_MAX];
    hash_format(outcome->block_hash, block);
    hash_format(outcome->id, id);
    TRY(bytes_append_format(
        out, "{\"proof\":[],\"block_hash\":\"%s\",\"id\":\"%s\",\"outcome\":{\"logs\":", block, id));
    TRY(form_logs(outcome->logs, outcome->log_count, out));
    TRY(bytes_append_text(out, ",\"receipt_ids\":["));
    for (size_t i = 0; i < outcome->child_count; i++) {
        char child[HASH_TEXT_MAX];
        hash_format(outcome->children[i], child);
        TRY(bytes_append_format(out, "%s\"%s\"", i ? "," : "", child));
    }
    TRY(bytes_append_text(out, "],"));
    TRY(form_gas(outcome->gas_burnt, out));
    TRY(bytes_append_format(out, ",\"executor_id\":\"%s\",\"status\":", outcome->executor.text));
    TRY(form_status(outcome, out));
    return bytes_append_text(out, ",\"metadata\":{\"version\":3,\"gas_profile\":[]}}}");
}

const char *form_level(enum tx_level level)
{
    static const char *const names[] = {
        [LEVEL_NONE] = "NONE",
        [LEVEL_INCLUDED] = "INCLUDED",
        [LEVEL_EXECUTED_OPTIMISTIC] = "EXECUTED_OPTIMISTIC",
        [LEVEL_INCLUDED_FINAL] = "INCLUDED_FINAL",
        [LEVEL_EXECUTED] = "EXECUTED",
        [LEVEL_FINAL] = "FINAL",
    };
    return names[level];
}

/* Refunds come from the system, and nobody signed them; what else a receipt scheduled comes from its executor. */
static result_t form_receipt(const struct tx_record *record, const struct receipt_outcome *outcome,
                             struct bytes *out)
{
    const struct near_tx *tx = &record->tx;
    struct near_public_key key = {0};
    char key_text[NEAR_PUBLIC_KEY_TEXT_MAX], id[HASH_TEXT_MAX];
    bool own = outcome == &record->receipts[0];
    if (!outcome->refund)
        key = tx->public_key;
    near_public_key_format(&key, key_text);
    hash_format(outcome->id, id);
    TRY(bytes_append_format(out,
                            "{\"predecessor_id\":\"%s\",\"priority\":0,\"receiver_id\":\"%s\","
                            "\"receipt_id\":\"%s\",\"receipt\":{\"Action\":{\"actions\":",
                            outcome->refund ? "system"
                            : own           ? tx->signer_id
                                            : tx->receiver_id,
                            outcome->executor.text, id));
    if (own)
        TRY(form_actions(tx, out));
    else
        TRY(bytes_append_format(out, "[%s]", (const char *)outcome->action.data));
    return bytes_append_format(out,
                               ",\"gas_price\":\"%llu\",\"input_data_ids\":[],\"is_promise_yield\":false,"
                               "\"output_data_receivers\":[],\"signer_id\":\"%s\","
                               "\"signer_public_key\":\"%s\"}}}",
                               PROTOCOL_GAS_PRICE_YOCTO, outcome->refund ? "system" : tx->signer_id,
                               key_text);
}

/* Those that ran. The transaction's own is no receipt that was ever sent where its signer is its receiver. */
static result_t form_receipts(const struct tx_record *record, struct bytes *out)
{
    bool local = strcmp(record->tx.signer_id, record->tx.receiver_id) == 0;
    const char *separator = "";
    TRY(bytes_append_text(out, ",\"receipts\":["));
    for (size_t i = local ? 1 : 0; i < record->receipt_count; i++) {
        TRY(bytes_append_text(out, separator));
        TRY(form_receipt(record, &record->receipts[i], out));
        separator = ",";
    }
    return bytes_append_text(out, "]");
}

/* The status of its own receipt stands on top too: some clients read it there
 * and some below (near-rpc.md A.3). */
result_t form_tx_outcome(const struct tx_record *record, enum tx_level level, bool with_receipts,
                         struct bytes *out)
{
    TRY(bytes_append_format(out, "{\"final_execution_status\":\"%s\",\"status\":", form_level(level)));
    TRY(form_status(&record->receipts[0], out));
    TRY(bytes_append_text(out, ",\"transaction\":"));
    TRY(form_transaction(record, out));
    TRY(bytes_append_text(out, ",\"transaction_outcome\":"));
    TRY(form_transaction_outcome(record, out));
    TRY(bytes_append_text(out, ",\"receipts_outcome\":["));
    for (size_t i = 0; i < record->receipt_count; i++) {
        TRY(bytes_append_text(out, i ? "," : ""));
        TRY(form_receipt_outcome(&record->receipts[i], out));
    }
    TRY(bytes_append_text(out, "]"));
    if (with_receipts)
        TRY(form_receipts(record, out));
    return bytes_append_text(out, "}");
}
