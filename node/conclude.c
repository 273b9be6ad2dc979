#include "node/conclude.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/os/log.h"
#include "common/os/tx_sender.h"
#include "common/utf8.h"
#include "node/conclude_jobs.h"
#include "node/metrics.h"
#include "node/outbox.h"
#include "node/store.h"

struct round {
    struct conclude *conclude;
    const struct chain_snapshot *snapshot;
    const uint8_t *binding;
    uint64_t now_ms;
    bool has_record;
    struct outbox_record record; /* when has_record: what the store holds */
    struct bytes args;
    uint64_t key_nonce; /* of the access key; 0: not read */
    uint8_t circumstances[SHA256_LEN];
};

static void round_free(struct round *round)
{
    outbox_record_free(&round->record);
    bytes_free(&round->args);
}

/* --- the record in the store --- */

static void drop_record(struct conclude *conclude)
{
    struct error err = {0};
    conclude->report.transaction[0] = 0;
    if (store_outbox_clear(conclude->store, &err) != OUTCOME_OK)
        log_outcome(LOG_LEVEL_ERROR, err.code, "the outbox cannot be cleared: %s", err.text);
}

static void track_anew(struct conclude *conclude, const struct tx_signed *tx)
{
    conclude->track = (struct conclude_track){.told = false};
    memcpy(conclude->track.hash, tx->hash, SHA256_LEN);
}

enum held {
    HELD_NOTHING,
    HELD_BOUND,   /* a transaction for this binding, in *out */
    HELD_LATER,   /* one for another binding, and signed after the view that shows this one */
    HELD_UNKNOWN, /* the store cannot say just now, with why in *err */
};

/* What is held for another binding is dropped, unless it is the view that is old: after a restart, when nothing
 * is known of the chain's height yet, an RPC that lags may show the contract as it was before the record. */
static enum held load_record(struct conclude *conclude, const uint8_t binding[SHA256_LEN], uint64_t height,
                             struct outbox_record *out, struct error *err)
{
    CLEANUP(bytes_free) struct bytes stored = {0};
    result_t result = store_outbox_get(conclude->store, &stored, err);
    conclude->report.transaction[0] = 0;
    if (result == OUTCOME_STORE_NOT_FOUND)
        return HELD_NOTHING;
    if (result == OUTCOME_OK)
        result = outbox_record_read(stored.data, stored.len, out, err);
    if (result != OUTCOME_OK && result != OUTCOME_STORE_CORRUPT) {
        outbox_record_free(out);
        err->code = result;
        return HELD_UNKNOWN;
    }
    if (result == OUTCOME_STORE_CORRUPT) {
        log_outcome(LOG_LEVEL_ERROR, result, "the outbox cannot be read and is dropped: %s", err->text);
        outbox_record_free(out);
        drop_record(conclude);
        return HELD_NOTHING;
    }
    if (out->tx.nonce > conclude->last_nonce)
        conclude->last_nonce = out->tx.nonce;
    if (memcmp(out->binding, binding, SHA256_LEN) == 0) {
        if (memcmp(conclude->track.hash, out->tx.hash, SHA256_LEN) != 0)
            track_anew(conclude, &out->tx);
        hash_format(out->tx.hash, conclude->report.transaction);
        return HELD_BOUND;
    }
    bool later = out->tx.block_height > height;
    outbox_record_free(out);
    if (later)
        return HELD_LATER;
    if (!conclude->track.told || conclude->track.fate != RPC_TX_EXECUTED)
        log_info("the migration record or the keyset is another one now: the transaction that was sent for "
                 "it is of no more use");
    drop_record(conclude);
    return HELD_NOTHING;
}

static void forget_record(struct round *round)
{
    drop_record(round->conclude);
    outbox_record_free(&round->record);
    round->has_record = false;
}

