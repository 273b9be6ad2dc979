#include "common/os/rpc_client.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/os/address.h"
#include "common/os/file.h"

/* How much of an error's data goes into a text. */
#define RPC_DATA_SHOWN 300

/* ---- the URL ----------------------------------------------------------------------------------------- */

static void url_put(CURLU **url)
{
    curl_url_cleanup(*url);
}

static void curl_text_put(char **text)
{
    curl_free(*text);
}

static bool host_is_loopback(const char *host)
{
    char text[HOST_TEXT_MAX + 8];
    struct address address;
    if (strcmp(host, "localhost") == 0)
        return true;
    snprintf(text, sizeof text, "%s:1", host); /* an IPv6 host has its brackets */
    return address_parse(text, &address, NULL) == OUTCOME_OK && address_is_loopback(&address);
}

result_t rpc_url_check(const char *text, bool allow_plain_http, struct error *err)
{
    char shown[RPC_URL_LEN_MAX];
    rpc_url_display(text, shown, sizeof shown);
    CLEANUP(url_put) CURLU *url = curl_url();
    CLEANUP(curl_text_put) char *scheme = NULL, *host = NULL;
    if (!url)
        return OUTCOME_NO_MEMORY;
    if (strlen(text) >= RPC_URL_LEN_MAX)
        return error_set(err, OUTCOME_CONFIG_INVALID, "a NEAR RPC URL is longer than %d characters",
                         RPC_URL_LEN_MAX - 1);
    CURLUcode code = curl_url_set(url, CURLUPART_URL, text, 0);
    if (code == CURLUE_OK)
        code = curl_url_get(url, CURLUPART_SCHEME, &scheme, 0);
    if (code == CURLUE_OK)
        code = curl_url_get(url, CURLUPART_HOST, &host, 0);
    if (code == CURLUE_OUT_OF_MEMORY)
        return OUTCOME_NO_MEMORY;
    if (code != CURLUE_OK || (strcmp(scheme, "http") != 0 && strcmp(scheme, "https") != 0))
        return error_set(err, OUTCOME_CONFIG_INVALID,
                         "NEAR RPC URL %s: not of the form http(s)://HOST[:PORT][/PATH]", shown);
    if (strcmp(scheme, "http") == 0 && !allow_plain_http && !host_is_loopback(host))
        return error_set(
            err, OUTCOME_CONFIG_INVALID,
            "NEAR RPC URL %s: plain http is only for this machine; use https, or --allow-plain-http-rpc "
            "where the network in between is yours",
            shown);
    return OUTCOME_OK;
}

/* Texts that are equal for the same part of equal URLs; owned by the caller. */
static char *url_part(const char *text, CURLUPart part)
{
    CLEANUP(url_put) CURLU *url = curl_url();
    char *value = NULL;
    if (!url || curl_url_set(url, CURLUPART_URL, text, 0) != CURLUE_OK ||
        curl_url_get(url, part, &value, CURLU_DEFAULT_PORT) != CURLUE_OK)
        return NULL;
    /* "rpc.example." is the same name, "/v1/" by all custom the same path. */
    char dropped = part == CURLUPART_HOST ? '.' : '/';
    for (size_t len = strlen(value); len > 0 && value[len - 1] == dropped; len--)
        value[len - 1] = 0;
    return value;
}

static bool same_part(const char *a, const char *b, CURLUPart part)
{
    CLEANUP(curl_text_put) char *one = url_part(a, part);
    CLEANUP(curl_text_put) char *other = url_part(b, part);
    if (!one || !other)
        return false;
    return part == CURLUPART_HOST ? strcasecmp(one, other) == 0 : strcmp(one, other) == 0;
}

bool rpc_url_same(const char *a, const char *b)
{
    return same_part(a, b, CURLUPART_SCHEME) && same_part(a, b, CURLUPART_HOST) &&
           same_part(a, b, CURLUPART_PORT) && same_part(a, b, CURLUPART_PATH);
}

void rpc_url_display(const char *text, char *out, size_t out_cap)
{
    CLEANUP(url_put) CURLU *url = curl_url();
    CLEANUP(curl_text_put) char *shown = NULL;
    bool parsed = url && curl_url_set(url, CURLUPART_URL, text, 0) == CURLUE_OK;
    if (parsed) {
        static const CURLUPart hidden[] = {CURLUPART_USER, CURLUPART_PASSWORD, CURLUPART_OPTIONS,
                                           CURLUPART_QUERY, CURLUPART_FRAGMENT};
        for (size_t i = 0; i < ARRAY_LEN(hidden); i++)
            curl_url_set(url, hidden[i], NULL, 0);
        parsed = curl_url_get(url, CURLUPART_URL, &shown, 0) == CURLUE_OK;
    }
    snprintf(out, out_cap, "%s", parsed ? shown : "(unreadable URL)");
}

