/* Where an HTTP/1.1 request begins and ends. Pure.
 *
 * Stands between TLS and libmicrohttpd, which in 0.9.75 answers ambiguous lengths, hangs on some malformed
 * heads and sends the header block of its own error replies twice (tls-http.md 3). Whatever is not plain HTTP
 * is refused here, and the library sees only heads that http_framing_forward() wrote. */
#ifndef MPC_NODE_HTTP_FRAMING_H
#define MPC_NODE_HTTP_FRAMING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/bytes.h"
#include "common/outcome.h"

/* Part of the caller's buffer. */
struct http_text {
    const char *at;
    size_t len;
};

/* What `Accept` says of the two forms that an answer may have (RFC 9110 12.5.1); weights in thousandths, 0 where
 * the form is not named. A wildcard, which many clients send without a thought, names none. */
struct http_accept {
    unsigned json; /* application/json */
    unsigned text; /* text/plain */
};

struct http_head {
    struct http_text method;
    struct http_text target;
    bool http_1_0;
    bool close;   /* HTTP/1.0, or `Connection: close` */
    bool expects; /* `Expect: 100-continue` */
    bool chunked;
    bool has_length;
    uint64_t content_length;
    struct http_accept accept;
};

/* Does the client ask for JSON, and like it no less than text? */
static inline bool http_accept_json(const struct http_head *head)
{
    return head->accept.json > 0 && head->accept.json >= head->accept.text;
}

/* Read a head from the first `len` bytes of a request. *head_len is the bytes it takes with its empty line, 0
 * while it is not complete. REQUEST_MALFORMED; FRAMING_AMBIGUOUS (a Content-Length that is repeated, a list
 * or not a number; any beside Transfer-Encoding; a Transfer-Encoding other than `chunked`); HEAD_TOO_LARGE
 * (over head_bytes_max or LIMIT_HEADERS). Nothing of the request is quoted in `err`. */
MUST_USE result_t http_framing_head(const char *data, size_t len, size_t head_bytes_max,
                                    struct http_head *out, size_t *head_len, struct error *err);

/* Append the head as libmicrohttpd is to see it: method, target without its query, and only those headers
 * that framing needs, and `Accept: application/json` where that is what the client asks for. NO_MEMORY. */
MUST_USE result_t http_framing_forward(const struct http_head *head, struct bytes *out);

enum http_body_state {
    HTTP_BODY_DONE,
    HTTP_BODY_SIZED,
    HTTP_BODY_CHUNK_SIZE,
    HTTP_BODY_CHUNK_SIZE_LF,
    HTTP_BODY_CHUNK_DATA,
    HTTP_BODY_CHUNK_CR,
    HTTP_BODY_CHUNK_LF,
    HTTP_BODY_LAST_CR,
    HTTP_BODY_LAST_LF,
};

/* A body that is being received. */
struct http_body {
    enum http_body_state state;
    uint64_t left;   /* bytes of the body, or of the chunk, still to come */
    uint64_t bytes;  /* of payload so far, announced ones included */
    unsigned digits; /* of the chunk size so far */
    size_t bytes_max;
};

/* Begin with the body of `head`. BODY_TOO_LARGE when its Content-Length is over bytes_max. */
MUST_USE result_t http_framing_body(const struct http_head *head, size_t bytes_max, struct http_body *out);

/* How many of the next `len` bytes belong to the body: *used. It is complete when state is HTTP_BODY_DONE.
 * REQUEST_MALFORMED (chunks with extensions or trailers are refused too), BODY_TOO_LARGE. */
MUST_USE result_t http_framing_take(struct http_body *body, const char *data, size_t len, size_t *used);

#endif
