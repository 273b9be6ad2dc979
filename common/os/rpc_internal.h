/* What the files of the RPC client share: rpc.c (URLs, failover, envelope), rpc_http.c (one POST),
 * rpc_read.c and rpc_tx.c (the calls). */
#ifndef MPC_OS_RPC_INTERNAL_H
#define MPC_OS_RPC_INTERNAL_H

#include <stdatomic.h>

#include <curl/curl.h>

#include "common/json.h"
#include "common/os/rpc.h"
#include "common/os/rpc_stream.h"

#define RPC_JSON_DEPTH_MAX 64
#define RPC_JSON_NODES_MAX 1000000
#define RPC_CAUSE_MAX      64

struct rpc_url {
    char *url;
    char *shown;
};

struct rpc {
    struct rpc_config config; /* its urls are not used; those below are */
    struct rpc_url urls[RPC_URLS_MAX];
    size_t url_count;
    size_t current;
    uint64_t next_id;
    CURL *easy;
    CURLM *multi;
    struct curl_slist *headers;
    char curl_error[CURL_ERROR_SIZE];
    atomic_bool aborted;
};

/* POST `body` to one URL; the answer goes to `stream`, the HTTP status to *status. */
MUST_USE result_t rpc_http_post(struct rpc *rpc, const struct rpc_url *url, const struct bytes *body,
                                uint32_t timeout_ms, struct rpc_stream *stream, long *status,
                                struct error *err);
MUST_USE result_t rpc_http_open(struct rpc *rpc);
void rpc_http_close(struct rpc *rpc);

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

/* Reads one answer into `out`. What it returns decides: OK, RPC_VIEW_FAILED and RPC_NO_ACCESS_KEY are
 * answers, anything else lets the next URL be tried, and it is then called again with the same `out`. */
typedef result_t rpc_reader(const struct rpc_answer *answer, void *out, struct error *err);

MUST_USE result_t rpc_call(struct rpc *rpc, const struct rpc_request *request, rpc_reader *reader, void *out,
                           struct error *err);

/* The outcome of an answer that is an error, for readers that know no better: RPC_UNKNOWN_BLOCK,
 * RPC_SYNCING, RPC_ERROR. The text has name, cause and data. */
MUST_USE result_t rpc_answer_error(const struct rpc_answer *answer, struct error *err);

/* Members of an answer; RPC_MALFORMED. */
MUST_USE result_t rpc_member_hash(struct json_object *object, const char *name, uint8_t out[SHA256_LEN],
                                  struct error *err);

#endif