void conclude_retire(struct conclude *conclude, uint64_t height, const uint8_t binding[SHA256_LEN])
{
    CLEANUP(outbox_record_free) struct outbox_record record = {0};
    struct error err = {0};
    if (load_record(conclude, binding, height, &record, &err) == HELD_LATER)
        log_info("the view, of block %" PRIu64
                 ", is from before the transaction that was sent last, which is "
                 "kept",
                 height);
    conclude->refusal = (struct conclude_refusal){0};
    conclude->report.blocked_by[0] = 0;
    conclude->report.contract_error[0] = 0;
    conclude->report.last = (struct error){.code = OUTCOME_OK};
}

/* --- what would refuse it --- */

/* What the contract knows of our attestation. A contract without that view tells nothing. */
static result_t read_attestation(struct round *round, struct bytes *out, struct error *err)
{
    char key[ED25519_KEY_TEXT_MAX];
    char args[ED25519_KEY_TEXT_MAX + 24];
    struct conclude *conclude = round->conclude;
    ed25519_public_key_format(conclude->p2p_key, key);
    snprintf(args, sizeof args, "{\"tls_public_key\":\"%s\"}", key);
    result_t result = conclude_ask_view(conclude->panel, conclude->contract_id, "get_attestation", args,
                                        round->snapshot->block_hash, out, err);
    return result == OUTCOME_RPC_VIEW_FAILED ? OUTCOME_OK : result;
}

static result_t check_attestation(struct round *round, struct bytes *circumstances, struct error *err)
{
    CLEANUP(bytes_free) struct bytes view = {0};
    TRY(read_attestation(round, &view, err));
    if (view.len == 0)
        return OUTCOME_OK;
    TRY(bytes_append(circumstances, view.data, view.len));
    return conclude_check_attestation((const char *)view.data, view.len,
                                      round->snapshot->block_time_ms / 1000, err);
}

static struct tx_call call_of(const struct round *round)
{
    const struct conclude *conclude = round->conclude;
    return (struct tx_call){
        .signer_id = conclude->account_id->text,
        .signer = conclude->signer,
        .receiver_id = conclude->contract_id->text,
        .method = CONCLUDE_METHOD,
        .args = round->args.data,
        .args_len = round->args.len,
        .gas = TX_CALL_GAS,
    };
}

/* The permission alone: nonce and allowance change with every call of ours. */
static result_t describe_permission(const struct near_access_key *key, struct bytes *out)
{
    TRY(bytes_append_u8(out, key->full_access));
    if (key->full_access)
        return OUTCOME_OK;
    TRY(bytes_append_text(out, key->receiver_id));
    for (size_t i = 0; i < key->method_count; i++) {
        TRY(bytes_append_u8(out, 0));
        TRY(bytes_append_text(out, key->method_names[i]));
    }
    return OUTCOME_OK;
}

static result_t read_access_key(struct round *round, struct rpc_access_key *out, struct error *err)
{
    char key[ED25519_KEY_TEXT_MAX];
    const struct conclude *conclude = round->conclude;
    result_t result =
        conclude_ask_access_key(conclude->panel, conclude->account_id, &conclude->signer->public_key,
                                round->snapshot->block_hash, out, err);
    if (result != OUTCOME_RPC_NO_ACCESS_KEY)
        return result;
    ed25519_public_key_format(&conclude->signer->public_key, key);
    return error_set(err, result,
                     "the account %s has no access key %s, with which this node signs; add it as a "
                     "function-call key for %s with an empty method list, or check --account-id",
                     conclude->account_id->text, key, conclude->contract_id->text);
}

static result_t check_access_key(struct round *round, struct bytes *circumstances, struct error *err)
{
    CLEANUP(rpc_access_key_free) struct rpc_access_key access = {0};
    struct tx_call call = call_of(round);
    TRY(read_access_key(round, &access, err));
    round->key_nonce = access.key.nonce;
    TRY(describe_permission(&access.key, circumstances));
    TRY(tx_check_access_key(&access.key, &call, err));
    return conclude_check_allowance(&access.key, call.gas, err);
}

