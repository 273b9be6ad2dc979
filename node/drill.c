#include "node/drill.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/os/file.h"
#include "common/os/random.h"
#include "common/os/scratch_dir.h"
#include "common/seal.h"
#include "node/routes.h"
#include "node/store_internal.h"

#define SCRATCH_PREFIX "drill-"

/* The view of the contract that the scratch store is restored under; any block will do. */
#define VIEW_HEIGHT 1

#define LAST_NAME      "last-drill"
#define LAST_BYTES_MAX 32

struct drill {
    const struct drill_options *options;
    struct scratch_dir dir;
    struct secret store_key;
    struct secret seal_key;
    struct ed25519_keypair signer;
    const struct chain_snapshot *snapshot;
    struct store *store;
    struct bytes body; /* what a backup service would send */
    struct keyshares back;
};

static void drill_free(struct drill *drill)
{
    store_close(drill->store);
    scratch_dir_remove(&drill->dir);
    secret_free(&drill->store_key);
    secret_free(&drill->seal_key);
    ed25519_keypair_free(&drill->signer);
    chain_snapshot_unref(drill->snapshot);
    bytes_free(&drill->body);
    keyshares_free(&drill->back);
}

/* --- preparing --- */

static result_t open_store(struct drill *drill, struct error *err)
{
    const struct store_options options = {.home_dir = drill->dir.path,
                                          .kind = drill->options->kind,
                                          .key = &drill->store_key,
                                          .access = STORE_READ_WRITE};
    return store_open(&options, &drill->store, err);
}

/* As the contract would be read while it holds this keyset. */
static result_t make_snapshot(struct drill *drill)
{
    const struct keyset *keyset = drill->options->keyset;
    const struct chain_block block = {.height = VIEW_HEIGHT, .time_ms = drill->options->now_ms};
    struct protocol_view protocol = {.phase = PROTOCOL_RUNNING};
    struct migration_view migrations = {0};
    protocol.keyset = (struct keyset){.epoch_id = keyset->epoch_id, .count = keyset->count};
    protocol.keyset.domains = calloc(keyset->count, sizeof *keyset->domains);
    if (!protocol.keyset.domains)
        return OUTCOME_NO_MEMORY;
    memcpy(protocol.keyset.domains, keyset->domains, keyset->count * sizeof *keyset->domains);
    return chain_snapshot_make(&block, &protocol, &migrations, &drill->snapshot);
}

static result_t prepare(struct drill *drill, struct error *err)
{
    CLEANUP(free_text) char *parent = file_path(drill->options->home_dir, STORE_DIR_NAME);
    if (!parent)
        return OUTCOME_NO_MEMORY;
    TRY(random_secret(&drill->store_key, SEAL_AT_REST_KEY_LEN));
    TRY(random_secret(&drill->seal_key, SEAL_TRANSPORT_KEY_LEN));
    TRY(random_keypair(&drill->signer));
    TRY(make_snapshot(drill));
    TRY(scratch_dir_make(parent, SCRATCH_PREFIX, &drill->dir, err));
    return open_store(drill, err);
}

/* --- restoring --- */

static result_t match(struct drill *drill, struct error *err)
{
    return keyshares_match_keyset(drill->options->shares, drill->options->keyset, err);
}

static result_t seal_body(struct drill *drill, struct error *err)
{
    CLEANUP(secret_free) struct secret json = {0};
    uint8_t nonce[SEAL_NONCE_LEN];
    (void)err;
    TRY(random_bytes(nonce, sizeof nonce));
    TRY(keyshares_write(drill->options->shares, &json));
    return seal_transport(&drill->seal_key, nonce, json.data, json.len, &drill->body);
}

/* Ask the routes of the node, as a peer would. OK: the answer is a success. */
static result_t ask(struct drill *drill, const struct route_request *request, struct route_response *out,
                    struct error *err)
{
    struct route_context context = {
        .snapshot = drill->snapshot,
        .store = drill->store,
        .seal_key = &drill->seal_key,
        .p2p_key = &drill->signer,
        .now_ms = drill->options->now_ms,
    };
    TRY(random_bytes(context.nonce, sizeof context.nonce));
    route(request, &context, out);
    return outcome_ok(out->outcome) ? OUTCOME_OK : error_set(err, out->outcome, "%s", out->detail.text);
}

