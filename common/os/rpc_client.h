/* The RPC over libcurl that rpc_open() makes, for its own files alone: rpc_client.c (URL, envelope),
 * rpc_http.c (one POST), rpc_read.c and rpc_tx.c (the calls). */
#ifndef MPC_OS_RPC_CLIENT_H
#define MPC_OS_RPC_CLIENT_H

#include <stdatomic.h>

#include <curl/curl.h>

#include "common/json.h"
#include "common/os/rpc.h"
#include "common/os/rpc_stream.h"

#define RPC_JSON_DEPTH_MAX 64
#define RPC_JSON_NODES_MAX 1000000
#define RPC_CAUSE_MAX      64

struct rpc_client {
    struct rpc base;
    struct rpc_config config;
    char *url;   /* a copy; config.url is NULL */
    char *shown; /* what may be shown of it */
    uint64_t next_id;
    CURL *easy;
    CURLM *multi;
    struct curl_slist *headers;
    char curl_error[CURL_ERROR_SIZE];
    atomic_bool aborted;
};

/* The client that a call was made on. */
static inline struct rpc_client *rpc_client_of(struct rpc *rpc)
{
    return (struct rpc_client *)rpc;
}

/* POST `body`; the answer goes to `stream`, the HTTP status to *status. */
MUST_USE result_t rpc_http_post(struct rpc_client *client, const struct bytes *body, uint32_t timeout_ms,
                                struct rpc_stream *stream, long *status, struct error *err);
MUST_USE result_t rpc_http_open(struct rpc_client *client);
void rpc_http_close(struct rpc_client *client);

/* An answer whose envelope is as it should be. Exactly one of `result` and `error` is there. */
struct rpc_answer {
    struct json_object *result;
    struct json_object *error;
    char cause[RPC_CAUSE_MAX]; /* of an error: cause.name, else name, else "" */
    /* The decoded array at result.result, for the reader to move out; NULL: there was none. */
    struct bytes *view;
};

struct rpc_request {
    const char *method;
    const char *params; /* JSON */
    uint32_t timeout_ms;
};

/* Reads one answer into `out`. */
typedef result_t rpc_reader(const struct rpc_answer *answer, void *out, struct error *err);

/* Ask once. SHUTTING_DOWN when the client was aborted. */
MUST_USE result_t rpc_call(struct rpc_client *client, const struct rpc_request *request, rpc_reader *reader,
                           void *out, struct error *err);

/* The outcome of an answer that is an error, for readers that know no better: RPC_UNKNOWN_BLOCK,
 * RPC_SYNCING, RPC_ERROR. The text has name, cause and data. */
MUST_USE result_t rpc_answer_error(const struct rpc_answer *answer, struct error *err);

/* Members of an answer; RPC_MALFORMED. */
MUST_USE result_t rpc_member_hash(struct json_object *object, const char *name, uint8_t out[SHA256_LEN],
                                  struct error *err);

/* Its calls, as struct rpc_ops has them. */
result_t rpc_client_block(struct rpc *rpc, enum rpc_finality finality, struct rpc_block *out,
                          struct error *err);
result_t rpc_client_block_by_hash(struct rpc *rpc, const uint8_t hash[SHA256_LEN], struct rpc_block *out,
                                  struct error *err);
result_t rpc_client_status(struct rpc *rpc, struct rpc_status *out, struct error *err);
result_t rpc_client_view(struct rpc *rpc, const char *account_id, const char *method, const void *args,
                         size_t args_len, const uint8_t *block_hash, struct rpc_view *out, struct error *err);
result_t rpc_client_view_access_key(struct rpc *rpc, const char *account_id,
                                    const struct ed25519_public_key *key, const uint8_t *block_hash,
                                    struct rpc_access_key *out, struct error *err);
result_t rpc_client_send_tx(struct rpc *rpc, const void *signed_tx, size_t len, enum rpc_wait wait,
                            struct rpc_tx *out, struct error *err);
result_t rpc_client_tx_status(struct rpc *rpc, const uint8_t hash[SHA256_LEN], const char *signer_id,
                              enum rpc_wait wait, struct rpc_tx *out, struct error *err);

#endif
