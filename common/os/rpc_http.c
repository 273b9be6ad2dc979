#include "common/os/rpc_client.h"

#include <pthread.h>
#include <string.h>

#include "config.h"

/* How long the loop sleeps at most when nothing happens; rpc_abort wakes it. */
#define RPC_POLL_MS 1000

struct rpc_sink {
    struct rpc_stream *stream;
    result_t result;
};

static pthread_once_t curl_once = PTHREAD_ONCE_INIT;

static void curl_start(void)
{
    curl_global_init(CURL_GLOBAL_DEFAULT);
}

static size_t sink_write(char *data, size_t size, size_t count, void *context)
{
    struct rpc_sink *sink = (struct rpc_sink *)context;
    sink->result = rpc_stream_feed(sink->stream, data, size * count);
    return sink->result == OUTCOME_OK ? size * count : 0;
}

/* Every option is known to the libcurl that configure asks for, but texts are copied: without memory for
 * one, a proxy of the environment would be used. */
#define SET(option, value)                                                                                   \
    do {                                                                                                     \
        CURLcode set_ = curl_easy_setopt(client->easy, option, value);                                       \
        if (set_ != CURLE_OK)                                                                                \
            return set_;                                                                                     \
    } while (0)

static CURLcode set_up(struct rpc_client *client)
{
    SET(CURLOPT_URL, client->url);
    SET(CURLOPT_PROXY, "");
    SET(CURLOPT_NOPROXY, "*");
    SET(CURLOPT_PROTOCOLS_STR, "http,https");
    SET(CURLOPT_FOLLOWLOCATION, 0L);
    SET(CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    SET(CURLOPT_NOSIGNAL, 1L);
    /* Else a time-out, and rpc_abort, would wait for a name server that does not answer. */
    SET(CURLOPT_QUICK_EXIT, 1L);
    SET(CURLOPT_USERAGENT, "mpc-migration/" MPC_VERSION);
    SET(CURLOPT_HTTPHEADER, client->headers);
    SET(CURLOPT_ERRORBUFFER, client->curl_error);
    SET(CURLOPT_WRITEFUNCTION, sink_write);
    SET(CURLOPT_CONNECTTIMEOUT_MS, (long)client->config.connect_timeout_ms);
    return CURLE_OK;
}

static CURLcode set_request(struct rpc_client *client, const struct bytes *body, uint32_t timeout_ms,
                            struct rpc_sink *sink)
{
    SET(CURLOPT_TIMEOUT_MS, (long)timeout_ms);
    SET(CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)body->len);
    SET(CURLOPT_POSTFIELDS, (const char *)body->data);
    SET(CURLOPT_WRITEDATA, sink);
    return CURLE_OK;
}

result_t rpc_http_open(struct rpc_client *client)
{
    static const char *const headers[] = {"Content-Type: application/json", "Accept: application/json",
                                          "Expect:"};
    pthread_once(&curl_once, curl_start);
    for (size_t i = 0; i < ARRAY_LEN(headers); i++) {
        struct curl_slist *longer = curl_slist_append(client->headers, headers[i]);
        if (!longer)
            return OUTCOME_NO_MEMORY;
        client->headers = longer;
    }
    client->easy = curl_easy_init();
    client->multi = curl_multi_init();
    if (!client->easy || !client->multi)
        return OUTCOME_NO_MEMORY;
    return set_up(client) == CURLE_OK ? OUTCOME_OK : OUTCOME_NO_MEMORY;
}

void rpc_http_close(struct rpc_client *client)
{
    curl_easy_cleanup(client->easy);
    curl_multi_cleanup(client->multi);
    curl_slist_free_all(client->headers);
}

/* Like curl_easy_perform, but it can be woken by rpc_abort. */
static CURLcode perform(struct rpc_client *client)
{
    int running = 1;
    CURLMcode code = curl_multi_add_handle(client->multi, client->easy);
    while (code == CURLM_OK && running && !atomic_load(&client->aborted)) {
        code = curl_multi_perform(client->multi, &running);
        if (code == CURLM_OK && running)
            code = curl_multi_poll(client->multi, NULL, 0, RPC_POLL_MS, NULL);
    }
    int left;
    CURLMsg *message = curl_multi_info_read(client->multi, &left);
    CURLcode result =
        message && message->msg == CURLMSG_DONE ? message->data.result : CURLE_ABORTED_BY_CALLBACK;
    curl_multi_remove_handle(client->multi, client->easy);
    return code == CURLM_OK ? result : CURLE_OUT_OF_MEMORY;
}

static result_t post_outcome(CURLcode code)
{
    switch (code) {
    case CURLE_OK:
        return OUTCOME_OK;
    case CURLE_OPERATION_TIMEDOUT:
        return OUTCOME_RPC_TIMEOUT;
    case CURLE_OUT_OF_MEMORY:
        return OUTCOME_NO_MEMORY;
    case CURLE_ABORTED_BY_CALLBACK:
        return OUTCOME_SHUTTING_DOWN;
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_UNSUPPORTED_PROTOCOL:
        return OUTCOME_RPC_MALFORMED;
    default:
        return OUTCOME_RPC_UNREACHABLE;
    }
}

static result_t sink_failed(const struct rpc_client *client, result_t result, struct error *err)
{
    if (result == OUTCOME_RPC_TOO_LARGE)
        return error_set(err, result, "%s: the answer is larger than %zu bytes, or its view than %zu",
                         client->shown, client->config.answer_bytes_max, client->config.view_bytes_max);
    return error_set(err, result, "%s: the result of the view is not an array of bytes", client->shown);
}

result_t rpc_http_post(struct rpc_client *client, const struct bytes *body, uint32_t timeout_ms,
                       struct rpc_stream *stream, long *status, struct error *err)
{
    struct rpc_sink sink = {.stream = stream, .result = OUTCOME_OK};
    client->curl_error[0] = 0;
    CURLcode code = set_request(client, body, timeout_ms, &sink);
    if (code == CURLE_OK)
        code = perform(client);
    if (sink.result != OUTCOME_OK)
        return sink_failed(client, sink.result, err);
    result_t result = post_outcome(code);
    if (result == OUTCOME_OK) {
        curl_easy_getinfo(client->easy, CURLINFO_RESPONSE_CODE, status);
        return OUTCOME_OK;
    }
    return error_set(err, result, "%s: %s", client->shown,
                     client->curl_error[0] ? client->curl_error : curl_easy_strerror(code));
}
