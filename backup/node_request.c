#include "backup/node_request.h"

#include <string.h>

#include "backup/backup.h"
#include "backup/connect.h"
#include "backup/tls_client.h"
#include "common/os/clock.h"
#include "common/os/file.h"

/* How much of a refusal's body is shown. */
#define REFUSAL_TEXT_MAX 300

result_t node_request_get_keyshares(const struct keyset *keyset, struct bytes *out)
{
    CLEANUP(bytes_free) struct bytes body = {0};
    TRY(keyset_write(keyset, &body));
    TRY(bytes_append_format(out, "GET http://example/get_keyshares HTTP/1.1\r\ncontent-length: %zu\r\n\r\n",
                            body.len));
    return bytes_append(out, body.data, body.len);
}

result_t node_request_set_keyshares(const struct bytes *sealed, struct bytes *out)
{
    TRY(bytes_append_format(out,
                            "PUT http://example/set_keyshares HTTP/1.1\r\ncontent-type: application/json\r\n"
                            "accept: application/json\r\ncontent-length: %zu\r\n\r\n",
                            sealed->len));
    return bytes_append(out, sealed->data, sealed->len);
}

result_t node_peer_from_options(const struct options *options, const struct ed25519_keypair *own,
                                struct node_peer *out, struct error *err)
{
    const char *key = option_text(options, BACKUP_NODE_KEY);
    struct error why = {0};
    *out = (struct node_peer){.address = option_text(options, BACKUP_NODE_ADDRESS),
                              .own = own,
                              .timeout_ms = (int64_t)option_u64(options, BACKUP_TIMEOUT_SECONDS) * 1000};
    if (ed25519_public_key_parse(key, strlen(key), &out->key, &why) != OUTCOME_OK)
        return error_set(err, OUTCOME_CONFIG_INVALID, "--mpc-node-p2p-key: %s", why.text);
    return OUTCOME_OK;
}

/* The body as one line of printable ASCII, cut where longer. */
static void printable(const struct bytes *body, char out[REFUSAL_TEXT_MAX + 1])
{
    size_t len = body->len < REFUSAL_TEXT_MAX ? body->len : REFUSAL_TEXT_MAX;
    for (size_t i = 0; i < len; i++)
        out[i] = body->data[i] >= 0x20 && body->data[i] < 0x7f ? (char)body->data[i] : '?';
    out[len] = 0;
}

/* The stable code in front of the first colon; NULL when what is there is none. */
static const char *answer_code(const struct http_response *response)
{
    char name[64];
    const uint8_t *colon = response->body.len ? memchr(response->body.data, ':', response->body.len) : NULL;
    size_t len = colon ? (size_t)(colon - response->body.data) : sizeof name;
    if (len >= sizeof name)
        return NULL;
    memcpy(name, response->body.data, len);
    name[len] = 0;
    result_t code = outcome_by_name(name);
    return code == OUTCOME_COUNT ? NULL : outcome_of(code)->name;
}

result_t node_request_report(struct report *report, const struct http_response *response, result_t outcome)
{
    if (response->status == 0)
        return outcome;
    TRY(report_u64(report, "http_status", (uint64_t)response->status));
    const char *code = answer_code(response);
    if (code)
        TRY(report_text(report, "server_outcome", code));
    return outcome;
}

static result_t read_answer(struct tls_client *client, int64_t deadline_ms, struct http_response *out,
                            struct error *err)
{
    uint8_t piece[16384];
    bool done = false;
    while (!done) {
        size_t got;
        TRY(tls_client_read(client, piece, sizeof piece, &got, deadline_ms, err));
        TRY(http_response_feed(out, piece, got, &done, err));
    }
    return OUTCOME_OK;
}

result_t node_request(const struct node_peer *peer, const struct bytes *request, struct http_response *out,
                      struct error *err)
{
    int64_t deadline_ms = clock_mono_ms() + peer->timeout_ms;
    CLEANUP(close_fd) int fd = -1;
    CLEANUP(tls_client_close) struct tls_client *client = NULL;
    TRY(connect_tcp(peer->address, deadline_ms, &fd, err));
    TRY(tls_client_open(fd, peer->own, &peer->key, deadline_ms, &client, err));
    TRY(tls_client_write(client, request->data, request->len, deadline_ms, err));
    TRY(read_answer(client, deadline_ms, out, err));
    if (out->status / 100 == 2)
        return OUTCOME_OK;
    char text[REFUSAL_TEXT_MAX + 1];
    printable(&out->body, text);
    return error_set(err, OUTCOME_SERVER_REFUSED, "the server answered %d: %s", out->status, text);
}