/* ---- opening ----------------------------------------------------------------------------------------- */

static result_t open_all(struct rpc_client *client, const char *url, struct error *err)
{
    char shown[RPC_URL_LEN_MAX];
    if (!url)
        return error_set(err, OUTCOME_CONFIG_INVALID, "a NEAR RPC URL is needed");
    TRY(rpc_url_check(url, client->config.allow_plain_http, err));
    rpc_url_display(url, shown, sizeof shown);
    client->url = strdup(url);
    client->shown = strdup(shown);
    return client->url && client->shown ? rpc_http_open(client) : OUTCOME_NO_MEMORY;
}

static void client_close(struct rpc *rpc)
{
    struct rpc_client *client = rpc_client_of(rpc);
    rpc_http_close(client);
    free(client->url);
    free(client->shown);
    free(client);
}

static void client_abort(struct rpc *rpc)
{
    struct rpc_client *client = rpc_client_of(rpc);
    atomic_store(&client->aborted, true);
    curl_multi_wakeup(client->multi);
}

static const char *client_name(const struct rpc *rpc)
{
    return ((const struct rpc_client *)rpc)->shown;
}

static const struct rpc_ops client_ops = {
    .block = rpc_client_block,
    .block_by_hash = rpc_client_block_by_hash,
    .status = rpc_client_status,
    .view = rpc_client_view,
    .view_access_key = rpc_client_view_access_key,
    .send_tx = rpc_client_send_tx,
    .tx_status = rpc_client_tx_status,
    .name = client_name,
    .abort = client_abort,
    .close = client_close,
};

result_t rpc_open(const struct rpc_config *config, struct rpc **out, struct error *err)
{
    struct rpc_client *client = (struct rpc_client *)calloc(1, sizeof *client);
    if (!client)
        return OUTCOME_NO_MEMORY;
    client->base.ops = &client_ops;
    client->config = *config;
    client->config.url = NULL;
    if (!client->config.connect_timeout_ms)
        client->config.connect_timeout_ms = RPC_CONNECT_TIMEOUT_MS;
    if (!client->config.answer_bytes_max)
        client->config.answer_bytes_max = RPC_ANSWER_BYTES_MAX;
    if (!client->config.view_bytes_max)
        client->config.view_bytes_max = RPC_VIEW_BYTES_MAX;
    CLEANUP(rpc_close) struct rpc *rpc = &client->base;
    TRY(open_all(client, config->url, err));
    *out = rpc;
    rpc = NULL;
    return OUTCOME_OK;
}

/* ---- answers ----------------------------------------------------------------------------------------- */

result_t rpc_member_hash(struct json_object *object, const char *name, uint8_t out[SHA256_LEN],
                         struct error *err)
{
    const char *text;
    size_t len;
    TRY(json_member_text(object, name, &text, &len, OUTCOME_RPC_MALFORMED, "result", err));
    if (hash_parse(text, len, out) != OUTCOME_OK)
        return error_set(err, OUTCOME_RPC_MALFORMED, "result.%s is not a hash", name);
    return OUTCOME_OK;
}

static const char *text_member(struct json_object *object, const char *name)
{
    struct json_object *value;
    if (!json_object_is_type(object, json_type_object) || !json_object_object_get_ex(object, name, &value) ||
        !json_object_is_type(value, json_type_string))
        return "";
    return json_object_get_string(value);
}

result_t rpc_answer_error(const struct rpc_answer *answer, struct error *err)
{
    CLEANUP(bytes_free) struct bytes data = {0};
    struct json_object *value = NULL;
    const char *shown = text_member(answer->error, "data");
    json_object_object_get_ex(answer->error, "data", &value);
    if (!*shown && value && json_write(value, &data) == OUTCOME_OK)
        shown = (const char *)data.data;
    if (!*shown)
        shown = text_member(answer->error, "message");
    result_t code = OUTCOME_RPC_ERROR;
    if (strcmp(answer->cause, "UNKNOWN_BLOCK") == 0)
        code = OUTCOME_RPC_UNKNOWN_BLOCK;
    else if (strcmp(answer->cause, "NO_SYNCED_BLOCKS") == 0 || strcmp(answer->cause, "NOT_SYNCED_YET") == 0)
        code = OUTCOME_RPC_SYNCING;
    return error_set(err, code, "%s %s: %.*s", text_member(answer->error, "name"), answer->cause,
                     RPC_DATA_SHOWN, shown);
}