/* Nothing is sent that the contract or the chain would refuse (design.md, "Outbox"). */
static result_t check_all(struct round *round, struct error *err)
{
    CLEANUP(bytes_free) struct bytes circumstances = {0};
    const struct conclude *conclude = round->conclude;
    const struct migration_entry *entry =
        migration_view_find(&round->snapshot->migrations, conclude->account_id);
    if (!entry || !entry->has_destination)
        return error_set(err, OUTCOME_INTERNAL, "a conclude without a migration record");
    TRY(conclude_args(&round->snapshot->protocol.keyset, &round->args, err));
    TRY(conclude_check_signer(&entry->destination, &conclude->signer->public_key, err));
    TRY(bytes_append(&circumstances, round->binding, SHA256_LEN));
    /* The key first: its nonce says what an earlier transaction can still do. */
    TRY(check_access_key(round, &circumstances, err));
    TRY(check_attestation(round, &circumstances, err));
    sha256(circumstances.data, circumstances.len, round->circumstances);
    return OUTCOME_OK;
}

/* --- what an answer means --- */

static void count_fate(enum rpc_tx_fate fate)
{
    switch (fate) {
    case RPC_TX_EXECUTED:
        metric_add(METRIC_TX_CONCLUDE_SUCCEEDED, 1);
        return;
    case RPC_TX_FAILED:
        metric_add(METRIC_TX_CONCLUDE_FAILED, 1);
        return;
    case RPC_TX_REJECTED:
        metric_add(METRIC_TX_CONCLUDE_REJECTED, 1);
        return;
    default:
        metric_add(METRIC_TX_CONCLUDE_UNKNOWN, 1);
        return;
    }
}

/* A nonce that is used: it is in a block, or another transaction is in its place. */
static void note_used(struct conclude *conclude, uint64_t now_ms)
{
    if (!conclude->track.used)
        conclude->track.used_ms = now_ms;
    conclude->track.used = true;
}

static void tell_refusal(struct round *round, const struct rpc_tx *tx, const struct conclude_rule *rule)
{
    struct conclude *conclude = round->conclude;
    snprintf(conclude->report.contract_error, sizeof conclude->report.contract_error, "%s: %.400s",
             rule->variant, tx->text);
    utf8_make_printable(conclude->report.contract_error);
    log_outcome(LOG_LEVEL_WARN, tx_outcome(tx->fate), CONCLUDE_METHOD " was refused: %s",
                conclude->report.contract_error);
}

/* The contract or the chain has refused it. */
static result_t settle_refusal(struct round *round, const struct rpc_tx *tx, const struct conclude_rule *rule,
                               bool is_news, struct error *err)
{
    struct conclude *conclude = round->conclude;
    result_t result = tx_outcome(tx->fate);
    if (is_news)
        tell_refusal(round, tx, rule);
    if (rule->effect == CONCLUDE_DROPS)
        forget_record(round);
    if (rule->effect != CONCLUDE_BLOCKS && rule->effect != CONCLUDE_DROPS)
        return OUTCOME_OK;
    if (is_news) {
        struct conclude_refusal *refusal = &conclude->refusal;
        *refusal = (struct conclude_refusal){.outcome = result, .at_ms = round->now_ms};
        memcpy(refusal->circumstances, round->circumstances, SHA256_LEN);
        snprintf(refusal->advice, sizeof refusal->advice, "%s; %s", rule->variant, rule->advice);
    }
    return error_set(err, result, "%s; %s", rule->variant, rule->advice);
}

static result_t settle_success(struct conclude *conclude, bool is_news)
{
    conclude->refusal = (struct conclude_refusal){0};
    conclude->report.contract_error[0] = 0;
    if (is_news)
        log_info(CONCLUDE_METHOD " was executed; waiting for the contract to show it");
    return OUTCOME_OK;
}