static result_t put(struct drill *drill, struct error *err)
{
    CLEANUP(route_response_free) struct route_response response = {.status = 0};
    const struct route_request request = {.method = "PUT",
                                          .target = "/set_keyshares",
                                          .body = (const char *)drill->body.data,
                                          .body_len = drill->body.len};
    return ask(drill, &request, &response, err);
}

static result_t import(struct drill *drill, struct error *err)
{
    result_t result = store_import(drill->store, drill->options->keyset, VIEW_HEIGHT, err);
    return outcome_ok(result) ? OUTCOME_OK : result;
}

/* What is read from now on comes from the disk. */
static result_t reopen(struct drill *drill, struct error *err)
{
    store_close(drill->store);
    drill->store = NULL;
    return open_store(drill, err);
}

static result_t get(struct drill *drill, struct error *err)
{
    CLEANUP(route_response_free) struct route_response response = {.status = 0};
    CLEANUP(secret_free) struct secret json = {0};
    const struct bytes *keyset = chain_snapshot_keyset_text(drill->snapshot);
    if (!keyset)
        return OUTCOME_NO_MEMORY;
    const struct route_request request = {.method = "GET",
                                          .target = "/get_keyshares",
                                          .body = (const char *)keyset->data,
                                          .body_len = keyset->len};
    TRY(ask(drill, &request, &response, err));
    TRY(unseal_transport(&drill->seal_key, (const char *)response.body.data, response.body.len, &json, err));
    return keyshares_parse((const char *)json.data, json.len, &drill->back, err);
}

static result_t compare(struct drill *drill, struct error *err)
{
    if (keyshares_equal(&drill->back, drill->options->shares))
        return OUTCOME_OK;
    return error_set(err, OUTCOME_STORE_CORRUPT, "what was restored is not what was stored");
}

static const struct {
    const char *name;
    result_t (*run)(struct drill *drill, struct error *err);
} steps[] = {
    {"match", match},   {"prepare", prepare}, {"seal", seal_body}, {"put", put},
    {"import", import}, {"reopen", reopen},   {"get", get},        {"compare", compare},
};

result_t drill_run(const struct drill_options *options, struct error *err)
{
    CLEANUP(drill_free) struct drill drill = {.options = options, .dir = SCRATCH_DIR_NONE};
    for (size_t i = 0; i < ARRAY_LEN(steps); i++) {
        result_t result = steps[i].run(&drill, err);
        if (result != OUTCOME_OK)
            return error_prefix(err, result, DRILL_STEP, steps[i].name);
    }
    return OUTCOME_OK;
}

/* --- the time of the last one --- */

static char *last_path(const char *home_dir)
{
    return file_path(home_dir, STORE_DIR_NAME "/" LAST_NAME);
}

result_t drill_note(const char *home_dir, int64_t now_s, struct error *err)
{
    CLEANUP(free_text) char *path = last_path(home_dir);
    char text[LAST_BYTES_MAX];
    int len = snprintf(text, sizeof text, "%" PRId64 "\n", now_s);
    return path ? file_write(path, text, (size_t)len, err) : OUTCOME_NO_MEMORY;
}

result_t drill_last(const char *home_dir, int64_t *out_s, struct error *err)
{
    CLEANUP(free_text) char *path = last_path(home_dir);
    CLEANUP(bytes_free) struct bytes text = {0};
    char rest;
    if (!path)
        return OUTCOME_NO_MEMORY;
    TRY(file_read(path, LAST_BYTES_MAX, &text, err));
    if (sscanf(text.data ? (const char *)text.data : "", "%" SCNd64 "%c", out_s, &rest) == 2 && rest == '\n')
        return OUTCOME_OK;
    return error_set(err, OUTCOME_STORE_CORRUPT, "%s: not a time in seconds since 1970", path);
}
