#include "tests/support/fake_source.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/support.h"

/* Where a fork shows in a hash. */
#define FORK_BYTE (SHA256_LEN - 1)

static struct fake_source *source_of(const struct rpc *rpc)
{
    return (struct fake_source *)(uintptr_t)rpc;
}

void fake_source_hash(uint64_t height, uint8_t fork, uint8_t out[SHA256_LEN])
{
    memset(out, (int)height, SHA256_LEN);
    out[FORK_BYTE] ^= fork;
}

/* What any call does first. */
static result_t begin(struct fake_source *source, bool hangs, struct error *err)
{
    result_t result = source->manner.fails;
    pthread_mutex_lock(&source->lock);
    if (hangs && !source->released) {
        source->hung++;
        pthread_cond_broadcast(&source->wake);
        while (!source->released && !source->aborted)
            pthread_cond_wait(&source->wake, &source->lock);
        source->hung--;
        result = OUTCOME_RPC_TIMEOUT;
    }
    if (source->aborted)
        result = OUTCOME_SHUTTING_DOWN;
    pthread_mutex_unlock(&source->lock);
    return result == OUTCOME_OK ? result
                                : error_set(err, result, "%s: %s", source->name, outcome_of(result)->text);
}

static struct rpc_block block_of(const struct fake_source *source, uint64_t height)
{
    struct rpc_block block = {.height = height, .time_ms = (int64_t)FAKE_NOW_MS(height)};
    fake_source_hash(height, source->manner.fork, block.hash);
    return block;
}

static result_t fake_status(struct rpc *rpc, struct rpc_status *out, struct error *err)
{
    struct fake_source *source = source_of(rpc);
    pthread_mutex_lock(&source->lock);
    source->calls++;
    pthread_mutex_unlock(&source->lock);
    TRY(begin(source, source->manner.hangs, err));
    *out = (struct rpc_status){.syncing = source->manner.syncing, .latest_height = source->manner.height};
    return OUTCOME_OK;
}

static result_t fake_block(struct rpc *rpc, enum rpc_finality finality, struct rpc_block *out,
                           struct error *err)
{
    struct fake_source *source = source_of(rpc);
    ck_assert_int_eq(finality, RPC_FINAL);
    TRY(begin(source, source->manner.hangs, err));
    *out = block_of(source, source->manner.height);
    if (source->manner.head_height)
        out->height = source->manner.head_height;
    out->time_ms += source->manner.head_offset_ms;
    return OUTCOME_OK;
}

/* The block of this hash, of the last 256. */
static result_t find_block(const struct fake_source *source, const uint8_t hash[SHA256_LEN],
                           struct rpc_block *out, struct error *err)
{
    for (uint64_t back = 0; back < 256 && back < source->manner.height; back++) {
        *out = block_of(source, source->manner.height - back);
        if (memcmp(out->hash, hash, SHA256_LEN) != 0 || source->manner.forgets)
            continue;
        if (back == 0 && source->manner.head_height)
            out->height = source->manner.head_height;
        return OUTCOME_OK;
    }
    return error_set(err, OUTCOME_RPC_UNKNOWN_BLOCK, "%s: no such block", source->name);
}

static result_t fake_block_by_hash(struct rpc *rpc, const uint8_t hash[SHA256_LEN], struct rpc_block *out,
                                   struct error *err)
{
    struct fake_source *source = source_of(rpc);
    TRY(begin(source, source->manner.hangs, err));
    return find_block(source, hash, out, err);
}

static result_t write_view(const struct fake_source *source, const char *method, struct bytes *out,
                           struct error *err)
{
    if (strcmp(method, "state") == 0)
        story_state(&source->manner.story, out);
    else if (strcmp(method, "migration_info") == 0)
        story_migration_info(&source->manner.story, out);
    else if (source->manner.attestation)
        return bytes_append_text(out, source->manner.attestation);
    else
        return error_set(err, OUTCOME_RPC_VIEW_FAILED, "%s: MethodNotFound", source->name);
    return OUTCOME_OK;
}

static result_t fake_view(struct rpc *rpc, const char *account_id, const char *method, const void *args,
                          size_t args_len, const uint8_t *block_hash, struct rpc_view *out, struct error *err)
{
    struct fake_source *source = source_of(rpc);
    struct rpc_block block;
    (void)args;
    (void)args_len;
    *out = (struct rpc_view){0};
    ck_assert_str_eq(account_id, STORY_CONTRACT);
    TRY(begin(source, source->manner.hangs || source->manner.views_hang, err));
    if (source->manner.releases)
        fake_source_release(source->manner.releases);
    if (source->manner.views_fail != OUTCOME_OK)
        return error_set(err, source->manner.views_fail, "%s: the view failed", source->name);
    TRY(find_block(source, block_hash, &block, err));
    out->height = block.height;
    memcpy(out->hash, block.hash, SHA256_LEN);
    return write_view(source, method, &out->data, err);
}

static char *copy_text(const char *text)
{
    char *copy = text ? strdup(text) : NULL;
    ck_assert(!text || copy);
    return copy;
}