static result_t still_unknown(const struct conclude *conclude, const struct rpc_tx *tx, struct error *err)
{
    char words[ERROR_TEXT_MAX - HASH_TEXT_MAX - 64];
    conclude_tx_words(tx, words, sizeof words);
    return error_set(err, OUTCOME_TX_UNKNOWN, "it is not known yet what became of %s (%s)",
                     conclude->report.transaction, words);
}

/* What a majority says became of the transaction in the outbox. Its bytes stay, unless nobody will ever take
 * them: whether they can still do something is for the access key at an agreed block to say. */
static result_t settle(struct round *round, const struct rpc_tx *tx, struct error *err)
{
    struct conclude *conclude = round->conclude;
    const struct conclude_rule *rule = conclude_rule_of(tx);
    bool is_news = !conclude->track.told || conclude->track.fate != tx->fate;
    if (is_news || rule->effect == CONCLUDE_KEEP)
        count_fate(tx->fate);
    if (tx->fate == RPC_TX_EXECUTED || tx->fate == RPC_TX_FAILED || strcmp(tx->name, "InvalidNonce") == 0)
        note_used(conclude, round->now_ms);
    if (rule->effect == CONCLUDE_KEEP)
        return still_unknown(conclude, tx, err);
    conclude->track.told = true;
    conclude->track.fate = tx->fate;
    if (tx->fate == RPC_TX_EXECUTED)
        return settle_success(conclude, is_news);
    return settle_refusal(round, tx, rule, is_news, err);
}

/* --- signing and sending --- */

/* Signed, hashed and durable, in this order, before anything is sent. */
static result_t sign(struct round *round, struct error *err)
{
    CLEANUP(bytes_free) struct bytes stored = {0};
    struct conclude *conclude = round->conclude;
    struct tx_call call = call_of(round);
    memcpy(round->record.binding, round->binding, SHA256_LEN);
    TRY(tx_sign(&call, round->key_nonce, conclude->last_nonce, round->snapshot->height,
                round->snapshot->block_hash, &round->record.tx, err));
    TRY(outbox_record_write(&round->record, &stored));
    TRY(store_outbox_put(conclude->store, stored.data, stored.len, err));
    round->has_record = true;
    conclude->last_nonce = round->record.tx.nonce;
    track_anew(conclude, &round->record.tx);
    hash_format(round->record.tx.hash, conclude->report.transaction);
    return OUTCOME_OK;
}

static result_t send_record(struct round *round, struct error *err)
{
    struct rpc_tx tx = {0};
    struct conclude *conclude = round->conclude;
    log_info("sending " CONCLUDE_METHOD ": transaction %s, nonce %" PRIu64, conclude->report.transaction,
             round->record.tx.nonce);
    TRY(conclude_send_tx(conclude->panel, &round->record.tx, &tx, err));
    return settle(round, &tx, err);
}

/* --- one round --- */

/* The bytes in the outbox can do nothing any more that the views of this round do not show. */
static bool record_is_void(struct round *round)
{
    struct conclude *conclude = round->conclude;
    const struct chain_snapshot *snapshot = round->snapshot;
    if (round->key_nonce >= round->record.tx.nonce)
        note_used(conclude, snapshot->seen_mono_ms);
    return conclude_is_void(&round->record.tx, &conclude->track, round->key_nonce, snapshot->height,
                            snapshot->seen_mono_ms);
}

/* True when a new transaction is wanted, or the earlier one once more; else *result is what came of it. */
static bool look_at_record(struct round *round, result_t *result, struct error *err)
{
    struct rpc_tx tx = {.fate = RPC_TX_UNCLEAR};
    *result =
        conclude_ask_tx(round->conclude->panel, &round->record.tx, round->conclude->account_id, &tx, err);
    if (*result != OUTCOME_OK)
        return false;
    bool has_run = tx.fate == RPC_TX_EXECUTED || tx.fate == RPC_TX_FAILED;
    if (has_run || tx.fate == RPC_TX_PENDING)
        *result = settle(round, &tx, err);
    if (tx.fate == RPC_TX_PENDING)
        return false;
    bool is_void = record_is_void(round);
    if (is_void)
        forget_record(round);
    return is_void || !has_run;
}

