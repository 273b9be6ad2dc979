#include "node/routes.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "common/keyset.h"
#include "common/keyshare.h"
#include "node/store.h"

/* Writes a success into `out`, a refusal into `err`. */
typedef result_t (*route_handler)(const struct route_request *request, const struct route_context *context,
                                  struct route_response *out, struct error *err);

/* Success bodies are upstream's, byte for byte (wire.md 2.2). */
static result_t hello(const struct route_request *request, const struct route_context *context,
                      struct route_response *out, struct error *err)
{
    (void)request, (void)context;
    if (bytes_append_text(&out->body, "Hello, world!") != OUTCOME_OK)
        return error_set(err, OUTCOME_NO_MEMORY, "no memory for the response");
    return OUTCOME_OK;
}

/* The keyset the contract holds now: the one GET serves and PUT is judged by (design.md, "Differences"). */
static result_t current_keyset(const struct route_context *context, const struct keyset **out,
                               struct error *err)
{
    if (!context->snapshot)
        return error_set(err, OUTCOME_VIEW_UNKNOWN, "the contract was not read yet; try again");
    if (context->stale)
        return error_set(err, OUTCOME_VIEW_STALE, "the view of the contract is too old to act on; try again");
    if (context->snapshot->protocol.phase == PROTOCOL_NOT_INITIALIZED)
        return error_set(err, OUTCOME_PROTOCOL_NOT_INITIALIZED, "the contract is not initialized");
    *out = &context->snapshot->protocol.keyset;
    return OUTCOME_OK;
}

/* Upstream serves every keyset it holds shares for; here it is the contract's or 409 (design.md). */
static result_t check_current(const struct keyset *asked, const struct keyset *current, struct error *err)
{
    if (keyset_equal(asked, current))
        return OUTCOME_OK;
    if (asked->epoch_id != current->epoch_id)
        return error_set(err, OUTCOME_KEYSET_NOT_CURRENT,
                         "asked for epoch %" PRIu64 ", the contract is at epoch %" PRIu64, asked->epoch_id,
                         current->epoch_id);
    return error_set(err, OUTCOME_KEYSET_NOT_CURRENT,
                     "the contract's keyset of epoch %" PRIu64 " is another one", current->epoch_id);
}

/* Does the body ask for the current keyset in the very bytes that a client with today's state sends? Then it
 * need not be parsed. */
static bool asks_verbatim(const struct route_request *request, const struct chain_snapshot *snapshot)
{
    const struct bytes *text = snapshot ? chain_snapshot_keyset_text(snapshot) : NULL;
    return text && request->body_len == text->len && memcmp(request->body, text->data, text->len) == 0;
}

/* nonce || ciphertext || tag in base64 (wire.md 3.1). A failure is 500, not upstream's
 * 200 with a sentence. */
static result_t seal_keyshares(const struct keyshares *shares, const struct route_context *context,
                               struct bytes *out, struct error *err)
{
    CLEANUP(secret_free) struct secret json = {0};
    result_t result = keyshares_write(shares, &json);
    if (result == OUTCOME_OK)
        result = seal_transport(context->seal_key, context->nonce, json.data, json.len, out);
    if (result != OUTCOME_OK)
        return error_set(err, result, "cannot encrypt the key shares");
    return OUTCOME_OK;
}

/* A GET with a body: the keyset asked for (wire.md 2.1, 4.1). */
static result_t get_keyshares(const struct route_request *request, const struct route_context *context,
                              struct route_response *out, struct error *err)
{
    CLEANUP(keyset_free) struct keyset asked = {0};
    CLEANUP(keyshares_free) struct keyshares shares = {0};
    const struct keyset *current;
    bool verbatim = asks_verbatim(request, context->snapshot);
    if (!verbatim)
        TRY(keyset_parse(request->body, request->body_len, &asked, err));
    out->epoch_id = verbatim ? context->snapshot->protocol.keyset.epoch_id : asked.epoch_id;
    TRY(current_keyset(context, &current, err));
    if (!verbatim)
        TRY(check_current(&asked, current, err));
    TRY(store_get(context->store, current, &shares, err));
    TRY(seal_keyshares(&shares, context, &out->body, err));
    out->content_type = "application/json";
    out->keyshares = shares.count;
    return OUTCOME_KEYSHARES_SERVED;
}

/* Upstream's words for whoever does not ask for the receipt (docs/receipts.md), which is smaller than the request that
 * it is for: what was reserved for that is enough. */
static result_t say_received(const struct bytes *receipt, struct route_response *out, struct error *err)
{
    static const char received[] = "Keyshares received.";
    result_t result = receipt ? bytes_append(&out->body, receipt->data, receipt->len)
                              : bytes_append_text(&out->body, received);
    if (result != OUTCOME_OK)
        return error_set(err, result, "no memory for the response");
    out->content_type = receipt ? "application/json" : NULL;
    return OUTCOME_OK;
}

