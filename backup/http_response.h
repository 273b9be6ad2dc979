/* The answer to the one request of a connection: an HTTP/1.1 response reader, pure and bounded.
 *
 * libcurl cannot be used here: it has no way to take a connection that wolfSSL has already secured, and the
 * libcurl of Debian verifies certificates with a library that refuses near/mpc's (wire.md 1.5). Of HTTP only
 * this is needed: a status and a body of a Content-Length, which both servers always send (wire.md 2.2). */
#ifndef MPC_BACKUP_HTTP_RESPONSE_H
#define MPC_BACKUP_HTTP_RESPONSE_H

#include <stdbool.h>
#include <stddef.h>

#include "common/bytes.h"
#include "common/outcome.h"

#define HTTP_HEAD_BYTES_MAX (16u * 1024)
/* The largest set of shares, sealed, in base64. */
#define HTTP_BODY_BYTES_MAX (24u * 1024 * 1024)

/* Zero-initialised is: nothing received yet. */
struct http_response {
    struct bytes head; /* up to and with the empty line */
    struct bytes body;
    bool head_complete;
    int status;
    size_t body_len; /* Content-Length */
};

/* Take the next bytes; *done when the response is complete. SERVER_ANSWER_MALFORMED (not HTTP/1.x, no
 * Content-Length or two that differ, a Transfer-Encoding, a head or body over the limit, bytes after the
 * body), NO_MEMORY. */
MUST_USE result_t http_response_feed(struct http_response *response, const void *data, size_t len, bool *done,
                                     struct error *err);
void http_response_free(struct http_response *response);

#endif
