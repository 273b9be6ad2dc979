#include "node/conclude_jobs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/account_id.h"
#include "common/utf8.h"
#include "node/agreement.h"
#include "node/conclude_rules.h"

/* Room for a view's arguments. */
#define ARGS_MAX 256

/* The digest of an answer that refuses, which is like nothing else. */
static void digest_refusal(result_t result, uint8_t out[SHA256_LEN])
{
    const char *name = outcome_of(result)->name;
    sha256(name, strlen(name), out);
}

/* --- a view --- */

/* It holds all of its question: it may still be under way when nobody waits for it any more. */
struct view_job {
    struct agreement_job base;
    struct account_id contract_id;
    const char *method; /* static */
    char args[ARGS_MAX];
    uint8_t block_hash[SHA256_LEN];
    struct error refusal; /* code RPC_VIEW_FAILED: this is the answer */
    struct rpc_view view;
};

static void view_run(struct panel_job *job, struct rpc *rpc)
{
    struct view_job *view = (struct view_job *)job;
    result_t result = rpc_view(rpc, view->contract_id.text, view->method, view->args, strlen(view->args),
                               view->block_hash, &view->view, &job->error);
    if (result == OUTCOME_RPC_VIEW_FAILED) {
        view->refusal = job->error;
        digest_refusal(result, view->base.digest);
        result = OUTCOME_OK;
    } else if (result == OUTCOME_OK) {
        sha256(view->view.data.data, view->view.data.len, view->base.digest);
    }
    panel_job_end(job, result);
}

static void view_release(struct panel_job *job)
{
    rpc_view_free(&((struct view_job *)job)->view);
    free(job);
}

result_t conclude_ask_view(struct panel *panel, const struct account_id *contract_id, const char *method,
                           const char *args, const uint8_t block_hash[SHA256_LEN], struct bytes *out,
                           struct error *err)
{
    struct view_job question = {.base.job = {.run = view_run, .release = view_release},
                                .contract_id = *contract_id,
                                .method = method};
    struct agreement_job *answer = NULL;
    snprintf(question.args, sizeof question.args, "%s", args);
    memcpy(question.block_hash, block_hash, SHA256_LEN);
    TRY(agreement_reach(panel, &question.base, sizeof question, 0, &answer, err));
    const struct view_job *view = (const struct view_job *)answer;
    result_t result = view->refusal.code == OUTCOME_OK
                          ? bytes_append(out, view->view.data.data, view->view.data.len)
                          : error_set(err, view->refusal.code, "%s", view->refusal.text);
    answer->job.release(&answer->job);
    return result;
}

/* --- an access key --- */

struct access_key_job {
    struct agreement_job base;
    struct account_id account_id;
    struct ed25519_public_key public_key;
    uint8_t block_hash[SHA256_LEN];
    struct error refusal; /* code RPC_NO_ACCESS_KEY: this is the answer */
    struct rpc_access_key key;
};

static result_t digest_access_key(const struct near_access_key *key, uint8_t out[SHA256_LEN])
{
    CLEANUP(bytes_free) struct bytes all = {0};
    TRY(bytes_append_u64le(&all, key->nonce));
    TRY(bytes_append_u8(&all, key->full_access));
    TRY(bytes_append_u8(&all, key->has_allowance));
    TRY(bytes_append_u64le(&all, key->allowance.high));
    TRY(bytes_append_u64le(&all, key->allowance.low));
    if (key->receiver_id)
        TRY(bytes_append_text(&all, key->receiver_id));
    for (size_t i = 0; i < key->method_count; i++) {
        TRY(bytes_append_u8(&all, 0));
        TRY(bytes_append_text(&all, key->method_names[i]));
    }
    sha256(all.data, all.len, out);
    return OUTCOME_OK;
}

static void access_key_run(struct panel_job *job, struct rpc *rpc)
{
    struct access_key_job *access = (struct access_key_job *)job;
    result_t result = rpc_view_access_key(rpc, access->account_id.text, &access->public_key,
                                          access->block_hash, &access->key, &job->error);
    if (result == OUTCOME_RPC_NO_ACCESS_KEY) {
        access->refusal = job->error;
        digest_refusal(result, access->base.digest);
        result = OUTCOME_OK;
    } else if (result == OUTCOME_OK) {
        result = digest_access_key(&access->key.key, access->base.digest);
    }
    panel_job_end(job, result);
}

static void access_key_release(struct panel_job *job)
{
    rpc_access_key_free(&((struct access_key_job *)job)->key);
    free(job);
}

result_t conclude_ask_access_key(struct panel *panel, const struct account_id *account_id,
                                 const struct ed25519_public_key *key, const uint8_t block_hash[SHA256_LEN],
                                 struct rpc_access_key *out, struct error *err)
{
    struct access_key_job question = {.base.job = {.run = access_key_run, .release = access_key_release},
                                      .account_id = *account_id,
                                      .public_key = *key};
    struct agreement_job *answer = NULL;
    *out = (struct rpc_access_key){0};
    memcpy(question.block_hash, block_hash, SHA256_LEN);
    TRY(agreement_reach(panel, &question.base, sizeof question, 0, &answer, err));
    struct access_key_job *access = (struct access_key_job *)answer;
    result_t result = access->refusal.code;
    if (result != OUTCOME_OK)
        (void)error_set(err, result, "%s", access->refusal.text);
    *out = access->key;
    access->key = (struct rpc_access_key){0};
    answer->job.release(&answer->job);
    return result;
}

