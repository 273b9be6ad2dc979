#include <inttypes.h>
#include <string.h>

#include "common/encoding.h"
#include "common/os/clock.h"
#include "node/cmd_common.h"
#include "node/identity.h"

/* The chain as it is walked, newest first; text for people or an array of envelopes. */
struct chain {
    const struct cmd_env *env;
    struct identity identity; /* the node's, read when there is a receipt */
    struct bytes out;
    size_t count;
    struct receipt_signed newer; /* the one before this in the walk */
    struct store_receipt_numbers aside;
    struct error problem; /* the first that was found */
};

static void chain_free(struct chain *chain)
{
    identity_free(&chain->identity);
    bytes_free(&chain->out);
    receipt_signed_free(&chain->newer);
}

static result_t chain_print(struct chain *chain, const struct receipt_signed *signed_receipt,
                            const struct bytes *envelope)
{
    const struct receipt *receipt = &signed_receipt->receipt;
    char time[CLOCK_TEXT_LEN];
    char hash[2 * SHA256_LEN];
    if (chain->env->json) {
        TRY(bytes_append_text(&chain->out, chain->count ? "," : ""));
        return bytes_append(&chain->out, envelope->data, envelope->len);
    }
    clock_format((int64_t)receipt->durable_at_ms, time);
    hex_encode(signed_receipt->hash, SHA256_LEN, hash);
    return bytes_append_format(
        &chain->out, "receipt %" PRIu64 ": %s, epoch %" PRIu64 ", %zu key shares, hash %.*s\n",
        receipt->number, time, receipt->epoch_id, receipt->count, (int)sizeof hash, hash);
}

/* Those between two numbers are missing, and it is known why: that many were set aside there. */
static size_t chain_judge_aside(struct chain *chain, uint64_t low, uint64_t high)
{
    size_t count = 0;
    uint64_t last = 0;
    for (size_t i = 0; i < chain->aside.count; i++)
        if (chain->aside.at[i] > low && chain->aside.at[i] < high) {
            last = chain->aside.at[i];
            count++;
        }
    if (count > 0)
        error_set(&chain->problem, OUTCOME_RECEIPT_INVALID,
                  "receipt %" PRIu64 " is missing: its record could not be opened, and was set aside%s", last,
                  count > 1 ? ", like others before it" : "");
    return count;
}

static void chain_judge_gap(struct chain *chain, uint64_t number, uint64_t newer)
{
    if (chain_judge_aside(chain, number, newer) < newer - number - 1)
        error_set(&chain->problem, OUTCOME_RECEIPT_INVALID,
                  "receipts are missing between %" PRIu64 " and %" PRIu64, number, newer);
}

static void chain_judge(struct chain *chain, const struct receipt_signed *receipt)
{
    uint64_t number = receipt->receipt.number;
    uint64_t newer = chain->newer.receipt.number;
    if (chain->problem.text[0])
        return;
    if (!ed25519_public_key_equal(&receipt->key, &chain->identity.p2p.public_key))
        error_set(&chain->problem, OUTCOME_RECEIPT_INVALID,
                  "receipt %" PRIu64 " is signed with another key than this node's P2P key", number);
    else if (chain->count == 0)
        (void)chain_judge_aside(chain, number, UINT64_MAX);
    else if (newer > number + 1)
        chain_judge_gap(chain, number, newer);
    else if (receipt_link(receipt, &chain->newer) != RECEIPT_LINKED)
        error_set(&chain->problem, OUTCOME_RECEIPT_INVALID,
                  "receipt %" PRIu64 " does not follow receipt %" PRIu64, newer, number);
}

