#include "node/conclude_rules.h"

#include <inttypes.h>
#include <string.h>

#include "common/json.h"

/* --- before it is sent --- */

result_t conclude_args(const struct keyset *keyset, struct bytes *out, struct error *err)
{
    size_t before = out->len;
    TRY(bytes_append_text(out, "{\"keyset\":"));
    TRY(keyset_write(keyset, out));
    TRY(bytes_append_text(out, "}"));
    if (out->len - before > NEAR_TX_BYTES_MAX - CONCLUDE_ENVELOPE_BYTES)
        return error_set(err, OUTCOME_TX_TOO_LARGE,
                         CONCLUDE_METHOD
                         " for %zu domains needs %zu bytes of arguments; a transaction has room for "
                         "%d. No node can conclude this keyset in one transaction",
                         keyset->count, out->len - before, NEAR_TX_BYTES_MAX - CONCLUDE_ENVELOPE_BYTES);
    return OUTCOME_OK;
}

result_t conclude_check_signer(const struct destination_node *destination,
                               const struct ed25519_public_key *signer, struct error *err)
{
    char recorded[ED25519_KEY_TEXT_MAX];
    char ours[ED25519_KEY_TEXT_MAX];
    if (ed25519_public_key_equal(&destination->signer_account_pk, signer))
        return OUTCOME_OK;
    ed25519_public_key_format(&destination->signer_account_pk, recorded);
    ed25519_public_key_format(signer, ours);
    return error_set(err, OUTCOME_SIGNER_KEY_MISMATCH,
                     "the migration record names the signer key %s, this node signs with %s; call "
                     "start_node_migration again with this node's key as signer_account_pk",
                     recorded, ours);
}

/* The object inside {"Mock":{"WithConstraints":{..}}} or {"Dstack":{..}};
 * *is_mock says which. NULL: neither. */
static struct json_object *attestation_body(struct json_object *attestation, bool *is_mock)
{
    struct json_object *body = NULL;
    *is_mock = json_object_object_get_ex(attestation, "Mock", &body);
    if (*is_mock)
        return json_object_object_get_ex(body, "WithConstraints", &body) ? body : NULL;
    return json_object_object_get_ex(attestation, "Dstack", &body) ? body : NULL;
}

static bool is_refused_mock(struct json_object *attestation)
{
    struct json_object *mock = NULL;
    return json_object_object_get_ex(attestation, "Mock", &mock) &&
           json_object_is_type(mock, json_type_string) &&
           strcmp(json_object_get_string(mock), "Invalid") == 0;
}

result_t conclude_check_attestation(const char *text, size_t len, uint64_t block_time_s, struct error *err)
{
    CLEANUP(json_put_ptr) struct json_object *attestation = NULL;
    struct json_object *member = NULL;
    struct error detail = {0};
    uint64_t expiry_s = 0;
    bool is_mock = false;
    result_t parsed = json_parse(text, len, &json_limits_view, &attestation, &detail);
    if (parsed == OUTCOME_NO_MEMORY)
        return parsed;
    if (parsed != OUTCOME_OK)
        return error_set(
            err, OUTCOME_VIEW_MALFORMED,
            "get_attestation: %s; check --contract-id, or use a version of this program made for the "
            "contract",
            detail.text);
    if (!attestation)
        return error_set(
            err, OUTCOME_ATTESTATION_MISSING,
            "the contract holds no attestation under this node's TLS key; have the MPC node submit its "
            "participant info (submit_participant_info)");
    if (is_refused_mock(attestation))
        return error_set(err, OUTCOME_ATTESTATION_INVALID,
                         "the attestation under this node's TLS key does not verify; submit a valid one");
    struct json_object *body = attestation_body(attestation, &is_mock);
    if (!body || !json_object_object_get_ex(body, "expiry_timestamp_seconds", &member) ||
        !json_is_u64(member, &expiry_s))
        return OUTCOME_OK;
    /* At the very second of its expiry a mock is invalid and a Dstack attestation valid (contract.md 3.2). */
    if (is_mock ? block_time_s < expiry_s : block_time_s <= expiry_s)
        return OUTCOME_OK;
    return error_set(err, OUTCOME_ATTESTATION_INVALID,
                     "the attestation under this node's TLS key expired %" PRIu64
                     " s ago; have the MPC node submit its participant info again",
                     block_time_s - expiry_s);
}