/* Everything that can be said of the body without the contract comes first: a body that cannot be read is the
 * sender's fault whatever the contract says. */
static result_t set_keyshares(const struct route_request *request, const struct route_context *context,
                              struct route_response *out, struct error *err)
{
    CLEANUP(secret_free) struct secret json = {0};
    CLEANUP(keyshares_free) struct keyshares shares = {0};
    const struct keyset *current;
    TRY(unseal_transport(context->seal_key, request->body, request->body_len, &json, err));
    TRY(keyshares_parse((const char *)json.data, json.len, &shares, err));
    secret_free(&json); /* as large as the body, where there are many domains */
    TRY(keyshares_check_set(&shares, err));
    out->epoch_id = shares.items[0].id.epoch_id;
    TRY(current_keyset(context, &current, err));
    const struct receipt_terms terms = {
        .signer = context->p2p_key,
        .backup_key = context->seal_key,
        .body = request->body,
        .body_len = request->body_len,
        .now_ms = context->now_ms,
    };
    result_t result = store_stage(context->store, current, &shares, &terms, &out->receipt, err);
    if (!outcome_ok(result))
        return result;
    /* Whatever becomes of the answer, they are durable now. */
    out->staged = result == OUTCOME_KEYSHARES_STAGED;
    TRY(say_received(request->accepts_json ? &out->receipt : NULL, out, err));
    out->keyshares = shares.count;
    return result;
}

static result_t unknown(const struct route_request *request, const struct route_context *context,
                        struct route_response *out, struct error *err)
{
    (void)request, (void)context, (void)out;
    return error_set(err, OUTCOME_NOT_FOUND, "no such route");
}

static const struct route_row {
    const char *method;
    const char *path;
    const char *name;
    route_handler handler;
} rows[] = {
    [ROUTE_HELLO] = {"GET", "/hello", "hello", hello},
    [ROUTE_GET_KEYSHARES] = {"GET", "/get_keyshares", "get_keyshares", get_keyshares},
    [ROUTE_SET_KEYSHARES] = {"PUT", "/set_keyshares", "set_keyshares", set_keyshares},
    [ROUTE_OTHER] = {"", "", "other", unknown},
};

const char *route_name(enum route_id id)
{
    return rows[id].name;
}

/* The path of a request target in origin or absolute form, undecoded, as hyper's uri.path() (wire.md 2). */
static const char *target_path(const char *target, size_t *len)
{
    const char *path = target;
    if (*target != '/') {
        const char *authority = strstr(target, "://");
        path = authority ? authority + 3 + strcspn(authority + 3, "/?#") : target;
        if (authority && *path != '/') {
            *len = 1;
            return "/";
        }
    }
    *len = strcspn(path, "?#");
    return path;
}

static enum route_id find_route(const struct route_request *request)
{
    size_t len;
    const char *path = target_path(request->target, &len);
    for (size_t i = 0; i < ROUTE_OTHER; i++)
        if (strcmp(request->method, rows[i].method) == 0 && strlen(rows[i].path) == len &&
            memcmp(path, rows[i].path, len) == 0)
            return (enum route_id)i;
    return ROUTE_OTHER;
}

/* One route answers otherwise than the table of outcomes: a PUT that cannot be judged yet may be tried again
 * (design.md, PUT table). */
static int status_of(enum route_id id, result_t outcome)
{
    if (id == ROUTE_SET_KEYSHARES && outcome == OUTCOME_PROTOCOL_NOT_INITIALIZED)
        return 503;
    int status = outcome_of(outcome)->http_status;
    return status ? status : 500;
}

void route_refusal(result_t outcome, const char *text, struct route_response *out)
{
    bytes_clear(&out->body);
    out->outcome = outcome;
    out->status = outcome_of(outcome)->http_status ? outcome_of(outcome)->http_status : 500;
    out->content_type = "text/plain";
    /* Without memory for the text the status has to do. */
    if (bytes_append_format(&out->body, "%s: %s", outcome_of(outcome)->name,
                            text && *text ? text : outcome_of(outcome)->text) != OUTCOME_OK)
        bytes_clear(&out->body);
}

/* Unknown routes have upstream's body: `Not Found`, without a content type (wire.md 2.2). */
static void route_not_found(struct route_response *out)
{
    out->status = 404;
    if (bytes_append_text(&out->body, "Not Found") != OUTCOME_OK)
        bytes_clear(&out->body);
}

void route(const struct route_request *request, const struct route_context *context,
           struct route_response *out)
{
    *out = (struct route_response){.id = find_route(request)};
    out->outcome = rows[out->id].handler(request, context, out, &out->detail);
    if (out->id == ROUTE_OTHER) {
        route_not_found(out);
    } else if (outcome_ok(out->outcome)) {
        out->status = 200;
    } else {
        route_refusal(out->outcome, out->detail.text, out);
        out->status = status_of(out->id, out->outcome);
    }
}

void route_response_free(struct route_response *response)
{
    bytes_free(&response->body);
    bytes_free(&response->receipt);
}