static result_t run_round(struct round *round, struct error *err)
{
    struct error obstacle = {0};
    result_t result = OUTCOME_OK;
    uint64_t height = round->snapshot->height;
    enum held held = load_record(round->conclude, round->binding, height, &round->record, err);
    if (held == HELD_UNKNOWN)
        return err->code;
    if (held == HELD_LATER)
        return error_set(
            err, OUTCOME_RPC_WENT_BACK,
            "the view, of block %" PRIu64
            ", is from before the transaction that was sent last; this passes when the NEAR RPC follows",
            height);
    round->has_record = held == HELD_BOUND;
    result_t ready = check_all(round, &obstacle);
    if (ready == OUTCOME_SHUTTING_DOWN)
        return ready;
    if (round->has_record && !look_at_record(round, &result, err))
        return result;
    if (ready != OUTCOME_OK) {
        *err = obstacle;
        return ready;
    }
    if (!conclude_may_send(&round->conclude->refusal, round->circumstances, round->now_ms))
        return error_set(err, round->conclude->refusal.outcome, "%s", round->conclude->refusal.advice);
    if (!round->has_record)
        TRY(sign(round, err));
    return send_record(round, err);
}

/* Outcomes after which nothing gets better by itself. */
static bool blocks(result_t result)
{
    switch (result) {
    case OUTCOME_SIGNER_KEY_MISMATCH:
    case OUTCOME_ATTESTATION_MISSING:
    case OUTCOME_ATTESTATION_INVALID:
    case OUTCOME_ALLOWANCE_TOO_SMALL:
    case OUTCOME_RPC_NO_ACCESS_KEY:
    case OUTCOME_TX_TOO_LARGE:
    case OUTCOME_TX_REJECTED:
    case OUTCOME_TX_FAILED:
        return true;
    default:
        return false;
    }
}

static void report_block(struct conclude *conclude, const struct error *err)
{
    if (strcmp(conclude->report.blocked_by, err->text) == 0)
        return;
    memcpy(conclude->report.blocked_by, err->text, sizeof err->text);
    log_outcome(LOG_LEVEL_WARN, err->code, CONCLUDE_METHOD " is held back: %s", err->text);
}

enum conclude_verdict conclude_round(struct conclude *conclude, const struct chain_snapshot *snapshot,
                                     const uint8_t binding[SHA256_LEN], uint64_t now_ms)
{
    CLEANUP(round_free)
    struct round round = {.conclude = conclude, .snapshot = snapshot, .binding = binding, .now_ms = now_ms};
    struct error err = {0};
    result_t result = run_round(&round, &err);
    metric_outcome(METRIC_EVENT_CONCLUDE, result);
    if (result != OUTCOME_OK)
        error_complete(&err, result);
    conclude->report.last = result == OUTCOME_OK ? (struct error){.code = OUTCOME_OK} : err;
    if (blocks(result)) {
        report_block(conclude, &err);
        return CONCLUDE_BLOCKED;
    }
    conclude->report.blocked_by[0] = 0;
    if (result != OUTCOME_OK && result != OUTCOME_TX_UNKNOWN && result != OUTCOME_SHUTTING_DOWN)
        metric_add(METRIC_TX_CONCLUDE_LOCAL_ERROR, 1);
    if (result != OUTCOME_OK && result != OUTCOME_SHUTTING_DOWN)
        log_outcome(LOG_LEVEL_WARN, result, CONCLUDE_METHOD ": %s", err.text);
    return CONCLUDE_TRIED;
}