result_t conclude_check_allowance(const struct near_access_key *key, uint64_t gas, struct error *err)
{
    struct u128 cost;
    char has[U128_TEXT_MAX];
    char needs[U128_TEXT_MAX];
    if (key->full_access || !key->has_allowance)
        return OUTCOME_OK;
    if (!u128_mul_u64((struct u128){.low = gas}, CONCLUDE_GAS_PRICE_MIN, &cost))
        return error_set(err, OUTCOME_INTERNAL, "the cost of %" PRIu64 " gas does not fit", gas);
    if (u128_compare(key->allowance, cost) >= 0)
        return OUTCOME_OK;
    u128_format(key->allowance, has);
    u128_format(cost, needs);
    return error_set(
        err, OUTCOME_ALLOWANCE_TOO_SMALL,
        "the signer key's allowance is %s yoctoNEAR, one call needs %s; delete the key and add it again "
        "with a larger or unlimited allowance",
        has, needs);
}

/* --- after an answer --- */

/* Texts are matched by their constant part: the rest quotes keys and whole keysets. MigrationNotFound has the
 * spelling of v3.4.1 as well (contract.md 2.6). */
static const struct conclude_rule rules[] = {
    {RPC_TX_EXECUTED, NULL, NULL, CONCLUDE_WATCH, "Success", NULL},

    {RPC_TX_FAILED, NULL, "The protocol is not Running.", CONCLUDE_WATCH, "ProtocolStateNotRunning", NULL},
    {RPC_TX_FAILED, NULL, "Not a participant: ", CONCLUDE_WATCH, "NotParticipant", NULL},
    {RPC_TX_FAILED, NULL, "The submitted keyset differs from the expected keyset.", CONCLUDE_WATCH,
     "KeysetMismatch", NULL},
    {RPC_TX_FAILED, NULL, "Node does not have an ongoing recovery", CONCLUDE_WATCH, "MigrationNotFound",
     NULL},
    {RPC_TX_FAILED, NULL, "Node dose not have an ongoing recovery", CONCLUDE_WATCH, "MigrationNotFound",
     NULL},
    {RPC_TX_FAILED, NULL, "The transaction was submitted by a different public key than expected.",
     CONCLUDE_BLOCKS, "AccountPublicKeyMismatch",
     "call start_node_migration again with this node's signer key as signer_account_pk"},
    {RPC_TX_FAILED, NULL, "Invalid TEE Remote Attestation", CONCLUDE_BLOCKS, "InvalidTeeRemoteAttestation",
     "have the MPC node submit a valid attestation under this node's TLS key"},
    {RPC_TX_FAILED, NULL, "Failed to deserialize input from JSON", CONCLUDE_BLOCKS, "InvalidArguments",
     "the contract expects other arguments: use a version of this program made for it"},
    {RPC_TX_FAILED, NULL, "doesn't accept deposit", CONCLUDE_BLOCKS, "DepositRefused",
     "the contract is of another version: use a version of this program made for it"},
    {RPC_TX_FAILED, NULL, "Exceeded the prepaid gas.", CONCLUDE_BLOCKS, "ExceededPrepaidGas",
     "the keyset has too many domains for one call's gas: no node can conclude it before the contract needs "
     "less"},
    {RPC_TX_FAILED, "MethodNotFound", NULL, CONCLUDE_BLOCKS, "MethodNotFound",
     "check --contract-id: this contract knows no " CONCLUDE_METHOD},
    {RPC_TX_FAILED, "CodeDoesNotExist", NULL, CONCLUDE_BLOCKS, "CodeDoesNotExist",
     "check --contract-id: there is no contract on that account"},
    {RPC_TX_FAILED, "AccountDoesNotExist", NULL, CONCLUDE_BLOCKS, "AccountDoesNotExist",
     "check --contract-id: there is no such account"},
    {RPC_TX_FAILED, NULL, NULL, CONCLUDE_AGAIN, "contract error", NULL},

    {RPC_TX_REJECTED, "InvalidNonce", NULL, CONCLUDE_KEEP, "InvalidNonce", NULL},
    {RPC_TX_REJECTED, "Expired", NULL, CONCLUDE_KEEP, "Expired", NULL},
    {RPC_TX_REJECTED, "InvalidChain", NULL, CONCLUDE_KEEP, "InvalidChain", NULL},
    {RPC_TX_REJECTED, "ShardCongested", NULL, CONCLUDE_KEEP, "ShardCongested", NULL},
    {RPC_TX_REJECTED, "ShardStuck", NULL, CONCLUDE_KEEP, "ShardStuck", NULL},
    {RPC_TX_REJECTED, "NotEnoughBalance", NULL, CONCLUDE_BLOCKS, "NotEnoughBalance",
     "the account cannot pay for the gas: send it NEAR"},
    {RPC_TX_REJECTED, "LackBalanceForState", NULL, CONCLUDE_BLOCKS, "LackBalanceForState",
     "the account cannot pay for its storage: send it NEAR"},
    {RPC_TX_REJECTED, "NotEnoughAllowance", NULL, CONCLUDE_BLOCKS, "NotEnoughAllowance",
     "the signer key's allowance is used up: delete the key and add it again with a larger or unlimited one"},
    {RPC_TX_REJECTED, "AccessKeyNotFound", NULL, CONCLUDE_BLOCKS, "AccessKeyNotFound",
     "add this node's signer key to the account"},
    {RPC_TX_REJECTED, "MethodNameMismatch", NULL, CONCLUDE_BLOCKS, "MethodNameMismatch",
     "the signer key may not call " CONCLUDE_METHOD
     ": delete it and add it again with an empty method list (all methods)"},
    {RPC_TX_REJECTED, "ReceiverMismatch", NULL, CONCLUDE_BLOCKS, "ReceiverMismatch",
     "the signer key is for another contract: delete it and add it again for this one"},
    {RPC_TX_REJECTED, "RequiresFullAccess", NULL, CONCLUDE_DROPS, "RequiresFullAccess",
     "delete the signer key and add it again as a function-call key for this contract"},
    {RPC_TX_REJECTED, "DepositWithFunctionCall", NULL, CONCLUDE_DROPS, "DepositWithFunctionCall",
     "the RPC saw a deposit that was not sent: do not trust it"},
    {RPC_TX_REJECTED, "InvalidSignature", NULL, CONCLUDE_DROPS, "InvalidSignature",
     "check that near_signer_key in secrets.json is whole, and that the RPC is of this network"},
    {RPC_TX_REJECTED, "SignerDoesNotExist", NULL, CONCLUDE_BLOCKS, "SignerDoesNotExist",
     "check --account-id: there is no such account"},
    {RPC_TX_REJECTED, "TransactionSizeExceeded", NULL, CONCLUDE_DROPS, "TransactionSizeExceeded",
     "the keyset has too many domains for one transaction: no node can conclude it"},
    {RPC_TX_REJECTED, "ActionsValidation", NULL, CONCLUDE_DROPS, "ActionsValidation",
     "the chain's limits have changed: use a newer version of this program"},
    {RPC_TX_REJECTED, "ParseError", NULL, CONCLUDE_DROPS, "ParseError",
     "the chain expects another form of transaction: use a newer version of this program"},
    {RPC_TX_REJECTED, NULL, NULL, CONCLUDE_AGAIN, "invalid transaction", NULL},
};