static void copy_texts(const struct near_access_key *key, struct near_access_key *out)
{
    out->receiver_id = copy_text(key->receiver_id);
    out->method_names = calloc(key->method_count + 1, sizeof *out->method_names);
    ck_assert_ptr_nonnull(out->method_names);
    for (size_t i = 0; i < key->method_count; i++)
        out->method_names[i] = copy_text(key->method_names[i]);
}

static result_t fake_view_access_key(struct rpc *rpc, const char *account_id,
                                     const struct ed25519_public_key *key, const uint8_t *block_hash,
                                     struct rpc_access_key *out, struct error *err)
{
    struct fake_source *source = source_of(rpc);
    struct rpc_block block;
    (void)key;
    *out = (struct rpc_access_key){0};
    ck_assert_str_eq(account_id, STORY_ACCOUNT);
    TRY(begin(source, source->manner.hangs, err));
    if (source->manner.key_fails != OUTCOME_OK)
        return error_set(err, source->manner.key_fails, "%s: no key", source->name);
    TRY(find_block(source, block_hash, &block, err));
    out->key = source->manner.key;
    copy_texts(&source->manner.key, &out->key);
    out->height = block.height;
    memcpy(out->hash, block.hash, SHA256_LEN);
    return OUTCOME_OK;
}

static result_t fake_send_tx(struct rpc *rpc, const void *signed_tx, size_t len, enum rpc_wait wait,
                             struct rpc_tx *out, struct error *err)
{
    struct fake_source *source = source_of(rpc);
    (void)wait;
    *out = (struct rpc_tx){.fate = RPC_TX_UNCLEAR};
    TRY(begin(source, source->manner.hangs, err));
    if (source->manner.send_fails.code != OUTCOME_OK)
        return error_set(err, source->manner.send_fails.code, "%s: %s", source->name,
                         source->manner.send_fails.text);
    pthread_mutex_lock(&source->lock);
    ck_assert_uint_lt(source->sent_count, FAKE_SENT_MAX);
    ck_assert_ok(bytes_append(&source->sent[source->sent_count++], signed_tx, len));
    pthread_mutex_unlock(&source->lock);
    *out = source->manner.sent;
    return OUTCOME_OK;
}

static result_t fake_tx_status(struct rpc *rpc, const uint8_t hash[SHA256_LEN], const char *signer_id,
                               enum rpc_wait wait, struct rpc_tx *out, struct error *err)
{
    struct fake_source *source = source_of(rpc);
    (void)hash;
    (void)wait;
    *out = (struct rpc_tx){.fate = RPC_TX_UNCLEAR};
    ck_assert_str_eq(signer_id, STORY_ACCOUNT);
    TRY(begin(source, source->manner.hangs, err));
    *out = source->manner.status;
    return OUTCOME_OK;
}

static const char *fake_name(const struct rpc *rpc)
{
    return source_of(rpc)->name;
}

static void fake_abort(struct rpc *rpc)
{
    struct fake_source *source = source_of(rpc);
    pthread_mutex_lock(&source->lock);
    source->aborted = true;
    pthread_cond_broadcast(&source->wake);
    pthread_mutex_unlock(&source->lock);
}

static const struct rpc_ops fake_ops = {
    .block = fake_block,
    .block_by_hash = fake_block_by_hash,
    .status = fake_status,
    .view = fake_view,
    .view_access_key = fake_view_access_key,
    .send_tx = fake_send_tx,
    .tx_status = fake_tx_status,
    .name = fake_name,
    .abort = fake_abort,
};

void fake_source_init(struct fake_source *source, const char *name, const struct story *story,
                      uint64_t height)
{
    *source = (struct fake_source){.rpc.ops = &fake_ops, .name = name};
    source->manner = (struct fake_manner){.story = *story,
                                          .height = height,
                                          .key = {.full_access = true},
                                          .attestation = "{\"Mock\":\"Valid\"}",
                                          .sent.fate = RPC_TX_EXECUTED,
                                          .status.fate = RPC_TX_NOT_SEEN};
    pthread_mutex_init(&source->lock, NULL);
    pthread_cond_init(&source->wake, NULL);
}

void fake_source_free(struct fake_source *source)
{
    for (unsigned i = 0; i < source->sent_count; i++)
        bytes_free(&source->sent[i]);
    pthread_cond_destroy(&source->wake);
    pthread_mutex_destroy(&source->lock);
}

void fake_source_release(struct fake_source *source)
{
    pthread_mutex_lock(&source->lock);
    source->released = true;
    pthread_cond_broadcast(&source->wake);
    pthread_mutex_unlock(&source->lock);
}

void fake_source_wait_hung(struct fake_source *source)
{
    pthread_mutex_lock(&source->lock);
    while (source->hung == 0)
        pthread_cond_wait(&source->wake, &source->lock);
    pthread_mutex_unlock(&source->lock);
}

unsigned fake_source_calls(struct fake_source *source)
{
    pthread_mutex_lock(&source->lock);
    unsigned calls = source->calls;
    pthread_mutex_unlock(&source->lock);
    return calls;
}