/* near-rpc.md 0.5, 0.6 and C.2: version, the same id, exactly one of result and error. */
static bool read_envelope(struct json_object *root, uint64_t id, struct rpc_answer *answer)
{
    struct json_object *value;
    uint64_t echoed;
    if (!json_object_is_type(root, json_type_object) || strcmp(text_member(root, "jsonrpc"), "2.0") != 0 ||
        !json_object_object_get_ex(root, "id", &value) || !json_is_u64(value, &echoed) || echoed != id)
        return false;
    answer->result = answer->error = NULL;
    json_object_object_get_ex(root, "result", &answer->result);
    json_object_object_get_ex(root, "error", &answer->error);
    if ((answer->result != NULL) == (answer->error != NULL))
        return false;
    if (!answer->error)
        return true;
    struct json_object *cause = NULL;
    json_object_object_get_ex(answer->error, "cause", &cause);
    const char *name = text_member(cause, "name");
    snprintf(answer->cause, sizeof answer->cause, "%s", *name ? name : text_member(answer->error, "name"));
    return json_object_is_type(answer->error, json_type_object);
}

/* An array at result.result that the stream has not seen (its name was written with escapes) is none. */
static struct bytes *decoded_view(const struct rpc_answer *answer, struct rpc_stream *stream)
{
    struct json_object *array;
    bool there = json_object_is_type(answer->result, json_type_object) &&
                 json_object_object_get_ex(answer->result, "result", &array) &&
                 json_object_is_type(array, json_type_array) && json_object_array_length(array) == 0;
    return there && stream->view_found ? &stream->view : NULL;
}

/* Since nearcore 2.3 errors come with 400, 408, 422 and 500, and their bodies
 * count as well (near-rpc.md D.1). */
static result_t read_answer(const struct rpc_client *client, struct rpc_stream *stream, long status,
                            uint64_t id, rpc_reader *reader, void *out, struct error *err)
{
    const struct json_limits limits = {.bytes_max = client->config.answer_bytes_max,
                                       .depth_max = RPC_JSON_DEPTH_MAX,
                                       .nodes_max = RPC_JSON_NODES_MAX};
    CLEANUP(json_put_ptr) struct json_object *root = NULL;
    struct error why = {.text = ""};
    struct rpc_answer answer = {0};
    const char *text = stream->text.data ? (const char *)stream->text.data : "";
    result_t result = json_parse(text, stream->text.len, &limits, &root, &why);
    if (result == OUTCOME_NO_MEMORY)
        return result;
    bool enveloped = result == OUTCOME_OK && read_envelope(root, id, &answer);
    if (status != 200 && !(enveloped && answer.error))
        return error_set(err, OUTCOME_RPC_HTTP_STATUS, "HTTP status %ld", status);
    if (result != OUTCOME_OK)
        return error_set(err, OUTCOME_RPC_MALFORMED, "not JSON-RPC: %s", why.text);
    if (!enveloped)
        return error_set(err, OUTCOME_RPC_MALFORMED,
                         "not a JSON-RPC answer to this request (version, id, one of result and error)");
    answer.view = decoded_view(&answer, stream);
    return reader(&answer, out, err);
}

/* ---- one call ---------------------------------------------------------------------------------------- */

static uint32_t timeout_of(const struct rpc_client *client, const struct rpc_request *request)
{
    if (request->timeout_ms)
        return request->timeout_ms;
    return client->config.timeout_ms ? client->config.timeout_ms : RPC_TIMEOUT_MS;
}

result_t rpc_call(struct rpc_client *client, const struct rpc_request *request, rpc_reader *reader, void *out,
                  struct error *err)
{
    CLEANUP(bytes_free) struct bytes body = {0};
    CLEANUP(rpc_stream_free)
    struct rpc_stream stream = {
        .text = {.len_max = client->config.answer_bytes_max},
        .view = {.len_max = client->config.view_bytes_max},
    };
    long status = 0;
    uint64_t id = ++client->next_id;
    if (atomic_load(&client->aborted))
        return error_set(err, OUTCOME_SHUTTING_DOWN, "the RPC client is being stopped");
    TRY(bytes_append_format(&body, "{\"jsonrpc\":\"2.0\",\"id\":%llu,\"method\":\"%s\",\"params\":%s}",
                            (unsigned long long)id, request->method, request->params));
    TRY(rpc_http_post(client, &body, timeout_of(client, request), &stream, &status, err));
    result_t result = read_answer(client, &stream, status, id, reader, out, err);
    return result == OUTCOME_OK ? result : error_prefix(err, result, "%s", client->shown);
}