/* The oldest ones go when there are STORE_RECEIPTS_MAX, and not before. */
static void chain_judge_oldest(struct chain *chain)
{
    uint64_t oldest = chain->newer.receipt.number;
    if (chain->problem.text[0] || chain->count >= STORE_RECEIPTS_MAX)
        return;
    size_t aside = chain_judge_aside(chain, 0, chain->count ? oldest : UINT64_MAX);
    if (chain->count > 0 && chain->count + aside < STORE_RECEIPTS_MAX && aside < oldest - 1)
        error_set(&chain->problem, OUTCOME_RECEIPT_INVALID,
                  "the receipts before number %" PRIu64 " are missing, and there are not so many that they "
                  "would have been trimmed",
                  oldest);
}

static result_t chain_take(const struct bytes *envelope, void *context, struct error *err)
{
    struct chain *chain = context;
    CLEANUP(receipt_signed_free) struct receipt_signed receipt = {0};
    if (chain->count == 0)
        TRY(identity_load(chain->env->home_dir, &chain->identity, err));
    TRY(receipt_read((const char *)envelope->data, envelope->len, &receipt, err));
    TRY(chain_print(chain, &receipt, envelope));
    chain_judge(chain, &receipt);
    struct receipt_signed newer = chain->newer;
    chain->newer = receipt;
    receipt = newer;
    chain->count++;
    return OUTCOME_OK;
}

/* A problem is told with --json instead of the receipts, without it behind them. */
static result_t chain_report(struct chain *chain, struct error *err)
{
    bool good = !chain->problem.text[0];
    if (chain->env->json && good)
        TRY(bytes_append_text(&chain->out, "]}\n"));
    else if (!chain->env->json && chain->count == 0)
        TRY(bytes_append_text(&chain->out, "no receipts\n"));
    else if (!chain->env->json && good)
        TRY(bytes_append_format(&chain->out, "%zu receipt%s: signed by this node, and none is missing%s\n",
                                chain->count, chain->count == 1 ? "" : "s",
                                chain->count == 1 ? "" : " between them"));
    if (!chain->env->json || good)
        TRY(cmd_print(chain->env, &chain->out, err));
    return good ? OUTCOME_OK : error_set(err, chain->problem.code, "%s", chain->problem.text);
}

static result_t aside_print(const struct cmd_env *env, const struct store_receipt_numbers *aside,
                            struct error *err)
{
    CLEANUP(bytes_free) struct bytes out = {0};
    if (env->json)
        TRY(bytes_append_text(&out, "{\"set_aside\":["));
    else if (aside->count == 0)
        TRY(bytes_append_text(&out, "every receipt can be opened; nothing was set aside\n"));
    for (size_t i = 0; i < aside->count; i++)
        TRY(env->json
                ? bytes_append_format(&out, "%s%" PRIu64, i ? "," : "", aside->at[i])
                : bytes_append_format(&out, "receipt %" PRIu64 " could not be opened: set aside, and kept\n",
                                      aside->at[i]));
    if (env->json)
        TRY(bytes_append_text(&out, "]}\n"));
    return cmd_print(env, &out, err);
}

/* The daemon may be running: the next PUT is taken again. */
static result_t set_aside(const struct cmd_env *env, struct error *err)
{
    CLEANUP(cmd_close_store) struct store *store = NULL;
    struct store_receipt_numbers aside = {.count = 0};
    TRY(cmd_open_store(env, false, &store, err));
    TRY(store_set_receipts_aside(store, &aside, err));
    return aside_print(env, &aside, err);
}

result_t cmd_keyshares_receipts(const struct cmd_env *env, struct error *err)
{
    if (env->set_aside)
        return set_aside(env, err);
    CLEANUP(cmd_close_store) struct store *store = NULL;
    CLEANUP(chain_free) struct chain chain = {.env = env};
    TRY(cmd_open_store(env, true, &store, err));
    if (env->json)
        TRY(bytes_append_text(&chain.out, "{\"receipts\":["));
    TRY(store_receipts_aside(store, &chain.aside, err));
    TRY(store_each_receipt(store, chain_take, &chain, err));
    chain_judge_oldest(&chain);
    return chain_report(&chain, err);
}