/* --- a transaction --- */

struct tx_job {
    struct agreement_job base;
    uint8_t hash[SHA256_LEN];
    struct account_id signer_id; /* of a status that is asked for */
    struct rpc_tx tx;            /* the answer */
    size_t len;                  /* of a transaction that is sent */
    uint8_t bytes[];
};

void conclude_tx_words(const struct rpc_tx *tx, char *out, size_t out_cap)
{
    bool is_named = tx->name[0] && !strstr(tx->text, tx->name);
    snprintf(out, out_cap, "%s%s%s%s%.*s", rpc_tx_fate_name(tx->fate), is_named ? ": " : "",
             is_named ? tx->name : "", tx->text[0] ? ": " : "", RPC_TX_TEXT_MAX, tx->text);
    utf8_make_printable(out);
}

/* What it means is what counts: texts and numbers may differ between nodes. Whatever they are, people will
 * read them. */
static void end_tx_job(struct tx_job *tx, result_t result)
{
    char meaning[2 * RPC_TX_NAME_MAX];
    utf8_make_printable(tx->tx.text);
    utf8_make_printable(tx->base.job.error.text);
    conclude_tx_words(&tx->tx, tx->base.words, sizeof tx->base.words);
    int len = snprintf(meaning, sizeof meaning, "%s %s", rpc_tx_fate_name(tx->tx.fate),
                       conclude_rule_of(&tx->tx)->variant);
    sha256(meaning, (size_t)len, tx->base.digest);
    panel_job_end(&tx->base.job, result);
}

static void status_run(struct panel_job *job, struct rpc *rpc)
{
    struct tx_job *tx = (struct tx_job *)job;
    end_tx_job(tx, rpc_tx_status(rpc, tx->hash, tx->signer_id.text, RPC_WAIT_NONE, &tx->tx, &job->error));
}

static void send_run(struct panel_job *job, struct rpc *rpc)
{
    struct tx_job *tx = (struct tx_job *)job;
    end_tx_job(tx, rpc_send_tx(rpc, tx->bytes, tx->len, RPC_WAIT_EXECUTED_OPTIMISTIC, &tx->tx, &job->error));
}

static void tx_release(struct panel_job *job)
{
    free(job);
}

/* Room for a name in a text that conclude_rule_of() is to find its words in, once more. */
#define NAME_SHOWN 128

/* Of several RPCs that agree, the one that is quoted is named. */
static void take_answer(const struct panel *panel, const struct tx_job *answer, struct rpc_tx *out)
{
    const struct rpc_tx *tx = &answer->tx;
    *out = *tx;
    if (panel_count(panel) == 1 || !tx->text[0])
        return;
    snprintf(out->text, sizeof out->text, "%.*s: %.*s", NAME_SHOWN,
             panel_name(panel, answer->base.job.source), RPC_TX_TEXT_MAX - NAME_SHOWN - 3, tx->text);
}

static result_t agree_on_tx(struct panel *panel, const struct tx_job *question, uint32_t patience_ms,
                            struct rpc_tx *out, struct error *err)
{
    struct agreement_job *answer = NULL;
    struct error why = {0};
    *out = (struct rpc_tx){.fate = RPC_TX_UNCLEAR};
    result_t result =
        agreement_reach(panel, &question->base, sizeof *question + question->len, patience_ms, &answer, &why);
    if (result != OUTCOME_OK) {
        error_complete(&why, result);
        snprintf(out->text, sizeof out->text, "%s", why.text);
        return error_set(err, result, "%s", why.text);
    }
    take_answer(panel, (const struct tx_job *)answer, out);
    answer->job.release(&answer->job);
    return OUTCOME_OK;
}

result_t conclude_ask_tx(struct panel *panel, const struct tx_signed *tx, const struct account_id *signer_id,
                         struct rpc_tx *out, struct error *err)
{
    struct tx_job question = {.base.job = {.run = status_run, .release = tx_release},
                              .signer_id = *signer_id};
    memcpy(question.hash, tx->hash, SHA256_LEN);
    result_t result = agree_on_tx(panel, &question, 0, out, err);
    return result == OUTCOME_RPC_NO_MAJORITY ? OUTCOME_OK : result;
}

result_t conclude_send_tx(struct panel *panel, const struct tx_signed *tx, struct rpc_tx *out,
                          struct error *err)
{
    struct tx_job *question = calloc(1, sizeof *question + tx->bytes.len);
    if (!question)
        return OUTCOME_NO_MEMORY;
    question->base.job = (struct panel_job){.run = send_run, .release = tx_release};
    question->len = tx->bytes.len;
    memcpy(question->bytes, tx->bytes.data, tx->bytes.len);
    result_t result = agree_on_tx(panel, question, RPC_SEND_TIMEOUT_MS, out, err);
    free(question);
    return result == OUTCOME_SHUTTING_DOWN || result == OUTCOME_NO_MEMORY ? result : OUTCOME_OK;
}