static const struct conclude_rule not_known = {.effect = CONCLUDE_KEEP, .variant = "unknown", .advice = NULL};

static bool rule_fits(const struct conclude_rule *rule, const struct rpc_tx *tx)
{
    return rule->fate == tx->fate && (!rule->name || strcmp(rule->name, tx->name) == 0) &&
           (!rule->text || strstr(tx->text, rule->text));
}

const struct conclude_rule *conclude_rule_of(const struct rpc_tx *tx)
{
    for (size_t i = 0; i < ARRAY_LEN(rules); i++)
        if (rule_fits(&rules[i], tx))
            return &rules[i];
    return &not_known;
}

bool conclude_is_void(const struct tx_signed *tx, const struct conclude_track *track, uint64_t key_nonce,
                      uint64_t height, uint64_t seen_ms)
{
    if (height > tx->block_height && height - tx->block_height > CONCLUDE_VALIDITY_BLOCKS)
        return true;
    return key_nonce >= tx->nonce && track->used && seen_ms >= track->used_ms &&
           seen_ms - track->used_ms >= CONCLUDE_SETTLE_MS;
}

bool conclude_may_send(const struct conclude_refusal *refusal, const uint8_t circumstances[SHA256_LEN],
                       uint64_t now_ms)
{
    uint64_t retry_ms =
        refusal->outcome == OUTCOME_TX_REJECTED ? CONCLUDE_REJECTED_RETRY_MS : CONCLUDE_FAILED_RETRY_MS;
    return refusal->outcome == OUTCOME_OK || memcmp(refusal->circumstances, circumstances, SHA256_LEN) != 0 ||
           now_ms - refusal->at_ms >= retry_ms;
}
