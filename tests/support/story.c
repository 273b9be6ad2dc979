#include "tests/support/story.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/support.h"

struct ed25519_public_key story_key(uint8_t byte)
{
    struct ed25519_public_key key;
    memset(key.bytes, byte, sizeof key.bytes);
    return key;
}

struct account_id story_account(void)
{
    struct account_id id;
    ck_assert(account_id_set(&id, STORY_ACCOUNT, strlen(STORY_ACCOUNT)));
    return id;
}

void story_keyset(uint64_t epoch_id, size_t domains, struct keyset *out)
{
    *out = (struct keyset){.epoch_id = epoch_id, .count = domains};
    out->domains = calloc(domains + 1, sizeof *out->domains);
    ck_assert_ptr_nonnull(out->domains);
    for (size_t i = 0; i < domains; i++) {
        out->domains[i] = (struct keyset_domain){.domain_id = i, .attempt = 7, .key.curve = CURVE_ED25519};
        memset(out->domains[i].key.bytes, (int)(i + 1), ED25519_KEY_LEN);
    }
}

void story_keyshares(uint64_t epoch_id, size_t domains, uint8_t scalar, struct keyshares *out)
{
    *out = (struct keyshares){0};
    for (size_t i = 0; i < domains; i++) {
        struct keyshare share = {.id = {epoch_id, i, 7}, .curve = CURVE_ED25519};
        uint8_t secret[KEYSHARE_SCALAR_LEN] = {scalar};
        memset(share.public_key, (int)(i + 1), ED25519_KEY_LEN);
        ck_assert_ok(keyshares_add(out, &share, secret));
    }
}

static void add_parameters(const struct story *story, struct bytes *out)
{
    char key[ED25519_KEY_TEXT_MAX];
    struct ed25519_public_key listed = story_key(story->listed_key);
    ed25519_public_key_format(&listed, key);
    ck_assert_ok(
        bytes_append_text(out, "\"parameters\":{\"participants\":{\"next_id\":1,\"participants\":["));
    if (story->listed_key)
        ck_assert_ok(bytes_append_format(
            out, "[\"" STORY_ACCOUNT "\",0,{\"url\":\"http://a:80\",\"tls_public_key\":\"%s\"}]", key));
    ck_assert_ok(bytes_append_text(out, "]},\"threshold\":1}"));
}

static void add_running(const struct story *story, struct bytes *out)
{
    CLEANUP(keyset_free) struct keyset keyset;
    story_keyset(story->epoch_id, story->domains, &keyset);
    ck_assert_ok(bytes_append_text(out, "{\"keyset\":"));
    ck_assert_ok(keyset_write(&keyset, out));
    ck_assert_ok(bytes_append_text(out, ","));
    add_parameters(story, out);
    ck_assert_ok(bytes_append_text(out, "}"));
}

void story_state(const struct story *story, struct bytes *out)
{
    switch (story->phase) {
    case PROTOCOL_NOT_INITIALIZED:
        ck_assert_ok(bytes_append_text(out, "\"NotInitialized\""));
        return;
    case PROTOCOL_INITIALIZING:
        ck_assert_ok(bytes_append_format(
            out, "{\"Initializing\":{\"epoch_id\":%llu,\"generated_keys\":[],\"generating_key\":{",
            (unsigned long long)story->epoch_id));
        add_parameters(story, out);
        ck_assert_ok(bytes_append_text(out, "}}}"));
        return;
    case PROTOCOL_RUNNING:
        ck_assert_ok(bytes_append_text(out, "{\"Running\":"));
        add_running(story, out);
        ck_assert_ok(bytes_append_text(out, "}"));
        return;
    case PROTOCOL_RESHARING:
        ck_assert_ok(bytes_append_text(out, "{\"Resharing\":{\"previous_running_state\":"));
        add_running(story, out);
        ck_assert_ok(bytes_append_text(out, ",\"resharing_key\":{"));
        add_parameters(story, out);
        ck_assert_ok(bytes_append_text(out, "}}}"));
        return;
    }
}

void story_migration_info(const struct story *story, struct bytes *out)
{
    char url[] = "http://b:80";
    struct migration_entry entry = {
        .account_id = story_account(),
        .has_backup_key = story->backup_key != 0,
        .backup_key = story_key(story->backup_key),
        .has_destination = story->destination != 0,
        .destination = {story_key(story->signer), story_key(story->destination), url},
    };
    struct migration_view view = {.entries = &entry, .count = entry.has_backup_key || entry.has_destination};
    ck_assert_ok(migration_view_write(&view, out));
}

static void block_hash(uint64_t height, char out[HASH_TEXT_MAX])
{
    uint8_t hash[SHA256_LEN];
    memset(hash, (int)height, sizeof hash);
    hash_format(hash, out);
}

void story_serve_status(struct fake_rpc *fake, bool syncing)
{
    char result[160];
    snprintf(result, sizeof result, "{\"sync_info\":{\"syncing\":%s,\"latest_block_height\":100}}",
             syncing ? "true" : "false");
    fake_rpc_forget(fake, "status");
    fake_rpc_result(fake, "status", result);
}

void story_serve_block(struct fake_rpc *fake, uint64_t height, uint64_t time_ms)
{
    char hash[HASH_TEXT_MAX];
    char result[320];
    block_hash(height, hash);
    snprintf(result, sizeof result,
             "{\"header\":{\"height\":%llu,\"hash\":\"%s\",\"prev_hash\":\"%s\",\"timestamp\":%llu000000}}",
             (unsigned long long)height, hash, hash, (unsigned long long)time_ms);
    fake_rpc_forget(fake, "block");
    fake_rpc_result(fake, "block", result);
}

void story_serve_views(const struct story *story, struct fake_rpc *fake, uint64_t height)
{
    CLEANUP(bytes_free) struct bytes state = {0};
    CLEANUP(bytes_free) struct bytes info = {0};
    char hash[HASH_TEXT_MAX];
    block_hash(height, hash);
    story_state(story, &state);
    story_migration_info(story, &info);
    fake_rpc_forget(fake, "query:state");
    fake_rpc_view(fake, "query:state", (const char *)state.data, height, hash);
    fake_rpc_forget(fake, "query:migration_info");
    fake_rpc_view(fake, "query:migration_info", (const char *)info.data, height, hash);
}

/* The views first: nobody asks for them before the block is there. */
void story_serve(const struct story *story, struct fake_rpc *fake, uint64_t height, uint64_t time_ms)
{
    story_serve_status(fake, false);
    story_serve_views(story, fake, height);
    story_serve_block(fake, height, time_ms);
}

const struct chain_snapshot *story_snapshot(const struct story *story, uint64_t height, struct chain_now seen)
{
    CLEANUP(bytes_free) struct bytes state = {0};
    CLEANUP(bytes_free) struct bytes info = {0};
    struct protocol_view protocol = {0};
    struct migration_view migrations = {0};
    struct chain_block block = {.height = height, .time_ms = seen.wall_ms, .seen_mono_ms = seen.mono_ms};
    const struct chain_snapshot *out = NULL;
    struct error err;
    memset(block.hash, (int)height, sizeof block.hash);
    story_state(story, &state);
    story_migration_info(story, &info);
    ck_assert_ok_err(protocol_view_parse((const char *)state.data, state.len, &protocol, &err), err);
    ck_assert_ok_err(migration_view_parse((const char *)info.data, info.len, NULL, &migrations, &err), err);
    ck_assert_ok(chain_snapshot_make(&block, &protocol, &migrations, &out));
    return out;
}
